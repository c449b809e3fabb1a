// SPDX-License-Identifier: GPL-3.0-or-later
/* lesson_evidence: which socket calls the commands of a lesson make, and whether a recording has them. Knows neither
 * how recordings are read nor how they are judged. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command/lesson.h"
#include "record/entry.h"

enum {
	EVIDENCE_BYTES = 4096,   /* of each payload that are kept */
	EVIDENCE_MOST = 1000000, /* calls; more are not looked at */
};

struct evidence {
	struct evidence_call {
		struct entry header;
		char *bytes; /* what was sent, its first EVIDENCE_BYTES; else NULL */
		bool used;   /* by a command */
	} * calls;
	size_t count, cap;
};

/* A call that was made; others, and those that the program makes for itself, are ignored. */
void evidence_add(struct evidence *evidence, const struct entry *header, const char *payload);
void evidence_free(struct evidence *evidence);

/* Whether the calls of this command are among those from `from` on that no command has used; and uses them. True for a
 * command that makes none, or of which it cannot be said. */
bool evidence_has(struct evidence *evidence, size_t from, const char *line);
