// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/recordtext.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/count.h"
#include "base/text.h"

enum {
	LOOK_AHEAD = 1024,    /* entries of the session, in which a record may go on */
	NAME_MOST = 64,       /* bytes of a name of the peer's that are shown */
	LISTED = 12,          /* records, or runs of those that are alike, that are listed */
	EXCERPT = 24,         /* bytes that are shown of what is no record */
	HELLO_MOST = 1 << 17, /* bytes of a hello over several records that are read */
	FROM_BEGIN = 256,     /* entries of a session in which bytes are counted */
};

/* ---- the bytes of one direction, over several calls ---- */

struct stretch {
	const struct transcript *transcript;
	const struct entry *entry;
	uint64_t position;
	size_t at;    /* of its payload */
	size_t *left; /* entries that may be looked at */
};

/* To the next entry of the same direction; false if there is none. */
static bool go_on(struct stretch *stretch)
{
	const struct entry *entry = stretch->entry;
	uint64_t position = stretch->position;
	while (*stretch->left) {
		--*stretch->left;
		position = transcript_after(stretch->transcript, position);
		const struct entry *next = transcript_at(stretch->transcript, position);
		if (!next || next->call == CALL_SOCKET)
			return false;
		if (next->call != entry->call || !entry_is_sealed(next) || entry_is_aside(next))
			continue;
		stretch->entry = next;
		stretch->position = position;
		stretch->at = 0;
		return true;
	}
	return false;
}

/* Returns how many have come. `out` may be NULL. */
static size_t take(struct stretch *stretch, size_t len, uint8_t *out)
{
	size_t done = 0;
	while (done < len) {
		size_t n = stretch->entry->len - stretch->at;
		if (!n && !go_on(stretch))
			return done;
		n = n < len - done ? n : len - done;
		if (out && n)
			memcpy(out + done, entry_bytes(stretch->entry) + stretch->at, n);
		stretch->at += n;
		done += n;
	}
	return done;
}

/* The next bytes in one piece: those of the entry, or, where they are in several, gathered in `pieces`. NULL where
 * not all have come. */
static const uint8_t *take_whole(struct stretch *stretch, size_t len, struct buf *pieces)
{
	const uint8_t *here = (const uint8_t *)entry_bytes(stretch->entry) + stretch->at;
	bool whole = len <= stretch->entry->len - stretch->at;
	uint8_t *place = whole ? NULL : (uint8_t *)buf_reserve(pieces, len);
	if (take(stretch, len, place) < len)
		return NULL;
	return whole ? here : place;
}

/* ---- messages ---- */

/* `blank`: a blank is shown as one. */
static void add_safe(const uint8_t *bytes, size_t len, bool blank, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		bool plain =
		        bytes[i] > ' ' && bytes[i] < 0x7f && bytes[i] != '\\' && bytes[i] != '"';
		buf_printf(out, plain || (blank && bytes[i] == ' ') ? "%c" : "\\x%02x", bytes[i]);
	}
}

static void add_name(const uint8_t *name, size_t len, struct buf *out)
{
	add_safe(name, len < NAME_MOST ? len : NAME_MOST, false, out);
	if (len > NAME_MOST)
		buf_append_text(out, "...");
}

/* " (SNI localhost, ALPN h2 http/1.1, TLS 1.3 1.2)" */
static void add_hello(const struct tls_hello *hello, struct buf *out)
{
	buf_append_text(out, " (");
	if (hello->name) {
		buf_append_text(out, "SNI ");
		add_name(hello->name, hello->name_len, out);
		buf_append_text(out, ", ");
	}
	if (hello->alpn)
		buf_append_text(out, "ALPN");
	for (size_t i = 0; hello->alpn && i < hello->alpn_len; i += 1 + hello->alpn[i]) {
		buf_append_text(out, " ");
		add_name(hello->alpn + i + 1, hello->alpn[i], out);
	}
	buf_append_text(out, hello->alpn ? ", " : "");
	for (size_t i = 0; i < hello->version_count; i++) {
		const char *name = tls_version_name(hello->versions[i]);
		const char *before = i ? tls_version_name(hello->versions[i - 1]) : "";
		bool same = strncmp(name, before, 4) == 0; /* "TLS 1.3 1.2" */
		buf_printf(out, "%s%s", i ? " " : "", same ? name + 4 : name);
	}
	buf_append_text(out, ")");
}

/* The next bytes of a message that goes on in the records that follow. `*in_record`: bytes of the record that are
 * left. False where not all have come, or a record of another type is between them. */
static bool gather(struct stretch *stretch, size_t *in_record, size_t len, uint8_t *out)
{
	for (;;) {
		uint8_t header[TLS_RECORD_HEADER];
		struct tls_record record;
		size_t n = len < *in_record ? len : *in_record;
		if (take(stretch, n, out) < n)
			return false;
		*in_record -= n;
		out += n;
		len -= n;
		if (!len)
			return true;
		if (take(stretch, sizeof header, header) < sizeof header ||
		    !tls_record_read(header, &record) || record.type != TLS_RECORD_HANDSHAKE)
			return false;
		*in_record = record.len;
	}
}

/* `*left`: bytes of the record after the message's header, of which those of a hello that ends in it are
 * read. */
static void add_message(struct stretch *stretch, const uint8_t *header, size_t len, bool brief,
                        size_t *left, struct buf *out)
{
	struct tls_hello hello;
	struct buf pieces = { .max = SIZE_MAX };
	const char *name = tls_message_name(header[0]);
	bool is_hello = header[0] == TLS_SERVER_HELLO || header[0] == TLS_CLIENT_HELLO;
	bool reads = is_hello && len <= *left;
	const uint8_t *body = reads ? take_whole(stretch, len, &pieces) : NULL;
	if (is_hello && !reads && len <= HELLO_MOST) {
		size_t entries = *stretch->left, in_record = *left;
		struct stretch ahead = *stretch;
		uint8_t *place = (uint8_t *)buf_reserve(&pieces, len);
		ahead.left = &entries;
		body = gather(&ahead, &in_record, len, place) ? place : NULL;
	}
	bool known = body && tls_hello_read(header[0], body, len, &hello);
	*left -= reads ? len : 0;
	buf_append_text(out, out->len ? ", " : "");
	if (name)
		buf_append_text(out, known && hello.retry ? "HelloRetryRequest" : name);
	else
		buf_printf(out, "message %u", header[0]);
	if (known && !brief)
		add_hello(&hello, out);
	buf_free(&pieces);
}

/* A message whose header goes on in the records that follow: of it `len` bytes have come. */
static void add_split_message(const struct stretch *stretch, const uint8_t *begun, size_t len,
                              bool brief, struct buf *out)
{
	uint8_t header[TLS_MESSAGE_HEADER];
	size_t entries = *stretch->left, in_record = 0;
	struct stretch ahead = *stretch;
	ahead.left = &entries;
	memcpy(header, begun, len);
	if (gather(&ahead, &in_record, sizeof header - len, header + len))
		add_message(&ahead, header, tls_message_length(header), brief, &in_record, out);
}

/* The messages that begin in a record of the handshake that is not encrypted. Moves on over it as far as it
 * has come. */
static void add_messages(struct recordtext *walk, struct stretch *stretch, size_t left, bool brief,
                         struct buf *out)
{
	uint8_t *header = walk->message_header;
	for (;;) {
		size_t n = walk->message_left < left ? walk->message_left : left;
		size_t got = take(stretch, n, NULL);
		walk->message_left -= (uint32_t)n;
		left -= n;
		if (!left || got < n)
			return;
		bool begins = !walk->message_header_len;
		size_t missing = TLS_MESSAGE_HEADER - walk->message_header_len;
		n = missing < left ? missing : left;
		got = take(stretch, n, header + walk->message_header_len);
		walk->message_header_len += got;
		left -= n;
		if (got < n)
			return;
		if (n < missing) {
			if (begins)
				add_split_message(stretch, header, n, brief, out);
			return;
		}
		size_t len = tls_message_length(header), before = left;
		walk->message_header_len = 0;
		if (begins)
			add_message(stretch, header, len, brief, &left, out);
		walk->message_left = (uint32_t)(len - (before - left));
	}
}

/* After a change_cipher_spec TLS 1.2 encrypts all, and TLS 1.3 only does not encrypt hellos after a
 * HelloRetryRequest: what is one to its last byte has not been encrypted. */
static bool add_hello_after_retry(struct stretch *stretch, size_t len, bool brief, struct buf *out)
{
	uint8_t header[TLS_MESSAGE_HEADER];
	struct tls_hello hello;
	struct buf pieces = { .max = SIZE_MAX };
	if (take(stretch, sizeof header, header) < sizeof header ||
	    sizeof header + tls_message_length(header) != len)
		return false;
	const uint8_t *body = take_whole(stretch, tls_message_length(header), &pieces);
	bool known = body && tls_hello_read(header[0], body, tls_message_length(header), &hello);
	if (known)
		buf_append_text(out,
		                hello.retry ? "HelloRetryRequest" : tls_message_name(header[0]));
	if (known && !brief)
		add_hello(&hello, out);
	buf_free(&pieces);
	return known;
}

static void add_alert(struct stretch *stretch, size_t len, struct buf *out)
{
	uint8_t alert[TLS_ALERT_LENGTH];
	if (len != sizeof alert || take(stretch, len, alert) < len)
		return;
	const char *level = tls_alert_level(alert[0]), *name = tls_alert_name(alert[1]);
	if (level)
		buf_printf(out, "%s ", level);
	else
		buf_printf(out, "level %u ", alert[0]);
	if (name)
		buf_append_text(out, name);
	else
		buf_printf(out, "alert %u", alert[1]);
}

static void add_names(struct recordtext *walk, struct stretch *stretch, struct tls_record record,
                      bool brief, struct buf *out)
{
	switch (record.type) {
	case TLS_RECORD_CHANGE_CIPHER_SPEC:
		walk->secured = true;
		walk->message_left = 0;
		walk->message_header_len = 0;
		break;
	case TLS_RECORD_ALERT:
		if (record.len == TLS_ALERT_LENGTH)
			add_alert(stretch, record.len, out);
		else
			buf_append_text(out, "encrypted");
		break;
	case TLS_RECORD_HANDSHAKE:
		if (!walk->secured)
			add_messages(walk, stretch, record.len, brief, out);
		else if (!add_hello_after_retry(stretch, record.len, brief, out))
			buf_append_text(out, "encrypted");
		break;
	default: /* the type says it */
		break;
	}
}

/* ---- the walk ---- */

bool recordtext_begin(struct recordtext *walk, const struct transcript *transcript,
                      uint64_t position)
{
	const struct entry *entry = transcript_at(transcript, position);
	if (!entry || !entry_is_sealed(entry) || entry_is_secret(entry))
		return false;
	struct tls_boundary boundary = entry_boundary(entry);
	*walk = (struct recordtext){
		.transcript = transcript,
		.entry = entry,
		.position = position,
		.at = boundary.first,
		.secured = boundary.secured,
		.message_left = boundary.message_left,
		.message_header_len = boundary.message_header_len,
		.left = LOOK_AHEAD,
	};
	memcpy(walk->message_header, boundary.message_header, boundary.message_header_len);
	return boundary.known;
}

bool recordtext_next(struct recordtext *walk, bool brief, struct recordtext_item *item,
                     struct buf *names)
{
	uint8_t header[TLS_RECORD_HEADER];
	const struct entry *entry = walk->entry;
	struct stretch stretch = { walk->transcript, entry, walk->position, walk->at, &walk->left };
	if (walk->at >= entry->len)
		return false;
	*item = (struct recordtext_item){ .offset = (uint32_t)walk->at };
	size_t got = take(&stretch, sizeof header, header);
	walk->at += TLS_RECORD_HEADER;
	if (got < sizeof header) {
		item->kind = RECORDTEXT_BEGINS;
		walk->at = entry->len;
	} else if (!tls_record_read(header, &item->record)) {
		item->kind = RECORDTEXT_OTHER;
		walk->at = entry->len;
	} else {
		walk->at += item->record.len;
		add_names(walk, &stretch, item->record, brief, names);
	}
	return true;
}

/* ---- in one line ---- */

static void add_excerpt(const struct entry *entry, uint32_t offset, struct buf *out)
{
	const uint8_t *bytes = (const uint8_t *)entry_bytes(entry) + offset;
	size_t len = entry->len - offset, shown = len < EXCERPT ? len : EXCERPT;
	buf_append_text(out, "\"");
	add_safe(bytes, shown, true, out);
	buf_append_text(out, shown < len ? "...\"" : "\"");
}

static void add_item(const struct recordtext_item *item, const struct entry *entry,
                     struct buf *names, struct buf *out)
{
	if (item->kind == RECORDTEXT_RECORD)
		buf_printf(out, "%s %u%s%s", tls_record_name(item->record.type),
		           (unsigned)item->record.len, names->len ? " " : "", buf_text(names));
	else if (item->kind == RECORDTEXT_BEGINS)
		buf_append_text(out, "a record begins");
	else
		add_excerpt(entry, item->offset, out);
	if (item->kind == RECORDTEXT_OTHER)
		buf_append_text(out, " is not TLS");
}

static void add_times(unsigned times, struct buf *out)
{
	if (times > 1)
		buf_printf(out, " %s%u", text_has_unicode() ? "×" : "x", times);
}

static void list(const struct transcript *transcript, uint64_t position, uint64_t from, uint64_t to,
                 struct buf *out)
{
	struct recordtext walk;
	struct recordtext_item item, before = { 0 };
	struct buf names = { .max = SIZE_MAX };
	unsigned runs = 0, times = 0, more = 0;
	bool alike = false, named = false;
	if (!recordtext_begin(&walk, transcript, position)) {
		buf_append_text(out, "[TLS records]");
		return;
	}
	buf_append_text(out, "[");
	for (; walk.at < to && recordtext_next(&walk, false, &item, &names); buf_clear(&names)) {
		if (item.offset < from)
			continue;
		alike = times && !names.len && !named && item.kind == before.kind &&
		        item.kind == RECORDTEXT_RECORD && item.record.type == before.record.type &&
		        item.record.len == before.record.len;
		if (alike && !more) {
			times++;
		} else if (runs == LISTED) {
			more++;
		} else {
			add_times(times, out);
			buf_append_text(out, runs++ ? ", " : "");
			add_item(&item, walk.entry, &names, out);
			times = 1;
		}
		before = item;
		named = names.len > 0;
	}
	if (!runs)
		buf_append_text(out, "a record goes on");
	add_times(times, out);
	if (more)
		buf_printf(out, ", and %u more record%s", more, count_plural(more));
	buf_append_text(out, "]");
	buf_free(&names);
}

void recordtext_list(const struct transcript *transcript, uint64_t position, struct buf *out)
{
	list(transcript, position, 0, UINT64_MAX, out);
}

void recordtext_list_part(const struct transcript *transcript, uint64_t position, uint32_t offset,
                          uint32_t len, struct buf *out)
{
	list(transcript, position, offset, (uint64_t)offset + len, out);
}

/* ---- names alone ---- */

enum { NAME_TEXT = 64 };

struct naming {
	struct recordtext_names *names;
	size_t most;
	unsigned count, more; /* names that differ from the one before; those no longer listed */
	int worth;            /* of the chief one */
	char last[NAME_TEXT];
};

void recordtext_names_free(struct recordtext_names *names)
{
	buf_free(&names->list);
}

static void add_name_once(struct naming *naming, const char *name, int worth)
{
	struct buf *list = &naming->names->list;
	if (strcmp(name, naming->last) == 0)
		return;
	snprintf(naming->last, sizeof naming->last, "%s", name);
	naming->count++;
	if (worth > naming->worth) {
		snprintf(naming->names->chief, sizeof naming->names->chief, "%s", name);
		naming->worth = worth;
	}
	if (naming->more || (list->len && list->len + strlen(name) + 2 > naming->most))
		naming->more++;
	else
		buf_printf(list, "%s%s", list->len ? ", " : "", name);
}

/* The more a record says of what happens, the more it is worth. */
static int worth_of(uint8_t type)
{
	switch (type) {
	case TLS_RECORD_ALERT:
		return 4;
	case TLS_RECORD_HANDSHAKE:
		return 3;
	case TLS_RECORD_APPLICATION_DATA:
		return 2;
	default:
		return 1;
	}
}

/* The messages of a handshake, an alert, or the type. */
static void name_item(struct naming *naming, const struct recordtext_item *item, struct buf *words)
{
	char name[NAME_TEXT];
	const char *text = buf_text(words);
	uint8_t type = item->record.type;
	bool messages = type == TLS_RECORD_HANDSHAKE && *text && strcmp(text, "encrypted") != 0;
	int worth = worth_of(type);
	if (item->kind == RECORDTEXT_BEGINS)
		add_name_once(naming, "a record begins", 0);
	else if (item->kind == RECORDTEXT_OTHER)
		add_name_once(naming, "not TLS", 4);
	for (; messages && *text; text += strspn(text, ", ")) {
		size_t len = strcspn(text, ",");
		snprintf(name, sizeof name, "%.*s", (int)len, text);
		add_name_once(naming, name, worth);
		text += len;
	}
	snprintf(name, sizeof name, "%s%s%s", item->kind ? "" : tls_record_name(type),
	         *text ? " " : "", text);
	if (!messages && item->kind == RECORDTEXT_RECORD)
		add_name_once(naming, name, worth);
}

/* Those of an entry that begin in these bytes of it. */
static void name_records(struct naming *naming, const struct transcript *transcript,
                         uint64_t position, uint64_t from, uint64_t to)
{
	struct recordtext walk;
	struct recordtext_item item;
	struct buf words = { .max = SIZE_MAX };
	if (!recordtext_begin(&walk, transcript, position))
		return;
	while (recordtext_next(&walk, true, &item, &words)) {
		if (item.offset >= from && item.offset < to)
			name_item(naming, &item, &words);
		buf_clear(&words);
	}
	buf_free(&words);
}

static bool end_names(struct naming *naming)
{
	struct recordtext_names *names = naming->names;
	if (naming->more)
		buf_printf(&names->list, " +%u", naming->more);
	size_t len = strlen(names->chief);
	if (naming->count > 1)
		snprintf(names->chief + len, sizeof names->chief - len, " +%u", naming->count - 1);
	return naming->count;
}

bool recordtext_name(const struct transcript *transcript, uint64_t position, size_t most,
                     struct recordtext_names *names)
{
	struct naming naming = { .names = names, .most = most };
	*names = (struct recordtext_names){ .list = { .max = SIZE_MAX } };
	name_records(&naming, transcript, position, 0, UINT64_MAX);
	return end_names(&naming);
}

/* Bytes of the stream that an entry has moved, in this direction. */
static bool is_moved(const struct entry *entry, bool sent)
{
	return entry->call == (sent ? CALL_SEND : CALL_RECV) && !entry->error &&
	       !entry_is_aside(entry);
}

bool recordtext_name_range(const struct transcript *transcript, uint64_t position, uint32_t session,
                           bool sent, uint64_t begin, uint64_t len, size_t most,
                           struct recordtext_names *names)
{
	struct naming naming = { .names = names, .most = most };
	uint64_t at = transcript_begin(transcript, session), moved = 0;
	*names = (struct recordtext_names){ .list = { .max = SIZE_MAX } };
	for (int i = 0; i < FROM_BEGIN && at != TRANSCRIPT_NONE && moved < begin + len; i++) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->call == CALL_SOCKET && at > position)
			break;
		if (entry->call == CALL_SOCKET) {
			moved = 0;
			buf_clear(&names->list);
			names->chief[0] = '\0';
			naming = (struct naming){ .names = names, .most = most };
		}
		if (is_moved(entry, sent)) {
			uint64_t from = begin > moved ? begin - moved : 0;
			uint64_t to = begin + len - moved;
			if (from < entry->len && entry_is_sealed(entry))
				name_records(&naming, transcript, at, from, to);
			moved += entry->len;
		}
		at = transcript_after(transcript, at);
	}
	return end_names(&naming) && moved >= begin + len;
}
