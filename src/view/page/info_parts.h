// SPDX-License-Identifier: GPL-3.0-or-later
/* info_parts: what the info pages of a conversation, a datagram socket and a listener share.
 * Private to this directory. */
#pragma once

#include "base/clock.h"
#include "base/count.h"
#include "view/page/snapshot.h"
#include "view/page/fields.h"

#define NOT_AVAILABLE "not available"

enum { INFO_TEXT = 96 };

struct info {
	const struct snapshot *snapshot, *other; /* other: NULL for none */
};

void info_add_heading(struct fields *fields, const struct snapshot *snapshot);
void info_add_legend(struct fields *fields);
void info_add_state(struct fields *fields, const struct snapshot *snapshot);

/* "16000 B *". */
void info_add_bytes(struct fields *fields, const char *label, const struct sample *sample,
                    enum sample_field field);

/* "[####....] 16832/40000 *", and `of`: which socket's it is, or "". */
void info_add_memory(struct fields *fields, const char *label, const struct sample *sample,
                     enum sample_field used, enum sample_field most, const char *of);

/* "[####....] 16000 B *", of `whole`, 0 = unknown. */
void info_add_part(struct fields *fields, const char *label, bool known, uint64_t bytes,
                   uint64_t whole);

/* What sending waits for, now and so far. */
void info_add_limit(struct fields *fields, const struct snapshot *snapshot);

/* What went through our own calls. */
void info_add_traffic(struct fields *fields, const struct snapshot *snapshot);

/* "4 * (1 data)". */
void info_count(const struct sample *sample, enum sample_field all, enum sample_field data,
                char out[INFO_TEXT]);

/* "timestamps SACK *". */
void info_options(const struct sample *sample, char out[INFO_TEXT]);

/* A number of the kernel, in microseconds. Both are at least CLOCK_TEXT. Returns `out`. */
const char *info_format_us(uint64_t us, char *out);

/* info_datagram.c */
void info_draw_datagrams(struct fields *fields, const struct info *info);
void info_draw_listener(struct fields *fields, const struct info *info);
