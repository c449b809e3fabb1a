// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/failure.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "socket/constant.h"

enum {
	NEAR = 16,        /* entries around a failure in which its ICMP message is looked for */
	SAMPLE_NEAR = 64, /* and the kernel's reading before it */
	PORT_FREE = 1024, /* ports below are root's */
};

/* ---- which call ---- */

/* 0 for what has not failed. */
static int read_queued(const struct entry *entry, struct errqueue *queued)
{
	if (entry->call != CALL_ERRQUEUE || entry->len != sizeof *queued)
		return 0;
	memcpy(queued, entry_payload(entry), sizeof *queued);
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

/* What the program asked to see more says what had happened, but its own refusals mean nothing. */
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

uint64_t failure_earlier(const struct failure *failure, uint64_t position, enum call call)
{
	const struct transcript *transcript = failure->app->transcript;
	while (position != TRANSCRIPT_NONE) {
		position = transcript_before(transcript, position);
		const struct entry *entry = transcript_at(transcript, position);
		if (position < session_life(failure->session))
			break;
		if (entry && entry->call == call)
			return position;
	}
	return TRANSCRIPT_NONE;
}

const struct entry *failure_call(const struct failure *failure)
{
	return transcript_at(failure->app->transcript, failure->at);
}

/* The error queue and SO_ERROR tell of a call that was made before. */
static void find_call(struct failure *failure)
{
	const struct transcript *transcript = failure->app->transcript;
	const struct entry *told = transcript_at(transcript, failure->told);
	failure->at = failure->told;
	if (pending_error(told) && !(told->flags & ENTRY_WATCHING)) {
		uint64_t connect = failure_earlier(failure, failure->told, CALL_CONNECT);
		while (connect != TRANSCRIPT_NONE &&
		       transcript_at(transcript, connect)->fd != told->fd)
			connect = failure_earlier(failure, connect, CALL_CONNECT);
		failure->at = connect == TRANSCRIPT_NONE ? failure->told : connect;
	}
	uint64_t at = failure->told;
	for (int i = 0; told->call == CALL_ERRQUEUE && i < NEAR && at != TRANSCRIPT_NONE; i++) {
		at = transcript_before(transcript, at);
		const struct entry *entry = transcript_at(transcript, at);
		if (!entry || entry->error != failure->code || entry->flags & ENTRY_WATCHING)
			continue;
		failure->told = failure->at = at;
		return;
	}
}

/* The program's own connect() to no address takes back one that has failed. */
static bool begins_connection(const struct entry *entry)
{
	return entry->call == CALL_CONNECT && entry->endpoint_len;
}

/* Of several addresses that are tried side by side: whether what is answered here was only one of
 * them, and the session ended with others that were closed after the line that says so. */
static bool is_of_other_attempt(const struct failure *failure, const struct entry *entry)
{
	bool ended = false;
	const struct transcript *transcript = failure->app->transcript;
	uint64_t at = failure->state;
	if (at == TRANSCRIPT_NONE || !asks_pending(entry))
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

/* False where the newest failure is that of no call: a line of the session stands before it, and
 * an older failure is that of an earlier connection. */
static bool find_told(struct failure *failure)
{
	const struct transcript *transcript = failure->app->transcript;
	uint64_t at = transcript_last(transcript, session_number(failure->session));
	bool answered = false;
	for (; at != TRANSCRIPT_NONE && at >= session_life(failure->session);
	     at = transcript_before(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		failure->code = failure_code(entry);
		failure->told = at;
		if (failure->code && is_of_other_attempt(failure, entry))
			continue;
		if (failure->code)
			return true;
		answered = answered || asks_pending(entry);
		failure->waiting = begins_connection(entry) && entry->error && !answered;
		if (failure->state == TRANSCRIPT_NONE && entry->call == CALL_STATE &&
		    entry->flags & ENTRY_ERROR)
			failure->state = at;
		if (failure->state != TRANSCRIPT_NONE && begins_connection(entry))
			return false;
	}
	return false;
}

bool failure_find(const struct app *app, const struct session *session, struct failure *failure)
{
	*failure = (struct failure){
		.app = app,
		.session = session,
		.at = TRANSCRIPT_NONE,
		.state = TRANSCRIPT_NONE,
	};
	if (!find_told(failure))
		return failure->state != TRANSCRIPT_NONE;
	find_call(failure);
	return true;
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

/* The message that stands nearest behind or before the failure. */
static void say_icmp(const struct failure *failure, struct buf *out)
{
	const struct transcript *transcript = failure->app->transcript;
	uint64_t at = failure->told;
	struct errqueue queued = { 0 };
	for (int i = 0; i < NEAR && transcript_after(transcript, at) != TRANSCRIPT_NONE; i++)
		at = transcript_after(transcript, at);
	for (int i = 0; i < 2 * NEAR && at != TRANSCRIPT_NONE; i++) {
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

/* The recv() that gave end of file first. Behind an error 0 means that there is nothing more. */
static uint64_t find_fin(const struct failure *failure)
{
	uint64_t fin = TRANSCRIPT_NONE;
	uint64_t at = failure_earlier(failure, failure->at, CALL_RECV);
	for (; at != TRANSCRIPT_NONE; at = failure_earlier(failure, at, CALL_RECV)) {
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
	if (sample_before(failure->app->transcript, failure->at, SAMPLE_NEAR, &sample) &&
	    sample_get(&sample, SAMPLE_INQ))
		buf_printf(out, "%" PRIu64 " bytes of the peer's had not been read here *.\n",
		           sample_get(&sample, SAMPLE_INQ));
}

static void say_reset(const struct failure *failure, struct buf *out)
{
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
		           "%" PRIu64 " bytes had been sent from here: either the peer closed "
		           "before it had read them all, or with SO_LINGER 0.\n",
		           sent);
	say_unread(failure, out);
}

static void say_pipe(const struct failure *failure, struct buf *out)
{
	const struct transcript *transcript = failure->app->transcript;
	uint64_t ours = failure_earlier(failure, failure->at, CALL_SHUTDOWN);
	uint64_t fin = find_fin(failure);
	if (ours != TRANSCRIPT_NONE && transcript_at(transcript, ours)->arg != SHUT_RD &&
	    !transcript_at(transcript, ours)->error)
		say_at(failure, ours, "This direction was closed here, by shutdown(),", out);
	else if (fin != TRANSCRIPT_NONE)
		say_at(failure, fin,
		       "What was sent behind the peer's close was answered by RST. "
		       "recv() had returned 0",
		       out);
}

static void say_timed_out(const struct failure *failure, struct buf *out)
{
	struct sample sample;
	if (!sample_before(failure->app->transcript, failure->told, SAMPLE_NEAR, &sample))
		return;
	uint64_t again = sample_get(&sample, SAMPLE_RETRANSMITS);
	uint64_t probes = sample_get(&sample, SAMPLE_PROBES);
	uint64_t total = sample_get(&sample, SAMPLE_TOTAL_RETRANS);
	char wait[CLOCK_TEXT];
	if (probes)
		buf_printf(out, "%" PRIu64 " probes had not been answered *.\n", probes);
	if (again || total)
		buf_printf(out, "Segments sent again: %" PRIu64 " *.\n", total ? total : again);
	if (sample_has(&sample, SAMPLE_RTO) && (again || total))
		buf_printf(out, "The wait before the next one was %s *.\n",
		           clock_format_duration(
		                   (int64_t)(sample_get(&sample, SAMPLE_RTO) * CLOCK_US), wait));
}

static void say_no_access(const struct failure *failure, struct buf *out)
{
	const struct entry *call = failure_call(failure);
	struct endpoint addr = entry_addr(call);
	if (call->call == CALL_BIND && addr.port < PORT_FREE)
		buf_printf(out,
		           "Port %u is below %d: only root may take it, see "
		           "net.ipv4.ip_unprivileged_port_start.\n",
		           addr.port, PORT_FREE);
}

static void say_too_large(const struct failure *failure, struct buf *out)
{
	const struct entry *call = failure_call(failure);
	if (!entry_is_outgoing(call))
		return;
	struct endpoint to = entry_addr(call);
	if (!endpoint_is_set(&to))
		to = session_peer(failure->session);
	to = endpoint_on_wire(&to);
	unsigned most = endpoint_udp_max(&to);
	buf_printf(out, "One datagram was to have %d bytes; ", call->arg);
	if (call->arg > (int)most)
		buf_printf(out, "%s carries at most %u bytes in a UDP datagram.\n",
		           endpoint_family_name(to.family), most);
	else
		buf_append_text(out, "that is more than a packet may have on this path.\n");
}

/* What is sent or received was so on a connection, unless there has been none. */
const struct errno_case *failure_case(const struct failure *failure)
{
	const struct entry *call = failure_call(failure);
	const struct session *session = failure->session;
	struct endpoint addr = entry_addr(call);
	unsigned context = session_errno_context(session, endpoint_is_set(&addr) ? &addr : NULL);
	bool moves = entry_is_incoming(call) || entry_is_outgoing(call);
	if (moves && context & ERRNO_TCP && !(context & ERRNO_FRESH))
		context |= ERRNO_OPEN;
	return errno_meaning_case(entry_call_name((enum call)call->call), failure->code, context);
}

void failure_say_here(const struct failure *failure, struct buf *out)
{
	static const struct {
		int code;
		void (*say)(const struct failure *failure, struct buf *out);
	} snapshot[] = {
		{ ECONNRESET, say_reset },    { EPIPE, say_pipe },
		{ ETIMEDOUT, say_timed_out }, { EACCES, say_no_access },
		{ EMSGSIZE, say_too_large },
	};
	if (failure->at == TRANSCRIPT_NONE || !failure_call(failure))
		return;
	say_icmp(failure, out);
	for (size_t i = 0; i < sizeof snapshot / sizeof *snapshot; i++)
		if (snapshot[i].code == failure->code)
			snapshot[i].say(failure, out);
}
