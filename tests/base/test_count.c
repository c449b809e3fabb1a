// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/count.h"

#include "support/tap.h"

int main(void)
{
	tap_watchdog(30);
	static const struct {
		uint64_t count;
		const char *want;
	} cases[] = {
		{ 0, "0" },
		{ 15, "15" },
		{ 9999, "9999" },
		{ 10000, "10.0k" },
		{ 12345, "12.3k" },
		{ 99949, "99.9k" },
		{ 99950, "100k" },
		{ 999499, "999k" },
		{ 999500, "1.0M" },
		{ 1234567, "1.2M" },
		{ 123456789, "123M" },
		{ 999999999, "1.0G" },
		{ UINT64_MAX, "18.4E" },
	};
	char out[COUNT_TEXT];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_text(count_format(cases[i].count, out), cases[i].want, cases[i].want);
	is_text(count_format_unit(9999, "B", out), "9999 B", "with a unit");
	is_text(count_format_unit(3000000, "B", out), "3.0 MB", "with a prefix");
	is_text(count_format_unit(UINT64_MAX, "B/s", out), "18.4 EB/s", "of any length");
	return tap_done();
}
