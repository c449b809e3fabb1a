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
#include "log/log_digest.h"

#define MARK "lesson "

enum { SEAL = 11 }; /* " [89abcdef]" */

uint32_t lesson_record_seal(uint32_t before, uint32_t calls, const char *note, size_t len)
{
	return log_digest_bytes(LOG_DIGEST_BEGIN ^ before ^ calls, note, len);
}

/* Of the program, not of a session, and no answer to a command. */
static void note(struct app *app, bool first, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
static void note(struct app *app, bool first, const char *format, ...)
{
	char text[4096];
	va_list list;
	va_start(list, format);
	int printed = vsnprintf(text, sizeof text - SEAL, format, list);
	va_end(list);
	const struct entry entry = { .time = clock_now(), .call = CALL_NOTE, .fd = -1 };
	size_t most = sizeof text - SEAL - 1, len = printed < 0 ? 0 : (size_t)printed;
	len = len < most ? len : most;
	app->lesson.seal = lesson_record_seal(first ? 0 : app->lesson.seal,
	                                      logs_take_digest(app->logs), text, len);
	len += (size_t)snprintf(text + len, SEAL + 1, " [%08" PRIx32 "]", app->lesson.seal);
	transcript_append(app->transcript, &entry, NULL, text, len);
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
		.digested = true,
	};
	if (!logs_open(app->logs, &request, error))
		return false;
	note(app, true, MARK "%s %016" PRIx64, lesson->name, lesson->digest);
	return true;
}

void lesson_record_step(struct app *app, const struct lesson *lesson, size_t step)
{
	note(app, false, MARK "step %zu: %s", step, lesson->steps[step - 1].title);
}

void lesson_record_answer(struct app *app, const struct lesson_block *block, const char *answer,
                          enum lesson_verdict verdict)
{
	note(app, false, MARK "answer at line %zu, %s: %s", block->line,
	     verdict == LESSON_RIGHT  ? "right"
	     : verdict == LESSON_OPEN ? "to read"
	                              : "wrong",
	     answer);
}

void lesson_record_shown(struct app *app, const struct lesson_block *block)
{
	note(app, false, MARK "answer at line %zu shown", block->line);
}

void lesson_record_check(struct app *app, const struct lesson_line *line, bool passed)
{
	note(app, false, MARK "check at line %zu, %s: %s", line->number,
	     passed ? "passed" : "failed", line->text);
}

void lesson_record_over(struct app *app, const struct lesson *lesson)
{
	note(app, false, MARK "over: %s", lesson->name);
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

static bool take_hex(struct note *note, int digits, uint64_t *number)
{
	*number = 0;
	if (note->end - note->at < digits)
		return false;
	for (int i = 0; i < digits; i++, note->at++) {
		char c = (char)tolower((unsigned char)*note->at);
		if (!isxdigit((unsigned char)c))
			return false;
		*number = *number << 4 |
		          (uint64_t)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
	}
	return true;
}

/* "name digest", the only note whose second word is no word of ours; a name may have blanks. */
static bool read_lesson(struct note note, struct lesson_mark *mark)
{
	const char *blank = note.end;
	while (blank > note.at && *--blank != ' ')
		continue;
	if (blank == note.at)
		return false;
	*mark = (struct lesson_mark){ .kind = LESSON_MARK_LESSON,
		                      .text = note.at,
		                      .len = (size_t)(blank - note.at) };
	note.at = blank + 1;
	return take_hex(&note, 16, &mark->digest) && note.at == note.end;
}

static bool take_seal(struct note *note, uint32_t *seal)
{
	struct note tail = { note->end - SEAL, note->end };
	uint64_t number = 0;
	if (note->end - note->at < SEAL || !take(&tail, " [") || note->end[-1] != ']')
		return false;
	tail.end--;
	note->end -= SEAL;
	bool good = take_hex(&tail, 8, &number);
	*seal = (uint32_t)number;
	return good;
}

static bool read_mark(struct note note, struct lesson_mark *mark)
{
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

bool lesson_record_read(const char *text, size_t len, struct lesson_mark *mark)
{
	struct note note = { text, text + len };
	uint32_t seal;
	*mark = (struct lesson_mark){ 0 };
	if (!take_seal(&note, &seal) || !read_mark(note, mark))
		return false;
	mark->seal = seal;
	mark->sealed = (size_t)(note.end - text);
	return true;
}
