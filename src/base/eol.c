// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/eol.h"

const char *eol_bytes(enum eol eol, size_t *len)
{
	static const struct {
		const char *bytes;
		size_t len;
	} ends[] = {
		[EOL_LF] = { "\n", 1 },  [EOL_CRLF] = { "\r\n", 2 }, [EOL_CR] = { "\r", 1 },
		[EOL_NUL] = { "\0", 1 }, [EOL_NONE] = { "", 0 },
	};
	*len = ends[eol].len;
	return ends[eol].bytes;
}

const char *eol_label(enum eol eol)
{
	static const char *const labels[] = {
		[EOL_LF] = "LF",   [EOL_CRLF] = "CRLF", [EOL_CR] = "CR",
		[EOL_NUL] = "NUL", [EOL_NONE] = "none",
	};
	return labels[eol];
}
