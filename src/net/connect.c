// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/kind.h"
#include "net/sampler.h"

/* A try that took longer is told before the next one, so that the window does not stay silent for
 * minutes. */
#define LONG_TRY CLOCK_S

/* What a failed connect() means on the wire. */
static const struct meaning {
	int code;
	const char *word, *why;
} meanings[] = {
	{ ECONNREFUSED, "refused", "RST to our SYN: nobody listens there" },
	{ ETIMEDOUT, "timed out", "ETIMEDOUT: no answer to our SYN, however often it was sent" },
	{ EHOSTUNREACH, "unreachable",
	  "EHOSTUNREACH: nobody answers at that address, or a router refused" },
	{ ENETUNREACH, "unreachable", "ENETUNREACH: no route there, nothing was sent" },
	{ EACCES, "not allowed",
	  "EACCES: a broadcast address needs SO_BROADCAST, or a firewall refused" },
	{ EADDRNOTAVAIL, "not possible",
	  "EADDRNOTAVAIL: no local address or port to connect from" },
	{ ERANGE, "not tried", "no descriptor is left that select() can watch" },
	{ EAFNOSUPPORT, "not tried", "the local address asked for is of the other family" },
};

static const struct meaning *find_meaning(int code)
{
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (meanings[i].code == code)
			return &meanings[i];
	return NULL;
}

static const struct addr *tried_addr(const struct session *session)
{
	return &session->search->remote.addr[session->search->next];
}

static bool is_only_one(const struct session *session)
{
	return session->search->remote.count == 1;
}

/* ---- the story ---- */

/* The present chapter begins: an address alone has no number, but its port. */
static void name_try(struct session *session)
{
	char addr[ADDR_TEXT];
	struct search *search = session->search;
	if (is_only_one(session))
		buf_append_text(&search->story, addr_format(tried_addr(session), addr));
	else
		buf_printf(&search->story, "%stry %zu %s", search->next ? ", " : "",
		           search->next + 1, addr_format_host(tried_addr(session), addr));
}

/* `call` is NULL for connect(). Explains itself in the last chapter only. */
static void add_failure(struct session *session, const char *call, int code)
{
	struct search *search = session->search;
	const struct meaning *meaning = call ? NULL : find_meaning(code);
	bool last = search->next + 1 == search->remote.count;
	name_try(session);
	if (meaning)
		buf_printf(&search->story, last ? " %s (%s)" : " %s", meaning->word, meaning->why);
	else
		buf_printf(&search->story, last ? ": %s = -1 %s: %s" : " %s = -1 %s",
		           call ? call : "connect()", error_name(code), error_why(code));
}

static bool is_hopeless(int code)
{
	return code == EMFILE || code == ENFILE || code == ERANGE;
}

static void give_up(struct session *session)
{
	session_finish(session, SESSION_ENDED_FAILED, "%s", buf_text(&session->search->story));
}

/* This address has failed; connect_next() goes on with the one behind it. */
static void fail(struct session *session, const char *call, int code)
{
	struct search *search = session->search;
	bool took_long = clock_now() - search->tried >= LONG_TRY;
	if (is_hopeless(code))
		search->remote.count = search->next + 1;
	add_failure(session, call, code);
	while (session->fd_count)
		session_drop_socket(session, session->fd[0]);
	search->next++;
	if (took_long && search->next < search->remote.count)
		session_tell(session, 0, "%s, trying the next", buf_text(&search->story));
}

/* ---- one try ---- */

static void succeed(struct session *session)
{
	struct search *search = session->search;
	char took[CLOCK_TEXT];
	bool first = search->next == 0;
	session->peer = *tried_addr(session);
	call_getsockname(&session->caller, session->fd[0], &session->local[0]);
	clock_format_duration(clock_now() - search->tried, took);
	if (!first) {
		name_try(session);
		session_tell(session, 0, "%s connected in %s", buf_text(&search->story), took);
	}
	search_end(session);
	session->state = SESSION_OPEN;
	sampler_meet_connection(session);
	session->kind->opened(session, took);
}

/* A chapter of its own: what cannot be had is the local address, not the remote one. */
static bool fail_bind(struct session *session, const struct addr *local)
{
	char addr[ADDR_TEXT], call[ADDR_TEXT + 8];
	int code = errno;
	snprintf(call, sizeof call, "bind(%s)", addr_format(local, addr));
	fail(session, call, code);
	return false;
}

/* Without a port of our own choice the kernel finds a free one. A port that has just been used
 * waits in TIME_WAIT, which SO_REUSEADDR overlooks where the earlier socket had it, too. */
static bool bind_local(struct session *session, int fd, const struct addr *remote)
{
	const struct lookup_answer *local = &session->search->local;
	for (size_t i = 0; i < local->count; i++) {
		if (local->addr[i].family != remote->family)
			continue;
		if (local->addr[i].port && session->kind == &stream_kind)
			call_set_option(&session->caller, fd, SOL_SOCKET, SO_REUSEADDR, 1);
		return call_bind(&session->caller, fd, &local->addr[i]) == 0 ||
		       fail_bind(session, &local->addr[i]);
	}
	if (local->count)
		fail(session, NULL, EAFNOSUPPORT);
	return !local->count;
}

/* True while it is under way. */
static bool try_connect(struct session *session, int fd, const struct addr *remote)
{
	session->state = SESSION_CONNECTING;
	if (call_connect(&session->caller, fd, remote) == 0) {
		session->connected = true;
		succeed(session);
		return true;
	}
	if (errno == EINPROGRESS)
		return true;
	fail(session, NULL, errno);
	return false;
}

/* connect() would hide the answers to a broadcast: they come from other addresses. */
static bool stay_unconnected(struct session *session, int fd, const struct addr *remote)
{
	struct addr any = { .family = remote->family };
	call_set_option(&session->caller, fd, SOL_SOCKET, SO_BROADCAST, 1);
	if (!session->search->local.count)
		udp_ask_locals(session, fd, &any);
	if (!session->search->local.count && call_bind(&session->caller, fd, &any) < 0)
		return fail_bind(session, &any);
	succeed(session);
	return true;
}

static bool try_one(struct session *session)
{
	const struct addr *remote = tried_addr(session);
	session->search->tried = clock_now();
	session->local[0] = (struct addr){ .family = AF_UNSPEC };
	int fd = session_socket(session, remote->family);
	if (fd < 0) {
		fail(session, errno == ERANGE ? NULL : "socket()", errno);
		return false;
	}
	session->fd[0] = fd;
	session->fd_count = 1;
	if (session->kind == &udp_kind)
		sampler_meet_datagrams(session, fd, remote->family);
	if (!bind_local(session, fd, remote))
		return false;
	if (session->kind == &udp_kind && session->recipe->options.broadcast)
		return stay_unconnected(session, fd, remote);
	return try_connect(session, fd, remote);
}

void connect_next(struct session *session)
{
	while (session->search->next < session->search->remote.count)
		if (try_one(session))
			return;
	give_up(session);
}

/* ---- later ---- */

void connect_serve(struct session *session)
{
	int code;
	if (call_get_option(&session->caller, session->fd[0], SOL_SOCKET, SO_ERROR, &code) < 0)
		code = errno;
	if (code == 0) {
		succeed(session);
		return;
	}
	fail(session, NULL, code);
	connect_next(session);
}

void connect_expire(struct session *session)
{
	char limit[CLOCK_TEXT];
	name_try(session);
	session_finish(session, SESSION_ENDED_FAILED,
	               "%s timed out: no answer to our SYN within the limit of %s",
	               buf_text(&session->search->story),
	               clock_format_duration(session->recipe->options.timeout, limit));
}
