// SPDX-License-Identifier: GPL-3.0-or-later
/* candidates: the candidates of TAB in columns, as ls lays out files. Pure. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

enum { CANDIDATES_MOST = 200 };

/* Appends lines of at most `columns`; of files in one folder, only the last part. After CANDIDATES_MOST,
 * a last line says how many more there are. */
void candidates_format(char *const *names, size_t count, int columns, struct buf *out);
