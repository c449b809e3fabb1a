// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/lingering.h"

#include <string.h>

#include "base/clock.h"
#include "net/diag.h"
#include "net/session_internal.h"

/* States that pass by themselves are over in a round trip, or else the peer is silent. */
#define SOON    (100 * CLOCK_MS)
#define LATER   CLOCK_S
#define HURRY   CLOCK_S         /* this long after close() */
#define TICK    (20 * CLOCK_MS) /* a timer ends on one of the kernel's own */
#define FOREVER (3600 * CLOCK_S)

/* ---- the list ---- */

/* The index of this session's connection; lingering->count if it has none. */
static size_t find(const struct lingering *lingering, uint32_t session)
{
	size_t i = 0;
	while (i < lingering->count && lingering->list[i].session != session)
		i++;
	return i;
}

static void drop(struct lingering *lingering, struct lingering_connection *connection)
{
	size_t after = lingering->count - (size_t)(connection - lingering->list) - 1;
	memmove(connection, connection + 1, after * sizeof *connection);
	lingering->count--;
}

void lingering_end(struct lingering *lingering, struct session *session)
{
	size_t place = find(lingering, session->caller.session);
	if (place < lingering->count)
		drop(lingering, &lingering->list[place]);
	session->followed = false;
}

/* The last sample may be out of date, and no other follows: it is forgotten. */
static void lose(struct lingering *lingering, struct lingering_connection *connection)
{
	struct session *session = lingering->table->find(lingering->table, connection->session);
	if (session) {
		session->followed = false;
		probe_forget(&session->probe);
	}
	drop(lingering, connection);
}

/* ---- looking ---- */

static bool is_open(const struct sample *sample)
{
	return sample_is(sample, STATE_ESTABLISHED) || sample_is(sample, STATE_CLOSE_WAIT);
}

/* After close() a connection has none of these: the same two ends have connected again. */
static bool is_another(const struct lingering_connection *connection, const struct sample *sample)
{
	return sample_is(sample, STATE_SYN_SENT) || sample_is(sample, STATE_SYN_RECV) ||
	       (is_open(sample) && !connection->lingers);
}

/* A FIN_WAIT2 ends with its timer or with the peer's FIN, which matters while a person looks. */
static int64_t until_next(const struct session *session,
                          const struct lingering_connection *connection,
                          const struct sample *sample, int64_t now)
{
	bool timed = sample_has(sample, SAMPLE_TIMER_LEFT);
	int64_t left = (int64_t)sample_get(sample, SAMPLE_TIMER_LEFT) * CLOCK_US;
	if (sample_is(sample, STATE_FIN_WAIT2) && session->pinned)
		return LATER;
	if (sample_is(sample, STATE_FIN_WAIT2) || sample_is(sample, STATE_TIME_WAIT))
		return timed && left < FOREVER ? left + TICK : LATER;
	int64_t next = now - connection->begun < HURRY ? SOON : LATER;
	return timed && left + TICK < next ? left + TICK : next;
}

/* Nothing is recorded until a lingering close() has begun. */
static void note(struct session *session, struct lingering_connection *connection,
                 struct sample *sample)
{
	int64_t now = clock_now();
	if (!is_open(sample))
		probe_note(&session->caller, -1, sample, SAMPLE_CLOSED);
	connection->due = now + until_next(session, connection, sample, now);
}

static void note_gone(struct session *session)
{
	struct sample gone = { 0 };
	sample_set(&gone, SAMPLE_STATE, STATE_GONE);
	probe_note(&session->caller, -1, &gone, SAMPLE_CLOSED);
}

static void end(struct lingering *lingering, struct lingering_connection *connection,
                struct session *session)
{
	note_gone(session);
	session->followed = false;
	drop(lingering, connection);
}

static void look(struct lingering *lingering, struct lingering_connection *connection)
{
	struct sample sample = { 0 };
	struct session_table *table = lingering->table;
	struct session *session = table->find(table, connection->session);
	enum diag_answer answer = diag_find(table->diag[connection->host], &connection->local,
	                                    &connection->peer, &sample);
	if (!session || answer == DIAG_UNAVAILABLE || table->budget.off) {
		lose(lingering, connection);
	} else if (answer == DIAG_GONE || is_another(connection, &sample)) {
		end(lingering, connection, session);
	} else {
		note(session, connection, &sample);
	}
}

void lingering_begin(struct lingering *lingering, struct session *session,
                     const struct endpoint *local, const struct endpoint *peer, bool lingers)
{
	lingering_end(lingering, session);
	if (lingering->count == LINGERING_MOST)
		lose(lingering, &lingering->list[0]);
	struct lingering_connection *connection = &lingering->list[lingering->count++];
	*connection = (struct lingering_connection){
		.session = session->caller.session,
		.lingers = lingers,
		.host = session->caller.host,
		.local = *local,
		.peer = *peer,
		.begun = clock_now(),
	};
	session->followed = true;
	look(lingering, connection);
}

void lingering_sample(struct lingering *lingering, const struct session *session)
{
	size_t place = find(lingering, session->caller.session);
	if (place < lingering->count)
		look(lingering, &lingering->list[place]);
}

void lingering_end_hosts(struct lingering *lingering)
{
	for (size_t i = lingering->count; i-- > 0;) {
		struct lingering_connection *connection = &lingering->list[i];
		struct session *session =
		        lingering->table->find(lingering->table, connection->session);
		if (connection->host != HOST_HERE && session)
			end(lingering, connection, session);
	}
}

/* ---- turns ---- */

void lingering_prepare(const struct lingering *lingering, struct poller *poller)
{
	for (size_t i = 0; i < lingering->count; i++)
		poller_wake_at(poller, lingering->list[i].due);
}

/* Backwards, since sampling may drop the connection. */
void lingering_serve(struct lingering *lingering)
{
	int64_t now = lingering->count ? clock_now() : 0;
	for (size_t i = lingering->count; i-- > 0;)
		if (lingering->list[i].due <= now)
			look(lingering, &lingering->list[i]);
}
