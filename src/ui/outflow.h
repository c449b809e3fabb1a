// SPDX-License-Identifier: GPL-3.0-or-later
/* outflow: bytes to a descriptor that somebody else shares (standard output), without blocking
 * where the system allows it and without changing the flags that the others see. To a pipe or file
 * the bytes go as they are; to a terminal only what a terminal may safely be given. Keeps what was
 * not taken. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct outflow {
	int fd;
	bool own; /* fd was opened anew */
	bool terminal;
	int error;       /* errno of the write that failed */
	struct buf rest; /* not yet taken */
	struct buf cut;  /* the begin of a character whose end has not come */
};

void outflow_init(struct outflow *outflow, int fd);
void outflow_done(struct outflow *outflow);

/* False when the descriptor takes no more for good: see `error`. What cannot be written now is
 * kept. */
bool outflow_write(struct outflow *outflow, const char *data, size_t len);
bool outflow_flush(struct outflow *outflow);
size_t outflow_pending(const struct outflow *outflow);

/* A larger pipe means fewer switches between its two ends; where the system refuses, nothing is
 * lost. */
void widen_pipe(int fd);
