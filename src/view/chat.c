// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/chat.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "view/calltext.h"
#include "view/gutter.h"
#include "view/paragraph.h"
#include "view/pattern.h"
#include "view/recordtext.h"

enum {
	COLUMNS_ADDRESS = 50, /* of a pane in which datagrams show their peer, at least */
	LEAST_TEXT = 8,       /* what an address leaves to the text of the first row */
	LEAST_WORD = 8,       /* in rows with less room than this no word moves to the next */
	TAB_STOP = 8,
	LABEL_TEXT = 32,
	HANG = 2,       /* columns by which the rows of a line that goes on are further in */
	HANG_ROOM = 24, /* columns that the text must have for that */
	LIST_PART = 5,  /* a list's last cell begins within this many eighths of the room */
	LIST_WHOLE = 8,
};

/* The bytes of a paragraph in one piece. */
struct text {
	const char *bytes;
	uint32_t len;
	bool closed;                    /* the last entry's payload ends here */
	bool starts[PARAGRAPH_MAX + 1]; /* an entry's payload begins with this byte */
	bool found[PARAGRAPH_MAX];      /* part of a hit */
	char copy[PARAGRAPH_MAX];       /* where more than one entry has a part */
};

/* Where the rows of a paragraph become too many. */
struct fold {
	size_t first; /* row of the paragraph */
	size_t rows;  /* that it may have; 0 = any number */
	uint32_t at;  /* the byte with which the last of them begins; 0 = none yet */
};

struct layout {
	const struct view *view;
	const struct entry *entry; /* where the paragraph begins */
	struct rows *rows;
	struct row *row; /* the last one */
	int indent;      /* column of the text */
	int hang;        /* by which the rows that go on are further in */
	bool payload;    /* bytes that went over the network, not words of the program */
	bool unicode;
	struct fold fold;
};

/* ---- the bytes ---- */

static void join(struct cursor part, struct text *text)
{
	uint32_t have = 0;
	do {
		uint32_t n = part.entry->len - part.offset;
		if (n > text->len - have)
			n = text->len - have;
		text->starts[have] = part.offset == 0;
		memcpy(text->copy + have, entry_payload(part.entry) + part.offset, n);
		have += n;
		part.offset += n;
	} while (have < text->len && run_forward(&part));
	text->bytes = text->copy;
	text->closed = part.offset == part.entry->len;
}

static void gather(const struct cursor *begin, struct text *text)
{
	struct cursor end = *begin;
	text->len = paragraph_end(&end);
	memset(text->starts, 0, text->len + 1);
	if (end.position != begin->position) {
		join(*begin, text);
		return;
	}
	text->bytes = entry_payload(begin->entry) + begin->offset;
	text->starts[0] = begin->offset == 0;
	text->closed = end.offset == end.entry->len;
}

/* ---- rows ---- */

/* The beginning of the last row's last word; the end of the row if moving it would not help. */
static size_t last_word(const struct layout *layout)
{
	const struct row *row = layout->row;
	int most = (layout->view->columns - layout->indent - layout->hang) / 2;
	int moved = 0;
	for (size_t i = row->count; i > 0 && moved <= most && most >= LEAST_WORD; i--) {
		const struct glyph *glyph = &row->glyphs[i - 1];
		if (glyph->chars[0] == L' ')
			return i;
		moved += glyph->width;
	}
	return row->count;
}

/* Goes on in a new row, with the glyphs of the last from `keep` on. */
static void break_row(struct layout *layout, size_t keep)
{
	struct row *row = rows_add(layout->rows);
	struct row *full = row - 1;
	row_pad(row, layout->indent + layout->hang, STYLE_TEXT);
	for (size_t i = keep; i < full->count; i++) {
		row_add_glyph(row, &full->glyphs[i], full->glyphs[i].style);
		full->columns -= full->glyphs[i].width;
	}
	full->count = keep;
	layout->row = row;
}

static int room(const struct layout *layout)
{
	return layout->view->columns - layout->row->columns;
}

/* A mark that is wider than the pane goes over several rows, character by character; others become
 * '?'. */
static void put_wide(struct layout *layout, const struct glyph *wide, enum style style)
{
	size_t count = wide->mark ? wide->count : 1;
	for (size_t i = 0; i < count; i++) {
		wchar_t c = wide->mark ? wide->chars[i] : L'?';
		struct glyph glyph = { .chars = { c }, .count = 1, .width = 1 };
		if (room(layout) < 1)
			break_row(layout, layout->row->count);
		row_add_glyph(layout->row, &glyph, style);
	}
}

/* Payload breaks where the row is full, words of the program between words; the blank there is left
 * out. */
static void put_glyph(struct layout *layout, const struct glyph *glyph, enum style style)
{
	if (glyph->mark && style != STYLE_FOUND)
		style = STYLE_MARK;
	if (glyph->width > layout->view->columns - layout->indent - layout->hang) {
		put_wide(layout, glyph, style);
		return;
	}
	bool between_words = !layout->payload && glyph->chars[0] == L' ';
	if (glyph->width > room(layout)) {
		bool whole = layout->payload || between_words;
		break_row(layout, whole ? layout->row->count : last_word(layout));
		if (between_words)
			return;
	}
	row_add_glyph(layout->row, glyph, style);
}

static void put_tab(struct layout *layout, enum style style)
{
	if (room(layout) < 1)
		break_row(layout, layout->row->count);
	int column = layout->row->columns;
	int blanks = TAB_STOP - (column - layout->indent) % TAB_STOP;
	row_pad(layout->row, column + (blanks < room(layout) ? blanks : room(layout)), style);
}

/* Ornaments and words of the program. */
static void put_text(struct layout *layout, const char *text, enum style style)
{
	for (size_t len = strlen(text); len;) {
		struct glyph glyph;
		size_t n = text_glyph(text, len, -1, &glyph);
		put_glyph(layout, &glyph, style);
		text += n;
		len -= n;
	}
}

/* ---- before the text ---- */

static void put_address(struct layout *layout)
{
	char text[ENDPOINT_TEXT];
	struct endpoint addr = entry_addr(layout->entry);
	if (!endpoint_is_set(&addr) || layout->view->columns < COLUMNS_ADDRESS)
		return;
	int columns = text_columns(endpoint_format(&addr, text), strlen(text)) + 2;
	if (columns + LEAST_TEXT > room(layout))
		return;
	put_text(layout, text, STYLE_FAINT);
	put_text(layout, "  ", STYLE_FAINT);
}

/* One arrow and one address for each datagram, however many lines it has. */
static void begin_row(struct layout *layout, const struct cursor *begin)
{
	layout->row = rows_add(layout->rows);
	gutter_put(begin, layout->row);
	layout->indent = layout->row->columns;
	if (entry_is_datagram(begin->entry) && !gutter_is_continued(begin))
		put_address(layout);
	struct cursor before = *begin;
	if (begin->entry->call == CALL_COMMAND && !run_step_back(&before))
		put_text(layout, "> ", gutter_words_style(begin->entry));
}

/* ---- the text and what follows it ---- */

static size_t put_next(struct layout *layout, const char *bytes, size_t len, enum style style)
{
	struct glyph glyph;
	if (*bytes == '\t') {
		put_tab(layout, style);
		return 1;
	}
	size_t n = text_glyph(bytes, len, -1, &glyph);
	put_glyph(layout, &glyph, style);
	return n;
}

/* The line end of a datagram's line, or of the whole paragraph. */
static void put_feed(struct layout *layout, const struct text *text, uint32_t at)
{
	put_text(layout, layout->unicode ? "⏎" : "$", text->found[at] ? STYLE_FOUND : STYLE_FAINT);
	if (at + 1 < text->len)
		break_row(layout, layout->row->count);
}

/* Whether the text laid out since the last call, from byte `at` on, has made the paragraph too
 * long. A hit is never folded. */
static bool is_too_long(struct layout *layout, const struct text *text, uint32_t at)
{
	struct fold *fold = &layout->fold;
	size_t rows = layout->rows->count - fold->first;
	if (!fold->rows || rows < fold->rows)
		return false;
	if (!fold->at)
		fold->at = at;
	if (rows == fold->rows)
		return false;
	if (!memchr(text->found + fold->at, 1, text->len - fold->at))
		return true;
	fold->rows = 0;
	return false;
}

/* False if the rest is to be folded. */
static bool put_bytes(struct layout *layout, const struct text *text, bool marks)
{
	enum style style = entry_is_secret(layout->entry) ? STYLE_FAINT : STYLE_TEXT;
	for (uint32_t i = 0; i < text->len;) {
		uint32_t next = i + 1;
		if (text->bytes[i] == '\n') {
			put_feed(layout, text, i);
		} else {
			next = i + (uint32_t)put_next(layout, text->bytes + i, text->len - i,
			                              text->found[i] ? STYLE_FOUND : style);
			if (is_too_long(layout, text, i))
				return false;
		}
		while (i++ < next)
			if (marks && i < text->len && text->starts[i])
				put_text(layout, "][", STYLE_FAINT);
		i = next;
		if (is_too_long(layout, text, next))
			return false;
	}
	return true;
}

/* ---- words of the program ---- */

/* Blanks that set a cell apart: two or more, not those at the front of a line. */
static uint32_t gap_at(const struct text *text, uint32_t at, uint32_t len)
{
	uint32_t blanks = 0;
	while (at + blanks < len && text->bytes[at + blanks] == ' ')
		blanks++;
	return blanks > 1 ? blanks : 0;
}

/* The columns of a cell that begins here. */
static int cell_columns(const struct text *text, uint32_t at, uint32_t len)
{
	uint32_t end = at;
	while (end < len && !gap_at(text, end, len))
		end++;
	return text_columns(text->bytes + at, end - at);
}

/* Where the rows of a line go on that one row does not hold: below the last cell, as in a list of
 * words and what they mean, where that leaves it enough room; else a little further in than the
 * line. *table: it has cells, and is broken between them. */
static int choose_hang(const struct layout *layout, const struct text *text, uint32_t len,
                       bool *table)
{
	int room = layout->view->columns - layout->indent;
	uint32_t front = 0, last = 0;
	while (front < len && text->bytes[front] == ' ')
		front++;
	for (uint32_t i = front; i < len; i++) {
		uint32_t gap = gap_at(text, i, len);
		if (gap && i + gap < len)
			last = i + gap;
		i += gap;
	}
	int column = text_columns(text->bytes, last);
	*table = last && column > room * LIST_PART / LIST_WHOLE;
	if (last && !*table)
		return column;
	return room >= HANG_ROOM && (int)front + HANG <= room / 2 ? (int)front + HANG : 0;
}

static void put_words(struct layout *layout, const struct text *text)
{
	enum style style = gutter_words_style(layout->entry);
	uint32_t len = text->len && text->bytes[text->len - 1] == '\n' ? text->len - 1 : text->len;
	bool table = false;
	if (text_columns(text->bytes, len) > room(layout))
		layout->hang = choose_hang(layout, text, len, &table);
	bool front = true;
	for (uint32_t i = 0; i < len;) {
		uint32_t gap = front ? 0 : gap_at(text, i, len);
		if (i + gap == len)
			return;
		bool breaks = table && (int)gap + cell_columns(text, i + gap, len) > room(layout);
		if (gap && (breaks || (int)gap >= room(layout))) {
			break_row(layout, layout->row->count);
			i += gap;
			continue;
		}
		front = front && text->bytes[i] == ' ';
		for (uint32_t end = i + (gap ? gap : 1); i < end;)
			i += (uint32_t)put_next(layout, text->bytes + i, len - i,
			                        text->found[i] ? STYLE_FOUND : style);
	}
}

/* ---- payload ---- */

/* A datagram that did not fit where it was received: how many bytes are lost. */
static void put_lost(struct layout *layout)
{
	char text[LABEL_TEXT];
	const struct entry *entry = layout->entry;
	int64_t lost = (int64_t)entry->arg - entry->len;
	if (!entry_is_datagram(entry) || !(entry->flags & ENTRY_TRUNCATED) || lost <= 0)
		return;
	snprintf(text, sizeof text, "~%" PRId64 " lost", lost);
	put_text(layout, text, STYLE_ERROR);
}

/* Bytes beside the stream; what was only peeked at comes again. */
static void put_aside(struct layout *layout)
{
	const struct entry *entry = layout->entry;
	if (entry_is_secret(entry))
		put_text(layout, " (secret)", STYLE_FAINT);
	else if (entry_is_incoming(entry) && entry->arg2 & MSG_PEEK)
		put_text(layout, " (peeked)", STYLE_FAINT);
	else if (entry->arg2 & MSG_OOB)
		put_text(layout, " (urgent)", STYLE_FAINT);
}

/* False where there is no room. */
static bool put_end(struct layout *layout, const char *text)
{
	int had = layout->row->columns;
	row_add_end(layout->row, text, VIEW_READABLE, layout->view->columns, STYLE_FAINT);
	return layout->row->columns > had;
}

/* How a datagram came, if that was asked for: with its size, without the interface, or in a row of
 * its own. False if not. */
static bool put_packet(struct layout *layout, const char *size)
{
	struct buf text = { .max = SIZE_MAX };
	const struct entry *entry = layout->entry;
	bool asked = entry_has_header(entry), put = false;
	for (int interface = 1; asked && !put && interface >= 0; interface--) {
		buf_clear(&text);
		calltext_packet(entry, interface, &text);
		buf_printf(&text, "  %s", size);
		put = put_end(layout, buf_text(&text));
	}
	if (asked && !put) {
		put_end(layout, size);
		buf_clear(&text);
		calltext_packet(entry, true, &text);
		break_row(layout, layout->row->count);
		put_text(layout, buf_text(&text), STYLE_FAINT);
	}
	buf_free(&text);
	return asked;
}

static void put_size(struct layout *layout, uint32_t bytes)
{
	char size[LABEL_TEXT];
	snprintf(size, sizeof size, "%" PRIu32 " byte%s", bytes, count_plural(bytes));
	if (!put_packet(layout, size))
		put_end(layout, size);
}

/* What does not fit the row is left out. */
static void put_part(struct layout *layout, const char *words)
{
	row_put(layout->row, words, layout->view->columns, STYLE_NOTE);
}

static const char *format_hidden(const struct layout *layout, uint32_t bytes, char out[LABEL_TEXT])
{
	snprintf(out, LABEL_TEXT, "%s %" PRIu32 " more byte%s", layout->unicode ? "…" : "...",
	         bytes, count_plural(bytes));
	return out;
}

/* The row in place of those that are folded. */
static void put_fold(struct layout *layout, const struct text *text)
{
	char words[LABEL_TEXT];
	struct fold *fold = &layout->fold;
	uint32_t hidden = text->len - fold->at;
	layout->rows->count = fold->first + fold->rows - 1;
	layout->row = &layout->rows->row[layout->rows->count - 1];
	break_row(layout, layout->row->count);
	static const char how[] = ": /fold or F8 shows them";
	format_hidden(layout, hidden, words);
	if (text_columns(words, strlen(words)) > room(layout))
		*strstr(words, " byte") = '\0';
	put_part(layout, words);
	if (room(layout) >= (int)sizeof how - 1)
		put_part(layout, how);
}

/* Leaves out what is more than the view shows; returns the number of those bytes. */
static uint32_t cut(const struct layout *layout, struct text *text)
{
	uint32_t len = text->len, most = layout->view->most;
	if (most && len > most)
		text->len = (uint32_t)text_whole(text->bytes, most);
	return len - text->len;
}

static void put_payload(struct layout *layout, struct text *text)
{
	bool marks = layout->view->marks;
	uint32_t len = text->len, hidden = cut(layout, text);
	if (marks && text->starts[0])
		put_text(layout, "[", STYLE_FAINT);
	if (!text->len && !marks)
		put_text(layout, layout->entry->endpoint_len ? "empty datagram" : "empty message",
		         STYLE_FAINT);
	if (!put_bytes(layout, text, marks))
		put_fold(layout, text);
	if (hidden) {
		char words[LABEL_TEXT];
		put_text(layout, " ", STYLE_NOTE);
		put_text(layout, format_hidden(layout, hidden, words), STYLE_NOTE);
	}
	if (text->closed)
		put_lost(layout);
	if (marks && text->closed)
		put_text(layout, "]", STYLE_FAINT);
	if (text->closed)
		put_aside(layout);
	if (!entry_is_datagram(layout->entry))
		put_size(layout, len);
	else if (text->closed)
		put_size(layout, layout->entry->len);
}

void chat_layout(const struct cursor *begin, struct rows *rows)
{
	struct text text;
	gather(begin, &text);
	paragraph_mark_found(begin, text.len, text.found);
	struct layout layout = {
		.view = begin->view,
		.entry = begin->entry,
		.rows = rows,
		.payload = !entry_is_words(begin->entry),
		.unicode = text_has_unicode(),
		.fold = { .first = rows->count },
	};
	begin_row(&layout, begin);
	if (!layout.payload) {
		put_words(&layout, &text);
		return;
	}
	layout.fold.rows = begin->view->fold > 1 ? (size_t)begin->view->fold : 0;
	put_payload(&layout, &text);
}

/* What anybody on the way sees of TLS: the program reads the records out. */
static void layout_records(const struct cursor *begin, struct rows *rows)
{
	struct cursor end = *begin;
	uint32_t len = paragraph_end(&end);
	struct buf text = { .max = SIZE_MAX };
	struct layout layout = { .view = begin->view, .entry = begin->entry, .rows = rows };
	size_t first = rows->count;
	recordtext_list_part(begin->view->transcript, begin->position, begin->offset, len, &text);
	begin_row(&layout, begin);
	put_text(&layout, buf_text(&text), STYLE_STATE);
	put_size(&layout, len);
	for (size_t i = first; begin->view->find && i < rows->count; i++)
		pattern_mark_row(&rows->row[i], begin->view->find, begin->view->find_len);
	buf_free(&text);
}

static void layout(const struct cursor *begin, struct rows *rows)
{
	if (entry_is_sealed(begin->entry))
		layout_records(begin, rows);
	else
		chat_layout(begin, rows);
}

const struct view_ops chat_view = {
	.name = "chat",
	.help = "what was said, line by line\n"
	        "With /set marks on brackets show what each call moved: a stream has no messages, "
	        "and one send() may come as two recv().",
	.merges = true,
	.joins = true,
	.commands = true,
	.records = true,
	.piece = VIEW_LONG,
	.layout = layout,
};
