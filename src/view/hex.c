// SPDX-License-Identifier: GPL-3.0-or-later
/* hex: the rows of one piece of what a call moved, as offsets, hexadecimal digits and text. A
 * paragraph is at most VIEW_PIECE bytes of one entry's payload, cut at multiples of VIEW_PIECE from
 * its beginning; notes and states look as in the chat.
 *
 *	21:04:11.005 ←  recv(1024) = 15                                         15 bytes
 *	← 0000  48 65 6c 6c 6f 2c 20 73  65 72 76 65 72 21 0a     Hello, server!.
 *
 * Offsets count from the call's first byte, which the row with the call is above; where that has
 * been scrolled away, the arrow of each row still shows the direction. A row has 32, 16, 8, 4, 2 or
 * 1 bytes, as many as fit. A character of several bytes is above the first of them, where all are
 * in one row. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/count.h"
#include "view/calltext.h"
#include "view/chat.h"
#include "view/gutter.h"
#include "view/paragraph.h"
#include "view/recordtext.h"

enum {
	BYTES_MOST = 16, /* on a row */
	GROUP = 8,       /* bytes of a group */
	LEAST_DIGITS = 4,
	COLUMNS_ARROW = 12, /* of a pane with an arrow, at least */
	ARROW = 2,          /* columns that it takes */
	LABEL_TEXT = 48,
	HANG = 2, /* columns by which the rows of a call that go on are further in */
};

/* How the columns of a row are shared out. */
struct shape {
	int digits; /* of an offset */
	int gap;    /* blanks before digits and text */
	int arrow;
	uint32_t bytes;
};

struct dump {
	const struct view *view;
	const struct entry *entry;
	struct rows *rows;
	struct shape shape;
	uint32_t begin, len; /* of the piece */
	const bool *found;   /* for each of its bytes */
};

/* ---- the row with the call ---- */

static void put_size(const struct entry *entry, int columns, struct row *row)
{
	char text[LABEL_TEXT];
	snprintf(text, sizeof text, "%" PRIu32 " byte%s", entry->len, count_plural(entry->len));
	row_add_end(row, text, VIEW_READABLE, columns, STYLE_FAINT);
}

/* The call as a program writes it; the peer, if that does not name it; what of a datagram is
 * lost. */
static void describe(const struct entry *entry, struct buf *text)
{
	char peer[ENDPOINT_TEXT];
	struct endpoint addr = entry_addr(entry);
	int64_t lost = (int64_t)entry->arg - entry->len;
	calltext_call(entry, 0, text);
	buf_append_text(text, " ");
	calltext_result(entry, text);
	if (endpoint_is_set(&addr) && !strstr(buf_text(text), endpoint_format(&addr, peer)))
		buf_printf(text, "  %s", peer);
	if (entry_is_secret(entry))
		buf_append_text(text, "  (secret)");
	if (entry->flags & ENTRY_TRUNCATED && lost > 0)
		buf_printf(text, "  ~%" PRId64 " lost", lost);
}

/* The bytes of the text that a row has room for, to the end of a word if possible. */
static size_t fitting(const char *text, size_t len, int columns)
{
	size_t taken = 0, word = 0;
	struct glyph glyph;
	while (taken < len) {
		size_t n = text_glyph(text + taken, len - taken, -1, &glyph);
		columns -= glyph.width;
		if (columns < 0)
			return word ? word : taken;
		if (text[taken] == ' ')
			word = taken;
		taken += n;
	}
	return len;
}

static void put_call(const struct cursor *begin, struct rows *rows)
{
	struct buf text = { .max = SIZE_MAX };
	int columns = begin->view->columns;
	struct row *row = rows_add(rows);
	gutter_put(begin, row);
	int indent = row->columns;
	describe(begin->entry, &text);
	if (entry_is_sealed(begin->entry)) {
		buf_append_text(&text, "  ");
		recordtext_list(begin->view->transcript, begin->position, &text);
	}
	indent = indent + HANG < columns / 2 ? indent + HANG : indent;
	const char *rest = buf_data(&text), *end = rest + text.len;
	for (size_t taken = 1; rest < end && taken > 0;) {
		taken = fitting(rest, (size_t)(end - rest), columns - row->columns);
		row_add_text(row, rest, taken, columns, STYLE_NOTE);
		rest += taken;
		while (rest < end && *rest == ' ')
			rest++;
		if (rest == end)
			break;
		row = rows_add(rows);
		row_pad(row, indent, STYLE_TEXT);
	}
	buf_free(&text);
	put_size(begin->entry, columns, row);
}

/* ---- the shape of the others ---- */

static int hex_columns(uint32_t bytes)
{
	return (int)(3 * bytes - 1 + (bytes - 1) / GROUP);
}

static int shape_columns(const struct shape *shape)
{
	return shape->arrow + shape->digits + 2 * shape->gap + hex_columns(shape->bytes) +
	       (int)shape->bytes;
}

static int count_digits(uint32_t len)
{
	int digits = LEAST_DIGITS;
	while (digits < 8 && (len - 1) >> 4 * digits)
		digits++;
	return digits;
}

/* As many bytes as fit, and wide gaps where they still do. */
static struct shape choose_shape(int columns, uint32_t len)
{
	struct shape shape = {
		.digits = count_digits(len),
		.arrow = columns >= COLUMNS_ARROW ? ARROW : 0,
	};
	if (columns > VIEW_READABLE)
		columns = VIEW_READABLE;
	for (shape.bytes = BYTES_MOST; shape.bytes > 1; shape.bytes /= 2)
		for (shape.gap = 2; shape.gap > 0; shape.gap--)
			if (shape_columns(&shape) <= columns)
				return shape;
	shape.gap = 1;
	return shape;
}

/* ---- the bytes of a row ---- */

static enum style found_style(const struct dump *dump, uint32_t at, enum style otherwise)
{
	return dump->found[at] ? STYLE_FOUND : otherwise;
}

static void put_arrow(const struct dump *dump, struct row *row)
{
	bool unicode = text_has_unicode();
	bool in = entry_is_incoming(dump->entry);
	if (!dump->shape.arrow)
		return;
	if (in)
		row_put(row, unicode ? "←" : "<", dump->view->columns, STYLE_IN);
	else
		row_put(row, unicode ? "→" : ">", dump->view->columns, STYLE_OUT);
	row_put(row, " ", dump->view->columns, STYLE_TEXT);
}

/* A hit goes on over the blanks between its bytes. */
static void put_digits(const struct dump *dump, uint32_t at, uint32_t count, struct row *row)
{
	int columns = dump->view->columns;
	const char *bytes = entry_payload(dump->entry) + dump->begin;
	for (uint32_t i = at; i < at + count; i++) {
		char digits[3];
		bool inside = i > at && dump->found[i - 1] && dump->found[i];
		if (i > at)
			row_put(row, (i - at) % GROUP ? " " : "  ", columns,
			        inside ? STYLE_FOUND : STYLE_TEXT);
		if (entry_is_secret(dump->entry))
			snprintf(digits, sizeof digits, "**");
		else
			snprintf(digits, sizeof digits, "%02x", (unsigned char)bytes[i]);
		row_put(row, digits, columns, found_style(dump, i, STYLE_TEXT));
	}
}

static void put_times(struct row *row, const char *text, size_t times, int columns,
                      enum style style)
{
	while (times--)
		row_put(row, text, columns, style);
}

/* One column for each byte: blanks after a character of several, dots for what is none. */
static void put_characters(const struct dump *dump, uint32_t at, uint32_t count, struct row *row)
{
	int columns = dump->view->columns;
	const char *bytes = entry_payload(dump->entry) + dump->begin;
	for (uint32_t end = at + count; at < end;) {
		struct glyph glyph;
		size_t n = text_glyph(bytes + at, end - at, -1, &glyph);
		if (glyph.mark || glyph.width > n) {
			put_times(row, ".", n, columns, found_style(dump, at, STYLE_FAINT));
		} else {
			enum style style = found_style(dump, at, STYLE_TEXT);
			if (row->columns + glyph.width <= columns)
				row_add_glyph(row, &glyph, style);
			put_times(row, " ", n - glyph.width, columns, style);
		}
		at += (uint32_t)n;
	}
}

static void put_row(const struct dump *dump, uint32_t at)
{
	char offset[16];
	const struct shape *shape = &dump->shape;
	uint32_t left = dump->len - at;
	uint32_t count = left < shape->bytes ? left : shape->bytes;
	struct row *row = rows_add(dump->rows);
	put_arrow(dump, row);
	snprintf(offset, sizeof offset, "%0*" PRIx32, shape->digits, dump->begin + at);
	row_put(row, offset, dump->view->columns, STYLE_FAINT);
	put_times(row, " ", (size_t)shape->gap, dump->view->columns, STYLE_TEXT);
	int text = row->columns + hex_columns(shape->bytes) + shape->gap;
	put_digits(dump, at, count, row);
	if (text >= dump->view->columns)
		return;
	row_pad(row, text, STYLE_TEXT);
	put_characters(dump, at, count, row);
}

static void layout_bytes(const struct cursor *begin, struct rows *rows)
{
	bool found[VIEW_PIECE];
	struct cursor end = *begin;
	struct dump dump = {
		.view = begin->view,
		.entry = begin->entry,
		.rows = rows,
		.shape = choose_shape(begin->view->columns, begin->entry->len),
		.begin = begin->offset,
		.len = paragraph_end(&end),
		.found = found,
	};
	paragraph_mark_found(begin, dump.len, found);
	if (begin->offset == 0)
		put_call(begin, rows);
	for (uint32_t at = 0; at < dump.len; at += dump.shape.bytes)
		put_row(&dump, at);
	if (rows->count == 0)
		rows_add(rows);
}

static void layout(const struct cursor *begin, struct rows *rows)
{
	if (entry_is_words(begin->entry))
		chat_layout(begin, rows);
	else
		layout_bytes(begin, rows);
}

const struct view_ops hex_view = {
	.name = "hex",
	.help = "every byte: offset, hexadecimal, text, in both directions, call by call",
	.merges = true,
	.piece = VIEW_PIECE,
	.layout = layout,
};
