# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret in the plain mode, from the environment, and in everything that is written to a file."""

import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import done, listener, ok, port_of, same, watchdog  # noqa: E402
from plain import Plain  # noqa: E402

WORK = tempfile.mkdtemp()
SECRET = "S3cretWord"


def line_of(client):
    data = b""
    while not data.endswith(b"\n"):
        more = client.recv(1000)
        if not more:
            break
        data += more
    return data.decode()


def typed(plain, client):
    plain.type("user bob")
    same(line_of(client), "user bob\n", "an ordinary line")
    plain.type("/secret")
    ok(plain.sees("typed unseen: Enter sends it"), "/secret")
    ok(plain.sees("1 secret> "), "asks for a line")
    plain.type(SECRET)
    same(line_of(client), SECRET + "\n", "that is sent")
    ok(plain.sees("*********** (secret)"), "and shown as stars")
    ok(SECRET not in plain.text, "never as it is")


def files(plain):
    for command, name in ("/ladder", "a.txt"), ("/ladder", "a.svg"), ("/code python", "a.py"), ("/code c", "a.c"):
        plain.type("%s %s" % (command, os.path.join(WORK, name)))
        plain.sees(name)
    for name in "a.txt", "a.svg", "a.py", "a.c":
        with open(os.path.join(WORK, name), encoding="utf-8") as file:
            text = file.read()
        ok("user bob" in text and SECRET not in text and SECRET[:4] not in text, "%s has the rest, and not the secret" % name)
        ok("secret" in text and "11" in text if "txt" in name or "svg" in name else "*" * 11 in text,
           "%s says that there was one, and how long it was" % name)


def logs(plain):
    """Also of what is in the transcript already."""
    formats = {"a.log": "text", "a.jsonl": "json", "a.dump": "text2pcap", "a.raw-out": "raw-out"}
    for name, form in formats.items():
        plain.type("/log %s as %s" % (os.path.join(WORK, name), form))
        plain.type("/log off %s" % os.path.join(WORK, name))
        ok(plain.sees("%s is closed" % name), "a log in the format " + form)
        with open(os.path.join(WORK, name), "rb") as file:
            text = file.read().decode()
        ok("user bob" in text or "75 73 65 72" in text, "has the rest")
        ok(SECRET not in text and SECRET[:4] not in text and "53 33 63" not in text, "and not the secret")
    with open(os.path.join(WORK, "a.log"), encoding="utf-8") as file:
        ok(" >secret 11 bytes\n" in file.read(), "a text log says that there was one, and how long it was")


def views(plain):
    for view in "hex", "trace", "ladder":
        plain.type("/view " + view)
        ok(plain.sees("— session 1") and plain.sees("secret"), "the %s view has it" % view)
        ok(SECRET not in plain.text and "53 33 63" not in plain.text, "not as it is")
    plain.type("/stream")
    ok(plain.sees("STREAM 1"), "the stream page")
    ok(SECRET not in plain.text, "neither")
    plain.type("/view chat")
    plain.sees("— session 1")


def from_the_environment():
    server = listener()
    os.environ["SOCKPIT_TEST_SECRET"] = SECRET
    plain = Plain(start_up="/open 127.0.0.1 %d\n/secret $SOCKPIT_TEST_SECRET\n/secret $SOCKPIT_TEST_NOTHING\n/secret\n" % port_of(server))
    client, _ = server.accept()
    same(line_of(client), SECRET + "\n", "the start-up file takes it from the environment")
    ok(plain.sees("sockpitrc:3:9: $SOCKPIT_TEST_NOTHING is not set: "), "a variable that is not set: one line")
    ok(plain.sees("sockpitrc:4: secret: nobody is there to type it"), "nobody types there")
    ok(SECRET not in plain.text, "it is not shown")
    same(plain.leave(), 0, "ends well")
    client.close()
    server.close()


watchdog(50)
try:
    server = listener()
    plain = Plain("127.0.0.1", port_of(server))
    client, _ = server.accept()
    plain.sees("connected")
    typed(plain, client)
    files(plain)
    logs(plain)
    views(plain)
    client.sendall((SECRET + " is wrong\n").encode())
    ok(plain.sees("*" * len(SECRET + " is wrong") + " (secret)"), "what the peer sends back of it is shown as stars, too")
    client.sendall(b"something else\n")
    ok(plain.sees("something else") and SECRET not in plain.text, "and nothing but that")
    same(plain.leave(), 0, "ends well")
    client.close()
    server.close()
    from_the_environment()
finally:
    shutil.rmtree(WORK)
done()
