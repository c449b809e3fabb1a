// SPDX-License-Identifier: GPL-3.0-or-later
/* trace: the rows of one call, or of what the kernel said between two: the call with its result,
 * what it changed, what was measured. They have columns of their own where the pane is wide, else
 * one follows the other, and in a very narrow pane the measures are left out. */
#include <inttypes.h>
#include <string.h>

#include "base/count.h"
#include "base/error.h"
#include "view/calltext.h"
#include "view/chat.h"
#include "view/gutter.h"
#include "view/pattern.h"
#include "view/recordtext.h"
#include "view/sampletext.h"

enum {
	COLUMNS_DETAIL = 30, /* of a pane in which calls have their measures, at least */
	COLUMNS_STOPS = 72,  /* of a pane in which changes and measures have columns of their own */
	HANGING = 2,         /* columns by which rows that go on are further in */
	GAP = 2,
	EXCERPT_LEAST = 8, /* bytes of a payload that are shown */
	EXCERPT_MOST = 160,
	AROUND_EXCERPT = 14, /* columns for the call and its result */
	LOOK_BACK = 64,      /* entries in which to look for sends that were held back */
	LOOK_BACK_SAMPLE = 16,
	WAIT_SHOWN = 1000, /* microseconds: of a longer call it is shown when it began */
	STOPS = 2,
};

struct trace {
	const struct cursor *begin;
	const struct view *view;
	const struct entry *entry;
	uint64_t position;
	struct rows *rows;
	struct row *row; /* the last one */
	int indent;
	int stops[STOPS]; /* columns that changes and measures begin at; 0 for none */
	struct buf text;
};

/* ---- rows ---- */

static int room(const struct trace *trace)
{
	return trace->view->columns - trace->row->columns;
}

/* Where a row that goes on begins. */
static int hanging(const struct trace *trace)
{
	int column = trace->indent + HANGING;
	return column < trace->view->columns / 2 ? column : 0;
}

static void break_row(struct trace *trace)
{
	trace->row = rows_add(trace->rows);
	row_pad(trace->row, hanging(trace), STYLE_TEXT);
}

/* A character that is wider than a whole row. */
static size_t put_unknown(struct trace *trace, const char *text, size_t len, enum style style)
{
	struct glyph glyph;
	row_add_text(trace->row, "?", 1, trace->view->columns, style);
	return text_glyph(text, len, -1, &glyph);
}

/* As much as there is room for, then goes on in the next row. */
static void put_broken(struct trace *trace, const char *text, size_t len, enum style style)
{
	bool fresh = false;
	while (len > 0) {
		size_t n = row_add_text(trace->row, text, len, trace->view->columns, style);
		if (n == 0 && fresh)
			n = put_unknown(trace, text, len, style);
		text += n;
		len -= n;
		if (len > 0)
			break_row(trace);
		fresh = true;
	}
}

/* Breaks at blanks, of which none is left there, or where it must. */
static void put_words(struct trace *trace, const char *text, size_t len, enum style style)
{
	while (len > 0) {
		size_t blanks = strspn(text, " ");
		size_t word = strcspn(text + blanks, " ");
		const char *end = text + blanks + word;
		if (*end == ' ' && row_is_mark(end + 1, strlen(end + 1)))
			word += 1 + strcspn(end + 1, " ");
		if (blanks + word == 0)
			word = 1;
		int width = text_columns(text + blanks, word);
		if ((int)blanks + width <= room(trace)) {
			put_broken(trace, text, blanks + word, style);
		} else {
			if (width <= trace->view->columns - hanging(trace))
				break_row(trace);
			put_broken(trace, text + blanks, word, style);
		}
		text += blanks + word;
		len -= blanks + word;
	}
}

/* ---- parts ---- */

/* The first stop after a column; 0 for none. */
static int stop_after(const struct trace *trace, int column)
{
	for (int i = 0; i < STOPS; i++)
		if (trace->stops[i] >= column)
			return trace->stops[i];
	return 0;
}

/* Moves on to where the next part begins: at a stop, after a gap, or in a new row. */
static void begin_part(struct trace *trace, int width)
{
	int next = trace->row->columns + GAP;
	int stop = stop_after(trace, next);
	int most = trace->view->columns - width;
	if (trace->row->columns <= trace->indent)
		return;
	if (stop && stop <= most)
		row_pad(trace->row, stop, STYLE_GAP);
	else if (next <= most)
		row_pad(trace->row, next, STYLE_GAP);
	else
		break_row(trace);
}

/* Puts what has been written into trace->text, as one part; nothing where that is empty. */
static void put_part(struct trace *trace, enum style style)
{
	const char *text = buf_text(&trace->text);
	size_t len = trace->text.len;
	if (len) {
		begin_part(trace, text_columns(text, len));
		put_words(trace, text, len, style);
	}
	buf_clear(&trace->text);
}

/* ---- calls ---- */

static enum style result_style(const struct entry *entry)
{
	if (entry->flags & ENTRY_WATCHING)
		return STYLE_FAINT;
	if (entry_has_failed(entry))
		return STYLE_ERROR;
	return entry->error ? STYLE_FAINT : STYLE_TEXT;
}

static size_t excerpt_length(const struct trace *trace)
{
	int width = trace->view->columns - trace->indent;
	width = (trace->stops[0] ? width * 9 / 20 : width) - AROUND_EXCERPT;
	return (size_t)(width < EXCERPT_LEAST  ? EXCERPT_LEAST
	                : width > EXCERPT_MOST ? EXCERPT_MOST
	                                       : width);
}

/* Goes on after a blank, in one piece where a row has room for that. */
static void put_next(struct trace *trace, enum style style)
{
	const char *text = buf_text(&trace->text);
	size_t len = trace->text.len;
	int width = text_columns(text, len);
	if (len && width + 1 > room(trace) && width <= trace->view->columns - hanging(trace))
		break_row(trace);
	else if (len)
		put_words(trace, " ", 1, style);
	put_words(trace, text, len, style);
	buf_clear(&trace->text);
}

/* One part, in several styles. */
static void put_call(struct trace *trace)
{
	const struct entry *entry = trace->entry;
	size_t excerpt = excerpt_length(trace);
	bool faint = entry->flags & ENTRY_WATCHING;
	if (trace->view->own_calls)
		calltext_call_made(entry, excerpt, &trace->text);
	else
		calltext_call(entry, excerpt, &trace->text);
	put_words(trace, buf_text(&trace->text), trace->text.len, faint ? STYLE_FAINT : STYLE_TEXT);
	buf_clear(&trace->text);
	if (entry_is_connect_begun(entry) && !trace->view->own_calls)
		buf_append_text(&trace->text, text_has_unicode() ? "…" : "...");
	else
		calltext_result(entry, &trace->text);
	put_next(trace, result_style(entry));
	if (entry_is_sealed(entry))
		recordtext_list(trace->view->transcript, trace->position, &trace->text);
	else
		calltext_received(entry, excerpt, &trace->text);
	put_next(trace, STYLE_TEXT);
}

/* The words of getaddrinfo() are its own; that a call will go on needs none. */
static void put_reason(struct trace *trace)
{
	const struct entry *entry = trace->entry;
	if (!entry_has_failed(entry) || entry->call == CALL_GETADDRINFO)
		return;
	buf_append_text(&trace->text, error_why(entry->error));
	put_part(trace, STYLE_ERROR);
}

/* The row has the time at which a call returned that had to wait: when it began is a measure of its
 * own. A time since the row before would not say it. */
static void put_since(struct trace *trace)
{
	char time[CLOCK_TEXT];
	const struct entry *entry = trace->entry;
	if (!(entry->flags & ENTRY_WAITED) || entry->duration < WAIT_SHOWN ||
	    trace->view->time == VIEW_TIME_DELTA ||
	    !gutter_format_time(trace->begin, entry->time, time))
		return;
	buf_printf(&trace->text, "since %s", time + strspn(time, " "));
	put_part(trace, STYLE_FAINT);
}

static void layout_call(struct trace *trace)
{
	struct sample after;
	const struct entry *entry = trace->entry;
	bool wide = trace->view->columns >= COLUMNS_DETAIL;
	bool read = sample_after(trace->view->transcript, trace->position, &after);
	/* what it has given counts, not that it was asked */
	if (entry->call != CALL_ERRQUEUE || trace->view->own_calls)
		put_call(trace);
	if (read)
		sampletext_change(&after, &trace->text);
	put_part(trace, STYLE_STATE);
	if (trace->stops[0])
		put_since(trace);
	if (wide)
		put_reason(trace);
	if (wide || entry->call == CALL_ERRQUEUE)
		sampletext_call(entry, read ? &after : NULL, &trace->text);
	put_part(trace, STYLE_FAINT);
}

/* ---- samples between calls ---- */

/* The sends before this position whose bytes were all held back, each with a sample of its own; 0
 * if that cannot be known. */
static unsigned count_held(const struct trace *trace)
{
	const struct transcript *transcript = trace->view->transcript;
	unsigned held = 0;
	uint64_t position = transcript_before(transcript, trace->position);
	for (int i = 0; i < LOOK_BACK && position != TRANSCRIPT_NONE; i++) {
		struct sample sample;
		const struct entry *entry = transcript_at(transcript, position);
		bool counted =
		        sample_unpack(entry, &sample) && sample_has(&sample, SAMPLE_NEW_DATA_OUT);
		bool sampled = counted && sample_get(&sample, SAMPLE_CALLS) > 1;
		if (sampled || (counted && sample_get(&sample, SAMPLE_NEW_DATA_OUT)))
			return sampled ? 0 : held;
		held += entry->call == CALL_SEND && !entry->error && entry->len;
		position = transcript_before(transcript, position);
	}
	return 0;
}

static void put_left(struct trace *trace, const struct sample *sample)
{
	uint64_t segments = sample_get(sample, SAMPLE_NEW_DATA_OUT);
	bool all = sample_has(sample, SAMPLE_NOTSENT) && !sample_get(sample, SAMPLE_NOTSENT);
	bool sampled = sample_get(sample, SAMPLE_CALLS) > 1;
	unsigned sends = segments && all && !sampled ? count_held(trace) : 0;
	if (!sends)
		return;
	buf_printf(&trace->text, "%u send%s left as %" PRIu64 " segment%s o", sends,
	           count_plural(sends), segments, count_plural(segments));
	put_part(trace, STYLE_FAINT);
}

static void layout_sample(struct trace *trace)
{
	struct sample now, before;
	if (!sample_unpack(trace->entry, &now)) {
		buf_append_text(&trace->text, "a sample that cannot be read");
		put_part(trace, STYLE_ERROR);
		return;
	}
	bool known = sample_previous(trace->view->transcript, trace->position, LOOK_BACK_SAMPLE,
	                             &before);
	sampletext_change(&now, &trace->text);
	put_part(trace, STYLE_STATE);
	sampletext_news(&now, known ? &before : NULL, &trace->text);
	put_part(trace, STYLE_STATE);
	put_left(trace, &now);
}

static void set_stops(struct trace *trace)
{
	int width = trace->view->columns < VIEW_READABLE ? trace->view->columns : VIEW_READABLE;
	int columns = width - trace->indent;
	if (width < COLUMNS_STOPS)
		return;
	trace->stops[0] = trace->indent + columns * 9 / 20;
	trace->stops[1] = trace->indent + columns * 7 / 10;
}

static void layout_entry(const struct cursor *begin, struct rows *rows)
{
	const struct view *view = begin->view;
	size_t first = rows->count;
	struct trace trace = {
		.begin = begin,
		.view = view,
		.entry = begin->entry,
		.position = begin->position,
		.rows = rows,
		.row = rows_add(rows),
		.text = { .max = SIZE_MAX },
	};
	gutter_put(begin, trace.row);
	trace.indent = trace.row->columns;
	set_stops(&trace);
	if (begin->entry->call == CALL_SAMPLE)
		layout_sample(&trace);
	else
		layout_call(&trace);
	buf_free(&trace.text);
	for (size_t i = first; view->find && i < rows->count; i++)
		pattern_mark_row(&rows->row[i], view->find, view->find_len);
}

/* A sample after a call that is shown is in its words; one without news is in none. */
static bool shows_sample(const struct view *view, uint64_t position, const struct entry *entry)
{
	struct sample now, before;
	const struct entry *call = transcript_at(
	        view->transcript, transcript_before(view->transcript, position));
	if (entry->arg == SAMPLE_AFTER && (!call || entry_is_shown(call, view->own_calls)))
		return false;
	if (!sample_unpack(entry, &now) || sample_has(&now, SAMPLE_OLD_STATE) ||
	    sample_get(&now, SAMPLE_NEW_OUT) || sample_get(&now, SAMPLE_NEW_IN))
		return true;
	bool known = sample_previous(view->transcript, position, LOOK_BACK_SAMPLE, &before);
	return sampletext_has_news(&now, known ? &before : NULL);
}

static bool shows(const struct view *view, uint64_t position, const struct entry *entry)
{
	if (entry->call == CALL_SAMPLE)
		return shows_sample(view, position, entry);
	if (entry->call == CALL_FRAME)
		return false;
	return entry->call == CALL_ERRQUEUE || entry_is_shown(entry, view->own_calls);
}

static void layout(const struct cursor *begin, struct rows *rows)
{
	if (entry_is_words(begin->entry))
		chat_layout(begin, rows);
	else
		layout_entry(begin, rows);
}

const struct view_ops trace_view = {
	.name = "trace",
	.help = "a line for each call: its name, arguments and result, an errno value by its name, "
	        "how the state of the connection changed, and what was measured",
	.merges = true,
	.calls = true,
	.records = true,
	.shows = shows,
	.layout = layout,
};
