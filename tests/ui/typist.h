// SPDX-License-Identifier: GPL-3.0-or-later
/* typist: readline without a terminal, for tests: bytes go in as a terminal would send them, lines,
 * actions and candidates are noted. readline can be started once per process, so each scenario is a
 * child of its own; its cases count as the parent's. */
#pragma once

#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "support/tap.h"
#include "ui/input.h"

struct typist {
	char directory[64]; /* of this test program, removed at its end */
	struct keys keys;
	struct buf lines;        /* each ended with ';' */
	struct buf actions;      /* the word for each, or its command line, and ' ' */
	struct buf matches;      /* each followed by ' ' */
	struct buf at_interrupt; /* the line as it was then */
	unsigned ends, bells;
	const char *const *words; /* what completion offers; NULL: file names */
	int64_t now;
	bool refuses; /* what is entered stays on the line */
};
extern struct typist typist;

extern const char *const no_words[]; /* completion offers nothing */

/* ---- typing ---- */

void drain(void);
void type_bytes(const char *bytes, size_t len);
void type(const char *bytes);

/* Time goes on, as far as the cutting of keys is concerned. */
void pause_typing(void);

/* Just as long as makes Escape of a lone ESC. */
void pause_for_escape(void);

/* The keyseq-timeout passes. */
void wait_for_input(void);
void forget(void);

/* ---- looking ---- */

/* "prompt text" with '|' where the cursor is. */
void shows(const char *want, const char *name);

#define sent(want, name)   is_text(buf_text(&typist.lines), want, name)
#define acted(want, name)  is_text(buf_text(&typist.actions), want, name)
#define listed(want, name) is_text(buf_text(&typist.matches), want, name)

/* ---- files ---- */

const char *path_of(const char *name);
void write_file(const char *name, const char *bytes, size_t len);

/* The file's text; "" where there is none. */
const char *read_text(const char *name);

/* ---- scenarios ---- */

/* Runs `scenario` in a process where readline has read this inputrc. */
void play(const char *name, const char *inputrc, void (*scenario)(void));
void make_directory(void);
void remove_directory(void);
