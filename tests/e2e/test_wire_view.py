# SPDX-License-Identifier: GPL-3.0-or-later
"""The view wire as a person has it: the frames of a conversation between the two hosts of the sandbox."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from tap import done, ok, run, same, skip, watchdog  # noqa: E402

watchdog(100)


def names(text):
    """Arrow and name of each row: "→ SYN"."""
    return [" ".join(row) for row in re.findall(r"^[0-9:.]+ (?:(?:left|right) +)?([→←✗])  (\S+(?: \S+)*)", text, re.M)]


status, out, err = run("--sandbox", "-f", "-")
if status != 0:
    skip(err.decode().strip())
    done()

plain = Plain("--sandbox", columns=120)
plain.type("/listen 192.0.2.2 7 echo as srv")
plain.sees("listening")
plain.type("/open 192.0.2.2 7 as c")
plain.sees("connected")
plain.type("hello")
ok(plain.sees("← "), "a conversation")
plain.type("/view wire")
ok(plain.sees("session 2 c, wire"), "/view wire")
ok(plain.sees("SYN,ACK") and plain.sees("seq 1:7 ") and plain.sees("ack 7 "), "has its numbers")
seen = names(plain.text)
same(seen[:4], ["→ SYN", "← SYN,ACK", "→ ACK", "→ data"], "and each segment's name")
ok(not re.search("again|retransm|dup|gap|order", " ".join(seen)), "nothing was sent twice")
ok("mss 1460, scale 7, SACK ok" in plain.text, "options are there")
plain.type("/option keepidle 1")
plain.type("/option keepalive on")
ok(plain.sees("→  keepalive ") and plain.sees("←  keepalive ACK "), "a keepalive is named, and its answer")

plain.type("/view wire all")
ok(plain.sees("keepalive ACK "), "/view wire all")
for place in "left +→", "right +←":
    ok(re.search(place + " +ARP +who has 192.0.2.2. tell 192.0.2.1", plain.text), "all has ARP: %s" % place)
    ok(re.search(place + r" +\d+ → 7 +SYN ", plain.text), "and segments: %s" % place)

# ---- what the cable did ----

plain.type("/view wire")
plain.type("/option keepalive off")
plain.type("/cable from left loss data")
plain.type("lost")
ok(plain.sees("✗  lost (data) "), "a loss is there, with its rule")
ok(plain.sees("→  retransmission #2 "), "what is sent again is named")
ok(re.search(r"→  data .* seq 7:12 .*✗  lost .data. +data .* seq 7:12 .*→  retransmission #2 .* seq 7:12 ", plain.text, re.S),
   "it is the same data")
plain.type("/view wire all")
plain.type("/cable from left corrupt data")
plain.type("bad")
ok(plain.sees("✗  corrupted (data) "), "so is damage")
ok(plain.sees("retransmission #2 ") and plain.sees("ack 16 "), "which is mended")
ok(re.search(r"right ← +\d+ → 7 +damaged .*right ← +\d+ → 7 +data +4 B", plain.text, re.S),
   "what arrives damaged is called so, and counts for nothing")

plain.type("/open udp 192.0.2.2 9 as u")
plain.type("/view wire")
plain.type("x")
ok(plain.sees("ICMP "), "a datagram, and the error that answers it")
ok(re.search(r"→ +UDP +2 B +192.0.2.1:\d+ → 192.0.2.2:9\s", plain.text), "has its addresses")
ok(re.search(r"← +ICMP +port unreachable \(3/3\) for UDP 192.0.2.1:\d+ → 192.0.2.2:9\s", plain.text), "so has what it quotes")
same(plain.leave(), 0, "ends well")
done()
