# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers of TLS that mean harm: handshakes begun without end, messages, records, alerts, tickets and key updates without
end or of any size, a ClientHello with every byte changed. What is wrong ends the connection with one line; nothing grows
without a limit; others are served, and the window answers keys meanwhile."""

import os
import re
import signal
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
import tls_records as records  # noqa: E402  (first)
from tls_records import ALERT, CHANGE_CIPHER, DATA, HANDSHAKE, KEY_UPDATE, SESSION_TICKET, message, plain_record  # noqa: E402
from certificates import authority, certificate, path  # noqa: E402
from plain import Window  # noqa: E402
from script import enter_home  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import *  # noqa: E402,F403

KEY = 3  # seconds in which a key is shown, on any machine
MOST = 100 << 20  # bytes by which a server may grow: its transcript has 64 MiB


def drain(sock):
    """Reads and drops until the end, aside; a thread."""
    def go_on():
        try:
            while sock.recv(65536):
                pass
        except OSError:
            pass
    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    return thread


def reported(process, why):
    """What a server reports, up to a line about TLS or a reset."""
    got = b""
    while not re.search(rb"(TLS|reset|cut short)[^\n]*\n", got):
        more = read_until(process.stderr, b"\n")
        if not more:
            break
        got += more
    lines = [line for line in got.split(b"\n") if line and not re.match(b"Connection received|Listening on", line)]
    return lines[-1] if len(lines) == 1 and re.search(why, lines[-1] + b"\n") else b"? " + got


# ---- records after a handshake ----

def sealed(kind, body, count=1, padding=0):
    return lambda sealer: b"".join(sealer.record(kind, body, padding) for _ in range(count))


def updates(asks, count):
    def make(sealer):
        made = b""
        for _ in range(count):
            made += sealer.record(HANDSHAKE, message(KEY_UPDATE, bytes([asks])))
            sealer.update()
        return made
    return make


TICKET = message(SESSION_TICKET, b"\0\0\1\0" + bytes(4) + b"\1a" + b"\0\1t" + b"\0\0")
WRONG = rb"TLS failed: [^\n]+\n"

# What is sent, and what is said of it; b"" = it is taken, and what comes after it is read.
CASES = (
    ("20 empty records", sealed(DATA, b"", 20), b""),
    ("empty records without end", sealed(DATA, b"", 200), rb"record too small"),
    ("warnings without end", sealed(ALERT, b"\1\x5a", 200), rb"too many warn alerts"),
    ("a warning of an error", sealed(ALERT, b"\1\x64"), rb"the peer reports no_renegotiation \(alert 100\)"),
    ("a fatal alert", sealed(ALERT, b"\2\x50"), rb"the peer reports internal_error \(alert 80\)"),
    ("an alert that nobody knows", sealed(ALERT, b"\2\xee"), rb"the peer reports alert 238|unknown alert"),
    ("half an alert", sealed(ALERT, b"\2"), WRONG),
    ("key updates", updates(0, 200), b""),
    ("key updates that ask for ours", updates(1, 200), b""),
    ("a key update of nonsense", sealed(HANDSHAKE, message(KEY_UPDATE, b"\7")), WRONG),
    ("ChangeCipherSpec without end", lambda sealer: plain_record(CHANGE_CIPHER, b"\1") * 1000, WRONG),
    ("ChangeCipherSpec in a record", sealed(CHANGE_CIPHER, b"\1"), WRONG),
    ("a HelloRequest", sealed(HANDSHAKE, message(0, b"")), WRONG),
    ("a ClientHello", sealed(HANDSHAKE, message(1, bytes(64))), WRONG),
    ("a ServerHello", sealed(HANDSHAKE, message(2, bytes(64))), WRONG),
    ("a request for a certificate", sealed(HANDSHAKE, message(13, b"\0\0\0")), WRONG),
    ("Finished once more", sealed(HANDSHAKE, message(20, bytes(32))), WRONG),
    ("a message of 16 MB", sealed(HANDSHAKE, b"\4\xff\xff\xff" + bytes(500), 4), WRONG),
    ("half a message", sealed(HANDSHAKE, b"\4\0"), rb"cut short|TLS failed"),
    ("an overlong record", sealed(DATA, bytes(16385)), rb"record_overflow"),
    ("a record of padding alone", sealed(0, b"", 1, 300), WRONG),
    ("padded records", sealed(DATA, b"", 10, 50), b""),
    ("a kind that is none", sealed(99, b"x"), WRONG),
    ("clear text", lambda sealer: plain_record(DATA, b"hello"), rb"bad_record_mac"),
    ("a clear alert", lambda sealer: plain_record(ALERT, b"\2\x28"), WRONG),
    ("noise", lambda sealer: bytes(range(256)) * 40, WRONG),
    ("HTTP", lambda sealer: b"GET / HTTP/1.1\r\n\r\n", WRONG),
)
OF_SERVERS = (("tickets without end", sealed(HANDSHAKE, TICKET, 400), b""), ("a ticket of nonsense", sealed(HANDSHAKE, message(SESSION_TICKET, b"\1")), WRONG))
OF_CLIENTS = (("a ticket", sealed(HANDSHAKE, TICKET), WRONG),)


def to_client(good):
    for words, make, why in CASES + OF_SERVERS:
        def attack(peer, make=make):
            sealer = records.shake(peer, server_context(good), True)
            reader = drain(peer)
            try:
                peer.sendall(make(sealer))
                peer.sendall(sealer.record(DATA, b"the end\n") + sealer.record(ALERT, b"\1\0"))
                peer.shutdown(socket.SHUT_WR)
            finally:
                reader.join(DEADLINE)
        status, out, err = run("-d", "tls://localhost:%d" % serve(attack))
        if why:
            ok(status == 1 and out == b"" and err.count(b"\n") == 1 and re.search(why, err), "a server that sends %s: %r" % (words, err))
        else:
            same((status, out, err), (0, b"the end\n", b""), "a server that sends %s" % words)


def to_server(process, port):
    for words, make, why in CASES + OF_CLIENTS:
        with socket.create_connection(("127.0.0.1", port), DEADLINE) as peer:
            context = any_certificate()
            sealer = records.shake(peer, context, False)
            reader = drain(peer)
            try:
                peer.sendall(make(sealer))
                peer.sendall(sealer.record(DATA, b"the end\n") + sealer.record(ALERT, b"\1\0"))
                peer.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            if why:
                reader.join(DEADLINE)
                said = reported(process, why)
                ok(said[:1] != b"?", "a client that sends %s: %r" % (words, said))
            else:
                with call(port, any_certificate()) as other:
                    other.send(b"x")
                    same(other.read_size(1), b"x", "a client that sends %s" % words)
                    other.end()
                    other.read_to_end()


# ---- and before ----

def many_messages(kind, count):
    return plain_record(HANDSHAKE, message(kind, b"") * 4000) * count


FIRST = (
    ("HelloRequest without end", many_messages(0, 100) + plain_record(HANDSHAKE, message(0, b"")) * 50000),
    ("ChangeCipherSpec without end", plain_record(CHANGE_CIPHER, b"\1") * 50000),
    ("empty records without end", plain_record(HANDSHAKE, b"") * 50000),
    ("empty data without end", plain_record(DATA, b"") * 50000),
    ("warnings without end", plain_record(ALERT, b"\1\x5a") * 50000),
    ("a ServerHello of 16 MB", plain_record(HANDSHAKE, b"\2\xff\xff\xff" + bytes(16000)) + plain_record(HANDSHAKE, bytes(16000)) * 60),
    ("a ClientHello of 16 MB", plain_record(HANDSHAKE, b"\1\xff\xff\xff" + bytes(16000)) + plain_record(HANDSHAKE, bytes(16000)) * 60),
    ("a ClientHello of 126 KB, byte by byte", plain_record(HANDSHAKE, b"\1\1\xf0\0\3\3") + plain_record(HANDSHAKE, b"\0") * 50000),
    ("a certificate at once", plain_record(HANDSHAKE, b"\x0b\xff\xff\xff" + bytes(16000))),
    ("an overlong record", plain_record(HANDSHAKE, bytes(20000))),
    ("SSL 2", b"\x80\x2e\1\0\2\0\x15\0\0\0\x10" + bytes(100)),
    ("noise", bytes((i * 167 + (i >> 8)) & 255 for i in range(1 << 20))),
)


def before_the_end(process, port):
    for words, data in FIRST:
        def attack(peer, data=data):
            drain(peer)
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
        status, out, err = run("-d", "tls://localhost:%d" % serve(attack))
        ok(status == 1 and out == b"" and err.count(b"\n") == 1 and (b"TLS handshake failed" in err or b"reset" in err),
           "a server that begins with %s: %r" % (words, err[:200]))
        with socket.create_connection(("127.0.0.1", port), DEADLINE) as peer:
            try:
                attack(peer)
                peer.recv(1)
            except OSError:
                pass
            said = reported(process, b"TLS handshake failed|reset")
            ok(said[:1] != b"?", "a client that begins with %s: %r" % (words, said[:200]))


def changed_hello(port):
    """A ClientHello that is wrong in one byte, at each: lengths, names, protocols, keys."""
    hello = []
    context = any_certificate()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with call(port, context, pass_on=lambda sock, data: (hello.append(data), sock.sendall(data))):
        pass
    done_ = 0
    for at in range(len(hello[0])):
        with socket.create_connection(("127.0.0.1", port), DEADLINE) as peer:
            peer.sendall(hello[0][:at] + bytes([hello[0][at] ^ (0xff if at & 1 else 0x81)]) + hello[0][at + 1:])
            peer.shutdown(socket.SHUT_WR)
            try:
                while peer.recv(65536):
                    pass
            except ConnectionResetError:
                pass
            done_ += 1
    same(done_, len(hello[0]), "a ClientHello with one byte changed, at each of %d" % len(hello[0]))


# ---- turns ----

def turns(good):
    """A flood of records of one byte does not keep others waiting: both wait in the kernel when the server goes on."""
    log = path("turns.jsonl")
    process, port = tls_server("--service", "echo", "--ssl-cert", good[0], "--ssl-key", good[1], "-o", log)
    flood, other = call(port, any_certificate()), call(port, any_certificate())
    for peer in (flood, other):
        peer.send(b"?")
        peer.read_size(1)
    for _ in range(4000):
        flood.library.write(b"f")
    process.send_signal(signal.SIGSTOP)
    flood.flush()
    other.send(b"o")
    process.send_signal(signal.SIGCONT)
    same(other.read_size(1), b"o", "one client is served while another sends records of one byte")
    flood.read_size(4000)
    flood.end()
    same(flood.read_to_end(), b"", "which has its answers")
    end(process)
    with open(log, encoding="utf-8") as file:
        read = [line for line in file if '"SSL_read"' in line]
    clear = "".join(re.search(r'"text":"(.)', line).group(1) for line in read if '"text":"' in line)
    ok(clear.count("f") == 4000 and clear.index("o") < 1000, "after %d of its records" % clear.index("o"))
    other.sock.close()
    flood.sock.close()


def window(good):
    seen = Window(columns=120)
    seen.type("/listen 127.0.0.1 0 echo tls cert %s key %s" % good)
    ok(seen.sees("certificate sha256:"), "a window that listens")
    port = int(re.search(r"127\.0\.0\.1:(\d+)", seen.text).group(1))
    hello = []
    with call(port, any_certificate(), pass_on=lambda sock, data: (hello.append(data), sock.sendall(data))) as peer:
        over = threading.Event()

        def begin():
            for _ in range(2000):
                try:
                    with socket.create_connection(("127.0.0.1", port), DEADLINE) as one:
                        one.sendall(hello[0])
                except OSError:
                    pass
            over.set()
        threading.Thread(target=begin, daemon=True).start()
        count = good_keys = served = 0
        while not over.is_set() or count < 3:
            count += 1
            good_keys += seen.answers(KEY)
            peer.send(b"x")
            served += peer.read_size(1) == b"x"
        same((good_keys, served), (count, count), "2000 handshakes are begun as fast as they can be: keys are answered, and another is served")
        tiny = call(port, any_certificate())
        for _ in range(30000):
            tiny.library.write(b"z")
        drain(tiny.sock)
        writer = threading.Thread(target=tiny.flush, daemon=True)
        writer.start()
        count = good_keys = 0
        while writer.is_alive() or count < 5:
            count += 1
            good_keys += seen.answers(KEY)
        same(good_keys, count, "30000 records of one byte: keys are answered")
        tiny.sock.close()

        def tickets(sock):
            sealer = records.shake(sock, server_context(good), True)
            sock.sendall(sealed(HANDSHAKE, TICKET, 800)(sealer) + sealer.record(DATA, b"after the tickets\n"))
            sock.recv(100)
        seen.type("/open tls localhost %d" % serve(tickets))
        same((seen.answers(KEY), seen.sees("after the tickets")), (True, True), "800 tickets: keys are answered")
    same(seen.leave(), 0, "the window ends")


watchdog(150)
needs_openssl()
enter_home()
os.environ["SSL_CERT_FILE"] = authority("root")
right = certificate("right", "root")
to_client(right)
told, its_port = tls_server("-v", "--service", "echo", "--ssl-cert", right[0], "--ssl-key", right[1])
with call(its_port, any_certificate()) as first:
    first.send(b"x")
    first.read_size(1)
    first.end()
    first.read_to_end()
before = rss_of(told)
to_server(told, its_port)
before_the_end(told, its_port)
ok(is_sanitized() or rss_of(told) - before < MOST, "the server has grown by %d KiB" % ((rss_of(told) - before) >> 10))
end(told)
ours, at_port = tls_server("--service", "echo", "--ssl-cert", right[0], "--ssl-key", right[1])
changed_hello(at_port)
with call(at_port, any_certificate()) as last:
    last.send(b"x")
    same(last.read_size(1), b"x", "and goes on")
end(ours)
turns(right)
window(right)
done()
