# SPDX-License-Identifier: GPL-3.0-or-later
"""A session saved as a script: against the same server it passes, against a changed one it fails at the line that
differs."""

import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from script import enter_home, read_text, script, write  # noqa: E402
from tap import DEADLINE, done, ok, run, same, skip, watchdog  # noqa: E402

watchdog(240)
home = enter_home()


class Server:
    """Calls `serve` with each connection, in a thread; it may be replaced between two of them."""

    def __init__(self, serve):
        self.serve = serve
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            connection = self.listener.accept()[0]
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection:
            connection.settimeout(DEADLINE)
            try:
                self.serve(connection, connection.makefile("rb"))
            except OSError:
                pass


def run_hastily(name, mark, **more):
    """The same lines, of which the one with `mark` waits less long for what does not come."""
    line = "^(/(?:expect|assert) .*%s.*?)( within \\d+s)?$" % re.escape(mark)
    return run("-f", write("hasty", re.sub(line, r"\1 within 1s", read_text(name), flags=re.MULTILINE)), **more)


def saved(what, serve, changed, lines, mark, **more):
    """Records, repeats, and repeats against a server that has changed: then the line that fails has `mark`."""
    server = Server(serve)
    status, _, err = script("/open 127.0.0.1 %d as c\n%s/save! again\n" % (server.port, lines), **more)
    if not same((status, err), (0, ""), what + " is saved"):
        return ""
    text = read_text("again")
    status, out, err = run("-f", "again", **more)
    if not same((status, err), (0, b""), what + " passes against the same server"):
        print("".join("#   " + line + "\n" for line in text.splitlines()[:40]))
    server.serve = changed
    status, out, err = run_hastily("again", mark, **more)
    number = re.match(rb"hasty:(\d+):", err)
    line = text.splitlines()[int(number.group(1)) - 1] if number else ""
    if not ok(status == 1 and mark in line and line.startswith(("/expect", "/assert")), what + " fails at the line that differs"):
        print("#   %d %r\n#   %r" % (status, err, line))
    return text


# ---- conversations ----


def echo(connection, lines):
    while data := connection.recv(65536):
        connection.sendall(data)


def upper(connection, lines):
    while data := connection.recv(65536):
        connection.sendall(data.upper())


text = saved("an echo", echo, upper, "hello\n/expect \"hello\\n\"\nagain\n/expect \"again\\n\"\n", "hello")
same(text.splitlines()[-5:], [line % re.search(r"open 127.0.0.1 (\d+)", text).group(1) if "%" in line else line for line in
                              ["/open 127.0.0.1 %s as c", "hello", '/expect next "hello\\n"', "again", '/expect next "again\\n"']],
     "it reads as it was typed")
ok(text.startswith("# A session of sockpit ") and re.search(r"saved \d{4}-\d\d-\d\dT", text), "and says what it is and from when")
same(os.stat("again").st_mode & 0o777, 0o600, "it is its owner's alone")


def smtp(hello):
    def serve(connection, lines):
        connection.sendall(b"220 mail ready\r\n")
        for line in lines:
            word = line.split()[0]
            answer = {b"EHLO": hello, b"QUIT": b"221 bye\r\n"}.get(word, b"500 what?\r\n")
            for i in range(0, len(answer), 7):
                connection.sendall(answer[i:i + 7])
            if word == b"QUIT":
                return
    return serve


text = saved("a dialogue with CR LF", smtp(b"250-mail\r\n250-SIZE 1000\r\n250 HELP\r\n"),
             smtp(b"250-mail\r\n250-SIZE 2000\r\n250 HELP\r\n"),
             "/expect \"220 mail ready\\r\\n\"\n/set eol crlf\nEHLO me\n/expect \"250 HELP\\r\\n\"\nQUIT\n"
             "/expect \"221 bye\\r\\n\"\n", "SIZE 1000")
ok("/set eol crlf\n" in text and "\nEHLO me\n" in text, "its line end is set, so lines are lines")
ok('/expect next "250-SIZE 1000\\r\\n"\n' in text, "and each line of an answer is expected by itself")

EVERY = bytes(range(256))


def answers(data):
    def serve(connection, lines):
        while connection.recv(65536):
            connection.sendall(data)
    return serve


text = saved("binary data", answers(EVERY * 3), answers(EVERY * 2 + EVERY[::-1]),
             "/hex %s\n/expect \"\\xfd\\xfe\\xff\\x00\"\n/expect \"\\xfe\\xff\\x00\"\n/expect \"\\xfe\\xff\"\n" % EVERY.hex(), "\\x00")
ok("\\x00" in text and text.isascii(), "it is written in escapes")

ODD = ["# no comment", "\\ backslash", "@ at", "/ slash", "//two", " blank", "\ttab", "trailing ", "and &", "$1 $name $$ ${x}", "\"quoted\"",
       "'single'", "ünïcödé ☃", "", "x" * 3000, "\x1b[31mred", "nul\0nul"]
given = "".join("/send %s\n" % "".join("\\x%02x" % byte for byte in (line + "\n").encode()) for line in ODD)
whole = "".join(line + "\n" for line in ODD).encode()


def collects(change):
    def serve(connection, lines):
        data = b""
        while data.count(b"\n") < len(ODD):
            data += connection.recv(65536)
        connection.sendall(data + (b"exact\n" if data == whole else b"other\n") if not change else data.replace(b"slash", b"SLASH"))
        connection.recv(1)
    return serve


text = saved("what has a meaning in scripts", collects(False), collects(True), given + "/expect \"exact\\n\"\n", "slash")
ok("ünïcödé ☃\n" in text and "\x1b" not in text and "\0" not in text, "readable text stays readable, and nothing else gets through")

LONG = b"".join(b"%07d " % i for i in range(131072))


def megabyte(change):
    def serve(connection, lines):
        got = 0
        while got < len(LONG) + 1:
            got += len(connection.recv(65536))
        connection.sendall(LONG.replace(b"0100000", change) + b"\n")
        connection.recv(1)
    return serve


with open("long", "wb") as file:
    file.write(LONG + b"\n")
saved("a line of a megabyte", megabyte(b"0100000"), megabyte(b"9999999"), "/file long\n/expect \"0131071 \\n\" within 10s\n", "0100000")


def half_close(answer):
    def serve(connection, lines):
        data = b"".join(lines)
        connection.sendall(answer + b" %d\n" % len(data))
    return serve


text = saved("a half-close", half_close(b"got"), half_close(b"had"), "one\ntwo\n/shutdown write\n/expect \"got 8\\n\"\n", "got 8")
ok("/shutdown write\n" in text, "FIN is sent again")



def says(*pieces, then=None):
    """Each after a line of the client's, and the end after another."""
    def serve(connection, lines):
        for piece in pieces:
            connection.sendall(piece)
            next(lines, None)
        if then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif then == "stay":
            connection.recv(1)
        elif then == "half-close":
            connection.shutdown(socket.SHUT_WR)
            list(lines)
    return serve


saved("a line after another", says(b"1\n3\n"), says(b"1\n2\n3\n"), "/expect \"3\\n\"\n", '"3')
saved("a line", says(b"1\n", b"2\n"), says(b"1 and\n", b"2\n"), "/expect 1\nnext\n/expect 2\n", '"1')
FIN = "/assert fin is yes within 5s\n"
LAST = "/expect last\ngo\n"
saved("a peer that closes", says(b"last\n"), says(b"last\n", then="stay"), LAST + FIN, "fin is yes")
saved("instead of a reset", says(b"last\n"), says(b"last\n", then="reset"), LAST + FIN, "fin is yes")
RESET = "/assert recv.errno is ECONNRESET within 5s\n"
text = saved("a peer that resets", says(b"last\n", then="reset"), says(b"last\n", then="stay"), LAST + RESET, "ECONNRESET")
ok(text.endswith("go\n" + RESET + "/wait closed\n"), "nothing is left to be closed")
text = saved("a peer that half-closes", says(b"last\n", then="half-close"), says(b"last\n", then="stay"),
             LAST + FIN + "more\n/shutdown write\n/wait closed\n", "fin is yes")
ok(text.endswith(FIN + "more\n/shutdown write\n/wait closed\n"), "is closed when both sides are")
status, _, err = script("""\
/socket tcp as hand
/connect 127.0.0.1 %d
/recv
/expect "last\\n"
go
/try /recv
/assert recv.errno is ECONNRESET
/save! again
""" % Server(says(b"last\n", then="reset")).port)
same((status, err), (0, ""), "a reset that is met step by step")
ok(read_text("again").endswith("go\n/try /recv 1024\n" + RESET), "is met by a call that may fail")
same(run("-f", "again")[::2], (0, b""), "also when it runs again")

text = saved("a secret", answers(b"welcome\n"), answers(b"go away\n"), "user\n/expect \"welcome\\n\"\n/secret $SECRET_1\n/expect \"welcome\\n\"\n",
             "welcome", env=dict(os.environ, SECRET_1="swordfish"))
ok("swordfish" not in text and "/secret $SECRET_1\n" in text, "it is not in the script")
without = {name: value for name, value in os.environ.items() if not name.startswith("SECRET")}
status, out, err = run("-f", "again", env=without)
ok(status == 2 and b"SECRET_1" in err, "without it a line says what is missing: %r" % err)

text = saved("an option", echo, upper, "/option nodelay on\nhello\n/expect \"hello\\n\"\n/close\n", "hello")
ok("/option TCP_NODELAY on\n" in text and text.endswith("/close\n"), "is set again, and the end is the same")



def slow(connection, lines):
    while data := connection.recv(65536):
        threading.Event().wait(2.2)
        connection.sendall(data)


begun = time.monotonic()
status, _, err = script("/open 127.0.0.1 %d\nhello\n/expect \"hello\\n\"\n/save! again\n" % Server(slow).port)
limit = re.search(r"/expect next \"hello\\n\" within (\d+)s\n\Z", read_text("again"))
ok(status == 0 and limit and 4 <= int(limit.group(1)) <= 2 * (time.monotonic() - begun), "a slow server has twice the time that it took")

# ---- datagrams ----

peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.bind(("127.0.0.1", 0))
change = []


def answer_datagrams():
    while True:
        data, address = peer.recvfrom(65536)
        for piece in (data, data[::-1], b"\0\xff"):
            peer.sendto(piece.upper() if change else piece, address)


threading.Thread(target=answer_datagrams, daemon=True).start()
status, _, err = script("/open udp 127.0.0.1 %d as u\nabc\n/expect \"\\xff\"\n/send raw\n/expect \"\\xff\"\n/save! again\n" %
                     peer.getsockname()[1])
same((status, err), (0, ""), "datagrams are saved")
text = read_text("again")
same([line for line in text.splitlines() if line.startswith("/expect")],
     ['/expect next "%s"' % data for data in ("abc\\n", "\\ncba", "\\x00\\xff", "raw", "war", "\\x00\\xff")], "each by itself")
same(run("-f", "again")[0], 0, "and pass")
change.append(True)
status, out, err = run_hastily("again", "abc")
ok(status == 1 and err.startswith(b"hasty:6:"), "unless they have changed: %r" % err)

# ---- both ends ----

status, _, err = script("""\
/listen 127.0.0.1 0 echo as server
/open 127.0.0.1 $server.port as client
hello
/expect "hello\\n"
/listen 127.0.0.1 0 as chat
/pause
/open 127.0.0.1 $chat.port as left
/open 127.0.0.1 $chat.port as right
/accept @chat as to_left
/resume
/accept @chat as to_right
/resume
/@left one
/expect @to_left "one\\n"
/@to_left two
/expect @left "two\\n"
/@right three
/expect @to_right "three\\n"
/listen udp 127.0.0.1 0 as place
/open udp 127.0.0.1 $place.port as sender
/@sender datagram
/expect @place "datagram\\n"
/@place answer
/expect @sender "answer\\n"
/save! @client one
/save! @chat two
/save! @place three
""")
same((status, err), (0, ""), "sessions with both ends are saved")
for name, words in (("one", ["/listen 127.0.0.1 0 echo as server", "/open 127.0.0.1 $server.port as client"]),
                    ("two", ["/open 127.0.0.1 $chat.port as right", "/@left one"]), ("three", ["answer"])):
    status, out, err = run("-f", name)
    if not same((status, err), (0, b""), name + ": they run again, on other ports"):
        print("".join("#   " + line + "\n" for line in read_text(name).splitlines()))
    ok(all(word in read_text(name) for word in words), "with both ends in the script")

status, _, err = script("""\
/listen unix ./path echo as server
/open unix ./path as client
hello
/expect "hello\\n"
/save! again
""")
ok(status == 0 and "/listen unix ./path echo as server\n" in read_text("again"), "a path has its server: %r" % err)
for kind in "unix", "unixpacket":
    for saved in "server", "client":
        status, out, err = script("/listen %s ./path upper as server\n/open %s ./path as other\n/open %s ./path as client\n/send abc\n/expect ABC\n/save! @%s again\n" % (kind, kind, kind, saved))
        ok(status == 0 and all("/open %s ./path as %s\n" % (kind, name) in read_text("again") for name in ("client", "other")), "%s: both ends, also if the %s is saved: %r" % (kind, saved, err))
        same(run("-f", "again"), (0, b"", b""), "which run again")
status, out, err = script("/listen 127.0.0.1 0 as e\n/service @e reply x \"y\"\n/relay 127.0.0.1:0 127.0.0.1:$e.port as r\n/log! all kept.jsonl\n")
same((status, err), (0, ""), "a reply service, a relay and their log")
status, out, err = script("/replay kept.jsonl max\n/save! @r again\n/save! @e of_e\n")
ok("# its service was relay: a recording" in read_text("again") and "# its service was reply: a recording" in read_text("of_e"),
   "what a recording does not have is said: %r" % err)
same(run("-f", "again")[::2], (0, b""), "also when it runs again")

status, _, err = script("""\
/listen 127.0.0.1 0 'reply hi "ho\\n" iterative' as server
/open 127.0.0.1 $server.port as client
hi
/expect "ho\\n"
/save! again
""")
ok(status == 0 and '/service reply hi "ho\\n" iterative\n' in read_text("again"), "a service has its words: %r" % err)
same(run("-f", "again")[::2], (0, b""), "also when it runs again")

status, _, err = script("""\
/listen udp 127.0.0.1 0 as a
/listen udp 127.0.0.1 0 as b
/to @a 127.0.0.1:$b.port hello
/expect @b "hello\\n"
/open udp 127.0.0.1 $b.port as c
binary
/expect @b "binary\\n"
/to @b 1 for a
/expect @a "for a\\n"
/send @b for c
/expect @c "for c"
/save! @b again
""")
same((status, err), (0, ""), "servers of datagrams that write to each other")
same([line for line in read_text("again").splitlines() if "/to" in line], ["/to @a 127.0.0.1:$b.port hello", "/to @b 127.0.0.1:$a.port for a"],
     "find each other by their ports")
same(run("-f", "again")[::2], (0, b""), "also when they run again")

# ---- a recording ----

status, _, err = script("""\
/log all session.jsonl
/listen 127.0.0.1 0 echo as server
/open 127.0.0.1 $server.port as client
hello
/expect "hello\\n"
""")
same((status, err), (0, ""), "a session is recorded")


def save_recording(name, sight):
    """Session 2 of a log."""
    program = Plain()
    program.type("/replay %s max" % name)
    ok(program.sees("is session 3"), name + " is replayed")
    program.type("/session 2")
    program.sees(sight)
    program.type("/save! again")
    ok(program.sees("is a script now"), "and saved from the recording")
    program.leave()


save_recording("session.jsonl", "←  hello")
same(run("-f", "again")[::2], (0, b""), "it runs with the addresses that were asked for")
ok("/listen 127.0.0.1 0 " in read_text("again"), "and asks for any port again")

# ---- the sandbox ----

status, _, err = script("""\
/skip unless sandbox
/sandbox on
/log all hosts.jsonl
/listen 192.0.2.2 7 echo as srv
/open 192.0.2.2 7 as c
/cable loss data
hello
/expect "hello\\n"
/listen 127.0.0.1 0 on left as near
/open 127.0.0.1 $near.port from left as far
/save! @c hosts
/save! @far loop
""")
if not os.path.exists("hosts"):
    skip("no sandbox here: " + err)
else:
    for name, words in (("hosts", ["/skip unless sandbox\n/sandbox on\n", " echo on right as srv\n", " from left as c\n/cable loss data\n"]),
                        ("loop", ["/listen 127.0.0.1 0 on left as near\n"])):
        ok(all(word in read_text(name) for word in words), name + ": hosts and cable are in the script")
        same(run("-f", name)[::2], (0, b""), "and it runs again")
    hostile = read_text("hosts.jsonl").replace("/cable loss data", "/cable loss data\\n/listen * 9 as evil")
    with open("hostile.jsonl", "w", encoding="utf-8") as file:
        file.write(hostile)
    save_recording("hostile.jsonl", "←  hello")
    ok("evil" in hostile and "evil" not in read_text("again"), "a recording from somebody else gets no line of its own into the script")

# ---- a listener with clients from elsewhere ----

program = Plain()
program.type("/listen unix:///%s/socket as srv" % home.lstrip("/"))
program.sees("listening")


def call(words):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(DEADLINE)
    client.connect("socket")
    client.sendall(words)
    return client


first = call(b"I am one\n")
ok(program.sees("is session 2"), "one client comes")
program.type("/session 2")
ok(program.sees("I am one"), "and says something")
program.type("/session srv")
second = call(b"I am two\n")
ok(program.sees("is session 3"), "and another")
program.type("/session 3")
ok(program.sees("I am two"), "says something else")
program.type("/session 2")
program.type("welcome one")
same(first.recv(100), b"welcome one\n", "one is answered")
program.type("/save @srv clients")
ok(program.sees("is a script now"), "the listener is saved")
program.leave()
first.close()
second.close()
text = read_text("clients")


def play(words, answer):
    process = subprocess.Popen(["sockpit", "-f", "clients"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None:
        try:
            one = call(words[0])
            break
        except OSError:
            pass
    two = call(words[1])
    got = one.recv(100) if answer else b""
    out, err = process.communicate(timeout=30)
    one.close()
    two.close()
    return process.returncode, got, err.decode()


if not same(play((b"I am one\n", b"I am two\n"), True), (0, b"welcome one\n", ""), "two clients that say the same pass"):
    print("".join("#   " + line + "\n" for line in text.splitlines()))
status, got, err = play((b"I am one\n", b"I am 2\n"), False)
ok(status == 1 and "I am two" in text.splitlines()[int(err.split(":")[1]) - 1], "another one fails at its line: %r" % err)

# ---- files ----

flood = b"".join(b"%07d\n" % number for number in range(3000000))
status, _, err = script("""\
/set scrollback 300M
/open 127.0.0.1 %d as c
/expect "2999999" within 60s
/save! too_large
""" % Server(lambda connection, lines: connection.sendall(flood)).port)
same((status, err.partition("\n")[0]), (1, "script:4: too_large: a script has at most 64 MiB: /log FILE.jsonl keeps more"),
     "what is too much for a script is not written")
ok(not [name for name in os.listdir(".") if "too_large" in name], "not in part either")
with open("large", "wb") as file:
    file.write((b"/say " + b"x" * 1000000 + b"\n") * 80)
status, out, err = run("--check", "-f", "large")
same((status, err), (2, b"large:68: the file is larger than 64 MiB\n"), "nor is it read")

status, _, err = script("/listen 127.0.0.1 0 as s\n/save again\n")
ok(status == 1 and "exists" in err, "a file is not overwritten without being told")
os.symlink("nowhere/x", "link")
status, _, err = script("/listen 127.0.0.1 0 as s\n/save link\n")
ok(status == 1, "nor one made that cannot be: %r" % err)
subprocess.run(["rm", "-r", home], check=True)
done()
