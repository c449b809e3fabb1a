// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/find_words.h"

#include <string.h>

#include "base/error.h"
#include "view/calltext.h"

enum {
	PAYLOAD_SHOWN = 512, /* of a payload, at least as much as any view shows of it */
	LOOK_BACK = 16,      /* entries in which the reading before is looked for */
};

/* What stands around payloads that are shown. */
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

/* The longest part of what is looked for that is made of such characters. */
static struct find_words_part find_part(const struct find_words *words, bool (*is_such)(char))
{
	const struct pattern *pattern = words->pattern;
	struct find_words_part part = { pattern->bytes, 0 };
	size_t begin = 0;
	for (size_t i = 0; i <= pattern->len; i++) {
		if (i < pattern->len && is_such(pattern->bytes[i]))
			continue;
		if (i - begin > part.len)
			part = (struct find_words_part){ pattern->bytes + begin, i - begin };
		begin = i + 1;
	}
	return part;
}

/* Every run of letters that calltext_change(), calltext_detail() and calltext_news() write for a
 * reading; its test has them write at random. */
static const char vocabulary[] =
        "ESTABLISHED SYN SENT RECV FIN WAIT TIME CLOSE CLOSED LAST ACK LISTEN CLOSING of calls o "
        "segments out in sent again queue readable bytes to read end file connections waits error "
        "pending window not acknowledged all s ms min h left retransmit probe keepalive no longer "
        "kernel yet held back lay the buffer dropped so far flight taken for lost order come "
        "waiting own "
        "receive path MTU";

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* All else that there is beside ASCII is an arrow. */
static bool is_foreign(char c)
{
	return (unsigned char)c >= 0x80 && !memchr("→", c, sizeof "→" - 1);
}

bool find_words_fit_readings(const struct pattern *pattern)
{
	char words[sizeof vocabulary];
	const char *text = pattern->bytes;
	memcpy(words, vocabulary, sizeof words);
	pattern_fold(pattern, words, sizeof words - 1);
	for (size_t at = 0; at < pattern->len; at++) {
		size_t letters = 0;
		while (at + letters < pattern->len && is_letter(text[at + letters]))
			letters++;
		if (is_foreign(text[at]) || !memmem(words, sizeof words - 1, text + at, letters))
			return false;
		at += letters ? letters - 1 : 0;
	}
	return true;
}

void find_words_init(struct find_words *words, const struct pattern *pattern)
{
	memset(words, 0, sizeof *words);
	words->pattern = pattern;
	words->samples = find_words_fit_readings(pattern);
	words->escapes = memchr(pattern->bytes, '\\', pattern->len);
	words->core = find_part(words, is_core);
	words->plain = find_part(words, is_plain);
	words->digits = find_part(words, is_digit);
	words->quotes = words->core.len < pattern->len;
	buf_init(&words->text, SIZE_MAX);
}

void find_words_free(struct find_words *words)
{
	buf_free(&words->text);
}

static bool text_holds(struct find_words *words)
{
	pattern_fold(words->pattern, words->text.memory + words->text.head, words->text.len);
	return pattern_search(words->pattern, buf_data(&words->text), words->text.len);
}

static bool text_holds_part(const struct find_words *words, struct find_words_part part)
{
	return memmem(buf_data(&words->text), words->text.len, part.text, part.len);
}

static bool payload_holds(const struct find_words *words, const struct entry *entry,
                          struct find_words_part part)
{
	char bytes[PAYLOAD_SHOWN];
	size_t len = entry->len < PAYLOAD_SHOWN ? entry->len : PAYLOAD_SHOWN;
	memcpy(bytes, entry_payload(entry), len);
	pattern_fold(words->pattern, bytes, len);
	return memmem(bytes, len, part.text, part.len);
}

static bool number_holds(int32_t number, struct find_words_part digits)
{
	char text[10]; /* of an int32_t */
	size_t at = sizeof text;
	for (uint32_t rest = number > 0 ? (uint32_t)number : 0; rest > 0; rest /= 10)
		text[--at] = (char)('0' + rest % 10);
	return memmem(text + at, sizeof text - at, digits.text, digits.len);
}

/* Call, result and reason as they stand on a row. */
static bool call_holds(struct find_words *words, const struct entry *entry, size_t payload)
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
_Static_assert(sizeof(struct find_words_key) == 2 * sizeof(struct endpoint) + 20,
               "a key has no holes");

static struct find_words_key make_key(const struct entry *entry)
{
	bool tells_duration = entry->flags & ENTRY_WAITED;
	bool asks = entry_is_incoming(entry) && entry->arg > 0;
	return (struct find_words_key){
		.addr = entry_addr(entry),
		.local = entry_local(entry),
		.len = entry->len,
		.duration = tells_duration ? entry->duration : 0,
		.arg = asks ? 1 : entry->arg,
		.arg2 = entry->arg2,
		.fd = entry->fd,
		.call = entry->call,
		.error = entry->error,
		.flags = entry->flags,
		.used = 1,
	};
}

/* FNV-1a, a word at a time. */
static size_t hash(const struct find_words_key *key)
{
	uint32_t value = 2166136261U, word;
	for (size_t at = 0; at + sizeof word <= sizeof *key; at += sizeof word) {
		memcpy(&word, (const char *)key + at, sizeof word);
		value = (value ^ word) * 16777619U;
	}
	return (value ^ value >> 16) % FIND_WORDS_SLOTS;
}

/* Of calls that move bytes; the payload of the others are their arguments. */
static const struct find_words_slot *look_up(struct find_words *words, const struct entry *entry)
{
	struct find_words_key key = make_key(entry);
	struct find_words_slot *slot = &words->slot[hash(&key)];
	if (memcmp(&slot->key, &key, sizeof key) != 0) {
		slot->key = key;
		slot->holds = call_holds(words, entry, 0);
		slot->holds_plain = text_holds_part(words, words->plain);
		slot->holds_digits = text_holds_part(words, words->digits);
	}
	return slot;
}

/* What can be said without the payload, and without the number of bytes asked for but for its
 * digits: false only where the words cannot hold it. */
static bool moving_may_hold(struct find_words *words, const struct entry *entry)
{
	const struct find_words_slot *alike = look_up(words, entry);
	if (words->quotes)
		return alike->holds_plain || payload_holds(words, entry, words->core);
	if (words->digits.len > 0)
		return alike->holds_plain &&
		       (alike->holds_digits || number_holds(entry->arg, words->digits));
	return alike->holds;
}

/* What was lost of a datagram is told behind its payload. */
static bool moving_holds(struct find_words *words, const struct entry *entry)
{
	bool cut = entry->flags & ENTRY_TRUNCATED;
	if (!words->escapes && !cut && !entry_is_secret(entry) && !moving_may_hold(words, entry))
		return false;
	return call_holds(words, entry, PAYLOAD_SHOWN);
}

/* What is known beside the call itself. */
static bool detail_holds(struct find_words *words, const struct cursor *cursor)
{
	struct sample sample;
	bool read = sample_after(cursor->view->transcript, cursor->position, &sample);
	buf_clear(&words->text);
	if (read)
		calltext_change(&sample, &words->text);
	buf_append_text(&words->text, "  ");
	calltext_detail(cursor->entry, read ? &sample : NULL, &words->text);
	return text_holds(words);
}

static bool sample_holds(struct find_words *words, const struct cursor *cursor)
{
	struct sample now, before;
	if (!words->samples || !sample_unpack(cursor->entry, &now))
		return false;
	bool known =
	        sample_previous(cursor->view->transcript, cursor->position, LOOK_BACK, &before);
	buf_clear(&words->text);
	calltext_change(&now, &words->text);
	buf_append_text(&words->text, "  ");
	calltext_news(&now, known ? &before : NULL, &words->text);
	return text_holds(words);
}

bool find_words_match(struct find_words *words, const struct cursor *cursor)
{
	const struct entry *entry = cursor->entry;
	if (entry->call == CALL_SAMPLE)
		return sample_holds(words, cursor);
	if (entry_is_incoming(entry) || entry_is_outgoing(entry))
		return moving_holds(words, entry) ||
		       (words->samples && detail_holds(words, cursor));
	return call_holds(words, entry, PAYLOAD_SHOWN) || detail_holds(words, cursor);
}
