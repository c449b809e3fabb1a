// SPDX-License-Identifier: GPL-3.0-or-later
/* saying: what is told of a reading, one thing after the other with commas between; and the things
 * that are told of calls and of what happened between them alike. Private to this directory. */
#pragma once

#include "base/buf.h"
#include "record/reading.h"

struct saying {
	struct buf *out;
	size_t begin; /* what was there before */
};

struct saying saying_begin(struct buf *out);
void saying_add(const struct saying *saying, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
bool saying_has_any(const struct saying *saying);

const char *saying_arrow(void);
const char *saying_plural(uint64_t count); /* "s" but for 1 */

/* Whether the state has changed, from this one. */
bool saying_came_from(const struct reading *reading, enum tcp_state_number state);

/* Each adds nothing where the reading has nothing of the kind. */
void saying_add_deduced(const struct reading *reading, const struct saying *saying);
void saying_add_segments(const struct reading *reading, const struct saying *saying);
void saying_add_again(const struct reading *reading, const struct saying *saying);
void saying_add_queue(const struct reading *reading, const struct saying *saying);
void saying_add_sample(const struct reading *reading, const struct saying *saying);
