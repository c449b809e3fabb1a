// SPDX-License-Identifier: GPL-3.0-or-later
/* transport: what carries a session. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum transport { TRANSPORT_TCP, TRANSPORT_UDP };

const char *transport_name(enum transport transport);  /* "tcp": as it is typed */
const char *transport_title(enum transport transport); /* "TCP": in a sentence */
int transport_type(enum transport transport);          /* SOCK_STREAM, SOCK_DGRAM */

/* A whole name of `len` bytes, upper or lower case. */
bool transport_find(const char *text, size_t len, enum transport *transport);
