// SPDX-License-Identifier: GPL-3.0-or-later
#include "log/log_digest.h"

#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

enum { BYTES_MOST = 512 }; /* of a payload; the number of all of them counts, too */

uint32_t log_digest_bytes(uint32_t digest, const void *bytes, size_t len)
{
	for (const unsigned char *byte = bytes; len > 0; byte++, len--)
		digest = (digest ^ *byte) * 16777619U;
	return digest;
}

/* The same on every machine. */
static uint32_t add_number(uint32_t digest, uint64_t number)
{
	unsigned char bytes[8];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(number >> 8 * i);
	return log_digest_bytes(digest, bytes, sizeof bytes);
}

uint32_t log_digest_call(uint32_t digest, const struct entry *header, const struct endpoint *addr,
                         const char *bytes)
{
	bool ip = addr->family == AF_INET || addr->family == AF_INET6;
	if (!entry_is_call(header))
		return digest;
	const char *name = entry_call_name((enum call)header->call);
	digest = log_digest_bytes(digest, name, strlen(name));
	digest = add_number(digest, (uint64_t)clock_wall(header->time));
	digest = add_number(digest, header->session);
	digest = add_number(digest, header->error);
	digest = add_number(digest, ip ? addr->port : 0);
	if ((!entry_is_incoming(header) && !entry_is_outgoing(header)) || entry_is_secret(header))
		return digest;
	digest = add_number(digest, header->len);
	return log_digest_bytes(digest, bytes, header->len < BYTES_MOST ? header->len : BYTES_MOST);
}
