// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/kind.h"
#include "net/sampler.h"

int64_t search_deadline(const struct session *session)
{
	int64_t timeout = session->recipe->options.timeout;
	if (timeout <= 0 || session->recipe->listening)
		return INT64_MAX;
	return session->search->begun + timeout;
}

void search_end(struct session *session)
{
	struct search *search = session->search;
	if (!search)
		return;
	if (search->lookup)
		sessions_doom_lookup(session->sessions, search->lookup);
	buf_free(&search->story);
	free(search);
	session->search = NULL;
}

/* ---- questions ---- */

static void set_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text);
}

/* The end to bind(): what -s and -p say. */
static struct lookup_query local_query(const struct recipe *recipe)
{
	struct lookup_query query = { .passive = true,
		                      .target.transport = recipe->target.transport };
	set_text(query.target.host, sizeof query.target.host,
	         recipe->local_host ? recipe->local_host : "");
	set_text(query.target.service, sizeof query.target.service,
	         recipe->local_port ? recipe->local_port : "0");
	return query;
}

/* "*" is every address, as is no host at all with AI_PASSIVE; that this means loopback is settled
 * with the answer. */
static struct lookup_query target_query(const struct recipe *recipe)
{
	struct lookup_query query = { .passive = recipe->listening, .target = recipe->target };
	if (recipe->listening && strcmp(query.target.host, "*") == 0)
		query.target.host[0] = '\0';
	return query;
}

void search_note(const struct session *session, const struct lookup_query *query,
                 const struct lookup_answer *answer, const struct error *error)
{
	struct buf text;
	char addr[ADDR_TEXT];
	buf_init(&text, SIZE_MAX);
	for (size_t i = 0; i < answer->count; i++)
		buf_printf(&text, "%s%s", i ? "\n" : "", addr_format(&answer->addr[i], addr));
	if (!answer->count)
		buf_append_text(&text, error->text);
	call_note_lookup(&session->caller, answer->begun, answer->ended, query->target.host,
	                 query->target.service, buf_text(&text), !answer->count);
	buf_free(&text);
}

static struct lookup_query query_of(const struct session *session)
{
	const struct recipe *recipe = session->recipe;
	struct lookup_query query =
	        session->search->local_known ? target_query(recipe) : local_query(recipe);
	query.family = recipe->options.family;
	query.numeric = recipe->options.numeric;
	return query;
}

void search_report_waiting(struct session *session)
{
	session_tell(session, 0,
	             "waiting for a name look-up: others are under way, at most %d at a time",
	             RESOLVE_AT_ONCE);
}

static void ask(struct session *session);

/* Only what was really asked of somebody is a call: an answer that needed no waiting came from
 * ourselves. */
static void take(struct session *session)
{
	struct search *search = session->search;
	struct lookup_answer *answer = search->local_known ? &search->remote : &search->local;
	struct lookup_query query = query_of(session);
	struct error error;
	if (!lookup_take(search->lookup, answer, &error))
		return;
	if (lookup_fd(search->lookup) >= 0 || !answer->count)
		search_note(session, &query, answer, &error);
	sessions_doom_lookup(session->sessions, search->lookup);
	search->lookup = NULL;
	if (!answer->count) {
		session->hopeless = !session->was_open;
		session_finish(session, SESSION_ENDED_FAILED, "%s", error.text);
	} else if (search->local_known) {
		session->kind->found(session);
	} else {
		search->local_known = true;
		ask(session);
	}
}

static void ask(struct session *session)
{
	struct lookup_query query = query_of(session);
	struct lookup *lookup = lookup_start(sessions_resolver(session->sessions), &query);
	session->search->lookup = lookup;
	if (lookup_is_waiting(lookup))
		search_report_waiting(session);
	else if (lookup_fd(lookup) < 0)
		take(session);
}

void search_begin(struct session *session)
{
	const struct recipe *recipe = session->recipe;
	aftermath_end(sessions_aftermath(session->sessions), session->caller.session);
	session->search = xcalloc(1, sizeof *session->search);
	session->search->begun = clock_now();
	session->search->local_known =
	        recipe->listening || (!recipe->local_host && !recipe->local_port);
	session->search->next_at = session->search->report_at = INT64_MAX;
	buf_init(&session->search->story, SIZE_MAX);
	ask(session);
}

/* ---- turns ---- */

void search_prepare(const struct session *session, struct poller *poller)
{
	if (session->state == SESSION_RESOLVING)
		lookup_prepare(session->search->lookup, poller);
	else
		connect_prepare(session, poller);
	poller_wake_at(poller, search_deadline(session));
}

static void expire_lookup(struct session *session)
{
	char limit[CLOCK_TEXT];
	const struct lookup *lookup = session->search->lookup;
	session_finish(session, SESSION_ENDED_FAILED,
	               lookup_is_waiting(lookup)
	                       ? "timed out: the look-up of %s has waited for others for %s"
	                       : "timed out: no answer to the look-up of %s within %s",
	               session->recipe->target.host,
	               clock_format_duration(session->recipe->options.timeout, limit));
}

void search_serve(struct session *session, const struct poller *poller)
{
	if (!session->search)
		return;
	if (session->state == SESSION_CONNECTING) {
		connect_serve(session, poller);
	} else if (lookup_is_ready(session->search->lookup, poller)) {
		take(session);
	} else if (clock_now() >= search_deadline(session)) {
		expire_lookup(session);
	}
}
