// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/calltext.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/count.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/text.h"
#include "record/tls_entry.h"
#include "socket/constant.h"
#include "socket/sockopt.h"

/* Bytes that are shown of an option whose form is not known. */
enum { OPTION_BYTES = 16 };

/* ---- bytes ---- */

/* Printable characters as they are, all others as escapes. */
static void add_bytes(const char *bytes, size_t len, struct buf *out)
{
	while (len > 0) {
		struct glyph glyph;
		size_t n = text_glyph(bytes, len, -1, &glyph);
		if (*bytes == '"')
			buf_append_text(out, "\\\"");
		else if (glyph.mark || *bytes == '\\')
			escape_encode(bytes, n, out);
		else
			buf_append(out, bytes, n);
		bytes += n;
		len -= n;
	}
}

/* A line end is what a reader looks for at the end of a message: it is shown where the middle is
 * cut out. */
static void add_excerpt(const struct entry *entry, size_t most, struct buf *out)
{
	const char *bytes = entry_payload(entry);
	size_t len = entry->len;
	if (len <= most) {
		add_bytes(bytes, len, out);
		return;
	}
	bool line = bytes[len - 1] == '\n' && most > 2;
	add_bytes(bytes, text_whole(bytes, line ? most - 2 : most), out);
	buf_append_text(out, text_has_unicode() ? "…" : "...");
	if (line)
		buf_append_text(out, "\\n");
}

/* ---- arguments ---- */

static void add_addr(const struct entry *entry, struct buf *out)
{
	char text[ENDPOINT_TEXT];
	struct endpoint addr = entry_addr(entry);
	buf_append_text(out, !endpoint_is_set(&addr) ? "AF_UNSPEC" : endpoint_format(&addr, text));
}

/* Our own end, which has no port of its own here. */
static void add_local(const struct entry *entry, const char *word, struct buf *out)
{
	char text[ENDPOINT_TEXT];
	struct endpoint local = entry_local(entry);
	if (endpoint_is_set(&local))
		buf_printf(out, "%s%s", word, endpoint_format_host(&local, text));
}

static void add_flags(int flags, struct buf *out)
{
	char text[CONSTANT_TEXT];
	if (flags)
		buf_printf(out, ", %s", constant_flags(flags, text));
}

/* For a datagram that was cut, arg is its length, and the buffer was as long as the part that was
 * kept. */
static unsigned long asked(const struct entry *entry)
{
	bool cut = entry->flags & ENTRY_TRUNCATED;
	return cut || entry->arg < 0 ? entry->len : (unsigned long)entry->arg;
}

static unsigned long taken(const struct entry *entry)
{
	bool cut = entry->flags & ENTRY_TRUNCATED && entry->arg >= 0;
	return cut ? (unsigned long)entry->arg : entry->len;
}

/* What is in place of bytes that nobody may read, or can: their clear text has entries of its own. */
static const char *hidden_word(const struct entry *entry)
{
	return entry_is_secret(entry) ? "<secret>" : entry_is_sealed(entry) ? "<TLS records>" : NULL;
}

/* MSG_NOSIGNAL is left out: every send() has it. */
static void add_sending(const struct entry *entry, size_t payload, struct buf *out)
{
	unsigned long all = entry->flags & ENTRY_TRUNCATED ? taken(entry) : asked(entry);
	const char *hidden = hidden_word(entry);
	bool whole = !entry->error && all == entry->len && !hidden;
	if (payload && !entry->error && hidden) {
		buf_printf(out, "%s, ", hidden);
	} else if (payload && !entry->error) {
		buf_append_text(out, "\"");
		add_excerpt(entry, payload, out);
		buf_append_text(out, whole ? "\"" : "\", ");
	}
	if (!payload || !whole)
		buf_printf(out, "%lu", all);
	add_flags(entry->arg2 & ~MSG_NOSIGNAL, out);
	if (entry->endpoint_len) {
		buf_append_text(out, ", ");
		add_addr(entry, out);
		add_local(entry, ", from ", out);
	}
}

static void add_receiving(const struct entry *entry, struct buf *out)
{
	buf_printf(out, "%lu", asked(entry));
	add_flags(entry->arg2, out);
}

static void add_value(const struct entry *entry, const struct sockopt *option, struct buf *out)
{
	const char *bytes = entry_payload(entry);
	int number;
	if (option) {
		sockopt_format(option, bytes, entry->len, out);
	} else if (entry->len == sizeof number) {
		memcpy(&number, bytes, sizeof number);
		buf_printf(out, "%d", number);
	} else {
		for (uint32_t i = 0; i < entry->len && i < OPTION_BYTES; i++)
			buf_printf(out, "%s%02x", i ? " " : "", (unsigned char)bytes[i]);
		if (entry->len > OPTION_BYTES)
			buf_append_text(out, " ...");
	}
}

static const struct sockopt *option_of(const struct entry *entry)
{
	return sockopt_numbered(entry->arg2, entry->arg);
}

static void add_option(const struct entry *entry, struct buf *out)
{
	const struct sockopt *option = option_of(entry);
	const char *level = sockopt_level_name(entry->arg2);
	if (option)
		buf_append_text(out, option->name);
	else if (level)
		buf_printf(out, "%s, %d", level, (int)entry->arg);
	else
		buf_printf(out, "%d, %d", (int)entry->arg2, (int)entry->arg);
	if (entry->call != CALL_SETSOCKOPT)
		return;
	buf_append_text(out, ", ");
	add_value(entry, option, out);
}

/* "host service" on the first line. */
static void add_name(const struct entry *entry, struct buf *out)
{
	const char *text = entry_payload(entry);
	const char *end = memchr(text, '\n', entry->len);
	size_t len = end ? (size_t)(end - text) : entry->len;
	const char *blank = memrchr(text, ' ', len);
	size_t host = blank ? (size_t)(blank - text) : len;
	buf_append_text(out, "\"");
	add_bytes(text, host, out);
	if (blank) {
		buf_append_text(out, "\", \"");
		add_bytes(blank + 1, len - host - 1, out);
	}
	buf_append_text(out, "\"");
}

static void add_socket(const struct entry *entry, struct buf *out)
{
	char family[CONSTANT_TEXT], type[CONSTANT_TEXT];
	buf_printf(out, "%s, %s", constant_family(entry->arg2, family),
	           constant_type(entry->arg, type));
}

/* Whose certificate it must be. */
static void add_server_name(const struct entry *entry, struct buf *out)
{
	struct buf name = { .max = SIZE_MAX };
	if (tls_entry_asked(entry, TLS_ASKED_NAME, &name)) {
		buf_append_text(out, "\"");
		add_bytes(buf_data(&name), name.len, out);
		buf_append_text(out, "\"");
	}
	buf_free(&name);
}

static void add_arguments(const struct entry *entry, size_t payload, struct buf *out)
{
	char text[CONSTANT_TEXT];
	if (entry_is_outgoing(entry))
		add_sending(entry, payload, out);
	else if (entry_is_incoming(entry))
		add_receiving(entry, out);
	else if (entry->call == CALL_BIND || entry->call == CALL_CONNECT)
		add_addr(entry, out);
	else if (entry->call == CALL_SETSOCKOPT || entry->call == CALL_GETSOCKOPT)
		add_option(entry, out);
	else if (entry->call == CALL_GETADDRINFO)
		add_name(entry, out);
	else if (entry->call == CALL_SOCKET)
		add_socket(entry, out);
	else if (entry->call == CALL_LISTEN)
		buf_printf(out, "%d", (int)entry->arg);
	else if (entry->call == CALL_TLS_CONNECT)
		add_server_name(entry, out);
	else if (entry->call == CALL_SHUTDOWN)
		buf_append_text(out, constant_shutdown(entry->arg, text));
	else if (entry->call == CALL_ERRQUEUE)
		buf_append_text(out, "MSG_ERRQUEUE");
}

static void add_call(const struct entry *entry, const char *name, size_t payload, struct buf *out)
{
	buf_printf(out, "%s(", name);
	add_arguments(entry, payload, out);
	buf_append_text(out, ")");
}

void calltext_call(const struct entry *entry, size_t payload, struct buf *out)
{
	const char *name = entry->call < CALL_COUNT ? entry_call_name(entry->call) : "?";
	add_call(entry, entry_is_batched(entry) ? "recvmmsg" : name, payload, out);
}

void calltext_call_made(const struct entry *entry, size_t payload, struct buf *out)
{
	bool outgoing = entry_is_outgoing(entry);
	bool message = (outgoing || entry_is_incoming(entry)) && entry->flags & ENTRY_MESSAGE;
	if (message)
		add_call(entry, entry_call_name(outgoing ? CALL_SENDMSG : CALL_RECVMSG), payload,
		         out);
	else
		calltext_call(entry, payload, out);
}

/* ---- results ---- */

/* getaddrinfo() has errors of its own: its words are where the addresses would be. */
static void add_lookup_result(const struct entry *entry, struct buf *out)
{
	const char *text = entry_payload(entry), *end = text + entry->len;
	const char *line = memchr(text, '\n', entry->len);
	const char *words = line ? line + 1 : end;
	if (end > words && end[-1] == '\n')
		end--;
	if (!entry->error)
		buf_append_text(out, "= 0");
	else
		buf_append_text(out, end > words ? "failed: " : "failed");
	if (entry->error)
		add_bytes(words, (size_t)(end - words), out);
}

/* MSG_TRUNC makes recv() return how long the datagram really was, recv(2). */
long calltext_returned(const struct entry *entry)
{
	bool cut = !entry->error && entry->flags & ENTRY_TRUNCATED;
	if (entry_is_batched(entry) && !entry->error)
		return entry->of;
	bool whole = entry_is_outgoing(entry) || entry->arg2 & MSG_TRUNC;
	return cut && whole ? (long)taken(entry) : entry_result(entry);
}

static void add_wait(const struct entry *entry, struct buf *out)
{
	char text[CLOCK_TEXT];
	if (entry->flags & ENTRY_WAITED)
		buf_printf(out, " after %s",
		           clock_format_duration(entry->duration * CLOCK_US, text));
}

void calltext_packet(const struct entry *entry, bool interface, struct buf *out)
{
	char text[ENDPOINT_TEXT];
	struct endpoint local = entry_local(entry);
	const char *gap = "";
	if (entry->call != CALL_RECVMSG || entry->error)
		return;
	if (endpoint_is_set(&local)) {
		buf_printf(out, "to %s", endpoint_format_host(&local, text));
		gap = " ";
	}
	if (entry_has_header(entry))
		buf_printf(out, "%sttl %u tos 0x%02x", gap, entry->ttl, entry->tos);
	if (interface && endpoint_is_set(&local) && *local.interface)
		buf_printf(out, " on %s", local.interface);
}

/* What came with it. */
static void add_given(const struct entry *entry, struct buf *out)
{
	if (entry_is_end_of_file(entry))
		buf_append_text(out, "  end of file");
	else if (entry->call == CALL_TLS_READ && !entry->len)
		buf_append_text(out, "  close_notify");
	else if (entry_host(entry) != HOST_HERE)
		buf_printf(out, " on %s", host_name(entry_host(entry)));
	else if (entry_is_incoming(entry) && entry->endpoint_len) {
		buf_append_text(out, " from ");
		add_addr(entry, out);
		struct buf packet = { .max = SIZE_MAX };
		calltext_packet(entry, true, &packet);
		buf_printf(out, "%s%s", packet.len ? " " : "", buf_text(&packet));
		buf_free(&packet);
	} else if (entry->call == CALL_GETSOCKNAME && entry->endpoint_len) {
		buf_append_text(out, "  ");
		add_addr(entry, out);
	} else if (entry->call == CALL_GETSOCKOPT) {
		buf_append_text(out, "  ");
		add_value(entry, option_of(entry), out);
	}
}

void calltext_result(const struct entry *entry, struct buf *out)
{
	if (entry->call == CALL_GETADDRINFO) {
		add_lookup_result(entry, out);
		return;
	}
	if (entry->call == CALL_ERRQUEUE)
		return;
	buf_printf(out, "= %ld", calltext_returned(entry));
	if (entry->error)
		buf_printf(out, " %s", error_name(entry->error));
	add_wait(entry, out);
	if (entry_is_batched(entry) && !entry->error)
		buf_printf(out, ", %u of %u: %lu byte%s", entry->nth, entry->of, taken(entry),
		           count_plural(taken(entry)));
	if (!entry->error)
		add_given(entry, out);
}

void calltext_received(const struct entry *entry, size_t most, struct buf *out)
{
	bool datagram = entry_is_addressed(entry) || entry->endpoint_len;
	if (!entry_is_incoming(entry) || entry->error || (!entry->len && !datagram))
		return;
	buf_append_text(out, "[");
	if (hidden_word(entry))
		buf_append_text(out, hidden_word(entry));
	else
		add_excerpt(entry, most, out);
	if (entry->flags & ENTRY_TRUNCATED && taken(entry) > entry->len)
		buf_printf(out, "~%lu lost", taken(entry) - entry->len);
	buf_append_text(out, "]");
}
