// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tab_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/count.h"

enum { LABEL = 96 };

/* The sessions whose tabs fit. */
struct tabs {
	size_t first, count;
	bool before, after; /* there are more */
};

static const char *sign_of(const struct session *session)
{
	bool unicode = text_has_unicode();
	switch (session_state(session)) {
	case SESSION_RESOLVING:
	case SESSION_FRESH:
	case SESSION_CONNECTING:
		return unicode ? "…" : "~";
	case SESSION_OPEN:
	case SESSION_LISTENING:
		return unicode ? "●" : "*";
	case SESSION_CLOSED:
		if (session_opens_again(session, NULL) || session_is_closing(session))
			return unicode ? "…" : "~";
		break;
	}
	return unicode ? "○" : "-";
}

/* A long name is cut, so that number, host, sign and count are always there. */
static int label(const struct app *app, const struct session *session, int columns, char out[LABEL])
{
	char number[16], tail[56], size[COUNT_TEXT];
	uint64_t unread = app_unread(app, session);
	enum host host = session_host(session);
	snprintf(number, sizeof number, "%" PRIu32 " ", session_number(session));
	snprintf(tail, sizeof tail, "%s%s %s%s%s", host == HOST_HERE ? "" : "@", host_name(host),
	         sign_of(session), unread ? " +" : "", unread ? count_format(unread, size) : "");
	const char *name = session_name(session);
	int room =
	        columns - text_columns(number, strlen(number)) - text_columns(tail, strlen(tail));
	size_t len = strlen(name);
	while (len > 0 && text_columns(name, len) > room)
		len = text_whole(name, len - 1);
	snprintf(out, LABEL, "%s%.*s%s", number, (int)len, name, tail);
	return text_columns(out, strlen(out));
}

static size_t current_index(const struct app *app)
{
	size_t count = sessions_count(app->sessions);
	for (size_t i = 0; i < count; i++)
		if (sessions_at(app->sessions, i) == app->current)
			return i;
	return 0;
}

/* Columns for labels, after a blank or '<', and before a blank or '>'. */
static int room_of(int columns)
{
	return columns > 4 ? columns - 4 : 1;
}

static int width_of(const struct app *app, size_t index, int room)
{
	char text[LABEL];
	return label(app, sessions_at(app->sessions, index), room, text);
}

/* Grows around the current one, to the right first. */
static struct tabs choose_tabs(const struct app *app, int columns)
{
	size_t all = sessions_count(app->sessions);
	struct tabs tabs = { .first = current_index(app), .count = all ? 1 : 0 };
	int room = room_of(columns), used = all ? width_of(app, tabs.first, room) : 0;
	bool grown = all > 0;
	while (grown) {
		grown = false;
		size_t next = tabs.first + tabs.count;
		int more = next < all ? 3 + width_of(app, next, room) : 0;
		if (more > 0 && used + more <= room) {
			used += more;
			tabs.count++;
			grown = true;
		}
		more = tabs.first > 0 ? 3 + width_of(app, tabs.first - 1, room) : 0;
		if (more > 0 && used + more <= room) {
			used += more;
			tabs.first--;
			tabs.count++;
			grown = true;
		}
	}
	tabs.before = tabs.first > 0;
	tabs.after = tabs.first + tabs.count < all;
	return tabs;
}

void tab_line_draw(const struct app *app, int columns, struct row *row)
{
	char text[LABEL];
	row_clear(row);
	if (sessions_count(app->sessions) == 0) {
		const char *whole = " no session: /open HOST PORT, /listen PORT";
		bool fits = strlen(whole) <= (size_t)columns;
		row_put(row, fits ? whole : " no session: /open HOST PORT", columns, STYLE_TEXT);
		return;
	}
	struct tabs tabs = choose_tabs(app, columns);
	row_put(row, tabs.before ? "<" : " ", columns, STYLE_TEXT);
	for (size_t i = 0; i < tabs.count; i++) {
		const struct session *session = sessions_at(app->sessions, tabs.first + i);
		label(app, session, room_of(columns), text);
		if (i > 0)
			row_put(row, text_has_unicode() ? " · " : " | ", columns, STYLE_FAINT);
		row_put(row, text, columns, session == app->current ? STYLE_CURRENT : STYLE_TEXT);
	}
	if (tabs.after)
		row_put(row, " >", columns, STYLE_TEXT);
}

uint32_t tab_line_session_at(const struct app *app, int columns, int column)
{
	struct tabs tabs = choose_tabs(app, columns);
	int x = 1;
	for (size_t i = 0; i < tabs.count; i++) {
		int width = width_of(app, tabs.first + i, room_of(columns));
		if (column >= x && column < x + width)
			return session_number(sessions_at(app->sessions, tabs.first + i));
		x += width + 3;
	}
	return 0;
}
