# SPDX-License-Identifier: GPL-3.0-or-later
"""What people type: the one-liners of nc's and ncat's manuals and of many a how-to, with stand-ins on loopback for the
servers. Each is run natively and by the name of nc, and, where they are installed, with Debian's OpenBSD netcat and
with ncat, so that the lines are known to be right."""

import os
import shutil
import socket
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from netcats import NOTHING, brief, expect, port_of, run_cases  # noqa: E402
from tap import DEADLINE, done, receive_all, watchdog  # noqa: E402

# ---- stand-ins: what a server does with one client; returns what it has received --------------------

PAGE = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello\n"


def until(sock, end):
    got = b""
    while end not in got:
        data = sock.recv(65536)
        if not data:
            break
        got += data
    return got


def http(sock):
    """Answers and closes."""
    got = until_blank(sock)
    sock.sendall(PAGE)
    return got


def until_blank(sock):
    got = b""
    while b"\r\n\r\n" not in got and b"\n\n" not in got:
        data = sock.recv(65536)
        if not data:
            break
        got += data
    return got


def http_kept(sock):
    """Answers and keeps the connection until the client ends it."""
    got = until_blank(sock)
    sock.sendall(PAGE.replace(b"1.0", b"1.1"))
    return got + receive_all(sock)


def answer(text):
    def act(sock):
        """One line, one answer, and closes."""
        got = until(sock, b"\n")
        sock.sendall(text)
        return got
    return act


def answers(text):
    """An answer for each line, until "quit" or the end, which is a reset where nobody waits for answers."""
    def act(sock):
        got, pending = b"", b""
        while True:
            try:
                data = sock.recv(65536)
            except ConnectionResetError:
                return got
            got += data
            pending += data
            while b"\n" in pending:
                line, pending = pending.split(b"\n", 1)
                if line.strip().lower() == b"quit":
                    return got
                sock.sendall(text)
            if not data:
                return got
    return act


def smtp(sock):
    sock.sendall(b"220 mail ready\r\n")
    got, body = b"", False
    lines = sock.makefile("rb")
    for line in lines:
        got += line
        if body:
            body = line.strip() != b"."
            if not body:
                sock.sendall(b"250 queued\r\n")
        elif line.startswith(b"QUIT"):
            sock.sendall(b"221 bye\r\n")
            break
        elif line.startswith(b"DATA"):
            body = True
            sock.sendall(b"354 go on\r\n")
        else:
            sock.sendall(b"250 ok\r\n")
    lines.close()
    return got


def banner(sock):
    """Speaks first and waits."""
    sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    return receive_all(sock)


def tells(sock):
    """Speaks and closes, and asks nothing."""
    sock.sendall(b"28 NOV 2026 11:13:38\r\n")
    return b""


def sink(sock):
    return receive_all(sock)


def echo(sock):
    got = b""
    while True:
        data = sock.recv(65536)
        if not data:
            return got
        got += data
        sock.sendall(data)


def flood(sock):
    try:
        while True:
            sock.sendall(b"chargen\n" * 4096)
    except OSError:
        return b""


def connect_proxy(sock):
    """CONNECT, and then an echo."""
    got = until(sock, b"\r\n\r\n")
    sock.sendall(b"HTTP/1.0 200 Connection established\r\n\r\n")
    return got.split(b"\r\n")[0] + b"|" + echo(sock)


def socks_proxy(sock):
    """SOCKS5 without a password, and then an echo."""
    methods = sock.recv(2)
    sock.recv(methods[1])
    sock.sendall(b"\5\0")
    head = sock.recv(4)
    address = sock.recv({1: 4, 3: 1, 4: 16}[head[3]])
    if head[3] == 3:
        address = sock.recv(address[0])
    sock.recv(2)
    sock.sendall(b"\5\0\0\1\0\0\0\0\0\0")
    return address + b"|" + echo(sock)


class StandIn(threading.Thread):
    """Serves one client after the other until its socket is shut."""

    def __init__(self, sock, act):
        super().__init__(daemon=True)
        self.sock, self.act, self.received = sock, act, []

    def run(self):
        while True:
            try:
                client, _ = self.sock.accept()
            except OSError:
                return
            client.settimeout(DEADLINE)
            try:
                self.received.append(self.act(client))
            except OSError:
                self.received.append(b"an error")
            client.close()


class DatagramStandIn(threading.Thread):
    def __init__(self, sock, answer):
        super().__init__(daemon=True)
        self.sock, self.answer, self.received = sock, answer, []

    def run(self):
        while True:
            try:
                data, peer = self.sock.recvfrom(65536)
                if not peer:
                    return
            except OSError:
                return
            self.received.append(data)
            if self.answer:
                self.sock.sendto(self.answer(data), peer)


# ---- the lines --------------------------------------------------------------------------------------


class Line:
    """A shell line in which NC stands for the program. $P is the port of the stand-in or of the server, which is a
    shell line, too; $Q is that of a second stand-in, $S one where nobody is, $F a free one, $D the directory, which has
    `file` and `dir/`. `model` is True, or why the line is not for the real one."""

    def __init__(self, line, out=None, status=0, peer=None, sent=None, server=None, served=None, server_status=0,
                 second=None, of="nc native", model=True, kind="tcp", given=NOTHING, datagrams=None):
        self.line, self.out, self.status, self.peer, self.sent = line, out, status, peer, sent
        self.server, self.served, self.server_status, self.second = server, served, server_status, second
        self.of, self.model, self.kind, self.given, self.datagrams = of.split(), model, kind, given, datagrams


GET = r"printf 'GET / HTTP/1.0\r\n\r\n' | "
GOT = b"GET / HTTP/1.0\r\n\r\n"
MAIL = r"""NC %s 127.0.0.1 $P <<EOF
HELO host.example.com
MAIL FROM:<user@host.example.com>
RCPT TO:<user2@host.example.com>
DATA
Body of email.
.
QUIT
EOF"""
MAILED = (b"HELO host.example.com\r\nMAIL FROM:<user@host.example.com>\r\nRCPT TO:<user2@host.example.com>\r\nDATA\r\n"
          b"Body of email.\r\n.\r\nQUIT\r\n")
TALK = b"220 mail ready\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 queued\r\n221 bye\r\n"
SSH = b"SSH-2.0-OpenSSH_9.2\r\n"
DATE = b"28 NOV 2026 11:13:38\r\n"
# As a browser that tries again: a listener that is about to end may still take a connection.
THRICE = "for i in 1 2 3; do until (exec 3<>/dev/tcp/127.0.0.1/$P; echo x >&3; grep hi <&3) 2>/dev/null; do :; done; done"
# As a browser and a person, who do not say that they have no more to say.
ASK = "exec 3<>/dev/tcp/127.0.0.1/$P; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; sed '/hello/q' <&3 | tail -n 1; exec 3>&-"
ORDER = "exec 3<>/dev/tcp/127.0.0.1/$P; echo 'echo $((6 * 7)); exit' >&3; sed q <&3; exec 3>&-"
NOT_YET_THERE = "it may end before its input is there"
STOPPED = "stopped"  # by the test, once it has said what it has to say
SAME = " && cmp file got && echo same"

LINES = [
    # talking to servers by hand
    Line(GET + "NC 127.0.0.1 $P", PAGE, peer=http, sent=GOT),
    Line(GET + "NC -w 5 127.0.0.1 $P", PAGE, peer=http, sent=GOT),
    Line(GET + "NC -q 1 127.0.0.1 $P", PAGE, peer=http, sent=GOT),
    Line(GET + "NC -N 127.0.0.1 $P", PAGE, peer=http, sent=GOT),
    Line(GET + "NC -4 localhost $P", PAGE, peer=http, sent=GOT),
    Line(GET + "NC -n 127.0.0.1 $P", PAGE, peer=http, sent=GOT),
    Line(GET + "NC -v 127.0.0.1 $P 2>/dev/null", PAGE, peer=http, sent=GOT),
    Line(r'echo -e "GET / HTTP/1.0\n\n" | NC 127.0.0.1 $P', PAGE, peer=http),
    Line(r"echo -ne 'HEAD / HTTP/1.0\r\n\r\n' | NC 127.0.0.1 $P | head -n 1", b"HTTP/1.0 200 OK\r\n", peer=http),
    Line(GET + r"NC 127.0.0.1 $P | sed '1,/^\r$/d'", b"hello\n", peer=http),
    Line(GET + "NC 127.0.0.1 $P > got && tail -n 1 got", b"hello\n", peer=http),
    Line(r"printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' | NC -w 1 127.0.0.1 $P", PAGE.replace(b"1.0", b"1.1"), peer=http_kept),
    Line(r"printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' | NC -N 127.0.0.1 $P", PAGE.replace(b"1.0", b"1.1"), peer=http_kept),
    Line(r"printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' | NC 127.0.0.1 $P", PAGE.replace(b"1.0", b"1.1"), peer=http_kept, of="native"),
    Line("NC 127.0.0.1 $P < request | tail -n 1", b"hello\n", peer=http, sent=GOT),
    Line("NC 127.0.0.1 $P <<< $'GET / HTTP/1.0\\r\\n\\r'", PAGE, peer=http, sent=GOT),
    Line(r"printf 'GET /\n\n' | NC -C 127.0.0.1 $P >/dev/null", b"", peer=http, sent=b"GET /\r\n\r\n"),
    Line(r"printf '/backstory\r\n' | NC 127.0.0.1 $P", b"a story\n", peer=answer(b"a story\n"), sent=b"/backstory\r\n"),
    Line("echo example.org | NC 127.0.0.1 $P | grep -i registrar", b"Registrar: x\n", peer=answer(b"Domain: y\nRegistrar: x\n")),
    Line("echo root | NC 127.0.0.1 $P", b"Login: root\n", peer=answer(b"Login: root\n"), sent=b"root\n"),
    Line("NC 127.0.0.1 $P", DATE, peer=tells),
    Line("NC -w 2 127.0.0.1 $P", DATE, peer=tells),
    Line("NC -d 127.0.0.1 $P", DATE, peer=tells),
    Line("cat /dev/null | NC 127.0.0.1 $P", DATE, peer=tells),
    Line("echo ruok | NC 127.0.0.1 $P", b"imok", peer=answer(b"imok"), sent=b"ruok\n"),
    Line("echo srvr | NC -w 2 127.0.0.1 $P | grep -c Mode", b"1\n", peer=answer(b"Mode: leader\n")),
    Line('[ "$(echo ruok | NC 127.0.0.1 $P)" = imok ] && echo alive', b"alive\n", peer=answer(b"imok")),
    Line(r"printf 'stats\r\nquit\r\n' | NC 127.0.0.1 $P", b"STAT pid 1\r\n", peer=answers(b"STAT pid 1\r\n")),
    Line("echo stats | NC -N 127.0.0.1 $P", b"STAT pid 1\r\n", peer=answers(b"STAT pid 1\r\n")),
    Line("echo stats | NC -q 1 127.0.0.1 $P", b"STAT pid 1\r\n", peer=answers(b"STAT pid 1\r\n")),
    Line("echo stats | NC -w 1 127.0.0.1 $P", b"STAT pid 1\r\n", peer=answers(b"STAT pid 1\r\n")),
    Line("echo stats | NC 127.0.0.1 $P", b"STAT pid 1\r\n", peer=answers(b"STAT pid 1\r\n"), of="native"),
    Line("echo flush_all | NC -q 0 127.0.0.1 $P", peer=answers(b"OK\r\n"), sent=b"flush_all\n"),
    Line("echo PING | NC -w 1 127.0.0.1 $P", b"+PONG\r\n", peer=answers(b"+PONG\r\n")),
    Line(r"printf 'PING\r\nQUIT\r\n' | NC 127.0.0.1 $P", b"+PONG\r\n", peer=answers(b"+PONG\r\n")),
    Line(r"printf '*1\r\n$4\r\nPING\r\n' | NC -N 127.0.0.1 $P | head -n 1", b"+PONG\r\n", peer=answers(b"+PONG\r\n")),
    Line(MAIL % "-C", TALK, peer=smtp, sent=MAILED),
    Line(MAIL % "", TALK, peer=smtp, sent=MAILED.replace(b"\r", b"")),
    Line("echo QUIT | NC 127.0.0.1 $P", b"220 mail ready\r\n221 bye\r\n", peer=smtp),
    Line("NC -w 1 127.0.0.1 $P", SSH, peer=banner),
    Line("echo | NC -w 1 127.0.0.1 $P", SSH, peer=banner, sent=b"\n"),
    Line("NC -v -w 1 127.0.0.1 $P 2>&1 </dev/null | grep -o OpenSSH", b"OpenSSH\n", peer=banner),
    Line("NC -w 1 127.0.0.1 $P | head -c 3", b"SSH", peer=banner),
    Line("NC 127.0.0.1 $P | head -n 1", SSH, peer=banner),
    Line("NC -d 127.0.0.1 $P $Q", DATE + DATE, peer=tells, second=tells),
    Line("NC 127.0.0.1 $P | head -c 8", b"chargen\n", peer=flood),
    Line("NC -p $F -w 5 127.0.0.1 $P", DATE, peer=tells),
    Line("NC -s 127.0.0.1 127.0.0.1 $P", DATE, peer=tells),
    Line("seq 5 | NC -N 127.0.0.1 $P | sort -rn | head -n 1", b"5\n", peer=echo),
    Line("coproc NC 127.0.0.1 $P; echo hello >&${COPROC[1]}; read -r line <&${COPROC[0]}; echo $line", b"hello\n", peer=echo),
    Line("mkfifo in; NC 127.0.0.1 $P <in & exec 3>in; echo one >&3; echo two >&3; exec 3>&-; wait", b"one\ntwo\n", peer=echo, of="native"),
    Line("mkfifo in; NC -N 127.0.0.1 $P <in & exec 3>in; echo one >&3; echo two >&3; exec 3>&-; wait", b"one\ntwo\n", peer=echo),
    Line("diff <(seq 9 | NC -N 127.0.0.1 $P) <(seq 9) && echo same", b"same\n", peer=echo),
    # sending and going
    Line('echo "a.b 1 1700000000" | NC -N 127.0.0.1 $P', b"", peer=sink, sent=b"a.b 1 1700000000\n"),
    Line('echo "a.b 1 1700000000" | NC -q0 127.0.0.1 $P', b"", peer=sink, sent=b"a.b 1 1700000000\n"),
    Line('echo "a.b 1 1700000000" | NC -w 1 127.0.0.1 $P', b"", peer=sink, sent=b"a.b 1 1700000000\n"),
    Line('echo "a.b 1 1700000000" | NC 127.0.0.1 $P', b"", peer=sink, sent=b"a.b 1 1700000000\n", of="native"),
    Line("NC -N 127.0.0.1 $P < file; echo $?", b"0\n", peer=sink, sent="file"),
    Line("cat file | NC -N 127.0.0.1 $P", b"", peer=sink, sent="file"),
    Line("cat file | NC -q 1 127.0.0.1 $P", b"", peer=sink, sent="file"),
    Line("cat file | NC 127.0.0.1 $P", b"", peer=sink, sent="file", of="native"),
    Line("dd if=file bs=4k 2>/dev/null | NC -N 127.0.0.1 $P", b"", peer=sink, sent="file"),
    Line("yes | head -c 1000000 | NC -N 127.0.0.1 $P | wc -c", b"1000000\n", peer=echo),
    Line('echo "c:1|c" | NC -u -w0 127.0.0.1 $P', b"", datagrams=False, sent=[b"c:1|c\n"], model=NOT_YET_THERE),
    Line('echo "c:1|c" | NC -u -w 1 127.0.0.1 $P', b"", datagrams=False, sent=[b"c:1|c\n"]),
    Line('echo "c:1|c" | NC -u -q 0 127.0.0.1 $P', b"", datagrams=False, sent=[b"c:1|c\n"]),
    Line('echo "c:1|c" | NC -u -q 1 127.0.0.1 $P', b"", datagrams=False, sent=[b"c:1|c\n"]),
    Line('printf "c:1|c" | NC -4u -w1 127.0.0.1 $P', b"", datagrams=False, sent=[b"c:1|c"]),
    Line('echo "c:1|c" | NC -u 127.0.0.1 $P', b"", datagrams=False, sent=[b"c:1|c\n"], of="native"),
    Line('echo "<14>hello" | NC -w1 -u 127.0.0.1 $P', b"", datagrams=False, sent=[b"<14>hello\n"]),
    Line('NC -w 1 -u 127.0.0.1 $P <<< "<14>hello"', b"", datagrams=False, sent=[b"<14>hello\n"]),
    Line('for i in 1 2; do echo "<14>$i" | NC -u -w0 127.0.0.1 $P; done', b"", datagrams=False, sent=[b"<14>1\n", b"<14>2\n"], model=NOT_YET_THERE),
    Line("echo hi | NC -u -w 1 127.0.0.1 $P", b"HI\n", datagrams=True, sent=[b"hi\n"]),
    Line("echo hi | NC -u 127.0.0.1 $P", b"HI\n", datagrams=True, sent=[b"hi\n"], of="native"),
    Line("echo hi | NC -u -W 1 127.0.0.1 $P", b"HI\n", datagrams=True),
    Line(r"printf '\x12\x34\x01\x00' | NC -u -w 1 127.0.0.1 $P | od -An -tx1", b" 12 34 01 00\n", datagrams=True),
    # is it there?
    Line("NC -z 127.0.0.1 $P && echo open", b"open\n", peer=sink),
    Line("NC -z 127.0.0.1 $S || echo closed", b"closed\n"),
    Line("NC -z -w 1 127.0.0.1 $P; echo $?", b"0\n", peer=sink),
    Line("NC -zv 127.0.0.1 $P 2>&1 | grep -c 'succeeded!'", b"1\n", peer=sink),
    Line("NC -zv 127.0.0.1 $S 2>&1 | grep -c 'Connection refused'", b"1\n"),
    Line("NC -vnz -w 1 127.0.0.1 $P 2>&1 | grep -c succeeded", b"1\n", peer=sink),
    Line("NC -4zv localhost $P 2>&1 | grep -o 'Connection to localhost'", b"Connection to localhost\n", peer=sink),
    Line("NC -zv 127.0.0.1 $((P - 1))-$((P + 1)) 2>&1 | grep -c \" $P .*succeeded\"", b"1\n", peer=sink),
    Line("NC -z 127.0.0.1 $S $P && echo one", b"one\n", peer=sink),
    Line("NC -z -v -r 127.0.0.1 $P-$P 2>&1 | grep -c succeeded", b"1\n", peer=sink),
    Line("NC 127.0.0.1 $P -z -w 1 && echo open", b"open\n", peer=sink),
    Line("if NC -z -w5 127.0.0.1 $P; then echo up; else echo down; fi", b"up\n", peer=sink),
    Line("if NC -z -w5 127.0.0.1 $S; then echo up; else echo down; fi", b"down\n"),
    Line("until NC -z 127.0.0.1 $P; do :; done; echo up", b"up\n", peer=sink),
    Line("for p in $S $P; do NC -z 127.0.0.1 $p && echo $((p == P)); done", b"1\n", peer=sink),
    Line("timeout 5 NC -z 127.0.0.1 $P && echo up", b"up\n", peer=sink),
    Line("NC -zv 127.0.0.1 $P > log 2>&1; grep -c succeeded log", b"1\n", peer=sink),
    Line("NC -w 1 127.0.0.1 $S </dev/null; echo $?", b"1\n"),
    Line("echo -n | NC -w 1 127.0.0.1 $P && echo up", b"up\n", peer=sink),
    Line("NC -vzu 127.0.0.1 $P 2>&1 | grep -c 'udp.*succeeded'", b"1\n", datagrams=False, of="nc"),
    Line("NC -zu 127.0.0.1 $P && echo open", b"open\n", datagrams=False),
    Line("NC -zvu 127.0.0.1 $S; echo $?", b"1\n", of="nc"),
    # files from one to the other
    Line("NC -N 127.0.0.1 $P < file", server="NC -l 127.0.0.1 $P > got" + SAME, served=b"same\n"),
    Line("NC -N 127.0.0.1 $P < file", server="NC -l $P > got" + SAME, served=b"same\n"),
    Line("NC -N 127.0.0.1 $P < file", server="NC -l -p $P > got" + SAME, served=b"same\n"),
    Line("NC -q 1 127.0.0.1 $P < file", server="NC -lp $P > got" + SAME, served=b"same\n"),
    Line("NC -w 1 127.0.0.1 $P < file", server="NC -l $P > got" + SAME, served=b"same\n"),
    Line("NC 127.0.0.1 $P < file", server="NC -l $P > got" + SAME, served=b"same\n", of="native"),
    Line("cat file | NC 127.0.0.1 $P", server="NC -lvnp $P > got 2>log" + SAME, served=b"same\n", of="native"),
    Line("NC -N 127.0.0.1 $P < file", server="NC -lvnp $P > got 2>log" + SAME, served=b"same\n"),
    Line("NC 127.0.0.1 $P > got" + SAME, b"same\n", server="NC -N -l $P < file"),
    Line("NC 127.0.0.1 $P > got" + SAME, b"same\n", server="cat file | NC -l -q 0 $P"),
    Line("NC 127.0.0.1 $P > got" + SAME, b"same\n", server="cat file | NC -l $P", of="native"),
    Line("NC -d 127.0.0.1 $P > got" + SAME, b"same\n", server="NC -N -l -p $P < file"),
    Line("tar cf - dir | NC -N 127.0.0.1 $P", server="mkdir new; NC -l $P | tar xf - -C new; diff -r dir new/dir && echo same", served=b"same\n"),
    Line("tar czf - dir | NC 127.0.0.1 $P", server="mkdir new; NC -l $P | tar xzf - -C new; diff -r dir new/dir && echo same", served=b"same\n", of="native"),
    Line("mkdir new; NC 127.0.0.1 $P | (cd new && tar xf -); diff -r dir new/dir && echo same", b"same\n", server="tar cf - dir | NC -N -l $P"),
    Line("gzip -c file | NC -N 127.0.0.1 $P", server="NC -l $P | gunzip > got" + SAME, served=b"same\n"),
    Line("dd if=file bs=64k 2>/dev/null | NC -N 127.0.0.1 $P", server="NC -l $P | dd of=got 2>/dev/null" + SAME, served=b"same\n"),
    Line("NC -N 127.0.0.1 $P < file", server="NC -l $P | tee got | cksum | cmp - <(cksum < file)" + SAME, served=b"same\n"),
    Line("dd if=/dev/zero bs=1M count=8 2>/dev/null | NC -N 127.0.0.1 $P", server="NC -l $P | wc -c", served=b"8388608\n"),
    Line("NC -N 127.0.0.1 $P < file", server="nohup NC -l $P > got 2>/dev/null" + SAME, served=b"same\n"),
    Line("NC -N 127.0.0.1 $P < file", server="NC -l $P > got & wait $!; cmp file got && echo same", served=b"same\n"),
    Line("NC -N 127.0.0.1 $P < file", server="timeout 9 NC -l $P > got" + SAME, served=b"same\n"),
    Line("NC -N ::1 $P < file", server="NC -6 -l $P > got" + SAME, served=b"same\n"),
    Line("NC -N -U $D/s < file", server="NC -lU $D/s > got" + SAME, served=b"same\n", kind="unix"),
    # servers
    Line("exec 3<>/dev/tcp/127.0.0.1/$P; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3 | tail -n 1", b"hi\n",
         server=r"printf 'HTTP/1.0 200 OK\r\n\r\nhi\n' | NC -N -l $P", served=GOT),
    Line("exec 3<>/dev/tcp/127.0.0.1/$P; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3 | tail -n 1", b"hi\n",
         server=r"printf 'HTTP/1.0 200 OK\r\n\r\nhi\n' | NC -l $P", served=GOT, of="native"),
    Line("exec 3<>/dev/tcp/127.0.0.1/$P; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3 | tail -n 1", b"hi\n",
         server=r'{ echo -ne "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n"; echo hi; } | NC -N -l -p $P', served=GOT),
    Line(THRICE, b"hi\nhi\nhi\n",
         server="for i in 1 2 3; do echo hi | NC -N -l $P; done", served=b"x\nx\nx\n"),
    Line(THRICE, b"hi\nhi\nhi\n",
         server="for i in 1 2 3; do echo hi | NC -l -p $P; done", served=b"x\nx\nx\n", of="native"),
    Line("for i in 1 2 3; do echo $i | NC -N 127.0.0.1 $P; done", server="NC -lk $P | cat", served=b"1\n2\n3\n", server_status=STOPPED),
    Line("for i in 1 2 3; do echo $i | NC -N 127.0.0.1 $P; done",
         server="NC -l -k -p $P | while read -r line; do echo got $line; done", served=b"got 1\ngot 2\ngot 3\n", server_status=STOPPED),
    Line("echo hello | NC -N 127.0.0.1 $P", b"welcome\n", server="echo welcome | NC -N -l $P", served=b"hello\n"),
    Line(ASK, b"hello\n", second=http, server="mkfifo f; NC -l $P < f | NC 127.0.0.1 $Q > f", server_status=None),
    Line(ASK, b"hello\n", second=http, server="mkfifo f; NC -l -p $P 0<f | tee log | NC 127.0.0.1 $Q 1>f", server_status=None),
    Line(GET + "NC 127.0.0.1 $P | tail -n 1", b"hello\n", second=http, of="native",
         server="mkfifo f; NC --half-close -l $P < f | NC 127.0.0.1 $Q > f", server_status=None),
    Line(ORDER, b"42\n", server="mkfifo f; cat f | sh 2>&1 | NC -l 127.0.0.1 $P > f", server_status=None),
    Line("echo 'echo $((6 * 7)); exit' | NC 127.0.0.1 $P", b"42\n", of="native",
         server="mkfifo f; cat f | sh 2>&1 | NC --half-close -l 127.0.0.1 $P > f", server_status=None),
    Line("echo hi | NC -u -w0 127.0.0.1 $P", server="NC -ul $P", served=b"hi\n", kind="udp", server_status=STOPPED, model=NOT_YET_THERE),
    Line("for i in 1 2 3; do echo $i | NC -u -w0 127.0.0.1 $P; done", server="NC -luk $P > >(cat)", served=b"1\n2\n3\n", kind="udp", server_status=STOPPED, model=NOT_YET_THERE),
    Line("echo hi | NC -u -q 0 127.0.0.1 $P", server="NC -u -l -p $P", served=b"hi\n", kind="udp", server_status=STOPPED),
    Line(GET + "NC -U $D/s", PAGE, peer=http, sent=GOT, kind="unix"),
    Line("echo 'show info' | NC -U $D/s | grep -c Name", b"1\n", peer=answer(b"Name: x\n"), kind="unix"),
    Line("echo hi | NC -uU -w 1 $D/s", server="NC -ulU $D/s", served=b"hi\n", kind="unix", server_status=STOPPED),
    # through others
    Line("echo hi | NC -N -X connect -x 127.0.0.1:$P example.org 22", b"hi\n", peer=connect_proxy, sent=b"CONNECT example.org:22 HTTP/1.0|hi\n"),
    Line("echo hi | NC -N -X 5 -x 127.0.0.1:$P example.org 22", b"hi\n", peer=socks_proxy, sent=b"example.org|hi\n"),
    Line("echo hi | NC -N -x 127.0.0.1:$P example.org 22", b"hi\n", peer=socks_proxy, sent=b"example.org|hi\n"),
    # ncat's
    Line("NC --send-only 127.0.0.1 $P < file", server="NC -l $P > got" + SAME, served=b"same\n", of="ncat native"),
    Line("NC --send-only 127.0.0.1 $P < file", server="NC -l $P --recv-only > got" + SAME, served=b"same\n", of="ncat native"),
    Line("NC --recv-only 127.0.0.1 $P > got" + SAME, b"same\n", server="NC -l --send-only $P < file", of="ncat native"),
    Line("NC 127.0.0.1 $P > got" + SAME, b"same\n", server="NC -l --send-only 127.0.0.1 $P < file", of="ncat native"),
    Line("tar cz dir | NC --send-only 127.0.0.1 $P", server="mkdir new; NC -l $P | tar xz -C new; diff -r dir new/dir && echo same", served=b"same\n", of="ncat native"),
    Line(GET + "NC 127.0.0.1 $P | tail -n 1", b"hi\n", server=r"printf 'HTTP/1.0 200 OK\r\n\r\nhi\n' > page; NC -l localhost $P < page", served=GOT, of="ncat native"),
    Line("NC --recv-only 127.0.0.1 $P | head -n 1", b"y\n", server="yes | NC -l --send-only $P", of="ncat native", server_status=None, model="it does not end with its client"),
    Line("NC -C --output log 127.0.0.1 $P < mail; grep -c '^220\\|^HELO' log", TALK + b"2\n", peer=smtp, of="ncat native"),
    Line("NC --recv-only 127.0.0.1 $P", DATE, peer=tells, of="ncat native"),
    Line("NC --idle-timeout 2000ms 127.0.0.1 $P", SSH, peer=banner, of="ncat native", status=None),
    Line("echo hi | NC --udp 127.0.0.1 $P", server="NC --udp --listen $P", served=b"hi\n", kind="udp", of="ncat native", status=None, server_status=STOPPED),
    Line("for i in 1 2 3; do echo $i | NC --send-only 127.0.0.1 $P; done", server="NC --listen --keep-open $P", served=b"1\n2\n3\n", of="ncat native", server_status=STOPPED),
    Line("NC -z 127.0.0.1 $P && echo open", b"open\n", peer=sink, of="ncat native"),
    Line("NC -zv 127.0.0.1 $S 2>&1 | grep -c 'Connection refused'", b"1\n", of="ncat native"),
    Line("echo hi | NC -w 3s --nodns 127.0.0.1 $P", b"hi\n", peer=echo, of="ncat native"),
    # what is refused says what to do instead
    Line("NC -e /bin/sh 127.0.0.1 $S 2>&1 | grep -c mkfifo", b"1\n", of="native"),
    Line("NC -lp $S -c 'echo hi' 2>&1 | grep -c mkfifo", b"1\n", of="native"),
]


def run_line(line, program):
    def act(stage):
        stand_ins = []
        ports = {"P": stage.unused_port(), "S": stage.unused_port(), "F": stage.unused_port(), "D": stage.directory}
        prepare(stage.directory)

        def stand_in(act):
            if line.kind == "unix":
                listening = stage.keep(socket.socket(socket.AF_UNIX))
                listening.bind(os.path.join(stage.directory, "s"))
                listening.listen()
            else:
                listening = stage.listener()
            stand_ins.append(StandIn(listening, act))
            stand_ins[-1].start()
            return listening
        if line.peer:
            listening = stand_in(line.peer)
            ports["P"] = 0 if line.kind == "unix" else port_of(listening)
        if line.second:
            ports["Q"] = port_of(stand_in(line.second))
        if line.datagrams is not None:
            sock = stage.listener(kind=socket.SOCK_DGRAM)
            stand_ins.append(DatagramStandIn(sock, bytes.upper if line.datagrams else None))
            stand_ins[-1].start()
            ports["P"] = port_of(sock)
        places = dict(os.environ, **{name: str(value) for name, value in ports.items()})
        try:
            play(stage, line, program, places, stand_ins)
        finally:
            for made in stand_ins:
                try:
                    made.sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
    return act


def play(stage, line, program, places, stand_ins):
    def start(text):
        return stage.start(["bash", "-c", text.replace("NC", program)], line.given, env=places)
    if line.server:
        serving = start(line.server)
        stage.listens(serving, os.path.join(stage.directory, "s") if line.kind == "unix" else places["P"], line.kind)
    running = start(line.line)
    stage.ends(running, line.status)
    if line.out is not None:
        expect(running.out == line.out, "out is %s, not %s" % (brief(running.out), brief(line.out)))
    if line.server:
        if line.server_status is STOPPED:
            stage.gets(serving, line.served)
            serving.kill()
        else:
            stage.ends(serving, line.server_status)
        if line.served is not None:
            expect(serving.out == line.served, "the server's out is %s, not %s" % (brief(serving.out), brief(line.served)))
    if line.sent is not None:
        received(stage, line, stand_ins[0])


def received(stage, line, stand_in):
    sent = line.sent
    if sent == "file":
        with open(os.path.join(stage.directory, "file"), "rb") as file:
            sent = file.read()
    if line.datagrams is not None:
        stage.wait(lambda: len(stand_in.received) >= len(sent), "%d datagrams, not %r" % (len(sent), stand_in.received), announced=False)
        expect(stand_in.received == sent, "the server got %r, not %r" % (stand_in.received, sent))
    else:
        stage.wait(lambda: stand_in.received, "the end of the stand-in's client", announced=False)
        expect(stand_in.received[0] == sent, "the server got %s, not %s" % (brief(stand_in.received[0]), brief(sent)))


def prepare(directory):
    os.mkdir(os.path.join(directory, "dir"))
    for name, data in (("file", os.urandom(100000)), ("dir/a", b"a"), ("dir/b", os.urandom(5000)), ("request", GOT),
                       ("mail", MAILED.replace(b"\r", b""))):
        with open(os.path.join(directory, name), "wb") as file:
            file.write(data)


# ---- everything -------------------------------------------------------------------------------------


def is_model():
    try:
        told = subprocess.run(["nc", "-h"], capture_output=True, stdin=subprocess.DEVNULL)
    except OSError:
        return False
    return b"Debian patchlevel" in told.stdout + told.stderr


def cases(named):
    """The name decides: a link with the name of nc."""
    os.symlink(shutil.which("sockpit"), os.path.join(named, "nc"))
    models = {"nc": "nc" if is_model() else None, "ncat": shutil.which("ncat")}
    for line in LINES:
        for kind in line.of:
            program = {"native": "sockpit", "nc": os.path.join(named, "nc"), "ncat": None}[kind]
            text = line.line if not line.server else "%s  <-  %s" % (line.server, line.line)
            text = " ".join(text.split())
            if program:
                yield "%s: %s" % ({"native": "natively", "nc": "as nc"}[kind], text), run_line(line, program)
            if kind != "native" and models[kind]:
                why = None if line.model is True else line.model
                yield "with the real %s: %s" % (kind, text), why or run_line(line, models[kind])


watchdog(400)
named = os.path.abspath("tests/home/named.%d" % os.getpid())
os.makedirs(named)
try:
    run_cases(list(cases(named)))
finally:
    shutil.rmtree(named)
done()
