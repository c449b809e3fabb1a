// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/hosts.h"

#include <string.h>

#include "net/lookup.h"
#include "net/sandbox.h"
#include "socket/sysctl.h"

static struct sandbox *get(const struct app *app)
{
	return sessions_sandbox(app->sessions);
}

/* ---- on and off ---- */

bool hosts_can_start(struct app *app, struct error *error)
{
	if (!get(app) && !app->spare_sandbox)
		app->spare_sandbox = sandbox_new(error);
	return get(app) || app->spare_sandbox;
}

bool hosts_start(struct app *app, struct error *error)
{
	if (!hosts_can_start(app, error))
		return false;
	sessions_set_sandbox(app->sessions, app->spare_sandbox);
	app->spare_sandbox = NULL;
	return true;
}

size_t hosts_list_sessions(const struct app *app, struct buf *out)
{
	size_t count = 0;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		const struct session *session = sessions_at(app->sessions, i);
		if (session_host(session) == HOST_HERE || session_state(session) == SESSION_CLOSED ||
		    session_recording(session))
			continue;
		buf_printf(out, "%s%u %s on %s", count++ ? ", " : "", session_number(session),
		           session_name(session), host_name(session_host(session)));
	}
	return count;
}

bool hosts_stop(struct app *app, struct error *error)
{
	struct sandbox *sandbox = get(app);
	struct buf living = { .max = SIZE_MAX };
	size_t count = hosts_list_sessions(app, &living), shown = living.len;
	while (shown > 100)
		shown = (size_t)((char *)memrchr(buf_text(&living), ',', shown) - buf_text(&living));
	if (count)
		error_set(error, "the sandbox stays on: %s there, close %s first: %.*s%s",
		          count == 1 ? "a session lives" : "sessions live",
		          count == 1 ? "it" : "them", (int)shown, buf_text(&living),
		          shown < living.len ? ", …" : "");
	buf_free(&living);
	if (count)
		return false;
	sessions_set_sandbox(app->sessions, NULL);
	sandbox_free(sandbox);
	return true;
}

size_t hosts_list_changed(const struct app *app, struct buf *out)
{
	size_t count = 0;
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++) {
		const char *name;
		for (size_t i = 0; (name = sandbox_changed(get(app), host, i)); i++) {
			char value[SANDBOX_SYSCTL_VALUE];
			struct error error;
			if (sandbox_get_sysctl(get(app), host, name, value, &error))
				buf_printf(out, "%s%s.%s %s", count++ ? ", " : "", host_name(host),
				           name, value);
		}
	}
	return count;
}

/* ---- sysctls ---- */

/* Splits "left.tcp_sack" into the hosts that are meant, "both" being two, and the name, NULL if there is
 * none. Returns the number of hosts, 0 for any other setting. */
static size_t read_name(const char *text, enum host hosts[2], const char **sysctl)
{
	size_t len = strcspn(text, ".");
	bool both = len == 4 && strncmp(text, "both", len) == 0;
	size_t count = 0;
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		if (both ||
		    (len == strlen(host_name(host)) && strncmp(text, host_name(host), len) == 0))
			hosts[count++] = host;
	*sysctl = text[len] && text[len + 1] ? text + len + 1 : NULL;
	return count;
}

bool hosts_has_setting(const char *name)
{
	enum host hosts[2];
	const char *sysctl;
	return read_name(name, hosts, &sysctl) > 0;
}

/* Completes the name from the table; one that is not in it stays as it is. False, with one line, for an
 * ambiguous one. */
static bool complete(const char **sysctl, struct error *error)
{
	size_t matches, index = choice_find(&sysctl_names, *sysctl, strlen(*sysctl), &matches);
	if (matches > 1) {
		choice_fail_ambiguous(&sysctl_names, *sysctl, strlen(*sysctl), error);
		return false;
	}
	if (index != CHOICE_NONE)
		*sysctl = sysctl_table[index].name;
	return true;
}

static bool needs_sandbox(const struct app *app, const char *name, struct error *error)
{
	if (!get(app))
		error_set(error, "%.60s: the sandbox is off: /sandbox on", name);
	return get(app);
}

bool hosts_check(const char *name, bool sets, struct error *error)
{
	enum host hosts[2];
	const char *sysctl;
	read_name(name, hosts, &sysctl);
	if (sysctl || !sets)
		return !sysctl || complete(&sysctl, error);
	error_usage(error, "which sysctl of %.10s? %.10s.tcp_fastopen, for example", name, name);
	return false;
}

bool hosts_set(struct app *app, const char *name, const char *value, struct error *error)
{
	enum host hosts[2] = { HOST_LEFT };
	const char *sysctl;
	char now[SANDBOX_SYSCTL_VALUE];
	size_t count = read_name(name, hosts, &sysctl);
	if (!hosts_check(name, true, error) || !sysctl)
		return false;
	if (!needs_sandbox(app, name, error) || !complete(&sysctl, error))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!sandbox_set_sysctl(get(app), hosts[i], sysctl, value, error) ||
		    !sandbox_get_sysctl(get(app), hosts[i], sysctl, now, error))
			return false;
	app_note(app, "%s.%s is %s", count == 2 ? "both" : host_name(hosts[0]), sysctl, now);
	return true;
}

bool hosts_find(const struct app *app, const char *name, const char **sysctl, struct error *error)
{
	enum host hosts[2];
	read_name(name, hosts, sysctl);
	return needs_sandbox(app, name, error) && (!*sysctl || complete(sysctl, error));
}

/* ---- a turn ---- */

void hosts_prepare(const struct app *app, struct poller *poller)
{
	if (get(app) && !sandbox_is_over(get(app)))
		sandbox_prepare(get(app), poller);
}

void hosts_serve(struct app *app, const struct poller *poller)
{
	if (!get(app) || sandbox_is_over(get(app)))
		return;
	sandbox_serve(get(app), poller);
	if (sandbox_is_over(get(app)))
		app_error(app, "the sandbox has ended: one of its processes was killed; its "
		               "sessions reach "
		               "nothing any more: close them, then /sandbox off and on");
}
