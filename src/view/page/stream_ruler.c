// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/page/stream_ruler.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_BOX = 8 }; /* columns of a call where bytes have none of their own */

static void choose_labels(struct ruler *ruler)
{
	static const char *const wide[2][4] = {
		{ "byte", "your send()", "segments o", "peer recv()" },
		{ "bytes", "your sendto()", "", "peer recvfrom()" },
	};
	static const char *const narrow[4] = { "byte", "sent", "segs o", "got" };
	int columns = ruler->columns;
	bool is_wide = columns >= 60;
	ruler->left = is_wide ? 16 : 8;
	ruler->width = columns - ruler->left;
	if (columns >= 100)
		ruler->width -= 46;
	else if (columns >= 72)
		ruler->width -= 26;
	memcpy(ruler->labels, is_wide ? wide[ruler->flow->datagrams] : narrow,
	       sizeof ruler->labels);
}

static int64_t newest_bytes(const struct flow *flow, size_t calls)
{
	int64_t bytes = 0;
	for (size_t i = flow->sent.count - calls; i < flow->sent.count; i++)
		bytes += flow->sent.list[i].end - flow->sent.list[i].begin;
	return bytes;
}

/* The most calls of which each byte gets so many columns, with `more` for each call. */
static size_t count_fitting(const struct ruler *ruler, int each, int more)
{
	size_t calls = 0;
	while (calls < ruler->flow->sent.count &&
	       each * newest_bytes(ruler->flow, calls + 1) + more * (int64_t)(calls + 1) + 1 <=
	               ruler->width)
		calls++;
	return calls;
}

/* How many calls are shown: rather more of them with less room for each. */
static size_t choose_scale(struct ruler *ruler)
{
	size_t all = ruler->flow->sent.count;
	size_t wide = count_fitting(ruler, 2, 0), narrow = count_fitting(ruler, 1, 1);
	size_t rough = (size_t)(ruler->width > LEAST_BOX ? ruler->width / LEAST_BOX : 1);
	ruler->scale = wide == all || wide > narrow ? SCALE_WIDE
	               : narrow                     ? SCALE_NARROW
	                                            : SCALE_ROUGH;
	if (ruler->scale == SCALE_ROUGH)
		return all < rough ? all : rough;
	return ruler->scale == SCALE_WIDE ? wide : narrow;
}

size_t ruler_choose(struct ruler *ruler)
{
	choose_labels(ruler);
	return choose_scale(ruler);
}

/* ---- columns ---- */

static void add_cut(struct ruler *ruler, int64_t offset)
{
	if (offset >= 0 && offset <= ruler->flow->size && ruler->cuts < RULER_CUTS)
		ruler->cut[ruler->cuts++] = offset;
}

static void add_cuts(struct ruler *ruler, const struct flow_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		add_cut(ruler, parts->list[i].begin);
		add_cut(ruler, parts->list[i].end);
	}
}

static int compare_cuts(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

/* Boundaries that no call has may take more columns than there are. */
void ruler_find_cuts(struct ruler *ruler)
{
	size_t kept = 0;
	add_cuts(ruler, &ruler->flow->sent);
	add_cuts(ruler, &ruler->flow->left);
	add_cuts(ruler, &ruler->flow->got);
	qsort(ruler->cut, ruler->cuts, sizeof *ruler->cut, compare_cuts);
	for (size_t i = 0; i < ruler->cuts; i++)
		if (!kept || ruler->cut[kept - 1] != ruler->cut[i])
			ruler->cut[kept++] = ruler->cut[i];
	ruler->cuts = kept;
	if (ruler->scale == SCALE_NARROW && ruler->flow->size + (int64_t)kept > ruler->width)
		ruler->scale = SCALE_ROUGH;
}

static int cuts_before(const struct ruler *ruler, int64_t offset)
{
	int count = 0;
	while ((size_t)count < ruler->cuts && ruler->cut[count] < offset)
		count++;
	return count;
}

int ruler_boundary(const struct ruler *ruler, int64_t offset)
{
	int64_t size = ruler->flow->size;
	if (ruler->scale == SCALE_WIDE)
		return ruler->left + (int)(2 * offset);
	if (ruler->scale == SCALE_NARROW)
		return ruler->left + (int)offset + cuts_before(ruler, offset);
	return ruler->left + (int)((double)offset * (ruler->width - 1) / (double)size);
}

int ruler_byte(const struct ruler *ruler, int64_t offset)
{
	if (ruler->scale == SCALE_WIDE)
		return ruler->left + (int)(2 * offset) + 1;
	if (ruler->scale == SCALE_NARROW)
		return ruler->left + (int)offset + cuts_before(ruler, offset + 1);
	int column = ruler_boundary(ruler, offset + 1) - 1;
	return column > ruler->left ? column : ruler->left;
}
