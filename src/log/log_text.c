// SPDX-License-Identifier: GPL-3.0-or-later
/* text: a log to be read and grepped. A line for each line of a stream, each datagram, state, note,
 * command and failed call:
 *
 *	2026-11-28T18:01:02.123456+00:00 1 demo < Hello, client!
 *
 * date and time with the zone, number and name of the session, what it is, and the text. What a
 * peer has sent is after '<', what we have sent after '>', and nothing of it can begin a line or
 * stand before them. It is exact: a byte that is no safe character is a C escape, as is a
 * backslash, and a line without a line feed ends in a lone backslash. */
#include "log/log_format.h"

#include <langinfo.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/text.h"
#include "base/vector.h"
#include "net/sessions.h"
#include "view/calltext.h"

static const char first_line[] = "# sockpit log: text 1\n";

/* The characters below 0x10000, as bits: whether one was looked at, and is safe. */
enum { CHARACTERS = 0x10000, WORD = 64 };

struct text {
	struct clock_stamp stamp;
	bool utf8;         /* else only ASCII is shown */
	struct buf prefix; /* of the lines of an entry */
	struct shown { /* each byte that is not part of a longer character */
		char bytes[4];
		unsigned char len;
	} shown[256];
	uint64_t known[CHARACTERS / WORD], safe[CHARACTERS / WORD];
};

static bool is_own(const char *start, size_t len)
{
	return len >= sizeof first_line - 1 && memcmp(start, first_line, sizeof first_line - 1) == 0;
}

/* ---- bytes ---- */

enum {
	ESCAPE = 4,      /* most bytes of one */
	PAYLOAD = 64,    /* bytes of one that are shown with its call */
	ODD = 64,        /* after a byte that is not plain as many are looked at one by one, */
	CALM = 8,        /* or fewer: until this number in a row is plain */
	ODD_ROOM = (ODD + 1) * ESCAPE, /* the most that those become */
	PIECE = 4 << 10, /* most of a line that is looked at together, */
	SPAN = 64 << 10, /* and how much room is made at a time */
};

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c < 127 && c != '\\';
}

/* Copies the longest front part that is plain ASCII, and up to VECTOR bytes of what follows, which do
 * not count. A flood is formatted as fast as this goes. */
static inline size_t copy_plain(char *to, const char *from, size_t len)
{
	size_t n = 0;
	for (; n + VECTOR <= len; n += VECTOR) {
		byte_vector bytes = vector_load(from + n);
		vector_store(to + n, bytes);
		size_t plain = vector_first((byte_vector)((bytes < ' ') | (bytes > 126) | (bytes == '\\')));
		if (plain < VECTOR)
			return n + plain;
	}
	for (; n < len && is_plain((unsigned char)from[n]); n++)
		to[n] = from[n];
	return n;
}

/* C's letters where it has them. */
static void fill_shown(struct text *text)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[256] = {
		['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r', [033] = 'e', ['\\'] = '\\'
	};
	for (unsigned c = 0; c < 256; c++) {
		struct shown *shown = &text->shown[c];
		bool plain = is_plain((unsigned char)c);
		shown->len = plain ? 1 : letters[c] ? 2 : ESCAPE;
		shown->bytes[0] = plain ? (char)c : '\\';
		shown->bytes[1] = letters[c] ? letters[c] : 'x';
		shown->bytes[2] = digits[c >> 4];
		shown->bytes[3] = digits[c & 15];
	}
}

/* The length of a character of two or three bytes, the shortest way to write it; 0 for none. */
static size_t decode(const unsigned char *s, size_t len, unsigned *character)
{
	if (len < 2 || s[0] < 0xc2 || s[0] > 0xef || (s[1] & 0xc0) != 0x80)
		return 0;
	*character = (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
	if (s[0] < 0xe0)
		return 2;
	if (len < 3 || (s[2] & 0xc0) != 0x80)
		return 0;
	*character = (s[0] & 0xfu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
	return *character >= 0x800 ? 3 : 0;
}

/* Whether a character is safe by itself. text_glyph() is asked once. */
static bool is_safe(struct text *text, const char *bytes, size_t len, unsigned character)
{
	uint64_t bit = UINT64_C(1) << character % WORD;
	if (!(text->known[character / WORD] & bit)) {
		struct glyph glyph;
		bool safe = text_glyph(bytes, len, -1, &glyph) == len && !glyph.mark;
		text->known[character / WORD] |= bit;
		text->safe[character / WORD] |= safe ? bit : 0;
	}
	return text->safe[character / WORD] & bit;
}

/* How many of the bytes, of which the first is not ASCII, can be shown as they are; 0 = none. What
 * combines with the character before, which begins at `base` and is shown already, can. */
static size_t shown_length(struct text *text, const char *base, const char *bytes, const char *end)
{
	struct glyph glyph;
	unsigned character;
	size_t left = (size_t)(end - bytes), before = (size_t)(bytes - base);
	bool may_begin = text->utf8 && (unsigned char)*bytes >= 0xc2;
	if (!may_begin || left < 2 || (bytes[1] & 0xc0) != 0x80)
		return 0;
	size_t len = decode((const unsigned char *)bytes, left, &character);
	if (len && is_safe(text, bytes, len, character))
		return len;
	if (!len && (unsigned char)*bytes < 0xf0)
		return 0;
	size_t whole = before ? text_glyph(base, left + before, -1, &glyph) : 0;
	if (whole > before && !glyph.mark)
		return whole - before;
	whole = text_glyph(bytes, left, -1, &glyph);
	return glyph.mark ? 0 : whole;
}

/* Where formatted bytes go: memory that is reserved for many of them together. */
struct sink {
	struct buf *out;
	char *to, *limit;
};

static void reserve(struct sink *sink, size_t len)
{
	sink->to = buf_reserve(sink->out, len + SPAN);
	sink->limit = sink->to + len + SPAN;
}

static void commit(struct sink *sink)
{
	buf_commit(sink->out, (size_t)(sink->to - (buf_data(sink->out) + sink->out->len)));
}

static inline void make_room(struct sink *sink, size_t len)
{
	if ((size_t)(sink->limit - sink->to) >= len)
		return;
	commit(sink);
	reserve(sink, len);
}

/* Bytes of which each is looked at; `base` is where the last one began, if it is shown as it is. There is
 * room. Returns where they end: after so many, or before a line feed where `stops`. */
static inline const char *put_odd(struct text *text, const char *at, const char *end, bool stops,
                                  const char **base, struct sink *sink)
{
	unsigned character, calm = 0;
	char *to = sink->to;
	for (const char *stop = end - at < ODD ? end : at + ODD; at < stop && calm < CALM;) {
		unsigned char c = (unsigned char)*at;
		if (c == '\n' && stops)
			break;
		if (c >= 0xc2 && text->utf8) {
			size_t left = (size_t)(end - at);
			size_t len = decode((const unsigned char *)at, left, &character);
			if (!len || !(text->safe[character / WORD] >> character % WORD & 1)) {
				len = shown_length(text, *base, at, left < PIECE ? end : at + PIECE);
				sink->to = to;
				make_room(sink, len + ODD_ROOM);
				to = sink->to;
			}
			if (len) {
				if (len <= ESCAPE && left >= ESCAPE) /* far faster */
					memcpy(to, at, ESCAPE);
				else
					memcpy(to, at, len);
				*base = at;
				to += len;
				at += len;
				continue;
			}
		}
		const struct shown *shown = &text->shown[c];
		memcpy(to, shown->bytes, ESCAPE);
		to += shown->len;
		at++;
		bool plain = shown->len == 1;
		calm = plain ? calm + 1 : 0;
		*base = at - plain;
	}
	sink->to = to;
	return at;
}

/* What goes on one line: to the end, or to a line feed where `stops`. Returns the bytes taken. */
static inline size_t put_line(struct text *text, const char *bytes, size_t len, bool stops,
                              struct sink *sink)
{
	const char *at = bytes, *end = bytes + len, *base = bytes;
	while (at < end) {
		size_t span = end - at < PIECE ? (size_t)(end - at) : PIECE;
		make_room(sink, span + VECTOR + ODD_ROOM);
		size_t plain = copy_plain(sink->to, at, span);
		at += plain;
		sink->to += plain;
		base = plain ? at - 1 : base;
		if (plain == span)
			continue;
		if (stops && *at == '\n')
			break;
		at = put_odd(text, at, end, stops, &base, sink);
		if (stops && at < end && *at == '\n')
			break;
	}
	return (size_t)(at - bytes);
}

static void put_bytes(struct text *text, const char *bytes, size_t len, struct buf *out)
{
	struct sink sink = { .out = out };
	reserve(&sink, 0);
	put_line(text, bytes, len, false, &sink);
	commit(&sink);
}

/* ---- lines ---- */

static void put_prefix(struct log_state *state, const struct entry *entry, const char *mark,
                       struct buf *out)
{
	char when[CLOCK_STAMP], number[16];
	struct text *text = state->own;
	const struct session *session = sessions_numbered(state->sessions, entry->session);
	size_t stamp = clock_format_stamp(&text->stamp, entry_shown_time(entry), 6, when);
	int digits = snprintf(number, sizeof number, " %u ", (unsigned)entry->session);
	const char *name = session ? session_name(session) : "-";
	buf_append(out, when, stamp);
	buf_append(out, number, (size_t)digits);
	put_bytes(text, name, strlen(name), out);
	buf_append(out, " ", 1);
	buf_append_text(out, mark);
}

/* A line for each line of the bytes, and for what comes after the last line feed; `open` follows that
 * then. */
static void put_lines(struct log_state *state, const struct entry *entry, const char *mark,
                      const char *bytes, size_t len, const char *open, struct buf *out)
{
	struct text *text = state->own;
	struct sink sink = { .out = out };
	const char *end = bytes + len;
	buf_clear(&text->prefix);
	put_prefix(state, entry, mark, &text->prefix);
	buf_append(&text->prefix, " ", 1);
	const char *prefix = buf_data(&text->prefix);
	size_t prefix_len = text->prefix.len;
	reserve(&sink, 0);
	do {
		make_room(&sink, prefix_len);
		memcpy(sink.to, prefix, prefix_len);
		sink.to += prefix_len;
		bytes += put_line(text, bytes, (size_t)(end - bytes), true, &sink);
		make_room(&sink, 2);
		if (bytes == end && *open)
			*sink.to++ = *open;
		*sink.to++ = '\n';
		bytes += bytes < end;
	} while (bytes < end);
	commit(&sink);
}

/* What we say ourselves. */
static void put_words(struct log_state *state, const struct entry *entry, const char *mark,
                      struct buf *out)
{
	put_lines(state, entry, mark, entry_payload(entry), entry->len, "", out);
}

static void put_stream(struct log_state *state, const struct entry *entry, struct buf *out)
{
	const char *mark = entry_is_incoming(entry) ? "<" : ">";
	put_lines(state, entry, mark, entry_payload(entry), entry->len, "\\", out);
}

/* All of it on one line, after the address of the peer. */
static void put_datagram(struct log_state *state, const struct entry *entry, struct buf *out)
{
	char addr[ENDPOINT_TEXT];
	struct text *text = state->own;
	struct endpoint peer = entry_addr(entry);
	put_prefix(state, entry, entry_is_incoming(entry) ? "<" : ">", out);
	if (endpoint_is_set(&peer)) {
		endpoint_format(&peer, addr);
		for (char *p = addr; *p; p++)
			*p = *p == ' ' ? '_' : *p; /* of a UNIX path */
		put_bytes(text, addr, strlen(addr), out);
	}
	buf_append(out, " ", 1);
	put_bytes(text, entry_payload(entry), entry->len, out);
	buf_append(out, "\n", 1);
}

/* With what it received, where that is beside the stream. */
static void put_call(struct log_state *state, const struct entry *entry, const char *mark,
                     struct buf *out)
{
	struct buf words = { .max = SIZE_MAX };
	calltext_call_made(entry, PAYLOAD, &words);
	buf_append_text(&words, " ");
	calltext_result(entry, &words);
	if (entry_is_incoming(entry) && !entry->error) {
		buf_append_text(&words, " ");
		calltext_received(entry, PAYLOAD, &words);
	}
	put_lines(state, entry, mark, buf_data(&words), words.len, "", out);
	buf_free(&words);
}

static void put_secret(struct log_state *state, const struct entry *entry, struct buf *out)
{
	char words[40];
	int len = snprintf(words, sizeof words, "%u byte%s", (unsigned)entry->len,
	                   count_plural(entry->len));
	put_lines(state, entry, entry_is_incoming(entry) ? "<secret" : ">secret", words, (size_t)len, "", out);
}

static void put_payload(struct log_state *state, const struct entry *entry, struct buf *out)
{
	if (entry_is_secret(entry))
		put_secret(state, entry, out);
	else if (entry_is_aside(entry))
		put_call(state, entry, "call", out);
	else if (entry_is_datagram(entry))
		put_datagram(state, entry, out);
	else
		put_stream(state, entry, out);
}

static void put_entry(struct log_state *state, uint64_t position, const struct entry *entry,
                      struct buf *out)
{
	bool error = entry->flags & ENTRY_ERROR;
	bool call = entry_is_call(entry) && !(entry->flags & ENTRY_WATCHING);
	(void)position;
	if (entry->call == CALL_STATE)
		put_words(state, entry, error ? "error" : "state", out);
	else if (entry->call == CALL_NOTE)
		put_words(state, entry, error ? "error" : "note", out);
	else if (entry->call == CALL_COMMAND)
		put_words(state, entry, "command", out);
	else if (call && entry_has_failed(entry))
		put_call(state, entry, "failed", out);
	else if (call && entry_is_payload(entry))
		put_payload(state, entry, out);
}

static void begin(struct log_state *state, struct buf *out)
{
	struct text *text = state->own;
	text->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	buf_init(&text->prefix, SIZE_MAX);
	fill_shown(text);
	if (state->breaks)
		buf_append_text(out, "\n");
	buf_append_text(out, first_line);
}

static void missed(struct log_state *state, struct transcript_amount amount, struct buf *out)
{
	(void)state;
	buf_printf(out, "# before this, %llu entries with %llu bytes were no longer in memory\n",
	           (unsigned long long)amount.entries, (unsigned long long)amount.bytes);
}

static void done(struct log_state *state)
{
	struct text *text = state->own;
	buf_free(&text->prefix);
}

const struct log_format text_log_format = {
	.name = "text",
	.endings = ".log .txt",
	.help = "a line for each line, datagram, state, note and failed call, shown safely",
	.state_size = sizeof(struct text),
	.is_own = is_own,
	.begin = begin,
	.entry = put_entry,
	.missed = missed,
	.done = done,
};
