// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/locale.h"

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool names_a_locale(void)
{
	static const char *const variables[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	for (size_t i = 0; i < COUNT(variables); i++) {
		const char *value = getenv(variables[i]);
		if (value && *value)
			return true;
	}
	return false;
}

/* An LC_ALL that is empty or not installed would win over LC_CTYPE. */
static bool fall_back(const char *name)
{
	if (!setlocale(LC_CTYPE, name))
		return false;
	unsetenv("LC_ALL");
	setenv("LC_CTYPE", name, 1);
	return true;
}

const char *locale_choose(void)
{
	static const char *const utf8[] = { "C.UTF-8", "UTF-8", "en_US.UTF-8" };
	bool found = names_a_locale() && setlocale(LC_CTYPE, "");
	for (size_t i = 0; i < COUNT(utf8) && !found; i++)
		found = fall_back(utf8[i]);
	return setlocale(LC_CTYPE, NULL);
}
