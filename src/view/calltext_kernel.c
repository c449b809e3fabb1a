// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/calltext.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "socket/constant.h"
#include "base/error.h"
#include "view/phrases.h"

enum { ADDRESSES_SHOWN = 3 };

/* ---- states ---- */

/* TIME_WAIT reads as CLOSED through a descriptor, until sock_diag(7) is asked. */
static bool was_in_time_wait(const struct sample *sample)
{
	return sample_is(sample, STATE_TIME_WAIT) && phrases_came_from(sample, STATE_CLOSED);
}

void calltext_change(const struct sample *sample, struct buf *out)
{
	if (!sample_has(sample, SAMPLE_OLD_STATE) || !sample_has(sample, SAMPLE_STATE))
		return;
	if (was_in_time_wait(sample))
		buf_append_text(out, "TIME_WAIT *");
	else
		buf_printf(out, "%s %s %s *", tcp_state_name(sample->value[SAMPLE_OLD_STATE]),
		           phrases_arrow(),
		           sample_is(sample, STATE_GONE)
		                   ? "no longer in the kernel"
		                   : tcp_state_name(sample->value[SAMPLE_STATE]));
}

/* ---- of calls ---- */

static void say_sent(const struct sample *sample, const struct phrases *phrases)
{
	uint64_t segments = sample_get(sample, SAMPLE_NEW_DATA_OUT);
	uint64_t held = sample_get(sample, SAMPLE_NOTSENT);
	if (segments)
		phrases_add(phrases, "%" PRIu64 " segment%s o", segments, phrases_plural(segments));
	else if (sample_has(sample, SAMPLE_NEW_DATA_OUT))
		phrases_add(phrases, "not sent yet o");
	if (held)
		phrases_add(phrases, "%" PRIu64 " byte%s held back *", held, phrases_plural(held));
}

static void say_received(const struct sample *sample, const struct phrases *phrases)
{
	char text[CLOCK_TEXT];
	uint64_t left = sample_get(sample, SAMPLE_INQ);
	uint64_t drops = sample_get(sample, SAMPLE_DROPS);
	uint64_t lay = sample_get(sample, SAMPLE_BUFFERED);
	if (sample_has(sample, SAMPLE_BUFFERED) && lay < INT64_MAX / CLOCK_US)
		phrases_add(phrases, "lay in the buffer %s",
		            clock_format_duration((int64_t)lay * CLOCK_US, text));
	if (left)
		phrases_add(phrases, "%" PRIu64 " byte%s left to read *", left,
		            phrases_plural(left));
	if (drops)
		phrases_add(phrases, "%" PRIu64 " dropped so far *", drops);
}

static void say_peer(const struct entry *entry, const struct phrases *phrases)
{
	char text[ENDPOINT_TEXT];
	struct endpoint addr = entry_addr(entry);
	if (endpoint_is_set(&addr))
		phrases_add(phrases, "peer %s", endpoint_format(&addr, text));
}

/* The addresses stand behind the first line of the payload, one on each. */
static void say_addresses(const struct entry *entry, const struct phrases *phrases)
{
	const char *text = entry_payload(entry), *end = text + entry->len;
	const char *line = memchr(text, '\n', entry->len);
	unsigned count = 0;
	while (line && line + 1 < end) {
		const char *begin = line + 1;
		line = memchr(begin, '\n', (size_t)(end - begin));
		int len = (int)((line ? line : end) - begin);
		if (len > 0 && count++ < ADDRESSES_SHOWN)
			phrases_add(phrases, "%.*s", len < ENDPOINT_TEXT ? len : ENDPOINT_TEXT,
			            begin);
	}
	if (count > ADDRESSES_SHOWN)
		phrases_add(phrases, "%u more", count - ADDRESSES_SHOWN);
}

/* ---- the error queue ---- */

static void say_local(const struct errqueue *error, const struct phrases *phrases)
{
	if (error->info)
		phrases_add(phrases, "larger than the path's MTU %" PRIu32 ": %s *", error->info,
		            error_name(error->error));
	else
		phrases_add(phrases, "%s: %s *", error_name(error->error), error_why(error->error));
}

static void say_icmp(const struct entry *entry, const struct errqueue *error,
                     const struct phrases *phrases)
{
	char what[CONSTANT_TEXT], text[ENDPOINT_TEXT];
	struct endpoint offender = entry_addr(entry);
	phrases_add(phrases, "%s *",
	            constant_icmp(error->origin == ERRQUEUE_ICMP6, error->type, error->code, what));
	if (endpoint_is_set(&offender))
		phrases_add(phrases, "said %s", endpoint_format_host(&offender, text));
	if (error->info)
		phrases_add(phrases, "MTU %" PRIu32, error->info);
	if (endpoint_is_set(&error->target))
		phrases_add(phrases, "of what went to %s", endpoint_format(&error->target, text));
	if (error->error)
		phrases_add(phrases, "%s", error_name(error->error));
}

static void say_progress(const struct errqueue *error, const struct phrases *phrases)
{
	char text[CLOCK_TEXT];
	uint64_t most = INT64_MAX;
	int64_t delay = (int64_t)(error->delay < most ? error->delay : most);
	phrases_add(phrases, "bytes before %" PRIu32 " %s after %s *", error->info,
	            error->origin == ERRQUEUE_ACKED ? "acknowledged" : "left",
	            clock_format_duration(delay, text));
}

static void say_error_queue(const struct entry *entry, const struct phrases *phrases)
{
	struct errqueue error;
	if (entry->len != sizeof error)
		return;
	memcpy(&error, entry_payload(entry), sizeof error);
	if (error.origin == ERRQUEUE_LOCAL)
		say_local(&error, phrases);
	else if (error.origin == ERRQUEUE_ICMP || error.origin == ERRQUEUE_ICMP6)
		say_icmp(entry, &error, phrases);
	else if (error.origin == ERRQUEUE_ACKED || error.origin == ERRQUEUE_LEFT)
		say_progress(&error, phrases);
}

/* ---- a call and what was read behind it ---- */

static void say_call(const struct entry *entry, const struct phrases *phrases)
{
	if (entry->call == CALL_ERRQUEUE)
		say_error_queue(entry, phrases);
	else if (entry->call == CALL_ACCEPT && !entry->error)
		say_peer(entry, phrases);
	else if (entry->call == CALL_GETADDRINFO && !entry->error)
		say_addresses(entry, phrases);
}

static void say_reading(const struct entry *entry, const struct sample *sample,
                        const struct phrases *phrases)
{
	bool looks_only = entry->call == CALL_GETSOCKOPT || entry->call == CALL_GETSOCKNAME;
	phrases_add_deduced(sample, phrases);
	if (entry_is_outgoing(entry) && !entry->error)
		say_sent(sample, phrases);
	else if (entry_is_incoming(entry))
		say_received(sample, phrases);
	else if (!looks_only)
		phrases_add_segments(sample, phrases);
	phrases_add_queue(sample, phrases);
	phrases_add_again(sample, phrases);
	phrases_add_sample(sample, phrases);
}

void calltext_detail(const struct entry *entry, const struct sample *sample, struct buf *out)
{
	struct phrases phrases = phrases_begin(out);
	if (entry->call == CALL_SAMPLE) {
		if (sample)
			calltext_news(sample, NULL, out);
		return;
	}
	say_call(entry, &phrases);
	if (sample)
		say_reading(entry, sample, &phrases);
}
