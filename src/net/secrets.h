// SPDX-License-Identifier: GPL-3.0-or-later
/* secrets: which bytes of a queue are secret, so that each send() takes bytes of one sort only and
 * its entry can be flagged. Positions count from the front of the queue. Knows no queue. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct secrets {
	struct secret_range {
		size_t begin, end;
	} * ranges; /* in order, apart from each other */
	size_t count, cap;
};

void secrets_clear(struct secrets *secrets); /* also frees */

/* Bytes [begin, end), after all that are in it, are secret. */
void secrets_add(struct secrets *secrets, size_t begin, size_t end);

/* How many of the first `len` bytes are alike: all secret, or none; *secret says which. */
size_t secrets_run(const struct secrets *secrets, size_t len, bool *secret);

/* The first `len` bytes have left the queue. */
void secrets_consume(struct secrets *secrets, size_t len);
