// SPDX-License-Identifier: GPL-3.0-or-later
/* Lessons: what their files may have, what is said where they are wrong, which answers are right. */
#include "command/lesson.h"

#include <stdlib.h>
#include <string.h>

#include "command/lesson_record.h"
#include "command/lessons.h"
#include "support/tap.h"

#define HEAD         "# Title\n\n- Level: 2\n- Minutes: 20\n\nGoal.\n\n"
#define ANSWER(text) "<details><summary>Answer</summary>\n\n" text "\n\n</details>\n"
#define QUESTION     "## One\n\n**Predict:** How many?\n\n"
#define CHOICES      "- a) three\n- b) `eleven` or so\n- c) none\n  at all\n\n"

static struct lesson parsed(const char *text)
{
	struct lesson lesson;
	struct error error = { 0 };
	bool good = lesson_parse(text, strlen(text), "dir/04-x.md", &lesson, &error);
	ok(good, "it is a lesson: %s", error.text);
	if (!good)
		exit(tap_done());
	return lesson;
}

static const char *all = "# A stream has no messages\r\n"
                         "\n"
                         "- Level: 1\n"
                         "- Minutes: 20\n"
                         "- Needs: sandbox, wire\n"
                         "\n"
                         "Goal, in **prose**.\n"
                         "Its second line.\n"
                         "\n"
                         "> **Teacher:** before it\n"
                         "\n"
                         "## A fresh connection\n"
                         "\n"
                         "### A heading is prose\n"
                         "\n"
                         "> so is a quotation\n"
                         "\n"
                         "```sockpit\n"
                         "/listen 127.0.0.1 0 as S\n"
                         "# a comment\n"
                         "\n"
                         "/open S as c &\n"
                         "```\n"
                         "```sockpit type\n"
                         "hello\n"
                         "```\n"
                         "\n"
                         "> **Hint:** look\n"
                         "> twice\n"
                         "\n"
                         "**Predict:** How many\n"
                         "bytes?\n"
                         "\n"
                         "- a) three\n"
                         "- b) eleven\n"
                         "  or more\n"
                         "\n"
                         "<details><summary>Answer</summary>\n"
                         "\n"
                         "**b**\n"
                         "\n"
                         "Because.\n"
                         "\n"
                         "```\n"
                         "## no step\n"
                         "```\n"
                         "\n"
                         "</details>\n"
                         "\n"
                         "```check\n"
                         "/assert @c.state is ESTABLISHED within 1s\n"
                         "```\n"
                         "\n"
                         "## The end\n"
                         "\n"
                         "```python\n"
                         "import socket\n"
                         "\n"
                         "s = 1\n"
                         "```\n"
                         "**Question:** Why?\n"
                         "\n" ANSWER("Since **two** things are so.");

static void test_all(void)
{
	struct lesson lesson = parsed(all);
	is_text(lesson.name, "04-x", "name");
	is_int(lesson.number, 4, "number");
	is_text(lesson.title, "A stream has no messages", "title");
	is_int(lesson.level, 1, "level");
	is_int(lesson.minutes, 20, "minutes");
	is_int(lesson.need_count, 2, "needs");
	is_text(lesson.needs[1], "wire", "the second need");
	is_int(lesson.goal.count, 2, "the goal has prose and a note");
	is_text(lesson.goal.blocks[0].text, "Goal, in **prose**.\nIts second line.", "goal");
	is_int(lesson.goal.blocks[1].kind, LESSON_TEACHER, "a note in the goal");
	is_int(lesson.count, 2, "steps");
	const struct lesson_step *step = &lesson.steps[0];
	static const enum lesson_kind kinds[] = { LESSON_PROSE, LESSON_COMMANDS, LESSON_TYPED,
		                                  LESSON_HINT,  LESSON_QUESTION, LESSON_CHECK };
	static const size_t lines[] = { 14, 18, 24, 28, 31, 50 };
	is_text(step->title, "A fresh connection", "title of a step");
	is_int(step->line, 12, "line of a step");
	is_int(step->count, 6, "blocks");
	for (size_t i = 0; i < 6 && i < step->count; i++) {
		is_int(step->blocks[i].kind, kinds[i], "kind of a block");
		is_int(step->blocks[i].line, lines[i], "line of a block");
	}
	is_text(step->blocks[0].text, "### A heading is prose\n\n> so is a quotation", "prose");
	is_int(step->blocks[1].count, 2, "lines that run");
	is_text(step->blocks[1].lines[1].text, "/open S as c", "a line without its &");
	is_int(step->blocks[1].lines[1].number, 22, "number of a line");
	ok(step->blocks[1].lines[1].background, "the & is not forgotten");
	is_text(step->blocks[2].lines[0].text, "hello", "data");
	is_text(step->blocks[3].text, "look\ntwice", "hint");
	const struct lesson_question *question = step->blocks[4].question;
	ok(question->predict, "it is to be predicted");
	is_text(question->text, "How many\nbytes?", "question");
	is_int(question->count, 2, "choices");
	is_text(question->choices[1].text, "eleven or more", "a choice of two lines");
	is_int(question->right, 'b', "the right choice");
	is_text(question->explanation, "Because.\n\n```\n## no step\n```", "explanation");
	is_text(lesson.steps[1].blocks[0].language, "python", "language");
	is_text(lesson.steps[1].blocks[0].text, "import socket\n\ns = 1", "code");
	question = lesson.steps[1].blocks[1].question;
	ok(!question->predict, "it is not to be predicted");
	is_int(question->answer, LESSON_FREE, "free text");
	is_text(question->explanation, "Since **two** things are so.", "model answer");
	lesson_free(&lesson);
}

static void test_script(void)
{
	struct lesson lesson = parsed(all);
	struct buf script = { .max = SIZE_MAX };
	lesson_script(&lesson, &script);
	is_text(buf_text(&script),
	        "\n\n\n/skip unless sandbox\n/skip unless wire\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
	        "/listen 127.0.0.1 0 as S\n\n\n/open S as c &\n\n\nhello\n"
	        "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
	        "/assert @c.state is ESTABLISHED within 1s\n",
	        "the lines that run are at their lines");
	buf_free(&script);
	lesson_free(&lesson);
}

/* ---- mistakes ---- */

static void test_mistakes(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "line 1: no title: the first line is # TITLE" },
		{ "Title\n", "line 1: no title: the first line is # TITLE" },
		{ "# \n", "line 1: no title: the first line is # TITLE" },
		{ "# T\n", "line 2: \"- Level: 1, 2 or 3\" comes here" },
		{ "# T\n\nprose\n", "line 3: \"- Level: 1, 2 or 3\" comes here" },
		{ "# T\n\n- Level: 4\n", "line 3: \"4\" is not a level: 1, 2 or 3" },
		{ "# T\n\n- Level: 1\n- Level: 1\n",
		  "line 4: \"- Minutes: a number from 1 to 600\" comes here" },
		{ "# T\n\n- Level: 1\n- Minutes: 1.5\n",
		  "line 4: \"1.5\" is not a number of minutes: a number from 1 to 600" },
		{ "# T\n\n- Level: 1\n- Minutes: 5\n- Needs: sandbx\n",
		  "line 5: unknown need \"sandbx\": did you mean sandbox?" },
		{ "# T\n\n- Level: 1\n- Minutes: 5\n- Needs:\n",
		  "line 5: what does it need? sandbox, wire, ipv6, tls, root" },
		{ "# T\n\n- Level: 1\n- Minutes: 5\n- Needs: wire wire\n",
		  "line 5: wire is needed twice" },
		{ "# T\n\n- Level: 1\n- Minutes: 5\n- Author: me\n",
		  "line 5: after Level, Minutes and Needs an empty line comes here" },
		{ HEAD, "line 7: no step: ## TITLE begins one" },
		{ HEAD "## \nx\n", "line 8: a step without a title: ## TITLE" },
		{ HEAD "##\nx\n", "line 8: a step without a title: ## TITLE" },
		{ HEAD "## One\n\n## Two\nx\n", "line 8: nothing is in the step \"One\"" },
		{ HEAD "## One\n", "line 8: nothing is in the step \"One\"" },
		{ HEAD "## One\n# Two\n", "line 9: a second title: ## TITLE begins a step" },
		{ HEAD "```sockpit\n/help\n```\n",
		  "line 8: commands before the first step: ## TITLE begins one" },
		{ HEAD "## One\n```sockpit\n/help\n", "line 9: this fence is never closed: ```" },
		{ HEAD "## One\n```sockpit\n# x\n```\n", "line 9: no line to run in this block" },
		{ HEAD "## One\n```sockpit typed\n/help\n```\n",
		  "line 9: unknown ```sockpit typed: ```sockpit, ```sockpit type or ```check" },
		{ HEAD "## One\n````\n````\n", "line 9: a fence is three backquotes" },
		{ HEAD "## One\n~~~sockpit\n~~~\n", "line 9: a fence is three backquotes" },
		{ HEAD "## One\n```checks\n/help\n```\n",
		  "line 9: unknown ```checks: ```sockpit, ```sockpit type or ```check" },
		{ HEAD "## One\n```Sockpit\n/help\n```\n",
		  "line 9: unknown ```Sockpit: ```sockpit, ```sockpit type or ```check" },
		{ HEAD "## One\n```sockpit\n/help\n\nprose\n```check\n/wait 1s\n```\n",
		  "line 9: this fence is not closed before line 13: ```" },
		{ HEAD "## One\nx\n> Hint: look\n", "line 10: it is written > **Hint:** TEXT" },
		{ HEAD "## One\nx\n> **hint**: look\n", "line 10: it is written > **Hint:** TEXT" },
		{ HEAD "> *Teacher*: look\n", "line 8: it is written > **Teacher:** TEXT" },
		{ HEAD "## One\n**predict:** x?\n",
		  "line 9: it is written **Predict:** QUESTION" },
		{ HEAD "## One\n\n**Question** : x?\n",
		  "line 10: it is written **Question:** QUESTION" },
		{ HEAD "## One\nlettr\xe9s\n", "line 9: this is not UTF-8: save the file as UTF-8" },
		{ HEAD "## One\n- x\n  ```sockpit\n",
		  "line 10: a fence begins at the left margin" },
		{ HEAD "## One\n```sockpit\n\n/opne x\n```\n",
		  "line 11: no such command: \"opne\": did you mean /open?" },
		{ HEAD "## One\n```sockpit\n/loop 3\n```\n",
		  "line 10: /loop cannot be in a lesson" },
		{ HEAD "## One\n```sockpit\n\\@x\n```\n",
		  "line 10: a line of a lesson does not begin with \\: /send sends any text" },
		{ HEAD "## One\n```check\n/open x 1\n```\n",
		  "line 10: a check has /expect, /assert and /wait only; commands are in "
		  "```sockpit" },
		{ HEAD "## One\n```check\nhello\n```\n",
		  "line 10: a check has /expect, /assert and /wait only; commands are in "
		  "```sockpit" },
		{ HEAD "## One\n> **Hint:** x\n", "line 9: a hint comes after what it is about" },
		{ HEAD "## One\nx\n> **Hint:**\n", "line 10: this hint is empty" },
		{ HEAD "**Predict:** x?\n",
		  "line 8: a question before the first step: ## TITLE begins one" },
		{ HEAD QUESTION "prose\n", "line 10: this question has no answer: "
		                           "<details><summary>Answer</summary> comes after it" },
		{ HEAD QUESTION,
		  "line 10: this question has no answer: <details><summary>Answer</summary> "
		  "comes after it" },
		{ HEAD QUESTION "<details>\n\nx\n",
		  "line 12: an answer begins with <details><summary>Answer</summary>" },
		{ HEAD "## One\n**Predict:**\n\n" ANSWER("x"), "line 9: this question is empty" },
		{ HEAD QUESTION ANSWER(""), "line 12: this answer is empty" },
		{ HEAD QUESTION "<details><summary>Answer</summary>\n\nx\n\n## Two\n",
		  "line 12: this answer is never closed: </details>" },
		{ HEAD "## One\nx\n\n" ANSWER("x"),
		  "line 11: an answer without a question: **Predict:** or **Question:** and an "
		  "empty line "
		  "come before it" },
		{ HEAD QUESTION CHOICES ANSWER("**d**"),
		  "line 19: \"d\" is not a choice: a, b or c" },
		{ HEAD QUESTION CHOICES ANSWER("**three**"),
		  "line 19: \"three\" is not a choice: a, b or c" },
		{ HEAD QUESTION CHOICES ANSWER("three"),
		  "line 19: the answer begins with the letter of the right choice: **a**" },
		{ HEAD QUESTION "- a) x\n- c) y\n\n" ANSWER("**a**"),
		  "line 13: choice c), where b) comes next" },
		{ HEAD QUESTION "- a) x\n- b) \n\n" ANSWER("**a**"),
		  "line 13: choice b) is empty" },
		{ HEAD QUESTION "- a) x\n\n" ANSWER("**a**"),
		  "line 12: one choice only: a question has two or more" },
		{ HEAD QUESTION ANSWER("**250 to 30** ms"),
		  "line 14: \"250 to 30\": the smaller number comes first" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct lesson lesson;
		struct error error = { 0 };
		bool good =
		        lesson_parse(cases[i].text, strlen(cases[i].text), "x", &lesson, &error);
		is_text(good ? "(none)" : error.text, cases[i].want, cases[i].want);
		ok(error.usage || good, "it is a mistake in the file");
		lesson_free(&lesson);
	}
}

static void test_bytes(void)
{
	struct lesson lesson;
	struct error error;
	ok(!lesson_parse("# T\0\n", 5, "x", &lesson, &error), "a NUL byte is refused");
	is_text(error.text, "a NUL byte: this is no lesson", "and said");
	char *large = calloc(1, LESSON_MOST + 1);
	ok(large && !lesson_parse(large, LESSON_MOST + 1, "x", &lesson, &error),
	   "a large file is refused");
	is_text(error.text, "larger than 1 MiB: this is no lesson", "and said");
	free(large);
	const char *marked = "\xef\xbb\xbf" HEAD "## One\nx";
	ok(lesson_parse(marked, strlen(marked), "x", &lesson, &error), "a mark of UTF-8 is fine");
	uint64_t digest = lesson.digest;
	lesson_free(&lesson);
	ok(lesson_parse(marked, strlen(marked) - 1, "x", &lesson, &error) == false ||
	           lesson.digest != digest,
	   "another text has another digest");
	lesson_free(&lesson);
}

/* ---- answers ---- */

static const char *verdict_of(const char *text, const char *answer)
{
	static const char *const names[] = { "wrong", "right", "open", "unclear" };
	static char said[400];
	struct error error = { 0 };
	struct lesson lesson = parsed(text);
	enum lesson_verdict verdict =
	        lesson_grade(lesson.steps[0].blocks[0].question, answer, &error);
	snprintf(said, sizeof said, "%s%s%s", names[verdict], error.text[0] ? ": " : "",
	         error.text);
	lesson_free(&lesson);
	return said;
}

static void test_answers(void)
{
	static const char choices[] = HEAD QUESTION CHOICES ANSWER("**b**\n\nWhy.");
	static const char number[] = HEAD QUESTION ANSWER("**11** bytes\n\nWhy.");
	static const char range[] = HEAD QUESTION ANSWER("**30 to 250** ms");
	static const char large[] = HEAD QUESTION ANSWER("**65,507**");
	static const char inside[] = HEAD QUESTION ANSWER("**1.5 s**, since it is so.");
	static const char text[] = HEAD QUESTION ANSWER("**4-tuple** is the word.");
	static const struct {
		const char *lesson, *answer, *want;
	} cases[] = {
		{ choices, "b", "right" },
		{ choices, " B ", "right" },
		{ choices, "b)", "right" },
		{ choices, "b.", "right" },
		{ choices, "(b)", "right" },
		{ choices, "b) eleven", "right" },
		{ choices, "Eleven or so.", "right" },
		{ choices, "a", "wrong" },
		{ choices, "none at all", "wrong" },
		{ choices, "d", "unclear: \"d\" is not a choice: a, b or c" },
		{ choices, "both", "unclear: \"both\" is not a choice: a, b or c" },
		{ choices, "  ", "unclear: no answer" },
		{ number, "11", "right" },
		{ number, "11 bytes", "right" },
		{ number, "11bytes", "right" },
		{ number, "11 B", "right" },
		{ number, "11.0", "right" },
		{ number, "eleven", "right" },
		{ number, "= 11", "right" },
		{ number, "11 packets", "right" },
		{ number, "12", "wrong" },
		{ number, "-11", "wrong" },
		{ number, "11 kB", "wrong" },
		{ number, "many", "unclear: \"many\" is not a number of bytes" },
		{ number, "11 12", "unclear: \"11 12\" is not a number of bytes" },
		{ number, "9999999999999999999999",
		  "unclear: \"9999999999999999999999\" is not a number of bytes" },
		{ range, "30", "right" },
		{ range, "250", "right" },
		{ range, "~40 ms", "right" },
		{ range, "about 0.04 s", "right" },
		{ range, "0,04 seconds", "right" },
		{ range, "29.9", "wrong" },
		{ range, "251ms", "wrong" },
		{ range, "30 to 40", "unclear: \"30 to 40\" is not a number of ms" },
		{ large, "65507", "right" },
		{ large, "65,507 bytes", "right" },
		{ inside, "1500 ms", "right" },
		{ text, "anything", "open" },
		{ text, "", "unclear: no answer" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_text(verdict_of(cases[i].lesson, cases[i].answer), cases[i].want,
		        cases[i].answer);
	struct lesson lesson = parsed(inside);
	is_text(lesson.steps[0].blocks[0].question->explanation, "since it is so.", "explanation");
	is_text(lesson.steps[0].blocks[0].question->right_text, "1.5 s", "the right answer");
	lesson_free(&lesson);
	lesson = parsed(number);
	is_text(lesson.steps[0].blocks[0].question->right_text, "11 bytes",
	        "the right answer, its unit");
	is_text(lesson.steps[0].blocks[0].question->explanation, "Why.", "explanation");
	lesson_free(&lesson);
}

/* ---- what a recording says of them ---- */

static const char *mark_of(const char *note)
{
	static char text[200];
	char sealed[200];
	struct lesson_mark mark, none;
	snprintf(sealed, sizeof sealed, "%s [0123abCD]", note);
	if (!lesson_record_read(sealed, strlen(sealed), &mark))
		return "none";
	is_int(mark.seal, 0x0123abcd, "seal");
	is_int(mark.sealed, strlen(note), "what it is of");
	ok(!lesson_record_read(note, strlen(note), &none), "without a seal it is none");
	snprintf(text, sizeof text, "%d %zu %d %llx %.*s", (int)mark.kind, mark.number, mark.good,
	         (unsigned long long)mark.digest, (int)mark.len, mark.text ? mark.text : "");
	return text;
}

static void test_marks(void)
{
	ok(lesson_record_seal(0, 0, "ab", 2) != lesson_record_seal(0, 0, "aa", 2),
	   "a change breaks a seal");
	ok(lesson_record_seal(1, 0, "ab", 2) != lesson_record_seal(0, 0, "ab", 2), "one before it, too");
	ok(lesson_record_seal(0, 1, "ab", 2) != lesson_record_seal(0, 0, "ab", 2), "and a call");
	static const struct {
		const char *note, *want;
	} cases[] = {
		{ "lesson 04-x 00000000deadBEEF", "0 0 0 deadbeef 04-x" },
		{ "lesson step 0000000000000001", "0 0 0 1 step" },
		{ "lesson my own 0000000000000001", "0 0 0 1 my own" },
		{ "lesson step 12: Title", "1 12 0 0 " },
		{ "lesson answer at line 31, right: b: c", "2 31 1 0 b: c" },
		{ "lesson answer at line 31, wrong: b", "2 31 0 0 b" },
		{ "lesson answer at line 31, to read: it is", "2 31 0 0 it is" },
		{ "lesson answer at line 31 shown", "3 31 0 0 " },
		{ "lesson check at line 50, passed: /assert x", "4 50 1 0 " },
		{ "lesson check at line 50, failed: /assert x", "4 50 0 0 " },
		{ "lesson over: 04-x", "5 0 0 0 " },
		{ "lesson answer at line x, right: b", "none" },
		{ "lesson answer at line 3, good: b", "none" },
		{ "lesson check at line 3", "none" },
		{ "lesson 04-x 00000000deadbee", "none" },
		{ "lesson 04-x 00000000deadbeefg", "none" },
		{ "lesson ", "none" },
		{ "lesson", "none" },
		{ "", "none" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_text(mark_of(cases[i].note), cases[i].want, cases[i].note);
}

/* ---- the built-in ones ---- */

static size_t longest_line(const struct lesson_text *text)
{
	size_t longest = 0, columns = 0;
	for (size_t i = 0; i < text->len; i++) {
		columns = text->text[i] == '\n' ? 0 : columns + ((text->text[i] & 0xc0) != 0x80);
		longest = columns > longest ? columns : longest;
	}
	return longest;
}

static void test_built_in(void)
{
	struct error error = { 0 };
	int number = 0;
	for (const struct lesson_text *text = lesson_texts; text->name; text++) {
		struct lesson lesson;
		char word[16];
		error.text[0] = '\0';
		ok(lesson_parse(text->text, text->len, text->name, &lesson, &error), "%s: %s",
		   text->name, error.text);
		ok(lesson.number > number, "%s comes after the lesson %d", text->name, number);
		number = lesson.number;
		ok(longest_line(text) <= 100, "%s fits a page", text->name);
		snprintf(word, sizeof word, "%d", number);
		ok(lessons_find(word, &error) == text, "it is found by its number");
		ok(lessons_find(text->name, &error) == text, "by its name");
		ok(lessons_find(text->name + 3, &error) == text, "and without the number");
		lesson_free(&lesson);
	}
	ok(lessons_find("hello", &error) == lesson_texts, "a beginning is enough");
	ok(!lessons_find("helol-over-tcp", &error), "a misspelt name");
	is_text(error.text, "no lesson \"helol-over-tcp\": did you mean hello-over-tcp?",
	        "and the right one");
	ok(!lessons_find("99", &error), "a number that is none");
	is_text(error.text, "no lesson \"99\": /lesson lists them", "where they are listed");
}

static void test_recordings(void)
{
	static const char begin[] = "{\"sockpit\":\"log\"";
	for (const struct lesson_text *log = lesson_recordings; log->name; log++) {
		struct error error = { 0 };
		ok(lessons_find(log->name, &error), "%s is the recording of a lesson", log->name);
		ok(lessons_recording(log->name) == log, "it is found by that name");
		ok(strncmp(log->text, begin, strlen(begin)) == 0, "it is a log");
		ok(log->len < 300000, "and not large");
	}
	ok(lessons_recording("15-when-the-network-dies"),
	   "a lesson that needs the sandbox has one");
	ok(lessons_recording("17-what-tls-adds"), "and so has one that needs TLS");
	ok(!lessons_recording("01-hello-over-tcp"), "one that is never skipped has none");
}

static void test_files(void)
{
	struct lesson lesson;
	struct error error = { 0 };
	ok(!lessons_load("./nosuch.md", &lesson, &error), "a file that is not there");
	is_text(error.text, "./nosuch.md: no such file or directory", "and why");
	const char *text = HEAD "## One\n\nx\n";
	ok(lessons_load(tap_file(text, strlen(text)), &lesson, &error), "a file");
	is_text(lesson.title, "Title", "has its title");
	lesson_free(&lesson);
}

int main(void)
{
	tap_watchdog(30);
	test_all();
	test_script();
	test_mistakes();
	test_bytes();
	test_answers();
	test_marks();
	test_built_in();
	test_recordings();
	test_files();
	return tap_done();
}
