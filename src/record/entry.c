// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/entry.h"

#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"

static const char *const names[CALL_COUNT] = {
	[CALL_NOTE] = "note",
	[CALL_COMMAND] = "command",
	[CALL_STATE] = "state",
	[CALL_SAMPLE] = "sample",
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
};

const char *entry_bytes(const struct entry *entry)
{
	return (const char *)entry + ENTRY_HEADER + entry->endpoint_len;
}

bool entry_is_secret(const struct entry *entry)
{
	return entry->flags & ENTRY_SECRET && entry_is_outgoing(entry);
}

/* Of no entry anything else is shown, whoever asks: so no view can forget it. */
const char *entry_payload(const struct entry *entry)
{
	static char stars[ENTRY_SECRET_MOST];
	if (!entry_is_secret(entry))
		return entry_bytes(entry);
	if (!stars[0])
		memset(stars, '*', sizeof stars);
	return stars;
}

struct endpoint entry_addr(const struct entry *entry)
{
	struct endpoint addr = { .family = AF_UNSPEC };
	size_t len = entry->endpoint_len < sizeof addr ? entry->endpoint_len : sizeof addr;
	memcpy(&addr, (const char *)entry + ENTRY_HEADER, len);
	memset((char *)&addr + endpoint_packed_size(&addr), 0,
	       sizeof addr - endpoint_packed_size(&addr));
	return addr;
}

static size_t ip_size(const struct endpoint *addr)
{
	return addr->family == AF_INET ? 4 : 16;
}

size_t entry_addresses_size(const struct endpoint *addr, const struct endpoint *local)
{
	size_t size = addr ? endpoint_packed_size(addr) : 0;
	bool both = size && local && local->family == addr->family;
	return size + (both ? ip_size(local) : 0);
}

struct endpoint entry_local(const struct entry *entry)
{
	struct endpoint local = { .family = AF_UNSPEC };
	struct endpoint addr = entry_addr(entry);
	size_t size = endpoint_packed_size(&addr);
	if (entry->endpoint_len <= size)
		return local;
	local.family = addr.family;
	memcpy(local.ip, (const char *)entry + ENTRY_HEADER + size, ip_size(&local));
	return local;
}

long entry_result(const struct entry *entry)
{
	if (entry->error)
		return -1;
	if (entry_is_incoming(entry) || entry_is_outgoing(entry))
		return (long)entry->len;
	if (entry->call == CALL_SOCKET)
		return entry->fd;
	return entry->call == CALL_ACCEPT ? entry->arg : 0;
}

bool entry_is_call(const struct entry *entry)
{
	return entry->call > CALL_SAMPLE;
}

bool entry_is_incoming(const struct entry *entry)
{
	return entry->call == CALL_RECV || entry->call == CALL_RECVFROM ||
	       entry->call == CALL_RECVMSG;
}

bool entry_is_outgoing(const struct entry *entry)
{
	return entry->call == CALL_SEND || entry->call == CALL_SENDTO ||
	       entry->call == CALL_SENDMSG;
}

bool entry_is_addressed(const struct entry *entry)
{
	return (entry_is_incoming(entry) || entry_is_outgoing(entry)) && entry->call != CALL_RECV &&
	       entry->call != CALL_SEND;
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
	       (entry->call == CALL_NOTE && entry->flags & ENTRY_ANSWER);
}

static bool moves_bytes(const struct entry *entry)
{
	return !entry->error && (entry_is_incoming(entry) || entry_is_outgoing(entry));
}

bool entry_is_datagram(const struct entry *entry)
{
	return moves_bytes(entry) && (entry->endpoint_len || entry_is_addressed(entry));
}

bool entry_is_stream(const struct entry *entry)
{
	bool beside = entry_is_aside(entry) || entry->arg2 & MSG_OOB;
	return moves_bytes(entry) && !entry_is_datagram(entry) && !beside;
}

bool entry_is_payload(const struct entry *entry)
{
	return moves_bytes(entry) && (entry->len || entry_is_datagram(entry));
}

bool entry_is_accepted(const struct entry *entry)
{
	return entry->call == CALL_STATE && !entry->previous_in_session &&
	       !(entry->flags & ENTRY_ERROR);
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
