# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipe mode: a clean nc -N, byte for byte, with exit codes that tell how it ended."""

import os
import re
import select
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403

EVERY_BYTE = bytes(range(256)) * 997 + b"\n/quit\n//x\n\x1d\x03\x04"


def in_thread(action):
    """A peer beside the test; that the program hangs up on it may be what is tested."""
    def act():
        try:
            action()
        except OSError as error:
            print("# a peer: %s\n" % error, end="", flush=True)  # whole lines: other threads print too
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def client_is_byte_exact():
    server = listener()
    seen = {}

    def serve():
        peer, _ = server.accept()
        seen["got"] = receive_all(peer)
        peer.sendall(EVERY_BYTE)
        peer.close()
    thread = in_thread(serve)
    status, out, err = run("127.0.0.1", port_of(server), given=EVERY_BYTE)
    thread.join(DEADLINE)
    same(status, 0, "a conversation that ends well is status 0")
    ok(seen.get("got") == EVERY_BYTE, "every byte value arrives, commands among them are data")
    ok(out == EVERY_BYTE, "every byte value comes back, after our end of input")
    same(err, b"", "and nothing is said about it")


def forms_of_address():
    for words in (["127.0.0.1", "{}"], ["127.0.0.1:{}"], ["tcp://127.0.0.1:{}"], ["tcp://127.0.0.1:{}/"],
                  ["-4", "localhost", "{}"], ["-n", "127.0.0.1", "{}"]):
        server = listener()
        args = [word.format(port_of(server)) for word in words]

        def serve():
            peer, _ = server.accept()
            receive_all(peer)
            peer.sendall(b"yes")
            peer.close()
        in_thread(serve)
        same(run(*args)[:2], (0, b"yes"), "sockpit " + " ".join(words))


def ipv6():
    try:
        server = listener(socket.AF_INET6)
    except OSError:
        return skip("no IPv6 loopback here")

    def serve():
        peer, _ = server.accept()
        peer.sendall(b"six")
        peer.close()
    in_thread(serve)
    same(run("[::1]:%d" % port_of(server))[:2], (0, b"six"), "[v6]:port")


def network_errors_are_status_1():
    dead = socket.socket()
    dead.bind(("127.0.0.1", 0))
    status, out, err = run("127.0.0.1", port_of(dead))
    same(status, 1, "a refused connection is status 1")
    ok(err.count(b"\n") == 1 and b"refused" in err, "and one line says so: %r" % err)
    status, out, err = run("-n", "nowhere.invalid", "80")
    same(status, 1, "a name that does not exist is status 1")
    ok(err.count(b"\n") == 1 and b"nowhere.invalid" in err, "and one line says so: %r" % err)
    status, out, err = run("127.0.0.1", "8x")
    ok(status == 1 and err.count(b"\n") == 1 and b"8x" in err, "so is a service name that is none: %r" % err)


def reset_is_status_1():
    server = listener()

    def serve():
        peer, _ = server.accept()
        peer.sendall(b"before")
        peer.recv(100)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
    thread = in_thread(serve)
    process = sockpit("127.0.0.1", port_of(server))
    read_until(process.stdout, b"before")
    process.stdin.write(b"x")
    process.stdin.flush()
    thread.join(DEADLINE)
    process.wait(DEADLINE)
    err = process.stderr.read()
    same(process.returncode, 1, "a reset is status 1")
    ok(b"reset" in err.lower(), "and said: %r" % err)


def usage_is_status_2():
    mistakes = {
        ("127.0.0.1",): b"port", ("127.0.0.1", "70000"): b"70000", ("127.0.0.1", "0"): b"0",
        ("-p", "70000", "127.0.0.1", "80"): b"-p: 70000",
        ("127.0.0.1", "-5"): b"option", ("-l",): b"-l needs a port",
        ("-w", "soon", "127.0.0.1", "7"): b"soon", ("-p",): b"-p needs a value", ("--nothing",): b"--nothing",
        ("-e", "/bin/sh", "127.0.0.1", "7"): b"refused", ("-c", "id", "127.0.0.1", "7"): b"refused",
        ("--service", "nope", "-l", "0"): b"nope", ("-k", "127.0.0.1", "7"): b"-l", ("a", "b", "c"): b"b is not a port", ("-l", "a", "1", "2"): b"too many",
        ("--set", "eol", "127.0.0.1", "7"): b"NAME=VALUE", ("--set", "eol=zz", "127.0.0.1", "7"): b"zz",
        ("--set", "nope=1", "127.0.0.1", "7"): b"nope", ("http://127.0.0.1:80",): b"http",
        ("::1",): b"port", (): b"address", ("--demo", "x", "1"): b"--demo", ("-l", "-p", "1", "2", "3"): b"twice",
    }
    mistakes.update({
        ("-l", "7001", "127.0.0.1"): b"the port comes last: 127.0.0.1 7001",
        ("-l", "7001", "echo"): b"a service is chosen by --service echo",
        ("7001", "localhost"): b"the port comes last: localhost 7001",
        ("--servce", "echo", "-l", "0"): b"did you mean --service?",
        ("--service", "ehco", "-l", "0"): b"did you mean echo?", ("--view", "hxe", "x", "7"): b"did you mean hex?",
        ("--set", "elo=lf", "x", "7"): b"did you mean eol?", ("0",): b"0 is not a port", ("70000",): b"70000 is not a port",
        (":",): b"the port is empty", ("http",): b"a host needs a port: sockpit http 80",
    })
    for args, words in mistakes.items():
        status, out, err = run(*args)
        ok(status == 2 and words in err and err.count(b"\n") == 1 and out == b"",
           "sockpit %s: status %s, %r" % (" ".join(args), status, err))


def a_port_alone_is_ours():
    with listener() as server:
        for form in ("%d", ":%d", "tcp://:%d", "tcp://127.0.0.1:%d/", "localhost:%d"):
            process = sockpit("-4", form % port_of(server))
            client, _ = server.accept()
            process.stdin.write(b"x")
            process.stdin.close()
            same(receive_all(client), b"x", "sockpit " + form + " reaches this machine")
            client.close()
            same(process.wait(DEADLINE), 0, "and ends well")
            process.stdout.close()
            process.stderr.close()
    with listener(kind=socket.SOCK_DGRAM) as server:
        process = sockpit("udp://:%d" % port_of(server), "-q", "0")
        process.communicate(b"datagram")
        same(server.recv(100), b"datagram", "udp://:port is one for datagrams")
    with listener(family=socket.AF_INET6) as server:
        process = sockpit(port_of(server))
        client, _ = server.accept()
        client.close()
        process.communicate()
        same(process.returncode, 0, "a server on ::1 only is found after 127.0.0.1 has refused")


def several_ports_are_talked_to_in_turn():
    with listener() as first, listener() as second:
        closed = socket.socket()
        closed.bind(("127.0.0.1", 0))
        ports = [port_of(closed), port_of(first), port_of(second)]
        for server in (first, second):
            def serve(server=server):
                peer, _ = server.accept()
                peer.sendall(b"%d " % port_of(server))
                peer.close()
            in_thread(serve)
        status, out, err = run("127.0.0.1", ports[0], "%d,%d" % (ports[1], ports[2]))
        same((status, out), (0, b"%d %d " % (ports[1], ports[2])), "each port that is open, in this order")
        same(run("127.0.0.1", ports[0], ports[0])[0], 1, "status 1 where none is")
    for args in ([], ["--nc"]):
        status, out, err = run(*args, "nowhere.invalid", "80", "81")
        ok(status == 1 and err.count(b"\n") == 1, "a host that is none is said once: %r" % err)


def probes():
    with listener(backlog=64) as open_port, listener(kind=socket.SOCK_DGRAM) as silent:
        closed = socket.socket()
        closed.bind(("127.0.0.1", 0))
        there, shut = port_of(open_port), port_of(closed)
        same(run("-z", "127.0.0.1", there), (0, b"", b""), "-z: 0 where a port is open")
        same(run("-z", "127.0.0.1", shut), (1, b"", b""), "1 where it is not")
        same(run("-z", "127.0.0.1", "%d,%d" % (shut, there))[0], 0, "0 where one of several is")
        same(run("-zv", "127.0.0.1", shut, there)[2],
             b"sockpit: connect to 127.0.0.1 port %d (tcp) failed: Connection refused\n"
             b"Connection to 127.0.0.1 %d port [tcp/*] succeeded!\n" % (shut, there), "-v says it in nc's words")
        same(run("-z", "-r", "127.0.0.1", "%d-%d" % (there, there))[0], 0, "-r takes them in any order")
        dead = refuser(socket.SOCK_DGRAM)
        gone = port_of(dead)
        words = b"127.0.0.1 %d port [udp/*]: %s\n"
        same(run("-zu", "127.0.0.1", gone), (1, b"", words % (gone, b"refused")), "UDP that is refused")
        same(run("-zu", "-w", "100ms", "127.0.0.1", port_of(silent)), (0, b"", words % (port_of(silent), b"no answer")),
             "silence is said, and may be a port that is open")
        process = sockpit("-zu", "127.0.0.1", port_of(silent), stdin=subprocess.DEVNULL)
        for _ in range(2):
            data, peer = silent.recvfrom(100)
        same(data, b"", "the probe is an empty datagram")
        silent.sendto(b"here", peer)
        same(process.communicate(timeout=DEADLINE)[1], words % (port_of(silent), b"answered"), "an answer")
        same(process.returncode, 0, "is status 0")
    status, out, err = run("-z", "nowhere.invalid", "80", "81")
    ok(status == 1 and err.count(b"\n") == 1 and b"nowhere.invalid" in err, "a name that is none is said once: %r" % err)


def says_who_can_reach_it():
    for args, again in ((["-l", "0"], b"sockpit -l '*' %d"), (["-ul", "0"], b"sockpit -lu '*' %d")):
        process = sockpit(*args)
        line = read_until(process.stderr, b"\n")
        port = listening_port_in(line)
        ok(b"loopback only" in line and again % port in line, "a listener on loopback says so: %r" % line)
        end(process)
    process = sockpit("-v", "-n", "-l", "127.0.0.1", "0")
    words = read_until(process.stderr, b"Listening")
    ok(b"loopback only" not in words.splitlines()[-1], "not where loopback was asked for: %r" % words)
    end(process)


def nc_words():
    process = sockpit("-v", "-n", "-4", "-l", "0")
    lines = read_until(process.stderr, b"Listening on 127.0.0.1 ")
    port = listening_port_in(lines)
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as client:
        told = read_until(process.stderr, b"Connection received on 127.0.0.1 %d\n" % port_of(client))
        ok(told.endswith(b"Connection received on 127.0.0.1 %d\n" % port_of(client)), "-v says who has come")
    end(process)
    with listener() as server:
        process = sockpit("-v", "-n", "127.0.0.1", port_of(server), stdin=subprocess.DEVNULL)
        client, _ = server.accept()
        client.close()
        same(process.communicate(timeout=DEADLINE)[1],
             b"Connection to 127.0.0.1 %d port [tcp/*] succeeded!\n" % port_of(server), "and that a server was reached")


def listening_port_in(text):
    return int(re.search(rb"127\.0\.0\.1:(\d+)", text).group(1))


def socket_options():
    with listener(backlog=64) as server:
        for args in (["-z"], ["--nc", "-z"]):
            err = run(*args, "-M", "0", "-T", "0x20", "-I", "5000", "127.0.0.1", port_of(server))[2]
            ok(err.count(b"\n") == 1 and b"setsockopt(IP_TTL) = -1 EINVAL" in err, "one that cannot be set is said: %r" % err)


def udp_words():
    server = listener(kind=socket.SOCK_DGRAM)
    said = b"127.0.0.1 %d port [udp/*]: " % port_of(server)
    process = sockpit("-u", "-v", "127.0.0.1", port_of(server))
    process.stdin.write(b"x")
    process.stdin.close()
    _, peer = server.recvfrom(100)
    server.sendto(b"y", peer)
    process.wait(DEADLINE)
    same(process.stderr.read(), said + b"answered\n", "-v of UDP says that an answer came")
    process.stdout.close()
    process.stderr.close()
    same(run("-u", "-v", "-w", "100ms", "127.0.0.1", port_of(server), given=b"x")[2], said + b"no answer\n", "or that none did")


def telnet():
    with listener() as server:
        for args in (["-t"], ["--nc", "-t"]):
            process = sockpit(*args, "127.0.0.1", port_of(server))
            peer, _ = server.accept()
            peer.settimeout(DEADLINE)
            peer.sendall(b"login\xff\xfd\x01: ")
            same(peer.recv(100), b"\xff\xfc\x01", "%s refuses an option" % " ".join(args))
            peer.close()
            same(process.communicate(timeout=DEADLINE)[0], b"login\xff\xfd\x01: ", "and shows what came")


def help_and_version():
    status, out, err = run("-h")
    ok(status == 0 and b"usage: sockpit" in out and not err, "-h helps on standard output")
    ok(all(len(line) <= 110 for line in out.splitlines()), "in lines that fit")
    status, out, err = run("--version")
    ok(status == 0 and out.startswith(b"sockpit "), "--version tells it")


def listens():
    for args in (["-l", "0"], ["-l", "127.0.0.1", "0"], ["-l", "-p", "0"], ["-l", "-s", "127.0.0.1", "0"],
                 ["-4", "-l", "0"]):
        process = sockpit(*args)
        port = listening_port(process)
        client = socket.create_connection(("127.0.0.1", port), DEADLINE)
        process.stdin.write(b"from the server")
        process.stdin.close()
        client.sendall(EVERY_BYTE)
        client.shutdown(socket.SHUT_WR)
        got = receive_all(client)
        out = process.stdout.read()
        process.wait(DEADLINE)
        ok(got == b"from the server" and out == EVERY_BYTE and process.returncode == 0,
           "sockpit %s serves one client and ends (%s)" % (" ".join(args), process.returncode))
        process.stdout.close()
        process.stderr.close()


def keeps_listening():
    process = sockpit("-lk", "0", stdin=subprocess.DEVNULL)
    port = listening_port(process)
    for word in (b"one", b"two", b"three"):
        client = socket.create_connection(("127.0.0.1", port), DEADLINE)
        client.sendall(word)
        client.shutdown(socket.SHUT_WR)
        ok(read_until(process.stdout, word).endswith(word), "-k takes client %s" % word.decode())
        same(receive_all(client), b"", "and closes its side, the input being at its end")
        client.close()
    same(end(process), -signal.SIGTERM, "until a signal ends it, of which it dies")


def serves():
    process = sockpit("-lk", "--service", "echo", "0", stdin=subprocess.DEVNULL)
    port = listening_port(process)
    clients = [socket.create_connection(("127.0.0.1", port), DEADLINE) for _ in range(20)]
    for number, client in enumerate(clients):
        client.sendall(b"client %d\n" % number)
    for number, client in enumerate(clients):
        same(client.recv(100), b"client %d\n" % number, "echo answers client %d" % number)
    end(process)
    same(process.returncode, -signal.SIGTERM, "the server ends by a signal")


def udp():
    server = listener(kind=socket.SOCK_DGRAM)

    def serve():
        data, peer = server.recvfrom(65536)
        server.sendto(data.upper(), peer)
        server.sendto(b"", peer)
        server.sendto(b"second", peer)
    in_thread(serve)
    status, out, err = run("-u", "127.0.0.1", port_of(server), given=b"hello\nworld\n")
    same((status, out, err), (0, b"HELLO\nWORLD\nsecond", b""), "a UDP client ends a little after its input")
    dead = refuser(socket.SOCK_DGRAM)
    status, out, err = run("-u", "127.0.0.1", port_of(dead), given=b"anybody?")
    ok(status == 1 and b"refused" in err, "a refused datagram is status 1: %r" % err)
    process = sockpit("-u", "-l", "0", stdin=subprocess.PIPE)
    port = listening_port(process)
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(DEADLINE)
    client.sendto(b"ping", ("127.0.0.1", port))
    same(read_until(process.stdout, b"ping"), b"ping", "a UDP server passes on what comes")
    process.stdin.write(b"pong")
    process.stdin.flush()
    same(client.recv(100), b"pong", "and answers who wrote last")
    end(process)


def limits():
    full = listener(backlog=0)
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
        fillers.append(filler)
        select.select([full], [], [], DEADLINE)  # the first has been queued, and none after it is
    begun = time.monotonic()
    status, out, err = run("-w", "200ms", "127.0.0.1", port_of(full))
    took = time.monotonic() - begun
    ok(status == 1 and b"time" in err and 0.15 < took < 60, "-w limits connecting: %s %r %.2f s" % (status, err, took))
    server = listener()
    process = sockpit("-w", "200ms", "127.0.0.1", port_of(server))
    peer, _ = server.accept()
    process.wait(DEADLINE)
    same(process.returncode, 0, "-w limits idling")
    process = sockpit("-q", "100ms", "127.0.0.1", port_of(server), stdin=subprocess.DEVNULL)
    peer, _ = server.accept()
    process.wait(DEADLINE)
    same(process.returncode, 0, "-q ends after the input though the peer stays")


def line_ends():
    def sent(*args, given):
        server = listener()
        got = []

        def serve():
            peer, _ = server.accept()
            got.append(receive_all(peer))
            peer.close()
        thread = in_thread(serve)
        process = sockpit(*args, "127.0.0.1", port_of(server))
        for part in given:
            process.stdin.write(part)
            process.stdin.flush()
        process.stdin.close()
        thread.join(DEADLINE)
        process.wait(DEADLINE)
        return got[0] if got else None
    same(sent("-C", given=[b"a\nb\r\nc"]), b"a\r\nb\r\nc", "-C makes CRLF of LF and leaves CRLF alone")
    same(sent("--eol", "nul", given=[b"a\nb\n"]), b"a\0b\0", "--eol nul")
    same(sent("--eol", "none", given=[b"a\nb\n"]), b"ab", "--eol none")


def verbose():
    server = listener()

    def serve():
        peer, _ = server.accept()
        data = receive_all(peer)
        peer.sendall(data)
        peer.close()
    in_thread(serve)
    status, out, err = run("-vv", "127.0.0.1", port_of(server), given=b"same")
    ok(status == 0 and out == b"same" and b"connected" in err and b"FIN" in err, "-vv tells the story: %r" % err)


def stuck_and_broken_output():
    server = listener()
    amount = 8 << 20

    def serve():
        peer, _ = server.accept()
        peer.sendall(b"z" * amount)
        peer.close()
    in_thread(serve)
    process = sockpit("127.0.0.1", port_of(server), stdin=subprocess.DEVNULL)
    first = process.stdout.read(10)
    ok(first == b"z" * 10, "a reader that pauses")
    rest = process.stdout.read()
    same(len(rest), amount - 10, "gets everything all the same")
    process.wait(DEADLINE)
    same(process.returncode, 0, "and the end is good")
    in_thread(serve)
    process = sockpit("127.0.0.1", port_of(server))  # at the end of its input it would not wait for long
    process.stdout.read(10)
    process.stdout.close()
    process.wait(DEADLINE)
    same(process.returncode, -signal.SIGPIPE, "a reader that goes ends us as it ends any filter")
    process.stderr.close()
    if not os.path.exists("/dev/full"):
        return skip("no /dev/full here")
    in_thread(serve)
    with open("/dev/full", "wb") as full:
        status, _, err = run("127.0.0.1", port_of(server), stdin=subprocess.DEVNULL, stdout=full)
    ok(status == 1 and b"no space" in err, "a full disk is status 1 and told: %r" % err)


def stuck_standard_error():
    """Whoever started us reads nothing: a signal must end us all the same."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    process = sockpit("-v", "-l", "0", stderr=writing)
    watched = "/proc/%d/wchan" % process.pid
    if not os.path.exists(watched):
        end(process)
        return skip("no way here to see a process wait")
    stop = time.monotonic() + DEADLINE
    while "pipe" not in open(watched).read() and time.monotonic() < stop:
        pass
    process.send_signal(signal.SIGTERM)
    process.wait(DEADLINE)
    same(process.returncode, -signal.SIGTERM, "a signal ends us though standard error is stuck")
    os.close(reading)
    os.close(writing)
    process.stdout.close()
    process.stdin.close()


def odd_descriptors():
    server = listener()

    def serve():
        peer, _ = server.accept()
        peer.sendall(b"answer")
        peer.close()
    in_thread(serve)
    command = 'exec sockpit 127.0.0.1 %d <&-' % port_of(server)
    result = subprocess.run(["sh", "-c", command], capture_output=True, timeout=DEADLINE)
    same((result.returncode, result.stdout), (0, b"answer"), "a closed standard input is an end of input")


def both_ways_at_once():
    process = sockpit("-l", "0", "--service", "echo", stdin=subprocess.DEVNULL)
    port = listening_port(process)
    data = os.urandom(4 << 20)
    status, out, err = run("127.0.0.1", port, given=data, timeout=30)
    ok(status == 0 and out == data, "4 MiB through two of us and back, unharmed")
    process.wait(DEADLINE)
    same(process.returncode, 0, "a service without -k ends after its client")
    process.stdout.close()
    process.stderr.close()


watchdog(55)
client_is_byte_exact()
forms_of_address()
ipv6()
network_errors_are_status_1()
reset_is_status_1()
usage_is_status_2()
a_port_alone_is_ours()
several_ports_are_talked_to_in_turn()
probes()
says_who_can_reach_it()
nc_words()
telnet()
socket_options()
udp_words()
help_and_version()
listens()
keeps_listening()
serves()
udp()
limits()
line_ends()
verbose()
stuck_and_broken_output()
stuck_standard_error()
odd_descriptors()
both_ways_at_once()
done()
