// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/output_file.h"

#include <fcntl.h>

#include "support/tap.h"

enum { LARGE = 3 << 20 };

static bool put(const struct output_file *output_file, const char *bytes, size_t len)
{
	return write(output_file->file, bytes, len) == (ssize_t)len;
}

static size_t get(int fd, char *out, size_t size)
{
	ssize_t got = read(fd, out, size);
	return got > 0 ? (size_t)got : 0;
}

static void pair(int ends[2])
{
	if (pipe(ends) < 0)
		exit(1);
	for (int i = 0; i < 2; i++)
		fcntl(ends[i], F_SETFL, O_NONBLOCK);
}

static void passes_what_is_new(struct output_file *output_file)
{
	char got[64];
	int ends[2];
	pair(ends);
	ok(!output_file_waiting(output_file), "a new sink is empty");
	is_int(output_file_pass(output_file, ends[1]), OUTPUT_FILE_EMPTY,
	       "passing on nothing is well");
	put(output_file, "one", 3);
	is_int(output_file_waiting(output_file), 3, "written bytes wait");
	is_int(output_file_pass(output_file, ends[1]), OUTPUT_FILE_EMPTY, "they all fit");
	ok(!output_file_waiting(output_file), "and nothing waits any more");
	put(output_file, "two", 3);
	output_file_pass(output_file, ends[1]);
	is_bytes(got, get(ends[0], got, sizeof got), "onetwo", 6, "each byte came once, in order");
	close(ends[0]);
	put(output_file, "three", 5);
	signal(SIGPIPE, SIG_IGN);
	is_int(output_file_pass(output_file, ends[1]), OUTPUT_FILE_GONE,
	       "a reader that is gone is reported");
	ok(!output_file_waiting(output_file), "what was for it has been dropped");
	close(ends[1]);
}

/* A frame many times the size of the pipe arrives whole, and writing it waits for nobody. */
static void holds_any_frame(struct output_file *output_file)
{
	static char sent[LARGE], got[LARGE];
	int ends[2];
	size_t arrived = 0, turns = 0;
	pair(ends);
	for (size_t i = 0; i < LARGE; i++)
		sent[i] = (char)(i * 7 + i / 251);
	ok(put(output_file, sent, LARGE), "3 MiB are taken at once with nobody reading");
	is_int(output_file_pass(output_file, ends[1]), OUTPUT_FILE_FULL, "a pipe takes less");
	while (arrived < LARGE && turns++ < 10000) {
		arrived += get(ends[0], got + arrived, LARGE - arrived);
		output_file_pass(output_file, ends[1]);
	}
	is_int(arrived, LARGE, "all of it arrives");
	ok(memcmp(sent, got, LARGE) == 0, "and unchanged");
	ok(!output_file_waiting(output_file), "nothing is left");
	is_int(lseek(output_file->file, 0, SEEK_END), 0,
	       "the memory of a large frame is given back");
	lseek(output_file->file, 0, SEEK_SET);
	close(ends[0]);
	close(ends[1]);
}

static void forgets(struct output_file *output_file)
{
	char got[64];
	int ends[2];
	pair(ends);
	put(output_file, "old", 3);
	output_file_clear(output_file);
	ok(!output_file_waiting(output_file), "a cleared sink is empty");
	put(output_file, "new", 3);
	output_file_pass(output_file, ends[1]);
	is_bytes(got, get(ends[0], got, sizeof got), "new", 3, "only what came after is passed on");
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	struct output_file output_file;
	struct error error;
	tap_watchdog(30);
	if (!ok(output_file_open(&output_file, &error), "a sink can be had"))
		return tap_done();
	passes_what_is_new(&output_file);
	holds_any_frame(&output_file);
	forgets(&output_file);
	close(output_file.file);
	return tap_done();
}
