// SPDX-License-Identifier: GPL-3.0-or-later
/* savefile: writes a file whole or not at all: under another name beside it, which takes its place
 * at the end. Made for its owner alone (0600). A link is followed and stays one. What is no regular
 * file is refused, as writing to it could block. Owns both names and the stream. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct savefile {
	FILE *file; /* write here */
	char *path;
	char *temporary;
};

/* Whether a file of this name would be replaced. */
bool savefile_exists(const char *path);

/* "~/" in front is the home directory. False: one line, and nothing is open. */
bool savefile_begin(struct savefile *save, const char *path, struct error *error);

/* Puts the file in its place; or, where any write to it has failed (a full disk), leaves the old
 * one as it was, and says so in one line with its name. Either way nothing is open afterwards. */
bool savefile_end(struct savefile *save, struct error *error);

/* Gives up what has been begun. */
void savefile_drop(struct savefile *save);
