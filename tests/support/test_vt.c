// SPDX-License-Identifier: GPL-3.0-or-later
/* The harness itself, on children as small as they come: what it says of a screen must be so. */
#include "support/vt.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/tap.h"

static struct vt *run_sh(const char *script)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	return vt_spawn(10, 40, "xterm-256color", argv);
}

static void sees_text(void)
{
	struct vt *vt = run_sh("printf 'hello\\n한글 x\\n\\033[1;31mred\\033[0m "
	                       "\\033[7mback\\033[0m e\\314\\201'; read line");
	int row, column;
	ok(vt_wait_text(vt, "hello"), "text comes");
	ok(vt_wait_text(vt, "back"), "all of it");
	is_text(vt_row(vt, 1), "한글 x", "wide characters in a row");
	is_int(vt_cell_at(vt, 1, 0).width, 2, "are two columns wide");
	is_int(vt_cell_at(vt, 1, 0).character, 0xD55C, "and in the first of them");
	ok(vt_find(vt, "x", &row, &column) && row == 1 && column == 5,
	   "a text is found by column, not by byte");
	ok(vt_cell_at(vt, 2, 0).bold && vt_cell_at(vt, 2, 0).foreground == 1, "bold and red");
	ok(vt_cell_at(vt, 2, 4).reverse && !vt_cell_at(vt, 2, 0).reverse, "reverse");
	is_text(vt_row(vt, 2), "red back e\xcc\x81", "a combining character stays with its base");
	ok(vt_wait_cursor(vt, 2, 10), "the cursor");
	is_text(vt_row(vt, -10), "hello", "rows from the bottom");
	is_text(vt_row(vt, 99), "", "a row that is not there is empty");
	vt_free(vt);
}

static void combines_at_the_edge(void)
{
	struct vt *vt = run_sh("stty raw -echo; printf '\\033[1;40He\\033[2;39H한\\033[1;40He';"
	                       "head -c 1 >/dev/null; printf '\\314\\201x\\033[3;39H가';"
	                       "head -c 1 >/dev/null; printf '\\314\\201'; head -c 1 >/dev/null; "
	                       "printf '\\314\\202yon'; read x");
	ok(vt_wait_text(vt, "한") && vt_wait_cursor(vt, 0, 39), "a character in the last column");
	vt_send(vt, "x");
	ok(vt_wait_text(vt, " e\xcc\x81\nx "), "what combines with it comes later");
	vt_send(vt, "x");
	ok(vt_wait_text(vt, "가\xcc\x81"), "with a wide one it combines, too");
	vt_send(vt, "x");
	ok(vt_wait_text(vt, "가\xcc\x81\xcc\x82\nyon"), "and what comes later still");
	vt_free(vt);
}

/* U+070F and U+0601 have a column each, U+07FD combines. */
static void knows_widths(void)
{
	struct vt *vt = run_sh("printf '1\334\2172\330\2013\337\2754'; read x");
	ok(vt_wait_cursor(vt, 0, 6), "the widths are those of the C library");
	vt_free(vt);
}

/* Programs choose ASCII with each sgr0, and draw lines at times. */
static void combines_in_any_set(void)
{
	struct vt *vt = run_sh(
	        "stty raw -echo; printf '\\033(B\\033[1;38H\\033[31mx\\033(B\\033[mxe\\314\\201"
	        "\\033[2;40H\\033(0q\\033(Bye\\314\\201\\033'; head -c 1 >/dev/null;"
	        "printf '('; head -c 1 >/dev/null; printf 'Bz'; read x");
	ok(vt_wait_text(vt, "y"), "a character set is chosen");
	is_text(vt_row(vt, 0) + 37, "xxe\xcc\x81", "what combines in the last column stays there");
	is_text(vt_row(vt, 1) + 39, "─", "lines are drawn");
	vt_send(vt, "x");
	vt_send(vt, "x");
	ok(vt_wait_text(vt, "z"), "a choice may come in pieces");
	is_text(vt_row(vt, 2), "ye\xcc\x81z", "which are not shown");
	vt_free(vt);
}

static void types(void)
{
	struct vt *vt = run_sh("read line; echo \"got <$line>\"; read line; exit 7");
	int status;
	vt_send(vt, "typed 한\r");
	ok(vt_wait_text(vt, "got <typed 한>"), "what is typed arrives");
	ok(vt_wait_idle(vt), "then the child waits");
	vt_send(vt, "\r");
	ok(vt_wait_exit(vt, &status) && WIFEXITED(status), "it ends");
	is_int(WEXITSTATUS(status), 7, "its exit status");
	vt_free(vt);
}

static void follows_modes(void)
{
	struct vt *vt =
	        run_sh("stty raw -echo; printf "
	               "'\\033[?1049h\\033[?25l\\033[?1000;1006h\\033[?2004h\\033]2;name\\007on';"
	               "head -c 1 >/dev/null; printf "
	               "'\\033[?2004l\\033[?1000;1006l\\033[?25h\\033[?1049loff';"
	               "head -c 1 >/dev/null; stty sane; printf end; head -c 1 >/dev/null");
	ok(vt_wait_text(vt, "on"), "a full-screen child");
	ok(vt_is_alternate(vt) && vt_has_mouse(vt) && vt_has_mode(vt, 2004),
	   "alternate screen, mouse, paste brackets");
	ok(!vt_cursor_is_visible(vt), "cursor hidden");
	is_text(vt_title(vt), "name", "title");
	ok(!vt_is_restored(vt), "raw is not restored");
	vt_send(vt, "x");
	ok(vt_wait_text(vt, "off"), "switches off");
	ok(!vt_is_alternate(vt) && !vt_has_mouse(vt) && !vt_has_mode(vt, 2004),
	   "all three are off");
	ok(vt_cursor_is_visible(vt), "cursor back");
	vt_free(vt);
}

static void saves_modes(void)
{
	struct vt *vt =
	        run_sh("stty raw -echo; printf '\\033[?1036h\\033[?1036;1007s\\033[?1036;1007lon';"
	               "head -c 1 >/dev/null; printf '\\033[?1007;1036roff';"
	               "head -c 1 >/dev/null; stty sane");
	ok(vt_wait_text(vt, "on"), "modes that were saved");
	ok(!vt_has_mode(vt, 1007) && !vt_has_mode(vt, 1036), "and switched off");
	vt_send(vt, "x");
	ok(vt_wait_text(vt, "off"), "are restored");
	ok(vt_has_mode(vt, 1007) && vt_has_mode(vt, 1036), "to what they were");
	vt_free(vt);
}

static void knows_the_line_settings(void)
{
	struct vt *vt = run_sh("old=$(stty -g); stty raw; printf raw; head -c 1 >/dev/null; stty "
	                       "\"$old\"; printf done; read x");
	ok(vt_wait_text(vt, "raw") && !vt_is_restored(vt), "raw is seen");
	vt_send(vt, "x");
	ok(vt_wait_text(vt, "done") && vt_is_restored(vt), "restored is seen");
	vt_free(vt);
}

static void pastes(void)
{
	struct vt *vt = run_sh("stty -echo; printf '\\033[?2004h'; printf ready; IFS= read -r x; "
	                       "printf '%s' \"$x\" | od -An -c; read x");
	vt_wait_text(vt, "ready");
	vt_paste(vt, "ab");
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, "2   0   0   ~   a   b"),
	   "a paste comes in brackets where they are asked for");
	ok(!vt_wheel(vt, 0, 0, 1), "no wheel without mouse reports");
	vt_free(vt);
}

static void resizes(void)
{
	struct vt *vt = run_sh("trap 'stty size' WINCH; printf ready; while :; do read x; done");
	vt_wait_text(vt, "ready");
	vt_resize(vt, 5, 20);
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, "5 20"), "the child learns of the new size");
	vt_resize(vt, 1, 1);
	vt_send(vt, "한\r");
	ok(vt_wait_idle(vt), "one cell and a wide character do no harm");
	vt_free(vt);
}

static void records_output(void)
{
	struct vt *vt = run_sh("printf 'first'; read x; printf '\\033[6nsecond'; read x");
	size_t len;
	ok(vt_wait_output(vt, "first"), "output as bytes");
	vt_mark(vt);
	vt_send(vt, "\r");
	ok(vt_wait_output(vt, "\033[6nsecond"), "escape sequences included");
	const char *output = vt_output(vt, &len);
	ok(!memmem(output, len, "first", 5), "since the mark only");
	is_text(vt_replies(vt), "\033[2;1R", "a question to the terminal is answered, and seen");
	vt_free(vt);
}

static bool is_full(struct vt *vt, const void *context)
{
	(void)context;
	return vt_is_full(vt);
}

static void stalls_and_hangs_up(void)
{
	struct vt *vt = run_sh("printf before; read x; yes | head -n 100000; read x");
	int status;
	vt_wait_text(vt, "before");
	vt_stall(vt, true);
	vt_send(vt, "\r");
	setenv("VT_TIMEOUT_MS", "50", 1);
	ok(!vt_wait_text(vt, "y\ny"), "nothing is taken while stalled");
	unsetenv("VT_TIMEOUT_MS");
	ok(vt_wait(vt, is_full, NULL, "a full line"), "until the line is full");
	vt_stall(vt, false);
	ok(vt_wait_text(vt, "y\ny\ny"), "all goes on afterwards");
	vt_hang_up(vt);
	ok(vt_wait_exit(vt, &status), "a hang-up ends the child");
	vt_free(vt);
}

static void fails_when_it_should(void)
{
	struct vt *vt = run_sh("printf here; read x");
	vt_wait_text(vt, "here");
	setenv("VT_TIMEOUT_MS", "20", 1);
	printf("# the next waits fail on purpose\n");
	ok(!vt_wait_text(vt, "there"), "a text that does not come");
	ok(!vt_wait_gone(vt, "here"), "one that does not go");
	ok(!vt_wait_cursor(vt, 9, 9), "a cursor that is elsewhere");
	ok(!vt_wait_exit(vt, NULL), "a child that goes on");
	unsetenv("VT_TIMEOUT_MS");
	vt_free(vt);
	struct vt *busy = run_sh("while :; do :; done");
	setenv("VT_TIMEOUT_MS", "50", 1);
	if (vt_knows_idle(busy))
		ok(!vt_wait_idle(busy), "a busy child is not idle");
	else
		tap_skip("this system does not tell what a process waits for");
	unsetenv("VT_TIMEOUT_MS");
	vt_free(busy);
}

static bool runs_a_job(struct vt *vt, const void *context)
{
	(void)context;
	return vt_foreground(vt) != vt_pid(vt);
}

static void stops_under_a_shell(void)
{
	setenv("PS1", "$ ", 1);
	const char *argv[] = { "bash", "--norc", "--noprofile", "-i", NULL };
	struct vt *vt = vt_spawn(10, 60, "xterm-256color", argv);
	if (!vt_wait_text(vt, "$")) {
		tap_skip("no bash");
		vt_free(vt);
		return;
	}
	vt_send(vt, "cat\r");
	ok(vt_wait(vt, runs_a_job, NULL, "a job"),
	   "a job in the foreground has a process group of its own");
	vt_send(vt, "hello\r");
	ok(vt_wait_row(vt, 2, "hello"), "and the keyboard");
	vt_send(vt, "\032");
	ok(vt_wait_text(vt, "Stopped"), "Ctrl-Z stops it");
	vt_send(vt, "fg\r");
	ok(vt_wait(vt, runs_a_job, NULL, "a job"), "fg goes on");
	vt_send(vt, "again\r");
	ok(vt_wait_text(vt, "again\nagain\n"), "where it was");
	vt_send(vt, "\004");
	ok(vt_wait_text(vt, "again\n$"), "and ends");
	vt_send(vt, "exit\r");
	ok(vt_wait_exit(vt, NULL), "the shell ends");
	ok(vt_is_restored(vt), "and has put the line settings back");
	vt_free(vt);
}

int main(void)
{
	tap_watchdog(60);
	sees_text();
	combines_at_the_edge();
	combines_in_any_set();
	knows_widths();
	types();
	follows_modes();
	saves_modes();
	knows_the_line_settings();
	pastes();
	resizes();
	records_output();
	stalls_and_hangs_up();
	fails_when_it_should();
	stops_under_a_shell();
	return tap_done();
}
