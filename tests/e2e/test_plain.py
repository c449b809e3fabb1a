# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain mode: answers come in their order and whole, and help names only what is there."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403
from plain import Plain  # noqa: E402


def answers():
    plain = Plain("--demo")
    ok(plain.sees("connected"), "a session")
    plain.type("/view trace")
    ok(plain.sees("demo, trace"), "in a trace, which has no answers")
    plain.type("/option nodelay on")
    ok(plain.sees("TCP_NODELAY is on") and plain.sees("setsockopt(TCP_NODELAY"), "an answer, and its calls")
    ok(plain.text.index("setsockopt(TCP_NODELAY") < plain.text.index("TCP_NODELAY is on"), "the calls come first")
    plain.type("/nonsense\r/set eol")
    ok(plain.sees("no such command") and plain.sees("lf|crlf"), "two answers in the same moment")
    plain.type("/wait closed within 10ms")
    ok(plain.sees("is not closed within"), "an answer that comes later")
    same(plain.leave(), 0, "leaves")
    plain = Plain("--demo", columns=40)
    plain.type("/view hex")
    ok(plain.sees("demo, hex"), "a narrow terminal")
    plain.type("/help nosuchthing")
    ok(plain.sees("commands"), "an answer that is wider than it")
    ok(all(len(line) < 40 for line in plain.text.replace("\r", "\n").split("\n")), "is wrapped")
    same(plain.leave(), 0, "leaves")


def keys():
    plain = Plain("--demo")
    ok(plain.sees("connected"), "a session")
    plain.type("/help")
    ok(plain.sees("/h help"), "help")
    ok("F5" in plain.text, "has the keys that run commands")
    ok("scroll up" not in plain.text and "closes a page" not in plain.text, "but not those of a window")
    same(plain.leave(), 0, "leaves")


def filtered():
    """What a filter hides is not printed; what is typed is answered all the same."""
    plain = Plain("--demo")
    ok(plain.sees("connected"), "a session")
    plain.type("/filter err")
    ok(plain.sees("filtered from now on by err: /filter off shows everything"), "a filter")
    plain.type("a line\ran err\rlast err")
    ok(plain.sees("←  last err") and "←  an err" in plain.text, "prints what has it")
    ok("a line⏎" not in plain.text, "and nothing else")
    plain.type("/filter not err")
    ok(plain.sees("by not err"), "another one")
    plain.type("an err\rthe other")
    ok(plain.sees("←  the other") and "←  an err" not in plain.text, "prints what has it not")
    plain.type("/nonsense")
    ok(plain.sees("no such command"), "a mistake is reported")
    plain.type("/ladder %s/file\r/ladder %s/file" % (plain.home, plain.home))
    ok(plain.sees("exists: the same command again"), "a question")
    plain.type("an err\ranother")
    ok(plain.sees("←  another") and "←  an err" not in plain.text, "leaves the filter as it is")
    plain.type("/filter off")
    ok(plain.sees("everything is shown from now on"), "none")
    plain.type("an err")
    ok(plain.sees("←  an err"), "prints everything")
    same(plain.leave(), 0, "leaves")
    plain = Plain("--demo", start_up="/filter err\n")
    plain.type("a line\ran err")
    ok(plain.sees("←  an err") and "←  a line" not in plain.text, "one of the start-up file")
    same(plain.leave(), 0, "leaves")


answers()
keys()
filtered()
done()
