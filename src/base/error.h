// SPDX-License-Identifier: GPL-3.0-or-later
/* error: why something failed, as one line "what: why", made where the reason is known and kept in
 * the caller's struct. Does not know who shows it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { ERROR_TEXT = 256 };

struct error {
	int code;              /* an errno value, or 0 where no system call failed */
	bool usage;            /* what was typed is wrong, and nothing was tried */
	size_t column;         /* of it, in bytes from 1; 0 = not known. Set after the text */
	char text[ERROR_TEXT]; /* one line, no line end; cut, never overrun */
};

void error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
void error_usage(struct error *error, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* The formatted words, ": " and error_why(code); keeps the code. */
void error_errno(struct error *error, int code, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* Appends what fits to the line. */
void error_append(struct error *error, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* In place of "sockpit" in what error_print() prints; static. */
void error_set_program(const char *name);

/* "sockpit: " and one line on standard error. No part of it, such as an argument or a file name,
 * reaches a terminal as a control character. */
void error_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The symbol of an errno value, errno(3): "ECONNRESET"; "errno 999" where it has none, valid until
 * the next call. */
const char *error_name(int code);

/* What strerror(3) says, in lower case: "connection refused". Valid until the next call. */
const char *error_why(int code);
