# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand peers of one UDP session at once: none is merged with another, and each gets its own answers. The peers are
sockets of this process."""

import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403
from crowd import PEERS, ask_in_turn, gather, make_peers, take, watch  # noqa: E402
from plain import Plain  # noqa: E402

watchdog(120)


def number_of(plain, peer):
    """Its number, from /peers with its address."""
    name = "%s:%d" % peer.getsockname()
    plain.type("/peers %s" % name)
    if not plain.sees("1 of %d peers: " % PEERS) or not plain.sees(name + "  "):
        return 0
    found = re.search(r"(\d+)\*? +%s " % re.escape(name), plain.text)
    return int(found.group(1)) if found else 0


peers = make_peers()
plain = Plain()
plain.sees(">")
plain.type("/listen udp 127.0.0.1 0 echo as s")
ok(plain.sees("receiving on 127.0.0.1:") and plain.sees("(loopback only)"), "a service of datagrams")
server = ("127.0.0.1", int(re.search(r"receiving on 127\.0\.0\.1:(\d+)", plain.text).group(1)))

same(ask_in_turn(peers, server, 3)[:3], [], "1,000 peers ask three times each, and each gets its own answer")
sums = sum(len("turn 0 of %s:%d" % peer.getsockname()) for peer in peers)
plain.type("/peers last")
ok(plain.sees("1000 peers: in 3000 (%d), out 3000 (%d)" % (3 * sums, 3 * sums)), "/peers counts them, and all datagrams")
ok("dropped" not in plain.text.split("1000 peers")[-1].split("\n")[0], "none was dropped")

plain.type("/service none")
numbers = [number_of(plain, peers[i]) for i in (0, 499, 999)]
ok(all(numbers) and len(set(numbers)) == 3, "each is found by its address, under a number of its own")
for i, number in zip((0, 499, 999), numbers):
    plain.type("/to %d only you" % number)
    same(gather(watch([peers[i]]), 1)[peers[i]], [(b"only you\n", server)], "/to %d" % number)
same([came for came in map(take, peers) if came], [], "... reaches nobody else")

plain.type("/all everybody")
came = gather(watch(peers), PEERS)
same([peer.getsockname() for peer in peers if came[peer] != [(b"everybody\n", server)]][:3], [], "/all reaches each once")
ok(plain.sees("sent to %d" % PEERS), "and says to how many")
plain.type("/peers address 127.0.1.2:")
ports = sorted(peer.getsockname()[1] for peer in peers if peer.getsockname()[0] == "127.0.1.2")
ok(plain.sees("4 of 1000 peers: in 12 ") and plain.sees("127.0.1.2:%d  " % ports[-1]), "/peers with a part of an address")
listed = [int(port) for port in re.findall(r"127\.0\.1\.2:(\d+) ", plain.text.split("4 of 1000")[1])]
same(listed, ports, "... in the order of addresses")

peers[7].sendto(b"more than the others have sent, by far, to be the first", server)
plain.sees("more than the others")
plain.type("/peers in")
ok(plain.sees("1000 peers: in 3001 "), "/peers in")
ok(plain.sees("  %s:%d " % peers[7].getsockname()) and
   re.search(r"last *\r?\n *(\d+)\*? +%s:%d " % ((re.escape(peers[7].getsockname()[0]),) + peers[7].getsockname()[1:]), plain.text),
   "begins with who has sent most")

# What does not fit into the receive buffer while nobody reads is dropped, and counted: where this program reads, too.
plain.type("/pause")
plain.sees("paused")
plain.forget()
for i in range(3000):
    peers[i % PEERS].sendto(b"%06d" % i, server)
peers[0].sendto(b"all have come that will", peers[1].getsockname())  # loopback keeps the order
gather(watch([peers[1]]), 1)
plain.sees("dropped here: the receive buffer was full *")
plain.type("/peers number")
plain.sees("in (bytes)")
dropped = int(re.search(r"dropped here (\d+) \*", plain.text).group(1))
ok(0 < dropped < 3000, "what finds no room is counted by /peers")
with open("/proc/net/udp", encoding="ascii") as table:
    rows = [row.split() for row in table.readlines()[1:]]
same([int(row[-1]) for row in rows if row[1] == "0100007F:%04X" % server[1]], [dropped], "as the kernel counts it")
plain.type("/info")
ok(plain.sees("%d datagrams *" % dropped), "... and by /info")
plain.type("/resume")
plain.sees("resume")
end, came = time.monotonic() + DEADLINE, 0
while came != 3001 + 3000 - dropped and time.monotonic() < end:
    plain.type("/peers number")
    plain.sees("in (bytes)")
    came = int(re.search(r"1000 peers: in (\d+)", plain.text).group(1))
same(came, 3001 + 3000 - dropped, "all others come, and none twice")
same(plain.leave(), 0, "the end")
done()
