// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/count.h"

enum { PIECES = 24, PIECE = 64, LEAST_RANK = 10 };

/* Pieces are added in the order in which they are shown; where not all fit, those with a high rank
 * go. */
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

/* With the two blanks in front of it; the first one has one. */
static int piece_columns(const struct piece *piece)
{
	return 2 + text_columns(piece->text, strlen(piece->text));
}

/* What matters more is asked first whether it still fits. */
static void choose(struct pieces *pieces, int columns)
{
	int room = columns + 1;
	for (int rank = 0; rank <= LEAST_RANK; rank++)
		for (size_t i = 0; i < pieces->count; i++) {
			struct piece *piece = &pieces->piece[i];
			int needed = piece_columns(piece);
			piece->kept = piece->rank == rank ? needed <= room : piece->kept;
			if (piece->rank == rank && piece->kept)
				room -= needed;
		}
}

static void add_state(struct pieces *pieces, const struct facts *facts)
{
	char state[FACTS_STATE], timer[FACTS_TIMER];
	facts_format_state(facts, state);
	if (facts->kind != FACTS_DATAGRAMS)
		add_piece(pieces, 0, STYLE_STATE, "tcp %s", state);
	else if (strcmp(state, "UDP") == 0)
		add_piece(pieces, 0, STYLE_STATE, "udp");
	else
		add_piece(pieces, 0, STYLE_STATE, "udp %s", state);
	int64_t left;
	if (facts_timer(facts, &left) == TIMER_KEEPALIVE)
		return;
	facts_format_timer(facts, timer);
	if (*timer)
		add_piece(pieces, 2, STYLE_STATE, "%s", timer);
}

/* Each socket has a queue of its own: "queue 2+0/4096". */
static void add_queue(struct pieces *pieces, const struct facts *facts)
{
	char queues[PIECE] = "";
	size_t len = 0;
	for (size_t i = 0; i < facts_socket_count(facts) && len < sizeof queues; i++)
		len += (size_t)snprintf(queues + len, sizeof queues - len, "%s%" PRIu64,
		                        i ? "+" : "",
		                        reading_get(facts_socket(facts, i), READING_QUEUE));
	add_piece(pieces, 2, facts_queue_is_full(facts) ? STYLE_ERROR : STYLE_TEXT,
	          "queue %s/%" PRIu64, queues, reading_get(&facts->reading, READING_BACKLOG));
}

static void add_server(struct pieces *pieces, const struct facts *facts)
{
	const struct reading *reading = &facts->reading;
	if (facts->service)
		add_piece(pieces, 4, STYLE_TEXT, "service %s", facts->service);
	if (facts->kind == FACTS_LISTENER && reading_has(reading, READING_QUEUE))
		add_queue(pieces, facts);
	const char *plural = facts->others == 1 ? "" : "s";
	if (facts->kind == FACTS_LISTENER)
		add_piece(pieces, 5, STYLE_TEXT, "%zu client%s", facts->others, plural);
	else if (facts->kind == FACTS_DATAGRAMS)
		add_piece(pieces, 5, STYLE_TEXT, "%zu peer%s", facts->others, plural);
}

/* A number of bytes where there are any. */
static void add_bytes(struct pieces *pieces, int rank, enum style style, const char *word,
                      uint64_t bytes)
{
	char text[COUNT_TEXT];
	if (bytes)
		add_piece(pieces, rank, style, "%s %s", word, count_format(bytes, text));
}

/* A window is small where not even a segment fits, once something has been told of it. */
static void add_window(struct pieces *pieces, const struct reading *reading)
{
	uint64_t window = reading_get(reading, READING_SND_WND);
	char text[COUNT_TEXT];
	if (!reading_has(reading, READING_SND_WND) ||
	    window >= reading_get(reading, READING_SND_MSS))
		return;
	if (window)
		add_piece(pieces, 4, STYLE_TEXT, "peer's window %s", count_format(window, text));
	else
		add_piece(pieces, 1, STYLE_ERROR, "peer's window 0");
}

/* Without a connection there is nobody to read from. */
static bool may_come(const struct facts *facts)
{
	enum tcp_state_number state = facts_state_number(facts);
	return facts->reading.present && state != STATE_CLOSE && state != STATE_SYN_SENT &&
	       state != STATE_TIME_WAIT;
}

static void add_queues(struct pieces *pieces, const struct facts *facts)
{
	uint64_t bytes;
	add_bytes(pieces, 1, STYLE_NOTE, "unsent", facts->unsent);
	if (facts_held_back(facts, &bytes))
		add_bytes(pieces, 3, STYLE_NOTE, "held back", bytes);
	if (facts_in_flight(facts, &bytes))
		add_bytes(pieces, 4, STYLE_TEXT, "in flight", bytes);
	bytes = facts_sum(facts, READING_INQ);
	if (bytes || (facts->paused && may_come(facts)))
		add_piece(pieces, 3, STYLE_NOTE, "to read %" PRIu64, bytes);
}

/* The window says of itself that it holds. */
static void add_limit(struct pieces *pieces, const struct facts *facts)
{
	enum facts_limit limit = facts_limit(facts);
	bool said = !reading_get(&facts->reading, READING_SND_WND);
	if (limit == LIMIT_SEND_BUFFER || limit == LIMIT_NAGLE ||
	    (limit == LIMIT_PEER_WINDOW && !said))
		add_piece(pieces, 5, STYLE_NOTE, "held up by %s", facts_limit_name(limit));
}

static void add_path(struct pieces *pieces, const struct facts *facts)
{
	const struct reading *reading = &facts->reading;
	char rtt[CLOCK_TEXT], var[CLOCK_TEXT];
	uint64_t most = INT64_MAX / CLOCK_US;
	uint64_t time = reading_get(reading, READING_RTT),
	         spread = reading_get(reading, READING_RTTVAR);
	if (facts_are_loopback(facts) || !reading_has(reading, READING_RTT) || time > most ||
	    spread > most)
		return;
	add_piece(pieces, 6, STYLE_TEXT, text_has_unicode() ? "rtt %s ± %s" : "rtt %s +- %s",
	          clock_format_duration((int64_t)time * CLOCK_US, rtt),
	          clock_format_duration((int64_t)spread * CLOCK_US, var));
	if (reading_has(reading, READING_CWND))
		add_piece(pieces, 8, STYLE_TEXT, "cwnd %" PRIu64,
		          reading_get(reading, READING_CWND));
}

static void add_lost(struct pieces *pieces, const struct facts *facts)
{
	uint64_t drops = reading_get(&facts->reading, READING_DROPS);
	uint64_t again = reading_get(&facts->reading, READING_TOTAL_RETRANS);
	char text[COUNT_TEXT];
	if (facts->kind == FACTS_DATAGRAMS && drops)
		add_piece(pieces, 1, STYLE_ERROR, "dropped %s", count_format(drops, text));
	if (facts->kind == FACTS_STREAM && again && !facts_retransmits_are_probes(facts))
		add_piece(pieces, 5, STYLE_ERROR, "retransmitted %s", count_format(again, text));
}

/* Of what there is no socket for any more, nothing waits. */
static void add_kernel(struct pieces *pieces, const struct facts *facts)
{
	if (facts->kind == FACTS_LISTENER || !facts->open)
		return;
	add_queues(pieces, facts);
	if (facts->kind == FACTS_STREAM && facts->reading.present) {
		add_window(pieces, &facts->reading);
		add_limit(pieces, facts);
		add_path(pieces, facts);
	}
	add_lost(pieces, facts);
}

static void add_traffic(struct pieces *pieces, const struct facts *facts)
{
	char sent[COUNT_TEXT], received[COUNT_TEXT];
	if (facts->kind == FACTS_LISTENER)
		return;
	count_format(facts->sent, sent);
	count_format(facts->received, received);
	add_piece(pieces, 7, STYLE_TEXT, text_has_unicode() ? "↑%s ↓%s" : "sent %s received %s",
	          sent, received);
}

static void collect(const struct facts *facts, const struct status_words *words,
                    struct pieces *pieces)
{
	if (facts) {
		add_state(pieces, facts);
		add_server(pieces, facts);
		add_kernel(pieces, facts);
		add_traffic(pieces, facts);
	}
	add_piece(pieces, 9, STYLE_TEXT, "%s", words->eol);
	add_piece(pieces, 10, STYLE_TEXT, "%s", words->view);
	if (*words->mode)
		add_piece(pieces, 1, STYLE_NOTE, "%s", words->mode);
}

static void add(struct row *row, const char *text, int columns, enum style style)
{
	row_add_text(row, text, strlen(text), columns, style);
}

/* The state is there even where it has to be cut. */
void status_draw(const struct facts *facts, const struct status_words *words, int columns,
                 struct row *row)
{
	struct pieces pieces = { .count = 0 };
	row_clear(row);
	collect(facts, words, &pieces);
	choose(&pieces, columns);
	pieces.piece[0].kept = pieces.piece[0].kept || pieces.piece[0].rank == 0;
	for (size_t i = 0; i < pieces.count; i++) {
		if (!pieces.piece[i].kept)
			continue;
		add(row, row->count > 0 ? "  " : " ", columns, STYLE_TEXT);
		add(row, pieces.piece[i].text, columns, pieces.piece[i].style);
	}
}
