// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/transport.h"

#include <string.h>
#include <strings.h>

static const struct {
	const char *name, *title;
} transports[] = {
	[TRANSPORT_TCP] = { "tcp", "TCP" },
	[TRANSPORT_UDP] = { "udp", "UDP" },
};

const char *transport_name(enum transport transport)
{
	return transports[transport].name;
}

const char *transport_title(enum transport transport)
{
	return transports[transport].title;
}

bool transport_find(const char *text, size_t len, enum transport *transport)
{
	for (size_t i = 0; i < sizeof transports / sizeof *transports; i++) {
		if (strlen(transports[i].name) != len ||
		    strncasecmp(transports[i].name, text, len) != 0)
			continue;
		*transport = (enum transport)i;
		return true;
	}
	return false;
}
