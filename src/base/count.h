// SPDX-License-Identifier: GPL-3.0-or-later
/* count: numbers of bytes or messages as people read them, in few columns. */
#pragma once

#include <stdint.h>

enum { COUNT_TEXT = 16 };

/* Exact up to 9999, then "12.3k", "1.2M", "987G", powers of 1000. Returns `out`. */
const char *count_format(uint64_t count, char out[COUNT_TEXT]);

/* The same with its unit: "15 B", "12.3 kB". A unit has at most 4 characters. Returns `out`. */
const char *count_format_unit(uint64_t count, const char *unit, char out[COUNT_TEXT]);
