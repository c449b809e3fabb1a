// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/peer_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"

enum {
	GAP = 2,            /* blanks between columns */
	ADDRESS_LEAST = 21, /* columns that an address has before others have any */
	CELL = 64 > HOST_TEXT ? 64 : HOST_TEXT,
};

struct peer_line *peer_list_add(struct peer_list *list)
{
	list->line = xgrow(list->line, &list->cap, list->count, sizeof *list->line);
	struct peer_line *line = &list->line[list->count++];
	memset(line, 0, sizeof *line);
	return line;
}

void peer_list_free(struct peer_list *list)
{
	free(list->line);
	*list = (struct peer_list){ 0 };
}

/* ---- as text ---- */

static int width_of(const char *text)
{
	return text_columns(text, strlen(text));
}

static const char *format_traffic(const struct peer_list *list, uint64_t count, uint64_t bytes,
                                  char out[CELL])
{
	if (list->clients)
		snprintf(out, CELL, "%" PRIu64, bytes);
	else
		snprintf(out, CELL, "%" PRIu64 " (%" PRIu64 ")", count, bytes);
	return out;
}

static const char *format(const struct peer_list *list, const struct peer_line *line,
                          enum peer_column column, char out[CELL])
{
	switch (column) {
	case PEER_NUMBER:
		snprintf(out, CELL, "%u%s", line->number, line->chosen ? "*" : "");
		return out;
	case PEER_NAME:
		return line->name;
	case PEER_STATE:
		return line->state;
	case PEER_ADDRESS:
		return line->text;
	case PEER_ASKED:
		return endpoint_is_set(&line->asked) ? endpoint_format_host(&line->asked, out) : "-";
	case PEER_IN:
		return format_traffic(list, line->received, line->received_bytes, out);
	case PEER_OUT:
		return format_traffic(list, line->sent, line->sent_bytes, out);
	default:
		return line->last ? clock_format_time(line->last, false, out) : "never";
	}
}

/* ---- choosing and sorting ---- */

static bool matches(const struct peer_line *line, const char *filter)
{
	return !*filter || strcasestr(line->text, filter) ||
	       (line->name && strcasestr(line->name, filter));
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* The most first, then by number. */
static int by_most(const void *a, const void *b)
{
	const struct peer_line *one = a, *other = b;
	int order = compare(other->most, one->most);
	return order ? order : compare(one->number, other->number);
}

/* By the bytes of the address, and not as text: .9 is before .10. */
static int by_address(const void *a, const void *b)
{
	const struct peer_line *one = a, *other = b;
	struct endpoint first = endpoint_on_wire(&one->addr),
	                second = endpoint_on_wire(&other->addr);
	int order = compare(first.family, second.family);
	if (!order)
		order = endpoint_is_unix(&first)
		                ? strcmp(one->text, other->text)
		                : memcmp(first.ip, second.ip,
		                         first.family == AF_INET ? 4 : sizeof first.ip);
	if (!order)
		order = compare(first.port, second.port);
	return order ? order : by_most(a, b);
}

static void sort(struct peer_list *list, const char *order)
{
	if (!order || !list->count)
		return;
	bool in = strcmp(order, "in") == 0, out = strcmp(order, "out") == 0;
	bool last = strcmp(order, "last") == 0, address = strcmp(order, "address") == 0;
	for (size_t i = 0; i < list->count; i++) {
		struct peer_line *line = &list->line[i];
		line->most = in     ? line->received_bytes
		             : out  ? line->sent_bytes
		             : last ? (uint64_t)line->last
		                    : 0;
	}
	qsort(list->line, list->count, sizeof *list->line, address ? by_address : by_most);
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static void widen(struct peer_list *list, const struct peer_line *line, enum peer_column column)
{
	char cell[CELL];
	int width = width_of(format(list, line, column, cell));
	if (width > list->width[column])
		list->width[column] = width;
}

/* The largest numbers are measured rather than each of them. */
static void measure(struct peer_list *list)
{
	struct peer_line largest = { 0 };
	for (size_t i = 0; i < list->count; i++) {
		const struct peer_line *line = &list->line[i];
		largest.number = (unsigned)most(largest.number, line->number);
		largest.chosen = largest.chosen || line->chosen;
		largest.received = most(largest.received, line->received);
		largest.received_bytes = most(largest.received_bytes, line->received_bytes);
		largest.sent = most(largest.sent, line->sent);
		largest.sent_bytes = most(largest.sent_bytes, line->sent_bytes);
		largest.last = line->last ? line->last : largest.last;
		widen(list, line, PEER_ADDRESS);
		if (list->clients) {
			widen(list, line, PEER_NAME);
			widen(list, line, PEER_STATE);
		} else if (endpoint_is_set(&line->asked)) {
			widen(list, line, PEER_ASKED);
		}
	}
	widen(list, &largest, PEER_NUMBER);
	widen(list, &largest, PEER_IN);
	widen(list, &largest, PEER_OUT);
	if (!list->clients)
		widen(list, &largest, PEER_LAST);
}

void peer_list_arrange(struct peer_list *list, const char *order, const char *filter)
{
	size_t kept = 0;
	list->whole = list->count;
	for (size_t i = 0; i < list->count; i++) {
		struct peer_line *line = &list->line[i];
		if (endpoint_is_set(&line->addr))
			host_format(list->host, &line->addr, line->text);
		else
			snprintf(line->text, sizeof line->text, "%s", host_name(list->host));
		if (!matches(line, filter))
			continue;
		list->sums.received += line->received;
		list->sums.received_bytes += line->received_bytes;
		list->sums.sent += line->sent;
		list->sums.sent_bytes += line->sent_bytes;
		if (kept != i)
			list->line[kept] = *line;
		kept++;
	}
	list->count = kept;
	sort(list, order);
	measure(list);
}

/* ---- rows ---- */

enum { TOTALS = 2 * CELL + 128 };

/* `brief`: without the bytes of datagrams. */
static void format_totals(const struct peer_list *list, uint64_t drops, bool brief, char text[TOTALS])
{
	char in[CELL], out[CELL], part[32] = "", dropped[48] = "";
	const struct peer_line *sums = &list->sums;
	if (list->count < list->whole)
		snprintf(part, sizeof part, "%zu of ", list->count);
	if (drops)
		snprintf(dropped, sizeof dropped, ", dropped here %" PRIu64 " *", drops);
	format_traffic(list, sums->received, sums->received_bytes, in);
	format_traffic(list, sums->sent, sums->sent_bytes, out);
	if (brief && !list->clients) {
		snprintf(in, sizeof in, "%" PRIu64, sums->received);
		snprintf(out, sizeof out, "%" PRIu64, sums->sent);
	}
	snprintf(text, TOTALS, "%s%zu %s%s: in %s, out %s%s%s", part, list->whole,
	         list->clients ? "client" : "peer", count_plural(list->whole), in, out,
	         list->clients ? " bytes" : "", dropped);
}

static void draw_totals(const struct peer_list *list, const char *title, uint64_t drops, int columns,
                        struct rows *rows)
{
	char text[TOTALS];
	format_totals(list, drops, false, text);
	if (width_of(text) > columns)
		format_totals(list, drops, true, text);
	if (!*title || width_of(title) + GAP + width_of(text) > columns) {
		rows_add_wrapped(rows, text, strlen(text), 0, 2, columns, STYLE_NOTE);
		return;
	}
	struct row *row = rows_add(rows);
	row_put(row, title, columns, STYLE_STATE);
	row_pad(row, row->columns + GAP, STYLE_FAINT);
	row_put(row, text, columns, STYLE_NOTE);
}

/* The width of each column that is shown; 0 = it is not. */
struct layout {
	const char *heading[PEER_COLUMNS];
	int width[PEER_COLUMNS];
};

/* True if there is room for all columns that have something. */
static bool lay_out(const struct peer_list *list, bool brief, int columns, struct layout *layout)
{
	static const enum peer_column by_importance[] = { PEER_IN,    PEER_OUT,   PEER_STATE,
		                                          PEER_NAME, PEER_ASKED, PEER_LAST };
	bool bytes = !brief && !list->clients, all = true;
	*layout = (struct layout){ .heading = { list->clients ? "session" : "#", "name", "state",
		                                "peer", "asked", bytes ? "in (bytes)" : "in",
		                                bytes ? "out (bytes)" : "out", "last" } };
	int wanted[PEER_COLUMNS];
	for (enum peer_column i = 0; i < PEER_COLUMNS; i++) {
		int heading = width_of(layout->heading[i]), width = list->width[i];
		wanted[i] = width && width < heading ? heading : width;
	}
	int address = wanted[PEER_ADDRESS];
	int least = address > ADDRESS_LEAST ? ADDRESS_LEAST : address;
	int left = columns - wanted[PEER_NUMBER] - GAP - least;
	layout->width[PEER_NUMBER] = wanted[PEER_NUMBER];
	for (size_t i = 0; i < sizeof by_importance / sizeof *by_importance; i++) {
		enum peer_column column = by_importance[i];
		bool fits = left >= GAP + wanted[column];
		all = all && (fits || !wanted[column]);
		if (!fits || !wanted[column])
			continue;
		layout->width[column] = wanted[column];
		left -= GAP + wanted[column];
	}
	left = left > 0 ? left : 0;
	layout->width[PEER_ADDRESS] = address - least < left ? address : least + left;
	return all && layout->width[PEER_ADDRESS] == address;
}

/* `line` NULL: the headings. */
static void draw_line(const struct peer_list *list, const struct peer_line *line,
                      const struct layout *layout, int columns, struct row *row)
{
	char cell[CELL];
	int begin = 0;
	for (enum peer_column i = 0; i < PEER_COLUMNS; i++) {
		if (!layout->width[i])
			continue;
		int end = begin + layout->width[i];
		row_pad(row, begin, STYLE_TEXT);
		row_put(row, line ? format(list, line, i, cell) : layout->heading[i],
		        end < columns ? end : columns, line ? STYLE_TEXT : STYLE_FAINT);
		begin = end + GAP;
	}
}

size_t peer_list_draw(const struct peer_list *list, const char *title, uint64_t drops,
                      const char *groups, size_t first, size_t end, int columns, struct rows *rows)
{
	struct layout layout;
	size_t before = rows->count;
	draw_totals(list, title, drops, columns, rows);
	if (*groups)
		rows_add_wrapped(rows, groups, strlen(groups), 0, 2, columns, STYLE_TEXT);
	if (!lay_out(list, false, columns, &layout))
		lay_out(list, true, columns, &layout);
	draw_line(list, NULL, &layout, columns, rows_add(rows));
	before = rows->count - before;
	for (size_t i = 0; i < list->count; i++) {
		struct row *row = rows_add(rows);
		if (i >= first && i < end)
			draw_line(list, &list->line[i], &layout, columns, row);
	}
	return before;
}
