// SPDX-License-Identifier: GPL-3.0-or-later
/* log_reader: reads a log of JSON lines back, sockpit-log(5), as the records that log_json wrote. A
 * log may be hostile: whatever is in it, a record is well formed, memory is bounded, and what is wrong
 * with a line is one line of text. Members and types of line that it does not know are ignored. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "log/log_json.h"
#include "net/recorded.h"
#include "record/transcript.h"

enum {
	LOG_READER_LINE = 8 << 20, /* most bytes of a line: a payload of 1 MiB, all of it escaped */
	LOG_WORD = 64,             /* bytes of a word in a record, its NUL too */
};

enum log_kind {
	LOG_HEADER,  /* the first line, and where the log was appended to */
	LOG_SESSION, /* a session is seen first, or has changed */
	LOG_MISSED,  /* entries that were evicted before they were written */
	LOG_WIRE,    /* how much of the wire is recorded has changed */
	LOG_ENTRY,
};

struct log_session {
	uint32_t number;
	struct recorded_identity identity; /* as of the line; a scope has ENDPOINT_ELSEWHERE */
};

struct log_record {
	enum log_kind kind;
	unsigned long line; /* in the file, from 1 on */
	union {
		struct {
			char program[LOG_WORD]; /* "sockpit 1.0" */
			int64_t started;        /* as struct entry has times */
		} header;
		struct log_session session;
		struct transcript_amount missed;
		struct {
			enum host host;
			int64_t since; /* every frame of it is recorded; 0 = they are not */
		} wire;
		/* The header has no links; its stream_offset is that of the record. The payload of a
		 * secret is stars. A scope has ENDPOINT_ELSEWHERE, since the index of an interface
		 * may be that of another machine. Valid until the next record is read. */
		struct {
			struct entry header;
			struct endpoint addr, local;
			struct tls_boundary records; /* of a sealed entry */
			const char *payload; /* header.len bytes, at most what a block holds */
		} entry;
	};
};

struct log_reader;

/* Only a regular file. NULL with one line. */
struct log_reader *log_reader_open(const char *path, struct error *error);
void log_reader_close(struct log_reader *reader);

/* A log in memory, borrowed; `name`: what it is called where something is wrong with it. Never NULL. */
struct log_reader *log_reader_open_text(const char *name, const char *text, size_t len);

enum log_reading {
	LOG_READ, /* a record */
	LOG_WRONG, /* a line that is not one, with "FILE:LINE: what is wrong"; the record has its number.
	            * The next call goes on after it; if no later line can be read either, the next call is LOG_END. */
	LOG_END,
};
enum log_reading log_reader_next(struct log_reader *reader, struct log_record *record,
                                 struct error *error);

/* When the last entries of a log were over, by the end of the file alone; false if there is no entry. */
bool log_reader_find_end(const char *path, int64_t *instant);
bool log_reader_find_end_of_text(const char *text, size_t len, int64_t *instant);

/* Appends the entry of a LOG_ENTRY as it is in the record; transcript_append() for it. What an empty
 * block does not hold is cut. Returns the position. */
uint64_t log_record_append(const struct log_record *record, struct transcript *transcript);
