// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/fault.h"

#include "base/clock.h"
#include "support/tap.h"

/* What has struck, one line each. */
static struct buf struck = { .max = SIZE_MAX };
static int strikes;

static void note(void *context, const char *text)
{
	(void)context;
	strikes++;
	buf_printf(&struck, "%s\n", text);
}

static const char *last_strike(void)
{
	static char line[FAULT_STRIKE];
	const char *text = buf_text(&struck), *at = text;
	for (const char *c = text; *c; c++)
		if (*c == '\n' && c[1])
			at = c + 1;
	snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
	return line;
}

static struct faults *with(enum fault_kind kind, const char *words)
{
	struct error error;
	struct faults *faults = faults_new(kind, true, note, NULL);
	if (!faults_set(faults, words, 0, &error)) {
		printf("# %s: %s\n", words, error.text);
		exit(1);
	}
	buf_clear(&struck);
	strikes = 0;
	return faults;
}

/* ---- words ---- */

/* One line after another; what is printed then, or the message. */
static const char *after(enum fault_kind kind, bool knows_rst, const char *const lines[])
{
	static char text[1024];
	struct error error = { 0 };
	struct buf out = { .max = SIZE_MAX };
	struct faults *faults = faults_new(kind, knows_rst, note, NULL);
	text[0] = '\0';
	for (; *lines; lines++)
		if (!faults_set(faults, *lines, 0, &error))
			snprintf(text, sizeof text, "! %s", error.text);
	if (!*text) {
		faults_print(faults, false, &out);
		snprintf(text, sizeof text, "%s", buf_text(&out));
		for (char *c = text; *c; c++)
			*c = *c == '\n' ? ';' : *c;
	}
	buf_free(&out);
	faults_free(faults);
	return text;
}

static void check_words(void)
{
	static const struct {
		enum fault_kind kind;
		const char *lines[4], *want;
	} cases[] = {
		{ FAULT_DATAGRAMS, { "" }, "" },
		{ FAULT_DATAGRAMS, { "loss 10%" }, "loss 10%;seed 1;" },
		{ FAULT_DATAGRAMS, { "drop 10%" }, "loss 10%;seed 1;" },
		{ FAULT_DATAGRAMS, { "loss 0.5% seed 7" }, "loss 0.5%;seed 7;" },
		{ FAULT_DATAGRAMS, { "loss 3" }, "loss 3;seed 1;" },
		{ FAULT_DATAGRAMS, { "out loss 3-5" }, "out loss 3-5;seed 1;" },
		{ FAULT_DATAGRAMS, { "loss 0%" }, "" },
		{ FAULT_DATAGRAMS, { "in loss 1% out loss 2%" }, "out loss 2%;in loss 1%;seed 1;" },
		{ FAULT_DATAGRAMS, { "loss 1%", "out loss off" }, "in loss 1%;seed 1;" },
		{ FAULT_DATAGRAMS, { "in loss 1%", "out delay 5ms", "off" }, "" },
		{ FAULT_DATAGRAMS, { "delay 50ms 10ms" }, "delay 50ms 10ms;seed 1;" },
		{ FAULT_DATAGRAMS, { "delay 50ms jitter 10ms" }, "delay 50ms 10ms;seed 1;" },
		{ FAULT_DATAGRAMS,
		  { "delay 50ms", "jitter 10ms", "jitter off" },
		  "delay 50ms;seed 1;" },
		{ FAULT_DATAGRAMS, { "delay 0" }, "" },
		{ FAULT_DATAGRAMS, { "delay 0.00001ms" }, "delay 0.00001ms;seed 1;" },
		{ FAULT_DATAGRAMS,
		  { "delay 59.123456789s 1000.0005ms" },
		  "delay 59.123456789s 1.0000005s;seed 1;" },
		{ FAULT_DATAGRAMS, { "loss 0.00001%" }, "loss 0.0001%;seed 1;" },
		{ FAULT_STREAMS, { "stall", "stall 0" }, "" },
		{ FAULT_STREAMS, { "coalesce 5ms", "coalesce 0" }, "" },
		{ FAULT_DATAGRAMS, { "rate 64k" }, "rate 64k;seed 1;" },
		{ FAULT_DATAGRAMS,
		  { "dup 1% reorder 2% corr 3%" },
		  "corrupt 3%;duplicate 1%;reorder 2%;seed 1;" },
		{ FAULT_STREAMS, { "stall" }, "stall;seed 1;" },
		{ FAULT_STREAMS, { "in stall 10s rate 8k" }, "in rate 8k;in stall 10s;seed 1;" },
		{ FAULT_STREAMS, { "coalesce 200ms" }, "coalesce 200ms;seed 1;" },
		{ FAULT_STREAMS, { "split 10" }, "split 10 1ms;seed 1;" },
		{ FAULT_STREAMS, { "split 10 5ms" }, "split 10 5ms;seed 1;" },
		{ FAULT_STREAMS, { "out cut 1000" }, "out cut 1000 rst;seed 1;" },
		{ FAULT_STREAMS, { "out cut 1000 fin" }, "out cut 1000 fin;seed 1;" },
		{ FAULT_LISTENER, { "close" }, "close fin;seed 1;" },
		{ FAULT_LISTENER, { "close rst" }, "close rst;seed 1;" },
		{ FAULT_LISTENER, { "refuse", "refuse off" }, "" },
		{ FAULT_LISTENER, { "refuse split 3 2ms" }, "split 3 2ms;refuse;seed 1;" },

		{ FAULT_DATAGRAMS,
		  { "loss" },
		  "! loss: a share like 10%, or which from now on: 3, or 3-5; or off" },
		{ FAULT_DATAGRAMS,
		  { "loss 101%" },
		  "! loss 101%: a share like 10%, or which from now on: 3, or 3-5; or off" },
		{ FAULT_DATAGRAMS,
		  { "loss 5-3" },
		  "! loss 5-3: a share like 10%, or which from now on: 3, or 3-5; or off" },
		{ FAULT_DATAGRAMS,
		  { "delay 50ms 60ms" },
		  "! delay 60ms: the variation is at most the delay" },
		{ FAULT_DATAGRAMS,
		  { "jitter 1ms" },
		  "! jitter 1ms: it varies a delay, by at most that: delay 50ms jitter 10ms" },
		{ FAULT_DATAGRAMS, { "in" }, "! in: then what happens there: delay, rate …" },
		{ FAULT_DATAGRAMS, { "seed x" }, "! seed: a number, 0 to 4294967295" },
		{ FAULT_DATAGRAMS,
		  { "split 3" },
		  "! split is for streams: each datagram is one call on both ends" },
		{ FAULT_STREAMS, { "refuse" }, "! refuse is for a listener" },
		{ FAULT_STREAMS,
		  { "loss 1%" },
		  "! loss is for datagrams: the segments of a stream are the kernel's; /sandbox on "
		  "and "
		  "/cable loss hit those" },
	};
	static const char *const no_rst[] = { "cut 5", NULL };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_text(after(cases[i].kind, true, cases[i].lines), cases[i].want,
		        cases[i].lines[0]);
	is_text(after(FAULT_STREAMS, false, no_rst), "! cut: UNIX knows no RST: fin", "of UNIX");
	struct error error;
	ok(faults_check("loss 1% split 3 refuse", &error), "a file is checked without a session");
	ok(faults_check("jitter 5ms", &error) && faults_check("jitter 1ms jitter 2ms", &error) &&
	           !faults_check("delay 1ms jitter 5ms", &error),
	   "of a delay that may be on by then");
	char huge[80];
	snprintf(huge, sizeof huge, "seed %070d", 1);
	ok(!faults_check(huge, &error), "a number that is too long to read is none");
	ok(!faults_check("loss 1% splitt", &error) && strstr(error.text, "splitt"),
	   "and a wrong word is found: %s", error.text);
	const enum fault_kind any = 0;
	ok(strstr(faults_expected("", any), "loss|") && strstr(faults_expected("in", any), "delay|"),
	   "a fault is expected");
	is_text(faults_expected("loss", any), "off", "a value, or off");
	ok(strncmp(faults_expected("cut 5", any), "fin|rst|", 8) == 0, "how it ends");
	is_text(faults_expected("", FAULT_DATAGRAMS),
	        "loss|corrupt|duplicate|delay|rate|reorder|jitter|in|out|both|seed|off|",
	        "those of datagrams");
	ok(!strstr(faults_expected("", FAULT_STREAMS), "refuse") &&
	           strstr(faults_expected("delay 5ms", FAULT_LISTENER), "cut|close|refuse"),
	   "a listener has more of them than a stream");
}

/* ---- chance ---- */

enum { MANY = 10000 };

/* Which of many datagrams come out: '.' for one, '2' for two, ' ' for none. */
static const char *fates(const char *words, enum fault_direction direction)
{
	static char texts[2][MANY + 1];
	static int which;
	char *text = texts[which ^= 1];
	struct faults *faults = with(FAULT_DATAGRAMS, words);
	for (int i = 0; i < MANY; i++) {
		const struct fault_datagram datagram = { .len = 4, .data = "abcd" };
		int count = 0;
		faults_pass(faults, direction, i, &datagram, "");
		while (faults_take(faults, direction, INT64_MAX - 1))
			count++;
		text[i] = " .2"[count];
	}
	text[MANY] = '\0';
	faults_free(faults);
	return text;
}

static int count_of(const char *text, char wanted)
{
	int count = 0;
	for (; *text; text++)
		count += *text == wanted;
	return count;
}

static void check_chance(void)
{
	const char *first = fates("loss 10% seed 7", FAULT_OUT);
	int lost = count_of(first, ' ');
	is_int(strikes, lost, "each loss is a strike");
	ok(lost > 850 && lost < 1150, "10%% of 10000 are lost: %d", lost);
	is_text(fates("loss 10% seed 7", FAULT_OUT), first, "the same seed, the same losses");
	is_text(fates("loss 10% duplicate 0% delay 5ms 5ms rate 1M seed 7", FAULT_OUT), first,
	        "whatever else is on");
	ok(strcmp(fates("loss 10% seed 8", FAULT_OUT), first) != 0, "another seed, others");
	first = fates("loss 10% seed 7", FAULT_OUT);
	ok(strcmp(fates("loss 10% seed 7", FAULT_IN), first) != 0, "another direction, others");
	int twice = count_of(fates("duplicate 30%", FAULT_IN), '2');
	ok(twice > 2750 && twice < 3250, "30%% of 10000 are doubled: %d", twice);
	is_int(count_of(fates("loss 100%", FAULT_IN), ' '), MANY, "100%% are all");
	const char *some = fates("loss 3-5", FAULT_OUT);
	ok(strncmp(some, "..   .", 6) == 0 && count_of(some, ' ') == 3, "the third to the fifth");

	/* the same on every machine: these numbers are part of what a seed means */
	char early[64] = "";
	first = fates("loss 25% seed 42", FAULT_OUT);
	for (int i = 0; i < 40; i++)
		if (first[i] == ' ')
			snprintf(early + strlen(early), sizeof early - strlen(early), "%d ", i + 1);
	is_text(early, "4 5 6 7 9 10 20 27 36 40 ", "which ones seed 42 loses of the first 40");
}

/* ---- datagrams ---- */

static void pass(struct faults *faults, enum fault_direction direction, int64_t now,
                 const char *text)
{
	const struct fault_datagram datagram = {
		.about = "at", .about_len = 2, .data = text, .len = strlen(text)
	};
	faults_pass(faults, direction, now, &datagram, "127.0.0.1:9");
}

/* All that is due, one after another. */
static const char *due(struct faults *faults, enum fault_direction direction, int64_t now)
{
	static char text[256];
	const struct fault_datagram *datagram;
	text[0] = '\0';
	while ((datagram = faults_take(faults, direction, now)))
		snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s%s ",
		         (int)datagram->len, datagram->data,
		         memcmp(datagram->about, "at", 2) == 0 ? "" : "?");
	return text;
}

static void check_datagrams(void)
{
	struct faults *faults = with(FAULT_DATAGRAMS, "delay 50ms");
	pass(faults, FAULT_OUT, 0, "one");
	pass(faults, FAULT_OUT, CLOCK_MS, "two");
	is_text(due(faults, FAULT_OUT, 49 * CLOCK_MS), "", "nothing before its time");
	is_int(faults_due(faults, FAULT_OUT), 50 * CLOCK_MS, "which is known");
	is_int(faults_held(faults, FAULT_OUT), 6, "6 bytes are held");
	is_text(due(faults, FAULT_OUT, 50 * CLOCK_MS), "one ", "then one");
	is_text(due(faults, FAULT_OUT, 51 * CLOCK_MS), "two ", "then the other");
	ok(faults_due(faults, FAULT_OUT) == INT64_MAX, "and nothing is due");
	is_text(last_strike(),
	        "fault out delay 50ms: datagram 2 of 3 bytes to 127.0.0.1:9 waits 50.0 ms",
	        "what has struck");
	struct error error;
	pass(faults, FAULT_IN, 0, "held");
	faults_set(faults, "in delay off", 0, &error);
	is_text(due(faults, FAULT_IN, 1), "held ", "what waited leaves when it is off");
	faults_free(faults);

	faults = with(FAULT_DATAGRAMS, "delay 50ms 50ms");
	int64_t previous = 0;
	bool ordered = true, varied = false;
	for (int i = 0; i < 200; i++) {
		pass(faults, FAULT_OUT, 0, "x");
		pass(faults, FAULT_OUT, 200 * CLOCK_MS * i, "y");
	}
	for (int64_t at; (at = faults_due(faults, FAULT_OUT)) != INT64_MAX;) {
		ordered = ordered && at >= previous;
		varied = varied || (at > previous && previous);
		previous = at;
		faults_take(faults, FAULT_OUT, at);
	}
	ok(ordered && varied, "a variation never changes the order");
	faults_free(faults);

	int64_t least = INT64_MAX, most = 0, sum = 0;
	faults = with(FAULT_DATAGRAMS, "in delay 50ms 10ms");
	for (int64_t i = 0; i < MANY; i++) {
		pass(faults, FAULT_IN, i * CLOCK_S, "x");
		int64_t waits = faults_due(faults, FAULT_IN) - i * CLOCK_S;
		least = waits < least ? waits : least;
		most = waits > most ? waits : most;
		sum += waits;
		faults_take(faults, FAULT_IN, (i + 1) * CLOCK_S);
	}
	ok(least >= 40 * CLOCK_MS && least < 41 * CLOCK_MS && most > 59 * CLOCK_MS &&
	           most <= 60 * CLOCK_MS,
	   "a variation has its limits: %.3f to %.3f ms", (double)least / CLOCK_MS,
	   (double)most / CLOCK_MS);
	ok(sum / MANY > 49 * CLOCK_MS && sum / MANY < 51 * CLOCK_MS, "and its middle: %.3f ms",
	   (double)sum / MANY / CLOCK_MS);
	faults_free(faults);

	faults = with(FAULT_DATAGRAMS, "rate 8k");
	for (int i = 0; i < 3; i++)
		pass(faults, FAULT_OUT, 0, "1234567890");
	is_text(due(faults, FAULT_OUT, 0), "1234567890 ", "the first leaves at once");
	is_int(faults_due(faults, FAULT_OUT), 10 * CLOCK_MS, "10 bytes take 10 ms at 8 kbit/s");
	is_text(due(faults, FAULT_OUT, 10 * CLOCK_MS), "1234567890 ", "then the second");
	is_int(faults_due(faults, FAULT_OUT), 20 * CLOCK_MS, "and the third");
	faults_free(faults);

	/* another setting in the middle: nothing is lost, and nothing passes what is held back */
	faults = with(FAULT_DATAGRAMS, "delay 50ms");
	pass(faults, FAULT_OUT, 0, "a");
	faults_set(faults, "delay 10ms", 0, &error);
	pass(faults, FAULT_OUT, 0, "b");
	is_text(due(faults, FAULT_OUT, 10 * CLOCK_MS), "", "a shorter delay passes nobody");
	is_text(due(faults, FAULT_OUT, 50 * CLOCK_MS), "a b ", "what waited before leaves first");
	faults_free(faults);

	faults = with(FAULT_DATAGRAMS, "rate 8k delay 50ms");
	for (int i = 0; i < 3; i++)
		pass(faults, FAULT_OUT, 0, "1234567890");
	faults_set(faults, "delay off", 0, &error);
	is_text(due(faults, FAULT_OUT, 9 * CLOCK_MS), "1234567890 ",
	        "without the delay the rate stays");
	faults_set(faults, "rate 80k", 9 * CLOCK_MS, &error);
	pass(faults, FAULT_OUT, 9 * CLOCK_MS, "new");
	is_text(due(faults, FAULT_OUT, 9 * CLOCK_MS), "1234567890 ", "another rate counts at once");
	is_int(faults_due(faults, FAULT_OUT), 10 * CLOCK_MS, "for what waited already");
	is_text(due(faults, FAULT_OUT, 11 * CLOCK_MS), "1234567890 new ", "and in order");
	faults_free(faults);

	faults = with(FAULT_DATAGRAMS, "duplicate 1 reorder 1");
	pass(faults, FAULT_OUT, 0, "a");
	pass(faults, FAULT_OUT, 0, "b");
	is_text(due(faults, FAULT_OUT, 0), "b a a ", "both copies are passed");
	faults_free(faults);

	faults = with(FAULT_DATAGRAMS, "reorder 1 delay 10ms");
	pass(faults, FAULT_OUT, 0, "a");
	faults_set(faults, "reorder off", 0, &error);
	is_text(due(faults, FAULT_OUT, 10 * CLOCK_MS), "a ",
	        "nobody waits to be passed when it is off");
	faults_free(faults);

	faults = with(FAULT_DATAGRAMS, "reorder 1 delay 500ms");
	pass(faults, FAULT_OUT, 0, "a");
	faults_set(faults, "delay off", 30 * CLOCK_MS, &error);
	is_text(due(faults, FAULT_OUT, FAULT_PASS - 1), "",
	        "without a delay it waits to be passed");
	is_text(due(faults, FAULT_OUT, FAULT_PASS), "a ", "but no longer than without one");
	faults_free(faults);
	faults = with(FAULT_DATAGRAMS, "rate 1k");
	pass(faults, FAULT_OUT, 0, "first of ten bytes");
	pass(faults, FAULT_OUT, 0, "b");
	faults_set(faults, "reorder 1", 0, &error);
	pass(faults, FAULT_OUT, 0, "c");
	faults_set(faults, "rate off", 30 * CLOCK_MS, &error);
	is_text(due(faults, FAULT_OUT, 30 * CLOCK_MS), "first of ten bytes b ",
	        "nor, without a rate, for the rate");
	is_text(due(faults, FAULT_OUT, FAULT_PASS), "c ", "that was");
	faults_free(faults);

	faults = with(FAULT_DATAGRAMS, "out reorder 2");
	for (int i = 0; i < 4; i++)
		pass(faults, FAULT_OUT, 0, (const char *[]){ "a", "b", "c", "d" }[i]);
	is_text(due(faults, FAULT_OUT, 0), "a c b d ", "the next one passes");
	ok(!faults_are_on(faults), "after it the fault is over");
	faults_free(faults);
	faults = with(FAULT_DATAGRAMS, "reorder 100%");
	pass(faults, FAULT_OUT, 0, "a");
	is_text(due(faults, FAULT_OUT, FAULT_PASS - 1), "", "without a next one it waits");
	is_text(due(faults, FAULT_OUT, FAULT_PASS), "a ", "100 ms");
	faults_free(faults);

	faults = with(FAULT_DATAGRAMS, "reorder 1 delay 10ms");
	pass(faults, FAULT_OUT, 0, "a");
	pass(faults, FAULT_OUT, 105 * CLOCK_MS, "b");
	is_text(due(faults, FAULT_OUT, 110 * CLOCK_MS), "a ",
	        "at most, also where the next one comes later by a delay");
	is_text(due(faults, FAULT_OUT, 115 * CLOCK_MS), "b ", "which comes when it is due");
	faults_free(faults);

	faults = with(FAULT_DATAGRAMS, "corrupt 1");
	pass(faults, FAULT_IN, 0, "aaaa");
	const struct fault_datagram *datagram = faults_take(faults, FAULT_IN, 0);
	int bits = 0;
	for (size_t i = 0; i < datagram->len; i++)
		bits += __builtin_popcount((unsigned char)datagram->data[i] ^ 'a');
	is_int(bits, 1, "one bit is flipped");
	ok(strstr(last_strike(), "it came as its call shows"), "which is said: %s", last_strike());
	pass(faults, FAULT_OUT, 0, "");
	is_text(due(faults, FAULT_OUT, 0), " ", "an empty one stays empty");
	faults_free(faults);

	faults = with(FAULT_DATAGRAMS, "loss 1");
	pass(faults, FAULT_IN, 0, "x");
	is_text(last_strike(),
	        "fault in loss 1: datagram 1 of 1 byte from 127.0.0.1:9 is dropped after it was "
	        "received",
	        "a loss after the call");
	faults_free(faults);

	static char big[60000];
	memset(big, 'x', sizeof big - 1);
	faults = with(FAULT_DATAGRAMS, "delay 60s");
	int taken = 0;
	for (; !faults_are_full(faults, FAULT_OUT) && taken < MANY; taken++)
		pass(faults, FAULT_OUT, 0, big);
	ok(taken >= 17 && taken <= 18, "1 MiB is held back, and one more: %d", taken);
	is_text(last_strike(),
	        "fault out: 1024 KiB of memory hold datagrams back: no more are taken until some "
	        "leave",
	        "which is said");
	faults_release(faults, FAULT_OUT);
	for (taken = 0; faults_take(faults, FAULT_OUT, 1); taken++)
		continue;
	ok(taken >= 17 && faults_held(faults, FAULT_OUT) == 0, "and all of it can leave");
	faults_free(faults);
}

/* ---- streams ---- */

/* Moves what may at each instant that is named; "0:10 50:20": that many bytes at that many ms. */
static const char *moves(struct faults *faults, enum fault_direction direction, size_t waiting,
                         int64_t until)
{
	static char text[512];
	int64_t now = 0;
	text[0] = '\0';
	while (waiting && now <= until && strlen(text) < sizeof text - 32) {
		size_t may = faults_may_move(faults, direction, now, waiting);
		if (may) {
			snprintf(text + strlen(text), sizeof text - strlen(text), "%lld:%zu ",
			         (long long)(now / CLOCK_MS), may);
			faults_moved(faults, direction, now, waiting, may);
			waiting -= may;
			if (faults_cut(faults, direction)) {
				snprintf(text + strlen(text), sizeof text - strlen(text), "cut");
				break;
			}
		} else if (faults_due(faults, direction) == INT64_MAX) {
			snprintf(text + strlen(text), sizeof text - strlen(text), "never");
			break;
		} else {
			now = faults_due(faults, direction);
		}
	}
	return text;
}

static const char *given(const char *words, size_t len)
{
	struct faults *faults = with(FAULT_STREAMS, words);
	faults_given(faults, 0, len);
	const char *text = moves(faults, FAULT_OUT, len, INT64_MAX - 1);
	faults_free(faults);
	return text;
}

static void check_streams(void)
{
	is_text(given("delay 50ms", 100), "50:100 ", "a delay");
	is_text(last_strike(), "fault out delay 50ms: 100 bytes wait 50.0 ms", "is said");
	given("delay 50ms", 1);
	is_text(last_strike(), "fault out delay 50ms: 1 byte waits 50.0 ms", "also of one byte");
	is_text(given("rate 8k", 25), "0:10 10:10 20:5 ", "a rate: in parts of 10 ms");
	struct faults *paced = with(FAULT_STREAMS, "out rate 8M");
	int64_t now = 0;
	for (size_t left = 1000000, may; left; left -= may) {
		may = faults_may_move(paced, FAULT_OUT, now, left);
		if (may)
			faults_moved(paced, FAULT_OUT, now, left, may);
		else
			now = faults_due(paced, FAULT_OUT) + 50 * CLOCK_MS; /* each turn comes late */
	}
	ok(now > 985 * CLOCK_MS && now < 1060 * CLOCK_MS, "1 MB at 8 Mbit/s takes 1 s: %.3f ms",
	   (double)now / CLOCK_MS);
	faults_free(paced);
	is_text(given("split 10 5ms", 25), "0:10 5:10 10:5 ", "parts");
	is_int(strikes, 1, "are said once");
	is_text(given("split 10 5ms delay 50ms", 25), "50:10 55:10 60:5 ", "both");
	is_text(given("coalesce 200ms", 25), "200:25 ", "waiting for more");
	is_text(given("stall", 25), "never", "a stall");
	is_text(given("stall 2s", 25), "2000:25 ", "that ends");
	is_text(given("cut 20", 25), "0:20 cut", "a cut is exact");
	is_text(given("split 8 1ms cut 20 fin", 25), "0:8 1:8 2:4 cut", "in parts, too");
	is_text(last_strike(), "fault out cut 20 fin: closes our side by shutdown() after 20 bytes",
	        "and says how");

	struct faults *faults = with(FAULT_STREAMS, "out delay 50ms");
	faults_given(faults, 0, 10);
	faults_given(faults, 20 * CLOCK_MS, 5);
	is_text(moves(faults, FAULT_OUT, 18, INT64_MAX - 1), "0:3 50:10 70:5 ",
	        "what waited before leaves at once, and each piece has its time");
	faults_given(faults, 0, 10);
	struct error error;
	faults_set(faults, "delay off", 0, &error);
	is_text(moves(faults, FAULT_OUT, 10, 0), "0:10 ", "when it is off nothing waits");
	faults_free(faults);

	faults = with(FAULT_STREAMS, "in delay 50ms");
	is_text(moves(faults, FAULT_IN, 10, INT64_MAX - 1), "50:10 ", "recv() waits");
	is_text(last_strike(), "fault in delay 50ms: recv() waits 50.0 ms", "which is said");
	is_int(faults_may_move(faults, FAULT_OUT, 0, 10), 10, "and send() does not");
	faults_free(faults);
	faults = with(FAULT_STREAMS, "in cut 0 rst");
	ok(faults_cut(faults, FAULT_IN) == FAULT_RST && !faults_cut(faults, FAULT_IN),
	   "a cut before the first byte, once");
	faults_free(faults);
}

/* ---- listeners ---- */

static void check_listener(void)
{
	struct error error;
	struct buf first = { .max = SIZE_MAX }, second = { .max = SIZE_MAX };
	struct faults *listener = with(FAULT_LISTENER, "delay 50ms 50ms refuse seed 3");
	struct faults *clients[2];
	ok(faults_refuse(listener) && !faults_accepted(listener), "it refuses");
	for (int i = 0; i < 2; i++)
		clients[i] = faults_for_client(listener, 0, note, NULL);
	faults_print(clients[0], false, &first);
	faults_print(clients[1], false, &second);
	ok(strncmp(buf_text(&first), "delay 50ms 50ms\nseed ", 21) == 0,
	   "a client has what is for streams: %s", buf_text(&first));
	ok(strcmp(buf_text(&first), buf_text(&second)) != 0, "each with a seed of its own");
	faults_set(listener, "close split 3 seed 3", 0, &error);
	faults_set_client(clients[0], listener, "close split 3 seed 3", 0);
	buf_clear(&second);
	faults_print(clients[0], false, &second);
	ok(strstr(buf_text(&second), "split 3 1ms\n") && !strstr(buf_text(&second), "close"),
	   "a client follows");
	is_text(strstr(buf_text(&second), "seed"), strstr(buf_text(&first), "seed"),
	        "the same seed of the listener, the same of its first client");
	ok(faults_accepted(listener) == FAULT_FIN, "a client is closed");
	ok(faults_are_inherited(clients[0]), "these are its listener's");
	faults_set(clients[0], "in delay 5ms", 0, &error);
	ok(!faults_are_inherited(clients[0]), "and others its own");
	faults_set(listener, "off cut 5", 0, &error);
	for (int i = 0; i < 2; i++) {
		faults_set_client(clients[i], listener, "off cut 5", 0);
		faults_moved(clients[i], FAULT_OUT, 0, 5, 5);
		faults_cut(clients[i], FAULT_OUT);
		faults_free(clients[i]);
	}
	buf_clear(&second);
	faults_print(listener, true, &second);
	is_text(buf_text(&second), "cut 5 rst: has acted 2 times\nseed 3\n",
	        "what has struck its clients counts, when they are gone, too");
	faults_free(listener);
	buf_free(&first);
	buf_free(&second);
}

int main(void)
{
	tap_watchdog(30);
	check_words();
	check_chance();
	check_datagrams();
	check_streams();
	check_listener();
	buf_free(&struck);
	return tap_done();
}
