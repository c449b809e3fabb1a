# SPDX-License-Identifier: GPL-3.0-or-later
"""/relay and --relay: what is passed on, how the ends of a conversation are, and what waits for a slow reader."""

import json
import os
import random
import re
import resource
import select
import selectors
import shutil
import socket
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from conversation import *  # noqa: E402,F403
from plain import Plain  # noqa: E402

SCRATCH = tempfile.mkdtemp(prefix="sockpit-relay.")


def relay_to(target, *args, listen="0", **more):
    """A relay to a server here, by its port or as it is written: the process, and the relay's port."""
    where = "127.0.0.1:%d" % target if isinstance(target, int) else target
    process = sockpit(*args, "--relay", listen, where, stdin=NULL, **more)
    return process, listening_port(process)


def conversation(*args):
    """A client, and the target's side of it."""
    server = listener()
    process, port = relay_to(port_of(server), *args)
    client = connect(port)
    target, _ = server.accept()
    target.settimeout(DEADLINE)
    server.close()
    return process, client, target


def is_turned_away(port):
    """A client that can connect, and is reset, maybe before it has noticed that it could."""
    try:
        return was_reset(connect(port))
    except ConnectionResetError:
        return True


def cannot_send(sock):
    """After FIN has come, a reset shows when something is sent."""
    stop = time.monotonic() + DEADLINE
    try:
        while time.monotonic() < stop:
            sock.sendall(b"more" * 1000)
    except OSError as error:
        return not isinstance(error, socket.timeout)
    return False


class Echo:
    """A server here that echoes until it is stopped, and half-closes when its client does."""

    def __init__(self, kind=socket.SOCK_STREAM):
        self.server = listener(backlog=1000, kind=kind)
        self.port = port_of(self.server)
        self.stopping = False
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.server, selectors.EVENT_READ)
        self.kind = kind
        self.peers = {}  # who has sent a datagram
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while not self.stopping:
            for key, _ in self.selector.select(0.1):
                sock = key.fileobj
                if self.kind == socket.SOCK_DGRAM:
                    data, peer = sock.recvfrom(65536)
                    self.peers.setdefault(data, set()).add(peer)
                    sock.sendto(data, peer)
                elif sock is self.server:
                    client = sock.accept()[0]
                    client.settimeout(DEADLINE)
                    self.selector.register(client, selectors.EVENT_READ)
                else:
                    self.echo(sock)

    def echo(self, sock):
        try:
            data = sock.recv(65536)
            sock.sendall(data)
        except OSError:
            data = b""
        if not data:
            self.selector.unregister(sock)
            sock.close()

    def stop(self):
        self.stopping = True
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()


# ---- streams ----

def both_ways():
    process, client, target = conversation()
    there, back = random.randbytes(3000000), random.randbytes(2000000)
    got = {}
    threads = [threading.Thread(target=lambda name=name, sock=sock: got.update({name: receive_all(sock)}))
               for name, sock in (("target", target), ("client", client))]
    threads += [threading.Thread(target=lambda sock=sock, data=data: (sock.sendall(data), sock.shutdown(socket.SHUT_WR)))
                for sock, data in ((client, there), (target, back))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    ok(got.get("target") == there, "what a client sends reaches the target, each byte")
    ok(got.get("client") == back, "what the target answers reaches the client at the same time")
    end(process)


def half_closes():
    process, client, target = conversation("-v")
    client.sendall(b"all of it")
    client.shutdown(socket.SHUT_WR)
    same(receive_all(target), b"all of it", "the client's FIN reaches the target after its bytes")
    target.sendall(b"answer")
    same(client.recv(100), b"answer", "whose answer still reaches the client")
    target.close()
    same(client.recv(100), b"", "and so does the end of that")
    said = read_until(process.stderr, b"3: closed\n")
    ok(b"2: closed our side" in said and b"3: closed our side" in said and b"reset" not in said,
       "-v says what happened to both")
    end(process)
    process, client, target = conversation()
    target.shutdown(socket.SHUT_WR)
    same(client.recv(100), b"", "the target's FIN reaches the client")
    client.sendall(b"late")
    same(target.recv(100), b"late", "which can still send")
    client.close()
    same(target.recv(100), b"", "until its own")
    end(process)


def resets():
    process, client, target = conversation()
    client.sendall(b"x")
    target.recv(1)
    reset(client)
    ok(was_reset(target), "a client's reset resets the connection to the target")
    end(process)
    process, client, target = conversation()
    client.sendall(b"x")
    target.recv(1)
    reset(target)
    ok(was_reset(client), "the target's reset resets the client")
    end(process)
    process, client, target = conversation()
    client.shutdown(socket.SHUT_WR)
    same(target.recv(1), b"", "a client half-closes")
    reset(client)
    ok(cannot_send(target), "a reset after that is passed on, too")
    end(process)
    process, client, target = conversation()
    target.shutdown(socket.SHUT_WR)
    client.recv(1)
    client.close()
    same(target.recv(1), b"", "both ends close in turn")
    target.close()
    end(process)


def closed_for_good():
    """close() of a client looks as a half-close until the target sends more, to which its kernel answers RST."""
    process, client, target = conversation()
    client.close()
    same(target.recv(1), b"", "a client closes")
    ok(cannot_send(target), "a target that goes on is reset, as it would be without the relay")
    end(process)


def unreachable():
    nobody = socket.socket()
    nobody.bind(("127.0.0.1", 0))
    process, port = relay_to(port_of(nobody), "-v")
    ok(is_turned_away(port), "where nobody listens the client is reset")
    said = read_until(process.stderr, b"for client 2, see session 3")
    ok(b"127.0.0.1:%d was not reached, see session 3: this client is reset" % port_of(nobody) in said, "and a line says why")
    ok(b"127.0.0.1:%d was not reached for client 2, see session 3" % port_of(nobody) in said, "of the relay itself, too")
    ok(b"Connection refused" in said, "with the failure of the connection itself")
    ok(is_turned_away(port), "the next one, too")
    nobody.listen(1)
    client = connect(port)
    nobody.settimeout(DEADLINE)
    target = nobody.accept()[0]
    client.sendall(b"now")
    same(target.recv(100), b"now", "and when somebody does it is passed on")
    end(process)
    path = os.path.join(SCRATCH, "nobody")
    process, port = relay_to("unix:" + path)
    ok(is_turned_away(port), "a path that is not there is the same")
    end(process)


def slow_readers():
    """What nobody reads is not read from the other side: kernel buffers, and a queue, hold all that waits."""
    for slow in ("target", "client"):
        process, client, target = conversation()
        reader, writer = (target, client) if slow == "target" else (client, target)
        data = random.randbytes(1 << 20)
        sent = 0
        writer.settimeout(1)
        try:
            while sent < 200 << 20:
                sent += writer.send(data[sent % len(data):])
        except socket.timeout:
            pass
        ok(sent < 100 << 20, "a %s that does not read holds the other up, after %d KB" % (slow, sent >> 10))
        grown = rss_of(process)
        ok(is_sanitized() or grown < 100 << 20, "the relay has %d MB then" % (grown >> 20))
        writer.settimeout(DEADLINE)
        writer.shutdown(socket.SHUT_WR)
        got, good = 0, True
        while True:
            piece = reader.recv(1 << 16)
            if not piece:
                break
            at = got % len(data)
            good = good and piece == (data + data)[at:at + len(piece)]
            got += len(piece)
        same((got, good), (sent, True), "when it reads at last each byte is there, and the end")
        end(process)


def reset_of_a_held_up():
    process, client, target = conversation()
    client.settimeout(1)
    try:
        while True:
            client.send(b"x" * 65536)
    except socket.timeout:
        pass
    reset(client)
    target.settimeout(DEADLINE)
    ok(was_reset(target), "a client that was held up, and resets, is noticed")
    end(process)


def many_at_once():
    echo = Echo()
    process, port = relay_to(echo.port)
    exact = []

    def talk(number):
        data = random.Random(number).randbytes(50000 + 1000 * number)
        client = connect(port)
        sender = threading.Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)))
        sender.start()
        if receive_all(client) == data:
            exact.append(number)
        sender.join()
        client.close()

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    same(len(exact), 100, "100 clients at once have each their own bytes back")
    end(process)
    echo.stop()


def as_many_as_there_may_be():
    """Two descriptors each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1024:
        skip("450 clients need 1000 descriptors")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY and hard < 4096 else 4096, hard))
    echo = Echo()
    process, port = relay_to(echo.port)
    clients = [connect(port) for _ in range(450)]
    for number, client in enumerate(clients):
        client.sendall(b"%d" % number)
    good = sum(client.recv(100) == b"%d" % number for number, client in enumerate(clients))
    same(good, 450, "450 clients are answered, each by its own")
    for client in clients:
        client.close()
    end(process)
    echo.stop()


def free_ports(count, kind=socket.SOCK_STREAM):
    socks = [listener(kind=kind) for _ in range(count)]
    ports = [port_of(sock) for sock in socks]
    for sock in socks:
        sock.close()
    return ports


def to_itself():
    port, = free_ports(1)
    for listen, target in (("%d", "%d"), ("127.0.0.1:%d", "127.0.0.1:%d"), ("*:%d", "localhost:%d"), ("[::1]:%d", "[::1]:%d")):
        status, _, said = run("--relay", listen % port, target % port, stdin=NULL)
        ok(status == 2 and b"the target of this relay is the relay itself" in said, "a relay %s to itself is refused" % listen)
    path = os.path.join(SCRATCH, "self")
    ok(b"is the relay itself" in run("--relay", "unix:" + path, "unix:" + path, stdin=NULL)[2], "so is that of a path")
    ok(b"is the relay itself" in run_script("/relay 127.0.0.1:%d 127.0.0.1 %d\n" % (port, port))[2], "and that of a script")
    process = sockpit("-v", "--relay", "localhost:%d" % port, "127.0.0.1:%d" % port, stdin=NULL)
    read_until(process.stderr, b"Listening")
    ok(is_turned_away(port), "a relay to itself by another name resets its client")
    _, _, said = finish(process)
    ok(b"the target of this relay leads back to the relay itself: closed" in said and said.count(b" accepted by ") < 10,
       "closes, and says what it is: %r" % said)


def in_a_circle():
    """Two relays of one program are found at once; those of two programs stop when they have no room."""
    for kind in "tcp", "udp":
        log = os.path.join(SCRATCH, "circle-%s.log" % kind)
        ports = free_ports(3, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        status, _, said = run_script(
            "".join("/relay %s %d 127.0.0.1:%d as r%d\n" % (kind, ports[i], ports[(i + 1) % 3], i) for i in range(3)) +
            "/open %s 127.0.0.1 %d as client\nx\n/wait @%s closed\n" % (kind, ports[0], "r0" if kind == "udp" else "client"),
            "-o", log)
        with open(log, "rb") as file:
            text = file.read()
        ok((status, said) == (0, b"") and text.count(b"leads back to the relay itself: closed") == 1 and text.count(b"opened by relay") < 20,
           "three relays in a circle, %s: %r %r" % (kind, status, said))
    for kind in "tcp", "udp":
        ports = free_ports(2, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        reader, writer = os.pipe()
        relays = [sockpit("-v", *["-u"][:kind == "udp"], "--relay", ports[i], "127.0.0.1:%d" % ports[1 - i], stdin=NULL, stderr=writer,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))) for i in range(2)]
        os.close(writer)
        with open(reader, "rb", buffering=0) as said:
            got = b""
            while got.count(b" on localhost ") < 2:
                got += read_until(said, b"\n")
            client = connect(ports[0], socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
            client.send(b"round and round")
            got = read_until(said, b"does the target lead back to this relay?")
            ok(b"lead back to this relay?" in got,
               "two relays of two programs that lead to each other have no more room, %s" % kind)
            ok(kind == "udp" or was_reset(client), "where that is a reset")
            for process in relays:
                end(process)


# ---- datagrams ----

def udp_peers():
    echo = Echo(socket.SOCK_DGRAM)
    process, port = relay_to(echo.port, "-u")
    peers = [connect(port, socket.SOCK_DGRAM) for _ in range(300)]
    good = 0
    for first in range(0, 300, 50):  # a receive buffer holds as many
        for number in range(first, first + 50):
            peers[number].send(b"first %d" % number)
        good += sum(peers[number].recv(100) == b"first %d" % number for number in range(first, first + 50))
    same(good, 300, "300 UDP peers have each their own answer")
    same(len(set.union(*echo.peers.values())), 300, "the target sees a peer for each")
    good = 0
    for number, peer in enumerate(peers):
        peer.send(b"again %d" % number)
        good += peer.recv(100) == b"again %d" % number
    same((good, len(set.union(*echo.peers.values()))), (300, 300), "and the same ones again")
    same(peers[7].send(b""), 0, "an empty datagram")
    same(peers[7].recv(100), b"", "is one")
    big = random.randbytes(60000)
    peers[8].send(big)
    ok(peers[8].recv(65536) == big, "and a large one is one")
    for peer in peers:
        peer.close()
    end(process)
    echo.stop()


def udp_least_recent():
    """Where descriptors are few the partner that is unused for longest makes room."""
    echo = Echo(socket.SOCK_DGRAM)
    process, port = relay_to(echo.port, "-u",
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)))
    keeper = connect(port, socket.SOCK_DGRAM)
    answered = 0
    for number in range(200):
        peer = connect(port, socket.SOCK_DGRAM)
        peer.send(b"%d" % number)
        answered += peer.recv(100) == b"%d" % number
        keeper.send(b"still here")
        keeper.recv(100)
        peer.close()
    same(answered, 200, "200 peers in turn are answered by a relay with 100 descriptors")
    same(len(echo.peers[b"still here"]), 1, "one of them, which is always used, keeps its partner")
    end(process)
    echo.stop()


def udp_nobody():
    nobody = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    nobody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # so that somebody can be there, too
    nobody.bind(("127.0.0.1", 0))
    port_of_nobody = port_of(nobody)
    refuse(nobody)
    process, port = relay_to(port_of_nobody, "-u")
    peer = connect(port, socket.SOCK_DGRAM)
    for _ in range(3):
        peer.send(b"x")
    same(read_until(process.stderr, b"\n"), b"sockpit: nobody receives at 127.0.0.1:%d, see session 2\n" % port_of_nobody,
         "that nobody receives is said")
    echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    echo.settimeout(DEADLINE)
    echo.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    echo.bind(("127.0.0.1", port_of_nobody))
    peer.send(b"y")
    data = b"x"
    while data == b"x":
        data, other = echo.recvfrom(100)
    echo.sendto(b"z", other)
    same((data, peer.recv(100)), (b"y", b"z"), "when somebody does it goes on")
    echo.close()
    peer.send(b"x")
    same(read_until(process.stderr, b"\n"), b"sockpit: nobody receives at 127.0.0.1:%d, see session 2\n" % port_of_nobody,
         "and when nobody does again that is said again")
    end(process)


# ---- UNIX, and what goes with what ----

def unix_sockets():
    path, other = os.path.join(SCRATCH, "in"), os.path.join(SCRATCH, "out")
    echo = Echo()
    process = sockpit("-v", "--relay", "unix:" + path, "127.0.0.1:%d" % echo.port, stdin=NULL)
    read_until(process.stderr, b"Listening on")
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(DEADLINE)
    client.connect(path)
    client.sendall(b"unix to tcp")
    client.shutdown(socket.SHUT_WR)
    same(receive_all(client), b"unix to tcp", "a UNIX socket is passed on to TCP, and its end")
    end(process)
    ok(not os.path.exists(path), "its path is removed at the end")
    echo.stop()
    server = socket.socket(socket.AF_UNIX)
    server.bind(other)
    server.listen(1)
    server.settimeout(DEADLINE)
    process, port = relay_to("unix:" + other)
    client = connect(port)
    target = server.accept()[0]
    target.settimeout(DEADLINE)
    client.sendall(b"tcp to unix")
    same(target.recv(100), b"tcp to unix", "TCP to a UNIX socket")
    target.close()
    same(client.recv(100), b"", "and its end back")
    end(process)
    server.close()
    status, _, said = run_script(
        "/listen unixpacket:%s echo as target\n/relay unixpacket:%s unixpacket:%s\n/open unixpacket:%s as client\n"
        "one\ntwo\n/expect next \"one\\n\"\n/expect next \"two\\n\"\n/assert recvs is 2\n/close\n/wait @5 closed\n"
        % (other + ".p", path + ".p", other + ".p", path + ".p"))
    same((status, said), (0, b""), "UNIX packets to UNIX packets, one by one")
    echo = Echo(socket.SOCK_DGRAM)
    gram, own = os.path.join(SCRATCH, "gram"), os.path.join(SCRATCH, "own")
    process = sockpit("-v", "-u", "-U", "--relay", gram, "127.0.0.1:%d" % echo.port, stdin=NULL)
    read_until(process.stderr, b"Bound on")
    client = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    client.settimeout(DEADLINE)
    client.bind(own)
    client.sendto(b"gram to udp", gram)
    same(client.recv(100), b"gram to udp", "UNIX datagrams to UDP, and back")
    end(process)
    echo.stop()


def is_cancelled():
    """A connection to the target that a person closes while it is under way: the client's bytes have gone nowhere."""
    full = listener(backlog=0)
    first = connect(port_of(full))
    select.select([full], [], [], DEADLINE)
    for last in ("/close", "\x03"):
        person = Plain()
        person.type("/relay 0 127.0.0.1:%d as r" % port_of(full))
        person.sees("listening on")
        client = connect(int(re.search(r"127\.0\.0\.1:(\d+)", person.text.split("listening on", 1)[1]).group(1)))
        client.sendall(b"lost")
        person.sees("is session 2")
        person.type("/session 3")
        person.sees("opened by relay")
        if last == "/close":
            person.type(last)
        else:
            person.forget()
            os.write(person.master, last.encode())
        ok(person.sees("closed before it was connected"), "a target that does not answer: %r" % last)
        ok(was_reset(client), "its client is reset")
        same(person.leave(), 0, "leaves")
    first.close()
    full.close()


def mistakes():
    for words, why in ((["--relay", "0", "udp://127.0.0.1:53"], b"TCP cannot be relayed to UDP"),
                       (["-u", "--relay", "0", "tcp://127.0.0.1:53"], b"UDP cannot be relayed to TCP"),
                       (["--relay", "unixpacket:/tmp/x", "127.0.0.1:53"], b"UNIX packets cannot be relayed to TCP"),
                       (["--relay", "0"], b"--relay passes on to one address"),
                       (["--relay", "70000", "127.0.0.1:53"], b"70000 is not a port"),
                       (["--relay", "0", "127.0.0.1:70000"], b"70000 is not a port"),
                       (["--relay", "0", "127.0.0.1"], b"no port"),
                       (["--relay", "0", "nosuch"], b"no port"),
                       (["--relay", "0", "a", "1", "b"], b"--relay passes on to one address"),
                       (["--relay", "0", "-z", "127.0.0.1:53"], b"-z"),
                       (["--relay", "0", "--service", "echo", "127.0.0.1:53"], b"--service")):
        status, _, said = run(*words, stdin=NULL)
        ok(status == 2 and why in said and said.count(b"\n") == 1, "%s is refused: %s %r" % (" ".join(words), status, said))
    for words, column, address in (("0 tls 127.0.0.1:80", 14, "tls://127.0.0.1:80"), ("tls 0 tls 127.0.0.1:80", 18, "tls://127.0.0.1:80"),
                                   ("0 127.0.0.1:80 tls", 23, "tls://127.0.0.1:80"), ("0 tls example.org", 14, "tls://example.org"),
                                   ("0 unix /tmp/x", 15, "unix:///tmp/x"), ("udp 0 udp 127.0.0.1:53", 18, "udp://127.0.0.1:53")):
        status, _, said = run_script("/relay %s\n" % words)
        ok(status == 2 and said.endswith(b":1:%d: the transport of the target is in its address: %s\n" % (column, address.encode())),
           "/relay %s: %s %r" % (words, status, said))


# ---- with others ----

def other_programs():
    server = listener()
    process, port = relay_to(port_of(server))
    if shutil.which("nc"):
        nc = subprocess.Popen(["nc", "-N", "127.0.0.1", str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        nc.stdin.write(b"from nc\n")
        nc.stdin.close()
        target = server.accept()[0]
        target.settimeout(DEADLINE)
        same(receive_all(target), b"from nc\n", "nc -N is passed on to its end")
        target.sendall(b"to nc\n")
        target.close()
        same(nc.stdout.read(), b"to nc\n", "and answered")
        nc.wait(DEADLINE)
        nc.stdout.close()
    else:
        skip("no nc")
    if shutil.which("socat"):
        socat = subprocess.Popen(["socat", "-t", str(DEADLINE), "-", "TCP:127.0.0.1:%d" % port],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        target = server.accept()[0]
        target.settimeout(DEADLINE)
        target.sendall(b"to socat\n")
        same(read_until(socat.stdout, b"\n"), b"to socat\n", "socat is answered before it sends")
        socat.stdin.write(b"from socat\n")
        socat.stdin.close()
        same(receive_all(target), b"from socat\n", "and passed on to its end")
        target.close()
        socat.wait(DEADLINE)
        socat.stdout.close()
    else:
        skip("no socat")
    end(process)
    server.close()


def run_script(text, *args):
    script = os.path.join(SCRATCH, "script")
    with open(script, "w", encoding="utf-8") as file:
        file.write(text)
    return run("-f", script, *args)


def in_a_script():
    """Both sides are sessions: shown, found, waited for."""
    log = os.path.join(SCRATCH, "both.log")
    status, out, said = run_script(
        "/listen 0 echo as target\n/relay 0 127.0.0.1 $target.port as tap\n/open 127.0.0.1 $tap.port as client\n"
        "over the relay\n/expect \"over the relay\"\n/sessions\n/close @client\n/wait @4 closed\n/wait @5 closed\n",
        "-o", log)
    same((status, said), (0, b""), "a script with a relay")
    ok("→:".encode() in out, "lists the partner of a client: %r" % out.decode())
    with open(log, "rb") as file:
        text = file.read()
    same(len(re.findall(rb" [<>] over the relay", text)), 8, "a log has the bytes of each of the four sessions, both ways")
    ok(b"opened by relay 2 for 127.0.0.1:" in text, "and says whose the partner is")


def linked():
    """Each side says which session the other one is."""
    log, page, page2 = (os.path.join(SCRATCH, name) for name in ("both.json", "page.html", "page2.html"))
    status, out, said = run_script(
        "/listen 0 echo as target\n/relay 0 127.0.0.1 $target.port as tap\n/open 127.0.0.1 $tap.port as client\n"
        "over\n/expect \"over\"\n/info @4\n/info @5\n/relay udp 0 127.0.0.1:9 as taps\n/open udp 127.0.0.1 $taps.port\nx\n"
        "/assert @taps.recvs is 1 within 5s\n/report @5 %s\n/report @4 %s\n" % (page, page2), "-o", log, "--log-format", "json")
    same((status, said), (0, b""), "a script with two relays")
    ok(b"relayed       to session 5\n" in out and b"relayed       for session 4\n" in out, "/info says it")
    with open(log, encoding="utf-8") as file:
        sessions = {line["session"]: line for line in map(json.loads, file) if line["type"] == "session"}
    relays = {number: (line.get("relay"), line.get("other_side"), line.get("words")) for number, line in sessions.items()}
    port = sessions[1]["local"]["port"]
    same([relays[number] for number in range(2, 10)],
         [(None, None, "127.0.0.1 %d" % port), (None, None, None), (None, 5, None), (2, 4, None), (None, None, None),
          (None, None, "127.0.0.1:9"), (None, None, None), (7, None, None)], "so does a log of JSON lines")
    with open(page, encoding="utf-8") as file, open(page2, encoding="utf-8") as other:
        ok("for session 4, a client of the relay 2" in file.read() and "it was passed on to session 5" in other.read(), "and a report")


def by_hand():
    """What a person does to the relay and its sessions."""
    status, _, said = run_script(
        "/listen 0 echo as target\n/target echo 127.0.0.1:$target.port\n/relay 0 echo as tap\n/pause @tap\n"
        "/open 127.0.0.1 $tap.port as client\nearly\n/accept @tap as c\n/assert @c.recv is 0\n/resume @c\n"
        "/expect @client \"early\"\n/resume @tap\n")
    same((status, said), (0, b""), "a client that is accepted by hand has its partner when it goes on; the target has a name")
    saved = os.path.join(SCRATCH, "saved")
    status, _, said = run_script(
        "/listen 0 echo as target\n/relay 0 127.0.0.1 $target.port as tap\n/open 127.0.0.1 $tap.port as client\n"
        "kept\n/expect \"kept\"\n/save %s\n" % saved)
    with open(saved, "rb") as file:
        text = file.read()
    ok(status == 0 and b"/relay :0 127.0.0.1 $target.port as tap\n" in text and b"/accept" not in text,
       "/save has the relay, and not what it does by itself: %r" % text.decode())
    same(run("-f", saved)[::2], (0, b""), "what is saved runs again")
    opening = ("/listen 0 echo as target\n/relay 0 127.0.0.1:$target.port as tap\n/open 127.0.0.1 $tap.port as client\n"
               "first\n/expect \"first\"\n")
    status, _, said = run_script(opening + "/service @tap echo\n/wait @5 closed\nagain\n/expect \"again\"\n")
    same((status, said), (0, b""), "another service closes what goes to the target, and has the clients")
    status, _, said = run_script(opening + "/close @4\n/wait @5 closed\n/assert @client.fin is yes within 5s\n")
    same((status, said), (0, b""), "/close of a client closes its partner, too")
    status, _, said = run_script(opening + "/abort @5\n/wait @client closed\n/assert @client.recv.errno is ECONNRESET\n")
    same((status, said), (0, b""), "/abort of a partner resets its client")
    status, _, said = run_script(opening + "/fails /reconnect @5\n/assert error has \"opened by a relay\"\n")
    same((status, said), (0, b""), "a partner is not opened again")
    status, _, said = run_script(
        "/listen udp 0 echo as target\n/relay udp 0 127.0.0.1:$target.port as tap\n/open udp 127.0.0.1 $tap.port as client\n"
        "first\n/expect \"first\"\n/close @tap\n/wait @4 closed\n")
    same((status, said), (0, b""), "/close of a relay of datagrams closes the partners")


random.seed(1)
watchdog(120)
os.environ["LC_ALL"] = "C.UTF-8"
for part in (both_ways, half_closes, resets, closed_for_good, unreachable, slow_readers, reset_of_a_held_up, many_at_once,
             as_many_as_there_may_be, to_itself, in_a_circle, udp_peers, udp_least_recent, udp_nobody, unix_sockets, is_cancelled, mistakes,
             other_programs, in_a_script, linked, by_hand):
    part()
shutil.rmtree(SCRATCH)
done()
