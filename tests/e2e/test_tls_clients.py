# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of clients, and authorities of one's own: as a client with openssl s_server and Python's ssl, as a server
with openssl s_client, curl and Python's ssl, in TLS 1.2 and 1.3: what both ends say of the certificate, those that are
missing, of a stranger, expired; /info and /why."""

import os
import re
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from certificates import authority, certificate, path  # noqa: E402
from script import enter_home, script  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import trusting  # noqa: E402

VERSIONS = {"1.2": "-tls1_2", "1.3": "-tls1_3"}


class OpensslServer:
    """openssl s_server that asks for certificates of root, and sends back what it gets reversed. `said`: its output."""

    def __init__(self, server, *words):
        self.process = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", server[0], "-key", server[1], "-rev",
                                         "-CAfile", path("root.pem"), "-verify_return_error", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.said = read_until(self.process.stdout, b"ACCEPT")
        while b"\n" not in self.said[self.said.find(b"ACCEPT"):]:
            self.said += read_until(self.process.stdout, b"\n")
        self.port = int(re.search(rb"ACCEPT.*:(\d+)", self.said).group(1))

    def end(self):
        self.process.terminate()
        self.said += self.process.stdout.read()
        end(self.process)


def as_client(server, alice, stranger, expired):
    for version, word in VERSIONS.items():
        peer = OpensslServer(server, "-Verify", "1", word)
        opening = "/open tls localhost %d as t ca %s" % (peer.port, path("root.pem"))
        status, out, err = script(opening + " cert %s key %s\n/send hello\\n\n/expect \"olleh\"\n/info\n/close\n" % alice)
        ok(status == 0 and re.search(r"ours +CN=alice, sent", out),
           "TLS %s: our certificate is taken, and /info names it: %s%s" % (version, out, err))
        status, out, err = script("/try " + opening + "\n/wait closed within 20s\n/why\n")
        alert = "certificate_required (alert 116)" if version == "1.3" else "handshake_failure (alert 40)"
        ok("the peer reports " + alert in out and "asks for one, signed by CN=root" in out and "and none was sent: cert FILE key FILE" in out,
           "TLS %s: none: which one is wanted, and /why: %s%s" % (version, out, err))
        for paths, number, words in ((stranger, 48, "unknown_ca"), (expired, 45, "certificate_expired")):
            status, out, err = script("/try " + opening + " cert %s key %s\n/wait closed within 20s\n/why\n" % paths)
            ok("the peer reports %s (alert %d)" % (words, number) in out and "This is about our certificate: the server does not" in out,
               "TLS %s: %s: %s%s" % (version, words, out, err))
        peer.end()
        ok(re.search(rb"CN ?= ?alice", peer.said), "TLS %s: openssl has seen it: %r" % (version, peer.said[-600:]))
    peer = OpensslServer(server)
    status, out, err = script("/open tls localhost %d ca %s cert %s key %s\n/info\n/close\n" % ((peer.port, path("root.pem")) + alice))
    ok(status == 0 and re.search(r"ours +CN=alice, not asked for", out), "one that nobody asks for: %s%s" % (out, err))
    same(run("--ssl-trustfile", path("root.pem"), "tls://localhost:%d" % peer.port, given=b"ab\n"), (0, b"ba\n", b""), "--ssl-trustfile")
    status, out, err = run("tls://localhost:%d" % peer.port, given=b"ab\n")
    ok(status == 1 and b"the certificate is from an authority that is not trusted here: CN=root" in err, "without it nobody trusts the authority: %r" % err)
    status, out, err = run("--ssl-trustfile", path("stranger.pem"), "tls://localhost:%d" % peer.port, given=b"ab\n")
    ok(status == 1 and b"the certificate is from an authority that is not trusted here: CN=root" in err, "nor with another one: %r" % err)
    peer.end()


def call(port, paths=None, version=None):
    context = trusting(path("root.pem"), version)
    if paths:
        context.load_cert_chain(*paths)
    sock = socket.create_connection(("127.0.0.1", port))
    sock.settimeout(DEADLINE)
    return context.wrap_socket(sock, server_hostname="localhost")


def s_client(port, word, given, *words):
    done_ = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % port, "-CAfile", path("root.pem"), word, "-ign_eof", *words],
                           input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE, check=False)
    return done_.stdout


def as_server(server, alice, stranger, expired):
    process = sockpit("-lk", "-vv", "--ssl", "--ssl-cert", server[0], "--ssl-key", server[1], "--ssl-trustfile", path("root.pem"),
                      "--service", 'reply /^hello/ "HELLO\\n" close', "127.0.0.1", "0")
    said = read_until(process.stderr, b"listening on")
    while not re.search(rb"listening on 127.0.0.1:\d+\D", said):
        said += read_until(process.stderr, b"\n")
    port = int(re.search(rb"listening on 127.0.0.1:(\d+)", said).group(1))
    for version, word in VERSIONS.items():
        got = s_client(port, word, b"hello\n", "-cert", alice[0], "-key", alice[1])
        ok(b"HELLO\n" in got and re.search(rb"Acceptable client certificate CA names\nCN ?= ?root\n", got),
           "TLS %s: openssl s_client is served, and is told of the authority: %r" % (version, got[-300:]))
        read_until(process.stderr, b"certificate of CN=alice verified")
        got = s_client(port, word, b"hello\n")
        ok(b"HELLO" not in got and (b"alert certificate required" if version == "1.3" else b"alert handshake failure") in got,
           "TLS %s: one without a certificate is not, and gets an alert: %r" % (version, got[-300:]))
        read_until(process.stderr, b"the client has sent no certificate, and is asked for one")
        for paths, alert, why in ((stranger, b"alert unknown ca", b"the client's certificate is from an authority that is unknown here: CN=stranger"),
                                  (expired, b"alert certificate expired", b"the client's certificate has expired on 2021-02-03")):
            got = s_client(port, word, b"hello\n", "-cert", paths[0], "-key", paths[1])
            ok(b"HELLO" not in got and alert in got, "TLS %s: %r: %r" % (version, alert, got[-300:]))
            read_until(process.stderr, why)
        with call(port, alice, version) as peer:
            peer.sendall(b"hello\n")
            same(peer.recv(100), b"HELLO\n", "TLS %s: Python's ssl" % version)
    if shutil.which("curl"):
        got = subprocess.run(["curl", "-s", "-m", "20", "--http0.9", "--cacert", path("root.pem"), "--cert", alice[0], "--key", alice[1],
                              "-X", "hello", "https://localhost:%d/" % port], stdout=subprocess.PIPE, timeout=DEADLINE, check=False)
        same((got.returncode, got.stdout), (0, b"HELLO\n"), "curl")
    end(process)
    os.environ["SSL_CERT_FILE"] = path("root.pem")
    process = sockpit("-lk", "-v", "--ssl", "--ssl-verify", "--service", "upper", "127.0.0.1", "0")
    port = listening_port(process)
    same(run("--tls-verify", "off", "tls://127.0.0.1:%d" % port, "--ssl-cert", alice[0], "--ssl-key", alice[1], given=b"a"), (0, b"A", b""),
         "-l --ssl-verify takes certificates of the authorities of this machine")
    status, out, err = run("--tls-verify", "off", "tls://127.0.0.1:%d" % port, given=b"a")
    ok(status == 1 and out == b"", "and nobody without one: %r" % err)
    end(process)
    del os.environ["SSL_CERT_FILE"]


def both_ends(server, alice):
    """In scripts, in all orders of words, and with /tls."""
    root = path("root.pem")
    listening = "cert %s key %s ca %s" % (server + (root,))
    calling = "ca %s cert %s key %s" % ((root,) + alice)
    status, out, err = script("/listen 0 echo tls %s as s\n/open tls localhost $s.port as c %s alpn h2\n/send hello\\n\n/expect \"hello\"\n"
                              "/info @c\n/info @3\n/info @s\n/close @c\n" % (listening, calling))
    ok(status == 0 and re.search(r"ours +CN=alice", out), "both ends here: %s%s" % (out, err))
    theirs = re.search(r"client's +CN=alice\n +issued by +CN=root\n(.*\n)+? *verified +authority, dates\n", out)
    ok(theirs, "the server's /info has the client's certificate: %s" % out)
    ok(re.search(r"client's +each must have one", out), "and the listener's that it asks")
    status, out, err = script("/listen 0 as p\n/open localhost $p.port as c\n/wait open\n/tls @3 %s &\n/tls @c %s\n/send @c up\\n\n"
                              "/expect @3 \"up\"\n/info @3\n" % (listening, calling))
    ok(status == 0 and re.search(r"client's +CN=alice", out), "and with /tls: %s%s" % (out, err))
    status, out, err = script("/listen 0 echo tls %s as s\n/try /open tls localhost $s.port as c ca %s\n/wait @3 closed within 20s\n/why @3\n"
                              % (listening, root))
    ok("the client must be given such a one" in out, "/why of the server's end: %s%s" % (out, err))
    status, out, err = script("/listen 0 echo tls %s alpn a,b as s\n/open tls 127.0.0.1 $s.port as c %s alpn b servername www.example.org\n"
                              "/send hello\\n\n/expect \"hello\"\n/info @3\n" % (listening, calling))
    ok(status == 0 and re.search(r"ALPN +b\n", out) and re.search(r"SNI +www.example.org\n", out), "alpn and servername: %s%s" % (out, err))
    status, out, err = script("/listen 0 echo tls as s\n/try /open tls localhost $s.port as c pin sha256:%s\n/why\n" % (64 * "0"))
    mark = re.search(r"it has (sha256:[0-9a-f]{64})", out)
    ok(mark, "a pin that is not it: %s%s" % (out, err))
    status, out, err = script("/listen 0 as s\n/open localhost $s.port as c\n/wait open\n/tls @3 cert %s key %s &\n/tls @c pin %s\n"
                              % (server + ("sha256:" + 64 * "0",)))
    ok("is not the pinned one" in out + err, "nor with /tls: %s%s" % (out, err))
    in_place = "/listen %s as p\n/open %s as c\n/assert @p.clients = 1 within 20s\n/tls @3 %s\n"
    for given, why in (("verify off ca " + root, "leave out ca or verify off"), ("pin sha256:" + 64 * "0", "pin is for the client's end"),
                       ("example.org", "\"example.org\": a server name is for the client's end: leave it out at the server's end"),
                       ("example.org cert %s key %s" % server, "a server name is for the client's end")):
        status, out, err = script(in_place % ("0", "localhost $p.port", given))
        ok(status != 0 and why in err and err.count("\n") == 1, "/tls @3 %s at the server's end: %r" % (given, err))
    status, out, err = script(in_place % ("unix:u", "unix:u", "cert %s key %s &" % server) + "/tls @c verify off ca %s\n/info @c\n" % root, "-vv")
    ok(status == 0 and re.search(r"verified +authority, dates; no name\n", out) and "; certificate verified, but for no name" in err,
       "a certificate of nobody in particular: %s%s" % (out, err))
    os.environ["SSL_CERT_FILE"] = root
    for given, why in (("", "authorities of this machine: the client must be given such a one"),
                       (" cert %s key %s" % (path("stranger.pem"), path("stranger.key")), "The client must be given one from an authority that is trusted here")):
        status, out, err = script("/listen 0 echo tls verify on cert %s key %s as s\n/try /open tls localhost $s.port as c%s\n"
                                  "/wait @3 closed within 20s\n/why @3\n" % (server + (given,)))
        told = re.sub(r"\s+", " ", out)
        ok(why in told and "test server" not in told, "verify on, a client%s: %s%s" % (given, out, err))
    del os.environ["SSL_CERT_FILE"]


def orders():
    """tls and iterative, in any order, with and without the rest."""
    for line in ("0 iterative tls", "0 tls iterative", "tls 0 iterative", "127.0.0.1 0 tls iterative as s", "0 echo iterative tls", "0 echo tls iterative",
                 "0 as s tls max 3 iterative", "tls 0 echo iterative", "localhost:0 echo tls iterative", "tls 127.0.0.1 0 echo tls iterative",
                 "0 tls iterative echo", "0 iterative echo tls as s", "127.0.0.1 0 max 3 tls echo iterative", "127.0.0.1:0 iterative tls echo"):
        status, out, err = script("/listen %s\n/info\n" % line)
        ok(status == 0 and re.search(r"service +(none|echo) iterative\n", out) and re.search(r"certificate\s+sha256:", out) and
           ("echo" in line) == ("service    echo" in re.sub(" +", "    ", out)), "/listen %s: %s%s" % (line, out, err))
    for line, why in (("0 tls tls", "is not a"), ("0 iterative tls iterative", "no service"), ("udp 0 tls iterative", "not of UDP")):
        status, out, err = script("/listen %s\n" % line)
        ok(status != 0 and err.count("\n") == 1, "/listen %s: %s" % (line, err))


def words(server):
    root = path("root.pem")
    with open("wrong.pem", "w", encoding="ascii") as file:
        file.write("no certificate\n")
    for line, why in (("/open tls localhost 9 ca nothere", "nothere: no such file or directory"), ("/open tls localhost 9 ca wrong.pem", "wrong.pem: "),
                      ("/open tls localhost 9 cert a", "belong together"), ("/open tls localhost 9 key a", "belong together"),
                      ("/open localhost 9 ca a", "ca is for TLS: /open tls"), ("/open udp localhost 9 servername a", "servername is for TLS"),
                      ("/open tls localhost 9 pin 1", "64 hexadecimal digits"), ("/open tls localhost 9 pin sha256:%s verify off" % (64 * "0"), "exclude each other"),
                      ("/open tls localhost 9 pin sha256:%s ca a" % (64 * "0"), "needs no authority"), ("/open tls localhost 9 alpn ,", "protocols with commas"),
                      ("/listen 0 ca %s" % root, "ca is for TLS"), ("/listen 0 alpn h2", "alpn is for TLS"), ("/listen 0 tls ca nothere", "nothere: no such file"),
                      ("/listen 0 tls ca wrong.pem", "wrong.pem: "), ("/listen 0 tls key %s" % server[1], "belong together")):
        status, out, err = script(line + "\n")
        ok(status != 0 and why in err and err.count("\n") == 1, "%s: %r" % (line, err))
    for args, why in ((["--ssl-trustfile", root, "localhost", "9"], b"--ssl-trustfile is for TLS"), (["--ssl-trustfile", "nothere", "tls://localhost:9"], b"nothere: no such"),
                      (["--ssl-trustfile", root, "--tls-pin", "sha256:" + 64 * "0", "tls://localhost:9"], b"needs no authority")):
        status, out, err = run(*args)
        ok(status == 2 and why in err and err.count(b"\n") == 1, "%s: %r" % (" ".join(args), err))


watchdog(240)
if b"built without OpenSSL" in run("tls://127.0.0.1:1")[2]:
    status_, _, err_ = run("--ssl-trustfile", "x", "tls://localhost:9")
    ok(status_ == 2 and b"built without OpenSSL" in err_, "one line says what is missing: %r" % err_)
    done()
enter_home()
authority("root")
authority("stranger")
right, alice_ = certificate("right", "root"), certificate("alice", "root")
as_client(right, alice_, certificate("mallory", "stranger"), certificate("late", "root", end="20210203040506Z"))
as_server(right, alice_, (path("mallory.pem"), path("mallory.key")), (path("late.pem"), path("late.key")))
both_ends(right, alice_)
orders()
words(right)
done()
