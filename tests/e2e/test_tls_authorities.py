# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a client of TLS trusts: what is in SSL_CERT_FILE and SSL_CERT_DIR, as openssl(1) finds with the same two."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from certificates import authority, certificate, openssl, path  # noqa: E402
from script import enter_home  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import *  # noqa: E402,F403

MANY = 40


def text_of(name):
    with open(path(name + ".pem"), encoding="ascii") as file:
        text = file.read()
    return text[text.index("-----BEGIN"):]


def bundle(*names):
    """A file with these certificates; what is none is written as it is."""
    with open(path("bundle"), "w", encoding="ascii") as file:
        file.write("".join(text_of(name) if os.path.exists(path(name + ".pem")) else name for name in names))
    return path("bundle")


def trusts(words, file, good, presented="right", directory=os.devnull):
    """Whether both take the certificate, and what else is sent with it."""
    os.environ["SSL_CERT_FILE"], os.environ["SSL_CERT_DIR"] = file, directory
    more = ["-untrusted", path("sent.pem")] if presented == "sent" else []
    theirs = subprocess.run(["openssl", "verify", "-purpose", "sslserver", *more, path("deep.pem" if more else presented + ".pem")],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    key = path("deep.key" if more else presented + ".key")
    port = serve(shout, server_context((path(presented + ".pem"), key)))
    status, out, err = run("tls://localhost:%d" % port, given=b"hello")
    same((status == 0, out), (good, b"HELLO" if good else b""), "%s: %s" % (words, err.decode()))
    same(theirs.returncode == 0, good, "so does openssl: %s" % words)


def make():
    authority("root")
    authority("twin")
    os.rename(path("twin.pem"), path("stranger.pem"))
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "twin.key", "-out",
            "twin.pem", "-days", "2", "-subj", "/CN=root")  # of the same name
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "middle.key", "-out",
            "middle.pem", "-days", "2", "-subj", "/CN=middle", "-CA", "root.pem", "-CAkey", "root.key")
    certificate("right", "root")
    certificate("deep", "middle")
    openssl("x509", "-in", "root.pem", "-trustout", "-addtrust", "serverAuth", "-out", "for_servers.pem")
    openssl("x509", "-in", "root.pem", "-trustout", "-addreject", "serverAuth", "-out", "not_for_servers.pem")
    with open(path("sent.pem"), "w", encoding="ascii") as file:
        file.write(text_of("deep") + text_of("middle"))
    os.mkdir(path("directory"))
    os.mkdir(path("empty"))
    with open(path("directory/root.pem"), "w", encoding="ascii") as file:
        file.write(text_of("root"))
    openssl("rehash", "directory")


def files():
    others = ["stranger"] * MANY
    with open(path("root.key"), encoding="ascii") as file:
        key = file.read()
    trusts("the last of many", bundle(*others, "root"), True)
    trusts("none of many", bundle(*others), False)
    trusts("the second of its name", bundle("twin", "root"), True)
    trusts("words before it, a key, the same again", bundle("a note\n", key, "root", "root"), True)
    trusts("an authority in between, and its own", bundle("middle", *others, "root"), True, "deep")
    trusts("that in between alone", bundle("middle"), False, "deep")
    trusts("its own, and the one in between is sent", bundle(*others, "root"), True, "sent")
    trusts("its own, and the one in between is not sent", bundle("root"), False, "deep")
    trusts("one that is trusted for servers", bundle("for_servers"), True)
    trusts("one that is not", bundle("not_for_servers"), False)
    trusts("the server's own certificate alone", bundle("right"), False)
    trusts("a file that is cut off", bundle("root", text_of("stranger")[:200]), False)
    trusts("no certificate at all", bundle("nothing\n"), False)
    trusts("one that is damaged", bundle("root", text_of("stranger").replace("M", "N", 3)), False)
    trusts("no file", path("nowhere"), False)


def directories():
    trusts("a directory", os.devnull, True, directory=path("directory"))
    trusts("a directory, and a file of others", bundle("stranger"), True, directory=path("directory"))
    trusts("the second of two directories", os.devnull, True, directory=path("empty") + ":" + path("directory"))
    trusts("a directory with one that is sent", os.devnull, True, "sent", directory=path("directory"))
    trusts("an empty one", os.devnull, False, directory=path("empty"))


def unread():
    """A system's file has what its directory has, and takes long to read: it is left alone where the directory will do."""
    os.mkfifo(path("endless"))
    os.environ["SSL_CERT_FILE"], os.environ["SSL_CERT_DIR"] = path("endless"), path("directory")
    port = serve(shout, server_context((path("right.pem"), path("right.key"))))
    status, out, err = run("tls://localhost:%d" % port, given=b"hello")
    same((status, out), (0, b"HELLO"), "nobody reads the file: %s" % err.decode())


def own_chain():
    """A client sends what a server needs that does not know the one in between, where it has that."""
    os.environ["SSL_CERT_FILE"], os.environ["SSL_CERT_DIR"] = bundle("stranger", "middle", "root"), os.devnull
    server = server_context((path("right.pem"), path("right.key")))
    server.load_verify_locations(path("root.pem"))
    server.verify_mode = ssl.CERT_REQUIRED
    status, out, err = run("--ssl-cert", path("deep.pem"), "--ssl-key", path("deep.key"), "tls://localhost:%d" % serve(shout, server), given=b"hello")
    same((status, out), (0, b"HELLO"), "our chain is whole: %s" % err.decode())


watchdog(120)
needs_openssl()
enter_home()
make()
files()
directories()
unread()
own_chain()
done()
