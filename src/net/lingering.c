// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/lingering.h"

#include <string.h>

#include "base/clock.h"
#include "net/session_internal.h"
#include "net/probe_timer.h"

/* States that pass by themselves are over in a round trip, or else the peer is silent. */
#define SOON    (100 * CLOCK_MS)
#define LATER   CLOCK_S
#define HURRY   CLOCK_S         /* so long after close() */
#define TICK    (20 * CLOCK_MS) /* a timer ends on one of the kernel's own */
#define FOREVER (3600 * CLOCK_S)

/* ---- the list ---- */

/* Its place, or the number of all where it is not there. */
static size_t find(const struct lingering *lingering, uint32_t session)
{
	size_t i = 0;
	while (i < lingering->count && lingering->list[i].session != session)
		i++;
	return i;
}

static void drop(struct lingering *lingering, struct lingering_connection *lingering_connection)
{
	size_t behind = lingering->count - (size_t)(lingering_connection - lingering->list) - 1;
	memmove(lingering_connection, lingering_connection + 1,
	        behind * sizeof *lingering_connection);
	lingering->count--;
}

void lingering_end(struct lingering *lingering, uint32_t session)
{
	size_t place = find(lingering, session);
	if (place < lingering->count)
		drop(lingering, &lingering->list[place]);
}

bool lingering_follows(const struct lingering *lingering, uint32_t session)
{
	return find(lingering, session) < lingering->count;
}

/* What was last said of it is true no more, and nobody will say anything else. */
static void lose(struct sessions *sessions, struct lingering_connection *lingering_connection)
{
	struct session *session = sessions_numbered(sessions, lingering_connection->session);
	if (session)
		probe_forget(&session->probe);
	drop(sessions_lingering(sessions), lingering_connection);
}

/* ---- looking ---- */

static bool is_open(const struct sample *sample)
{
	return sample_is(sample, STATE_ESTABLISHED) || sample_is(sample, STATE_CLOSE_WAIT);
}

/* After close() none of these is left: the same two ends have connected anew. */
static bool is_another(const struct lingering_connection *lingering_connection,
                       const struct sample *sample)
{
	return sample_is(sample, STATE_SYN_SENT) || sample_is(sample, STATE_SYN_RECV) ||
	       (is_open(sample) && !lingering_connection->lingers);
}

/* A FIN_WAIT2 ends with its timer or with the peer's FIN, which matters where somebody looks. */
static int64_t until_next(const struct session *session,
                          const struct lingering_connection *lingering_connection,
                          const struct sample *sample, int64_t now)
{
	bool timed = sample_has(sample, SAMPLE_TIMER_LEFT);
	int64_t left = (int64_t)sample_get(sample, SAMPLE_TIMER_LEFT) * CLOCK_US;
	bool watched = sessions_is_pinned(session->sessions, session);
	if (sample_is(sample, STATE_FIN_WAIT2) && watched)
		return LATER;
	if (sample_is(sample, STATE_FIN_WAIT2) || sample_is(sample, STATE_TIME_WAIT))
		return timed && left < FOREVER ? left + TICK : LATER;
	return now - lingering_connection->begun < HURRY ? SOON : LATER;
}

/* Nothing is said while a lingering close() has not begun. */
static void note(struct session *session, struct lingering_connection *lingering_connection,
                 struct sample *sample)
{
	int64_t now = clock_now();
	if (!is_open(sample))
		probe_note(&session->caller, -1, sample, SAMPLE_CLOSED);
	lingering_connection->due = now + until_next(session, lingering_connection, sample, now);
}

static void note_gone(struct session *session)
{
	struct sample gone = { 0 };
	sample_set(&gone, SAMPLE_STATE, STATE_GONE);
	probe_note(&session->caller, -1, &gone, SAMPLE_CLOSED);
}

static void look(struct sessions *sessions, struct lingering_connection *lingering_connection)
{
	struct sample sample = { 0 };
	struct session *session = sessions_numbered(sessions, lingering_connection->session);
	enum diag_answer answer = diag_find(sessions_diag(sessions), &lingering_connection->local,
	                                    &lingering_connection->peer, &sample);
	if (!session || answer == DIAG_UNAVAILABLE || sessions_budget(sessions)->off) {
		lose(sessions, lingering_connection);
	} else if (answer == DIAG_GONE || is_another(lingering_connection, &sample)) {
		note_gone(session);
		drop(sessions_lingering(sessions), lingering_connection);
	} else {
		note(session, lingering_connection, &sample);
	}
}

void lingering_begin(struct sessions *sessions, struct session *session,
                     const struct endpoint *local, const struct endpoint *peer, bool lingers)
{
	struct lingering *lingering = sessions_lingering(sessions);
	lingering_end(lingering, session->caller.session);
	if (lingering->count == LINGERING_MOST)
		lose(sessions, &lingering->list[0]);
	struct lingering_connection *lingering_connection = &lingering->list[lingering->count++];
	*lingering_connection = (struct lingering_connection){
		.session = session->caller.session,
		.lingers = lingers,
		.local = *local,
		.peer = *peer,
		.begun = clock_now(),
	};
	look(sessions, lingering_connection);
}

void lingering_look(struct sessions *sessions, const struct session *session)
{
	struct lingering *lingering = sessions_lingering(sessions);
	size_t place = find(lingering, session->caller.session);
	if (place < lingering->count)
		look(sessions, &lingering->list[place]);
}

/* ---- turns ---- */

void lingering_prepare(const struct lingering *lingering, struct poller *poller)
{
	for (size_t i = 0; i < lingering->count; i++)
		poller_wake_at(poller, lingering->list[i].due);
}

/* Looking may drop the one looked at; so the way is from the end. */
void lingering_serve(struct sessions *sessions)
{
	struct lingering *lingering = sessions_lingering(sessions);
	int64_t now = lingering->count ? clock_now() : 0;
	for (size_t i = lingering->count; i-- > 0;)
		if (lingering->list[i].due <= now)
			look(sessions, &lingering->list[i]);
}
