# SPDX-License-Identifier: GPL-3.0-or-later
"""What /fault does, as a peer meets it, and what the program says of it."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from tap import DEADLINE, done, ok, same, watchdog  # noqa: E402

watchdog(120)
LOG = os.path.join(tempfile.mkdtemp(), "all.log")
program = Plain("-o", LOG)


def do(line, answer):
    program.type(line)
    return program.sees(answer)


def fault(words, answer="fault: "):
    return do("/fault " + words, answer)


def serve(kind, name):
    do("/listen %s 127.0.0.1 0 echo as %s" % (kind, name), " on 127.0.0.1:")
    program.sees("(loopback only)")
    return int(re.search(r" on 127\.0\.0\.1:(\d+)", program.text).group(1))


def connect(port):
    return socket.create_connection(("127.0.0.1", port), DEADLINE)


def logged(needle, times=1):
    """Waits until so many lines of the log, which has all sessions, have it."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        with open(LOG, encoding="utf-8") as file:
            if sum(needle in line for line in file) >= times:
                return True
        program.pump(0.05)
    print("# not logged: %s" % needle, flush=True)
    return False


def read(sock, count):
    """That many bytes, or all until the end; and the end: FIN, RST, or "" where there is more."""
    data = b""
    try:
        while len(data) < count:
            part = sock.recv(count - len(data))
            if not part:
                return data, "FIN"
            data += part
    except ConnectionResetError:
        return data, "RST"
    return data, ""


# ---- datagrams ----

udp_port = serve("udp", "udp")
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.settimeout(DEADLINE)
peer.connect(("127.0.0.1", udp_port))


def answers(count):
    """Sends so many numbered datagrams. Order is kept on loopback, so an answer to a later one shows that all others
    have come that will."""
    for number in range(1, count + 1):
        peer.send(b"%d" % number)
    came = []
    peer.settimeout(0.5)
    last = 0
    while True:
        last += 1
        peer.send(b"end %d" % last)
        try:
            while True:
                data = peer.recv(100)
                if data.startswith(b"end"):
                    if data == b"end %d" % last:
                        peer.settimeout(DEADLINE)
                        return came
                else:
                    came.append(data.decode())
        except socket.timeout:
            continue


ALL = [str(number) for number in range(1, 101)]
for direction in ("in", "out"):
    fault("@udp off %s loss 20%% seed 7" % direction, "%s loss 20%%; seed 7" % direction)
    first = answers(100)
    lost = [number for number in ALL if number not in first]
    ok(5 < len(lost) < 40 and first == [number for number in ALL if number in first], "%s: some are lost: %d" % (direction, len(lost)))
    program.sees("datagram %s of" % lost[-1])
    strikes = re.findall(r"fault %s loss 20%%: datagram (\d+) of" % direction, program.text)
    same([number for number in strikes if int(number) <= 100], lost, "%s: each loss is a strike, with its number" % direction)
    fault("@udp seed 7")
    same(answers(100), first, "%s: the same seed, the same losses" % direction)
    fault("@udp seed 8")
    ok(answers(100) != first, "%s: another seed, others" % direction)

fault("@udp off", "none is on")
same(answers(100), ALL, "off: none is lost")
fault("@udp out duplicate 2")
same(answers(4), ["1", "2", "2", "3", "4"], "the second comes twice")
fault("@udp in reorder 2 seed 1")
same(answers(4), ["1", "3", "2", "4"], "the second is passed by the third")
ok(program.sees("datagram 2 of 1 byte from 127.0.0.1:%d waits for the next one to pass it" % peer.getsockname()[1]), "which is said")
fault("@udp out corrupt 1")
peer.send(b"aaaa")
bits = bin(int.from_bytes(peer.recv(100), "big") ^ int.from_bytes(b"aaaa", "big")).count("1")
same(bits, 1, "one bit is flipped")
fault("@udp out delay 60ms")
begin = time.monotonic()
peer.send(b"late")
same(peer.recv(100), b"late", "a delayed one comes")
ok(time.monotonic() - begin >= 0.059, "late")
ok(program.sees("waits 60.0 ms"), "and that is said")
fault("@udp off in loss 1")
do("/peers @udp", "127.0.0.1:%d" % peer.getsockname()[1])
before = re.findall(r"127\.0\.0\.1:%d.*" % peer.getsockname()[1], program.text)[-1]
peer.send(b"not for the service")
program.sees("is dropped after it was received")
ok("not for the service" in program.text, "the call is there, with its bytes")
do("/peers @udp", "127.0.0.1:%d" % peer.getsockname()[1])
now = re.findall(r"127\.0\.0\.1:%d.*" % peer.getsockname()[1], program.text)[-1]
same(re.findall(r"\d+", now)[5:8], re.findall(r"\d+", before)[5:8], "but it is not counted as come from this peer")

# A person's own session: the first line never leaves.
do("/open udp 127.0.0.1 %d as mine" % udp_port, "ready")
fault("@mine out loss 1")
program.type("lost line")
ok(program.sees("fault out loss 1: datagram 1 of 10 bytes to 127.0.0.1:%d is not sent" % udp_port), "a line is not sent")
do("second line", "second line")
ok("lost line" not in program.text, "and the next one is")
do("/close @mine", "closed")

# What is held back leaves when the session is closed.
do("/open udp 127.0.0.1 %d as held" % udp_port, "ready")
fault("@held out delay 60s")
program.type("held back")
program.sees("waits 1 min 0 s")
do("/close @held", "closed")
ok("were not sent" not in program.text and "was not sent" not in program.text, "nothing is lost by closing")

peer2 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer2.settimeout(DEADLINE)
peer2.connect(("127.0.0.1", serve("udp", "held_server")))
fault("@held_server delay 60s")
peer2.send(b"held in")
program.sees("of 7 bytes from")
do("/close @held_server", "closed")
same(peer2.recv(100), b"held in", "not what has come, either: it is answered")

flooded = serve("udp", "flooded")
peer2.connect(("127.0.0.1", flooded))
fault("@flooded out delay 60s")
while "no more are taken until some leave" not in program.text:
    for _ in range(100):
        peer2.send(b"x" * 1000)
    while program.pump(0.02):
        pass
answered = program.text.count("fault out delay 60s: datagram")
for _ in range(100):
    peer2.send(b"y" * 1000)
while program.pump(0.2):
    pass
ok("not answered" not in program.text and program.text.count("fault out delay 60s: datagram") == answered,
   "what cannot be held back is not read: %d wait" % answered)
fault("@flooded off")
while program.pump(0.2):
    pass
do("/close @flooded", "closed")

# ---- streams ----

port = serve("tcp", "tcp")
with connect(port) as sock:
    fault("@tcp loss 1%", "/sandbox on and /cable loss hit those")
    fault("@tcp out split 3 5ms")
    sock.sendall(b"0123456789")
    parts = []
    while sum(map(len, parts)) < 10:
        parts.append(sock.recv(100))
    same(b"".join(parts), b"0123456789", "a split answer is whole")
    ok(len(parts) > 1, "and comes in parts: %r" % parts)
    ok(logged("fault out split 3 5ms: 10 bytes leave in parts"), "which is said")

    fault("@tcp off")
    fault("@tcp in stall")
    sock.sendall(b"waits")
    ok(logged("fault in stall: recv() is not called"), "a stall: nothing is read")
    sock.settimeout(0.1)
    try:
        sock.recv(1)
        ok(False, "and nothing is answered")
    except socket.timeout:
        ok(True, "and nothing is answered")
    sock.settimeout(DEADLINE)
    fault("@tcp off")
    same(read(sock, 5)[0], b"waits", "until it is off")

    begin = time.monotonic()
    fault("@tcp out stall 100ms")
    sock.sendall(b"held")
    same(read(sock, 4)[0], b"held", "a stall may end by itself")
    ok(time.monotonic() - begin >= 0.099, "later")

    fault("@tcp out rate 8k")
    begin = time.monotonic()
    sock.sendall(b"x" * 200)
    same(read(sock, 200)[0], b"x" * 200, "a slow answer is whole")
    ok(time.monotonic() - begin >= 0.15, "and slow")
    fault("@tcp off in rate 8k")
    begin = time.monotonic()
    sock.sendall(b"x" * 200)
    same(read(sock, 200)[0], b"x" * 200, "a slow reader reads it all")
    ok(time.monotonic() - begin >= 0.15, "slowly")

    fault("@tcp off delay 30ms")
    begin = time.monotonic()
    sock.sendall(b"there and back")
    same(read(sock, 14)[0], b"there and back", "a delay in both directions")
    ok(time.monotonic() - begin >= 0.059, "takes twice as long")

    fault("@tcp off out coalesce 60s")
    sock.sendall(b"one")
    logged(" for more")
    sock.sendall(b"two")
    logged("< two")
    fault("@tcp off")
    same(sock.recv(100), b"onetwo", "what comes meanwhile goes by the same send(), once it is off at the latest")

for end, words in (("RST", "cut 20"), ("RST", "cut 20 rst"), ("FIN", "cut 20 fin")):
    fault("@tcp off out " + words)
    with connect(port) as sock:
        sock.sendall(b"x" * 50)
        same(read(sock, 50), (b"x" * 20, end), "%s: exactly 20 bytes come, then %s" % (words, end))
same(logged("after 20 bytes", 3), True, "which is said")
fault("@tcp off in cut 7")
with connect(port) as sock:
    sock.sendall(b"1234567890")
    same(read(sock, 10), (b"1234567", "RST"), "cut after 7 bytes that were read, which are answered")

# ---- listeners ----

for end in ("fin", "rst"):
    fault("@tcp off close " + end)
    try:
        with connect(port) as sock:
            got = read(sock, 1)
    except ConnectionResetError:  # before connect() has looked
        got = b"", "RST"
    same(got, (b"", end.upper()), "close %s: accepted, and closed at once" % end)
fault("@tcp off", "none is on")
stays = connect(port)  # a client keeps the port of a listener that does not listen from other programs
stays.sendall(b"x")
same(read(stays, 1)[0], b"x", "without faults it is served")
fault("@tcp refuse", "on now: refuse; seed 1")
for _ in range(2):
    try:
        connect(port).close()
        ok(False, "refuse")
    except ConnectionRefusedError:
        ok(True, "refuse: connections are refused")
do("/info @tcp", "tcp")
do("/sessions", "tcp")
fault("@tcp refuse off", "listening again on 127.0.0.1:%d" % port)
with connect(port) as sock:
    sock.sendall(b"again")
    same(read(sock, 5)[0], b"again", "and off: it listens on the same port again")
    own = sock.getsockname()[1]
left = stays.getsockname()[1]
stays.close()
logged(":%d state closed" % own)
logged(":%d state closed" % left) # a client that is still there would be the first

# The n-th client has the same seed each time.
seeds = []
for _ in range(2):
    fault("@tcp off delay 2ms 2ms seed 5")
    with connect(port) as sock:
        own = sock.getsockname()[1]
        sock.sendall(b"x")
        read(sock, 1)
        fault("@:%d" % own, "delay 2ms 2ms: has acted")
        program.sees("seed ")
        seeds.append(re.findall(r"seed (\d+)", program.text)[-1])
    logged(":%d state closed" % own)
same(seeds[0], seeds[1], "a client's seed follows from its listener's")

# ---- UNIX ----

path = os.path.join(tempfile.mkdtemp(), "socket")
do("/listen unix %s echo as path" % path, "listening on")
fault("@path cut 5", "UNIX knows no RST")
fault("@path refuse", "refuses connections")
with socket.socket(socket.AF_UNIX) as sock:
    try:
        sock.connect(path)
        ok(False, "a path refuses")
    except ConnectionRefusedError:
        ok(True, "a path refuses")
fault("@path off cut 5 fin", "listening again on")
with socket.socket(socket.AF_UNIX) as sock:
    sock.settimeout(DEADLINE)
    sock.connect(path)
    sock.sendall(b"1234567890")
    same(read(sock, 10)[0], b"12345", "and is cut after 5 bytes")
do("/close @path", "no longer listening")
ok(not os.path.exists(path), "its file is removed in the end")

# ---- a script that repeats them ----


def script(text, *args):
    """Runs it; gives its exit status and what it has said."""
    with tempfile.NamedTemporaryFile("w", suffix=".sp") as file:
        file.write(text)
        file.flush()
        ran = subprocess.run(["sockpit", *args, "-f", file.name], capture_output=True, text=True, timeout=DEADLINE,
                             env=dict(os.environ, HOME=program.home))
    return ran.returncode, ran.stdout + ran.stderr


saved = os.path.join(tempfile.mkdtemp(), "saved.sp")
LINES = "".join("/send %d\n" % number for number in range(1, 19))
text = """/listen udp 127.0.0.1 0 echo as server
/fault @server in loss 30%% seed 42
/open udp 127.0.0.1 $server.port as client
%s/expect "18"
/fault @server off duplicate 1
/send end
/expect "end"
/expect "end"
/fault out delay 1ms
/save! %s
""" % (LINES, saved)
same(script(text)[0], 0, "a script with losses, which is saved")
with open(saved, encoding="utf-8") as file:
    repeated = file.read()
ok("/fault in loss 30% seed 42\n" in repeated and "/fault @server off duplicate 1\n" in repeated, "has the faults of what answers by itself")
ok("# /fault out delay 1ms: what follows is as it left it\n" in repeated, "and names those of what it sends")
expected = re.findall(r'/expect next "(\d+)', repeated)
ok(5 < len(expected) < 20, "it expects what was answered: %s" % expected)
same(script(repeated)[0], 0, "it repeats the losses")
same(script(repeated.replace("seed 42", "seed 43"))[0], 1, "which another seed does not")

# ---- what is kept of them ----

kept = tempfile.mkdtemp()
same(script("""/log all %s/log.jsonl
/listen udp 127.0.0.1 0 echo as server
/fault in loss 1
/open udp 127.0.0.1 $server.port as client
/send lost
/send comes
/expect "comes"
/ladder @server %s/ladder.txt
/ladder @server %s/ladder.svg
""" % (kept, kept, kept))[0], 0, "a log and a ladder of a loss")
with open(os.path.join(kept, "log.jsonl"), encoding="utf-8") as file:
    entries = [json.loads(line) for line in file]
struck = [entry["text"] for entry in entries if entry.get("fault")]
ok(len(struck) == 1 and struck[0].startswith("fault in loss 1: datagram 1"), "a strike is marked in the log: %s" % struck)
for name in ("ladder.txt", "ladder.svg"):
    with open(os.path.join(kept, name), encoding="utf-8") as file:
        text = file.read()
    same(text.count("fault in loss 1: datagram 1 of 4 bytes"), 1, "%s says what lost it" % name)
replayed = subprocess.run(["sockpit", "--replay", os.path.join(kept, "log.jsonl"), "--view", "ladder"], capture_output=True,
                          text=True, timeout=DEADLINE, env=dict(os.environ, HOME=program.home))
same((replayed.returncode, replayed.stdout.count("fault in loss 1: datagram 1 of 4 bytes")), (0, 1), "so does a replay, in which nothing strikes again")

# ---- without any cost ----


def switches():
    with open("/proc/%d/status" % program.process.pid, encoding="ascii") as file:
        return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", file.read(), re.M).group(1))


fault("@udp delay 50ms loss 10%")
fault("@tcp off delay 50ms rate 8k stall")
while program.pump(0.5):
    pass
before = switches()
program.pump(0.5)
ok(switches() - before <= 2, "faults that wait for nothing wake nobody: %d" % (switches() - before))
same(program.leave(), 0, "it leaves well")
done()
