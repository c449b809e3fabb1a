// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/lesson_record.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "log/log.h"

#define MARK "lesson "

/* Of the program, not of a session, and no answer to a command. */
static void note(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(struct app *app, const char *format, ...)
{
	char text[4096];
	va_list list;
	va_start(list, format);
	int len = vsnprintf(text, sizeof text, format, list);
	va_end(list);
	const struct entry entry = { .time = clock_now(), .call = CALL_NOTE, .fd = -1 };
	size_t most = sizeof text - 1;
	transcript_append(app->transcript, &entry, NULL, text,
	                  len < 0              ? 0
	                  : (size_t)len < most ? (size_t)len
	                                       : most);
}

bool lesson_record_begin(struct app *app, const struct lesson *lesson, const char *path,
                         struct error *error)
{
	struct error why;
	struct log_request request = {
		.path = path,
		.format = log_format_choose("json", &why),
		.how = LOG_FILE_APPEND,
		.has_terminal = app->on_terminal,
	};
	if (!logs_open(app->logs, &request, error))
		return false;
	note(app, MARK "%s %016" PRIx64, lesson->name, lesson->digest);
	return true;
}

void lesson_record_step(struct app *app, const struct lesson *lesson, size_t step)
{
	note(app, MARK "step %zu: %s", step, lesson->steps[step - 1].title);
}

void lesson_record_answer(struct app *app, const struct lesson_block *block, const char *answer,
                          enum lesson_verdict verdict)
{
	note(app, MARK "answer at line %zu, %s: %s", block->line,
	     verdict == LESSON_RIGHT  ? "right"
	     : verdict == LESSON_OPEN ? "to read"
	                              : "wrong",
	     answer);
}

void lesson_record_shown(struct app *app, const struct lesson_block *block)
{
	note(app, MARK "answer at line %zu shown", block->line);
}

void lesson_record_check(struct app *app, const struct lesson_line *line, bool passed)
{
	note(app, MARK "check at line %zu, %s: %s", line->number, passed ? "passed" : "failed",
	     line->text);
}

void lesson_record_over(struct app *app, const struct lesson *lesson)
{
	note(app, MARK "over: %s", lesson->name);
}

void lesson_record_end(struct app *app, const char *path)
{
	logs_close(app->logs, path);
}

/* ---- reading ---- */

struct note {
	const char *at, *end;
};

static bool take(struct note *note, const char *text)
{
	size_t len = strlen(text);
	if ((size_t)(note->end - note->at) < len || memcmp(note->at, text, len) != 0)
		return false;
	note->at += len;
	return true;
}

static bool take_number(struct note *note, size_t *number)
{
	const char *begin = note->at;
	*number = 0;
	for (; note->at < note->end && isdigit((unsigned char)*note->at) && note->at - begin < 9;
	     note->at++)
		*number = *number * 10 + (size_t)(*note->at - '0');
	return note->at > begin;
}

static bool take_digest(struct note *note, uint64_t *digest)
{
	enum { DIGITS = 16 };
	*digest = 0;
	if (note->end - note->at < DIGITS)
		return false;
	for (int i = 0; i < DIGITS; i++, note->at++) {
		char c = *note->at;
		if (!isxdigit((unsigned char)c))
			return false;
		*digest = *digest << 4 | (uint64_t)(isdigit((unsigned char)c)
		                                            ? c - '0'
		                                            : tolower((unsigned char)c) - 'a' + 10);
	}
	return true;
}

/* "name digest", the only note whose second word is no word of ours. */
static bool read_lesson(struct note note, struct lesson_mark *mark)
{
	const char *blank = memchr(note.at, ' ', (size_t)(note.end - note.at));
	if (!blank)
		return false;
	*mark = (struct lesson_mark){ .kind = LESSON_MARK_LESSON,
		                      .text = note.at,
		                      .len = (size_t)(blank - note.at) };
	note.at = blank + 1;
	return take_digest(&note, &mark->digest) && note.at == note.end;
}

bool lesson_record_read(const char *text, size_t len, struct lesson_mark *mark)
{
	struct note note = { text, text + len };
	*mark = (struct lesson_mark){ 0 };
	if (!take(&note, MARK))
		return false;
	struct note rest = note;
	if (take(&rest, "over: ")) {
		mark->kind = LESSON_MARK_OVER;
		return true;
	}
	if (take(&rest, "step ") && take_number(&rest, &mark->number) && take(&rest, ": ")) {
		mark->kind = LESSON_MARK_STEP;
		return true;
	}
	rest = note;
	if (take(&rest, "answer at line ") && take_number(&rest, &mark->number)) {
		mark->kind = LESSON_MARK_ANSWER;
		if (take(&rest, " shown") && rest.at == rest.end) {
			mark->kind = LESSON_MARK_SHOWN;
			return true;
		}
		mark->good = take(&rest, ", right: ");
		if (mark->good || take(&rest, ", wrong: ") || take(&rest, ", to read: ")) {
			mark->text = rest.at;
			mark->len = (size_t)(rest.end - rest.at);
			return true;
		}
	}
	rest = note;
	if (take(&rest, "check at line ") && take_number(&rest, &mark->number)) {
		mark->kind = LESSON_MARK_CHECK;
		mark->good = take(&rest, ", passed: ");
		if (mark->good || take(&rest, ", failed: "))
			return true;
	}
	return read_lesson(note, mark);
}
