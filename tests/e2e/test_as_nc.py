# SPDX-License-Identifier: GPL-3.0-or-later
"""--nc, or called nc or netcat: as OpenBSD's nc does it. Where that is installed it is run beside us, and what both say
is compared byte for byte."""

import os
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
        port = free_port()
        process = sockpit("--nc", *args, port)
        same(wait_bound(process, port), [address], "nc %s binds %s only" % (" ".join(args), address))
        end(process)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return port_of(taken)


def addresses_of(port):
    """Of all sockets that wait on this port, from /proc/net."""
    found = set()
    for name, state in (("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")):
        try:
            lines = open("/proc/net/" + name, encoding="ascii").read().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            local, there = line.split()[1], line.split()[3]
            number, held = local.split(":")
            if int(held, 16) != port or there != state:
                continue
            raw = bytes.fromhex(number)
            raw = b"".join(raw[i:i + 4][::-1] for i in range(0, len(raw), 4)) if sys.byteorder == "little" else raw
            found.add(socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw))
    return sorted(found)


def wait_bound(process, port):
    stop = time.monotonic() + DEADLINE
    while time.monotonic() < stop and process.poll() is None:
        found = addresses_of(port)
        if found:
            return found
    return []


def ipv6_takes_ipv4():
    port = free_port()
    process = sockpit("--nc", "-6", "-l", port)
    if not wait_bound(process, port):
        end(process)
        return skip("no IPv6 here")
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as client:
        client.sendall(b"four")
        same(read_until(process.stdout, b"four"), b"four", "-6 is reached over IPv4, too")
    end(process)


watchdog(55)
OTHER = openbsd_nc()
mistakes_are_status_1()
the_name_decides()
addresses_bound()
ipv6_takes_ipv4()
if not OTHER:
    skip("no nc of OpenBSD here to compare with")
done()
