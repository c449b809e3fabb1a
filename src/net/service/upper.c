// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

#include <stdlib.h>

#include "base/alloc.h"

static void answer_in_capitals(struct session *session, const struct endpoint *from,
                               const char *data, size_t len)
{
	char *text = xmalloc(len + 1);
	for (size_t i = 0; i < len; i++) /* many bytes at once: toupper() would be called for each */
		text[i] = (char)(data[i] - (data[i] >= 'a' && data[i] <= 'z' ? 'a' - 'A' : 0));
	service_answer(session, from, text, len);
	free(text);
}

const struct service service_upper = {
	.name = "upper",
	.help = "sends back what it reads, in capital letters",
	.data = answer_in_capitals,
};
