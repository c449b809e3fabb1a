# SPDX-License-Identifier: GPL-3.0-or-later
"""A conversation of the program in pipe mode with a peer here, for tests in Python."""

import os
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import *  # noqa: E402,F403

NULL = subprocess.DEVNULL


def connect(port, kind=socket.SOCK_STREAM):
    sock = socket.socket(socket.AF_INET, kind)
    sock.settimeout(DEADLINE)
    sock.connect(("127.0.0.1", port))
    return sock


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def finish(process, limit=DEADLINE):
    """Status, output and errors of one that ends by itself, its standard input left as it is."""
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        process.returncode = "hangs"
    out = process.stdout.read() if process.stdout else b""
    err = process.stderr.read() if process.stderr else b""
    for stream in (process.stdin, process.stdout, process.stderr):
        try:
            if stream:
                stream.close()
        except BrokenPipeError:
            pass
    return process.returncode, out, err


def write(process, data):
    process.stdin.write(data)
    process.stdin.flush()


def wait_for_end(port, client_port):
    """Until the server's side of a connection is closed: a client that is gone cannot see that."""
    ends = ":%04X" % port, ":%04X" % client_port
    stop = time.monotonic() + DEADLINE
    while os.path.exists("/proc/net/tcp") and time.monotonic() < stop:
        with open("/proc/net/tcp") as table:
            rows = [line.split()[1:4] for line in table]
        if not any(row[0].endswith(ends[0]) and row[1].endswith(ends[1]) and row[2] in ("01", "08") for row in rows):
            return


def is_closed(sock):
    """FIN or RST has come, and nothing else."""
    try:
        return sock.recv(100) == b""
    except ConnectionResetError:
        return True


def client_of(*args, **more):
    """A client of a server here: the process, and its peer."""
    server = listener()
    process = sockpit(*args, "127.0.0.1", port_of(server), **more)
    peer, _ = server.accept()
    peer.settimeout(DEADLINE)
    server.close()
    return process, peer


def server_of(*args, **more):
    process = sockpit(*args, "-l", "0", **more)
    return process, listening_port(process)
