# SPDX-License-Identifier: GPL-3.0-or-later
"""What passes an interface of a host of the sandbox, seen by a packet socket of our own: a witness that shares no code
with the program. The module starts itself in the namespaces of a process of that host."""

import ctypes
import os
import select
import socket
import struct
import subprocess
import sys
import time

PACKET_OUTGOING = 4
SO_TIMESTAMPNS = 35


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


class Frame:
    """One frame of IPv4 or ARP: `time` in seconds, `out` where it left this interface."""

    def __init__(self, at, out, data):
        self.time, self.out, self.data, self.kind = at, out, data, "other"
        ethertype, = struct.unpack("!H", data[12:14])
        if ethertype == 0x0806:
            self.kind = "arp"
        if ethertype != 0x0800:
            return
        ip = data[14:]
        header, total = (ip[0] & 15) * 4, struct.unpack("!H", ip[2:4])[0]
        self.ip_len, self.source = total, socket.inet_ntoa(ip[12:16])
        self.fragment = bool(struct.unpack("!H", ip[6:8])[0] & 0x3fff)
        body = ip[header:total]
        pseudo = ip[12:20] + struct.pack("!HH", ip[9], len(body))
        if ip[9] == 6:
            self.kind = "tcp"
            self.ports = struct.unpack("!HH", body[:4])
            self.seq, self.ack = struct.unpack("!II", body[4:12])
            self.flags = "".join(name for bit, name in enumerate("FSRPAUEC") if body[13] >> bit & 1)
            self.payload = body[(body[12] >> 4) * 4:]
            self.right = checksum(pseudo + body) == 0
        elif ip[9] == 17:
            self.kind, self.payload = "udp", body[8:]
            self.right = checksum(pseudo + body) == 0
        elif ip[9] == 1:
            self.kind, self.type, self.code = "icmp", body[0], body[1]
            self.mtu, = struct.unpack("!H", body[6:8])
            self.right = checksum(body) == 0


class Witness:
    def __init__(self, pid, interface):
        """`works` is False where the namespaces cannot be entered."""
        self.frames = []
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), str(pid), interface],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.works = self.process.stdout.readline() == b"ready\n"
        self._rest = b""

    def look(self, seconds=0.0):
        """Takes what has been seen by now, waiting for the first one."""
        while select.select([self.process.stdout], [], [], seconds)[0]:
            data = os.read(self.process.stdout.fileno(), 1 << 20)
            if not data:
                break
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                at, out, text = line.split()
                self.frames.append(Frame(float(at), out == b"1", bytes.fromhex(text.decode())))
            seconds = 0

    def sees(self, condition, seconds=10.0):
        """Waits until condition(frames) holds."""
        end = time.monotonic() + seconds
        self.look()
        while not condition(self.frames):
            left = end - time.monotonic()
            if left <= 0:
                return False
            self.look(left)
        return True

    def forget(self):
        self.look()
        self.frames = []

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def main(pid, interface):
    libc = ctypes.CDLL(None, use_errno=True)
    for kind in "user", "net":
        fd = os.open("/proc/%s/ns/%s" % (pid, kind), os.O_RDONLY)
        if libc.setns(fd, 0) < 0:
            sys.exit("setns %s: %s" % (kind, os.strerror(ctypes.get_errno())))
        os.close(fd)
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.bind((interface, 0))
    print("ready", flush=True)
    while True:
        ready = select.select([sock, sys.stdin], [], [])[0]
        if sys.stdin in ready:
            return
        data, control, _, address = sock.recvmsg(70000, 128)
        at = time.time()
        for level, kind, value in control:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("qq", value[:16])
                at = seconds + nanoseconds / 1e9
        print("%.9f %d %s" % (at, address[2] == PACKET_OUTGOING, data.hex()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
