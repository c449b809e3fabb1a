// SPDX-License-Identifier: GPL-3.0-or-later
/* tail: the view that is shown as lines that come one after the other and are never changed: for a
 * terminal that can only go on. Remembers for each session how far it was shown. What the view's filter
 * hides counts as shown. No terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "record/follower.h"
#include "view/view.h"

enum {
	TAIL_LINE_MS = 100,       /* how long a line without its end waits for the rest */
	TAIL_CHARACTER_MS = 1000, /* the same for a character, which in two parts cannot be read */
};

/* How far a session has been shown. */
struct tail_mark {
	uint32_t session;
	const struct view_ops *ops;
	bool all;
	struct location last;  /* the paragraph shown last */
	bool any;              /* there is one */
	bool open;             /* and it had no end yet */
	struct follower shown; /* everything up to its entry has been shown */
};

struct tail {
	struct tail_mark mark;    /* of the session that is shown */
	struct tail_mark *others; /* of those shown before */
	size_t count, cap;
	struct location next; /* where to go on instead of after mark.last */
	bool jumps;
	uint64_t newest; /* entry, and when it was seen first */
	int64_t changed;
	int64_t timeout; /* how long from then the newest paragraph waits for its end */
	struct rows rows;
};

void tail_init(struct tail *tail);
void tail_free(struct tail *tail);

/* Whether this is the view that is being shown. */
bool tail_is_at(const struct tail *tail, const struct view *view);

/* Another session or view from now on. Of what has not been shown of the session, only the last
 * paragraphs will be; in another view they are shown again. True when that leaves any out. */
bool tail_select(struct tail *tail, const struct view *view, int paragraphs);

/* Appends what is new, as lines that end in CR LF, until `out` has more than `most` bytes. True:
 * there is more. */
bool tail_print(struct tail *tail, const struct view *view, int64_t now, size_t most,
                struct buf *out);

/* When to ask again though nothing has happened; INT64_MAX for never. */
int64_t tail_deadline(const struct tail *tail);
