// SPDX-License-Identifier: GPL-3.0-or-later
/* status: the status line, from what is known of a session. Of what the kernel says only what is
 * not as usual: what waits, what is lost, who holds it up; and what means nothing on loopback is
 * left away there. No curses. */
#pragma once

#include "view/page/snapshot.h"
#include "view/row.h"

struct status_words {
	const char *eol, *view; /* "LF", "chat" */
	const char *mode;       /* what the input adds (vi mode, scrolled back); may be "" */
};

/* ` tcp ESTABLISHED *  in flight 15  rtt 0.2 ms ± 0.1 ms  ↑15 ↓15  LF  chat`. What does not fit is
 * left away from the least important on; the state stays. `facts`: NULL where there is no
 * session. */
void status_draw(const struct snapshot *snapshot, const struct status_words *words, int columns,
                 struct row *row);
