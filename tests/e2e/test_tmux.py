# SPDX-License-Identifier: GPL-3.0-or-later
"""The window in a terminal that is not ours: tmux draws what we see through libvterm elsewhere, and must agree."""

import os
import select
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from script import enter_home  # noqa: E402
from tap import DEADLINE, done, ok, same, skip, watchdog  # noqa: E402

SOCKET = "sockpit-test-%d" % os.getpid()


def tmux(*words):
    return subprocess.run(["tmux", "-L", SOCKET, "-f", "/dev/null", *words], capture_output=True, text=True)


def screen():
    return tmux("capture-pane", "-p", "-t", "main").stdout.split("\n")


def ask(format):
    return tmux("display-message", "-p", "-t", "main", format).stdout.strip()


def wait_for(condition, name):
    end = time.monotonic() + DEADLINE
    good = condition()
    while not good and time.monotonic() < end:
        select.select([], [], [], 0.01)
        good = condition()
    if not ok(good, name):
        print("".join("# |%s\n" % row for row in screen()), flush=True)


def row_with(*texts):
    return any(all(text in row for text in texts) for row in screen())


def typed(*keys):
    tmux("send-keys", "-t", "main", *keys)


def clipboard():
    return subprocess.run(["tmux", "-L", SOCKET, "show-buffer"], capture_output=True, check=False).stdout


def filters():
    typed("/send an error\\n", "Enter")
    wait_for(lambda: row_with("←", "an error"), "another line")
    for columns, rows in (80, 24), (40, 12), (200, 50):
        tmux("resize-window", "-t", "main", "-x", str(columns), "-y", str(rows))
        typed("/filter /err.r/", "Enter")
        wait_for(lambda: row_with("→", "an error") and not row_with("hello") and row_with("FILTER /err.r/"),
                 "%d columns: only rows that match, and the status line says so" % columns)
        for view, words in ("hex", "72 6f 72"), ("trace", "send("), ("ladder", "data"):
            typed("/view " + view, "Enter")
            wait_for(lambda: row_with("FILTER") and row_with(words) and not row_with("ello"), "%s as well" % view)
        typed("/view chat", "Enter", "/filter not err", "Enter")
        wait_for(lambda: row_with("→", "hello") and not row_with("an error"), "or only those that do not")
        typed("/status-is-no-command", "Enter")
        wait_for(lambda: row_with("no such command"), "the answer to a command is seen")
        typed("/filter nowhere", "Enter")
        wait_for(lambda: not row_with("hello"), "nothing")
        typed("-l", "a new error")
        typed("Enter", "/filter error", "Enter")
        wait_for(lambda: row_with("←", "a new error"), "what comes later")
        typed("/filter off", "Enter")
        wait_for(lambda: row_with("> /filter off") and row_with("> /filter error") and not row_with("FILTER"), "off: the record is whole")


def walk():
    wait_for(lambda: row_with("2>"), "a prompt")
    same(ask("#{alternate_on}"), "1", "on the alternate screen")
    typed("-l", "hello 한글")
    wait_for(lambda: row_with("2> hello 한글") and ask("#{cursor_x}") == "13", "typing, with the cursor after it")
    typed("Enter")
    wait_for(lambda: row_with("←", "hello 한글⏎"), "the echo")
    wait_for(lambda: row_with("1 echo", "2 demo"), "the tabs")
    tmux("set-option", "-s", "set-clipboard", "on")
    typed("/copy", "Enter")
    wait_for(lambda: row_with("/set clipboard on lets"), "/copy writes to no clipboard unasked")
    same(tmux("list-buffers").stdout, "", "so there is none")
    typed("/set clipboard on", "Enter", "/copy sent", "Enter")
    wait_for(lambda: row_with("copied: 13 bytes, as sent"), "it says what it has copied")
    wait_for(lambda: clipboard() == "hello 한글\n".encode(), "and tmux has got it")
    typed("-l", "/send one\\0\\x1b\\xfftwo")
    typed("Enter")
    wait_for(lambda: row_with("←", "two"), "another message")
    typed("/copy 3", "Enter")
    wait_for(lambda: row_with("copied: 13 bytes, as received"), "the third newest message, whoever sent it")
    typed("/copy received", "Enter")
    wait_for(lambda: clipboard() == b"one\0\x1b\xfftwo", "the bytes as they are")
    typed("/find 한", "Enter", "/copy found", "Enter")
    wait_for(lambda: clipboard() == "hello 한글\n".encode(), "the line where /find stands")
    typed("/copy 99", "Enter")
    wait_for(lambda: row_with("there is no such message"), "none that is not there")
    typed("/secret x", "Enter")
    wait_for(lambda: row_with("→", "(secret)"), "a secret")
    typed("/copy sent", "Enter")
    wait_for(lambda: row_with("that is a secret"), "is not copied")
    filters()
    tmux("resize-window", "-t", "main", "-x", "40", "-y", "12")
    wait_for(lambda: len(screen()) <= 13 and row_with("tcp ESTABLISHED") and row_with("2>"), "a smaller window")
    tmux("set-buffer", "-b", "block", "one\ntwo")
    tmux("paste-buffer", "-p", "-b", "block", "-t", "main")
    wait_for(lambda: row_with("two"), "a paste stays on the line")
    ok(not row_with("→", "one"), "and is not sent by itself")
    typed("C-c")
    typed("F5")
    wait_for(lambda: row_with("Escape closes"), "a page")
    typed("M-/")
    wait_for(lambda: row_with("2> /") and not row_with("Escape closes"), "Escape and / in one burst: the page goes, the / is there")
    typed("-l", "quit")
    typed("Enter")
    wait_for(lambda: tmux("has-session", "-t", "main").returncode != 0, "/quit leaves")


watchdog(100)
if not shutil.which("tmux"):
    skip("no tmux")
    done()
os.environ["TMUX_TMPDIR"] = enter_home()
start = tmux("new-session", "-d", "-s", "main", "-x", "80", "-y", "24", "sockpit", "--demo")
if start.returncode != 0:
    skip("tmux does not start here: " + start.stderr.strip())
    done()
try:
    walk()
finally:
    tmux("kill-server")
done()
