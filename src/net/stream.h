// SPDX-License-Identifier: GPL-3.0-or-later
/* stream: a conversation on a stream socket: its queue, FIN and RST, what its service sees of it. */
#pragma once

#include "net/session_internal.h"

extern const struct session_ops stream_ops;

/* accept() has made it, and it has been announced. */
void stream_accepted(struct session *session);
