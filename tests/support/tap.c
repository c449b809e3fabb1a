// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/tap.h"

#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

int tap_count, tap_failed;
char tap_name[256] = "the start";

static void tap_write(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(98);
}

static void tap_alarm(int signal)
{
	(void)signal;
	tap_write("\nBail out! hung after: ");
	tap_write(tap_name);
	tap_write("\n");
	_exit(99);
}

void tap_watchdog(unsigned seconds)
{
	signal(SIGALRM, tap_alarm);
	alarm(4 * seconds);
}

bool tap_ok(bool good, const char *file, int line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(tap_name, sizeof tap_name, format, args);
	va_end(args);
	for (char *p = tap_name; *p; p++)
		if ((unsigned char)*p < ' ' || *p == '#' || *p == 127)
			*p = '?';
	printf("%sok %d - %s\n", good ? "" : "not ", ++tap_count, tap_name);
	if (!good) {
		tap_failed++;
		printf("#   at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

void tap_diagnose(const char *label, const char *text, size_t len)
{
	printf("#   %s \"", label);
	for (size_t i = 0; i < len && i < 2000; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c >= ' ' && c < 127 && c != '\\')
			putchar(c);
		else
			printf("\\x%02x", c);
	}
	printf("\"\n");
	fflush(stdout);
}

bool tap_same(const char *got, size_t got_len, const char *want, size_t want_len, const char *file,
              int line, const char *name)
{
	bool same = got && got_len == want_len && memcmp(got, want, want_len) == 0;
	if (!tap_ok(same, file, line, "%s", name)) {
		if (got)
			tap_diagnose("got ", got, got_len);
		tap_diagnose("want", want, want_len);
	}
	return same;
}

bool tap_number(long long got, long long want, const char *file, int line, const char *name)
{
	if (tap_ok(got == want, file, line, "%s", name))
		return true;
	printf("#   got  %lld\n#   want %lld\n", got, want);
	fflush(stdout);
	return false;
}

bool tap_is_text(const char *got, const char *want, const char *file, int line, const char *name)
{
	return tap_same(got, got ? strlen(got) : 0, want, strlen(want), file, line, name);
}

static char file_path[] = "/tmp/sockpit-test.XXXXXX";

static void remove_file(void)
{
	unlink(file_path);
}

const char *tap_file(const char *bytes, size_t len)
{
	static int fd = -1;
	if (fd < 0) {
		fd = mkstemp(file_path);
		atexit(remove_file);
	}
	if (fd < 0 || ftruncate(fd, 0) < 0 || pwrite(fd, bytes, len, 0) != (ssize_t)len)
		_exit(99);
	return file_path;
}

void tap_skip(const char *why)
{
	printf("ok %d # SKIP %s\n", ++tap_count, why);
}

int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}
