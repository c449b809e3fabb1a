# SPDX-License-Identifier: GPL-3.0-or-later
"""/lesson export: a lesson on paper, a page that is well-formed, has room for the answers and not the answers, and in which
nothing of a lesson is markup."""

import glob
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import chromium  # noqa: E402
from page import check_page, look  # noqa: E402
from plain import Plain  # noqa: E402
from script import enter_home, read_text, script, write  # noqa: E402
from tap import done, is_sanitized, ok, same, skip, watchdog  # noqa: E402

watchdog(240)
home = enter_home()

LESSON = """\
# Two <i>sockets</i> & "more"

- Level: 2
- Minutes: 5
- Needs: ipv6

What *it* is **about**: `a < b`, [words](https://example.org/).

> **Teacher:** a note of the goal

## A server & </h2>

- one
  - within </li>
- two, that
  goes on

1. first
2. second

| Cure | Cost |
|---|---|
| `cork` | <none> |
| a \x1b[31m | |

> quoted

### Smaller

```python
if a < b:
    print("</pre>")
```

```sockpit
/listen 127.0.0.1 0 as S
/send @S </pre><script>alert(1)</script>
/wait @S closed within 1s &
```

```check
/assert @S.state is LISTEN within 2s
```

## A client

**Predict:** How many <b>sockets</b>, `now`?

- a) one <hr>
- b) two

<details><summary>Answer</summary>

**b**

Because of </div> both.

</details>

> **Hint:** count </p> them

```sockpit type
/open 127.0.0.1:$S.port as secretword
```

**Question:** How long?

<details><summary>Answer</summary>

**30 to 250** ms

Delayed.

</details>

**Question:** Why?

<details><summary>Answer</summary>

A model answer.

</details>

> **Teacher:** draw <it>
"""
HIDDEN = "Because of </div> both.", "count </p> them", "secretword", "30 to 250", "Delayed.", "A model answer.", "/assert"
NOTES = "a note of the goal", "draw <it>"


def export(words):
    return script("/lesson export %s\n" % words)


def own():
    write("mine.md", LESSON)
    status, out, err = export("./mine.md mine.html")
    same((status, err), (0, ""), "a handout of a lesson of one's own")
    same(out, 'mine.html: the handout of "Two <i>sockets</i> & "more"", with room for answers\n', "which says what it is")
    same(os.stat("mine.html").st_mode & 0o777, 0o600, "for its owner alone")
    page = check_page("mine.html")
    for words in ('Two <i>sockets</i> & "more"', "Level 2, for those who know the calls; 5 minutes; 2 steps; needs ipv6.", "a < b", "words",
                  "1. A server & </h2>", "within </li>", "two, that goes on", "second", "<none>", "a ^[[31m", "quoted", "Smaller",
                  'print("</pre>")', "/send @S </pre><script>alert(1)</script>", "/wait @S closed within 1s &\n", "How many <b>sockets</b>, now?",
                  "a) one <hr>", "b) two", "You type:", "Name:", " ms\n", "Why?"):
        ok(words in page.words, "it has: %s" % words)
    ok("example.org" not in page.source, "of a link the words")
    for words in HIDDEN + NOTES:
        ok(words not in page.words, "it has not: %s" % words)
    for tag in ("<em>it</em>", "<strong>about</strong>", "<li>one\n<ul>\n<li>within", '<ol start="1">', '<th scope="col">Cure</th>',
                "<td><code>cork</code></td>", "<h3>Smaller</h3>"):
        ok(tag in page.source, "Markdown is markup: %s" % tag)
    same(page.source.count('class="line"'), 5, "a line for what is typed, and four for an answer in words")
    same(page.source.count('class="gap"'), 3, "room for a number, a name and a date")
    same(page.words.count("☐"), 2, "a box for each choice")


def with_answers():
    status, out, err = export("./mine.md key.html answers notes")
    same((status, err), (0, ""), "a handout with answers and notes")
    ok(out.endswith('with the answers and the notes for the teacher\n'), "which says so: " + out)
    page = check_page("key.html")
    for words in HIDDEN + NOTES + ("Answer: b) two", "This copy has the answers."):
        ok(words in page.words, "it has: %s" % words)
    ok('class="line"' not in page.source and "Name:" not in page.words, "and no room")
    export("./mine.md notes.html notes")
    page = check_page("notes.html")
    ok(all(words in page.words for words in NOTES) and not any(words in page.words for words in HIDDEN), "notes alone bring no answers")


def built_in():
    names = [os.path.basename(name)[:-3] for name in sorted(glob.glob(os.path.join(os.environ["srcdir"], "src", "lessons", "*.md")))]
    same(len(names), 17, "there are seventeen lessons")
    status, _, err = script("".join("/lesson export %s\n/lesson export %d %d.htm answers notes\n" % (name, i, i)
                                    for i, name in enumerate(names, 1)))
    same((status, err), (0, ""), "each has a handout, in a file of its name")
    for i, name in enumerate(names, 1):
        page, key = check_page(name + ".html"), check_page("%d.htm" % i)
        ok("Lesson %d: " % i in page.words and "sockpit --lesson %d." % i in page.words, "%s: its title" % name)
        ok("Answer: " in key.words and key.words.count("For the teacher:") >= 1 and "For the teacher:" not in page.words,
           "%s: answers and notes on request only" % name)
        ok("**" not in key.words and "`" not in key.words and "<details>" not in key.words, "%s: no Markdown is left" % name)
    status, _, err = export("./4.html")
    same((status, err), (0, ""), "the name of the page may be that of the lesson")
    ok("Lesson 4: " in read_text("4.html"), "which is in it")


def refusals():
    for words, why in (("", "export which lesson? /lesson export 4 FILE.html"), ("nosuch", 'no lesson "nosuch": /lesson lists them'),
                       ("99.html", 'no lesson "99"'), ("4 x.txt", "a handout is a page: its name ends in .html"),
                       ("4 x.html answer", '"answer" is neither answers nor notes'), ("4 'x.html", "a quote does not end"),
                       ("./none.md x.html", "./none.md: "), ("4 /nowhere/x.html", "/nowhere"), (".html", "a handout is a page|no lesson")):
        status, _, err = export(words)
        ok(status and any(part in err for part in why.split("|")) and err.count("\n") == 1 and not os.path.exists("x.html"),
           "/lesson export %s is refused: %s" % (words, err.strip()))
    write("there.html", "old")
    status, _, err = export("4 there.html")
    ok(status == 1 and "there.html exists: /lesson! overwrites it" in err and read_text("there.html") == "old", "a file that is there stays")
    status, _, err = script("/lesson! export 4 there.html\n")
    same((status, err), (0, ""), "unless it is forced")
    ok("Lesson 4: " in read_text("there.html"), "and then it is the handout")
    status, _, err = script("/lesson! 4\n")
    ok(status and "only export writes a file" in err, "nothing else can be forced: " + err)


def typed():
    plain = Plain()
    plain.type("/lesson export udp-exactly paper.html")
    ok(plain.sees('paper.html: the handout of "UDP, exactly", with room for answers'), "a person is told, too")
    plain.type("/lesson export udp-exactly paper.html")
    ok(plain.sees("paper.html exists: the same command again within"), "and asked before it is overwritten")
    plain.type("/lesson export udp-exactly paper.html")
    ok(plain.sees("the handout of"), "the same again does it")
    plain.leave()
    check_page("paper.html")


def in_a_browser():
    if not chromium.PROGRAM or is_sanitized():
        skip("no Chromium is installed, or it would be too slow")
        return
    browser = chromium.Chromium()
    if browser.start():
        for name in "mine.html", "key.html", "08-aborting.html", "10.htm", "16.htm":
            look(browser, name)
        ok(browser.pdf().startswith(b"%PDF"), "it can be printed")
    else:
        skip("Chromium does not start here")
    browser.close()


own()
with_answers()
built_in()
refusals()
typed()
in_a_browser()
shutil.rmtree(home, ignore_errors=True)
done()
