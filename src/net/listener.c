// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/listener.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "net/bind.h"
#include "net/dial.h"
#include "net/fault.h"
#include "net/kernel.h"
#include "net/option.h"
#include "net/pace.h"
#include "net/probe_timer.h"
#include "net/socket_file.h"
#include "net/stream.h"
#include "net/tls_stream.h"
#include "socket/errno_meaning.h"

#define REST (200 * CLOCK_MS) /* without descriptors: until somebody may have closed one */

#define TOO_HIGH "select() watches only those below FD_SETSIZE"

enum { CLIENTS_A_TURN = 32 };

struct listener {
	struct pace pace;
	struct session_limits limits;
	size_t clients;             /* that are open */
	bool crowd_reported;        /* has said that it has as many as it may */
	bool made_room;             /* has said that it ends clients to make room */
	int room; /* from the last client's descriptor to FD_SETSIZE; 0 = there was none yet */
	bool descriptors_exhausted; /* has said that it has no descriptor, and since then some client waits */
	int64_t rest_until; /* nobody is accepted before, unless a descriptor is closed; 0 = no rest */
	uint64_t closed_seen;
	unsigned refusing; /* how many sockets a fault has closed; 0 = it listens */
};

/* ---- no descriptor left ---- */

/* The client stays in the kernel's queue, so the listener stays readable: only a rest keeps this
 * from being a busy loop. */
static void rest(struct session *session, const char *why)
{
	struct listener *listener = session->own;
	listener->rest_until = clock_now() + REST;
	listener->closed_seen = session->table->closed;
	if (!listener->descriptors_exhausted)
		session_report(session, ENTRY_ERROR,
		               "clients must wait until a descriptor is closed: %s", why);
	listener->descriptors_exhausted = true;
}

static bool is_resting(struct session *session)
{
	struct listener *listener = session->own;
	if (listener->rest_until &&
	    (session->table->closed > listener->closed_seen || clock_now() >= listener->rest_until))
		listener->rest_until = 0;
	return listener->rest_until != 0;
}

/* Few descriptors are left: to make room for this client, others that have sent FIN may have been
 * closed. */
static void report_room(struct session *session, const struct descriptor_use *use)
{
	struct listener *listener = session->own;
	if (use->used <= use->most / 2)
		listener->made_room = false;
	if (use->ended && !listener->made_room)
		session_report(
		        session, 0,
		        "%d of %d descriptors are in use: clients that have sent FIN are closed "
		        "from now on, the oldest first",
		        use->used, use->most);
	listener->made_room = listener->made_room || use->ended;
}

/* ---- clients ---- */

static void turn_away(struct session *session, int fd, const struct endpoint *peer)
{
	struct listener *listener = session->own;
	char addr[ENDPOINT_TEXT];
	session_report(session, ENTRY_ERROR,
	               "client %s is turned away: no session can have descriptor %d",
	               endpoint_format(peer, addr), fd);
	session->table->defer_close(session, fd, false, false);
	rest(session, TOO_HIGH);
	listener->closed_seen++; /* this one */
}

static void meet_error(struct session *session, int code)
{
	char text[ERROR_TEXT];
	const char *why = errno_meaning_phrase("accept", code, ERRNO_LISTENER);
	snprintf(text, sizeof text, "accept() = -1 %s (%s)", error_name(code), why);
	if (code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM)
		rest(session, text);
	else if (code == ECONNABORTED)
		session_report(session, 0, "%s: accept() = -1 ECONNABORTED", why);
	else
		session_report(session, ENTRY_ERROR, "accept() = -1 %s: %s", error_name(code), why);
}

/* The handshake is over before accept() returns, so a client that is not wanted can only be reset. */
static void refuse(struct session *session, int fd, const struct endpoint *peer,
                   const struct network *why)
{
	char addr[HOST_TEXT], network[NETWORK_TEXT];
	call_set_linger(&session->caller, fd, 0);
	session->table->defer_close(session, fd, false, false);
	session_report(session, 0,
	               "client %s is %s%s%s: the kernel had connected it, so it was accepted and is "
	               "reset (RST)",
	               host_format(session->caller.host, peer, addr),
	               why ? "denied (" : "in no network that is allowed",
	               why ? network_format(why, network) : "", why ? ")" : "");
}

/* A client on this machine is named after its port alone, one of the other host after that, too. */
static void name_client(struct session *client)
{
	const struct endpoint *peer = &client->peer;
	struct endpoint wire = endpoint_on_wire(peer), self = endpoint_loopback(wire.family, 0);
	char host[ENDPOINT_TEXT], port[8];
	bool here = endpoint_host_equal(&wire, &self);
	snprintf(port, sizeof port, "%u", peer->port);
	enum host other = client->caller.host == HOST_HERE ? HOST_HERE : host_of(peer);
	session_make_name(client,
	                  here                 ? ""
	                  : other != HOST_HERE ? host_name(other)
	                                       : endpoint_format_host(peer, host),
	                  port);
}

static void limit_idling(struct session *client, int64_t idle)
{
	int64_t *due = &client->table->idle_due;
	client->idle_most = idle;
	session_moved(client);
	if (idle && (!*due || client->moved_at + idle < *due))
		*due = client->moved_at + idle;
}

/* It is paused if the listener is, and has what its socket has inherited. */
static struct session *make_client(struct session *session, int fd, const struct endpoint *local,
                                   const struct endpoint *peer)
{
	char addr[HOST_TEXT], pair[SESSION_PAIR];
	struct listener *listener = session->own;
	struct tls_context *tls = session->open_parameters ? session->open_parameters->tls : NULL;
	struct session *client = session_new(session->table, tls ? &tls_stream_ops : &stream_ops,
	                                     session->transport);
	client->state = SESSION_OPEN;
	client->caller.host = session->caller.host;
	client->fd[client->fd_count++] = fd;
	session->table->descriptors++;
	client->family[0] = local->family;
	client->listener = session->caller.session;
	session_take_service(client, session->service, session->serving);
	client->eol = session->eol;
	client->paused = session->paused;
	client->local[0] = *local;
	client->peer = *peer;
	client->lingers = session->lingers;
	client->nodelay = session->nodelay;
	client->corked = session->corked;
	client->queue.max = session->queue.max;
	client->probe.unattended = session_is_served(session);
	limit_idling(client, listener->limits.idle);
	client->probe.stamped = session->probe.stamped;
	client->probe.muted = session->probe.muted;
	client->probe.muted_at = session->probe.muted_at;
	listener->clients++;
	name_client(client);
	session_report(client, 0, "%s accepted by session %u", session_pair(client, pair),
	               (unsigned)client->listener);
	session_report(session, 0, "client %s is session %u",
	               host_format(session->caller.host, peer, addr),
	               (unsigned)client->caller.session);
	session->table->born(client);
	enum fault_end end = FAULT_NO_END;
	if (session->faults_on) {
		client->faults = faults_for_client(session->faults, clock_now(),
		                                   session_report_strike, client);
		client->faults_on = faults_are_on(client->faults);
		end = faults_accepted(session->faults);
	}
	if (end == FAULT_NO_END && tls)
		tls_stream_accepted(client, tls);
	else if (end == FAULT_NO_END)
		stream_accepted(client);
	else if (end == FAULT_RST)
		client->ops->abort(client);
	else
		client->ops->close(client, "closed at once by /fault");
	return client;
}

struct session *listener_accept(struct session *session, unsigned slot, int *code)
{
	struct listener *listener = session->own;
	struct endpoint peer;
	session->caller.since = session_step_since(session);
	int fd = call_accept(&session->caller, session->fd[slot], &peer);
	*code = fd < 0 ? errno : 0;
	session->caller.since = 0;
	if (fd < 0)
		return NULL;
	listener->room = FD_SETSIZE - fd;
	if (!poller_fits(fd)) {
		turn_away(session, fd, &peer);
		return NULL;
	}
	const struct network *why;
	if (!network_rules_allow(&listener->limits.rules, &peer, &why)) {
		refuse(session, fd, &peer, why);
		return NULL;
	}
	struct endpoint local = session->local[slot];
	if (endpoint_is_any(&local)) /* else it is what the client has called */
		call_getsockname(&session->caller, fd, &local);
	struct session *client = make_client(session, fd, &local, &peer);
	struct descriptor_use use = session->table->make_room(session->table, fd);
	report_room(session, &use);
	if (session->open_parameters && session->open_parameters->options.once)
		session_finish(session, SESSION_ENDED_WELL,
		               "no longer listening: without -k there is one client");
	return client;
}

void listener_client_ended(struct session *session)
{
	struct listener *listener = session->own;
	listener->clients--;
}

static size_t clients_most(const struct session *session)
{
	const struct listener *listener = session->own;
	return session_is_iterative(session) ? 1 : listener->limits.clients;
}

static bool is_crowded(const struct session *session)
{
	const struct listener *listener = session->own;
	size_t most = clients_most(session);
	return most && listener->clients >= most;
}

/* Once for each limit: with a limit of 1 every client would say it. */
static void report_crowd(struct session *session)
{
	struct listener *listener = session->own;
	size_t most = clients_most(session);
	if (listener->crowd_reported || !is_crowded(session))
		return;
	listener->crowd_reported = true;
	session_report(session, 0,
	               "%zu client%s at a time (%s): the next ones are connected by the kernel and "
	               "wait in the accept queue until there is room",
	               most, most == 1 ? "" : "s",
	               session_is_iterative(session) ? "iterative" : "max-clients");
}

/* A client whose descriptor nobody could watch stays in the kernel's queue, as with EMFILE. To ask
 * costs two calls: while the numbers are small nobody does. */
static bool is_full(const struct session *session)
{
	const struct listener *listener = session->own;
	return listener->room < FD_SETSIZE / 2 && descriptor_few_are_left();
}

/* False where there are no more clients for this turn, or no more can be taken. */
static bool accept_one(struct session *session, unsigned slot)
{
	struct listener *listener = session->own;
	int code;
	if (is_full(session)) {
		rest(session, TOO_HIGH);
		return false;
	}
	if (listener_accept(session, slot, &code)) {
		report_crowd(session);
		return session->state == SESSION_LISTENING && !is_crowded(session);
	}
	if (call_would_block(code))
		return false;
	if (code)
		meet_error(session, code);
	return listener->rest_until == 0;
}

static void accept_some(struct session *session, unsigned slot)
{
	struct listener *listener = session->own;
	unsigned most = pace_ask(&listener->pace), got = 0;
	if (most > CLIENTS_A_TURN)
		most = CLIENTS_A_TURN;
	while (got < most && accept_one(session, slot))
		got++;
	if (got == most)
		pace_met(&listener->pace);
	else
		pace_missed(&listener->pace, got);
}

/* ---- faults ---- */

static int backlog(const struct session *session)
{
	int backlog = session->open_parameters->options.backlog;
	return backlog > 0 ? backlog : SOMAXCONN;
}

static uint64_t count_queued(struct session *session)
{
	uint64_t queued = 0;
	for (unsigned i = 0; i < session->fd_count; i++) {
		struct sample sample = { 0 };
		kernel_read(session->fd[i], session->transport, &sample);
		probe_timer_find(session, session->fd[i], &sample);
		queued += sample_get(&sample, SAMPLE_QUEUE);
	}
	return queued;
}

/* The addresses are kept, and the file of a path: without a listener the kernel refuses it. */
static void stop_listening(struct session *session)
{
	struct listener *listener = session->own;
	uint64_t queued = count_queued(session);
	listener->refusing = session->fd_count;
	for (unsigned i = 0; i < session->fd_count; i++)
		session->table->defer_close(session, session->fd[i], false, false);
	session->table->descriptors -= session->fd_count;
	session->fd_count = 0;
	probe_forget(&session->probe); /* or the last sample would say LISTEN */
	if (queued)
		session_report(session, 0,
		               "refuses connections: not listening until /fault refuse off; "
		               "%" PRIu64 " queued client%s reset",
		               queued, queued == 1 ? " was" : "s were");
	else
		session_report(session, 0,
		               "refuses connections: not listening until /fault refuse off");
}

void listener_follow_faults(struct session *session)
{
	struct listener *listener = session->own;
	bool refuses = session->faults && faults_refuse(session->faults);
	struct endpoint list[SESSION_SOCKETS];
	unsigned count = listener->refusing;
	if (session->state != SESSION_LISTENING || refuses == (count != 0))
		return;
	if (refuses) {
		stop_listening(session);
		return;
	}
	listener->refusing = 0;
	memcpy(list, session->local, sizeof list);
	socket_file_free(session->file);
	session->file = NULL;
	bind_again(session, list, count, backlog(session), "listening again");
}

/* ---- opening and closing ---- */

static void begin(struct session *session)
{
	struct listener *listener = session->own;
	listener->descriptors_exhausted = false;
	listener->rest_until = 0;
	listener->refusing = 0;
}

static void prepare_socket(struct session *session, unsigned slot, const struct endpoint *bound)
{
	(void)bound;
	if (!transport_is_unix(session->transport))
		option_default(session, session->fd[slot], SOL_SOCKET, SO_REUSEADDR, 1);
}

static void found(struct session *session, const struct lookup_answer *addresses)
{
	if (!bind_open(session, addresses, backlog(session), "listening"))
		return;
	dial_end(session);
	session->state = SESSION_LISTENING;
	listener_follow_faults(session);
}

void listener_take_over(struct session *session)
{
	if (session->ops != &listener_ops)
		session_become(session, &listener_ops);
	session->state = SESSION_LISTENING;
	if (session->open_parameters)
		session->open_parameters->listening = true;
}

/* Connections that wait for accept() are reset by close(). */
static void listener_close(struct session *session, const char *text)
{
	uint64_t queued = count_queued(session);
	(void)text;
	if (queued)
		session_finish(session, SESSION_ENDED_WELL,
		               "closed: no longer listening; %" PRIu64 " queued client%s reset",
		               queued, queued == 1 ? " was" : "s were");
	else
		session_finish(session, SESSION_ENDED_WELL, "closed: no longer listening");
}

/* ---- by hand ---- */

static enum step_end begin_recv(struct session *session, struct error *error)
{
	const char *data;
	session_name_recv(session, "recv");
	session_reserve(session, session->step->most);
	if (call_recv(&session->caller, session->fd[0], session->step->most,
	              session_recv_flags(session), &data) < 0)
		session_fail_call(session, CALL_RECV, session->step->text, errno, error);
	session_end_step(session);
	return STEP_FAILED;
}

static bool send_by_hand(struct session *session, const struct endpoint *to, const void *data,
                         size_t len, int flags, struct error *error)
{
	char text[64];
	(void)to;
	snprintf(text, sizeof text, "send(%zu%s)", len, flags & MSG_OOB ? ", MSG_OOB" : "");
	return call_send(&session->caller, session->fd[0], data, len, flags) >= 0 ||
	       session_fail_call(session, CALL_SEND, text, errno, error);
}

/* ---- turns ---- */

static void prepare(struct session *session, struct poller *poller)
{
	struct listener *listener = session->own;
	if (is_resting(session)) {
		poller_wake_at(poller, listener->rest_until);
		return;
	}
	for (unsigned i = 0; i < session->fd_count && !is_crowded(session); i++)
		poller_want_read(poller, session->fd[i]);
}

static void serve(struct session *session, const struct poller *poller)
{
	struct listener *listener = session->own;
	if (listener->rest_until || is_crowded(session))
		return;
	bool waits = false;
	for (unsigned i = 0; i < session->fd_count && !listener->rest_until && !is_crowded(session);
	     i++)
		if (poller_readable(poller, session->fd[i])) {
			waits = true;
			accept_some(session, i);
		}
	listener->descriptors_exhausted = listener->descriptors_exhausted && waits;
}

static bool refuse_send(struct session *session, const struct endpoint *to, const void *data,
                        size_t len, struct error *error)
{
	(void)to;
	(void)data;
	(void)len;
	error_set(error, "session %u is a listener: its clients are sessions of their own",
	          (unsigned)session->caller.session);
	return false;
}

static bool refuse_shutdown(struct session *session, int how, struct error *error)
{
	(void)how;
	error_set(error, "session %u is a listener: it has no direction to shut",
	          (unsigned)session->caller.session);
	return false;
}

static enum tcp_state tcp_state(const struct session *session)
{
	return session->fd_count ? STATE_LISTEN : STATE_CLOSED;
}

static const struct session_limits *limits(const struct session *session)
{
	const struct listener *listener = session->own;
	return &listener->limits;
}

static void set_limits(struct session *session, const struct session_limits *wanted)
{
	struct listener *listener = session->own;
	bool idles = wanted->idle != listener->limits.idle;
	struct session *client;
	if (wanted->clients != listener->limits.clients)
		listener->crowd_reported = false;
	listener->limits = *wanted;
	if (session->state == SESSION_LISTENING)
		report_crowd(session);
	for (size_t i = 0; idles && (client = session->table->at(session->table, i)); i++)
		if (client->listener == session->caller.session && client->state == SESSION_OPEN)
			limit_idling(client, wanted->idle);
}

static size_t clients(const struct session *session)
{
	const struct listener *listener = session->own;
	return listener->clients;
}

const struct session_ops listener_ops = {
	.size = sizeof(struct listener),
	.next = "/reconnect listens again",
	.has_clients = true,
	.begin = begin,
	.found = found,
	.prepare_socket = prepare_socket,
	.prepare = prepare,
	.serve = serve,
	.send = refuse_send,
	.shutdown = refuse_shutdown,
	.close = listener_close,
	.begin_recv = begin_recv,
	.send_by_hand = send_by_hand,
	.tcp_state = tcp_state,
	.clients = clients,
	.limits = limits,
	.set_limits = set_limits,
	.is_crowded = is_crowded,
};
