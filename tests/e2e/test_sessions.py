# SPDX-License-Identifier: GPL-3.0-or-later
"""A life of sessions in the running program: those that fail to open, end, are opened again, are forgotten."""

import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403
from plain import Plain  # noqa: E402


def refused_port():
    """Bound, and so nobody else's, but nobody listens there."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    return held, held.getsockname()[1]


def listener(port=0):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen(8)
    server.settimeout(DEADLINE)
    return server


def what_fails_to_open():
    held, port = refused_port()
    plain = Plain("127.0.0.1", port)
    ok(plain.sees("Connection refused (RST to our SYN"), "what the command line names is refused")
    plain.type("/sessions")
    ok(plain.sees("no session: /open HOST PORT makes one"), "and has no tab")
    plain.type("/why")
    ok(plain.sees("RST to our SYN: nobody listens there."), "it is explained")
    plain.type("/open tcp nosuch 99999")
    ok(plain.sees("99999"), "a line that is wrong")
    plain.type("/why")
    ok(plain.sees("RST to our SYN: nobody listens there."), "opens nothing, and so changes nothing")
    same(plain.leave(), 0, "leaves")
    held.close()


def mistakes_of_the_start():
    """Said once, also where the session of the command line fails."""
    held, port = refused_port()
    plain = Plain("127.0.0.1", port, start_up="/nonsense\n")
    ok(plain.sees("Connection refused (RST to our SYN"), "a mistake in the start-up file, and an address that is refused")
    same(plain.text.count("no such command"), 1, "the mistake is printed once")
    plain.leave()
    held.close()


def what_has_ended():
    server = listener()
    plain = Plain("127.0.0.1", server.getsockname()[1])
    ok(plain.sees("connected in"), "a session")
    peer = server.accept()[0]
    peer.settimeout(DEADLINE)
    peer.sendall(b"remember me\n")
    ok(plain.sees("remember me"), "receives")
    peer.close()
    ok(plain.sees("peer closed its side (FIN)"), "its peer closes")
    plain.type("/reconnect")
    ok(plain.sees("connected in"), "it is opened again")
    peer = server.accept()[0]
    plain.type("/close")
    ok(plain.sees("closed"), "and closed")
    plain.type("/close")
    ok(plain.sees("session 1 is already closed: /forget removes it"), "once")
    plain.type("hello")
    ok(plain.sees("session 1 is closed: /reconnect opens it again"), "what is typed goes nowhere")
    ok(plain.sees("1> hello"), "and stays on the line")
    plain.erase()
    plain.type("/view all")
    ok(plain.sees("remember me"), "what it received is still there")
    plain.type("/forget")
    ok(plain.sees("session 1 (") and plain.sees("forgotten"), "until it is forgotten")
    plain.type("/listen 0")
    ok(plain.sees("loopback only"), "another session")
    plain.type("/view all")
    ok(plain.sees("of all") and plain.sees("loopback only"), "shown with all")
    ok("remember me" not in plain.text, "does not show it")
    same(plain.leave(), 0, "leaves")
    peer.close()
    server.close()


def a_line_has_one_session():
    """The session that the prompt shows when a line begins is the one that it goes to, or none is."""
    server = listener()
    plain = Plain("127.0.0.1", server.getsockname()[1], start_up="/set keep-clients 0\n")
    ok(plain.sees("connected in"), "a session")
    peer = server.accept()[0]
    script = os.path.join(plain.home, "script")
    done_with = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # hears when the script has come to its end
    done_with.settimeout(DEADLINE)
    done_with.bind(("127.0.0.1", 0))
    with open(script, "w", encoding="utf-8") as file:
        file.write("/expect go\n/socket udp as other\n/expect @1 on\n/close @1\n/forget @1\n/bind @other 127.0.0.1 0\n"
                   "/to @other 127.0.0.1:%d over\n" % done_with.getsockname()[1])
    plain.type("/source " + script)
    plain.type("half a", enter=False)
    ok(plain.sees("1> half a"), "a line begins")
    peer.sendall(b"go\n")
    ok(plain.sees("/socket udp as other"), "and a script opens another session")
    plain.type(" line")
    peer.settimeout(DEADLINE)
    same(peer.recv(100), b"half a line\n", "it goes to the session of its prompt")
    plain.type("another", enter=False)
    ok(plain.sees("another"), "the next line")
    peer.sendall(b"on\n")
    same(peer.recv(100), b"", "a script closes and forgets the session")
    same(done_with.recv(100), b"over\n", "and comes to its end")
    done_with.close()
    plain.type("")
    ok(plain.sees("the line was not sent"), "no other one gets the line")
    ok(plain.sees("> another"), "which stays")
    plain.erase()
    same(plain.leave(), 0, "leaves")
    peer.close()
    server.close()


def what_opens_by_itself():
    server = listener()
    port = server.getsockname()[1]
    plain = Plain("--set", "reconnect=on", "127.0.0.1", port)
    ok(plain.sees("connected in"), "a session")
    peer = server.accept()[0]
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    ok(plain.sees("connection reset by peer") and plain.sees("opens again in 1"), "a reset ends it for a second")
    plain.forget()
    ok(plain.sees("connected in"), "then it is open again")
    server.accept()[0].close()
    server.close()
    ok(plain.sees("opens again in 2"), "FIN ends it, and the pause grows")
    plain.type("\x03", enter=False)
    ok(plain.sees("closed: not opened again"), "Ctrl-C ends that")
    same(plain.leave(), 0, "leaves")


watchdog(50)
what_fails_to_open()
mistakes_of_the_start()
what_has_ended()
a_line_has_one_session()
what_opens_by_itself()
done()
