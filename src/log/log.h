// SPDX-License-Identifier: GPL-3.0-or-later
/* log: files that follow the transcript while it grows, each in a format, of one session or of all.
 * No entry that is logged is evicted before it has been formatted. Its bytes wait for the disk in
 * memory; when there are too many, logs_hold() asks for a pause in the reading of sessions. Owns the
 * logs; knows neither who opens them nor who reads sessions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/poller.h"
#include "log/log_file.h"
#include "log/log_format.h"
#include "record/transcript.h"

enum { LOG_PENDING = 8 << 20 }; /* bytes that wait for the disk when reading begins to wait */

struct logs;
struct session;

/* What logs need to know of those who use them. */
struct logs_hooks {
	void *context;
	/* A log is closed: because of `error`, or as was asked if that is NULL. Not called for an
	 * automatic log that is closed as was asked. */
	void (*over)(void *context, const char *path, uint64_t written, const struct error *error);
	/* The wire ends of a session, 0 for none: their frames belong to its log. */
	void (*wire_ends)(void *context, uint32_t session, uint32_t ends[2]);
	/* Whether any log wants whole frames from now on. */
	void (*keep_frames)(void *context, bool whole);
	const struct key_log *keys; /* for formats that have a place for them; NULL = none */
};

struct log_request {
	const char *path;
	const struct log_format *format; /* NULL = by the ending of the path */
	uint32_t session;                /* 0 = all */
	bool past;                       /* also what is in the transcript already */
	enum log_file_how how;
	bool has_terminal; /* a frontend draws on the terminal: nothing is logged there */
	bool automatic;   /* one of very many: its end is not reported */
	bool digested;    /* see logs_take_digest() */
};

/* Both are borrowed and outlive the logs. */
struct logs *logs_new(struct transcript *transcript, const struct sessions *sessions,
                      const struct logs_hooks *hooks);

/* Ends all logs and waits until they are written; after a second it says so. Gives up when the disk has
 * taken nothing for 10 seconds, or at a signal that ends programs: false with one line that says how
 * many bytes were not written. */
bool logs_drain(struct logs *logs, struct poller *poller, struct error *error);
void logs_free(struct logs *logs);

/* The format that a log would have: as asked for, or by the ending of the path. NULL with one line, a mistake
 * of usage, also where it is for one session and `session` is 0. */
const struct log_format *logs_choose_format(const struct log_request *request, struct error *error);

bool logs_open(struct logs *logs, const struct log_request *request, struct error *error);

/* Ends the log that was opened as this path; NULL: all. The hook `over` follows when it is written.
 * Returns how many there were. */
size_t logs_close(struct logs *logs, const char *path);

/* Whether one that was opened as this path, or any for NULL, is being closed. */
bool logs_is_closing(const struct logs *logs, const char *path);

bool logs_has_automatic(const struct logs *logs, uint32_t session);

/* The log_digest of the calls that were written since the last time, or since the beginning, of the log that is
 * `digested`; 0 where there is none. Formats first what is new. */
uint32_t logs_take_digest(struct logs *logs);

/* Ends the automatic logs of sessions that are no longer in the table. */
void logs_close_gone(struct logs *logs);

size_t logs_count(const struct logs *logs);

struct log_report {
	const char *path;
	const struct log_format *format;
	uint32_t session; /* 0 = all */
	uint64_t written; /* bytes */
	size_t pending;
	bool closing;
};
struct log_report logs_report(const struct logs *logs, size_t index);

/* Whether any log waits for its disk, and whether a log that has this session does. */
bool logs_are_behind(const struct logs *logs);
bool logs_hold(const struct logs *logs, uint32_t session);

/* Formats what is new, at the beginning of a turn: logs that are behind go on. */
void logs_feed(struct logs *logs);

/* The last thing before the loop sleeps: formats what has come since. Logs that are behind do not go on,
 * since it has been decided which sessions wait for them. */
void logs_prepare(struct logs *logs, struct poller *poller);
void logs_serve(struct logs *logs, const struct poller *poller);
