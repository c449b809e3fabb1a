// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "app/page.h"
#include "base/alloc.h"

/* Of those sessions that are not shown as the setting says. */
struct app_view_mode {
	uint32_t session;
	struct view_mode mode;
};

/* ---- how each session is shown ---- */

static struct app_view_mode *find_mode(const struct app *app, uint32_t session)
{
	for (size_t i = 0; i < app->view_mode_count; i++)
		if (app->view_modes[i].session == session)
			return &app->view_modes[i];
	return NULL;
}

struct view_mode app_view_mode(const struct app *app, uint32_t session)
{
	const struct app_view_mode *found = find_mode(app, session);
	return found ? found->mode
	             : (struct view_mode){ .ops = view_listed((size_t)app->settings.view) };
}

void app_set_view_mode(struct app *app, uint32_t session, struct view_mode mode)
{
	app_note_seen(app);
	struct app_view_mode *found = find_mode(app, session);
	mode.all = mode.all && mode.ops->merges;
	if (session == app_shown(app))
		page_close(app);
	if (!found) {
		app->view_modes = xgrow(app->view_modes, &app->view_mode_cap, app->view_mode_count,
		                        sizeof *app->view_modes);
		found = &app->view_modes[app->view_mode_count++];
	}
	*found = (struct app_view_mode){ session, mode };
	app_note_seen(app);
}

void app_forget_view_mode(struct app *app, uint32_t session)
{
	struct app_view_mode *found = find_mode(app, session);
	if (found)
		*found = app->view_modes[--app->view_mode_count];
}

void app_next_view(struct app *app, uint32_t session)
{
	if (session == app_shown(app) && page_is_open(app)) {
		page_close(app);
		return;
	}
	struct view_mode mode = app_view_mode(app, session);
	mode.ops = view_turn(mode.ops, mode.all);
	app_set_view_mode(app, session, mode);
}

void app_toggle_fold(struct app *app)
{
	app->unfolded = !app->unfolded;
}

/* ---- the other end ---- */

static bool mirrors(const struct session *a, const struct session *b)
{
	struct endpoint a_peer = session_peer(a), a_local = session_local(a);
	struct endpoint b_peer = session_peer(b), b_local = session_local(b);
	return session_transport(a) == session_transport(b) &&
	       endpoint_reaches(&a_peer, &b_local) && endpoint_reaches(&b_peer, &a_local);
}

struct session *app_other_end(const struct app *app, const struct session *session)
{
	if (!session || session_has_clients(session))
		return NULL;
	for (size_t i = sessions_count(app->sessions); i-- > 0;) {
		struct session *other = sessions_at(app->sessions, i);
		if (other != session && mirrors(session, other))
			return other;
	}
	return NULL;
}

/* ---- what the pane shows ---- */

struct view app_view(const struct app *app, int columns)
{
	struct view_mode mode = app_view_mode(app, app_shown(app));
	const struct session *other = mode.ops->merges ? NULL : app_other_end(app, app->current);
	return (struct view){
		.ops = mode.ops,
		.transcript = app->transcript,
		.session = app_shown(app),
		.all = mode.all,
		.other = other ? session_number(other) : 0,
		.columns = columns,
		.time = app->settings.time,
		.marks = app->settings.marks,
		.fold = app->unfolded ? 0 : app->settings.fold,
		.find = app->search.marked ? app->search.text : NULL,
		.find_len = app->search.marked ? app->search.len : 0,
	};
}
