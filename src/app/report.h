// SPDX-License-Identifier: GPL-3.0-or-later
/* report: what happened, as one HTML file that needs nothing else: to attach to a ticket, to hand in, to
 * print. It has no script and loads nothing; whatever is not the program's own words goes through
 * view/markup. Chat, trace, ladder, graphs and the values of the kernel are those of the screen. Reads the
 * transcript and the sessions, and changes nothing. */
#pragma once

#include <stdio.h>

#include "app/app.h"

/* The most that is shown; a sentence says what was left out, and how to get it. */
enum {
	REPORT_ROWS = 1000,     /* of one table: the first and the newest */
	REPORT_ROWS_ALL = 6000, /* of all sessions together */
	REPORT_MESSAGE = 1024,  /* bytes of one message */
	REPORT_PAYLOAD = 1 << 20, /* bytes of all messages together; later ones are cut short */
	REPORT_LADDER = 400,   /* entries of a ladder */
	REPORT_SESSIONS = 100, /* conversations, the newest ones */
};

/* `session` with the other end of its connection, if that is ours too; NULL: every session. False when
 * writing failed; errno says why. *conversations: how many are in it. */
bool report_write(const struct app *app, const struct session *session, FILE *file,
                  size_t *conversations);
