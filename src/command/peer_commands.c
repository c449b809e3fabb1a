// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/page.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "command/text_table.h"
#include "net/multicast.h"

/* A peer of datagrams, or a client of a listener. */
struct listed {
	unsigned number;
	const struct session *client; /* or NULL */
	const struct endpoint *local; /* that it has asked, may be AF_UNSPEC; of a client NULL */
	struct endpoint addr;
	uint64_t received, received_bytes, sent, sent_bytes;
	int64_t last;  /* instant; 0 = never, or not known */
	uint64_t most; /* of what they are sorted by */
	char text[HOST_TEXT];
};

struct list {
	struct listed *rows;
	size_t count, cap;
	size_t whole; /* how many there are, shown or not */
	bool locals;  /* of some peer it is known what it has asked */
	uint64_t received, received_bytes, sent, sent_bytes; /* of those shown */
};

/* ---- what is listed ---- */

static bool contains(const char *text, const char *part)
{
	return !part || strcasestr(text, part);
}

static void add(struct list *list, const struct listed *row, enum host host, const char *filter)
{
	char text[HOST_TEXT];
	const char *shown =
	        endpoint_is_set(&row->addr) ? host_format(host, &row->addr, text) : host_name(host);
	list->whole++;
	if (!contains(shown, filter) &&
	    !(row->client && contains(session_name(row->client), filter)))
		return;
	list->rows = xgrow(list->rows, &list->cap, list->count + 1, sizeof *list->rows);
	struct listed *added = &list->rows[list->count++];
	*added = *row;
	memcpy(added->text, shown, strlen(shown) + 1);
	list->locals = list->locals || (row->local && endpoint_is_set(row->local));
	list->received += row->received;
	list->received_bytes += row->received_bytes;
	list->sent += row->sent;
	list->sent_bytes += row->sent_bytes;
}

static void collect(const struct app *app, const struct session *session, const char *filter,
                    struct list *list)
{
	for (const struct peer *peer = NULL; (peer = session_next_peer(session, peer));) {
		struct listed row = {
			.number = peer->number,
			.local = &peer->local,
			.addr = peer->addr,
			.received = peer->received,
			.received_bytes = peer->received_bytes,
			.sent = peer->sent,
			.sent_bytes = peer->sent_bytes,
			.last = peer->received ? peer->last : 0,
		};
		add(list, &row, session_host(session), filter);
	}
	for (size_t i = 0; session_has_clients(session) && i < sessions_count(app->sessions); i++) {
		const struct session *client = sessions_at(app->sessions, i);
		const struct session_counts *counts = session_counts(client);
		if (session_listener(client) != session_number(session) ||
		    session_state(client) != SESSION_OPEN)
			continue;
		struct listed row = {
			.number = session_number(client),
			.client = client,
			.addr = session_peer(client),
			.received = counts->receives,
			.received_bytes = counts->received_bytes,
			.sent = counts->sends,
			.sent_bytes = counts->sent_bytes,
		};
		add(list, &row, session_host(client), filter);
	}
}

/* ---- their order ---- */

static int order_of(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* The most first, then by number. */
static int by_most(const void *a, const void *b)
{
	const struct listed *one = a, *other = b;
	int order = order_of(other->most, one->most);
	return order ? order : order_of(one->number, other->number);
}

/* By the bytes of the address, and not as text: .9 is before .10. */
static int by_address(const void *a, const void *b)
{
	const struct listed *one = a, *other = b;
	struct endpoint first = endpoint_on_wire(&one->addr),
	                second = endpoint_on_wire(&other->addr);
	int order = order_of(first.family, second.family);
	if (!order)
		order = endpoint_is_unix(&first)
		                ? strcmp(one->text, other->text)
		                : memcmp(first.ip, second.ip,
		                         first.family == AF_INET ? 4 : sizeof first.ip);
	if (!order)
		order = order_of(first.port, second.port);
	return order ? order : by_most(a, b);
}

static void sort(struct list *list, const char *order)
{
	if (!order || !list->count)
		return;
	bool in = strcmp(order, "in") == 0, out = strcmp(order, "out") == 0;
	bool last = strcmp(order, "last") == 0, address = strcmp(order, "address") == 0;
	for (size_t i = 0; i < list->count; i++) {
		struct listed *row = &list->rows[i];
		row->most = in     ? row->received_bytes
		            : out  ? row->sent_bytes
		            : last ? (uint64_t)row->last
		                   : 0;
	}
	qsort(list->rows, list->count, sizeof *list->rows, address ? by_address : by_most);
}

/* ---- as text ---- */

static void add_headings(struct text_table *table, const char *const *headings)
{
	size_t columns = 0;
	while (headings[columns])
		columns++;
	text_table_begin(table, columns);
	for (size_t i = 0; i < columns; i++)
		text_table_add(table, "%s", headings[i]);
}

static void print_clients(const struct list *list, struct buf *out)
{
	static const char *const headings[] = { "session", "name", "state", "peer",
		                                "in",      "out",  NULL };
	struct text_table table;
	add_headings(&table, headings);
	for (size_t i = 0; i < list->count; i++) {
		const struct listed *row = &list->rows[i];
		text_table_add(&table, "%u", row->number);
		text_table_add(&table, "%s", session_name(row->client));
		text_table_add(&table, "%s", tcp_state_title(session_tcp_state(row->client)));
		text_table_add(&table, "%s", row->text);
		text_table_add(&table, "%" PRIu64, row->received_bytes);
		text_table_add(&table, "%" PRIu64, row->sent_bytes);
	}
	text_table_end(&table, out);
}

static void print_peers(const struct list *list, const struct endpoint *chosen, struct buf *out)
{
	static const char *const headings[] = { "#",           "peer", "in (bytes)",
		                                "out (bytes)", "last", NULL };
	/* shorter, so that it fits in 80 columns */
	static const char *const asked[] = { "#", "peer", "asked", "in", "out", "last", NULL };
	struct text_table table;
	char text[ENDPOINT_TEXT];
	add_headings(&table, list->locals ? asked : headings);
	for (size_t i = 0; i < list->count; i++) {
		const struct listed *row = &list->rows[i];
		text_table_add(&table, "%u%s", row->number,
		               endpoint_equal(&row->addr, chosen) ? "*" : "");
		text_table_add(&table, "%s", row->text);
		if (list->locals)
			text_table_add(&table, "%s",
			               !endpoint_is_set(row->local)
			                       ? "-"
			                       : endpoint_format_host(row->local, text));
		text_table_add(&table, "%" PRIu64 " (%" PRIu64 ")", row->received,
		               row->received_bytes);
		text_table_add(&table, "%" PRIu64 " (%" PRIu64 ")", row->sent, row->sent_bytes);
		text_table_add(&table, "%s",
		               row->last ? clock_format_time(row->last, false, text) : "never");
	}
	text_table_end(&table, out);
}

/* What the kernel had no room for, of all sockets since each was made. */
static uint64_t count_drops(const struct session *session)
{
	uint64_t drops = 0;
	for (size_t i = 0; i < session_socket_count(session); i++) {
		struct endpoint ignored;
		const struct sample *sample = session_socket_sample(session, i, &ignored);
		drops += sample_has(sample, SAMPLE_DROPS) ? sample_get(sample, SAMPLE_DROPS) : 0;
	}
	return drops;
}

static void print_groups(const struct session *session, struct buf *out)
{
	const struct membership *group = multicast_joined(session);
	const char *before = "joined ";
	for (; group; group = group->next, before = ", ") {
		buf_append_text(out, before);
		multicast_print(group, out);
	}
	if (multicast_joined(session))
		buf_append_text(out, "\n");
}

static void print_totals(const struct session *session, const struct list *list, struct buf *out)
{
	bool clients = session_has_clients(session);
	const char *what = clients ? "client" : "peer";
	uint64_t drops = clients ? 0 : count_drops(session);
	if (list->count < list->whole)
		buf_printf(out, "%zu of ", list->count);
	buf_printf(out, "%zu %s%s: ", list->whole, what, count_plural(list->whole));
	if (clients)
		buf_printf(out, "in %" PRIu64 ", out %" PRIu64 " bytes", list->received_bytes,
		           list->sent_bytes);
	else
		buf_printf(out, "in %" PRIu64 " (%" PRIu64 "), out %" PRIu64 " (%" PRIu64 ")",
		           list->received, list->received_bytes, list->sent, list->sent_bytes);
	if (drops)
		buf_printf(out, ", dropped here %" PRIu64 " *", drops);
	buf_append_text(out, "\n");
}

static void print(const struct app *app, const struct session *session, const struct args *args,
                  struct buf *out)
{
	char text[HOST_TEXT];
	struct list list = { 0 };
	const char *filter = args->value[1] && *args->value[1] ? args->value[1] : NULL;
	struct endpoint peer = session_peer(session);
	collect(app, session, filter, &list);
	sort(&list, args->value[0]);
	print_groups(session, out);
	if (list.count) {
		print_totals(session, &list, out);
		if (session_has_clients(session))
			print_clients(&list, out);
		else
			print_peers(&list, &peer, out);
	} else if (list.whole) {
		buf_printf(out, "none of %zu has \"%s\"", list.whole, filter);
	} else if (session_has_clients(session)) {
		buf_append_text(out, "no clients");
	} else if (endpoint_is_set(&peer)) {
		buf_printf(out, "one peer: %s", host_format(session_host(session), &peer, text));
	} else {
		buf_append_text(out, "no peer yet");
	}
	free(list.rows);
}

/* ---- the page ---- */

static void print_page(struct app *app, struct session *session, struct buf *out)
{
	struct command_words words;
	struct error ignored;
	if (command_take_apart(app->open_page.line, &words, &ignored)) {
		print(app, session, &words.args, out);
		command_words_free(&words);
	}
}

static const struct page peers_page = {
	.help = "who is at the other end",
	.of_session = true,
	.live = true,
	.print = print_page,
};

static enum command_result do_peers(const struct invocation *invocation, struct error *error)
{
	struct buf text = { .max = SIZE_MAX };
	(void)error;
	sessions_sample(invocation->app->sessions, invocation->session);
	print(invocation->app, invocation->session, invocation->args, &text);
	if (strchr(buf_text(&text), '\n'))
		page_toggle(invocation->app, &peers_page, invocation->line,
		            invocation->chosen ? session_number(invocation->session) : 0, NULL);
	else
		app_note(invocation->app, "%s", buf_text(&text));
	buf_free(&text);
	return COMMAND_DONE;
}

const struct command peer_commands[] = {
	{
	        .name = "peers",
	        .group = "looking",
	        .usage = "[number|address|in|out|last] [<text...>]",
	        .help = "list who is at the other end\n"
	                "A listener has clients, a session of datagrams has peers, and the groups that "
	                "it has joined.\n"
	                "A word sorts: number, address, in or out (the most bytes first), last (who "
	                "wrote last). A text keeps those whose address has it: /peers in 192.0.2. The "
	                "first row is the sum of those listed.\n"
	                "* marks the peer that plain lines go to. asked is the address of this machine "
	                "that the peer used last; answers to it leave from there. in and out are "
	                "datagrams, and their bytes.",
	        .needs = NEEDS_SESSION,
	        .run = do_peers,
	},
	{ 0 },
};
