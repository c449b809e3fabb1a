// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/named_target.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/choice.h"

bool named_target_is_name(const char *word)
{
	size_t len = strlen(word);
	if (!isalpha((unsigned char)*word) || len >= NAMED_TARGET_NAME)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)word[i]) && word[i] != '-' && word[i] != '_')
			return false;
	return true;
}

static size_t find(const struct named_targets *targets, const char *name)
{
	size_t at = 0;
	while (at < targets->count && strcmp(targets->list[at].name, name) != 0)
		at++;
	return at;
}

const struct named_target *named_target_find(const struct named_targets *targets, const char *name)
{
	size_t at = find(targets, name);
	return at < targets->count ? &targets->list[at] : NULL;
}

char *named_target_url(const struct named_target *named)
{
	char address[TARGET_HOST + TARGET_SERVICE + 4];
	return xasprintf("%s://%s", target_scheme(&named->target),
	                 target_format(&named->target, address));
}

static void free_named(struct named_target *named)
{
	free(named->name);
	free(named->settings);
}

bool named_target_check(const char *name, const char *words, struct error *error)
{
	struct settings scratch;
	bool viewed;
	if (!named_target_is_name(name)) {
		error_usage(error,
		            "\"%.40s\" cannot be a name: a letter, then at most %d letters, digits, - "
		            "and _",
		            name, NAMED_TARGET_NAME - 2);
		return false;
	}
	settings_init(&scratch);
	return named_target_apply(words, &scratch, &viewed, error);
}

bool named_target_set(struct named_targets *targets, const char *name, const struct target *target,
                      const char *words, struct error *error)
{
	if (!named_target_check(name, words, error))
		return false;
	size_t at = find(targets, name);
	if (at < targets->count)
		free_named(&targets->list[at]);
	else
		targets->list =
		        xgrow(targets->list, &targets->cap, targets->count++, sizeof *targets->list);
	targets->list[at] = (struct named_target){ .name = xstrdup(name),
		                                   .target = *target,
		                                   .settings = xstrdup(words) };
	return true;
}

bool named_target_remove(struct named_targets *targets, const char *name, struct error *error)
{
	size_t at = find(targets, name);
	if (at == targets->count) {
		error_usage(error, "no target \"%.40s\"", name);
		return false;
	}
	free_named(&targets->list[at]);
	memmove(&targets->list[at], &targets->list[at + 1],
	        (--targets->count - at) * sizeof *targets->list);
	return true;
}

void named_targets_free(struct named_targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		free_named(&targets->list[i]);
	free(targets->list);
	*targets = (struct named_targets){ 0 };
}

bool named_target_may_have(const struct setting *setting)
{
	return (setting_is_of_session(setting) && !setting->of_listeners) || strcmp(setting->name, "view") == 0 ||
	       strcmp(setting->name, "timeout") == 0;
}

static const char *name_of_possible(const void *context, size_t index)
{
	(void)context;
	for (const struct setting *setting = setting_table; setting->name; setting++)
		if (named_target_may_have(setting) && index-- == 0)
			return setting->name;
	return NULL;
}

static const struct setting *find_setting(const char *name, struct error *error)
{
	static const struct choice possible = { .name = name_of_possible };
	struct error ignored;
	const struct setting *setting = setting_find(name, &ignored);
	if (setting && named_target_may_have(setting))
		return setting;
	struct buf names = { .max = SIZE_MAX };
	buf_append_text(&names, "a target may have ");
	choice_list(&possible, "and", &names);
	if (setting) {
		error_usage(error, "%s belongs to the program: %s", setting->name, buf_text(&names));
	} else {
		error_usage(error, "no setting \"%.40s\"", name);
		choice_suggest(&possible, name, strlen(name), buf_text(&names), error);
	}
	buf_free(&names);
	return NULL;
}

bool named_target_apply(const char *words, struct settings *settings, bool *viewed,
                        struct error *error)
{
	static const char blanks[] = " \t";
	bool good = true;
	*viewed = false;
	for (words += strspn(words, blanks); *words && good; words += strspn(words, blanks)) {
		size_t len = strcspn(words, blanks);
		char *name = xstrndup(words, len), *value = strchr(name, '=');
		words += len;
		if (value)
			*value++ = '\0';
		else
			error_usage(error,
			            "\"%.40s\" is not name=value: eol=crlf, view=hex, timeout=5s", name);
		const struct setting *setting = value ? find_setting(name, error) : NULL;
		good = setting && setting_set(setting, settings, value, error);
		*viewed = *viewed || (good && strcmp(setting->name, "view") == 0);
		free(name);
	}
	return good;
}
