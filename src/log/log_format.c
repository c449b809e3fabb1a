// SPDX-License-Identifier: GPL-3.0-or-later
#include "log/log_format.h"

#include <string.h>
#include <strings.h>

const struct log_format *log_format_at(size_t index)
{
#define LOG_FORMAT_ROW(name) &name##_log_format,
	static const struct log_format *const formats[] = { LOG_FORMAT_LIST(LOG_FORMAT_ROW) NULL };
#undef LOG_FORMAT_ROW
	return formats[index];
}

const struct log_format *log_format_named(const char *name)
{
	const struct log_format *format;
	for (size_t i = 0; (format = log_format_at(i)); i++)
		if (strcmp(format->name, name) == 0)
			break;
	return format;
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
