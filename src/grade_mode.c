// SPDX-License-Identifier: GPL-3.0-or-later
#include "grade_mode.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/replay.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/text.h"
#include "command/command.h"
#include "command/lesson_evidence.h"
#include "command/lesson_record.h"
#include "command/lessons.h"
#include "command/queue.h"
#include "command/text_table.h"
#include "log/log_reader.h"
#include "run.h"

enum {
	MARKS_MOST = 100000, /* of one file; a lesson has some dozens */
	PORTS_MOST = 200,
	MISSING_SHOWN = 10,
};

/* A note of the lesson. */
struct mark {
	struct lesson_mark read;
	char *text;   /* of an answer, else "" */
	size_t line;  /* in the recording */
	int64_t due;  /* from the first entry on, as a replay has it */
	size_t calls; /* that were recorded before it */
};

struct homework {
	const char *path;
	struct lesson lesson;
	bool has_lesson, other_text, unread;
	struct mark *marks;
	size_t count, cap;
	struct evidence evidence;
	int64_t first, last; /* times of entries */
	bool any;            /* entry has been read */
	struct port {
		int64_t time;
		uint16_t port;
	} ports[PORTS_MOST]; /* that the kernel chose, and when */
	size_t port_count;
	size_t steps, answered, right, later, open, passed, wrong_lines;
	size_t checks, questions; /* of the lesson */
	struct buf remarks;       /* lines */
	struct buf texts;         /* with -v */
};

__attribute__((format(printf, 2, 3))) static void remark(struct homework *homework,
                                                         const char *format, ...)
{
	char text[600];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	buf_printf(&homework->remarks, "%s: %s\n", homework->path, text);
}

/* ---- reading ---- */

static void add_mark(struct homework *homework, const struct log_record *record, uint32_t *seal,
                     bool *broken, int64_t due)
{
	const char *note = record->entry.payload;
	struct lesson_mark mark;
	if (record->entry.header.call != CALL_NOTE || homework->count == MARKS_MOST ||
	    !lesson_record_read(note, record->entry.header.len, &mark))
		return;
	uint32_t before = mark.kind == LESSON_MARK_LESSON ? 0 : *seal;
	if (mark.seal != lesson_record_seal(before, note, mark.sealed) && !*broken) {
		remark(homework,
		       "line %lu: this note was changed, or one before it, or they are not in "
		       "their order",
		       record->line);
		*broken = true;
	}
	*seal = mark.seal;
	homework->marks =
	        xgrow(homework->marks, &homework->cap, homework->count, sizeof *homework->marks);
	homework->marks[homework->count++] = (struct mark){
		.read = mark,
		.text = xstrndup(mark.text ? mark.text : "", mark.len),
		.line = record->line,
		.due = due,
		.calls = homework->evidence.count,
	};
}

static void add_port(struct homework *homework, const struct log_record *record)
{
	const struct entry *entry = &record->entry.header;
	if (entry->call == CALL_GETSOCKNAME && !entry->error && record->entry.addr.port &&
	    homework->port_count < PORTS_MOST)
		homework->ports[homework->port_count++] =
		        (struct port){ entry->time, record->entry.addr.port };
}

static void take_entry(struct homework *homework, const struct log_record *record, int64_t *due,
                       uint32_t *seal, bool *broken)
{
	const struct entry *entry = &record->entry.header;
	int64_t returned =
	        entry->time + (entry->duration != UINT32_MAX ? entry->duration * CLOCK_US : 0);
	if (!homework->any)
		homework->first = entry->time;
	homework->any = true;
	homework->last = entry->time > homework->last ? entry->time : homework->last;
	*due = returned - homework->first > *due ? returned - homework->first : *due;
	evidence_add(&homework->evidence, entry, record->entry.payload);
	add_port(homework, record);
	add_mark(homework, record, seal, broken, *due);
}

/* False with one line: the file cannot be read at all. */
static bool read_recording(struct homework *homework, struct error *error)
{
	struct log_record record;
	struct error why;
	enum log_reading reading;
	int64_t due = 0;
	uint32_t seal = 0;
	bool broken = false;
	struct log_reader *reader = log_reader_open(homework->path, error);
	if (!reader)
		return false;
	while ((reading = log_reader_next(reader, &record, &why)) != LOG_END) {
		if (reading == LOG_READ && record.kind == LOG_ENTRY)
			take_entry(homework, &record, &due, &seal, &broken);
		if (reading == LOG_WRONG && homework->wrong_lines++ == 0)
			buf_printf(&homework->remarks, "%s\n", why.text); /* it has the path */
	}
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
			    missing++ < MISSING_SHOWN)
				remark(homework, "step %zu, line %zu: calls missing: %.200s", step,
				       block->lines[n].number, block->lines[n].text);
	}
	if (missing > MISSING_SHOWN)
		remark(homework, "step %zu: calls of %zu more commands are missing", step,
		       missing - MISSING_SHOWN);
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
static void look_at_answer(struct homework *homework, const struct lesson_block *block)
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
	homework->right += right;
	homework->later += right && tries > 1;
	homework->open += open;
}

/* ---- checks ---- */

/* What a recording does not say as the program has known it: how long nothing came, how many calls brought a
 * batch of datagrams, the address of a listener whose clients have their own, what waited in our own queue; and
 * what is not in it at all. */
static bool is_told(const char *line, const struct error *error)
{
	static const char *const untold[] = { " quiet", ".recvs ", ".sends ", ".local ", ".unsent " };
	for (size_t i = 0; i < sizeof untold / sizeof *untold; i++)
		if (strstr(line, untold[i]))
			return false;
	return !strstr(error->text, "not available");
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

static void go_to(struct app *app, int64_t due)
{
	struct error ignored;
	int64_t now = clock_now();
	if (!app->replay || !replay_go(app, due, now, &ignored))
		return;
	while (replay_is_behind(app, now)) {
		replay_serve(app, now);
		app_reap(app);
	}
}

static void look_at_checks(struct homework *homework)
{
	struct app app;
	struct error error = { 0 };
	app_init(&app);
	bool replays = replay_start(&app, homework->path, REPLAY_SPEED_OWN, clock_now(), &error);
	if (replays)
		replay_pause(&app, true, clock_now());
	for (size_t i = 0; replays && i < homework->count; i++) {
		const struct mark *mark = &homework->marks[i];
		const struct lesson_line *line =
		        mark->read.kind == LESSON_MARK_CHECK
		                ? find_check(&homework->lesson, mark->read.number)
		                : NULL;
		if (!line || !is_last(homework, mark))
			continue;
		go_to(&app, mark->due);
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
				look_at_answer(homework, &homework->lesson.steps[i].blocks[k]);
	if (!homework->other_text && !homework->wrong_lines)
		look_at_checks(homework);
	return true;
}

/* A port that the kernel chose at the same nanosecond was chosen once. */
static bool is_copy(const struct homework *one, const struct homework *other)
{
	for (size_t i = 0; i < one->port_count; i++)
		for (size_t k = 0; k < other->port_count; k++)
			if (one->ports[i].time == other->ports[k].time &&
			    one->ports[i].port == other->ports[k].port)
				return true;
	return false;
}

static void look_for_copies(struct homework *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++)
			if (k != i && is_copy(&all[i], &all[k]))
				remark(&all[i],
				       "the same times and ports as in %s: one is a copy of the "
				       "other",
				       all[k].path);
}

static bool is_complete(const struct homework *homework)
{
	return homework->has_lesson && homework->remarks.len == 0 &&
	       homework->steps == homework->lesson.count && homework->passed == homework->checks &&
	       homework->answered == homework->questions;
}

static void add_row(struct text_table *table, const struct homework *homework)
{
	char took[CLOCK_TEXT], open[40] = "";
	struct tm begun = clock_local(homework->first);
	char day[40];
	strftime(day, sizeof day, "%Y-%m-%d %H:%M", &begun);
	if (homework->open)
		snprintf(open, sizeof open, ", %zu to read", homework->open);
	text_table_add(table, "%s", homework->path);
	text_table_add(table, "%s", homework->has_lesson ? homework->lesson.name : "-");
	text_table_add(table, "%zu/%zu", homework->steps, homework->lesson.count);
	text_table_add(table, "%zu/%zu", homework->passed, homework->checks);
	text_table_add(table, "%zu/%zu%s", homework->right, homework->questions, open);
	text_table_add(table, "%s", homework->any ? day : "-");
	text_table_add(table, "%s",
	               homework->any ? clock_format_duration(homework->last - homework->first, took)
	                             : "-");
	text_table_add(table, "%s",
	               homework->unread        ? "cannot be read"
	               : is_complete(homework) ? "complete"
	               : homework->remarks.len ? "see below"
	                                       : "not finished");
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

static void print_table(struct homework *all, size_t count, bool verbose)
{
	static const char *const headings[] = { "file",  "lesson", "steps", "checks",
		                                "right", "begun",  "took",  "remark" };
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
	for (size_t i = 0; i < count; i++) {
		struct homework *homework = &all[i];
		if (homework->later) {
			text_print(stdout, homework->path, strlen(homework->path));
			printf(": %zu answer%s right only at a later try\n", homework->later,
			       homework->later == 1 ? " is" : "s are");
		}
		print_lines(&homework->remarks);
		if (verbose)
			print_lines(&homework->texts);
	}
}

static void free_homework(struct homework *homework)
{
	for (size_t i = 0; i < homework->count; i++)
		free(homework->marks[i].text);
	free(homework->marks);
	evidence_free(&homework->evidence);
	lesson_free(&homework->lesson);
	buf_free(&homework->remarks);
	buf_free(&homework->texts);
}

int grade_mode_run(const struct options *options)
{
	size_t count = options->word_count;
	struct homework *all = xcalloc(count, sizeof *all);
	int status = EXIT_SUCCESS;
	for (size_t i = 0; i < count; i++) {
		struct error error = { 0 };
		all[i].path = options->words[i];
		all[i].remarks.max = all[i].texts.max = SIZE_MAX;
		all[i].unread = !look_at(&all[i], &error);
		if (all[i].unread)
			buf_printf(&all[i].remarks, "%s\n", error.text);
	}
	look_for_copies(all, count);
	for (size_t i = 0; i < count; i++)
		if (!is_complete(&all[i]))
			status = EXIT_FAILURE;
	print_table(all, count, options->verbose > 0);
	for (size_t i = 0; i < count; i++)
		free_homework(&all[i]);
	free(all);
	if (fflush(stdout) == 0)
		return status;
	struct error error;
	error_set(&error, "standard output cannot be written");
	return run_fail(EXIT_FAILURE, &error);
}
