// SPDX-License-Identifier: GPL-3.0-or-later
/* The info pages of sockets that wait on an address: datagrams, listeners. */
#include "view/page/info_parts.h"

#include <inttypes.h>
#include <stdio.h>

enum { SOCKET_NAME = 2 + ADDR_TEXT };

/* ---- datagrams ---- */

/* Which of several sockets a value is of: "  [::1]:9000". */
static const char *name_socket(const struct facts *facts, size_t index, char out[SOCKET_NAME])
{
	char addr[ADDR_TEXT];
	out[0] = '\0';
	if (facts->socket_count)
		snprintf(out, SOCKET_NAME, "  %s", addr_format(&facts->sockets[index].local, addr));
	return out;
}

static void add_drops(struct form *form, const struct facts *facts)
{
	uint64_t drops = facts_sum(facts, READING_DROPS);
	if (!reading_has(facts_socket(facts, 0), READING_DROPS))
		form_text(form, STYLE_FAINT, "dropped", NOT_AVAILABLE);
	else
		form_text(form, drops ? STYLE_ERROR : STYLE_TEXT, "dropped",
		          "%" PRIu64 " datagram%s *", drops, drops == 1 ? "" : "s");
}

/* FIONREAD says 0 both for an empty datagram and for none: the memory tells them apart. */
static void add_first(struct form *form, const struct facts *facts, size_t index)
{
	char name[SOCKET_NAME];
	const struct reading *reading = facts_socket(facts, index);
	uint64_t size = reading_get(reading, READING_INQ);
	bool waits = size || reading_get(reading, READING_RMEM);
	name_socket(facts, index, name);
	if (!reading_has(reading, READING_INQ))
		form_text(form, STYLE_FAINT, "to read first", NOT_AVAILABLE "%s", name);
	else if (!waits)
		form_text(form, STYLE_TEXT, "to read first", "none *%s", name);
	else
		form_text(form, STYLE_TEXT, "to read first",
		          size ? "%" PRIu64 " B *%s" : "%" PRIu64 " B *: empty ?%s", size, name);
}

void info_draw_datagrams(struct form *form, const struct info *info)
{
	const struct facts *facts = info->facts;
	const struct reading *reading = &facts->reading;
	char name[SOCKET_NAME];
	info_add_heading(form, facts);
	for (size_t i = 0; i < facts_socket_count(facts); i++)
		info_add_memory(form, "bucket", facts_socket(facts, i), READING_RMEM,
		                READING_RCVBUF, name_socket(facts, i, name));
	add_drops(form, facts);
	for (size_t i = 0; i < facts_socket_count(facts); i++)
		add_first(form, facts, i);
	info_add_memory(form, "send buffer", reading, READING_WMEM, READING_SNDBUF, "");
	info_add_traffic(form, facts);
	form_text(form, STYLE_TEXT, "peers", "%zu", facts->others);
	form_text(form, facts->refused ? STYLE_ERROR : STYLE_TEXT, "ICMP errors", "%" PRIu64,
	          facts->refused);
	form_gap(form);
	if (facts_sum(facts, READING_DROPS))
		form_sentence(form, STYLE_NOTE, 1,
		              "What found the bucket full was thrown away by this machine: no call "
		              "failed, and the sender was not told.");
	form_sentence(form, STYLE_FAINT, 1,
	              "UDP has no state, no timer, no window: nobody tells whether anybody "
	              "listens. The bucket is memory, overhead included.");
	info_add_legend(form);
}

/* ---- listeners ---- */

static void add_queue(struct form *form, const struct facts *facts, size_t index)
{
	char name[SOCKET_NAME];
	const struct reading *reading = facts_socket(facts, index);
	uint64_t queue = reading_get(reading, READING_QUEUE);
	uint64_t backlog = reading_get(reading, READING_BACKLOG);
	bool full = facts_queue_of_is_full(reading);
	name_socket(facts, index, name);
	if (!reading_has(reading, READING_QUEUE) || !reading_has(reading, READING_BACKLOG))
		form_text(form, STYLE_FAINT, "queue", NOT_AVAILABLE "%s", name);
	else
		form_gauge(form, full ? STYLE_ERROR : STYLE_TEXT, "queue", queue, backlog,
		           "%" PRIu64 "/%" PRIu64 " *%s%s", queue, backlog,
		           full ? " full - new SYNs are thrown away" : "", name);
}

void info_draw_listener(struct form *form, const struct info *info)
{
	const struct facts *facts = info->facts;
	info_add_heading(form, facts);
	info_add_state(form, facts);
	for (size_t i = 0; i < facts_socket_count(facts); i++)
		add_queue(form, facts, i);
	form_text(form, STYLE_TEXT, "clients", "%zu open", facts->others);
	if (facts->service)
		form_text(form, STYLE_TEXT, "service", "%s", facts->service);
	form_gap(form);
	form_sentence(form, STYLE_FAINT, 1,
	              "The kernel connects by itself: clients in the queue are already connected "
	              "and may send; they are not told that they wait. accept() takes the oldest "
	              "one.");
	if (facts->paused && facts_sum(facts, READING_QUEUE))
		form_sentence(form, STYLE_NOTE, 1,
		              "The session is paused: /accept takes one, /resume all.");
	info_add_legend(form);
}
