// SPDX-License-Identifier: GPL-3.0-or-later
/* sink: where curses writes. A file in memory, so that writing never blocks and has no limit,
 * however large a frame and however slow the terminal; its bytes are passed on to a non-blocking
 * descriptor as that one takes them. Begins anew at its start whenever everything is out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct sink {
	int file;     /* to write to, at its own position */
	off_t passed; /* bytes that are out */
};

enum sink_state {
	SINK_EMPTY, /* everything is out */
	SINK_FULL,  /* the other side takes no more now */
	SINK_GONE,  /* it never will; the bytes have been dropped */
};

bool sink_open(struct sink *sink, struct error *error);

/* Bytes written and not out yet. */
size_t sink_waiting(const struct sink *sink);

/* Forgets what is not out yet. */
void sink_clear(struct sink *sink);

/* Passes on as much as `out` takes without waiting. */
enum sink_state sink_pass(struct sink *sink, int out);
