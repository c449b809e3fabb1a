// SPDX-License-Identifier: GPL-3.0-or-later
/* log_json: the log format `json`: each entry as a line of JSON with all that it has; sockpit-log(5).
 * Writes a line for each session, too, when it is first seen and when it has changed. Here are the
 * words of that format, which log_reader reads. */
#pragma once

#include <stdint.h>

#include "base/json.h"
#include "record/entry.h"

enum { LOG_JSON_VERSION = 1 };

/* Numbers of the program that are words in a log. */
enum log_words {
	LOG_TYPES,  /* of a line: enum call, "call" for those that are; LOG_TYPE_SESSION … */
	LOG_CALLS,  /* enum call */
	LOG_WHENS,  /* enum sample_when */
	LOG_FIELDS, /* enum sample_field */
	LOG_TIMERS, /* enum sample_timer */
	LOG_CA_STATES,
	LOG_TCP_STATES,
	LOG_ORIGINS, /* enum errqueue_origin */
	LOG_EVENTS,  /* enum frame_event */
	LOG_SEGMENTS,
	LOG_HOSTS,
	LOG_TRANSPORTS,
	LOG_KINDS, /* enum recorded_kind */
	LOG_STATES,
	LOG_ENDS,
	LOG_EOLS,
};

enum { LOG_TYPE_SESSION = CALL_COUNT, LOG_TYPE_MISSED, LOG_TYPE_WIRE, LOG_TYPE_HEADER };

/* The word; NULL where there is none for this number. */
const char *log_word(enum log_words words, unsigned number);

/* The number of a word; false for none. */
bool log_word_find(enum log_words words, const struct json_value *word, unsigned *number);

/* Which words a field of a sample has; false for a number. */
bool log_field_words(unsigned field, enum log_words *words);

/* The members that hold arg and arg2 of a call: "asked", "flags"; "arg", "arg2" where they have no
 * meaning of their own. */
struct log_arguments {
	const char *arg, *arg2;
};
struct log_arguments log_arguments(unsigned call);

/* The member of a flag of an entry, which is true where the flag is set: "watching". */
const char *log_flag(unsigned call, unsigned bit);
