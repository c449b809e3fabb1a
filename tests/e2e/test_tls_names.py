# SPDX-License-Identifier: GPL-3.0-or-later
"""What a peer of TLS may name: certificates with names that are escapes, newlines, NUL, 64 KiB long, or hundreds, with dates
that are none; server names and protocols that are garbage. All of it is data: the terminal gets no escape, a message is
one line, and no name passes for another."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from certificates import authority, certificate  # noqa: E402
from odd_certificates import BMP, ADDRESS, DNS, PRINTABLE, TELETEX, URI, name, odd_certificate  # noqa: E402
from plain import Plain, Window  # noqa: E402
from script import enter_home, script  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import *  # noqa: E402,F403

EVIL = b"\x1b]0;evil\x07\x1b[31m\x1b[6n\n\r\t\0\x08\x7f\xe2\x80\xae\xc2\x9b31m\xc2\x9d0;x"
RAW = EVIL + b"\x9b31m\x9d0;x\xff"
MARKS = "\x1b\x07\r\t\0\x08\x7f\x9b\x9d\u202e"


def is_clean(text):
    return not any(mark in text for mark in MARKS)


def greet(peer):
    peer.send(b"hi\n")
    peer.read()
    peer.end()


def look_at(words, paths, why, shown):
    """Verified it ends in one line that matches; with verify off, the pages show a text that matches."""
    port = serve(greet, server_context(paths), 2)
    status, out, err = run("tls://localhost:%d" % port)
    err = err.decode(errors="surrogateescape")
    ok((status == 1) == bool(why) and err.count("\n") == (1 if why else 0) and len(err) < 1000 and is_clean(err) and
       re.search(why, err), "%s: %r" % (words, err))
    status, out, err = script("/open tls localhost %d as t verify off\n/expect \"hi\"\n/info\n/why\n/close\n" % port)
    said = out + err
    ok(status == 0 and is_clean(said) and len(said) < 20000 and max(map(len, said.split("\n"))) < 200 and
       re.search(shown, re.sub(r"\s+", " ", said)), "%s: /info: %r" % (words, said[said.find("verify "):][:600]))


def certificates_of_all_kinds():
    other, not_here = [(DNS, b"other.example")], r"is not for localhost; its names: other\.example\n"
    bmp = EVIL.decode().encode("utf-16-be")
    for kind, value in (("Teletex", (RAW, TELETEX)), ("Printable", (RAW, PRINTABLE)), ("BMP", (bmp, BMP)), ("UTF-8", (EVIL,))):
        look_at("a common name of escapes: " + kind, odd_certificate("a", "root", name(*value), other), not_here, r"certificate CN=\S*1B\S*evil")
    look_at("names of escapes", odd_certificate("b", "root", name(b"x"), [(DNS, RAW), (URI, RAW)]), r"its names: \?\]0;evil", r"its names \?\]0;evil")
    look_at("a name with NUL", odd_certificate("c", "root", name(b"localhost"), [(DNS, b"localhost\0.example")]),
            r"in its common name only.*; its names: localhost\?\.example", r"verified no .*localhost\?\.example")
    look_at("a common name with NUL", odd_certificate("d", "root", name(b"localhost\0.example"), []), r"is not for localhost", r"verified no")
    look_at("a common name of 64 KiB", odd_certificate("e", "root", name(b"A" * 65536), other), not_here, r"CN=AAAA")
    look_at("a name of 64 KiB", odd_certificate("f", "root", name(b"x"), [(DNS, b"a" * 65536)]), r"its names: aaaa", r"its names aaaa")
    look_at("900 names", odd_certificate("g", "root", name(b"x"), [(DNS, b"h%d.example" % i) for i in range(900)]),
            r"h0\.example, .* and 894 more", r"h0\.example, .* and 894 more")
    look_at("900 names, one of them good", odd_certificate("h", "root", name(b"x"), [(DNS, b"h%d.example" % i) for i in range(900)] + [(DNS, b"localhost")]),
            "", r"verified authority, dates, name localhost")
    look_at("addresses that are none", odd_certificate("i", "root", name(b"x"), [(ADDRESS, b""), (ADDRESS, b"abc"), (ADDRESS, bytes(16)), (DNS, b"")]),
            r"its names: ::\n", r"its names ::")
    look_at("no subject", odd_certificate("j", "root", name(None), [(DNS, b"localhost")]), "", r"certificate no name")
    look_at("a year 0", odd_certificate("k", "root", name(b"x"), [(DNS, b"localhost")], end=b"00000101000000Z"), r"has expired on 0000-01-01", r"to 0000-01-01")
    look_at("a date that is none", odd_certificate("l", "root", name(b"x"), [(DNS, b"localhost")], end=b"\x1b[31mnever"),
            r"cannot be verified: .*notAfter", r"a time that cannot be read")
    look_at("a year 9999", odd_certificate("m", "root", name(b"x"), [(DNS, b"localhost")], begin=b"99991231235959Z"),
            r"not valid before 9999-12-31", r"valid 9999-12-31")
    return odd_certificate("n", "root", name(RAW, TELETEX), [(DNS, RAW)])


def window(evil):
    """In a window, at two sizes: no string for the terminal, no question, no C1; the page and the status line are there."""
    for columns in (80, 24):
        seen = Window(columns=columns)
        port = serve(greet, server_context(evil))
        seen.type("/open tls localhost %d verify off" % port)
        ok(seen.sees("hi"), "%d columns: a session" % columns)
        shown = seen.text
        for line, needle in (("/why", "nothing has failed"), ("/info", "INFO"), ("/view trace", "SSL_read"), ("/view ladder", "│"), ("/sessions", "1 open")):
            seen.type(line)
            seen.sees(needle)
            if needle == "INFO":
                for _ in range(9):
                    os.write(seen.master, b"\x1b[6~")
                seen.sees("deduced")
            shown += seen.text
        status = seen.leave()
        ok(status == 0 and "]0;evil" in shown.replace("\\1B", ""), "%d columns: the name is shown as text" % columns)
        bad = re.findall(r"\x1b[\]PX^_c][^\n]{0,20}|\x1b\[[0-9;?>=]*[nc]|[\x80-\x9f]|\u202e", shown)
        same(bad, [], "%d columns: nothing of it is a control function" % columns)


def server_names(good):
    """What a client asks for: the name and the protocols are shown by /info of the server's end."""
    for words, given, shown in (("escapes", "\x1b]0;evil\x07\x1b[31m", r"SNI \\(e|x1b)\]0;evil"), ("a newline and a tab", "a\n\tb", r"SNI a\\n\\tb"),
                                ("255 bytes", "a" * 255, r"SNI a{40}"), ("an address", "127.0.0.1", r"SNI 127\.0\.0\.1"),
                                ("bidi", "a\u202eb", r"SNI a\\xe2\\x80\\xaeb"), ("noise", "\x01\x80", r"SNI \\x01")):
        asked = Plain()
        asked.type("/listen 127.0.0.1 0 upper tls")
        asked.sees("certificate sha256:")
        port = int(re.search(r"127\.0\.0\.1:(\d+)", asked.text).group(1))
        client = subprocess.Popen(["openssl", "s_client", "-connect", "127.0.0.1:%d" % port, "-servername", given, "-quiet"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        client.stdin.write(b"x\n")
        client.stdin.flush()
        read_until(client.stdout, b"X")
        asked.type("/info @2")
        asked.sees("deduced")
        told = asked.text
        end(client)
        same(asked.leave(), 0, "a server that is asked for %s" % words)
        ok(not set(told) & set(MARKS) - {"\r", "\x1b", "\t"} and re.search(shown, re.sub(r"\s+", " ", told)), "SNI: %s: %r" % (words, told[-900:]))


watchdog(120)
needs_openssl()
enter_home()
os.environ["SSL_CERT_FILE"] = authority("root")
window(certificates_of_all_kinds())
server_names(certificate("right", "root"))
done()
