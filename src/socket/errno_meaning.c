// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/errno_meaning.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	SYMBOL_MAX = 24, /* bytes of a symbol; what is longer is none */
};

const struct errno_meaning *errno_meaning_numbered(int code)
{
	for (const struct errno_meaning *why = errno_meaning_table; why->symbol; why++)
		if (code && why->code == code)
			return why;
	return NULL;
}

static const char *name_of_why(const void *table, size_t index)
{
	const struct errno_meaning *whys = table;
	return whys[index].symbol;
}

const struct choice why_names = { name_of_why, errno_meaning_table, NULL };

static void fail_unknown(const char *text, struct error *error)
{
	error_set(error, "no socket call returns %s", text);
	choice_suggest(&why_names, text, strlen(text), "", error);
}

/* ---- by name ---- */

/* Its E may be left away. */
static bool begins_with(const struct errno_meaning *why, const char *text, size_t len)
{
	return strncasecmp(why->symbol, text, len) == 0 ||
	       strncasecmp(why->symbol + 1, text, len) == 0;
}

static const struct errno_meaning *find_exact(const char *text)
{
	static const struct {
		const char *symbol, *same_as;
	} others[] = { { "EWOULDBLOCK", "EAGAIN" }, { "ENOTSUP", "EOPNOTSUPP" } };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcasecmp(text, others[i].symbol) == 0)
			text = others[i].same_as;
	for (const struct errno_meaning *why = errno_meaning_table; why->symbol; why++)
		if (strcasecmp(text, why->symbol) == 0 || strcasecmp(text, why->symbol + 1) == 0)
			return why;
	return NULL;
}

static void fail_ambiguous(const char *text, struct error *error)
{
	size_t room = sizeof error->text;
	error_set(error, "ambiguous: ");
	size_t len = strlen(error->text);
	const char *before = "";
	for (const struct errno_meaning *why = errno_meaning_table; why->symbol && len < room;
	     why++) {
		if (!begins_with(why, text, strlen(text)))
			continue;
		len += (size_t)snprintf(error->text + len, room - len, "%s%s", before, why->symbol);
		before = ", ";
	}
}

static const struct errno_meaning *find_prefix(const char *text, size_t *matches)
{
	const struct errno_meaning *found = NULL;
	*matches = 0;
	for (const struct errno_meaning *why = errno_meaning_table; why->symbol; why++) {
		if (!begins_with(why, text, strlen(text)))
			continue;
		found = why;
		++*matches;
	}
	return *matches == 1 ? found : NULL;
}

static const struct errno_meaning *find_number(const char *text, struct error *error)
{
	unsigned long code = strtoul(text, NULL, 10);
	const struct errno_meaning *why = code <= 4095 ? errno_meaning_numbered((int)code) : NULL;
	if (!why)
		error_set(error, "no socket call returns an errno of %.20s", text);
	return why;
}

static bool is_symbol(const char *text)
{
	size_t len = 0;
	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return len > 0 && len < SYMBOL_MAX && text[len] == '\0';
}

const struct errno_meaning *errno_meaning_find(const char *text, struct error *error)
{
	size_t matches;
	if (!is_symbol(text)) {
		error_set(error, "not the name of an errno value, as ECONNRESET is one");
		return NULL;
	}
	if (text[strspn(text, "0123456789")] == '\0')
		return find_number(text, error);
	const struct errno_meaning *exact = find_exact(text);
	if (exact)
		return exact;
	const struct errno_meaning *found = find_prefix(text, &matches);
	if (matches > 1)
		fail_ambiguous(text, error);
	else if (!found)
		fail_unknown(text, error);
	return found;
}
