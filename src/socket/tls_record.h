// SPDX-License-Identifier: GPL-3.0-or-later
/* tls_record: the record layer of TLS as it is seen on the wire (RFC 8446 section 5.1, RFC 5246 section
 * 6.2.1): where records begin in the bytes of one direction, their types and lengths, and what anybody can
 * read in those that are not encrypted: the messages of a handshake, alerts. Has no key, needs no library,
 * makes no call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { /* bytes */
	TLS_RECORD_HEADER = 5,             /* type, version, length */
	TLS_RECORD_LONGEST = 16384 + 2048, /* after its header, RFC 5246 section 6.2.3 */
	TLS_MESSAGE_HEADER = 4,            /* type, length */
	TLS_ALERT_LENGTH = 2,              /* in clear: an encrypted one is longer */
};

enum tls_record_type {
	TLS_RECORD_CHANGE_CIPHER_SPEC = 20,
	TLS_RECORD_ALERT,
	TLS_RECORD_HANDSHAKE,
	TLS_RECORD_APPLICATION_DATA,
	TLS_RECORD_HEARTBEAT,
};

/* Types of handshake messages that can be read here. */
enum { TLS_CLIENT_HELLO = 1, TLS_SERVER_HELLO = 2 };

struct tls_record {
	uint8_t type; /* enum tls_record_type */
	uint16_t len; /* bytes after the header */
};

/* False where no record of TLS begins with these bytes. */
bool tls_record_read(const uint8_t header[TLS_RECORD_HEADER], struct tls_record *record);

/* Bytes of a handshake message after its header. */
uint32_t tls_message_length(const uint8_t header[TLS_MESSAGE_HEADER]);

/* As the RFCs name them: "handshake", "ClientHello", "fatal", "handshake_failure". NULL where no RFC
 * does. */
const char *tls_record_name(uint8_t type);
const char *tls_message_name(uint8_t type);
const char *tls_alert_level(uint8_t level);
const char *tls_alert_name(uint8_t description);

/* What it usually means that the other end sends this alert: "there is no server of this name". NULL where
 * that is not known. */
const char *tls_alert_meaning(uint8_t description);

/* Where the first record begins in a piece of the bytes of one direction, and what must be known there to
 * read on. */
struct tls_boundary {
	uint16_t first;        /* bytes of the piece before it; may be more than the piece has */
	bool known;            /* else nothing of this is */
	bool secured;          /* a change_cipher_spec came before it */
	uint32_t message_left; /* bytes of a handshake message that go on in it */
	uint8_t message_header_len; /* it begins within the header of a message: */
	uint8_t message_header[TLS_MESSAGE_HEADER - 1]; /* these bytes of that came before it */
};

/* Finds the records in the bytes of one direction, in pieces of any size; all 0 at their beginning. */
struct tls_parser {
	uint32_t message_left; /* bytes of a handshake message that are still to come */
	uint16_t record_left;  /* bytes of a record that are, */
	uint8_t record_type;   /* and its type */
	uint8_t header_len, header[TLS_RECORD_HEADER]; /* what has come of a record's header, */
	uint8_t message_header_len, message_header[TLS_MESSAGE_HEADER]; /* and of a message's */
	bool secured; /* a change_cipher_spec has come */
	bool lost;    /* what has come is no record of TLS: no later one is found */
};

/* Reads the next piece. */
struct tls_boundary tls_parser_feed(struct tls_parser *parser, const void *bytes, size_t len);

/* What can be read in a ClientHello, ServerHello or HelloRetryRequest. */
enum { TLS_VERSIONS = 8 };
struct tls_hello {
	bool retry; /* a HelloRetryRequest: a ServerHello with a random value that RFC 8446 fixes */
	uint16_t versions[TLS_VERSIONS]; /* offered, or the chosen one; 0x0303 is TLS 1.2 */
	size_t version_count;
	const uint8_t *name; /* SNI; NULL = none */
	size_t name_len;
	const uint8_t *alpn; /* offered, or the chosen one, each after a byte of its length; NULL = none */
	size_t alpn_len;
};

/* Reads what follows the header of a message. False where that is not wholly well-formed. */
bool tls_hello_read(uint8_t type, const uint8_t *body, size_t len, struct tls_hello *hello);

/* "TLS 1.3"; NULL for others, as those that only test what is ignored (RFC 8701). */
const char *tls_version_name(uint16_t version);
