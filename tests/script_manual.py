# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the examples of sockpit-script(5): each block is named by the comment above it, "example: file NAME" or
"example: run STATUS". Scripts are checked, too."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

top = os.environ["srcdir"]
sys.path.insert(0, os.path.join(top, "tests", "support"))
from tap import done, ok, run, same, watchdog  # noqa: E402

watchdog(120)
home = tempfile.mkdtemp()
os.environ.update(HOME=home, LC_ALL="C")
os.environ.pop("TERM", None)
manual = open(os.path.join(top, "man", "sockpit-script.5"), encoding="ascii").read()
os.chdir(home)

EXAMPLE = r'\.\\" example: (\w+) (\S+)\n\.Bd [^\n]*\n(.*?)\.Ed\n'


def plain(text):
    """As it is seen, without mdoc's escapes."""
    return text.replace("\\&", "").replace("\\e", "\\")


def alike(lines):
    """Descriptors and times are not the same each time, nor are the rows of a ladder between its calls."""
    lines = [re.sub(r"\d+(\.\d+)?", "N", line) for line in lines if "|" not in line or "(" in line]
    return [re.sub(r" +", " ", re.sub(r"^N +(?=.*\|)", "", line.strip())) for line in lines]


same(manual.count('.\\" example: '), len(re.findall(EXAMPLE, manual, re.S)), "each example is found")
same(manual.count(".Bd -literal"), len(re.findall(EXAMPLE, manual, re.S)), "and each block is an example")
for kind, name, block in re.findall(EXAMPLE, manual, re.S):
    block = plain(block)
    if kind == "file":
        with open(name, "w", encoding="ascii") as file:
            file.write(block)
        if name != "mistake.sp":
            status, out, err = run("--check", name)
            given = re.search(r"\$(who|port)", block)
            same((status, err.count(b"no name")), (2, 1) if given else (0, 0), "%s has no mistake" % name)
        continue
    command, _, shown = block.partition("\n")
    words = command[2:].split()
    same(words.pop(0), "sockpit", command)
    status, out, err = run(*words)
    same(status, int(name), "%s: its status" % command)
    if shown or (name == "0" and "skipped" not in out.decode() and "--tap" not in words):
        same(alike((out + err).decode().splitlines()), alike(shown.splitlines()), "%s: what it prints" % command)
    else:
        ok(not err, "%s: prints no error" % command)

# ---- the mail server of the example ----

mail = socket.create_server(("127.0.0.1", 0))


def serve_mail():
    peer = mail.accept()[0]
    lines = peer.makefile("rb")
    peer.sendall(b"220 here\r\n")
    for line in lines:
        peer.sendall({b"EHLO example.org\r\n": b"250-here\r\n250 SIZE 1000\r\n", b"QUIT\r\n": b"221 bye\r\n"}[line])
        if line.startswith(b"QUIT"):
            break
    peer.shutdown(socket.SHUT_WR)
    peer.recv(1)


threading.Thread(target=serve_mail, daemon=True).start()
same(run("-f", "smtp.sp", "127.0.0.1:%d" % mail.getsockname()[1]), (0, b"", b""), "smtp.sp talks to a mail server")

# ---- sockpit(1): a job of GitHub Actions, and one of GitLab CI ----

# Each runs the scripts in tests/ against a server that begins to listen after them.
os.mkdir("tests")
os.rename("answers.sp", "tests/answers.sp")
with open("server", "w", encoding="ascii") as file:
    file.write("#!/bin/sh\nexec %s -c 'import socket, sys\n"
               "peer = socket.create_server((\"127.0.0.1\", int(sys.argv[1]))).accept()[0]\n"
               "peer.sendall(peer.recv(100))' $1\n" % sys.executable)
os.chmod("server", 0o755)
page = open(os.path.join(top, "man", "sockpit.1"), encoding="utf-8").read()
os.makedirs("sockpit/_build")
os.symlink(shutil.which("sockpit"), "sockpit/_build/sockpit")
lines = re.findall(r"^ *- (?:run: )?(\./server 5000 & sockpit/_build/sockpit .*)$", page, re.M)
same(len(lines), 2, "two jobs")
for line in lines:
    with socket.socket() as held:  # the server may bind there, and no program gets it by asking for any
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        job = subprocess.run(["sh", "-c", line.replace("5000", str(port))], capture_output=True, check=False, timeout=60)
    same((job.returncode, job.stderr), (0, b""), line)
with open("report.xml", encoding="utf-8") as file:
    ok("tests/answers.sp:6: /expect ping" in file.read(), "the report")
subprocess.run(["rm", "-r", home], check=True)
done()
