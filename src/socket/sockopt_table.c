// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/sockopt.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#ifdef __linux__
#include <netinet/udp.h>
#endif

/* Numbers of the Linux ABI that a C library may not know yet; the kernel refuses those that it does
 * not know. <linux/tcp.h> cannot be included beside <netinet/tcp.h>. */
#ifdef __linux__
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif
#ifndef TCP_INQ
#define TCP_INQ 36
#endif
#ifndef TCP_TX_DELAY
#define TCP_TX_DELAY 37
#endif
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif
#ifndef TCP_RTO_MIN_US
#define TCP_RTO_MIN_US 45
#endif
#ifndef TCP_DELACK_MAX_US
#define TCP_DELACK_MAX_US 46
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#endif

static const struct sockopt_word families[] = {
	{ AF_INET, "AF_INET" }, { AF_INET6, "AF_INET6" }, { AF_UNIX, "AF_UNIX" }, { 0, NULL }
};
static const struct sockopt_word types[] = { { SOCK_STREAM, "SOCK_STREAM" },
	                                     { SOCK_DGRAM, "SOCK_DGRAM" },
	                                     { 0, NULL } };
static const struct sockopt_word protocols[] = { { IPPROTO_TCP, "IPPROTO_TCP" },
	                                         { IPPROTO_UDP, "IPPROTO_UDP" },
	                                         { 0, NULL } };
static const struct sockopt_word locks[] = {
	{ 0, "none" }, { 1, "send" }, { 2, "receive" }, { 3, "both" }, { 0, NULL }
};
static const struct sockopt_word discovery[] = { { 0, "dont" },  { 1, "want" },      { 2, "do" },
	                                         { 3, "probe" }, { 4, "interface" }, { 5, "omit" },
	                                         { 0, NULL } };
static const struct sockopt_word none[] = { { -1, "none" }, { 0, NULL } };
static const struct sockopt_word off[] = { { -1, "off" }, { 0, NULL } };
static const char ticks[] = "it counts in ticks of its clock";
static const struct sockopt_word unlimited[] = { { -1, "unlimited" }, { 0, NULL } };

#define ANY (SOCKOPT_TCP | SOCKOPT_UDP | SOCKOPT_IPV4 | SOCKOPT_IPV6)
#define ALL (ANY | SOCKOPT_UNIX)
#define TCP (SOCKOPT_TCP | SOCKOPT_IPV4 | SOCKOPT_IPV6)
#define UDP (SOCKOPT_UDP | SOCKOPT_IPV4 | SOCKOPT_IPV6)
#define V4  (SOCKOPT_TCP | SOCKOPT_UDP | SOCKOPT_IPV4)
#define V6  (SOCKOPT_TCP | SOCKOPT_UDP | SOCKOPT_IPV6)

/* After the unit come the help and further fields. */
#define OPTION(LEVEL, NAME, FORM, OF, UNIT, ...)                                                   \
	{                                                                                          \
		.name = #NAME, .level = LEVEL, .number = NAME, .form = SOCKOPT_##FORM, .of = OF,   \
		.unit = UNIT, .help = __VA_ARGS__                                                  \
	}

const struct sockopt sockopt_table[] = {
	OPTION(SOL_SOCKET, SO_ACCEPTCONN, SWITCH, TCP | SOCKOPT_UNIX, "",
	       "listen() has been called", .read_only = true),
#ifdef SO_BINDTODEVICE
	OPTION(SOL_SOCKET, SO_BINDTODEVICE, TEXT, ANY, "",
	       "use this network interface only\nThe name of an interface, such as lo; none for "
	       "any."),
#endif
	OPTION(SOL_SOCKET, SO_BROADCAST, SWITCH, UDP, "",
	       "may send to broadcast addresses\nWithout it such a send fails with EACCES."),
#ifdef SO_BUF_LOCK
	OPTION(SOL_SOCKET, SO_BUF_LOCK, NUMBER, ALL, "",
	       "which buffer sizes stay fixed\nA buffer whose size was set is no longer tuned by "
	       "the kernel; none gives both back to it.",
	       .words = locks),
#endif
#ifdef SO_COOKIE
	OPTION(SOL_SOCKET, SO_COOKIE, NUMBER, ALL, "",
	       "the kernel's number for it\nNo other socket gets it until the machine restarts; "
	       "ss -e shows it, in hexadecimal.",
	       .read_only = true, .wide = true),
#endif
#ifdef SO_DOMAIN
	OPTION(SOL_SOCKET, SO_DOMAIN, NUMBER, ALL, "", "the address family", .read_only = true,
	       .words = families),
#endif
	OPTION(SOL_SOCKET, SO_DONTROUTE, SWITCH, ANY, "",
	       "reach only hosts on our links\nPackets never go through a router; without a "
	       "direct link the call fails with ENETUNREACH."),
	OPTION(SOL_SOCKET, SO_ERROR, NUMBER, ALL, "",
	       "the pending error\nReading it clears it. After a connect() that did not wait it "
	       "says how that ended.",
	       .read_only = true, .taken = true),
#ifdef SO_INCOMING_CPU
	OPTION(SOL_SOCKET, SO_INCOMING_CPU, NUMBER, ANY, "", "processor that handles arrivals",
	       .words = none),
#endif
	OPTION(SOL_SOCKET, SO_KEEPALIVE, SWITCH, TCP, "",
	       "probe a peer that is silent\nTCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT say when. "
	       "Without it an idle connection to a peer that has died stays open forever."),
	OPTION(SOL_SOCKET, SO_LINGER, LINGER, TCP, "",
	       "close() waits for all ACKs\nUntil all data is acknowledged, at most this "
	       "many seconds, also on a socket that never blocks. With 0 it sends RST instead, and "
	       "unsent data is lost."),
#ifdef SO_MAX_PACING_RATE
	OPTION(SOL_SOCKET, SO_MAX_PACING_RATE, NUMBER, TCP, "bytes/s",
	       "send no faster than this\nA slow link without root: TCP spaces its segments, after "
	       "a first burst.",
	       .words = unlimited, .wide = true),
#endif
#ifdef SO_NO_CHECK
	OPTION(SOL_SOCKET, SO_NO_CHECK, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV4, "",
	       "send UDP without a checksum"),
#endif
	OPTION(SOL_SOCKET, SO_OOBINLINE, SWITCH, TCP, "",
	       "urgent byte among the others\nIf off, it is beside the stream: recv(MSG_OOB) gets "
	       "it, and the next urgent byte overwrites it."),
#ifdef SO_PASSCRED
	OPTION(SOL_SOCKET, SO_PASSCRED, SWITCH, SOCKOPT_UNIX, "",
	       "who sent each message\nA program that asks with recvmsg() learns process, "
	       "user and group of each, which this one does not show. A socket without a name gets an "
	       "abstract one."),
#endif
#ifdef SO_PEEK_OFF
	OPTION(SOL_SOCKET, SO_PEEK_OFF, NUMBER, ALL, "bytes",
	       "where recv(MSG_PEEK) begins\nEach such recv() advances it; off means always the "
	       "first unread byte.",
	       .words = off),
#endif
#ifdef SO_PEERCRED
	OPTION(SOL_SOCKET, SO_PEERCRED, CREDENTIALS, SOCKOPT_UNIX, "",
	       "who made the other end\nThe process that called connect() or listen() there, with its "
	       "user and group at that time. While nothing is connected, the process is 0, and the "
	       "user and the group are not known.",
	       .read_only = true),
#endif
#ifdef SO_PRIORITY
	OPTION(SOL_SOCKET, SO_PRIORITY, NUMBER, ANY, "",
	       "order within the sending queue\n0 to 6 without root, the higher first. IP_TOS sets "
	       "it, too."),
#endif
#ifdef SO_PROTOCOL
	OPTION(SOL_SOCKET, SO_PROTOCOL, NUMBER, ALL, "", "the transport protocol",
	       .read_only = true, .words = protocols),
#endif
	OPTION(SOL_SOCKET, SO_RCVBUF, NUMBER, ALL, "bytes",
	       "room for what is not read yet\nTCP advertises a window that fits into it; UDP "
	       "silently drops what does not fit.",
	       .doubled = true),
	OPTION(SOL_SOCKET, SO_RCVLOWAT, NUMBER, TCP | SOCKOPT_UNIX, "bytes",
	       "readable from this size on", .alters = "the least is 1"),
	OPTION(SOL_SOCKET, SO_RCVTIMEO, TIME, ALL, "",
	       "time limit of a blocking recv()\nThen it fails with EAGAIN. The sockets of this "
	       "program never block, so it has no effect here.",
	       .alters = ticks),
	OPTION(SOL_SOCKET, SO_REUSEADDR, SWITCH, ANY, "",
	       "allow bind() during TIME_WAIT\nThe new socket needs it, and the old one needs it "
	       "before it is closed. A port on which a socket listens stays taken. With it UDP "
	       "sockets share a port, and the last one gets the datagrams."),
#ifdef SO_REUSEPORT
	OPTION(SOL_SOCKET, SO_REUSEPORT, SWITCH, ANY, "",
	       "several sockets share one port\nAll of them need it before bind(), and must belong "
	       "to the same user. The kernel distributes connections and datagrams among them."),
#endif
#ifdef SO_RXQ_OVFL
	OPTION(SOL_SOCKET, SO_RXQ_OVFL, SWITCH, UDP, "",
	       "count drops with each datagram\nrecvmsg() returns the number."),
#endif
	OPTION(SOL_SOCKET, SO_SNDBUF, NUMBER, ALL, "bytes",
	       "room for what is being sent\nWhen it is full, a blocking send() waits and others "
	       "get EAGAIN. TCP empties it as the peer acknowledges.",
	       .doubled = true),
	OPTION(SOL_SOCKET, SO_SNDLOWAT, NUMBER, ALL, "bytes", "always 1 on Linux",
	       .read_only = true),
	OPTION(SOL_SOCKET, SO_SNDTIMEO, TIME, ALL, "",
	       "time limit of a blocking send()\nThen it fails with EAGAIN, and connect() with "
	       "EINPROGRESS. The sockets of this program never block, so it has no effect here.",
	       .alters = ticks),
#ifdef SO_TIMESTAMP
	OPTION(SOL_SOCKET, SO_TIMESTAMP, SWITCH, ANY, "",
	       "arrival times in microseconds\nrecvmsg() returns them."),
#endif
#ifdef SO_TIMESTAMPING
	OPTION(SOL_SOCKET, SO_TIMESTAMPING, NUMBER, ANY, "",
	       "times of leaving and arriving\nA sum of flags, see linux/net_tstamp.h; the times "
	       "come through the error queue."),
#endif
#ifdef SO_TIMESTAMPNS
	OPTION(SOL_SOCKET, SO_TIMESTAMPNS, SWITCH, ANY, "",
	       "arrival times in nanoseconds\nrecvmsg() returns them."),
#endif
	OPTION(SOL_SOCKET, SO_TYPE, NUMBER, ALL, "", "stream or datagrams", .read_only = true,
	       .words = types),
#ifdef SO_ZEROCOPY
	OPTION(SOL_SOCKET, SO_ZEROCOPY, SWITCH, ANY, "",
	       "send(MSG_ZEROCOPY) is allowed\nThe kernel then sends from our memory and reports "
	       "through the error queue when it is done."),
#endif
#ifdef IP_BIND_ADDRESS_NO_PORT
	OPTION(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, SWITCH, V4, "",
	       "choose the port at connect()\nbind() with port 0 takes none yet, so that one port "
	       "can serve connections to many addresses."),
#endif
#ifdef IP_FREEBIND
	OPTION(IPPROTO_IP, IP_FREEBIND, SWITCH, V4, "", "allow addresses not here yet"),
#endif
#ifdef IP_LOCAL_PORT_RANGE
	OPTION(IPPROTO_IP, IP_LOCAL_PORT_RANGE, NUMBER, V4, "",
	       "range of automatic ports\nSuch as 45000-45003, or off for the system's own range. "
	       "When all are taken, calls fail with EADDRNOTAVAIL.",
	       .range = true),
#endif
#ifdef IP_MINTTL
	OPTION(IPPROTO_IP, IP_MINTTL, NUMBER, SOCKOPT_TCP | SOCKOPT_IPV4, "hops",
	       "drop what came from far away\nThat is, packets with a smaller TTL: 255 accepts "
	       "only neighbours. 0 is off."),
#endif
#ifdef IP_MTU
	OPTION(IPPROTO_IP, IP_MTU, NUMBER, V4, "bytes",
	       "largest packet on this path\nKnown once connected.", .read_only = true),
#endif
#ifdef IP_MTU_DISCOVER
	OPTION(IPPROTO_IP, IP_MTU_DISCOVER, NUMBER, V4, "",
	       "may routers cut our packets?\nwant: no, and the kernel learns the path's limit. "
	       "do: no, and a datagram that is too large fails with EMSGSIZE. dont: yes. probe: "
	       "no, and the limit is ignored. interface, omit: ICMP is ignored.",
	       .words = discovery),
#endif
#ifdef IP_MULTICAST_ALL
	OPTION(IPPROTO_IP, IP_MULTICAST_ALL, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV4, "",
	       "receive groups others joined\nIf off, a socket receives only from the groups that "
	       "it has joined itself."),
#endif
	OPTION(IPPROTO_IP, IP_MULTICAST_IF, ADDR, SOCKOPT_UDP | SOCKOPT_IPV4, "",
	       "interface multicasts leave by\nBy its name, lo, or its address; 0.0.0.0 lets the "
	       "routes choose.",
	       .interface = true),
	OPTION(IPPROTO_IP, IP_MULTICAST_LOOP, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV4, "",
	       "our multicasts come back here\nOn the loopback interface they always come "
	       "back."),
	OPTION(IPPROTO_IP, IP_MULTICAST_TTL, NUMBER, SOCKOPT_UDP | SOCKOPT_IPV4, "hops",
	       "how far multicasts go\nWith 1 they stay on the local network.",
	       .alters = "-1 is the system's default"),
#ifdef IP_PKTINFO
	OPTION(IPPROTO_IP, IP_PKTINFO, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV4, "",
	       "report which address was asked\nrecvmsg() returns it with the interface. A server "
	       "on 0.0.0.0 thereby knows from which address to answer."),
#endif
#ifdef IP_RECVERR
	OPTION(IPPROTO_IP, IP_RECVERR, SWITCH, V4, "",
	       "queue ICMP errors for reading\nrecvmsg(MSG_ERRQUEUE) returns them, with their "
	       "sender and the destination concerned. The next send() of a UDP socket that is not "
	       "connected then reports errors, too."),
#endif
#ifdef IP_RECVTOS
	OPTION(IPPROTO_IP, IP_RECVTOS, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV4, "",
	       "report each datagram's TOS\nrecvmsg() returns it."),
#endif
#ifdef IP_RECVTTL
	OPTION(IPPROTO_IP, IP_RECVTTL, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV4, "",
	       "report each datagram's TTL\nrecvmsg() returns it: how many routers it passed."),
#endif
	OPTION(IPPROTO_IP, IP_TOS, NUMBER, V4, "",
	       "the packets' class of service\nThe DSCP times 4: 184 is expedited forwarding. "
	       "Networks may ignore it.",
	       .alters = "the two lowest bits are ECN, which TCP sets itself"),
	OPTION(IPPROTO_IP, IP_TTL, NUMBER, V4, "hops",
	       "how many routers may be passed\nEach subtracts 1; at 0 it drops the packet and "
	       "sends ICMP time exceeded.",
	       .alters = "-1 is the system's default"),
#ifdef IPV6_AUTOFLOWLABEL
	OPTION(IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, SWITCH, V6, "",
	       "flow label for each connection\nRouters keep packets of one label on one path."),
#endif
#ifdef IPV6_DONTFRAG
	OPTION(IPPROTO_IPV6, IPV6_DONTFRAG, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV6, "",
	       "never fragment our datagrams\nOne that is too large fails with EMSGSIZE "
	       "instead."),
#endif
#ifdef IPV6_FREEBIND
	OPTION(IPPROTO_IPV6, IPV6_FREEBIND, SWITCH, V6, "", "allow addresses not here yet"),
#endif
#ifdef IPV6_MINHOPCOUNT
	OPTION(IPPROTO_IPV6, IPV6_MINHOPCOUNT, NUMBER, SOCKOPT_TCP | SOCKOPT_IPV6, "hops",
	       "drop what came from far away\nThat is, packets with a smaller hop limit: 255 "
	       "accepts only neighbours. 0 is off."),
#endif
#ifdef IPV6_MTU
	OPTION(IPPROTO_IPV6, IPV6_MTU, NUMBER, V6, "bytes",
	       "largest packet on this path\nKnown once connected; at least 1280 when it is set."),
#endif
#ifdef IPV6_MTU_DISCOVER
	OPTION(IPPROTO_IPV6, IPV6_MTU_DISCOVER, NUMBER, V6, "",
	       "obey the path's limit?\nwant: the kernel learns it. do: a datagram that is too "
	       "large fails with EMSGSIZE. dont: fragments of 1280 bytes. probe: it is ignored. "
	       "interface, omit: ICMP is ignored.",
	       .words = discovery),
#endif
#ifdef IPV6_MULTICAST_ALL
	OPTION(IPPROTO_IPV6, IPV6_MULTICAST_ALL, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV6, "",
	       "receive groups others joined\nIf off, a socket receives only from the groups that "
	       "it has joined itself."),
#endif
	OPTION(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, NUMBER, SOCKOPT_UDP | SOCKOPT_IPV6, "hops",
	       "how far multicasts go\nWith 1 they stay on the local network.",
	       .alters = "-1 is the system's default"),
	OPTION(IPPROTO_IPV6, IPV6_MULTICAST_IF, NUMBER, SOCKOPT_UDP | SOCKOPT_IPV6, "",
	       "interface multicasts leave by\nBy its name, lo, or its number, which ip link shows; "
	       "0 lets the routes choose.",
	       .interface = true),
	OPTION(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV6, "",
	       "our multicasts come back here"),
#ifdef IPV6_RECVERR
	OPTION(IPPROTO_IPV6, IPV6_RECVERR, SWITCH, V6, "",
	       "queue ICMP errors for reading\nrecvmsg(MSG_ERRQUEUE) returns them, with their "
	       "sender and the destination concerned. The next send() of a UDP socket that is not "
	       "connected then reports errors, too."),
#endif
#ifdef IPV6_RECVHOPLIMIT
	OPTION(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV6, "",
	       "report a datagram's hop limit\nrecvmsg() returns it: how many routers it "
	       "passed."),
#endif
#ifdef IPV6_RECVPKTINFO
	OPTION(IPPROTO_IPV6, IPV6_RECVPKTINFO, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV6, "",
	       "report which address was asked\nrecvmsg() returns it with the interface."),
#endif
#ifdef IPV6_RECVTCLASS
	OPTION(IPPROTO_IPV6, IPV6_RECVTCLASS, SWITCH, SOCKOPT_UDP | SOCKOPT_IPV6, "",
	       "report each datagram's class\nrecvmsg() returns it."),
#endif
#ifdef IPV6_TCLASS
	OPTION(IPPROTO_IPV6, IPV6_TCLASS, NUMBER, V6, "",
	       "the packets' traffic class\nThe DSCP times 4, as IP_TOS.",
	       .alters = "-1 is 0; the two lowest bits are ECN, which TCP sets itself"),
#endif
	OPTION(IPPROTO_IPV6, IPV6_UNICAST_HOPS, NUMBER, V6, "hops",
	       "how many routers may be passed\nEach subtracts 1; at 0 it drops the packet and "
	       "sends ICMP time exceeded.",
	       .alters = "-1 is the system's default"),
	OPTION(IPPROTO_IPV6, IPV6_V6ONLY, SWITCH, V6, "",
	       "refuse IPv4 peers\nIf off, an IPv4 peer is shown as ::ffff:a.b.c.d, and the IPv4 "
	       "port is taken, too. Set it before bind()."),
#ifdef TCP_CONGESTION
	OPTION(IPPROTO_TCP, TCP_CONGESTION, TEXT, TCP, "",
	       "the congestion control in use\nWithout root, one of "
	       "net.ipv4.tcp_allowed_congestion_control: usually reno and the default."),
#endif
#ifdef TCP_CORK
	OPTION(IPPROTO_TCP, TCP_CORK, SWITCH, TCP, "",
	       "hold back until segments fill\nOr until it is switched off, or 200 ms are over."),
#endif
#ifdef TCP_DEFER_ACCEPT
	OPTION(IPPROTO_TCP, TCP_DEFER_ACCEPT, NUMBER, TCP, "seconds",
	       "accept() waits for first bytes\nDuring that time accept() does not return a "
	       "client that sends nothing.",
	       .alters = "it counts in repeated SYN-ACKs, after 1, 3, 7, 15, 31 s"),
#endif
#ifdef TCP_DELACK_MAX_US
	OPTION(IPPROTO_TCP, TCP_DELACK_MAX_US, NUMBER, TCP, "us", "longest wait before an ACK"),
#endif
#ifdef TCP_FASTOPEN
	OPTION(IPPROTO_TCP, TCP_FASTOPEN, NUMBER, TCP, "",
	       "SYNs with data that may wait\nOf a listener; with 0 data in a SYN is ignored.",
	       .alters = "net.core.somaxconn is the most"),
#endif
#ifdef TCP_FASTOPEN_CONNECT
	OPTION(IPPROTO_TCP, TCP_FASTOPEN_CONNECT, SWITCH, TCP, "",
	       "connect() waits for first bytes\nThey go with the SYN if the server has given a "
	       "cookie before. connect() = 0 then means nothing: no SYN has been sent."),
#endif
#ifdef TCP_FASTOPEN_NO_COOKIE
	OPTION(IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, SWITCH, TCP, "",
	       "SYN with data, but no cookie"),
#endif
#ifdef TCP_INFO
	OPTION(IPPROTO_TCP, TCP_INFO, BYTES, TCP, "",
	       "what the kernel knows of it\n/info shows it in words.", .read_only = true),
#endif
#ifdef TCP_INQ
	OPTION(IPPROTO_TCP, TCP_INQ, SWITCH, TCP, "",
	       "report the bytes left to read\nrecvmsg() returns their number."),
#endif
#ifdef TCP_KEEPCNT
	OPTION(IPPROTO_TCP, TCP_KEEPCNT, NUMBER, TCP, "probes",
	       "unanswered ones, then ETIMEDOUT\nHas an effect while SO_KEEPALIVE is on."),
#endif
#ifdef TCP_KEEPIDLE
	OPTION(IPPROTO_TCP, TCP_KEEPIDLE, NUMBER, TCP, "seconds",
	       "silence before the first probe\nHas an effect while SO_KEEPALIVE is on."),
#endif
#ifdef TCP_KEEPINTVL
	OPTION(IPPROTO_TCP, TCP_KEEPINTVL, NUMBER, TCP, "seconds",
	       "time between two probes\nHas an effect while SO_KEEPALIVE is on."),
#endif
#ifdef TCP_LINGER2
	OPTION(IPPROTO_TCP, TCP_LINGER2, NUMBER, TCP, "seconds",
	       "how long FIN_WAIT2 may last\nAfter close(), if the peer does not close its side. "
	       "With -1 it ends at once.",
	       .alters = "the system's limit is the most"),
#endif
	OPTION(IPPROTO_TCP, TCP_MAXSEG, NUMBER, TCP, "bytes",
	       "most data in one segment\nSet it before connect() or listen(). Timestamps take 12 "
	       "bytes of it.",
	       .alters = "once connected it is what both ends agreed on"),
	OPTION(IPPROTO_TCP, TCP_NODELAY, SWITCH, TCP, "",
	       "send small pieces at once\nIf off, Nagle's algorithm holds a small one back while "
	       "an earlier one is not acknowledged: some 40 ms if the peer delays its ACK."),
#ifdef TCP_NOTSENT_LOWAT
	OPTION(IPPROTO_TCP, TCP_NOTSENT_LOWAT, NUMBER, TCP, "bytes",
	       "writable while less is unsent\nKeeps the queue in the kernel short, so that what "
	       "is sent is fresh.",
	       .words = unlimited),
#endif
#ifdef TCP_QUICKACK
	OPTION(IPPROTO_TCP, TCP_QUICKACK, SWITCH, TCP, "",
	       "acknowledge at once\nFor a while: the kernel returns to delayed ACKs by itself."),
#endif
#ifdef TCP_RTO_MAX_MS
	OPTION(IPPROTO_TCP, TCP_RTO_MAX_MS, NUMBER, TCP, "ms",
	       "longest wait to retransmit\n1000 to 120000."),
#endif
#ifdef TCP_RTO_MIN_US
	OPTION(IPPROTO_TCP, TCP_RTO_MIN_US, NUMBER, TCP, "us", "shortest wait to retransmit"),
#endif
#ifdef TCP_SYNCNT
	OPTION(IPPROTO_TCP, TCP_SYNCNT, NUMBER, TCP, "",
	       "how long a SYN is repeated\nThen connect() fails with ETIMEDOUT. The kernel counts time, as if each wait "
	       "doubled: 1 is 3 seconds, 2 is 7, 3 is 15, 6 is 127. More SYNs than that fit in, "
	       "as the first waits are a second each (net.ipv4.tcp_syn_linear_timeouts)."),
#endif
#ifdef TCP_THIN_LINEAR_TIMEOUTS
	OPTION(IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, SWITCH, TCP, "",
	       "retransmit without doubling\nWhile fewer than four segments are in flight."),
#endif
#ifdef TCP_TX_DELAY
	OPTION(IPPROTO_TCP, TCP_TX_DELAY, NUMBER, TCP, "us",
	       "delay each segment\nSimulates a long path without root, if the interface's queue "
	       "is fq."),
#endif
#ifdef TCP_USER_TIMEOUT
	OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT, NUMBER, TCP, "ms",
	       "how long data may be unanswered\nThen ETIMEDOUT. 0 is the system's own limit, "
	       "about 15 minutes."),
#endif
#ifdef TCP_WINDOW_CLAMP
	OPTION(IPPROTO_TCP, TCP_WINDOW_CLAMP, NUMBER, TCP, "bytes",
	       "largest window to advertise\n0 is no limit.",
	       .alters = "half of the smallest SO_RCVBUF is the least"),
#endif
#ifdef UDP_CORK
	OPTION(IPPROTO_UDP, UDP_CORK, SWITCH, UDP, "",
	       "gather one datagram\nEverything sent until it is switched off goes as one."),
#endif
#ifdef UDP_SEGMENT
	OPTION(IPPROTO_UDP, UDP_SEGMENT, NUMBER, UDP, "bytes",
	       "cut each send() into datagrams\nOf this size; the last may be shorter. 0 is "
	       "off."),
#endif
	{ 0 },
};

const struct sockopt sockopt_groups[] = {
	OPTION(IPPROTO_IP, IP_ADD_MEMBERSHIP, GROUP, UDP, "", "join a group"),
	OPTION(IPPROTO_IP, IP_DROP_MEMBERSHIP, GROUP, UDP, "", "leave a group"),
	OPTION(IPPROTO_IPV6, IPV6_JOIN_GROUP, GROUP, UDP, "", "join a group"),
	OPTION(IPPROTO_IPV6, IPV6_LEAVE_GROUP, GROUP, UDP, "", "leave a group"),
#ifdef MCAST_JOIN_SOURCE_GROUP
	OPTION(IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, GROUP, UDP, "", "join a group for one sender"),
	OPTION(IPPROTO_IP, MCAST_LEAVE_SOURCE_GROUP, GROUP, UDP, "",
	       "leave a group for one sender"),
	OPTION(IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP, GROUP, UDP, "",
	       "join a group for one sender"),
	OPTION(IPPROTO_IPV6, MCAST_LEAVE_SOURCE_GROUP, GROUP, UDP, "",
	       "leave a group for one sender"),
#endif
	{ .name = NULL },
};
