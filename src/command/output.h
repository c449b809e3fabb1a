// SPDX-License-Identifier: GPL-3.0-or-later
/* output: a file that a command writes. Private to this layer. */
#pragma once

#include "base/savefile.h"
#include "command/command.h"

/* Begins the file. One that exists is asked about first, unless the command was forced. */
bool output_begin(const struct invocation *invocation, const char *path, struct savefile *save,
                  struct error *error);
