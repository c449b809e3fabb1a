// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/script.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/session_address.h"
#include "app/values.h"
#include "base/alloc.h"
#include "base/choice.h"
#include "command/command.h"
#include "socket/transport.h"

enum { FILES_MOST = 1000 }; /* that one check reads: two that source each other twice are endless */

/* ---- lines ---- */

void script_init(struct script *script, const char *path)
{
	*script = (struct script){ .path = xstrdup(path), .text = { .max = SCRIPT_MOST } };
}

void script_free(struct script *script)
{
	buf_free(&script->text);
	free(script->lines);
	free(script->mistakes);
	free(script->path);
	*script = (struct script){ 0 };
}

void script_clear(struct script *script)
{
	buf_clear(&script->text);
	script->count = 0;
}

const char *script_text(const struct script *script, const struct script_line *line)
{
	return buf_data(&script->text) + line->at;
}

char *script_beside(const char *file, const char *path)
{
	const char *slash = *path == '/' ? NULL : strrchr(file, '/');
	return slash ? xasprintf("%.*s%s", (int)(slash + 1 - file), file, path) : xstrdup(path);
}

static bool refuse(struct error *error, size_t column, const char *why)
{
	error_usage(error, "%s", why);
	error->column = column;
	return false;
}

/* The blanks in front of "//x" are data, too: they move over its first slash. */
static void move_blanks(char *text, size_t blanks)
{
	memmove(text + 1, text, blanks);
}

static bool take_command(struct script_line *line, const char *text, struct error *error)
{
	size_t end = line->len;
	if (text[1] == '@')
		return true;
	line->command = command_find_whole(text + 1, strcspn(text + 1, BLANKS), error);
	if (!line->command) {
		error->column = line->column + 1;
		return false;
	}
	while (end > 0 && word_is_blank(text[end - 1]))
		end--;
	line->background = line->command->waits && end >= 2 && text[end - 1] == '&' &&
	                   word_is_blank(text[end - 2]);
	line->len = (uint32_t)(line->background ? end - 2 : line->len);
	return true;
}

static bool add(struct script *script, const char *bytes, size_t len, struct error *error)
{
	static const char mark[] = "\xef\xbb\xbf"; /* that some editors begin a file of UTF-8 with */
	size_t blanks = 0;
	if (script->number == 1 && len >= sizeof mark - 1 && memcmp(bytes, mark, sizeof mark - 1) == 0) {
		bytes += sizeof mark - 1;
		len -= sizeof mark - 1;
	}
	if (len > 0 && bytes[len - 1] == '\r')
		len--;
	const char *nul = memchr(bytes, '\0', len);
	if (nul) {
		refuse(error, (size_t)(nul - bytes) + 1,
		       "a NUL byte in the line: this is not a file of commands");
		error->code = EILSEQ;
		return false;
	}
	while (blanks < len && (bytes[blanks] == ' ' || bytes[blanks] == '\t'))
		blanks++;
	if (blanks == len || bytes[blanks] == '#')
		return true;
	char first = bytes[blanks];
	if (first == '@')
		return refuse(
		        error, blanks + 1,
		        "data that begins with @ is written \\@, and /@NAME sends to a session");
	bool slashes = first == '/' && blanks + 1 < len && bytes[blanks + 1] == '/';
	size_t cut = first == '\\' ? blanks + 1 : slashes ? 1 : first == '/' ? blanks : 0;
	struct script_line line = {
		.at = script->text.len,
		.len = (uint32_t)(len - cut),
		.number = (uint32_t)script->number,
		.column = (uint32_t)cut + 1,
		.data = first != '/' || slashes,
	};
	if (len + 1 > SCRIPT_MOST - script->text.len) {
		refuse(error, 0, "the file is larger than 64 MiB");
		error->code = EFBIG;
		return false;
	}
	char *text = buf_reserve(&script->text, len + 1);
	memcpy(text, bytes, len);
	text[len] = '\0';
	if (slashes)
		move_blanks(text, blanks);
	memmove(text, text + cut, len + 1 - cut);
	if (!line.data && !take_command(&line, text, error))
		return false;
	text[line.len] = '\0';
	buf_commit(&script->text, line.len + 1);
	script->lines = xgrow(script->lines, &script->cap, script->count, sizeof *script->lines);
	script->lines[script->count++] = line;
	return true;
}

void script_refuse(struct script *script, const struct error *error)
{
	if (script->mistake_count == SCRIPT_MISTAKES)
		return;
	script->mistakes = xgrow(script->mistakes, &script->mistake_cap, script->mistake_count,
	                         sizeof *script->mistakes);
	struct script_mistake *mistake = &script->mistakes[script->mistake_count++];
	*mistake = (struct script_mistake){ .number = script->number, .error = *error };
	if (script->mistake_count < SCRIPT_MISTAKES)
		return;
	error_usage(&mistake->error, "%d lines are wrong up to here: the rest is not read",
	            SCRIPT_MISTAKES);
	mistake->error.column = 0;
}

bool script_add(struct script *script, const char *bytes, size_t len, struct error *error)
{
	script->number++;
	bool good = add(script, bytes, len, error);
	if (!good)
		script_refuse(script, error);
	return good;
}

/* ---- variables ---- */

static bool begins_name(char c)
{
	return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_name(char c)
{
	return begins_name(c) || isdigit((unsigned char)c);
}

bool script_check_name(const char *name, struct error *error)
{
	size_t len = 0;
	while (is_name(name[len]))
		len++;
	if (!begins_name(*name) || name[len])
		error_usage(error, "\"%.40s\" is not a name: letters, digits and _, no digit first",
		            name);
	else if (len >= SCRIPT_NAME)
		error_usage(error, "a name has at most %d bytes", SCRIPT_NAME - 1);
	else if (strcmp(name, "loop") == 0)
		error_usage(error, "$loop is the number of the round in /loop");
	else if (strcmp(name, "repeat") == 0)
		error_usage(error, "$repeat is the number of the run in /repeat");
	else
		return true;
	return false;
}

static struct script_variable *find_variable(const struct script_variables *variables,
                                             const char *name)
{
	for (size_t i = 0; i < variables->count; i++)
		if (strcmp(variables->list[i].name, name) == 0)
			return &variables->list[i];
	return NULL;
}

const struct script_variable *script_variable(const struct script_variables *variables,
                                              const char *name)
{
	return find_variable(variables, name);
}

void script_let(struct script_variables *variables, const char *name, const char *value)
{
	struct script_variable *variable = find_variable(variables, name);
	char *copy = value ? xstrdup(value) : NULL; /* which may be of the old one */
	if (!variable) {
		variables->list = xgrow(variables->list, &variables->cap, variables->count,
		                        sizeof *variables->list);
		variable = &variables->list[variables->count++];
		*variable = (struct script_variable){ .name = xstrdup(name) };
	}
	free(variable->value);
	variable->value = copy;
}

void script_forget(struct script_variables *variables)
{
	for (size_t i = 0; i < variables->count; i++) {
		free(variables->list[i].name);
		free(variables->list[i].value);
	}
	free(variables->list);
	*variables = (struct script_variables){ 0 };
}

/* ---- names in a line ---- */

/* What follows a dollar. */
struct reference {
	char name[SCRIPT_NAME];
	char of[SCRIPT_NAME]; /* the session whose value it is; "" = none */
	size_t taken;         /* with the dollar; 0 = the dollar is itself */
};

static bool copy_name(char out[SCRIPT_NAME], const char *text, size_t len, struct error *error)
{
	if (len >= SCRIPT_NAME) {
		error_usage(error, "a name has at most %d bytes", SCRIPT_NAME - 1);
		return false;
	}
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

/* The length of the name of a session's value, "port" or "last.errno", at the beginning; 0 for none. */
static size_t value_length(const char *at, size_t left)
{
	char name[SCRIPT_NAME];
	struct error ignored;
	size_t len = 0;
	while (len < left && is_name(at[len]))
		len++;
	bool word = copy_name(name, at, len, &ignored);
	size_t found = word && value_find(name, &ignored) ? len : 0;
	if (!word || !value_is_call(name) || len == left || at[len] != '.')
		return found;
	for (len++; len < left && is_name(at[len]);)
		len++;
	return copy_name(name, at, len, &ignored) && value_find(name, &ignored) ? len : found;
}

/* "${name}", "${session.value}", in which the session may be called anything. */
static bool read_braces(const char *at, size_t left, struct reference *reference,
                        struct error *error)
{
	const char *name = at + 2, *end = memchr(name, '}', left - 2), *dot = name;
	if (!end) {
		error_usage(error, "${ without }; $$ is a dollar");
		return false;
	}
	if (end == name) {
		error_usage(error, "${} has no name; $$ is a dollar");
		return false;
	}
	reference->taken = (size_t)(end + 1 - at);
	while (dot < end &&
	       (*dot != '.' || dot + 1 + value_length(dot + 1, (size_t)(end - dot) - 1) != end))
		dot++;
	if (dot == end)
		return copy_name(reference->name, name, (size_t)(end - name), error);
	return copy_name(reference->of, name, (size_t)(dot - name), error) &&
	       copy_name(reference->name, dot + 1, (size_t)(end - dot) - 1, error);
}

/* "$session.value": a dot before anything else ends the name. */
static bool read_bare(const char *at, size_t left, struct reference *reference, struct error *error)
{
	size_t len = 1;
	while (len < left && is_name(at[len]))
		len++;
	size_t value =
	        len < left && at[len] == '.' ? value_length(at + len + 1, left - len - 1) : 0;
	reference->taken = len + (value ? 1 + value : 0);
	if (!value)
		return copy_name(reference->name, at + 1, len - 1, error);
	return copy_name(reference->of, at + 1, len - 1, error) &&
	       copy_name(reference->name, at + len + 1, value, error);
}

static bool read_reference(const char *at, size_t left, struct reference *reference,
                           struct error *error)
{
	*reference = (struct reference){ 0 };
	if (left > 1 && at[1] == '{')
		return read_braces(at, left, reference, error);
	if (left > 1 && begins_name(at[1]))
		return read_bare(at, left, reference, error);
	if (left == 1 || !isdigit((unsigned char)at[1]))
		return true;
	if (left > 2 && isdigit((unsigned char)at[2])) {
		error_usage(error, "the words are $1 to $9; ${%c} goes before a digit", at[1]);
		return false;
	}
	reference->taken = 2;
	return copy_name(reference->name, at + 1, 1, error);
}

/* `secret`: what comes out is shown and kept nowhere. *column, unless NULL: a column of what comes out
 * becomes that of the text. */
static bool expand(const char *begin, size_t len, bool secret, const struct script_names *names,
                   struct buf *out, bool *later, size_t *column, struct error *error)
{
	const char *at = begin, *end = begin + len, *dollar;
	size_t found = 0, before = out->len, wanted = column && *column ? *column - 1 : SIZE_MAX;
	while ((dollar = memchr(at, '$', (size_t)(end - at)))) {
		size_t left = (size_t)(end - dollar);
		bool twice = left > 1 && dollar[1] == '$';
		struct reference reference;
		buf_append(out, at, (size_t)(dollar - at));
		if (!found && out->len - before > wanted)
			found = (size_t)(dollar - begin) - (out->len - before - wanted) + 1;
		enum script_value value = SCRIPT_VALUE;
		if (!twice && !read_reference(dollar, left, &reference, error))
			value = SCRIPT_NO_VALUE;
		else if (twice || !reference.taken)
			buf_append(out, "$", 1);
		else
			value = names->value(names->context, reference.name,
			                     *reference.of ? reference.of : NULL, secret, out,
			                     error);
		if (value == SCRIPT_NO_VALUE) {
			error->usage = true;
			error->column = (size_t)(dollar - begin) + 1;
			return false;
		}
		if (later && value == SCRIPT_LATER)
			*later = true;
		if (!found && out->len - before > wanted)
			found = (size_t)(dollar - begin) + 1;
		at = dollar + (twice ? 2 : reference.taken ? reference.taken : 1);
	}
	buf_append(out, at, (size_t)(end - at));
	if (column)
		*column = found ? found : (size_t)(end - begin) - (out->len - before - wanted) + 1;
	return true;
}

bool script_expand(const struct script *script, const struct script_line *line,
                   const struct script_names *names, struct buf *out, bool *later,
                   struct error *error)
{
	bool secret = line->command && line->command->hides;
	bool good = expand(script_text(script, line), line->len, secret, names, out, later, NULL, error);
	if (!good)
		error->column += line->column - 1;
	return good;
}

bool script_expand_text(const char *text, size_t len, const struct script_names *names,
                        struct buf *out, bool *later, struct error *error)
{
	return expand(text, len, false, names, out, later, NULL, error);
}

bool script_expand_template(const char *path, const struct buf *bytes,
                            const struct script_names *names, struct buf *out, bool *later,
                            struct error *error)
{
	if (expand(buf_data(bytes), bytes->len, false, names, out, later, NULL, error))
		return true;
	struct error why = *error;
	const char *line = buf_data(bytes), *at = line + why.column - 1, *feed;
	size_t number = 1;
	for (; (feed = memchr(line, '\n', (size_t)(at - line))); line = feed + 1)
		number++;
	error_usage(error, "%.100s:%zu:%zu: %.180s", path, number, (size_t)(at - line) + 1, why.text);
	return false;
}

size_t script_column(const struct script *script, const struct script_line *line,
                     const struct script_names *names, size_t column)
{
	struct error ignored;
	struct buf again = { .max = SIZE_MAX };
	bool secret = line->command && line->command->hides;
	if (column > 0 && expand(script_text(script, line), line->len, secret, names, &again, NULL,
	                         &column, &ignored))
		column += line->column - 1;
	buf_wipe(&again);
	buf_free(&again);
	return column;
}

/* ---- what is wrong ---- */

static void report(struct script_checker *checker, const char *path, size_t line,
                   const struct error *error)
{
	checker->mistakes++;
	checker->report(checker->context, path, line, error);
}

/* A reference to a session may be a beginning of its name; what has no name by "as" is called after its
 * words: "echo:7001", "127.0.0.1:7001", and a client of a listener after its port: ":50522". */
static bool is_made(const struct script_checker *checker, const char *name)
{
	size_t len = strcspn(name, checker->unnamed ? ":" : "");
	if (checker->any || name[strspn(name, "0123456789")] == '\0' ||
	    (*name == ':' && checker->has_current))
		return true;
	for (size_t i = 0; i < checker->sessions.count; i++)
		if (strncmp(checker->sessions.list[i].name, name, len) == 0)
			return true;
	return checker->names.has_session(checker->names.context, name);
}

static const char *name_of_made(const void *context, size_t index)
{
	const struct script_variables *sessions = context;
	return index < sessions->count ? sessions->list[index].name : NULL;
}

static bool need_session(const struct script_checker *checker, const char *name,
                         struct error *error)
{
	struct choice names = { .name = name_of_made, .context = &checker->sessions };
	if (is_made(checker, name))
		return true;
	error_usage(error, "no session \"%.40s\" is made before this line", name);
	choice_suggest(&names, name, strlen(name), "\"as NAME\" names one", error);
	return false;
}

/* Of a session that there will be: any number will do where it is one. */
static enum script_value value_later(const struct script_checker *checker, const char *name,
                                     const char *of, struct buf *out, struct error *error)
{
	const struct value_name *value = value_find(name, error);
	if (!value || !need_session(checker, of, error))
		return SCRIPT_NO_VALUE;
	if (value->kind == VALUE_WORD || value->kind == VALUE_TEXT)
		return SCRIPT_LATER;
	buf_append_text(out, value->kind == VALUE_TIME ? "1ms" : "1");
	return SCRIPT_VALUE;
}

/* As script_names wants it: of what the script has made by then. */
static enum script_value value_at_check(void *context, const char *name, const char *of,
                                        bool secret, struct buf *out, struct error *error)
{
	struct script_checker *checker = context;
	const struct script_variable *variable = of ? NULL : find_variable(&checker->let, name);
	if (of)
		return value_later(checker, name, of, out, error);
	if (checker->loops > 0 && (variable || strcmp(name, "loop") == 0))
		checker->varies = true;
	if (strcmp(name, "loop") == 0 && checker->loops > 0) {
		buf_append_text(out, "1");
		return SCRIPT_VALUE;
	}
	if (!variable && value_is_of_script(name))
		return SCRIPT_LATER;
	if (strcmp(name, "repeat") == 0 && checker->repeats > 0) {
		buf_append_text(out, "1");
		return SCRIPT_VALUE;
	}
	if (!variable) {
		enum script_value value = checker->names.value(checker->names.context, name, NULL,
		                                               secret, out, error);
		if (value == SCRIPT_NO_VALUE && find_variable(&checker->sessions, name))
			error_usage(error, "%s is a session, of which $%s.port is a value", name,
			            name);
		return value == SCRIPT_NO_VALUE && checker->any ? SCRIPT_LATER : value;
	}
	buf_append_text(out, variable->value ? variable->value : "");
	return variable->value ? SCRIPT_VALUE : SCRIPT_LATER;
}

static void make_session(struct script_checker *checker, const struct command_words *words,
                         const char *name)
{
	enum transport transport;
	bool tls;
	const char *kind = words->args.value[0];
	checker->has_current = true;
	checker->paths = checker->paths ||
	                 (kind && target_find_scheme(kind, strcspn(kind, ":"), &transport, &tls) &&
	                  transport_is_unix(transport));
	checker->any = checker->any || (name && checker->varies);
	if (name) {
		script_let(&checker->sessions, name, NULL);
		return;
	}
	checker->unnamed = true;
	for (size_t i = 0; i < GRAMMAR_MAX; i++) {
		const char *word = words->args.value[i], *slash = word ? strrchr(word, '/') : NULL;
		if (word)
			script_let(&checker->sessions, slash ? slash + 1 : word, NULL);
	}
	for (enum transport i = 0; i < TRANSPORT_COUNT; i++)
		script_let(&checker->sessions, transport_name(i), NULL);
}

static bool is_target(const struct script_checker *checker, const char *name)
{
	return find_variable(&checker->targets, name) ||
	       (checker->names.has_target && checker->names.has_target(checker->names.context, name));
}

/* "/open S": without a port and no address, it is a session or a target. */
static bool need_named(const struct script_checker *checker, const struct command_words *words,
                       const struct element *elements, size_t at, struct error *error)
{
	const char *word = words->args.value[at], *kind = words->args.value[0];
	bool alone = true, opens = strcmp(words->command->name, "open") == 0 ||
	                           strcmp(words->command->name, "relay") == 0;
	bool tls;
	enum transport transport = TRANSPORT_TCP;
	for (size_t i = 0; i < GRAMMAR_MAX; i++)
		alone = alone && !(words->args.value[i] && strcmp(elements[i].name, "port") == 0);
	if (opens && kind)
		target_find_scheme(kind, strlen(kind), &transport, &tls);
	if (!alone || !session_address_is_name(word) || transport_is_unix(transport) ||
	    (!opens && checker->paths) || (opens && is_target(checker, word)))
		return true;
	struct choice names = { .name = name_of_made, .context = &checker->sessions };
	const char *name = word + (*word == '@');
	if (name != word || is_made(checker, name))
		return need_session(checker, name, error) || args_blame(&words->args, at, error);
	error_usage(error, "no %s \"%.40s\" is made before this line, and as a host it needs a port",
	            opens ? "session or target" : "session", word);
	choice_suggest(&names, word, strlen(word), "", error);
	return args_blame(&words->args, at, error);
}

/* What a command says about sessions: those that it names must be there, and it may make one. */
static bool follow_sessions(struct script_checker *checker, const struct command_words *words,
                            struct error *error)
{
	struct element elements[GRAMMAR_MAX] = { 0 };
	size_t count = grammar_elements(words->command->usage, elements);
	char of[SESSION_NAME];
	if (*words->session && !need_session(checker, words->session, error)) {
		error->column = words->session_column;
		return false;
	}
	if (words->command->needs == NEEDS_SESSION && !*words->session && !checker->has_current &&
	    !checker->any) {
		checker->has_current = true; /* once is enough */
		error_usage(error, "no session: /open HOST PORT makes one");
		error->column = 1;
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const char *value = words->args.value[i];
		bool as = elements[i].tagged && strcmp(elements[i].name, "name") == 0 &&
		          strncmp(elements[i].literals, "as", 2) == 0;
		bool named = words->command->takes_name && value &&
		             (strcmp(elements[i].name, "address") == 0 ||
		              strcmp(elements[i].name, "peer") == 0);
		if (named && !need_named(checker, words, elements, i, error))
			return false;
		if (as)
			make_session(checker, words, value);
		if (value && strcmp(elements[i].name, "session") == 0 &&
		    !need_session(checker, value + (*value == '@'), error))
			return args_blame(&words->args, i, error);
		if (value && strcmp(elements[i].name, "value-name") == 0 && value_session(value, of) &&
		    !need_session(checker, of, error))
			return args_blame(&words->args, i, error);
	}
	if (strcmp(words->command->name, "name") == 0)
		script_let(&checker->sessions, words->args.value[0], NULL);
	return true;
}

/* A file has many paths: ./a, d/../a, a link. */
static bool same_file(const char *path, const char *other)
{
	struct stat one, two;
	return strcmp(path, other) == 0 ||
	       (stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev &&
	        one.st_ino == two.st_ino);
}

static void check_file(struct script_checker *checker, const char *path, struct error *error)
{
	struct script script;
	if (!checker->load)
		return;
	for (size_t i = 0; i < checker->depth; i++)
		if (same_file(checker->path[i], path)) {
			error_usage(error, "%.150s runs itself, without end", path);
			return;
		}
	if (checker->depth == SCRIPT_DEPTH || checker->files++ == FILES_MOST)
		error_usage(error, "%.150s: more than %d files %s", path,
		            checker->depth == SCRIPT_DEPTH ? SCRIPT_DEPTH : FILES_MOST,
		            checker->depth == SCRIPT_DEPTH ? "deep" : "in all");
	else if (checker->load(checker->context, path, &script, error)) {
		script_check(checker, &script);
		script_free(&script);
	}
}

static void check_template(struct script_checker *checker, const char *path, struct error *error)
{
	const struct script_names names = { .value = value_at_check, .context = checker };
	struct buf bytes = { .max = SCRIPT_MOST }, out = { .max = SIZE_MAX };
	struct error ignored;
	bool later;
	if (checker->read && checker->read(checker->context, path, &bytes, &ignored))
		script_expand_template(path, &bytes, &names, &out, &later, error);
	buf_free(&bytes);
	buf_free(&out);
}

/* Commands of the language itself, and those that replace names. */
static bool follow_language(struct script_checker *checker, const struct command_words *words,
                            struct error *error)
{
	const char *name = words->command->name, *const *value = words->args.value;
	error->text[0] = '\0';
	if (strcmp(name, "let") == 0) {
		script_let(&checker->let, value[0],
		           checker->varies ? NULL
		           : value[1]      ? value[1]
		                           : "");
	} else if (strcmp(name, "target") == 0 && value[0] && value[2]) {
		script_let(&checker->targets, value[0], NULL);
	} else if (strcmp(name, "loop") == 0 && value[LOOP_IN]) {
		const char *rest = value[LOOP_VALUES];
		char *first = word_take(&rest);
		script_let(&checker->let, value[LOOP_WHAT], first);
		free(first);
	} else if (strcmp(name, "replay") == 0 && value[1] && !value[0]) {
		checker->any = checker->has_current = true; /* the log may not be written yet */
	} else if (strcmp(name, "source") == 0) {
		char *path = script_beside(checker->path[checker->depth - 1], value[0]);
		check_file(checker, path, error);
		free(path);
	} else if (strcmp(name, "file") == 0 && value[1]) {
		check_template(checker, value[0], error);
	}
	return !error->text[0] || args_blame(&words->args, 0, error);
}

/* With a value left out the words are not those that the line will have. */
static void follow_later(struct script_checker *checker, const struct command *command,
                         const char *text)
{
	struct error ignored;
	struct command_words words;
	bool makes = command && (strstr(command->usage, "[as <name>]") ||
	                         strcmp(command->name, "replay") == 0);
	if (makes)
		checker->has_current = true;
	if (makes || (command && strcmp(command->name, "source") == 0))
		checker->any = true;
	if (!command || strcmp(command->name, "let") != 0 ||
	    !command_take_apart(text, &words, &ignored))
		return;
	script_let(&checker->let, words.args.value[0], NULL);
	command_words_free(&words);
}

static bool check_command(struct script_checker *checker, const char *text, struct error *error);

enum { WITHIN_MOST = 8 };

/* The command that a command runs: /try /open … */
static bool follow_line(struct script_checker *checker, const struct command_words *words,
                        struct error *error)
{
	struct element elements[GRAMMAR_MAX];
	size_t count = grammar_elements(words->command->usage, elements);
	size_t at = 0;
	while (at < count && strcmp(elements[at].name, "line") != 0)
		at++;
	const char *line = at < count ? words->args.value[at] : NULL;
	if (!line)
		return true;
	if (checker->within == WITHIN_MOST) {
		error_usage(error, "more than %d commands run one another", WITHIN_MOST);
		return args_blame(&words->args, at, error);
	}
	bool expands = strcmp(words->command->name, "expand") == 0;
	bool counts = strcmp(words->command->name, "repeat") == 0;
	const struct script_names names = { .value = value_at_check, .context = checker };
	struct buf out = { .max = SIZE_MAX };
	bool later = false;
	checker->within++;
	checker->repeats += counts;
	bool good = !expands || script_expand_text(line, strlen(line), &names, &out, &later, error);
	if (good && !later && line[0] == '/' && line[1] != '/')
		good = check_command(checker, expands ? buf_text(&out) : line, error);
	checker->repeats -= counts;
	checker->within--;
	buf_free(&out);
	if (!good)
		error->column += words->args.column[at] - 1;
	return good;
}

static bool check_command(struct script_checker *checker, const char *text, struct error *error)
{
	struct command_words words;
	if (!command_take_apart(text, &words, error))
		return false;
	bool good = words.command || need_session(checker, words.session, error);
	if (!good)
		error->column = words.session_column;
	if (words.command)
		good = (!words.command->check || words.command->check(&words.args, error)) &&
		       follow_sessions(checker, &words, error) &&
		       follow_language(checker, &words, error) &&
		       follow_line(checker, &words, error);
	command_words_free(&words);
	return good;
}

/* ---- loops ---- */

static bool is_called(const struct script_line *line, const char *name)
{
	return line->command && strcmp(line->command->name, name) == 0;
}

/* Indexes of lines: of each /loop that has no /end, in order. The caller frees it. */
static size_t *find_open_loops(const struct script *script, size_t *count)
{
	size_t cap = 0, *open = NULL;
	*count = 0;
	for (size_t i = 0; i < script->count; i++) {
		if (is_called(&script->lines[i], "loop")) {
			open = xgrow(open, &cap, *count, sizeof *open);
			open[(*count)++] = i;
		} else if (is_called(&script->lines[i], "end") && *count > 0) {
			--*count;
		}
	}
	return open;
}

static bool follow_loops(struct script_checker *checker, const struct script_line *line,
                         size_t *loops, bool open, struct error *error)
{
	bool begins = is_called(line, "loop"), ends = is_called(line, "end");
	bool lone = ends && *loops == 0, deep = begins && !open && *loops == SCRIPT_LOOPS;
	if (open)
		error_usage(error, "/loop without an /end after it");
	else if (deep)
		error_usage(error, "loop: at most %d, one within the other", SCRIPT_LOOPS);
	else if (lone)
		error_usage(error, "/end without a /loop before it");
	error->column = line->column;
	*loops += begins && !open;
	*loops -= ends && !lone;
	checker->loops += begins && !open;
	checker->loops -= ends && !lone;
	return !open && !deep && !lone;
}

static bool check_line(struct script_checker *checker, const struct script *script,
                       const struct script_line *line, struct error *error)
{
	const struct script_names names = { .value = value_at_check, .context = checker };
	const char *text = script_text(script, line);
	char shown[WORDS_QUOTED];
	bool later = false;
	struct buf out = { .max = SIZE_MAX };
	checker->varies = false;
	if (line->data && !checker->has_current) {
		error_usage(error, "no session to send %s to: commands begin with /",
		            word_show(text, line->len, shown));
		error->column = line->column;
		checker->has_current = true; /* once is enough */
		return false;
	}
	bool good = script_expand(script, line, &names, &out, &later, error);
	if (good && later && !line->data) {
		follow_later(checker, line->command, buf_text(&out));
	} else if (good && !line->data) {
		good = check_command(checker, buf_text(&out), error);
		if (!good)
			error->column = script_column(script, line, &names, error->column);
	}
	buf_wipe(&out);
	buf_free(&out);
	return good;
}

size_t script_check(struct script_checker *checker, const struct script *script)
{
	struct error error;
	size_t before = checker->mistakes, refused = 0, loops = 0, count, next = 0;
	size_t *open = find_open_loops(script, &count);
	if (checker->depth == 0)
		checker->paths = checker->has_current; /* of whatever kind that one is */
	checker->path[checker->depth++] = script->path;
	for (size_t i = 0; i <= script->count; i++) {
		const struct script_line *line = i < script->count ? &script->lines[i] : NULL;
		for (; refused < script->mistake_count &&
		       (!line || script->mistakes[refused].number < line->number);
		     refused++) {
			const struct script_mistake *mistake = &script->mistakes[refused];
			report(checker, script->path, mistake->number, &mistake->error);
			checker->any = checker->has_current = true; /* one mistake is enough */
		}
		if (line && !check_line(checker, script, line, &error)) {
			report(checker, script->path, line->number, &error);
			follow_later(checker, line->command, script_text(script, line));
		}
		bool is_open = next < count && open[next] == i;
		next += is_open;
		if (line && !follow_loops(checker, line, &loops, is_open, &error))
			report(checker, script->path, line->number, &error);
	}
	checker->depth--;
	free(open);
	if (checker->depth == 0) {
		script_forget(&checker->let);
		script_forget(&checker->sessions);
		script_forget(&checker->targets);
	}
	return checker->mistakes - before;
}
