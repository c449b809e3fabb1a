// SPDX-License-Identifier: GPL-3.0-or-later
/* script: the text of a file of lines as typed: which lines it has, what its $names stand for, and
 * what is wrong in it before any line runs. Reads no file, runs no line and knows no session: whoever
 * runs it is asked for values.
 *
 * The first character of a line that is not a blank decides. '#' begins a comment. '/' begins a
 * command, by its full name or its letter. '\' is left out, and what follows is data as it stands: a
 * lone one is an empty line. '@' is refused, since only "/@name" sends to a session. Anything else,
 * and "//", is data as if typed. $name and ${name} are replaced, $$ is a dollar; a dollar before
 * anything but a letter, a digit, '_' or '{' is itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

struct command;

enum {
	SCRIPT_LINE_MOST = 1 << 20, /* bytes of one line */
	SCRIPT_MOST = 64 << 20,     /* of a whole file */
	SCRIPT_DEPTH = 16,          /* files that source one another */
	SCRIPT_LOOPS = 16,          /* of a file, one within the other */
	SCRIPT_NAME = 64,           /* size of a name */
	SCRIPT_MISTAKES = 1000,     /* after which a file is not read on */
};

enum { LOOP_WHAT, LOOP_IN, LOOP_VALUES }; /* arguments of /loop */

#define SCRIPT_NEEDS "sandbox|wire|ipv6|tls|descriptors|root" /* what /skip unless knows, and a lesson may need */

#define SCRIPT_SECRET "SECRET_" /* begins the names whose values only a command that hides takes */

/* ---- lines ---- */

struct script_line {
	const struct command *command; /* NULL: data, or "/@name text" */
	size_t at;                     /* in the text, ended by a NUL */
	uint32_t len;
	uint32_t number; /* in the file, from 1 */
	uint32_t column; /* where the text is in the line of the file, from 1 */
	bool data;       /* to be sent, with the session's line end */
	bool background; /* " &" was at its end, and the script goes on meanwhile */
};

struct script {
	char *path; /* for messages */
	struct buf text;
	struct script_line *lines; /* without those that are blank or comments */
	size_t count, cap;
	size_t number; /* of the last line added, blank or not */
	struct script_mistake {
		size_t number;
		struct error error;
	} * mistakes; /* of the lines that were left out; at most SCRIPT_MISTAKES */
	size_t mistake_count, mistake_cap;
};

void script_init(struct script *script, const char *path);
void script_free(struct script *script);
void script_clear(struct script *script); /* forgets the lines that it has */

/* Takes the next line of the file, without its line feed. False with one line and its column: it is
 * none of a script, and is left out; with EILSEQ it has a NUL byte. script_refuse() is for a line that cannot even be read. */
bool script_add(struct script *script, const char *bytes, size_t len, struct error *error);
void script_refuse(struct script *script, const struct error *error);

/* Where a path of /source in that file is: beside it, unless it is absolute. The caller frees it. */
char *script_beside(const char *file, const char *path);

const char *script_text(const struct script *script, const struct script_line *line);

/* ---- names ---- */

struct script_variables {
	struct script_variable {
		char *name, *value; /* NULL: it has one, which is not known yet */
	} * list;
	size_t count, cap;
};

/* False with one line: this is no name. */
bool script_check_name(const char *name, struct error *error);
void script_let(struct script_variables *variables, const char *name, const char *value);
const struct script_variable *script_variable(const struct script_variables *variables,
                                              const char *name);
void script_forget(struct script_variables *variables);

enum script_value {
	SCRIPT_NO_VALUE, /* with one line */
	SCRIPT_VALUE,
	SCRIPT_LATER, /* it has one, which is known only when the line runs */
};

/* Who knows the values. */
struct script_names {
	/* Appends the value. `of`: the session whose value it is, `name` being "port"; else NULL.
	 * `secret`: the line shows and keeps it nowhere. */
	enum script_value (*value)(void *context, const char *name, const char *of, bool secret,
	                           struct buf *out, struct error *error);
	bool (*has_session)(void *context, const char *name);
	bool (*has_target)(void *context, const char *name); /* NULL: there is none */
	void *context;
};

/* Appends the line with the values of its names. *later, unless NULL: one of them is not known yet,
 * and left out. False with one line and its column. */
bool script_expand(const struct script *script, const struct script_line *line,
                   const struct script_names *names, struct buf *out, bool *later,
                   struct error *error);

/* The same of a text that is no line of a script, such as that of /expand; error->column counts its bytes. */
bool script_expand_text(const char *text, size_t len, const struct script_names *names,
                        struct buf *out, bool *later, struct error *error);

/* The same of a file's bytes; the error says where in the file: "path:line:column: why". */
bool script_expand_template(const char *path, const struct buf *bytes,
                            const struct script_names *names, struct buf *out, bool *later,
                            struct error *error);

/* Where a column of the expanded line is in the line of the file. */
size_t script_column(const struct script *script, const struct script_line *line,
                     const struct script_names *names, size_t column);

/* ---- what is wrong ---- */

struct script_checker {
	struct script_names names; /* before the script begins */
	bool has_current;          /* data has a session to go to */

	/* Each mistake, in order. */
	void (*report)(void *context, const char *path, size_t line, const struct error *error);

	/* Reads a file of /source. False with one line; NULL: such files are not looked into. */
	bool (*load)(void *context, const char *path, struct script *script, struct error *error);

	/* Reads a template of /file. False where it cannot be read by now, with an error that is not
	 * asked for; NULL as above. */
	bool (*read)(void *context, const char *path, struct buf *out, struct error *error);
	void *context; /* of all three */

	/* The checker's own. */
	size_t mistakes;
	struct script_variables let, sessions, targets;
	const char *path[SCRIPT_DEPTH];
	size_t depth, files, loops;
	int within;   /* commands that run the line that is looked at: /try, /repeat */
	int repeats;  /* of them those that count, as $repeat */
	bool unnamed; /* a session that was given no name has been made, */
	bool any;     /* or names that cannot be known before the script runs */
	bool paths;   /* or UNIX sockets may have been made, to which any word is a path */
	bool varies;  /* the line has values that are not the same in each round of a loop */
};

/* Reports all mistakes that can be known before anything is done, and returns their number. */
size_t script_check(struct script_checker *checker, const struct script *script);
