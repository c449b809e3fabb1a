// SPDX-License-Identifier: GPL-3.0-or-later
/* What a person keeps at home: the start-up file, the history, inputrc. */
#include "e2e/stage.h"

#include <stdint.h>
#include <sys/stat.h>

#include "support/tap.h"

static void runs_the_start_up_file(void)
{
	mkdir(stage_path("sockpit"), 0700);
	stage_put_file("sockpit/sockpitrc", "# a comment\n\n/set eol crlf\n/nonsense\n");
	struct vt *vt = stage_demo("xterm-256color");
	ok(vt_wait_row(vt, -2, "CRLF"), "its commands are run");
	vt_send(vt, "x\r");
	ok(stage_wait_row(vt, "→", "3 bytes"), "and hold for the session");
	vt_send(vt, "/session 1\r");
	ok(vt_wait_row(vt, -1, "1>"), "a mistake in it does not stop the window");
	ok(stage_quit(vt), "start-up file: ends well");

	struct vt *idle = stage_run(24, 80, "xterm-256color", STAGE_WORDS(NULL));
	ok(stage_wait_row(idle, "sockpitrc", "4"), "it is reported with its line");
	ok(vt_wait_text(idle, "nonsense"), "and what is wrong");
	ok(stage_quit(idle), "without a session: ends well");
	remove(stage_path("sockpit/sockpitrc"));
}

static void keeps_the_history(void)
{
	struct stat status;
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "first line\r한글 second\r secret with a blank in front\r");
	ok(stage_wait_row(vt, "←", "secret"), "three lines are sent");
	vt_send(vt, "  /name renamed\r");
	ok(vt_wait_text(vt, "2 renamed") && vt_wait_text(vt, "> /name renamed"),
	   "a command with a blank in front is still a command");
	ok(stage_quit(vt), "history: ends well");
	ok(stat(stage_path("sockpit/history"), &status) == 0, "there is a history");
	is_int(status.st_mode & 0777, 0600, "for its owner only");
	ok(stage_file_has("sockpit/history", "한글 second"), "with the lines");
	ok(!stage_file_has("sockpit/history", "secret") &&
	           !stage_file_has("sockpit/history", "renamed"),
	   "but not those with a blank in front");

	vt = stage_demo("xterm-256color");
	vt_send(vt, "\033[A\033[A");
	ok(vt_wait_row(vt, -1, "2> 한글 second"), "the next time Up brings them back");
	vt_send(vt, "\003\022first");
	ok(vt_wait_row(vt, -1, "first line"), "and Ctrl-R finds them");
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "←", "first line"), "Enter sends what was found");
	ok(stage_quit(vt), "search: ends well");
}

static void does_without_a_history(void)
{
	remove(stage_path("sockpit/history"));
	mkdir(stage_path("sockpit/history"), 0700);
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "said\r");
	ok(stage_wait_row(vt, "←", "said"), "a history that cannot be written stops nothing");
	vt_send(vt, "\033[A");
	ok(vt_wait_row(vt, -1, "2> said"), "and is there while the program runs");
	vt_send(vt, "\003");
	ok(stage_quit(vt), "no history: ends well");
	remove(stage_path("sockpit/history"));
}

static void obeys_inputrc(void)
{
	char lines[64];
	stage_put_file("inputrc", "set editing-mode emacs\n$if sockpit\n\"\\C-t\": "
	                          "pane-page-up\n\"\\C-x\\C-y\": \"macro\\r\"\n$endif\n"
	                          "$if other\n\"\\C-x\\C-y\": \"wrong\\r\"\n$endif\n");
	setenv("INPUTRC", stage_path("inputrc"), 1);
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "\030\031");
	ok(stage_wait_row(vt, "←", "macro"), "a macro of the user's, for this program");
	for (int i = 0; i < 40; i++)
		vt_send_bytes(vt, lines, (size_t)snprintf(lines, sizeof lines, "line %d\r", i));
	stage_wait_row(vt, "←", "line 39");
	vt_send(vt, "\024");
	ok(vt_wait_text(vt, "below"), "the window's own commands can be bound");
	ok(stage_quit(vt), "inputrc: ends well");

	stage_put_file("inputrc", "set editing-mode vi\n");
	vt = stage_demo("xterm-256color");
	ok(vt_wait_row(vt, -2, "vi"), "vi mode is named in the status line");
	vt_send(vt, "one two\033b");
	ok(vt_wait_cursor(vt, -1, 7), "its commands move");
	vt_send(vt, "x\033[D");
	vt_send(vt, "A!\r");
	ok(stage_wait_row(vt, "←", "one wo!"), "and change");
	ok(stage_quit(vt), "vi mode: ends well");

	stage_put_file("inputrc", "set horizontal-scroll-mode on\n");
	vt = stage_demo("xterm-256color");
	for (int i = 0; i < 10; i++)
		vt_send(vt, "0123456789");
	ok(vt_wait_cursor(vt, -1, 63), "horizontal-scroll-mode: a long line is shifted");
	ok(vt_wait_row(vt, -3, "2 demo"), "and stays in one row");
	vt_send(vt, "\025");
	ok(stage_quit(vt), "horizontal-scroll-mode: ends well");
	setenv("INPUTRC", "/dev/null", 1);
}

static void completes(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "/reco\t");
	ok(vt_wait_row(vt, -1, "/reconnect"), "TAB completes a command");
	vt_send(vt, "\003/session d\t");
	ok(vt_wait_row(vt, -1, "/session demo"), "a session");
	vt_send(vt, "\003/set eo\t");
	ok(vt_wait_row(vt, -1, "/set eol"), "a setting");
	vt_send(vt, "\003/open udp 127.1.2.3 77 as far\r");
	ok(vt_wait_row(vt, -1, "4>"), "a session");
	vt_send(vt, "/close\r/forget\r/session demo\r");
	ok(vt_wait_row(vt, -1, "2>"), "that is gone");
	vt_send(vt, "/o udp 127.1\t");
	ok(vt_wait_row(vt, -1, "2> /o udp 127.1.2.3"), "a host of a line before");
	vt_send(vt, "7\t");
	ok(vt_wait_row(vt, -1, "2> /o udp 127.1.2.3 77"), "and its port");
	vt_send(vt, "\003/se\t\t");
	ok(vt_wait_text(vt, "/sessions") || vt_wait_text(vt, "sessions"),
	   "several are shown in the pane");
	ok(vt_wait_row(vt, -1, "2> /se"), "and the line stays");
	vt_send(vt, "\003text\there\003");
	ok(vt_wait_idle(vt), "in text it does no harm");
	ok(stage_quit(vt), "completion: ends well");
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	runs_the_start_up_file();
	keeps_the_history();
	does_without_a_history();
	obeys_inputrc();
	completes();
	return tap_done();
}
