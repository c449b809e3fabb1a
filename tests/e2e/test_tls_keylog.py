# SPDX-License-Identifier: GPL-3.0-or-later
"""/set keylog and SSLKEYLOGFILE: the same lines as the other end writes, in files that nobody else reads; the secrets in
logs as pcapng, each before the frames that it opens; and that nothing of it is written where nobody has asked."""

import os
import re
import shutil
import socket
import ssl
import stat
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
import pcapng  # noqa: E402
from certificates import authority, certificate, path  # noqa: E402
from plain import Plain  # noqa: E402
from script import enter_home, read, read_text, script, write  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import VERSIONS, trusting  # noqa: E402

LABELS = {"1.2": ["CLIENT_RANDOM"],
          "1.3": ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "EXPORTER_SECRET",
                  "SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"]}
SERVERS = []  # the threads of the newest of Python's
LINE = re.compile(r"[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64,}\Z")


def lines(name):
    """Without comments, in alphabetical order."""
    return sorted(line for line in read_text(name).splitlines() if line and not line.startswith("#"))


def labels(name):
    return [line.split(" ")[0] for line in lines(name)]


def mode(name):
    return stat.S_IMODE(os.stat(name).st_mode)


def remove(*names):
    for name in names:
        if os.path.exists(name):
            os.unlink(name)


def serve(paths, version=None, count=1, keys=None):
    """The port of a server of Python's that sends all back; its own key log is the file `keys`."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*paths)
    if version:
        made.minimum_version = made.maximum_version = VERSIONS[version]
    if keys:
        made.keylog_filename = keys
    server = listener()
    SERVERS.clear()

    def answer(peer):
        try:
            with made.wrap_socket(peer, server_side=True) as wrapped:
                data = wrapped.recv(65536)
                while data:
                    wrapped.sendall(data)
                    data = wrapped.recv(65536)
                wrapped.unwrap()
        except OSError:
            pass

    def accept():
        for _ in range(count):
            peer, _ = server.accept()
            peer.settimeout(DEADLINE)
            begin(answer, peer)
        server.close()
    port = port_of(server)
    begin(accept)
    return port


def begin(work, *args):
    SERVERS.append(threading.Thread(target=work, args=args, daemon=True))
    SERVERS[-1].start()


def lines_of_servers(name):
    """When they have done with all their clients: a client may be done, and gone, before that."""
    for thread in SERVERS:
        thread.join(DEADLINE)
    return lines(name)


def asked(name):
    return dict(os.environ, SSLKEYLOGFILE=name)


def as_client(good):
    for version in VERSIONS:
        for words, more in (([], {"env": asked("ours")}), (["--set", "keylog=ours"], {}),
                            (["--set", "keylog=ours"], {"env": asked("nobody")})):
            remove("ours", "theirs")
            port = serve(good, version, keys="theirs")
            same(run(*words, "tls://localhost:%d" % port, given=b"hi", **more), (0, b"hi", b""), "TLS %s in pipe mode" % version)
            same(lines("ours"), lines_of_servers("theirs"), "the lines are those of the server")
            same((labels("ours"), mode("ours")), (LABELS[version], 0o600), "all of them, and only its owner reads them")
            ok(all(LINE.match(line) for line in lines("ours")), "in the NSS key log format")
    ok(not os.path.exists("nobody"), "what is set wins over the variable")
    os.chmod(write("ours", "# ours, and it has no end"), 0o644)
    remove("theirs")
    port = serve(good, count=2, keys="theirs")
    for _ in range(2):
        same(run("tls://localhost:%d" % port, given=b"hi", env=asked("ours")), (0, b"hi", b""), "a file that exists")
    ok(read_text("ours").startswith("# ours, and it has no end\n"), "is continued")
    same((lines("ours"), mode("ours")), (lines_of_servers("theirs"), 0o600), "with the keys of both connections, and is private from then on")
    remove("ours", "theirs")
    port = serve(good, count=3, keys="theirs")
    status, out, err = script("/open tls localhost %d as a\n/wait open\n/set keylog ours\n/open tls localhost %d as b\n/wait open\n"
                              "/info\n/set keylog off\n/open tls localhost %d as c\n/wait open\n/set keylog\n" % (port, port, port))
    same((status, err), (0, ""), "/set keylog between connections")
    ok("; 1 is open already, without its keys" in out and "no key of TLS is written" in out, "says what it has: %s" % out)
    ok(re.search(r"key log +has the keys", out), "/info says it, too")
    ours, theirs = lines("ours"), lines_of_servers("theirs")
    same((len(ours), set(ours) - set(theirs), len(theirs)), (5, set(), 15), "only the connection that began meanwhile is in it")
    port = serve(good, count=2)
    text = "/open tls localhost %d as a\n/wait open\n/secret $SECRET_1\n/expect /./\n" % port
    words = dict(os.environ, SECRET_1="swordfish")
    ok("with the frames they show the secret" in script("/set keylog note\n" + text, env=words)[1], "/secret says who can read it")
    ok("show the secret" not in script(text, env=words)[1], "but not without a key log")
    remove("theirs", "second")
    port = serve(good, count=2, keys="theirs")
    same(script("/set keylog ours\n/open tls localhost %d as a\n/wait open\n/set keylog second\n/open tls localhost %d as b\n"
                "/wait open\n" % (port, port))[0], 0, "another file in its place")
    same((set(ours) < set(lines("ours")), len(lines("ours")), len(lines("second"))), (True, 10, 5), "each has its own")
    same(sorted(lines("ours") + lines("second")), sorted(ours + lines_of_servers("theirs")), "and nothing is missing")


def as_server(good):
    """Clients of Python's and of openssl(1) have the same lines."""
    for version in VERSIONS:
        remove("ours", "theirs")
        server = sockpit("-lk", "--tls", "--ssl-cert", good[0], "--ssl-key", good[1], "--service", "echo", "127.0.0.1", "0", env=asked("ours"))
        port = int(re.search(rb"listening on 127.0.0.1:(\d+)", read_until(server.stderr, b"\n")).group(1))
        ok(not os.path.exists("ours"), "no file before there is a key")
        context = trusting(path("root.pem"), version)
        context.keylog_filename = "theirs"
        for _ in range(2):
            with context.wrap_socket(socket.create_connection(("127.0.0.1", port), DEADLINE), server_hostname="localhost") as peer:
                peer.sendall(b"hello")
                same(peer.recv(100), b"hello", "TLS %s: a server of ours" % version)
        end(server)
        # a server that is ended by a signal may have the last connection's keys only in part
        first = lines("theirs")
        ok(len(lines("ours")) >= len(first) / 2 and set(lines("ours")) <= set(first), "the lines of a server are those of its clients")
        same((sorted(set(labels("ours"))), mode("ours")), (LABELS[version], 0o600), "of all kinds")
    remove("ours", "theirs")
    status, out, err = script("/set keylog ours\n/listen 127.0.0.1 0 echo as s\n/open 127.0.0.1 $s.port as c\n/wait open\n"
                              "/tls @3 cert %s key %s &\n/tls @c localhost\n/send @c up\\n\n/expect @c \"up\\n\"\n" % good)
    same((status, err), (0, ""), "/tls at both ends")
    same([labels("ours").count(label) for label in LABELS["1.3"]], [2] * 5, "both ends write theirs to one file")


def against_openssl(good):
    remove("ours", "theirs")
    server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", good[0], "-key", good[1], "-rev",
                               "-keylogfile", "theirs"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    port = port_of_openssl(server)
    same(script("/set keylog ours\n/open tls localhost %d as t\n/send hello\\n\n/expect \"olleh\"\n/close\n" % port)[0], 0,
         "a conversation with openssl s_server -keylogfile")
    end(server)
    same(lines("ours"), lines("theirs"), "the lines are the same")


def port_of_openssl(server):
    said = read_until(server.stdout, b"ACCEPT")
    while b"\n" not in said[said.find(b"ACCEPT"):]:
        more = read_until(server.stdout, b"\n")
        if not more:
            return 0
        said += more
    return int(re.search(rb"ACCEPT.*:(\d+)", said).group(1))


def refusals(good):
    os.mkdir("inside")
    os.symlink("ours", "link")
    port = serve(good, count=6)
    for name, why in (("inside", "a directory"), ("nowhere/keys", "no such file"), ("link", "a symbolic link")):
        status, out, err = script("/set keylog %s\n" % name)
        ok(status != 0 and re.search("keylog: %s: %s" % (name, why), err) and err.count("\n") == 1, "/set keylog: %r" % err)
        status, out, err = run("tls://localhost:%d" % port, given=b"hi", env=asked(name))
        ok((status, out) == (0, b"hi") and err.decode().startswith("sockpit: SSLKEYLOGFILE: %s: %s" % (name, why))
           and err.count(b"\n") == 1, "SSLKEYLOGFILE: one line, and the conversation goes on: %r" % err)
    status, out, err = script("/set keylog inside\n/try /set keylog inside/keys\n/set keylog\n")
    ok(status != 0, "a name that is refused ends a script")
    status, out, err = script("/set keylog inside/keys\n/try /set keylog nowhere/keys\n/set keylog\n")
    ok(status == 0 and re.search(r"keylog +inside/keys", out), "the file before it stays: %s" % out)
    if not os.path.exists("/dev/full"):
        skip("no /dev/full here")
        return
    full = os.open("/dev/full", os.O_WRONLY)
    port = serve(good, count=2)
    status, out, err = run("-f", write("script", "/open tls localhost %d as a\n/wait open\n/open tls localhost %d as b\n/wait open\n"
                                       "/set keylog\n" % (port, port)), "--set", "keylog=/dev/fd/%d" % full, pass_fds=(full,))
    os.close(full)
    ok(err.count(b"no space left on device") == 1 and err.count(b"\n") == 1 and status == 1, "a full disk is one line, once: %r" % err)
    ok(b"no key of TLS is written" in out, "and ends it: %r" % out)


def nobody_has_asked(good):
    """A run with every kind of log; whatever file it has made, no secret that the other end has written is in it."""
    os.mkdir("quiet")
    os.chdir("quiet")
    remove(path("theirs"))
    port = serve(good, "1.3", keys=path("theirs"))
    text = ("/listen 127.0.0.1 0 echo tls as s\n/open tls localhost $s.port verify off as c\n/send here\\n\n/expect \"here\"\n"
            "/open tls localhost %d as t\n/send hello\\n\n/expect \"hello\"\n/log t.in as raw-in\n/log t.txt as text2pcap\n"
            "/save t.html\n/info\n/trace\n" % port)
    status, out, err = script(text.replace("/trace\n", ""), "-o", "t.log", "-o", "t.jsonl", env=dict(os.environ, XDG_STATE_HOME=os.getcwd()))
    same((status, err), (0, ""), "sessions as client and as server, with logs")
    made = [os.path.join(folder, name) for folder, _, names in os.walk(".") for name in names if name != "script"]
    same(sorted(made), ["./t.html", "./t.in", "./t.jsonl", "./t.log", "./t.txt"], "the files are those that were asked for")
    secrets = {word for line in lines_of_servers(path("theirs")) for word in line.split(" ")[2:]}
    content = b"".join(read(name) for name in made) + out.encode()
    same(len(secrets), 5, "of the connection all secrets are known")
    ok(not any(secret.encode() in content.lower() or bytes.fromhex(secret) in content for secret in secrets), "none is in a file, or shown")
    ok(b"PRIVATE KEY" not in content and b"SESSION" not in content and b"TRAFFIC_SECRET" not in content, "nor a private key, nor a ticket")
    os.environ["SSLKEYLOGFILE"] = "never"
    plain = listener()
    threading.Thread(target=lambda: plain.accept()[0].close(), daemon=True).start()
    run("-d", "127.0.0.1", port_of(plain))
    del os.environ["SSLKEYLOGFILE"]
    ok(not os.path.exists("never"), "without TLS the variable makes no file")
    os.chdir("..")


def traced(good):
    if not can_trace():
        skip("strace is not here, or may not trace")
        return
    os.mkdir("traced")
    os.chdir("traced")
    write("script", "/listen 127.0.0.1 0 echo tls as s\n/open tls localhost $s.port verify off as c\n/send here\\n\n/expect \"here\"\n"
                    "/listen 127.0.0.1 0 echo tls cert %s key %s as s2\n/open tls localhost $s2.port as d\n/send here\\n\n"
                    "/expect \"here\"\n" % good)
    done_ = subprocess.run(["strace", "-f", "-qq", "-e", "trace=open,openat,creat,memfd_create,rename,link", "-o", path("trace"),
                            "sockpit", "-f", "script"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    same((done_.returncode, done_.stderr), (0, b""), "under strace a server makes a certificate, and a client comes")
    # OpenSSL reads its configuration; what is opened to be written is the terminal or nothing at all
    opened = [line for line in read_text(path("trace")).splitlines() if re.search("O_WRONLY|O_RDWR|O_CREAT|creat|memfd|rename|link", line)]
    written = [line for line in opened if "/dev/" not in line and "/proc/" not in line and "ENOENT" not in line]
    same(written, [], "no file is opened to be written")
    os.chdir("..")


def tshark(*words):
    told = subprocess.run(["tshark", *words], capture_output=True, check=False)
    return told.stdout.decode()


def shows(name, *texts):
    """Where tshark is installed, it shows the clear text of all streams."""
    if not shutil.which("tshark"):
        skip("tshark is not installed")
        return
    shown = tshark("-r", name, "-q", *[word for i in range(4) for word in ("-z", "follow,tls,ascii,%d" % i)])
    ok(all(text in shown for text in texts), "tshark shows the clear text in " + name)
    if not all(text in shown for text in texts):
        print("# " + shown.replace("\n", "\n# "))


def hides(name, text):
    ok(text.encode() not in read(name), "the frames in %s have no clear text" % name)
    if shutil.which("tshark"):
        ok(text not in tshark("-r", name, "-q", "-z", "follow,tls,ascii,0"), "nor does tshark find it")


def encrypted(section):
    """The number of the first frame with a record after which only secrets open what comes: change_cipher_spec, or
    application data."""
    for number, frame in enumerate(section.frames):
        if frame.data[12:14] != b"\x08\x00" or frame.data[23] != 6:
            continue
        tcp = frame.data[14 + (frame.data[14] & 15) * 4:]
        payload = tcp[(tcp[12] >> 4) * 4:struct.unpack("!H", frame.data[16:18])[0]]
        while len(payload) >= 5:
            if payload[0] in (20, 23):
                return number
            payload = payload[5 + struct.unpack("!H", payload[3:5])[0]:]
    return None


def in_pcapng():
    begin = "/sandbox on\n/listen 192.0.2.2 443 echo tls as s\n"
    talk = "/open tls 192.0.2.2 443 verify off as %s\n/send %s\\n\n/expect \"%s\\n\"\n"

    def say(name, text):
        return talk % (name, text, text)

    status, out, err = script(begin + "/log all without.pcapng\n" + say("a", "private talk"))
    if status != 0 and "sandbox" in err:
        skip("no sandbox here: " + err.strip())
        return
    same((status, err), (0, ""), "a log as pcapng without a key log")
    section, = pcapng.read("without.pcapng")
    same(section.keys, [], "has no secrets")
    ok(encrypted(section) is not None, "but the records")
    hides("without.pcapng", "private talk")
    remove("ours")
    status, out, err = script(begin + "/set keylog ours\n/log all all.pcapng\n" + say("a", "first words") + "/log one.pcapng\n" +
                              say("b", "second words") + "/log @b b.pcapng\n/log all now late.pcapng\n" + say("c", "third words"))
    same((status, err), (0, ""), "with a key log")
    ok(all(name + ".pcapng has the keys of TLS, too" in out for name in ("all", "one", "b", "late")), "which each /log says: %s" % out)
    section, = pcapng.read("all.pcapng")
    same(sorted(line for _, line in section.keys), lines("ours"), "all secrets are in the log of all")
    ok(section.keys[0][0] <= encrypted(section), "before the frames that they open")
    shows("all.pcapng", "first words", "second words", "third words")
    section, = pcapng.read("one.pcapng")
    first = {line.split(" ")[1] for _, line in section.keys}
    same((len(first), len(section.keys)), (1, 5), "a log of one session has those of this one")
    shows("one.pcapng", "first words")
    section, = pcapng.read("late.pcapng")
    random = {line.split(" ")[1] for _, line in section.keys}
    same((len(random), len(section.keys)), (1, 10), "a log from now on those of connections that begin, of both ends")
    shows("late.pcapng", "third words")
    remove("ours")
    status, out, err = script(begin + "/set keylog ours\n/log all more.pcapng\n" + say("a", "before it") + "/log off\n/log all append more.pcapng\n" +
                              "/send @a and after\\n\n/expect @a \"and after\\n\"\n" + say("b", "again"))
    same((status, err), (0, ""), "a log is continued")
    former, latter = pcapng.read("more.pcapng")
    same((len(former.keys), len(latter.keys)), (10, 20), "and has again the secrets of the connections that are open")
    shows("more.pcapng", "before it", "and after", "again")
    cut = read("more.pcapng")
    for size in (3, 9):
        write("torn.pcapng", cut[:-size])
        ok("is cut off" in script("/sandbox on\n/log all append torn.pcapng\n")[2], "not one that lacks %d bytes" % size)
    status, out, err = script(begin + "/set keylog ours\n/log all off.pcapng\n" + say("a", "open words") + "/set keylog off\n" +
                              "/log all past.pcapng\n" + say("b", "private talk"))
    section, = pcapng.read("off.pcapng")
    same((status, err, len(section.keys)), (0, "", 10), "after /set keylog off no more secrets come")
    section, = pcapng.read("past.pcapng")
    same(section.keys, [], "and a new log has none")


def from_elsewhere(good):
    """A server of another program: what it sends is seen on the wire before it is read here."""
    for version, flag in (("1.3", "-tls1_3"), ("1.2", "-tls1_2")):
        program = Plain()
        program.type("/sandbox on")
        if not program.sees("the sandbox is on") or not shutil.which("nsenter"):
            skip("no sandbox here, or no nsenter")
            program.leave()
            return
        program.type("/sandbox")
        program.sees("nsenter")
        pid = re.search(r"right .*process (\d+)", program.text).group(1)
        name = os.path.join(program.home, "foreign-%s.pcapng" % version)
        server = subprocess.Popen(["nsenter", "--preserve-credentials", "-U", "-n", "-t", pid, "openssl", "s_server", "-accept", "192.0.2.2:0",
                                   "-cert", good[0], "-key", good[1], "-rev", flag], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        port = port_of_openssl(server)
        if not ok(port, "openssl s_server on right"):
            end(server)
            program.leave()
            continue
        program.forget()
        program.type("/set keylog %s/foreign" % program.home)
        program.sees("keys of new TLS")
        program.type("/log all " + name)
        program.type("/open tls 192.0.2.2 %d verify off" % port)
        ok(program.sees("TLS handshake in"), "TLS %s with it" % version)
        program.type("stressed")
        ok(program.sees("desserts"), "a conversation")
        program.type("/close")
        ok(program.sees("closed"), "is closed")
        program.forget()
        program.type("/log off")
        ok(program.sees("is closed:"), "so is the log")
        end(server)
        section, = pcapng.read(name)
        same(sorted(line.split(" ")[0] for _, line in section.keys), LABELS[version], "all secrets are in the log")
        ok(section.keys and section.keys[0][0] <= encrypted(section), "before what they open: after %d frames, and frame %d is encrypted" %
           (section.keys[0][0], encrypted(section)))
        stamps = [frame.stamp for frame in section.frames]
        ok(len(stamps) > 8 and all(later >= earlier - 10 ** 8 for earlier, later in zip(stamps, stamps[1:])), "the frames keep their order")
        shows(name, "stressed", "desserts")
        program.leave()


watchdog(240)
enter_home()
os.environ.pop("SSLKEYLOGFILE", None)
if b"built without OpenSSL" in run("tls://127.0.0.1:1")[2]:
    status_, _, err_ = script("/set keylog keys\n")
    ok(status_ != 0 and "built without OpenSSL" in err_ and not os.path.exists("keys"), "/set keylog says what is missing: %r" % err_)
    same(script("/set keylog off\n")[0], 0, "it can be off")
    done()
os.environ["SSL_CERT_FILE"] = authority("root")
right = certificate("right", "root")
as_client(right)
as_server(right)
against_openssl(right)
refusals(right)
nobody_has_asked(right)
traced(right)
in_pcapng()
from_elsewhere(right)
done()
