// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/handlers.h"
#include "net/step.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	BACKLOG = 5, /* what listen() is given in most textbooks */
	RECV_BYTES = 1024,
};

/* ---- words ---- */

/* At most what an int holds. */
static bool parse_number(const char *command, const char *what, const char *text, int *number,
                         struct error *error)
{
	size_t digits = strspn(text, "0123456789");
	char *end;
	long long value = strtoll(text, &end, 10);
	if (digits == 0 || *end || value > INT_MAX) {
		error_set(error, "%s: \"%.40s\" is not %s: 0 to %d", command, text, what, INT_MAX);
		return false;
	}
	*number = (int)value;
	return true;
}

static bool parse_how(const char *text, enum recv_how *how)
{
	static const struct {
		const char *name;
		enum recv_how how;
	} names[] = { { "peek", RECV_PEEK }, { "urgent", RECV_URGENT }, { "waitall", RECV_ALL } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i].name) == 0) {
			*how = names[i].how;
			return true;
		}
	return false;
}

/* "A", "0x41". */
static bool parse_byte(const char *text, unsigned char *byte, struct error *error)
{
	size_t len = strlen(text);
	bool hex = (len == 3 || len == 4) && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
	           strspn(text + 2, "0123456789abcdefABCDEF") == len - 2;
	if (!hex && len != 1) {
		error_set(error,
		          "urgent: one byte goes at a time: a character of ASCII, or 0x00 to 0xff");
		return false;
	}
	*byte = hex ? (unsigned char)strtoul(text, NULL, 16) : (unsigned char)text[0];
	return true;
}

/* ---- opening ---- */

static int choose_family(const struct app *app, const char *word)
{
	if (word)
		return strcmp(word, "6") == 0 ? AF_INET6 : AF_INET;
	return app->defaults.family;
}

bool do_socket(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const struct args *args = invocation->args;
	struct session_options options = app->defaults;
	options.name = args->as;
	options.eol = app->settings.eol;
	options.family = choose_family(app, args->value[1]);
	struct session *session = sessions_make_socket(
	        app->sessions, strcmp(args->value[0], "udp") == 0, &options, error);
	if (session)
		app_select(app, session);
	return session != NULL;
}

bool do_bind(const struct invocation *invocation, struct error *error)
{
	const struct args *args = invocation->args;
	return step_bind(invocation->session, args->value[0], args->value[1], error);
}

bool do_backlog(const struct invocation *invocation, struct error *error)
{
	const char *text = invocation->args->value[0];
	int backlog = BACKLOG;
	if (text && !parse_number("backlog", "how many may wait", text, &backlog, error))
		return false;
	return step_listen(invocation->session, backlog, error);
}

bool do_connect(const struct invocation *invocation, struct error *error)
{
	const struct args *args = invocation->args;
	return step_connect(invocation->session, args->value[0], args->value[1], error);
}

bool do_accept(const struct invocation *invocation, struct error *error)
{
	return step_accept(invocation->session, invocation->args->as, error);
}

/* ---- moving bytes ---- */

/* "/recv peek" leaves the number away. */
bool do_recv(const struct invocation *invocation, struct error *error)
{
	const char *bytes = invocation->args->value[0], *word = invocation->args->value[1];
	enum recv_how how = RECV_PLAIN;
	int most = RECV_BYTES;
	if (bytes && !word && parse_how(bytes, &how))
		bytes = NULL;
	if (word)
		parse_how(word, &how);
	if (bytes && !parse_number("recv", "a number of bytes", bytes, &most, error))
		return false;
	return step_recv(invocation->session, (size_t)most, how, error);
}

bool do_urgent(const struct invocation *invocation, struct error *error)
{
	unsigned char byte;
	return parse_byte(invocation->args->value[0], &byte, error) &&
	       step_send_urgent(invocation->session, byte, error);
}

/* ---- by itself or not ---- */

bool do_pause(const struct invocation *invocation, struct error *error)
{
	return step_pause(invocation->session, true, error);
}

bool do_resume(const struct invocation *invocation, struct error *error)
{
	return step_pause(invocation->session, false, error);
}
