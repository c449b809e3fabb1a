# SPDX-License-Identifier: GPL-3.0-or-later
"""The other end of TLS, for tests: servers and clients of Python's ssl, servers of sockpit, and what is between them."""

import re
import socket
import ssl
import threading

from tap import DEADLINE, done, listener, ok, port_of, read_until, run, skip, sockpit

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def needs_openssl():
    """Ends the test where the program was built without it."""
    if b"built without OpenSSL" in run("tls://127.0.0.1:1")[2]:
        skip("built without OpenSSL")
        done()


def server_context(paths, version=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*paths)
    if version:
        made.minimum_version = made.maximum_version = VERSIONS[version]
    return made


def any_certificate(version=None):
    """Of a client that takes every one."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if version:
        made.minimum_version = made.maximum_version = VERSIONS[version]
    return made


def trusting(authority, version=None):
    """Of a client that takes what a file of authorities has signed for the host, and, unlike create_default_context() of
    Python 3.13, is not strict about what else is in the certificates."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(authority)
    if version:
        made.minimum_version = made.maximum_version = VERSIONS[version]
    return made


class Secure:
    """One end of TLS on a connected socket, that can end its direction and go on reading."""

    def __init__(self, sock, context, server=False, name="localhost", pass_on=None):
        """`pass_on`(sock, bytes) sends what this end makes, in its own way."""
        self.sock, self.pass_on = sock, pass_on or (lambda sock, data: sock.sendall(data))
        self.came, self.goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.library = context.wrap_bio(self.came, self.goes, server_side=server, server_hostname=None if server else name)
        self.do(self.library.do_handshake)

    def flush(self):
        data = self.goes.read()
        if data:
            self.pass_on(self.sock, data)

    def do(self, operation, *words):
        while True:
            try:
                result = operation(*words)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                data = self.sock.recv(65536)
                if data:
                    self.came.write(data)
                else:
                    self.came.write_eof()

    def send(self, data):
        self.do(self.library.write, data)

    def read(self, most=65536):
        """b"" after close_notify."""
        try:
            return self.do(self.library.read, most)
        except ssl.SSLZeroReturnError:
            return b""

    def read_size(self, size):
        got = b""
        while len(got) < size:
            more = self.read(size - len(got))
            if not more:
                break
            got += more
        return got

    def read_to_end(self):
        return b"".join(iter(self.read, b""))

    def end(self):
        """Sends close_notify; what the peer sends can still be read."""
        try:
            self.library.unwrap()
        except ssl.SSLError:
            pass
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


def serve(conversation, context=None, count=1, family=socket.AF_INET):
    """The port of a server that has `count` conversations, one after the other, each with a Secure, or a socket."""
    server = listener(family)

    def run_all():
        for _ in range(count):
            try:
                peer, _ = server.accept()
                peer.settimeout(DEADLINE)
                with Secure(peer, context, server=True) if context else peer as end_:
                    conversation(end_)
            except OSError:
                pass
        server.close()
    threading.Thread(target=run_all, daemon=True).start()
    return port_of(server)


def read_to_end(peer):
    """Up to close_notify; the socket stays open for what goes the other way."""
    return b"".join(iter(lambda: peer.recv(65536), b""))


def call(port, context, host="127.0.0.1", **more):
    return Secure(socket.create_connection((host, port), DEADLINE), context, **more)


def shout(peer):
    """Sends all back in capitals when the end has come, then close_notify."""
    peer.send(peer.read_to_end().upper())
    peer.end()


def tls_server(*words, host="127.0.0.1"):
    """A server of ours, and its port."""
    process = sockpit("-lk", "--tls", *words, host, "0")
    said = read_until(process.stderr, b"listening on")
    while b"certificate sha256:" not in said or not said.endswith(b"\n"):
        more = read_until(process.stderr, b"\n")
        if not more:
            break
        said += more
    port = re.search(rb"listening on \S*:(\d+)", said)
    if not port:
        ok(False, "a server of ours says its port: %r" % said)
        done()
    return process, int(port.group(1))
