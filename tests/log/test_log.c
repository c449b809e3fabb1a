// SPDX-License-Identifier: GPL-3.0-or-later
/* Logs that follow a transcript: nothing of it is evicted unwritten, sessions are held while a file takes
 * nothing, and each log has what is its. */
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/sessions.h"
#include "support/tap.h"

enum { BLOCK = 4096, SMALLEST = 3 * BLOCK };

static struct poller poller;
static struct transcript *transcript;
static struct sessions *sessions;
static struct logs *logs;
static struct error over;
static int overs;

static void on_over(void *context, const char *path, uint64_t written, const struct error *error)
{
	(void)context;
	(void)path;
	(void)written;
	over = error ? *error : (struct error){ .text = "well" };
	overs++;
}

static void begin(void)
{
	const struct logs_hooks hooks = { .over = on_over };
	transcript = transcript_new(SMALLEST, BLOCK);
	sessions = sessions_new(transcript);
	logs = logs_new(transcript, sessions, &hooks);
	overs = 0;
}

static void end(void)
{
	logs_free(logs);
	sessions_free(sessions);
	transcript_free(transcript);
}

static void receive(uint32_t session, const char *bytes, size_t len)
{
	struct entry entry = { .time = clock_now(), .session = session, .fd = 5, .call = CALL_RECV };
	transcript_append(transcript, &entry, NULL, bytes, len);
}

static bool open_log(const char *path, const char *format, uint32_t session, bool past)
{
	struct error error;
	struct log_request request = {
		.path = path,
		.format = log_format_choose(format, &error),
		.session = session,
		.past = past,
	};
	bool good = logs_open(logs, &request, &error);
	if (!good)
		printf("# %s\n", error.text);
	return good;
}

static void turn(void)
{
	poller_reset(&poller);
	logs_feed(logs);
	logs_prepare(logs, &poller);
	poller_wake_at(&poller, clock_now() + CLOCK_S);
	poller_wait(&poller);
	logs_serve(logs, &poller);
}

static bool read_all(const char *path, struct buf *out)
{
	char bytes[4096];
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	buf_clear(out);
	while (fd >= 0 && (len = read(fd, bytes, sizeof bytes)) > 0)
		buf_append(out, bytes, (size_t)len);
	close(fd);
	return fd >= 0;
}

/* More than the transcript holds, in one turn. */
static void test_eviction(void)
{
	struct error error;
	struct buf want = { .max = SIZE_MAX }, got = { .max = SIZE_MAX };
	char line[64];
	begin();
	ok(open_log("all.raw-in", "raw-in", 3, true), "a log");
	for (int i = 0; i < 2000; i++) {
		int len = snprintf(line, sizeof line, "this is line number %d\n", i);
		buf_append(&want, line, (size_t)len);
		receive(3, line, (size_t)len);
		receive(4, "not this\n", 9);
	}
	ok(transcript_lost(transcript).entries > 2000, "most has been evicted");
	ok(logs_drain(logs, &poller, &error), "it is written");
	read_all("all.raw-in", &got);
	ok(got.len == want.len && memcmp(buf_data(&got), buf_data(&want), got.len) == 0,
	   "and nothing of it is missing");
	is_int(overs, 1, "its end is reported");
	end();
	buf_free(&want);
	buf_free(&got);
}

static void test_hold(void)
{
	int ends[2];
	char path[32], bytes[4000], taken[65536];
	struct error error;
	begin();
	ok(pipe(ends) == 0, "a pipe that nobody reads");
	snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
	ok(open_log(path, "raw-in", 3, false), "is a log");
	close(ends[1]);
	memset(bytes, 'x', sizeof bytes);
	uint64_t sent = 0, got = 0;
	logs_feed(logs);
	while (!logs_hold(logs, 3) && sent < 4 * LOG_PENDING) {
		receive(3, bytes, sizeof bytes);
		sent += sizeof bytes;
		logs_feed(logs);
	}
	ok(sent >= LOG_PENDING && sent < 2 * LOG_PENDING, "its session is held when 8 MiB are pending");
	ok(!logs_hold(logs, 4) && logs_are_behind(logs), "and no other");
	ok(logs_report(logs, 0).pending >= LOG_PENDING - sizeof taken,
	   "the report says how many, but for what the pipe has just taken");
	while (logs_are_behind(logs) && got < sent) {
		ssize_t len = read(ends[0], taken, sizeof taken);
		got += len > 0 ? (uint64_t)len : 0;
		logs_feed(logs);
	}
	ok(!logs_hold(logs, 3) && got < sent, "it goes on before all is written");
	logs_close(logs, NULL);
	turn();
	for (ssize_t len; (len = read(ends[0], taken, sizeof taken)) > 0;)
		got += (uint64_t)len;
	is_int((long long)got, (long long)sent, "at the end all has come");
	close(ends[0]);
	ok(logs_drain(logs, &poller, &error), "nothing is left");
	end();
}

static void test_past(void)
{
	struct error error;
	struct buf got = { .max = SIZE_MAX };
	begin();
	receive(3, "old\n", 4);
	receive(4, "hidden\n", 7);
	transcript_hide(transcript, 4);
	ok(open_log("past.log", "text", 0, true), "a log with the past");
	ok(open_log("now.log", "text", 0, false), "and one without");
	receive(3, "new\n", 4);
	ok(logs_drain(logs, &poller, &error), "are written");
	read_all("past.log", &got);
	const char *text = buf_text(&got);
	ok(strstr(text, " < old\n") && strstr(text, " < new\n"), "the one has what was there");
	ok(!strstr(text, "hidden"), "but not what is hidden");
	read_all("now.log", &got);
	text = buf_text(&got);
	ok(!strstr(text, " < old\n") && strstr(text, " < new\n"), "the other has not");
	end();
	begin();
	for (int i = 0; i < 1000; i++)
		receive(3, "filling the transcript up\n", 26);
	ok(open_log("missed.log", "text", 0, true), "a log that comes late");
	ok(logs_drain(logs, &poller, &error), "is written");
	read_all("missed.log", &got);
	ok(strstr(buf_text(&got), "were no longer in memory\n"), "and says what it missed");
	end();
	buf_free(&got);
}

static void test_failure(void)
{
	struct error error;
	begin();
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	char path[32];
	snprintf(path, sizeof path, "/dev/fd/%d", fd);
	if (fd < 0 || !open_log(path, "text", 0, true)) {
		tap_skip("no /dev/full here");
		end();
		return;
	}
	close(fd);
	int64_t limit = clock_now() + 20 * CLOCK_S;
	while (!overs && clock_now() < limit)
		turn();
	is_int(overs, 1, "a log that cannot be written is over");
	ok(strstr(over.text, "no space left on device"), "and says why");
	is_int((long long)logs_count(logs), 0, "it is closed");
	receive(3, "on\n", 3);
	ok(logs_drain(logs, &poller, &error), "and all goes on");
	end();
}

/* Processor time, as others may run. */
static double cost_of(uint32_t logs_count, uint32_t first)
{
	enum { ENTRIES = 40000, BETWEEN = 1000 };
	struct error error;
	struct timespec before, after;
	char path[32];
	transcript = transcript_new(8 << 20, 1 << 20);
	sessions = sessions_new(transcript);
	logs = logs_new(transcript, sessions, &(struct logs_hooks){ 0 });
	for (uint32_t i = 0; i < logs_count; i++) {
		snprintf(path, sizeof path, "many%u.log", (unsigned)i);
		if (!open_log(path, "raw-in", first + i, true))
			return 0;
		receive(first + i, "hello\n", 6);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	for (int i = 0; i < ENTRIES; i++) {
		receive(3, "the only one that talks\n", 24);
		if (i % BETWEEN == 0)
			logs_feed(logs);
	}
	logs_feed(logs);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	logs_drain(logs, &poller, &error);
	for (uint32_t i = 0; i < logs_count; i++) {
		snprintf(path, sizeof path, "many%u.log", (unsigned)i);
		unlink(path);
	}
	end();
	return (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec);
}

static void test_many(void)
{
	double alone = cost_of(1, 3), beside = cost_of(300, 4);
	printf("# %.4f s for a log of the session, %.4f s for 300 logs of others\n", alone, beside);
	ok(alone > 0 && beside < 10 * alone, "logs of sessions in which nothing happens cost next to nothing");
}

/* In one log of a session all its entries, each once and in order, however far they are apart. */
static void test_apart(void)
{
	struct error error;
	struct buf want = { .max = SIZE_MAX }, got = { .max = SIZE_MAX };
	char line[32];
	begin();
	receive(3, "before\n", 7);
	receive(4, "other\n", 6);
	ok(open_log("whole", "raw-in", 3, true) && open_log("rest", "raw-in", 3, false),
	   "a log of a session with its past, and one without");
	for (int i = 0; i < 3000; i++) {
		int len = snprintf(line, sizeof line, "line %d\n", i);
		bool ours = i % 500 == 0 || i > 2900;
		receive(ours ? 3 : 4, line, (size_t)len);
		if (ours)
			buf_append(&want, line, (size_t)len);
		if (i % 7 == 0)
			logs_feed(logs);
	}
	ok(logs_drain(logs, &poller, &error), "they are written");
	read_all("rest", &got);
	is_text(buf_text(&got), buf_text(&want), "what came from then on, also after its last entry was evicted");
	read_all("whole", &got);
	ok(got.len == want.len + 7 && strncmp(buf_text(&got), "before\n", 7) == 0, "and before that the past");
	end();
	buf_free(&want);
	buf_free(&got);
}

int main(void)
{
	char directory[] = "/tmp/test_log.XXXXXX";
	if (!mkdtemp(directory) || chdir(directory) < 0)
		return 99;
	poller_init(&poller);
	test_eviction();
	test_hold();
	test_past();
	test_many();
	test_apart();
	test_failure();
	poller_done(&poller);
	static const char *const files[] = { "all.raw-in", "past.log", "now.log", "missed.log",
		                           "whole",      "rest" };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		unlink(files[i]);
	if (chdir("/") == 0)
		rmdir(directory);
	return tap_done();
}
