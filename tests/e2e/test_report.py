# SPDX-License-Identifier: GPL-3.0-or-later
"""/report: a page that says what happened and why, that is well-formed, and in which nothing from a peer is markup."""

import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import chromium  # noqa: E402
from page import check_page, look  # noqa: E402
from plain import Plain  # noqa: E402
from script import enter_home, read_text, script  # noqa: E402
from tap import done, is_sanitized, ok, same, skip, watchdog  # noqa: E402

watchdog(240)
home = enter_home()

# As they are typed after /send, and as the page shows them.
INJECTIONS = [
    ("</script><script>alert(1)</script>", "</script><script>alert(1)</script>"),
    ("<!-- <img src=x onerror=alert(1)>", "<!-- <img src=x onerror=alert(1)>"),
    ("]]></style><style>*{display:none}", "]]></style><style>*{display:none}"),
    ("\\\"onload=\\\"alert(1)", "\"onload=\"alert(1)"),
    ("'onclick='alert(1)", "'onclick='alert(1)"),
    ("&#x3c;b&#62; &lt;i&gt;", "&#x3c;b&#62; &lt;i&gt;"),
    ("+ADw-script+AD4-", "+ADw-script+AD4-"),
    ("a\\x00b\\x1b[31m\\x7f", "a^@b^[[31m^?"),
    ("\\u{202e}gnp\\u{2066}\\u{200b}\\u{feff}", "U+202EgnpU+2066U+200BU+FEFF"),
    ("\\x9b\\xff\\xc0\\xbc\\u{9b}", "\\x9b\\xff\\xc0\\xbcU+009B"),
]


CONVERSATION = """\
/listen 127.0.0.1 0 echo as srv
/open 127.0.0.1 $srv.port as c
/option nodelay on
/send hello\\n
/expect hello
%s
/shutdown write
/wait closed
""" % "\n".join("/send %s\\n" % typed for typed, _ in INJECTIONS)


def conversation():
    status, out, err = script(CONVERSATION + "/report @c one.html\n/report all every.HTM\n")
    same((status, err), (0, ""), "a script writes reports")
    ok("one.html: the report of session 2\n" in out and "every.HTM: the report of 2 conversations\n" in out, "and says so")
    same(os.stat("one.html").st_mode & 0o777, 0o600, "for its owner alone")
    page = check_page("one.html")
    for _, shown in INJECTIONS:
        ok(page.words.count(shown) >= 2, "sent and echoed it is text: %s" % shown)
    for words in ("Report of session 2 (c)", "Session 2 (c) connected over TCP from 127.0.0.1:", "The other end is session 3",
                  "This side was closed first", "Written on 20", " by sockpit ", os.uname().release, "hello⏎",
                  "closed our side (FIN): shutdown(SHUT_WR) = 0", "TCP_NODELAY", "send small pieces at once", "SYN,ACK o",
                  "setsockopt(TCP_NODELAY, on) = 0", "ESTABLISHED → FIN_WAIT1 *", "retransmitted", "All settings have their defaults",
                  "read from the kernel"):
        ok(words in page.words, "it has %s" % words)
    for section in "top", "chat", "ladder", "calls", "kernel", "options":
        ok("s1-" + section in page.ids and "#s1-" + section in page.links, "the list of contents leads to %s" % section)
    ok("Of a message at most" not in page.words, "which none here is too long for")
    page = check_page("every.HTM")
    for words in "Session 1: srv", "is a TCP server on 127.0.0.1:", "with the service echo", "It accepted 1 connection", "Session 2: c, with session 3":
        ok(words in page.words, "all sessions: %s" % words)


def errors():
    status, out, err = script("""\
/listen 127.0.0.1 0 as srv
/open 127.0.0.1 $srv.port as c
/send hello\\n
/abort @3
/wait closed
/set timeout 3
/report @c reset.html
""")
    same((status, err), (0, ""), "a connection that was reset")
    page = check_page("reset.html")
    for words in ("ECONNRESET", "Who says so: ", "Next: ", "It broke: ", "Settings that are not the default"):
        ok(words in page.words, "the report has %s" % words)
    same(len(re.findall(r'id="why-', page.source)), len(set(re.findall(r'id="why-\d+"', page.source))), "each explanation once")
    plain = Plain()
    plain.type("/open 127.0.0.1 1 as r")
    plain.sees("refused")
    plain.type("/report refused.html")
    ok(plain.sees("refused.html: the report of session 1"), "of one that failed to open, which has no tab")
    plain.leave()
    page = check_page("refused.html")
    for words in ("tried to connect to 127.0.0.1:1", "ECONNREFUSED", "RST to our SYN: nobody listens there", "is the server running?"):
        ok(words in page.words, "the report has %s" % words)


def names_and_paths():
    path = "./<b>&'x"
    status, _, err = script("/listen \"unix://%s\" echo as srv\n/open \"unix://%s\" as c\n/send hi\\n\n/expect hi\n"
                          "/name @c </title><script>x</script>\n/report all unix.html\n" % (path, path))
    same((status, err), (0, ""), "a UNIX path of markup")
    page = check_page("unix.html")
    ok(path in page.words and "2 </title><script>x</script>" in page.words, "is text, and so is a name")


def secrets():
    plain = Plain("--demo")
    plain.sees("connected")
    plain.type("/secret")
    plain.sees("typed unseen")
    plain.type("S3cretWord")
    plain.sees("(secret)")
    plain.type("/report secret.html")
    plain.sees("the report of")
    plain.leave()
    page = check_page("secret.html")
    ok("*********** (secret)" in page.words, "a secret is stars")
    ok("send(<secret>, 11)" in page.words, "also in its call")


def replayed():
    status, _, err = script("/log all talk.jsonl\n" + CONVERSATION + "/report @c live.html\n")
    same((status, err), (0, ""), "a conversation is logged")
    plain = Plain()
    for line, answer in (("/replay talk.jsonl", "replay 0"), ("/replay end", "replay"), ("/report @c replayed.html", "the report of session 2")):
        plain.type(line)
        ok(plain.sees(answer), line)
    plain.leave()
    live, page = check_page("live.html"), check_page("replayed.html")
    for _, shown in INJECTIONS:
        same(page.words.count(shown), live.words.count(shown), "as in the report of what was live: %s" % shown)
    for words in "Session 2 (c) connected over TCP from 127.0.0.1:", "TCP_NODELAY", "SYN,ACK o", "ESTABLISHED → FIN_WAIT1 *":
        ok(words in page.words, "a report of a log has %s" % words)


def refusals():
    for name in "x.txt", "x", ".html", "dir/.htm":
        status, out, err = script("/listen 127.0.0.1 0 as srv\n/report %s\n" % name)
        ok(status != 0 and "a report is a page: its name ends in .html" in err and not os.path.exists(name), "%s is refused" % name)
    status, out, err = script("/report x.html\n")
    ok(status and "no session" in err and not os.path.exists("x.html"), "without a session there is none: %s" % err)
    status, out, err = script("/report all x.html\n")
    ok(status and "no session" in err, "nor of all")
    shutil.copy("one.html", "there.html")
    status, out, err = script("/listen 127.0.0.1 0 as srv\n/report there.html\n")
    ok(status == 1 and "there.html" in err, "a file that is there stays: %s" % err)
    status, out, err = script("/listen 127.0.0.1 0 as srv\n/report! there.html\n")
    same((status, err), (0, ""), "unless it is forced")
    ok("is a TCP server" in read_text("there.html") and "with the service" not in read_text("there.html"), "a server without a service has none")
    status, out, err = script("/listen 127.0.0.1 0 as srv\n/report /nowhere/x.html\n")
    ok(status == 1 and "/nowhere" in err, "a place that is none is said: %s" % err)


def bounded():
    lines = "".join("/send line %d %s\\n\n" % (i, "x" * 40) for i in range(1500))
    status, _, err = script("/set scrollback 64M\n/listen 127.0.0.1 0 discard as srv\n/open 127.0.0.1 $srv.port as c\n" + lines +
                            "/send %s\\n\n/send end\\n\n/report @c long.html\n" % ("y" * 60000))
    same((status, err), (0, ""), "a long conversation")
    page = check_page("long.html")
    size = os.path.getsize("long.html")
    ok(size < 3 << 20, "has a report of %d bytes" % size)
    ok("line 0 " in page.words and "end⏎" in page.words, "with its beginning and its end")
    ok("rows are left out here. /log all FILE.jsonl writes all of them." in page.words, "that says what was left out")
    ok(re.search(r"… 5\d{4} more bytes", page.words), "also of a long line")
    ok("Of a message at most 1024 bytes are shown" in page.words, "and how long a message may be")
    ok("Only the newest 400 entries are drawn: /ladder FILE.svg" in page.words, "and of the ladder")
    ok(page.source.count("<tr ") < 6000, "with a bounded number of rows")


def sandbox():
    text = """\
/sandbox on
/set left.tcp_sack 0
/cable delay 5ms from left loss data 1
/listen 192.0.2.2 7 echo as srv
/open 192.0.2.2 7 as c
/send %s\\n
/expect zzz within 5s
/close
/wait closed
/report @c sandbox.html
""" % ("z" * 4000)
    status, out, err = script(text)
    if status and ("forbid" in err or "allowed" in err or "kernel has no" in err):
        skip(err.strip())
        return
    same((status, err), (0, ""), "a conversation in the sandbox")
    page = check_page("sandbox.html")
    for words in ("The host left is 192.0.2.1 and 2001:db8::1", "delay 5ms", "Changed sysctls: left.tcp_sack 0", "delivered",
                  " w", "right 192.0.2.2:7", "lost"):
        ok(words in page.words, "the report has %s" % words)
    ok("SYN,ACK w" in page.words, "with a ladder of what was seen on the wire")


def in_a_browser():
    if not chromium.PROGRAM:
        skip("no Chromium is installed")
        return
    if is_sanitized():
        skip("what is slow already need not be drawn, too")
        return
    browser = chromium.Chromium()
    if not browser.start():
        skip("Chromium does not start here")
        browser.close()
        return
    for name in filter(os.path.exists, ("one.html", "every.HTM", "reset.html", "replayed.html", "unix.html", "long.html", "sandbox.html")):
        look(browser, name)
    browser.open("file://" + os.path.abspath("one.html"))
    text = browser.evaluate("document.body.innerText")
    for _, shown in INJECTIONS:
        ok(shown in text, "text in the browser, too: %s" % shown)
    tree = browser.tree()
    roles = [role for role, _ in tree]
    for role, name in (("heading", "Conversation"), ("navigation", "Contents"), ("main", ""), ("columnheader", "What"),
                       ("table", "What was sent, what came, and what happened"), ("rowheader", ""), ("region", "Ladder")):
        ok(any(a == role and (not name or b == name) for a, b in tree), "a screen reader meets: %s %s" % (role, name))
    ok(any(role in ("image", "img") and name.startswith("LADDER 2 ⇄ 3") for role, name in tree), "and the ladder by its title")
    ok(roles.count("row") > 20 and "generic" not in roles[:1], "tables are tables")
    ok(browser.pdf().startswith(b"%PDF"), "it can be printed")
    browser.close()


conversation()
errors()
names_and_paths()
secrets()
replayed()
refusals()
bounded()
sandbox()
in_a_browser()
shutil.rmtree(home, ignore_errors=True)
done()
