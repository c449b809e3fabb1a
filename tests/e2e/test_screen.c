// SPDX-License-Identifier: GPL-3.0-or-later
/* The window as a person sees it: typing, scrolling, sizes, wide characters, pastes. */
#include "e2e/stage.h"

#include "support/tap.h"

static void shows_the_four_parts(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	ok(vt_is_alternate(vt), "the whole screen is used, the shell's is kept");
	ok(vt_has_mode(vt, 2004), "pastes are asked to come in brackets");
	ok(vt_wait_row(vt, -1, "2>"), "the prompt names the session");
	ok(vt_wait_row(vt, -2, "tcp ESTABLISHED"), "the status line");
	ok(vt_wait_row(vt, -3, "1 echo") && vt_wait_row(vt, -3, "2 demo"), "the tabs");
	ok(stage_wait_row(vt, "⇄", "connected"), "the pane says how the connection came about");
	ok(vt_wait_cursor(vt, -1, 3), "the cursor is after the prompt");
	vt_send(vt, "Hello, server!\r");
	ok(stage_wait_row(vt, "→", "Hello, server!⏎"), "what was sent");
	ok(stage_wait_row(vt, "←", "Hello, server!⏎"), "and what came back");
	ok(stage_wait_row(vt, "←", "15 bytes"), "with its size");
	ok(vt_wait_row(vt, -2, "↑15 ↓15"), "the status counts");
	ok(vt_wait_cursor(vt, -1, 3), "the line is empty again");
	is_text(vt_replies(vt), "", "the terminal was asked nothing");
	ok(stage_quit(vt), "/quit: ends well");
}

static void changes_sessions(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "for the client\r");
	ok(stage_wait_row(vt, "←", "for the client"), "an echo");
	ok(vt_wait_row(vt, -3, "+"), "a session that is not looked at counts its news on its tab");
	vt_send(vt, "\0331");
	ok(vt_wait_row(vt, -1, "1>"), "Alt-1 is the first session");
	ok(vt_wait_row(vt, -2, "LISTEN"), "a listener");
	ok(vt_wait_gone(vt, "for the client"), "each session has its own pane");
	vt_send(vt, "\0332");
	ok(stage_wait_row(vt, "←", "for the client"), "Alt-2 is back");
	vt_send(vt, "\0339");
	ok(vt_wait_text(vt, "no session \"9\""), "a number that does not exist is reported");
	vt_send(vt, "/session echo\r");
	ok(vt_wait_row(vt, -1, "1>"), "/session goes by name");
	ok(stage_quit(vt), "from another session: ends well");
}

static void shows_pages(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "\033[15~");
	ok(stage_wait_row(vt, "INFO", "demo"), "F5: the kernel's view");
	ok(vt_wait_text(vt, "Escape closes") && vt_wait_row(vt, -2, "info"), "and how it goes");
	vt_send(vt, "typed below\r");
	ok(vt_wait_row(vt, -2, "↑12 ↓12"), "typing goes on below it");
	ok(stage_wait_row(vt, "sent", "12 B in 1 call"), "and what it does is shown");
	vt_send(vt, "\033[17~");
	ok(vt_wait_text(vt, ">>>ESTABLISHED<<< [demo]"), "F6: the states");
	vt_send(vt, "\0331");
	ok(vt_wait_text(vt, ">>>LISTEN<<< [echo]"), "another session, the same page");
	vt_send(vt, "\0332\033[17~");
	ok(stage_wait_row(vt, "←", "typed below"), "F6 again: the conversation");
	vt_send(vt, "/states\r");
	ok(vt_wait_text(vt, ">>>ESTABLISHED<<< [demo]"), "/states");
	vt_send(vt, "\033OQ");
	ok(stage_wait_row(vt, "←", "typed below") && vt_wait_row(vt, -2, "chat"), "F2: back");
	vt_send(vt, "/code c\r");
	ok(vt_wait_text(vt, "#include") && vt_wait_row(vt, 15, "more"), "a program is longer");
	vt_send(vt, "\033[6~");
	ok(vt_wait_gone(vt, "#include <arpa/inet.h>"), "PageDown");
	vt_send(vt, "\033[1;5F");
	ok(vt_wait_row(vt, 15, " up "), "to its end");
	vt_send(vt, "/view\r");
	ok(stage_wait_row(vt, "←", "typed below"), "/view: back");
	ok(stage_quit(vt), "pages: ends well");
}

/* A closed conversation is followed, one that is shown waits. */
static void tells_of_the_kernel(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "/pause\r/recv 5\r");
	ok(vt_wait_row(vt, -4, "recv(5) …"), "a call that waits is a row of its own");
	ok(vt_wait_row(vt, -4, "Ctrl-C cancels"), "with the way out");
	vt_send(vt, "\003");
	ok(vt_wait_gone(vt, "Ctrl-C cancels"), "which works");
	vt_send(vt, "/resume\r/close\r");
	ok(vt_wait_row(vt, -2, "tcp TIME_WAIT *") && vt_wait_row(vt, -2, " s left"),
	   "after close() the status counts down");
	vt_send(vt, "/sessions\r");
	ok(vt_wait_text(vt, "TIME_WAIT 5"), "and so does the list");
	ok(stage_quit(vt), "the kernel's view: ends well");
}

static struct vt_cell cell_of(struct vt *vt, const char *text)
{
	int row = 0, column = 0;
	vt_find(vt, text, &row, &column);
	return vt_cell_at(vt, row, column);
}

static bool is_ordinary(struct vt_cell cell)
{
	return cell.foreground == -1 && cell.background == -1 && !cell.reverse && !cell.bold;
}

static void is_calm_on(const char *term, int red)
{
	struct vt *vt = stage_demo(term);
	vt_send(vt, "what a peer says\r/wat\r/set eol\r");
	vt_wait_text(vt, "no such command");
	vt_wait_idle(vt);
	ok(is_ordinary(cell_of(vt, "what a peer says")), "%s: text has no colour", term);
	ok(is_ordinary(cell_of(vt, "> /set eol")), "%s: nor have notes and answers", term);
	ok(cell_of(vt, "no such command").foreground == red, "%s: errors are red", term);
	ok(cell_of(vt, "2 demo").reverse, "%s: the current tab stands out", term);
	ok(is_ordinary(cell_of(vt, "1 echo")) && !vt_cell_at(vt, -3, 79).reverse,
	   "%s: and nothing else of its row", term);
	ok(stage_quit(vt), "%s: ends well", term);
}

static void is_calm(void)
{
	is_calm_on("xterm-256color", 160);
	is_calm_on("xterm", 1);
}

static void send_lines(struct vt *vt, int count)
{
	char last[32];
	for (int i = 1; i <= count; i++) {
		char line[32];
		vt_send_bytes(vt, line, (size_t)snprintf(line, sizeof line, "number %03d\r", i));
	}
	snprintf(last, sizeof last, "number %03d", count);
	stage_wait_row(vt, "←", last);
	vt_wait_idle(vt);
}

static void scrolls(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	char top[256];
	send_lines(vt, 60);
	snprintf(top, sizeof top, "%s", vt_row(vt, 0));
	ok(strstr(top, "number") && !vt_find(vt, "number 001", NULL, NULL),
	   "old rows are above the window");
	vt_send(vt, "\033[5~\033[5~\033[5~");
	ok(vt_wait_text(vt, "lines below"), "PageUp: a divider");
	ok(vt_wait_row(vt, -2, "SCROLLED"), "the status says so");
	ok(vt_find(vt, "number 060", NULL, NULL), "the newest rows stay below");
	ok(strstr(vt_row(vt, 0), "number") && strcmp(vt_row(vt, 0), top) != 0,
	   "old ones are above");
	vt_send(vt, "/set eol\r");
	ok(vt_wait_text(vt, "> /set eol"), "what comes meanwhile shows below");
	ok(vt_wait_text(vt, "2 new lines below"), "and is counted on the divider");
	vt_send(vt, "\033[6~\033[6~\033[6~\033[6~");
	ok(vt_wait_gone(vt, "below"), "PageDown to the end: no divider");
	ok(vt_find(vt, "> /set eol", NULL, NULL), "the end");
	ok(!vt_wheel(vt, 5, 5, 3), "the mouse is the terminal's");
	vt_send(vt, "/set mouse on\r");
	vt_wait_idle(vt);
	ok(vt_wheel(vt, 5, 5, 3), "until it is asked for");
	ok(vt_wait_text(vt, "below"), "the wheel scrolls back");
	ok(vt_wheel(vt, 5, 5, -9) && vt_wait_gone(vt, "below"), "and to the end");
	vt_send(vt, "\033[<0;3;22M\033[<0;3;22m");
	ok(vt_wait_row(vt, -1, "1>"), "a click on a tab chooses its session");
	vt_send(vt, "\0332\033[5~\033[5~");
	ok(vt_wait_text(vt, "newest lines below"), "scrolled back");
	snprintf(top, sizeof top, "%s", vt_row(vt, 0));
	vt_send(vt, "\0331");
	ok(vt_wait_gone(vt, "below"), "another session is at its own end");
	vt_send(vt, "\0332");
	ok(vt_wait_text(vt, "lines below"), "one that was scrolled back still is");
	is_text(vt_row(vt, 0), top, "at the same place");
	ok(stage_quit(vt), "scrolling: ends well");
}

static void types_korean(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "한글");
	ok(vt_wait_row(vt, -1, "2> 한글"), "Hangul is typed");
	ok(vt_wait_cursor(vt, -1, 7), "two columns for each");
	vt_send(vt, " x\b\b");
	ok(vt_wait_cursor(vt, -1, 7), "Backspace over narrow ones");
	vt_send(vt, "\b");
	ok(vt_wait_row(vt, -1, "2> 한") && vt_wait_cursor(vt, -1, 5), "and over a wide one");
	vt_send(vt, "\355\225");
	vt_wait_idle(vt);
	ok(vt_wait_cursor(vt, -1, 5), "half a character waits");
	vt_send(vt, "\234국");
	ok(vt_wait_row(vt, -1, "2> 한한국"), "for its other half");
	vt_send(vt, "\001\033[C");
	ok(vt_wait_cursor(vt, -1, 5), "the arrow moves over a whole one");
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "←", "한한국⏎"), "the echo");
	ok(stage_wait_row(vt, "←", "10 bytes"), "is whole");
	ok(stage_quit(vt), "Korean: ends well");
}

static void takes_pastes(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_paste(vt, "first 줄\nsecond\tline\n");
	ok(vt_wait_row(vt, -2, "first 줄^J") && vt_wait_row(vt, -1, "second^Iline"),
	   "a paste is on the line");
	vt_wait_idle(vt);
	ok(!vt_find(vt, "→", NULL, NULL), "and is not sent by itself");
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "←", "second"), "Enter sends it");
	vt_send(vt, "\033[200~before\033[20");
	vt_send(vt, "1~\r");
	ok(stage_wait_row(vt, "←", "before⏎"), "an end that comes in two pieces");
	vt_send(vt, "\033[200~harmless\r/quit\r\033[201~");
	vt_wait_idle(vt);
	ok(vt_wait_row(vt, -1, "/quit"), "a command inside a paste is text");
	vt_send(vt, "\003");
	ok(vt_wait_row(vt, -1, "2>") && vt_wait_cursor(vt, -1, 3), "Ctrl-C drops the line");
	ok(stage_quit(vt), "pastes: ends well");
}

static void asks_about_pastes(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "/set paste ask\r");
	vt_paste(vt, "one\ntwo\n");
	vt_send(vt, "\r");
	ok(vt_wait_row(vt, -3, "2 lines, 7 bytes: Enter again sends"), "Enter on two lines asks");
	ok(!vt_find(vt, "→", NULL, NULL), "and sends nothing");
	vt_send(vt, "\033[D");
	ok(vt_wait_gone(vt, "again") && vt_wait_row(vt, -3, "ESTABLISHED"),
	   "the question goes with the next key");
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, "again"), "and is asked again");
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "←", "two"), "Enter again sends");
	ok(stage_quit(vt), "paste ask: ends well");
}

static void paste_lines(struct vt *vt, int count)
{
	vt_send(vt, "\033[200~");
	for (int i = 0; i < count; i++)
		vt_send(vt, "0123456789abcde\r");
	vt_send(vt, "\033[201~");
}

static void holds_large_pastes(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "typed");
	paste_lines(vt, 5000);
	ok(vt_wait_row(vt, -2, "pasted 5000 lines, 80.0 kB: Enter sends it"),
	   "a large paste waits beside the line");
	vt_send(vt, "!");
	ok(vt_wait_row(vt, -1, "2> typed!") && vt_wait_row(vt, -2, "pasted"),
	   "on which one can type");
	vt_send(vt, "\003");
	ok(vt_wait_gone(vt, "pasted"), "Ctrl-C drops it");
	ok(vt_wait_row(vt, -1, "2> typed!") && vt_wait_row(vt, -2, "↑0"), "and not the line");
	paste_lines(vt, 5000);
	vt_wait_text(vt, "pasted");
	vt_send(vt, "\r");
	ok(vt_wait_row(vt, -2, "↑80.0k ↓80.0k"), "Enter sends it whole");
	ok(vt_wait_row(vt, -1, "2> typed!"), "and not the line");
	vt_send(vt, "\025");
	ok(stage_quit(vt), "large pastes: ends well");
}

static void keeps_its_bars(struct vt *vt, const char *how)
{
	char many[101];
	memset(many, 'x', 100);
	many[100] = '\0';
	vt_send(vt, many);
	ok(vt_wait_row(vt, -1, "xxx") && vt_wait_row(vt, -3, "ESTABLISHED"),
	   "%s: a line of two rows moves the bars up", how);
	vt_send(vt, "\025");
	ok(vt_wait_row(vt, -2, "ESTABLISHED") && vt_wait_row(vt, -3, "2 demo"),
	   "%s: and back down when it is dropped", how);
	vt_send(vt, "\033[200~one\ntwo\nthree\033[201~");
	ok(vt_wait_row(vt, -1, "three") && vt_wait_row(vt, -4, "ESTABLISHED") &&
	           vt_wait_row(vt, -5, "2 demo"),
	   "%s: a paste of three lines is below them", how);
	vt_send(vt, "\003");
	ok(vt_wait_row(vt, -2, "ESTABLISHED"), "%s: dropped", how);
}

static void is_taller_than_24_rows(void)
{
	static const int heights[] = { 25, 30, 43, 100 };
	for (size_t i = 0; i < sizeof heights / sizeof *heights; i++) {
		struct vt *vt = stage_run(heights[i], 80, "xterm-256color", STAGE_WORDS("--demo"));
		vt_wait_row(vt, -1, "2>");
		keeps_its_bars(vt, "taller");
		ok(stage_quit(vt), "%d rows: ends well", heights[i]);
	}
	struct vt *vt = stage_demo("xterm-256color");
	vt_resize(vt, 40, 80);
	vt_wait_row(vt, -1, "2>");
	keeps_its_bars(vt, "grown");
	ok(stage_quit(vt), "grown: ends well");
}

static void survives_sizes(void)
{
	static const struct {
		int rows, columns;
	} sizes[] = { { 12, 40 }, { 4, 20 }, { 50, 200 }, { 1, 1 },
		      { 2, 3 },   { 1, 80 }, { 3, 19 },   { 24, 80 } };
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "한글 before\r");
	stage_wait_row(vt, "←", "before");
	vt_send(vt, "half");
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		int rows = sizes[i].rows, columns = sizes[i].columns;
		vt_resize(vt, rows, columns);
		ok(vt_wait_idle(vt), "%dx%d settles", columns, rows);
		if (rows >= 4 && columns >= 20)
			ok(vt_wait_row(vt, -1, "2> half") && vt_wait_cursor(vt, -1, 7),
			   "%dx%d has the line", columns, rows);
		else if (columns >= 19)
			ok(vt_wait_text(vt, "too small: "), "%dx%d says that it is too small",
			   columns, rows);
	}
	ok(vt_wait_row(vt, -3, "2 demo"), "the tabs are back");
	ok(vt_find(vt, "→", NULL, NULL), "and the pane");
	for (int i = 0; i < 100; i++)
		vt_resize(vt, 5 + i % 30, 20 + i * 7 % 100);
	vt_resize(vt, 24, 80);
	ok(vt_wait_row(vt, -1, "2> half"), "a storm of sizes ends in the right one");
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "←", "half⏎"), "nothing of the line is lost");
	ok(stage_quit(vt), "sizes: ends well");
}

static void wraps_the_line(void)
{
	struct vt *vt = stage_run(12, 40, "xterm-256color", STAGE_WORDS("--demo"));
	vt_wait_row(vt, -1, "2>");
	for (int i = 0; i < 10; i++)
		vt_send(vt, "0123456789");
	ok(vt_wait_row(vt, -1, "3456789") && vt_wait_row(vt, -3, "2> 0123"),
	   "a long line takes more rows");
	vt_send(vt, "\001");
	ok(vt_wait_cursor(vt, -3, 3), "Ctrl-A goes to its first");
	vt_send(vt, "\r");
	ok(vt_wait_row(vt, -1, "2>") && vt_wait_text(vt, "101 bytes"), "it is sent whole");
	ok(stage_quit(vt), "a long line: ends well");
}

static void shows_hints_whole(void)
{
	struct vt *vt = stage_run(12, 40, "xterm-256color", STAGE_WORDS("--demo"));
	vt_wait_row(vt, -1, "2>");
	send_lines(vt, 12);
	vt_send(vt, "\033[5~");
	ok(vt_wait_row(vt, -2, "SCROLLED"), "a narrow pane that is scrolled back");
	vt_send(vt, "/nonsensenonsensenonsense\r");
	ok(vt_wait_row(vt, -6, " no such command:") && vt_wait_row(vt, -4, "them"),
	   "an answer too long for the status line has rows of its own");
	ok(vt_wait_row(vt, -2, "tcp ESTABLISHED"), "and the status line is there, too");
	vt_send(vt, "x");
	ok(vt_wait_gone(vt, "no such command:"), "until the next key");
	ok(vt_wait_row(vt, -2, "SCROLLED"), "the pane stays where it is");
	vt_send(vt, "\025");
	ok(stage_quit(vt), "a long answer: ends well");
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	shows_the_four_parts();
	changes_sessions();
	is_calm();
	shows_pages();
	tells_of_the_kernel();
	scrolls();
	types_korean();
	takes_pastes();
	asks_about_pastes();
	holds_large_pastes();
	is_taller_than_24_rows();
	survives_sizes();
	wraps_the_line();
	shows_hints_whole();
	return tap_done();
}
