// SPDX-License-Identifier: GPL-3.0-or-later
/* log_format: the seam between a log and what it writes. A format is one file with one struct
 * log_format, and one row of LOG_FORMAT_LIST; it turns entries into bytes and knows no file and no
 * thread. Its functions only append to `out`, and are called in the order begin, missed and entry,
 * end, done. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "record/transcript.h"

struct key_log;
struct sessions;

/* One log, as its format sees it. */
struct log_state {
	const struct transcript *transcript;
	const struct sessions *sessions; /* for their names; those of old entries may be gone */
	const struct key_log *keys;      /* NULL = there are none */
	uint32_t session;                /* the only one that is logged; 0 = all */
	bool past;                       /* what was in the transcript before is logged, too */
	bool continues;                  /* what begin() appends follows an earlier log of this format, */
	bool breaks;                     /* whose last byte is no line feed */
	void *own;                       /* state_size bytes, zero at first */
};

struct log_format {
	const char *name;    /* "text", after "as" and --log-format */
	const char *endings; /* of file names that choose it: ".log .txt"; "" = none does */
	const char *help;    /* a phrase, for /help and the manual */
	bool one_session;    /* it has no place for more than one session */
	bool frames;         /* it has the frames that were seen on the wire, too */
	bool whole_frames;   /* and wants all their bytes */
	bool keys;           /* and the secrets of TLS, while there is a key log */
	size_t state_size;

	/* Whether there is, or can be, anything to write; `past`: also what is in the transcript already.
	 * False with one line. NULL: always. */
	bool (*may_begin)(const struct log_state *state, bool past, struct error *error);

	/* Whether a file that begins with these bytes, at most LOG_START of it and at least one, is a log
	 * of this format, which can be continued. NULL: any file can. */
	bool (*is_own)(const char *start, size_t len);

	/* Whether such a file of `size` bytes ends with a whole record, so that more can follow; it is read
	 * with pread(). NULL: more can always follow. */
	bool (*is_whole)(int fd, off_t size);

	/* The header, also of what continues a log. NULL = there is none. */
	void (*begin)(struct log_state *state, struct buf *out);

	/* An entry of a session that is logged, or a frame. It need not append anything.
	 * entry_payload() masks secrets, entry_bytes() does not. */
	void (*entry)(struct log_state *state, uint64_t position, const struct entry *entry,
	              struct buf *out);

	/* What was evicted before the log began, of all sessions together. NULL = it has no place for
	 * that. */
	void (*missed)(struct log_state *state, struct transcript_amount amount, struct buf *out);

	void (*end)(struct log_state *state, struct buf *out); /* the last bytes; NULL = none */
	void (*done)(struct log_state *state); /* frees what `own` points to; NULL = nothing */
};

enum { LOG_START = 64 };

/* The formats in the order in which they are listed: name_log_format in log_name.c. */
#define LOG_FORMAT_LIST(row)                                                                       \
	row(text) row(json) row(pcapng) row(text2pcap) row(raw_in) row(raw_out)

#define LOG_FORMAT_DECLARE(name) extern const struct log_format name##_log_format;
LOG_FORMAT_LIST(LOG_FORMAT_DECLARE)
#undef LOG_FORMAT_DECLARE

/* NULL after the last. */
const struct log_format *log_format_at(size_t index);

/* By its name or a beginning that no other has; NULL with one line. */
const struct log_format *log_format_choose(const char *name, struct error *error);

/* By the ending of a file's name; NULL for none. */
const struct log_format *log_format_of_path(const char *path);
