// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/count.h"

struct sum {
	uint64_t bytes, lines;
};

static void count(struct sum *sum, const char *data, size_t len)
{
	sum->bytes += len;
	for (size_t i = 0; i < len; i++)
		sum->lines += data[i] == '\n';
}

static void answer(struct session *session, const struct endpoint *to, const struct sum *sum)
{
	char text[64];
	int len = snprintf(text, sizeof text, "%" PRIu64 " byte%s, %" PRIu64 " line%s\n", sum->bytes,
	                   count_plural(sum->bytes), sum->lines, count_plural(sum->lines));
	service_answer(session, to, text, (size_t)len);
}

static void add(struct session *session, const struct endpoint *from, const char *data, size_t len)
{
	struct sum one = { 0 };
	count(from ? &one : session_service_state(session), data, len);
	if (from)
		answer(session, from, &one);
}

static void answer_all(struct session *session)
{
	answer(session, NULL, session_service_state(session));
	service_send_fin(session);
}

const struct service service_sum = {
	.name = "sum",
	.help = "counts bytes and lines until the client sends FIN, then answers\n"
	        "The client must close its sending side alone to read the answer: /shutdown write. On "
	        "datagrams each one is counted and answered.",
	.state_size = sizeof(struct sum),
	.data = add,
	.ended = answer_all,
};
