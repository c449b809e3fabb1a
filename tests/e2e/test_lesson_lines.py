# SPDX-License-Identifier: GPL-3.0-or-later
"""A lesson without a terminal: lines of standard input are what is typed, each taken when it is its turn, and what plain
mode prints is on standard output."""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from script import enter_home, write  # noqa: E402
from tap import done, ok, run, same, watchdog  # noqa: E402

watchdog(120)
home = enter_home()

LESSON = """# Two sockets

- Level: 1
- Minutes: 5

Goal.

## A server

```sockpit
/listen 127.0.0.1 0 echo as S
/open S as c
/try /expect @c nothing within 50ms
```

```check
/wait @c open within 9s
```

## Both

**Predict:** How many sockets?

<details><summary>Answer</summary>

**3**

One more.

</details>

```sockpit type
/send hello
```

```check
/expect @c hello within 9s
```
"""


def take(text, *words):
    status, out, err = run(*words, given=text.encode())
    return status, out.decode(), err.decode()


write("mine.md", LESSON)
status, out, err = take("\n\n\n\n\n4\n3\n/send hello\n\n\n", "--lesson", "./mine.md")
same((status, err), (0, ""), "a lesson whose lines are in a pipe")
at = 0
for part in ("Lesson Two sockets: 2 steps, 5 minutes\n", "Goal.", "Enter begins\n", "Step 1 of 2: A server\n", "Enter runs: /listen 127.0.0.1 0 echo as S\n",
             "listening on 127.0.0.1:", "Enter runs: /open S as c\n", "connected", "Enter runs: /try /expect @c nothing within 50ms\n", "PASS /wait @c open",
             "Enter: the next step\n", "Step 2 of 2: Both\n", "Predict: How many sockets?", "type the answer", "4: wrong. Try again", "3: right",
             "One more.", "type the line, /lesson hint shows it\n", "PASS /expect @c hello", "Enter: how it went\n",
             "The lesson is over: 2 of 2 checks passed, 1 of 1 answers right.", "Enter closes the lesson\n"):
    found = out.find(part, at)
    ok(found >= 0, "in its order: %s" % part.strip())
    at = max(found, at)
ok("\r" not in out and "\x1b" not in out, "as lines, and nothing else")
same([line for line in out.split("\n") if len(line) > 80], [], "of 80 columns at most")

status, out, err = take("", "--plain", "--lesson", "4")
ok(status == 0 and "Lesson 4, A stream has no messages" in out and out.endswith("Enter begins\n"), "without a line it only begins")
status, out, err = take("\n/secret\nS3cret\n/quit\n", "--lesson", "./mine.md", "1")
ok("S3cret" not in out + err and "the line was dropped" in out, "a secret is not typed here")
status, out, err = take("\n\n\n\n", "--lesson", "./mine.md", "--record", "kept.jsonl")
ok(status == 0 and "lesson mine " in open("kept.jsonl", encoding="utf-8").read(), "it is recorded")
status, out, err = take("", "--lesson")
ok(status == 0 and "Hello over TCP" in out, "the list")
status, out, err = take("", "--lesson", "nosuch")
same((status, out, err), (2, "", 'sockpit: no lesson "nosuch": /lesson lists them\n'), "an unknown one")
status, out, err = take("", "--lesson", "1", "--json")
ok(status == 2 and "--json writes to standard output" in err, "JSON would be in between: " + err)
shutil.rmtree(home, ignore_errors=True)
done()
