// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/session_internal.h"
#include "net/probe_timer.h"

int64_t dial_deadline(const struct session *session)
{
	int64_t timeout = session->open_parameters->options.timeout;
	if (timeout <= 0 || session->open_parameters->listening)
		return INT64_MAX;
	return session->dial->begun + timeout;
}

void dial_end(struct session *session)
{
	struct dial *dial = session->dial;
	if (!dial)
		return;
	if (dial->lookup)
		sessions_defer_lookup_end(session->sessions, dial->lookup);
	buf_free(&dial->attempt_log);
	free(dial);
	session->dial = NULL;
}

/* ---- questions ---- */

static void set_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text);
}

/* The end to bind(): what -s and -p say. */
static struct lookup_query local_query(const struct open_parameters *open_parameters)
{
	struct lookup_query query = { .passive = true,
		                      .target.transport = open_parameters->target.transport };
	set_text(query.target.host, sizeof query.target.host,
	         open_parameters->local_host ? open_parameters->local_host : "");
	set_text(query.target.service, sizeof query.target.service,
	         open_parameters->local_port ? open_parameters->local_port : "0");
	return query;
}

/* "*" is every address, as is no host at all with AI_PASSIVE; that this means loopback is settled
 * with the answer. */
static struct lookup_query target_query(const struct open_parameters *open_parameters)
{
	struct lookup_query query = { .passive = open_parameters->listening,
		                      .target = open_parameters->target };
	if (open_parameters->listening && strcmp(query.target.host, "*") == 0)
		query.target.host[0] = '\0';
	return query;
}

void dial_note(const struct session *session, const struct lookup_query *query,
               const struct lookup_answer *answer, const struct error *error)
{
	struct buf text;
	char addr[ENDPOINT_TEXT];
	buf_init(&text, SIZE_MAX);
	for (size_t i = 0; i < answer->count; i++)
		buf_printf(&text, "%s%s", i ? "\n" : "", endpoint_format(&answer->addr[i], addr));
	if (!answer->count)
		buf_append_text(&text, error->text);
	call_note_lookup(&session->caller, answer->begun, answer->ended, query->target.host,
	                 query->target.service, buf_text(&text), answer->status);
	buf_free(&text);
}

static struct lookup_query query_of(const struct session *session)
{
	const struct open_parameters *open_parameters = session->open_parameters;
	struct lookup_query query = session->dial->local_known ? target_query(open_parameters)
	                                                       : local_query(open_parameters);
	query.family = open_parameters->options.family;
	query.numeric = open_parameters->options.numeric;
	return query;
}

void dial_report_waiting(struct session *session)
{
	session_report(session, 0,
	               "waiting for a name look-up: others are under way, at most %d at a time",
	               RESOLVE_AT_ONCE);
}

static void ask(struct session *session);

/* Only what was really asked of somebody is a call: an answer that needed no waiting came from
 * ourselves. */
static void take(struct session *session)
{
	struct dial *dial = session->dial;
	struct lookup_answer *answer = dial->local_known ? &dial->remote : &dial->local;
	struct lookup_query query = query_of(session);
	struct error error;
	if (!lookup_take(dial->lookup, answer, &error))
		return;
	if (lookup_fd(dial->lookup) >= 0 || !answer->count)
		dial_note(session, &query, answer, &error);
	sessions_defer_lookup_end(session->sessions, dial->lookup);
	dial->lookup = NULL;
	if (!answer->count) {
		session->hopeless = !session->was_open;
		session_finish(session, SESSION_ENDED_FAILED, "%s", error.text);
	} else if (dial->local_known) {
		session->kind->found(session);
	} else {
		dial->local_known = true;
		ask(session);
	}
}

static void ask(struct session *session)
{
	struct lookup_query query = query_of(session);
	struct lookup *lookup = lookup_start(sessions_resolver(session->sessions), &query);
	session->dial->lookup = lookup;
	if (lookup_is_waiting(lookup))
		dial_report_waiting(session);
	else if (lookup_fd(lookup) < 0)
		take(session);
}

void dial_begin(struct session *session)
{
	const struct open_parameters *open_parameters = session->open_parameters;
	lingering_end(sessions_lingering(session->sessions), session->caller.session);
	session->dial = xcalloc(1, sizeof *session->dial);
	session->dial->begun = clock_now();
	session->dial->local_known = open_parameters->listening ||
	                             (!open_parameters->local_host && !open_parameters->local_port);
	session->dial->next_at = session->dial->report_at = INT64_MAX;
	buf_init(&session->dial->attempt_log, SIZE_MAX);
	ask(session);
}

/* ---- turns ---- */

void dial_prepare(const struct session *session, struct poller *poller)
{
	if (session->state == SESSION_RESOLVING)
		lookup_prepare(session->dial->lookup, poller);
	else
		connect_prepare(session, poller);
	poller_wake_at(poller, dial_deadline(session));
}

static void expire_lookup(struct session *session)
{
	char limit[CLOCK_TEXT];
	const struct lookup *lookup = session->dial->lookup;
	session_finish(session, SESSION_ENDED_FAILED,
	               lookup_is_waiting(lookup)
	                       ? "timed out: the look-up of %s has waited for others for %s"
	                       : "timed out: no answer to the look-up of %s within %s",
	               session->open_parameters->target.host,
	               clock_format_duration(session->open_parameters->options.timeout, limit));
}

void dial_serve(struct session *session, const struct poller *poller)
{
	if (!session->dial)
		return;
	if (session->state == SESSION_CONNECTING) {
		connect_serve(session, poller);
	} else if (lookup_is_ready(session->dial->lookup, poller)) {
		take(session);
	} else if (clock_now() >= dial_deadline(session)) {
		expire_lookup(session);
	}
}
