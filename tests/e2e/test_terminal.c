// SPDX-License-Identifier: GPL-3.0-or-later
/* What the program owes the terminal it was lent: to give it back, however it ends; to stop and go
 * on; to make do with what it can; and not to wait for one that has stopped reading. */
#include "e2e/stage.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "support/tap.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static void dies_of_on(const char *term, int signal_number, const char *name)
{
	struct vt *vt = stage_demo(term);
	ok(vt_has_mode(vt, 2004), "%s: paste brackets are on", term);
	ok(!vt_has_mode(vt, 1007), "%s: the wheel becomes no arrow keys", term);
	ok(vt_has_mode(vt, 1036), "%s: Alt is an Escape in front", term);
	int status;
	vt_send(vt, "half typed");
	vt_wait_row(vt, -1, "half typed");
	kill(vt_pid(vt), signal_number);
	ok(vt_wait_exit(vt, &status) && WIFSIGNALED(status) && WTERMSIG(status) == signal_number,
	   "%s: dies of it", name);
	ok(stage_is_restored(vt), "%s: the terminal is restored", name);
	vt_free(vt);
}

static void dies_of(int signal_number, const char *name)
{
	dies_of_on("xterm-256color", signal_number, name);
}

static void gives_the_terminal_back(void)
{
	dies_of_on("rxvt", SIGABRT, "SIGABRT on rxvt");
	dies_of_on("linux", SIGHUP, "SIGHUP on the console");
	dies_of(SIGTERM, "SIGTERM");
	dies_of(SIGHUP, "SIGHUP");
	dies_of(SIGQUIT, "SIGQUIT");
	dies_of(SIGABRT, "SIGABRT");
#ifdef SANITIZED
	tap_skip("the sanitizer catches these");
#else
	dies_of(SIGSEGV, "SIGSEGV");
	dies_of(SIGBUS, "SIGBUS");
#endif
}

static void leaves_by_key(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	int status;
	vt_send(vt, "text\003");
	ok(vt_wait_row(vt, -1, "2>") && vt_wait_cursor(vt, -1, 3),
	   "Ctrl-C drops the line and stays");
	vt_send(vt, "\004");
	ok(vt_wait_text(vt, "again"), "Ctrl-D asks once while sessions are open");
	vt_send(vt, "\004");
	ok(vt_wait_exit(vt, &status) && WIFEXITED(status) && WEXITSTATUS(status) == 0,
	   "Ctrl-D again leaves");
	ok(stage_is_restored(vt), "Ctrl-D: the terminal is restored");
	vt_free(vt);
}

/* Number of rows of the screen that are not empty. */
static int rows_left(struct vt *vt)
{
	int count = 0;
	const char *screen = vt_screen(vt);
	for (const char *row = screen; *row; row += strcspn(row, "\n") + 1)
		count += *row != '\n';
	return count;
}

static struct vt *conversation_of(int rows, int columns, const char *setting, const char *value)
{
	struct vt *vt = stage_run(rows, columns, "xterm-256color",
	                          STAGE_WORDS("--demo", setting, value));
	vt_wait_row(vt, -1, "2>");
	vt_send(vt, "the first\r");
	stage_wait_row(vt, "←", "the first");
	vt_send(vt, "the last\r");
	stage_wait_row(vt, "←", "the last");
	vt_wait_idle(vt);
	return vt;
}

static void leaves_rows_behind(void)
{
	static const int sizes[][2] = { { 24, 80 }, { 12, 40 }, { 4, 20 }, { 50, 200 } };
	size_t len;
	int status;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct vt *vt = conversation_of(sizes[i][0], sizes[i][1], "--set", "leave-behind=3");
		vt_send(vt, "/quit!\r");
		vt_wait_exit(vt, &status);
		ok(vt_find(vt, "the last", NULL, NULL) && !vt_is_alternate(vt) &&
		           rows_left(vt) == (sizes[i][0] > 3 ? 3 : sizes[i][0]),
		   "%dx%d: its last rows stay on the terminal", sizes[i][1], sizes[i][0]);
		vt_free(vt);
	}
	struct vt *vt = conversation_of(24, 80, "--set", "color=never");
	vt_send(vt, "/secret swordfish\r");
	stage_wait_row(vt, "←", "********** (secret)");
	vt_mark(vt);
	kill(vt_pid(vt), SIGTERM);
	ok(vt_wait_exit(vt, &status) && vt_find(vt, "the last", NULL, NULL), "by default, and after SIGTERM");
	ok(rows_left(vt) == 10 && vt_find(vt, "→  ********** (secret)", NULL, NULL),
	   "ten of them, and what is secret is masked there, too");
	const char *rows = vt_output(vt, &len);
	const char *last = rows ? memmem(rows, len, "the first", 9) : NULL;
	ok(last && !memchr(last, '\033', len - (size_t)(last - rows)), "after the last escape sequence");
	vt_free(vt);
	vt = conversation_of(24, 80, "--set", "leave-behind=off");
	vt_send(vt, "/quit!\r");
	vt_wait_exit(vt, &status);
	is_int(rows_left(vt), 0, "none if that is off");
	vt_free(vt);
}

/* A page hides the pane, and not the answer to a command. */
static void answers_over_a_page(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	vt_send(vt, "\033[15~");
	ok(vt_wait_text(vt, "INFO"), "a page");
	vt_send(vt, "/nonsense\r");
	ok(vt_wait_row(vt, -2, "no such command: \"nonsense\""),
	   "what was wrong is said beside it");
	vt_send(vt, "/all hello\r");
	ok(vt_wait_row(vt, -2, "sent to"), "so is what was done");
	vt_send(vt, "x");
	ok(vt_wait_row(vt, -2, "ESTABLISHED"), "until the next key");
	ok(vt_wait_text(vt, "INFO"), "and the page stays");
	vt_send(vt, "\003");
	ok(stage_quit(vt), "over a page: ends well");
}

static void ends_with_its_terminal(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	int status;
	vt_hang_up(vt);
	ok(vt_wait_exit(vt, &status), "a terminal that goes takes the program along");
	vt_free(vt);
}

/* ---- job control ----------------------------------------------------------------------------- */

static struct vt *start_in_a_shell(void)
{
	setenv("PS1", "shell$ ", 1);
	const char *argv[] = { "bash", "--norc", "--noprofile", "-i", NULL };
	struct vt *vt = vt_spawn(24, 80, "xterm-256color", argv);
	if (!vt_wait_text(vt, "shell$")) {
		tap_skip("no bash");
		vt_free(vt);
		return NULL;
	}
	vt_send(vt, "sockpit --demo\r");
	stage_wait_job(vt);
	vt_watch(vt, vt_foreground(vt));
	return vt;
}

static void stops_and_goes_on(void)
{
	struct vt *vt = start_in_a_shell();
	if (!vt)
		return;
	ok(vt_wait_row(vt, -1, "2>"), "started by a shell");
	vt_send(vt, "before\r");
	ok(stage_wait_row(vt, "←", "before"), "an echo");
	vt_send(vt, "half 한\032");
	ok(stage_wait_shell(vt), "Ctrl-Z gives the terminal to the shell");
	ok(vt_wait_text(vt, "Stopped"), "the shell says it is stopped");
	ok(!vt_is_alternate(vt) && vt_cursor_is_visible(vt), "on the shell's own screen");
	ok(vt_has_mode(vt, 1007) && !vt_has_mode(vt, 1036), "with its own wheel and Alt");
	vt_resize(vt, 12, 60);
	vt_send(vt, "fg\r");
	ok(vt_wait_row(vt, -1, "2> half 한"),
	   "fg: the window again, in the new size, with the line");
	ok(vt_wait_cursor(vt, -1, 10) && vt_is_alternate(vt), "and the cursor");
	ok(vt_has_mode(vt, 2004), "and paste brackets");
	ok(!vt_has_mode(vt, 1007) && vt_has_mode(vt, 1036), "and our wheel and Alt");
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "←", "half 한⏎"), "the line is sent");
	kill(vt_foreground(vt), SIGTSTP);
	ok(stage_wait_shell(vt), "SIGTSTP stops, too");
	vt_send(vt, "fg\r");
	ok(vt_wait_row(vt, -1, "2>"), "and goes on");
	kill(vt_foreground(vt), SIGSTOP);
	ok(stage_wait_shell(vt), "SIGSTOP cannot be caught");
	vt_send(vt, "fg\r");
	ok(vt_wait_row(vt, -1, "2>") && vt_wait_row(vt, -2, "ESTABLISHED"), "but the program survives it");
	vt_send(vt, "/quit\r");
	ok(stage_wait_shell(vt), "ends");
	vt_send(vt, "echo status $?\r");
	ok(vt_wait_text(vt, "status 0"), "with status 0");
	vt_send(vt, "exit\r");
	ok(vt_wait_exit(vt, NULL), "the shell is sane");
	ok(stage_is_restored(vt), "job control: the terminal is restored");
	vt_free(vt);
}

/* ---- kinds of terminals ---------------------------------------------------------------------- */

static void works_on(const char *term)
{
	struct vt *vt = stage_run(24, 80, term, STAGE_WORDS("--demo"));
	ok(vt_wait_row(vt, -1, "2>"), "%s: a prompt", term);
	vt_send(vt, "hello 한글\r");
	ok(stage_wait_row(vt, "←", "hello 한글"), "%s: an echo", term);
	ok(vt_wait_row(vt, -3, "2 demo") && vt_wait_row(vt, -2, "tcp"), "%s: tabs and status",
	   term);
	vt_send(vt, "\033[5~\033[D");
	ok(vt_wait_idle(vt), "%s: keys", term);
	is_text(vt_replies(vt), "", "it is asked nothing");
	ok(stage_quit(vt), "%s: ends well", term);
}

static void makes_do_on(const char *term, const char *why)
{
	struct vt *vt = stage_run(24, 80, term, STAGE_WORDS("--demo"));
	int status;
	ok(stage_wait_row(vt, "plain mode", why), "%s: a line says why it is the plain mode",
	   *term ? term : "no TERM");
	vt_send(vt, "hello\r");
	ok(stage_wait_row(vt, "←", "hello"), "%s: an echo", term);
	ok(!vt_is_alternate(vt), "%s: not on the whole screen", term);
	vt_send(vt, "/quit\r");
	ok(vt_wait_exit(vt, &status) && WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: ends",
	   term);
	ok(vt_is_restored(vt), "%s: line settings", term);
	vt_free(vt);
}

static bool has_color(struct vt *vt)
{
	for (int row = 0; row < 24; row++)
		for (int column = 0; column < 80; column++)
			if (vt_cell_at(vt, row, column).foreground >= 0 ||
			    vt_cell_at(vt, row, column).background >= 0)
				return true;
	return false;
}

static bool is_ascii(struct vt *vt)
{
	for (const char *c = vt_screen(vt); *c; c++)
		if ((unsigned char)*c >= 0x80)
			return false;
	return true;
}

static void obeys_the_environment(void)
{
	struct vt *vt = stage_demo("xterm-256color");
	ok(has_color(vt), "colour where the terminal has it");
	ok(stage_quit(vt), "colour: ends well");

	setenv("NO_COLOR", "1", 1);
	vt = stage_demo("xterm-256color");
	ok(!has_color(vt), "none with NO_COLOR");
	ok(stage_quit(vt), "NO_COLOR: ends well");
	unsetenv("NO_COLOR");

	setenv("LC_ALL", "C", 1);
	vt = stage_demo("xterm-256color");
	vt_send(vt, "hello\r");
	ok(vt_wait_text(vt, "<  hello"), "the arrows are ASCII in the C locale");
	ok(vt_wait_row(vt, -3, "2 demo"), "the same is there");
	ok(is_ascii(vt), "and nothing is beyond ASCII");
	ok(stage_quit(vt), "the C locale: ends well");
	setenv("LC_ALL", "C.UTF-8", 1);
}

/* ---- a terminal that has stopped reading ----------------------------------------------------- */

static int connect_to(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		printf("# connecting to port %u failed\n", port);
	return fd;
}

/* Sends this many bytes and counts what comes back within five seconds. */
static size_t exchange(int fd, size_t size)
{
	char block[4096];
	size_t sent = 0, received = 0;
	memset(block, 'x', sizeof block);
	for (size_t i = 79; i < sizeof block; i += 80)
		block[i] = '\n';
	while (received < size) {
		struct pollfd wait = { .fd = fd,
			               .events = (short)(sent < size ? POLLIN | POLLOUT : POLLIN) };
		if (poll(&wait, 1, 5000) <= 0)
			break;
		if (wait.revents & POLLOUT) {
			size_t len = size - sent < sizeof block ? size - sent : sizeof block;
			ssize_t put = send(fd, block, len, MSG_DONTWAIT | MSG_NOSIGNAL);
			sent += put > 0 ? (size_t)put : 0;
		}
		if (wait.revents & (POLLIN | POLLHUP)) {
			char bytes[65536];
			ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
			if (got == 0)
				break;
			received += got > 0 ? (size_t)got : 0;
		}
	}
	return received;
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Asks for one frame after the other until the line takes no more. */
static bool is_full_of_frames(struct vt *vt, const void *context)
{
	(void)context;
	vt_send(vt, "\f");
	return vt_is_full(vt);
}

/* A large window full of text, to a terminal that has stopped reading in the middle of a frame. */
static struct vt *start_stalled(unsigned *port)
{
	struct vt *vt = stage_demo("xterm-256color");
	*port = stage_port(vt, "⇄ 127.0.0.1:");
	vt_resize(vt, 50, 200);
	for (int i = 0; i < 30; i++)
		vt_send(vt, "a line that is as long as it takes to fill the window 0123456789 "
		            "0123456789 0123456789\r");
	vt_wait_idle(vt);
	vt_stall(vt, true);
	ok(vt_wait(vt, is_full_of_frames, NULL, "a full line"),
	   "a terminal that takes nothing any more");
	int fd = connect_to(*port);
	is_int(exchange(fd, 2000000), 2000000, "keeps no client waiting");
	close(fd);
	return vt;
}

static void is_not_held_by_a_stalled_terminal(void)
{
	unsigned port;
	struct vt *vt = start_stalled(&port);
	int status;
	double start = seconds();
	kill(vt_pid(vt), SIGTERM);
	ok(vt_wait_exit(vt, &status), "SIGTERM ends it");
	ok(seconds() - start < 1.0, "within a second");
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "as SIGTERM");
	ok(vt_is_restored(vt), "with its line settings restored");
	vt_free(vt);
}

static void catches_up_after_a_stall(void)
{
	unsigned port;
	struct vt *vt = start_stalled(&port);
	vt_send(vt, "newest\r");
	vt_resize(vt, 24, 80);
	vt_stall(vt, false);
	ok(stage_wait_row(vt, "→", "newest"),
	   "the newest frame comes when the terminal reads again");
	ok(vt_wait_row(vt, -1, "2>") && vt_wait_idle(vt), "in the right size");
	ok(stage_quit(vt), "after a stall: ends well");
}

int main(void)
{
	static const char *const full[] = { "vt100", "linux", "screen", "tmux-256color",
		                            "xterm-256color" };
	static const char *const poor[][2] = {
		{ "dumb", "TERM=dumb: this terminal cannot place the cursor" },
		{ "no-such-terminal", "TERM=no-such-terminal: no terminfo entry for it" },
		{ "../xterm", "TERM=../xterm: no terminfo entry for it" },
		{ "", "TERM is not set" },
	};
	tap_watchdog(60);
	stage_open();
	gives_the_terminal_back();
	leaves_by_key();
	leaves_rows_behind();
	answers_over_a_page();
	ends_with_its_terminal();
	stops_and_goes_on();
	for (size_t i = 0; i < sizeof full / sizeof *full; i++)
		works_on(full[i]);
	for (size_t i = 0; i < sizeof poor / sizeof *poor; i++)
		makes_do_on(poor[i][0], poor[i][1]);
	obeys_the_environment();
	is_not_held_by_a_stalled_terminal();
	catches_up_after_a_stall();
	return tap_done();
}
