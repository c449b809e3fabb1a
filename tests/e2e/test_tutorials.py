# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that socket tutorials teach, run as they are taught, against sockpit: on a person's plain and in a pipe."""

import atexit
import os
import re
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403
from plain import Plain  # noqa: E402

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


def port_on(plain, verb="listening"):
    plain.sees(verb + " on 127.0.0.1:")
    plain.sees("loopback only")
    found = re.search(verb + r" on 127\.0\.0\.1:(\d+)", plain.text)
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


def client_to_a_service():
    plain = Plain()
    plain.type("/listen 0 echo")
    port = port_on(plain)
    same(finish(program("tcp_client", port)), (0, "Received: Hello, server!"), "our TCP echo service answers")
    same(finish(program("tcp_client", port, KOREAN)), (0, "Received: " + KOREAN), "in Korean too")
    plain.type("/listen udp 0 echo")
    port = port_on(plain, "receiving")
    same(finish(program("udp_client", port, KOREAN)), (0, "Received: " + KOREAN), "so does our UDP echo service")
    same(plain.leave(), 0, "the plain is left in order")


def echo_server():
    server = program("tcp_echo_server")
    plain = Plain("127.0.0.1", line_of(server))
    ok(plain.sees("connected"), "we connect to the tutorial's echo server")
    for line in ("one", KOREAN, "three"):
        plain.type(line)
        ok(plain.sees("←  " + line), "it echoes")
    plain.type("/shutdown write")
    ok(plain.sees("FIN"), "our end of file makes it close, which is reported")
    same(finish(server)[0], 0, "and it ends well")
    same(plain.leave(), 0, "the plain is left in order")


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


def answer_server():
    server = program("tcp_answer_server")
    port = line_of(server)
    plain = Plain("127.0.0.1", port)
    ok(plain.sees("connected"), "we connect to the server that answers once")
    plain.type("hi there")
    ok(plain.sees("Hello, i'm server!"), "its answer, which has no line end, is shown")
    ok(plain.sees("FIN"), "and that it closed")
    same(finish(server)[0], 0, "it ends well")
    plain.type("/close")
    ok(plain.sees("closed"), "we close")
    plain.type("/reconnect")
    ok(plain.sees("refused"), "reconnecting to a server that has gone says refused, and the prompt stays")
    same(plain.leave(), 0, "the plain is left in order")


def udp_server():
    server = program("udp_server")
    plain = Plain("-u", "127.0.0.1", line_of(server))
    for line in ("ping", KOREAN):
        plain.type(line)
        ok(plain.sees("←") and plain.sees(line), "a datagram comes back")
    server.kill()
    server.communicate()
    plain.type("anybody?")
    ok(plain.sees("refused"), "when the server has gone, the ICMP answer is reported")
    same(plain.leave(), 0, "the plain is left in order")


def udp_client_to_a_person():
    plain = Plain("-u", "-l", "127.0.0.1", "0")
    client = program("udp_client", port_on(plain, "receiving"))
    ok(plain.sees("Hello"), "a datagram of the tutorial's client is shown")
    plain.type("Hello yourself")
    same(finish(client), (0, "Received: Hello yourself"), "and a person answers it")
    same(plain.leave(), 0, "the plain is left in order")


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
client_to_a_service()
echo_server()
split_characters()
answer_server()
udp_server()
udp_client_to_a_person()
in_a_pipe()
done()
