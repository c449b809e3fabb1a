// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { LINE_COLUMNS = 76 };

/* A word of a table, not a macro whatever it begins with; mdoc(7) reads a backslash as
 * an escape. */
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
	phrase[0] = (char)toupper((unsigned char)phrase[0]);
	print_text(out, phrase, strlen(phrase));
	fputs(".\n", out);
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
	fprintf(out, ".It Ic /%s", command->name);
	if (command->needs == NEEDS_SESSION)
		fputs(" Oo Ar @session Oc", out);
	for (size_t i = 0; i < count; i++)
		print_element(out, &elements[i]);
	putc('\n', out);
	print_help(out, command->help);
}

/* Has a command before this one been of its group? Then the group has been printed. */
static bool is_printed(const struct command *command)
{
	for (const struct command *earlier = command_table; earlier < command; earlier++)
		if (strcmp(earlier->group, command->group) == 0)
			return true;
	return false;
}

static void print_group(FILE *out, const struct command *first)
{
	fprintf(out, ".Ss %c%s\n.Bl -tag -width Ds\n", toupper((unsigned char)*first->group),
	        first->group + 1);
	for (const struct command *command = first; command->name; command++)
		if (strcmp(command->group, first->group) == 0)
			print_command(out, command);
	fputs(".El\n", out);
}

static void print_settings(FILE *out)
{
	fputs(".Sh SETTINGS\n.Bl -tag -width Ds\n", out);
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
	fputs(".Sh SERVICES\n.Bl -tag -width Ds\n", out);
	for (const struct service *service = service_table; service->name; service++) {
		fprintf(out, ".It Cm %s\n", service->name);
		print_help(out, service->help);
	}
	fputs(".El\n", out);
}

void command_print_man(FILE *out)
{
	fputs(".Sh COMMANDS\n", out);
	for (const struct command *command = command_table; command->name; command++)
		if (!is_printed(command))
			print_group(out, command);
	print_services(out);
	print_settings(out);
}
