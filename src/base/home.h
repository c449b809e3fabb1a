// SPDX-License-Identifier: GPL-3.0-or-later
/* home: a path as a person writes it. */
#pragma once

/* A copy in which "~/" at the front is the home directory. The caller frees it. */
char *home_expand(const char *path);
