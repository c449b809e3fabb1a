# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that speak netcat, beside each other: started, fed and waited for, many cases at the same time. A case is a
function of a Stage and says what is wrong by an exception."""

import concurrent.futures
import contextlib
import errno
import itertools
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from tap import DEADLINE, ok, port_of, refuse, skip

NOTHING, KEPT = "nothing", "kept"  # standard input from /dev/null; a pipe that stays open
LOOK_AGAIN = 0.02  # seconds, for what is not announced
# ncat reads all certificates of the system at its start, which costs more than the rest of a case.
NO_CERTIFICATES = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}


class Wrong(Exception):
    pass


def own_directories(pid):
    """What nc makes for a client of UNIX datagrams, in /tmp whatever TMPDIR says, and leaves there when it is killed."""
    sockets = set()
    with contextlib.suppress(OSError):  # it may end meanwhile
        for fd in os.listdir("/proc/%d/fd" % pid):
            sockets.update(re.findall(r"^socket:\[(\d+)\]$", os.readlink("/proc/%d/fd/%s" % (pid, fd))))
    lines = [line.split() for line in kernel_table("unix").splitlines()]
    return [os.path.dirname(line[7]) for line in lines if len(line) == 8 and line[6] in sockets and re.fullmatch(r"/tmp/nc-\w{6}/recv\.sock", line[7])]


class Program:
    """A started program, with what it has said until now."""

    def __init__(self, argv, given, **more):
        self.argv = argv
        if argv[0] == "ncat":
            more["env"] = dict(more.get("env", os.environ), **NO_CERTIFICATES)
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL if given is NOTHING else subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, **more)
        self.out, self.err, self.queue = b"", b"", b""
        self.open = {self.process.stdout: "out", self.process.stderr: "err"}
        self.pid = self.process.pid
        self.end = os.pidfd_open(self.pid) if hasattr(os, "pidfd_open") else -1
        self.hangs_up = False
        if given is not NOTHING:
            os.set_blocking(self.process.stdin.fileno(), False)
        if isinstance(given, bytes):
            self.say(given)
            self.hang_up()

    def say(self, data):
        self.queue += data
        self._write()

    def hang_up(self):
        """The end of standard input, after what is still to be written."""
        self.hangs_up = True
        self._write()

    def _write(self):
        stdin = self.process.stdin
        try:
            while self.queue:
                self.queue = self.queue[os.write(stdin.fileno(), self.queue[:65536]):]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.queue = b""
        if self.hangs_up and not stdin.closed:
            stdin.close()

    def _read(self, stream):
        data = os.read(stream.fileno(), 1 << 18)
        name = self.open[stream]
        setattr(self, name, getattr(self, name) + data)
        if not data:
            del self.open[stream]

    @property
    def status(self):
        return self.process.poll()

    def closed(self, name):
        return name not in self.open.values()

    def kill(self):
        """With all that it has started."""
        if self.process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def last_families(self):
        """Of a listener on IPv4 and IPv6, the one that it binds last; of any other, and where that is not known, both."""
        name = os.path.basename(self.argv[0])
        of_one = any(word in ("-4", "-6", "--nc") or re.search(r"::|^\d+\.|localhost", word) for word in self.argv[1:])
        if of_one or name not in ("ncat", "sockpit") or not has_ipv6():
            return tuple(FAMILIES)
        return ("",) if name == "ncat" else ("6",)

    def sleeps(self):
        """It waits for something to happen."""
        with open("/proc/%d/stat" % self.pid) as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "S"

    def __str__(self):
        return "%s: status %s, out %r, err %r" % (" ".join(self.argv), self.status, self.out[-500:], self.err[-500:])


class Stage:
    """What one case runs, in a directory of its own."""

    def __init__(self):
        self.programs, self.sockets = [], []
        self.directory = tempfile.mkdtemp(prefix="netcats.")
        self.directories = [self.directory]

    def start(self, argv, given=NOTHING, **more):
        more.setdefault("cwd", self.directory)
        program = Program([str(word) for word in argv], given, **more)
        self.programs.append(program)
        return program

    def keep(self, sock):
        """With a deadline, and closed with the case."""
        sock.settimeout(DEADLINE)
        self.sockets.append(sock)
        return sock

    def listener(self, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        server = self.keep(socket.socket(family, kind))
        server.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            server.listen(8)
        return server

    def free_port(self, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        """Where nobody listens: ours, so that nobody else takes it meanwhile."""
        taken = self.keep(socket.socket(family, kind))
        taken.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        if kind == socket.SOCK_DGRAM:
            refuse(taken)
        return port_of(taken)

    def unused_port(self):
        """For a program that must be told one. A name in the abstract keeps it from other tests; binding it to see
        whether that can be done could keep it from the program for a while."""
        while True:
            port = _unlent[next(_turns) % len(_unlent)]
            name = self.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            try:
                name.bind("\0netcats.%d" % port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            if port not in _taken:
                return port

    def wait(self, condition, what, announced=True):
        """Until it is true, while everybody reads and writes. Announced is what a program here says, and its end."""
        end = time.monotonic() + DEADLINE
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                raise Wrong("not in time: %s" % what)
            self._pump(left if announced and self._sees_ends() else min(left, LOOK_AGAIN))

    def _sees_ends(self):
        return all(program.end >= 0 for program in self.programs)

    def _pump(self, seconds):
        reads = {stream: program for program in self.programs for stream in program.open}
        writes = {program.process.stdin: program for program in self.programs if program.queue}
        ends = [program.end for program in self.programs if program.end >= 0 and program.process.returncode is None]
        readable, writable, _ = select.select(list(reads) + ends, list(writes), [], seconds)
        for stream in readable:
            if stream in reads:
                reads[stream]._read(stream)
            else:
                next(program for program in self.programs if program.end == stream).process.poll()
        for stream in writable:
            writes[stream]._write()

    def listens(self, program, port, kind="tcp"):
        """Waits until somebody can reach it, without reaching it."""
        families = program.last_families()
        self.wait(lambda: program.status is not None or is_bound(port, kind, families), "%s port %s" % (kind, port), announced=False)
        expect(program.status is None, "it ended with status %s" % program.status)

    def says(self, program, pattern, stream="err"):
        """Waits for a line; returns the match."""
        regex = re.compile(pattern.encode(), re.M)
        self.wait(lambda: regex.search(getattr(program, stream)) or
                  (program.status is not None and program.closed(stream)), "%r in %s" % (pattern, stream))
        found = regex.search(getattr(program, stream))
        if not found:
            raise Wrong("never said %r in %s" % (pattern, stream))
        return found

    def gets(self, program, data):
        """Its standard output becomes just this."""
        self.wait(lambda: len(program.out) >= len(data) or program.status is not None, "%r" % data[:100])
        self.wait(lambda: len(program.out) >= len(data) or program.closed("out"), "%r" % data[:100])
        expect(program.out == data, "out is %s, not %s" % (brief(program.out), brief(data)))

    def ends(self, program, status=0):
        self.wait(lambda: program.status is not None and not program.open, "the end of %s" % program.argv[0])
        expect(status is None or program.status == status, "status %s, not %s" % (program.status, status))

    def stays(self, program):
        """It has nothing to do any more, and goes on waiting."""
        self.wait(lambda: program.status is not None or program.sleeps(), "sleep", announced=False)
        expect(program.status is None, "it ended with status %s" % program.status)

    def end(self, program):
        self.note_directories(program)
        program.process.terminate()

    def note_directories(self, program):
        if (program.argv[0] == "nc" or "--nc" in program.argv) and "-U" in program.argv and program.status is None:
            self.directories += own_directories(program.pid)

    def done(self):
        for program in self.programs:
            self.note_directories(program)
        for sock in self.sockets:
            sock.close()
        for program in self.programs:
            program.kill()
            for stream in (program.process.stdin, program.process.stdout, program.process.stderr):
                if stream:
                    stream.close()
            if program.end >= 0:
                os.close(program.end)
        for directory in self.directories:
            shutil.rmtree(directory, ignore_errors=True)


def unlent_ports():
    """Those that nobody gets without asking for them; others where these are few."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
            first, last = map(int, file.read().split())
    except (OSError, ValueError):
        first, last = 32768, 60999
    unlent = max(range(10000, first), range(last + 1, 65536), key=len)
    return unlent if len(unlent) > 1000 else range(10000, 30000)


_unlent = unlent_ports()
_turns = itertools.count(os.getpid() * 61)  # which threads may share; a generator they may not


def kernel_table(name):
    try:
        with open("/proc/net/" + name) as table:
            return table.read()
    except OSError:
        return ""


def listening_ports(family):
    """Of TCP, by sock_diag(7): a look at /proc/net/tcp costs the kernel some milliseconds."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as kernel:  # NETLINK_SOCK_DIAG
        dump_by_family, listens = (20, 0x301), 1 << 10
        kernel.send(struct.pack("=IHHII BBBBI 48x", 72, *dump_by_family, 0, 0, family, socket.IPPROTO_TCP, 0, 0, listens))
        while True:
            data = kernel.recv(65536)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == 2:  # NLMSG_ERROR
                    raise OSError("no sock_diag here")
                if kind == 3:  # NLMSG_DONE
                    return
                yield struct.unpack_from("!H", data, 20)[0]
                data = data[(length + 3) & ~3:]


FAMILIES = {"": socket.AF_INET, "6": socket.AF_INET6}  # by what the kernel's tables have after "tcp"


def has_ipv6():
    """On loopback."""
    return bool(re.search(r"^0{31}1 ", kernel_table("if_inet6"), re.M))


def is_bound(port, kind, families):
    """Has the kernel a socket that waits there? The port of a UNIX socket is its path."""
    if kind == "unix": # a stream socket has its path some time before it listens
        return any(row[7:] == [port] and (row[3] == "00010000" or row[4] == "0002")
                   for row in map(str.split, kernel_table("unix").splitlines()))
    if kind == "tcp":
        try:
            return any(int(port) in listening_ports(family) for family in map(FAMILIES.get, families))
        except OSError:
            pass
    waits = re.compile(r":%04X [0-9A-F]+:0000 %s " % (int(port), "0A" if kind == "tcp" else "07"))
    return any(waits.search(kernel_table(name)) for name in [kind + family for family in families])


# What others have here, when this begins.
_taken = {int(port, 16) for name in ("tcp", "tcp6", "udp", "udp6")
          for port in re.findall(r"^ *\d+: [0-9A-F]+:([0-9A-F]{4}) ", kernel_table(name), re.M)}


def expect(good, why):
    if not good:
        raise Wrong(why)


def brief(data):
    return repr(data) if len(data) < 200 else "%r… (%d bytes)" % (data[:60], len(data))


def reset(sock):
    """An end by RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def run_cases(cases, workers=16):
    """Cases are (name, function of a Stage) or (name, why it is left out); the names are told in their order."""
    if not os.path.exists("/proc/net/tcp"):
        return skip("no /proc here to see who listens, and who waits")

    def attempt(case):
        name, act = case
        if not callable(act):
            return name, act, None
        stage = Stage()
        try:
            act(stage)
            return name, None, None
        except (Wrong, OSError, ValueError) as error:
            try:
                stage._pump(0)
            except OSError:
                pass
            return name, None, [str(error) or type(error).__name__] + [str(program) for program in stage.programs]
        finally:
            stage.done()

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for name, why, wrong in pool.map(attempt, cases):
            if why:
                skip("%s: %s" % (name, why))
            elif not ok(not wrong, name):
                print("".join("#   %s\n" % line for line in wrong), end="", flush=True)
