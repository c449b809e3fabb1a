// SPDX-License-Identifier: GPL-3.0-or-later
/* auto_log: a log of its own for each session, in the directory of the setting auto-log. */
#pragma once

#include "app/app.h"

/* For the loop, before app_prepare(): opens the logs of new sessions, closes those of sessions that are
 * gone. */
void auto_log_prepare(struct app *app);
