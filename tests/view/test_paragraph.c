// SPDX-License-Identifier: GPL-3.0-or-later
/* Compares the walk over paragraphs with a model that writes down a whole run and looks for the
 * cuts by their definition. */
#include "view/view.h"

#include <locale.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "support/tap.h"

enum { MODEL_BYTES = 1 << 20, MODEL_PLACES = 1 << 19, SESSION = 1, OTHER = 2 };

static char bytes[MODEL_BYTES];
static struct location owner[MODEL_BYTES]; /* of each byte of the run */
static uint32_t size[MODEL_BYTES];         /* of the entry that it is of */
static bool paused[MODEL_BYTES];           /* before this byte there was a pause */
static struct location expected[MODEL_PLACES];
static size_t expected_count;
static uint32_t seed;

static uint32_t random_below(uint32_t limit)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % limit;
}

/* ---- the model ---- */

static bool is_stream(const struct entry *entry)
{
	bool moves = entry->call == CALL_RECV || entry->call == CALL_SEND;
	return moves && !(entry->arg2 & MSG_OOB);
}

static bool is_shown(const struct entry *entry)
{
	if (entry->call == CALL_NOTE || entry->call == CALL_STATE)
		return true;
	if (entry->error || !(entry_is_incoming(entry) || entry_is_outgoing(entry)))
		return false;
	return entry->len || entry->call == CALL_RECVFROM;
}

/* A datagram, or what was received beside the stream. */
static bool is_apart(const struct entry *entry)
{
	return entry_is_call(entry) && !is_stream(entry);
}

static bool is_rest(size_t at)
{
	return ((unsigned char)bytes[at] & 0xc0) == 0x80;
}

/* What is left at `at` of a character that begins before it. */
static size_t character_rest(size_t at, size_t len)
{
	size_t lead = at, n = 0;
	while (lead > 0 && at - lead < 3 && (lead == at || is_rest(lead)))
		lead--;
	if (lead == at || is_rest(lead))
		return 0;
	unsigned char first = (unsigned char)bytes[lead];
	size_t length = first < 0xc2   ? 1
	                : first < 0xe0 ? 2
	                : first < 0xf0 ? 3
	                : first < 0xf5 ? 4
	                               : 1;
	while (lead + length > at + n && at + n < len && is_rest(at + n))
		n++;
	return n;
}

/* Behind a line feed, or where it goes on after a pause. */
static bool is_break(size_t at, size_t len)
{
	if (at && bytes[at - 1] == '\n')
		return true;
	for (size_t shift = 0; shift <= 3 && shift < at; shift++)
		if (paused[at - shift] && character_rest(at - shift, len) == shift)
			return true;
	return false;
}

static bool is_clean(size_t from, size_t to, size_t len)
{
	while (++from <= to)
		if (is_break(from, len))
			return false;
	return true;
}

static bool is_cut(size_t at, size_t len, uint32_t base, bool evicted)
{
	if (is_break(at, len))
		return true;
	for (size_t shift = 0; shift <= 3 && shift <= at; shift++) {
		size_t multiple = at - shift;
		if ((base + multiple) % VIEW_PIECE || character_rest(multiple, len) != shift)
			continue;
		if (size[multiple] >= VIEW_SMALL && (base + multiple) % VIEW_LONG)
			continue;
		size_t need = size[multiple] < VIEW_SMALL ? VIEW_PIECE : VIEW_LONG;
		size_t window = multiple < need ? multiple : need;
		if ((window == need || evicted) && is_clean(multiple - window, multiple, len))
			return true;
	}
	return false;
}

static void add_run(struct location begin, size_t len, uint32_t base, bool evicted, bool apart)
{
	expected[expected_count++] = len ? owner[0] : begin;
	if (apart)
		return;
	for (size_t at = 1; at < len; at++)
		if (is_cut(at, len, base, evicted))
			expected[expected_count++] = owner[at];
}

static size_t take_bytes(uint64_t position, const struct entry *entry, bool pause, size_t len)
{
	for (uint32_t i = 0; i < entry->len; i++) {
		bytes[len] = entry_payload(entry)[i];
		paused[len] = i == 0 && pause;
		size[len] = entry->len;
		owner[len++] = (struct location){ position, i };
	}
	return len;
}

static void make_model(const struct transcript *transcript)
{
	const struct entry *before = NULL;
	struct location begin = { 0, 0 };
	size_t len = 0;
	uint32_t base = 0;
	bool evicted = false, oldest = true, lost = false;
	expected_count = 0;
	for (uint64_t p = transcript_first(transcript); p != TRANSCRIPT_NONE;
	     p = transcript_next(transcript, p)) {
		const struct entry *entry = transcript_at(transcript, p);
		if (entry->session != SESSION)
			continue;
		lost = oldest ? entry->previous_in_session != 0 : lost;
		oldest = false;
		if (!is_shown(entry))
			continue;
		bool joins = before && before->call == entry->call &&
		             ((is_stream(before) && is_stream(entry)) ||
		              (!entry_is_call(entry) && before->flags & ENTRY_CONTINUES));
		if (!joins) {
			if (before)
				add_run(begin, len, base, evicted, is_apart(before));
			evicted = lost && !before && (is_stream(entry) || !entry_is_call(entry));
			begin = (struct location){ p, 0 };
			base = is_stream(entry) ? entry->stream_offset : 0;
			len = 0;
		}
		bool pause = joins && is_stream(entry) && entry->time - before->time >= VIEW_PAUSE;
		len = take_bytes(p, entry, pause, len);
		before = entry;
	}
	if (before)
		add_run(begin, len, base, evicted, is_apart(before));
}

/* ---- comparing ---- */

static bool same(struct location a, struct location b)
{
	return a.entry == b.entry && a.offset == b.offset;
}

static bool walk_back(const struct view *view)
{
	struct location location;
	size_t left = expected_count;
	if (!view_last(view, &location))
		return left == 0;
	do {
		if (!left || !same(location, expected[--left])) {
			printf("# back: %zu left of %zu, at %llu+%u\n", left, expected_count,
			       (unsigned long long)location.entry, location.offset);
			return false;
		}
	} while (view_before(view, &location));
	return left == 0;
}

static bool walk_on(const struct view *view)
{
	struct location location = { TRANSCRIPT_NONE, 0 };
	size_t seen = 0;
	while (view_after(view, &location))
		if (seen == expected_count || !same(location, expected[seen++])) {
			printf("# on: %zu of %zu, at %llu+%u\n", seen, expected_count,
			       (unsigned long long)location.entry, location.offset);
			return false;
		}
	return seen == expected_count;
}

static bool rows_fit(const struct view *view)
{
	struct rows rows = { 0 };
	struct view narrow = *view;
	bool fit = true;
	for (size_t i = 0; fit && i < expected_count; i += 1 + random_below(40)) {
		narrow.columns = 1 + (int)random_below(100);
		narrow.marks = random_below(2);
		narrow.time = (enum view_time)random_below(4);
		view_layout(&narrow, expected[i], &rows);
		fit = rows.count > 0;
		for (size_t j = 0; j < rows.count; j++)
			fit = fit && rows.row[j].columns <= narrow.columns;
	}
	rows_free(&rows);
	return fit;
}

static void check(struct transcript *transcript, const char *name)
{
	struct view view = {
		.ops = &chat_view, .transcript = transcript, .session = SESSION, .columns = 80
	};
	make_model(transcript);
	ok(walk_back(&view), "%s: back through %zu paragraphs", name, expected_count);
	ok(walk_on(&view), "%s: and forward again", name);
	ok(rows_fit(&view), "%s: no row is too wide", name);
}

/* ---- transcripts ---- */

static int64_t now;
static bool slow; /* one entry in eight comes after a pause */

static void put(struct transcript *transcript, enum call call, uint32_t session, const void *data,
                size_t len)
{
	now += slow && !random_below(8) ? VIEW_PAUSE : VIEW_PAUSE - 1;
	struct entry header = {
		.time = now, .call = (uint8_t)call, .session = session, .fd = 4, .arg = 100
	};
	transcript_append(transcript, &header, NULL, data, len);
}

static void put_urgent(struct transcript *transcript, enum call call, const void *data, size_t len)
{
	struct entry header = { .call = (uint8_t)call, .session = SESSION, .arg2 = MSG_OOB };
	transcript_append(transcript, &header, NULL, data, len);
}

static char random_byte(int kind)
{
	if (kind == 0)
		return (char)random_below(256);
	if (kind == 1)
		return random_below(30) ? 'x' : '\n';
	if (kind == 2)
		return random_below(4) ? (char)(0x80 + random_below(64)) : (char)0xe3;
	return random_below(150000) ? 'y' : '\n';
}

static size_t random_size(int sizes)
{
	if (sizes == 0)
		return 1;
	return sizes == 1 ? random_below(60) : random_below(6000);
}

static void put_other(struct transcript *transcript)
{
	struct entry blocked = { .call = CALL_RECV, .session = SESSION, .error = 11, .fd = 4 };
	struct entry datagram = { .call = CALL_RECVFROM, .session = SESSION, .fd = 4 };
	struct entry part = {
		.call = CALL_NOTE, .session = SESSION, .fd = -1, .flags = ENTRY_CONTINUES
	};
	struct endpoint addr = { .family = AF_INET, .port = 7, .ip = { 127, 0, 0, 1 } };
	switch (random_below(24)) {
	case 0:
		put(transcript, CALL_NOTE, SESSION, "one\ntwo\n\nthree", random_below(15));
		break;
	case 1:
		put(transcript, CALL_STATE, SESSION, "closed", 6);
		break;
	case 2:
		transcript_append(transcript, &datagram, &addr, "a\nb\n", random_below(5));
		break;
	case 3:
		transcript_append(transcript, &part, NULL, "part\n", random_below(6));
		break;
	case 4:
		put(transcript, CALL_RECV, SESSION, "", 0);
		break;
	case 5:
		put(transcript, CALL_SETSOCKOPT, SESSION, "\1\0\0\0", 4);
		break;
	case 6:
		put(transcript, CALL_RECV, OTHER, "other\n", 6);
		break;
	case 7:
	case 8:
		transcript_append(transcript, &blocked, NULL, "", 0);
		break;
	case 9:
		put_urgent(transcript, CALL_SEND, "\x81\n!", random_below(4));
		break;
	case 10:
		put_urgent(transcript, CALL_RECV, "!", 1);
		break;
	}
}

static void fill(struct transcript *transcript, int kind, int sizes, size_t total, bool calm)
{
	static char data[6000];
	for (size_t have = 0; have < total;) {
		size_t len = random_size(sizes);
		for (size_t i = 0; i < len; i++)
			data[i] = random_byte(kind);
		put(transcript, calm || random_below(400) ? CALL_RECV : CALL_SEND, SESSION, data,
		    len);
		if (!calm || !random_below(900))
			put_other(transcript);
		have += len + 20;
	}
}

static void try_random(int kind, int sizes, bool calm, bool evicting)
{
	char name[80];
	slow = !calm;
	snprintf(name, sizeof name, "bytes %d in pieces %d%s%s%s", kind, sizes,
	         calm ? ", calm" : "", slow ? ", slow" : "", evicting ? ", evicted" : "");
	seed = (uint32_t)(kind * 100 + sizes * 10 + calm);
	struct transcript *transcript = transcript_new(evicting ? 1 << 19 : 1 << 24, 1 << 12);
	fill(transcript, kind, sizes, evicting ? 700000 : 300000, calm);
	slow = false;
	check(transcript, name);
	transcript_free(transcript);
}

static void test_random(void)
{
	for (int kind = 0; kind < 4; kind++)
		for (int sizes = 0; sizes < 3; sizes++)
			for (int calm = 0; calm < 2; calm++) {
				try_random(kind, sizes, calm, false);
				try_random(kind, sizes, calm, true);
			}
}

static void test_notes(void)
{
	struct transcript *transcript = transcript_new(1 << 20, 1 << 10);
	enum { LENGTH = 6 * VIEW_LONG };
	char *text = xmalloc(LENGTH);
	memset(text, 'n', LENGTH);
	text[2 * VIEW_LONG + 9] = text[19] = '\n';
	for (int i = 0; i < 3; i++)
		text[VIEW_LONG - 1 + i] = "\xed\x95\x9c"[i];
	put(transcript, CALL_NOTE, SESSION, text, LENGTH);
	check(transcript, "a note of many parts");
	free(text);
	transcript_free(transcript);
}

/* Urgent bytes in a stream that is sent: what follows is cut where it would be without a mark. */
static void test_urgent(void)
{
	struct transcript *transcript = transcript_new(1 << 18, 1 << 13);
	static char data[6000];
	memset(data, 'u', sizeof data);
	for (int i = 0; i < 60; i++) {
		data[2000] = i % 23 ? 'u' : '\n';
		put(transcript, CALL_SEND, SESSION, data, sizeof data);
		if (i % 3 < 2)
			put_urgent(transcript, CALL_SEND, i % 2 ? "!" : "\x81", 1);
		if (i % 4 == 3)
			put_urgent(transcript, CALL_SEND, data, sizeof data);
		check(transcript, "urgent bytes that were sent");
	}
	transcript_free(transcript);
}

/* The oldest entry left begins where a cut would be, were there no rest of a character. */
static void test_rest_at_the_begin(void)
{
	enum { PART = VIEW_LONG / 16 };
	struct transcript *transcript = transcript_new(1 << 18, PART + 64);
	char data[PART];
	memset(data, 0x81, sizeof data);
	for (int i = 0; i < 320; i++)
		put(transcript, CALL_RECV, SESSION, data, sizeof data);
	check(transcript, "the rest of a character whose beginning is gone");
	transcript_free(transcript);
}

/* A location that is remembered is still one after older entries have gone. */
static void test_places_survive(void)
{
	struct transcript *transcript = transcript_new(1 << 18, 1 << 12);
	struct view view = {
		.ops = &chat_view, .transcript = transcript, .session = SESSION, .columns = 80
	};
	static struct location kept[2000];
	size_t count = 0, wrong = 0, there = 0;
	seed = 77;
	fill(transcript, 3, 1, 180000, true);
	for (struct location location = { TRANSCRIPT_NONE, 0 };
	     count < 2000 && view_after(&view, &location);)
		kept[count++] = location;
	for (int round = 0; round < 30; round++) {
		fill(transcript, 3, 1, 6000, true);
		make_model(transcript);
		for (size_t i = 0; i < count; i++) {
			bool found = false;
			for (size_t j = 0; j < expected_count; j++)
				found = found || same(kept[i], expected[j]);
			there += found;
			wrong += view_has(&view, kept[i]) && !found;
		}
	}
	ok(there > 100, "%zu times a location was there to be tried", there);
	is_int(wrong, 0, "eviction moves no location");
	transcript_free(transcript);
}

int main(void)
{
	tap_watchdog(60);
	setlocale(LC_ALL, "");
	test_random();
	test_notes();
	test_rest_at_the_begin();
	test_urgent();
	test_places_survive();
	return tap_done();
}
