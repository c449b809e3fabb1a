// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/frame_entry.h"

#include <string.h>

#include "support/tap.h"

#define BLOCK ((size_t)4096)

static const struct frame_note everything = {
	.event = FRAME_LOST,
	.host = 2,
	.pieces = 44,
	.segment = { .name = SEGMENT_FIN_AGAIN,
	             .seq = INT64_C(1) << 40,
	             .ack = -1,
	             .offset = (INT64_C(1) << 40) - 1,
	             .len = 65535,
	             .window = 1 << 30,
	             .number = UINT32_MAX,
	             .copy = 65535,
	             .duplicate = 3,
	             .scaled = true,
	             .ack_based = true,
	             .fills_window = true },
	.len = 65549,
	.bytes = (const uint8_t *)"\x02\0\0\0\0\1 header and data",
	.kept = 22,
	.words = "loss data 60",
	.words_len = 12,
};

/* Field by field: what lies between them is not kept. */
static bool is_same_segment(const struct segment *a, const struct segment *b)
{
	return a->name == b->name && a->seq == b->seq && a->ack == b->ack &&
	       a->offset == b->offset && a->len == b->len && a->window == b->window &&
	       a->number == b->number && a->copy == b->copy && a->duplicate == b->duplicate &&
	       a->scaled == b->scaled && a->seq_based == b->seq_based &&
	       a->ack_based == b->ack_based && a->gap == b->gap &&
	       a->fills_window == b->fills_window;
}

static bool has_same_numbers(const struct frame_note *a, const struct frame_note *b)
{
	return a->event == b->event && a->host == b->host && a->pieces == b->pieces &&
	       a->len == b->len && a->loopback == b->loopback && a->secret == b->secret &&
	       is_same_segment(&a->segment, &b->segment);
}

static void keeps_what_it_is_given(void)
{
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	struct frame_note got;
	uint64_t first = frame_entry_append(t, WIRE_FIRST + 9, 1234567, &everything);
	const struct entry *entry = transcript_at(t, first);
	ok(frame_entry_unpack(entry, &got), "a frame is read back");
	ok(entry->time == 1234567 && entry->session == WIRE_FIRST + 9 && entry->fd == -1,
	   "at its time, under the number of its wire end");
	ok(has_same_numbers(&got, &everything), "all numbers are kept");
	ok(got.kept == 22 && !memcmp(got.bytes, everything.bytes, 22), "and the bytes");
	ok(got.words_len == 12 && !memcmp(got.words, "loss data 60", 12), "and the words");
	is_int(entry->len, FRAME_NOTE_SIZE + 22 + 12, "and nothing else");
	ok(!entry_is_call(entry) && !entry_is_words(entry) && !entry_is_payload(entry) &&
	           !entry_has_failed(entry) && !entry_is_of_command(entry),
	   "it is no call, and moves no bytes of a session");
	uint64_t none = frame_entry_append(t, WIRE_FIRST, 0, &(struct frame_note){ 0 });
	ok(frame_entry_unpack(transcript_at(t, none), &got) && !got.kept && !got.words_len,
	   "one of nothing is kept, too");
	transcript_free(t);
}

static void has_limits(void)
{
	static uint8_t long_frame[FRAME_KEPT_MOST + 20];
	static char words[200];
	struct transcript *t = transcript_new(4 * TRANSCRIPT_BLOCK, TRANSCRIPT_BLOCK);
	struct frame_note note = { .len = sizeof long_frame,
		                   .bytes = long_frame,
		                   .kept = sizeof long_frame,
		                   .words = words,
		                   .words_len = sizeof words },
	                  got;
	uint64_t at = frame_entry_append(t, WIRE_FIRST, 0, &note);
	ok(frame_entry_unpack(transcript_at(t, at), &got), "a whole frame may be given");
	is_int((long)got.kept, FRAME_KEPT_MOST, "its first bytes are kept");
	is_int((long)got.words_len, FRAME_WORDS, "and so are those of the words");
	is_int(got.len, (long)sizeof long_frame, "but its length is the whole");
	transcript_free(t);
	t = transcript_new(4 * BLOCK, BLOCK);
	at = frame_entry_append(t, WIRE_FIRST, 0, &note);
	ok(frame_entry_unpack(transcript_at(t, at), &got) && got.kept < BLOCK &&
	           got.words_len == FRAME_WORDS,
	   "of less room the bytes have what the words leave");
	transcript_free(t);
}

static void refuses(void)
{
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	struct frame_note got;
	uint64_t whole = frame_entry_append(t, WIRE_FIRST, 0, &everything);
	char payload[FRAME_NOTE_SIZE + 34];
	memcpy(payload, entry_bytes(transcript_at(t, whole)), sizeof payload);
	struct entry header = { .call = CALL_FRAME, .session = WIRE_FIRST, .arg = 60 };
	bool read = false;
	for (size_t len = 0; len < sizeof payload; len++) {
		uint64_t at = transcript_append(t, &header, NULL, payload, len);
		read = read || frame_entry_unpack(transcript_at(t, at), &got);
	}
	ok(!read, "what is cut short is no frame");
	header.arg = -1;
	uint64_t at = transcript_append(t, &header, NULL, payload, sizeof payload);
	ok(!frame_entry_unpack(transcript_at(t, at), &got), "nor what has no length");
	header = (struct entry){ .call = CALL_SAMPLE, .arg = 60 };
	at = transcript_append(t, &header, NULL, payload, sizeof payload);
	ok(!frame_entry_unpack(transcript_at(t, at), &got), "nor another entry");
	transcript_free(t);
}

static void names(void)
{
	bool all = true;
	for (unsigned event = 0; event < FRAME_EVENTS; event++)
		all = all && frame_event_name(event) && strcmp(frame_event_name(event), "?") != 0;
	ok(all, "every event has a name");
	is_text(frame_event_name(FRAME_EVENTS), "?", "what is none has not");
	ok(session_is_wire(WIRE_FIRST) && session_is_wire(UINT32_MAX) && !session_is_wire(1),
	   "numbers of wire ends are apart from those of sessions");
}

int main(void)
{
	tap_watchdog(10);
	keeps_what_it_is_given();
	has_limits();
	refuses();
	names();
	return tap_done();
}
