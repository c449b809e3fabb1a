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
#include "base/text.h"
#include "socket/errno_meaning.h"
#include "net/session_internal.h"
#include "net/probe_timer.h"

/* ---- life ---- */

struct session *session_new(struct sessions *sessions, const struct kind *kind)
{
	struct session *session = xcalloc(1, sizeof *session);
	session->kind = kind;
	session->sessions = sessions;
	session->service = &service_table[0];
	session->peers.max = PEERS_MOST;
	session->caller.transcript = sessions_transcript(sessions);
	session->caller.session = sessions_add(sessions, session);
	session->caller.probe = &session->probe;
	session->probe.budget = sessions_budget(sessions);
	session->probe.type = kind->type;
	return session;
}

static void doom_sockets(struct session *session, bool connected)
{
	for (unsigned i = 0; i < session->fd_count; i++)
		if (connected && session->kind == &stream_kind)
			sessions_defer_connection_close(session->sessions, session, session->fd[i]);
		else if (session->lingers)
			sessions_defer_lingering_close(session->sessions, &session->caller,
			                               session->fd[i]);
		else
			sessions_defer_close(session->sessions, &session->caller, session->fd[i]);
	session->lingers = false;
	session->fd_count = 0;
}

static void open_parameters_free(struct open_parameters *open_parameters)
{
	if (!open_parameters)
		return;
	free(open_parameters->local_host);
	free(open_parameters->local_port);
	free(open_parameters);
}

void session_free(struct session *session)
{
	doom_sockets(session, false);
	lingering_end(sessions_lingering(session->sessions), session->caller.session);
	dial_end(session);
	open_parameters_free(session->open_parameters);
	option_forget(session);
	step_drop(session);
	peers_free(&session->peers);
	buf_free(&session->queue);
	secrets_clear(&session->secrets);
	free(session);
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
	session->due = false;
	doom_sockets(session, connected);
	dial_end(session);
	step_drop(session);
	buf_free(&session->queue);
	secrets_clear(&session->secrets);
	session->unsent = 0;
	reconnect_plan(session, connected);
	if (session_failed_to_open(session))
		sessions_count_failed(session->sessions);
	if (!session->listener)
		return;
	struct session *listener = sessions_numbered(session->sessions, session->listener);
	if (listener)
		listener->clients--;
	sessions_count_ended(session->sessions);
}

__attribute__((format(printf, 4, 0))) static void
append(struct session *session, enum call call, unsigned flags, const char *format, va_list args)
{
	char *text = NULL;
	int len = vasprintf(&text, format, args);
	struct entry entry = {
		.time = clock_now(),
		.session = session->caller.session,
		.call = (uint8_t)call,
		.flags = (uint8_t)flags,
		.fd = -1,
	};
	if (len >= 0) {
		transcript_append(session->caller.transcript, &entry, NULL, text, (size_t)len);
		free(text);
	}
	session->news++;
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

void session_report_unsent(struct session *session, size_t bytes)
{
	sessions_count_lost(session->sessions, bytes);
	session_report(session, ENTRY_ERROR, "%zu byte%s not sent", bytes,
	               bytes == 1 ? " was" : "s were");
}

void session_finish(struct session *session, enum session_end end, const char *format, ...)
{
	if (session->state == SESSION_CLOSED)
		return;
	if (format) {
		va_list args;
		va_start(args, format);
		append(session, CALL_STATE, end == SESSION_ENDED_WELL ? 0 : ENTRY_ERROR, format,
		       args);
		va_end(args);
	}
	if (session->unsent)
		session_report_unsent(session, session->unsent);
	let_go(session, end);
}

/* ---- what every kind does ---- */

void session_begin_service(struct session *session)
{
	session->caller.flags |= ENTRY_ECHO;
}

void session_end_service(struct session *session)
{
	session->caller.flags &= (uint8_t)~ENTRY_ECHO;
}

/* On this machine the port alone says who it is. */
static void name_client(struct session *session)
{
	const struct endpoint *peer = &session->peer;
	struct endpoint wire = endpoint_on_wire(peer), self = endpoint_loopback(wire.family, 0);
	char host[ENDPOINT_TEXT], port[8];
	bool here = endpoint_host_equal(&wire, &self);
	snprintf(port, sizeof port, "%u", peer->port);
	session_make_name(session, here ? "" : endpoint_format_host(peer, host), port);
}

struct session *session_accept_client(struct session *listener, int fd,
                                      const struct endpoint *local, const struct endpoint *peer)
{
	char addr[ENDPOINT_TEXT], pair[SESSION_PAIR];
	struct session *session = session_new(listener->sessions, &stream_kind);
	session->state = SESSION_OPEN;
	session->fd[session->fd_count++] = fd;
	session->listener = listener->caller.session;
	session->service = listener->service;
	session->eol = listener->eol;
	session->paused = listener->paused;
	session->greeting_due = true;
	session->local[0] = *local;
	session->peer = *peer;
	session->lingers = listener->lingers; /* as its socket does */
	session->queue.max = listener->queue.max;
	session->probe.stamped = listener->probe.stamped; /* and that, too */
	session->probe.muted = listener->probe.muted;
	session->probe.muted_at = listener->probe.muted_at;
	listener->clients++;
	name_client(session);
	session_report(session, 0, "%s accepted by session %u", session_pair(session, pair),
	               (unsigned)session->listener);
	session_report(listener, 0, "client %s is session %u", endpoint_format(peer, addr),
	               (unsigned)session->caller.session);
	sessions_announce(session->sessions, session);
	probe_timer_add_connection(session);
	probe_read(&session->caller, fd, SAMPLE_BEFORE);
	if (!session->paused)
		session_greet(session);
	return session;
}

void session_received(struct session *session, const char *data, size_t len)
{
	session->counts.received_bytes += len;
	session->counts.receives++;
	session->news++;
	sessions_show(session->sessions, session, data, len);
}

void session_answer(struct session *session, const struct endpoint *from, const char *data,
                    size_t len)
{
	session_begin_service(session);
	session->service->data(session, from, data, len);
	session_end_service(session);
}

int session_socket(struct session *session, int family)
{
	int fd = call_socket(&session->caller, family, session->kind->type);
	if (fd >= 0 && poller_fits(fd))
		probe_timer_add_socket(session, fd);
	if (fd >= 0 && poller_fits(fd))
		option_restore(session, fd);
	if (fd < 0 || poller_fits(fd))
		return fd;
	session_report(session, ENTRY_ERROR,
	               "descriptor %d is closed at once: select() can only watch those below "
	               "FD_SETSIZE = %d",
	               fd, FD_SETSIZE);
	sessions_defer_close(session->sessions, &session->caller, fd);
	errno = ERANGE; /* which socket() does not know: see session_internal.h */
	return -1;
}

/* Gives up one of several sockets, or one whose connect() failed. */
void session_drop_socket(struct session *session, int fd)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < session->fd_count; i++) {
		if (session->fd[i] == fd)
			continue;
		session->local[kept] = session->local[i];
		session->fd[kept++] = session->fd[i];
	}
	session->fd_count = kept;
	sessions_defer_close(session->sessions, &session->caller, fd);
}

const char *session_pair(const struct session *session, char out[SESSION_PAIR])
{
	char local[ENDPOINT_TEXT], peer[ENDPOINT_TEXT];
	snprintf(out, SESSION_PAIR, "%s %s %s", endpoint_format(&session->local[0], local),
	         text_has_unicode() ? "⇄" : "<->", endpoint_format(&session->peer, peer));
	return out;
}

/* False while it must wait for the end of the turn. */
static bool begin_due(struct session *session, struct poller *poller)
{
	if (sessions_doomed_descriptors(session->sessions)) {
		poller_wake_at(poller, 0);
		return false;
	}
	session->due = false;
	dial_begin(session);
	return true;
}

void session_prepare(struct session *session, struct poller *poller)
{
	if (session->due && !begin_due(session, poller))
		return;
	if (step_drives(session))
		step_prepare(session, poller);
	else if (session->state == SESSION_OPEN || session->state == SESSION_LISTENING)
		session->kind->prepare(session, poller);
	else if (session->state != SESSION_CLOSED)
		dial_prepare(session, poller);
}

void session_serve(struct session *session, const struct poller *poller)
{
	if (probe_timer_take_answers(session, poller))
		return;
	if (step_drives(session))
		step_serve(session, poller);
	else if (session->state == SESSION_OPEN || session->state == SESSION_LISTENING)
		session->kind->serve(session, poller);
	else
		dial_serve(session, poller);
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

enum session_kind session_kind(const struct session *session)
{
	return session->kind->kind;
}

enum transport session_transport(const struct session *session)
{
	return session->kind->type == SOCK_DGRAM ? TRANSPORT_UDP : TRANSPORT_TCP;
}

unsigned session_errno_context(const struct session *session, const struct endpoint *peer)
{
	bool stream = session_transport(session) == TRANSPORT_TCP;
	const struct open_parameters *made = session->open_parameters;
	struct endpoint own = session_peer(session);
	return (stream ? ERRNO_TCP : ERRNO_UDP) |
	       (endpoint_is_loopback(peer ? peer : &own) ? ERRNO_LOOPBACK : 0) |
	       (stream && session->state == SESSION_OPEN ? ERRNO_OPEN : 0) |
	       (session->state == SESSION_FRESH ? ERRNO_FRESH : 0) |
	       (session->fin_sent ? ERRNO_FIN_SENT : 0) | (session->broken ? ERRNO_RESET : 0) |
	       (made && made->listening && !session->stepped ? ERRNO_LISTENER : 0) |
	       (made && (made->local_host || made->local_port) ? ERRNO_BOUND : 0);
}

enum session_state session_state(const struct session *session)
{
	return session->state;
}

enum session_end session_end(const struct session *session)
{
	return session->end;
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

bool session_is_accepted(const struct session *session)
{
	return session->listener != 0;
}

uint32_t session_listener(const struct session *session)
{
	return session->listener;
}

const struct target *session_target(const struct session *session)
{
	return session->open_parameters ? &session->open_parameters->target : NULL;
}

bool session_peer_closed(const struct session *session)
{
	return session->peer_closed;
}

bool session_is_shut(const struct session *session)
{
	return session->shut;
}

struct endpoint session_local(const struct session *session)
{
	return session->local[0];
}

struct endpoint session_peer(const struct session *session)
{
	return session->kind == &datagram_kind ? datagram_peer(session) : session->peer;
}

const struct session_counts *session_counts(const struct session *session)
{
	return &session->counts;
}

size_t session_unsent(const struct session *session)
{
	return session->unsent;
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
	return session->clients;
}

const struct service *session_service(const struct session *session)
{
	return session->service;
}

enum eol session_eol(const struct session *session)
{
	return session->eol;
}

void session_set_eol(struct session *session, enum eol eol)
{
	session->eol = eol;
}

/* What our own calls tell is true as well, but less: after one that was not read around it alone
 * is. False where the kernel has said nothing that is still so. */
static bool kernel_state(const struct session *session, enum tcp_state *read)
{
	const struct probe *probe = &session->probe;
	uint64_t state = sample_get(&probe->last, SAMPLE_STATE);
	if (session->kind != &stream_kind || !probe->last.present || probe->calls ||
	    state == STATE_GONE || state == STATE_CLOSED)
		return false;
	*read = (enum tcp_state)state;
	if (session->state == SESSION_OPEN)
		return probe->fd == session->fd[0];
	return session->state == SESSION_CLOSED && probe->when == SAMPLE_CLOSED;
}

static bool is_waiting_to_resolve(const struct session *session)
{
	const struct dial *dial = session->dial;
	return dial && dial->lookup && lookup_is_waiting(dial->lookup);
}

enum tcp_state session_tcp_state(const struct session *session)
{
	enum tcp_state state;
	if (kernel_state(session, &state))
		return state;
	switch (session->state) {
	case SESSION_RESOLVING:
		return is_waiting_to_resolve(session) ? STATE_WAITING_TO_RESOLVE : STATE_RESOLVING;
	case SESSION_FRESH:
		return STATE_CLOSED;
	case SESSION_CONNECTING:
		return STATE_SYN_SENT;
	case SESSION_OPEN:
	case SESSION_LISTENING:
		return session->kind->tcp_state(session);
	case SESSION_CLOSED:
		break;
	}
	return STATE_GONE;
}

uint64_t session_news(const struct session *session)
{
	return session->news;
}
