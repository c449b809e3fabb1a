// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/session_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/count.h"

enum {
	GAP = 2,        /* blanks between columns */
	NAME_LEAST = 7, /* of a name, rather than no bytes; */
	NAME_SHARE = 5, /* it has at most this part of a row that has addresses */
	ENDS_LEAST = 9, /* less of the addresses says nothing */
	LINE_TEXT = 2 * HOST_TEXT + 16,
};

struct session_line *session_list_add(struct session_list *list)
{
	list->line = xgrow(list->line, &list->cap, list->count, sizeof *list->line);
	struct session_line *line = &list->line[list->count++];
	*line = (struct session_line){ 0 };
	return line;
}

void session_list_free(struct session_list *list)
{
	free(list->line);
	*list = (struct session_list){ 0 };
}

/* ---- as text ---- */

/* The local end is the port alone, so that a row fits. */
static const char *format_ends(const struct session_line *line, char out[LINE_TEXT])
{
	char text[HOST_TEXT];
	const char *host = host_name(line->host);
	bool local = endpoint_is_set(&line->local), peer = endpoint_is_set(&line->peer);
	if (line->everywhere)
		snprintf(out, LINE_TEXT, "*:%u", line->local.port);
	else if (local && peer)
		snprintf(out, LINE_TEXT, "%s%s:%u %s %s", host, *host ? " " : "", line->local.port,
		         text_has_unicode() ? "⇄" : "<->",
		         host_format(line->host, &line->peer, text));
	else if (local || peer)
		snprintf(out, LINE_TEXT, "%s",
		         host_format(line->host, local ? &line->local : &line->peer, text));
	else
		snprintf(out, LINE_TEXT, "%s", *host ? host : "-");
	return out;
}

enum { BYTES_TEXT = 2 * COUNT_TEXT + 16 };

static const char *format_bytes(uint64_t sent, uint64_t received, char out[BYTES_TEXT])
{
	char up[COUNT_TEXT], down[COUNT_TEXT];
	snprintf(out, BYTES_TEXT, text_has_unicode() ? "↑%s ↓%s" : "out %s in %s",
	         count_format(sent, up), count_format(received, down));
	return out;
}

static int width(const char *text)
{
	return text_columns(text, strlen(text));
}

/* ---- choosing and sorting ---- */

static bool matches(const struct session_line *line, const char *filter)
{
	char ends[LINE_TEXT];
	return strcasestr(line->name, filter) || strcasestr(line->state, filter) ||
	       strcasestr(format_ends(line, ends), filter);
}

static void set_key(struct session_line *line, const char *order)
{
	bool in = strcmp(order, "in") == 0 || strcmp(order, "bytes") == 0;
	bool out = strcmp(order, "out") == 0 || strcmp(order, "bytes") == 0;
	line->key.text = strcmp(order, "name") == 0    ? line->name
	                 : strcmp(order, "state") == 0 ? line->state
	                                               : "";
	line->key.most = (in ? line->received : 0) + (out ? line->sent : 0);
}

static int by_key(const void *a, const void *b)
{
	const struct session_line *one = a, *other = b;
	int order = strcmp(one->key.text, other->key.text);
	if (!order)
		order = (one->key.most < other->key.most) - (one->key.most > other->key.most);
	return order ? order : (one->number > other->number) - (one->number < other->number);
}

void session_list_arrange(struct session_list *list, const char *order, const char *filter)
{
	size_t kept = 0;
	list->whole = list->count;
	list->open = 0;
	list->sent = list->received = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct session_line *line = &list->line[i];
		if (*filter && !matches(line, filter))
			continue;
		if (order)
			set_key(line, order);
		list->open += line->open;
		list->sent += line->sent;
		list->received += line->received;
		list->line[kept++] = *line;
	}
	list->count = kept;
	if (order && kept)
		qsort(list->line, kept, sizeof *list->line, by_key);
}

/* ---- rows ---- */

/* The totals count more than what was typed, and the number of sessions more than their bytes. */
static void draw_totals(const struct session_list *list, const char *title, int columns,
                        struct row *row)
{
	char counts[96] = "", bytes[BYTES_TEXT];
	size_t used = 0;
	if (list->count < list->whole)
		used = (size_t)snprintf(counts, sizeof counts, "%zu of %zu: ", list->count,
		                        list->whole);
	snprintf(counts + used, sizeof counts - used, "%zu open, %zu closed", list->open,
	         list->count - list->open);
	format_bytes(list->sent, list->received, bytes);
	if (*title && width(title) + GAP + width(counts) + GAP + width(bytes) <= columns) {
		row_put(row, title, columns, STYLE_STATE);
		row_pad(row, row->columns + GAP, STYLE_FAINT);
	}
	row_put(row, counts, columns, STYLE_NOTE);
	if (row->columns + GAP + width(bytes) > columns)
		return;
	row_pad(row, row->columns + GAP, STYLE_FAINT);
	row_put(row, bytes, columns, STYLE_NOTE);
}

/* Where each column begins; 0 = there is no room for it. */
struct layout {
	int digits, name_end, state, bytes, ends;
};

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/* The columns do not move when the list is scrolled or bytes come, except for what only the lines
 * that are seen have. */
static struct layout lay_out(const struct session_list *list, size_t first, size_t end, int columns)
{
	static const uint64_t widest = 99900;
	char text[BYTES_TEXT];
	uint32_t highest = 1;
	int name = 0, state = 0, bytes = width(format_bytes(widest, widest, text));
	for (size_t i = 0; i < list->count; i++) {
		const struct session_line *line = &list->line[i];
		bool seen = i >= first && i < end;
		highest = line->number > highest ? line->number : highest;
		name = larger(name, width(line->name));
		state = larger(state, (int)strlen(line->state) + (seen ? (int)strlen(line->more) : 0));
	}
	struct layout layout = { .digits = snprintf(text, sizeof text, "%u", (unsigned)highest) };
	int begin = layout.digits + 2, shown = smaller(name, NAME_LEAST);
	int left = columns - begin - shown, spare = columns / NAME_SHARE - shown;
	bool has_state = left >= GAP + state;
	left -= has_state ? GAP + state : 0;
	bool has_bytes = has_state && left >= GAP + bytes;
	left -= has_bytes ? GAP + bytes : 0;
	bool has_ends = has_bytes && left >= GAP + ENDS_LEAST;
	if (has_ends)
		left = larger(smaller(left - GAP - ENDS_LEAST, spare), 0);
	shown += smaller(name - shown, left);
	layout.name_end = begin + shown;
	if (has_state)
		layout.state = layout.name_end + GAP;
	if (has_bytes)
		layout.bytes = layout.state + state + GAP;
	if (has_ends)
		layout.ends = layout.bytes + bytes + GAP;
	return layout;
}

/* Where a name is cut, the end of one that is made of an address stays: many begin alike. */
static void put_name(struct row *row, const char *name, int end)
{
	const char *more = text_has_unicode() ? "…" : "~";
	int room = end - row->columns;
	if (strchr(name, ':') && width(name) > room) {
		while (*name && width(name) >= room) {
			struct glyph ignored;
			name += text_glyph(name, strlen(name), -1, &ignored);
		}
		row_put(row, more, end, STYLE_FAINT);
	}
	row_put(row, name, end, STYLE_TEXT);
}

static void draw_line(const struct session_line *line, const struct layout *layout, int columns,
                      struct row *row)
{
	char text[LINE_TEXT];
	snprintf(text, sizeof text, "%*u%s ", layout->digits, (unsigned)line->number,
	         line->current ? "*" : " ");
	row_put(row, text, columns, STYLE_TEXT);
	put_name(row, line->name, layout->name_end);
	if (layout->state) {
		row_pad(row, layout->state, STYLE_TEXT);
		row_put(row, line->state, columns, line->open ? STYLE_STATE : STYLE_FAINT);
		row_put(row, line->more, columns, STYLE_FAINT);
	}
	if (layout->bytes) {
		row_pad(row, layout->bytes, STYLE_TEXT);
		row_put(row, format_bytes(line->sent, line->received, text), columns, STYLE_TEXT);
	}
	if (layout->ends) {
		row_pad(row, layout->ends, STYLE_TEXT);
		row_put(row, format_ends(line, text), columns, STYLE_TEXT);
	}
}

void session_list_draw(const struct session_list *list, const char *title, const char *filter,
                       size_t first, size_t end, int columns, struct rows *rows)
{
	struct layout layout = lay_out(list, first, end, columns);
	draw_totals(list, title, columns, rows_add(rows));
	for (size_t i = 0; i < list->count; i++) {
		struct row *row = rows_add(rows);
		if (i >= first && i < end)
			draw_line(&list->line[i], &layout, columns, row);
	}
	if (list->count || !list->whole)
		return;
	struct row *row = rows_add(rows);
	row_put(row, "no session has \"", columns, STYLE_NOTE);
	row_put(row, filter, columns, STYLE_NOTE);
	row_put(row, "\"", columns, STYLE_NOTE);
}
