// SPDX-License-Identifier: GPL-3.0-or-later
/* readline, fed by keys.c as a terminal would: keys, searches, pastes, interrupts, completion. */
#include <locale.h>
#include <sys/stat.h>
#include <wchar.h>

#include "ui/typist.h"

#define PASTE(text)  "\033[200~" text "\033[201~"
#define BYTE(digits) "\x1cx" digits /* as it is on the line */

static void scenario_basics(void)
{
	shows("1> |", "an empty line with our prompt");
	ok(input_take_dirty() && !input_take_dirty(), "dirty once");
	type("hello\x01X\x05!");
	shows("1> Xhello!|", "Ctrl-A, Ctrl-E");
	type("\x01\x0b\x19\x19\x1f");
	shows("1> Xhello!|", "kill, two yanks, undo");
	type("\r");
	sent("Xhello!;", "Enter hands over the line");
	shows("1> |", "and the next one is empty");
	type("\x10");
	shows("1> Xhello!|", "Ctrl-P recalls it");
	type("\033[3~\033[1~\033[3~\033[4~");
	shows("1> hello!|", "Delete, Home, End without help of termcap");
	type("\x15\x04");
	is_int(typist.ends, 1, "Ctrl-D on an empty line");
	is_text(input_mode(), "", "emacs has no mode to show");
	ok(!input_is_sideways(), "lines wrap");
	type("\n한\n");
	sent("Xhello!;;한;", "Ctrl-J, an empty line, Korean");
	typist.refuses = true;
	forget();
	type("keep me\r");
	sent("keep me;", "what is not taken");
	shows("1> keep me|", "stays on the line");
	typist.refuses = false;
	type("!\r");
	sent("keep me;keep me!;", "and can be sent later");
	type("a");
	shows("1> a|", "after which the line is empty");
	type("\x15");
}

static void scenario_actions(void)
{
	type("ab\033[5~\033[6~\033[1;2A\033[1;2B\033[1;5H\033[1;5F");
	acted("up down row-up row-down top bottom ", "the pane's keys");
	forget();
	type("\033[6;5~\033[5;5~\033[6;3~\033[5;3~");
	acted("/session next /session previous /session next /session previous ",
	      "Ctrl and Alt with the page keys walk the sessions");
	forget();
	type("\0331\0332\0333\0334\0335\0336\0337\0338\0339");
	acted("/session 1 /session 2 /session 3 /session 4 /session 5 /session 6 /session 7 "
	      "/session 8 /session 9 ",
	      "Alt-1 to Alt-9");
	forget();
	type("\033OP\033OQ\033OR\033OS\033[15~\033[17~\033[18~\033[19~");
	acted("/help /view /find /find-newer /info /states /stream /fold ", "F1 to F8");
	forget();
	type("\033[[A\033[[B\033[[C\033[[D\033[[E");
	acted("/help /view /find /find-newer /info ", "those of the Linux console");
	forget();
	type("\033[11~\033[12~\033[13~\033[14~");
	acted("/help /view /find /find-newer ", "and of rxvt");
	forget();
	type("\x1d\x0c\x1a");
	acted("/literal redraw suspend ", "literal mode, redraw, suspend");
	shows("1> ab|", "none of them touches the line");
	type("\033"
	     "03\033[5~x");
	shows("1> abxxx|", "a count goes on over PageUp");
	pause_typing();
	type("\x15\033");
	pause_typing();
	type("1x");
	acted("/literal redraw suspend up escape ", "ESC long before is Escape");
	shows("1> 1x|", "and what follows is text");
}

static void scenario_search(void)
{
	type("tree\rtrunk\rleaf\r\x12tr");
	shows("(reverse-i-search)`tr': |trunk", "a search shows readline's own prompt");
	type("\033[5~");
	acted("up ", "PageUp scrolls");
	shows("(reverse-i-search)`tr': |trunk", "and the search goes on");
	type("\033[99~\033[98~");
	shows("(reverse-i-search)`tr': |trunk", "a key that is bound to nothing does not end it");
	type("\033[D");
	shows("1> |trunk", "Left ends it");
	type("\033[C!");
	shows("1> t!|runk", "and moves");
	type("\x03\x12" PASTE("tr\nee"));
	shows("(failed reverse-i-search)`tr ee': |trunk",
	      "a paste is what is searched for, on one line");
	type("\x03");
	shows("1> |", "Ctrl-C leaves the search");
	sent("tree;trunk;leaf;", "and nothing was sent");
	type("한글\r\x12\xed");
	type("\x95\x9c");
	shows("(reverse-i-search)`한': |한글", "a character in two pieces");
	type("\r");
	sent("tree;trunk;leaf;한글;한글;", "Enter sends what was found");
	type("\033ptr\r");
	shows("1> |trunk", "Alt-P searches, too");
	type("\x15\x12tr\x18");
	shows("1> |trunk", "the begin of a longer key ends a search");
	type(";");
	shows("1> |trunk", "also when nothing is bound to that");
}

static void scenario_garbage(void)
{
	type("a\033[99~\033[34~\033[?62;9c\033[24;80R\033]11;rgb:0/0/"
	     "0\033\\\033[34~\033\xed\x95\x9c");
	shows("1> a|", "unbound sequences and late reports leave nothing in the line");
	type("\033[<0;5;3M\033[M !!");
	shows("1> a|", "nor do mouse reports");
	type("\xff\x80"
	     "b");
	shows("1> a" BYTE("ff") BYTE("80") "b|",
	      "bytes that are no characters are held as escapes");
	is_int(typist.bells, 0, "without a bell");
	type("\x01\x0b"
	     "ab");
	type("\xed\x95");
	shows("1> ab|", "half a character waits");
	type("\x9c");
	shows("1> ab한|", "for its other half");
	type("\033");
	pause_for_escape();
	type("[D");
	shows("1> ab|한", "Left whose ESC came long before");
	type("\033");
	pause_for_escape();
	type("\033[D");
	shows("1> a|b한", "Escape, and later Left");
	type("\033");
	pause_for_escape();
	type("f\x08\x05");
	shows("1> ab한|", "Escape, and later f, is no word forward");
	acted("escape escape escape ", "each was Escape");
	forget();
	type("\x16\t\x16\x03\x16\x1a\x16\x1d\x16\x0c");
	shows("1> ab한\t\x03\x1a\x1d\x0c|", "Ctrl-V takes the next key as it is");
	type("\x16\033[5~z");
	shows("1> ab한\t\x03\x1a\x1d\x0cz|", "but PageUp is no character");
	acted("up ", "it scrolls");
}

static void scenario_paste(void)
{
	type("[]\x02" PASTE("one\rtwo\r\nthree\n"));
	shows("1> [one\ntwo\nthree|]", "a paste of several lines waits in the line");
	sent("", "and sends nothing");
	struct line line = input_line("");
	is_int(line.mark_from, 1, "the paste is the region");
	is_int(line.mark_to, 14, "up to its end");
	type("\x1f");
	shows("1> [|]", "one undo removes it");
	line = input_line("");
	ok(line.mark_from == line.mark_to, "there is no region any more");
	static const char odd[] = PASTE("a\0b\xff\033[A\tc");
	type_bytes(odd, sizeof odd - 1);
	shows("1> [a" BYTE("00") "b" BYTE("ff") "\033[A\tc|]",
	      "NUL and an invalid byte are held, the rest is as it was");
	type("\x05\x15\033"
	     "03" PASTE("x"));
	shows("1> x|", "a count ends");
	type("\x15\x18" PASTE("y"));
	shows("1> y|", "half a key, too");
	type(PASTE(""));
	shows("1> y|", "an empty paste is nothing");
	type("\r");
	sent("y;", "Enter sends");
}

static void scenario_line_ends(void)
{
	type(PASTE("GET / HTTP/1.0\nHost: x\n\n") "\r");
	sent("GET / HTTP/1.0\nHost: x\n;", "of two line ends at the end one stays");
	forget();
	type(PASTE("one\r\r\n") "\r");
	sent("one\n;", "however they are written");
	forget();
	type(PASTE("one\n") PASTE("two\n\n") PASTE("three\n") "\r");
	sent("one\ntwo\n\nthree;", "where another paste follows, it was within");
	forget();
	type(PASTE("one\n") "\x05" PASTE("two") "\r");
	sent("onetwo;", "after a key it is gone");
	forget();
	type("x" PASTE("\n") "\r" PASTE("\n\n") "\r");
	sent("x;\n;", "a paste of nothing but line ends");
	forget();
	type(PASTE("a\nb") "\x1f\x1f");
	shows("1> |", "a paste is undone in one");
}

/* What is no text comes back as the same bytes, and what looks like it as the same text. */
static void scenario_bytes(void)
{
	type("\x12\xff");
	shows("(reverse-i-search)`': |", "a search looks for text");
	is_int(typist.bells, 1, "and rings");
	type("\x07\x12" PASTE("a\xff\nb"));
	is_text(input_line("").prompt,
	        "(failed reverse-i-search)`a? b': ", "also when it is pasted");
	type("\x07");
	type("Gr\xfc\xdf"
	     "e \\xfc \\x1cxff\r");
	sent("Gr\xfc\xdf"
	     "e \\xfc \\x1cxff;",
	     "Latin-1, and backslashes");
	type("\x10");
	shows("1> Gr" BYTE("fc") BYTE("df") "e \\xfc \\x1cxff|", "also from the history");
	type("!\r");
	forget();
	static const char odd[] = PASTE("a\0b\x1cxff\xed\x95\n\xc0\x80") "\r";
	type_bytes(odd, sizeof odd - 1);
	is_bytes(buf_data(&typist.lines), typist.lines.len, "a\0b\x1cxff\xed\x95\n\xc0\x80;", 13,
	         "a paste with NUL and with the mark of escapes");
	forget();
	type("\x16\xff\x16\x1c\x16\xed\x95\x9c\r");
	sent("\xff\x1c한;", "Ctrl-V before each");
	forget();
	type("\x16" PASTE("p") "\x01q\r");
	sent("qp;", "Ctrl-V before a paste takes no key along");
	forget();
	type("\033"
	     "03\xff\r");
	sent("\xff;", "in a count");
	forget();
	type("\x18\xff\r");
	sent("\xff;", "in half a key");
	forget();
	type("\xff\x08\x08\r");
	sent("\\x;", "an escape that was edited is what it looks like");
	forget();
	type("\xff\x08"
	     "e\r");
	sent("\xfe;", "or another byte");
	forget();
	type("\x14\r");
	sent("m\xff;", "a macro of inputrc");
}

static void press_escape(void)
{
	type("\033");
	pause_for_escape();
}

/* Escape alone is the window's, and what is pressed after it is that key. */
static void scenario_escape(void)
{
	press_escape();
	type("/");
	acted("escape ", "Escape");
	shows("1> /|", "the next key is text");
	press_escape();
	press_escape();
	acted("escape escape escape ", "twice is two");
	type("\033\033");
	pause_for_escape();
	acted("escape escape escape escape escape ", "also in one burst");
	shows("1> /|", "without a key of readline's");
	forget();
	type("\x15one\rtwo\r\x12on");
	press_escape();
	shows("1> |one", "it ends a search");
	acted("", "and nothing else");
	type("x");
	shows("1> x|one", "readline waits for nothing after it");
	type("\x05\x15\033pone");
	press_escape();
	shows("1> |", "the other kind of search, too");
	type("\033"
	     "05");
	shows("(arg: 5) |", "a count");
	press_escape();
	type("x");
	shows("1> x|", "is dropped");
	type("\x15\x18");
	press_escape();
	type("y");
	shows("1> y|", "half a key, too");
	acted("", "none of them was the window's");
	type("\x15\x16");
	press_escape();
	type("y");
	shows("1> \033y|", "Ctrl-V takes Escape as a character");
	type("\x15" PASTE("a\nb"));
	press_escape();
	shows("1> a\nb|", "it leaves the line alone");
	type("!\x15\x18(a");
	press_escape();
	type("b\x18)\x18"
	     "e");
	shows("1> abab|", "a macro is recorded past it");
	type("c\033\x03");
	shows("1> |", "Ctrl-C after it drops the line");
	acted("escape escape escape interrupt ", "even at once");
}

/* tmux sends Escape and the next key as one. */
static void scenario_escape_and_key(void)
{
	static const char taken_apart[] =
	        "r/abcdefghijklmoqstuvwxyzABMOZ [#\\?=*&~,:;'\"!@$%^+|{}()`";
	for (const char *c = taken_apart; *c; c++) {
		char keys[] = { '\033', *c, '\0' }, want[] = { '1', '>', ' ', *c, '|', '\0' };
		type(keys);
		pause_for_escape();
		shows(want, "on an empty line it is that character");
		acted("escape ", "after Escape");
		type("\x15");
		forget();
	}
	type("\033é\x08");
	acted("escape ", "one of several bytes, too");
	forget();
	type("\0331one\r\033.");
	acted("/session 1 ", "keys that do something there stay: a session");
	shows("1> one|", "the last word of the line before");
	type("\x15\033pone\r");
	shows("1> |one", "a search in the history");
	type("\x01\033f");
	shows("1> one|", "with text on the line, Alt and a letter is what it was");
	type("\033q");
	shows("1> one|", "or nothing");
	acted("/session 1 ", "and no Escape");
	forget();
	type("\033\033[5~\033\033[D\033\x1a");
	acted("escape up escape escape suspend ", "Escape and a key that is no text, on any line");
	shows("1> on|e", "which does what it does");
}

static void scenario_escape_in_vi(void)
{
	type("abc");
	press_escape();
	is_text(input_mode(), "vi:cmd", "in vi's insert mode it is readline's");
	acted("", "and not the window's");
	press_escape();
	acted("escape ", "in command mode it is");
	type("x");
	shows("1> a|b", "and the next key is a command");
	type("2");
	press_escape();
	type("x");
	shows("1> |a", "a count is dropped");
	type("d");
	press_escape();
	type("h");
	shows("1> |a", "so is half a command");
	type("\033i!");
	shows("1> !|a", "Escape and a command in one burst");
	acted("escape escape ", "are both");
}

static void scenario_vi(void)
{
	is_text(input_mode(), "vi:ins", "it starts inserting");
	type("one two");
	type("\033");
	pause_typing();
	is_text(input_mode(), "vi:cmd", "ESC leaves that");
	shows("1> one tw|o", "on the last character");
	type("\033[5~");
	acted("up ", "PageUp in command mode");
	type("0dw");
	shows("1> |two", "dw");
	type("r한");
	shows("1> |한wo", "r with Korean");
	type("d" PASTE("eins\nzwei"));
	shows("1> eins\nzwei|한wo", "a paste is no motion");
	type("u");
	shows("1> |한wo", "and is undone in one");
	type("#");
	sent("", "# sends nothing");
	type("\033");
	wait_for_input();
	type("x");
	shows("1> |wo", "a second ESC does not swallow the next key");
	type("\033x");
	wait_for_input();
	type("\x03");
	acted("up escape escape interrupt ", "Ctrl-C in command mode");
	is_text(input_mode(), "vi:ins", "the next line starts inserting");
	type("abc\033"
	     "hx");
	shows("1> a|c", "ESC and a command in one burst");
	type("A\x16\x03"
	     "d\x03"
	     "new");
	shows("1> new|", "Ctrl-C while inserting");
	sent("", "nothing was sent");
	type("\r\033");
	pause_typing();
	type("kx");
	shows("1> |ew", "history");
	type("/n\r\x03:x");
	is_text(input_mode(), "vi:ins", "a search, and out of it");
}

static void scenario_interrupt(void)
{
	type("first\rsecond\rhalf\x03");
	is_text(buf_text(&typist.at_interrupt), "half",
	        "the handler of Ctrl-C still sees the line");
	shows("1> |", "then it is gone");
	acted("interrupt ", "reported once");
	type("\x10\x10 edited");
	shows("1> first edited|", "a line of the history, changed");
	type("\x03\x10\x10");
	shows("1> first|", "is as it was after Ctrl-C");
	type("\x03\x03\x12se\x03"
	     "\033"
	     "05\x03\x18\x03"
	     "\x1d\x03");
	shows("1> |", "out of a search, a count, half a key");
	sent("first;second;", "nothing of that was sent");
	type("third\r");
	sent("first;second;third;", "what comes next is");
	type("\x10\x10\x10");
	shows("1> first|", "only sent lines are in the history");
}

static void scenario_blocking_commands(void)
{
	type("a\033xfoo\r");
	sent("afoo;", "Alt-X asks for nothing");
	forget();
	type("b\033");
	pause_for_escape();
	type("[200~c\033[201~\r");
	sent("bc;", "a paste bracket that was cut is one");
	forget();
	type("line\033#");
	sent("", "Alt-# sends nothing");
	type("\x0f");
	sent("line;", "Ctrl-O sends");
	type("\x18\x12-\033xbar\r");
	sent("line;-bar;", "also when inputrc is read again");
}

static void scenario_macros(void)
{
	type("\x18(a\033[5~b\x18)");
	acted("up ", "a macro is recorded, and its keys work");
	type("\x18"
	     "e");
	acted("up up ", "it runs");
	shows("1> abab|", "with all keys");
	type("\x18"
	     "*");
	shows("1> abab|", "nothing else does");
}

static void scenario_rebound(void)
{
	type("\033u");
	acted("up ", "inputrc names the command, also after $if sockpit");
	type("\033[5~");
	acted("up ", "then its usual key is free");
	type("a\033w\x15");
	acted("up ", "what is for another program is not for us");
	type("\033[6~");
	acted("up down ", "the other commands keep theirs");
	type("\x14");
	acted("up down interrupt ", "even Ctrl-C's");
	type("\033[15~");
	acted("up down interrupt redraw ", "a usual key of another row is its own there");
	ok(input_is_sideways(), "horizontal-scroll-mode is seen");
}

/* inputrc has "\C-xa": of the first row, "\C-xb": of the second … */
static void scenario_all_rebound(void)
{
	char keys[] = "\x18?", name[] = "Ctrl-X ?";
	for (const struct binding *row = binding_table; row->name; row++) {
		struct buf now = { .max = SIZE_MAX };
		name[7] = keys[1] = (char)(row - binding_table + 'A');
		forget();
		type(keys);
		pause_typing();
		if (row->line)
			acted(xasprintf("%s ", row->line), row->name);
		else
			ok(typist.actions.len > 0, "%s", row->name);
		input_print_keys(row, &now);
		is_text(buf_text(&now), name, "is on that key now");
		buf_free(&now);
	}
	forget();
	type("\033[15~\033[19~\0331\x1d");
	acted("", "and the usual keys are free");
	struct key key = { .kind = KEY_TEXT, .bytes = "a", .len = 1 };
	ok(!input_binding(&key), "a letter is no row's");
}

/* Owned here, until the end. */
static const char *rebind_all(void)
{
	static struct buf text = { .max = SIZE_MAX };
	for (const struct binding *row = binding_table; row->name; row++)
		buf_printf(&text, "\"\\C-x%s%c\": %s\n",
		           row - binding_table + 'A' == '\\' ? "\\" : "",
		           (int)(row - binding_table + 'A'), row->name);
	return buf_text(&text);
}

static void scenario_timeout(void)
{
	type("q");
	shows("1> |", "a key that may go on waits");
	ok(input_deadline() != INT64_MAX, "but not forever");
	input_timeout(0);
	shows("1> |", "nor too short");
	wait_for_input();
	shows("1> one|", "then it counts");
	ok(input_deadline() == INT64_MAX, "and nothing waits any more");
	type("qq");
	shows("1> onetwo|", "the longer one at once");
	type("\033");
	wait_for_input();
	shows("1> |", "ESC itself can be bound");
	type("\x18");
	ok(input_deadline() == INT64_MAX, "Ctrl-X alone means nothing and waits");
	type("q");
	wait_for_input();
	shows("1> |", "for a key that it goes with");
}

/* ---- invalid text ---- */

static bool line_is_valid(void)
{
	struct line line = input_line("");
	size_t at = 0;
	bool at_point = line.point == line.len;
	while (at < line.len) {
		mbstate_t state = { 0 };
		size_t len = mbrlen(line.text + at, line.len - at, &state);
		at_point |= at == line.point;
		if (len == 0 || len > line.len - at)
			return false;
		at += len;
	}
	return at_point;
}

/* readline 8.2 and 8.3 loop forever in vi's word commands on text that ends in half a character.
 * Names of files can bring it in; completion takes their place here. */
static void scenario_invalid(void)
{
	static const char *const texts[] = {
		"ab\xed\x95",
		"\xed\x95",
		"\xed",
		"a\xff",
		"\xff\xfe",
		"x \xed\x95 y\xed",
		"\x80",
		"\xc0\x80",
		"한\xed\x95",
		"\xf0\x9f\x98",
		"a \xf0",
		"e\xcc",
		"\xe1\x84\x80\xe1\x85",
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"한 글\xea",
		"ab",
		"한글",
		"e\xcc\x81 x",
	};
	static const char *const commands[] = {
		"e",  "E",  "w",      "W", "*", "b",  "B",  "h",  "l",  "0",  "$", "x", "X",
		"dw", "de", "cw\033", "~", "D", "rz", "Fz", "tz", "yw", "ge", "p", "u",
	};
	bool valid = true;
	for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
		for (size_t c = 0; c < sizeof commands / sizeof *commands; c++) {
			char *word = xasprintf("w%s", texts[t]);
			const char *const words[] = { word, NULL };
			typist.words = words;
			type("w\t");
			valid &= line_is_valid();
			type("\033");
			pause_typing();
			snprintf(tap_name, sizeof tap_name, "text %zu, command %zu", t, c);
			for (int point = 0; point < 6; point++) {
				type(commands[c]);
				pause_typing();
				type("h");
				valid &= line_is_valid();
			}
			type("\x03");
			free(word);
		}
	typist.words = no_words;
	ok(valid, "whatever completion brings in, the line is text");
	type("a" PASTE("b\xed\x95") "\033");
	pause_typing();
	type("0eEwW*\x03");
	shows("1> |", "nor does a paste make it loop");
}

/* ---- completion ---- */

static void scenario_completion(void)
{
	static const char *const words[] = { "/open", "/option", "/quit", NULL };
	static const char *const odd_words[] = { "s\xff", NULL };
	typist.words = words;
	type("/q\t");
	shows("1> /quit |", "one candidate: completed, and a blank");
	type("\x15/\t\t");
	listed("/open /option /quit ", "several: shown");
	type("\x15/o\t");
	shows("1> /op|", "as far as they agree");
	type("\x15nothing\t");
	shows("1> nothing|", "none: nothing, and no file names");
	is_int(chdir(typist.directory), 0, "in the directory");
	mkdir("한글 디렉터리", 0700);
	write_file("한글 디렉터리/file one", "", 0);
	write_file("한글 디렉터리/file two", "", 0);
	write_file("x한\xff", "", 0);
	typist.words = NULL;
	forget();
	type("\x15/file 한\t");
	shows("1> /file \"한글 디렉터리/|", "a name with blanks is quoted");
	type("\t\t\t");
	shows("1> /file \"한글 디렉터리/file |", "and goes on");
	listed("한글 디렉터리/file one 한글 디렉터리/file two ", "the files are listed");
	type("o\t");
	shows("1> /file \"한글 디렉터리/file one\" |", "to its end");
	write_file("y\xff", "", 0);
	write_file("y\xfe", "", 0);
	mkdir("z\xff", 0700);
	write_file("z\xff/한\xfe", "", 0);
	type("\x15/file x\t");
	shows("1> /file x한" BYTE("ff") " |", "a byte that is no character comes in as an escape");
	forget();
	type("\x15/file y\t\t");
	shows("1> /file y|", "names that differ within one");
	listed("y\xfe y\xff ", "are listed as they are");
	type("\xff\t\r");
	sent("/file y\xff ;", "and one is typed on");
	forget();
	type("/file z\t\t");
	shows("1> /file z" BYTE("ff") "/한" BYTE("fe") " |", "a directory");
	type("\r");
	sent("/file z\xff/한\xfe ;", "is handed over in bytes");
	typist.words = odd_words;
	type("/session s\t\r");
	sent("/file z\xff/한\xfe ;/session s\xff ;", "so is a word");
	is_int(chdir("/"), 0, "out again");
}

static void scenario_many_candidates(void)
{
	static char names[1000][8];
	const char *words[1001] = { NULL };
	for (int i = 0; i < 1000; i++) {
		snprintf(names[i], sizeof names[i], "w%03d", i);
		words[i] = names[i];
	}
	typist.words = words;
	type("w\t");
	size_t count = 0;
	for (const char *s = buf_text(&typist.matches); *s; s++)
		count += *s == ' ';
	is_int(count, 1000, "all are handed over, and nobody asks whether to show them");
	type("001\t");
	shows("1> w001 |", "and the keys go on");
	typist.words = no_words;
}

/* ---- much ---- */

static void scenario_much(void)
{
	enum { PASTED = 1 << 20, TYPED = 100000 };
	char *text = malloc(PASTED + 13);
	memset(text, 'x', PASTED + 12);
	memcpy(text, "\033[200~", 6);
	memcpy(text + 6 + PASTED, "\033[201~", 6);
	type_bytes(text, PASTED + 12);
	type("\x01<\x05>\x1b[D\x1b[C");
	is_int(input_line("").len, PASTED + 2, "a paste of 1 MB, and keys in it");
	type("\r");
	is_int(typist.lines.len, PASTED + 3, "arrives whole");
	forget();
	memset(text, 'y', TYPED);
	type_bytes(text, TYPED);
	type("\r");
	is_int(typist.lines.len, TYPED + 1, "so do 100000 characters typed");
	free(text);
	type("\x10");
	is_int(input_line("").len, TYPED, "which are remembered");
	type("\x10");
	ok(input_line("").len < 100, "and the paste is not");
}

/* Keys at random, always the same ones: whatever they are, readline has what it reads, and the line
 * is text. Recalled lines are left out: readline 8.2 by itself uses freed memory when one is
 * changed and that is undone. */
static void scenario_random(void)
{
	static const char *const pieces[] = {
		"a",      "b ",       "한",        "e\xcc\x81", "👨\u200d👩", "\033[D",
		"\033[C", "\033[1~",  "\033[4~",   "\033[3~",   "\x7f",     "\x17",
		"\x15",   "\x0b",     "\x19",      "\x14",      "\033f",    "\033b",
		"\033u",  "\033t",    "\x07",      "\t",        "\x16",     "\x16\x03",
		"\xff",   "\xed",     "\x95",      "\033[99~",  "\033[5~",  "\033",
		"\0330",  "\x18\x18", "\x1d",      "\x03",      "\r",       PASTE("p\nq"),
		"d",      "w",        "e",         "x",         "0",        "$",
		"r",      "i",        "A",         "c",         "f",        ";",
		"\x1a",   "\x0c",     "\033[M !!", "\033\033",  "\x18",     "\033y",
		"\x1c",   "\x16\x1c", "\033#",     "\033é",     "\x1cx",    PASTE("\xff\n"),
	};
	unsigned seed = 12345;
	bool valid = true;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245 + 12345;
		type(pieces[(seed >> 16) % (sizeof pieces / sizeof *pieces)]);
		if ((seed >> 8) % 8 == 0)
			wait_for_input();
		buf_clear(&typist.lines);
	}
	pause_typing();
	type("\x07\x03");
	valid &= line_is_valid();
	ok(valid, "twenty thousand keys");
	type("still here\r");
	sent("still here;", "and it works on");
}

static void scenario_c_locale(void)
{
	type("a\xed\x95\x9c"
	     "b");
	shows("1> a" BYTE("ed") BYTE("95") BYTE("9c") "b|", "no byte above 7e is a character");
	type(PASTE("ü") "\r");
	sent("a한bü;", "but all come back");
	type("\x10");
	shows("1> a" BYTE("ed") BYTE("95") BYTE("9c") "b" BYTE("c3") BYTE("bc") "|",
	      "also from the history");
}

int main(void)
{
	tap_watchdog(50);
	setenv("LC_ALL", "C.UTF-8", 1);
	setlocale(LC_ALL, "");
	make_directory();
	play("basics", "", scenario_basics);
	play("actions", "", scenario_actions);
	play("search", "", scenario_search);
	play("garbage", "", scenario_garbage);
	play("paste", "", scenario_paste);
	play("line ends of a paste", "", scenario_line_ends);
	play("bytes", "\"\\C-t\": \"m\xff\"\n", scenario_bytes);
	play("escape", "", scenario_escape);
	play("escape and a key", "", scenario_escape_and_key);
	play("escape in vi", "set editing-mode vi\n", scenario_escape_in_vi);
	play("vi", "set editing-mode vi\n", scenario_vi);
	play("interrupt", "", scenario_interrupt);
	play("blocking commands", "\"\\C-xm\": execute-named-command\n",
	     scenario_blocking_commands);
	play("macros", "", scenario_macros);
	play("rebound",
	     "$if sockpit\n\"\\eu\": pane-page-up\n$endif\n$if Bash\n\"\\ew\": "
	     "pane-page-down\n$endif\n"
	     "\"\\C-t\": interrupt\n\"\\e[15~\": redraw-window\nset horizontal-scroll-mode on\n",
	     scenario_rebound);
	play("all rebound", rebind_all(), scenario_all_rebound);
	play("timeout", "\"q\": \"one\"\n\"qq\": \"two\"\n\"\\e\": kill-whole-line\n",
	     scenario_timeout);
	play("invalid text", "set editing-mode vi\n", scenario_invalid);
	play("completion", "", scenario_completion);
	play("many candidates",
	     "set completion-query-items 10\nset page-completions on\nset show-all-if-ambiguous "
	     "on\n"
	     "set colored-completion-prefix on\n",
	     scenario_many_candidates);
	play("much", "", scenario_much);
	play("random keys", "", scenario_random);
	play("random keys in vi", "set editing-mode vi\n", scenario_random);
	setenv("LC_ALL", "C", 1);
	setlocale(LC_ALL, "");
	play("C locale", "", scenario_c_locale);
	remove_directory();
	return tap_done();
}
