// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"

/* "Saturday, November 28, 2026 23:10:59-CET", the first of the two forms of RFC 867. Not strftime(3),
 * which follows the locale. */
static void answer_time(struct session *session, const struct endpoint *to)
{
	static const char *const days[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
		                            "Thursday", "Friday", "Saturday" };
	static const char *const months[] = { "January",   "February", "March",    "April",
		                              "May",       "June",     "July",     "August",
		                              "September", "October",  "November", "December" };
	char text[120], zone[16];
	struct tm now = clock_local(clock_now());
	strftime(zone, sizeof zone, "%Z", &now);
	int len = snprintf(text, sizeof text, "%s, %s %d, %d %02d:%02d:%02d-%s\r\n",
	                   days[now.tm_wday], months[now.tm_mon], now.tm_mday, now.tm_year + 1900,
	                   now.tm_hour, now.tm_min, now.tm_sec, zone);
	service_answer(session, to, text, (size_t)len);
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

const struct service service_daytime = {
	.name = "daytime",
	.help = "sends the date and the time as text, and closes (RFC 867)\n"
	        "On datagrams it answers each one.",
	.opened = opened,
	.data = asked,
};
