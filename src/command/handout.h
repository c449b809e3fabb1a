// SPDX-License-Identifier: GPL-3.0-or-later
/* handout: a lesson on paper, /lesson export: one HTML file like that of /report, with room for the answers. Knows no
 * lesson that is being taken. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "command/command.h"
#include "command/lesson.h"

struct handout_parts {
	bool answers; /* in place of the room for them: also what is typed, what is checked, and the hints */
	bool notes; /* those for the teacher */
};

/* False when writing failed; errno says why. */
bool handout_write(const struct lesson *lesson, struct handout_parts parts, FILE *file);

/* The words of /lesson export: "4", "4.html", "./mine.md mine.html answers notes". Both are false with one
 * line. */
bool handout_check(const char *words, struct error *error);
bool handout_export(const struct invocation *invocation, const char *words, struct error *error);
