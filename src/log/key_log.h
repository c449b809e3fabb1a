// SPDX-License-Identifier: GPL-3.0-or-later
/* key_log: the secrets of TLS connections, as lines of the NSS key log format, SSLKEYLOGFILE. Only while a
 * person has asked for it: then they are appended to a file that its owner alone can read, and the newest
 * are kept in memory for logs that carry them. Other programs may write to the same file. What waits is
 * written without a thread: it is small, and a program that is killed has lost no key of a turn that is
 * over. Owns the file; knows neither TLS nor who asks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum { KEY_LOG_LINES = 8192 }; /* that are kept, usually: five to a connection */

struct key_log;

/* Keeps the newest `most` lines in memory. Off at first. */
struct key_log *key_log_new(size_t most);
void key_log_free(struct key_log *log); /* writes what waits, where there is a file */

/* Opens the file at once, in place of another one. False with one line, and nothing has changed. Where a
 * frontend draws on the terminal nothing is written there. */
bool key_log_open(struct key_log *log, const char *path, bool has_terminal, struct error *error);

/* Is on from now on; the file is to be opened when key_log_is_due(). */
void key_log_open_later(struct key_log *log);

/* Off: writes what waits, and forgets all lines. */
void key_log_close(struct key_log *log);

bool key_log_is_on(const struct key_log *log);  /* NULL is off */
bool key_log_is_due(const struct key_log *log); /* lines wait, and there is no file yet */

/* A line without its line feed; nothing happens where it is off. */
void key_log_add(struct key_log *log, uint32_t session, const char *text);

/* Writes what waits, as far as the file takes it now. False with one line, once: then it is off. */
bool key_log_write(struct key_log *log, struct error *error);

struct key_line {
	uint64_t serial; /* from 1 */
	uint32_t session;
	struct buf text; /* with its line feed */
};

/* The oldest line in memory with a larger serial; NULL after the newest. */
const struct key_line *key_log_after(const struct key_log *log, uint64_t serial);
