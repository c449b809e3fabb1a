// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "socket/errno_meaning.h"
#include "net/session_internal.h"

static unsigned number(const struct session *session)
{
	return session->caller.session;
}

/* ---- what waits ---- */

struct step *step_begin(struct session *session, enum step_call call, const char *format, ...)
{
	va_list args;
	struct step *step = xcalloc(1, sizeof *step);
	step->call = call;
	step->since = clock_now();
	va_start(args, format);
	vsnprintf(step->text, sizeof step->text, format, args);
	va_end(args);
	session->step = step;
	session->readable_unexplained = 0;
	return step;
}

void step_drop(struct session *session)
{
	struct step *step = session->step;
	if (!step)
		return;
	if (step->lookup)
		sessions_defer_lookup_end(session->sessions, step->lookup);
	free(step);
	session->step = NULL;
}

static const char *waited(const struct step *step, char out[CLOCK_TEXT])
{
	return clock_format_duration(clock_now() - step->since, out);
}

void step_abandon(struct session *session)
{
	char took[CLOCK_TEXT];
	struct step *step = session->step;
	if (!step || step->call == STEP_SEND)
		return;
	session_report(session, 0, "%s cancelled after %s", step->text, waited(step, took));
	step_drop(session);
}

int64_t step_since(const struct session *session)
{
	return session->step && session->step->waited ? session->step->since : 0;
}

const char *session_waiting(const struct session *session, int64_t *since)
{
	if (!session->step)
		return NULL;
	if (since)
		*since = session->step->since;
	return session->step->text;
}

/* ---- what cannot be ---- */

bool step_may_begin(const struct session *session, struct error *error)
{
	if (session_refuse_closed(session, error))
		return false;
	if (session->dial || session->due)
		error_set(error, "session %u is still being opened", number(session));
	else if (!session->fd_count)
		error_set(error, "session %u has no socket", number(session));
	else if (session->step)
		error_set(error, "%.150s waits in session %u: Ctrl-C there cancels it",
		          session->step->text, number(session));
	else
		return true;
	return false;
}

bool step_must_be_paused(const struct session *session, const char *does, struct error *error)
{
	if (!session->paused)
		error_set(error, "/pause first: session %u %s by itself", number(session), does);
	return session->paused;
}

bool step_fail(const struct session *session, enum call call, const char *text, int code,
               struct error *error)
{
	error_set(error, "%.150s = -1 %s: %s", text, error_name(code),
	          errno_meaning_phrase(entry_call_name(call), code,
	                               session_errno_context(session, NULL)));
	error->code = code;
	return false;
}

int step_family(const struct session *session)
{
	if (endpoint_is_set(&session->local[0]))
		return session->local[0].family;
	return session->open_parameters ? session->open_parameters->options.family : AF_UNSPEC;
}

/* ---- turns ---- */

bool step_drives(const struct session *session)
{
	if (session->dial || session->due)
		return false;
	return session->paused || session->step || session->state == SESSION_FRESH;
}

/* What a blocking send() would sleep for, however it came into the queue. */
static void wait_for_queue(struct session *session)
{
	if (!session->step && session->paused)
		step_begin(session, STEP_SEND, "send(%zu)", session->unsent)->waited = true;
}

static void want(const struct session *session, struct poller *poller,
                 void (*ask)(struct poller *poller, int fd))
{
	for (unsigned i = 0; i < session->fd_count; i++)
		ask(poller, session->fd[i]);
}

/* ---- what comes meanwhile ---- */

static bool has_come_on(const struct session *session, unsigned slot)
{
	const struct sample *last = probe_last(&session->probe, session->fd[slot]);
	return sample_get(last, SAMPLE_INQ) || sample_get(last, SAMPLE_QUEUE);
}

static bool has_come(const struct session *session)
{
	for (unsigned i = 0; i < session->fd_count; i++)
		if (has_come_on(session, i))
			return true;
	return false;
}

/* Nothing has come on this socket yet of which select() would tell in each turn, and what comes can
 * be read. */
static bool is_quiet(const struct session *session, unsigned slot)
{
	const struct sample *last = probe_last(&session->probe, session->fd[slot]);
	bool may_tell = sample_is(last, STATE_ESTABLISHED) || sample_is(last, STATE_LISTEN) ||
	                sample_is(last, STATE_FIN_WAIT1) || sample_is(last, STATE_FIN_WAIT2);
	return session->paused && !session->step && may_tell && !session->probe.budget->off &&
	       !(session->readable_unexplained >> slot & 1) && !has_come_on(session, slot);
}

bool step_may_grow(const struct session *session)
{
	return session->paused && (session->probe.type == SOCK_DGRAM || has_come(session));
}

static void look(struct session *session, const struct poller *poller)
{
	for (unsigned i = 0; i < session->fd_count; i++) {
		if (!is_quiet(session, i) || !poller_readable(poller, session->fd[i]))
			continue;
		probe_read(&session->caller, session->fd[i], SAMPLE_LATER);
		if (is_quiet(session, i))
			session->readable_unexplained |= 1u << i;
	}
}

void step_prepare(struct session *session, struct poller *poller)
{
	for (unsigned i = 0; i < session->fd_count; i++)
		if (is_quiet(session, i))
			poller_want_read(poller, session->fd[i]);
	if (session->state == SESSION_OPEN && session->queue.len) {
		wait_for_queue(session);
		want(session, poller, poller_want_write);
	}
	const struct step *step = session->step;
	if (!step || step->call == STEP_SEND)
		return;
	if (step->call == STEP_LOOKUP)
		lookup_prepare(step->lookup, poller);
	else
		want(session, poller,
		     step->call == STEP_CONNECT ? poller_want_write : poller_want_read);
}

/* The socket that is ready, or -1. */
static int find_slot(const struct session *session, const struct poller *poller,
                     bool (*is_ready)(const struct poller *poller, int fd))
{
	for (unsigned i = 0; i < session->fd_count; i++)
		if (is_ready(poller, session->fd[i]))
			return (int)i;
	return -1;
}

static enum step_end go_on(struct session *session, const struct poller *poller,
                           struct error *error)
{
	struct step *step = session->step;
	if (step->call == STEP_LOOKUP)
		return lookup_is_ready(step->lookup, poller) ? looked_up(session, error)
		                                             : STEP_WAITS;
	if (step->call == STEP_CONNECT)
		return poller_writable(poller, session->fd[0]) ? connect_answered(session, error)
		                                               : STEP_WAITS;
	int slot = find_slot(session, poller, poller_readable);
	if (slot < 0)
		return STEP_WAITS;
	return step->call == STEP_ACCEPT ? accept_step(session, (unsigned)slot, error)
	                                 : receive_step(session, (unsigned)slot, error);
}

static void flush(struct session *session, const struct poller *poller)
{
	if (session->state != SESSION_OPEN || !session->queue.len ||
	    find_slot(session, poller, poller_writable) < 0)
		return;
	session->kind->flush(session);
	if (session->step && session->step->call == STEP_SEND && !session->queue.len)
		step_drop(session);
}

void step_serve(struct session *session, const struct poller *poller)
{
	struct error error;
	flush(session, poller);
	look(session, poller);
	if (!session->step || session->step->call == STEP_SEND)
		return;
	if (go_on(session, poller, &error) == STEP_FAILED)
		session_report(session, ENTRY_ERROR, "%s", error.text);
}

/* ---- cancelling ---- */

/* connect(2): an address of no family dissolves what was begun, on a stream that is not connected
 * yet as well. Where a system does not do that, it goes on without us. */
static void cancel_connect(struct session *session)
{
	char took[CLOCK_TEXT];
	const struct step *step = session->step;
	struct endpoint none = { .family = AF_UNSPEC };
	bool gone = call_connect(&session->caller, session->fd[0], &none) == 0;
	session->state = SESSION_FRESH;
	session_report(session, 0, "%s cancelled after %s%s", step->text, waited(step, took),
	               gone ? ": connect(AF_UNSPEC) = 0 has taken it back"
	                    : ": the kernel goes on with it");
	step_drop(session);
}

static void cancel_send(struct session *session)
{
	char took[CLOCK_TEXT];
	const struct step *step = session->step;
	size_t unsent = session->unsent;
	buf_clear(&session->queue);
	secrets_clear(&session->secrets);
	session->unsent = 0;
	session_report(session, ENTRY_ERROR, "%s cancelled after %s: %zu bytes were not sent",
	               step->text, waited(step, took), unsent);
	step_drop(session);
	if (session->kind == &stream_kind)
		stream_settle(session);
}

bool step_cancel(struct session *session)
{
	if (!session->step)
		return reconnect_cancel(session);
	if (session->step->call == STEP_CONNECT) {
		cancel_connect(session);
	} else if (session->step->call == STEP_SEND) {
		cancel_send(session);
	} else {
		step_lower(session);
		step_abandon(session);
	}
	return true;
}

/* ---- pausing ---- */

static void pause_session(struct session *session)
{
	bool listens = session->kind == &listener_kind;
	session->paused = true;
	session_report(session, 0, "paused: %s",
	               listens ? "connections queue up in the kernel, /accept takes one"
	                       : "what comes waits in the kernel, /recv takes it");
}

/* What a person waits for comes by itself now; only connect() still has to come to its end. */
static void resume_session(struct session *session)
{
	bool listens = session->kind == &listener_kind;
	const struct step *step = session->step;
	session->paused = false;
	if (step && step->call == STEP_SEND)
		step_drop(session);
	else if (step && (step->call == STEP_ACCEPT || step->call == STEP_RECV))
		step_cancel(session);
	session_report(session, 0, "%s by itself again", listens ? "accepts" : "reads");
	for (unsigned i = 0; session->stepped && !session->connected && i < session->fd_count; i++)
		datagram_ask_pktinfo(session, session->fd[i], &session->local[i]);
	session_greet(session);
	if (session->kind == &stream_kind)
		stream_resume(session);
}

bool step_pause(struct session *session, bool pause, struct error *error)
{
	if (session_refuse_closed(session, error))
		return false;
	if (pause == session->paused) {
		error_set(error, "session %u is %s", number(session),
		          pause ? "paused already" : "not paused");
		return false;
	}
	if (pause)
		pause_session(session);
	else
		resume_session(session);
	return true;
}

bool session_is_paused(const struct session *session)
{
	return session->paused;
}
