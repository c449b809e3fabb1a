// SPDX-License-Identifier: GPL-3.0-or-later
/* log_writer: writes bytes to files in a thread of its own, so that the loop never waits for a disk.
 * What is given to it waits in memory; whoever gives watches how much. The first error of a file
 * ends it. Knows nothing of what the bytes are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/poller.h"

struct log_writer;
struct log_output; /* one file */

struct log_writer *log_writer_new(void);

/* Leaves the thread to what it has to write, if anything. The outputs are gone. */
void log_writer_free(struct log_writer *writer);

/* Owns the descriptor from now on, also where there is no thread for it: NULL with one line. It is
 * closed without fsync(), which would hold up the end of the program as long as the disk is busy. */
struct log_output *log_writer_add(struct log_writer *writer, int fd, struct error *error);

/* Takes the bytes, and leaves an empty buffer, which may have memory to be filled again. */
void log_output_put(struct log_output *output, struct buf *bytes);

/* Closes it when all is written. Nothing may be put afterwards. */
void log_output_end(struct log_output *output);

struct log_progress {
	uint64_t written; /* bytes */
	size_t pending;   /* bytes; after an error, those that were not written */
	bool over;        /* it is closed: by log_output_end(), or since it failed */
	int error;        /* an errno value, 0 = none */
};
struct log_progress log_output_progress(const struct log_output *output);

/* One that is over. */
void log_output_free(struct log_output *output);

/* Wakes the loop once, when no more than `most` bytes of it are pending. */
void log_output_want_room(struct log_output *output, size_t most);

/* The loop is also woken when an output is over. */
void log_writer_prepare(const struct log_writer *writer, struct poller *poller);
void log_writer_serve(const struct log_writer *writer, const struct poller *poller);
