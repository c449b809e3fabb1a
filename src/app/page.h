// SPDX-License-Identifier: GPL-3.0-or-later
/* page: what is known of a session, collected for whoever draws it: the pages that app.h names, the
 * status line, lists. */
#pragma once

#include "app/app.h"
#include "view/page/snapshot.h"

/* From the session and the newest reading of it; asks the kernel nothing. The pointers in it hold
 * as long as the session is not changed. */
void page_snapshot(const struct session *session, struct snapshot *snapshot);

/* How often something about the current session that is on the screen changes by itself, ns; 0 =
 * not at all. */
int64_t page_pulse(const struct app *app);

/* The key that shows a page and sends it away, and the command: "F5". */
const char *page_key(enum page page);
