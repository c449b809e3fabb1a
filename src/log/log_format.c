// SPDX-License-Identifier: GPL-3.0-or-later
#include "log/log_format.h"

#include <string.h>
#include <strings.h>

#include "base/choice.h"

const struct log_format *log_format_at(size_t index)
{
#define LOG_FORMAT_ROW(name) &name##_log_format,
	static const struct log_format *const formats[] = { LOG_FORMAT_LIST(LOG_FORMAT_ROW) NULL };
#undef LOG_FORMAT_ROW
	return formats[index];
}

static const char *name_of_format(const void *context, size_t index)
{
	(void)context;
	const struct log_format *format = log_format_at(index);
	return format ? format->name : NULL;
}

const struct log_format *log_format_choose(const char *name, struct error *error)
{
	static const struct choice names = { .name = name_of_format };
	size_t index = choice_choose(&names, "log format", name, NULL, error);
	return index == CHOICE_NONE ? NULL : log_format_at(index);
}

static bool ends_with(const char *path, const char *ending, size_t len)
{
	size_t all = strlen(path);
	return all > len && strncasecmp(path + all - len, ending, len) == 0;
}

const struct log_format *log_format_of_path(const char *path)
{
	const struct log_format *format;
	for (size_t i = 0; (format = log_format_at(i)); i++)
		for (const char *ending = format->endings; *ending; ending += strspn(ending, " ")) {
			size_t len = strcspn(ending, " ");
			if (ends_with(path, ending, len))
				return format;
			ending += len;
		}
	return NULL;
}
