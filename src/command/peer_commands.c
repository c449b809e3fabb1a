// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <limits.h>
#include <string.h>

#include "app/page.h"
#include "net/multicast.h"
#include "view/page/peer_list.h"

/* What /peers was given: "/peers in 192.0.2.". */
struct request {
	struct command_words words;
	const char *order, *filter;
};

/* The line of a page was checked when it was opened. */
static void read_request(const char *line, struct request *request)
{
	struct error ignored;
	*request = (struct request){ .filter = "" };
	if (!command_take_apart(line, &request->words, &ignored))
		return;
	request->order = request->words.args.value[0];
	if (request->words.args.value[1])
		request->filter = request->words.args.value[1];
}

/* ---- what is listed ---- */

static void collect_peers(const struct session *session, struct peer_list *list)
{
	struct endpoint chosen = session_peer(session);
	for (const struct peer *peer = NULL; (peer = session_next_peer(session, peer));) {
		struct peer_line *line = peer_list_add(list);
		line->number = peer->number;
		line->chosen = endpoint_equal(&peer->addr, &chosen);
		line->addr = peer->addr;
		line->asked = peer->local;
		line->received = peer->received;
		line->received_bytes = peer->received_bytes;
		line->sent = peer->sent;
		line->sent_bytes = peer->sent_bytes;
		line->last = peer->received ? peer->last : 0;
	}
}

static void collect_clients(const struct session *session, struct peer_list *list)
{
	for (const struct session *client = NULL; (client = session_next_client(session, client));) {
		const struct session_counts *counts = session_counts(client);
		struct peer_line *line = peer_list_add(list);
		line->number = session_number(client);
		line->name = session_name(client);
		line->state = session_is_securing(client)
		                      ? "TLS handshake"
		                      : tcp_state_title(session_tcp_state(client));
		line->addr = session_peer(client);
		line->received_bytes = counts->received_bytes;
		line->sent_bytes = counts->sent_bytes;
	}
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
	for (const char *before = "joined "; group; group = group->next, before = ", ") {
		buf_append_text(out, before);
		multicast_print(group, out);
	}
}

/* ---- the page ---- */

/* What is said where there is nothing to list. */
static void print_nothing(const struct session *session, const struct peer_list *list,
                          const char *filter, struct buf *out)
{
	char text[HOST_TEXT];
	struct endpoint peer = session_peer(session);
	if (list->whole)
		buf_printf(out, "none of %zu has \"%s\"", list->whole, filter);
	else if (list->clients)
		buf_append_text(out, "no clients");
	else if (endpoint_is_set(&peer))
		buf_printf(out, "one peer: %s", host_format(session_host(session), &peer, text));
	else
		buf_append_text(out, "no peer yet");
	if (multicast_joined(session))
		buf_append_text(out, "\n");
	print_groups(session, out);
}

/* Of many peers only those that are seen are drawn. Returns the number of rows that are to stay. */
static size_t draw_peers(const struct session *session, const char *line, const char *title, int top,
                         int height, int columns, struct rows *rows)
{
	struct request request;
	struct buf text = { .max = SIZE_MAX };
	struct peer_list list = { .clients = session_has_clients(session),
		                  .host = session_host(session) };
	size_t fixed = 0, first = top > 0 ? (size_t)top : 0;
	read_request(line, &request);
	if (list.clients)
		collect_clients(session, &list);
	else
		collect_peers(session, &list);
	peer_list_arrange(&list, request.order, request.filter);
	if (list.count) {
		print_groups(session, &text);
		/* some rows more than are seen: the headings may hide the first lines, or not */
		size_t begin = first > (size_t)height ? first - (size_t)height : 0;
		fixed = peer_list_draw(&list, title, list.clients ? 0 : count_drops(session),
		                       buf_text(&text), begin, first + (size_t)height, columns, rows);
	} else {
		print_nothing(session, &list, request.filter, &text);
		if (*title)
			row_put(rows_add(rows), title, columns, STYLE_STATE);
		page_add_text(rows, buf_text(&text), columns, STYLE_NOTE);
	}
	buf_free(&text);
	peer_list_free(&list);
	command_words_free(&request.words);
	return fixed;
}

static void render_page(struct app *app, struct session *session, int columns, int height,
                        struct rows *rows)
{
	const struct open_page *open = &app->open_page;
	app->open_page.fixed =
	        (int)draw_peers(session, open->line, open->line, open->top, height, columns, rows);
}

static void print_list(const struct session *session, const char *line, struct buf *out)
{
	enum { WIDE = 240 };
	struct rows rows = { 0 };
	draw_peers(session, line, "", 0, INT_MAX, WIDE, &rows);
	rows_print(&rows, out);
	rows_free(&rows);
}

static void print_page(struct app *app, struct session *session, struct buf *out)
{
	print_list(session, app->open_page.line, out);
}

static const struct page peers_page = {
	.of_session = true,
	.live = true,
	.render = render_page,
	.print = print_page,
};

static enum command_result do_peers(const struct invocation *invocation, struct error *error)
{
	struct buf text = { .max = SIZE_MAX };
	(void)error;
	sessions_sample(invocation->app->sessions, invocation->session);
	print_list(invocation->session, invocation->line, &text);
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
	        .usage = "[" PEER_LIST_ORDERS "] [<text...>]",
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
