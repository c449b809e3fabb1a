// SPDX-License-Identifier: GPL-3.0-or-later
/* A pane that is filled twice is the same twice, and a piece of all rows that there are: after
 * random entries, ways to scroll, sizes and kinds of view, always the same ones. PANE_SEED begins
 * with others; with PANE_SECONDS, as `make soak` has it, new ones each time, for that long. */
#include "ui/pane.h"

#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "support/tap.h"

enum { SESSIONS = 2, BLOCK = 1 << 12, ACTS = 60, MOST_COLUMNS = 120, MOST_HEIGHT = 40, GAMES = 10 };

static struct transcript *transcript;
static struct view view;
static struct pane pane;
static struct rows rows, part;
static struct buf all, first, second, wanted;
static int height;
static int64_t now;
static uint64_t state, case_seed;
static char failure[160]; /* becomes part of the case's name */

static unsigned chance(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

#define ONE_OF(array) ((array)[chance(sizeof(array) / sizeof *(array))])

/* ---- what happens ---- */

static size_t make_text(char *text, size_t most)
{
	static const char *const pieces[] = { "x",        "word ",     "\n",       "한글 ",
		                              "\t",       "e\314\201", "\033[31m", "가",
		                              "\xea\xb0", "0123456789" };
	size_t len = 0, want = chance(4) ? chance(40) : chance((unsigned)most);
	while (len < want) {
		const char *piece = ONE_OF(pieces);
		size_t size = strlen(piece);
		if (len + size > most)
			break;
		memcpy(text + len, piece, size);
		len += size;
	}
	return len;
}

static void happen(void)
{
	static const uint8_t calls[] = { CALL_NOTE,     CALL_STATE,  CALL_RECV,
		                         CALL_RECV,     CALL_SEND,   CALL_SEND,
		                         CALL_RECVFROM, CALL_SENDTO, CALL_GETSOCKNAME };
	char text[1500];
	struct entry header = { .call = ONE_OF(calls), .session = 1 + chance(SESSIONS), .fd = 3 };
	size_t len = header.call == CALL_GETSOCKNAME ? 0 : make_text(text, sizeof text);
	now += chance(4) ? 0 : (int64_t)chance(3) * VIEW_PAUSE;
	header.time = now;
	transcript_append(transcript, &header, NULL, text, len);
}

static void move(void)
{
	struct location location = { TRANSCRIPT_NONE, 0 };
	switch (chance(8)) {
	case 0:
		pane_to_top(&pane, &view);
		break;
	case 1:
		pane_to_end(&pane);
		break;
	case 2:
		for (unsigned i = chance(60); i > 0 && view_after(&view, &location); i--)
			continue;
		pane_go(&pane, &view, location);
		break;
	default:
		pane_scroll(&pane, &view,
		            (int)chance(2 * MOST_HEIGHT) - (int)(MOST_HEIGHT * 5 / 4));
	}
}

static void turn(void)
{
	static const int folds[] = { 0, 1, 3, 10 };
	unsigned views = 0;
	while (view_listed(views))
		views++;
	switch (chance(6)) {
	case 0:
		view.ops = view_listed(chance(views));
		view.all = view.all && view.ops->merges;
		break;
	case 1:
		view.all = view.ops->merges && chance(2);
		break;
	case 2:
		view.fold = ONE_OF(folds);
		break;
	case 3:
		view.columns = 1 + (int)chance(MOST_COLUMNS);
		break;
	case 4:
		height = 1 + (int)chance(MOST_HEIGHT);
		break;
	default:
		view.time = chance(4);
		view.marks = chance(2);
	}
}

/* ---- what must be ---- */

static void put(struct buf *out, const struct row *row)
{
	row_print(row, out);
	buf_append_text(out, "|\n");
}

static void fill(struct buf *out)
{
	pane_fill(&pane, &view, height, &rows);
	buf_clear(out);
	for (size_t i = 0; i < rows.count; i++)
		put(out, &rows.row[i]);
}

/* Every row from the oldest paragraph to the newest. */
static void write_all(void)
{
	struct location location = { TRANSCRIPT_NONE, 0 };
	buf_clear(&all);
	buf_append_text(&all, "\n");
	while (view_after(&view, &location)) {
		view_layout(&view, location, &part);
		for (size_t i = 0; i < part.count; i++)
			put(&all, &part.row[i]);
	}
}

/* Those rows stand together among all, or are the oldest below blank ones and the word on what was
 * lost. */
static bool is_piece(size_t from, size_t count, bool to_end)
{
	size_t blank = from;
	while (blank < count && rows.row[blank].count == 0)
		blank++;
	size_t most = blank + (transcript_lost(transcript).entries > 0);
	for (size_t begin = from; begin <= most && begin <= count; begin++) {
		buf_clear(&wanted);
		buf_append_text(&wanted, "\n");
		for (size_t i = begin; i < count; i++)
			put(&wanted, &rows.row[i]);
		const char *text = buf_text(&wanted), *whole = buf_text(&all);
		size_t len = wanted.len;
		if (len > all.len || (begin > from && memcmp(whole, text, len) != 0))
			continue;
		if (to_end ? memcmp(whole + all.len - len, text, len) == 0
		           : memmem(whole, all.len, text, len) != NULL)
			return true;
	}
	return false;
}

static int live_rows(void)
{
	int live = height / 4;
	return height < 6 ? 0 : live < 2 ? 2 : live > 6 ? 6 : live;
}

static bool is_good(const char **why)
{
	*why = "filled a second time it differs";
	fill(&first);
	fill(&second);
	if (first.len != second.len || memcmp(buf_text(&first), buf_text(&second), first.len) != 0)
		return false;
	write_all();
	if (pane.position.at_end) {
		*why = "it follows, and does not end with the newest row";
		if (!is_piece(0, rows.count, true))
			return false;
		if (pane.aims ==
		    PANE_GOAL_AHEAD) /* what it goes to may come into the middle when narrower */
			return true;
		int columns = view.columns;
		*why = "narrower and wide again it differs";
		view.columns = 1 + (int)chance(MOST_COLUMNS);
		fill(&second);
		bool followed = pane.position.at_end;
		view.columns = columns;
		fill(&second);
		return followed && first.len == second.len &&
		       memcmp(buf_text(&first), buf_text(&second), first.len) == 0;
	}
	int live = live_rows(), upper = height - (live ? live + 1 : 0);
	*why = "scrolled, the rows are not a piece of all";
	if (!is_piece(0, (size_t)upper, false))
		return false;
	*why = "the live rows do not end with the newest";
	return !live || is_piece((size_t)upper + 1, rows.count, true);
}

static bool plays(void)
{
	const char *why;
	case_seed = state;
	transcript_free(transcript);
	transcript = transcript_new((size_t)(3 + chance(4)) * BLOCK, BLOCK);
	view = (struct view){ .ops = &chat_view,
		              .transcript = transcript,
		              .session = 1,
		              .columns = 1 + (int)chance(MOST_COLUMNS) };
	height = 1 + (int)chance(MOST_HEIGHT);
	pane_free(&pane);
	pane_init(&pane);
	for (int act = 0; act < ACTS; act++) {
		for (unsigned count = 1 + chance(3); count > 0; count--)
			switch (chance(4)) {
			case 0:
				for (unsigned i = chance(6); i > 0; i--)
					happen();
				break;
			case 1:
			case 2:
				move();
				break;
			default:
				turn();
			}
		if (!is_good(&why)) {
			snprintf(failure, sizeof failure,
			         ": PANE_SEED=%llu, act %d: %s: %s%s, %dx%d, fold %d",
			         (unsigned long long)case_seed, act, why, view.ops->name,
			         view.all ? " all" : "", view.columns, height, view.fold);
			return false;
		}
	}
	return true;
}

static double seconds(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(void)
{
	const char *seed = getenv("PANE_SEED"), *limit = getenv("PANE_SECONDS");
	double end = seconds() + (limit ? strtod(limit, NULL) : 0);
	state = seed    ? strtoull(seed, NULL, 10)
	        : limit ? (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid()
	                : 1;
	printf("# PANE_SEED=%llu\n", (unsigned long long)state);
	setlocale(LC_ALL, "");
	buf_init(&all, SIZE_MAX);
	buf_init(&first, SIZE_MAX);
	buf_init(&second, SIZE_MAX);
	buf_init(&wanted, SIZE_MAX);
	pane_init(&pane);
	size_t played = 0;
	bool good;
	do {
		good = plays();
		played++;
	} while (good && (limit ? seconds() < end : played < GAMES));
	ok(good, "filled twice a pane is the same, and a piece of all its rows%s", failure);
	printf("# %zu games\n", played);
	pane_free(&pane);
	rows_free(&rows);
	rows_free(&part);
	buf_free(&all);
	buf_free(&first);
	buf_free(&second);
	buf_free(&wanted);
	transcript_free(transcript);
	return tap_done();
}
