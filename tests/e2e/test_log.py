# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs: what is in them, which files they are written to, and what happens when a disk takes no more."""

import os
import re
import stat
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import done, ok, run, same, watchdog  # noqa: E402

watchdog(120)
home = tempfile.mkdtemp()
os.environ.update(HOME=home)
os.chdir(home)


def write(name, text):
    with open(name, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return name


def read(name):
    with open(name, "rb") as file:
        return file.read()


def script(text, *words, **more):
    """Status, standard output and standard error of a script that is called "script"."""
    status, out, err = run("-f", write("script", text), *words, **more)
    return status, out.decode(), err.decode()


STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00 ")


def lines(name):
    """The lines of a text log without their times, which each must have."""
    got = read(name).decode().split("\n")
    ok(got.pop() == "" and got.pop(0) == "# sockpit log: text 1", name + " has a heading, and its last line ends")
    ok(all(STAMP.match(line) for line in got), "each line of " + name + " begins with date, time and zone")
    return [STAMP.sub("", line) for line in got]


# ---- what is in it ----

ECHO = """\
/listen 127.0.0.1 0 echo as srv
/open 127.0.0.1 $srv.port as c
"""
status, out, err = script(ECHO + """\
early
/expect "early\\n"
/log c.log
/log all all.txt
/log now c.raw-in
/send two\\nlines\\x1b[31m \\u{202e}e\\u{301}\\\\\\r\\nend
/expect "end"
/close
/wait closed
""")
same((status, out, err), (0, "", ""), "logs make no noise")
same([line for line in lines("c.log") if line.startswith(("2 c <", "2 c >"))], [
    "2 c > early",
    "2 c < early",
    "2 c > two",
    "2 c > lines\\e[31m \\xe2\\x80\\xaee\u0301\\\\\\r",
    "2 c > end\\",
    "2 c < two",
    "2 c < lines\\e[31m \\xe2\\x80\\xaee\u0301\\\\\\r",
    "2 c < end\\",
], "a line for each line, also of what was there before, shown safely and exactly")
ok(all(line.startswith("2 c ") for line in lines("c.log")), "only of its session")
ok(any(line.startswith("1 srv state listening") for line in lines("all.txt")), "a log of all has all")
same(read("c.raw-in"), b"two\nlines\x1b[31m \xe2\x80\xaee\xcc\x81\\\r\nend", "raw: the bytes, from now on")
same(stat.S_IMODE(os.stat("c.log").st_mode), 0o600, "it is its owner's alone")

done()
