// SPDX-License-Identifier: GPL-3.0-or-later
/* code: a session written as a program: the very calls with the very bytes, in the blocking style
 * of the tutorials, ready to run. */
#pragma once

#include <stdio.h>

#include "base/error.h"
#include "record/transcript.h"

enum code_language { CODE_PYTHON, CODE_C };

/* False, with one line, where the session has no calls to write or its first ones have been
 * evicted, or where writing fails. What the program made only to watch (ENTRY_WATCHING) is left
 * out. */
bool code_write(const struct transcript *transcript, uint32_t session, enum code_language language,
                FILE *file, struct error *error);

/* The same up to that many calls; *whole says whether those were all and had room: a program that
 * is cut has no end. */
bool code_write_begin(const struct transcript *transcript, uint32_t session,
                      enum code_language language, unsigned calls, FILE *file, bool *whole,
                      struct error *error);
