// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/home.h"

#include <stdlib.h>

#include "base/alloc.h"

char *home_expand(const char *path)
{
	const char *home = path[0] == '~' && path[1] == '/' ? getenv("HOME") : NULL;
	return home ? xasprintf("%s%s", home, path + 1) : xstrdup(path);
}
