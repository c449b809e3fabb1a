// SPDX-License-Identifier: GPL-3.0-or-later
/* clock: instants that never jump, durations as people write and read them. All values are
 * nanoseconds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"

#define CLOCK_US INT64_C(1000)
#define CLOCK_MS INT64_C(1000000)
#define CLOCK_S  INT64_C(1000000000)

enum { CLOCK_TEXT = 32, CLOCK_STAMP = 48 };

/* Nanoseconds since some fixed instant. Counts the time in which the machine sleeps where the
 * system can (CLOCK_BOOTTIME, clock_gettime(2)). */
int64_t clock_now(void);

/* The wall clock's reading at an instant of clock_now(), in nanoseconds since the epoch. The
 * difference is read once, so that no run of the program shows time going backwards. */
int64_t clock_wall(int64_t instant);

/* Microseconds as nanoseconds; INT64_MAX where they are too many for that. */
int64_t clock_from_us(uint64_t us);

/* "21:04:07.120" in local time; without milliseconds where `short_form`. Returns `out`. */
const char *clock_format_time(int64_t instant, bool short_form, char out[CLOCK_TEXT]);

/* Local time, for strftime(3); all zero before the epoch. */
struct tm clock_local(int64_t instant);

/* "2026-11-28T18:01:02.123456+01:00" in local time, RFC 3339, with this many digits after the dot, up
 * to 9. What is alike in a second is kept in `cache`, which is zero at first. Returns the length. */
struct clock_stamp {
	int64_t second;
	char date[24], zone[16];
};
size_t clock_format_stamp(struct clock_stamp *cache, int64_t instant, int digits,
                          char out[CLOCK_STAMP]);

/* "0.2 ms", "41.3 ms", "3.2 s", "2 min 5 s": two or three significant digits. Returns `out`. */
const char *clock_format_duration(int64_t duration, char out[CLOCK_TEXT]);

/* "250ms", "3", "1.5s", "2m", "1h"; a bare number is seconds. At most a year. False with one line
 * that says what is right. */
bool clock_parse_duration(const char *text, int64_t *duration, struct error *error);
