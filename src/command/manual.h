// SPDX-License-Identifier: GPL-3.0-or-later
/* manual: the parts of the manual pages that the tables of the program make, as mdoc(7): commands,
 * settings, services, views, keys, socket options, errno values and so on. */
#pragma once

#include <stdio.h>

#include "base/choice.h"
#include "base/error.h"

struct manual_part;

extern const struct choice manual_parts; /* their names */

/* By its name; NULL with an error that names all. */
const struct manual_part *manual_choose(const char *name, struct error *error);

/* Without a heading: that is in the page. */
void manual_print(const struct manual_part *part, FILE *out);
