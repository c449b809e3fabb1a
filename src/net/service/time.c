// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

#include "base/clock.h"

/* Seconds since 1900 in network byte order; from 2036 on they begin at 0 again. */
static void answer_time(struct session *session, const struct endpoint *to)
{
	const int64_t from_1900_to_1970 = INT64_C(2208988800);
	uint32_t now = (uint32_t)(clock_wall(clock_now()) / CLOCK_S + from_1900_to_1970);
	char bytes[4] = { (char)(now >> 24), (char)(now >> 16), (char)(now >> 8), (char)now };
	service_answer(session, to, bytes, sizeof bytes);
}

static void opened(struct session *session)
{
	answer_time(session, NULL);
	service_send_fin(session);
}

static void asked(struct session *session, const struct endpoint *from, const char *data, size_t len)
{
	(void)data;
	(void)len;
	if (from)
		answer_time(session, from);
}

const struct service service_time = {
	.name = "time",
	.help = "sends the seconds since 1900 as 4 bytes, and closes (RFC 868)\n"
	        "On datagrams it answers each one.",
	.opened = opened,
	.data = asked,
};
