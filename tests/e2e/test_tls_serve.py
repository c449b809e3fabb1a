# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners with TLS, and /tls on a session that is open, at both ends: with Python's ssl, openssl s_client, ncat and
curl, services and faults, clients that speak no TLS, certificates of files and of our own."""

import hashlib
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import warnings

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from certificates import authority, certificate, path  # noqa: E402
from script import enter_home, script  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import VERSIONS, any_certificate  # noqa: E402


def server(*words):
    """A server of ours, its port, and what it says of its certificate."""
    process = sockpit("-lk", "--tls", *words, "127.0.0.1", "0")
    said = read_until(process.stderr, b"listening on")
    while b"certificate sha256:" not in said or not said.endswith(b"\n"):
        more = read_until(process.stderr, b"\n")
        if not more:
            break
        said += more
    port = re.search(rb"listening on 127.0.0.1:(\d+)", said)
    mark = re.search(rb"certificate (sha256:[0-9a-f]{64})\n", said)
    ok(bool(port and mark), "a server says its port and its certificate: %r" % said)
    return process, int(port.group(1)), mark.group(1).decode()


def call(port, context, name="localhost"):
    sock = socket.create_connection(("127.0.0.1", port))
    sock.settimeout(DEADLINE)
    return context.wrap_socket(sock, server_hostname=name)


def exchange(peer, data):
    peer.sendall(data)
    got = b""
    while len(got) < len(data):
        more = peer.recv(65536)
        if not more:
            break
        got += more
    return got


def services(good):
    process, port, mark = server("--service", "upper")
    for version in VERSIONS:
        with call(port, any_certificate(version)) as peer:
            same(exchange(peer, b"hello"), b"HELLO", "TLS %s: a service behind it" % version)
            same(peer.version(), "TLSv" + version, "which is its version")
            same("sha256:" + hashlib.sha256(peer.getpeercert(True)).hexdigest(), mark, "the fingerprint is that of its certificate")
            peer.unwrap().close()
    old = any_certificate()
    try:
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        call(port, old)
        ok(False, "TLS 1.1 is refused")
    except (OSError, ValueError):
        ok(True, "TLS 1.1 is refused")
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.settimeout(DEADLINE)
        plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
        try:
            got = receive_all(plain)
        except ConnectionError:
            got = b""
        ok(b"GET" not in got.upper(), "plain HTTP is not served: %r" % got)
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
    with call(port, any_certificate()) as peer:
        same(exchange(peer, b"x"), b"X", "50 clients that begin no handshake are in nobody's way")
    for sock in idle:
        sock.close()
    for _ in range(50):
        call(port, any_certificate()).close()
    with call(port, any_certificate()) as peer:
        same(exchange(peer, b"x"), b"X", "nor are 50 handshakes that are cut short")
    data = os.urandom(1 << 20) * 4
    with call(port, any_certificate()) as peer:
        writer = threading.Thread(target=peer.sendall, args=(data,), daemon=True)
        writer.start()
        got = b""
        while len(got) < len(data):
            got += peer.recv(1 << 16)
        same(hashlib.sha256(got).digest(), hashlib.sha256(data.upper()).digest(), "4 MB there and back")
    client = subprocess.Popen(["openssl", "s_client", "-connect", "127.0.0.1:%d" % port, "-quiet"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    client.stdin.write(b"from openssl\n")
    client.stdin.flush()
    same(read_until(client.stdout, b"\n"), b"FROM OPENSSL\n", "openssl s_client")
    end(client)
    if shutil.which("ncat"):
        done_ = subprocess.run(["ncat", "--ssl", "-i", "10", "127.0.0.1", str(port)], input=b"from ncat\n", stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, timeout=DEADLINE, check=False)
        same(done_.stdout, b"FROM NCAT\n", "ncat --ssl")
    end(process)
    os.environ["SSL_CERT_FILE"] = path("root.pem")
    status, out, err = script("/listen 0 echo tls cert %s key %s as s\n/open tls localhost $s.port as t\n/send hello\\n\n"
                              "/expect \"hello\"\n/info @s\n/close\n" % good)
    ok(status == 0 and re.search(r"certificate\s+sha256:", out), "a certificate of files is verified, /info shows its fingerprint: %s%s" % (out, err))
    if shutil.which("curl"):
        process, port, _ = server("--service", 'reply /^$/ "HTTP/1.0 200 OK\\r\\n\\r\\nhere\\n" close')
        got = subprocess.run(["curl", "-sk", "-m", "20", "https://127.0.0.1:%d/" % port], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=DEADLINE, check=False)
        same((got.returncode, got.stdout), (0, b"here\n"), "curl")
        end(process)


def faults(good):
    status, out, err = script("/listen 0 echo tls cert %s key %s as s\n/fault @s in split 7\n/fault @s out split 5\n/open tls localhost $s.port as t\n"
                              "/send hello\\n\n/expect \"hello\"\n/close\n" % good)
    same((status, err), (0, ""), "records in pieces")
    status, out, err = script("/listen 0 echo tls as S\n/open S verify off as c\n/fault @c out cut 10\n/send 0123456789\n/wait @c closed\n/say $c.message\n")
    ok("bytes of TLS records were not sent" in out, "a record that was cut is no clear text: %s%s" % (out, err))
    for words in ("", " tls"):
        status, out, err = script("/listen 0 echo%s as S\n/open S%s as c\n/wait @:$c.port open\n/shutdown read\n/fails /shutdown read\n/shutdown both\n"
                                  "/assert @:$c.port.fin is yes within 20s\n/wait @:$c.port closed within 20s\n" % (words, words and " verify off"))
        same((status, out, err), (0, "", ""), "both directions are shut one after the other, and both again%s" % words)
    status, out, err = script("/listen 0 as T\n/open 127.0.0.1 $T.port as d\n/tls verify off &\nhello\n/abort @d\n")
    ok("6 bytes were not sent" in err, "clear text that waited for the handshake is: %s%s" % (out, err))


def upgrade(good):
    """A server that says hello in clear, and speaks TLS after STARTTLS."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(*good)
    server_context.set_alpn_protocols(["http/1.1"])
    listening = listener()

    def serve():
        listening.settimeout(DEADLINE)
        for _ in range(6):
            try:
                peer, _ = listening.accept()
                peer.settimeout(DEADLINE)
                peer.sendall(b"220 hello\r\n")
                line = peer.recv(100)
                if line.strip() != b"STARTTLS":
                    peer.sendall(b"500 no\r\n")
                    peer.close()
                    continue
                peer.sendall(b"220 go\r\n")
                with server_context.wrap_socket(peer, server_side=True) as wrapped:
                    data = wrapped.recv(100)
                    wrapped.sendall(b"secure " + data)
                    wrapped.recv(100)
            except OSError:
                pass
    threading.Thread(target=serve, daemon=True).start()
    begin = "/open localhost %d as c\n/expect \"hello\"\n/send STARTTLS\\r\\n\n/expect \"go\"\n" % port_of(listening)
    status, out, err = script(begin + "/tls alpn h2,http/1.1\n/send one\\n\n/expect \"secure one\"\n/info\n/close\n")
    ok(status == 0 and re.search(r"ALPN +http/1.1", out), "STARTTLS by hand: %s%s" % (out, err))
    status, out, err = script(begin + "/tls other.example\n")
    ok(status != 0 and "is not for other.example" in out + err, "with another name: %s%s" % (out, err))
    status, out, err = script(begin + "/tls other.example verify off\n/send two\\n\n/expect \"secure two\"\n/tls\n")
    ok(status != 0 and "script:8: session 1 speaks TLS already" in err, "which verify off takes, and it is upgraded once: %s" % err)
    status, out, err = script(begin + "/tls\n/send x\\n\n/expect \"secure x\"\n/close\n/reconnect\n/expect \"220 hello\"\n/close\n")
    same((status, err), (0, ""), "/reconnect begins in clear")
    os.environ["SSL_CERT_FILE"] = path("root.pem")
    status, out, err = script("/listen 0 as p\n/open localhost $p.port as c\n/wait open\n/tls @3 cert %s key %s &\n/tls @c\n/send @c up\\n\n"
                              "/expect @3 \"up\"\n/send @3 down\\n\n/expect @c \"down\"\n/info @c\n" % good)
    ok(status == 0 and re.search(r"TLS +TLS 1\.[23]", out), "both ends here: %s%s" % (out, err))


def by_name():
    """/open S of a listener with TLS, which has made its certificate."""
    begin = "/listen 127.0.0.1 0 echo tls as S\n"
    status, out, err = script(begin + "/try /open S as c\n/say $c.message\n/try /open tls S as d\n/say $d.message\n")
    ok(status == 0 and out.count("TLS handshake failed: the certificate is self-signed, and not trusted here: CN=sockpit\n") == 2,
       "/open S and /open tls S are with TLS: %s%s" % (out, err))
    ok("is not for" not in out, "the certificate is for the address")
    status, out, err = script(begin + "/open S as c verify off\n/send hello\n/expect hello\n/open tcp S as d\n/tls other.example verify off\n"
                              "/say $d.message\n/relay 0 S as R\n/open tls R as e verify off\n/send two\n/expect two\n")
    ok(status == 0 and "; and it is not for other.example; its names: localhost, 127.0.0.1, ::1\n" in out,
       "/open tcp S is without, and a relay in front of it has none; both things that are wrong are said: %s%s" % (out, err))
    status, out, err = script(begin + "/say $S.fingerprint\n/open S pin $S.fingerprint as c\n/assert @c.open is yes\n"
                              "/assert @:$c.port.fingerprint is $S.fingerprint within 20s\n/assert @c.fingerprint is not available\n"
                              "/listen 127.0.0.1 0 echo as P\n/assert @P.fingerprint is not available\n")
    ok(status == 0 and re.match(r"sha256:[0-9a-f]{64}\n", out), "its fingerprint is a value: %s%s" % (out, err))
    status, out, err = script("/listen 127.0.0.1 0 echo tls alpn h2 as S\n/open tls localhost $S.port verify off alpn h2 as c\n"
                              '/assert @c.tls is "TLS 1.3"\n/assert @c.cipher has AES\n/assert @c.group has 25519\n/assert @c.alpn is h2\n'
                              "/assert @c.sni is localhost\n/assert @c.resumed is no\n/assert @c.verified is no\n"
                              '/assert @:$c.port.tls is "TLS 1.3" within 20s\n/assert @:$c.port.sni is localhost\n/assert @:$c.port.verified is not available\n'
                              "/open tls 127.0.0.1 $S.port pin $S.fingerprint as p\n/assert verified is yes\n/assert sni is not available\n/assert alpn is not available\n"
                              "/listen 127.0.0.1 0 as T\n/open 127.0.0.1 $T.port as q\n/assert tls is not available\n/assert verified is not available\n")
    same((status, out, err), (0, "", ""), "what /info says of TLS are values")
    status, out, err = script("/listen udp 0 echo as U\n/open tls U\n")
    ok(status != 0 and 'is UDP: leave out "tls"' in err, "there is no TLS to UDP: %s" % err)


def cut_in_the_middle():
    """Somebody on the way sends FIN: it is the last that is said."""
    status, out, err = script("/listen 127.0.0.1 0 echo tls as S\n/relay 127.0.0.1:0 S as R\n/open tls R as c verify off\n/send @c hello\n"
                              "/expect @c hello\n/close @:$c.port\n/assert @c.message has \"cut short\" within 20s\n/assert @c.fin is yes\n")
    same((status, err), (0, ""), "a relay that closes cuts the conversation short")


def needs(home):
    """/skip unless tls, also where the library has no algorithms."""
    with open(home + "/openssl.cnf", "w", encoding="ascii") as file:
        file.write("openssl_conf = all\n[all]\nproviders = providers\n[providers]\nnull = null\n[null]\nactivate = 1\n")
    words = "/skip unless tls\n/say there\n"
    same(script(words), (0, "there\n", ""), "/skip unless tls goes on")
    os.environ["OPENSSL_CONF"] = home + "/openssl.cnf"
    status, out, err = script(words)
    ok((status, err) == (0, "") and out.startswith("script:1: skipped: TLS: "), "and not without ciphers: %s" % out)
    del os.environ["OPENSSL_CONF"]


def pins_and_ssl(good):
    """--tls-pin, and ncat's spellings at both ends."""
    process, port, mark = server("--service", "upper")
    same(run("--tls-pin", mark, "tls://127.0.0.1:%d" % port, given=b"hi"), (0, b"HI", b""), "the fingerprint that the server has shown")
    same(run("--tls-pin", mark.upper(), "--ssl", "127.0.0.1", port, given=b"hi"), (0, b"HI", b""), "in capitals, and --ssl")
    status, out, err = run("--tls-pin", "sha256:" + 64 * "0", "tls://127.0.0.1:%d" % port, given=b"hi")
    ok(status == 1 and out == b"" and b"is not the pinned one: it has " + mark.encode() in err, "another one: %r" % err)
    end(process)
    process, port, mark = server("--service", "upper", "--ssl-cert", good[0], "--ssl-key", good[1], "--ssl-alpn", "b,c")
    os.environ["SSL_CERT_FILE"] = path("root.pem")
    same(run("--ssl", "--ssl-verify", "--ssl-servername", "www.example.org", "--ssl-alpn", "a,c", "127.0.0.1", port, given=b"hi"),
         (0, b"HI", b""), "--ssl-servername, --ssl-alpn, --ssl-cert and --ssl-key")
    status, out, err = run("--ssl", "--ssl-alpn", "x", "127.0.0.1", port, given=b"hi")
    ok(status == 1 and b"no_application_protocol" in err, "a protocol that is not served: %r" % err)
    status, out, err = run("--ssl", "--ssl-servername", "www.example.net", "127.0.0.1", port, given=b"hi")
    ok(status == 1 and b"is not for www.example.net" in err, "another name: %r" % err)
    end(process)
    asks = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asks.load_cert_chain(*good)
    asks.load_verify_locations(path("root.pem"))
    asks.verify_mode = ssl.CERT_REQUIRED
    listening = listener()

    def serve():
        listening.settimeout(DEADLINE)
        for _ in range(2):
            try:
                peer, _ = listening.accept()
                peer.settimeout(DEADLINE)
                with asks.wrap_socket(peer, server_side=True) as wrapped:
                    wrapped.sendall(dict(part[0] for part in wrapped.getpeercert()["subject"])["commonName"].encode())
                    wrapped.unwrap()
            except OSError:
                pass
    threading.Thread(target=serve, daemon=True).start()
    name = "tls://localhost:%d" % port_of(listening)
    same(run("-d", "--ssl-cert", good[0], "--ssl-key", good[1], name), (0, b"right", b""), "a client's certificate")
    status, out, err = run("-d", name)
    ok(status == 1 and b"certificate_required" in err, "which is missed: %r" % err)
    for pin in ("12", "sha256:12", "sha256:" + 64 * "0" + "x", "sha256:" + 63 * "0" + "g", "sha1:00" + 64 * "0"):
        status, out, err = run("--tls-pin", pin, "tls://localhost:9")
        ok(status == 2 and err.count(b"\n") == 1 and b"64 hexadecimal digits" in err, "no pin: %s: %r" % (pin, err))
    for args, why in ((["--ssl-cert", good[0], "tls://localhost:9"], b"belong together"), (["--ssl-alpn", "h2", "localhost", "9"], b"--ssl-alpn is for TLS"),
                      (["-l", "--ssl", "--tls-pin", mark, "0"], b"leave out -l"),
                      (["--tls-pin", mark, "--tls-verify", "off", "tls://localhost:9"], b"exclude each other")):
        status, out, err = run(*args)
        ok(status == 2 and err.count(b"\n") == 1 and why in err, "%s: %r" % (" ".join(args), err))


def words(good):
    wrong = path("wrong.pem")
    with open(wrong, "w", encoding="ascii") as file:
        file.write("no certificate\n")
    kinds = {"rsa": path("rsa.key"), "closed": path("closed.key")}
    for words_of in (["genpkey", "-algorithm", "RSA", "-out", kinds["rsa"]],
                     ["pkey", "-in", good[1], "-aes256", "-passout", "pass:known", "-out", kinds["closed"]]):
        subprocess.run(["openssl"] + words_of, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for line, why in (("/listen 0 tls cert %s key %s" % (path("nothere"), good[1]), "nothere: "),
                      ("/listen 0 tls cert %s key %s" % (wrong, good[1]), "wrong.pem: there is no certificate in PEM in it"),
                      ("/listen 0 tls cert %s key %s" % (good[0], wrong), "wrong.pem: there is no private key in PEM in it"),
                      ("/listen 0 tls cert / key %s" % good[1], "/: is a directory"),
                      ("/listen 0 tls cert %s key %s" % (good[0], path("root.key")), "root.key is not the key of the certificate in "),
                      ("/listen 0 tls cert %s key %s" % (good[0], kinds["rsa"]), "rsa.key is not the key of the certificate in "),
                      ("/listen 0 tls cert %s key %s" % (good[0], kinds["closed"]), "closed.key: the private key has a passphrase"),
                      ("/listen 0 tls ca %s" % wrong, "wrong.pem: there is no certificate in PEM in it"),
                      ("/listen 0 tls cert %s" % good[0], "belong together"), ("/listen 0 cert %s key %s" % good, "are for TLS"),
                      ("/listen udp 0 tls", "not of UDP"), ("/tls", "no session"),
                      ("/listen 0 as s\n/tls", "is no stream"), ("/open udp 127.0.0.1 9\n/tls", "is no stream"),
                      ("/listen unix:u as s\n/open unix:u as c\n/tls", "SERVER-NAME"),
                      ("/listen 0 as s\n/open 127.0.0.1 $s.port as c\n/pause\n/tls", "/resume"),
                      ("/listen 0 as s\n/open 127.0.0.1 $s.port as c\n/shutdown write\n/tls", "half-closed"),
                      ("/listen 0 as s\n/open 127.0.0.1 $s.port as c\n/tls alpn ,", ":3:11: alpn: protocols with commas"),
                      ("/listen 0 as s\n/open 127.0.0.1 $s.port as c\n/tls verify maybe", "verify on or verify off"),
                      ('/open tls localhost 9 servername ""', '"" is no server name'),
                      ("/listen 0 as s\n/open 127.0.0.1 $s.port as c\n/tls .example", '".example" is no server name'),
                      ("/listen 0 as s\n/open 127.0.0.1 $s.port as c\n/tls off", "/reconnect begins in clear")):
        status, out, err = script(line + "\n")
        ok(status != 0 and why in err, "%s: %r" % (line.replace("\n", "; "), err))
    status, out, err = script('/listen 0 as s\n/open 127.0.0.1 $s.port as c\n/tls verify off &\nhello\n'
                              '/assert unsent = 6\n/assert held_up_by is "the TLS handshake"\n/assert state is SYN_SENT\n')
    ok(":7: " in err, "what is typed in a handshake waits for its end: %r" % err)
    status, out, err = run("-l", "--tls", "--tls-verify", "off", "0")
    ok(status == 2 and b"leave out -l" in err, "--tls-verify is no option of a server: %r" % err)


watchdog(240)
warnings.simplefilter("ignore")
if b"built without OpenSSL" in run("tls://127.0.0.1:1")[2]:
    for line in ("/listen 0 tls", "/listen 0 as s\n/open 127.0.0.1 $s.port\n/tls"):
        status_, _, err_ = script(line + "\n")
        ok(status_ != 0 and "built without OpenSSL" in err_, "%s says what is missing: %r" % (line.replace("\n", "; "), err_))
    status_, out_, err_ = script("/skip unless tls\n")
    ok(status_ == 0 and "skipped: no TLS: " in out_, "/skip unless tls: %s%s" % (out_, err_))
    done()
home_ = enter_home()
os.environ["SSL_CERT_FILE"] = authority("root")
right = certificate("right", "root")
services(right)
faults(right)
upgrade(right)
by_name()
cut_in_the_middle()
needs(home_)
pins_and_ssl(right)
words(right)
done()
