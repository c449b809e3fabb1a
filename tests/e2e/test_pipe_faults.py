# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipe mode where calls are interrupted, would wait, or move less than was asked: no byte is lost, none twice. And
which system calls it makes."""

import os
import re
import socket
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from conversation import *  # noqa: E402,F403

FAULTS = os.path.join(os.environ.get("builddir", "."), "tests", "support", "faults.so")
SEEDS = range(1, 4)
DATA = os.urandom(300000)


# ---- faults ----

def faulty(seed):
    return dict(os.environ, LD_PRELOAD=FAULTS, FAULTS=str(seed), FAULTS_LOG=LOG)


def strikes():
    """Whether the library is there, and what it stands for are the program's calls: with a sanitizer they are not."""
    if not os.path.exists(FAULTS) or is_sanitized():
        return False
    process, peer = client_of(stdin=NULL, env=faulty(1))
    peer.close()
    finish(process)
    return os.path.exists(LOG) and any(int(line) for line in open(LOG))


def feed(stream, data):
    with stream:
        stream.write(data)


def collect(stream, got):
    got.append(stream.read())


def converse(process, peer, name, seed, sent, came=DATA):
    """What the program is given and the peer sends go through at once."""
    got = []
    threads = [threading.Thread(target=collect, args=(process.stdout, got))]
    if process.stdin:
        threads.append(threading.Thread(target=feed, args=(process.stdin, sent)))
    threads.append(threading.Thread(target=lambda: (peer.sendall(came), peer.shutdown(socket.SHUT_WR))))
    for thread in threads:
        thread.start()
    arrived = receive_all(peer)
    for thread in threads:
        thread.join(DEADLINE)
    process.wait(DEADLINE)
    err = process.stderr.read()
    ok(arrived == sent and got == [came] and process.returncode == 0 and not err,
       "%s, seed %d: %d of %d bytes out, %d of %d in, status %s %r" % (name, seed, len(arrived), len(sent), len(got and got[0]),
                                                                      len(came), process.returncode, err))


def no_byte_is_lost():
    for seed in SEEDS:
        converse(*client_of(env=faulty(seed)), "pipes", seed, DATA)
        converse(*client_of("--output", "/dev/null", env=faulty(seed)), "copies", seed, DATA)
        with tempfile.TemporaryFile() as file:
            file.write(DATA)
            file.seek(0)
            converse(*client_of(stdin=file, env=faulty(seed)), "a file", seed, DATA)
        process, port = server_of("--half-close", env=faulty(seed))
        converse(process, connect(port), "a listener", seed, DATA)
        line_ends(seed)
        datagrams(seed)


def line_ends(seed):
    process, peer = client_of("-C", env=faulty(seed))
    thread = threading.Thread(target=feed, args=(process.stdin, b"a line\r\nanother\n" * 9999))
    thread.start()
    arrived = receive_all(peer)
    thread.join(DEADLINE)
    peer.close()
    process.stdin = None
    same((finish(process)[0], arrived == b"a line\r\nanother\r\n" * 9999), (0, True), "line ends, seed %d" % seed)


def datagrams(seed):
    """Few enough to be held by any socket, however late we read."""
    server = listener(kind=socket.SOCK_DGRAM)
    words = [b"word %d\n" % number for number in range(50)]
    process = sockpit("-u", "--datagram", "line", "127.0.0.1", port_of(server), env=faulty(seed))
    process.stdin.write(b"".join(words))
    process.stdin.close()
    process.stdin = None
    arrived = []
    for _ in words:
        data, peer = server.recvfrom(100)
        arrived.append(data)
        server.sendto(data.upper(), peer)
    status, out, err = finish(process)
    same((arrived, status, out, err), (words, 0, b"".join(words).upper(), b""), "datagrams, seed %d" % seed)


# ---- system calls ----

# What libraries and the loader do, also later: a look-up loads them, a thread makes it.
COMMON = """access arch_prctl brk clone clone3 close dup dup2 dup3 epoll_create1 epoll_ctl epoll_wait execve exit exit_group faccessat2
    fcntl fstat futex getdents64 geteuid getpid getppid getrandom getrlimit gettid getuid lseek madvise mmap mprotect mremap munmap newfstatat
    openat pipe2 poll pread64 prlimit64 read readlink readlinkat rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity
    set_robust_list set_tid_address sigaltstack statx sysinfo timerfd_create timerfd_settime uname write writev""".split()
SOCKETS = """accept4 bind connect getpeername getsockname getsockopt ioctl listen pselect6 recvfrom recvmsg sendfile sendmsg sendto setsockopt
    shutdown socket splice""".split()


def traced(*args, **more):
    """The program under strace, which stays in the background."""
    return subprocess.Popen(["strace", "-D", "-f", "-qq", "-o", TRACE, "sockpit", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def calls_of(process):
    process.wait(DEADLINE)
    text, stop = "", time.monotonic() + DEADLINE
    while "exit_group(" not in text and time.monotonic() < stop:
        with open(TRACE, errors="replace") as trace:
            text = trace.read()
    return text


def only_known_calls(name, process):
    text = calls_of(process)
    calls = set(re.findall(r"^\d+ +(\w+)\(", text, re.MULTILINE))
    ok(calls and calls <= set(COMMON) | set(SOCKETS), "%s: no other calls: %s" % (name, sorted(calls - set(COMMON) - set(SOCKETS))))
    runs = re.findall(r"^\d+ +execve\(.*= 0$", text, re.MULTILINE)
    ok(len(runs) == 1, "it runs no program")
    writes = re.findall(r"openat\([^)\n]*O_(?:WRONLY|RDWR|CREAT)[^)\n]*", text)
    ok(all("/dev/" in line or "/proc/" in line for line in writes), "and opens no file to write to: %s" % writes)


def system_calls():
    if not can_trace():
        return skip("no strace here, or it may not")
    server = listener()
    with tempfile.TemporaryFile() as file:
        file.write(DATA)
        for kind in ("a pipe", "a file", "a name"):
            file.seek(0)
            host = "localhost" if kind == "a name" else "127.0.0.1"
            process = traced("-4", host, port_of(server), stdin=file if kind == "a file" else NULL)
            peer, _ = server.accept()
            peer.settimeout(DEADLINE)
            if kind == "a file":
                receive_all(peer)
            peer.sendall(b"answer")
            peer.close()
            only_known_calls(kind, process)
    process = traced("-l", "0", stdin=NULL)
    client = connect(listening_port(process))
    client.sendall(b"question")
    client.close()
    only_known_calls("a listener", process)
    server = listener(kind=socket.SOCK_DGRAM)
    process = traced("-u", "127.0.0.1", port_of(server), stdin=subprocess.PIPE)
    process.stdin.write(b"question")
    process.stdin.close()
    data, peer = server.recvfrom(100)
    server.sendto(data, peer)
    only_known_calls("datagrams", process)


watchdog(110)
with tempfile.TemporaryDirectory() as directory:
    LOG, TRACE = os.path.join(directory, "faults"), os.path.join(directory, "trace")
    if strikes():
        no_byte_is_lost()
    else:
        skip("the library that makes calls fail is not there, or does not reach the program")
    system_calls()
done()
