// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/status_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/page.h"
#include "app/replay.h"
#include "app/session_snapshot.h"
#include "base/clock.h"
#include "base/count.h"

enum { PIECES = 24, PIECE = 64, LEAST_RANK = 10, FILTER_COLUMNS = 28 };

/* Pieces in the order in which they are shown; if not all fit, those with a high rank are left
 * out. */
struct pieces {
	struct piece {
		char text[PIECE];
		enum style style;
		int rank;
		bool kept;
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

/* By rank, as long as they fit, with two blanks before each; the first one has one. */
static void choose(struct pieces *pieces, int columns)
{
	int room = columns + 1;
	for (int rank = 0; rank <= LEAST_RANK; rank++)
		for (size_t i = 0; i < pieces->count; i++) {
			struct piece *piece = &pieces->piece[i];
			int needed = 2 + text_columns(piece->text, strlen(piece->text));
			piece->kept = piece->rank == rank ? needed <= room : piece->kept;
			if (piece->rank == rank && piece->kept)
				room -= needed;
		}
}

static void add_state(struct pieces *pieces, const struct snapshot *snapshot)
{
	char state[SNAPSHOT_STATE], timer[SNAPSHOT_TIMER];
	snapshot_format_state(snapshot, state);
	const char *name = snapshot->tls ? "tls" : transport_name(snapshot->transport);
	enum tcp_state now = snapshot_state(snapshot);
	if (now == STATE_DATAGRAMS || now == STATE_MESSAGES)
		add_piece(pieces, 0, STYLE_STATE, "%s", name);
	else
		add_piece(pieces, 0, STYLE_STATE, "%s %s", name, state);
	if (snapshot->tls_unverified)
		add_piece(pieces, 0, STYLE_ERROR, "verify off");
	if (snapshot->tls_handshake)
		add_piece(pieces, 1, STYLE_NOTE, "handshake %s",
		          snapshot_format_left(snapshot->tls_elapsed, timer));
	if (snapshot->opening)
		add_piece(pieces, 5, STYLE_NOTE, "Ctrl-C cancels");
	int64_t left;
	if (snapshot_timer(snapshot, &left) == TIMER_KEEPALIVE)
		return;
	snapshot_format_timer(snapshot, timer);
	if (*timer)
		add_piece(pieces, 2, STYLE_STATE, "%s", timer);
}

/* Each socket has a queue of its own: "queue 2+0/4096". */
static void add_queue(struct pieces *pieces, const struct snapshot *snapshot)
{
	char queues[PIECE] = "";
	size_t len = 0;
	for (size_t i = 0; i < snapshot_socket_count(snapshot) && len < sizeof queues; i++)
		len += (size_t)snprintf(queues + len, sizeof queues - len, "%s%" PRIu64,
		                        i ? "+" : "",
		                        sample_get(snapshot_socket(snapshot, i), SAMPLE_QUEUE));
	add_piece(pieces, 2, snapshot_queue_is_full(snapshot) ? STYLE_ERROR : STYLE_TEXT,
	          "queue %s/%" PRIu64, queues, sample_queue_most(&snapshot->sample));
}

/* Its words where they are few: of a relay its target. */
static void add_server(struct pieces *pieces, const struct snapshot *snapshot)
{
	enum { WORDS_MOST = 24 };
	const struct sample *sample = &snapshot->sample;
	if (*snapshot->faults)
		add_piece(pieces, 1, STYLE_NOTE, "faults on");
	bool words = *snapshot->service_words && strlen(snapshot->service_words) <= WORDS_MOST;
	if (snapshot->service)
		add_piece(pieces, 4, STYLE_TEXT, "service %s%s%s", snapshot->service, words ? " " : "",
		          words ? snapshot->service_words : "");
	if (snapshot->kind == SNAPSHOT_LISTENER && sample_has(sample, SAMPLE_QUEUE))
		add_queue(pieces, snapshot);
	const char *plural = count_plural(snapshot->others);
	if (snapshot->kind == SNAPSHOT_LISTENER)
		add_piece(pieces, 5, STYLE_TEXT, "%zu client%s", snapshot->others, plural);
	else if (snapshot->kind == SNAPSHOT_DATAGRAMS)
		add_piece(pieces, 5, STYLE_TEXT, "%zu peer%s", snapshot->others, plural);
}

/* Unless it is 0. */
static void add_bytes(struct pieces *pieces, int rank, enum style style, const char *word,
                      uint64_t bytes)
{
	char text[COUNT_TEXT];
	if (bytes)
		add_piece(pieces, rank, style, "%s %s", word, count_format(bytes, text));
}

/* A window is small if not even a segment fits. */
static void add_window(struct pieces *pieces, const struct sample *sample)
{
	uint64_t window = sample_get(sample, SAMPLE_SND_WND);
	char text[COUNT_TEXT];
	if (!sample_has(sample, SAMPLE_SND_WND) || window >= sample_get(sample, SAMPLE_SND_MSS))
		return;
	if (window)
		add_piece(pieces, 4, STYLE_TEXT, "peer's window %s", count_format(window, text));
	else
		add_piece(pieces, 1, STYLE_ERROR, "peer's window 0");
}

/* Whether more may arrive. */
static bool may_come(const struct snapshot *snapshot)
{
	enum tcp_state state = snapshot_state(snapshot);
	return snapshot->sample.present && state != STATE_CLOSED && state != STATE_SYN_SENT &&
	       state != STATE_TIME_WAIT;
}

/* Of datagrams the kernel says how long the next one is, on each socket. */
static void add_to_read(struct pieces *pieces, const struct snapshot *snapshot)
{
	bool datagrams = snapshot->kind == SNAPSHOT_DATAGRAMS;
	uint64_t bytes = 0;
	for (size_t i = 0; i < snapshot_socket_count(snapshot) && !bytes; i++)
		bytes = sample_get(snapshot_socket(snapshot, i), SAMPLE_INQ);
	if (bytes || (snapshot->paused && may_come(snapshot)))
		add_piece(pieces, 3, STYLE_NOTE,
		          datagrams && bytes ? "next datagram %" PRIu64 : "to read %" PRIu64, bytes);
}

static void add_queues(struct pieces *pieces, const struct snapshot *snapshot)
{
	uint64_t bytes;
	add_bytes(pieces, 1, STYLE_NOTE, "unsent", snapshot->unsent);
	if (snapshot_held_back(snapshot, &bytes))
		add_bytes(pieces, 3, STYLE_NOTE, "held back", bytes);
	if (snapshot_in_flight(snapshot, &bytes))
		add_bytes(pieces, 4, STYLE_TEXT, "in flight", bytes);
	add_to_read(pieces, snapshot);
}

/* A peer's window of 0 is shown already. */
static void add_limit(struct pieces *pieces, const struct snapshot *snapshot)
{
	enum snapshot_limit limit = snapshot_limit(snapshot);
	bool said = !sample_get(&snapshot->sample, SAMPLE_SND_WND);
	if (limit == LIMIT_SEND_BUFFER || limit == LIMIT_NAGLE || limit == LIMIT_CORK ||
	    limit == LIMIT_PACING || limit == LIMIT_FAULT ||
	    (limit == LIMIT_PEER_WINDOW && !said))
		add_piece(pieces, 5, STYLE_NOTE, "held up by %s", snapshot_limit_name(limit));
}

static void add_path(struct pieces *pieces, const struct snapshot *snapshot)
{
	const struct sample *sample = &snapshot->sample;
	char rtt[CLOCK_TEXT], var[CLOCK_TEXT];
	uint64_t most = INT64_MAX / CLOCK_US;
	uint64_t time = sample_get(sample, SAMPLE_RTT), spread = sample_get(sample, SAMPLE_RTTVAR);
	if (snapshot_is_loopback(snapshot) || !sample_has(sample, SAMPLE_RTT) || time > most ||
	    spread > most)
		return;
	add_piece(pieces, 6, STYLE_TEXT, text_has_unicode() ? "rtt %s ± %s" : "rtt %s +- %s",
	          clock_format_duration((int64_t)time * CLOCK_US, rtt),
	          clock_format_duration((int64_t)spread * CLOCK_US, var));
	if (sample_has(sample, SAMPLE_CWND))
		add_piece(pieces, 8, STYLE_TEXT, "cwnd %" PRIu64, sample_get(sample, SAMPLE_CWND));
}

static void add_lost(struct pieces *pieces, const struct snapshot *snapshot)
{
	uint64_t drops = sample_get(&snapshot->sample, SAMPLE_DROPS);
	uint64_t again = sample_get(&snapshot->sample, SAMPLE_TOTAL_RETRANS);
	char text[COUNT_TEXT];
	if (snapshot->kind == SNAPSHOT_DATAGRAMS && drops)
		add_piece(pieces, 1, STYLE_ERROR, "dropped %s", count_format(drops, text));
	if (snapshot->kind == SNAPSHOT_STREAM && again &&
	    !snapshot_retransmits_are_probes(snapshot))
		add_piece(pieces, 5, STYLE_ERROR, "retransmitted %s", count_format(again, text));
}

/* Only an open socket has values in the kernel. */
static void add_kernel(struct pieces *pieces, const struct snapshot *snapshot)
{
	if (snapshot->kind == SNAPSHOT_LISTENER || !snapshot->open)
		return;
	add_queues(pieces, snapshot);
	if (snapshot->kind == SNAPSHOT_STREAM && snapshot->sample.present) {
		add_window(pieces, &snapshot->sample);
		add_limit(pieces, snapshot);
		add_path(pieces, snapshot);
	}
	add_lost(pieces, snapshot);
}

static void add_traffic(struct pieces *pieces, const struct snapshot *snapshot)
{
	char sent[COUNT_TEXT], received[COUNT_TEXT];
	if (snapshot->kind == SNAPSHOT_LISTENER)
		return;
	count_format(snapshot->sent, sent);
	count_format(snapshot->received, received);
	add_piece(pieces, 7, STYLE_TEXT, text_has_unicode() ? "↑%s ↓%s" : "sent %s received %s",
	          sent, received);
}

/* Where it is, of how much, and how fast; in a narrow row only where it is, and that it is paused. */
static void add_replay(struct pieces *pieces, const char *text)
{
	const char *of = strstr(text, " of "), *how = strchr(text, ',');
	size_t end = how ? (size_t)(how - text) : strlen(text), first = of ? (size_t)(of - text) : end;
	if (first)
		add_piece(pieces, 1, STYLE_NOTE, "%.*s", (int)first, text);
	if (of)
		add_piece(pieces, 3, STYLE_NOTE, "%.*s", (int)(end - first - 1), of + 1);
	if (how)
		add_piece(pieces, 2, STYLE_NOTE, "%s", how + 2);
}

static void collect(const struct snapshot *snapshot, const struct status_words *words,
                    struct pieces *pieces)
{
	if (snapshot) {
		add_state(pieces, snapshot);
		if (snapshot->host != HOST_HERE)
			add_piece(pieces, 1, STYLE_TEXT, "on %s", host_name(snapshot->host));
		add_server(pieces, snapshot);
		add_kernel(pieces, snapshot);
		add_traffic(pieces, snapshot);
	}
	add_replay(pieces, words->replay);
	add_piece(pieces, 9, STYLE_TEXT, "%s", words->eol);
	add_piece(pieces, 10, STYLE_TEXT, "%s", words->view);
	if (*words->filter)
		add_piece(pieces, 0, STYLE_NOTE, "%s", words->filter); /* it may hide every row */
	if (*words->mode)
		add_piece(pieces, 0, STYLE_NOTE, "%s", words->mode);
}

static void shorten(char text[PIECE], int room)
{
	const char *more = text_has_unicode() ? "…" : "...";
	size_t len = strlen(text);
	if (text_columns(text, len) <= room)
		return;
	room -= text_columns(more, strlen(more));
	while (len > 0 && text_columns(text, len) > room)
		len = text_whole(text, len - 1);
	snprintf(text + len, PIECE - len, "%s", more);
}

/* What hides rows is shown beside the state, at least its first word: the state gives up its transport for
 * it, and its end. */
static void fit_filter(struct piece *state, struct piece *filter, int columns)
{
	int first = text_columns(filter->text, strcspn(filter->text, " "));
	int room = columns - 3 - text_columns(state->text, strlen(state->text));
	const char *name = strchr(state->text, ' ');
	if (room < first && name)
		memmove(state->text, name + 1, strlen(name));
	if (room < first)
		shorten(state->text, columns - 3 - first);
	room = columns - 3 - text_columns(state->text, strlen(state->text));
	if (text_columns(filter->text, strlen(filter->text)) > room && room <= first + 1)
		filter->text[first] = '\0';
	shorten(filter->text, room);
}

/* The state is there even if it has to be cut. */
void status_line_draw_snapshot(const struct snapshot *snapshot, const struct status_words *words,
                               int columns, struct row *row)
{
	struct pieces pieces = { .count = 0 };
	row_clear(row);
	collect(snapshot, words, &pieces);
	if (snapshot && *words->filter)
		fit_filter(&pieces.piece[0], &pieces.piece[pieces.count - 1 - !!*words->mode], columns);
	choose(&pieces, columns);
	pieces.piece[0].kept = pieces.piece[0].kept || pieces.piece[0].rank == 0;
	for (size_t i = 0; i < pieces.count; i++) {
		if (!pieces.piece[i].kept)
			continue;
		row_put(row, row->count > 0 ? "  " : " ", columns, STYLE_TEXT);
		row_put(row, pieces.piece[i].text, columns, pieces.piece[i].style);
	}
}

void status_line_draw(const struct app *app, const char *mode, int columns, struct row *row)
{
	char view[32], filter[PIECE] = "";
	struct snapshot snapshot;
	struct view_mode shown = app_view_mode(app, app_shown(app));
	enum eol eol = app->current ? session_eol(app->current) : app->settings.eol;
	struct buf replay = { .max = SIZE_MAX };
	replay_describe(app, clock_now(), &replay);
	bool recorded = app_is_recorded(app, app_shown(app));
	struct status_words words = { eol_label(eol), view, mode, filter,
		                      replay.len || !recorded ? buf_text(&replay) : "recording" };
	if (app->filter)
		snprintf(filter, sizeof filter, "FILTER %s", app->filter_words);
	filter[text_whole(filter, strlen(filter))] = '\0';
	shorten(filter, FILTER_COLUMNS);
	const char *line = app->open_page.line; /* of a page the name of its command */
	if (page_is_open(app))
		snprintf(view, sizeof view, "%.*s", (int)strcspn(line + (*line == '/'), " "),
		         line + (*line == '/'));
	else
		snprintf(view, sizeof view, "%s%s%s", shown.ops->name, shown.all ? " all" : "",
		         app->settings.clear == VIEW_CLEAR_OFF ? " clear off" : "");
	if (app->current)
		session_snapshot(app->current, &snapshot);
	status_line_draw_snapshot(app->current ? &snapshot : NULL, &words, columns, row);
	buf_free(&replay);
}
