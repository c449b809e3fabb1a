# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs that are replayed: as text on standard output, for a script, in plain mode, and in a window."""

import datetime
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import DEADLINE, can_trace, done, ok, run, same, skip, watchdog  # noqa: E402
from plain import Plain  # noqa: E402

WORK = tempfile.mkdtemp()
LOG = os.path.join(WORK, "log.jsonl")


def write(name, text):
    with open(os.path.join(WORK, name), "w", encoding="utf-8") as file:
        file.write(text)
    return os.path.join(WORK, name)


def read(name):
    with open(os.path.join(WORK, name), encoding="utf-8") as file:
        return file.read()


def converse():
    """A conversation, its log and its ladder."""
    script = write("script", """/log all %(work)s/log.jsonl
/listen 127.0.0.1 0 echo as server
/open 127.0.0.1 $server.port as c
hello
/expect hello
/close @c
/wait @c closed
/wait @3 closed
/close @server
/ladder @c %(work)s/ladder.txt
""" % {"work": WORK})
    status, _, error = run("-f", script)
    same((status, error), (0, b""), "a conversation with a log")


def prints():
    status, out, error = run("--replay", LOG, "--view", "ladder", "--set", "time=relative")
    same((status, error), (0, b""), "its ladders are printed")
    found = re.search(r"^2 c\n(.*?)(\n\n|\Z)", out.decode(), re.S | re.M)
    ladder = read("ladder.txt").strip("\n")
    same(found and found.group(1)[:len(ladder)], ladder, "the one of the client is as it was, and goes on")
    for view in "chat", "hex", "trace":
        status, out, _ = run("--replay", LOG, "--view", view)
        ok(status == 0 and b"[2]" in out and b"[3]" in out, "%s of all sessions" % view)
    status, out, error = run("--replay", LOG, stdin=subprocess.DEVNULL)
    ok(status == 0 and "hello⏎" in out.decode(), "without a view that of the settings")


def refuses():
    for name, text in ("text", "hello\n"), ("empty", ""), ("old", '{"sockpit":"log","version":99}\n'):
        status, out, error = run("--replay", write(name, text))
        ok((status, out, error.count(b"\n")) == (2, b"", 1), "%s is no log: %s" % (name, error.decode().strip()))
    for path in os.path.join(WORK, "none"), WORK, "/dev/null":
        status, out, error = run("--replay", path)
        ok((status, out, error.count(b"\n")) == (2, b"", 1), "nor is " + error.decode().strip().replace(WORK, "."))
    for words in ("--demo",), ("-z", "127.0.0.1", "1"), ("127.0.0.1", "1"), ("--pipe",):
        status, _, error = run("--replay", LOG, *words)
        ok(status == 2 and error.count(b"\n") == 1, "--replay goes without " + words[0])
    status, _, error = run("-f", write("typo", "/try /replay nothing.jsonl\n/replay pauze\n"))
    same((status, error.split(b"\n")[0]), (1, os.path.join(WORK, "typo").encode() + b":2: pauze: no such file or directory: did you mean pause?"), "a word that is wrong")
    status, _, error = run("--replay", LOG, "--speed", "fast")
    ok(status == 2 and b"0.001 to 1000, or max" in error, "a speed is a number")


def is_broken():
    """A log that ends in the middle of a line, and has one that is wrong."""
    lines = read("log.jsonl").splitlines(True)
    path = write("broken.jsonl", "".join(lines[:6]) + "nonsense\n" + "".join(lines[6:-1]) + lines[-1][:20])
    status, out, error = run("--replay", path)
    same(status, 1, "what cannot be read is status 1")
    same(len(error.decode().splitlines()), 2, "a line for each mistake")
    ok("broken.jsonl:7:" in error.decode() and "hello⏎" in out.decode(), "with its place, and the rest is there")


def scripted():
    """A script works on what was replayed: as text, as a drawing, and as the log that it was."""
    script = write("again", "/log all %(work)s/again.jsonl\n/log all %(work)s/again.log\n/ladder @c %(work)s/again.svg\n"
                   "/send @c more\n" % {"work": WORK})
    status, _, error = run("--replay", LOG, "-f", script)
    ok(status == 1 and b"session 2 is a recording: nothing is sent" in error, "a script cannot send")
    ok("hello" in read("again.log") and "<svg" in read("again.svg"), "but write what was replayed as text, and as a drawing")

    def entries(name):
        return [entry for entry in map(json.loads, read(name).splitlines())
                if entry["type"] not in ("header", "session", "command", "note")]
    same(entries("again.jsonl"), entries("log.jsonl"), "and as the log that it was")
    again = [json.loads(line) for line in read("again.jsonl").splitlines()]
    ok(not any(entry.get("target") == "" for entry in again), "where a session was opened to is left out, not empty")
    notes = [entry for entry in again if entry["type"] == "note" and "replayed" in entry]
    said = [entry["text"] for entry in map(json.loads, read("log.jsonl").splitlines()) if entry["type"] == "note"]
    same([note["text"] for note in notes], said, "its notes are said to be those of another run")
    ok(said and not any("truncated" in note for note in notes), "and not to be cut")


def relayed():
    """The sides of a relay know each other, by their numbers here."""
    script = write("relay", "/listen 127.0.0.1 0 echo as e\n/relay 0 127.0.0.1:$e.port as r\n/open 127.0.0.1 $r.port as c\nhello\n/expect hello\n")
    status, _, error = run("-f", script, "-o", os.path.join(WORK, "relay.jsonl"))
    same((status, error), (0, b""), "a log of a relay")
    lines = read("relay.jsonl").splitlines(True)
    sides = {("relay" in line): line["session"] for line in map(json.loads, lines) if line["type"] == "session" and "other_side" in line}
    client, target = sides[False], sides[True]
    for drops in None, client:
        write("relay.jsonl", "".join(re.sub(r'"other_side":\d+,', "", line) if '"session":%s,' % drops in line else line for line in lines))
        script = write("look", "/listen 127.0.0.1 0 as first\n/replay %s/relay.jsonl max\n/wait quiet for 100ms within 10s\n/info @%d\n/info @%d\n"
                       % (WORK, client + 1, target + 1))
        _, out, error = run("-f", script)
        same((re.findall(r"relayed +(.*)", out.decode()), error), (["to session %d" % (target + 1), "for session %d" % (client + 1)], b""),
             "in the replay /info has the other side of both, without that of %s in the log" % drops)
    write("relay.jsonl", "".join(re.sub(r'"other_side":\d+,', '"other_side":%d,' % client, line) for line in lines))
    ok(run("-f", script)[0] == 0, "one that is its own other side")
    write("relay.jsonl", "".join(re.sub(r'"(other_side|relay)":\d+,', r'"\1":-1,', line) for line in lines))
    ok(run("-f", script)[2].count(b"\n") >= 1, "numbers that are none are wrong lines")


def plain():
    person = Plain("--replay", LOG, "--speed", "max")
    ok(person.sees("listening on"), "in plain mode it is printed")
    person.type("/session c")
    ok(person.sees("hello"), "one session at a time")
    person.type("more")
    ok(person.sees("session 2 is a recording: nothing is sent"), "which sends nothing either")
    person.erase()
    person.type("/replay")
    ok(person.sees("replay 0.") and person.sees(", ended"), "/replay says where it is")
    same(person.leave(), 0, "and it can be left")


# ---- in tmux ----

server = ""  # a new one for each window: the old one takes a while to go
os.environ.update(TMUX_TMPDIR=WORK, HOME=WORK)


def tmux(*words):
    return subprocess.run(["tmux", "-L", server, "-f", "/dev/null", *words], capture_output=True, text=True, check=False).stdout


def screen():
    return tmux("capture-pane", "-p", "-t", "main")


def sees(text):
    end = time.monotonic() + DEADLINE
    while text not in screen():
        if time.monotonic() > end:
            print("# no %r in\n# %s" % (text, "\n# ".join(screen().splitlines())), flush=True)
            return False
        select.select([], [], [], 0.02)
    return True


def open_sockets(pid):
    links = (os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid))
    return [link for link in links if link.startswith("socket:")]


def command(line):
    tmux("send-keys", "-t", "main", "-l", line)
    sees(line)
    tmux("send-keys", "-t", "main", "Enter")


def slowed():
    """The log as if a second had been an hour: on no machine is it over before it is paused."""
    begin = None

    def later(found):
        nonlocal begin
        time = datetime.datetime.fromisoformat(found.group(1))
        begin = begin or time
        return '"time":"%s+00:00"' % (begin + 3600 * (time - begin)).isoformat(timespec="microseconds")
    return write("slow.jsonl", re.sub(r'"time":"([^"]*\.\d{6})\d*\+00:00"', later, read("log.jsonl")))


def window(columns, rows):
    global server
    server = "sockpit-replay-%d-%d" % (os.getpid(), columns)
    # words, as one command would need the shell of a user who may have none
    tmux("new-session", "-d", "-s", "main", "-x", str(columns), "-y", str(rows),
         "sockpit", "--replay", slowed(), "--speed", "0.001", "--view", "ladder")
    ok(sees("replay "), "at %dx%d the status line says that it is a replay" % (columns, rows))
    pid = int(tmux("display-message", "-p", "-t", "main", "#{pane_pid}"))
    sockets = open_sockets(pid)  # with which the program itself asks the kernel
    command("/replay pause")
    ok(sees(", paus"), "it pauses")  # cut where the row is short
    for _ in range(40):
        tmux("send-keys", "-t", "main", "F10")
    ok(sees("1 server"), "steps lead to its sessions")
    tmux("send-keys", "-t", "main", "M-End")
    ok(sees("2 c"), "and a key to its end")
    command("/session 2")
    ok(sees("2 ⇄ 3") if columns > 40 else sees("│ close()"), "a ladder of its sessions")
    ok(sees("FIN"), "with all that happened")
    before = screen()
    tmux("send-keys", "-t", "main", "C-l", "drawn")
    sees("> drawn")
    tmux("send-keys", "-t", "main", "C-u")
    end = time.monotonic() + DEADLINE
    while screen() != before and time.monotonic() < end:
        select.select([], [], [], 0.02)
    same(screen(), before, "which redrawing does not change")
    command("/info")
    ok(sees("INFO c"), "a page")
    command("more")
    ok(sees("session 2 is a recording"), "nothing is sent")
    tmux("send-keys", "-t", "main", "C-u")
    same(open_sockets(pid), sockets, "and no socket has been opened")
    command("/replay to 0")
    ok(sees("replay 0.0 s"), "back to the beginning")
    command("/quit!")
    tmux("kill-server")


watchdog(240)
converse()
prints()
def within_script():
    """/replay in a script: the log brings its sessions, and a jump is over before the next line."""
    header, *lines = read("log.jsonl").splitlines()
    last = json.loads([line for line in lines if '"recv"' in line][-1])
    later = datetime.datetime.fromisoformat(last["time"][:19]) + datetime.timedelta(seconds=20)
    last["time"] = later.isoformat() + last["time"][19:]
    long = write("long.jsonl", "\n".join([header, *lines, *[json.dumps(last)] * 20000]) + "\n")
    ended = "replay T of T, ended"
    for name, begin, answers in (("max", "/replay %s max\n" % long, [ended]),
                                 ("end", "/replay %s\n/replay end\n/replay to 10s\n/replay pause\n/replay to 0\n/replay end\n/replay end\n" % long,
                                  [ended, "replay T of T, x1", "replay T of T, x1, paused", "replay 0.0 s of T, x1, paused",
                                   ended, ended])):
        script = write(name, begin + "/assert @c.recv >= 6\n")
        same(run("--check", script)[0], 0, name + ": --check takes the names that the log brings")
        status, out, error = run("-f", script)
        out = [re.sub(r"\d\d\.\d s|, skipped .*", lambda found: "T" if found[0][0] != "," else "", line) for line in out.decode().splitlines()]
        same((status, error, out[-len(answers):]), (0, b"", answers), name + ": all is shown before the next line, and each answer is the place after the jump")
    script = write("nosuch", "/replay %s max\n/assert @nosuch.recv >= 6\n" % long)
    same(run("--check", script)[0], 0, "a name that the log may bring is no mistake")
    status, _, error = run("-f", script)
    ok(status == 2 and b'nosuch:2: no session "nosuch"' in error, "but is missed when the line runs")


def knows():
    """What a script is told of a session is what it was told when that was recorded, or that it is not known."""
    def ask(session, *conditions):
        return "".join("/assert @%s.%s\n" % (session, condition) for condition in conditions)
    asked = (ask("server", 'local has "0.0.0.0"', "clients == 1") + ask("d", "recv == 4", "recvs == 2") +
             ask("u", "recv == 20", "recvs == 10") + ask("r", 'service == "relay"'))
    script = write("knows", """/log all %s/knows.jsonl
/listen 0.0.0.0 0 as server
/open 127.0.0.1 $server.port as c
/assert @server.clients == 1 within 10s
/name @3 d
/pause @d
/urgent @c x
/send @c abc
/wait @d readable
/recv @d urgent
/recv @d
/listen udp 127.0.0.1 0 as u
/open udp 127.0.0.1 $u.port as v
/fault @u in loss 50%%
/repeat @v 10 1ms x\n
/wait @u quiet
/relay 0 127.0.0.1 9 as r
/assert @c.unsent == 0
""" % WORK + asked)
    status, _, error = run("-f", script)
    same((status, error), (0, b""), "a script with urgent data, a fault and a relay")
    again = write("again", asked + "/try /assert @c.unsent == 0\n/say $error\n")
    status, out, error = run("--replay", os.path.join(WORK, "knows.jsonl"), "-f", again)
    same((status, error), (0, b""), "and its recording: addresses, calls, bytes and services are the same")
    ok(b"@c.unsent == 0: it is not available" in out, "what was in the program's own queue is not known")


refuses()
is_broken()
knows()
within_script()
scripted()
relayed()
plain()
if shutil.which("tmux"):
    window(80, 24)
    window(40, 12)
else:
    skip("no tmux here")
if can_trace():
    trace = os.path.join(WORK, "trace")
    subprocess.run(["strace", "-f", "-qq", "-o", trace, "-e", "trace=network,open,openat,creat", "sockpit", "--replay", LOG],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=DEADLINE, check=False)
    calls = [call for call in read("trace").splitlines() if "AF_NETLINK" not in call]
    ok(not any(re.search(r"socket\(|O_WRONLY|O_RDWR|O_CREAT|creat\(|send|connect", call) for call in calls),
       "nothing is opened but for reading")
else:
    skip("no strace here")
shutil.rmtree(WORK)
done()
