// SPDX-License-Identifier: GPL-3.0-or-later
/* audit: the kinds of control functions in a stream for a terminal. Knows no terminal: cuts the
 * stream by ECMA-48 and names what it finds: "C0 07", "C1 9b" (also written as UTF-8), "ESC (B",
 * "CSI ?1049h", "CSI m", "OSC 0;title", "DCS …", "APC …", "PM …", "SOS …". Parameters count only
 * where they name a mode (h, l); texts are cut. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct audit;

struct audit *audit_new(void);
void audit_free(struct audit *audit);
void audit_feed(struct audit *audit, const char *bytes, size_t len);

bool audit_has(const struct audit *audit, const char *kind); /* exactly this one */
bool audit_has_any(const struct audit *audit, const char *prefix);

/* Prints each kind that `known` does not have as a TAP diagnostic, and returns their number. An
 * unfinished one counts as new. */
size_t audit_count_new(const struct audit *audit, const struct audit *known);
void audit_print(const struct audit *audit);
