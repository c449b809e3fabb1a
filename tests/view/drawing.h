// SPDX-License-Identifier: GPL-3.0-or-later
/* drawing: what the tests of ladders and graphs ask of a drawing and of a view that draws. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include "view/view.h"

/* Elements are opened and closed in turn, and no byte or reference is one that XML does not
 * know. */
static inline bool is_well_formed(const char *text)
{
	int depth = 0;
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;
		if (c < ' ' && c != '\n')
			return false;
		if (c == '&' && strncmp(p, "&amp;", 5) != 0 && strncmp(p, "&lt;", 4) != 0 &&
		    strncmp(p, "&gt;", 4) != 0 && strncmp(p, "&quot;", 6) != 0 &&
		    strncmp(p, "&#39;", 5) != 0)
			return false;
		if (c != '<' || p[1] == '?')
			continue;
		const char *end = strchr(p, '>');
		if (!end)
			return false;
		depth += p[1] == '/' ? -1 : end[-1] == '/' ? 0 : 1;
		if (depth < 0)
			return false;
		p = end;
	}
	return depth == 0;
}

static inline int count(const char *text, const char *what)
{
	int found = 0;
	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		found++;
	return found;
}

/* More than `least` paragraphs, the same ones forward and back. */
static inline bool walks_both_ways(const struct view *walked, int least)
{
	enum { MOST = 128 };
	struct location locations[MOST], location = { TRANSCRIPT_NONE, 0 };
	int there = 0;
	while (there < MOST && view_after(walked, &location))
		locations[there++] = location;
	bool good = there > least && view_last(walked, &location);
	while (good && there > 0) {
		good = location.entry == locations[--there].entry;
		if (view_before(walked, &location) != (there > 0))
			good = false;
	}
	return good;
}
