// SPDX-License-Identifier: GPL-3.0-or-later
/* controller: what is the same wherever a person types: bytes of the terminal become keys, keys
 * become lines and actions; pastes, secrets, signals; when to ask back, when to quit. Shows
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

enum { CONTROLLER_PROMPT = 48 };
enum { CONTROLLER_WORDS = PENDING_PASTE_TEXT + 96 }; /* bytes of a hint */

struct frontend_ops {
	void *context;
	void (*say)(void *context, const char *text); /* a hint, until the next key; "" for none */
	void (*act)(void *context, enum binding_action action); /* scrolls, redraws */
	bool (*to_newest)(void *context); /* false where the newest rows are shown; or NULL */
	void (*mouse)(void *context, const struct key *key); /* or NULL */
	void (*changed)(void *context);                      /* by a key: to be seen soon */
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
	struct pending_paste pending_paste; /* a paste that waits beside the line */
	bool pasted_lines;         /* the line begins with a paste: several lines are data */
	struct secret_line secret; /* what is typed while app->secret_for is set */
	bool asked;                /* Enter on several lines has been asked about */
};

/* Starts readline. Everything given is borrowed. */
void controller_init(struct controller *controller, struct ui *ui, const struct ui_hooks *hooks,
                     const struct frontend_ops *frontend, struct terminal *terminal);
void controller_done(struct controller *controller);

void controller_prepare(struct controller *controller, struct poller *poller);
void controller_serve(struct controller *controller, struct poller *poller);

/* "1> ", "1! " in literal mode, "1 secret> ". Returns `out`. */
const char *controller_prompt(const struct app *app, char out[CONTROLLER_PROMPT]);

/* The line that is being typed; of a secret only that there is one. */
struct line controller_line(const struct controller *controller);

/* Switches to the session with this number, as its key does. */
void controller_select(struct controller *controller, uint32_t number);
