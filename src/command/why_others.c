// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "command/failure.h"

enum { SAMPLE_NEAR = 64 }; /* entries before close() in which the kernel's reading is looked for */

static bool same_transport(const struct session *a, const struct session *b)
{
	return session_transport(a) == session_transport(b);
}

static void name_session(const struct session *session, struct buf *out)
{
	buf_printf(out, "Session %u (%s)", session_number(session), session_name(session));
}

/* ---- who has the port ---- */

static bool say_time_wait(const struct session *session, struct buf *out)
{
	char left[CLOCK_TEXT];
	const struct sample *sample = session_sample(session);
	if (!sample_is(sample, STATE_TIME_WAIT))
		return false;
	int64_t rest = (int64_t)sample_get(sample, SAMPLE_TIMER_LEFT) * CLOCK_US -
	               (clock_now() - session_read_at(session));
	name_session(session, out);
	buf_append_text(out, " has gone, but its connection is in TIME_WAIT");
	if (rest > 0)
		buf_printf(out, " for another %s *", clock_format_duration(rest, left));
	buf_append_text(out, ".\n");
	return true;
}

static bool say_holder(const struct session *session, unsigned port, struct buf *out)
{
	char text[ENDPOINT_TEXT];
	struct endpoint local = session_local(session);
	if (local.port != port)
		return false;
	if (session_state(session) == SESSION_CLOSED)
		return say_time_wait(session, out);
	name_session(session, out);
	buf_printf(out, " has port %u: %s at %s.\n", port,
	           tcp_state_title(session_tcp_state(session)), endpoint_format(&local, text));
	return true;
}

/* bind() says which port, listen() takes that of its socket. */
static unsigned wanted_port(const struct failure *failure)
{
	struct endpoint addr = entry_addr(failure_call(failure));
	if (endpoint_is_set(&addr))
		return addr.port;
	return session_local(failure->session).port;
}

static void say_holders(const struct failure *failure, struct buf *out)
{
	const struct sessions *sessions = failure->app->sessions;
	unsigned port = wanted_port(failure);
	bool found = false;
	for (size_t i = 0; port && i < sessions_count(sessions); i++) {
		const struct session *other = sessions_at(sessions, i);
		if (other != failure->session && same_transport(other, failure->session))
			found |= say_holder(other, port, out);
	}
	if (port && !found)
		buf_printf(out,
		           "No session here has port %u: another program does (ss -anp shows it), "
		           "or a connection of one that has gone.\n",
		           port);
}

/* ---- who listens, but elsewhere ---- */

static void say_listeners(const struct failure *failure, struct buf *out)
{
	char text[ENDPOINT_TEXT];
	const struct sessions *sessions = failure->app->sessions;
	struct endpoint addr = entry_addr(failure_call(failure));
	for (size_t i = 0; addr.port && i < sessions_count(sessions); i++) {
		const struct session *other = sessions_at(sessions, i);
		struct endpoint local = session_local(other);
		if (!session_is_server(other) || local.port != addr.port ||
		    session_state(other) == SESSION_CLOSED)
			continue;
		name_session(other, out);
		if (same_transport(other, failure->session))
			buf_printf(out, " has that port, but at %s.\n",
			           endpoint_format(&local, text));
		else
			buf_printf(out, " has that port, but of %s.\n",
			           transport_title(session_transport(other)));
	}
}

/* ---- what the other end did ---- */

static bool aborts(const struct entry *entry)
{
	struct linger linger;
	if (entry->call != CALL_SETSOCKOPT || entry->arg != SO_LINGER ||
	    entry->arg2 != (int16_t)SOL_SOCKET || entry->len != sizeof linger)
		return false;
	memcpy(&linger, entry_payload(entry), sizeof linger);
	return linger.l_onoff && linger.l_linger == 0;
}

static void say_how_it_closed(const struct transcript *transcript, const struct session *other,
                              struct buf *out)
{
	struct sample sample;
	uint64_t at = transcript_last(transcript, session_number(other));
	while (at != TRANSCRIPT_NONE && transcript_at(transcript, at)->call != CALL_CLOSE)
		at = transcript_before(transcript, at);
	if (at == TRANSCRIPT_NONE)
		return;
	uint64_t before = transcript_before(transcript, at);
	while (before != TRANSCRIPT_NONE && !aborts(transcript_at(transcript, before)) &&
	       transcript_at(transcript, before)->call != CALL_CONNECT)
		before = transcript_before(transcript, before);
	const struct entry *set =
	        before == TRANSCRIPT_NONE ? NULL : transcript_at(transcript, before);
	if (set && aborts(set)) {
		name_session(other, out);
		buf_append_text(out, ", the other end, closed with SO_LINGER 0.\n");
	} else if (sample_before(transcript, at, SAMPLE_NEAR, &sample) &&
	           sample_get(&sample, SAMPLE_INQ)) {
		name_session(other, out);
		buf_printf(out,
		           ", the other end, closed with %" PRIu64 " bytes in its buffer unread *."
		           "\n",
		           sample_get(&sample, SAMPLE_INQ));
	}
}

static void say_other_end(const struct failure *failure, struct buf *out)
{
	const struct session *other = app_other_end(failure->app, failure->session);
	if (other)
		say_how_it_closed(failure->app->transcript, other, out);
}

void failure_say_others(const struct failure *failure, struct buf *out)
{
	if (failure->at == TRANSCRIPT_NONE || !failure_call(failure))
		return;
	if (failure->code == EADDRINUSE)
		say_holders(failure, out);
	else if (failure->code == ECONNREFUSED)
		say_listeners(failure, out);
	else if (failure->code == ECONNRESET || failure->code == EPIPE)
		say_other_end(failure, out);
}
