// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/svg.h"

#include <string.h>

/* XML 1.0 cannot express every character that is printable for the C library. */
static bool is_xml(uint32_t c)
{
	return (c >= 0x20 && c < 0xd800) || (c >= 0xe000 && c < 0xfffe) ||
	       (c >= 0x10000 && c <= 0x10ffff);
}

static void put_utf8(uint32_t c, struct buf *out)
{
	if (c < 0x80)
		buf_printf(out, "%c", (int)c);
	else if (c < 0x800)
		buf_printf(out, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)));
	else if (c < 0x10000)
		buf_printf(out, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 63)),
		           (int)(0x80 | (c & 63)));
	else
		buf_printf(out, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 63)),
		           (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
}

static void put_char(wchar_t wc, struct buf *out)
{
	uint32_t c = (uint32_t)wc;
	if (c == '&')
		buf_append_text(out, "&amp;");
	else if (c == '<')
		buf_append_text(out, "&lt;");
	else if (c == '>')
		buf_append_text(out, "&gt;");
	else
		put_utf8(is_xml(c) ? c : '?', out);
}

void svg_add_row(const struct row *row, struct buf *out)
{
	for (size_t i = 0; i < row->count; i++)
		for (size_t j = 0; j < row->glyphs[i].count; j++)
			put_char(row->glyphs[i].chars[j], out);
}

void svg_add_text(const char *text, int columns, struct buf *out)
{
	struct row row = { 0 };
	row_put(&row, text, columns, STYLE_TEXT);
	svg_add_row(&row, out);
	row_free(&row);
}
