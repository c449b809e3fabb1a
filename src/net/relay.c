// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/relay.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "net/dial.h"
#include "net/service.h"
#include "net/session_internal.h"

#define BLANKS " \t\n"

/* A partner of a peer that is not answered is kept that long before another peer may have its place. */
#define UNANSWERED (5 * CLOCK_S)

#define CROWDED (10 * CLOCK_S) /* after it a relay says again that it has no room */

enum {
	LEFT = 16, /* descriptors that a relay leaves to others */
	SPARE = CONTROL_BATCH, /* and, of datagrams, has for the new peers of a turn: old ones close at its end */
	SPARE_SHARE = 8, /* at most this part of all */
};

/* A peer of a server of datagrams, by its number, and its partner. */
struct passage {
	unsigned peer;
	uint32_t partner;
	int64_t made;
};

/* What an end keeps, a client as well as its partner, and a server of datagrams. */
struct end {
	struct session_table *table;
	uint32_t other;           /* number of the session on the other side; 0 = none yet */
	struct endpoint peer;     /* whose datagrams a partner passes on */
	struct passage *passages; /* of a server of datagrams, the last used one first */
	size_t count, cap;
	int64_t crowded_at; /* of a server: when it has last had no room for one more; 0 = never */
	bool refusal_reported; /* of a server of datagrams */
};

static const struct service service_partner;

/* ---- the target ---- */

static bool is_datagrams(enum transport transport)
{
	return transport_type(transport) == SOCK_DGRAM;
}

static bool is_scheme(const char *word)
{
	enum transport transport;
	bool tls;
	return target_find_scheme(word, strlen(word), &transport, &tls);
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
	bool before = is_scheme(host); /* as it is with /open; a host of that name is "tls:80" */
	if (port_len && (before || is_scheme(port))) {
		error_usage(error, "the transport of the target is in its address: %s://%s",
		            before ? host : port, before ? port : host);
		return false;
	}
	return target_parse(target, host, port_len ? port : NULL, transport, false, error);
}

/* As far as it can be seen without a look-up; what is met later is found by leads_back(). */
static bool is_itself(const struct target *listening, const struct target *target)
{
	static const char *const here[] = { "127.0.0.1", "localhost", "::1" };
	bool same = strcmp(listening->host, target->host) == 0;
	bool all = !listening->host[0] || strcmp(listening->host, "*") == 0;
	for (size_t i = 0; all && i < sizeof here / sizeof *here; i++)
		same = same || strcmp(target->host, here[i]) == 0;
	return same && listening->transport == target->transport &&
	       strcmp(target->service, "0") != 0 &&
	       strcmp(listening->service, target->service) == 0;
}

struct serving *relay_serving(const char *words, const struct target *listening,
                              struct error *error)
{
	struct target target;
	enum transport transport = listening->transport;
	if (!parse(words, is_datagrams(transport) ? TRANSPORT_UDP : TRANSPORT_TCP, &target, error))
		return NULL;
	if (transport_type(transport) != transport_type(target.transport)) {
		error_usage(error,
		            "%s cannot be relayed to %s: a stream does not keep the borders of "
		            "messages",
		            transport_title(transport), transport_title(target.transport));
		return NULL;
	}
	if (is_itself(listening, &target)) {
		error_usage(error, "the target of this relay is the relay itself: %.100s", words);
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
	bool here = strcmp(target->host, "localhost") == 0 ||
	            strncmp(target->host, "127.", 4) == 0 || strcmp(target->host, "::1") == 0;
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
	*end_of(partner) = (struct end){ .table = session->table,
		                         .other = session->caller.session,
		                         .peer = *peer };
	session_report(partner, 0, "opened by relay %u for %s, session %u", (unsigned)number,
	               endpoint_format(peer, text), (unsigned)session->caller.session);
	dial_begin(partner);
	return partner->caller.session;
}

/* ---- loops ---- */

/* The session to a target whose other end this client is; of datagrams one with the address `from`. NULL =
 * none. */
static struct session *partner_at(const struct session *client, const struct endpoint *from)
{
	struct session *session;
	struct session_table *table = client->table;
	bool stream = !is_datagrams(client->transport);
	for (size_t i = 0; (session = table->at(table, i)); i++)
		if (session->relay && !session->recording && session->state == SESSION_OPEN &&
		    session->transport == client->transport &&
		    session->caller.host == client->caller.host &&
		    endpoint_equal(&session->local[0], from) &&
		    (!stream || endpoint_equal(&session->peer, &client->local[0])))
			return session;
	return NULL;
}

/* Whether this client of a relay, or who has sent a datagram to one, is a relay of ours that passes on,
 * maybe through others, what this one has passed on. */
static bool leads_back(const struct session *client, struct endpoint from)
{
	enum { RELAYS_MOST = 16 };
	uint32_t first = client->listener ? client->listener : client->caller.session;
	for (int i = 0; i < RELAYS_MOST && client && !endpoint_is_unnamed(&from); i++) {
		struct session *partner = partner_at(client, &from);
		if (!partner || partner->relay == first)
			return partner;
		bool stream = partner->other_side;
		client = client->table->find(client->table,
		                             stream ? partner->other_side : partner->relay);
		from = client && stream ? client->peer : end_of(partner)->peer;
	}
	return false;
}

static bool close_if_leads_back(struct session *server, const struct session *client,
                                const struct endpoint *from)
{
	struct error error;
	if (!leads_back(client, *from))
		return false;
	session_report(server, ENTRY_ERROR,
	               "the target of this relay leads back to the relay itself: closed");
	session_close(server, &error);
	return true;
}

/* A loop through other programs ends here. It is said again when there has been room for a while. */
__attribute__((format(printf, 2, 3))) static void report_crowd(struct session *server,
                                                               const char *format, ...)
{
	char text[120];
	va_list args;
	struct end *end = end_of(server);
	bool reported = end->crowded_at && clock_now() - end->crowded_at < CROWDED;
	end->crowded_at = clock_now();
	if (reported)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	session_report(server, ENTRY_ERROR, "%s; does the target lead back to this relay?", text);
}

/* ---- streams ---- */

static bool has_room(struct session *server, const struct session *client)
{
	struct descriptor_use use = server->table->make_room(server->table, client->fd[0]);
	if (use.most - use.used > LEFT)
		return true;
	report_crowd(
	        server,
	        "%d of %d descriptors are in use, and each client needs two: the next ones are %s",
	        use.used, use.most, transport_is_unix(server->transport) ? "closed" : "reset");
	return false;
}

static void begin(struct session *client)
{
	struct error error;
	struct session *server = service_server(client);
	if (server &&
	    (close_if_leads_back(server, client, &client->peer) || !has_room(server, client))) {
		reset(client);
		return;
	}
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

/* A part must not pass for the whole: what was cut short has no FIN on the other side. */
static void end_stream(struct session *session)
{
	struct session *other = other_of(session);
	if (other && session_stream_ends(session) & STREAM_CUT_SHORT) {
		session_report(other, ENTRY_ERROR,
		               "session %u, the other side, was cut short: this one is %s",
		               (unsigned)session->caller.session,
		               transport_is_unix(other->transport) ? "closed" : "reset");
		reset(other);
	} else {
		pass_fin(other ? other : session);
	}
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
	bool cancelled = session->end == SESSION_ENDED_WELL && !session->was_open;
	if (session_failed_to_open(session)) {
		struct session *server = session->table->find(session->table, session->relay);
		target_format(&session->open_parameters->target, address);
		session_report(other, ENTRY_ERROR,
		               "%s was not reached, see session %u: this client is %s", address,
		               number, how);
		if (server)
			session_report(server, ENTRY_ERROR,
			               "%s was not reached for client %u, see session %u", address,
			               (unsigned)other->caller.session, number);
	} else if (cancelled) {
		session_report(other, ENTRY_ERROR,
		               "session %u, the other side, was closed before it was connected: this "
		               "one is %s",
		               number, how);
	} else if (session->end != SESSION_ENDED_WELL) {
		session_report(other, ENTRY_ERROR, "session %u, the other side, %s: this one is %s",
		               number,
		               session->end == SESSION_ENDED_RESET ? "was reset" : "has failed",
		               how);
	}
	if (cancelled || session->end != SESSION_ENDED_WELL)
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

static void close_passage(struct end *end, size_t index)
{
	close_partner(end->table, end->passages[index].partner);
	end->count--;
	memmove(&end->passages[index], &end->passages[index + 1],
	        (end->count - index) * sizeof *end->passages);
}

/* The one that is unused for longest, but for a peer that has come just now and waits for its answer. */
static bool close_oldest(struct end *end)
{
	int64_t now = clock_now();
	for (size_t i = end->count; i-- > 0;) {
		const struct session *partner =
		        end->table->find(end->table, end->passages[i].partner);
		if (partner && !partner->counts.receives &&
		    now - end->passages[i].made < UNANSWERED)
			continue;
		close_passage(end, i);
		return true;
	}
	return false;
}

static bool has_room_for_peer(struct session *server)
{
	struct session_table *table = server->table;
	struct end *end = end_of(server);
	struct descriptor_use use = table->make_room(table, server->fd[0]);
	int spare = use.most / SPARE_SHARE < SPARE ? use.most / SPARE_SHARE : SPARE;
	bool full = end->count == RELAY_PARTNERS || use.most - use.used <= LEFT + spare;
	if (full && end->count && !close_oldest(end))
		return false;
	return use.most - use.used - (int)table->closing > LEFT;
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

/* NULL where none can be had, which is reported. */
static struct session *add_partner(struct session *server, const struct endpoint *from,
                                   unsigned peer)
{
	struct error error;
	struct end *end = end_of(server);
	if (find_peer(end, peer)) /* it is closed */
		close_passage(end, 0);
	if (close_if_leads_back(server, server, from))
		return NULL;
	if (!has_room_for_peer(server)) {
		report_crowd(server,
		             "%zu peers have a socket to the target already: the datagrams of "
		             "others are dropped",
		             end->count);
		return NULL;
	}
	uint32_t number = open_partner(server, from, &error);
	if (!number) {
		session_report(server, ENTRY_ERROR, "not passed on: %s", error.text);
		return NULL;
	}
	end->passages = xgrow(end->passages, &end->cap, end->count, sizeof *end->passages);
	memmove(&end->passages[1], &end->passages[0], end->count++ * sizeof *end->passages);
	end->passages[0] = (struct passage){ peer, number, clock_now() };
	return end->table->find(end->table, number);
}

static void pass_datagram(struct session *server, const struct endpoint *from, const char *data,
                          size_t len)
{
	struct error error;
	char *copy = NULL;
	if (server->state != SESSION_OPEN) /* since an earlier one of this turn */
		return;
	unsigned peer = session_meet_peer(server, from);
	struct session *partner = partner_of(end_of(server), peer);
	if (!partner) { /* opening one writes down much: the datagram may leave the transcript */
		data = memcpy(copy = xmalloc(len), data, len);
		partner = add_partner(server, from, peer);
	}
	if (partner && !pass(partner, NULL, data, len, &error))
		session_report(partner, ENTRY_ERROR, "not passed on: %s", error.text);
	free(copy);
}

static void pass_back(struct session *partner, const char *data, size_t len)
{
	struct error error;
	const struct end *end = end_of(partner);
	struct session *server = other_of(partner);
	if (!server)
		return;
	end_of(server)->refusal_reported = false;
	find_peer(end_of(server), session_meet_peer(server, &end->peer));
	if (!pass(server, &end->peer, data, len, &error))
		session_report(partner, ENTRY_ERROR, "not passed on: %s", error.text);
}

/* A relay says it once, and again when there has been an answer. */
static void refused(struct session *partner, const struct endpoint *peer)
{
	char addr[ENDPOINT_TEXT];
	struct session *server = other_of(partner);
	if (!server || end_of(server)->refusal_reported)
		return;
	end_of(server)->refusal_reported = true;
	session_report(server, ENTRY_ERROR, "nobody receives at %s, see session %u",
	               endpoint_format(peer, addr), (unsigned)partner->caller.session);
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

/* accept() may have returned its other end before connect() was known to be over. */
static void partner_opened(struct session *partner)
{
	struct session *client;
	struct session_table *table = partner->table;
	for (size_t i = 0; !is_datagrams(partner->transport) && (client = table->at(table, i));
	     i++) {
		struct session *server = client->listener ? service_server(client) : NULL;
		if (server && server->service == &service_relay && client->state == SESSION_OPEN &&
		    endpoint_equal(&client->peer, &partner->local[0]) &&
		    endpoint_equal(&client->local[0], &partner->peer) &&
		    close_if_leads_back(server, client, &client->peer)) {
			reset(partner);
			return;
		}
	}
}

static void close_partners(struct end *end)
{
	while (end->count)
		close_passage(end, end->count - 1);
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
	.refused = refused,
	.data = take,
	.takes = takes,
	.ended = end_stream,
	.over = over,
};
