// SPDX-License-Identifier: GPL-3.0-or-later
#include "grade_mode.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/replay.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/text.h"
#include "command/command.h"
#include "command/lesson_evidence.h"
#include "command/lesson_record.h"
#include "command/lessons.h"
#include "command/queue.h"
#include "command/text_table.h"
#include "log/log_digest.h"
#include "log/log_reader.h"
#include "run.h"

enum {
	MARKS_MOST = 100000, /* of one file; a lesson has some dozens */
	TIMES_MOST = 2000,   /* of one file, that are compared with those of others */
	REMARKS_SHOWN = 10,  /* of a kind */
	CHANGES_SHOWN = 3,
	LESSONS_MOST = 100, /* in one file */
	SAME_LEAST = 3,     /* times that are the same in two files: one is a copy */
};

/* Between two calls a pause of this length is a person's, and no two are the same to the nanosecond. */
#define PAUSE_LEAST (10 * CLOCK_MS)

/* A note of the lesson. */
struct mark {
	struct lesson_mark read;
	char *text;   /* of an answer, else "" */
	size_t line;  /* in the recording */
	size_t calls; /* that were recorded before it */
};

/* When a call was made, and how long nothing had happened before it, ns. */
struct times {
	int64_t *list;
	size_t count, cap;
};

/* A lesson in a file, which may have several. */
struct homework {
	const char *path;
	size_t nth; /* of those in the file */
	struct lesson lesson;
	size_t lessons; /* in the file */
	bool has_lesson, other_text, changed;
	struct mark *marks;
	size_t count, cap;
	struct evidence evidence;
	int64_t first, last, took; /* times of entries; of all times that it was recorded */
	bool any;                  /* entry has been read */
	struct times calls, pauses;
	size_t steps, answered, right, later, open, passed;
	size_t free; /* questions that a person has to grade */
	size_t wrong_lines, cut_line;
	size_t checks, questions;    /* of the lesson */
	const struct homework *twin; /* that has the same times */
	struct buf remarks;          /* lines: what does not fit */
	struct buf notes;            /* lines: what is good to know */
	struct buf texts;            /* with -v */
	struct buf unanswered;       /* lines of questions */
};

/* While a recording is read. */
struct reading {
	uint32_t seal, digest; /* of the newest note, and of the calls after it */
	unsigned long sealed;  /* its line */
	bool again;            /* the log goes on, and no lesson has been noted since */
	size_t broken;
	char *names[LESSONS_MOST]; /* of the lessons in the file, */
	size_t name_count;
	bool mine; /* the one that is under way is that of the homework, or there has been none */
	int64_t begun, newest; /* of this part of the log */
};

__attribute__((format(printf, 3, 4))) static void
add_words(const struct homework *homework, struct buf *out, const char *format, ...)
{
	char text[600];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	buf_printf(out, "%s: %s\n", homework->path, text);
}

#define remark(homework, ...) add_words(homework, &(homework)->remarks, __VA_ARGS__)
#define note(homework, ...)   add_words(homework, &(homework)->notes, __VA_ARGS__)

/* ---- reading ---- */

static void remark_changed(struct homework *homework, unsigned long from, unsigned long to)
{
	static const char what[] =
	        "something was changed, removed or put in here after it was recorded";
	if (from < to)
		remark(homework, "lines %lu to %lu: %s", from, to, what);
	else
		remark(homework, "line %lu: %s", to, what);
}

static void look_at_seal(struct homework *homework, struct reading *reading,
                         const struct lesson_mark *mark, const struct log_record *record)
{
	bool begins = mark->kind == LESSON_MARK_LESSON, good;
	uint32_t seal = lesson_record_seal(begins ? 0 : reading->seal, reading->digest,
	                                   record->entry.payload, mark->sealed);
	good = mark->seal == seal || !reading->mine;
	if (reading->again && !begins && reading->mine)
		note(homework,
		     "line %lu: the recording was ended before, and begun again in the middle of "
		     "the "
		     "lesson",
		     record->line);
	else if (!good && reading->broken++ < CHANGES_SHOWN)
		remark_changed(homework, begins ? record->line : reading->sealed + 1, record->line);
	reading->again = false;
	reading->seal = mark->seal;
	reading->digest = LOG_DIGEST_BEGIN;
	reading->sealed = record->line;
}

/* Which lesson the next entries are of. */
static void take_lesson(const struct homework *homework, const struct lesson_mark *mark,
                        struct reading *reading)
{
	size_t i = 0;
	while (i < reading->name_count && (strlen(reading->names[i]) != mark->len ||
	                                   memcmp(reading->names[i], mark->text, mark->len) != 0))
		i++;
	if (i == reading->name_count && i < LESSONS_MOST)
		reading->names[reading->name_count++] = xstrndup(mark->text, mark->len);
	reading->mine = i == homework->nth;
}

static void add_mark(struct homework *homework, const struct log_record *record,
                     struct reading *reading)
{
	const struct entry *entry = &record->entry.header;
	struct lesson_mark mark;
	if (entry->call != CALL_NOTE || entry->flags & ENTRY_SAID ||
	    homework->count == MARKS_MOST ||
	    !lesson_record_read(record->entry.payload, entry->len, &mark))
		return;
	if (mark.kind == LESSON_MARK_LESSON)
		take_lesson(homework, &mark, reading);
	look_at_seal(homework, reading, &mark, record);
	if (!reading->mine)
		return;
	homework->marks =
	        xgrow(homework->marks, &homework->cap, homework->count, sizeof *homework->marks);
	homework->marks[homework->count++] = (struct mark){
		.read = mark,
		.text = xstrndup(mark.text ? mark.text : "", mark.len),
		.line = record->line,
		.calls = homework->evidence.count,
	};
}

/* A clock that counts milliseconds says the same of what is different. */
static void add_time(struct times *times, int64_t time)
{
	if (time % CLOCK_MS == 0 || times->count == TIMES_MOST)
		return;
	times->list = xgrow(times->list, &times->cap, times->count, sizeof *times->list);
	times->list[times->count++] = time;
}

static void begin_part(struct homework *homework, struct reading *reading)
{
	if (reading->begun)
		homework->took += reading->newest - reading->begun;
	reading->begun = reading->newest = 0;
	reading->digest = LOG_DIGEST_BEGIN;
	reading->again = reading->name_count > 0;
}

static void take_times(struct homework *homework, const struct entry *entry,
                       struct reading *reading)
{
	int64_t wall = clock_wall(entry->time);
	if (!homework->any)
		homework->first = entry->time;
	homework->any = true;
	reading->begun = reading->begun ? reading->begun : wall;
	if (entry_is_call(entry))
		add_time(&homework->calls, wall);
	if (reading->newest && wall - reading->newest >= PAUSE_LEAST)
		add_time(&homework->pauses, wall - reading->newest);
	reading->newest = wall > reading->newest ? wall : reading->newest;
}

static void take_entry(struct homework *homework, const struct log_record *record,
                       struct reading *reading)
{
	const struct entry *entry = &record->entry.header;
	reading->digest =
	        log_digest_call(reading->digest, entry, &record->entry.addr, record->entry.payload);
	add_mark(homework, record, reading);
	if (!reading->mine)
		return;
	take_times(homework, entry, reading);
	evidence_add(&homework->evidence, entry, record->entry.payload);
}

/* A line without its end is what a program leaves that was killed, or had a full disk. */
static void look_at_wrong_line(struct homework *homework, unsigned long cut, struct buf *why)
{
	if (cut)
		note(homework,
		     "line %lu: it breaks off here: the window was closed, or the disk was full",
		     cut);
	else
		buf_append_text(&homework->remarks, buf_text(why));
}

/* False with one line: the file cannot be read at all. */
static bool read_recording(struct homework *homework, struct error *error)
{
	struct log_record record;
	struct error why;
	enum log_reading got;
	struct reading reading = { .digest = LOG_DIGEST_BEGIN, .mine = homework->nth == 0 };
	struct buf wrong = {
		.max = SIZE_MAX
	}; /* the last line, where it was so; it has the path */
	unsigned long line = 0;
	struct log_reader *reader = log_reader_open(homework->path, error);
	if (!reader)
		return false;
	while ((got = log_reader_next(reader, &record, &why)) != LOG_END) {
		if (wrong.len) {
			bool cut = got == LOG_READ && record.kind == LOG_HEADER;
			look_at_wrong_line(homework, cut ? line : 0, &wrong);
			homework->wrong_lines += !cut;
			buf_clear(&wrong);
		}
		if (got == LOG_WRONG && homework->wrong_lines < REMARKS_SHOWN)
			buf_printf(&wrong, "%s\n", why.text);
		line = record.line;
		if (got == LOG_READ && record.kind == LOG_HEADER)
			begin_part(homework, &reading);
		if (got == LOG_READ && record.kind == LOG_ENTRY)
			take_entry(homework, &record, &reading);
	}
	if (wrong.len)
		look_at_wrong_line(homework, homework->count ? line : 0, &wrong);
	homework->wrong_lines += wrong.len && !homework->count;
	if (reading.broken > CHANGES_SHOWN)
		remark(homework, "and the same in %zu more places", reading.broken - CHANGES_SHOWN);
	homework->changed = reading.broken > 0;
	homework->lessons = reading.name_count;
	for (size_t i = 0; i < reading.name_count; i++)
		free(reading.names[i]);
	begin_part(homework, &reading);
	buf_free(&wrong);
	log_reader_close(reader);
	return true;
}

/* ---- the lesson ---- */

static void count_lesson(struct homework *homework)
{
	const struct lesson *lesson = &homework->lesson;
	for (size_t i = 0; i < lesson->count; i++)
		for (size_t k = 0; k < lesson->steps[i].count; k++) {
			const struct lesson_block *block = &lesson->steps[i].blocks[k];
			homework->questions += block->kind == LESSON_QUESTION;
			homework->free += block->kind == LESSON_QUESTION &&
			                  block->question->answer == LESSON_FREE;
			homework->checks += block->kind == LESSON_CHECK ? block->count : 0;
		}
}

/* The lesson that it names: one of ours, or a file of that name beside the recording, or in this directory. */
static bool find_lesson(struct homework *homework)
{
	const struct mark *mark = NULL;
	struct error error = { 0 };
	for (size_t i = 0; i < homework->count && !mark; i++)
		if (homework->marks[i].read.kind == LESSON_MARK_LESSON)
			mark = &homework->marks[i];
	if (!mark) {
		if (!homework->wrong_lines)
			remark(homework,
			       "no lesson was recorded in it: /lesson NAME --record FILE does");
		return false;
	}
	const char *slash = strrchr(homework->path, '/');
	char *beside = xasprintf("%.*s%s.md", slash ? (int)(slash + 1 - homework->path) : 0,
	                         homework->path, mark->text);
	char *here = xasprintf("./%s.md", mark->text);
	homework->has_lesson =
	        !strchr(mark->text, '/') && (lessons_load(mark->text, &homework->lesson, &error) ||
	                                     lessons_load(beside, &homework->lesson, &error) ||
	                                     lessons_load(here, &homework->lesson, &error));
	if (!homework->has_lesson)
		remark(homework, "the lesson \"%.60s\" is not known, and no file beside it",
		       mark->text);
	else if (homework->lesson.digest != mark->read.digest)
		remark(homework, "the text of the lesson was another one");
	homework->other_text = homework->has_lesson && homework->lesson.digest != mark->read.digest;
	free(beside);
	free(here);
	return homework->has_lesson;
}

/* ---- steps ---- */

/* The first mark of the step; NULL where it has not begun. */
static const struct mark *step_mark(const struct homework *homework, size_t step)
{
	for (size_t i = 0; i < homework->count; i++)
		if (homework->marks[i].read.kind == LESSON_MARK_STEP &&
		    homework->marks[i].read.number == step)
			return &homework->marks[i];
	return NULL;
}

/* Once the next one has begun, or the lesson was over. */
static bool step_is_done(const struct homework *homework, size_t step)
{
	const struct mark *begun = step_mark(homework, step);
	for (const struct mark *at = begun; begun && at < homework->marks + homework->count; at++)
		if (at->read.kind == LESSON_MARK_OVER ||
		    (at->read.kind == LESSON_MARK_STEP && at->read.number == step + 1))
			return true;
	return false;
}

/* The calls of its commands. */
static void look_for_calls(struct homework *homework, size_t step, size_t from)
{
	const struct lesson_step *of = &homework->lesson.steps[step - 1];
	size_t missing = 0;
	for (size_t i = 0; i < of->count; i++) {
		const struct lesson_block *block = &of->blocks[i];
		if (block->kind != LESSON_COMMANDS && block->kind != LESSON_TYPED)
			continue;
		for (size_t n = 0; n < block->count; n++)
			if (!evidence_has(&homework->evidence, from, block->lines[n].text) &&
			    missing++ < REMARKS_SHOWN)
				remark(homework, "step %zu, line %zu: calls missing: %.200s", step,
				       block->lines[n].number, block->lines[n].text);
	}
	if (missing > REMARKS_SHOWN)
		remark(homework, "step %zu: calls of %zu more commands are missing", step,
		       missing - REMARKS_SHOWN);
}

static void look_at_steps(struct homework *homework)
{
	for (size_t step = 1; step <= homework->lesson.count; step++) {
		if (!step_is_done(homework, step))
			continue;
		homework->steps++;
		look_for_calls(homework, step, step_mark(homework, step)->calls);
	}
}

/* ---- answers ---- */

static void note_text(struct homework *homework, const struct lesson_block *block, const char *kind,
                      const char *answer)
{
	size_t len = strcspn(block->question->text, "\n");
	buf_printf(&homework->texts, "%s: line %zu: %.*s\n    %s: %s\n", homework->path,
	           block->line, (int)len, block->question->text, kind, answer);
}

/* An answer that came after the right one was shown is none. */
static void look_at_answer(struct homework *homework, size_t step, const struct lesson_block *block)
{
	struct error ignored;
	size_t tries = 0;
	bool right = false, open = false;
	for (size_t i = 0; i < homework->count && !right; i++) {
		const struct mark *mark = &homework->marks[i];
		if (mark->read.number != block->line)
			continue;
		if (mark->read.kind == LESSON_MARK_SHOWN)
			break;
		if (mark->read.kind != LESSON_MARK_ANSWER)
			continue;
		enum lesson_verdict verdict = lesson_grade(block->question, mark->text, &ignored);
		tries++;
		right = verdict == LESSON_RIGHT;
		open |= verdict == LESSON_OPEN;
		if (mark->read.good != right)
			remark(homework, "line %zu: it claims that the answer of line %zu is %s",
			       mark->line, block->line, mark->read.good ? "right" : "wrong");
		note_text(homework, block,
		          verdict == LESSON_OPEN ? "to read"
		          : right                ? "right"
		                                 : "wrong",
		          mark->text);
	}
	homework->answered += tries > 0;
	if (!tries && step_is_done(homework, step))
		buf_printf(&homework->unanswered, "%s%zu", homework->unanswered.len ? ", " : "",
		           block->line);
	homework->right += right;
	homework->later += right && tries > 1;
	homework->open += open;
}

/* ---- checks ---- */

/* What a recording does not say as the program has known it: how long nothing came, what select() would have
 * said, and what is not in it at all. */
static bool is_told(const char *line, const struct error *error)
{
	bool waits = strncmp(line, "/wait ", 6) == 0;
	return !(waits && (strstr(line, " quiet") || strstr(line, " readable"))) &&
	       !strstr(error->text, "not available");
}

/* Whether the check holds in the recording as it was at that time. */
static bool holds(struct app *app, const char *line, struct error *error)
{
	struct buf expanded = { .max = SIZE_MAX };
	struct wait wait = { 0 };
	enum command_result result = COMMAND_FAILED;
	if (queue_expand(app, line, strlen(line), &expanded, error))
		result = command_run(app, buf_text(&expanded), expanded.len, &wait, error);
	if (result == COMMAND_WAITING) {
		result = wait.check(app, &wait, false, error);
		if (result == COMMAND_WAITING) /* it did not come to be true later, either */
			result = wait.check(app, &wait, true, error);
		if (wait.free)
			wait.free(&wait);
	}
	buf_free(&expanded);
	return result == COMMAND_DONE;
}

static const struct lesson_line *find_check(const struct lesson *lesson, size_t line)
{
	for (size_t i = 0; i < lesson->count; i++)
		for (size_t k = 0; k < lesson->steps[i].count; k++) {
			const struct lesson_block *block = &lesson->steps[i].blocks[k];
			for (size_t n = 0; block->kind == LESSON_CHECK && n < block->count; n++)
				if (block->lines[n].number == line)
					return &block->lines[n];
		}
	return NULL;
}

/* The same check may have been made several times: the last one counts. */
static bool is_last(const struct homework *homework, const struct mark *mark)
{
	for (const struct mark *at = mark + 1; at < homework->marks + homework->count; at++)
		if (at->read.kind == LESSON_MARK_CHECK && at->read.number == mark->read.number)
			return false;
	return true;
}

/* As it was when this line was written; a time in the file may be anything. */
static void go_to(struct app *app, size_t line)
{
	while (replay_to_line(app, line, clock_now()))
		app_reap(app);
	app_reap(app);
}

static void look_at_checks(struct homework *homework)
{
	struct app app;
	struct error error = { 0 };
	app_init(&app);
	app.attended = true; /* what is wrong with the file has been said */
	bool replays = replay_start(&app, homework->path, REPLAY_SPEED_OWN, clock_now(), &error);
	for (size_t i = 0; replays && i < homework->count; i++) {
		const struct mark *mark = &homework->marks[i];
		const struct lesson_line *line =
		        mark->read.kind == LESSON_MARK_CHECK
		                ? find_check(&homework->lesson, mark->read.number)
		                : NULL;
		if (!line || !is_last(homework, mark))
			continue;
		go_to(&app, mark->line);
		error = (struct error){ 0 };
		bool held = holds(&app, line->text, &error) || !is_told(line->text, &error);
		if (mark->read.good && !held)
			remark(homework,
			       "line %zu: it claims that %.100s passed, but in the recording: "
			       "%.150s",
			       mark->line, line->text, error.text);
		homework->passed += mark->read.good && held;
	}
	queue_stop(&app);
	replay_stop(&app);
	app_free(&app);
}

/* ---- one file, and all ---- */

static bool look_at(struct homework *homework, struct error *error)
{
	if (!read_recording(homework, error))
		return false;
	if (!find_lesson(homework))
		return true;
	count_lesson(homework);
	if (!homework->other_text)
		look_at_steps(homework);
	for (size_t i = 0; i < homework->lesson.count && !homework->other_text; i++)
		for (size_t k = 0; k < homework->lesson.steps[i].count; k++)
			if (homework->lesson.steps[i].blocks[k].question)
				look_at_answer(homework, i + 1,
				               &homework->lesson.steps[i].blocks[k]);
	if (!homework->other_text)
		look_at_checks(homework);
	if (homework->unanswered.len)
		note(homework, "no answer to what is asked in the lesson at line%s %s",
		     strchr(buf_text(&homework->unanswered), ',') ? "s" : "",
		     buf_text(&homework->unanswered));
	if (homework->later)
		note(homework, "%zu answer%s right only at a later try", homework->later,
		     homework->later == 1 ? " is" : "s are");
	return true;
}

/* ---- copies ---- */

/* A time of a file. */
struct moment {
	int64_t time;
	size_t who;
};

static int compare_moments(const void *one, const void *other)
{
	const struct moment *a = one, *b = other;
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return (a->who > b->who) - (a->who < b->who);
}

/* Two files with the same time, one < other. */
struct pair {
	size_t one, other;
};

static int compare_pairs(const void *one, const void *other)
{
	const struct pair *a = one, *b = other;
	if (a->one != b->one)
		return a->one < b->one ? -1 : 1;
	return (a->other > b->other) - (a->other < b->other);
}

/* Pairs of neighbours: of a hundred copies each has one or two others. */
static struct pair *find_pairs(struct moment *moments, size_t count, size_t *pairs)
{
	struct pair *list = NULL;
	size_t cap = 0;
	*pairs = 0;
	if (count)
		qsort(moments, count, sizeof *moments, compare_moments);
	for (size_t i = 1; i < count; i++) {
		const struct moment *before = &moments[i - 1], *at = &moments[i];
		if (before->time != at->time || before->who == at->who)
			continue;
		list = xgrow(list, &cap, *pairs, sizeof *list);
		list[(*pairs)++] = (struct pair){ before->who, at->who };
	}
	if (*pairs)
		qsort(list, *pairs, sizeof *list, compare_pairs);
	return list;
}

/* Of two files that are the same the one that was changed is the copy. */
static void remark_twin(struct homework *one, const struct homework *other, const char *what)
{
	add_words(one, one->changed || !other->changed ? &one->remarks : &one->notes, "%s%s%s",
	          what, other->path,
	          one->changed || !other->changed ? "" : ", which was changed afterwards");
}

/* Two files that are the same in this are reported. */
static void look_for_same(struct homework *all, size_t count, size_t times, const char *what)
{
	struct moment *moments = NULL;
	size_t moment_count = 0, cap = 0, pairs;
	for (size_t i = 0; i < count; i++) {
		const struct times *of =
		        (const struct times *)(const void *)((const char *)&all[i] + times);
		for (size_t k = 0; k < of->count; k++) {
			moments = xgrow(moments, &cap, moment_count, sizeof *moments);
			moments[moment_count++] = (struct moment){ of->list[k], i };
		}
	}
	struct pair *list = find_pairs(moments, moment_count, &pairs);
	for (size_t i = 0, next; i < pairs; i = next) {
		for (next = i; next < pairs && compare_pairs(&list[i], &list[next]) == 0; next++)
			continue;
		struct homework *one = &all[list[i].one], *other = &all[list[i].other];
		if (next - i < SAME_LEAST || one->twin == other)
			continue;
		one->twin = other;
		other->twin = one;
		remark_twin(one, other, what);
		remark_twin(other, one, what);
	}
	free(list);
	free(moments);
}

static void look_for_copies(struct homework *all, size_t count)
{
	look_for_same(all, count, offsetof(struct homework, calls),
	              "the same times of calls, to the nanosecond, as in ");
	look_for_same(all, count, offsetof(struct homework, pauses),
	              "the same pauses between calls, to the nanosecond, as in ");
}

/* ---- the table ---- */

static bool is_complete(const struct homework *homework)
{
	return homework->has_lesson && homework->remarks.len == 0 &&
	       homework->steps == homework->lesson.count && homework->passed == homework->checks &&
	       homework->answered == homework->questions;
}

enum verdict_kind { GRADED_COMPLETE, GRADED_UNFINISHED, GRADED_DOUBTED, GRADED_NOT, GRADED_KINDS };

static enum verdict_kind verdict_of(const struct homework *homework)
{
	return !homework->has_lesson   ? GRADED_NOT
	       : homework->remarks.len ? GRADED_DOUBTED
	       : is_complete(homework) ? GRADED_COMPLETE
	                               : GRADED_UNFINISHED;
}

static const char *const verdicts[] = {
	[GRADED_COMPLETE] = "complete",
	[GRADED_UNFINISHED] = "not finished",
	[GRADED_DOUBTED] = "see below",
	[GRADED_NOT] = "no recording",
};

static const char *lesson_of(const struct homework *homework)
{
	return homework->has_lesson ? homework->lesson.name : "";
}

/* The file comes last: it may be longer than the rest, which stays in its columns. */
static void add_row(struct text_table *table, const struct homework *homework)
{
	char took[CLOCK_TEXT], day[40] = "-";
	struct tm begun = clock_local(homework->first);
	bool has = homework->has_lesson;
	if (homework->any)
		strftime(day, sizeof day, "%Y-%m-%d %H:%M", &begun);
	if (has) {
		text_table_add(table, "%zu/%zu", homework->steps, homework->lesson.count);
		text_table_add(table, "%zu/%zu", homework->passed, homework->checks);
		text_table_add(table, "%zu/%zu", homework->right,
		               homework->questions - homework->free);
		text_table_add(table, "%zu/%zu", homework->open, homework->free);
	}
	for (size_t i = 0; !has && i < 4; i++)
		text_table_add(table, "-");
	text_table_add(table, "%s", day);
	text_table_add(table, "%s",
	               homework->any ? clock_format_duration(homework->took, took) : "-");
	text_table_add(table, "%s", verdicts[verdict_of(homework)]);
	text_table_add(table, "%s", homework->path);
}

/* Lines whose bytes may be anything. */
static void print_lines(struct buf *lines)
{
	const char *at = buf_text(lines);
	for (const char *feed; (feed = strchr(at, '\n')); at = feed + 1) {
		text_print(stdout, at, (size_t)(feed - at));
		putchar('\n');
	}
}

static void print_table(const struct homework *all, size_t count)
{
	static const char *const headings[] = { "steps", "checks", "right",  "words",
		                                "begun", "took",   "result", "file" };
	enum { COLUMNS = sizeof headings / sizeof *headings };
	struct text_table table;
	struct buf out = { .max = SIZE_MAX };
	text_table_begin(&table, COLUMNS);
	for (size_t i = 0; i < COLUMNS; i++)
		text_table_add(&table, "%s", headings[i]);
	for (size_t i = 0; i < count; i++)
		add_row(&table, &all[i]);
	text_table_end(&table, &out);
	buf_append_text(&out, "\n");
	print_lines(&out);
	buf_free(&out);
}

/* "3 recordings: 2 complete, 1 not finished" */
static void print_total(const struct homework *all, size_t count)
{
	size_t counts[GRADED_KINDS] = { 0 };
	const char *between = ": ";
	for (size_t i = 0; i < count; i++)
		counts[verdict_of(&all[i])]++;
	printf("%zu recording%s", count, count_plural(count));
	for (size_t i = 0; i < GRADED_KINDS; i++)
		if (counts[i]) {
			printf("%s%zu %s", between, counts[i], verdicts[i]);
			between = ", ";
		}
	putchar('\n');
}

/* ,"name":"text", whatever its bytes are */
static void put_text(struct buf *out, const char *name, const char *text, size_t len)
{
	struct buf escaped = { .max = SIZE_MAX };
	buf_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
	if (!json_put_text(out, text, len)) {
		escape_encode(text, len, &escaped);
		json_put_text(out, buf_text(&escaped), escaped.len);
	}
	buf_free(&escaped);
}

static void put_part(struct buf *out, const char *name, size_t count, size_t of)
{
	buf_printf(out, ",\"%s\":%zu,\"%s_of\":%zu", name, count, name, of);
}

/* What add_row() says, and the lines after the table. */
static void print_json(struct homework *homework, bool verbose)
{
	struct buf out = { .max = SIZE_MAX };
	struct tm begun = clock_local(homework->first);
	char day[40] = "";
	if (homework->any)
		strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &begun);
	buf_append_text(&out, "{");
	put_text(&out, "file", homework->path, strlen(homework->path));
	put_text(&out, "lesson", lesson_of(homework), strlen(lesson_of(homework)));
	put_part(&out, "steps", homework->steps, homework->lesson.count);
	put_part(&out, "checks", homework->passed, homework->checks);
	put_part(&out, "right", homework->right, homework->questions - homework->free);
	put_part(&out, "words", homework->open, homework->free);
	put_text(&out, "begun", day, strlen(day));
	buf_printf(&out, ",\"took\":%.1f", (double)homework->took / (double)CLOCK_S);
	const char *result = verdicts[verdict_of(homework)];
	put_text(&out, "result", result, strlen(result));
	struct buf *const lines[] = { &homework->remarks, &homework->notes, &homework->texts };
	static const char *const names[] = { "remarks", "notes", "answers" };
	for (size_t i = 0; i < (verbose ? 3 : 2); i++)
		put_text(&out, names[i], buf_text(lines[i]), lines[i]->len ? lines[i]->len - 1 : 0);
	buf_append_text(&out, "}");
	puts(buf_text(&out));
	buf_free(&out);
}

static void print_lines_of(struct homework *homework, bool verbose)
{
	print_lines(&homework->remarks);
	print_lines(&homework->notes);
	if (verbose)
		print_lines(&homework->texts);
}

/* A table for each lesson, and the lines about its files. */
static void print_all(struct homework *all, size_t count, bool verbose)
{
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i;
		     next < count && strcmp(lesson_of(&all[i]), lesson_of(&all[next])) == 0;)
			next++;
		if (i > 0)
			putchar('\n');
		text_print(stdout, lesson_of(&all[i]), strlen(lesson_of(&all[i])));
		puts(all[i].has_lesson ? "" : "no lesson");
		print_table(all + i, next - i);
		for (size_t k = i; k < next; k++)
			print_lines_of(&all[k], verbose);
	}
	putchar('\n');
	print_total(all, count);
}

static void forget(struct homework *homework)
{
	for (size_t i = 0; i < homework->count; i++)
		free(homework->marks[i].text);
	free(homework->marks);
	homework->marks = NULL;
	homework->count = 0;
	evidence_free(&homework->evidence);
}

static void free_homework(struct homework *homework)
{
	lesson_free(&homework->lesson);
	free(homework->calls.list);
	free(homework->pauses.list);
	buf_free(&homework->remarks);
	buf_free(&homework->notes);
	buf_free(&homework->texts);
	buf_free(&homework->unanswered);
}

/* By lesson, then by file; what is none comes last. */
static int compare_homework(const void *one, const void *other)
{
	const struct homework *a = one, *b = other;
	if (a->has_lesson != b->has_lesson)
		return b->has_lesson - a->has_lesson;
	int order = strcmp(lesson_of(a), lesson_of(b));
	return order ? order : strcmp(a->path, b->path);
}

/* Whether the words before it name this file already. */
static bool is_again(const struct options *options, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(options->words[i], options->words[index]) == 0)
			return true;
	return false;
}

/* Returns how many lessons there are in the file. */
static size_t grade(struct homework *homework, const char *path, size_t nth)
{
	struct error error = { 0 };
	*homework = (struct homework){ .path = path, .nth = nth };
	homework->remarks.max = homework->notes.max = homework->texts.max = SIZE_MAX;
	homework->unanswered.max = SIZE_MAX;
	if (!look_at(homework, &error))
		buf_printf(&homework->remarks, "%s\n", error.text);
	forget(homework);
	return homework->lessons;
}

int grade_mode_run(const struct options *options)
{
	size_t count = 0, cap = 0;
	struct homework *all = NULL;
	int status = EXIT_SUCCESS;
	for (size_t i = 0; i < options->word_count; i++)
		for (size_t nth = 0, lessons = 1; nth < lessons && !is_again(options, i); nth++) {
			all = xgrow(all, &cap, count, sizeof *all);
			lessons = grade(&all[count++], options->words[i], nth);
		}
	if (count > 0)
		qsort(all, count, sizeof *all, compare_homework);
	look_for_copies(all, count);
	for (size_t i = 0; i < count; i++)
		if (!is_complete(&all[i]))
			status = EXIT_FAILURE;
	for (size_t i = 0; i < count && options->pipe.json; i++)
		print_json(&all[i], options->verbose > 0);
	if (!options->pipe.json)
		print_all(all, count, options->verbose > 0);
	for (size_t i = 0; i < count; i++)
		free_homework(&all[i]);
	free(all);
	if (fflush(stdout) == 0)
		return status;
	struct error error;
	error_set(&error, "standard output cannot be written");
	return run_fail(EXIT_FAILURE, &error);
}
