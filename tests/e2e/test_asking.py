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
from plain import Plain  # noqa: E402

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
    plain = Plain("127.0.0.1", peer.port)
    plain.type("hello")
    plain.type("/sessions")
    ok(plain.sees("SYN_SENT"), "a session that waits, with a line typed")
    return plain


def leaving():
    peer = Unanswering()
    plain = waiting(peer)
    plain.type("/quit")
    ok(plain.sees("session 1 has 6 unsent bytes: /quit again within 10 s quits and drops them"), "/quit says how much is lost")
    ok(plain.process.poll() is None, "and waits for an answer")
    plain.type("/quit")
    same(plain.leave(), 0, "the same again quits")
    plain = waiting(peer)
    plain.type("\x04", enter=False)
    ok(plain.sees("session 1 has 6 unsent bytes: Ctrl-D again within 10 s quits and drops them"), "Ctrl-D does as well")
    plain.type("\x04", enter=False)
    same(plain.leave(), 0, "the same again quits")
    plain = waiting(peer)
    plain.type("/quit!")
    same(plain.leave(), 0, "/quit! does not ask")
    plain = waiting(peer)
    plain.type("/close")
    ok(plain.sees("6 bytes were not sent"), "/close says what was lost")
    plain.type("/quit")
    same(plain.leave(), 0, "then /quit has nothing to ask")
    peer.close()


def closing():
    plain = Plain()
    plain.type("/listen 127.0.0.1 0 as L")
    ok(plain.sees("listening on 127.0.0.1:"), "a listener")
    port = int(plain.text.split("listening on 127.0.0.1:")[1].split()[0].rstrip(":,;"))
    plain.type("/pause")
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
    plain.type("/open 127.0.0.1 %d as c" % port)
    ok(plain.sees("connected"), "three in its queue")
    plain.type("/close @L")
    ok(plain.sees("session 1: closed: no longer listening; 3 queued clients were reset"), "/close says how many it resets")
    try:
        ended = clients[0].recv(1)
    except ConnectionResetError:
        ended = "RST"
    same(ended, "RST", "which is true: not by FIN")
    plain.leave()
    for client in clients:
        client.close()


def start_up_file():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    port = listener.getsockname()[1]
    plain = Plain(start_up="/open 127.0.0.1 %d\nhello\n/quit\nnever\n" % port)
    client, _ = listener.accept()
    data = b""
    while not data.endswith(b"\n"):
        data += client.recv(100)
    same(data, b"hello\n", "in the start-up file /quit waits for what is unsent")
    same(client.recv(100), b"", "and runs no line after it")
    same(plain.leave(), 0, "ends well")
    client.close()
    listener.close()
    peer = Unanswering()
    plain = Plain(start_up="/set timeout 200ms\n/open 127.0.0.1 %d\nhello\n/quit\n" % peer.port)
    ok(plain.sees("6 bytes were not sent"), "it waits no longer than the time limit, and says what was lost")
    same(plain.leave(), 1, "also by its status")
    peer.close()
    put("old.txt", "old")
    plain = Plain(start_up="/listen 127.0.0.1 0\n/ladder %s\n/ladder! %s\n" % (path("old.txt"), path("new.txt")))
    ok(plain.sees("sockpitrc:2: ladder: " + path("old.txt") + " exists: /ladder! overwrites it"), "nothing is asked there")
    ok(plain.sees(path("new.txt") + ": the ladder of session 1"), "a ! is obeyed there")
    plain.leave()
    same(content("old.txt"), "old", "the old one stays")


def overwriting(plain, command):
    put("old", "old")
    put("other", "old")
    plain.type("%s %s" % (command, path("old")))
    ok(plain.sees("old exists: the same command again within 10 s overwrites it"), "%s asks" % command)
    plain.type("%s %s" % (command, path("other")))
    ok(plain.sees("other exists: the same"), "another file is another question")
    plain.type("%s %s" % (command, path("old")))
    ok(plain.sees("old exists: the same") and content("old") == "old", "so it asks again")
    if command.startswith("/code"):
        plain.type("/code %s %s" % ("c" if command.endswith("python") else "python", path("old")))
        ok(plain.sees("old exists: the same") and content("old") == "old", "another language is another question")
        plain.type("%s %s" % (command, path("old")))
        plain.sees("old exists: the same")
    plain.type("%s %s" % (command, path("old")))
    written = path("old") + ": the ladder of" if command == "/ladder" else "program now: " + path("old")
    ok(plain.sees(written), "the same again does it")
    ok(content("old") != "old", "truly")
    put("old", "old")
    words = command.split()
    plain.type("%s! %s %s" % (words[0], " ".join(words[1:]), path("old")))
    ok(plain.sees(path("old")) and content("old") != "old", "%s! does not ask" % words[0])


def never_blocking(plain, command):
    fifo = path("fifo")
    if not os.path.exists(fifo):
        os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    for name, what in (fifo, "a FIFO"), ("/dev/stdout", "a FIFO"), ("/dev/tty", "a device"), (WORK, "a directory"):
        plain.type("%s %s" % (command, name))
        ok(plain.sees("%s: %s, not a regular file" % (name, what)), "%s %s: one line" % (command, what))
    os.close(reader)


def fills_up(plain, command, why):
    """Whether the message names the file, and the old file stays."""
    plain.type("%s! %s" % (command.split()[0], " ".join(command.split()[1:] + [path("full")])))
    ok(plain.sees(path("full") + ": " + why), "%s: %s" % (command, why))


def limited():
    """`ulimit -f`: 512 bytes of a file."""
    if not shutil.which("prlimit"):
        skip("no prlimit")
        return
    put("full", "old")
    plain = Plain("--demo", under=["prlimit", "--fsize=512"])
    ok(plain.sees("connected"), "with a limit for files")
    plain.type("hello")
    plain.sees("←")
    for command in "/ladder", "/code python", "/code c":
        fills_up(plain, command, "file too large")
    plain.type("/ladder! " + path("full.svg"))
    ok(plain.sees(path("full.svg") + ": file too large"), "a drawing: file too large")
    plain.leave()
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
    plain = Plain("--demo", under=namespace + ["sh", "-c", script, "sh"])
    ok(plain.sees("connected"), "on a full disk")
    plain.type("hello")
    plain.sees("←")
    for command in "/ladder", "/code python", "/code c":
        fills_up(plain, command, "no space left on device")
    plain.type("/ladder! " + path("full.svg"))
    ok(plain.sees(path("full.svg") + ": no space left on device"), "a drawing: no space left on device")
    root = "/proc/%d/root" % plain.process.pid
    same(sorted(os.listdir(root + WORK)), ["filler", "full"], "no half file is left")
    with open(root + path("full"), encoding="utf-8") as file:
        same(file.read(), "old\n", "the old one is whole")
    plain.leave()


watchdog(60)
try:
    leaving()
    closing()
    start_up_file()
    demo = Plain("--demo")
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
