// SPDX-License-Identifier: GPL-3.0-or-later
/* tls_entry: the payload of CALL_TLS_CONNECT and CALL_TLS_ACCEPT: what was asked for, an empty line, and
 * what was agreed on, as net/tls/tls.h has them, both in lines of a name, a tab and a value; or what is to be
 * said of a failure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "record/entry.h"

/* What is asked for. The value is the bytes that follow the tab, as escape_encode() writes them; no other
 * name is known, and one that is not there was not asked for. */
#define TLS_ASKED_NAME "server name" /* whom the certificate must name */
#define TLS_ASKED_ALPN "ALPN"        /* protocols, with commas between them */
#define TLS_ASKED_VERIFY "verify"    /* "off", or not there */
#define TLS_ASKED_PIN "pin"
#define TLS_ASKED_CA "ca"     /* a file: who may have signed the peer's certificate */
#define TLS_ASKED_CERT "cert" /* files */
#define TLS_ASKED_KEY "key"
#define TLS_ASKED_CLIENTS "clients" /* "verified" by the authorities of the machine, or not there */

/* Appends the bytes of a value that was asked for. False where it was not. tls_asked_find() has the lines
 * alone. */
bool tls_entry_asked(const struct entry *entry, const char *name, struct buf *out);
bool tls_asked_find(const char *lines, size_t all, const char *name, struct buf *out);

/* What was agreed on; where the handshake has failed what that means: one sentence or several. */
const char *tls_entry_agreed(const struct entry *entry, size_t *len);
