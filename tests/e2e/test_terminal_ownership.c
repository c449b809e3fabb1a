// SPDX-License-Identifier: GPL-3.0-or-later
/* The terminal is lent by a shell, with an environment: signals from outside, job control by a
 * shell that repairs nothing, sizes, locales, kinds of terminals. */
#include "e2e/stage.h"

#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "support/tap.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static void ends_well(struct vt *vt, const char *what)
{
	is_text(vt_replies(vt), "", "the terminal was asked nothing");
	vt_send(vt, "\003");
	ok(stage_quit(vt), "%s: ends well", what);
}

/* ---- signals from outside -------------------------------------------------------------------- */

static void takes_an_interrupt(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "half 한");
	stage_wait_last_row(vt, "2> half 한");
	kill(vt_pid(vt), SIGINT);
	ok(stage_wait_last_row(vt, "2>") && vt_wait_cursor(vt, -1, 3),
	   "SIGINT drops the line, as Ctrl-C does");
	kill(vt_pid(vt), SIGINT);
	ok(vt_wait_row(vt, -2, "leaves"), "on an empty one it says how to leave");
	vt_send(vt, "one\r\022on");
	ok(stage_wait_last_row(vt, "(reverse-i-search)`on': one"), "a search");
	kill(vt_pid(vt), SIGINT);
	ok(stage_wait_last_row(vt, "2>"), "ends, too");
	ends_well(vt, "SIGINT");
}

static struct vt *start_with_inputrc(const char *text)
{
	FILE *file = fopen(stage_path("inputrc"), "we");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		printf("# writing inputrc failed\n");
	setenv("INPUTRC", stage_path("inputrc"), 1);
	struct vt *vt = stage_demo("xterm-256color");
	setenv("INPUTRC", "/dev/null", 1);
	return vt;
}

/* Linux says in which system call a process is, and with what: one that stays the same is stuck.
 */
struct stuck {
	char call[256];
	int seen;
};

static bool is_opening(struct vt *vt, const void *context)
{
	struct stuck *stuck = *(struct stuck *const *)context;
	char path[64], now[sizeof stuck->call] = "";
	snprintf(path, sizeof path, "/proc/%d/syscall", (int)vt_pid(vt));
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(now, sizeof now, file))
		now[0] = '\0';
	fclose(file);
	bool same = strcmp(now, stuck->call) == 0;
	stuck->seen = same && strtol(now, NULL, 10) == SYS_openat ? stuck->seen + 1 : 0;
	memcpy(stuck->call, now, sizeof now);
	return stuck->seen >= 10;
}

/* Two signals of a kind that come before the first is delivered are one. */
static bool is_delivered(struct vt *vt, const void *context)
{
	(void)context;
	char path[64], line[128];
	unsigned long long pending = 1;
	snprintf(path, sizeof path, "/proc/%d/status", (int)vt_pid(vt));
	FILE *file = fopen(path, "re");
	if (!file)
		return true;
	while (pending == 1 && fgets(line, sizeof line, file))
		if (strncmp(line, "ShdPnd:", 7) == 0)
			pending = strtoull(line + 7, NULL, 16);
	fclose(file);
	return pending == 0;
}

/* readline reads inputrc again, and a pipe that nobody writes to holds it there. */
static void dies_when_stuck(void)
{
	struct vt *vt = start_with_inputrc("");
	if (!vt_knows_idle(vt)) {
		tap_skip("this system does not tell what a program waits for");
		vt_free(vt);
		return;
	}
	remove(stage_path("inputrc"));
	if (mkfifo(stage_path("inputrc"), 0600) < 0)
		printf("# no pipe\n");
	vt_send(vt, "\030\022");
	struct stuck stuck = { "", 0 }, *context = &stuck;
	ok(vt_wait(vt, is_opening, &context, "the program to be stuck"), "a program that is stuck");
	kill(vt_pid(vt), SIGTERM);
	vt_wait(vt, is_delivered, NULL, "the signal to be delivered");
	kill(vt_pid(vt), SIGTERM);
	ok(vt_wait_exit(vt, NULL), "is ended by a second SIGTERM at the latest");
	ok(stage_is_restored(vt), "and the terminal is restored");
	vt_free(vt);
	remove(stage_path("inputrc"));
}

static void ends_without_a_hangup_signal(void)
{
	const char *argv[] = { "dash", "-c", "trap '' HUP; sockpit --demo; exit 3", NULL };
	struct vt *vt = vt_spawn(24, 80, "xterm-256color", argv);
	int status;
	if (!vt_wait_row(vt, -1, "2>"))
		printf("# no window\n");
	vt_hang_up(vt);
	ok(vt_wait_exit(vt, &status) && WIFEXITED(status),
	   "the end of the terminal is enough, without SIGHUP");
	vt_free(vt);
}

/* ---- a shell that repairs nothing ------------------------------------------------------------ */

static void leaves_the_line_as_it_was(int signal_number, const char *name)
{
	static const char script[] =
	        "set -m; before=$(stty -g); sockpit --demo; echo \"status $?\"; "
	        "[ \"$before\" = \"$(stty -g)\" ] && echo as before";
	const char *argv[] = { "dash", "-c", script, NULL };
	char status[32];
	struct vt *vt = vt_spawn(24, 80, "xterm-256color", argv);
	stage_wait_job(vt);
	vt_wait_row(vt, -1, "2>");
	kill(vt_foreground(vt), signal_number);
	snprintf(status, sizeof status, "status %d", 128 + signal_number);
	ok(vt_wait_text(vt, status) && vt_wait_text(vt, "as before"),
	   "%s: the shell finds its terminal as before", name);
	ok(vt_wait_exit(vt, NULL) && stage_is_restored(vt), "%s: all of it", name);
	vt_free(vt);
}

static struct vt *start_shell(void)
{
	setenv("PS1", "shell$ ", 1);
	const char *argv[] = { "dash", "-i", NULL };
	struct vt *vt = vt_spawn(24, 80, "xterm-256color", argv);
	vt_wait_text(vt, "shell$");
	return vt;
}

static void is_back_in_the_shell(struct vt *vt, const char *how)
{
	ok(stage_wait_shell(vt), "%s: the shell has the terminal", how);
	ok(stage_is_restored(vt), "%s: as it was", how);
}

static void goes_on(struct vt *vt, const char *line, const char *how)
{
	vt_send(vt, "fg\r");
	ok(stage_wait_job(vt) && stage_wait_last_row(vt, line), "%s: fg shows the line", how);
	vt_watch(vt, vt_foreground(vt));
	ok(vt_is_alternate(vt) && vt_has_mode(vt, 2004) && !vt_is_restored(vt), "%s: the window",
	   how);
	vt_send(vt, "\001");
	ok(vt_wait_cursor(vt, -1, 3), "%s: keys are keys", how);
	vt_send(vt, "\005");
	vt_wait_idle(vt);
}

static void obeys_a_plain_shell(void)
{
	struct vt *vt = start_shell();
	vt_send(vt, "sockpit --demo\r");
	stage_wait_job(vt);
	ok(vt_wait_row(vt, -1, "2>"), "started by a plain shell");
	vt_send(vt, "/set mouse on\rhalf 한");
	stage_wait_last_row(vt, "2> half 한");
	ok(vt_has_mouse(vt), "the mouse is asked for");
	vt_send(vt, "\032");
	is_back_in_the_shell(vt, "Ctrl-Z");
	vt_resize(vt, 7, 60);
	goes_on(vt, "2> half 한", "Ctrl-Z");
	ok(vt_has_mouse(vt) && vt_wait_cursor(vt, -1, 10),
	   "with mouse and cursor, in the new size");
	kill(vt_foreground(vt), SIGTSTP);
	is_back_in_the_shell(vt, "SIGTSTP");
	vt_send(vt, "bg\r");
	vt_send(vt, "jobs\r");
	ok(vt_wait_text(vt, "jobs") && !vt_is_alternate(vt),
	   "bg: it does not come to the front by itself");
	vt_resize(vt, 24, 80);
	goes_on(vt, "2> half 한", "bg");
	kill(vt_foreground(vt), SIGSTOP);
	ok(stage_wait_shell(vt), "SIGSTOP leaves all as it is");
	vt_send(vt, "stty sane; printf '\\033[2Jscribble\\n'\n");
	ok(vt_wait_text(vt, "scribble"), "another program writes there");
	goes_on(vt, "2> half 한", "SIGSTOP");
	ok(vt_wait_gone(vt, "scribble") && vt_wait_row(vt, -2, "ESTABLISHED"),
	   "all is painted again");
	vt_send(vt, "\003/quit\r");
	is_back_in_the_shell(vt, "/quit");
	vt_send(vt, "exit\r");
	ok(vt_wait_exit(vt, NULL), "the shell is well");
	vt_free(vt);
}

/* The shell goes on below what it has written, not at the top of its screen. */
static void is_below(struct vt *vt, int *before, const char *how)
{
	int row, column;
	vt_wait_idle(vt);
	vt_cursor(vt, &row, &column);
	ok(row > *before && strncmp(vt_row(vt, row), "shell$", 6) == 0,
	   "%s: the shell goes on in row %d, after %d", how, row, *before);
	*before = row;
}

static void leaves_the_cursor_where_it_was(void)
{
	int row = 0;
	struct vt *vt = start_shell();
	vt_send(vt, "echo one; echo two\r");
	vt_wait_text(vt, "two");
	is_below(vt, &row, "echo");
	vt_send(vt, "sockpit --demo\r");
	stage_wait_job(vt);
	vt_wait_row(vt, -1, "2>");
	vt_send(vt, "\032");
	stage_wait_shell(vt);
	is_below(vt, &row, "Ctrl-Z");
	vt_resize(vt, 25, 90);
	goes_on(vt, "2>", "in another size");
	vt_send(vt, "\014/quit\r");
	stage_wait_shell(vt);
	is_below(vt, &row, "/quit");
	vt_send(vt, "exit\r");
	ok(vt_wait_exit(vt, NULL), "the cursor: the shell is well");
	vt_free(vt);
}

static void waits_in_the_background(void)
{
	struct vt *vt = start_shell();
	vt_send(vt, "sockpit --demo &\r");
	vt_send(vt, "wait; echo waited; jobs\r");
	ok(vt_wait_text(vt, "Stopped"), "started in the background it stops");
	ok(!vt_is_alternate(vt), "and keeps off the screen");
	goes_on(vt, "2>", "&");
	vt_send(vt, "/quit\r");
	is_back_in_the_shell(vt, "&");
	vt_send(vt, "exit\r");
	ok(vt_wait_exit(vt, NULL), "&: the shell is well");
	vt_free(vt);
}

/* ----
 * sizes ------------------------------------------------------------------------------------- */

static void is_not_pinned_by_the_environment(void)
{
	const char *argv[] = { "env", "LINES=6", "COLUMNS=30", "sockpit", "--demo", NULL };
	struct vt *vt = vt_spawn(24, 80, "xterm-256color", argv);
	vt_wait_text(vt, "connected");
	ok(vt_wait_row(vt, -3, "2 demo") && vt_wait_row(vt, -1, "2>"),
	   "the terminal's size counts, not that of the environment");
	vt_resize(vt, 30, 100);
	ok(vt_wait_row(vt, -3, "2 demo") && vt_wait_row(vt, -1, "2>"), "also when it changes");
	ends_well(vt, "LINES and COLUMNS");
}

static void lives_in_any_size(void)
{
	static const struct {
		int rows, columns;
	} sizes[] = { { 1, 1 },     { 1, 2 },    { 2, 1 },   { 2, 2 },  { 3, 3 },
		      { 2, 10 },    { 5, 20 },   { 24, 1 },  { 1, 80 }, { 4, 20 },
		      { 200, 500 }, { 200, 20 }, { 4, 500 }, { 12, 60 } };
	struct vt *vt = stage_run(1, 1, "xterm-256color", STAGE_WORDS("--demo"));
	vt_wait_idle(vt);
	vt_send(vt, "한글 가나다 text");
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		vt_resize(vt, sizes[i].rows, sizes[i].columns);
		vt_send(vt, "\033[5~\033[6~\001\005");
		if (!ok(vt_wait_idle(vt), "%dx%d", sizes[i].columns, sizes[i].rows))
			break;
	}
	ok(stage_wait_last_row(vt, "2> 한글 가나다 text") && vt_wait_cursor(vt, -1, 19),
	   "the line has come through all of them");
	ends_well(vt, "sizes");
}

/* ----
 * locales ----------------------------------------------------------------------------------- */

static bool is_ascii(struct vt *vt)
{
	for (const char *c = vt_screen(vt); *c; c++)
		if ((unsigned char)*c >= 0x80)
			return false;
	return true;
}

static void speaks_ascii_for(const char *variable)
{
	unsetenv("LC_ALL");
	setenv(variable, "C", 1);
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "a한b\033[200~가\033[201~");
	ok(stage_wait_last_row(vt, "2> a\\xed\\x95\\x9cb\\xea\\xb0\\x80"),
	   "%s=C: what is not ASCII shows as bytes", variable);
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "<", "a\\xed\\x95\\x9cb\\xea\\xb0\\x80") &&
	           vt_wait_text(vt, "9 bytes"),
	   "%s=C: and is sent as those", variable);
	ok(is_ascii(vt), "%s=C: nothing is beyond ASCII", variable);
	ends_well(vt, variable);
	unsetenv(variable);
	setenv("LC_ALL", "C.UTF-8", 1);
}

static void speaks_unicode_without_a_locale(void)
{
	unsetenv("LC_ALL");
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "한글\r가나");
	ok(stage_wait_row(vt, "←", "한글⏎"), "no locale at all: UTF-8");
	ok(stage_wait_last_row(vt, "2> 가나") && vt_wait_cursor(vt, -1, 7),
	   "also in the second line");
	ends_well(vt, "no locale");
	setenv("LC_ALL", "C.UTF-8", 1);
}

/* Typed, pasted, twice, since readline reads the environment again at every line. */
static void keeps_characters_with(const char *variable, const char *value, const char *option)
{
	setenv("LC_TIME", "xx_XX.nothing", 1);
	unsetenv("LC_ALL");
	setenv(variable, value, 1);
	struct vt *vt = stage_run(24, 80, "xterm-256color", STAGE_WORDS("--demo", option));
	vt_wait_text(vt, "2>");
	for (int line = 1; line <= 2; line++) {
		char typed[32], back[32];
		snprintf(typed, sizeof typed, "%d Grüße", line);
		snprintf(back, sizeof back, "%d GrüßeGrüße⏎", line);
		vt_send(vt, typed);
		vt_paste(vt, "Grüße");
		vt_send(vt, "\r");
		ok(stage_wait_row(vt, "←", back), "%s=%s: line %d comes back whole", variable,
		   value, line);
	}
	ends_well(vt, value);
	unsetenv(variable);
	unsetenv("LC_TIME");
	setenv("LC_ALL", "C.UTF-8", 1);
}

static bool make_korean_locale(void)
{
	char command[1200];
	snprintf(command, sizeof command,
	         "localedef -i ko_KR -f EUC-KR '%s/ko_KR.EUC-KR' >/dev/null 2>&1", stage_home());
	int status = system(command);
	return WIFEXITED(status) && WEXITSTATUS(status) <= 1 &&
	       access(stage_path("ko_KR.EUC-KR/LC_CTYPE"), R_OK) == 0;
}

static void speaks_another_encoding(void)
{
	if (!make_korean_locale()) {
		tap_skip("no EUC-KR locale can be made");
		return;
	}
	setenv("LOCPATH", stage_home(), 1);
	setenv("LC_ALL", "ko_KR.EUC-KR", 1);
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "\260\241\263");
	vt_wait_idle(vt);
	vt_send(vt, "\252\002X");
	ok(vt_wait_cursor(vt, -1, 6), "EUC-KR: Left goes over a character of two bytes");
	vt_mark(vt);
	vt_send(vt, "\r");
	ok(vt_wait_output(vt, "\260\241X\263\252"), "and nothing is torn");
	ends_well(vt, "EUC-KR");
	unsetenv("LOCPATH");
	setenv("LC_ALL", "C.UTF-8", 1);
}

/* ---- kinds of terminals ---------------------------------------------------------------------- */

static void works_on(const char *term)
{
	struct vt *vt = stage_run(24, 80, term, STAGE_WORDS("--demo"));
	ok(stage_wait_last_row(vt, "2>"), "%s: a prompt", term);
	ok(vt_has_mode(vt, 2004), "%s: is asked to put pastes in brackets", term);
	vt_send(vt, "hello 한글\033[D\033[3~\r");
	ok(stage_wait_row(vt, "←", "hello 한⏎"), "%s: an echo", term);
	ok(!vt_has_mouse(vt), "%s: the mouse is the terminal's", term);
	ends_well(vt, term);
}

/* Also what has no place on the screen, and so runs in plain mode. */
static void brackets_pastes_in_plain_mode(void)
{
	static const struct {
		const char *term;
		bool asked;
	} terminals[] = { { "xterm-256color", true }, { "nosuch", true }, { "dumb", false } };
	for (size_t i = 0; i < sizeof terminals / sizeof *terminals; i++) {
		const char *term = terminals[i].term;
		struct vt *vt = stage_run(24, 80, term, STAGE_WORDS("--plain"));
		vt_wait_text(vt, ">");
		vt_wait_idle(vt);
		ok(vt_has_mode(vt, 2004) == terminals[i].asked, "--plain on %s: paste brackets",
		   term);
		ok(stage_quit(vt), "--plain on %s: ends well", term);
	}
}

int main(void)
{
	static const char *const terms[] = {
		"xterm", "xterm-mono", "vt220", "rxvt", "ansi", "linux"
	};
	tap_watchdog(60);
	stage_open();
	unsetenv("LANG");
	unsetenv("LC_CTYPE");
	takes_an_interrupt();
	dies_when_stuck();
	ends_without_a_hangup_signal();
	leaves_the_line_as_it_was(SIGTERM, "SIGTERM");
	leaves_the_line_as_it_was(SIGHUP, "SIGHUP");
	leaves_the_line_as_it_was(SIGQUIT, "SIGQUIT");
	leaves_the_line_as_it_was(SIGABRT, "SIGABRT");
#ifdef SANITIZED
	tap_skip("the sanitizer catches SIGSEGV");
#else
	leaves_the_line_as_it_was(SIGSEGV, "SIGSEGV");
#endif
	obeys_a_plain_shell();
	leaves_the_cursor_where_it_was();
	waits_in_the_background();
	is_not_pinned_by_the_environment();
	lives_in_any_size();
	speaks_ascii_for("LANG");
	speaks_ascii_for("LC_ALL");
	speaks_unicode_without_a_locale();
	keeps_characters_with("LANG", "xx_XX.UTF-8", NULL);
	keeps_characters_with("LC_CTYPE", "UTF-8", NULL);
	keeps_characters_with("LC_ALL", "xx_XX", NULL);
	keeps_characters_with("LANG", "xx_XX.UTF-8", "--plain");
	speaks_another_encoding();
	for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
		works_on(terms[i]);
	brackets_pastes_in_plain_mode();
	return tap_done();
}
