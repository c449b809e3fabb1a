// SPDX-License-Identifier: GPL-3.0-or-later
/* lesson_undo: what the lines of a lesson change beyond their sessions, and how it was before: settings, and
 * of a sandbox that was there already its cable and its sysctls. What the person has changed since stays. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"

struct lesson_undo {
	struct lesson_change *list;
	size_t count, cap;
	size_t fresh;     /* index of the first change that the current line makes */
	uint32_t session; /* the newest one that there was before the lesson */
	bool sandbox;     /* there was one */
};

void lesson_undo_free(struct lesson_undo *undo);

/* Around each line of the lesson. */
void lesson_undo_before(struct lesson_undo *undo, struct app *app, const char *line);
void lesson_undo_after(struct lesson_undo *undo, struct app *app);

/* Puts everything back, the newest change first, and forgets it. */
void lesson_undo_all(struct lesson_undo *undo, struct app *app);
