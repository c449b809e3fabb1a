// SPDX-License-Identifier: GPL-3.0-or-later
/* vector: bytes that are looked at together, for loops that go through all that a flood brings. A
 * comparison of vectors gives one of 0x00 and 0xff. */
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { VECTOR = 16 };

typedef uint8_t byte_vector __attribute__((vector_size(VECTOR)));

static inline byte_vector vector_load(const void *from)
{
	byte_vector bytes;
	memcpy(&bytes, from, VECTOR);
	return bytes;
}

static inline void vector_store(void *to, byte_vector bytes)
{
	memcpy(to, &bytes, VECTOR);
}

/* The place of the first 0xff of a comparison; VECTOR where there is none. */
static inline size_t vector_first(byte_vector found)
{
#ifdef __SSE2__
	typedef char chars __attribute__((vector_size(VECTOR)));
	return (size_t)__builtin_ctz((unsigned)__builtin_ia32_pmovmskb128((chars)found) | 1U << VECTOR);
#else
	uint64_t halves[2];
	memcpy(halves, &found, sizeof halves);
	if (halves[0])
		return (size_t)__builtin_ctzll(htole64(halves[0])) / 8;
	return 8 + (halves[1] ? (size_t)__builtin_ctzll(htole64(halves[1])) / 8 : 8);
#endif
}
