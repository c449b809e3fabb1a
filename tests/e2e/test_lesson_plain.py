# SPDX-License-Identifier: GPL-3.0-or-later
"""A lesson in plain mode: prose is printed as lines and once, the line that waits is printed and an empty line runs it,
questions take the typed answer, and each mistake is one line."""

import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from script import enter_home, write  # noqa: E402
from tap import done, ok, same, watchdog  # noqa: E402

watchdog(240)
home = enter_home()

write("mine.md", """# Two sockets

- Level: 1
- Minutes: 5

What *it* is about.

## A server

It `listens`.

```sockpit
/listen 127.0.0.1 0 as S
/listen 127.0.0.1 $S.port as T
```

Between them.

```check
/assert @S.state is LISTEN within 9s
/assert @S.state is CLOSED
```

After it.

## A client

**Predict:** How many sockets?

- a) one
- b) two

<details><summary>Answer</summary>

**b**

Because of both.

</details>

> **Hint:** count them

```sockpit type
/open 127.0.0.1:$S.port as c
```

```check
/wait @c open within 9s
```

**Question:** Why?

<details><summary>Answer</summary>

A model answer.

</details>

> **Teacher:** draw it
""")


class Student(Plain):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.whole = ""

    def after(self, line, *needles):
        self.whole += self.text
        self.type(line)
        good = all(self.sees(needle) for needle in needles)
        ok(good, "after %r: %s" % (line, ", ".join(needles)))
        return good


student = Student("--lesson", "./mine.md", columns=100)
ok(student.sees("Lesson Two sockets: 2 steps, 5 minutes\r\n") and student.sees("What it is about.") and student.sees("Enter begins\r\n"),
   "the lesson begins with its goal, and what to do")
ok("\x1b[H" not in student.text and "\x1b[2J" not in student.text and "─" not in student.text, "without any drawing")
student.after("", "Step 1 of 2: A server\r\n", "It listens.", "Enter runs: /listen 127.0.0.1 0 as S\r\n")
ok("Between" not in student.text and "\r> /listen" not in student.text, "nothing that comes later, and nothing on the line being typed")
student.after("nonsense", "no session: /open HOST PORT makes one")
student.erase()
student.after("/nosuch", "no such command")
student.after("/lesson answer b", "no question waits for an answer")
student.after("/lesson hint", "no further hint here")
student.after("", "listening on 127.0.0.1:", "Enter runs: /listen 127.0.0.1 ")
port = re.search(r"Enter runs: /listen 127\.0\.0\.1 (\d+) as T", student.text)
ok(port, "an empty line runs the line, and the next one has the values of its names")
student.after("", "failed: ", "in use", "Enter runs: /listen 127.0.0.1")
student.after("/lesson next", "Between them.", "PASS /assert @S.state is LISTEN", "FAIL /assert @S.state is CLOSED", "got LISTEN",
              "Something came out differently: Enter goes on, /lesson again")
ok("After it." not in student.text, "which holds the lesson")
student.after("", "After it.", "Enter: the next step")
student.after("", "Step 2 of 2: A client", "Predict: How many sockets?", "- a) one", "type the answer, Enter alone shows it", "answer> ")
student.after("seven", '"seven" is not a choice: a or b', "type the answer")
student.after("/lesson hint", "Hint: count them")
student.after("a", "a: wrong. Try again, or Enter shows the answer")
student.after("b)", "b): right", "Because of both.", "type the line, /lesson hint shows it")
ok("/open" not in student.text, "which is not shown")
student.after("", "type the line, /lesson hint shows it")
student.after("/lesson hint", "/open 127.0.0.1:$S.port as c")
student.after("/open 127.0.0.1:$S.port as c", "connected", "PASS /wait @c open", "Question: Why?")
student.after("/lesson notes", "draw it")
student.after("so that", "you: so that", "compare:", "A model answer.", "Enter: how it went")
student.after("/lesson back", "Step 1 of 2: A server", "Enter runs: /listen 127.0.0.1 0 as S")
student.after("/lesson 1000", "no lesson")
student.after("/lesson again", "Step 1 of 2: A server", "It listens.")
student.after("/lesson stop", "lesson mine: ", "the place is kept")
student.after("", ">")
for once in "What it is about.", "Because of both.", "A model answer.", "Hint: count them":
    same((student.whole + student.text).count(once), 1, "printed once: %s" % once)
student.after("/lesson ./mine.md 2", "Step 2 of 2: A client", "How many sockets?")
ok("Step 1 of 2" not in student.text, "a step that is begun with: the lines before it run by themselves")
student.after("", "the answer is b) two", "Because of both.")
student.after("/lesson next", "FAIL /wait @c open", "Something came out differently")
student.after("", "Question: Why?")
student.after("", "A model answer.", "Enter: how it went")
student.after("", "The lesson is over: ", "answers right", "Enter closes the lesson")
student.after("", "lesson mine: ")
student.after("/lesson", "Hello over TCP", "/lesson 1 starts the first one")
same(student.leave(), 0, "and it is left")

# A narrow terminal has no line that is longer than it.
narrow = Student("--lesson", "1", columns=40)
ok(narrow.sees("Enter begins"), "a lesson at 40 columns")
narrow.after("", "Enter alone shows it")
same([line for line in re.sub(r"\x1b\[[?0-9;]*[a-z]", "", narrow.text).split("\r\n") if len(line.split("\r")[-1]) > 40], [], "whose lines fit")
narrow.leave()
shutil.rmtree(home, ignore_errors=True)
done()
