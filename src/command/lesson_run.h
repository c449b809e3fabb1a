// SPDX-License-Identifier: GPL-3.0-or-later
/* lesson_run: the lesson that is being taken: where in it the person is, the line that waits for Enter, checks,
 * answers, and the place that is kept between runs in $XDG_STATE_HOME/sockpit/lessons. Owns the lesson, is
 * app->lesson.run, and knows no window: that has the face of app/lesson_face.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"
#include "base/error.h"
#include "base/poller.h"

enum { LESSON_KEPT_PLACE = 0 };

/* Begins a lesson, by number, name or file, at a step from 1, or where its place is kept. `record`: a file that keeps
 * the calls and answers; NULL = none. One that is being taken ends. False with one line. */
bool lesson_run_start(struct app *app, const char *name, size_t step, const char *record,
                      struct error *error);

/* The same with the words of the command line, a lesson and perhaps a step. */
bool lesson_run_start_words(struct app *app, char *const *words, size_t count, const char *record,
                            struct error *error);

bool lesson_run_is_on(const struct app *app);

/* A line as a person types it: an answer where a question waits, the line of the lesson, or as queue_type()
 * takes it. */
bool lesson_run_type(struct app *app, const char *line, size_t len);

/* False with one line. */
bool lesson_run_next(struct app *app, struct error *error);
bool lesson_run_back(struct app *app, struct error *error);
bool lesson_run_again(struct app *app, struct error *error);
bool lesson_run_hint(struct app *app, struct error *error);
bool lesson_run_answer(struct app *app, const char *text, struct error *error); /* NULL: shows it */
bool lesson_run_notes(struct app *app, const char *line,
                      struct error *error); /* the teacher's, as a page */
bool lesson_run_stop(struct app *app, struct error *error);

/* Appends where the person is in a lesson: "step 3", "done"; nothing if it was not begun. */
void lesson_run_print_place(struct app *app, const char *name, struct buf *out);

/* The keys and commands of a lesson, a row for each, for F1. */
void lesson_run_print_keys(const struct app *app, struct buf *out);

/* For the loop. */
void lesson_run_prepare(struct app *app, struct poller *poller);
void lesson_run_serve(struct app *app);
void lesson_run_end(struct app *app); /* when the program ends */
