# SPDX-License-Identifier: GPL-3.0-or-later
"""/port against ss(8), which reads the same sockets by itself: sockets of this test, TIME_WAIT that it makes, UDP."""

import os
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403


def listed(port, least):
    """Rows of /port: (protocol, local, state, owner). One search for owners may end too early on a busy machine."""
    end = time.monotonic() + DEADLINE
    rows, text = list_once(port)
    while len(rows) < least and time.monotonic() < end:
        rows, text = list_once(port)
    return rows, text


def list_once(port):
    run = subprocess.run(["sockpit", "-f", "-"], input="/port %d\n" % port, capture_output=True, text=True,
                         timeout=DEADLINE, check=False)
    rows = [re.split(r"  +", line) for line in run.stdout.splitlines() if re.match("(tcp|udp) ", line)]
    return sorted((r[0], r[1], r[3].replace(" *", ""), r[4]) for r in rows
                  if "(pid %d)" % os.getpid() in r[4] or "TIME_WAIT" in r[3] and r[1] == "127.0.0.1:%d" % port), run.stdout


# Other programs may have the same number at other addresses, or of the other protocol: they are left out.
def line_of(row):
    return " ".join(row[6:])


def by_ss(port, *also):
    """What ss says: (protocol, local, state, pids)."""
    run = subprocess.run(["ss", "-Htunpa", *also, "sport", "=", str(port)], capture_output=True, text=True, check=False)
    rows = [line.split() for line in run.stdout.splitlines()]
    return sorted((r[0], r[4].replace("*:", "[::]:"), r[1], line_of(r)) for r in rows
                  if "pid=%d," % os.getpid() in line_of(r) or r[1] == "TIME-WAIT" and r[4] == "127.0.0.1:%d" % port)


SAME = {"LISTEN": "LISTEN", "ESTABLISHED": "ESTAB", "open": "UNCONN", "connected": "ESTAB"}


def agrees(port, name):
    theirs = by_ss(port)
    ours, text = listed(port, len(theirs))
    good = len(ours) == len(theirs)
    for mine, other in zip(ours, theirs):
        state = SAME.get(mine[2]) or ("TIME-WAIT" if mine[2].startswith("TIME_WAIT ") else mine[2])
        good = good and mine[:2] == other[:2] and state == other[2]
    if not ok(good, name):
        print("# /port: %s\n# ss: %s" % (ours, theirs), flush=True)
    return text


watchdog(60)
if not shutil.which("ss"):
    skip("no ss here")
    done()

def listener_and_udp():
    """At the same port, which somebody else may have of UDP."""
    while True:
        server, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(server.getsockname())
            return server, udp
        except OSError:
            server.close()
            udp.close()


server, udp = listener_and_udp()
port = port_of(server)
text = agrees(port, "a listener of another process")
ok("bind() to 127.0.0.1 or * fails with EADDRINUSE, with SO_REUSEADDR, too" in text, "in the way of bind()")
agrees(port, "and a UDP socket at the same port")
client = socket.create_connection(("127.0.0.1", port))
accepted = server.accept()[0]
agrees(port, "and a connection")
text = agrees(client.getsockname()[1], "the port of a client")
ok("bind() to 127.0.0.1 or * fails with EADDRINUSE, unless both" in text, "which connect() chose, is taken, too")
accepted.close()
client.recv(1)
client.close()
server.close()
udp.close()
text = agrees(port, "TIME_WAIT after close()")
left = re.search(r"TIME_WAIT (\d+) s \*", text)
ok(left and 0 < int(left.group(1)) <= 60, "with its time")

bound = socket.socket()
bound.bind(("127.0.0.3", 0))
port = bound.getsockname()[1]
kernel = tuple(int(n) for n in os.uname().release.split(".")[:2] if n.isdigit())
rows, text = listed(port, kernel >= (6, 8))
if kernel >= (6, 8):
    same([r[:3] for r in rows if r[1].startswith("127.0.0.3:")], [("tcp", "127.0.0.3:%d" % port, "bound")], "a socket that is only bound")
else:
    ok("this kernel does not list those" in text, "of a socket that is only bound nothing is claimed")
if socket.has_dualstack_ipv6():
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as six:
        text = agrees(six.getsockname()[1], "a listener at ::")
        ok("bind() to every IPv4 address or every IPv6 address fails" in text, "that takes IPv4, too")

run = subprocess.run(["sockpit", "-f", "-"], input="/socket tcp\n/bind 127.0.0.3 %d\n" % port, capture_output=True,
                     text=True, timeout=DEADLINE, check=False)
if kernel >= (6, 8):
    ok("EADDRINUSE: program" in run.stderr and "(pid %d) has a socket at 127.0.0.3:%d *" % (os.getpid(), port)
       in run.stderr, "/bind says who is there")

# ---- each host has ports of its own ----

lines = "/sandbox on\n/listen 192.0.2.2 80 as srv\n/port 80 on right\n/port 80 on left\n"
run = subprocess.run(["sockpit", "-f", "-"], input=lines, capture_output=True, text=True, timeout=DEADLINE, check=False)
if not run.stdout.startswith("the sandbox is on"):
    skip("no sandbox: " + run.stderr.strip()[:200])
    done()
right, _, left = run.stdout.partition("on left\n")
ok(re.search(r"on right\ntcp +192\.0\.2\.2:80 +- +LISTEN \* +session 1 \(srv\)\n", right), "a port of a host of the sandbox")
ok(left.startswith("TCP: free: bind() works.\n"), "which is free on the other one")
done()
