// SPDX-License-Identifier: GPL-3.0-or-later
/* sysctl: which sysctls of a host are worth knowing in a lesson, and what they do. A host has many
 * more, see tcp(7) and ip(7); those can be set by their names, too. Reads and sets nothing. */
#pragma once

#include "base/choice.h"

struct sysctl {
	const char *name; /* below net.ipv4 unless it is "core.somaxconn" */
	const char *help; /* a line */
};

/* Ended by one with a NULL name, in the order in which they are listed. */
extern const struct sysctl sysctl_table[];

extern const struct choice sysctl_names;
