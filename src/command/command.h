// SPDX-License-Identifier: GPL-3.0-or-later
/* command: what can be typed. Each command is one struct: name, usage, help, run. It drives
 * checking, TAB, /help and the COMMANDS section of the manual. A line that starts with '/', after
 * blanks or not, is a command; "//x" sends "/x"; any other line goes to the current session. A
 * mistake is one line in the pane and never ends the program. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "app/app.h"
#include "base/choice.h"
#include "command/grammar.h"

struct command;
struct savefile;

/* One use of a command: on which session, and with which arguments. */
struct invocation {
	struct app *app;
	const struct command *command;
	bool forced;             /* typed with a ! after its name: it asks nothing */
	bool by_key;             /* a key runs it: it need not say what the screen shows */
	struct session *session; /* @name, or the current one; NULL only where none is needed */
	bool chosen;             /* by @name */
	const struct args *args;
	const char *line;  /* without abbreviations: "/peers @2" */
	struct wait *wait; /* to be filled in by a command that waits */
};

enum command_needs { NEEDS_NOTHING, TAKES_SESSION, NEEDS_SESSION };

/* Whether the command acts on a session. If so, a pane that is scrolled back returns to its newest
 * rows; a command that only looks leaves the pane where it is. */
enum command_acts {
	ACTS_NEVER,
	ACTS_ALWAYS,
	ACTS_BY_NO_CALL, /* so a recording takes it, too */
	ACTS_WITH_VALUE, /* when the last word of the usage is given: /option nodelay on */
};

enum command_result {
	COMMAND_FAILED = false, /* so that a command that does not wait may return a bool */
	COMMAND_DONE = true,
	COMMAND_WAITING, /* invocation->wait says for what */
};

/* What a command waits for. */
struct wait {
	/* `over`: the deadline has passed, and the command must not wait any longer. */
	enum command_result (*check)(struct app *app, struct wait *wait, bool over,
	                             struct error *error);
	void (*free)(struct wait *wait); /* frees `data`; NULL = nothing to free */
	uint32_t session;                /* where it waits for something, or has failed */
	int64_t deadline;                /* instant; 0 = none */
	int64_t limit;                   /* from the command to that, ns */
	bool in_session; /* the session shows that it waits, reports the end and cancels it: the
	                  * queue remembers it only for a script */
	bool answers;    /* `check` reports the end that it comes to: nobody else says "done" */
	bool accepts;    /* the client that `session` accepts becomes the script's own session */
	uint64_t since;  /* the command's own: a position in the transcript, */
	void *data;      /* and anything else */
	bool endless;    /* it waits until it is ended: the end of its script does not wait for it */
	int64_t wake;    /* `check` is called at this instant at the latest; 0 = when something
	                  * has happened, in the past = in the next turn */
};

struct command {
	const char *name;  /* without the slash */
	char letter;       /* short for it, whatever other names begin with it; 0 = none */
	const char *group; /* "sessions", "sending", "looking", "step by step", "servers",
	                    * "the network", "keeping", "lessons", "scripts" */
	const char *usage;
	const char *help; /* first line: a phrase; further lines: details, for /help NAME and the
	                     manual */
	bool asks;        /* before something is lost, unless its name ends in ! */
	bool hides;       /* its arguments are shown and kept nowhere */
	bool waits;       /* may wait: " &" after it lets a script go on meanwhile */
	bool takes_name;  /* its <address> or <peer> may be the name of one of our sessions */
	bool quotes;      /* its arguments are what /find looks for: /find skips them here */
	enum command_needs needs; /* all but NEEDS_NOTHING take "@session" first */
	enum command_acts acts;
	bool judges; /* says in a script whether something is as it should be: a case of a report */

	/* What can be known of the arguments before anything is done, without any session: false with
	 * one line, and args_blame() says of which. Asked before run(), and for each line of a file
	 * before its first line runs; NULL where the usage says it all. */
	bool (*check)(const struct args *args, struct error *error);
	enum command_result (*run)(const struct invocation *invocation, struct error *error);
};

/* The commands of each file, beside their functions: session_commands[] in session_commands.c. */
/* clang-format off: a row for each, so that adding one changes no other */
#define COMMAND_TABLES(row) \
	row(session) \
	row(target) \
	row(tls) \
	row(sending) \
	row(repeat) \
	row(view) \
	row(page) \
	row(copy) \
	row(ladder) \
	row(why) \
	row(code) \
	row(session_list) \
	row(peer) \
	row(graph) \
	row(port) \
	row(stats) \
	row(step) \
	row(source) \
	row(expect) \
	row(assert) \
	row(option) \
	row(service) \
	row(relay) \
	row(listener) \
	row(fault) \
	row(multicast) \
	row(sandbox) \
	row(cable) \
	row(log) \
	row(save) \
	row(report) \
	row(replay) \
	row(lesson) \
	row(setting) \
	row(help)
/* clang-format on */
#define COMMAND_TABLE(name) extern const struct command name##_commands[];
COMMAND_TABLES(COMMAND_TABLE)
#undef COMMAND_TABLE

/* All of them in order; NULL after the last. */
const struct command *command_at(size_t index);

extern const struct choice command_names;

/* By its letter, its name, or a beginning that no other has. NULL with one line. */
const struct command *command_find(const char *name, size_t len, struct error *error);

/* By its letter or its whole name, as a file must have it: "ended!" too. NULL with one line. */
const struct command *command_find_whole(const char *name, size_t len, struct error *error);

/* A line of a file that is a command, taken apart without looking at any session. */
struct command_words {
	const struct command *command; /* NULL: "/@session text" */
	char *session;                 /* after the '@'; "" = none */
	size_t session_column;         /* in the line, from 1, as are those of the arguments */
	struct args args;
	char *memory;
	size_t size; /* of that */
};

/* False with one line and its column; else command_words_free() ends it. `line` begins with the slash. */
bool command_take_apart(const char *line, struct command_words *words, struct error *error);
void command_words_free(struct command_words *words);

/* One line: a command, or data for the current session. Records nothing of the line itself. */
enum command_result command_run(struct app *app, const char *line, size_t len, struct wait *wait,
                                struct error *error);

/* Records a line that is a command as an entry, CALL_COMMAND. Nobody else makes such entries. */
void command_record(struct app *app, const char *line);

/* Begins a file that a command writes. Asks before it overwrites one, unless the command was
 * forced. */
bool command_begin_file(const struct invocation *invocation, const char *path,
                        struct savefile *save, struct error *error);

/* Ends it: it is in its place, or, where writing it failed and errno says why, given up. */
bool command_end_file(struct savefile *save, bool written, const char *path, struct error *error);

/* Whether a browser takes a file of this name for a page: it ends in .html. */
bool command_names_page(const char *path);

/* Whether a file of this name is to have a drawing (SVG), not a text. */
bool command_draws_file(const char *path);

/* The host of the sandbox that a word names, HOST_HERE for NULL. False with one line. */
bool command_choose_host(const struct invocation *invocation, const char *word, enum host *host,
                         struct error *error);

/* Whether a line is a command that may wait. */
bool command_waits(const struct app *app, const char *line);

/* The command line of a key: a command in literal mode, too. */
enum command_result command_run_key(struct app *app, const char *line, struct wait *wait,
                                    struct error *error);

/* Whether a line has arguments that must be shown and kept nowhere, also when the name of the
 * command is slightly mistyped. */
bool command_hides(const struct app *app, const char *line);

/* Whether there is what /skip and lessons may need: "sandbox". False with one line. */
bool command_has(struct app *app, const char *need, struct error *error);

/* "keys", "marks": the lists that /help has; NULL after the last. */
const char *help_topic(size_t index);
