// SPDX-License-Identifier: GPL-3.0-or-later
/* buf: bytes that are appended at the end and consumed at the front, with a ceiling given at
 * creation. Embedded by value; a zeroed struct with a `max` is a valid empty one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *memory;
	size_t head; /* the first byte not yet consumed */
	size_t len;  /* bytes from head on */
	size_t cap;
	size_t max; /* ceiling of len; SIZE_MAX for none */
};

void buf_init(struct buf *buf, size_t max);
void buf_free(struct buf *buf);
void buf_clear(struct buf *buf);
void buf_wipe(struct buf *buf); /* the same, and nothing is left in its memory */

/* False, and nothing appended, where the ceiling would be passed. */
bool buf_append(struct buf *buf, const void *data, size_t len);
bool buf_append_text(struct buf *buf, const char *text);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for `len` more bytes after the last; NULL at the ceiling. buf_commit() makes them count. */
char *buf_reserve(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);

void buf_consume(struct buf *buf, size_t len);
const char *buf_data(const struct buf *buf);

/* The bytes as a C string, followed by a NUL (not counted in len). Never NULL. */
const char *buf_text(struct buf *buf);
