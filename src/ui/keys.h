// SPDX-License-Identifier: GPL-3.0-or-later
/* keys: cuts what a terminal sends into whole units: a character of the locale, an escape sequence,
 * a bracketed paste, a mouse report. Half a unit waits here, so that nobody else ever sees one.
 * Reads no terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum key_kind {
	KEY_TEXT,     /* one character, or a control character */
	KEY_SEQUENCE, /* ESC and what belongs to it */
	KEY_PASTE,    /* the text between the paste brackets, which are not part of it */
	KEY_MOUSE,    /* button, row, column below */
	KEY_INVALID,  /* a byte that is no character: to be dropped */
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
	int64_t fed;         /* instant of the last feeding */
	int64_t escaped; /* when the last unit was an Escape that nothing had followed, else 0 */
	size_t consumed; /* of pending by the unit handed out last */
	size_t scanned;  /* of an open paste, already searched for its end */
};

enum {
	KEYS_ESCAPE_MS = 50,  /* the usual escape_time */
	KEYS_TAIL_MS = 1000,  /* the rest of a sequence that was cut may take this long */
	KEYS_PASTE_MS = 3000, /* a paste may stay open this long with nothing coming */
};

/* With the usual escape_time. */
void keys_init(struct keys *keys);
void keys_free(struct keys *keys);

/* What one read() of the terminal gave. Where the last unit was a lone Escape, less than a second
 * ago, and these bytes begin with a whole tail of a sequence ("[A", "[5~", "OP"), a slow line has
 * cut it after its ESC: they are that key, and not text. Nobody types a tail within one read(). */
void keys_feed(struct keys *keys, const void *bytes, size_t len, int64_t now);

/* The next whole unit; false when more bytes, or more time, must come first. `now` decides whether
 * an incomplete sequence has waited long enough. */
bool keys_next(struct keys *keys, int64_t now, struct key *key);

/* Overwrites the unit that was handed out last. */
void keys_wipe(struct keys *keys);

/* When keys_next() should be asked again though nothing came; INT64_MAX for never. */
int64_t keys_deadline(const struct keys *keys);
