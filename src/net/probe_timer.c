// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/probe_timer.h"

#include <errno.h>

#include "base/clock.h"
#include "net/session_internal.h"

#define OFTEN  (50 * CLOCK_MS) /* the session that is looked at */
#define SELDOM CLOCK_S         /* the others, and how often drops are told */
#define REST   (2 * CLOCK_S)   /* without being busy: then arrivals are stamped again */

enum { REFUSED_MOST = 50 }; /* between two looks: more make a session busy, beside busy others */

void sessions_read_kernel(struct sessions *sessions, bool on)
{
	sessions_budget(sessions)->off = !on;
}

static bool is_on(const struct session *session)
{
	return !session->probe.budget->off;
}

/* ---- asking ---- */

/* A service takes what comes at once: how long it lay there says nothing. And the kernel stamps the
 * arrivals of every socket of the machine from the first that has asked until that is closed, also
 * where it no longer asks: a busy server would pay for it. */
void probe_timer_add_socket(struct session *session, int fd)
{
	if (is_on(session) && session->service == &service_table[0])
		session->probe.stamped = call_ask_arrivals(&session->caller, fd, true);
}

void probe_timer_add_datagrams(struct session *session, int fd, int family)
{
	if (is_on(session))
		call_ask_errors(&session->caller, fd, family);
}

/* An accepted socket has inherited SO_TIMESTAMPNS. A person who makes the calls one by one has made
 * them all. */
void probe_timer_add_connection(struct session *session)
{
	if (!is_on(session) || session->paused || session->stepped || session->kind != &stream_kind)
		return;
	session->probe.sent = 0;
	session->probe.acks = call_ask_acknowledgements(&session->caller, session->fd[0], true);
}

/* ---- looking ---- */

/* The socket whose reading is the newest, so that two of one session do not take turns. */
static int socket_of(const struct session *session)
{
	for (unsigned i = 0; i < session->fd_count; i++)
		if (session->fd[i] == session->probe.fd)
			return session->fd[i];
	return session->fd[0];
}

static const struct endpoint *peer_of(const struct session *session, int fd)
{
	const struct endpoint *tried = connect_addr(session, fd);
	if (tried)
		return tried;
	if (session->step && session->step->call == STEP_CONNECT)
		return &session->step->addr;
	return &session->peer;
}

/* Where connect() goes out from is not asked before it has succeeded; but who is looked for must be
 * known. */
static const struct endpoint *local_of(struct session *session, int fd)
{
	unsigned slot = 0;
	struct caller caller = session->caller;
	while (session->fd[slot] != fd)
		slot++;
	struct endpoint *local = &session->local[slot];
	caller.flags |= ENTRY_WATCHING;
	if (session->state == SESSION_CONNECTING &&
	    (!endpoint_is_set(local) || endpoint_is_any(local)))
		call_getsockname(&caller, fd, local);
	return local;
}

/* TCP_INFO does not tell timers. */
static void add_timer(struct session *session, int fd, struct sample *sample)
{
	static const struct endpoint nobody = { .family = AF_UNSPEC };
	bool listens = session->state == SESSION_LISTENING;
	const struct endpoint *peer = listens ? &nobody : peer_of(session, fd);
	if (session->probe.type == SOCK_STREAM && (listens || endpoint_is_set(peer)))
		diag_find(sessions_diag(session->sessions), local_of(session, fd), peer, sample);
}

static void look_at_socket(struct session *session, int fd)
{
	struct sample sample = { 0 };
	if (session->probe.expected)
		probe_collect(&session->caller, fd);
	kernel_read(fd, session->probe.type, &sample);
	add_timer(session, fd, &sample);
	probe_note(&session->caller, fd, &sample, SAMPLE_LATER);
}

static void look_at(struct session *session)
{
	for (unsigned i = 0; i < session->fd_count; i++)
		look_at_socket(session, session->fd[i]);
}

void sessions_look(struct sessions *sessions, struct session *session)
{
	if (!is_on(session))
		return;
	if (session->fd_count)
		look_at(session);
	else if (session->state == SESSION_CLOSED)
		lingering_look(sessions, session);
}

const struct sample *session_sample(const struct session *session)
{
	return &session->probe.last;
}

size_t session_socket_count(const struct session *session)
{
	return session->fd_count;
}

const struct sample *session_socket_reading(const struct session *session, size_t index,
                                            struct endpoint *local)
{
	*local = session->local[index];
	return probe_last(&session->probe, session->fd[index]);
}

int64_t session_read_at(const struct session *session)
{
	return session->probe.read_at;
}

bool session_is_unsettled(const struct session *session)
{
	if (session->state == SESSION_CLOSED)
		return lingering_follows(sessions_lingering(session->sessions),
		                         session->caller.session);
	return session->probe.unsettled;
}

/* ---- stamps ---- */

/* Stamps that nobody looks at cost a busy session some percent of its speed. */
static void stamp(struct session *session, bool on)
{
	struct probe *probe = &session->probe;
	bool done = true;
	for (unsigned i = 0; i < session->fd_count; i++)
		done = call_ask_arrivals(&session->caller, session->fd[i], on) && done;
	probe->stamped = on && done;
	probe->stamps = probe->stamps && probe->stamped;
	probe->muted = !on;
	if (on && session->state == SESSION_OPEN)
		probe_timer_add_connection(session);
	else if (probe->acks)
		probe->acks = !call_ask_acknowledgements(&session->caller, session->fd[0], false);
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
		listener = sessions_numbered(session->sessions, session->listener);
	mute(session, now);
	if (listener)
		mute(listener, now);
}

static bool is_busy(const struct session *session, int64_t now)
{
	return probe_is_busy(&session->probe, now) || session->probe.refused > REFUSED_MOST;
}

/* A stream must have nothing under way: from there on the kernel counts its bytes anew. */
static void mind_stamps(struct session *session, int64_t now)
{
	struct probe *probe = &session->probe;
	if (is_busy(session, now))
		mute_all(session, now);
	else if (probe->muted && now - probe->muted_at >= REST && !probe->unsettled)
		stamp(session, true);
	probe->refused = 0;
}

/* ---- what comes aside ---- */

/* select() says both of a socket that has something on its error queue. */
bool probe_timer_take_answers(struct session *session, const struct poller *poller)
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

/* ---- what is told ---- */

/* A peer that has sent FIN can only be heard of again by RST, which wakes nobody who does not
 * write. */
static bool was_cut_off(const struct session *session)
{
	return session->peer_closed && !session->fin_sent && !session->broken && !session->paused &&
	       session->state == SESSION_OPEN && session->kind == &stream_kind &&
	       session->probe.last.present && session->probe.fd == session->fd[0] &&
	       sample_is(&session->probe.last, STATE_CLOSED);
}

static void tell_cut_off(struct session *session)
{
	int code = 0;
	struct caller caller = session->caller;
	caller.flags |= ENTRY_WATCHING;
	call_get_option(&caller, session->fd[0], SOL_SOCKET, SO_ERROR, &code);
	if (code == ETIMEDOUT)
		session_finish(session, SESSION_ENDED_FAILED,
		               "timed out: the peer has not acknowledged anything for long *");
	else
		session_finish(session, SESSION_ENDED_RESET, "connection reset by peer (RST) *");
}

static void tell_drops(struct session *session, int64_t now)
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

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* While calls are made they tell enough, but for what comes after the last of them. */
static int64_t look_due(const struct session *session)
{
	const struct probe *probe = &session->probe;
	if (!session->fd_count || !is_on(session))
		return INT64_MAX;
	if (!probe->unsettled && !probe->calls && !step_may_grow(session))
		return probe->muted ? later(probe->muted_at + REST, probe->looked_at + SELDOM)
		                    : INT64_MAX;
	bool watched = sessions_is_pinned(session->sessions, session);
	int64_t next = probe->looked_at + (watched ? OFTEN : SELDOM);
	return probe->looked_at ? later(next, probe->look_at) : probe->look_at;
}

int64_t probe_timer_prepare(struct session *session)
{
	const struct probe *probe = &session->probe;
	if (was_cut_off(session))
		tell_cut_off(session);
	if (probe->stamped && is_busy(session, probe->budget->called))
		mute_all(session, probe->budget->called);
	return earlier(look_due(session), drops_due(&session->probe));
}

void probe_timer_serve(struct session *session, int64_t now)
{
	if (look_due(session) <= now) {
		session->probe.looked_at = now;
		look_at(session);
		mind_stamps(session, now);
		if (session->probe.stamped && !session->probe.stamps)
			probe_read(&session->caller, socket_of(session), SAMPLE_LATER);
	}
	if (drops_due(&session->probe) <= now)
		tell_drops(session, now);
}
