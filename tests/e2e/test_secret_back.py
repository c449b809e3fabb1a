# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret that comes back, from a service of ours or from a peer, is in no file and in no message."""

import base64
import os
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from script import enter_home, read, read_text, script  # noqa: E402
from tap import DEADLINE, done, ok, run, same, watchdog  # noqa: E402

SECRET = "Zq7xW9vKp3"
GIVEN = dict(os.environ, SECRET=SECRET, SECRET_1=SECRET)
PIECES = [SECRET[at:at + 4].encode() for at in range(len(SECRET) - 3)]
LOGS = "".join("/log! %s.%s\n" % (name, end) for name, end in (
    ("all", "log"), ("all", "jsonl"), ("one", "raw-in"), ("one", "raw-out"), ("one", "dump as text2pcap")))


def leaks(data):
    """The pieces of the secret that are in a file, as bytes, in hexadecimal or in the base64 of a log."""
    data += b"".join(base64.b64decode(found) for found in re.findall(rb'"base64":"([^"]*)"', data))
    return [piece for piece in PIECES if piece in data or piece.hex(" ").encode() in data or piece.hex().encode() in data]


def hidden(what, *names):
    for name in names:
        same(leaks(read(name)), [], "%s: nothing of it is in %s" % (what, name))


def peer(serve):
    """The port of a server of one connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def talk():
        while True:
            connection = listener.accept()[0]
            connection.settimeout(DEADLINE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                with connection:
                    serve(connection, connection.makefile("rb"))
            except OSError:
                pass

    threading.Thread(target=talk, daemon=True).start()
    return listener.getsockname()[1]


def kept(what, begins, rest="", again=None):
    """Every file of a script, which sends the secret in between, is without it; it is saved, and passes again."""
    status, out, err = script(begins + LOGS + "before\n/expect next \"before\\n\"\n/secret $SECRET\n" + rest +
                              "/report! all.html\n/save! again\n/ladder! a.svg\n/code! python a.py\n/stats\n/why\n",
                              "--tap", "--junit", "junit.xml", "-v", env=GIVEN)
    same(status, 0, what + " passes: " + out + err)
    same(leaks((out + err).encode()), [], what + ": TAP and what is said are without it")
    hidden(what, "all.log", "all.jsonl", "one.raw-in", "one.raw-out", "one.dump", "all.html", "again", "junit.xml", "a.svg", "a.py")
    ok(b"before" in read("one.raw-in") and b"<secret " in read("all.log") and b'"secret":true' in read("all.jsonl"),
       what + ": the rest is there, and that a secret came back")
    ok("$SECRET_1" in read_text("again"), what + ": the saved script wants it")
    if again is not False:
        status, out, err = run("-f", "again", env=GIVEN)
        same((status, leaks(out + err)), (0, []), "%s: and passes: %s" % (what, err.decode()))
    for view in "chat", "hex", "trace", "ladder":
        status, out, err = run("--replay", "all.jsonl", "--view", view)
        same((status, leaks(out + err)), (0, []), "%s: a replay in the %s view is without it" % (what, view))
    status, out, err = script('/secret $SECRET\n/expect "never this" within 100ms\n'.join((begins, "")),
                              "--tap", "--junit", "junit.xml", env=GIVEN)
    ok(status == 1 and "got " in out + err and "****" in out + err, what + ": what came instead is told with stars")
    same(leaks((out + err).encode()) + leaks(read("junit.xml")), [], what + ": and never as it is")
    status, out, err = script(begins + LOGS + "before\n/expect \"before\\n\"\n/secret $SECRET\n" + rest, "--json", env=GIVEN)
    same((status, leaks((out + err).encode())), (0, []), what + ": --json is without it")


# ---- our own services ----

def ours():
    kept("our echo", "/listen 127.0.0.1 0 echo as srv\n/open 127.0.0.1 $srv.port as c\n",
         "/expect next /%s\\n/\n" % "".join("[%s]" % c for c in SECRET))
    kept("our echo of datagrams", "/listen udp 127.0.0.1 0 echo as srv\n/open udp 127.0.0.1 $srv.port as c\n",
         "/expect next /[A-Za-z0-9]{10}\\n/\n")
    status, out, err = script("/listen 127.0.0.1 0 discard as srv\n/open 127.0.0.1 $srv.port as c\n/log! all all.log\n"
                              "/secret $SECRET\n/wait quiet\n", env=GIVEN)
    same((status, leaks((out + err).encode())), (0, []), "a session that receives it")
    hidden("a session that receives it", "all.log")
    ok(b" <secret 11 bytes\n" in read("all.log"), "is said to")


# ---- a foreign peer ----

def echoes(connection, lines):
    for line in lines:
        connection.sendall(line)


def quotes(connection, lines):
    for line in lines:
        connection.sendall(line if line == b"before\n" else b"who is \"" + line.rstrip() + b"\"?\nnobody\n")


def splits(connection, lines):
    """Sends the first line, and then the second one in pieces, at each line one of the length that it says."""
    connection.sendall(next(lines, b""))
    word = next(lines, b"").rstrip()
    for line in lines:
        length = int(line)
        connection.sendall(word[:length])
        word = word[length:] + word[:length]


def foreign():
    kept("a peer", "/open 127.0.0.1 %d as c\n" % peer(echoes), "/expect /Zq.xW9v.p3\\n/\n".replace("Zq.xW9v.p3", "[A-Z][a-z]7.{6}3"))
    kept("a peer that quotes it", "/open 127.0.0.1 %d as c\n" % peer(quotes), "/expect \"nobody\\n\"\n")
    whole = len(SECRET)
    for cut in range(1, whole):
        pieces = (cut, whole - cut)
        kept("cut after %d" % cut, "/open 127.0.0.1 %d as c\n" % peer(splits),
             "".join("%d\n/expect next /[A-Za-z0-9]{%d}/\n" % (piece, piece) for piece in pieces)) if cut in (1, 3, 4, 9) else \
            logged("cut after %d" % cut, pieces)
    logged("byte by byte", (1,) * whole)


def logged(what, pieces):
    status, _, err = script("/open 127.0.0.1 %d as c\n" % peer(splits) + LOGS + "before\n/expect next \"before\\n\"\n/secret $SECRET\n" +
                            "".join("%d\n/expect next /[A-Za-z0-9]{%d}/\n" % (piece, piece) for piece in pieces), env=GIVEN)
    same((status, err.count("\n") < 3), (0, True), what + ": " + err)
    hidden(what, "all.log", "all.jsonl", "one.dump", "one.raw-in")


def datagrams():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def talk():
        while True:
            data, sender = server.recvfrom(2000)
            server.sendto(data if data == b"before\n" else b"<" + data + b">", sender)

    threading.Thread(target=talk, daemon=True).start()
    kept("a peer of datagrams", "/open udp 127.0.0.1 %d as c\n" % server.getsockname()[1], "/expect \">\"\n")


# ---- what a person sees ----

def seen():
    port = peer(quotes)
    plain = Plain("127.0.0.1", port)
    plain.sees("connected")
    plain.type("/secret")
    plain.sees("1 secret> ")
    plain.type(SECRET)
    ok(plain.sees("masked where it is sent and, from 4 bytes on"), "a note says what is masked")
    for view in "hex", "trace", "ladder", "chat":
        plain.type("/view " + view)
        plain.sees("— session 1")
    plain.type("/find Zq7x")
    plain.type("/filter Zq")
    plain.type("/copy received")
    ok(plain.sees("copy: "), "it is not copied")
    same(leaks(plain.text.encode().replace(b"/find Zq7x", b"").replace(b'"Zq7x"', b"")), [], "no view shows it")
    same(plain.leave(), 0, "ends well")


watchdog(200)
home = enter_home()
ours()
foreign()
datagrams()
seen()
os.chdir("/")
subprocess.run(["rm", "-r", home], check=True)
done()
