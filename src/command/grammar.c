// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/grammar.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/choice.h"
#include "base/text.h"

enum { USAGE_MOST = 160 }; /* characters of a usage that a message has whole */

/* ---- a line to words ---- */

bool word_is_blank(char c)
{
	return c && strchr(BLANKS, c);
}

/* Among patterns a word that begins with a slash ends after another, and a backslash keeps the next
 * character from being a quote. */
static struct word cut_word(const char *at, const char *end, bool patterns)
{
	struct word word = { .at = at };
	if (patterns && *at == '/')
		word.quote = *at++;
	for (; at < end; at++) {
		if (patterns && word.quote && at[0] == '\\' && at + 1 < end)
			at++;
		else if (word.quote)
			word.quote = *at == word.quote ? '\0' : word.quote;
		else if (*at == '"' || *at == '\'')
			word.quote = *at;
		else if (word_is_blank(*at))
			break;
	}
	word.end = at;
	return word;
}

static void cut_words(struct words *words, const char *line, size_t len, bool patterns)
{
	const char *end = line + len;
	words->count = 0;
	while (words->count < WORDS_MAX) {
		while (line < end && word_is_blank(*line))
			line++;
		if (line == end)
			return;
		struct word word = cut_word(line, end, patterns);
		words->word[words->count++] = word;
		line = word.end;
	}
}

void words_cut(struct words *words, const char *line, size_t len)
{
	cut_words(words, line, len, false);
}

/* The same characters as this text, none of them quoted. */
static bool word_is(const struct word *word, const char *text, size_t len)
{
	return (size_t)(word->end - word->at) == len && memcmp(word->at, text, len) == 0;
}

/* Without the quotes, ended by NUL, at most as long as the word itself; returns what follows the
 * NUL. */
static char *word_unquote(const struct word *word, char *out)
{
	char quote = '\0';
	for (const char *p = word->at; p < word->end; p++) {
		if (quote ? *p == quote : *p == '"' || *p == '\'')
			quote = quote ? '\0' : *p;
		else
			*out++ = *p;
	}
	*out++ = '\0';
	return out;
}

char *word_take(const char **line)
{
	const char *at = *line + strspn(*line, BLANKS);
	struct word word = cut_word(at, at + strlen(at), false);
	*line = at;
	if (!*at || word.quote)
		return NULL;
	char *text = xmalloc((size_t)(word.end - at) + 1);
	word_unquote(&word, text);
	*line = word.end;
	return text;
}

const char *word_show(const char *text, size_t len, char out[WORDS_QUOTED])
{
	size_t shown = 0;
	while (shown < len && (unsigned char)text[shown] >= ' ')
		shown++;
	if (shown > 40)
		shown = text_whole(text, 40);
	bool quoted = shown == len && len > 1 && (*text == '"' || *text == '\'') &&
	              text[len - 1] == *text;
	const char *quote = quoted ? "" : "\"";
	snprintf(out, WORDS_QUOTED, "%s%.*s%s%s", quote, (int)shown, text, quote,
	         shown < len ? "..." : "");
	return out;
}

/* ---- usage to elements ---- */

static void name_element(struct element *element, const char *name, size_t len)
{
	static const char dots[] = "...";
	size_t dots_len = sizeof dots - 1;
	element->rest = len > dots_len && memcmp(name + len - dots_len, dots, dots_len) == 0;
	if (element->rest)
		len -= dots_len;
	assert(len > 0 && len < sizeof element->name);
	memcpy(element->name, name, len);
	element->name[len] = '\0';
}

/* One element off the front; returns what follows it. */
static const char *cut_element(const char *usage, struct element *element)
{
	bool bracket = *usage == '[';
	const char *at = usage + bracket;
	const char *end = at + strcspn(at, bracket ? "]" : *at == '<' ? ">" : " ");
	assert(end > at && (*end || (!bracket && *at != '<')));
	end += !bracket && *at == '<';
	/* "<" within bare words is one of them */
	const char *name = bracket || *at == '<' ? memchr(at, '<', (size_t)(end - at)) : NULL;
	*element = (struct element){ .required = !bracket };
	if (name != at) {
		element->tagged = name;
		element->literals = at;
		element->literals_len = (size_t)((name ? name - 1 : end) - at);
	}
	if (name)
		name_element(element, name + 1, (size_t)(end - name) - 2);
	return end + bracket;
}

size_t grammar_elements(const char *usage, struct element elements[GRAMMAR_MAX])
{
	size_t count = 0;
	while (*usage) {
		assert(count < GRAMMAR_MAX);
		usage = cut_element(usage, &elements[count++]);
		assert(*usage == ' ' || *usage == '\0');
		usage += *usage == ' ';
		assert(count == 1 || !elements[count - 2].rest || elements[count - 1].tagged);
	}
	return count;
}

static bool is_pattern(const struct element *element)
{
	return strcmp(element->name, "pattern") == 0;
}

static bool has_pattern(const struct element *elements, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_pattern(&elements[i]))
			return true;
	return false;
}

/* ---- messages ---- */

/* "a file", "an address", "bytes", "on or off" */
static void name_in_prose(const char *name, struct buf *out)
{
	size_t len = strlen(name);
	bool plural = len > 1 && name[len - 1] == 's' && name[len - 2] != 's';
	if (strcmp(name, "on-or-off") == 0)
		buf_append_text(out, "on or off");
	else
		buf_printf(out, "%s%s", plural ? "" : strchr("aeiou", name[0]) ? "an " : "a ", name);
}

static void element_in_prose(const struct element *element, struct buf *out)
{
	struct choice_words words = { element->literals, element->literals_len };
	struct choice names = { .name = choice_word, .context = &words };
	if (element->literals && !memchr(element->literals, '|', element->literals_len))
		buf_printf(out, "\"%.*s\"", (int)element->literals_len, element->literals);
	else if (element->literals)
		choice_list(&names, "or", out);
	else if (is_pattern(element))
		buf_append_text(out, "a text or a /regular expression/");
	else if (element->rest && strcmp(element->name, "line") != 0) /* text, bytes */
		buf_append_text(out, element->name);
	else
		name_in_prose(element->name, out);
}

/* The state of one check. */
struct match {
	const char *command, *usage, *line;
	struct element elements[GRAMMAR_MAX];
	size_t count;
	struct words words;
	struct args *args;
	char *memory; /* the free part of args->memory */
	struct error *error;
};

/* A usage that is long is shown without its tags, which /help has. */
static void put_usage(const char *usage, struct buf *out)
{
	bool cut = strlen(usage) > USAGE_MOST;
	for (const char *at = usage; *at; at += *at == ' ') {
		struct element element;
		const char *begin = at;
		at = cut_element(at, &element);
		if (!cut || !element.tagged) {
			buf_append_text(out, " ");
			buf_append(out, begin, (size_t)(at - begin));
		}
	}
	if (cut)
		buf_append_text(out, " ...");
}

static bool fail(const struct match *match, const char *at, const char *what)
{
	struct buf usage = { .max = SIZE_MAX };
	put_usage(match->usage, &usage);
	error_usage(match->error, "%s: %s: /%s%s", match->command, what, match->command,
	            usage.len ? buf_text(&usage) : "");
	buf_free(&usage);
	match->error->column = (size_t)(at - match->line) + 1;
	return false;
}

static bool fail_missing(const struct match *match, const struct element *element)
{
	struct buf what = { .max = SIZE_MAX };
	buf_append_text(&what, "needs ");
	element_in_prose(element, &what);
	fail(match, match->line + strlen(match->line), buf_text(&what));
	buf_free(&what);
	return false;
}

static bool fail_word(const struct match *match, const struct word *word, const char *verdict)
{
	char shown[WORDS_QUOTED];
	struct buf what = { .max = SIZE_MAX };
	buf_printf(&what, "%s %s", word_show(word->at, (size_t)(word->end - word->at), shown),
	           verdict);
	fail(match, word->at, buf_text(&what));
	buf_free(&what);
	return false;
}

/* A word that is nearly one of the literals needs no usage. */
static bool fail_literal(const struct match *match, const struct word *word, const char *literals,
                         size_t literals_len, const char *hint)
{
	struct choice_words words = { literals, literals_len };
	struct choice names = { .name = choice_word, .context = &words };
	char shown[WORDS_QUOTED];
	struct buf verdict = { .max = SIZE_MAX };
	size_t nearest, len = (size_t)(word->end - word->at);
	buf_append_text(&verdict, "is not ");
	choice_list(&names, "or", &verdict);
	buf_append_text(&verdict, hint);
	if (choice_nearest(&names, word->at, len, &nearest, 1) > 0) {
		error_usage(match->error, "%s: %s %s", match->command,
		            word_show(word->at, len, shown), buf_text(&verdict));
		choice_suggest(&names, word->at, len, NULL, match->error);
		match->error->column = (size_t)(word->at - match->line) + 1;
	} else {
		fail_word(match, word, buf_text(&verdict));
	}
	buf_free(&verdict);
	return false;
}

/* ---- words to values ---- */

static bool word_is_literal(const struct word *word, const struct element *element)
{
	struct choice_words words = { element->literals, element->literals_len };
	const char *literal;
	for (size_t i = 0; (literal = choice_word(&words, i)); i++)
		if (word_is(word, literal, strlen(literal)))
			return true;
	return false;
}

static bool take_word(struct match *match, const struct word *word, size_t index)
{
	if (word->quote)
		return fail_word(match, word,
		                 word->quote == '/' ? "has no / at its end"
		                                    : "begins a quote that does not end");
	match->args->value[index] = match->memory;
	match->args->column[index] = (size_t)(word->at - match->line) + 1;
	if (is_pattern(&match->elements[index])) {
		size_t len = (size_t)(word->end - word->at);
		memcpy(match->memory, word->at, len);
		match->memory += len + 1; /* its memory is zeroed */
	} else {
		match->memory = word_unquote(word, match->memory);
	}
	return true;
}

/* Whose tag the word is, of those that have none yet; `count` for none. */
static size_t find_tagged(const struct element *elements, size_t count, const struct word *word,
                          const bool given[GRAMMAR_MAX])
{
	size_t i = 0;
	while (i < count &&
	       (given[i] || !elements[i].tagged || !word_is_literal(word, &elements[i])))
		i++;
	return i;
}

static void drop_two(struct words *words, size_t at)
{
	words->count -= 2;
	memmove(&words->word[at], &words->word[at + 2],
	        (words->count - at) * sizeof words->word[0]);
}

/* Takes each "as NAME" out of the words, as if it had not been typed. */
static bool take_tagged(struct match *match)
{
	struct words *words = &match->words;
	bool given[GRAMMAR_MAX] = { false };
	for (size_t at = 0; at < words->count;) {
		const struct word *tag = &words->word[at];
		size_t index = find_tagged(match->elements, match->count, tag, given);
		if (index == match->count) {
			at++;
			continue;
		}
		if (at + 1 == words->count) {
			struct buf what = { .max = SIZE_MAX };
			buf_printf(&what, "\"%.*s\" needs ", (int)(tag->end - tag->at), tag->at);
			name_in_prose(match->elements[index].name, &what);
			fail(match, tag->at, buf_text(&what));
			buf_free(&what);
			return false;
		}
		if (!take_word(match, &words->word[at + 1], index))
			return false;
		given[index] = true;
		drop_two(words, at);
	}
	return true;
}

/* The line after its first `taken` words and one blank. */
static const char *rest_of_line(const struct match *match, size_t taken)
{
	if (taken == 0)
		return match->line;
	const char *end = match->words.word[taken - 1].end;
	return *end ? end + 1 : end;
}

static bool take_rest(struct match *match, size_t index, size_t taken)
{
	const char *rest = rest_of_line(match, taken);
	if (*rest == '\0')
		return !match->elements[index].required ||
		       fail_missing(match, &match->elements[index]);
	match->args->value[index] = match->memory;
	match->args->column[index] = (size_t)(rest - match->line) + 1;
	match->memory = stpcpy(match->memory, rest) + 1;
	return true;
}

/* The word of a tag that ends the line: the last one that is in quotes or slashes. */
static void cut_last(struct match *match, size_t tag)
{
	const struct args *args = match->args;
	const struct element *element = &match->elements[tag];
	size_t len = element->literals_len;
	if (!args->value[tag - 1])
		return;
	char *rest = args->memory + (args->value[tag - 1] - args->memory),
	     *end = rest + strlen(rest);
	for (char *at = end; at > rest; at--) {
		if (!word_is_blank(at[0]) || strncmp(at + 1, element->literals, len) != 0 ||
		    at[len + 1] != ' ' || !at[len + 2] || !strchr("\"'/", at[len + 2]))
			continue;
		struct word word = cut_word(at + len + 2, end, true);
		if (word.quote || word.end[strspn(word.end, BLANKS)])
			continue;
		match->args->value[tag] = word.at;
		match->args->column[tag] = args->column[tag - 1] + (size_t)(word.at - rest);
		rest[word.end - rest] = *at = '\0';
		return;
	}
}

/* The choices at the end that were left out: "chat|hex|all". */
static void list_choices_left(const struct match *match, struct buf *out)
{
	size_t first = match->count;
	while (first > 0 && (match->elements[first - 1].tagged || !match->args->value[first - 1]))
		first--;
	for (; first < match->count; first++) {
		const struct element *element = &match->elements[first];
		if (!element->literals || element->tagged)
			continue;
		buf_append_text(out, out->len ? "|" : "");
		buf_append(out, element->literals, element->literals_len);
	}
}

static bool takes(const struct match *match, const char *name)
{
	for (size_t i = 0; i < match->count; i++)
		if (strcmp(match->elements[i].name, name) == 0)
			return true;
	return false;
}

/* A word more than the usage takes. */
static bool fail_left_over(const struct match *match, const struct word *word)
{
	char shown[WORDS_QUOTED];
	struct buf choices = { .max = SIZE_MAX };
	if (word_is(word, "&", 1))
		return fail(match, word->at, "& is for a command that waits");
	list_choices_left(match, &choices);
	if (choices.len > 0)
		fail_literal(match, word, buf_text(&choices), choices.len,
		             takes(match, "service")
		                     ? "; quote a service together with its words"
		                     : "");
	else if (match->count > 0)
		fail_word(match, word,
		          takes(match, "pattern") ? "is one word too many, but quotes keep blanks"
		                                  : "is one word too many");
	else
		error_usage(match->error, "/%s takes no argument: %s is one word too many",
		            match->command,
		            word_show(word->at, (size_t)(word->end - word->at), shown));
	match->error->column = (size_t)(word->at - match->line) + 1;
	buf_free(&choices);
	return false;
}

static bool is_choice(const struct element *element)
{
	return element->literals && !element->required && !element->tagged;
}

/* The element of a run of choices that the word is, `last` for none. */
static size_t find_choice(const struct element *elements, size_t first, size_t last,
                          const struct word *word, const bool given[GRAMMAR_MAX])
{
	while (first < last && (given[first] || !word_is_literal(word, &elements[first])))
		first++;
	return first;
}

static size_t choices_end(const struct element *elements, size_t count, size_t index)
{
	while (index < count && is_choice(&elements[index]))
		index++;
	return index;
}

static bool is_optional_word(const struct element *element)
{
	return !element->literals && !element->required && !element->rest;
}

/* How many of the words left belong to the elements after this one: one for each that is required,
 * and the last words of the line, as long as each is one of the choices at the end. If an optional
 * word comes right before these choices in the usage, it may also follow one of them, and counts. */
static size_t claimed_after(const struct match *match, size_t index, size_t left)
{
	bool given[GRAMMAR_MAX] = { false };
	size_t claimed = 0, end = match->count, choice;
	for (size_t i = index + 1; i < match->count; i++)
		claimed += match->elements[i].required;
	while (end > index + 1 && match->elements[end - 1].tagged)
		end--;
	size_t first = end;
	while (first > index + 1 && is_choice(&match->elements[first - 1]))
		first--;
	const struct word *words = match->words.word;
	bool one = first > index + 1 && is_optional_word(&match->elements[first - 1]);
	for (size_t at = match->words.count; left > claimed; at--, claimed++) {
		choice = find_choice(match->elements, first, end, &words[at - 1], given);
		if (choice < end)
			given[choice] = true;
		else if (one && at >= 2 &&
		         find_choice(match->elements, first, end, &words[at - 2], given) < end)
			one = false;
		else
			break;
	}
	return claimed;
}

static void note_given(const struct match *match, bool given[GRAMMAR_MAX])
{
	for (size_t i = 0; i < match->count; i++)
		given[i] = match->args->value[i] != NULL;
}

/* Choices that follow one another may be in any order. Returns the element after them. */
static size_t take_choices(struct match *match, size_t first, size_t *taken)
{
	bool given[GRAMMAR_MAX];
	size_t index, last = choices_end(match->elements, match->count, first);
	note_given(match, given);
	for (; *taken < match->words.count; ++*taken) {
		const struct word *word = &match->words.word[*taken];
		index = find_choice(match->elements, first, last, word, given);
		if (index == last)
			break;
		given[index] = take_word(match, word, index);
	}
	return last;
}

/* A word that may be left out, before choices, and not in its place: choices come first, and it among or after them. */
static bool is_behind_choices(const struct match *match, size_t index, size_t taken)
{
	bool given[GRAMMAR_MAX];
	const struct element *element = &match->elements[index];
	size_t last = choices_end(match->elements, match->count, index + 1), others = 0;
	if (element->literals || element->required || element->rest || element->tagged)
		return false;
	note_given(match, given);
	for (size_t at = taken; at < match->words.count; at++) {
		bool other = find_choice(match->elements, index + 1, last, &match->words.word[at],
		                         given) == last;
		if (other && at == taken)
			return false;
		others += other;
	}
	return others > 0;
}

/* One element. Adds 1 to *taken if it takes the next word. */
static bool take_element(struct match *match, size_t index, size_t *taken)
{
	const struct element *element = &match->elements[index];
	size_t left = match->words.count - *taken;
	if (element->tagged)
		return true;
	if (element->rest)
		return take_rest(match, index, *taken);
	if (left == 0)
		return !element->required || fail_missing(match, element);
	const struct word *word = &match->words.word[*taken];
	if (element->literals && !word_is_literal(word, element))
		return fail_literal(match, word, element->literals, element->literals_len, "");
	if (!element->literals && !element->required && left <= claimed_after(match, index, left))
		return true;
	++*taken;
	return take_word(match, word, index);
}

static bool take_all(struct match *match)
{
	size_t taken = 0;
	size_t last = match->count ? match->count - 1 : 0;
	bool ends = last > 0 && match->elements[last - 1].rest; /* a tag ends the line */
	if (!ends && !take_tagged(match))
		return false;
	for (size_t i = 0; i < match->count;) {
		if (is_choice(&match->elements[i]))
			i = take_choices(match, i, &taken);
		else if (is_behind_choices(match, i, taken))
			take_choices(match, i + 1, &taken);
		else if (!take_element(match, i++, &taken))
			return false;
	}
	if (ends)
		cut_last(match, last);
	bool rest = ends || (match->count > 0 && match->elements[last].rest);
	if (!rest && taken < match->words.count)
		return fail_left_over(match, &match->words.word[taken]);
	return true;
}

bool grammar_match(const char *command, const char *usage, const char *line, struct args *args,
                   struct error *error)
{
	size_t len = strlen(line);
	struct match match = {
		.command = command, .usage = usage, .line = line, .args = args, .error = error
	};
	size_t size = len + GRAMMAR_MAX + 2;
	*args = (struct args){ .memory = xcalloc(size, 1), .size = size };
	match.memory = args->memory;
	match.count = grammar_elements(usage, match.elements);
	cut_words(&match.words, line, len, has_pattern(match.elements, match.count));
	if (take_all(&match))
		return true;
	args_free(args);
	return false;
}

void args_wipe(struct args *args)
{
	if (args->memory)
		wipe(args->memory, args->size);
}

bool args_blame(const struct args *args, size_t index, struct error *error)
{
	error->usage = true;
	error->column = args->column[index];
	return false;
}

void args_free(struct args *args)
{
	free(args->memory);
	*args = (struct args){ 0 };
}

/* ---- what could come next ---- */

/* The complete words before the point. */
static void words_before(struct words *words, const char *line, size_t point, bool patterns)
{
	cut_words(words, line, point, patterns);
	if (words->count && words->word[words->count - 1].end == line + point)
		words->count--;
}

/* Drops each "as NAME". Returns whose name is still to come, `count` for none. */
static size_t drop_tagged(struct words *words, const struct element *elements, size_t count,
                          bool given[GRAMMAR_MAX])
{
	for (size_t at = 0; at < words->count;) {
		size_t index = find_tagged(elements, count, &words->word[at], given);
		if (index == count) {
			at++;
			continue;
		}
		if (at + 1 == words->count)
			return index;
		given[index] = true;
		drop_two(words, at);
	}
	return count;
}

static bool element_takes(const struct element *element, const struct word *word)
{
	return !element->tagged && (!element->literals || word_is_literal(word, element));
}

static size_t choices_begin(const struct element *elements, size_t index)
{
	while (index > 0 && is_choice(&elements[index - 1]))
		index--;
	return index;
}

/* The element after those that these words fill, at most `count`; more where they do not fit. Fills in
 * which choices are given; a word that may be before them is still to come where they come first.
 * `left_out`: as if optional words had been left out, so that these words fill those after them. */
static size_t skip_words(const struct element *elements, size_t count, const struct words *words,
                         bool left_out, bool given[GRAMMAR_MAX])
{
	size_t next = 0;
	for (size_t i = 0; i < words->count; i++, next++) {
		size_t end = choices_end(elements, count, next);
		size_t choice = find_choice(elements, choices_begin(elements, next), end,
		                            &words->word[i], given);
		if (choice < end) {
			given[choice] = true;
			next = choice < next ? next - 1 : choice;
			continue;
		}
		if (next < count && is_optional_word(&elements[next])) {
			end = choices_end(elements, count, next + 1);
			choice = find_choice(elements, next + 1, end, &words->word[i], given);
			if (choice < end) {
				given[choice] = true;
				next--;
				continue;
			}
		}
		while (next < count && (!element_takes(&elements[next], &words->word[i]) ||
		                        (left_out && is_optional_word(&elements[next])))) {
			if (elements[next].required)
				return count + 1;
			next++;
		}
		if (next == count)
			return count + 1;
		if (elements[next].rest)
			return next;
	}
	return next;
}

static bool is_among(const struct words *words, const struct element *element)
{
	for (size_t i = 0; i < words->count; i++)
		if (word_is_literal(&words->word[i], element))
			return true;
	return false;
}

static size_t add_expected(const struct element *element,
                           const struct element *expected[GRAMMAR_MAX], size_t found)
{
	for (size_t i = 0; i < found; i++)
		if (expected[i] == element)
			return found;
	expected[found] = element;
	return found + 1;
}

size_t grammar_expected(struct element *elements, size_t count, const char *line, size_t point,
                        const struct element *expected[GRAMMAR_MAX])
{
	struct words words;
	bool given[GRAMMAR_MAX] = { false };
	words_before(&words, line, point, has_pattern(elements, count));
	size_t found = 0, tagged = drop_tagged(&words, elements, count, given);
	if (tagged < count) {
		elements[tagged].literals = NULL;
		expected[0] = &elements[tagged];
		return 1;
	}
	for (int left_out = 0; left_out < 2; left_out++) {
		bool chosen[GRAMMAR_MAX] = { false };
		size_t next = skip_words(elements, count, &words, left_out, chosen);
		for (size_t i = next > count ? count : choices_begin(elements, next); i < count;
		     i++) {
			if (elements[i].tagged || chosen[i] ||
			    (is_choice(&elements[i]) && is_among(&words, &elements[i])))
				continue;
			found = add_expected(&elements[i], expected, found);
			if (elements[i].required)
				break;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (elements[i].tagged && !given[i] && words.count > 0)
			expected[found++] = &elements[i];
	return found;
}
