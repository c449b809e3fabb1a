# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that no authority would sign, made byte by byte (X.509 in DER): names of any bytes and of any length. An
authority of certificates.py signs them all the same."""

import base64
import os
import subprocess

from certificates import DIRECTORY, openssl, path

SEQUENCE, SET, INTEGER, BITS, OCTETS, OID = 0x30, 0x31, 0x02, 0x03, 0x04, 0x06
UTF8, PRINTABLE, TELETEX, IA5, UNIVERSAL, BMP, TIME = 0x0c, 0x13, 0x14, 0x16, 0x1c, 0x1e, 0x18
DNS, URI, ADDRESS = 0x82, 0x86, 0x87  # in a subjectAltName
COMMON_NAME, ALTERNATIVE = b"\x55\x04\x03", b"\x55\x1d\x11"
ECDSA_SHA256 = b"\x2a\x86\x48\xce\x3d\x04\x03\x02"


def der(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def name(value, kind=UTF8):
    """A distinguished name of one common name; none where that is None."""
    common = [] if value is None else [der(SET, der(SEQUENCE, der(OID, COMMON_NAME), der(kind, value)))]
    return der(SEQUENCE, *common)


def odd_certificate(file, issuer, subject, names, begin=b"20200101000000Z", end=b"20991231235959Z"):
    """`subject` is of name(), `names` a list of (kind, bytes). All have one key. Paths of the certificate and of
    the key."""
    if not os.path.exists(path("odd.pub")):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "odd.key")
        openssl("pkey", "-in", "odd.key", "-pubout", "-outform", "DER", "-out", "odd.pub")
    with open(path("odd.pub"), "rb") as public:
        key = public.read()
    algorithm = der(SEQUENCE, der(OID, ECDSA_SHA256))
    extension = der(SEQUENCE, der(OID, ALTERNATIVE), der(OCTETS, der(SEQUENCE, *[der(kind, value) for kind, value in names])))
    inner = der(SEQUENCE, der(0xa0, der(INTEGER, b"\2")), der(INTEGER, b"\7"), algorithm, name(issuer.encode()),
                der(SEQUENCE, der(TIME, begin), der(TIME, end)), subject, key,
                *([der(0xa3, der(SEQUENCE, extension))] if names else []))
    signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", issuer + ".key"], cwd=DIRECTORY, input=inner,
                            stdout=subprocess.PIPE, check=True).stdout
    text = base64.encodebytes(der(SEQUENCE, inner, algorithm, der(BITS, b"\0", signed))).decode()
    with open(path(file + ".pem"), "w", encoding="ascii") as made:
        made.write("-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % text)
    return path(file + ".pem"), path("odd.key")
