// SPDX-License-Identifier: GPL-3.0-or-later
/* complete: what TAB offers in a line, by the usage of its command. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"

/* What TAB offers for the word line[start..end): malloc'ed strings, ended by NULL, or NULL for
 * nothing. *files asks for file names instead. Never looks anything up on the network. */
char **complete_word(struct app *app, const char *line, size_t start, size_t end, bool *files);
