# SPDX-License-Identifier: GPL-3.0-or-later
"""Small proxies: SOCKS5, SOCKS4 with names, HTTP CONNECT. Each takes one client after the other, in a thread."""

import base64
import select
import socket
import struct
import threading

from tap import DEADLINE, listener, port_of


class Proxy:
    def __init__(self, kind, password=None, answer=None):
        """`password`: "user:password" that CONNECT wants; `answer`: what it says instead of connecting."""
        self.kind, self.password, self.answer = kind, password, answer
        self.server = listener()
        self.port = port_of(self.server)
        self.asked = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        self.server.settimeout(None)
        while True:
            client, _ = self.server.accept()
            client.settimeout(DEADLINE)
            try:
                self._talk(client)
            except (OSError, ValueError, struct.error):
                pass
            client.close()

    def _talk(self, client):
        file = client.makefile("rb")
        if self.kind == "5":
            version, count = file.read(2)
            file.read(count)
            client.sendall(b"\5\0")
            _, _, _, sort = file.read(4)
            if sort == 3:
                host = file.read(file.read(1)[0]).decode()
            else:
                host = socket.inet_ntop(socket.AF_INET if sort == 1 else socket.AF_INET6, file.read(4 if sort == 1 else 16))
            port, = struct.unpack(">H", file.read(2))
            good = b"\5\0\0\1\0\0\0\0\0\0"
        elif self.kind == "4":
            file.read(2)
            port, = struct.unpack(">H", file.read(2))
            number = file.read(4)
            self._text(file)
            host = self._text(file) if number[:3] == b"\0\0\0" else socket.inet_ntoa(number)
            good = b"\0\x5a\0\0\0\0\0\0"
        else:
            words = file.readline().split()
            host, port = words[1].decode().rsplit(":", 1)
            wanted = self.password and b"Basic " + base64.b64encode(self.password.encode())
            headers = []
            while headers[-1:] != [b""]:
                headers.append(file.readline().strip())
            if wanted and b"Proxy-Authorization: " + wanted not in headers:
                client.sendall(b"HTTP/1.0 407 Proxy Authentication Required\r\n\r\n")
                return
            good = b"HTTP/1.0 200 Connection established\r\nVia: test\r\n\r\n"
        self.asked.append((host, int(port)))
        if self.answer is not None:
            client.sendall(self.answer)
            return
        with socket.create_connection((host.strip("[]"), int(port)), DEADLINE) as peer:
            early = b""
            if select.select([peer], [], [], 0.05)[0]:
                early = peer.recv(65536)
            client.sendall(good + early)  # in one segment: what the peer says first comes with the answer
            self._pass_on(client, peer)

    @staticmethod
    def _text(file):
        text = b""
        while not text.endswith(b"\0"):
            text += file.read(1)
        return text[:-1].decode()

    @staticmethod
    def _pass_on(client, peer):
        other = {client: peer, peer: client}
        while other:
            for here in select.select(list(other), [], [], DEADLINE)[0]:
                data = here.recv(65536)
                if data:
                    (peer if here is client else client).sendall(data)
                else:
                    (peer if here is client else client).shutdown(socket.SHUT_WR)
                    del other[here]
