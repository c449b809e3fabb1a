// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "net/session_internal.h"
#include "socket/errno_meaning.h"
#include "socket/sockopt.h"

/* ---- refusals ---- */

static bool refuse(const char *call, int level, int number, int code, struct error *error)
{
	const struct sockopt *option = sockopt_numbered(level, number);
	const char *why = errno_meaning_phrase(call, code, 0);
	if (option)
		error_set(error, "%s(%s) = -1 %s: %s", call, option->name, error_name(code), why);
	else
		error_set(error, "%s(%d, %d) = -1 %s: %s", call, level, number, error_name(code),
		          why);
	error->code = code;
	return false;
}

static bool has_socket(const struct session *session, struct error *error)
{
	if (session->fd_count)
		return true;
	if (!session_refuse_closed(session, error))
		error_set(error, "session %u has no socket yet", (unsigned)session->caller.session);
	return false;
}

/* ---- getting ---- */

static bool fits(const struct session *session, unsigned slot, int level, int number)
{
	const struct sockopt *option = sockopt_numbered(level, number);
	unsigned sort = sockopt_sort(session->transport, session->family[slot]);
	return !option || sockopt_is_of(option, sort & (SOCKOPT_IPV4 | SOCKOPT_IPV6));
}

/* An option of one address family is for the sockets of that family, where the session has any. */
static bool takes(const struct session *session, unsigned slot, int level, int number)
{
	for (unsigned i = 0; i < session->fd_count; i++)
		if (fits(session, i, level, number))
			return fits(session, slot, level, number);
	return true;
}

static bool get(const struct session *session, const struct caller *caller, int level, int number,
                void *value, size_t *len, struct error *error)
{
	if (!has_socket(session, error))
		return false;
	unsigned slot = 0;
	while (!takes(session, slot, level, number))
		slot++;
	if (call_get_bytes(caller, session->fd[slot], level, number, value, len) < 0)
		return refuse("getsockopt", level, number, errno, error);
	return true;
}

bool option_get(struct session *session, int level, int number, void *value, size_t *len,
                struct error *error)
{
	return get(session, &session->caller, level, number, value, len, error);
}

bool option_peek(struct session *session, int level, int number, void *value, size_t *len,
                 struct error *error)
{
	struct caller caller = session->caller;
	caller.flags |= ENTRY_WATCHING;
	caller.observer = NULL;
	return get(session, &caller, level, number, value, len, error);
}

/* ---- setting ---- */

/* Any byte that is not zero: an int, or what a system makes of a shorter value. */
static bool is_switched_on(const void *value, size_t len)
{
	const char *bytes = value;
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return true;
	return false;
}

/* TCP_NODELAY and TCP_CORK say what sending waits for; with SO_LINGER and a time close() would sleep. */
void option_note(struct session *session, int level, int number, const void *value, size_t len)
{
	struct linger linger;
	const struct sockopt *option = sockopt_numbered(level, number);
	if (option && strcmp(option->name, "TCP_NODELAY") == 0)
		session->nodelay = is_switched_on(value, len);
	else if (option && strcmp(option->name, "TCP_CORK") == 0)
		session->corked = is_switched_on(value, len);
	if (level == SOL_SOCKET && number == SO_LINGER && len == sizeof linger) {
		memcpy(&linger, value, sizeof linger);
		session->lingers = linger.l_onoff && linger.l_linger > 0;
	}
	if (session->ops->option_set)
		session->ops->option_set(session, level, number, is_switched_on(value, len));
}

/* ---- for the next socket ---- */

struct kept_option {
	struct kept_option *next; /* in the order in which they were set */
	int level, number;
	bool preset;
	size_t len;
	char value[SOCKOPT_MAX];
};

static struct kept_option *keep(struct session *session, int level, int number, const void *value,
                                size_t len)
{
	struct kept_option **at = &session->kept;
	while (*at && ((*at)->level != level || (*at)->number != number))
		at = &(*at)->next;
	if (!*at)
		*at = xcalloc(1, sizeof **at);
	(*at)->level = level;
	(*at)->number = number;
	(*at)->len = len;
	memcpy((*at)->value, value, len);
	(*at)->preset = false;
	return *at;
}

void option_preset(struct session *session, const struct session_preset *preset)
{
	keep(session, preset->level, preset->number, &preset->value, sizeof preset->value)->preset =
	        true;
}

void option_default(struct session *session, int fd, int level, int number, int value)
{
	const struct kept_option *kept = session->kept;
	while (kept && (kept->level != level || kept->number != number))
		kept = kept->next;
	if (!kept && call_set_option(&session->caller, fd, level, number, value) == 0)
		option_note(session, level, number, &value, sizeof value);
}

bool option_was_set(const struct session *session, int level, int number)
{
	const struct kept_option *kept = session->kept;
	while (kept && (kept->level != level || kept->number != number))
		kept = kept->next;
	return kept && !kept->preset;
}

bool option_is_set(const struct session *session, enum control control)
{
	for (const struct kept_option *kept = session->kept; kept; kept = kept->next)
		if (control_is_option(control, kept->level, kept->number))
			return true;
	return false;
}

void option_forget(struct session *session)
{
	for (struct kept_option *kept = session->kept, *next; kept; kept = next) {
		next = kept->next;
		free(kept);
	}
	session->kept = NULL;
}

/* A preset is for sockets of either family, and says nothing of those that have no such option; what a
 * person has set on one of a session's sockets, too, but on one of IPv6 it may mean mapped addresses. */
static bool is_elsewhere(const struct session *session, const struct kept_option *kept)
{
	unsigned slot = session->fd_count - 1;
	return (kept->preset || session->family[slot] == AF_INET) &&
	       !fits(session, slot, kept->level, kept->number);
}

void option_restore(struct session *session, int fd)
{
	struct error error;
	for (const struct kept_option *kept = session->kept; kept; kept = kept->next) {
		if (is_elsewhere(session, kept))
			continue;
		if (call_set_bytes(&session->caller, fd, kept->level, kept->number, kept->value,
		                   kept->len) < 0) {
			refuse("setsockopt", kept->level, kept->number, errno, &error);
			session_report(session, ENTRY_ERROR, "%s%s",
			               kept->preset ? "" : "an option is not kept: ", error.text);
			continue;
		}
		option_note(session, kept->level, kept->number, kept->value, kept->len);
	}
}

/* ---- setting by a person ---- */

bool option_set(struct session *session, int level, int number, const void *value, size_t len,
                struct error *error)
{
	int code = 0;
	if (!has_socket(session, error))
		return false;
	for (unsigned i = 0; i < session->fd_count; i++)
		if (takes(session, i, level, number) &&
		    call_set_bytes(&session->caller, session->fd[i], level, number, value, len) < 0 &&
		    code == 0)
			code = errno;
	if (code)
		return refuse("setsockopt", level, number, code, error);
	option_note(session, level, number, value, len);
	if (session->open_parameters && !session->stepped && len <= SOCKOPT_MAX)
		keep(session, level, number, value, len);
	return true;
}
