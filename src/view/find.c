// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/find.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "view/calltext.h"
#include "view/frametext.h"
#include "view/paragraph.h"
#include "view/recordtext.h"
#include "view/sampletext.h"

/* ---- in the words of calls ---- */

/* The words by which a view shows a call: its name, arguments, result, and what the kernel said
 * after it. */

enum {
	SLOTS = 256,
	PAYLOAD_SHOWN = 512, /* of a payload, at least as much as any view shows of it */
	KEY_ADDRESS = 24,    /* bytes: IPv6 with its scope */
	LOOK_BACK = 16,      /* entries in which the sample before is looked for */
};

/* Everything that makes the words of two calls without payload differ, except the number of bytes
 * asked for, which differs for each recv(). */
struct call_key {
	uint8_t addr[KEY_ADDRESS], local[KEY_ADDRESS]; /* packed */
	char interface[ENDPOINT_INTERFACE];
	uint32_t len, duration;
	int32_t arg;
	int16_t arg2, fd;
	uint8_t call, error, flags, used;
	uint8_t ttl, tos, unused[2];
};

/* A part of the pattern. */
struct part {
	const char *text;
	size_t len;
};

/* Calls are alike by the thousands: what their words hold is looked up once. */
struct call_words {
	const struct pattern *pattern;
	bool samples;       /* it may be in the words for a sample */
	bool escapes;       /* it may be in a payload as it is shown, and not as it is */
	bool quotes;        /* it may go over an end of a payload */
	struct part core;   /* the longest part without quotes */
	struct part plain;  /* the longest part without quotes and digits */
	struct part digits; /* the longest part of digits alone */
	struct buf text;
	struct slot {
		struct call_key key;
		bool holds, holds_plain, holds_digits;
	} slot[SLOTS];
};

/* These are around payloads that are shown. */
static bool is_quote(char c)
{
	return c == '"' || c == '[' || c == ']';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_core(char c)
{
	return !is_quote(c);
}

static bool is_plain(char c)
{
	return !is_quote(c) && !is_digit(c);
}

/* The longest part of the pattern that is made of such characters. */
static struct part find_part(const struct call_words *words, bool (*is_such)(char))
{
	const struct pattern *pattern = words->pattern;
	struct part part = { pattern->bytes, 0 };
	size_t begin = 0;
	for (size_t i = 0; i <= pattern->len; i++) {
		if (i < pattern->len && is_such(pattern->bytes[i]))
			continue;
		if (i - begin > part.len)
			part = (struct part){ pattern->bytes + begin, i - begin };
		begin = i + 1;
	}
	return part;
}

static void words_init(struct call_words *words, const struct pattern *pattern)
{
	memset(words, 0, sizeof *words);
	words->pattern = pattern;
	words->samples = sampletext_may_hold(pattern);
	words->escapes = memchr(pattern->bytes, '\\', pattern->len);
	words->core = find_part(words, is_core);
	words->plain = find_part(words, is_plain);
	words->digits = find_part(words, is_digit);
	words->quotes = words->core.len < pattern->len;
	buf_init(&words->text, SIZE_MAX);
}

static bool text_holds(struct call_words *words)
{
	pattern_fold(words->pattern, words->text.memory + words->text.head, words->text.len);
	return pattern_search(words->pattern, buf_data(&words->text), words->text.len);
}

static bool text_holds_part(const struct call_words *words, struct part part)
{
	return memmem(buf_data(&words->text), words->text.len, part.text, part.len);
}

static bool payload_holds(const struct call_words *words, const struct entry *entry,
                          struct part part)
{
	char bytes[PAYLOAD_SHOWN];
	size_t len = entry->len < PAYLOAD_SHOWN ? entry->len : PAYLOAD_SHOWN;
	memcpy(bytes, entry_payload(entry), len);
	pattern_fold(words->pattern, bytes, len);
	return memmem(bytes, len, part.text, part.len);
}

static bool number_holds(int32_t number, struct part digits)
{
	char text[10]; /* of an int32_t */
	size_t at = sizeof text;
	for (uint32_t rest = number > 0 ? (uint32_t)number : 0; rest > 0; rest /= 10)
		text[--at] = (char)('0' + rest % 10);
	return memmem(text + at, sizeof text - at, digits.text, digits.len);
}

/* Call, result and reason as they are on a row. */
static bool call_holds(struct call_words *words, const struct entry *entry, size_t payload)
{
	struct buf *text = &words->text;
	buf_clear(text);
	calltext_call(entry, payload, text);
	buf_append_text(text, " ");
	calltext_result(entry, text);
	if (payload) {
		buf_append_text(text, " ");
		calltext_received(entry, payload, text);
	}
	buf_append_text(text, "  ");
	if (entry->error && entry->call != CALL_GETADDRINFO)
		buf_append_text(text, error_why(entry->error));
	return text_holds(words);
}

/* Bytes between the fields would make equal keys differ: there are none where the sizes add up. */
_Static_assert(sizeof(struct call_key) == 2 * KEY_ADDRESS + ENDPOINT_INTERFACE + 24, "a key has no holes");

/* False where an address is too long for a key: a path. */
static bool put_address(uint8_t out[KEY_ADDRESS], const struct endpoint *addr)
{
	uint8_t packed[ENDPOINT_PACKED];
	size_t len = endpoint_pack(addr, packed);
	memcpy(out, packed, len < KEY_ADDRESS ? len : KEY_ADDRESS);
	return len <= KEY_ADDRESS;
}

/* False: what is written of the entry is not to be kept. */
static bool make_key(const struct entry *entry, struct call_key *key)
{
	bool waited = entry->flags & ENTRY_WAITED;
	bool asks = entry_is_incoming(entry) && entry->arg > 0, batched = entry_is_batched(entry);
	struct endpoint addr = entry_addr(entry), local = entry_local(entry);
	*key = (struct call_key){
		.len = entry->len,
		.duration = waited ? entry->duration : 0,
		.arg = asks ? 1 : entry->arg,
		.arg2 = entry->arg2,
		.fd = entry->fd,
		.call = entry->call,
		.error = entry->error,
		.flags = entry->flags,
		.used = 1,
		.ttl = batched ? entry->nth : entry->call == CALL_RECVMSG ? entry->ttl : 0,
		.tos = batched ? entry->of : entry->call == CALL_RECVMSG ? entry->tos : 0,
	};
	if (endpoint_is_set(&local) && !endpoint_is_unix(&local))
		memcpy(key->interface, local.interface, sizeof key->interface);
	return put_address(key->addr, &addr) && put_address(key->local, &local);
}

/* FNV-1a, a word at a time. */
static size_t hash(const struct call_key *key)
{
	uint32_t value = 2166136261U, word;
	for (size_t at = 0; at + sizeof word <= sizeof *key; at += sizeof word) {
		memcpy(&word, (const char *)key + at, sizeof word);
		value = (value ^ word) * 16777619U;
	}
	return (value ^ value >> 16) % SLOTS;
}

/* Of calls that move bytes; the payload of the others are their arguments. */
static const struct slot *look_up(struct call_words *words, const struct entry *entry)
{
	struct call_key key;
	bool keeps = make_key(entry, &key);
	struct slot *slot = &words->slot[hash(&key)];
	if (!keeps || memcmp(&slot->key, &key, sizeof key) != 0) {
		slot->key = key;
		slot->key.used = keeps;
		slot->holds = call_holds(words, entry, 0);
		slot->holds_plain = text_holds_part(words, words->plain);
		slot->holds_digits = text_holds_part(words, words->digits);
	}
	return slot;
}

/* A quick check without the payload, and with only the digits of the number of bytes asked for.
 * False only if the words cannot have the pattern. */
static bool moving_may_hold(struct call_words *words, const struct entry *entry)
{
	const struct slot *alike = look_up(words, entry);
	if (words->quotes)
		return alike->holds_plain || payload_holds(words, entry, words->core);
	if (words->digits.len > 0)
		return alike->holds_plain &&
		       (alike->holds_digits || number_holds(entry->arg, words->digits));
	return alike->holds;
}

/* What was lost of a datagram is said after its payload. */
static bool moving_holds(struct call_words *words, const struct entry *entry)
{
	bool cut = entry->flags & ENTRY_TRUNCATED;
	if (!words->escapes && !cut && !entry_is_secret(entry) && !moving_may_hold(words, entry))
		return false;
	return call_holds(words, entry, PAYLOAD_SHOWN);
}

/* A call whose bytes are TLS records. */
static bool sealed_holds(struct call_words *words, const struct cursor *cursor)
{
	struct buf *text = &words->text;
	buf_clear(text);
	calltext_call(cursor->entry, PAYLOAD_SHOWN, text);
	buf_append_text(text, " ");
	calltext_result(cursor->entry, text);
	buf_append_text(text, " ");
	recordtext_list(cursor->view->transcript, cursor->position, text);
	return text_holds(words);
}

/* What is known beside the call itself. */
static bool detail_holds(struct call_words *words, const struct cursor *cursor)
{
	struct sample sample;
	bool read = sample_after(cursor->view->transcript, cursor->position, &sample);
	buf_clear(&words->text);
	if (read)
		sampletext_change(&sample, &words->text);
	buf_append_text(&words->text, "  ");
	sampletext_call(cursor->entry, read ? &sample : NULL, &words->text);
	return text_holds(words);
}

static bool sample_holds(struct call_words *words, const struct cursor *cursor)
{
	struct sample now, before;
	if (!words->samples || !sample_unpack(cursor->entry, &now))
		return false;
	bool known =
	        sample_previous(cursor->view->transcript, cursor->position, LOOK_BACK, &before);
	buf_clear(&words->text);
	sampletext_change(&now, &words->text);
	buf_append_text(&words->text, "  ");
	sampletext_news(&now, known ? &before : NULL, &words->text);
	return text_holds(words);
}

static bool frame_holds(struct call_words *words, const struct cursor *cursor)
{
	struct recordtext_names names;
	struct frame_note note;
	struct frame frame;
	if (!frame_entry_unpack(cursor->entry, &note))
		return false;
	buf_clear(&words->text);
	if (frametext_name_records(cursor->view, cursor->position, &note, SIZE_MAX, &names))
		buf_printf(&words->text, "%s  ", buf_text(&names.list));
	recordtext_names_free(&names);
	frametext_read(&note, &frame);
	for (enum frametext_part part = 0; part < FRAMETEXT_PARTS; part++) {
		frametext(&note, &frame, part, &words->text);
		buf_append_text(&words->text, "  ");
	}
	return text_holds(words);
}

static bool words_match(struct call_words *words, const struct cursor *cursor)
{
	const struct entry *entry = cursor->entry;
	if (entry->call == CALL_FRAME)
		return frame_holds(words, cursor);
	if (entry->call == CALL_SAMPLE)
		return sample_holds(words, cursor);
	if (entry_is_incoming(entry) || entry_is_outgoing(entry))
		return (entry_is_sealed(entry) ? sealed_holds(words, cursor) : moving_holds(words, entry)) ||
		       (words->samples && detail_holds(words, cursor));
	bool called = entry->call != CALL_ERRQUEUE || cursor->view->own_calls;
	return (called && call_holds(words, entry, PAYLOAD_SHOWN)) || detail_holds(words, cursor);
}

/* ---- in bytes ---- */

/* A stretch of the bytes that a view shows, entry after entry in one piece: so one memmem() goes
 * over thousands of small calls. */

enum { WINDOW_BYTES = 1 << 16, WINDOW_PIECES = 1 << 10 };

/* Payload of one entry, from `offset` on. */
struct piece {
	uint64_t position;
	uint32_t offset;
	uint32_t begin; /* in the stretch */
	bool joins;     /* goes on with the run of the piece before it */
};

struct search_window {
	struct pattern pattern;
	/* bytes[low..split) is the stretch, bytes[split..high) what hits may go on into */
	size_t low, split, high;
	size_t first, last; /* the pieces of both */
	struct piece piece[WINDOW_PIECES + PATTERN_MAX + 1];
	char bytes[WINDOW_BYTES + PATTERN_MAX];
};

struct finder {
	struct view view;    /* as it is walked */
	struct view_ops ops; /* of that */
	struct cursor at;
	bool newer;
	struct call_words words;
	struct search_window window;
};

static bool in_words(struct finder *finder, const struct cursor *cursor)
{
	bool words = finder->view.ops->calls || entry_is_sealed(cursor->entry);
	return words && !entry_is_words(cursor->entry) && words_match(&finder->words, cursor);
}

enum step { STEP_NONE, STEP_APART, STEP_JOINED };

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The payloads of all others are numbers, not text; and no search finds a secret. */
static bool has_bytes(const struct cursor *at)
{
	const struct entry *entry = at->entry;
	if (entry_is_secret(entry) || (entry_is_sealed(entry) && at->view->ops->records))
		return false;
	return entry_is_words(entry) || entry_is_incoming(entry) || entry_is_outgoing(entry);
}

static enum step step_older(struct cursor *at)
{
	bool evicted;
	if (run_backward(at, &evicted))
		return STEP_JOINED;
	return cursor_before(at) ? STEP_APART : STEP_NONE;
}

static enum step step_newer(struct cursor *at)
{
	if (run_forward(at))
		return STEP_JOINED;
	return cursor_after(at) ? STEP_APART : STEP_NONE;
}

static void set_piece(struct search_window *window, size_t index, const struct cursor *cursor,
                      uint32_t offset, size_t begin, bool joins)
{
	window->piece[index] = (struct piece){
		.position = cursor->position,
		.offset = offset,
		.begin = (uint32_t)begin,
		.joins = joins,
	};
}

/* The n bytes after the cursor, as the last piece. */
static void put_after(struct search_window *window, struct cursor *at, size_t n, bool joins)
{
	set_piece(window, window->last++, at, at->offset, window->high, joins);
	memcpy(window->bytes + window->high, entry_payload(at->entry) + at->offset, n);
	window->high += n;
	at->offset += (uint32_t)n;
}

/* The n bytes before the cursor, as the first piece. */
static void put_before(struct search_window *window, struct cursor *at, size_t n)
{
	at->offset -= (uint32_t)n;
	window->low -= n;
	set_piece(window, --window->first, at, at->offset, window->low, false);
	memcpy(window->bytes + window->low, entry_payload(at->entry) + at->offset, n);
}

/* What a hit that begins in the stretch may need: the rest of the entry and of its run. */
static void put_rest(struct search_window *window, struct cursor at)
{
	size_t want = window->pattern.len - 1;
	bool more = has_bytes(&at);
	while (more && want > 0) {
		size_t n = smaller(at.entry->len - at.offset, want);
		if (n)
			put_after(window, &at, n, true);
		want -= n;
		more = run_forward(&at);
	}
}

/* The stretch before the cursor, which moves over it. False when nothing is left, or at an entry
 * whose words have a hit, of which the stretch has nothing yet: *named. */
static bool take_older(struct finder *finder, bool *named)
{
	struct search_window *window = &finder->window;
	struct cursor *at = &finder->at;
	window->low = window->split = window->high = WINDOW_BYTES;
	window->first = window->last = WINDOW_PIECES;
	put_rest(window, *at);
	bool joined = true;
	*named = false;
	while (window->low > 0 && window->first > 0) {
		uint32_t before = has_bytes(at) ? at->offset : 0;
		if (before) {
			put_before(window, at, smaller(before, window->low));
			joined = true;
			continue;
		}
		enum step step = step_older(at);
		if (step == STEP_NONE)
			return false;
		joined = joined && step == STEP_JOINED;
		window->piece[window->first].joins = joined;
		*named = in_words(finder, at);
		if (*named)
			return false;
	}
	return true;
}

/* The stretch after the cursor. */
static bool take_newer(struct finder *finder, bool *named)
{
	struct search_window *window = &finder->window;
	struct cursor *at = &finder->at;
	window->low = window->high = 0;
	window->first = window->last = 0;
	bool joined = true;
	*named = false;
	while (window->high < WINDOW_BYTES && window->last < WINDOW_PIECES) {
		size_t left = has_bytes(at) ? at->entry->len - at->offset : 0;
		if (left) {
			put_after(window, at, smaller(left, WINDOW_BYTES - window->high), joined);
			joined = true;
			continue;
		}
		enum step step = step_newer(at);
		joined = joined && step == STEP_JOINED;
		*named = step != STEP_NONE && in_words(finder, at);
		if (step != STEP_NONE && !*named)
			continue;
		window->split = window->high;
		return false;
	}
	window->split = window->high;
	put_rest(window, *at);
	return true;
}

/* The piece with this byte: the last that begins at or before it. */
static size_t find_piece(const struct search_window *window, size_t byte)
{
	size_t low = window->first, high = window->last;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (window->piece[middle].begin <= byte)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Bytes that are neighbours only here make no hit. */
static bool is_whole(const struct search_window *window, size_t byte, size_t piece)
{
	size_t end = byte + window->pattern.len;
	while (++piece < window->last && window->piece[piece].begin < end)
		if (!window->piece[piece].joins)
			return false;
	return true;
}

static bool search_bytes(struct search_window *window, bool newest, struct location *hit)
{
	bool found = false;
	pattern_fold(&window->pattern, window->bytes + window->low, window->high - window->low);
	for (size_t at = window->low; at < window->split && !(found && !newest); at++) {
		const char *match =
		        pattern_search(&window->pattern, window->bytes + at, window->high - at);
		at = match ? (size_t)(match - window->bytes) : window->split;
		if (at >= window->split)
			break;
		size_t index = find_piece(window, at);
		if (!is_whole(window, at, index))
			continue;
		const struct piece *piece = &window->piece[index];
		uint32_t offset = piece->offset + (uint32_t)(at - piece->begin);
		*hit = (struct location){ piece->position, offset };
		found = true;
	}
	return found;
}

/* ---- the search ---- */

/* In a dump of bytes nothing is joined, but a hit may go on from one call into the next. */
static void join_bytes(struct finder *finder, const struct view *view)
{
	finder->view = *view;
	if (view->ops->calls)
		return;
	finder->ops = *view->ops;
	finder->ops.joins = true;
	finder->view.ops = &finder->ops;
}

/* Where to begin, and whether the whole entry there is to be searched. */
static bool start(struct finder *finder, const struct view *view, const struct location *from,
                  bool *whole)
{
	struct cursor *at = &finder->at;
	const struct view *walk = &finder->view;
	*whole = !from || !cursor_at(at, view, *from);
	if (!*whole) {
		if (finder->newer)
			paragraph_end(at);
		at->view = walk;
		return true;
	}
	if (!from)
		return finder->newer ? cursor_first(at, walk) : cursor_last(at, walk);
	return finder->newer ? cursor_near_after(at, walk, from->entry)
	                     : cursor_near_before(at, walk, from->entry);
}

/* The paragraph with this byte. */
static struct location paragraph_of(const struct view *view, struct location byte)
{
	byte.offset++;
	view_before(view, &byte);
	return byte;
}

static bool walk(struct finder *finder, const struct view *view, struct location *hit)
{
	bool more, named;
	do {
		more = finder->newer ? take_newer(finder, &named) : take_older(finder, &named);
		if (search_bytes(&finder->window, !finder->newer, hit)) {
			*hit = paragraph_of(view, *hit);
			return true;
		}
	} while (more);
	if (named)
		*hit = (struct location){ finder->at.position, 0 };
	return named;
}

static bool search_from(struct finder *finder, const struct view *view, const struct location *from,
                        struct location *hit)
{
	bool whole;
	if (!start(finder, view, from, &whole))
		return false;
	if (!whole || !in_words(finder, &finder->at))
		return walk(finder, view, hit);
	*hit = (struct location){ finder->at.position, 0 };
	return true;
}

static bool find(const struct view *view, const struct location *from, bool newer,
                 struct location *hit)
{
	if (!view->find || view->find_len == 0 || view->find_len > FIND_MAX)
		return false;
	struct finder *finder = xmalloc(sizeof *finder);
	join_bytes(finder, view);
	finder->newer = newer;
	pattern_init(&finder->window.pattern, view->find, view->find_len);
	words_init(&finder->words, &finder->window.pattern);
	bool found = search_from(finder, view, from, hit);
	buf_free(&finder->words.text);
	free(finder);
	return found;
}

bool find_older(const struct view *view, const struct location *from, struct location *hit)
{
	return find(view, from, false, hit);
}

bool find_newer(const struct view *view, const struct location *from, struct location *hit)
{
	return find(view, from, true, hit);
}
