// SPDX-License-Identifier: GPL-3.0-or-later
/* tap: the smallest producer of the Test Anything Protocol. One subject per program. The plan comes
 * last, so that a crash shows; a watchdog names the case after which the program hung. */
#pragma once

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern int tap_count, tap_failed;
extern char tap_name[256]; /* of the newest case */

/* Ends the program after four times as many seconds: a machine may have other work. */
void tap_watchdog(unsigned seconds);
bool tap_ok(bool good, const char *file, int line, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

/* A line of diagnosis with a text; what is not ASCII is written as \xHH. */
void tap_diagnose(const char *label, const char *text, size_t len);
bool tap_same(const char *got, size_t got_len, const char *want, size_t want_len, const char *file,
              int line, const char *name);
bool tap_number(long long got, long long want, const char *file, int line, const char *name);

#define ok(condition, ...) tap_ok(!!(condition), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, name)                                                                    \
	tap_number((long long)(got), (long long)(want), __FILE__, __LINE__, name)
#define is_text(got, want, name) tap_is_text(got, want, __FILE__, __LINE__, name)
#define is_bytes(got, got_len, want, want_len, name)                                               \
	tap_same(got, got_len, want, want_len, __FILE__, __LINE__, name)

bool tap_is_text(const char *got, const char *want, const char *file, int line, const char *name);

/* Writes the only file of the test, which exists until the test ends. Returns its path. */
const char *tap_file(const char *bytes, size_t len);

/* Counts as passed, and says why it cannot be tried here. */
void tap_skip(const char *why);
int tap_done(void);
