# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions on the two hosts of the sandbox in the running program. The witness is /proc/net of the processes that are
these hosts, and of this one: who has which socket in which state."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403
from plain import Plain, descendants  # noqa: E402

LISTEN, ESTABLISHED, TIME_WAIT = "0A", "01", "06"


def sockets(pid, table="tcp"):
    """(local address, remote address, state) of each socket of that process's host."""
    with open("/proc/%d/net/%s" % (pid, table)) as file:
        return [tuple(line.split()[1:4]) for line in file.readlines()[1:]]


def at(address, port):
    """As /proc/net/tcp writes it."""
    return "%08X:%04X" % (int.from_bytes(socket.inet_aton(address), sys.byteorder), port)


def addresses(pid):
    with open("/proc/%d/net/fib_trie" % pid) as file:
        return set(re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", file.read()))


def hosts_of(program):
    """The processes that are left and right."""
    found = {}
    for pid in descendants(program.process.pid):
        for name, address in (("left", "192.0.2.1"), ("right", "192.0.2.2")):
            if address in addresses(pid) and name not in found:
                found[name] = pid
    return found


def has(pid, state, local, remote=None, table="tcp"):
    """Waits until that host has such a socket."""
    end = time.monotonic() + DEADLINE
    while True:
        for row in sockets(pid, table):
            if row[2] == state and row[0] == local and (remote is None or row[1] == remote):
                return True
        if time.monotonic() > end:
            return False


def has_now(pid, local):
    return any(row[0] == local for row in sockets(pid))


def start(*args):
    program = Plain("--sandbox", *args)
    program.sees("1>") if args else program.sees(">")
    return program


def address_decides(program, hosts):
    here, left, right = os.getpid(), hosts["left"], hosts["right"]
    program.type("/listen 192.0.2.2:80 echo")
    ok(program.sees("listening on right 192.0.2.2:80"), "a listener on 192.0.2.2")
    ok(has(right, LISTEN, at("192.0.2.2", 80)), "lives on right, says the kernel")
    ok(not has_now(left, at("192.0.2.2", 80)), "not on left")
    ok((at("192.0.2.2", 80), at("0.0.0.0", 0), LISTEN) not in sockets(here), "nor on this machine")
    program.type("/open 192.0.2.2:80 as web")
    ok(program.sees("⇄ right 192.0.2.2:80 connected in"), "a conversation with it")
    port = int(re.search(r"left 192\.0\.2\.1:(\d+) ⇄", program.text).group(1))
    ok(has(left, ESTABLISHED, at("192.0.2.1", port), at("192.0.2.2", 80)), "starts on left")
    ok(has(right, ESTABLISHED, at("192.0.2.2", 80), at("192.0.2.1", port)), "and is accepted on right")
    program.type("hello")
    ok(program.sees("←  hello"), "echoes")
    program.type("/open right:80 from right as same")
    ok(program.sees("right 192.0.2.2:") and program.sees("⇄ right 192.0.2.2:80 connected"), "from right")
    program.type("/close @web")
    program.sees("closed")
    ok(has(left, TIME_WAIT, at("192.0.2.1", port), at("192.0.2.2", 80)), "closed, it is in TIME_WAIT on left")
    program.type("/sessions")
    ok(program.sees("TIME_WAIT"), "which is followed and shown")
    ok(re.search(r"web\s+TIME_WAIT \d+ s\S*\s+↑\d+ ↓\d+\s+left :\d+ ⇄ right 192\.0\.2\.2:80", program.text), "with the time left, and where")


def loopbacks(program, hosts):
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    port = held.getsockname()[1]
    held.listen(1)
    program.type("/listen %d echo" % port)
    ok(program.sees("EADDRINUSE"), "a port that is taken on this machine")
    for host in ("left", "right"):
        program.type("/listen 127.0.0.1:%d echo on %s" % (port, host))
        ok(program.sees("listening on %s 127.0.0.1:%d (loopback only)" % (host, port)), "is free on %s" % host)
        ok(has(hosts[host], LISTEN, at("127.0.0.1", port)), "as the kernel says")
    program.type("/open 127.0.0.1:%d on left as near" % port)
    ok(program.sees("left 127.0.0.1:%d connected" % port), "a conversation on left's loopback")
    program.type("/open 127.0.0.1:%d as here" % port)
    ok(program.sees("connected in"), "and one on this machine's")
    held.settimeout(DEADLINE)
    peer, _ = held.accept()
    peer.settimeout(DEADLINE)
    program.type("every other address")
    same(peer.recv(100), b"every other address\n", "every other address is reached as always")
    peer.close()
    held.close()


def step_by_step(program, hosts):
    program.type("/socket tcp on right as server")
    ok(program.sees("TCP over IPv4 on right, paused"), "step by step")
    program.type("/bind 192.0.2.2:22")
    ok(program.sees("bound to right 192.0.2.2:22"), "a port below 1024")
    program.type("/backlog 1")
    ok(program.sees("listening on right 192.0.2.2:22") and has(hosts["right"], LISTEN, at("192.0.2.2", 22)), "listens there")
    program.type("/socket tcp on left as client")
    program.type("/connect right:22")
    ok(program.sees("⇄ right 192.0.2.2:22 connected"), "is reached from left")
    program.type("/view trace")
    ok(program.sees(" on left"), "the trace says where socket() was called")
    program.type("/accept @server as taken")
    program.type("/sessions")
    ok(program.sees("taken") and program.sees("right :22"), "accepted on right")
    program.type("/code @client python")
    ok(program.sees("is on left, a host of the sandbox"), "a program says where it ran")
    path = os.path.join(program.home, "near.txt")
    program.type("/ladder @near " + path)
    program.sees("near.txt")
    with open(path, encoding="utf-8") as file:
        ok("  left 127.0.0.1:" in file.read(), "a ladder says on whose loopback it is")
    program.type("/view chat")


def traced(script):
    """The system calls of a script that could ask somebody for a name, and where it asks."""
    with tempfile.NamedTemporaryFile() as trace, tempfile.NamedTemporaryFile("w", suffix=".sp") as file:
        file.write(script)
        file.flush()
        subprocess.run(["strace", "-f", "-qq", "-e", "trace=openat,connect,sendto,sendmmsg", "-o", trace.name,
                        "sockpit", "-f", file.name], capture_output=True, check=False, timeout=DEADLINE)
        calls = trace.read().decode(errors="replace")
    return calls, re.findall(r"resolv\.conf|nsswitch|/etc/hosts|htons\(53\)|nscd", calls)


def not_asked():
    """Neither on nor off does anybody hear of left and right."""
    if not can_trace():
        skip("no strace here")
        return
    ok(traced("/open localhost:1\n")[1], "of another name a trace shows who is asked")
    same(traced("/open right:80\n")[1], [], "nobody is asked for right while the sandbox is off")
    calls, asked = traced("/sandbox on\n/listen right:80\n/open right:80\n")
    ok('inet_addr("192.0.2.2")' in calls, "while it is on it is connected to")
    same(asked, [], "and nobody is asked")
    status, out, err = run("right", "80")
    same((status, out), (1, b""), "in pipe mode, too, it is no name")
    ok(b"right is a host of the sandbox, which is off" in err, "and the line says what it is")


def demo():
    program = Plain("--sandbox", "--demo")
    ok(program.sees("left 192.0.2.1:") and program.sees("⇄ right 192.0.2.2:"), "--sandbox --demo is on the two hosts")
    program.type("demo")
    ok(program.sees("←  demo"), "and echoes")
    program.leave()
    program = Plain("--demo")
    ok(program.sees("⇄ 127.0.0.1:"), "--demo alone is on loopback")
    program.leave()


def main():
    watchdog(120)
    probe = Plain()
    probe.type("/sandbox on\r/and-then")
    probe.sees("no such command")
    refusal = re.search(r"!  (sandbox: .*)", probe.text)
    probe.leave()
    if refusal:
        skip(refusal.group(1).strip())
        done()
    program = Plain("--sandbox")
    program.type("/sessions")
    program.sees("no session")
    hosts = hosts_of(program)
    same(sorted(hosts), ["left", "right"], "two hosts")
    for case in (address_decides, loopbacks, step_by_step):
        case(program, hosts)
    program.leave()
    not_asked()
    demo()
    done()


main()
