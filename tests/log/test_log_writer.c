// SPDX-License-Identifier: GPL-3.0-or-later
/* The thread that writes: order, what is pending, room, errors, the end. */
#include "log/log_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/tap.h"

enum { SIZE = 3 << 20 };

static struct poller poller;

/* Turns until it is so; false after 10 seconds. */
static bool until(const struct log_writer *writer, bool (*is_so)(const struct log_output *),
                  const struct log_output *output)
{
	int64_t end = clock_now() + 20 * CLOCK_S;
	while (!is_so(output) && clock_now() < end) {
		poller_reset(&poller);
		log_writer_prepare(writer, &poller);
		poller_wake_at(&poller, end);
		poller_wait(&poller);
		log_writer_serve(writer, &poller);
	}
	return is_so(output);
}

static bool is_over(const struct log_output *output)
{
	return log_output_progress(output).over;
}

static bool has_room(const struct log_output *output)
{
	return log_output_progress(output).pending <= SIZE / 2;
}

static void put(struct log_output *output, const char *bytes, size_t len)
{
	struct buf buf = { .max = SIZE_MAX };
	buf_append(&buf, bytes, len);
	log_output_put(output, &buf);
	ok(buf.len == 0, "the buffer is empty then");
	buf_free(&buf);
}

static void drain(int fd, struct buf *got, size_t most)
{
	char bytes[65536];
	ssize_t len;
	while (got->len < most && (len = read(fd, bytes, sizeof bytes)) > 0)
		buf_append(got, bytes, (size_t)len);
}

static void test_order(void)
{
	int ends[2];
	struct error error;
	char number[16];
	struct buf got = { .max = SIZE_MAX }, want = { .max = SIZE_MAX };
	struct log_writer *writer = log_writer_new();
	ok(pipe(ends) == 0, "a pipe");
	struct log_output *output = log_writer_add(writer, ends[1], &error);
	for (int i = 0; i < 1000; i++) {
		struct buf buf = { .max = SIZE_MAX };
		int len = snprintf(number, sizeof number, "%d\n", i);
		buf_append(&buf, number, (size_t)len);
		buf_append(&want, number, (size_t)len);
		log_output_put(output, &buf);
		buf_free(&buf);
	}
	log_output_end(output);
	drain(ends[0], &got, SIZE_MAX);
	ok(got.len == want.len && memcmp(buf_data(&got), buf_data(&want), got.len) == 0,
	   "bytes are written in their order, and the file is closed");
	ok(until(writer, is_over, output), "then it is over");
	is_int((long)log_output_progress(output).written, (long)want.len, "and knows how much was written");
	log_output_free(output);
	log_writer_free(writer);
	close(ends[0]);
	buf_free(&got);
	buf_free(&want);
}

/* A file that takes nothing: bytes wait, another file too, and the loop is woken when they are fewer. */
static void test_room(void)
{
	int ends[2];
	struct error error;
	static char bytes[SIZE];
	struct buf got = { .max = SIZE_MAX };
	struct log_writer *writer = log_writer_new();
	ok(pipe(ends) == 0, "a pipe");
	struct log_output *output = log_writer_add(writer, ends[1], &error);
	put(output, bytes, SIZE);
	ok(log_output_progress(output).pending > SIZE / 2, "what a pipe does not take is pending");
	log_output_want_room(output, SIZE / 2);
	drain(ends[0], &got, SIZE / 2 + 200000);
	ok(until(writer, has_room, output), "the loop is woken when there is room");
	ok(log_output_progress(output).pending > 0, "also when not all is written");
	log_output_end(output);
	drain(ends[0], &got, SIZE);
	ok(until(writer, is_over, output), "the rest is written at the end");
	is_int((long)got.len, SIZE, "all of it");
	log_output_free(output);
	log_writer_free(writer);
	close(ends[0]);
	buf_free(&got);
}

static void test_error(void)
{
	struct error error;
	struct log_writer *writer = log_writer_new();
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		tap_skip("no /dev/full here");
		log_writer_free(writer);
		return;
	}
	struct log_output *output = log_writer_add(writer, fd, &error);
	put(output, "x", 1);
	ok(until(writer, is_over, output), "an error ends a file");
	struct log_progress progress = log_output_progress(output);
	is_int(progress.error, ENOSPC, "which is kept");
	is_int((long)progress.pending, 1, "as is what was not written");
	put(output, "y", 1);
	log_output_end(output);
	log_output_free(output);
	log_writer_free(writer);
}

int main(void)
{
	poller_init(&poller);
	test_order();
	test_room();
	test_error();
	poller_done(&poller);
	return tap_done();
}
