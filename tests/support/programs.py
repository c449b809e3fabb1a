# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that /code writes: written, compiled, run."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import *  # noqa: E402,F403

WORK = tempfile.mkdtemp()
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
STRICT = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1"]
LANGUAGES = ["python"] + (["c"] if COMPILER else [])


def port_on(plain, verb="listening"):
    plain.sees("loopback only")
    found = re.search(verb + r" on 127\.0\.0\.1:(\d+)", plain.text)
    return int(found.group(1)) if found else 0


def export(plain, language, session=None):
    """The program's path, as /code wrote it."""
    path = os.path.join(WORK, "session." + ("py" if language == "python" else "c"))
    if os.path.exists(path):
        os.unlink(path)
    plain.type("/code %s%s %s" % ("@%s " % session if session else "", language, path))
    ok(plain.sees("is a program now"), "/code %s writes a file" % language)
    return path


def command_for(path):
    if path.endswith(".py"):
        return [sys.executable, path]
    program = path[:-2]
    with open(path, encoding="utf-8") as file:
        libraries = ["-lssl", "-lcrypto"] if "-lssl -lcrypto" in file.read(400) else []
    built = subprocess.run([COMPILER, *STRICT, "-o", program, path, *libraries], capture_output=True, text=True)
    ok(built.returncode == 0, "it compiles without a warning")
    if built.returncode:
        print("# " + built.stderr[:2000].replace("\n", "\n# "), flush=True)
    return [program]


def start(path):
    return subprocess.Popen(command_for(path), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process):
    try:
        out, err = process.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return "timeout", out, err
    return process.returncode, out, err


def programs_of(plain, session=None):
    """What to run for each language, built once."""
    commands = {}
    for language in LANGUAGES:
        path = export(plain, language, session)
        kept = os.path.join(tempfile.mkdtemp(dir=WORK), os.path.basename(path))
        os.rename(path, kept)
        commands[language] = command_for(kept)
    return commands


def launch(command):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
