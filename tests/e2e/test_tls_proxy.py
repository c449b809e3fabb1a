# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS through a proxy: -x with tls:// and --tls, the certificate of the target, peers that speak no TLS; by hand, a proxy
that is asked in its own words, then /tls."""

import os
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from certificates import authority, certificate  # noqa: E402
from proxies import Proxy  # noqa: E402
from script import enter_home, script  # noqa: E402
from tap import *  # noqa: E402,F403


def serve(conversation, context=None):
    """The port of a server that has one such conversation after the other; .names: what clients asked for."""
    server = listener()
    names = []
    if context:
        context.sni_callback = lambda sock, name, _: names.append(name)

    def run_all():
        server.settimeout(None)
        while True:
            peer, _ = server.accept()
            peer.settimeout(DEADLINE)
            try:
                with context.wrap_socket(peer, server_side=True) if context else peer as wrapped:
                    conversation(wrapped)
            except OSError:
                pass
    threading.Thread(target=run_all, daemon=True).start()
    return port_of(server), names


def shout(peer):
    got = b""
    while True:
        data = peer.recv(65536)
        if not data:
            break
        got += data
    peer.sendall(got.upper())
    peer.unwrap()


def context(paths):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*paths)
    return made


def reaches(good):
    port, names = serve(shout, context(good))
    data = b"data and more " * 100000
    for kind in ("5", "4", "connect"):
        proxy = Proxy(kind)
        through = ["-X", kind, "-x", "127.0.0.1:%d" % proxy.port]
        for words in (["tls://localhost:%d" % port], ["--tls", "localhost", port]):
            names.clear()
            got = run(*through, *words, given=data)
            same((got[0], got[1] == data.upper(), got[2]), (0, True, b""), "-X %s %s" % (kind, words[0]))
            same((proxy.asked[-1], names), (("localhost", port), ["localhost"]), "the proxy and the server are told the name")
        same(run(*through, "tls://127.0.0.1:%d" % port, given=b"a"), (0, b"A", b""), "-X %s to an address" % kind)
    through = ["-x", "127.0.0.1:%d" % Proxy("5").port]
    status, out, err = run(*through, "-vv", "tls://localhost:%d" % port, given=b"x")
    ok(status == 0 and b"Connection to localhost %d port" % port in err and b"certificate of localhost verified" in err,
       "-vv says what was reached, and what was agreed on: %r" % err)
    names.clear()
    same(run(*through, "--ssl", "--ssl-servername", "www.example.org", "127.0.0.1", port, given=b"x"), (0, b"X", b""), "--ssl-servername")
    same(names, ["www.example.org"], "is what the server is told")
    status, out, err = run(*through, "--ssl", "--ssl-servername", "www.example.net", "127.0.0.1", port, given=b"x")
    ok(status == 1 and out == b"" and b"is not for www.example.net" in err and err.count(b"\n") == 1, "another name: %r" % err)


def refused(good):
    """The certificate is the target's, and a target that does not speak TLS says so."""
    other = certificate("other", "root", names="DNS:other.example")
    port, _ = serve(shout, context(other))
    through = ["-x", "127.0.0.1:%d" % Proxy("5").port]
    status, out, err = run(*through, "tls://localhost:%d" % port, given=b"x")
    ok(status == 1 and out == b"" and b"is not for localhost; its names: other.example" in err and err.count(b"\n") == 1,
       "a certificate for another host: %r" % err)
    same(run(*through, "--tls-verify", "off", "tls://localhost:%d" % port, given=b"x"), (0, b"X", b""), "which --tls-verify off takes")

    def greet(peer):
        peer.sendall(b"220 plain\r\n")
        peer.recv(1000)
    port, _ = serve(greet)
    for kind in ("5", "connect"):
        status, out, err = run("-X", kind, "-x", "127.0.0.1:%d" % Proxy(kind).port, "tls://localhost:%d" % port, given=b"x")
        ok(status == 1 and out == b"" and b"speaks no TLS here: it sent \"220 plain" in err and err.count(b"\n") == 1,
           "-X %s to one that speaks first, in clear: %r" % (kind, err))
    port, _ = serve(lambda peer: None)
    status, out, err = run(*through, "tls://localhost:%d" % port, given=b"x")
    ok(status == 1 and out == b"" and err.count(b"\n") == 1 and (b"TLS handshake failed" in err or b"reset" in err), "one that closes: %r" % err)
    silent = listener()
    status, out, err = run("-w", "2", *through, "tls://localhost:%d" % port_of(silent), given=b"x")
    ok(status == 1 and out == b"" and b"TLS handshake timed out" in err, "one that is silent: %r" % err)
    status, out, err = run("-x", "127.0.0.1:9", "--ssl-cert", "nothere", "--ssl-key", good[1], "tls://localhost:9")
    ok(status == 2 and b"nothere: " in err and err.count(b"\n") == 1, "a wrong file is met before the proxy: %r" % err)
    status, out, err = run("-x", "tls://127.0.0.1:9", "tls://localhost:9")
    ok(status == 2 and b"no other TLS" in err and err.count(b"\n") == 1, "TLS within TLS: %r" % err)
    status, out, err = run("-z", "-x", "127.0.0.1:9", "tls://localhost:9")
    ok(status == 2 and b"leave out TLS" in err, "-z: %r" % err)


def by_hand(good):
    port, _ = serve(shout, context(good))
    proxy = Proxy("connect")
    begin = "/open 127.0.0.1 %d as p\n/send CONNECT localhost:%d HTTP/1.0\\r\\n\\r\\n\n/expect \"established\"\n" % (proxy.port, port)
    status, out, err = script(begin + "/tls localhost\n/send hello\n/shutdown write\n/expect \"HELLO\"\n/wait closed within 20s\n")
    same((status, err), (0, ""), "CONNECT by hand, then /tls with the name of the target")
    same(proxy.asked, [("localhost", port)], "through the proxy")


watchdog(120)
enter_home()
if b"built without OpenSSL" in run("tls://127.0.0.1:1")[2]:
    status_, _, err_ = run("-x", "127.0.0.1:9", "tls://localhost:9")
    ok(status_ == 2 and b"built without OpenSSL" in err_, "one line says what is missing: %r" % err_)
    done()
os.environ["SSL_CERT_FILE"] = authority("root")
right = certificate("right", "root")
reaches(right)
refused(right)
by_hand(right)
done()
