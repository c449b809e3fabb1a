// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/words.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool word_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static struct word cut_word(const char *at, const char *end)
{
	struct word word = { .at = at };
	for (; at < end; at++) {
		if (word.quote)
			word.quote = *at == word.quote ? '\0' : word.quote;
		else if (*at == '"' || *at == '\'')
			word.quote = *at;
		else if (word_is_blank(*at))
			break;
	}
	word.end = at;
	return word;
}

void words_cut(struct words *words, const char *line, size_t len)
{
	const char *end = line + len;
	words->count = 0;
	while (words->count < WORDS_MAX) {
		while (line < end && word_is_blank(*line))
			line++;
		if (line == end)
			return;
		struct word word = cut_word(line, end);
		words->word[words->count++] = word;
		line = word.end;
	}
}

bool word_is(const struct word *word, const char *text, size_t len)
{
	return (size_t)(word->end - word->at) == len && memcmp(word->at, text, len) == 0;
}

char *word_unquote(const struct word *word, char *out)
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

const char *word_show(const char *text, size_t len, char out[WORDS_QUOTED])
{
	size_t shown = 0;
	while (shown < len && (unsigned char)text[shown] >= ' ')
		shown++;
	if (shown > 40)
		shown = text_whole(text, 40);
	snprintf(out, WORDS_QUOTED, "\"%.*s\"%s", (int)shown, text, shown < len ? "..." : "");
	return out;
}
