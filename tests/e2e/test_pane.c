// SPDX-License-Identifier: GPL-3.0-or-later
/* The pane in the window, as a person uses it: what returns it to the newest rows, and what leaves
 * it where it was scrolled to. */
#include "e2e/stage.h"

#include "support/tap.h"

enum { LINES = 60 };

#define PAGE_UP "\033[5~"
#define F8      "\033[19~"
#define BELOW   "below ──" /* newest lines, or so many new ones */

static void fill(struct vt *vt)
{
	char line[32];
	for (int i = 1; i <= LINES; i++) {
		snprintf(line, sizeof line, "line %d\r", i);
		vt_send(vt, line);
	}
	snprintf(line, sizeof line, "line %d", LINES);
	stage_wait_row(vt, "←", line);
	vt_wait_idle(vt);
}

static void scroll_back(struct vt *vt)
{
	vt_send(vt, PAGE_UP PAGE_UP);
	vt_wait_text(vt, BELOW);
}

static bool is_scrolled(struct vt *vt)
{
	return strstr(vt_row(vt, -2), "SCROLLED") != NULL;
}

/* Commands that answer with a note, each with words of its answer. */
static void stays(struct vt *vt, const char *line, const char *answer)
{
	scroll_back(vt);
	vt_send(vt, line);
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, answer) && vt_wait_idle(vt) && is_scrolled(vt), "%s leaves it there",
	   line);
}

static void returns(struct vt *vt, const char *line, const char *answer)
{
	scroll_back(vt);
	vt_send(vt, line);
	vt_send(vt, "\r");
	ok(vt_wait_gone(vt, BELOW) && vt_wait_text(vt, answer), "%s returns it", line);
}

static void returns_to_the_newest_rows(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	fill(vt);
	stays(vt, "/help name", "another name");
	stays(vt, "/set eol", "crlf");
	stays(vt, "/option nodelay", "TCP_NODELAY");
	stays(vt, "/nonsense", "no such command");
	returns(vt, "a line to send", "←  a line to send");
	returns(vt, "/send text", "text");
	returns(vt, "//slash", "←  /slash");
	returns(vt, "/option nodelay on", "TCP_NODELAY");
	returns(vt, "/@2 addressed", "←  addressed");
	returns(vt, "/close", "closed");
	returns(vt, "too late", "session 2 is closed");
	ok(vt_wait_row(vt, -1, "2> too late"), "what was not sent stays on the line");
	vt_send(vt, "\x15");
	ok(stage_quit(vt), "ends well");
}

/* A long line is sent and echoed: one paragraph each, of a few rows. */
static void folds_long_lines(int rows, int columns)
{
	enum { LONG = 5000 };
	char line[LONG + 2];
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS("--demo"));
	vt_wait_text(vt, "connected");
	memset(line, 'x', LONG);
	memcpy(line + LONG / 2, "needle", 6);
	memcpy(line + LONG, "\r", 2);
	vt_send(vt, line);
	ok(vt_wait_row(vt, -4, " more byte") && !vt_find(vt, "needle", NULL, NULL),
	   "%d columns: a long line is folded", columns);
	vt_send(vt, F8);
	ok(vt_wait_gone(vt, " more bytes") && vt_wait_row(vt, -4, "x⏎"), "F8 shows it whole");
	vt_send(vt, F8);
	ok(vt_wait_row(vt, -4, " more byte"), "and again not");
	vt_send(vt, "/find needle\r");
	ok(vt_wait_text(vt, "xneedlex"), "what is looked for is seen");
	vt_send(vt, "\003");
	vt_wait_idle(vt);
	ok(vt_wait_gone(vt, "xneedlex"), "as long as it is looked for");
	vt_send(vt, "/fold\r");
	ok(vt_wait_text(vt, "messages are shown"), "/fold says what it does");
	ok(stage_quit(vt), "ends well");
}

/* Every row of a page comes by when one scrolls from its begin to its end. */
static void scrolls_pages(int rows, int columns)
{
	static const struct {
		const char *command, *first, *last, *away;
	} pages[] = {
		{ "/info", "INFO demo", "stream.", "/info" },
		{ "/states", "STATES", ">>>ESTA", "/states" },
		{ "/stream", "STREAM", "|", "/stream" },
		{ "/code python", "#!/usr/bin/", "receive(s)", "/code python" },
	};
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS("--demo"));
	vt_wait_row(vt, -1, "2>");
	vt_send(vt, "hello\r");
	vt_wait_row(vt, -4, "hello");
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		bool found = false;
		vt_send(vt, pages[i].command);
		vt_send(vt, "\r");
		ok(vt_wait_text(vt, pages[i].first), "%dx%d: %s", columns, rows, pages[i].command);
		for (int row = 0; row < 80 && !found; row++) {
			vt_send(vt, "\033[1;2B");
			vt_wait_idle(vt);
			found = vt_find(vt, pages[i].last, NULL, NULL);
		}
		ok(found, "its end can be reached");
		ok(!vt_find(vt, "more rows", NULL, NULL), "nothing is left out");
		vt_send(vt, pages[i].away);
		vt_send(vt, "\r");
		vt_wait_gone(vt, pages[i].last);
	}
	vt_send(vt, "/help\r");
	vt_wait_idle(vt);
	vt_send(vt, "\033[1;5F");
	ok(vt_wait_text(vt, "help"), "the end of /help can be reached");
	vt_send(vt, "\033[1;5H");
	ok(vt_wait_text(vt, "A line that begins"), "and its begin");
	ok(stage_quit(vt), "ends well");
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	returns_to_the_newest_rows();
	folds_long_lines(24, 80);
	folds_long_lines(12, 40);
	folds_long_lines(50, 200);
	scrolls_pages(12, 40);
	scrolls_pages(4, 20);
	scrolls_pages(24, 80);
	return tap_done();
}
