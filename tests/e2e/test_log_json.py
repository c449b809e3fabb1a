# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of JSON lines: what is in it by the word of other readers of JSON, and that sockpit-log(5) describes all of it."""

import base64
import datetime
import json
import os
import re
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from script import enter_home, script, write  # noqa: E402
from tap import DEADLINE, done, listener, ok, port_of, receive_all, run, same, skip, sockpit, watchdog  # noqa: E402

watchdog(120)
enter_home()


def log(name="demo.jsonl"):
    """The objects of a log, each of a line of UTF-8 that has nothing a terminal would act on."""
    with open(name, "rb") as file:
        lines = file.read().split(b"\n")
    same(lines.pop(), b"", "its last line ends")
    text = b"\n".join(lines).decode()
    ok(not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]", text), "nothing in it acts on a terminal")
    return [json.loads(line) for line in lines]


def payload(entry):
    if "base64" in entry:
        return base64.b64decode(entry["base64"], validate=True)
    return entry.get("text", "").encode()


def moved(entries, session, call):
    return b"".join(payload(e) for e in entries if e.get("call") == call and e["session"] == session and e["result"] > 0)


CONVERSATION = """\
/listen 127.0.0.1 0 echo as srv
/open 127.0.0.1 $srv.port as c
/log all demo.jsonl
/send text \\u{20ac} \\x1b[31m\\0 \\u{202e}end\\n
/expect "end\\n"
/hex ff fe 00
/expect "\\xff\\xfe\\0"
/name @c renamed
/pause @renamed
/send @renamed held
/wait @renamed quiet for 1ms
/resume @renamed
/expect @renamed held
/option nodelay on
/listen udp://127.0.0.1:0 echo as u
/open udp://127.0.0.1:$u.port as d
/send @d datagram
/expect @d "datagram"
/close @renamed
/wait @renamed closed
"""
status, out, err = script(CONVERSATION)
same((status, err), (0, ""), "a conversation is logged")
entries = log()
header = entries[0]
same((header["sockpit"], header["version"], header["type"]), ("log", 1, "header"), "the first line says what it is")
ok(header["program"].startswith("sockpit "), "and of which program")
same(list(header)[0], "sockpit", "that is its first member")

of_type = {kind: [e for e in entries if e["type"] == kind] for kind in {e["type"] for e in entries}}
sent = "text \u20ac \x1b[31m\0 \u202eend\n".encode() + b"\xff\xfe\0held"
same(moved(entries, 2, "send"), sent, "all bytes that were sent are in it, exactly")
same(moved(entries, 2, "recv"), sent, "and all that came")
ok(any(e.get("text") == "text \u20ac \x1b[31m\0 \u202eend\n" for e in of_type["call"]), "text is text")
times = [datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", e["time"])) for e in entries
         if "time" in e and "waited" not in e]
ok(len(times) > 20 and times == sorted(times), "times are in order")
ok(all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}[+-]\d\d:\d\d$", e["time"]) for e in entries if "time" in e),
   "with nanoseconds and zone")

sessions = of_type["session"]
first = {}
for session in sessions:
    first.setdefault(session["session"], session)
same({s["session"]: s["name"] for s in first.values()}[1], "srv", "sessions have their names")
seen = set()
for entry in entries:
    if entry["type"] == "session":
        seen.add(entry["session"])
    elif entry.get("session") and entry["session"] < 1 << 31 and entry["session"] not in seen:
        ok(False, "an entry of session %d before its line" % entry["session"])
names = [s["name"] for s in sessions if s["session"] == 2]
same((names[0], names[-1]), ("c", "renamed"), "a new name has a line of its own")
pauses = [s.get("paused", False) for s in sessions if s["session"] == 2]
same([now for now, before in zip(pauses, [None] + pauses) if now != before], [False, True, False], "so has a pause")
last = [s for s in sessions if s["session"] == 2][-1]
same((last["state"], last["end"], last["transport"], last["kind"]), ("closed", "well", "tcp", "stream"),
     "and so has the end of a session")
same((first[1]["kind"], first[1]["service"], first[1]["server"]), ("listener", "echo", True), "a listener is one")
accepted = [s for s in sessions if s.get("listener") == 1][-1]
same((accepted["peer"], accepted["local"]), (last["local"], last["peer"]), "addresses of both ends are the same pair")
same(accepted["peer"]["family"], "ipv4", "with their family")
option = [e for e in of_type["call"] if e["call"] == "setsockopt" and e.get("option_name") == "TCP_NODELAY"][0]
same((option["level_name"], option["value"]), ("IPPROTO_TCP", "on"), "options have their names")
got = [e for e in of_type["call"] if e["call"] in ("recvfrom", "recvmsg") and payload(e) == b"datagram"]
ok(got and got[0]["peer"]["family"] == "ipv4" and got[0]["peer"]["port"] > 0, "a datagram has the address of its peer")
rtts = [e["sample"].get("rtt", 0) for e in of_type["sample"]]
ok(max(rtts) > 0, "samples have what the kernel reported")

# ---- a session that changes ----

status, out, err = script("""\
/listen 127.0.0.1 0 echo as srv
/open 127.0.0.1 $srv.port as c
/log all changes.jsonl
hello
/expect hello
/pause
/set eol crlf
/set @srv eol cr
""")
same((status, err), (0, ""), "a session changes after its last entry")
changes = [entry for entry in log("changes.jsonl") if entry["type"] == "session"]
server = [session["eol"] for session in changes if session["name"] == "srv"]
changes = [session for session in changes if session["name"] == "c"]
same([session["eol"] for session in changes], ["LF", "CRLF"], "the last line says how it is at the end")
same(server[-1:], ["CR"], "also of one of which there is no entry any more")
same([session.get("paused") for session in changes], [None, True], "and that only a person reads from it")

# ---- secrets ----

status, out, err = script("""\
/listen 127.0.0.1 0 discard as srv
/open 127.0.0.1 $srv.port as c
/log now secret.jsonl
/secret hunter2 and more
/send open
/close
/wait closed
""")
same(status, 0, "a secret is sent")
secret = log("secret.jsonl")
with open("secret.jsonl", encoding="utf-8") as file:
    ok("hunter2" not in file.read(), "it is not in the log")
hidden = [e for e in secret if e.get("secret")]
ok(hidden and all("text" not in e and "base64" not in e for e in hidden), "its entries have no payload")
same(sum(e["len"] for e in hidden if e["call"] == "send"), len("hunter2 and more\n"), "but its length")

# ---- frames ----

status, out, err = script("""\
/listen right 7000 echo as srv
/open right 7000 as c
/log all frames.jsonl
/log c.jsonl
/send before
/expect "before"
/secret hunter2 and more
/assert recv = 23 within 5s
/close
/wait closed
""", "--sandbox")
if status == 0:
    frames = [e for e in log("frames.jsonl") if e["type"] == "frame"]
    events = {(e["frame"]["event"], e["frame"].get("host")) for e in frames}
    ok({("leaves", "left"), ("arrives", "right"), ("leaves", "right")} <= events, "frames are in it, and where they were seen")
    ok(all(e["session"] >= 1 << 31 for e in frames), "under the numbers of wire ends")
    ok({"SYN", "data", "ACK", "FIN"} <= {e["frame"].get("segment", {}).get("name") for e in frames}, "with what they are")
    raw = [base64.b64decode(e["frame"]["bytes"], validate=True) for e in frames]
    ok(any(b"before" in bytes for bytes in raw), "and their bytes")
    ok(not any(b"hunter" in bytes for bytes in raw), "but not those of a secret")
    same({e.get("host") for e in log("frames.jsonl") if e["type"] == "wire" and "since" in e}, {"left", "right"},
         "and it is said since when they are recorded")
    one = log("c.jsonl")
    ok({e["session"] for e in one if e["type"] == "frame"} and {e["session"] for e in one if e["type"] == "call"} == {2},
       "a log of one session has its frames")
    entries += frames
else:
    skip("no sandbox here: " + err)

# ---- a log that is continued ----

status, out, err = script("""\
/listen 127.0.0.1 0 echo as srv
/open 127.0.0.1 $srv.port as c
/log append secret.jsonl
/send again
/expect "again"
""")
same((status, err), (0, ""), "a log is continued")
ok([e["type"] for e in log("secret.jsonl")].count("header") == 2, "with a header of its own")

# ---- on standard output ----


def objects(out):
    same(out[-1:], b"\n", "the last line ends")
    return [json.loads(line) for line in out.decode().split("\n")[:-1]]


status, out, err = run("--json", "-f", write("script", """\
/listen 127.0.0.1 0 echo as srv
/open 127.0.0.1 $srv.port as c
/sessions
/send hello
/expect "hello"
"""))
same((status, err), (0, b""), "--json with a script")
printed = objects(out)
same(printed[0].get("sockpit"), "log", "its first line is the header")
same(moved(printed, 2, "recv"), b"hello", "it has what came")
ok(any(e["type"] == "note" and e.get("answer") and "srv" in e["text"] for e in printed), "and the answers to commands")

status, out, err = run("--json", "-f", write("script", "/open 127.0.0.1 1\n/wait open within 2s\n"))
ok(status == 1 and err.startswith(b"script:"), "a script that fails says so on standard error")
ok(any(e.get("errno_name") == "ECONNREFUSED" for e in objects(out)), "and its log is whole")

FLOOD = bytes(range(256)) * 8192


def flood(server):
    peer, _ = server.accept()
    received.append(receive_all(peer))
    peer.sendall(FLOOD)
    peer.close()


received = []
server = listener()
thread = threading.Thread(target=flood, args=(server,))
thread.start()
status, out, err = run("--json", "127.0.0.1", port_of(server), given=b"question\n")
thread.join()
same((status, err, received), (0, b"", [b"question\n"]), "--json in pipe mode sends standard input")
piped = objects(out)
ok(moved(piped, 1, "recv") == FLOOD, "all that came is in it, and nothing else on standard output")
same(moved(piped, 1, "send"), b"question\n", "and what was sent")

listening = sockpit("--json", "-l", "-k", "127.0.0.1", 0, stdin=subprocess.DEVNULL)
ok(json.loads(listening.stdout.readline())["type"] == "header", "a listener begins its log at once")
listening.stdout.close()
listening.stderr.read()
same(listening.wait(DEADLINE), -signal.SIGPIPE, "and ends when the reader of its log has gone")

same(run("--json", "--tap", "-f", "script")[0], 2, "--json and --tap are for one output")
master, slave = os.openpty()
window = subprocess.run(["sockpit", "--json"], stdin=slave, stdout=slave, stderr=subprocess.PIPE, check=False,
                        env=dict(os.environ, TERM="xterm"))
same((window.returncode, window.stderr),
     (2, b"sockpit: --json writes to standard output: it is for -f FILE and for pipe mode\n"), "a window has no --json")

# ---- the manual ----

manual = os.path.join(os.environ["srcdir"], "man", "sockpit-log.5")
with open(manual, encoding="utf-8") as file:
    page = file.read()


def words(thing):
    """All names of members in an object, and in those in it."""
    for name, value in thing.items():
        yield name
        if isinstance(value, dict):
            yield from words(value)


documented = set(re.findall(r"[\w.-]+", " ".join(re.findall(r"(?:Ic|,) (.*)", page))))
used = {name for entry in entries + secret for name in words(entry)}
undocumented = {name for name in used if re.sub("_name$", "", name) not in documented}
same(undocumented, set(), "sockpit-log(5) describes each member that was written")

line = re.search(r"^\.Bd -literal -offset indent\n(\d{4}-.*)\n\.Ed", page, re.M).group(1)
write("text.sockpit", "/listen 127.0.0.1 0 echo as s\n/open 127.0.0.1 $s.port as demo\n%s\n/expect !\n" % line.split("< ")[1])
run("-f", "text.sockpit", "-o", "text.log")
with open("text.log", encoding="utf-8") as file:
    ok(re.sub(r"\d", "9", line) in re.sub(r"\d", "9", file.read()).splitlines(), "a line of text is as the example has it")

done()
