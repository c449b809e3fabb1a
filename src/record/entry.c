// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/entry.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

static const char *const names[CALL_COUNT] = {
	[CALL_NOTE] = "note",
	[CALL_COMMAND] = "command",
	[CALL_STATE] = "state",
	[CALL_SAMPLE] = "sample",
	[CALL_FRAME] = "frame",
	[CALL_GETADDRINFO] = "getaddrinfo",
	[CALL_SOCKET] = "socket",
	[CALL_BIND] = "bind",
	[CALL_LISTEN] = "listen",
	[CALL_ACCEPT] = "accept",
	[CALL_CONNECT] = "connect",
	[CALL_SETSOCKOPT] = "setsockopt",
	[CALL_GETSOCKOPT] = "getsockopt",
	[CALL_GETSOCKNAME] = "getsockname",
	[CALL_SEND] = "send",
	[CALL_SENDTO] = "sendto",
	[CALL_RECV] = "recv",
	[CALL_RECVFROM] = "recvfrom",
	[CALL_SENDMSG] = "sendmsg",
	[CALL_RECVMSG] = "recvmsg",
	[CALL_SHUTDOWN] = "shutdown",
	[CALL_CLOSE] = "close",
	[CALL_ERRQUEUE] = "recvmsg",
	[CALL_TLS_CONNECT] = "SSL_connect",
	[CALL_TLS_ACCEPT] = "SSL_accept",
	[CALL_TLS_SHUTDOWN] = "SSL_shutdown",
	[CALL_TLS_READ] = "SSL_read",
	[CALL_TLS_WRITE] = "SSL_write",
};

const char *entry_bytes(const struct entry *entry)
{
	uint32_t back;
	const char *place = (const char *)entry + ENTRY_HEADER;
	if (!entry_is_shared(entry))
		return place;
	memcpy(&back, place, sizeof back);
	return (const char *)entry - back;
}

bool entry_is_secret(const struct entry *entry)
{
	return entry->flags & ENTRY_SECRET &&
	       (entry_is_outgoing(entry) || entry_is_incoming(entry));
}

/* Whoever shows an entry asks here, so no view can forget that it is a secret. */
const char *entry_payload(const struct entry *entry)
{
	static char stars[ENTRY_SECRET_MOST];
	if (!entry_is_secret(entry))
		return entry_bytes(entry);
	if (!stars[0])
		memset(stars, '*', sizeof stars);
	return stars;
}

/* ---- addresses ---- */

/* Our own address follows the peer's: packed, which never begins with 0; or as a reference of 0 and
 * two bytes, the distance to the entry that has it packed, in units of ENTRY_ALIGN. */
enum { REFERENCE = 3 };

static const uint8_t *addresses(const struct entry *entry)
{
	return (const uint8_t *)entry + ENTRY_HEADER + entry_kept(entry);
}

struct tls_boundary entry_boundary(const struct entry *entry)
{
	struct tls_boundary boundary = { 0 };
	if (entry_is_sealed(entry))
		memcpy(&boundary, addresses(entry) + entry->endpoint_len, sizeof boundary);
	return boundary;
}

struct endpoint entry_addr(const struct entry *entry)
{
	struct endpoint addr;
	endpoint_unpack(&addr, addresses(entry), entry->endpoint_len);
	return addr;
}

/* Its offset in the addresses; their length where there is none. */
static size_t local_offset(const struct entry *entry)
{
	struct endpoint addr;
	return endpoint_unpack(&addr, addresses(entry), entry->endpoint_len);
}

struct endpoint entry_local(const struct entry *entry)
{
	struct endpoint local = { .family = AF_UNSPEC };
	size_t offset = local_offset(entry);
	const uint8_t *at = addresses(entry) + offset;
	if (offset >= entry->endpoint_len)
		return local;
	if (!*at) {
		size_t back = (size_t)(at[1] << 8 | at[2]) * ENTRY_ALIGN;
		entry = (const void *)((const char *)entry - back);
		offset = local_offset(entry);
		at = addresses(entry) + offset;
	}
	offset += endpoint_unpack(&local, at, entry->endpoint_len - offset);
	size_t name = entry->endpoint_len - offset;
	if (endpoint_is_set(&local) && name < sizeof local.interface)
		memcpy(local.interface, addresses(entry) + offset, name);
	return local;
}

size_t entry_pack_addresses(const struct endpoint *addr, const struct endpoint *local, size_t back,
                            uint8_t out[ENTRY_ADDRESSES])
{
	size_t len = addr ? endpoint_pack(addr, out) : 0;
	if (!len || !local || !endpoint_same_family(addr, local))
		return len;
	if (!back) {
		struct endpoint host = *local;
		host.port = 0;
		host.scope = 0;
		len += endpoint_pack(&host, out + len);
		size_t name = endpoint_is_unix(local)
		                      ? 0
		                      : strnlen(local->interface, sizeof local->interface - 1);
		memcpy(out + len, local->interface, name);
		return len + name;
	}
	out[len] = 0;
	out[len + 1] = (uint8_t)(back / ENTRY_ALIGN >> 8);
	out[len + 2] = (uint8_t)(back / ENTRY_ALIGN);
	return len + REFERENCE;
}

/* ---- the error queue ---- */

size_t entry_pack_errqueue(const struct errqueue *error, uint8_t out[ERRQUEUE_PACKED])
{
	const uint8_t small[] = { error->origin, error->type, error->code, error->error };
	memcpy(out, small, sizeof small);
	memcpy(out + 4, &error->info, sizeof error->info);
	memcpy(out + 8, &error->delay, sizeof error->delay);
	return 16 + endpoint_pack(&error->target, out + 16);
}

bool entry_unpack_errqueue(const struct entry *entry, struct errqueue *error)
{
	const uint8_t *bytes = (const uint8_t *)entry_payload(entry);
	if (entry->call != CALL_ERRQUEUE || entry->len < 16)
		return false;
	*error = (struct errqueue){
		.origin = bytes[0], .type = bytes[1], .code = bytes[2], .error = bytes[3]
	};
	memcpy(&error->info, bytes + 4, sizeof error->info);
	memcpy(&error->delay, bytes + 8, sizeof error->delay);
	endpoint_unpack(&error->target, bytes + 16, entry->len - 16);
	return true;
}

/* ---- calls ---- */

enum host entry_host(const struct entry *entry)
{
	bool kept = entry->call == CALL_SOCKET && entry->len == 1;
	unsigned char host = kept ? (unsigned char)entry_bytes(entry)[0] : HOST_HERE;
	return host < HOST_COUNT ? (enum host)host : HOST_HERE;
}

long entry_result(const struct entry *entry)
{
	if (entry->error)
		return -1;
	if (entry_is_incoming(entry) || entry_is_outgoing(entry))
		return (long)entry->len;
	if (entry->call == CALL_SOCKET)
		return entry->fd;
	return entry->call == CALL_ACCEPT || entry_is_of_tls(entry) ? entry->arg : 0;
}

bool entry_is_call(const struct entry *entry)
{
	return entry->call > CALL_FRAME;
}

bool entry_is_addressed(const struct entry *entry)
{
	return (entry_is_incoming(entry) || entry_is_outgoing(entry)) && entry->call != CALL_RECV &&
	       entry->call != CALL_SEND && !entry_is_clear(entry);
}

bool entry_is_connect_begun(const struct entry *entry)
{
	return entry->call == CALL_CONNECT && entry->error == EINPROGRESS;
}

bool entry_is_connect_return(const struct entry *entry)
{
	return entry->call == CALL_CONNECT && entry->flags & ENTRY_WAITED;
}

bool entry_is_shown(const struct entry *entry, bool own_calls)
{
	return own_calls ? !entry_is_connect_return(entry) : !(entry->flags & ENTRY_WATCHING);
}

bool entry_has_failed(const struct entry *entry)
{
	return entry_is_call(entry) && entry->error && entry->error != EAGAIN &&
	       entry->error != EINPROGRESS;
}

bool entry_is_end_of_file(const struct entry *entry)
{
	return entry->call == CALL_RECV && !entry->error && !entry->len && entry->arg > 0 &&
	       !entry->endpoint_len && !(entry->flags & ENTRY_NO_END);
}

bool entry_sets_linger(const struct entry *entry, bool *resets)
{
	struct linger linger;
	if (entry->call != CALL_SETSOCKOPT || entry->error ||
	    entry->arg2 != (int16_t)SOL_SOCKET || entry->arg != SO_LINGER ||
	    entry->len < sizeof linger)
		return false;
	memcpy(&linger, entry_payload(entry), sizeof linger);
	*resets = linger.l_onoff && !linger.l_linger;
	return true;
}

bool entry_is_aside(const struct entry *entry)
{
	int aside = entry_is_incoming(entry) ? MSG_PEEK | MSG_OOB : 0;
	return entry->arg2 & aside;
}

bool entry_is_words(const struct entry *entry)
{
	return entry->call == CALL_NOTE || entry->call == CALL_COMMAND || entry->call == CALL_STATE;
}

bool entry_is_of_command(const struct entry *entry)
{
	return entry->call == CALL_COMMAND ||
	       (entry->call == CALL_NOTE && entry->flags & ENTRY_ANSWER &&
	        !(entry->flags & ENTRY_SAID));
}

static bool moves_bytes(const struct entry *entry)
{
	return !entry->error && (entry_is_incoming(entry) || entry_is_outgoing(entry));
}

bool entry_is_datagram(const struct entry *entry)
{
	return moves_bytes(entry) && (entry->endpoint_len || entry_is_addressed(entry));
}

bool entry_is_batched(const struct entry *entry)
{
	return entry_is_incoming(entry) && entry_is_addressed(entry) && entry->flags & ENTRY_BATCH;
}

bool entry_has_header(const struct entry *entry)
{
	return entry->call == CALL_RECVMSG && !(entry->flags & ENTRY_BATCH) &&
	       (entry->ttl || entry->tos);
}

bool entry_is_stream(const struct entry *entry)
{
	bool beside = entry_is_aside(entry) || entry->arg2 & MSG_OOB;
	return moves_bytes(entry) && !entry_is_datagram(entry) && !beside && !entry_is_sealed(entry);
}

bool entry_is_payload(const struct entry *entry)
{
	return moves_bytes(entry) && (entry->len || entry_is_datagram(entry)) &&
	       !entry_is_sealed(entry);
}

bool entry_is_accepted(const struct entry *entry)
{
	return entry->call == CALL_STATE && !entry->previous_in_session &&
	       !(entry->flags & ENTRY_ERROR);
}

uint32_t entry_microseconds(int64_t duration)
{
	int64_t us = duration / CLOCK_US + (duration % CLOCK_US > 0);
	return us < 0 ? 0 : us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

int64_t entry_shown_time(const struct entry *entry)
{
	bool waited = entry->flags & ENTRY_WAITED && entry->duration != UINT32_MAX;
	return entry->time + (waited ? entry->duration * CLOCK_US : 0);
}

const char *entry_call_name(enum call call)
{
	return names[call];
}
