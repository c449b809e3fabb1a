// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/frame_entry.h"
#include "record/sample.h"

#include "support/tap.h"

#define BLOCK ((size_t)4096)

static struct transcript *fresh(void)
{
	return transcript_new(8 * BLOCK, BLOCK);
}

static uint64_t add_bytes(struct transcript *t, uint32_t session, int when, const void *bytes,
                          size_t len)
{
	struct entry header = { .call = CALL_SAMPLE, .session = session, .arg = when, .fd = -1 };
	return transcript_append(t, &header, NULL, bytes, len);
}

static uint64_t add_sample(struct transcript *t, uint32_t session, int when,
                           const struct sample *sample)
{
	char packed[SAMPLE_PACKED];
	size_t len = sample_pack(sample, packed);
	return add_bytes(t, session, when, packed, len);
}

/* Of one of the sockets of session 1. */
static uint64_t add_sample_of(struct transcript *t, int fd, const struct sample *sample)
{
	char packed[SAMPLE_PACKED];
	size_t len = sample_pack(sample, packed);
	struct entry header = { .call = CALL_SAMPLE, .session = 1, .fd = (int16_t)fd };
	return transcript_append(t, &header, NULL, packed, len);
}

static uint64_t add_call(struct transcript *t, uint32_t session, enum call call)
{
	struct entry header = { .call = (uint8_t)call, .session = session, .fd = -1 };
	return transcript_append(t, &header, NULL, "x", 1);
}

static struct sample in_state(enum tcp_state state)
{
	struct sample sample = { 0 };
	sample_set(&sample, SAMPLE_STATE, state);
	return sample;
}

static bool same(const struct sample *a, const struct sample *b)
{
	if (a->present != b->present)
		return false;
	for (unsigned field = 0; field < SAMPLE_COUNT; field++)
		if (sample_get(a, field) != sample_get(b, field))
			return false;
	return true;
}

/* ---- the compact form ---- */

static void is_kept(const struct sample *sample, const char *name)
{
	struct transcript *t = fresh();
	struct sample got;
	memset(&got, 0xa5, sizeof got);
	uint64_t position = add_sample(t, 1, SAMPLE_LATER, sample);
	ok(sample_unpack(transcript_at(t, position), &got) && same(&got, sample), "%s", name);
	transcript_free(t);
}

static void packs(void)
{
	struct sample none = { 0 }, all = { 0 }, some = { 0 };
	char packed[SAMPLE_PACKED];
	is_kept(&none, "a sample of nothing is kept");
	is_int(sample_pack(&none, packed), 1, "in one byte");
	for (unsigned field = 0; field < SAMPLE_COUNT; field++)
		sample_set(&all, field, UINT64_MAX - field);
	is_kept(&all, "one of everything is kept");
	ok(sample_pack(&all, packed) <= SAMPLE_PACKED, "and fits");
	for (unsigned field = 0; field < SAMPLE_COUNT; field += 3)
		sample_set(&some, field, UINT64_C(1) << field);
	is_kept(&some, "some fields, every size of number");
	struct sample zero = in_state(0);
	is_kept(&zero, "a 0 that was read is not what is absent");
	struct sample beyond = { .present = UINT64_C(1) << 63 };
	is_int(sample_pack(&beyond, packed), 1, "fields that do not exist are not packed");
}

static bool unpacks(const void *bytes, size_t len, struct sample *sample)
{
	struct transcript *t = fresh();
	uint64_t position = add_bytes(t, 1, SAMPLE_LATER, bytes, len);
	bool good = sample_unpack(transcript_at(t, position), sample);
	transcript_free(t);
	return good;
}

static void survives_cuts(void)
{
	struct sample sample = { 0 }, got;
	char packed[SAMPLE_PACKED];
	for (unsigned field = 0; field < SAMPLE_COUNT; field += 2)
		sample_set(&sample, field, UINT64_C(1000) << field % 50);
	size_t len = sample_pack(&sample, packed), refused = 0;
	for (size_t cut = 0; cut < len; cut++)
		refused += !unpacks(packed, cut, &got) && got.present == 0;
	is_int(refused, len, "a cut sample is none, wherever it is cut");
	ok(unpacks(packed, len, &got) && same(&got, &sample), "and the whole one is one");
}

static void survives_garbage(void)
{
	struct sample got;
	static const unsigned char endless[24] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	                                         "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
	ok(!unpacks("", 0, &got), "no bytes are no sample");
	ok(!unpacks(endless, sizeof endless, &got), "nor is a number without an end");
	ok(!unpacks("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, &got),
	   "nor one of more than 64 bits");
	ok(!unpacks("\x01\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12, &got),
	   "nor a 0 of eleven bytes");
	struct transcript *t = fresh();
	ok(!sample_unpack(transcript_at(t, add_call(t, 1, CALL_SEND)), &got),
	   "what a call moved is no sample");
	transcript_free(t);
}

/* Presence with the bits 0 and 63; 5, then a number that this version does not know. */
static void skips_what_is_newer(void)
{
	static const char newer[] = "\x81\x80\x80\x80\x80\x80\x80\x80\x80\x01\x05\xff\x01";
	_Static_assert(SAMPLE_COUNT <= 63, "bit 63 must be a field of the future");
	struct sample got;
	ok(unpacks(newer, sizeof newer - 1, &got), "a sample of a later version is one");
	is_int(got.present, 1, "without the fields that are not known");
	is_int(got.value[SAMPLE_STATE], 5, "and with those that are");
	ok(!unpacks(newer, sizeof newer - 2, &got), "cut among the unknown it is none");
}

/* ---- two samples ---- */

static struct sample counts(uint64_t out, uint64_t in, uint64_t data_out, uint64_t data_in,
                            uint64_t again)
{
	struct sample sample = in_state(STATE_ESTABLISHED);
	sample_set(&sample, SAMPLE_SEGS_OUT, out);
	sample_set(&sample, SAMPLE_SEGS_IN, in);
	sample_set(&sample, SAMPLE_DATA_SEGS_OUT, data_out);
	sample_set(&sample, SAMPLE_DATA_SEGS_IN, data_in);
	sample_set(&sample, SAMPLE_TOTAL_RETRANS, again);
	return sample;
}

static void compares(void)
{
	struct sample before = counts(10, 20, 5, 6, 1), now = counts(17, 22, 9, 7, 2);
	sample_compare(&now, &before);
	is_int(now.value[SAMPLE_NEW_OUT], 7, "segments that have left");
	is_int(now.value[SAMPLE_NEW_IN], 2, "and come");
	is_int(now.value[SAMPLE_NEW_DATA_OUT], 3, "data without what was sent again");
	is_int(now.value[SAMPLE_NEW_DATA_IN], 1, "data that came");
	is_int(now.value[SAMPLE_NEW_RETRANS], 1, "what was sent again");
	ok(!sample_has(&now, SAMPLE_OLD_STATE), "the same state is no news");
	sample_set(&now, SAMPLE_STATE, STATE_CLOSE_WAIT);
	sample_compare(&now, &before);
	is_int(now.value[SAMPLE_OLD_STATE], STATE_ESTABLISHED, "another state is");
	sample_compare(&now, &now);
	ok(!sample_has(&now, SAMPLE_OLD_STATE) && now.value[SAMPLE_NEW_OUT] == 0,
	   "what an earlier comparison said is forgotten");
}

static void compares_edges(void)
{
	struct sample syn = counts(3, 0, 0, 0, 2), start = counts(1, 0, 0, 0, 0);
	sample_compare(&syn, &start);
	is_int(syn.value[SAMPLE_NEW_DATA_OUT], 0, "a SYN sent again is no data");
	is_int(syn.value[SAMPLE_NEW_RETRANS], 2, "but is sent again");
	struct sample wrapped = counts(2, 0, 0, 0, 0), old = counts(UINT32_MAX, 0, 0, 0, 0);
	sample_compare(&wrapped, &old);
	is_int(wrapped.value[SAMPLE_NEW_OUT], 3, "counts of 32 bits go round");
	struct sample other = counts(1, 1, 0, 0, 0), longer = counts(100, 100, 9, 9, 9);
	sample_compare(&other, &longer);
	ok(!sample_has(&other, SAMPLE_NEW_OUT) && !sample_has(&other, SAMPLE_NEW_DATA_OUT),
	   "counts that went back are another socket's");
	struct sample bare = in_state(STATE_ESTABLISHED);
	sample_compare(&bare, &longer);
	is_int(bare.present, 1, "what one of them does not have is not compared");
	struct sample late = counts(1, 1, 1, 1, 1), empty = { 0 };
	sample_compare(&late, &empty);
	ok(!sample_has(&late, SAMPLE_NEW_OUT) && !sample_has(&late, SAMPLE_OLD_STATE),
	   "nor after nothing at all");
}

static bool field_matters(enum sample_field field)
{
	struct sample a = { 0 }, b = { 0 };
	sample_set(&a, field, 1);
	sample_set(&b, field, 2);
	return sample_differs(&a, &b);
}

static void differs(void)
{
	static const enum sample_field shown[] = {
		SAMPLE_STATE,   SAMPLE_SEGS_IN, SAMPLE_INQ,     SAMPLE_OUTQ,
		SAMPLE_NOTSENT, SAMPLE_LOST,    SAMPLE_SND_WND, SAMPLE_DROPS,
		SAMPLE_TIMER,   SAMPLE_QUEUE,   SAMPLE_RMEM,    SAMPLE_TOTAL_RETRANS
	};
	static const enum sample_field hidden[] = { SAMPLE_RTT,       SAMPLE_RTTVAR,
		                                    SAMPLE_RTO,       SAMPLE_PACING_RATE,
		                                    SAMPLE_BUSY_TIME, SAMPLE_TIMER_LEFT,
		                                    SAMPLE_CALLS,     SAMPLE_NEW_OUT,
		                                    SAMPLE_BUFFERED,  SAMPLE_DELIVERY_RATE };
	size_t seen = 0, unseen = 0;
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
		seen += field_matters(shown[i]);
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
		unseen += !field_matters(hidden[i]);
	is_int(seen, sizeof shown / sizeof *shown, "what a person watches makes a difference");
	is_int(unseen, sizeof hidden / sizeof *hidden, "clocks and rates make none");
	struct sample none = { 0 }, some = in_state(0), timed = in_state(0);
	ok(!sample_differs(&none, &none), "nothing is as nothing");
	ok(sample_differs(&none, &some) && sample_differs(&some, &none),
	   "a field that comes or goes is a difference");
	sample_set(&some, SAMPLE_RMEM, 832);
	sample_set(&timed, SAMPLE_RMEM, 0);
	ok(!sample_differs(&some, &timed), "of a stream the memory makes none");
	sample_set(&timed, SAMPLE_TIMER, TIMER_PERSIST);
	ok(!sample_differs(&some, &timed), "but a timer that was not asked for");
}

/* ---- in the transcript ---- */

static void finds_what_follows(void)
{
	struct transcript *t = fresh();
	struct sample state = in_state(STATE_CLOSE_WAIT), got = { 0 };
	uint64_t call = add_call(t, 1, CALL_SEND);
	ok(!sample_after(t, call, &got), "nothing follows the newest call");
	add_sample(t, 1, SAMPLE_AFTER, &state);
	ok(sample_after(t, call, &got) && sample_is(&got, STATE_CLOSE_WAIT),
	   "the sample after a call");
	uint64_t other = add_call(t, 1, CALL_SEND);
	add_sample(t, 2, SAMPLE_AFTER, &state);
	ok(!sample_after(t, other, &got), "is not that of another session");
	uint64_t third = add_call(t, 1, CALL_RECV);
	uint64_t before = add_sample(t, 1, SAMPLE_BEFORE, &state);
	ok(!sample_after(t, third, &got), "nor one of another time");
	add_sample(t, 1, SAMPLE_AFTER, &state);
	ok(!sample_after(t, before, &got), "a sample is no call");
	ok(!sample_after(t, TRANSCRIPT_NONE, &got), "nothing follows nothing");
	uint64_t last = add_call(t, 1, CALL_SEND);
	for (uint32_t end = 0; end < 3; end++)
		frame_entry_append(t, WIRE_FIRST + end, 0, &(struct frame_note){ 0 });
	ok(!sample_after(t, last, &got), "frames alone are none");
	add_sample(t, 1, SAMPLE_AFTER, &state);
	ok(sample_after(t, last, &got), "and may come between");
	transcript_free(t);
}

static void finds_what_stood_before(void)
{
	struct transcript *t = fresh();
	struct sample first = in_state(STATE_SYN_SENT), second = in_state(STATE_LISTEN);
	struct sample got = { 0 };
	uint64_t start = add_call(t, 1, CALL_CONNECT);
	add_sample(t, 1, SAMPLE_AFTER, &first);
	add_sample(t, 2, SAMPLE_AFTER, &second);
	uint64_t last = start;
	for (int i = 0; i < 5; i++)
		last = add_call(t, 1, CALL_SEND);
	ok(!sample_before(t, start, 100, &got), "nothing stood before the first");
	ok(sample_before(t, last, 6, &got) && sample_is(&got, STATE_SYN_SENT),
	   "the session's newest sample");
	ok(!sample_before(t, last, 5, &got), "is looked for no farther than asked");
	ok(!sample_before(t, last, 0, &got), "and not at all when not");
	ok(!sample_before(t, TRANSCRIPT_NONE, 9, &got), "nothing stood before nothing");
	transcript_free(t);
}

static void keeps_sockets_apart(void)
{
	struct transcript *t = fresh();
	struct sample one = in_state(STATE_LISTEN), two = in_state(STATE_CLOSED), got = { 0 };
	uint64_t at[3] = { add_sample_of(t, 5, &one), add_sample_of(t, 6, &two),
		           add_sample_of(t, 5, &two) };
	ok(sample_previous(t, at[2], 9, &got) && sample_is(&got, STATE_LISTEN),
	   "the sample before is that of the same socket");
	ok(!sample_previous(t, at[2], 1, &got), "looked for no farther than asked");
	ok(!sample_previous(t, at[1], 9, &got), "the first of a socket has none");
	uint64_t closed = add_sample_of(t, -1, &one);
	ok(sample_previous(t, closed, 9, &got) && sample_is(&got, STATE_CLOSED),
	   "one without a socket follows on the newest");
	ok(!sample_previous(t, TRANSCRIPT_NONE, 9, &got), "nothing comes before nothing");
	transcript_free(t);
}

static void forgets_what_was_evicted(void)
{
	struct transcript *t = transcript_new(3 * BLOCK, BLOCK);
	struct sample state = in_state(STATE_CLOSED), got;
	uint64_t call = add_call(t, 1, CALL_SEND), last = call;
	add_sample(t, 1, SAMPLE_AFTER, &state);
	while (transcript_at(t, call))
		last = add_call(t, 1, CALL_SEND);
	ok(!sample_after(t, call, &got), "an evicted call has nothing after it");
	ok(!sample_before(t, last, UINT32_MAX, &got), "an evicted sample is not found");
	transcript_free(t);
}

static void has_words(void)
{
	is_text(tcp_state_name(UINT64_MAX), "?", "however large");
}

int main(void)
{
	tap_watchdog(30);
	packs();
	survives_cuts();
	survives_garbage();
	skips_what_is_newer();
	compares();
	compares_edges();
	differs();
	finds_what_follows();
	finds_what_stood_before();
	keeps_sockets_apart();
	forgets_what_was_evicted();
	has_words();
	return tap_done();
}
