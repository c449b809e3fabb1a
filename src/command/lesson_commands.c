// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/page.h"
#include "base/buf.h"
#include "base/text.h"
#include "command/lesson_run.h"
#include "command/lessons.h"

enum { LESSON_WHAT, LESSON_WORDS }; /* arguments */

/* ---- the list ---- */

static void print_needs(const struct lesson *lesson, struct buf *out)
{
	for (size_t i = 0; i < lesson->need_count; i++)
		buf_printf(out, "%s%s", i ? ", " : "", lesson->needs[i]);
}

static void print_list(struct app *app, struct session *session, struct buf *out)
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
	                                  .print = print_list };

/* ---- /lesson ---- */

/* "stream", "4 2", "4 record answers.jsonl": false with one line. The caller frees the words. */
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
		size_t digits = strspn(word, "0123456789");
		if (records && !*path) {
			*path = word;
			continue;
		}
		if (strcmp(word, "record") == 0 && !records)
			records = true;
		else if (!word[digits] && digits && digits < 4 && strtoul(word, NULL, 10) > 0 &&
		         !*step)
			*step = strtoul(word, NULL, 10);
		else
			unknown = word;
		if (word != unknown)
			free(word);
	}
	if (unknown)
		error_usage(error, "lesson: \"%.40s\" is neither a step nor record FILE", unknown);
	else if (records && !*path)
		error_usage(error, "lesson: record needs a file: /lesson 4 record answers.jsonl");
	else if (!*name)
		error_usage(error, "lesson: a quote does not end: %.40s", rest);
	bool good = !unknown && *name && (!records || *path);
	free(unknown);
	return good;
}

static bool check_lesson(const struct args *args, struct error *error)
{
	const char *what = args->value[LESSON_WHAT], *words = args->value[LESSON_WORDS];
	char *name = NULL, *path = NULL;
	size_t step;
	bool good = true, wants = what && strcmp(what, "answer") == 0;
	if (what && words && *words && !wants) {
		error_usage(error, "lesson: %s takes nothing", what);
		good = false;
	} else if (!what && words && *words) {
		good = read_words(words, &name, &step, &path, error);
	}
	free(name);
	free(path);
	return good || args_blame(args, LESSON_WORDS, error);
}

static bool start(const struct invocation *invocation, struct error *error)
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
	if (!what && given)
		return start(invocation, error);
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
	        .usage = "[next|back|again|hint|answer|notes|stop] [<lesson...>]",
	        .help = "list the lessons, or take one\n"
	                "/lesson 4, /lesson stream: by number or name, where it was left last "
	                "time; "
	                "/lesson 4 1 starts at step 1. A path takes a lesson of your own.\n"
	                "The lesson is above the transcript, and the page keys scroll it. The "
	                "command "
	                "that comes next waits in the input line: Enter runs it, also as you have "
	                "changed it. Ctrl-C or Ctrl-U clears the line for one of your own, and "
	                "Enter "
	                "on the empty line goes on. After a question the prompt is answer>: what "
	                "you "
	                "type is the answer, and Enter alone shows it.\n"
	                "next passes what waits. back and again close the sessions of the lesson, "
	                "run "
	                "the steps before, and begin a step again. hint helps; answer TEXT "
	                "answers; "
	                "notes shows those for the teacher; stop ends the lesson, and keeps the "
	                "place.\n"
	                "/lesson 4 record FILE keeps calls and answers for a teacher, as a log in "
	                "JSON "
	                "lines.",
	        .check = check_lesson,
	        .run = do_lesson,
	},
	{ 0 },
};
