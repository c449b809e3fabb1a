# SPDX-License-Identifier: GPL-3.0-or-later
"""What is behind TLS: every service, every fault of a stream in both directions and at both ends, relays with TLS on
either side, IPv6; and what has no TLS says so in one line."""

import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from certificates import authority, certificate  # noqa: E402
from script import enter_home, script  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import *  # noqa: E402,F403


# ---- services ----

def services(version):
    """Each does what it does without TLS; those that end first send close_notify."""
    anybody = any_certificate(version)

    def behind(service, conversation):
        process, port = tls_server("--service", service)
        with call(port, anybody) as peer:
            conversation(peer, "TLS %s: %s" % (version, service.split()[0]), port)
        ok(process.poll() is None, "and goes on: %s" % service)
        end(process)

    def echo(peer, words, _):
        peer.send(b"hello")
        same(peer.read_size(5), b"hello", words)
        peer.end()
        same(peer.read_to_end(), b"", words + " ends when the client has")

    def upper(peer, words, _):
        peer.send(b"hello")
        same(peer.read_size(5), b"HELLO", words)

    def discard(peer, words, _):
        peer.send(b"hello" * 1000)
        peer.end()
        same(peer.read_to_end(), b"", words)

    def mute(peer, words, _):
        peer.send(b"hello")
        peer.end()
        ok(peer.sock.fileno() >= 0, words + " accepts, and never answers")

    def chargen(peer, words, _):
        got = peer.read_size(100000)
        ok(len(got) == 100000 and got.count(b"\r\n") > 1000, words)

    def greeting(pattern):
        def conversation(peer, words, _):
            got = peer.read_to_end()
            ok(re.fullmatch(pattern, got, re.S), "%s: %r" % (words, got))
        return conversation

    def total(peer, words, _):
        peer.send(b"one\ntwo\n")
        peer.end()
        got = peer.read_to_end()
        ok(re.search(rb"8 bytes.*2 lines", got), "%s after close_notify: %r" % (words, got))

    def reply(peer, words, _):
        peer.send(b"ping\n")
        same(peer.read_to_end(), b"pong\n", words)

    def chat(peer, words, port):
        with call(port, anybody) as other:
            other.send(b"to all\n")
            got = b""
            while b"to all" not in got:
                got += peer.read() or b"to all, never"
            ok(b"never" not in got, "%s: %r" % (words, got))

    def hangup(peer, words, _):
        ok(was_reset(peer.sock), words)

    for service, conversation in (("echo", echo), ("upper", upper), ("discard", discard), ("mute", mute), ("chargen", chargen),
                                  ("hello", greeting(rb".+\n")), ("daytime", greeting(rb".*\d\d:\d\d:\d\d.*\n")),
                                  ("time", greeting(rb".{4}")), ("sum", total), ("reply /^ping/ \"pong\\n\" close", reply),
                                  ("chat", chat)):
        behind(service, conversation)
    process, port = tls_server("--service", "hangup")
    try:
        with call(port, anybody) as peer:
            ok(was_reset(peer.sock), "TLS %s: hangup" % version)
    except ConnectionResetError:
        ok(True, "TLS %s: hangup" % version)
    end(process)


def person(good):
    """Without a service: both ends are typed."""
    status, out, err = script("/listen 0 tls cert %s key %s as s\n/open tls localhost $s.port as c\n/send @c up\\n\n/expect @3 \"up\"\n"
                              "/send @3 down\\n\n/expect @c \"down\"\n/all more\\n\n/expect @c \"more\"\n/shutdown @3 write\n"
                              "/assert @c.fin is yes within 20s\n/send @c last\\n\n/expect @3 \"last\"\n/close @c\n"
                              "/wait @3 closed within 20s\n" % good)
    same((status, err), (0, ""), "a person serves: %s" % out[-300:])


# ---- faults ----

FAULTS = ("delay 20ms", "delay 20ms 10ms", "rate 500k", "split 1", "split 7", "split 100 2ms", "stall 50ms", "coalesce 20ms", "cut 100000")
SERVER, CLIENT, UPGRADED = "a server", "a client", "a client that upgrades"


def opened(role, name, fault, number, good):
    """Lines that open a client, with a fault of that role; the first listener is s, the second p."""
    if role is SERVER:
        return "/fault @s off\n/fault @s %s\n/try /open tls localhost $s.port as %s\n" % (fault, name)
    if role is CLIENT:
        return "/open tls localhost $s.port as %s\n/fault @%s %s\n" % (name, name, fault)
    return ("/open localhost $p.port as %s\n/wait @%d open\n/try /tls @%d cert %s key %s &\n/fault @%s %s\n/try /tls @%s\n"
            % ((name, number + 1, number + 1) + good + (name, fault, name)))


def faults(good):
    listen = "/listen 0 echo tls cert %s key %s as s\n/listen 0 echo as p\n" % good
    for role in (SERVER, CLIENT, UPGRADED):
        lines, names = listen, []
        for fault in ["%s %s" % (way, fault) for fault in FAULTS for way in ("in", "out")]:
            names.append(fault)
            lines += opened(role, "c%d" % len(names), fault, 1 + 2 * len(names), good)
            lines += "/send @c%d hello\\n\n/expect @c%d \"hello\"\n/shutdown @c%d write\n/wait @c%d closed within 20s\n" % ((len(names),) * 4)
        status, out, err = script(lines)
        same((status, err), (0, ""), "%s with each of: %s" % (role, ", ".join(names)))
        if status:
            print("# " + "\n# ".join(lines.split("\n")[int((re.findall(r"\d+", err) or [1])[0]) - 4:][:4]))
    for role in (SERVER, CLIENT, UPGRADED):
        lines, count = listen, 0
        for size in (1, 5, 100, 500, 1000, 1100, 1200, 1300, 1400):
            for how in ("in cut %d fin", "out cut %d fin", "in cut %d rst", "out cut %d rst"):
                count += 1
                lines += opened(role, "c%d" % count, how % size, 1 + 2 * count, good)
                lines += "/try /send @c%d %s\n/try /shutdown @c%d write\n/wait @c%d closed within 20s\n" % (count, "x" * 2000, count, count)
        status, out, err = script(lines)
        same((status, err), (0, ""), "%s that is cut after some bytes, within the handshake and after it, by FIN and by RST" % role)
    status, out, err = script(listen + "/fault @s close\n/try /open tls localhost $s.port as c\n/wait @c closed within 20s\n")
    ok(status == 0, "close: %r" % err)
    status, out, err = script(listen + "/fault @s refuse\n/try /open tls localhost $s.port as c\n/assert error has refused\n")
    same((status, err), (0, ""), "refuse")
    for fault in ("loss 10%", "duplicate 10%", "corrupt 1", "reorder 1"):
        status, out, err = script(listen + "/fault @s %s\n" % fault)
        ok(status != 0 and err.startswith("script:3: %s is for datagrams" % fault.split()[0]), "%s is for datagrams" % fault)


# ---- relays ----

def relays(good):
    served = "/listen 0 echo as e\n"
    secure = "/listen 0 echo tls cert %s key %s as e\n" % good
    for words, begin, open_ in (
            ("in", served + "/relay tls://:0 localhost:$e.port as r\n", "/open tls localhost $r.port as c verify off\n"),
            ("out", secure + "/relay 0 tls://localhost:$e.port as r\n", "/open localhost $r.port as c\n"),
            ("in and out", secure + "/relay tls 0 tls://localhost $e.port as r\n", "/open tls localhost $r.port as c verify off\n")):
        status, out, err = script(begin + open_ + "/send @c hello\\n\n/expect @c \"hello\"\n/shutdown @c write\n/wait @c closed within 20s\n")
        same((status, err), (0, ""), "a relay with TLS %s" % words)
        status, out, err = script(begin + open_ + "/send @c hello\\n\n/expect @c \"hello\"\n/abort @c\n/assert @e.clients = 0 within 20s\n")
        same((status, err), (0, ""), "and RST through it: %s" % words)

    def cut(peer):
        peer.read()
        peer.send(b"all but the e")
        peer.sock.shutdown(socket.SHUT_WR)
        peer.sock.recv(1)
    for words, begin, open_ in (("plain", "/relay 0 tls://localhost:%d as r\n", "/open localhost $r.port as c\n"),
                                ("TLS", "/relay tls://:0 tls://localhost:%d as r\n", "/open tls localhost $r.port as c verify off\n")):
        port = serve(cut, server_context(good))
        status, out, err = script(begin % port + open_ + "/send @c go\n/expect @c \"all but the e\"\n/wait @c closed within 20s\n/why @c\n")
        same((status, err, "reset" in out), (0, "", True), "what was cut short is no whole for a client: " + words)
        port = serve(cut, server_context(certificate("other", "root", names="DNS:other.example")))
        status, out, err = script(begin % port + "/try " + open_ + "/wait @c closed within 20s\n/why @c\n")
        same((status, "reset" in out), (0, True), "nor does it reach one that is not the server: " + words)
    status, out, err = script("/relay tls 0 tls://example.org 443 as r\n/save saved.sp\n")
    with open("saved.sp") as saved:
        lines = [line for line in saved.read().split("\n") if line.startswith("/relay")]
    same((status, err, lines), (0, "", ["/relay tls :0 tls://example.org 443 as r"]), "a script has both sides of a relay")
    same(script("".join(line + "\n" for line in lines))[::2], (0, ""), "which runs")
    for line, why in (("/relay tls udp://:0 127.0.0.1:1", 'script:1:12: "tls" and "udp://:0" exclude each other: use one\n'),
                      ("/relay udp tls://:0 127.0.0.1:1", 'script:1:12: "udp" and "tls://:0" exclude each other: use one\n')):
        same(script(line + "\n")[::2], (2, why), line)


# ---- addresses, and what has no TLS ----

def addresses(good):
    try:
        listener(socket.AF_INET6).close()
    except OSError:
        skip("no IPv6 here")
    else:
        status, out, err = script("/listen ::1 0 echo tls cert %s key %s as s\n/open tls ::1 $s.port as c\n/send @c hello\\n\n/expect \"hello\"\n"
                                  "/close @c\n/open tls://[::1]:$s.port as d\n/send @d hello\\n\n/expect @d \"hello\"\n" % good)
        same((status, err), (0, ""), "IPv6")
        port = serve(shout, server_context(good), family=socket.AF_INET6)
        same(run("tls://[::1]:%d" % port, given=b"hi"), (0, b"HI", b""), "IPv6 from the command line")


watchdog(120)
needs_openssl()
enter_home()
os.environ["SSL_CERT_FILE"] = authority("root")
right = certificate("right", "root")
for each in VERSIONS:
    services(each)
person(right)
faults(right)
relays(right)
addresses(right)
done()
