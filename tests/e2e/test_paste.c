// SPDX-License-Identifier: GPL-3.0-or-later
/* Pastes in the window: not a byte of them is lost, and no line of them runs by itself. What is
 * typed and is no text arrives as it was. */
#include "e2e/stage.h"

#include <stdlib.h>
#include <stdint.h>
#include <unistd.h>

#include "base/buf.h"
#include "support/tap.h"

#define REQUEST "GET / HTTP/1.0\nHost: x\n\n"

static void keeps_the_empty_line_of_a_request(void)
{
	enum { LARGE = 70000 };
	struct vt *vt = stage_demo("xterm-256color");
	vt_paste(vt, REQUEST);
	vt_wait_text(vt, "Host: x^J");
	vt_send(vt, "\r");
	ok(vt_wait_row(vt, -2, "↑24 ↓24"), "a request is sent with the empty line that ends it");
	ok(stage_quit(vt), "a request: ends well");

	struct buf large;
	buf_init(&large, SIZE_MAX);
	for (int i = 0; i < LARGE / 10; i++)
		buf_append_text(&large, "123456789\n");
	buf_append_text(&large, REQUEST);
	vt = stage_demo("xterm-256color");
	vt_paste(vt, buf_text(&large));
	ok(vt_wait_row(vt, -2, "pasted 7003 lines, 70.0 kB: Enter sends it"),
	   "one too large for the line is held");
	vt_send(vt, "\r");
	ok(vt_wait_row(vt, -2, "↓70.0k") && stage_wait_row(vt, "←  ⏎", "1 byte"),
	   "and sent with its empty line, too");
	buf_free(&large);
	ok(stage_quit(vt), "a large request: ends well");
}

/* What a paste of several lines would do if it were typed shows in the name of the tab. */
static void runs_nothing_by_itself(int rows, int columns)
{
	const char *said = columns < 72 ? "Enter sends, F2 runs, Ctrl-C drops"
	                                : "pasted 2 lines, 16 bytes: Enter sends it, F2 runs it";
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS("--demo"));
	vt_wait_row(vt, -1, "2>");
	vt_paste(vt, "/name x\nfoo bar\n");
	ok(vt_wait_text(vt, said), "%dx%d: lines that look like commands are held", columns, rows);
	vt_send(vt, "\003");
	ok(vt_wait_gone(vt, "F2 runs") && vt_wait_row(vt, -2, "↑0"), "Ctrl-C drops them");
	vt_paste(vt, " /name x\r\nfoo bar");
	vt_wait_text(vt, "F2 runs");
	vt_send(vt, "\r");
	ok(vt_wait_row(vt, -2, "↑17 ↓17") && vt_wait_row(vt, -3, "2 demo"),
	   "Enter sends them as data");
	vt_send(vt, "typed\001");
	vt_paste(vt, "/name x\nfoo bar\n");
	vt_wait_text(vt, "F2 runs");
	vt_send(vt, "\033OQ");
	ok(vt_wait_row(vt, -3, "2 x") && vt_wait_row(vt, -2, "↑25 ↓25"),
	   "F2 runs them line by line");
	ok(vt_wait_row(vt, -1, "> typed") && vt_wait_gone(vt, "F2 runs"),
	   "and leaves the line that was being typed");
	vt_send(vt, "\005");
	vt_paste(vt, "\n/quit\n/quit");
	vt_wait_row(vt, -1, "/quit");
	vt_send(vt, "\r");
	ok(vt_wait_row(vt, -2, "↑43 ↓43"), "after text they are data on the line");
	vt_paste(vt, "a\n/quit\nb");
	vt_send(vt, "\001\004\004\r");
	ok(vt_wait_row(vt, -2, "↑51 ↓51"), "and stay data when their first line is taken away");
	vt_send(vt, "\025");
	ok(stage_quit(vt), "%dx%d: ends well", columns, rows);
}

static void holds_what_could_not_be_sent(void)
{
	struct vt *vt = stage_run(24, 80, "xterm-256color", STAGE_WORDS(NULL));
	vt_wait_row(vt, -1, ">");
	vt_paste(vt, "/socket udp as one\n/socket udp as two\n");
	vt_wait_text(vt, "F2 runs");
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, "no session: /open HOST PORT makes one") &&
	           vt_wait_idle(vt) && vt_find(vt, "F2 runs", NULL, NULL),
	   "what could not be sent is still there");
	vt_send(vt, "\033[12~");
	ok(vt_wait_row(vt, -3, "1 one") && vt_wait_row(vt, -3, "2 two"), "and can be run");
	ok(stage_quit(vt), "not sent: ends well");
}

static void obeys_literal_mode(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "\035");
	vt_paste(vt, "x\n/quit\ny");
	vt_send(vt, "\001\004\004\035\r");
	ok(vt_wait_row(vt, -2, "↑8 ↓8"), "lines pasted in literal mode stay data outside of it");
	vt_send(vt, "\035");
	vt_paste(vt, "/name x\nfoo");
	vt_wait_text(vt, "F2 runs");
	vt_send(vt, "\r\035");
	ok(vt_wait_row(vt, -2, "↑20 ↓20"), "in it, too, commands are held");
	ok(stage_quit(vt), "literal mode: ends well");
}

static void searches_for_a_paste(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "one /name x\r\022");
	vt_paste(vt, "/name\nx");
	ok(vt_wait_row(vt, -1, "`/name x': one /name x"),
	   "in a search a paste is what is searched for");
	vt_send(vt, "\a");
	ok(vt_wait_row(vt, -1, "2>") && !vt_find(vt, "F2 runs", NULL, NULL), "and nothing else");
	ok(stage_quit(vt), "a search: ends well");
}

static void works_in_plain_mode(void)
{
	struct vt *vt = stage_run(24, 80, "xterm-256color", STAGE_WORDS("--demo", "--plain"));
	vt_wait_text(vt, "2>");
	vt_paste(vt, "/name x\nfoo bar\n");
	ok(vt_wait_text(vt, "F2 runs it"), "plain mode: held");
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "←", "foo bar"), "and sent");
	vt_send(vt, "\377\r");
	ok(stage_wait_row(vt, "←", "\\xff"), "a byte that is no character, too");
	ok(stage_quit(vt), "plain mode: ends well");
}

static void names_files_in_bytes(void)
{
	char path[512];
	snprintf(path, sizeof path, "%s/y\xff.txt", stage_home());
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "hello\r");
	stage_wait_row(vt, "←", "hello");
	vt_send(vt, "/ladder ");
	vt_send(vt, stage_home());
	vt_send(vt, "/y\xff.txt\r");
	ok(vt_wait_text(vt, "y\\xff.txt") && vt_wait_idle(vt),
	   "a name with a byte that is no character");
	ok(access(path, F_OK) == 0, "is a file with that byte");
	vt_send(vt, "/ladder ");
	vt_send(vt, stage_home());
	vt_send(vt, "/y\t");
	ok(vt_wait_row(vt, -1, "y\\xff.txt"), "TAB finds it");
	vt_send(vt, "\003");
	ok(stage_quit(vt), "files: ends well");
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	keeps_the_empty_line_of_a_request();
	runs_nothing_by_itself(24, 80);
	runs_nothing_by_itself(12, 40);
	runs_nothing_by_itself(50, 200);
	holds_what_could_not_be_sent();
	obeys_literal_mode();
	searches_for_a_paste();
	works_in_plain_mode();
	names_files_in_bytes();
	return tap_done();
}
