// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "app/page.h"
#include "net/multicast.h"
#include "net/option.h"
#include "socket/sockopt.h"

enum { LEFT_COLUMNS = 31 }; /* of name and value together, the value at their right end */

static unsigned sort_of(const struct session *session)
{
	return sockopt_sort(session_transport(session), session_family(session));
}

/* ---- the listing ---- */

/* Does not read a value that reading would consume. */
static void format_peeked(struct session *session, const struct sockopt *option, struct buf *out)
{
	char value[SOCKOPT_MAX];
	size_t len = sockopt_size(option);
	struct error ignored;
	if (option->taken)
		buf_append_text(out, "not read");
	else if (option_peek(session, option->level, option->number, value, &len, &ignored))
		sockopt_print(option, value, len, out);
	else
		buf_append_text(out, "not available");
}

static void add_line(const struct sockopt *option, struct buf *value, struct buf *out)
{
	size_t taken = strlen(option->name) + value->len + 1;
	int pad = taken < LEFT_COLUMNS ? (int)(LEFT_COLUMNS - taken) + 1 : 1;
	buf_printf(out, "%s%*s%s  %.*s\n", option->name, pad, "", buf_text(value),
	           (int)strcspn(option->help, "\n"), option->help);
}

static bool list_options(const struct invocation *invocation, struct error *error)
{
	struct session *session = invocation->session;
	unsigned of = sort_of(session);
	struct buf text = { .max = SIZE_MAX };
	if (!session_family(session)) {
		error_set(error, "session %u has no socket", session_number(session));
		return false;
	}
	for (const struct sockopt *option = sockopt_table; option->name; option++) {
		struct buf value = { .max = SIZE_MAX };
		if (!sockopt_is_of(option, of))
			continue;
		format_peeked(session, option, &value);
		add_line(option, &value, &text);
		buf_free(&value);
	}
	buf_append_text(&text, "/option NAME says more of one, /option NAME VALUE sets it.");
	page_answer(invocation->app, invocation->line, buf_text(&text));
	buf_free(&text);
	return true;
}

/* ---- one of them ---- */

static bool show_option(const struct invocation *invocation, const struct sockopt *option,
                        struct error *error)
{
	char bytes[SOCKOPT_MAX];
	size_t len = sockopt_size(option);
	struct buf value = { .max = SIZE_MAX }, text = { .max = SIZE_MAX };
	if (!option_get(invocation->session, option->level, option->number, bytes, &len, error))
		return false;
	sockopt_print(option, bytes, len, &value);
	add_line(option, &value, &text);
	buf_append_text(&text, option->help + strcspn(option->help, "\n") +
	                               (strchr(option->help, '\n') != NULL));
	page_answer(invocation->app, invocation->line, buf_text(&text));
	buf_free(&value);
	buf_free(&text);
	return true;
}

/* What the kernel has made of the value. */
static void note_change(struct app *app, const struct sockopt *option, const char *asked,
                        size_t asked_len, const char *got, size_t got_len)
{
	struct buf want = { .max = SIZE_MAX }, has = { .max = SIZE_MAX };
	sockopt_format(option, asked, asked_len, &want);
	sockopt_format(option, got, got_len, &has);
	const char *reason = sockopt_reason(option, asked, got);
	if (strcmp(buf_text(&want), buf_text(&has)) != 0) {
		app_note(app, "%s: asked %s, the kernel made it %s%s%s%s", option->name,
		         buf_text(&want), buf_text(&has), reason ? " (" : "", reason ? reason : "",
		         reason ? ")" : "");
	} else {
		buf_clear(&has);
		sockopt_print(option, got, got_len, &has);
		app_note(app, "%s is %s", option->name, buf_text(&has));
	}
	buf_free(&want);
	buf_free(&has);
}

/* What else is given where an interface is asked for. */
static bool is_interface(const struct sockopt *option, const char *text)
{
	return option->interface && strlen(text) < ENDPOINT_INTERFACE && !strpbrk(text, " :/");
}

static bool set_option(const struct invocation *invocation, const struct sockopt *option,
                       const char *text, struct error *error)
{
	struct session *session = invocation->session;
	char asked[SOCKOPT_MAX], got[SOCKOPT_MAX] = { 0 };
	size_t asked_len, got_len = sockopt_size(option);
	bool good = sockopt_parse(option, text, asked, &asked_len, error);
	if (!good && is_interface(option, text))
		good = multicast_choose(session, option->level == IPPROTO_IPV6, text, asked,
		                        &asked_len, error);
	if (!good ||
	    !option_set(session, option->level, option->number, asked, asked_len, error) ||
	    !option_peek(session, option->level, option->number, got, &got_len, error))
		return false;
	note_change(invocation->app, option, asked, asked_len, got, got_len);
	return true;
}

/* The rest of the line without the blanks around it. */
static const char *trim(const char *text, struct buf *out)
{
	text += strspn(text, " \t\n");
	size_t len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	buf_append(out, text, len);
	return buf_text(out);
}

/* Whose option it will be is not known: that of some socket will do. What is wrong with a value says more
 * than that other sockets have no such option. */
static bool check_option(const struct args *args, struct error *error)
{
	static const enum transport kinds[] = { TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_UNIX };
	char bytes[SOCKOPT_MAX];
	size_t len, wrong = 0;
	const char *name = args->value[0], *value = args->value[1];
	struct buf text = { .max = SIZE_MAX };
	bool good = !name;
	trim(value ? value : "", &text);
	for (size_t i = 0; !good && i < 2 * sizeof kinds / sizeof *kinds; i++) {
		struct error why;
		const struct sockopt *option = sockopt_find(
		        name, sockopt_sort(kinds[i / 2], i % 2 ? AF_INET6 : AF_INET), &why);
		good = option && (!text.len || is_interface(option, buf_text(&text)) ||
		                  sockopt_parse(option, buf_text(&text), bytes, &len, &why));
		if (!good && !wrong)
			*error = why;
		wrong = wrong || option;
	}
	buf_free(&text);
	return good || args_blame(args, wrong, error);
}

static enum command_result do_option(const struct invocation *invocation, struct error *error)
{
	const char *name = invocation->args->value[0], *value = invocation->args->value[1];
	if (!name)
		return list_options(invocation, error);
	const struct sockopt *option = sockopt_find(name, sort_of(invocation->session), error);
	if (!option)
		return false;
	struct buf text = { .max = SIZE_MAX };
	bool done = value && *trim(value, &text)
	                    ? set_option(invocation, option, buf_text(&text), error)
	                    : show_option(invocation, option, error);
	buf_free(&text);
	return done;
}

const struct command option_commands[] = {
	{
	        .name = "option",
	        .group = "step by step",
	        .usage = "[<option>] [<value...>]",
	        .help = "list the options of the socket, explain one, or set it\n"
	                "By name, by the part after its underscore, or by a beginning of either: "
	                "nodelay.\n"
	                "After setting, the value is read back: the kernel may have changed it.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_WITH_VALUE,
	        .check = check_option,
	        .run = do_option,
	},
	{ 0 },
};
