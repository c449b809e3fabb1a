// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/text.h"
#include "net/fault.h"
#include "net/peers.h"
#include "net/session_internal.h"
#include "net/socket_file.h"
#include "net/tls/tls.h"
#include "socket/errno_meaning.h"

static unsigned number(const struct session *session)
{
	return session->caller.session;
}

/* ---- life ---- */

static void set_kind(struct session *session, const struct session_ops *ops)
{
	session->ops = ops;
	session->own = xcalloc(1, ops->size);
	if (ops->begin)
		ops->begin(session);
}

struct session *session_new(struct session_table *table, const struct session_ops *ops,
                            enum transport transport)
{
	struct session *session = xcalloc(1, sizeof *session);
	session->table = table;
	session->service = table->no_service;
	session->caller.transcript = table->transcript;
	session->caller.session = table->add(table, session);
	session->caller.observer = &probe_observer;
	session->caller.probe = &session->probe;
	session->caller.wire = table->wire;
	session->probe.budget = &table->budget;
	session->transport = session->probe.transport = transport;
	set_kind(session, ops);
	return session;
}

static void free_own(struct session *session)
{
	if (session->ops->free)
		session->ops->free(session);
	free(session->own);
}

void session_become(struct session *session, const struct session_ops *ops)
{
	free_own(session);
	faults_free(session->faults);
	session->faults = NULL;
	session->faults_on = false;
	set_kind(session, ops);
}

static void close_sockets(struct session *session, bool connected)
{
	for (unsigned i = 0; i < session->fd_count; i++)
		session->table->defer_close(session, session->fd[i], session->lingers,
		                            connected && session->transport == TRANSPORT_TCP);
	socket_file_free(session->file);
	session->file = NULL;
	session->lingers = session->nodelay = session->corked = false;
	session->table->descriptors -= session->fd_count;
	session->fd_count = 0;
}

void session_free(struct session *session)
{
	if (session->state == SESSION_OPEN && session->ops->leave)
		session->ops->leave(session);
	close_sockets(session, false);
	session_end_step(session);
	session_end_lookup(session);
	if (session->open_parameters) {
		free(session->open_parameters->local_host);
		free(session->open_parameters->local_port);
		tls_context_release(session->open_parameters->tls);
		free(session->open_parameters);
	}
	session_free_service_state(session);
	serving_release(session->serving);
	free(session->credentials);
	buf_free(&session->queue);
	faults_free(session->faults);
	free_own(session);
	free(session);
}

/* ---- what is written down ---- */

__attribute__((format(printf, 4, 0))) static void
append(struct session *session, enum call call, unsigned flags, const char *format, va_list args)
{
	char line[256], *text = NULL; /* most fit there */
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(line, sizeof line, format, args);
	if (len >= (int)sizeof line)
		len = vasprintf(&text, format, again);
	va_end(again);
	struct entry entry = {
		.time = clock_now(),
		.session = session->caller.session,
		.call = (uint8_t)call,
		.flags = (uint8_t)flags,
		.fd = -1,
	};
	if (len >= 0) {
		transcript_append(session->caller.transcript, &entry, NULL, text ? text : line,
		                  (size_t)len);
		free(text);
	}
}

void session_report(struct session *session, unsigned flags, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	append(session, CALL_STATE, flags, format, args);
	va_end(args);
}

void session_note(struct session *session, unsigned flags, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	append(session, CALL_NOTE, flags, format, args);
	va_end(args);
}

const char *session_pair(const struct session *session, char out[SESSION_PAIR])
{
	char local[HOST_TEXT], peer[HOST_TEXT];
	enum host host = session->caller.host;
	snprintf(out, SESSION_PAIR, "%s %s %s", host_format(host, &session->local[0], local),
	         text_has_unicode() ? "⇄" : "<->", host_format(host, &session->peer, peer));
	return out;
}

void session_set_credentials(struct session *session, const struct credentials *credentials)
{
	free(session->credentials);
	session->credentials = credentials ? xmalloc(sizeof *credentials) : NULL;
	if (credentials)
		*session->credentials = *credentials;
}

void session_count_received(struct session *session, size_t len)
{
	session_moved(session);
	session->counts.received_bytes += len;
	session->counts.receives++;
}

void session_received(struct session *session, const char *data, size_t len)
{
	session_count_received(session, len);
	session->table->received(session, data, len);
}

/* ---- its end ---- */

/* Before the queue is dropped. What waits in the layer is clear text: of records that were cut the peer
 * reads nothing. */
void session_report_unsent(struct session *session, size_t bytes, const char *why)
{
	bool records = session_security(session) != SESSION_PLAIN && !session_layer_unsent(session);
	session->table->lost += bytes;
	session_report(session, ENTRY_ERROR, "%s%s%zu byte%s%s %s not sent", why ? why : "",
	               why ? "; " : "", bytes, bytes == 1 ? "" : "s",
	               records ? " of TLS records" : "", bytes == 1 ? "was" : "were");
}

void session_drop_queue(struct session *session)
{
	buf_clear(&session->queue);
	session->unsent = 0;
	if (session->faults)
		faults_forget(session->faults, FAULT_OUT);
	if (session->ops->queue_dropped)
		session->ops->queue_dropped(session);
}

/* Its state is SESSION_CLOSED at once; the descriptors follow at the end of the turn. */
static void let_go(struct session *session, enum session_end end)
{
	bool connected = session->state == SESSION_OPEN;
	bool had_begun =
	        session->state == SESSION_RESOLVING || session->state == SESSION_CONNECTING;
	session->was_open = session->was_open || !had_begun;
	session->state = SESSION_CLOSED;
	session->end = end;
	close_sockets(session, connected);
	session_end_step(session);
	session_end_lookup(session);
	session_drop_queue(session);
	buf_free(&session->queue);
	if (session->faults)
		faults_forget(session->faults, FAULT_IN);
	session->service_due = 0;
	session->table->ended(session, connected);
	if ((connected || session->relay) && session->service->over && !session->recording) {
		session_begin_service(session);
		session->service->over(session);
		session_end_service(session);
	}
}

void session_finish(struct session *session, enum session_end end, const char *format, ...)
{
	if (session->state == SESSION_CLOSED)
		return;
	char *why = NULL;
	if (format) {
		va_list args;
		va_start(args, format);
		if (end == SESSION_ENDED_WELL || !session_unsent(session))
			append(session, CALL_STATE, end == SESSION_ENDED_WELL ? 0 : ENTRY_ERROR,
			       format, args);
		else if (vasprintf(&why, format, args) < 0)
			why = NULL;
		va_end(args);
	}
	if (session_unsent(session))
		session_report_unsent(session, session_unsent(session), why);
	free(why);
	size_t held = session->faults ? faults_held(session->faults, FAULT_IN) : 0;
	if (held)
		session_report(session, ENTRY_ERROR,
		               "%zu received byte%s that /fault held back %s no service", held,
		               count_plural(held), held == 1 ? "reaches" : "reach");
	let_go(session, end);
}

bool session_refuse_recorded(const struct session *session, struct error *error)
{
	if (session->recording)
		error_set(error, "session %u is a recording: nothing is sent", number(session));
	return session->recording;
}

bool session_refuse_closed(const struct session *session, struct error *error)
{
	char left[CLOCK_TEXT];
	int64_t ns;
	if (session_refuse_recorded(session, error))
		return true;
	if (session->state != SESSION_CLOSED)
		return false;
	if (session_opens_again(session, &ns))
		error_set(error,
		          "session %u is closed: it opens again in %s, /reconnect does it now",
		          number(session), clock_format_duration(ns, left));
	else if (session_failed_to_open(session))
		error_set(error, "session %u is closed: it did not open", number(session));
	else
		error_set(error, "session %u is closed: %s", number(session),
		          session->listener  ? "only its client can connect again"
		          : session->stepped ? "/socket makes another"
		                             : session->ops->next);
	return true;
}

bool session_cancel_reconnect(struct session *session)
{
	if (!session->again_at)
		return false;
	session->again_at = 0;
	session->end = SESSION_ENDED_WELL; /* a person has ended it: it keeps its tab */
	session_report(session, 0, "closed: not opened again");
	return true;
}

/* ---- sockets ---- */

void session_choose_host(struct session *session, const struct endpoint *local,
                         const struct endpoint *remote)
{
	enum host host = session->open_parameters->options.host;
	if (!host && local)
		host = host_of(local);
	if (!host && remote)
		host = host_opposite(host_of(remote));
	session->caller.host = session->table->sandbox ? host : HOST_HERE;
}

const char *session_explain_host(const struct session *session, const struct endpoint *addr,
                                 char out[SESSION_HINT])
{
	char text[ENDPOINT_TEXT];
	enum host owner = host_of(addr), host = session->caller.host;
	out[0] = '\0';
	if (owner != HOST_HERE && owner != host && session->table->sandbox)
		snprintf(out, SESSION_HINT, "%.40s is an address of %s, and this socket is on %s",
		         endpoint_format_host(addr, text), host_name(owner),
		         host == HOST_HERE ? "this machine" : host_name(host));
	return out;
}

void session_warn_elsewhere(struct session *session, const struct endpoint *addr)
{
	char elsewhere[SESSION_HINT];
	if (session->caller.host == HOST_HERE && *session_explain_host(session, addr, elsewhere))
		session_report(session, 0, "%s: /socket %s on %s reaches it", elsewhere,
		               transport_name(session->transport),
		               host_name(host_opposite(host_of(addr))));
}

bool session_refuse_interface(const struct session *session, const struct lookup_answer *answer,
                              struct error *error)
{
	enum host host = session->caller.host;
	for (size_t i = 0; host != HOST_HERE && i < answer->count; i++)
		if (answer->addr[i].scope) {
			char text[ENDPOINT_TEXT];
			error_set(error,
			          "%.100s: that interface is on this machine; on %s use an address "
			          "without one",
			          endpoint_format_host(&answer->addr[i], text), host_name(host));
			return true;
		}
	return false;
}

bool session_add_socket(struct session *session, int family)
{
	session->caller.sandbox = session->table->sandbox;
	int fd = call_socket(&session->caller, family, transport_type(session->transport));
	if (fd < 0)
		return false;
	if (!poller_fits(fd)) {
		session_report(
		        session, ENTRY_ERROR,
		        "descriptor %d is closed at once: select() can only watch those below "
		        "FD_SETSIZE = %d",
		        fd, FD_SETSIZE);
		session->table->defer_close(session, fd, false, false);
		errno = ERANGE;
		return false;
	}
	unsigned slot = session->fd_count++;
	session->table->descriptors++;
	session->fd[slot] = fd;
	session->family[slot] = family;
	session->local[slot] = (struct endpoint){ .family = AF_UNSPEC };
	session->table->socket_made(session, fd);
	return true;
}

void session_drop_socket(struct session *session, unsigned slot)
{
	session->table->defer_close(session, session->fd[slot], false, false);
	socket_file_free(session->file); /* that of the only socket: a path has no second address */
	session->file = NULL;
	session->fd_count--;
	session->table->descriptors--;
	for (unsigned i = slot; i < session->fd_count; i++) {
		session->fd[i] = session->fd[i + 1];
		session->family[i] = session->family[i + 1];
		session->local[i] = session->local[i + 1];
	}
}

/* ---- names ---- */

bool session_is_name(const char *name)
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

bool session_check_name(struct session_table *table, const struct session *self, const char *name,
                        struct error *error)
{
	const struct session *other = table->find_named(table, name);
	if (!session_is_name(name))
		error_usage(
		        error,
		        "a name has 1 to %d bytes, no blanks, no '@' in front and not only digits",
		        SESSION_NAME - 1);
	else if (other && other != self)
		error_usage(error, "session %u has that name: %s", number(other), name);
	else
		return true;
	return false;
}

bool session_rename(struct session *session, const char *name, struct error *error)
{
	if (!session_check_name(session->table, session, name, error))
		return false;
	snprintf(session->name, sizeof session->name, "%s", name);
	session->named = true;
	return true;
}

/* Cut so that the port fits after it, and not in the middle of a UTF-8 character. */
static int host_length(const char *host, size_t most)
{
	size_t len = strlen(host);
	while (len > most || (len && ((unsigned char)host[len] & 0xc0) == 0x80))
		len--;
	return (int)len;
}

static void make_printable(char *name)
{
	for (char *p = name; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 127)
			*p = '?';
}

/* Of a path the end says most; a peer that has called no name is a client, told from others by its number. */
static void name_after_path(struct session *session, const char *server, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *last = slash && slash[1] ? slash + 1 : path + (*path == '@');
	size_t len = strlen(last), room = SESSION_NAME - 1 - strlen(server) - 1;
	if (session->named)
		return;
	while (len > room || ((unsigned char)*last & 0xc0) == 0x80) {
		last++;
		len--;
	}
	if (*last || *server)
		snprintf(session->name, sizeof session->name, "%s%s%s", server, *server ? ":" : "",
		         last);
	else
		snprintf(session->name, sizeof session->name, "client%u", number(session));
	make_printable(session->name);
}

void session_make_name(struct session *session, const char *host, const char *port)
{
	bool brackets = *port && strchr(host, ':');
	size_t rest = strlen(port) + (brackets ? 3 : *port != '\0');
	int len = host_length(host, rest < SESSION_NAME ? SESSION_NAME - 1 - rest : 0);
	if (session->named)
		return;
	if (transport_is_unix(session->transport)) {
		name_after_path(session, "", host);
		return;
	}
	snprintf(session->name, sizeof session->name, "%s%.*s%s%s%s", brackets ? "[" : "", len,
	         host, brackets ? "]" : "", *port ? ":" : "", port);
	make_printable(session->name);
}

void session_name_server(struct session *session)
{
	char host[SESSION_NAME], port[8];
	enum transport transport = session->transport;
	bool stream = transport_type(transport) == SOCK_STREAM;
	if (!session_is_served(session))
		snprintf(host, sizeof host, "%s", transport_name(transport));
	else
		snprintf(host, sizeof host, "%s%s%s", stream ? "" : transport_name(transport),
		         stream ? "" : "-", session->service->name);
	if (transport_is_unix(transport)) {
		name_after_path(session, host, session->open_parameters->target.host);
		return;
	}
	snprintf(port, sizeof port, "%u", session->local[0].port);
	session_make_name(session, host,
	                  session->local[0].port ? port : session->open_parameters->target.service);
}

/* ---- its service ---- */

void session_begin_service(struct session *session)
{
	session->caller.flags |= ENTRY_ECHO;
}

void session_end_service(struct session *session)
{
	session->caller.flags &= (uint8_t)~ENTRY_ECHO;
}

void *session_service_state(struct session *session)
{
	if (!session->service_state && session->service->state_size)
		session->service_state = xcalloc(1, session->service->state_size);
	return session->service_state;
}

void session_free_service_state(struct session *session)
{
	if (session->service_state && session->service->freed)
		session->service->freed(session->service_state);
	free(session->service_state);
	session->service_state = NULL;
}

void session_take_service(struct session *session, const struct service *service,
                          struct serving *serving)
{
	session_free_service_state(session);
	serving_share(serving);
	serving_release(session->serving);
	session->service = service;
	session->serving = serving;
	session->service_due = 0;
	session->service_full = false;
}

void session_wake_service(struct session *session, int64_t instant)
{
	session->service_due = instant;
}

void session_service_full(struct session *session, bool full)
{
	session->service_full = full;
}

void session_serve_service(struct session *session)
{
	if (!session->service_due || session->service_due > clock_now())
		return;
	session->service_due = 0;
	session_begin_service(session);
	session->service->woken(session);
	session_end_service(session);
}

struct session *session_next_client(const struct session *session, const struct session *after)
{
	struct session_table *table = session->table;
	uint32_t listener = session->listener ? session->listener : session->caller.session;
	struct session *client = table->after(table, after ? after->caller.session : listener);
	while (client && (client->listener != listener || client->state != SESSION_OPEN ||
	                  client->recording))
		client = table->after(table, client->caller.session);
	return client;
}

void session_answer(struct session *session, const struct endpoint *from, const char *data,
                    size_t len)
{
	if (!session->service->data) /* what a fault has held back comes after the service has changed */
		return;
	session_begin_service(session);
	session->service->data(session, from, data, len);
	session_end_service(session);
}

/* ---- calls by hand ---- */

struct step *session_begin_step(struct session *session, enum step_call call, const char *format,
                                ...)
{
	va_list args;
	struct step *step = xcalloc(1, sizeof *step);
	step->call = call;
	step->since = clock_now();
	va_start(args, format);
	vsnprintf(step->text, sizeof step->text, format, args);
	va_end(args);
	session->step = step;
	return step;
}

void session_end_step(struct session *session)
{
	if (session->step && session->step->call == STEP_LOOKUP)
		session_end_lookup(session);
	free(session->step);
	session->step = NULL;
}

void session_abandon_step(struct session *session)
{
	char took[CLOCK_TEXT];
	const struct step *step = session->step;
	if (!step || step->call == STEP_SEND)
		return;
	session_report(session, 0, "%s cancelled after %s", step->text,
	               clock_format_duration(clock_now() - step->since, took));
	session_end_step(session);
}

bool session_send_step(struct session *session, const struct endpoint *to, const void *data,
                       size_t len, struct error *error)
{
	session_reserve(session, len < SESSION_RECV_MOST ? len : SESSION_RECV_MOST);
	if (!session->ops->send(session, to, data, len, error))
		return false;
	if (session->queue.len)
		session_begin_step(session, STEP_SEND, "send(%zu)", len)->waited = true;
	return true;
}

int64_t session_step_since(const struct session *session)
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

void session_name_recv(struct session *session, const char *call)
{
	static const char *const flags[] = { [RECV_PLAIN] = "",
		                             [RECV_PEEK] = ", MSG_PEEK",
		                             [RECV_URGENT] = ", MSG_OOB",
		                             [RECV_ALL] = ", MSG_WAITALL" };
	struct step *step = session->step;
	snprintf(step->text, sizeof step->text, "%s(%zu%s)", call, step->most, flags[step->how]);
}

int session_recv_flags(const struct session *session)
{
	static const int flags[] = { [RECV_PLAIN] = 0,
		                     [RECV_PEEK] = MSG_PEEK,
		                     [RECV_URGENT] = MSG_OOB,
		                     [RECV_ALL] = MSG_WAITALL };
	return flags[session->step->how];
}

int session_ready_slot(const struct session *session)
{
	for (unsigned i = 0; i < session->fd_count; i++)
		if (poller_is_ready(session->fd[i]))
			return (int)i;
	return -1;
}

enum lookup_hosts session_lookup_hosts(const struct session *session)
{
	const struct open_parameters *made = session->open_parameters;
	return made && made->options.as_nc ? LOOKUP_NO_HOSTS
	       : session->table->sandbox   ? LOOKUP_HOSTS
	                                   : LOOKUP_HOSTS_OFF;
}

void session_begin_lookup(struct session *session, const struct lookup_query *query)
{
	session->lookup = lookup_start(session->table->lookup_pool, query);
	if (lookup_is_waiting(session->lookup))
		session_report(session, 0,
		               "waiting for a name look-up: others are under way, at most %d at a "
		               "time",
		               LOOKUP_AT_ONCE);
}

void session_end_lookup(struct session *session)
{
	lookup_free(session->lookup);
	session->lookup = NULL;
}

void session_note_lookup(const struct session *session, const struct lookup_query *query,
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

bool session_may_step(const struct session *session, struct error *error)
{
	if (session_refuse_closed(session, error))
		return false;
	if (session->dial)
		error_set(error, "session %u is still being opened", number(session));
	else if (!session->fd_count)
		error_set(error, "session %u has no socket", number(session));
	else if (session->step)
		error_set(error, "%.150s waits in session %u: Ctrl-C cancels it",
		          session->step->text, number(session));
	else
		return true;
	return false;
}

/* The slack is for what is written down before the call. */
void session_reserve(const struct session *session, size_t bytes)
{
	enum { SLACK = 4096 };
	size_t room;
	transcript_reserve(session->caller.transcript, 0, bytes + SLACK, &room);
	transcript_cancel(session->caller.transcript);
}

bool session_fail_call(const struct session *session, enum call call, const char *text, int code,
                       struct error *error)
{
	error_set(error, "%.150s = -1 %s: %s", text, error_name(code),
	          errno_meaning_phrase(entry_call_name(call), code,
	                               session_errno_context(session, NULL)));
	error->code = code;
	return false;
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
	if (!to && session->service->typed && session_is_server(session))
		return session->service->typed(session, data, len, error);
	if (!session_is_by_hand(session))
		return session->ops->send(session, to, data, len, error);
	return session_may_step(session, error) &&
	       session->ops->send_by_hand(session, to, data, len, 0, error);
}

bool session_shutdown(struct session *session, int how, struct error *error)
{
	if (session_refuse_closed(session, error))
		return false;
	session->ended_here = session->ended_here || how != SHUT_RD;
	return session->ops->shutdown(session, how, error);
}

#define CLOSED_EARLY "closed before it was %s"

static const char *opened_word(const struct session *session)
{
	return session_is_server(session) ? "open" : "connected";
}

bool session_close(struct session *session, struct error *error)
{
	if (session_refuse_recorded(session, error))
		return false;
	if (session_cancel_reconnect(session))
		return true;
	if (session->state == SESSION_CLOSED) {
		error_set(error, "session %u is already closed: /forget removes it",
		          number(session));
		return false;
	}
	session->ended_here = true;
	session_abandon_step(session);
	if (session->state == SESSION_OPEN || session->state == SESSION_LISTENING)
		session->ops->close(session, NULL);
	else
		session_finish(session, SESSION_ENDED_WELL, CLOSED_EARLY, opened_word(session));
	return true;
}

bool session_is_opening(const struct session *session, int64_t *since)
{
	struct session_handshake handshake = { .begun = session->begun };
	if (!session->dial && !session_handshake(session, &handshake))
		return false;
	if (since)
		*since = handshake.begun;
	return true;
}

bool session_cancel_opening(struct session *session)
{
	char took[CLOCK_TEXT], text[ERROR_TEXT];
	int64_t since;
	if (!session_is_opening(session, &since))
		return false;
	clock_format_duration(clock_now() - since, took);
	session->ended_here = true;
	snprintf(text, sizeof text, "closed: TLS handshake cancelled after %s", took);
	if (session->dial)
		session_finish(session, SESSION_ENDED_WELL, CLOSED_EARLY ": cancelled after %s",
		               opened_word(session), took);
	else
		session->ops->close(session, text);
	return true;
}

bool session_abort(struct session *session, struct error *error)
{
	if (session_refuse_closed(session, error))
		return false;
	if (!session->ops->abort || transport_is_unix(session->transport)) {
		error_set(error, "session %u has no connection to reset%s", number(session),
		          session->ops->abort ? ": UNIX knows no RST" : "");
		return false;
	}
	if (session->state != SESSION_OPEN)
		return session_close(session, error);
	session->ended_here = true;
	session_abandon_step(session);
	session->ops->abort(session);
	return true;
}

void session_set_timeout(struct session *session, int64_t timeout)
{
	if (session->open_parameters)
		session->open_parameters->options.timeout = timeout;
}

void session_block_reading(struct session *session, bool blocked)
{
	session->read_blocked = blocked;
	if (!blocked)
		session->pass_error = 0;
}

void session_hold(struct session *session, bool held)
{
	session->held = held;
}

void session_pass_to(struct session *session, int pipe)
{
	session->pass_to = pipe + 1;
}

int session_pass_error(const struct session *session)
{
	return session->pass_error;
}

ssize_t session_send_from(struct session *session, int from, bool is_file)
{
	if (session->ops->send_from && session_takes_data(session) &&
	    !session_is_by_hand(session) && !session->faults_on)
		return session->ops->send_from(session, from, is_file);
	errno = EINVAL;
	return -1;
}

bool session_is_full(const struct session *session)
{
	return session->full || session->queue.len;
}

unsigned session_meet_peer(struct session *session, const struct endpoint *addr)
{
	return session->ops->meet_peer(session, addr);
}

bool session_find_address(struct session *session, const char *text, struct endpoint *addr,
                          struct error *error)
{
	struct lookup_query query = { .numeric = true, .hosts = session_lookup_hosts(session) };
	if (session_refuse_recorded(session, error))
		return false;
	if (!target_parse(&query.target, text, NULL, session->transport, false, error))
		return false;
	if (!lookup_is_numeric(query.target.host))
		query.family = session_family(session);
	if (!lookup_at_once(&query, addr, error))
		return false;
	session_warn_elsewhere(session, addr);
	return true;
}

bool session_choose_peer(struct session *session, unsigned number, struct error *error)
{
	if (session_refuse_recorded(session, error))
		return false;
	if (session->ops->choose_peer)
		return session->ops->choose_peer(session, number, error);
	error_set(error, "session %u has no peers to choose from",
	          (unsigned)session->caller.session);
	return false;
}

/* ---- looking ---- */

uint32_t session_number(const struct session *session)
{
	return session->caller.session;
}

const char *session_name(const struct session *session)
{
	return session->name;
}

bool session_has_clients(const struct session *session)
{
	return session->ops->has_clients;
}

bool session_has_peers(const struct session *session)
{
	return session->ops->has_peers;
}

bool session_has_messages(const struct session *session)
{
	return session->ops->has_peers || transport_keeps_borders(session->transport);
}

enum transport session_transport(const struct session *session)
{
	return session->transport;
}

enum host session_host(const struct session *session)
{
	return session->caller.host;
}

unsigned session_errno_context(const struct session *session, const struct endpoint *peer)
{
	bool stream = transport_type(session->transport) != SOCK_DGRAM;
	const struct open_parameters *made = session->open_parameters;
	struct endpoint own = session_peer(session);
	unsigned ends = session_stream_ends(session);
	return (transport_is_unix(session->transport) ? ERRNO_UNIX
	        : stream                              ? ERRNO_TCP
	                                              : ERRNO_UDP) |
	       (endpoint_is_loopback(peer ? peer : &own) ? ERRNO_LOOPBACK : 0) |
	       (stream && session->state == SESSION_OPEN ? ERRNO_OPEN : 0) |
	       (session->state == SESSION_FRESH ? ERRNO_FRESH : 0) |
	       (ends & STREAM_FIN_SENT ? ERRNO_FIN_SENT : 0) |
	       (ends & STREAM_BROKEN ? ERRNO_RESET : 0) |
	       (made && made->listening && !session->stepped ? ERRNO_LISTENER : 0) |
	       (made && (made->local_host || made->local_port) ? ERRNO_BOUND : 0) |
	       (session->caller.host == HOST_HERE ? 0 : ERRNO_SANDBOX);
}

enum session_state session_state(const struct session *session)
{
	return session->state;
}

enum session_end session_end(const struct session *session)
{
	return session->end;
}

bool session_is_closing(const struct session *session)
{
	return session->closing;
}

bool session_failed_to_open(const struct session *session)
{
	return session->state == SESSION_CLOSED && session->end == SESSION_ENDED_FAILED &&
	       !session->was_open && !session->again_at;
}

bool session_is_server(const struct session *session)
{
	return session->open_parameters && session->open_parameters->listening;
}

bool session_is_stepped(const struct session *session)
{
	return session->stepped;
}

bool session_is_accepted(const struct session *session)
{
	return session->listener != 0;
}

uint32_t session_listener(const struct session *session)
{
	return session->listener;
}

uint32_t session_relay(const struct session *session)
{
	return session->relay;
}

uint32_t session_other_side(const struct session *session)
{
	return session->other_side;
}

struct recording *session_recording(const struct session *session)
{
	return session->recording;
}

bool session_takes_data(const struct session *session)
{
	return session->state == SESSION_OPEN &&
	       !(session_stream_ends(session) & (STREAM_SHUT | STREAM_BROKEN));
}

bool session_is_securing(const struct session *session)
{
	return session->state == SESSION_OPEN && session->ops->is_securing &&
	       session->ops->is_securing(session);
}

bool session_handshake(const struct session *session, struct session_handshake *handshake)
{
	if (!session_is_securing(session))
		return false;
	session->ops->handshake(session, handshake);
	return true;
}

static const struct tls *tls_of(const struct session *session)
{
	return session->ops->tls ? session->ops->tls(session) : NULL;
}

static const struct tls_context *context_of(const struct session *session)
{
	return session->open_parameters ? session->open_parameters->tls : NULL;
}

static const struct recorded_tls *recorded_tls_of(const struct session *session)
{
	return session->ops->recorded_tls ? session->ops->recorded_tls(session) : NULL;
}

enum session_security session_security(const struct session *session)
{
	const struct recorded_tls *recorded = recorded_tls_of(session);
	if (recorded)
		return recorded->verifies ? SESSION_TLS : SESSION_TLS_UNVERIFIED;
	const struct tls *tls = tls_of(session);
	const struct tls_context *context = context_of(session);
	if (!tls && !context)
		return SESSION_PLAIN;
	bool verifies = tls ? tls_verifies(tls) : tls_context_verifies(context);
	return verifies ? SESSION_TLS : SESSION_TLS_UNVERIFIED;
}

bool session_has_had_tls(const struct session *session)
{
	return session->ops->has_had_tls && session->ops->has_had_tls(session);
}

bool session_gives_keys(const struct session *session)
{
	return session->ops->gives_keys && session->ops->gives_keys(session);
}

const char *session_tls_facts(const struct session *session)
{
	const struct recorded_tls *recorded = recorded_tls_of(session);
	if (recorded)
		return recorded->facts;
	const struct tls *tls = tls_of(session);
	const struct tls_context *context = context_of(session);
	if (tls)
		return tls_facts(tls);
	return context ? tls_context_facts(context) : "";
}

const char *session_tls_advice(const struct session *session)
{
	const struct recorded_tls *recorded = recorded_tls_of(session);
	if (recorded)
		return recorded->advice;
	const struct tls *tls = tls_of(session);
	return tls ? tls_advice(tls) : "";
}

bool session_print_tls_asked(const struct session *session, struct buf *out)
{
	const struct tls_context *context = context_of(session);
	if (context)
		tls_context_print_asked(context, out);
	return context != NULL;
}

const struct target *session_target(const struct session *session)
{
	return session->open_parameters ? &session->open_parameters->target : NULL;
}

bool session_peer_closed(const struct session *session)
{
	return session_stream_ends(session) & STREAM_PEER_CLOSED;
}

bool session_is_shut(const struct session *session)
{
	return session_stream_ends(session) & STREAM_SHUT;
}

const struct credentials *session_credentials(const struct session *session)
{
	return session->credentials;
}

struct endpoint session_local(const struct session *session)
{
	return session->local[0];
}

struct endpoint session_peer(const struct session *session)
{
	return session->ops->peer ? session->ops->peer(session) : session->peer;
}

const struct session_counts *session_counts(const struct session *session)
{
	return &session->counts;
}

size_t session_unsent(const struct session *session)
{
	return session->unsent + (session->faults ? faults_held(session->faults, FAULT_OUT) : 0) +
	       session_layer_unsent(session);
}

unsigned session_fault_kind(const struct session *session)
{
	if (session->ops->has_peers)
		return FAULT_DATAGRAMS;
	if (transport_keeps_borders(session->transport))
		return 0;
	return session->ops->has_clients ? FAULT_LISTENER : FAULT_STREAMS;
}

const struct faults *session_faults(const struct session *session)
{
	return session->faults;
}

void session_report_strike(void *session, const char *text)
{
	session_report(session, ENTRY_FAULT, "%s", text);
}

uint64_t session_life(const struct session *session)
{
	return session->life;
}

uint64_t session_life_sent(const struct session *session)
{
	return session->counts.sent_bytes - session->sent_before;
}

size_t session_clients(const struct session *session)
{
	return session->ops->clients ? session->ops->clients(session) : 0;
}

const struct session_limits *session_limits(const struct session *session)
{
	return session->ops->limits ? session->ops->limits(session) : NULL;
}

void session_set_limits(struct session *session, const struct session_limits *limits)
{
	if (session->ops->set_limits)
		session->ops->set_limits(session, limits);
}

const struct service *session_service(const struct session *session)
{
	return session->service;
}

void *session_service_configuration(const struct session *session)
{
	return session->serving ? session->serving->configuration : NULL;
}

const char *session_service_words(const struct session *session)
{
	return session->serving ? session->serving->words : "";
}

bool session_is_iterative(const struct session *session)
{
	return session->serving && session->serving->iterative;
}

bool session_is_served(const struct session *session)
{
	return session->service->data || session->service->never_reads;
}

enum eol session_eol(const struct session *session)
{
	return session->eol;
}

void session_set_eol(struct session *session, enum eol eol)
{
	session->eol = eol;
}

/* False if the newest sample says nothing of the present state. After a call that was not sampled,
 * only the call itself is known. */
static bool kernel_state(const struct session *session, enum tcp_state *read)
{
	const struct probe *probe = &session->probe;
	uint64_t state = sample_get(&probe->last, SAMPLE_STATE);
	if (session->transport != TRANSPORT_TCP || !probe->last.present || probe->calls ||
	    state == STATE_GONE || state == STATE_CLOSED)
		return false;
	*read = (enum tcp_state)state;
	if (session->state == SESSION_OPEN)
		return probe->fd == session->fd[0];
	return session->state == SESSION_CLOSED && probe->when == SAMPLE_CLOSED;
}

static enum tcp_state state_by_calls(const struct session *session)
{
	enum tcp_state state;
	if (kernel_state(session, &state))
		return state;
	switch (session->state) {
	case SESSION_RESOLVING:
		return session->lookup && lookup_is_waiting(session->lookup)
		               ? STATE_WAITING_TO_RESOLVE
		               : STATE_RESOLVING;
	case SESSION_FRESH:
		return session->transport == TRANSPORT_UDP ? STATE_DATAGRAMS : STATE_CLOSED;
	case SESSION_CONNECTING:
		return STATE_SYN_SENT;
	case SESSION_OPEN:
	case SESSION_LISTENING:
		return session->ops->tcp_state(session);
	case SESSION_CLOSED:
		break;
	}
	return STATE_GONE;
}

enum tcp_state session_tcp_state(const struct session *session)
{
	enum tcp_state state = state_by_calls(session);
	return transport_is_unix(session->transport) ? tcp_state_of_unix(state) : state;
}

bool session_is_readable(const struct session *session)
{
	return session_ready_slot(session) >= 0;
}

bool session_is_paused(const struct session *session)
{
	return session->paused;
}

bool session_is_nodelay(const struct session *session)
{
	return session->nodelay;
}

bool session_is_corked(const struct session *session)
{
	return session->corked;
}

bool session_opens_again(const struct session *session, int64_t *left)
{
	if (session->again_at && left) {
		*left = session->again_at - clock_now();
		*left = *left > 0 ? *left : 0;
	}
	return session->again_at != 0;
}

int session_family(const struct session *session)
{
	return session->fd_count ? session->family[0] : AF_UNSPEC;
}

/* ---- its kernel samples ---- */

/* While the kernel is not read, an earlier sample says nothing of now. */
static bool is_unread(const struct session *session)
{
	return session->table->budget.off && !session->recording;
}

static const struct sample no_sample;

const struct sample *session_sample(const struct session *session)
{
	return is_unread(session) ? &no_sample : &session->probe.last;
}

size_t session_socket_count(const struct session *session)
{
	return session->ops->sockets ? session->ops->sockets(session) : session->fd_count;
}

const struct sample *session_socket_sample(const struct session *session, size_t index,
                                           struct endpoint *local)
{
	if (session->ops->socket_sample)
		return session->ops->socket_sample(session, index, local);
	*local = session->local[index];
	return is_unread(session) ? &no_sample
	                          : probe_last(&session->probe, session->fd[index]);
}

void session_sample_closely(struct session *session)
{
	session->closely_until = clock_now() + CLOCK_S;
}

int64_t session_sampled_at(const struct session *session)
{
	return session->probe.sampled_at;
}

int64_t session_now(const struct session *session)
{
	return session->recording ? session->recording->now : clock_now();
}

bool session_is_unsettled(const struct session *session)
{
	return session->state == SESSION_CLOSED ? session->followed : session->probe.unsettled;
}

/* ---- peers ---- */

static const struct peers *peers_of(const struct session *session)
{
	static const struct peers none;
	return session->ops->peers ? session->ops->peers(session) : &none;
}

size_t session_peer_count(const struct session *session)
{
	return peers_of(session)->count;
}

const struct peer *session_next_peer(const struct session *session, const struct peer *after)
{
	return peers_next(peers_of(session), after);
}

const struct peer *session_peer_numbered(const struct session *session, unsigned number)
{
	return peers_numbered(peers_of(session), number);
}
