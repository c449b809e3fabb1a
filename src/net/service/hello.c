// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

static const char greeting[] = "Hello from sockpit!\n";

static void greet(struct session *session)
{
	service_answer(session, NULL, greeting, sizeof greeting - 1);
	service_send_fin(session);
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
