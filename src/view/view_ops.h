// SPDX-License-Identifier: GPL-3.0-or-later
/* view_ops: what one view is, and the list of them. A view is a file with its struct view_ops, and
 * a row of VIEW_LIST; its name and help are then in /view, TAB, /help, the manual, /set view and in
 * the turn of F2. Nobody else asks which view it is. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "record/transcript.h"
#include "view/row.h"

/* In the order of F2; sessions are shown in the first one by default. */
#define VIEW_LIST(first, next) first(chat) next(hex) next(trace) next(ladder) next(wire)

#define VIEW_FIRST_NAME(name) #name
#define VIEW_NEXT_NAME(name)  "|" #name
#define VIEW_DECLARE(name)    extern const struct view_ops name##_view;

/* "chat|hex|trace|ladder|wire" */
#define VIEW_NAMES VIEW_LIST(VIEW_FIRST_NAME, VIEW_NEXT_NAME)

struct cursor;
struct view;

struct view_ops {
	const char *name;
	const char *help; /* a line; after a line feed, more for /help and the manual */

	/* It can show all sessions at once, merged by time. One that cannot shows a conversation:
	 * the entries of view->other are among those of the session. */
	bool merges;

	/* A stream is text: bytes of one direction belong together across calls, and paragraphs end
	 * at line ends and pauses. */
	bool joins;

	/* Commands and their answers are shown: they are no part of the conversation. */
	bool commands;

	/* An entry is shown as a call in words of our own, so /find looks there; else as the bytes
	 * that it moved. */
	bool calls;

	/* TLS records are shown in words of our own, which /find looks through; else as their bytes. */
	bool records;

	/* It shows frames alone: those of the session's wire end, in place of its own entries. */
	bool frames;

	uint32_t piece; /* bytes at whose multiples an entry that is not joined is cut; 0: never */

	/* Whether the entry has a paragraph; asked only of commands and answers if those are shown.
	 * NULL: notes, states, and what moved bytes. */
	bool (*shows)(const struct view *view, uint64_t position, const struct entry *entry);

	/* Appends at least one row for the paragraph that begins at the cursor. */
	void (*layout)(const struct cursor *begin, struct rows *rows);

	/* Appends the rows that are above the entries; NULL for none. */
	void (*heading)(const struct view *view, struct rows *rows);
};

VIEW_LIST(VIEW_DECLARE, VIEW_DECLARE)

enum {
	VIEW_LONG = 1 << 16, /* a line or a datagram of that many bytes is never cut */
	VIEW_PIECE = 4096,   /* but where it comes in small calls; and hex is cut there */
	VIEW_SMALL = 512,    /* bytes of a call that is not small */
	VIEW_READABLE = 100, /* columns: in a wider pane sizes and measures stay near their text */
	VIEW_SIDES = 100,    /* columns of a pane that has clear text and records side by side */
};

/* After this long a line goes on in a new row, with a time of its own. */
#define VIEW_PAUSE (100 * CLOCK_MS)

/* Of a conversation in TLS: the clear text, what anybody on the way sees instead, or both, in panes that are
 * wide enough side by side. */
enum view_clear { VIEW_CLEAR_ON, VIEW_CLEAR_OFF, VIEW_CLEAR_BOTH };

enum view_time { VIEW_TIME_OFF, VIEW_TIME_CLOCK, VIEW_TIME_RELATIVE, VIEW_TIME_DELTA };

#define VIEW_NO_SESSION UINT32_MAX

struct view {
	const struct view_ops *ops;
	const struct transcript *transcript;
	uint32_t session;    /* of a view of frames the wire end, or VIEW_NO_SESSION, */
	uint32_t owner;      /* and the session whose TLS records are in them; 0 = none are */
	bool all;            /* every session, each row with a numbered tag; only if ops->merges */
	uint32_t other;      /* the session at the other end, 0 = not ours; only if !ops->merges */
	enum view_clear clear;
	bool own_calls;      /* also the calls that the program makes for itself */
	uint32_t wire[2];    /* the wire ends of both (record/frame_entry.h), left and right; 0 = not
	                      * seen; the same twice on a loopback. Only if !ops->merges */
	int64_t recorded;    /* every frame of the session's host is, since this instant; 0 = not now */
	uint32_t nobody[2];  /* what belongs to no end, such as ARP, at the hosts of both; 0 = not seen */
	struct endpoint local; /* the left end of what is seen on a loopback */
	uint16_t port;         /* of the session: which frames on a loopback leave it; 0 = not known */
	bool numbers;          /* a ladder shows those of the segments */
	bool nodelay, corked; /* TCP_NODELAY and TCP_CORK are on now; only if !ops->merges */
	bool had_tls;         /* one of the two sessions; only if !ops->merges */
	bool calls_only;     /* nothing on the way between the ends can be known: a UNIX socket */
	int columns;         /* > 0 */
	enum view_time time; /* relative: since the oldest entry shown; delta: since the paragraph
	                        before */
	bool marks; /* brackets around what each call moved: [hello], [] for an empty datagram */
	int fold;   /* rows that the chat shows of a longer line or datagram; 0 = all */
	uint32_t most; /* bytes of it, where a row has no fixed width; 0 = all */
	const char *find; /* bytes that are highlighted, NULL for none */
	size_t find_len;
	struct filter *filter; /* what a pane shows of it, see view/filter.h; NULL = all */
};

/* Where a paragraph begins: an entry and a byte of its payload. */
struct location {
	uint64_t entry;
	uint32_t offset;
};
