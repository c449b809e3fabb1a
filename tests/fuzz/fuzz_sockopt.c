// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes sockopt.h. The first byte chooses an option; the rest is a name, a value as a person may
 * write it, and a value as a kernel may give it. Its last byte says of which sockets the name is. */
#include "socket/sockopt.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static bool is_line(const struct error *error)
{
	return strlen(error->text) > 8 && is_printable(error->text);
}

static void check_find(const char *name, unsigned of)
{
	struct error error = { .text = "" };
	const struct sockopt *option = sockopt_find(name, of, &error);
	require(option ? option->name != NULL : is_line(&error));
}

/* What is understood is written down in a form that is understood as the same. */
static void check_parse(const struct sockopt *option, const char *text)
{
	char value[SOCKOPT_MAX], again[SOCKOPT_MAX];
	size_t len = 0, again_len = 0;
	struct error error = { .text = "" };
	struct buf shown = { .max = SIZE_MAX };
	if (!sockopt_parse(option, text, value, &len, &error)) {
		require(is_line(&error));
		return;
	}
	require(len <= SOCKOPT_MAX && !option->read_only && !*error.text);
	sockopt_format(option, value, len, &shown);
	require(is_printable(buf_text(&shown)) && shown.len > 0);
	require(sockopt_parse(option, buf_text(&shown), again, &again_len, &error));
	require(again_len == len &&
	        (option->form == SOCKOPT_SWITCH || option->form == SOCKOPT_LINGER ||
	         memcmp(value, again, len) == 0));
	sockopt_reason(option, value, again);
	buf_free(&shown);
}

static void check_format(const struct sockopt *option, const uint8_t *data, size_t size)
{
	struct buf shown = { .max = SIZE_MAX };
	sockopt_format(option, data, size, &shown);
	require(is_printable(buf_text(&shown)) && shown.len > 0);
	buf_free(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = 0;
	if (size < 1)
		return 0;
	while (sockopt_table[count].name)
		count++;
	const struct sockopt *option = &sockopt_table[data[0] % count];
	char *text = calloc(size, 1);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	check_find(text, data[size - 1] % 16);
	check_parse(option, text);
	check_format(option, data + 1, size - 1);
	free(text);
	return 0;
}
