// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/eol.h"

static const struct {
	const char *bytes;
	size_t len;
	const char *label;
} eols[] = {
	[EOL_LF] = { "\n", 1, "LF" },   [EOL_CRLF] = { "\r\n", 2, "CRLF" },
	[EOL_CR] = { "\r", 1, "CR" },   [EOL_NUL] = { "\0", 1, "NUL" },
	[EOL_NONE] = { "", 0, "none" },
};

const char *eol_bytes(enum eol eol, size_t *len)
{
	*len = eols[eol].len;
	return eols[eol].bytes;
}

const char *eol_label(enum eol eol)
{
	return eols[eol].label;
}
