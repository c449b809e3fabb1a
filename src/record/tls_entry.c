// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/tls_entry.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/escape.h"

static size_t line_at(const char *at, const char *end)
{
	const char *feed = memchr(at, '\n', (size_t)(end - at));
	return feed ? (size_t)(feed - at) : (size_t)(end - at);
}

bool tls_asked_find(const char *lines, size_t all, const char *name, struct buf *out)
{
	const char *at = lines, *end = at + all;
	size_t wanted = strlen(name);
	while (at < end) {
		size_t len = line_at(at, end);
		if (!len)
			return false;
		if (len > wanted && memcmp(at, name, wanted) == 0 && at[wanted] == '\t') {
			struct error error;
			char *value = xstrndup(at + wanted + 1, len - wanted - 1);
			bool good = escape_decode(value, out, &error);
			free(value);
			return good;
		}
		at += len + (at + len < end);
	}
	return false;
}

bool tls_entry_asked(const struct entry *entry, const char *name, struct buf *out)
{
	return tls_asked_find(entry_payload(entry), entry->len, name, out);
}

const char *tls_entry_agreed(const struct entry *entry, size_t *len)
{
	const char *at = entry_payload(entry), *end = at + entry->len;
	while (at < end) {
		size_t line = line_at(at, end);
		at += line + (at + line < end);
		if (!line)
			break;
	}
	*len = (size_t)(end - at);
	return at;
}
