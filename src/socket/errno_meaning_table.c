// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/errno_meaning.h"

#include <errno.h>
#include <stddef.h>

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
	  "firewall, ask who set it up." },
	{ "EADDRINUSE", EADDRINUSE, "bind, listen, connect, setsockopt",
	  "The address and port are taken: by a socket that listens or is bound there, by a "
	  "connection of it in TIME_WAIT, or, of a group, by having joined it already.",
	  "This kernel.",
	  "Close the other one, or wait for TIME_WAIT to end (a minute); SO_REUSEADDR overlooks "
	  "TIME_WAIT where the old socket had it, too. Or take port 0." },
	{ "EADDRNOTAVAIL", EADDRNOTAVAIL, "bind, connect, setsockopt",
	  "No interface of this machine has that address; or connect() found every port of the "
	  "range taken.",
	  "This kernel.",
	  "Look at the addresses with ip addr; for connect(), wait until ports in TIME_WAIT are "
	  "free, or widen IP_LOCAL_PORT_RANGE." },
	{ "EAFNOSUPPORT", EAFNOSUPPORT, "socket, bind, connect, send",
	  "The address is of another family than the socket, or the system does not speak that "
	  "family.",
	  "This kernel.",
	  "An IPv6 socket for an IPv6 address: /socket tcp 6. -4 and -6 choose at the start." },
	{ "EAGAIN", EAGAIN, "recv, send, accept, connect",
	  "The call would have to wait, and the socket does not block: nothing to read, no room to "
	  "send, nobody to accept. Or SO_RCVTIMEO or SO_SNDTIMEO is over.",
	  "Nobody failed: it says not yet.",
	  "Wait until select() says ready, as this program does. It is also called EWOULDBLOCK." },
	{ "EAI_ADDRFAMILY", 0, "getaddrinfo",
	  "The name has no address of the family that was asked for.",
	  "The resolver of this machine, or a name server.", "Start without -4 or -6." },
	{ "EAI_AGAIN", 0, "getaddrinfo", "No name server answered, or it said to come back later.",
	  "The resolver of this machine.",
	  "Is there a network at all? A numeric address needs no name server. See "
	  "/etc/resolv.conf." },
	{ "EAI_FAIL", 0, "getaddrinfo", "A name server failed for good.", "The name server.",
	  "Ask another one: /etc/resolv.conf." },
	{ "EAI_FAMILY", 0, "getaddrinfo", "The family that was asked for does not exist here.",
	  "The resolver of this machine.", "Start without -4 or -6." },
	{ "EAI_MEMORY", 0, "getaddrinfo", "There is no memory for the answer.",
	  "The resolver of this machine.", "Try again when less is in use." },
	{ "EAI_NODATA", 0, "getaddrinfo", "The name exists, but has no address.", "A name server.",
	  "Ask for another name: www. in front, perhaps." },
	{ "EAI_NONAME", 0, "getaddrinfo",
	  "Nobody knows this name; or it is no number and look-ups are off (-n).",
	  "A name server, or /etc/hosts.",
	  "Check the spelling: 127.0.0.256 is not a valid address, so it is looked up as a name." },
	{ "EAI_SERVICE", 0, "getaddrinfo", "No service of that name for this transport.",
	  "/etc/services of this machine.", "Give the port as a number." },
	{ "EAI_SYSTEM", 0, "getaddrinfo",
	  "A call of the system failed meanwhile; errno says which way.", "This kernel.",
	  "/why with that errno value." },
	{ "EALREADY", EALREADY, "connect",
	  "An earlier connect() on this socket is still under way.", "This kernel.",
	  "Wait for it: the socket becomes writable, and SO_ERROR tells how it ended." },
	{ "EBADF", EBADF, "all",
	  "The number is not that of an open descriptor, mostly because it has been closed.",
	  "This kernel.", "Look for a close() too many in the program." },
	{ "EBUSY", EBUSY, "setsockopt", "What the option wants to change is in use.",
	  "This kernel.", "Set it on a new socket, before bind() and connect()." },
	{ "ECONNABORTED", ECONNABORTED, "accept, recv",
	  "A connection in the queue ended before accept() took it.",
	  "The peer's kernel, by RST, or this one.", "Just accept the next one." },
	{ "ECONNREFUSED", ECONNREFUSED, "connect, send, recv",
	  "Nobody listens at that port. To TCP's SYN came RST; to a datagram came ICMP port "
	  "unreachable, which a connected UDP socket is told by its next call.",
	  "The kernel of the machine with that address, or a firewall in its name.",
	  "Is the server running? Does it listen on this address, of this family, and not on "
	  "loopback only? Is the port right?" },
	{ "ECONNRESET", ECONNRESET, "recv, send, connect",
	  "The connection was cut by RST: what is on its way in both directions is lost. The peer "
	  "closed with bytes of ours unread, or on purpose with SO_LINGER 0, or its machine knows "
	  "nothing of the connection any more.",
	  "The peer's kernel, or a firewall that forgot the connection.",
	  "Find out why the peer closed: did its program end, or not read all that was sent? "
	  "/reconnect opens the session again; a socket made by /socket is of no more use, another "
	  "/socket makes a new one." },
	{ "EDESTADDRREQ", EDESTADDRREQ, "send",
	  "The socket is not connected, and no address was given.", "This kernel.",
	  "/connect gives the socket its peer; where peers have written, /to answers one by its "
	  "number." },
	{ "EDOM", EDOM, "setsockopt", "The value is outside of what the option can hold.",
	  "This kernel.", "/option NAME says what it is for." },
	{ "EFAULT", EFAULT, "all",
	  "A pointer that was given does not point into the program's memory.", "This kernel.",
	  "It is a mistake in the program that made the call." },
	{ "EHOSTDOWN", EHOSTDOWN, "connect, send, recv", "The host does not answer on its link.",
	  "A router there: ICMP host unknown.",
	  "Is the machine running, and is the address right?" },
	{ "EHOSTUNREACH", EHOSTUNREACH, "connect, send, recv",
	  "There is no way to that host. On the local network no host answered ARP for this "
	  "address; farther away a router said so.",
	  "This kernel after some three seconds of asking; or a router by ICMP: host unreachable, "
	  "or prohibited.",
	  "Is the machine on and the address right? Ask for a numeric address to leave the name "
	  "out of it. A connection that is open already only waits: data may arrive later." },
	{ "EINPROGRESS", EINPROGRESS, "connect",
	  "connect() has begun, and the socket does not block.", "Nobody failed: it says not yet.",
	  "Wait until the socket is writable; then SO_ERROR tells how it ended. With SO_SNDTIMEO "
	  "it means that the time is over." },
	{ "EINTR", EINTR, "connect, accept, send, recv", "A signal came while the call waited.",
	  "This kernel.", "Call again; but not connect(), which goes on by itself." },
	{ "EINVAL", EINVAL, "bind, listen, accept, connect, setsockopt, shutdown, recv",
	  "The call is not valid in this state: bind() on a socket that has its address, accept() "
	  "on one that does not listen, a value that the option does not take, recv(MSG_OOB) "
	  "without an urgent byte.",
	  "This kernel.", "Look at the order of the calls in /view trace." },
	{ "EIO", EIO, "send, recv", "The network device or driver failed.", "This kernel.",
	  "See the system's log." },
	{ "EISCONN", EISCONN, "connect, send", "The socket is connected already.", "This kernel.",
	  "Take a new socket; on UDP connect() may be called again." },
	{ "EISDIR", EISDIR, "bind, connect", "The path of a UNIX socket is a directory.",
	  "This kernel.", "Name a file in it." },
	{ "ELOOP", ELOOP, "bind, connect", "Too many symbolic links in the path of a UNIX socket.",
	  "This kernel.", "Look at the path with namei." },
	{ "EMFILE", EMFILE, "socket, accept",
	  "The program has as many descriptors as it may. A connection that accept() could not "
	  "take stays in the queue, established.",
	  "This kernel.", "Close sessions, or start with a higher limit: ulimit -n." },
	{ "EMSGSIZE", EMSGSIZE, "send, recv",
	  "The datagram is too large: more than 65507 bytes over IPv4, or more than the path takes "
	  "where it must not be cut in fragments.",
	  "This kernel; or a router by ICMP, fragmentation needed, of an earlier datagram.",
	  "Send less at once. The limit of the path is IP_MTU less 28 bytes of headers, IPV6_MTU "
	  "less 48." },
	{ "ENAMETOOLONG", ENAMETOOLONG, "bind, connect",
	  "The path of a UNIX socket is too long: it has room for 107 characters.", "This kernel.",
	  "Take a shorter one, or change the directory first." },
	{ "ENETDOWN", ENETDOWN, "connect, send, recv, setsockopt", "The network interface is down.",
	  "This kernel.", "Look with ip link; ip link set NAME up." },
	{ "ENETRESET", ENETRESET, "send, recv, setsockopt",
	  "The connection was dropped because the network, or keepalive, found it dead.",
	  "This kernel.", "Connect again." },
	{ "ENETUNREACH", ENETUNREACH, "connect, send, recv",
	  "There is no route to that network; nothing was sent. TCP to a broadcast or multicast "
	  "address ends like this, too.",
	  "This kernel; or a router by ICMP network unreachable.",
	  "Look at ip route. Without IPv6 on this network every IPv6 address ends here: start with "
	  "-4." },
	{ "ENFILE", ENFILE, "socket, accept", "The whole system has as many open files as it may.",
	  "This kernel.", "Close something; fs.file-max is the limit." },
	{ "ENOBUFS", ENOBUFS, "socket, send, setsockopt, connect",
	  "There is no memory for the call, or the interface's queue is full.", "This kernel.",
	  "Try again later, and more slowly." },
	{ "ENODEV", ENODEV, "setsockopt, bind, send",
	  "There is no interface of that name or number.", "This kernel.",
	  "ip link lists them. A link-local IPv6 address needs its interface: fe80::1%eth0." },
	{ "ENOENT", ENOENT, "connect, setsockopt",
	  "Nothing has that name: no UNIX socket at that path, no such congestion control.",
	  "This kernel.",
	  "Is the server running? net.ipv4.tcp_available_congestion_control lists the "
	  "algorithms." },
	{ "ENOMEM", ENOMEM, "all", "There is no memory for it.", "This kernel.",
	  "Try again when less is in use." },
#ifdef ENONET
	{ "ENONET", ENONET, "connect, send, recv", "The host is cut off from the network.",
	  "A router: ICMP source host isolated.",
	  "Nobody sends it today; look at what stands in between." },
#endif
#ifdef ENOPKG
	{ "ENOPKG", ENOPKG, "socket", "A part of the kernel that is needed is not there.",
	  "This kernel.", "Another kernel, or its module." },
#endif
	{ "ENOPROTOOPT", ENOPROTOOPT, "getsockopt, setsockopt, connect, send",
	  "There is no such option at that level, or not for such a socket. On connect() and "
	  "send(): the host does not speak the protocol.",
	  "This kernel; or the other machine by ICMP protocol unreachable.",
	  "/option lists what this socket has." },
	{ "ENOSPC", ENOSPC, "bind", "The file system has no room for a UNIX socket.",
	  "This kernel.", "Make room, or take another directory." },
	{ "ENOTCONN", ENOTCONN, "recv, send, shutdown, getpeername, getsockopt",
	  "The socket is not connected: never was, or not any more.", "This kernel.",
	  "connect() or accept() comes first." },
	{ "ENOTDIR", ENOTDIR, "bind, connect",
	  "A part of the path of a UNIX socket is not a directory.", "This kernel.",
	  "Look at the path with namei." },
	{ "ENOTSOCK", ENOTSOCK, "all", "The descriptor is open, but not a socket.", "This kernel.",
	  "It is a mistake in the program that made the call." },
	{ "EOPNOTSUPP", EOPNOTSUPP, "listen, accept, connect, send, recv",
	  "This kind of socket cannot do that: UDP does not listen or accept, and has no urgent "
	  "byte.",
	  "This kernel; or a router that refuses a source route.",
	  "Take the other kind: /socket tcp." },
	{ "EPERM", EPERM, "connect, send, setsockopt, accept, socket",
	  "It is forbidden: a firewall rule on this machine drops what is sent, or the "
	  "option is for root only.",
	  "This kernel.", "nft list ruleset, as root, shows the rules." },
	{ "EPFNOSUPPORT", EPFNOSUPPORT, "socket",
	  "The system does not know this family of protocols.", "This kernel.",
	  "Take IPv4 or IPv6." },
	{ "EPIPE", EPIPE, "send, shutdown",
	  "There is nobody to send to: this direction was closed here, or the connection has been "
	  "reset after the peer closed. The first send() after the peer's close still succeeds; "
	  "RST is the answer, and the next one gets EPIPE. Without MSG_NOSIGNAL it kills the "
	  "program by SIGPIPE.",
	  "This kernel, by what it had learnt before.",
	  "Read until end of file before sending more, and stop when recv() returns 0. /reconnect "
	  "opens the session again; instead of a socket made by /socket take a new one." },
	{ "EPROTO", EPROTO, "accept, connect, send, recv", "What came breaks the protocol.",
	  "This kernel; or by ICMP parameter problem the machine that could not read our packet.",
	  "Look for what changes packets on their way." },
	{ "EPROTONOSUPPORT", EPROTONOSUPPORT, "socket",
	  "The family does not have this protocol, or the system has it not.", "This kernel.",
	  "Leave the protocol 0: TCP for streams, UDP for datagrams." },
	{ "EPROTOTYPE", EPROTOTYPE, "socket, connect",
	  "The kind of socket does not fit: a stream to a UNIX datagram socket, or the other way "
	  "round.",
	  "This kernel.", "Take the kind that the other end has." },
	{ "ERANGE", ERANGE, "socket",
	  "The descriptor's number is too large for select(): this program can watch 1024.",
	  "This program.", "Close sessions." },
	{ "EROFS", EROFS, "bind", "The file system for a UNIX socket can only be read.",
	  "This kernel.", "Take another directory: /tmp." },
	{ "ESHUTDOWN", ESHUTDOWN, "send, recv", "This direction has been shut down.",
	  "This kernel.", "Take a new socket." },
	{ "ESOCKTNOSUPPORT", ESOCKTNOSUPPORT, "socket, connect, accept",
	  "The family does not have this kind of socket.", "This kernel.",
	  "Take a stream or datagrams." },
	{ "ESRCH", ESRCH, "send",
	  "A UNIX socket was to send the number of a process that does not exist.", "This kernel.",
	  "Send one's own." },
	{ "ETIMEDOUT", ETIMEDOUT, "connect, send, recv",
	  "The peer does not answer: SYN was sent again and again, or data was not acknowledged "
	  "(some 15 minutes, or TCP_USER_TIMEOUT), or the probes of SO_KEEPALIVE were not.",
	  "This kernel, after waiting; nobody else said anything.",
	  "Is the machine on, and does a firewall swallow packets? A refusal would have been "
	  "quick. The peer may still believe in the connection." },
	{ "ETOOMANYREFS", ETOOMANYREFS, "send",
	  "Too many descriptors are on their way through UNIX sockets.", "This kernel.",
	  "Receive some first." },
	{ 0 },
};
