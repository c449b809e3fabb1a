// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

#include <sys/socket.h>

static const char greeting[] = "Hello from sockpit!\n";

/* FIN and not close(): a client that has already written would be answered by RST, which destroys
 * the greeting on its way. What it writes is read and dropped until it closes, too. */
static void greet(struct session *session)
{
	struct error error;
	service_answer(session, NULL, greeting, sizeof greeting - 1);
	session_shutdown(session, SHUT_WR, &error);
}

static void greet_back(struct session *session, const struct endpoint *from, const char *data,
                       size_t len)
{
	(void)data;
	(void)len;
	if (from)
		service_answer(session, from, greeting, sizeof greeting - 1);
}

const struct service service_hello = {
	.name = "hello",
	.help = "greets and closes; on UDP it answers each datagram",
	.opened = greet,
	.data = greet_back,
};
