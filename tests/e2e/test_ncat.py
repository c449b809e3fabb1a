# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts know of ncat, as a table with ncat's spellings: sockpit against itself and, where it is installed,
against ncat in both roles. The same table is run with ncat alone, so that the table is known to be right. Left out are
TLS, SCTP, programs to run, proxies to be, brokers, lists of who may connect, and port 31337 where none is given."""

import os
import shutil
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from netcats import KEPT, expect, has_ipv6, port_of, reset, run_cases  # noqa: E402
from tap import done, watchdog  # noqa: E402

OURS, MODEL = ["sockpit"], ["ncat"]

# ---- two of them ---------------------------------------------------------------------------------

# What happens, in turn, to the server (s) and the client (c): c>TEXT to its input, s<TEXT is all that came out since
# the last time, hup ends its input, eof waits for the end of its output, kill ends it, ends N waits for its end, stays.
# In texts, \n and \r and \0 stand for themselves. "+ WORDS" starts another client, which is c from then on.
# {p} is a port, {dir} a directory; the client's address is put last.
ROWS = [
    ("TCP", "--listen {p}", "127.0.0.1", "c>abc\\n c.hup s<abc\\n"),
    ("TCP, IPv4 only", "-4 --listen {p}", "127.0.0.1", "c>abc\\n c.hup s<abc\\n"),
    ("TCP, an address", "-l 127.0.0.1 {p}", "127.0.0.1", "c>abc\\n c.hup s<abc\\n"),
    ("TCP, IPv6 reaches it, too", "-l {p}", "-6 ::1", "c>abc\\n c.hup s<abc\\n"),
    ("TCP, IPv6 only", "-6 -l {p}", "-6 ::1", "c>abc\\n c.hup s<abc\\n"),
    ("TCP, a name for IPv4", "-4 -l {p}", "localhost", "c>abc\\n c.hup s<abc\\n"),
    ("TCP, words before options", "127.0.0.1 {p} --listen", "127.0.0.1", "c>abc\\n c.hup s<abc\\n"),
    ("UDP", "--udp -l {p}", "--udp 127.0.0.1", "c>abc\\n c.hup s<abc\\n"),
    ("UDP, IPv4 only", "-4 --udp -l {p}", "-u 127.0.0.1", "c>abc\\n c.hup s<abc\\n"),
    ("UDP, a name for IPv4", "-4 --udp -l {p}", "-4 --udp localhost", "c>abc\\n c.hup s<abc\\n"),
    ("UDP, IPv6 reaches it, too", "--udp -l {p}", "--udp ::1", "c>abc\\n c.hup s<abc\\n"),
    ("UDP, IPv6 only", "-6 --udp -l {p}", "--udp ::1", "c>abc\\n c.hup s<abc\\n"),
    ("UDP, IPv6 only hears no IPv4", "-6 --udp -l {p}", "--udp 127.0.0.1", "c>abc\\n + --udp ::1 c>def\\n s<def\\n"),
    ("UDP, IPv4 only hears no IPv6", "-4 --udp -l {p}", "--udp ::1", "c>abc\\n + --udp 127.0.0.1 c>def\\n s<def\\n"),
    ("--send-only ends well", "-l {p}", "--send-only 127.0.0.1", "c>abc\\n c.hup c.ends0 s<abc\\n"),
    ("a listener ends well", "-l {p}", "--send-only 127.0.0.1", "c>abc\\n c.hup s<abc\\n s.ends0"),
    ("messages are no output", "-vvv -l {p}", "-vvv 127.0.0.1", "c>abc\\n s<abc\\n s>def\\n c<def\\n"),
    # how ends travel
    ("the client's input ends", "-l {p}", "127.0.0.1", "c>abc\\n s<abc\\n c.hup s.eof c.ends0"),
    ("the client's input ends, --send-only", "-l {p}", "--send-only 127.0.0.1", "c>abc\\n s<abc\\n c.hup s.eof c.ends0"),
    ("the server's input ends", "-l {p}", "127.0.0.1", "s>abc\\n c<abc\\n s.hup c.eof"),
    ("the server's input ends, --send-only", "--send-only -l {p}", "127.0.0.1", "s>abc\\n c<abc\\n s.hup c.eof s.ends0"),
    ("the client goes on, for its input may", "-l {p}", "127.0.0.1", "s>abc\\n c<abc\\n s.hup c.eof c.stays c>def\\n s<def\\n"),
    ("the client ends, --recv-only", "-l {p}", "--recv-only 127.0.0.1", "s>abc\\n c<abc\\n s.hup c.eof c.ends0"),
    ("the server's output ends", "-l {p}", "127.0.0.1", "c>abc\\n s<abc\\n c.hup s.eof"),
    ("the same, --recv-only", "--recv-only -l {p}", "127.0.0.1", "c>abc\\n s<abc\\n c.hup s.eof s.ends0"),
    ("--no-shutdown tells no end", "-l {p}", "--no-shutdown 127.0.0.1", "c>abc\\n s<abc\\n c.hup s>def\\n c<def\\n s.stays"),
    ("a listener ends with its client", "-l {p}", "127.0.0.1", "c>abc\\n s<abc\\n c.kill s.ends0"),
    ("one client only", "-l {p}", "127.0.0.1", "c>abc\\n s<abc\\n + 127.0.0.1 c.ends1"),
    ("--keep-open takes the next", "--keep-open -l {p}", "127.0.0.1", "c>abc\\n s<abc\\n + 127.0.0.1 c>def\\n s<def\\n"),
    ("--keep-open takes the next after an end", "-l --keep-open {p}", "127.0.0.1",
     "c>abc\\n s<abc\\n c.hup c.ends0 + 127.0.0.1 c>def\\n s<def\\n c.kill + 127.0.0.1 c>ghi\\n s<ghi\\n s.stays"),
    ("--max-conns 1", "--keep-open --max-conns 1 -l {p}", "127.0.0.1", "c>abc\\n s<abc\\n + 127.0.0.1 c.eof s>def\\n"),
    ("--max-conns 2", "--keep-open --max-conns 2 -l {p}", "127.0.0.1",
     "c>abc\\n s<abc\\n + 127.0.0.1 c>def\\n s<def\\n + 127.0.0.1 c.eof"),
    ("--max-conns, a place is free again", "--keep-open --max-conns 1 -l {p}", "127.0.0.1",
     "c>abc\\n s<abc\\n c.kill s.stays + 127.0.0.1 c>def\\n s<def\\n"),
    # what is sent
    ("-C, the client", "-l {p}", "-C 127.0.0.1", "c>\\na\\nb\\n---\\r\\nc\\r\\nd\\n s<\\r\\na\\r\\nb\\r\\n---\\r\\nc\\r\\nd\\r\\n"),
    ("--crlf, the server", "--crlf -l {p}", "127.0.0.1", "s>\\na\\r\\nb\\n c<\\r\\na\\r\\nb\\r\\n"),
    ("-C, cut between CR and LF", "-l {p}", "-C 127.0.0.1", "c>---\\r s<---\\r c>\\n s<\\n c>\\n s<\\r\\n"),
    ("-C translates no output, the server", "-C -l {p}", "127.0.0.1", "c>\\na\\r\\nb\\n s<\\na\\r\\nb\\n"),
    ("-C translates no output, the client", "-l {p}", "-C 127.0.0.1", "s>\\na\\r\\nb\\n c<\\na\\r\\nb\\n"),
    ("-C, UDP, the client", "--udp -l {p}", "--udp -C 127.0.0.1", "c>\\na\\r\\nb\\n s<\\r\\na\\r\\nb\\r\\n"),
    ("-C, UDP, the server", "--udp -C -l {p}", "--udp 127.0.0.1", "c>x\\n s<x\\n s>a\\nb\\n c<a\\r\\nb\\r\\n"),
    ("--send-only client", "-l {p}", "--send-only 127.0.0.1", "c>abc\\n s<abc\\n s>def\\n c>ghi\\n s<ghi\\n c<"),
    ("--send-only server", "--send-only -l {p}", "127.0.0.1", "c>abc\\n s>def\\n c<def\\n s<"),
    ("--recv-only client", "-l {p}", "--recv-only 127.0.0.1", "c>abc\\n s>def\\n c<def\\n s<"),
    ("--recv-only server", "--recv-only -l {p}", "127.0.0.1", "s>def\\n c>abc\\n s<abc\\n c<"),
    ("--send-only client, UDP", "-l --udp {p}", "--udp --send-only 127.0.0.1", "c>abc\\n s<abc\\n s>def\\n c>ghi\\n s<ghi\\n c<"),
    ("--recv-only server, UDP", "--recv-only --udp -l {p}", "--udp 127.0.0.1", "s>def\\n c>abc\\n s<abc\\n c<"),
    # limits
    ("--idle-timeout, the client", "-l {p}", "--idle-timeout 2s 127.0.0.1", "c>abc\\n s<abc\\n s>def\\n c<def\\n c.ends"),
    ("--idle-timeout, the server", "-i 2s -l {p}", "127.0.0.1", "s>abc\\n c<abc\\n c>def\\n s<def\\n s.ends"),
    ("--idle-timeout, UDP", "-l --udp {p}", "-u --idle-timeout 2s 127.0.0.1", "c>abc\\n s<abc\\n c.ends"),
    # files of what went by
    ("--output, TCP", "--output {dir}/s -l {p}", "--output {dir}/c 127.0.0.1", "c>abc\\n s<abc\\n s>def\\n c<def\\n s=abc\\ndef\\n c=abc\\ndef\\n"),
    ("--output, UDP", "--udp --output {dir}/s -l {p}", "--udp --output {dir}/c 127.0.0.1",
     "c>abc\\n s<abc\\n s>def\\n c<def\\n s=abc\\ndef\\n c=abc\\ndef\\n"),
    # UNIX sockets
    ("UNIX stream", "--unixsock -l {path}", "--unixsock", "c>abc\\n s<abc\\n s>def\\n c<def\\n c.hup s.eof"),
    ("UNIX datagrams", "-U --udp -l {path}", "-U --udp", "c>abc\\n s<abc\\n"),
    # looking
    ("-z, TCP", "-l {p}", "-z 127.0.0.1", "c.ends0 c<"),
    ("-z, UDP", "-l --udp {p}", "-z --udp 127.0.0.1", "c.ends0 c<"),
    # others of its spellings
    ("--nodns and --verbose", "--nodns --verbose -l {p}", "--nodns --verbose 127.0.0.1", "c>abc\\n c.hup s<abc\\n"),
    ("--wait", "-l {p}", "--wait 5 127.0.0.1", "c>abc\\n c.hup s<abc\\n"),
    ("--source", "-l {p}", "--source 127.0.0.1 127.0.0.1", "c>abc\\n c.hup s<abc\\n"),
    ("--source-port", "-l {p}", "--source-port {p2} 127.0.0.1", "c>abc\\n c.hup s<abc\\n"),
]


# Where newer ones differ from older ones.
NOT_WITH_THE_MODEL = {"the client goes on, for its input may": "ncat does that before 7.95 only"}


def plain(text):
    return text.replace("\\n", "\n").replace("\\r", "\r").replace("\\0", "\0").encode()


class Conversation:
    def __init__(self, stage, server_program, client_program, server, client):
        self.stage, self.client_program = stage, client_program
        self.places = {"p": stage.unused_port(), "p2": stage.unused_port(), "dir": stage.directory,
                       "path": os.path.join(stage.directory, "socket")}
        words = server.format(**self.places).split()
        self.unix = "{path}" in server
        kind = "unix" if self.unix else "udp" if {"--udp", "-u"} & set(words) else "tcp"
        self.who = {"s": stage.start(server_program + words, KEPT)}
        stage.listens(self.who["s"], self.places["path" if self.unix else "p"], kind)
        self.read = {}
        self.call(client.split())

    def call(self, words):
        words = [word.format(**self.places) for word in words]
        words.append(self.places["path"] if self.unix else self.places["p"])
        self.who["c"] = self.stage.start(self.client_program + words, KEPT)
        self.read["c"] = 0

    def run(self, steps):
        steps = iter(steps.split(" "))
        for step in steps:
            if step == "+":
                words = [next(steps)]
                while words[-1].startswith("-"):
                    words.append(next(steps))
                self.call(words)
            else:
                self.step(step)

    def step(self, step):
        program, act = self.who[step[0]], step[1:]
        if act[0] == ">":
            program.say(plain(act[1:]))
        elif act[0] == "<":
            self.heard(step[0], program, plain(act[1:]))
        elif act[0] == "=":
            self.wrote(step[0], plain(act[1:]))
        elif act == ".hup":
            program.hang_up()
        elif act == ".kill":
            program.process.terminate()
            self.stage.ends(program, None)
        elif act == ".eof":
            self.stage.wait(lambda: program.closed("out"), "the end of the output")
        elif act == ".stays":
            self.stage.stays(program)
        elif act.startswith(".ends"):
            self.stage.ends(program, int(act[5:]) if act[5:] else None)

    def heard(self, name, program, text):
        begin = self.read.get(name, 0)
        self.stage.wait(lambda: len(program.out) - begin >= len(text) or program.closed("out"), repr(text))
        got = program.out[begin:]
        expect(got == text, "%s heard %r, not %r" % (name, got, text))
        self.read[name] = len(program.out)

    def wrote(self, name, text):
        def content():
            with open(os.path.join(self.places["dir"], name), "rb") as file:
                return file.read()
        self.stage.wait(lambda: content() == text, "%r in the file" % text, announced=False)


def conversation(server_program, client_program, server, client, steps):
    return lambda stage: Conversation(stage, server_program, client_program, server, client).run(steps)


# ---- one of them ---------------------------------------------------------------------------------

def status_of(words, status):
    def make(program):
        def act(stage):
            places = {"shut": stage.free_port(), "shutu": stage.free_port(kind=socket.SOCK_DGRAM)}
            stage.ends(stage.start(program + words.format(**places).split(), KEPT if "udp" in words else b"abc\n"), status)
        return act
    return make


def client_is_reset(program):
    def act(stage):
        server = stage.listener()
        calling = stage.start(program + ["127.0.0.1", port_of(server)], KEPT)
        reset(server.accept()[0])
        stage.ends(calling, 1)
    return act


def server_is_reset(program):
    def act(stage):
        port = stage.unused_port()
        serving = stage.start(program + ["-4", "-l", port], KEPT)
        stage.listens(serving, port)
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"x")
        stage.gets(serving, b"x")
        reset(client)
        stage.ends(serving, 1)
    return act


def source_port(program):
    def act(stage):
        server, port = stage.listener(), stage.unused_port()
        stage.start(program + ["-p", port, "127.0.0.1", port_of(server)], KEPT)
        peer = stage.keep(server.accept()[0])
        expect(peer.getpeername()[1] == port, "it came from port %d" % peer.getpeername()[1])
    return act


def probe_sends_a_zero(program):
    def act(stage):
        server = stage.listener(kind=socket.SOCK_DGRAM)
        calling = stage.start(program + ["-z", "--udp", "127.0.0.1", port_of(server)], KEPT)
        got = server.recv(100)
        expect(got == b"\0" or got == b"", "the server got %r" % got)
        stage.ends(calling, 0)
    return act


def unix_source(program):
    def act(stage):
        server = stage.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        here, there = os.path.join(stage.directory, "here"), os.path.join(stage.directory, "there")
        server.bind(there)
        calling = stage.start(program + ["-U", "--udp", "-s", here, there], KEPT)
        calling.say(b"abc\n")
        calling.hang_up()
        got, sender = server.recvfrom(100)
        expect((got, sender) == (b"abc\n", here), "the server got %r from %r" % (got, sender))
    return act


ALONE = [
    ("refused is status 1", status_of("127.0.0.1 {shut} --send-only", 1)),
    ("-z of nobody is status 1", status_of("-z 127.0.0.1 {shut}", 1)),
    ("-z of nobody, UDP, is status 1", status_of("-z --udp 127.0.0.1 {shutu}", 1)),
    ("a mistake is status 2", status_of("127.0.0.1 {shut} --baffle", 2)),
    ("a mistake of a server is status 2", status_of("-l --baffle", 2)),
    ("a reset is status 1", client_is_reset),
    ("a reset of the only client is status 1", server_is_reset),
    ("-p is where it comes from", source_port),
    ("-z, UDP, sends something small", probe_sends_a_zero),
    ("UNIX datagrams, -s is where they come from", unix_source),
]

# ---- everything ----------------------------------------------------------------------------------


def cases():
    kinds, pairs = [("ours", OURS)], [("ours, ours", OURS, OURS)]
    if shutil.which(MODEL[0]):
        kinds.append(("ncat", MODEL))
        pairs += [("ncat, ncat", MODEL, MODEL), ("ours, ncat", OURS, MODEL), ("ncat, ours", MODEL, OURS)]
    else:
        yield "the table against ncat", "no ncat here"
    for who, server_program, client_program in pairs:
        for name, *row in ROWS:
            lacks = "IPv6" in name and not has_ipv6() and "no IPv6 loopback here"
            if MODEL in (server_program, client_program):
                lacks = lacks or NOT_WITH_THE_MODEL.get(name)
            yield "%s: %s" % (who, name), lacks or conversation(server_program, client_program, *row)
    for who, program in kinds:
        for name, make in ALONE:
            yield "%s: %s" % (who, name), make(program)


watchdog(120)
run_cases(list(cases()))
done()
