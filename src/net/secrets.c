// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/secrets.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void secrets_clear(struct secrets *secrets)
{
	free(secrets->ranges);
	*secrets = (struct secrets){ 0 };
}

void secrets_add(struct secrets *secrets, size_t begin, size_t end)
{
	if (begin == end)
		return;
	if (secrets->count && secrets->ranges[secrets->count - 1].end == begin) {
		secrets->ranges[secrets->count - 1].end = end;
		return;
	}
	secrets->ranges =
	        xgrow(secrets->ranges, &secrets->cap, secrets->count, sizeof *secrets->ranges);
	secrets->ranges[secrets->count++] = (struct secret_range){ begin, end };
}

size_t secrets_run(const struct secrets *secrets, size_t len, bool *secret)
{
	const struct secret_range *first = secrets->ranges;
	*secret = secrets->count && first->begin == 0;
	size_t run = *secret ? first->end : secrets->count ? first->begin : len;
	return run < len ? run : len;
}

static size_t less(size_t position, size_t len)
{
	return position > len ? position - len : 0;
}

void secrets_consume(struct secrets *secrets, size_t len)
{
	size_t kept = 0;
	for (size_t i = 0; i < secrets->count; i++) {
		struct secret_range range = { less(secrets->ranges[i].begin, len),
			                      less(secrets->ranges[i].end, len) };
		if (range.end)
			secrets->ranges[kept++] = range;
	}
	secrets->count = kept;
	if (!kept)
		secrets_clear(secrets);
}
