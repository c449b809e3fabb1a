// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/choice.h"

#include <string.h>

#include "support/tap.h"

static const struct choice_words words = { "open|option|listen|to|hex|shutdown|send|session", 47 };
static const struct choice names = { .name = choice_word, .context = &words, .prefix = "/" };

static const char *find(const char *word)
{
	size_t matches;
	size_t index = choice_find(&names, word, strlen(word), &matches);
	return index != CHOICE_NONE ? choice_word(&words, index) : matches ? "(several)" : "(none)";
}

static const char *suggest(const char *word)
{
	static struct error error;
	error_set(&error, "no %s", word);
	choice_suggest(&names, word, strlen(word), "otherwise", &error);
	return error.text + strlen("no ") + strlen(word);
}

/* By the end of a name: best where what is before it has two letters. */
static enum choice_fit fit_end(const void *context, size_t index, const char *word, size_t len)
{
	const char *name = choice_word(context, index);
	size_t before = strlen(name) - len;
	if (strlen(name) < len || strcmp(name + before, word) != 0)
		return CHOICE_DIFFERENT;
	return before == 2 ? CHOICE_SHORT : CHOICE_BEGINNING;
}

int main(void)
{
	tap_watchdog(30);
	is_text(find("open"), "open", "a whole name");
	is_text(find("opt"), "option", "a beginning");
	is_text(find("op"), "(several)", "of two");
	is_text(find("s"), "(several)", "of three");
	is_text(find("Open"), "(none)", "capitals are others");
	is_text(find(""), "(none)", "nothing");
	is_text(find("openx"), "(none)", "too long");

	is_text(suggest("opne"), ": did you mean /open?", "two are swapped");
	is_text(suggest("OPEN"), ": did you mean /open?", "capitals");
	is_text(suggest("opn"), ": did you mean /open?", "one is missing");
	is_text(suggest("lisstenn"), ": did you mean /listen?", "two too many");
	is_text(suggest("shutdwon"), ": did you mean /shutdown?", "swapped in a long one");
	is_text(suggest("sned"), ": did you mean /send?", "in a short one");
	is_text(suggest("hx"), ": did you mean /hex?", "a very short one");
	is_text(suggest("oen"), ": did you mean /open?", "the first that is nearest");
	is_text(suggest("x"), ": otherwise", "one letter means nothing");
	is_text(suggest(""), ": otherwise", "nor does nothing");
	is_text(suggest("zzzz"), ": otherwise", "nothing is near");
	is_text(suggest("ab"), ": otherwise", "not by changing every letter");
	char longer[200];
	memset(longer, 'o', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	is_text(suggest(longer), ": otherwise", "nor what is too long");

	struct error error;
	choice_fail_ambiguous(&names, "se", 2, &error);
	is_text(error.text, "ambiguous: /se is /send, /session", "the candidates");
	is_int((int)choice_choose(&names, "command", "lis", NULL, &error), 2, "one that is chosen");
	ok(choice_choose(&names, "command", "se", NULL, &error) == CHOICE_NONE, "not one of two");
	is_text(error.text, "ambiguous: /se is /send, /session", "says which");
	ok(choice_choose(&names, "command", "sned", NULL, &error) == CHOICE_NONE, "nor none");
	is_text(error.text, "no command \"sned\": did you mean /send?", "says what was meant");

	struct choice loose = { .name = choice_word, .context = &words, .fit = fit_end };
	size_t matches;
	ok(choice_find(&loose, "en", 2, &matches) == 0 && matches == 1,
	   "what fits better than others is the one");
	ok(choice_find(&loose, "n", 1, &matches) == CHOICE_NONE && matches == 5,
	   "what fits as well as others is not");
	choice_fail_ambiguous(&loose, "n", 1, &error);
	is_text(error.text, "ambiguous: \"n\" is open, option, listen, shutdown, session",
	        "says which, too");
	struct buf list = { .max = SIZE_MAX };
	choice_list(&(struct choice){ .name = choice_word,
	                              .context = &(struct choice_words){ "a|b|c", 5 } },
	            "or", &list);
	is_text(buf_text(&list), "a, b or c", "a list in prose");
	buf_clear(&list);
	choice_list(&(struct choice){ .name = choice_word,
	                              .context = &(struct choice_words){ "a", 1 } },
	            "or", &list);
	is_text(buf_text(&list), "a", "of one");
	buf_free(&list);
	return tap_done();
}
