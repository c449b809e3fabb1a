// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes sample.h: the input is the payload of a reading's entry. What can be read is the same
 * when it is packed and read again, what cannot is nothing, and any two may be compared. */
#include "record/sample.h"

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
	struct entry header = { .call = (uint8_t)call, .arg = SAMPLE_AFTER, .session = 1 };
	return transcript_append(t, &header, NULL, bytes, len);
}

static void check_words(const struct sample *sample)
{
	for (unsigned field = 0; field < SAMPLE_COUNT; field++)
		require(*tcp_state_name(sample_get(sample, field)));
}

/* Against a reading that has everything, each field a little different. */
static void check_pair(const struct sample *sample)
{
	struct sample now = *sample, other = { 0 };
	require(!sample_differs(sample, &now));
	for (unsigned field = 0; field < SAMPLE_COUNT; field++)
		sample_set(&other, field, sample_get(sample, field) ^ 1);
	require(sample_differs(sample, &other));
	sample_compare(&now, &other);
	require(sample_has(&now, SAMPLE_OLD_STATE) == sample_has(sample, SAMPLE_STATE));
	sample_compare(&now, sample);
	require(!sample_has(&now, SAMPLE_OLD_STATE) && sample_get(&now, SAMPLE_NEW_OUT) == 0);
}

static void check_again(struct transcript *t, const struct sample *sample)
{
	struct sample again;
	char packed[SAMPLE_PACKED];
	size_t len = sample_pack(sample, packed);
	require(len <= SAMPLE_PACKED);
	uint64_t call = add(t, CALL_SEND, NULL, 0);
	uint64_t position = add(t, CALL_SAMPLE, packed, len);
	require(sample_after(t, call, &again) && again.present == sample->present);
	require(sample_before(t, position, 1, &again));
	for (unsigned field = 0; field < SAMPLE_COUNT; field++)
		require(sample_get(&again, field) == sample_get(sample, field));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct transcript *t = transcript_new(2 * (size_t)BLOCK, BLOCK);
	struct sample sample = { 0 };
	size = size < BLOCK / 2 ? size : BLOCK / 2;
	uint64_t position = add(t, CALL_SAMPLE, data, size);
	if (sample_unpack(transcript_at(t, position), &sample)) {
		check_words(&sample);
		check_pair(&sample);
		check_again(t, &sample);
	} else {
		require(sample.present == 0);
	}
	transcript_free(t);
	return 0;
}
