# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the examples of all pages of the manual. Each block, and each line by itself, has a comment above it that says how:

example: file NAME       it is the file NAME; a script is checked, too
example: run STATUS      commands of the shell, and what they print
example: window TEXT     a command that opens the window, where TEXT is seen
example: transfer COPY   a receiver, and a sender of the file "file"
example: lines           lines that are typed in the window
example: python          a program
example: job             the last command of a job in continuous integration
example: none            no example, but a picture

and after a semicolon what it needs: "echo PORT", a server there; "client PORT", a client of what listens there; "log
NAME"; "server", a session of that name; "sandbox"; "multicast"; "tls". Ports are replaced by free ones."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading

top = os.path.abspath(os.environ["srcdir"])
sys.path.insert(0, os.path.join(top, "tests", "support"))
from plain import Plain  # noqa: E402
from script import enter_home, read, write  # noqa: E402
from tap import DEADLINE, done, ok, same, skip, watchdog  # noqa: E402

watchdog(240)
enter_home()
os.environ.update(LC_ALL="C")
os.environ.pop("TERM", None)

PORTS = r"\b(25|5000|5432|6379|7001|7002|8080)\b"


class Window(Plain):
    mode = ()


def plain(text):
    """As it is seen, without mdoc's escapes."""
    for escape, what in (("\\&", ""), ("\\(aq", "'"), ("\\(dq", '"'), ("\\e", "\\")):
        text = text.replace(escape, what)
    return text


def examples(page):
    """Of a page: each mark, "" where there is none, with the text of its block."""
    with open(os.path.join(top, "man", page), encoding="utf-8") as file:
        lines = file.read().splitlines()
    mark, found = "", []
    while lines:
        line = lines.pop(0)
        if line.startswith(".Bd"):
            end = lines.index(".Ed")
            found.append((mark, plain("\n".join(lines[:end]) + "\n")))
            del lines[:end]
        elif line.startswith(".Dl "):
            block = [line[4:]]
            while lines and lines[0].startswith(".Dl "):
                block.append(lines.pop(0)[4:])
            found.append((mark, plain("\n".join(block) + "\n")))
        mark = line[len('.\\" example: '):] if line.startswith('.\\" example: ') else ""
    return found


def hold():
    """A port on which a program may listen, and which no other gets by asking for any."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    return held


def echo():
    server = socket.create_server(("127.0.0.1", 0))

    def answer(peer):
        with peer:
            try:
                while data := peer.recv(4096):
                    peer.sendall(data)
            except OSError:
                pass

    def serve():
        while True:
            threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return server


def call(port):
    """A client that sends a line once somebody listens, and stays till the server goes."""
    def talk():
        listening = threading.Event()
        for _ in range(int(DEADLINE * 20)):
            try:
                with socket.create_connection(("127.0.0.1", port)) as client:
                    client.sendall(b"hello\n")
                    client.recv(1)
                return
            except OSError:
                listening.wait(0.05)
    threading.Thread(target=talk, daemon=True).start()


def shell(command):
    ended = subprocess.run(["sh", "-c", command], capture_output=True, check=False, timeout=4 * DEADLINE, stdin=subprocess.DEVNULL)
    return ended.returncode, ended.stdout.decode(), ended.stderr.decode()


def has_sandbox():
    return shell("sockpit -f %s" % write("skip.sp", "/skip unless sandbox\n/say here\n"))[1] == "here\n"


def alike(text):
    """Descriptors and times are not the same each time, nor are the rows of a ladder between its calls."""
    lines = [re.sub(r"\d+(\.\d+)?", "N", line) for line in text.splitlines() if "|" not in line or "(" in line]
    return [re.sub(r" +", " ", re.sub(r"^N +(?=.*\|)", "", line.strip())) for line in lines]


def run_commands(block, status, title):
    """Each line after "$ " is a command, and what follows it is what it prints."""
    for part in re.split(r"(?m)^\$ ", block)[1:]:
        command, _, shown = part.partition("\n")
        if command.startswith("jq ") and not shutil.which("jq"):
            skip("no jq: %s" % command)
            continue
        got, out, err = shell(command)
        same(got, status, "%s: the status of %s" % (title, command))
        if shown or (command.startswith("sockpit -f") and "-o" not in command and status == 0):
            same(alike(out + err), alike(shown), "%s: what it prints" % command)
        elif command.startswith("echo PING"):
            same((out, err), ("PING\n", ""), "%s: what it prints" % command)
        elif "-zv" not in command:
            ok(not err, "%s: it prints no error" % command)


def run_file(name, block, title):
    write(name, block)
    if name.endswith(".sp") and name != "mistake.sp":
        status, _, err = shell("sockpit --check %s" % name)
        given = re.search(r"\$(who|port)\b", block)
        same((status, err.count("no name")), (2, 1) if given else (0, 0), "%s: %s has no mistake" % (title, name))


def run_window(command, text, title):
    window = Window(*command.split()[1:], columns=120)
    ok(window.sees(text), "%s: a window that shows %s" % (title, text))
    same(window.leave(), 0, "%s: it ends well" % title)


def run_transfer(block, copy, title):
    receiver, sender = [line[2:] for line in block.splitlines()]
    write("file", os.urandom(100000))
    process = subprocess.Popen(["sh", "-c", "exec " + receiver.replace("sockpit", "sockpit -v")], stderr=subprocess.PIPE)
    heard = process.stderr.readline()
    while heard and not heard.startswith(b"Listening"):
        heard = process.stderr.readline()
    ok(heard, "%s: it listens" % title)
    same(shell(sender)[0], 0, "%s: what is sent" % title)
    same((process.wait(DEADLINE), read(copy) == read("file")), (0, True), "%s: comes as it was" % title)
    process.stderr.close()


def run_lines(block, needs, title):
    if "sandbox" in needs and not has_sandbox():
        skip("%s: no sandbox" % title)
        return
    if "tls" in needs and "built without OpenSSL" in shell("sockpit tls://127.0.0.1:1")[2]:
        skip("%s: no OpenSSL" % title)
        return
    if "server" in needs:
        block = "/listen udp 127.0.0.1 0 echo as server\n" + block
    if "multicast" in needs:
        block = "/listen udp 239.1.2.3 5000 as group\n".join(block.split("/listen udp 239.1.2.3 5000\n"))
    status, _, err = shell("sockpit -f %s" % write("lines", block))
    same((status, err), (0, ""), "%s: lines as typed" % title)


def run_job(block, title):
    """The server begins to listen after the scripts in tests/ have begun."""
    command = re.search(r"(?m)^ *- (?:run: )?(\./server 5000 & sockpit/_build/sockpit .*)$", block).group(1)
    with hold() as held:
        status, _, err = shell(command.replace("5000", str(held.getsockname()[1])))
    same((status, err), (0, ""), "%s: %s" % (title, command))


def run_example(mark, block, title):
    words, _, needs = mark.partition("; ")
    kind, _, word = words.partition(" ")
    held, ports, servers = [], {}, []
    if kind not in ("none", "job", "file", "python") or "file ping.sp" == words:
        block = block.replace("mail.example.org 25", "127.0.0.1:25")
        for port in sorted(set(re.findall(PORTS, block))):
            if re.search(r"echo %s\b" % port, needs) or words == "file ping.sp":
                servers.append(echo())
                ports[port] = servers[-1].getsockname()[1]
            else:
                held.append(hold())
                ports[port] = held[-1].getsockname()[1]
        if "multicast" not in needs:
            block = re.sub(PORTS, lambda match: str(ports[match.group()]), block)
    if "client" in needs:
        call(ports[needs.split()[-1]])
    if "log" in needs and kind == "run":
        same(shell("sockpit -f echo.sp -o %s" % needs.split()[-1])[0], 0, "%s: a log" % title)
    if kind == "file":
        run_file(word, block, title)
        return  # the server of ping.sp stays
    if kind == "run":
        run_commands(block, int(word), title)
    elif kind == "window":
        run_window(block[2:].strip(), word, title)
    elif kind == "transfer":
        run_transfer(block, word, title)
    elif kind == "lines":
        run_lines(block, needs, title)
    elif kind == "job":
        run_job(block, title)
    elif kind == "python":
        write("program.py", block)
        got = shell("%s program.py" % sys.executable)
        ok(got[0] == 0 and "Hello, server!" in got[1], "%s: a program" % title)
    else:
        same(kind, "none", "%s: a kind of example" % title)
    for one in held:
        one.close()


# ---- the server of the jobs ----

os.makedirs("sockpit/_build")
os.symlink(shutil.which("sockpit"), "sockpit/_build/sockpit")
write("server", "#!/bin/sh\nexec %s -c 'import socket, sys\n"
      "peer = socket.create_server((\"127.0.0.1\", int(sys.argv[1]))).accept()[0]\n"
      "peer.sendall(peer.recv(100))' $1\n" % sys.executable)
os.chmod("server", 0o755)
os.mkdir("tests")

# ---- all pages: that of scripts first, since others use its files ----

pages = sorted(os.listdir(os.path.join(top, "man")), key=lambda page: (page != "sockpit-script.5", page))
for page in pages:
    if not page.startswith("sockpit"):
        continue
    found = examples(page)
    if page == "sockpit-script.5":
        for mark, block in found:
            if mark == "file answers.sp":
                write("tests/answers.sp", block)
    for number, (mark, block) in enumerate(found, 1):
        title = "%s, example %d" % (page, number)
        if not mark:
            ok(False, "%s says how it is run: %s" % (title, block.splitlines()[0]))
            continue
        run_example(mark, block, title)
ok("tests/answers.sp:6: /expect ping" in read("report.xml").decode(), "the report of a job")

# ---- the mail server of a script ----

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
same(shell("sockpit -f smtp.sp 127.0.0.1:%d" % mail.getsockname()[1]), (0, "", ""), "smtp.sp talks to a mail server")
done()
