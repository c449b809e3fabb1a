// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "view/code/code.h"
#include "view/page/info.h"
#include "view/page/states.h"
#include "view/page/stream.h"

#define OFTEN (CLOCK_S / 10)

/* Of a program, which is made anew for each frame, so much is shown. */
enum { CODE_CALLS = 1000, CODE_BYTES = 128 << 10 };

/* ---- names ---- */

void app_toggle_page(struct app *app, enum page page)
{
	app->page = app->page == page ? PAGE_NONE : page;
}

const char *app_page_name(enum page page)
{
	static const char *const names[] = {
		[PAGE_NONE] = "",         [PAGE_INFO] = "info",     [PAGE_STATES] = "states",
		[PAGE_STREAM] = "stream", [PAGE_PYTHON] = "python", [PAGE_C] = "c",
		[PAGE_COUNT] = "",
	};
	return names[page];
}

/* F2 leads from any page back to the view. */
const char *page_key(enum page page)
{
	static const char *const keys[] = {
		[PAGE_NONE] = "",     [PAGE_INFO] = "F5",   [PAGE_STATES] = "F6",
		[PAGE_STREAM] = "F7", [PAGE_PYTHON] = "F2", [PAGE_C] = "F2",
		[PAGE_COUNT] = "",
	};
	return keys[page];
}

/* ---- facts ---- */

static enum snapshot_kind kind_of(const struct session *session)
{
	switch (session_kind(session)) {
	case SESSION_UDP:
		return SNAPSHOT_DATAGRAMS;
	case SESSION_LISTENER:
		return SNAPSHOT_LISTENER;
	case SESSION_TCP:
		break;
	}
	return SNAPSHOT_STREAM;
}

static bool has_socket(const struct session *session)
{
	return session_state(session) != SESSION_CLOSED &&
	       session_state(session) != SESSION_RESOLVING;
}

void page_snapshot(const struct session *session, struct snapshot *snapshot)
{
	const struct session_counts *counts = session_counts(session);
	const struct service *service = session_service(session);
	bool listens = session_kind(session) == SESSION_LISTENER;
	*snapshot = (struct snapshot){
		.kind = kind_of(session),
		.session = session_number(session),
		.name = session_name(session),
		.local = session_local(session),
		.peer = session_peer(session),
		.sample = *session_sample(session),
		.age = clock_now() - session_read_at(session),
		.told = session_tcp_state(session),
		.open = has_socket(session),
		.accepted = session_is_accepted(session),
		.paused = session_is_paused(session),
		.at_end = session_peer_closed(session),
		.sent = counts->sent_bytes,
		.received = counts->received_bytes,
		.sends = counts->sends,
		.receives = counts->receives,
		.refused = counts->refused,
		.unsent = session_unsent(session),
		.others = listens ? session_clients(session) : session_peer_count(session),
		.service = session_is_server(session) && service ? service->name : NULL,
	};
	size_t count = session_socket_count(session);
	for (size_t i = 0; count > 1 && i < count && i < SNAPSHOT_SOCKETS; i++) {
		struct snapshot_socket *socket = &snapshot->sockets[snapshot->socket_count++];
		socket->sample = *session_socket_reading(session, i, &socket->local);
	}
}

/* ---- pulse ---- */

static int64_t shorter(int64_t a, int64_t b)
{
	return !a || (b && b < a) ? b : a;
}

/* The status line leaves the keepalive timer away. */
static int64_t countdown_pulse(const struct session *session, bool page)
{
	struct snapshot snapshot;
	int64_t left;
	page_snapshot(session, &snapshot);
	enum sample_timer timer = snapshot_timer(&snapshot, &left);
	if (timer == TIMER_OFF || (timer == TIMER_KEEPALIVE && !page))
		return 0;
	return snapshot_left_pulse(left);
}

/* A state that only its timer ends is as slow as that. */
static int64_t end_pulse(const struct session *session)
{
	int64_t countdown = countdown_pulse(session, true);
	if (countdown)
		return countdown;
	return session_is_unsettled(session) ? OFTEN : 0;
}

static bool is_alive(enum page page)
{
	return page == PAGE_INFO || page == PAGE_STATES || page == PAGE_STREAM;
}

int64_t page_pulse(const struct app *app)
{
	const struct session *session = app->current;
	int64_t since;
	if (!session)
		return 0;
	int64_t left;
	if (session_waiting(session, &since))
		return OFTEN;
	if (session_opens_again(session, &left))
		return snapshot_left_pulse(left);
	if (!is_alive(app->page))
		return countdown_pulse(session, false);
	const struct session *other = app_other_end(app, session);
	return shorter(end_pulse(session), other ? end_pulse(other) : 0);
}

/* ---- the pages ---- */

static struct session *look_at_both(const struct app *app)
{
	struct session *other = app_other_end(app, app->current);
	sessions_look(app->sessions, app->current);
	if (other)
		sessions_look(app->sessions, other);
	return other;
}

static void fill_info(const struct app *app, int columns, struct rows *rows)
{
	struct snapshot mine, his;
	const struct session *other = look_at_both(app);
	page_snapshot(app->current, &mine);
	if (other)
		page_snapshot(other, &his);
	info_draw(&mine, other ? &his : NULL, columns, rows);
}

static void fill_states(const struct app *app, int columns, int height, struct rows *rows)
{
	struct states_end mine = { .visited = 0 }, his = { .visited = 0 };
	const struct session *other = look_at_both(app);
	page_snapshot(app->current, &mine.snapshot);
	states_trace(&mine, app->transcript);
	if (other) {
		page_snapshot(other, &his.snapshot);
		states_trace(&his, app->transcript);
	}
	states_draw(&mine, other ? &his : NULL, columns, height, rows);
}

static void fill_stream(const struct app *app, int columns, struct rows *rows)
{
	const struct session *other = look_at_both(app);
	struct view view = app_view(app, columns);
	view.other = other ? session_number(other) : 0;
	stream_draw(&view, rows);
}

/* ---- code ---- */

static void add_words(struct rows *rows, const char *text, int columns, enum style style)
{
	row_add_text(rows_add(rows), text, strlen(text), columns, style);
}

/* A line that is too long for its row goes on in the next, marked as that. */
static void add_line(struct rows *rows, const char *line, size_t len, int columns)
{
	const char *more = text_has_unicode() ? "  … " : "  > ";
	struct row *row = rows_add(rows);
	struct glyph glyph;
	for (size_t at = 0; at < len;) {
		at += text_glyph(line + at, len - at, row->columns, &glyph);
		if (row->columns + glyph.width > columns) {
			row = rows_add(rows);
			row_add_text(row, more, strlen(more), columns, STYLE_FAINT);
		}
		row_add_glyph(row, &glyph, glyph.mark ? STYLE_MARK : STYLE_TEXT);
	}
}

static void add_lines(struct rows *rows, const char *text, size_t len, int columns)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;
		add_line(rows, text, line, columns);
		line += end != NULL;
		text += line;
		len -= line;
	}
}

/* Into a memory of one size: a longer program ends where that is full. A program has no NUL. */
static void fill_code(const struct app *app, enum code_language language, int columns,
                      struct rows *rows)
{
	struct error error = { .text = "no memory for it" };
	char *memory = xcalloc(CODE_BYTES, 1);
	FILE *file = fmemopen(memory, CODE_BYTES, "w");
	bool whole = false;
	bool done = file && code_write_begin(app->transcript, session_number(app->current),
	                                     language, CODE_CALLS, file, &whole, &error);
	whole = file && fclose(file) == 0 && done && whole;
	size_t len = strnlen(memory, CODE_BYTES);
	add_lines(rows, memory, len, columns);
	if (!len)
		add_words(rows, error.text, columns, STYLE_ERROR);
	else if (!whole)
		add_words(rows, "... and so on: /code with a file writes all of it", columns,
		          STYLE_NOTE);
	free(memory);
}

void app_fill_page(struct app *app, int columns, int height, struct rows *rows)
{
	struct error error;
	rows_clear(rows);
	if (!app_need_session(app, &error)) {
		add_words(rows, error.text, columns, STYLE_NOTE);
		return;
	}
	switch (app->page) {
	case PAGE_INFO:
		fill_info(app, columns, rows);
		break;
	case PAGE_STATES:
		fill_states(app, columns, height, rows);
		break;
	case PAGE_STREAM:
		fill_stream(app, columns, rows);
		break;
	case PAGE_PYTHON:
		fill_code(app, CODE_PYTHON, columns, rows);
		break;
	case PAGE_C:
		fill_code(app, CODE_C, columns, rows);
		break;
	case PAGE_NONE:
	case PAGE_COUNT:
		break;
	}
}
