// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "app/page.h"
#include "base/savefile.h"
#include "view/ladder/ladder.h"

enum { FILE_COLUMNS = 100 }; /* of a ladder as text: those of a printed page */

static struct view ladder_of(const struct app *app, const struct session *session)
{
	const struct session *other = app_other_end(app, session);
	return (struct view){
		.ops = &ladder_view,
		.transcript = app->transcript,
		.session = session_number(session),
		.other = other ? session_number(other) : 0,
		.calls_only = transport_is_unix(session_transport(session)),
		.columns = FILE_COLUMNS,
		.time = VIEW_TIME_RELATIVE,
	};
}

static bool is_drawing(const char *path)
{
	size_t len = strlen(path);
	return len > 4 && strcasecmp(path + len - 4, ".svg") == 0;
}

static bool write_file(const struct invocation *invocation, const char *path, struct error *error)
{
	struct savefile save;
	struct view view = ladder_of(invocation->app, invocation->session);
	bool drawing = is_drawing(path);
	uint64_t entries;
	if (!command_begin_file(invocation, path, &save, error))
		return false;
	bool written = drawing ? ladder_write_svg(&view, save.file, &entries)
	                       : ladder_write_text(&view, save.file, &entries);
	if (!written) {
		error_errno(error, errno, "%.150s", path);
		savefile_drop(&save);
		return false;
	}
	if (!savefile_end(&save, error))
		return false;
	app_note(invocation->app, "%s: the ladder of session %u, %" PRIu64 " entr%s%s", path,
	         (unsigned)view.session, entries, entries == 1 ? "y" : "ies",
	         drawing && entries >= LADDER_SVG_MOST ? ", the newest" : "");
	return true;
}

static enum command_result do_ladder(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *path = invocation->args->value[0];
	if (path)
		return write_file(invocation, path, error);
	if (invocation->session != app->current)
		app_select(app, invocation->session);
	page_close(app);
	app_set_view_mode(app, session_number(invocation->session),
	                  (struct view_mode){ .ops = &ladder_view });
	return true;
}

const struct command ladder_commands[] = {
	{
	        .name = "ladder",
	        .group = "looking",
	        .usage = "[<file>]",
	        .help = "draw the conversation as a ladder, or write it to a file\n"
	                "Calls and states are in the margins, segments between them, with how "
	                "they are known:\n"
	                "* read from the kernel, o counted by it, ? deduced. An arrow is one segment "
	                "that is known singly;\n"
	                "what was only counted is a row with the time in which it was. ≤ before a "
	                "time means at the latest.\n"
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
