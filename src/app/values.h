// SPDX-License-Identifier: GPL-3.0-or-later
/* values: what is known of a session and of its calls, each value by a name. One table feeds /assert,
 * $c.port in scripts, TAB, --check, /help and the manual. A name is
 *
 *	[SESSION.]state            what /info and /sessions say
 *	[SESSION.]last.errno       of the last call, except a close() that tidied up after one that
 *	                           failed
 *	[SESSION.]recv.errno       of the last recv()
 *	[SESSION.]recv.calls       what /stats says of all recv(); without "recv.", of all calls
 *
 *	error, took                of the last command of a script, without any session
 *
 * where SESSION is a name or number, with or without '@'. Computes nothing that is not shown
 * elsewhere: values come from the snapshot that the pages are drawn from, and the transcript. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/app.h"
#include "base/buf.h"
#include "base/choice.h"

enum value_kind {
	VALUE_COUNT, /* a number */
	VALUE_BYTES,
	VALUE_TIME, /* ns */
	VALUE_RATE, /* bytes a second */
	VALUE_WORD, /* one of a few, upper or lower case */
	VALUE_TEXT, /* any */
};

struct value_name {
	const char *name;
	const char *help;
	enum value_kind kind;
	const char *words; /* "yes|no": all that a word can be; NULL: see value_word() */
	unsigned id;       /* values.c's own */
};

/* All names, the empty one after the last. */
extern const struct value_name value_table[];

enum { VALUE_TEXT_SIZE = 512 };

struct value {
	const struct value_name *of;
	bool known;
	int64_t number;
	char text[VALUE_TEXT_SIZE]; /* of words and texts; cut, never overrun */
	char mark; /* how it is known: '*' read from the kernel, '?' deduced, or 0 */
};

/* For a struct choice. */
const char *value_name_at(const void *context, size_t index);

/* It is of one call: "last." or "recv." is before its name. */
bool value_is_of_call(const struct value_name *of);

/* "last", or the name of a call: what may be before the name of a value of calls. */
bool value_is_call(const char *word);

/* "error" and "took": of a line of a script, not of a session. */
bool value_is_of_script(const char *name);

/* What the last part of the name is; NULL with one line where no session can have such a value. */
const struct value_name *value_find(const char *name, struct error *error);

/* The session that the name begins with: "c" of "@c.recv.errno". False where it begins with none. */
bool value_session(const char *name, char session[SESSION_NAME]);

/* All words that a value may be, a list for choice_find(); NULL where it may be any text. */
const struct choice *value_words(const struct value_name *of);

/* As it is now. `session` is whose value it is if the name begins with no session; NULL for none. False
 * with one line if there is no such value or session; a value that is not known has `known` false. */
bool value_get(struct app *app, const char *name, const struct session *session,
               struct value *value, struct error *error);

/* As it is shown: "18 bytes", "0.2 ms *", "ESTABLISHED *", "not available". */
void value_print(const struct value *value, struct buf *out);

/* As a script has it: "18", "0.213ms", "ESTABLISHED"; false if it is not known. */
bool value_write(const struct value *value, struct buf *out);
