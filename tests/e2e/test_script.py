# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts without a screen: what they print and where, how they end, and what ends them."""

import fcntl
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import termios

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from script import enter_home, script, write  # noqa: E402
from tap import done, end, ok, read_until, run, same, sockpit, watchdog  # noqa: E402

watchdog(120)
home = enter_home()


def errors_of(text, *words, **more):
    """Status and standard error of a script that is called "script"."""
    status, _, err = script(text, *words, **more)
    return status, err


# ---- a conversation, and what is printed ----

CONVERSATION = """\
# both ends are ours
/listen 127.0.0.1 0 echo as srv

/open 127.0.0.1 $srv.port as c
hello $1 and $2
/expect "hello left and two words\\n" within 5s
/close
/wait closed
"""
same(errors_of(CONVERSATION, "left", "two words"), (0, ""), "a conversation that goes as expected says nothing")
status, out, err = run("-f", "-", "left", "two words", given=CONVERSATION.encode())
same((status, out, err), (0, b"", b""), "from standard input, too")
status, out, err = run("-f", write("script", "/set eol crlf\n/set eol\n/listen 0\n/peers\n"))
ok(status == 0 and b"crlf" in out and err == b"", "answers go to standard output")
status, out, err = run("-v", "-f", write("script", "/listen 127.0.0.1 0 as srv\n"))
ok(status == 0 and out == b"" and b"listening" in err, "-v says on standard error what happens")

# A peer that is not ours, and what a script leaves to be sent at its end.
with socket.create_server(("127.0.0.1", 0)) as server:
    port = server.getsockname()[1]
    process = sockpit("-f", write("script", "/open 127.0.0.1 $1\n/expect \"> \"\nlast words\n"), port)
    peer = server.accept()[0]
    peer.sendall(b"220 ready\r\n>")
    peer.sendall(b" ")
    got = b""
    while piece := peer.recv(100):
        got += piece
    peer.close()
    same(got, b"last words\n", "what was sent at the end arrives, and then FIN")
    same(process.wait(10), 0, "and that is a good end")

# What only a paused session of its own could read is not waited for.
unread = [program for program in (
    sockpit("-f", write(name, lines + "/wait open\n/fill @c 20M\n"))
    for name, lines in (("conversation", "/listen 127.0.0.1 0 as s\n/open 127.0.0.1 $s.port as c\n/wait @3 open\n/pause @3\n"),
                        ("listener", "/listen 127.0.0.1 0 as s\n/pause @s\n/open 127.0.0.1 $s.port as c\n")))]
for program, number in zip(unread, (3, 1)):
    err = b""
    try:
        _, err = program.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        end(program)
    ok(program.returncode == 1 and re.fullmatch(rb"sockpit: \d+ bytes were not sent: session %d is paused\n" % number, err),
       "the end of the script says which session is paused: %s, %r" % (program.returncode, err))

# A script on standard input is run as it comes.
process = sockpit("-f", "-")
process.stdin.write(b"/listen 127.0.0.1 0 as srv\n/sessions\n")
process.stdin.flush()
ok(b"srv" in read_until(process.stdout, b"srv"), "a line runs before the next one is there")
process.stdin.write(b"/set time off\n/set")
process.stdin.close()
ok(b"escape-time" in process.stdout.read(), "and the last one without its line end")
same((process.wait(10), process.stderr.read()), (0, b""), "its end ends it")

# ---- what goes wrong ----

status, err = errors_of("/listen 127.0.0.1 0 echo as s\n/open 127.0.0.1 $s.port\nHello\n/assert recv = 6 within 30s\n/expect Goodbye within 100ms\n/sessions\n")
same((status, err.split("\n")[0]), (1, "script:5: expected \"Goodbye\" within 100 ms, got \"Hello\\n\" (6 bytes)"),
     "a failed expectation ends the script and says what came instead")
rows = err.split("\n")[1:]
ok(rows[-1] == "" and 2 < len(rows) <= 11 and any("recv() = 6" in row and "Hello" in row for row in rows),
   "with the last rows of the session's ladder: %r" % rows)
terminal, other = os.openpty()
fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
process = sockpit("-f", write("script", "/listen 127.0.0.1 0 echo as s\n/open 127.0.0.1 $s.port\n/expect x within 50ms\n"),
                  stderr=other)
same(process.wait(10), 1, "on a terminal of 40 columns")
rows = os.read(terminal, 65536).decode().split("\r\n")
ok(rows[0].startswith("script:3: ") and len(rows) > 5 and max(len(row) for row in rows[1:]) <= 40, "they fit: %r" % rows)
os.close(terminal)
os.close(other)
closed = socket.socket()  # nobody listens there, and nobody else gets it
closed.bind(("127.0.0.1", 0))
port = closed.getsockname()[1]
status, err = errors_of("/open 127.0.0.1 %d\n" % port)
ok(status == 1 and err.startswith("script:1: ") and "refused" in err.split("\n")[0] and "connect(" in err, "so does a refusal")
status, out, err = run("-v", "-f", write("script", "/open 127.0.0.1 %d\n" % port))
ok(status == 1 and err.startswith(b"script:1: ") and b"\n1: " not in err, "which -v says once: %r" % err)
status, out, err = run("-v", "-f", write("script", "/open 127.0.0.1 %d &\n/wait @1 open\n" % port))
ok(status == 1 and err.startswith(b"script:1: ") and b"refused" in err.split(b"\n")[0] and b"script:2" not in err,
   "of two lines that fail of it, it is the first that fails: %r" % err)
status, out, err = run("-v", "-f", write("script", "/try /open 127.0.0.1 %d &\n/wait @1 open\n" % port))
said = [line for line in err.split(b"\n") if line[:1] != b" "]
ok(status == 1 and b"refused" in said[0] and said[1].startswith(b"script:2: ") and b"refused" not in said[1],
   "also where another line fails of it: %r" % err)
FILTERED = """\
/listen 127.0.0.1 0 echo as srv
/filter /^connected|connected in/
/open 127.0.0.1 $srv.port as c
hello
/expect hello
/say said
/filter off
/close @c
/wait @c closed
"""
status, out, err = run("-v", "-f", write("script", FILTERED))
ok(status == 0 and out == b"said\n" and b"connected" in err and b"is session" not in err,
   "/filter holds for what -v prints: %r" % err)
same(run("-f", "script"), (0, b"said\n", b""), "and fails nowhere")
same(errors_of("/wiat open\n"), (2, "script:1:2: no such command: \"wiat\": did you mean /wait?\n"), "a wrong word is 2")
status, err = errors_of("\n\n/open\n")
ok(status == 2 and err.startswith("script:3:6: open: needs an address"), "so is a missing argument")
same(errors_of("hello\n"), (2, "script:1:1: no session to send \"hello\" to: commands begin with /\n"), "data for nobody")
same(errors_of("/source script\n"), (2, "script:1:9: script runs itself, without end\n"),
     "a script that runs itself")
deaf = socket.socket()
deaf.bind(("127.0.0.1", 0))
deaf.listen(1)
status, err = errors_of("/open 127.0.0.1 %d\n/fill 20M\n/assert unsent = 0 within 0\n" % deaf.getsockname()[1])
ok(status == 1 and "expected unsent = 0, got " in err and " were not sent" in err, "a failed script does not wait for who never reads: %s" % err[:300])
deaf.close()
same(errors_of("/source ./script\n"), (2, "script:1:9: ./script runs itself, without end\n"), "also by another path")
same(errors_of("/listen 0 as s\n/say ${s.fish}\n/say ${}\n/set leave-behind x\n"),
     (2, 'script:2:6: no value "fish" of a session: /help values lists them\n'
         "script:3:6: ${} has no name; $$ is a dollar\n"
         'script:4:19: leave-behind: "x" is not a number of rows from 1 to 999, or off\n'),
     "what is no value, no name, and no number of rows")
same(errors_of("/listen 0 as s\n/close\n/forget\n/info\n"), (1, "script:4: session 1 has gone\n"), "a command for a session that has gone")
write("inner", "/set marks on\n/nonsense\n")
same(errors_of("/source inner\n")[1].split(":")[:2], ["inner", "2"], "a mistake is where it was made")
same(errors_of(b"\x7fELF\0\0\1\n"), (2, "script:1:5: a NUL byte in the line: this is not a file of commands\n"), "a binary")
same(errors_of(b"x" * (1 << 20) + b"xx\n"), (2, "script:1: a line of more than 1048576 bytes\n"), "a line of a megabyte")
same(errors_of("/send \x1b]0;title\x07\\q\n")[1].count("\x1b"), 0, "what is wrong cannot reach the terminal")
same(run("-f", "nowhere"), (2, b"", b"sockpit: nowhere: no such file or directory\n"), "no such file")
same(run("-f", "/"), (2, b"", b"sockpit: /: is a directory\n"), "a directory")
for mark in "", "\ufeff":
    write("my.md", mark + "# A lesson\n\n- Level: 1\n\n## Step\n\n```sockpit\n/listen 0\n```\n")
    for option in "-f", "--check":
        same(run(option, "my.md"), (2, b"", b"sockpit: my.md: a lesson, not a script: --lesson FILE takes it\n"), "%s of a lesson" % option)
    same(errors_of("/listen 0 as s\n/open localhost $s.port\n/source my.md\n"), (2, "script:3:9: my.md: a lesson, not a script: /lesson FILE takes it\n"),
         "and /source of one, whose prose would be sent")
write("notes.md", "/say no lesson\n")
same(run("-f", "notes.md"), (0, b"no lesson\n", b""), "a script may be called so")
status, out, err = run("-f", "script", "-l", "0")
ok(status == 2 and b"/listen" in err, "-l is the script's own business")
status, out, err = run("-f", "script", *range(10))
ok(status == 2 and b"more than 9 words" in err, "more words than it can name")
same(run("-f"), (2, b"", b"sockpit: -f needs a value (sockpit -h lists the options)\n"), "no file")

# ---- signals ----

for number in (signal.SIGINT, signal.SIGTERM):
    process = sockpit("-v", "-f", write("script", "/listen 127.0.0.1 0 as srv\n/wait closed within 1h\n"))
    read_until(process.stderr, b"listening")
    process.send_signal(number)
    status = process.wait(10)
    same(status, -number, "%s ends it, and it dies of it" % number.name)
    rest = process.stderr.read()
    ok(rest.endswith(b"script:2: interrupted\n"), "with the line that it was at: %r" % rest)
process = sockpit("-f", "-")
process.stdin.write(b"/set\n")
process.stdin.flush()
read_until(process.stdout, b"escape-time")
process.send_signal(signal.SIGTERM)
same((process.wait(10), process.stderr.read()), (-signal.SIGTERM, b"sockpit: interrupted\n"), "also between two lines")

# ---- nobody reads ----

reader, writer = os.pipe()
os.close(reader)
process = sockpit("-f", write("script", "/set\n/set\n"), stdout=writer)
os.close(writer)
same(process.wait(10), 1, "output that nobody takes is a failure")
ok(b"standard output: broken pipe" in process.stderr.read(), "and one line says so")
subprocess.run(["rm", "-r", home], check=True)
done()
