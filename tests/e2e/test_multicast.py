# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups, broadcast, and what each datagram came with, in a network namespace of its own. The witnesses are sockets of this
process, and /proc/net/igmp and igmp6 of the kernel."""

import json
import os
import re
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from plain import Plain  # noqa: E402
from script import enter_home, read_text, script  # noqa: E402
from tap import DEADLINE, done, ok, same, skip, watchdog  # noqa: E402

SETUP = ("ip link set lo up && ip link add v0 type veth peer name v1 && ip addr add 10.9.9.1/24 dev v0 && "
         "ip -6 addr add 2001:db8::1/64 dev v0 nodad && ip link set v0 up && ip link set v1 up && "
         "ip route add 239.5.0.0/16 dev v0")
IP_RECVTTL = 12


def enter_namespace():
    """Runs this test again as the owner of a network with lo and a cable, whose other end nobody holds."""
    if os.environ.get("MULTICAST_INSIDE"):
        return True
    namespace = ["unshare", "-rn", "sh", "-c"]
    if subprocess.run(namespace + [SETUP], capture_output=True, check=False).returncode:
        skip("no network namespace of our own here")
        return False
    os.environ["MULTICAST_INSIDE"] = "1"
    os.execvp("unshare", namespace + [SETUP + ' && exec "$@"', "sh", sys.executable, *sys.argv])


def until(plain, condition):
    """Waits while the program goes on."""
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            return False
        plain.pump(0.01)
    return True


def members(interface, group):
    """How many sockets of this network have joined a group on an interface, says the kernel."""
    if ":" in group:
        wanted = socket.inet_pton(socket.AF_INET6, group).hex()
        with open("/proc/net/igmp6") as file:
            return sum(int(row[3]) for row in map(str.split, file) if row[1] == interface and row[2] == wanted)
    wanted, at = socket.inet_aton(group)[::-1].hex().upper(), ""
    with open("/proc/net/igmp") as file:
        for row in map(str.split, file.readlines()[1:]):
            if row[0].isdigit():
                at = row[1]
            elif at == interface and row[0] == wanted:
                return int(row[1])
    return 0


def sender(address="10.9.9.1", interface=None, **options):
    """A socket that sends to groups by the interface with this address, or over IPv6 by that of this name."""
    family = socket.AF_INET6 if interface else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.settimeout(DEADLINE)
    if interface:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex(interface))
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, options.get("ttl", 1))
    else:
        made.bind((address, 0))
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, options.get("ttl", 1))
    return made


def receiver(group, interface):
    """A member of a group on an interface of this name; returns the socket and its port."""
    index = socket.if_nametoindex(interface)
    if ":" in group:
        made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        made.bind(("::", 0))
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                        socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index))
    else:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind(("0.0.0.0", 0))
        made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                        socket.inet_aton(group) + struct.pack("@4si", b"\0" * 4, index))
    made.settimeout(DEADLINE)
    return made, made.getsockname()[1]


def silent(made):
    """Nothing is there. What was sent on this machine has come when send() returns."""
    made.setblocking(False)
    try:
        return not made.recv(100)
    except BlockingIOError:
        return True
    finally:
        made.settimeout(DEADLINE)


def listen(plain, host, name):
    plain.type("/listen udp %s 0 as %s" % (host, name))
    plain.sees("receiving on ")
    plain.sees("address of this machine")
    return int(re.search(r"receiving on \S+:(\d+)", plain.text).group(1))


# ---- one after the other ----

def joins(plain):
    port = listen(plain, "0.0.0.0", "four")
    witness = sender(ttl=7)
    plain.type("/join 239.1.2.3 v0")
    ok(plain.sees("joined 239.1.2.3 on v0"), "/join GROUP INTERFACE")
    same(members("v0", "239.1.2.3"), 1, "the kernel has a member there")
    plain.type("/set packet-info on")
    plain.sees("packet-info")
    plain.forget()
    witness.sendto(b"hello\n", ("239.1.2.3", port))
    ok(plain.sees("hello"), "what is sent to the group comes")
    ok(plain.sees("239.1.2.3") and plain.sees("ttl 7") and plain.sees("v0"), "with its destination, TTL and interface")
    plain.type("me too")
    same(witness.recvfrom(100)[0], b"me too\n", "a line goes to who wrote,")
    plain.type("/to 10.9.9.1:%d directly" % witness.getsockname()[1])
    same(witness.recvfrom(100), (b"directly\n", ("10.9.9.1", port)), "from the interface's own address")
    plain.type("/join 239.1.2.3 v0")
    ok(plain.sees("this socket has joined it already (EADDRINUSE)"), "twice: EADDRINUSE, and why")
    plain.type("/join 239.5.0.1")
    ok(plain.sees("joined 239.5.0.1") and members("v0", "239.5.0.1") == 1, "without an interface the routes choose")
    plain.type("/join 239.6.0.1")
    ok(plain.sees("no route leads to the group, so name the interface"), "and where there is no route: ENODEV, and why")
    plain.type("/why")
    ok(plain.sees("/join GROUP lo"), "/why says what to do")
    plain.type("/peers")
    ok(plain.sees("joined 239.1.2.3 on v0, 239.5.0.1") and plain.sees("1 peer: in 1 (6), out 2 ("), "/peers lists both groups")
    plain.type("/leave 239.1.2.3")
    ok(plain.sees("left 239.1.2.3 on v0") and members("v0", "239.1.2.3") == 0, "/leave leaves it")
    plain.type("/leave 239.1.2.3 v0")
    ok(plain.sees("(EADDRNOTAVAIL)"), "twice: EADDRNOTAVAIL")
    plain.type("/join ff15::1 v0")
    ok(plain.sees("an IPv4 socket joins no group of IPv6"), "a group of the other family")
    plain.type("/close")
    ok(until(plain, lambda: members("v0", "239.5.0.1") == 0), "the end leaves the others")
    plain.type("/reconnect")
    ok(plain.sees("receiving on") and until(plain, lambda: members("v0", "239.5.0.1") == 1), "/reconnect joins them again")
    plain.type("/close")


def joins_for_one_sender(plain):
    port = listen(plain, "0.0.0.0", "one-sender")
    plain.type("/join 232.1.1.1 lo from 127.0.0.2")
    ok(plain.sees("joined 232.1.1.1 on lo from 127.0.0.2"), "/join GROUP INTERFACE from SOURCE")
    plain.forget()
    # By the name of an interface: 127.0.0.2 is an address of lo that ip addr does not list.
    for last in 3, 2:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind(("127.0.0.%d" % last, 0))
        made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("@4s4si", b"", socket.inet_aton("127.0.0.%d" % last),
                                                                              socket.if_nametoindex("lo")))
        made.sendto(b"from %d\n" % last, ("232.1.1.1", port))
    ok(plain.sees("from 2") and "from 3" not in plain.text, "only that one is heard")
    plain.type("/leave 232.1.1.1 lo from 127.0.0.9")
    ok(plain.sees("not joined it, or not on that interface or for that sender"), "another one cannot be left")
    plain.type("/leave 232.1.1.1")
    ok(plain.sees("left 232.1.1.1 on lo from 127.0.0.2"), "but all of them")
    plain.type("/close")


def joins_over_ipv6(plain):
    port = listen(plain, "::", "six")
    witness = sender(interface="v0", ttl=9)
    plain.type("/join ff15::1%v0")
    ok(plain.sees("joined ff15::1 on v0") and members("v0", "ff15::1") == 1, "a group of IPv6")
    plain.forget()
    witness.sendto(b"hello six\n", ("ff15::1", port))
    ok(plain.sees("hello six"), "what is sent to it comes")
    ok(plain.sees("ff15::1") and plain.sees("ttl 9") and plain.sees("v0"), "with its destination, hop limit and interface")
    plain.type("me too")
    same(witness.recvfrom(100)[0], b"me too\n", "and is answered")
    plain.type("/join ff35::1 v0 from 2001:db8::1")
    ok(plain.sees("joined ff35::1 on v0 from 2001:db8::1"), "of one sender, too")
    plain.forget()
    witness.sendto(b"from one\n", ("ff35::1", port))
    ok(plain.sees("from one"), "which is heard")
    plain.type("/leave ff15::1")
    ok(plain.sees("left ff15::1 on v0") and members("v0", "ff15::1") == 0, "and left")
    plain.type("/close")


def sends(plain):
    """From a session of its own: interface, TTL and loop."""
    member, port = receiver("239.5.0.9", "v0")
    member.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
    plain.type("/open udp 239.5.0.9 %d as c" % port)
    ok(plain.sees("ready"), "a session to a group")
    plain.type("who is there")
    data, _, _, address = member.recvmsg(100)
    same(data, b"who is there\n", "a line goes to the group")
    member.sendto(b"me\n", address)
    ok(plain.sees("me"), "and whoever answers is heard: the session has not called connect()")
    plain.type("/option multicast_ttl 3")
    ok(plain.sees("IP_MULTICAST_TTL is 3 hops"), "the TTL")
    plain.type("far")
    same([struct.unpack("@i", value)[0] for _, kind, value in member.recvmsg(100, 100)[1] if kind == socket.IP_TTL], [3],
         "goes along")
    plain.type("/option multicast_loop off")
    ok(plain.sees("IP_MULTICAST_LOOP is off"), "loop off:")
    plain.type("/to 10.9.9.1:%d not to the group" % port)
    same(member.recv(100), b"not to the group\n", "what goes to one address comes,")
    plain.type("unheard")
    ok(plain.sees("unheard") and silent(member), "what goes to the group does not come back to this machine")
    on_lo, lo_port = receiver("239.7.0.1", "lo")
    plain.type("/option multicast_if lo")
    ok(plain.sees("IP_MULTICAST_IF is 127.0.0.1"), "an interface is given by its name,")
    plain.type("/option multicast_if %d" % socket.if_nametoindex("v0"))
    ok(plain.sees("IP_MULTICAST_IF is 10.9.9.1"), "its number,")
    plain.type("/option multicast_if 127.0.0.1")
    ok(plain.sees("IP_MULTICAST_IF is 127.0.0.1"), "or its address")
    plain.type("/option multicast_if v2")
    ok(plain.sees('no interface "v2" here: there is lo, '), "not one that is not there,")
    plain.type("/option multicast_if v1")
    ok(plain.sees("interface v1 has no IPv4 address"), "nor one without an address,")
    plain.type("/option multicast_if ::1")
    ok(plain.sees("IP_MULTICAST_IF is the name of an interface, or its IPv4 address: lo, 127.0.0.1"), "nor what is neither")
    plain.type("/to 239.7.0.1:%d by lo" % lo_port)
    same(on_lo.recv(100), b"by lo\n", "but by lo it does, all the same")
    plain.type("/option multicast_if 0.0.0.0")
    plain.sees("IP_MULTICAST_IF is 0.0.0.0")
    plain.type("/to 239.7.0.1:%d nowhere" % lo_port)
    ok(plain.sees("no route to that group"), "without a route and an interface: ENETUNREACH, and why")
    plain.type("/why")
    ok(plain.sees("/option multicast_if chooses the interface"), "/why says what to do")
    plain.type("/close")
    six, port = receiver("ff15::9", "v0")
    plain.type("/open udp ff15::9 %d as c6" % port)
    plain.sees("ready")
    plain.type("/option multicast_if v0")
    ok(plain.sees("IPV6_MULTICAST_IF is %d" % socket.if_nametoindex("v0")), "by its name over IPv6, too")
    plain.type("over six")
    same(six.recv(100), b"over six\n", "over IPv6, too")
    plain.type("/option mtu_discover do")
    plain.sees("IPV6_MTU_DISCOVER is do")
    plain.type("/fill 1600")
    ok(plain.sees("1600 bytes in one datagram to [ff15::9]:%d (MTU 1500 *, so 1452 fit with fragmentation off" % port),
       "EMSGSIZE to a group of IPv6 says how much fits")
    plain.type("/fill 70000")
    ok(plain.sees("IPv6 carries at most 65527"), "and how much a datagram carries")
    plain.type("/close")


def too_large(plain):
    """Over IPv4 to a group, unconnected: the MTU is that of the interface."""
    plain.type("/open udp 239.5.0.9 9 as large")
    plain.sees("ready")
    plain.type("/option mtu_discover do")
    plain.sees("IP_MTU_DISCOVER is do")
    plain.type("/fill 1473")
    ok(plain.sees("1473 bytes in one datagram to 239.5.0.9:9 (MTU 1500 *, so 1472 fit"), "EMSGSIZE to a group of IPv4")
    plain.type("/close")


def both_families(plain):
    """A session on every address has a socket of each family: an option of one is for that one."""
    plain.type("/listen udp * 0 as both")
    plain.sees("receiving on ")
    plain.type("/option IPV6_MULTICAST_IF v0")
    ok(plain.sees("IPV6_MULTICAST_IF is %d" % socket.if_nametoindex("v0")), "an option of IPv6 is set")
    plain.type("/option IP_MULTICAST_IF v0")
    ok(plain.sees("IP_MULTICAST_IF is 10.9.9.1"), "and one of IPv4")
    plain.type("/close")
    plain.sees("no longer receiving")
    plain.type("/reconnect")
    ok(plain.sees("receiving on ") and "not kept" not in plain.text, "again after /reconnect")
    plain.type("/option IPV6_MULTICAST_IF")
    ok(plain.sees(" %d  interface multicasts leave by" % socket.if_nametoindex("v0")), "where it is read from the socket that has it")
    plain.type("/close")


def broadcasts(plain):
    heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.bind(("0.0.0.0", 0))
    heard.settimeout(DEADLINE)
    port = heard.getsockname()[1]
    listen(plain, "0.0.0.0", "b")
    plain.type("/to 10.9.9.255:%d x" % port)
    ok(plain.sees("a broadcast address needs SO_BROADCAST"), "EACCES says what is needed")
    plain.type("/why")
    ok(plain.sees("/option broadcast on"), "/why says how")
    plain.type("/option broadcast on")
    plain.sees("SO_BROADCAST is on")
    plain.type("/to 10.9.9.255:%d to all" % port)
    same(heard.recv(100), b"to all\n", "then it goes")
    plain.type("/close")


def headless():
    """The same without a screen, and in the log."""
    enter_home()
    status, out, err = script("/set packet-info on\n/listen udp 0.0.0.0 0 as s\n/log lines.jsonl\n/join 239.1.2.3 lo\n"
                              "/open udp 239.1.2.3 $s.port as c\n/option multicast_if 127.0.0.1\n/option multicast_ttl 4\n"
                              "/send hello\n/expect @s hello\n/peers @s\n/leave @s 239.1.2.3\n/say done\n")
    ok(status == 0 and "done" in out, "a script joins, sends, expects, leaves")
    ok("joined 239.1.2.3 on lo" in out and "1 peer: in 1 (5)" in out, "and prints both")
    if status:
        print("# %s %s" % (out, err))
    entries = [json.loads(line) for line in read_text("lines.jsonl").splitlines()]
    came = [entry for entry in entries if entry.get("call") == "recvmsg"]
    ok(len(came) == 1 and "239.1.2.3" in str(came) and came[0].get("ttl") == 4, "the log has destination and TTL")
    calls = [entry.get("value") for entry in entries if "MEMBERSHIP" in str(entry.get("option_name"))]
    same(calls, ["239.1.2.3%1"] * 2, "and both calls")
    status, out, err = script("/listen udp 127.0.0.1 0\n/join 239.1.2.3 nope\n")
    ok(status != 0 and 'script:2: no interface "nope" here: there is lo, ' in err, "a wrong interface ends it")


def over_the_cable():
    """Between the two hosts of the sandbox: frames that are seen on the way."""
    plain = Plain()
    plain.sees(">")
    plain.type("/sandbox on")
    until(plain, lambda: re.search("the sandbox is on|!  ", plain.text))
    if "the sandbox is on" not in plain.text:
        skip("no sandbox here")
        plain.leave()
        return
    plain.type("/set packet-info on")
    for host, group in ("0.0.0.0", "239.1.2.3"), ("::", "ff15::1"):
        plain.type("/listen udp %s 5000 on right as right%s" % (host, len(group)))
        plain.sees("receiving on right")
        plain.type("/join %s nowhere" % group)
        ok(plain.sees('no interface "nowhere" here: there is lo, right'), "an interface that is not there: those that are")
        plain.type("/join %s right" % group)
        ok(plain.sees("joined %s on right" % group), "a member on right")
        plain.type("/open udp %s 5000 on left as left%s" % (group, len(group)))
        plain.sees("ready")
        plain.type("/option multicast_if left")
        plain.sees("MULTICAST_IF is")
        plain.type("over the cable")
        plain.sees("→")
        plain.type("/session right%s" % len(group))
        ok(plain.sees("over the cable") and plain.sees("to %s ttl 1" % group), "what left sends to the group comes to right")
        plain.type("answer")
        plain.sees("→")
        plain.type("/session left%s" % len(group))
        ok(plain.sees("answer") and plain.sees("ttl 64"), "and the answer to left")
    same(plain.leave(), 0, "the end")


watchdog(120)
if enter_namespace():
    plain = Plain()
    plain.sees(">")
    for test in joins, joins_for_one_sender, joins_over_ipv6, sends, too_large, both_families, broadcasts:
        test(plain)
    same(plain.leave(), 0, "the end")
    headless()
    over_the_cable()
done()
