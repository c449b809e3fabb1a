// SPDX-License-Identifier: GPL-3.0-or-later
/* verdict_report: what the lines of scripts have shown, as TAP on standard output and as JUnit XML in a
 * file. A case is a line that judges, each time that it is run, or any line that has failed; after a
 * failure the lines that have not been run are skipped cases. Owns the file. Knows no script. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/savefile.h"
#include "command/queue.h"

struct verdict_counts {
	size_t cases, failed, errors, skipped;
};

struct verdict_report {
	bool tap, bailed;
	size_t cases; /* of all scripts, for TAP */
	const char *suite;
	struct verdict_counts counts; /* of the suite */
	long counts_at;               /* where the file has them */
	int64_t since;
	struct savefile junit; /* its path is NULL where there is none */
	const char *path;
};

/* `junit`: NULL for none. False with one line. */
bool verdict_report_begin(struct verdict_report *report, bool tap, const char *junit,
                          struct error *error);

/* A script, and its end. `wrong`: why it could not be run, in one line or several; NULL if it was.
 * `said`: by it, lines. */
void verdict_report_suite(struct verdict_report *report, const char *path);
void verdict_report_add(struct verdict_report *report, const struct verdict *verdict);
void verdict_report_suite_end(struct verdict_report *report, const char *wrong, const char *said);

/* The plan, and the file is in its place. False with one line if that could not be written. */
bool verdict_report_end(struct verdict_report *report, struct error *error);
