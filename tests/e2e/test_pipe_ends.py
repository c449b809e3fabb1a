# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipe mode: when a conversation ends, who is given the input, and what is said when bytes are lost."""

import fcntl
import os
import pty
import socket
import struct
import sys
import tempfile
import termios
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from conversation import *  # noqa: E402,F403


# ---- 1: an end is acted on, whenever it is noticed ----

def reset_after_fin():
    process, peer = client_of()
    write(process, b"GET\n")
    peer.recv(100)
    peer.sendall(b"answer")
    peer.close()
    same(read_until(process.stdout, b"answer"), b"answer", "a server that reads once, answers and closes")
    write(process, b"more\n")
    status, _, err = finish(process)
    ok(status == 1 and b"reset" in err and err.count(b"\n") == 1, "ends us when it answers more by RST: %s %r" % (status, err))
    process, peer = client_of()
    peer.sendall(b"x")
    peer.shutdown(socket.SHUT_WR)
    read_until(process.stdout, b"x")
    write(process, b"unread")
    reset(peer)
    status, _, err = finish(process)
    ok(status == 1 and b"reset" in err, "so does an RST long after FIN, to an input that is silent: %s %r" % (status, err))


# ---- 2: many clients ----

def input_goes_to_who_is_there():
    process, port = server_of("-k")
    older = connect(port)
    older.sendall(b"older")
    read_until(process.stdout, b"older")
    for how in ("closes", "resets", "half-closes"):
        newer = connect(port)
        newer_port = port_of(newer)
        newer.sendall(b"newer")
        read_until(process.stdout, b"newer")
        write(process, b"to the newest")
        same(newer.recv(100), b"to the newest", "the newest client has the input")
        if how == "closes":
            newer.close()
        elif how == "resets":
            reset(newer)
        else:
            newer.shutdown(socket.SHUT_WR)
            ok(is_closed(newer), "one that half-closes is closed")
        wait_for_end(port, newer_port)
        older.sendall(b"again")
        read_until(process.stdout, b"again")
        write(process, b"to the older")
        same(older.recv(100), b"to the older", "when it %s, the older one has it" % how)
    end(process)


def the_end_is_for_all():
    process, port = server_of("-k")
    clients = [connect(port) for _ in range(3)]
    for client in clients:
        client.sendall(b"here")
        read_until(process.stdout, b"here")
    process.stdin.close()
    for number, client in enumerate(clients):
        same(client.recv(100), b"", "the end of input reaches client %d" % number)
    late = connect(port)
    same(late.recv(100), b"", "and one that comes later")
    late.sendall(b"still read")
    same(read_until(process.stdout, b"read"), b"still read", "which is read all the same")
    process.stdin = None
    end(process)


def limits_end_conversations():
    process, port = server_of("-k", "-w", "200ms")
    for number in range(2):
        client = connect(port)
        same(client.recv(100), b"", "-w ends client %d of a listener" % number)
        client.close()
    ok(process.poll() is None, "and the listener goes on")
    end(process)
    process, port = server_of("-k", "-q", "0", stdin=NULL)
    for number in range(2):
        same(connect(port).recv(100), b"", "so it is with -q, client %d" % number)
    ok(process.poll() is None, "and the listener goes on")
    end(process)
    for args in (["-w", "100ms"], ["-k", "-w", "100ms"], ["-q", "0"]):
        process, port = server_of("-u", *args, stdin=NULL)
        client = connect(port, socket.SOCK_DGRAM)
        time_out = time.monotonic() + 0.3
        while time.monotonic() < time_out and process.poll() is None:
            select.select([process.stdout], [], [], 0.05)
        client.send(b"first")
        same(read_until(process.stdout, b"first"), b"first", "a UDP listener waits for its first peer: " + " ".join(args))
        if "-k" in args:
            ok(process.poll() is None, "and with -k for the next")
            client.send(b"second")
            same(read_until(process.stdout, b"second"), b"second", "whom it hears")
            end(process)
        else:
            same(finish(process)[0], 0, "after which the limit ends it")


# ---- 3: a listener ends after its client ----

def listener_ends_after_its_client():
    process, port = server_of()
    client = connect(port)
    client.sendall(b"all of it")
    client.shutdown(socket.SHUT_WR)
    status, out, err = finish(process)
    same((status, out), (0, b"all of it"), "a listener ends after its client's FIN though its input stays open")
    ok(is_closed(client), "and closes its side")
    master, slave = pty.openpty()
    process, port = server_of(stdin=slave)
    client = connect(port)
    client.sendall(b"all of it")
    client.close()
    same(finish(process)[:2], (0, b"all of it"), "so it does where that is a terminal")
    os.close(slave)
    os.close(master)


def ready_input_is_sent_to_its_end():
    amount = 32 << 20
    with tempfile.TemporaryFile() as data:
        data.truncate(amount)
        process, port = server_of(stdin=data)
        client = connect(port)
        client.shutdown(socket.SHUT_WR)
        same(len(receive_all(client)), amount, "a file is delivered whole to a client that has half-closed at once")
        same(finish(process)[0], 0, "and the end is good")
    process, port = server_of()
    client = connect(port)
    write(process, b"first")
    same(client.recv(100), b"first", "a pipe brings input,")
    client.shutdown(socket.SHUT_WR)
    for part in (b"second", b"third"):
        write(process, part)
        same(client.recv(100), part, "and more, slower than we send it, to a client that has half-closed")
    same((receive_all(client), finish(process)[0]), (b"", 0), "until it is quiet")


def output_ends_with_the_peer():
    process, peer = client_of()
    peer.sendall(b"all")
    peer.shutdown(socket.SHUT_WR)
    same(process.stdout.read(), b"all", "the peer's FIN ends the output, though the input goes on")
    write(process, b"late")
    same(peer.recv(100), b"late", "which is still sent")
    peer.close()
    process.stdin.close()
    process.stdin = None
    same(finish(process)[0], 0, "and the end is good")


def reader_goes():
    for args, status in (([], 0), (["--nc"], 0)):
        process, peer = client_of(*args)
        process.stdin.close()
        process.stdin = None
        if not args:
            same(peer.recv(100), b"", "the input has ended")
        peer.sendall(b"x")
        read_until(process.stdout, b"x")
        process.stdout.close()
        process.stdout = None
        same(finish(process)[0], status, "nobody reads us, and nothing is to be sent: %s" % " ".join(args))


# ---- 5: limits while our reader is slow ----

def slow_reader():
    much = b"z" * (64 << 20)  # more than sockets and pipes hold
    process, peer = client_of("-w", "2", stdin=NULL)
    threading.Thread(target=lambda: (peer.sendall(much), peer.close()), daemon=True).start()
    got = 0
    while got < len(much):  # slower than the limit as a whole, but it moves
        part = os.read(process.stdout.fileno(), 1 << 20)
        if not part:
            break
        got += len(part)
        select.select([], [], [], 0.04)
    same(got, len(much), "-w does not strike while a slow reader reads")
    same(finish(process)[0], 0, "and the end is good")
    process, peer = client_of("-w", "2", stdin=NULL)
    threading.Thread(target=lambda: swallow(lambda: peer.sendall(much)), daemon=True).start()
    try:
        process.wait(DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
    status, out, err = finish(process)
    ok(status == 1 and b"not written" in err and err.count(b"\n") == 1,
       "a reader that is stuck loses bytes, which is said and is status 1: %s %r" % (status, err))
    for args in ([], ["-C"]):  # inside the kernel, and copied
        process, peer = client_of("-w", "2", *args)
        threading.Thread(target=lambda: swallow(lambda: process.stdin.write(much)), daemon=True).start()
        status, out, err = finish(process)
        ok(status == 1 and b"not sent" in err and err.count(b"\n") == 1, "so does a peer that is stuck: %s %r" % (status, err))


def waiting(sock):
    return struct.unpack("i", fcntl.ioctl(sock, termios.FIONREAD, b"\0" * 4))[0]


def resets_while_sending():
    """One message for a failure, also where bytes wait to be sent."""
    much = b"z" * (64 << 20)
    for args in ([], ["-C"]):
        process, peer = client_of(*args)
        threading.Thread(target=lambda: swallow(lambda: process.stdin.write(much)), daemon=True).start()
        before = -1
        while waiting(peer) != before:  # until nothing moves
            before = waiting(peer)
            select.select([], [], [], 0.1)
        reset(peer)
        status, out, err = finish(process)
        ok(status == 1 and b"reset" in err and err.count(b"\n") == 1, "a reset while bytes wait is one line: %s %r" % (status, err))


def swallow(action):
    try:
        action()
    except OSError:
        pass


# ---- as nc ----

def as_nc():
    with tempfile.TemporaryFile() as data:
        data.truncate(64 << 20)
        process, port = nc_server(stdin=data)
        client = connect(port)
        client.shutdown(socket.SHUT_WR)
        status, out, err = finish(process)
        said = err.splitlines()[1:]  # after "Connection received"
        ok(status == 1 and len(said) == 1 and b"not sent to its end" in said[0],
           "--nc ends with its client, and says that input was left over: %s %r" % (status, err))
    process, peer = client_of("--nc")
    peer.sendall(b"x")
    read_until(process.stdout, b"x")
    reset(peer)
    same(finish(process), (0, b"", b""), "a reset is nothing to nc")
    process, port = nc_server("-k")
    first = connect(port)
    first.sendall(b"first")
    read_until(process.stdout, b"first")
    second = connect(port)
    second.sendall(b"second")
    ok(not select.select([process.stdout], [], [], 0.2)[0], "--nc -k has one client at a time")
    first.close()
    same(read_until(process.stdout, b"second"), b"second", "and then the next")
    end(process)


def nc_server(*args, **more):
    process = sockpit("--nc", "-nv", *args, "-l", "127.0.0.1", "0", **more)
    return process, listening_port(process)


# ---- what goes through unseen ----

def through_the_kernel():
    data = os.urandom(3 << 20)
    for kind in ("a pipe", "a file", "both ways"):
        server = listener()
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.seek(0)
            process = sockpit("127.0.0.1", port_of(server), stdin=file if kind == "a file" else subprocess.PIPE)
            peer, _ = server.accept()
            peer.settimeout(DEADLINE)
            writer = threading.Thread(target=lambda: kind != "a file" and (process.stdin.write(data), process.stdin.close()))
            writer.start()
            got = []
            reader = threading.Thread(target=lambda: got.append(process.stdout.read()))
            reader.start()
            if kind == "both ways":
                sender = threading.Thread(target=lambda: (peer.sendall(data), peer.shutdown(socket.SHUT_WR)))
                sender.start()
            sent = b"".join(iter(lambda: peer.recv(1 << 16), b""))
            peer.close() if kind != "both ways" else sender.join(DEADLINE)
            writer.join(DEADLINE)
            reader.join(DEADLINE)
            ok(sent == data, "%s arrives as it was" % kind)
            ok(got == [data if kind == "both ways" else b""], "and so does what comes back")
            process.wait(DEADLINE)
            same(process.returncode, 0, "and the end is good")
    process, peer = client_of(stdin=NULL)
    threading.Thread(target=lambda: swallow(lambda: peer.sendall(data * 30)), daemon=True).start()
    process.stdout.read(10)
    process.stdout.close()
    process.wait(DEADLINE)
    same(process.returncode, -signal.SIGPIPE, "a reader that goes ends us as it ends any filter")


# ---- 6: errors of standard input and output ----

def standard_descriptors():
    server = listener()
    directory = os.open(tempfile.gettempdir(), os.O_RDONLY)
    status, _, err = run("127.0.0.1", port_of(server), given=None, stdin=directory)
    ok(status == 1 and b"standard input" in err and err.count(b"\n") == 1, "a directory is no input: %s %r" % (status, err))
    if os.path.exists("/proc/self/mem"):
        with open("/proc/self/mem", "rb") as failing:  # nothing is at its beginning: EIO
            status, _, err = run("127.0.0.1", port_of(server), given=None, stdin=failing)
        ok(status == 1 and b"standard input" in err and err.count(b"\n") == 1, "nor what cannot be read: %s %r" % (status, err))
    os.close(directory)
    unreadable = os.open("/dev/null", os.O_WRONLY)
    server.close()
    process, peer = client_of(stdin=unreadable)
    peer.sendall(b"answer")
    peer.close()
    same(finish(process), (0, b"answer", b""), "what nohup gives is a plain end of input")
    os.close(unreadable)
    server = listener()
    command = "exec sockpit 127.0.0.1 %d >&-" % port_of(server)
    process = subprocess.Popen(["sh", "-c", command], stdin=NULL, stderr=subprocess.PIPE)
    peer, _ = server.accept()
    peer.sendall(b"lost")
    status, _, err = finish(process)
    ok(status == 1 and b"standard output" in err and err.count(b"\n") == 1, "a closed output loses bytes: %s %r" % (status, err))
    with open("/dev/full", "wb") as full:
        process, peer = client_of(stdin=NULL, stdout=full)
        peer.sendall(b"lost")
        peer.close()
        status, _, err = finish(process)
    ok(status == 1 and b"standard output" in err and err.count(b"\n") == 1, "so does a full one: %s %r" % (status, err))


def refusals():
    server = listener(kind=socket.SOCK_DGRAM)
    process = sockpit("-u", "127.0.0.1", port_of(server))
    write(process, b"question")
    _, client = server.recvfrom(100)
    server.sendto(b"answer", client)
    same(read_until(process.stdout, b"answer"), b"answer", "a UDP peer that answers")
    refuse(server)
    write(process, b"another")
    status, _, err = finish(process)
    ok(status == 1 and err.count(b"\n") == 1, "and then has gone is status 1: %s %r" % (status, err))
    for args, dead in ([], refuser()), (["-u"], refuser(socket.SOCK_DGRAM)):
        status, _, err = run(*args, "127.0.0.1", port_of(dead), given=b"x")
        ok(status == 1 and b"Connection refused" in err and err.count(b"\n") == 1,
           "a refusal is one line with the words that scripts look for: %r" % err)


# ---- 7: a terminal is shown what was cut ----

def cut_character():
    master, slave = pty.openpty()
    process, peer = client_of(stdin=NULL, stdout=slave)
    os.close(slave)
    peer.sendall(b"caf\303")
    peer.close()
    same(finish(process)[0], 0, "a character that is cut at the end")
    shown = b""
    try:
        while True:
            shown += os.read(master, 100)
    except OSError:
        pass
    same(shown, b"caf\\xc3", "is shown as a mark")
    os.close(master)


watchdog(55)
reset_after_fin()
input_goes_to_who_is_there()
the_end_is_for_all()
limits_end_conversations()
listener_ends_after_its_client()
ready_input_is_sent_to_its_end()
slow_reader()
resets_while_sending()
output_ends_with_the_peer()
reader_goes()
as_nc()
through_the_kernel()
standard_descriptors()
refusals()
cut_character()
done()
