// SPDX-License-Identifier: GPL-3.0-or-later
/* option_table: the options of sockpit's own mode, a row each: what getopt_long(3) is given, what -h
 * lists and what shells complete. Says nothing of what an option does; those of --nc are nc's own. */
#pragma once

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"

/* What getopt_long() returns where there is no letter. */
enum option_letter {
	LONG_SERVICE = 256,
	LONG_RELAY,
	LONG_EOL,
	LONG_SET,
	LONG_VIEW,
	LONG_PLAIN,
	LONG_DEMO,
	LONG_REPLAY,
	LONG_SPEED,
	LONG_SANDBOX,
	LONG_MDOC,
	LONG_COMPLETION,
	LONG_PIPE,
	LONG_JSON,
	LONG_SEND_ONLY,
	LONG_RECV_ONLY,
	LONG_OUTPUT,
	LONG_NO_SHUTDOWN,
	LONG_IDLE_TIMEOUT,
	LONG_DELAY,
	LONG_WAIT,
	LONG_MAX_CONNS,
	LONG_DATAGRAM,
	LONG_HALF_CLOSE,
	LONG_LOG_FORMAT,
	LONG_APPEND_OUTPUT,
	LONG_CHECK,
	LONG_LESSON_CHECK,
	LONG_GRADE,
	LONG_LESSON,
	LONG_PROJECT,
	LONG_RECORD,
	LONG_TAP,
	LONG_JUNIT,
	LONG_LET,
	LONG_MAX_CLIENTS,
	LONG_MAX_IDLE,
	LONG_ALLOW,
	LONG_DENY,
	LONG_TLS,
	LONG_TLS_VERIFY,
	LONG_TLS_PIN,
	LONG_SSL,
	LONG_SSL_VERIFY,
	LONG_SSL_TRUSTFILE,
	LONG_SSL_CERT,
	LONG_SSL_KEY,
	LONG_SSL_SERVERNAME,
	LONG_SSL_ALPN,
	LONG_NC,
};

/* What a shell offers as a value; where an option takes none, as the words after it. */
enum option_offer {
	OFFER_NOTHING,
	OFFER_WORDS, /* those of row->words, "a|b|c" */
	OFFER_FILES,
	OFFER_SERVICES,
	OFFER_LOG_FORMATS,
	OFFER_VALUES,   /* those of the setting that has the option's name */
	OFFER_SETTINGS, /* NAME=VALUE */
	OFFER_LESSONS,  /* of the program, and files */
	OFFER_PARTS,    /* of the manual */
	OFFER_SHELLS,
};

struct option_row {
	const char *section; /* the heading of a part of -h; such a row is no option */
	int letter;          /* what getopt_long() returns: a short option, or enum option_letter */
	const char *name;    /* the long one, NULL = none */
	const char *value;   /* what -h calls its value; NULL = it takes none */
	const char *help;    /* NULL: not listed */
	bool repeats;        /* may be given several times */
	enum option_offer offer;
	const char *words;
};

/* Ended by a row without section and letter. */
extern const struct option_row option_table[];

/* What getopt_long() is given, made of the table: the letters begin with ':', so that a missing value is
 * ours to report. */
enum { OPTION_LETTERS = 192, OPTION_NAMES = 128 };
struct option_syntax {
	char letters[OPTION_LETTERS];
	struct option names[OPTION_NAMES]; /* ended by zeros */
};
void option_table_syntax(struct option_syntax *syntax);

/* "-l", or "--demo" where there is no letter. */
void option_table_spell(int letter, struct buf *out);

/* The list of -h. */
void option_table_print(FILE *out);
