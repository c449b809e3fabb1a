# SPDX-License-Identifier: GPL-3.0-or-later
"""Handshakes of TLS that do not end: peers that connect and say nothing, or a part of their first record, as client and as
server. What is shown while it lasts, the time limits that end it, and that a listener whose clients have a limit is not
filled by such clients for good."""

import os
import re
import select
import socket
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from certificates import authority, certificate  # noqa: E402
from plain import Plain  # noqa: E402
from script import enter_home, script  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import any_certificate, call, needs_openssl, serve, server_context, shout, tls_server  # noqa: E402

HALF = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # of a ClientHello


def caller(port, said=b""):
    sock = socket.create_connection(("127.0.0.1", port), DEADLINE)
    sock.settimeout(DEADLINE)
    sock.sendall(said)
    return sock


def has_ended(sock):
    """True at its end; an alert may come before."""
    try:
        while sock.recv(4096):
            pass
    except ConnectionError:
        pass
    except OSError:
        return False
    return True


def drips(sock):
    """Says one byte of a record after the other, so that it is never idle, until the end."""
    sock.settimeout(0.05)
    for _ in range(int(DEADLINE / 0.05)):
        try:
            sock.send(b"\0")
            if not sock.recv(4096):
                return True
        except socket.timeout:
            pass
        except OSError:
            return True
    return False


def listens(plain, words):
    plain.type("/listen 127.0.0.1 0 %s" % words)
    plain.sees("certificate sha256:")
    return int(re.search(r"127\.0\.0\.1:(\d+)", plain.text).group(1))


def is_answered(plain, line, *wanted):
    plain.type(line)
    seen = plain.sees(wanted[-1])
    said = re.sub(r"\s+", " ", plain.text)
    ok(seen and all(word in said for word in wanted), "%s: %s: %s" % (line, wanted[0], said[-400:]))


def what_is_shown():
    """By /why, /info and /peers, as client and as server."""
    plain = Plain()
    silent = listener()
    plain.type("/open tls localhost %d as c" % port_of(silent))
    ok(plain.sees("connected"), "a server that says nothing")
    peer, _ = silent.accept()
    is_answered(plain, "/why", "the TLS handshake of session 1 (c) has not ended after ", ": the server has sent nothing",
                "A server without TLS may be waiting for a line: open it without tls.", "It has no time limit: Ctrl-C or /close ends it.")
    is_answered(plain, "/info", "handshake for ", ": 0 bytes received", "deduced")
    peer.sendall(HALF)
    for _ in range(100):
        plain.type("/why")
        plain.sees("no time limit")
        if "11 bytes" in plain.text:
            break
    is_answered(plain, "/why", "the server has sent 11 bytes, which are not all of its part", "no time limit")
    plain.type("/close")
    plain.sees("closed")
    port = listens(plain, "echo tls as s")
    idle, half = caller(port), caller(port, HALF)
    plain.sees("is session 4")
    is_answered(plain, "/why @s", "2 of 2 clients of session 2 (s) are in the TLS handshake, the longest for ", "/peers lists them. /set max-idle closes silent clients;")
    is_answered(plain, "/peers @s", "TLS handshake", "TLS handshake")
    same(plain.text.count("TLS handshake"), 2, "/peers lists both")
    is_answered(plain, "/why @3", "the client has sent nothing", "/set max-idle closes silent clients.")
    is_answered(plain, "/info @4", "handshake for ", "deduced")
    with call(port, any_certificate()) as good:
        good.send(b"hi\n")
        same(good.read(), b"hi\n", "another client is served meanwhile")
        is_answered(plain, "/why @s", "2 of 3 clients of session 2 (s) are in the TLS handshake", "/peers lists them")
        is_answered(plain, "/why @5", "nothing has failed", "nothing has failed")
    plain.type("/set @s max-idle 300ms")
    ok(has_ended(idle) and has_ended(half), "/set max-idle closes them")
    same(plain.leave(), 0, "leaves")
    peer.close()


def limits_of_a_listener():
    """/set timeout is for the handshakes of its clients, too, also of one that is never idle; others get their place."""
    plain = Plain()
    plain.type("/set timeout 3s")
    port = listens(plain, "echo tls as s max 1")
    for words, said in (("silent", b""), ("half a ClientHello", HALF)):
        sock = caller(port, said)
        ok(has_ended(sock), "a client is ended: " + words)
    ok(drips(caller(port, b"\x16\x03\x01\x40\x00")), "a client that sends a byte from time to time")
    silent = caller(port)
    with call(port, any_certificate()) as good:
        good.send(b"hi\n")
        same(good.read(), b"hi\n", "the only place is free again after that")
        good.end()
    silent.close()
    is_answered(plain, "/why @2", "TLS handshake timed out: not over after 3.0 s", "At ")
    same(plain.leave(), 0, "leaves")


def slow_to_connect():
    """The limit is that of connecting, too: what that took is said, where it is much. A listener whose queue is full drops SYN,
    which is sent again a second later."""
    plain = Plain()
    server = listener(backlog=0)
    first = caller(port_of(server))
    select.select([server], [], [], DEADLINE)
    plain.type("/set timeout 6s")
    plain.type("/open tls 127.0.0.1 %d as f verify off" % port_of(server))
    for _ in range(100):
        plain.type("/info @f")
        plain.sees("deduced")
        if "SYN_SENT" in plain.text:
            break
    taken, _ = server.accept()
    ok(plain.sees("connected"), "connecting takes a second")
    is_answered(plain, "/why", "Its time limit is 6.0 s, of which connecting took ", "-w or /set timeout.")
    plain.type("/info")
    plain.sees("deduced")
    left = re.search(r"handshake for .*\(limit ([0-9.]+) s\)", plain.text)
    ok(left and float(left.group(1)) < 5.5, "/info has what is left of it for the handshake: %s" % (left and left.group(0)))
    ok(plain.sees("TLS handshake timed out: not over after 6.0 s, of which connecting took "), "and so has the line that ends it")
    same(plain.leave(), 0, "leaves")
    first.close()
    taken.close()


def limits_of_pipe_mode(good):
    """-w is for the handshake, as client and as server, also of a peer that is never idle."""
    for words in ("silent", "one that drips"):
        server = listener()
        process = sockpit("-w", "600ms", "tls://127.0.0.1:%d" % port_of(server))
        peer, _ = server.accept()
        if words != "silent":
            peer.sendall(b"\x16\x03\x03\x40\x00")
            ok(drips(peer), "a server that sends a byte from time to time is left")
        said = process.stderr.read()
        ok(process.wait(DEADLINE) == 1 and b"TLS handshake timed out: not over after 600 ms" in said, "-w: a server: %s: %r" % (words, said))
        end(process)
        peer.close()
        process = sockpit("-l", "--tls", "-w", "600ms", "127.0.0.1", "0")
        port = listening_port(process)
        sock = caller(port, b"\x16\x03\x01\x40\x00")
        ok(has_ended(sock) if words == "silent" else drips(sock), "-l -w: a client: %s" % words)
        ok(process.wait(DEADLINE) == 1, "ends with status 1")
        end(process)
    process, port = tls_server("--service", "upper", "-w", "3s")
    sock = caller(port)
    ok(has_ended(sock), "-lk -w: a silent client is ended")
    same(run("--tls-verify", "off", "tls://127.0.0.1:%d" % port, given=b"a"), (0, b"A", b""), "and the next one is served")
    end(process)
    same(run("-w", "20", "tls://localhost:%d" % serve(shout, server_context(good)), given=b"hi"), (0, b"HI", b""), "a handshake in time")


def in_place(good):
    """The limit of a handshake in place begins with it, not with the connection."""
    def later(peer):
        same(peer.recv(100), b"STARTTLS\n", "a session that has been open for long")
        peer.sendall(b"go on\n")
        with server_context(good).wrap_socket(peer, server_side=True) as wrapped:
            wrapped.sendall(b"hello\n")
            wrapped.recv(100)
    port = serve(later)
    status, out, err = script("/set timeout 3s\n/open localhost %d as t\n/try /expect \"too early\" within 3200ms\n/send STARTTLS\\n\n/expect \"go on\"\n/tls localhost\n/expect \"hello\"\n" % port)
    same((status, err), (0, ""), "has all of the limit for its handshake")
    silent = listener()
    status, out, err = script("/set timeout 400ms\n/open 127.0.0.1 %d as t\n/try /tls localhost\n/why\n" % port_of(silent))
    ok(status == 0 and "TLS handshake timed out: not over after 400 ms" in out, "and no more: %s%s" % (out, err))


watchdog(240)
enter_home()
needs_openssl()
os.environ["SSL_CERT_FILE"] = authority("root")
right = certificate("right", "root")
what_is_shown()
limits_of_a_listener()
slow_to_connect()
limits_of_pipe_mode(right)
in_place(right)
done()
