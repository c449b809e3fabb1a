# SPDX-License-Identifier: GPL-3.0-or-later
"""UNIX connections whose messages keep their borders, against peers that are not ours: one message is one entry, an
empty one is told from the end, and the kernel's word on who is at the other end."""

import errno
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403

PACKET = socket.SOCK_SEQPACKET
LARGE = 150000


def serve(path, kind=PACKET):
    """A socket that listens at a path."""
    if os.path.exists(path):
        os.unlink(path)
    sock = socket.socket(socket.AF_UNIX, kind)
    sock.settimeout(DEADLINE)
    sock.bind(path)
    sock.listen(8)
    return sock


def call(path):
    sock = socket.socket(socket.AF_UNIX, PACKET)
    sock.settimeout(DEADLINE)
    sock.connect(path)
    return sock


def peer_of(listener, work):
    """Runs `work` with the first client, in a thread; its result is in the list."""
    result = []

    def run_it():
        client, _ = listener.accept()
        client.settimeout(DEADLINE)
        with client:
            result.append(work(client))
    thread = threading.Thread(target=run_it, daemon=True)
    thread.start()
    return thread, result


def script(*lines, args=()):
    return run("-f", "-", *args, given="".join(line + "\n" for line in lines).encode())


def entries(path, session=1):
    """The calls that moved a message, or ended one direction, as (call, bytes)."""
    found = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            if entry["type"] == "call" and entry["session"] == session and not entry.get("watching") \
                    and re.match("recv|send", entry["call"]):
                found.append((entry["call"], entry["result"]))
    return found


def borders():
    """Both ways, empty ones and large ones among them."""
    def work(client):
        for message in (b"first", b"", b"second\n", b"x" * LARGE, b""):
            client.send(message)
        got = [client.recv(2 * LARGE) for _ in range(4)]
        client.send(b"")
        return got
    with serve("borders") as listener:
        thread, got = peer_of(listener, work)
        status, out, err = script("/open unixpacket:borders as c", "/log session.jsonl", "/expect next \"first\"",
                                  "/expect next \"second\\n\"", "/expect x", "/send a", "/send", "/fill %d" % LARGE,
                                  "/send b\\nc", "/wait closed within 5s", "/assert recvs is 6", "/assert sends is 4",
                                  "/assert fin is yes", "/assert transport is unixpacket", "/assert kind is stream")
        thread.join(DEADLINE)
        same((status, out), (0, b""), "a script speaks with a peer: %r" % err)
        same([[len(data) for data in row] for row in got], [[1, 0, LARGE, 3]], "each message comes whole")
    calls = entries("session.jsonl")
    same([call for call in calls if call[0].startswith("recv")],
         [("recvfrom", 5), ("recvfrom", 0), ("recvfrom", 7), ("recvfrom", LARGE), ("recvfrom", 0), ("recvfrom", 0), ("recv", 0)],
         "one message that comes is one entry, and only the end is recv() = 0")
    same([call for call in calls if call[0].startswith("send")],
         [("sendto", 1), ("sendto", 0), ("sendto", LARGE), ("sendto", 3)], "and one that goes")
    status, out, err = script("/replay session.jsonl max", "/assert recvs is 6", "/assert sends is 4",
                              "/assert fin is yes", "/assert transport is unixpacket")
    same(status, 0, "a replay has them, too: %r" % err)


def served():
    """The echo service, and a client that half-closes."""
    server = sockpit("-v", "-lk", "--service", "echo", "unixpacket:served")
    read_until(server.stderr, b"Listening on served\n")
    messages = [b"%d" % i * (i % 7) for i in range(300)]
    with call("served") as client:
        answers = []
        for message in messages:
            client.send(message)
            answers.append(client.recv(100))
        same(answers, messages, "300 messages are answered one by one, empty ones, too")
        sent = 0
        for message in messages[:60]:
            sent += client.send(message)
        same([client.recv(100) for _ in messages[:60]], messages[:60], "and 60 at once, in order")
        client.shutdown(socket.SHUT_WR)
        same(client.recv(100), b"", "a half-close is answered by the end")
    with call("served") as one, call("served") as other:
        one.send(b"one")
        other.send(b"other")
        same((one.recv(9), other.recv(9)), (b"one", b"other"), "two clients at once")
    end(server)
    ok(not os.path.exists("served"), "the path is removed")


def slow_reader():
    """What the kernel does not take waits here, with its borders."""
    count = 2000

    def work(client):
        ready.wait(DEADLINE)
        return [client.recv(4000) for _ in range(count)]
    ready = threading.Event()
    with serve("slow") as listener:
        thread, got = peer_of(listener, work)
        process = sockpit("--datagram", "line", "unixpacket:slow")
        lines = [b"%d %s\n" % (i, b"." * (i % 1000)) for i in range(count)]
        process.stdin.write(b"".join(lines))
        process.stdin.close()
        ready.set()
        thread.join(DEADLINE)
        same(process.wait(DEADLINE), 0, "the end is 0")
        ok(got == [lines], "%d lines are %d messages, whole and in order" % (count, count))


def pipes():
    with serve("piped") as listener:
        thread, got = peer_of(listener, lambda client: [client.recv(100000), client.recv(100), client.send(b"answer\n")])
        status, out, err = run("unixpacket:piped", given=b"two\nlines\n")
        thread.join(DEADLINE)
        same((status, out), (0, b"answer\n"), "pipe mode: %r" % err)
        same(got, [[b"two\nlines\n", b"", 7]], "what one read gives is one message, and the end closes our side")
    name = "unixpacket:@sockpit\\x20packets\\x20%d" % os.getpid()
    server = sockpit("-v", "-l", name)
    read_until(server.stderr, b"Listening on ")
    status, out, err = run(name, given=b"abstract\n")
    same((status, server.communicate(timeout=DEADLINE)[0]), (0, b"abstract\n"), "an abstract name: %r" % err)


def cut():
    """A buffer that is too small: the rest is lost, and that is said."""
    with serve("cut") as listener:
        thread, _ = peer_of(listener, lambda client: [client.send(b"0123456789"), client.send(b"next"), client.recv(9)])
        status, out, err = script("/socket unixpacket as c", "/connect cut", "/recv 4 peek", "/recv 4", "/recv 100",
                                  "/assert recvs is 2", "/assert recv is 8", "/log cut.jsonl", "/send bye", "/recv 9",
                                  "/assert fin is yes")
        thread.join(DEADLINE)
        same((status, out), (0, b""), "by hand: %r" % err)
    with open("cut.jsonl", encoding="utf-8") as file:
        calls = [json.loads(line) for line in file if '"recvfrom"' in line]
    ok(calls and all("MSG_TRUNC" in entry["flags_name"] for entry in calls), "MSG_TRUNC asks for the true length")
    same([(entry.get("truncated", False), entry["asked"], entry.get("text")) for entry in calls],
         [(True, 10, "0123"), (True, 10, "0123"), (False, 100, "next")], "of the one that was cut, too")


def too_large():
    """A message that the buffer cannot hold is refused alone."""
    with serve("large") as listener:
        thread, got = peer_of(listener, lambda client: client.recv(100))
        status, out, err = script("/open unixpacket:large as c", "/fails /fill 4M", "/say $error", "/assert open is yes",
                                  "/send still here")
        thread.join(DEADLINE)
        same((status, got), (0, [b"still here"]), "the connection goes on: %r" % err)
        ok(b"larger than the send buffer" in out, "and why is said: %r" % out)


def refusals():
    with serve("stream", socket.SOCK_STREAM), serve("packets"), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as box:
        box.bind("box")
        for address, words in (("unixpacket:stream", "another kind"), ("unixpacket:box", "another kind"),
                               ("unix:packets", "another kind"), ("unixgram:packets", "another kind"),
                               ("unixpacket:none", "no server has made this path"),
                               ("unixpacket:" + "p" * 108, "at most 107 bytes")):
            status, out, err = script("/open " + address)
            ok(status != 0 and words in (out + err).decode(), "%.20s: %r" % (address, out + err))
        status, out, err = script("/listen unixpacket:box")
        ok(status != 0 and b"a program has its socket there" in out + err, "a path in use is not taken: %r" % err)
    status, out, err = script("/listen unixpacket:packets as s", "/assert state is listening")
    same((status, out), (0, b""), "the file of one that has ended is replaced: %r" % err)
    with serve("stale", socket.SOCK_STREAM):
        pass
    status, out, err = script("/socket unixpacket as s", "/fails /bind stale", "/say $error")
    ok(status == 0 and b"remove it" in out, "a bind() by hand replaces nothing, and says what to do: %r" % out)


def credentials():
    """Who has made the other end: this process, as the kernel says."""
    for scheme, kind in (("unix", socket.SOCK_STREAM), ("unixpacket", PACKET)):
        with serve("who", kind) as listener:
            thread, _ = peer_of(listener, lambda client: client.recv(9))
            status, out, err = script("/open %s:who as c" % scheme, "/log all %s.jsonl" % scheme, "/assert peer_pid is %d" % os.getpid(),
                                      "/assert peer_uid is %d" % os.getuid(), "/assert peer_gid is %d" % os.getgid(),
                                      "/say $c.peer_process $c.peer_user", "/assert message has listen()", "/send bye")
            thread.join(DEADLINE)
        with open("/proc/self/comm", encoding="utf-8") as file:
            name = file.read().strip()
        ok(status == 0 and name.encode() in out, "%s: the server is known: %r" % (scheme, out + err))
        with open(scheme + ".jsonl", encoding="utf-8") as file:
            asked = [json.loads(line) for line in file if "SO_PEERCRED" in line]
        ok(len(asked) == 1 and asked[0]["watching"] and "process %d" % os.getpid() in asked[0]["value"],
           "and that it was asked is our own call: %r" % asked)
        status, out, err = script("/replay %s.jsonl max" % scheme, "/assert peer_pid is %d" % os.getpid())
        same(status, 0, "a replay knows it, too: %r" % err)
    server = sockpit("-v", "-f", "-")
    server.stdin.write(b"/listen unixpacket:me as s\n/pause\n/accept as child\n/recv 9\n/assert @child.peer_pid is %d\n" % os.getpid())
    server.stdin.close()
    read_until(server.stderr, b"listening on")
    with call("me") as client:
        client.send(b"hello")
        err = server.stderr.read()
        same(server.wait(DEADLINE), 0, "a server knows its client: %r" % err)
    ok(b"connect() was called by process %d" % os.getpid() in err, "and says so")
    if subprocess.run(["unshare", "-U", "true"], capture_output=True, check=False).returncode:
        skip("no user namespace here")
    else:
        server = subprocess.Popen(["unshare", "-U", "sockpit", "-v", "-f", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        server.stdin.write(b"/listen unixpacket:strange as s\n/pause\n/accept as child\n/assert @child.peer_pid is %d\n"
                           b"/fails /assert @child.peer_uid >= 0\n/info @child\n" % os.getpid())
        server.stdin.close()
        read_until(server.stderr, b"listening on")
        with call("strange"):
            out, err = server.stdout.read(), server.stderr.read()
            same(server.wait(DEADLINE), 0, "who has no number in a user namespace: %r" % err)
        ok(b"user not known, group not known" in err, "is nobody's name there: %r" % err)
    with socket.socket(socket.AF_INET) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        status, out, err = script("/open 127.0.0.1 %d as c" % listener.getsockname()[1], "/fails /assert peer_pid > 0")
        same((status, out), (0, b""), "over TCP nobody knows: %r" % err)


def queues():
    """The accept queue of a listener, as ss(8) counts it, too."""
    name = "@sockpit.%d.queue" % os.getpid()
    for scheme, kind in (("unix", socket.SOCK_STREAM), ("unixpacket", PACKET)):
        server = sockpit("-v", "-f", "-")
        server.stdin.write(("/socket %s as s\n/fails /backlog 1\n/say $error\n/bind @%s\n/backlog 1\n/accept as first\n" %
                            (scheme, name)).encode())
        server.stdin.flush()
        heard = read_until(server.stderr, b"2 may wait (backlog 1; Linux adds one)")
        ok(b"listening on" in heard and b"Linux adds one)" in heard, "%s: %r" % (scheme, heard))
        clients = [socket.socket(socket.AF_UNIX, kind) for _ in range(4)]
        clients[0].connect("\0" + name[1:])
        read_until(server.stderr, b"accepted by session 1")
        for client in clients[1:]:
            client.setblocking(False)
        same([client.connect_ex("\0" + name[1:]) for client in clients[1:]], [0, 0, errno.EAGAIN], "two more may wait")
        if shutil.which("ss"):
            rows = [row.split() for row in subprocess.run(["ss", "-xl"], capture_output=True, check=True).stdout.decode().splitlines()]
            same([row[2:4] for row in rows if len(row) > 4 and row[4] == name], [["2", "1"]], "says ss")
        server.stdin.write(b"/assert @s.queue is 2\n/info @s\n/close @s\n")
        server.stdin.close()
        out, err = server.stdout.read(), server.stderr.read()
        same(server.wait(DEADLINE), 0, "and the value of the session: %r" % err)
        ok(b"bind() comes first" in out, "who has no name cannot listen: %r" % out)
        ok(b"2 queued clients were reset" in err, "the end is theirs, too: %r" % err)
        for client in clients:
            client.close()


def names():
    """Whom a datagram can reach: a path or a name that is typed, not who has none; and what the end of a peer undoes."""
    name = "@sockpit.%d.box" % os.getpid()
    status, out, err = script("/socket unixgram as s", "/bind " + name)
    ok(status == 2 and ("for text that begins with @ write @" + name).encode() in err, "a name needs two @, as is said: %r" % err)
    status, out, err = script("/socket unixgram as s", "/bind @" + name, "/fails /to @%sx hello" % name, "/say $error", "/assert local is " + name)
    same(status, 0, "then it is bound: %r" % err)
    ok(b"no program has a socket there" in out, "that nobody is there is said of a name that is written to: %r" % out)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as box:
        box.settimeout(DEADLINE)
        box.bind("whom")
        status, out, err = script("/socket unixgram as s", "/to whom by path", "/to ./whom again")
        same((status, box.recv(20), box.recv(20)), (0, b"by path\n", b"again\n"), "a path is written to: %r" % err)
        os.unlink("whom")
    server = sockpit("-v", "-f", "-")
    server.stdin.write(b"/listen unixgram:./mail as m\n/expect \"from nobody\" within 10s\n/fails /to 1 hello\n/say $error\n/fails /to 1\n"
                       b"/say $error\n/fails /all hello\n/say $error\n")
    server.stdin.close()
    read_until(server.stderr, b"receiving on")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nobody:
        nobody.sendto(b"from nobody", "mail")
    out = server.stdout.read()
    same(server.wait(DEADLINE), 0, "one without a name is heard: %r" % server.stderr.read())
    same(out.count(b"who has no name cannot be answered"), 3, "and cannot be answered, which is said: %r" % out)
    status, out, err = script("/socket unixgram as a", "/bind here", "/open unixgram:here as b", "/send one", "/close @a",
                              "/fails /send two", "/say $error", "/listen unixgram:here as again", "/send @b three",
                              "/expect @again three", "/assert @b.sent is 8", args=("-v",))
    same(status, 0, "a peer that has come back is reached again: %r" % (out + err))
    ok(b"so the kernel has undone connect()" in err, "and why datagrams name it is said: %r" % err)


def clients():
    """Who has called no name is told from the others by the number of the session."""
    status, out, err = script("/listen unixpacket:class as s", "/open unixpacket:class as a", "/assert @s.clients is 1 within 5s",
                              "/open unixpacket:class as b", "/assert @s.clients is 2 within 5s", "/send @client3 for a",
                              "/send @client5 for b", "/expect @a \"for a\"", "/expect @b \"for b\"", "/close @client3",
                              "/assert @a.fin is yes within 5s", "/assert @b.open is yes")
    same((status, out), (0, b"session 3: closed\n"), "two clients have names of their own: %r" % err)


def datagrams():
    """A datagram of a UNIX socket is not limited to 64 KiB."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as box:
        box.settimeout(DEADLINE)
        box.bind("letters")
        server = sockpit("-f", "-")
        server.stdin.write(b"/open unixgram:letters as c\n/fill %d\n/expect yyyy within 5s\n/assert recv is %d\n" %
                           (LARGE, LARGE))
        server.stdin.close()
        data, sender = box.recvfrom(2 * LARGE)
        same(len(data), LARGE, "one of %d bytes is sent whole" % LARGE)
        box.sendto(b"y" * LARGE, sender)
        out = server.stdout.read() + server.stderr.read()
        same(server.wait(DEADLINE), 0, "and one that comes is whole: %r" % out)


def programs():
    """What /code and /save write of a client does the same again."""
    server = sockpit("-v", "-lk", "--service", "echo", "unixpacket:code")
    read_until(server.stderr, b"Listening on code\n")
    status, out, err = script("/open unixpacket:code as c", "/send one", "/expect next one", "/send two", "/expect next two",
                              "/code python again.py", "/code c again.c", "/save again.sp")
    same(status, 0, "a client is saved: %r" % err)
    told = subprocess.run([sys.executable, "again.py"], capture_output=True, timeout=DEADLINE, check=False)
    same((told.returncode, told.stdout), (0, b"onetwo"), "Python: %r" % told.stderr[-300:])
    status, out, err = run("-f", "again.sp")
    same(status, 0, "the script: %r" % err)
    compiler = shutil.which("cc")
    if not compiler:
        skip("no compiler")
    else:
        built = subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", "-o", "again", "again.c"], capture_output=True, check=False)
        same(built.returncode, 0, "again.c compiles: %r" % built.stderr[-300:])
        told = subprocess.run(["./again"], capture_output=True, timeout=DEADLINE, check=False)
        same((told.returncode, told.stdout), (0, b"onetwo"), "C: %r" % told.stderr[-300:])
    end(server)


def with_socat():
    path = shutil.which("socat")
    if not path:
        skip("socat is not here")
        return
    server = sockpit("-v", "-lk", "--service", "echo", "unixpacket:cat")
    read_until(server.stderr, b"Listening on cat\n")
    told = subprocess.run([path, "-t5", "-", "UNIX-CONNECT:cat,type=5"], input=b"from socat", capture_output=True,
                          timeout=DEADLINE, check=False)
    same(told.stdout, b"from socat", "socat is answered: %r" % told.stderr)
    end(server)


watchdog(100)
with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    borders()
    served()
    slow_reader()
    pipes()
    cut()
    too_large()
    refusals()
    credentials()
    queues()
    names()
    clients()
    datagrams()
    programs()
    with_socat()
    os.chdir("/")
done()
