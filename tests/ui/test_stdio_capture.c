// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/stdio_capture.h"

#include <sys/stat.h>

#include "support/tap.h"

/* While descriptors 1 and 2 are taken over, nothing can be reported: results are kept for
 * afterwards. */
struct seen {
	char line[6][64];
	int lines;
	bool bell;
};

static struct seen take_all(struct stdio_capture *stdio_capture)
{
	struct seen seen = { .lines = 0 };
	while (seen.lines < 6 && stdio_capture_take(stdio_capture, seen.line[seen.lines],
	                                            sizeof seen.line[0], &seen.bell))
		seen.lines++;
	return seen;
}

static void say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		exit(1);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

int main(void)
{
	struct stdio_capture stdio_capture;
	struct error error;
	struct stat before, after;
	char longest[200], flood[4096];
	tap_watchdog(30);
	memset(longest, 'x', sizeof longest);
	memset(flood, 'y', sizeof flood);
	longest[sizeof longest - 1] = '\n';
	fstat(STDERR_FILENO, &before);
	if (!stdio_capture_open(&stdio_capture, &error)) {
		ok(false, "taking over: %s", error.text);
		return tap_done();
	}
	struct seen nothing = take_all(&stdio_capture);
	say(STDERR_FILENO, "first\r\nsecond\n\nopen");
	struct seen lines = take_all(&stdio_capture);
	say(STDOUT_FILENO, "\a");
	struct seen bell = take_all(&stdio_capture);
	say(STDERR_FILENO, "be\afore\n");
	struct seen within = take_all(&stdio_capture);
	ssize_t put = write(STDERR_FILENO, longest, sizeof longest);
	struct seen cut = take_all(&stdio_capture);
	printf("by stdio\n");
	fflush(stdout);
	struct seen stdio = take_all(&stdio_capture);
	while (put > 0)
		put = write(STDERR_FILENO, flood, sizeof flood);
	int drained = 0;
	while (drained < 100000 && take_all(&stdio_capture).lines > 0)
		drained++;
	stdio_capture_close(&stdio_capture);
	fstat(STDERR_FILENO, &after);

	ok(nothing.lines == 0 && !nothing.bell, "nothing is there at first");
	is_int(lines.lines, 4, "each line is one, also the empty and the unfinished");
	is_text(lines.line[0], "first", "a carriage return at the end is cut");
	is_text(lines.line[2], "", "an empty line");
	is_text(lines.line[3], "open", "a line without end");
	ok(bell.bell && bell.lines == 0, "a bell alone is no line");
	ok(within.bell, "a bell within text is reported");
	is_text(within.line[0], "before", "and cut out");
	is_int(cut.lines, 4, "a line longer than the room comes in parts");
	is_int(strlen(cut.line[0]) + strlen(cut.line[1]) + strlen(cut.line[2]) +
	               strlen(cut.line[3]),
	       199, "and none of it is lost");
	is_text(stdio.line[0], "by stdio", "descriptor 1 is taken, too");
	ok(put < 0, "a full pipe never blocks the writer");
	ok(drained > 0 && drained < 100000, "and can be emptied");
	ok(same_file(&before, &after), "descriptor 2 is what it was");
	return tap_done();
}
