// SPDX-License-Identifier: GPL-3.0-or-later
/* Answers to commands in the window: each is on the screen when its command returns, whatever is
 * shown, at every size. */
#include "e2e/stage.h"

#include "support/tap.h"

#define F1 "\033OP"

static struct vt *start(int rows, int columns)
{
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS("--demo"));
	vt_wait_row(vt, -1, "2>");
	vt_send(vt, "hello\r");
	vt_wait_text(vt, "hello");
	vt_wait_idle(vt);
	return vt;
}

static void run(struct vt *vt, const char *line)
{
	vt_send(vt, line);
	vt_send(vt, "\r");
}

static void long_ones_are_pages(void)
{
	struct vt *vt = start(24, 80);
	run(vt, "/help");
	ok(vt_wait_row(vt, 0, "/help") && vt_wait_row(vt, 15, "Escape closes"),
	   "a long answer is a page, with its command as the heading");
	ok(vt_find(vt, "> /help", NULL, NULL), "the transcript goes on below it");
	vt_send(vt, "more\r");
	ok(stage_wait_row(vt, "←", "more"), "and is alive");
	ok(vt_wait_row(vt, 0, "/help"), "while the page stays");
	vt_send(vt, "\033[6~");
	ok(vt_wait_gone(vt, "/open "), "PageDown scrolls it");
	vt_send(vt, "\033");
	ok(vt_wait_gone(vt, "Escape closes"), "Escape closes it");
	run(vt, "/help send");
	ok(vt_wait_text(vt, "Escape closes"), "a page again");
	run(vt, "/why ECONNRESET");
	ok(vt_wait_row(vt, 0, "/why ECONNRESET") && vt_wait_gone(vt, "/help send  "),
	   "the next page takes its place");
	run(vt, "/why ECONNRESET");
	ok(vt_wait_gone(vt, "Escape closes"), "the same command closes it");
	vt_send(vt, F1);
	ok(vt_wait_row(vt, 0, "/help"), "F1 is help");
	vt_send(vt, F1);
	ok(vt_wait_gone(vt, "Escape closes"), "and closes it");
	run(vt, "/option");
	ok(vt_wait_row(vt, 0, "/option") && vt_wait_text(vt, "SO_"), "/option is a page");
	run(vt, "/sessions");
	ok(vt_wait_row(vt, 0, "/sessions") && stage_wait_row(vt, "2* demo", "↑11 ↓11"),
	   "/sessions, too");
	vt_send(vt, "again\r");
	ok(stage_wait_row(vt, "2* demo", "↑17 ↓17"), "which changes with the sessions");
	run(vt, "/stats");
	ok(vt_wait_row(vt, 0, "/stats") && vt_wait_text(vt, "send "), "/stats");
	run(vt, "/peers @1");
	ok(vt_wait_row(vt, 0, "/peers @echo") && vt_wait_text(vt, "session  name"), "/peers");
	ok(stage_quit(vt), "pages: ends well");
}

/* The words of a note, or of a mistake, wherever they are on the screen. */
static void is_seen(int rows, int columns, const char *before, const char *name)
{
	struct vt *vt = start(rows, columns);
	if (*before)
		vt_send(vt, before);
	vt_wait_idle(vt);
	run(vt, "/set eol");
	ok(vt_wait_text(vt, "eol") && vt_wait_text(vt, "lf"), "%dx%d, %s: a short answer", columns,
	   rows, name);
	run(vt, "/nonsense");
	ok(vt_wait_text(vt, "no such") && vt_wait_text(vt, "lists them"), "%dx%d, %s: a mistake",
	   columns, rows, name);
	run(vt, "/help hex");
	ok(vt_wait_text(vt, "/hex [@session]"), "%dx%d, %s: a long answer", columns, rows, name);
	run(vt, "/nonsense");
	ok(vt_wait_text(vt, "no such"), "%dx%d, %s: a mistake with a page open", columns, rows,
	   name);
	vt_send(vt, "/re\t\t");
	ok(vt_wait_text(vt, "/reconnect"), "%dx%d, %s: what TAB offers, too", columns, rows, name);
	vt_send(vt, "\025\033");
	ok(vt_wait_gone(vt, "Escape closes"), "%dx%d, %s: no page", columns, rows, name);
	run(vt, "/wait closed within 20ms");
	ok(vt_wait_text(vt, "20.0"), "%dx%d, %s: an answer that comes later", columns, rows, name);
	ok(stage_quit(vt), "%dx%d: ends well", columns, rows);
}

static bool ends_in_dots(struct vt *vt)
{
	const char *row = vt_row(vt, 0);
	size_t len = strlen(row);
	return len > 3 && strcmp(row + len - 3, "…") == 0;
}

static void one_row_is_enough(void)
{
	struct vt *vt = start(4, 20);
	run(vt, "/help hex");
	ok(vt_wait_row(vt, 0, "/hex [@session]") && ends_in_dots(vt),
	   "20x4: the first row of a page, and that there is more");
	vt_send(vt, "\033[1;2B");
	ok(vt_wait_gone(vt, "/hex [@session]"), "which scrolls");
	vt_send(vt, "\033");
	ok(vt_wait_gone(vt, "…"), "and is closed");
	run(vt, "/nonsense");
	ok(vt_wait_row(vt, 0, "no such command:") && ends_in_dots(vt), "so is a mistake");
	vt_send(vt, "\033[1;5F");
	ok(vt_wait_row(vt, 0, "lists them"), "to its end");
	run(vt, "/set eol");
	ok(vt_wait_row(vt, 0, "eol") && ends_in_dots(vt), "an answer takes its place");
	vt_send(vt, "\033");
	ok(vt_wait_gone(vt, "…"), "Escape closes that");
	run(vt, "/info");
	ok(vt_wait_row(vt, 0, " INFO demo"), "20x4: a page");
	run(vt, "/nonsense");
	ok(vt_wait_row(vt, -2, " no such command: …"), "the beginning of a mistake");
	ok(vt_wait_row(vt, 0, " INFO demo"), "does not take its place");
	vt_send(vt, "/re\t\t");
	ok(vt_wait_row(vt, -2, " /reconnect…"), "nor does what TAB offers");
	ok(vt_wait_row(vt, 0, " INFO demo"), "of which there is the beginning, too");
	vt_send(vt, "\025");
	ok(stage_quit(vt), "20x4: ends well");
}

/* What comes after an answer pushes it out of the pane before it has been seen. */
static void stays_in_a_flood(void)
{
	struct vt *vt = start(12, 40);
	vt_send(vt, "/why\r/send 1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\\n\r");
	ok(vt_wait_row(vt, -2, "nothing has failed"), "it stays on the status line");
	ok(!vt_find(vt, "> /why", NULL, NULL), "when the pane has it no more");
	vt_send(vt, "x");
	ok(vt_wait_gone(vt, "nothing has failed"), "until the next key");
	vt_send(vt, "\025");
	ok(stage_quit(vt), "a flood: ends well");
}

/* A live page, or an answer, costs no turn of the loop while nothing happens. */
static void costs_nothing(void)
{
	static const struct {
		const char *line, *name;
	} pages[] = {
		{ "/info", "info" },         { "/states", "states" }, { "/stream", "stream" },
		{ "/sessions", "sessions" }, { "/stats", "stats" },   { "/peers @1", "peers" },
		{ "/help", "help" },
	};
	struct vt *vt = start(24, 80);
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		run(vt, pages[i].line);
		ok(vt_wait_row(vt, -2, pages[i].name), "%s", pages[i].line);
		ok(vt_wait_idle(vt), "it sleeps without a time limit");
	}
	ok(stage_quit(vt), "wake-ups: ends well");
}

int main(void)
{
	static const int sizes[][2] = { { 24, 80 }, { 12, 40 }, { 50, 200 } };
	tap_watchdog(60);
	stage_open();
	long_ones_are_pages();
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		is_seen(sizes[i][0], sizes[i][1], "", "in the chat");
		is_seen(sizes[i][0], sizes[i][1], "/view hex\r", "as hex");
		is_seen(sizes[i][0], sizes[i][1], "/view trace\r", "in a trace");
		is_seen(sizes[i][0], sizes[i][1], "/ladder\r", "in a ladder");
		is_seen(sizes[i][0], sizes[i][1], "/info\r", "on a page");
	}
	one_row_is_enough();
	stays_in_a_flood();
	costs_nothing();
	return tap_done();
}
