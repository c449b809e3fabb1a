// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/markdown.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "view/markup.h"

/* ---- within a paragraph ---- */

struct span {
	enum { SPAN_TEXT, SPAN_CODE, SPAN_STRONG, SPAN_SOFT, SPAN_LINK } kind;
	const char *text; /* without its marks; the words of a link */
	size_t len;
	size_t taken; /* with its marks */
};

/* The length of what begins here with `mark` and ends with it, of both marks; 0 for none. */
static size_t marked_length(const char *text, size_t len, const char *mark)
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

/* What the text begins with. */
static struct span first_span(const char *text, size_t len)
{
	size_t words, code = marked_length(text, len, "`"), strong = marked_length(text, len, "**"),
	              soft = *text == '*' && !strong ? marked_length(text, len, "*") : 0,
	              link = link_length(text, len, &words);
	if (code)
		return (struct span){ SPAN_CODE, text + 1, code - 2, code };
	if (strong)
		return (struct span){ SPAN_STRONG, text + 2, strong - 4, strong };
	if (soft)
		return (struct span){ SPAN_SOFT, text + 1, soft - 2, soft };
	if (link)
		return (struct span){ SPAN_LINK, text + 1, words, link };
	size_t plain = 1;
	while (plain < len && !strchr("`*[", text[plain]))
		plain++;
	return (struct span){ SPAN_TEXT, text, plain, plain };
}

/* Into one long row. */
static void add_spans(struct row *row, const char *text, size_t len, enum style style)
{
	for (size_t at = 0; at < len;) {
		struct span span = first_span(text + at, len - at);
		switch (span.kind) {
		case SPAN_TEXT:
			row_add_text(row, span.text, span.len, INT_MAX, style);
			break;
		case SPAN_CODE:
			row_add_text(row, span.text, span.len, INT_MAX, MARKDOWN_CODE);
			break;
		case SPAN_STRONG:
		case SPAN_SOFT:
			add_spans(row, span.text, span.len, MARKDOWN_STRONG);
			break;
		case SPAN_LINK:
			add_spans(row, span.text, span.len, style);
			break;
		}
		at += span.taken;
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

struct part {
	enum { PART_TEXT, PART_ITEM, PART_HEADING, PART_QUOTE, PART_TABLE, PART_FENCE } kind;
	bool gap;      /* an empty line was before it */
	size_t blanks; /* before an item */
	size_t mark;   /* bytes of "- " or "12. " that the words of an item begin with */
	struct buf
	        words; /* the lines joined by blanks; those of a fence as they are; of a row of a table
	                   * one */
};

/* Returns what comes after the fence. */
static const char *read_fence(const char *text, struct buf *lines)
{
	bool first = true;
	text += line_length(text);
	text += *text == '\n';
	for (; *text && !is_fence(text); first = false) {
		size_t len = line_length(text);
		buf_append_text(lines, first ? "" : "\n");
		buf_append(lines, text, len);
		text += len + (text[len] == '\n');
	}
	text += line_length(text);
	return text + (*text == '\n');
}

/* The next part of a text; false at its end. */
static bool read_part(const char **rest, struct part *part)
{
	const char *text = *rest;
	size_t blanks = strspn(text, " \t"), len = line_length(text);
	buf_clear(&part->words);
	part->gap = false;
	for (; *text && blanks == len; blanks = strspn(text, " \t"), len = line_length(text)) {
		part->gap = true;
		text += len + (text[len] == '\n');
	}
	if (!*text)
		return false;
	if (is_fence(text)) {
		part->kind = PART_FENCE;
		*rest = read_fence(text, &part->words);
		return true;
	}
	size_t item = item_mark(text + blanks), heading = strspn(text, "#");
	bool quote = *text == '>';
	size_t cut = heading && text[heading] == ' ' ? heading + 1 : quote ? 1 : blanks;
	bool alone = heading || is_table(text);
	part->kind = heading          ? PART_HEADING
	             : is_table(text) ? PART_TABLE
	             : quote          ? PART_QUOTE
	             : item           ? PART_ITEM
	                              : PART_TEXT;
	part->blanks = blanks;
	part->mark = item;
	do {
		size_t end = len;
		cut += strspn(text + cut, " \t") < end - cut ? strspn(text + cut, " \t") : 0;
		while (end > cut && (text[end - 1] == ' ' || text[end - 1] == '\t'))
			end--;
		buf_append_text(&part->words, part->words.len ? " " : "");
		buf_append(&part->words, text + cut, end - cut);
		text += len + (text[len] == '\n');
		len = line_length(text);
		cut = strspn(text, " \t");
	} while (!alone && *text && goes_on(text));
	*rest = text;
	return true;
}

/* ---- tables ---- */

enum { TABLE_ROWS = 16, TABLE_CELLS = 6, TABLE_GAP = 2 };

struct table {
	struct row cell[TABLE_ROWS][TABLE_CELLS]; /* the first row is the heading */
	int width[TABLE_CELLS];
	size_t rows, cells;
};

/* "|---|:--|" */
static bool is_rule(const char *text, size_t len)
{
	return strspn(text, "|-: \t") >= len && memchr(text, '-', len);
}

/* "| one | two |" */
static void add_cells(struct table *table, const char *text, size_t len, enum style style)
{
	size_t at = 1, count = 0;
	while (at < len && count < TABLE_CELLS) {
		const char *bar = memchr(text + at, '|', len - at);
		size_t end = bar ? (size_t)(bar - text) : len, to = end;
		while (at < to && (text[at] == ' ' || text[at] == '\t'))
			at++;
		while (to > at && (text[to - 1] == ' ' || text[to - 1] == '\t'))
			to--;
		if (bar || to > at) {
			struct row *cell = &table->cell[table->rows][count];
			add_spans(cell, text + at, to - at, style);
			if (cell->columns > table->width[count])
				table->width[count] = cell->columns;
			count++;
		}
		at = end + 1;
	}
	table->cells = count > table->cells ? count : table->cells;
	table->rows++;
}

static void append_row(struct row *row, const struct row *cell)
{
	for (size_t i = 0; i < cell->count; i++)
		row_add_glyph(row, &cell->glyphs[i], (enum style)cell->glyphs[i].style);
}

static void lay_in_columns(const struct table *table, int indent, struct rows *rows)
{
	for (size_t i = 0; i < table->rows; i++) {
		struct row *row = rows_add(rows);
		int column = indent;
		for (size_t k = 0; k < table->cells; k++) {
			const struct row *cell = &table->cell[i][k];
			if (cell->count)
				row_pad(row, column, STYLE_GAP);
			append_row(row, cell);
			column += table->width[k] + TABLE_GAP;
		}
	}
}

/* Each row below the one before: its cells, each with its heading if it has one. */
static void lay_as_list(const struct table *table, int indent, int columns, struct rows *rows)
{
	for (size_t k = 0; table->rows == 1 && k < table->cells; k++)
		break_row(&table->cell[0][k], indent, indent, columns, rows);
	for (size_t i = 1; i < table->rows; i++) {
		for (size_t k = 0; k < table->cells; k++) {
			struct row line = { 0 };
			int left = k ? indent + 2 : indent;
			append_row(&line, &table->cell[0][k]);
			if (line.count)
				row_add_text(&line, ": ", 2, INT_MAX, MARKDOWN_HEADING);
			append_row(&line, &table->cell[i][k]);
			break_row(&line, left, left + 2, columns, rows);
			row_free(&line);
		}
	}
}

/* After its first row it takes the others from `text`, and returns what comes after them; of a very long one the
 * rest is a table of its own. */
static const char *add_table(struct buf *first, const char *text, int indent, int columns,
                             enum style style, struct rows *rows)
{
	struct table table = { 0 };
	int total = indent;
	add_cells(&table, buf_text(first), first->len, MARKDOWN_HEADING);
	while (is_table(text) && table.rows < TABLE_ROWS) {
		size_t len = line_length(text);
		if (!is_rule(text, len))
			add_cells(&table, text, len, style);
		text += len + (text[len] == '\n');
	}
	for (size_t k = 0; k < table.cells; k++)
		total += table.width[k] + (k ? TABLE_GAP : 0);
	if (total <= columns)
		lay_in_columns(&table, indent, rows);
	else
		lay_as_list(&table, indent, columns, rows);
	for (size_t i = 0; i < TABLE_ROWS; i++)
		for (size_t k = 0; k < TABLE_CELLS; k++)
			row_free(&table.cell[i][k]);
	return text;
}

void markdown_layout(const char *text, int indent, int columns, enum style style, struct rows *rows)
{
	struct part part = { .words = { .max = SIZE_MAX } };
	for (bool first = true; read_part(&text, &part); first = false) {
		if (part.gap && !first)
			rows_add(rows);
		if (part.kind == PART_FENCE) {
			if (part.words.len)
				markdown_code(buf_text(&part.words), indent + 2, columns,
				              MARKDOWN_CODE, rows);
			continue;
		}
		if (part.kind == PART_TABLE) {
			text = add_table(&part.words, text, indent, columns, style, rows);
			continue;
		}
		bool item = part.kind == PART_ITEM;
		int deep =
		        indent + (item ? (int)part.blanks : 0) + (part.kind == PART_QUOTE ? 2 : 0);
		add_paragraph(buf_text(&part.words), part.words.len, deep,
		              deep + (item ? (int)part.mark : 0), columns,
		              part.kind == PART_HEADING ? MARKDOWN_HEADING : style, rows);
	}
	buf_free(&part.words);
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

/* ---- HTML ---- */

enum { LISTS = 4 }; /* within each other, at most */

struct html {
	struct buf *out;
	struct {
		size_t blanks;
		bool ordered;
	} lists[LISTS];
	int depth;
	enum { TABLE_NONE, TABLE_HEAD, TABLE_BODY } table;
};

static void put_spans(struct buf *out, const char *text, size_t len)
{
	static const char *const tags[] = { [SPAN_STRONG] = "strong", [SPAN_SOFT] = "em" };
	for (size_t at = 0; at < len;) {
		struct span span = first_span(text + at, len - at);
		switch (span.kind) {
		case SPAN_TEXT:
			markup_text(out, span.text, span.len);
			break;
		case SPAN_CODE:
			buf_append_text(out, "<code>");
			markup_text(out, span.text, span.len);
			buf_append_text(out, "</code>");
			break;
		case SPAN_STRONG:
		case SPAN_SOFT:
			markup_printf(out, "<%s>", tags[span.kind]);
			put_spans(out, span.text, span.len);
			markup_printf(out, "</%s>", tags[span.kind]);
			break;
		case SPAN_LINK:
			put_spans(out, span.text, span.len);
			break;
		}
		at += span.taken;
	}
}

static const char *list_tag(const struct html *html)
{
	return html->lists[html->depth - 1].ordered ? "ol" : "ul";
}

static void end_list(struct html *html)
{
	markup_printf(html->out, "</li></%s>\n", list_tag(html));
	html->depth--;
}

static void end_lists(struct html *html)
{
	while (html->depth)
		end_list(html);
}

static void end_table(struct html *html)
{
	if (html->table)
		buf_append_text(html->out, html->table == TABLE_HEAD ? "</thead></table>\n"
		                                                     : "</tbody></table>\n");
	html->table = TABLE_NONE;
}

static void put_item(struct html *html, struct part *part)
{
	const char *words = buf_text(&part->words);
	size_t blanks = part->blanks,
	       mark = part->mark < part->words.len ? part->mark : part->words.len;
	bool ordered = isdigit((unsigned char)*words);
	while (html->depth > 1 && blanks < html->lists[html->depth - 1].blanks)
		end_list(html);
	if (html->depth == 1 && html->lists[0].ordered != ordered &&
	    blanks <= html->lists[0].blanks)
		end_list(html);
	bool within = html->depth && blanks > html->lists[html->depth - 1].blanks;
	if (!html->depth || (within && html->depth < LISTS)) {
		buf_append_text(html->out, within ? "\n" : "");
		html->lists[html->depth].blanks = blanks;
		html->lists[html->depth++].ordered = ordered;
		if (ordered)
			markup_printf(html->out, "<ol start=\"%ld\">\n", strtol(words, NULL, 10));
		else
			buf_append_text(html->out, "<ul>\n");
	} else {
		buf_append_text(html->out, "</li>\n");
	}
	buf_append_text(html->out, "<li>");
	put_spans(html->out, words + mark, part->words.len - mark);
}

/* "| a | b |"; the row of dashes only ends the head. */
static void put_table_row(struct html *html, struct part *part)
{
	const char *at = buf_text(&part->words) + 1, *end = at + part->words.len - 1;
	bool head = !html->table, rule = strspn(at, "|-: ") == (size_t)(end - at);
	if (head)
		buf_append_text(html->out, "<table>\n<thead>");
	if (html->table == TABLE_HEAD)
		buf_append_text(html->out, "</thead>\n<tbody>\n");
	html->table = head ? TABLE_HEAD : TABLE_BODY;
	if (rule && !head)
		return;
	buf_append_text(html->out, "<tr>");
	while (at < end) {
		const char *bar = memchr(at, '|', (size_t)(end - at)), *to = bar ? bar : end;
		const char *after = to + (to < end);
		at += strspn(at, " ");
		while (to > at && to[-1] == ' ')
			to--;
		buf_append_text(html->out, head ? "<th scope=\"col\">" : "<td>");
		if (to > at)
			put_spans(html->out, at, (size_t)(to - at));
		buf_append_text(html->out, head ? "</th>" : "</td>");
		at = after;
	}
	buf_append_text(html->out, "</tr>\n");
}

void markdown_html_code(const char *text, struct buf *out)
{
	buf_append_text(out, "<pre>");
	for (;;) {
		size_t len = line_length(text);
		markup_text(out, text, len);
		text += len;
		if (!*text++)
			break;
		buf_append_text(out, "\n");
	}
	buf_append_text(out, "</pre>\n");
}

void markdown_html_words(const char *text, struct buf *out)
{
	struct part part = { .words = { .max = SIZE_MAX } };
	for (bool first = true; read_part(&text, &part); first = false) {
		buf_append_text(out, first ? "" : " ");
		put_spans(out, buf_text(&part.words), part.words.len);
	}
	buf_free(&part.words);
}

void markdown_html(const char *text, struct buf *out)
{
	struct html html = { .out = out };
	struct part part = { .words = { .max = SIZE_MAX } };
	while (read_part(&text, &part)) {
		if (part.kind != PART_ITEM)
			end_lists(&html);
		if (part.kind != PART_TABLE || part.gap)
			end_table(&html);
		switch (part.kind) {
		case PART_FENCE:
			markdown_html_code(buf_text(&part.words), out);
			break;
		case PART_ITEM:
			put_item(&html, &part);
			break;
		case PART_TABLE:
			put_table_row(&html, &part);
			break;
		default:
			buf_append_text(out, part.kind == PART_HEADING ? "<h3>"
			                     : part.kind == PART_QUOTE ? "<p class=\"q\">"
			                                               : "<p>");
			put_spans(out, buf_text(&part.words), part.words.len);
			buf_append_text(out, part.kind == PART_HEADING ? "</h3>\n" : "</p>\n");
		}
	}
	end_lists(&html);
	end_table(&html);
	buf_free(&part.words);
}
