// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/handlers.h"

#include <string.h>

#include "command/listing.h"

static const char howto[] = "\n"
                            "Other lines are sent; //x sends /x, ^] makes everything data.\n"
                            "@NAME picks a session: /send @NAME hi; /@NAME hi sends a line; @@ is an @.\n"
                            "Unique prefixes do, TAB completes, /help COMMAND says more.";

static void print_overview(struct buf *out)
{
	struct listing listing;
	listing_init(&listing, 2);
	for (const struct command *command = command_table; command->name; command++) {
		listing_add(&listing, "/%s", command->name);
		listing_add(&listing, "%.*s", (int)strcspn(command->help, "\n"), command->help);
	}
	listing_print(&listing, out);
	listing_free(&listing);
	buf_append_text(out, howto);
}

static void list_services(struct buf *out)
{
	struct listing listing;
	listing_init(&listing, 2);
	for (const struct service *service = service_table; service->name; service++) {
		listing_add(&listing, "  %s", service->name);
		listing_add(&listing, "%s", service->help);
	}
	buf_append_text(out, "\n");
	listing_print(&listing, out);
	listing_free(&listing);
}

static void list_settings(struct buf *out)
{
	struct listing listing;
	listing_init(&listing, 2);
	for (const struct setting *setting = setting_table; setting->name; setting++) {
		listing_add(&listing, "  %s", setting->name);
		listing_add(&listing, "%.*s", (int)strcspn(setting->help, "\n"), setting->help);
	}
	buf_append_text(out, "\n");
	listing_print(&listing, out);
	listing_free(&listing);
}

/* What the words of its usage may be, where a table says so. */
static void print_words(const struct command *command, struct buf *out)
{
	struct element elements[GRAMMAR_MAX];
	size_t count = grammar_elements(command->usage, elements);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(elements[i].name, "service") == 0)
			list_services(out);
		else if (strcmp(elements[i].name, "setting") == 0)
			list_settings(out);
	}
}

static void print_command(const struct command *command, struct buf *out)
{
	buf_printf(out, "/%s%s%s%s%s\n%s", command->name, command->asks ? "[!]" : "",
	           command->needs != NEEDS_NOTHING ? " [@session]" : "", *command->usage ? " " : "",
	           command->usage, command->help);
	print_words(command, out);
}

bool do_help(const struct invocation *invocation, struct error *error)
{
	const char *name = invocation->args->value[0];
	struct buf text = { .max = SIZE_MAX };
	if (name) {
		name += *name == '/';
		const struct command *command = command_find(name, strlen(name), error);
		if (!command)
			return false;
		print_command(command, &text);
	} else {
		print_overview(&text);
	}
	app_note(invocation->app, "%s", buf_text(&text));
	buf_free(&text);
	return true;
}
