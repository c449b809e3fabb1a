// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <string.h>

#include "app/hosts.h"
#include "app/page.h"
#include "command/text_table.h"
#include "net/cable_loop.h"
#include "net/sandbox.h"
#include "net/wire.h"

static void add_host(struct text_table *table, const struct sandbox *sandbox, enum host host)
{
	char text[ENDPOINT_TEXT];
	struct endpoint ipv4 = host_address(host, AF_INET, 0),
	                ipv6 = host_address(host, AF_INET6, 0);
	text_table_add(table, "%s", host_name(host));
	text_table_add(table, "%s", endpoint_format_host(&ipv4, text));
	text_table_add(table, "%s", endpoint_format_host(&ipv6, text));
	text_table_add(table, "process %d", (int)sandbox_process(sandbox, host));
}

static void print_cable(const struct sandbox *sandbox, struct buf *out)
{
	struct cable_settings settings;
	uint32_t seen[CABLE_RULES];
	struct buf words = { .max = SIZE_MAX };
	cable_link_settings(sandbox_cable(sandbox), &settings, seen);
	cable_print(&settings, &words);
	if (!words.len)
		buf_append_text(out, "\ncable: perfect");
	for (const char *line = buf_text(&words); *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		buf_printf(out, "\ncable: %.*s", (int)len, line);
		line += len;
	}
	buf_free(&words);
}

static void print_sandbox(struct app *app, struct buf *out)
{
	struct sandbox *sandbox = sessions_sandbox(app->sessions);
	struct text_table table;
	text_table_begin(&table, 4);
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		add_host(&table, sandbox, host);
	text_table_end(&table, out);
	if (sandbox_is_over(sandbox))
		buf_append_text(out, "\nended: one of its processes was killed");
	print_cable(sandbox, out);
	buf_append_text(out, "\n");
	wire_describe(sessions_wire(app->sessions), out);
	buf_append_text(out, "\nsessions there: ");
	if (!hosts_list_sessions(app, out))
		buf_append_text(
		        out, "none; /listen right 7 echo makes a server, /open right 7 a client");
	struct buf changed = { .max = SIZE_MAX };
	if (hosts_list_changed(app, &changed))
		buf_printf(out, "\nchanged: %s", buf_text(&changed));
	buf_free(&changed);
	buf_printf(out,
	           "\n/cable changes it, /set left shows the sysctls.\n"
	           "nsenter -t %d -U -n --preserve-credentials ss -tan shows left from outside.",
	           (int)sandbox_process(sandbox, HOST_LEFT));
}

static enum command_result do_sandbox(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *wish = invocation->args->value[0];
	bool is_on = sessions_sandbox(app->sessions), on = wish ? strcmp(wish, "on") == 0 : is_on;
	if (wish && on && is_on && sandbox_is_over(sessions_sandbox(app->sessions))) {
		error_set(error, "the sandbox has ended: /sandbox off first, then on");
		return COMMAND_FAILED;
	}
	if (on != is_on && !(on ? hosts_start(app, error) : hosts_stop(app, error)))
		return COMMAND_FAILED;
	if (on && !wish) {
		struct buf text = { .max = SIZE_MAX };
		print_sandbox(app, &text);
		page_answer(app, invocation->line, buf_text(&text));
		buf_free(&text);
	} else if (on) {
		app_note(app,
		         "the sandbox is %s: left is 192.0.2.1 and 2001:db8::1, right is 192.0.2.2 "
		         "and 2001:db8::2",
		         is_on ? "on already" : "on");
	} else {
		app_note(app,
		         "the sandbox is %s: /sandbox on makes two hosts, left and right, and a "
		         "cable",
		         wish && !is_on ? "off already" : "off");
	}
	return COMMAND_DONE;
}

const struct command sandbox_commands[] = {
	{
	        .name = "sandbox",
	        .group = "the network",
	        .usage = "[on|off]",
	        .help = "make two hosts of our own, left and right, and a cable between them\n"
	                "It needs Linux, but not root. left is 192.0.2.1 and 2001:db8::1, right is "
	                "192.0.2.2 "
	                "and 2001:db8::2; each has a loopback of its own. What has one of these "
	                "addresses "
	                "lives there; everything else is reached as always. Nothing leaves the two "
	                "hosts.\n"
	                "off is refused while sessions live there. Without a word it shows the "
	                "hosts, "
	                "their sessions, and which of their sysctls were changed.",
	        .run = do_sandbox,
	},
	{ 0 },
};
