# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs for wireshark: pcapng against a packet socket at each end of the cable, a reader of our own, and tshark where it
is installed; and the text for text2pcap."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import pcapng  # noqa: E402
from plain import Plain  # noqa: E402
from script import enter_home, read_text, script  # noqa: E402
from tap import done, ok, same, skip, watchdog  # noqa: E402
from witness import Witness  # noqa: E402

watchdog(120)
home = enter_home()


def tool(*words):
    """What it prints, and its complaints; None where it is not installed."""
    if not shutil.which(words[0]):
        skip(words[0] + " is not installed")
        return None
    result = subprocess.run(words, capture_output=True, check=False)
    err = "".join(line for line in result.stderr.decode().splitlines(True) if not line.startswith("Running as user"))
    return result.returncode, result.stdout.decode(), err


def experts(path):
    """What tshark thinks of the frames, without comments."""
    told = tool("tshark", "-q", "-z", "expert", "-r", path)
    if not told:
        return None
    same((told[0], told[2]), (0, ""), "tshark opens " + path + " without a complaint")
    return re.sub(r"\nComments \(.*", "", told[1], flags=re.DOTALL)


def one(path):
    """The only section of a file."""
    sections = pcapng.read(path)
    same(len(sections), 1, path + " has one section, and all its blocks are right")
    return sections[0]


# ---- where no wire is seen ----

ECHO = "/listen 127.0.0.1 0 echo as srv\n/open 127.0.0.1 $srv.port as c\n"
status, out, err = script(ECHO + "/log all c.pcapng\n")
ok(status == 1 and "/set wire on" in err and "/sandbox on" in err and "text2pcap" in err and err.count("\n") == 1,
   "without a wire one line says what to do: %r" % err)
ok(not os.path.exists("c.pcapng"), "and there is no empty file")

# ---- text2pcap ----

SECRET = "swordfish"
status, out, err = script(ECHO + """\
/log c.txt as text2pcap
hello
/expect "hello\\n"
/fill 100k
/wait open
/secret $SECRET
/listen udp 127.0.0.1 0 echo as us
/open udp 127.0.0.1 $us.port as u
/log u.txt as text2pcap
datagram
/expect "datagram\\n"
/send
""", env=dict(os.environ, SECRET=SECRET))
same((status, err), (0, ""), "what the calls moved is written")
for path, head, marks in (("c.txt", " -T ", "hello"), ("u.txt", " -u ", "datagram")):
    with open(path, encoding="ascii") as file:
        text = file.read()
    first, rest = text.split("\n", 1)
    ok(first.startswith("# text2pcap -D ") and head in first, path + " begins with the command that converts it")
    ok(re.match(r"O \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9}\n000000 " + marks.encode().hex(" "), rest),
       "then come direction, time and bytes")
    ok(SECRET.encode().hex(" ") not in rest, "and no secret, neither as it is sent nor as it comes back")
    ok(all(int(line[:6], 16) < 32768 for line in text.split("\n") if re.match("[0-9a-f]{6} ", line)), "in packets that IP can carry")
    converted = tool("sh", "-c", first[2:].replace("FILE", path[0])) if shutil.which("text2pcap") else None
    if not converted:
        skip("text2pcap is not installed")
        continue
    same(converted[0], 0, "text2pcap takes " + path)
    port = re.search(r"(\d+) FILE", first).group(1)
    told = tool("tshark", "-r", path[0] + ".pcapng", "-o", "tcp.check_checksum:TRUE", "-T", "fields", "-e",
                "frame.packet_flags_direction", "-e", "tcp.srcport", "-e", "udp.srcport", "-e", "tcp.payload", "-e", "udp.payload")
    if told:
        rows = [line.split("\t") for line in told[1].splitlines()]
        ok(rows[0][0].endswith("2") and port in rows[0] and marks.encode().hex() in told[1],
           "of it tshark sees our own data leave our port: %r" % rows[0])

same(script("""\
/listen udp 127.0.0.1 0 echo as us
/open udp 127.0.0.1 $us.port as u
datagram
/expect "datagram\\n"
/open udp 127.0.0.1 $us.port as v
another
/expect "another\\n"
/log @us us.txt as text2pcap
""")[0], 0, "a server of two peers")
ok(re.search(r"^# peer 127\.0\.0\.1:\d+, another one than the command gives\nI .*\n000000 64 61 74 61", read_text("us.txt"), re.M),
   "another peer is named before what it has sent")

# ---- both ends of a cable ----

program = Plain()
program.type("/sandbox on")
if not program.sees("the sandbox is on"):
    skip("no sandbox here: " + program.text.strip().rpartition("\n")[2])
    program.leave()
    done()
program.type("/sandbox")
program.sees("nsenter")
left, right = (Witness(re.search(r"%s .*process (\d+)" % host, program.text).group(1), host) for host in ("left", "right"))


def say(line, answer):
    program.forget()
    program.type(line)
    ok(program.sees(answer), line[:40] + " is answered")


program.type("/log all all.pcapng")
say("/listen 192.0.2.2 7 echo as srv", "listening")
say("/open 192.0.2.2 7 as c", "connected")
program.type("/log one.pcapng")
say("hello", "←  hello")
say("/cable loss data", "cable: loss data")
say("x" * 1000, "←  xxx")
say("/cable loss off", "cable:")
say("/listen udp 127.0.0.1 53 as near on left", "receiving")
say("/open udp 127.0.0.1 53 from left as far", "ready")
say("datagram", "datagram")
program.type("/session c")
say("/close", "closed")
program.type("/log off")
for witness in left, right:
    witness.look(0.2)
    witness.close()
program.leave()
section = one("all.pcapng")
interfaces = {interface.name: interface for interface in section.interfaces}
same(sorted(interfaces), ["cable", "left", "left lo", "right"], "each place where frames were seen is an interface")
ok(section.application.startswith("sockpit ") and section.os.startswith("Linux") and section.hardware, "the file says who wrote it")
same([len(section.names.get(name, [])) for name in ("left", "right")], [2, 2], "left and right have names")
ok(all(interface.statistics[-1]["received"] == len(interface.frames) and interface.statistics[-1]["dropped"] == 0
       for interface in section.interfaces), "and statistics, which are right")
if left.works and right.works:
    for name, witness in (("left", left), ("right", right)):
        seen = [(frame.data, "out" if frame.out else "in") for frame in witness.frames]
        got = [(frame.data, frame.direction) for frame in interfaces[name].frames]
        same(got[:len(seen)], seen[:len(got)], "a witness on %s has seen the same %d frames, whole, in order" % (name, len(got)))
        late = sorted(abs(frame.time - other.time) for frame, other in zip(interfaces[name].frames, witness.frames))
        # not each: a kernel that does not stamp at first gives the time when a frame is read
        ok(late and late[len(late) // 2] < 0.001, "at the same times")
else:
    skip("the namespaces of the sandbox cannot be entered")
ok(all(len(frame.data) == frame.length for name in ("left", "right") for frame in interfaces[name].frames), "whole frames are kept")
strikes = interfaces["cable"].frames
same([(frame.comments, len(frame.data), frame.direction) for frame in strikes], [(["lost (data)"], 42, "")],
     "what the cable did is a frame of its own, cut after the ports, with a comment")
ok(any("retransmission" in text for frame in interfaces["left"].frames for text in frame.comments),
   "comments say what the ladder calls a segment")
same(len(interfaces["left lo"].frames), 1, "a datagram over a loopback is there once")
lone = one("one.pcapng")
same([interface.name for interface in lone.interfaces], ["left", "cable"], "a log of one session has what its own host saw")
found = experts("one.pcapng")
if found:
    told = {text for text in re.findall(r"  TCP  (.*)", found) if not text.startswith("Connection ")}
    # On a machine that stands still something more may be sent again.
    same(told - {"This frame initiates the connection closing", "This frame undergoes the connection closing", "D-SACK Sequence",
                 "This frame is a (suspected) spurious retransmission", "Duplicate ACK (#1)"},
         {"This frame is a (suspected) retransmission"}, "in which tshark finds nothing but the retransmission")
    ok("Malformed" not in found, "and nothing malformed")
experts("all.pcapng")
told = tool("capinfos", "-T", "-m", "-r", "-c", "-F", "all.pcapng")
if told:
    ok(str(len(section.frames)) in told[1], "capinfos counts the same frames: " + told[1])
told = tool("tshark", "-r", "all.pcapng", "-Y", 'frame.interface_name == "cable"', "-T", "fields", "-e", "frame.comment")
if told:
    same(told[1], "lost (data)\n", "tshark finds a strike by its interface")

# ---- secrets ----

status, out, err = script("""\
/sandbox on
/listen 192.0.2.2 7 echo as srv
/open 192.0.2.2 7 as c
/log all secret.pcapng
before
/expect "before\\n"
/secret $SECRET
/expect "\\n"
/open 192.0.2.2 7 as d
after
/expect "after\\n"
""", env=dict(os.environ, SECRET=SECRET))
same((status, err), (0, ""), "a session that sends a secret")
same(script("""\
/sandbox on
/log all append secret.pcapng
/listen 192.0.2.2 7
/open 192.0.2.2 7
""")[0], 0, "another one is logged to the same file")
sections = pcapng.read("secret.pcapng")
frames = [frame for part in sections for frame in part.frames]
ok(not any(SECRET.encode() in frame.data for frame in frames), "is logged without it, also where the peer sends it back")
ok(any(b"before" in frame.data for frame in frames) and any(b"after" in frame.data for frame in frames),
   "but with the data before it, and of other conversations")
same({(len(frame.data), frame.length) for frame in frames if any("secret" in text for text in frame.comments)},
     {(66, 66 + len(SECRET) + 1)}, "the headers and the length of such a frame stay")
same(len(sections), 2, "a log that is continued has another section")
with open("secret.pcapng", "rb") as file:
    whole = file.read()
status, out, err = script("""\
/sandbox on
/listen 192.0.2.2 7 discard as srv
/listen 192.0.2.2 8 as other
/open 192.0.2.2 7 as c
/pause @other
/open 192.0.2.2 8 as d
/accept @other as e
/log all gossip.pcapng
/secret @c $SECRET
/wait @c quiet
/send @e before
/expect @d next "before"
/send @e $GOSSIP
/expect @d next /.{12}/
""", "--let", "GOSSIP=so " + SECRET, env=dict(os.environ, SECRET=SECRET))
same((status, err), (0, ""), "somebody else tells the secret, in another conversation")
frames = one("gossip.pcapng").frames
ok(any(b"before" in frame.data for frame in frames), "whose data is logged")
ok(not any(SECRET.encode() in frame.data for frame in frames), "until it has the secret in it")
for cut in 1, 4, 10, 12, 40:
    with open("torn.pcapng", "wb") as file:
        file.write(whole[:-cut])
    status, out, err = script("/sandbox on\n/log all append torn.pcapng\n")
    ok(status == 1 and "torn.pcapng: is cut off at its end, so it is not continued" in err, "not one that lacks %d bytes" % cut)
experts("secret.pcapng")
subprocess.run(["rm", "-r", home], check=True)
done()
