// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/lesson.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/choice.h"
#include "base/utf8.h"
#include "command/command.h"
#include "command/script.h"

enum { LEVELS = 3, MINUTES_MOST = 600, DIGITS_MOST = 15 };

#define FENCE      "```"
#define ANSWER     "<details><summary>Answer</summary>"
#define ANSWER_END "</details>"

/* ---- the lines of the file ---- */

struct parser {
	struct lesson *lesson;
	struct error *error;
	const char *next, *end; /* what is not read yet */
	const char *line;       /* without its line end; NULL after the last one */
	size_t len, number;
	struct lesson_step *step; /* that the lines belong to */
	struct buf prose;         /* read, and not yet a block */
	size_t prose_line;
	struct script script; /* that looks at each line that runs */
};

static bool fail_at(struct parser *parser, size_t line, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
static bool fail_at(struct parser *parser, size_t line, const char *format, ...)
{
	char text[ERROR_TEXT];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	error_usage(parser->error, "line %zu: %s", line, text);
	return false;
}

static void advance(struct parser *parser)
{
	if (parser->next == parser->end) {
		parser->line = NULL;
		parser->len = 0;
		return;
	}
	size_t left = (size_t)(parser->end - parser->next);
	const char *feed = memchr(parser->next, '\n', left);
	parser->line = parser->next;
	parser->len = feed ? (size_t)(feed - parser->next) : left;
	parser->next += parser->len + (feed != NULL);
	parser->number++;
	if (parser->len > 0 && parser->line[parser->len - 1] == '\r')
		parser->len--;
}

static bool begins(const struct parser *parser, const char *text)
{
	size_t len = strlen(text);
	return parser->line && parser->len >= len && memcmp(parser->line, text, len) == 0;
}

/* The text, and blanks at most. */
static bool is_line(const struct parser *parser, const char *text)
{
	size_t len = strlen(text);
	if (!begins(parser, text))
		return false;
	while (len < parser->len && word_is_blank(parser->line[len]))
		len++;
	return len == parser->len;
}

static bool is_blank(const struct parser *parser)
{
	size_t i = 0;
	while (i < parser->len && word_is_blank(parser->line[i]))
		i++;
	return parser->line && i == parser->len;
}

static void skip_blank_lines(struct parser *parser)
{
	while (is_blank(parser))
		advance(parser);
}

/* Without blanks at both ends. The caller frees it. */
static char *trimmed(const char *text, size_t len)
{
	while (len > 0 && word_is_blank(text[len - 1]))
		len--;
	while (len > 0 && word_is_blank(*text)) {
		text++;
		len--;
	}
	return xstrndup(text, len);
}

/* What comes after the first bytes of the line. */
static char *rest_of_line(const struct parser *parser, size_t cut)
{
	return trimmed(parser->line + cut, parser->len - cut);
}

/* Empty lines at both ends are no part of a text. The caller frees it. */
static char *take_text(struct buf *buf)
{
	const char *text = buf_text(buf);
	size_t len = strlen(text), from = 0;
	while (len > 0 && (word_is_blank(text[len - 1]) || text[len - 1] == '\n'))
		len--;
	for (size_t i = 0; i < len && (word_is_blank(text[i]) || text[i] == '\n'); i++)
		from = text[i] == '\n' ? i + 1 : from;
	char *copy = xstrndup(text + from, len - from);
	buf_clear(buf);
	return copy;
}

/* ---- blocks ---- */

static struct lesson_block *add_block(struct parser *parser, enum lesson_kind kind, size_t line)
{
	struct lesson_step *step = parser->step;
	step->blocks = xgrow(step->blocks, &step->cap, step->count, sizeof *step->blocks);
	struct lesson_block *block = &step->blocks[step->count++];
	*block = (struct lesson_block){ .kind = kind, .line = line };
	return block;
}

static void end_prose(struct parser *parser)
{
	char *text = take_text(&parser->prose);
	if (*text)
		add_block(parser, LESSON_PROSE, parser->prose_line)->text = text;
	else
		free(text);
}

static void add_prose(struct parser *parser)
{
	if (parser->prose.len == 0 && is_blank(parser))
		return;
	if (parser->prose.len == 0)
		parser->prose_line = parser->number;
	buf_append(&parser->prose, parser->line, parser->len);
	buf_append_text(&parser->prose, "\n");
}

static bool begin_step(struct parser *parser)
{
	struct lesson *lesson = parser->lesson;
	char *title = rest_of_line(parser, 2);
	if (parser->step != &lesson->goal && parser->step->count == 0) {
		free(title);
		return fail_at(parser, parser->step->line, "nothing is in the step \"%.80s\"",
		               parser->step->title);
	}
	if (!*title) {
		free(title);
		return fail_at(parser, parser->number, "a step without a title: ## TITLE");
	}
	lesson->steps = xgrow(lesson->steps, &lesson->cap, lesson->count, sizeof *lesson->steps);
	parser->step = &lesson->steps[lesson->count++];
	*parser->step = (struct lesson_step){ .title = title, .line = parser->number };
	return true;
}

/* What makes no sense where a person goes from line to line. */
static bool check_command(struct parser *parser, const struct lesson_block *block,
                          const struct script_line *line)
{
	static const char *const refused[] = { "loop",   "end",  "skip",  "source",
		                               "lesson", "quit", "replay" };
	const char *name = line->command ? line->command->name : "";
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (strcmp(name, refused[i]) == 0)
			return fail_at(parser, parser->number, "/%s cannot be in a lesson", name);
	if (block->kind == LESSON_CHECK && strcmp(name, "expect") != 0 &&
	    strcmp(name, "assert") != 0 && strcmp(name, "wait") != 0)
		return fail_at(parser, parser->number,
		               "a check has /expect, /assert and /wait only; commands are in " FENCE
		               "sockpit");
	return true;
}

static bool add_line(struct parser *parser, struct lesson_block *block)
{
	struct script *script = &parser->script;
	struct error error;
	size_t i = 0;
	script_clear(script);
	script->number = 1; /* a mark of UTF-8 is no part of a line that is not the first */
	while (i < parser->len && word_is_blank(parser->line[i]))
		i++;
	if (i < parser->len && parser->line[i] == '\\')
		return fail_at(parser, parser->number,
		               "a line of a lesson does not begin with \\: "
		               "/send sends any text");
	if (!script_add(script, parser->line, parser->len, &error))
		return fail_at(parser, parser->number, "%s", error.text);
	if (script->count == 0)
		return true;
	const struct script_line *line = script->lines;
	if (!check_command(parser, block, line))
		return false;
	block->lines = xgrow(block->lines, &block->cap, block->count, sizeof *block->lines);
	block->lines[block->count++] = (struct lesson_line){
		.text = line->command ? xstrdup(script_text(script, line))
		                      : xstrndup(parser->line, parser->len),
		.number = parser->number,
		.background = line->background,
	};
	return true;
}

static bool fence_kind(struct parser *parser, const char *word, enum lesson_kind *kind)
{
	*kind = LESSON_CODE;
	if (strcmp(word, "sockpit") == 0)
		*kind = LESSON_COMMANDS;
	else if (strcmp(word, "sockpit type") == 0)
		*kind = LESSON_TYPED;
	else if (strcmp(word, "check") == 0)
		*kind = LESSON_CHECK;
	else if (strncasecmp(word, "sockpit", 7) == 0 || strncasecmp(word, "check", 5) == 0)
		return fail_at(parser, parser->number,
		               "unknown " FENCE "%.40s: " FENCE "sockpit, " FENCE
		               "sockpit type or " FENCE "check",
		               word);
	else if (*word == '`')
		return fail_at(parser, parser->number, "a fence is three backquotes");
	return true;
}

static bool parse_fence(struct parser *parser)
{
	size_t begun = parser->number;
	char *word = rest_of_line(parser, strlen(FENCE));
	enum lesson_kind kind;
	if (!fence_kind(parser, word, &kind)) {
		free(word);
		return false;
	}
	if (parser->step == &parser->lesson->goal && kind != LESSON_CODE) {
		free(word);
		return fail_at(parser, begun,
		               "commands before the first step: ## TITLE begins one");
	}
	struct lesson_block *block = add_block(parser, kind, begun);
	bool runs = kind != LESSON_CODE, good = true;
	block->language = runs ? (free(word), NULL) : word;
	struct buf text = { .max = SIZE_MAX };
	for (advance(parser); good && parser->line && !is_line(parser, FENCE); advance(parser)) {
		if (begins(parser, FENCE)) {
			good = fail_at(parser, begun,
			               "this fence is not closed before line %zu: " FENCE,
			               parser->number);
			break;
		}
		buf_append(&text, parser->line, parser->len);
		buf_append_text(&text, "\n");
		good = !runs || add_line(parser, block);
	}
	if (text.len > 0)
		text.len--; /* the last line feed */
	block->text = xstrdup(buf_text(&text));
	buf_free(&text);
	if (good && !parser->line)
		return fail_at(parser, begun, "this fence is never closed: " FENCE);
	if (good && runs && block->count == 0)
		return fail_at(parser, begun, "no line to run in this block");
	if (good)
		advance(parser);
	return good;
}

/* "> **Hint:** text", and the lines after it that begin with ">". */
static bool parse_quote(struct parser *parser, enum lesson_kind kind, const char *mark)
{
	struct buf text = { .max = SIZE_MAX };
	size_t begun = parser->number;
	if (kind == LESSON_HINT && parser->step->count == 0)
		return fail_at(parser, begun, "a hint comes after what it is about");
	for (size_t cut = strlen(mark); begins(parser, ">"); advance(parser)) {
		char *line = rest_of_line(parser, cut);
		buf_append_text(&text, line);
		buf_append_text(&text, "\n");
		free(line);
		cut = 1;
	}
	char *whole = take_text(&text);
	buf_free(&text);
	if (!*whole) {
		free(whole);
		return fail_at(parser, begun, "this %s is empty",
		               kind == LESSON_HINT ? "hint" : "note");
	}
	add_block(parser, kind, begun)->text = whole;
	return true;
}

/* ---- numbers and units ---- */

/* "1,024" is a thousand, "4,5" has a decimal comma. Not locale's business, so no strtod(). */
static bool take_number(const char **text, double *value)
{
	const char *at = *text;
	bool minus = *at == '-';
	int digits = 0;
	double whole = 0, part = 0, scale = 1;
	at += minus;
	for (;; at++) {
		bool group = digits > 0 && (*at == ',' || *at == '_') &&
		             isdigit((unsigned char)at[1]) && isdigit((unsigned char)at[2]) &&
		             isdigit((unsigned char)at[3]) && !isdigit((unsigned char)at[4]);
		if (!group && !isdigit((unsigned char)*at))
			break;
		if (group)
			continue;
		whole = whole * 10 + (*at - '0');
		digits++;
	}
	if ((*at == '.' || *at == ',') && isdigit((unsigned char)at[1]))
		for (at++; isdigit((unsigned char)*at); at++, digits++) {
			scale /= 10;
			part += (*at - '0') * scale;
		}
	if (digits == 0 || digits > DIGITS_MOST)
		return false;
	*value = minus ? -(whole + part) : whole + part;
	*text = at;
	return true;
}

static const struct unit {
	const char *name;
	char kind; /* time or size */
	double factor;
} units[] = {
	{ "ns", 't', 1e-9 },
	{ "us", 't', 1e-6 },
	{ "\xc2\xb5s", 't', 1e-6 },
	{ "ms", 't', 1e-3 },
	{ "s", 't', 1 },
	{ "sec", 't', 1 },
	{ "second", 't', 1 },
	{ "seconds", 't', 1 },
	{ "millisecond", 't', 1e-3 },
	{ "milliseconds", 't', 1e-3 },
	{ "min", 't', 60 },
	{ "minute", 't', 60 },
	{ "minutes", 't', 60 },
	{ "b", 's', 1 },
	{ "byte", 's', 1 },
	{ "bytes", 's', 1 },
	{ "kb", 's', 1e3 },
	{ "kib", 's', 1024 },
	{ "mb", 's', 1e6 },
	{ "mib", 's', 1048576 },
};

static const struct unit *find_unit(const char *text)
{
	size_t len = strcspn(text, " \t.,;");
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strlen(units[i].name) == len && strncasecmp(units[i].name, text, len) == 0)
			return &units[i];
	return NULL;
}

/* ---- questions ---- */

/* "a, b or c" */
static void list_letters(const struct lesson_question *question, char *text, size_t size)
{
	size_t len = 0;
	*text = '\0';
	for (size_t i = 0; i < question->count && len + 6 < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%c",
		                        i == 0                     ? ""
		                        : i + 1 == question->count ? " or "
		                                                   : ", ",
		                        question->choices[i].letter);
}

static bool is_choice(const struct parser *parser)
{
	return begins(parser, "- ") && parser->len >= 4 &&
	       islower((unsigned char)parser->line[2]) && parser->line[3] == ')';
}

static bool parse_choices(struct parser *parser, struct lesson_question *question)
{
	for (; parser->line; advance(parser)) {
		if (!is_choice(parser)) {
			if (question->count == 0 || !begins(parser, "  ") || is_blank(parser))
				break;
			struct lesson_choice *choice = &question->choices[question->count - 1];
			char *more = rest_of_line(parser, 0);
			char *whole = xasprintf("%s %s", choice->text, more);
			free(more);
			free(choice->text);
			choice->text = whole;
			continue;
		}
		char due = (char)('a' + (int)question->count);
		if (parser->line[2] != due)
			return fail_at(parser, parser->number, "choice %c), where %c) comes next",
			               parser->line[2], due);
		question->choices = xgrow(question->choices, &question->cap, question->count,
		                          sizeof *question->choices);
		struct lesson_choice *choice = &question->choices[question->count++];
		*choice = (struct lesson_choice){ .letter = due, .text = rest_of_line(parser, 4) };
		if (!*choice->text)
			return fail_at(parser, parser->number, "choice %c) is empty", due);
	}
	if (question->count == 1)
		return fail_at(parser, parser->number - 1,
		               "one choice only: a question has two or more");
	return true;
}

static const struct lesson_choice *find_choice(const struct lesson_question *question, char letter)
{
	for (size_t i = 0; i < question->count; i++)
		if (question->choices[i].letter == letter)
			return &question->choices[i];
	return NULL;
}

/* "11", "30 to 250", "11 bytes": false where it is something else. */
static bool take_right_number(struct lesson_question *question, const char *text, const char **unit)
{
	if (!take_number(&text, &question->least))
		return false;
	question->most = question->least;
	if (strncmp(text, " to ", 4) == 0) {
		text += 4;
		if (!take_number(&text, &question->most))
			return false;
	}
	if (*text == ' ')
		text++;
	*unit = text;
	return !*text || (!strchr(text, ' ') && !ispunct((unsigned char)*text)) || *text == '%';
}

/* The paragraph of a right answer: "**b**", "**30 to 250** ms". `text`: all of the answer. Leaves what
 * explains it. */
static bool parse_right(struct parser *parser, struct lesson_question *question, const char *text,
                        size_t line)
{
	const char *close = strncmp(text, "**", 2) == 0 ? strstr(text + 2, "**") : NULL;
	if (close && memchr(text, '\n', (size_t)(close - text)))
		close = NULL;
	char *bold = close ? trimmed(text + 2, (size_t)(close - text - 2)) : xstrdup("");
	const char *after = close ? close + 2 : text, *unit = "";
	char letters[160];
	bool good = true;
	if (question->count > 0) {
		question->answer = LESSON_CHOICE;
		question->right = (char)tolower((unsigned char)*bold);
		list_letters(question, letters, sizeof letters);
		if (!*bold)
			good = fail_at(
			        parser, line,
			        "the answer begins with the letter of the right choice: **a**");
		else if ((bold[1] && strcmp(bold + 1, ")") != 0) ||
		         !find_choice(question, question->right))
			good = fail_at(parser, line, "\"%.40s\" is not a choice: %s", bold,
			               letters);
		question->right_text = xasprintf("%c", good ? question->right : 'a');
	} else if (*bold && take_right_number(question, bold, &unit)) {
		size_t rest = strcspn(after, "\n");
		char *outside = trimmed(after, rest);
		question->answer = LESSON_NUMBER;
		/* a word or two are a unit, more explain */
		const char *blank = strchr(outside, ' ');
		bool is_unit =
		        *outside && !ispunct((unsigned char)*outside) &&
		        (!blank || !strchr(blank + 1, ' ')) &&
		        (after[rest] == '\0' || after[rest + 1] == '\n' || after[rest + 1] == '\0');
		if (is_unit)
			after += rest;
		question->unit = xstrdup(is_unit ? outside : unit);
		question->right_text =
		        xasprintf("%s%s%s", bold, is_unit ? " " : "", is_unit ? outside : "");
		free(outside);
		if (question->least > question->most)
			good = fail_at(parser, line, "\"%.40s\": the smaller number comes first",
			               bold);
	} else {
		question->answer = LESSON_FREE;
		question->right_text = xstrdup("");
		after = text;
	}
	if (!question->unit)
		question->unit = xstrdup("");
	if (question->answer != LESSON_FREE)
		after += strspn(after, " \t\n.,;:");
	question->explanation = xstrdup(after);
	free(bold);
	return good;
}

static bool parse_answer(struct parser *parser, struct lesson_question *question, size_t asked)
{
	struct buf text = { .max = SIZE_MAX };
	size_t begun = parser->number, first = 0;
	bool fence = false;
	if (!is_line(parser, ANSWER)) {
		if (begins(parser, "<details"))
			return fail_at(parser, begun, "an answer begins with " ANSWER);
		return fail_at(parser, asked,
		               "this question has no answer: " ANSWER " comes after it");
	}
	for (advance(parser); parser->line && (fence || !is_line(parser, ANSWER_END));
	     advance(parser)) {
		if (begins(parser, FENCE))
			fence = !fence;
		if (!fence && (begins(parser, "## ") || begins(parser, "<details")))
			break;
		if (!first && !is_blank(parser))
			first = parser->number;
		buf_append(&text, parser->line, parser->len);
		buf_append_text(&text, "\n");
	}
	bool closed = parser->line && is_line(parser, ANSWER_END);
	char *whole = take_text(&text);
	bool good = closed && *whole && parse_right(parser, question, whole, first);
	if (!closed)
		fail_at(parser, begun, "this answer is never closed: " ANSWER_END);
	else if (!*whole)
		fail_at(parser, begun, "this answer is empty");
	buf_free(&text);
	free(whole);
	if (good)
		advance(parser);
	return good;
}

static bool parse_question(struct parser *parser, bool predict, const char *mark)
{
	size_t asked = parser->number;
	struct buf text = { .max = SIZE_MAX };
	if (parser->step == &parser->lesson->goal)
		return fail_at(parser, asked,
		               "a question before the first step: ## TITLE begins one");
	struct lesson_question *question = xcalloc(1, sizeof *question);
	question->predict = predict;
	add_block(parser, LESSON_QUESTION, asked)->question = question;
	for (size_t cut = strlen(mark);
	     parser->line && !is_blank(parser) && !is_choice(parser) && !begins(parser, "<details");
	     advance(parser)) {
		char *line = rest_of_line(parser, cut);
		buf_append_text(&text, line);
		buf_append_text(&text, "\n");
		free(line);
		cut = 0;
	}
	question->text = take_text(&text);
	buf_free(&text);
	if (!*question->text)
		return fail_at(parser, asked, "this question is empty");
	skip_blank_lines(parser);
	if (!parse_choices(parser, question))
		return false;
	skip_blank_lines(parser);
	return parse_answer(parser, question, asked);
}

/* ---- the head ---- */

static bool parse_title(struct parser *parser)
{
	char *title = begins(parser, "# ") ? rest_of_line(parser, 2) : NULL;
	if (!title || !*title) {
		free(title);
		return fail_at(parser, 1, "no title: the first line is # TITLE");
	}
	parser->lesson->title = title;
	advance(parser);
	skip_blank_lines(parser);
	return true;
}

static bool parse_number_line(struct parser *parser, const char *key, const char *what, int most,
                              int *value)
{
	double number = 0;
	if (!begins(parser, key))
		return fail_at(parser, parser->line ? parser->number : parser->number + 1,
		               "\"%s%s\" comes here", key, what);
	char *text = rest_of_line(parser, strlen(key));
	const char *at = text;
	bool good = take_number(&at, &number) && !*at && number >= 1 && number <= most &&
	            number == (int)number;
	*value = good ? (int)number : 0;
	if (!good)
		fail_at(parser, parser->number, "\"%.40s\" is not %s: %s", text,
		        most == LEVELS ? "a level" : "a number of minutes", what);
	free(text);
	if (good)
		advance(parser);
	return good;
}

static bool parse_needs(struct parser *parser)
{
	struct lesson *lesson = parser->lesson;
	struct choice_words words = { SCRIPT_NEEDS, strlen(SCRIPT_NEEDS) };
	const struct choice choice = { .name = choice_word, .context = &words, .prefix = "" };
	char *text = rest_of_line(parser, strlen("- Needs:"));
	bool good = true;
	lesson->needs_line = parser->number;
	for (char *at = text, *word; good && (word = strtok_r(at, " ,\t", &at));) {
		struct error error = { 0 };
		size_t matches, index = choice_find(&choice, word, strlen(word), &matches);
		const char *name = index == CHOICE_NONE ? NULL : choice_word(&words, index);
		bool known = name && strcmp(name, word) == 0;
		if (!known) {
			error_usage(&error, "unknown need \"%.40s\"", word);
			choice_suggest(&choice, word, strlen(word), NULL, &error);
			good = fail_at(parser, parser->number, "%s", error.text);
			break;
		}
		for (size_t i = 0; i < lesson->need_count; i++)
			if (strcmp(lesson->needs[i], word) == 0)
				good = fail_at(parser, parser->number, "%s is needed twice", word);
		lesson->needs = xgrow(lesson->needs, &lesson->need_cap, lesson->need_count,
		                      sizeof *lesson->needs);
		lesson->needs[lesson->need_count++] = xstrdup(word);
	}
	if (good && lesson->need_count == 0)
		good = fail_at(parser, parser->number,
		               "what does it need? sandbox, wire, ipv6, tls, root");
	free(text);
	if (good)
		advance(parser);
	return good;
}

static bool parse_head(struct parser *parser)
{
	struct lesson *lesson = parser->lesson;
	if (!parse_title(parser) ||
	    !parse_number_line(parser, "- Level: ", "1, 2 or 3", LEVELS, &lesson->level) ||
	    !parse_number_line(parser, "- Minutes: ", "a number from 1 to 600", MINUTES_MOST,
	                       &lesson->minutes) ||
	    (begins(parser, "- Needs:") && !parse_needs(parser)))
		return false;
	if (parser->line && !is_blank(parser))
		return fail_at(parser, parser->number,
		               "after Level, Minutes and Needs an empty line comes here");
	return true;
}

/* ---- the whole ---- */

/* Words that are nearly one of ours, and would be shown as they are: a hint at once, for example. */
static bool check_near(struct parser *parser)
{
	static const struct {
		const char *word, *right;
	} marks[] = {
		{ "hint", "> **Hint:** TEXT" },
		{ "teacher", "> **Teacher:** TEXT" },
		{ "predict", "**Predict:** QUESTION" },
		{ "question", "**Question:** QUESTION" },
	};
	size_t at = 0;
	while (at < parser->len && strchr("> *_", parser->line[at]))
		at++;
	bool quoted = at > 0 && memchr(parser->line, '>', at);
	bool bold = at > 1 && strchr("*_", parser->line[at - 1]) &&
	            parser->line[at - 1] == parser->line[at - 2];
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		bool like = i < 2 ? quoted : bold; /* a sentence may begin with the word */
		size_t len = strlen(marks[i].word), end = at + len;
		if (!like || end >= parser->len ||
		    strncasecmp(parser->line + at, marks[i].word, len) != 0)
			continue;
		while (end < parser->len && strchr("*_ ", parser->line[end]))
			end++;
		if (end < parser->len && parser->line[end] == ':')
			return fail_at(parser, parser->number, "it is written %s", marks[i].right);
	}
	if (begins(parser, "~~~"))
		return fail_at(parser, parser->number, "a fence is three backquotes");
	return true;
}

static bool parse_block(struct parser *parser)
{
	static const struct {
		const char *mark;
		enum lesson_kind kind;
	} quotes[] = { { "> **Hint:**", LESSON_HINT }, { "> **Teacher:**", LESSON_TEACHER } };
	static const char *const questions[] = { "**Question:**", "**Predict:**" };
	bool fence = begins(parser, FENCE), step = begins(parser, "## ") || is_line(parser, "##");
	for (size_t i = 0; i < 2; i++)
		if (begins(parser, quotes[i].mark)) {
			end_prose(parser);
			return parse_quote(parser, quotes[i].kind, quotes[i].mark);
		}
	for (size_t i = 0; i < 2; i++)
		if (begins(parser, questions[i])) {
			end_prose(parser);
			return parse_question(parser, i == 1, questions[i]);
		}
	if (fence || step) {
		end_prose(parser);
		if (fence)
			return parse_fence(parser);
		if (!begin_step(parser))
			return false;
	} else if (begins(parser, "# ")) {
		return fail_at(parser, parser->number, "a second title: ## TITLE begins a step");
	} else if (begins(parser, "<details") || begins(parser, ANSWER_END)) {
		return fail_at(parser, parser->number,
		               "an answer without a question: **Predict:** or **Question:** and an "
		               "empty line come before it");
	} else {
		size_t i = 0;
		while (i < parser->len && word_is_blank(parser->line[i]))
			i++;
		if (i > 0 && parser->len - i > 3 && memcmp(parser->line + i, FENCE, 3) == 0)
			return fail_at(parser, parser->number, "a fence begins at the left margin");
		if (!check_near(parser))
			return false;
		add_prose(parser);
	}
	advance(parser);
	return true;
}

static uint64_t digest_of(const char *text, size_t len)
{
	uint64_t digest = 0xcbf29ce484222325; /* FNV-1a */
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\r' && i + 1 < len && text[i + 1] == '\n')
			continue; /* the same text on another system */
		digest = (digest ^ (unsigned char)text[i]) * 0x100000001b3;
	}
	return digest;
}

static void name_lesson(struct lesson *lesson, const char *name)
{
	const char *slash = strrchr(name, '/');
	name = slash ? slash + 1 : name;
	size_t len = strlen(name);
	if (len > 3 && strcmp(name + len - 3, ".md") == 0)
		len -= 3;
	lesson->name = xstrndup(name, len);
	for (size_t i = 0; i < 3 && isdigit((unsigned char)name[i]); i++)
		lesson->number = lesson->number * 10 + (name[i] - '0');
}

/* False with the line that is none. */
static bool check_utf8(struct parser *parser)
{
	size_t line = 1, len;
	for (const char *at = parser->next; at < parser->end; at += len) {
		len = utf8_character(at, (size_t)(parser->end - at));
		if (!len)
			return fail_at(parser, line, "this is not UTF-8: save the file as UTF-8");
		line += *at == '\n';
	}
	return true;
}

static bool parse_all(struct parser *parser)
{
	const struct lesson *lesson = parser->lesson;
	if (!check_utf8(parser))
		return false;
	advance(parser);
	if (!parse_head(parser))
		return false;
	while (parser->line)
		if (!parse_block(parser))
			return false;
	end_prose(parser);
	if (lesson->count == 0)
		return fail_at(parser, parser->number, "no step: ## TITLE begins one");
	if (parser->step->count == 0)
		return fail_at(parser, parser->step->line, "nothing is in the step \"%.80s\"",
		               parser->step->title);
	return true;
}

bool lesson_parse(const char *text, size_t len, const char *name, struct lesson *lesson,
                  struct error *error)
{
	static const char mark[] =
	        "\xef\xbb\xbf"; /* that some editors begin a file of UTF-8 with */
	size_t cut = len >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
	struct parser parser = {
		.lesson = lesson,
		.error = error,
		.next = text + cut,
		.end = text + len,
		.prose = { .max = SIZE_MAX },
	};
	bool good = false;
	*lesson = (struct lesson){ .digest = digest_of(text, len) };
	const char *nul = len ? memchr(text, '\0', len) : NULL;
	name_lesson(lesson, name);
	parser.step = &lesson->goal;
	script_init(&parser.script, name);
	if (len > LESSON_MOST) {
		error_usage(error, "larger than 1 MiB: this is no lesson");
	} else if (nul) {
		error_usage(error, "a NUL byte: this is no lesson");
	} else {
		good = parse_all(&parser);
	}
	lesson->line_count = parser.number;
	buf_free(&parser.prose);
	script_free(&parser.script);
	if (!good)
		lesson_free(lesson);
	return good;
}

static void free_question(struct lesson_question *question)
{
	if (!question)
		return;
	for (size_t i = 0; i < question->count; i++)
		free(question->choices[i].text);
	free(question->choices);
	free(question->text);
	free(question->right_text);
	free(question->unit);
	free(question->explanation);
	free(question);
}

static void free_step(struct lesson_step *step)
{
	for (size_t i = 0; i < step->count; i++) {
		struct lesson_block *block = &step->blocks[i];
		for (size_t line = 0; line < block->count; line++)
			free(block->lines[line].text);
		free(block->lines);
		free(block->text);
		free(block->language);
		free_question(block->question);
	}
	free(step->blocks);
	free(step->title);
}

void lesson_free(struct lesson *lesson)
{
	free_step(&lesson->goal);
	for (size_t i = 0; i < lesson->count; i++)
		free_step(&lesson->steps[i]);
	for (size_t i = 0; i < lesson->need_count; i++)
		free(lesson->needs[i]);
	free(lesson->steps);
	free(lesson->needs);
	free(lesson->name);
	free(lesson->title);
	*lesson = (struct lesson){ 0 };
}

const char *lesson_level(int level)
{
	static const char *const levels[LEVELS + 1] = { "", "for beginners",
		                                        "for those who know the calls",
		                                        "in depth" };
	return levels[level];
}

/* ---- the script ---- */

static void go_to_line(struct buf *out, size_t *at, size_t line)
{
	for (; *at < line; ++*at)
		buf_append_text(out, "\n");
}

void lesson_script(const struct lesson *lesson, struct buf *out)
{
	size_t at = 1;
	/* A line each: there are title, level and minutes before that of the needs. */
	for (size_t i = 0; i < lesson->need_count; i++) {
		go_to_line(out, &at, lesson->needs_line - (lesson->need_count - 1 - i));
		buf_printf(out, "/skip unless %s", lesson->needs[i]);
	}
	for (size_t i = 0; i < lesson->count; i++)
		for (size_t k = 0; k < lesson->steps[i].count; k++) {
			const struct lesson_block *block = &lesson->steps[i].blocks[k];
			for (size_t n = 0; n < block->count; n++) {
				go_to_line(out, &at, block->lines[n].number);
				buf_printf(out, "%s%s", block->lines[n].text,
				           block->lines[n].background ? " &" : "");
			}
		}
	buf_append_text(out, "\n");
}

/* ---- answers ---- */

/* A text as it is compared: without marks of Markdown, blanks at the ends and the last full stop. */
static char *plain(const char *text)
{
	struct buf buf = { .max = SIZE_MAX };
	for (; *text; text++)
		if (!strchr("`*\"", *text))
			buf_append(&buf, text, 1);
	char *cut = trimmed(buf_text(&buf), buf.len);
	size_t len = strlen(cut);
	if (len > 1 && cut[len - 1] == '.')
		cut[len - 1] = '\0';
	buf_free(&buf);
	return cut;
}

static enum lesson_verdict grade_choice(const struct lesson_question *question, const char *answer,
                                        struct error *error)
{
	char letters[160];
	const char *at = answer + (*answer == '(');
	const struct lesson_choice *choice = NULL;
	if (*at && (!at[1] || strchr(").:,", at[1])))
		choice = find_choice(question, (char)tolower((unsigned char)*at));
	char *said = plain(answer);
	for (size_t i = 0; i < question->count && !choice; i++) {
		char *text = plain(question->choices[i].text);
		if (strcasecmp(text, said) == 0)
			choice = &question->choices[i];
		free(text);
	}
	free(said);
	if (choice)
		return choice->letter == question->right ? LESSON_RIGHT : LESSON_WRONG;
	list_letters(question, letters, sizeof letters);
	error_usage(error, "\"%.40s\" is not a choice: %s", answer, letters);
	return LESSON_UNCLEAR;
}

static bool take_word_number(const char **text, double *value)
{
	static const char *const words[] = { "zero", "one",    "two",   "three", "four",
		                             "five", "six",    "seven", "eight", "nine",
		                             "ten",  "eleven", "twelve" };
	size_t len = strcspn(*text, " \t.,");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == len && strncasecmp(words[i], *text, len) == 0) {
			*value = (double)i;
			*text += len;
			return true;
		}
	return false;
}

static enum lesson_verdict grade_number(const struct lesson_question *question, const char *answer,
                                        struct error *error)
{
	static const char *const about[] = { "about ", "around ", "~", "=", "\xe2\x89\x88" };
	const char *at = answer;
	double value;
	for (size_t i = 0; i < sizeof about / sizeof *about; i++)
		if (strncasecmp(at, about[i], strlen(about[i])) == 0) {
			at += strlen(about[i]);
			break;
		}
	at += strspn(at, BLANKS);
	bool number = take_number(&at, &value) || take_word_number(&at, &value);
	at += strspn(at, BLANKS);
	if (!number || isdigit((unsigned char)*at) || strncasecmp(at, "to ", 3) == 0 ||
	    *at == '-') {
		error_usage(error, "\"%.40s\" is not a number%s%.40s", answer,
		            *question->unit ? " of " : "", question->unit);
		return LESSON_UNCLEAR;
	}
	const struct unit *from = find_unit(at), *to = find_unit(question->unit);
	if (from && to && from->kind == to->kind)
		value *= from->factor / to->factor;
	double slack = 1e-9 * (question->most > 1 ? question->most : 1);
	return value >= question->least - slack && value <= question->most + slack ? LESSON_RIGHT
	                                                                           : LESSON_WRONG;
}

enum lesson_verdict lesson_grade(const struct lesson_question *question, const char *answer,
                                 struct error *error)
{
	char *text = trimmed(answer, strlen(answer));
	enum lesson_verdict verdict = LESSON_OPEN;
	if (!*text) {
		error_usage(error, "no answer");
		verdict = LESSON_UNCLEAR;
	} else if (question->answer == LESSON_CHOICE) {
		verdict = grade_choice(question, text, error);
	} else if (question->answer == LESSON_NUMBER) {
		verdict = grade_number(question, text, error);
	}
	free(text);
	return verdict;
}
