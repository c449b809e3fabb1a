// SPDX-License-Identifier: GPL-3.0-or-later
/* session_list: the sessions as a page: their totals, then a row for each, sorted, and those alone
 * in which a text is found. Rows that are not seen stay empty, so that hundreds cost little. Knows no
 * session: the caller fills the lines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "socket/host.h"
#include "view/page/snapshot.h"
#include "view/row.h"

/* As a usage lists them. */
#define SESSION_LIST_ORDERS "number|name|state|in|out|bytes"

struct session_line {
	uint32_t number;
	const char *name;  /* borrowed */
	const char *state; /* its title, static */
	char more[SNAPSHOT_LEFT + 2]; /* after that: " ?", " 38 s" */
	enum host host;
	struct endpoint local, peer; /* AF_UNSPEC: that one is not shown */
	bool everywhere;             /* it listens at every address: *:80 */
	bool current, open;
	uint64_t sent, received; /* bytes */
	struct {
		const char *text; /* upwards, */
		uint64_t most;    /* then the most first, then by number */
	} key; /* set when they are sorted */
};

struct session_list {
	struct session_line *line;
	size_t count, cap;
	size_t whole, open; /* before the filter; of those after it */
	uint64_t sent, received;
};

/* A new last line, all zero. The pointer holds until the next call. */
struct session_line *session_list_add(struct session_list *list);
void session_list_free(struct session_list *list);

/* Keeps the lines whose name, state or addresses have the text ("" = all; case does not matter), and
 * sorts them by one of SESSION_LIST_ORDERS: the most bytes first, else upwards. NULL leaves the order. */
void session_list_arrange(struct session_list *list, const char *order, const char *filter);

/* A row of totals after `title` (where there is room), and one for each line, but empty before line
 * `first` and from line `end` on. */
void session_list_draw(const struct session_list *list, const char *title, const char *filter,
                       size_t first, size_t end, int columns, struct rows *rows);
