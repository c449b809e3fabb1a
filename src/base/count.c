// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/count.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

const char *count_format_unit(uint64_t count, const char *unit, char out[COUNT_TEXT])
{
	static const char prefixes[] = "kMGTPE";
	const char *blank = *unit ? " " : "";
	if (count < 10000) {
		snprintf(out, COUNT_TEXT, "%" PRIu64 "%s%.4s", count, blank, unit);
		return out;
	}
	double value = (double)count / 1000;
	size_t prefix = 0;
	while (value >= 999.5 && prefixes[prefix + 1]) {
		value /= 1000;
		prefix++;
	}
	snprintf(out, COUNT_TEXT, "%.*f%s%c%.4s", value < 99.95 ? 1 : 0, value, blank,
	         prefixes[prefix], unit);
	return out;
}

const char *count_format(uint64_t count, char out[COUNT_TEXT])
{
	return count_format_unit(count, "", out);
}
