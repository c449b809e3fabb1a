// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/markdown.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* ---- within a paragraph ---- */

/* The length of what begins here with `mark` and ends with it, of both marks; 0 for none. */
static size_t span(const char *text, size_t len, const char *mark)
{
	size_t width = strlen(mark);
	if (len <= 2 * width || strncmp(text, mark, width) != 0 || text[width] == ' ')
		return 0;
	const char *close = memmem(text + width, len - width, mark, width);
	return close && close > text + width && close[-1] != ' ' ? (size_t)(close - text) + width
	                                                         : 0;
}

/* "[words](address)": the length of all, and of the words. */
static size_t link_length(const char *text, size_t len, size_t *words)
{
	const char *close = len && *text == '[' ? memchr(text, ']', len) : NULL;
	size_t at = close ? (size_t)(close - text) : 0;
	const char *end = close && at + 1 < len && close[1] == '('
	                          ? memchr(close + 1, ')', len - at - 1)
	                          : NULL;
	*words = at ? at - 1 : 0;
	return end ? (size_t)(end - text) + 1 : 0;
}

/* Into one long row. */
static void add_spans(struct row *row, const char *text, size_t len, enum style style)
{
	for (size_t at = 0; at < len;) {
		size_t words, left = len - at;
		const char *from = text + at;
		size_t code = span(from, left, "`"), strong = span(from, left, "**"),
		       soft = *from == '*' && !strong ? span(from, left, "*") : 0,
		       link = link_length(from, left, &words);
		if (code) {
			row_add_text(row, from + 1, code - 2, INT_MAX, MARKDOWN_CODE);
			at += code;
		} else if (strong) {
			add_spans(row, from + 2, strong - 4, MARKDOWN_STRONG);
			at += strong;
		} else if (soft) {
			add_spans(row, from + 1, soft - 2, MARKDOWN_STRONG);
			at += soft;
		} else if (link) {
			add_spans(row, from + 1, words, style);
			at += link;
		} else {
			size_t plain = 1 + strcspn(from + 1, "`*[");
			plain = plain < left ? plain : left;
			row_add_text(row, from, plain, INT_MAX, style);
			at += plain;
		}
	}
}

static bool is_blank(const struct glyph *glyph)
{
	return glyph->chars[0] == L' ';
}

/* Breaks a long row at its last blanks that fit. */
static void break_row(const struct row *line, int first, int indent, int columns, struct rows *rows)
{
	int left = first;
	for (size_t at = 0; at < line->count || at == 0; left = indent) {
		struct row *row = rows_add(rows);
		int room = columns - left > 1 ? columns - left : 1, used = 0;
		size_t end = at, cut = 0;
		while (end < line->count && used + line->glyphs[end].width <= room) {
			used += line->glyphs[end].width;
			end++;
			if (end == line->count || is_blank(&line->glyphs[end]))
				cut = end;
		}
		if (cut > at)
			end = cut;
		int taken = used;
		if (end == at) { /* a glyph that is wider than the room */
			taken = line->count ? line->glyphs[at].width : 0;
			end = at + 1;
		}
		row_pad(row, columns > left && left + taken <= columns ? left : 0, STYLE_GAP);
		for (; at < end && at < line->count; at++)
			row_add_glyph(row, &line->glyphs[at], (enum style)line->glyphs[at].style);
		while (at < line->count && is_blank(&line->glyphs[at]))
			at++;
		if (line->count == 0)
			break;
	}
}

static void add_paragraph(const char *text, size_t len, int first, int indent, int columns,
                          enum style style, struct rows *rows)
{
	struct row line = { 0 };
	add_spans(&line, text, len, style);
	break_row(&line, first, indent, columns, rows);
	row_free(&line);
}

/* ---- paragraphs ---- */

static size_t line_length(const char *text)
{
	return strcspn(text, "\n");
}

/* The width of what begins an item, "- " or "12. ", after its blanks; 0 for none. */
static size_t item_mark(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	if ((*text == '-' || *text == '*' || *text == '+') && text[1] == ' ')
		return 2;
	return digits && digits < 4 && text[digits] == '.' && text[digits + 1] == ' ' ? digits + 2
	                                                                              : 0;
}

static bool is_fence(const char *text)
{
	return strncmp(text + strspn(text, " "), "```", 3) == 0;
}

static bool is_table(const char *text)
{
	return *text == '|';
}

/* Whether a line goes on with the paragraph before it. */
static bool goes_on(const char *text)
{
	size_t blanks = strspn(text, " \t");
	return text[blanks] && text[blanks] != '\n' && !item_mark(text + blanks) &&
	       !is_fence(text) && *text != '#' && *text != '>' && !is_table(text);
}

/* Returns what comes after the fence. */
static const char *add_fence(const char *text, int indent, int columns, struct rows *rows)
{
	text += line_length(text);
	text += *text == '\n';
	while (*text && !is_fence(text)) {
		size_t len = line_length(text);
		struct buf line = { .max = SIZE_MAX };
		buf_append(&line, text, len);
		markdown_code(buf_text(&line), indent + 2, columns, MARKDOWN_CODE, rows);
		buf_free(&line);
		text += len + (text[len] == '\n');
	}
	text += line_length(text);
	return text + (*text == '\n');
}

void markdown_layout(const char *text, int indent, int columns, enum style style, struct rows *rows)
{
	struct buf words = { .max = SIZE_MAX };
	bool gap = false, any = false;
	while (*text) {
		size_t blanks = strspn(text, " \t"), len = line_length(text);
		if (blanks == len) {
			gap = any;
			text += len + (text[len] == '\n');
			continue;
		}
		if (gap)
			rows_add(rows);
		gap = false;
		any = true;
		if (is_fence(text)) {
			text = add_fence(text, indent, columns, rows);
			continue;
		}
		size_t item = item_mark(text + blanks), heading = strspn(text, "#");
		bool quote = *text == '>';
		size_t cut = heading && text[heading] == ' ' ? heading + 1 : quote ? 1 : blanks;
		bool alone = heading || is_table(text);
		int deep = indent + (item ? (int)blanks : 0) + (quote ? 2 : 0);
		buf_clear(&words);
		do {
			size_t end = len;
			cut += strspn(text + cut, " \t") < end - cut ? strspn(text + cut, " \t")
			                                             : 0;
			while (end > cut && (text[end - 1] == ' ' || text[end - 1] == '\t'))
				end--;
			buf_append_text(&words, words.len ? " " : "");
			buf_append(&words, text + cut, end - cut);
			text += len + (text[len] == '\n');
			len = line_length(text);
			cut = strspn(text, " \t");
		} while (!alone && *text && goes_on(text));
		add_paragraph(buf_text(&words), words.len, deep, deep + (int)item, columns,
		              heading ? MARKDOWN_HEADING : style, rows);
	}
	buf_free(&words);
}

void markdown_code(const char *text, int indent, int columns, enum style style, struct rows *rows)
{
	do {
		size_t len = line_length(text), at = 0;
		int left = indent < columns / 4 ? indent : 0;
		do {
			struct row *row = rows_add(rows);
			row_pad(row, left, STYLE_GAP);
			size_t taken = row_add_text(row, text + at, len - at, columns, style);
			at += taken ? taken : len - at;
		} while (at < len);
		text += len;
	} while (*text++ == '\n');
}
