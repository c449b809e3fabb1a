// SPDX-License-Identifier: GPL-3.0-or-later
/* tls: one end of a TLS connection (RFC 8446, RFC 5246), by OpenSSL 3: records in and out, clear text in
 * and out. The records pass through memory: it makes no call and waits for nothing. Owns the library's
 * objects, and what the verification of the peer's certificate found. Knows no session, no transcript and no
 * select(). Only this directory includes the library's headers; built without it, tls_is_available() says so
 * in one line, and nothing else succeeds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

enum { /* bytes */
	TLS_PLAINTEXT_MOST = 1 << 14,     /* of clear text in one record, RFC 8446 section 5.1 */
	TLS_OVERHEAD_MOST = 256 + 5 + 16, /* that a record adds to it: padding, header, IV */
	TLS_ALPN_MOST = 256,              /* of the protocols of ALPN, each after its length */
};

/* Bytes that the records of `len` bytes of clear text, written at once, add to it at most. */
static inline size_t tls_overhead(size_t len)
{
	return (len / TLS_PLAINTEXT_MOST + 1) * TLS_OVERHEAD_MOST;
}

/* How the connections of one session are made. Strings are borrowed for the call; NULL = none. */
struct tls_settings {
	bool server;     /* else a client */
	bool unverified; /* a client: any certificate is accepted */
	bool verifies_clients; /* a server: each must have a certificate; implied by ca */

	/* What the certificate must name; NULL = the host that is called. */
	const char *server_name;

	/* ALPN protocols that are offered, or served: "h2,http/1.1". */
	const char *alpn;

	/* Files in PEM, both or none: a server without them makes a certificate of its own. */
	const char *cert, *key;

	/* "sha256:" and 64 hexadecimal digits: the only certificate that is accepted, whoever signed it. */
	const char *pin;

	/* A file in PEM of the authorities that are trusted; NULL = those of this machine, which are
	 * `authorities`, shared with other contexts, or, where that is NULL, are read for this one. */
	const char *ca;
	struct tls_authorities *authorities;
};

/* False with one line where the text is no pin; where it is no server name, which is a name of DNS in ASCII
 * or an address; where one of the settings is wrong, or two do not fit together. */
bool tls_check_pin(const char *pin, struct error *error);
bool tls_check_server_name(const char *name, struct error *error);
bool tls_check_settings(const struct tls_settings *settings, struct error *error);

/* The authorities of this machine, shared by contexts. They are read as far as certificates
 * that are verified need them. */
struct tls_authorities;

/* Returns `kept`, or, where their file has changed since it was read, releases it and returns new ones;
 * `kept` may be NULL. The caller releases what it gets. */
struct tls_authorities *tls_authorities_renew(struct tls_authorities *kept);
void tls_authorities_release(struct tls_authorities *authorities); /* NULL is allowed */

struct tls_context;
struct tls;

enum tls_state {
	TLS_HANDSHAKE, /* more records are needed */
	TLS_OPEN,
	TLS_FAILED, /* tls_why() says why */
};

/* False with one line where the program was built without OpenSSL. */
bool tls_is_available(struct error *error);

/* The library's part of the settings, counted: released as often as it was made and shared. NULL with one
 * line. */
struct tls_context *tls_context_new(const struct tls_settings *settings, struct error *error);
struct tls_context *tls_context_share(struct tls_context *context); /* NULL is allowed */
void tls_context_release(struct tls_context *context);              /* NULL is allowed */

/* The fingerprint of our own certificate, "sha256:" and 64 hexadecimal digits, "" = it has none; and the
 * same as tls_facts() has it. */
const char *tls_context_fingerprint(const struct tls_context *context);
const char *tls_context_facts(const struct tls_context *context);

/* Whether a certificate that cannot be verified ends the handshake. */
bool tls_context_verifies(const struct tls_context *context);

/* A client that calls `host`, a name or a numeric address; a server ignores it. Shares the context. */
struct tls *tls_new(struct tls_context *context, const char *host);
void tls_free(struct tls *tls); /* NULL is allowed */

/* From now on gives each secret of the connection to `take`, as a line of the NSS key log format without its
 * line feed, borrowed for the call. To be called before the handshake begins. Otherwise no secret leaves
 * this module. */
void tls_watch_keys(struct tls *tls, void (*take)(void *context, const char *line), void *context);

/* Takes bytes of records that were received, in pieces of any size, and copies them. */
void tls_receive(struct tls *tls, const void *data, size_t len);

/* Goes on with the handshake as far as the records allow. */
enum tls_state tls_step(struct tls *tls);
enum tls_state tls_state(const struct tls *tls);

/* Clear text of one record that has come, at most `most` bytes. 0 = none now: that record had none, more
 * records are needed, the peer has sent close_notify, or the connection has failed. */
size_t tls_read(struct tls *tls, void *place, size_t most);

/* Records have come that tls_read() has not read. */
bool tls_has_unread(const struct tls *tls);

/* Makes records of clear text, all of it. False if the connection is not open, was closed or fails. */
bool tls_write(struct tls *tls, const void *data, size_t len);

/* Makes a close_notify, RFC 8446 section 6.1: nothing is written after it. False if the connection is not
 * open, or has made one. */
bool tls_close(struct tls *tls);

/* Changes our keys, and asks the peer to change its: KeyUpdate, RFC 8446 section 4.6.3; TLS 1.2 has none.
 * False with one line. */
bool tls_update_keys(struct tls *tls, struct error *error);

/* Appends what happened since the last call, in words: a key update, a renegotiation that was refused. False
 * if nothing did. */
bool tls_take_news(struct tls *tls, struct buf *out);

/* The peer has sent close_notify: no clear text comes after it. */
bool tls_peer_closed(const struct tls *tls);

/* The records that are to be sent, borrowed until the next call; tls_sent() forgets them. */
const char *tls_records(const struct tls *tls, size_t *len);
void tls_sent(struct tls *tls);

/* Why it has failed, in words; "" if it has not. */
const char *tls_why(const struct tls *tls);

/* Appends what was agreed on, in one line: "TLS 1.3, TLS_AES_256_GCM_SHA384, X25519; certificate of localhost
 * verified". */
void tls_print(const struct tls *tls, struct buf *out);

/* The same in lines of a name, a tab and a value: "TLS", "cipher", …, what was verified, and the
 * certificates of the chain. "" before the handshake is over. Borrowed until keys change. */
const char *tls_facts(const struct tls *tls);

/* Appends the settings of this connection, or of all of a context, in the lines of record/tls_entry.h. */
void tls_print_asked(const struct tls *tls, struct buf *out);
void tls_context_print_asked(const struct tls_context *context, struct buf *out);

/* What a failure means, and what to try: sentences; of an open connection, what an end without close_notify
 * means, "" if the peer has sent one. Static. */
const char *tls_advice(const struct tls *tls);
const char *tls_advice_cut_short(void); /* of an end without close_notify */

bool tls_is_server(const struct tls *tls);

/* Whether a certificate that cannot be verified ends the handshake. */
bool tls_verifies(const struct tls *tls);
