// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/lesson_evidence.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/escape.h"
#include "command/command.h"

void evidence_add(struct evidence *evidence, const struct entry *header, const char *payload)
{
	bool connecting = header->call == CALL_CONNECT; /* its steps are the program's own calls */
	if (evidence->count == EVIDENCE_MOST || !entry_is_call(header) ||
	    (header->flags & ENTRY_WATCHING && !connecting))
		return;
	size_t kept = header->len < EVIDENCE_BYTES ? header->len : EVIDENCE_BYTES;
	bool sent = entry_is_outgoing(header) && kept > 0 && !(header->flags & ENTRY_SECRET);
	evidence->calls =
	        xgrow(evidence->calls, &evidence->cap, evidence->count, sizeof *evidence->calls);
	evidence->calls[evidence->count++] =
	        (struct evidence_call){ .header = *header, .bytes = sent ? xstrndup("", 0) : NULL };
	if (!sent)
		return;
	struct evidence_call *call = &evidence->calls[evidence->count - 1];
	call->bytes = xrealloc(call->bytes, kept);
	memcpy(call->bytes, payload, kept);
}

void evidence_free(struct evidence *evidence)
{
	for (size_t i = 0; i < evidence->count; i++)
		free(evidence->calls[i].bytes);
	free(evidence->calls);
	*evidence = (struct evidence){ 0 };
}

static size_t kept(const struct evidence_call *call)
{
	return !call->bytes                        ? 0
	       : call->header.len < EVIDENCE_BYTES ? call->header.len
	                                           : EVIDENCE_BYTES;
}

static struct evidence_call *find(struct evidence *evidence, size_t from,
                                  bool (*fits)(const struct evidence *evidence, size_t at,
                                               const void *context),
                                  const void *context)
{
	for (size_t i = from; i < evidence->count; i++)
		if (!evidence->calls[i].used && fits(evidence, i, context)) {
			evidence->calls[i].used = true;
			return &evidence->calls[i];
		}
	return NULL;
}

/* ---- which call ---- */

static bool is_call(const struct evidence *evidence, size_t at, const void *context)
{
	return evidence->calls[at].header.call == *(const enum call *)context;
}

static bool has_call(struct evidence *evidence, size_t from, enum call call)
{
	return find(evidence, from, is_call, &call);
}

/* connect(), or a socket that needs none. */
static bool opens(const struct evidence *evidence, size_t at, const void *context)
{
	const struct entry *entry = &evidence->calls[at].header;
	(void)context;
	return entry->call == CALL_CONNECT ||
	       (entry->call == CALL_SOCKET && entry->arg == SOCK_DGRAM) ||
	       (entry->call == CALL_GETADDRINFO && entry->arg);
}

static bool receives(const struct evidence *evidence, size_t at, const void *context)
{
	(void)context;
	return entry_is_incoming(&evidence->calls[at].header);
}

/* ---- what was sent ---- */

static bool contains(const char *bytes, size_t len, const struct buf *text)
{
	return text->len <= len && memmem(bytes, len, buf_data(text), text->len);
}

/* Whether the text begins with these bytes, and goes on in the next ones of the session: a short write. */
static bool continues(const struct evidence *evidence, size_t at, const struct buf *text)
{
	size_t done = 0;
	uint32_t session = evidence->calls[at].header.session;
	for (size_t i = at; i < evidence->count && done < text->len; i++) {
		const struct evidence_call *call = &evidence->calls[i];
		size_t len = kept(call), left = text->len - done;
		if (call->header.session != session || !entry_is_outgoing(&call->header) || !len)
			continue;
		if (memcmp(call->bytes, buf_data(text) + done, len < left ? len : left) != 0)
			return false;
		done += len < left ? len : left;
	}
	return done == text->len;
}

/* A call that failed has no bytes, but was given them. */
static bool sends(const struct evidence *evidence, size_t at, const void *context)
{
	const struct evidence_call *call = &evidence->calls[at];
	const struct buf *text = context;
	if (!entry_is_outgoing(&call->header))
		return false;
	if (call->header.error || call->header.flags & ENTRY_SECRET || text->len > EVIDENCE_BYTES)
		return call->header.arg >= 0 && (size_t)call->header.arg >= text->len;
	return text->len == 0 || (call->bytes && (contains(call->bytes, kept(call), text) ||
	                                          continues(evidence, at, text)));
}

/* `text` with a name in it is not known here. */
static bool has_sent(struct evidence *evidence, size_t from, const char *text,
                     bool (*decode)(const char *text, struct buf *out, struct error *error))
{
	struct buf bytes = { .max = SIZE_MAX };
	struct error ignored;
	if (text && !strchr(text, '$') &&
	    !(decode ? decode(text, &bytes, &ignored) : buf_append_text(&bytes, text)))
		buf_clear(&bytes);
	bool has = find(evidence, from, sends, &bytes);
	buf_free(&bytes);
	return has;
}

/* ---- of a command ---- */

static bool is_datagram_word(const char *word)
{
	return word && (strcmp(word, "udp") == 0 || strcmp(word, "unixgram") == 0);
}

static bool has_listened(struct evidence *evidence, size_t from, const char *transport)
{
	enum call bind = CALL_BIND;
	const struct evidence_call *bound = find(evidence, from, is_call, &bind);
	if (!bound || bound->header.error || is_datagram_word(transport))
		return bound;
	return has_call(evidence, from, CALL_LISTEN);
}

static bool has_command(struct evidence *evidence, size_t from, const char *name,
                        const char *const *values)
{
	static const struct {
		const char *name;
		enum call call;
	} single[] = {
		{ "socket", CALL_SOCKET },    { "bind", CALL_BIND },
		{ "backlog", CALL_LISTEN },   { "connect", CALL_CONNECT },
		{ "accept", CALL_ACCEPT },    { "join", CALL_SETSOCKOPT },
		{ "leave", CALL_SETSOCKOPT },
	};
	for (size_t i = 0; i < sizeof single / sizeof *single; i++)
		if (strcmp(name, single[i].name) == 0)
			return has_call(evidence, from, single[i].call);
	if (strcmp(name, "open") == 0)
		return find(evidence, from, opens, NULL);
	if (strcmp(name, "listen") == 0)
		return has_listened(evidence, from, values[0]);
	if (strcmp(name, "recv") == 0)
		return find(evidence, from, receives, NULL);
	/* what an earlier end of the connection has closed already */
	if (strcmp(name, "close") == 0 || strcmp(name, "abort") == 0)
		return has_call(evidence, 0, CALL_CLOSE);
	if (strcmp(name, "shutdown") == 0)
		return has_call(evidence, 0, CALL_SHUTDOWN);
	if (strcmp(name, "option") == 0)
		return !values[1] || has_call(evidence, from, CALL_SETSOCKOPT);
	if (strcmp(name, "send") == 0)
		return has_sent(evidence, from, values[0], escape_decode);
	if (strcmp(name, "hex") == 0)
		return has_sent(evidence, from, values[0], escape_decode_hex);
	if (strcmp(name, "to") == 0)
		return !values[1] || has_sent(evidence, from, values[1], NULL);
	if (strcmp(name, "fill") == 0)
		return has_sent(evidence, from, NULL, NULL);
	return true;
}

bool evidence_has(struct evidence *evidence, size_t from, const char *line)
{
	struct command_words words;
	struct error ignored;
	line += strspn(line, " \t");
	if (*line != '/' || line[1] == '/')
		return has_sent(evidence, from, line + (*line == '/'), NULL);
	if (!command_take_apart(line, &words, &ignored))
		return true;
	bool has;
	if (!words.command) { /* "/@c text" */
		const char *text = line + strcspn(line, BLANKS);
		has = has_sent(evidence, from, text + (*text != '\0'), NULL);
	} else if (strcmp(words.command->name, "try") == 0 ||
	           strcmp(words.command->name, "fails") == 0) {
		has = evidence_has(evidence, from, words.args.value[0]);
	} else {
		has = has_command(evidence, from, words.command->name, words.args.value);
	}
	command_words_free(&words);
	return has;
}
