// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/handout.h"
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/html_page.h"
#include "base/alloc.h"
#include "base/count.h"
#include "base/savefile.h"
#include "command/lessons.h"
#include "view/markdown.h"
#include "view/markup.h"

enum { FREE_LINES = 4 }; /* for an answer in words */

/* ---- the page ---- */

/* clang-format off: a rule a line */
static const char handout_style[] =
        "pre{white-space:pre-wrap;overflow-wrap:anywhere}\n"
        "ul,ol{max-width:50rem;padding-left:1.5rem}\n"
        "li,td,th{overflow-wrap:anywhere}\n"
        ".q,.ask,.note,.answer{border-left:3px solid "
        "var(--line);padding-left:.7rem;max-width:50rem}\n"
        ".ask{border-color:var(--in);margin:1rem 0}\n"
        ".note{border-color:var(--state)}\n"
        ".answer{border-color:var(--out)}\n"
        ".boxes{list-style:none;padding:0}\n"
        ".boxes li{padding-left:1.6rem;text-indent:-1.6rem;margin:.3rem 0}\n"
        ".line{height:2.2rem;margin:0;border-bottom:1px solid var(--line)}\n"
        ".gap{display:inline-block;width:9rem;height:1.6rem;border-bottom:1px solid var(--line)}\n"
        ".who span{margin-right:1rem}\n"
        "@media print{.ask,.line,.answer,.note{break-inside:avoid}}";
/* clang-format on */

static void put_lines(int count, struct buf *out)
{
	for (int i = 0; i < count; i++)
		markup_printf(out, "<p class=\"line\"><span class=\"vh\">%s</span></p>\n",
		              i ? "more room" : "room for the answer");
}

/* A <pre> of the lines that run. */
static void put_commands(const struct lesson_block *block, struct buf *out)
{
	struct buf text = { .max = SIZE_MAX };
	for (size_t i = 0; i < block->count; i++)
		buf_printf(&text, "%s%s%s", i ? "\n" : "", block->lines[i].text,
		           block->lines[i].background ? " &" : "");
	markdown_html_code(buf_text(&text), out);
	buf_free(&text);
}

static void put_typed(const struct lesson_block *block, bool answers, struct buf *out)
{
	if (answers) {
		put_commands(block, out);
		return;
	}
	markup_printf(out, "<div class=\"ask\">\n<p><strong>You type:</strong></p>\n");
	put_lines((int)block->count, out);
	buf_append_text(out, "</div>\n");
}

static void put_choices(const struct lesson_question *question, struct buf *out)
{
	if (question->count)
		buf_append_text(out, "<ul class=\"boxes\">\n");
	for (size_t i = 0; i < question->count; i++) {
		char letter[] = { question->choices[i].letter, '\0' };
		markup_printf(out, "<li><span aria-hidden=\"true\">☐ </span>%s) ", letter);
		markdown_html_words(question->choices[i].text, out);
		buf_append_text(out, "</li>\n");
	}
	if (question->count)
		buf_append_text(out, "</ul>\n");
}

static void put_room(const struct lesson_question *question, struct buf *out)
{
	if (question->answer == LESSON_NUMBER)
		markup_printf(out,
		              "<p>Answer: <span class=\"gap\"><span class=\"vh\">room for a "
		              "number</span></span> %s</p>\n",
		              question->unit);
	else if (question->answer == LESSON_FREE)
		put_lines(FREE_LINES, out);
}

static void put_answer(const struct lesson_question *question, struct buf *out)
{
	buf_append_text(out, "<div class=\"answer\">\n");
	if (question->answer != LESSON_FREE) {
		markup_printf(out, "<p><strong>Answer:</strong> %s", question->right_text);
		for (size_t i = 0; i < question->count; i++)
			if (question->choices[i].letter == question->right) {
				buf_append_text(out, ") ");
				markdown_html_words(question->choices[i].text, out);
			}
		buf_append_text(out, "</p>\n");
	} else {
		buf_append_text(out, "<p><strong>A good answer:</strong></p>\n");
	}
	markdown_html(question->explanation, out);
	buf_append_text(out, "</div>\n");
}

static void put_question(const struct lesson_question *question, bool answers, struct buf *out)
{
	markup_printf(out, "<div class=\"ask\">\n<p><strong>%s:</strong> ",
	              question->predict ? "Predict" : "Question");
	markdown_html_words(question->text, out);
	buf_append_text(out, "</p>\n");
	put_choices(question, out);
	if (!answers)
		put_room(question, out);
	buf_append_text(out, "</div>\n");
	if (answers)
		put_answer(question, out);
}

static void put_remark(const char *class, const char *what, const char *text, struct buf *out)
{
	markup_printf(out, "<div class=\"%s\">\n<p><strong>%s:</strong></p>\n", class, what);
	markdown_html(text, out);
	buf_append_text(out, "</div>\n");
}

static void put_block(const struct lesson_block *block, struct handout_parts parts, struct buf *out)
{
	switch (block->kind) {
	case LESSON_PROSE:
		markdown_html(block->text, out);
		break;
	case LESSON_CODE:
		markdown_html_code(block->text, out);
		break;
	case LESSON_COMMANDS:
		put_commands(block, out);
		break;
	case LESSON_TYPED:
		put_typed(block, parts.answers, out);
		break;
	case LESSON_CHECK: /* they say what comes out */
		if (parts.answers) {
			buf_append_text(out, "<p>This is checked:</p>\n");
			put_commands(block, out);
		}
		break;
	case LESSON_QUESTION:
		put_question(block->question, parts.answers, out);
		break;
	case LESSON_HINT:
		if (parts.answers)
			put_remark("answer", "Hint", block->text, out);
		break;
	case LESSON_TEACHER:
		if (parts.notes)
			put_remark("note", "For the teacher", block->text, out);
		break;
	}
}

static void put_blocks(const struct lesson_step *step, struct handout_parts parts, struct buf *out)
{
	for (size_t i = 0; i < step->count; i++)
		put_block(&step->blocks[i], parts, out);
}

static void put_heading(const struct lesson *lesson, struct handout_parts parts, struct buf *out)
{
	buf_append_text(out, "<header>\n<h1>");
	if (lesson->number)
		markup_printf(out, "Lesson %d: ", lesson->number);
	markdown_html_words(lesson->title, out);
	markup_printf(out, "</h1>\n<p class=\"about\">Level %d, %s; %d minute", lesson->level,
	              lesson_level(lesson->level), lesson->minutes);
	markup_printf(out, "%s; %zu step%s", count_plural((size_t)lesson->minutes), lesson->count,
	              count_plural(lesson->count));
	for (size_t i = 0; i < lesson->need_count; i++)
		markup_printf(out, "%s%s", i ? ", " : "; needs ", lesson->needs[i]);
	buf_append_text(out, ". It is taken with <code>sockpit --lesson ");
	if (lesson->number)
		markup_printf(out, "%d", lesson->number);
	else
		markup_printf(out, "%s.md", lesson->name);
	buf_append_text(out, "</code>.</p>\n");
	if (parts.answers)
		buf_append_text(out, "<p>This copy has the answers.</p>\n");
	else
		buf_append_text(out,
		                "<p class=\"who\"><span>Name: <span class=\"gap\"></span></span> "
		                "<span>Date: <span class=\"gap\"></span></span></p>\n");
	buf_append_text(out, "</header>\n<main>\n");
}

bool handout_write(const struct lesson *lesson, struct handout_parts parts, FILE *file)
{
	static const char *const styles[] = { handout_style, NULL };
	struct buf page = { .max = SIZE_MAX };
	html_page_begin(lesson->title, styles, &page);
	put_heading(lesson, parts, &page);
	put_blocks(&lesson->goal, parts, &page);
	for (size_t i = 0; i < lesson->count; i++) {
		markup_printf(&page,
		              "<section aria-labelledby=\"step-%zu\">\n<h2 id=\"step-%zu\">%zu. ",
		              i + 1, i + 1, i + 1);
		markdown_html_words(lesson->steps[i].title, &page);
		buf_append_text(&page, "</h2>\n");
		put_blocks(&lesson->steps[i], parts, &page);
		buf_append_text(&page, "</section>\n");
	}
	html_page_end("Made by sockpit " PACKAGE_VERSION ".", &page);
	bool good = html_page_write(&page, file);
	buf_free(&page);
	return good;
}

/* ---- /lesson export ---- */

struct request {
	char *lesson, *path; /* without a path the lesson's name is that of the file */
	struct handout_parts parts;
};

static void free_request(struct request *request)
{
	free(request->lesson);
	free(request->path);
}

/* "dir/04-a-stream.html": the lesson in it. The caller frees it. */
static char *lesson_in(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	return xstrndup(name, (size_t)(strrchr(name, '.') - name));
}

static bool read_request(const char *words, struct request *request, struct error *error)
{
	const char *rest = words;
	char *word, *extra = NULL;
	*request = (struct request){ .lesson = word_take(&rest) };
	while (!extra && (word = word_take(&rest))) {
		bool answers = strcmp(word, "answers") == 0, notes = strcmp(word, "notes") == 0;
		request->parts.answers |= answers;
		request->parts.notes |= notes;
		if (answers || notes)
			free(word);
		else if (!request->path)
			request->path = word;
		else
			extra = word;
	}
	bool good = false;
	if (*rest && !extra)
		error_usage(error, "lesson: a quote does not end: %.40s", rest);
	else if (!request->lesson)
		error_usage(error, "lesson: export which lesson? /lesson export 4 FILE.html");
	else if (extra)
		error_usage(error, "lesson: \"%.40s\" is neither answers nor notes", extra);
	else if (request->path && !command_names_page(request->path))
		error_usage(error, "%.60s: a handout is a page: its name ends in .html",
		            request->path);
	else
		good = true;
	if (good && !request->path && command_names_page(request->lesson)) {
		request->path = request->lesson;
		request->lesson = lesson_in(request->path);
	}
	free(extra);
	return good;
}

bool handout_check(const char *words, struct error *error)
{
	struct request request;
	bool good = read_request(words, &request, error);
	free_request(&request);
	return good;
}

bool handout_export(const struct invocation *invocation, const char *words, struct error *error)
{
	struct request request;
	struct lesson lesson = { 0 };
	struct savefile save;
	bool good = read_request(words, &request, error) &&
	            lessons_load(request.lesson, &lesson, error);
	if (good && !request.path)
		request.path = xasprintf("%s.html", lesson.name);
	good = good && command_begin_file(invocation, request.path, &save, error);
	if (good) {
		bool written = handout_write(&lesson, request.parts, save.file);
		good = command_end_file(&save, written, request.path, error);
	}
	if (good)
		app_note(invocation->app, "%s: the handout of \"%s\", with %s%s", request.path,
		         lesson.title, request.parts.answers ? "the answers" : "room for answers",
		         request.parts.notes ? " and the notes for the teacher" : "");
	lesson_free(&lesson);
	free_request(&request);
	return good;
}
