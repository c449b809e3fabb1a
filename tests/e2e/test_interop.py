# SPDX-License-Identifier: GPL-3.0-or-later
"""Beside nc, ncat and socat, each of them the client and the server: bytes arrive whole in both directions, ends are
noticed, and exit statuses are right."""

import itertools
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from netcats import KEPT, expect, has_ipv6, run_cases  # noqa: E402
from tap import done, watchdog  # noqa: E402

# How each is told to listen and to call: {h} is a host, {b} the same as socat writes it, {p} a port, {path} a path.
NC = {
    "tcp4": ("nc -N -4 -l {h} {p}", "nc -N {h} {p}"), "tcp6": ("nc -N -l {h} {p}", "nc -N {h} {p}"),
    "udp4": ("nc -u -l {h} {p}", "nc -u {h} {p}"), "udp6": ("nc -u -l {h} {p}", "nc -u {h} {p}"),
    "unix": ("nc -N -lU {path}", "nc -N -U {path}"), "unix datagrams": ("nc -ulU {path}", "nc -uU {path}"),
}
NCAT = {
    "tcp4": ("ncat -l {h} {p}", "ncat {h} {p}"), "tcp6": ("ncat -l {h} {p}", "ncat {h} {p}"),
    "udp4": ("ncat -u -l {h} {p}", "ncat -u {h} {p}"), "udp6": ("ncat -u -l {h} {p}", "ncat -u {h} {p}"),
    "unix": ("ncat -lU {path}", "ncat -U {path}"), "unix datagrams": ("ncat -ulU {path}", None),
}
SOCAT = {
    "tcp4": ("socat -t9 - TCP4-LISTEN:{p},bind={b},reuseaddr", "socat -t9 - TCP4:{b}:{p}"),
    "tcp6": ("socat -t9 - TCP6-LISTEN:{p},bind={b},reuseaddr", "socat -t9 - TCP6:{b}:{p}"),
    "udp4": ("socat -t9 - UDP4-LISTEN:{p},bind={b},reuseaddr", "socat -t9 - UDP4:{b}:{p}"),
    "udp6": ("socat -t9 - UDP6-LISTEN:{p},bind={b},reuseaddr", "socat -t9 - UDP6:{b}:{p}"),
    "unix": ("socat -t9 - UNIX-LISTEN:{path}", "socat -t9 - UNIX-CONNECT:{path}"),
    "unix datagrams": ("socat -u UNIX-RECV:{path} -", "socat -u - UNIX-SENDTO:{path}"),
}
NATIVE = {
    "tcp4": ("sockpit -l {h} {p}", "sockpit {h} {p}"), "tcp6": ("sockpit -l {h} {p}", "sockpit tcp://{b}:{p}"),
    "udp4": ("sockpit -u -l {h} {p}", "sockpit udp://{h}:{p}"), "udp6": ("sockpit -u -l {h} {p}", "sockpit -u {h} {p}"),
    "unix": ("sockpit -lU {path}", "sockpit -U {path}"), "unix datagrams": ("sockpit -ulU {path}", "sockpit -uU {path}"),
}
LIKE_NC = {how: tuple(words and words.replace("nc ", "sockpit --nc ", 1) for words in both) for how, both in NC.items()}

OURS = {"ours": NATIVE, "--nc": LIKE_NC}
OTHERS = {"nc": NC, "ncat": NCAT, "socat": SOCAT}
HOSTS = {"4": ("127.0.0.1", "127.0.0.1"), "6": ("::1", "[::1]")}


class Two:
    """A server, and a client once somebody calls."""

    def __init__(self, stage, how, server, client):
        self.stage, self.client_words = stage, client[1]
        host, bracketed = HOSTS.get(how[-1], ("", ""))
        self.places = {"h": host, "b": bracketed, "p": stage.unused_port(), "path": os.path.join(stage.directory, "s")}
        self.server = stage.start(self.words(server[0]), KEPT)
        unix = how.startswith("unix")
        stage.listens(self.server, self.places["path" if unix else "p"], "unix" if unix else how[:3])

    def words(self, text):
        return text.format(**self.places).split()

    def call(self, given=KEPT):
        return self.stage.start(self.words(self.client_words), given)


def both_ways(how, server, client):
    """Much in both directions at the same time, and both end."""
    def act(stage):
        two = Two(stage, how, server, client)
        ours, theirs = os.urandom(700001), os.urandom(300007)
        if how == "unix" and " -N -lU" in server[0]:  # nc ends at FIN: what it has to say must fit into the socket
            theirs = theirs[:60007]
        two.server.say(theirs)
        ends_at_fin = "nc -N" in server[0]
        caller = two.call(KEPT if ends_at_fin else ours)
        if ends_at_fin:
            caller.say(ours)
        stage.wait(lambda: len(two.server.out) >= len(ours) and len(caller.out) >= len(theirs), "all of it")
        two.server.hang_up()
        if ends_at_fin:
            caller.hang_up()
        stage.ends(caller, 0)
        stage.ends(two.server, 0)
        expect(two.server.out == ours, "the server got something else")
        expect(caller.out == theirs, "the client got something else")
    return act


def client_ends_first(how, server, client):
    """One direction only: a file."""
    def act(stage):
        two = Two(stage, how, server, client)
        data = os.urandom(400009)
        two.server.hang_up()
        caller = two.call(data)
        stage.ends(caller, 0)
        stage.ends(two.server, 0)
        expect(two.server.out == data, "%d of %d bytes" % (len(two.server.out), len(data)))
    return act


def server_ends_first(how, server, client):
    """The server gives a file to a client that has nothing to say yet; then the client's input ends."""
    def act(stage):
        two = Two(stage, how, server, client)
        data = os.urandom(400009)
        two.server.say(data)
        two.server.hang_up()
        caller = two.call()
        stage.wait(lambda: len(caller.out) >= len(data), "the file")
        caller.hang_up()
        stage.ends(caller, 0)
        stage.ends(two.server, 0)
        expect(caller.out == data, "%d of %d bytes" % (len(caller.out), len(data)))
    return act


def turns(how, server, client):
    """Line by line, as people talk; then the client goes, and the server ends."""
    def act(stage):
        two = Two(stage, how, server, client)
        caller = two.call()
        for i in range(3):
            caller.say(b"question %d\n" % i)
            stage.wait(lambda: two.server.out.endswith(b"question %d\n" % i), "question %d" % i)
            two.server.say(b"answer %d\n" % i)
            stage.wait(lambda: caller.out.endswith(b"answer %d\n" % i), "answer %d" % i)
        caller.kill()
        two.server.hang_up()
        stage.ends(two.server, 0)
    return act


def datagrams(how, server, client):
    """Questions and answers of several sizes, whole and in order."""
    def act(stage):
        two = Two(stage, how, server, client)
        caller = two.call()
        asked = answered = b""
        for size in (1, 100, 1400, 8000):
            question = os.urandom(size)
            asked += question
            caller.say(question)
            stage.wait(lambda: len(two.server.out) >= len(asked), "%d bytes" % size)
            if how != "unix datagrams":
                answered += question[::-1]
                two.server.say(question[::-1])
                stage.wait(lambda: len(caller.out) >= len(answered), "%d bytes back" % size)
        expect(two.server.out == asked, "the server got something else")
        expect(caller.out == answered, "the client got something else")
        stage.stays(two.server)
    return act


def broken_off(how, server, client):
    """The server dies with bytes that it has not read: the client is told of it."""
    def act(stage):
        two = Two(stage, how, server, client)
        caller = two.call()
        caller.say(b"hello\n")
        stage.wait(lambda: two.server.out, "hello")
        os.kill(two.server.pid, signal.SIGSTOP)
        caller.say(os.urandom(200000))
        stage.wait(lambda: not caller.queue and caller.sleeps(), "all of it on its way", announced=False)
        two.server.kill()
        stage.ends(caller, 1)
        expect(caller.err.count(b"\n") == 1 and b"reset" in caller.err, "it said %r" % caller.err)
    return act


def one_after_the_other(how, server, client):
    """-k: the next one finds it free."""
    def act(stage):
        two = Two(stage, how, (server[0] + " -k", None), client)
        asked = b""
        for i in range(3):
            caller = two.call()
            asked += b"question %d\n" % i
            caller.say(b"question %d\n" % i)
            stage.wait(lambda: two.server.out == asked, "question %d" % i)
            two.server.say(b"answer %d\n" % i)
            stage.wait(lambda: caller.out == b"answer %d\n" % i, "answer %d" % i)
            caller.kill()
        stage.stays(two.server)
    return act


def all_at_once(how, server, client):
    """-k: everybody is heard, what is typed goes to the newest who is there, and the end is for all."""
    def act(stage):
        two = Two(stage, how, (server[0] + " -k", None), client)
        callers, asked = [], b""
        for i in range(3):
            callers.append(two.call())
            callers[i].say(b"question %d\n" % i)
            asked += b"question %d\n" % i
            stage.wait(lambda: two.server.out == asked, "question %d" % i)
        for i in (2, 1):
            two.server.say(b"answer %d\n" % i)
            stage.wait(lambda: callers[i].out == b"answer %d\n" % i, "answer %d" % i)
            callers[i].kill()
            callers[0].say(b"%d is gone\n" % i)
            asked += b"%d is gone\n" % i
            stage.wait(lambda: two.server.out == asked, "that it is gone")
        two.server.say(b"answer 0\n")
        two.server.hang_up()
        callers[0].hang_up()
        stage.ends(callers[0], 0)
        expect(callers[0].out == b"answer 0\n", "it got %r" % callers[0].out)
    return act


def echoes(how, server, client):
    """A service answers."""
    def act(stage):
        two = Two(stage, how, (server[0] + " --service echo", None), client)
        data = os.urandom(300007)
        caller = two.call(data)
        stage.ends(caller, 0)
        stage.ends(two.server, 0)
        expect(caller.out == data, "%d of %d bytes" % (len(caller.out), len(data)))
    return act


def through_a_proxy(stage):
    """ncat's proxy passes us on to an echo."""
    proxy, echo = stage.unused_port(), stage.unused_port()
    proxying = stage.start(["ncat", "-l", "--proxy-type", "http", "127.0.0.1", proxy])
    serving = stage.start(["sockpit", "-l", "--service", "echo", "127.0.0.1", echo])
    stage.listens(proxying, proxy)
    stage.listens(serving, echo)
    data = os.urandom(300007)
    caller = stage.start(["sockpit", "-X", "connect", "-x", "127.0.0.1:%d" % proxy, "127.0.0.1", echo], KEPT)
    caller.say(data)
    stage.gets(caller, data)
    caller.hang_up()  # which the proxy takes for the end of both directions
    stage.ends(caller, 0)


STREAMS = [("both ways at once", both_ways), ("a file to the server", client_ends_first),
           ("a file from the server", server_ends_first), ("taking turns", turns)]


def installed(name):
    if name == "nc":
        try:
            told = subprocess.run(["nc", "-h"], capture_output=True, stdin=subprocess.DEVNULL)
        except OSError:
            return False
        return b"OpenBSD netcat" in told.stdout + told.stderr
    return shutil.which(name)


def rows():
    """How, who serves, who calls, what happens."""
    for mode, how in itertools.product(OURS, NATIVE):
        if how.startswith("udp") or "datagrams" in how:
            yield how, mode, None, "questions and answers", datagrams
            yield how, None, mode, "questions and answers", datagrams
            continue
        for name, act in STREAMS:
            yield how, mode, None, name, act
            yield how, None, mode, name, act
        yield how, mode, None, "one after the other", one_after_the_other
        if mode == "ours": # nc does not tell how a connection ends
            yield how, None, mode, "it breaks off", broken_off
            yield how, mode, None, "all at once", all_at_once
            yield how, mode, None, "echo", echoes


def cases():
    for other, theirs in OTHERS.items():
        if not installed(other):
            yield "everything with " + other, "it is not here"
            continue
        for how, server, client, name, make in rows():
            listen, call = OURS.get(server, theirs)[how], OURS.get(client, theirs)[how]
            if listen[0] and call[1]:
                lacks = how.endswith("6") and not has_ipv6() and "no IPv6 loopback here"
                yield "%s: %s, %s calls, %s" % (how, server or other, client or other, name), lacks or make(how, listen, call)


watchdog(120)
run_cases([*cases(), ("through ncat's proxy", through_a_proxy if installed("ncat") else "no ncat here")])
done()
