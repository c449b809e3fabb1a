// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/measure.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

bool measure_read_number(const char *text, double *value, const char **rest)
{
	size_t len = strspn(text, "0123456789.");
	char digits[64], *end;
	if (len == 0 || len >= sizeof digits)
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	*value = strtod(digits, &end);
	*rest = text + len;
	return *end == '\0';
}

bool measure_read_count(const char *text, uint32_t least, uint32_t most, uint32_t *count,
                        const char **rest)
{
	double value = 0;
	size_t len = strspn(text, "0123456789");
	*rest = text + len;
	for (size_t i = 0; i < len; i++)
		value = value * 10 + (text[i] - '0');
	*count = value <= UINT32_MAX ? (uint32_t)value : 0;
	return len > 0 && value >= least && value <= most;
}

bool measure_parse_range(const char *text, uint32_t *first, uint32_t *last)
{
	const char *rest;
	if (!measure_read_count(text, 1, UINT32_MAX - 1, first, &rest))
		return false;
	*last = *first;
	return !*rest ||
	       (*rest == '-' && measure_read_count(rest + 1, *first, UINT32_MAX - 1, last, &rest) &&
	        !*rest);
}

bool measure_parse_rate(const char *text, uint64_t *rate)
{
	static const struct {
		const char *name;
		double factor;
	} units[] = { { "", 1 },    { "k", 1e3 },    { "M", 1e6 },    { "G", 1e9 },
		      { "bit", 1 }, { "kbit", 1e3 }, { "Mbit", 1e6 }, { "Gbit", 1e9 } };
	double value, bits = 0;
	const char *unit;
	if (!measure_read_number(text, &value, &unit))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcasecmp(unit, units[i].name) == 0)
			bits = value * units[i].factor;
	if (!(bits >= 1e3 && bits <= 1e11))
		return false;
	*rate = (uint64_t)(bits + 0.5);
	return true;
}

void measure_print_rate(uint64_t rate, struct buf *out)
{
	buf_printf(out, "%.12g%s",
	           (double)rate / (rate >= 1000000000 ? 1e9
	                           : rate >= 1000000  ? 1e6
	                                              : 1e3),
	           rate >= 1000000000 ? "G"
	           : rate >= 1000000  ? "M"
	                              : "k");
}

/* Digits, and an exponent of the base, 1000 or 1024. */
static const char size_units[] = "KMGTP";

bool measure_parse_size(const char *text, int64_t *bytes)
{
	const char *point, *unit;
	uint32_t ignored;
	double value;
	int64_t whole = 0, factor = 1;
	measure_read_count(text, 0, 0, &ignored, &point);
	if (point == text || (*point == '.' && !isdigit((unsigned char)point[1])) ||
	    !measure_read_number(text, &value, &unit))
		return false;
	for (const char *digit = text; digit < point; digit++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, *digit - '0', &whole))
			return false;
	const char *power = *unit ? strchr(size_units, toupper((unsigned char)*unit)) : NULL;
	bool binary = power && tolower((unsigned char)unit[1]) == 'i';
	unit += power ? 1 + binary : 0;
	unit += *unit == 'B' || *unit == 'b';
	for (; power && power >= size_units; power--)
		factor *= binary ? 1024 : 1000;
	if (*unit || value * (double)factor >= 9.2e18)
		return false;
	*bytes = *point == '.' ? (int64_t)(value * (double)factor + 0.5) : whole * factor;
	return true;
}

void measure_print_size(int64_t bytes, struct buf *out)
{
	int64_t base = bytes % 1000 == 0 ? 1000 : 1024, left = bytes;
	size_t power = 0;
	for (; left && left % base == 0 && power < sizeof size_units - 1; power++)
		left /= base;
	buf_printf(out, "%" PRId64, left);
	if (power)
		buf_printf(out, "%c%s", base == 1000 && power == 1 ? 'k' : size_units[power - 1],
		           base == 1024 ? "i" : "");
}

bool measure_parse_share(const char *text, uint32_t *parts)
{
	double percent;
	const char *unit;
	if (!measure_read_number(text, &percent, &unit) || strcmp(unit, "%") != 0 || percent > 100)
		return false;
	*parts = (uint32_t)(percent * MEASURE_MILLION / 100 + 0.5);
	*parts += !*parts && percent > 0;
	return true;
}

bool measure_parse_time(const char *text, int64_t *time)
{
	struct error ignored;
	size_t len = strlen(text);
	bool bare = len > 0 && strspn(text, "0123456789.") == len;
	return clock_parse_duration(text, time, &ignored) && *time <= 60 * CLOCK_S &&
	       (!bare || *time == 0);
}

void measure_print_time(int64_t time, struct buf *out)
{
	char text[32];
	int64_t unit = time >= CLOCK_S ? CLOCK_S : CLOCK_MS;
	int len = snprintf(text, sizeof text, "%" PRId64 ".%0*" PRId64, time / unit,
	                   unit == CLOCK_S ? 9 : 6, time % unit);
	while (text[len - 1] == '0')
		len--;
	len -= text[len - 1] == '.';
	buf_printf(out, "%.*s%s", len, text, unit == CLOCK_S ? "s" : "ms");
}
