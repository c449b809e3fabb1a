# SPDX-License-Identifier: GPL-3.0-or-later
"""UNIX sockets in pipe mode: what is at the path before and after, what is refused and in which words, and what nc says
beside us."""

import os
import re
import shutil
import socket
import stat
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from tap import *  # noqa: E402,F403

DGRAM = socket.SOCK_DGRAM


def stale(path, kind=socket.SOCK_STREAM):
    """The file of a program that has ended."""
    with socket.socket(socket.AF_UNIX, kind) as sock:
        sock.bind(path)


def is_socket(path):
    return os.path.lexists(path) and stat.S_ISSOCK(os.lstat(path).st_mode)


def serve(*args, **more):
    """A server with -v, once it says that it is bound."""
    server = sockpit("-v", *args, **more)
    said = read_until(server.stderr, b"Bound on ")
    return server, said


def call(path, kind=socket.SOCK_STREAM):
    sock = socket.socket(socket.AF_UNIX, kind)
    sock.settimeout(DEADLINE)
    sock.connect(path)
    return sock


def a_line_goes(path, *args):
    server, said = serve(*args, path)
    ok(is_socket(path), "%s: there is a socket: %r" % (" ".join(args), said))
    status, out, err = run(*[arg for arg in args if arg not in ("-l", "-k")], path, given=b"a line\n")
    out, err = server.communicate(timeout=DEADLINE)
    same((status, server.returncode, out), (0, 0, b"a line\n"), "%s: a line goes: %r" % (" ".join(args), err))
    ok(not os.path.lexists(path), "%s: and the file is removed" % " ".join(args))


def what_is_there_before():
    a_line_goes("plain", "-l", "-U")
    stale("left over")
    a_line_goes("left over", "-l", "--unixsock")
    stale("left over", DGRAM)
    a_line_goes("left over", "-l", "-U")
    with open("file", "wb") as file:
        file.write(b"precious")
    os.symlink("file", "link")
    os.mkdir("directory")
    for name, flags in (("file", ["-lU"]), ("file", ["--nc", "-lU"]), ("link", ["-lU"]), ("directory", ["-ulU"])):
        status, out, err = run(*flags, name)
        ok(status == 1 and out == b"" and b"ddress already in use" in err and err.count(b"\n") == 1,
           "%s %s is refused: %r" % (" ".join(flags), name, err))
    with open("file", "rb") as file:
        same(file.read(), b"precious", "and what is no socket stays as it was")
    server, _ = serve("-lkU", "used")
    before = os.lstat("used").st_ino
    status, out, err = run("-lU", "used")
    ok(status == 1 and b"a program has its socket there" in err and os.lstat("used").st_ino == before,
       "a socket in use is not taken: %r" % err)
    read_until(server.stderr, b"Listening on used\n")
    ok(not select.select([server.stderr], [], [], 0)[0], "and its server has not noticed")
    other, said = serve("--nc", "-lU", "used")
    ok(os.lstat("used").st_ino != before, "with --nc it is, as nc does: %r" % said)
    end(server)
    ok(is_socket("used"), "a file that is another's by now stays")
    end(other)
    ok(is_socket("used"), "and that one leaves it behind, as nc does")
    os.unlink("used")
    with open("empty", "wb"):
        pass
    status, out, err = run("-lU", "empty")
    ok(status == 1 and b"what is there is no socket, and stays" in err, "an empty file stays, too: %r" % err)
    server, said = serve("--nc", "-lU", "empty")
    ok(is_socket("empty"), "but with --nc it has nothing to lose: %r" % said)
    end(server)


def ends_by_signals():
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name)
        server, _ = serve("-lkU", "signalled")
        with call("signalled") as client:
            client.sendall(b"it runs\n")
            read_until(server.stdout, b"\n")
        server.send_signal(number)
        server.communicate(timeout=DEADLINE)
        same((server.returncode, os.path.lexists("signalled")), (-number, False), "%s removes the file" % name)
    server = sockpit("-v", "-lkU", "kept", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    read_until(server.stderr, b"Listening on kept\n")
    server.send_signal(signal.SIGHUP)
    with call("kept") as client:
        client.sendall(b"still here\n")
        ok(b"still here" in read_until(server.stdout, b"\n"), "SIGHUP that was ignored before still is")
    end(server)


def refusals():
    stale("stale")
    os.mkdir("closed")
    long = "p" * 108
    for flags, path, words in (
            (["-U"], "none", "none: No such file or directory"), (["-uU"], "none", "none: No such file or directory"),
            (["-U"], "stale", "stale: Connection refused"), (["-U"], "file", "file: Connection refused"),
            (["-lU"], "no/such", "No such file or directory"), (["-lU"], "file/x", "Not a directory"),
            (["-U"], long, "File name too long"), (["-lU"], long, "File name too long"),
            (["-U"], "", "empty")):
        status, out, err = run(*flags, path)
        ok(status == 1 and out == b"" and words.lower().encode() in err.lower() and err.count(b"\n") == 1,
           "%s %.20s is refused: %r" % (" ".join(flags), path, err))
    for args in (["-lU"], ["-U", "x", "80"], ["-U", "-p", "80", "x"], ["-U", "-s", "y", "x"], ["-4U", "x"], ["-zlU", "x"],
                 ["unix://x", "80"], ["unix:"]):
        status, out, err = run(*args)
        ok(status == 2 and out == b"" and err.count(b"\n") == 1, "%s is a mistake: %r" % (" ".join(args), err))


def probes():
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX, DGRAM) as receiver:
        listener.bind("open")
        listener.listen(4)
        receiver.bind("box")
        for args, want in ((["-zU", "open"], 0), (["-zuU", "box"], 0), (["-zU", "none"], 1), (["-zuU", "none"], 1),
                           (["-zU", "stale"], 1), (["-zU", "box"], 1)):
            status, out, err = run(*args)
            same((status, out, err), (want, b"", b""), "%s is %d" % (" ".join(args), want))
        status, out, err = run("-zvU", "stale")
        same((status, err), (1, b"sockpit: stale: Connection refused\n"), "-v says why")


def abstract_names():
    name = "@sockpit %d" % os.getpid()
    server, said = serve("-lU", name)
    ok(said.startswith(b"Bound on " + name.encode()) or b"Bound" in said, "an abstract name: %r" % said)
    status, out, err = run("-U", name, given=b"abstract\n")
    same((status, server.communicate(timeout=DEADLINE)[0]), (0, b"abstract\n"), "is called: %r" % err)
    server, _ = serve("-l", "unix:" + name.replace(" ", "\\x20"))
    status, out, err = run("unix://" + name.replace(" ", "\\x20"), given=b"as a URL\n")
    same((status, server.communicate(timeout=DEADLINE)[0]), (0, b"as a URL\n"), "and by unix:@name: %r" % err)


def datagrams():
    with socket.socket(socket.AF_UNIX, DGRAM) as box:
        box.settimeout(DEADLINE)
        box.bind("mail")
        client = sockpit("-uU", "mail")
        client.stdin.write(b"question\n")
        client.stdin.flush()
        data, peer = box.recvfrom(100)
        same(data, b"question\n", "a datagram comes from %r" % peer)
        box.sendto(b"answer\n", peer)
        ok(read_until(client.stdout, b"\n") == b"answer\n", "and its sender can be answered")
        ok(isinstance(peer, bytes) and peer[:1] == b"\0", "at a name that leaves no file: %r" % peer)
        end(client)
        client = sockpit("--nc", "-q0", "-uU", "mail")
        client.stdin.write(b"question\n")
        client.stdin.flush()
        data, peer = box.recvfrom(100)
        ok(is_socket(peer) and stat.S_IMODE(os.stat(os.path.dirname(peer)).st_mode) == 0o700,
           "with --nc at a path where only we may enter: %r" % peer)
        client.communicate(timeout=DEADLINE)
        ok(not os.path.lexists(os.path.dirname(peer)), "which is removed at the end")
        client = sockpit("--nc", "-uU", "mail")
        client.stdin.write(b"question\n")
        client.stdin.flush()
        peer = box.recvfrom(100)[1]
        ok(re.fullmatch("/tmp/nc-\\w{6}/recv\\.sock", peer), "with --nc it is where nc has it: %s" % peer)
        client.send_signal(signal.SIGTERM)
        client.communicate(timeout=DEADLINE)
        ok(is_socket(peer), "and a signal leaves it there, so that others can go on under its name")
        os.unlink(peer)
        os.rmdir(os.path.dirname(peer))
        client = sockpit("-uU", "-s", "own", "mail")
        client.stdin.write(b"named\n")
        client.stdin.flush()
        same(box.recvfrom(100), (b"named\n", "own"), "-s names it")
        end(client)
        ok(not os.path.lexists("own"), "and is removed, too")
    server, _ = serve("-ulU", "mail")
    with socket.socket(socket.AF_UNIX, DGRAM) as nobody:
        nobody.sendto(b"unnamed\n", "mail")
        ok(read_until(server.stdout, b"\n") == b"unnamed\n", "who has no name is heard")
    with socket.socket(socket.AF_UNIX, DGRAM) as somebody:
        somebody.settimeout(DEADLINE)
        somebody.bind("somebody")
        somebody.sendto(b"named\n", "mail")
        ok(read_until(server.stdout, b"\n") == b"named\n", "and who has one after it")
        server.stdin.write(b"answer\n")
        server.stdin.flush()
        same(somebody.recv(100), b"answer\n", "is answered")
    end(server)


def a_full_queue():
    """connect() to a listener whose queue is full waits, as a blocking one does."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("full")
        listener.listen(0)
        first = call("full")
        status, out, err = run("-w", "300ms", "-U", "full")
        ok(status == 1 and b"timed out" in err and err.count(b"\n") == 1, "at most as long as -w says: %r" % err)
        client = sockpit("-U", "full")
        client.stdin.write(b"at last\n")
        client.stdin.close()
        first.close()
        for want in (b"", b"at last\n"):
            listener.settimeout(DEADLINE)
            peer, _ = listener.accept()
            with peer:
                peer.settimeout(DEADLINE)
                same(receive_all(peer), want, "it is let in, with what was typed meanwhile")
        same(client.wait(DEADLINE), 0, "and the end is 0")


def a_full_box():
    """Datagrams to a peer that reads late: none is lost, and the program does not spin."""
    count = 300
    with socket.socket(socket.AF_UNIX, DGRAM) as box:
        box.settimeout(DEADLINE)
        box.bind("slow")
        client = sockpit("-uU", "--datagram", "line", "slow")
        client.stdin.write(b"".join(b"%d\n" % i for i in range(count)))
        client.stdin.close()
        same([box.recv(100) for _ in range(count)], [b"%d\n" % i for i in range(count)], "all datagrams come, in order")
        same(client.wait(DEADLINE), 0, "and the end is 0")


def programs():
    """What /code writes of a client does the same again."""
    with open("script", "w", encoding="utf-8") as script:
        script.write("/open unix:served\n/send hello\\n\n/expect hello\n/code python client.py\n/code c client.c\n"
                     "/open unixgram:box\n/send by mail\\n\n/expect by\n/code python mail.py\n/code c mail.c\n"
                     "/listen unix:made\n/code python server.py\n")
    server, _ = serve("-lkU", "served", "--service", "echo")
    box, _ = serve("-lkuU", "box", "--service", "echo")
    status, out, err = run("-f", "script", timeout=2 * DEADLINE)
    same(status, 0, "a script with UNIX sockets: %r" % (out[-300:] + err))
    for name, words in (("client", b"hello\n"), ("mail", b"by mail\n")):
        told = subprocess.run([sys.executable, name + ".py"], capture_output=True, timeout=DEADLINE, check=False)
        same((told.returncode, told.stdout), (0, words), "%s.py says %r: %r" % (name, words, told.stderr[-200:]))
        compiler = shutil.which("cc")
        if not compiler:
            skip("no compiler")
            continue
        built = subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", "-o", name, name + ".c"], capture_output=True, check=False)
        same(built.returncode, 0, "%s.c compiles: %r" % (name, built.stderr[-400:]))
        told = subprocess.run(["./" + name], capture_output=True, timeout=DEADLINE, check=False)
        same((told.returncode, told.stdout), (0, words), "%s says %r: %r" % (name, words, told.stderr[-200:]))
    with open("server.py", encoding="utf-8") as file:
        text = file.read()
    ok('s.bind(b"made")' in text and "s.getsockname()," in text, "and a server's has its path")
    end(server)
    end(box)


def as_nc_says_it():
    path = shutil.which("nc.openbsd") or shutil.which("nc")
    told = path and subprocess.run([path, "-h"], capture_output=True, timeout=DEADLINE, check=False)
    if not told or b"Debian patchlevel" not in told.stderr + told.stdout:
        skip("OpenBSD's nc of Debian is not here")
        return
    long = "p" * 108
    for args in (["-U", "none"], ["-vU", "none"], ["-uU", "-s", "here", "none"], ["-U", "stale"], ["-zU", "stale"], ["-U", "file"],
                 ["-lU", "no/such"], ["-vlU", "no/such"], ["-U", long], ["-lU", long], ["-U", ""], ["-lU"], ["-U", "x", "80"],
                 ["-zlU", "x"], ["-kU", "x"]):
        theirs = subprocess.run(["nc", *args], executable=path, capture_output=True, timeout=DEADLINE, check=False)
        if os.path.lexists("here"):
            os.unlink("here")
        same(run("--nc", *args), (theirs.returncode, theirs.stdout, theirs.stderr), "nc " + " ".join(args)[:40])


watchdog(100)
with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    what_is_there_before()
    ends_by_signals()
    refusals()
    probes()
    abstract_names()
    datagrams()
    a_full_queue()
    a_full_box()
    programs()
    as_nc_says_it()
    os.chdir("/")
done()
