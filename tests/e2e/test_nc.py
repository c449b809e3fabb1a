# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts know of nc, as a table: --nc against itself and, where it is installed, against Debian's OpenBSD netcat
in both roles. The same table is run with that nc alone, so that the table is known to be right."""

import os
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from netcats import KEPT, NOTHING, expect, has_ipv6, port_of, reset, run_cases  # noqa: E402
from tap import done, watchdog  # noqa: E402

OURS = ["sockpit", "--nc"]
MODEL = ["nc"]


def has_model():
    try:
        told = subprocess.run(MODEL + ["-h"], capture_output=True, stdin=subprocess.DEVNULL)
    except OSError:
        return False
    return b"Debian patchlevel" in told.stdout + told.stderr


def without_ipv6(by_name):
    """Why a case cannot be run here."""
    if not has_ipv6():
        return "no IPv6 loopback here"
    try:
        return not socket.getaddrinfo("localhost", 1, socket.AF_INET6)
    except OSError:
        return "localhost has no IPv6 address here" if by_name else None


V4, V6 = r"127\.0\.0\.1", "::1"


def listening(host):
    return r"Listening on %s \d+\n" % host


def bound(host):
    return r"Bound on %s \d+\n" % host


def received(host):
    return r"Connection received on %s \d+\n" % host


def succeeded(host, protocol="tcp"):
    return r"Connection to %s \d+ port \[%s/[-\w*]+\] succeeded!\n" % (host, protocol)


def refused(host, protocol="tcp"):
    return r"nc: connect to %s port \d+ \(%s\) failed: Connection refused\n" % (host, protocol)


UNIX_BOUND, UNIX_RECEIVED = r"Bound on server\.sock\n", r"Connection received on server\.sock\n"
UNIX = UNIX_BOUND + r"Listening on server\.sock\n"
NO_FAMILY = r"Address family for hostname not supported\n"

# ---- two of them: both send a line, both get it, and neither ends by the end of its input --------

# name, server, client, what the server says with -v, what the client says
PAIRS = [
    ("TCP", "-n -v -l 127.0.0.1 0", "-n -v 127.0.0.1 {port}", listening(V4) + received(V4), succeeded(V4)),
    ("TCP over IPv6", "-n -v -l ::1 0", "-n -v ::1 {port}", listening(V6) + received(V6), succeeded(V6)),
    ("TCP, the server has a name", "-4 -v -l localhost 0", "-n -v 127.0.0.1 {port}",
     listening("localhost") + received("localhost"), succeeded(V4)),
    ("TCP over IPv6, the server has a name", "-6 -v -l localhost 0", "-n -v ::1 {port}",
     listening("localhost") + received("localhost"), succeeded(V6)),
    ("TCP, the client has a name", "-n -v -l 127.0.0.1 0", "-4 -v localhost {port}",
     listening(V4) + received(V4), succeeded(r"localhost \(127\.0\.0\.1\)")),
    ("TCP over IPv6, the client has a name", "-n -v -l ::1 0", "-6 -v localhost {port}",
     listening(V6) + received(V6), succeeded(r"localhost \(::1\)")),
    ("TCP, silent", "-v -n -l 127.0.0.1 0", "127.0.0.1 {port}", listening(V4) + received(V4), ""),
    ("TCP on every address", "-n -v -l 0", "-n 127.0.0.1 {port}", listening(r"0\.0\.0\.0") + received(V4), ""),
    ("TCP on every address, -p", "-n -v -l -p 0", "-n 127.0.0.1 {port}", listening(r"0\.0\.0\.0") + received(V4), ""),
    ("TCP on every IPv6 address", "-6 -n -v -l 0", "-n ::1 {port}", listening("::") + received(V6), ""),
    ("TCP, -s and -p", "-n -v -l -s 127.0.0.1 -p 0", "-n 127.0.0.1 {port}", listening(V4) + received(V4), ""),
    ("TCP, -k", "-k -n -v -l 127.0.0.1 0", "-n -v 127.0.0.1 {port}", listening(V4) + received(V4), succeeded(V4)),
    ("UDP", "-u -n -v -l 127.0.0.1 0", "-u -n 127.0.0.1 {port}", bound(V4) + received(V4), ""),
    ("UDP over IPv6", "-u -n -v -l ::1 0", "-u -n ::1 {port}", bound(V6) + received(V6), ""),
    ("UDP, names", "-u -4 -v -l localhost 0", "-u -4 localhost {port}",
     bound("localhost") + received("localhost"), ""),
    ("UDP over IPv6, names", "-u -6 -v -l localhost 0", "-u -6 localhost {port}",
     bound("localhost") + received("localhost"), ""),
    ("UDP on every address", "-u -n -v -l 0", "-u -n 127.0.0.1 {port}", bound(r"0\.0\.0\.0") + received(V4), ""),
    ("UNIX", "-U -n -v -l server.sock", "-U -n -v server.sock", UNIX + UNIX_RECEIVED, ""),
    ("UNIX, without -n", "-U -v -l server.sock", "-U -v server.sock", UNIX + UNIX_RECEIVED, ""),
    ("UNIX, abstract", "-U -v -l @{dir}", "-U -v @{dir}", r"Bound on @(.*)\nListening on @\1\nConnection received on @\1\n", ""),
    ("UNIX, -k", "-k -U -v -l server.sock", "-U -v server.sock", UNIX + UNIX_RECEIVED, ""),
    ("UNIX datagrams", "-U -u -n -v -l server.sock", "-U -u -n -v server.sock",
     UNIX_BOUND + UNIX_RECEIVED, r"Bound on /.+\n"),
    ("UNIX datagrams, without -n", "-U -u -v -l server.sock", "-U -u -v server.sock",
     UNIX_BOUND + UNIX_RECEIVED, r"Bound on /.+\n"),
    ("UNIX datagrams, -s", "-U -u -n -v -l server.sock", "-U -u -n -v -s client.sock server.sock",
     UNIX_BOUND + UNIX_RECEIVED, r"Bound on client\.sock\n"),
]


def start_server(stage, program, words, given):
    """Returns it, and its port, once it can be called."""
    serving = stage.start(program + words.split(), given)
    ready = "Bound" if re.search(r"-\w*u", words) else "Listening"
    return serving, (stage.says(serving, r"^%s on \S+(?: (\d+))?\n" % ready).group(1) or b"").decode()


def pair(server_program, client_program, server, client, server_says, client_says):
    def act(stage):
        serving, port = start_server(stage, server_program, server.format(dir=stage.directory), b"greeting\n")
        calling = stage.start(client_program + client.format(port=port, dir=stage.directory).split(), b"command\n")
        stage.gets(serving, b"command\n")
        stage.gets(calling, b"greeting\n")
        stage.stays(serving)
        stage.stays(calling)
        said(stage, "the server", serving, server_says)
        said(stage, "the client", calling, client_says)
    return act


def said(stage, who, program, wanted):
    """All that it says is this."""
    regex = re.compile(wanted)
    stage.wait(lambda: regex.fullmatch(program.err.decode()) or program.closed("err"), "the words of " + who)
    expect(regex.fullmatch(program.err.decode()), "%s said %r, not %r" % (who, program.err, wanted))


def udp_probe(server_program, client_program):
    """With -v, a client sends an X each quarter of a second for a second before it believes in the peer."""
    def act(stage):
        serving, port = start_server(stage, server_program, "-u -n -v -l 127.0.0.1 0", b"greeting\n")
        calling = stage.start(client_program + ["-u", "-v", "-n", "127.0.0.1", port], b"command\n")
        stage.says(serving, r"^X{4,5}command$", "out")
        stage.gets(calling, b"greeting\n")
        said(stage, "the server", serving, bound(V4) + received(V4))
        said(stage, "the client", calling, succeeded(V4, "udp"))
    return act


def keep(server, client, server_says, client_says):
    """-k: the next client is served after the first has ended; the input has gone to the first."""
    def programs(server_program, client_program):
        def act(stage):
            serving, port = start_server(stage, server_program, server, b"greeting\n")
            words = client_program + client.format(port=port).split()
            first = stage.start(words, b"command\n")
            stage.gets(first, b"greeting\n")
            stage.gets(serving, b"command\n")
            stage.end(first)
            stage.ends(first, None)
            second = stage.start(words, b"second\n")
            stage.gets(serving, b"command\nsecond\n")
            said(stage, "the server", serving, server_says)
            said(stage, "the second client", second, client_says)
            expect(second.out == b"", "the second client got %r" % second.out)
        return act
    return programs


def keep_talking(server_program, client_program):
    """-k: input that comes later goes to the client that is there then."""
    def act(stage):
        serving, port = start_server(stage, server_program, "-k -n -v -l 127.0.0.1 0", KEPT)
        heard = b""
        for word in (b"one\n", b"two\n", b"three\n"):
            calling = stage.start(client_program + ["127.0.0.1", port], KEPT)
            calling.say(word)
            heard += word
            stage.gets(serving, heard)
            serving.say(b"for " + word)
            stage.gets(calling, b"for " + word)
            stage.end(calling)
            stage.ends(calling, None)
        stage.stays(serving)
    return act


def keep_datagrams(server, client, server_says):
    """-k with -u hears everybody and answers nobody."""
    def programs(server_program, client_program):
        def act(stage):
            serving, port = start_server(stage, server_program, server, b"greeting\n")
            heard = b""
            for word in (b"one\n", b"two\n"):
                calling = stage.start(client_program + client.format(port=port).split(), word)
                heard += word
                stage.gets(serving, heard)
                stage.stays(calling)
                expect(calling.out == b"", "the client got %r" % calling.out)
                stage.end(calling)
            said(stage, "the server", serving, server_says)
        return act
    return programs


def first_peer_only(server_program, client_program):
    """Without -k a UDP server is connected to whom it heard first: others are refused."""
    def act(stage):
        serving, port = start_server(stage, server_program, "-u -n -v -l 127.0.0.1 0", KEPT)
        first = stage.start(client_program + ["-u", "127.0.0.1", port], KEPT)
        first.say(b"one\n")
        stage.gets(serving, b"one\n")
        other = stage.start(client_program + ["-u", "-v", "127.0.0.1", port], b"other\n")
        stage.ends(other, 1)
        first.say(b"two\n")
        stage.gets(serving, b"one\ntwo\n")
        serving.say(b"three\n")
        stage.gets(first, b"three\n")
    return act


def ends_with_its_client(server_program, client_program):
    """Without -k a server ends with its first client."""
    def act(stage):
        serving, port = start_server(stage, server_program, "-n -v -l 127.0.0.1 0", KEPT)
        calling = stage.start(client_program + ["127.0.0.1", port], KEPT)
        calling.say(b"x")
        stage.gets(serving, b"x")
        stage.end(calling)
        stage.ends(serving, 0)
    return act


def transfer(server_program, client_program):
    """A file with -N: both end, and all of it is there."""
    def act(stage):
        serving, port = start_server(stage, server_program, "-n -v -l 127.0.0.1 0", NOTHING)
        data = os.urandom(1 << 20)
        calling = stage.start(client_program + ["-N", "127.0.0.1", port], data)
        stage.ends(calling, 0)
        stage.ends(serving, 0)
        expect(serving.out == data, "%d of %d bytes came" % (len(serving.out), len(data)))
    return act


TOGETHER = [
    ("UDP, -v probes", udp_probe),
    ("UDP, the first peer only", first_peer_only),
    ("TCP, -k, two clients", keep("-k -n -v -l 127.0.0.1 0", "-n -v 127.0.0.1 {port}",
                                  listening(V4) + received(V4) * 2, succeeded(V4))),
    ("UNIX, -k, two clients", keep("-k -U -n -v -l server.sock", "-U -n -v server.sock", UNIX + UNIX_RECEIVED * 2, "")),
    ("TCP, -k, three that talk", keep_talking),
    ("UDP, -k", keep_datagrams("-k -u -n -v -l 127.0.0.1 0", "-u -n 127.0.0.1 {port}", bound(V4))),
    ("UNIX datagrams, -k", keep_datagrams("-k -U -u -n -v -l server.sock", "-U -u -n server.sock", UNIX_BOUND)),
    ("TCP, the server ends with its client", ends_with_its_client),
    ("TCP, a file", transfer),
]

# ---- one of them, the peer played by the test ----------------------------------------------------

# What a peer does, in turn: >WORD sends a line, <WORD gets one, fin, eof expects the end, close, rst, hup ends the
# input of the program, idle waits until the program has nothing to do.
# name, options, input, peer, its output, its messages with -v, status (None: it stays)
SERVERS = [
    ("server: peer reads, sends and closes", "", b"greeting\n", "<greeting >command close", b"command\n", 0),
    ("server: peer sends, ends and waits", "", b"greeting\n", "<greeting >command fin eof", b"command\n", 0),
    ("server: peer ends first", "", b"greeting\n", ">command fin <greeting eof", b"command\n", 0),
    ("server: -N ends first", "-N", b"greeting\n", "<greeting >command eof fin", b"command\n", 0),
    ("server: -N, peer ends first", "-N", b"greeting\n", ">command fin <greeting eof", b"command\n", 0),
    ("server: no end without -N", "", b"greeting\n", "<greeting idle >late close", b"late\n", 0),
    ("server: -d ignores the input", "-d", b"greeting\n", ">command fin eof", b"command\n", 0),
    ("server: -w, peer reads, sends and closes", "-w 1", b"greeting\n", "<greeting >command close", b"command\n", 0),
    ("server: -w limits idling", "-w 1", b"greeting\n", "<greeting >command eof", b"command\n", 0),
    ("server: a reset is no failure", "", KEPT, ">x idle rst", b"x\n", 0),
]

CLIENTS = [
    ("client: peer sends, reads and closes", "", b"command\n", ">greeting <command close", b"greeting\n", 0),
    ("client: peer ends first", "", b"command\n", ">greeting fin <command eof", b"greeting\n", 0),
    ("client: peer answers, then waits for the end", "", b"command\n", "<command >greeting idle fin eof", b"greeting\n", 0),
    ("client: -N, peer ends first", "-N", b"command\n", ">greeting fin <command eof", b"greeting\n", 0),
    ("client: -N ends first", "-N", b"command\n", "<command eof >greeting fin", b"greeting\n", 0),
    ("client: -q 0 hears its peer out", "-q 0", b"command\n", "<command eof idle >greeting close", b"greeting\n", 0),
    ("client: no end without -N", "", b"command\n", "<command idle >late close", b"late\n", 0),
    ("client: -d ignores the input", "-d", b"command\n", ">greeting fin eof", b"greeting\n", 0),
    ("client: -w limits idling", "-w 1", b"command\n", "<command eof", b"", 0),
    ("client: -w after an answer", "-w 1", b"command\n", "<command >greeting eof", b"greeting\n", 0),
    ("client: -C", "-N -C", b"a\nb\r\nc", "<a\r <b\r eof", b"", None),
    ("client: an empty input and -N", "-N", b"", "eof close", b"", 0),
    ("client: an empty input stays", "", b"", "idle >x close", b"x\n", 0),
    ("client: -W ends after so many reads", "-W 1", KEPT, ">one eof", b"one\n", 0),
    ("client: a reset is no failure", "", KEPT, ">x idle rst", b"x\n", 0),
    ("client: a closed input stays", "", KEPT, "hup idle >x close", b"x\n", 0),
]


def play(stage, program, sock, steps):
    lines = sock.makefile("rb")
    for step in steps.split(" "):
        if step[0] == ">":
            sock.sendall(step[1:].encode() + b"\n")
        elif step[0] == "<":
            got = lines.readline()
            expect(got == step[1:].encode() + b"\n", "the peer got %r, not %r" % (got, step[1:]))
        elif step == "fin":
            sock.shutdown(socket.SHUT_WR)
        elif step == "eof":
            got = lines.read()
            expect(got in (b"", b"c"), "the peer got %r, not the end" % got)
        elif step == "idle":
            stage.stays(program)
        elif step == "hup":
            program.hang_up()
        elif step == "rst":
            stage.wait(lambda: program.out, "output")
            reset(sock)
        elif step == "close":
            stage.wait(lambda: program.status is not None or program.sleeps(), "sleep", announced=False)
            lines.close()
            sock.close()


def client_of(program, name, options, given, steps, out, status):
    def act(stage):
        server = stage.listener()
        calling = stage.start(program + options.split() + ["-v", "-n", "127.0.0.1", port_of(server)], given)
        peer = stage.keep(server.accept()[0])
        play(stage, calling, peer, steps)
        stage.gets(calling, out)
        if status is not None:
            stage.ends(calling, status)
        said(stage, "it", calling, succeeded(V4) + ("(.*\n)?" if "reset" in name else ""))
    return act


def server_of(program, name, options, given, steps, out, status):
    def act(stage):
        serving = stage.start(program + options.split() + "-v -n -l 127.0.0.1 0".split(), given)
        port = int(stage.says(serving, r"^Listening on \S+ (\d+)\n").group(1))
        peer = stage.keep(socket.create_connection(("127.0.0.1", port)))
        play(stage, serving, peer, steps)
        stage.gets(serving, out)
        if status is not None:
            stage.ends(serving, status)
        said(stage, "it", serving, listening(V4) + received(V4) + ("(.*\n)?" if "reset" in name else ""))
    return act


def whole_lines(stage):
    """A script that waits for "Listening" finds the port in the same line: it is written by one call."""
    ours, theirs = map(stage.keep, socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
    process = subprocess.Popen(OURS + ["-v", "-n", "-l", "127.0.0.1", "0"], stdin=subprocess.DEVNULL, stderr=theirs)
    try:
        line = ours.recv(1000).decode()
    finally:
        process.kill()
        process.wait()
    expect(re.fullmatch(listening(V4), line), "it wrote %r" % line)


# ---- what ends at once ---------------------------------------------------------------------------

# command line, status, output of errors; {open}: somebody listens there, {shut}, {shut2}: nobody does
USAGE = r"usage: (.*\n)+"
ENDINGS = [
    ("-4 -v -l ::1 0", 1, r"nc: getaddrinfo: " + NO_FAMILY),
    ("-6 -v -l 127.0.0.1 0", 1, r"nc: getaddrinfo: " + NO_FAMILY),
    ("-4 -v ::1 {shut}", 1, r'nc: getaddrinfo for host "::1" port \d+: ' + NO_FAMILY),
    ("-6 -v 127.0.0.1 {shut}", 1, r'nc: getaddrinfo for host "127\.0\.0\.1" port \d+: ' + NO_FAMILY),
    ("-n localhost {shut}", 1, r'nc: getaddrinfo for host "localhost" port \d+: Name or service not known\n'),
    ("-l -n localhost 0", 1, r"nc: getaddrinfo: Name or service not known\n"),
    ("127.0.0.1 {shut}", 1, ""),
    ("-v 127.0.0.1 {shut}", 1, refused(V4)),
    ("-4 -v localhost {shut}", 1, refused(r"localhost \(127\.0\.0\.1\)")),
    ("-v 127.0.0.1 {shut} {shut2}", 1, refused(V4) + refused(V4)),
    ("-z 127.0.0.1 {open}", 0, ""),
    ("-zv 127.0.0.1 {open}", 0, succeeded(V4)),
    ("-zvn 127.0.0.1 {open}", 0, succeeded(V4)),
    ("-4zv localhost {open}", 0, succeeded(r"localhost \(127\.0\.0\.1\)")),
    ("-z -v -w 1 127.0.0.1 {open}", 0, succeeded(V4)),
    ("-z 127.0.0.1 {shut}", 1, ""),
    ("-zv 127.0.0.1 {shut}", 1, refused(V4)),
    ("-zv 127.0.0.1 {shut} {open}", 0, refused(V4) + succeeded(V4)),
    ("-zv 127.0.0.1 {open} {shut}", 0, succeeded(V4) + refused(V4)),
    ("-zv 127.0.0.1 {shut} {shut2}", 1, refused(V4) + refused(V4)),
    ("-zv 127.0.0.1 {open}-{open}", 0, succeeded(V4)),
    ("-zv 127.0.0.1 1-3", 1, refused(V4) * 3),
    ("-zv 127.0.0.1 3-1", 1, refused(V4) * 3),
    ("-zvr 127.0.0.1 1-3", 1, refused(V4) * 3),
    ("-zvn 127.0.0.1 tcpmux", 1, r"nc: connect to 127\.0\.0\.1 port 1 \(tcp\) failed: Connection refused\n"),
    ("-zu 127.0.0.1 {openu}", 0, ""),
    ("-zvu 127.0.0.1 {openu}", 0, succeeded(V4, "udp")),
    ("-zvu 127.0.0.1 {shutu}", 1, ""),
    ("-zu 127.0.0.1 {shutu}", 0, ""),
    ("-zU {unix}", 0, ""),
    ("-zvU {unix}", 0, ""),
    ("-N -U -v {unix}", 0, ""),
    ("-zU nothing.sock", 1, r"nc: nothing\.sock: No such file or directory\n"),
    ("-N -U -v nothing.sock", 1, r"nc: nothing\.sock: No such file or directory\n"),
    ("-uU nothing.sock", 1, r"nc: nothing\.sock: No such file or directory\n"),
    ("-N -U -v {stale}", 1, r"nc: stale\.sock: Connection refused\n"),
    ("-lU no/such/directory", 1, r"nc: (.*: )?No such file or directory\n"),
    ("-lU", 1, r"nc: missing socket pathname\n"),
    ("-U a.sock 1", 1, r"nc: cannot use port with -U\n"),
    ("", 1, USAGE),
    ("127.0.0.1", 1, r"nc: missing port number\n"),
    ("-l", 1, r"nc: missing port number\n"),
    ("-l -z {shut}", 1, r"nc: cannot use -z and -l\n"),
    ("-k 127.0.0.1 {shut}", 1, r"nc: must use -l with -k\n"),
    ("-q", 1, r"nc: option requires an argument -- 'q'\n" + USAGE),
    ("--baffle 127.0.0.1 {shut}", 1, r"nc: invalid option -- '-'\n" + USAGE),
    ("-w x 127.0.0.1 {shut}", 1, r"nc: timeout invalid: x\n"),
    ("-i x 127.0.0.1 {shut}", 1, r"nc: interval invalid: x\n"),
    ("127.0.0.1 70000", 1, r"nc: port number too large: 70000\n"),
]

# Its messages are GNU's, those of getopt and of this program.
WORDS_OF_OUR_OWN = {"", "-q", "--baffle 127.0.0.1 {shut}"}


def unix_socket(stage, name, takes):
    """One that takes a connection and ends it, or one that is only left over."""
    server = stage.keep(socket.socket(socket.AF_UNIX))
    server.bind(os.path.join(stage.directory, name))

    def take():
        try:
            server.accept()[0].close()
        except OSError:
            pass # the case ended first
    if takes:
        server.listen()
        threading.Thread(target=take, daemon=True).start()
    return name


def ending(program, words, status, says):
    def act(stage):
        ports = {
            "open": port_of(stage.listener()), "shut": stage.free_port(), "shut2": stage.free_port(),
            "openu": port_of(stage.listener(kind=socket.SOCK_DGRAM)), "shutu": stage.free_port(kind=socket.SOCK_DGRAM),
        }
        if "{unix}" in words:
            ports["unix"] = unix_socket(stage, "open.sock", True)
        if "{stale}" in words:
            ports["stale"] = unix_socket(stage, "stale.sock", False)
        process = stage.start(program + words.format(**ports).split())
        stage.ends(process, status)
        expect(process.out == b"", "it wrote %r" % process.out)
        said(stage, "it", process, says if program is MODEL or words not in WORDS_OF_OUR_OWN else r"(.*\n)+")
    return act


# ---- everything ----------------------------------------------------------------------------------

def cases():
    kinds = [("--nc", OURS)]
    pairs = [("--nc, --nc", OURS, OURS)]
    if has_model():
        kinds.append(("nc", MODEL))
        pairs += [("nc, nc", MODEL, MODEL), ("--nc, nc", OURS, MODEL), ("nc, --nc", MODEL, OURS)]
    else:
        yield "the table against nc", "no OpenBSD netcat from Debian here"
    for who, server, client in pairs:
        for name, *row in PAIRS:
            lacks = "IPv6" in name and without_ipv6("name" in name)
            yield "%s: %s" % (who, name), lacks or pair(server, client, *row)
        for name, act in TOGETHER:
            yield "%s: %s" % (who, name), act(server, client)
    yield "--nc: a line of messages is one write", whole_lines
    for who, program in kinds:
        for played, rows in ((client_of, CLIENTS), (server_of, SERVERS)):
            for name, *row in rows:
                yield "%s: %s" % (who, name), played(program, name, *row)
        for words, status, says in ENDINGS:
            yield "%s %s: status %d" % (who, words, status), ending(program, words, status, says)


watchdog(120)
run_cases(list(cases()))
done()
