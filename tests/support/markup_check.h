// SPDX-License-Identifier: GPL-3.0-or-later
/* markup_check: whether a report is only what the program itself writes: its own tags with its own
 * attributes, each closed, characters that have a shape, valid UTF-8. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool markup_is_listed(const char *list, const char *word, size_t len)
{
	for (const char *at = list; *at; at += strcspn(at, " ") + (at[strcspn(at, " ")] == ' '))
		if (strcspn(at, " ") == len && memcmp(at, word, len) == 0)
			return true;
	return false;
}

/* What is wrong with an element's attributes, which end at *end; NULL for nothing. */
static const char *markup_check_attributes(const char *at, const char **end)
{
	static const char attributes[] =
	        "lang charset http-equiv content name class id href datetime scope colspan aria-hidden "
	        "aria-label aria-labelledby role tabindex open style width height viewBox d x y "
	        "text-anchor fill orient markerUnits markerWidth markerHeight refX refY marker-end "
	        "start";
	while (*at != '>' && strncmp(at, "/>", 2) != 0) {
		at += strspn(at, " ");
		size_t len = strcspn(at, "=<> \"'");
		if (!markup_is_listed(attributes, at, len) || strncmp(at + len, "=\"", 2) != 0)
			return "an attribute";
		at += len + 2;
		at += strcspn(at, "\"<>");
		if (*at++ != '"')
			return "the value of an attribute";
	}
	*end = strchr(at, '>') + 1;
	return NULL;
}

/* The bytes of the character, 0 for one that must not be there. */
static size_t markup_character(const unsigned char *at)
{
	size_t len = *at < 0x80 ? 1 : *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : *at >= 0xc2 ? 2 : 0;
	uint32_t c = len > 1 ? *at & (0x7fu >> len) : *at;
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (at[i] & 0x3f);
	}
	bool hidden = (c < ' ' && c != '\n') || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	              (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	              (c >= 0xd800 && c < 0xe000) || c > 0x10ffff;
	return hidden ? 0 : len;
}

/* NULL where all is well, else what is wrong; *where is that place. */
static const char *markup_check(const char *page, const char **where)
{
	static const char tags[] =
	        "html head meta title style body header main nav footer section h1 h2 h3 h4 p a ul li "
	        "time span code pre table caption thead tbody tr th td details summary div dl dt dd "
	        "svg defs marker path text desc "
	        "strong em ol";
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };
	const char *open[64];
	size_t depth = 0;
	static const char doctype[] = "<!DOCTYPE html>\n";
	*where = page;
	if (strncmp(page, doctype, sizeof doctype - 1) != 0)
		return "no DOCTYPE";
	for (const char *at = page + sizeof doctype - 1; *at;) {
		*where = at;
		if (*at == '<') {
			bool closes = at[1] == '/';
			const char *name = at + 1 + closes;
			size_t len = strcspn(name, " />");
			if (!markup_is_listed(tags, name, len))
				return "a tag";
			const char *wrong = closes ? NULL : markup_check_attributes(name + len, &at);
			if (wrong)
				return wrong;
			if (closes && (!depth || strncmp(open[--depth], name, len) != 0 ||
			               strcspn(open[depth], " />") != len || name[len] != '>'))
				return "an end";
			if (closes)
				at = name + len + 1;
			else if (at[-2] != '/' && depth == sizeof open / sizeof *open)
				return "too deep";
			else if (at[-2] != '/')
				open[depth++] = name;
			continue;
		}
		if (*at == '&') {
			bool known = false;
			for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
				known = known || strncmp(at, entities[i], strlen(entities[i])) == 0;
			if (!known)
				return "an entity";
		}
		size_t len = markup_character((const unsigned char *)at);
		if (!len)
			return "a character";
		at += len;
	}
	return depth ? "an element that does not end" : NULL;
}
