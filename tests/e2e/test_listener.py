# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners one can see into: the accept queue, limits on clients, networks, one client of many, lines to all."""

import os
import re
import select
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403
from plain import Plain  # noqa: E402


def room():
    """How many may wait: one more than the backlog, of which the system has the last word."""
    try:
        with open("/proc/sys/net/core/somaxconn", encoding="ascii") as file:
            return min(int(file.read()), 4096) + 1
    except OSError:
        return 4097


ROOM = room()


def start(*args):
    """The window's commands, and the port that it listens on."""
    plain = Plain(*args)
    ok(plain.sees("listening on "), "listens: " + " ".join(map(str, args)))
    return plain, int(re.search(r"listening on [^ ]*:(\d+)", plain.text)[1])


def client(port, host="127.0.0.1", source=None):
    return socket.create_connection((host, port), DEADLINE, (source, 0) if source else None)


def ends_by_reset(peer):
    peer.settimeout(DEADLINE)
    with peer:
        return was_reset(peer)


def is_refused(port, source):
    """RST has come, and nothing else; maybe before connect() has returned."""
    try:
        return ends_by_reset(client(port, source=source))
    except ConnectionResetError:
        return True


def hears(peer, text):
    peer.settimeout(DEADLINE)
    got = b""
    while len(got) < len(text):
        more = peer.recv(4096)
        if not more:
            break
        got += more
    return got == text


# ---- the accept queue ----

def a_queue_that_fills():
    plain, port = start("-l", "0")
    plain.type("/pause")
    ok(plain.sees("connections queue up in the kernel, /accept takes one"), "a listener is paused")
    peers = [client(port) for _ in range(3)]
    plain.type("/info")
    ok(plain.sees("] 3/%d *" % ROOM), "its queue is shown as it fills")
    plain.type("/accept as first")
    ok(plain.sees("accepted by session 1"), "one is accepted by hand")
    plain.type("/info @1")
    ok(plain.sees("] 2/%d *" % ROOM), "and the queue is shorter")
    peers[0].sendall(b"hello\n")
    plain.type("/session first")
    ok(plain.sees("session 2 first"), "it has a tab")
    plain.type("/recv")
    ok(plain.sees("hello"), "it is the first that came")
    plain.type("/session 1")
    plain.type("/resume")
    ok(plain.sees("is session 4"), "the others are accepted when it goes on by itself")
    plain.type("/set kernel off")
    plain.type("/info @1")
    ok(plain.sees("LISTEN ?") and "/%d" % ROOM not in plain.text, "while the kernel is not read, nothing old is shown")
    plain.type("/close @1")
    ok(plain.sees("no longer listening"), "it is closed")
    plain.leave()
    for peer in peers:
        peer.close()


def both_addresses():
    if not socket.has_ipv6:
        return skip("no IPv6 here")
    plain, port = start("-l", "0")
    if "[::1]" not in plain.text:
        plain.leave()
        return skip("no IPv6 here")
    plain.type("/pause")
    ok(plain.sees("paused"), "paused")
    peers = [client(port), client(port), client(port, "::1")]
    plain.type("/info")
    ok(plain.sees("] 2/%d *  127.0.0.1:%d" % (ROOM, port)) and plain.sees("] 1/%d *  [::1]:%d" % (ROOM, port)), "with its own queue")
    plain.leave()
    for peer in peers:
        peer.close()


# ---- how many ----

def as_many_as_it_may():
    plain, port = start("-l", "--max-clients", "2", "0", "--service", "echo")
    peers = [client(port), client(port)]
    ok(plain.sees("is session 3"), "two clients are accepted")
    ok(plain.sees("2 clients at a time (max-clients)"), "that is said to be enough")
    third = client(port)
    third.sendall(b"third\n")
    third.settimeout(0.2)
    try:
        answered = third.recv(10)
    except TimeoutError:
        answered = None
    same(answered, None, "the third is connected, and waits")
    plain.type("/info @1")
    ok(plain.sees("] 1/%d *" % ROOM), "in the accept queue, as /info shows")
    ok(plain.sees("2 open, at most 2"), "with the limit")
    peers[0].close()
    ok(hears(third, b"third\n"), "until one ends")
    fourth = client(port)
    fourth.sendall(b"fourth\n")
    plain.type("/set @1 max-clients 3")
    ok(plain.sees("max-clients is 3 for session 1"), "the limit is changed for this listener")
    ok(hears(fourth, b"fourth\n"), "and holds at once")
    plain.type("/set @1 max-clients 1")
    ok(plain.sees("1 client at a time (max-clients): the next ones are connected by the kernel and wait"), "a smaller one says what follows")
    fourth.sendall(b"still here\n")
    ok(hears(fourth, b"still here\n"), "ends nobody")
    plain.type("/set max-clients")
    ok(plain.sees("max-clients  1 (new sessions: 2)"), "new listeners keep theirs")
    plain.type("/set @2 max-clients 1")
    ok(plain.sees("max-clients is for listeners, and session 2 is none"), "a client has no such limit")
    plain.type("/listen 0 echo max 1 as one")
    ok(plain.sees("listening on"), "/listen takes it, too")
    plain.type("/set @one max-clients")
    ok(plain.sees("max-clients  1 (new sessions: 2)"), "as its own")
    plain.leave()
    for peer in peers + [third, fourth]:
        peer.close()


# ---- how long ----

def idle_ones_go():
    plain, port = start("-l", "--max-idle", "2s", "0", "--service", "echo")
    silent, busy = client(port), client(port)
    ok(plain.sees("is session 3"), "two clients")
    silent.settimeout(DEADLINE)
    busy.settimeout(DEADLINE)
    end = time.monotonic() + DEADLINE
    while not select.select([silent], [], [], 0.1)[0] and time.monotonic() < end:
        busy.sendall(b"x")
        busy.recv(1)
    same(silent.recv(1), b"", "the silent one gets FIN")
    busy.sendall(b"y")
    same(busy.recv(1), b"y", "the other one stays")
    plain.type("/view @2")
    plain.type("/view all")
    ok(plain.sees("closed: idle, nothing came and nothing was sent for 2.0 s (max-idle of session 1)"), "and is told why")
    plain.type("/set @1 max-idle off")
    ok(plain.sees("max-idle is off for session 1"), "the limit is switched off")
    plain.leave()
    silent.close()
    busy.close()


# ---- from where ----

def networks():
    plain, port = start("-l", "--allow", "127.0.0.0/28,::1", "--deny", "127.0.0.3", "127.0.0.1", "0")
    good = client(port, source="127.0.0.2")
    ok(plain.sees("is session 2"), "who is allowed becomes a session")
    ok(is_refused(port, "127.0.0.3"), "who is denied is connected by the kernel, and reset")
    ok(is_refused(port, "127.0.0.99"), "who is in no network, too")
    ok(plain.sees("is denied (127.0.0.3): the kernel had connected it, so it was accepted and is reset (RST)"),
       "the listener says why")
    ok(plain.sees("is in no network that is allowed"), "of both")
    plain.type("/allow @1")
    ok(plain.sees("session 1 accepts clients of 127.0.0.0/28 and ::1, not of 127.0.0.3"), "/allow says what holds")
    plain.type("/deny @1 127.0.0.2")
    ok(plain.sees("not of 127.0.0.3 and 127.0.0.2"), "it changes at any time")
    good.sendall(b"I stay\n")
    plain.type("/view all")
    ok(plain.sees("I stay"), "and who is in stays")
    ok(is_refused(port, "127.0.0.2"), "but may not come again")
    plain.type("/allow @1 127.0.0.2")
    ok(plain.sees("session 1 accepts clients of 127.0.0.0/28 and ::1, not of 127.0.0.3"), "until it is allowed again")
    plain.type("/allow @1 all")
    ok(plain.sees("session 1 accepts every client"), "as everybody can be")
    last = client(port, source="127.0.0.99")
    last.sendall(b"me, too\n")
    ok(plain.sees("me, too"), "who is")
    plain.type("/deny @1 all")
    ok(plain.sees("session 1 accepts nobody"), "or nobody")
    ok(is_refused(port, "127.0.0.1"), "who is let in")
    plain.type("/allow @2 ::1")
    ok(plain.sees("session 2 is not a TCP listener: /allow @NAME chooses one"), "a client has no networks")
    plain.type("/allow @1 10.0.0.0/8,::1 127.0.0.9")
    ok(plain.sees("session 1 accepts clients of 10.0.0.0/8, ::1 and 127.0.0.9"), "blanks and commas separate them")
    plain.type("/deny @1 10.0.0.1/8")
    ok(plain.sees("\"10.0.0.1/8\" has bits set after its prefix: the network is 10.0.0.0/8"), "a mistake is said")
    plain.leave()
    good.close()
    last.close()


def only_where_something_can_be_refused():
    plain = Plain()
    plain.type("/listen udp 0 as u")
    ok(plain.sees("receiving on"), "a UDP server")
    plain.type("/deny 10.0.0.0/8")
    ok(plain.sees("session 1 is UDP: a datagram asks for no connection that could be refused, so every sender is heard"),
       "refuses nobody, and says why")
    plain.type("/listen unix:@test_listener.%d as x" % os.getpid())
    ok(plain.sees("listening on"), "a UNIX listener")
    plain.type("/allow ::1")
    ok(plain.sees("session 2 is UNIX: who writes to a path is in no network; its permissions choose"), "neither does that")
    plain.leave()


def piped():
    """What standard error says of a client that is denied, with -v."""
    server = subprocess.Popen(["sockpit", "-l", "-k", "-v", "--allow", "all,127.0.0.2", "127.0.0.1", "0"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    port = int(re.search(rb"127\.0\.0\.1:(\d+)", server.stderr.readline())[1])
    ok(is_refused(port, "127.0.0.3"), "a denied client of a pipe is reset")
    line = server.stderr.readline()
    while line.startswith(b"Listening"):
        line = server.stderr.readline()
    ok(line.startswith(b"Connection denied on 127.0.0.3 "), "and is not said to be received: %r" % line)
    with client(port, source="127.0.0.2"):
        line = server.stderr.readline()
        ok(line.startswith(b"Connection received on 127.0.0.2 "), "others are: %r" % line)
    server.kill()
    server.communicate()


def a_crowd_that_is_denied():
    """Refusing many is no reason to let the allowed ones wait."""
    plain, port = start("-l", "--deny", "127.0.0.3", "--service", "echo", "127.0.0.1", "0")
    denied = []
    for _ in range(100):
        denied.append(socket.socket())
        denied[-1].bind(("127.0.0.3", 0))
        denied[-1].setblocking(False)
        denied[-1].connect_ex(("127.0.0.1", port))
    peer = client(port)
    peer.sendall(b"hello\n")
    ok(hears(peer, b"hello\n"), "after a hundred that are denied one is served")
    same(sum(map(ends_by_reset, denied)), 100, "and all of them are reset")
    plain.leave()
    peer.close()


# ---- one, and all ----

def one_and_all():
    plain, port = start("-l", "0", "--service", "echo")
    peers = [client(port) for _ in range(3)]
    ok(plain.sees("is session 4"), "three clients")
    plain.type("/all @1 Good morning!")
    ok(plain.sees("sent to 3"), "a line to all")
    same([hears(peer, b"Good morning!\n") for peer in peers], [True] * 3, "reaches all")
    plain.type("/close @3")
    ok(plain.sees("closed"), "one is closed")
    same(peers[1].recv(10), b"", "by FIN")
    plain.type("/all @1 And now?")
    ok(plain.sees("sent to 2"), "the others are still there")
    ok(hears(peers[0], b"And now?\n") and hears(peers[2], b"And now?\n"), "and hear it")
    plain.type("/shutdown @2 write")
    same(peers[0].recv(10), b"", "one gets FIN")
    plain.type("/all @1 Who is left?")
    ok(plain.sees("sent to 1"), "and no line after it")
    ok(hears(peers[2], b"Who is left?\n"), "which is no failure")
    for peer in peers:
        peer.close()
    plain.leave()


# ---- the list ----

def many_are_listed():
    plain, port = start("-l", "127.0.0.1", "0", "--service", "echo")
    peers = [client(port) for _ in range(60)]
    for i, peer in enumerate(peers):
        peer.sendall(b"x" * (i + 1))
        hears(peer, b"x" * (i + 1))
    names = [":%d" % peer.getsockname()[1] for peer in peers]
    plain.type("/sessions bytes established")
    ok(plain.sees("60 of 61: 60 open, 0 closed  ↑1830 ↓1830"), "the totals are on top")
    ok(plain.sees("↑1 ↓1 "), "all are listed")
    listed = re.findall(r"(:\d+) +ESTABLISHED +↑\d+ ↓(\d+)", plain.text)
    same(listed, [(name, str(count)) for name, count in zip(reversed(names), range(60, 0, -1))], "those with the most bytes first")
    plain.type("/close @%s" % names[4])
    ok(plain.sees("closed"), "one is closed by its name")
    plain.type("/sessions %s" % names[4])
    ok(plain.sees("0 open, 1 closed"), "and is found by it")
    plain.type("/sessions state nonsense")
    ok(plain.sees("no session has \"nonsense\""), "what is not there is said")
    plain.leave()
    for peer in peers:
        peer.close()


watchdog(120)
many_are_listed()
a_queue_that_fills()
both_addresses()
as_many_as_it_may()
idle_ones_go()
networks()
only_where_something_can_be_refused()
piped()
a_crowd_that_is_denied()
one_and_all()
done()
