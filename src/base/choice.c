// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/choice.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	NAME_MAX_LEN = 40, /* bytes of a name that may be misspelt */
	SUGGESTED = 3,
	FAR = NAME_MAX_LEN + 1,
};

const char *choice_word(const void *context, size_t index)
{
	static char word[NAME_MAX_LEN + 1];
	const struct choice_words *words = context;
	const char *at = words->list, *end = words->list + words->len;
	for (; at < end; index--) {
		const char *bar = memchr(at, '|', (size_t)(end - at));
		size_t len = (size_t)((bar ? bar : end) - at);
		if (index == 0) {
			snprintf(word, sizeof word, "%.*s", (int)len, at);
			return word;
		}
		at += len + 1;
	}
	return NULL;
}

static enum choice_fit fit_of(const struct choice *choice, size_t index, const char *name,
                              const char *word, size_t len)
{
	if (choice->fit)
		return choice->fit(choice->context, index, word, len);
	if (!len || strncmp(name, word, len) != 0)
		return CHOICE_DIFFERENT;
	return name[len] ? CHOICE_BEGINNING : CHOICE_WHOLE;
}

static enum choice_fit best_fit(const struct choice *choice, const char *word, size_t len)
{
	enum choice_fit best = CHOICE_DIFFERENT;
	const char *name;
	for (size_t i = 0; (name = choice->name(choice->context, i)); i++) {
		enum choice_fit fit = fit_of(choice, i, name, word, len);
		best = fit < best ? fit : best;
	}
	return best;
}

size_t choice_find(const struct choice *choice, const char *word, size_t len, size_t *matches)
{
	enum choice_fit best = best_fit(choice, word, len);
	size_t found = CHOICE_NONE;
	const char *name;
	*matches = 0;
	if (best == CHOICE_DIFFERENT)
		return CHOICE_NONE;
	for (size_t i = 0; (name = choice->name(choice->context, i)); i++)
		if (fit_of(choice, i, name, word, len) == best) {
			found = i;
			++*matches;
		}
	return *matches == 1 ? found : CHOICE_NONE;
}

/* ---- misspelt names ---- */

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The edits that turn the word into the name: characters inserted, deleted, replaced, or swapped
 * with their neighbour (Damerau and Levenshtein, no part edited twice). */
static size_t distance(const char *word, size_t len, const char *name)
{
	size_t width = strlen(name);
	size_t rows[3][NAME_MAX_LEN + 1], *above = rows[0], *row = rows[1], *spare = rows[2];
	if (len > NAME_MAX_LEN || width > NAME_MAX_LEN)
		return FAR;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; i <= len; i++) {
		size_t *top = above;
		above = row;
		row = spare;
		spare = top;
		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			bool same = is_same(word[i - 1], name[j - 1]);
			row[j] = smaller(above[j - 1] + !same, smaller(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && is_same(word[i - 1], name[j - 2]) &&
			    is_same(word[i - 2], name[j - 1]))
				row[j] = smaller(row[j], top[j - 2] + 1);
		}
	}
	return row[width];
}

/* A short word is near every other short one. */
static size_t farthest(size_t len)
{
	return len < 2 ? 0 : len < 5 ? 1 : len < 9 ? 2 : 3;
}

size_t choice_nearest(const struct choice *choice, const char *word, size_t len, size_t nearest[],
                      size_t most)
{
	size_t best = farthest(len), count = 0;
	const char *name;
	for (size_t i = 0; (name = choice->name(choice->context, i)); i++) {
		size_t width = strlen(name);
		if (width > len + best || len > width + best)
			continue; /* the lengths alone differ by more */
		size_t far = distance(word, len, name);
		if (far > best || far >= width)
			continue;
		if (far < best)
			count = 0;
		best = far;
		if (count < most)
			nearest[count++] = i;
	}
	return count;
}

/* ---- messages ---- */

static const char *prefix_of(const struct choice *choice)
{
	return choice->prefix ? choice->prefix : "";
}

void choice_fail_ambiguous(const struct choice *choice, const char *word, size_t len,
                           struct error *error)
{
	const char *name, *comma = "", *quote = choice->prefix ? "" : "\"";
	enum choice_fit best = best_fit(choice, word, len);
	error_usage(error, "ambiguous: %s%s%.*s%s is ", quote, prefix_of(choice), (int)len, word,
	            quote);
	for (size_t i = 0; (name = choice->name(choice->context, i)); i++)
		if (fit_of(choice, i, name, word, len) == best) {
			error_append(error, "%s%s%s", comma, prefix_of(choice), name);
			comma = ", ";
		}
}

void choice_list(const struct choice *choice, const char *last, struct buf *out)
{
	const char *name;
	for (size_t i = 0; (name = choice->name(choice->context, i)); i++) {
		buf_printf(out, "%s%s", prefix_of(choice), name);
		if (!choice->name(choice->context, i + 1))
			return;
		if (choice->name(choice->context, i + 2))
			buf_append_text(out, ", ");
		else
			buf_printf(out, " %s ", last);
	}
}

void choice_suggest(const struct choice *choice, const char *word, size_t len,
                    const char *otherwise, struct error *error)
{
	size_t nearest[SUGGESTED];
	size_t count = choice_nearest(choice, word, len, nearest, SUGGESTED);
	for (size_t i = 0; i < count; i++)
		error_append(error, "%s%s%s%s",
		             i == 0           ? ": did you mean "
		             : i + 1 == count ? " or "
		                              : ", ",
		             prefix_of(choice), choice->name(choice->context, nearest[i]),
		             i + 1 == count ? "?" : "");
	if (count)
		return;
	struct buf names = { .max = SIZE_MAX };
	if (!otherwise)
		choice_list(choice, "and", &names);
	if (!otherwise || *otherwise)
		error_append(error, ": %s", otherwise ? otherwise : buf_text(&names));
	buf_free(&names);
}

size_t choice_choose(const struct choice *choice, const char *kind, const char *word,
                     const char *otherwise, struct error *error)
{
	size_t matches, len = strlen(word);
	size_t index = choice_find(choice, word, len, &matches);
	if (matches > 1) {
		choice_fail_ambiguous(choice, word, len, error);
	} else if (matches == 0) {
		error_usage(error, "no %s \"%.40s\"", kind, word);
		choice_suggest(choice, word, len, otherwise, error);
	}
	return index;
}
