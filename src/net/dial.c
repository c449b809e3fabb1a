// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "net/bind.h"
#include "net/lingering.h"
#include "socket/errno_meaning.h"

/* RFC 8305: an address that does not answer delays the next one no longer than this, nor the report
 * about others. */
#define ATTEMPT_DELAY (250 * CLOCK_MS)

/* Where SESSION_SOCKETS are under way the oldest makes room once it has had time for a SYN that was
 * lost, whose retransmission follows after one second. */
#define ATTEMPT_LEAST (2 * CLOCK_S)

/* A UNIX listener with a full queue: select() does not say when there is room. */
#define AGAIN (20 * CLOCK_MS)

static int64_t deadline(const struct session *session)
{
	int64_t timeout = session->open_parameters->options.timeout;
	if (timeout <= 0 || session->open_parameters->listening)
		return INT64_MAX;
	bool in_turn = session->open_parameters->options.in_turn && session->fd_count;
	return (in_turn ? session->dial->attempt[0].begun : session->dial->begun) + timeout;
}

void dial_end(struct session *session)
{
	if (!session->dial)
		return;
	session_end_lookup(session);
	buf_free(&session->dial->attempt_log);
	free(session->dial);
	session->dial = NULL;
}

const struct endpoint *dial_remote(const struct session *session, unsigned slot)
{
	const struct dial *dial = session->dial;
	return &dial->remote.addr[dial->attempt[slot].number];
}

/* ---- the attempt log ---- */

/* After a comma where it is not the first. An address alone has no number, but its port. */
static void name_try(const struct session *session, size_t number, struct buf *out)
{
	char addr[ENDPOINT_TEXT];
	const struct lookup_answer *remote = &session->dial->remote;
	if (out->len)
		buf_append_text(out, ", ");
	if (remote->count == 1)
		buf_append_text(out, endpoint_format(&remote->addr[number], addr));
	else
		buf_printf(out, "try %zu %s", number + 1,
		           endpoint_format_host(&remote->addr[number], addr));
}

/* What has happened to one of several while others go on. */
static void report(struct session *session)
{
	struct dial *dial = session->dial;
	const char *text = buf_text(&dial->attempt_log) + dial->reported;
	if (dial->report_at != INT64_MAX)
		session_report(session, 0, "%s", text + (dial->reported ? 2 : 0));
	dial->reported = dial->attempt_log.len;
	dial->report_at = INT64_MAX;
}

static bool is_hopeless(int code)
{
	return code == EMFILE || code == ENFILE || code == ERANGE;
}

/* ": Connection refused (RST to our SYN: ...)", which scripts look for in these words, ": timed out
 * (ETIMEDOUT: ...)", ": bind(...) = -1 EACCES: ...": explained in the last failure only. `call` is
 * NULL for connect(), made or not. */
static void add_failure(struct session *session, size_t number, const char *call, int code)
{
	struct dial *dial = session->dial;
	char name[16];
	const char *text = call ? call : "connect()";
	bool last = !session->fd_count && dial->next >= dial->remote.count;
	/* what this machine says by itself, and would say again */
	bool local = call || is_hopeless(code) || code == EACCES || code == EPERM ||
	             code == EADDRNOTAVAIL || code == EAFNOSUPPORT || code == EINVAL;
	bool says_symbol = code != ECONNREFUSED && code != ERANGE && code != EAFNOSUPPORT;
	session->hopeless = local && (session->hopeless || !dial->attempt_log.len);
	name_try(session, number, &dial->attempt_log);
	snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "("), text);
	unsigned context = session_errno_context(session, &dial->remote.addr[number]);
	const struct errno_case *special = errno_meaning_case(name, code, context);
	if (!call && special && special->word && last)
		buf_printf(&dial->attempt_log, ": %s (%s%s%s)", special->word,
		           says_symbol ? error_name(code) : "", says_symbol ? ": " : "",
		           special->phrase);
	else if (!call && special && special->word)
		buf_printf(&dial->attempt_log, ": %s", special->word);
	else if (last)
		buf_printf(&dial->attempt_log, ": %s = -1 %s: %s", text, error_name(code),
		           special ? special->phrase : error_why(code));
	else
		buf_printf(&dial->attempt_log, " %s = -1 %s", text, error_name(code));
	if (dial->report_at == INT64_MAX)
		dial->report_at = clock_now() + ATTEMPT_DELAY;
}

/* ---- one attempt ---- */

static void drop(struct session *session, unsigned slot)
{
	struct dial *dial = session->dial;
	session_drop_socket(session, slot);
	for (unsigned i = slot; i < session->fd_count; i++)
		dial->attempt[i] = dial->attempt[i + 1];
}

static void fail(struct session *session, unsigned slot, const char *call, int code)
{
	size_t number = session->dial->attempt[slot].number;
	drop(session, slot);
	add_failure(session, number, call, code);
}

/* Nobody knows how the other attempts would have ended: one may have succeeded a moment later. */
static void drop_others(struct session *session, size_t winner)
{
	struct buf losers = { .max = SIZE_MAX };
	for (unsigned i = 0; i < session->fd_count;) {
		size_t number = session->dial->attempt[i].number;
		if (number == winner) {
			i++;
			continue;
		}
		name_try(session, number, &losers);
		drop(session, i);
	}
	if (losers.len)
		session_report(session, 0, "%s closed: try %zu was first", buf_text(&losers),
		               winner + 1);
	buf_free(&losers);
}

/* The local address that was asked for, of the family of this socket. By default the kernel chooses
 * one, with a free port. */
static const struct endpoint *find_local(const struct session *session, unsigned slot)
{
	const struct lookup_answer *local = &session->dial->local;
	for (size_t i = 0; i < local->count; i++)
		if (endpoint_same_family(&local->addr[i], dial_remote(session, slot)))
			return &local->addr[i];
	return NULL;
}

static void succeed(struct session *session, unsigned slot)
{
	struct dial *dial = session->dial;
	char took[CLOCK_TEXT];
	struct attempt won = dial->attempt[slot];
	bool first = !won.number && session->fd_count == 1 && !dial->attempt_log.len;
	session->peer = *dial_remote(session, slot);
	session_choose_host(session, find_local(session, slot), &session->peer);
	call_getsockname(&session->caller, session->fd[slot], &session->local[slot]);
	clock_format_duration((won.settled ? won.settled : clock_now()) - won.begun, took);
	if (!first) {
		name_try(session, won.number, &dial->attempt_log);
		buf_printf(&dial->attempt_log, " connected in %s", took);
		dial->report_at = 0;
		report(session);
	}
	drop_others(session, won.number);
	dial_end(session);
	session->state = SESSION_OPEN;
	session->ops->opened(session, took);
}

/* A failure concerns the local address; the report names both. */
static bool bind_to(struct session *session, unsigned slot, const struct endpoint *local)
{
	char addr[ENDPOINT_TEXT], call[ENDPOINT_TEXT + 8];
	if (bind_socket(session, slot, local))
		return true;
	int code = errno;
	snprintf(call, sizeof call, "bind(%s)", endpoint_format(local, addr));
	fail(session, slot, call, code);
	return false;
}

/* Where a blocking connect() would sleep. */
static bool waits_for_room(struct session *session, int code)
{
	struct dial *dial = session->dial;
	bool waits = call_would_block(code) && transport_is_unix(session->transport);
	if (waits && !dial->again_at)
		session_report(session, 0, "the listener's queue is full: trying again");
	dial->again_at = waits ? clock_now() + AGAIN : 0;
	return waits;
}

/* Begins with the next address. False where it has failed at once. */
static bool try_next(struct session *session)
{
	struct dial *dial = session->dial;
	size_t number = dial->next++;
	const struct endpoint *remote = &dial->remote.addr[number];
	struct endpoint any = endpoint_any(remote->family, 0);
	unsigned slot = session->fd_count;
	session->state = SESSION_CONNECTING;
	dial->attempt[slot] = (struct attempt){ .number = number, .begun = clock_now() };
	const struct endpoint *local = find_local(session, slot);
	session_choose_host(session, local, remote);
	if (!session_add_socket(session, remote->family)) {
		int code = errno;
		if (is_hopeless(code))
			dial->next = dial->remote.count;
		add_failure(session, number, code == ERANGE ? NULL : "socket()", code);
		return false;
	}
	if (dial->local.count && !local) {
		fail(session, slot, NULL, EAFNOSUPPORT);
		return false;
	}
	bool unconnected = session_is_unconnected(session, remote);
	if (unconnected && !local)
		local = &any;
	session->ops->prepare_socket(session, slot, local);
	if (local && !bind_to(session, slot, local))
		return false;
	struct attempt *attempt = &dial->attempt[slot];
	int code = 0;
	bool settled = false;
	if (!unconnected && call_connect(&session->caller, session->fd[slot], remote, &settled) < 0)
		code = errno;
	attempt->settled = settled ? clock_now() : 0;
	attempt->code = code;
	if (code == 0 && !attempt->settled)
		succeed(session, slot);
	if (code == 0 || attempt->settled || code == EINPROGRESS || waits_for_room(session, code))
		return true;
	fail(session, slot, NULL, code);
	return false;
}

/* ---- several ---- */

static void plan_next(struct session *session)
{
	struct dial *dial = session->dial;
	int64_t now = clock_now();
	dial->next_at = INT64_MAX;
	if (dial->next >= dial->remote.count || session->open_parameters->options.in_turn)
		return;
	dial->next_at = now + ATTEMPT_DELAY;
	if (session->fd_count == SESSION_SOCKETS &&
	    dial->attempt[0].begun + ATTEMPT_LEAST > dial->next_at)
		dial->next_at = dial->attempt[0].begun + ATTEMPT_LEAST;
}

/* The next address that does not fail at once, and when the one after it has its turn. */
static void go_on(struct session *session)
{
	while (session->dial->next < session->dial->remote.count) {
		bool begun = try_next(session);
		if (!session->dial)
			return;
		if (begun)
			break;
	}
	if (session->fd_count)
		plan_next(session);
	else
		session_finish(session, SESSION_ENDED_FAILED, "%s",
		               buf_text(&session->dial->attempt_log));
}

/* RFC 8305, 4: the families in turn, beginning with that of the first address; within each the
 * order of getaddrinfo(), which is that of RFC 6724, stays. */
static void alternate_families(struct lookup_answer *answer)
{
	struct lookup_answer old = *answer;
	bool taken[LOOKUP_MAX] = { false };
	bool wanted = old.count && endpoint_is_ipv6(&old.addr[0]);
	for (size_t count = 0; count < old.count; count++) {
		size_t first = old.count, fit = old.count;
		for (size_t i = old.count; i-- > 0;) {
			if (!taken[i])
				first = i;
			if (!taken[i] && endpoint_is_ipv6(&old.addr[i]) == wanted)
				fit = i;
		}
		size_t next = fit < old.count ? fit : first;
		taken[next] = true;
		answer->addr[count] = old.addr[next];
		wanted = !endpoint_is_ipv6(&old.addr[next]);
	}
}

void dial_connect(struct session *session)
{
	if (!session->ops->has_peers && !session->open_parameters->options.in_turn)
		alternate_families(&session->dial->remote);
	go_on(session);
}

/* ---- later ---- */

static void try_again(struct session *session)
{
	const struct endpoint *remote = dial_remote(session, 0);
	if (call_connect(&session->caller, session->fd[0], remote, NULL) == 0) {
		succeed(session, 0);
	} else if (!waits_for_room(session, errno)) {
		fail(session, 0, NULL, errno);
		go_on(session);
	}
}

/* How one has ended whose descriptor is ready. */
static void settle(struct session *session, unsigned slot)
{
	const struct attempt *attempt = &session->dial->attempt[slot];
	int code = attempt->code;
	if (!attempt->settled)
		code = call_end_connect(&session->caller, session->fd[slot],
		                        dial_remote(session, slot), attempt->begun) < 0
		               ? errno
		               : 0;
	if (code == 0)
		succeed(session, slot);
	else
		fail(session, slot, NULL, code);
}

static void expire(struct session *session)
{
	char limit[CLOCK_TEXT];
	struct buf text = { .max = SIZE_MAX };
	const struct dial *dial = session->dial;
	buf_append(&text, buf_data(&dial->attempt_log), dial->attempt_log.len);
	for (unsigned i = 0; i < session->fd_count; i++)
		name_try(session, dial->attempt[i].number, &text);
	session->hopeless = false;
	session_finish(session, SESSION_ENDED_FAILED, "%s timed out: %s%s within the limit of %s",
	               buf_text(&text),
	               dial->again_at ? "the listener has made no room" : "no answer to our SYN",
	               dial->again_at ? "" : count_plural(session->fd_count),
	               clock_format_duration(session->open_parameters->options.timeout, limit));
	buf_free(&text);
}

/* The newest attempt has been silent long enough: the next one begins. */
static void overtake(struct session *session)
{
	struct buf text = { .max = SIZE_MAX };
	char after[CLOCK_TEXT];
	struct dial *dial = session->dial;
	bool all_taken = session->fd_count == SESSION_SOCKETS;
	unsigned slot = all_taken ? 0 : session->fd_count - 1;
	int64_t now = clock_now();
	report(session);
	name_try(session, dial->attempt[slot].number, &text);
	clock_format_duration(now - dial->attempt[slot].begun, after);
	if (all_taken)
		session_report(session, 0, "%s given up: no answer within %s, and %d are under way",
		               buf_text(&text), after, SESSION_SOCKETS);
	else
		session_report(session, 0, "%s has not answered within %s, trying the next as well",
		               buf_text(&text), after);
	buf_free(&text);
	if (all_taken)
		drop(session, slot);
	go_on(session);
}

static void serve_attempts(struct session *session, const struct poller *poller)
{
	bool failed = false;
	for (unsigned i = 0; i < session->fd_count;) {
		unsigned had = session->fd_count;
		if (poller_writable(poller, session->fd[i]))
			settle(session, i);
		if (session->state != SESSION_CONNECTING)
			return;
		failed = failed || session->fd_count < had;
		i += session->fd_count == had;
	}
	int64_t now = clock_now();
	bool expired = !failed && now >= deadline(session);
	if (expired && session->open_parameters->options.in_turn &&
	    session->dial->next < session->dial->remote.count) {
		fail(session, 0, NULL, ETIMEDOUT);
		failed = true;
	}
	if (failed)
		go_on(session);
	else if (expired)
		expire(session);
	else if (now >= session->dial->next_at)
		overtake(session);
	else if (now >= session->dial->report_at)
		report(session);
}

/* ---- look-ups ---- */

/* Of the end to bind(), which -s and -p give, and then of the target. Without a host AI_PASSIVE
 * means every address, as "*" does; that it means loopback here is settled with the answer. */
static struct lookup_query query_of(const struct session *session)
{
	const struct open_parameters *made = session->open_parameters;
	struct target target = made->target;
	bool binds = !session->dial->local_known;
	if (binds) {
		snprintf(target.host, sizeof target.host, "%s",
		         made->local_host ? made->local_host : "");
		if (!transport_is_unix(session->transport))
			snprintf(target.service, sizeof target.service, "%s",
			         made->local_port ? made->local_port : "0");
	} else if (made->listening && strcmp(target.host, "*") == 0) {
		target.host[0] = '\0';
	}
	return (struct lookup_query){ .target = target,
		                      .family = made->options.family,
		                      .passive = binds || made->listening,
		                      .numeric = made->options.numeric,
		                      .hosts = session_lookup_hosts(session) };
}

static void ask(struct session *session);

/* An answer that was known at once needed no call, so none is recorded. */
static void take(struct session *session)
{
	struct dial *dial = session->dial;
	struct lookup_answer *answer = dial->local_known ? &dial->remote : &dial->local;
	struct lookup_query query = query_of(session);
	struct error error;
	if (!lookup_take(session->lookup, answer, &error))
		return;
	if (answer->asked || !answer->count)
		session_note_lookup(session, &query, answer, &error);
	session_end_lookup(session);
	if (!answer->count || session_refuse_interface(session, answer, &error)) {
		session->hopeless = !session->was_open;
		session_finish(session, SESSION_ENDED_FAILED, "%s", error.text);
	} else if (dial->local_known) {
		session->ops->found(session, &dial->remote);
	} else {
		dial->local_known = true;
		ask(session);
	}
}

static void ask(struct session *session)
{
	struct lookup_query query = query_of(session);
	session_begin_lookup(session, &query);
	if (lookup_is_ready(session->lookup))
		take(session);
}

/* ---- turns ---- */

void dial_begin(struct session *session)
{
	const struct open_parameters *open_parameters = session->open_parameters;
	bool has_local = open_parameters->local_host || open_parameters->local_port;
	session->state = SESSION_RESOLVING;
	session->end = SESSION_NOT_ENDED;
	session_choose_host(session, NULL, NULL);
	session->ended_here = session->hopeless = session->closing = false;
	session->begun = clock_now();
	session->life = transcript_end(session->caller.transcript);
	session->sent_before = session->counts.sent_bytes;
	buf_init(&session->queue, open_parameters->options.queue_max
	                                  ? open_parameters->options.queue_max
	                                  : SESSION_QUEUE);
	lingering_end(session->table->lingering, session);
	if (session->ops->begin)
		session->ops->begin(session);
	session->dial = xcalloc(1, sizeof *session->dial);
	session->dial->begun = session->begun;
	session->dial->local_known = open_parameters->listening || !has_local;
	session->dial->next_at = session->dial->report_at = INT64_MAX;
	session->dial->waits_for_port = session->table->closing &&
	                                (open_parameters->listening || open_parameters->local_port);
	buf_init(&session->dial->attempt_log, SIZE_MAX);
	if (!session->dial->waits_for_port)
		ask(session);
}

void dial_prepare(struct session *session, struct poller *poller)
{
	struct dial *dial = session->dial;
	if (dial->waits_for_port) {
		poller_wake_at(poller, 0);
		if (session->table->closing)
			return;
		dial->waits_for_port = false;
		ask(session);
		return;
	}
	if (session->state == SESSION_RESOLVING) {
		lookup_prepare(session->lookup, poller);
	} else {
		for (unsigned i = 0; !dial->again_at && i < session->fd_count; i++)
			poller_want_write(poller, session->fd[i]);
		if (dial->again_at)
			poller_wake_at(poller, dial->again_at);
		poller_wake_at(poller, dial->next_at);
		poller_wake_at(poller, dial->report_at);
	}
	poller_wake_at(poller, deadline(session));
}

static void expire_lookup(struct session *session)
{
	char limit[CLOCK_TEXT];
	session_finish(session, SESSION_ENDED_FAILED,
	               lookup_is_waiting(session->lookup)
	                       ? "timed out: the look-up of %s has waited for others for %s"
	                       : "timed out: no answer to the look-up of %s within %s",
	               session->open_parameters->target.host,
	               clock_format_duration(session->open_parameters->options.timeout, limit));
}

void dial_serve(struct session *session, const struct poller *poller)
{
	if (session->dial->again_at && clock_now() < session->dial->again_at)
		return;
	if (session->dial->again_at && clock_now() < deadline(session))
		try_again(session);
	else if (session->state == SESSION_CONNECTING)
		serve_attempts(session, poller);
	else if (session->dial->waits_for_port)
		return;
	else if (lookup_is_ready(session->lookup))
		take(session);
	else if (clock_now() >= deadline(session))
		expire_lookup(session);
}
