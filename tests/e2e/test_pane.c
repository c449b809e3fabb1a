// SPDX-License-Identifier: GPL-3.0-or-later
/* The pane in the window, as a person uses it: what returns it to the newest rows, and what leaves
 * it where it was scrolled to. */
#include "e2e/stage.h"

#include "support/tap.h"

enum { LINES = 60 };

#define PAGE_UP "\033[5~"

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
	vt_wait_row(vt, -2, "SCROLLED");
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
	ok(vt_wait_gone(vt, "SCROLLED") && vt_wait_text(vt, answer), "%s returns it", line);
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
	ok(stage_quit(vt), "ends well");
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	returns_to_the_newest_rows();
	return tap_done();
}
