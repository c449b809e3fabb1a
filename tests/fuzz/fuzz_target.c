// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes target_parse(). The first byte holds the switches, the first line is the text, the second the
 * port. */
#include "net/target.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { LISTENING = 1, HAS_PORT = 2, UDP = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static char *copy_text(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	if (!text)
		abort();
	memcpy(text, data, len);
	text[len] = '\0';
	return text;
}

static bool is_clean(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			return false;
	return true;
}

/* What was taken is in range, and written out again it means the same. */
static void check_target(const struct target *target, bool listening)
{
	char out[TARGET_HOST + TARGET_SERVICE + 4];
	struct target again;
	struct error error;
	if (transport_is_unix(target->transport)) {
		struct endpoint addr;
		char host[ENDPOINT_TEXT];
		require(!target->service[0] && is_clean(target->host));
		require(endpoint_parse_path(target->host, &addr, &error));
		require(strcmp(endpoint_format(&addr, host), target->host) == 0);
		return;
	}
	require(target->service[0]); /* without a host it is this machine */
	require(is_clean(target->host) && is_clean(target->service));
	if (target->service[strspn(target->service, "0123456789")] == '\0')
		require(strlen(target->service) <= 5 &&
		        strtoul(target->service, NULL, 10) <= 65535);
	enum transport named; /* a host of that name is two words: "unix:80" is a path */
	if (transport_find(target->host, strlen(target->host), &named) && transport_is_unix(named))
		return;
	target_format(target, out);
	require(target_parse(&again, out, NULL, target->transport, listening, &error));
	require(again.transport == target->transport);
	require(strcmp(again.host, target->host) == 0 &&
	        strcmp(again.service, target->service) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	int switches = *data++;
	const uint8_t *line = memchr(data, '\n', --size);
	size_t len = line ? (size_t)(line - data) : size;
	char *text = copy_text(data, len);
	char *port = line ? copy_text(line + 1, size - len - 1) : copy_text(data, 0);
	bool listening = switches & LISTENING;
	struct target target;
	struct error error = { .text = "" };
	if (target_parse(&target, text, switches & HAS_PORT ? port : NULL,
	                 switches & UDP ? TRANSPORT_UDP : TRANSPORT_TCP, listening, &error))
		check_target(&target, listening);
	else
		require(error.text[0] && is_clean(error.text));
	free(text);
	free(port);
	return 0;
}
