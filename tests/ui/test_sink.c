// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/sink.h"

#include <fcntl.h>

#include "../support/tap.h"

enum { LARGE = 3 << 20 };

static bool put(const struct sink *sink, const char *bytes, size_t len)
{
	return write(sink->file, bytes, len) == (ssize_t)len;
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

static void passes_what_is_new(struct sink *sink)
{
	char got[64];
	int ends[2];
	pair(ends);
	ok(!sink_waiting(sink), "a new sink is empty");
	is_int(sink_pass(sink, ends[1]), SINK_EMPTY, "passing on nothing is well");
	put(sink, "one", 3);
	is_int(sink_waiting(sink), 3, "written bytes wait");
	is_int(sink_pass(sink, ends[1]), SINK_EMPTY, "they all fit");
	ok(!sink_waiting(sink), "and nothing waits any more");
	put(sink, "two", 3);
	sink_pass(sink, ends[1]);
	is_bytes(got, get(ends[0], got, sizeof got), "onetwo", 6, "each byte came once, in order");
	close(ends[0]);
	put(sink, "three", 5);
	signal(SIGPIPE, SIG_IGN);
	is_int(sink_pass(sink, ends[1]), SINK_GONE, "a reader that is gone is told");
	ok(!sink_waiting(sink), "what was for it has been dropped");
	close(ends[1]);
}

/* A frame many times the size of the pipe arrives whole, and writing it waits for nobody. */
static void holds_any_frame(struct sink *sink)
{
	static char sent[LARGE], got[LARGE];
	int ends[2];
	size_t arrived = 0, turns = 0;
	pair(ends);
	for (size_t i = 0; i < LARGE; i++)
		sent[i] = (char)(i * 7 + i / 251);
	ok(put(sink, sent, LARGE), "3 MiB are taken at once with nobody reading");
	is_int(sink_pass(sink, ends[1]), SINK_FULL, "a pipe takes less");
	while (arrived < LARGE && turns++ < 10000) {
		arrived += get(ends[0], got + arrived, LARGE - arrived);
		sink_pass(sink, ends[1]);
	}
	is_int(arrived, LARGE, "all of it arrives");
	ok(memcmp(sent, got, LARGE) == 0, "and unchanged");
	ok(!sink_waiting(sink), "nothing is left");
	is_int(lseek(sink->file, 0, SEEK_END), 0, "the memory of a large frame is given back");
	lseek(sink->file, 0, SEEK_SET);
	close(ends[0]);
	close(ends[1]);
}

static void forgets(struct sink *sink)
{
	char got[64];
	int ends[2];
	pair(ends);
	put(sink, "old", 3);
	sink_clear(sink);
	ok(!sink_waiting(sink), "a cleared sink is empty");
	put(sink, "new", 3);
	sink_pass(sink, ends[1]);
	is_bytes(got, get(ends[0], got, sizeof got), "new", 3, "only what came after is passed on");
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	struct sink sink;
	struct error error;
	tap_watchdog(30);
	if (!ok(sink_open(&sink, &error), "a sink can be had"))
		return tap_done();
	passes_what_is_new(&sink);
	holds_any_frame(&sink);
	forgets(&sink);
	close(sink.file);
	return tap_done();
}
