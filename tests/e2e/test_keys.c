// SPDX-License-Identifier: GPL-3.0-or-later
/* Escape alone in the window: what it closes, in which order, and that it never takes the next key
 * along. */
#include "e2e/stage.h"

#include <stdlib.h>

#include "base/clock.h"
#include "support/tap.h"

/* Escape, and the time that makes it one. */
static void press_escape(struct vt *vt)
{
	vt_send(vt, "\033");
	vt_wait_idle(vt);
}

#define NEEDLE "←  needle"

/* "needle", and more than a screen of other lines. */
static void type_lines(struct vt *vt)
{
	enum { LINES_TYPED = 60 };
	char line[32];
	vt_send(vt, "needle\r");
	for (int i = 1; i <= LINES_TYPED; i++)
		vt_send_bytes(vt, line, (size_t)snprintf(line, sizeof line, "line %d\r", i));
	stage_wait_row(vt, "←", "line 60");
	vt_wait_idle(vt);
}

static bool has_hit(struct vt *vt)
{
	int row, column;
	if (!vt_find(vt, "needle", &row, &column))
		return false;
	struct vt_cell hit = vt_cell_at(vt, row, column), plain = vt_cell_at(vt, row, column - 2);
	return hit.reverse != plain.reverse || hit.bold != plain.bold ||
	       hit.foreground != plain.foreground || hit.background != plain.background;
}

static void scroll_to_top(struct vt *vt)
{
	vt_send(vt, "\033[1;5H");
	vt_wait_text(vt, "→  needle");
	vt_wait_idle(vt);
}

static void takes_one_thing_at_a_time(int rows, int columns)
{
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS("--demo"));
	vt_wait_row(vt, -1, "2>");
	type_lines(vt);
	vt_send(vt, "/find needle\r");
	ok(vt_wait_text(vt, NEEDLE) && vt_wait_idle(vt) && has_hit(vt),
	   "%dx%d: a pane that is scrolled back to a hit", columns, rows);
	vt_send(vt, "half\033[15~");
	ok(vt_wait_text(vt, "Escape closes"), "a page over it");
	vt_send(vt, "\033");
	ok(vt_wait_gone(vt, "Escape closes") && vt_wait_idle(vt), "Escape closes the page");
	ok(has_hit(vt), "and leaves the pane");
	ok(vt_wait_row(vt, -1, "2> half"), "and the line");
	press_escape(vt);
	ok(vt_wait_row(vt, -4, "needle") && vt_wait_gone(vt, NEEDLE),
	   "another returns to the newest rows");
	scroll_to_top(vt);
	ok(has_hit(vt), "and leaves the hits");
	press_escape(vt);
	press_escape(vt);
	scroll_to_top(vt);
	ok(!has_hit(vt), "a third no longer shows them");
	press_escape(vt);
	press_escape(vt);
	vt_send(vt, " typed\r");
	ok(stage_wait_row(vt, "←", "half typed⏎"), "the next key is what it is");
	ok(stage_quit(vt), "%dx%d: ends well", columns, rows);
}

static void does_not_take_the_next_key(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	press_escape(vt);
	vt_send(vt, "/name talk\r");
	ok(vt_wait_row(vt, -3, "talk"), "Escape, a rest, a command: it is one");
	vt_send(vt, "\033/name more\r");
	ok(vt_wait_row(vt, -3, "more"), "also in one burst");
	vt_send(vt, "\033\033[A\005!\r");
	ok(vt_wait_text(vt, "> /name more!") && vt_wait_row(vt, -3, "more!"),
	   "Escape and Up in one burst");
	ok(stage_quit(vt), "ends well");
}

static void obeys_its_setting(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "/set escape-time 400ms\r\033[15~");
	vt_wait_text(vt, "Escape closes");
	int64_t begin = clock_now();
	vt_send(vt, "\033");
	ok(vt_wait_gone(vt, "Escape closes"), "Escape acts");
	ok(clock_now() - begin >= 400 * CLOCK_MS, "after the time that was set");
	vt_send(vt, "/set escape-time\r");
	ok(stage_wait_row(vt, "escape-time", "400ms"), "which is shown");
	ok(stage_quit(vt), "escape-time: ends well");
}

static void leaves_the_waiting_call(void)
{
	struct vt *vt = stage_run(24, 80, "xterm-256color", STAGE_WORDS(NULL));
	vt_send(vt, "/socket udp\r/bind 0\r/recv\r");
	vt_wait_text(vt, "Ctrl-C cancels");
	vt_send(vt, "\033x");
	vt_wait_row(vt, -1, "1> x");
	ok(vt_find(vt, "Ctrl-C cancels", NULL, NULL), "a call that waits goes on");
	vt_send(vt, "\b\003");
	ok(vt_wait_text(vt, "cancelled after"), "until Ctrl-C");
	ok(stage_quit(vt), "a waiting call: ends well");
}

static void use_inputrc(const char *text)
{
	stage_put_file("inputrc", text);
	setenv("INPUTRC", stage_path("inputrc"), 1);
}

static void closes_a_page_in_vi(void)
{
	use_inputrc("set editing-mode vi\n");
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "abc\033[15~");
	vt_wait_text(vt, "Escape closes");
	vt_send(vt, "\033");
	ok(vt_wait_row(vt, -2, "vi:cmd") && vt_find(vt, "Escape closes", NULL, NULL),
	   "in vi's insert mode Escape is vi's");
	vt_send(vt, "\033");
	ok(vt_wait_gone(vt, "Escape closes"), "in command mode it closes the page");
	vt_send(vt, "x");
	ok(vt_wait_row(vt, -1, "2> ab"), "and the next key is a command");
	vt_send(vt, "A\003");
	ok(stage_quit(vt), "vi: ends well");
	setenv("INPUTRC", "/dev/null", 1);
}

/* The keys of commands: they are no lines that a person typed. */
static void runs_commands(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "typed\r/session 1\rhalf\0332");
	ok(vt_wait_row(vt, -1, "2> half"), "Alt-2 switches, and leaves the line");
	vt_send(vt, "\0339");
	ok(vt_wait_row(vt, -2, "no session \"9\""), "what goes wrong is on the status line");
	ok(!vt_find(vt, "/session 9", NULL, NULL), "and nothing is noted as typed");
	vt_send(vt, "\033[6;5~\033[6;5~");
	ok(vt_wait_row(vt, -1, "1> half"), "the next session after the last is the first");
	vt_send(vt, "\033[5;5~\033[5;3~");
	ok(vt_wait_row(vt, -1, "2> half"), "and before the first the last");
	vt_send(vt, "\x1d\033[15~");
	ok(vt_wait_row(vt, -1, "2! half") && vt_wait_text(vt, "Escape closes"),
	   "in literal mode a key is still a command");
	vt_send(vt, "\033[15~\x1d");
	ok(vt_wait_row(vt, -1, "2> half"), "and ends it");
	vt_send(vt, "\003\020");
	ok(vt_wait_row(vt, -1, "2> /session 1"), "the history has none of them");
	vt_send(vt, "\025/literal\r");
	ok(vt_wait_text(vt, "every line is data: Ctrl-] ends that"), "/literal says the way back");
	vt_send(vt, "/view hex\r");
	ok(stage_wait_row(vt, "←", "/view hex"), "a command is data then");
	vt_send(vt, "\x1d");
	ok(stage_quit(vt), "keys: ends well");
}

/* Where one row is all there is for it. */
static void marks_what_is_cut(void)
{
	struct vt *vt = stage_run(4, 20, "xterm-256color", STAGE_WORDS("--demo"));
	vt_wait_row(vt, -1, "2>");
	vt_send(vt, "\033OR");
	ok(vt_wait_row(vt, -2, " nothing to look f…"), "20x4: a hint that is cut is marked");
	ok(stage_quit(vt), "20x4: ends well");
}

static void obeys_inputrc(void)
{
	use_inputrc("\"\\C-xi\": info-page\n\"\\C-xv\": next-view\n\"\\C-xh\": help-page\n"
	            "\"\\C-xl\": literal-mode\n\"\\C-xr\": redraw-window\n");
	struct vt *vt = stage_run(50, 100, "xterm-256color", STAGE_WORDS("--demo"));
	vt_wait_row(vt, -1, "2>");
	vt_send(vt, "x\033[15~\x18i");
	ok(vt_wait_text(vt, "INFO demo") && vt_wait_row(vt, -1, "2> x"),
	   "Ctrl-X i is the info page, F5 is nothing");
	vt_send(vt, "\x18v");
	ok(vt_wait_gone(vt, "INFO demo"), "Ctrl-X v closes it");
	vt_send(vt, "\x18v");
	ok(vt_wait_row(vt, -2, "hex"), "and shows the next view");
	vt_send(vt, "\x18l");
	ok(vt_wait_row(vt, -1, "2! x"), "Ctrl-X l is literal mode");
	vt_send(vt, "\x18l\025/view chat\r/help keys\r");
	ok(stage_wait_row(vt, "Ctrl-X i", "info-page") &&
	           stage_wait_row(vt, "Ctrl-X v", "next-view") &&
	           stage_wait_row(vt, "F6", "states-page"),
	   "/help keys lists the keys of now");
	vt_send(vt, "\033[200~/name new\r/name newer\r\033[201~");
	ok(vt_wait_text(vt, "Ctrl-X v runs it"), "also the one that runs a paste");
	vt_send(vt, "\003");
	ok(stage_quit(vt), "inputrc: ends well");
	setenv("INPUTRC", "/dev/null", 1);
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	takes_one_thing_at_a_time(24, 80);
	takes_one_thing_at_a_time(12, 40);
	takes_one_thing_at_a_time(50, 200);
	does_not_take_the_next_key();
	obeys_its_setting();
	leaves_the_waiting_call();
	closes_a_page_in_vi();
	runs_commands();
	marks_what_is_cut();
	obeys_inputrc();
	return tap_done();
}
