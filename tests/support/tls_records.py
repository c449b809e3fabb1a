# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer that sends any records: after a handshake of Python's ssl, with the keys of it, in Python (RFC 8446, RFC 8439).
Import it before ssl: the cipher is one that takes few lines."""

import os
import sys

if "_hashlib" in sys.modules or "ssl" in sys.modules:
    raise ImportError("tls_records comes first: the library reads its configuration once")
_file = os.memfd_create("openssl.cnf")
os.write(_file, b"openssl_conf=i\n[i]\nssl_conf=s\n[s]\nsystem_default=d\n[d]\nCiphersuites=TLS_CHACHA20_POLY1305_SHA256\n")
_before = os.environ.get("OPENSSL_CONF")
os.environ["OPENSSL_CONF"] = "/proc/self/fd/%d" % _file

import hashlib  # noqa: E402
import hmac  # noqa: E402
import ssl  # noqa: E402
import struct  # noqa: E402
import tempfile  # noqa: E402

ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
del os.environ["OPENSSL_CONF"]
if _before is not None:
    os.environ["OPENSSL_CONF"] = _before
os.close(_file)

CHANGE_CIPHER, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
HELLO_REQUEST, SESSION_TICKET, CERTIFICATE_REQUEST, FINISHED, KEY_UPDATE = 0, 4, 13, 20, 24


# ---- ChaCha20 and Poly1305 ----

def _block(key, counter, nonce):
    first = struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce)
    x = list(first)
    for turn in range(20):
        for i in range(4):
            shift = turn % 2
            a, b, c, d = i, 4 + (i + shift) % 4, 8 + (i + 2 * shift) % 4, 12 + (i + 3 * shift) % 4
            for p, q, r, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                x[p] = (x[p] + x[q]) & 0xffffffff
                mixed = x[r] ^ x[p]
                x[r] = (mixed << bits | mixed >> (32 - bits)) & 0xffffffff
    return struct.pack("<16I", *((a + b) & 0xffffffff for a, b in zip(x, first)))


def _seal(key, nonce, plain, about):
    stream = b"".join(_block(key, 1 + i, nonce) for i in range((len(plain) + 63) // 64))
    sealed = bytes(a ^ b for a, b in zip(plain, stream))
    once = _block(key, 0, nonce)
    r, s = int.from_bytes(once[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff, int.from_bytes(once[16:32], "little")
    text = about + bytes(-len(about) % 16) + sealed + bytes(-len(sealed) % 16) + struct.pack("<QQ", len(about), len(sealed))
    sum_ = 0
    for at in range(0, len(text), 16):
        sum_ = (sum_ + int.from_bytes(text[at:at + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return sealed + ((sum_ + s) & ((1 << 128) - 1)).to_bytes(16, "little")


# ---- keys ----

def _expand(secret, label, size):
    label = b"tls13 " + label
    return hmac.new(secret, struct.pack(">HB", size, len(label)) + label + b"\0\1", hashlib.sha256).digest()[:size]


class Sealer:
    """Makes the records of one direction of TLS 1.3."""

    def __init__(self, secret):
        self.secret = secret
        self.take_keys()

    def take_keys(self):
        self.key, self.iv, self.count = _expand(self.secret, b"key", 32), _expand(self.secret, b"iv", 12), 0

    def update(self):
        """After a KeyUpdate."""
        self.secret = _expand(self.secret, b"traffic upd", 32)
        self.take_keys()

    def record(self, kind, body, padding=0):
        inner = body + bytes([kind] if kind else []) + bytes(padding)
        about = struct.pack(">BHH", DATA, 0x0303, len(inner) + 16)
        nonce = (int.from_bytes(self.iv, "big") ^ self.count).to_bytes(12, "big")
        self.count += 1
        return about + _seal(self.key, nonce, inner, about)


def plain_record(kind, body):
    """As before the keys are there."""
    return struct.pack(">BHH", kind, 0x0303, len(body)) + body


def message(kind, body):
    return bytes([kind]) + struct.pack(">I", len(body))[1:] + body


def shake(sock, context, server, name=None):
    """A handshake of TLS 1.3 over a socket; gives the Sealer of what this end sends."""
    with tempfile.NamedTemporaryFile("r", suffix=".keys") as log:
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.keylog_filename = log.name
        if server:
            context.num_tickets = 0
        came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        library = context.wrap_bio(came, goes, server_side=server, server_hostname=name)
        while True:
            try:
                library.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(goes.read())
                data = sock.recv(65536)
                if not data:
                    raise ConnectionError("no handshake") from None
                came.write(data)
        sock.sendall(goes.read())
        wanted = "SERVER_TRAFFIC_SECRET_0" if server else "CLIENT_TRAFFIC_SECRET_0"
        secrets = dict((line.split()[0], line.split()[2]) for line in log.read().splitlines() if line[:1] != "#")
    return Sealer(bytes.fromhex(secrets[wanted]))
