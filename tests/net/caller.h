// SPDX-License-Identifier: GPL-3.0-or-later
/* caller: in whose name the tests of calls make them, and a look at what was written down. */
#pragma once

#include <stdio.h>

#include "net/calls.h"
#include "support/tap.h"

enum { SMALL_BLOCK = 256 }; /* holds 216 bytes of a stream */

static inline struct caller make_caller(size_t ceiling, size_t block)
{
	return (struct caller){ .transcript = transcript_new(ceiling, block), .session = 7 };
}

static inline struct caller big_caller(void)
{
	return make_caller(8 << 20, TRANSCRIPT_BLOCK);
}

static inline struct caller small_caller(void)
{
	return make_caller((size_t)3 * SMALL_BLOCK, SMALL_BLOCK);
}

static inline const struct entry *newest(const struct caller *caller)
{
	return transcript_at(caller->transcript,
	                     transcript_last(caller->transcript, caller->session));
}

/* The newest entry is this call, with this result. */
static inline void is_call(const struct caller *caller, enum call call, long result, int error,
                           const char *name)
{
	const struct entry *entry = newest(caller);
	bool same = entry && entry->call == call && entry_result(entry) == result &&
	            entry->error == error;
	if (!ok(same, "%s is written down as %s() = %ld", name, entry_call_name(call), result) &&
	    entry)
		printf("#   got %s() = %ld, errno %d\n", entry_call_name(entry->call),
		       entry_result(entry), entry->error);
}

static inline void is_addr(struct endpoint got, struct endpoint want, const char *name)
{
	char text[2][ENDPOINT_TEXT];
	is_text(endpoint_format(&got, text[0]), endpoint_format(&want, text[1]), name);
}

static inline bool has_payload(const struct entry *entry, const void *data, size_t len)
{
	return entry->len == len && memcmp(entry_payload(entry), data, len) == 0;
}

/* Bytes that show where they were taken from. */
static inline void fill_pattern(char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i * 7 + i / 251);
}
