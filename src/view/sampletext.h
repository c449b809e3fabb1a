// SPDX-License-Identifier: GPL-3.0-or-later
/* sampletext: what the samples of the kernel say, in words: the change of state, what was measured
 * of a call, what is new between two samples. Trace and search share it. All text is our own or
 * made safe: printable in any terminal. Each function appends to `out`, and nothing if there is
 * nothing to say. */
#pragma once

#include "record/sample.h"
#include "view/pattern.h"

/* "ESTABLISHED → CLOSE_WAIT *". */
void sampletext_change(const struct sample *sample, struct buf *out);

/* The measured detail of a call: "1 segment o", "149 ms in the buffer", "5 bytes left to read *",
 * "queue 1/2 *", "over 87 calls o". `sample` is the one after the call, NULL if there is none. */
void sampletext_call(const struct entry *entry, const struct sample *sample, struct buf *out);

/* What has changed since the sample before, NULL if that is not known: "window 20000 → 0 *",
 * "readable: 5 bytes to read *"; and whether there is anything of the kind. */
void sampletext_news(const struct sample *now, const struct sample *before, struct buf *out);
bool sampletext_has_news(const struct sample *now, const struct sample *before);

/* Whether the text could be in the words for a sample: few texts could, and there may be a hundred
 * thousand samples to put into words. True more often than need be, never false by mistake. */
bool sampletext_may_hold(const struct pattern *pattern);
