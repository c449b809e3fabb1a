// SPDX-License-Identifier: GPL-3.0-or-later
/* The info pages of sockets that wait on an address: datagrams, listeners. */
#include "view/page/info_parts.h"

#include <inttypes.h>

/* ---- datagrams ---- */

static void add_drops(struct form *form, const struct reading *reading)
{
	uint64_t drops = reading_get(reading, READING_DROPS);
	if (!reading_has(reading, READING_DROPS))
		form_text(form, FORM_MAIN, STYLE_FAINT, "dropped", NOT_AVAILABLE);
	else
		form_text(form, FORM_MAIN, drops ? STYLE_ERROR : STYLE_TEXT, "dropped",
		          "%" PRIu64 " datagram%s *", drops, drops == 1 ? "" : "s");
}

/* FIONREAD says 0 both for an empty datagram and for none: the memory tells them apart. */
static void add_first(struct form *form, const struct reading *reading)
{
	uint64_t size = reading_get(reading, READING_INQ);
	bool waits = size || reading_get(reading, READING_RMEM);
	if (!reading_has(reading, READING_INQ))
		form_text(form, FORM_MAIN, STYLE_FAINT, "to read first", NOT_AVAILABLE);
	else if (!waits)
		form_text(form, FORM_MAIN, STYLE_TEXT, "to read first", "none *");
	else
		form_text(form, FORM_MAIN, STYLE_TEXT, "to read first",
		          size ? "%" PRIu64 " B *" : "%" PRIu64 " B *: empty ?", size);
}

void info_draw_datagrams(struct form *form, const void *context)
{
	const struct info *info = context;
	const struct facts *facts = info->facts;
	const struct reading *reading = &facts->reading;
	info_add_heading(form, facts);
	info_add_memory(form, FORM_MAIN, "bucket", reading, READING_RMEM, READING_RCVBUF);
	add_drops(form, reading);
	add_first(form, reading);
	info_add_memory(form, FORM_MORE, "send buffer", reading, READING_WMEM, READING_SNDBUF);
	info_add_traffic(form, facts);
	form_text(form, FORM_MORE, STYLE_TEXT, "peers", "%zu", facts->others);
	form_text(form, FORM_MORE, facts->refused ? STYLE_ERROR : STYLE_TEXT, "ICMP errors",
	          "%" PRIu64, facts->refused);
	form_gap(form);
	if (reading_get(reading, READING_DROPS))
		form_sentence(form, FORM_NOTE, STYLE_NOTE, 1,
		              "What found the bucket full was thrown away by this machine: no call "
		              "failed, and the sender was not told.");
	form_sentence(form, FORM_NOTE, STYLE_FAINT, 1,
	              "UDP has no state, no timer, no window: nobody tells whether anybody "
	              "listens. The bucket is memory, overhead included.");
	info_add_legend(form);
}

/* ---- listeners ---- */

static void add_queue(struct form *form, const struct facts *facts)
{
	const struct reading *reading = &facts->reading;
	uint64_t queue = reading_get(reading, READING_QUEUE);
	uint64_t backlog = reading_get(reading, READING_BACKLOG);
	bool full = facts_queue_is_full(facts);
	if (!reading_has(reading, READING_QUEUE) || !reading_has(reading, READING_BACKLOG))
		form_text(form, FORM_MAIN, STYLE_FAINT, "queue", NOT_AVAILABLE);
	else
		form_gauge(form, FORM_MAIN, full ? STYLE_ERROR : STYLE_TEXT, "queue", queue,
		           backlog, "%" PRIu64 "/%" PRIu64 " *%s", queue, backlog,
		           full ? " full - new SYNs are thrown away" : "");
}

void info_draw_listener(struct form *form, const void *context)
{
	const struct info *info = context;
	const struct facts *facts = info->facts;
	info_add_heading(form, facts);
	info_add_state(form, facts);
	add_queue(form, facts);
	form_text(form, FORM_MORE, STYLE_TEXT, "clients", "%zu open", facts->others);
	if (facts->service)
		form_text(form, FORM_MORE, STYLE_TEXT, "service", "%s", facts->service);
	form_gap(form);
	form_sentence(form, FORM_NOTE, STYLE_FAINT, 1,
	              "The kernel connects by itself: who waits in the queue is connected already, "
	              "may send, and is told nothing. accept() takes the oldest out.");
	if (facts->paused && reading_get(&facts->reading, READING_QUEUE))
		form_sentence(form, FORM_MORE, STYLE_NOTE, 1,
		              "The session is paused: /accept takes one, /resume all.");
	info_add_legend(form);
}
