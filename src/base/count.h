// SPDX-License-Identifier: GPL-3.0-or-later
/* count: numbers of bytes or messages as people read them. */
#pragma once

#include <stdint.h>

enum { COUNT_TEXT = 16 };

/* The ending of a noun after this number: "" or "s". */
const char *count_plural(uint64_t count);

/* "1 byte", "15 bytes", "12.3 kB", "3.0 MB". Returns `out`. */
const char *count_format_bytes(uint64_t bytes, char out[COUNT_TEXT]);

/* "15 B", "1.2 MB"; "1.2 MB/s" with the unit "B/s". A unit has at most three bytes. Returns
 * `out`. */
const char *count_format_unit(uint64_t count, const char *unit, char out[COUNT_TEXT]);

/* Exact up to 9999, then "12.3k", "1.2M", "987G", powers of 1000. Returns `out`. */
const char *count_format(uint64_t count, char out[COUNT_TEXT]);
