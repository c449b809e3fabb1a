# SPDX-License-Identifier: GPL-3.0-or-later
"""The services, against clients in Python and the netcats that are installed: over TCP, UDP and UNIX sockets, with clients
that only write, only read, close one side, or do not read at all, one and 900 of them."""

import os
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from tap import *  # noqa: E402,F403

MANY = 900
work = tempfile.mkdtemp()


class Client(socket.socket):
    def __init__(self, *how):
        super().__init__(*how)
        self.settimeout(DEADLINE)
        self.rest = b""


class Server:
    """sockpit with a service, in pipe mode; `kind` is tcp, udp or unix."""

    def __init__(self, service, kind="tcp", more=("-k",), stdin=subprocess.DEVNULL):
        self.kind = kind
        self.path = os.path.join(work, "socket")
        target = {"tcp": ["127.0.0.1", "0"], "udp": ["-u", "127.0.0.1", "0"], "unix": ["-U", self.path]}[kind]
        self.process = sockpit("-l", *more, "--service", service, *target, stdin=stdin)
        if kind == "unix":
            limit = time.monotonic() + DEADLINE
            while not self.is_open() and time.monotonic() < limit:
                select.select([], [], [], 0.01)
        else:
            self.port = listening_port(self.process)

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        end(self.process)

    def close_input(self):
        self.process.stdin.close()
        self.process.stdin = None

    def client(self, room=None):
        """`room` bytes are all that it receives without reading."""
        family = socket.AF_UNIX if self.kind == "unix" else socket.AF_INET
        client = Client(family, socket.SOCK_DGRAM if self.kind == "udp" else socket.SOCK_STREAM)
        if room:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        client.connect(self.path if self.kind == "unix" else ("127.0.0.1", self.port))
        return client

    def is_open(self):
        try:
            self.client().close()
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        return True


def until(client, needle):
    """What comes, up to the needle."""
    while needle not in client.rest:
        data = client.recv(65536)
        if not data:
            break
        client.rest += data
    size = client.rest.find(needle)
    size = len(client.rest) if size < 0 else size + len(needle)
    got, client.rest = client.rest[:size], client.rest[size:]
    return got


def is_shown(sock, text, name):
    same(until(sock, text)[-len(text):], text, name)


# ---- the small services of the RFCs ----

def chargen_is_right(text):
    lines = text.split(b"\r\n")
    ring = bytes(range(32, 127)) * 2
    return all(line == ring[i % 95:i % 95 + 72] for i, line in enumerate(lines[:-1]))


def small(kind):
    with Server("echo", kind) as server, server.client() as client:
        client.sendall(b"abc\0\xff")
        same(until(client, b"\xff"), b"abc\0\xff", "echo, %s: sends back" % kind)
        if kind != "udp":
            client.shutdown(socket.SHUT_WR)
            same(receive_all(client), b"", "a half-close is answered by end of file")
    with Server("discard", kind) as server, server.client() as client:
        client.sendall(b"x" * 1000)
        client.settimeout(0.05)
        try:
            same(client.recv(10), b"", "discard, %s: says nothing" % kind)
        except TimeoutError:
            ok(True, "discard, %s: says nothing" % kind)
    with Server("daytime", kind) as server, server.client() as client:
        if kind == "udp":
            client.send(b"?")
        text = until(client, b"\n").decode()
        found = re.fullmatch(r"[A-Z][a-z]+day, ([A-Z][a-z]+ \d+, \d+ \d\d:\d\d:\d\d)-\w+\r\n", text)
        ok(found and abs(time.mktime(time.strptime(found.group(1), "%B %d, %Y %H:%M:%S")) - time.time()) < 60,
           "daytime, %s: the time of RFC 867" % kind)
        if kind != "udp":
            same(client.recv(10), b"", "and closes")
    with Server("time", kind) as server, server.client() as client:
        if kind == "udp":
            client.send(b"")
        seconds = struct.unpack(">I", client.recv(10))[0]
        ok(abs(seconds - (time.time() + 2208988800)) < 60, "time, %s: seconds since 1900" % kind)
    with Server("chargen", kind) as server, server.client() as client:
        if kind == "udp":
            sizes = set()
            for _ in range(50):
                client.send(b"?")
                sizes.add(len(client.recv(65536)))
            ok(max(sizes) <= 512 and len(sizes) > 10, "chargen, udp: 0 to 512 characters")
        else:
            client.shutdown(socket.SHUT_WR)
            text = b""
            while len(text) < 3_000_000:
                text += client.recv(1 << 20)
            ok(chargen_is_right(text), "chargen, %s: the lines of RFC 864, also to who has sent FIN" % kind)
    with Server("upper", kind) as server, server.client() as client:
        client.sendall("größe x\n".encode())
        same(until(client, b"\n"), "GRößE X\n".encode(), "upper, %s" % kind)
    with Server("hello", kind) as server, server.client() as client:
        if kind == "udp":
            client.send(b"?")
        same(until(client, b"\n"), b"Hello from sockpit!\n", "hello, %s" % kind)
    with Server("sum", kind) as server, server.client() as client:
        client.sendall(b"one\ntwo\n" + b"x" * 1000)
        if kind != "udp":
            client.shutdown(socket.SHUT_WR)
        same(until(client, b"\n"), b"1008 bytes, 2 lines\n", "sum, %s: answers at end of file" % kind)


# ---- those that misbehave ----

def mute():
    for kind in "tcp", "unix":
        with Server("mute", kind) as server, server.client() as client, server.client() as other:
            client.setblocking(False)
            sent = 0
            try:
                while sent < 100_000_000:
                    sent += client.send(b"x" * 65536)
            except BlockingIOError:
                pass
            ok(0 < sent < 100_000_000, "mute, %s: what is sent fills the buffers" % kind)
            other.sendall(b"x")
    with Server("mute", "udp") as server, server.client() as client:
        for _ in range(2000):
            client.send(b"x" * 1000)
        ok(server.process.poll() is None, "mute, udp: drops")


def hangup():
    with Server("hangup") as server:
        for _ in range(3):
            try:
                same(server.client().recv(10), "reset", "hangup resets")
            except ConnectionResetError:  # of connect() already, where it came that fast
                ok(True, "hangup resets")
    with Server("hangup", "unix") as server, server.client() as client:
        same(client.recv(10), b"", "hangup, unix: closes")
    status, _, err = run("-u", "-l", "--service", "hangup", "127.0.0.1", "0")
    ok(status != 0 and b"hangup is for connections, and datagrams have none" in err, "hangup, udp: is refused")
    status, _, err = run("-U", "-u", "-l", "--service", "hangup", os.path.join(work, "gram"))
    ok(status != 0 and b"datagrams have none" in err, "hangup, unixgram: is refused")
    status, _, err = run("-u", "-l", "--service", "echo iterative", "127.0.0.1", "0")
    ok(status != 0 and b"datagrams have no clients: every peer is served" in err, "iterative, udp: is refused")


def wrong_words():
    fifo, huge, largest = (os.path.join(work, name) for name in ("fifo", "huge", "largest"))
    os.mkfifo(fifo)
    for name, size in (huge, (16 << 20) + 1), (largest, 16 << 20):
        with open(name, "wb") as file:
            file.truncate(size)
    for words, why in (("reply x " + fifo, b"is a FIFO"), ("reply x " + huge, b"has more than 16 MiB"), ("reply x " + work, b"is a directory"),
                       ("reply x nosuch", b"nosuch: no such file"), ("reply", b"reply needs words"), ("echo x", b"echo takes no words"),
                       ("relay 127.0.0.1:80", b"/relay makes one, or --relay")):
        status, _, err = run("-l", "--service", words, "127.0.0.1", "0")
        ok(status == 2 and why in err and err.count(b"\n") == 1, "%s: %r" % (words, err))
    with Server("  reply x %s close" % largest) as server, server.client() as client:
        client.sendall(b"x")
        same(len(receive_all(client)), 16 << 20, "an answer of 16 MiB")


# ---- one at a time ----

def iterative():
    with Server("echo iterative") as server:
        first, second = server.client(), server.client()
        second.sendall(b"second")
        first.sendall(b"first")
        same(until(first, b"t"), b"first", "iterative: the first client is served")
        second.settimeout(0.1)
        try:
            same(second.recv(10), "nothing", "the second one waits")
        except TimeoutError:
            ok(True, "the second one waits")
        second.settimeout(DEADLINE)
        first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        first.close()
        same(until(second, b"d"), b"second", "until the first one has ended, here by reset")
        second.close()


# ---- replies ----

def reply():
    page = os.path.join(work, "a page")
    with open(page, "wb") as file:
        file.write(b"HTTP/1.0 200 OK\r\n\r\n" + b"p" * 3_000_000)
    rules = "reply \"GET /\" file '%s' close /^ti+me\\?/i \"tea\\n\" after 300ms \"ab\" \"1\" \"abc\" \"2\" quit close" % page
    with Server(rules) as server:
        client = server.client()
        began = time.monotonic()
        client.sendall(b"xxa")
        client.sendall(b"b TIM")
        client.sendall(b"E?\ntiiIME?abc")
        is_shown(client, b"1", "reply: a text, cut anywhere")
        client.sendall(b"\n")
        client.settimeout(0.05)
        try:
            same(client.recv(10), "nothing", "no line begins with time?")
        except TimeoutError:
            pass
        client.settimeout(DEADLINE)
        same(until(client, b"\n"), b"tea\n", "a regular expression, after its delay")
        ok(time.monotonic() - began >= 0.3, "and not before")
        is_shown(client, b"1", "what came after it is answered then; the shorter text is complete first")
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        same(receive_all(client), b"HTTP/1.0 200 OK\r\n\r\n" + b"p" * 3_000_000, "a file, and end of file")
        client.close()
        with server.client() as client:
            client.sendall(b"quit")
            same(receive_all(client), b"", "close alone")
        with server.client() as client:
            client.sendall(b"nothing of it")
            client.shutdown(socket.SHUT_WR)
            same(receive_all(client), b"", "a client that matches nothing and closes its side")
        lazy = [server.client() for _ in range(100)]
        for client in lazy:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with server.client() as client:
            client.sendall(b"ab")
            same(client.recv(1), b"1", "clients that do not read delay nobody")
        ok(rss_of(server.process) < 200 << 20, "and cost little: a file is shared")
        for client in lazy:
            client.close()
    with Server("reply /^ping$/ pong close x \"later\" after 100ms /./ 'what?'".replace("pong close", "'pong'"), "udp") as server:
        with server.client() as client, server.client() as other:
            client.send(b"x")
            client.send(b"ping")
            other.send(b"pingpong")
            same([client.recv(99), client.recv(99), other.recv(99)], [b"pong", b"later", b"what?"],
                 "datagrams: each is a text of its own")


# ---- the chat ----

def chat():
    with Server("chat") as server, server.client() as ann, server.client() as bob:
        name = re.search(rb"you are (guest\d+)", until(ann, b"/quit\n")).group(1)
        other = re.search(rb"you are (guest\d+)", until(bob, b"/quit\n")).group(1)
        is_shown(ann, b"* " + other + b" has joined\n", "chat: a join is announced")
        ann.sendall(b"/name ann\r\nhel")
        ann.sendall(b"lo \x1b[2J\r\nagain\n")
        is_shown(bob, b"ann: hello ?[2J\nann: again\n", "lines reach the others, whole, without control characters")
        bob.sendall("/name Ann\n/name Operator\n/name x\u202ey\n/name 1234567890123456789012\n".encode())
        got = until(bob, b"a name has") + until(bob, b"a name has")
        ok(b"Ann is taken" in got and b"Operator is taken" in got and b"now" not in got, "no name looks like another's: %r" % got)
        ann.sendall("/name ANN\n/name Günther\n/name ann\n".encode())
        is_shown(bob, "ann is now ANN\n* ANN is now Günther\n* Günther is now ann\n".encode(), "one's own in capitals is no other")
        bob.sendall(b"/who\n/name ann\n//x\n/name \n")
        got = until(bob, b"a name has")
        ok(b"* here: ann " + other + b"\n" in got and b"ann is taken" in got, "/who, and a name that is taken")
        is_shown(ann, other + b": /x\n", "// is a slash")
        bob.sendall(b"no line end")
        bob.shutdown(socket.SHUT_WR)
        is_shown(ann, other + b": no line end\n* " + other + b" has left\n", "a half-close leaves, after the last line")
        same((bob.rest + receive_all(bob))[-1:], b"\n", "and is answered by ours")
        with server.client() as cid:
            until(cid, b"/quit\n")
            cid.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        ok(b"has left: reset\n" in until(ann, b"has left: reset\n"), "a reset leaves")
        with server.client() as long:
            until(long, b"/quit\n")
            long.sendall(b"x" * 2500 + b"\n")
            lines = [until(ann, b"\n") for _ in range(4)]
            same([line.count(b"x") for line in lines[1:]], [1000, 1000, 500], "a long line is cut")
    with Server("chat") as server, server.client() as deaf, server.client() as ann, server.client() as bob:
        for client in deaf, ann, bob:
            until(client, b"/quit\n")
        line = b"y" * 900 + b"\n"
        for _ in range(10000):
            ann.sendall(line)
            until(bob, line)
        ok(rss_of(server.process) < 200 << 20, "a client that does not read costs little, and delays nobody")
        deaf.settimeout(DEADLINE)
        ok(b"lines were dropped: you read too slowly\n" in until(deaf, b"too slowly\n"), "it is told what it missed")
    with Server("chat", "udp") as server, server.client() as ann, server.client() as bob:
        ann.send(b"hi")
        same(ann.recv(999)[:10], b"* you are ", "chat, udp: the first datagram joins")
        bob.send(b"ho\nhe")
        same(bob.recv(999)[:10], b"* you are ", "and the second")
        same([ann.recv(999) for _ in range(3)], [b"* guest2 has joined\n", b"guest2: ho\n", b"guest2: he\n"], "lines reach the others")
        bob.send(b"/quit\nnot said")
        same(ann.recv(999), b"* guest2 has left\n", "/quit leaves")
        gone = [server.client() for _ in range(20)]
        for client in gone:
            client.send(b"/who")
            ann.recv(999)
        for client in gone:
            client.close()
        ann.send(b"anybody?\n")
        got = b"".join(ann.recv(999) for _ in gone)
        same(got.count(b"has left: its port is closed\n"), 20, "so does a closed port, where that is reported")
        ann.send(b"/who\n")
        same(ann.recv(999), b"* here: guest1\n", "one that writes stays")


def dial(port):
    client = Client(socket.AF_INET, socket.SOCK_STREAM)
    client.connect(("127.0.0.1", port))
    return client


def operator():
    plain = Plain()
    plain.type("/listen 127.0.0.1 0 chat as room")
    ok(plain.sees("listening on"), "an operator has a chat")
    port = int(re.search(r"listening on 127\.0\.0\.1:(\d+)", plain.text).group(1))
    plain.type("is anybody here?")
    ok(plain.sees("nobody is in the chat"), "in which nobody is")
    plain.erase()
    plain.type("/view chat all")
    with dial(port) as client:
        until(client, b"/quit\n")
        client.sendall(b"/name ann\nhello\n")
        plain.type("/session room")
        ok(plain.sees("ann: hello"), "the operator sees what is said")
        plain.type("welcome")
        is_shown(client, b"operator: welcome\n", "and speaks to all")
        plain.type("/service upper")
        client.sendall(b"x")
        is_shown(client, b"X", "a connected client has the new service")
        plain.type("/service sum")
        client.sendall(b"1234")
        client.shutdown(socket.SHUT_WR)
        is_shown(client, b"4 bytes, 0 lines\n", "and the next")
    plain.type('/service reply "a" "A" "b" "B" "c" "C"')
    with dial(port) as first, dial(port) as second:
        for client in first, second:
            client.sendall(b"a")
            is_shown(client, b"A", "a client of another service")
        plain.type("/service chat")
        is_shown(first, b"; 0 others are here; /name NAME, /who, /quit\n", "joins a chat, where nobody was")
        is_shown(second, b"; 1 other is here; /name NAME, /who, /quit\n", "and the next one")
    plain.type("/service none")
    plain.sees("> /service none")
    with dial(port) as client:
        plain.sees("client 127.0.0.1:%d is session 5" % port_of(client))
        plain.forget()
        client.sendall(b"late")
        client.shutdown(socket.SHUT_WR)
        ok(plain.sees("[5]  ·  peer closed its side"), "a client whose FIN nobody answers")
        plain.type("/service @room echo")
        same(receive_all(client), b"", "is answered when a service takes over")
    plain.type("/service @room reply hi \"ho\" iterative")
    with dial(port) as client:
        client.sendall(b"hi")
        is_shown(client, b"ho", "words are words also here")
    same(plain.leave(), 0, "leaves")


def operator_in_a_pipe():
    """The lines of standard input are the operator's, and the room is on standard output."""
    for kind in "tcp", "udp":
        with Server("chat", kind, stdin=subprocess.PIPE) as server:
            server.process.stdin.write(b"first\nsecond\r\nnot yet")
            server.process.stdin.flush()
            with server.client() as ann, server.client() as bob:
                if kind == "udp":
                    ann.send(b"/who")
                is_shown(ann, b"operator: first\noperator: second\n", "chat, %s: lines of the input wait for a client" % kind)
                if kind == "udp":
                    bob.send(b"/who")
                bob.send(b"hello\n")
                is_shown(ann, b": hello\n", "others are heard")
                server.close_input()
                is_shown(ann, b"operator: not yet\n", "a line that the end of input ends")
                ann.send(b"still here\n")
                is_shown(bob, b": still here\n", "after which the chat goes on")
                text = read_until(server.process.stdout, b": still here\n")
                ok(text.count(b" has joined\n") == 2 and b"operator: first\noperator: second\n" in text and b": hello\noperator: not yet\n" in text,
                   "what is said is on standard output: %r" % text)
    with Server("chat", stdin=subprocess.PIPE) as server, server.client() as ann, server.client() as bob:
        line = b"z" * 900 + b"\n"
        for client in ann, bob:
            until(client, b"/quit\n")
        for _ in range(5000):
            ann.sendall(line)
            until(bob, line)
        ok(is_sanitized() or rss_of(server.process) < 200 << 20, "who does not read the output holds nobody up, and costs little")
        server.process.stdin.write(b"end\n")
        server.close_input()
        got = read_until(server.process.stdout, b"operator: end\n")
        ok(500 < got.count(b"z" * 900 + b"\n") < 5000, "when it is read it goes on")
        ok(b"lines are missing in the output" in read_until(server.process.stderr, b"\n"), "and says that lines are missing")


def held_back():
    """A datagram that a fault holds back finds another service when it is let go."""
    script = os.path.join(work, "held")
    with open(script, "w", encoding="ascii") as file:
        file.write("/listen udp 127.0.0.1 0 echo as server\n/fault @server in delay 60s\n/open udp 127.0.0.1 $server.port as client\n"
                   "x\n/expect \"x\" from @server\n/service @server mute\n/fault @server off\n/service @server upper\n"
                   "/send @client y\n/expect \"Y\" from @client\n")
    same(run("-f", script)[::2], (0, b""), "what came for echo is given to mute, which drops it")


def end_of_script():
    """A client that does not read is not waited for without end."""
    page = os.path.join(work, "page")
    with open(page, "wb") as file:
        file.truncate(8 << 20)
    process = sockpit("-f", "-")
    process.stdin.write(b"/listen 127.0.0.1 0 'reply GET %s' as server\n/say at 127.0.0.1:$server.port\n" % page.encode())
    process.stdin.flush()
    port = int(re.search(rb"at 127\.0\.0\.1:(\d+)", read_until(process.stdout, b"\n")).group(1))
    with dial(port) as client:
        client.sendall(b"GET")
        same(client.recv(1, socket.MSG_PEEK), b"\0", "a client that is answered, and does not read")
        _, err = process.communicate(timeout=DEADLINE)
        ok(process.returncode == 1 and re.fullmatch(rb"sockpit: \d+ bytes were not sent\n", err),
           "the end of the script says what was not sent: %r" % err)


# ---- many: those of a chat are in test_class.py ----

def many():
    with Server("echo") as server:
        clients = [server.client() for _ in range(MANY)]
        for i, client in enumerate(clients):
            client.sendall(b"%d;" % i * 100)
        good = sum(until(client, b"%d;" % i * 100) == b"%d;" % i * 100 for i, client in enumerate(clients))
        same(good, MANY, "echo: each of %d clients has its own bytes back" % MANY)
        for client in clients[::2]:
            client.shutdown(socket.SHUT_WR)
        same(sum(receive_all(client) == b"" for client in clients[::2]), MANY // 2, "half of them close their sides")
        for client in clients:
            client.close()
    with Server("chargen") as server:
        clients = [server.client(4096) for _ in range(MANY - 1)] + [server.client()]  # or the kernel takes gigabytes
        got = 0
        while got < 10_000_000:
            got += len(clients[-1].recv(1 << 20))
        ok(got >= 10_000_000, "chargen: one reads, %d do not" % (MANY - 1))
        ok(rss_of(server.process) < 300 << 20, "which is bounded: %d MiB" % (rss_of(server.process) >> 20))
        for client in clients:
            client.close()


# ---- netcats ----

def netcats():
    for words in ["nc.openbsd", "-N"], ["ncat"], ["socat"]:
        if not shutil.which(words[0]):
            skip("no " + words[0])
            continue
        for service, given, want in (("echo", b"hello\n", b"hello\n"), ("sum", b"hello\n", b"6 bytes, 1 line\n"), ("upper", b"hello\n", b"HELLO\n"),
                                     ("hello", b"", b"Hello from sockpit!\n"), ('reply /.+\\n/ "yes\\n" close', b"is it?\n", b"yes\n")):
            with Server(service) as server:
                client = (["socat", "-t30", "-", "TCP:127.0.0.1:%d" % server.port] if words[0] == "socat" else
                          words + ["127.0.0.1", str(server.port)])
                done_ = subprocess.run(client, input=given, capture_output=True, timeout=DEADLINE, check=False)
                same(done_.stdout, want, "%s to %s" % (words[0], service))


watchdog(120)
for transport in "tcp", "udp", "unix":
    small(transport)
mute()
hangup()
wrong_words()
iterative()
reply()
chat()
operator()
operator_in_a_pipe()
held_back()
end_of_script()
many()
netcats()
shutil.rmtree(work)
done()
