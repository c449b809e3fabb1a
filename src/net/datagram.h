// SPDX-License-Identifier: GPL-3.0-or-later
/* datagram: a UDP socket, connected or not: who it sends to, who has written, and the errors that
 * come back for datagrams sent earlier. */
#pragma once

#include "net/session_internal.h"

extern const struct session_ops datagram_ops;
