// SPDX-License-Identifier: GPL-3.0-or-later
/* A lesson taken by a person: lines, checks, answers, back and forward, the kept place. */
#include "command/lesson_run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/lesson_face.h"
#include "command/fixture.h"
#include "view/row.h"

static struct app app;
static char directory[200], path[300], places[300];

#define until(condition, name)                                                                     \
	do {                                                                                       \
		int64_t until_deadline = clock_now() + FIXTURE_MS * CLOCK_MS;                      \
		while (!(condition) && clock_now() < until_deadline) {                             \
			queue_fixture_turn(&app, clock_now() + 10 * CLOCK_MS);                     \
			lesson_run_serve(&app);                                                    \
		}                                                                                  \
		ok(condition, "%s", name);                                                         \
	} while (0)

static const char text[] =
        "# Two sockets\n\n- Level: 1\n- Minutes: 5\n\nWhat it is about.\n\n"
        "## A server\n\nIt listens.\n\n```sockpit\n/listen 127.0.0.1 0 as S\n```\n\n"
        "```check\n/assert @S.state is LISTEN within 2s\n/assert @S.state is ESTABLISHED\n```\n\n"
        "After it.\n\n"
        "## A client\n\n**Predict:** How many sockets?\n\n- a) one\n- b) two\n\n"
        "<details><summary>Answer</summary>\n\n**b**\n\nBecause of both.\n\n</details>\n\n"
        "> **Hint:** count them\n\n"
        "```sockpit type\n/open 127.0.0.1:$S.port as c\n```\n\n"
        "```check\n/wait @c open within 5s\n```\n\n> **Teacher:** draw it\n";

static void put(const char *file, const char *bytes)
{
	FILE *out = fopen(file, "w");
	if (!out || fputs(bytes, out) < 0 || fclose(out) != 0)
		ok(false, "cannot write %s", file);
}

static bool shows(const char *words)
{
	struct rows rows = { 0 };
	struct buf all = { .max = SIZE_MAX };
	if (app.lesson.face)
		app.lesson.face->render(&app, 78, &rows);
	rows_print(&rows, &all);
	bool found = strstr(buf_text(&all), words);
	buf_free(&all);
	rows_free(&rows);
	return found;
}

static bool type(const char *line)
{
	return lesson_run_type(&app, line, strlen(line));
}

static void enter(void)
{
	app.lesson.face->enter(&app);
}

static bool waits(const char *line)
{
	return app.lesson.waiting && strcmp(app.lesson.waiting, line) == 0;
}

static bool asks(void)
{
	return app.lesson.prompt;
}

static struct session *named(const char *name)
{
	return sessions_named(app.sessions, name);
}

static bool place_is(const char *line)
{
	char bytes[200] = "";
	FILE *in = fopen(places, "r");
	size_t got = in ? fread(bytes, 1, sizeof bytes - 1, in) : 0;
	if (in)
		fclose(in);
	return got && strcmp(bytes, line) == 0;
}

static void begin(size_t step)
{
	struct error error = { 0 };
	ok(lesson_run_start(&app, path, step, NULL, &error), "the lesson begins %s", error.text);
}

static void stop(void)
{
	struct error error;
	lesson_run_stop(&app, &error);
	queue_fixture_end(&app);
}

static void test_lines(void)
{
	struct error error;
	app_fixture_start(&app);
	app.attended = true;
	begin(LESSON_KEPT_PLACE);
	ok(shows("What it is about.") && shows("2 steps, 5 min"), "its goal is shown first");
	ok(!app.lesson.waiting, "and no line waits");
	enter();
	until(waits("/listen 127.0.0.1 0 as S"), "the first line waits");
	ok(shows("step 1 of 2") && !shows("After it."), "what is after it is not shown");
	ok(place_is("two-sockets 1\n"), "the place is kept");
	type("/say another");
	until(waits("/listen 127.0.0.1 0 as S"), "after another line it still waits");
	type("  /listen   127.0.0.1 0  as S ");
	until(shows("FAIL"), "blanks do not matter, and checks run by themselves");
	ok(named("S") && shows("PASS /assert @S.state is LISTEN"), "the first one passes");
	ok(shows("got LISTEN") && shows("/lesson again"),
	   "the second one says what it got, and what to do");
	ok(!shows("After it."), "and holds the lesson");
	uint32_t first = session_number(named("S"));
	ok(lesson_run_again(&app, &error), "again");
	until(waits("/listen 127.0.0.1 0 as S"), "begins the step again");
	ok(!sessions_numbered(app.sessions, first), "without the sessions of the lesson");
	type("/listen 127.0.0.1 0 as S");
	until(shows("FAIL"), "with the same name");
	enter();
	until(shows("After it."), "Enter goes on");
	stop();
}

static void test_answers(void)
{
	struct error error;
	app_fixture_start(&app);
	app.attended = true;
	begin(2);
	until(asks(), "the steps before a step run by themselves");
	ok(named("S") && shows("step 2 of 2"), "so that what they made is there");
	ok(strcmp(app.lesson.prompt, "answer> ") == 0, "a question has a prompt");
	ok(lesson_run_hint(&app, &error) && shows("count them"), "a hint is shown on request");
	ok(!lesson_run_hint(&app, &error), "there is no other");
	type("seven");
	ok(asks() && shows("is not a choice"), "what is no choice is said");
	type("a");
	ok(asks() && shows("wrong") && !shows("Because"), "a wrong answer may be tried again");
	type("/say command");
	ok(asks(), "a command is no answer");
	type("b)");
	ok(!asks() && shows("right") && shows("Because of both."), "the right one is explained");
	until(strstr(app.lesson.foot, "type the line"), "the next line is typed");
	ok(!app.lesson.waiting && !shows("/open"), "and not shown");
	ok(lesson_run_hint(&app, &error) && shows("/open"), "unless a hint is asked for");
	type("/open 127.0.0.1:$S.port as c");
	until(shows("PASS /wait"), "with the value of its name");
	ok(lesson_run_notes(&app, "/lesson notes", &error), "there are notes");
	enter();
	ok(shows("3 of 4 checks passed") || shows("2 of 3 checks passed"),
	   "at the end it says how it went");
	ok(shows("1 answers right") || shows("0 of 1 answers right") ||
	           shows("1 of 1 answers right"),
	   "answers, too");
	ok(place_is("two-sockets done\n"), "and it is done");
	enter();
	ok(!lesson_run_is_on(&app), "Enter closes it");
	queue_fixture_end(&app);
}

static void test_moving(void)
{
	struct error error;
	app_fixture_start(&app);
	app.attended = true;
	ok(!lesson_run_next(&app, &error) && strstr(error.text, "/lesson lists"),
	   "without a lesson nothing can be passed");
	ok(!lesson_run_start(&app, path, 9, NULL, &error) && strstr(error.text, "2 steps"),
	   "a step that is not there is refused");
	ok(!lesson_run_start(&app, "nosuch", 0, NULL, &error), "and an unknown lesson");
	begin(1);
	enter();
	until(app.lesson.waiting, "a line waits");
	ok(lesson_run_next(&app, &error), "next passes it");
	until(shows("FAIL"), "the checks then fail");
	ok(lesson_run_next(&app, &error), "next accepts that");
	until(strstr(app.lesson.foot, "next step"), "up to the end of the step");
	ok(lesson_run_next(&app, &error), "and goes on");
	until(asks(), "to the next step");
	enter();
	ok(!asks() && shows("the answer is b) two"), "Enter alone shows the answer");
	ok(lesson_run_back(&app, &error), "back");
	until(waits("/listen 127.0.0.1 0 as S"), "is the step before");
	ok(!lesson_run_back(&app, &error), "before the first one there is none");
	stop();
}

static void test_places(void)
{
	struct buf text_of = { .max = SIZE_MAX };
	put(places, "two-sockets 2\nnonsense\n");
	app_fixture_start(&app);
	app.attended = true;
	lesson_run_print_place(&app, "two-sockets", &text_of);
	ok(strcmp(buf_text(&text_of), "step 2") == 0, "a broken file has the places that are whole");
	begin(LESSON_KEPT_PLACE);
	until(asks(), "the lesson goes on there");
	struct stat status;
	ok(stat(places, &status) == 0 && (status.st_mode & 0777) == 0600, "nobody else reads the file");
	buf_free(&text_of);
	stop();
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(directory, sizeof directory, "%s/sockpit-lesson-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(directory))
		return 1;
	setenv("XDG_STATE_HOME", directory, 1);
	snprintf(path, sizeof path, "%s/two-sockets.md", directory);
	snprintf(places, sizeof places, "%s/sockpit/lessons", directory);
	put(path, text);
	test_lines();
	test_answers();
	test_moving();
	test_places();
	unlink(path);
	unlink(places);
	snprintf(path, sizeof path, "%s/sockpit", directory);
	rmdir(path);
	rmdir(directory);
	return tap_done();
}
