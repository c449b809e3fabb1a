# SPDX-License-Identifier: GPL-3.0-or-later
"""As test_redraw, in a terminal that is not ours: what tmux shows after any mix of keys, pastes, floods and sizes equals
what it shows after a redraw. Who types is always the same person, and compares that often. REDRAW_SEED is another person;
with REDRAW_SECONDS, as `make soak` has it, a new one each time, who stays that long."""

import fcntl
import os
import platform
import random
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import DEADLINE, done, ok, skip, watchdog  # noqa: E402

SOCKET = "sockpit-redraw-%d" % os.getpid()
SIZES = ((20, 4), (40, 12), (80, 24), (80, 25), (100, 30), (90, 43), (200, 60))
PSELECT = {"x86_64": "270", "aarch64": "72"}.get(platform.machine())  # the number of the system call
SCREENS = 3  # that are compared at each size
PROBE = "¶"  # nothing else has it, so no key here undoes
# None begins like "quit": cut short and after a slash it would be that command.
WORDS = ("the ", "swift ", "한글 ", "é", "e\u0301", "x", "가나다라마바사 ", "0123456789", "ß ", "/", "각", "👍")
KEYS = ("C-a", "C-e", "C-u", "C-w", "C-k", "M-b", "M-f", "BSpace", "Left", "Up", "Down", "C-y", "C-t", "DC")
SCROLL = ("PageUp", "PageDown", "S-Up", "S-Down", "C-Home", "C-End")
PAGES = ("F2", "F5", "F6", "F7", "F3", "F4", "M-1", "M-2", "M-3", "M-4")
COMMANDS = ("/view chat", "/view hex", "/view trace", "/view ladder", "/view chat all", "/help", "/help set", "/sessions",
            "/stats", "/code python", "/code c", "/find sw", "/why", "/option", "/peers", "/nonsense",
            "/hex 1b 5b 32 4a ff c2 9b e2 80 ae 00 07 09 0a", "/set color never", "/set color always")
PASTES = ("one\ntwo\nthree\n", "GET / HTTP/1.0\nHost: x\n\n", "가나다\n라마바\n", "a\tb\tc", "\n\n\n\n\n\n")
FLOODS = (b"0123456789 abcdef\n", "한글 가나다라\n".encode(), b"x", b"\033[31mred\n", b"a line that wraps " * 9 + b"\n")


class Failed(Exception):
    """Says why in one line, which becomes part of the case's name; details are printed before."""


def tmux(*words):
    ran = subprocess.run(["tmux", "-L", SOCKET, "-f", "/dev/null", *words], capture_output=True, text=True)
    if ran.returncode != 0:
        raise Failed("tmux %s: %s" % (words[0], ran.stderr.strip()))
    return ran.stdout


def ask(format):
    return tmux("display-message", "-p", "-t", "main", format).strip()


def typed(*keys):
    tmux("send-keys", "-t", "main", *keys)


def wait_for(condition, what):
    """Until the condition is True. Anything else that it gives says what is there instead."""
    end = time.monotonic() + DEADLINE
    found = condition()
    while found is not True and time.monotonic() < end:
        select.select([], [], [], 0.005)
        found = condition()
    if found is True:
        return
    rows = [row for row in tmux("capture-pane", "-p", "-t", "main").split("\n") if row]
    print("# the screen ends with\n# |%s" % "\n# |".join(rows[-12:]))
    ended = ask("#{?pane_dead,the program has ended with #{pane_dead_status}#{pane_dead_signal},}")
    raise Failed("no %s in time%s" % (what, ": " + (ended or found) if ended or found else ""))


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
    # Without -N blanks are missing, also coloured ones, where nothing else was ever written after them.
    text = tmux("capture-pane", "-p", "-e", "-N", "-t", "main")
    for codes, character in re.findall(r"\033\[([0-9;:]*)m|([^\x0e\x0f])", text):
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
    return cells(), ask("#{cursor_x} #{cursor_y}")


def difference(before, after):
    """In one line; the rows that differ are printed."""
    first = None if before[1] == after[1] else "cursor at %s, then %s" % (before[1], after[1])
    for y, (a, b) in enumerate(zip(before[0], after[0])):
        if a == b:
            continue
        x = next((x for x, pair in enumerate(zip(a, b)) if pair[0] != pair[1]), min(len(a), len(b)))
        where = "row %d from column %d %s, then %s" % (y, x, a[x:x + 3], b[x:x + 3])
        first = first or where
        for name, row in (("before", a), ("after", b)):
            print("# %3d %-6s |%s" % (y, name, "".join(character for character, _ in row)))
        print("# %s" % where)
    return first or "%d rows, then %d" % (len(before[0]), len(after[0]))


def sleeps():
    """Whether the program waits without a time limit, so that no frame is delayed; true if nothing says so."""
    try:
        with open("/proc/%s/syscall" % ask("#{pane_pid}")) as file:
            words = file.read().split()
    except OSError:
        return True
    if not PSELECT or (words[0] == PSELECT and int(words[5], 16) == 0):
        return True
    return "it waits with a time limit" if words[0] == PSELECT else "it is in system call %s" % words[0]


def settles():
    """A character that is typed and erased again: what came before it has been drawn."""
    typed("C-g", PROBE)
    wait_for(lambda: has(PROBE), "a character that was typed")
    typed("BSpace")
    wait_for(lambda: not has(PROBE), "the end of a character that was erased")
    wait_for(sleeps, "sleep")


def rests():
    """Settles until that changes nothing; gives what is then seen."""
    end = time.monotonic() + DEADLINE
    settles()
    last, now = None, look()
    while last != now:
        if time.monotonic() > end:
            raise Failed("never at rest: %s" % (difference(last, now) if last else "too slow"))
        settles()
        last, now = now, look()
    return now


def knows_its_size():
    """The size that the program gets: tmux delays it when sizes change fast."""
    with open(ask("#{pane_tty}")) as terminal:
        rows, columns = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))[:2]
    has, size = "%dx%d" % (columns, rows), ask("#{pane_width}x#{pane_height}")
    return has == size or "has %s, not %s" % (has, size)


def has_arrived(peer):
    """Whether all that was sent has reached a socket of the program: what we sent, and what its sessions send each
    other; true if nothing says so."""
    try:
        left = struct.unpack("i", fcntl.ioctl(peer, termios.TIOCOUTQ, bytes(4)))[0]
        directory = "/proc/%s/fd/" % ask("#{pane_pid}")
        sockets = [os.readlink(directory + name) for name in os.listdir(directory)]
        with open("/proc/net/tcp") as table:
            ends = [line.split() for line in table][1:]
    except OSError:
        return True
    lies = {(end[1], end[2]): int(end[4].split(":")[1], 16) for end in ends}
    for end in ends:
        if "socket:[%s]" % end[9] in sockets and lies.get((end[2], end[1]), 1) == 0:
            left += int(end[4].split(":")[0], 16)
    return left == 0 or "%d bytes are on their way" % left


def compare_with_redraw(peer):
    wait_for(knows_its_size, "the size")
    for _ in range(2):  # what was typed may send a line, and a line an answer
        settles()
        wait_for(lambda: has_arrived(peer), "what was sent")
    before = rests()
    typed("C-l")
    settles()
    after = look()
    if before != after:
        raise Failed(difference(before, after))


def new_size(person, began, had):
    """Never one of before: of sizes that end where they began tmux reports the last but one, and the last when it likes."""
    while True:
        columns, rows = person.choice(SIZES) if person.randrange(2) else began
        size = columns + person.randrange(5), rows + person.randrange(3)
        if size not in had:
            had.append(size)
            return size


def act(person, peer, began, had):
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
        columns, rows = new_size(person, began, had)
        tmux("resize-window", "-t", "main", "-x", str(columns), "-y", str(rows))
        return "%dx%d" % (columns, rows)
    try:
        peer.sendall(person.choice(FLOODS) * person.randrange(1, 2000))
    except OSError as error:
        raise Failed("a flood: %s" % error)
    return "a flood"


def sits_down(size, server):
    """The program with a session to us; gives our end."""
    tmux("new-session", "-d", "-s", "main", "-x", str(size[0]), "-y", str(size[1]), "sockpit", "--demo", "--set",
         "kernel=off")
    wait_for(lambda: has("2>"), "a prompt")
    typed("-l", "/open 127.0.0.1 %d" % server.getsockname()[1])
    typed("Enter")
    server.settimeout(DEADLINE)
    peer = server.accept()[0]
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peer.settimeout(DEADLINE)
    # 3 where the other end of the demo is accepted later
    wait_for(lambda: has("3>") or has("4>"), "a session")
    return peer


def plays(size, limit, person, peer):
    """What went wrong; the empty text where nothing did. A limit of 0 is a number of screens."""
    end, compared, did, had = time.monotonic() + limit, 0, [], [size]
    try:
        while compared == 0 or (time.monotonic() < end if limit else compared < SCREENS):
            for _ in range(person.randrange(1, 7)):
                did.append(act(person, peer, size, had))
            compare_with_redraw(peer)
            compared, had = compared + 1, had[-1:]
        return ""
    except Failed as failure:
        print("# did: %s" % "; ".join(did[-20:]))
        return ": %s" % failure
    finally:
        print("# %d screens compared after %d acts" % (compared, len(did)), flush=True)


def plays_at(size, limit, person):
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer, failure = None, ""
        try:
            peer = sits_down(size, server)
        except (Failed, OSError) as caught:
            failure = ": %s" % caught
        ok(peer, "%dx%d: starts%s" % (*size, failure))
        if peer:
            wrong = plays(size, limit, person, peer)
            ok(not wrong, "%dx%d: every screen equals the one after a redraw%s" % (*size, wrong))
            peer.close()
        tmux("kill-session", "-t", "main")


seconds = float(os.environ.get("REDRAW_SECONDS", "0"))
seed = int(os.environ.get("REDRAW_SEED", str(random.SystemRandom().getrandbits(32) if seconds else 1)))
print("# REDRAW_SEED=%d" % seed, flush=True)
watchdog(int(seconds) + 90)
if not shutil.which("tmux"):
    skip("no tmux")
    done()
home = os.environ["HOME"] = os.environ["TMUX_TMPDIR"] = tempfile.mkdtemp()  # with a history of its own: others type /quit
# Two words are run as they are; one word would be run by the login shell, which some users do not have.
started = subprocess.run(["tmux", "-L", SOCKET, "-f", "/dev/null", "new-session", "-d", "-s", "other", "cat", "-"],
                         capture_output=True, text=True)
if started.returncode != 0:
    skip("tmux does not start here: " + started.stderr.strip())
    done()
try:
    tmux("set-window-option", "-g", "remain-on-exit", "on")
    for at, size in enumerate(SIZES):
        plays_at(size, seconds / len(SIZES), random.Random(seed + at))
finally:
    tmux("kill-server")
    shutil.rmtree(home)
done()
