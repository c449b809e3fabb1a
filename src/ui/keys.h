// SPDX-License-Identifier: GPL-3.0-or-later
/* keys: cuts the bytes of a terminal into whole units: a character of the locale, an escape
 * sequence, a bracketed paste, a mouse report. An incomplete unit waits here, so that nobody else
 * sees one. Reads no terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum key_kind {
	KEY_TEXT,     /* one character, or a control character */
	KEY_SEQUENCE, /* ESC and what belongs to it */
	KEY_PASTE,    /* the text between the paste brackets */
	KEY_MOUSE,    /* button, row, column below */
	KEY_INVALID,  /* a byte that is no character */
};

struct key {
	enum key_kind kind;
	const char *bytes; /* valid until the next call; a paste may hold NUL */
	size_t len;
	int button, row,
	        column; /* SGR mouse numbers, rows and columns from 0; 64 wheel up, 65 wheel down */
	bool pressed;
};

struct keys {
	struct buf pending;
	int64_t escape_time; /* a lone ESC may be the start of a sequence for this long, ns */
	int64_t fed;         /* instant of the last keys_feed() */
	int64_t escaped;     /* instant of the last unit, if it was a lone Escape, else 0 */
	size_t consumed;     /* bytes of the unit handed out last */
	size_t scanned;      /* bytes of an open unit that were searched for its end */
};

enum {
	KEYS_ESCAPE_MS = 50,  /* the usual escape_time */
	KEYS_TAIL_MS = 1000,  /* the rest of a cut sequence may take this long */
	KEYS_PASTE_MS = 3000, /* and the rest of an open paste */
};

/* With the usual escape_time. */
void keys_init(struct keys *keys);
void keys_free(struct keys *keys);

/* Takes the bytes of one read(). If the last unit was a lone Escape, less than a second ago, and
 * these bytes begin with the whole tail of a sequence ("[A", "[5~", "OP"), a slow line has cut the
 * sequence after its ESC: then they are that key. Nobody types a tail within one read(). */
void keys_feed(struct keys *keys, const void *bytes, size_t len, int64_t now);

/* The next whole unit; false if more bytes, or more time, are needed. `now` decides whether an
 * incomplete sequence has waited long enough. */
bool keys_next(struct keys *keys, int64_t now, struct key *key);

/* Overwrites the unit that was handed out last. */
void keys_wipe(struct keys *keys);

/* When to call keys_next() again without new bytes; INT64_MAX for never. */
int64_t keys_deadline(const struct keys *keys);
