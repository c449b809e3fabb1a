# SPDX-License-Identifier: GPL-3.0-or-later
"""/expect and /wait with real peers: what comes in pieces, ends, floods, or does not come."""

import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from script import enter_home, write  # noqa: E402
from tap import DEADLINE, done, ok, same, sockpit, watchdog  # noqa: E402

watchdog(180)
enter_home()


def start(*lines):
    write("script", "\n".join(lines) + "\n")
    return sockpit("-f", "script")


def end(process):
    """Exit status, and the first line on standard error: the last rows of the ladder follow."""
    _, err = process.communicate(timeout=6 * DEADLINE)
    return process.returncode, err.decode().partition("\n")[0]


# ---- a flood, and an expectation that is met late ----

def flood(mebibytes, line, chunk):
    with socket.create_server(("127.0.0.1", 0)) as server:
        process = start("/open 127.0.0.1 %d" % server.getsockname()[1], line)
        peer, _ = server.accept()
        begun = time.monotonic()
        for _ in range(mebibytes):
            peer.sendall(chunk * (1024 * 1024 // len(chunk)))
        peer.sendall(b"ENDED\n")
        result = end(process)
        return result, time.monotonic() - begun


for line, chunk in (("/expect /E[A-D]*N+D.*$/ within 1m", b"a"), ("/expect ENDED within 1m", b"E"),
                    ("/expect /a.*b*ENDED$/ within 1m", b"a"), ("/expect /(a*)*ENDED/ within 1m", b"ab")):
    (result, _), (big, took) = flood(1, line, chunk), flood(64, line, chunk)
    ok(result == big == (0, "") and took < 60, "64 MiB before %s: %.2f s" % (line, took))

# What leaves the transcript before it was searched is reported.
with socket.create_server(("127.0.0.1", 0)) as server:
    process = start("/set scrollback 4M", "/open 127.0.0.1 %d as c" % server.getsockname()[1], "/assert @c.fin is yes within 1m",
                    "/expect wanted")
    peer, _ = server.accept()
    peer.sendall(b"wanted" + b"x" * (32 << 20))
    peer.shutdown(socket.SHUT_WR)
    peer.settimeout(DEADLINE)
    peer.close()
    status, err = end(process)
    ok(status == 1 and "bytes left the transcript unsearched" in err, "what has left the transcript: " + err)

done()
