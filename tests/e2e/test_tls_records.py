# SPDX-License-Identifier: GPL-3.0-or-later
"""What the views show of TLS records: beside what a relay between both ends has seen of them, which this test reads by
itself. TLS 1.2 and 1.3, both roles, cut at odd places, alerts, HelloRetryRequest, what is no TLS."""

import json
import os
import re
import select
import socket
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("srcdir", "."), "tests", "support"))
from certificates import authority, certificate  # noqa: E402
from plain import Plain  # noqa: E402
from script import enter_home, script  # noqa: E402
from tap import *  # noqa: E402,F403
from tls_ends import VERSIONS, needs_openssl, serve, server_context  # noqa: E402

TYPES = {20: "change_cipher_spec", 21: "alert", 22: "handshake", 23: "application_data"}
MESSAGES = {0: "HelloRequest", 1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket", 11: "Certificate",
            12: "ServerKeyExchange", 13: "CertificateRequest", 14: "ServerHelloDone", 15: "CertificateVerify",
            16: "ClientKeyExchange", 20: "Finished"}


class Tap:
    """A relay that keeps the bytes of both directions, and passes them on in pieces of `piece` bytes."""

    def __init__(self, port, piece=65536):
        self.seen = [b"", b""]
        self.target, self.piece = port, piece
        self.server = listener()
        self.port = port_of(self.server)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        self.server.settimeout(DEADLINE)
        client, _ = self.server.accept()
        ends = [client, socket.create_connection(("127.0.0.1", self.target))]
        for end_ in ends:
            end_.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        alive = list(ends)
        while alive:
            for end_ in select.select(alive, [], [], DEADLINE)[0] or alive:
                number = ends.index(end_)
                other = ends[1 - number]
                try:
                    data = end_.recv(self.piece)
                    self.seen[number] += data
                    if data:
                        other.sendall(data)
                    else:
                        other.shutdown(socket.SHUT_WR)
                except OSError:
                    data = b""
                if not data:
                    alive.remove(end_)
        for end_ in ends:
            end_.close()
        self.server.close()

    def wait(self):
        self.thread.join(DEADLINE)
        return not self.thread.is_alive()


def records(data):
    """Type, body and length of each; of the last one perhaps not all has come."""
    found = []
    while len(data) >= 5:
        length = int.from_bytes(data[3:5], "big")
        found.append((data[0], data[5:5 + length], length))
        data = data[5 + length:]
    return found, data


def describe(data, version):
    """What anybody on the way knows: as the standard has it, read by this test."""
    secured, out = False, []
    found, rest = records(data)
    for kind, body, length in found:
        text = "%s %d" % (TYPES[kind], length)
        if kind == 22 and secured and version == "1.2":
            text += " encrypted"
        elif kind == 22:
            names = []
            while len(body) >= 4:
                length = int.from_bytes(body[1:4], "big")
                retry = body[0] == 2 and body[6:38].hex().startswith("cf21ad74e59a6111be1d8c021e65b891")
                names.append("HelloRetryRequest" if retry else MESSAGES[body[0]])
                body = body[4 + length:]
            text += " " + ", ".join(names) if names else ""
        elif kind == 21 and len(body) == 2:
            text += " %s %d" % ({1: "warning", 2: "fatal"}[body[0]], body[1])
        elif kind == 21:
            text += " encrypted"
        secured = secured or kind == 20
        out.append(text)
    return out, rest


ALERTS = {"close_notify": 0, "handshake_failure": 40, "unknown_ca": 48, "protocol_version": 70, "no_application_protocol": 120}


def shown(log, name, session):
    """The records of a session in the trace of a recording: received, sent."""
    status, out, err = run("--replay", log, "--speed", "max", "--view", "trace", "--set", "own-calls=off", timeout=DEADLINE)
    same((status, err), (0, b""), name + ": a replay of the recording")
    text = re.sub(r"\n {12,}", " ", out.decode())
    ways = {"recv": [], "send": []}
    for row in text.split("\n"):
        call = re.search(r"\[%d\] +\S +(send|recv)\(.*?\) = \d+(?: after \S+ \S+)? \[(.*?)\](?= |$)" % session, row)
        if not call or call.group(2) in ("a record goes on", "TLS records"): # of a part of a header no more is known
            continue
        for item in re.sub(r" \(.*?\)", "", call.group(2)).split(", "):
            if item == "a record begins": # and no more of it has come
                continue
            run_ = re.match(r"(.*) ×(\d+)$", item)
            more = [run_.group(1)] * int(run_.group(2)) if run_ else [item]
            if re.match("[a-z_]+ [0-9]", item):
                ways[call.group(1)] += more
            else: # one more message of the same record
                ways[call.group(1)][-1] += ", " + item
    for way in ways.values():
        for i, text in enumerate(way):
            alert = re.match(r"(alert 2 \w+ )(\w+)$", text)
            way[i] = alert.group(1) + str(ALERTS[alert.group(2)]) if alert else text
    return ways["recv"], ways["send"]


def compare(tap, log, version, name, session, client=True, whole=True):
    """`whole`: all that the server sent has been received."""
    ok(tap.wait(), name + ": both ends are closed")
    got = shown(log, name, session)
    for number, way in ((0, "client"), (1, "server")):
        want, rest = describe(tap.seen[number], version)
        mine = got[1 if (number == 0) == client else 0]
        if number and not whole: # of the last one perhaps no more than its header
            want = want[:len(mine)]
            want[-1:] = mine[-1:] if want and want[-1].startswith(mine[-1]) else want[-1:]
            rest = b""
        same((mine, rest), (want, b""), "%s: what the %s sent" % (name, way))
        ok(len(mine) > 1, "%s: the %s sent %d records" % (name, way, len(mine)))
    with open(log, encoding="utf-8") as file:
        entries = [json.loads(line) for line in file]
    offsets = [[], []]
    moved = [0, 0]
    for entry in entries:
        if entry["type"] != "call" or entry["session"] != session or not entry.get("tls"):
            continue
        way = int(entry["call"] == "send")
        if "record" in entry:
            offsets[way].append(moved[way] + entry["record"])
        moved[way] += entry["result"]
    begins = []
    for number in (0, 1):
        at, list_ = 0, [0]
        for _, _, length in records(tap.seen[number])[0]:
            at += 5 + length
            list_.append(at)
        begins.append(list_)
    sent = begins[0] if client else begins[1]
    received = begins[1] if client else begins[0]
    ok(set(offsets[1]) <= set(sent) and set(offsets[0]) <= set(received) and offsets[0] and offsets[1],
       name + ": \"record\" in the recording is where one begins")


def names_between(data, version, begin, end_):
    """The names that an arrow for these bytes has, each once; and where the last of its records begins."""
    at, names, last = 0, [], 0
    texts = describe(data, version)[0]
    for (_, _, length), text in zip(records(data)[0], texts):
        if begin <= at < end_:
            last = at
            text = re.sub(r"^handshake \d+ (?=[A-Z])|^(\w+) \d+", lambda type_: type_.group(1) or "", text)
            for name in text.split(", "):
                if names[-1:] != [name]:
                    names.append(name)
        at += 5 + length
    return names, last


def arrows(log, name, session):
    """Direction, first byte, end, and names of each arrow of a session's ladder that has room for both; and all
    of the ladder."""
    status, out, err = run("--replay", log, "--speed", "max", "--view", "ladder", timeout=DEADLINE,
                           env=dict(os.environ, COLUMNS="240"))
    same((status, err), (0, b""), name + ": the ladder of a replay")
    mine = re.split(r"\nLADDER ", out.decode())
    mine = [part for part in mine if re.match(r"(LADDER )?%d\b" % session, part)]
    found, said = [], "".join(mine)
    for row in said.split("\n"):
        arrow = re.search(r"(←?)[─ ]+data (\d+)(?:\.\.(\d+))?(?: in \d+ segments)?(?:, FIN)?: (.*?) o[ ─]", row)
        if arrow:
            first = int(arrow.group(2))
            found.append(("in" if arrow.group(1) else "out", first, int(arrow.group(3) or first) + 1, arrow.group(4)))
    return found, said


def compare_ladder(tap, log, version, name, session, wanted):
    found, said = arrows(log, name, session)
    good = True
    for way, begin, end_, text in found:
        want, last = names_between(tap.seen[0 if way == "out" else 1], version, begin, end_)
        shown_ = re.sub(r" \+\d+$", "", text).split(", ")
        shown_ = [re.sub(r"^alert (warning|fatal) (\w+)$", lambda m: "alert %s %d" % (m.group(1), ALERTS[m.group(2)]), one)
                  for one in shown_]
        if end_ - last < 9 and shown_[-1] in ["a record begins", *TYPES.values()]: # no message of it has come
            want[-1:] = shown_[-1:]
        more = re.search(r" \+(\d+)$", text)
        count = len(shown_) + (int(more.group(1)) if more else 0)
        if shown_ != want[:len(shown_)] or count != len(want):
            good = False
            print("#   %s %d..%d: got %r, want %r" % (way, begin, end_, text, want))
    ok(good and found, "%s: %d arrows have the names of the records in their bytes" % (name, len(found)))
    if not ok(all(word in said for word in wanted), "%s: the ladder names %s" % (name, ", ".join(wanted))):
        print(re.sub("^", "#   ", said, flags=re.M))


def context(paths, version=None):
    made = server_context(paths, version)
    made.set_alpn_protocols(["http/1.1"])
    return made


def answer(made, count=1):
    """The port of a server in Python that answers in capitals."""
    server = listener()

    def serve():
        server.settimeout(DEADLINE)
        try:
            for _ in range(count):
                peer, _ = server.accept()
                peer.settimeout(DEADLINE)
                with made.wrap_socket(peer, server_side=True) as wrapped:
                    data = b""
                    while not data.endswith(b"."):
                        data += wrapped.recv(65536)
                    wrapped.sendall(data.upper())
                    wrapped.unwrap()
        except OSError:
            pass
        server.close()
    threading.Thread(target=serve, daemon=True).start()
    return port_of(server)


TALK = "/send hello.\n/expect \"HELLO.\"\n/shutdown write\n/wait closed within 20s\n"


def as_client(good):
    for version in VERSIONS:
        for piece in (65536, 1, 2, 7, 100):
            name = "TLS %s in pieces of %d" % (version, piece)
            tap = Tap(answer(context(good, version)), piece)
            log = "client-%s-%d.jsonl" % (version, piece)
            status, out, err = script("/open tls localhost %d as t\n" % tap.port + TALK, "-o", log)
            same((status, err), (0, ""), name + ": a conversation")
            compare(tap, log, version, name, 1)
            if piece > 7:
                compare_ladder(tap, log, version, name, 1, ["ClientHello", "ServerHello", "application_data"])


def hellos(good):
    tap = Tap(answer(context(good, "1.3")))
    status, out, err = script("/open localhost %d as t\n/tls localhost alpn h2,http/1.1\n/wait @t open within 20s\n" % tap.port + TALK,
                              "-o", "hello.jsonl")
    same((status, err), (0, ""), "a conversation with ALPN")
    out = re.sub(r"\n {12,}", " ", run("--replay", "hello.jsonl", "--speed", "max", "--view", "trace")[1].decode())
    ok("ClientHello (SNI localhost, ALPN h2 http/1.1, TLS 1.3 1.2)" in out and "ServerHello (TLS 1.3)" in out,
       "what an eavesdropper reads in hellos: %r" % re.findall(r"\w+Hello.*", out))
    tap = Tap(answer(context(good, "1.2")))
    script("/open localhost %d as t\n/tls localhost alpn h2,http/1.1\n/wait @t open within 20s\n" % tap.port + TALK, "-o", "hello12.jsonl")
    out = re.sub(r"\n {12,}", " ", run("--replay", "hello12.jsonl", "--speed", "max", "--view", "trace")[1].decode())
    ok("ServerHello (ALPN http/1.1, TLS 1.2)" in out, "in TLS 1.2 the protocol that was chosen, too")


def retried(good):
    server = subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", good[0], "-key", good[1], "-rev",
                               "-groups", "P-384", "-tls1_3"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = read_until(server.stdout, b"ACCEPT")
    while b"\n" not in said[said.find(b"ACCEPT"):]:
        said += read_until(server.stdout, b"\n")
    tap = Tap(int(re.search(rb"ACCEPT.*:(\d+)", said).group(1)), 11)
    status, out, err = script("/open tls localhost %d as t\n/send hello\\n\n/expect \"olleh\"\n/shutdown write\n/wait closed within 20s\n" % tap.port,
                              "-o", "retry.jsonl")
    same((status, err), (0, ""), "a conversation after a HelloRetryRequest")
    ok("HelloRetryRequest" in str(describe(tap.seen[1], "1.3")), "there was one")
    end(server)
    compare(tap, "retry.jsonl", "1.3", "HelloRetryRequest", 1)


def alerts(good):
    """A client that takes no such certificate; a server that speaks another version."""
    os.environ["SSL_CERT_FILE"] = authority("stranger")
    for version in VERSIONS:
        name = "TLS %s, an unknown authority" % version
        tap = Tap(answer(context(good, version)), 5)
        status, out, err = script("/open tls localhost %d as t\n" % tap.port, "-o", "unknown-%s.jsonl" % version)
        ok(status != 0, name + ": no conversation")
        compare(tap, "unknown-%s.jsonl" % version, version, name, 1, whole=False)
        sent = shown("unknown-%s.jsonl" % version, name, 1)[1]
        ok(sent[-1] in ["alert 2 fatal 48"] + ["application_data 19"] * (version == "1.3"),
           name + ": the alert, by its name where it is in clear: " + sent[-1])
        compare_ladder(tap, "unknown-%s.jsonl" % version, version, name, 1, ["ClientHello", "alert fatal unknown_ca"])
    os.environ["SSL_CERT_FILE"] = ROOT


def as_server():
    for version in VERSIONS:
        for piece in (65536, 3):
            name = "a server of ours, TLS %s in pieces of %d" % (version, piece)
            log = "server-%s-%d.jsonl" % (version, piece)
            process = sockpit("-lk", "--tls", "--service", "echo", "-o", log, "127.0.0.1", "0")
            said = read_until(process.stderr, b"listening on")
            while not re.search(rb"listening on 127.0.0.1:\d+.*\n", said):
                said += read_until(process.stderr, b"\n")
            tap = Tap(int(re.search(rb"listening on 127.0.0.1:(\d+)", said).group(1)), piece)
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
            made.minimum_version = made.maximum_version = VERSIONS[version]
            sock = socket.create_connection(("127.0.0.1", tap.port))
            sock.settimeout(DEADLINE)
            with made.wrap_socket(sock) as wrapped:
                wrapped.sendall(b"hello")
                same(wrapped.recv(100), b"hello", name + ": an echo")
                wrapped.unwrap().close()
            ok(tap.wait(), name + ": both ends are closed")
            end(process)
            with open(log, encoding="utf-8") as file:
                session = max(json.loads(line).get("session", 0) for line in file)
            compare(tap, log, version, name, session, client=False)


def other():
    server = listener()

    def serve():
        peer, _ = server.accept()
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.close()
    threading.Thread(target=serve, daemon=True).start()
    script("/open tls localhost %d as t\n" % port_of(server), "-o", "other.jsonl")
    out = re.sub(r"\n {12,}", " ", run("--replay", "other.jsonl", "--speed", "max", "--view", "trace")[1].decode())
    ok('["HTTP/1.1 400 Bad Request..." is not TLS]' in out, "an answer that is no TLS: %r" % re.findall(r"recv\(.*", out))


def of_no_type(good):
    """A record of no type: all that is quoted came one after the other, without its body or with it."""
    def send(peer):
        peer.sock.sendall(b"0\x03\x03\0\5hello220 after it")
        while peer.sock.recv(65536):
            pass
    for version in VERSIONS:
        port = serve(send, server_context(good, version))
        status, out, err = script("/open tls localhost %d as t\n/wait closed within 20s\n/why\n" % port)
        said = re.search(r'is no TLS record: "0\\x03\\x03\\(?:0|x00)\\x05(.*?)"', re.sub(r"\s+", " ", out))
        ok(said and "hello220 after it".startswith(said.group(1)), "TLS %s: a record of no type: %s%s" % (version, out, err))


def cleared(good):
    """What is shown of a conversation, and what of it an eavesdropper sees."""
    tap = Tap(answer(context(good, "1.3")))
    script("/open tls localhost %d as t\n" % tap.port + TALK, "-o", "clear.jsonl")
    tap.wait()
    for view in ("chat", "hex", "trace"):
        for clear in ("on", "off", "both"):
            out = run("--replay", "clear.jsonl", "--speed", "max", "--view", view, "--set", "clear=" + clear)[1].decode()
            text = "hello." in out.replace("> /send hello.", "") and "HELLO." in out.replace('"HELLO."', "")
            same((text, "application_data" in out), (clear != "off", clear != "on" or view == "trace"),
                 "%s with /set clear %s" % (view, clear))
    for words, why in ((("clear=maybe",), "clear"), (("clear=",), "clear")):
        status, out, err = run("--set", *words, "127.0.0.1", "1")
        ok(status == 2 and err.count(b"\n") == 1 and why.encode() in err, "--set %s: %r" % (words[0], err))


def on_the_wire():
    """Where segments are seen, their arrows have the names."""
    if script("/sandbox on\n")[0]:
        skip("no sandbox here")
        return
    status, out, err = script("/sandbox on\n/listen 192.0.2.2 443 tls as server\n/service @server echo\n"
                              "/open 192.0.2.2 443 on left as t\n/tls localhost verify off\n/send hello\n/expect \"hello\"\n"
                              "/shutdown write\n/wait closed within 20s\n/ladder @t\n", "-o", "wire.jsonl")
    same((status, err), (0, ""), "a conversation in the sandbox")
    out = run("--replay", "wire.jsonl", "--speed", "max", "--view", "ladder", env=dict(os.environ, COLUMNS="240"))[1].decode()
    ok(re.search(r"─ data 0\.\.\d+: ClientHello w ─", out) and re.search("←[─ ]+(data 0[^:]*: )?ServerHello.*? w ", out),
       "a segment that is seen has the names of its records: %r" % re.findall(r"[^│]*Hello[^│]*", out))
    plain = Plain("--replay", "wire.jsonl", "--speed", "max")
    plain.sees("1> ")
    plain.type("/session t")
    plain.type("/view wire")
    ok(plain.sees("ClientHello") and plain.sees("ServerHello"), "so has its row in the view wire, also when the session has ended")
    same(plain.leave(), 0, "leaves")


watchdog(240)
enter_home()
needs_openssl()
ROOT = os.environ["SSL_CERT_FILE"] = authority("root")
right = certificate("right", "root")
as_client(right)
hellos(right)
retried(right)
alerts(right)
as_server()
other()
of_no_type(right)
cleared(right)
on_the_wire()
done()
