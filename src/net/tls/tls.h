// SPDX-License-Identifier: GPL-3.0-or-later
/* tls: one end of a TLS connection (RFC 8446, RFC 5246), by OpenSSL 3: records in and out, clear text in
 * and out. Makes no call and waits for nothing; the records pass through memory. Owns the library's
 * objects and what became of the verification. Knows no session, no transcript and no select(). Nobody
 * else includes the library's headers. Where the program was built without it, tls_is_available() says
 * so in one line, and nothing else succeeds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

enum {
	TLS_RECORD = 1 << 14, /* most bytes of clear text in one record */
	TLS_RECORD_MORE =
	        256 + 5 + 16, /* and what is added to them at most, RFC 5246 section 6.2.3 */
};

/* How the connections of one session are made. Strings are borrowed for the call; NULL = none. */
struct tls_settings {
	bool server;     /* else a client */
	bool unverified; /* any certificate is taken */
	const char
	        *server_name; /* whom the certificate must name; NULL = the host that is called */
	const char *alpn;     /* protocols that are offered, or served: "h2,http/1.1" */
	const char *cert,
	        *key; /* files in PEM; a server without them makes a certificate of its own */
	const char *
	        pin; /* "sha256:" and 64 digits: the certificate must be this one, whoever signed it */
	struct tls_authorities *authorities; /* those of this machine; NULL = its own */
	const char
	        *ca; /* file in PEM: who may have signed the peer's certificate, in their place */
	bool asks;   /* a server: clients must have a certificate; implied by ca */
};

/* Whether a pin is one, and a server name, which is ASCII as DNS has it, or an address; and whether
 * settings are right and fit together. False with one line. */
bool tls_check_pin(const char *pin, struct error *error);
bool tls_check_server_name(const char *name, struct error *error);
bool tls_check_settings(const struct tls_settings *settings, struct error *error);

/* Those that certificates are verified by: read when that is first done. */
struct tls_authorities;

/* `kept`, or others in its place, where those of this machine have changed since they were read; NULL at
 * first. */
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

/* Shared: released as often as it was made and shared. NULL with one line. */
struct tls_context *tls_context_new(const struct tls_settings *settings, struct error *error);
struct tls_context *tls_context_share(struct tls_context *context); /* NULL is allowed */
void tls_context_release(struct tls_context *context);              /* NULL is allowed */

/* "sha256:" and the fingerprint of our own certificate in hexadecimal digits, "" = it has none; and
 * that as tls_facts() has it. */
const char *tls_context_fingerprint(const struct tls_context *context);
const char *tls_context_facts(const struct tls_context *context);

/* Whether a certificate that cannot be verified ends the handshake. */
bool tls_context_verifies(const struct tls_context *context);

/* A client that calls `host`, a name or a numeric address, or a server, of which that does not count.
 * Shares the context. */
struct tls *tls_new(struct tls_context *context, const char *host);
void tls_free(struct tls *tls); /* NULL is allowed */

/* Each secret of the connection is given to `take` from now on, a line of the NSS key log format without a
 * line feed, which holds until it returns: before the handshake begins, or not at all. Else none leaves
 * this module. */
void tls_watch_keys(struct tls *tls, void (*take)(void *context, const char *line), void *context);

/* Records have come. */
void tls_receive(struct tls *tls, const void *data, size_t len);

/* Goes on with the handshake as far as possible. */
enum tls_state tls_step(struct tls *tls);
enum tls_state tls_state(const struct tls *tls);

/* Clear text of one record that has come, at most `most` bytes; 0 = there is none now: it was a record of
 * something else, more records are needed, the peer has sent close_notify, or it has failed. */
size_t tls_read(struct tls *tls, void *place, size_t most);

/* Records have come that tls_read() has not looked at. */
bool tls_has_unread(const struct tls *tls);

/* Makes records of clear text. False where it has failed. Only while it is open. */
bool tls_write(struct tls *tls, const void *data, size_t len);

/* Makes a close_notify: nothing is written after it. False where it is not open, or there is one. */
bool tls_close(struct tls *tls);

/* Changes our keys, and asks the peer to change its (TLS 1.3, KeyUpdate). False with one line. */
bool tls_update_keys(struct tls *tls, struct error *error);

/* Appends what a line should say of the protocol: a key update, a renegotiation that was refused. False
 * where there is nothing new. */
bool tls_take_news(struct tls *tls, struct buf *out);

/* The peer has sent close_notify: no clear text comes after it. */
bool tls_peer_closed(const struct tls *tls);

/* The records that are to be sent; tls_sent() forgets them. They hold until the next call. */
const char *tls_records(const struct tls *tls, size_t *len);
void tls_sent(struct tls *tls);

/* Why it has failed, in words. */
const char *tls_why(const struct tls *tls);

/* "TLS 1.3, TLS_AES_256_GCM_SHA384, X25519; certificate verified": what was agreed on. */
void tls_print(const struct tls *tls, struct buf *out);

/* What this connection was asked to be, as record/tls_entry.h has it. */
void tls_print_asked(const struct tls *tls, struct buf *out);

/* What was agreed on, a line for each with its name, a tab and its value: "version", "cipher", …, what was
 * verified, and the certificates of the chain. "" before the handshake is over. */
const char *tls_facts(const struct tls *tls);

/* What a failure, or an end without close_notify, means, and what to try: sentences; static. */
const char *tls_advice(const struct tls *tls);
const char *tls_advice_cut_short(void); /* of an end without close_notify */

bool tls_is_server(const struct tls *tls);

/* Whether a certificate that cannot be verified ends the handshake. */
bool tls_verifies(const struct tls *tls);
