// SPDX-License-Identifier: GPL-3.0-or-later
/* stream_why: why bytes waited, in sentences: by what the kernel said behind the calls. Private to
 * this directory. */
#pragma once

#include "view/page/flow.h"
#include "view/page/fields.h"

/* 0 where that is not known of all that has left, or nothing has. */
uint64_t stream_count_segments(const struct flow *flow);

void stream_explain(const struct flow *flow, struct fields *fields);
