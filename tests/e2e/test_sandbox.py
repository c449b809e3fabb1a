# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox as a person has it: /sandbox, --sandbox, the sysctls of its hosts by /set, in scripts without a screen."""

import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from script import enter_home, script  # noqa: E402
from tap import done, ok, read_until, run, same, skip, sockpit, watchdog  # noqa: E402

watchdog(120)
enter_home()


def last_line(text):
    return text.rstrip("\n").rpartition("\n")[2]


status, out, err = script("/sandbox on\n")
if "forbid" in err or "allowed" in err or "kernel has no" in err:
    skip(err.strip())
    done()
same((status, err), (0, ""), "/sandbox on makes one")
ok(out.startswith("the sandbox is on: left is 192.0.2.1"), "and says what it is")

# ---- on and off ----

status, out, err = script("/sandbox\n")
ok(status == 0 and out.startswith("the sandbox is off: /sandbox on makes"), "it is off at first")
status, out, err = script("/sandbox\n", "--sandbox")
ok(out.startswith("left   192.0.2.1  2001:db8::1"), "--sandbox makes one, too")
ok("\ncable: perfect\n" in out and "\nsessions there: none" in out and "changed" not in out, "which is empty and as it was made")
status, out, err = script("/sandbox on\n/sandbox off\n/sandbox off\n", "--sandbox")
ok(status == 0 and "on already" in out and "off already" in out, "twice on or off is said, and no mistake")
status, out, err = run("--sandbox", "192.0.2.2", "7")
ok(status == 2 and b"for the window and for scripts" in err, "in pipe mode it makes no sense")
# ---- the death of a host ----

process = sockpit("--sandbox", "-v", "-f", "-")
process.stdin.write(b"/listen 192.0.2.2 7 as srv\n/sandbox\n")
process.stdin.flush()
host = re.search(rb"right.*process (\d+)", read_until(process.stdout, b"outside"))
os.kill(int(host[1]), signal.SIGKILL)
ok(b"the sandbox has ended" in read_until(process.stderr, b"off and on"), "who kills a host ends the sandbox, and a line says so")
process.stdin.write(b"/close @srv\n/sandbox off\n/sandbox on\n/sandbox\n")
process.stdin.close()
ok(b"cable: perfect" in process.stdout.read() and process.wait(10) == 0, "and it can be made again")

# ---- sysctls ----

status, out, err = script("/set left.tcp_fastopen 3\n/set right.tcp_fas 2\n/set left.tcp_fastopen\n/sandbox\n", "--sandbox")
ok("left.tcp_fastopen is 3" in out and "right.tcp_fastopen is 2" in out, "a sysctl is set on a host, and read back")
ok("tcp_fastopen  3     2" in out, "and shown for both")
ok("changed: left.tcp_fastopen 3, right.tcp_fastopen 2" in out, "/sandbox shows those that were changed")
status, out, err = script("/set both.net.ipv4.tcp_rmem \"4096 8192 16384\"\n/set left.tcp_rmem\n", "--sandbox")
ok("4096 8192 16384  4096 8192 16384" in out, "or on both, by its full name, with several words")
status, out, err = script("/set left.tcp_fastopen\n", "--sandbox", "--set", "left.tcp_fastopen=3")
ok("tcp_fastopen  3     1" in out, "also by --set")
status, out, err = script("/set left\n", "--sandbox")
ok("tcp_congestion_control" in out and "reno" in out and "cubic" not in out, "/set left lists those of use")

done()
