// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/page.h"
#include "base/alloc.h"
#include "base/savefile.h"
#include "view/code/code.h"

/* The most of a program that a page shows. */
enum { SHOWN_CALLS = 1000, SHOWN_BYTES = 128 << 10 };

static bool write_file(const struct invocation *invocation, enum code_language language,
                       const char *path, struct error *error)
{
	struct savefile save;
	struct app *app = invocation->app;
	uint32_t session = session_number(invocation->session);
	if (!command_begin_file(invocation, path, &save, error))
		return false;
	if (!code_write(app->transcript, session, language, save.file, error)) {
		if (error->code)
			error_errno(error, error->code, "%.150s", path);
		savefile_drop(&save);
		return false;
	}
	if (!savefile_end(&save, error))
		return false;
	app_note(app, "session %u is a program now: %s", (unsigned)session, path);
	return true;
}

/* ---- a page ---- */

/* A line that is too long for its row goes on in the next one, after a mark. */
static void add_line(struct rows *rows, const char *line, size_t len, int columns)
{
	const char *more = text_has_unicode() ? "  … " : "  > ";
	struct row *row = rows_add(rows);
	struct glyph glyph;
	for (size_t at = 0; at < len;) {
		at += text_glyph(line + at, len - at, row->columns, &glyph);
		if (row->columns + glyph.width > columns) {
			row = rows_add(rows);
			row_add_text(row, more, strlen(more), columns, STYLE_FAINT);
		}
		row_add_glyph(row, &glyph, glyph.mark ? STYLE_MARK : STYLE_TEXT);
	}
}

static void render(struct app *app, struct session *session, int columns, int height,
                   struct rows *rows)
{
	const char *text = app->open_page.text;
	(void)session, (void)height;
	while (*text) {
		size_t len = strcspn(text, "\n");
		add_line(rows, text, len, columns);
		text += len + (text[len] == '\n');
	}
}

static void print(struct app *app, struct session *session, struct buf *out)
{
	(void)session;
	buf_append_text(out, app->open_page.text);
}

static const struct page code_page = {
	.help = "the calls of the session as a program",
	.render = render,
	.print = print,
};

/* Into memory of a fixed size: a longer program is cut there. A program has no NUL. */
static bool show(const struct invocation *invocation, enum code_language language,
                 struct error *error)
{
	static const char more[] = "\n... and so on: /code with a file writes all of it\n";
	struct app *app = invocation->app;
	char *memory = xcalloc(SHOWN_BYTES + sizeof more, 1);
	FILE *file = fmemopen(memory, SHOWN_BYTES, "w");
	bool whole = false;
	bool done = file && code_write_begin(app->transcript, session_number(invocation->session),
	                                     language, SHOWN_CALLS, file, &whole, error);
	whole = file && fclose(file) == 0 && done && whole;
	size_t len = strnlen(memory, SHOWN_BYTES);
	if (len && !whole)
		memcpy(memory + len, more, sizeof more);
	if (len)
		page_toggle(app, &code_page, invocation->line, 0, memory);
	else if (!file)
		error_set(error, "code: no memory for it");
	free(memory);
	return len > 0;
}

static enum command_result do_code(const struct invocation *invocation, struct error *error)
{
	const char *path = invocation->args->value[1];
	enum code_language language =
	        strcmp(invocation->args->value[0], "python") == 0 ? CODE_PYTHON : CODE_C;
	return path ? write_file(invocation, language, path, error)
	            : show(invocation, language, error);
}

const struct command code_commands[] = {
	{
	        .name = "code",
	        .group = "looking",
	        .usage = "python|c [<file>]",
	        .help = "write the session as a program\n"
	                "The same calls with the same bytes, in blocking style, ready to run.\n"
	                "It ends when the peer ends or sends less than before; comments say how "
	                "much came. No call waits longer than LIMIT, set at its top.\n"
	                "TLS is written with OpenSSL, or Python's ssl. A certificate that a "
	                "listener made for itself must be made again, as files: a comment says "
	                "how.\n"
	                "Only a server waits for its first client without a limit.\n"
	                "Without a file the program is shown.\n"
	                "A file that exists is overwritten by the same command again within 10 s, "
	                "or at once by /code!.",
	        .asks = true,
	        .needs = NEEDS_SESSION,
	        .run = do_code,
	},
	{ 0 },
};
