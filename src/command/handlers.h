// SPDX-License-Identifier: GPL-3.0-or-later
/* handlers: what commands ask of each other's files. Private to this layer. */
#pragma once

#include "command/command.h"

/* "keys", "marks": what /help has a list of; NULL after the last. */
const char *help_topic(size_t index);

unsigned session_option_set(const struct session *session); /* for sockopt_find() */

/* True for an open conversation that this listener accepted: the kernel gives it the listener's own
 * port. */
bool server_has_client(const struct session *server, const struct session *session);
