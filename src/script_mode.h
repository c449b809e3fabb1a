// SPDX-License-Identifier: GPL-3.0-or-later
/* script_mode: the program without a person: scripts run one after the other, each as if the program
 * had been started for it, or are only checked. Knows the queue, headless and the reports. */
#pragma once

#include "options.h"

/* Returns the exit status: that of the first script that did not end well. */
int script_mode_run(const struct options *options);

/* Runs one script that is in no file, and prints TAP on standard output: `path` is what it is called. Its
 * end waits for no reader of what is unsent then. */
int script_mode_run_text(const struct options *options, const char *path, const char *text, size_t len);
