// SPDX-License-Identifier: GPL-3.0-or-later
/* grade_mode: --grade: a table of recorded lessons for who corrects them. Nothing that a recording says of itself is
 * believed where it can be found out again: answers are graded by the lesson's text, checks are made on the replayed
 * recording, and the calls of each command have to be in it. A recording is evidence, not proof. */
#pragma once

#include "options.h"

/* Returns the exit status: 1 if something is missing in one of them. */
int grade_mode_run(const struct options *options);
