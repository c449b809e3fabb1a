// SPDX-License-Identifier: GPL-3.0-or-later
/* status_line: the state of the current session in a row. Of the kernel's values it shows only
 * unusual ones: waiting bytes, losses, limits; those without meaning on loopback are left out
 * there. In a narrow row the least important pieces are left out; the state stays. No curses. */
#pragma once

#include "app/app.h"
#include "view/page/snapshot.h"
#include "view/row.h"

struct status_words {
	const char *eol, *view; /* "LF", "chat" */
	const char *mode;       /* of the input: vi mode, scrolled back; may be "" */
	const char *filter;     /* "FILTER not err"; "" for none */
	const char *replay;     /* "replay 12.5 s of 47.0 s, x1, paused"; "" for none */
};

/* ` tcp ESTABLISHED *  in flight 15  rtt 0.2 ms ± 0.1 ms  ↑15 ↓15  LF  chat`. `mode`: as above. */
void status_line_draw(const struct app *app, const char *mode, int columns, struct row *row);

/* The same of a snapshot; NULL where there is no session. */
void status_line_draw_snapshot(const struct snapshot *snapshot, const struct status_words *words,
                               int columns, struct row *row);
