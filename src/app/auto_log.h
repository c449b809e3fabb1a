// SPDX-License-Identifier: GPL-3.0-or-later
/* auto_log: a log of its own for each session, in the directory of the setting auto-log. */
#pragma once

#include "app/app.h"

/* For the loop, before the app's own: new sessions get their logs, and those of sessions that are gone
 * are closed. */
void auto_log_prepare(struct app *app);
