# SPDX-License-Identifier: GPL-3.0-or-later
"""A person at sockpit --plain: types lines on a pseudo terminal and reads what comes, waiting for it."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time

from tap import DEADLINE


def descendants(pid):
    """The processes that it has started, and those that they have."""
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
        children = [int(word) for word in file.read().split()]
    return children + [below for child in children for below in descendants(child)]


class Plain:
    mode = ("--plain",)

    def __init__(self, *args, columns=200, under=(), start_up=None):
        """`under`: words of a command that runs it; `start_up`: text of the start-up file."""
        self.home = tempfile.mkdtemp()
        if start_up is not None:
            os.makedirs(os.path.join(self.home, ".config", "sockpit"))
            with open(os.path.join(self.home, ".config", "sockpit", "sockpitrc"), "w", encoding="utf-8") as file:
                file.write(start_up)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        environment = dict(os.environ, HOME=self.home, TERM="xterm-256color")
        self.process = subprocess.Popen([*under, "sockpit", *self.mode, *map(str, args)], stdin=slave, stdout=slave, stderr=slave,
                                        env=environment, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.text = ""
        self._bytes = b""

    def pump(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self._bytes += data
        self.text = self._bytes.decode(errors="replace")
        return bool(data)

    def sees(self, needle):
        """Waits until this has been shown since the last type() or forget()."""
        end = time.monotonic() + DEADLINE
        while needle not in self.text:
            left = end - time.monotonic()
            if left <= 0 or (not self.pump(left) and self.process.poll() is not None):
                print("# not seen: %r in\n# %s" % (needle, "\n# ".join(self.text[-3000:].splitlines())), flush=True)
                return False
        return True

    def forget(self):
        self._bytes, self.text = b"", ""

    def type(self, line, enter=True):
        self.forget()
        data = line.encode() + (b"\r" if enter else b"")
        while data:
            data = data[os.write(self.master, data):]

    def erase(self):
        """The line that is being typed."""
        os.write(self.master, b"\x15")

    def leave(self):
        """Quits as a person does; gives the exit status."""
        if self.process.poll() is None:
            self.type("/quit!")
        end = time.monotonic() + DEADLINE
        while self.process.poll() is None and time.monotonic() < end:
            self.pump(0.05)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        return self.process.returncode


class Window(Plain):
    """A person at the window. What is seen are the bytes for the terminal: what stays on the screen is not drawn again."""
    mode = ()
    count = 0

    def answers(self, most):
        """Whether two keys are shown, each within so many seconds. They are other ones each time."""
        good = True
        for _ in range(2):
            self.count += 1
            key = "@#%&~{}"[self.count % 7]
            begun = time.monotonic()
            self.type(key, enter=False)
            good = self.sees(key) and time.monotonic() - begun < most and good
        self.erase()
        return good
