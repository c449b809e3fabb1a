// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/locale.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>

#include "support/tap.h"

/* Variables that are NULL are unset. */
static void chooses(const char *all, const char *ctype, const char *lang, const char *want,
                    const char *name)
{
	const struct {
		const char *variable, *value;
	} environment[] = { { "LC_ALL", all }, { "LC_CTYPE", ctype }, { "LANG", lang } };
	for (size_t i = 0; i < sizeof environment / sizeof *environment; i++)
		if (environment[i].value)
			setenv(environment[i].variable, environment[i].value, 1);
		else
			unsetenv(environment[i].variable);
	setlocale(LC_ALL, "C");
	is_text(locale_choose(), want, name);
	setlocale(LC_CTYPE, "C");
	setlocale(LC_CTYPE, ""); /* what readline does at each line */
	is_text(setlocale(LC_CTYPE, NULL), want, "and the environment says so");
	is_text(setlocale(LC_NUMERIC, NULL), "C", "numbers keep their point");
}

int main(void)
{
	tap_watchdog(30);
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		tap_skip("no C.UTF-8");
		return tap_done();
	}
	setenv("LC_TIME", "xx_XX.nothing", 1);
	setenv("LC_NUMERIC", "xx_XX.nothing", 1);
	chooses(NULL, NULL, NULL, "C.UTF-8", "nothing is set: UTF-8");
	chooses("", "", "", "C.UTF-8", "empty is not set");
	chooses(NULL, NULL, "xx_XX.UTF-8", "C.UTF-8", "LANG is not installed");
	chooses(NULL, "UTF-8", NULL, "C.UTF-8", "LC_CTYPE=UTF-8");
	chooses("xx_XX", NULL, "C", "C.UTF-8", "LC_ALL is not installed");
	chooses("xx_XX", "C", "C", "C.UTF-8", "also where others would be");
	chooses(NULL, NULL, "C.UTF-8", "C.UTF-8", "one that is there, beside a bad LC_TIME");
	chooses("C", "C.UTF-8", "C.UTF-8", "C", "an explicit C");
	chooses(NULL, "POSIX", "C.UTF-8", "C", "an explicit POSIX");
	chooses(NULL, NULL, "C", "C", "LANG=C");
	return tap_done();
}
