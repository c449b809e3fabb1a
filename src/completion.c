// SPDX-License-Identifier: GPL-3.0-or-later
#include "completion.h"

#include <stdbool.h>
#include <string.h>

#include "app/settings.h"
#include "base/buf.h"
#include "base/choice.h"
#include "command/lessons.h"
#include "command/manual.h"
#include "log/log_format.h"
#include "net/service.h"
#include "option_table.h"

struct shell {
	const char *name;
	void (*print)(FILE *out);
};

static void print_bash(FILE *out);
static void print_zsh(FILE *out);
static void print_fish(FILE *out);

static const struct shell shells[] = {
	{ "bash", print_bash },
	{ "zsh", print_zsh },
	{ "fish", print_fish },
};

static const char *shell_name(const void *context, size_t index)
{
	(void)context;
	return index < sizeof shells / sizeof *shells ? shells[index].name : NULL;
}

static const struct choice shell_names = { .name = shell_name };

/* ---- values ---- */

static const struct setting *setting_called(const char *name)
{
	const struct setting *setting = setting_table;
	while (setting->name && strcmp(setting->name, name) != 0)
		setting++;
	return setting->name ? setting : NULL;
}

/* "a|b|c", each after a blank; nothing of a placeholder, "<size>". */
static void add_list(const char *words, struct buf *out)
{
	struct choice_words list = { words, strlen(words) };
	const char *name;
	for (size_t i = 0; words[0] != '<' && (name = choice_word(&list, i)); i++)
		buf_printf(out, " %s", name);
}

static void add_choice(const struct choice *choice, struct buf *out)
{
	const char *name;
	for (size_t i = 0; (name = choice->name(choice->context, i)); i++)
		buf_printf(out, " %s", name);
}

/* Appends what the option offers, each after a blank; nothing if that is not known. */
static void add_values(const struct option_row *row, struct buf *out)
{
	const struct setting *setting = row->name ? setting_called(row->name) : NULL;
	switch (row->offer) {
	case OFFER_WORDS:
		add_list(row->words, out);
		break;
	case OFFER_VALUES:
		add_list(setting ? setting->values : "", out);
		break;
	case OFFER_SERVICES:
		for (size_t i = 0; service_table[i]; i++)
			buf_printf(out, " %s", service_table[i]->name);
		break;
	case OFFER_LOG_FORMATS:
		for (size_t i = 0; log_format_at(i); i++)
			buf_printf(out, " %s", log_format_at(i)->name);
		break;
	case OFFER_SETTINGS:
		for (setting = setting_table; setting->name; setting++)
			buf_printf(out, " %s=", setting->name);
		break;
	case OFFER_LESSONS:
		add_choice(&lesson_names, out);
		break;
	case OFFER_PARTS:
		add_choice(&manual_parts, out);
		break;
	case OFFER_SHELLS:
		add_choice(&shell_names, out);
		break;
	case OFFER_NOTHING:
	case OFFER_FILES:
		break;
	}
}

static bool offers_files(const struct option_row *row)
{
	return row->offer == OFFER_FILES || row->offer == OFFER_LESSONS;
}

static bool is_listed(const struct option_row *row)
{
	return row->letter && row->help;
}

/* Also one that -h does not list may have values. */
static bool has_value(const struct option_row *row)
{
	return row->letter && row->value && (row->help || row->offer);
}

/* An option whose words are no address. */
static bool has_words(const struct option_row *row)
{
	return row->letter && !row->value && row->offer;
}

static bool is_short(const struct option_row *row)
{
	return row->letter < LONG_SERVICE;
}

/* ---- bash and zsh: patterns of case ---- */

/* "-o|--output" */
static void print_pattern(const struct option_row *row, FILE *out)
{
	if (is_short(row))
		fprintf(out, "-%c%s", row->letter, row->name ? "|" : "");
	if (row->name)
		fprintf(out, "--%s", row->name);
}

/* For a list of words with a blank on either side. */
static void print_word_pattern(const struct option_row *row, FILE *out)
{
	fputc('\t', out);
	if (is_short(row))
		fprintf(out, "*' -%c '*%s", row->letter, row->name ? " | " : "");
	if (row->name)
		fprintf(out, "*' --%s '*", row->name);
	fputs(")\n", out);
}

/* The values of each setting, with a mark after its name and a command around them; a placeholder has none. */
static void print_setting_values(const char *mark, const char *before, const char *after, FILE *out)
{
	struct buf values = { .max = SIZE_MAX };
	for (const struct setting *setting = setting_table; setting->name; setting++) {
		buf_clear(&values);
		add_list(setting->values, &values);
		fprintf(out, "\t%s%s)\n%s%s%s", setting->name, mark, before,
		        values.len ? buf_text(&values) + 1 : "", after);
	}
	buf_free(&values);
}

/* ---- bash ---- */

/* What is offered for a word: some of these, and files or not. */
static void print_bash_offer(const struct option_row *row, FILE *out)
{
	struct buf values = { .max = SIZE_MAX };
	add_values(row, &values);
	if (values.len)
		fprintf(out, "\t\tCOMPREPLY=($(compgen -W '%s' -- \"$word\"))\n",
		        buf_text(&values) + 1);
	if (offers_files(row))
		fputs("\t\t_sockpit_files \"$word\"\n", out);
	if (row->offer == OFFER_SETTINGS)
		fputs("\t\tcompopt -o nospace 2>/dev/null\n", out);
	buf_free(&values);
}

static void print_bash(FILE *out)
{
	fputs("# bash completion for sockpit\n"
	      "_sockpit_files()\n"
	      "{\n"
	      "\tlocal name\n"
	      "\tcompopt -o filenames 2>/dev/null\n"
	      "\twhile IFS= read -r name; do\n"
	      "\t\tCOMPREPLY+=(\"$name\")\n"
	      "\tdone < <(compgen -f -- \"$1\")\n"
	      "}\n"
	      "_sockpit()\n"
	      "{\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tCOMPREPLY=()\n"
	      "\t# \"=\" is a word of its own: --eol=crlf, --set eol=crlf\n"
	      "\tif [[ $word == = ]]; then\n"
	      "\t\tword=\n"
	      "\t\t[[ $option == -* ]] || option=$option=\n"
	      "\telif [[ $option == = ]]; then\n"
	      "\t\toption=${COMP_WORDS[COMP_CWORD - 2]}\n"
	      "\t\t[[ $option == -* ]] || option=$option=\n"
	      "\tfi\n"
	      "\tcase $option in\n",
	      out);
	for (const struct option_row *row = option_table; row->section || row->letter; row++) {
		if (!has_value(row))
			continue;
		fputc('\t', out);
		print_pattern(row, out);
		fputs(")\n", out);
		print_bash_offer(row, out);
		fputs("\t\treturn\n\t\t;;\n", out);
	}
	print_setting_values("=", "\t\tCOMPREPLY=($(compgen -W '",
	                     "' -- \"$word\"))\n\t\treturn\n\t\t;;\n", out);
	fputs("\tesac\n"
	      "\tif [[ $word == -* ]]; then\n"
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
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase \" ${COMP_WORDS[*]} \" in\n",
	      out);
	for (const struct option_row *row = option_table; row->section || row->letter; row++) {
		if (!has_words(row))
			continue;
		print_word_pattern(row, out);
		print_bash_offer(row, out);
		fputs("\t\t;;\n", out);
	}
	fputs("\t*)\n"
	      "\t\tCOMPREPLY=($(compgen -A hostname -- \"$word\"))\n"
	      "\t\t;;\n"
	      "\tesac\n"
	      "}\n"
	      "complete -F _sockpit sockpit\n",
	      out);
}

/* ---- zsh ---- */

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
	fprintf(out, " \\\n\t'%s%s", is_listed(row) ? "" : "!", row->repeats ? "*" : "");
	if (is_long)
		fprintf(out, "--%s%s", row->name, row->value ? "=" : "");
	else
		fprintf(out, "-%c%s", row->letter, row->value ? "+" : "");
	if (is_listed(row)) {
		fputc('[', out);
		print_quoted(row->help, "[]:", "'\\''", out);
		fputc(']', out);
	}
	if (row->value) {
		add_values(row, &values);
		fputc(':', out);
		print_quoted(row->value, "[]:", "'\\''", out);
		if (row->offer == OFFER_FILES)
			fputs(":_files", out);
		else if (row->offer == OFFER_SETTINGS)
			fputs(":_sockpit_setting", out);
		else if (values.len)
			fprintf(out, ":(%s)", buf_text(&values) + 1);
		else
			fputs(": ", out);
	}
	fputc('\'', out);
	buf_free(&values);
}

/* Functions for what _arguments cannot say by itself. */
static void print_zsh_functions(FILE *out)
{
	struct buf values = { .max = SIZE_MAX };
	fputs("_sockpit_setting()\n{\n\tlocal name=${PREFIX%%=*}\n\tif ! compset -P '*='; "
	      "then\n\t\tcompadd -S '' --",
	      out);
	for (const struct setting *setting = setting_table; setting->name; setting++)
		fprintf(out, " %s=", setting->name);
	fputs("\n\t\treturn\n\tfi\n\tcase $name in\n", out);
	print_setting_values("", "\t\tcompadd -- ", "\n\t\t;;\n", out);
	fputs("\tesac\n}\n_sockpit_words()\n{\n\tcase \" ${words[*]} \" in\n", out);
	for (const struct option_row *row = option_table; row->section || row->letter; row++) {
		if (!has_words(row))
			continue;
		print_word_pattern(row, out);
		buf_clear(&values);
		add_values(row, &values);
		if (values.len)
			fprintf(out, "\t\tcompadd -- %s\n", buf_text(&values) + 1);
		if (offers_files(row))
			fputs("\t\t_files\n", out);
		fputs("\t\t;;\n", out);
	}
	fputs("\t*)\n\t\t_hosts\n\t\t;;\n\tesac\n}\n", out);
	buf_free(&values);
}

static void print_zsh(FILE *out)
{
	fputs("#compdef sockpit\n# zsh completion for sockpit\n", out);
	print_zsh_functions(out);
	fputs("_arguments -s -S", out);
	for (const struct option_row *row = option_table; row->section || row->letter; row++) {
		if (!is_listed(row) && !has_value(row))
			continue;
		if (is_short(row))
			print_zsh_option(row, false, out);
		if (row->name)
			print_zsh_option(row, true, out);
	}
	fputs(" \\\n\t'*:address or file:_sockpit_words'\n", out);
}

/* ---- fish ---- */

/* " -s U unixsock", as __fish_contains_opt takes them. */
static void print_fish_names(const struct option_row *row, FILE *out)
{
	if (is_short(row))
		fprintf(out, " -s %c", row->letter);
	if (row->name)
		fprintf(out, " %s", row->name);
}

/* The words that an option offers, as those after it. */
static void print_fish_words(const struct option_row *row, FILE *out)
{
	struct buf values = { .max = SIZE_MAX };
	add_values(row, &values);
	fputs("complete -c sockpit -n '__fish_contains_opt", out);
	print_fish_names(row, out);
	fprintf(out, "'%s", offers_files(row) ? " -F" : "");
	if (values.len)
		fprintf(out, " -a '%s'", buf_text(&values) + 1);
	fputc('\n', out);
	buf_free(&values);
}

static void print_fish(FILE *out)
{
	struct buf values = { .max = SIZE_MAX };
	fputs("# fish completion for sockpit\n"
	      "complete -c sockpit -f\n"
	      "complete -c sockpit -n 'not __fish_contains_opt",
	      out);
	for (const struct option_row *row = option_table; row->section || row->letter; row++)
		if (has_words(row))
			print_fish_names(row, out);
	fputs("' -a '(__fish_print_hostnames)'\n", out);
	for (const struct option_row *row = option_table; row->section || row->letter; row++) {
		if (has_words(row))
			print_fish_words(row, out);
		if (!is_listed(row) && has_value(row)) { /* else fish would list it */
			buf_clear(&values);
			add_values(row, &values);
			fprintf(out, "complete -c sockpit -n '__fish_prev_arg_in --%s' -a '%s'\n",
			        row->name, buf_text(&values) + 1);
		}
		if (!is_listed(row))
			continue;
		fputs("complete -c sockpit", out);
		if (is_short(row))
			fprintf(out, " -s %c", row->letter);
		if (row->name)
			fprintf(out, " -l %s", row->name);
		buf_clear(&values);
		if (row->value)
			add_values(row, &values);
		if (row->value && row->offer == OFFER_SETTINGS) /* eol=crlf is one word */
			for (const struct setting *setting = setting_table; setting->name;
			     setting++) {
				struct choice_words list = { setting->values,
					                     strlen(setting->values) };
				const char *name;
				for (size_t i = 0;
				     setting->values[0] != '<' && (name = choice_word(&list, i));
				     i++)
					buf_printf(&values, " %s=%s", setting->name, name);
			}
		if (row->value && offers_files(row))
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
