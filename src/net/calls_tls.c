// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/calls_tls.h"

#include <string.h>

#include "base/clock.h"
#include "record/known_secrets.h"

static struct entry begin(const struct caller *caller, enum call call, int fd)
{
	return (struct entry){
		.time = clock_now(),
		.session = caller->session,
		.fd = (int16_t)(fd < INT16_MAX ? fd : INT16_MAX),
		.call = (uint8_t)call,
		.flags = caller->flags,
	};
}

/* Flags an entry whose bytes have a secret of this run in them. */
static void flag_secret(const struct caller *caller, struct entry *entry, const char *bytes,
                        size_t len)
{
	struct known_secrets *known = transcript_secrets(caller->transcript);
	uint64_t stream = (uint64_t)caller->session << 1 | entry_is_outgoing(entry);
	if (known && known_secrets_meet(known, stream, bytes, len, false))
		entry->flags |= ENTRY_SECRET;
}

static void commit(const struct caller *caller, struct entry *entry, size_t len)
{
	entry->duration = entry_microseconds(clock_now() - entry->time);
	transcript_commit(caller->transcript, entry, NULL, NULL, len);
}

void call_tls_handshake(const struct caller *caller, int fd, const struct tls *tls, int64_t begun)
{
	size_t room;
	struct buf text = { .max = TRANSCRIPT_ROOM };
	struct entry entry =
	        begin(caller, tls_is_server(tls) ? CALL_TLS_ACCEPT : CALL_TLS_CONNECT, fd);
	tls_print_asked(tls, &text);
	buf_append_text(&text, "\n");
	buf_append_text(&text, tls_state(tls) == TLS_OPEN ? tls_facts(tls) : tls_advice(tls));
	entry.time = begun;
	entry.flags = (uint8_t)((caller->flags & ~ENTRY_SECRET) | ENTRY_WAITED);
	char *place = transcript_reserve(caller->transcript, 0, text.len, &room);
	size_t len = text.len < room ? text.len : room;
	memcpy(place, buf_data(&text), len);
	entry.arg = tls_state(tls) == TLS_OPEN ? 1 : -1;
	commit(caller, &entry, len);
	buf_free(&text);
}

void call_tls_shutdown(const struct caller *caller, int fd, struct tls *tls)
{
	size_t room;
	struct entry entry = begin(caller, CALL_TLS_SHUTDOWN, fd);
	if (!tls_close(tls))
		return;
	transcript_reserve(caller->transcript, 0, 0, &room);
	entry.arg = tls_peer_closed(tls);
	commit(caller, &entry, 0);
}

void call_tls_end(const struct caller *caller, int fd)
{
	size_t room;
	struct entry entry = begin(caller, CALL_TLS_READ, fd);
	transcript_reserve(caller->transcript, 0, 0, &room);
	entry.arg = TLS_PLAINTEXT_MOST;
	commit(caller, &entry, 0);
}

size_t call_tls_read(const struct caller *caller, int fd, struct tls *tls, const char **data)
{
	size_t room;
	struct entry entry = begin(caller, CALL_TLS_READ, fd);
	char *place = transcript_reserve(caller->transcript, 0, TLS_PLAINTEXT_MOST, &room);
	size_t most = room < TLS_PLAINTEXT_MOST ? room : TLS_PLAINTEXT_MOST;
	size_t got = tls_read(tls, place, most);
	*data = place;
	if (got) {
		flag_secret(caller, &entry, place, got);
		entry.arg = (int32_t)most;
		commit(caller, &entry, got);
	} else {
		transcript_cancel(caller->transcript);
	}
	return got;
}

/* An entry has at most what a block of the transcript holds. */
bool call_tls_write(const struct caller *caller, int fd, struct tls *tls, const char *data,
                    size_t len)
{
	for (size_t done = 0, piece; done < len; done += piece) {
		size_t room = len - done < ENTRY_SECRET_MOST ? len - done : ENTRY_SECRET_MOST;
		size_t least = room < TRANSCRIPT_ROOM ? room : TRANSCRIPT_ROOM;
		char *place = NULL;
		struct entry entry = begin(caller, CALL_TLS_WRITE, fd);
		bool shared = transcript_share(caller->transcript, 0, data + done, room);
		if (!shared)
			place = transcript_reserve(caller->transcript, 0, least, &room);
		piece = len - done < room ? len - done : room;
		if (!tls_write(tls, data + done, piece)) {
			transcript_cancel(caller->transcript);
			return false;
		}
		if (place)
			memcpy(place, data + done, piece);
		if (caller->flags & (ENTRY_ECHO | ENTRY_SECRET))
			flag_secret(caller, &entry, data + done, piece);
		entry.arg = (int32_t)piece;
		commit(caller, &entry, piece);
	}
	return true;
}
