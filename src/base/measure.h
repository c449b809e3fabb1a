// SPDX-License-Identifier: GPL-3.0-or-later
/* measure: the quantities of a network as people write and read them: "64k", "1%", "50ms". One
 * meaning everywhere: k, M, G are powers of 1000, Ki, Mi, Gi of 1024. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { MEASURE_MILLION = 1000000 };

/* What is right, after "rate: ". */
#define MEASURE_RATE "bits per second, 1k to 100G: 64k, 1M, 1.5M; or off"

/* The digits of a decimal number; *rest is what follows them. False for none. */
bool measure_read_number(const char *text, double *value, const char **rest);

/* The digits of a whole number within these limits; *rest is what follows them. */
bool measure_read_count(const char *text, uint32_t least, uint32_t most, uint32_t *count,
                        const char **rest);

/* "60", "60-62", from 1. */
bool measure_parse_range(const char *text, uint32_t *first, uint32_t *last);

/* "64k", "1.5Mbit", in bits per second, 1k to 100G. */
bool measure_parse_rate(const char *text, uint64_t *rate);
void measure_print_rate(uint64_t rate, struct buf *out); /* as it is parsed */

/* "200000", "200k", "1.5MB", "64KiB": whole bytes, less than 2^63. The case of a unit does not matter. */
bool measure_parse_size(const char *text, int64_t *bytes);
void measure_print_size(int64_t bytes, struct buf *out); /* as it is parsed, and exactly */

/* "0.5%", as parts per million: at least 1, where it is not 0. */
bool measure_parse_share(const char *text, uint32_t *parts);

/* "50ms", in ns, at most 60 s; it has its unit unless it is 0. */
bool measure_parse_time(const char *text, int64_t *time);
void measure_print_time(int64_t time, struct buf *out); /* as it is parsed */
