// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/kernel.h"
#include "net/session_internal.h"

static unsigned number(const struct session *session)
{
	return session->caller.session;
}

bool session_refuse_closed(const struct session *session, struct error *error)
{
	const char *next;
	char left[CLOCK_TEXT];
	int64_t ns;
	if (session->state != SESSION_CLOSED)
		return false;
	if (session_opens_again(session, &ns)) {
		error_set(error,
		          "session %u is closed: it opens again in %s, /reconnect does it now",
		          number(session), clock_format_duration(ns, left));
		return true;
	}
	if (session_failed_to_open(session)) {
		error_set(error, "session %u is closed: it did not open", number(session));
		return true;
	}
	if (session->listener)
		next = "only its client can connect again";
	else if (session->stepped)
		next = "/socket makes another";
	else if (session->kind == &listener_kind)
		next = "/reconnect listens again";
	else
		next = "/reconnect opens it again";
	error_set(error, "session %u is closed: %s", number(session), next);
	return true;
}

/* ---- names ---- */

static bool name_is_right(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len >= SESSION_NAME || name[0] == '@' ||
	    name[strspn(name, "0123456789")] == '\0')
		return false;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 127)
			return false;
	return true;
}

bool session_check_name(const struct sessions *sessions, const struct session *self,
                        const char *name, struct error *error)
{
	const struct session *other = sessions_named(sessions, name);
	if (!name_is_right(name))
		error_set(
		        error,
		        "a name has 1 to %d bytes, no blanks, no '@' in front and not only digits",
		        SESSION_NAME - 1);
	else if (other && other != self)
		error_set(error, "session %u has that name: %s", number(other), name);
	else
		return true;
	return false;
}

bool session_rename(struct session *session, const char *name, struct error *error)
{
	if (!session_check_name(session->sessions, session, name, error))
		return false;
	snprintf(session->name, sizeof session->name, "%s", name);
	session->named = true;
	return true;
}

/* Cut so that the port fits behind it, and not in the middle of a UTF-8 character. */
static int host_length(const char *host, size_t most)
{
	size_t len = strlen(host);
	while (len > most || (len && ((unsigned char)host[len] & 0xc0) == 0x80))
		len--;
	return (int)len;
}

void session_make_name(struct session *session, const char *host, const char *port)
{
	bool brackets = strchr(host, ':') != NULL;
	size_t rest = strlen(port) + (brackets ? 3 : 1);
	int len = host_length(host, rest < SESSION_NAME ? SESSION_NAME - 1 - rest : 0);
	if (session->named)
		return;
	snprintf(session->name, sizeof session->name, "%s%.*s%s:%s", brackets ? "[" : "", len, host,
	         brackets ? "]" : "", port);
	for (char *p = session->name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 127)
			*p = '?';
}

void session_name_server(struct session *session, const char *port)
{
	char host[SESSION_NAME];
	enum transport transport = session_transport(session);
	if (session->service == &service_table[0])
		snprintf(host, sizeof host, "%s", transport_name(transport));
	else
		snprintf(host, sizeof host, "%s%s", transport == TRANSPORT_UDP ? "udp-" : "",
		         session->service->name);
	session_make_name(session, host, port);
}

/* ---- making ---- */

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

static struct open_parameters *open_parameters_new(const struct target *target,
                                                   const struct session_options *options,
                                                   bool listening)
{
	struct open_parameters *open_parameters = xcalloc(1, sizeof *open_parameters);
	open_parameters->target = *target;
	open_parameters->listening = listening;
	open_parameters->options = *options;
	open_parameters->local_host = copy(options->local_host);
	open_parameters->local_port = copy(options->local_port);
	open_parameters->options.local_host = open_parameters->options.local_port =
	        open_parameters->options.name = NULL;
	return open_parameters;
}

/* An old descriptor that is closed at the end of this turn may hold the port that is asked for. */
void session_begin(struct session *session)
{
	session->state = SESSION_RESOLVING;
	session->end = SESSION_NOT_ENDED;
	session->ended_here = session->hopeless = false;
	session->begun = clock_now();
	session->life = transcript_end(session->caller.transcript);
	session->sent_before = session->counts.sent_bytes;
	buf_init(&session->queue, session->open_parameters->options.queue_max
	                                  ? session->open_parameters->options.queue_max
	                                  : SESSION_QUEUE);
	bool wants_port =
	        session->open_parameters->listening || session->open_parameters->local_port;
	if (wants_port && sessions_doomed_descriptors(session->sessions))
		session->due = true;
	else
		dial_begin(session);
}

static struct session *make(struct sessions *sessions, const struct kind *kind,
                            struct open_parameters *open_parameters,
                            const struct session_options *options)
{
	struct session *session = session_new(sessions, kind);
	session->open_parameters = open_parameters;
	if (options->service)
		session->service = options->service;
	if (options->name)
		snprintf(session->name, sizeof session->name, "%s", options->name);
	session->named = options->name != NULL;
	session->eol = options->eol;
	if (open_parameters->listening)
		session_name_server(session, open_parameters->target.service);
	else
		session_make_name(session, open_parameters->target.host,
		                  open_parameters->target.service);
	session_begin(session);
	return session;
}

static const struct session_options no_options;

struct session *sessions_open(struct sessions *sessions, const struct target *target,
                              const struct session_options *options, struct error *error)
{
	const struct kind *kind =
	        target->transport == TRANSPORT_UDP ? &datagram_kind : &stream_kind;
	if (!options)
		options = &no_options;
	if (options->name && !session_check_name(sessions, NULL, options->name, error))
		return NULL;
	struct session_options client = *options;
	client.service = NULL;
	return make(sessions, kind, open_parameters_new(target, options, false), &client);
}

struct session *sessions_listen(struct sessions *sessions, const struct target *target,
                                const struct session_options *options, struct error *error)
{
	const struct kind *kind =
	        target->transport == TRANSPORT_UDP ? &datagram_kind : &listener_kind;
	if (!options)
		options = &no_options;
	if (options->name && !session_check_name(sessions, NULL, options->name, error))
		return NULL;
	struct open_parameters *open_parameters = open_parameters_new(target, options, true);
	if (!target->host[0] && options->local_host)
		snprintf(open_parameters->target.host, sizeof open_parameters->target.host, "%s",
		         options->local_host);
	return make(sessions, kind, open_parameters, options);
}

/* ---- acting ---- */

bool session_send(struct session *session, const void *data, size_t len, struct error *error)
{
	return session_send_to(session, NULL, data, len, error);
}

bool session_send_secret(struct session *session, const void *data, size_t len, struct error *error)
{
	uint8_t flags = session->caller.flags;
	session->caller.flags |= ENTRY_SECRET;
	bool sent = session_send(session, data, len, error);
	session->caller.flags = flags;
	return sent;
}

bool session_send_to(struct session *session, const struct endpoint *to, const void *data,
                     size_t len, struct error *error)
{
	if (session_refuse_closed(session, error))
		return false;
	if (step_drives(session))
		return step_send(session, to, data, len, error);
	return session->kind->send(session, to, data, len, error);
}

/* The name that the program has given says what a server does. */
static void rename_server(struct session *session)
{
	char port[8];
	snprintf(port, sizeof port, "%u", session->local[0].port);
	session_name_server(
	        session, session->local[0].port ? port : session->open_parameters->target.service);
}

void session_greet(struct session *session)
{
	if (session->greeting_due && session->service->opened) {
		session_begin_service(session);
		session->service->opened(session);
		session_end_service(session);
	}
	session->greeting_due = false;
}

bool sessions_set_service(struct sessions *sessions, struct session *session,
                          const struct service *service, struct error *error)
{
	if (!session_is_server(session) && !session->listener) {
		error_set(error, "session %u is a client: only servers have a service",
		          number(session));
		return false;
	}
	session->service = service;
	if (session_is_server(session))
		rename_server(session);
	for (size_t i = 0; session->kind == &listener_kind && i < sessions_count(sessions); i++) {
		struct session *client = sessions_at(sessions, i);
		if (client->listener == session->caller.session)
			client->service = service;
	}
	return true;
}

/* Without a connection the kernel alone knows what to say. */
static bool shut_fresh(struct session *session, int how, struct error *error)
{
	if (call_shutdown(&session->caller, session->fd[0], how) == 0)
		return true;
	return step_fail(session, CALL_SHUTDOWN, "shutdown()", errno, error);
}

bool session_shutdown(struct session *session, int how, struct error *error)
{
	if (session_refuse_closed(session, error))
		return false;
	if (session->state == SESSION_FRESH && session->kind == &stream_kind)
		return shut_fresh(session, how, error);
	session->ended_here = session->ended_here || how != SHUT_RD;
	return session->kind->shutdown(session, how, error);
}

/* Connections that wait for accept(): close() resets them. */
static uint64_t count_queued(const struct session *session)
{
	uint64_t queued = 0;
	for (unsigned i = 0; i < session->fd_count; i++) {
		struct sample sample = { 0 };
		kernel_read(session->fd[i], SOCK_STREAM, &sample);
		queued += sample_get(&sample, SAMPLE_QUEUE);
	}
	return queued;
}

static void stop_listening(struct session *session)
{
	uint64_t queued = count_queued(session);
	if (queued)
		session_finish(session, SESSION_ENDED_WELL,
		               "closed: no longer listening; %" PRIu64 " queued client%s reset",
		               queued, queued == 1 ? " was" : "s were");
	else
		session_finish(session, SESSION_ENDED_WELL, "closed: no longer listening");
}

bool session_close(struct session *session, struct error *error)
{
	if (reconnect_cancel(session))
		return true;
	if (session->state == SESSION_CLOSED) {
		error_set(error, "session %u is already closed: /forget removes it",
		          number(session));
		return false;
	}
	bool open = session->state == SESSION_OPEN;
	bool server = session_is_server(session);
	session->ended_here = true;
	step_abandon(session);
	if (open)
		session->kind->flush(session);
	if (session->broken)
		session_finish(session, SESSION_ENDED_RESET, NULL);
	else if (session->state == SESSION_LISTENING)
		stop_listening(session);
	else if (open)
		session_finish(session, SESSION_ENDED_WELL,
		               server ? "closed: no longer receiving" : "closed");
	else
		session_finish(session, SESSION_ENDED_WELL, "closed before it was %s",
		               server ? "open" : "connected");
	return true;
}

/* The RST leaves with close(), at the end of this turn. */
bool session_abort(struct session *session, struct error *error)
{
	if (session_refuse_closed(session, error))
		return false;
	if (session->kind != &stream_kind) {
		error_set(error, "session %u has no connection to reset", number(session));
		return false;
	}
	if (session->state != SESSION_OPEN)
		return session_close(session, error);
	session->ended_here = true;
	step_abandon(session);
	call_set_linger(&session->caller, session->fd[0], 0);
	session->lingers = false;
	session_finish(session, SESSION_ENDED_RESET, "aborted: close() with SO_LINGER 0 sends RST");
	return true;
}

void session_set_timeout(struct session *session, int64_t timeout)
{
	if (session->open_parameters)
		session->open_parameters->options.timeout = timeout;
}

void session_hold_reading(struct session *session, bool hold)
{
	session->held = hold;
}
