// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/send.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/choice.h"
#include "base/clock.h"
#include "base/savefile.h"
#include "base/text.h"

/* ---- which command ---- */

#define ROW(name) name##_commands,
static const struct command *const tables[] = { COMMAND_TABLES(ROW) };
#undef ROW

const struct command *command_at(size_t index)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct command *command = tables[i]; command->name; command++)
			if (index-- == 0)
				return command;
	return NULL;
}

static const char *name_of_command(const void *context, size_t index)
{
	const struct command *command = command_at(index);
	(void)context;
	return command ? command->name : NULL;
}

const struct choice command_names = { .name = name_of_command, .prefix = "/" };

/* By its whole name: most lines of files have that, and it needs no comparison of beginnings. */
static const struct command *find_exact(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct command *command = tables[i]; command->name; command++)
			if (strncmp(command->name, name, len) == 0 && !command->name[len])
				return command;
	return NULL;
}

static const struct command *find_letter(char letter)
{
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++)
		if (command->letter == letter)
			break;
	return command;
}

const struct command *command_find(const char *name, size_t len, struct error *error)
{
	char shown[WORDS_QUOTED];
	size_t matches;
	if (len == 0) {
		error_usage(error, "no command after the /: /help lists them");
		return NULL;
	}
	if (len == 1 && find_letter(*name))
		return find_letter(*name);
	const struct command *exact = find_exact(name, len);
	if (exact)
		return exact;
	size_t index = choice_find(&command_names, name, len, &matches);
	if (index != CHOICE_NONE)
		return command_at(index);
	if (matches > 0) {
		choice_fail_ambiguous(&command_names, name, len, error);
		return NULL;
	}
	error_usage(error, "no such command: %s", word_show(name, len, shown));
	choice_suggest(&command_names, name, len, "/help lists them", error);
	return NULL;
}

/* By the name as it was typed: "/quit!" asks nothing. */
static const struct command *find_typed(const char *name, size_t len, bool *forced,
                                        struct error *error)
{
	*forced = len > 1 && name[len - 1] == '!';
	const struct command *command = command_find(name, len - *forced, error);
	if (!command || !*forced || command->asks)
		return command;
	error_usage(error, "/%s asks nothing, so there is no /%s!", command->name, command->name);
	return NULL;
}

const struct command *command_find_whole(const char *name, size_t len, struct error *error)
{
	bool forced;
	const struct command *command = find_typed(name, len, &forced, error);
	if (!command || len == 1 || len == strlen(command->name) + forced)
		return command;
	error_usage(error, "/%.*s is cut short, and may soon be ambiguous: in a file it is /%s",
	            (int)len, name, command->name);
	return NULL;
}

/* ---- one line ---- */

/* The session that the first word names. The line goes on after that word and one blank. */
static struct session *cut_session(struct app *app, const char **line, struct error *error)
{
	size_t len = strcspn(*line, BLANKS);
	char *name = xstrndup(*line, len);
	struct session *session = app_find_session(app, name, error);
	free(name);
	*line += len + ((*line)[len] != '\0');
	return session;
}

/* "/@c hello". */
static bool send_addressed(struct app *app, const char *line, struct error *error)
{
	struct session *session = cut_session(app, &line, error);
	if (!session)
		return false;
	if (!*line) {
		error_usage(error, "needs text: /@session <text...>");
		return false;
	}
	app_to_newest(app);
	return send_line(session, line, strlen(line), error);
}

/* "@name" picks a session: a lone "@" is itself, and "@@" is an "@" of what follows. */
static bool picks_session(const char *args)
{
	const char *first = args + strspn(args, BLANKS);
	return first[0] == '@' && first[1] != '@' && !strchr(BLANKS, first[1]);
}

/* After the session, where one is picked. */
static bool has_text(const char *args)
{
	args += strspn(args, BLANKS);
	if (picks_session(args))
		args += strcspn(args, BLANKS);
	return args[strspn(args, BLANKS)] != '\0';
}

/* An address may be "@name" where it is one of a UNIX socket. */
static bool begins_with_text(const struct command *command, const struct session *session)
{
	struct element elements[GRAMMAR_MAX];
	bool takes = grammar_elements(command->usage, elements) > 0;
	bool addressed = takes && (strstr(elements[0].name, "address") ||
	                           strcmp(elements[0].name, "peer") == 0);
	return takes && (elements[0].rest ||
	                 (addressed && transport_is_unix(session_transport(session))));
}

/* The person may have meant text, not a session. */
static void explain_text(const char *name, struct error *error)
{
	struct error why = *error;
	error_usage(error, "%s; for text that begins with @ write @@%.*s", why.text,
	            (int)text_whole(name, strcspn(name, BLANKS) < 40 ? strcspn(name, BLANKS) : 40),
	            name);
}

/* Takes "@session" off the front of `args`; "@@" there becomes "@". */
static bool choose_session(const struct command *command, char **args,
                           struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	char *first = *args + strspn(*args, BLANKS);
	invocation->session = app->current;
	if (command->needs == NEEDS_NOTHING)
		return true;
	if (picks_session(*args)) {
		const char *rest = first;
		invocation->chosen = true;
		invocation->session = cut_session(app, &rest, error);
		if (!invocation->session && app->current &&
		    begins_with_text(command, app->current))
			explain_text(first + 1, error);
		*args += rest - *args;
		return invocation->session != NULL;
	}
	if (first[0] == '@' && first[1] == '@')
		memmove(first, first + 1, strlen(first));
	return command->needs != NEEDS_SESSION || app_need_session(app, error);
}

/* True where a command takes nothing but fixed words, or no argument. */
static bool takes_no_value(const char *usage)
{
	struct element elements[GRAMMAR_MAX];
	size_t count = grammar_elements(usage, elements);
	for (size_t i = 0; i < count; i++)
		if (!elements[i].literals)
			return false;
	return true;
}

bool command_take_apart(const char *line, struct command_words *words, struct error *error)
{
	size_t len = strcspn(line + 1, BLANKS);
	bool addressed = line[1] == '@';
	*words = (struct command_words){ .size = strlen(line) + 1 };
	words->memory = xstrdup(line);
	words->session = words->memory + words->size - 1; /* empty */
	words->command = addressed ? NULL : command_find_whole(line + 1, len, error);
	char *rest = words->memory + 1 + (addressed ? 0 : len + (line[1 + len] != '\0'));
	bool good = addressed || words->command;
	if (good && (addressed || words->command->needs != NEEDS_NOTHING) && picks_session(rest)) {
		char *first = rest + strspn(rest, BLANKS);
		size_t end = strcspn(first, BLANKS);
		rest = first + end + (first[end] != '\0');
		first[end] = '\0';
		words->session = first + 1;
		words->session_column = (size_t)(first - words->memory) + 1;
	}
	if (good && addressed && !*rest) {
		error_usage(error, "needs text: /@session <text...>");
		error->column = (size_t)(rest - words->memory) + 1;
		good = false;
	} else if (good && !addressed) {
		size_t before = (size_t)(rest - words->memory);
		char *first = rest + strspn(rest, BLANKS);
		if (words->command->needs != NEEDS_NOTHING && first[0] == '@' && first[1] == '@')
			memmove(first, first + 1, strlen(first));
		good = grammar_match(words->command->name, words->command->usage, rest,
		                     &words->args, error);
		if (!good)
		error->column += before;
		for (size_t i = 0; i < GRAMMAR_MAX; i++)
			words->args.column[i] += words->args.column[i] ? before : 0;
	} else if (!good) {
		error->column = 2;
	}
	if (!good)
		command_words_free(words);
	return good;
}

void command_words_free(struct command_words *words)
{
	args_wipe(&words->args);
	args_free(&words->args);
	wipe(words->memory, words->size);
	free(words->memory);
}

/* A person who gives a session to a command that takes no argument means "@session". */
static void explain_session(const struct invocation *invocation, const char *args,
                            struct error *error)
{
	struct error ignored;
	const struct command *command = invocation->command;
	if (!takes_no_value(command->usage) || command->needs == NEEDS_NOTHING ||
	    invocation->chosen)
		return;
	args += strspn(args, BLANKS);
	if (*args == '@')
		return;
	char *name = xstrndup(args, strcspn(args, BLANKS));
	const struct session *session = app_find_session(invocation->app, name, &ignored);
	if (session)
		error_usage(error, "/%s takes no %s: /%s @%s is for session %u", command->name,
		            *command->usage ? "session as its argument" : "argument", command->name,
		            name, session_number(session));
	free(name);
}

static bool acts(const struct command *command, const struct args *args)
{
	struct element elements[GRAMMAR_MAX];
	size_t count;
	switch (command->acts) {
	case ACTS_NEVER:
		break;
	case ACTS_ALWAYS:
	case ACTS_BY_NO_CALL:
		return true;
	case ACTS_WITH_VALUE:
		count = grammar_elements(command->usage, elements);
		return count > 0 && args->value[count - 1];
	}
	return false;
}

/* With "@session" where that is not the current one. */
static void print_line(const struct invocation *invocation, struct buf *out)
{
	buf_printf(out, "/%s", invocation->command->name);
	if (invocation->chosen && invocation->session != invocation->app->current)
		buf_printf(out, " @%s", session_name(invocation->session));
	struct element elements[GRAMMAR_MAX];
	size_t count = grammar_elements(invocation->command->usage, elements);
	for (size_t i = 0; i < count; i++) {
		if (!invocation->args->value[i])
			continue;
		if (elements[i].tagged)
			buf_printf(out, " %.*s", (int)strcspn(elements[i].literals, "| "),
			           elements[i].literals);
		buf_printf(out, " %s", invocation->args->value[i]);
	}
}

static enum command_result run_command(struct app *app, const char *line, bool by_key,
                                       struct wait *wait, struct error *error)
{
	size_t len = strcspn(line, BLANKS);
	bool forced;
	const struct command *command = find_typed(line, len, &forced, error);
	if (!command)
		return COMMAND_FAILED;
	line += len + (line[len] != '\0');
	char *copy = xstrdup(line), *rest = copy;
	struct args args = { 0 };
	struct invocation invocation = {
		.app = app,
		.command = command,
		.forced = forced,
		.by_key = by_key,
		.args = &args,
		.wait = wait,
	};
	bool done = choose_session(command, &rest, &invocation, error);
	bool concerns =
	        invocation.session && (invocation.chosen || command->needs == NEEDS_SESSION);
	wait->session = concerns ? session_number(invocation.session) : 0;
	if (!done && invocation.chosen && command->hides)
		error_usage(error, "%s: no such session; a text that begins with @ begins with @@",
		            command->name);
	if (done && !grammar_match(command->name, command->usage, rest, &args, error)) {
		explain_session(&invocation, rest, error);
		done = false;
	}
	done = done && (!command->check || command->check(&args, error));
	bool acting = done && acts(command, &args);
	if (acting)
		app_to_newest(app);
	if (acting && command->needs != NEEDS_NOTHING && invocation.session &&
	    command->acts != ACTS_BY_NO_CALL)
		done = !session_refuse_recorded(invocation.session, error);
	struct buf full = { .max = SIZE_MAX };
	if (done && !command->hides)
		print_line(&invocation, &full);
	invocation.line = buf_text(&full);
	enum command_result result = done ? command->run(&invocation, error) : COMMAND_FAILED;
	/* A person may go on typing what was to be unseen. */
	if (result != COMMAND_DONE && command->hides && app->attended && !has_text(line))
		app->secret_for = SECRET_REFUSED;
	buf_free(&full);
	if (command->hides) {
		args_wipe(&args);
		wipe(copy, strlen(line));
	}
	args_free(&args);
	free(copy);
	return result;
}

enum command_result command_run(struct app *app, const char *line, size_t len, struct wait *wait,
                                struct error *error)
{
	const char *slash = app_find_slash(app, line);
	if (!slash || slash[1] == '/') {
		struct session *session = app_need_receiver(app, error);
		app_to_newest(app);
		return session && send_typed(app, session, line, len, error);
	}
	if (memchr(line, '\0', len)) {
		error_usage(error, "a command has no NUL byte: /send and \\0 sends one");
		return COMMAND_FAILED;
	}
	if (slash[1] == '@')
		return send_addressed(app, slash + 1, error);
	return run_command(app, slash + 1, false, wait, error);
}

void command_record(struct app *app, const char *line)
{
	const char *slash = app_find_slash(app, line);
	if (!slash || slash[1] == '/')
		return;
	struct error ignored;
	struct buf shown = { .max = SIZE_MAX };
	size_t name = strcspn(slash, BLANKS);
	bool forced;
	const struct command *command = find_typed(slash + 1, name - 1, &forced, &ignored);
	struct entry header = {
		.time = clock_now(),
		.session = app_shown(app),
		.fd = -1,
		.call = CALL_COMMAND,
		.arg = command && command->quotes,
	};
	if (command_hides(app, slash))
		buf_printf(&shown, "%.*s %s", (int)name, slash, text_has_unicode() ? "…" : "...");
	else
		buf_append_text(&shown, slash);
	transcript_append(app->transcript, &header, NULL, buf_data(&shown), shown.len);
	buf_free(&shown);
}

/* NULL for none. */
static const struct command *command_of(const struct app *app, const char *line)
{
	struct error ignored;
	const char *slash = app_find_slash(app, line);
	return slash && slash[1] != '/'
	               ? command_find(slash + 1, strcspn(slash + 1, BLANKS), &ignored)
	               : NULL;
}

bool command_waits(const struct app *app, const char *line)
{
	const struct command *command = command_of(app, line);
	return command && command->waits;
}

enum command_result command_run_key(struct app *app, const char *line, struct wait *wait,
                                    struct error *error)
{
	return run_command(app, line + 1, true, wait, error);
}

/* ---- lines that are not to be kept ---- */

/* A name of no command, or of several, may be meant for one that hides its arguments. */
static bool may_hide(const char *name, size_t len)
{
	enum { NEAR = 8, LEAST = 2 };
	size_t nearest[NEAR];
	size_t count = choice_nearest(&command_names, name, len, nearest, NEAR);
	for (size_t i = 0; i < count; i++)
		if (command_at(nearest[i])->hides)
			return true;
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++)
		if (command->hides && len >= LEAST && strncmp(command->name, name, len) == 0)
			return true;
	return false;
}

bool command_hides(const struct app *app, const char *line)
{
	struct error ignored;
	const char *slash = app_find_slash(app, line);
	if (!slash || slash[1] == '/' || slash[1] == '@')
		return false;
	const char *name = slash + 1;
	size_t len = strcspn(name, BLANKS);
	if (name[len + strspn(name + len, BLANKS)] == '\0')
		return false;
	const struct command *typed = command_find(name, len, &ignored);
	return typed ? typed->hides : may_hide(name, len);
}

/* ---- files that commands write ---- */

/* The same words are the same question; /code in another language to the same file asks again. */
static bool confirmed(const struct invocation *invocation)
{
	struct buf words = { .max = SIZE_MAX };
	for (size_t i = 0; i < GRAMMAR_MAX; i++)
		buf_printf(&words, " %s",
		           invocation->args->value[i] ? invocation->args->value[i] : "");
	unsigned session = invocation->session ? session_number(invocation->session) : 0;
	bool again = app_confirmed(invocation->app, "%s %u%s", invocation->command->name, session,
	                           buf_text(&words));
	buf_free(&words);
	return again;
}

static bool may_overwrite(const struct invocation *invocation, const char *path,
                          struct error *error)
{
	const char *command = invocation->command->name;
	if (invocation->forced || !savefile_exists(path))
		return true;
	if (!invocation->app->attended) {
		error_set(error, "%s: %.150s exists: /%s! overwrites it", command, path, command);
		return false;
	}
	if (confirmed(invocation))
		return true;
	error_set(error, "%.150s exists: the same command again within %d s overwrites it", path,
	          ASK_SECONDS);
	return false;
}

bool command_begin_file(const struct invocation *invocation, const char *path,
                        struct savefile *save, struct error *error)
{
	return may_overwrite(invocation, path, error) && savefile_begin(save, path, error);
}

bool command_end_file(struct savefile *save, bool written, const char *path, struct error *error)
{
	if (written)
		return savefile_end(save, error);
	error_errno(error, errno, "%.150s", path);
	savefile_drop(save);
	return false;
}

bool command_names_page(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot && dot > path && dot[-1] != '/' &&
	       (strcasecmp(dot, ".html") == 0 || strcasecmp(dot, ".htm") == 0);
}

bool command_draws_file(const char *path)
{
	size_t len = strlen(path);
	return len > 4 && strcasecmp(path + len - 4, ".svg") == 0;
}

bool command_choose_host(const struct invocation *invocation, const char *word, enum host *host,
                         struct error *error)
{
	*host = HOST_HERE;
	if (!word || host_named(word, host))
		return true;
	error_usage(error, "%s: \"%.40s\" is not a host: left or right", invocation->command->name,
	            word);
	return false;
}
