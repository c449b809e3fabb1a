// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/manual.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/values.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "command/command.h"
#include "net/fault.h"
#include "net/service.h"
#include "socket/errno_meaning.h"
#include "socket/sockopt.h"
#include "socket/sysctl.h"

enum { LINE_COLUMNS = 76 };

/* mdoc(7) takes a dot or a quote at the front for a macro, and a backslash for an escape. */
static void print_word(FILE *out, const char *word, size_t len)
{
	if (*word == '.' || *word == '\'')
		fputs("\\&", out);
	for (size_t i = 0; i < len; i++) {
		if (word[i] == '\\')
			fputs("\\e", out);
		else
			putc(word[i], out);
	}
}

/* Fills lines, and begins a new one with each sentence. */
static void print_text(FILE *out, const char *text, size_t len)
{
	const char *end = text + len;
	size_t column = 0;
	while (text < end) {
		const char *blank = memchr(text, ' ', (size_t)(end - text));
		size_t word = (size_t)((blank ? blank : end) - text);
		if (column > 0 && (text[-2] == '.' || column + word >= LINE_COLUMNS))
			column = 0;
		if (text > end - len)
			putc(column == 0 ? '\n' : ' ', out);
		print_word(out, text, word);
		column += word + 1;
		text += word + 1;
	}
}

/* The phrase at the front becomes a sentence; each further line begins one, too. */
static void print_help(FILE *out, const char *help)
{
	char *phrase = xstrndup(help, strcspn(help, "\n"));
	if (!memchr(phrase, '(', strcspn(phrase, " "))) /* not the name of a call */
		phrase[0] = (char)toupper((unsigned char)phrase[0]);
	print_text(out, phrase, strlen(phrase));
	fputs(phrase[strlen(phrase) - 1] == '?' ? "\n" : ".\n", out);
	for (help += strlen(phrase); *help; help += strcspn(help, "\n")) {
		help++;
		print_text(out, help, strcspn(help, "\n"));
		putc('\n', out);
	}
	free(phrase);
}

/* "tcp|udp" as "Cm tcp | udp". */
static void print_literals(FILE *out, const char *literals, size_t len)
{
	fputs("Cm ", out);
	for (size_t i = 0; i < len; i++) {
		if (literals[i] == '|')
			fputs(" | ", out);
		else
			putc(literals[i], out);
	}
}

static void print_element(FILE *out, const struct element *element)
{
	fputs(element->required ? " " : " Oo ", out);
	if (element->literals)
		print_literals(out, element->literals, element->literals_len);
	if (*element->name)
		fprintf(out, "%sAr %s%s", element->tagged ? " " : "", element->name,
		        element->rest ? " ..." : "");
	fputs(element->required ? "" : " Oc", out);
}

static void print_command(FILE *out, const struct command *command)
{
	struct element elements[GRAMMAR_MAX];
	size_t count = grammar_elements(command->usage, elements);
	fprintf(out, ".It Ic /%s%s", command->name, command->asks ? " Ns Oo Ic \\&! Oc" : "");
	if (command->needs != NEEDS_NOTHING)
		fputs(" Oo Ar @session Oc", out);
	for (size_t i = 0; i < count; i++)
		print_element(out, &elements[i]);
	putc('\n', out);
	print_help(out, command->help);
	if (command->letter)
		fprintf(out, ".Ic /%c\nis short for it.\n", command->letter);
	char *line = xasprintf("/%s", command->name);
	const struct binding *row = binding_of_line(line);
	if (row) {
		struct buf keys = { .max = SIZE_MAX };
		binding_print_keys(row->keys, &keys);
		fprintf(out, "Its key is %s.\n", buf_text(&keys));
		buf_free(&keys);
	}
	free(line);
}

/* True if the group of the command is printed already: with the first of its commands. */
static bool is_printed(const struct command *command)
{
	for (size_t i = 0; command_at(i) != command; i++)
		if (strcmp(command_at(i)->group, command->group) == 0)
			return true;
	return false;
}

static void print_group(FILE *out, const struct command *first)
{
	fprintf(out, ".Ss %c%s\n.Bl -tag -width Ds\n", toupper((unsigned char)*first->group),
	        first->group + 1);
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++)
		if (strcmp(command->group, first->group) == 0)
			print_command(out, command);
	fputs(".El\n", out);
}

static void print_settings(FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct setting *setting = setting_table; setting->name; setting++) {
		size_t len = strlen(setting->values);
		fprintf(out, ".It Ic %s ", setting->name);
		if (setting->values[0] == '<')
			fprintf(out, "Ar %.*s", (int)len - 2, setting->values + 1);
		else
			print_literals(out, setting->values, len);
		putc('\n', out);
		print_help(out, setting->help);
	}
	fputs(".El\n", out);
}

static void print_services(FILE *out)
{
	struct element elements[GRAMMAR_MAX];
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct service *const *service = service_table; *service; service++) {
		fprintf(out, ".It Cm %s", (*service)->name);
		size_t count = grammar_elements((*service)->usage ? (*service)->usage : "", elements);
		for (size_t i = 0; i < count; i++)
			print_element(out, &elements[i]);
		putc('\n', out);
		print_help(out, (*service)->help);
	}
	fputs(".El\n", out);
}

static void print_faults(FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct fault *fault = fault_table; fault < fault_table + FAULT_COUNT; fault++) {
		fprintf(out, ".It Cm %s%s%s\n", fault->name, fault->value ? " Ar " : "",
		        fault->value ? fault->value : "");
		fprintf(out, "Of %s: ",
		        fault->kinds == FAULT_DATAGRAMS  ? "datagrams"
		        : fault->kinds == FAULT_STREAMS  ? "streams"
		        : fault->kinds == FAULT_LISTENER ? "listeners"
		                                         : "datagrams and streams");
		size_t phrase = strcspn(fault->help, "\n");
		print_text(out, fault->help, phrase);
		putc('.', out);
		for (const char *line = fault->help + phrase; *line; line += strcspn(line, "\n")) {
			line++;
			putc('\n', out);
			print_text(out, line, strcspn(line, "\n"));
		}
		putc('\n', out);
	}
	fputs(".El\n", out);
}

static void print_views(FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (size_t i = 0; view_listed(i); i++) {
		fprintf(out, ".It Cm %s\n", view_listed(i)->name);
		print_help(out, view_listed(i)->help);
	}
	fputs(".El\n", out);
}

/* ---- socket options ---- */

/* "off | on", "bytes": what may follow the name. */
static void print_value(FILE *out, const struct sockopt *option)
{
	static const char *const names[] = {
		[SOCKOPT_NUMBER] = "number", [SOCKOPT_LINGER] = "seconds",
		[SOCKOPT_TIME] = "duration", [SOCKOPT_TEXT] = "name",
		[SOCKOPT_ADDR] = "address",
	};
	if (option->read_only)
		return;
	if (option->form == SOCKOPT_SWITCH)
		fputs(" Cm off | on", out);
	else if (option->form == SOCKOPT_LINGER || option->form == SOCKOPT_TIME)
		fprintf(out, " Cm off | Ar %s", names[option->form]);
	else if (option->range)
		fputs(" Cm off | Ar low-high", out);
	else
		fprintf(out, " Ar %s", *option->unit ? option->unit : names[option->form]);
	for (const struct sockopt_word *word = option->words; word && word->word; word++)
		fprintf(out, " | Cm %s", word->word);
}

/* NULL for all sockets of the level's own family. */
static const char *sockets_of(const struct sockopt *option)
{
	bool tcp = option->of & SOCKOPT_TCP, udp = option->of & SOCKOPT_UDP;
	bool v4 = option->of & SOCKOPT_IPV4, v6 = option->of & SOCKOPT_IPV6;
	if (tcp && udp)
		return NULL;
	if (!tcp && !udp)
		return "UNIX sockets";
	if (v4 && v6)
		return tcp ? "TCP" : "UDP";
	if (v4)
		return tcp ? "TCP over IPv4" : "UDP over IPv4";
	return tcp ? "TCP over IPv6" : "UDP over IPv6";
}

static void print_option(FILE *out, const struct sockopt *option)
{
	const char *sockets = sockets_of(option);
	fprintf(out, ".It Dv %s", option->name);
	print_value(out, option);
	putc('\n', out);
	print_help(out, option->help);
	if (option->doubled)
		fputs("The kernel doubles what it is asked, for its own bookkeeping.\n", out);
	if (option->alters) {
		fputs("The kernel may store another value:\n", out);
		print_text(out, option->alters, strlen(option->alters));
		fputs(".\n", out);
	}
	if (option->read_only)
		fputs("It can only be read.\n", out);
	if (sockets)
		fprintf(out, "For %s.\n", sockets);
}

static void print_options(FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct sockopt *option = sockopt_table; option->name; option++)
		print_option(out, option);
	fputs(".El\n", out);
}

static void print_sysctls(FILE *out)
{
	fputs(".Bl -tag -width Ds -compact\n", out);
	for (const struct sysctl *sysctl = sysctl_table; sysctl->name; sysctl++) {
		fprintf(out, ".It Ic %s\n", sysctl->name);
		print_help(out, sysctl->help);
	}
	fputs(".El\n", out);
}

static void print_values(FILE *out)
{
	fputs(".Bl -tag -width Ds -compact\n", out);
	for (const struct value_name *value = value_table; value->name; value++) {
		fprintf(out, ".It Ic %s\n", value->name);
		print_text(out, value->help, strlen(value->help));
		fputs(".\n", out);
	}
	fputs(".El\n", out);
}

/* ---- errors ---- */

static void print_error(FILE *out, const struct errno_meaning *meaning)
{
	struct buf text = { .max = SIZE_MAX };
	const char *separator = "";
	bool of_lookup = strncmp(meaning->symbol, "EAI_", 4) == 0;
	fprintf(out, ".It %s %s\n", of_lookup ? "Dv" : "Er", meaning->symbol);
	buf_printf(&text, "From %s.\n", meaning->calls);
	errno_meaning_explain(meaning, NULL, &text);
	for (const struct errno_case *special = meaning->cases; special && special->calls;
	     special++) {
		if (!errno_case_differs(special))
			continue;
		buf_append_text(&text, *separator ? separator : "\nIn messages: ");
		separator = "; ";
		errno_case_print_where(special, &text);
		buf_printf(&text, ": %s", special->phrase);
	}
	buf_append_text(&text, meaning->cases ? "." : "");
	print_text(out, buf_text(&text), text.len);
	putc('\n', out);
	buf_free(&text);
}

static void print_errors(FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (const struct errno_meaning *why = errno_meaning_table; why->symbol; why++)
		print_error(out, why);
	fputs(".El\n", out);
}

/* ---- keys ---- */

/* Its keys, what they do, the command that they run, and the name for inputrc. Rows without help of
 * their own go with the row before. */
static const struct binding *print_binding(FILE *out, const struct binding *first)
{
	const struct binding *last = first, *rest;
	struct buf keys = { .max = SIZE_MAX }, to = { .max = SIZE_MAX };
	for (rest = first + 1; rest->name && !rest->help; rest++)
		last = rest;
	binding_print_keys(first->keys, &keys);
	binding_print_keys(last->keys, &to);
	fprintf(out, ".It %s%s%s\n", buf_text(&keys), last != first ? " to " : "",
	        last != first ? buf_text(&to) : "");
	print_text(out, first->help, strlen(first->help));
	fputs("\n.Pq ", out);
	if (first->line)
		fprintf(out, "Ic %s%s ; No ", first->line, last != first ? " ..." : "");
	fprintf(out, "%s", first->name);
	if (last != first)
		fprintf(out, " to %s", last->name);
	putc('\n', out);
	buf_free(&keys);
	buf_free(&to);
	return rest;
}

static void print_bindings(FILE *out)
{
	fputs(".Bl -tag -width \"Ctrl-PageDown\" -compact\n", out);
	for (const struct binding *row = binding_table; row->name;)
		row = print_binding(out, row);
	fputs(".El\n", out);
}

/* ---- the parts ---- */

static void print_commands(FILE *out)
{
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++)
		if (!is_printed(command))
			print_group(out, command);
}

/* The names of all commands, by group. */
static void print_command_names(FILE *out)
{
	const struct command *first, *command;
	fputs(".Bl -tag -width \"step by step\" -compact\n", out);
	for (size_t i = 0; (first = command_at(i)); i++) {
		if (is_printed(first))
			continue;
		fprintf(out, ".It %s\n.Ic", first->group);
		const char *separator = "";
		for (size_t j = i; (command = command_at(j)); j++)
			if (strcmp(command->group, first->group) == 0) {
				fprintf(out, "%s /%s", separator, command->name);
				separator = " ,";
			}
		putc('\n', out);
	}
	fputs(".El\n", out);
}

struct manual_part {
	const char *name;
	void (*print)(FILE *out);
};

static const struct manual_part parts[] = {
	{ "commands", print_commands },
	{ "command-names", print_command_names },
	{ "errors", print_errors },
	{ "faults", print_faults },
	{ "keys", print_bindings },
	{ "options", print_options },
	{ "services", print_services },
	{ "settings", print_settings },
	{ "sysctls", print_sysctls },
	{ "values", print_values },
	{ "views", print_views },
};

enum { PARTS = sizeof parts / sizeof *parts };

static const char *part_name(const void *context, size_t index)
{
	(void)context;
	return index < PARTS ? parts[index].name : NULL;
}

const struct choice manual_parts = { .name = part_name };

const struct manual_part *manual_choose(const char *name, struct error *error)
{
	struct buf names = { .max = SIZE_MAX };
	for (size_t i = 0; i < PARTS; i++) {
		if (strcmp(name, parts[i].name) == 0) {
			buf_free(&names);
			return &parts[i];
		}
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", parts[i].name);
	}
	error_usage(error, "--mdoc: %s is none of %s", name, buf_text(&names));
	buf_free(&names);
	return NULL;
}

void manual_print(const struct manual_part *part, FILE *out)
{
	part->print(out);
}
