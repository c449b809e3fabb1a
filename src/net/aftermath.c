// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/aftermath.h"

#include <string.h>

#include "base/clock.h"
#include "net/kind.h"
#include "net/sampler.h"

/* States that pass by themselves are over in a round trip, or else the peer is silent. */
#define SOON    (100 * CLOCK_MS)
#define LATER   CLOCK_S
#define HURRY   CLOCK_S         /* so long after close() */
#define TICK    (20 * CLOCK_MS) /* a timer ends on one of the kernel's own */
#define FOREVER (3600 * CLOCK_S)

/* ---- the list ---- */

/* Its place, or the number of all where it is not there. */
static size_t find(const struct aftermath *aftermath, uint32_t session)
{
	size_t i = 0;
	while (i < aftermath->count && aftermath->list[i].session != session)
		i++;
	return i;
}

static void drop(struct aftermath *aftermath, struct remains *remains)
{
	size_t behind = aftermath->count - (size_t)(remains - aftermath->list) - 1;
	memmove(remains, remains + 1, behind * sizeof *remains);
	aftermath->count--;
}

void aftermath_end(struct aftermath *aftermath, uint32_t session)
{
	size_t place = find(aftermath, session);
	if (place < aftermath->count)
		drop(aftermath, &aftermath->list[place]);
}

bool aftermath_follows(const struct aftermath *aftermath, uint32_t session)
{
	return find(aftermath, session) < aftermath->count;
}

/* What was last said of it is true no more, and nobody will say anything else. */
static void lose(struct sessions *sessions, struct remains *remains)
{
	struct session *session = sessions_numbered(sessions, remains->session);
	if (session)
		watch_forget(&session->watch);
	drop(sessions_aftermath(sessions), remains);
}

/* ---- looking ---- */

static bool is_open(const struct reading *reading)
{
	return reading_is(reading, STATE_ESTABLISHED) || reading_is(reading, STATE_CLOSE_WAIT);
}

/* After close() none of these is left: the same two ends have connected anew. */
static bool is_another(const struct remains *remains, const struct reading *reading)
{
	return reading_is(reading, STATE_SYN_SENT) || reading_is(reading, STATE_SYN_RECV) ||
	       (is_open(reading) && !remains->lingers);
}

/* A FIN_WAIT2 ends with its timer or with the peer's FIN, which matters where somebody looks. */
static int64_t until_next(const struct session *session, const struct remains *remains,
                          const struct reading *reading, int64_t now)
{
	bool timed = reading_has(reading, READING_TIMER_LEFT);
	int64_t left = (int64_t)reading_get(reading, READING_TIMER_LEFT) * CLOCK_US;
	bool watched = sessions_spares(session->sessions, session);
	if (reading_is(reading, STATE_FIN_WAIT2) && watched)
		return LATER;
	if (reading_is(reading, STATE_FIN_WAIT2) || reading_is(reading, STATE_TIME_WAIT))
		return timed && left < FOREVER ? left + TICK : LATER;
	return now - remains->begun < HURRY ? SOON : LATER;
}

/* Nothing is said while a lingering close() has not begun. */
static void note(struct session *session, struct remains *remains, struct reading *reading)
{
	int64_t now = clock_now();
	if (!is_open(reading))
		watch_note(&session->caller, -1, reading, READING_CLOSED);
	remains->due = now + until_next(session, remains, reading, now);
}

static void note_gone(struct session *session)
{
	struct reading gone = { 0 };
	reading_set(&gone, READING_STATE, STATE_GONE);
	watch_note(&session->caller, -1, &gone, READING_CLOSED);
}

static void look(struct sessions *sessions, struct remains *remains)
{
	struct reading reading = { 0 };
	struct session *session = sessions_numbered(sessions, remains->session);
	enum diag_answer answer =
	        diag_find(sessions_diag(sessions), &remains->local, &remains->peer, &reading);
	if (!session || answer == DIAG_UNAVAILABLE || sessions_budget(sessions)->off) {
		lose(sessions, remains);
	} else if (answer == DIAG_GONE || is_another(remains, &reading)) {
		note_gone(session);
		drop(sessions_aftermath(sessions), remains);
	} else {
		note(session, remains, &reading);
	}
}

void aftermath_begin(struct sessions *sessions, struct session *session, const struct addr *local,
                     const struct addr *peer, bool lingers)
{
	struct aftermath *aftermath = sessions_aftermath(sessions);
	aftermath_end(aftermath, session->caller.session);
	if (aftermath->count == AFTERMATH_MOST)
		lose(sessions, &aftermath->list[0]);
	struct remains *remains = &aftermath->list[aftermath->count++];
	*remains = (struct remains){
		.session = session->caller.session,
		.lingers = lingers,
		.local = *local,
		.peer = *peer,
		.begun = clock_now(),
	};
	look(sessions, remains);
}

void aftermath_look(struct sessions *sessions, const struct session *session)
{
	struct aftermath *aftermath = sessions_aftermath(sessions);
	size_t place = find(aftermath, session->caller.session);
	if (place < aftermath->count)
		look(sessions, &aftermath->list[place]);
}

/* ---- turns ---- */

void aftermath_prepare(const struct aftermath *aftermath, struct poller *poller)
{
	for (size_t i = 0; i < aftermath->count; i++)
		poller_wake_at(poller, aftermath->list[i].due);
}

/* Looking may drop the one looked at; so the way is from the end. */
void aftermath_serve(struct sessions *sessions)
{
	struct aftermath *aftermath = sessions_aftermath(sessions);
	int64_t now = aftermath->count ? clock_now() : 0;
	for (size_t i = aftermath->count; i-- > 0;)
		if (aftermath->list[i].due <= now)
			look(sessions, &aftermath->list[i]);
}
