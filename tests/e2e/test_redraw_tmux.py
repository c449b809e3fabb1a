# SPDX-License-Identifier: GPL-3.0-or-later
"""As test_redraw, in a terminal that is not ours: what tmux shows after any mix of keys, pastes, floods and sizes equals
what it shows after a redraw. REDRAW_SEED repeats a run, REDRAW_SECONDS makes it longer."""

import fcntl
import os
import random
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import DEADLINE, done, ok, skip, watchdog  # noqa: E402

SOCKET = "sockpit-redraw-%d" % os.getpid()
SIZES = ((20, 4), (40, 12), (80, 24), (80, 25), (100, 30), (90, 43), (200, 60))
PSELECT = ("270", "72", "running")  # system calls on x86-64 and ARM64
PROBE = "¶"  # nothing else has it, so no key here undoes
WORDS = ("the ", "quick ", "한글 ", "é", "e\u0301", "x", "가나다라마바사 ", "0123456789", "ß ", "/", "각", "👍")
KEYS = ("C-a", "C-e", "C-u", "C-w", "C-k", "M-b", "M-f", "BSpace", "Left", "Up", "Down", "C-y", "C-t", "DC")
SCROLL = ("PageUp", "PageDown", "S-Up", "S-Down", "C-Home", "C-End")
PAGES = ("F2", "F5", "F6", "F7", "F3", "F4", "M-1", "M-2", "M-3", "M-4")
COMMANDS = ("/view chat", "/view hex", "/view trace", "/view ladder", "/view chat all", "/help", "/help set", "/sessions",
            "/stats", "/code python", "/code c", "/find qu", "/why", "/option", "/peers", "/nonsense",
            "/hex 1b 5b 32 4a ff c2 9b e2 80 ae 00 07 09 0a", "/set color never", "/set color always")
PASTES = ("one\ntwo\nthree\n", "GET / HTTP/1.0\nHost: x\n\n", "가나다\n라마바\n", "a\tb\tc", "\n\n\n\n\n\n")
FLOODS = (b"0123456789 abcdef\n", "한글 가나다라\n".encode(), b"x", b"\033[31mred\n", b"a line that wraps " * 9 + b"\n")


def tmux(*words):
    return subprocess.run(["tmux", "-L", SOCKET, "-f", "/dev/null", *words], capture_output=True, text=True).stdout


def typed(*keys):
    tmux("send-keys", "-t", "main", *keys)


def wait_for(condition, what):
    end = time.monotonic() + DEADLINE
    good = condition()
    while not good and time.monotonic() < end:
        select.select([], [], [], 0.005)
        good = condition()
    if not good:
        print("# waited in vain for %s\n# |%s" % (what, "\n# |".join(tmux("capture-pane", "-p", "-t", "main").split("\n"))),
              flush=True)
    return good


def has(text):
    return text in tmux("capture-pane", "-p", "-t", "main")


def change(look, codes):
    """Attributes after an SGR sequence: {"1": "1", "3": "33"}, colours under "3" and "4"."""
    codes = codes.split(";")
    while codes:
        code = codes.pop(0)
        if code in ("", "0"):
            look.clear()
        elif code in ("39", "49"):
            look.pop(code[0], None)
        elif code in ("38", "48"):
            look[code[0]] = ";".join([code] + codes)
            return
        else:
            look[code[0] if len(code) > 1 else code] = code


def cells():
    """The rows as characters with their attributes, without blanks at the end. A blank has no colour of its own."""
    rows, look = [[]], {}
    for codes, character in re.findall(r"\033\[([0-9;:]*)m|([^\x0e\x0f])", tmux("capture-pane", "-p", "-e", "-t", "main")):
        if not character:
            change(look, codes)
        elif character == "\n":
            rows.append([])
        else:
            rows[-1].append((character, tuple(sorted(look[a] for a in look if character != " " or a in "47"))))
    for row in rows:
        while row and row[-1] == (" ", ()):
            row.pop()
    return rows


def look():
    return cells(), tmux("display-message", "-p", "-t", "main", "#{cursor_x} #{cursor_y}").strip()


def sleeps():
    """Whether the program waits without a time limit, so that no frame is put off; believed where nothing tells."""
    try:
        with open("/proc/%s/syscall" % tmux("display-message", "-p", "-t", "main", "#{pane_pid}").strip()) as file:
            words = file.read().split()
    except OSError:
        return True
    return words[0] not in PSELECT or (len(words) > 5 and int(words[5], 16) == 0)


def settles():
    """A character that is typed and erased again: what came before it has been drawn."""
    typed("C-g", PROBE)
    if not wait_for(lambda: has(PROBE), "a character that was typed"):
        return False
    typed("BSpace")
    return wait_for(lambda: not has(PROBE), "its end") and wait_for(sleeps, "sleep")


def told_size():
    """What the program is told: tmux puts that off when sizes change fast."""
    with open(tmux("display-message", "-p", "-t", "main", "#{pane_tty}").strip()) as terminal:
        rows, columns = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))[:2]
    return "%d %d" % (columns, rows)


def equals_its_redraw(did):
    if not wait_for(lambda: told_size() == tmux("display-message", "-p", "-t", "main", "#{pane_width} #{pane_height}").strip(),
                    "the size"):
        return False
    stop = time.monotonic() + 3
    before = None
    while True:
        if not settles():
            return False
        last, before = before, look()
        if last == before or time.monotonic() > stop:
            break
    typed("C-l")
    if not settles():
        return False
    after = look()
    if before == after:
        return True
    print("# did: %s\n# cursor %s and %s" % ("; ".join(did[-20:]), before[1], after[1]))
    for y, (a, b) in enumerate(zip(before[0], after[0])):
        first = next((x for x, pair in enumerate(zip(a, b)) if pair[0] != pair[1]), min(len(a), len(b)))
        for name, row in (("before", a), ("after", b)) if a != b else (("", a),):
            print("# %3d %-6s |%s" % (y, name, "".join(character for character, _ in row)))
        if a != b:
            print("#     from column %d: %s and %s" % (first, a[first:first + 3], b[first:first + 3]))
    return False


def act(person, peer, size):
    kind = person.randrange(20)
    if kind < 4:
        typed("-l", "".join(person.choice(WORDS) for _ in range(person.randrange(1, 12))))
        return "words"
    if kind < 6:
        typed("-l", person.choice(("x", "한", "ab ")) * person.randrange(20, 300))
        return "a long line"
    if kind < 10:
        key = person.choice(KEYS)
        typed("-N", str(person.randrange(1, 5)), key)
        return key
    if kind < 11:
        typed("Enter")
        return "Enter"
    if kind < 12:
        tmux("set-buffer", "-b", "block", person.choice(PASTES))
        tmux("paste-buffer", "-p", "-b", "block", "-t", "main")
        return "a paste"
    if kind < 15:
        key = person.choice(SCROLL + PAGES)
        typed("-N", str(person.randrange(1, 4)), key)
        return key
    if kind < 17:
        command = person.choice(COMMANDS)
        typed("C-g", "C-u")
        typed("-l", command)
        typed("Enter")
        return command
    if kind < 18:
        typed("C-u")
        typed("-l", person.choice(("/", "/se", "/set ", "/view ", "/option ")))
        typed("Tab", "Tab", "C-u")
        return "completion"
    if kind < 19:
        columns, rows = person.choice(SIZES) if person.randrange(2) else size
        columns, rows = columns + person.randrange(5), rows + person.randrange(3)
        tmux("resize-window", "-t", "main", "-x", str(columns), "-y", str(rows))
        return "%dx%d" % (columns, rows)
    peer.sendall(person.choice(FLOODS) * person.randrange(1, 2000))
    return "a flood"


def plays_at(size, limit, person):
    server = socket.create_server(("127.0.0.1", 0))
    tmux("new-session", "-d", "-s", "main", "-x", str(size[0]), "-y", str(size[1]), "sockpit", "--demo", "--set",
         "kernel=off")
    name = "%dx%d: every screen equals the one after a redraw" % size
    if not ok(wait_for(lambda: has("2>"), "a prompt"), "%dx%d: starts" % size):
        return
    typed("-l", "/open 127.0.0.1 %d" % server.getsockname()[1])
    typed("Enter")
    peer = server.accept()[0]
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.settimeout(DEADLINE)
    good, compared, did = wait_for(lambda: has("4>"), "a session"), 0, []
    end = time.monotonic() + limit
    while good and (compared == 0 or time.monotonic() < end):
        did += [act(person, peer, size) for _ in range(person.randrange(1, 7))]
        good = equals_its_redraw(did)
        compared += 1
    ok(good, name)
    print("# %d screens compared after %d acts" % (compared, len(did)), flush=True)
    tmux("kill-session", "-t", "main")
    peer.close()
    server.close()


seconds = float(os.environ.get("REDRAW_SECONDS", "5"))
seed = int(os.environ.get("REDRAW_SEED", str(random.SystemRandom().getrandbits(32))))
print("# REDRAW_SEED=%d" % seed, flush=True)
watchdog(int(seconds) + 90)
if not shutil.which("tmux"):
    skip("no tmux")
    done()
started = subprocess.run(["tmux", "-L", SOCKET, "-f", "/dev/null", "new-session", "-d", "-s", "other", "cat"],
                         capture_output=True, text=True)
if started.returncode != 0:
    skip("tmux does not start here: " + started.stderr.strip())
    done()
try:
    for at, size in enumerate(SIZES):
        plays_at(size, seconds / len(SIZES), random.Random(seed + at))
finally:
    tmux("kill-server")
done()
