# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that socket tutorials teach, run as they are taught, against sockpit: a person's plain, scripts, and a pipe."""

import atexit
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403
from plain import Plain  # noqa: E402

SCRIPTS = os.path.join(os.environ.get("srcdir", "."), "tests", "scripts", "tutorial")
HERE = os.path.join(os.environ.get("srcdir", "."), "tests", "e2e", "tutorial")
KOREAN = "안녕하세요, 서버! 소켓"


started = []


def program(name, *args):
    process = subprocess.Popen([sys.executable, os.path.join(HERE, name + ".py"), *map(str, args)],
                               stdout=subprocess.PIPE, text=True)
    started.append(process)
    return process


@atexit.register
def end_programs():
    for process in started:
        if process.poll() is None:
            process.kill()


def line_of(process):
    return process.stdout.readline().rstrip("\n")


def finish(process):
    rest = process.communicate(timeout=DEADLINE)[0]
    return process.returncode, rest.rstrip("\n")


def port_on(plain):
    plain.sees("loopback only")
    found = re.search(r"listening on 127\.0\.0\.1:(\d+)", plain.text)
    return int(found.group(1)) if found else 0


def client_to_a_person():
    """A TCP client connects to us; a person reads what it sends and answers."""
    for message in ("Hello, server!", KOREAN):
        plain = Plain("-l", "127.0.0.1", "0")
        client = program("tcp_client", port_on(plain), message)
        ok(plain.sees("client"), "the listener reports the client")
        plain.type("/session 2")
        ok(plain.sees(message), "the client's words are shown: " + message.encode("ascii", "replace").decode())
        plain.type(message + " too")
        same(finish(client), (0, "Received: %s too" % message), "the client gets the answer")
        ok(plain.sees("FIN"), "and its leaving is reported")
        same(plain.leave(), 0, "the plain is left in order")


def scripts():
    """The other end is a script of ours, under tests/scripts/tutorial."""
    for name, peer in (("echo_client", "tcp_echo_server"), ("answer_client", "tcp_answer_server"), ("udp_client", "udp_server")):
        server = program(peer)
        script = ["-f", os.path.join(SCRIPTS, name + ".sp")]
        same(run("--let", "port=" + line_of(server), *script), (0, b"", b""), name)
        if peer != "udp_server":
            same(finish(server)[0], 0, peer + " ends well")
    for name, peer in (("tcp_server", "tcp_client"), ("udp_server", "udp_client")):
        for message in ("Hello, server!", KOREAN):
            script = sockpit("--let", "message=" + message, "-f", os.path.join(SCRIPTS, name + ".sp"))
            client = program(peer, int(read_until(script.stdout, b"\n")), message)
            same(finish(client), (0, "Received: " + message), "%s gets its %s back" % (peer, name))
            _, err = script.communicate(b"", DEADLINE)
            same((script.returncode, err), (0, b""), name + " goes as expected")
    script = sockpit("-f", os.path.join(SCRIPTS, "echo_service.sp"))
    port = int(read_until(script.stdout, b"\n"))
    for client, message in (("tcp_client", "Hello, server!"), ("tcp_client", KOREAN), ("udp_client", KOREAN)):
        same(finish(program(client, port, message)), (0, "Received: " + message), "our echo services answer the " + client)
    same(end(script), -signal.SIGTERM, "until they are ended")


def split_characters():
    """Korean text that arrives cut in the middle of a character is whole on the screen."""
    server = listener()
    plain = Plain("127.0.0.1", port_of(server))
    peer, _ = server.accept()
    data = (KOREAN + "\n").encode()
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for i in range(len(data)):
        peer.sendall(data[i:i + 1])
    ok(plain.sees(KOREAN), "a character may come in pieces")
    peer.close()
    plain.leave()


def in_a_pipe():
    server = program("tcp_echo_server")
    same(run("127.0.0.1", line_of(server), given=KOREAN.encode())[:2], (0, KOREAN.encode()), "the echo server in a pipe")
    finish(server)
    server = program("tcp_answer_server")
    same(run("127.0.0.1", line_of(server), given=b"hello")[:2], (0, b"Hello, i'm server!"), "the answering one")
    same(finish(server)[0], 0, "ends well")
    process = sockpit("-l", "0")
    client = program("tcp_client", listening_port(process))
    same(read_until(process.stdout, b"!"), b"Hello, server!", "a client in a pipe")
    process.stdin.write(b"bye")
    process.stdin.close()
    same(finish(client), (0, "Received: bye"), "gets what is piped in")
    process.wait(DEADLINE)
    process.stdout.close()
    process.stderr.close()


watchdog(55)
client_to_a_person()
scripts()
split_characters()
in_a_pipe()
done()
