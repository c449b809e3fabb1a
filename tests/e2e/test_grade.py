# SPDX-License-Identifier: GPL-3.0-or-later
"""sockpit --grade: recordings of lessons, honest ones and forged ones."""

import datetime
import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "support"))
import homework  # noqa: E402
from script import enter_home, read_text, script, write  # noqa: E402
from tap import done, ok, run, same, watchdog  # noqa: E402

watchdog(120)
enter_home()

LESSON = """# Title

- Level: 1
- Minutes: 5

Goal.

## One

**Predict:** How many?

- a) one
- b) two

<details><summary>Answer</summary>

**b**

</details>

```sockpit
/listen 127.0.0.1 0 as S
/service @S echo
/open 127.0.0.1 $S.port as c
```

```check
/assert @c.state is ESTABLISHED within 9s
```

## Two

```sockpit type
/send @c hello\\n
```

```check
/expect @c hello within 9s
```

**Question:** Why?

<details><summary>Answer</summary>

Because.

</details>
"""
write("mine.md", LESSON)


def line_of(text):
    return 1 + LESSON.split("\n").index(text)


FIRST, SECOND = line_of("**Predict:** How many?"), line_of("**Question:** Why?")
STATE, TEXT = line_of("/assert @c.state is ESTABLISHED within 9s"), line_of("/expect @c hello within 9s")


def grade(*words):
    status, out, err = run("--grade", *words)
    return status, out.decode(), err.decode()


def row(out, name):
    """Cells of the file's row before its name: steps, checks, right, words, begun, took, result."""
    line = [line for line in out.split("\n") if line.endswith("  " + name)][0]
    return re.split(r"  +", line)[:-1]


def remarks(out, name):
    return [line[len(name) + 2:] for line in out.split("\n") if line.startswith(name + ": ")]


def entries(name):
    return [json.loads(line) for line in read_text(name).split("\n")[:-1]]


def write_entries(name, lines, seal=False):
    """Sealed again if the forger knows how."""
    before, calls = 0, homework.BEGIN
    for line in lines:
        if line["type"] == "header":
            calls = homework.BEGIN
        elif seal and line["type"] == "call":
            calls = homework.digest_call(calls, line)
        elif seal and line["type"] == "note" and line.get("text", "").startswith(homework.MARK):
            note = line["text"][:-11]
            before = homework.seal(0 if re.search(r" [0-9a-f]{16}$", note) else before, calls, note)
            calls = homework.BEGIN
            line["text"] = "%s [%08x]" % (note, before)
    return write(name, "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines))


def changed(name, change, seal=False):
    """A copy of the honest recording whose lines `change` has changed."""
    lines = entries("honest.jsonl")
    return write_entries(name, change(lines) or lines, seal)


CHANGED = "something was changed, removed or put in here after it was recorded"


def with_text(old, new):
    def change(lines):
        for line in lines:
            if line["type"] == "note" and old in line.get("text", ""):
                line["text"] = line["text"].replace(old, new)
    return change


# An honest one.
status, out = homework.record("mine", LESSON, "honest.jsonl")
same(status, 0, "the lesson was taken: " + out)
status, out, err = grade("honest.jsonl")
same((status, err), (0, ""), "an honest recording is complete: " + out)
cells = row(out, "honest.jsonl")
same(cells[:4] + cells[-1:], ["2/2", "2/2", "1/1", "1/1", "complete"], "with all that was done")
same((out.split("\n")[0], out.split("\n")[-2]), ("mine", "1 recording: 1 complete"), "its lesson, and a total")
ok(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d$", cells[4]), "when it was begun")
same(remarks(out, "honest.jsonl"), [], "there is nothing to say of it")
status, out, err = grade("-v", "honest.jsonl")
ok("honest.jsonl: line %d: How many?\n    right: b\n" % FIRST in out, "-v prints answers")
ok("honest.jsonl: line %d: Why?\n    to read: an answer in words\n" % SECOND in out, "and those that have to be read")
status, out, err = run("--replay", "honest.jsonl", "--view", "trace")
same((status, err), (0, b""), "it can be replayed")

status, out, err = grade("--json", "-v", "honest.jsonl", "nosuch.jsonl")
lines = [json.loads(line) for line in out.split("\n")[:-1]]
same((status, err, [line["file"] for line in lines]), (1, "", ["honest.jsonl", "nosuch.jsonl"]), "--json prints a line for each")
same([lines[0][name] for name in ("lesson", "steps", "steps_of", "checks", "right", "right_of", "words", "result", "remarks")],
     ["mine", 2, 2, 2, 1, 1, 1, "complete", ""], "with what is in the table")
ok("an answer in words" in lines[0]["answers"] and "no such file" in lines[1]["remarks"], "and what comes after it")

# Answers.
homework.record("mine", LESSON, "later.jsonl", {FIRST: [("a", "wrong"), ("b", "right")]})
status, out, err = grade("later.jsonl")
same((status, row(out, "later.jsonl")[2]), (0, "1/1"), "right at the second try")
same(remarks(out, "later.jsonl"), ["1 answer is right only at a later try"], "is said")
homework.record("mine", LESSON, "wrong.jsonl", {FIRST: [("a", "wrong")]})
same(row(grade("wrong.jsonl")[1], "wrong.jsonl")[2], "0/1", "a wrong answer")
homework.record("mine", LESSON, "shown.jsonl", {FIRST: [(None, ""), ("b", "right")]})
status, out, err = grade("shown.jsonl")
same((status, row(out, "shown.jsonl")[2]), (1, "0/1"), "an answer after the right one was shown is none")

homework.record("mine", LESSON, "none.jsonl", {FIRST: []})
status, out, err = grade("none.jsonl")
same((status, remarks(out, "none.jsonl")), (1, ["no answer to what is asked in the lesson at line %d" % FIRST]), "no answer at all")

# Not finished.
homework.record("mine", LESSON, "half.jsonl", steps=1)
lines = read_text("half.jsonl").split("\n")[:-1]
write("half.jsonl", "\n".join(line for line in lines if "lesson over" not in line) + "\n")
status, out, err = grade("half.jsonl")
same((status, row(out, "half.jsonl")[0], row(out, "half.jsonl")[-1]), (1, "0/2", "not finished"), "the first of two steps")

# Edited by hand: the seals break.
for name, old, new, what in (("answer.jsonl", "right: b", "right: a", "an answer"),
                             ("name.jsonl", "lesson step 2", "lesson step 1", "a step"),
                             ("check.jsonl", "check at line %d" % STATE, "check at line %d" % TEXT, "a check")):
    changed(name, with_text(old, new))
    status, out, err = grade(name)
    same(status, 1, "%s was edited" % what)
    ok(any(CHANGED in line for line in remarks(out, name)), "and it is seen: " + out)


def swap(lines):
    at = [i for i, line in enumerate(lines) if line["type"] == "note" and "check at" in line["text"]]
    lines[at[0]], lines[at[1]] = lines[at[1]], lines[at[0]]


changed("swapped.jsonl", swap)
ok(any(CHANGED in line for line in remarks(grade("swapped.jsonl")[1], "swapped.jsonl")), "lines were swapped")

# Edited by somebody who seals again: what can be found out again is not believed.
changed("verdict.jsonl", with_text("right: b", "right: a"), seal=True)
status, out, err = grade("verdict.jsonl")
same((status, row(out, "verdict.jsonl")[2]), (1, "0/1"), "an answer is graded again")
ok(any(line.endswith("it claims that the answer of line %d is right" % FIRST) for line in remarks(out, "verdict.jsonl")),
   "and the claim is reported")


def other_bytes(lines):
    for line in lines:
        if line["type"] == "call" and line.get("text") == "hello\n" and line["call"] == "recv":
            line["text"] = "hullo\n"


changed("bytes.jsonl", other_bytes, seal=True)
status, out, err = grade("bytes.jsonl")
same((status, row(out, "bytes.jsonl")[1]), (1, "1/2"), "a check is made again")
ok(any("it claims that /expect @c hello within 9s passed, but in the recording" in line
       for line in remarks(out, "bytes.jsonl")), "and the claim is reported: " + out)


def without(call):
    return lambda lines: [line for line in lines if line.get("call") != call]


for call, line in (("connect", "/open 127.0.0.1 $S.port as c"), ("bind", "/listen 127.0.0.1 0 as S"), ("send", "/send @c hello\\n")):
    name = "no_%s.jsonl" % call
    changed(name, without(call), seal=True)
    status, out, err = grade(name)
    same(status, 1, "%s() is not in the recording" % call)
    ok(any("calls missing: " + line in remark for remark in remarks(out, name)), "and which command: " + out)


def other_text(lines):
    for line in lines:
        if line["type"] == "call" and line["call"] == "send":
            line["text"] = line["text"].replace("hello", "other")


changed("sent.jsonl", other_text, seal=True)
ok(any("calls missing: /send @c hello" in line for line in remarks(grade("sent.jsonl")[1], "sent.jsonl")),
   "other bytes than those of the command")


def only_notes(lines):
    return [line for line in lines if line["type"] in ("header", "note")]


changed("notes.jsonl", only_notes, seal=True)
status, out, err = grade("notes.jsonl")
same((status, row(out, "notes.jsonl")[1]), (1, "0/2"), "notes alone are nothing")
same(len([line for line in remarks(out, "notes.jsonl") if "calls missing" in line]), 3, "each command is named")

# Edited, and nothing of the lesson's notes: what happened between two of them has a seal, too.
PORT = re.search(r'"port":([1-9]\d+)', read_text("honest.jsonl")).group(1)
MIDDLE = next(i for i, line in enumerate(entries("honest.jsonl")) if "lesson step 2" in line.get("text", ""))
HOUR = 3600


def later(lines):
    for line in lines:
        for name in {"time", "started"} & set(line):
            stamp = re.fullmatch(r"(.*)(\.\d{9})(.*)", line[name])
            moved = datetime.datetime.fromisoformat(stamp.group(1) + stamp.group(3)) + datetime.timedelta(seconds=HOUR)
            line[name] = moved.isoformat().replace(stamp.group(3), stamp.group(2) + stamp.group(3))
    return lines


def other_numbers(lines):
    return [dict(line, session=line["session"] + 7 if line.get("session") else 0) for line in lines]


def other_port(lines):
    return json.loads(json.dumps(lines).replace('"port": ' + PORT, '"port": 4'))


def without_the_middle(lines):
    return lines[:MIDDLE - 4] + lines[MIDDLE + 4:]


homework.record("mine", LESSON, "own.jsonl")
for name, change, what in (("later.jsonl", later, "the times"), ("numbers.jsonl", other_numbers, "numbers of sessions"),
                           ("port.jsonl", other_port, "a port"), ("middle.jsonl", without_the_middle, "the middle is cut out"),
                           ("received.jsonl", other_bytes, "what was received"),
                           ("spliced.jsonl", lambda lines: lines[:MIDDLE] + entries("own.jsonl")[MIDDLE:], "two recordings in one")):
    changed(name, change)
    status, out, err = grade(name)
    same((status, row(out, name)[-1], err), (1, "see below", ""), "edited: " + what)
    ok(any(CHANGED in line for line in remarks(out, name)), "is seen: " + out)

# Copies.
shutil.copy("honest.jsonl", "friend.jsonl")
status, out, err = grade("honest.jsonl", "own.jsonl", "friend.jsonl", "honest.jsonl")
same(status, 1, "a copy among others")
same(remarks(out, "friend.jsonl"), ["the same times of calls, to the nanosecond, as in honest.jsonl"], "is named")
same(remarks(out, "honest.jsonl"), ["the same times of calls, to the nanosecond, as in friend.jsonl"], "with its twin")
same(remarks(out, "own.jsonl"), [], "the work of somebody else is none")
ok(out.endswith("\n3 recordings: 1 complete, 2 see below\n"), "a file that is named twice counts once: " + out)
status, out, err = grade("honest.jsonl", "port.jsonl")
same(remarks(out, "port.jsonl")[-1], "the same times of calls, to the nanosecond, as in honest.jsonl", "a copy with other ports")
same(row(out, "honest.jsonl")[-1], "complete", "is not the fault of who has not changed his")
same(remarks(out, "honest.jsonl"), ["the same times of calls, to the nanosecond, as in port.jsonl, which was changed afterwards"],
     "but is said")


def slowly(lines):
    """As if a person had made it: pauses before the notes."""
    for i, line in enumerate(lines):
        if "time" in line:
            second, fraction, zone = re.fullmatch(r"(.*:)\d\d(\.\d{9})(.*)", line["time"]).groups()
            line["time"] = "%s%02d%s%s" % (second, i % 60, fraction, zone)


changed("slow.jsonl", slowly, seal=True)
write_entries("slow_later.jsonl", later(entries("slow.jsonl")), seal=True)
status, out, err = grade("slow.jsonl", "slow_later.jsonl")
same(remarks(out, "slow.jsonl"), ["the same pauses between calls, to the nanosecond, as in slow_later.jsonl"],
     "a copy at another time, sealed again")

# What happens to honest people: taken in two parts, with a clock that is put back, ahead of the teacher's, or a disk that is
# full in the middle of a line.
def part(name, text, steps):
    homework.record("mine", LESSON, name, steps=steps)
    return [line for line in read_text(name).split("\n")[:-1] if "lesson over" not in line or text]


first, again = part("first.jsonl", "", 1), part("again.jsonl", "over", None)
write("two.jsonl", "\n".join(first + again) + "\n")
status, out, err = grade("two.jsonl")
same((status, remarks(out, "two.jsonl"), row(out, "two.jsonl")[:2]), (0, [], ["2/2", "2/2"]), "in two parts: " + out)
write("back.jsonl", "\n".join(again + first) + "\n")
status, out, err = grade("back.jsonl")
same((status, remarks(out, "back.jsonl")), (0, []), "the second one earlier than the first: " + out)
write("full.jsonl", "\n".join(first) + "\n" + first[-1][:40] + "\n" + "\n".join(again) + "\n")
status, out, err = grade("full.jsonl")
same((status, err), (0, ""), "with a line that breaks off: " + out)
same(remarks(out, "full.jsonl"), ["line %d: it breaks off here: the window was closed, or the disk was full" % (len(first) + 1)],
     "is said, and held against nobody")
homework.record("mine", LESSON, "ahead.jsonl")
write_entries("ahead.jsonl", later(entries("ahead.jsonl")), seal=True)
status, out, err = grade("ahead.jsonl")
same((status, remarks(out, "ahead.jsonl")), (0, []), "a clock that is ahead: " + out)

# What select() said is not in a recording, and nobody is accused of it.
PENDING = LESSON.replace("/expect @c hello within 9s", "/assert @c.recv = 6 within 9s").replace(
    "/send @c hello\\n", "/send @c hello\\n\n/socket udp as d\n/connect @d 127.0.0.1 1\n/send @d one").replace(
    "\n**Question:** Why?", "\n```check\n/wait @d readable within 9s\n```\n\n**Question:** Why?")
status, out = homework.record("pending", write("pending.md", PENDING) and PENDING, "pending.jsonl")
same(status, 0, "an error that waits, and is not read: " + out)
status, out, err = grade("pending.jsonl")
same((status, remarks(out, "pending.jsonl"), err), (0, [], ""), "nothing is to be said of it: " + out)
os.remove("pending.md")

# Two lessons in one file.
write("other.md", LESSON.replace("hello", "hi"))
homework.record("other", LESSON.replace("hello", "hi"), "other.jsonl")
write("both.jsonl", read_text("honest.jsonl") + read_text("other.jsonl"))
status, out, err = grade("both.jsonl")
same((status, remarks(out, "both.jsonl"), err), (0, [], ""), "a file with two lessons: " + out)
same(re.findall(r"^(\w+)\nsteps", out, re.M), ["mine", "other"], "has a row for each")
ok(out.endswith("\n2 recordings: 2 complete\n"), "of the total, too")

# Said by a script, and not by the program.
status, out, err = run("-f", write("say", "/say %s\n" % entries("honest.jsonl")[1]["text"]), "-o", "said.jsonl")
ok(remarks(grade("said.jsonl")[1], "said.jsonl")[0].startswith("no lesson was recorded in it"), "is no note")

# Files that are none.
text = read_text("honest.jsonl")
write("cut.jsonl", text[:len(text) // 2])
status, out, err = grade("cut.jsonl")
same((status, err), (1, ""), "a file that is cut")
same(len([line for line in out.split("\n") if line.startswith("cut.jsonl:")]), 1, "is one line: " + out)
write("garbage.jsonl", bytes(range(256)) * 40)
write("empty.jsonl", "")
write("text.jsonl", "hello\n")
for name in "garbage.jsonl", "empty.jsonl", "text.jsonl", "nosuch.jsonl", ".":
    status, out, err = grade(name)
    same((status, err), (1, ""), "%s is none" % name)
    same(len([line for line in out.split("\n") if line.startswith(name + ":")]), 1, "and one line says so: " + out)
run("-f", write("s", "/say hello\n"), "-o", "plain.jsonl")
same(remarks(grade("plain.jsonl")[1], "plain.jsonl"), ["no lesson was recorded in it: /lesson NAME --record FILE does"],
     "a log of something else")

# Another text of the lesson, or none.
write("mine.md", LESSON.replace("Goal.", "Aim."))
status, out, err = grade("honest.jsonl")
same((status, remarks(out, "honest.jsonl")), (1, ["the text of the lesson was another one"]), "the lesson has changed")
os.remove("mine.md")
status, out, err = grade("honest.jsonl")
same((status, remarks(out, "honest.jsonl")), (1, ["the lesson \"mine\" is not known, and no file beside it"]), "it is gone")

# An honest recording of each lesson that needs nothing but loopback, and TLS: whatever its commands do, it is believed.
secures = script("/skip unless tls\n/say yes\n")[1] == "yes\n"
directory = os.path.join(os.environ["srcdir"], "src", "lessons")
for file in sorted(name for name in os.listdir(directory) if name.endswith(".md")):
    text = read_text(os.path.join(directory, file))
    if "\n- Needs: " in text and not (secures and "\n- Needs: tls\n" in text):
        continue
    name = file[:-3]
    status, out = homework.record(name, text, name + ".jsonl")
    same(status, 0, "%s was taken: %s" % (name, out[-2000:] if status else ""))
    status, out, err = grade(name + ".jsonl")
    same((status, err), (0, ""), "%s is complete" % name)
    same([line for line in remarks(out, name + ".jsonl")], [], "%s: nothing is to be said of it" % name)

# Usage.
same(grade(), (2, "", "sockpit: --grade needs recordings of lessons: sockpit --grade FILE...\n"), "no file")
same(grade("x", "--demo"), (2, "", "sockpit: --grade reads recordings and nothing else: leave out --demo\n"), "with --demo")

done()
