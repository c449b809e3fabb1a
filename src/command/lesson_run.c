// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/lesson_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hosts.h"
#include "app/lesson_face.h"
#include "app/page.h"
#include "app/replay.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/count.h"
#include "base/home.h"
#include "base/savefile.h"
#include "base/text.h"
#include "command/command.h"
#include "command/handout.h"
#include "command/lesson.h"
#include "command/lesson_record.h"
#include "command/lesson_undo.h"
#include "command/lessons.h"
#include "command/queue.h"
#include "command/text_table.h"
#include "view/markdown.h"

enum {
	PLACES_MOST = 64 << 10, /* bytes of the file */
	PLACE_DONE = 10000,     /* a step that no lesson has */
	CODE_INDENT = 2,
};

enum stage {
	STAGE_GOAL,  /* what it is about, before the first step */
	STAGE_CLEAN, /* the sessions of the lesson are closed, and then forgotten */
	STAGE_STEP,
	STAGE_FAILED, /* after checks of which some failed */
	STAGE_END,    /* of a step */
	STAGE_OVER,
};

/* What came of a line. */
struct line_state {
	enum { LINE_NOT_RUN, LINE_PASSED, LINE_FAILED } result;
	char *why; /* it failed */
	bool told; /* what came of it is printed */
};

struct block_state {
	struct line_state *lines;
	enum { ANSWER_NONE, ANSWER_WRONG, ANSWER_RIGHT, ANSWER_OPEN, ANSWER_SHOWN } answer;
	bool first_right; /* it was right without a wrong one before */
	struct buf said;  /* rows after a question: what was answered, and how that was */
	bool shown;       /* a hint, or lines that are typed */
	bool accepted;    /* failed checks: the person goes on */
	bool told, told_shown, told_explanation; /* by tell(): its text, what is `shown`, … */
	size_t told_said;                        /* bytes of `said` */
};

struct run {
	struct app *app;
	struct lesson lesson;
	char *record; /* path; NULL = none */
	struct block_state **states;
	enum stage stage;
	size_t step, block, line; /* of a step, the block, and of that the line */
	size_t part;              /* the block with which what is new begins */
	size_t target;            /* the lines of the steps before this one run by themselves */
	bool running;             /* a line does */
	bool recorded_over;
	uint32_t before; /* the newest session that there was before the lesson */
	bool had_sandbox;
	struct lesson_undo undo;
	char *missing; /* what the lesson needs, and why it is not there; NULL = nothing */
	bool replays;  /* so that a recording of it is shown */
	char *foot;
	struct { /* by tell() */
		bool begun, over;
		size_t step;  /* from 1, whose title is printed */
		char *prompt; /* what to do, as it was printed last */
	} told;
};

static struct run *run_of(const struct app *app)
{
	return app->lesson.run;
}

bool lesson_run_is_on(const struct app *app)
{
	return run_of(app);
}

static struct run *need_run(const struct app *app, struct error *error)
{
	if (!run_of(app))
		error_usage(error, "no lesson is being taken: /lesson lists them");
	return run_of(app);
}

/* ---- places ---- */

struct places {
	struct place {
		char name[100];
		size_t step; /* from 1, or PLACE_DONE */
	} * list;
	size_t count, cap;
};

static struct place *find_place(const struct places *places, const char *name)
{
	for (size_t i = 0; i < places->count; i++)
		if (strncmp(places->list[i].name, name, sizeof places->list[i].name - 1) == 0)
			return &places->list[i];
	return NULL;
}

static struct place *add_place(struct places *places, const char *name)
{
	struct place *place = find_place(places, name);
	if (place)
		return place;
	places->list = xgrow(places->list, &places->cap, places->count, sizeof *places->list);
	place = &places->list[places->count++];
	*place = (struct place){ 0 };
	snprintf(place->name, sizeof place->name, "%s", name);
	return place;
}

/* "04-a-stream-has-no-messages 3", "… done": false for anything else. A file's name may have blanks. */
static bool read_place(const char *line, size_t len, struct places *places)
{
	char *text = xstrndup(line, len), *blank = strrchr(text, ' ');
	const char *word = blank && blank > text ? blank + 1 : "";
	size_t step = 0;
	if (*word)
		*blank = '\0';
	if (strcmp(word, "done") == 0)
		step = PLACE_DONE;
	else if (strspn(word, "0123456789") == strlen(word) && strlen(word) < 4)
		step = strtoul(word, NULL, 10);
	if (step)
		add_place(places, text)->step = step;
	free(text);
	return step;
}

static char *read_file(const char *path, struct error *error)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	bool regular = file && fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
	char *text = regular ? xcalloc(PLACES_MOST + 1, 1) : NULL;
	int code = errno;
	if (text && fread(text, 1, PLACES_MOST, file) == 0 && ferror(file))
		error_set(error, "%.150s cannot be read: places in lessons are lost", path);
	else if (file && !regular)
		error_set(error, "%.150s is not a regular file: places in lessons are not kept",
		          path);
	else if (!file && code != ENOENT && code != ENOTDIR)
		error_errno(error, code, "%.150s", path);
	if (file)
		fclose(file);
	return text;
}

/* A file that is damaged has the places that can be read; *error says so. */
static void read_places(struct places *places, struct error *error)
{
	char *path = home_state_file("lessons");
	char *text = path ? read_file(path, error) : NULL;
	*places = (struct places){ 0 };
	size_t number = 0;
	for (char *line = text; line && *line;) {
		size_t len = strcspn(line, "\n");
		number++;
		if (len > 0 && !read_place(line, len, places) && !error->text[0])
			error_set(error,
			          "%.150s:%zu: not a place in a lesson: the line is left out", path,
			          number);
		line += len + (line[len] != '\0');
	}
	free(text);
	free(path);
}

static void keep_place(struct run *run, size_t step)
{
	struct error error = { 0 };
	struct places places;
	struct savefile save;
	char *path = home_state_file("lessons");
	if (!path)
		return;
	read_places(&places, &error);
	error = (struct error){ 0 }; /* it has been said when the lesson began */
	struct place *place = add_place(&places, run->lesson.name);
	bool changed = place->step != step;
	place->step = step;
	home_make_directories(path);
	if (changed && savefile_begin(&save, path, &error)) {
		for (size_t i = 0; i < places.count; i++)
			if (places.list[i].step == PLACE_DONE)
				fprintf(save.file, "%s done\n", places.list[i].name);
			else
				fprintf(save.file, "%s %zu\n", places.list[i].name,
				        places.list[i].step);
		savefile_end(&save, &error);
	}
	if (error.text[0])
		app_error(run->app, "your place in the lesson is not kept: %s", error.text);
	free(places.list);
	free(path);
}

void lesson_run_print_place(struct app *app, const char *name, struct buf *out)
{
	struct error error = { 0 };
	struct places places;
	(void)app;
	read_places(&places, &error);
	const struct place *place = find_place(&places, name);
	if (place && place->step == PLACE_DONE)
		buf_append_text(out, "done");
	else if (place)
		buf_printf(out, "step %zu", place->step);
	free(places.list);
}

/* ---- where the person is ---- */

static const struct lesson_step *step_of(const struct run *run)
{
	return &run->lesson.steps[run->step];
}

/* That waits, or runs; NULL at the end of the step. */
static const struct lesson_block *block_of(const struct run *run)
{
	const struct lesson_step *step = step_of(run);
	return run->block < step->count ? &step->blocks[run->block] : NULL;
}

static struct block_state *state_of(const struct run *run)
{
	return &run->states[run->step][run->block];
}

static bool has_lines(const struct lesson_block *block)
{
	return block && (block->kind == LESSON_COMMANDS || block->kind == LESSON_TYPED ||
	                 block->kind == LESSON_CHECK);
}

static bool catches_up(const struct run *run)
{
	return run->step < run->target;
}

static void changed(struct run *run, bool part)
{
	if (part)
		run->part = run->block;
	lesson_face_changed(run->app, part);
}

static void say_foot(struct run *run, const char *text)
{
	free(run->foot);
	run->foot = xstrdup(text);
	run->app->lesson.foot = run->foot;
}

/* ---- answers ---- */

static void show_explanation(struct run *run, struct block_state *state)
{
	struct app *app = run->app;
	(void)state;
	app->lesson.prompt = NULL;
	run->part = run->block;
	run->block++;
	run->line = 0;
	lesson_face_changed(app, true);
}

/* As it is read: "connect() succeeds" of "`connect()` succeeds". */
static void print_words(const char *text, struct buf *out)
{
	enum { ONE_ROW = 10000 };
	struct rows rows = { 0 };
	markdown_layout(text, 0, ONE_ROW, STYLE_TEXT, &rows);
	rows_print(&rows, out);
	rows_free(&rows);
}

/* "the answer is b) eleven" */
static void print_right(const struct lesson_question *question, struct buf *out)
{
	if (question->answer == LESSON_FREE)
		return;
	buf_printf(out, "the answer is %s", question->right_text);
	for (size_t i = 0; i < question->count; i++)
		if (question->choices[i].letter == question->right) {
			buf_append_text(out, ") ");
			print_words(question->choices[i].text, out);
		}
}

static void show_answer(struct run *run)
{
	const struct lesson_block *block = block_of(run);
	struct block_state *state = state_of(run);
	struct buf text = { .max = SIZE_MAX };
	print_right(block->question, &text);
	if (text.len)
		buf_printf(&state->said, "%s\n", buf_text(&text));
	buf_free(&text);
	state->answer = ANSWER_SHOWN;
	if (run->record)
		lesson_record_shown(run->app, block);
	show_explanation(run, state);
}

static void take_answer(struct run *run, const char *answer)
{
	struct error error = { 0 };
	const struct lesson_block *block = block_of(run);
	struct block_state *state = state_of(run);
	enum lesson_verdict verdict = lesson_grade(block->question, answer, &error);
	bool again = state->answer == ANSWER_WRONG;
	state->told_said = 0;
	if (verdict != LESSON_UNCLEAR && run->record)
		lesson_record_answer(run->app, block, answer, verdict);
	switch (verdict) {
	case LESSON_UNCLEAR:
		buf_clear(&state->said);
		buf_printf(&state->said, "%s\n", error.text);
		changed(run, true);
		break;
	case LESSON_WRONG:
		state->answer = ANSWER_WRONG;
		buf_clear(&state->said);
		buf_printf(&state->said, "%s: wrong. Try again, or Enter shows the answer\n",
		           answer);
		changed(run, true);
		break;
	case LESSON_RIGHT:
		state->answer = ANSWER_RIGHT;
		state->first_right = !again;
		buf_clear(&state->said);
		buf_printf(&state->said, "%s: right\n", answer);
		show_explanation(run, state);
		break;
	case LESSON_OPEN:
		state->answer = ANSWER_OPEN;
		buf_clear(&state->said);
		buf_printf(&state->said, "you: %s\ncompare:\n", answer);
		show_explanation(run, state);
		break;
	}
}

/* ---- lines ---- */

static void line_ended(void *context, bool good, bool interrupted, const char *why)
{
	struct run *run = context;
	const struct lesson_block *block = block_of(run);
	struct line_state *state = &state_of(run)->lines[run->line];
	bool check = block->kind == LESSON_CHECK;
	run->running = false;
	lesson_undo_after(&run->undo, run->app);
	free(state->why);
	state->why = good ? NULL : xstrdup(why);
	state->result = good ? LINE_PASSED : LINE_FAILED;
	state->told = false;
	if (check && run->record)
		lesson_record_check(run->app, &block->lines[run->line], good);
	if (interrupted && catches_up(run))
		run->target = run->step; /* the person is in this step from now on */
	if (good || check || catches_up(run))
		run->line++;
	changed(run, false);
}

static void run_line(struct run *run)
{
	const struct lesson_block *block = block_of(run);
	const struct lesson_line *line = &block->lines[run->line];
	struct queue_line queued = {
		.text = line->text,
		.judges = block->kind == LESSON_CHECK,
		.ended = line->background ? NULL : line_ended,
		.context = run,
	};
	lesson_face_wait(run->app, NULL);
	run->running = !line->background;
	lesson_undo_before(&run->undo, run->app, line->text);
	queue_guide(run->app, &queued);
	if (line->background)
		line_ended(run, true, false, "");
}

/* The line with one blank between its words, none at its ends, and the command by its whole name. */
static char *normal(const char *line, size_t len)
{
	struct buf out = { .max = SIZE_MAX };
	struct error ignored;
	for (size_t i = 0; i < len; i++) {
		bool blank = line[i] == ' ' || line[i] == '\t' || line[i] == '\n';
		if (!blank)
			buf_append(&out, line + i, 1);
		else if (out.len && buf_data(&out)[out.len - 1] != ' ')
			buf_append_text(&out, " ");
	}
	while (out.len && buf_data(&out)[out.len - 1] == ' ')
		out.len--;
	const char *text = buf_text(&out);
	size_t word = strcspn(text, " ");
	const struct command *command = *text == '/' && text[1] != '/' && text[1] != '@' && word > 1
	                                        ? command_find(text + 1, word - 1, &ignored)
	                                        : NULL;
	char *whole = command ? xasprintf("/%s%s", command->name, text + word) : xstrdup(text);
	buf_free(&out);
	return whole;
}

static bool is_same(const char *typed, const char *line)
{
	char *one = normal(typed, strlen(typed)), *other = normal(line, strlen(line));
	bool same = strcmp(one, other) == 0;
	free(one);
	free(other);
	return same;
}

/* As it waits in the input line: with the values of its names, where they have one by now. */
static char *waiting_line(struct run *run, const struct lesson_line *line)
{
	struct error ignored;
	struct buf text = { .max = SIZE_MAX };
	bool good = queue_guide_expand(run->app, line->text, &text, &ignored);
	char *whole = xasprintf("%s%s", good ? buf_text(&text) : line->text,
	                        line->background ? " &" : "");
	buf_free(&text);
	return whole;
}

static bool waits_for_line(const struct run *run)
{
	const struct lesson_block *block = run->stage == STAGE_STEP ? block_of(run) : NULL;
	return !run->running && block &&
	       (block->kind == LESSON_COMMANDS || block->kind == LESSON_TYPED) &&
	       run->line < block->count;
}

static bool is_due(struct run *run, const char *typed)
{
	if (!waits_for_line(run))
		return false;
	const struct lesson_line *line = &block_of(run)->lines[run->line];
	char *whole = waiting_line(run, line),
	     *plain = xasprintf("%s%s", line->text, line->background ? " &" : "");
	bool same = is_same(typed, whole) || is_same(typed, plain) || is_same(typed, line->text);
	free(whole);
	free(plain);
	return same;
}

bool lesson_run_type(struct app *app, const char *line, size_t len)
{
	struct run *run = run_of(app);
	const char *slash = app_find_slash(app, line);
	bool command = slash && slash[1] != '/';
	if (!run || app->literal || memchr(line, '\0', len))
		return queue_type(app, line, len);
	if (app->lesson.prompt && !command) {
		take_answer(run, line);
		return true;
	}
	if (!is_due(run, line))
		return queue_type(app, line, len);
	run_line(run);
	return true;
}

/* ---- going on ---- */

static void begin_step(struct run *run, size_t step)
{
	run->stage = STAGE_STEP;
	run->step = step;
	run->block = run->line = run->part = 0;
	run->running = false;
	run->app->lesson.prompt = NULL;
	lesson_face_wait(run->app, NULL);
	if (run->record)
		lesson_record_step(run->app, &run->lesson, step + 1);
	if (step >= run->target)
		keep_place(run, step + 1);
	lesson_face_changed(run->app, true);
}

/* Checks of the block that the person has not accepted. */
static bool has_failed(const struct run *run, const struct lesson_block *block)
{
	const struct block_state *state = state_of(run);
	for (size_t i = 0; i < block->count; i++)
		if (state->lines[i].result == LINE_FAILED && !state->accepted)
			return true;
	return false;
}

static void say_next(struct run *run)
{
	const char *key = run->app->lesson.project ? "Space" : "Enter";
	char text[100];
	bool last = run->step + 1 == run->lesson.count;
	const struct lesson_block *block = run->stage == STAGE_STEP ? block_of(run) : NULL;
	switch (run->stage) {
	case STAGE_GOAL:
		snprintf(text, sizeof text, run->missing ? "%s closes the lesson" : "%s begins", key);
		break;
	case STAGE_CLEAN:
		snprintf(text, sizeof text, "closing the sessions of the lesson");
		break;
	case STAGE_FAILED:
		snprintf(text, sizeof text, "%s goes on, /lesson again repeats the step", key);
		break;
	case STAGE_END:
		snprintf(text, sizeof text, last ? "%s: how it went" : "%s: the next step", key);
		break;
	case STAGE_OVER:
		snprintf(text, sizeof text, "%s closes the lesson", key);
		break;
	case STAGE_STEP:
		if (catches_up(run))
			snprintf(text, sizeof text, "runs the steps before, Ctrl-C stops that");
		else if (run->running && block && block->kind == LESSON_CHECK)
			snprintf(text, sizeof text, "checking");
		else if (run->running)
			snprintf(text, sizeof text, "it waits, Ctrl-C cancels it");
		else if (block && block->kind == LESSON_QUESTION)
			snprintf(text, sizeof text, "type the answer, %s alone shows it", key);
		else if (block && block->kind == LESSON_TYPED)
			snprintf(text, sizeof text, "type the line, /lesson hint shows it");
		else
			snprintf(text, sizeof text, "%s runs the line", key);
	}
	say_foot(run, text);
}

/* What is not there of what the lesson needs; NULL for nothing. */
static char *find_missing(struct app *app, const struct lesson *lesson)
{
	struct error why = { 0 };
	for (size_t i = 0; i < lesson->need_count; i++)
		if (!command_has(app, lesson->needs[i], &why))
			return xstrdup(why.text); /* "sandbox: this kernel has none" */
	return NULL;
}

/* One thing; false where it waits for something. */
static bool advance(struct run *run)
{
	struct app *app = run->app;
	const struct lesson_block *block = block_of(run);
	if (run->stage != STAGE_STEP || run->running || sessions_are_closing(app->sessions) ||
	    app->holds)
		return false;
	if (!block && catches_up(run) && run->step + 1 < run->lesson.count) {
		begin_step(run, run->step + 1);
		return true;
	}
	if (!block) {
		run->stage = STAGE_END;
		return false;
	}
	if (has_lines(block) && run->line < block->count) {
		bool by_itself = block->kind == LESSON_CHECK || catches_up(run);
		if (by_itself) {
			run_line(run);
		} else if (block->kind == LESSON_COMMANDS && !app->lesson.waiting) {
			char *line = waiting_line(run, &block->lines[run->line]);
			lesson_face_wait(app, line);
			free(line);
		}
		return by_itself;
	}
	if (block->kind == LESSON_QUESTION && !catches_up(run) &&
	    state_of(run)->answer <= ANSWER_WRONG) {
		if (!app->lesson.prompt)
			lesson_face_changed(app, false);
		app->lesson.prompt = "answer> ";
		return false;
	}
	if (block->kind == LESSON_CHECK && !catches_up(run) && has_failed(run, block)) {
		run->stage = STAGE_FAILED;
		return false;
	}
	bool commands = block->kind == LESSON_COMMANDS || block->kind == LESSON_TYPED;
	run->line = 0;
	run->block++;
	if (commands) /* they have been seen; what comes of them is new */
		run->part = block_of(run) ? run->block : run->block - 1;
	lesson_face_changed(app, commands);
	return true;
}

/* ---- a clean table ---- */

static uint32_t newest_session(const struct app *app)
{
	uint32_t newest = 0;
	for (size_t i = 0; i < sessions_count(app->sessions); i++) {
		uint32_t number = session_number(sessions_at(app->sessions, i));
		newest = number > newest ? number : newest;
	}
	return newest;
}

/* The newest session of the lesson; NULL for none. */
static struct session *own_session(const struct run *run)
{
	uint32_t newest = newest_session(run->app);
	return newest > run->before ? sessions_numbered(run->app->sessions, newest) : NULL;
}

static void close_own(struct run *run)
{
	struct error ignored;
	for (size_t i = 0; i < sessions_count(run->app->sessions); i++) {
		struct session *session = sessions_at(run->app->sessions, i);
		if (session_number(session) > run->before &&
		    session_state(session) != SESSION_CLOSED && !session_recording(session) &&
		    !session_abort(session, &ignored)) /* a listener, or datagrams */
			session_close(session, &ignored);
	}
}

/* What an earlier lesson has left in this window, or its names and ports would be in the way. */
static void forget_left(struct app *app)
{
	struct error ignored;
	for (size_t i = sessions_count(app->sessions); i-- > 0;) {
		struct session *session = sessions_at(app->sessions, i);
		if (session && session_number(session) > app->lesson.left_after &&
		    session_number(session) <= app->lesson.left_to && !session_recording(session) &&
		    session_state(session) == SESSION_CLOSED)
			app_forget(app, session, &ignored);
	}
	if (app->lesson.left_sandbox && sessions_sandbox(app->sessions))
		queue_press(app, "/sandbox off", &ignored);
	if (app->lesson.left_replay)
		replay_stop(app);
	app->lesson.left_replay = false;
	app->lesson.left_after = app->lesson.left_to = 0;
	app->lesson.left_sandbox = false;
}

static void clean(struct run *run)
{
	struct error ignored;
	struct app *app = run->app;
	struct session *own;
	if (sessions_are_closing(app->sessions))
		return;
	while ((own = own_session(run)))
		if (!app_forget(app, own, &ignored))
			break;
	if (own) { /* it closes still, or a client has come meanwhile */
		close_own(run);
		if (!sessions_are_closing(app->sessions))
			run->before = newest_session(app);
		return;
	}
	if (!run->had_sandbox && sessions_sandbox(app->sessions))
		queue_press(app, "/sandbox off", &ignored);
	begin_step(run, 0);
}

/* Begins at this step again, on a clean table. The steps before it run by themselves, for it needs what
 * they have made. */
static void go_to(struct run *run, size_t step)
{
	struct app *app = run->app;
	queue_guide_end(app);
	lesson_undo_all(&run->undo, app);
	close_own(run);
	for (size_t i = 0; i < run->lesson.count; i++)
		for (size_t k = 0; k < run->lesson.steps[i].count; k++) {
			struct block_state *state = &run->states[i][k];
			for (size_t n = 0; n < run->lesson.steps[i].blocks[k].count; n++) {
				free(state->lines[n].why);
				state->lines[n] = (struct line_state){ 0 };
			}
			state->accepted = false;
			if (i < step)
				continue;
			state->told = state->told_shown = state->told_explanation = false;
			state->told_said = 0;
			state->answer = ANSWER_NONE;
			state->shown = state->first_right = false;
			buf_clear(&state->said);
		}
	run->stage = STAGE_CLEAN;
	run->told.step = 0;
	run->told.over = false;
	run->target = step;
	run->running = false;
	run->step = run->block = run->line = run->part = 0;
	app->lesson.prompt = NULL;
	lesson_face_wait(app, NULL);
	lesson_face_changed(app, true);
	say_next(run);
}

/* ---- what a person does ---- */

static void finish(struct run *run)
{
	run->stage = STAGE_OVER;
	keep_place(run, PLACE_DONE);
	if (run->record && !run->recorded_over)
		lesson_record_over(run->app, &run->lesson);
	run->recorded_over = true;
	lesson_face_changed(run->app, true);
}

/* Enter on an empty line. */
static void enter(struct app *app)
{
	struct error error;
	struct run *run = run_of(app);
	switch (run->stage) {
	case STAGE_GOAL:
		if (run->missing) {
			lesson_run_stop(app, &error);
			return;
		}
		begin_step(run, 0);
		break;
	case STAGE_CLEAN:
		break;
	case STAGE_FAILED:
		state_of(run)->accepted = true;
		run->stage = STAGE_STEP;
		break;
	case STAGE_END:
		if (run->step + 1 < run->lesson.count)
			begin_step(run, run->step + 1);
		else
			finish(run);
		break;
	case STAGE_OVER:
		lesson_run_stop(app, &error);
		return;
	case STAGE_STEP:
		if (app->lesson.prompt)
			show_answer(run);
		else if (waits_for_line(run) &&
		         block_of(run)->kind == (app->prints_lesson ? LESSON_COMMANDS
		                                                    : LESSON_TYPED) &&
		         (app->prints_lesson || app->lesson.project))
			run_line(run);
	}
	if (app->prints_lesson && run_of(app)) { /* nothing was done: once more, what to do */
		free(run->told.prompt);
		run->told.prompt = NULL;
	}
}

bool lesson_run_next(struct app *app, struct error *error)
{
	struct run *run = need_run(app, error);
	if (!run)
		return false;
	if (run->running) {
		error_set(error, "lesson: a line waits: Ctrl-C cancels it");
		return false;
	}
	if (run->stage == STAGE_STEP && !catches_up(run) && block_of(run)) {
		app->lesson.prompt = NULL;
		lesson_face_wait(app, NULL);
		run->block++;
		run->line = 0;
		changed(run, true);
	} else {
		enter(app);
	}
	return true;
}

bool lesson_run_back(struct app *app, struct error *error)
{
	struct run *run = need_run(app, error);
	if (!run)
		return false;
	if (run->stage == STAGE_GOAL || (run->step == 0 && run->stage != STAGE_OVER)) {
		error_set(error, "lesson: this is the first step");
		return false;
	}
	go_to(run, run->stage == STAGE_OVER ? run->step : run->step - 1);
	return true;
}

bool lesson_run_again(struct app *app, struct error *error)
{
	struct run *run = need_run(app, error);
	if (!run)
		return false;
	if (run->stage == STAGE_GOAL) {
		error_set(error, "lesson: no step has begun: Enter begins the first one");
		return false;
	}
	go_to(run, run->step);
	return true;
}

/* The next hint that is about what waits, or about what is before it in the step. */
bool lesson_run_hint(struct app *app, struct error *error)
{
	struct run *run = need_run(app, error);
	if (!run)
		return false;
	const struct lesson_block *now = run->stage == STAGE_STEP ? block_of(run) : NULL;
	bool in_step =
	        run->stage == STAGE_STEP || run->stage == STAGE_FAILED || run->stage == STAGE_END;
	for (size_t i = 0; in_step && i < step_of(run)->count; i++) {
		const struct lesson_block *block = &step_of(run)->blocks[i];
		struct block_state *state = &run->states[run->step][i];
		bool hint = block->kind == LESSON_HINT || block->kind == LESSON_TEACHER;
		if (i > run->block && !hint)
			break;
		if (block->kind != LESSON_HINT || state->shown)
			continue;
		state->shown = true;
		lesson_face_changed(app, true);
		return true;
	}
	if (now && now->kind == LESSON_TYPED && !state_of(run)->shown) {
		state_of(run)->shown = true;
		lesson_face_changed(app, true);
		return true;
	}
	error_set(error, "lesson: no %shint here", in_step ? "further " : "");
	return false;
}

bool lesson_run_answer(struct app *app, const char *text, struct error *error)
{
	struct run *run = need_run(app, error);
	if (!run)
		return false;
	if (!app->lesson.prompt) {
		error_set(error, "lesson: no question waits for an answer");
		return false;
	}
	if (text)
		take_answer(run, text);
	else
		show_answer(run);
	return true;
}

static void add_notes(const struct lesson_step *step, struct buf *out)
{
	for (size_t i = 0; i < step->count; i++)
		if (step->blocks[i].kind == LESSON_TEACHER)
			buf_printf(out, "%s%s\n", out->len ? "\n" : "", step->blocks[i].text);
}

bool lesson_run_notes(struct app *app, const char *line, struct error *error)
{
	struct run *run = need_run(app, error);
	struct buf text = { .max = SIZE_MAX };
	if (!run)
		return false;
	add_notes(run->stage == STAGE_GOAL ? &run->lesson.goal : step_of(run), &text);
	if (text.len)
		page_toggle(app, &answer_page, line, 0, buf_text(&text));
	else
		error_set(error, "lesson: this step has no notes for teachers");
	bool any = text.len;
	buf_free(&text);
	return any;
}

/* ---- how it went ---- */

struct tally {
	size_t checks, passed, questions, right;
};

static struct tally count(const struct run *run)
{
	struct tally tally = { 0 };
	for (size_t i = 0; i < run->lesson.count; i++)
		for (size_t k = 0; k < run->lesson.steps[i].count; k++) {
			const struct lesson_block *block = &run->lesson.steps[i].blocks[k];
			const struct block_state *state = &run->states[i][k];
			for (size_t n = 0; block->kind == LESSON_CHECK && n < block->count; n++) {
				tally.checks += state->lines[n].result != LINE_NOT_RUN;
				tally.passed += state->lines[n].result == LINE_PASSED;
			}
			if (block->kind != LESSON_QUESTION ||
			    block->question->answer == LESSON_FREE)
				continue;
			tally.questions++;
			tally.right += state->answer == ANSWER_RIGHT;
		}
	return tally;
}

static void print_tally(const struct run *run, struct buf *out)
{
	struct tally tally = count(run);
	buf_printf(out, "%zu of %zu checks passed", tally.passed, tally.checks);
	if (tally.questions)
		buf_printf(out, ", %zu of %zu answers right", tally.right, tally.questions);
}

/* The lesson after this one; NULL for none. */
static const struct lesson_text *find_next(const struct lesson *lesson)
{
	for (size_t i = 0; lesson_texts[i].name; i++)
		if (strcmp(lesson_texts[i].name, lesson->name) == 0)
			return lesson_texts[i + 1].name ? &lesson_texts[i + 1] : NULL;
	return NULL;
}

/* ---- rows ---- */

static void add_heading(const struct run *run, int columns, struct rows *rows)
{
	char words[64], place[32] = "";
	struct row *row = rows_add(rows);
	if (run->lesson.number)
		snprintf(words, sizeof words, "lesson %d  ", run->lesson.number);
	else
		snprintf(words, sizeof words, "lesson  ");
	row_put(row, words, columns, STYLE_CURRENT);
	row_put(row, run->lesson.title, columns, STYLE_CURRENT);
	if (run->stage == STAGE_GOAL || run->stage == STAGE_OVER)
		snprintf(place, sizeof place, "%zu step%s, %d min", run->lesson.count,
		         count_plural(run->lesson.count), run->lesson.minutes);
	else
		snprintf(place, sizeof place, "step %zu of %zu", run->step + 1, run->lesson.count);
	int room = columns - (int)strlen(place) - 1;
	if (row->columns + 2 <= room) {
		row_pad(row, room, STYLE_CURRENT);
		row_put(row, place, columns, STYLE_CURRENT);
	}
	row_pad(row, columns, STYLE_CURRENT);
}

static void add_line(const char *mark, const char *text, int indent, int columns, enum style style,
                     struct rows *rows)
{
	char *whole = xasprintf("%s%s", mark, text);
	int first = columns > 30 ? indent : 0;
	rows_add_wrapped(rows, whole, strlen(whole), first,
	                 first + text_columns(mark, strlen(mark)), columns, style);
	free(whole);
}

static void add_commands(const struct run *run, size_t index, int columns, struct rows *rows)
{
	const struct lesson_block *block = &step_of(run)->blocks[index];
	const struct block_state *state = &run->states[run->step][index];
	for (size_t i = 0; i < block->count; i++) {
		const struct line_state *line = &state->lines[i];
		bool now = index == run->block && i == run->line;
		bool hidden = block->kind == LESSON_TYPED && line->result == LINE_NOT_RUN &&
		              !state->shown && index >= run->block;
		char *text = xasprintf("%s%s", block->lines[i].text,
		                       block->lines[i].background ? " &" : "");
		if (!hidden)
			add_line(now                           ? "> "
			         : line->result == LINE_PASSED ? "+ "
			                                       : "  ",
			         text, CODE_INDENT, columns, now ? STYLE_STATE : MARKDOWN_CODE,
			         rows);
		if (!hidden && line->result == LINE_FAILED)
			add_line("failed: ", line->why, CODE_INDENT + 2, columns, STYLE_ERROR,
			         rows);
		free(text);
	}
}

static void add_checks(const struct run *run, size_t index, int columns, struct rows *rows)
{
	const struct lesson_block *block = &step_of(run)->blocks[index];
	const struct block_state *state = &run->states[run->step][index];
	bool failed = false;
	for (size_t i = 0; i < block->count; i++) {
		const struct line_state *line = &state->lines[i];
		if (line->result == LINE_NOT_RUN)
			continue;
		bool passed = line->result == LINE_PASSED;
		failed |= !passed;
		add_line(passed ? "PASS " : "FAIL ", block->lines[i].text, 0, columns,
		         passed ? STYLE_IN : STYLE_ERROR, rows);
		if (!passed)
			add_line("", line->why, 5, columns, STYLE_ERROR, rows);
	}
	if (failed && index == run->block && run->stage == STAGE_FAILED)
		add_line("",
		         "Something came out differently: /lesson again starts the step again, "
		         "/lesson back the one before, Enter goes on.",
		         0, columns, STYLE_NOTE, rows);
}

/* Returns the row with which what follows the question begins. */
static void add_question_text(const struct lesson_question *question, int columns,
                              struct rows *rows)
{
	char *text = xasprintf("**%s** %s",
	                       question->predict ? "Predict:" : "Question:", question->text);
	markdown_layout(text, 0, columns, STYLE_TEXT, rows);
	free(text);
	for (size_t i = 0; i < question->count; i++) {
		text = xasprintf("- %c) %s", question->choices[i].letter,
		                 question->choices[i].text);
		markdown_layout(text, CODE_INDENT, columns, STYLE_TEXT, rows);
		free(text);
	}
}

static size_t add_question(const struct run *run, size_t index, int columns, struct rows *rows)
{
	const struct lesson_question *question = step_of(run)->blocks[index].question;
	struct block_state *state = &run->states[run->step][index];
	add_question_text(question, columns, rows);
	const char *said = buf_text(&state->said);
	size_t after = rows->count;
	while (*said) {
		size_t len = strcspn(said, "\n");
		char *line = xstrndup(said, len);
		add_line("", line, 0, columns,
		         state->answer == ANSWER_RIGHT ? STYLE_IN : MARKDOWN_STRONG, rows);
		free(line);
		said += len + (said[len] != '\0');
	}
	if (state->answer > ANSWER_WRONG && *question->explanation) {
		rows_add(rows);
		after += rows->count == after + 1;
		markdown_layout(question->explanation, 0, columns, STYLE_TEXT, rows);
	}
	return after;
}

/* Returns the row with which what is new begins, when the block is the newest. */
static size_t add_block(const struct run *run, size_t index, int columns, struct rows *rows)
{
	const struct lesson_block *block = &step_of(run)->blocks[index];
	size_t begin = rows->count, after;
	switch (block->kind) {
	case LESSON_PROSE:
		markdown_layout(block->text, 0, columns, STYLE_TEXT, rows);
		break;
	case LESSON_CODE:
		markdown_code(block->text, CODE_INDENT, columns, MARKDOWN_CODE, rows);
		break;
	case LESSON_COMMANDS:
	case LESSON_TYPED:
		add_commands(run, index, columns, rows);
		break;
	case LESSON_CHECK:
		add_checks(run, index, columns, rows);
		break;
	case LESSON_QUESTION:
		after = add_question(run, index, columns, rows);
		if (after < rows->count)
			begin = after;
		break;
	case LESSON_HINT:
		if (run->states[run->step][index].shown) {
			char *text = xasprintf("**Hint:** %s", block->text);
			markdown_layout(text, 0, columns, STYLE_TEXT, rows);
			free(text);
		}
		break;
	case LESSON_TEACHER:
		break;
	}
	return begin;
}

/* Shown up to what waits, and the hints about that. */
static bool is_seen(const struct run *run, size_t index)
{
	if (index <= run->block)
		return true;
	for (size_t i = run->block + 1; i <= index; i++) {
		enum lesson_kind kind = step_of(run)->blocks[i].kind;
		if (kind != LESSON_HINT && kind != LESSON_TEACHER)
			return false;
	}
	return run->states[run->step][index].shown;
}

static void render_step(struct run *run, int columns, struct rows *rows)
{
	const struct lesson_step *step = step_of(run);
	struct row *title = rows_add(rows);
	int top = (int)rows->count - 1;
	row_put(title, step->title, columns, MARKDOWN_HEADING);
	for (size_t i = 0; i < step->count && is_seen(run, i); i++) {
		size_t before = rows->count;
		bool compact = (step->blocks[i].kind == LESSON_CHECK);
		if (!compact)
			rows_add(rows);
		size_t empty = rows->count, begin = add_block(run, i, columns, rows);
		if (rows->count == empty) { /* nothing to show: what comes next is new */
			rows->count = before;
			if (i == run->part && i > 0)
				top = (int)before;
			continue;
		}
		bool hint = step->blocks[i].kind == LESSON_HINT;
		if ((i == run->part && i > 0) || (hint && i > run->block))
			top = (int)begin;
	}
	run->app->lesson.top = top;
}

static void print_missing(const struct run *run, struct buf *out)
{
	buf_printf(out, "This lesson cannot be taken here: %s", run->missing);
}

static void print_shown(const struct run *run, struct buf *out)
{
	buf_append_text(out, run->replays ? "A recording of a good run is shown instead; /replay pause, step "
	                                    "and end move in it."
	                                  : "There is no recording of it to be shown instead.");
}

static void render_goal(struct run *run, int columns, struct rows *rows)
{
	struct buf text = { .max = SIZE_MAX };
	rows_add(rows);
	if (run->missing) {
		print_missing(run, &text);
		page_add_text(rows, buf_text(&text), columns, STYLE_ERROR);
		buf_clear(&text);
		print_shown(run, &text);
		page_add_text(rows, buf_text(&text), columns, STYLE_NOTE);
		buf_clear(&text);
		rows_add(rows);
	}
	for (size_t i = 0; i < run->lesson.goal.count; i++) {
		const struct lesson_block *block = &run->lesson.goal.blocks[i];
		if (block->kind == LESSON_PROSE)
			markdown_layout(block->text, 0, columns, STYLE_TEXT, rows);
		else if (block->kind == LESSON_CODE)
			markdown_code(block->text, CODE_INDENT, columns, MARKDOWN_CODE, rows);
		else
			continue;
		rows_add(rows);
	}
	if (!run->missing)
		buf_printf(&text,
		           "Level %d, %s. %s", run->lesson.level, lesson_level(run->lesson.level),
		           run->app->prints_lesson
		                   ? "Each command is printed: Enter alone runs it, and you may type "
		                     "another one. /lesson hint, next, back, again and stop are there at "
		                     "any time."
		                   : "Each command waits in the input line for Enter, and may be "
		                     "changed before. F1 lists the keys, and /lesson hint helps.");
	markdown_layout(buf_text(&text), 0, columns, STYLE_FAINT, rows);
	buf_free(&text);
	run->app->lesson.top = 1;
}

static void render_over(struct run *run, int columns, struct rows *rows)
{
	struct buf text = { .max = SIZE_MAX };
	const struct lesson_text *next = find_next(&run->lesson);
	buf_append_text(&text, "The lesson is over: ");
	print_tally(run, &text);
	buf_append_text(&text, ".\n");
	struct lesson lesson = { 0 };
	struct error ignored;
	if (next && lesson_parse(next->text, next->len, next->name, &lesson, &ignored))
		buf_printf(&text, "\nNext: /lesson %d, %s\n", lesson.number, lesson.title);
	lesson_free(&lesson);
	rows_add(rows);
	markdown_layout(buf_text(&text), 0, columns, STYLE_TEXT, rows);
	buf_free(&text);
	run->app->lesson.top = 1;
}

static void render(struct app *app, int columns, struct rows *rows)
{
	struct run *run = run_of(app);
	add_heading(run, columns, rows);
	app->lesson.fixed = 1;
	if (run->stage == STAGE_GOAL)
		render_goal(run, columns, rows);
	else if (run->stage == STAGE_OVER)
		render_over(run, columns, rows);
	else
		render_step(run, columns, rows);
}

/* ---- the same as lines that are printed one after the other ---- */

static void tell_said(struct block_state *state, int columns, struct rows *rows)
{
	if (state->said.len <= state->told_said)
		return;
	char *text = xstrndup(buf_text(&state->said) + state->told_said,
	                      state->said.len - state->told_said - 1); /* without the last "\n" */
	page_add_text(rows, text, columns, STYLE_NOTE);
	state->told_said = state->said.len;
	free(text);
}

static void tell_question(const struct lesson_question *question, struct block_state *state,
                          int columns, struct rows *rows)
{
	if (!state->told) {
		rows_add(rows);
		add_question_text(question, columns, rows);
	}
	state->told = true;
	tell_said(state, columns, rows);
	if (state->answer > ANSWER_WRONG && !state->told_explanation) {
		rows_add(rows);
		markdown_layout(question->explanation, 0, columns, STYLE_TEXT, rows);
		state->told_explanation = true;
	}
}

static void tell_lines(const struct lesson_block *block, struct block_state *state, int columns,
                       struct rows *rows)
{
	for (size_t i = 0; i < block->count; i++) {
		struct line_state *line = &state->lines[i];
		bool check = block->kind == LESSON_CHECK, passed = line->result == LINE_PASSED;
		if (line->result == LINE_NOT_RUN || line->told)
			continue;
		line->told = true;
		if (check)
			add_line(passed ? "PASS " : "FAIL ", block->lines[i].text, 0, columns,
			         STYLE_NOTE, rows);
		if (!passed)
			add_line(check ? "" : "failed: ", line->why, check ? 5 : 0, columns,
			         STYLE_ERROR, rows);
	}
	for (size_t i = 0; state->shown && !state->told_shown && i < block->count; i++)
		add_line("", block->lines[i].text, CODE_INDENT, columns, MARKDOWN_CODE, rows);
	state->told_shown = state->shown;
}

static void tell_block(const struct run *run, size_t index, int columns, struct rows *rows)
{
	const struct lesson_block *block = &step_of(run)->blocks[index];
	struct block_state *state = &run->states[run->step][index];
	switch (block->kind) {
	case LESSON_PROSE:
	case LESSON_CODE:
		if (!state->told) {
			rows_add(rows);
			add_block(run, index, columns, rows);
		}
		state->told = true;
		break;
	case LESSON_QUESTION:
		tell_question(block->question, state, columns, rows);
		break;
	case LESSON_HINT:
		if (state->shown && !state->told)
			add_block(run, index, columns, rows);
		state->told = state->shown;
		break;
	case LESSON_TEACHER:
		break;
	default:
		tell_lines(block, state, columns, rows);
	}
}

/* What the person has to do now; NULL where it is the program's turn. The caller frees it. */
static char *prompt_of(const struct run *run)
{
	const struct app *app = run->app;
	if (run->stage == STAGE_CLEAN)
		return NULL;
	if (run->stage == STAGE_STEP && !catches_up(run) && !app->lesson.prompt) {
		if (!waits_for_line(run))
			return NULL;
		if (app->lesson.waiting)
			return xasprintf("Enter runs: %s", app->lesson.waiting);
		if (block_of(run)->kind == LESSON_COMMANDS)
			return NULL;
	}
	if (run->stage == STAGE_FAILED)
		return xstrdup("Something came out differently: Enter goes on, /lesson again starts the "
		               "step again, /lesson back the one before");
	return xstrdup(run->foot ? run->foot : "");
}

static void tell_step(struct run *run, int columns, struct rows *rows)
{
	if (run->told.step != run->step + 1) {
		char *title = xasprintf("Step %zu of %zu: %s", run->step + 1, run->lesson.count,
		                        step_of(run)->title);
		rows_add(rows);
		page_add_text(rows, title, columns, MARKDOWN_HEADING);
		free(title);
	}
	run->told.step = run->step + 1;
	for (size_t i = 0; i < step_of(run)->count && is_seen(run, i); i++)
		tell_block(run, i, columns, rows);
}

static bool is_persons_turn(const struct app *app)
{
	const struct run *run = run_of(app);
	if (run->stage == STAGE_CLEAN || run->running || sessions_are_closing(app->sessions) ||
	    app->holds)
		return false;
	return run->stage != STAGE_STEP ||
	       (!catches_up(run) &&
	        (app->lesson.prompt || app->lesson.waiting ||
	         (waits_for_line(run) && block_of(run)->kind == LESSON_TYPED)));
}

static void tell(struct app *app, int columns, struct rows *rows)
{
	struct run *run = run_of(app);
	if (!run->told.begun) {
		struct buf title = { .max = SIZE_MAX };
		buf_append_text(&title, "Lesson ");
		if (run->lesson.number)
			buf_printf(&title, "%d, ", run->lesson.number);
		buf_printf(&title, "%s: %zu step%s, %d minute%s", run->lesson.title,
		           run->lesson.count, count_plural(run->lesson.count), run->lesson.minutes,
		           count_plural((size_t)run->lesson.minutes));
		page_add_text(rows, buf_text(&title), columns, MARKDOWN_HEADING);
		buf_free(&title);
		if (run->stage == STAGE_GOAL)
			render_goal(run, columns, rows);
		run->told.begun = true;
	}
	if (run->stage == STAGE_OVER && !run->told.over) {
		render_over(run, columns, rows);
		run->told.over = true;
	}
	if (run->stage != STAGE_GOAL && run->stage != STAGE_CLEAN && run->stage != STAGE_OVER &&
	    !catches_up(run))
		tell_step(run, columns, rows);
	char *prompt = prompt_of(run);
	bool same = prompt && run->told.prompt && strcmp(prompt, run->told.prompt) == 0;
	if (prompt && (!same || rows->count))
		page_add_text(rows, prompt, columns, STYLE_NOTE);
	if (prompt) {
		free(run->told.prompt);
		run->told.prompt = prompt;
	}
}

static const struct lesson_face face = { .render = render, .tell = tell, .waits = is_persons_turn, .enter = enter };

/* ---- beginning and end ---- */

static void free_run(struct run *run)
{
	for (size_t i = 0; run->states && i < run->lesson.count; i++) {
		for (size_t k = 0; k < run->lesson.steps[i].count; k++) {
			struct block_state *state = &run->states[i][k];
			for (size_t n = 0; n < run->lesson.steps[i].blocks[k].count; n++)
				free(state->lines[n].why);
			free(state->lines);
			buf_free(&state->said);
		}
		free(run->states[i]);
	}
	free(run->states);
	lesson_free(&run->lesson);
	lesson_undo_free(&run->undo);
	free(run->record);
	free(run->missing);
	free(run->foot);
	free(run->told.prompt);
	free(run);
}

static void add_states(struct run *run)
{
	const struct lesson *lesson = &run->lesson;
	run->states = xcalloc(lesson->count, sizeof *run->states);
	for (size_t i = 0; i < lesson->count; i++) {
		run->states[i] = xcalloc(lesson->steps[i].count + 1, sizeof **run->states);
		for (size_t k = 0; k < lesson->steps[i].count; k++) {
			size_t lines = lesson->steps[i].blocks[k].count;
			run->states[i][k].lines = xcalloc(lines + 1, sizeof(struct line_state));
			run->states[i][k].said.max = SIZE_MAX;
		}
	}
}

/* The kept place, from 0; 0 too where there is none, or it is done. */
static size_t kept_step(struct run *run)
{
	struct error error = { 0 };
	struct places places;
	read_places(&places, &error);
	const struct place *place = find_place(&places, run->lesson.name);
	size_t step = place && place->step <= run->lesson.count ? place->step - 1 : 0;
	free(places.list);
	if (error.text[0])
		app_error(run->app, "%s", error.text);
	return step;
}

/* What a good run of the lesson had, in the transcript; false where there is no recording. */
static bool show_recording(struct run *run)
{
	struct error error;
	const struct lesson_text *log = lessons_recording(run->lesson.name);
	if (!log)
		return false;
	bool good = replay_start_text(run->app, log->name, log->text, log->len, REPLAY_SPEED_OWN,
	                              clock_now(), &error);
	if (!good)
		app_error(run->app, "%s", error.text);
	return good;
}

bool lesson_run_start(struct app *app, const char *name, size_t step, const char *record,
                      struct error *error)
{
	struct run *run = xcalloc(1, sizeof *run);
	struct error ignored;
	bool good = lessons_load(name, &run->lesson, error);
	if (good && step > run->lesson.count) {
		error_usage(error, "lesson: \"%.60s\" has %zu steps, and no step %zu",
		            run->lesson.title, run->lesson.count, step);
		good = false;
	}
	if (good && run_of(app))
		lesson_run_stop(app, &ignored);
	if (good)
		run->missing = find_missing(app, &run->lesson);
	if (good && record && run->missing) {
		error_set(error, "lesson: nothing to record, since it cannot be taken here: %.200s",
		          run->missing);
		good = false;
	}
	if (good && record)
		good = lesson_record_begin(app, &run->lesson, record, error);
	if (!good) {
		free_run(run);
		return false;
	}
	run->app = app;
	run->record = record ? xstrdup(record) : NULL;
	forget_left(app);
	run->before = newest_session(app);
	run->had_sandbox = sessions_sandbox(app->sessions);
	run->undo.sandbox = run->had_sandbox;
	run->undo.session = run->before;
	add_states(run);
	bool project = app->lesson.project;
	page_close(app);
	app->lesson.face = &face;
	app->lesson.run = run;
	app->lesson.project = project;
	size_t place = step ? step - 1 : kept_step(run);
	lesson_face_changed(app, true);
	if (run->missing) {
		place = 0;
		run->replays = show_recording(run);
		app->lesson.left_replay = run->replays;
	}
	if (place > 0) {
		app_note(app,
		         "lesson %s: goes on at step %zu; /lesson %s 1 starts from the beginning",
		         run->lesson.name, place + 1, name);
		go_to(run, place);
	}
	say_next(run);
	return true;
}

bool lesson_run_stop(struct app *app, struct error *error)
{
	struct run *run = need_run(app, error);
	struct buf text = { .max = SIZE_MAX };
	if (!run)
		return false;
	queue_guide_end(app);
	lesson_undo_all(&run->undo, app);
	close_own(run);
	uint32_t after = run->before, to = newest_session(app);
	bool sandbox = !run->had_sandbox && sessions_sandbox(app->sessions);
	bool project = app->lesson.project, replay = app->lesson.left_replay;
	if (run->stage != STAGE_GOAL) {
		print_tally(run, &text);
		bool over = run->stage == STAGE_OVER;
		app_note(app, "lesson %s: %s%s", run->lesson.name, buf_text(&text),
		         over ? "" : "; the place is kept");
	}
	if (run->record)
		lesson_record_end(app, run->record);
	lesson_face_end(app);
	app->lesson.project = project;
	app->lesson.left_after = after;
	app->lesson.left_to = to;
	app->lesson.left_sandbox = sandbox;
	app->lesson.left_replay = replay;
	free_run(run);
	buf_free(&text);
	return true;
}

void lesson_run_end(struct app *app)
{
	struct run *run = run_of(app);
	if (!run)
		return;
	queue_guide_end(app);
	lesson_face_end(app);
	free_run(run);
}

/* ---- keys ---- */

void lesson_run_print_keys(const struct app *app, struct buf *out)
{
	static const char *const rows[][2] = {
		{ NULL, "shows more text, then runs the line or goes on" },
		{ "PageUp, PageDown", "scroll the text, and at its end the transcript" },
		{ "Shift-Up, Shift-Down", "scroll the transcript" },
		{ "Ctrl-U", "clears the line, for one of your own" },
		{ "Ctrl-C", "the same, and cancels what waits" },
		{ "Escape", "closes a page that covers the lesson" },
		{ "/lesson hint", "helps; /lesson answer shows the answer" },
		{ "/lesson again", "begins the step again, /lesson back the one before" },
		{ "/lesson next", "passes what waits" },
		{ "/lesson notes", "shows the notes for the teacher" },
		{ "/lesson stop", "ends the lesson, and keeps the place" },
	};
	struct text_table table;
	text_table_begin(&table, 2);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *key = rows[i][0]            ? rows[i][0]
		                  : app->lesson.project ? "Space, Enter"
		                                        : "Enter";
		text_table_add(&table, "  %s", key);
		text_table_add(&table, "%s", rows[i][1]);
	}
	text_table_end(&table, out);
}

/* ---- the loop ---- */

/* That of a lesson which is over, once nothing lives there any more. */
static void leave_sandbox(struct app *app)
{
	struct error ignored;
	if (!app->lesson.left_sandbox || sessions_are_closing(app->sessions))
		return;
	if (sessions_sandbox(app->sessions))
		hosts_stop(app, &ignored);
	app->lesson.left_sandbox = false;
}

void lesson_run_prepare(struct app *app, struct poller *poller)
{
	const struct run *run = run_of(app);
	if (sessions_are_closing(app->sessions) || (run && run->running))
		return;
	if (!run) {
		if (app->lesson.left_sandbox)
			poller_wake_at(poller, 0);
		return;
	}
	const struct lesson_block *block = run->stage == STAGE_STEP ? block_of(run) : NULL;
	bool waits = (block && block->kind == LESSON_QUESTION && app->lesson.prompt) ||
	             (waits_for_line(run) && (app->lesson.waiting || block->kind == LESSON_TYPED) &&
	              !catches_up(run));
	if (run->stage == STAGE_CLEAN || (run->stage == STAGE_STEP && !waits && !app->holds))
		poller_wake_at(poller, 0);
}

void lesson_run_serve(struct app *app)
{
	struct run *run = run_of(app);
	if (!run) {
		leave_sandbox(app);
		return;
	}
	if (run->stage == STAGE_CLEAN)
		clean(run);
	while (advance(run))
		continue;
	char *before = xstrdup(run->foot ? run->foot : "");
	say_next(run);
	if (strcmp(before, run->foot) != 0)
		lesson_face_changed(app, false);
	free(before);
}

/* ---- the command ---- */

enum { LESSON_WHAT, LESSON_WORDS }; /* arguments */

/* ---- the list ---- */

static void print_needs(const struct lesson *lesson, struct buf *out)
{
	for (size_t i = 0; i < lesson->need_count; i++)
		buf_printf(out, "%s%s", i ? ", " : "", lesson->needs[i]);
}

static void print_lessons(struct app *app, struct session *session, struct buf *out)
{
	struct error error;
	(void)session;
	for (size_t i = 0; lesson_texts[i].name; i++) {
		struct lesson lesson;
		struct buf needs = { .max = SIZE_MAX }, place = { .max = SIZE_MAX };
		if (!lesson_parse(lesson_texts[i].text, lesson_texts[i].len, lesson_texts[i].name,
		                  &lesson, &error))
			continue;
		print_needs(&lesson, &needs);
		lesson_run_print_place(app, lesson.name, &place);
		buf_printf(out, "%2d  %s%*s  level %d  %2d min%s%s%s%s\n", lesson.number,
		           lesson.title,
		           32 - text_columns(lesson.title, strlen(lesson.title)) > 0
		                   ? 32 - text_columns(lesson.title, strlen(lesson.title))
		                   : 0,
		           "", lesson.level, lesson.minutes, needs.len ? "  needs " : "",
		           buf_text(&needs), place.len ? "  " : "", buf_text(&place));
		buf_free(&needs);
		buf_free(&place);
		lesson_free(&lesson);
	}
	buf_append_text(out, "/lesson 1 starts the first one.");
}

static const struct page lessons_page = { .help = "a number or a name starts one",
	                                  .live = true,
	                                  .print = print_lessons };

/* ---- /lesson ---- */

/* From 1 to 999. */
static bool read_step(const char *word, size_t *step)
{
	size_t digits = strspn(word, "0123456789");
	if (word[digits] || digits == 0 || digits > 3 || strtoul(word, NULL, 10) == 0)
		return false;
	*step = strtoul(word, NULL, 10);
	return true;
}

bool lesson_run_start_words(struct app *app, char *const *words, size_t count, const char *record,
                            struct error *error)
{
	size_t step = LESSON_KEPT_PLACE;
	if (count > 1 && !read_step(words[1], &step)) {
		error_usage(error, "lesson: \"%.40s\" is not a step", words[1]);
		return false;
	}
	return lesson_run_start(app, words[0], step, record, error);
}

/* "stream", "4 2", "4 --record answers.jsonl", which is also "4 record answers.jsonl": false with one line.
 * The caller frees the words. */
static bool read_words(const char *text, char **name, size_t *step, char **path,
                       struct error *error)
{
	const char *rest = text;
	char *word, *unknown = NULL;
	bool records = false;
	*name = word_take(&rest);
	*path = NULL;
	*step = LESSON_KEPT_PLACE;
	while (!unknown && (word = word_take(&rest))) {
		if (records && !*path) {
			*path = word;
			continue;
		}
		if (!records && (strcmp(word, "record") == 0 || strcmp(word, "--record") == 0))
			records = true;
		else if (*step || !read_step(word, step))
			unknown = word;
		if (word != unknown)
			free(word);
	}
	bool open = !unknown && *rest;
	if (unknown)
		error_usage(error, "lesson: \"%.40s\" is neither a step nor record FILE", unknown);
	else if (open)
		error_usage(error, "lesson: a quote does not end: %.40s", rest);
	else if (records && !*path)
		error_usage(error, "lesson: record needs a file: /lesson 4 record answers.jsonl");
	bool good = !unknown && !open && *name && (!records || *path);
	free(unknown);
	return good;
}

static bool check_lesson(const struct args *args, struct error *error)
{
	const char *what = args->value[LESSON_WHAT], *words = args->value[LESSON_WORDS];
	char *name = NULL, *path = NULL;
	size_t step;
	bool good = true, wants = what && strcmp(what, "answer") == 0;
	if (what && strcmp(what, "export") == 0) {
		good = handout_check(words ? words : "", error);
	} else if (what && words && *words && !wants) {
		error_usage(error, "lesson: %s takes nothing", what);
		good = false;
	} else if (!what && words && *words) {
		good = read_words(words, &name, &step, &path, error);
	}
	free(name);
	free(path);
	return good || args_blame(args, LESSON_WORDS, error);
}

static bool start_lesson(const struct invocation *invocation, struct error *error)
{
	char *name, *path;
	size_t step;
	bool good = read_words(invocation->args->value[LESSON_WORDS], &name, &step, &path, error);
	if (good && !invocation->app->attended) {
		error_set(error, "lesson: a person takes it, in the window: sockpit --lesson %.40s",
		          name);
		good = false;
	}
	good = good && lesson_run_start(invocation->app, name, step, path, error);
	free(name);
	free(path);
	return good;
}

static enum command_result do_lesson(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *what = invocation->args->value[LESSON_WHAT];
	const char *words = invocation->args->value[LESSON_WORDS];
	bool given = words && *words;
	if (what && strcmp(what, "export") == 0)
		return handout_export(invocation, given ? words : "", error);
	if (invocation->forced) {
		error_usage(error, "lesson: only export writes a file that it may have to overwrite");
		return COMMAND_FAILED;
	}
	if (!what && given)
		return start_lesson(invocation, error);
	if (!what)
		page_toggle(app, &lessons_page, invocation->line, 0, NULL);
	else if (strcmp(what, "next") == 0)
		return lesson_run_next(app, error);
	else if (strcmp(what, "back") == 0)
		return lesson_run_back(app, error);
	else if (strcmp(what, "again") == 0)
		return lesson_run_again(app, error);
	else if (strcmp(what, "hint") == 0)
		return lesson_run_hint(app, error);
	else if (strcmp(what, "answer") == 0)
		return lesson_run_answer(app, given ? words : NULL, error);
	else if (strcmp(what, "notes") == 0)
		return lesson_run_notes(app, invocation->line, error);
	else
		return lesson_run_stop(app, error);
	return COMMAND_DONE;
}

const struct command lesson_commands[] = {
	{
	        .name = "lesson",
	        .group = "lessons",
	        .usage = "[next|back|again|hint|answer|notes|export|stop] [<lesson...>]",
	        .help = "list the lessons, or take one\n"
	                "/lesson 4, /lesson a-stream: by number or name, where it was left last "
	                "time; "
	                "/lesson 4 1 starts at step 1. A path takes a lesson of your own.\n"
	                "Enter shows the rest of a long text, and then runs the line that waits, "
	                "also "
	                "as you have changed it; PageUp and PageDown scroll the text.\n"
	                "Ctrl-U or Ctrl-C clears the line for one of your own; Enter on the empty "
	                "line brings it back.\n"
	                "After a question the prompt is answer>: what you type is the answer, and "
	                "Enter alone shows it.\n"
	                "A page covers the lesson: Enter or Escape closes it.\n"
	                "next passes what waits. back and again close the sessions of the lesson, "
	                "put "
	                "back what its lines have set, run the steps before, and begin a step "
	                "again.\n"
	                "hint helps; answer TEXT answers; notes shows those for the teacher; stop "
	                "ends the lesson as again does, and keeps the place.\n"
	                "/lesson 4 --record FILE keeps calls and answers for a teacher, as a log in "
	                "JSON "
	                "lines.\n"
	                "/lesson export 4 FILE.html writes a handout, to be printed: the lesson with "
	                "room for answers, one HTML file like that of /report. The word answers after "
	                "it puts those there, with the hints and checks; notes adds the teacher's. "
	                "Without a file it is NAME.html, also as /lesson export 4.html. A file that "
	                "exists is overwritten by the same command again within 10 s, or at once by "
	                "/lesson!.",
	        .asks = true,
	        .check = check_lesson,
	        .run = do_lesson,
	},
	{ 0 },
};
