// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/constant.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct constant {
	int value;
	const char *name;
};

#define NAME(symbol)                                                                               \
	{                                                                                          \
		symbol, #symbol                                                                    \
	}

/* ---- of calls ---- */

static const struct constant families[] = {
	NAME(AF_UNSPEC),
	NAME(AF_UNIX),
	NAME(AF_INET),
	NAME(AF_INET6),
};

static const struct constant types[] = {
	NAME(SOCK_STREAM),
	NAME(SOCK_DGRAM),
	NAME(SOCK_RAW),
	NAME(SOCK_SEQPACKET),
};

static const struct constant directions[] = {
	NAME(SHUT_RD),
	NAME(SHUT_WR),
	NAME(SHUT_RDWR),
};

/* recv(2), send(2). */
static const struct constant flag_names[] = {
	NAME(MSG_OOB),      NAME(MSG_PEEK),     NAME(MSG_DONTROUTE), NAME(MSG_CTRUNC),
	NAME(MSG_TRUNC),    NAME(MSG_DONTWAIT), NAME(MSG_EOR),       NAME(MSG_WAITALL),
#ifdef MSG_CONFIRM
	NAME(MSG_CONFIRM),
#endif
#ifdef MSG_ERRQUEUE
	NAME(MSG_ERRQUEUE),
#endif
	NAME(MSG_NOSIGNAL),
#ifdef MSG_MORE
	NAME(MSG_MORE),
#endif
#ifdef MSG_FASTOPEN
	NAME(MSG_FASTOPEN),
#endif
#ifdef MSG_ZEROCOPY
	NAME(MSG_ZEROCOPY),
#endif
};

static const char *lookup(const struct constant *table, size_t count, int value,
                          char out[CONSTANT_TEXT])
{
	for (size_t i = 0; i < count; i++)
		if (table[i].value == value)
			return table[i].name;
	snprintf(out, CONSTANT_TEXT, "%d", value);
	return out;
}

#define LOOKUP(table, value, out) lookup(table, sizeof(table) / sizeof *(table), value, out)

const char *constant_family(int family, char out[CONSTANT_TEXT])
{
	return LOOKUP(families, family, out);
}

/* On some systems the type carries flags, socket(2). */
const char *constant_type(int type, char out[CONSTANT_TEXT])
{
#if defined SOCK_CLOEXEC && defined SOCK_NONBLOCK
	type &= ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
#endif
	return LOOKUP(types, type, out);
}

const char *constant_shutdown(int how, char out[CONSTANT_TEXT])
{
	return LOOKUP(directions, how, out);
}

/* Appends what fits. */
static size_t add(char out[CONSTANT_TEXT], size_t used, const char *text)
{
	int n = snprintf(out + used, CONSTANT_TEXT - used, "%s%s", used ? "|" : "", text);
	size_t len = n > 0 ? (size_t)n : 0;
	return used + len < CONSTANT_TEXT ? used + len : CONSTANT_TEXT - 1;
}

const char *constant_flags(int flags, char out[CONSTANT_TEXT])
{
	char rest[16];
	size_t used = 0;
	if (!flags)
		return "0";
	for (size_t i = 0; i < sizeof flag_names / sizeof *flag_names; i++) {
		if (!(flags & flag_names[i].value))
			continue;
		used = add(out, used, flag_names[i].name);
		flags &= ~flag_names[i].value;
	}
	snprintf(rest, sizeof rest, "0x%x", (unsigned)flags);
	if (flags)
		add(out, used, rest);
	return out;
}

/* ---- of ICMP ---- */

enum { ANY = -1 };

struct message {
	int type, code;
	const char *name;
};

/* RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
static const struct message messages[] = {
	{ 3, 0, "network unreachable" },
	{ 3, 1, "host unreachable" },
	{ 3, 2, "protocol unreachable" },
	{ 3, 3, "port unreachable" },
	{ 3, 4, "fragmentation needed" },
	{ 3, 5, "source route failed" },
	{ 3, 6, "network unknown" },
	{ 3, 7, "host unknown" },
	{ 3, 9, "network prohibited" },
	{ 3, 10, "host prohibited" },
	{ 3, 11, "network unreachable for this service" },
	{ 3, 12, "host unreachable for this service" },
	{ 3, 13, "filtered" },
	{ 3, ANY, "destination unreachable" },
	{ 4, ANY, "source quench" },
	{ 5, ANY, "redirect" },
	{ 11, 0, "time to live exceeded" },
	{ 11, 1, "fragments missing" },
	{ 11, ANY, "time exceeded" },
	{ 12, ANY, "parameter problem" },
	{ ANY, ANY, "message" },
};

/* RFC 4443. */
static const struct message messages6[] = {
	{ 1, 0, "no route" },
	{ 1, 1, "prohibited" },
	{ 1, 2, "beyond the scope" },
	{ 1, 3, "address unreachable" },
	{ 1, 4, "port unreachable" },
	{ 1, 5, "source address refused" },
	{ 1, 6, "route rejected" },
	{ 1, ANY, "destination unreachable" },
	{ 2, ANY, "packet too big" },
	{ 3, 0, "hop limit exceeded" },
	{ 3, 1, "fragments missing" },
	{ 3, ANY, "time exceeded" },
	{ 4, ANY, "parameter problem" },
	{ ANY, ANY, "message" },
};

const char *constant_icmp(int v6, int type, int code, char out[CONSTANT_TEXT])
{
	const struct message *message = v6 ? messages6 : messages;
	while ((message->type != ANY && message->type != type) ||
	       (message->code != ANY && message->code != code))
		message++;
	snprintf(out, CONSTANT_TEXT, "%s %s (%d/%d)", v6 ? "ICMPv6" : "ICMP", message->name, type,
	         code);
	return out;
}
