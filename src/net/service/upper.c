// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/alloc.h"

static void answer_in_capitals(struct session *session, const struct endpoint *from,
                               const char *data, size_t len)
{
	char *text = xmalloc(len + 1);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)((unsigned char)data[i] < 0x80 ? toupper((unsigned char)data[i]) : data[i]);
	service_answer(session, from, text, len);
	free(text);
}

const struct service service_upper = {
	.name = "upper",
	.help = "sends back what it reads, in capital letters",
	.data = answer_in_capitals,
};
