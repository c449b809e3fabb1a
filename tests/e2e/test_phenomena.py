# SPDX-License-Identifier: GPL-3.0-or-later
"""sockpit-lesson(5): its lesson is one, its forty phenomena are seen where it says."""

import os
import re
import sys

top = os.environ["srcdir"]
sys.path.insert(0, os.path.join(top, "tests", "support"))
from script import enter_home, read_text, script, write  # noqa: E402
from tap import done, ok, run, same, watchdog  # noqa: E402

watchdog(120)
manual = read_text(os.path.join(top, "man", "sockpit-lesson.5"))
lessons = {}
for name in os.listdir(os.path.join(top, "src", "lessons")):
    if name.endswith(".md"):
        text = read_text(os.path.join(top, "src", "lessons", name))
        lessons[int(name[:2])] = re.findall(r"^## (.*)$", text, re.M)
enter_home()

files = {name: block.replace("\\e", "\\").replace("\\&", "")
         for name, block in re.findall(r'\.\\" example: file (\S+)\n\.Bd [^\n]*\n(.*?)\.Ed\n', manual, re.S)}
status, out, err = run("--lesson-check", write("./mine.md", files.pop("mine.md")))
same((status, err), (0, b""), "the lesson of the manual is one")
same(out.decode().count("\nok "), 2, "its checks pass: " + out.decode())

same((*script(files.pop("handouts.sp")),)[::2], (0, ""), "the handouts of the manual are written")
same(len([name for name in os.listdir(".") if name.endswith(".html")]), 4, "four of them")

phenomena = re.findall(r"^\.It (\d+)\n(.*?)(?=^\.It|^\.El)", manual[manual.index(".Sh FORTY"):], re.M | re.S)
same([int(number) for number, _ in phenomena], list(range(1, 41)), "there are forty phenomena")
for number, text in phenomena:
    typed = files.pop("phenomenon%s.sp" % number, None)
    what = text.split("\n")[0].rstrip(":")
    if typed:
        ok(typed.count("\n") <= 6, "%s: at most six lines" % what)
        same((*script(typed),)[::2], (0, ""), "%s: it is so" % what)
    places = re.search(r"^lesson (.*?)(?: \([^)]*\))?(?:\.|; or typed:)$", text, re.M)
    ok(places, "%s: a lesson shows it" % what)
    for place in places[1].split("; ") if places else ():
        lesson, _, step = place.partition(", ")
        ok(step in lessons[int(lesson)], "lesson %s has the step %s" % (lesson, step))
same(files, {}, "each example belongs to a phenomenon")

done()
