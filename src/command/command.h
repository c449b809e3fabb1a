// SPDX-License-Identifier: GPL-3.0-or-later
/* command: what can be typed. One struct for each: name, usage, help, run. It drives
 * checking, TAB, /help and the COMMANDS section of the manual. A line that starts with '/', blanks or not, is a
 * command, "//x" sends "/x", anything else is sent to the current session. What goes wrong is one
 * line in the pane, and never ends the program. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "app/app.h"
#include "base/choice.h"
#include "command/grammar.h"

struct command;

/* One use of a command: whom it acts on and with what. */
struct invocation {
	struct app *app;
	const struct command *command;
	bool forced;             /* typed with a ! after its name: nothing is asked */
	bool by_key;             /* a key runs it: what is seen anyway needs no answer */
	struct session *session; /* @name, or the current one; NULL only where none is needed */
	bool chosen;             /* it was named */
	const struct args *args;
	const char *line; /* without abbreviations: "/peers @2" */
};

enum command_needs { NEEDS_NOTHING, TAKES_SESSION, NEEDS_SESSION };

/* Whether a use of the command acts on a session. If so, a pane that is scrolled back returns to
 * its newest rows; what only looks leaves it where it is. */
enum command_acts {
	ACTS_NEVER,
	ACTS_ALWAYS,
	ACTS_WITH_VALUE, /* where the last word of the usage is given: /option nodelay on */
};

/* So that what can only succeed or fail may return a bool. */
enum command_result { COMMAND_FAILED = false, COMMAND_DONE = true };

struct command {
	const char *name;  /* without the slash */
	char letter;       /* that is short for it, whatever else begins so; 0 = none */
	const char *group; /* "sessions", "sending", "looking", "step by step", "servers",
	                    * "keeping" */
	const char *usage;
	const char *help; /* first line: a phrase; further lines: details, for /help NAME and the
	                     manual */
	bool asks;        /* before something is lost; with a ! after its name it does not */
	bool hides;       /* its arguments are shown and kept nowhere */
	bool quotes;      /* its arguments are what /find looks for: it does not find them there */
	enum command_needs needs; /* but for NEEDS_NOTHING, "@session" may stand first */
	enum command_acts acts;
	enum command_result (*run)(const struct invocation *invocation, struct error *error);
};

/* The commands of each file, beside their functions; ended by one with a NULL name. */
extern const struct command session_commands[], sending_commands[], view_commands[],
        find_commands[], page_commands[], ladder_commands[], why_commands[], code_commands[],
        list_commands[], stats_commands[], step_commands[], option_commands[], server_commands[],
        help_commands[];

/* All of them, one after the other; NULL behind the last. */
const struct command *command_at(size_t index);

extern const struct choice command_names;

/* By its letter, its name, or a beginning that no other has. NULL with one line. */
const struct command *command_find(const char *name, size_t len, struct error *error);

/* Whether a line of arguments begins with "@name", which picks a session: a lone "@" is itself, and
 * "@@" is an "@" of what follows. */
bool command_picks_session(const char *args);

/* One line as typed. A command becomes an entry of the transcript, CALL_COMMAND, before its answer;
 * what is sent is there anyway. False when something was wrong; the pane says it then. */
bool command_run_line(struct app *app, const char *line, size_t len);

/* The command line of a key: it is a command also in literal mode. False with one line. */
bool command_run_key(struct app *app, const char *line, struct error *error);

/* Whether a line holds what is to be shown and kept nowhere: the arguments of such a command, also
 * where its name is mistyped a little. */
bool command_hides(struct app *app, const char *line);

/* Each line of a file, until one quits; blank lines and lines that start with '#' are skipped.
 * Mistakes are told in the pane with file and line, and the next line follows. False where the file
 * cannot be read; a missing one is fine where `optional`. */
bool command_run_file(struct app *app, const char *path, bool optional, struct error *error);

/* What TAB offers for the word line[start..end): malloc'ed strings, ended by NULL, or NULL for
 * nothing. *files asks for file names instead. Never looks anything up on the network. */
char **command_complete(struct app *app, const char *line, size_t start, size_t end, bool *files);

/* The COMMANDS, SERVICES, SETTINGS, SOCKET OPTIONS and SOCKET ERRORS sections of the manual and the
 * beginning of KEY BINDINGS, mdoc(7). */
void command_print_man(FILE *out);
