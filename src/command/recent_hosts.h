// SPDX-License-Identifier: GPL-3.0-or-later
/* recent_hosts: the hosts and ports that were used before: by the sessions of this run, and in the lines
 * that were typed, in this run or an earlier one. Private to this layer. Looks nothing up. */
#pragma once

#include <stdbool.h>

#include "app/app.h"

/* Called with each, newest lines first, some more than once. `address` is as it was written, a host
 * or all of "host:port", "" for none; `port` is NULL where it was not a word of its own. Both hold
 * during the call. */
typedef void recent_hosts_visit(void *context, const char *address, const char *port);

/* Those that were listened on, or those that were opened. */
void recent_hosts_each(const struct app *app, bool listened, recent_hosts_visit *visit,
                       void *context);
