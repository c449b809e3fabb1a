// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/find_around.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "view/find.h"

/* The stretch, with as much before and after it as a hit may reach. */
struct surroundings {
	char *bytes;
	size_t first, last;
};

static void add_before(struct surroundings *around, struct cursor at)
{
	bool evicted;
	do {
		uint32_t n = at.offset < around->first ? at.offset : (uint32_t)around->first;
		at.offset -= n;
		around->first -= n;
		memcpy(around->bytes + around->first, entry_payload(at.entry) + at.offset, n);
	} while (around->first > 0 && run_backward(&at, &evicted));
}

static void add_after(struct surroundings *around, struct cursor at, size_t most)
{
	do {
		size_t n = at.entry->len - at.offset;
		if (n > most - around->last)
			n = most - around->last;
		memcpy(around->bytes + around->last, entry_payload(at.entry) + at.offset, n);
		around->last += n;
	} while (around->last < most && run_forward(&at));
}

void find_around(const struct cursor *begin, uint32_t len, bool *found)
{
	const struct view *view = begin->view;
	memset(found, 0, len * sizeof *found);
	if (!view->find || view->find_len > FIND_MAX || entry_is_secret(begin->entry))
		return;
	size_t most = FIND_MAX + (size_t)len + FIND_MAX;
	struct view_ops ops = *view->ops;
	ops.joins = true;
	struct view joined = *view;
	joined.ops = &ops;
	struct cursor at = *begin;
	at.view = &joined;
	struct surroundings around = { xmalloc(most), FIND_MAX, FIND_MAX };
	bool *marked = xmalloc(most * sizeof *marked);
	add_before(&around, at);
	add_after(&around, at, most);
	find_mark_bytes(around.bytes + around.first, around.last - around.first, view->find,
	                view->find_len, marked + around.first);
	memcpy(found, marked + FIND_MAX, len * sizeof *found);
	free(marked);
	free(around.bytes);
}
