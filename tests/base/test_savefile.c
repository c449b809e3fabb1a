// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/savefile.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>
#endif

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
	is_text(content("one"), "first", "the old one stays while the new one is written");
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
	ok(strstr(error.text, ": a directory, not a regular file"), "says so");
	ok(mkfifo(in_directory("fifo"), 0600) == 0 && !save("fifo", "x", &error),
	   "a FIFO that nobody reads is no wait");
	ok(!savefile_begin(&file, "", &error), "no name at all");
	is_int(count_files(), before + 2, "nothing is left over");
}

/* The others may make whoever writes them wait. */
static void test_only_regular_files(void)
{
	struct error error = { 0 };
	struct stat st;
	char wanted[256];
	int reader = open(in_directory("fifo"), O_RDONLY | O_NONBLOCK);
	snprintf(wanted, sizeof wanted, "%s: a FIFO, not a regular file", path);
	ok(reader >= 0 && !save("fifo", "x", &error), "a FIFO is refused, also where it is read");
	is_text(error.text, wanted, "in one line with its name");
	close(reader);
	ok(symlink("/dev/null", in_directory("device")) == 0 && !save("device", "x", &error),
	   "and so is a device that a link points to");
	snprintf(wanted, sizeof wanted, "%s: a device, not a regular file", path);
	is_text(error.text, wanted, "in one line");
	ok(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode), "it is still there");
	ok(symlink("nowhere", in_directory("dangling")) == 0 && !save("dangling", "x", &error),
	   "a link to nothing");
	ok(strstr(error.text, "dangling: no such file"), "says so");
	ok(savefile_exists(in_directory("one")) && !savefile_exists(in_directory("fifo")) &&
	           !savefile_exists(in_directory("nothing")),
	   "only a regular file would be replaced");
}

/* 64 KiB, so that some of it is written before the disk is full. */
static bool save_much(struct error *error)
{
	struct savefile file;
	static char block[1024];
	if (!savefile_begin(&file, in_directory("one"), error))
		return false;
	memset(block, 'x', sizeof block);
	for (int i = 0; i < 64; i++)
		fwrite(block, 1, sizeof block, file.file);
	return savefile_end(&file, error);
}

static void check_old_one_stays(int files, const char *why)
{
	struct error error = { 0 };
	char wanted[256];
	ok(!save_much(&error), "more than there is room for");
	snprintf(wanted, sizeof wanted, "%s: %s", in_directory("one"), why);
	is_text(error.text, wanted, "says so in one line with its name");
	is_text(content("one"), "old", "the old one is whole");
	is_int(count_files(), files, "and nothing else is there");
}

static void test_file_limit(void)
{
	struct error error;
	struct rlimit limit, small;
	signal(SIGXFSZ, SIG_IGN);
	ok(save("one", "old", &error), "an old file");
	getrlimit(RLIMIT_FSIZE, &limit);
	small = limit;
	small.rlim_cur = 8192;
	setrlimit(RLIMIT_FSIZE, &small);
	check_old_one_stays(count_files(), "file too large");
	setrlimit(RLIMIT_FSIZE, &limit);
}

#ifdef __linux__
static bool put(const char *file, const char *text)
{
	FILE *out = fopen(file, "w");
	bool good = out && fputs(text, out) >= 0;
	return out && fclose(out) == 0 && good;
}

/* A small file system of our own, mount_namespaces(7): in a process that this one has forked. */
static bool mount_small_disk(void)
{
	char users[64], groups[64];
	snprintf(users, sizeof users, "0 %u 1", (unsigned)geteuid());
	snprintf(groups, sizeof groups, "0 %u 1", (unsigned)getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	return put("/proc/self/setgroups", "deny") && put("/proc/self/uid_map", users) &&
	       put("/proc/self/gid_map", groups) &&
	       mount("disk", directory, "tmpfs", 0, "size=32k") == 0;
}

/* The cases of a process that has been forked are no part of this one's plan: it only tells whether
 * all went well. */
static void test_full_disk(void)
{
	enum { GOOD, NO_DISK, BAD };
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		struct error error = { 0 };
		char wanted[256];
		if (!mount_small_disk())
			_exit(NO_DISK);
		snprintf(wanted, sizeof wanted, "%s: no space left on device", in_directory("one"));
		bool good = save("one", "old", &error) && !save_much(&error) &&
		            strcmp(error.text, wanted) == 0 && strcmp(content("one"), "old") == 0 &&
		            count_files() == 1;
		_exit(good ? GOOD : BAD);
	}
	int status = 0;
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_DISK)
		tap_skip("no namespace of our own for a full disk");
	else
		ok(WIFEXITED(status) && WEXITSTATUS(status) == GOOD,
		   "a full disk: one line, and the old file stays");
}
#else
static void test_full_disk(void)
{
	tap_skip("no namespaces on this system");
}
#endif

int main(void)
{
	tap_watchdog(30);
	if (!mkdtemp(directory))
		return 99;
	test_whole_or_not_at_all();
	test_links();
	test_home();
	test_refusals();
	test_only_regular_files();
	test_file_limit();
	test_full_disk();
	static const char *const names[] = { "one", "link", "home", "fifo", "device", "dangling" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(in_directory(names[i]));
	rmdir(in_directory("dir"));
	is_int(rmdir(directory), 0, "and nothing else was made");
	tap_done();
}
