// SPDX-License-Identifier: GPL-3.0-or-later
/* phrases: what is told of a reading, one thing after the other with commas between; and the things
 * that are told of calls and of what happened between them alike. Private to this directory. */
#pragma once

#include "base/buf.h"
#include "record/sample.h"

struct phrases {
	struct buf *out;
	size_t begin; /* what was there before */
};

struct phrases phrases_begin(struct buf *out);
void phrases_add(const struct phrases *phrases, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
bool phrases_has_any(const struct phrases *phrases);

const char *phrases_arrow(void);
const char *phrases_plural(uint64_t count); /* "s" but for 1 */

/* Whether the state has changed, from this one. */
bool phrases_came_from(const struct sample *sample, enum tcp_state state);

/* Each adds nothing where the reading has nothing of the kind. */
void phrases_add_deduced(const struct sample *sample, const struct phrases *phrases);
void phrases_add_segments(const struct sample *sample, const struct phrases *phrases);
void phrases_add_again(const struct sample *sample, const struct phrases *phrases);
void phrases_add_queue(const struct sample *sample, const struct phrases *phrases);
void phrases_add_sample(const struct sample *sample, const struct phrases *phrases);
