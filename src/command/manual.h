// SPDX-License-Identifier: GPL-3.0-or-later
/* manual: the sections of sockpit(1) that the tables of the program make: COMMANDS, VIEWS, SERVICES,
 * SETTINGS, SOCKET OPTIONS, SOCKET ERRORS and the beginning of KEY BINDINGS, as mdoc(7). */
#pragma once

#include <stdio.h>

void manual_print(FILE *out);
