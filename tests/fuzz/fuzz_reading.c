// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes reading.h: the input is the payload of a reading's entry. What can be read is the same
 * when it is packed and read again, what cannot is nothing, and any two may be compared. */
#include "record/reading.h"

#include <stdlib.h>

enum { BLOCK = 1 << 13 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static uint64_t add(struct transcript *t, enum call call, const void *bytes, size_t len)
{
	struct entry header = { .call = (uint8_t)call, .arg = READING_AFTER, .session = 1 };
	return transcript_append(t, &header, NULL, bytes, len);
}

static void check_words(const struct reading *reading)
{
	for (unsigned field = 0; field < READING_COUNT; field++) {
		require(*reading_state_name(reading_get(reading, field)));
		require(*reading_timer_name(reading_get(reading, field)));
	}
}

/* Against a reading that has everything, each field a little different. */
static void check_pair(const struct reading *reading)
{
	struct reading now = *reading, other = { 0 };
	require(!reading_differs(reading, &now));
	for (unsigned field = 0; field < READING_COUNT; field++)
		reading_set(&other, field, reading_get(reading, field) ^ 1);
	require(reading_differs(reading, &other));
	reading_compare(&now, &other);
	require(reading_has(&now, READING_OLD_STATE) == reading_has(reading, READING_STATE));
	reading_compare(&now, reading);
	require(!reading_has(&now, READING_OLD_STATE) && reading_get(&now, READING_NEW_OUT) == 0);
}

static void check_again(struct transcript *t, const struct reading *reading)
{
	struct reading again;
	char packed[READING_PACKED];
	size_t len = reading_pack(reading, packed);
	require(len <= READING_PACKED);
	uint64_t call = add(t, CALL_SEND, NULL, 0);
	uint64_t position = add(t, CALL_READING, packed, len);
	require(reading_after(t, call, &again) && again.present == reading->present);
	require(reading_before(t, position, 1, &again));
	for (unsigned field = 0; field < READING_COUNT; field++)
		require(reading_get(&again, field) == reading_get(reading, field));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct transcript *t = transcript_new(2 * (size_t)BLOCK, BLOCK);
	struct reading reading = { 0 };
	size = size < BLOCK / 2 ? size : BLOCK / 2;
	uint64_t position = add(t, CALL_READING, data, size);
	if (reading_unpack(transcript_at(t, position), &reading)) {
		check_words(&reading);
		check_pair(&reading);
		check_again(t, &reading);
	} else {
		require(reading.present == 0);
	}
	transcript_free(t);
	return 0;
}
