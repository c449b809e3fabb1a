// SPDX-License-Identifier: GPL-3.0-or-later
/* Calls made one by one: socket, bind, listen, connect, accept, those that the kernel refuses, and
 * datagrams. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>

#include "net/by_hand.h"
#include "net/reconnect.h"
#include "net/session_internal.h"

static const char *try_bind(struct fixture *f, struct session *session, const char *host,
                            const char *port)
{
	return step_bind(session, host, port, &f->error) ? "" : f->error.text;
}

static const char *try_listen(struct fixture *f, struct session *session)
{
	return step_listen(session, 5, &f->error) ? "" : f->error.text;
}

static const char *try_connect(struct fixture *f, struct session *session, const char *host,
                               unsigned port)
{
	char text[8];
	snprintf(text, sizeof text, "%u", port);
	return step_connect(session, host, text, &f->error) ? "" : f->error.text;
}

static const char *try_accept(struct fixture *f, struct session *session)
{
	return step_accept(session, NULL, &f->error) ? "" : f->error.text;
}

static bool begins(const char *text, const char *front)
{
	return strncmp(text, front, strlen(front)) == 0;
}

/* ---- one after the other ---- */

static void makes_nothing_else(struct fixture *f)
{
	struct session *s = make_socket(f, false, AF_INET);
	struct session *u = make_socket(f, true, AF_UNSPEC);
	is_int(session_state(s), SESSION_FRESH, "a fresh socket");
	ok(session_has_peers(u), "one of UDP");
	ok(session_is_paused(s) && session_is_paused(u), "both are paused");
	fixture_turns(f, 2);
	is_int(count_calls(f, s, CALL_SOCKET), 1, "socket() was called");
	is_int(count_own(f, s), 1, "and nothing else");
	is_idle(f, s, "nothing is waited for");
	is_int(session_tcp_state(s), STATE_CLOSED, "its state");
	ok(!sessions_make_socket(f->sessions, TRANSPORT_TCP,
	                         &(struct session_options){ .name = "no name" }, &f->error),
	   "a name that is none");
	session_close(s, &f->error);
	is_text(last_state(f, s), "closed before it was connected", "it can be closed");
	is_text(try_recv(f, s, 1, RECV_PLAIN),
	        say("session %u is closed: /socket makes another", session_number(s)),
	        "and is then");
	ok(!reconnect_now(s, &f->error), "it cannot be reconnected");
	is_text(f->error.text,
	        say("session %u was made step by step: /socket makes another", session_number(s)),
	        "but made again");
	ok(sessions_forget(f->sessions, s, &f->error), "nor is it needed any more");
}

static void walks_through(struct fixture *f)
{
	struct session *s = make_socket(f, false, AF_INET), *c = make_socket(f, false, AF_INET);
	is_text(try_bind(f, s, NULL, "0"), "", "bind() without an address");
	struct endpoint local = session_local(s);
	ok(endpoint_is_loopback(&local) && local.port, "is loopback, and a port that is free");
	ok(begins(last_state(f, s), "bound to 127.0.0.1:") &&
	           strstr(last_state(f, s), " (loopback only)"),
	   "which is reported");
	is_int(count_own(f, s), 2, "socket() and bind(): nothing is set on it");
	is_text(try_listen(f, s), "", "listen()");
	is_int(session_state(s), SESSION_LISTENING, "it listens");
	is_int(newest_call(f, s, CALL_LISTEN)->arg, 5, "with the backlog asked for");
	is_text(try_accept(f, s), "", "accept()");
	is_text(session_waiting(s, NULL), "accept()", "waits");
	fixture_turns(f, 2);
	is_int(count_calls(f, s, CALL_ACCEPT), 0, "without a call");
	is_text(try_connect(f, c, "127.0.0.1", local.port), "", "connect()");
	until(f, session_state(c) == SESSION_OPEN && !session_waiting(s, NULL));
	ok(strstr(last_state(f, c), " connected in "), "connected, and reported");
	is_int(newest_call(f, s, CALL_ACCEPT)->flags & ENTRY_WAITED, ENTRY_WAITED,
	       "accept() has waited for it");
	struct session *client = sessions_at(f->sessions, 2);
	ok(client && session_is_accepted(client) && session_is_paused(client),
	   "its client is a session, paused like the listener");
	is_text(try_recv(f, client, 9, RECV_PLAIN), "", "recv()");
	send_text(f, c, "hi");
	until(f, has_received(f, client, "hi"));
	ok(has_received(f, client, "hi"), "two sockets talk");
	is_text(try_listen(f, s), "", "listen() again sets another backlog");
	ok(!session_close(s, &f->error) == false && session_state(s) == SESSION_CLOSED, "closed");
}

/* listen(2): the kernel lowers a backlog to net.core.somaxconn, and what it keeps is what counts. */
static void becomes_a_listener(struct fixture *f)
{
	struct session *s = make_socket(f, false, AF_INET);
	ok(!session_has_clients(s), "a socket is no listener");
	ok(step_listen(s, 3, &f->error), "listen(3)");
	ok(session_has_clients(s) && !session_abort(s, &f->error),
	   "it is one from then on, and has no connection to reset");
	ok(strstr(last_state(f, s), "; 4 may wait (backlog 3; Linux adds one)"),
	   "how many may wait is reported");
	step_listen(s, 1 << 30, &f->error);
	ok(strstr(last_state(f, s), " may wait (backlog ") &&
	           !strstr(last_state(f, s), "1073741824"),
	   "as the kernel has it, not as it was asked for");
}

static void listens_unbound(struct fixture *f)
{
	struct session *s = make_socket(f, false, AF_INET);
	is_text(try_listen(f, s), "", "listen() without bind()");
	ok(begins(last_state(f, s), "listening on 0.0.0.0:") &&
	           strstr(last_state(f, s), "every IPv4 address of this machine") &&
	           strstr(last_state(f, s), "without bind() the kernel chose"),
	   "it says who can reach it now");
	ok(session_local(s).port, "and its port is known");
}

/* An IPv6 socket on every address has IPv4 peers under their mapped addresses. */
static void writes_to_mapped(struct fixture *f)
{
	struct session *s = make_socket(f, true, AF_INET6), *p = make_socket(f, true, AF_INET);
	is_text(try_bind(f, s, "*", "0"), "", "a UDP socket of IPv6");
	ok(strstr(last_state(f, s), "IPv4 too unless IPV6_V6ONLY"), "says who reaches it");
	is_text(try_bind(f, p, NULL, "0"), "", "and one of IPv4");
	struct endpoint to = session_local(p);
	unsigned number = session_meet_peer(s, &to);
	struct endpoint peer = session_peer_numbered(s, number)->addr;
	ok(endpoint_is_ipv6(&peer) && peer.port == to.port, "who is a peer by its mapped address");
	ok(session_send_to(s, &peer, "hi", 2, &f->error), "a datagram");
	try_recv(f, p, 9, RECV_PLAIN);
	until(f, has_received(f, p, "hi"));
	ok(has_received(f, p, "hi"), "gets there");
}

static void binds_everywhere(struct fixture *f)
{
	struct session *s = make_socket(f, false, AF_INET);
	is_text(try_bind(f, s, "*", "0"), "", "bind(*)");
	ok(begins(last_state(f, s), "bound to 0.0.0.0:"), "is every address");
	if (!peer_has_ipv6()) {
		tap_skip("no IPv6");
		return;
	}
	s = make_socket(f, false, AF_INET6);
	is_text(try_bind(f, s, NULL, "0"), "", "of IPv6");
	ok(begins(last_state(f, s), "bound to [::1]:"), "loopback is ::1");
	is_text(try_bind(f, make_socket(f, false, AF_INET6), "*", "0"), "", "and * is ::");
	writes_to_mapped(f);
	ok(*try_bind(f, make_socket(f, false, AF_INET), "::1", "0"), "one of IPv4 cannot have it");
	ok(strstr(f->error.text, "bind([::1]:0) = -1 EAFNOSUPPORT"), "says the kernel");
	ok(*try_connect(f, make_socket(f, false, AF_INET6), "127.0.0.1", 9), "the other way round");
	ok(strstr(f->error.text, "connect(127.0.0.1:9) = -1 "), "says the kernel, too");
}

/* After a reset the socket of a listener's client has no port any more, and may be bound again. */
static void binds_a_client(struct fixture *f)
{
	struct pair p = make_pair(f);
	session_abort(p.client, &f->error);
	try_recv(f, p.server, 9, RECV_PLAIN);
	until(f, session_stream_ends(p.server) & STREAM_BROKEN);
	ok(session_state(p.server) == SESSION_OPEN, "a client that was reset stays while paused");
	is_text(try_bind(f, p.server, "*", "0"), "", "and can be bound again");
	ok(begins(last_state(f, p.server), "bound to 0.0.0.0:"), "to another address");
	end_pair(f, &p);
}

static void looks_names_up(struct fixture *f)
{
	struct session *s = make_listener(f, 5), *c = make_socket(f, false, AF_INET);
	is_text(try_connect(f, c, "localhost", session_local(s).port), "", "connect() to a name");
	ok(begins(session_waiting(c, NULL), "connect(localhost:"), "waits for its address");
	until(f, session_state(c) == SESSION_OPEN);
	is_int(session_state(c), SESSION_OPEN, "and connects to it");
	is_int(count_calls(f, c, CALL_GETADDRINFO), 1, "the look-up is written down");
	c = make_socket(f, false, AF_INET);
	try_connect(f, c, "localhost", session_local(s).port);
	ok(step_cancel(c), "a look-up can be cancelled");
	fixture_turns(f, 2);
	is_int(session_state(c), SESSION_FRESH, "and nothing follows");
	is_text(try_bind(f, c, "localhost", "0"), "", "bind() to a name");
	until(f, !session_waiting(c, NULL));
	ok(begins(last_state(f, c), "bound to 127.0.0.1:"), "also");
	c = make_socket(f, true, AF_INET);
	try_connect(f, c, "localhost", 9);
	session_close(c, &f->error);
	ok(strstr(last_state(f, c), "closed"), "closing forgets a look-up");
	sessions_make_socket(f->sessions, TRANSPORT_TCP,
	                     &(struct session_options){ .numeric = true }, &f->error);
	c = sessions_at(f->sessions, sessions_count(f->sessions) - 1);
	is_text(try_connect(f, c, "localhost", 9), "not a numeric address: localhost",
	        "without look-ups there are numbers only");
	ok(!session_waiting(c, NULL), "and nothing waits");
	ok(*try_connect(f, c, "udp://127.0.0.1", 9), "a scheme of the other kind");
}

/* ---- what the kernel says no to ---- */

static void learns_errno(struct fixture *f)
{
	char name[160];
	struct session *s = make_socket(f, false, AF_INET), *u = make_socket(f, true, AF_INET);
	is_text(try_recv(f, s, 5, RECV_PLAIN),
	        "recv(5) = -1 ENOTCONN: this socket has never been connected",
	        "recv() on a fresh socket");
	is_int(newest_call(f, s, CALL_RECV)->error, ENOTCONN, "was made");
	is_text(try_accept(f, s),
	        "accept() = -1 EINVAL: this socket does not listen: listen() comes first",
	        "accept() on a fresh socket");
	ok(!send_text(f, s, "hello"), "send() on a fresh socket");
	is_text(f->error.text, "send(5) = -1 EPIPE: this socket has never been connected",
	        "says why");
	ok(!session_shutdown(s, SHUT_WR, &f->error), "shutdown()");
	is_text(f->error.text, "shutdown() = -1 ENOTCONN: this socket has never been connected",
	        "also");
	is_text(try_listen(f, u), "listen(5) = -1 EOPNOTSUPP: UDP has no connections to wait for",
	        "listen() on UDP");
	is_text(try_accept(f, u), "accept() = -1 EOPNOTSUPP: UDP has no connections to accept",
	        "accept() on UDP");
	ok(!send_text(f, u, "x"), "send() on UDP");
	is_text(f->error.text,
	        "sendto(1) = -1 EDESTADDRREQ: no destination: /connect gives this socket its peer, "
	        "/to sends to an address",
	        "without a peer");
	ok(!step_send_urgent(u, 'x', &f->error), "urgent data on UDP");
	is_text(try_bind(f, s, NULL, "0"), "", "bind()");
	ok(begins(try_bind(f, s, NULL, "0"), "bind(127.0.0.1:0) = -1 EINVAL: "), "bind() twice");
	snprintf(name, sizeof name, "%u", session_local(s).port);
	ok(strstr(try_bind(f, make_socket(f, false, AF_INET), NULL, name), "= -1 EADDRINUSE: "),
	   "a port in use");
	ok(strstr(try_bind(f, make_socket(f, false, AF_INET), "192.0.2.1", "0"),
	          "= -1 EADDRNOTAVAIL: not an address of this machine"),
	   "another machine's address");
	try_listen(f, s);
	ok(strstr(try_connect(f, s, "127.0.0.1", 9), "= -1 EISCONN: "), "connect() of a listener");
	ok(begins(try_recv(f, s, 5, RECV_PLAIN), "recv(5) = -1 ENOTCONN: "), "recv() of one");
	ok(!send_text(f, s, "x") && begins(f->error.text, "send(1) = -1 EPIPE: "), "send() of one");
	is_int(session_state(s), SESSION_LISTENING, "it listens all the same");
}

static void connects_once(struct fixture *f)
{
	struct pair p = make_pair(f);
	unsigned port = session_local(p.listener).port;
	ok(strstr(try_connect(f, p.client, "127.0.0.1", port),
	          "= -1 EISCONN: this socket is connected already"),
	   "connect() twice");
	ok(begins(try_listen(f, p.client), "listen(5) = -1 EINVAL: "), "listen() after connect()");
	ok(begins(try_accept(f, p.client), "accept() = -1 EINVAL: "), "accept()");
	ok(strstr(try_bind(f, p.server, NULL, "0"), "= -1 EINVAL"), "bind() of a client accepted");
	is_int(session_state(p.client), SESSION_OPEN, "it stays what it is");
	end_pair(f, &p);
	struct couple c = make_couple(f);
	ok(begins(try_connect(f, c.session, "127.0.0.1", port), "/pause first: "),
	   "what goes by itself is left alone");
	step_pause(c.session, true, &f->error);
	ok(*try_connect(f, c.session, "127.0.0.1", port), "paused, it may be asked");
	is_int(session_peer(c.session).port, peer_port(c.listener), "and stays connected");
	end_couple(&c);
}

static void is_refused(struct fixture *f)
{
	int closed = peer_refused(AF_INET);
	struct session *s = make_socket(f, false, AF_INET), *l = make_listener(f, 5);
	is_text(try_connect(f, s, "127.0.0.1", peer_port(closed)), "", "connect() to nobody");
	until(f, !session_waiting(s, NULL));
	ok(strstr(last_failure(f, s), "= -1 ECONNREFUSED: RST to our SYN: nobody listens there"),
	   "is refused");
	is_int(session_state(s), SESSION_FRESH, "the socket is still there");
	try_connect(f, s, "127.0.0.1", session_local(l).port);
	until(f, session_state(s) == SESSION_OPEN);
	is_int(session_state(s), SESSION_OPEN, "and connects elsewhere");
	peer_close_all(&closed, 1);
}

static void cancels_connecting(struct fixture *f)
{
	int fill[PEER_FILL], hole = peer_blackhole(AF_INET, fill);
	struct session *s = make_socket(f, false, AF_INET), *l = make_listener(f, 5);
	is_text(try_connect(f, s, "127.0.0.1", peer_port(hole)), "", "connect() without an answer");
	fixture_turns(f, 2);
	is_int(session_tcp_state(s), STATE_SYN_SENT, "is on its way");
	ok(begins(session_waiting(s, NULL), "connect(127.0.0.1:"), "and waits");
	ok(!send_text(f, s, "x"), "nothing is sent meanwhile");
	ok(step_pause(s, false, &f->error), "resuming does not disturb it");
	ok(session_waiting(s, NULL), "it still waits");
	step_pause(s, true, &f->error);
	ok(step_cancel(s), "cancelled");
	ok(strstr(last_state(f, s), " cancelled after ") &&
	           strstr(last_state(f, s), "connect(AF_UNSPEC) = 0"),
	   "it says how");
	is_int(session_state(s), SESSION_FRESH, "the socket is as before");
	try_connect(f, s, "127.0.0.1", session_local(l).port);
	until(f, session_state(s) == SESSION_OPEN);
	is_int(session_state(s), SESSION_OPEN, "and connects elsewhere");
	s = make_socket(f, false, AF_INET);
	try_connect(f, s, "127.0.0.1", peer_port(hole));
	ok(session_abort(s, &f->error), "/abort while it connects");
	is_int(session_state(s), SESSION_CLOSED, "closes it");
	try_connect(f, make_socket(f, false, AF_INET), "127.0.0.1", peer_port(hole));
	peer_close_all(fill, PEER_FILL);
	peer_close_all(&hole, 1);
}

static void accepts_by_name(struct fixture *f)
{
	struct session *l = make_listener(f, 1);
	int fd = peer_connect(AF_INET, session_local(l).port, PEER_MS);
	until(f, is_readable(l));
	ok(!step_accept(l, "42", &f->error), "a name that is none");
	ok(step_accept(l, "guest", &f->error), "accept() with one that is");
	ok(sessions_named(f->sessions, "guest"), "the client has it");
	ok(!step_accept(l, "guest", &f->error), "a name is given once");
	is_int(newest_call(f, l, CALL_ACCEPT)->flags & ENTRY_WAITED, 0, "it did not wait");
	try_accept(f, l);
	ok(step_cancel(l), "accept() can be cancelled");
	is_idle(f, l, "and the loop sleeps");
	try_accept(f, l);
	ok(step_pause(l, false, &f->error) && !session_waiting(l, NULL),
	   "resuming takes its place");
	int other = peer_connect(AF_INET, session_local(l).port, PEER_MS);
	until(f, session_clients(l) == 2);
	is_int((long long)session_clients(l), 2, "the next client comes by itself");
	peer_close_all((int[]){ fd, other }, 2);
}

/* ---- datagrams ---- */

static void receives_datagrams(struct fixture *f)
{
	struct session *u = make_socket(f, true, AF_INET);
	int peer = peer_udp(AF_INET);
	is_text(try_recv(f, u, 9, RECV_PLAIN), "", "recvfrom() without a port");
	ok(strstr(last_state(f, u), "no port"), "can only wait, which is said");
	step_cancel(u);
	is_text(try_bind(f, u, NULL, "0"), "", "bind()");
	struct endpoint to = session_local(u);
	peer_send_to(peer, &to, "0123456789", 10);
	peer_send_to(peer, &to, "", 0);
	until(f, is_readable(u));
	try_recv(f, u, 4, RECV_PEEK);
	is_text(try_recv(f, u, 4, RECV_PLAIN), "", "recvfrom(4)");
	const struct entry *entry = newest_call(f, u, CALL_RECVFROM);
	is_bytes(entry_payload(entry), entry->len, "0123", 4, "what fits");
	ok(entry->flags & ENTRY_TRUNCATED && entry->arg == 10, "six bytes are lost, and known");
	is_int((long long)session_peer_count(u), 1, "its sender is a peer");
	is_text(try_recv(f, u, 4, RECV_ALL), "", "recvfrom() again");
	is_int(newest_call(f, u, CALL_RECVFROM)->len, 0, "an empty datagram");
	is_int(session_state(u), SESSION_OPEN, "is no end");
	is_int((long long)session_counts(u)->receives, 2, "two were received");
	ok(send_text(f, u, "answer"), "an answer");
	char text[16] = "";
	peer_recv_from(peer, text, sizeof text, NULL, PEER_MS);
	is_text(text, "answer", "goes to who wrote");
	try_recv(f, u, 1024, RECV_PLAIN);
	is_text(session_waiting(u, NULL), "recvfrom(1024)", "waiting");
	peer_send_to(peer, &to, "late", 4);
	until(f, !session_waiting(u, NULL));
	ok(newest_call(f, u, CALL_RECVFROM)->flags & ENTRY_WAITED, "reports a datagram, too");
	peer_close_all(&peer, 1);
}

/* The kernel's own word for it. */
static bool has_peer(const struct session *session)
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	return getpeername(session->fd[0], (struct sockaddr *)&storage, &len) == 0;
}

static int connected_to(const struct endpoint *to)
{
	struct sockaddr_storage storage;
	socklen_t len = endpoint_to_sockaddr(to, &storage);
	int fd = peer_udp(to->family);
	return connect(fd, (struct sockaddr *)&storage, len) == 0 ? fd : -1;
}

static void sends_without_connect(struct fixture *f)
{
	char text[16] = "";
	struct endpoint from, to;
	struct session *u = make_socket(f, true, AF_INET);
	int peer = peer_udp(AF_INET), stranger = peer_udp(AF_INET);
	to = peer_addr(peer);
	unsigned number = session_meet_peer(u, &to);
	ok(session_choose_peer(u, number, &f->error), "a peer is chosen");
	ok(send_text(f, u, "ask"), "and a line goes to it");
	peer_recv_from(peer, text, sizeof text, &from, PEER_MS);
	is_text(text, "ask", "at once");
	is_int(count_calls(f, u, CALL_CONNECT), 0, "without connect()");
	ok(!has_peer(u), "as the kernel says, too");
	is_int(from.port, session_local(u).port, "from the port that the kernel chose");
	ok(strstr(last_state(f, u), ": without bind() the kernel chose the port"),
	   "which is reported");
	from = peer_addr(u->fd[0]);
	from.ip[0] = 127;
	from.ip[3] = 1;
	peer_send_to(peer, &from, "answer", 6);
	until(f, is_readable(u));
	is_text(try_recv(f, u, 9, RECV_PLAIN), "", "the answer");
	struct endpoint sender = entry_addr(newest_call(f, u, CALL_RECVFROM));
	ok(endpoint_equal(&sender, &to), "has its sender");
	peer_send_to(stranger, &from, "hi", 2);
	until(f, is_readable(u));
	is_text(try_recv(f, u, 9, RECV_PLAIN), "", "and so has what a stranger sends");
	peer_close_all((int[]){ peer, stranger }, 2);
}

static void disconnects(struct fixture *f)
{
	char text[16] = "";
	struct session *u = make_socket(f, true, AF_INET);
	int peer = peer_udp(AF_INET), stranger = peer_udp(AF_INET);
	try_connect(f, u, "127.0.0.1", peer_port(peer));
	ok(has_peer(u) && send_text(f, u, "one"), "connected");
	ok(step_disconnect(u, &f->error), "and undone again");
	ok(!has_peer(u), "the kernel has no peer for it");
	is_int(peer_port(u->fd[0]), 0, "nor a port any more");
	ok(session_state(u) == SESSION_FRESH && !session_local(u).port, "which the session shows");
	ok(strstr(last_state(f, u), "it has no peer any more") &&
	           strstr(last_state(f, u), "its port is gone"),
	   "and reports");
	int other = peer_udp(AF_INET); /* the kernel keeps only a port that was named */
	struct endpoint at = peer_addr(other);
	peer_close_all(&other, 1);
	is_text(try_bind(f, u, NULL, say("%u", at.port)), "", "it can be bound");
	is_text(try_connect(f, u, "127.0.0.1", peer_port(peer)), "", "connected again");
	int deaf = connected_to(&at);
	send(deaf, "deaf", 4, 0);
	ok(peer_wait(deaf, POLLIN, PEER_MS), "a stranger is refused");
	ok(step_disconnect(u, &f->error) && peer_port(u->fd[0]) == at.port,
	   "undone, its own port stays");
	peer_send_to(stranger, &at, "heard", 5);
	until(f, is_readable(u));
	is_text(try_recv(f, u, 9, RECV_PLAIN), "", "and a stranger is heard");
	struct buf got = received(f, session_number(u));
	is_bytes(buf_data(&got), got.len, "heard", 5, "but not what it had sent before");
	buf_free(&got);
	ok(send_text(f, u, "back") && peer_recv_from(stranger, text, 9, NULL, PEER_MS) == 4,
	   "and answered");
	ok(step_disconnect(u, &f->error) && strstr(last_state(f, u), "it was not connected"),
	   "once more it is no mistake");
	ok(!send_text(f, u, "two"), "but a line has nowhere to go then");
	is_int(f->error.code, EDESTADDRREQ, "as the kernel says");
	struct session *client = open_to(f, TRANSPORT_UDP, "127.0.0.1", peer_port(peer), NULL);
	until(f, session_state(client) == SESSION_OPEN);
	ok(!step_disconnect(client, &f->error) && begins(f->error.text, "/pause first: "),
	   "only where a person makes the calls");
	step_pause(client, true, &f->error);
	ok(step_disconnect(client, &f->error) && !has_peer(client),
	   "also of a session opened whole");
	struct pair p = make_pair(f);
	ok(!step_disconnect(p.client, &f->error) && strstr(f->error.text, "/abort does that"),
	   "a connection is not reset by it");
	ok(!step_disconnect(p.listener, &f->error) && strstr(f->error.text, "/close does that"),
	   "and a listener stays");
	is_int(count_calls(f, p.client, CALL_CONNECT), 1, "no call is made for them");
	end_pair(f, &p);
	peer_close_all((int[]){ peer, stranger, deaf }, 3);
}

static void hears_of_nobody(struct fixture *f)
{
	char port[8];
	struct session *u = make_socket(f, true, AF_INET);
	int refused = peer_refused(AF_INET);
	snprintf(port, sizeof port, "%u", peer_port(refused));
	step_connect(u, "127.0.0.1", port, &f->error);
	ok(send_text(f, u, "one"), "the first datagram to nobody is sent");
	until(f, is_readable(u));
	ok(!send_text(f, u, "two"), "the next one meets what ICMP has said");
	ok(strstr(f->error.text, "(ICMP port unreachable to an earlier datagram): connection "
	                         "refused"),
	   "which is reported");
	is_int((long long)session_counts(u)->refused, 1, "and counted");
	ok(send_text(f, u, "three"), "once");
	close(refused);
}

/* A server that waits on two addresses, each of a family of its own. */
static void receives_on_both(struct fixture *f)
{
	if (!peer_has_ipv6()) {
		tap_skip("no IPv6");
		return;
	}
	struct session *u = listen_on(f, TRANSPORT_UDP, "", 0, NULL);
	step_pause(u, true, &f->error);
	is_int(u->fd_count, 2, "a server on two sockets");
	try_recv(f, u, 9, RECV_PLAIN);
	int peer = peer_udp(AF_INET6);
	peer_send_to(peer, &u->local[1], "six", 3);
	until(f, !session_waiting(u, NULL));
	ok(has_received(f, u, "six"), "a recvfrom() waits on both");
	ok(send_text(f, u, "seven"), "the answer");
	char text[16] = "";
	peer_recv_from(peer, text, sizeof text, NULL, PEER_MS);
	is_text(text, "seven", "goes the same way");
	peer_close_all(&peer, 1);
}

static void connects_datagrams(struct fixture *f)
{
	int closed = peer_udp_refused(AF_INET);
	struct session *u = make_socket(f, true, AF_INET), *v = make_socket(f, true, AF_INET);
	is_text(try_connect(f, u, "127.0.0.1", peer_port(closed)), "", "connect() of UDP");
	is_int(session_state(u), SESSION_OPEN, "needs nobody");
	ok(send_text(f, u, "x"), "a datagram");
	until(f, is_readable(u));
	is_text(try_recv(f, u, 9, RECV_PLAIN),
	        "recvfrom(9) = -1 ECONNREFUSED: ICMP port unreachable: nobody receives there",
	        "nobody is there");
	ok(send_text(f, u, "x"), "another one");
	until(f, is_readable(u));
	ok(!send_text(f, u, "x"), "send() meets it as well");
	is_int(f->error.code, ECONNREFUSED, "and is not made a second time");
	is_int(count_calls(f, u, CALL_SENDTO), 3, "behind a person's back");
	try_bind(f, v, NULL, "0");
	try_connect(f, u, "127.0.0.1", session_local(v).port);
	ok(send_text(f, u, "moved"), "connect() again is another peer");
	until(f, is_readable(v));
	try_recv(f, v, 9, RECV_PLAIN);
	ok(has_received(f, v, "moved"), "who gets it");
	struct session *w = make_socket(f, true, AF_INET);
	struct endpoint to = session_local(v);
	ok(session_send_to(w, &to, "hi", 2, &f->error), "sendto() of a fresh socket");
	ok(session_state(w) == SESSION_OPEN && session_local(w).port, "gives it a port");
	ok(step_pause(v, false, &f->error), "resumed");
	until(f, has_received(f, v, "movedhi"));
	ok(has_received(f, v, "movedhi"), "it reads by itself");
	peer_close_all(&closed, 1);
}

int main(void)
{
	static void (*const tests[])(struct fixture *) = {
		makes_nothing_else,    walks_through,      listens_unbound,    becomes_a_listener,
		binds_everywhere,      binds_a_client,     looks_names_up,     learns_errno,
		connects_once,         is_refused,         cancels_connecting, accepts_by_name,
		receives_datagrams,    connects_datagrams, hears_of_nobody,    receives_on_both,
		sends_without_connect, disconnects,
	};
	tap_watchdog(30);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		struct fixture f;
		fixture_start(&f);
		tests[i](&f);
		fixture_stop(&f);
	}
	return tap_done();
}
