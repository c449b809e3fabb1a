// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/vt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "support/vt_internal.h"

enum { STEP_MS = 2, QUIET_MS = 100, PUMP_READS = 16 };

static long now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long deadline_ms(void)
{
	const char *limit = getenv("VT_TIMEOUT_MS");
	return now_ms() + (limit ? strtol(limit, NULL, 10) : 5000);
}

static void die(const char *what)
{
	printf("Bail out! vt: %s: %s\n", what, strerror(errno));
	exit(97);
}

/* ---- the program ----------------------------------------------------------------------------- */

static void open_terminal(struct vt *vt, int rows, int columns)
{
	vt->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (vt->master < 0 || grantpt(vt->master) < 0 || unlockpt(vt->master) < 0)
		die("no pseudo terminal");
	vt->slave = open(ptsname(vt->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (vt->slave < 0)
		die("no pseudo terminal");
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };
	ioctl(vt->slave, TIOCSWINSZ, &size);
	tcgetattr(vt->slave, &vt->before); /* before the fork, or it would be a race */
	fcntl(vt->master, F_SETFL, O_NONBLOCK);
}

static _Noreturn void become_program(const struct vt *vt, const char *term,
                                     const char *const argv[])
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	setsid();
	ioctl(vt->slave, TIOCSCTTY, 0);
	for (int fd = 0; fd <= 2; fd++)
		dup2(vt->slave, fd);
	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setenv("TERM", term, 1);
	unsetenv("LINES");
	unsetenv("COLUMNS");
	const union {
		const char *const *ours;
		char *const *execs;
	} arguments = { .ours = argv }; /* exec changes nothing, but its type is older than const */
	execvp(argv[0], arguments.execs);
	_exit(127);
}

struct vt *vt_spawn(int rows, int columns, const char *term, const char *const argv[])
{
	struct vt *vt = calloc(1, sizeof *vt);
	if (!vt)
		die("memory");
	open_terminal(vt, rows, columns);
	vt_screen_open(vt, rows, columns);
	fflush(stdout);
	vt->pid = fork();
	if (vt->pid < 0)
		die("fork");
	if (vt->pid == 0)
		become_program(vt, term, argv);
	vt->watched = vt->pid;
	return vt;
}

void vt_free(struct vt *vt)
{
	if (!vt)
		return;
	if (!vt->reaped) {
		kill(-vt->pid, SIGKILL);
		kill(vt->pid, SIGKILL);
		while (waitpid(vt->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	vt_hang_up(vt);
	vt_screen_close(vt);
	free(vt->output);
	free(vt);
}

pid_t vt_pid(const struct vt *vt)
{
	return vt->pid;
}

void vt_watch(struct vt *vt, pid_t pid)
{
	vt->watched = pid;
}

pid_t vt_foreground(const struct vt *vt)
{
	return tcgetpgrp(vt->master);
}

static void reap(struct vt *vt)
{
	int status;
	if (vt->reaped || waitpid(vt->pid, &status, WNOHANG | WUNTRACED) != vt->pid)
		return;
	vt->status = status;
	vt->reaped = !WIFSTOPPED(status);
}

/* ---- its output ------------------------------------------------------------------------------ */

static void keep(struct vt *vt, const char *bytes, size_t len)
{
	if (vt->output_len + len + 1 > vt->output_size) {
		vt->output_size = 2 * (vt->output_len + len + 1);
		vt->output = realloc(vt->output, vt->output_size);
		if (!vt->output)
			die("memory");
	}
	memcpy(vt->output + vt->output_len, bytes, len);
	vt->output_len += len;
	vt->output[vt->output_len] = '\0';
}

/* Takes in what has been written, waiting for it at most so long; of an endless flood a part, so
 * that deadlines hold. */
static bool pump(struct vt *vt, int ms)
{
	struct pollfd line = { .fd = vt->stalled ? -1 : vt->master, .events = POLLIN };
	if (poll(&line, 1, ms) <= 0)
		return false;
	char bytes[65536];
	bool any = false;
	for (int i = 0; i < PUMP_READS; i++) {
		ssize_t len = read(vt->master, bytes, sizeof bytes);
		if (len <= 0)
			break;
		any = true;
		keep(vt, bytes, (size_t)len);
		vt_screen_feed(vt, bytes, (size_t)len);
	}
	if (!any)
		poll(NULL, 0,
		     ms < 1 ? 0 : 1); /* the other end is closed: poll() does not wait any more */
	return any;
}

void vt_mark(struct vt *vt)
{
	pump(vt, 0);
	vt->mark = vt->output_len;
}

const char *vt_output(struct vt *vt, size_t *len)
{
	pump(vt, 0);
	*len = vt->output_len - vt->mark;
	return vt->output ? vt->output + vt->mark : "";
}

bool vt_is_full(const struct vt *vt)
{
	struct pollfd room = { .fd = vt->slave, .events = POLLOUT };
	return poll(&room, 1, 0) == 0;
}

bool vt_is_restored(const struct vt *vt)
{
	struct termios now;
	const struct termios *then = &vt->before;
	if (tcgetattr(vt->master, &now) < 0)
		return false;
	/* By field: the struct has holes. */
	return now.c_iflag == then->c_iflag && now.c_oflag == then->c_oflag &&
	       now.c_cflag == then->c_cflag && now.c_lflag == then->c_lflag &&
	       memcmp(now.c_cc, then->c_cc, sizeof now.c_cc) == 0;
}

/* ---- its input ------------------------------------------------------------------------------- */

void vt_send_bytes(struct vt *vt, const void *bytes, size_t len)
{
	const char *rest = bytes;
	long deadline = deadline_ms();
	while (len > 0) {
		ssize_t sent = write(vt->master, rest, len);
		if (sent > 0) {
			rest += sent;
			len -= (size_t)sent;
		} else if (errno != EAGAIN || now_ms() > deadline) {
			printf("# vt: %zu bytes were not taken: %s\n", len, strerror(errno));
			return;
		} else {
			pump(vt, 1); /* or each side waits for the other */
		}
	}
}

void vt_send(struct vt *vt, const char *text)
{
	vt_send_bytes(vt, text, strlen(text));
}

void vt_paste(struct vt *vt, const char *text)
{
	bool bracketed = vt_has_mode(vt, 2004);
	if (bracketed)
		vt_send(vt, "\033[200~");
	vt_send(vt, text);
	if (bracketed)
		vt_send(vt, "\033[201~");
}

bool vt_wheel(struct vt *vt, int row, int column, int steps)
{
	if (!vt->mouse)
		return false;
	int button = steps > 0 ? 64 : 65;
	for (int i = 0; i < abs(steps); i++) {
		char report[64];
		if (vt_has_mode(vt, 1006))
			snprintf(report, sizeof report, "\033[<%d;%d;%dM", button, column + 1,
			         row + 1);
		else
			snprintf(report, sizeof report, "\033[M%c%c%c", 32 + button, 33 + column,
			         33 + row);
		vt_send(vt, report);
	}
	return true;
}

void vt_resize(struct vt *vt, int rows, int columns)
{
	struct winsize size = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns };
	pump(vt, 0); /* what was drawn for the old size belongs on the old screen */
	vt_screen_resize(vt, rows, columns);
	ioctl(vt->master, TIOCSWINSZ, &size);
}

void vt_stall(struct vt *vt, bool on)
{
	vt->stalled = on;
}

void vt_hang_up(struct vt *vt)
{
	if (vt->master < 0)
		return;
	pump(vt, 0);
	close(vt->slave);
	close(vt->master);
	vt->slave = vt->master = -1;
}

/* ----
 * waiting ----------------------------------------------------------------------------------- */

bool vt_wait(struct vt *vt, vt_condition *condition, const void *context, const char *what)
{
	long deadline = deadline_ms();
	do {
		pump(vt, 0);
		reap(vt);
		pump(vt, 0); /* what was written before a stop or an end counts */
		if (condition(vt, context))
			return true;
		pump(vt, STEP_MS);
	} while (now_ms() < deadline);
	printf("# vt: waited in vain for %s\n", what);
	vt_print(vt);
	return false;
}

static bool has_output(struct vt *vt, const void *context)
{
	size_t len;
	const char *output = vt_output(vt, &len);
	return memmem(output, len, context, strlen(context)) != NULL;
}

bool vt_wait_output(struct vt *vt, const char *bytes)
{
	return vt_wait(vt, has_output, bytes, "output");
}

static bool has_stopped(struct vt *vt, const void *context)
{
	(void)context;
	return !vt->reaped && WIFSTOPPED(vt->status);
}

bool vt_wait_stopped(struct vt *vt)
{
	vt->status = 0;
	return vt_wait(vt, has_stopped, NULL, "a stop");
}

static bool has_ended(struct vt *vt, const void *context)
{
	(void)context;
	return vt->reaped;
}

bool vt_wait_exit(struct vt *vt, int *status)
{
	bool ended = vt_wait(vt, has_ended, NULL, "the end");
	if (status)
		*status = ended ? vt->status : -1;
	return ended;
}

/* ----
 * idleness ---------------------------------------------------------------------------------- */

/* The system call that a process is in, and its arguments; false while it runs. */
static bool read_system_call(pid_t pid, long *number, unsigned long long arguments[6])
{
	char path[64], text[256] = "";
	snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	bool got = fgets(text, sizeof text, file) != NULL;
	fclose(file);
	char *rest = text;
	*number = strtol(text, &rest, 10);
	if (!got || rest == text)
		return false;
	for (int i = 0; i < 6; i++)
		arguments[i] = strtoull(rest, &rest, 16);
	return true;
}

static bool sleeps_without_limit(pid_t pid)
{
	long number;
	unsigned long long arguments[6];
	if (!read_system_call(pid, &number, arguments))
		return false;
	switch (number) {
	case SYS_read:
		return true;
	case SYS_pselect6:
		return arguments[4] == 0;
	case SYS_ppoll:
		return arguments[2] == 0;
#ifdef SYS_select
	case SYS_select:
		return arguments[4] == 0;
#endif
#ifdef SYS_poll
	case SYS_poll:
		return (int)arguments[2] < 0;
#endif
	}
	return false;
}

/* poll() on a terminal lets the kernel finish moving bytes from one side to the other; counting
 * them by FIONREAD does not. */
static bool is_idle(struct vt *vt, const void *context)
{
	(void)context;
	struct pollfd unread = { .fd = vt->slave, .events = POLLIN };
	if (vt->reaped)
		return true;
	return poll(&unread, 1, 0) == 0 && sleeps_without_limit(vt->watched) && !pump(vt, 0);
}

bool vt_knows_idle(const struct vt *vt)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/syscall", (int)vt->watched);
	FILE *file = fopen(path, "re");
	if (!file)
		return false;
	bool readable = fgetc(file) != EOF;
	fclose(file);
	return readable;
}

static bool wait_for_quiet(struct vt *vt)
{
	long deadline = deadline_ms();
	while (pump(vt, QUIET_MS))
		if (now_ms() > deadline)
			return false;
	reap(vt);
	return true;
}

bool vt_wait_idle(struct vt *vt)
{
	reap(vt);
	if (!vt->reaped && !vt_knows_idle(vt))
		return wait_for_quiet(vt);
	return vt_wait(vt, is_idle, NULL, "idleness");
}
