# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes on an idle screen is shown at once: a server's banner, which comes when the window has just been drawn,
waits for no frame. The measure is how long the program took to start."""

import fcntl
import os
import pty
import select
import signal
import socket
import struct
import sys
import termios
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from script import enter_home  # noqa: E402
from tap import DEADLINE, done, ok, watchdog  # noqa: E402

ROUNDS = 9
BANNER = b"220 ready"
enter_home()
server = socket.create_server(("127.0.0.1", 0))


def greet():
    connections = []
    while True:
        connections.append(server.accept()[0])
        connections[-1].sendall(BANNER + b"\r\n")


def become_sockpit(slave):
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for descriptor in range(3):
        os.dup2(slave, descriptor)
    os.environ["TERM"] = "xterm-256color"
    os.execvp("sockpit", ["sockpit", "127.0.0.1", str(server.getsockname()[1])])


def start():
    """Seconds until the first frame with tabs, and from there until the banner."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        become_sockpit(slave)
    os.close(slave)
    seen, first = b"", None
    while BANNER not in seen and time.monotonic() < began + DEADLINE:
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 65536)
            if first is None and b"127.0.0.1" in seen:
                first = time.monotonic()
    shown = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(master)
    return (first - began, shown - first) if BANNER in seen else None


watchdog(60)
threading.Thread(target=greet, daemon=True).start()
rounds = [start() for _ in range(ROUNDS)]
if ok(None not in rounds, "a banner is shown"):
    ratios = sorted(waited / started for started, waited in rounds)
    ok(ratios[ROUNDS // 2] < 1, "after the first frame it takes less time than the program took to start")
    print("# times the start: %s" % " ".join("%.2f" % ratio for ratio in ratios))
done()
