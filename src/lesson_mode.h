// SPDX-License-Identifier: GPL-3.0-or-later
/* lesson_mode: --lesson-check: lessons without a person, each run as a script in a process of its own, some at a
 * time. Prints TAP in the order of the lessons: a case for each check. Knows scripts only as a text to run. */
#pragma once

#include "options.h"

/* Returns the exit status: 1 if a check has failed, 2 if a lesson is none or a line of it is wrong. */
int lesson_mode_check(const struct options *options);
