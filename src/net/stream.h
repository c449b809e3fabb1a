// SPDX-License-Identifier: GPL-3.0-or-later
/* stream: a TCP conversation: its queue, FIN, RST, and its service, which is told of the peer's FIN. */
#pragma once

#include "net/session_internal.h"

extern const struct session_ops stream_ops;

/* accept() has made it, and it has been announced. */
void stream_accepted(struct session *session);
