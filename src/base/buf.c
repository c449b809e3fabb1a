// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){ .max = max };
}

void buf_free(struct buf *buf)
{
	free(buf->memory);
	buf_init(buf, buf->max);
}

void buf_wipe(struct buf *buf)
{
	if (buf->memory)
		wipe(buf->memory, buf->cap);
	buf_clear(buf);
}

void buf_clear(struct buf *buf)
{
	buf->head = buf->len = 0;
}

static void slide(struct buf *buf)
{
	memmove(buf->memory, buf->memory + buf->head, buf->len);
	buf->head = 0;
}

/* One byte more than asked for, so that buf_text() never has to grow. */
char *buf_reserve(struct buf *buf, size_t len)
{
	if (len > buf->max || buf->len > buf->max - len)
		return NULL;
	size_t need = buf->len + len + 1;
	if (buf->head && buf->cap - buf->head < need && buf->head >= buf->len)
		slide(buf);
	if (buf->cap - buf->head < need) {
		if (buf->head)
			slide(buf);
		if (buf->cap < need) {
			buf->cap = need > SIZE_MAX / 2 ? need : need + need / 2;
			buf->memory = xrealloc(buf->memory, buf->cap);
		}
	}
	return buf->memory + buf->head + buf->len;
}

void buf_commit(struct buf *buf, size_t len)
{
	assert(buf->cap - buf->head - buf->len > len);
	buf->len += len;
}

bool buf_append(struct buf *buf, const void *data, size_t len)
{
	char *end = buf_reserve(buf, len);
	if (!end)
		return false;
	if (len)
		memcpy(end, data, len);
	buf->len += len;
	return true;
}

bool buf_append_text(struct buf *buf, const char *text)
{
	return buf_append(buf, text, strlen(text));
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *end = len < 0 ? NULL : buf_reserve(buf, (size_t)len);
	if (end) {
		vsnprintf(end, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
	return end != NULL;
}

void buf_consume(struct buf *buf, size_t len)
{
	assert(len <= buf->len);
	buf->head += len;
	buf->len -= len;
	if (!buf->len)
		buf->head = 0;
}

const char *buf_data(const struct buf *buf)
{
	return buf->memory ? buf->memory + buf->head : "";
}

const char *buf_text(struct buf *buf)
{
	if (!buf->memory)
		return "";
	buf->memory[buf->head + buf->len] = '\0';
	return buf->memory + buf->head;
}
