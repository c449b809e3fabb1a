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
	is_text(count_format_bytes(0, out), "0 bytes", "none");
	is_text(count_format_bytes(1, out), "1 byte", "one");
	is_text(count_format_bytes(9999, out), "9999 bytes", "many");
	is_text(count_format_bytes(3000000, out), "3.0 MB", "very many");
	is_text(count_format_unit(1, "B", out), "1 B", "one in few columns");
	is_text(count_format_unit(1048576, "B/s", out), "1.0 MB/s", "a rate");
	is_text(count_format_unit(UINT64_MAX, "B/s", out), "18.4 EB/s", "the largest");
	is_text(count_plural(1), "", "one has no s");
	is_text(count_plural(0), "s", "none has");
	return tap_done();
}
