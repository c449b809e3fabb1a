// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/lessons.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/descriptor.h"

/* "a-stream-has-no-messages" of "04-a-stream-has-no-messages" */
static const char *without_number(const char *name)
{
	size_t digits = strspn(name, "0123456789");
	return digits && name[digits] == '-' ? name + digits + 1 : name;
}

static const char *name_of(const void *context, size_t index)
{
	(void)context;
	return lesson_texts[index].name ? without_number(lesson_texts[index].name) : NULL;
}

static enum choice_fit fit(const void *context, size_t index, const char *word, size_t len)
{
	const char *whole = lesson_texts[index].name, *name = without_number(whole);
	size_t digits = 0;
	(void)context;
	while (digits < len && isdigit((unsigned char)word[digits]))
		digits++;
	if (digits == len) /* "04" and "4" are its number, not a beginning of "40" */
		return digits && digits < 9 && name > whole &&
		                       strtol(word, NULL, 10) == strtol(whole, NULL, 10)
		               ? CHOICE_WHOLE
		               : CHOICE_DIFFERENT;
	if (strncasecmp(name, word, len) == 0)
		return name[len] ? CHOICE_BEGINNING : CHOICE_WHOLE;
	if (strncasecmp(whole, word, len) == 0)
		return whole[len] ? CHOICE_BEGINNING : CHOICE_WHOLE;
	return CHOICE_DIFFERENT;
}

const struct choice lesson_names = { .name = name_of, .prefix = "", .fit = fit };

const struct lesson_text *lessons_find(const char *word, struct error *error)
{
	size_t index = choice_choose(&lesson_names, "lesson", word, "/lesson lists them", error);
	return index == CHOICE_NONE ? NULL : &lesson_texts[index];
}

const struct lesson_text *lessons_recording(const char *name)
{
	for (const struct lesson_text *log = lesson_recordings; log->name; log++)
		if (strcmp(log->name, name) == 0)
			return log;
	return NULL;
}

static bool is_file(const char *word)
{
	size_t len = strlen(word);
	return strchr(word, '/') || (len > 3 && strcmp(word + len - 3, ".md") == 0);
}

bool lessons_load(const char *word, struct lesson *lesson, struct error *error)
{
	struct buf bytes = { .max = LESSON_MOST };
	struct error why = { 0 };
	*lesson = (struct lesson){ 0 };
	if (!is_file(word)) {
		const struct lesson_text *found = lessons_find(word, error);
		return found && lesson_parse(found->text, found->len, found->name, lesson, error);
	}
	bool good = descriptor_read_regular(word, &bytes, error);
	if (good && !lesson_parse(buf_data(&bytes), bytes.len, word, lesson, &why)) {
		static const char line[] = "line "; /* FILE:LINE, as other messages have it */
		bool has = strncmp(why.text, line, sizeof line - 1) == 0;
		error_usage(error, has ? "%.100s:%s" : "%.100s: %s", word,
		            why.text + (has ? sizeof line - 1 : 0));
		good = false;
	}
	buf_free(&bytes);
	return good;
}
