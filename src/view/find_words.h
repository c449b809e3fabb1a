// SPDX-License-Identifier: GPL-3.0-or-later
/* find_words: whether text stands in the words by which a trace or a ladder shows a call: its name,
 * arguments, result, and what the kernel said behind it. Private to this directory. */
#pragma once

#include "base/buf.h"
#include "view/cursor.h"
#include "view/pattern.h"

enum { FIND_WORDS_SLOTS = 256 };

/* All by which the words of two calls without payload could differ; but for how many bytes were
 * asked for, which is another number for each recv(). */
struct find_words_key {
	struct endpoint addr, local;
	uint32_t len, duration;
	int32_t arg;
	int16_t arg2, fd;
	uint8_t call, error, flags, used;
};

/* A part of what is looked for. */
struct find_words_part {
	const char *text;
	size_t len;
};

/* Calls are alike by the thousands: what their words hold is looked up once. */
struct find_words {
	const struct pattern *pattern;
	bool samples; /* it may stand in the words for a reading */
	bool escapes; /* it may stand in a payload as it is shown, and not as it is, */
	bool quotes;  /* or at the ends of one */
	struct find_words_part core;   /* the longest without quotes, */
	struct find_words_part plain;  /* and without digits; */
	struct find_words_part digits; /* of digits alone */
	struct buf text;
	struct find_words_slot {
		struct find_words_key key;
		bool holds, holds_plain, holds_digits;
	} slot[FIND_WORDS_SLOTS];
};

void find_words_init(struct find_words *words, const struct pattern *pattern);
void find_words_free(struct find_words *words);

/* Not for notes and states, whose words are their payload. */
bool find_words_match(struct find_words *words, const struct cursor *cursor);

/* Whether it could stand in the words for a reading: few texts could, and there may be a hundred
 * thousand readings to put into words. True more often than need be, never false by mistake. */
bool find_words_fit_readings(const struct pattern *pattern);
