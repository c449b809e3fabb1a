// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef CLOCK_BOOTTIME
#define STEADY_CLOCK CLOCK_BOOTTIME
#else
#define STEADY_CLOCK CLOCK_MONOTONIC
#endif

static int64_t read_clock(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * CLOCK_S + now.tv_nsec;
}

int64_t clock_now(void)
{
	return read_clock(STEADY_CLOCK);
}

int64_t clock_wall(int64_t instant)
{
	static int64_t difference; /* a constant of the run, once known */
	if (!difference)
		difference = read_clock(CLOCK_REALTIME) - clock_now();
	return instant + difference;
}

int64_t clock_from_us(uint64_t us)
{
	return us > (uint64_t)(INT64_MAX / CLOCK_US) ? INT64_MAX : (int64_t)us * CLOCK_US;
}

static struct tm local_time(int64_t wall)
{
	struct tm parts;
	time_t seconds = (time_t)(wall / CLOCK_S);
	if (wall < 0 || !localtime_r(&seconds, &parts))
		memset(&parts, 0, sizeof parts);
	return parts;
}

const char *clock_format_time(int64_t instant, bool short_form, char out[CLOCK_TEXT])
{
	int64_t wall = clock_wall(instant);
	struct tm parts = local_time(wall);
	int len = snprintf(out, CLOCK_TEXT, "%02d:%02d:%02d", parts.tm_hour % 24, parts.tm_min % 60,
	                   parts.tm_sec % 61);
	if (!short_form && len > 0)
		snprintf(out + len, CLOCK_TEXT - (size_t)len, ".%03d",
		         (int)(wall % CLOCK_S / CLOCK_MS));
	return out;
}

struct tm clock_local(int64_t instant)
{
	return local_time(clock_wall(instant));
}

static void fill_stamp(struct clock_stamp *cache, int64_t second)
{
	const struct tm parts = local_time(second * CLOCK_S);
	cache->second = second;
	strftime(cache->date, sizeof cache->date, "%Y-%m-%dT%H:%M:%S", &parts);
	long minutes = parts.tm_gmtoff / 60, whole = labs(minutes);
	snprintf(cache->zone, sizeof cache->zone, "%c%02ld:%02ld", minutes < 0 ? '-' : '+',
	         whole / 60 % 100, whole % 60);
}

size_t clock_format_stamp(struct clock_stamp *cache, int64_t instant, int digits,
                          char out[CLOCK_STAMP])
{
	int64_t wall = clock_wall(instant) < 0 ? 0 : clock_wall(instant);
	int64_t second = wall / CLOCK_S, rest = wall % CLOCK_S;
	if (second != cache->second || !cache->date[0])
		fill_stamp(cache, second);
	size_t date = strlen(cache->date), zone = strlen(cache->zone);
	memcpy(out, cache->date, date);
	out[date] = '.';
	char *digit = out + date + 9;
	for (int i = 0; i < 9; i++, rest /= 10)
		*digit-- = (char)('0' + rest % 10);
	char *end = out + date + (digits > 0 ? 1 + digits : 0);
	memcpy(end, cache->zone, zone + 1);
	return (size_t)(end - out) + zone;
}

const char *clock_format_duration(int64_t duration, char out[CLOCK_TEXT])
{
	double ms = (double)(duration < 0 ? 0 : duration) / (double)CLOCK_MS;
	int64_t seconds = (duration < 0 ? 0 : duration) / CLOCK_S;
	if (ms < 0.095)
		snprintf(out, CLOCK_TEXT, "%.2f ms", ms);
	else if (ms < 99.95)
		snprintf(out, CLOCK_TEXT, "%.1f ms", ms);
	else if (ms < 999.5)
		snprintf(out, CLOCK_TEXT, "%.0f ms", ms);
	else if (seconds < 60)
		snprintf(out, CLOCK_TEXT, "%.1f s", ms / 1000);
	else if (seconds < 3600)
		snprintf(out, CLOCK_TEXT, "%" PRId64 " min %" PRId64 " s", seconds / 60,
		         seconds % 60);
	else
		snprintf(out, CLOCK_TEXT, "%" PRId64 " h %" PRId64 " min", seconds / 3600,
		         seconds / 60 % 60);
	return out;
}

static bool unit_of(const char *text, double *unit)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = { { "", CLOCK_S },
		      { "ms", CLOCK_MS },
		      { "s", CLOCK_S },
		      { "m", 60 * CLOCK_S },
		      { "h", 3600 * CLOCK_S } };
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(text, units[i].name) == 0) {
			*unit = (double)units[i].ns;
			return true;
		}
	return false;
}

/* strtod() also takes "inf", "nan", "0x10" and blanks in front: what is not written in these is
 * none of ours. */
static bool plain_number(const char *text, double *value, const char **end)
{
	size_t len = strspn(text, "0123456789.");
	char digits[32];
	if (len == 0 || len >= sizeof digits)
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	char *rest;
	*value = strtod(digits, &rest);
	*end = text + len;
	return *rest == '\0';
}

bool clock_parse_duration(const char *text, int64_t *duration, struct error *error)
{
	double value, unit;
	const char *rest;
	if (!plain_number(text, &value, &rest) || !unit_of(rest, &unit)) {
		error_usage(error, "not a time: %.40s (like 500ms, 3, 1.5s, 2m, 1h)", text);
		return false;
	}
	double ns = value * unit;
	if (!(ns <= 365.0 * 24 * 3600 * (double)CLOCK_S)) {
		error_usage(error, "too long a time: %.40s (at most a year, 8760h)", text);
		return false;
	}
	*duration = (int64_t)(ns + 0.5);
	return true;
}
