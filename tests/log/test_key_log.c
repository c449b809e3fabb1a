// SPDX-License-Identifier: GPL-3.0-or-later
/* The file of a key log: who may read it, what is refused, what follows what; the lines in memory; a file that takes no
 * more. */
#include "log/key_log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/tap.h"

static char directory[] = "/tmp/key-log-XXXXXX";
static struct error error;

static const char *path_of(const char *name)
{
	static char path[100];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static void make(const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(path_of(name), "w");
	if (!file)
		return;
	fputs(text, file);
	fclose(file);
	chmod(path_of(name), mode);
}

static const char *content(const char *name)
{
	static char text[1000];
	FILE *file = fopen(path_of(name), "r");
	if (!file)
		return "no file";
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	return text;
}

static int mode_of(const char *name)
{
	struct stat status = { .st_mode = 0 };
	stat(path_of(name), &status);
	return status.st_mode & 07777;
}

static void is_off_at_first(void)
{
	struct key_log *log = key_log_new(4);
	ok(!key_log_is_on(log) && !key_log_is_on(NULL), "nobody has asked for it");
	key_log_add(log, 1, "A");
	ok(!key_log_after(log, 0) && !key_log_is_due(log), "nothing is kept");
	key_log_free(log);
}

static void writes(void)
{
	struct key_log *log = key_log_new(4), *other = key_log_new(4);
	ok(key_log_open(log, path_of("new"), false, &error), "a new file");
	is_int(mode_of("new"), 0600, "is its owner's alone");
	key_log_add(log, 1, "A");
	is_text(content("new"), "", "what has come");
	ok(key_log_write(log, &error), "is written");
	is_text(content("new"), "A\n", "as a line");
	ok(key_log_open(other, path_of("new"), false, &error), "another program has the same file");
	key_log_add(other, 1, "B");
	ok(key_log_write(other, &error), "and writes");
	key_log_add(log, 1, "C");
	ok(key_log_write(log, &error), "so both do");
	is_text(content("new"), "A\nB\nC\n", "one after the other");
	key_log_add(log, 1, "D");
	ok(key_log_open(log, path_of("next"), false, &error), "another file");
	is_text(content("new"), "A\nB\nC\nD\n", "what waited went to the one before");
	key_log_add(log, 1, "E");
	key_log_free(log);
	is_text(content("next"), "E\n", "the end writes what waits");
	key_log_close(other);
	key_log_add(other, 1, "F");
	key_log_free(other);
	is_text(content("new"), "A\nB\nC\nD\n", "off is off");
}

static void continues(void)
{
	struct key_log *log = key_log_new(4);
	make("torn", "# mine", 0644);
	key_log_open_later(log);
	ok(key_log_is_on(log) && !key_log_is_due(log), "a file that is opened later");
	key_log_add(log, 1, "A");
	ok(key_log_is_due(log) && key_log_write(log, &error), "when there is a line");
	ok(key_log_open(log, path_of("torn"), false, &error), "somebody's file");
	is_int(mode_of("torn"), 0600, "is read by nobody else from now on");
	key_log_free(log);
	is_text(content("torn"), "# mine\nA\n", "a line without an end gets one");
}

static void is_refused(const char *name, bool terminal, const char *why)
{
	struct key_log *log = key_log_new(4);
	error.text[0] = '\0';
	ok(!key_log_open(log, *name == '/' ? name : path_of(name), terminal, &error) &&
	           strstr(error.text, why),
	   "%s: %s", name, error.text);
	ok(!key_log_is_on(log), "and it is off");
	key_log_free(log);
}

static void refuses(void)
{
	ok(symlink("new", path_of("link")) == 0, "a link");
	is_refused("link", false, "a symbolic link");
	ok(mkdir(path_of("inside"), 0700) == 0, "a directory");
	is_refused("inside", false, "a directory");
	ok(mkfifo(path_of("fifo"), 0600) == 0, "a FIFO");
	is_refused("fifo", false, "a FIFO");
	is_refused("nowhere/keys", false, "no such file");
	is_refused("/dev/stderr", true, "the terminal shows the sessions");
	make("theirs", "", 0666);
	if (geteuid() == 0 && chown(path_of("theirs"), 65534, (gid_t)-1) == 0)
		is_refused("theirs", false, "belongs to another user");
	else
		tap_skip("only root can give a file to somebody");
}

static void remembers(void)
{
	char text[20] = "";
	struct key_log *log = key_log_new(4);
	key_log_open_later(log);
	for (char name[] = "A"; *name <= 'C'; ++*name)
		key_log_add(log, 7, name);
	const struct key_line *line;
	for (uint64_t at = 0; (line = key_log_after(log, at)); at = line->serial)
		strncat(text, buf_data(&line->text), line->text.len);
	is_text(text, "A\nB\nC\n", "lines are kept");
	for (char name[] = "D"; *name <= 'F'; ++*name)
		key_log_add(log, 8, name);
	*text = '\0';
	for (uint64_t at = 1; (line = key_log_after(log, at)); at = line->serial)
		strncat(text, buf_data(&line->text), line->text.len);
	is_text(text, "C\nD\nE\nF\n", "the newest four of them");
	line = key_log_after(log, 5);
	ok(line && line->serial == 6 && line->session == 8, "each with its session");
	ok(!key_log_after(log, 6), "nothing is after the newest");
	key_log_close(log);
	ok(!key_log_after(log, 0), "off forgets them");
	key_log_open_later(log);
	key_log_add(log, 9, "G");
	line = key_log_after(log, 6);
	ok(line && line->serial == 7 && !key_log_after(log, 7), "and the next has the next serial");
	key_log_free(log);
}

static void fails_once(void)
{
	char path[40];
	struct key_log *log = key_log_new(4);
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		tap_skip("no /dev/full here");
		key_log_free(log);
		return;
	}
	snprintf(path, sizeof path, "/dev/fd/%d", fd);
	ok(key_log_open(log, path, false, &error), "a full disk");
	key_log_add(log, 1, "A");
	ok(!key_log_write(log, &error), "takes nothing");
	char want[200];
	snprintf(want, sizeof want,
	         "key log %s: no space left on device: closed, and no more keys are written", path);
	is_text(error.text, want, "one line says so");
	ok(!key_log_is_on(log) && !key_log_after(log, 0), "it is off");
	key_log_add(log, 1, "B");
	ok(key_log_write(log, &error), "and says nothing again");
	key_log_free(log);
	close(fd);
}

/* A pipe that nobody reads takes some; the rest goes when there is room. */
static void waits(void)
{
	int ends[2];
	char line[201], path[40], got[4096];
	size_t added = 0, come = 0;
	if (pipe(ends) < 0 || fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		abort();
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = '\0';
	snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
	struct key_log *log = key_log_new(4);
	ok(key_log_open(log, path, false, &error), "a pipe");
	bool good = true;
	for (int i = 0; i < 1000; i++, added += sizeof line) {
		key_log_add(log, 1, line);
		good = key_log_write(log, &error) && good;
	}
	ok(good, "that is full is no failure");
	ssize_t len;
	while ((len = read(ends[0], got, sizeof got)) > 0) {
		come += (size_t)len;
		key_log_write(log, &error);
	}
	is_int((long)come, (long)added, "and loses nothing");
	for (int i = 0; good && i < 100000; i++) {
		key_log_add(log, 1, line);
		good = key_log_write(log, &error);
	}
	ok(!good && strstr(error.text, "no buffer space"), "until too much waits: %s", error.text);
	key_log_free(log);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	if (!mkdtemp(directory))
		return 1;
	is_off_at_first();
	writes();
	continues();
	refuses();
	remembers();
	fails_once();
	waits();
	static const char *const names[] = { "new", "next", "torn", "link", "fifo", "theirs" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(path_of(names[i]));
	rmdir(path_of("inside"));
	is_int(rmdir(directory), 0, "no other file was made");
	return tap_done();
}
