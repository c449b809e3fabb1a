// SPDX-License-Identifier: GPL-3.0-or-later
/* lessons: the lessons that are built into the program, and those in files. Owns no parsed lesson. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/choice.h"
#include "base/error.h"
#include "command/lesson.h"

struct lesson_text {
	const char *name; /* "04-a-stream-has-no-messages"; NULL after the last one */
	const char *text;
	size_t len;
};

/* Made from the files of src/lessons, in the order of Makefile.am. */
extern const struct lesson_text lesson_texts[];

/* What a good run of a lesson that may be skipped had: logs in JSON lines, which /replay shows. */
extern const struct lesson_text lesson_recordings[];

/* By number, name with or without it, or a beginning that no other has. NULL with one line. */
const struct lesson_text *lessons_find(const char *word, struct error *error);

/* Of the lesson of that name; NULL if there is none. */
const struct lesson_text *lessons_recording(const char *name);

extern const struct choice lesson_names; /* for TAB */

/* One of those, or a file: a word that has a slash or ends in ".md". False with one line; with error->code
 * if the file cannot be read. lesson_free() ends it. */
bool lessons_load(const char *word, struct lesson *lesson, struct error *error);
