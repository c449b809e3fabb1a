# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of sessions with TLS: /info and /why of a recording that is replayed say what they said then, or that
it is not known; logs, and scripts of /save, which run again."""

import json
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
import certificates  # noqa: E402
from certificates import authority, certificate  # noqa: E402
from plain import Plain  # noqa: E402
from script import enter_home, read, read_text, script, write  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import Secure, needs_openssl, read_to_end, server_context  # noqa: E402


def serve(conversation, paths):
    """The port of a server that has conversations until the test is over."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*paths)
    server = listener()

    def run_all():
        while True:
            peer, _ = server.accept()
            peer.settimeout(DEADLINE)
            try:
                with context.wrap_socket(peer, server_side=True) as wrapped:
                    conversation(wrapped)
            except OSError:
                pass
    threading.Thread(target=run_all, daemon=True).start()
    return port_of(server)


def shout(peer):
    peer.sendall(peer.recv(100).upper())
    read_to_end(peer)
    peer.unwrap()


def cut(peer):
    peer.sendall(b"all but the e")
    socket.socket(fileno=os.dup(peer.fileno())).shutdown(socket.SHUT_WR)
    peer.recv(100)


TALK = "/send hello\\n\n/expect \"HELLO\"\n/shutdown write\n/wait closed within 20s\n"
NAMES = "TLS|cipher|group|resumed|SNI|ALPN|verify|verified|certificate|issued by|its names|valid|authority"


def tls_rows(out):
    """What /info has of TLS, without line breaks of a narrow column."""
    rows = re.findall(r"^ (?:%s) .*(?:\n   \S.*)*" % NAMES, out, re.M)
    return [re.sub(r"\s+", " ", row) for row in rows]


def advice(out):
    return "\n".join(line for line in out.split("\n") if re.search(r"close_notify|Call the server|cut short|handshake failed", line))


def replays(good):
    other = certificate("other", "root", names="DNS:other.example")
    for words, lines in (("a conversation", "/open tls localhost %d as t\n" % serve(shout, good) + TALK),
                         ("verify off", "/open tls localhost %d as t verify off\n" % serve(shout, other) + TALK),
                         ("an end without close_notify", "/open tls localhost %d as t\n/assert @t.fin is yes within 20s\n" % serve(cut, good)),
                         ("a wrong certificate", "/try /open tls localhost %d as t\n" % serve(shout, other))):
        status, then, err = script(lines + "/info\n/why\n", "-o", "kept.jsonl")
        ok(status == 0 and ("INFO" in then or "wrong" in words), "%s: %s%s" % (words, then, err))
        status, now, err = script("/replay kept.jsonl max\n/info\n/why\n")
        same((status, err), (0, ""), "%s is replayed" % words)
        if "wrong" not in words:
            ok(len(tls_rows(then)) >= 10, "%s has its facts: %s" % (words, tls_rows(then)))
            same(tls_rows(now), tls_rows(then), "and a replay the same")
        same(advice(now), advice(then), "and the same reason")
        if words == "a conversation":
            write("older.jsonl", "".join(line for line in read_text("kept.jsonl").splitlines(True) if '"SSL_connect"' not in line))
            status, out, err = script("/replay older.jsonl max\n/info\n/assert tls is not available\n")
            same((status, tls_rows(out)), (0, [" TLS not known: no end of a handshake is recorded"]), "what a recording does not have is not known")
        os.unlink("kept.jsonl")
    lines = ['{"sockpit":"log","version":1,"type":"header","program":"x","started":"2026-11-29T10:00:00.000000000+00:00"}',
             '{"type":"session","session":1,"name":"t","kind":"stream","transport":"tcp","state":"open"}',
             json.dumps({"type": "call", "time": "2026-11-29T10:00:00.000000000+00:00", "session": 1, "call": "SSL_connect", "fd": 6, "arg": 1,
                         "text": "verify\n\n\t\nTLS\n\tx\nno tab\n" + "y" * 3000 + "\t\x1b[31m\u202e"})]
    status, out, err = script("/replay %s max\n/info\n" % write("hostile.jsonl", "\n".join(lines) + "\n"))
    ok(status == 0 and "\x1b" not in out and "\u202e" not in out, "a recording may have anything there: %r %s" % (out[-300:], err))


def resets(good):
    """Whether the handshake was over when a connection was reset: said then, and by a recording."""
    server = listener()

    def serve_both():
        peer, _ = server.accept()
        peer.settimeout(DEADLINE)
        with Secure(peer, server_context(good), server=True) as end_:
            end_.send(b"hello\n")
            end_.read()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer, _ = server.accept()
        peer.settimeout(DEADLINE)
        peer.recv(5)
        peer.close()
    threading.Thread(target=serve_both, daemon=True).start()
    port = port_of(server)
    for words, lines, wanted in (("after", "/open tls localhost %d as t\n/expect hello\n/send x\n/wait closed within 20s\n" % port, False),
                                 ("during", "/try /open tls localhost %d as t\n" % port, True)):
        for turn, text in (("then", lines), ("by a recording", "/replay kept.jsonl max\n")):
            status, out, err = script(text + "/why\n", *(("-o", "kept.jsonl") if turn == "then" else ()))
            said = (status, "ECONNRESET" in out, "No FIN had come" in out, "The handshake of TLS was not over." in out)
            same(said, (0, True, True, wanted), "a reset %s the handshake, as it is explained %s: %s%s" % (words, turn, out, err))
        os.unlink("kept.jsonl")


def logs(good):
    """The clear text, and no records, in each format that has bytes alone."""
    status, out, err = script("/open tls localhost %d as t\n/log text.txt as text\n/log packets.txt as text2pcap\n/log in as raw-in\n/log out as raw-out\n"
                              % serve(shout, good) + TALK + "/report page.html\n")
    same((status, err), (0, ""), "a session with logs of every kind")
    same((read("in"), read("out")), (b"HELLO\n", b"hello\n"), "raw bytes are those in clear")
    packets = [line for line in read_text("packets.txt").split("\n") if re.match(r"[0-9a-f]{6} ", line)]
    same(packets, ["000000 68 65 6c 6c 6f 0a", "000000 48 45 4c 4c 4f 0a"], "so are those for text2pcap")
    data = [line.split(" t ")[1] for line in read_text("text.txt").split("\n") if re.search(" t [<>] ", line)]
    same(data, ["> hello", "< HELLO"], "and the lines of text")
    page = read_text("page.html")
    ok(all(word in page for word in ("HELLO", "TLS handshake in", "CN=right", "SSL_connect")), "a report has the clear text, and what was agreed on")


def runs_again(words, lines, *wanted, log=()):
    """What /save writes at the end has these lines, and passes."""
    status, out, err = script(lines + "/save saved.sp\n", *log)
    ok(status == 0 and os.path.exists("saved.sp"), "%s: %s%s" % (words, out, err))
    saved = read_text("saved.sp")
    os.unlink("saved.sp")
    for line in wanted:
        ok(re.search("^" + line + "$", saved, re.M), "/save writes %s in %s" % (line, saved))
    status, out, err = script(saved)
    same((status, err), (0, ""), "which runs again")


def saves(good):
    files = "cert %s key %s" % good
    port = serve(shout, good)
    runs_again("a client", "/open tls localhost %d as t\n" % port + TALK, "/open tls localhost %d as t" % port, "hello",
               '/expect next "HELLO\\\\n"', "/shutdown write", "/assert fin is yes.*", "/wait closed", log=("-o", "kept.jsonl"))
    runs_again("a recording", "/replay kept.jsonl max\n", "/open 127.0.0.1 %d as t" % port, "/tls localhost")
    runs_again("verify off", "/open tls 127.0.0.1 %d as t verify off\n" % port + TALK, "/open tls 127.0.0.1 %d as t verify off" % port)
    runs_again("another name", "/open 127.0.0.1 %d as t\n/tls a.example.org verify off\n" % port + TALK, "/tls a.example.org verify off")
    roots = os.environ.pop("SSL_CERT_FILE")
    runs_again("an authority of its own", "/open tls localhost %d as t ca %s\n" % (port, roots) + TALK, "/tls localhost ca %s" % roots)
    os.environ["SSL_CERT_FILE"] = roots
    pin = subprocess.run(["openssl", "x509", "-in", good[0], "-noout", "-fingerprint", "-sha256"], capture_output=True, text=True, check=True).stdout
    pin = "sha256:" + pin.split("=")[1].strip().replace(":", "").lower()
    runs_again("a pin", "/open tls localhost %d as t pin %s\n" % (port, pin) + TALK, "/tls localhost pin %s" % pin)
    runs_again("a service", "/listen tls 127.0.0.1 0 echo as srv %s\n/open tls localhost $srv.port as c\n/send @c hello\\n\n/expect @c \"hello\"\n"
               "/close @c\n" % files, "/listen tls 127.0.0.1 0 echo as srv %s" % files, "/open tls localhost .*")
    runs_again("both ends", "/listen tls 127.0.0.1 0 as srv\n/open tls localhost $srv.port as c verify off\n/send @c hello\\n\n/expect @3 \"hello\"\n"
               "/send @3 back\\n\n/expect @c \"back\"\n/close @c\n", "/accept @srv as session_3", "/tls @c localhost verify off")
    runs_again("both ends in place", "/listen 127.0.0.1 0 as srv\n/open localhost $srv.port as c\n/send @c STARTTLS\\n\n/expect @3 \"STARTTLS\"\n"
               "/tls @3 alpn y %s\n/tls @c alpn x,y\n/send @c hi\\n\n/expect @3 \"hi\"\n/send @3 back\\n\n"
               "/expect @c \"back\"\n/close @c\n" % files,
               "/tls alpn y %s" % files, "/tls @c localhost alpn x,y")
    asking = "/listen tls 127.0.0.1 0 echo as srv %s verify on" % files
    runs_again("clients that are asked for certificates of any authority of this machine",
               asking + "\n/open tls localhost $srv.port as c %s\n/send @c hello\\n\n/expect @c \"hello\"\n/close @c\n" % files,
               asking, "/tls localhost %s" % files)
    runs_again("before the first client", asking + "\n", asking)
    runs_again("with an authority and protocols, before the first client", "/listen tls 127.0.0.1 0 echo as srv ca %s alpn x,y\n" % roots,
               "/listen tls 127.0.0.1 0 echo as srv ca %s alpn x,y" % roots)
    runs_again("in place", "/listen 127.0.0.1 0 as srv\n/open localhost $srv.port as c\n/send @c STARTTLS\\n\n/expect @3 \"STARTTLS\"\n"
               "/tls @3 verify on %s\n/tls @c %s\n/send @c hi\\n\n/expect @3 \"hi\"\n/send @3 back\\n\n"
               "/expect @c \"back\"\n/close @c\n" % (files, files), "/tls verify on %s" % files)
    plain = Plain("-lk", "--tls", "--ssl-verify", "--service", "echo", "127.0.0.1", "0")
    ok(plain.sees("listening on"), "a listener of the command line that asks")
    plain.type("/save saved.sp")
    ok(plain.sees("is a script now"), "is saved")
    plain.leave()
    saved = read_text("saved.sp")
    os.unlink("saved.sp")
    ok(re.search(r"^/listen tls 127\.0\.0\.1 0 echo .*verify on$", saved, re.M), "as what it is: %s" % saved)
    for line, why in (("/listen 0 verify on", "verify is for TLS"), ("/listen 0 tls verify maybe", ":1:22: listen: verify on or verify off"),
                      ("/listen 0 tls ca x verify off", ":1:18: ca asks clients for a certificate: leave out ca or verify off"),
                      ("/listen 0 alpn x", ":1:16: alpn is for TLS"), ("/listen udp 0 tls", ":1:15: tls is on top of TCP, not of UDP")):
        status, out, err = script(line + "\n")
        ok(status != 0 and why in err and err.count("\n") == 1, "%s: %r" % (line, err))
    os.environ["SSL_CERT_FILE"] = os.devnull
    runs_again("a handshake that failed", "/try /open tls localhost %d as t\n" % port, "# this failed: /open tls localhost %d" % port)


watchdog(200)
enter_home()
needs_openssl()
os.environ["SSL_CERT_FILE"] = authority("root")
right = certificate("right", "root")
try:
    replays(right)
    resets(right)
    logs(right)
    saves(right)
finally:
    shutil.rmtree(certificates.DIRECTORY)
done()
