# SPDX-License-Identifier: GPL-3.0-or-later
"""/assert and /try: what they say is what ss(8), /proc and the peer's own socket say; and what they refuse."""

import os
import re
import select
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from script import enter_home, write  # noqa: E402
from tap import DEADLINE, done, ok, run, same, sockpit, watchdog  # noqa: E402

watchdog(180)
enter_home()


def first_of(err):
    """Its first line, without the column: the last rows of the ladder follow."""
    return re.sub(r"^(\w+:\d+):\d+:", r"\1:", err.decode().partition("\n")[0])


def result_of(*lines):
    """Exit status, and the first line on standard error, of a script."""
    write("script", "\n".join(lines) + "\n")
    status, _, err = run("-f", "script")
    return status, first_of(err)


class Script:
    """One that is typed line by line; the next lines may hold what a witness has said meanwhile."""

    def __init__(self, *words):
        self.process = sockpit("-f", "-", *words)

    def type(self, *lines):
        self.process.stdin.write(("\n".join(lines) + "\n").encode())
        self.process.stdin.flush()

    def end(self):
        _, err = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, first_of(err)


# ---- a connection, and what ss says of it ----

def ss(*filters):
    told = subprocess.run(["ss", "-tinmH", *filters], capture_output=True, check=True).stdout.decode()
    return " ".join(told.split())


def field(text, pattern):
    found = re.search(pattern, text)
    return found.group(1) if found else None


with socket.create_server(("127.0.0.1", 0)) as server:
    port = server.getsockname()[1]
    script = Script()
    script.type("/open 127.0.0.1 %d as c" % port, "/send hello", "/expect ready")
    peer, client = server.accept()
    got = b""
    while len(got) < 5:
        got += peer.recv(100)
    peer.sendall(b"ready")
    # It says that it has read this, and so made a sample after it.
    script.type("/send read")
    while len(got) < 9:
        got += peer.recv(100)
    lines = ["/assert @c.state is ESTABLISHED", "/assert state is not CLOSED", "/assert @c.sent = 9", "/assert sends = 2",
             "/assert recv = 5", "/assert c.port = %d" % client[1], "/assert peer_port = %d" % port,
             "/assert peer is 127.0.0.1:%d" % port, "/assert local matches /:%d$/" % client[1], "/assert fin is no",
             "/assert kind is stream", "/assert transport is TCP", "/assert name is c", "/assert number = 1",
             "/assert open is yes", "/assert paused is no", "/assert unsent = 0", "/assert rtt < 10s", "/assert rtt > 0",
             "/assert last.call is send", "/assert last.result = 4", "/assert send.errno is 0", "/assert send.calls = 2",
             "/assert recv.bytes = 5", "/assert connect.errno is not ECONNREFUSED", "/assert queue is not available",
             "/assert service is not available", "/assert in_flight = 0 within 5s", "/assert held_back = 0",
             "/assert not_acked = 0"]
    if shutil.which("ss"):
        # Both ports: the kernel lends a client's port to clients of other servers too.
        both = "sport = :%d and dport = :%d" % (client[1], port)
        told, end = ss(both), time.monotonic() + DEADLINE
        while "bytes_acked:10 " not in told and time.monotonic() < end:  # an ACK that comes later changes cwnd
            told = ss(both)
        witness = {"mss": r"[^v]mss:(\d+)", "rcv_mss": r"rcvmss:(\d+)", "pmtu": r"pmtu:(\d+)", "cwnd": r"cwnd:(\d+)",
                   "bytes_sent": r"bytes_sent:(\d+)", "bytes_acked": r"bytes_acked:(\d+)",
                   "bytes_received": r"bytes_received:(\d+)", "data_segs_out": r"data_segs_out:(\d+)",
                   "data_segs_in": r"data_segs_in:(\d+)", "rcvbuf": r"skmem:\(r\d+,rb(\d+)", "sndbuf": r",tb(\d+)",
                   "snd_wnd": r"snd_wnd:(\d+)", "rcv_wnd": r"rcv_wnd:(\d+)", "rcv_space": r"rcv_space:(\d+)"}
        known = {name: field(told, pattern) for name, pattern in witness.items()}
        ok(len([value for value in known.values() if value]) >= 8, "ss reports enough: %s" % told)
        lines += ["/assert @c.%s = %s" % (name, value) for name, value in known.items() if value]
        rto = field(told, r"rto:([\d.]+)")
        lines += ["/assert rto > %sms" % (float(rto) - 1), "/assert rto < %sms" % (float(rto) + 1)]
    script.type(*lines)
    same(script.end(), (0, ""), "every value is what a witness says")
    peer.close()

# A listener: /proc/net/tcp has its queue.
script = Script()
script.type("/socket tcp as s", "/bind 127.0.0.1 0", "/backlog 2", "/say port $s.port")


def queue_of(port):
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table:
            words = line.split()
            if words[1] == "0100007F:%04X" % port and words[3] == "0A":
                return int(words[4].split(":")[1], 16)
    return None


ready, _, _ = select.select([script.process.stdout], [], [], DEADLINE)
port = int(re.search(rb"port (\d+)", script.process.stdout.readline() if ready else b"port 0").group(1))
clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
same(queue_of(port), 2, "two clients wait, says /proc")
script.type("/wait @s readable", "/assert @s.queue = 2 within 2s", "/assert s.backlog = 2", "/assert s.state is listen",
            "/accept @s as a", "/assert s.queue = 1 within 2s", "/assert @a.state is ESTABLISHED",
            "/assert @a.peer_port = %d" % clients[0].getsockname()[1])
same(script.end(), (0, ""), "the queue of a listener")

# ---- the same values in the text of a script ----

same(result_of("/socket tcp as c", "/send $c.queue"), (2, "script:2: $c.queue is not available"), "if it is known")

# ---- mistakes ----

with open("script", "w", encoding="utf-8") as file:
    file.write("/socket tcp as c\n/try /assert recv = 1\n/try /expect x within 10ms\n/try /wait open within 10ms\n")
same(run("-f", "script"), (0, b"", b""), "what is tried is not reported, whether it waits or not,")
status, out, err = run("-v", "-f", "script")
same((status, out.decode(), [line for line in err.decode().splitlines() if "got" in line or "not open" in line]),
     (0, "", ["1: expected recv = 1, got 0 bytes", '1: expected "x" within 10.0 ms, got nothing',
              "1: session 1 is not open within 10.0 ms: CLOSED"]), "but by -v")

# ---- mistakes ----

with open("script", "w", encoding="utf-8") as file:
    file.write("/try /open 127.0.0.1 1 as x\n/try /close @x\n/try /close @y\n/try /expect /(/\n/assert @x.stat is CLOSED\n"
               + "/repeat 1 1 " * 9000 + "/set\n")
status, _, err = run("--check", "script")
same((status, err.decode().splitlines()),
     (2, ['script:3:13: no session "y" is made before this line: "as NAME" names one',
          "script:4:14: regular expression, byte 1: ( has no )",
          'script:5:9: no value "stat": did you mean state?',
          "script:6:109: more than 8 commands run one another"]), "--check looks into the line that is tried, to an end")
for line, why in (
        ("/assert stat is CLOSED", 'no value "stat": did you mean state?'),
        ("/assert state is ESTABLISHD", 'state is never "ESTABLISHD": did you mean ESTABLISHED?'),
        ("/assert last.errno is ENOTREAL", 'errno is never "ENOTREAL": a name of errno(3), or 0'),
        ("/assert state is zzz", 'state is never "zzz": ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, FIN_WAIT2, TIME_WAIT, CLOSED, CLOSE_WAIT, '
                                 "LAST_ACK, LISTEN, CLOSING, FIN_WAIT, UDP, "),
        ("/assert @d.recv = 1", 'no session "d" is made before this line: "as NAME" names one'),
        ("/assert state < 5", "state is no number: is, is not, has or matches"),
        ("/assert recv = many", 'recv is a number: "many" is none (18, 1k, 1.5M, 64Ki)'),
        ("/assert rtt < 5 apples", None),
        ("/assert rtt < soon", 'rtt is a time: "soon" is none (500ms, 3, 1.5s, 2m, 1h)'),
        ("/assert errno is EPIPE", "errno is of a call: last.errno, recv.errno"),
        ("/assert last.rtt < 1", "rtt is not a value of one call"),
        ("/assert recv = not 1", "not comes after a word: is not, has not"),
        ("/assert name matches /(/", "regular expression, byte 1: ( has no )"),
        ("/assert name => x", None)):
    status, err = result_of("/set marks on", line)
    ok(status == 2 and (not why or err.startswith("script:2: %s" % why)), "%s: %s" % (line, err.strip()))

done()
