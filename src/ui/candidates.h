// SPDX-License-Identifier: GPL-3.0-or-later
/* candidates: what TAB offers, laid out in columns like the files of ls. Pure. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

enum { CANDIDATES_MOST = 200 };

/* Appends lines of at most `columns`; of a path only the last part is shown. Beyond CANDIDATES_MOST
 * a last line says how many more there are. */
void candidates_format(char *const *names, size_t count, int columns, struct buf *out);
