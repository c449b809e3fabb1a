# SPDX-License-Identifier: GPL-3.0-or-later
"""tls://, --tls and /open tls: the certificates that are taken and those that are not, what is written down, ends and
truncations, peers that speak no TLS."""

import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
import certificates  # noqa: E402
from certificates import authority, certificate  # noqa: E402
from odd_certificates import ADDRESS, DNS, name, odd_certificate  # noqa: E402
from script import enter_home, script  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import VERSIONS, read_to_end, server_context  # noqa: E402


def serve(conversation, count=1, wrap=None):
    """The port of a server that has `count` conversations, each with a connected socket."""
    server = listener()

    def run_all():
        server.settimeout(DEADLINE)
        for _ in range(count):
            try:
                peer, _ = server.accept()
                peer.settimeout(DEADLINE)
                with wrap.wrap_socket(peer, server_side=True) if wrap else peer as wrapped:
                    conversation(wrapped)
            except OSError:
                pass
        server.close()
    threading.Thread(target=run_all, daemon=True).start()
    return port_of(server)


def shout(peer):
    """Sends all back in capitals when the end has come, then close_notify."""
    peer.sendall(read_to_end(peer).upper())
    peer.unwrap()


def conversations(good):
    for version in VERSIONS:
        for where in (["tls://127.0.0.1:%d"], ["--tls", "127.0.0.1", "%d"], ["tls://localhost:%d"], ["-4", "--tls", "localhost", "%d"]):
            port = serve(shout, wrap=server_context(good, version))
            words = [word % port if "%" in word else word for word in where]
            same(run(*words, given=b"hello\n"), (0, b"HELLO\n", b""), "TLS %s: %s" % (version, " ".join(where)))
        port = serve(shout, wrap=server_context(good, version))
        status, out, err = run("-vv", "tls://localhost:%d" % port, given=b"hi")
        ok(status == 0 and re.search(rb"TLS handshake in [0-9.]+ .s: TLS %s, [A-Z0-9_-]+.*; certificate of localhost "
                                     rb"verified" % version.encode(), err), "-vv says what was agreed on: %r" % err)
    data = os.urandom(1 << 20) * 8
    for version in VERSIONS:
        port = serve(shout, wrap=server_context(good, version))
        status, out, err = run("tls://localhost:%d" % port, given=data)
        same((status, hashlib.sha256(out).digest(), err), (0, hashlib.sha256(data.upper()).digest(), b""),
             "TLS %s: 8 MB there and back" % version)


def with_openssl(good):
    server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", good[0], "-key", good[1], "-rev"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = read_until(server.stdout, b"ACCEPT")
    while b"\n" not in said[said.find(b"ACCEPT"):]:
        said += read_until(server.stdout, b"\n")
    port = re.search(rb"ACCEPT.*:(\d+)", said)
    if ok(port is not None, "openssl s_server says where it listens: %r" % said):
        same(script("/open tls localhost %d as t\n/send hello\\n\n/expect \"olleh\"\n/close\n" % int(port.group(1)))[0], 0,
             "a conversation with openssl s_server")
    end(server)


def refused(good, words, target, why, *options):
    """One attempt that the client ends, with the reason."""
    port = serve(shout, wrap=server_context(good))
    status, out, err = run(*options, target % port, given=b"secret")
    ok(status == 1 and out == b"" and err.count(b"\n") == 1 and re.search(why, err), "%s: %r" % (words, err))
    return port


def certificates_that_are_wrong(good):
    expired = certificate("expired", "root", begin="20200101000000Z", end="20210203040506Z")
    early = certificate("early", "root", begin="20900101000000Z")
    other = certificate("other", "root", names="DNS:other.example,DNS:*.example.org,IP:192.0.2.7")
    authority("stranger")
    unknown = certificate("unknown", "stranger")
    authority("alone")
    alone = certificates.path("alone.pem"), certificates.path("alone.key")
    refused(expired, "an expired certificate", "tls://localhost:%d",
            rb"TLS handshake failed: the certificate has expired on 2021-02-03 04:05:06 UTC")
    refused(early, "one that is for later", "tls://localhost:%d", rb"is not valid before 2090-01-01 00:00:00 UTC")
    refused(other, "one of another host", "tls://localhost:%d",
            rb"is not for localhost; its names: other.example, \*.example.org, 192.0.2.7")
    refused(other, "one without this address", "tls://127.0.0.1:%d", rb"is not for 127.0.0.1; its names: other.example")
    refused(unknown, "one from a stranger", "tls://localhost:%d", rb"from an authority that is unknown here: CN=stranger")
    refused(alone, "one that has signed itself", "tls://localhost:%d", rb"is self-signed, and not trusted here: CN=alone")
    for paths, reason in ((expired, "expired"), (other, "name"), (alone, "self-signed")):
        port = serve(shout, wrap=server_context(paths))
        same(run("--tls-verify", "off", "tls://localhost:%d" % port, given=b"hi"), (0, b"HI", b""),
             "--tls-verify off takes one that is wrong: " + reason)
    port = serve(shout, wrap=server_context(expired))
    status, out, err = script("/open tls localhost %d as t verify off\n/info\n/say $t.state\n/close\n" % port)
    ok(status == 0 and "verify" in out and "off: any certificate is taken" in out and "has expired on" in out,
       "/info says that nothing was verified: %s" % out)
    port = serve(shout, 2, wrap=server_context(other))
    status, out, err = script("/try /open tls localhost %d as t\n/why\n" % port)
    ok("is not for localhost" in out and "Call the server by one of the names" in out, "/why says what to do: %s%s" % (out, err))


def names_that_do_not_count():
    """Those in a common name: RFC 9525."""
    only = rb" names %s in its common name only, which clients no longer read \(RFC 9525\); its names: %s\n"
    host, address = name(b"localhost"), name(b"127.0.0.1")
    for words, subject, names, target, why in (
            ("the host in the common name", host, [], "localhost", only % (b"localhost", b"none")),
            ("of any case", name(b"LocalHost"), [], "localhost", only % (b"localhost", b"none")),
            ("beside an address", host, [(ADDRESS, bytes((192, 0, 2, 7)))], "localhost", only % (b"localhost", b"192.0.2.7")),
            ("beside another name", host, [(DNS, b"other.example")], "localhost", only % (b"localhost", b"other.example")),
            ("a name that is not called", name(b"other.example"), [], "localhost", rb" is not for localhost; its names: none\n"),
            ("an address in the common name", address, [], "127.0.0.1", only % (b"127.0.0.1", b"none")),
            ("an address among the names", name(b"x"), [(DNS, b"127.0.0.1")], "127.0.0.1", rb" is not for 127.0.0.1; its names: 127.0.0.1\n"),
            ("a wildcard for addresses", name(b"*.0.0.1"), [], "127.0.0.1", rb" is not for 127.0.0.1; its names: none\n")):
        refused(odd_certificate("common", "root", subject, names), words, "tls://" + target + ":%d", rb"failed: the certificate" + why)
    paths = odd_certificate("common", "root", host, [])
    port = serve(shout, 2, wrap=server_context(paths))
    status, out, err = script("/try /open tls localhost %d as t\n/why\n" % port)
    ok("in its common name only" in out and "openssl req has -addext subjectAltName=DNS:NAME" in out, "/why says what to do: %s%s" % (out, err))
    same(run("--tls-verify", "off", "tls://localhost:%d" % port, given=b"hi"), (0, b"HI", b""), "--tls-verify off takes it")


def records(good):
    """What is written down: the records as they went over the socket, and the clear text."""
    port = serve(shout, wrap=server_context(good))
    log, text = certificates.path("tls.jsonl"), certificates.path("tls.log")
    status, out, err = script("/open tls localhost %d as t\n/send hello\\n\n/shutdown write\n/expect \"HELLO\"\n"
                              "/wait closed within 20s\n/find HELLO\n" % port, "-o", log, "-o", text)
    same((status, err), (0, ""), "a script expects clear text")
    with open(log, encoding="utf-8") as file:
        entries = [json.loads(line) for line in file]
    calls = [entry for entry in entries if entry["type"] == "call"]
    made = [entry for entry in calls if entry["call"].startswith("SSL_")]
    same([entry["call"] for entry in made], ["SSL_connect", "SSL_write", "SSL_shutdown", "SSL_read", "SSL_read"], "what the library did is entries of their own")
    same([entry.get("text") for entry in made if entry["call"] in ("SSL_read", "SSL_write")], ["hello\n", "HELLO\n", None], "with the clear text")
    asked, agreed = made[0]["text"].split("\n\n")
    ok(asked == "server name\tlocalhost" and made[0]["result"] == 1 and "\ncipher\t" in agreed and "verified\tauthority, dates, name localhost" in agreed,
       "and what was asked for and agreed on: %r" % made[0])
    moved = [entry for entry in calls if entry["call"] in ("send", "recv") and entry["result"] > 0]
    ok(len(moved) >= 4 and all(entry.get("tls") for entry in moved), "and so are the calls, whose bytes are records")
    ok(b"hello" not in str(moved).lower().encode(), "which do not show it")
    with open(text, encoding="utf-8") as file:
        lines = [line for line in file if re.search(r" [<>] ", line)]
    ok(len(lines) == 2 and "hello" in lines[0] and "HELLO" in lines[1], "the text log has the clear text alone: %r" % lines)
    replayed = run("--replay", log, "--speed", "max", "--view", "chat")
    ok(replayed[0] == 0 and b"hello" in replayed[1] and b"HELLO" in replayed[1] and b"\\x17" not in replayed[1],
       "a replay shows it in chat")
    rows = run("--replay", log, "--speed", "max", "--view", "trace")[1].decode().split("\n")
    ok(any('SSL_write("hello\\n") = 6' in row for row in rows) and any("SSL_read(" in row for row in rows),
       "trace has the clear text")
    sealed = [row for row in rows if re.search(r"\[(handshake|change_cipher_spec|application_data|TLS records)", row)]
    ok(len(sealed) >= 4 and not any("!" in row for row in sealed), "and the records, which are no failures: %r" % sealed)
    port = serve(shout, wrap=server_context(good))
    os.unlink(log)
    status, out, err = script("/open tls localhost %d as t\n/secret pass-word-7\n/shutdown write\n/wait closed within 20s\n" % port,
                              "-o", log)
    with open(log, encoding="utf-8") as file:
        kept = file.read()
    ok(status == 0 and '"SSL_write"' in kept and "pass-word-7" not in kept and "PASS-WORD-7" in kept,
       "a secret is not written down")


def ends(good):
    for version in VERSIONS:
        def cut(peer):
            peer.sendall(b"all but the e")
            socket.socket(fileno=os.dup(peer.fileno())).shutdown(socket.SHUT_WR)
            peer.recv(100)
        port = serve(cut, wrap=server_context(good, version))
        status, out, err = run("tls://localhost:%d" % port)
        ok(status == 1 and out == b"all but the e" and err.startswith(b"sockpit: cut short: ") and err.count(b"\n") == 1, "TLS %s without close_notify: %r" % (version, err))

        def half(peer):
            peer.sendall(b"first ")
            peer.sendall(read_to_end(peer))
            peer.unwrap()
        port = serve(half, wrap=server_context(good, version))
        same(run("tls://localhost:%d" % port, given=b"then"), (0, b"first then", b""), "TLS %s: half-close" % version)

        def close_first(peer):
            peer.sendall(b"bye")
            peer.unwrap()
        port = serve(close_first, wrap=server_context(good, version))
        same(run("-d", "tls://localhost:%d" % port), (0, b"bye", b""), "TLS %s: the peer closes first" % version)
    port = serve(cut, wrap=server_context(good))
    status, out, err = script("/open tls localhost %d as t\n/assert @t.fin is yes within 20s\n/why\n" % port)
    ok("cut short" in out and "close_notify" in out, "/why explains an end without close_notify: %s%s" % (out, err))


class Chopped:
    """Between client and server: passes on what comes in pieces of one size, and cuts after so many bytes."""

    def __init__(self, port, piece, most=None):
        self.server, self.port, self.piece, self.most = listener(), port, piece, most
        threading.Thread(target=self.run, daemon=True).start()

    def pass_on(self, source, sink, most):
        moved = 0
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                for at in range(0, len(data), self.piece):
                    piece = data[at:at + self.piece]
                    if most is not None and moved + len(piece) > most:
                        sink.sendall(piece[:most - moved])
                        sink.shutdown(socket.SHUT_RDWR)
                        source.shutdown(socket.SHUT_RDWR)
                        return
                    sink.sendall(piece)
                    moved += len(piece)
        except OSError:
            pass

    def run(self):
        self.server.settimeout(DEADLINE)
        client, _ = self.server.accept()
        server = socket.create_connection(("127.0.0.1", self.port))
        for sock in (client, server):
            sock.settimeout(DEADLINE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        up = threading.Thread(target=self.pass_on, args=(client, server, None), daemon=True)
        up.start()
        self.pass_on(server, client, self.most)
        up.join(DEADLINE)
        client.close()
        server.close()


def pieces(good):
    for version in VERSIONS:
        for piece in (1, 3, 5, 6):
            chopped = Chopped(serve(shout, wrap=server_context(good, version)), piece)
            same(run("tls://localhost:%d" % port_of(chopped.server), given=b"hello\n"), (0, b"HELLO\n", b""),
                 "TLS %s in pieces of %d" % (version, piece))
        for most in list(range(0, 12)) + [100, 300, 500]:
            chopped = Chopped(serve(shout, wrap=server_context(good, version)), 1, most)
            status, out, err = run("tls://localhost:%d" % port_of(chopped.server), given=b"hello\n")
            if not (status == 1 and out == b"" and err.count(b"\n") == 1 and b"TLS handshake failed" in err or b"reset" in err):
                ok(False, "TLS %s cut after %d bytes: %r" % (version, most, (status, out, err)))
                return
        ok(True, "TLS %s: a handshake that is cut off ends the attempt" % version)


def no_tls(good):
    def say(data):
        def conversation(peer):
            peer.sendall(data)
            read_to_end(peer)
        return conversation
    for words, data in (("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n"), ("SMTP", b"220 mail.example ESMTP\r\n"), ("noise", bytes(range(256)))):
        status, out, err = run("tls://localhost:%d" % serve(say(data)), given=b"x")
        ok(status == 1 and out == b"" and err.count(b"\n") == 1 and b"speaks no TLS here: it sent \"" in err, "%s: %r" % (words, err))
    for number, name in ((70, b"protocol_version"), (40, b"handshake_failure"), (112, b"unrecognized_name")):
        status, out, err = run("tls://localhost:%d" % serve(say(b"\x15\x03\x03\0\2\2" + bytes([number]))), given=b"x")
        ok(status == 1 and b"the peer reports %s (alert %d)" % (name, number) in err, "an alert: %r" % err)
    status, out, err = script("/try /open tls localhost %d\n/why\n" % serve(say(b"\x15\x03\x03\0\2\2\x46")))
    ok("TLS 1.2 and 1.3 are spoken" in out, "/why names the versions that there are: %s%s" % (out, err))
    for data in (b"\x16\x03\x03\x40\x01" + bytes(20000), b"\x16\x03\x03\0\4\2\0\0\0"):
        status, out, err = run("tls://localhost:%d" % serve(say(data)), "-w", "20", given=b"x")
        ok(status == 1 and out == b"" and err.count(b"\n") == 1 and b"TLS handshake failed" in err, "%r...: %r" % (data[:9], err))
    status, out, err = script("/try /open tls localhost %d\n/why\n" % serve(lambda peer: peer.recv(5)))
    ok("ECONNRESET" in out and "The handshake of TLS was not over." in out, "/why of one that resets says when: %s%s" % (out, err))
    silent = listener()
    status, out, err = run("-w", "300ms", "tls://localhost:%d" % port_of(silent), given=b"x")
    ok(status == 1 and b"TLS handshake timed out" in err, "a port that is silent: %r" % err)
    status, out, err = run("tls://localhost:%d" % serve(lambda peer: None), given=b"x")
    ok(status == 1 and b"TLS handshake failed" in err or b"reset" in err, "one that closes: %r" % err)


def words():
    for args, why in ((["--tls", "-u", "localhost", "9"], b"TLS is on top of TCP"), (["--tls"], b"--tls needs an address"),
                      (["--tls", "udp://localhost:9"], b"leave out -u, or udp://"), (["--tls", "unix:///nothere"], b"leave out unix://"),
                      (["-z", "--tls", "localhost", "9"], b"leave out TLS"), (["--tls-verify", "of", "tls://localhost:9"], b"on or off"),
                      (["--tls-verify", "off", "localhost", "9"], b"--tls-verify is for TLS")):
        status, out, err = run(*args)
        ok(status == 2 and out == b"" and err.count(b"\n") == 1 and why in err, "%s: %r" % (" ".join(args), err))
    for line, why in (("/open udp tls://localhost:9", "exclude each other"), ("/open localhost 9 verify off", "verify is for TLS"),
                      ("/open tls localhost 9 verify no", "verify on or verify off")):
        status, out, err = script(line + "\n")
        ok(status != 0 and why in err, "%s: %r" % (line, err))


watchdog(240)
enter_home()
probe = run("tls://127.0.0.1:1")
if b"built without OpenSSL" in probe[2]:
    same((probe[0], probe[2].count(b"\n")), (2, 1), "without OpenSSL one line says what is missing: %r" % probe[2])
    status, out, err = script("/open tls 127.0.0.1 1\n")
    ok(status != 0 and "built without OpenSSL" in err, "/open tls says it, too: %r" % err)
    done()
    sys.exit()
os.environ["SSL_CERT_FILE"] = authority("root")
right = certificate("right", "root")
conversations(right)
with_openssl(right)
certificates_that_are_wrong(right)
names_that_do_not_count()
records(right)
ends(right)
pieces(right)
no_tls(right)
words()
done()
