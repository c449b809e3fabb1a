// SPDX-License-Identifier: GPL-3.0-or-later
#include "completion.h"

#include <stdbool.h>
#include <string.h>

#include "app/settings.h"
#include "base/buf.h"
#include "base/choice.h"
#include "log/log_format.h"
#include "net/service.h"
#include "option_table.h"

struct shell {
	const char *name;
	void (*print)(FILE *out);
};

/* ---- values ---- */

static const struct setting *setting_called(const char *name)
{
	const struct setting *setting = setting_table;
	while (setting->name && strcmp(setting->name, name) != 0)
		setting++;
	return setting->name ? setting : NULL;
}

/* Appends the values that an option may have, each after a blank; nothing if they are not known. */
static void add_values(const struct option_row *row, struct buf *out)
{
	const struct setting *setting = row->name ? setting_called(row->name) : NULL;
	const char *words = row->offer == OFFER_WORDS               ? row->words
	                    : row->offer == OFFER_VALUES && setting ? setting->values
	                                                            : "";
	struct choice_words list = { words, strlen(words) };
	const char *name;
	for (size_t i = 0; (name = choice_word(&list, i)); i++)
		buf_printf(out, " %s", name);
	for (size_t i = 0; row->offer == OFFER_SERVICES && service_table[i]; i++)
		buf_printf(out, " %s", service_table[i]->name);
	for (size_t i = 0; row->offer == OFFER_LOG_FORMATS && log_format_at(i); i++)
		buf_printf(out, " %s", log_format_at(i)->name);
	for (setting = setting_table; row->offer == OFFER_SETTINGS && setting->name; setting++)
		buf_printf(out, " %s=", setting->name);
}

static bool is_listed(const struct option_row *row)
{
	return row->letter && row->help;
}

static bool is_short(const struct option_row *row)
{
	return row->letter < LONG_SERVICE;
}

/* ---- bash ---- */

/* "-o|--output", a pattern of case. */
static void print_pattern(const struct option_row *row, FILE *out)
{
	if (is_short(row))
		fprintf(out, "-%c%s", row->letter, row->name ? "|" : "");
	if (row->name)
		fprintf(out, "--%s", row->name);
}

static void print_bash(FILE *out)
{
	struct buf values = { .max = SIZE_MAX };
	fputs("# bash completion for sockpit\n"
	      "_sockpit()\n"
	      "{\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\t# \"=\" is a word of its own: --eol=crlf\n"
	      "\tif [[ $word == = ]]; then\n"
	      "\t\tword=\n"
	      "\telif [[ $option == = ]]; then\n"
	      "\t\toption=${COMP_WORDS[COMP_CWORD - 2]}\n"
	      "\tfi\n"
	      "\tcase $option in\n",
	      out);
	for (const struct option_row *row = option_table; row->section || row->letter; row++) {
		if (!is_listed(row) || !row->value)
			continue;
		buf_clear(&values);
		add_values(row, &values);
		fputc('\t', out);
		print_pattern(row, out);
		if (row->offer == OFFER_FILES)
			fputs(")\n\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n", out);
		else if (values.len)
			fprintf(out, ")\n\t\tCOMPREPLY=($(compgen -W '%s' -- \"$word\"))\n",
			        buf_text(&values) + 1);
		else
			fputs(")\n\t\tCOMPREPLY=()\n", out);
		if (row->offer == OFFER_SETTINGS)
			fputs("\t\tcompopt -o nospace 2>/dev/null\n", out);
		fputs("\t\treturn\n\t\t;;\n", out);
	}
	fputs("\tesac\n"
	      "\tcase $word in\n"
	      "\t-*)\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	      out);
	const char *blank = "";
	for (const struct option_row *row = option_table; row->section || row->letter; row++) {
		if (!is_listed(row))
			continue;
		if (row->name)
			fprintf(out, "%s--%s", blank, row->name);
		else
			fprintf(out, "%s-%c", blank, row->letter);
		blank = " ";
	}
	fputs("' -- \"$word\"))\n"
	      "\t\t;;\n"
	      "\t*)\n"
	      "\t\tcase \" ${COMP_WORDS[*]} \" in\n"
	      "\t\t*\" --check \"* | *\" --tap \"* | *\" -U \"* | *\" --unixsock \"*)\n"
	      "\t\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n"
	      "\t\t\t;;\n"
	      "\t\t*)\n"
	      "\t\t\tCOMPREPLY=($(compgen -A hostname -- \"$word\"))\n"
	      "\t\t\t;;\n"
	      "\t\tesac\n"
	      "\t\t;;\n"
	      "\tesac\n"
	      "}\n"
	      "complete -o filenames -F _sockpit sockpit\n",
	      out);
	buf_free(&values);
}

/* ---- zsh, fish ---- */

/* Text within single quotes; `also` are characters that get a backslash. */
static void print_quoted(const char *text, const char *also, const char *quote, FILE *out)
{
	for (; *text; text++)
		if (*text == '\'')
			fputs(quote, out);
		else
			fprintf(out, "%s%c", strchr(also, *text) ? "\\" : "", *text);
}

/* An option of _arguments, "--eol=[line end]:NAME:(lf crlf)". */
static void print_zsh_option(const struct option_row *row, bool is_long, FILE *out)
{
	struct buf values = { .max = SIZE_MAX };
	fprintf(out, " \\\n\t'%s", row->repeats ? "*" : "");
	if (is_long)
		fprintf(out, "--%s%s", row->name, row->value ? "=" : "");
	else
		fprintf(out, "-%c%s", row->letter, row->value ? "+" : "");
	fputc('[', out);
	print_quoted(row->help, "[]:", "'\\''", out);
	fputc(']', out);
	if (row->value) {
		add_values(row, &values);
		fputc(':', out);
		print_quoted(row->value, "[]:", "'\\''", out);
		if (row->offer == OFFER_FILES)
			fputs(":_files", out);
		else if (row->offer == OFFER_SETTINGS)
			fprintf(out, ":{compadd -S \"\" -- %s}", buf_text(&values) + 1);
		else if (values.len)
			fprintf(out, ":(%s)", buf_text(&values) + 1);
		else
			fputs(": ", out);
	}
	fputc('\'', out);
	buf_free(&values);
}

static void print_zsh(FILE *out)
{
	fputs("#compdef sockpit\n# zsh completion for sockpit\n_arguments -s -S", out);
	for (const struct option_row *row = option_table; row->section || row->letter; row++) {
		if (!is_listed(row))
			continue;
		if (is_short(row))
			print_zsh_option(row, false, out);
		if (row->name)
			print_zsh_option(row, true, out);
	}
	fputs(" \\\n\t'*:address or file:{ if (( ${words[(I)--check]} + ${words[(I)--tap]} + "
	      "${words[(I)-U]} )); then _files; else _hosts; fi }'\n",
	      out);
}

static void print_fish(FILE *out)
{
	struct buf values = { .max = SIZE_MAX };
	fputs("# fish completion for sockpit\n"
	      "complete -c sockpit -f -a '(__fish_print_hostnames)'\n"
	      "complete -c sockpit -n '__fish_contains_opt check tap' -F\n",
	      out);
	for (const struct option_row *row = option_table; row->section || row->letter; row++) {
		if (!is_listed(row))
			continue;
		fputs("complete -c sockpit", out);
		if (is_short(row))
			fprintf(out, " -s %c", row->letter);
		if (row->name)
			fprintf(out, " -l %s", row->name);
		buf_clear(&values);
		add_values(row, &values);
		if (row->offer == OFFER_FILES)
			fputs(" -r -F", out);
		else if (values.len)
			fprintf(out, " -x -a '%s'", buf_text(&values) + 1);
		else if (row->value)
			fputs(" -x", out);
		fputs(" -d '", out);
		print_quoted(row->help, "\\", "\\'", out);
		fputs("'\n", out);
	}
	buf_free(&values);
}

/* ---- which ---- */

static const struct shell shells[] = {
	{ "bash", print_bash },
	{ "zsh", print_zsh },
	{ "fish", print_fish },
};

const struct shell *completion_choose(const char *name, struct error *error)
{
	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
		if (strcmp(shells[i].name, name) == 0)
			return &shells[i];
	error_set(error, "--completion %s: bash, zsh or fish", name);
	return NULL;
}

void completion_print(const struct shell *shell, FILE *out)
{
	shell->print(out);
}
