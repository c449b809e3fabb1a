// SPDX-License-Identifier: GPL-3.0-or-later
/* constant: the names of the numbers that socket calls take, as in <sys/socket.h>. */
#pragma once

enum { CONSTANT_TEXT = 96 };

/* Each returns a name, or the number itself as text in `out`; the result is valid as long as
 * `out`. */
const char *constant_family(int family, char out[CONSTANT_TEXT]); /* "AF_INET" */
const char *constant_type(int type, char out[CONSTANT_TEXT]);     /* "SOCK_STREAM" */
const char *constant_shutdown(int how, char out[CONSTANT_TEXT]);  /* "SHUT_WR" */

/* "MSG_PEEK|MSG_WAITALL"; "0" for none. */
const char *constant_flags(int flags, char out[CONSTANT_TEXT]);

/* "ICMP port unreachable (3/3)", "ICMPv6 no route (1/0)"; RFC 792, RFC 4443. */
const char *constant_icmp(int v6, int type, int code, char out[CONSTANT_TEXT]);
