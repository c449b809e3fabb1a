# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions with TLS written as programs by /code, and those programs run against the same servers and clients: they
must say and hear the same clear text, and end as TLS ends."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
import certificates  # noqa: E402
from certificates import authority, certificate  # noqa: E402
from odd_certificates import name, odd_certificate  # noqa: E402
from plain import Plain  # noqa: E402
from programs import LANGUAGES, WORK, export, finish, launch, port_on, programs_of  # noqa: E402
from script import enter_home, script  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import VERSIONS, needs_openssl, read_to_end, server_context  # noqa: E402

HARD = b"\x00\x01\x1b\xff??/\"\\%s '?\x7f0"


class Server:
    """Has conversations until it is closed; `heard` is what they return."""

    def __init__(self, conversation, wrap=None):
        self.listener, self.heard, self.wrap = listener(), [], wrap
        self.port = port_of(self.listener)
        self.thread = threading.Thread(target=self.run, args=(conversation,), daemon=True)
        self.thread.start()

    def run(self, conversation):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            peer.settimeout(DEADLINE)
            try:
                with self.wrap.wrap_socket(peer, server_side=True, suppress_ragged_eofs=False) if self.wrap else peer as wrapped:
                    self.heard.append(conversation(wrapped))
            except OSError as why:
                self.heard.append(why)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(DEADLINE)
        self.listener.close()


def shout(peer):
    """Sends all back in capitals when the end has come, then close_notify."""
    got = read_to_end(peer)
    peer.sendall(got.upper())
    peer.unwrap()
    return got


def say(*lines):
    """Plain's session does this, and waits for each."""
    plain = Plain()
    for line, sign in lines:
        plain.type(line)
        ok(plain.sees(sign), "%s: %s" % (line, sign))
    return plain


def clients(good):
    for version in VERSIONS:
        server = Server(shout, server_context(good, version))
        plain = say(("/open tls localhost %d as t" % server.port, "verified"), ("hello", "→"), ("/hex " + HARD.hex(), "16 bytes"),
                    ("/shutdown write", "close_notify"))
        same(server.heard, [b"hello\n" + HARD], "TLS %s: a conversation" % version)
        for language, command in programs_of(plain).items():
            same(finish(launch(command)), (0, (b"hello\n" + HARD).upper(), b""), "TLS %s: the %s program hears the same" % (version, language))
            same(server.heard[-1], b"hello\n" + HARD, "and has said the same, with its close_notify")
        same(plain.leave(), 0, "leaves")
        server.close()


def with_openssl(good):
    """Its answers come at once, and both ends close."""
    server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", good[0], "-key", good[1], "-rev"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = read_until(server.stdout, b"ACCEPT")
    while b"\n" not in said[said.find(b"ACCEPT"):]:
        said += read_until(server.stdout, b"\n")
    port = int(re.search(rb"ACCEPT.*:(\d+)", said).group(1))
    plain = say(("/open tls localhost %d as t" % port, "verified"), ("hello", "olleh"), ("again", "niaga"), ("/close", "closed"))
    for language, command in programs_of(plain).items():
        same(finish(launch(command)), (0, b"olleh\nniaga\n", b""), "the %s program and openssl s_server" % language)
    same(plain.leave(), 0, "leaves")
    end(server)


def large(good):
    """An answer of many records."""
    def answer(peer):
        peer.recv(100)
        peer.sendall(b"z" * 300000)
        peer.unwrap()
    server = Server(answer, server_context(good))
    plain = say(("/open tls localhost %d as t" % server.port, "verified"), ("go", "close_notify"), ("/close", "closed"))
    for language, command in programs_of(plain).items():
        status, out, err = finish(launch(command))
        ok((status, len(out), err) == (0, 300000, b"") and not out.strip(b"z"), "the %s program reads many records: %r" % (language, (status, len(out), err)))
    same(plain.leave(), 0, "leaves")
    server.close()


def in_place(good):
    """STARTTLS, with ALPN, and a certificate of the client's that the server asks for."""
    own = certificate("client", "root", names="DNS:client.example") + (os.environ["SSL_CERT_FILE"],)
    wrap = server_context(good)
    wrap.verify_mode = ssl.CERT_REQUIRED
    wrap.load_verify_locations(os.environ["SSL_CERT_FILE"])
    wrap.set_alpn_protocols(["http/1.1"])

    def mail(peer):
        peer.sendall(b"220 ready\r\n")
        asked = peer.recv(100)
        peer.sendall(b"220 go ahead\r\n")
        peer = wrap.wrap_socket(peer, server_side=True, suppress_ragged_eofs=False)
        got = peer.recv(100)
        peer.sendall(b"250 " + got)
        return asked, got, read_to_end(peer), peer.selected_alpn_protocol(), dict(name[0] for name in peer.getpeercert()["subject"])["commonName"]
    server = Server(mail)
    plain = say(("/open localhost %d as t" % server.port, "220 ready"), ("STARTTLS", "220 go ahead"),
                ("/tls localhost alpn h2,http/1.1 cert %s key %s ca %s" % own, "ALPN http/1.1"), ("EHLO me", "250 EHLO me"), ("/close", "closed"))
    wanted = (b"STARTTLS\n", b"EHLO me\n", b"", "http/1.1", "client")
    for language, command in programs_of(plain).items():
        same(finish(launch(command)), (0, b"220 ready\r\n220 go ahead\r\n250 EHLO me\n", b""), "TLS in place, in %s" % language)
    same(plain.leave(), 0, "leaves")
    server.close()
    same(server.heard, [wanted] * (1 + len(LANGUAGES)), "the server cannot tell them apart")


def servers(good):
    """Both ends of a listener: with files, and with a certificate that was made for the run."""
    for words in ("cert %s key %s" % good, ""):
        plain = Plain()
        plain.type("/listen 127.0.0.1 0 tls " + words)
        port = port_on(plain)
        anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE

        def ask(number):
            with socket.create_connection(("127.0.0.1", number), DEADLINE) as sock:
                with anyone.wrap_socket(sock, suppress_ragged_eofs=False) as client:
                    client.sendall(b"Hello, server!")
                    if number == port:
                        plain.sees("session 2")
                        plain.type("/session 2")
                        plain.sees("Hello, server!")
                        plain.type("/send Hello, i'm server!\\n")
                    got = client.recv(1024)
                    client.settimeout(0)
                    try:
                        client.unwrap()
                    except ssl.SSLWantReadError:
                        pass
                    return got
        same(ask(port), b"Hello, i'm server!\n", "a client of the listener")
        ok(plain.sees("close_notify"), "that ends in order")
        plain.type("/close @2")
        plain.sees("closed")
        plain.type("/close @1")
        plain.sees("no longer listening")
        if not words:
            same(run_openssl_made(plain), [True] * len(LANGUAGES), "each says that it needs files, and how they are made")
        for session in (2, 1):
            for language, command in programs_of(plain, session).items():
                process = launch(command)
                found = re.search(rb"(\d+)\n", read_until(process.stderr, b"\n"))
                same(ask(int(found.group(1)) if found else 0), b"Hello, i'm server!\n", "the %s server of session %d answers" % (language, session))
                same(finish(process), (0, b"Hello, server!", b""), "and ends well")
        same(plain.leave(), 0, "leaves")


def run_openssl_made(plain):
    """Follows the comment of each program; the files stay for it to be run."""
    done = []
    for language in LANGUAGES:
        with open(export(plain, language, 2), encoding="utf-8") as file:
            found = re.search(r"openssl (req .* -out cert\.pem)", file.read())
        done.append(bool(found) and subprocess.run(["openssl", *found.group(1).split()], capture_output=True, check=False).returncode == 0)
    return done


def wrong_certificates(good):
    """A program verifies as its session did."""
    other = certificate("other", "root", names="DNS:other.example")
    server = Server(shout, server_context(good))
    plain = say(("/open tls localhost %d as t" % server.port, "verified"), ("hi", "→"), ("/shutdown write", "close_notify"))
    strict = programs_of(plain)
    plain.leave()
    plain = say(("/open tls localhost %d as t verify off" % server.port, "TLS handshake in"), ("hi", "→"), ("/shutdown write", "close_notify"))
    loose = programs_of(plain)
    plain.leave()
    mark = subprocess.run(["openssl", "x509", "-in", good[0], "-noout", "-fingerprint", "-sha256"], capture_output=True, text=True, check=True).stdout
    pin = "sha256:" + mark.split("=")[1].strip().replace(":", "").lower()
    plain = Plain("--tls-pin", pin, "tls://127.0.0.1:%d" % server.port)
    ok(plain.sees("is the pinned one"), "a pinned certificate")
    plain.type("hi")
    plain.type("/shutdown write")
    ok(plain.sees("close_notify"), "and a conversation")
    pinned = programs_of(plain)
    plain.leave()
    for language in LANGUAGES:
        for command in (strict[language], loose[language], pinned[language]):
            same(finish(launch(command)), (0, b"HI\n", b""), "the right certificate in %s" % language)
    server.wrap = server_context(other)
    for language in LANGUAGES:
        status, out, err = finish(launch(strict[language]))
        ok(status == 1 and out == b"" and err.count(b"\n") == 1 and b"mismatch" in err, "the %s program refuses the certificate of another: %r" % (language, err))
        same(finish(launch(loose[language])), (0, b"HI\n", b""), "with verify off it takes any")
        status, out, err = finish(launch(pinned[language]))
        ok(status == 1 and out == b"" and err.count(b"\n") == 1 and b"not the pinned one" in err, "with a pin it takes no other: %r" % err)
    server.wrap = server_context(odd_certificate("common", "root", name(b"localhost"), []))
    for language in LANGUAGES:
        status, out, err = finish(launch(strict[language]))
        ok(status == 1 and out == b"" and b"mismatch" in err, "the %s program reads no common name: %r" % (language, err))
    server.close()


def what_went_wrong(good):
    """An end without close_notify, and a handshake that failed."""
    def cut(peer):
        peer.sendall(b"all but the e")
        socket.socket(fileno=os.dup(peer.fileno())).shutdown(socket.SHUT_WR)
        peer.recv(100)
    server = Server(cut, server_context(good))
    plain = say(("/open tls localhost %d as t" % server.port, "cut short"), ("/close", "closed"))
    for language, command in programs_of(plain).items():
        status, out, err = finish(launch(command))
        ok(status == 1 and out == b"all but the e" and err.count(b"\n") == 1 and b"EOF" in err.replace(b"unexpected eof", b"EOF"),
           "the %s program says that it was cut short: %r" % (language, err))
    same(plain.leave(), 0, "leaves")
    server.close()

    def no_tls(peer):
        peer.sendall(b"220 mail.example ESMTP\r\n")
        peer.recv(1000)
    server = Server(no_tls)
    status, out, err = script("/try /open tls localhost %d as t\n/code python failed.py\n/code c failed.c\n" % server.port)
    ok(status == 0, "a handshake that failed is a program, too: %s%s" % (out, err))
    for name in ("failed.py", "failed.c"):
        with open(name, encoding="utf-8") as file:
            text = file.read()
        ok(re.search(r"^\s*attempt(_tls)?\(.*(SSL_connect|wrap_socket).*failed", text, re.M), "which tries it in %s" % name)
    server.close()


watchdog(300)
enter_home()
needs_openssl()
os.environ["SSL_CERT_FILE"] = authority("root")
right = certificate("right", "root")
try:
    clients(right)
    with_openssl(right)
    large(right)
    in_place(right)
    servers(right)
    wrong_certificates(right)
    what_went_wrong(right)
finally:
    shutil.rmtree(WORK)
    shutil.rmtree(certificates.DIRECTORY)
done()
