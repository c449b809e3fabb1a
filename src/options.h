// SPDX-License-Identifier: GPL-3.0-or-later
/* options: the command line as a struct, in two modes: our own, in which short options mean what
 * they mean in nc(1) and long ones what they mean in ncat(1), and that of OpenBSD's nc exactly.
 * Checks what can be checked without doing anything; a mistake is one line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "app/named_target.h"
#include "base/error.h"
#include "log/log_format.h"
#include "net/port_list.h"
#include "net/proxy.h"
#include "net/service.h"
#include "net/tls/tls.h"
#include "net/target.h"
#include "ui/pipe.h"

enum {
	OPTIONS_SETTINGS = 32,
	OPTIONS_WORDS = 9,
	OPTIONS_PRESETS = 16,
	OPTIONS_SCRIPTS = 256,
	OPTIONS_NAMES = 32,
	OPTIONS_LOGS = 8,
	OPTIONS_GIVEN = 128, /* more than there are */
};

enum options_wish { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_MDOC, OPTIONS_COMPLETION };

struct manual_part;
struct shell;

struct options {
	enum options_wish wish;
	bool nc;             /* --nc, or called as nc or netcat: as OpenBSD's does in all of this */
	const struct shell *shell; /* OPTIONS_COMPLETION: whose */
	const struct manual_part *part; /* OPTIONS_MDOC: which */
	short given[OPTIONS_GIVEN];     /* each option, once, in our own mode */
	size_t given_count;
	const char *program; /* what it is called: "nc" with --nc */
	bool nc_usage;       /* after a mistake: nc prints its usage, too */
	bool has_target;
	struct target target;
	const char *named; /* a lone word that may be the name of a target, see options_resolve() */
	struct port_list ports; /* where there are several: in turn, in place of the target's */
	bool random_order;      /* -r: they are shuffled */
	bool listen, demo, plain, sandbox;
	bool probe; /* -z */
	bool piped; /* --pipe: pipe mode on a terminal, too */
	bool unixsock; /* -U: the target is a path */
	bool tls;               /* --tls */
	const char *tls_chosen; /* the last option that says how; NULL = none */
	struct tls_settings tls_settings;
	int family;    /* AF_UNSPEC, AF_INET, AF_INET6 */
	const char *local_port, *local_host;
	struct target local; /* what local_host points to where it is a path */
	bool numeric, broadcast;
	int verbose;
	int64_t timeout; /* of connecting, ns; 0 = none */
	const struct service *service;
	struct serving *serving;    /* its words, NULL = none */
	const char *relay;          /* --relay: where it listens; NULL = none */
	struct network_rules rules; /* --allow, --deny */
	bool max_clients, max_idle; /* are among the settings */
	const char *proxy_text; /* -x, NULL = none */
	struct target proxy;
	bool proxy_chosen; /* -X */
	enum proxy_protocol proxy_protocol;
	const char *proxy_user;   /* -P, NULL = none */
	struct pipe_options pipe; /* but for the session */
	const char *logs[OPTIONS_LOGS]; /* -o, of all sessions */
	size_t log_count;
	const struct log_format *log_format; /* --log-format, NULL = by the ending */
	const char *scripts[OPTIONS_SCRIPTS]; /* to run one after the other, or to check */
	size_t script_count;
	const char *replay;       /* --replay, NULL = none */
	int replay_speed;         /* --speed, as app/replay.h has it */
	bool lesson, project;     /* in the window: the one that the words name */
	const char *record;       /* of that lesson, NULL = none */
	bool lesson_check;        /* of the lessons that the words name */
	bool grade;               /* the recordings that they name */
	char **words;             /* $1, $2 … of each script; lessons; recordings */
	size_t word_count;
	struct {
		const char *name, *value;
	} names[OPTIONS_NAMES]; /* --let */
	size_t name_count;
	bool check, tap;
	const char *junit; /* NULL = none */
	struct {
		const char *name, *value;
	} settings[OPTIONS_SETTINGS];
	size_t setting_count;
	struct session_preset presets[OPTIONS_PRESETS]; /* socket options */
	size_t preset_count;
};

/* The strings point into argv, which this reorders and cuts. False: one line says what is wrong;
 * with --nc it may be empty, and the usage says enough. */
bool options_parse(struct options *options, int argc, char **argv, struct error *error);
void options_done(struct options *options);

/* Fills in the address of options->named, once the names are known. False with one line: nobody is called
 * so, and a host alone has no port. */
bool options_resolve(struct options *options, const struct named_targets *targets,
                     struct error *error);

void options_print_help(const struct options *options, FILE *out);
void options_print_nc_usage(FILE *out);
