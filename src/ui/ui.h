// SPDX-License-Identifier: GPL-3.0-or-later
/* ui: a frontend: the window, plain mode, pipe mode, or headless for a script. Each is a struct ui,
 * so that the loop in main does not know which one it has. A frontend passes typed lines to the
 * hooks that main gives it, and reads the app to draw; it includes nothing of command/. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"
#include "base/error.h"
#include "base/poller.h"

enum { NOTE_BEGINS = 18 }; /* columns at most, of time and arrow, before the words of a note */

struct ui {
	/* Says what to wait for: keys, room at the terminal, the next frame. */
	void (*prepare)(struct ui *ui, struct poller *poller);
	/* Keys, signals, the terminal's room. */
	void (*serve)(struct ui *ui, struct poller *poller);
	/* At most 60 times a second, not at all when nothing has changed. */
	void (*draw)(struct ui *ui, struct app *app);
	/* Leaves the terminal as it was found. */
	void (*free)(struct ui *ui);
	/* The signal that ends the program, 0 for none: main dies of it after free(). */
	int signal;
};

/* Lines are also ended by a NUL. */
struct ui_hooks {
	struct app *app;
	bool (*line)(struct app *app, const char *line, size_t len); /* as typed */
	/* The command line of a key. False with one line. */
	bool (*key)(struct app *app, const char *line, struct error *error);
	/* Ctrl-C: ends the newest wait; false where nothing waits. */
	bool (*interrupt)(struct app *app);
	/* Whether a line has a secret in it, which is kept nowhere. */
	bool (*hides)(const struct app *app, const char *line);
	char **(*complete)(struct app *app, const char *line, size_t start, size_t end,
	                   bool *files);
};
