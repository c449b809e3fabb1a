# SPDX-License-Identifier: GPL-3.0-or-later
"""Homework that is begun on the command line: sockpit --lesson NAME --record FILE, also of a lesson and into a file whose
names have blanks; and by /lesson."""

import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from script import enter_home, read_text, write  # noqa: E402
from tap import done, ok, run, same, watchdog  # noqa: E402

watchdog(120)
home = enter_home()

LESSON = """# Short

- Level: 1
- Minutes: 5

Goal.

## One

```sockpit
/listen 127.0.0.1 0 as S
```

## Two

**Question:** How many?

<details><summary>Answer</summary>

**2**

</details>
"""


class Window(Plain):
    mode = ()


def graded(name):
    status, out, _ = run("--grade", name)
    return status, out.decode()


write("my lesson.md", LESSON)
write("short.md", LESSON)

window = Window("--lesson", "./my lesson.md", "2", "--record", "it's \"my\" file.jsonl", columns=100)
ok(window.sees("How many?"), "a lesson at a step, whose file has a blank in its name")
window.type("2")
ok(window.sees("right"), "an answer")
same(window.leave(), 0, "the window is left")
text = read_text("it's \"my\" file.jsonl")
ok("lesson my lesson " in text and "step 2: Two" in text and ", right: 2 [" in text, "steps and answers are in the recording, whatever its name")
same(os.stat("it's \"my\" file.jsonl").st_mode & 0o777, 0o600, "for its owner alone")

window = Window(columns=100)
window.sees("quits")
for n, word in enumerate(("--record", "record")):
    window.type("/lesson ./short.md 1 %s %d.jsonl" % (word, n))
    ok(window.sees("Goal.") or window.sees("listen"), "/lesson %s" % word)
    window.type("/lesson next")
    window.type("/lesson stop")
    ok(window.sees("%d.jsonl is closed" % n), "which is stopped")
    ok("lesson short " in read_text("%d.jsonl" % n), "has its recording")
for words, why in (("4 --record", "record needs a file"), ("4 'x", "a quote does not end"), ("4 1 2", '"2" is neither a step nor'),
                   ("4 --recrod x", "is neither a step nor record FILE")):
    window.type("/lesson " + words)
    ok(window.sees(why), "/lesson %s: %s" % (words, why))
window.leave()

window = Window("--lesson", "4", "x", columns=100)
ok(window.sees('"x" is not a step'), "a step that is none is said")
window.leave()
window = Window("--lesson", "nosuch", "--record", "x.jsonl", columns=100)
ok(window.sees('no lesson "nosuch"') and not os.path.exists("x.jsonl"), "and a lesson that is none, which has no recording")
window.leave()
status, out = graded("0.jsonl")
ok("short" in out, "--grade reads it: " + out)
shutil.rmtree(home, ignore_errors=True)
done()
