// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/page.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/text.h"
#include "command/text_table.h"
#include "net/port_list.h"
#include "net/port_table.h"
#include "socket/host.h"

#define READ_AGAIN (CLOCK_S / 10) /* a page is read at most that often, */
#define PULSE      CLOCK_S        /* and that often though nothing happens here */
#define A_MOMENT   (CLOCK_S / 50) /* that /proc is searched in a frame: the rest in the next one */

enum { ADDRESSES_SHOWN = 4 };

/* What the page keeps. */
struct port_page {
	enum host host;
	int64_t read_at; /* clock_now(); 0 = not yet */
	struct port_table table;
};

/* ---- the holders ---- */

static void list_holder(struct text_table *table, const struct port_holder *holder)
{
	char local[ENDPOINT_TEXT], peer[ENDPOINT_TEXT];
	struct buf owner = { .max = SIZE_MAX };
	bool datagrams = holder->transport == TRANSPORT_UDP;
	const char *state = !datagrams && holder->state == STATE_CLOSED
	                            ? "bound"
	                            : tcp_state_title(holder->state);
	bool connected = endpoint_is_set(&holder->peer);
	if (datagrams)
		state = connected ? "connected" : "open";
	text_table_add(table, "%s", transport_name(holder->transport));
	text_table_add(table, "%s", endpoint_format(&holder->local, local));
	text_table_add(table, "%s",
	               connected      ? endpoint_format(&holder->peer, peer)
	               : holder->dual ? "IPv4, too"
	                              : "-");
	if (holder->left > 0)
		text_table_add(table, "%s %" PRId64 " s *", state,
		               (holder->left + CLOCK_S - 1) / CLOCK_S);
	else
		text_table_add(table, "%s *", state);
	port_holder_print_owner(holder, &owner);
	text_table_add(table, "%s", buf_text(&owner));
	buf_free(&owner);
}

static void list_holders(const struct port_table *table, struct buf *out)
{
	struct text_table text;
	if (!table->count)
		return;
	text_table_begin(&text, 5);
	for (size_t i = 0; i < table->count; i++)
		list_holder(&text, &table->list[i]);
	text_table_end(&text, out);
	buf_append_text(out, "\n");
	if (table->more)
		buf_printf(out, "and %zu more\n", table->more);
}

/* ---- what a new bind() would meet ---- */

/* A socket at "any address" holds every address of the family. */
static bool holds_family(const struct port_holder *holder, bool ipv6)
{
	return endpoint_is_any(&holder->local) &&
	       (endpoint_is_ipv6(&holder->local) == ipv6 || (!ipv6 && holder->dual));
}

static bool is_named(const struct port_table *table, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (table->list[i].transport == table->list[index].transport &&
		    endpoint_host_equal(&table->list[i].local, &table->list[index].local))
			return true;
	return false;
}

/* "127.0.0.1, 127.0.0.2 or *": the addresses that are taken. */
static void name_addresses(const struct port_table *table, enum transport transport,
                           struct buf *out)
{
	static const char *const every[] = { "every IPv4 address", "every IPv6 address" };
	char part[ADDRESSES_SHOWN + 1][ENDPOINT_TEXT];
	unsigned count = 0, more = 0;
	bool whole[2] = { false };
	for (size_t i = 0; i < table->count; i++)
		for (int ipv6 = 0; ipv6 < 2; ipv6++)
			whole[ipv6] = whole[ipv6] || (table->list[i].transport == transport &&
			                              holds_family(&table->list[i], ipv6));
	for (int ipv6 = 0; ipv6 < 2; ipv6++)
		if (whole[ipv6])
			snprintf(part[count++], ENDPOINT_TEXT, "%s", every[ipv6]);
	for (size_t i = 0; i < table->count; i++) {
		const struct port_holder *holder = &table->list[i];
		struct endpoint wire = endpoint_on_wire(&holder->local);
		if (holder->transport != transport || whole[endpoint_is_ipv6(&wire)] ||
		    is_named(table, i))
			continue;
		if (count < ADDRESSES_SHOWN)
			endpoint_format_host(&wire, part[count++]);
		else
			more++;
	}
	if (!whole[0] && !whole[1])
		snprintf(part[count++], ENDPOINT_TEXT, "*");
	for (unsigned i = 0; i < count; i++)
		buf_printf(out, "%s%s",
		           i == 0                    ? ""
		           : i + 1 == count && !more ? " or "
		                                     : ", ",
		           part[i]);
	if (more)
		buf_printf(out, " or %u more", more);
}

static void say_transport(const struct port_table *table, enum transport transport, struct buf *out)
{
	const struct port_holder *worst = NULL;
	for (size_t i = 0; !worst && i < table->count; i++)
		if (table->list[i].transport == transport)
			worst = &table->list[i];
	buf_printf(out, "%s: ", transport_title(transport));
	if (!worst && table->privileged) {
		buf_append_text(out, "nobody has it, but bind() fails with EACCES: low ports are "
		                     "root's");
	} else if (!worst) {
		buf_append_text(out, "free: bind() works");
		if (transport == TRANSPORT_TCP && !table->lists_bound)
			buf_append_text(out, ", unless a socket is bound there that does not "
			                     "listen: this kernel does not list those");
	} else {
		buf_append_text(out, "bind() to ");
		name_addresses(table, transport, out);
		buf_append_text(out, " fails with EADDRINUSE");
		if (worst->state == STATE_LISTEN)
			buf_append_text(out, ", with SO_REUSEADDR, too, since a socket listens");
		else
			buf_append_text(out, ", unless both sockets have SO_REUSEADDR");
	}
	buf_append_text(out, ".");
}

static void print_port(struct app *app, struct session *session, struct buf *out)
{
	struct port_page *page = app->open_page.state;
	int64_t now = clock_now();
	(void)session;
	if (!page)
		app->open_page.state = page = xcalloc(1, sizeof *page);
	if (!page->read_at || now - page->read_at >= READ_AGAIN) {
		char *name;
		unsigned long port = strtoul(app->open_page.text, &name, 10);
		host_named(name + strspn(name, " "), &page->host);
		sessions_read_port(app->sessions, page->host, (uint16_t)port,
		                   app->shows_pages ? A_MOMENT : PORT_SEARCH, &page->table);
		page->read_at = now;
	}
	if (!page->table.known) {
		buf_append_text(out, "Not available: this system does not list its sockets.");
		return;
	}
	if (page->host != HOST_HERE)
		buf_printf(out, "on %s\n", host_name(page->host));
	list_holders(&page->table, out);
	say_transport(&page->table, TRANSPORT_TCP, out);
	buf_append_text(out, "\n");
	say_transport(&page->table, TRANSPORT_UDP, out);
}

/* Other programs take ports unnoticed. */
static int64_t port_pulse(const struct app *app, const struct session *session)
{
	const struct port_page *page = app->open_page.state;
	(void)session;
	return page && page->table.search_from ? READ_AGAIN : PULSE;
}

static const struct page port_page = {
	.help = "who has the port",
	.live = true,
	.pulse = port_pulse,
	.print = print_port,
};

static bool parse_port(const struct args *args, uint16_t *port, struct error *error)
{
	struct port_list list = { 0 };
	if (!port_list_add(&list, args->value[0], TRANSPORT_TCP, error))
		return args_blame(args, 0, error);
	bool one = list.count == 1;
	*port = list.ports[0];
	port_list_free(&list);
	if (one)
		return true;
	error_usage(error, "port: one at a time");
	return args_blame(args, 0, error);
}

static bool check_port(const struct args *args, struct error *error)
{
	uint16_t port = 0;
	return parse_port(args, &port, error);
}

static enum command_result do_port(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	char text[16];
	enum host host;
	uint16_t port = 0;
	if (!parse_port(invocation->args, &port, error))
		return false;
	if (!command_choose_host(invocation, invocation->args->value[1], &host, error))
		return false;
	if (!invocation->args->value[1] && app->current)
		host = session_host(app->current);
	snprintf(text, sizeof text, "%u %s", port, host_name(host));
	page_toggle(app, &port_page, invocation->line, 0, text);
	return COMMAND_DONE;
}

const struct command port_commands[] = {
	{
	        .name = "port",
	        .group = "looking",
	        .usage = "<port> [on <host>]",
	        .help = "show who has a port, and whether bind() to it works\n"
	                "Sockets of this program, of other programs, and closed connections that "
	                "the kernel keeps, with the time left.\n"
	                "Of programs that this user may not look into only the user is known.\n"
	                "In the sandbox: of the host of the current session, or on the one that is "
	                "named.\n"
	                "It is read again each second; Escape or the same command closes it.",
	        .check = check_port,
	        .run = do_port,
	},
	{ 0 },
};
