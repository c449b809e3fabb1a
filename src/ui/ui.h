// SPDX-License-Identifier: GPL-3.0-or-later
/* ui: the face of the program, one of four: the screen, the plain mode, the pipe mode, none for a script. Each is a
 * struct ui with four functions, so that the loop in main does not know which it has. The face
 * hands typed lines to whoever main has named, and reads the app to draw; it includes nothing of
 * command/. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"
#include "base/error.h"
#include "base/poller.h"

struct ui {
	void (*prepare)(struct ui *ui, struct poller *poller); /* what to wait for: keys, room at
	                                                          the terminal, the frame owed */
	void (*serve)(struct ui *ui,
	              struct poller *poller); /* keys, signals, the terminal's room */
	void (*draw)(
	        struct ui *ui,
	        struct app *app); /* at most 60 times a second, not at all when nothing changed */
	void (*free)(struct ui *ui); /* the terminal as it was found */
	int signal; /* the one that ended the program, 0 for none: main dies of it once everything
	               is put back */
};

struct ui_hooks {
	struct app *app;
	bool (*line)(struct app *app, const char *line, size_t len); /* typed; a NUL is after it */
	bool (*key)(struct app *app, const char *line,
	            struct error *error);   /* the command line of a key */
	bool (*interrupt)(struct app *app); /* Ctrl-C: ends the newest wait; false: none */
	bool (*hides)(const struct app *app,
	              const char *line); /* a line that is kept nowhere: it has a secret in it */
	char **(*complete)(struct app *app, const char *line, size_t start, size_t end,
	                   bool *files);
};

/* Each is NULL with one line in `error` when it cannot be had (no usable terminal,
 * for instance). */
struct ui *window_new(const struct ui_hooks *hooks, struct error *error); /* curses */
struct ui *plain_new(const struct ui_hooks *hooks,
                     struct error *error); /* readline's line at the bottom, no curses */

struct pipe_options {
	struct session *session; /* whose bytes go through */
	int64_t idle;            /* -w: end when nothing has moved for so long, ns; 0 = never */
	int64_t quit_after; /* -q: so long after the end of input, ns; -1 = when the peer closes */
	bool say_port;      /* a server on port 0: say on standard error which one it got */
	int verbose;        /* -v: say on standard error what happens */
};
struct ui *headless_new(const struct ui_hooks *hooks, int verbose); /* a script and no terminal */
struct ui *pipe_new(const struct ui_hooks *hooks, const struct pipe_options *options,
                    struct error *error);
