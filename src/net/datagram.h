// SPDX-License-Identifier: GPL-3.0-or-later
/* datagram: a UDP socket, connected or not: who it sends to, who has written, and the errors that
 * come back for datagrams sent earlier. */
#pragma once

#include "net/session_internal.h"

extern const struct session_ops datagram_ops;

/* Why this datagram cannot be sent at all; `mtu` is that of this machine's way out where the
 * datagram is too large for it, else 0. */
void datagram_explain(struct error *error, int code, size_t len, const struct endpoint *to,
                      unsigned mtu);
