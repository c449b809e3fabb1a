# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets: addresses with a name in the start-up file, in the window, in pipe mode and in scripts."""

import os
import socket
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import done, listener, ok, port_of, receive_all, run, same, watchdog  # noqa: E402
from plain import Plain  # noqa: E402

watchdog(120)


def home_with(start_up):
    home = tempfile.mkdtemp()
    os.makedirs(os.path.join(home, ".config", "sockpit"))
    with open(os.path.join(home, ".config", "sockpit", "sockpitrc"), "w", encoding="utf-8") as file:
        file.write(start_up)
    return dict(os.environ, HOME=home)


def pipe_to(server, *args, given=b"hello\n", start_up):
    got = []

    def take():
        peer = server.accept()[0]
        got.append(receive_all(peer))
        peer.close()
    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    status, out, err = run(*args, given=given, env=home_with(start_up))
    if status == 0:
        thread.join()
    return status, out, err.decode(), got[0] if got else None


with listener() as server:
    redis = "# mine\n/nonsense\n/set time off\n/target redis 127.0.0.1:%d eol=crlf view=hex\n/target bad host\n" % port_of(server)
    mistake = ".config/sockpit/sockpitrc:5:13: no port: write host:port\n"

    # ---- pipe mode and scripts: of the start-up file only the targets count ----
    status, out, err, got = pipe_to(server, "redis", start_up=redis)
    same((status, out, got), (0, b"", b"hello\r\n"), "in pipe mode, with its line end")
    ok(err.endswith(mistake) and err.count("\n") == 1, "a target that is wrong is reported, other commands are not run")
    same(pipe_to(server, "--eol", "lf", "redis", start_up=redis)[3], b"hello\n", "the command line wins")
    env = home_with(redis)
    with open(os.path.join(env["HOME"], "script"), "w", encoding="utf-8") as file:
        file.write("/open redis\nPING\n/set time\n")
    got = []
    thread = threading.Thread(target=lambda: got.append(receive_all(server.accept()[0])), daemon=True)
    thread.start()
    status, out, err = run("-f", os.path.join(env["HOME"], "script"), env=env)
    thread.join()
    ok(status == 0 and got == [b"PING\r\n"] and b"clock" in out, "in a script, and nothing else of that file counts there")

    # ---- what is wrong ----
    for args, why in [(("nosuch",), "a host needs a port: sockpit nosuch 80; and no target is called nosuch"), (("-u", "redis"), "-u: the target redis is not UDP")]:
        status, out, err = run(*args, env=home_with("/target redis 127.0.0.1:1\n"))
        ok(status == 2 and why in err.decode() and err.count(b"\n") == 1, " ".join(args) + ": one line")

    # ---- the window ----
    start_up = "/target redis 127.0.0.1:%d eol=crlf view=hex\n" % port_of(server)
    window = Plain("redis", start_up=start_up)
    peer = server.accept()[0]
    ok(window.sees("connected"), "sockpit NAME opens it")
    window.type("PING")
    same(peer.recv(100), b"PING\r\n", "a line has its line end")
    ok(window.sees("50 49 4e 47 0d 0a"), "it is shown in its view")
    window.type("/open redis as second")
    second = server.accept()[0]
    ok(window.sees("connected"), "/open NAME, too")
    window.type("/sessions")
    ok(window.sees("second") and "redis" in window.text, "the first is called by its name")
    window.type("/target")
    ok(window.sees("eol=crlf view=hex") and "redis" in window.text, "/target lists them")
    window.type("/target web tcp://127.0.0.1:80")
    ok(window.sees("web: tcp 127.0.0.1:80"), "one more")
    window.type("/target web udp://127.0.0.1:53 timeout=2s")
    ok(window.sees("web: udp 127.0.0.1:53, timeout=2s"), "with another address")
    window.type("/target web off")
    window.type("/target web")
    ok(window.sees("no target \"web\""), "off removes it")
    window.type("/target two 127.0.0.1 %d eol=cr" % port_of(server))
    ok(window.sees("two: tcp 127.0.0.1:%d, eol=cr" % port_of(server)), "the port may be a word of its own")
    for line, why in [("/target 7up 127.0.0.1:1", "\"7up\" cannot be a name"), ("/target a", "no target \"a\""),
                      ("/target a 127.0.0.1:1 eol", "\"eol\" is not name=value"), ("/target a 127.0.0.1:1 eol=x", "eol"),
                      ("/target a 127.0.0.1:1 mouse=on", "mouse belongs to the program"),
                      ("/target a 127.0.0.1:1 nosuch=1", "nosuch"), ("/target a 127.0.0.1:99999", "99999"),
                      ("/target a off", "no target \"a\"")]:
        window.type(line)
        ok(window.sees(why), line)
    window.type("/open re", enter=False)
    window.type("\t", enter=False)
    ok(window.sees("dis"), "TAB completes it")
    window.erase()

    # ---- a history of its own ----
    window.type("/open 127.0.0.1 %d as plainly" % port_of(server))
    third = server.accept()[0]
    ok(window.sees("connected"), "a session without a name")
    window.type("common line")
    third.recv(100)
    window.type("/session redis")
    window.sees("session 1")
    window.type("\x1b[A\x1b[A", enter=False)
    ok(window.sees("/target a off"), "the lines typed for it are recalled")
    window.erase()
    state = os.path.join(window.home, ".local", "state", "sockpit")
    same(window.leave(), 0, "it ends well")
    with open(os.path.join(state, "history"), encoding="utf-8") as file:
        common = file.read()
    with open(os.path.join(state, "history-redis"), encoding="utf-8") as file:
        own = file.read()
    ok("common line" in common and "PING" not in common, "the common history")
    ok("PING" in own and "common line" not in own, "and that of the target")
    same(os.stat(os.path.join(state, "history-redis")).st_mode & 0o777, 0o600, "which is its owner's alone")

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 0))
    status, out, err = run("dns", "-q", "0", given=b"query", env=home_with("/target dns udp://127.0.0.1:%d\n" % port_of(server)))
    same((status, server.recv(100)), (0, b"query"), "a target of datagrams")

done()
