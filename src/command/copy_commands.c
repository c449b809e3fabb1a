// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/count.h"

/* One way to a message. `which`: "sent", "received", or NULL for both; NULL entry: none. */
static const struct entry *find_message(const struct view *view, const char *which, long number,
                                        struct location *location)
{
	bool outgoing = which && strcmp(which, "sent") == 0;
	for (bool more = view_last(view, location); more; more = view_before(view, location)) {
		const struct entry *entry = transcript_at(view->transcript, location->entry);
		if (!entry_is_payload(entry) || (which && entry_is_outgoing(entry) != outgoing))
			continue;
		if (--number == 0)
			return entry;
	}
	return NULL;
}

/* The line where the last hit of /find is, whichever view has it. */
static const struct entry *find_hit(const struct app *app, struct view *view,
                                    struct location *location)
{
	const struct search *search = &app->search;
	*location = search->location;
	const struct entry *entry = transcript_at(view->transcript, location->entry);
	if (!search->found || search->session != app_shown(app) || !entry ||
	    !entry_is_payload(entry))
		return NULL;
	view->session = entry->session;
	location->offset++;
	view_before(view, location);
	return entry;
}

static bool parse_number(const char *text, long *number, struct error *error)
{
	char *end;
	*number = text ? strtol(text, &end, 10) : 1;
	if (!text || (end != text && !*end && *number > 0 && *number < INT_MAX))
		return true;
	error_usage(error, "copy: \"%.40s\" is not a number: 1 is the newest message, 2 the one before",
	            text);
	return false;
}

static bool check_copy(const struct args *args, struct error *error)
{
	long number;
	if (args->value[1] && args->value[0] && strcmp(args->value[0], "found") == 0)
		error_usage(error, "copy: found takes no number: it is the line with the hit of /find");
	else if (parse_number(args->value[1], &number, error))
		return true;
	return args_blame(args, 1, error);
}

static enum command_result do_copy(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *which = invocation->args->value[0];
	struct location location;
	struct view view = { .ops = &chat_view,
		             .transcript = app->transcript,
		             .session = session_number(invocation->session),
		             .columns = VIEW_READABLE };
	long number;
	if (!parse_number(invocation->args->value[1], &number, error))
		return COMMAND_FAILED;
	if (!app->settings.clipboard || !app->has_clipboard) {
		error_set(error, app->has_clipboard
		                         ? "/set clipboard on lets this program write to the "
		                           "terminal's clipboard"
		                         : "copy: only the window has a clipboard");
		return COMMAND_FAILED;
	}
	bool found = which && strcmp(which, "found") == 0;
	const struct entry *entry = found ? find_hit(app, &view, &location)
	                                  : find_message(&view, which, number, &location);
	if (!entry) {
		if (found)
			error_set(error, "copy: no message here has the hit of /find");
		else
			error_set(error, "copy: there is no such message%s%s", which ? " that was " : "",
			          which ? which : "");
		return COMMAND_FAILED;
	}
	if (entry_is_secret(entry)) {
		error_set(error, "copy: that is a secret: it is kept nowhere");
		return COMMAND_FAILED;
	}
	const char *direction = entry_is_outgoing(entry) ? "sent" : "received";
	struct buf bytes = { .max = APP_COPY_MOST };
	if (!view_bytes(&view, location, &bytes)) {
		error_set(error, "copy: that message has more than %d bytes: /log keeps it in a file",
		          APP_COPY_MOST);
		buf_free(&bytes);
		return COMMAND_FAILED;
	}
	size_t len = bytes.len;
	buf_free(&app->copied);
	app->copied = bytes;
	app->copies = true;
	app_note(app, "copied: %zu byte%s, as %s%s", len, count_plural(len), direction,
	         getenv("TMUX") ? "; tmux passes that on with set-clipboard on" : "");
	return COMMAND_DONE;
}

const struct command copy_commands[] = {
	{
	        .name = "copy",
	        .group = "looking",
	        .usage = "[found|sent|received] [<number>]",
	        .help = "put the bytes of a message on the terminal's clipboard\n"
	                "Just as they were sent or received, with the line end. 2 is the message "
	                "before the newest, sent 2 the one before the newest that was sent.\n"
	                "found: the line with the last hit of /find.\n"
	                "Nothing that is received can write there.\n"
	                "Needs /set clipboard on, and a terminal that takes OSC 52. At most 74994 "
	                "bytes: many terminals take no more.\n"
	                "tmux passes it on with its option set-clipboard on, or allow-passthrough.",
	        .needs = NEEDS_SESSION,
	        .check = check_copy,
	        .run = do_copy,
	},
	{ 0 },
};
