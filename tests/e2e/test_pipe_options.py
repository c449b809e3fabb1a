# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipe mode: the options that say when a conversation ends, and how the input is cut."""

import os
import socket
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from conversation import *  # noqa: E402,F403


def max_conns():
    process, port = server_of("-k", "--max-conns", "1")
    first = connect(port)
    first.sendall(b"first")
    read_until(process.stdout, b"first")
    second = connect(port)
    ok(is_closed(second), "--max-conns closes one client more")
    first_port = port_of(first)
    first.close()
    wait_for_end(port, first_port)
    third = connect(port)
    third.sendall(b"third")
    same(read_until(process.stdout, b"third"), b"third", "and takes another when the first has left")
    end(process)


def half_close():
    process, port = server_of("--half-close")
    client = connect(port)
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    read_until(process.stdout, b"question")
    write(process, b"late answer")
    same(client.recv(100), b"late answer", "--half-close waits for a late answer")
    process.stdin.close()
    same(client.recv(100), b"", "and ends with the input")
    process.stdin = None
    same(finish(process)[0], 0, "and the end is good")


def fin_of(given, wanted, *args):
    """Whether the peer gets FIN before it has answered. One that is not wanted is waited for a while."""
    server = listener()
    process = sockpit(*args, "127.0.0.1", port_of(server), stdin=given) if given != "closed" else subprocess.Popen(
        ["sh", "-c", "exec sockpit %s 127.0.0.1 %d <&-" % (" ".join(args), port_of(server))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if given == subprocess.PIPE:
        process.stdin.close()
        process.stdin = None
    peer, _ = server.accept()
    peer.settimeout(DEADLINE if wanted else 0.3)
    try:
        fin = peer.recv(100) == b""
    except socket.timeout:
        fin = False
    peer.sendall(b"answer")
    peer.close()
    status, out, err = finish(process)
    same((status, out), (0, b"answer"), "the answer comes in any case")
    return fin


def fin_after_input():
    with tempfile.TemporaryFile() as empty:
        for given, args, fin, name in (
                (NULL, [], False, "/dev/null"), ("closed", [], False, "a closed input"), (empty, [], True, "an empty file"),
                (subprocess.PIPE, [], True, "a pipe that ended"), (NULL, ["-N"], True, "/dev/null with -N"),
                (subprocess.PIPE, ["--no-shutdown"], False, "--no-shutdown"), (subprocess.PIPE, ["-q", "-1"], False, "-q -1"),
                (subprocess.PIPE, ["--recv-only"], False, "--recv-only"), (subprocess.PIPE, ["-d"], False, "-d")):
            same(fin_of(given, fin, *args), fin, "%s %s FIN" % (name, "is passed on as" if fin else "is no"))


def other_ends():
    process, peer = client_of("--send-only")
    write(process, b"sent")
    peer.sendall(b"dropped")
    process.stdin.close()
    process.stdin = None
    same(receive_all(peer), b"sent", "--send-only sends")
    same(finish(process)[:2], (0, b""), "drops what comes, and ends with the input")
    process, peer = client_of("--recv-only")
    peer.sendall(b"come")
    peer.close()
    same(finish(process)[:2], (0, b"come"), "--recv-only ends with the peer, whatever the input does")
    server = listener(kind=socket.SOCK_DGRAM)
    process = sockpit("-u", "-W", "2", "127.0.0.1", port_of(server))
    write(process, b"start")
    _, client = server.recvfrom(100)
    for word in (b"one", b"two", b"three"):
        server.sendto(word, client)
    same(finish(process)[:2], (0, b"onetwo"), "-W 2 ends after two datagrams, and passes on no third")


def datagrams(count, given, *args):
    """Waits for that many, and gives those that come with them, too."""
    server = listener(kind=socket.SOCK_DGRAM)
    run("-u", "-q", "0", *args, "127.0.0.1", port_of(server), given=given)
    got = []
    server.settimeout(DEADLINE)
    try:
        while True:
            got.append(server.recv(65536))
            server.settimeout(DEADLINE if len(got) < count else 0)
    except (BlockingIOError, TimeoutError):
        return got


def datagrams_of_input():
    same(datagrams(1, b"a\nb\n"), [b"a\nb\n"], "what is read at once is one datagram")
    same(datagrams(1, b"a\nb\n", "--datagram", "block"), [b"a\nb\n"], "--datagram block says so")
    same(datagrams(3, b"a\nb\nrest", "--datagram", "line"), [b"a\n", b"b\n", b"rest"], "--datagram line sends each line, and the rest")
    same([len(part) for part in datagrams(3, b"x" * 40000)], [16384, 16384, 7232], "a block has at most 16 KiB")
    same([len(part) for part in datagrams(2, b"x" * 70000 + b"\n", "--datagram", "line")], [65507, 4494], "a line that is too long is cut")


def interval():
    server = listener()
    process = sockpit("--delay", "100ms", "127.0.0.1", port_of(server))
    peer, _ = server.accept()
    begun = time.monotonic()
    process.stdin.write(b"one\ntwo\nthree")
    process.stdin.close()
    process.stdin = None
    same(peer.recv(4), b"one\n", "--delay sends the first line at once")
    same(receive_all(peer), b"two\nthree", "the others follow")
    ok(0.15 < time.monotonic() - begun < 60, "one after each interval")
    peer.close()
    same(finish(process)[0], 0, "and FIN after the last")
    process, peer = client_of("-i", "600ms", "-w", "300ms")
    write(process, b"one\ntwo\n")
    same(receive_all(peer), b"one\ntwo\n", "-w does not count the time that a line waits for")
    same(finish(process)[0], 0, "but what follows")


def raw_dump():
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "dump")
        process, peer = client_of("--output", path)
        write(process, b"question")
        peer.recv(100)
        peer.sendall(b"answer")
        peer.close()
        process.stdin.close()
        process.stdin = None
        same(finish(process)[:2], (0, b"answer"), "--output takes nothing away")
        with open(path, "rb") as file:
            same(file.read(), b"questionanswer", "and keeps what went both ways")
        same(os.stat(path).st_mode & 0o777, 0o600, "for the owner only")


watchdog(55)
max_conns()
half_close()
fin_after_input()
other_ends()
datagrams_of_input()
interval()
raw_dump()
done()
