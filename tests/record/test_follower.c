// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/follower.h"

#include <string.h>

#include "support/tap.h"

enum { BLOCK = 256 }; /* five entries of one byte fit, three blocks at most */

static struct transcript *transcript;
static struct follower follower;

static void begin(void)
{
	transcript = transcript_new(3 * (size_t)BLOCK, BLOCK);
	follower_init(&follower, transcript);
}

static uint64_t add(const char *text)
{
	struct entry note = { .call = CALL_NOTE, .session = 1, .fd = -1 };
	return transcript_append(transcript, &note, NULL, text, strlen(text));
}

static void reads(const char *want, const char *name)
{
	const struct entry *entry = follower_next(&follower);
	char got[8] = "nothing";
	if (entry)
		snprintf(got, sizeof got, "%.*s", (int)entry->len, entry_payload(entry));
	is_text(got, want, name);
}

static void misses(uint64_t entries, uint64_t bytes, const char *name)
{
	struct transcript_amount missed = follower_missed(&follower);
	ok(missed.entries == entries && missed.bytes == bytes, "%s", name);
	if (missed.entries != entries || missed.bytes != bytes)
		printf("# %d entries, %d bytes\n", (int)missed.entries, (int)missed.bytes);
}

static void test_reading(void)
{
	begin();
	reads("nothing", "an empty transcript has no next entry");
	add("a");
	add("b");
	reads("a", "the first entry");
	reads("b", "the next one");
	reads("nothing", "then the end");
	add("c");
	reads("c", "what is written later is read");
	misses(0, 0, "nothing is missed");
	is_int(follower.read.entries, 3, "the entries are counted");
	is_int(follower.read.bytes, 3, "and their bytes");
	transcript_free(transcript);
}

/* Fills blocks of five entries: "0" to "9", again and again. */
static void add_many(int count)
{
	for (int i = 0; i < count; i++)
		add((const char[]){ (char)('0' + i % 10), '\0' });
}

static void test_missing(void)
{
	begin();
	add_many(7);
	reads("0", "one is read");
	reads("1", "and another");
	add_many(8);
	misses(0, 0, "as long as all blocks are there, nothing is missed");
	add("x");
	misses(3, 3, "the block that goes takes what was not read");
	reads("5", "the oldest entry left comes next");
	misses(0, 0, "and what was missed is not reported again");
	is_int(follower.read.entries, 6, "it is counted as passed");
	add_many(5);
	misses(4, 4, "the next block has its own");
	add_many(20);
	misses(24, 24, "what goes meanwhile is added");
	while (follower_next(&follower))
		;
	misses(0, 0, "at the end nothing is missing");
	ok(follower.read.entries == transcript_count(transcript), "and every entry is counted");
	transcript_free(transcript);
}

static void test_late_start(void)
{
	begin();
	add_many(21);
	follower_init(&follower, transcript);
	misses(10, 10, "who comes late has missed what is gone");
	follower_skip(&follower);
	misses(0, 0, "unless that was not wanted");
	reads("nothing", "nor what is there");
	add("y");
	reads("y", "then only what is new is read");
	follower_skip(&follower);
	add_many(12);
	misses(0, 0, "what was skipped is not missed when it goes");
	add_many(5);
	misses(3, 3, "what came later is");
	transcript_free(transcript);
}

static void test_skipping_bytes(void)
{
	struct entry bytes = { .call = CALL_RECV, .session = 1, .fd = 3 };
	begin();
	follower_skip_bytes(&follower);
	add("a");
	transcript_append(transcript, &bytes, NULL, "123", 3);
	follower_skip_bytes(&follower);
	reads("a", "what is no bytes of a stream is not skipped");
	follower_skip_bytes(&follower);
	reads("nothing", "bytes are");
	is_int(follower.read.entries, 2, "... and count as read");
	for (int i = 0; i < 10; i++)
		transcript_append(transcript, &bytes, NULL, "12345678901234567890123456789012345678901234567890", 50);
	follower_skip_bytes(&follower);
	misses(0, 0, "... nor are they missed when they go");
	add("b");
	transcript_append(transcript, &bytes, NULL, "123", 3);
	follower_skip_bytes(&follower);
	reads("b", "the next one is read");
	transcript_free(transcript);
}

static void test_seeking(void)
{
	begin();
	uint64_t first = add("a");
	uint64_t second = add("bb");
	add_many(2);
	follower_seek(&follower, second);
	is_int(follower.read.entries, 1, "one entry is before the second");
	is_int(follower.read.bytes, 1, "with its bytes");
	reads("bb", "which comes next");
	follower_seek(&follower, first);
	reads("a", "back at the first");
	follower_seek(&follower, second);
	add_many(15);
	misses(4, 5, "what was to come next has gone with its block");
	follower_seek(&follower, transcript_newest(transcript));
	reads("4", "the newest");
	ok(follower.read.entries == transcript_count(transcript), "has all others before it");
	transcript_free(transcript);
}

int main(void)
{
	tap_watchdog(30);
	test_reading();
	test_missing();
	test_late_start();
	test_skipping_bytes();
	test_seeking();
	return tap_done();
}
