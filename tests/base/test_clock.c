// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"

#include <time.h>

#include "support/tap.h"

static void reads_durations(void)
{
	static const struct {
		const char *text;
		int64_t ns;
	} good[] = {
		{ "3", 3 * CLOCK_S },
		{ "0", 0 },
		{ "250ms", 250 * CLOCK_MS },
		{ "1.5s", 1500 * CLOCK_MS },
		{ "2m", 120 * CLOCK_S },
		{ "1h", 3600 * CLOCK_S },
		{ "0.001", CLOCK_MS },
		{ ".5", 500 * CLOCK_MS },
		{ "8760h", 8760 * 3600 * CLOCK_S },
	};
	static const char *const bad[] = { "",      "s",
		                           "ms",    "-1",
		                           "+1",    " 1",
		                           "1 s",   "1d",
		                           "0x10",  "inf",
		                           "nan",   "1e3",
		                           "1..2",  ".",
		                           "8761h", "99999999999999999999999999",
		                           "1ss",   "0000000000000000000000000000000000001" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct error error;
		int64_t ns = -1;
		ok(clock_parse_duration(good[i].text, &ns, &error) && ns == good[i].ns,
		   "%s is a duration", good[i].text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error error = { .text = "" };
		int64_t ns = -1;
		ok(!clock_parse_duration(bad[i], &ns, &error) && ns == -1 && error.text[0] &&
		           !strchr(error.text, '\n'),
		   "'%s' is none, and one line says so", bad[i]);
	}
}

static void writes_durations(void)
{
	static const struct {
		int64_t ns;
		const char *text;
	} table[] = {
		{ 0, "0.00 ms" },
		{ 20 * CLOCK_US, "0.02 ms" },
		{ 200 * CLOCK_US, "0.2 ms" },
		{ 41300 * CLOCK_US, "41.3 ms" },
		{ 149 * CLOCK_MS, "149 ms" },
		{ 3200 * CLOCK_MS, "3.2 s" },
		{ 125 * CLOCK_S, "2 min 5 s" },
		{ 7260 * CLOCK_S, "2 h 1 min" },
		{ -5, "0.00 ms" },
		{ INT64_MAX, "2562047 h 47 min" },
	};
	char out[CLOCK_TEXT];
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		is_text(clock_format_duration(table[i].ns, out), table[i].text, table[i].text);
}

static void formats_times(void)
{
	setenv("TZ", "UTC0", 1);
	tzset();
	int64_t now = clock_now();
	int64_t offset = clock_wall(now) - now;
	int64_t instant = (21 * 3600 + 4 * 60 + 7) * CLOCK_S + 120 * CLOCK_MS - offset;
	char out[CLOCK_TEXT];
	is_text(clock_format_time(instant, false, out), "21:04:07.120", "with milliseconds");
	is_text(clock_format_time(instant, true, out), "21:04:07", "without");
	is_int(clock_wall(now + 5) - clock_wall(now), 5,
	       "wall time goes on as the steady clock does");
	long long difference = (long long)clock_wall(clock_now()) / CLOCK_S - (long long)time(NULL);
	ok(difference >= -2 && difference <= 2, "and agrees with time(2)");
	ok(clock_now() >= now, "the steady clock does not go back");
}

static void converts_microseconds(void)
{
	ok(clock_from_us(0) == 0 && clock_from_us(3) == 3 * CLOCK_US, "microseconds");
	ok(clock_from_us(UINT64_MAX) == INT64_MAX, "more than can be are the most that can be");
}

int main(void)
{
	tap_watchdog(30);
	reads_durations();
	writes_durations();
	formats_times();
	converts_microseconds();
	return tap_done();
}
