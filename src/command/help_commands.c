// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/page.h"
#include "base/alloc.h"
#include "command/text_table.h"
#include "net/service.h"
#include "socket/errno_meaning.h"
#include "socket/sockopt.h"

enum { LINE_COLUMNS = 64 }; /* of a note, on 80 columns */

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

static void add_phrase(struct listing *listing, const char *name, const char *help)
{
	listing_add(listing, "  %s", name);
	listing_add(listing, "%.*s", (int)strcspn(help, "\n"), help);
}

static void end_list(struct listing *listing, struct buf *out)
{
	listing_print(listing, out);
	listing_free(listing);
}

static void list_all_commands(const struct app *app, struct buf *out)
{
	struct listing listing;
	const struct command *command;
	(void)app;
	listing_init(&listing, 2);
	for (size_t i = 0; (command = command_at(i)); i++) {
		listing_add(&listing, "/%s", command->name);
		listing_add(&listing, "%.*s", (int)strcspn(command->help, "\n"), command->help);
	}
	end_list(&listing, out);
	print_letters(out);
}

static void list_services(const struct app *app, struct buf *out)
{
	struct listing listing;
	(void)app;
	listing_init(&listing, 2);
	for (const struct service *const *service = service_table; *service; service++)
		add_phrase(&listing, (*service)->name, (*service)->help);
	end_list(&listing, out);
}

static void list_settings(const struct app *app, struct buf *out)
{
	struct listing listing;
	(void)app;
	listing_init(&listing, 2);
	for (const struct setting *setting = setting_table; setting->name; setting++)
		add_phrase(&listing, setting->name, setting->help);
	end_list(&listing, out);
}

static void list_views(const struct app *app, struct buf *out)
{
	struct listing listing;
	(void)app;
	listing_init(&listing, 2);
	for (size_t i = 0; view_listed(i); i++)
		add_phrase(&listing, view_listed(i)->name, view_listed(i)->help);
	end_list(&listing, out);
}

static void list_options(const struct app *app, struct buf *out)
{
	struct listing listing;
	(void)app;
	listing_init(&listing, 2);
	for (const struct sockopt *option = sockopt_table; option->name; option++)
		add_phrase(&listing, option->name, option->help);
	end_list(&listing, out);
}

static void list_errors(const struct app *app, struct buf *out)
{
	struct listing listing;
	(void)app;
	listing_init(&listing, 2);
	for (const struct errno_meaning *why = errno_meaning_table; why->symbol; why++)
		add_phrase(&listing, why->symbol, why->what);
	end_list(&listing, out);
}

/* As they are bound now, like readline's "bind -p". */
static void list_keys(const struct app *app, struct buf *out)
{
	struct listing listing;
	listing_init(&listing, 3);
	for (const struct binding *row = binding_table; row->name; row++) {
		struct buf keys = { .max = SIZE_MAX };
		app_print_keys(app, row, &keys);
		listing_add(&listing, "%s", keys.len ? buf_text(&keys) : "-");
		listing_add(&listing, "%s", row->name);
		listing_add(&listing, "%s%s%s", row->line ? row->line : "",
		            row->line && row->help ? ": " : "", row->help ? row->help : "");
		buf_free(&keys);
	}
	end_list(&listing, out);
	buf_append_text(out,
	                "\nAll other keys are those of readline. ~/.inputrc puts any of them on "
	                "another key: \"\\C-xi\": info-page");
}

static void list_marks(const struct app *app, struct buf *out)
{
	static const struct {
		const char *mark, *ascii, *help;
	} marks[] = {
		{ "*", NULL, "read from the kernel" },
		{ "o", NULL, "counted: the kernel's counters of segments changed by so much" },
		{ "?", NULL, "deduced" },
		{ "→", "->", "sent" },
		{ "←", "<-", "received" },
		{ "·", "-", "said by the program, or what the network did" },
		{ "!", NULL, "a failure" },
		{ "⏎", "$", "a line feed ended the line" },
		{ "…", "...", "a line goes on, or is cut" },
		{ "● ○", "+ -", "on a tab: the session is open, or not" },
		{ "+3", NULL, "on a tab: so much came that has not been seen" },
		{ "^[ \\x9b U+202E", NULL, "what cannot be printed" },
	};
	struct listing listing;
	(void)app;
	listing_init(&listing, 2);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		add_phrase(&listing,
		           marks[i].ascii && !text_has_unicode() ? marks[i].ascii : marks[i].mark,
		           marks[i].help);
	end_list(&listing, out);
}

/* ---- topics ---- */

static const struct {
	const char *name;
	void (*list)(const struct app *app, struct buf *out);
} topics[] = {
	{ "keys", list_keys },         { "commands", list_all_commands },
	{ "services", list_services }, { "settings", list_settings },
	{ "views", list_views },       { "marks", list_marks },
	{ "options", list_options },   { "errors", list_errors },
};

enum { TOPICS = sizeof topics / sizeof *topics };

const char *help_topic(size_t index)
{
	return index < TOPICS ? topics[index].name : NULL;
}

/* The keys with what they do; /help keys has more. */
static void list_key_help(const struct app *app, struct buf *out)
{
	struct listing listing;
	listing_init(&listing, 2);
	for (const struct binding *row = binding_table; row->name; row++) {
		struct buf keys = { .max = SIZE_MAX };
		app_print_keys(app, row, &keys);
		if (keys.len && row->help)
			add_phrase(&listing, buf_text(&keys), row->help);
		buf_free(&keys);
	}
	listing_add(&listing, "  Escape");
	listing_add(&listing, "closes a page, else returns to the newest rows");
	end_list(&listing, out);
}

static void print_overview(const struct app *app, struct buf *out)
{
	buf_append_text(out, "A line that begins with / is a command, any other is sent. //x sends "
	                     "/x.\n@NAME picks a session: /send @NAME hi; /@NAME hi sends a line; "
	                     "text that begins with @ is written with two: /send @@hi.\n"
	                     "Unique prefixes do, TAB completes.\n/help NAME explains a command, "
	                     "setting, service, view, socket option or errno value.\nLists: /help");
	for (size_t i = 0; i < TOPICS; i++)
		buf_printf(out, "%s %s", i > 0 ? "," : "", topics[i].name);
	buf_append_text(out, "\n\nKeys\n");
	list_key_help(app, out);
	buf_append_text(out, "\n\nCommands\n");
	list_all_commands(app, out);
}

/* ---- one thing ---- */

/* The phrase at the front is a line, and so is each sentence: where a table breaks its lines within
 * one, the source was full. */
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

/* What the words of its usage may be, where a table says so. */
static void print_words(const struct command *command, struct buf *out)
{
	struct element elements[GRAMMAR_MAX];
	size_t count = grammar_elements(command->usage, elements);
	for (size_t i = 0; i < count; i++) {
		bool views = elements[i].literals &&
		             elements[i].literals_len == strlen(VIEW_NAMES) &&
		             memcmp(elements[i].literals, VIEW_NAMES, strlen(VIEW_NAMES)) == 0;
		bool services = strcmp(elements[i].name, "service") == 0;
		bool settings = strcmp(elements[i].name, "setting") == 0;
		if (!views && !services && !settings)
			continue;
		buf_append_text(out, "\n");
		(views ? list_views : services ? list_services : list_settings)(NULL, out);
	}
}

static void print_command(const struct command *command, struct buf *out)
{
	buf_printf(out, "/%s%s%s%s%s\n", command->name, command->asks ? "[!]" : "",
	           command->needs != NEEDS_NOTHING ? " [@session]" : "", *command->usage ? " " : "",
	           command->usage);
	add_help(out, command->help);
	if (command->letter)
		buf_printf(out, "\n/%c is short for it.", command->letter);
	print_words(command, out);
}

/* ---- other things that have a name ---- */

/* What is called so, or begins so where `begins`: its help is appended. False where there is none,
 * or more than one. */
typedef bool print_named(const char *name, bool begins, struct buf *out);

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
	buf_printf(out, "%s, a service: %s\n/listen PORT %s, or /service %s", service->name,
	           service->help, service->name, service->name);
	return true;
}

static bool print_view(const char *name, bool begins, struct buf *out)
{
	for (size_t i = 0; view_listed(i); i++) {
		const struct view_ops *view = view_listed(i);
		if (strncmp(view->name, name, strlen(name)) == 0 &&
		    (begins || strcmp(view->name, name) == 0)) {
			buf_printf(out, "/view %s\n", view->name);
			add_help(out, view->help);
			return true;
		}
	}
	return false;
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

static bool print_error(const char *name, bool begins, struct buf *out)
{
	struct error ignored;
	const struct errno_meaning *why = errno_meaning_find(name, &ignored);
	if (!why || (!begins && strcasecmp(why->symbol, name) != 0))
		return false;
	errno_meaning_print(why, out);
	return true;
}

/* Which of them an element of a usage means; also the order in which a name is looked for. */
static const struct {
	const char *element;
	print_named *print;
} kinds[] = {
	{ "setting", print_setting }, { "service", print_service }, { "view", print_view },
	{ "option", print_option },   { "error", print_error },
};

/* Only of the kind that this command takes, where `command` is not NULL and takes one. */
static bool print_other(const struct command *command, const char *name, bool begins,
                        struct buf *out)
{
	struct element elements[GRAMMAR_MAX];
	size_t count = command ? grammar_elements(command->usage, elements) : 0;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (count > 0 && strcmp(elements[0].name, kinds[i].element) == 0)
			return kinds[i].print(name, begins, out);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].print(name, begins, out))
			return true;
	return false;
}

/* All names but those of options and errors, which are as many as the others together. */
static const char *name_of_topic(const void *context, size_t index)
{
	static const struct choice *const lists[] = { &command_names, &setting_names,
		                                      &service_names };
	(void)context;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		size_t count = 0;
		while (lists[i]->name(lists[i]->context, count))
			count++;
		if (index < count)
			return lists[i]->name(lists[i]->context, index);
		index -= count;
	}
	if (index < TOPICS)
		return help_topic(index);
	index -= TOPICS;
	return view_listed(index) ? view_listed(index)->name : NULL;
}

static void print_command_and_key(const struct app *app, const struct command *command,
                                  struct buf *out)
{
	print_command(command, out);
	char *line = xasprintf("/%s", command->name);
	const struct binding *row = binding_of_line(line);
	struct buf keys = { .max = SIZE_MAX };
	if (row)
		app_print_keys(app, row, &keys);
	if (keys.len)
		buf_printf(out, "\n%s does the same.", buf_text(&keys));
	buf_free(&keys);
	free(line);
}

static bool print_topic(const struct app *app, const char *name, struct buf *out,
                        struct error *error)
{
	static const struct choice names = { .name = name_of_topic };
	size_t matches, len = strlen(name);
	struct error why;
	char shown[WORDS_QUOTED];
	const struct command *command = command_find(name, len, &why);
	for (size_t i = 0; i < TOPICS; i++)
		if (strcmp(name, topics[i].name) == 0) {
			topics[i].list(app, out);
			return true;
		}
	if (command && (len == 1 || command->name[len] == '\0')) {
		print_command_and_key(app, command, out);
		return true;
	}
	if (print_other(NULL, name, false, out))
		return true;
	choice_find(&command_names, name, len, &matches);
	if (command)
		print_command_and_key(app, command, out);
	else if (matches > 0)
		*error = why;
	if (matches > 0)
		return command;
	if (print_other(NULL, name, true, out))
		return true;
	error_usage(error, "no help for %s", word_show(name, len, shown));
	choice_suggest(&names, name, len, "/help lists the commands", error);
	return false;
}

/* "/help set eol": the command says which kind of name the second one is. */
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
	                "/help keys, commands, services, settings, views, marks, options and "
	                "errors are lists of all of them.",
	        .run = do_help,
	},
	{ 0 },
};
