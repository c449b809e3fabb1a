// SPDX-License-Identifier: GPL-3.0-or-later
/* The history and its file: what is kept, in which form, and what a broken one does. */
#include <locale.h>
#include <time.h>

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
	ok(is_in("errors", "history is not kept"), "what is wrong was told");
	const char *first = strstr(read_text("errors"), "not kept");
	ok(first && !strstr(first + 1, "not kept"), "once");
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
	is_int(symlink("/dev/full", path_of("blocked/sockpit/history")), 0, "a full disk");
	play("a full disk", "", scenario_no_file);
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
	test_ways_to_fail();
	remove_directory();
	return tap_done();
}
