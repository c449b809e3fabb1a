# SPDX-License-Identifier: GPL-3.0-or-later
"""-x and -X: a connection through a proxy."""

import os
import pty
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from proxies import Proxy  # noqa: E402
from tap import *  # noqa: E402,F403


def greeting_server():
    """Says hello first, then sends back what it gets."""
    server = listener()

    def serve():
        server.settimeout(None)
        while True:
            peer, _ = server.accept()
            peer.settimeout(DEADLINE)
            try:
                peer.sendall(b"hello ")
                peer.sendall(receive_all(peer))
            except OSError:
                pass
            peer.close()
    threading.Thread(target=serve, daemon=True).start()
    return server


def reaches(server):
    port = port_of(server)
    for kind in ("5", "4", "connect"):
        proxy = Proxy(kind)
        for more in ([], ["--nc", "-N"]):
            for host in ("127.0.0.1", "localhost"):
                got = run(*more, "-X", kind, "-x", "127.0.0.1:%d" % proxy.port, host, port, given=b"data" * 50000)
                same((got[0], got[1] == b"hello " + b"data" * 50000, got[2]), (0, True, b""),
                     "%s -X %s to %s: what the peer says first, and all the rest" % (" ".join(more), kind, host))
                same(proxy.asked[-1], (host, port), "a name is left to the proxy")
    proxy = Proxy("5")
    same(run("-x", "127.0.0.1:%d" % proxy.port, "localhost:%d" % port)[1], b"hello ", "SOCKS5 is the default")
    same(run("-v", "-x", "127.0.0.1:%d" % proxy.port, "localhost", port)[2],
         b"Connection to localhost %d port [tcp/*] succeeded!\n" % port, "-v names the peer, not the proxy")
    same(run("-z", "-x", "127.0.0.1:%d" % proxy.port, "localhost", port), (0, b"", b""), "-z asks only")


def failures(server):
    port = port_of(server)
    for kind, answer, words in (("5", b"\5\5\0\1", b"SOCKSv5 error: connection refused"), ("4", b"\0\x5b" + bytes(6), b"SOCKSv4 error"),
                                ("connect", b"HTTP/1.0 403 Forbidden\r\n\r\n", b"Proxy error: \"HTTP/1.0 403 Forbidden\""),
                                ("connect", b"HTTP/1.0 200", b"closed the connection")):
        proxy = Proxy(kind, answer=answer)
        status, out, err = run("-X", kind, "-x", "127.0.0.1:%d" % proxy.port, "127.0.0.1", port, given=b"secret")
        ok(status == 1 and out == b"" and err.count(b"\n") == 1 and words in err, "-X %s: %r" % (kind, err))
    dead = socket.socket()
    dead.bind(("127.0.0.1", 0))
    status, out, err = run("-x", "127.0.0.1:%d" % port_of(dead), "127.0.0.1", port)
    ok(status == 1 and err.count(b"\n") == 1 and b"refused" in err, "a proxy that is not there: %r" % err)
    proxy = Proxy("connect", password="user:word")
    status, out, err = run("-X", "connect", "-x", "127.0.0.1:%d" % proxy.port, "127.0.0.1", port)
    ok(status == 1 and b"407" in err and err.count(b"\n") == 1, "one that wants a password: %r" % err)
    same(proxy.asked, [], "is asked for nothing without it")


def password(server):
    proxy = Proxy("connect", password="user:word")
    command = "echo | sockpit -P user -X connect -x 127.0.0.1:%d 127.0.0.1 %d | cat" % (proxy.port, port_of(server))
    pid, terminal = pty.fork()
    if pid == 0:
        os.execlp("sh", "sh", "-c", command)
    text = b""
    try:
        while b"user@127.0.0.1: " not in text:
            text += os.read(terminal, 1000)
        os.write(terminal, b"word\n")
        while b"hello " not in text:
            text += os.read(terminal, 1000)
    except OSError:
        pass
    ok(b"hello " in text and b"word" not in text.split(b"127.0.0.1: ")[-1], "-P asks for the password, unseen: %r" % text)
    os.waitpid(pid, 0)
    os.close(terminal)


def mistakes():
    for args, words in ((("-x", "p", "-l", "1"), b"-x"), (("-x", "p", "-u", "h", "1"), b"-x"), (("-x", "p", "-s", "::1", "h", "1"), b"-x"),
                        (("-X", "6", "-x", "p", "h", "1"), b"-X 6"), (("-x", "p:x:y", "h", "1"), b"-x"),
                        (("-X", "5", "h", "1"), b"-x")):
        status, out, err = run(*args)
        ok(status == 2 and err.count(b"\n") == 1 and words in err, "sockpit %s: %r" % (" ".join(args), err))


watchdog(55)
greeter = greeting_server()
reaches(greeter)
failures(greeter)
password(greeter)
mistakes()
done()
