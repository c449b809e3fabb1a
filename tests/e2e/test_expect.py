# SPDX-License-Identifier: GPL-3.0-or-later
"""/expect and /wait with real peers: what comes in pieces, ends, floods, or does not come."""

import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from script import enter_home, write  # noqa: E402
from tap import DEADLINE, done, ok, same, sockpit, watchdog  # noqa: E402

watchdog(180)
enter_home()


def start(*lines):
    write("script", "\n".join(lines) + "\n")
    return sockpit("-f", "script")


def end(process):
    """Exit status, and the first line on standard error: the last rows of the ladder follow."""
    _, err = process.communicate(timeout=6 * DEADLINE)
    return process.returncode, err.decode().partition("\n")[0]


def result_of(*lines):
    return end(start(*lines))


ECHO = ("/listen 127.0.0.1 0 echo as s", "/open 127.0.0.1 $s.port as c")


def talk(pieces, *lines):
    """A peer that sends these pieces, each after the script has answered the one before, and then FIN."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = start("/open 127.0.0.1 %d as c" % server.getsockname()[1], *lines)
        peer, _ = server.accept()
        for piece in pieces:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.sendall(piece)
        peer.close()
        return end(process)


# ---- a stream ----

GREETING = b"220-one\r\n220 two ready\r\n250 ok\r\n"
EXPECTED = ("/expect /^220 .*$/", '/expect "ok\\r\\n"')
same(talk([GREETING], *EXPECTED), (0, ""), "in one piece")
same(talk([bytes([byte]) for byte in GREETING], *EXPECTED), (0, ""), "byte by byte")
same(talk([b"Hello, world\n"], "/expect /wurld/"),
     (1, 'script:2: expected /wurld/ before the peer\'s FIN, got "Hello, world\\n" (13 bytes)'), "FIN: it can come no more")
same(talk([b"Hello, world\n"], '/expect "Hello, wurld"'),
     (1, 'script:2: expected "Hello, wurld" before the peer\'s FIN, got "Hello, world\\n" (13 bytes); after "Hello, w" '
      'comes "orld\\n"'), "a text says how far it was right")
same(talk([b"\x1b[31m\xff\n"], "/expect never"),
     (1, 'script:2: expected "never" before the peer\'s FIN, got "\\x1b[31m\\xff\\n" (7 bytes)'), "what came is shown safely")

# ---- what it takes ----

status, err = result_of(*ECHO, "/send one", "/expect one from c", "/expect one within 50ms from @c")
same((status, err), (1, 'script:5: expected "one" within 50.0 ms, got nothing'), "once")
status, err = result_of(*ECHO, "/send two", "/expect @s two from @c")
same((status, err), (1, "script:4: expect: @s and from @c are two sessions") if status == 1 else (2, err), "one session")
status, err = result_of(*ECHO, "/send gone", "/wait readable", "/expect not gone within 1h")
ok(status == 1 and err.startswith("script:5: did not expect \"gone\", after "), "not: it fails at once where it is there: " + err)
begun = time.monotonic()
same(result_of(*ECHO, "/send two", "/expect not three within 300ms", "/expect two"), (0, ""), "not takes nothing,")
ok(time.monotonic() - begun >= 0.3, "and waits its whole time")
begun = time.monotonic()
status, err = result_of("/set expect-time 100ms", *ECHO, "/expect x")
ok((status, err) == (1, 'script:4: expected "x" within 100 ms, got nothing') and time.monotonic() - begun < 30,
   "/set expect-time")

# ---- datagrams ----

status, err = result_of("/listen udp 127.0.0.1 0 echo as s", "/open udp 127.0.0.1 $s.port as c", "/set @c eol none", "/send @c ab",
                        "/send @c cd", "/assert @c.recvs = 2 within 30s", "/expect bc within 200ms from c")
ok(status == 1 and '"abcd" (4 bytes)' in err, "nothing is found across two: " + err)

# ---- /wait ----

begun = time.monotonic()
same(result_of(*ECHO, "/send x", "/assert recv = 1 within 30s", "/wait quiet within 30s", "/assert recv = 1"), (0, ""), "quiet")
ok(0.2 <= time.monotonic() - begun < 30, "is 200 ms")
status, err = result_of(*ECHO, "/wait quiet for 1h within 50ms")
same((status, err), (1, "script:3: session 2 is not quiet for 1 h 0 min within 50.0 ms"), "never")
same(result_of(*ECHO, "/wait open for 1s")[0], 2, "only quiet is for a time")
status, err = result_of(*ECHO, "/wait readable within 50ms")
ok(status == 1 and "is not readable within 50.0 ms" in err, "nothing to read: " + err)
same(result_of("/listen 127.0.0.1 0 as s", "/open 127.0.0.1 $s.port as c", "/close", "/wait @c readable")[0], 1,
     "a session that has ended")

# ---- a flood, and an expectation that is met late ----

def flood(mebibytes, line, chunk):
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = start("/open 127.0.0.1 %d" % server.getsockname()[1], line)
        peer, _ = server.accept()
        begun = time.monotonic()
        for _ in range(mebibytes):
            peer.sendall(chunk * (1024 * 1024 // len(chunk)))
        peer.sendall(b"ENDED\n")
        result = end(process)
        return result, time.monotonic() - begun


for line, chunk in (("/expect /E[A-D]*N+D.*$/ within 1m", b"a"), ("/expect ENDED within 1m", b"E"),
                    ("/expect /a.*b*ENDED$/ within 1m", b"a"), ("/expect /(a*)*ENDED/ within 1m", b"ab")):
    (result, _), (big, took) = flood(1, line, chunk), flood(64, line, chunk)
    ok(result == big == (0, "") and took < 60, "64 MiB before %s: %.2f s" % (line, took))

# What leaves the transcript before it was searched is reported.
with socket.create_server(("127.0.0.1", 0)) as server:
    process = start("/set scrollback 4M", "/open 127.0.0.1 %d as c" % server.getsockname()[1], "/assert @c.fin is yes within 1m",
                    "/expect wanted")
    peer, _ = server.accept()
    peer.sendall(b"wanted" + b"x" * (32 << 20))
    peer.shutdown(socket.SHUT_WR)
    peer.settimeout(DEADLINE)
    peer.close()
    status, err = end(process)
    ok(status == 1 and "bytes left the transcript unsearched" in err, "what has left the transcript: " + err)

done()
