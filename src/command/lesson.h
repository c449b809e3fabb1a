// SPDX-License-Identifier: GPL-3.0-or-later
/* lesson: a Markdown file taken apart: steps of prose, commands, checks, questions, hints and notes; the
 * grammar is sockpit-lesson(5). Also whether an answer is right, and the script that a lesson is without
 * a person. Reads no file, runs no line and knows no session. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum { LESSON_MOST = 1 << 20 }; /* bytes of a file */

enum lesson_kind {
	LESSON_PROSE,    /* paragraphs, with the blank lines between them */
	LESSON_COMMANDS, /* each waits for Enter */
	LESSON_TYPED,    /* the student types them */
	LESSON_CHECK,    /* /expect, /assert and /wait, run by themselves */
	LESSON_CODE,     /* shown as it is */
	LESSON_QUESTION,
	LESSON_HINT, /* these two on request only */
	LESSON_TEACHER,
};

enum lesson_answer { LESSON_CHOICE, LESSON_NUMBER, LESSON_FREE };

struct lesson_question {
	bool predict; /* asked before the commands that show it */
	char *text;
	struct lesson_choice {
		char letter; /* 'a' to 'z' */
		char *text;
	} * choices;
	size_t count, cap;
	enum lesson_answer answer;
	char right;         /* letter, of a choice */
	double least, most; /* of a number: the same for one that is exact */
	char *right_text; /* as it is in the file: "b", "11 bytes", "30 to 250 ms"; "" for free text */
	char *unit;       /* of a number: "ms", "" */
	char *explanation; /* Markdown; the model answer of free text; may be "" otherwise */
};

struct lesson_line {
	char *text;    /* as typed */
	size_t number; /* in the file */
	bool background; /* " &" was at its end: what it waits for need not come before the next line */
};

struct lesson_block {
	enum lesson_kind kind;
	size_t line; /* its first in the file; of a fence that of the ``` */
	char *text; /* without the marks of Markdown that begin a line: fences, "> **Hint:**"; NULL of a question */
	char *language;            /* of code: "python", "" */
	struct lesson_line *lines; /* of commands and checks: without blank lines and comments */
	size_t count, cap;
	struct lesson_question *question; /* NULL unless it is one */
};

struct lesson_step {
	char *title;
	size_t line;
	struct lesson_block *blocks;
	size_t count, cap;
};

struct lesson {
	char *name; /* "04-a-stream-has-no-messages" */
	int number; /* 4; 0 where the name begins with none */
	char *title;
	int level, minutes;
	char **needs; /* "sandbox": conditions of /skip */
	size_t need_count, need_cap, needs_line;
	struct lesson_step
	        goal; /* before the first step, without a title: prose, code and teacher's notes */
	struct lesson_step *steps;
	size_t count, cap;
	size_t line_count; /* of the file */
	uint64_t digest;   /* of its text: another text has another one */
};

/* `name`: of a file; its directory and ".md" are left out. False with one line, "line 12: why", and an
 * empty lesson; lesson_free() is right for any lesson, also one of zeroes. */
bool lesson_parse(const char *text, size_t len, const char *name, struct lesson *lesson,
                  struct error *error);
void lesson_free(struct lesson *lesson);

/* What a level is for: "for beginners". */
const char *lesson_level(int level);

/* Appends the lines that run, each at its line of the file, and /skip for what the lesson needs. */
void lesson_script(const struct lesson *lesson, struct buf *out);

/* LESSON_OPEN: a free text, which a person has to read. LESSON_UNCLEAR: neither right nor wrong, since it is
 * none of the choices, or no number; with one line that says what would be. */
enum lesson_verdict { LESSON_WRONG, LESSON_RIGHT, LESSON_OPEN, LESSON_UNCLEAR };

/* Blanks, case, "b)", "(b)", the words of a choice, and a unit after a number do not matter; a time in another
 * unit is converted. */
enum lesson_verdict lesson_grade(const struct lesson_question *question, const char *answer,
                                 struct error *error);
