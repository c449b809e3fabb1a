# SPDX-License-Identifier: GPL-3.0-or-later
"""What would lose something is asked about: leaving with data unsent, closing, overwriting; what a full disk does."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import done, ok, same, skip, watchdog  # noqa: E402
from desk import Desk  # noqa: E402

WORK = tempfile.mkdtemp()


def path(name):
    return os.path.join(WORK, name)


def content(name):
    with open(path(name), encoding="utf-8") as file:
        return file.read()


def put(name, text):
    with open(path(name), "w", encoding="utf-8") as file:
        file.write(text)


class Unanswering:
    """A port whose queue is full: the kernel answers no further SYN, and whoever connects waits."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.queued = socket.create_connection(("127.0.0.1", self.port))

    def close(self):
        self.queued.close()
        self.listener.close()


def waiting(peer):
    desk = Desk("127.0.0.1", peer.port)
    desk.type("hello")
    desk.type("/sessions")
    ok(desk.sees("SYN_SENT"), "a session that waits, with a line typed")
    return desk


def leaving():
    peer = Unanswering()
    desk = waiting(peer)
    desk.type("/quit")
    ok(desk.sees("session 1 has 6 unsent bytes: /quit again within 10 s quits and drops them"), "/quit says how much is lost")
    ok(desk.process.poll() is None, "and waits for an answer")
    desk.type("/quit")
    same(desk.leave(), 0, "the same again quits")
    desk = waiting(peer)
    desk.type("\x04", enter=False)
    ok(desk.sees("session 1 has 6 unsent bytes: Ctrl-D again within 10 s quits and drops them"), "Ctrl-D does as well")
    desk.type("\x04", enter=False)
    same(desk.leave(), 0, "the same again quits")
    desk = waiting(peer)
    desk.type("/quit!")
    same(desk.leave(), 0, "/quit! does not ask")
    desk = waiting(peer)
    desk.type("/close")
    ok(desk.sees("6 bytes were not sent"), "/close says what was lost")
    desk.type("/quit")
    same(desk.leave(), 0, "then /quit has nothing to ask")
    peer.close()


def closing():
    desk = Desk()
    desk.type("/listen 127.0.0.1 0 as L")
    ok(desk.sees("listening on 127.0.0.1:"), "a listener")
    port = int(desk.text.split("listening on 127.0.0.1:")[1].split()[0].rstrip(":,;"))
    desk.type("/pause")
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
    desk.type("/open 127.0.0.1 %d as c" % port)
    ok(desk.sees("connected"), "three in its queue")
    desk.type("/close @L")
    ok(desk.sees("session 1: closed: no longer listening; 3 queued clients were reset"), "/close says how many it resets")
    try:
        same(clients[0].recv(1), None, "a queued client is not ended by FIN")
    except ConnectionResetError:
        ok(True, "which is true")
    desk.leave()
    for client in clients:
        client.close()


def start_up_file():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    port = listener.getsockname()[1]
    desk = Desk(start_up="/open 127.0.0.1 %d\nhello\n/quit\nnever\n" % port)
    client, _ = listener.accept()
    data = b""
    while not data.endswith(b"\n"):
        data += client.recv(100)
    same(data, b"hello\n", "in the start-up file /quit waits for what is unsent")
    same(client.recv(100), b"", "and runs no line after it")
    same(desk.leave(), 0, "ends well")
    client.close()
    listener.close()
    peer = Unanswering()
    desk = Desk(start_up="/set timeout 200ms\n/open 127.0.0.1 %d\nhello\n/quit\n" % peer.port)
    ok(desk.sees("6 bytes were not sent"), "it waits no longer than the time limit, and says what was lost")
    same(desk.leave(), 1, "also by its status")
    peer.close()
    put("old.txt", "old")
    desk = Desk(start_up="/listen 127.0.0.1 0\n/ladder %s\n/ladder! %s\n" % (path("old.txt"), path("new.txt")))
    ok(desk.sees("sockpitrc:2: ladder: " + path("old.txt") + " exists: /ladder! overwrites it"), "nothing is asked there")
    ok(desk.sees(path("new.txt") + ": the ladder of session 1"), "a ! is obeyed there")
    desk.leave()
    same(content("old.txt"), "old", "the old one stays")


def overwriting(desk, command):
    put("old", "old")
    put("other", "old")
    desk.type("%s %s" % (command, path("old")))
    ok(desk.sees("old exists: the same command again within 10 s overwrites it"), "%s asks" % command)
    desk.type("%s %s" % (command, path("other")))
    ok(desk.sees("other exists: the same"), "another file is another question")
    desk.type("%s %s" % (command, path("old")))
    ok(desk.sees("old exists: the same") and content("old") == "old", "so it asks again")
    if command.startswith("/code"):
        desk.type("/code %s %s" % ("c" if command.endswith("python") else "python", path("old")))
        ok(desk.sees("old exists: the same") and content("old") == "old", "another language is another question")
        desk.type("%s %s" % (command, path("old")))
        desk.sees("old exists: the same")
    desk.type("%s %s" % (command, path("old")))
    written = path("old") + ": the ladder of" if command == "/ladder" else "program now: " + path("old")
    ok(desk.sees(written), "the same again does it")
    ok(content("old") != "old", "truly")
    put("old", "old")
    words = command.split()
    desk.type("%s! %s %s" % (words[0], " ".join(words[1:]), path("old")))
    ok(desk.sees(path("old")) and content("old") != "old", "%s! does not ask" % words[0])


def never_blocking(desk, command):
    fifo = path("fifo")
    if not os.path.exists(fifo):
        os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    for name, what in (fifo, "a FIFO"), ("/dev/stdout", "a FIFO"), ("/dev/tty", "a device"), (WORK, "a directory"):
        desk.type("%s %s" % (command, name))
        ok(desk.sees("%s: %s, not a regular file" % (name, what)), "%s %s: one line" % (command, what))
    os.close(reader)


def fills_up(desk, command, why):
    """Whether the message names the file, and the old file stays."""
    desk.type("%s! %s" % (command.split()[0], " ".join(command.split()[1:] + [path("full")])))
    ok(desk.sees(path("full") + ": " + why), "%s: %s" % (command, why))


def limited():
    """`ulimit -f`: 512 bytes of a file."""
    if not shutil.which("prlimit"):
        skip("no prlimit")
        return
    put("full", "old")
    desk = Desk("--demo", under=["prlimit", "--fsize=512"])
    ok(desk.sees("connected"), "with a limit for files")
    desk.type("hello")
    desk.sees("←")
    for command in "/ladder", "/code python", "/code c":
        fills_up(desk, command, "file too large")
    desk.type("/ladder! " + path("full.svg"))
    ok(desk.sees(path("full.svg") + ": file too large"), "a drawing: file too large")
    desk.leave()
    same(content("full"), "old", "the old file is whole")
    same([name for name in os.listdir(WORK) if name.startswith("full")], ["full"], "and no half one is left")


def full_disk():
    """A disk of our own that is full, in a namespace of our own."""
    script = ("mount -t tmpfs -o size=16k disk %s && echo old >%s && dd if=/dev/zero of=%s bs=1k 2>/dev/null; exec \"$@\""
              % (WORK, path("full"), path("filler")))
    namespace = ["unshare", "-Urm"]
    if subprocess.run(namespace + ["mount", "-t", "tmpfs", "disk", WORK], capture_output=True).returncode:
        skip("no namespace of our own for a full disk")
        return
    desk = Desk("--demo", under=namespace + ["sh", "-c", script, "sh"])
    ok(desk.sees("connected"), "on a full disk")
    desk.type("hello")
    desk.sees("←")
    for command in "/ladder", "/code python", "/code c":
        fills_up(desk, command, "no space left on device")
    desk.type("/ladder! " + path("full.svg"))
    ok(desk.sees(path("full.svg") + ": no space left on device"), "a drawing: no space left on device")
    root = "/proc/%d/root" % desk.process.pid
    same(sorted(os.listdir(root + WORK)), ["filler", "full"], "no half file is left")
    with open(root + path("full"), encoding="utf-8") as file:
        same(file.read(), "old\n", "the old one is whole")
    desk.leave()


watchdog(60)
try:
    leaving()
    closing()
    start_up_file()
    demo = Desk("--demo")
    demo.sees("connected")
    for words in "/ladder", "/code python", "/code c":
        overwriting(demo, words)
        never_blocking(demo, words)
    demo.type("/send! x")
    ok(demo.sees("/send asks nothing, so there is no /send!"), "no other command has one")
    demo.leave()
    limited()
    full_disk()
finally:
    shutil.rmtree(WORK)
done()
