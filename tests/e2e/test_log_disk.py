# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs in pipe mode and under floods, where the disk is slow, full, or takes nothing at all: nothing of what is read is
lost, the session goes on, keys are never held up, and the exit status says what was not written."""

import os
import re
import resource
import select
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from script import enter_home, read  # noqa: E402
from tap import (DEADLINE, done, listener, listening_port, ok, port_of, run, same, sockpit,  # noqa: E402
                 watchdog)

watchdog(300)
home = enter_home()

LINE = b"All work and no play makes Jack a dull boy, line %07d.\n"


def flood_of(count):
    return b"".join(LINE % n for n in range(count))


def received(log):
    """The bytes that a text log says came; of escapes it knows none."""
    got = re.findall(rb"^\S+ \d+ \S+ < (.*\n)", log, re.M)
    return b"".join(line[:-2] if line.endswith(b"\\\n") else line for line in got)


def sender(data, server, end_it=True):
    """A peer that sends; .sent is how much the socket took."""
    def act():
        try:
            peer, _ = server.accept()
            act.peer = peer
            while act.sent < len(data):
                act.sent += peer.send(data[act.sent:act.sent + 65536])
            if end_it:
                peer.close()
        except OSError as error:
            sys.stdout.write("# the sender: %s\n" % error)  # at once: another thread prints, too
    act.sent, act.peer = 0, None
    act.thread = threading.Thread(target=act, daemon=True)
    act.thread.start()
    return act


def until(condition):
    """Whether it is true before the deadline."""
    limit = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > limit:
            return False
    return True


# ---- pipe mode ----

FLOOD = flood_of(300000)
server = listener()
sender(FLOOD, server)
with open("out", "wb") as out:
    status, _, err = run("-o", "p.log", "127.0.0.1", port_of(server), stdout=out, stdin=None)
same((status, err), (0, b""), "a flood through pipe mode with a log")
ok(read("out") == FLOOD, "comes out")
ok(received(read("p.log")) == FLOOD, "and is in the log, all of it")

server = listener()
status, out, err = run("--nc", "-o", "q.log", "127.0.0.1", port_of(server))
ok(status == 1 and b"invalid option -- 'o'" in err, "nc has no -o")

# A signal that ends it leaves a whole log.
process = sockpit("-v", "-l", "-o", "s.log", "127.0.0.1", "0")
with socket.create_connection(("127.0.0.1", listening_port(process))) as peer:
    peer.sendall(b"last words\n")
    same(os.read(process.stdout.fileno(), 100), b"last words\n", "a server with a log")
    process.send_signal(signal.SIGTERM)
    same(process.wait(DEADLINE), -signal.SIGTERM, "is ended by SIGTERM")
ok(b" < last words\n" in read("s.log"), "and what came before is in the log")

# ---- a disk that is full ----

full = os.open("/dev/full", os.O_WRONLY)
server = listener()
sender(FLOOD, server)
with open("out", "wb") as out:
    status, _, err = run("-o", "/dev/fd/%d" % full, "--log-format", "text", "127.0.0.1", port_of(server), stdout=out,
                         stdin=None, pass_fds=[full])
same(status, 1, "a full disk is status 1")
same(err.decode(), "sockpit: log /dev/fd/%d: no space left on device: closed after 0 bytes\n" % full, "it is said once")
ok(read("out") == FLOOD, "and the session goes on")


def limited():
    resource.setrlimit(resource.RLIMIT_FSIZE, (100000, resource.RLIM_INFINITY))


server = listener()
sender(FLOOD, server)
status, out, err = run("-o", "short.log", "127.0.0.1", port_of(server), preexec_fn=limited)
ok(status == 1 and b"short.log: file too large: closed after " in err and out == FLOOD, "so is a file that may not grow")
same(len(read("short.log")), 100000, "which is as long as it may be")

# ---- a disk that takes nothing for a while, and one that never does ----

BIG = flood_of(1500000)  # more than waits in memory
reader, writer = os.pipe()
server = listener()
peer = sender(BIG, server)
with open("out", "wb") as out:
    process = sockpit("-o", "/dev/fd/%d" % writer, "--log-format", "text", "127.0.0.1", port_of(server), stdout=out,
                      stdin=None, pass_fds=[writer])
os.close(writer)


def has_stalled():
    """The flood does not move: in this time it would."""
    return peer.peer and not select.select([], [peer.peer], [], 0.3)[1]


ok(until(has_stalled) and peer.sent < len(BIG), "reading waits for a disk that takes nothing")
with open("/proc/%d/status" % process.pid, encoding="ascii") as file:
    resident = int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])
ok(resident < 100000, "and memory is bounded")
print("# resident: %d kB, sent %d MB of %d" % (resident, peer.sent >> 20, len(BIG) >> 20))
log = bytearray()
while data := os.read(reader, 1 << 20):
    log += data
same((process.wait(DEADLINE), read("out") == BIG), (0, True), "when it takes bytes again, all goes on")
ok(received(bytes(log)) == BIG, "and nothing is missing in the log")
os.close(reader)

# A person's keys are not held up; leaving waits for what is pending, and Ctrl-C ends that.
os.mkfifo("fifo")
reader = os.open("fifo", os.O_RDONLY | os.O_NONBLOCK)
server = listener()
peer = sender(80 * (999999 * b"x" + b"\n"), server, False)  # lines that are folded to a few rows
# A view of calls prints little of a flood.
person = Plain("-o", "/dev/fd/3", "--log-format", "text", "--view", "trace", "127.0.0.1", port_of(server),
               under=["sh", "-c", 'exec 3>fifo; exec "$@"', "sh"])


def has_stalled_unseen():
    while person.pump(0.01):
        pass
    return has_stalled()


ok(until(has_stalled_unseen), "with a person, too, reading waits for the disk")


def says_pending():
    """Asked again and again: on a busy machine the flood may only have seemed to stand."""
    person.type("/log")
    return person.sees("/dev/fd/3") and re.search(r"/dev/fd/3 +text +all .* (8|9|10)\.\d MB", person.text)


ok(until(says_pending), "keys do not, and /log says what is pending")
person.type("/quit!")
ok(person.sees("waits for the disk"), "leaving waits for it")
person.type("\x03", enter=False)
ok(person.sees("not written: interrupted"), "Ctrl-C ends that, and says how much is lost")
same(person.leave(), 1, "then the exit status is 1")
os.close(reader)

done()
