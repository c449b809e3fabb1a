// SPDX-License-Identifier: GPL-3.0-or-later
/* telnet: answers the negotiation of TELNET (RFC 854) by refusing every option, so that a server goes
 * on. Does not change what comes, and sends nothing itself. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* The part of a command that has come: a read may end inside one. */
struct telnet {
	unsigned char command; /* IAC; then WILL, WONT, DO or DONT; 0 = none */
};

/* Appends the answers to `out`: DONT to WILL and WONT, WONT to DO and DONT. */
void telnet_receive(struct telnet *telnet, const char *data, size_t len, struct buf *out);
