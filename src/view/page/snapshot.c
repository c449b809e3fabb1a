// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define WHOLE_SECONDS (10 * CLOCK_S) /* a countdown as long has no tenths */
#define IN_MINUTES    (100 * CLOCK_S)
#define US_PER_S      1e6

const char *snapshot_format_tag(const struct snapshot *snapshot, char out[SNAPSHOT_TAG])
{
	enum { SHORT = 5 };
	if (text_columns(snapshot->name, strlen(snapshot->name)) <= SHORT)
		snprintf(out, SNAPSHOT_TAG, "[%s]", snapshot->name);
	else
		snprintf(out, SNAPSHOT_TAG, "[%" PRIu32 "]", snapshot->session);
	return out;
}

bool snapshot_is_loopback(const struct snapshot *snapshot)
{
	return endpoint_is_loopback(&snapshot->local) || endpoint_is_loopback(&snapshot->peer);
}

/* ---- state ---- */

bool snapshot_is_outdated(const struct snapshot *snapshot)
{
	return !snapshot->open && sample_has(&snapshot->sample, SAMPLE_RCVBUF);
}

static bool state_was_read(const struct snapshot *snapshot)
{
	return snapshot->kind != SNAPSHOT_DATAGRAMS &&
	       sample_has(&snapshot->sample, SAMPLE_STATE) && !snapshot_is_outdated(snapshot) &&
	       sample_get(&snapshot->sample, SAMPLE_STATE) < STATE_COUNT;
}

enum tcp_state snapshot_state(const struct snapshot *snapshot)
{
	return state_was_read(snapshot)
	               ? (enum tcp_state)sample_get(&snapshot->sample, SAMPLE_STATE)
	               : snapshot->state_by_calls;
}

char snapshot_state_mark(const struct snapshot *snapshot)
{
	if (state_was_read(snapshot))
		return '*';
	bool deduced = tcp_state_is_known(snapshot->state_by_calls) &&
	               snapshot->state_by_calls != STATE_GONE;
	return deduced ? '?' : '\0';
}

const char *snapshot_format_state(const struct snapshot *snapshot, char out[SNAPSHOT_STATE])
{
	char mark = snapshot_state_mark(snapshot);
	const char *state = tcp_state_title(snapshot_state(snapshot));
	const char *closing = snapshot->closing ? "closing, " : "";
	if (mark)
		snprintf(out, SNAPSHOT_STATE, "%s%s %c", closing, state, mark);
	else
		snprintf(out, SNAPSHOT_STATE, "%s%s", closing, state);
	return out;
}

/* ---- timer ---- */

enum sample_timer snapshot_timer(const struct snapshot *snapshot, int64_t *left)
{
	const struct sample *sample = &snapshot->sample;
	uint64_t timer = sample_get(sample, SAMPLE_TIMER);
	*left = clock_from_us(sample_get(sample, SAMPLE_TIMER_LEFT)) - snapshot->age;
	if (*left < 0)
		*left = 0;
	if (snapshot_is_outdated(snapshot) || timer > TIMER_PERSIST)
		return TIMER_OFF;
	return (enum sample_timer)timer;
}

const char *snapshot_format_left(int64_t left, char out[SNAPSHOT_LEFT])
{
	if (left >= WHOLE_SECONDS && left < IN_MINUTES)
		snprintf(out, SNAPSHOT_LEFT, "%" PRId64 " s", left / CLOCK_S);
	else if (left < CLOCK_S)
		snprintf(out, SNAPSHOT_LEFT, "%" PRId64 " ms", left / CLOCK_MS);
	else
		clock_format_duration(left, out);
	return out;
}

int64_t snapshot_left_pulse(int64_t left)
{
	return left >= WHOLE_SECONDS ? CLOCK_S : CLOCK_S / 10;
}

const char *snapshot_format_timer(const struct snapshot *snapshot, char out[SNAPSHOT_TIMER])
{
	int64_t ns;
	char left[SNAPSHOT_LEFT];
	enum sample_timer timer = snapshot_timer(snapshot, &ns);
	uint64_t tries = sample_get(&snapshot->sample, SAMPLE_RETRANSMITS);
	uint64_t probes = sample_get(&snapshot->sample, SAMPLE_PROBES);
	snapshot_format_left(ns, left);
	out[0] = '\0';
	if (timer == TIMER_RETRANSMIT && tries)
		snprintf(out, SNAPSHOT_TIMER, "retransmission %" PRIu64 " in %s", tries + 1, left);
	else if (timer == TIMER_RETRANSMIT)
		snprintf(out, SNAPSHOT_TIMER, "retransmission timeout in %s", left);
	else if (timer == TIMER_PERSIST)
		snprintf(out, SNAPSHOT_TIMER, "%s %s",
		         sample_window_is_open(&snapshot->sample) ? "held bytes leave within"
		                                                  : "window probe in",
		         left);
	else if (timer == TIMER_TIMEWAIT)
		snprintf(out, SNAPSHOT_TIMER, "%s left", left);
	else if (timer == TIMER_KEEPALIVE)
		snprintf(out, SNAPSHOT_TIMER, "keepalive probe %" PRIu64 " in %s", probes + 1,
		         left);
	return out;
}

/* ---- queues ---- */

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

bool snapshot_unacknowledged(const struct snapshot *snapshot, uint64_t *bytes)
{
	*bytes = sample_get(&snapshot->sample, SAMPLE_OUTQ);
	return sample_has(&snapshot->sample, SAMPLE_OUTQ);
}

bool snapshot_held_back(const struct snapshot *snapshot, uint64_t *bytes)
{
	const struct sample *sample = &snapshot->sample;
	*bytes = sample_get(sample, SAMPLE_NOTSENT);
	return sample_has(sample, SAMPLE_NOTSENT);
}

bool snapshot_in_flight(const struct snapshot *snapshot, uint64_t *bytes)
{
	const struct sample *sample = &snapshot->sample;
	*bytes = less(sample_get(sample, SAMPLE_OUTQ), sample_get(sample, SAMPLE_NOTSENT));
	return sample_has(sample, SAMPLE_OUTQ) && sample_has(sample, SAMPLE_NOTSENT);
}

/* ---- what sending waits for ---- */

/* Kernels that do not tell the window run the timer of its probes. */
static bool window_is_full(const struct sample *sample, uint64_t flight, uint64_t held)
{
	uint64_t mss = sample_get(sample, SAMPLE_SND_MSS);
	uint64_t next = mss && mss < held ? mss : held;
	if (!sample_has(sample, SAMPLE_SND_WND))
		return sample_get(sample, SAMPLE_TIMER) == TIMER_PERSIST;
	return less(sample_get(sample, SAMPLE_SND_WND), flight) < next;
}

static bool congestion_holds(const struct sample *sample)
{
	return sample_has(sample, SAMPLE_CWND) && sample_has(sample, SAMPLE_UNACKED) &&
	       sample_get(sample, SAMPLE_UNACKED) >= sample_get(sample, SAMPLE_CWND);
}

/* By itself TCP would send a congestion window and more a round trip: a lower rate was set, by
 * SO_MAX_PACING_RATE or a congestion control that paces. */
static bool is_paced(const struct sample *sample)
{
	double window = (double)sample_get(sample, SAMPLE_CWND) *
	                (double)sample_get(sample, SAMPLE_SND_MSS);
	return sample_has(sample, SAMPLE_PACING_RATE) && sample_has(sample, SAMPLE_RTT) &&
	       (double)sample_get(sample, SAMPLE_PACING_RATE) *
	                       (double)sample_get(sample, SAMPLE_RTT) / US_PER_S <
	               window;
}

enum snapshot_limit snapshot_limit_of_held(const struct sample *sample, bool nodelay, bool corked)
{
	uint64_t held = sample_get(sample, SAMPLE_NOTSENT);
	uint64_t flight = less(sample_get(sample, SAMPLE_OUTQ), held);
	if (window_is_full(sample, flight, held))
		return LIMIT_PEER_WINDOW;
	if (congestion_holds(sample) || !sample_has(sample, SAMPLE_SND_MSS))
		return LIMIT_NETWORK;
	bool little = held < sample_get(sample, SAMPLE_SND_MSS);
	if (little && corked)
		return LIMIT_CORK;
	if (little && flight && !nodelay)
		return LIMIT_NAGLE;
	if (is_paced(sample))
		return LIMIT_PACING;
	if (little)
		return flight ? LIMIT_AUTOCORKING : LIMIT_CORK;
	return flight ? LIMIT_NETWORK : LIMIT_UNKNOWN;
}

enum snapshot_limit snapshot_limit(const struct snapshot *snapshot)
{
	uint64_t flight, held;
	if (snapshot->open && sample_is(&snapshot->sample, STATE_SYN_SENT))
		return LIMIT_HANDSHAKE;
	if (snapshot->kind != SNAPSHOT_STREAM || !snapshot->open ||
	    !snapshot_in_flight(snapshot, &flight) || !snapshot_held_back(snapshot, &held))
		return LIMIT_UNKNOWN;
	if (held)
		return snapshot_limit_of_held(&snapshot->sample, snapshot->nodelay,
		                              snapshot->corked);
	if (snapshot->unsent && snapshot->fault_holds)
		return LIMIT_FAULT;
	if (snapshot->unsent)
		return snapshot->tls_handshake ? LIMIT_TLS : LIMIT_SEND_BUFFER;
	return flight ? LIMIT_NETWORK : LIMIT_NO_DATA;
}

const char *snapshot_limit_name(enum snapshot_limit limit)
{
	static const char *const names[] = {
		[LIMIT_UNKNOWN] = "not available",
		[LIMIT_NO_DATA] = "nothing to send",
		[LIMIT_PEER_WINDOW] = "peer's window",
		[LIMIT_SEND_BUFFER] = "send buffer",
		[LIMIT_NAGLE] = "Nagle",
		[LIMIT_CORK] = "cork",
		[LIMIT_AUTOCORKING] = "tcp_autocorking",
		[LIMIT_PACING] = "pacing",
		[LIMIT_HANDSHAKE] = "SYN,ACK",
		[LIMIT_FAULT] = "a fault",
		[LIMIT_TLS] = "the TLS handshake",
		[LIMIT_NETWORK] = "missing ACKs",
	};
	return names[limit];
}

/* ---- sockets of a server ---- */

size_t snapshot_socket_count(const struct snapshot *snapshot)
{
	return snapshot->socket_count ? snapshot->socket_count : 1;
}

const struct sample *snapshot_socket(const struct snapshot *snapshot, size_t index)
{
	return snapshot->socket_count ? &snapshot->sockets[index].sample : &snapshot->sample;
}

uint64_t snapshot_sum(const struct snapshot *snapshot, enum sample_field field)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < snapshot_socket_count(snapshot); i++)
		sum += sample_get(snapshot_socket(snapshot, i), field);
	return sum;
}

bool snapshot_queue_of_is_full(const struct sample *sample)
{
	return sample_has(sample, SAMPLE_QUEUE) && sample_has(sample, SAMPLE_BACKLOG) &&
	       sample_get(sample, SAMPLE_QUEUE) >= sample_queue_most(sample);
}

bool snapshot_queue_is_full(const struct snapshot *snapshot)
{
	if (snapshot->kind != SNAPSHOT_LISTENER)
		return false;
	for (size_t i = 0; i < snapshot_socket_count(snapshot); i++)
		if (snapshot_queue_of_is_full(snapshot_socket(snapshot, i)))
			return true;
	return false;
}

/* ---- others ---- */

bool snapshot_retransmits_are_probes(const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	uint64_t again = sample_get(sample, SAMPLE_TOTAL_RETRANS);
	if (!again || sample_get(sample, SAMPLE_BACKOFF) || sample_get(sample, SAMPLE_LOST) ||
	    sample_get(sample, SAMPLE_TOTAL_RTO))
		return false;
	return sample_get(sample, SAMPLE_DSACK_DUPS) >= again;
}
