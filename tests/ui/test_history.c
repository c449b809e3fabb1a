// SPDX-License-Identifier: GPL-3.0-or-later
/* The history and its file: what is kept, in which form, and what a broken one does. */
#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif

#include "ui/typist.h"

#define FILE_NAME "sockpit/history"
#define UP        "\x10"

static bool is_in(const char *name, const char *text)
{
	return strstr(read_text(name), text) != NULL;
}

static unsigned mode_of(const char *name)
{
	struct stat status;
	return stat(path_of(name), &status) == 0 ? (unsigned)status.st_mode & 0777 : 0;
}

static size_t count_stamps(void)
{
	size_t count = 0;
	const char *text = read_text(FILE_NAME);
	for (const char *s = text; *s; s++)
		count += *s == '#' && (s == text || s[-1] == '\n');
	return count;
}

static void scenario_first(void)
{
	is_int(mode_of("sockpit"), 0700, "the directory is the user's");
	is_int(mode_of(FILE_NAME), 0600, "so is the file");
	type("one\rone\r blank\r\r/command\r");
	type("\033[200~two\nlines\033[201~\r#123\rlast\r");
	type(UP UP UP UP UP UP);
	shows("1> one|", "neither repetitions nor lines that begin with a blank");
}

static void scenario_second(void)
{
	type(UP);
	shows("1> last|", "the history is still there");
	type(UP);
	shows("1> #123|", "also what looks like a time stamp");
	type(UP);
	shows("1> two\nlines|", "an entry of two lines is one");
	type(UP);
	shows("1> /command|", "commands, too");
	type(UP UP UP);
	shows("1> one|", "to the first");
	type("\x03");
	type("more\r");
	ok(is_in(FILE_NAME, "more\n"), "a line is in the file at once");
}

static void scenario_flood(void)
{
	struct timespec begin, end;
	struct buf lines;
	buf_init(&lines, SIZE_MAX);
	for (int i = 0; i < 100000; i++)
		buf_printf(&lines, "line %d\r", i);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	type_bytes(buf_data(&lines), lines.len);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	ok(end.tv_sec - begin.tv_sec < 10, "100000 lines in %ld s",
	   (long)(end.tv_sec - begin.tv_sec));
	type(UP);
	shows("1> line 99999|", "the last is remembered");
	buf_free(&lines);
}

static void scenario_long_lines(void)
{
	char *text = malloc(300000);
	memset(text, 'z', 300000);
	for (int i = 0; i < 40; i++) {
		text[i] = 'a';
		type_bytes("\033[200~", 6);
		type_bytes(text, 300000);
		type("\033[201~\r");
	}
	free(text);
	type("\033<");
	struct line line = input_line("");
	is_int(line.len, 300000, "the oldest one left is whole");
	ok(line.text[27] == 'a' && line.text[28] == 'z', "as many are left as fit into 4 MiB");
}

static void scenario_broken(void)
{
	type(UP);
	shows("1> a\x1cxffb\x1cx80c|", "bytes that are no text are escapes");
	type(UP);
	shows("1> \x1cxff한\x1cxed\x1cx95글|", "and what is text stays");
	type(UP UP);
	shows("1> old|", "lines without time stamps are entries, too");
}

static void scenario_bytes(void)
{
	type("a\xff"
	     "b\r");
	ok(is_in(FILE_NAME, "a\xff"
	                    "b\n"),
	   "the file has the bytes, not the escapes");
}

static void scenario_no_file(void)
{
	type("works\r" UP);
	shows("1> works|", "the history works without a file");
	ok(is_in("errors", "history is not saved"), "what is wrong was reported");
	const char *first = strstr(read_text("errors"), "not saved");
	ok(first && !strstr(first + 1, "not saved"), "once");
}

/* ---- files that cannot be written ---- */

static size_t size_of(const char *name)
{
	struct stat status;
	return stat(path_of(name), &status) == 0 ? (size_t)status.st_size : 0;
}

/* `ulimit -f`, soft; RLIM_INFINITY for none. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	is_int(setrlimit(RLIMIT_FSIZE, &limit), 0, "files are limited");
}

static size_t count_in(const char *name, const char *text)
{
	size_t count = 0;
	for (const char *at = read_text(name); (at = strstr(at, text)); at++)
		count++;
	return count;
}

static void scenario_limit(void)
{
	size_t size = size_of(FILE_NAME);
	limit_files(size + 8);
	type("one\rtwo\r");
	is_int(size_of(FILE_NAME), size, "no half of an entry is left in the file");
	is_int(count_in("errors", "history is not saved"), 1, "one line says that");
	ok(is_in("errors", "too large"), "and why");
	limit_files(RLIM_INFINITY);
	type("three\r");
	const char *one = strstr(read_text(FILE_NAME), "\none\n");
	const char *two = one ? strstr(one, "\ntwo\n") : NULL;
	ok(two && strstr(two, "\nthree\n"), "with the next line all are written, in order");
	is_int(count_in("errors", "history is saved again"), 1, "which is reported");
	is_int(count_in(FILE_NAME, "\none\n"), 1, "none twice");
	limit_files(size_of(FILE_NAME) + 1);
	type("four\rfive\r");
}

static void scenario_limit_lifted(void)
{
	limit_files(size_of(FILE_NAME));
	type("six\r");
	limit_files(RLIM_INFINITY);
}

/* More than a disk that stays full can have; what is kept in memory has a ceiling. */
static void scenario_long_limit(void)
{
	char *text = malloc(100001);
	memset(text, 'x', 100000);
	text[100000] = '\r';
	limit_files(size_of(FILE_NAME));
	for (int i = 0; i < 100; i++) {
		text[0] = (char)('0' + i % 10);
		type_bytes("\033[200~", 6);
		type_bytes(text, 100000);
		type("\033[201~\r");
	}
	limit_files(RLIM_INFINITY);
	type("the end\r");
	free(text);
}

static void fill(const char *name)
{
	char block[4096] = { 0 };
	FILE *file = fopen(path_of(name), "w");
	while (file && fwrite(block, sizeof block, 1, file) == 1 && fflush(file) == 0)
		;
	if (file)
		fclose(file);
}

static void scenario_full_disk(void)
{
	fill("small/rest");
	char *long_line = malloc(9001);
	memset(long_line, 'y', 9000);
	long_line[9000] = '\r';
	type_bytes(long_line, 9001);
	free(long_line);
	type("while it is full\r");
	ok(is_in("errors", "no space left on device"), "a full disk is reported");
	ok(!is_in("small/" FILE_NAME, "yyy") && is_in("small/" FILE_NAME, "before\n"),
	   "and the file is as it was");
	is_int(unlink(path_of("small/rest")), 0, "there is room");
	type("after\r");
	const char *full = strstr(read_text("small/" FILE_NAME), "yyyy");
	ok(full && strstr(full, "while it is full\n") && strstr(full, "after\n"),
	   "then all is written");
}

static bool put(const char *file, const char *text)
{
	FILE *out = fopen(file, "w");
	bool good = out && fputs(text, out) >= 0;
	return out && fclose(out) == 0 && good;
}

/* In namespaces of our own from here on, mount_namespaces(7). */
static bool mount_small_disk(const char *directory)
{
#ifdef __linux__
	char users[64], groups[64];
	snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
	snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	return put("/proc/self/setgroups", "deny") && put("/proc/self/uid_map", users) &&
	       put("/proc/self/gid_map", groups) &&
	       mount("disk", directory, "tmpfs", 0, "size=64k") == 0;
#else
	(void)directory;
	return false;
#endif
}

static void test_full_disk(void)
{
	mkdir(path_of("small"), 0700);
	setenv("XDG_STATE_HOME", path_of("small"), 1);
	if (!mount_small_disk(path_of("small"))) {
		tap_skip("no namespace of our own for a full disk");
		return;
	}
	mkdir(path_of("small/sockpit"), 0700);
	write_file("small/" FILE_NAME, "before\n", 7);
	play("a full disk", "", scenario_full_disk);
#ifdef __linux__
	is_int(umount(path_of("small")), 0, "taken away again");
#endif
}

static void test_limits(void)
{
	char old[3000];
	memset(old, 'o', sizeof old);
	write_file(FILE_NAME, old, sizeof old); /* files of errors have to be shorter */
	play("limit", "", scenario_limit);
	is_int(count_in("errors", "history is not saved"), 2, "what fails again is reported again");
	ok(is_in("errors", "2 of the lines typed are not saved"),
	   "what is lost in the end is reported");
	play("a limit that is lifted", "", scenario_limit_lifted);
	ok(is_in(FILE_NAME, "six\n"), "at the end it is tried once more");
	write_file(FILE_NAME, "", 0);
	play("a long time without room", "", scenario_long_limit);
	size_t size = size_of(FILE_NAME);
	ok(size > 3 << 20 && size < 6 << 20 && is_in(FILE_NAME, "\nthe end\n"),
	   "of what waited the last 4 MiB are written");
	write_file(FILE_NAME, "", 0);
}

static void scenario_nowhere(void)
{
	type("works\r" UP);
	shows("1> works|", "without a home, too");
	ok(!is_in("errors", "history"), "which is nothing to tell");
}

static void scenario_recall(void)
{
	type("abc\rdef\r" UP UP "X\r");
	type(UP UP UP);
	shows("1> abc|", "a recalled line that was changed and sent leaves the old one as it was");
	type("\x0f");
	shows("1> def|", "Ctrl-O sends and goes on to the next");
}

static void test_ways_to_fail(void)
{
	mkdir(path_of("blocked"), 0700);
	setenv("XDG_STATE_HOME", path_of("inputrc"), 1);
	play("a file in place of a directory", "", scenario_no_file);
	setenv("XDG_STATE_HOME", path_of("blocked"), 1);
	mkdir(path_of("blocked/sockpit"), 0700);
	mkdir(path_of("blocked/sockpit/history"), 0700);
	play("a directory in place of the file", "", scenario_no_file);
	is_int(rmdir(path_of("blocked/sockpit/history")), 0, "it is left alone");
	is_int(symlink("/dev/full", path_of("blocked/sockpit/history")), 0, "a device");
	play("a device", "", scenario_no_file);
	setenv("XDG_STATE_HOME", "relative", 1);
	setenv("HOME", path_of("missing"), 1);
	play("a home that does not exist", "", scenario_no_file);
	ok(access(path_of("missing"), F_OK) != 0, "it is not made");
	setenv("HOME", "", 1);
	play("no home", "", scenario_nowhere);
	setenv("HOME", typist.directory, 1);
	play("a state directory that is not absolute", "", scenario_nowhere);
	ok(is_in(".local/state/" FILE_NAME, "works"), "the home directory is taken instead");
}

int main(void)
{
	tap_watchdog(50);
	setenv("LC_ALL", "C.UTF-8", 1);
	setlocale(LC_ALL, "");
	make_directory();
	play("first", "", scenario_first);
	ok(is_in(FILE_NAME, "#"), "entries have time stamps");
	play("second", "", scenario_second);
	play("flood", "", scenario_flood);
	is_int(count_stamps(), 1000, "the file keeps the last thousand");
	ok(is_in(FILE_NAME, "line 99999\n") && !is_in(FILE_NAME, "line 98999\n"), "and those only");
	is_int(mode_of(FILE_NAME), 0600, "still the user's only");
	play("long lines", "", scenario_long_lines);
	static const char broken[] = "old\nolder\n#1700000000\n\xff한\xed\x95글\n"
	                             "#1700000001\na\xff"
	                             "b\x80"
	                             "c\n";
	write_file(FILE_NAME, broken, sizeof broken - 1);
	is_int(chmod(path_of(FILE_NAME), 0644), 0, "a file that all can read");
	play("broken file", "", scenario_broken);
	is_int(mode_of(FILE_NAME), 0600, "is made private");
	play("bytes", "", scenario_bytes);
	write_file(FILE_NAME, "", 0);
	play("recall", "", scenario_recall);
	test_limits();
	test_ways_to_fail();
	test_full_disk();
	remove_directory();
	return tap_done();
}
