# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program says of the network is what an independent witness has: a capture on the interface, /proc/net, strace.
In a network namespace of its own, without root."""

import os
import re
import select
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain
from tap import DEADLINE, can_trace, done, ok, same, skip, watchdog

PEER = "10.9.9.2"  # behind a cable whose other end nobody holds
ETH_P_ALL = 3
TCP_FASTOPEN = 23
SYN, RST, ACK = 2, 4, 16
STATES = {"06": "TIME_WAIT", "0A": "LISTEN", "04": "FIN_WAIT1", "05": "FIN_WAIT2"}


# ---- the namespace ----

def enter_namespace():
    """Runs this test again as the owner of a network with lo and a cable; skips where that is forbidden."""
    if os.environ.get("TRUTHS_INSIDE"):
        return True
    setup = ("ip link set lo up && ip link add v0 type veth peer name v1 && ip addr add 10.9.9.1/24 dev v0 && "
             "ip link set v0 up && ip link set v1 up && "
             "ip neigh replace %s lladdr 02:00:00:00:00:01 dev v0 nud permanent && "
             "echo 1027 >/proc/sys/net/ipv4/tcp_fastopen" % PEER)
    namespace = ["unshare", "-rn", "sh", "-c"]
    if subprocess.run(namespace + [setup], capture_output=True, check=False).returncode:
        skip("no network namespace of our own here")
        return False
    os.environ["TRUTHS_INSIDE"] = "1"
    os.execvp("unshare", namespace + [setup + ' && exec "$@"', "sh", sys.executable, *sys.argv])


# ---- witnesses ----

class Capture:
    """The TCP segments on an interface, as they come."""

    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.socket.bind((interface, ETH_P_ALL))
        self.socket.setblocking(False)
        self.loopback = interface == "lo"
        self.seen = []

    def take(self):
        while True:
            try:
                frame, sender = self.socket.recvfrom(65536)
            except BlockingIOError:
                return self.seen
            outgoing = sender[2] == socket.PACKET_OUTGOING
            if sender[1] != 0x0800 or frame[9] != socket.IPPROTO_TCP or (self.loopback and outgoing):
                continue
            header = (frame[0] & 15) * 4
            source, target = struct.unpack("!HH", frame[header:header + 4])
            size = struct.unpack("!H", frame[2:4])[0] - header - (frame[header + 12] >> 4) * 4
            self.seen.append((source, target, frame[header + 13], size, time.time()))

    def wait(self, condition):
        """Until there is such a segment; what there is by then."""
        end = time.monotonic() + DEADLINE
        while not any(condition(segment) for segment in self.take()) and time.monotonic() < end:
            select.select([self.socket], [], [], 0.1)
        return self.seen


def proc_tcp(port):
    """(local port, remote port, state, bytes to read) of the sockets at this port, by /proc/net/tcp."""
    found = []
    with open("/proc/net/tcp", encoding="ascii") as file:
        for line in file.readlines()[1:]:
            words = line.split()
            local, remote = (int(end.split(":")[1], 16) for end in words[1:3])
            if port in (local, remote):
                found.append((local, remote, STATES.get(words[3], words[3]), int(words[4].split(":")[1], 16)))
    return found


def wait_for(condition):
    end = time.monotonic() + DEADLINE
    while not condition() and time.monotonic() < end:
        select.select([], [], [], 0.01)
    return condition()


def says(plain, words):
    """plain.sees(), wherever a row ends."""
    good = wait_for(lambda: (plain.pump(0.01) or True) and words in " ".join(plain.text.split()))
    if not good:
        print("# not said: %r in\n# %s" % (words, "\n# ".join(plain.text[-2000:].splitlines())), flush=True)
    return good


def type_bytes(plain, count):
    """A line that is too long to be taken for typed at once."""
    plain.type("x" * count, enter=False)
    plain.sees("xxxxx")
    plain.type("")


def port_after(plain, words):
    ok(plain.sees(words), "%s…" % words)
    return int(re.search(re.escape(words) + r"(\d+)", plain.text).group(1))


def server(backlog=8):
    listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
    listener.settimeout(DEADLINE)
    return listener, listener.getsockname()[1]


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


# ---- states ----

def time_wait(unread):
    listener, port = server()
    plain = Plain()
    plain.type("/socket tcp as c")
    plain.sees("socket() =")
    plain.type("/connect 127.0.0.1 %d" % port)
    plain.sees("connected in")
    peer = listener.accept()[0]
    plain.type("/view trace")
    plain.type("/shutdown write")
    ok(plain.sees("FIN_WAIT2 *"), "our side is closed, and the peer's is not")
    if unread:
        peer.send(b"unread")
        ok(plain.sees("6 bytes to read *"), "what comes meanwhile is seen")
    plain.forget()
    peer.close()
    ok(plain.sees("FIN_WAIT2 → TIME_WAIT *"), "an open descriptor in TIME_WAIT says so, without being asked")
    left = re.search(r"(\d+) s left \*", plain.text)
    ok(left and 55 <= int(left.group(1)) <= 60, "and how long")
    ok(("TIME_WAIT" in [row[2] for row in proc_tcp(port)]) and "CLOSED" not in plain.text, "/proc/net/tcp has it, too")
    plain.type("/states")
    ok(says(plain, "s left. Next step: nobody's"), "so does the page")
    ok(">>>TIME_WAIT<<<" in plain.text, "with the mark at the state")
    plain.forget()
    plain.type("/close @c")
    ok(plain.sees("close() = 0") and "→ CLOSED" not in plain.text, "and it is never CLOSED on the way to close()")
    plain.leave()


def closing():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4000)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    port = listener.getsockname()[1]
    plain = Plain()
    plain.type("/open 127.0.0.1 %d as c" % port)
    plain.sees("connected in")
    peer = listener.accept()[0]
    for line, answer in ("/option linger 60", "SO_LINGER"), ("/option sndbuf 4000", "SO_SNDBUF"):
        plain.type(line)
        plain.sees(answer)
    for _ in range(3):
        type_bytes(plain, 3000)
        plain.sees("→")
    tasks = "/proc/%d/task" % plain.process.pid
    before = len(os.listdir(tasks))
    plain.type("/close")
    ok(plain.sees("closing: close() waits"), "a close() that sleeps is said to be closing")
    ok(wait_for(lambda: len(os.listdir(tasks)) > before), "and a thread does sleep")
    ok("closed:" not in plain.text, "it is not closed")
    plain.type("/info")
    ok(plain.sees("closing, "), "nor on the page")
    plain.forget()
    peer.settimeout(DEADLINE)
    while peer.recv(65536):
        pass
    peer.close()
    ok(plain.sees("closed: close() = 0 after "), "until it has returned")
    ok(wait_for(lambda: len(os.listdir(tasks)) == before), "and the thread has ended")
    plain.leave()


def queue():
    plain = Plain()
    plain.type("/socket tcp as l")
    plain.sees("socket() =")
    plain.type("/bind 0")
    port = port_after(plain, "bound to 127.0.0.1:")
    plain.type("/backlog 1")
    ok(plain.sees("2 may wait (backlog 1; Linux adds one)"), "a backlog of 1 is 2")
    plain.type("/view trace")
    clients = [socket.socket() for _ in range(3)]
    for client in clients[:2]:
        client.settimeout(DEADLINE)
        client.connect(("127.0.0.1", port))
    ok(plain.sees("queue 2/2 *"), "the queue is full with two")
    clients[2].setblocking(False)
    clients[2].connect_ex(("127.0.0.1", port))
    waiting = [row for row in proc_tcp(port) if row[1] == port and row[2] == "02"]
    ok(len(waiting) == 1, "the SYN of a third is not answered")
    same([row[3] for row in proc_tcp(port) if row[2] == "LISTEN"], [2], "by /proc/net/tcp, two wait")
    plain.type("/info")
    ok(plain.sees("2/2 * full"), "and the page says so")
    plain.type("/states")
    ok(says(plain, "The queue is full, and new SYNs are dropped. Next step: yours, /accept."), "what to do")
    plain.type("/accept")
    ok(plain.sees("accepted by session 1"), "works")
    plain.leave()


def advice():
    """What /states advises is typed, and works."""
    plain = Plain()
    plain.type("/socket tcp as l")
    plain.sees("socket() =")
    plain.type("/states")
    ok(says(plain, "Next step: yours, /connect, or /bind and /backlog."), "a socket")
    plain.type("/bind 0")
    port = port_after(plain, "bound to 127.0.0.1:")
    plain.type("/states")
    ok(says(plain, "Next step: yours, /connect, or /backlog."), "with a port")
    plain.type("/backlog")
    ok(plain.sees("listening on"), "/backlog works")
    plain.type("/socket tcp as c")
    plain.sees("socket() =")
    plain.type("/connect 127.0.0.1 %d" % port)
    ok(plain.sees("connected in"), "so does /connect")
    plain.type("/states @l")
    ok(says(plain, "1 waiting for accept(), connected already: next step: yours, /accept"), "a client in the queue")
    plain.type("/accept @l as s")
    ok(plain.sees("accepted by session 1"), "/accept takes it")
    plain.type("/send @c hi")
    plain.sees("hi")
    plain.type("/states @s")
    ok(says(plain, "2 bytes wait here. Next step: yours, /recv, or /resume."), "bytes that came")
    plain.type("/recv")
    ok(plain.sees("2 bytes"), "/recv gets them")
    plain.type("/close @c")
    plain.sees("closed")
    wait_for(lambda: "FIN_WAIT2" in [row[2] for row in proc_tcp(port)])
    plain.type("/states @s")
    ok(says(plain, "Next step: yours, /recv, then /close."), "the peer's FIN")
    ok(says(plain, "until the peer PROGRAM closes: /close @s."), "and at the other end")
    plain.type("/recv")
    ok(plain.sees("recv() = 0"), "/recv returns 0")
    plain.type("/states")
    ok(says(plain, "it sends no more. Next step: yours, /close."), "and then")
    plain.type("/close @s")
    ok(plain.sees("closed"), "/close works")
    plain.type("/states @s")
    ok(says(plain, "There is no connection any more. Its client may connect again."), "an accepted one that is gone")
    plain.type("/close @l")
    plain.sees("no longer listening")
    plain.type("/states @l")
    ok(says(plain, "Nobody listens here any more. /socket makes a new socket."), "a listener made by hand")
    plain.type("/listen 0 as m")
    port = port_after(plain, "listening on 127.0.0.1:")
    plain.type("/close")
    plain.sees("no longer listening")
    plain.type("/states")
    ok(says(plain, "Nobody listens here any more. /reconnect listens again."), "one made by /listen")
    plain.type("/reconnect")
    ok(plain.sees("listening on 127.0.0.1:"), "/reconnect does")
    listener, port = server()
    plain.type("/open 127.0.0.1 %d as o" % port)
    plain.sees("connected in")
    listener.accept()[0].close()
    plain.sees("peer closed its side")
    plain.type("/close")
    plain.sees("closed")
    plain.type("/states")
    ok(says(plain, "There is no connection any more. /reconnect opens a new one."), "a session that is gone")
    plain.type("/reconnect")
    ok(plain.sees("connected in"), "/reconnect opens it")
    plain.leave()


def addresses():
    if not os.path.exists("/proc/net/tcp6"):
        skip("no IPv6")
        return
    plain = Plain()
    plain.type("/listen * 0 as l")
    port = port_after(plain, "listening on 0.0.0.0:")
    with open("/proc/net/tcp6", encoding="ascii") as file:
        ok(any(":%04X " % port in line for line in file), "a listener on every address has a socket of IPv6, too")
    plain.type("/sessions")
    ok(plain.sees("*:%d" % port), "and is listed with both")
    plain.type("/socket tcp 6 as s")
    plain.sees("socket() =")
    plain.type("/option v6only off")
    plain.sees("IPV6_V6ONLY is off")
    plain.type("/bind :: 0")
    port = port_after(plain, "bound to [::]:")
    plain.type("/backlog")
    plain.sees("listening on")
    client = socket.create_connection(("127.0.0.1", port), DEADLINE)
    plain.type("/accept")
    ok(says(plain, "[::ffff:127.0.0.1]:%d accepted by" % client.getsockname()[1]),
       "IPv4 on a socket of IPv6 has the address that the kernel gives")
    plain.leave()


# ---- failures ----

def refused():
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    plain = Plain()
    plain.type("/socket tcp as s")
    plain.sees("socket() =")
    capture = Capture("lo")
    plain.type("/connect 127.0.0.1 %d" % port)
    ok(plain.sees("ECONNREFUSED"), "a connect() by hand is refused")
    flags = [segment[2] for segment in capture.wait(lambda segment: segment[2] & RST)]
    same(flags, [SYN, RST | ACK], "by RST to its SYN")
    plain.type("/why")
    ok(plain.sees("connect(127.0.0.1:%d) = -1 ECONNREFUSED" % port), "/why explains that call")
    ok(plain.sees("RST to our SYN: nobody listens there"), "by what came")
    listener, port = server()
    plain.type("/states")
    ok(says(plain, "Next step: yours, /connect"), "the socket may try again")
    plain.type("/connect 127.0.0.1 %d" % port)
    ok(plain.sees("connected in"), "and does")
    peer = listener.accept()[0]
    reset(peer)
    plain.type("/recv")
    ok(plain.sees("recv() = -1 ECONNRESET"), "a reset ends that connection")
    plain.type("/why")
    ok(plain.sees("ECONNRESET") and "ECONNREFUSED" not in plain.text, "/why is about that one alone")
    plain.type("/view trace")
    plain.type("/recv")
    ok(plain.sees("recv(1024) = 0\r\n") or plain.sees("recv(1024) = 0 "), "recv() = 0 after a reset")
    ok("end of file" not in plain.text, "is no end of file")
    plain.type("/states")
    ok(says(plain, "Next step: yours, /close. /socket makes a new socket."), "what to do then")
    plain.type("/connect 127.0.0.1 %d" % port)
    ok(plain.sees("EISCONN"), "as /connect is refused")
    plain.type("/close")
    ok(plain.sees("close() = 0"), "/close")
    plain.type("/socket tcp as t")
    plain.sees("socket() =")
    plain.type("/connect 127.0.0.1 %d" % port)
    ok(plain.sees("connected in"), "and /socket work")
    plain.leave()


def reset_in_queue():
    plain = Plain()
    plain.type("/socket tcp as l")
    plain.sees("socket() =")
    plain.type("/bind 0")
    port = port_after(plain, "bound to 127.0.0.1:")
    plain.type("/backlog")
    plain.sees("listening on")
    plain.type("/open 127.0.0.1 %d as c" % port)
    plain.sees("connected in")
    capture = Capture("lo")
    plain.type("/close @l")
    ok(plain.sees("1 queued client was reset"), "a listener is closed with a client in its queue")
    segments = capture.wait(lambda segment: segment[2] & RST)
    ok(segments and segments[-1][0] == port, "which is reset from its port")
    ok(plain.sees("connection reset by peer (RST)"), "as the client learns")
    plain.type("/why @c")
    ok(says(plain, "Session 1 (l), which listened there, was closed with this connection in its queue"),
       "/why knows who did it")
    ok("SO_LINGER 0, or it was" not in plain.text, "and guesses nothing beside")
    plain.leave()


def timed_out():
    capture = Capture("v0")
    plain = Plain()
    plain.type("/socket tcp as s")
    plain.sees("socket() =")
    plain.type("/option syncnt 1")
    plain.type("/connect %s 80" % PEER)
    plain.type("/info")
    ok(says(plain, "waiting for SYN,ACK *") and "nothing to send" not in plain.text, "SYN_SENT waits for SYN,ACK")
    ok(plain.sees("= -1 ETIMEDOUT"), "nobody answers")
    plain.type("/why")
    ok(plain.sees("Segments sent again: "), "/why counts")
    ok(says(plain, "The retransmission timeout (RTO) was ") and "The wait before" not in plain.text, "and says what the timeout was, not how long was waited")
    said = int(re.search(r"Segments sent again: (\d+)", plain.text).group(1))
    count = len([segment for segment in capture.take() if segment[1] == 80 and segment[2] == SYN])
    same(said + 1, count, "as many SYNs as were captured")
    plain.leave()


def too_large():
    plain = Plain()
    plain.type("/set eol none")
    plain.sees("eol")
    plain.type("/open udp %s 9 as u" % PEER)
    plain.sees("ready")
    plain.type("/option mtu_discover do")
    plain.sees("is do")
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.connect((PEER, 9))
    mtu = udp.getsockopt(socket.IPPROTO_IP, 14)
    type_bytes(plain, mtu - 27)
    ok(plain.sees("MTU %d *, so %d fit" % (mtu, mtu - 28)), "too large for the MTU: the kernel's, less the headers")
    plain.erase()  # a line that was not sent comes back
    plain.type("/option mtu_discover dont")
    plain.sees("is dont")
    type_bytes(plain, 65508)
    ok(plain.sees("IPv4 carries at most 65507"), "too large for IPv4")
    ok("MTU" not in plain.text.split("65508 bytes in one datagram")[-1].split("\n")[0], "the MTU is not to blame")
    try:
        udp.setsockopt(socket.IPPROTO_IP, 10, 0)
        udp.send(b"x" * 65507)
        fits = True
        udp.send(b"x" * 65508)
    except OSError as error:
        same(error.errno, 90, "a socket of the test says EMSGSIZE")
    ok(fits, "for one more than fit")
    plain.erase()
    plain.leave()


# ---- bytes ----

def held_back():
    listener, port = server()
    plain = Plain()
    plain.type("/open 127.0.0.1 %d as c" % port)
    plain.sees("connected in")
    peer = listener.accept()[0]
    plain.type("/option cork on")
    plain.sees("TCP_CORK is on")
    capture = Capture("lo")
    begun = time.time()
    plain.type("one")
    plain.type("/info")
    ok(says(plain, "held up by cork ?"), "what TCP_CORK holds is held up by it")
    segments = capture.wait(lambda segment: segment[1] == port and segment[3])
    data = [segment for segment in segments if segment[1] == port and segment[3]][0]
    capture.wait(lambda segment: segment[0] == port and segment[4] >= data[4])
    ok(data[4] - begun > 0.15, "the segment leaves after 200 ms")
    peer.recv(10)
    plain.type("/stream")
    ok(says(plain, "is held back: less than a full segment"), "/stream says so")
    ok("delays its ACK" not in plain.text, "and does not blame the peer's ACK")
    plain.leave()


def datagrams():
    plain = Plain()
    plain.type("/socket udp as u")
    plain.sees("socket() =")
    plain.type("/bind 0")
    port = port_after(plain, "bound to 127.0.0.1:")
    plain.type("/view trace")
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for text in b"one", b"three":
        udp.sendto(text, ("127.0.0.1", port))
    ok(plain.sees("readable: next datagram 3 bytes *"), "the kernel says how long the next one is")
    with open("/proc/net/udp", encoding="ascii") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    waiting = [int(row[4].split(":")[1], 16) for row in rows if int(row[1].split(":")[1], 16) == port]
    ok(waiting and waiting[0] > 3, "though more than that waits, by /proc/net/udp")
    plain.type("/recv")
    ok(plain.sees("next datagram 5 bytes *"), "then the next one")
    udp.sendto(b"0123456789", ("127.0.0.1", port))
    plain.type("/recv")
    plain.type("/recv 4")
    ok(plain.sees("recvfrom(4, MSG_TRUNC) = 10"), "a call that asks for it returns the length before the cut")
    plain.leave()


def fast_open():
    listener, port = server()
    listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 5)
    plain = Plain()
    capture = Capture("lo")
    for name in "first", "second":
        plain.type("/socket tcp as %s" % name)
        plain.sees("socket() =")
        plain.type("/option fastopen_connect on")
        plain.sees("is on")
        capture.take()
        capture.seen = []
        plain.type("/connect 127.0.0.1 %d" % port)
        if name == "first":
            ok(plain.sees("connected in"), "the first connection gets the cookie")
            listener.accept()
            continue
        ok(plain.sees("connect() = 0, but not connected"), "connect() returns, and is not taken for a connection")
        same([segment for segment in capture.take() if segment[2] & SYN], [], "no SYN has left")
        plain.type("/view trace")
        plain.type("abc")
        ok(plain.sees("SYN_SENT → ESTABLISHED *") and plain.sees("connected: SYN,ACK has come"), "it is there after send()")
        segments = capture.wait(lambda segment: segment[2] & SYN and segment[1] == port)
        first = [segment for segment in segments if segment[2] & SYN][0]
        same((first[2], first[3]), (SYN, 4), "whose bytes are in the SYN")
    plain.leave()


# ---- calls ----

NAMES = ("socket", "connect", "getsockopt", "setsockopt", "getsockname", "sendmsg", "sendto", "send", "recv", "recvfrom", "recvmsg",
         "accept", "bind", "listen", "shutdown", "close")


def own_calls():
    if not can_trace():
        skip("no strace")
        return
    listener, port = server()
    log = os.path.join(os.environ.get("TMPDIR", "/tmp"), "truths-%d.strace" % os.getpid())
    plain = Plain(under=["strace", "-D", "-f", "-qq", "-e", "trace=network,close", "-o", log])
    plain.type("/set view trace")
    plain.type("/open 127.0.0.1 %d as c" % port)
    ok(plain.sees("connect(127.0.0.1:%d) = 0 after " % port), "connect() is one call with its result")
    ok("EINPROGRESS" not in plain.text and "SO_ERROR" not in plain.text and "getsockname" not in plain.text
       and "TIMESTAMP" not in plain.text, "and what the program calls for itself is hidden")
    same(plain.text.count("connect(127.0.0.1:%d)" % port), 1, "once")
    peer = listener.accept()[0]
    plain.type("Hello, server!")
    ok(plain.sees("send(\"Hello, server!\\n\") = 15"), "send() with its line end")
    peer.sendall(b"back\n")
    ok(plain.sees("[back\\n]"), "recv() with its own")
    ok("EAGAIN" not in plain.text and "MSG_ERRQUEUE" not in plain.text, "and not that there is no more")
    plain.type("/set own-calls on")
    plain.type("/open 127.0.0.1 %d as d" % port)
    ok(plain.sees("connect(127.0.0.1:%d) = -1 EINPROGRESS" % port) and plain.sees("getsockopt(SO_ERROR) = 0")
       and plain.sees("getsockname() = 0"), "on request the steps are shown")
    fd = int(re.search(r"socket\(AF_INET, SOCK_STREAM\) = (\d+)", plain.text).group(1))
    plain.sees("SO_TIMESTAMPING")
    plain.type("x")
    ok(plain.sees("send") and plain.sees("(\"x\\n\") = 2"), "and a send()")
    listener.accept()[0].recv(10)
    shown = plain.text
    plain.leave()
    with open(log, encoding="utf-8", errors="replace") as file:
        traced = [re.sub(r"^\d+ +", "", line) for line in file]
    os.unlink(log)
    sent = [line for line in traced if re.match(r"send\w*\(%d, " % fd, line) and '"x\\n"' in line]
    name = re.search(r"(send\w*)\(\"x\\n\"\)", shown).group(1)
    ok(sent and sent[0].startswith(name + "("), "by the name of the call that strace saw: %s" % name)
    steps = [line.split("(")[0] for line in traced if re.match(r"(connect|getsockopt)\(%d, " % fd, line)
             and ("sin_port" in line or "SO_ERROR" in line)]
    same(steps, ["connect", "getsockopt", "connect"], "which saw the steps of connect()")


if not enter_namespace():
    done()
watchdog(100)
time_wait(False)
time_wait(True)
closing()
queue()
advice()
addresses()
refused()
reset_in_queue()
timed_out()
too_large()
held_back()
datagrams()
fast_open()
own_calls()
done()
