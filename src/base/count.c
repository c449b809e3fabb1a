// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/count.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

const char *count_format(uint64_t count, char out[COUNT_TEXT])
{
	static const char units[] = "kMGTPE";
	if (count < 10000) {
		snprintf(out, COUNT_TEXT, "%" PRIu64, count);
		return out;
	}
	double value = (double)count / 1000;
	size_t unit = 0;
	while (value >= 999.5 && units[unit + 1]) {
		value /= 1000;
		unit++;
	}
	snprintf(out, COUNT_TEXT, "%.*f%c", value < 99.95 ? 1 : 0, value, units[unit]);
	return out;
}
