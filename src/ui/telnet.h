// SPDX-License-Identifier: GPL-3.0-or-later
/* telnet: answers the negotiation of TELNET (RFC 854) by refusing every option, so that a server
 * goes on. What comes is not changed. Sends nothing itself. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* What of a command has come, wherever a read cut it. */
struct telnet {
	unsigned char command; /* IAC; then WILL, WONT, DO or DONT; 0 = none */
};

/* Appends the answers to `out`: DONT to WILL and WONT, WONT to DO and DONT. */
void telnet_receive(struct telnet *telnet, const char *data, size_t len, struct buf *out);
