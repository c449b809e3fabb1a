# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending that goes on: /repeat and /file, against peers that are not ours."""

import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from script import enter_home, script, write  # noqa: E402
from tap import done, listener, ok, port_of, receive_all, run, same, watchdog  # noqa: E402
from plain import Plain  # noqa: E402

watchdog(120)
enter_home()


def errors_of(text, *words):
    status, _, err = script(text, *words)
    return status, err


def received_by_server(lines):
    """What a stream gets from a script that is given the port."""
    with listener() as server:
        import threading
        got = []

        def take():
            peer = server.accept()[0]
            got.append(receive_all(peer))
            peer.close()
        thread = threading.Thread(target=take)
        thread.start()
        result = errors_of("/open 127.0.0.1 $1\n" + lines, port_of(server))
        thread.join()
    return (*result, got[0])


def datagrams(lines, count):
    with listener(kind=socket.SOCK_DGRAM) as server:
        result = errors_of("/open udp 127.0.0.1 $1\n" + lines, port_of(server))
        return (*result, [server.recv(70000) for _ in range(count)])


# ---- /repeat ----

same(received_by_server("/repeat 100000 0 x\n"), (0, "", b"x\n" * 100000), "many, each once")
begin = time.monotonic()
same(received_by_server("/repeat 5 50ms t\n")[2], b"t\n" * 5, "at an interval")
ok(time.monotonic() - begin >= 0.2, "which is kept: four times 50 ms at least")
for line, error in [
    ("/repeat 0 1s x", "repeat: \"0\" is not a number of times from 1 to 999999999, or forever"),
    ("/repeat many 1s x", "repeat: \"many\" is not a number of times from 1 to 999999999, or forever"),
    ("/repeat 2 soon x", "soon"),
    ("/repeat 2 1s", "repeat: needs a line"),
    ("/repeat 2 0 /secret x", "repeat: a secret is sent once: /secret"),
    ("/repeat 2 0 /nosuch", "script:2:14: no such command: \"nosuch\": /help lists them"),
]:
    status, err = errors_of("/socket udp\n" + line + "\n")
    ok(status == 2 and err.startswith("script:2:") and error in err.split("\n")[0], line)
    if error not in err:
        print("# " + err)

# ---- /file ----

text = "first\nsecond\r\n\nlast without an end".encode()
write("lines.txt", text)
large = os.urandom(3 << 20)
write("large", large)
write("empty", "")
same(received_by_server("/file lines.txt\n"), (0, "", text), "a file as it is")
same(received_by_server("/file large\nafter\n"), (0, "", large + b"after\n"), "a large one, and what follows after it")
same(received_by_server("/file empty\n"), (0, "", b""), "an empty one")
same(received_by_server("/set eol crlf\n/file lines.txt every 0\n"),
     (0, "", b"first\r\nsecond\r\n\r\nlast without an end\r\n"), "line by line, with the line end of the session")
same(received_by_server("/file lines.txt every 20ms\n")[2], b"first\nsecond\n\nlast without an end\n", "at a pace")
same(datagrams("/set eol none\n/file lines.txt every 0\n", 4),
     (0, "", [b"first", b"second", b"", b"last without an end"]), "a datagram for each line")
same(datagrams("/file lines.txt\n", 1), (0, "", [text]), "a datagram with all of it")
same(datagrams("/file empty\n", 1), (0, "", [b""]), "an empty datagram")
os.mkfifo("fifo")
for line, error in [
    ("/file nosuch", "nosuch: no such file or directory"),
    ("/file .", ".: is a directory"),
    ("/file fifo", "fifo: not a regular file"),
    ("/file lines.txt every day", "day"),
    ("/file", "file: needs a file"),
]:
    status, err = errors_of("/socket udp\n" + line + "\n")
    ok(status and err.startswith("script:2:") and error in err.split("\n")[0], line)
    if error not in err:
        print("# " + err)
write("long", b"x" * ((1 << 20) + 2) + b"\n")
ok("long:1: a line of more than 1048576 bytes" in received_by_server("/file long every 0\n")[1], "a line that is too long")
status, err, _ = datagrams("/file large\n", 0)
ok(status == 1 and "65507" in err, "no datagram has 3 MiB: " + err.strip())

# ---- templates ----

NAMES = "/let user alice\n/let empty\n"
write("template", b"user $user, pass ${user}x$empty, $$5 a$ $\x00\xff\nport $srv.port\n")


def expanded(port):
    return b"user alice, pass alicex, $5 a$ $\x00\xff\nport %d\n" % port


def sent(lines):
    """What a stream gets, without the number of a port, which it returns, too."""
    status, err, got = received_by_server("/listen 127.0.0.1 0 as srv\n/session @1\n" + NAMES + lines)
    return status, err, got, int(b"0" + b"".join(re.findall(rb"port (\d+)", got)))


status, err, got, port = sent("/file template expand\n")
same((status, err, got), (0, "", expanded(port)), "a template: the values of its names")
ok(port > 0, "also those of a session")
status, err, got, port = sent("/set eol crlf\n/file template expand every 0\n")
same((status, got), (0, expanded(port).replace(b"\n", b"\r\n")), "line by line")
with open("template", "rb") as file:
    same(sent("/file template\n")[:3], (0, "", file.read()), "what is no template is sent as it is")
write("counted", "run $repeat\n")
same(sent("/repeat 3 0 /file counted expand\n")[:3], (0, "", b"run 1\nrun 2\nrun 3\n"), "the number of the run")
same(sent("/repeat 3 0 /expand user $$user $$repeat\n")[:3], (0, "", b"user alice 1\nuser alice 2\nuser alice 3\n"), "also in a line")
same(sent("/repeat 2 0 /repeat 2 1ms /expand $$repeat\n")[:3], (0, "", b"1\n2\n1\n2\n"), "that of the inner one")
same(sent("/loop 2\n/expand $$loop $loop\n/end\n")[:3], (0, "", b"1 1\n2 2\n"), "that of the round")
same(sent("/let slash /quit\n/expand $$slash\n/expand //x\n/expand /send $$user\\n\n")[:3], (0, "", b"/quit\n/x\nalice\n"),
     "what a name stands for makes no command of data")
same(datagrams(NAMES + "/file counted\n/repeat 2 0 /file counted expand\n", 3)[2], [b"run $repeat\n", b"run 1\n", b"run 2\n"], "a datagram of each")
write("unknown", "first\nsecond $user $nosuch\n")
write("outside", "$repeat")
write("open", "${user")
write("large", b"$user\n" + b"x" * (3 << 20))
same(sent("/file large expand\n")[:3], (0, "", b"alice\n" + b"x" * (3 << 20)), "a large template")
for line, error in [
    ("/file unknown expand", "script:7:7: unknown:2:14: no name \"nosuch\": /let nosuch VALUE makes one, $$ is a dollar"),
    ("/file unknown expand every 1s", "script:7:7: unknown:2:14: no name \"nosuch\""),
    ("/file open expand", "script:7:7: open:1:1: ${ without }"),
    ("/file outside expand", "script:7:7: outside:1:1: $repeat has a value while /repeat runs its line"),
    ("/expand $$nosuch", "script:7:9: no name \"nosuch\""),
    ("/expand /nosuch", "script:7:10: no such command: \"nosuch\""),
    ("/repeat 2 0 x $repeat", "script:7:15: $repeat has a value while /repeat runs its line"),
    ("/let repeat 3", "script:7:6: $repeat is the number of the run in /repeat"),
    ("/expand", "script:7:8: expand: needs a line: /expand <line...>"),
    ("/file nosuch expand", "script:7: nosuch: no such file or directory"),
    ("/file . expand", "script:7: .: is a directory"),
]:
    begin = "/listen 127.0.0.1 0 as srv\n/listen 127.0.0.1 0 as sink\n/open 127.0.0.1 $sink.port\nhello\n" + NAMES
    status, err = errors_of(begin + line + "\n")
    ok(status == (1 if "script:7: " in error else 2) and err.startswith(error), line + " is one line: " + err.strip())
    if status == 2:
        same(run("--check", "script")[::2], (2, err.encode()), "which --check says, too")
same(errors_of("/socket udp\n/let user $1\n/file template expand &\n", "x")[0], 2, "a session that is missed is a mistake as well")

# ---- as a person ----

with listener() as server:
    write("hello", "hello $user, $$1\n")
    window = Plain("127.0.0.1", port_of(server), start_up="/let user bob\n")
    peer = server.accept()[0]
    window.sees("connected")
    window.type("/file hello expand")
    same(peer.recv(100), b"hello bob, $1\n", "a name of the start-up file")
    window.type("/let user carol")
    window.type("/repeat 2 0 /expand $user $repeat\r$user")
    got = b""
    while got.count(b"\n") < 3:
        got += peer.recv(100)
    ok(b"carol 1\n" in got and b"carol 2\n" in got and b"$user\n" in got, "a name that was typed, and a line that is sent as it is: %r" % got)
    window.type("/expand $nosuch")
    ok(window.sees("no name \"nosuch\": /let nosuch VALUE makes one"), "an unknown one is reported")
    window.type("/expand /secret x")
    ok(window.sees("expand: a secret comes from a file"), "no secret")
    write("source", "/send $user!\n")
    window.type("/source source")
    same(peer.recv(100), b"carol!", "a script knows them, too")
    window.leave()

with listener() as server:
    window = Plain("127.0.0.1", port_of(server))
    peer = server.accept()[0]
    window.sees("connected")
    window.type("/repeat forever 1ms tick")
    got = b""
    while got.count(b"tick") < 10:
        got += peer.recv(65536)
    window.type("typed meanwhile")
    while b"typed meanwhile\n" not in got:
        got += peer.recv(65536)
    ok(True, "what is typed goes between")
    os.write(window.master, b"\x03")
    ok(window.sees("/repeat forever 1ms tick: interrupted") or "cancelled" in window.text, "Ctrl-C ends it")
    write("huge", b"y" * (200 << 20))
    window.type("/view trace")  # which prints no megabytes
    window.sees("trace")
    window.type("/file huge")
    peer.recv(65536)
    window.type("/set nosuch")
    ok(window.sees("no setting \"nosuch\""), "a file that the peer does not read holds up nobody")
    os.write(window.master, b"\x03")
    ok(window.sees("/file huge: "), "and is ended by Ctrl-C")
    window.type("/repeat forever 1ms /send z")
    peer.close()
    ok(window.sees("run "), "a peer that goes away ends a repeat, with the run that failed")
    window.leave()

done()
