// SPDX-License-Identifier: GPL-3.0-or-later
/* binding: the keys that do more than edit the line. Each row is a named function of readline, so
 * inputrc can bind it to other keys; nearly all rows run a command line. Frontends obey the table,
 * /help and the manual list it. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* What a command line cannot do, since it concerns the window and not the program. */
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
	BINDING_INTERRUPT, /* reported while the line is still there; then the line is dropped */
	BINDING_ESCAPE,    /* in no row: Escape alone, outside of searches and counts */
};

enum { BINDING_KEYS = 8 }; /* that binding_print_keys() looks at */

struct binding {
	const char *name;
	const char *keys[4]; /* the default, as in inputrc, ended by NULL */
	const char *line;    /* the command line, where `action` is BINDING_COMMAND */
	enum binding_action action;
	const char *help; /* a phrase; NULL: that of the row before */
};

/* Ended by one with a NULL name. */
extern const struct binding binding_table[];

/* The row that runs this command line; NULL for none. */
const struct binding *binding_of_line(const char *line);

/* Appends the common names of keys, which are given as in inputrc and ended by NULL: "F5" for
 * "\e[15~", "Ctrl-X i, Alt-PageDown". Keys with the same name are listed once, of many the first
 * few. A key without a name is appended as it is. */
void binding_print_keys(const char *const *keys, struct buf *out);
