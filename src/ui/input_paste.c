// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_paste.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "ui/byte_escape.h"

bool paste_clean(const char *bytes, size_t len, struct buf *out)
{
	while (len > 0) {
		const char *end = memchr(bytes, '\r', len);
		size_t taken = end ? (size_t)(end - bytes) : len;
		byte_escape_hold(bytes, taken, out);
		if (end) {
			buf_append(out, "\n", 1);
			taken += taken + 1 < len && end[1] == '\n' ? 2 : 1;
		}
		bytes += taken;
		len -= taken;
	}
	bool cut = out->len > 0 && buf_data(out)[out->len - 1] == '\n';
	out->len -= cut;
	return cut;
}

void paste_flatten(struct buf *text, size_t most)
{
	if (text->len == 0)
		return;
	char *bytes = text->memory + text->head;
	size_t len = 0;
	if (text->len > most)
		text->len = text_whole(bytes, most);
	for (size_t at = 0; at < text->len; len++) {
		size_t escape = byte_escape_length(bytes + at, text->len - at);
		unsigned char byte = (unsigned char)bytes[at];
		bytes[len] = escape ? '?' : byte < ' ' || byte == 0x7f ? ' ' : (char)byte;
		at += escape ? escape : 1;
	}
	text->len = len;
}
