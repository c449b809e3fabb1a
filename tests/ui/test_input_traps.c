// SPDX-License-Identifier: GPL-3.0-or-later
/* What readline does by itself unless it is kept from it, and what it leaves to whoever
 * feeds it. */
#include <locale.h>
#include <signal.h>
#include <time.h>

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
	ok(clock_now() - begin < 5 * CLOCK_S, "closing brackets are shown without a rest");
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
	shows("1> a" SYLLABLE "|" FAMILY, "over one with a joiner after it");
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
	type("\x15' se\x01\x06\t");
	shows("1> '| se", "between a quote and a blank there is nothing to complete");
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
	   "a mistake in inputrc is reported on standard error");
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
	ok(input_deadline() == INT64_MAX, "a keyseq-timeout of 0 waits forever");
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
	sent("one;two;one edited;new;", "it is sent as it is");
}

/* readline 8.2 frees the list of changes of such a line twice. */
static void scenario_history_left_in_vi(void)
{
	type("?b\r/help\r\033");
	pause_typing();
	type("?b\rnjA\033");
	pause_typing();
	type("G/a\r\033[B\x03");
	type("still here\r");
	ok(strstr(buf_text(&typist.lines), "still here;"), "lines that a search has left");
}

static void scenario_history_left(void)
{
	type("one\rtwo\rthree\r");
	type("\x10\x10 edited\x10\x0e\x1f");
	shows("1> two edited|", "the changes of a line that was left are not undone");
	type("\x1f\033r!\x1f");
	shows("1> two edited|", "but those made since");
	type("\x12one\x01\x0e more\033r\x10\x0e\x0e\x0e\r");
	sent("one;two;three;;", "a search, revert-line, and back to the new line");
	type("\x10\x10\r");
	sent("one;two;three;;two edited;", "a changed line stays changed until it is sent");
	type("\x10\x10\x10");
	shows("1> two|", "then it is what it was");
}

static void scenario_history_reverts(void)
{
	type("one\rtwo\rthree\r\x10\x10 edited\x10 too\x03\x10\x10\x10");
	shows("1> one|", "revert-all-at-newline puts back the one");
	type("\x0e");
	shows("1> two|", "and the other");
}

static void scenario_found_line(void)
{
	type("one\rtwo\rtree\r\x10\x10\033pone\r!\r");
	sent("one;two;tree;!one;", "what was found can be changed");
	type("\x10\x10\x10");
	shows("1> two|", "and the line that it was searched from has not changed");
}

static void scenario_quoted_keys(void)
{
	type("\033-5\x16\x03\x16\x16z\x03");
	acted("interrupt ", "a count of characters to quote does not swallow Ctrl-C");
	shows("1> |", "which drops the line");
}

static void scenario_negative_count(void)
{
	type("abc\033");
	pause_typing();
	type("x\x18u-p");
	shows("1> ab|c", "a negative count is none in vi");
}

static void scenario_turned_search(void)
{
	type("ab ab\r\x12"
	     "ab\x13?\x08");
	shows("(failed i-search)`ab': ab |ab", "nothing comes after");
	type("\x12");
	shows("(reverse-i-search)`ab': ab |ab", "and back from there");
	type("\x12");
	shows("(reverse-i-search)`ab': |ab ab", "and on");
	type("\x05");
	shows("1> ab ab|", "to a line that is whole");
}

/* ---- macros ---- */

static void scenario_keyboard_macros(void)
{
	type("old\r\x18(\x18"
	     "e\x10\x18)");
	shows("1> old|", "a macro does not call itself");
	type("\x03\x18"
	     "e");
	shows("1> old|", "and runs");
	type("\x03\x18(ab\x18)\033"
	     "03\x18"
	     "e");
	shows("1> abababab|", "three times");
	type("\033"
	     "01\x18(c\x18)");
	shows("1> ababababab"
	      "c|",
	      "it is continued where a count says so");
	type("\x03\033-\x18"
	     "e\033"
	     "0\x18"
	     "e");
	shows("1> |", "no times, or fewer");
	type("\x18("
	     "ab\x07\x18)\x18"
	     "e");
	shows("1> ab|", "Ctrl-G ends the recording");
	type("\x03\x18(q\x16\x03\033[D\x18)\x18"
	     "e");
	shows("1> qq|\x03\x03", "a quoted key and a sequence are recorded");
}

static void scenario_unfinished_macros(void)
{
	type("tree\rtrunk\r\x14");
	shows("1> |", "a search, and the begin of a key");
	type(";a");
	shows("1> a|", "that no key follows");
	type("\x14y");
	shows("1> arunk|", "or one");
	type("\x03\x18x");
	pause_typing();
	type("y");
	shows("1> trunk|", "a macro whose end and the next key are one");
	type("\x03\x12"
	     "tre\x18z");
	shows("1> |tree", "a macro that follows a search");
	type("\x03\033"
	     "03\x18w");
	shows("1> aaab|", "a count is for the first key of a macro");
}

static void scenario_endless_macros(void)
{
	type("\x14");
	shows("1> a|", "a macro that runs itself is stopped");
	ok(strstr(read_text("errors"), "sockpit: macro stopped: it runs itself"), "with a line");
	type("\x03\x18t");
	shows("1> bc|", "also by way of another");
	type("\x03\x18r\x18s");
	is_text(buf_text(&typist.lines), "line;line;", "and what was left of it is dropped");
	struct timespec begin, end;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	type("\x18h");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	ok(end.tv_sec - begin.tv_sec < 5, "one that would double sixteen times ends");
	ok(strstr(read_text("errors"), "65536 keys"), "and says so");
	is_int(input_line("").len < 65536, 1, "without having run to its end");
}

static void scenario_shadowed_keys(void)
{
	type("j");
	shows("1> |", "a key that may go on waits");
	wait_for_input();
	shows("1> j|", "and is itself in the end");
	type("jx");
	shows("1> jjx|", "or when another follows");
	type("jjk");
	is_text(input_mode(), "vi:cmd", "the whole sequence counts");
	shows("1> jjx|j", "and only that");
	type("A\x18l");
	shows("1> jjxjlower|", "keys of the other case");
	type("\x18L\x18"
	     "1");
	shows("1> jjxjlowerlower|", "where there is one");
}

static void scenario_meta_bytes(void)
{
	type("\u1100");
	shows("1> one|", "each byte of a character is a key where inputrc says so");
	type("\033"
	     "ab");
	shows("1> onetwo|", "also one that could go on");
}

static void scenario_slips(void)
{
	type("a\033\rb\033\nc");
	is_text(input_mode(), "", "Alt-Enter does not change the way of editing");
	sent("", "nor does it send");
	shows("1> abc|", "or write");
}

static void scenario_slips_in_vi(void)
{
	type("abc\033");
	pause_typing();
	type("\x05");
	is_text(input_mode(), "vi:cmd", "nor does Ctrl-E in vi");
}

static void scenario_wanted_slips(void)
{
	type("a\033\r");
	is_text(input_mode(), "vi:ins", "unless inputrc says so");
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
	play("history left in vi", "set editing-mode vi\n", scenario_history_left_in_vi);
	play("history left", "", scenario_history_left);
	play("history put back", "set revert-all-at-newline on\n", scenario_history_reverts);
	play("found line", "", scenario_found_line);
	play("quoted keys", "", scenario_quoted_keys);
	play("negative count",
	     "set editing-mode vi\nset keymap vi-command\n\"\\C-xu\": universal-argument\n",
	     scenario_negative_count);
	play("turned search", "", scenario_turned_search);
	play("keyboard macros", "", scenario_keyboard_macros);
	play("unfinished macros",
	     "\"\\C-t\": \"\\C-r\\C-x\"\n\"\\C-xx\": \"t\\C-x\"\n\"\\C-xy\": \"runk\"\n"
	     "\"\\C-xz\": \"\\C-x\"\n\"\\C-xw\": \"ab\"\n",
	     scenario_unfinished_macros);
	play("endless macros",
	     "\"\\C-t\": \"a\\C-tz\"\n\"\\C-xt\": \"b\\C-xu\"\n\"\\C-xu\": \"c\\C-xt\"\n"
	     "\"\\C-xr\": \"line\\r\\C-xr\"\n\"\\C-xs\": \"line\\r\\C-xsline\\r\"\n"
	     "\"\\C-xa\": \"aaaaaaaaaaaaaaaa\"\n\"\\C-xb\": \"\\C-xa\\C-xa\\C-xa\\C-xa\"\n"
	     "\"\\C-xc\": \"\\C-xb\\C-xb\\C-xb\\C-xb\"\n"
	     "\"\\C-xd\": \"\\C-xc\\C-xc\\C-xc\\C-xc\"\n"
	     "\"\\C-xe\": \"\\C-xd\\C-xd\\C-xd\\C-xd\"\n"
	     "\"\\C-xf\": \"\\C-xe\\C-xe\\C-xe\\C-xe\"\n"
	     "\"\\C-xg\": \"\\C-xf\\C-xf\\C-xf\\C-xf\"\n"
	     "\"\\C-xh\": \"\\C-xg\\C-xg\\C-xg\\C-xg\"\n",
	     scenario_endless_macros);
	play("shadowed keys",
	     "set editing-mode vi\nset keymap vi-insert\n\"jk\": vi-movement-mode\n"
	     "\"\\C-xl\": \"lower\"\n\"\\C-xL\": do-lowercase-version\n"
	     "\"\\C-x1\": do-lowercase-version\n",
	     scenario_shadowed_keys);
	play("meta bytes", "set convert-meta on\n\"\\ea\": \"one\"\n\"\\eab\": \"two\"\n",
	     scenario_meta_bytes);
	play("slips", "", scenario_slips);
	play("slips in vi", "set editing-mode vi\n", scenario_slips_in_vi);
	play("wanted slips", "\"\\e\\C-m\": vi-editing-mode\n", scenario_wanted_slips);
	remove_directory();
	return tap_done();
}
