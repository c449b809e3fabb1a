// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/auto_log.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { TRIES = 100 }; /* names of one session that may be in use */

/* "20261128-180102-3-127.0.0.1_7001": when the session began, its number and name. */
static void print_name(const struct app *app, const struct session *session, struct buf *out)
{
	char when[32];
	uint64_t first = transcript_begin(app->transcript, session_number(session));
	const struct entry *entry = transcript_at(app->transcript, first);
	const struct tm parts = clock_local(entry ? entry->time : clock_now());
	strftime(when, sizeof when, "%Y%m%d-%H%M%S", &parts);
	buf_printf(out, "%s-%u-", when, (unsigned)session_number(session));
	for (const char *p = session_name(session); *p; p++)
		buf_append(out, isalnum((unsigned char)*p) || strchr(".-+", *p) ? p : "_", 1);
}

static bool open_log(struct app *app, const struct session *session, struct error *error)
{
	struct buf name = { .max = SIZE_MAX };
	bool good = false;
	error->code = EEXIST;
	buf_printf(&name, "%s/", app->settings.auto_log);
	print_name(app, session, &name);
	for (int i = 1; !good && error->code == EEXIST && i <= TRIES; i++) {
		char suffix[16] = "";
		if (i > 1)
			snprintf(suffix, sizeof suffix, "-%d", i);
		char *path = xasprintf("%s%s.log", buf_text(&name), suffix);
		struct log_request request = {
			.path = path,
			.session = session_number(session),
			.past = true,
			.automatic = true,
		};
		error->code = 0;
		good = logs_open(app->logs, &request, error);
		free(path);
	}
	buf_free(&name);
	return good;
}

/* A failure is reported once, until a log has been opened again. */
void auto_log_prepare(struct app *app)
{
	struct error error;
	size_t count = sessions_count(app->sessions);
	logs_close_gone(app->logs);
	if (!app->settings.auto_log[0]) {
		app->auto_logged = 0;
		return;
	}
	size_t first = count;
	while (first && session_number(sessions_at(app->sessions, first - 1)) > app->auto_logged)
		first--;
	for (size_t i = first; i < count; i++) {
		const struct session *session = sessions_at(app->sessions, i);
		bool has_one = session_recording(session) || /* its log is somewhere else */
		               logs_has_automatic(app->logs, session_number(session));
		bool good = has_one || open_log(app, session, &error);
		if (!good && !app->auto_log_failed)
			app_log_failed(app, &error);
		app->auto_log_failed = !good;
		app->auto_logged = session_number(session);
	}
}
