// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/errno_meaning.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/choice.h"

enum {
	SYMBOL_MAX = 24, /* bytes of a symbol; what is longer is none */
};

#define CASES(...)                                                                                 \
	(const struct errno_case[])                                                                \
	{                                                                                          \
		__VA_ARGS__,                                                                       \
		{                                                                                  \
			.calls = NULL                                                              \
		}                                                                                  \
	}

/* After accept(2), bind(2), connect(2), getsockopt(2), listen(2), recv(2), send(2), shutdown(2),
 * socket(2), ip(7), ipv6(7), tcp(7), udp(7), unix(7), getaddrinfo(3), and what the kernel makes of
 * ICMP messages, RFC 1122 and RFC 4443. */
const struct errno_meaning errno_meaning_table[] = {
	{ "EACCES", EACCES, "bind, connect, send",
	  "It is not allowed: a port below 1024, a broadcast address without SO_BROADCAST, a path "
	  "without permission, or a firewall rule.",
	  "This kernel, or over IPv6 a router that says \"prohibited\".",
	  "Take a port from 1024 on. For a broadcast address: /socket udp, /option broadcast on, "
	  "/connect; on an open UDP session /option broadcast on; or start with -b. For a "
	  "firewall, ask who set it up.",
	  CASES({ "bind", ERRNO_UNIX, "no permission to make a file in that directory", NULL,
	          "ls -ld shows whose the directory is; an abstract name, @name, needs none." },
	        { "connect, send", ERRNO_UNIX,
	          "no permission to write to that socket, or to pass its directories",
	          "Permission denied",
	          "namei -l PATH shows the permissions; connecting takes that to write." },
	        { "bind", 0, "ports below 1024 are the superuser's", NULL, NULL },
	        { "connect", 0, "a broadcast address needs SO_BROADCAST, or a firewall refused",
	          "not allowed", NULL },
	        { "send", ERRNO_UDP, "a broadcast address needs SO_BROADCAST", NULL, NULL },
	        { "setsockopt, getsockopt", 0, "only the superuser may", NULL, NULL }) },
	{ "EADDRINUSE", EADDRINUSE, "bind, listen, connect, setsockopt",
	  "The address and port are taken: by a socket that listens or is bound there, by a "
	  "connection of it in TIME_WAIT, or, for a group, because it has been joined already.",
	  "This kernel.",
	  "/port shows who has the port. Close the other one, or wait for TIME_WAIT to end (a "
	  "minute); SO_REUSEADDR overlooks TIME_WAIT where the old socket had it, too. Or take "
	  "port "
	  "0.",
	  CASES({ "bind", ERRNO_UNIX, "something has this path or name already", NULL,
	          "ss -xlp shows the programs and their paths. A socket whose program has ended is "
	          "replaced by /listen; what is no socket stays: move it, or take another path." },
	        { "bind, listen", ERRNO_LISTENER, "another socket has this port", NULL, NULL },
	        { "bind", 0,
	          "another socket has this port, or a connection of it is still in TIME_WAIT", NULL,
	          NULL },
	        { "listen", 0, "another socket listens on this port", NULL, NULL },
	        { "setsockopt", ERRNO_GROUP, "this socket has joined it already", NULL,
	          "/peers lists the groups of a session." }) },
	{ "EADDRNOTAVAIL", EADDRNOTAVAIL, "bind, connect, setsockopt",
	  "No interface of this machine has that address; or connect() found every port of the "
	  "range taken.",
	  "This kernel.",
	  "Look at the addresses with ip addr; for connect(), wait until ports in TIME_WAIT are "
	  "free, or widen IP_LOCAL_PORT_RANGE.",
	  CASES({ "bind", ERRNO_SANDBOX, "not an address of this host", NULL, NULL },
	        { "bind", 0, "not an address of this machine", NULL, NULL },
	        { "connect", 0, "no local address or port to connect from", "not possible", NULL },
	        { "setsockopt", ERRNO_GROUP,
	          "this socket has not joined it, or not on that interface or for that sender",
	          NULL, "/peers lists the groups of a session." },
	        { "setsockopt, getsockopt", 0, "no interface of this machine has that address",
	          NULL, NULL }) },
	{ "EAFNOSUPPORT", EAFNOSUPPORT, "socket, bind, connect, send",
	  "The address is of another family than the socket, or the system does not speak that "
	  "family.",
	  "This kernel.",
	  "An IPv6 socket for an IPv6 address: /socket tcp 6. -4 and -6 choose at the start.",
	  CASES({ "connect", ERRNO_BOUND, "the local address asked for is of the other family",
	          "not tried", "Give -s an address of the same family as the one to connect to." },
	        { "send", 0, "the socket is of another family", NULL, NULL },
	        { "bind, connect", 0, "the address is of another family than the socket",
	          "not tried", NULL }) },
	{ "EAGAIN", EAGAIN, "recv, send, accept, connect",
	  "The call would have to wait, and the socket does not block: nothing to read, no room to "
	  "send, nobody to accept. Or SO_RCVTIMEO or SO_SNDTIMEO is over.",
	  "Nobody failed: it says not yet.",
	  "Wait until select() says ready, as this program does. It is also called EWOULDBLOCK.",
	  CASES({ "connect", ERRNO_UNIX, "as many clients wait there as may", "not possible now",
	          "The server does not accept: wait, or end what holds it up." },
	        { "recv", ERRNO_TCP, "an urgent byte is announced, but has not come yet", NULL,
	          NULL },
	        { "send", 0, "there is no room for it in the send buffer now", NULL, NULL }) },
#ifdef EAI_ADDRFAMILY
	{ "EAI_ADDRFAMILY", EAI_ADDRFAMILY, "getaddrinfo",
	  "The name has no address of this family.",
	  "The resolver of this machine, or a name server.", "Start without -4 or -6.", NULL },
#endif
	{ "EAI_AGAIN", EAI_AGAIN, "getaddrinfo",
	  "No name server answered, or it said to try again later.",
	  "The resolver of this machine.",
	  "Is there a network at all? A numeric address needs no name server. See "
	  "/etc/resolv.conf.",
	  NULL },
	{ "EAI_FAIL", EAI_FAIL, "getaddrinfo", "The name server reported a permanent failure.",
	  "The name server.", "Ask another one: /etc/resolv.conf.", NULL },
	{ "EAI_FAMILY", EAI_FAMILY, "getaddrinfo",
	  "This machine does not have this address family.", "The resolver of this machine.",
	  "Start without -4 or -6.", NULL },
	{ "EAI_MEMORY", EAI_MEMORY, "getaddrinfo", "There is no memory for the answer.",
	  "The resolver of this machine.", "Try again when less is in use.", NULL },
#ifdef EAI_NODATA
	{ "EAI_NODATA", EAI_NODATA, "getaddrinfo", "The name exists, but has no address.",
	  "A name server.", "Ask for another name: www. in front, perhaps.", NULL },
#endif
	{ "EAI_NONAME", EAI_NONAME, "getaddrinfo",
	  "Nobody knows this name; or it is not a numeric address, and look-ups are off (-n).",
	  "A name server, or /etc/hosts.",
	  "Check the spelling: 127.0.0.256 is not a valid address, so it is looked up as a name.",
	  NULL },
	{ "EAI_SERVICE", EAI_SERVICE, "getaddrinfo", "No service of that name for this transport.",
	  "/etc/services of this machine.", "Give the port as a number.", NULL },
	{ "EAI_SYSTEM", EAI_SYSTEM, "getaddrinfo",
	  "A system call failed during the look-up; errno says why.", "This kernel.",
	  "/why with that errno value.", NULL },
	{ "EALREADY", EALREADY, "connect",
	  "An earlier connect() on this socket is still under way.", "This kernel.",
	  "Wait for it: the socket becomes writable, and SO_ERROR says how it ended.", NULL },
	{ "EBADF", EBADF, "all",
	  "The number is not that of an open descriptor, usually because it has been closed.",
	  "This kernel.", "Look for a close() too many in the program.", NULL },
	{ "EBUSY", EBUSY, "setsockopt", "What the option wants to change is in use.",
	  "This kernel.", "Set it on a new socket, before bind() and connect().", NULL },
	{ "ECONNABORTED", ECONNABORTED, "accept, recv",
	  "A connection in the queue ended before accept() took it. Linux does not say so: there "
	  "accept() succeeds, and recv() on what it returns says ECONNRESET.",
	  "The peer's kernel, by RST, or this one.", "Just accept the next one.",
	  CASES({ "accept", 0, "a client left before it was accepted", NULL, NULL }) },
	{ "ECONNREFUSED", ECONNREFUSED, "connect, send, recv",
	  "Nobody listens at that port. To TCP's SYN came RST; to a datagram came ICMP port "
	  "unreachable, which a connected UDP socket learns from its next call. At a UNIX path no "
	  "program has a socket: the file is left of one that has ended, or is no socket.",
	  "The kernel of the machine with that address, or a firewall on its behalf.",
	  "Is the server running? Does it listen on this address, of this family, and not on "
	  "loopback only? Is the port right?",
	  CASES({ "connect, send", ERRNO_UNIX,
	          "no program has a socket there; if a file is there, it is stale, or no socket",
	          "Connection refused",
	          "Start the server. The file of one that has ended stays until somebody removes "
	          "it, "
	          "and /listen replaces it; what is no socket refuses, too." },
	        { "connect", ERRNO_TCP | ERRNO_LOOPBACK, "RST to our SYN: nobody listens there",
	          "Connection refused",
	          "Is the server running? ss -ltn lists at which port and address each listens; "
	          "127.0.0.1 and ::1 are two." },
	        { "connect", ERRNO_TCP, "RST to our SYN: nobody listens there",
	          "Connection refused", NULL },
	        { "send", ERRNO_UDP, "ICMP port unreachable to an earlier datagram",
	          "Connection refused", NULL },
	        { "recv", ERRNO_UDP, "ICMP port unreachable: nobody receives there",
	          "Connection refused", NULL }) },
	{ "ECONNRESET", ECONNRESET, "recv, send, connect",
	  "The connection was cut by RST: what is on its way in both directions is lost. The peer "
	  "closed with bytes of ours unread, or on purpose with SO_LINGER 0, or its machine no "
	  "longer knows the connection.",
	  "The peer's kernel, or a firewall that forgot the connection.",
	  "Find out why the peer closed: did its program end, or not read all that was sent? "
	  "/reconnect opens the session again; a socket made by /socket cannot be used again: "
	  "/socket makes another.",
	  CASES({ "send, recv", ERRNO_TCP, "connection reset by peer (RST)", NULL, NULL },
	        { "send, recv", ERRNO_UNIX,
	          "connection reset by peer: it closed before it had read everything", NULL,
	          "Find out why the peer closed: did its program end? /reconnect opens the session "
	          "again." }) },
	{ "EDESTADDRREQ", EDESTADDRREQ, "send",
	  "The socket is not connected, and no address was given.", "This kernel.",
	  "/connect gives the socket its peer; /to sends to one address, or answers a peer by its "
	  "number.",
	  CASES({ "send", 0,
	          "no destination: /connect gives this socket its peer, /to sends to an address",
	          NULL, NULL }) },
	{ "EDOM", EDOM, "setsockopt", "The value is outside of what the option can hold.",
	  "This kernel.", "/option NAME says what it is for.",
	  CASES({ "setsockopt, getsockopt", 0, "the value is out of range", NULL, NULL }) },
	{ "EFAULT", EFAULT, "all",
	  "A pointer that was given does not point into the program's memory.", "This kernel.",
	  "It is a mistake in the program that made the call.", NULL },
	{ "EHOSTDOWN", EHOSTDOWN, "connect, send, recv", "The host does not answer on its link.",
	  "A router there: ICMP host unknown.", "Is the machine running, and is the address right?",
	  NULL },
	{ "EHOSTUNREACH", EHOSTUNREACH, "connect, send, recv",
	  "There is no way to that host. On the local network no host answered ARP for this "
	  "address; farther away a router said so.",
	  "This kernel after some three seconds of asking; or a router by ICMP: host unreachable, "
	  "or prohibited.",
	  "Is the machine on and the address right? Try a numeric address, to rule out the name. A "
	  "connection that is open already only waits: data may arrive later.",
	  CASES({ "connect", 0, "nobody answers at that address, or a router refused",
	          "unreachable", NULL },
	        { "send, recv", ERRNO_UDP, "no route to host", "unreachable", NULL }) },
	{ "EINPROGRESS", EINPROGRESS, "connect",
	  "connect() has begun, and the socket does not block.", "Nobody failed: it says not yet.",
	  "Wait until the socket is writable; then SO_ERROR says how it ended. With SO_SNDTIMEO "
	  "it means that the time is over.",
	  NULL },
	{ "EINTR", EINTR, "connect, accept, send, recv", "A signal came while the call waited.",
	  "This kernel.", "Call again; but not connect(), which goes on by itself.", NULL },
	{ "EINVAL", EINVAL, "bind, listen, accept, connect, setsockopt, shutdown, recv",
	  "The call is not valid in this state: bind() on a socket that has its address, accept() "
	  "on one that does not listen, a value that the option does not take, recv(MSG_OOB) "
	  "without an urgent byte.",
	  "This kernel.", "Look at the order of the calls in /view trace.",
	  CASES({ "bind", 0,
	          "this socket has its address already, or that one is of another family", NULL,
	          NULL },
	        { "listen", ERRNO_UNIX | ERRNO_FRESH,
	          "bind() comes first: a UNIX socket listens at a path or a name", NULL, NULL },
	        { "listen", 0, "a socket that is connected cannot listen", NULL, NULL },
	        { "accept", 0, "this socket does not listen: listen() comes first", NULL, NULL },
	        { "connect", 0,
	          "the address does not fit this socket: usually it is of another family", NULL,
	          NULL },
	        { "recv", ERRNO_TCP,
	          "there is no urgent byte, or SO_OOBINLINE has put it into the stream", NULL,
	          NULL },
	        { "setsockopt, getsockopt", 0, "not with this value, or not in this state", NULL,
	          NULL }) },
	{ "EIO", EIO, "send, recv", "The network device or driver failed.", "This kernel.",
	  "See the system's log.", NULL },
	{ "EISCONN", EISCONN, "connect, send", "The socket is connected already.", "This kernel.",
	  "Take a new socket; on UDP connect() may be called again.",
	  CASES({ "connect", 0, "this socket is connected already, or it listens", NULL, NULL },
	        { "setsockopt, getsockopt", 0, "only before it is connected", NULL, NULL }) },
	{ "EISDIR", EISDIR, "bind, connect", "The path of a UNIX socket is a directory.",
	  "This kernel.", "Name a file in it.", NULL },
	{ "ELOOP", ELOOP, "bind, connect", "Too many symbolic links in the path of a UNIX socket.",
	  "This kernel.", "Look at the path with namei.", NULL },
	{ "EMFILE", EMFILE, "socket, accept",
	  "The program has as many descriptors as it may. A connection that accept() could not "
	  "take stays in the queue, established.",
	  "This kernel.", "Close sessions, or start with a higher limit: ulimit -n.",
	  CASES({ "accept", 0, "too many open files in this program", NULL, NULL }) },
	{ "EMSGSIZE", EMSGSIZE, "send, recv",
	  "The datagram is too large: more than 65507 bytes over IPv4, or more than the path takes "
	  "where it must not be cut in fragments.",
	  "This kernel; or a router by ICMP, fragmentation needed, of an earlier datagram.",
	  "Send less at once. The limit of the path is IP_MTU less 28 bytes of headers, IPV6_MTU "
	  "less 48.",
	  CASES({ "send", ERRNO_UNIX, "the message is larger than the send buffer", NULL,
	          "Send less at once, or /option sndbuf." },
	        { "send, recv", ERRNO_UDP, "the datagram is too large",
	          "takes no datagram of that size", NULL }) },
	{ "ENAMETOOLONG", ENAMETOOLONG, "bind, connect",
	  "The path of a UNIX socket is too long: it has room for 107 characters.", "This kernel.",
	  "Take a shorter one, or change the directory first.", NULL },
	{ "ENETDOWN", ENETDOWN, "socket, connect, send, recv, setsockopt",
	  "The network interface is down. In the sandbox: that host has ended.", "This kernel.",
	  "Look with ip link; ip link set NAME up.",
	  CASES({ "socket", ERRNO_SANDBOX,
	          "that host has ended; /sandbox off, then on, makes another", NULL,
	          "/sandbox off, then /sandbox on." }) },
	{ "ENETRESET", ENETRESET, "send, recv, setsockopt",
	  "The connection was dropped because the network, or keepalive, found it dead.",
	  "This kernel.", "Connect again.", NULL },
	{ "ENETUNREACH", ENETUNREACH, "connect, send, recv",
	  "There is no route to that network; nothing was sent. TCP to a broadcast or multicast "
	  "address ends like this, too.",
	  "This kernel; or a router by ICMP network unreachable.",
	  "Look at ip route. Without IPv6 on this network every IPv6 address ends here: start with "
	  "-4.",
	  CASES({ "connect", ERRNO_SANDBOX, "a host of the sandbox reaches only the other one",
	          "unreachable", "Leave out on and from: then the socket is on this machine." },
	        { "connect", 0, "no route there, nothing was sent", "unreachable", NULL },
	        { "send", ERRNO_UDP | ERRNO_GROUP, "no route to that group", "unreachable",
	          "/option multicast_if chooses the interface: over IPv4 by its address, over IPv6 "
	          "by its number." },
	        { "send, recv", ERRNO_UDP, "network is unreachable", "unreachable", NULL }) },
	{ "ENFILE", ENFILE, "socket, accept", "The whole system has as many open files as it may.",
	  "This kernel.", "Close something; fs.file-max is the limit.",
	  CASES({ "accept", 0, "too many open files in the system", NULL, NULL }) },
	{ "ENOBUFS", ENOBUFS, "socket, send, setsockopt, connect",
	  "There is no memory for the call, or the interface's queue is full.", "This kernel.",
	  "Try again later, and more slowly.",
	  CASES({ "setsockopt", ERRNO_GROUP, "a socket may join no more groups", NULL,
	          "net.ipv4.igmp_max_memberships is the limit; another socket has one of its "
	          "own." }) },
	{ "ENODEV", ENODEV, "setsockopt, bind, send",
	  "There is no interface of that name or number.", "This kernel.",
	  "ip link lists them. A link-local IPv6 address needs its interface: fe80::1%eth0.",
	  CASES({ "setsockopt", ERRNO_GROUP,
	          "no route leads to the group, so name the interface: /join GROUP lo", NULL,
	          "Name one: /join GROUP lo. ip link lists them." },
	        { "setsockopt, getsockopt", 0, "there is no such interface", NULL, NULL }) },
	{ "ENOENT", ENOENT, "connect, setsockopt",
	  "Nothing has that name: no UNIX socket at that path, no such congestion control.",
	  "This kernel.",
	  "Is the server running? net.ipv4.tcp_available_congestion_control lists the "
	  "algorithms.",
	  CASES({ "bind", ERRNO_UNIX, "a directory of this path does not exist", NULL,
	          "mkdir -p makes it." },
	        { "connect, send", ERRNO_UNIX, "no server has made this path",
	          "No such file or directory", "Is the server running? ss -xl lists the paths." },
	        { "setsockopt, getsockopt", 0, "there is none of that name", NULL, NULL }) },
	{ "ENOMEM", ENOMEM, "all", "There is no memory for it.", "This kernel.",
	  "Try again when less is in use.", NULL },
#ifdef ENONET
	{ "ENONET", ENONET, "connect, send, recv", "The host is cut off from the network.",
	  "A router: ICMP source host isolated.",
	  "Routers hardly send it today; look at the devices on the path.", NULL },
#endif
#ifdef ENOPKG
	{ "ENOPKG", ENOPKG, "socket", "A part of the kernel that is needed is not there.",
	  "This kernel.", "Another kernel, or its module.", NULL },
#endif
	{ "ENOPROTOOPT", ENOPROTOOPT, "getsockopt, setsockopt, connect, send",
	  "There is no such option at that level, or not for such a socket. On connect() and "
	  "send(): the host does not speak the protocol.",
	  "This kernel; or the other machine by ICMP protocol unreachable.",
	  "/option lists what this socket has.",
	  CASES({ "setsockopt", ERRNO_GROUP,
	          "an IPv4 socket joins no group of IPv6, or this system has no multicast", NULL,
	          "/listen udp :: PORT has an IPv6 socket." },
	        { "setsockopt, getsockopt", 0,
	          "this system does not have it, or not for such a socket", NULL, NULL }) },
	{ "ENOSPC", ENOSPC, "bind", "The file system has no room for a UNIX socket.",
	  "This kernel.", "Make room, or take another directory.", NULL },
	{ "ENOTCONN", ENOTCONN, "recv, send, shutdown, getpeername, getsockopt",
	  "The socket is not connected: never was, or no longer is.", "This kernel.",
	  "connect() or accept() comes first.",
	  CASES({ "recv, send", ERRNO_UNIX | ERRNO_OPEN, "the peer has closed", NULL, NULL },
	        { "recv, send, shutdown", ERRNO_OPEN, "connection reset by peer (RST)", NULL,
	          NULL },
	        { "recv, send, shutdown", ERRNO_FRESH, "this socket has never been connected", NULL,
	          NULL },
	        { "recv, shutdown", 0, "this socket is not connected", NULL, NULL },
	        { "setsockopt, getsockopt", 0, "only once it is connected", NULL, NULL }) },
	{ "ENOTDIR", ENOTDIR, "bind, connect",
	  "A part of the path of a UNIX socket is not a directory.", "This kernel.",
	  "Look at the path with namei.", NULL },
	{ "ENOTSOCK", ENOTSOCK, "all", "The descriptor is open, but not a socket.", "This kernel.",
	  "It is a mistake in the program that made the call.", NULL },
	{ "EOPNOTSUPP", EOPNOTSUPP, "listen, accept, connect, send, recv",
	  "This kind of socket cannot do that: UDP does not listen or accept, and has no urgent "
	  "byte.",
	  "This kernel; or a router that refuses a source route.",
	  "Take the other kind: /socket tcp.",
	  CASES({ "listen, accept", ERRNO_UNIX, "datagrams have no connections", NULL,
	          "/socket unix makes a socket for streams." },
	        { "send, recv", ERRNO_UNIX, "there are no urgent bytes here", NULL, NULL },
	        { "listen", ERRNO_UDP, "UDP has no connections to wait for", NULL, NULL },
	        { "accept", ERRNO_UDP, "UDP has no connections to accept", NULL, NULL },
	        { "send, recv", ERRNO_UDP, "UDP has no urgent bytes", NULL, NULL },
	        { "setsockopt, getsockopt", 0, "not for such a socket", NULL, NULL }) },
	{ "EPERM", EPERM, "connect, send, setsockopt, accept, socket",
	  "It is forbidden: a firewall rule on this machine drops what is sent, or the "
	  "option is for root only.",
	  "This kernel.", "nft list ruleset, as root, shows the rules.",
	  CASES({ "setsockopt, getsockopt", 0, "only the superuser may", NULL, NULL }) },
	{ "EPFNOSUPPORT", EPFNOSUPPORT, "socket",
	  "The system does not know this family of protocols.", "This kernel.",
	  "Take IPv4 or IPv6.", NULL },
	{ "EPIPE", EPIPE, "send, shutdown",
	  "There is nobody to send to: this direction was closed here, or the connection has been "
	  "reset after the peer closed. The first send() after the peer's close still succeeds; "
	  "RST is the answer, and the next one gets EPIPE. Without MSG_NOSIGNAL it kills the "
	  "program by SIGPIPE.",
	  "This kernel, by what it had learnt before.",
	  "Read until end of file before sending more, and stop when recv() returns 0. /reconnect "
	  "opens the session again; instead of a socket made by /socket take a new one.",
	  CASES({ "send", ERRNO_UNIX | ERRNO_FIN_SENT, "this side is closed", NULL, NULL },
	        { "send", ERRNO_UNIX | ERRNO_OPEN, "the peer has closed", NULL,
	          "Read until end of file before sending more. /reconnect opens the session "
	          "again." },
	        { "send", ERRNO_RESET, "the connection had been reset before", NULL, NULL },
	        { "send", ERRNO_FIN_SENT, "this side is closed, FIN has been sent", NULL,
	          "What was not sent before the FIN cannot be sent any more on this connection." },
	        { "send", ERRNO_OPEN, "connection reset by peer (RST) some time ago", NULL, NULL },
	        { "send", ERRNO_FRESH, "this socket has never been connected", NULL,
	          "connect() comes first." },
	        { "send", 0, "this socket is not connected", NULL, "connect() comes first." }) },
	{ "EPROTO", EPROTO, "accept, connect, send, recv", "What came breaks the protocol.",
	  "This kernel; or by ICMP parameter problem the machine that could not read our packet.",
	  "Look for what changes packets on their way.", NULL },
	{ "EPROTONOSUPPORT", EPROTONOSUPPORT, "socket",
	  "The family does not have this protocol, or the system lacks it.", "This kernel.",
	  "Leave the protocol 0: TCP for streams, UDP for datagrams.", NULL },
	{ "EPROTOTYPE", EPROTOTYPE, "socket, connect, send",
	  "The kind of socket does not fit: a UNIX socket is a stream, or for datagrams, or for "
	  "packets, and both ends must be the same.",
	  "This kernel.", "Take the kind that the other end has.",
	  CASES({ "connect, send", ERRNO_UNIX, "the socket there is of another kind",
	          "Protocol wrong type for socket",
	          "unix:// opens a stream (ss -xl calls it u_str), unixgram:// datagrams (u_dgr), "
	          "unixpacket:// packets (u_seq); with -U, -u means datagrams." }) },
	{ "ERANGE", ERANGE, "socket",
	  "The descriptor's number is too large for select(): this program can watch 1024.",
	  "This program.", "Close sessions.",
	  CASES({ "socket, accept, connect", 0, "no descriptor is left that select() can watch",
	          "not tried", NULL },
	        { "setsockopt, getsockopt", 0, "the value is out of range", NULL, NULL }) },
	{ "EROFS", EROFS, "bind", "The file system for a UNIX socket can only be read.",
	  "This kernel.", "Take another directory: /tmp.", NULL },
	{ "ESHUTDOWN", ESHUTDOWN, "send, recv", "This direction has been shut down.",
	  "This kernel.", "Take a new socket.", NULL },
	{ "ESOCKTNOSUPPORT", ESOCKTNOSUPPORT, "socket, connect, accept",
	  "The family does not have this kind of socket.", "This kernel.",
	  "Take a stream or datagrams.", NULL },
	{ "ESRCH", ESRCH, "send",
	  "A UNIX socket was to send the number of a process that does not exist.", "This kernel.",
	  "Send the program's own.", NULL },
	{ "ETIMEDOUT", ETIMEDOUT, "connect, send, recv",
	  "The peer does not answer: SYN was sent again and again, or data was not acknowledged "
	  "(some 15 minutes, or TCP_USER_TIMEOUT), or the probes of SO_KEEPALIVE were not.",
	  "This kernel, after waiting; nobody else said anything.",
	  "Is the machine on, and does a firewall swallow packets? A refusal would have been "
	  "quick. The peer may still believe in the connection.",
	  CASES({ "connect", 0, "no answer to our SYN, however often it was sent", "timed out",
	          NULL },
	        { "recv, send", ERRNO_OPEN, "the peer has not acknowledged anything for long",
	          "timed out", NULL }) },
	{ "ETOOMANYREFS", ETOOMANYREFS, "send",
	  "Too many descriptors are on their way through UNIX sockets.", "This kernel.",
	  "Receive some first.", NULL },
	{ 0 },
};

/* ---- by number ---- */

/* Their numbers are none of errno's, though they may be the same. */
static bool is_of_lookup(const struct errno_meaning *meaning)
{
	return strncmp(meaning->symbol, "EAI_", 4) == 0;
}

static const struct errno_meaning *numbered(int code, bool of_lookup)
{
	for (const struct errno_meaning *row = errno_meaning_table; row->symbol; row++)
		if (code && row->code == code && is_of_lookup(row) == of_lookup)
			return row;
	return NULL;
}

const struct errno_meaning *errno_meaning_numbered(int code)
{
	return numbered(code, false);
}

const struct errno_meaning *errno_meaning_of_lookup(int status)
{
	return numbered(status, true);
}

/* ---- cases ---- */

/* Whether "recv, send" has this call; sendto() and recvfrom() are kinds of send() and recv(). */
static bool names_call(const char *calls, const char *call)
{
	size_t len = strcmp(call, "sendto") == 0 || strcmp(call, "sendmsg") == 0     ? 4
	             : strcmp(call, "recvfrom") == 0 || strcmp(call, "recvmsg") == 0 ? 4
	                                                                             : strlen(call);
	for (const char *at = calls; *at; at += strcspn(at, ","), at += strspn(at, ", "))
		if (strcspn(at, ",") == len && strncmp(at, call, len) == 0)
			return true;
	return false;
}

const struct errno_case *errno_meaning_case(const char *call, int code, unsigned context)
{
	const struct errno_meaning *meaning = errno_meaning_numbered(code);
	if (!meaning || !meaning->cases)
		return NULL;
	for (const struct errno_case *special = meaning->cases; special->calls; special++)
		if (names_call(special->calls, call) && !(special->context & ~context))
			return special;
	return NULL;
}

const char *errno_meaning_phrase(const char *call, int code, unsigned context)
{
	const struct errno_case *special = errno_meaning_case(call, code, context);
	return special ? special->phrase : error_why(code);
}

/* ---- in sentences ---- */

static void add_sentence(const char *label, const char *text, struct buf *out)
{
	buf_printf(out, "\n%s: %c%s", label, tolower((unsigned char)*text), text + 1);
}

void errno_meaning_explain(const struct errno_meaning *meaning, const struct errno_case *special,
                           struct buf *out)
{
	buf_append_text(out, meaning->what);
	if (*meaning->who)
		add_sentence("Who says so", meaning->who, out);
	add_sentence("Next", special && special->next ? special->next : meaning->next, out);
}

bool errno_case_differs(const struct errno_case *special)
{
	const struct errno_case *next = special + 1;
	return !next->calls || strcmp(special->calls, next->calls) != 0 ||
	       strcmp(special->phrase, next->phrase) != 0;
}

void errno_case_print_where(const struct errno_case *special, struct buf *out)
{
	static const char *const names[] = {
		"TCP",
		"UDP",
		"UNIX",
		"loopback",
		"connected",
		"never connected",
		"after our FIN",
		"after an RST",
		"by /listen",
		"with a local address",
		"in the sandbox",
		"of a group",
	};
	const char *mark = " (";
	buf_append_text(out, special->calls);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!(special->context >> i & 1))
			continue;
		buf_printf(out, "%s%s", mark, names[i]);
		mark = ", ";
	}
	if (special->context)
		buf_append_text(out, ")");
}

void errno_meaning_print(const struct errno_meaning *meaning, struct buf *out)
{
	buf_append_text(out, meaning->symbol);
	if (!is_of_lookup(meaning))
		buf_printf(out, " (%d): %s", meaning->code, error_why(meaning->code));
	buf_printf(out, "\nFrom %s.\n", meaning->calls);
	errno_meaning_explain(meaning, NULL, out);
	for (const struct errno_case *special = meaning->cases; special && special->calls;
	     special++) {
		if (!errno_case_differs(special))
			continue;
		buf_append_text(out, "\n");
		errno_case_print_where(special, out);
		buf_printf(out, ": %s.", special->phrase);
	}
}

/* ---- by name ---- */

/* Each twice: its E may be left out. */
static const char *spelling(const void *table, size_t index)
{
	const struct errno_meaning *meaning = (const struct errno_meaning *)table + index / 2;
	return meaning->symbol ? meaning->symbol + index % 2 : NULL;
}

static const struct choice names = { .name = spelling, .context = errno_meaning_table };

static const struct errno_meaning *find_number(const char *text, struct error *error)
{
	unsigned long code = strtoul(text, NULL, 10);
	const struct errno_meaning *found = code <= 4095 ? errno_meaning_numbered((int)code) : NULL;
	if (!found)
		error_usage(error, "no socket call returns an errno of %.20s", text);
	return found;
}

static bool is_symbol(const char *text)
{
	size_t len = 0;
	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return len > 0 && len < SYMBOL_MAX && text[len] == '\0';
}

const struct errno_meaning *errno_meaning_find(const char *text, struct error *error)
{
	static const struct {
		const char *symbol, *same_as;
	} others[] = { { "EWOULDBLOCK", "EAGAIN" }, { "ENOTSUP", "EOPNOTSUPP" } };
	char word[SYMBOL_MAX] = "";
	size_t matches, len = 0;
	if (!is_symbol(text)) {
		error_usage(error, "not the name of an errno value, as ECONNRESET is one");
		return NULL;
	}
	if (text[strspn(text, "0123456789")] == '\0')
		return find_number(text, error);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcasecmp(text, others[i].symbol) == 0)
			text = others[i].same_as;
	for (; text[len]; len++)
		word[len] = (char)toupper((unsigned char)text[len]);
	size_t index = choice_find(&names, word, len, &matches);
	if (index != CHOICE_NONE)
		return &errno_meaning_table[index / 2];
	if (matches > 1) {
		choice_fail_ambiguous(&names, word, len, error);
		return NULL;
	}
	error_usage(error, "no socket call returns %s", text);
	choice_suggest(&names, word, len, "", error);
	return NULL;
}
