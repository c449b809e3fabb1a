// SPDX-License-Identifier: GPL-3.0-or-later
/* log_digest: a number that follows from the calls of a log in JSON lines. Who writes the log and who reads it back
 * get the same one, unless a call was changed, removed, inserted or moved in between. Anybody who knows how it is
 * made can make another. */
#pragma once

#include <stdint.h>

#include "record/entry.h"
#include "socket/endpoint.h"

/* FNV-1a; a text begins with LOG_DIGEST_BEGIN. */
#define LOG_DIGEST_BEGIN 2166136261U
uint32_t log_digest_bytes(uint32_t digest, const void *bytes, size_t len);

/* After this call; an entry that is no call changes nothing. `addr`, `bytes`: those of the entry. */
uint32_t log_digest_call(uint32_t digest, const struct entry *header, const struct endpoint *addr,
                         const char *bytes);
