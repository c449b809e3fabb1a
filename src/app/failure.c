// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/failure.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "net/port_table.h"
#include "socket/constant.h"
#include "socket/errno_meaning.h"
#include "socket/sockopt.h"
#include "view/calltext.h"

enum {
	NEAR = 16,        /* entries around a failure in which its ICMP message is looked for */
	SAMPLE_NEAR = 64, /* entries before it in which the kernel's sample is looked for */
	PORT_FREE = 1024, /* ports below are root's */
	PAYLOAD_SHOWN = 24,
	HOLDERS_SHOWN = 3, /* of a port that is taken */
};

/* ---- which call ---- */

/* 0 for what has not failed. */
static int read_queued(const struct entry *entry, struct errqueue *queued)
{
	if (!entry_unpack_errqueue(entry, queued))
		return 0;
	return queued->origin <= ERRQUEUE_ICMP6 ? queued->error : 0;
}

static bool asks_pending(const struct entry *entry)
{
	return entry->call == CALL_GETSOCKOPT && entry->arg == SO_ERROR &&
	       entry->arg2 == (int16_t)SOL_SOCKET;
}

static int pending_error(const struct entry *entry)
{
	int code = 0;
	if (asks_pending(entry) && entry->len == sizeof code)
		memcpy(&code, entry_payload(entry), sizeof code);
	return code;
}

/* A call that the program makes for its own observation reports what had happened; that it fails
 * itself means nothing. */
static int failure_code(const struct entry *entry)
{
	struct errqueue queued;
	if (!entry_is_call(entry))
		return 0;
	int code = pending_error(entry);
	if (!code && entry->flags & ENTRY_WATCHING)
		code = read_queued(entry, &queued);
	else if (!code)
		code = entry->error;
	return code == EAGAIN || code == EINPROGRESS ? 0 : code;
}

static uint64_t earlier(const struct failure *failure, uint64_t position, enum call call)
{
	const struct transcript *transcript = failure->app->transcript;
	while (position != TRANSCRIPT_NONE) {
		position = transcript_before(transcript, position);
		const struct entry *entry = transcript_at(transcript, position);
		if (position < failure->begun)
			break;
		if (entry && entry->call == call)
			return position;
	}
	return TRANSCRIPT_NONE;
}

static const struct entry *call_of(const struct failure *failure)
{
	return transcript_at(failure->app->transcript, failure->call);
}

/* The error queue reports the failure of an earlier call. */
static void find_call(struct failure *failure)
{
	const struct transcript *transcript = failure->app->transcript;
	const struct entry *report = transcript_at(transcript, failure->call);
	uint64_t at = failure->call;
	for (int i = 0; report->call == CALL_ERRQUEUE && i < NEAR && at != TRANSCRIPT_NONE; i++) {
		at = transcript_before(transcript, at);
		const struct entry *entry = transcript_at(transcript, at);
		if (!entry || entry->error != failure->code || entry->flags & ENTRY_WATCHING)
			continue;
		failure->call = at;
		return;
	}
}

/* The program's own connect() to no address undoes one that has failed. */
static bool begins_connection(const struct entry *entry)
{
	return entry->call == CALL_CONNECT && entry->endpoint_len;
}

/* When several addresses are tried side by side: true if this entry is about one of them, but
 * the session ended with others, which were closed after the line that says so. */
static bool is_of_other_attempt(const struct failure *failure, const struct entry *entry)
{
	bool ended = false;
	const struct transcript *transcript = failure->app->transcript;
	uint64_t at = failure->line;
	if (at == TRANSCRIPT_NONE || !(asks_pending(entry) || entry_is_connect_return(entry)))
		return false;
	for (at = transcript_after(transcript, at); at != TRANSCRIPT_NONE;
	     at = transcript_after(transcript, at)) {
		const struct entry *later = transcript_at(transcript, at);
		if (later->call == CALL_CLOSE && later->fd == entry->fd)
			return false;
		ended = ended || later->call == CALL_CLOSE;
	}
	return ended;
}

/* False if the newest failure is not that of a call: a line of the session reports it, and older
 * failures belong to an earlier connection. */
static bool find_report(struct failure *failure, uint64_t at)
{
	const struct transcript *transcript = failure->app->transcript;
	bool answered = false;
	for (; at != TRANSCRIPT_NONE && at >= failure->begun;
	     at = transcript_before(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		failure->code = failure_code(entry);
		failure->call = at;
		if (failure->code && is_of_other_attempt(failure, entry))
			continue;
		if (failure->code)
			return true;
		answered = answered || asks_pending(entry);
		failure->waiting = entry_is_connect_begun(entry) && !answered;
		if (failure->line == TRANSCRIPT_NONE && entry->call == CALL_STATE &&
		    entry->flags & ENTRY_ERROR)
			failure->line = at;
		if (failure->line != TRANSCRIPT_NONE && begins_connection(entry))
			return false;
	}
	return false;
}

bool failure_find(struct failure *failure, const struct app *app, const struct session *session,
                  uint64_t newest)
{
	uint64_t life = session_life(session);
	*failure = (struct failure){
		.app = app,
		.session = session,
		.call = TRANSCRIPT_NONE,
		.line = TRANSCRIPT_NONE,
		.begun = newest < life ? 0 : life,
	};
	if (newest == TRANSCRIPT_NONE)
		newest = transcript_last(app->transcript, session_number(session));
	if (!find_report(failure, newest)) {
		failure->call = TRANSCRIPT_NONE;
		return failure->line != TRANSCRIPT_NONE;
	}
	find_call(failure);
	return true;
}

uint64_t failure_position(const struct failure *failure)
{
	return failure->call == TRANSCRIPT_NONE ? failure->line : failure->call;
}

/* ---- ICMP ---- */

static void say_queued(const struct entry *entry, const struct errqueue *queued, struct buf *out)
{
	char what[CONSTANT_TEXT], offender[ENDPOINT_TEXT], target[ENDPOINT_TEXT];
	struct endpoint from = entry_addr(entry);
	if (queued->origin == ERRQUEUE_LOCAL)
		buf_append_text(out, "The error queue says that it was this machine");
	else
		buf_printf(out, "%s came from %s",
		           constant_icmp(queued->origin == ERRQUEUE_ICMP6, queued->type,
		                         queued->code, what),
		           endpoint_format_host(&from, offender));
	if (endpoint_is_set(&queued->target))
		buf_printf(out, ", about what went to %s",
		           endpoint_format(&queued->target, target));
	if (queued->info)
		buf_printf(out, "; a packet may have %" PRIu32 " bytes", queued->info);
	buf_append_text(out, " *.\n");
}

/* The message nearest to the failure, before or after it. */
static void say_icmp(const struct failure *failure, struct buf *out)
{
	const struct transcript *transcript = failure->app->transcript;
	uint64_t at = failure->call;
	struct errqueue queued = { 0 };
	for (int i = 0; i < NEAR && transcript_after(transcript, at) != TRANSCRIPT_NONE; i++)
		at = transcript_after(transcript, at);
	for (int i = 0; i < 2 * NEAR && at != TRANSCRIPT_NONE && at >= failure->begun; i++) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry && read_queued(entry, &queued) == failure->code) {
			say_queued(entry, &queued, out);
			return;
		}
		at = transcript_before(transcript, at);
	}
}

/* ---- what each errno value has to do with what was done here ---- */

static void say_at(const struct failure *failure, uint64_t position, const char *what,
                   struct buf *out)
{
	char time[CLOCK_TEXT];
	const struct entry *entry = transcript_at(failure->app->transcript, position);
	buf_printf(out, "%s at %s.\n", what, clock_format_time(entry->time, false, time));
}

static void name_session(const struct session *session, struct buf *out)
{
	buf_printf(out, "Session %u (%s)", session_number(session), session_name(session));
}

/* The first recv() that returned end of file. After an error 0 only means that nothing is left. */
static uint64_t find_fin(const struct failure *failure)
{
	uint64_t fin = TRANSCRIPT_NONE;
	uint64_t at = earlier(failure, failure->call, CALL_RECV);
	for (; at != TRANSCRIPT_NONE; at = earlier(failure, at, CALL_RECV)) {
		const struct entry *entry = transcript_at(failure->app->transcript, at);
		if (entry->error == EAGAIN)
			continue;
		if (entry->error)
			return TRANSCRIPT_NONE;
		if (entry->len || entry->arg <= 0)
			return fin;
		fin = at;
	}
	return fin;
}

static void say_unread(const struct failure *failure, struct buf *out)
{
	struct sample sample;
	if (sample_before(failure->app->transcript, failure->call, SAMPLE_NEAR, &sample) &&
	    sample_get(&sample, SAMPLE_INQ))
		buf_printf(out, "%" PRIu64 " byte%s of the peer's had not been read here *.\n",
		           sample_get(&sample, SAMPLE_INQ),
		           count_plural(sample_get(&sample, SAMPLE_INQ)));
}

/* Our own listener with this connection in its queue, closed since connect(): the kernel resets who
 * waits there. NULL for none. `at`: its close(). */
static const struct session *find_closed_listener(const struct failure *failure, uint64_t *at)
{
	const struct app *app = failure->app;
	const struct transcript *transcript = app->transcript;
	struct endpoint peer = session_peer(failure->session);
	uint64_t begun = failure->begun;
	if (app_other_end(app, failure->session))
		return NULL;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		const struct session *other = sessions_at(app->sessions, i);
		struct endpoint local = session_local(other);
		if (!session_has_clients(other) || !endpoint_reaches(&peer, &local))
			continue;
		*at = transcript_last(transcript, session_number(other));
		while (*at != TRANSCRIPT_NONE && *at > begun &&
		       transcript_at(transcript, *at)->call != CALL_CLOSE)
			*at = transcript_before(transcript, *at);
		if (*at != TRANSCRIPT_NONE && *at > begun)
			return other;
	}
	return NULL;
}

/* TLS had begun, and what was agreed on, or clear text, had not come. Before the first record only the session
 * itself knows; a recording has no more than the calls. */
static bool was_in_handshake(const struct failure *failure)
{
	const struct transcript *transcript = failure->app->transcript;
	const struct session *session = failure->session;
	uint64_t at = failure->call;
	bool sealed = false;
	for (; at != TRANSCRIPT_NONE && at >= failure->begun;
	     at = transcript_before(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		bool moved = entry->len && (entry_is_incoming(entry) || entry_is_outgoing(entry));
		if (entry_is_of_tls(entry))
			return entry->arg < 0;
		if (entry->call == CALL_SOCKET || (moved && !entry_is_sealed(entry)))
			break;
		sealed = sealed || entry_is_sealed(entry);
	}
	return sealed ||
	       (session_security(session) != SESSION_PLAIN && !*session_tls_facts(session));
}

static void say_reset(const struct failure *failure, struct buf *out)
{
	uint64_t closed;
	const struct session *listener = find_closed_listener(failure, &closed);
	if (listener) {
		name_session(listener, out);
		say_at(failure, closed,
		       ", which listened there, was closed with this connection in its queue,",
		       out);
		return;
	}
	if (was_in_handshake(failure))
		buf_append_text(out, "The handshake of TLS was not over.\n");
	uint64_t fin = find_fin(failure);
	uint64_t sent = session_life_sent(failure->session);
	if (fin != TRANSCRIPT_NONE)
		say_at(failure, fin, "The peer had closed its side before (FIN),", out);
	else
		buf_append_text(out, "No FIN had come before: the peer did not close in order.\n");
	if (sent == 0)
		buf_append_text(out, "We had sent nothing, so unread bytes were not the cause: the "
		                     "peer closed with SO_LINGER 0, or it was a listener that "
		                     "closed with us in its queue.\n");
	else
		buf_printf(out,
		           "%" PRIu64 " byte%s had been sent from here: either the peer closed "
		           "before it had read %s, or with SO_LINGER 0.\n",
		           sent, count_plural(sent), sent == 1 ? "it" : "them all");
	say_unread(failure, out);
}

static void say_pipe(const struct failure *failure, struct buf *out)
{
	const struct transcript *transcript = failure->app->transcript;
	uint64_t ours = earlier(failure, failure->call, CALL_SHUTDOWN);
	uint64_t fin = find_fin(failure);
	if (ours != TRANSCRIPT_NONE && transcript_at(transcript, ours)->arg != SHUT_RD &&
	    !transcript_at(transcript, ours)->error)
		say_at(failure, ours, "This direction was closed here, by shutdown(),", out);
	else if (fin != TRANSCRIPT_NONE)
		say_at(failure, fin,
		       "What was sent after the peer's close was answered by RST. "
		       "recv() had returned 0",
		       out);
}

static void say_timed_out(const struct failure *failure, struct buf *out)
{
	struct sample sample;
	if (!sample_before(failure->app->transcript, failure->call, SAMPLE_NEAR, &sample))
		return;
	uint64_t again = sample_get(&sample, SAMPLE_RETRANSMITS);
	uint64_t probes = sample_get(&sample, SAMPLE_PROBES);
	uint64_t total = sample_get(&sample, SAMPLE_TOTAL_RETRANS);
	char wait[CLOCK_TEXT];
	if (probes)
		buf_printf(out, "Probes without an answer: %" PRIu64 " *.\n", probes);
	if (again || total)
		buf_printf(out, "Segments sent again: %" PRIu64 " *.\n", total ? total : again);
	if (sample_has(&sample, SAMPLE_RTO) && (again || total))
		buf_printf(out, "The retransmission timeout (RTO) was %s *.\n",
		           clock_format_duration(
		                   (int64_t)(sample_get(&sample, SAMPLE_RTO) * CLOCK_US), wait));
}

static void say_no_access(const struct failure *failure, struct buf *out)
{
	const struct entry *call = call_of(failure);
	struct endpoint addr = entry_addr(call);
	if (call->call == CALL_BIND && addr.port < PORT_FREE)
		buf_printf(out,
		           "Port %u is below %d: only root may take it, see "
		           "net.ipv4.ip_unprivileged_port_start.\n",
		           addr.port, PORT_FREE);
}

/* The MTU that the program asked for itself after the call. */
static void say_mtu(const struct failure *failure, unsigned headers, struct buf *out)
{
	const struct transcript *transcript = failure->app->transcript;
	uint64_t at = failure->call;
	int mtu = 0;
	for (int i = 0; i < NEAR && at != TRANSCRIPT_NONE && !mtu; i++) {
		const struct entry *entry = transcript_at(transcript, at);
		const struct sockopt *option = sockopt_numbered(entry->arg2, entry->arg);
		if (entry->call == CALL_GETSOCKOPT && entry->flags & ENTRY_WATCHING && option &&
		    strstr(option->name, "_MTU") && entry->len == sizeof mtu)
			memcpy(&mtu, entry_payload(entry), sizeof mtu);
		at = transcript_after(transcript, at);
	}
	if (mtu > 0)
		buf_printf(
		        out,
		        "the MTU of this path is %d *, of which %u are headers, and mtu_discover "
		        "forbids fragments.\n",
		        mtu, headers);
	else
		buf_append_text(out, "that is more than a packet may have on this path.\n");
}

static void say_too_large(const struct failure *failure, struct buf *out)
{
	const struct entry *call = call_of(failure);
	if (!entry_is_outgoing(call))
		return;
	struct endpoint to = entry_addr(call);
	if (!endpoint_is_set(&to))
		to = session_peer(failure->session);
	to = endpoint_on_wire(&to);
	unsigned most = endpoint_udp_max(&to);
	buf_printf(out, "One datagram was to have %d bytes; ", call->arg);
	if (call->arg > (int)most)
		buf_printf(out,
		           "%s carries at most %u bytes in a UDP datagram: the length of a packet "
		           "has 16 bits, headers included.\n",
		           endpoint_family_name(to.family), most);
	else
		say_mtu(failure, endpoint_udp_headers(&to), out);
}

/* Sending, receiving and ending happen on a connection, unless there has been none. */
static const struct errno_case *case_of(const struct failure *failure)
{
	const struct entry *call = call_of(failure);
	const struct session *session = failure->session;
	struct endpoint addr = entry_addr(call);
	unsigned context = session_errno_context(session, endpoint_is_set(&addr) ? &addr : NULL);
	bool moves = entry_is_incoming(call) || entry_is_outgoing(call) ||
	             call->call == CALL_SHUTDOWN;
	if (moves && context & (ERRNO_TCP | ERRNO_UNIX) && !(context & ERRNO_FRESH))
		context |= ERRNO_OPEN;
	const struct sockopt *option =
	        call->call == CALL_SETSOCKOPT ? sockopt_numbered(call->arg2, call->arg) : NULL;
	if (endpoint_is_multicast(&addr) || (option && option->form == SOCKOPT_GROUP))
		context |= ERRNO_GROUP;
	return errno_meaning_case(entry_call_name((enum call)call->call), failure->code, context);
}

/* ---- what the other sessions have to do with it ---- */

static bool same_transport(const struct session *a, const struct session *b)
{
	return session_transport(a) == session_transport(b);
}

/* Whether both are alive, or of the same recording. */
static bool same_time(const struct session *a, const struct session *b)
{
	return session_recording(a) == session_recording(b);
}

/* ---- who has the port ---- */

/* bind() names the port; listen() uses that of its socket. */
static unsigned wanted_port(const struct failure *failure)
{
	struct endpoint addr = entry_addr(call_of(failure));
	if (endpoint_is_set(&addr))
		return addr.port;
	return session_local(failure->session).port;
}

/* Who has the port now; bind() may have failed a while ago. */
static void say_holders(const struct failure *failure, struct buf *out)
{
	if (session_recording(failure->session)) {
		buf_append_text(out, "Who had the port then is not in the log.\n");
		return;
	}
	struct port_table *table = xcalloc(1, sizeof *table);
	enum transport transport = session_transport(failure->session);
	unsigned port = wanted_port(failure), shown = 0, more = 0;
	sessions_read_port(failure->app->sessions, session_host(failure->session), (uint16_t)port,
	                   PORT_SEARCH, table);
	for (size_t i = 0; port && i < table->count; i++) {
		const struct port_holder *holder = &table->list[i];
		if (holder->transport != transport ||
		    holder->number == session_number(failure->session))
			continue;
		if (shown++ >= HOLDERS_SHOWN) {
			more++;
			continue;
		}
		struct buf text = { .max = SIZE_MAX };
		port_holder_print(holder, &text);
		buf_printf(out, "%c%s.\n", toupper((unsigned char)*buf_text(&text)),
		           buf_text(&text) + 1);
		buf_free(&text);
	}
	more += (unsigned)table->more;
	if (more)
		buf_printf(out, "%u more: /port %u lists them.\n", more, port);
	else if (port && !shown)
		buf_printf(out, "Nobody has port %u any more%s.\n", port,
		           table->known && table->lists_bound ? " *" : ", as far as is known");
	free(table);
}

/* ---- who listens, but elsewhere ---- */

static void say_listeners(const struct failure *failure, struct buf *out)
{
	char text[HOST_TEXT];
	const struct sessions *sessions = failure->app->sessions;
	struct endpoint addr = entry_addr(call_of(failure));
	for (size_t i = 0; addr.port && i < sessions_count(sessions); i++) {
		const struct session *other = sessions_at(sessions, i);
		struct endpoint local = session_local(other);
		if (!session_is_server(other) || local.port != addr.port ||
		    session_state(other) == SESSION_CLOSED || !same_time(other, failure->session))
			continue;
		name_session(other, out);
		if (same_transport(other, failure->session))
			buf_printf(out, " has that port, but at %s.\n",
			           host_format(session_host(other), &local, text));
		else
			buf_printf(out, " has that port, but of %s.\n",
			           transport_title(session_transport(other)));
	}
}

/* ---- what the other end did ---- */

static bool aborts(const struct entry *entry)
{
	bool resets;
	return entry_sets_linger(entry, &resets) && resets;
}

static void say_how_it_closed(const struct transcript *transcript, const struct session *other,
                              struct buf *out)
{
	struct sample sample;
	uint64_t at = transcript_last(transcript, session_number(other));
	while (at != TRANSCRIPT_NONE && transcript_at(transcript, at)->call != CALL_CLOSE)
		at = transcript_before(transcript, at);
	if (at == TRANSCRIPT_NONE)
		return;
	uint64_t before = transcript_before(transcript, at);
	while (before != TRANSCRIPT_NONE && !aborts(transcript_at(transcript, before)) &&
	       transcript_at(transcript, before)->call != CALL_CONNECT)
		before = transcript_before(transcript, before);
	const struct entry *set =
	        before == TRANSCRIPT_NONE ? NULL : transcript_at(transcript, before);
	if (set && aborts(set)) {
		name_session(other, out);
		buf_append_text(out, ", the other end, closed with SO_LINGER 0.\n");
	} else if (sample_before(transcript, at, SAMPLE_NEAR, &sample) &&
	           sample_get(&sample, SAMPLE_INQ)) {
		name_session(other, out);
		buf_printf(out,
		           ", the other end, closed with %" PRIu64 " byte%s in its buffer unread *."
		           "\n",
		           sample_get(&sample, SAMPLE_INQ),
		           count_plural(sample_get(&sample, SAMPLE_INQ)));
	}
}

static void say_other_end(const struct failure *failure, struct buf *out)
{
	const struct session *other = app_other_end(failure->app, failure->session);
	if (other)
		say_how_it_closed(failure->app->transcript, other, out);
}

static void say_others(const struct failure *failure, struct buf *out)
{
	if (failure->code == EADDRINUSE)
		say_holders(failure, out);
	else if (failure->code == ECONNREFUSED)
		say_listeners(failure, out);
	else if (failure->code == ECONNRESET || failure->code == EPIPE)
		say_other_end(failure, out);
}

/* A UNIX socket has no segments, no ICMP and no port. */
static void say_path_holders(const struct failure *failure, struct buf *out)
{
	const struct sessions *sessions = failure->app->sessions;
	struct endpoint addr = entry_addr(call_of(failure));
	for (size_t i = 0; i < sessions_count(sessions); i++) {
		const struct session *other = sessions_at(sessions, i);
		struct endpoint local = session_local(other);
		if (other == failure->session || !same_time(other, failure->session) ||
		    !endpoint_equal(&local, &addr) ||
		    endpoint_is_unnamed(&addr) || session_state(other) == SESSION_CLOSED)
			continue;
		name_session(other, out);
		buf_printf(out, " has a socket there: %s, %s.\n",
		           transport_title(session_transport(other)),
		           tcp_state_title(session_tcp_state(other)));
	}
}

/* What the transcript, the kernel's samples and the other sessions say about this failure: sentences,
 * each with a line feed. */
static void say_details(const struct failure *failure, struct buf *out)
{
	static const struct {
		int code;
		void (*say)(const struct failure *failure, struct buf *out);
	} rows[] = {
		{ ECONNRESET, say_reset },    { EPIPE, say_pipe },
		{ ETIMEDOUT, say_timed_out }, { EACCES, say_no_access },
		{ EMSGSIZE, say_too_large },
	};
	if (!call_of(failure) || failure->call < session_life(failure->session))
		return;
	if (transport_is_unix(session_transport(failure->session))) {
		say_path_holders(failure, out);
		return;
	}
	say_icmp(failure, out);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].code == failure->code)
			rows[i].say(failure, out);
	say_others(failure, out);
}

/* ---- all of it ---- */

/* The program's own words for the failure follow the first line. */
static void explain_lookup(const struct entry *entry, struct buf *out)
{
	const struct errno_meaning *meaning = errno_meaning_of_lookup(entry->arg);
	const char *words = entry_payload(entry), *end = words + entry->len;
	const char *line = memchr(words, '\n', entry->len);
	if (line)
		buf_append(out, line + 1, (size_t)(end - line - 1));
	buf_append_text(out, "\n");
	if (meaning)
		errno_meaning_explain(meaning, NULL, out);
}

int64_t failure_time(const struct failure *failure)
{
	const struct entry *entry =
	        transcript_at(failure->app->transcript, failure_position(failure));
	return failure->call == TRANSCRIPT_NONE ? entry->time : entry_shown_time(entry);
}

static void print_call(const struct failure *failure, struct buf *out)
{
	char took[CLOCK_TEXT];
	const struct entry *call = call_of(failure);
	calltext_call(call, PAYLOAD_SHOWN, out);
	if (call->call == CALL_GETADDRINFO)
		buf_append_text(out, " has failed");
	else
		buf_printf(out, "%s%s: %s", call->error ? " = -1 " : " said ",
		           error_name(failure->code), error_why(failure->code));
	if (call->flags & ENTRY_WAITED)
		buf_printf(out, ", after %s",
		           clock_format_duration(call->duration * CLOCK_US, took));
}

void failure_print(const struct failure *failure, struct buf *out)
{
	const struct entry *state = transcript_at(failure->app->transcript, failure->line);
	if (failure->call == TRANSCRIPT_NONE)
		buf_append(out, entry_payload(state), state->len);
	else
		print_call(failure, out);
}

static void explain_call(const struct failure *failure, struct buf *out)
{
	const struct errno_meaning *meaning = errno_meaning_numbered(failure->code);
	const struct errno_case *special = case_of(failure);
	if (special)
		buf_printf(out, "%c%s.\n", toupper((unsigned char)*special->phrase),
		           special->phrase + 1);
	say_details(failure, out);
	if (meaning)
		errno_meaning_explain(meaning, special, out);
	else
		buf_append_text(out, "Nothing more is known of this errno value.");
}

void failure_explain(const struct failure *failure, struct buf *out)
{
	const char *advice = session_tls_advice(failure->session);
	if (failure->call == TRANSCRIPT_NONE && *advice)
		buf_append_text(out, advice);
	else if (failure->call == TRANSCRIPT_NONE)
		buf_append_text(out, failure->waiting
		                             ? "No call has failed: this program gave up while "
		                               "connect() still waited. /set timeout is how long "
		                               "it waits."
		                             : "No call has failed.");
	else if (call_of(failure)->call == CALL_GETADDRINFO)
		explain_lookup(call_of(failure), out);
	else
		explain_call(failure, out);
}
