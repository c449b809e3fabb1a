// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/word_reader.h"

#include "support/tap.h"

int main(void)
{
	tap_watchdog(30);
	char longest[WORD_READER_SIZE], line[200];
	memset(longest, '7', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';

	struct word_reader reader = { .at = "  delay\t50ms\nof " };
	ok(!word_reader_is_at_end(&reader) && !word_reader_is_at_number(&reader), "a line");
	ok(word_reader_next(&reader), "a word");
	is_text(reader.word, "delay", "without the blanks around it");
	ok(word_reader_is_at_number(&reader), "a number is next");
	ok(word_reader_next(&reader), "a word");
	is_text(reader.word, "50ms", "as far as the next blank");
	ok(!word_reader_is_at_number(&reader) && word_reader_next(&reader), "the last word");
	is_text(reader.word, "of", "without the blanks after it");
	ok(word_reader_is_at_end(&reader) && !word_reader_next(&reader), "the end");
	is_text(reader.word, "", "has no word");

	snprintf(line, sizeof line, "%s next", longest);
	reader = (struct word_reader){ .at = line };
	word_reader_next(&reader);
	is_text(reader.word, longest, "the longest word is whole");

	snprintf(line, sizeof line, "%s7 next", longest);
	reader = (struct word_reader){ .at = line };
	word_reader_next(&reader);
	ok(strlen(reader.word) < sizeof reader.word && strspn(reader.word, "7") == 60,
	   "a longer one is cut");
	is_text(reader.word + 60, "…", "and shows that it is");
	word_reader_next(&reader);
	is_text(reader.word, "next", "the word after it is whole");
	return tap_done();
}
