// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes cable.h and cable_settings.h. The input is a line of words for /cable, then a row of frames:
 * a byte of direction, two of the frame's length, the frame; the last one takes what is left. */
#include "net/cable.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { HEADER = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool find(void *context, const char *name, struct endpoint *local, struct endpoint *peer,
                 enum host *host, struct error *error)
{
	(void)context, (void)name, (void)error;
	*host = HOST_LEFT;
	*local = host_address(HOST_LEFT, AF_INET, 40000);
	*peer = (struct endpoint){ .family = AF_UNSPEC };
	return true;
}

static const struct cable_names names = { .find = find };

/* What is printed is read, and is printed in the same way again. */
static void check_printing(const struct cable_settings *settings)
{
	struct buf first = { .max = SIZE_MAX }, second = { .max = SIZE_MAX };
	struct cable_settings again;
	struct error error;
	cable_settings_init(&again);
	cable_print(settings, &first);
	char *lines = xstrdup(buf_text(&first)), *line = lines;
	for (char *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		require(cable_parse(&again, line, &names, &error));
	}
	cable_print(&again, &second);
	require(strcmp(buf_text(&first), buf_text(&second)) == 0);
	free(lines);
	buf_free(&first);
	buf_free(&second);
}

static void count(void *context, const struct cable_strike *strike)
{
	require(memchr(strike->rule, '\0', sizeof strike->rule) && strike->rule[0]);
	++*(size_t *)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cable_settings settings;
	struct error error = { 0 };
	size_t len = 0, strikes = 0;
	int64_t now = CLOCK_S;
	while (len < size && data[len] != '\n')
		len++;
	char *words = xstrndup((const char *)data, len);
	cable_settings_init(&settings);
	require(cable_parse(&settings, words, &names, &error) || error.text[0]);
	require(cable_expected(words) != NULL);
	check_printing(&settings);
	free(words);
	len += len < size;
	data += len;
	size -= len;

	struct cable *cable = cable_new(count, &strikes);
	cable_set(cable, &settings);
	for (; size > HEADER; now += CLOCK_MS) {
		enum host from = data[0] & 1 ? HOST_RIGHT : HOST_LEFT;
		len = (size_t)data[1] << 8 | data[2];
		data += HEADER;
		size -= HEADER;
		len = len < size ? len : size;
		uint8_t *frame = xmalloc(len ? len : 1); /* so that a byte read too far is seen */
		memcpy(frame, data, len);
		cable_carry(cable, from, now, frame, len);
		free(frame);
		for (struct cable_delivery *delivery; (delivery = cable_take(cable, now));) {
			require(delivery->at <= now && delivery->at >= delivery->entered);
			require(delivery->to != HOST_HERE && delivery->to != delivery->from);
			cable_done(cable, delivery);
		}
		data += len;
		size -= len;
	}
	/* Nothing stays for ever: a minute's delay, and a queue at 1 kbit/s. */
	while (cable_next(cable) != INT64_MAX) {
		struct cable_delivery *delivery = cable_take(cable, cable_next(cable));
		if (delivery)
			cable_done(cable, delivery);
	}
	cable_free(cable);
	return 0;
}
