# SPDX-License-Identifier: GPL-3.0-or-later
"""The Test Anything Protocol for tests in Python, and how they run sockpit: with a deadline, on loopback, and never
sleeping."""

import atexit
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

_make_directory = tempfile.mkdtemp
_maker, _directories = os.getpid(), []


def _mkdtemp(*args, **more):
    """Directories that a test makes go with it: some hold hundreds of megabytes."""
    _directories.append(_make_directory(*args, **more))
    return _directories[-1]


def _remove_directories():
    for directory in _directories if os.getpid() == _maker else ():
        shutil.rmtree(directory, ignore_errors=True)


tempfile.mkdtemp = _mkdtemp
atexit.register(_remove_directories)
DEADLINE = float(os.environ.get("TEST_DEADLINE", "30"))
_count = 0
_failed = 0


def ok(good, name):
    global _count, _failed
    _count += 1
    name = re.sub(r"[#\x00-\x1f\x7f]", "?", name)
    print(("" if good else "not ") + "ok %d - %s\n" % (_count, name), end="", flush=True)
    if not good:
        _failed += 1
        line = sys._getframe(1).f_lineno if sys._getframe(1).f_code.co_name != "same" else sys._getframe(2).f_lineno
        print("#   at line %d" % line, flush=True)
    return good


def same(got, want, name):
    if ok(got == want, name):
        return True
    print("#   got  %s\n#   want %s" % (repr(got)[:2000], repr(want)[:2000]), flush=True)
    return False


def skip(why):
    global _count
    _count += 1
    print("ok %d # SKIP %s" % (_count, why), flush=True)


def done():
    print("1..%d" % _count)
    sys.exit(1 if _failed else 0)


def watchdog(seconds):
    """Four times as long on a machine that has other work."""
    def bark(number, frame):
        print("Bail out! hung near line %d" % frame.f_lineno, flush=True)
        sys.exit(99)
    signal.signal(signal.SIGALRM, bark)
    signal.alarm(4 * seconds)


def is_sanitized():
    told = subprocess.run(["sockpit", "-V"], env=dict(os.environ, ASAN_OPTIONS="help=1"), capture_output=True, check=False)
    return b"Sanitizer" in told.stderr + told.stdout


def can_trace():
    """strace is here, it may trace, and the program bears it: LeakSanitizer does not."""
    return shutil.which("strace") and not is_sanitized() and subprocess.run(
        ["strace", "-D", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


def sockpit(*args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more):
    """The program under test, in pipe mode."""
    return subprocess.Popen(["sockpit", *map(str, args)], stdin=stdin, stdout=stdout, stderr=stderr, **more)


def run(*args, given=b"", timeout=None, **more):
    """Runs to its end; returns status, output, errors."""
    process = sockpit(*args, **more)
    try:
        out, err = process.communicate(given, timeout or DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return "timeout", out, err
    return process.returncode, out, err


def read_until(stream, needle):
    """Bytes of a pipe until the needle has come; what came by then otherwise."""
    got, end = b"", time.monotonic() + DEADLINE
    while needle not in got:
        left = end - time.monotonic()
        if left <= 0 or not select.select([stream], [], [], left)[0]:
            break
        data = os.read(stream.fileno(), 65536)
        if not data:
            break
        got += data
    return got


def listening_port(process):
    """The port that a server says it got, from its standard error."""
    text = read_until(process.stderr, b"\n").decode(errors="replace")
    found = re.search(r"127\.0\.0\.1[: ](\d+)", text)
    if not found:
        print("# no port in %r" % text, flush=True)
        return 0
    return int(found.group(1))


def listener(family=socket.AF_INET, backlog=8, kind=socket.SOCK_STREAM):
    server = socket.socket(family, kind)
    server.settimeout(DEADLINE)
    server.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        server.listen(backlog)
    return server


def refuser(kind=socket.SOCK_STREAM):
    """A socket at whose port everybody is refused, and which nobody else gets while it is there."""
    held = socket.socket(socket.AF_INET, kind)
    held.bind(("127.0.0.1", 0))
    if kind == socket.SOCK_DGRAM:
        refuse(held)
    return held


def refuse(sock):
    """A listener, or a socket of UDP, becomes a refuser: as if closed, but nobody else gets its port."""
    if sock.type == socket.SOCK_STREAM:
        sock.shutdown(socket.SHUT_RDWR)
    else:
        sock.connect(sock.getsockname())  # it takes its own datagrams only


def port_of(sock):
    return sock.getsockname()[1]


def receive_all(sock):
    return b"".join(iter(lambda: sock.recv(65536), b""))


def was_reset(sock):
    """Whether what comes, which is dropped, ends by RST and not by FIN."""
    try:
        while sock.recv(65536):
            pass
        return False
    except ConnectionResetError:
        return True


def rss_of(process):
    """Resident memory, in bytes."""
    with open("/proc/%d/statm" % process.pid, encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def end(process):
    """Ends a process that this test started."""
    if process.poll() is None:
        process.terminate()
    try:
        process.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode
