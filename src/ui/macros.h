// SPDX-License-Identifier: GPL-3.0-or-later
/* macros: macros of inputrc and the one that is recorded, as keys that are typed. readline never
 * runs one itself: its callback interface jumps into a frame that has returned when a macro ends
 * within a key sequence, and never comes back when one contains its own key. Knows no readline; one
 * per program, as that is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ui/keys.h"

enum {
	MACRO_KEYS_MOST = 1 << 16, /* that one typed key may run */
	MACRO_DEPTH_MOST = 16,     /* macros within macros */
};

void macros_start(void);
void macros_stop(void);

/* A key is typed: MACRO_KEYS_MOST counts from here. */
void macros_begin_key(void);

/* Puts the macro, `count` times, in front of what is left of those that run. A macro that runs
 * itself, and one too many, ends all of them, with a line on standard error. */
void macros_run(const char *text, size_t len, int count);

/* Macros that run, one within the other. */
size_t macros_depth(void);

/* The next key of the macros deeper than that, valid until the next call; false when they have
 * ended. */
bool macros_next_key(size_t depth, struct key *key);

void macros_abort(void);

/* A typed key that had its effect, for the macro that is being recorded. */
bool macros_are_recording(void);
void macros_record(const char *bytes, size_t len);

/* What readline's commands of these names do; false where they cannot. With `append` the old macro
 * runs and is continued; recording was the first of `count` runs. */
bool macros_start_recording(bool append);
bool macros_end_recording(int count);
bool macros_call_last(int count);
const struct buf *macros_recorded(void);
