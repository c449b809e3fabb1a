// SPDX-License-Identifier: GPL-3.0-or-later
/* completion: the options, and the values that are known of them, as a completion script of a shell: bash,
 * zsh or fish. Made from option_table and the tables of services, settings, log formats, lessons and so on,
 * so that none is written by hand. */
#pragma once

#include <stdio.h>

#include "base/error.h"

struct shell;

/* By its name; NULL with one line. */
const struct shell *completion_choose(const char *name, struct error *error);

void completion_print(const struct shell *shell, FILE *out);
