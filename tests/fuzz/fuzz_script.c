// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes script.h, and with it the checks of all commands: the input is a file, a NUL in which begins
 * another file that the first may source. Nothing is run. */
#include "command/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const char *bytes;
	size_t len, mistakes;
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void fill(struct script *script, const char *path, const char *bytes, size_t len)
{
	struct error error = { 0 };
	script_init(script, path);
	while (len > 0) {
		const char *feed = memchr(bytes, '\n', len);
		size_t taken = feed ? (size_t)(feed - bytes) : len;
		if (!script_add(script, bytes, taken, &error))
			require(error.usage && error.text[0] && error.column <= taken + 1);
		taken += feed != NULL;
		bytes += taken;
		len -= taken;
	}
}

static bool load(void *context, const char *path, struct script *script, struct error *error)
{
	const struct input *input = context;
	if (strcmp(path, "x") != 0) {
		error_usage(error, "no such file");
		return false;
	}
	fill(script, path, input->bytes, input->len);
	return true;
}

/* One line of words, at a place that is there. */
static void report(void *context, const char *path, size_t line, const struct error *error)
{
	struct input *input = context;
	input->mistakes++;
	require(line > 0 && error->usage && error->text[0] && *path);
	require(!strchr(error->text, '\n')); /* whoever shows it makes controls visible */
}

static enum script_value value(void *context, const char *name, const char *of, bool secret,
                               struct buf *out, struct error *error)
{
	(void)context;
	require(strlen(name) < SCRIPT_NAME && (!of || strlen(of) < SCRIPT_NAME));
	if (*name == 'l')
		return SCRIPT_LATER;
	if (*name == 'n' && !secret) {
		error_usage(error, "no such name");
		return SCRIPT_NO_VALUE;
	}
	buf_printf(out, "%s a \"b", name);
	return SCRIPT_VALUE;
}

static bool has_session(void *context, const char *name)
{
	(void)context;
	return *name == 's';
}

static const struct script_names names = { .value = value, .has_session = has_session };

/* Each column of what comes out was somewhere in the line. */
static void check_columns(const struct script *script, const struct script_line *line)
{
	struct buf out = { .max = SIZE_MAX };
	struct error error;
	size_t most = line->column + line->len + 2;
	if (script_expand(script, line, &names, &out, NULL, &error))
		for (size_t column = 1; column <= out.len && column < 64; column++) {
			size_t at = script_column(script, line, &names, column);
			require(at >= line->column && at <= most);
		}
	else
		require(error.column >= line->column && error.column <= most);
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data, *nul = size ? memchr(bytes, '\0', size) : NULL;
	size_t len = nul ? (size_t)(nul - bytes) : size;
	struct script script;
	struct input input = { .bytes = nul ? nul + 1 : bytes, .len = nul ? size - len - 1 : 0 };
	struct script_checker checker = {
		.names = names, .report = report, .load = load, .context = &input
	};
	fill(&script, "file", bytes, len);
	for (size_t i = 0; i < script.count; i++) {
		require(script_text(&script, &script.lines[i])[script.lines[i].len] == '\0');
		check_columns(&script, &script.lines[i]);
	}
	require(script_check(&checker, &script) == input.mistakes);
	script_free(&script);
	return 0;
}
