// SPDX-License-Identifier: GPL-3.0-or-later
/* tls_internal: the inside of tls.h, with OpenSSL: a connection (tls.c), the contexts that connections are made
 * by (tls_context.c), and what is said of them in words (tls_words.c). */
#pragma once

#include <openssl/ssl.h>

#include "net/tls/certificate.h"
#include "net/tls/tls.h"
#include "socket/tls_record.h"

enum {
	TLS_WHY = 400,  /* bytes of a reason in words */
	TLS_FIRST = 24, /* bytes kept of what a peer said first */
	TLS_NOT_SEEN = -1,
};

/* What tls_context_facts() has before the fingerprint, and after that of a server that verifies clients. */
#define TLS_FACT_CERTIFICATE "certificate\t"
#define TLS_FACT_CLIENTS     "\nclient's\teach must have one"

/* What the verification of the peer's certificate found. */
struct tls_verdict {
	long code;         /* X509_V_OK ...; TLS_NOT_SEEN before it */
	char why[TLS_WHY]; /* the certificate was not verified; "" = it was */
};

struct tls_context {
	unsigned shares;
	SSL_CTX *library;
	BIO_METHOD *bio_method; /* what the library reads records from, and writes them to */
	struct tls_authorities *authorities; /* NULL: it verifies nothing */
	bool server, verifies;
	bool verifies_clients; /* a server: each must have a certificate */
	SSL_SESSION *ticket; /* a client: what the next connection offers to go on with, in memory
	                        alone; NULL = nothing, */
	struct tls_verdict ticket_verdict;         /* and what was found of the certificate */
	char fingerprint[CERTIFICATE_FINGERPRINT]; /* of our certificate, "" = none */
	char facts[sizeof TLS_FACT_CERTIFICATE + CERTIFICATE_FINGERPRINT + sizeof TLS_FACT_CLIENTS];
	unsigned char alpn[TLS_ALPN_MOST]; /* as the protocol has it: each after its length */
	unsigned alpn_len;
	char pin[CERTIFICATE_FINGERPRINT]; /* that the peer's certificate must have; "" = it is verified */
	char *server_name;                 /* NULL = the host that is called */
	char *alpn_words, *ca, *cert, *key; /* as they were given, or NULL */
};

struct tls {
	struct tls_context *context;
	SSL *library;
	struct buf in, out; /* records: that have come, and that are to be sent */
	char *host;         /* that the certificate must name */
	enum tls_state state;
	bool closed;             /* we have made a close_notify */
	bool peer_closed;        /* and the peer has */
	int alert_in, alert_out; /* the last fatal alert, or TLS_NOT_SEEN */
	struct tls_verdict verdict;
	char first[TLS_FIRST]; /* bytes that have come first */
	size_t first_len;
	uint8_t header[TLS_RECORD_HEADER]; /* of the record that the library reads */
	size_t header_len;                 /* bytes of it that have come */
	size_t body_left;                  /* bytes after it that the library has not read */
	unsigned headers;                  /* of records, that have come */
	bool out_of_records;               /* where a record must begin came something else, */
	bool odd_record;                   /* or one of another version */
	char why[TLS_WHY];
	bool in_common_name;         /* the host is named where it does not count */
	bool no_certificate;         /* a client has sent none, and was asked for one */
	bool certificate_requested;  /* a client: by the server, */
	char request_names[TLS_WHY]; /* signed by one of these; "" = it has not said which */
	struct buf facts;            /* with a NUL after them */
	void (*take_key)(void *context, const char *line); /* NULL = nobody wants them */
	void *key_context;
	bool offered;                       /* the ticket of an earlier connection */
	unsigned updates_in, updates_out;   /* KeyUpdate messages, */
	unsigned reported_in, reported_out; /* of which news have been given */
	bool renegotiation_refused, renegotiation_reported;
};

/* ---- contexts ---- */

/* Reads of the authorities what the verification of a chain needs. */
void tls_authorities_find(struct tls_authorities *authorities, const SSL *library,
                          const X509_STORE_CTX *asked);

/* ---- what the library calls; `context` is not used ---- */

/* In place of X509_verify_cert(), whose verdict is kept: after a failed handshake the library has none of the
 * peer's certificates any more. */
int tls_verify(X509_STORE_CTX *store, void *context);

/* A client: the server has sent a CertificateRequest; notes the authorities from which it takes one. */
int tls_take_request(SSL *library, void *context);

/* A client: the server has sent a ticket, or, in TLS 1.2, the handshake is over. Takes it: the newest is
 * kept. */
int tls_keep_ticket(SSL *library, SSL_SESSION *ticket);

/* A BIO that reads tls.in and writes tls.out: the library's own one clears its memory for every record. */
BIO_METHOD *tls_make_bio_method(void);

/* ---- words ---- */

/* The library's last error, and its reason: "certificate verify failed". Static. */
unsigned long tls_last_error(void);
const char *tls_last_reason(void);

/* Whether what has come first can be TLS. */
bool tls_peer_speaks_tls(const struct tls *tls);

/* Writes tls.verdict.why: why a certificate was not verified. `bad` is the one of the chain that is meant, `leaf`
 * the peer's own. */
void tls_explain_verdict(struct tls *tls, const X509 *bad, X509 *leaf);

/* Writes tls.why: why it fails, while it is still in the state in which it does. */
void tls_explain_failure(struct tls *tls);

/* Writes tls.facts: what holds until keys change. */
void tls_describe(struct tls *tls);
