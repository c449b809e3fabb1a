// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "socket/errno_meaning.h"
#include "net/session_internal.h"
#include "net/probe_timer.h"

#define REST (200 * CLOCK_MS) /* without descriptors: until somebody may have closed one */

enum { CLIENTS_A_TURN = 32 };

/* ---- no descriptor left ---- */

/* The client stays in the kernel's queue, so the listener stays readable: not to look at it for a
 * while is all that keeps this from being a busy loop. */
static void rest(struct session *session, const char *why)
{
	session->rest_until = clock_now() + REST;
	session->freed_seen = sessions_freed(session->sessions);
	if (!session->full)
		session_report(session, ENTRY_ERROR,
		               "clients must wait until a descriptor is closed: %s", why);
	session->full = true;
}

static bool is_resting(struct session *session)
{
	if (session->rest_until && (sessions_freed(session->sessions) > session->freed_seen ||
	                            clock_now() >= session->rest_until))
		session->rest_until = 0;
	return session->rest_until != 0;
}

/* ---- few descriptors left ---- */

static int most_descriptors(void)
{
	struct rlimit limit;
	bool lower = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < FD_SETSIZE;
	return lower ? (int)limit.rlim_cur : FD_SETSIZE;
}

/* A client that has sent FIN (CLOSE_WAIT) waits for a person, and nobody else ends it. What is
 * looked at stays, and so does a session whose calls a person makes. */
static bool may_make_room(const struct session *session)
{
	return session->listener && session->state == SESSION_OPEN && session->peer_closed &&
	       !session->shut && !session->paused && session->service == &service_table[0] &&
	       !sessions_is_pinned(session->sessions, session);
}

static void close_for_room(struct session *client, int used, int most)
{
	client->kind->flush(client);
	session_finish(client, client->broken ? SESSION_ENDED_RESET : SESSION_ENDED_WELL,
	               "closed to make room: the peer had sent FIN, and %d of %d descriptors are "
	               "in use",
	               used, most);
}

/* accept() gives the lowest free descriptor, so at least as many are in use as its number says: what
 * is not a session's is others'. Low numbers become free again, so the number alone does not say how
 * many are in use. */
static int count_used(struct session *listener, int fd)
{
	const struct sessions *sessions = listener->sessions;
	int ours = 0, deferred = (int)sessions_doomed_descriptors(sessions);
	for (size_t i = 0; i < sessions_count(sessions); i++)
		ours += (int)sessions_at(sessions, i)->fd_count;
	int others = fd + 1 - ours - deferred;
	listener->other_fds = others > listener->other_fds ? others : listener->other_fds;
	return ours + listener->other_fds;
}

/* Beyond three quarters of what there may be, each new client closes an old one. */
static void make_room(struct session *listener, int fd)
{
	struct sessions *sessions = listener->sessions;
	int most = most_descriptors(), enough = most / 4 * 3;
	if (fd < enough && sessions_count(sessions) < (size_t)enough / 2)
		return;
	int used = count_used(listener, fd);
	if (used <= most / 2)
		listener->made_room = false;
	for (size_t i = 0; used > enough && i < sessions_count(sessions); i++) {
		struct session *client = sessions_at(sessions, i);
		if (!may_make_room(client))
			continue;
		close_for_room(client, used, most);
		if (!listener->made_room)
			session_report(
			        listener, 0,
			        "%d of %d descriptors are in use: clients that have sent FIN "
			        "are closed from now on, the oldest first",
			        used, most);
		listener->made_room = true;
		used--;
	}
}

/* ---- clients ---- */

/* Which of our addresses the client asked for is only a question where the listener waits on all of
 * them. */
static struct endpoint local_of(const struct session *session, unsigned slot, int fd)
{
	struct endpoint local = session->local[slot];
	if (endpoint_is_any(&local))
		call_getsockname(&session->caller, fd, &local);
	return local;
}

static void turn_away(struct session *session, int fd, const struct endpoint *peer)
{
	char addr[ENDPOINT_TEXT];
	session_report(session, ENTRY_ERROR,
	               "client %s is turned away: no session can have descriptor %d",
	               endpoint_format(peer, addr), fd);
	sessions_defer_close(session->sessions, &session->caller, fd);
	rest(session, "select() watches only those below FD_SETSIZE");
	session->freed_seen++; /* this one */
}

static void meet_error(struct session *session, int code)
{
	char text[ERROR_TEXT];
	const char *why = errno_meaning_phrase("accept", code, ERRNO_LISTENER);
	snprintf(text, sizeof text, "accept() = -1 %s (%s)", error_name(code), why);
	if (code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM)
		rest(session, text);
	else if (code == ECONNABORTED)
		session_report(session, 0, "%s: accept() = -1 ECONNABORTED", why);
	else
		session_report(session, ENTRY_ERROR, "accept() = -1 %s: %s", error_name(code), why);
}

struct session *listener_accept(struct session *session, unsigned slot, int *code)
{
	struct endpoint peer;
	session->caller.since = step_since(session);
	int fd = call_accept(&session->caller, session->fd[slot], &peer);
	*code = fd < 0 ? errno : 0;
	session->caller.since = 0;
	if (fd < 0)
		return NULL;
	if (!poller_fits(fd)) {
		turn_away(session, fd, &peer);
		return NULL;
	}
	session->full = false;
	struct endpoint local = local_of(session, slot, fd);
	struct session *client = session_accept_client(session, fd, &local, &peer);
	make_room(session, fd);
	if (session->open_parameters && session->open_parameters->options.once)
		session_finish(session, SESSION_ENDED_WELL,
		               "no longer listening: one client was asked for");
	return client;
}

/* False where no more are there, or can be taken, in this turn. */
static bool accept_one(struct session *session, unsigned slot)
{
	int code;
	if (listener_accept(session, slot, &code))
		return session->state == SESSION_LISTENING;
	if (code == 0 || code == EAGAIN || code == EWOULDBLOCK)
		return false;
	meet_error(session, code);
	return session->rest_until == 0;
}

static void accept_some(struct session *session, unsigned slot)
{
	unsigned most = pace_ask(&session->pace), got = 0;
	if (most > CLIENTS_A_TURN)
		most = CLIENTS_A_TURN;
	while (got < most && accept_one(session, slot))
		got++;
	if (got == most)
		pace_met(&session->pace);
	else
		pace_missed(&session->pace, got);
}

/* ---- turns ---- */

static void found(struct session *session)
{
	if (bound_open(session, "listening"))
		session->state = SESSION_LISTENING;
}

static void prepare(struct session *session, struct poller *poller)
{
	if (is_resting(session)) {
		poller_wake_at(poller, session->rest_until);
		return;
	}
	for (unsigned i = 0; i < session->fd_count; i++)
		poller_want_read(poller, session->fd[i]);
}

static void serve(struct session *session, const struct poller *poller)
{
	for (unsigned i = 0; i < session->fd_count && !session->rest_until; i++)
		if (poller_readable(poller, session->fd[i]))
			accept_some(session, i);
}

static bool refuse_send(struct session *session, const struct endpoint *to, const void *data,
                        size_t len, struct error *error)
{
	(void)to;
	(void)data;
	(void)len;
	error_set(error, "session %u is a listener: its clients are sessions of their own",
	          (unsigned)session->caller.session);
	return false;
}

static bool refuse_shutdown(struct session *session, int how, struct error *error)
{
	(void)how;
	error_set(error, "session %u is a listener: it has no direction to shut",
	          (unsigned)session->caller.session);
	return false;
}

static enum tcp_state tcp_state(const struct session *session)
{
	(void)session;
	return STATE_LISTEN;
}

const struct kind listener_kind = {
	.kind = SESSION_LISTENER,
	.type = SOCK_STREAM,
	.found = found,
	.prepare = prepare,
	.serve = serve,
	.send = refuse_send,
	.shutdown = refuse_shutdown,
	.tcp_state = tcp_state,
};
