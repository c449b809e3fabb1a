// SPDX-License-Identifier: GPL-3.0-or-later
/* macros: runs macros, of inputrc or recorded, as typed keys. readline never runs one itself: its
 * callback interface jumps into a frame that has returned when a macro ends within a key sequence,
 * and loops forever when a macro contains its own key. Knows no readline. One per program, as
 * readline is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "ui/keys.h"

enum {
	MACRO_KEYS_MOST = 1 << 16, /* keys that one typed key may run */
	MACRO_DEPTH_MOST = 16,     /* macros within macros */
};

void macros_start(void);
void macros_stop(void);

/* A key is typed: MACRO_KEYS_MOST counts from here. */
void macros_begin_key(void);

/* Runs the macro `count` times before the rest of those that run already. One that runs itself, or
 * that is nested too deep, ends all of them, with a line on standard error. */
void macros_run(const char *text, size_t len, int count);

/* Number of nested macros that run. */
size_t macros_depth(void);

/* The next key of the macros nested deeper than `depth`, valid until the next call; false when they
 * have ended. */
bool macros_next_key(size_t depth, struct key *key);

void macros_abort(void);

/* A typed key that had an effect, for the macro being recorded. */
bool macros_are_recording(void);
void macros_record(const char *bytes, size_t len);

/* readline's commands of these names; false where they have no effect. With `append` the old macro
 * runs and is continued; recording counts as the first of `count` runs. */
bool macros_start_recording(bool append);
bool macros_end_recording(int count);
bool macros_call_last(int count);
const struct buf *macros_recorded(void);
