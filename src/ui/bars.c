// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/bars.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/count.h"

enum { LABEL = 96, PIECES = 10, PIECE = 64 };

const char *bars_prompt(const struct app *app, char out[BARS_PROMPT])
{
	char sign = app->literal ? '!' : '>';
	if (app->current)
		snprintf(out, BARS_PROMPT, "%" PRIu32 "%c ", session_number(app->current), sign);
	else
		snprintf(out, BARS_PROMPT, "%c ", sign);
	return out;
}

/* ---- tabs ---- */

/* Which of the sessions have a tab that fits, in their order. */
struct tabs {
	size_t first, count;
	bool before, behind; /* there are more */
};

static const char *separator(void)
{
	return text_has_unicode() ? " · " : " | ";
}

static const char *sign_of(const struct session *session)
{
	bool unicode = text_has_unicode();
	switch (session_state(session)) {
	case SESSION_RESOLVING:
	case SESSION_CONNECTING:
		return unicode ? "…" : "~";
	case SESSION_OPEN:
	case SESSION_LISTENING:
		return unicode ? "●" : "*";
	case SESSION_CLOSED:
		break;
	}
	return unicode ? "○" : "-";
}

/* A name too long for the columns loses its end, so that number, sign and count are always seen. */
static int label(const struct app *app, const struct session *session, int columns, char out[LABEL])
{
	char number[16], tail[48], size[COUNT_TEXT];
	uint64_t unread = app_unread(app, session);
	snprintf(number, sizeof number, "%" PRIu32 " ", session_number(session));
	snprintf(tail, sizeof tail, " %s%s%s", sign_of(session), unread ? " +" : "",
	         unread ? count_format(unread, size) : "");
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

/* Columns that a bar may fill with labels: a blank or '<' in front, a blank or '>' behind. */
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
	tabs.behind = tabs.first + tabs.count < all;
	return tabs;
}

static void add(struct row *row, const char *text, int columns, enum style style)
{
	row_add_text(row, text, strlen(text), columns, style);
}

void bars_tabs(const struct app *app, int columns, struct row *row)
{
	char text[LABEL];
	row_clear(row);
	if (sessions_count(app->sessions) == 0) {
		add(row, " no session: /open HOST PORT, /listen PORT", columns, STYLE_TEXT);
		return;
	}
	struct tabs tabs = choose_tabs(app, columns);
	add(row, tabs.before ? "<" : " ", columns, STYLE_TEXT);
	for (size_t i = 0; i < tabs.count; i++) {
		const struct session *session = sessions_at(app->sessions, tabs.first + i);
		label(app, session, room_of(columns), text);
		if (i > 0)
			add(row, separator(), columns, STYLE_TEXT);
		add(row, text, columns, session == app->current ? STYLE_NOTE : STYLE_TEXT);
	}
	if (tabs.behind)
		add(row, " >", columns, STYLE_TEXT);
}

uint32_t bars_tab_at(const struct app *app, int columns, int column)
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

/* ---- status ---- */

/* Pieces are added in the order in which they are shown; where not all fit, those with the highest
 * rank go. */
struct pieces {
	struct piece {
		char text[PIECE];
		enum style style;
		int rank;
	} piece[PIECES];
	size_t count;
};

static void add_piece(struct pieces *pieces, int rank, enum style style, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

static void add_piece(struct pieces *pieces, int rank, enum style style, const char *format, ...)
{
	if (pieces->count == PIECES)
		return;
	struct piece *piece = &pieces->piece[pieces->count++];
	piece->rank = rank;
	piece->style = style;
	va_list args;
	va_start(args, format);
	vsnprintf(piece->text, sizeof piece->text, format, args);
	va_end(args);
}

static int pieces_columns(const struct pieces *pieces)
{
	int columns = 0;
	for (size_t i = 0; i < pieces->count; i++) {
		const char *text = pieces->piece[i].text;
		columns += (i > 0 ? 2 : 1) + text_columns(text, strlen(text));
	}
	return columns;
}

static void drop_least(struct pieces *pieces)
{
	size_t least = 0;
	for (size_t i = 1; i < pieces->count; i++)
		if (pieces->piece[i].rank > pieces->piece[least].rank)
			least = i;
	pieces->count--;
	memmove(&pieces->piece[least], &pieces->piece[least + 1],
	        (pieces->count - least) * sizeof pieces->piece[least]);
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static bool is_datagrams(const struct session *session)
{
	return session_kind(session) == SESSION_UDP;
}

static void add_state(struct pieces *pieces, const struct session *session)
{
	const char *state = session_state_name(session);
	if (!is_datagrams(session))
		add_piece(pieces, 0, STYLE_STATE, "tcp %s", state);
	else if (strcmp(state, "UDP") == 0)
		add_piece(pieces, 0, STYLE_STATE, "udp");
	else
		add_piece(pieces, 0, STYLE_STATE, "udp %s", state);
}

static void add_server(struct pieces *pieces, const struct session *session)
{
	const struct service *service = session_service(session);
	if (session_is_server(session) && service)
		add_piece(pieces, 2, STYLE_TEXT, "service %s", service->name);
	size_t clients = session_clients(session), peers = session_peer_count(session);
	if (session_kind(session) == SESSION_LISTENER)
		add_piece(pieces, 3, STYLE_TEXT, "%zu client%s", clients, plural(clients));
	else if (is_datagrams(session))
		add_piece(pieces, 3, STYLE_TEXT, "%zu peer%s", peers, plural(peers));
}

/* A listener has neither queue nor bytes. */
static void add_traffic(struct pieces *pieces, const struct session *session)
{
	if (session_kind(session) == SESSION_LISTENER)
		return;
	const struct session_counts *counts = session_counts(session);
	char sent[COUNT_TEXT], received[COUNT_TEXT], size[COUNT_TEXT];
	size_t unsent = session_unsent(session);
	count_format(unsent, size);
	if (unsent)
		add_piece(pieces, 1, STYLE_NOTE, "unsent %s", size);
	else if (!is_datagrams(session))
		add_piece(pieces, 5, STYLE_TEXT, "unsent %s", size);
	count_format(counts->sent_bytes, sent);
	count_format(counts->received_bytes, received);
	add_piece(pieces, 4, STYLE_TEXT, text_has_unicode() ? "↑%s ↓%s" : "sent %s received %s",
	          sent, received);
}

static void collect(const struct app *app, const char *mode, struct pieces *pieces)
{
	const struct session *session = app->current;
	if (session) {
		add_state(pieces, session);
		add_server(pieces, session);
		add_traffic(pieces, session);
	}
	add_piece(pieces, 6, STYLE_TEXT, "%s", eol_label(app->settings.eol));
	add_piece(pieces, 7, STYLE_TEXT, "chat");
	if (*mode)
		add_piece(pieces, 1, STYLE_NOTE, "%s", mode);
}

void bars_status(const struct app *app, const char *mode, int columns, struct row *row)
{
	struct pieces pieces = { .count = 0 };
	row_clear(row);
	collect(app, mode, &pieces);
	while (pieces.count > 1 && pieces_columns(&pieces) > columns)
		drop_least(&pieces);
	for (size_t i = 0; i < pieces.count; i++) {
		add(row, i > 0 ? "  " : " ", columns, STYLE_TEXT);
		add(row, pieces.piece[i].text, columns, pieces.piece[i].style);
	}
}
