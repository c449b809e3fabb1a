# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand peers at once of each service of datagrams, and of a relay: no answer goes to another, twice, or nowhere."""

import os
import re
import socket
import subprocess
import sys
import threading
from collections import defaultdict

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403
from conversation import *  # noqa: E402,F403
from crowd import ask_in_turn, gather, make_peers, name_of, watch  # noqa: E402

watchdog(300)
peers = make_peers()


def serve(*words):
    process = sockpit("-u", *words, stdin=subprocess.DEVNULL)
    return process, ("127.0.0.1", listening_port(process))


# ---- services ----

process, server = serve("-lk", "--service", "upper", "127.0.0.1", "0")
same(ask_in_turn(peers, server, 2, answer=bytes.upper)[:3], [], "upper: 1,000 peers get each their own answer")
end(process)

RULES = 16
process, server = serve("-lk", "--service", "reply " + " ".join("rule%02d, 'answer%02d'" % (i, i) for i in range(RULES)), "127.0.0.1", "0")
same(ask_in_turn(peers, server, 3, lambda turn, peer: b"rule%02d, please" % ((peers.index(peer) * 7 + turn) % RULES),
                 lambda asked: b"answer" + asked[4:6])[:3], [], "reply: so they do, each by its own rule")
end(process)

process, server = serve("-lk", "--service", "chat", "127.0.0.1", "0")
guests, lines = {}, defaultdict(list)
room = peers[:300] if is_sanitized() else peers
watched = watch(room)


def read(count):
    """Waits for so many datagrams, and keeps their lines by peer."""
    for peer, came in gather(watched, count).items():
        for data, _ in came:
            lines[peer] += data.splitlines()


for number, peer in enumerate(room):  # who joins is told to all who are here
    peer.sendto(b"/who\n", server)
    read(number + 2)
for peer in room:
    guests[peer] = re.match(rb"\* you are (guest\d+);", lines[peer][0]).group(1)
same(len(set(guests.values())), len(room), "chat: each has a name of its own")
joined = [b"* %s has joined" % guests[peer] for peer in room]
same([name_of(peer) for number, peer in enumerate(room) if [line for line in lines[peer] if b"joined" in line] != joined[number + 1:]][:3],
     [], "and hears of each who comes after it, once and in order")
lines.clear()
for peer in room[0], room[150], room[-1]:
    peer.sendto(b"I have %s\n" % name_of(peer), server)
    read(len(room) - 1)
    said = [b"%s: I have %s" % (guests[peer], name_of(peer))]
    same([name_of(other) for other in room if lines[other] != (said if other is not peer else [])][:3], [],
         "a line of %s reaches each of the others, once" % name_of(peer).decode())
    lines.clear()
end(process)

# ---- a relay ----

target = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
target.bind(("127.0.0.1", 0))
senders = defaultdict(set)  # of each peer, by its name: the ports from which it reached the target


def answer():
    while True:
        data, sender = target.recvfrom(2048)
        senders[data.split()[-1]].add(sender[1])
        target.sendto(b"<%s>" % data, sender)


threading.Thread(target=answer, daemon=True).start()
process, server = serve("--relay", "0", "127.0.0.1:%d" % target.getsockname()[1])
some = peers[:850]
same(ask_in_turn(some, server, 2, answer=lambda asked: b"<%s>" % asked)[:3], [], "a relay: 850 peers get each their own answer")
same({len(senders[name_of(peer)]) for peer in some}, {1}, "each has reached the target from one port")
same(len(set.union(*senders.values())), len(some), "which is its own")
same(ask_in_turn(peers, server, 2, answer=lambda asked: b"<%s>" % asked)[:3], [],
     "1,000 are more than there are descriptors for, and get each their own answer, too")
end(process)
done()
