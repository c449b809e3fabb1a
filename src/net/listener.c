// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/kind.h"

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
		session_tell(session, ENTRY_ERROR,
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

/* ---- clients ---- */

/* Which of our addresses the client asked for is only a question where the listener waits on all of
 * them. */
static struct addr local_of(const struct session *session, unsigned slot, int fd)
{
	struct addr local = session->local[slot];
	if (addr_is_any(&local))
		call_getsockname(&session->caller, fd, &local);
	return local;
}

static void turn_away(struct session *session, int fd, const struct addr *peer)
{
	char addr[ADDR_TEXT];
	session_tell(session, ENTRY_ERROR,
	             "client %s is turned away: no session can have descriptor %d",
	             addr_format(peer, addr), fd);
	sessions_doom(session->sessions, &session->caller, fd);
	rest(session, "select() watches only those below FD_SETSIZE");
	session->freed_seen++; /* this one */
}

static void meet_error(struct session *session, int code)
{
	if (code == EMFILE || code == ENFILE)
		rest(session, code == EMFILE
		                      ? "accept() = -1 EMFILE (too many open files in this program)"
		                      : "accept() = -1 ENFILE (too many open files in the system)");
	else if (code == ECONNABORTED)
		session_tell(session, 0,
		             "a client left before it was accepted: accept() = -1 ECONNABORTED");
	else
		session_tell(session, ENTRY_ERROR, "accept() = -1 %s: %s", error_name(code),
		             error_why(code));
	if (code == ENOBUFS || code == ENOMEM)
		rest(session, error_why(code));
}

struct session *listener_accept(struct session *session, unsigned slot, int *code)
{
	struct addr peer;
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
	struct addr local = local_of(session, slot, fd);
	struct session *client = session_welcome(session, fd, &local, &peer);
	if (session->recipe && session->recipe->options.once)
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

static bool refuse_send(struct session *session, const struct addr *to, const void *data,
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

static const char *state_name(const struct session *session)
{
	(void)session;
	return "LISTEN";
}

const struct kind listener_kind = {
	.kind = SESSION_LISTENER,
	.type = SOCK_STREAM,
	.found = found,
	.prepare = prepare,
	.serve = serve,
	.send = refuse_send,
	.shutdown = refuse_shutdown,
	.state_name = state_name,
};
