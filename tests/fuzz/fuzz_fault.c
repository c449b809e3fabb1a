// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes fault.h. The input is a letter, for what they are, and a line of words for /fault; then a row
 * of steps, two bytes each: a datagram or bytes of a stream, an instant, or more words, up to the next
 * line feed. Whatever the words are: what has not been lost by a strike comes out, with the bytes it
 * had but for one bit that a strike names, and nothing passes what no strike lets be passed. */
#include "net/fault.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MOST = 2000, BYTES_MOST = 255 };

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What the strikes have said of the present datagram. */
struct said {
	bool lost, twice, waits, corrupt;
};

struct run {
	struct faults *faults;
	struct said said;
	int64_t now;
	unsigned passed[FAULT_DIRECTIONS], latest[FAULT_DIRECTIONS];
	long expected[FAULT_DIRECTIONS]; /* datagrams that are yet to come out */
	size_t waiting[FAULT_DIRECTIONS]; /* bytes of a stream */
	struct said about[FAULT_DIRECTIONS][STEPS_MOST + 1]; /* a datagram of this number */
};

static void strike(void *context, const char *text)
{
	struct run *run = context;
	require(strncmp(text, "fault ", 6) == 0 && strlen(text) < FAULT_STRIKE);
	run->said.lost = run->said.lost || strstr(text, " is not sent") || strstr(text, " is dropped");
	run->said.twice = run->said.twice || strstr(text, " twice") || strstr(text, " as two");
	run->said.waits = run->said.waits || strstr(text, " to pass it");
	run->said.corrupt = run->said.corrupt || strstr(text, " flipped");
}

/* What is printed is read, and is printed in the same way again. */
static void check_printing(const struct faults *faults, enum fault_kind kind)
{
	struct buf first = { .max = SIZE_MAX }, second = { .max = SIZE_MAX };
	struct error error;
	struct run run = { .faults = faults_new(kind, true, strike, &run) };
	faults_print(faults, false, &first);
	char *lines = xstrdup(buf_text(&first)), *line = lines;
	for (char *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		require(faults_check(line, &error));
		require(faults_set(run.faults, line, 0, &error));
	}
	faults_print(run.faults, false, &second);
	require(strcmp(buf_text(&first), buf_text(&second)) == 0);
	faults_free(run.faults);
	free(lines);
	buf_free(&first);
	buf_free(&second);
}

/* Words up to the next line feed; gives where they end. */
static size_t set(struct run *run, enum fault_kind kind, const uint8_t *data, size_t size)
{
	struct error error = { 0 };
	size_t len = 0;
	while (len < size && data[len] != '\n')
		len++;
	char *words = xstrndup((const char *)data, len);
	bool taken = faults_set(run->faults, words, run->now, &error);
	require(taken || error.text[0]);
	require(!taken || faults_check(words, &error));
	require(faults_expected(words, kind) != NULL);
	check_printing(run->faults, kind);
	free(words);
	return len + (len < size);
}

/* ---- datagrams ---- */

static void pass(struct run *run, enum fault_direction direction, size_t len)
{
	char bytes[BYTES_MOST];
	unsigned number = ++run->passed[direction];
	memset(bytes, (int)number, len);
	struct fault_datagram datagram = {
		.about = (const char *)&number, .about_len = sizeof number, .data = bytes, .len = len
	};
	run->said = (struct said){ 0 };
	faults_pass(run->faults, direction, run->now, &datagram, "peer");
	run->about[direction][number] = run->said;
	run->expected[direction] += run->said.lost ? 0 : run->said.twice ? 2 : 1;
}

static void take(struct run *run, enum fault_direction direction)
{
	const struct fault_datagram *datagram;
	while ((datagram = faults_take(run->faults, direction, run->now))) {
		unsigned number;
		int bits = 0;
		require(datagram->about_len == sizeof number);
		memcpy(&number, datagram->about, sizeof number);
		const struct said *said = &run->about[direction][number];
		for (size_t i = 0; i < datagram->len; i++)
			bits += __builtin_popcount((unsigned)(uint8_t)datagram->data[i] ^
			                           (uint8_t)number);
		require(bits == said->corrupt);
		require(number >= run->latest[direction] || said->waits);
		if (!said->waits)
			run->latest[direction] = number;
		require(run->expected[direction]-- > 0);
	}
}

static void step_datagrams(struct run *run, uint8_t what, uint8_t value)
{
	enum fault_direction direction = what & 1 ? FAULT_IN : FAULT_OUT;
	if (what & 2)
		run->now += value * CLOCK_MS;
	else if (!faults_are_full(run->faults, direction))
		pass(run, direction, value);
	take(run, direction);
}

/* Nothing stays for ever. */
static void end_datagrams(struct run *run)
{
	for (enum fault_direction i = FAULT_OUT; i < FAULT_DIRECTIONS; i++) {
		for (int64_t due; (due = faults_due(run->faults, i)) != INT64_MAX;) {
			run->now = due > run->now ? due : run->now;
			take(run, i);
		}
		require(run->expected[i] == 0 && faults_held(run->faults, i) == 0);
	}
}

/* ---- streams ---- */

static bool move(struct run *run, enum fault_direction direction)
{
	size_t waiting = run->waiting[direction];
	if (!waiting || faults_cut(run->faults, direction))
		return false;
	size_t may = faults_may_move(run->faults, direction, run->now, waiting);
	int64_t due = faults_due(run->faults, direction);
	require(may <= waiting);
	require(may ? due == 0 : due > run->now || due == 0);
	if (!may)
		return due != 0 && due != INT64_MAX;
	faults_moved(run->faults, direction, run->now, waiting, may);
	run->waiting[direction] -= may;
	return true;
}

static void step_stream(struct run *run, uint8_t what, uint8_t value)
{
	enum fault_direction direction = what & 1 ? FAULT_IN : FAULT_OUT;
	if (what & 2) {
		run->now += value * CLOCK_MS;
	} else {
		run->waiting[direction] += value;
		if (direction == FAULT_OUT && value)
			faults_given(run->faults, run->now, value);
	}
	move(run, direction);
}

/* All moves at last, but where a stall has no end, or the stream is cut. */
static void end_stream(struct run *run)
{
	for (enum fault_direction i = FAULT_OUT; i < FAULT_DIRECTIONS; i++)
		for (int turns = 0; turns < 100000 && move(run, i); turns++) {
			int64_t due = faults_due(run->faults, i);
			run->now = due > run->now ? due : run->now;
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum fault_kind kinds[] = { FAULT_DATAGRAMS, FAULT_STREAMS, FAULT_LISTENER };
	if (!size)
		return 0;
	enum fault_kind kind = kinds[*data % 3];
	struct run *run = xcalloc(1, sizeof *run);
	run->now = CLOCK_S;
	run->faults = faults_new(kind, *data % 2, strike, run);
	data++;
	size--;
	size_t len = set(run, kind, data, size);
	for (int steps = 0; steps < STEPS_MOST && size - len >= 2; steps++) {
		uint8_t what = data[len], value = data[len + 1];
		len += 2;
		if (what & 4)
			len += set(run, kind, data + len, size - len);
		else if (kind == FAULT_DATAGRAMS)
			step_datagrams(run, what, value);
		else if (kind == FAULT_STREAMS)
			step_stream(run, what, value);
	}
	if (kind == FAULT_DATAGRAMS)
		end_datagrams(run);
	else if (kind == FAULT_STREAMS)
		end_stream(run);
	faults_free(run->faults);
	free(run);
	return 0;
}
