// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <inttypes.h>

#include "app/page.h"
#include "base/savefile.h"
#include "view/ladder/ladder.h"

enum { FILE_COLUMNS = 100 }; /* of a ladder as text: those of a printed page */

static bool write_file(const struct invocation *invocation, const char *path, bool numbers,
                       struct error *error)
{
	struct savefile save;
	struct view view = {
		.ops = &ladder_view,
		.transcript = invocation->app->transcript,
		.own_calls = invocation->app->settings.own_calls,
		.numbers = numbers,
		.columns = FILE_COLUMNS,
		.time = VIEW_TIME_RELATIVE,
	};
	app_set_ends(invocation->app, invocation->session, &view);
	bool drawing = command_draws_file(path);
	uint64_t entries;
	if (!command_begin_file(invocation, path, &save, error))
		return false;
	bool written = drawing ? ladder_write_svg(&view, save.file, &entries)
	                       : ladder_write_text(&view, save.file, &entries);
	if (!command_end_file(&save, written, path, error))
		return false;
	app_note(invocation->app, "%s: the ladder of session %u, %" PRIu64 " entr%s%s", path,
	         (unsigned)view.session, entries, entries == 1 ? "y" : "ies",
	         drawing && entries >= LADDER_SVG_MOST ? ", the newest" : "");
	return true;
}

/* The numbers stay as they are until they are asked for again. */
static enum command_result do_ladder(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	bool turns = invocation->args->value[0];
	const char *path = invocation->args->value[1];
	uint32_t session = session_number(invocation->session);
	struct view_mode mode = app_view_mode(app, session);
	bool shown = mode.ops == &ladder_view, numbers = shown && mode.numbers;
	if (path)
		return write_file(invocation, path, numbers || turns, error);
	if (invocation->session != app->current)
		app_select(app, invocation->session);
	page_close(app);
	mode = (struct view_mode){ .ops = &ladder_view, .numbers = numbers != turns };
	app_set_view_mode(app, session, mode);
	return true;
}

const struct command ladder_commands[] = {
	{
	        .name = "ladder",
	        .group = "looking",
	        .usage = "[seq] [<file>]",
	        .help = "draw the conversation as a ladder, or write it to a file\n"
	                "Calls and states are in the margins, segments between them, with how "
	                "they are known:\n"
	                "* read from the kernel, o counted by it, ? deduced. An arrow is one segment "
	                "that is known singly;\n"
	                "what was only counted is a row with the time in which it was. ≤ before a "
	                "time means at the latest.\n"
	                "w was seen on the wire: in the sandbox, or where a packet socket may be opened.\n"
	                "\"seq\" shows the numbers of those segments, or hides them again: relative "
	                "sequence and acknowledgement number, window with its scale, length.\n"
	                "A name that ends in .svg gives a drawing of the newest 4000 entries, any "
	                "other a text of all.\n"
	                "A file that exists is overwritten by the same command again within 10 s, "
	                "or at once by /ladder!.\n"
	                "Without a name it is the same as /view ladder.",
	        .asks = true,
	        .needs = NEEDS_SESSION,
	        .run = do_ladder,
	},
	{ 0 },
};
