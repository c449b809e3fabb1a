// SPDX-License-Identifier: GPL-3.0-or-later
/* lesson_record: what a recording of a lesson has beside its calls: notes about the steps that were begun, the answers
 * and the checks. A recording is a log of all sessions in JSON lines, so that whatever reads those reads it. Writes
 * these notes and reads them back; judges nothing, and owns nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"
#include "base/error.h"
#include "command/lesson.h"

/* Begins the log, or continues that of an earlier part of the lesson, and notes the lesson. False with
 * one line. */
bool lesson_record_begin(struct app *app, const struct lesson *lesson, const char *path,
                         struct error *error);

/* Only for a lesson that is recorded: that is not checked. A step (from 1) that begins; each answer that was
 * given, except unclear ones; an answer that was shown before one was given; a check. */
void lesson_record_step(struct app *app, const struct lesson *lesson, size_t step);
void lesson_record_answer(struct app *app, const struct lesson_block *block, const char *answer,
                          enum lesson_verdict verdict);
void lesson_record_shown(struct app *app, const struct lesson_block *block);
void lesson_record_check(struct app *app, const struct lesson_line *line, bool passed);

/* The last step is done. The log goes on: whoever stops the lesson ends it. */
void lesson_record_over(struct app *app, const struct lesson *lesson);

/* Ends the log. */
void lesson_record_end(struct app *app, const char *path);

/* ---- reading ---- */

enum lesson_mark_kind {
	LESSON_MARK_LESSON,
	LESSON_MARK_STEP,
	LESSON_MARK_ANSWER,
	LESSON_MARK_SHOWN,
	LESSON_MARK_CHECK,
	LESSON_MARK_OVER,
};

struct lesson_mark {
	enum lesson_mark_kind kind;
	size_t number;    /* of a step from 1; else the line in the lesson's file */
	uint64_t digest;  /* of the lesson's text */
	bool good;        /* what the note claims: right, passed */
	const char *text; /* name of the lesson, answer; in the note */
	size_t len;
	uint32_t seal; /* at the end of the note; of all notes and calls before it, and of: */
	size_t sealed; /* so many bytes of the note */
};

/* The seal of a note after one with that seal, with the log_digest of the calls between them: who changes a note or
 * a call breaks the chain, unless they know how it is made. A note of the lesson begins a chain: its `before` is 0. */
uint32_t lesson_record_seal(uint32_t before, uint32_t calls, const char *note, size_t len);

/* False: this note is not one of ours. */
bool lesson_record_read(const char *note, size_t len, struct lesson_mark *mark);
