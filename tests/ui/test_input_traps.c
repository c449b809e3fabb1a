// SPDX-License-Identifier: GPL-3.0-or-later
/* What readline does by itself unless it is kept from it, and what it leaves to whoever
 * feeds it. */
#include <locale.h>
#include <signal.h>

#include <readline/readline.h>

#include "ui/typist.h"

#define PASTE(text) "\033[200~" text "\033[201~"
#define SYLLABLE    "\u1100\u1161\u11a8"
#define FAMILY      "👨\u200d👩"

static bool has_region(void)
{
	struct line line = input_line("");
	return line.mark_from != line.mark_to;
}

/* ---- signals and the environment ---- */

static struct {
	bool called, handlers_stay;
} inside;

static void ignore_signal(int signal)
{
	(void)signal;
}

static bool is_ours(int signal)
{
	struct sigaction now;
	return sigaction(signal, NULL, &now) == 0 && now.sa_handler == ignore_signal;
}

static int look_from_inside(int count, int key)
{
	(void)count;
	(void)key;
	inside.called = true;
	inside.handlers_stay =
	        is_ours(SIGINT) && is_ours(SIGTERM) && is_ours(SIGWINCH) && is_ours(SIGTSTP);
	return 0;
}

static void scenario_leaves_the_process_alone(void)
{
	static const int watched[] = { SIGINT, SIGTERM, SIGWINCH, SIGTSTP };
	for (size_t i = 0; i < sizeof watched / sizeof *watched; i++)
		signal(watched[i], ignore_signal);
	rl_bind_keyseq("\\C-xl", look_from_inside);
	type("\x18l");
	ok(inside.called && inside.handlers_stay, "no handlers of its own, not even while it runs");
	input_set_size(33, 77);
	type("x\r");
	ok(!getenv("LINES") && !getenv("COLUMNS"), "no sizes in the environment");
	is_text(setlocale(LC_CTYPE, NULL), "C.UTF-8", "the locale stays");
}

static void scenario_does_not_wait(void)
{
	int64_t begin = clock_now();
	for (int i = 0; i < 20; i++)
		type("(a)");
	ok(clock_now() - begin < CLOCK_S, "closing brackets are shown without a rest");
	is_int(input_line("").len, 60, "and typed");
}

/* ---- messages ---- */

static void scenario_messages(void)
{
	type("tree\rtrunk\r\x10\x10\x13t");
	shows("(i-search)`t': |trunk", "a search forward");
	type("\x07\x03\x12"
	     "tx");
	shows("(failed reverse-i-search)`tx': |trunk", "one that has failed");
	type("\x07\x03\033"
	     "05");
	shows("(arg: 5) |", "a count");
	type("\x07\033ptr");
	shows(":tr|", "a search without steps");
	type("\x08\x08\x08");
	shows("1> |", "Backspace leaves it");
	type("\x12\x07");
	shows("1> |", "and our own prompt is back");
}

static void scenario_vi_messages(void)
{
	type("한글 eins\rzwei\r\033");
	pause_typing();
	type("/한");
	shows("/한|", "a search in Korean, without our prompt");
	is_text(input_mode(), "vi:cmd", "the mode is told apart from the line");
	type("\r");
	shows("1> |한글 eins", "finds");
	type("\x03/");
	shows("1> /|", "and is a character again while inserting");
}

/* ---- keys ---- */

static void scenario_editing_keys(void)
{
	type("abc\033[7~X\033[8~Y");
	shows("1> XabcY|", "Home and End of other terminals");
	type("\033[H\033[F\033[H!\033OF?");
	shows("1> !XabcY?|", "and of most");
	type("\033[H\033[2~--");
	shows("1> --|abcY?", "Insert overwrites");
	type("\033[1;5C\033[1;5D\033[1;3C");
	ok(!strchr(input_line("").text, ';'), "words by Ctrl and an arrow leave no text");
}

static void scenario_clusters(void)
{
	type("a" SYLLABLE FAMILY "\x02");
	shows("1> a" SYLLABLE "👨\u200d|👩", "back over a wide character");
	type("\x02");
	shows("1> a" SYLLABLE "|" FAMILY, "over one with a joiner behind it");
	type("\x02");
	shows("1> a|" SYLLABLE FAMILY, "over a whole syllable");
	type("\033[3~");
	shows("1> a|" FAMILY, "Delete takes it whole");
}

static void scenario_no_expansion(void)
{
	type("first\r!!\r!first\r^first^second\r!x\r");
	sent("first;!!;!first;^first^second;!x;", "an exclamation mark is one");
}

static void scenario_half_characters(void)
{
	type("한글\r\x12\xed\x95");
	shows("(reverse-i-search)`': |", "half a character is not searched for");
	type("\033[D");
	shows("1> |", "nor does it disturb the key that ends the search");
	type("a\xed");
	type("\r");
	sent("한글;a\xed;", "before Enter it is a byte");
}

/* ---- pastes ---- */

static void scenario_region(void)
{
	type(PASTE("한 paste"));
	ok(has_region(), "a paste is marked");
	type("\033[5~");
	ok(has_region(), "while the pane scrolls");
	type("\x05");
	ok(!has_region(), "until the next key");
	type(PASTE("x") PASTE("y"));
	ok(has_region() && input_line("").mark_to - input_line("").mark_from == 1,
	   "of two the second");
	type("\x1f\x1f");
	shows("1> 한 paste|", "each is undone by itself");
	ok(!has_region(), "and nothing is marked");
}

/* ---- completion ---- */

static void scenario_candidates(void)
{
	static const char *const words[] = { "send", "session", "sessions", NULL };
	typist.words = words;
	type("se\033?");
	listed("send session sessions ", "Alt-? lists");
	shows("1> se|", "and changes nothing");
	forget();
	type("n\033?");
	shows("1> sen|", "also where there is one only");
	type("\x15sess\033*");
	shows("1> session sessions |", "Alt-* puts all in");
	typist.words = NULL;
	is_int(chdir(typist.directory), 0, "in a directory");
	write_file("it's \"한글\".txt", "", 0);
	type("\x15/file it\t");
	char *text = xstrdup(input_line("").text);
	ok(strstr(text, "한글") && strstr(text, "txt") &&
	           (strchr(text, '\\') || strchr(text + 6, '"')),
	   "quotes in a name");
	free(text);
	is_int(chdir("/"), 0, "out again");
	typist.words = no_words;
}

/* ---- inputrc ---- */

static void scenario_errors(void)
{
	ok(strstr(read_text("errors"), "no closing"),
	   "a mistake in inputrc is told to standard error");
	type("ok\r");
	sent("ok;", "and the rest of it counts");
}

static void scenario_bells(void)
{
	type("\b");
	is_text(read_text("errors"), "\a", "a bell goes to standard error");
	type("\x07\x07x\x03");
	is_text(read_text("errors"), "\a\a\a", "one for each");
}

static void scenario_no_bells(void)
{
	type("\b\x07\033#");
	is_text(read_text("errors"), "", "no bell where none is wanted");
}

static void scenario_patience(void)
{
	type("q");
	ok(input_deadline() == INT64_MAX, "a keyseq-timeout of 0 waits for ever");
	type("x");
	shows("1> onex|", "for a key that settles it");
}

/* ---- history ---- */

static void scenario_edited_history(void)
{
	type("one\rtwo\r\x10\x10 edited\x0e\x10");
	shows("1> one edited|",
	      "a line of the history keeps its changes while others are looked at");
	type("\rnew\r\x10\x10\x10");
	sent("one;two;one edited;new;", "it is sent as it stands");
}

int main(void)
{
	tap_watchdog(50);
	setenv("LC_ALL", "C.UTF-8", 1);
	setlocale(LC_ALL, "");
	make_directory();
	unsetenv("LINES");
	unsetenv("COLUMNS");
	play("process", "", scenario_leaves_the_process_alone);
	play("brackets", "set blink-matching-paren on\n", scenario_does_not_wait);
	play("messages", "", scenario_messages);
	play("messages in vi", "set editing-mode vi\nset show-mode-in-prompt on\n",
	     scenario_vi_messages);
	play("editing keys", "", scenario_editing_keys);
	play("clusters", "", scenario_clusters);
	play("no expansion", "", scenario_no_expansion);
	play("half characters", "", scenario_half_characters);
	play("region", "", scenario_region);
	play("candidates", "set completion-query-items 1\nset page-completions on\n",
	     scenario_candidates);
	play("errors", "\"\\C-a: nothing\n\"\\C-t\": interrupt\n", scenario_errors);
	play("bells", "", scenario_bells);
	play("no bells", "set bell-style none\n", scenario_no_bells);
	play("patience", "set keyseq-timeout 0\n\"q\": \"one\"\n\"qq\": \"two\"\n",
	     scenario_patience);
	play("edited history", "", scenario_edited_history);
	play("edited history, put back at once", "set revert-all-at-newline on\n",
	     scenario_edited_history);
	remove_directory();
	return tap_done();
}
