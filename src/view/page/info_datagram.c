// SPDX-License-Identifier: GPL-3.0-or-later
/* The info pages of sockets that wait on an address: datagrams, listeners. */
#include "view/page/info_parts.h"

#include <inttypes.h>
#include <stdio.h>

enum { SOCKET_NAME = 2 + ENDPOINT_TEXT };

/* ---- datagrams ---- */

/* Which of several sockets a value is of: "  [::1]:9000". */
static const char *name_socket(const struct snapshot *snapshot, size_t index, char out[SOCKET_NAME])
{
	char addr[ENDPOINT_TEXT];
	out[0] = '\0';
	if (snapshot->socket_count)
		snprintf(out, SOCKET_NAME, "  %s",
		         endpoint_format(&snapshot->sockets[index].local, addr));
	return out;
}

static void add_drops(struct fields *fields, const struct snapshot *snapshot)
{
	uint64_t drops = snapshot_sum(snapshot, SAMPLE_DROPS);
	if (!sample_has(snapshot_socket(snapshot, 0), SAMPLE_DROPS))
		fields_text(fields, STYLE_FAINT, "dropped", NOT_AVAILABLE);
	else
		fields_text(fields, drops ? STYLE_ERROR : STYLE_TEXT, "dropped",
		            "%" PRIu64 " datagram%s *", drops, drops == 1 ? "" : "s");
}

/* FIONREAD says 0 both for an empty datagram and for none: the memory tells them apart. */
static void add_first(struct fields *fields, const struct snapshot *snapshot, size_t index)
{
	char name[SOCKET_NAME];
	const struct sample *sample = snapshot_socket(snapshot, index);
	uint64_t size = sample_get(sample, SAMPLE_INQ);
	bool waits = size || sample_get(sample, SAMPLE_RMEM);
	name_socket(snapshot, index, name);
	if (!sample_has(sample, SAMPLE_INQ))
		fields_text(fields, STYLE_FAINT, "to read first", NOT_AVAILABLE "%s", name);
	else if (!waits)
		fields_text(fields, STYLE_TEXT, "to read first", "none *%s", name);
	else
		fields_text(fields, STYLE_TEXT, "to read first",
		            size ? "%" PRIu64 " B *%s" : "%" PRIu64 " B *: empty ?%s", size, name);
}

void info_draw_datagrams(struct fields *fields, const struct info *info)
{
	const struct snapshot *snapshot = info->snapshot;
	const struct sample *sample = &snapshot->sample;
	char name[SOCKET_NAME];
	info_add_heading(fields, snapshot);
	for (size_t i = 0; i < snapshot_socket_count(snapshot); i++)
		info_add_memory(fields, "bucket", snapshot_socket(snapshot, i), SAMPLE_RMEM,
		                SAMPLE_RCVBUF, name_socket(snapshot, i, name));
	add_drops(fields, snapshot);
	for (size_t i = 0; i < snapshot_socket_count(snapshot); i++)
		add_first(fields, snapshot, i);
	info_add_memory(fields, "send buffer", sample, SAMPLE_WMEM, SAMPLE_SNDBUF, "");
	info_add_traffic(fields, snapshot);
	fields_text(fields, STYLE_TEXT, "peers", "%zu", snapshot->others);
	fields_text(fields, snapshot->refused ? STYLE_ERROR : STYLE_TEXT, "ICMP errors", "%" PRIu64,
	            snapshot->refused);
	fields_gap(fields);
	if (snapshot_sum(snapshot, SAMPLE_DROPS))
		fields_sentence(
		        fields, STYLE_NOTE, 1,
		        "What found the bucket full was thrown away by this machine: no call "
		        "failed, and the sender was not told.");
	fields_sentence(fields, STYLE_FAINT, 1,
	                "UDP has no state, no timer, no window: nobody tells whether anybody "
	                "listens. The bucket is memory, overhead included.");
	info_add_legend(fields);
}

/* ---- listeners ---- */

static void add_queue(struct fields *fields, const struct snapshot *snapshot, size_t index)
{
	char name[SOCKET_NAME];
	const struct sample *sample = snapshot_socket(snapshot, index);
	uint64_t queue = sample_get(sample, SAMPLE_QUEUE);
	uint64_t backlog = sample_get(sample, SAMPLE_BACKLOG);
	bool full = snapshot_queue_of_is_full(sample);
	name_socket(snapshot, index, name);
	if (!sample_has(sample, SAMPLE_QUEUE) || !sample_has(sample, SAMPLE_BACKLOG))
		fields_text(fields, STYLE_FAINT, "queue", NOT_AVAILABLE "%s", name);
	else
		fields_gauge(fields, full ? STYLE_ERROR : STYLE_TEXT, "queue", queue, backlog,
		             "%" PRIu64 "/%" PRIu64 " *%s%s", queue, backlog,
		             full ? " full - new SYNs are thrown away" : "", name);
}

void info_draw_listener(struct fields *fields, const struct info *info)
{
	const struct snapshot *snapshot = info->snapshot;
	info_add_heading(fields, snapshot);
	info_add_state(fields, snapshot);
	for (size_t i = 0; i < snapshot_socket_count(snapshot); i++)
		add_queue(fields, snapshot, i);
	fields_text(fields, STYLE_TEXT, "clients", "%zu open", snapshot->others);
	if (snapshot->service)
		fields_text(fields, STYLE_TEXT, "service", "%s", snapshot->service);
	fields_gap(fields);
	fields_sentence(fields, STYLE_FAINT, 1,
	                "The kernel connects by itself: clients in the queue are already connected "
	                "and may send; they are not told that they wait. accept() takes the oldest "
	                "one.");
	if (snapshot->paused && snapshot_sum(snapshot, SAMPLE_QUEUE))
		fields_sentence(fields, STYLE_NOTE, 1,
		                "The session is paused: /accept takes one, /resume all.");
	info_add_legend(fields);
}
