// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/secret_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

enum { MOST = 64 << 10 };

static enum secret_line_key append(struct secret_line *line, const char *bytes, size_t len)
{
	if (len > MOST - line->len)
		return SECRET_LINE_REFUSED;
	if (!line->text)
		line->text = xmalloc(MOST);
	memcpy(line->text + line->len, bytes, len);
	line->len += len;
	return SECRET_LINE_TAKEN;
}

static void erase_from(struct secret_line *line, size_t at)
{
	if (line->len > at)
		wipe(line->text + at, line->len - at);
	line->len = at;
}

/* Without line ends at the end, which come from the terminal or a file. */
static enum secret_line_key paste(struct secret_line *line, const struct key *key)
{
	size_t len = key->len;
	while (len && (key->bytes[len - 1] == '\n' || key->bytes[len - 1] == '\r'))
		len--;
	return append(line, key->bytes, len);
}

static enum secret_line_key take_control(struct secret_line *line, char control)
{
	switch (control) {
	case '\r':
	case '\n':
		return SECRET_LINE_ENTERED;
	case 'C' - '@':
	case '\033':
		return SECRET_LINE_DROPPED;
	case 'D' - '@':
		return line->len ? SECRET_LINE_REFUSED : SECRET_LINE_DROPPED;
	case 'U' - '@':
		erase_from(line, 0);
		return SECRET_LINE_TAKEN;
	case '\b':
	case '\177':
		if (!line->len)
			return SECRET_LINE_REFUSED;
		erase_from(line, text_whole(line->text, line->len - 1));
		return SECRET_LINE_TAKEN;
	default:
		return SECRET_LINE_REFUSED;
	}
}

static bool is_control(char byte)
{
	return ((unsigned char)byte & ~31) == 0 || byte == '\177';
}

enum secret_line_key secret_line_take(struct secret_line *line, const struct key *key)
{
	if (key->kind == KEY_PASTE)
		return paste(line, key);
	if (key->len == 1 && is_control(key->bytes[0]))
		return take_control(line, key->bytes[0]);
	if (key->kind == KEY_TEXT || key->kind == KEY_INVALID)
		return append(line, key->bytes, key->len);
	return SECRET_LINE_REFUSED;
}

void secret_line_wipe(struct secret_line *line)
{
	if (line->text)
		wipe(line->text, MOST);
	free(line->text);
	*line = (struct secret_line){ 0 };
}
