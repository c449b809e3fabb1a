# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs: what is in them, which files they are written to, and what happens when a disk takes no more."""

import fcntl
import os
import re
import socket
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from script import enter_home, read, script, write  # noqa: E402
from tap import DEADLINE, done, end, listener, listening_port, ok, port_of, receive_all, run, same, sockpit, watchdog  # noqa: E402

watchdog(120)
home = enter_home()


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

# ---- which files ----

os.symlink("target", "link.log")
os.mkdir("directory.log")
os.mkfifo("fifo.log")
write("exists.log", "mine\n")
write("other.raw-in", "mine")
REFUSED = {
    "link.log": "a symbolic link; name the file that it leads to",
    "directory.log": "a directory",
    "fifo.log": "a FIFO, not a regular file",
    "exists.log": "exists: /log append continues it, /log! replaces it",
    "no/such.log": "no such file or directory",
    "what.ever": "the ending is of no format: .log .txt",
    "/dev/fd/99": "the ending is of no format",
    "/dev/fd/99 as text": "bad file descriptor",
    "/dev/null as text": "a device, not a regular file",
}
for name, why in REFUSED.items():
    status, out, err = script("/listen 127.0.0.1 0\n/log " + name + "\n")
    ok(status != 0 and ": " + why in err and err.count("\n") == 1, name.split()[0] + " is refused: " + why)
ok(not os.path.exists("target") and read("exists.log") == b"mine\n", "and nothing was written")
status, out, err = script("/listen 127.0.0.1 0\n/log append exists.log\n")
ok(status == 1 and "exists.log: is no log in the format text, so it is not continued" in err, "what is no log is not continued")
for name in "text", "json", "text2pcap":
    status, out, err = script("/listen 127.0.0.1 0\n/log append exists.log as " + name + "\n")
    ok(status == 1 and "so it is not continued" in err and read("exists.log") == b"mine\n", "nor is it as " + name)
same(script("/listen 127.0.0.1 0\n/log! exists.log\n")[0], 0, "it is replaced by /log!")
ok(read("exists.log").startswith(b"# sockpit log"), "then it is a log")
same(script("/listen 127.0.0.1 0 as again\n/log append exists.log\n/name twice\n")[0], 0, "which is continued")
ok(read("exists.log").count(b"# sockpit log") == 2 and b"state" not in read("exists.log").split(b"#")[-1],
   "from then on, after another heading")
with open("exists.log", "ab") as file:
    file.write(b"torn")
same(script("/listen 127.0.0.1 0 as again\n/log append exists.log\n")[0], 0, "also after a line that has no end")
ok(b"\ntorn\n# sockpit log" in read("exists.log"), "and that line gets one")
HELLO = ECHO + "hello\n/expect hello\n/log %s as text2pcap\n"
same(script(HELLO % "hex.dump")[0], 0, "text2pcap")
with open("hex.dump", "ab") as file:
    file.write(b"torn")
same(script(HELLO.replace("/log", "/log append") % "hex.dump" + "more\n/expect more\n")[0], 0, "continued")
ok(b"\ntorn\n# text2pcap -D" in read("hex.dump"), "on a line of its own")
status, out, err = script("/listen 127.0.0.1 0\n/log exists.log\n/log now b.log\n/log append b.log\n")
ok("exists" in err, "a script ends at a log that it cannot have")
status, out, err = script("/listen 127.0.0.1 0\n/log d.log\n/log append d.log\n")
ok(status == 1 and "d.log: is a log already" in err, "one file has one log")
with open("d.log", "rb") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    whole = read("d.log")
    for how in "/log append", "/log!":
        status, out, err = script("/listen 127.0.0.1 0\n" + how + " d.log\n")
        ok(status == 1 and "d.log: is being written by another program" in err and read("d.log") == whole, how + ": and one writer")
status, out, err = script("/listen 127.0.0.1 0 as s\n/log d2.log\n/log! d2.log\n")
ok(status == 1 and "d2.log: is a log already" in err and b"command /log! d2.log" in read("d2.log"),
   "and is not replaced while it is written")
status, out, err = run("-o", "", "-f", "script")
same((status, err), (2, b"sockpit: the name of the log is missing\n"), "no name is no name")
status, out, err = script("/log all a.raw-in\n")
ok(status != 0 and "the format raw-in is for one session" in err, "raw bytes are of one session")
status, out, err = script("/log a.log\n")
ok(status != 0 and "no session" in err, "without all there must be a session")
for line, why in {"/log all": "the name of a file is missing", "/log off all x": "", "/log x.log as nothing": "no log format",
                  "/log all off x.log": "/log off takes at most"}.items():
    status, out, err = script("/listen 127.0.0.1 0\n" + line + "\n")
    ok(status == 2 and why in err, line + " is a mistake")

for words in "append all", "all append":
    same(script("/listen 127.0.0.1 0\n/log %s order.log\n" % words)[0], 0, "/log %s: in any order" % words)

# ---- nothing is written before a mistake is found ----

write("good", "/say good\n")
write("bad", "/nosuch\n")
for words in (["--json"], ["--json", "-o", "none.log"], ["--json", "-f", "bad"], ["--json", "-f", "nosuch"], ["--json", "--set", "eol=x", "-f", "good"],
              ["-o", "none.log", "-f", "bad"], ["-o", "none.log", "--let", "1=2", "-f", "good"], ["-o", "none.log", "--replay", "good"],
              ["-o", "none.log", "-o", "none.ending", "-f", "good"], ["--json", "-o", "none.ending", "-f", "good"],
              ["-o", "none.log", "-o", "none.raw-in", "-lk", "127.0.0.1", "0"], ["--json", "-o", "none.raw-in", "127.0.0.1", "1-2"],
              ["--junit", "no/such.xml", "--tap", "-o", "none.log", "-f", "good"]):
    status, out, err = run(*words)
    ok(status == 2 and out == b"" and err and not os.path.exists("none.log"), " ".join(words) + " writes nothing")
status, out, err = run("--tap", "-o", "none.log", "-f", "bad")
ok(status == 2 and b"Bail out!" in out and not os.path.exists("none.log"), "TAP says that it bails out")
write("mine.log", "mine\n")
same(run("-o", "mine.log", "-f", "bad", "-f", "good")[0], 2, "a log that the first script has not begun")
same(read("mine.log"), b"mine\n", "is not continued by the second")

# ---- on and off ----

status, out, err = script(ECHO + """\
/log e.log
one
/expect "one\\n"
/log off e.log
two
/expect "two\\n"
/log append e.log
three
/expect "three\\n"
/log all f.log
/log
/log off
/log
/log off
""")
same(status, 1, "/log off without a log fails")
ok(err == "script:16: there is no log\n", "and says so")
ok("e.log  text    2 c      " in out and "f.log  text    all" in out and "no log" in out, "/log lists the logs")
words = [line.split()[-1] for line in read("e.log").decode().split("\n") if " 2 c > " in line]
same(words, ["one", "three"], "what is said while it is off is not in it")

# ---- -o ----

def talks(process, peer, words):
    """In pipe mode, both ways to the end."""
    process.stdin.write(b"question\n")
    process.stdin.close()
    same(receive_all(peer), b"question\n", words)
    peer.sendall(b"answer\0\n")
    peer.close()
    same((process.stdout.read(), process.wait(DEADLINE)), (b"answer\0\n", 0), words + ": is as ever")
    process.stdin = None
    end(process)


RAW = ("-o", "o.raw-in", "-o", "o.raw-out", "-o", "o.log", "--append-output")
for who in ("a client", "a server"):
    if who == "a client":
        with listener() as server:
            process = sockpit(*RAW, "127.0.0.1", str(port_of(server)))
            talks(process, server.accept()[0], who)
    else:
        process = sockpit("-l", *RAW, "127.0.0.1", "0")
        talks(process, socket.create_connection(("127.0.0.1", listening_port(process)), DEADLINE), who)
    same((read("o.raw-in"), read("o.raw-out")), (b"answer\0\n", b"question\n"), who + ": raw logs have a direction each")
    ok(b"question" in read("o.log"), who + ": and another one has all")
    os.unlink("o.raw-in")
    os.unlink("o.raw-out")
process = sockpit("-lu", "-w", "20", *RAW, "127.0.0.1", "0")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
    peer.sendto(b"datagram\n", ("127.0.0.1", listening_port(process)))
    same(process.stdout.readline(), b"datagram\n", "a datagram")
    process.terminate()
    process.wait(DEADLINE)
same(read("o.raw-in"), b"datagram\n", "is in a raw log")
end(process)
for words in (["-lk", "127.0.0.1", "0"], ["127.0.0.1", "1-2"], ["-x", "127.0.0.1:1", "127.0.0.1", "1"], ["-f", write("empty", "")]):
    status, out, err = run("-o", "many.raw-out", *words)
    ok((status, out) == (2, b"") and err == b"sockpit: many.raw-out: the format raw-out is for one session, and here there may be "
       b"several: /log many.raw-out logs one\n", "a raw log, and maybe several sessions: %s: %r" % (words, err))

same(run("-o", "g.log", "-f", write("script", ECHO + "hello\n/expect \"hello\\n\"\n"))[0], 0, "-o with a script")
ok(any(line == "2 c < hello" for line in lines("g.log")), "has all sessions from the start")
status, out, err = run("-o", "g.log", "-f", "script")
ok(status == 1 and b"g.log: exists: --append-output continues it" in err, "-o does not overwrite")
same(run("-o", "g.log", "--append-output", "-f", "script")[0], 0, "--append-output continues it")
ok(read("g.log").count(b"# sockpit log") == 2, "which is in it twice then")
status, out, err = run("-o", "/dev/fd/1", "--log-format", "text", "-f", "script")
ok(status == 0 and out.startswith(b"# sockpit log: text 1\n") and b" 2 c < hello\n" in out, "to standard output")
for words, why in {("--log-format", "text"): b"-o FILE", ("--append-output",): b"-o FILE",
                   ("-o", "x.log", "--log-format", "nosuch"): b"no log format",
                   ("-o", "x.ending"): b"the ending is of no format"}.items():
    status, out, err = run(*words, "-f", "script")
    ok(status == 2 and why in err, " ".join(words) + " is a mistake")

# ---- what is not in it ----

FORGETS = ECHO + """\
/listen 127.0.0.1 0 as gone
/close @gone
/forget @gone
/log all h.log
/session c
/log h.raw-out
plain
/expect "plain"
"""
same(script(FORGETS)[0], 0, "a session is forgotten")
ok(not any(line.split()[1] == "gone" for line in lines("h.log") if " command " not in line), "its entries are in no new log")
same(read("h.raw-out"), b"plain\n", "raw bytes of what was sent")

# ---- datagrams ----

same(script("""\
/listen udp 127.0.0.1 0 echo as srv
/open udp 127.0.0.1 $srv.port as c
/log all u.log
/send two\\nlines
/expect "lines"
""")[0], 0, "datagrams")
ok(any(re.match(r"1 srv <127\.0\.0\.1:\d+ two\\nlines$", line) for line in lines("u.log")),
   "are a line each, with the address")

same(script("/listen 127.0.0.1 0 discard as s\n/open 127.0.0.1 $s.port as c\n/send open\n/secret hunter2\n/send too\n/log s.raw-out\n/log off\n")[0], 0,
     "raw bytes of a session that has sent a secret")
same(read("s.raw-out"), b"opentoo", "are those of all else")
with open("exists.log", "rb") as file:
    status, out, err = run("-o", "/dev/fd/%d" % file.fileno(), "--log-format", "text", "-l", "0", pass_fds=[file.fileno()])
ok(status != 0 and b"is open for reading only" in err, "a descriptor that cannot be written to is refused")

# ---- one for each session ----

os.mkdir("auto")
status, out, err = script("/set auto-log nowhere\n")
ok(status != 0 and "auto-log: nowhere: no such file or directory" in err, "/set auto-log wants a directory")
status, out, err = run("--set", "auto-log=auto", "-f", write("script", ECHO + "hello\n/expect \"hello\\n\"\n"))
same((status, err), (0, b""), "--set auto-log")
names = sorted(os.listdir("auto"))
same([re.sub(r"_\d+", "", re.sub(r"^\d{8}-\d{6}-", "", name)) for name in names], ["1-srv.log", "2-c.log", "3-.log"],
     "has a file for each session")
same([line for line in lines("auto/" + names[1]) if "<" in line.split()[2]], ["2 c < hello"], "with what is its")
same(run("--set", "auto-log=auto", "-f", "script")[0], 0, "a second time")
same(len(os.listdir("auto")), 2 * len(names), "there are new ones, also within a second")
os.mkdir("none")
status, out, err = script("/listen 127.0.0.1 0\n/log recorded.jsonl\n/log off\n")
status, out, err = script("/say nothing\n", "--set", "auto-log=none", "--replay", "recorded.jsonl")
same((status, err, os.listdir("none")), (0, "", []), "a session that is replayed has none")
os.chmod("auto", 0o500)
if os.access("auto", os.W_OK):
    print("# the superuser writes everywhere")
else:
    status, out, err = script(ECHO, "--set", "auto-log=auto")
    ok(status == 1 and err.count("auto") == 1, "where none can be made it is said once")
os.chmod("auto", 0o700)

# ---- a person ----

person = Plain(start_up="/listen 127.0.0.1 0 as srv\n/log all ~/all.log\n")
ok(person.sees("listening"), "the start-up file begins a log")
person.type("/log /dev/stdout as text")
ok(person.sees("/dev/stdout: the terminal shows the sessions"), "the terminal is no log")
person.type("/log now ~/second.txt")
person.type("/log")
ok(person.sees("all.log") and person.sees("second.txt"), "/log lists them")
person.type("/log off ~/second.txt")
ok(person.sees("second.txt is closed"), "/log off reports the end")
home = person.home
same(person.leave(), 0, "quitting is a success")
ok(b"command /quit!" in read(home + "/all.log"), "the last command is in the log")

# ---- as a person ----

program = Plain("--demo")
program.sees("connected")
program.type("/log off.log")
program.type("/view trace")
program.sees("trace")
program.type("/log off off.log")
ok(program.sees("log off.log is closed: "), "/log off answers in any view when the file is whole")
program.type("/say next")
program.sees("next")
ok("done after" not in program.text, "and once")
program.leave()

done()
