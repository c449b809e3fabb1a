// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_repair.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include <readline/readline.h>

#include "ui/byte_escape.h"

static size_t ascii_prefix(const char *s, size_t n)
{
	size_t at = 0;
	for (uint64_t word; at + sizeof word <= n; at += sizeof word) {
		memcpy(&word, s + at, sizeof word);
		if (word & UINT64_C(0x8080808080808080))
			break;
	}
	while (at < n && (unsigned char)s[at] < 0x80)
		at++;
	return at;
}

static void drop_byte(int at)
{
	rl_delete_text(at, at + 1);
	rl_point -= rl_point > at;
}

static void escape_byte(int at)
{
	char escape[BYTE_ESCAPE + 1];
	snprintf(escape, sizeof escape, "%cx%02x", BYTE_MARK, (unsigned char)rl_line_buffer[at]);
	int point = rl_point > at ? rl_point + BYTE_ESCAPE - 1 : rl_point;
	rl_delete_text(at, at + 1);
	rl_point = at;
	rl_insert_text(escape);
	rl_point = point;
}

void input_repair(void)
{
	for (const char *nul; (nul = memchr(rl_line_buffer, '\0', (size_t)rl_end));)
		drop_byte((int)(nul - rl_line_buffer));
	for (int at = 0; at < rl_end;) {
		at += (int)ascii_prefix(rl_line_buffer + at, (size_t)(rl_end - at));
		if (at >= rl_end)
			break;
		mbstate_t state = { 0 };
		size_t len = mbrlen(rl_line_buffer + at, (size_t)(rl_end - at), &state);
		if (len > (size_t)(rl_end - at)) {
			escape_byte(at);
			at += BYTE_ESCAPE;
			continue;
		}
		if (rl_point > at && rl_point < at + (int)len)
			rl_point = at;
		at += (int)len;
	}
}
