// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/probe_timer.h"

#include <sys/socket.h>

#include "base/clock.h"
#include "net/diag.h"
#include "net/dial.h"
#include "net/session_internal.h"

#define CLOSELY (5 * CLOCK_MS)  /* the session whose graph is drawn */
#define OFTEN  (50 * CLOCK_MS) /* the session that a person looks at */
#define SELDOM CLOCK_S         /* the others, and how often drops are reported */
#define REST   (2 * CLOCK_S)   /* without being busy: then arrivals are stamped again */

enum { REFUSED_MOST = 50 }; /* between two samples: more make a session busy, beside busy others */

static bool is_on(const struct session *session)
{
	return !session->probe.budget->off;
}

/* ---- asking ---- */

/* A service takes what comes at once: how long it waited says nothing. And once a socket has asked,
 * the kernel stamps the arrivals of every socket of the machine until that one is closed, even if
 * it no longer asks: a busy server would pay for it. */
void probe_timer_add_socket(struct session *session, int fd)
{
	/* call_recv_message() needs it */
	if (transport_keeps_borders(session->transport) && !session->ops->has_clients)
		call_ask(&session->caller, fd, CONTROL_ARRIVAL, AF_UNSPEC, true);
	if (is_on(session) && !session_is_served(session) && !transport_is_unix(session->transport))
		session->probe.stamped =
		        call_ask(&session->caller, fd, CONTROL_ARRIVAL, AF_UNSPEC, true);
}

void probe_timer_add_datagrams(struct session *session, int fd, int family)
{
	if (is_on(session))
		call_ask(&session->caller, fd, CONTROL_ERROR, family, true);
}

/* An accepted socket has inherited SO_TIMESTAMPNS. Where a person makes the calls one by one there
 * are no others. */
void probe_timer_add_connection(struct session *session)
{
	if (!is_on(session) || session->paused || session->stepped ||
	    session->transport != TRANSPORT_TCP)
		return;
	session->probe.sent = 0;
	session->probe.acks = call_ask(&session->caller, session->fd[0], CONTROL_ACKNOWLEDGEMENT,
	                               AF_UNSPEC, true);
}

/* ---- looking ---- */

/* The socket whose sample is the newest, so that two of one session do not take turns. */
static int socket_of(const struct session *session)
{
	for (unsigned i = 0; i < session->fd_count; i++)
		if (session->fd[i] == session->probe.fd)
			return session->fd[i];
	return session->fd[0];
}

/* TCP_INFO reports no timers, and only sock_diag(7) reports the queue of a UNIX socket. The local address
 * is not known before connect() has succeeded, but both ends are needed to find the connection. */
static void add_diag(struct session *session, unsigned slot, struct sample *sample)
{
	static const struct endpoint nobody = { .family = AF_UNSPEC };
	bool connects = session->state == SESSION_CONNECTING;
	const struct endpoint *peer = session->state == SESSION_LISTENING ? &nobody
	                              : !connects                         ? &session->peer
	                              : session->dial ? dial_remote(session, slot)
	                                              : &session->step->remote;
	struct endpoint *local = &session->local[slot];
	if (transport_is_unix(session->transport) && session->state == SESSION_LISTENING)
		diag_add_queue(session->table->diag[session->caller.host], session->fd[slot], sample);
	if (session->transport != TRANSPORT_TCP || (peer != &nobody && !endpoint_is_set(peer)))
		return;
	if (connects && (!endpoint_is_set(local) || endpoint_is_any(local))) {
		struct caller caller = session->caller;
		caller.flags |= ENTRY_WATCHING;
		call_getsockname(&caller, session->fd[slot], local);
	}
	struct diag *diag = session->table->diag[session->caller.host];
	if (diag_find(diag, local, peer, sample) == DIAG_GONE)
		sample_set(sample, SAMPLE_TIMER, TIMER_OFF);
}

void probe_timer_find(void *owner, int fd, struct sample *sample)
{
	struct session *session = owner;
	unsigned slot = 0; /* also of a descriptor that is about to be closed */
	while (slot < session->fd_count && session->fd[slot] != fd)
		slot++;
	if (slot < session->fd_count || !session->fd_count)
		add_diag(session, slot, sample);
}

void probe_timer_sample(struct session *session)
{
	session->probe.news = false;
	for (unsigned i = 0; i < session->fd_count; i++) {
		struct sample sample = { 0 };
		if (session->probe.expected)
			probe_collect(&session->caller, session->fd[i]);
		kernel_read(session->fd[i], session->transport, &sample);
		add_diag(session, i, &sample);
		probe_note(&session->caller, session->fd[i], &sample, SAMPLE_LATER);
	}
}

/* Whether the poller is to say what is new on the session's sockets: a paused session leaves what
 * comes in the kernel, as does a listener that has enough clients, and what is unread keeps them
 * readable. A socket that is only made counts
 * as hung up, tcp(7). */
static bool asks_news(const struct session *session)
{
	bool lives = session->state == SESSION_OPEN || session->state == SESSION_LISTENING;
	bool leaves = session->paused ||
	              (session->ops->is_crowded && session->ops->is_crowded(session));
	return leaves && lives && !session->step && is_on(session) &&
	       !session->probe.hung_up;
}

/* ---- stamps ---- */

/* Stamps that nobody looks at cost a busy session some percent of its speed. */
static void stamp(struct session *session, bool on)
{
	struct probe *probe = &session->probe;
	bool done = true;
	for (unsigned i = 0; i < session->fd_count; i++)
		done = call_ask(&session->caller, session->fd[i], CONTROL_ARRIVAL, AF_UNSPEC, on) &&
		       done;
	probe->stamped = on && done;
	probe->stamps = probe->stamps && probe->stamped;
	probe->muted = !on;
	if (on && session->state == SESSION_OPEN)
		probe_timer_add_connection(session);
	else if (probe->acks)
		probe->acks = !call_ask(&session->caller, session->fd[0], CONTROL_ACKNOWLEDGEMENT,
		                        AF_UNSPEC, false);
}

static void mute(struct session *session, int64_t now)
{
	session->probe.muted_at = now;
	session->probe.refused = 0;
	if (session->probe.stamped)
		stamp(session, false);
}

/* While any socket of the program wants stamps, the arrivals of all are stamped. */
static void mute_all(struct session *session, int64_t now)
{
	struct session *listener = NULL;
	if (session->listener)
		listener = session->table->find(session->table, session->listener);
	mute(session, now);
	if (listener)
		mute(listener, now);
}

static bool is_busy(const struct session *session, int64_t now)
{
	return probe_is_busy(&session->probe, now) || session->probe.refused > REFUSED_MOST;
}

/* A stream must have nothing under way: from there on the kernel counts its bytes from 0. */
static void mind_stamps(struct session *session, int64_t now)
{
	struct probe *probe = &session->probe;
	if (is_busy(session, now))
		mute_all(session, now);
	probe->refused = 0;
	if (!probe->muted || now - probe->muted_at < REST || probe->unsettled)
		return;
	probe->busy = false; /* else it would be judged by its last call, and muted again at once */
	stamp(session, true);
}

/* ---- what is ready ---- */

/* select() calls a socket with something on its error queue both readable and writable. */
static bool take_answers(struct session *session, const struct poller *poller)
{
	int fd = session->fd_count ? session->fd[0] : -1;
	if (!session->probe.expected || fd < 0 ||
	    !(poller_readable(poller, fd) || poller_writable(poller, fd)))
		return false;
	if (!probe_collect(&session->caller, fd))
		return false;
	probe_read(&session->caller, fd, SAMPLE_BEFORE);
	return true;
}

bool probe_timer_notice(struct session *session, const struct poller *poller)
{
	if (take_answers(session, poller))
		return true;
	bool asks = asks_news(session);
	for (unsigned i = 0; asks && i < session->fd_count; i++) {
		struct probe *probe = &session->probe;
		probe->news = probe->news || poller_has_news(poller, session->fd[i]);
		probe->hung_up = probe->hung_up || poller_hung_up(poller, session->fd[i]);
	}
	return false;
}

/* ---- drops ---- */

static void report_drops(struct session *session, int64_t now)
{
	struct probe *probe = &session->probe;
	uint64_t count = probe->dropped - probe->dropped_told;
	session_report(session, ENTRY_ERROR,
	               "%llu datagram%s dropped here: the receive buffer was full *",
	               (unsigned long long)count, count == 1 ? " was" : "s were");
	probe->dropped_told = probe->dropped;
	probe->dropped_told_at = now;
}

static int64_t drops_due(const struct probe *probe)
{
	if (probe->dropped == probe->dropped_told)
		return INT64_MAX;
	return probe->dropped_told_at ? probe->dropped_told_at + SELDOM : 0;
}

/* ---- turns ---- */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The samples around calls are enough, except for what comes after the last of them. */
static int64_t sample_due(const struct session *session)
{
	const struct probe *probe = &session->probe;
	if (!session->fd_count || !is_on(session))
		return INT64_MAX;
	if (!probe->calls && sample_is(&probe->last, STATE_TIME_WAIT))
		return probe->settles_at;
	if (probe->news)
		return probe->timer_sampled_at + OFTEN;
	if (!probe->unsettled && !probe->calls)
		return probe->muted
		               ? later(probe->muted_at + REST, probe->timer_sampled_at + SELDOM)
		               : INT64_MAX;
	if (session->closely_until > probe->timer_sampled_at)
		return probe->timer_sampled_at + CLOSELY;
	int64_t next = probe->timer_sampled_at + (session->pinned ? OFTEN : SELDOM);
	return probe->timer_sampled_at ? later(next, probe->settles_at) : probe->settles_at;
}

int64_t probe_timer_prepare(struct session *session, struct poller *poller)
{
	const struct probe *probe = &session->probe;
	if (probe->stamped && is_busy(session, probe->budget->called))
		mute_all(session, probe->budget->called);
	for (unsigned i = 0; asks_news(session) && i < session->fd_count; i++)
		poller_want_news(poller, session->fd[i]);
	int64_t look = sample_due(session), drops = drops_due(probe);
	return look < drops ? look : drops;
}

void probe_timer_serve(struct session *session, int64_t now)
{
	if (sample_due(session) <= now) {
		session->probe.timer_sampled_at = now;
		probe_timer_sample(session);
		mind_stamps(session, now);
		if (session->probe.stamped && !session->probe.stamps)
			probe_read(&session->caller, socket_of(session), SAMPLE_LATER);
	}
	if (drops_due(&session->probe) <= now)
		report_drops(session, now);
}
