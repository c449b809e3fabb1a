// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/handlers.h"
#include "net/reconnect.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Where to, from words like "udp" "127.0.0.1" "7001"; `transport` may be NULL. */
static bool parse_target(struct target *target, const char *transport, const char *text,
                         const char *port, bool listening, struct error *error)
{
	enum transport asked =
	        transport && strcmp(transport, "udp") == 0 ? TRANSPORT_UDP : TRANSPORT_TCP;
	if (!target_parse(target, text, port, asked, listening, error))
		return false;
	if (!transport || target->transport == asked)
		return true;
	error_set(error, "\"%s\" and \"%.100s\" exclude each other: use one", transport, text);
	return false;
}

bool do_open(const struct invocation *invocation, struct error *error)
{
	const struct args *args = invocation->args;
	struct target target;
	if (!parse_target(&target, args->value[0], args->value[1], args->value[2], false, error))
		return false;
	struct session_options options = invocation->app->defaults;
	options.name = args->as;
	return app_open(invocation->app, &target, &options, error) != NULL;
}

static bool is_port(const char *word)
{
	return *word && word[strspn(word, "0123456789")] == '\0';
}

static bool is_word(const char *word)
{
	return isalpha((unsigned char)*word) && !strpbrk(word, ".:");
}

/* What is not even nearly a service may have been meant for an address. */
static void explain_order(const char *word, struct error *error)
{
	size_t nearest;
	struct error why = *error;
	if (choice_nearest(&service_names, word, strlen(word), &nearest, 1) == 0)
		error_set(error, "%s; an address comes before its port", why.text);
}

/* What the usage takes for an address and a port is a port and a service where it can be nothing
 * else: no address is a lone number. */
bool do_listen(const struct invocation *invocation, struct error *error)
{
	const struct args *args = invocation->args;
	const char *address = args->value[1], *port = args->value[2];
	const struct service *service = args->value[3] ? service_find(args->value[3]) : NULL;
	struct target target;
	if (address && is_port(address) && is_word(port)) {
		service = service_choose(port, error);
		if (!service) {
			explain_order(port, error);
			return false;
		}
		port = address;
		address = NULL;
	}
	if (!parse_target(&target, args->value[0], address ? address : port, address ? port : NULL,
	                  true, error))
		return false;
	struct session_options options = invocation->app->defaults;
	options.name = args->as;
	options.service = service;
	return app_listen(invocation->app, &target, &options, error) != NULL;
}

bool do_service(const struct invocation *invocation, struct error *error)
{
	const struct service *service = service_choose(invocation->args->value[0], error);
	return service &&
	       sessions_set_service(invocation->app->sessions, invocation->session, service, error);
}

/* What became of a session since this position, where another pane than its own is shown. */
static void repeat_states(struct app *app, const struct session *session, uint64_t since)
{
	struct buf text = { .max = SIZE_MAX };
	const struct transcript *transcript = app->transcript;
	if (session == app->current)
		return;
	for (uint64_t at = transcript_next(transcript, since); at != TRANSCRIPT_NONE;
	     at = transcript_next(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->session != session_number(session) || entry->call != CALL_STATE)
			continue;
		buf_append_text(&text, text.len ? "; " : "");
		buf_append(&text, entry_payload(entry), entry->len);
	}
	app_note(app, "session %u: %s", (unsigned)session_number(session), buf_text(&text));
	buf_free(&text);
}

bool do_close(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	uint64_t since = transcript_newest(app->transcript);
	if (!session_close(invocation->session, error))
		return false;
	repeat_states(app, invocation->session, since);
	return true;
}

bool do_forget(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	char name[SESSION_NAME];
	if (invocation->args->value[0]) {
		size_t count = app_forget_ended(app);
		if (count)
			app_note(app, "%zu ended session%s forgotten", count,
			         count == 1 ? "" : "s");
		else
			app_note(app, "no session has ended");
		return true;
	}
	if (!invocation->session)
		return app_need_session(app, error) != NULL;
	uint32_t number = session_number(invocation->session);
	snprintf(name, sizeof name, "%s", session_name(invocation->session));
	if (!app_forget(app, invocation->session, error))
		return false;
	app_note(app, "session %u (%s) forgotten", (unsigned)number, name);
	return true;
}

bool do_abort(const struct invocation *invocation, struct error *error)
{
	return session_abort(invocation->session, error);
}

bool do_shutdown(const struct invocation *invocation, struct error *error)
{
	const char *what = invocation->args->value[0];
	int how = strcmp(what, "read") == 0    ? SHUT_RD
	          : strcmp(what, "write") == 0 ? SHUT_WR
	                                       : SHUT_RDWR;
	return session_shutdown(invocation->session, how, error);
}

bool do_reconnect(const struct invocation *invocation, struct error *error)
{
	session_set_timeout(invocation->session, invocation->app->settings.timeout);
	return reconnect_now(invocation->session, error);
}

bool do_session(const struct invocation *invocation, struct error *error)
{
	struct session *session =
	        app_find_session(invocation->app, invocation->args->value[0], error);
	if (session)
		app_select(invocation->app, session);
	return session != NULL;
}

bool do_name(const struct invocation *invocation, struct error *error)
{
	return session_rename(invocation->session, invocation->args->value[0], error);
}

bool do_quit(const struct invocation *invocation, struct error *error)
{
	if (!invocation->forced)
		return app_leave(invocation->app, "/quit", error);
	invocation->app->quit = true;
	return true;
}
