# SPDX-License-Identifier: GPL-3.0-or-later
"""Random bytes, typed and pasted, in several locales: what a peer receives is what was typed, byte for byte."""

import fcntl
import os
import pty
import random
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import DEADLINE, done, listener, ok, port_of, watchdog  # noqa: E402

LINES = 400
NOT_TEXT = range(0x80, 0x100)
LIKE_ESCAPES = b"\\xf\x1c"  # what the line holds such bytes as


def start(environment, options, port):
    pid, master = pty.fork()
    if pid == 0:
        words = ["sockpit", *options, "127.0.0.1", str(port)]
        os.execvpe(words[0], words, dict(environment, PATH=os.environ["PATH"], TERM="xterm-256color", HOME=HOME,
                                         INPUTRC="/dev/null"))
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return pid, master


def text(chance, others):
    """No key in it: no control character other than line feeds, where `others` has them."""
    length = chance.randrange(1, 60)
    return bytes(chance.choice([chance.randrange(0x20, 0x7f), chance.choice(NOT_TEXT), chance.choice(others)])
                 for _ in range(length)).lstrip(b" \n/") or b"x"


def typed(chance):
    line = text(chance, b"\\xf")
    return line + b"\r", line + b"\n"


def pasted(chance):
    """One line end after a paste may go: Enter sends one."""
    block = text(chance, LIKE_ESCAPES + b"\n\n\0")
    return b"\033[200~" + block + b"\033[201~\r", (block[:-1] if block.endswith(b"\n") else block) + b"\n"


def exchange(master, peer, keys, want):
    got, end = b"", time.monotonic() + DEADLINE
    while len(got) < len(want) and time.monotonic() < end:
        readable, writable, _ = select.select([peer, master], [master] if keys else [], [], 0.1)
        if peer in readable:
            data = peer.recv(65536)
            if not data:
                break
            got += data
        if master in readable:
            os.read(master, 65536)
        if writable:
            keys = keys[os.write(master, keys[:700]):]
    return got


def arrives(how, environment, options):
    chance = random.Random(1)
    parts = [how(chance) for _ in range(LINES)]
    keys, want = b"".join(part[0] for part in parts), b"".join(part[1] for part in parts)
    with listener() as server:
        pid, master = start(environment, options, port_of(server))
        with server.accept()[0] as peer:
            got = exchange(master, peer, keys, want)
        os.kill(pid, signal.SIGTERM)
        os.close(master)
        os.waitpid(pid, 0)
    name = "%s, %s %s" % (how.__name__, " ".join("%s=%s" % item for item in environment.items()), " ".join(options))
    if not ok(got == want, name):
        at = next((i for i, pair in enumerate(zip(got, want)) if pair[0] != pair[1]), min(len(got), len(want)))
        print("#   at byte %d of %d\n#   got  %r\n#   want %r" % (at, len(want), got[at:at + 40], want[at:at + 40]), flush=True)


watchdog(60)
HOME = tempfile.mkdtemp()
try:
    for locale in {"LC_ALL": "C.UTF-8"}, {"LC_ALL": "C"}, {"LANG": "xx_XX.UTF-8"}:
        for mode in [], ["--plain"]:
            arrives(typed, locale, mode)
            arrives(pasted, locale, mode)
finally:
    shutil.rmtree(HOME)
done()
