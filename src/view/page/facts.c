// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define WHOLE_SECONDS (10 * CLOCK_S) /* from so much on a countdown has no tenths */
#define IN_MINUTES    (100 * CLOCK_S)

/* The kernel's numbers are microseconds; a hostile one must not overflow. */
static int64_t from_us(uint64_t us)
{
	return us > (uint64_t)(INT64_MAX / CLOCK_US) ? INT64_MAX : (int64_t)us * CLOCK_US;
}

const char *facts_format_tag(const struct facts *facts, char out[FACTS_TAG])
{
	enum { SHORT = 5 };
	if (text_columns(facts->name, strlen(facts->name)) <= SHORT)
		snprintf(out, FACTS_TAG, "[%s]", facts->name);
	else
		snprintf(out, FACTS_TAG, "[%" PRIu32 "]", facts->session);
	return out;
}

bool facts_are_loopback(const struct facts *facts)
{
	return addr_is_loopback(&facts->local) || addr_is_loopback(&facts->peer);
}

/* ---- state ---- */

static enum tcp_state_number number_named(const char *word)
{
	for (unsigned state = STATE_ESTABLISHED; state < STATE_COUNT; state++)
		if (strcmp(reading_state_name(state), word) == 0)
			return (enum tcp_state_number)state;
	return STATE_COUNT;
}

/* Once the descriptor is gone, what was last read through it is of the past: only sock_diag(7)
 * still tells, and that knows no buffers. */
static bool is_outdated(const struct facts *facts)
{
	return !facts->open && reading_has(&facts->reading, READING_RCVBUF);
}

static bool state_was_read(const struct facts *facts)
{
	return reading_has(&facts->reading, READING_STATE) && !is_outdated(facts) &&
	       reading_get(&facts->reading, READING_STATE) < STATE_COUNT;
}

enum tcp_state_number facts_state_number(const struct facts *facts)
{
	if (facts->kind == FACTS_DATAGRAMS)
		return STATE_COUNT;
	if (state_was_read(facts))
		return (enum tcp_state_number)reading_get(&facts->reading, READING_STATE);
	return number_named(facts->told);
}

const char *facts_state(const struct facts *facts, char *mark)
{
	enum tcp_state_number number = facts_state_number(facts);
	*mark = '\0';
	if (number == STATE_COUNT)
		return facts->told;
	*mark = state_was_read(facts) ? '*' : '?';
	return number == STATE_GONE ? "closed" : reading_state_name(number);
}

const char *facts_format_state(const struct facts *facts, char out[FACTS_STATE])
{
	char mark;
	const char *state = facts_state(facts, &mark);
	if (mark)
		snprintf(out, FACTS_STATE, "%s %c", state, mark);
	else
		snprintf(out, FACTS_STATE, "%s", state);
	return out;
}

/* ---- timer ---- */

enum reading_timer facts_timer(const struct facts *facts, int64_t *left)
{
	const struct reading *reading = &facts->reading;
	uint64_t timer = reading_get(reading, READING_TIMER);
	*left = from_us(reading_get(reading, READING_TIMER_LEFT)) - facts->age;
	if (*left < 0)
		*left = 0;
	if (is_outdated(facts) || timer > TIMER_PERSIST)
		return TIMER_OFF;
	return (enum reading_timer)timer;
}

const char *facts_format_left(int64_t left, char out[FACTS_LEFT])
{
	if (left >= WHOLE_SECONDS && left < IN_MINUTES)
		snprintf(out, FACTS_LEFT, "%" PRId64 " s", left / CLOCK_S);
	else if (left < CLOCK_S)
		snprintf(out, FACTS_LEFT, "%" PRId64 " ms", left / CLOCK_MS);
	else
		clock_format_duration(left, out);
	return out;
}

int64_t facts_left_pulse(int64_t left)
{
	return left >= WHOLE_SECONDS ? CLOCK_S : CLOCK_S / 10;
}

const char *facts_format_timer(const struct facts *facts, char out[FACTS_TIMER])
{
	int64_t ns;
	char left[FACTS_LEFT];
	enum reading_timer timer = facts_timer(facts, &ns);
	uint64_t tries = reading_get(&facts->reading, READING_RETRANSMITS);
	uint64_t probes = reading_get(&facts->reading, READING_PROBES);
	facts_format_left(ns, left);
	out[0] = '\0';
	if (timer == TIMER_RETRANSMIT)
		snprintf(out, FACTS_TIMER, "retransmit %" PRIu64 " in %s", tries + 1, left);
	else if (timer == TIMER_PERSIST)
		snprintf(out, FACTS_TIMER, "window probe in %s", left);
	else if (timer == TIMER_TIMEWAIT)
		snprintf(out, FACTS_TIMER, "%s left", left);
	else if (timer == TIMER_KEEPALIVE)
		snprintf(out, FACTS_TIMER, "keepalive probe %" PRIu64 " in %s", probes + 1, left);
	return out;
}

/* ---- queues ---- */

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

bool facts_unacknowledged(const struct facts *facts, uint64_t *bytes)
{
	*bytes = reading_get(&facts->reading, READING_OUTQ);
	return reading_has(&facts->reading, READING_OUTQ);
}

bool facts_held_back(const struct facts *facts, uint64_t *bytes)
{
	const struct reading *reading = &facts->reading;
	*bytes = reading_get(reading, READING_NOTSENT);
	return reading_has(reading, READING_NOTSENT);
}

bool facts_in_flight(const struct facts *facts, uint64_t *bytes)
{
	const struct reading *reading = &facts->reading;
	*bytes = less(reading_get(reading, READING_OUTQ), reading_get(reading, READING_NOTSENT));
	return reading_has(reading, READING_OUTQ) && reading_has(reading, READING_NOTSENT);
}

/* ---- what sending waits for ---- */

static bool window_is_closed(const struct facts *facts, uint64_t flight)
{
	const struct reading *reading = &facts->reading;
	uint64_t mss = reading_get(reading, READING_SND_MSS);
	if (reading_get(reading, READING_TIMER) == TIMER_PERSIST)
		return true;
	return reading_has(reading, READING_SND_WND) &&
	       less(reading_get(reading, READING_SND_WND), flight) < (mss ? mss : 1);
}

static bool congestion_holds(const struct reading *reading)
{
	return reading_has(reading, READING_CWND) && reading_has(reading, READING_UNACKED) &&
	       reading_get(reading, READING_UNACKED) >= reading_get(reading, READING_CWND);
}

static enum facts_limit limit_of_held(const struct facts *facts, uint64_t flight, uint64_t held)
{
	const struct reading *reading = &facts->reading;
	if (window_is_closed(facts, flight))
		return LIMIT_PEER_WINDOW;
	if (congestion_holds(reading) || !reading_has(reading, READING_SND_MSS))
		return LIMIT_NETWORK;
	if (flight && held < reading_get(reading, READING_SND_MSS))
		return LIMIT_NAGLE;
	return LIMIT_NETWORK;
}

enum facts_limit facts_limit(const struct facts *facts)
{
	uint64_t flight, held;
	if (facts->kind != FACTS_STREAM || !facts->open || !facts_in_flight(facts, &flight) ||
	    !facts_held_back(facts, &held))
		return LIMIT_UNKNOWN;
	if (held)
		return limit_of_held(facts, flight, held);
	if (facts->unsent)
		return LIMIT_SEND_BUFFER;
	return flight ? LIMIT_NETWORK : LIMIT_NO_DATA;
}

const char *facts_limit_name(enum facts_limit limit)
{
	static const char *const names[] = {
		[LIMIT_UNKNOWN] = "not available",
		[LIMIT_NO_DATA] = "nothing to send",
		[LIMIT_PEER_WINDOW] = "peer's window",
		[LIMIT_SEND_BUFFER] = "send buffer",
		[LIMIT_NAGLE] = "Nagle",
		[LIMIT_NETWORK] = "missing ACKs",
	};
	return names[limit];
}

/* ---- sockets of a server ---- */

size_t facts_socket_count(const struct facts *facts)
{
	return facts->socket_count ? facts->socket_count : 1;
}

const struct reading *facts_socket(const struct facts *facts, size_t index)
{
	return facts->socket_count ? &facts->sockets[index].reading : &facts->reading;
}

uint64_t facts_sum(const struct facts *facts, enum reading_field field)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < facts_socket_count(facts); i++)
		sum += reading_get(facts_socket(facts, i), field);
	return sum;
}

/* Linux lets one more in than listen() was asked for. */
bool facts_queue_of_is_full(const struct reading *reading)
{
	return reading_has(reading, READING_QUEUE) && reading_has(reading, READING_BACKLOG) &&
	       reading_get(reading, READING_QUEUE) > reading_get(reading, READING_BACKLOG);
}

bool facts_queue_is_full(const struct facts *facts)
{
	if (facts->kind != FACTS_LISTENER)
		return false;
	for (size_t i = 0; i < facts_socket_count(facts); i++)
		if (facts_queue_of_is_full(facts_socket(facts, i)))
			return true;
	return false;
}

/* ---- others ---- */

bool facts_retransmits_are_probes(const struct facts *facts)
{
	const struct reading *reading = &facts->reading;
	uint64_t again = reading_get(reading, READING_TOTAL_RETRANS);
	if (!again || reading_get(reading, READING_BACKOFF) || reading_get(reading, READING_LOST) ||
	    reading_get(reading, READING_TOTAL_RTO))
		return false;
	return reading_get(reading, READING_DSACK_DUPS) >= again;
}
