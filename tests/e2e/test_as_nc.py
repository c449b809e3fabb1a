# SPDX-License-Identifier: GPL-3.0-or-later
"""--nc, or called nc or netcat: as OpenBSD's nc does it. Where that is installed it is run beside us, and what both say
is compared byte for byte."""

import os
import select
import shutil
import socket
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403

MISTAKES = (
    ["-l"], ["-k", "h", "1"], ["-lz", "1"], ["h"], ["-w", "x", "h", "1"], ["-w", "-1", "h", "1"], ["-q", "x", "h", "1"],
    ["-i", "-1", "h", "1"], ["-W", "0", "h", "1"], ["-I", "0", "h", "1"], ["-O", "9999999999", "h", "1"],
    ["-M", "300", "h", "1"], ["-m", "x", "h", "1"], ["-T", "zz", "h", "1"], ["-V", "1", "h", "1"],
    ["h", "70000"], ["h", "0"], ["h", "foo"],
)


def openbsd_nc():
    """The path of the other nc, None where it is not of that sort."""
    path = shutil.which("nc.openbsd") or shutil.which("nc")
    if not path:
        return None
    told = subprocess.run([path, "-h"], capture_output=True, timeout=DEADLINE, check=False)
    return path if b"OpenBSD netcat" in told.stderr + told.stdout else None


def run_other(*args, given=b""):
    result = subprocess.run(["nc", *map(str, args)], executable=OTHER, input=given, capture_output=True, timeout=DEADLINE, check=False)
    return result.returncode, result.stdout, result.stderr


def linked(name):
    """Us, under another name."""
    path = os.path.join(tempfile.mkdtemp(), name)
    os.symlink(shutil.which("sockpit"), path)
    return path


def mistakes_are_status_1():
    for args in MISTAKES:
        got = run("--nc", *args)
        ok(got[0] == 1 and got[1] == b"" and got[2].startswith(b"nc: ") and got[2].count(b"\n") == 1,
           "nc %s: %r" % (" ".join(args), got))
        if OTHER:
            same(got, run_other(*args), "as nc says it")
    status, out, err = run("--nc")
    ok(status == 1 and out == b"" and err.startswith(b"usage: nc "), "without any word the usage: %r" % err)
    status, out, err = run("--nc", "-e", "sh", "h", "1")
    ok(status == 1 and err.startswith(b"nc: invalid option -- 'e'\nusage: nc "), "-e is none: %r" % err)
    status, out, err = run("--nc", "-h")
    ok(status == 0 and b"usage: nc " in err and out == b"", "-h is status 0")


def the_name_decides():
    for name in ("nc", "netcat"):
        result = subprocess.run([linked(name), "h"], capture_output=True, timeout=DEADLINE, check=False)
        same((result.returncode, result.stderr), (1, name.encode() + b": missing port number\n"), "called " + name)


def addresses_bound():
    for args, address in ((["-l"], "0.0.0.0"), (["-4", "-l"], "0.0.0.0"), (["-6", "-l"], "::"),
                          (["-l", "127.0.0.1"], "127.0.0.1"), (["-l", "::1"], "::1"), (["-ul"], "0.0.0.0")):
        process = sockpit("--nc", *args, "0")
        same([bound[0] for bound in wait_bound(process)], [address], "nc %s binds %s only" % (" ".join(args), address))
        end(process)


def closed_port(kind=socket.SOCK_STREAM, held=[]):
    """Where nobody listens: ours, so that nobody else takes it meanwhile."""
    held.append(refuser(kind))
    return port_of(held[-1])


def ports_in_a_row(count):
    """Sockets at ports that follow each other, of which nobody else gets one."""
    while True:
        held = [refuser()]
        try:
            while len(held) < count:
                held.append(socket.socket())
                held[-1].bind(("127.0.0.1", port_of(held[0]) + len(held) - 1))
            return held
        except (OSError, OverflowError):
            for sock in held:
                sock.close()


def addresses_of(process):
    """Address and port of the sockets on which it waits, from /proc."""
    found, own = set(), set()
    try:
        for fd in os.listdir("/proc/%d/fd" % process.pid):
            own.add(os.readlink("/proc/%d/fd/%s" % (process.pid, fd)))
    except OSError:
        return []
    for name, state in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        try:
            lines = open("/proc/net/" + name, encoding="ascii").read().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            local, there = line.split()[1], line.split()[3]
            number, port = local.split(":")
            if there != state or "socket:[%s]" % line.split()[9] not in own:
                continue
            raw = bytes.fromhex(number)
            raw = b"".join(raw[i:i + 4][::-1] for i in range(0, len(raw), 4)) if sys.byteorder == "little" else raw
            found.add((socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw), int(port, 16)))
    return sorted(found)


def wait_bound(process):
    stop = time.monotonic() + DEADLINE
    while time.monotonic() < stop and process.poll() is None:
        found = addresses_of(process)
        if found:
            return found
    return []


def ipv6_takes_ipv4():
    process = sockpit("--nc", "-6", "-l", "0")
    bound = wait_bound(process)
    if not bound:
        end(process)
        return skip("no IPv6 here")
    with socket.create_connection(("127.0.0.1", bound[0][1]), DEADLINE) as client:
        client.sendall(b"four")
        same(read_until(process.stdout, b"four"), b"four", "-6 is reached over IPv4, too")
    end(process)


def both(*args, **more):
    """What we say as nc; the same as the other says, where it is there."""
    got = run("--nc", *args, **more)
    if OTHER:
        same(got, run_other(*args), "nc %s: as the other says it" % " ".join(map(str, args)))
    return got


def probes():
    with listener(backlog=64) as open_port:
        there, closed = port_of(open_port), closed_port()
        same(both("-z", "127.0.0.1", there), (0, b"", b""), "-z is silent, and 0 where the port is open")
        same(both("-z", "127.0.0.1", closed), (1, b"", b""), "1 where it is closed")
        refused = b"nc: connect to 127.0.0.1 port %d (tcp) failed: Connection refused\n" % closed
        reached = b"Connection to 127.0.0.1 %d port [tcp/*] succeeded!\n" % there
        same(both("-zv", "127.0.0.1", closed), (1, b"", refused), "-v says that it is closed")
        same(both("-zv", "127.0.0.1", there), (0, b"", reached), "and that it is open")
        same(both("-nzv", "127.0.0.1", closed, there, closed), (0, b"", refused + reached + refused), "each of several")
        named = refused.replace(b"127.0.0.1", b"localhost (127.0.0.1)")
        same(both("-4", "-zv", "localhost", closed), (1, b"", named), "a name, and the address that it has")
        row = ports_in_a_row(3)
        row[1].listen()
        both("-zv", "127.0.0.1", "%d-%d" % (port_of(row[0]), port_of(row[2])))
    status, out, err = both("-zv", "nowhere.invalid", "80", "81")
    ok(status == 1 and err.count(b"\n") == 1, "a name that is none ends it: %r" % err)
    both("-nz", "localhost", "80")
    both("-p", closed_port(), "-s", "192.0.2.1", "127.0.0.1", closed)
    both("-v", "127.0.0.1", closed)
    for family, address in (("-4", "::1"), ("-6", "127.0.0.1")):
        both(family, address, closed)
        both(family, "-l", address, closed)
    same(both("127.0.0.1", closed), (1, b"", b""), "without -v not even a refusal is said")
    both("-l", "192.0.2.1", "7001")
    both("-l", "nowhere.invalid", "7001")
    closed = closed_port(socket.SOCK_DGRAM)
    both("-uz", "127.0.0.1", closed)
    same(both("-uzv", "127.0.0.1", closed), (1, b"", b""), "UDP that is refused")


def probes_of_udp():
    with listener(kind=socket.SOCK_DGRAM) as server:
        process = sockpit("--nc", "-uzv", "-w", "1", "127.0.0.1", port_of(server), stdin=subprocess.DEVNULL)
        got = [server.recvfrom(100)[0] for _ in range(3)]
        same(got, [b"X"] * 3, "-v sends datagrams to a port of UDP")
        same(process.communicate(timeout=DEADLINE)[1],
             b"Connection to 127.0.0.1 %d port [udp/*] succeeded!\n" % port_of(server), "and takes silence for success")
        same(process.returncode, 0, "with status 0")


def udp_is_proven_before_it_is_used():
    with listener(kind=socket.SOCK_DGRAM) as server:
        process = sockpit("--nc", "-uv", "-w", "1", "127.0.0.1", port_of(server))
        process.stdin.write(b"word")
        process.stdin.flush()
        data, peer = server.recvfrom(100)
        server.sendto(b"early", peer)
        got = [data] + [server.recvfrom(100)[0] for _ in range(3)]
        same(got, [b"X", b"X", b"X", b"word"], "with -v datagrams go before the input")
        same(read_until(process.stdout, b"early"), b"early", "and what comes meanwhile is not lost")
        end(process)
    status, out, err = run("--nc", "-uv", "127.0.0.1", closed_port(socket.SOCK_DGRAM), given=b"word")
    same((status, out, err), (1, b"", b""), "a port that refuses them is not used")


def udp_keeps_to_its_first_peer():
    """Also on a wildcard address, by connect(): the kernel refuses others."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        server = sockpit("--nc", "-ul", "0")
        for client in (first, other):
            client.settimeout(DEADLINE)
            client.connect(("127.0.0.1", wait_bound(server)[0][1]) if client is first else first.getpeername())
        first.send(b"first\n")
        read_until(server.stdout, b"first\n")
        server.stdin.write(b"answer\n")
        server.stdin.flush()
        same(first.recv(100), b"answer\n", "the first peer is answered")
        try:
            other.send(b"other\n")
            other.recv(100)
            ok(False, "another is refused")
        except ConnectionRefusedError:
            ok(True, "another is refused")
        end(server)


def shutdowns(*args):
    """The calls of shutdown() in a run as nc on UDP whose input has ended."""
    with tempfile.TemporaryDirectory() as directory, listener(kind=socket.SOCK_DGRAM) as server:
        trace = os.path.join(directory, "trace")
        process = subprocess.Popen(["strace", "-D", "-qq", "-e", "trace=shutdown", "-o", trace, "sockpit", "--nc", "-uW1", *args, "127.0.0.1",
                                    str(port_of(server))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(b"word")
        process.stdin.close()
        process.stdin = None
        peer, stop, text = server.recvfrom(100)[1], time.monotonic() + DEADLINE, ""
        while args and not text and time.monotonic() < stop and process.poll() is None:
            with open(trace, encoding="ascii") as file:
                text = file.read()
        server.sendto(b"answer", peer)
        same(process.communicate(timeout=DEADLINE)[0], b"answer", "nc -u %s still receives" % " ".join(args))
        with open(trace, encoding="ascii") as file:
            return [line.split(", ", 1)[1].strip() for line in file if line.startswith("shutdown(")]


def udp_is_shut():
    """No peer sees it: only others' tests do."""
    if not can_trace():
        return skip("no strace here, or it may not")
    for args, want in (([], []), (["-N"], ["SHUT_WR) = 0"]), (["-q", "%d" % DEADLINE], ["SHUT_WR) = 0"])):
        got = [" ".join(call.split()) for call in shutdowns(*args)]
        same(got, want, "nc -u %s: shutdown()" % " ".join(args))


def limits_of_each_address():
    full = listener(backlog=0)
    fillers = []
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
        fillers.append(filler)
        select.select([full], [], [], DEADLINE)  # the first has been queued, and none after it is
    told = b"nc: connect to 127.0.0.1 port %d (tcp) timed out: Operation now in progress\n" % port_of(full)
    same(both("-v", "-w", "1", "127.0.0.1", port_of(full)), (1, b"", told), "-w limits connecting")


watchdog(55)
OTHER = openbsd_nc()
mistakes_are_status_1()
the_name_decides()
addresses_bound()
ipv6_takes_ipv4()
probes()
probes_of_udp()
udp_is_proven_before_it_is_used()
udp_keeps_to_its_first_peer()
udp_is_shut()
limits_of_each_address()
if not OTHER:
    skip("no nc of OpenBSD here to compare with")
done()
