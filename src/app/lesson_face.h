// SPDX-License-Identifier: GPL-3.0-or-later
/* lesson_face: the lesson that is being taken, as a frontend sees it: rows to show, a line that waits for
 * Enter, the prompt of a question. Knows no command and no window. */
#pragma once

#include <stdbool.h>

#include "app/app.h"
#include "view/row.h"

struct lesson_face {
	/* Appends all rows for this width, and sets lesson.fixed and lesson.top. */
	void (*render)(struct app *app, int columns, struct rows *rows);
	/* Appends what is new since it was asked last, and what to do now where that has changed: for a frontend that
	 * prints lines, app->prints_lesson. There, Enter on an empty line runs the line that waits. */
	void (*tell)(struct app *app, int columns, struct rows *rows);
	bool (*waits)(const struct app *app); /* it is the person's turn */
	void (*enter)(struct app *app);       /* Enter on an empty line */
};

/* The line that waits now, copied; NULL for none. */
void lesson_face_wait(struct app *app, const char *line);

/* The rows have changed; `part`: something new begins. */
void lesson_face_changed(struct app *app, bool part);

/* There is no lesson any more. */
void lesson_face_end(struct app *app);
