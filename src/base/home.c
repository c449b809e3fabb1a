// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/home.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"

char *home_expand(const char *path)
{
	const char *home = path[0] == '~' && path[1] == '/' ? getenv("HOME") : NULL;
	return home ? xasprintf("%s%s", home, path + 1) : xstrdup(path);
}

char *home_state_file(const char *file)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	bool given = state && state[0] == '/';
	if (!given && !(home && home[0] == '/'))
		return NULL;
	return xasprintf("%s%s/sockpit/%s", given ? state : home, given ? "" : "/.local/state",
	                 file);
}

static size_t given_part(const char *path)
{
	const char *home = getenv("HOME");
	size_t len = home ? strlen(home) : 0;
	return len && strncmp(path, home, len) == 0 ? len : 0;
}

void home_make_directories(char *path)
{
	char *from = path + given_part(path) + 1;
	for (char *slash = strchr(from, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}
