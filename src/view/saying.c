// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/saying.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

struct saying saying_begin(struct buf *out)
{
	return (struct saying){ out, out->len };
}

void saying_add(const struct saying *saying, const char *format, ...)
{
	char text[256];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (saying->out->len > saying->begin)
		buf_append_text(saying->out, ", ");
	buf_append_text(saying->out, text);
}

bool saying_has_any(const struct saying *saying)
{
	return saying->out->len > saying->begin;
}

const char *saying_arrow(void)
{
	return text_has_unicode() ? "→" : "->";
}

const char *saying_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

bool saying_came_from(const struct reading *reading, enum tcp_state_number state)
{
	return reading_has(reading, READING_OLD_STATE) &&
	       reading->value[READING_OLD_STATE] == state;
}

/* A socket whose connection is in TIME_WAIT reads as closed; so does one that was reset. */
void saying_add_deduced(const struct reading *reading, const struct saying *saying)
{
	if (reading_is(reading, STATE_CLOSE) && (saying_came_from(reading, STATE_FIN_WAIT1) ||
	                                         saying_came_from(reading, STATE_FIN_WAIT2) ||
	                                         saying_came_from(reading, STATE_CLOSING)))
		saying_add(saying, "TIME_WAIT ?");
}

/* Beyond a rate not every call is read around: then the numbers are those of several. */
void saying_add_sample(const struct reading *reading, const struct saying *saying)
{
	uint64_t calls = reading_get(reading, READING_CALLS);
	if (calls > 1)
		saying_add(saying, "of %" PRIu64 " calls o", calls);
}

void saying_add_segments(const struct reading *reading, const struct saying *saying)
{
	uint64_t sent = reading_get(reading, READING_NEW_OUT);
	uint64_t came = reading_get(reading, READING_NEW_IN);
	if (sent && came)
		saying_add(saying, "%" PRIu64 " segment%s out %" PRIu64 " in o", sent,
		           saying_plural(sent), came);
	else if (sent || came)
		saying_add(saying, "%" PRIu64 " segment%s %s o", sent + came,
		           saying_plural(sent + came), sent ? "out" : "in");
}

void saying_add_again(const struct reading *reading, const struct saying *saying)
{
	uint64_t again = reading_get(reading, READING_NEW_RETRANS);
	if (again)
		saying_add(saying, "%" PRIu64 " sent again o", again);
}

void saying_add_queue(const struct reading *reading, const struct saying *saying)
{
	if (reading_has(reading, READING_QUEUE) && reading_has(reading, READING_BACKLOG))
		saying_add(saying, "queue %" PRIu64 "/%" PRIu64 " *", reading->value[READING_QUEUE],
		           reading->value[READING_BACKLOG]);
}
