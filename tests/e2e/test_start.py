# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting where something is missing or odd: descriptors, a start-up file that is no file, bytes in arguments that a
terminal would obey; and ending by a signal at any moment."""

import fcntl
import os
import struct
import pty
import resource
import select
import signal
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import DEADLINE, done, ok, run, same, skip, watchdog  # noqa: E402

FD_SETSIZE = 1024
READY = b"> "  # the prompt


class Program:
    """The program on a terminal of its own."""

    def __init__(self, *args, before=None, home=None, **environment):
        self.home = home or tempfile.mkdtemp()
        environment = {"HOME": self.home, "TERM": "xterm-256color", "INPUTRC": "/dev/null", **environment}
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
                    os.environ.pop(name, None)
                os.environ.update(environment)
                # wide, so that no path makes a message two rows
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 250, 0, 0))
                os.closerange(3, FD_SETSIZE)  # what the test itself has inherited
                if before:
                    before()
                os.execvp("sockpit", ["sockpit", *args])
            finally:
                os._exit(99)
        self.output = b""
        self.status = None

    def pump(self, seconds=0.05):
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.output += os.read(self.master, 65536)
            except OSError:
                pass
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                self.pump(0)  # its last words

    def waits_for(self, condition):
        end = time.monotonic() + DEADLINE
        while not condition() and time.monotonic() < end:
            self.pump()
        return condition()

    def has_ended(self):
        return self.status is not None

    def is_raw(self):
        return not termios.tcgetattr(self.master)[3] & termios.ICANON

    def ends_or_shows(self, needle):
        return self.waits_for(lambda: self.has_ended() or needle in self.output) and not self.has_ended()

    def end(self, number=signal.SIGTERM):
        """By a signal; gives the status."""
        if not self.has_ended():
            os.kill(self.pid, number)
        if not self.waits_for(self.has_ended):
            os.kill(self.pid, signal.SIGKILL)
            self.waits_for(self.has_ended)
        self.pump(0)
        os.close(self.master)
        return self.status


# ---- descriptors ----

def allow(count):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


def inherit(count):
    """All descriptors below `count` are in use."""
    def before():
        resource.setrlimit(resource.RLIMIT_NOFILE, (FD_SETSIZE + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        for fd in range(3, count):
            os.dup2(1, fd)
    return before


def starts_or_says_why(what, before, reason, *args):
    """It runs, or ends with one line on a terminal that is as it was. True where it ran."""
    program = Program(*args, before=before)
    ran = program.ends_or_shows(READY)
    raw = not ran and program.is_raw()
    status = program.end()
    words = program.output.decode(errors="replace")
    if ran:
        same(status, -signal.SIGTERM, "%s: runs" % what)
        return True
    good = status == 1 and not raw and words.count("\n") == 1 and words.startswith("sockpit: ") and reason in words
    if not ok(good, "%s: says what is missing" % what):
        print("# status %r, raw %r: %r" % (status, raw, words[-300:]), flush=True)
    return False


def check_descriptors():
    ran = [starts_or_says_why("a limit of %d" % count, allow(count), "(ulimit -n)", "--demo") for count in range(4, 17)]
    ok(not ran[0] and ran[-1], "few are not enough, some more are")
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < FD_SETSIZE + 100:
        skip("the hard limit is too low to inherit many")
        return
    for args in (("--demo",), ("--demo", "--plain")):
        ran = [starts_or_says_why("%d inherited, %s" % (count, args[-1]), inherit(count),
                                  "no descriptor below %d is left" % FD_SETSIZE, *args)
               for count in range(FD_SETSIZE - 12, FD_SETSIZE + 3)]
        ok(ran[0] and not ran[-1], "with %s room is enough, none is not" % args[-1])


# ---- the start-up file ----

def home_with(make):
    home = tempfile.mkdtemp()
    directory = os.path.join(home, ".config", "sockpit")
    os.makedirs(directory)
    make(os.path.join(directory, "sockpitrc"))
    return home


def check_start_up_file():
    odd = {
        "a FIFO": os.mkfifo,
        "a terminal": lambda path: os.symlink("/dev/tty", path),
        "a device without end": lambda path: os.symlink("/dev/zero", path),
    }
    for what, make in odd.items():
        program = Program(home=home_with(make))
        ok(program.ends_or_shows(b"not a regular file"), "%s as start-up file is refused" % what)
        ok(program.waits_for(lambda: READY in program.output), "and the program runs")
        same(program.end(), -signal.SIGTERM, "and ends")
    program = Program(home=home_with(os.mkdir))
    ok(program.ends_or_shows(b"is a directory"), "a directory is called one")
    program.end()


# ---- signals ----

def check_signals():
    """readline waits for a FIFO that an INPUTRC includes, at a time when nobody takes signals."""
    fifo = os.path.join(tempfile.mkdtemp(), "fifo")
    os.mkfifo(fifo)
    program = Program(INPUTRC=fifo)
    ok(program.ends_or_shows(b"fifo: not a regular file"), "an INPUTRC that is one itself is passed over")
    program.end()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT):
        with open(fifo + ".rc", "w", encoding="utf-8") as inputrc:
            inputrc.write("$include %s\n" % fifo)
        program = Program(INPUTRC=fifo + ".rc")
        if not program.waits_for(program.is_raw):
            ok(False, "the terminal is taken")
        same(program.end(number), -number, "%s ends a start that waits" % number.name)
    statuses = set()
    for wanted in range(0, 2000, 100):
        program = Program("--demo")
        program.waits_for(lambda: len(program.output) >= wanted or READY in program.output)
        statuses.add(program.end())
    same(statuses, {-signal.SIGTERM}, "and one signal ends any other start")


# ---- bytes of the command line ----

CLEAR, TITLE, C1 = "\033[2J", "\033]0;x\a", os.fsdecode(b"\xc2\x9b6n")


def is_safe(text):
    """Nothing in it that a terminal would obey."""
    return all(c == "\n" or c == "\r" or (ord(c) >= 0x20 and not 0x7f <= ord(c) <= 0x9f) for c in text)


def check_arguments():
    for bad in (CLEAR, TITLE, C1, os.fsdecode(b"\x9b6n")):
        for args in (["--set", bad], ["--set", "%s=1" % bad], ["--set", "eol=%s" % bad], ["--%s" % bad], ["-%s" % bad],
                     ["--service", bad], ["--view", bad], ["--eol", bad], [bad, "80"], ["127.0.0.1", bad],
                     ["-l", bad], ["-s", bad, "127.0.0.1", "9"], ["-p", bad, "127.0.0.1", "9"], ["-w", bad, "127.0.0.1", "9"],
                     ["a", "b", bad], ["-n", "-w", "100ms", bad, "9"]):
            status, _, errors = run(*args, stdin=None)
            text = errors.decode(errors="surrogateescape")
            good = status in (1, 2) and text.startswith("sockpit: ") and is_safe(text.replace("\udc9b", "\x9b"))
            if not ok(good, "%s: nothing a terminal would obey" % ascii(args)):
                print("# %r %r" % (status, errors), flush=True)
    program = Program("--set", TITLE)
    program.waits_for(program.has_ended)
    ok(b"\033" not in program.output and b"^[" in program.output, "nor on a terminal, where a mark is shown")
    program.end()


def main():
    watchdog(110)
    check_arguments()
    check_start_up_file()
    check_signals()
    check_descriptors()
    done()


main()
