# SPDX-License-Identifier: GPL-3.0-or-later
"""sockpit --grade: recordings of lessons, honest ones and forged ones."""

import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.environ["srcdir"], "tests", "support"))
import homework  # noqa: E402
from script import enter_home, read_text, write  # noqa: E402
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
    """Cells of the file's row after its name."""
    line = [line for line in out.split("\n") if line.startswith(name + "  ")][0]
    return re.split(r"  +", line)[1:]


def remarks(out, name):
    return [line[len(name) + 2:] for line in out.split("\n") if line.startswith(name + ": ")]


def changed(name, change, seal=False):
    """A copy of the honest recording whose lines `change` has changed; sealed again if the forger knows how."""
    lines = [json.loads(line) for line in read_text("honest.jsonl").split("\n")[:-1]]
    lines, before = change(lines) or lines, 0
    for line in lines:
        if seal and line["type"] == "note" and line.get("text", "").startswith(homework.MARK):
            note = line["text"][:-11]
            before = homework.seal(0 if re.search(r" [0-9a-f]{16}$", note) else before, note)
            line["text"] = "%s [%08x]" % (note, before)
    return write(name, "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines))


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
same(cells[:4] + cells[-1:], ["mine", "2/2", "2/2", "1/2, 1 to read", "complete"], "with all that was done")
ok(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d$", cells[4]), "when it was begun")
same(remarks(out, "honest.jsonl"), [], "there is nothing to say of it")
status, out, err = grade("-v", "honest.jsonl")
ok("honest.jsonl: line %d: How many?\n    right: b\n" % FIRST in out, "-v prints answers")
ok("honest.jsonl: line %d: Why?\n    to read: an answer in words\n" % SECOND in out, "and those that have to be read")
status, out, err = run("--replay", "honest.jsonl", "--view", "trace")
same((status, err), (0, b""), "it can be replayed")

# Answers.
homework.record("mine", LESSON, "later.jsonl", {FIRST: [("a", "wrong"), ("b", "right")]})
status, out, err = grade("later.jsonl")
same((status, row(out, "later.jsonl")[3]), (0, "1/2, 1 to read"), "right at the second try")
same(remarks(out, "later.jsonl"), ["1 answer is right only at a later try"], "is said")
homework.record("mine", LESSON, "wrong.jsonl", {FIRST: [("a", "wrong")]})
same(row(grade("wrong.jsonl")[1], "wrong.jsonl")[3], "0/2, 1 to read", "a wrong answer")
homework.record("mine", LESSON, "shown.jsonl", {FIRST: [(None, ""), ("b", "right")]})
status, out, err = grade("shown.jsonl")
same((status, row(out, "shown.jsonl")[3]), (1, "0/2, 1 to read"), "an answer after the right one was shown is none")

# Not finished.
homework.record("mine", LESSON, "half.jsonl", steps=1)
lines = read_text("half.jsonl").split("\n")[:-1]
write("half.jsonl", "\n".join(line for line in lines if "lesson over" not in line) + "\n")
status, out, err = grade("half.jsonl")
same((status, row(out, "half.jsonl")[1], row(out, "half.jsonl")[-1]), (1, "0/2", "not finished"), "the first of two steps")

# Edited by hand: the seals break.
for name, old, new, what in (("answer.jsonl", "right: b", "right: a", "an answer"),
                             ("name.jsonl", "lesson step 2", "lesson step 1", "a step"),
                             ("check.jsonl", "check at line %d" % STATE, "check at line %d" % TEXT, "a check")):
    changed(name, with_text(old, new))
    status, out, err = grade(name)
    same(status, 1, "%s was edited" % what)
    ok(any("this note was changed" in line for line in remarks(out, name)), "and it is seen: " + out)


def swap(lines):
    at = [i for i, line in enumerate(lines) if line["type"] == "note" and "check at" in line["text"]]
    lines[at[0]], lines[at[1]] = lines[at[1]], lines[at[0]]


changed("swapped.jsonl", swap)
ok(any("not in their order" in line for line in remarks(grade("swapped.jsonl")[1], "swapped.jsonl")), "lines were swapped")

# Edited by somebody who seals again: what can be found out again is not believed.
changed("verdict.jsonl", with_text("right: b", "right: a"), seal=True)
status, out, err = grade("verdict.jsonl")
same((status, row(out, "verdict.jsonl")[3]), (1, "0/2, 1 to read"), "an answer is graded again")
ok(any(line.endswith("it claims that the answer of line %d is right" % FIRST) for line in remarks(out, "verdict.jsonl")),
   "and the claim is reported")


def other_bytes(lines):
    for line in lines:
        if line["type"] == "call" and line.get("text") == "hello\n" and line["call"] == "recv":
            line["text"] = "hullo\n"


changed("bytes.jsonl", other_bytes, seal=True)
status, out, err = grade("bytes.jsonl")
same((status, row(out, "bytes.jsonl")[2]), (1, "1/2"), "a check is made again")
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
same((status, row(out, "notes.jsonl")[2]), (1, "0/2"), "notes alone are nothing")
same(len([line for line in remarks(out, "notes.jsonl") if "calls missing" in line]), 3, "each command is named")

# Copies.
shutil.copy("honest.jsonl", "friend.jsonl")
homework.record("mine", LESSON, "own.jsonl")
status, out, err = grade("honest.jsonl", "own.jsonl", "friend.jsonl")
same(status, 1, "a copy among others")
same(remarks(out, "friend.jsonl"), ["the same times and ports as in honest.jsonl: one is a copy of the other"], "is named")
same(remarks(out, "honest.jsonl"), ["the same times and ports as in friend.jsonl: one is a copy of the other"], "with its twin")
same(remarks(out, "own.jsonl"), [], "the work of somebody else is none")

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

# An honest recording of each lesson that needs nothing but loopback: whatever its commands do, it is believed.
directory = os.path.join(os.environ["srcdir"], "src", "lessons")
for file in sorted(name for name in os.listdir(directory) if name.endswith(".md")):
    text = read_text(os.path.join(directory, file))
    if "\n- Needs: " in text:
        continue
    name = file[:-3]
    status, out = homework.record(name, text, name + ".jsonl")
    same(status, 0, "%s was taken: %s" % (name, out[:2000] if status else ""))
    status, out, err = grade(name + ".jsonl")
    same((status, err), (0, ""), "%s is complete" % name)
    same([line for line in remarks(out, name + ".jsonl")], [], "%s: nothing is to be said of it" % name)

# Usage.
same(grade(), (2, "", "sockpit: --grade needs recordings of lessons: sockpit --grade FILE...\n"), "no file")
same(grade("x", "--demo"), (2, "", "sockpit: --grade reads recordings and nothing else: leave out --demo\n"), "with --demo")

done()
