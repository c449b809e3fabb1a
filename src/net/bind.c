// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/bind.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "net/port_table.h"
#include "net/socket_file.h"
#include "net/tls/tls.h"
#include "socket/errno_meaning.h"

/* How often two families may fail to agree on a port that the kernel chose. */
enum { PORT_TRIES = 16 };

/* IPV6_V6ONLY is set, unless addresses are taken in turn or a person makes the calls, so "::" alone
 * is not reached over IPv4, nor "0.0.0.0" over IPv6. */
const char *bind_reach(const struct session *session, char out[BIND_REACH])
{
	enum host host = session->caller.host;
	const char *whose = host == HOST_HERE ? "this machine" : host_name(host);
	bool loopback = true, any = true, v4 = false, v6 = false;
	const struct open_parameters *made = session->open_parameters;
	bool dual = session->stepped || !made || made->options.in_turn;
	for (unsigned i = 0; i < session->fd_count; i++) {
		const struct endpoint *local = &session->local[i];
		struct endpoint wire = endpoint_on_wire(local);
		loopback = loopback && endpoint_is_loopback(local);
		any = any && endpoint_is_any(local);
		*(endpoint_is_ipv6(&wire) ? &v6 : &v4) = true;
	}
	if (session->fd_count && endpoint_is_multicast(&session->local[0]) && !session->groups)
		snprintf(out, BIND_REACH, " (a group, which /join joins)");
	else if (transport_is_unix(session->transport) || !(loopback || any))
		out[0] = '\0';
	else if (loopback)
		snprintf(out, BIND_REACH, " (loopback only)");
	else
		snprintf(out, BIND_REACH, " (every %saddress of %s%s)",
		         v4 && v6 ? ""
		         : v4     ? "IPv4 "
		         : dual   ? ""
		                  : "IPv6 ",
		         whose,
		         v4     ? ""
		         : dual ? ", IPv4 too unless IPV6_V6ONLY is set"
		                : "; * takes IPv4 too");
	return out;
}

/* ---- one socket ---- */

bool bind_socket(struct session *session, unsigned slot, const struct endpoint *addr)
{
	const struct caller *caller = &session->caller;
	int fd = session->fd[slot];
	bool as_nc = session->open_parameters && session->open_parameters->options.as_nc;
	bool gone = false, bound = call_bind(caller, fd, addr) == 0;
	if (!bound && errno == EADDRINUSE && transport_is_unix(session->transport) &&
	    !session->stepped) {
		enum socket_file_state state = socket_file_look(caller, addr);
		bool free = state == SOCKET_FILE_STALE ||
		            (as_nc && (state == SOCKET_FILE_IN_USE || state == SOCKET_FILE_EMPTY));
		gone = free && socket_file_unlink(addr);
		errno = EADDRINUSE;
		bound = gone && call_bind(caller, fd, addr) == 0;
	}
	if (bound && !(as_nc && session->open_parameters->listening)) /* nc leaves it behind */
		session->file = socket_file_note(addr, gone);
	return bound;
}

/* The addresses to open, IPv4 first, or in turn. */
static size_t choose(const struct session *session, const struct lookup_answer *found,
                     struct endpoint list[SESSION_SOCKETS])
{
	size_t count = 0;
	bool in_turn = session->open_parameters->options.in_turn;
	for (int ipv6 = 0; ipv6 < (in_turn ? 1 : 2); ipv6++)
		for (size_t i = 0; i < found->count && count < SESSION_SOCKETS; i++) {
			const struct endpoint *addr = &found->addr[i];
			if (!in_turn && endpoint_is_ipv6(addr) != ipv6)
				continue;
			list[count++] = session->open_parameters->target.host[0]
			                        ? *addr
			                        : endpoint_loopback(addr->family, addr->port);
		}
	return count;
}

/* NULL, or the call that failed, with errno. The session owns the socket, unless socket() failed.
 * IPV6_V6ONLY leaves the port free for an IPv4 socket, so that no peer is shown under a mapped
 * address. It is off for a mapped address that was asked for, which cannot be bound with it. */
static const char *open_one(struct session *session, const struct endpoint *addr, int backlog)
{
	unsigned slot = session->fd_count;
	session_choose_host(session, addr, NULL);
	if (!session_add_socket(session, addr->family))
		return "socket";
	int fd = session->fd[slot];
	struct endpoint wire = endpoint_on_wire(addr);
	session->ops->prepare_socket(session, slot, addr);
	if (endpoint_is_ipv6(addr) && !session->open_parameters->options.in_turn)
		call_set_option(&session->caller, fd, IPPROTO_IPV6, IPV6_V6ONLY,
		                endpoint_is_ipv6(&wire));
	if (!bind_socket(session, slot, addr))
		return "bind";
	if (backlog != BIND_ONLY && call_listen(&session->caller, fd, backlog) < 0)
		return "listen";
	return call_getsockname(&session->caller, fd, &session->local[slot]) < 0 ? "getsockname"
	                                                                         : NULL;
}

/* ---- all of them ---- */

/* This machine lacks one of several addresses, for example because its kernel has no IPv6. */
static bool is_missing(int code)
{
	return code == EAFNOSUPPORT || code == EADDRNOTAVAIL;
}

/* On each address, with the first one's port: `kept` where none is asked for, 0 = any free one. NULL, or the call that failed on *at, with errno. */
static const char *open_all(struct session *session, const struct endpoint *list, size_t count,
                            int backlog, uint16_t kept, struct endpoint *at)
{
	const char *call = NULL;
	int code = 0;
	bool in_turn = session->open_parameters->options.in_turn;
	for (size_t i = 0; i < count; i++) {
		unsigned had = session->fd_count;
		*at = list[i];
		if (!at->port)
			at->port = had ? session->local[0].port : kept;
		call = open_one(session, at, backlog);
		code = errno;
		if (call ? !in_turn && !is_missing(code) : in_turn)
			break;
		if (call && session->fd_count > had)
			session_drop_socket(session, had);
	}
	errno = code;
	return session->fd_count && (!call || is_missing(code)) ? NULL : call;
}

/* What is in the way of a path that is taken; NULL if that is not known. */
static const char *obstacle_on_path(const struct session *session, const struct endpoint *addr)
{
	static const char *const phrases[] = {
		[SOCKET_FILE_NONE] = NULL,
		[SOCKET_FILE_STALE] = "a stale socket is there and could not be removed",
		[SOCKET_FILE_IN_USE] = "a program has its socket there",
		[SOCKET_FILE_EMPTY] = "what is there is no socket, and stays",
		[SOCKET_FILE_OTHER] = "what is there is no socket, and stays",
	};
	return phrases[socket_file_look(&session->caller, addr)];
}

/* Appends who holds an address that is taken; nothing if that is not known. */
static void print_obstacle(const struct session *session, const struct endpoint *addr,
                           struct buf *out)
{
	if (transport_is_unix(session->transport)) {
		const char *phrase = obstacle_on_path(session, addr);
		buf_append_text(out, phrase ? phrase : "");
		return;
	}
	struct port_table *table = xcalloc(1, sizeof *table);
	port_table_read(table, session->table, session->caller.host, addr->port, PORT_SEARCH);
	const struct port_holder *holder = port_table_obstacle(table, session->transport, addr);
	if (holder)
		port_holder_print(holder, out);
	free(table);
}

bool bind_fail(const struct session *session, enum call call, const char *text,
               const struct endpoint *addr, int code, struct error *error)
{
	char elsewhere[SESSION_HINT];
	struct buf obstacle = { .max = SIZE_MAX };
	session_fail_call(session, call, text, code, error);
	struct error why = *error;
	if (code == EADDRINUSE && !transport_is_unix(session->transport))
		print_obstacle(session, addr, &obstacle);
	if (code == EADDRINUSE && transport_is_unix(session->transport) &&
	    socket_file_look(&session->caller, addr) == SOCKET_FILE_STALE)
		buf_append_text(&obstacle, "the file of a socket whose program has ended is in the way: remove it "
		                           "first, as /listen does");
	if (obstacle.len)
		error_set(error, "%.80s = -1 %s: %s", text, error_name(code), buf_text(&obstacle));
	else if (code == EADDRNOTAVAIL && *session_explain_host(session, addr, elsewhere))
		error_set(error, "%.200s; %s: /socket %s on %s", why.text, elsewhere,
		          transport_name(session->transport), host_name(host_of(addr)));
	error->code = code;
	buf_free(&obstacle);
	return false;
}

static void report_failure(struct session *session, const char *call, const struct endpoint *at,
                           int code)
{
	char addr[ENDPOINT_TEXT];
	endpoint_format(at, addr);
	const struct errno_case *special =
	        errno_meaning_case(call, code, session_errno_context(session, NULL));
	struct buf obstacle = { .max = SIZE_MAX };
	char elsewhere[SESSION_HINT];
	if (code == EADDRINUSE)
		print_obstacle(session, at, &obstacle);
	else if (code == EADDRNOTAVAIL)
		buf_append_text(&obstacle, session_explain_host(session, at, elsewhere));
	if (obstacle.len)
		session_finish(session, SESSION_ENDED_FAILED, "%s %s: %s (%s): %s", call, addr,
		               error_why(code), error_name(code), buf_text(&obstacle));
	else if (special && code == ERANGE)
		session_finish(session, SESSION_ENDED_FAILED, "%s %s: %s", call, addr,
		               special->phrase);
	else if (special)
		session_finish(session, SESSION_ENDED_FAILED, "%s %s: %s (%s): %s", call, addr,
		               error_why(code), error_name(code), special->phrase);
	else
		session_finish(session, SESSION_ENDED_FAILED, "%s %s: %s", call, addr,
		               error_why(code));
	buf_free(&obstacle);
}

static void report_where(struct session *session, const char *verb)
{
	struct buf text;
	char addr[HOST_TEXT], reach[BIND_REACH];
	buf_init(&text, SIZE_MAX);
	for (unsigned i = 0; i < session->fd_count; i++)
		buf_printf(&text, "%s%s", i ? " and " : "",
		           host_format(session->caller.host, &session->local[i], addr));
	session_report(session, 0, "%s on %s%s", verb, buf_text(&text), bind_reach(session, reach));
	buf_free(&text);
	if (session->open_parameters && session->open_parameters->tls)
		session_report(session, 0, "TLS with the certificate %s",
		               tls_context_fingerprint(session->open_parameters->tls));
}

bool bind_again(struct session *session, const struct endpoint *list, size_t count, int backlog,
                const char *verb)
{
	struct endpoint at = { .family = AF_UNSPEC };
	const char *call = NULL;
	int code = 0;
	uint16_t kept = session->local[0].port; /* it has listened before: /reconnect */
	for (int i = 0; i < PORT_TRIES; i++) {
		call = open_all(session, list, count, backlog, kept, &at);
		code = errno;
		if (!call || kept || code != EADDRINUSE || list[0].port != 0 || session->fd_count < 2)
			break;
		while (session->fd_count)
			session_drop_socket(session, 0);
	}
	if (call) {
		report_failure(session, call, &at, code);
		return false;
	}
	session_name_server(session);
	report_where(session, verb);
	if (socket_file_replaces(session->file))
		session_report(session, 0,
		               "the socket of a program that has ended was removed there");
	return true;
}

bool bind_open(struct session *session, const struct lookup_answer *found, int backlog,
               const char *verb)
{
	struct endpoint list[SESSION_SOCKETS];
	return bind_again(session, list, choose(session, found, list), backlog, verb);
}
