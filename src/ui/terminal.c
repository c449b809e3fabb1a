// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/descriptor.h"
#include "ui/job.h"
#include "ui/output_file.h"
#include "ui/stdio_capture.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef WITH_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

enum {
	RESET_MAX = 512,
	ALTERNATE_STACK = 64 << 10,
	STUCK_US = 50000,    /* the terminal may take nothing of the last frame for this long, */
	LAST_FRAME_MS = 400, /* and may need this long for all of it */
};

/* Pastes in brackets (2004); Alt sent as Escape and the key, instead of the eighth bit (1036); no
 * arrow keys instead of the wheel on the alternate screen (1007). The last two are a person's
 * choice, and are put back; a terminal that cannot save them has 1007 on by default. */
static const char modes_saved[] = "\033[?1007;1036s";
static const char modes_on[] = "\033[?2004h\033[?1007l\033[?1036h";
static const char modes_off[] = "\033[?1006l\033[?1000l\033[?2004l\033[?1007h\033[?1007;1036r";
static const char mouse_on[] = "\033[?1000h\033[?1006h";
static const char mouse_off[] = "\033[?1006l\033[?1000l";
static const char cancel[] = "\030"; /* CAN ends an escape sequence that was cut */

struct terminal {
	int in, out;
	struct output_file output_file;
	FILE *stream;
	struct stdio_capture stdio_capture;
	bool stdio_capture_waits;
	int leftover; /* for captured text that is not shown when the program ends */
	struct termios found, raw;
	bool dumb; /* is sent no modes */
	bool mouse;
	bool ours; /* raw mode is on, the screen is ours */
	char reset[RESET_MAX];
	size_t reset_len;
};

/* Signal handlers and atexit() have no other way to it. */
static struct terminal *volatile live;
static char alternate_stack[ALTERNATE_STACK];

/* ---- putting it back; async-signal-safe ---- */

static bool is_foreground(const struct terminal *terminal)
{
	pid_t group = tcgetpgrp(terminal->in);
	return group < 0 || group == getpgrp();
}

static bool put_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, bytes, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		bytes += put;
		len -= (size_t)put;
	}
	return true;
}

/* A terminal that is stuck loses the bytes that wait for it. */
static void put_reset(const struct terminal *terminal)
{
	if (terminal->output_file.passed > 0 && !put_all(terminal->out, cancel, sizeof cancel - 1))
		tcflush(terminal->out, TCOFLUSH);
	if (put_all(terminal->out, terminal->reset, terminal->reset_len))
		return;
	tcflush(terminal->out, TCOFLUSH);
	put_all(terminal->out, cancel, sizeof cancel - 1);
	put_all(terminal->out, terminal->reset, terminal->reset_len);
}

static void pass_captured(const struct terminal *terminal)
{
	char chunk[1024];
	ssize_t got = read(terminal->stdio_capture.fd, chunk, sizeof chunk);
	while (got > 0 && put_all(terminal->leftover, chunk, (size_t)got))
		got = read(terminal->stdio_capture.fd, chunk, sizeof chunk);
}

static void restore_now(void)
{
	struct terminal *terminal = live;
	if (!terminal)
		return;
	live = NULL;
	if (terminal->ours && is_foreground(terminal)) {
		put_reset(terminal);
		tcsetattr(terminal->in, TCSANOW, &terminal->found);
	}
	pass_captured(terminal);
}

static void on_crash(int signal)
{
	restore_now();
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigaction(signal, &action, NULL);
	raise(signal);
}

static void catch_crashes(void)
{
	static bool caught;
	if (caught)
		return;
	caught = true;
	atexit(restore_now);
#ifdef WITH_ADDRESS_SANITIZER
	/* It has handlers of its own, whose reports are worth more. */
	static const int fatal[] = { SIGABRT };
	__sanitizer_set_death_callback(restore_now);
#else
	static const int fatal[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL };
#endif
	stack_t stack = { .ss_sp = alternate_stack, .ss_size = sizeof alternate_stack };
	sigaltstack(&stack, NULL);
	struct sigaction action = { .sa_handler = on_crash, .sa_flags = SA_ONSTACK };
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		sigaction(fatal[i], &action, NULL);
}

/* ---- opening and closing ---- */

static struct termios make_raw(const struct termios *found)
{
	struct termios raw = *found;
	raw.c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | IGNCR | INLCR | ISTRIP | IXON | PARMRK);
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return raw;
}

/* A new open file description: O_NONBLOCK on the given one would affect the shell, too. */
static int open_again(int fd)
{
	const char *name = ttyname(fd);
	int flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int out = name ? open(name, flags) : -1;
	return out >= 0 ? out : open("/dev/tty", flags);
}

static bool open_descriptors(struct terminal *terminal, struct error *error)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &terminal->found) < 0) {
		error_set(error, "standard input and output are not a terminal");
		return false;
	}
	terminal->in = descriptor_watchable(descriptor_copy(STDIN_FILENO));
	if (terminal->in >= 0)
		terminal->out = descriptor_watchable(open_again(STDOUT_FILENO));
	if (terminal->out >= 0)
		return true;
	descriptor_explain(error, errno, "opening the terminal");
	return false;
}

static bool open_stream(struct terminal *terminal, struct error *error)
{
	if (!output_file_open(&terminal->output_file, error))
		return false;
	terminal->stream = fdopen(terminal->output_file.file, "w");
	if (terminal->stream)
		return true;
	error_errno(error, errno, "a stream to the terminal");
	close(terminal->output_file.file);
	return false;
}

static void drop(struct terminal *terminal)
{
	if (terminal->stream)
		fclose(terminal->stream);
	if (terminal->in >= 0)
		close(terminal->in);
	if (terminal->out >= 0)
		close(terminal->out);
	free(terminal);
}

/* The output file takes everything, short of a full disk where it is a file there. */
static void put(struct terminal *terminal, const char *text)
{
	put_all(terminal->output_file.file, text, strlen(text));
}

static void put_modes(struct terminal *terminal)
{
	if (!terminal->dumb)
		put(terminal, modes_on);
	if (terminal->mouse)
		put(terminal, mouse_on);
}

static void take(struct terminal *terminal)
{
	tcgetattr(terminal->in, &terminal->found);
	terminal->raw = make_raw(&terminal->found);
	tcsetattr(terminal->in, TCSANOW, &terminal->raw);
	terminal->ours = true;
	if (!terminal->dumb)
		put(terminal, modes_saved);
	put_modes(terminal);
}

struct terminal *terminal_open(struct error *error)
{
	struct terminal *terminal = xcalloc(1, sizeof *terminal);
	terminal->in = terminal->out = -1;
	if (!open_descriptors(terminal, error) || !open_stream(terminal, error) ||
	    !stdio_capture_open(&terminal->stdio_capture, error)) {
		drop(terminal);
		return NULL;
	}
	/* A dumb terminal prints escape sequences. All others ignore those that they do not know,
	 * so no list of names is needed. */
	const char *type = getenv("TERM");
	terminal->dumb = type && strcmp(type, "dumb") == 0;
	terminal->leftover = isatty(terminal->stdio_capture.found[1])
	                             ? terminal->out
	                             : terminal->stdio_capture.found[1];
	terminal_set_reset(terminal, "", 0);
	live = terminal;
	catch_crashes();
	poller_on_stuck(restore_now);
	take(terminal);
	return terminal;
}

static bool wait_writable(int fd)
{
	struct timeval limit = { .tv_usec = STUCK_US };
	fd_set set;
	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, NULL, &set, NULL, &limit) > 0;
}

static bool drain(struct terminal *terminal)
{
	int64_t limit = clock_now() + LAST_FRAME_MS * CLOCK_MS;
	enum output_file_state state = output_file_pass(&terminal->output_file, terminal->out);
	while (state == OUTPUT_FILE_FULL && clock_now() < limit && wait_writable(terminal->out))
		state = output_file_pass(&terminal->output_file, terminal->out);
	return state != OUTPUT_FILE_FULL;
}

/* In raw mode a line feed does not return the carriage. */
static void put_rows(struct terminal *terminal, const char *rows)
{
	while (*rows) {
		size_t len = strcspn(rows, "\n");
		put_all(terminal->output_file.file, rows, len);
		put(terminal, "\r\n");
		rows += len + (rows[len] == '\n');
	}
}

static void give_back(struct terminal *terminal, const char *rows)
{
	if (!terminal->dumb)
		put(terminal, modes_off);
	put_rows(terminal, rows);
	if (!drain(terminal)) {
		put_reset(terminal);
		output_file_clear(&terminal->output_file);
	}
	tcsetattr(terminal->in, TCSANOW, &terminal->found);
	terminal->ours = false;
}

void terminal_close(struct terminal *terminal, const char *rows)
{
	if (terminal->ours && is_foreground(terminal))
		give_back(terminal, rows);
	live = NULL;
	poller_on_stuck(NULL);
	pass_captured(terminal);
	stdio_capture_close(&terminal->stdio_capture);
	drop(terminal);
}

/* ---- looking and showing ---- */

int terminal_input(const struct terminal *terminal)
{
	return terminal->in;
}

FILE *terminal_stream(struct terminal *terminal)
{
	return terminal->stream;
}

void terminal_put(struct terminal *terminal, const char *bytes, size_t len)
{
	put_all(terminal->output_file.file, bytes, len);
}

void terminal_size(const struct terminal *terminal, int *rows, int *columns)
{
	struct winsize size = { 0 };
	ioctl(terminal->in, TIOCGWINSZ, &size);
	*rows = size.ws_row ? size.ws_row : 24;
	*columns = size.ws_col ? size.ws_col : 80;
}

void terminal_set_mouse(struct terminal *terminal, bool on)
{
	on = on && !terminal->dumb;
	if (on == terminal->mouse)
		return;
	terminal->mouse = on;
	put(terminal, on ? mouse_on : mouse_off);
}

size_t terminal_waiting(const struct terminal *terminal)
{
	return output_file_waiting(&terminal->output_file);
}

bool terminal_is_busy(const struct terminal *terminal)
{
	return !terminal->ours || terminal_waiting(terminal) > 0;
}

void terminal_prepare(struct terminal *terminal, struct poller *poller)
{
	poller_want_read(poller, terminal->stdio_capture.fd);
	if (terminal->ours && terminal_waiting(terminal) > 0)
		poller_want_write(poller, terminal->out);
}

void terminal_flush(struct terminal *terminal)
{
	if (terminal->ours)
		output_file_pass(&terminal->output_file, terminal->out);
}

void terminal_serve(struct terminal *terminal, struct poller *poller)
{
	terminal->stdio_capture_waits = poller_readable(poller, terminal->stdio_capture.fd);
	if (poller_writable(poller, terminal->out))
		terminal_flush(terminal);
}

bool terminal_take_captured(struct terminal *terminal, char *line, size_t size, bool *bell)
{
	return terminal->stdio_capture_waits &&
	       stdio_capture_take(&terminal->stdio_capture, line, size, bell);
}

void terminal_set_reset(struct terminal *terminal, const char *bytes, size_t len)
{
	enum { MODES = sizeof modes_off - 1 };
	if (len > RESET_MAX - MODES)
		len = RESET_MAX - MODES;
	terminal->reset_len = 0;
	if (!terminal->dumb) {
		memcpy(terminal->reset, modes_off, MODES);
		terminal->reset_len = MODES;
	}
	memcpy(terminal->reset + terminal->reset_len, bytes, len);
	terminal->reset_len += len;
}

/* ---- job control ---- */

/* After `bg` the job runs without the terminal, so it stops again. */
void terminal_suspend(struct terminal *terminal, void (*leave)(void), void (*enter)(void))
{
	if (leave)
		leave();
	give_back(terminal, "");
	while (job_stop() && !job_is_dying() && !is_foreground(terminal))
		continue;
	if (job_is_dying())
		return;
	take(terminal);
	if (enter)
		enter();
}

void terminal_resume(struct terminal *terminal)
{
	if (!terminal->ours)
		return;
	tcsetattr(terminal->in, TCSANOW, &terminal->raw);
	put_modes(terminal);
}
