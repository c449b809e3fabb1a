// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>

#include "app/failure.h"
#include "app/session_snapshot.h"
#include "base/clock.h"
#include "base/count.h"
#include "net/service.h"

/* What the calls of a session say of its life; the times are those of its newest connection. */
struct life {
	int64_t first, connected, closed; /* instants; 0 = not known */
	int64_t shut, fin; /* the first shutdown() or close(), and the first recv() = 0 */
	uint32_t took;     /* the connect(), us */
	bool whole;        /* its first entry is still there */
	size_t accepted, failed;
	struct endpoint tried;     /* by the newest connect() */
	const struct entry *state; /* the newest line about it */
};

static void trace_life(const struct transcript *transcript, const struct session *session,
                       struct life *life)
{
	uint32_t number = session_number(session);
	*life = (struct life){ .whole = !transcript_has_lost(transcript, number) };
	for (uint64_t at = transcript_last(transcript, number); at != TRANSCRIPT_NONE;
	     at = transcript_before(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		bool watching = entry->flags & ENTRY_WATCHING;
		life->first = entry->time;
		life->failed += entry_is_call(entry) && !watching && entry_has_failed(entry);
		life->accepted += entry->call == CALL_ACCEPT && !entry->error;
		if (entry->call == CALL_STATE && !life->state)
			life->state = entry;
		if (life->connected)
			continue; /* of an earlier connection */
		if (entry->call == CALL_CLOSE && !life->closed)
			life->closed = entry->time;
		if ((entry->call == CALL_SHUTDOWN && entry->arg != SHUT_RD) ||
		    entry->call == CALL_CLOSE)
			life->shut = entry->time;
		if (entry_is_end_of_file(entry))
			life->fin = entry_shown_time(entry);
		if (entry->call == CALL_CONNECT && !endpoint_is_set(&life->tried))
			life->tried = entry_addr(entry);
		if (entry->call == CALL_CONNECT && !entry->error && !watching &&
		    entry->endpoint_len) {
			life->connected = entry_shown_time(entry);
			life->took = entry->duration;
		}
	}
}

static void print_when(int64_t instant, struct buf *out)
{
	char day[16], text[CLOCK_TEXT];
	const struct tm parts = clock_local(instant);
	strftime(day, sizeof day, "%Y-%m-%d", &parts);
	buf_printf(out, "%s %s", day, clock_format_time(instant, false, text));
}

static void format_end(const struct session *session, const struct endpoint *addr,
                       char out[HOST_TEXT])
{
	if (endpoint_is_set(addr))
		host_format(session_host(session), addr, out);
	else
		snprintf(out, HOST_TEXT, "an address that is not known");
}

static void print_beginning(const struct session *session, const struct life *life, struct buf *out)
{
	char here[HOST_TEXT], there[HOST_TEXT], took[CLOCK_TEXT];
	struct endpoint local = session_local(session), peer = session_peer(session);
	const char *transport = transport_title(session_transport(session));
	if (!endpoint_is_set(&peer))
		peer = life->tried;
	bool addressed = endpoint_is_set(&peer);
	format_end(session, &local, here);
	format_end(session, &peer, there);
	buf_printf(out, "Session %u (%s)", (unsigned)session_number(session),
	           session_name(session));
	if (session_has_clients(session)) {
		buf_printf(out, " is a %s server on %s", transport, here);
		if (session_is_served(session))
			buf_printf(out, " with the service %s%s%s", session_service(session)->name,
			           *session_service_words(session) ? " " : "",
			           session_service_words(session));
		buf_printf(out, ". It accepted %zu connection%s", life->accepted,
		           count_plural(life->accepted));
	} else if (session_has_peers(session)) {
		buf_printf(out, " is a %s %s %s", transport,
		           session_is_server(session) ? "server on" : "socket of", here);
		if (addressed && !session_is_server(session))
			buf_printf(out, ", which sends to %s", there);
	} else if (session_is_accepted(session)) {
		buf_printf(out, " is a %s connection that session %u accepted on %s from %s",
		           transport, (unsigned)session_listener(session), here, there);
	} else if (life->connected) {
		buf_printf(out, " connected over %s from %s to %s at ", transport, here, there);
		print_when(life->connected, out);
		buf_printf(out, "; connect() took %s",
		           clock_format_duration(life->took * CLOCK_US, took));
	} else if (addressed) {
		buf_printf(out, " is a %s socket that tried to connect to %s", transport, there);
	} else {
		buf_printf(out, " is a %s socket without a connection", transport);
	}
	unsigned relay = session_relay(session), other = session_other_side(session);
	if (relay && other)
		buf_printf(out, ", for session %u, a client of the relay %u", other, relay);
	else if (relay)
		buf_printf(out, ", for a peer of the relay %u", relay);
	else if (other)
		buf_printf(out, "; it was passed on to session %u", other);
	buf_append_text(out, ". ");
}

static void print_traffic(const struct session *session, struct buf *out)
{
	char sent[COUNT_TEXT], received[COUNT_TEXT];
	const struct session_counts *counts = session_counts(session);
	const char *unit = transport_unit(session_transport(session));
	if (session_has_clients(session))
		return;
	if (!counts->sends && !counts->receives)
		buf_append_text(out, "Nothing was sent, and nothing came. ");
	else
		buf_printf(out,
		           "It sent %s in %" PRIu64 " %s%s and received %s in %" PRIu64 " %s%s. ",
		           count_format_bytes(counts->sent_bytes, sent), counts->sends, unit,
		           count_plural(counts->sends),
		           count_format_bytes(counts->received_bytes, received), counts->receives,
		           unit, count_plural(counts->receives));
	if (counts->refused)
		buf_printf(out, "%" PRIu64 " ICMP error%s came. ", counts->refused,
		           count_plural(counts->refused));
}

/* Who ended it, or what. */
static void print_reason(const struct app *app, const struct session *session,
                         const struct life *life, struct buf *out)
{
	struct failure failure;
	bool broke = session_end(session) == SESSION_ENDED_RESET ||
	             session_end(session) == SESSION_ENDED_FAILED;
	if (broke && failure_find(&failure, app, session, TRANSCRIPT_NONE)) {
		buf_append_text(out, "It broke: ");
		failure_print(&failure, out);
		buf_append_text(out, ". ");
	} else if (life->fin && (!life->shut || life->fin < life->shut)) {
		buf_append_text(out, "The peer closed its side first, at ");
		print_when(life->fin, out);
		buf_append_text(out, ". ");
	} else if (life->shut && !session_has_clients(session) && !session_has_peers(session)) {
		buf_append_text(out, "This side was closed first, at ");
		print_when(life->shut, out);
		buf_append_text(out, life->fin ? "; then the peer closed its own. " : ". ");
	} else if (session_end(session) == SESSION_ENDED_WELL) {
		buf_append_text(out, "It was closed here. ");
	}
}

static void print_end(const struct app *app, const struct session *session,
                      const struct life *life, struct buf *out)
{
	struct snapshot snapshot;
	char state[SNAPSHOT_STATE], lasted[CLOCK_TEXT];
	int64_t from = life->connected ? life->connected : life->first;
	bool timed = life->connected || life->whole;
	session_snapshot(session, &snapshot);
	snapshot_format_state(&snapshot, state);
	if (session_state(session) != SESSION_CLOSED) {
		buf_append_text(out, "It is still there");
		if (timed)
			buf_printf(out, ", %s after its beginning",
			           clock_format_duration(session_now(session) - from, lasted));
		buf_printf(out, "%s%s. ", *state ? ": " : "", state);
	} else {
		int64_t end = life->closed  ? life->closed
		              : life->state ? life->state->time
		                            : life->first;
		buf_append_text(out, "It ended at ");
		print_when(end, out);
		if (timed)
			buf_printf(out, ", after %s", clock_format_duration(end - from, lasted));
		buf_append_text(out, ". ");
	}
	print_reason(app, session, life, out);
	if (life->failed)
		buf_printf(out, "%zu call%s failed. ", life->failed, count_plural(life->failed));
}

void summary_print(const struct app *app, const struct session *session,
                   const struct session *other, struct buf *out)
{
	struct life life;
	trace_life(app->transcript, session, &life);
	print_beginning(session, &life, out);
	if (other)
		buf_printf(out, "The other end is session %u (%s). ",
		           (unsigned)session_number(other), session_name(other));
	print_traffic(session, out);
	print_end(app, session, &life, out);
}
