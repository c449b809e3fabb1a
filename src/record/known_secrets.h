// SPDX-License-Identifier: GPL-3.0-or-later
/* known_secrets: the secrets that this run has sent, to recognize them in what comes back. Owns copies
 * of the newest 64, of which it looks for the first 512 bytes. One shorter than 4 bytes would be
 * found everywhere: it is not looked for. The copies are in no core dump, and are wiped. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known_secrets;

struct known_secrets *known_secrets_new(void);
void known_secrets_free(struct known_secrets *known); /* NULL is allowed */

/* Each line of it is a secret of its own. */
void known_secrets_add(struct known_secrets *known, const char *text, size_t len);

/* Whether these bytes have a secret in them, end with a beginning of one that has at least 4 bytes,
 * or go on with one that the bytes before them of this stream have begun, of which at least 4 bytes
 * are there now. Stream 0 is bytes on their own. With `again` they will come again, so that
 * the next ones do not go on after them. */
bool known_secrets_meet(struct known_secrets *known, uint64_t stream, const void *bytes, size_t len,
                        bool again);
