# SPDX-License-Identifier: GPL-3.0-or-later
"""A class on one host: as many windows as it has students, and one server with as many clients as there may be. Each has
its own bytes, whoever else does not read; what all of them cost is bounded."""

import os
import random
import re
import resource
import select
import selectors
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from tap import *  # noqa: E402,F403

WINDOWS = 30
MANY = 900
FD_SETSIZE = 1024
PASSED_ON = 450  # a relay has two descriptors for each
LETTERS = bytes(range(ord("A"), ord("Z") + 1)) + bytes(range(ord("a"), ord("z") + 1)) + b"\n"
RESET = struct.pack("ii", 1, 0)
MEASURED = not is_sanitized()
QUEUE = 256 << 10  # what a service keeps for a client that does not read


def status_of(process, *names):
    with open("/proc/%d/status" % process.pid, encoding="ascii") as file:
        text = file.read()
    return sum(int(re.search(r"^%s:\s+(\d+)" % name, text, re.M).group(1)) for name in names)


def rss_of(process):
    return status_of(process, "VmRSS") * 1024


def switches_of(process):
    return status_of(process, "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")


def descriptors_of(process):
    return len(os.listdir("/proc/%d/fd" % process.pid))


def until(condition):
    limit = time.monotonic() + DEADLINE
    while not condition() and time.monotonic() < limit:
        select.select([], [], [], 0.01)
    return condition()


# ---- a class of windows ----

class Window(Plain):
    mode = ()

    def wakes(self, seconds):
        """How often it wakes in this time."""
        before = switches_of(self.process)
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            self.pump(limit - time.monotonic())
        return switches_of(self.process) - before


def windows():
    """Each is a server, and a client of its neighbour."""
    students = [Window("-l", "--service", "upper", "127.0.0.1", "0", columns=80) for _ in range(WINDOWS)]
    ports = []
    for student in students:
        student.sees("127.0.0.1:")
        while not re.search(r"127\.0\.0\.1:\d+\D", student.text) and student.pump(DEADLINE):
            pass
        ports.append(int(re.search(r"127\.0\.0\.1:(\d+)", student.text).group(1)))
    same(len(set(ports)), WINDOWS, "%d windows have a port each" % WINDOWS)
    for i, student in enumerate(students):
        student.type("/open 127.0.0.1 %d as neighbour" % ports[i - 1])
    good = 0
    for i, student in enumerate(students):
        good += student.sees("connected")
        student.type("student %d asks" % i)
        good += student.sees("STUDENT %d ASKS" % i)
    same(good, 2 * WINDOWS, "each is served by its neighbour")
    for student in students:
        student.wakes(0.05)  # what is still to be shown
    limit = time.monotonic() + DEADLINE
    while sum(student.wakes(0.02) for student in students) and time.monotonic() < limit:
        pass
    before = [switches_of(student.process) for student in students]
    select.select([student.master for student in students], [], [], 1)
    same([switches_of(student.process) for student in students], before, "and when nobody types none of them wakes")
    most = max(rss_of(student.process) for student in students)
    ok(not MEASURED or most < 8 << 20, "one has less than 8 MiB: %.1f" % (most / (1 << 20)))
    same([student.leave() for student in students], [0] * WINDOWS, "and all of them quit")


# ---- a crowd of clients ----

class Client:
    """Sends its bytes and compares what comes. A stalled one sends as much as is taken, and reads only when it may."""

    def __init__(self, port, number, size, shuts=False, slow=False, change=bytes):
        self.sock = socket.socket()
        self.stalled = size is None
        if self.stalled:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setblocking(False)
        self.given = bytes(random.Random(number).choices(LETTERS, k=997))
        self.want = change(self.given)
        self.size, self.shuts, self.slow = size, shuts, slow
        self.sent, self.got, self.wrong, self.over = 0, 0, False, False

    def part(self, letters, at, length):
        at %= len(letters)
        return (letters * (length // len(letters) + 2))[at:at + length]

    def wants(self):
        return (0 if self.stalled else selectors.EVENT_READ) | (0 if self.sent == self.size else selectors.EVENT_WRITE)

    def send(self):
        length = 65536 if self.stalled else min(65536, self.size - self.sent)
        self.sent += self.sock.send(self.part(self.given, self.sent, length))
        if self.shuts and self.sent == self.size:
            self.sock.shutdown(socket.SHUT_WR)

    def take(self):
        data = self.sock.recv(700 if self.slow else 1 << 20)
        self.wrong = self.wrong or data != self.part(self.want, self.got, len(data))
        self.got += len(data)
        whole = self.got == self.size
        self.wrong = self.wrong or (not data and not whole)
        self.over = self.wrong or not data or (whole and not self.shuts)

    def fills_up(self):
        """Sends until nothing more is taken for a while."""
        while select.select([], [self.sock], [], 0.02)[1]:
            self.send()

    def wakes_up(self):
        self.stalled, self.size = False, self.sent
        if self.shuts:
            self.sock.shutdown(socket.SHUT_WR)

    def is_right(self):
        return self.over and not self.wrong and self.got == self.size


def serve(clients):
    """Until all that read have everything."""
    limit = time.monotonic() + 4 * DEADLINE
    with selectors.DefaultSelector() as selector:
        wanted = {client: client.wants() for client in clients if not client.over}
        for client, events in wanted.items():
            selector.register(client.sock, events, client)
        left = sum(not client.stalled for client in wanted)
        while left and time.monotonic() < limit:
            for key, events in selector.select(1):
                client = key.data
                try:
                    if events & selectors.EVENT_WRITE:
                        client.send()
                    if events & selectors.EVENT_READ:
                        client.take()
                except BlockingIOError:
                    pass
                except OSError:
                    client.over = client.wrong = True
                if client.over:
                    selector.unregister(client.sock)
                    left -= 1
                elif client.wants() != wanted[client]:
                    wanted[client] = client.wants()
                    selector.modify(client.sock, wanted[client], client)


def crowd(what, process, port, count, change=bytes):
    """A third of them closes its side after the last byte, a tenth reads slowly, and some do not read at all until all
    others have everything."""
    stalled = 30
    before = rss_of(process)
    clients = [Client(port, i, None if i < stalled else 20000, shuts=i % 3 == 0, slow=i % 10 == 1, change=change) for i in range(count)]
    serve(clients)
    same(sum(client.is_right() for client in clients), count - stalled,
         "%s: %d clients of %d have each their own bytes, though %d do not read" % (what, count - stalled, count, stalled))
    for client in clients[:stalled]:
        client.fills_up()
    each = (rss_of(process) - before) / count
    ok(not MEASURED or each * count < count * (16 << 10) + 2 * stalled * QUEUE, "which costs little: %.1f KiB a client" % (each / 1024))
    for client in clients[:stalled]:
        client.wakes_up()
    serve(clients)
    same(sum(client.is_right() for client in clients), count, "%s: and those %d, too, when they read" % (what, stalled))
    for client in clients:
        client.sock.close()


def server(*args):
    process = sockpit("-4", *args, stdin=subprocess.DEVNULL)
    return process, listening_port(process)


def connect(port):
    sock = socket.socket()
    sock.settimeout(DEADLINE)
    sock.connect(("127.0.0.1", port))
    return sock


def crowds():
    for service, change in ("echo", bytes), ("upper", bytes.upper):
        process, port = server("-lk", "--service", service, "127.0.0.1", "0")
        crowd(service, process, port, MANY, change)
        end(process)
    target, port = server("-lk", "--service", "echo", "127.0.0.1", "0")
    process, port = server("--relay", "127.0.0.1:0", "127.0.0.1:%d" % port)
    crowd("relay", process, port, PASSED_ON)
    end(process)
    end(target)


def one_after_the_other():
    process, port = server("-lk", "--service", "echo iterative", "127.0.0.1", "0")
    with open("/proc/sys/net/core/somaxconn", encoding="ascii") as file:
        count = min(MANY, int(file.read()))
    clients = [connect(port) for _ in range(count)]
    for number, client in enumerate(clients):
        client.sendall(b"%d;" % number * 100)
        client.shutdown(socket.SHUT_WR)
    same([number for number, client in enumerate(clients) if receive_all(client) != b"%d;" % number * 100], [],
         "iterative: %d clients that wait are served one after the other" % count)
    end(process)


def all_to_all():
    """What is said reaches everybody else, in the order in which it was said."""
    process, port = server("-lk", "--service", "chat", "127.0.0.1", "0")
    clients = [connect(port) for _ in range(MANY)]
    came = [b""] * MANY
    speakers = range(0, MANY, 9)

    def until_all(have):
        left, limit = set(range(MANY)), time.monotonic() + 2 * DEADLINE
        with selectors.DefaultSelector() as selector:
            for number, client in enumerate(clients):
                selector.register(client, selectors.EVENT_READ, number)
            while left and time.monotonic() < limit:
                for key, _ in selector.select(1):
                    came[key.data] += clients[key.data].recv(1 << 20)
                    if have(key.data):
                        left.discard(key.data)
        return not left

    ok(until_all(lambda number: b"/quit\n" in came[number]), "chat: %d clients are in it" % MANY)
    for number in speakers:
        clients[number].sendall(b"it is %d who says this\n" % number)
    ok(until_all(lambda number: came[number].count(b" who says this\n") == len(speakers) - (number in speakers)),
       "and what many say at once reaches all others")
    said = [[int(number) for number in re.findall(rb": it is (\d+) who says this\n", text)] for text in came]
    order = said[1]
    same(sorted(order), list(speakers), "once")
    same([number for number in range(MANY) if said[number] != [other for other in order if other != number]], [],
         "and the order is the same for everybody")
    for client in clients:
        client.close()
    end(process)


# ---- clients that come and go ----

def ask_once(port, resets):
    sock = connect(port)
    sock.sendall(b"x")
    good = sock.recv(1) == b"x"
    if resets:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    sock.close()
    return good


def come_and_go(window, port, count):
    good = 0
    for number in range(count):
        good += ask_once(port, number % 2)
        if number % 50 == 0:
            window.pump(0)
    return good


def settles(window):
    """Whether it comes to rest."""
    limit = time.monotonic() + DEADLINE
    while window.wakes(0.3) and time.monotonic() < limit:
        pass
    return window.wakes(1) <= 2


def many_ends():
    """Those that have left cost nothing but their part of the transcript, whose limit is 3 MiB here."""
    target, target_port = server("-lk", "--service", "echo", "127.0.0.1", "0")
    for name, line, count in (("echo", "/listen 127.0.0.1 0 echo", 2000),
                              ("relay", "/relay 127.0.0.1:0 127.0.0.1:%d" % target_port, 1000)):
        window = Window("--set", "scrollback=3Mi", columns=80)
        window.type(line)
        ok(window.sees("listening on 127.0.0.1:"), "%s: a window listens" % name)
        while not re.search(r"listening on 127\.0\.0\.1:\d+\D", window.text) and window.pump(DEADLINE):
            pass
        port = int(re.search(r"listening on 127\.0\.0\.1:(\d+)", window.text).group(1))
        same(come_and_go(window, port, count), count, "%s: %d clients that end by FIN and by RST" % (name, count))
        settles(window)
        before, descriptors = rss_of(window.process), descriptors_of(window.process)
        same(come_and_go(window, port, count), count, "and as many more")
        ok(settles(window), "when they are gone nothing goes on")
        same(descriptors_of(window.process), descriptors, "they leave no descriptor")
        grown = rss_of(window.process) - before
        ok(not MEASURED or grown < 2 << 20, "and little memory: %d KiB" % (grown >> 10))
        window.leave()
    end(target)


# ---- the list ----

def listed():
    plain = Plain("-l", "--service", "echo", "127.0.0.1", "0")
    plain.sees("listening on 127.0.0.1:")
    port = int(re.search(r"listening on 127\.0\.0\.1:(\d+)", plain.text).group(1))
    plain.sees("1> ")
    before = rss_of(plain.process)
    clients = [connect(port) for _ in range(MANY)]
    ok(plain.sees("is session %d\r" % (MANY + 1)), "a window takes %d clients" % MANY)
    each = (rss_of(plain.process) - before) / MANY
    ok(not MEASURED or each < 8 << 10, "an idle one has less than 8 KiB: %.1f" % (each / 1024))
    for number, client in enumerate(clients):
        client.sendall(b"x" * (1 + number * 7 % MANY))
    good = 0
    for number, client in enumerate(clients):
        good += len(client.recv(1 + number * 7 % MANY, socket.MSG_WAITALL)) == 1 + number * 7 % MANY
    plain.type("/sessions in")
    last = re.escape(":%d" % next(port_of(client) for number, client in enumerate(clients) if number * 7 % MANY == 0))
    ok(plain.sees("%d open, 0 closed" % (MANY + 1)), "the list counts %d sessions" % (MANY + 1))
    ok(good == MANY and until(lambda: not plain.pump(0) and re.search(r" ↓1 .*%s\s" % last, plain.text)), "with what each has received")
    received = [int(number) for number in re.findall(r" ↓(\d+) .*⇄", plain.text)]
    same(received, list(range(MANY, 0, -1)), "most first")
    plain.type("/sessions :%d" % port_of(clients[500]))
    ok(plain.sees("1 of %d: 1 open, 0 closed" % (MANY + 1)), "and finds one of them")
    for client in clients:
        client.close()
    plain.leave()


# ---- logs ----

def a_log_for_each():
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2 * FD_SETSIZE:
        skip("the hard limit of descriptors is too low for a log of each client")
        return
    directory = tempfile.mkdtemp()
    soft = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FD_SETSIZE, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))  # noqa: E731
    process = sockpit("-4", "-lk", "--set", "auto-log=" + directory, "--service", "echo", "127.0.0.1", "0", stdin=subprocess.DEVNULL, preexec_fn=soft)
    port = listening_port(process)
    clients = [connect(port) for _ in range(MANY)]
    for number, client in enumerate(clients):
        client.sendall(b"I am %d\n" % number)
    same([number for number, client in enumerate(clients) if client.recv(100) != b"I am %d\n" % number], [],
         "%d clients are served, and each has a log" % MANY)
    same(len(os.listdir(directory)), MANY + 1, "as has the listener")
    numbers = [int(fd) for fd in os.listdir("/proc/%d/fd" % process.pid)]
    ok(sum(fd >= FD_SETSIZE for fd in numbers) > MANY, "no log has a number that a socket could have")
    end(process)
    found = []
    for name in os.listdir(directory):
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            found.append(set(re.findall(r"I am (\d+)", file.read())))
    same((sum(len(numbers) == 1 for numbers in found), len(set().union(*found))), (MANY, MANY), "each log has its own client")


def few_descriptors():
    """Clients that find no descriptor wait in the queue, and one line says so."""
    for count, why in (100, b"EMFILE"), (None, b"select() watches only those below FD_SETSIZE"):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if not count and hard < 2 * FD_SETSIZE:
            skip("the hard limit of descriptors is too low to have more than select() can watch")
            continue
        limit = (count, count) if count else (FD_SETSIZE, hard)
        process = sockpit("-4", "-lkv", "--service", "echo", "127.0.0.1", "0", stdin=subprocess.DEVNULL,
                          preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_NOFILE, limit))
        port = listening_port(process)
        clients = [connect(port) for _ in range((count or FD_SETSIZE) + 20)]
        words = b"clients must wait until a descriptor is closed: "
        said = read_until(process.stderr, why)
        ok(words in said, "%s descriptors: who must wait, and why" % (count or "many"))
        for client in clients:
            client.sendall(b"x")
            client.shutdown(socket.SHUT_WR)
        same(sum(receive_all(client) == b"x" for client in clients), len(clients), "and all have their turn")
        process.terminate()
        same(process.communicate(timeout=DEADLINE)[1].count(words), 0, "it is said once")


# One process of ours has both ends of many connections.
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
watchdog(120)
for job in windows, crowds, one_after_the_other, all_to_all, many_ends, listed, a_log_for_each, few_descriptors:
    job()
done()
