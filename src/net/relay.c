// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/text.h"
#include "net/dial.h"
#include "net/service.h"
#include "net/session_internal.h"

#define BLANKS " \t\n"

/* A peer of a server of datagrams, by its number, and its partner. */
struct passage {
	unsigned peer;
	uint32_t partner;
};

/* What an end keeps, a client as well as its partner, and a server of datagrams. */
struct end {
	struct session_table *table;
	uint32_t other;       /* number of the session on the other side; 0 = none yet */
	struct endpoint peer; /* whose datagrams a partner passes on */
	struct passage *passages; /* of a server of datagrams, the last used one first */
	size_t count, cap;
};

static const struct service service_partner;

/* ---- the target ---- */

static bool is_datagrams(enum transport transport)
{
	return transport_type(transport) == SOCK_DGRAM;
}

static bool parse(const char *words, enum transport transport, struct target *target,
                  struct error *error)
{
	char host[TARGET_HOST], port[TARGET_SERVICE];
	const char *second = words + strcspn(words, BLANKS);
	size_t host_len = (size_t)(second - words);
	second += strspn(second, BLANKS);
	size_t port_len = strcspn(second, BLANKS);
	if (second[port_len + strspn(second + port_len, BLANKS)] || host_len >= sizeof host ||
	    port_len >= sizeof port) {
		error_usage(error, "a relay passes on to one address: HOST PORT or HOST:PORT");
		return false;
	}
	snprintf(host, sizeof host, "%.*s", (int)host_len, words);
	snprintf(port, sizeof port, "%.*s", (int)port_len, second);
	return target_parse(target, host, port_len ? port : NULL, transport, false, error);
}

struct serving *relay_serving(const char *words, enum transport listening, struct error *error)
{
	struct target target;
	if (!parse(words, is_datagrams(listening) ? TRANSPORT_UDP : TRANSPORT_TCP, &target, error))
		return NULL;
	if (transport_type(listening) != transport_type(target.transport)) {
		error_usage(error, "%s is not relayed to %s: a stream has no messages, and they keep their borders",
		            transport_title(listening), transport_title(target.transport));
		return NULL;
	}
	struct target *configuration = xmalloc(sizeof *configuration);
	*configuration = target;
	return serving_new(&service_relay, configuration, words, false);
}

/* ---- the two ends ---- */

static struct end *end_of(struct session *session)
{
	struct end *end = session_service_state(session);
	end->table = session->table;
	return end;
}

/* NULL where it is over. */
static struct session *other_of(const struct session *session)
{
	const struct end *end = session->service_state;
	struct session *other = end ? session->table->find(session->table, end->other) : NULL;
	return other && other->state != SESSION_CLOSED ? other : NULL;
}

/* A UNIX socket knows no RST: its peer sees that it is closed. */
static void reset(struct session *session)
{
	struct error error;
	if (transport_is_unix(session->transport) || session->state != SESSION_OPEN)
		session_close(session, &error);
	else
		session_abort(session, &error);
}

static bool pass(struct session *session, const struct endpoint *to, const char *data, size_t len,
                 struct error *error)
{
	session_begin_service(session);
	bool passed = session_send_to(session, to, data, len, error);
	session_end_service(session);
	return passed;
}

static void pass_fin(struct session *session)
{
	struct error error;
	session_begin_service(session);
	session_shutdown(session, SHUT_WR, &error);
	session_end_service(session);
}

/* ":50522→:6379" */
static void name_partner(struct session *partner, const struct endpoint *peer,
                         const struct target *target)
{
	char address[TARGET_HOST + TARGET_SERVICE + 4], port[8] = "client";
	const char *slash, *tail = target_format(target, address);
	bool here = strcmp(target->host, "localhost") == 0 || strncmp(target->host, "127.", 4) == 0 ||
	            strcmp(target->host, "::1") == 0;
	if (transport_is_unix(target->transport) && (slash = strrchr(tail, '/')))
		tail = slash + 1;
	else if (here)
		tail = strrchr(tail, ':');
	if (!endpoint_is_unix(peer))
		snprintf(port, sizeof port, ":%u", peer->port);
	const char *arrow = text_has_unicode() ? "→" : "->";
	size_t room = SESSION_NAME - 1 - strlen(port) - strlen(arrow), len = strlen(tail);
	while (len > room || ((unsigned char)*tail & 0xc0) == 0x80) { /* the end says most */
		tail++;
		len--;
	}
	snprintf(partner->name, sizeof partner->name, "%s%s%s", port, arrow, tail);
	partner->named = true;
}

/* Opens a session to the target for a client, or for a peer of a server of datagrams. Its number; 0 with
 * one line. */
static uint32_t open_partner(struct session *session, const struct endpoint *peer,
                             struct error *error)
{
	const struct target *target = session_service_configuration(session);
	uint32_t number = session->listener ? session->listener : session->caller.session;
	const struct session *server = session->table->find(session->table, number);
	struct session_options options = {
		.host = transport_is_unix(target->transport) ? HOST_HERE : session->caller.host,
		.queue_max = is_datagrams(target->transport) ? SERVICE_QUEUE : 0,
	};
	if (server && server->open_parameters) {
		options.family = server->open_parameters->options.family;
		options.numeric = server->open_parameters->options.numeric;
		options.timeout = server->open_parameters->options.timeout;
	}
	struct session *partner =
	        session->table->make_client(session->table, target, &options, error);
	if (!partner)
		return 0;
	char text[ENDPOINT_TEXT];
	partner->relay = number;
	if (session->listener) {
		partner->other_side = session->caller.session;
		session->other_side = partner->caller.session;
	}
	name_partner(partner, peer, target);
	session_take_service(partner, &service_partner, NULL);
	*end_of(partner) = (struct end){
		.table = session->table, .other = session->caller.session, .peer = *peer
	};
	session_report(partner, 0, "opened by relay %u for %s, session %u", (unsigned)number,
	               endpoint_format(peer, text), (unsigned)session->caller.session);
	dial_begin(partner);
	return partner->caller.session;
}

/* ---- streams ---- */

static void begin(struct session *client)
{
	struct error error;
	end_of(client)->other = open_partner(client, &client->peer, &error);
	if (end_of(client)->other)
		return;
	session_report(client, ENTRY_ERROR, "not passed on: %s", error.text);
	reset(client);
}

/* What waits for the other side is not read: the sender feels it. */
static bool takes(const struct session *session)
{
	const struct session *other = other_of(session);
	return !other || !other->unsent;
}

static void end_stream(struct session *session)
{
	struct session *other = other_of(session);
	pass_fin(other ? other : session);
}

/* What comes after the other side was closed is answered as the kernel answers what comes to a closed
 * socket. */
static void pass_stream(struct session *session, const char *data, size_t len)
{
	struct error error;
	struct session *other = other_of(session);
	if (!other)
		reset(session);
	else if (!pass(other, NULL, data, len, &error))
		session_report(session, ENTRY_ERROR, "%zu byte%s not passed on: %s", len,
		               len == 1 ? " was" : "s were", error.text);
}

/* The client could connect before it was known whether the target can be reached. */
static void end_other(struct session *session, struct session *other)
{
	char address[TARGET_HOST + TARGET_SERVICE + 4];
	const char *how = transport_is_unix(other->transport) ? "closed" : "reset";
	unsigned number = session->caller.session;
	if (session_failed_to_open(session)) {
		struct session *server = session->table->find(session->table, session->relay);
		target_format(&session->open_parameters->target, address);
		session_report(other, ENTRY_ERROR, "%s was not reached, see session %u: this client is %s",
		               address, number, how);
		if (server)
			session_report(server, ENTRY_ERROR, "%s was not reached for client %u, see session %u",
			               address, (unsigned)other->caller.session, number);
	} else if (session->end != SESSION_ENDED_WELL)
		session_report(other, ENTRY_ERROR, "session %u, the other side, %s: this one is %s", number,
		               session->end == SESSION_ENDED_RESET ? "was reset" : "has failed", how);
	if (session->end != SESSION_ENDED_WELL)
		reset(other);
	else if (!session_is_shut(other))
		pass_fin(other);
}

/* ---- datagrams ---- */

static void close_partner(struct session_table *table, uint32_t number)
{
	struct error error;
	struct session *partner = table->find(table, number);
	if (!partner || partner->state == SESSION_CLOSED)
		return;
	end_of(partner)->other = 0;
	session_close(partner, &error);
}

static void close_oldest(struct end *end)
{
	close_partner(end->table, end->passages[--end->count].partner);
}

/* Makes the one of this peer the first of the list; false if there is none. */
static bool find_peer(struct end *end, unsigned peer)
{
	size_t i = 0;
	while (i < end->count && end->passages[i].peer != peer)
		i++;
	if (i == end->count)
		return false;
	struct passage found = end->passages[i];
	memmove(&end->passages[1], &end->passages[0], i * sizeof found);
	end->passages[0] = found;
	return true;
}

/* NULL where it has none, or that one is closed. */
static struct session *partner_of(struct end *end, unsigned peer)
{
	struct session *partner = NULL;
	if (find_peer(end, peer))
		partner = end->table->find(end->table, end->passages[0].partner);
	return partner && partner->state != SESSION_CLOSED ? partner : NULL;
}

static struct session *add_partner(struct session *server, const struct endpoint *from, unsigned peer,
                                   struct error *error)
{
	struct end *end = end_of(server);
	uint32_t number = open_partner(server, from, error);
	if (!number)
		return NULL;
	if (!find_peer(end, peer)) {
		if (end->count == RELAY_PARTNERS)
			close_oldest(end);
		end->passages = xgrow(end->passages, &end->cap, end->count, sizeof *end->passages);
		memmove(&end->passages[1], &end->passages[0], end->count++ * sizeof *end->passages);
	}
	end->passages[0] = (struct passage){ peer, number };
	return end->table->find(end->table, number);
}

static void pass_datagram(struct session *server, const struct endpoint *from, const char *data,
                          size_t len)
{
	struct error error;
	char *copy = NULL;
	unsigned peer = session_meet_peer(server, from);
	struct session *partner = partner_of(end_of(server), peer);
	if (!partner) { /* opening one writes down much: the datagram may leave the transcript */
		data = memcpy(copy = xmalloc(len), data, len);
		partner = add_partner(server, from, peer, &error);
	}
	if (!partner || !pass(partner, NULL, data, len, &error))
		session_report(partner ? partner : server, ENTRY_ERROR, "not passed on: %s", error.text);
	free(copy);
}

static void pass_back(struct session *partner, const char *data, size_t len)
{
	struct error error;
	const struct end *end = end_of(partner);
	struct session *server = other_of(partner);
	if (!server)
		return;
	find_peer(end_of(server), session_meet_peer(server, &end->peer));
	if (!pass(server, &end->peer, data, len, &error))
		session_report(partner, ENTRY_ERROR, "not passed on: %s", error.text);
}

/* ---- the services ---- */

static void take(struct session *session, const struct endpoint *from, const char *data, size_t len)
{
	if (!is_datagrams(session->transport))
		pass_stream(session, data, len);
	else if (session_is_server(session))
		pass_datagram(session, from, data, len);
	else
		pass_back(session, data, len);
}

/* Whether what is sent to this peer comes back to the server itself. */
static bool is_own(const struct session *partner, const struct session *server)
{
	bool found = false, here = endpoint_is_loopback(&partner->peer) ||
	                           endpoint_host_equal(&partner->peer, &partner->local[0]);
	for (unsigned i = 0; i < server->fd_count; i++) {
		const struct endpoint *local = &server->local[i];
		found = found || endpoint_equal(&partner->peer, local) ||
		        (here && endpoint_is_any(local) && local->port == partner->peer.port);
	}
	return found && partner->transport == server->transport &&
	       partner->caller.host == server->caller.host;
}

/* A relay to itself would open sessions for ever. One of datagrams leaves some descriptors to others,
 * and to the new peers of a turn: those that it closes are free at the end of the turn. */
static void partner_opened(struct session *partner)
{
	enum { LEFT = CONTROL_BATCH + 32, LEFT_SHARE = 8 };
	struct error error;
	struct session *server = partner->table->find(partner->table, partner->relay);
	if (!server || server->state == SESSION_CLOSED)
		return;
	if (is_own(partner, server)) {
		session_report(server, ENTRY_ERROR, "the target of this relay is the relay itself: closed");
		session_close(server, &error);
		reset(partner);
		return;
	}
	struct end *end = server->service_state;
	if (!is_datagrams(partner->transport) || !end || end->count < 2)
		return;
	struct descriptor_use use = partner->table->make_room(partner->table, partner->fd[0]);
	int left = use.most / LEFT_SHARE < LEFT ? use.most / LEFT_SHARE : LEFT;
	if (use.most - use.used <= left)
		close_oldest(end);
}

static void close_partners(struct end *end)
{
	while (end->count)
		close_oldest(end);
}

static void over(struct session *session)
{
	struct end *end = end_of(session);
	struct session *other = other_of(session);
	close_partners(end);
	end->other = 0;
	if (other && !is_datagrams(session->transport))
		end_other(session, other);
}

/* The server has another service now, where the session is not over. */
static void free_end(void *state)
{
	struct end *end = state;
	close_partners(end);
	if (end->other)
		close_partner(end->table, end->other);
	free(end->passages);
}

const struct service service_relay = {
	.name = "relay",
	.help = "passes on to a target, and its answers back",
	.state_size = sizeof(struct end),
	.configuration_freed = free,
	.opened = begin,
	.data = take,
	.takes = takes,
	.ended = end_stream,
	.over = over,
	.freed = free_end,
};

/* Of the sessions to the target. */
static const struct service service_partner = {
	.name = "relay",
	.help = "passes on to a client of a relay",
	.state_size = sizeof(struct end),
	.opened = partner_opened,
	.data = take,
	.takes = takes,
	.ended = end_stream,
	.over = over,
};
