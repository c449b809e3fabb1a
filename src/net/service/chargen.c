// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHOWN = 95, /* printable characters of ASCII */
	COLUMNS = 72,
	LINE = COLUMNS + 2,
	LINES = 800,       /* of one send() */
	DATAGRAM_MOST = 512 /* RFC 864 */
};

struct chargen {
	unsigned line; /* the next one: it begins with the character of this number */
};

/* Line after line, each beginning one character later, as RFC 864 proposes. */
static unsigned write_lines(unsigned line, size_t count, char *out)
{
	for (; count; count--, line = (line + 1) % SHOWN) {
		for (unsigned i = 0; i < COLUMNS; i++)
			*out++ = (char)(' ' + (line + i) % SHOWN);
		*out++ = '\r';
		*out++ = '\n';
	}
	return line;
}

/* Called again when the client has taken all of it. */
static void generate(struct session *session)
{
	char text[LINES * LINE];
	struct chargen *chargen = session_service_state(session);
	chargen->line = write_lines(chargen->line, LINES, text);
	service_answer(session, NULL, text, sizeof text);
}

static void asked(struct session *session, const struct endpoint *from, const char *data, size_t len)
{
	char text[(DATAGRAM_MOST / LINE + 1) * LINE];
	struct chargen *chargen = session_service_state(session);
	(void)data;
	(void)len;
	if (!from)
		return;
	chargen->line = write_lines(chargen->line, DATAGRAM_MOST / LINE + 1, text);
	service_answer(session, from, text, (size_t)random() % (DATAGRAM_MOST + 1));
}

/* A client that only reads has closed its sending side, and reads on. */
static void go_on(struct session *session)
{
	(void)session;
}

const struct service service_chargen = {
	.name = "chargen",
	.help = "sends lines of characters without end (RFC 864)\n"
	        "As fast as the client reads, until it closes or resets the connection; what it sends is "
	        "dropped. On datagrams it answers each one with 0 to 512 characters.",
	.state_size = sizeof(struct chargen),
	.opened = generate,
	.data = asked,
	.ready = generate,
	.ended = go_on,
};
