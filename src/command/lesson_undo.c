// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/lesson_undo.h"

#include <stdlib.h>
#include <string.h>

#include "app/hosts.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "command/command.h"
#include "command/grammar.h"
#include "net/cable_loop.h"
#include "net/sandbox.h"

struct lesson_change {
	enum { CHANGE_SETTING, CHANGE_SESSION, CHANGE_SYSCTL, CHANGE_CABLE } kind;
	char *name;                  /* of the setting, or the sysctl */
	uint32_t session;            /* whose setting it is */
	enum host host;              /* whose sysctl it is */
	char *before, *after;        /* its values; after: NULL while the line runs */
	struct cable_settings cable; /* before */
};

/* ---- values ---- */

static struct cable_link *cable_of(const struct app *app)
{
	struct sandbox *sandbox = sessions_sandbox(app->sessions);
	return sandbox ? sandbox_cable(sandbox) : NULL;
}

/* NULL if it is there no more. The caller frees it. */
static char *value_of(const struct lesson_change *change, const struct app *app)
{
	struct error ignored;
	struct settings settings = app->settings;
	struct cable_settings cable;
	uint32_t seen[CABLE_RULES];
	char sysctl[SANDBOX_SYSCTL_VALUE];
	struct buf text = { .max = SIZE_MAX };
	struct sandbox *sandbox = sessions_sandbox(app->sessions);
	const struct session *session = change->kind == CHANGE_SESSION
	                                        ? sessions_numbered(app->sessions, change->session)
	                                        : NULL;
	const struct setting *setting =
	        change->kind <= CHANGE_SESSION ? setting_find(change->name, &ignored) : NULL;
	bool there = false;
	switch (change->kind) {
	case CHANGE_SETTING:
		there = setting;
		break;
	case CHANGE_SESSION:
		there = setting && session && setting_take(setting, &settings, session);
		break;
	case CHANGE_SYSCTL:
		there = sandbox &&
		        sandbox_get_sysctl(sandbox, change->host, change->name, sysctl, &ignored);
		break;
	case CHANGE_CABLE:
		there = sandbox;
		break;
	}
	if (there && setting) {
		setting_print(setting, &settings, &text);
	} else if (there && change->kind == CHANGE_SYSCTL) {
		buf_append_text(&text, sysctl);
	} else if (there) {
		cable_link_settings(sandbox_cable(sandbox), &cable, seen);
		cable_print(&cable, &text);
	}
	char *value = there ? xstrdup(buf_text(&text)) : NULL;
	buf_free(&text);
	return value;
}

/* For new sessions only: app_set() gives it to the current one, too. */
static void put_setting(struct app *app, const struct lesson_change *change)
{
	struct error ignored;
	struct session *current = app->current;
	app->current = NULL;
	app_set(app, change->name, change->before, &ignored);
	app->current = current;
}

static void put_back(const struct lesson_change *change, struct app *app)
{
	struct error ignored;
	struct session *session;
	switch (change->kind) {
	case CHANGE_SETTING:
		put_setting(app, change);
		break;
	case CHANGE_SESSION:
		session = sessions_numbered(app->sessions, change->session);
		app_set_session(app, session, change->name, change->before, &ignored);
		break;
	case CHANGE_SYSCTL:
		sandbox_set_sysctl(sessions_sandbox(app->sessions), change->host, change->name,
		                   change->before, &ignored);
		break;
	case CHANGE_CABLE:
		cable_link_set(cable_of(app), &change->cable, &ignored);
		break;
	}
}

/* ---- lines ---- */

static void add(struct lesson_undo *undo, struct app *app, struct lesson_change change,
                const char *name)
{
	uint32_t seen[CABLE_RULES];
	change.name = xstrdup(name);
	change.before = value_of(&change, app);
	if (!change.before) {
		free(change.name);
		return;
	}
	if (change.kind == CHANGE_CABLE)
		cable_link_settings(cable_of(app), &change.cable, seen);
	undo->list = xgrow(undo->list, &undo->cap, undo->count, sizeof *undo->list);
	undo->list[undo->count++] = change;
}

static void add_sysctl(struct lesson_undo *undo, struct app *app, const char *name)
{
	struct error ignored;
	const char *whole;
	size_t len = strcspn(name, ".");
	if (!undo->sandbox || !hosts_find(app, name, &whole, &ignored) || !whole)
		return;
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++) {
		const char *word = host_name(host);
		bool meant = strncmp(name, "both.", len + 1) == 0 ||
		             (strlen(word) == len && strncmp(name, word, len) == 0);
		if (meant)
			add(undo, app,
			    (struct lesson_change){ .kind = CHANGE_SYSCTL, .host = host }, whole);
	}
}

static void add_setting(struct lesson_undo *undo, struct app *app, const char *name)
{
	struct error ignored;
	const struct setting *setting = setting_find(name, &ignored);
	if (!setting)
		return;
	struct lesson_change change = { .kind = CHANGE_SETTING };
	add(undo, app, change, setting->name);
	if (!app->current || session_number(app->current) > undo->session)
		return; /* the lesson's own goes with it */
	change.kind = CHANGE_SESSION;
	change.session = session_number(app->current);
	add(undo, app, change, setting->name);
}

void lesson_undo_before(struct lesson_undo *undo, struct app *app, const char *line)
{
	struct error ignored;
	char *word = word_take(&line);
	const struct command *command =
	        word && *word == '/' ? command_find(word + 1, strlen(word + 1), &ignored) : NULL;
	undo->fresh = undo->count;
	if (command && strcmp(command->name, "try") == 0) {
		lesson_undo_before(undo, app, line);
	} else if (command && strcmp(command->name, "cable") == 0 && undo->sandbox) {
		add(undo, app, (struct lesson_change){ .kind = CHANGE_CABLE }, "");
	} else if (command && strcmp(command->name, "set") == 0) {
		char *name = word_take(&line);
		if (name && hosts_has_setting(name))
			add_sysctl(undo, app, name);
		else if (name && *name != '@') /* of a session of the lesson */
			add_setting(undo, app, name);
		free(name);
	}
	free(word);
}

static void drop(struct lesson_change *change)
{
	free(change->name);
	free(change->before);
	free(change->after);
}

void lesson_undo_after(struct lesson_undo *undo, struct app *app)
{
	size_t kept = undo->fresh;
	for (size_t i = undo->fresh; i < undo->count; i++) {
		struct lesson_change *change = &undo->list[i];
		change->after = value_of(change, app);
		if (change->after && strcmp(change->before, change->after) != 0)
			undo->list[kept++] = *change;
		else
			drop(change);
	}
	undo->count = undo->fresh = kept;
}

void lesson_undo_all(struct lesson_undo *undo, struct app *app)
{
	lesson_undo_after(undo, app); /* of a line that still runs */
	while (undo->count > 0) {
		struct lesson_change *change = &undo->list[--undo->count];
		char *now = value_of(change, app);
		if (now && strcmp(now, change->after) == 0)
			put_back(change, app);
		free(now);
		drop(change);
	}
	undo->fresh = 0;
}

void lesson_undo_free(struct lesson_undo *undo)
{
	for (size_t i = 0; i < undo->count; i++)
		drop(&undo->list[i]);
	free(undo->list);
	*undo = (struct lesson_undo){ 0 };
}
