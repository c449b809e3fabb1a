// SPDX-License-Identifier: GPL-3.0-or-later
/* info_parts: what the info pages of a conversation, a datagram socket and a listener share.
 * Private to this directory. */
#pragma once

#include "base/clock.h"
#include "base/count.h"
#include "view/page/facts.h"
#include "view/page/form.h"

#define NOT_AVAILABLE "not available"

enum { INFO_TEXT = 96 };

struct info {
	const struct facts *facts, *other; /* other: NULL for none */
};

void info_add_heading(struct form *form, const struct facts *facts);
void info_add_legend(struct form *form);
void info_add_state(struct form *form, const struct facts *facts);

/* "16000 B *". */
void info_add_bytes(struct form *form, const char *label, const struct reading *reading,
                    enum reading_field field);

/* "[####....] 16832/40000 *", and `of`: which socket's it is, or "". */
void info_add_memory(struct form *form, const char *label, const struct reading *reading,
                     enum reading_field used, enum reading_field most, const char *of);

/* "[####....] 16000 B *", of `whole`, 0 = unknown. */
void info_add_part(struct form *form, const char *label, bool known, uint64_t bytes,
                   uint64_t whole);

/* What sending waits for, now and so far. */
void info_add_limit(struct form *form, const struct facts *facts);

/* What went through our own calls. */
void info_add_traffic(struct form *form, const struct facts *facts);

/* "4 * (1 data)". */
void info_count(const struct reading *reading, enum reading_field all, enum reading_field data,
                char out[INFO_TEXT]);

/* "timestamps SACK *". */
void info_options(const struct reading *reading, char out[INFO_TEXT]);

/* A number of the kernel, in microseconds. Both are at least CLOCK_TEXT. Returns `out`. */
const char *info_format_us(uint64_t us, char *out);

/* info_bound.c */
void info_draw_datagrams(struct form *form, const struct info *info);
void info_draw_listener(struct form *form, const struct info *info);
