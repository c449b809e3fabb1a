// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes lesson.h: the input is the file of a lesson; after a NUL follow answers, a line each, to all of its questions.
 * Nothing is run. Its handout has no tag, attribute or character that is not of the program's own making. */
#include "command/lesson.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "command/handout.h"
#include "command/lesson_record.h"
#include "command/script.h"
#include "support/markup_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Each line that runs is at its place in a script that takes all of them. */
static void check_script(const struct lesson *lesson)
{
	struct buf text = { .max = SIZE_MAX };
	struct script script;
	struct error error;
	size_t runs = lesson->need_count;
	lesson_script(lesson, &text);
	script_init(&script, "lesson");
	for (const char *at = buf_text(&text), *feed; (feed = strchr(at, '\n')); at = feed + 1)
		require(script_add(&script, at, (size_t)(feed - at), &error));
	for (size_t i = 0; i < lesson->count; i++)
		for (size_t k = 0; k < lesson->steps[i].count; k++) {
			const struct lesson_block *block = &lesson->steps[i].blocks[k];
			for (size_t n = 0; n < block->count; n++, runs++) {
				require(runs < script.count);
				require(script.lines[runs].number == block->lines[n].number);
				require(block->lines[n].number <= lesson->line_count);
				require(strcmp(script_text(&script, &script.lines[runs]),
				               block->lines[n].text) == 0 ||
				        script.lines[runs].data);
			}
		}
	require(runs == script.count);
	script_free(&script);
	buf_free(&text);
}

static void check_answer(const struct lesson_question *question, const char *answer)
{
	struct error error = { 0 };
	enum lesson_verdict verdict = lesson_grade(question, answer, &error);
	require(verdict <= LESSON_UNCLEAR);
	require((verdict == LESSON_UNCLEAR) == (error.text[0] != '\0'));
	require(verdict != LESSON_OPEN || question->answer == LESSON_FREE);
}

/* What is said to be right is right. */
static void check_question(const struct lesson_question *question, const char *answers)
{
	struct error error;
	char *right = xstrdup(question->right_text), *to = strstr(right, " to ");
	require(question->text[0]);
	if (question->answer == LESSON_CHOICE)
		require(lesson_grade(question, right, &error) == LESSON_RIGHT);
	if (question->answer == LESSON_NUMBER && !to && !*question->unit)
		require(lesson_grade(question, right, &error) == LESSON_RIGHT);
	free(right);
	for (const char *at = answers, *feed; *at; at = feed + (*feed != '\0')) {
		feed = at + strcspn(at, "\n");
		char *answer = xstrndup(at, (size_t)(feed - at));
		check_answer(question, answer);
		free(answer);
	}
}

static void check_handout(const struct lesson *lesson, struct handout_parts parts)
{
	char *page = NULL;
	const char *where;
	size_t len = 0;
	FILE *file = open_memstream(&page, &len);
	require(file && handout_write(lesson, parts, file) && fclose(file) == 0);
	const char *wrong = strlen(page) == len ? markup_check(page, &where) : "a NUL";
	if (wrong)
		fprintf(stderr, "%s: %.60s\n", wrong, where);
	require(!wrong);
	free(page);
}

static void check_lesson(const struct lesson *lesson, const char *answers)
{
	require(lesson->count > 0 && lesson->title[0] && lesson->level >= 1 && lesson->level <= 3);
	for (size_t i = 0; i < lesson->count; i++) {
		require(lesson->steps[i].count > 0 && lesson->steps[i].title[0]);
		for (size_t k = 0; k < lesson->steps[i].count; k++) {
			const struct lesson_block *block = &lesson->steps[i].blocks[k];
			require((block->kind == LESSON_QUESTION) == (block->question != NULL));
			require((block->text != NULL) == (block->question == NULL));
			if (block->question)
				check_question(block->question, answers);
		}
	}
	check_script(lesson);
	check_handout(lesson, (struct handout_parts){ 0 });
	check_handout(lesson, (struct handout_parts){ .answers = true, .notes = true });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data, *nul = size ? memchr(bytes, '\0', size) : NULL;
	size_t len = nul ? (size_t)(nul - bytes) : size;
	char *text = xmalloc(len ? len : 1); /* of exactly its size: no byte after it may be read */
	char *answers = nul ? xstrndup(nul + 1, size - len - 1) : xstrdup("");
	struct lesson lesson;
	struct lesson_mark mark;
	struct error error = { 0 };
	memcpy(text, bytes, len);
	if (lesson_parse(text, len, "01-x.md", &lesson, &error))
		check_lesson(&lesson, answers);
	else
		require(error.usage && error.text[0] && !strchr(error.text, '\n') && !lesson.steps);
	if (lesson_record_read(answers, strlen(answers), &mark))
		require(!mark.text || mark.text + mark.len <= answers + strlen(answers));
	lesson_free(&lesson);
	free(text);
	free(answers);
	return 0;
}
