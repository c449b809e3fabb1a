// SPDX-License-Identifier: GPL-3.0-or-later
/* json: JSON as RFC 8259 has it, written into a buffer and read in place from memory that may be
 * changed. Reading is strict, takes no memory of its own and nests at most JSON_DEPTH deep. Knows no
 * schema. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* ---- writing: into a buffer without a ceiling ---- */

/* A string with its quotes. False, and nothing appended, where the bytes are not UTF-8. What could
 * act on a terminal is escaped: controls, C1, bidirectional marks. */
bool json_put_text(struct buf *out, const char *bytes, size_t len);

/* Bytes as a string of base64, RFC 4648. */
void json_put_base64(struct buf *out, const void *bytes, size_t len);

/* ---- reading ---- */

enum { JSON_DEPTH = 16 };

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_value {
	enum json_type type;
	char *text; /* of a string its bytes, which may have NULs, else as it is written */
	size_t len;
};

/* Where reading is. What is wrong, and where, is kept: nothing can be read after that. */
struct json {
	char *at, *end;
	bool first;      /* no member of this object has been read */
	const char *why; /* NULL = nothing is wrong */
};

void json_begin(struct json *json, char *text, size_t len);

/* The one value that the text is, with nothing but blanks after it. An array or an object is
 * checked; json_begin_inside() enters an object. */
bool json_read(struct json *json, struct json_value *value);

/* Then json_member() gives the members of an object one by one; false at the end. */
void json_begin_inside(struct json *json, const struct json_value *value);
bool json_member(struct json *json, struct json_value *key, struct json_value *value);

bool json_is(const struct json_value *value, const char *text); /* this string */

/* A whole number within limits. */
bool json_signed(const struct json_value *value, int64_t least, int64_t most, int64_t *number);
bool json_unsigned(const struct json_value *value, uint64_t most, uint64_t *number);

/* Turns a string of base64 into its bytes, in its place; false where it is none. */
bool json_base64(struct json_value *value);
