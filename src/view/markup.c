// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/markup.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* XML 1.0 cannot express every character that is printable for the C library. */
static bool is_xml(uint32_t c)
{
	return (c >= 0x20 && c < 0xd800) || (c >= 0xe000 && c < 0xfffe) ||
	       (c >= 0x10000 && c <= 0x10ffff);
}

static void put_char(wchar_t wc, struct buf *out)
{
	char bytes[4];
	switch (wc) {
	case L'&':
		buf_append_text(out, "&amp;");
		break;
	case L'<':
		buf_append_text(out, "&lt;");
		break;
	case L'>':
		buf_append_text(out, "&gt;");
		break;
	case L'"':
		buf_append_text(out, "&quot;");
		break;
	case L'\'':
		buf_append_text(out, "&#39;");
		break;
	default:
		buf_append(out, bytes, utf8_encode(is_xml((uint32_t)wc) ? (uint32_t)wc : '?', bytes));
	}
}

static void put_glyph(const struct glyph *glyph, struct buf *out)
{
	for (size_t i = 0; i < glyph->count; i++)
		put_char(glyph->chars[i], out);
}

void markup_text(struct buf *out, const char *text, size_t len)
{
	while (len > 0) {
		struct glyph glyph;
		size_t n = text_glyph(text, len, -1, &glyph);
		put_glyph(&glyph, out);
		text += n;
		len -= n;
	}
}

void markup_columns(struct buf *out, const char *text, int columns)
{
	struct row row = { 0 };
	row_put(&row, text, columns, STYLE_TEXT);
	markup_row(out, &row);
	row_free(&row);
}

void markup_row(struct buf *out, const struct row *row)
{
	for (size_t i = 0; i < row->count; i++)
		put_glyph(&row->glyphs[i], out);
}

const char *markup_class(enum style style)
{
	static const char *const classes[STYLE_COUNT] = {
		[STYLE_MARK] = "m", [STYLE_TIME] = "t",  [STYLE_IN] = "i",    [STYLE_OUT] = "o",
		[STYLE_NOTE] = "n", [STYLE_STATE] = "s", [STYLE_ERROR] = "e", [STYLE_FAINT] = "f",
	};
	return style < STYLE_COUNT ? classes[style] : NULL;
}

void markup_styled(struct buf *out, const struct row *row, size_t from, size_t to)
{
	const char *open = NULL;
	for (size_t i = from; i < to; i++) {
		const char *class = markup_class((enum style)row->glyphs[i].style);
		if (class != open) {
			buf_append_text(out, open ? "</span>" : "");
			if (class)
				buf_printf(out, "<span class=\"%s\">", class);
			open = class;
		}
		put_glyph(&row->glyphs[i], out);
	}
	buf_append_text(out, open ? "</span>" : "");
}

__attribute__((format(printf, 2, 0))) static void print(struct buf *out, const char *format,
                                                        va_list args)
{
	const char *at = strchr(format, '%');
	for (; at; at = strchr(format, '%')) {
		const char *text = "";
		buf_append(out, format, (size_t)(at - format));
		format = at + 2;
		switch (at[1]) {
		case 's':
			text = va_arg(args, const char *);
			markup_text(out, text, strlen(text));
			break;
		case 'd':
			buf_printf(out, "%d", va_arg(args, int));
			break;
		case 'u':
			buf_printf(out, "%u", va_arg(args, unsigned));
			break;
		case 'z':
			buf_printf(out, "%zu", va_arg(args, size_t));
			format++;
			break;
		case '%':
			buf_append_text(out, "%");
			break;
		default:
			buf_printf(out, "%" PRIu64, va_arg(args, uint64_t));
			format = at + 1 + strlen(PRIu64);
		}
	}
	buf_append_text(out, format);
}

void markup_printf(struct buf *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	print(out, format, args);
	va_end(args);
}
