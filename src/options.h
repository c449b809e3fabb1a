// SPDX-License-Identifier: GPL-3.0-or-later
/* options: the command line as a struct. Short flags mean what they mean in OpenBSD nc. Checks what
 * can be checked without doing anything; a mistake is one line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "net/service.h"
#include "net/target.h"

enum { OPTIONS_SETTINGS = 32, OPTIONS_WORDS = 9 };

enum options_wish { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_MDOC };

struct options {
	enum options_wish wish;
	bool has_target;
	struct target target;
	bool listen, demo, plain;
	bool many;  /* -k */
	int family; /* AF_UNSPEC, AF_INET, AF_INET6 */
	const char *local_port, *local_host;
	bool numeric, broadcast;
	int verbose;
	int64_t limit;      /* -w, ns; 0 = none */
	int64_t quit_after; /* -q, ns; -1 = not given */
	const struct service *service;
	const char *script; /* -f, NULL = none */
	char **words;       /* $1, $2 … of it */
	size_t word_count;
	struct {
		const char *name, *value;
	} settings[OPTIONS_SETTINGS];
	size_t setting_count;
};

/* The strings point into argv, which this reorders and cuts. False: one line says what is wrong. */
bool options_parse(struct options *options, int argc, char **argv, struct error *error);

void options_print_help(FILE *out);
