// SPDX-License-Identifier: GPL-3.0-or-later
/* unicode: what the C library does not know of characters: which show nothing where they stand, and
 * which are emoji. Ranges of Unicode 14 to 16. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The property Default_Ignorable_Code_Point, DerivedCoreProperties.txt: joiners, fillers, variation
 * selectors, tags, directional controls, also those not assigned yet. */
bool unicode_is_ignorable(uint32_t c);

/* The property Extended_Pictographic, emoji-data.txt. */
bool unicode_is_pictographic(uint32_t c);
