# SPDX-License-Identifier: GPL-3.0-or-later
"""The ladder of a conversation in the sandbox has the segments that a packet socket in its host has, in that order.
Without the wire it has some of them, in that order, and none that was not there."""

import os
import re
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import done, ok, skip, watchdog  # noqa: E402
from plain import Plain  # noqa: E402
from witness import Witness  # noqa: E402

WORK = tempfile.mkdtemp()
LONG = 20  # seconds that the kernel's timers may take


def segments_of(witness, *ports):
    """By the ports of both ends: the kernel gives the same one to clients of different servers."""
    witness.look()
    return [frame for frame in witness.frames if frame.kind == "tcp" and set(ports) <= set(frame.ports)]


def departures(ports):
    """In the order in which they left their hosts: without the wire an end knows only what it sends."""
    sent = [frame for frame in segments_of(left, *ports) if frame.out]
    answers = [frame for frame in segments_of(right, *ports) if frame.out]
    frames = sorted(sent + answers, key=lambda frame: frame.time)
    return [row if frame in sent else "<" + row[1:] for frame, row in zip(frames, name(frames))]


def name(segments):
    """Each with its direction, in the words of a ladder: ">SYN", "<data 0..4", "<bare"."""
    first = {}  # sequence number after the SYN, by direction
    ended = set()  # directions whose FIN has been seen
    names = []
    for segment in segments:
        size = len(segment.payload)
        if "S" in segment.flags:
            first.setdefault(segment.ports, segment.seq + 1)
        offset = (segment.seq - first.get(segment.ports, segment.seq)) & 0xffffffff
        what = "bare"
        if "R" in segment.flags:
            what = "RST"
        elif "S" in segment.flags:
            what = ("SYN,ACK" if "A" in segment.flags else "SYN") + (" with data" if size else "")
        elif size:
            what = "data %d" % offset if size == 1 else "data %d..%d" % (offset, offset + size - 1)
        elif "F" in segment.flags:
            what = "FIN again" if segment.ports in ended else "FIN"
            ended.add(segment.ports)
        names.append((">" if segment.out else "<") + what)
    return names


def word(label):
    """A name of the ladder, as far as the witness knows it."""
    data = re.search(r"(?:data |^)(\d+(?:\.\.\d+)?)", label)
    if label.startswith("SYN"):
        return ("SYN,ACK" if label.startswith("SYN,ACK") else "SYN") + (" with data" if data else "")
    if label.startswith(("RST", "FIN")):
        return "FIN again" if label.startswith("FIN again") else label[:3]
    if data:
        return "data " + data.group(1)
    if label == "again":  # where there is no room for what
        return label
    return "data" if label.startswith("data") else "bare"


def read_ladder(text, marks="w"):
    """What is drawn with these marks at the left end, named as the witness does."""
    names = []
    for row in text.split("\n"):
        lane = row.split("│")[1] if row.count("│") > 1 else ""
        label = lane.strip("←→─╌·✗ ")
        if label and label[-1] in marks and "ARP" not in label and not lane.startswith("·"):
            names.append(("<" if lane.startswith("←") else ">") + word(label[:-1]))
    return names


def are_same(rows, segments):
    return len(rows) == len(segments) and all(
        row == segment or (row.endswith("again") and re.match(row[:-5] + "(data|bare)", segment)) for row, segment in zip(rows, segments))


def are_among(rows, segments):
    """Each row is one of the segments, or the range of several, in their order."""
    at = 0
    for row in rows:
        if row[1:] == "data":  # how much is not known
            while at < len(segments) and not segments[at].startswith(row):
                at += 1
        elif ".." not in row:
            while at < len(segments) and segments[at] != row:
                at += 1
        else:
            begin, _, end = row.rpartition("..")
            while at < len(segments) and not segments[at].startswith(begin + ".."):
                at += 1
            while at < len(segments) and not (segments[at][0] == row[0] and segments[at].endswith(".." + end)):
                at += 1
        if at == len(segments):
            return False
        at += 1
    return True


class Stage(Plain):
    def __init__(self, seen):
        super().__init__("--sandbox", *(() if seen else ("--set", "wire=off")))
        self.count, self.seen = 0, seen

    def do(self, *lines):
        """Each line once the one before has been read."""
        for line in lines:
            self.type(line)
            self.type("/say done %d" % self.count)
            self.sees("done %d" % self.count)
            self.count += 1

    def ladder(self, session):
        path = os.path.join(WORK, "%d.txt" % self.count)
        self.count += 1
        self.type("/ladder! @%s %s" % (session, path))
        self.sees("the ladder of session")
        with open(path, encoding="utf-8") as file:
            return file.read()

    def ports(self, session):
        """Of both ends."""
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            found = re.search(r"192\.0\.2\.1:(\d+) .*192\.0\.2\.2:(\d+)", self.ladder(session).split("\n")[1])
            if found:
                return int(found.group(1)), int(found.group(2))
        return 0, 0


def compare(session, least, title, ports=None, witness=None, both=True, until=lambda rows: True):
    """That many segments at least, and the same ones at both. Waits until it is so, and for `until`, which the caller
    judges: a ladder that is read early lacks its last rows."""
    ports = ports or stage.ports(session)
    witness = witness or left
    end = time.monotonic() + LONG
    while True:
        text = stage.ladder(session)
        rows = read_ladder(text, "w" if stage.seen else "o?*")
        wanted = name(segments_of(witness, *ports)) if stage.seen or not both else departures(ports)
        if not both:  # on a loopback each is seen leaving, too
            wanted = [row for row in wanted if row[0] == "<"]
            rows, wanted = [row[1:] for row in rows], [row[1:] for row in wanted]
        good = are_same(rows, wanted) if stage.seen else are_among(rows, wanted) and len(rows) > 0
        good = good and len(wanted) >= least
        if (good and until(rows)) or time.monotonic() > end:
            break
    if not ok(good, title):
        print("# ladder  %s\n# witness %s\n# %s" % (rows, wanted, text.replace("\n", "\n# ")))
    return rows


def waits_for(condition):
    end = time.monotonic() + LONG
    while not condition() and time.monotonic() < end:
        left.look(0.1)
    return condition()


def connected(session):
    """A session that connects takes nothing to send yet."""
    return waits_for(lambda: re.search(r"connect\([^)]*\) = 0", stage.ladder(session)))


def bare_out(ports):
    return sum(found == ">bare" for found in name(segments_of(left, *ports)))


def shows(session, seen, counted):
    """In its ladder all of these words with the wire, or those without it."""
    return waits_for(lambda: all(word in stage.ladder(session) for word in (seen if stage.seen else counted)))


def check_unanswered():
    """Nobody has this address, so no SYN leaves."""
    stage.do("/open 192.0.2.77 17013 as u from left")
    ok(waits_for(lambda: "ARP" in stage.ladder("u")), "a connect() that waits for ARP")
    lanes = [row.split("│")[1] for row in stage.ladder("u").split("\n") if row.count("│") > 1]
    ok(not segments_of(left, 17013) and not any("SYN" in lane for lane in lanes), "has sent no SYN, and none is drawn")
    stage.do("/close @u")


def check_backlog():
    stage.do("/socket tcp on right as S", "/bind 192.0.2.2 17001", "/backlog 1")
    for client in "abcd":
        stage.do("/open 192.0.2.2 17001 as %s from left" % client)
        if client in "ab":  # who fills the queue
            connected(client)
    ports = stage.ports("c")
    ok(waits_for(lambda: len(segments_of(left, *ports)) > 1), "a client waits")
    stage.do("/accept @S as s1", "/accept @S as s2")
    ok(waits_for(lambda: name(segments_of(left, *ports))[-2:] == ["<SYN,ACK", ">bare"]), "and is taken")
    rows = compare("c", 4, "a client in the queue of a full listener", ports)
    if stage.seen:  # else several in one interval are a number
        ok(rows[:2] == [">SYN", ">SYN"] and rows[-2:] == ["<SYN,ACK", ">bare"], "SYN, SYN again, SYN,ACK, ACK")


def check_closing():
    stage.do("/listen 192.0.2.2 17002 echo", "/open 192.0.2.2 17002 as h from left")
    connected("h")
    stage.do("/send @h hello", "/shutdown @h write")
    rows = compare("h", 10, "half-close", until=lambda rows: ">FIN" in rows and "<FIN" in rows)
    ok(rows.count(">FIN") == 1 and rows.count("<FIN") == 1, "each side sends its FIN once")
    stage.do("/open 192.0.2.2 17002 as r from left")
    connected("r")
    compare("r", 3, "a handshake")
    ports = stage.ports("r")
    stage.do("/abort @r")
    rows = compare("r", 4, "a reset", ports, until=lambda rows: ">RST" in rows)
    ok(rows[-1:] == [">RST"], "is the last segment")


def check_keepalive():
    stage.do("/open 192.0.2.2 17002 as k from left")
    connected("k")
    stage.do("/option @k keepalive on", "/option @k keepidle 1", "/option @k keepintvl 1")
    ports = stage.ports("k")
    ok(waits_for(lambda: bare_out(ports) > 2), "keepalive probes")
    stage.do("/send @k hello")
    compare("k", 7, "keepalive and its answers", ports)
    ok(shows("k", ["keepalive w"], ["without data"]), "are named, or counted")


def check_window():
    stage.do("/socket tcp on right as Z", "/option @Z rcvbuf 4096", "/bind 192.0.2.2 17003", "/backlog 5",
             "/socket tcp on left as z", "/connect @z 192.0.2.2 17003")
    connected("z")
    stage.do("/accept @Z as zs", "/fill @z 20000")
    ports = stage.ports("z")
    ok(waits_for(lambda: bare_out(ports) > 3), "window probes")
    compare("z", 10, "a window that shuts, and probes", ports)
    ok(shows("z", ["zero window w", "window probe w"], ["without data"]), "are named, or counted")
    stage.do("/resume @zs")
    ok(waits_for(lambda: sum(len(segment.payload) for segment in segments_of(left, *ports) if segment.out) >= 20000), "it opens")
    compare("z", 10, "and what follows its update", ports)


def check_fast_open():
    stage.do("/set both.tcp_fastopen 1027", "/listen 192.0.2.2 17004 echo")
    for client in "f", "g":  # the first gets a cookie, the second uses it
        stage.do("/socket tcp on left as " + client, "/option @%s fastopen_connect on" % client,
                 "/connect @%s 192.0.2.2 17004" % client)
        connected(client)
    stage.do("/send @g abc")
    rows = compare("g", 4, "Fast Open", until=lambda rows: rows[:1] == [">SYN with data"])
    ok(rows[:1] == [">SYN with data"], "begins with a SYN that has data")


def check_self():
    loopback = Witness(stage.left, "lo")
    stage.do("/socket tcp on left as me", "/bind 127.0.0.1 17005", "/connect @me 127.0.0.1 17005")
    compare("me", 2, "a connection to itself", (17005,), loopback, False)
    loopback.close()


def check_loss():
    stage.do("/open 192.0.2.2 17002 as x from left")
    connected("x")
    compare("x", 3, "before the cable loses anything")
    ports = stage.ports("x")
    stage.do("/cable loss data 1-3 of @x", "/send @x hello")
    ok(waits_for(lambda: name(segments_of(left, *ports)).count("<data 0..4") == 1), "a loss is healed")
    stage.do("/cable off")
    rows = compare("x", 9, "four copies, and what follows", ports)
    if stage.seen:
        ok(rows.count(">data 0..4") == 4, "each copy is one row")
        ok(stage.ladder("x").count(" lost ") == 3, "with what the cable did")


def check_crossing():
    stage.do("/cable delay 300ms", "/socket tcp on left as p", "/bind 192.0.2.1 17011", "/socket tcp on right as q",
             "/bind 192.0.2.2 17012")
    stage.type("/connect @p 192.0.2.2 17012")
    stage.type("/connect @q 192.0.2.1 17011")
    ok(waits_for(lambda: "<SYN,ACK" in name(segments_of(left, 17011, 17012))), "simultaneous open")
    rows = compare("p", 4, "where the SYNs cross", (17011, 17012))
    ok(rows[:2] == [">SYN", "<SYN"] or not stage.seen, "each side sends its own")
    stage.do("/cable off")


def check_datagrams():
    """Of two clients of a datagram server each has its own datagrams in its ladder, also where they came in fragments."""
    stage.do("/listen udp 192.0.2.2 17014 echo as dg", "/open udp 192.0.2.2 17014 as d1 from left",
             "/open udp 192.0.2.2 17014 as d2 from left", "/send @d1 first", "/send @d2 second!", "/fill @d2 4000", "/send @d1 third")

    ok(waits_for(lambda: stage.ladder("d1").count("[third]") == 2 and re.search(r"recv.*\[ !", stage.ladder("d2"))),
       "what two clients of a datagram server send comes back")
    kinds = {"datagram 5 bytes", "datagram 7 bytes", "fragment" if stage.seen else "datagram 4000 bytes"}
    for session, wanted in ("d1", {"datagram 5 bytes"}), ("d2", kinds - {"datagram 5 bytes"}), ("dg", kinds):
        text = stage.ladder(session)
        if not ok({kind for kind in kinds if kind in text} == wanted, "the ladder of %s has its datagrams" % session):
            print("# " + text.replace("\n", "\n# "))
    ok("second!" not in stage.ladder("d1"), "and no call that is for another client")
    ok(stage.ladder("dg").split("\n")[1].endswith(" peers"), "that of the server is of all its peers")
    stage.do("/close @d1", "/close @d2", "/close @dg")


def check_all(seen):
    global stage, left, right
    print("# with the wire" if seen else "# without the wire", flush=True)
    stage = Stage(seen)
    stage.type("/sandbox")
    while not re.search("nsenter|sandbox is off", stage.text) and stage.pump(LONG):
        pass
    found = re.search(r"left .*process (\d+)(?s:.*)right .*process (\d+)", stage.text)
    stage.left = found.group(1) if found else None
    left, right = (Witness(found.group(i), host) for i, host in ((1, "left"), (2, "right"))) if found else (None, None)
    if not found or not left.works or not right.works:
        skip("there is no sandbox here, or nobody may enter its hosts: " + stage.text.strip().rpartition("\n")[2])
        stage.leave()
        return
    check_backlog()
    check_closing()
    check_keepalive()
    check_window()
    check_fast_open()
    check_self()
    check_loss()
    check_crossing()
    check_datagrams()
    if seen:
        check_unanswered()
    for witness in left, right:
        witness.look()  # what it cannot get rid of would keep it
        witness.close()
    ok(stage.leave() == 0, "it ends well")


watchdog(240)
check_all(True)
check_all(False)
done()
