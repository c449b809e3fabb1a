// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/transport.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static const struct {
	const char *name, *title;
	int type;
} transports[TRANSPORT_COUNT] = {
	[TRANSPORT_TCP] = { "tcp", "TCP", SOCK_STREAM },
	[TRANSPORT_UDP] = { "udp", "UDP", SOCK_DGRAM },
	[TRANSPORT_UNIX] = { "unix", "UNIX", SOCK_STREAM },
	[TRANSPORT_UNIXGRAM] = { "unixgram", "UNIX datagrams", SOCK_DGRAM },
	[TRANSPORT_UNIXPACKET] = { "unixpacket", "UNIX packets", SOCK_SEQPACKET },
};

const char *transport_name(enum transport transport)
{
	return transports[transport].name;
}

const char *transport_title(enum transport transport)
{
	return transports[transport].title;
}

int transport_type(enum transport transport)
{
	return transports[transport].type;
}

const char *transport_unit(enum transport transport)
{
	int type = transport_type(transport);
	return type == SOCK_DGRAM ? "datagram" : type == SOCK_SEQPACKET ? "message" : "call";
}

bool transport_is_unix(enum transport transport)
{
	return transport >= TRANSPORT_UNIX;
}

bool transport_keeps_borders(enum transport transport)
{
	return transport == TRANSPORT_UNIXPACKET;
}

const char *transport_fin(enum transport transport)
{
	return transport == TRANSPORT_TCP ? " (FIN)" : "";
}

bool transport_find(const char *text, size_t len, enum transport *transport)
{
	for (size_t i = 0; i < TRANSPORT_COUNT; i++) {
		if (strlen(transports[i].name) != len ||
		    strncasecmp(transports[i].name, text, len) != 0)
			continue;
		*transport = (enum transport)i;
		return true;
	}
	return false;
}
