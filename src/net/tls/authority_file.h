// SPDX-License-Identifier: GPL-3.0-or-later
/* authority_file: the certificates of a file in PEM, by the names those they are for. A
 * system's file has 150, of which a verification needs one or two, and to parse all takes 50 ms: so one is
 * parsed when its name is asked for. Owns the bytes of all of them. Knows no connection. */
#pragma once

#include <openssl/x509.h>

struct authority_file;

/* Reads it. Where it cannot be read, or a part of it is no PEM, it has no certificates; one
 * that cannot be parsed is none. */
struct authority_file *authority_file_new(const char *path);
void authority_file_free(struct authority_file *file); /* NULL is allowed */

/* Adds to the store the certificates of this name, those of their issuers, and so on: each once. */
void authority_file_add(struct authority_file *file, const X509_NAME *name, X509_STORE *store);
