# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for tests, made by openssl(1) in a directory that goes with the test: an authority, and servers'
certificates that are right or wrong in one thing."""

import os
import subprocess
import tempfile

import tap  # noqa: F401  whose mkdtemp() removes it at the end

DIRECTORY = tempfile.mkdtemp()
NAMES = "DNS:localhost,DNS:*.example.org,IP:127.0.0.1,IP:::1"


def path(name):
    return os.path.join(DIRECTORY, name)


def openssl(*args):
    done = subprocess.run(("openssl",) + args, cwd=DIRECTORY, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise OSError("openssl %s: %s" % (" ".join(args), done.stdout.decode(errors="replace")))


def authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key",
            "-out", name + ".pem", "-days", "2", "-subj", "/CN=" + name)
    return path(name + ".pem")


def certificate(name, issuer, names=NAMES, begin="20200101000000Z", end="20991231235959Z"):
    """Paths of the certificate and of its key."""
    config = path(name + ".cnf")
    with open(config, "w", encoding="ascii") as file:
        file.write("[ca]\ndefault_ca=a\n[a]\ndatabase=%s.txt\nserial=%s.srl\nnew_certs_dir=.\ndefault_md=sha256\n"
                   "policy=p\nx509_extensions=x\nunique_subject=no\n[p]\ncommonName=supplied\n[x]\nsubjectAltName=%s\n"
                   % (name, name, names))
    with open(path(name + ".txt"), "w", encoding="ascii"), open(path(name + ".srl"), "w", encoding="ascii") as serial:
        serial.write("%s\n" % os.urandom(8).hex())
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key", "-out",
            name + ".csr", "-subj", "/CN=" + name)
    openssl("ca", "-batch", "-notext", "-config", config, "-cert", issuer + ".pem", "-keyfile", issuer + ".key", "-in",
            name + ".csr", "-out", name + ".pem", "-startdate", begin, "-enddate", end)
    return path(name + ".pem"), path(name + ".key")
