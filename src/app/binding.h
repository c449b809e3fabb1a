// SPDX-License-Identifier: GPL-3.0-or-later
/* binding: what the keys do besides editing the line. Each row is a function of readline by its
 * name, so inputrc can put it on other keys; nearly all of them run a command line. The frontend
 * obeys the table, /help and the manual list it. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* What a command line cannot do, since it is about the window and not about the program. */
enum binding_action {
	BINDING_COMMAND, /* runs the row's command line */
	BINDING_PAGE_UP,
	BINDING_PAGE_DOWN,
	BINDING_LINE_UP,
	BINDING_LINE_DOWN,
	BINDING_TOP,
	BINDING_BOTTOM,
	BINDING_REDRAW,
	BINDING_SUSPEND,
	BINDING_INTERRUPT, /* reported while the line is still there; it is dropped right after */
	BINDING_ESCAPE,    /* in no row: Escape alone, where readline is in the middle of nothing */
};

enum { BINDING_KEYS = 8 }; /* that binding_print_keys() looks at */

struct binding {
	const char *name;
	const char *keys[4]; /* as in inputrc, ended by NULL; unless inputrc binds the name */
	const char *line;    /* the command line, where `action` is BINDING_COMMAND */
	enum binding_action action;
	const char *help; /* a phrase; NULL: that of the row before */
};

/* Ended by one with a NULL name. */
extern const struct binding binding_table[];

/* The row that runs this command line; NULL for none. */
const struct binding *binding_of_line(const char *line);

/* Appends a key as people call it, from its form in inputrc: "F5" for "\e[15~", "Ctrl-X i" for
 * "\C-xi". What has no name is appended as it is. */
void binding_print_key(const char *keys, struct buf *out);

/* Appends several, ended by NULL: "F3", "Ctrl-PageDown, Alt-PageDown". Keys that are called alike
 * are one; of many the first few are enough. */
void binding_print_keys(const char *const *keys, struct buf *out);
