// SPDX-License-Identifier: GPL-3.0-or-later
/* eol: the line ends that a typed line can be sent with. */
#pragma once

#include <stddef.h>

enum eol { EOL_LF, EOL_CRLF, EOL_CR, EOL_NUL, EOL_NONE };

/* The bytes of a line end: "\n", "\r\n", "\r", "\0" (one byte), "". */
const char *eol_bytes(enum eol eol, size_t *len);
const char *eol_label(enum eol eol); /* "LF", "CRLF", "CR", "NUL", "none" */
