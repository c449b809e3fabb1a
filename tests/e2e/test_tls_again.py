# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS after the handshake: sessions that are resumed, keys that are updated, renegotiations, directions that end: in both
roles, with openssl s_server and s_client, whose own output is the witness, and Python's ssl, in TLS 1.2 and 1.3."""

import os
import re
import select
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from certificates import authority, certificate, path  # noqa: E402
from script import enter_home, script  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import needs_openssl, trusting  # noqa: E402

VERSIONS = {"1.2": "-tls1_2", "1.3": "-tls1_3"}


class Output:
    """What a process writes, text by text."""

    def __init__(self, process):
        self.process, self.said = process, b""

    def until(self, text):
        """Up to this text, from where the last one ended; b"" if it does not come."""
        end_at = time.monotonic() + DEADLINE
        while text not in self.said:
            left = end_at - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return b""
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                return b""
            self.said += data
        at = self.said.find(text) + len(text)
        got, self.said = self.said[:at], self.said[at:]
        return got

    def say(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()


class Openssl(Output):
    """openssl s_server or s_client, which takes lines and, at the beginning of one, letters that are commands."""

    def __init__(self, *words):
        super().__init__(subprocess.Popen(["openssl", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT))

    def end(self):
        end(self.process)


def s_server(good, *words):
    server = Openssl("s_server", "-accept", "127.0.0.1:0", "-cert", good[0], "-key", good[1], *words)
    return server, int(re.search(rb"ACCEPT.*:(\d+)", server.until(b"ACCEPT") + server.until(b"\n")).group(1))


class Script(Output):
    """A script of ours that is written line by line, and whose output is read meanwhile."""

    def __init__(self, *words):
        super().__init__(sockpit("-f", "-", *words, stderr=subprocess.STDOUT))

    def lines(self, *lines):
        self.say("".join(line + "\n" for line in lines).encode())

    def end(self):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait(DEADLINE)


def resumed_as_client(good):
    for version, word in VERSIONS.items():
        server, port = s_server(good, word)
        ours = Script()
        opened = "/open tls localhost %d as t ca %s" % (port, path("root.pem"))
        for number, line in enumerate((opened, "/reconnect", "/reconnect"), 1):
            ours.lines(line, "/wait open", "/send turn %d\\n" % number, "/expect @t within 30s \"answer\"", "/info", "/say told %d" % number, "/close", "/wait closed")
            said = server.until(b"turn %d" % number)
            same(b"Reused session-id" in said, number > 1, "TLS %s: openssl has resumed the session: turn %d" % (version, number))
            server.say(b"answer\n")
            told = ours.until(b"told %d" % number)
            ok(re.search(rb"resumed +(yes: with|no: full)", told) and (b"resumed       yes" in told) == (number > 1),
               "TLS %s: and /info says so: %r" % (version, told[-1500:]))
            ok(b"authority, dates, name localhost" in told and b"CN=right" in told, "with the certificate of the first time")
        ours.lines(opened.replace(" as t", " as u"), "/wait open", "/send other\\n", "/wait quiet for 50ms")
        ok(b"Reused session-id" not in server.until(b"other"), "TLS %s: another /open is a full handshake" % version)
        ours.end()
        server.end()
    server, port = s_server(good, "-no_ticket", "-tls1_3", "-num_tickets", "0")
    status, out, err = script("/open tls localhost %d as t ca %s\n/close\n/reconnect\n/wait open\n/info\n/close\n" % (port, path("root.pem")))
    ok(status == 0 and "no: full handshake" in out, "a server without tickets: %s%s" % (out, err))
    server.end()


def tickets_that_are_refused(good):
    """A server that has lost its keys, as one that was started again has."""
    listening = listener()

    def serve():
        listening.settimeout(DEADLINE)
        for _ in range(2):
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            made.load_cert_chain(*good)
            try:
                peer, _ = listening.accept()
                peer.settimeout(DEADLINE)
                with made.wrap_socket(peer, server_side=True) as wrapped:
                    wrapped.sendall(b"hello")
                    wrapped.recv(100)
            except OSError:
                pass
    threading.Thread(target=serve, daemon=True).start()
    status, out, err = script("/open tls localhost %d as t ca %s\n/expect \"hello\"\n/close\n/reconnect\n/expect \"hello\"\n/info\n/close\n"
                              % (port_of(listening), path("root.pem")))
    ok(status == 0 and "no: the server did not take our" in out, "a ticket that the server does not know: %s%s" % (out, err))


def resumed_as_server(good):
    """Tickets of a listener: what openssl s_client and Python's ssl make of them; with certificates of clients, too."""
    for version, word in VERSIONS.items():
        ours = sockpit("-lk", "-vv", "--ssl", "--ssl-cert", good[0], "--ssl-key", good[1], "--ssl-trustfile", path("root.pem"), "--service", "upper",
                       "127.0.0.1", "0")
        said = read_until(ours.stderr, b"listening on")
        while not re.search(rb"listening on 127.0.0.1:\d+\D", said):
            said += read_until(ours.stderr, b"\n")
        port = int(re.search(rb"listening on 127.0.0.1:(\d+)", said).group(1))
        for turn in (1, 2):
            client = Openssl("s_client", "-connect", "127.0.0.1:%d" % port, word, "-CAfile", path("root.pem"), "-cert", good[0], "-key", good[1],
                             *(("-sess_out", "s") if turn == 1 else ("-sess_in", "s")))
            got = client.until(b"Verify return code")
            client.say(b"hello\n")
            got += client.until(b"HELLO")
            same((b"\nReused, TLSv" in got, b"\nNew, TLSv" in got), (turn == 2, turn == 1), "TLS %s: openssl s_client, turn %d" % (version, turn))
            said = read_until(ours.stderr, b"certificate of CN=right verified")
            same(b", resumed" in said, turn == 2, "TLS %s: we say so, and who it is: %r" % (version, said[-400:]))
            client.say(b"Q\n")
            client.process.wait(DEADLINE)
            client.end()
        context = trusting(path("root.pem"), version)
        context.load_cert_chain(*good)
        kept = None
        for turn in (1, 2):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.settimeout(DEADLINE)
            with context.wrap_socket(sock, server_hostname="localhost", session=kept) as peer:
                peer.sendall(b"hello")
                same((peer.recv(100), peer.session_reused), (b"HELLO", turn == 2), "TLS %s: Python's ssl, turn %d" % (version, turn))
                kept = peer.session
        end(ours)


def updates(good):
    """New keys: asked for by either end, in either role."""
    server, port = s_server(good, "-tls1_3")
    ours = sockpit("-vv", "--ssl-trustfile", path("root.pem"), "tls://localhost:%d" % port)
    ours.stdin.write(b"first\n")
    ours.stdin.flush()
    server.until(b"first")
    for letter in (b"k\n", b"K\n"):
        server.say(letter)
        ok(b"the peer has changed its keys: KeyUpdate" in read_until(ours.stderr, b"KeyUpdate\n"), "openssl s_server sends a KeyUpdate")
        server.say(b"after " + letter)
        ok(b"after " + letter in read_until(ours.stdout, letter), "and what it sends with the new keys is read")
    end(ours)
    server.end()
    server, port = s_server(good, "-tls1_3")
    ours = Script("-o", "updates.log")
    ours.lines("/open tls localhost %d as t ca %s" % (port, path("root.pem")), "/wait open", "/send first\\n")
    server.until(b"first")
    ours.lines("/tls update", "/send second\\n", "/say done")
    server.until(b"second")
    ok(ours.until(b"done"), "/tls update: what is sent with the new ones is read")
    server.say(b"third\n")
    ours.lines("/expect \"third\" within 30s", "/info", "/say end")
    told = ours.until(b"end\n")
    ok(b"key updates   1 sent, 1 received" in told, "and the answer, with the peer's new ones; /info counts: %r" % told[-1500:])
    ours.end()
    server.end()
    with open("updates.log", encoding="utf-8") as file:
        kept = file.read()
    same((kept.count("the peer has changed its keys: KeyUpdate"), kept.count("we have changed our keys, and ask the peer to change its: KeyUpdate")),
         (1, 1), "each has a line")
    ours = Script()
    ours.lines("/listen 127.0.0.1 0 tls cert %s key %s as s" % good, "/say port $s.port")
    port = int(re.search(rb"port (\d+)", ours.until(b"port ") + ours.until(b"\n")).group(1))
    client = Openssl("s_client", "-connect", "127.0.0.1:%d" % port, "-tls1_3", "-CAfile", path("root.pem"))
    client.until(b"Verify return code")
    ours.lines("/wait @2 open", "/tls @2 update", "/send @2 two\\n", "/say asked")
    client.until(b"two")
    client.say(b"three\n")
    ours.lines("/expect @2 \"three\" within 30s", "/info @2", "/say end")
    told = ours.until(b"end\n")
    ok(b"key updates   1 sent, 1 received" in told, "as a server, too: %r" % told[-1500:])
    client.end()
    ours.end()


def renegotiations(good):
    """Of TLS 1.2: refused, with a line."""
    server, port = s_server(good, "-tls1_2")
    ours = sockpit("-vv", "--ssl-trustfile", path("root.pem"), "tls://localhost:%d" % port)
    ours.stdin.write(b"first\n")
    ours.stdin.flush()
    server.until(b"first")
    server.say(b"r\n")
    told = read_until(ours.stderr, b"no_renegotiation (alert 100)")
    ok(b"(renegotiation) was asked for, and refused" in told, "as a client: %r" % told[-300:])
    end(ours)
    server.end()
    server, port = s_server(good, "-tls1_2")
    status, out, err = script("/open tls localhost %d ca %s\n/wait open\n/tls update\n" % (port, path("root.pem")))
    ok("a key update is of TLS 1.3, and this is TLS 1.2" in err, "nor is there a key update: %s" % err)
    server.end()
    ours = sockpit("-l", "-vv", "--ssl", "--ssl-cert", good[0], "--ssl-key", good[1], "127.0.0.1", "0")
    said = read_until(ours.stderr, b"listening on")
    while not re.search(rb"listening on 127.0.0.1:\d+\D", said):
        said += read_until(ours.stderr, b"\n")
    client = Openssl("s_client", "-connect", "127.0.0.1:%d" % int(re.search(rb"listening on 127.0.0.1:(\d+)", said).group(1)), "-tls1_2", "-CAfile", path("root.pem"))
    client.until(b"Verify return code")
    client.say(b"R\n")
    told = read_until(ours.stderr, b"no_renegotiation (alert 100)")
    ok(b"(renegotiation) was asked for, and refused" in told, "as a server: %r" % told[-300:])
    client.end()
    end(ours)


def ends(good):
    """close_notify and FIN: each direction by itself, in both roles, with peers that do it in one order or the other."""
    root = path("root.pem")
    for version in VERSIONS:
        name = getattr(ssl.TLSVersion, "TLSv" + version.replace(".", "_"))
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(*good)
        serving.minimum_version = serving.maximum_version = name
        listening = listener()
        got = []

        def hear_out():
            """Reads to our close_notify and FIN, and only then answers, with close_notify and FIN of its own."""
            listening.settimeout(DEADLINE)
            raw, _ = listening.accept()
            raw.settimeout(DEADLINE)
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            peer = serving.wrap_bio(incoming, outgoing, server_side=True)

            def step(call):
                while True:
                    try:
                        result = call()
                    except ssl.SSLWantReadError:
                        result = None
                    if outgoing.pending:
                        raw.sendall(outgoing.read())
                    if result is not None:
                        return result
                    data = raw.recv(65536)
                    if data:
                        incoming.write(data)
                    else:
                        incoming.write_eof()
            step(lambda: peer.do_handshake() or True)
            while True:
                try:
                    data = step(lambda: peer.read(1000))
                except ssl.SSLZeroReturnError:
                    data = b""
                if not data:
                    break
                got.append(data)
            got.append(raw.recv(100))  # b"": FIN, and nothing after close_notify
            peer.write(b"late answer")
            try:
                peer.unwrap()
            except ssl.SSLError:
                pass
            raw.sendall(outgoing.read())
            raw.shutdown(socket.SHUT_WR)
            raw.close()
        thread = threading.Thread(target=hear_out, daemon=True)
        thread.start()
        status, out, err = script("/open tls localhost %d as t ca %s\n/send first\\n\n/shutdown write\n/try /send second\\n\n/expect \"late answer\"\n"
                                  "/wait closed within 30s\n" % (port_of(listening), root))
        thread.join(DEADLINE)
        same((b"".join(got[:-1]), got[-1:]), (b"first\n", [b""]), "TLS %s: /shutdown write: close_notify, then FIN, and no more" % version)
        ok(status == 0, "TLS %s: and reading goes on: %s%s" % (version, out, err))
        ok("cut short" not in out + err, "TLS %s: which is no cut" % version)
    for version, word in VERSIONS.items():
        server, port = s_server(good, word)
        ours = Script()
        ours.lines("/open tls localhost %d as t ca %s" % (port, root), "/wait open", "/send first\\n")
        server.until(b"first")
        server.say(b"Q\n")
        ours.lines("/assert @t.fin is yes within 20s", "/close", "/say end")
        told = ours.until(b"end\n")
        ok(b"end\n" in told and b"cut short" not in told, "TLS %s: openssl s_server ends: %r" % (version, told[-300:]))
        ours.end()
        server.end()
        ours = Script()
        ours.lines("/listen 127.0.0.1 0 tls cert %s key %s as s" % good, "/say port $s.port")
        port = int(re.search(rb"port (\d+)", ours.until(b"port ") + ours.until(b"\n")).group(1))
        client = Openssl("s_client", "-connect", "127.0.0.1:%d" % port, word, "-CAfile", root)
        client.until(b"Verify return code")
        ours.lines("/wait @2 open", "/send @2 hello\\n", "/shutdown @2 write", "/say end")
        client.until(b"hello")
        ok(client.process.wait(DEADLINE) == 0, "TLS %s: openssl s_client meets our close_notify" % version)
        ours.lines("/wait @2 closed within 30s", "/say closed now")
        told = ours.until(b"closed now")
        ok(b"cut short" not in told, "TLS %s: and sends its own: %r" % (version, told[-300:]))
        client.end()
        ours.end()


def words():
    for line, why in (("/tls update alpn h2", "takes no other word"), ("/tls update x", "takes no other word"), ("/tls update", "no session"),
                      ("/listen 0 as s\n/open 127.0.0.1 $s.port as c\n/wait open\n/tls update", "speaks no TLS: /tls begins it"),
                      ("/listen 0 tls as s\n/tls update", "speaks no TLS")):
        status, out, err = script(line + "\n")
        ok(status != 0 and why in err, "%s: %r" % (line.replace("\n", "; "), err))


watchdog(300)
needs_openssl()
enter_home()
authority("root")
right = certificate("right", "root")
resumed_as_client(right)
tickets_that_are_refused(right)
resumed_as_server(right)
updates(right)
renegotiations(right)
ends(right)
words()
done()
