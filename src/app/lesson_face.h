// SPDX-License-Identifier: GPL-3.0-or-later
/* lesson_face: the lesson that is being taken, as a frontend sees it: rows to show, a line that waits for
 * Enter, the prompt of a question. Knows no command and no window. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct app;
struct rows;

struct lesson_face {
	/* Appends all rows for this width, and sets lesson.fixed and lesson.top. */
	void (*render)(struct app *app, int columns, struct rows *rows);
	void (*enter)(struct app *app); /* Enter on an empty line */
};

struct app_lesson {
	const struct lesson_face *face; /* NULL: no lesson */
	void *run;                      /* whose face it is: its own */
	char *waiting;                  /* for the input line; NULL = none */
	const char *prompt;             /* of a question; NULL = that of the session */
	const char *foot;               /* what to do now: "Enter runs the line" */
	bool project;                   /* before a class: the space bar is Enter */
	int fixed;                      /* the first rows, which do not scroll, */
	int top;                        /* and the first row of what is new */
	uint64_t serial;                /* counts changes of the rows, */
	uint64_t part;                  /* and new parts: the frontend goes to their top */
};

/* The line that waits now, copied; NULL for none. */
void lesson_face_wait(struct app *app, const char *line);

/* The rows have changed; `part`: something new begins. */
void lesson_face_changed(struct app *app, bool part);

/* There is no lesson any more. */
void lesson_face_end(struct app *app);
