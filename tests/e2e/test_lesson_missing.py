# SPDX-License-Identifier: GPL-3.0-or-later
"""A lesson that needs what is not there: it says why, and shows the recording of a good run. In the window and in plain
mode, by option and by command."""

import os
import re
import resource
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from script import enter_home, write  # noqa: E402
from tap import done, ok, run, same, skip, watchdog  # noqa: E402

watchdog(240)
home = enter_home()

NO_SANDBOX = ("unshare", "-Ur", "sh", "-c", 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"', "sh")
NO_IPV6 = ("unshare", "-Urn")
WHY = "This lesson cannot be taken here: "
SHOWN = "A recording of a good run is shown instead"


class Window(Plain):
    mode = ()


def can(under):
    return shutil.which("unshare") and subprocess.run([*under, "true"], capture_output=True, check=False).returncode == 0


def look(kind, name):
    person = kind("--lesson", "15", columns=100, under=NO_SANDBOX)
    ok(person.sees(WHY + "sandbox: no more user namespaces"), "%s, --lesson 15: why it cannot be taken" % name)
    ok(person.sees(SHOWN), "and what is shown")
    ok(person.sees("192.0.2.2:7"), "a session of the recording appears")
    person.type("/replay end")
    ok(person.sees("ended"), "/replay moves in it")
    person.type("/lesson answer")
    ok(person.sees("no question waits"), "there is nothing to answer")
    person.type("/lesson 16")
    ok(person.sees("wire"), "another one that cannot be taken")
    person.type("/replay")
    ok(person.sees("s of 50."), "begins its replay")
    person.type("/lesson 15 record kept.jsonl")
    ok(person.sees("nothing to record") and not os.path.exists("kept.jsonl"), "nothing is recorded of one")
    person.type("/lesson 1")
    ok(person.sees("Hello over TCP"), "and one that can")
    person.type("/replay")
    ok(person.sees("no replay: "), "ends the replay")
    same(person.leave(), 0, "%s: that is no failure" % name)


def ipv6():
    person = Window("--lesson", "14", columns=100, under=NO_IPV6)
    ok(person.sees(WHY + "this machine has no address ::1") and person.sees(SHOWN), "lesson 14 without IPv6")
    person.leave()


def tls():
    """Where the program was built without OpenSSL, or the library has no algorithms."""
    write("openssl.cnf", "openssl_conf = all\n[all]\nproviders = providers\n[providers]\nnull = null\n[null]\nactivate = 1\n")
    os.environ["OPENSSL_CONF"] = os.path.join(home, "openssl.cnf")
    for kind, name in ((Window, "the window"), (Plain, "plain mode")):
        person = kind("--lesson", "17", columns=100)
        ok(person.sees(WHY) and person.sees("TLS: ") and person.sees(SHOWN), "lesson 17 without TLS, " + name)
        ok(person.sees("listening on 127.0.0.1:"), "its recording begins")
        person.type("/replay end")
        ok(person.sees("ended"), "and ends")
        same(person.leave(), 0, "that is no failure")
    status, out, err = run("--lesson-check", "17")
    ok(status == 0 and b"SKIP" in out and b"TLS: " in out and b"not ok" not in out, "--lesson-check skips it: %r" % out)
    del os.environ["OPENSSL_CONF"]


def descriptors():
    few = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))}
    status, out, err = run("--lesson-check", "13", **few)
    ok(status == 0 and re.search(rb"^ok .*# SKIP.*64 descriptors are too few: ulimit -n 128", out, re.M) and b"not ok" not in out,
       "lesson 13 with 64 descriptors is skipped: %r%r" % (out, err))
    person = Plain("--lesson", "13", columns=100, under=("sh", "-c", 'ulimit -n 64; exec "$@"', "sh"))
    ok(person.sees(WHY + "64 descriptors are too few"), "and says so to a person")
    person.leave()


def own():
    write("mine.md", "# Mine\n\n- Level: 1\n- Minutes: 5\n- Needs: sandbox\n\nGoal.\n\n## Step\n\n```sockpit\n/sandbox on\n```\n")
    person = Window("--lesson", "./mine.md", columns=100, under=NO_SANDBOX)
    ok(person.sees(WHY + "sandbox: ") and person.sees("There is no recording of it"), "a lesson of one's own has no recording")
    person.leave()


if can(NO_SANDBOX):
    look(Window, "the window")
    look(Plain, "plain mode")
    own()
else:
    skip("no user namespace in which there are no further ones")
tls()
descriptors()
if can(NO_IPV6):
    ipv6()
else:
    skip("no namespace without IPv6")
shutil.rmtree(home, ignore_errors=True)
done()
