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

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/text.h"
#include "net/sessions.h"
#include "view/calltext.h"

static const char first_line[] = "# sockpit log: text 1\n";

struct text {
	struct clock_stamp stamp;
	struct buf prefix; /* of the lines of an entry */
};

static bool is_own(const char *start, size_t len)
{
	return len >= sizeof first_line - 1 && memcmp(start, first_line, sizeof first_line - 1) == 0;
}

static void begin(struct log_state *state, struct buf *out)
{
	struct text *text = state->own;
	buf_init(&text->prefix, SIZE_MAX);
	if (state->breaks)
		buf_append_text(out, "\n");
	buf_append_text(out, first_line);
}

/* ---- bytes ---- */

static bool is_plain(char c)
{
	return c >= ' ' && c < 127 && c != '\\';
}

static size_t plain_run(const char *bytes, size_t len)
{
	size_t n = 0;
	while (n < len && is_plain(bytes[n]))
		n++;
	return n;
}

static char *put_escape(char *to, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *named = memchr("\\\\t\tr\re\033n\n", c, 10);
	*to++ = '\\';
	if (c == '\\' || (named && c < ' ')) {
		*to++ = c == '\\' ? '\\' : named[-1];
		return to;
	}
	*to++ = 'x';
	*to++ = digits[c >> 4];
	*to++ = digits[c & 15];
	return to;
}

/* Combining characters belong to the plain one before them, which is in the text already. */
static size_t put_glyph(const char *line, const char *bytes, const char *end, struct buf *out)
{
	struct glyph glyph;
	size_t base = bytes > line && is_plain(bytes[-1]) ? 1 : 0;
	size_t len = text_glyph(bytes - base, (size_t)(end - bytes) + base, -1, &glyph);
	if (len == base) {
		base = 0;
		len = text_glyph(bytes, (size_t)(end - bytes), -1, &glyph);
	}
	len -= base;
	if (!glyph.mark && *bytes != '\\') {
		buf_append(out, bytes, len);
		return len;
	}
	char *to = buf_reserve(out, 4 * len), *from = to;
	for (size_t i = 0; i < len; i++)
		to = put_escape(to, (unsigned char)bytes[i]);
	buf_commit(out, (size_t)(to - from));
	return len;
}

static void put_bytes(const char *bytes, size_t len, struct buf *out)
{
	const char *line = bytes, *end = bytes + len;
	while (bytes < end) {
		size_t plain = plain_run(bytes, (size_t)(end - bytes));
		buf_append(out, bytes, plain);
		bytes += plain;
		if (bytes < end)
			bytes += put_glyph(line, bytes, end, out);
	}
}

/* ---- lines ---- */

static void put_prefix(struct log_state *state, const struct entry *entry, const char *mark,
                       struct buf *out)
{
	char when[CLOCK_STAMP];
	struct text *text = state->own;
	const struct session *session = sessions_numbered(state->sessions, entry->session);
	clock_format_stamp(&text->stamp, entry_shown_time(entry), 6, when);
	const char *name = session ? session_name(session) : "-";
	buf_printf(out, "%s %u ", when, (unsigned)entry->session);
	put_bytes(name, strlen(name), out);
	buf_printf(out, " %s", mark);
}

/* What we say ourselves: a line for each of its lines. */
static void put_words(struct log_state *state, const struct entry *entry, const char *mark,
                      const char *words, size_t len, struct buf *out)
{
	const char *end = words + len;
	do {
		const char *feed = memchr(words, '\n', (size_t)(end - words));
		const char *stop = feed ? feed : end;
		put_prefix(state, entry, mark, out);
		buf_append_text(out, " ");
		put_bytes(words, (size_t)(stop - words), out);
		buf_append_text(out, "\n");
		words = feed ? feed + 1 : end;
	} while (words < end);
}

static void put_stream(struct log_state *state, const struct entry *entry, struct buf *out)
{
	struct text *text = state->own;
	const char *bytes = entry_payload(entry), *end = bytes + entry->len;
	buf_clear(&text->prefix);
	put_prefix(state, entry, entry_is_incoming(entry) ? "< " : "> ", &text->prefix);
	while (bytes < end) {
		const char *feed = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *stop = feed ? feed : end;
		buf_append(out, buf_data(&text->prefix), text->prefix.len);
		put_bytes(bytes, (size_t)(stop - bytes), out);
		buf_append(out, "\\\n" + (feed != NULL), feed ? 1 : 2);
		bytes = feed ? feed + 1 : end;
	}
}

/* All of it on one line, after the address of the peer. */
static void put_datagram(struct log_state *state, const struct entry *entry, struct buf *out)
{
	char mark[ENDPOINT_TEXT + 1] = { entry_is_incoming(entry) ? '<' : '>' };
	char addr[ENDPOINT_TEXT];
	struct endpoint peer = entry_addr(entry);
	put_prefix(state, entry, mark, out);
	if (endpoint_is_set(&peer)) {
		endpoint_format(&peer, addr);
		put_bytes(addr, strcspn(addr, " "), out);
	}
	buf_append_text(out, " ");
	put_bytes(entry_payload(entry), entry->len, out);
	buf_append_text(out, "\n");
}

static void put_call(struct log_state *state, const struct entry *entry, const char *mark,
                     struct buf *out)
{
	struct buf words = { .max = SIZE_MAX };
	calltext_call_made(entry, 64, &words);
	buf_append_text(&words, " ");
	calltext_result(entry, &words);
	if (entry_is_incoming(entry) && !entry->error) {
		buf_append_text(&words, " ");
		escape_encode(entry_payload(entry), entry->len, &words);
	}
	put_words(state, entry, mark, buf_data(&words), words.len, out);
	buf_free(&words);
}

static void put_secret(struct log_state *state, const struct entry *entry, struct buf *out)
{
	char words[40];
	int len = snprintf(words, sizeof words, "%u byte%s", (unsigned)entry->len,
	                   entry->len == 1 ? "" : "s");
	put_words(state, entry, ">secret", words, (size_t)len, out);
}

static void put_entry(struct log_state *state, uint64_t position, const struct entry *entry,
                      struct buf *out)
{
	bool error = entry->flags & ENTRY_ERROR;
	(void)position;
	if (entry->call == CALL_STATE)
		put_words(state, entry, error ? "error" : "state", entry_payload(entry), entry->len,
		          out);
	else if (entry->call == CALL_NOTE)
		put_words(state, entry, error ? "error" : "note", entry_payload(entry), entry->len,
		          out);
	else if (entry->call == CALL_COMMAND)
		put_words(state, entry, "command", entry_payload(entry), entry->len, out);
	else if (!entry_is_call(entry) || entry->flags & ENTRY_WATCHING)
		return;
	else if (entry_has_failed(entry))
		put_call(state, entry, "failed", out);
	else if (!entry_is_payload(entry))
		return;
	else if (entry_is_secret(entry))
		put_secret(state, entry, out);
	else if (entry_is_aside(entry))
		put_call(state, entry, "call", out);
	else if (entry_is_datagram(entry))
		put_datagram(state, entry, out);
	else
		put_stream(state, entry, out);
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
