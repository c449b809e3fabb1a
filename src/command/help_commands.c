// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/page.h"
#include "app/values.h"
#include "base/alloc.h"
#include "command/lesson_run.h"
#include "command/text_table.h"
#include "net/fault.h"
#include "net/service.h"
#include "socket/errno_meaning.h"
#include "socket/sockopt.h"
#include "socket/sysctl.h"
#include "view/legend.h"

enum { LINE_COLUMNS = 64 }; /* of a note, on 80 columns */

/* ---- what there is help for ---- */

/* One thing with a name; the name is NULL after the last. */
struct topic {
	const char *name, *help;
};

static struct topic setting_topic(size_t index)
{
	return (struct topic){ setting_table[index].name, setting_table[index].help };
}

static struct topic service_topic(size_t index)
{
	const struct service *service = service_table[index];
	return service ? (struct topic){ service->name, service->help } : (struct topic){ 0 };
}

static struct topic fault_topic(size_t index)
{
	return index < FAULT_COUNT ? (struct topic){ fault_table[index].name, fault_table[index].help }
	                           : (struct topic){ 0 };
}

static struct topic view_topic(size_t index)
{
	const struct view_ops *view = view_listed(index);
	return view ? (struct topic){ view->name, view->help } : (struct topic){ 0 };
}

static struct topic option_topic(size_t index)
{
	return (struct topic){ sockopt_table[index].name, sockopt_table[index].help };
}

static struct topic sysctl_topic(size_t index)
{
	return (struct topic){ sysctl_table[index].name, sysctl_table[index].help };
}

static struct topic value_topic(size_t index)
{
	return (struct topic){ value_table[index].name, value_table[index].help };
}

static struct topic error_topic(size_t index)
{
	return (struct topic){ errno_meaning_table[index].symbol, errno_meaning_table[index].what };
}

static struct topic mark_topic(size_t index)
{
	const struct legend_mark *mark = &legend_table[index];
	return mark->mark ? (struct topic){ legend_sign(mark), mark->help } : (struct topic){ 0 };
}

/* ---- lists ---- */

/* "/o open, /l listen, …" */
static void print_letters(struct buf *out)
{
	size_t column = 0;
	const struct command *command;
	for (size_t i = 0; (command = command_at(i)); i++) {
		if (!command->letter)
			continue;
		size_t len = strlen("/x ") + strlen(command->name);
		bool fits = column + len + strlen(", ") <= LINE_COLUMNS;
		buf_append_text(out, column == 0 || !fits ? "\n" : ", ");
		buf_printf(out, "/%c %s", command->letter, command->name);
		column = fits ? column + len + strlen(", ") : len;
	}
}

static void add_topic(struct text_table *table, const char *before, struct topic topic)
{
	text_table_add(table, "%s%s", before, topic.name);
	text_table_add(table, "%.*s", (int)strcspn(topic.help, "\n"), topic.help);
}

static void list_commands_and_letters(struct buf *out)
{
	struct text_table table;
	const struct command *command;
	text_table_begin(&table, 2);
	for (size_t i = 0; (command = command_at(i)); i++)
		add_topic(&table, "/", (struct topic){ command->name, command->help });
	text_table_end(&table, out);
	print_letters(out);
}

static void list_topics(struct topic (*at)(size_t index), struct buf *out)
{
	struct text_table table;
	text_table_begin(&table, 2);
	for (size_t i = 0; at(i).name; i++)
		add_topic(&table, "  ", at(i));
	text_table_end(&table, out);
}

/* With the keys that they have now. */
static void list_keys(const struct app *app, struct buf *out)
{
	struct text_table table;
	text_table_begin(&table, 3);
	for (const struct binding *row = binding_table; row->name; row++) {
		struct buf keys = { .max = SIZE_MAX };
		app_print_keys(app, row, &keys);
		text_table_add(&table, "%s", keys.len ? buf_text(&keys) : "-");
		text_table_add(&table, "%s", row->name);
		text_table_add(&table, "%s%s%s", row->line ? row->line : "",
		               row->line && row->help ? ": " : "", row->help ? row->help : "");
		buf_free(&keys);
	}
	text_table_end(&table, out);
	buf_append_text(out,
	                "\nAll other keys are those of readline. ~/.inputrc puts any of them on "
	                "another key: \"\\C-xi\": info-page");
}

/* The keys with what they do; /help keys has more. */
static void list_key_help(const struct app *app, struct buf *out)
{
	struct text_table table;
	text_table_begin(&table, 2);
	for (const struct binding *row = binding_table; row->name; row++) {
		struct buf keys = { .max = SIZE_MAX };
		app_print_keys(app, row, &keys);
		if (keys.len && row->help)
			add_topic(&table, "  ", (struct topic){ buf_text(&keys), row->help });
		buf_free(&keys);
	}
	if (app->shows_pages)
		add_topic(&table, "  ",
		          (struct topic){ "Escape",
		                          "closes a page, else returns to the newest rows" });
	text_table_end(&table, out);
}

/* ---- one thing ---- */

/* The phrase at the front is a line, and so is each sentence: a line of the source that ends within
 * a sentence is joined to the next. */
static void add_help(struct buf *out, const char *help)
{
	size_t len = strcspn(help, "\n");
	bool ends = true;
	while (true) {
		buf_append(out, help, len);
		help += len + (help[len] == '\n');
		if (!*help)
			return;
		buf_append_text(out, ends ? "\n" : " ");
		len = strcspn(help, "\n");
		ends = len > 0 && strchr(".:?", help[len - 1]);
	}
}

static bool print_setting(const char *name, bool begins, struct buf *out)
{
	struct error ignored;
	const struct setting *setting = setting_find(name, &ignored);
	if (!setting || (!begins && strcmp(setting->name, name) != 0))
		return false;
	buf_printf(out, "/set %s %s\n", setting->name, setting->values);
	add_help(out, setting->help);
	return true;
}

static bool print_service(const char *name, bool begins, struct buf *out)
{
	struct error ignored;
	const struct service *service = service_choose(name, &ignored);
	if (!service || (!begins && strcmp(service->name, name) != 0))
		return false;
	buf_printf(out, "%s, a service: %s\n", service->name, service->help);
	if (service->usage)
		buf_printf(out, "/service %s %s", service->name, service->usage);
	else
		buf_printf(out, "/listen PORT %s, or /service %s", service->name, service->name);
	return true;
}

static const char *name_of_fault(const void *context, size_t index)
{
	(void)context;
	return fault_topic(index).name;
}

static bool print_fault(const char *name, bool begins, struct buf *out)
{
	static const struct choice names = { .name = name_of_fault };
	size_t matches, index = choice_find(&names, name, strlen(name), &matches);
	if (index == CHOICE_NONE || (!begins && strcmp(fault_table[index].name, name) != 0))
		return false;
	const struct fault *fault = &fault_table[index];
	buf_printf(out, "%s, a fault: ", fault->name);
	add_help(out, fault->help);
	buf_printf(out, "\n/fault %s%s%s", fault->name, fault->value ? " " : "",
	           fault->value ? fault->value : "");
	return true;
}

static bool print_view(const char *name, bool begins, struct buf *out)
{
	size_t matches, index = choice_find(&view_names, name, strlen(name), &matches);
	const struct view_ops *view = index == CHOICE_NONE ? NULL : view_listed(index);
	if (!view || (!begins && strcmp(view->name, name) != 0))
		return false;
	buf_printf(out, "/view %s\n", view->name);
	add_help(out, view->help);
	return true;
}

static bool print_option(const char *name, bool begins, struct buf *out)
{
	struct error ignored;
	const struct sockopt *option = sockopt_find(name, 0, &ignored);
	if (!option || (!begins && strcasecmp(option->name, name) != 0 &&
	                strcasecmp(strchr(option->name, '_') + 1, name) != 0))
		return false;
	buf_printf(out, "%s\n", option->name);
	add_help(out, option->help);
	buf_printf(out, "\n/option %s shows it, with a value sets it.", option->name);
	return true;
}

static bool print_sysctl(const char *name, bool begins, struct buf *out)
{
	size_t matches, index = choice_find(&sysctl_names, name, strlen(name), &matches);
	const struct sysctl *sysctl = index == CHOICE_NONE ? NULL : &sysctl_table[index];
	if (!sysctl || (!begins && strcmp(sysctl->name, name) != 0))
		return false;
	buf_printf(out, "%s, a sysctl: %s\n/set left.%s shows it in the sandbox, with a value sets it.",
	           sysctl->name, sysctl->help, sysctl->name);
	return true;
}

static bool print_value(const char *name, bool begins, struct buf *out)
{
	struct choice names = { .name = value_name_at };
	size_t matches, index = choice_find(&names, name, strlen(name), &matches);
	const struct value_name *value = index == CHOICE_NONE ? NULL : &value_table[index];
	const struct choice *words = value && value->words ? value_words(value) : NULL;
	if (!value || (!begins && strcmp(value->name, name) != 0))
		return false;
	buf_printf(out, "%s, a value: %s", value->name, value->help);
	if (words) {
		buf_append_text(out, "\nOne of ");
		choice_list(words, "or", out);
		buf_append_text(out, ".");
	}
	buf_printf(out, "\n/assert @NAME.%s%s compares it.",
	           value_is_of_call(value) ? "last." : "", value->name);
	return true;
}

static bool print_error(const char *name, bool begins, struct buf *out)
{
	struct error ignored;
	const struct errno_meaning *why = errno_meaning_find(name, &ignored);
	if (!why || (!begins && strcasecmp(why->symbol, name) != 0))
		return false;
	errno_meaning_print(why, out);
	return true;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);
	for (; *words; words += strspn(words, " ")) {
		size_t here = strcspn(words, " ");
		if (here == len && memcmp(words, word, len) == 0)
			return true;
		words += here;
	}
	return false;
}

static bool print_mark(const char *name, bool begins, struct buf *out)
{
	size_t before = out->len;
	(void)begins;
	for (size_t i = 0;; i++) {
		struct topic mark = mark_topic(i);
		if (!mark.name)
			break;
		if (has_word(mark.name, name))
			buf_printf(out, "%s%s, a mark: %s", out->len > before ? "\n" : "", name,
			           mark.help);
	}
	return out->len > before;
}

/* The lists, in the order in which a name is looked for. */
static const struct kind {
	const char *list;              /* /help services */
	const char *element, *choices; /* in a usage */
	bool short_list;               /* shown with the help of a command that takes one of them */
	const char *last;              /* the last line of the list */
	struct topic (*at)(size_t index);
	/* Appends the help of what has this name, or with `begins` the only name that begins so.
	 * False if there is none, or more than one. */
	bool (*print)(const char *name, bool begins, struct buf *out);
} kinds[] = {
	{ "services", "service", "", true,
	  "\n\n/listen PORT NAME starts a server with one, /service NAME changes that of a session. iterative "
	  "after it: one client at a time.",
	  service_topic, print_service },
	{ "faults", "fault", "", true, "", fault_topic, print_fault },
	{ "settings", "setting", "", true, "", setting_topic, print_setting },
	{ "views", "view", VIEW_NAMES, true, "", view_topic, print_view },
	{ "marks", "", "", false, "", mark_topic, print_mark },
	{ "options", "option", "", false, "", option_topic, print_option },
	{ "errors", "error", "", false, "", error_topic, print_error },
	{ "sysctls", "sysctl", "", false, "", sysctl_topic, print_sysctl },
	{ "values", "what", "", false, "", value_topic, print_value },
};

static const char *const other_lists[] = { "keys", "commands" };

enum { KINDS = sizeof kinds / sizeof *kinds, OTHERS = sizeof other_lists / sizeof *other_lists };

const char *help_topic(size_t index)
{
	if (index < OTHERS)
		return other_lists[index];
	return index < OTHERS + KINDS ? kinds[index - OTHERS].list : NULL;
}

static bool takes(const struct element *element, const struct kind *kind)
{
	if (!element->literals)
		return strcmp(element->name, kind->element) == 0;
	return element->literals_len == strlen(kind->choices) &&
	       memcmp(element->literals, kind->choices, element->literals_len) == 0;
}

static void print_command(const struct app *app, const struct command *command, struct buf *out)
{
	struct element elements[GRAMMAR_MAX];
	struct buf keys = { .max = SIZE_MAX };
	size_t count = grammar_elements(command->usage, elements);
	buf_printf(out, "/%s%s%s%s%s\n", command->name, command->asks ? "[!]" : "",
	           command->needs != NEEDS_NOTHING ? " [@session]" : "", *command->usage ? " " : "",
	           command->usage);
	add_help(out, command->help);
	if (command->letter)
		buf_printf(out, "\n/%c is short for it.", command->letter);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < KINDS; j++)
			if (kinds[j].short_list && takes(&elements[i], &kinds[j])) {
				buf_append_text(out, "\n");
				list_topics(kinds[j].at, out);
			}
	char *line = xasprintf("/%s", command->name);
	const struct binding *row = binding_of_line(line);
	if (row)
		app_print_keys(app, row, &keys);
	if (keys.len)
		buf_printf(out, "\nIts key is %s.", buf_text(&keys));
	buf_free(&keys);
	free(line);
}

static void print_overview(const struct app *app, struct buf *out)
{
	if (app->lesson.face) {
		buf_append_text(out, "The lesson\n");
		lesson_run_print_keys(app, out);
		buf_append_text(out, "\n\n");
	}
	buf_append_text(out, "A line that begins with / is a command, any other is sent. //x sends "
	                     "/x.\n@NAME picks a session: /send @NAME hi; /@NAME hi sends a line; "
	                     "write two for text that begins with @: /send @@hi.\n"
	                     "A unique prefix of a name is enough; TAB completes.\n/help NAME "
	                     "explains a command, "
	                     "setting, service, fault, view, socket option, errno value, "
	                     "sysctl or value of a session.\nLists: /help");
	for (size_t i = 0; help_topic(i); i++)
		buf_printf(out, "%s %s", i > 0 ? "," : "", help_topic(i));
	buf_append_text(out, "\nThe manual is man sockpit, by task. sockpit-reference has what /help NAME "
	                     "explains, sockpit-window the keys; sockpit-server, sockpit-socket, sockpit-tls, "
	                     "sockpit-sandbox, sockpit-pipe, sockpit-script, sockpit-log and "
	                     "sockpit-lesson the rest.");
	buf_append_text(out, "\n\nKeys\n");
	list_key_help(app, out);
	buf_append_text(out, "\n\nCommands\n");
	list_commands_and_letters(out);
}

/* Only of the kind that `command` takes, if it takes one; NULL for any. */
static bool print_other(const struct command *command, const char *name, bool begins,
                        struct buf *out)
{
	struct element elements[GRAMMAR_MAX];
	size_t count = command ? grammar_elements(command->usage, elements) : 0;
	for (size_t i = 0; count > 0 && i < KINDS; i++)
		if (takes(&elements[0], &kinds[i]))
			return kinds[i].print(name, begins, out);
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].print(name, begins, out))
			return true;
	return false;
}

/* All names but those of marks, options and errors. */
static const char *name_of_topic(const void *context, size_t index)
{
	size_t commands = 0;
	(void)context;
	while (command_at(commands))
		commands++;
	if (index < commands)
		return command_at(index)->name;
	index -= commands;
	if (index < OTHERS + KINDS)
		return help_topic(index);
	index -= OTHERS + KINDS;
	for (size_t i = 0; i < KINDS; i++)
		for (size_t j = 0; kinds[i].short_list && kinds[i].at(j).name; j++)
			if (index-- == 0)
				return kinds[i].at(j).name;
	return NULL;
}

static bool print_list(const struct app *app, const char *name, struct buf *out)
{
	if (strcmp(name, "keys") == 0) {
		list_keys(app, out);
		return true;
	}
	if (strcmp(name, "commands") == 0) {
		list_commands_and_letters(out);
		return true;
	}
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(name, kinds[i].list) == 0) {
			list_topics(kinds[i].at, out);
			buf_append_text(out, kinds[i].last);
			return true;
		}
	return false;
}

static bool print_topic(const struct app *app, const char *name, struct buf *out,
                        struct error *error)
{
	static const struct choice names = { .name = name_of_topic };
	size_t matches, len = strlen(name);
	struct error why;
	char shown[WORDS_QUOTED];
	const struct command *command = command_find(name, len, &why);
	bool whole = command && (len == 1 || command->name[len] == '\0');
	if (print_list(app, name, out) || (!whole && print_other(NULL, name, false, out)))
		return true;
	if (command) {
		print_command(app, command, out);
		return true;
	}
	choice_find(&command_names, name, len, &matches);
	if (matches > 0) {
		*error = why;
		return false;
	}
	if (print_other(NULL, name, true, out))
		return true;
	error_usage(error, "no help for %s", word_show(name, len, shown));
	choice_suggest(&names, name, len, "/help lists the commands", error);
	return false;
}

/* "/help set eol": the command says what kind of name the second word is. */
static bool print_detail(const char *name, const char *detail, struct buf *out, struct error *error)
{
	char shown[WORDS_QUOTED];
	const struct command *command = command_find(name, strlen(name), error);
	if (!command)
		return false;
	if (print_other(command, detail, false, out) || print_other(command, detail, true, out))
		return true;
	error_usage(error, "no help for %s in /%s: /help %s",
	            word_show(detail, strlen(detail), shown), command->name, command->name);
	return false;
}

static enum command_result do_help(const struct invocation *invocation, struct error *error)
{
	const char *name = invocation->args->value[0], *detail = invocation->args->value[1];
	struct buf text = { .max = SIZE_MAX };
	bool done = true;
	if (name)
		name += *name == '/';
	if (name && detail)
		done = print_detail(name, detail, &text, error);
	else if (name)
		done = print_topic(invocation->app, name, &text, error);
	else
		print_overview(invocation->app, &text);
	if (done)
		page_answer(invocation->app, invocation->line, buf_text(&text));
	buf_free(&text);
	return done;
}

const struct command help_commands[] = {
	{
	        .name = "help",
	        .letter = 'h',
	        .group = "keeping",
	        .usage = "[<topic>] [<detail>]",
	        .help = "show the keys and the commands, or explain one\n"
	                "Also anything else that has a name: \"/help echo\", \"/help set eol\", "
	                "\"/help nodelay\".\n"
	                "/help keys, commands, services, faults, settings, views, marks, options, "
	                "errors, sysctls and values are lists of all of them.",
	        .run = do_help,
	},
	{ 0 },
};
