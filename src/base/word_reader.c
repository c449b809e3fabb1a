// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/word_reader.h"

#include <stddef.h>
#include <string.h>

static const char blanks[] = " \t\n";

/* A number that has lost its last digits would be another number: the mark makes it none. */
bool word_reader_next(struct word_reader *reader)
{
	static const char mark[] = "…";
	reader->at += strspn(reader->at, blanks);
	size_t len = strcspn(reader->at, blanks);
	if (len < sizeof reader->word) {
		memcpy(reader->word, reader->at, len);
		reader->word[len] = '\0';
	} else {
		memcpy(reader->word, reader->at, sizeof reader->word - sizeof mark);
		memcpy(reader->word + sizeof reader->word - sizeof mark, mark, sizeof mark);
	}
	reader->at += len;
	return len > 0;
}

static char next_character(const struct word_reader *reader)
{
	return reader->at[strspn(reader->at, blanks)];
}

bool word_reader_is_at_end(const struct word_reader *reader)
{
	return !next_character(reader);
}

bool word_reader_is_at_number(const struct word_reader *reader)
{
	char c = next_character(reader);
	return c >= '0' && c <= '9';
}
