// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <inttypes.h>
#include <string.h>

#include "app/page.h"
#include "base/clock.h"
#include "base/count.h"
#include "command/text_table.h"
#include "net/cable_loop.h"
#include "net/sandbox.h"

/* NULL with one line while the sandbox is off. */
static struct cable_link *get_cable(const struct app *app, struct error *error)
{
	struct sandbox *sandbox = sessions_sandbox(app->sessions);
	if (sandbox)
		return sandbox_cable(sandbox);
	error_set(error, "cable: the sandbox is off: /sandbox on");
	return NULL;
}

/* As cable_names wants it. */
static bool find_ends(void *context, const char *name, struct endpoint *local,
                      struct endpoint *peer, enum host *host, struct error *error)
{
	const struct session *session = app_find_session(context, name, error);
	if (!session)
		return false;
	*host = session_host(session);
	*local = session_local(session);
	*peer = session_peer(session);
	if (*host == HOST_HERE)
		error_set(error, "session %u is not in the sandbox", session_number(session));
	else if (!endpoint_is_set(local) || !local->port)
		error_set(error, "session %u has no address yet: /bind or /connect comes first",
		          session_number(session));
	else if (endpoint_is_loopback(local))
		error_set(error,
		          "session %u is on the loopback of %s: nothing of it passes the cable",
		          session_number(session), host_name(*host));
	else {
		if (endpoint_is_any(local))
			*local = host_address(*host, local->family, local->port);
		return true;
	}
	return false;
}

/* ---- what /cable shows ---- */

static void print_settings(const struct cable_settings *settings, struct buf *out)
{
	size_t before = out->len;
	cable_print(settings, out);
	if (out->len == before)
		buf_append_text(out, "a perfect cable\n");
}

static void print_counts(const struct cable_statistics *statistics, struct buf *out)
{
	const char *name;
	uint64_t left, right;
	struct text_table table;
	text_table_begin(&table, 3);
	text_table_add(&table, "frames");
	text_table_add(&table, "from left");
	text_table_add(&table, "from right");
	for (size_t i = 0; (name = cable_count(&statistics->from[HOST_LEFT], i, &left)); i++) {
		cable_count(&statistics->from[HOST_RIGHT], i, &right);
		if (!left && !right && i >= CABLE_COUNTS_ALWAYS)
			continue;
		text_table_add(&table, "%s", name);
		text_table_add(&table, "%" PRIu64, left);
		text_table_add(&table, "%" PRIu64, right);
	}
	text_table_end(&table, out);
	buf_append_text(out, "\n");
	if (statistics->overrun || statistics->refused)
		buf_printf(out, "lost by this program, which was too slow: %" PRIu64 "\n",
		           statistics->overrun + statistics->refused);
	if (statistics->unreported)
		buf_printf(out, "not shown on the wire: what happened to %" PRIu64 " frame%s\n",
		           statistics->unreported, count_plural(statistics->unreported));
	if (statistics->measured) {
		char median[CLOCK_TEXT], p99[CLOCK_TEXT], max[CLOCK_TEXT];
		buf_printf(out,
		           "later than asked for: median %s, 99%% within %s, at most %s\n",
		           clock_format_duration(statistics->late_median, median),
		           clock_format_duration(statistics->late_p99, p99),
		           clock_format_duration(statistics->late_max, max));
	}
}

static void print_cable(struct app *app, struct session *session, struct buf *out)
{
	struct error error;
	struct cable_settings settings;
	struct cable_statistics statistics;
	uint32_t seen[CABLE_RULES];
	char text[CABLE_RULE_TEXT];
	struct cable_link *cable = get_cable(app, &error);
	(void)session;
	if (!cable) {
		buf_append_text(out, error.text);
		return;
	}
	cable_link_settings(cable, &settings, seen);
	print_settings(&settings, out);
	for (uint32_t i = 0; i < settings.rule_count; i++)
		buf_printf(out, "%s: %" PRIu32 " seen so far\n",
		           cable_format_rule(&settings.rule[i], text), seen[i]);
	buf_printf(out, "seed %" PRIu32 "\n\n", settings.seed);
	cable_link_statistics(cable, &statistics);
	print_counts(&statistics, out);
	out->len--; /* the last line feed */
}

static const struct page cable_page = {
	.help = "what the cable does, and has done",
	.live = true,
	.print = print_cable,
};

/* As cable_names wants it: who the session will be is not known yet. */
static bool find_later(void *context, const char *name, struct endpoint *local,
                       struct endpoint *peer, enum host *host, struct error *error)
{
	(void)context, (void)name, (void)error;
	*local = *peer = (struct endpoint){ 0 };
	*host = HOST_LEFT;
	return true;
}

static bool check_cable(const struct args *args, struct error *error)
{
	struct cable_settings settings;
	const struct cable_names names = { .find = find_later };
	cable_settings_init(&settings);
	return !args->value[0] || cable_parse(&settings, args->value[0], &names, error) ||
	       args_blame(args, 0, error);
}

static enum command_result do_cable(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	struct cable_settings settings;
	uint32_t seen[CABLE_RULES];
	const char *words = invocation->args->value[0];
	struct cable_link *cable = get_cable(app, error);
	if (!cable)
		return COMMAND_FAILED;
	if (!words) {
		page_toggle(app, &cable_page, invocation->line, 0, NULL);
		return COMMAND_DONE;
	}
	cable_link_settings(cable, &settings, seen);
	uint32_t seeded = settings.seeded;
	const struct cable_names names = { .find = find_ends, .context = app };
	if (!cable_parse(&settings, words, &names, error) ||
	    !cable_link_set(cable, &settings, error))
		return COMMAND_FAILED;
	struct buf text = { .max = SIZE_MAX }, line = { .max = SIZE_MAX };
	print_settings(&settings, &text);
	if (settings.seeded != seeded)
		buf_printf(&text, "seed %" PRIu32 "\n", settings.seed);
	for (const char *at = buf_text(&text); *at; at++)
		buf_append_text(&line, *at != '\n' ? (char[]){ *at, '\0' } : at[1] ? "; " : "");
	app_note(app, "cable: %s", buf_text(&line));
	buf_free(&line);
	buf_free(&text);
	return COMMAND_DONE;
}

const struct command cable_commands[] = {
	{
	        .name = "cable",
	        .group = "the network",
	        .usage = "[<cable...>]",
	        .help = "show or change what the cable between left and right does\n"
	                "delay 50ms: each frame takes that long; delay 50ms 10ms: 40 to 60 ms, in "
	                "order.\n"
	                "rate 1M queue 20: 1 Mbit/s, counted with the Ethernet header; 20 frames "
	                "may "
	                "wait, more are lost.\n"
	                "loss 1%: of the frames, by chance. loss SYN: the next one; given "
	                "twice, or loss SYN 1-2: the next two. loss data 60: "
	                "the "
	                "60th data segment from now on; loss data 60-62: three; loss data 60 of "
	                "@session: of what that session sends. Kinds are SYN, SYN-ACK, ACK "
	                "(without "
	                "data), data, FIN, RST, UDP, ICMP, ARP (with neighbour discovery).\n"
	                "duplicate, reorder, corrupt: the same for frames that arrive twice, after "
	                "the "
	                "next one (within 100 ms), or with one bit changed.\n"
	                "mtu 1400: what is larger is answered by ICMP, or fragmented, as a router "
	                "does; IPv6 keeps 1280.\n"
	                "unplug: nothing passes; plug.\n"
	                "seed 7: chance hits the same frames again.\n"
	                "delay off, loss off …: no longer; off: a perfect cable, as at first.\n"
	                "from left, from right: what follows is for what leaves that host only.\n"
	                "Chance spares ARP and neighbour discovery.",
	        .needs = NEEDS_NOTHING,
	        .check = check_cable,
	        .run = do_cable,
	},
	{ 0 },
};
