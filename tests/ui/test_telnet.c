// SPDX-License-Identifier: GPL-3.0-or-later
/* Every option is refused, wherever the reads cut the commands; data are data. */
#include "ui/telnet.h"

#include <stdint.h>

#include "support/tap.h"

static const struct {
	const char *name, *data;
	size_t len;
	const char *want;
	size_t want_len;
} cases[] = {
#define CASE(name, data, want)                                                                     \
	{                                                                                          \
		name, data, sizeof(data) - 1, want, sizeof(want) - 1                               \
	}
	CASE("plain text", "login: ", ""),
	CASE("WILL", "\377\373\1", "\377\376\1"),
	CASE("WONT", "\377\374\1", "\377\376\1"),
	CASE("DO", "\377\375\30", "\377\374\30"),
	CASE("DONT", "\377\376\30", "\377\374\30"),
	CASE("several, and text between them", "a\377\375\1b\377\373\3c", "\377\374\1\377\376\3"),
	CASE("an escaped IAC", "\377\377\375\1", ""),
	CASE("another command", "\377\371\375\1", ""),
	CASE("an option called IAC", "\377\375\377\375\1", "\377\374\377"),
	CASE("a command without its end", "\377\375", ""),
};

int main(void)
{
	struct buf out;
	buf_init(&out, SIZE_MAX);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct telnet whole = { 0 }, cut = { 0 };
		telnet_receive(&whole, cases[i].data, cases[i].len, &out);
		is_bytes(buf_data(&out), out.len, cases[i].want, cases[i].want_len, cases[i].name);
		buf_clear(&out);
		for (size_t at = 0; at < cases[i].len; at++)
			telnet_receive(&cut, cases[i].data + at, 1, &out);
		is_bytes(buf_data(&out), out.len, cases[i].want, cases[i].want_len,
		         "the same byte by byte");
		buf_clear(&out);
	}
	buf_free(&out);
	return tap_done();
}
