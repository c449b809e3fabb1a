// SPDX-License-Identifier: GPL-3.0-or-later
/* A lesson taken by a person: lines, checks, answers, back and forward, the kept place. */
#include "command/lesson_run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/hosts.h"
#include "app/lesson_face.h"
#include "command/fixture.h"
#include "net/cable_loop.h"
#include "net/sandbox.h"
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
        "## A client\n\n**Predict:** How many sockets?\n\n- a) one\n- b) *two*\n\n"
        "<details><summary>Answer</summary>\n\n**b**\n\nBecause of both.\n\n</details>\n\n"
        "> **Hint:** count them\n\n"
        "```sockpit type\n/open 127.0.0.1:$S.port as c\n```\n\n"
        "```check\n/wait @c open within 5s\n```\n\n> **Teacher:** draw it\n";

static const char changing[] =
        "# Changes\n\n- Level: 1\n- Minutes: 5\n\nWhat it is about.\n\n"
        "## First\n\n```sockpit\n/set marks on\n/set eol crlf\n/try /set fold 7\n/set timeout 3s\n"
        "/set nosuch 1\n```\n";

static const char on_the_cable[] =
        "# Cables\n\n- Level: 1\n- Minutes: 5\n\nWhat it is about.\n\n"
        "## First\n\n```sockpit\n/sandbox on\n/set both.tcp_sack 0\n/cable delay 30ms\n"
        "/listen right 7 as S\n/open right 7 as c\n```\n\n```check\n/wait @c open within 20s\n```\n";

static const char quiet[] =
        "# Quiet\n\n- Level: 1\n- Minutes: 5\n\nWhat it is about.\n\n"
        "## First\n\nIt begins.\n\n```sockpit\n/listen 127.0.0.1 0 as S\n```\n\n"
        "> **Hint:** on request\n\n"
        "```check\n/assert @S.clients = 1 within 60s\n```\n\nAfter it.\n\n"
        "```sockpit\n/say last\n```\n\n> **Teacher:** on request\n";

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

/* What is new begins in a row after the one with these words. */
static bool new_after(const char *words)
{
	struct rows rows = { 0 };
	struct buf line = { .max = SIZE_MAX };
	bool before = false;
	app.lesson.face->render(&app, 78, &rows);
	for (int i = 0; i < (int)rows.count && i < app.lesson.top; i++) {
		buf_clear(&line);
		row_print(&rows.row[i], &line);
		before |= strstr(buf_text(&line), words) != NULL;
	}
	buf_free(&line);
	rows_free(&rows);
	return before;
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

static bool noted(const char *words)
{
	bool found = false;
	for (uint64_t at = transcript_first(app.transcript); at != TRANSCRIPT_NONE && !found;
	     at = transcript_next(app.transcript, at)) {
		const struct entry *entry = transcript_at(app.transcript, at);
		found = entry->call == CALL_NOTE && entry->len >= strlen(words) &&
		        memcmp(entry_payload(entry), words, strlen(words)) == 0;
	}
	return found;
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
	ok(!noted("@S.state is"), "which is no line of the transcript");
	type("/assert @S.state is LISTEN within 2s");
	until(noted("@S.state is LISTEN"), "who types one sees an answer");
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

/* Nothing comes up with which a new part could begin: a check that waits, a hint, a note. */
static void test_quiet_parts(void)
{
	app_fixture_start(&app);
	app.attended = true;
	begin(1);
	enter();
	until(waits("/listen 127.0.0.1 0 as S"), "the line waits");
	type("/listen 127.0.0.1 0 as S");
	until(new_after("/listen"), "while its check waits, what has been read does not come again");
	queue_type(&app, "/open S as c", 12);
	until(waits("/say last"), "when it passes, the next line waits");
	ok(new_after("/listen") && !new_after("PASS"), "and what came of it is new");
	type("/say last");
	until(new_after("/say last"), "after the last line nothing comes again, either");
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

/* ---- what a lesson leaves ---- */

static void run_waiting(void)
{
	char *line = strdup(app.lesson.waiting ? app.lesson.waiting : "");
	type(line);
	free(line);
}

static void set(const char *name, const char *value)
{
	struct error error;
	app_set(&app, name, value, &error);
}

static bool is_as_before(void)
{
	const struct settings *settings = &app.settings;
	return !settings->marks && settings->eol == EOL_LF && settings->fold == 5;
}

static bool is_changed(void)
{
	const struct settings *settings = &app.settings;
	return settings->marks && settings->eol == EOL_CRLF && settings->fold == 7;
}

static void take_changes(void)
{
	until(waits("/set marks on"), "the lesson waits");
	run_waiting();
	until(waits("/set eol crlf"), "a switch is set");
	run_waiting();
	until(waits("/try /set fold 7"), "a word");
	run_waiting();
	until(waits("/set timeout 3s"), "a number");
	run_waiting();
	until(waits("/set nosuch 1"), "and a time");
	ok(is_changed(), "all of them hold");
}

static void test_settings(void)
{
	struct error error;
	put(path, changing);
	app_fixture_start(&app);
	app.attended = true;
	set("fold", "5");
	queue_type(&app, "/listen 127.0.0.1 0 as mine", 27);
	until(named("mine"), "the person has a session");
	begin(1);
	enter();
	take_changes();
	ok(session_eol(named("mine")) == EOL_CRLF, "also for the session of the person");
	run_waiting();
	until(shows("failed: "), "what cannot be set fails");
	ok(lesson_run_again(&app, &error) && is_as_before(), "again puts the settings back");
	ok(session_eol(named("mine")) == EOL_LF, "that of the session, too");
	take_changes();
	set("timeout", "8s");
	session_set_eol(named("mine"), EOL_NUL);
	ok(lesson_run_stop(&app, &error) && is_as_before(), "and so does the end of the lesson");
	ok(app.settings.timeout == 8 * CLOCK_S && session_eol(named("mine")) == EOL_NUL,
	   "but what the person has changed since stays");
	ok(named("mine") && session_state(named("mine")) != SESSION_CLOSED, "and so does her session");
	queue_fixture_end(&app);
}

static bool cable_is(const char *words)
{
	struct cable_settings settings;
	uint32_t seen[CABLE_RULES];
	struct buf text_of = { .max = SIZE_MAX };
	cable_link_settings(sandbox_cable(sessions_sandbox(app.sessions)), &settings, seen);
	cable_print(&settings, &text_of);
	bool same = strcmp(buf_text(&text_of), words) == 0;
	buf_free(&text_of);
	return same;
}

static bool sack_is(enum host host, const char *value)
{
	char got[SANDBOX_SYSCTL_VALUE] = "";
	struct error error;
	sandbox_get_sysctl(sessions_sandbox(app.sessions), host, "tcp_sack", got, &error);
	return strcmp(got, value) == 0;
}

static void take_cable(void)
{
	static const char *const lines[] = { "/sandbox on", "/set both.tcp_sack 0", "/cable delay 30ms",
		                             "/listen right 7 as S", "/open right 7 as c" };
	begin(1);
	enter();
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		until(waits(lines[i]), lines[i]);
		run_waiting();
	}
	until(shows("PASS"), "the client is connected");
	ok(cable_is("delay 30ms\n") && sack_is(HOST_RIGHT, "0"), "with the cable of the lesson");
}

static bool is_closed(const char *name)
{
	return !named(name) || session_state(named(name)) == SESSION_CLOSED;
}

static void test_cable(void)
{
	struct error error = { 0 };
	put(path, on_the_cable);
	app_fixture_start(&app);
	app.attended = true;
	if (!hosts_can_start(&app, &error)) {
		tap_skip(error.text);
		queue_fixture_end(&app);
		return;
	}
	take_cable();
	ok(lesson_run_stop(&app, &error), "the lesson is left");
	until(!sessions_sandbox(app.sessions), "its sandbox goes with it");
	ok(is_closed("S") && is_closed("c"), "its server and its client are closed");
	ok(hosts_start(&app, &error), "a sandbox of the person %s", error.text);
	queue_type(&app, "/cable delay 10ms", 17);
	queue_type(&app, "/set right.tcp_sack 0", 21);
	until(cable_is("delay 10ms\n") && sack_is(HOST_RIGHT, "0"), "with a cable");
	take_cable();
	ok(sack_is(HOST_LEFT, "0"), "which the lesson changes");
	ok(lesson_run_again(&app, &error) && cable_is("delay 10ms\n") && sack_is(HOST_LEFT, "1"),
	   "again puts it back");
	until(waits("/sandbox on"), "and begins again");
	ok(lesson_run_stop(&app, &error), "the lesson is left");
	until(is_closed("S") && is_closed("c"), "nothing of it is open");
	ok(sessions_sandbox(app.sessions) && sack_is(HOST_RIGHT, "0"), "the sandbox stays");
	queue_fixture_end(&app);
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
	snprintf(path, sizeof path, "%s/quiet.md", directory);
	put(path, quiet);
	test_quiet_parts();
	unlink(path);
	snprintf(path, sizeof path, "%s/changes.md", directory);
	test_settings();
	test_cable();
	unlink(path);
	snprintf(path, sizeof path, "%s/two-sockets.md", directory);
	unlink(path);
	unlink(places);
	snprintf(path, sizeof path, "%s/sockpit", directory);
	rmdir(path);
	rmdir(directory);
	return tap_done();
}
