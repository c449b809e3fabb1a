// SPDX-License-Identifier: GPL-3.0-or-later
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/values.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/measure.h"
#include "base/regexp.h"
#include "command/command.h"

/* ---- a condition ---- */

enum comparison { COMPARE_IS, COMPARE_LESS, COMPARE_MORE, COMPARE_MATCHES };

static const struct {
	const char *name;
	enum comparison comparison;
	bool negated;
} operators[] = {
	{ "is", COMPARE_IS, false },           { "=", COMPARE_IS, false },
	{ "==", COMPARE_IS, false },           { "!=", COMPARE_IS, true },
	{ "<", COMPARE_LESS, false },          { ">=", COMPARE_LESS, true },
	{ ">", COMPARE_MORE, false },          { "<=", COMPARE_MORE, true },
	{ "matches", COMPARE_MATCHES, false }, { "has", COMPARE_MATCHES, false },
};

struct condition {
	const struct value_name *of;
	enum comparison comparison;
	bool negated;
	bool available;        /* whether it is known is asked */
	int64_t number;        /* what it is compared with, */
	struct buf text;       /* or this, */
	struct regexp *regexp; /* or that */
};

static void free_condition(struct condition *condition)
{
	buf_free(&condition->text);
	regexp_free(condition->regexp);
}

static bool is_number(const struct value_name *of)
{
	return of->kind != VALUE_WORD && of->kind != VALUE_TEXT;
}

/* "18", "-1", "1.5k", "64KiB" */
static bool parse_number(const char *text, int64_t *number)
{
	bool negative = *text == '-';
	if (!measure_parse_size(text + negative, number))
		return false;
	*number = negative ? -*number : *number;
	return true;
}

static bool parse_operand(struct condition *condition, const char *typed, struct error *error)
{
	const struct value_name *of = condition->of;
	const struct choice *words = value_words(of);
	if (condition->comparison == COMPARE_MATCHES) {
		condition->regexp = regexp_parse(typed, error);
		return condition->regexp;
	}
	if (condition->comparison == COMPARE_IS && strcmp(typed, "available") == 0) {
		condition->available = true;
		return true;
	}
	if (!escape_decode_word(typed, &condition->text, error))
		return false;
	const char *text = buf_text(&condition->text);
	char shown[WORDS_QUOTED];
	if (of->kind == VALUE_TIME) {
		struct error why;
		if (clock_parse_duration(text, &condition->number, &why))
			return true;
		error_usage(error, "%s is a time: %s is none (500ms, 3, 1.5s, 2m, 1h)", of->name,
		            word_show(text, strlen(text), shown));
		return false;
	}
	if (is_number(of)) {
		if (parse_number(text, &condition->number))
			return true;
		error_usage(error, "%s is a number: %s is none (18, 1k, 1.5M, 64Ki)", of->name,
		            word_show(text, strlen(text), shown));
		return false;
	}
	if (condition->comparison != COMPARE_IS) {
		error_usage(error, "%s is no number: is, is not, has or matches", of->name);
		return false;
	}
	for (char *c = condition->text.memory; words && c && *c; c++)
		*c = *c == '-' ? '_' : *c;
	for (size_t i = 0; words && words->name(words->context, i); i++)
		if (strcasecmp(words->name(words->context, i), text) == 0)
			return true;
	if (words) {
		error_usage(error, "%s is never %s", of->name, word_show(text, strlen(text), shown));
		choice_suggest(words, text, condition->text.len,
		               strcmp(of->name, "errno") == 0 ? "a name of errno(3), or 0" : NULL,
		               error);
	}
	return !words;
}

enum { ASSERT_WHAT, ASSERT_OPERATOR, ASSERT_NOT, ASSERT_OPERAND, ASSERT_WITHIN }; /* arguments */

/* False with one line and the argument that it is about; there is nothing to be freed then. */
static bool read_condition(const struct args *args, struct condition *condition,
                           struct error *error)
{
	size_t i = 0;
	*condition = (struct condition){ .of = value_find(args->value[ASSERT_WHAT], error),
		                         .text = { .max = SIZE_MAX } };
	if (!condition->of)
		return args_blame(args, ASSERT_WHAT, error);
	while (strcmp(operators[i].name, args->value[ASSERT_OPERATOR]) != 0)
		i++;
	condition->comparison = operators[i].comparison;
	condition->negated = operators[i].negated;
	if (args->value[ASSERT_NOT]) {
		if (!isalpha((unsigned char)operators[i].name[0])) {
			error_usage(error, "not comes after a word: is not, has not");
			return args_blame(args, ASSERT_NOT, error);
		}
		condition->negated = true;
	}
	if (parse_operand(condition, args->value[ASSERT_OPERAND], error))
		return true;
	free_condition(condition);
	return args_blame(args, ASSERT_OPERAND, error);
}

static bool holds(const struct condition *condition, const struct value *value)
{
	bool good = false;
	struct buf text = { .max = SIZE_MAX };
	if (condition->available)
		return value->known != condition->negated;
	if (!value_write(value, &text))
		return false;
	switch (condition->comparison) {
	case COMPARE_IS:
		good = is_number(condition->of) ? value->number == condition->number
		       : condition->of->kind == VALUE_WORD
		               ? strcasecmp(buf_text(&text), condition->text.memory) == 0
		               : text.len == condition->text.len &&
		                         memcmp(buf_data(&text), buf_data(&condition->text),
		                                text.len) == 0;
		break;
	case COMPARE_LESS:
		good = value->number < condition->number;
		break;
	case COMPARE_MORE:
		good = value->number > condition->number;
		break;
	case COMPARE_MATCHES:
		good = regexp_finds(condition->regexp, buf_data(&text), text.len);
	}
	buf_free(&text);
	return good != condition->negated;
}

/* ---- /assert ---- */

struct assertion {
	char *name, *line;
	bool attended; /* a person has typed it, and sees an answer */
	struct condition condition;
};

static void free_assertion(struct wait *wait)
{
	struct assertion *assertion = wait->data;
	free(assertion->name);
	free(assertion->line);
	free_condition(&assertion->condition);
	free(assertion);
}

/* A session that changes is read again; one on which something is on its way, soon. */
static enum command_result check_assertion(struct app *app, struct wait *wait, bool over,
                                           struct error *error)
{
	const struct assertion *assertion = wait->data;
	struct session *session = sessions_numbered(app->sessions, wait->session);
	struct value value;
	struct buf text = { .max = SIZE_MAX };
	if (!value_get(app, assertion->name, session, &value, error))
		return COMMAND_FAILED;
	if (holds(&assertion->condition, &value)) {
		value_print(&value, &text);
		if (assertion->attended)
			app_note(app, "%s is %s", assertion->name, buf_text(&text));
		buf_free(&text);
		return COMMAND_DONE;
	}
	if (!over) {
		if (session)
			session_sample_closely(session);
		return COMMAND_WAITING;
	}
	value_print(&value, &text);
	error_set(error, value.known ? "expected %.120s, got %s" : "expected %.120s: it is %s",
	          assertion->line, buf_text(&text));
	buf_free(&text);
	return COMMAND_FAILED;
}

static bool check_assert(const struct args *args, struct error *error)
{
	struct condition condition;
	int64_t ignored;
	if (!read_condition(args, &condition, error))
		return false;
	free_condition(&condition);
	if (!args->value[ASSERT_WITHIN] ||
	    clock_parse_duration(args->value[ASSERT_WITHIN], &ignored, error))
		return true;
	return args_blame(args, ASSERT_WITHIN, error);
}

static enum command_result do_assert(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *const *value = invocation->args->value;
	struct wait *wait = invocation->wait;
	struct assertion *assertion = xcalloc(1, sizeof *assertion);
	read_condition(invocation->args, &assertion->condition, error);
	assertion->name = xstrdup(value[ASSERT_WHAT]);
	assertion->attended = app->attended;
	assertion->line = xasprintf("%s %s %s%s", value[ASSERT_WHAT], value[ASSERT_OPERATOR],
	                            value[ASSERT_NOT] ? "not " : "", value[ASSERT_OPERAND]);
	*wait = (struct wait){ .check = check_assertion,
		               .free = free_assertion,
		               .session = app_shown(app),
		               .data = assertion };
	if (value[ASSERT_WITHIN]) {
		clock_parse_duration(value[ASSERT_WITHIN], &wait->limit, error);
		wait->deadline = clock_now() + wait->limit;
		return COMMAND_WAITING;
	}
	enum command_result result = check_assertion(app, wait, true, error);
	free_assertion(wait);
	return result;
}

/* ---- /try, /fails ---- */

enum { TRY_LINE, TRY_WITH }; /* arguments */

struct tried {
	struct wait wait;
	bool must_fail;
	char *with; /* the text that its failure must have, as typed; NULL = any */
};

/* What becomes of the result of the command. A mistake stays one, unless it is what was to come. What
 * waited in its session has been reported by that. */
static enum command_result settle(struct app *app, const struct wait *tried, bool must_fail,
                                  const char *with, enum command_result result,
                                  struct error *error)
{
	struct error ignored;
	if (result == COMMAND_WAITING)
		return result;
	bool failed = result == COMMAND_FAILED, fits = true;
	if (with) {
		struct regexp *regexp = regexp_parse(with, &ignored);
		fits = failed && regexp_finds(regexp, error->text, strlen(error->text));
		regexp_free(regexp);
	}
	if (failed && error->usage && !(with && fits))
		return COMMAND_FAILED;
	if (app->outcome) {
		free(app->outcome->error);
		app->outcome->error = failed ? xstrdup(error->text) : NULL;
	}
	if (must_fail && (!failed || !fits)) {
		struct error why = *error;
		error_set(error, "expected a failure%s%s, ", with ? " with " : "", with ? with : "");
		if (failed)
			error_append(error, "got \"%s\"", why.text);
		else
			error_append(error, "but it succeeded");
		return COMMAND_FAILED;
	}
	if (!failed || tried->in_session)
		return COMMAND_DONE;
	bool answering = app->answering;
	app->answering = answering && app->attended; /* a script that goes well says nothing */
	app_note(app, "%s", error->text);
	app->answering = answering;
	return COMMAND_DONE;
}

static void free_tried(struct wait *wait)
{
	struct tried *tried = wait->data;
	if (tried->wait.free)
		tried->wait.free(&tried->wait);
	free(tried->with);
	free(tried);
}

static enum command_result check_tried(struct app *app, struct wait *wait, bool over,
                                       struct error *error)
{
	struct tried *tried = wait->data;
	enum command_result result = tried->wait.check(app, &tried->wait, over, error);
	wait->wake = tried->wait.wake;
	wait->deadline = tried->wait.deadline;
	return settle(app, &tried->wait, tried->must_fail, tried->with, result, error);
}

/* A command; none that runs another line itself, so that nesting has an end, and none that only says
 * which lines are run. */
static bool check_try(const struct args *args, struct error *error)
{
	const char *line = args->value[TRY_LINE], *with = args->value[TRY_WITH];
	const struct command *command = NULL;
	struct regexp *regexp = with ? regexp_parse(with, error) : NULL;
	regexp_free(regexp);
	if (with && !regexp)
		return args_blame(args, TRY_WITH, error);
	if (line[0] != '/' || line[1] == '/')
		error_usage(error, "\"%.40s\" is no command: /open HOST PORT is one", line);
	else if (line[1] == '@')
		return true;
	else
		command = command_find(line + 1, strcspn(line + 1, BLANKS "!"), error);
	if (command && !strstr(command->usage, "<line...>") && strcmp(command->name, "loop") != 0 &&
	    strcmp(command->name, "end") != 0)
		return true;
	if (command)
		error_usage(error, "/%s is not tried: it runs other lines", command->name);
	return args_blame(args, TRY_LINE, error);
}

static enum command_result try(const struct invocation *invocation, bool must_fail,
                               struct error *error)
{
	const char *line = invocation->args->value[TRY_LINE];
	const char *with = invocation->args->value[TRY_WITH];
	struct wait *wait = invocation->wait, inner = { 0 };
	enum command_result result = command_run(invocation->app, line, strlen(line), &inner, error);
	if (result != COMMAND_WAITING)
		return settle(invocation->app, &inner, must_fail, with, result, error);
	struct tried *tried = xmalloc(sizeof *tried);
	*tried = (struct tried){ inner, must_fail, with ? xstrdup(with) : NULL };
	*wait = inner;
	wait->check = check_tried;
	wait->free = free_tried;
	wait->data = tried;
	return COMMAND_WAITING;
}

static enum command_result do_try(const struct invocation *invocation, struct error *error)
{
	return try(invocation, false, error);
}

static enum command_result do_fails(const struct invocation *invocation, struct error *error)
{
	return try(invocation, true, error);
}

const struct command assert_commands[] = {
	{
	        .name = "assert",
	        .group = "scripts",
	        .usage = "<value-name> is|=|==|!=|<|<=|>|>=|has|matches [not] <pattern> [within <duration>]",
	        .help = "fail unless a value of a session, or of a call, is as it should be\n"
	                "/assert @c.state is ESTABLISHED. /assert @c.recv = 18. /assert last.errno "
	                "is "
	                "ECONNREFUSED. /assert @srv.queue <= 2. /assert rtt < 50ms.\n"
	                "The operators are is, is not, =, !=, <, <=, >, >=, and has or matches for a text "
	                "or a /regular expression/ that is in it. is available asks whether it is known; any other "
	                "comparison with what is not known fails.\n"
	                "Sizes are 100, 1k, 1.5M, powers of 1000, or 64Ki, 1Mi, powers of 1024; times 50ms, 1.5, 2m.\n"
	                "last is the last call of the session, recv.errno of its last recv(), and "
	                "recv.calls counts them. Without @NAME it is the current session. In a script "
	                "took is how long the last command has waited, and error what /try or "
	                "/fails has said. /help values lists what there is.\n"
	                "The kernel is read when the line runs. With within it may become true "
	                "until "
	                "then.",
	        .waits = true,
	        .judges = true,
	        .check = check_assert,
	        .run = do_assert,
	},
	{
	        .name = "try",
	        .group = "scripts",
	        .usage = "<line...>",
	        .help = "run a command that may fail\n"
	                "A script goes on after it: /try /open 127.0.0.1 1, and then /assert "
	                "last.errno is ECONNREFUSED, or /assert error has \"refused\".",
	        .waits = true,
	        .check = check_try,
	        .run = do_try,
	},
	{
	        .name = "fails",
	        .group = "scripts",
	        .usage = "<line...> [with <pattern>]",
	        .help = "run a command that must fail: a script fails where it succeeds\n"
	                "/fails /open 127.0.0.1 1 with \"refused\". The text, in quotes, or the "
	                "/regular expression/ must be in what the failure says. A mistake in the "
	                "command is no failure of it.",
	        .judges = true,
	        .waits = true,
	        .check = check_try,
	        .run = do_fails,
	},
	{ 0 },
};
