// SPDX-License-Identifier: GPL-3.0-or-later
/* ui: a frontend of the program: the window, the plain mode, the pipe mode, none for a script. Each
 * is a struct ui with four functions, so that the loop in main does not know which it has. A
 * frontend hands typed lines to whoever main has named, and reads the app to draw; it includes
 * nothing of command/. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"
#include "base/error.h"
#include "base/poller.h"

struct ui {
	/* What to wait for: keys, room at the terminal, the next frame. */
	void (*prepare)(struct ui *ui, struct poller *poller);
	/* Keys, signals, the terminal's room. */
	void (*serve)(struct ui *ui, struct poller *poller);
	/* At most 60 times a second, not at all when nothing has changed. */
	void (*draw)(struct ui *ui, struct app *app);
	/* Leaves the terminal as it was found. */
	void (*free)(struct ui *ui);
	/* The signal that ended the program, 0 for none: main dies of it once all is put back. */
	int signal;
};

/* What the frontend calls with lines; ended by a NUL as well. */
struct ui_hooks {
	struct app *app;
	bool (*line)(struct app *app, const char *line, size_t len); /* as typed */
	/* The command line of a key. False with one line. */
	bool (*key)(struct app *app, const char *line, struct error *error);
	/* Ctrl-C: ends the newest wait; false where nothing waits. */
	bool (*interrupt)(struct app *app);
	/* Whether a line has a secret in it, and is kept nowhere. */
	bool (*hides)(const struct app *app, const char *line);
	char **(*complete)(struct app *app, const char *line, size_t start, size_t end,
	                   bool *files);
};
