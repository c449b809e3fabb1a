# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings of lessons, made as a student makes them, but that nobody types: the lesson runs as a script, and the notes
that the program would have written are put into its log."""

import base64
import datetime
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from script import write  # noqa: E402
from tap import run  # noqa: E402

MARK = "lesson "


def digest(text):
    value = 0xcbf29ce484222325
    for byte in text:
        value = (value ^ byte) * 0x100000001b3 % 2 ** 64
    return "%016x" % value


BEGIN = 2166136261


def fnv(value, data):
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xffffffff
    return value


def seal(before, calls, note):
    return fnv(BEGIN ^ before ^ calls, note.encode())


def instant(time):
    """Nanoseconds since 1970 of a time in a log."""
    second, fraction, zone = re.fullmatch(r"(.*)\.(\d{9})(.*)", time).groups()
    return int(datetime.datetime.fromisoformat(second + zone).timestamp()) * 10 ** 9 + int(fraction)


def digest_call(digest, entry):
    """As src/log/log_digest.c has it."""
    peer = entry.get("peer", {})
    name = {"errqueue": "recvmsg"}.get(entry["call"], entry["call"])
    digest = fnv(digest, name.encode())
    for number in instant(entry["time"]), entry["session"], entry.get("errno", 0), peer.get("port", 0):
        digest = fnv(digest, number.to_bytes(8, "little"))
    if not re.match("((send|recv)(to|from|msg)?|SSL_(read|write))$", entry["call"]) or entry.get("secret"):
        return digest
    data = base64.b64decode(entry["base64"]) if "base64" in entry else entry.get("text", "").encode()
    return fnv(fnv(digest, len(data).to_bytes(8, "little")), data[:512])


def blocks(text):
    """(kind, line, text) of all that happens in a lesson: step, run, check, question (with the right answer)."""
    fence = question = None
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("```"):
            fence = None if fence is not None else line[3:].strip()
        elif fence in ("sockpit", "sockpit type", "check"):
            if line.strip() and not line.strip().startswith("#"):
                yield ("check" if fence == "check" else "run"), number, line
        elif fence is not None:
            continue
        elif line.startswith("## "):
            yield "step", number, line[3:]
        elif re.match(r"\*\*(Predict|Question):\*\*", line):
            question = number
        elif question and "<summary>" in line:
            line = ""
        elif question and line == "</details>":
            yield "question", question, "an answer in words"
            question = None
        elif question and re.match(r"\*\*(?:[a-z]\)?|-?[\d.,]+( to [\d.,]+)?( \w+)?)\*\*", line):
            yield "question", question, line.split("**")[1].split(" to ")[0].rstrip(")")
            question = None


def script_of(name, text, answers, steps):
    yield "/say %s%s %s" % (MARK, name, digest(text.encode()))
    step = 0
    for kind, line, what in blocks(text):
        if kind == "step":
            step += 1
            if steps and step > steps:
                return
            yield "/say %sstep %d: %s" % (MARK, step, what)
        elif kind == "question":
            for answer, verdict in answers.get(line, [(what, "to read" if " " in what else "right")]):
                if answer is None:
                    yield "/say %sanswer at line %d shown" % (MARK, line)
                else:
                    yield "/say %sanswer at line %d, %s: %s" % (MARK, line, verdict, answer)
        else:
            yield what
            if kind == "check":
                yield "/say %scheck at line %d, passed: %s" % (MARK, line, what)
    yield "/say %sover: %s" % (MARK, name)


def sealed(lines):
    """Notes of the lesson as the program writes them, each with a seal."""
    before, calls = 0, BEGIN
    for line in lines:
        entry = json.loads(line)
        text = entry.get("text", "")
        if entry["type"] == "call":
            calls = digest_call(calls, entry)
        elif entry["type"] == "header":
            calls = BEGIN
        elif entry["type"] == "note" and entry.get("said") and text.startswith(MARK):
            entry = {"type": "note", "time": entry["time"], "session": 0}
            if re.fullmatch(MARK + r"\S+ [0-9a-f]{16}", text):
                before = 0
            before, calls = seal(before, calls, text), BEGIN
            entry["text"] = "%s [%08x]" % (text, before)
            line = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        yield line


def record(name, text, to, answers={}, steps=None):
    """Takes a lesson, and returns its recording; `answers`: a list of (answer, verdict) for the line of a question;
    `steps`: after how many of them it stops."""
    lines = list(script_of(name, text, answers, steps))
    status, out, err = run("-f", write("homework.sp", "\n".join(lines) + "\n"), "-o", "homework.jsonl", timeout=120)
    with open("homework.jsonl", encoding="utf-8") as log:
        recorded = list(sealed(log.read().split("\n")[:-1]))
    os.remove("homework.jsonl")
    write(to, "\n".join(recorded) + "\n")
    return status, (out + err).decode()
