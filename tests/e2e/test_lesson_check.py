# SPDX-License-Identifier: GPL-3.0-or-later
"""sockpit --lesson-check: lessons run without a person."""

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "support"))
from script import enter_home, write  # noqa: E402
from tap import done, ok, run, same, watchdog  # noqa: E402

watchdog(120)
enter_home()

HEAD = "# Title\n\n- Level: 1\n- Minutes: 5\n%s\nGoal.\n\n## Step\n\n"


def check(*words):
    status, out, err = run("--lesson-check", *words)
    return status, out.decode(), err.decode()


def lesson(name, body, needs=""):
    return write(name, HEAD % needs + body)


def commands(*lines):
    return "```sockpit\n%s\n```\n\n" % "\n".join(lines)


def checks(*lines):
    return "```check\n%s\n```\n\n" % "\n".join(lines)


# A check that passes, and one that fails: those after it have not been run.
good = lesson("good.md", commands("/listen 127.0.0.1 0 as S", "/open 127.0.0.1 $S.port as c") +
              checks("/assert @c.state is ESTABLISHED within 9s", "/wait @c open"))
status, out, err = check("./good.md")
same((status, err), (0, ""), "a lesson whose checks pass")
same(out, "TAP version 13\n# Title\nok 1 - ./good.md:16: /assert @c.state is ESTABLISHED within 9s\n"
     "ok 2 - ./good.md:17: /wait @c open\n1..2\n", "its cases, with the lines of the file")

lesson("bad.md", commands("/listen 127.0.0.1 0 as S") + checks("/assert @S.state is CLOSED", "/assert @S.port > 0"))
status, out, err = check("bad.md")
same(status, 1, "a check that fails")
ok("not ok 1 - bad.md:15: /assert @S.state is CLOSED\n" in out, "is a case that has failed")
ok("# bad.md:15: " in out, "with the reason")
ok("ok 2 - bad.md:16: /assert @S.port > 0 # SKIP not run\n1..2\n" in out, "what comes after it is skipped")

# A command that fails is a case, too.
lesson("refused.md", commands("/listen 127.0.0.1 0 as S", "/listen 127.0.0.1 $S.port as T") + checks("/assert @S.port > 0"))
status, out, err = check("refused.md")
same(status, 1, "a command that fails")
ok("not ok 1 - refused.md:12: /listen 127.0.0.1 $S.port as T" in out, "is a case that has failed: " + out)

# A sender that nobody reads any more does not hold up the end.
lesson("stuck.md", commands("/socket tcp as deaf", "/option rcvbuf 2000", "/bind 127.0.0.1 0", "/backlog 1", "/open deaf as c",
                            "/option sndbuf 4000", "/fill 200000") + checks("/assert @c.unsent > 50000"))
begin = time.monotonic()
status, out, err = check("stuck.md")
same((status, err), (0, ""), "a lesson that ends with a sender that is stuck")
ok(time.monotonic() - begin < 60, "is over at once")

# Several lessons: one count, in their order, whichever ends first.
lesson("slow.md", commands("/sleep %s" % "300ms", "/listen 127.0.0.1 0 as S") + checks("/assert @S.port > 0"))
status, out, err = check("slow.md", "good.md", "bad.md")
same(status, 1, "several lessons, one of which fails")
cases = re.findall(r"^(?:not )?ok (\d+) - (\w+)\.md", out, re.M)
same(cases, [("1", "slow"), ("2", "good"), ("3", "good"), ("4", "bad"), ("5", "bad")], "cases in the order of the words")
ok(out.endswith("\n1..5\n"), "and one plan")

# What is not there.
status, out, err = check(lesson("needs.md", commands("/listen 127.0.0.1 0 as S") + checks("/assert @S.port > 0"), "- Needs: root\n"))
if os.geteuid():
    same(status, 0, "what needs something that is not there is no failure")
    ok("ok 1 - needs.md:16: /assert @S.port > 0 # SKIP not root\n" in out, "its checks are skipped, with the reason")
else:
    ok("ok 1 - needs.md:16: /assert @S.port > 0\n" in out, "what needs root is run by root: " + out)

# Mistakes, all of them, before anything runs.
lesson("half.md", "```sockpit\n/help\n")
lesson("typo.md", commands("/opne 1"))
status, out, err = check("good.md", "half.md", "typo.md")
same(status, 2, "files that are no lessons")
same(out, "", "nothing is run")
same(err, "sockpit: half.md:10: this fence is never closed: ```\n"
     "sockpit: typo.md:11: no such command: \"opne\": did you mean /open?\n", "each with its line")
lesson("late.md", commands("/listen 127.0.0.1 0 as S", "/wait nonsense"))
status, out, err = check("late.md")
same(status, 2, "arguments that are wrong")
ok(re.search(r"^not ok 1 - late\.md:12(:\d+)?: ", out, re.M), "are a case that has failed, with the line: " + out)

# Garbage.
write("garbage.md", bytes(range(256)) * 100)
write("empty.md", "")
write("huge.md", "x" * 1100000)
for name, want in (("garbage.md", "garbage.md: a NUL byte: this is no lesson"),
                   ("empty.md", "empty.md:1: no title: the first line is # TITLE"),
                   ("huge.md", "huge.md: larger than 1 MiB"),
                   ("nosuch.md", "nosuch.md: no such file or directory"),
                   (".", "no lesson \".\": /lesson lists them"),
                   ("./", "./: is a directory"),
                   ("helo-over-tcp", "no lesson \"helo-over-tcp\": did you mean hello-over-tcp?"),
                   ("0", "no lesson \"0\": /lesson lists them"),
                   ("", "no lesson \"\": /lesson lists them")):
    same(check(name), (2, "", "sockpit: %s\n" % want), "%r is no lesson" % name)

# The built-in ones by number and name.
for name in "1", "01", "hello", "01-hello-over-tcp":
    status, out, err = check(name)
    same((status, err), (0, ""), "the lesson %s" % name)
    ok(re.search(r"^ok 1 - 01-hello-over-tcp:\d+: /", out, re.M), "has cases of its own name")

# Recordings of lessons that may be skipped.
texts = os.path.join(os.path.abspath(os.environ["srcdir"]), "src", "lessons")
for name, shows in (("14-families-and-receivers", b"[hello members]"), ("15-when-the-network-dies", b"LAST_ACK"),
                    ("16-the-wire", b"SYN, data 0..4 w")):
    status, out, err = run("--replay", os.path.join(texts, name + ".jsonl"), "--view", "ladder")
    same((status, err), (0, b""), "the recording of %s is replayed" % name)
    ok(shows in out, "and shows " + shows.decode())

# With other options.
for words, want in ((["-f", "x"], "-f"), (["--demo"], "--demo"), (["-o", "x.jsonl"], "-o"),
                    (["--plain"], "--plain"), (["--tap"], "--tap"), (["-l"], "-l")):
    same(check("1", *words), (2, "", "sockpit: --lesson-check runs lessons and nothing else: leave out %s\n" % want),
         "not together with " + words[0])

done()
