# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions written as programs by /code, and those programs run: they must say and hear the same bytes."""

import os
import re
import shutil
import struct
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403
from netcats import Stage  # noqa: E402
from plain import Plain  # noqa: E402
from programs import LANGUAGES, WORK, export, finish, launch, port_on, programs_of, start  # noqa: E402

HARD = b"\x00\x01\x1b\xff??/\"\\%s '?\x7f0"


def client_of_the_echo_service():
    plain = Plain("-l", "127.0.0.1", "0", "--service", "echo")
    port = port_on(plain)
    plain.type("/open 127.0.0.1 %d as me" % port)
    plain.sees("connected")
    said = b""
    for line in ("hello", "안녕 소켓", "x" * 300):
        plain.type(line)
        said += line.encode() + b"\n"
        ok(plain.sees("←"), "an echo")
    plain.type("/hex " + HARD.hex())
    said += HARD
    ok(plain.sees("16 bytes"), "hostile bytes come back")
    plain.type("/shutdown write")
    ok(plain.sees("FIN): recv() = 0"), "and the end")
    for language in LANGUAGES:
        path = export(plain, language)
        same(os.stat(path).st_mode & 0o777, 0o600, "for its owner alone")
        status, out, err = finish(start(path))
        same((status, err), (0, b""), "the %s program ends well" % language)
        same(out, said, "and hears what we heard")
    same(plain.leave(), 0, "leaves")


def datagrams():
    plain = Plain("-u", "-l", "127.0.0.1", "0", "--service", "echo")
    plain.sees("127.0.0.1:")
    port = port_on(plain, "receiving")
    plain.type("/open udp 127.0.0.1 %d as me" % port)
    plain.sees("ready")
    for text in ("/send one", "/send", "/send \\xff\\x00two"):
        plain.type(text)
        ok(plain.sees("←"), "an echo of " + text)
    for language in LANGUAGES:
        status, out, err = finish(start(export(plain, language)))
        same((status, out, err), (0, b"one\xff\x00two", b""), "the %s program asks the UDP service" % language)
    same(plain.leave(), 0, "leaves")


def has_bound(process, port):
    """Waits until the program that was started has its port, or has ended."""
    entry, end = " 00000000:%04X " % port, time.monotonic() + DEADLINE
    while process.poll() is None and time.monotonic() < end:
        with open("/proc/net/udp", encoding="ascii") as table:
            if entry in table.read():
                return True
    return False


def asks_and_hears(port, text):
    """A connected client hears only the address that it asks."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.5", port))
        client.settimeout(DEADLINE)
        try:
            client.send(text)
            return client.recv(1024)
        except (TimeoutError, ConnectionRefusedError):
            return None


def datagrams_on_every_address():
    stage = Stage()
    port = stage.unused_port()  # for several programs, one after the other
    plain = Plain("-u", "-l", "0.0.0.0", str(port), "--service", "echo")
    plain.sees("every IPv4 address")
    same(asks_and_hears(port, b"five"), b"five", "a client of 127.0.0.5 is answered from there")
    plain.type("/view trace")
    ok(plain.sees("to 127.0.0.5") and plain.sees(", from 127.0.0.5) = 4"), "and the trace says so")
    plain.type("/peers")
    ok(plain.sees("asked"), "so does /peers")
    plain.type("/close")
    ok(plain.sees("no longer receiving"), "the port is free")
    for language in LANGUAGES:
        process = start(export(plain, language))
        ok(has_bound(process, port), "the %s program has the port" % language)
        same(asks_and_hears(port, b"five"), b"five", "the %s program answers from there" % language)
        same(finish(process), (0, b"five", b""), "and ends well")
    stage.done()
    same(plain.leave(), 0, "leaves")


def server_with_one_client():
    """The accepted session's program is a server: another client gets the same from it."""
    plain = Plain("-l", "127.0.0.1", "0")
    port = port_on(plain)
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as client:
        client.sendall(b"Hello, server!")
        ok(plain.sees("session 2"), "a client")
        plain.type("/session 2")
        plain.sees("Hello, server!")
        plain.type("/send Hello, i'm server!")
        same(client.recv(1024), b"Hello, i'm server!", "is answered")
        client.shutdown(socket.SHUT_WR)
        plain.sees("FIN): recv() = 0")
        plain.type("/close")
        same(client.recv(1024), b"", "and left")
    plain.type("/close @1")
    plain.type("/sessions")
    plain.sees("closed")
    for session in (2, 1):
        for language in LANGUAGES:
            process = start(export(plain, language, session))
            found = re.search(rb"(\d+)\n", read_until(process.stderr, b"\n"))
            with socket.create_connection(("127.0.0.1", int(found.group(1)) if found else 0), DEADLINE) as client:
                client.settimeout(DEADLINE)
                client.sendall(b"Hello, server!")
                same(client.recv(1024), b"Hello, i'm server!", "the %s server of session %d answers" % (language, session))
                client.shutdown(socket.SHUT_WR)
                same(client.recv(1024), b"", "and closes")
            same(finish(process)[:2], (0, b"Hello, server!"), "and ends well")
    same(plain.leave(), 0, "leaves")


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


BIG = b"z" * 100000


def as_then(client):
    client.sendall(b"220 hello there\n")
    client.recv(100)
    client.sendall(b"250 ok\n")
    client.recv(100)
    client.sendall(BIG)
    client.close()


def in_pieces(client):
    client.sendall(b"220 hello there\n")
    client.recv(100)
    client.sendall(b"250 ok\n")
    client.recv(100)
    for at in range(0, len(BIG), 20000):
        client.sendall(BIG[at:at + 20000])
    client.close()


def less(client):
    client.sendall(b"2")
    client.recv(100)
    client.sendall(b"2")
    client.recv(100)
    client.sendall(b"z")
    client.close()


def more(client):
    client.sendall(b"220 hello there, and welcome\n")
    client.recv(100)
    client.sendall(b"250 ok, go on\n")
    client.recv(100)
    client.sendall(BIG + BIG)
    client.close()


def half_way(client):
    client.sendall(b"220 hello there\n")
    client.close()


def reset_half_way(client):
    client.sendall(b"220 hello there\n")
    client.recv(100)
    reset(client)


def other_peers():
    """A program meets peers that do other things than the one then did."""
    with listener() as server:
        plain = Plain("127.0.0.1", port_of(server))
        client, _ = server.accept()
        client.sendall(b"220 hello there\n")
        plain.sees("hello there")
        plain.type("EHLO me")
        client.recv(100)
        client.sendall(b"250 ok\n")
        plain.sees("250 ok")
        plain.type("GET")
        client.recv(100)
        client.sendall(BIG)
        client.close()
        ok(plain.sees("FIN): recv() = 0"), "a conversation")
        commands = programs_of(plain)
        for peer, status, heard in ((as_then, 0, b"220 hello there\n250 ok\n" + BIG),
                                    (in_pieces, 0, b"220 hello there\n250 ok\n" + BIG), (less, 0, b"22z"),
                                    (more, 0, b"220 hello there, and welcome\n250 ok, go on\n" + BIG + BIG),
                                    (half_way, 1, b"220 hello there\n"), (reset_half_way, 1, b"220 hello there\n"),
                                    (socket.socket.close, 1, b""), (reset, 1, b"")):
            for language, command in commands.items():
                process = launch(command)
                client, _ = server.accept()
                peer(client)
                got, out, err = finish(process)
                same((got, out), (status, heard), "the %s program and a peer that does %s" % (language, peer.__name__))
                ok(bool(err) == (status == 1) and err.count(b"\n") <= 1, "says what was wrong in one line: %r" % err)
        silent, processes = [], {}
        for language, command in commands.items():
            for words in (b"", b"220 hello there\n"):
                processes[language, words] = launch(command)
                client, _ = server.accept()
                client.sendall(words)
                silent.append(client)
        for (language, words), process in processes.items():
            got, out, err = finish(process)
            same((got, out), (1, words), "the %s program does not wait forever after %r" % (language, words))
            ok(b"timed out" in err or b"did nothing" in err, "and says so: %r" % err)
        for client in silent:
            client.close()
        same(plain.leave(), 0, "leaves")


def other_datagrams():
    with listener(kind=socket.SOCK_DGRAM) as server:
        plain = Plain("-u", "127.0.0.1", port_of(server))
        plain.sees("ready")
        for text in (b"one", b"two"):
            plain.type("/send " + text.decode())
            _, peer = server.recvfrom(100)
            server.sendto(text, peer)
            plain.sees("←")
        commands = programs_of(plain)
        for language, command in commands.items():
            process = launch(command)
            for answer in (b"", BIG[:2000]):
                _, peer = server.recvfrom(100)
                server.sendto(answer, peer)
            same(finish(process), (0, BIG[:2000], b""), "the %s program takes datagrams of any size" % language)
        processes = {language: launch(command) for language, command in commands.items()}
        for language, process in processes.items():
            got, out, err = finish(process)
            same((got, out), (1, b""), "the %s program gives up where no datagram comes" % language)
            ok(b"timed out" in err or b"did nothing" in err, "and says so: %r" % err)
        same(plain.leave(), 0, "leaves")


def other_clients():
    """Servers: their first client may take its time, and do less than then."""
    plain = Plain("-l", "127.0.0.1", "0")
    port = port_on(plain)
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as client:
        client.sendall(b"Hello, server!")
        plain.sees("session 2")
        plain.type("/session 2")
        plain.sees("Hello, server!")
        plain.type("/send hi")
        client.recv(100)
        client.sendall(b"again")
        plain.sees("again")
    plain.sees("FIN): recv() = 0")
    plain.type("/close @1")
    plain.sees("no longer listening")
    commands = programs_of(plain, 2)
    for words, ending, status in ((b"Hello, server!again", None, 1), (b"H", None, 1), (b"", None, 1), (b"", reset, 1)):
        for language, command in commands.items():
            process = launch(command)
            found = re.search(rb"(\d+)\n", read_until(process.stderr, b"\n"))
            client = socket.create_connection(("127.0.0.1", int(found.group(1)) if found else 0), DEADLINE)
            client.sendall(words)
            (ending or socket.socket.close)(client)
            got, out, err = finish(process)
            same((got, out), (status, words), "the %s server and a client that sends %r and ends" % (language, words))
    same(plain.leave(), 0, "leaves")


def what_failed_then():
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    port = port_of(closed)
    plain = Plain()
    plain.type("/socket tcp")
    ok(plain.sees("paused"), "a socket")
    plain.type("/connect 127.0.0.1 %d" % port)
    ok(plain.sees("ECONNREFUSED"), "refused")
    for language in LANGUAGES:
        status, out, err = finish(start(export(plain, language)))
        same((status, out), (0, b""), "a call that failed is tried in %s, too" % language)
        ok(b"refused" in err.lower(), "and says why")
    closed.close()
    same(plain.leave(), 0, "leaves")


def mistakes():
    plain = Plain()
    plain.type("/code python")
    ok(plain.sees("no session"), "no session, no program")
    plain.type("/listen 0")
    plain.sees("loopback only")
    plain.type("/code pascal x.pas")
    ok(plain.sees("python|c"), "what is right is said")
    plain.type("/code python /nonexistent/x.py")
    ok(plain.sees("/nonexistent/x.py: no such file"), "a path that does not exist")
    plain.type("/code python " + WORK)
    ok(plain.sees(": a directory, not a regular file"), "a directory")
    same([name for name in os.listdir(WORK) if "." in name and len(name.split(".")[-1]) == 6], [], "nothing is left behind")
    same(plain.leave(), 0, "leaves")


watchdog(100)
try:
    client_of_the_echo_service()
    datagrams()
    datagrams_on_every_address()
    server_with_one_client()
    other_peers()
    other_datagrams()
    other_clients()
    what_failed_then()
    mistakes()
finally:
    shutil.rmtree(WORK)
done()
