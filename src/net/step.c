// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/step.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/bind.h"
#include "net/listener.h"
#include "net/probe_timer.h"
#include "net/session_internal.h"

enum { CALL_TEXT = ENDPOINT_TEXT + 16 };

static unsigned number(const struct session *session)
{
	return session->caller.session;
}

/* ---- bind() ---- */

static void learn_local(struct session *session)
{
	call_getsockname(&session->caller, session->fd[0], &session->local[0]);
	if (session->stepped)
		session_name_server(session);
}

static enum step_end bind_now(struct session *session, const struct endpoint *addr,
                              struct error *error)
{
	char text[ENDPOINT_TEXT], call[CALL_TEXT], where[HOST_TEXT], reach[BIND_REACH];
	snprintf(call, sizeof call, "bind(%s)", endpoint_format(addr, text));
	if (!bind_socket(session, 0, addr)) {
		bind_fail(session, CALL_BIND, call, addr, errno, error);
		return STEP_FAILED;
	}
	learn_local(session);
	session_report(session, 0, "bound to %s%s",
	               host_format(session->caller.host, &session->local[0], where),
	               bind_reach(session, reach));
	if (session->ops->has_peers) {
		session->open_parameters->listening = true; /* it answers whoever writes */
		session->state = SESSION_OPEN;
	}
	return STEP_DONE;
}

/* ---- listen() ---- */

static bool may_open(const struct session *session, struct error *error)
{
	if (!session_may_step(session, error))
		return false;
	if (session->paused || session->stepped)
		return true;
	error_set(error, "/pause first: session %u makes its calls by itself", number(session));
	return false;
}

bool step_listen(struct session *session, int backlog, struct error *error)
{
	char call[CALL_TEXT], where[HOST_TEXT], may_wait[80], reach[BIND_REACH];
	if (!may_open(session, error))
		return false;
	snprintf(call, sizeof call, "listen(%d)", backlog);
	if (call_listen(&session->caller, session->fd[0], backlog) < 0)
		return bind_fail(session, CALL_LISTEN, call, &session->local[0], errno, error);
	bool chosen = !endpoint_is_set(&session->local[0]);
	listener_take_over(session);
	if (chosen)
		learn_local(session);
	/* listen(2): the kernel may have lowered it */
	const struct sample *sample = probe_last(&session->probe, session->fd[0]);
	if (!sample_has(sample, SAMPLE_BACKLOG)) { /* of a UNIX socket only from now on */
		probe_timer_sample(session);
		sample = probe_last(&session->probe, session->fd[0]);
	}
	unsigned most = (unsigned)sample_queue_most(sample);
	if (sample_has(sample, SAMPLE_BACKLOG))
		snprintf(may_wait, sizeof may_wait, "%u may wait (backlog %u; Linux adds one)",
		         most, most - 1);
	else
		snprintf(may_wait, sizeof may_wait, "backlog %d", backlog);
	session_report(session, 0, "listening on %s%s%s; %s",
	               host_format(session->caller.host, &session->local[0], where),
	               bind_reach(session, reach),
	               chosen ? ": without bind() the kernel chose" : "", may_wait);
	return true;
}

/* ---- connect() ---- */

static enum step_end connected(struct session *session, const struct endpoint *addr)
{
	char host[ENDPOINT_TEXT], port[8], took[CLOCK_TEXT];
	clock_format_duration(clock_now() - session->step->since, took);
	session_end_step(session);
	session->peer = *addr;
	session->state = SESSION_OPEN;
	call_getsockname(&session->caller, session->fd[0], &session->local[0]);
	snprintf(port, sizeof port, "%u", addr->port);
	session_make_name(session, endpoint_format_host(addr, host), port);
	session->ops->opened(session, took);
	return STEP_DONE;
}

static enum step_end fail_connect(struct session *session, int code, struct error *error)
{
	session_fail_call(session, CALL_CONNECT, session->step->text, code, error);
	session_end_step(session);
	return STEP_FAILED;
}

/* How connect() has ended. */
static enum step_end end_connect(struct session *session, struct error *error)
{
	const struct step *step = session->step;
	struct endpoint addr = step->remote;
	int code = step->code;
	if (!step->settled)
		code = call_end_connect(&session->caller, session->fd[0], &addr, step->since) < 0
		               ? errno
		               : 0;
	if (!code)
		return connected(session, &addr);
	session->state = SESSION_FRESH;
	return fail_connect(session, code, error);
}

static enum step_end connect_now(struct session *session, const struct endpoint *addr,
                                 struct error *error)
{
	char text[ENDPOINT_TEXT];
	session_warn_elsewhere(session, addr);
	struct step *step = session_begin_step(session, STEP_CONNECT, "connect(%s)",
	                                       endpoint_format(addr, text));
	step->remote = *addr;
	int result = call_connect(&session->caller, session->fd[0], addr, &step->settled);
	step->code = result < 0 ? errno : 0;
	if (!step->code && !step->settled)
		return connected(session, addr);
	if (!step->settled && step->code != EINPROGRESS && step->code != EALREADY)
		return fail_connect(session, step->code, error);
	session->state = SESSION_CONNECTING;
	step->waited = true;
	return STEP_WAITS;
}

/* ---- names ---- */

/* One call takes one address: the first, which a program would try first, too. */
static enum step_end found(struct session *session, const struct lookup_answer *answer,
                           struct error *error)
{
	char text[ENDPOINT_TEXT];
	struct endpoint addr = answer->addr[0];
	bool binds = session->step->binds;
	if (answer->count > 1)
		session_report(session, 0, "%s is the first of %zu addresses",
		               endpoint_format(&addr, text), answer->count);
	session_end_step(session);
	if (session_refuse_interface(session, answer, error))
		return STEP_FAILED;
	return binds ? bind_now(session, &addr, error) : connect_now(session, &addr, error);
}

static enum step_end end_lookup(struct session *session, struct error *error)
{
	struct lookup_answer answer;
	if (!lookup_take(session->lookup, &answer, error))
		return STEP_WAITS;
	if (answer.asked)
		session_note_lookup(session, &session->step->query, &answer, error);
	if (answer.count)
		return found(session, &answer, error);
	session_end_step(session);
	return STEP_FAILED;
}

/* A number is given to the kernel as it is, also one of the wrong family; a name is looked up in
 * the socket's own. */
static bool look_up(struct session *session, const struct target *target, bool binds,
                    struct error *error)
{
	char text[TARGET_HOST + TARGET_SERVICE + 4];
	struct lookup_query query = { .target = *target,
		                      .passive = binds,
		                      .hosts = session_lookup_hosts(session) };
	struct step *step =
	        session_begin_step(session, STEP_LOOKUP, "%s(%s)", binds ? "bind" : "connect",
	                           target_format(target, text));
	if (session->open_parameters)
		query.numeric = session->open_parameters->options.numeric;
	if (!lookup_is_numeric(query.target.host))
		query.family = session_family(session);
	step->binds = binds;
	step->query = query;
	session_begin_lookup(session, &query);
	return !lookup_is_ready(session->lookup) || end_lookup(session, error) != STEP_FAILED;
}

static bool parse(const struct session *session, const char *host, const char *port, bool binds,
                  struct target *target, struct error *error)
{
	enum transport transport = session->transport;
	if (!target_parse(target,
	                  host   ? host
	                  : port ? port
	                         : "",
	                  host ? port : NULL, transport, binds, error))
		return false;
	if (target->transport == transport && !target->tls)
		return true;
	if (target->tls)
		error_set(error, "step by step TCP alone is connected: /open opens a session with TLS");
	else
		error_set(error, "session %u is %s", number(session), transport_title(transport));
	return false;
}

static void set_host(struct target *target, struct endpoint host)
{
	char text[ENDPOINT_TEXT];
	snprintf(target->host, sizeof target->host, "%s", endpoint_format_host(&host, text));
}

bool step_bind(struct session *session, const char *host, const char *port, struct error *error)
{
	struct target target;
	if (!may_open(session, error) || !parse(session, host, port, true, &target, error))
		return false;
	if (!target.host[0])
		set_host(&target, endpoint_loopback(session_family(session), 0));
	else if (strcmp(target.host, "*") == 0)
		set_host(&target, endpoint_any(session_family(session), 0));
	return look_up(session, &target, true, error);
}

bool step_connect(struct session *session, const char *host, const char *port, struct error *error)
{
	struct target target;
	if (!may_open(session, error) || !parse(session, host, port, false, &target, error))
		return false;
	if (!target.host[0])
		set_host(&target, endpoint_loopback(session_family(session), 0));
	return look_up(session, &target, false, error);
}

/* On Linux a connection is reset by it, and a listener stops listening: there are plainer ways. */
bool step_disconnect(struct session *session, struct error *error)
{
	if (!may_open(session, error))
		return false;
	if (session->ops->disconnect)
		return session->ops->disconnect(session, error);
	error_set(
	        error,
	        "session %u is %s: connect(AF_UNSPEC) would %s; /%s does that, and /disconnect is "
	        "for datagrams",
	        number(session), transport_title(session->transport),
	        session->ops->has_clients ? "end listening" : "reset a connection",
	        session->ops->has_clients ? "close" : "abort");
	return false;
}

/* ---- accept() ---- */

static enum step_end end_accept(struct session *session, unsigned slot, struct error *error)
{
	int code;
	struct error refusal;
	struct step *step = session->step;
	struct session *client = listener_accept(session, slot, &code);
	if (!client && call_would_block(code))
		return STEP_WAITS;
	if (client && step->name[0] && !session_rename(client, step->name, &refusal))
		session_note(client, ENTRY_ERROR, "%s", refusal.text);
	else if (code)
		session_fail_call(session, CALL_ACCEPT, step->text, code, error);
	session_end_step(session);
	return !client && code ? STEP_FAILED : STEP_DONE;
}

static bool must_be_paused(const struct session *session, bool accepts, struct error *error)
{
	const char *does = accepts ? "accepts" : "reads";
	if (!session->paused && accepts != session->ops->has_clients)
		error_set(error,
		          accepts ? "session %u is no listener: it has no clients to accept"
		                  : "session %u is a listener: it reads nothing, its clients do",
		          number(session));
	else if (!session->paused)
		error_set(error, "/pause first: session %u %s by itself", number(session), does);
	return session->paused;
}

/* True where it is done, or waits. */
static bool wait_or_end(struct session *session, enum step_end end)
{
	if (end == STEP_WAITS)
		session->step->waited = true;
	if (end == STEP_WAITS && session->state != SESSION_FRESH)
		session_report(session, ENTRY_WAITED, "%s waits", session->step->text);
	return end != STEP_FAILED;
}

bool step_accept(struct session *session, const char *name, struct error *error)
{
	if (!session_may_step(session, error) || !must_be_paused(session, true, error) ||
	    (name && !session_check_name(session->table, NULL, name, error)))
		return false;
	struct step *step = session_begin_step(session, STEP_ACCEPT, "accept()");
	snprintf(step->name, sizeof step->name, "%s", name ? name : "");
	int slot = session->state == SESSION_LISTENING ? session_ready_slot(session) : 0;
	return wait_or_end(session,
	                   slot < 0 ? STEP_WAITS : end_accept(session, (unsigned)slot, error));
}

/* ---- recv() and send() ---- */

bool step_recv(struct session *session, size_t most, enum recv_how how, struct error *error)
{
	if (!session_may_step(session, error) || !must_be_paused(session, false, error))
		return false;
	if (most > SESSION_RECV_MOST) {
		error_usage(error, "recv: %zu bytes are more than the %d that one call may take",
		            most, SESSION_RECV_MOST);
		return false;
	}
	struct step *step = session_begin_step(session, STEP_RECV, "recv()");
	step->most = most;
	step->how = how;
	return wait_or_end(session, session->ops->begin_recv(session, error));
}

bool step_send_urgent(struct session *session, unsigned char byte, struct error *error)
{
	if (!session_may_step(session, error))
		return false;
	if (!session->queue.len)
		return session->ops->send_by_hand(session, NULL, &byte, 1, MSG_OOB, error);
	error_set(error, "session %u has %zu byte%s to be sent first", number(session),
	          session->unsent, session->unsent == 1 ? " that waits" : "s that wait");
	return false;
}

/* ---- turns ---- */

static void want(const struct session *session, struct poller *poller,
                 void (*ask)(struct poller *poller, int fd))
{
	for (unsigned i = 0; i < session->fd_count; i++)
		ask(poller, session->fd[i]);
}

void step_prepare(struct session *session, struct poller *poller)
{
	if (session->state == SESSION_OPEN && session->queue.len) {
		/* a blocking send() would sleep for it, however it came into the queue */
		if (!session->step && session->paused)
			session_begin_step(session, STEP_SEND, "send(%zu)", session->unsent)
			        ->waited = true;
		want(session, poller, poller_want_write);
	}
	const struct step *step = session->step;
	if (!step || step->call == STEP_SEND)
		return;
	if (step->call == STEP_LOOKUP)
		lookup_prepare(session->lookup, poller);
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
		return end_lookup(session, error);
	if (step->call == STEP_CONNECT)
		return poller_writable(poller, session->fd[0]) ? end_connect(session, error)
		                                               : STEP_WAITS;
	int slot = find_slot(session, poller, poller_readable);
	if (slot < 0)
		return STEP_WAITS;
	return step->call == STEP_ACCEPT ? end_accept(session, (unsigned)slot, error)
	                                 : session->ops->recv(session, (unsigned)slot, error);
}

static void flush(struct session *session, const struct poller *poller)
{
	if (session->state != SESSION_OPEN || !session->queue.len ||
	    find_slot(session, poller, poller_writable) < 0)
		return;
	session->ops->flush(session);
	if (session->step && session->step->call == STEP_SEND && !session->queue.len)
		session_end_step(session);
}

void step_serve(struct session *session, const struct poller *poller)
{
	struct error error;
	flush(session, poller);
	if (!session->step || session->step->call == STEP_SEND)
		return;
	if (go_on(session, poller, &error) == STEP_FAILED)
		session_report(session, ENTRY_ERROR, "%s", error.text);
}

/* ---- cancelling ---- */

/* connect(2): an address of no family undoes what was begun, on a stream that is not connected
 * yet as well. Where a system does not do that, it goes on without us. */
static void cancel_connect(struct session *session)
{
	char took[CLOCK_TEXT];
	const struct step *step = session->step;
	struct endpoint none = { .family = AF_UNSPEC };
	bool gone = call_connect(&session->caller, session->fd[0], &none, NULL) == 0;
	session->state = SESSION_FRESH;
	session_report(session, 0, "%s cancelled after %s%s", step->text,
	               clock_format_duration(clock_now() - step->since, took),
	               gone ? ": connect(AF_UNSPEC) = 0 has taken it back"
	                    : ": the kernel goes on with it");
	session_end_step(session);
}

static void cancel_send(struct session *session)
{
	char took[CLOCK_TEXT];
	const struct step *step = session->step;
	session_report(session, ENTRY_ERROR, "%s cancelled after %s: %zu byte%s not sent",
	               step->text, clock_format_duration(clock_now() - step->since, took),
	               session->unsent, session->unsent == 1 ? " was" : "s were");
	session_end_step(session);
	session_drop_queue(session);
	session->ops->flush(session); /* FIN may have waited for it */
}

bool step_cancel(struct session *session)
{
	if (!session->step)
		return session_cancel_opening(session) || session_cancel_reconnect(session);
	if (session->step->call == STEP_CONNECT) {
		cancel_connect(session);
	} else if (session->step->call == STEP_SEND) {
		cancel_send(session);
	} else {
		if (session->step->call == STEP_RECV && session->ops->end_recv)
			session->ops->end_recv(session);
		session_abandon_step(session);
	}
	return true;
}

/* ---- pausing ---- */

static void pause_session(struct session *session)
{
	session->paused = true;
	session_report(session, 0, "paused: %s",
	               session->state == SESSION_LISTENING
	                       ? "connections queue up in the kernel, /accept takes one"
	                       : "what comes waits in the kernel, /recv takes it");
}

/* A resumed session reads and accepts by itself, so only a waiting connect() goes on. */
static void resume_session(struct session *session)
{
	const struct step *step = session->step;
	session->paused = false;
	if (step && step->call == STEP_SEND)
		session_end_step(session);
	else if (step && (step->call == STEP_ACCEPT || step->call == STEP_RECV))
		step_cancel(session);
	session_report(session, 0, "%s by itself again",
	               session->state == SESSION_LISTENING ? "accepts" : "reads");
	if (session->ops->resumed)
		session->ops->resumed(session);
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
