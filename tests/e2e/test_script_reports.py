# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts may say, what is found wrong before anything is sent, and the reports: TAP, JUnit XML, --check."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from script import enter_home, script, write  # noqa: E402
from tap import done, ok, read_until, run, same, skip, sockpit, watchdog  # noqa: E402

watchdog(120)
os.environ.pop("TERM", None)
home = enter_home()

ECHO = "/listen 127.0.0.1 0 echo as srv\n/open 127.0.0.1 $srv.port as c\n"


def received(text, *options, **more):
    """What a peer gets from a script that has opened it: $1 is its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        name = write("script", "/open 127.0.0.1 $1 as c\n" + text)
        process = sockpit(*options, "-f", name, server.getsockname()[1], **more)
        peer = server.accept()[0]
        got = b""
        while piece := peer.recv(1000):
            got += piece
        peer.close()
        out, err = process.communicate(timeout=10)
        return got, process.returncode, (out + err).decode()


# ---- what is sent ----

same(received("hello\n# comment\n  # another\n\n\\\n\\#1\n\\\\2\n\\@3\n//4\n  \\5\n 6 \n"),
     (b"hello\n\n#1\n\\2\n@3\n/4\n5\n 6 \n", 0, ""), "comments, escapes, an empty line, blanks")
same(received("/let a one  two\n/let b $a!\n$a\n/send [${b}]$$ $\\n\n/let a\n<$a>\n"),
     (b"one  two\n[one  two!]$ $\n<>\n", 0, ""), "names and their values")
same(received("/loop 2\n/let outer $loop\n/loop 3\n$outer.$loop\n/end\n/loop 0\nnever\n/loop 2\nnor this\n/end\n/end\n/end\nend\n"),
     (b"1.1\n1.2\n1.3\n2.1\n2.2\n2.3\nend\n", 0, ""), "loops within loops, one without a round")
same(received("$who $x\n", "--let", "who=you", "--let", "x=$who"), (b"you $who\n", 0, ""), "--let, whose value is taken as it is")
same(received("/let x /close\n$x\n"), (b"/close\n", 0, ""), "a value makes no command")
status, out, err = script(ECHO + "/loop 100000\n/end\n/say $srv.port ${c.port}\n")
ok(status == 0 and re.fullmatch(r"\d+ \d+\n", out), "a hundred thousand rounds, and ports: %r" % out)
same(script("/say a\n/say\n/say b # c\n"), (0, "a\n\nb # c\n", ""), "/say prints")
write("inner", "/let v 1\n/open 127.0.0.1 $srv.port as d\n")
same(script("/listen 127.0.0.1 0 echo as srv\n/source inner\n\\$v\n/expect @d 1\\n\n/say $v\n".replace("\\$v", "v$v").replace("1\\n", "v1\\n")),
     (0, "1\n", ""), "a sourced file leaves its names and sessions")

# ---- from standard input, as it comes ----

status, out, err = run("-f", "-", given=b"/loop 3\n/say $loop\n/end\n/say end\n")
same((status, out, err), (0, b"1\n2\n3\nend\n", b""), "a loop in a stream")
status, out, err = run("-f", "-", given=b"/say a\n/loop 2\n/say b\n")
same((status, out, err), (2, b"a\nb\n", b"standard input:3: /loop without an /end after it\n"), "one without its end")
status, out, err = run("-f", "-", given=b"/say a\n/sleep x\n/say b\n")
same((status, out), (2, b"a\n"), "a mistake in a stream is found when it comes")
ok(err.startswith(b"standard input:2:8: not a time: x"), "with its place: %r" % err)
status, out, err = run("-f", "-", given=b"/say $nobody\n")
ok(status == 2 and err.startswith(b"standard input:1:6: no name \"nobody\""), "so is a name: %r" % err)
status, out, err = run("-f", "-", given=b"/skip unless root\n/say a\n" if os.geteuid() else b"/say a\n/say b\n")
same(status, 0, "a stream that is skipped ends well")

with open(write("script", "/socket udp as a\n/say end\n"), "rb") as file:
    same(run("-f", "-", stdin=file), (0, b"end\n", b""), "a file as standard input is a file: it is checked whole")
with open(write("script", "/say a\n/nonsense\n"), "rb") as file:
    same(run("-f", "-", stdin=file)[:2], (2, b""), "before its first line runs")
with open(write("script", "/socket udp\n/sleep %s\n" % "1h"), "rb") as file:
    process = sockpit("-f", "-", stdin=file)
    while len(os.listdir("/proc/%d/fd" % process.pid)) < 5:
        pass
    ok(os.readlink("/proc/%d/fd/0" % process.pid).endswith("/script"), "and stays open: no socket takes its place")
    process.terminate()
    process.communicate(timeout=10)

# ---- secrets ----

got, status, said = received("/secret $SECRET_1\n", env=dict(os.environ, SECRET_1="pass$word"))
same((got, status), (b"pass$word\n", 0), "a secret of the environment")
ok("pass" not in said, "is shown nowhere")
same(received("/secret $SECRET_1\n", "--let", "SECRET_1=x")[0], b"x\n", "or of --let")
same(script("/listen 127.0.0.1 0 as srv\n/open 127.0.0.1 $srv.port\n/secret $SECRET_1\n/quit\n"),
     (2, "", "script:3:9: $SECRET_1 is not set: SECRET_1=... in the environment, or --let SECRET_1=...\n"),
     "a missing one is found before anything is sent")
same(script("/socket tcp\n/send $SECRET_1\n", env=dict(os.environ, SECRET_1="x")),
     (2, "", "script:2:7: $SECRET_1 is a secret: /secret sends it\n"), "elsewhere it is refused")
same(run("--check", "script")[0], 2, "--check finds that, too")
write("script", "/socket tcp\n/secret $SECRET_1\n/secret $OTHER\n/send $1\n")
same(run("--check", "script"), (0, b"", b""), "but needs no secrets and no words")

# ---- mistakes ----

MISTAKES = """\
/listen 127.0.0.1 0 as srv
/open 127.0.0.1 $svr.port
/send \\q
/wiat closed
/set eol crfl
@hello
/loop 2
/option nodelay maybe
/source nowhere
/target a 127.0.0.1:1 eol=crfl
/target a 127.0.0.1:x:y
/replay pause now
"""
WRONG = """\
script:2:17: no session "svr" is made before this line: did you mean srv?
script:3:7: escape \\q at column 1: unknown; there are \\a \\b \\e \\f \\n \\r \\t \\v \\0 \\xHH \\u{...} and \\\\ for a backslash
script:4:2: no such command: "wiat": did you mean /wait?
script:5:10: eol: "crfl" is not lf, crlf, cr, nul or none: did you mean crlf?
script:6:1: data that begins with @ is written \\@, and /@NAME sends to a session
script:7:1: /loop without an /end after it
script:8:17: TCP_NODELAY is on or off
script:9:9: nowhere: no such file or directory
script:10: eol: "crfl" is not lf, crlf, cr, nul or none: did you mean crlf?
script:11:11: too many colons: 127.0.0.1:x:y
script:12:15: replay: "now" is one word too many
"""
status, out, err = script(MISTAKES)
same((status, out), (2, ""), "mistakes end a script before it begins")
same([line.split(": ")[0] for line in err.splitlines()], [line.split(": ")[0] for line in WRONG.splitlines()], "each has its place")
status, out, err = run("--check", "script")
same((status, out), (2, b""), "--check does nothing else")
same([line.split(": ")[0] for line in err.decode().splitlines()], [line.split(": ")[0] for line in WRONG.splitlines()], "and finds the same")
ok(b"did you mean srv?" in err and b"did you mean /wait?" in err, "with what is right")
write("good", ECHO + "hi\n/expect hi\n")
same(run("--check", "good"), (0, b"", b""), "a good one says nothing")
status, out, err = run("--check", "good", "script", "nowhere")
ok(status == 2 and err.count(b"\n") == WRONG.count("\n") + 1 and err.endswith(b"sockpit: nowhere: no such file or directory\n"),
   "several files, all are checked: %r" % err)
same(run("--check"), (2, b"", b"sockpit: --check needs a script: a file, or -f FILE and its words\n"), "none")
same(run("--check", "-f", write("script", "/open 127.0.0.1 $1\n"), "99999")[2], b"script:1:17: 99999 is not a port: 1 to 65535\n",
     "with -f the words are those of the script")
write("script", "/wiat\n" * 30)
status, out, err = run("-f", "script")
ok(err.count(b"\n") == 21 and err.endswith(b"script: 10 mistakes more: sockpit --check lists them\n"), "a run lists twenty")
same(run("--check", "script")[2].count(b"\n"), 30, "--check all")
same(run("--let", "a-b=1", "-f", "good")[2], b"sockpit: --let: \"a-b\" is not a name: letters, digits and _, no digit first\n", "a name that is none")
same(run("--let", "a", "-f", "good")[0], 2, "one without a value")
peer = socket.create_server(("127.0.0.1", 0))
peer.settimeout(0.0)
status, out, err = run("-f", write("script", "/open 127.0.0.1 %d\nhello\n\n\n/expct x\n" % peer.getsockname()[1]))
try:
    peer.accept()
    ok(False, "nothing is done before a mistake in the last line is found")
except BlockingIOError:
    same((status, err[:12]), (2, b"script:5:2: "), "nothing is done before a mistake in the last line is found")
peer.close()

# ---- TAP ----

FAILS = ECHO + """\
hello # 1
/expect "hello # 1"
/loop 2
again
/expect again
/end
/expect "nothing \\x1b]0;<&>" within 50ms
/wait @c closed
/say not said
/source inner
/expect x
"""
write("inner", "/wait closed\n")
status, out, err = run("--tap", "-f", write("script", FAILS))
same((status, err), (1, b""), "TAP of a script that fails")
lines = out.decode().split("\n")
same([line for line in lines if line[:1] != "#"], [
    "TAP version 13",
    "ok 1 - script:4: /expect \"hello \\# 1\"",
    "ok 2 - script:7: /expect again",
    "ok 3 - script:7: /expect again",
    "not ok 4 - script:9: /expect \"nothing \\x1b]0;<&>\" within 50ms",
    "ok 5 - script:10: /wait @c closed # SKIP not run",
    "ok 6 - script:13: /expect x # SKIP not run",
    "1..6", ""], "a case for each line that judges, and the rest is not run")
comments = [line for line in lines if line[:1] == "#"]
ok(comments[0].startswith("# script:9: expected \"nothing \\x1b]0;<&>\" within 50.0 ms, got \"\\n\"") and
   len(comments) == 11 and lines.index(comments[0]) == 5, "the failure and the ladder are comments after it: %r" % comments[:2])
same(run("--tap", "good")[1], b"TAP version 13\nok 1 - good:4: /expect hi\n1..1\n", "without -f the words are scripts")
same(run("--tap", "-f", "good", "-f", "good")[1], b"TAP version 13\nok 1 - good:4: /expect hi\nok 2 - good:4: /expect hi\n1..2\n",
     "several run one after the other")
status, out, err = run("--tap", "-f", write("script", "/wiat\n"), "-f", "good")
same((status, err), (2, b""), "a script with a mistake")
ok(out.startswith(b"TAP version 13\n# script:1:2: no such command") and out.count(b"\nBail out! script:1:2: no such command") == 1 and
   b"1.." not in out and b"good" not in out, "bails out: %r" % out)
status, out, err = run("--tap", "-f", write("script", "/try /open 127.0.0.1 1\n/assert last.errno is ECONNREFUSED\n" + ECHO + "/assert @c.state is LISTEN\n"))
ok(status == 1 and b"ok 1 - script:2: /assert last.errno is ECONNREFUSED\nnot ok 2 - script:5: /assert @c.state is LISTEN\n# script:5: expected" in out,
   "/assert judges: %r" % out)
ok(b"Bail out! nowhere: no such file or directory\n" in run("--tap", "nowhere")[1], "so does one that is not there")
status, out, err = run("--tap", "-f", write("script", "/open 127.0.0.1 1\n/expect x\n"))
ok(status == 1 and b"\nnot ok 1 - script:1: /open 127.0.0.1 1\n# script:1: 127.0.0.1:1: Connection refused" in out and
   b"\nok 2 - script:2: /expect x # SKIP not run\n1..2\n" in out, "any line that fails is a case")
status, out, err = run("--tap", "-f", write("script", "/say a\n/say b\n" + ECHO + "hi\n/expect hi\n/say c\n"))
same(out, b"TAP version 13\n# a\n# b\nok 1 - script:6: /expect hi\n# c\n1..1\n", "answers are comments, in order")
status, out, err = run("--tap", "-f", write("script", ECHO + "/wait @c closed within 1h &\n/expect x within 10ms\n"))
ok(b"\nnot ok 1 - script:4: " in out and b"\nok 2 - script:3: /wait @c closed within 1h # SKIP not over when the script ended\n1..2\n" in out,
   "what went on meanwhile: %r" % out)

# ---- skips ----

if os.geteuid():
    why = "not root"
    same(script("/say a\n/skip unless root\n/say b\n"), (0, "a\nscript:2: skipped: not root\n", ""), "the rest is skipped, with the reason")
    same(run("--tap", write("script", "/skip unless root\n" + ECHO + "/expect x\n/wait closed\n"))[1],
         b"TAP version 13\n# script:1: skipped: not root\nok 1 - script:4: /expect x # SKIP not root\n"
         b"ok 2 - script:5: /wait closed # SKIP not root\n1..2\n", "in TAP")
else:
    same(script("/say a\n/skip unless root\n/say b\n"), (0, "a\nb\n", ""), "root is there")
    skip("a root misses nothing here")
for need in ("sandbox", "wire", "ipv6", "tls"):
    status, out, err = script("/skip unless %s\n/say there\n" % need)
    ok(status == 0 and (out == "there\n" or out.startswith("script:1: skipped: ")), "%s: %r" % (need, out))
ok(run("-f", write("script", "/skip unless rain\n"))[2].startswith(b"script:1:14: skip: \"rain\" is not sandbox, wire, "), "what nobody needs")

# ---- JUnit ----

write("hostile", ECHO + "/send <&>\"'\\xff\\x00\\e[31m]]>\\n\n/expect \"<&>\"\n/expect \"]]>\xe9\\xff\" within 20ms\n/expect y\n")
with open("hostile", "ab") as file:
    file.write(b"/expect \x1b[2J\xff\xfe\x01\xef\xbf\xbf<\n")
status, out, err = run("--junit", "report.xml", "-f", write("script", FAILS), "-f", "hostile", "-f", "good", "-f", write("wrong", "/wiat <&>\n"))
same(status, 1, "the first failure is the status")
tree = ElementTree.parse("report.xml")
suites = tree.getroot().findall("testsuite")
same([(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) for suite in suites],
     [("script", "6", "1", "0", "2"), ("hostile", "4", "1", "0", "2"), ("good", "1", "0", "0", "0"), ("wrong", "1", "0", "1", "0")], "a suite each")
cases = suites[0].findall("testcase")
same((cases[0].get("classname"), cases[0].get("name")), ("script", "script:4: /expect \"hello # 1\""), "a case")
ok(all(float(case.get("time")) >= 0 for case in cases) and float(cases[3].get("time")) >= 0.05, "with its time")
failure = cases[3].find("failure")
ok(failure.get("message").startswith("expected \"nothing \\x1b]0;<&>\"") and "recv() = 6" in failure.text, "the failure with the ladder")
same(cases[5].find("skipped").get("message"), "not run", "the rest")
ok("no such command: \"wiat\"" in suites[3].find("testcase").find("error").get("message"), "a script that could not be run")
same(os.stat("report.xml").st_mode & 0o777, 0o600, "for its owner only")
if shutil.which("xmllint"):
    same(subprocess.run(["xmllint", "--noout", "report.xml"], capture_output=True, check=False).stderr, b"", "well-formed, whatever the bytes")
else:
    skip("no xmllint here")
status, out, err = run("--junit", "/nowhere/report.xml", "-f", "good")
ok(status == 2 and b"/nowhere/report.xml" in err, "a report that cannot be written")
process = sockpit("--tap", "--junit", "report.xml", "-f", write("script", ECHO + "/say here\n/expect x within 1h\n"))
read_until(process.stdout, b"here")
process.terminate()
out, err = process.communicate(timeout=10)
ok(process.returncode == -signal.SIGTERM and b"not ok 1 - script:4: /expect x within 1h\n" in out and out.endswith(b"1..1\n"),
   "a signal is a failure of the line that it ends: %r" % out)
same(ElementTree.parse("report.xml").getroot().find(".//failure").get("message"), "interrupted", "and in the report")
status, out, err = run("--tap", "--junit", "report.xml", "good")
ok(status == 0 and out.endswith(b"1..1\n") and len(ElementTree.parse("report.xml").getroot()) == 1, "both at once, and over the old one")

# ---- what a script says is in both reports ----

status, out, err = run("--junit", "report.xml", "-f", write("script", ECHO + "/say <b> now\n/say then\n/set eol crlf\n/report! said.html\n"))
with open("report.xml", encoding="utf-8") as file:
    ok("<system-out>&lt;b&gt; now\nthen</system-out>" in file.read(), "what it says is in the JUnit file")
with open("said.html", encoding="utf-8") as file:
    page = file.read()
ok("&lt;b&gt; now" in page and "eol is" not in page, "and on the page of /report, where the answers of other commands are not")

subprocess.run(["rm", "-r", home], check=True)
done()
