# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS over a network that delivers in its own way: records cut in two around every border and within, streams that end or
are reset there, one byte at a time, handshakes that never go on. Both ends are sockpit, with a relay between them that
does the cutting, in both directions, with TLS 1.2 and 1.3; the window answers keys meanwhile."""

import os
import re
import select
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from certificates import authority, certificate  # noqa: E402
from plain import Window  # noqa: E402
from script import enter_home, script, write  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import *  # noqa: E402,F403

UP, DOWN = "from the client", "from the server"
SPLIT, END, RESET, BYTES = "cut in two", "ended", "reset", "one by one"
LAST = 2 * 31  # the answer and close_notify are larger: what is cut before them has no answer
KEY = 3  # seconds in which a key is shown; a window that waits for a peer would need for ever


class Relay:
    """Passes on, and does one thing at one byte of one direction of each connection: `plan` has these, in turn. What has
    passed is in `seen`."""

    def __init__(self, port, plan):
        self.server, self.port, self.plan, self.seen = listener(backlog=64), port, plan, []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        for what, way, at in self.plan:
            client, _ = self.server.accept()
            target = socket.create_connection(("127.0.0.1", self.port))
            for sock in (client, target):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self.converse({UP: (client, target), DOWN: (target, client)}, what, way, at)
            except OSError:
                pass
            client.close()
            target.close()

    def converse(self, ways, what, way, at):
        moved, open_ = {UP: b"", DOWN: b""}, {UP, DOWN}
        self.seen.append(moved)
        while open_:
            for sock in select.select([ways[each][0] for each in open_], [], [], DEADLINE)[0]:
                each = UP if sock is ways[UP][0] else DOWN
                data, sink, before = sock.recv(65536), ways[each][1], len(moved[each])
                moved[each] += data
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    open_.discard(each)
                elif what is BYTES:
                    for byte in data:
                        sink.send(bytes([byte]))
                elif each is not way or before + len(data) < at or before > at:
                    sink.sendall(data)
                else:
                    sink.sendall(data[:at - before])
                    if what is SPLIT:
                        sink.sendall(data[at - before:])
                    elif what is RESET:
                        for end_ in ways[UP]:
                            end_.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return
                    else:  # the other end is told, and the rest of this direction goes nowhere
                        sink.shutdown(socket.SHUT_WR)
                        ways[each][0].shutdown(socket.SHUT_RD)
                        open_.discard(each)


def conversation(name):
    return ("/open tls localhost %%d as %s\n/send @%s hello\\n\n/expect @%s \"HELLO\" within 20s\n/shutdown @%s write\n"
            "/wait @%s closed within 20s\n" % ((name,) * 5))


def failure(name):
    return ("/try /open tls localhost %%d as %s\n/try /send @%s hello\\n\n/fails /expect @%s \"HELLO\" within 20s\n/try /close @%s\n"
            "/wait @%s closed within 20s\n" % ((name,) * 5))


def borders(data):
    """Around each record's ends and within its header; and some bytes within."""
    places, at = set(range(0, len(data), 41)), 0
    while at < len(data):
        places.update(range(max(at - 2, 0), at + 8))
        at += 5 + struct.unpack(">H", data[at + 3:at + 5])[0]
    return sorted(place for place in places if place < len(data))


def count_descriptors(process):
    return len(os.listdir("/proc/%d/fd" % process.pid))


def cuts(version, port, process):
    relay = Relay(port, [(None, None, 0), (BYTES, None, 0)])
    text = conversation("a") + conversation("b")
    status, out, err = script(text % ((port_of(relay.server),) * 2))
    same((status, err), (0, ""), "TLS %s: a conversation as it is, and byte by byte" % version)
    whole = relay.seen[0]
    for what in (SPLIT, END, RESET):
        for way in (UP, DOWN):
            data = whole[way]
            most = len(data) if what is SPLIT else len(data) - LAST
            places = [place for place in borders(data) if place < most]
            relay = Relay(port, [(what, way, place) for place in places])
            lines = "".join((conversation if what is SPLIT else failure)("c%d" % i) for i in range(len(places)))
            status, out, err = script(lines % ((port_of(relay.server),) * len(places)))
            same((status, err, len(relay.seen)), (0, "", len(places)), "TLS %s: the stream %s is %s at %d places" % (version, way, what, len(places)))
    with call(port, any_certificate()) as peer:
        peer.send(b"still")
        same(peer.read_size(5), b"STILL", "TLS %s: the server goes on" % version)
    until = time.monotonic() + DEADLINE
    while count_descriptors(process) > 20 and time.monotonic() < until:
        select.select([], [], [], 0.02)
    ok(count_descriptors(process) <= 20, "TLS %s: and has kept no descriptor" % version)


def server_with(version, good):
    """A server of ours that has this version at most."""
    config = write("openssl-%s.cnf" % version, "openssl_conf=i\n[i]\nssl_conf=s\n[s]\nsystem_default=d\n[d]\nMaxProtocol=TLSv%s\n" % version)
    before = os.environ.pop("OPENSSL_CONF", None)
    os.environ["OPENSSL_CONF"] = os.path.abspath(config)
    try:
        return tls_server("--service", "upper", "--ssl-cert", good[0], "--ssl-key", good[1])
    finally:
        del os.environ["OPENSSL_CONF"]
        if before is not None:
            os.environ["OPENSSL_CONF"] = before


def never_goes_on(good):
    """Peers that begin a handshake and do not go on; the window is a client of some, and serves others."""
    window = Window(columns=120)
    window.type("/listen 127.0.0.1 0 upper tls cert %s key %s as s" % good)
    ok(window.sees("certificate sha256:"), "a window that listens")
    port = int(re.search(r"127\.0\.0\.1:(\d+)", window.text).group(1))
    hello, flights = [], []
    with call(port, any_certificate(), pass_on=lambda sock, data: (hello.append(data), sock.sendall(data))) as peer:
        peer.send(b"x")
        same(peer.read_size(1), b"X", "which serves")
    kept = []
    for size in (0, 1, 4, 5, 6, 100, len(hello[0]) - 1, len(hello[0])):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.sendall(hello[0][:size])
        kept.append(sock)
    ok(window.answers(KEY), "clients that stop after a part of ClientHello: keys are answered")

    def hold(part):
        def begin(peer):
            data = peer.recv(65536)
            library = server_context(good)
            came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
            came.write(data)
            try:
                library.wrap_bio(came, goes, server_side=True).do_handshake()
            except ssl.SSLWantReadError:
                pass
            flight = goes.read()
            flights.append(len(flight))
            peer.sendall(flight[:int(len(flight) * part)])
            peer.recv(65536)
        return begin
    for part in (0, 0.1, 0.5, 0.99):
        count = len(flights)
        window.type("/open tls localhost %d" % serve(hold(part)))
        until = time.monotonic() + DEADLINE
        while len(flights) == count and time.monotonic() < until:
            window.pump(0.02)
        ok(len(flights) > count and window.answers(KEY), "a server that stops after %d%% of its flight: keys are answered" % (100 * part))
    with call(port, any_certificate()) as peer:
        peer.send(b"y")
        same(peer.read_size(1), b"Y", "and another client is served")
    for sock in kept:
        sock.close()
    same(window.leave(), 0, "the window closes them all")


def last_words(good):
    """What was sent just before the end arrives, although the tickets of the server come when nobody reads any more, and
    the kernel answers them with RST."""
    times = 12
    for last in ("/close\n", "/shutdown write\n", ""):
        heard, over = [], threading.Semaphore(0)

        def hear(peer):
            said = b""
            try:
                for part in iter(peer.read, b""):
                    said += part
            except OSError:
                pass
            heard.append(said)
            over.release()
        text = "/open tls localhost %d\n/send one\\n\n/send two\\n\n/send three\\n\n" % serve(hear, server_context(good), count=times)
        status = [script(text + last)[0] for _ in range(times)]
        for _ in range(times):
            over.acquire(timeout=DEADLINE)
        same((status, heard), (times * [0], times * [b"one\ntwo\nthree\n"]), "all arrives before %s" % (last.strip() or "the end of a script"))


watchdog(150)
needs_openssl()
enter_home()
os.environ["SSL_CERT_FILE"] = authority("root")
right = certificate("right", "root")
for each_version in VERSIONS:
    ours, at_port = server_with(each_version, right)
    cuts(each_version, at_port, ours)
    end(ours)
never_goes_on(right)
last_words(right)
done()
