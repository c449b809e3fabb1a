# SPDX-License-Identifier: GPL-3.0-or-later
"""/graph against ss(8), which reads TCP_INFO of the same socket by itself: on loopback, and within the sandbox."""

import os
import sys
import xml.etree.ElementTree

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403
from plain import Plain, descendants  # noqa: E402

watchdog(120)
SVG = "{http://www.w3.org/2000/svg}"


def witness(there, under=()):
    """What ss says of the connection to this address: {"cwnd": "10", …}; None where it cannot be asked."""
    ss = subprocess.run([*under, "ss", "-Htino", "dst", there], capture_output=True, text=True, check=False)
    if ss.returncode or "cwnd:" not in ss.stdout:
        return None
    return dict(word.split(":", 1) for word in ss.stdout.split() if ":" in word)


def legend(text, name):
    """The newest value of a series, as the legend has it: "cwnd 10 *"."""
    found = re.search(re.escape(name) + r" ([\d.]+ ?[a-zA-Z/]*) [*w]", text)
    return found.group(1) if found else None


def shown(plain, kind):
    plain.type("/graph " + kind)
    ok(plain.sees("0 is "), "/graph %s" % kind)
    return plain.text


def compare(plain, there, under, where):
    info = witness(there, under)
    if not info:
        skip("ss cannot look %s" % where)
        return
    text = shown(plain, "cwnd")
    info = witness(there, under)
    same(legend(text, "cwnd"), info["cwnd"], "%s: the congestion window is that of ss" % where)
    same(legend(text, "ssthresh"), info.get("ssthresh"), "%s: and so is ssthresh" % where)
    text = shown(plain, "rtt")
    rtt, unit = legend(text, "smoothed").split()
    exact = float(info["rtt"].split("/")[0])
    ok(unit == "ms" and abs(float(rtt) - exact) <= 0.051 + exact / 1000, "%s: and the round trip" % where)
    acked = int(info["bytes_acked"])
    ok(acked in (400000, 400001), "%s: all has arrived" % where)
    value, unit = legend(shown(plain, "sequence"), "acknowledged").split()
    same((value, unit), ("400", "kB"), "%s: as the graph says, too" % where)


def drawing(plain, kind):
    path = os.path.join(plain.home, kind + ".svg")
    plain.type("/graph! %s %s" % (kind, path))
    ok(plain.sees("over time"), "%s as a drawing" % kind)
    root = xml.etree.ElementTree.parse(path).getroot()
    same(root.tag, SVG + "svg", "is SVG")
    texts = ["".join(text.itertext()) for text in root.iter(SVG + "text")]
    ok(any(text.startswith("time, ") for text in texts), "its axes have units")
    return root, texts


def transfer(plain, address):
    plain.type("/listen %s 0 as server" % address)
    plain.sees("listening on")
    port = int(re.search(r"listening on \S*?(?:right )?%s:(\d+)" % re.escape(address), plain.text).group(1))
    plain.type("/open %s %d as c" % (address, port))
    ok(plain.sees("connected in"), "a connection to %s" % address)
    plain.type("/fill 400k")
    return "%s:%d" % (address, port)


def settle(there, under):
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        info = witness(there, under)
        if info is None or int(info.get("bytes_acked", 0)) >= 400000 and "unacked" not in info:
            return


if not shutil.which("ss"):
    skip("no ss here")
    done()

plain = Plain()
there = transfer(plain, "127.0.0.1")
settle(there, ())
compare(plain, there, (), "on loopback")
root, texts = drawing(plain, "window")
plain.leave()

plain = Plain()
plain.type("/sandbox on")
if not plain.sees("the sandbox is on"):
    skip("no sandbox: " + " ".join(plain.text.split())[:200])
    plain.leave()
    done()
hosts = descendants(plain.process.pid)
there = transfer(plain, "192.0.2.2")
under = None
for pid in hosts:
    enter = ("nsenter", "--preserve-credentials", "-U", "-n", "-t", str(pid))
    if shutil.which("nsenter") and witness(there, enter):
        under = enter
        break
if under:
    settle(there, under)
    compare(plain, there, under, "in the sandbox")
else:
    skip("ss cannot look into the sandbox")
root, texts = drawing(plain, "sequence")
ok(any(text.startswith("sent ") for text in texts) and any(text.startswith("acknowledged ") for text in texts),
   "of what was sent and acknowledged")

# ---- slow start, one segment lost, fast retransmit ----

def dots(root, series):
    """Points of a series, in pixels from the origin, in the order of their times."""
    paths = [path.get("d") for path in root.iter(SVG + "path") if path.get("class") == series]
    found = [re.findall(r"M(\d+) (\d+)h0", path) for path in paths]
    return sorted((int(x) - 90, 500 - int(y)) for x, y in max(found, key=len))


plain.type("/cable delay 25ms rate 8M loss data 60")
if plain.sees("25ms"):
    plain.type("/open %s as d" % there)
    plain.sees("connected in")
    plain.type("/graph cwnd")
    plain.sees("0 is ")
    plain.type("/fill 400k")
    end = time.monotonic() + DEADLINE
    while legend(plain.text, "acknowledged") != "400 kB" and time.monotonic() < end:
        plain.type("/graph sequence")
        plain.sees("0 is ")
        plain.pump(0.05)
    root, texts = drawing(plain, "cwnd")
    points = dots(root, "s0")
    losses = [text for text in root.iter(SVG + "text") if text.get("class") == "r" and text.text == "R"]
    lost_at = min(int(text.get("x")) - 90 for text in losses if text.get("y") != "54")
    rise = [y for x, y in points if x < lost_at]
    same(rise, sorted(rise), "slow start: the window only grows until the loss")
    if not ok(len(set(rise)) >= 6 and rise[-1] >= 3 * rise[0], "in many steps, to several times of what it was"):
        print("# %s" % points, flush=True)
    ok(min(y for x, y in points if x > lost_at) < rise[-1], "and is smaller after it: fast retransmit")
    same(len(losses), 2, "one segment was sent again: a letter, and its meaning")
    root, texts = drawing(plain, "sequence")
    same(sum(text.text == "L" for text in root.iter(SVG + "text")), 2, "one segment was lost on the way")
    same(sum(text.text == "R" for text in root.iter(SVG + "text")), 2, "and one sent again")
plain.leave()
done()
