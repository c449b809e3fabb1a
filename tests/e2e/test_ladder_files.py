# SPDX-License-Identifier: GPL-3.0-or-later
"""Ladders of a real conversation as files: text and SVG, whole or not at all."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import done, ok, same, watchdog  # noqa: E402
from plain import Plain  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
WORK = tempfile.mkdtemp()


def read(name):
    with open(os.path.join(WORK, name), encoding="utf-8") as file:
        return file.read()


def write_ladder(plain, name):
    plain.type("/ladder " + os.path.join(WORK, name))
    return ok(plain.sees("the ladder of session 2"), "%s is written" % name)


def check_text(text):
    rows = text.split("\n")
    ok(rows[0].startswith("LADDER 2 ⇄ 3   loopback"), "the heading names both ends")
    ok(max(map(len, rows)) <= 100, "as wide as a page")
    wanted = ["── SYN o", "←── SYN,ACK o", "── ACK o", "send(\"hello\\n\") = 6", "recv("]
    places = [text.find(word) for word in wanted]
    ok(-1 not in places and places == sorted(places), "in the order of time")
    same(text.count("data 0..5 o"), 2, "each data segment once")
    ok("/ladder" not in text, "without what was typed")


def check_drawing(name):
    root = ET.parse(os.path.join(WORK, name)).getroot()
    same(root.tag, SVG + "svg", "an SVG document")
    texts = ["".join(text.itertext()) for text in root.iter(SVG + "text")]
    ok("data 0..5 o" in texts and "SYN,ACK o" in texts, "with the segments")
    ok("send(\"hello\\n\") = 6" in texts and "ESTABLISHED *" in texts, "calls and states")
    ok(all(0 <= int(text.get("x")) <= int(root.get("width")) and 0 <= int(text.get("y")) <= int(root.get("height"))
           for text in root.iter(SVG + "text")), "all of it on the page")
    ok(root.find(SVG + "title") is not None, "and a title")


def check_files(plain):
    write_ladder(plain, "a.txt")
    entries = re.search(r"session 2, (\d+) entries", plain.text)
    ok(entries and int(entries.group(1)) > 6, "it says how many entries")
    check_text(read("a.txt"))
    same(os.stat(os.path.join(WORK, "a.txt")).st_mode & 0o777, 0o600, "for its owner alone")
    write_ladder(plain, "a.SVG")
    check_drawing("a.SVG")
    with open(os.path.join(WORK, "old.txt"), "w", encoding="utf-8") as file:
        file.write("old")
    plain.type("/ladder " + os.path.join(WORK, "old.txt"))
    ok(plain.sees("old.txt exists: the same command again within 10 s overwrites it"), "a file that exists: it asks")
    same(read("old.txt"), "old", "and leaves it alone")
    write_ladder(plain, "old.txt")
    check_text(read("old.txt"))
    plain.type("/ladder! " + os.path.join(WORK, "a.txt"))
    ok(plain.sees("the ladder of session 2"), "with a ! it does not ask")


def check_failures(plain):
    plain.type("/ladder " + os.path.join(WORK, "nowhere", "a.svg"))
    ok(plain.sees("a.svg: no such file or directory"), "a path that does not exist: one line")
    plain.type("/ladder " + WORK)
    ok(plain.sees("directory"), "a directory: one line")
    same(sorted(os.listdir(WORK)), ["a.SVG", "a.txt", "old.txt"], "no half file is left")


def check_hand_made(program):
    for name in "conversation", "hostile":
        drawing = subprocess.run([program, name], capture_output=True, check=True).stdout
        ok(ET.fromstring(drawing) is not None, "an XML parser reads the drawing: " + name)


watchdog(60)
plain = Plain("--demo")
plain.sees("connected")
plain.type("hello")
ok(plain.sees("←"), "an echo")
check_files(plain)
check_failures(plain)
same(plain.leave(), 0, "it ends well")
program = os.path.join(os.environ.get("builddir", "."), "tests", "view", "test_ladder_svg")
if os.path.exists(program):
    check_hand_made(program)
shutil.rmtree(WORK)
done()
