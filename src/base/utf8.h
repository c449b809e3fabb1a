// SPDX-License-Identifier: GPL-3.0-or-later
/* utf8: UTF-8 whatever the locale, RFC 3629. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Returns the length, 1 to 4. `code` is at most 0x10ffff and no surrogate. */
size_t utf8_encode(uint32_t code, char out[4]);

/* The length of the character at the front of `n` bytes, at least one; 0 where there is none. */
size_t utf8_character(const char *bytes, size_t n);
