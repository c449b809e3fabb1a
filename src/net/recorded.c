// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/recorded.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "net/option.h"
#include "net/peers.h"
#include "net/service.h"
#include "net/session_internal.h"
#include "net/tls/tls.h"
#include "record/sample.h"
#include "record/tls_entry.h"
#include "socket/sockopt.h"

/* One of its sockets, as long as it is open. */
struct recorded_socket {
	int fd;
	struct endpoint local;
	struct sample sample; /* the newest, .present == 0 before the first */
};

struct recorded {
	struct recorded_socket sockets[SESSION_SOCKETS];
	size_t count;
	struct peers peers;
	struct endpoint writer; /* datagrams of a server: who wrote last */
	bool connected;         /* datagrams: connect() has chosen the peer */
	unsigned ends;          /* enum stream_end */
	size_t clients;         /* of a listener, that are open */
	bool met;               /* an entry has come */
	bool had_tls;           /* in any of its lives; */
	bool secured;           /* there is TLS on top of it, */
	bool notified;          /* and the peer's close_notify has come */
	struct recorded_tls tls;
	struct buf facts, advice; /* to which it points */
};

/* ---- its kinds ---- */

static void begin(struct session *session)
{
	struct recorded *own = session->own;
	own->peers.max = PEERS_MOST;
	buf_init(&own->facts, SIZE_MAX);
	buf_init(&own->advice, SIZE_MAX);
}

static void free_own(struct session *session)
{
	struct recorded *own = session->own;
	peers_free(&own->peers);
	buf_free(&own->facts);
	buf_free(&own->advice);
}

static enum tcp_state state_of_stream(const struct session *session)
{
	const struct recorded *own = session->own;
	if (!(own->ends & STREAM_PEER_CLOSED))
		return own->ends & STREAM_FIN_SENT ? STATE_FIN_WAIT : STATE_ESTABLISHED;
	return own->ends & STREAM_FIN_SENT ? STATE_CLOSED : STATE_CLOSE_WAIT;
}

static enum tcp_state state_of_datagrams(const struct session *session)
{
	(void)session;
	return STATE_DATAGRAMS;
}

static enum tcp_state state_of_listener(const struct session *session)
{
	(void)session;
	return STATE_LISTEN;
}

static unsigned stream_ends(const struct session *session)
{
	const struct recorded *own = session->own;
	return own->ends;
}

static struct endpoint peer_of(const struct session *session)
{
	const struct recorded *own = session->own;
	return session_is_server(session) && !own->connected ? own->writer : session->peer;
}

static const struct peers *peers(const struct session *session)
{
	const struct recorded *own = session->own;
	return &own->peers;
}

static size_t clients(const struct session *session)
{
	const struct recorded *own = session->own;
	return own->clients;
}

static const struct recorded_tls *tls_of(const struct session *session)
{
	const struct recorded *own = session->own;
	return own->secured ? &own->tls : NULL;
}

static bool has_had_tls(const struct session *session)
{
	const struct recorded *own = session->own;
	return own->had_tls;
}

static size_t sockets(const struct session *session)
{
	const struct recorded *own = session->own;
	return own->count;
}

static const struct sample *socket_sample(const struct session *session, size_t index,
                                          struct endpoint *local)
{
	const struct recorded *own = session->own;
	static const struct sample none;
	*local = index < own->count ? own->sockets[index].local
	                            : (struct endpoint){ .family = AF_UNSPEC };
	return index < own->count ? &own->sockets[index].sample : &none;
}

static const struct session_ops recorded_kinds[] = {
	[RECORDED_STREAM] = {
		.size = sizeof(struct recorded),
		.begin = begin,
		.free = free_own,
		.tcp_state = state_of_stream,
		.stream_ends = stream_ends,
		.recorded_tls = tls_of,
		.has_had_tls = has_had_tls,
		.sockets = sockets,
		.socket_sample = socket_sample,
	},
	[RECORDED_DATAGRAMS] = {
		.size = sizeof(struct recorded),
		.has_peers = true,
		.begin = begin,
		.free = free_own,
		.tcp_state = state_of_datagrams,
		.peer = peer_of,
		.peers = peers,
		.sockets = sockets,
		.socket_sample = socket_sample,
	},
	[RECORDED_LISTENER] = {
		.size = sizeof(struct recorded),
		.has_clients = true,
		.begin = begin,
		.free = free_own,
		.tcp_state = state_of_listener,
		.clients = clients,
		.sockets = sockets,
		.socket_sample = socket_sample,
	},
};

/* ---- who it is ---- */

static struct recorded *listener_of(const struct session *session)
{
	const struct session *listener =
	        session->listener ? session->table->find(session->table, session->listener) : NULL;
	return listener && listener->recording && listener->ops->has_clients ? listener->own : NULL;
}

/* A name from a log is one that could have been given, or none. */
static void set_name(struct session *session, const char *name)
{
	if (session_is_name(name))
		snprintf(session->name, sizeof session->name, "%s", name);
	else if (!session->name[0])
		snprintf(session->name, sizeof session->name, "recorded-%u",
		         (unsigned)session->caller.session);
}

static void set_made(struct session *session, const struct recorded_identity *identity)
{
	if (!session->open_parameters)
		session->open_parameters = xcalloc(1, sizeof *session->open_parameters);
	session->open_parameters->target.transport = identity->transport;
	session->open_parameters->listening = identity->server || identity->kind == RECORDED_LISTENER;
}

/* A relay is in no table of services, and the real one acts on sessions and has a target. */
static const struct service passed_on = { .name = "relay" };

void recorded_identify(struct session *session, const struct recorded_identity *identity)
{
	const struct session_ops *ops = &recorded_kinds[identity->kind];
	bool relays = strcmp(identity->service, passed_on.name) == 0;
	const struct service *service = relays ? &passed_on : service_find(identity->service);
	if (session->ops != ops)
		session_become(session, ops);
	session->transport = session->probe.transport = identity->transport;
	session->caller.host = identity->host;
	session->eol = identity->eol;
	session->stepped = identity->stepped;
	session->paused = identity->paused;
	session->service = service ? service : session->table->no_service;
	if (endpoint_is_set(&identity->local))
		session->local[0] = identity->local;
	if (endpoint_is_set(&identity->peer))
		session->peer = identity->peer;
	set_name(session, identity->name);
	if (!session->listener)
		set_made(session, identity);
}

struct session *recorded_new(struct session_table *table, struct recording *recording,
                             const struct recorded_identity *identity)
{
	struct session *session =
	        session_new(table, &recorded_kinds[identity->kind], identity->transport);
	session->recording = recording;
	session->listener = identity->listener;
	session->relay = identity->relay;
	session->was_open = true; /* it keeps its tab, however it ended */
	session->state = SESSION_FRESH;
	session->life = transcript_end(table->transcript);
	const struct session *maker = table->find(table, session->listener);
	session->nodelay = maker && maker->nodelay;
	session->corked = maker && maker->corked;
	recorded_identify(session, identity);
	struct recorded *listener = listener_of(session);
	if (listener)
		listener->clients++;
	return session;
}

void recorded_pair(struct session *session, struct session *other)
{
	session->other_side = other->caller.session;
	other->other_side = session->caller.session;
}

/* ---- its sockets ---- */

/* NULL where there are too many. */
static struct recorded_socket *find_socket(struct recorded *own, int fd, bool add)
{
	for (size_t i = 0; i < own->count; i++)
		if (own->sockets[i].fd == fd)
			return &own->sockets[i];
	if (!add || fd < 0 || own->count == SESSION_SOCKETS)
		return NULL;
	own->sockets[own->count] = (struct recorded_socket){ .fd = fd };
	return &own->sockets[own->count++];
}

static void drop_socket(struct session *session, int fd)
{
	struct recorded *own = session->own;
	struct recorded_socket *socket = find_socket(own, fd, false);
	if (!socket)
		return;
	own->count--;
	memmove(socket, socket + 1,
	        (size_t)(own->sockets + own->count - socket) * sizeof *socket);
}

/* The newest sample is that of the session; a state is read from the socket that it now has. */
static void take_sample(struct session *session, const struct entry *entry)
{
	struct sample sample = { 0 };
	struct recorded *own = session->own;
	if (!sample_unpack(entry, &sample))
		return;
	struct recorded_socket *socket = find_socket(own, entry->fd, false);
	if (socket)
		socket->sample = sample;
	session->probe.last = sample;
	session->probe.fd = entry->fd;
	session->probe.when = (enum sample_when)entry->arg;
	session->probe.sampled_at = entry->time;
}

/* ---- its life ---- */

static void open_now(struct session *session, enum session_state state)
{
	if (session->state != SESSION_CLOSED)
		session->state = state;
}

/* A session that had ended is opened again; one that a listener or a relay made is not. */
static void begin_again(struct session *session, uint64_t position)
{
	struct recorded *own = session->own;
	if (session->state != SESSION_CLOSED || session->listener || session->relay)
		return;
	own->ends = 0;
	own->secured = own->notified = false;
	session->state = SESSION_FRESH;
	session->end = SESSION_NOT_ENDED;
	session->life = position;
	session->sent_before = session->counts.sent_bytes;
	session->probe.last.present = 0;
}

static void end(struct session *session)
{
	struct recorded *listener = listener_of(session);
	if (session->state == SESSION_CLOSED)
		return;
	session->state = SESSION_CLOSED;
	session->end = session->end ? session->end : SESSION_ENDED_WELL;
	if (listener && listener->clients)
		listener->clients--;
	session->table->ended(session, true);
}

static void meet_socket(struct session *session, uint64_t position, const struct entry *entry)
{
	struct recorded *own = session->own;
	if (entry->error)
		return;
	begin_again(session, position);
	session->nodelay = session->corked = false;
	find_socket(own, entry->fd, true);
	session->caller.host = entry_host(entry);
}

static void meet_connect(struct session *session, const struct entry *entry)
{
	struct recorded *own = session->own;
	struct endpoint to = entry_addr(entry);
	bool stream = !session->ops->has_peers;
	if (entry->flags & ENTRY_WATCHING)
		return;
	if (entry_is_connect_begun(entry)) {
		if (stream && session->state != SESSION_OPEN)
			open_now(session, SESSION_CONNECTING);
	} else if (!entry->error && endpoint_is_set(&to)) {
		open_now(session, SESSION_OPEN);
		session->peer = to;
		own->connected = true;
	} else if (!entry->error) { /* disconnected */
		own->connected = false;
	}
}

static void meet_name(struct session *session, const struct entry *entry)
{
	struct recorded *own = session->own;
	struct recorded_socket *socket = find_socket(own, entry->fd, false);
	struct endpoint local = entry_addr(entry);
	if (entry->error || !endpoint_is_set(&local))
		return;
	if (!socket && session->ops->has_clients) /* that of a client it has just accepted */
		return;
	if (socket)
		socket->local = local;
	if (!socket || socket == own->sockets)
		session->local[0] = local;
}

static void meet_datagram(struct session *session, const struct entry *entry)
{
	struct recorded *own = session->own;
	struct endpoint addr = entry_addr(entry), local = entry_local(entry);
	bool in = entry_is_incoming(entry);
	if (!endpoint_is_set(&addr))
		addr = session->peer;
	if (!endpoint_is_set(&addr))
		return;
	struct peer_slot *met = in ? NULL : peers_find(&own->peers, &addr);
	if (!met)
		met = peers_meet(&own->peers, &addr, 0);
	if (in) {
		met->peer.received++;
		met->peer.received_bytes += entry->len;
		met->peer.last = entry->time;
		met->peer.local = local;
	} else {
		met->peer.sent++;
		met->peer.sent_bytes += entry->len;
	}
	if (in ? !endpoint_is_unnamed(&addr) : !endpoint_is_set(&own->writer))
		own->writer = addr;
}

static void meet_payload(struct session *session, const struct entry *entry)
{
	struct session_counts *counts = &session->counts;
	if (entry_is_incoming(entry) && entry->arg2 & MSG_PEEK)
		return;
	if (session->ops->has_peers)
		meet_datagram(session, entry);
	if (entry_is_incoming(entry)) {
		counts->receives++;
		counts->received_bytes += entry->len;
	} else {
		counts->sends++;
		counts->sent_bytes += entry->len;
	}
}

static void meet_failure(struct session *session, const struct entry *entry)
{
	struct recorded *own = session->own;
	if (entry->error == ECONNRESET || entry->error == EPIPE)
		own->ends |= entry_is_outgoing(entry) ? STREAM_BROKEN : 0u;
	if (session->ops->has_peers &&
	    (session->stepped || session->paused || transport_is_unix(session->transport)))
		session->counts.refused += entry->error == ECONNREFUSED; /* else it is reported apart */
}

/* A socket that was asked to keep ICMP errors has them on its error queue. */
static void meet_report(struct session *session, const struct entry *entry)
{
	struct errqueue report;
	if (!session->ops->has_peers || !entry_unpack_errqueue(entry, &report))
		return;
	session->counts.refused +=
	        report.origin == ERRQUEUE_ICMP || report.origin == ERRQUEUE_ICMP6;
}

static void meet_option(struct session *session, const struct entry *entry)
{
	struct credentials credentials;
	const struct sockopt *option = sockopt_numbered(entry->arg2, entry->arg);
	if (!entry->error && option && option->form == SOCKOPT_CREDENTIALS &&
	    credentials_decode(entry_payload(entry), entry->len, &credentials))
		session_set_credentials(session, &credentials);
}

static void meet_shutdown(struct session *session, const struct entry *entry)
{
	struct recorded *own = session->own;
	if (!entry->error && entry->arg != SHUT_RD)
		own->ends |= STREAM_SHUT | STREAM_FIN_SENT;
}

static void meet_close(struct session *session, const struct entry *entry)
{
	const struct recorded *own = session->own;
	drop_socket(session, entry->fd);
	if (!own->count)
		end(session);
}

/* ---- TLS ---- */

/* Of records whose handshake is not over, or was before the recording began. */
static void meet_record(struct recorded *own)
{
	if (own->secured)
		return;
	own->had_tls = own->secured = true;
	own->tls = (struct recorded_tls){
		.verifies = true,
		.facts = "TLS\tnot known: no end of a handshake is recorded",
		.advice = "",
	};
}

/* What was agreed on, or why it has failed. */
static void meet_handshake(struct recorded *own, const struct entry *entry)
{
	size_t len;
	struct buf value = { .max = SIZE_MAX };
	const char *agreed = tls_entry_agreed(entry, &len);
	buf_clear(&own->facts);
	buf_clear(&own->advice);
	buf_append(entry->arg > 0 ? &own->facts : &own->advice, agreed, len);
	own->had_tls = own->secured = true;
	own->tls = (struct recorded_tls){
		.verifies = !tls_entry_asked(entry, TLS_ASKED_VERIFY, &value),
		.facts = buf_text(&own->facts),
		.advice = buf_text(&own->advice),
	};
	buf_free(&value);
}

/* The end of TLS, or of its stream. */
static void meet_end(struct recorded *own, bool notified)
{
	own->notified = own->notified || notified;
	own->ends |= STREAM_PEER_CLOSED;
	if (own->secured && !own->notified && own->facts.len)
		own->tls.advice = tls_advice_cut_short();
}

/* A log may begin in the middle of its life: the first call says that there is a socket. */
static void meet_first(struct session *session, const struct entry *entry)
{
	struct recorded *own = session->own;
	if (own->met || entry->fd < 0 || entry->call == CALL_SOCKET)
		return;
	own->met = true;
	find_socket(own, entry->fd, true);
	open_now(session, session->ops->has_clients ? SESSION_LISTENING : SESSION_OPEN);
}

void recorded_follow(struct session *session, uint64_t position, const struct entry *entry)
{
	struct recorded *own = session->own;
	if (entry->call == CALL_STATE && !own->met && session->listener)
		open_now(session, SESSION_OPEN);
	if (entry_is_call(entry) || entry->call == CALL_SAMPLE)
		meet_first(session, entry);
	own->met = own->met || entry_is_call(entry);
	switch (entry->call) {
	case CALL_SAMPLE:
		take_sample(session, entry);
		break;
	case CALL_STATE:
		if (entry->flags & ENTRY_ERROR && session->state != SESSION_CLOSED)
			session->end = SESSION_ENDED_FAILED;
		break;
	case CALL_GETADDRINFO:
		begin_again(session, position);
		break;
	case CALL_SOCKET:
		meet_socket(session, position, entry);
		break;
	case CALL_CONNECT:
		meet_connect(session, entry);
		break;
	case CALL_BIND:
		if (!entry->error && session->ops->has_peers)
			open_now(session, SESSION_OPEN);
		break;
	case CALL_LISTEN:
		if (!entry->error)
			open_now(session, SESSION_LISTENING);
		break;
	case CALL_GETSOCKNAME:
		meet_name(session, entry);
		break;
	case CALL_SETSOCKOPT:
		if (!entry->error)
			option_note(session, entry->arg2, entry->arg, entry_payload(entry),
			            entry->len);
		break;
	case CALL_GETSOCKOPT:
		meet_option(session, entry);
		break;
	case CALL_ERRQUEUE:
		meet_report(session, entry);
		break;
	case CALL_SHUTDOWN:
		meet_shutdown(session, entry);
		break;
	case CALL_CLOSE:
		meet_close(session, entry);
		break;
	case CALL_TLS_CONNECT:
	case CALL_TLS_ACCEPT:
		meet_handshake(own, entry);
		break;
	default:
		break;
	}
	bool notified = entry->call == CALL_TLS_READ && !entry->error && !entry->len;
	if (notified || entry_is_end_of_file(entry))
		meet_end(own, notified);
	if (entry_is_sealed(entry))
		meet_record(own);
	if (entry_is_sealed(entry) || (entry_is_payload(entry) && !entry_is_clear(entry)))
		meet_payload(session, entry);
	else if (entry_has_failed(entry))
		meet_failure(session, entry);
	session->fd[0] = own->count ? own->sockets[0].fd : -1; /* only to be compared with */
}
