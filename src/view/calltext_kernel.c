// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/calltext.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/constant.h"
#include "base/error.h"
#include "view/saying.h"

enum { ADDRESSES_SHOWN = 3 };

/* ---- states ---- */

/* TIME_WAIT reads as CLOSE through a descriptor, until sock_diag(7) is asked. */
static bool was_in_time_wait(const struct reading *reading)
{
	return reading_is(reading, STATE_TIME_WAIT) && saying_came_from(reading, STATE_CLOSE);
}

void calltext_change(const struct reading *reading, struct buf *out)
{
	if (!reading_has(reading, READING_OLD_STATE) || !reading_has(reading, READING_STATE))
		return;
	if (was_in_time_wait(reading))
		buf_append_text(out, "TIME_WAIT *");
	else
		buf_printf(out, "%s %s %s *", reading_state_name(reading->value[READING_OLD_STATE]),
		           saying_arrow(), reading_state_name(reading->value[READING_STATE]));
}

/* ---- of calls ---- */

static void say_sent(const struct reading *reading, const struct saying *saying)
{
	uint64_t segments = reading_get(reading, READING_NEW_DATA_OUT);
	uint64_t held = reading_get(reading, READING_NOTSENT);
	if (segments)
		saying_add(saying, "%" PRIu64 " segment%s o", segments, saying_plural(segments));
	else if (reading_has(reading, READING_NEW_DATA_OUT))
		saying_add(saying, "not sent yet o");
	if (held)
		saying_add(saying, "%" PRIu64 " byte%s held back *", held, saying_plural(held));
}

static void say_received(const struct reading *reading, const struct saying *saying)
{
	char text[CLOCK_TEXT];
	uint64_t left = reading_get(reading, READING_INQ);
	uint64_t drops = reading_get(reading, READING_DROPS);
	uint64_t lay = reading_get(reading, READING_BUFFERED);
	if (reading_has(reading, READING_BUFFERED) && lay < INT64_MAX / CLOCK_US)
		saying_add(saying, "lay in the buffer %s",
		           clock_format_duration((int64_t)lay * CLOCK_US, text));
	if (left)
		saying_add(saying, "%" PRIu64 " byte%s left to read *", left, saying_plural(left));
	if (drops)
		saying_add(saying, "%" PRIu64 " dropped so far *", drops);
}

static void say_peer(const struct entry *entry, const struct saying *saying)
{
	char text[ADDR_TEXT];
	struct addr addr = entry_addr(entry);
	if (addr.family != AF_UNSPEC)
		saying_add(saying, "peer %s", addr_format(&addr, text));
}

/* The addresses stand behind the first line of the payload, one on each. */
static void say_addresses(const struct entry *entry, const struct saying *saying)
{
	const char *text = entry_payload(entry), *end = text + entry->len;
	const char *line = memchr(text, '\n', entry->len);
	unsigned count = 0;
	while (line && line + 1 < end) {
		const char *begin = line + 1;
		line = memchr(begin, '\n', (size_t)(end - begin));
		int len = (int)((line ? line : end) - begin);
		if (len > 0 && count++ < ADDRESSES_SHOWN)
			saying_add(saying, "%.*s", len < ADDR_TEXT ? len : ADDR_TEXT, begin);
	}
	if (count > ADDRESSES_SHOWN)
		saying_add(saying, "%u more", count - ADDRESSES_SHOWN);
}

/* ---- the error queue ---- */

static void say_local(const struct errqueue *error, const struct saying *saying)
{
	if (error->info)
		saying_add(saying, "larger than the path's MTU %" PRIu32 ": %s *", error->info,
		           error_name(error->error));
	else
		saying_add(saying, "%s: %s *", error_name(error->error), error_why(error->error));
}

static void say_icmp(const struct entry *entry, const struct errqueue *error,
                     const struct saying *saying)
{
	char what[CONSTANT_TEXT], text[ADDR_TEXT];
	struct addr offender = entry_addr(entry);
	saying_add(saying, "%s *",
	           constant_icmp(error->origin == ERRQUEUE_ICMP6, error->type, error->code, what));
	if (offender.family != AF_UNSPEC)
		saying_add(saying, "said %s", addr_format_host(&offender, text));
	if (error->info)
		saying_add(saying, "MTU %" PRIu32, error->info);
	if (error->target.family == AF_INET || error->target.family == AF_INET6)
		saying_add(saying, "of what went to %s", addr_format(&error->target, text));
	if (error->error)
		saying_add(saying, "%s", error_name(error->error));
}

static void say_progress(const struct errqueue *error, const struct saying *saying)
{
	char text[CLOCK_TEXT];
	uint64_t most = INT64_MAX;
	int64_t delay = (int64_t)(error->delay < most ? error->delay : most);
	saying_add(saying, "bytes before %" PRIu32 " %s after %s *", error->info,
	           error->origin == ERRQUEUE_ACKED ? "acknowledged" : "left",
	           clock_format_duration(delay, text));
}

static void say_error_queue(const struct entry *entry, const struct saying *saying)
{
	struct errqueue error;
	if (entry->len != sizeof error)
		return;
	memcpy(&error, entry_payload(entry), sizeof error);
	if (error.origin == ERRQUEUE_LOCAL)
		say_local(&error, saying);
	else if (error.origin == ERRQUEUE_ICMP || error.origin == ERRQUEUE_ICMP6)
		say_icmp(entry, &error, saying);
	else if (error.origin == ERRQUEUE_ACKED || error.origin == ERRQUEUE_LEFT)
		say_progress(&error, saying);
}

/* ---- a call and what was read behind it ---- */

static void say_call(const struct entry *entry, const struct saying *saying)
{
	if (entry->call == CALL_ERRQUEUE)
		say_error_queue(entry, saying);
	else if (entry->call == CALL_ACCEPT && !entry->error)
		say_peer(entry, saying);
	else if (entry->call == CALL_GETADDRINFO && !entry->error)
		say_addresses(entry, saying);
}

static void say_reading(const struct entry *entry, const struct reading *reading,
                        const struct saying *saying)
{
	bool looks_only = entry->call == CALL_GETSOCKOPT || entry->call == CALL_GETSOCKNAME;
	saying_add_deduced(reading, saying);
	if (entry_is_outgoing(entry) && !entry->error)
		say_sent(reading, saying);
	else if (entry_is_incoming(entry))
		say_received(reading, saying);
	else if (!looks_only)
		saying_add_segments(reading, saying);
	saying_add_queue(reading, saying);
	saying_add_again(reading, saying);
	saying_add_sample(reading, saying);
}

void calltext_detail(const struct entry *entry, const struct reading *reading, struct buf *out)
{
	struct saying saying = saying_begin(out);
	if (entry->call == CALL_READING) {
		if (reading)
			calltext_news(reading, NULL, out);
		return;
	}
	say_call(entry, &saying);
	if (reading)
		say_reading(entry, reading, &saying);
}
