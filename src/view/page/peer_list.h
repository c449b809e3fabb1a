// SPDX-License-Identifier: GPL-3.0-or-later
/* peer_list: who is at the other end of a session as a page: the peers of datagrams or the clients of
 * a listener, sorted, and those alone in whose address a text is found. Rows that are not seen stay
 * empty, and columns for which there is no room are left out, the least important first. Knows no
 * session: the caller fills the lines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "socket/host.h"
#include "view/row.h"

/* As a usage lists them. */
#define PEER_LIST_ORDERS "number|address|in|out|last"

struct peer_line {
	unsigned number;
	bool chosen;             /* plain lines go to it */
	const char *name;        /* of a client, borrowed; NULL: it is a peer of datagrams */
	const char *state;       /* of a client, static */
	struct endpoint addr;    /* AF_UNSPEC = not known */
	struct endpoint asked;   /* the address of ours that it used; AF_UNSPEC = not known */
	uint64_t received, sent; /* datagrams */
	uint64_t received_bytes, sent_bytes;
	int64_t last; /* instant of the last that came; 0 = never */
	/* by peer_list_arrange(): */
	char text[HOST_TEXT]; /* its address */
	uint64_t most;        /* what it is sorted by */
};

enum peer_column {
	PEER_NUMBER,
	PEER_NAME,
	PEER_STATE,
	PEER_ADDRESS,
	PEER_ASKED,
	PEER_IN,
	PEER_OUT,
	PEER_LAST,
	PEER_COLUMNS,
};

struct peer_list {
	bool clients; /* of a listener */
	enum host host;
	struct peer_line *line;
	size_t count, cap;

	/* by peer_list_arrange() */
	size_t whole;          /* before the filter; of those after it: */
	struct peer_line sums; /* what came and went */
	int width[PEER_COLUMNS]; /* of the longest in each column, 0 = nobody has anything there */
};

/* A new last line, all zero. The pointer holds until the next call. */
struct peer_line *peer_list_add(struct peer_list *list);
void peer_list_free(struct peer_list *list);

/* Keeps the lines whose address or name has the text ("" = all; case does not matter), and sorts them
 * by one of PEER_LIST_ORDERS: addresses upwards, the most bytes first, the newest first. NULL leaves the
 * order. */
void peer_list_arrange(struct peer_list *list, const char *order, const char *filter);

/* Rows of totals after `title` (where there is room), with these `drops` and the `groups` that the
 * session has joined ("" = none); one of headings; one for each line, but empty before line `first` and
 * from line `end` on. Returns how many come before the lines. */
size_t peer_list_draw(const struct peer_list *list, const char *title, uint64_t drops,
                      const char *groups, size_t first, size_t end, int columns, struct rows *rows);
