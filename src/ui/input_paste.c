// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_paste.h"

#include <limits.h>
#include <wchar.h>

#include "base/text.h"

static size_t plain_run(const char *s, size_t n)
{
	size_t at = 0;
	while (at < n && (unsigned char)s[at] < 0x80 && s[at] != '\0' && s[at] != '\r')
		at++;
	return at;
}

static void add_replacement(struct buf *out)
{
	char bytes[MB_LEN_MAX];
	mbstate_t state = { 0 };
	size_t len = wcrtomb(bytes, 0xfffd, &state);
	if (len == (size_t)-1)
		buf_append(out, "?", 1);
	else
		buf_append(out, bytes, len);
}

/* One that is not plain; returns its bytes. */
static size_t clean_one(const char *s, size_t n, struct buf *out)
{
	mbstate_t state = { 0 };
	size_t len = mbrlen(s, n, &state);
	if (len == 0)
		return 1;
	if (len > n) {
		add_replacement(out);
		return 1;
	}
	if (*s != '\r') {
		buf_append(out, s, len);
		return len;
	}
	buf_append(out, "\n", 1);
	return n > 1 && s[1] == '\n' ? 2 : 1;
}

void paste_clean(const char *bytes, size_t len, struct buf *out)
{
	for (size_t at = 0; at < len;) {
		size_t plain = plain_run(bytes + at, len - at);
		buf_append(out, bytes + at, plain);
		at += plain;
		if (at < len)
			at += clean_one(bytes + at, len - at, out);
	}
	while (out->len && buf_data(out)[out->len - 1] == '\n')
		out->len--;
}

void paste_flatten(struct buf *text, size_t most)
{
	if (text->len > most)
		text->len = text_whole(buf_data(text), most);
	for (size_t i = 0; i < text->len; i++) {
		char *c = text->memory + text->head + i;
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
}
