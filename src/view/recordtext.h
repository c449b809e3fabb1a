// SPDX-License-Identifier: GPL-3.0-or-later
/* recordtext: the TLS records that begin in what a call has moved, as anybody on the way reads them: type
 * and length, and of those that are not encrypted the messages of the handshake, and the alert. What is
 * encrypted has no more names: nothing is guessed, and what the two ends know of it is not asked. A record may
 * begin in one call and go on in the next ones. All text is our own or made safe. */
#pragma once

#include "base/buf.h"
#include "record/transcript.h"

/* A walk over the records of one entry. */
struct recordtext {
	const struct transcript *transcript;
	const struct entry *entry; /* in which they begin */
	uint64_t position;         /* of it */
	size_t at;                 /* bytes before the next record; may be more than it has */
	bool secured;              /* see struct tls_boundary */
	uint32_t message_left;
	uint8_t message_header[TLS_MESSAGE_HEADER];
	size_t message_header_len;
	size_t left; /* entries that may still be looked at for what goes on in later calls */
};

enum recordtext_kind {
	RECORDTEXT_RECORD,
	RECORDTEXT_BEGINS, /* no more than some bytes of its header have come yet */
	RECORDTEXT_OTHER,  /* the bytes from here on are no records */
};

struct recordtext_item {
	enum recordtext_kind kind;
	uint32_t offset; /* in the payload */
	struct tls_record record;
};

/* Before the first one that begins in the entry; false where it is not sealed, or that is not known. */
bool recordtext_begin(struct recordtext *walk, const struct transcript *transcript,
                      uint64_t position);

/* The next one, with its names: "ClientHello (SNI localhost, ALPN h2, TLS 1.3 1.2)", "fatal
 * handshake_failure", "encrypted"; `names` may have none. With `brief` without what is in parentheses. False
 * after the last one. */
bool recordtext_next(struct recordtext *walk, bool brief, struct recordtext_item *item,
                     struct buf *names);

/* Appends all of them: "[handshake 512 ClientHello (...), application_data 4096 ×3]", "[a record goes on]"
 * where none begins, "[TLS records]" where they are not known. */
void recordtext_list(const struct transcript *transcript, uint64_t position, struct buf *out);

/* Of those that begin in `len` bytes of the payload from `offset` on. */
void recordtext_list_part(const struct transcript *transcript, uint64_t position, uint32_t offset,
                          uint32_t len, struct buf *out);

/* The names alone, of those that are alike and follow each other one: "ServerHello, application_data", "alert
 * fatal unknown_ca", as many as fit into `most` bytes, then how many more: "+3"; and the one that says most:
 * "ServerHello +3". */
struct recordtext_names {
	struct buf list;
	char chief[80];
};
void recordtext_names_free(struct recordtext_names *names);

/* Of what a call has moved. False where it has none. */
bool recordtext_name(const struct transcript *transcript, uint64_t position, size_t most,
                     struct recordtext_names *names);

/* Of `len` bytes of a session's connection, sent or received, from byte `begin` on: of the connection that
 * is open at `position`. False where not all of them are known, or they are far from its beginning. */
bool recordtext_name_range(const struct transcript *transcript, uint64_t position, uint32_t session,
                           bool sent, uint64_t begin, uint64_t len, size_t most,
                           struct recordtext_names *names);
