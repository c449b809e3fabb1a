// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/phrases.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

struct phrases phrases_begin(struct buf *out)
{
	return (struct phrases){ out, out->len };
}

void phrases_add(const struct phrases *phrases, const char *format, ...)
{
	char text[256];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (phrases->out->len > phrases->begin)
		buf_append_text(phrases->out, ", ");
	buf_append_text(phrases->out, text);
}

bool phrases_has_any(const struct phrases *phrases)
{
	return phrases->out->len > phrases->begin;
}

const char *phrases_arrow(void)
{
	return text_has_unicode() ? "→" : "->";
}

const char *phrases_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

bool phrases_came_from(const struct sample *sample, enum tcp_state state)
{
	return sample_has(sample, SAMPLE_OLD_STATE) && sample->value[SAMPLE_OLD_STATE] == state;
}

/* A socket whose connection is in TIME_WAIT reads as closed; so does one that was reset. */
void phrases_add_deduced(const struct sample *sample, const struct phrases *phrases)
{
	if (sample_is(sample, STATE_CLOSED) && (phrases_came_from(sample, STATE_FIN_WAIT1) ||
	                                        phrases_came_from(sample, STATE_FIN_WAIT2) ||
	                                        phrases_came_from(sample, STATE_CLOSING)))
		phrases_add(phrases, "TIME_WAIT ?");
}

/* Beyond a rate not every call is read around: then the numbers are those of several. */
void phrases_add_sample(const struct sample *sample, const struct phrases *phrases)
{
	uint64_t calls = sample_get(sample, SAMPLE_CALLS);
	if (calls > 1)
		phrases_add(phrases, "of %" PRIu64 " calls o", calls);
}

void phrases_add_segments(const struct sample *sample, const struct phrases *phrases)
{
	uint64_t sent = sample_get(sample, SAMPLE_NEW_OUT);
	uint64_t came = sample_get(sample, SAMPLE_NEW_IN);
	if (sent && came)
		phrases_add(phrases, "%" PRIu64 " segment%s out %" PRIu64 " in o", sent,
		            phrases_plural(sent), came);
	else if (sent || came)
		phrases_add(phrases, "%" PRIu64 " segment%s %s o", sent + came,
		            phrases_plural(sent + came), sent ? "out" : "in");
}

void phrases_add_again(const struct sample *sample, const struct phrases *phrases)
{
	uint64_t again = sample_get(sample, SAMPLE_NEW_RETRANS);
	if (again)
		phrases_add(phrases, "%" PRIu64 " sent again o", again);
}

void phrases_add_queue(const struct sample *sample, const struct phrases *phrases)
{
	if (sample_has(sample, SAMPLE_QUEUE) && sample_has(sample, SAMPLE_BACKLOG))
		phrases_add(phrases, "queue %" PRIu64 "/%" PRIu64 " *", sample->value[SAMPLE_QUEUE],
		            sample->value[SAMPLE_BACKLOG]);
}
