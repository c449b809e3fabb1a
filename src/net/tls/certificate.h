// SPDX-License-Identifier: GPL-3.0-or-later
/* certificate: one X.509 certificate (RFC 5280): its names and times in words, its fingerprint, the hosts for
 * which it is good, and one that is made for this machine. Knows no connection. */
#pragma once

#include <stdbool.h>

#include <openssl/x509.h>

#include "base/buf.h"

enum {
	CERTIFICATE_NAME_MOST = 120,              /* characters of a name that are written */
	CERTIFICATE_NAMES_MOST = 6,               /* names that are listed */
	CERTIFICATE_FINGERPRINT = 7 + 2 * 32 + 1, /* bytes: "sha256:", digits, NUL */
};

/* Which names make it good for a host: RFC 9525, those of the subjectAltName alone. */
#define CERTIFICATE_NAMES                                                                          \
	(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)

/* Appends "CN=example.org, O=Example", in printable ASCII, cut where it is long; of a subject without one
 * "no name". */
void certificate_put_name(const X509_NAME *name, struct buf *out);
void certificate_put_subject(const X509 *certificate, struct buf *out);

/* Appends "2026-11-29 10:00:00 UTC". */
void certificate_put_time(const ASN1_TIME *time, struct buf *out);

/* Appends "localhost, *.example.org, 127.0.0.1": the names for which it is good. */
void certificate_put_hosts(const X509 *certificate, struct buf *out);

/* "sha256:" and 64 hexadecimal digits, "" where the library cannot say. */
void certificate_fingerprint(const X509 *certificate, char out[CERTIFICATE_FINGERPRINT]);

/* Whether a host is a numeric address, not a name. */
bool certificate_host_is_address(const char *host);

/* Whether it is good for a host; "" = for whichever. */
bool certificate_names_host(X509 *certificate, const char *host);

/* Asked of one that does not name the host where names count: whether it is its common name. */
bool certificate_has_common_name(X509 *certificate, const char *host);

/* One for this machine, signed by itself, and its key, which is in memory alone. The caller frees what it
 * gets, also where it returns false: then not all is there. */
bool certificate_make(X509 **certificate, EVP_PKEY **private_key);
