// SPDX-License-Identifier: GPL-3.0-or-later
/* output_queue: bytes to a descriptor that somebody else shares (standard output), without blocking
 * where the system allows it and without changing the flags that the others see. To a pipe or file
 * the bytes go as they are; to a terminal only what a terminal may safely be given. Keeps what was
 * not taken. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct output_queue {
	int fd;
	int given;
	bool own; /* fd was opened by us, and leads where `given` does */
	bool terminal;
	int error;       /* errno of the write that failed */
	struct buf rest; /* not yet taken */
	struct buf cut;  /* the beginning of a character whose end has not come */
};

void output_queue_init(struct output_queue *output_queue, int fd);
void output_queue_done(struct output_queue *output_queue);

/* False when the descriptor takes no more for good: see `error`. What cannot be written now is
 * kept. */
bool output_queue_write(struct output_queue *output_queue, const char *data, size_t len);

/* Only keeps them, as they are, for output_queue_flush(). */
void output_queue_add(struct output_queue *output_queue, const char *data, size_t len);
bool output_queue_flush(struct output_queue *output_queue);

/* Nothing more comes: a terminal is also given the mark of a character that was cut. */
bool output_queue_end(struct output_queue *output_queue);

/* Whoever reads there sees the end, though we go on. Nothing may be pending, or be written after it. */
void output_queue_close(struct output_queue *output_queue);
size_t output_queue_pending(const struct output_queue *output_queue);

/* A larger pipe means fewer switches between its two ends; where the system refuses, nothing is
 * lost. */
void widen_pipe(int fd);
