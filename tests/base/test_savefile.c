// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/savefile.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/tap.h"

static char directory[] = "/tmp/sockpit-savefile.XXXXXX";
static char path[128];

static const char *in_directory(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

static const char *content(const char *name)
{
	static char text[64];
	FILE *file = fopen(in_directory(name), "r");
	if (!file)
		return NULL;
	size_t len = fread(text, 1, sizeof text - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

static int count_files(void)
{
	int count = 0;
	DIR *files = opendir(directory);
	for (struct dirent *file = readdir(files); file; file = readdir(files))
		count += file->d_name[0] != '.';
	closedir(files);
	return count;
}

static bool save(const char *name, const char *text, struct error *error)
{
	struct savefile file;
	if (!savefile_begin(&file, in_directory(name), error))
		return false;
	fputs(text, file.file);
	return savefile_end(&file, error);
}

static void test_whole_or_not_at_all(void)
{
	struct error error;
	struct savefile file;
	struct stat st;
	ok(save("one", "first", &error), "a new file");
	is_text(content("one"), "first", "is there");
	ok(stat(in_directory("one"), &st) == 0 && (st.st_mode & 0777) == 0600, "for its owner");
	ok(savefile_begin(&file, in_directory("one"), &error), "begun again");
	fputs("second", file.file);
	fflush(file.file);
	is_text(content("one"), "first", "the old one stands while the new one is written");
	savefile_drop(&file);
	is_text(content("one"), "first", "and where that is given up");
	is_int(count_files(), 1, "of which nothing is left");
	ok(save("one", "third", &error), "written over");
	is_text(content("one"), "third", "it is the new one");
}

static void test_links(void)
{
	struct error error;
	struct stat st;
	char target[128];
	snprintf(target, sizeof target, "%s", in_directory("one"));
	ok(symlink(target, in_directory("link")) == 0, "a link");
	ok(save("link", "linked", &error), "is followed");
	ok(lstat(in_directory("link"), &st) == 0 && S_ISLNK(st.st_mode), "and stays one");
	is_text(content("one"), "linked", "what it points to is written");
}

static void test_home(void)
{
	struct error error;
	struct savefile file;
	setenv("HOME", directory, 1);
	ok(savefile_begin(&file, "~/home", &error), "the home directory");
	fputs("here", file.file);
	ok(savefile_end(&file, &error), "is written to");
	is_text(content("home"), "here", "where it is");
}

static void test_refusals(void)
{
	struct error error = { 0 };
	struct savefile file;
	int before = count_files();
	ok(!save("no/such/place", "x", &error), "no such directory");
	ok(strstr(error.text, "no/such/place: no such file"), "says so");
	ok(mkdir(in_directory("dir"), 0700) == 0 && !save("dir", "x", &error), "a directory");
	ok(strstr(error.text, "is a directory"), "says so");
	ok(mkfifo(in_directory("fifo"), 0600) == 0 && !save("fifo", "x", &error),
	   "a FIFO that nobody reads is no wait");
	ok(!savefile_begin(&file, "", &error), "no name at all");
	is_int(count_files(), before + 2, "nothing was left behind");
}

static void test_full_disk(void)
{
	struct error error = { 0 };
	struct savefile file;
	struct stat st;
	if (access("/dev/full", W_OK) < 0) {
		tap_skip("no /dev/full");
		return;
	}
	ok(savefile_begin(&file, "/dev/full", &error), "a device is written to itself");
	fputs("x", file.file);
	ok(!savefile_end(&file, &error), "and may be full");
	is_text(error.text, "/dev/full: no space left on device", "says so");
	ok(stat("/dev/full", &st) == 0 && S_ISCHR(st.st_mode), "it is still there");
}

int main(void)
{
	tap_watchdog(30);
	if (!mkdtemp(directory))
		return 99;
	test_whole_or_not_at_all();
	test_links();
	test_home();
	test_refusals();
	test_full_disk();
	static const char *const names[] = { "one", "link", "home", "fifo" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(in_directory(names[i]));
	rmdir(in_directory("dir"));
	is_int(rmdir(directory), 0, "and nothing else was made");
	tap_done();
}
