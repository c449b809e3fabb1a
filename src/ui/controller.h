// SPDX-License-Identifier: GPL-3.0-or-later
/* controller: the part that all frontends with a keyboard share: bytes of the terminal become keys,
 * keys become lines and actions; pastes, secrets, signals; when to ask, when to quit. Shows
 * nothing: its frontend does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/input.h"
#include "ui/keys.h"
#include "ui/pending_paste.h"
#include "ui/secret_line.h"
#include "ui/terminal.h"
#include "ui/ui.h"

struct frontend_ops {
	void *context;
	void (*say)(void *context, const char *text); /* a hint, until the next key; "" for none */
	void (*act)(void *context, enum binding_action action); /* scrolls, redraws */
	bool (*to_newest)(void *context); /* false where the newest rows are shown; or NULL */
	void (*mouse)(void *context, const struct key *key); /* or NULL */
	bool (*more)(void *context); /* shows more of the lesson; false where all has been seen; or NULL */
	void (*changed)(void *context);                      /* a key has changed something */
	void (*bell)(void *context);
	void (*suspend)(void *context);
	void (*resize)(void *context, bool resumed); /* resumed: others may have written there */
	int (*columns)(void *context);               /* of a row */
};

struct controller {
	struct ui *ui;
	struct app *app;
	struct ui_hooks hooks;
	struct frontend_ops frontend;
	struct terminal *terminal;
	struct keys keys;
	struct pending_paste pending_paste; /* a paste that is not on the line */
	bool pasted_lines;         /* the line begins with a paste: several lines are data */
	struct secret_line secret; /* the line typed while app->secret_for is set */
	char *offered; /* the line of a lesson that was put on the empty line; NULL = none */
	bool asked;                /* whether Enter shall send several lines has been asked */
};

/* Starts readline. Everything given is borrowed. */
void controller_init(struct controller *controller, struct ui *ui, const struct ui_hooks *hooks,
                     const struct frontend_ops *frontend, struct terminal *terminal);
void controller_done(struct controller *controller);

void controller_prepare(struct controller *controller, struct poller *poller);
void controller_serve(struct controller *controller, struct poller *poller);

/* The line that is being typed, after "1> ", or "1! " in literal mode; of a secret only that there
 * is one. Valid until the next call. */
struct line controller_line(const struct controller *controller);

/* Switches to the session with this number, as its key does. */
void controller_select(struct controller *controller, uint32_t number);
