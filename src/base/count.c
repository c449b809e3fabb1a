// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/count.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

enum { EXACT_MOST = 9999 };

const char *count_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static const char *format(uint64_t count, const char *blank, const char *unit, char out[COUNT_TEXT])
{
	static const char powers[] = "kMGTPE";
	if (count <= EXACT_MOST) {
		snprintf(out, COUNT_TEXT, "%" PRIu64 "%s%s", count, blank, unit);
		return out;
	}
	double value = (double)count / 1000;
	size_t power = 0;
	while (value >= 999.5 && powers[power + 1]) {
		value /= 1000;
		power++;
	}
	snprintf(out, COUNT_TEXT, "%.*f%s%c%s", value < 99.95 ? 1 : 0, value, blank, powers[power],
	         unit);
	return out;
}

const char *count_format(uint64_t count, char out[COUNT_TEXT])
{
	return format(count, "", "", out);
}

const char *count_format_unit(uint64_t count, const char *unit, char out[COUNT_TEXT])
{
	return format(count, *unit ? " " : "", unit, out);
}

const char *count_format_bytes(uint64_t bytes, char out[COUNT_TEXT])
{
	const char *exact = bytes == 1 ? "byte" : "bytes";
	return format(bytes, " ", bytes <= EXACT_MOST ? exact : "B", out);
}
