// SPDX-License-Identifier: GPL-3.0-or-later
/* handlers: what commands ask of each other's files. Private to this layer. */
#pragma once

#include "command/command.h"

unsigned session_option_set(const struct session *session); /* for sockopt_find() */

/* True for an open conversation that this listener accepted: the kernel gives it the listener's own
 * port. */
bool server_has_client(const struct session *server, const struct session *session);
