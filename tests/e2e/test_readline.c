// SPDX-License-Identifier: GPL-3.0-or-later
/* readline inside the window: what it says itself, what it and other libraries print, candidates,
 * pastes, slow and unknown keys, wide and combined characters, the history of several windows, and
 * what all that costs the terminal. */
#include "e2e/stage.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "support/tap.h"

#define SYLLABLE                                                                                   \
	"\u1100\u1161\u11a8" /* one syllable in three characters, as some systems store file       \
	                      * names \ */
#define FAMILY "👨\u200d👩\u200d👧"

static struct vt *start(int rows, int columns, const char *inputrc)
{
	stage_put_file("inputrc", inputrc);
	setenv("INPUTRC", stage_path("inputrc"), 1);
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS("--demo"));
	setenv("INPUTRC", "/dev/null", 1);
	vt_wait_row(vt, -1, "2>");
	vt_wait_text(vt, "connected");
	vt_wait_idle(vt);
	return vt;
}

static void ends_well(struct vt *vt, const char *what)
{
	is_text(vt_replies(vt), "", "the terminal was asked nothing");
	vt_send(vt, "\a\003");
	ok(stage_quit(vt), "%s: ends well", what);
}

/* ---- what readline says ---------------------------------------------------------------------- */

static void shows_a_search(void)
{
	struct vt *vt = start(24, 80, "");
	vt_send(vt, "한글 trunk\rtree\r\022");
	ok(stage_wait_last_row(vt, "(reverse-i-search)`':"), "a search says what it is");
	vt_send(vt, "\355\225");
	vt_wait_idle(vt);
	vt_resize(vt, 20, 70);
	ok(vt_wait_row(vt, -3, "2 demo") && strstr(vt_row(vt, -1), "(reverse-i-search)`':"),
	   "half a character holds nothing up");
	vt_send(vt, "\234");
	ok(stage_wait_last_row(vt, "(reverse-i-search)`한': 한글 trunk"),
	   "its other half is searched for");
	vt_send(vt, "\033[5~\0331");
	ok(vt_wait_row(vt, -2, "LISTEN"), "another session is shown");
	ok(stage_wait_last_row(vt, "(reverse-i-search)`한': 한글 trunk"), "and the search goes on");
	vt_send(vt, "zz");
	ok(stage_wait_last_row(vt, "(failed reverse-i-search)`한zz': 한글 trunk"),
	   "what is not there has failed");
	vt_send(vt, "\a");
	ok(stage_wait_last_row(vt, "1>"), "then the prompt is that of the session");
	vt_send(vt, "\0332\022\033[200~tr\nee\033[201~");
	ok(vt_wait_row(vt, -1, "`tr ee'"), "a paste is searched for");
	vt_send(vt, "\003\033ptr");
	ok(stage_wait_last_row(vt, ":tr"), "the other kind of search has its own prompt");
	vt_send(vt, "\r");
	ok(vt_wait_row(vt, -1, "2> tr"), "and finds");
	ends_well(vt, "searches");
}

static void shows_a_count(void)
{
	struct vt *vt = start(24, 80, "");
	vt_send(vt, "\033"
	            "07");
	ok(stage_wait_last_row(vt, "(arg: 7)"), "a count is shown");
	vt_send(vt, "\0331");
	ok(vt_wait_row(vt, -2, "LISTEN") && stage_wait_last_row(vt, "(arg: 7)"),
	   "also while the session changes");
	vt_send(vt, "\033[5~x");
	ok(stage_wait_last_row(vt, "1> xxxxxxx"), "and counts after PageUp");
	ends_well(vt, "counts");
}

static size_t count_bells(struct vt *vt)
{
	size_t len, count = 0;
	const char *output = vt_output(vt, &len);
	for (size_t i = 0; i < len; i++)
		count += output[i] == '\a';
	return count;
}

static void rings(void)
{
	struct vt *vt = start(24, 80, "");
	vt_mark(vt);
	vt_send(vt, "\b");
	ok(vt_wait_output(vt, "\a"), "Backspace in an empty line rings");
	vt_wait_idle(vt);
	is_int(count_bells(vt), 1, "once");
	ends_well(vt, "bells");
	vt = start(24, 80, "set bell-style none\n");
	vt_mark(vt);
	vt_send(vt, "\b\ax");
	ok(stage_wait_last_row(vt, "2> x") && vt_wait_idle(vt), "where no bell is wanted");
	is_int(count_bells(vt), 0, "there is none");
	ends_well(vt, "no bells");
}

static void names_the_mode_of_vi(void)
{
	struct vt *vt = start(24, 80, "set editing-mode vi\nset show-mode-in-prompt on\n");
	ok(vt_wait_row(vt, -2, "vi:ins") && stage_wait_last_row(vt, "2>"),
	   "the status line has vi's mode, not the prompt");
	vt_send(vt, "abc");
	ok(stage_wait_last_row(vt, "2> abc"), "text");
	vt_send(vt, "\033");
	ok(vt_wait_row(vt, -2, "vi:cmd") && vt_wait_cursor(vt, -1, 5), "ESC by itself counts soon");
	vt_send(vt, "x");
	ok(stage_wait_last_row(vt, "2> ab"), "a command");
	vt_send(vt, "/");
	ok(stage_wait_last_row(vt, "/"), "its search has a prompt");
	vt_send(vt, "\003");
	ok(vt_wait_row(vt, -2, "vi:ins") && stage_wait_last_row(vt, "2>"),
	   "Ctrl-C is the way out, to a new line");
	ends_well(vt, "vi");
}

/* ---- what is printed beside ------------------------------------------------------------------ */

static void keeps_prints_off_the_screen(void)
{
	struct vt *vt = start(24, 80,
	                      "\"\\C-xd\": dump-functions\n\"\\C-xv\": dump-variables\n\"\\C-xp\": "
	                      "print-last-kbd-macro\n"
	                      "\"\\C-xr\": redraw-current-line\n\"\\C-xc\": clear-screen\n");
	vt_send(vt, "text 한");
	stage_wait_last_row(vt, "2> text 한");
	char *before = strdup(vt_screen(vt));
	vt_send(vt, "\030d\030v\030r\030c\f");
	vt_wait_idle(vt);
	is_text(vt_screen(vt), before, "lists that readline prints are nowhere on the screen");
	free(before);
	vt_send(vt, "\003\030(MACRO\030)\030p");
	ok(stage_wait_row(vt, "·", "MACRO"), "what readline prints to standard output is a note");
	ok(stage_wait_last_row(vt, "2> MACRO"), "and not in the line");
	stage_put_file("inputrc", "\"\\C-a: beginning-of-line\n");
	vt_send(vt, "\003\030\022");
	ok(vt_wait_text(vt, "no closing"), "so is what it says to standard error");
	ok(stage_wait_last_row(vt, "2>") && vt_wait_cursor(vt, -1, 3), "and the line is there");
	ends_well(vt, "prints");
	vt = start(24, 80, "\"\\C-a: beginning-of-line\n");
	ok(vt_wait_text(vt, "no closing"), "a mistake in inputrc is seen at the start, too");
	ends_well(vt, "a mistake in inputrc");
}

static void stops_endless_macros(void)
{
	struct vt *vt = start(24, 80,
	                      "\"\\C-t\": \"a\\C-t\"\n\"\\C-o\": \"\\C-r\\C-x\"\n"
	                      "\"\\C-xs\": \"said\\r\\C-xs\"\n");
	vt_send(vt, "\024");
	ok(stage_wait_row(vt, "·", "macro stopped: it runs itself"), "an endless macro is stopped");
	ok(stage_wait_last_row(vt, "2> a"), "where it began again");
	vt_send(vt, "\003\017;b");
	ok(stage_wait_last_row(vt, "2> b"),
	   "one that ends within a key leaves the program in order");
	vt_send(vt, "\003\030s");
	ok(stage_wait_row(vt, "←", "said") && stage_wait_last_row(vt, "2>"),
	   "one that sends does so once");
	ends_well(vt, "macros");
}

/* ----
 * candidates -------------------------------------------------------------------------------- */

static void lists_without_asking(void)
{
	struct vt *vt = start(24, 80,
	                      "set completion-query-items 1\nset page-completions on\nset "
	                      "show-all-if-ambiguous on\n"
	                      "set colored-stats on\nset colored-completion-prefix on\n");
	vt_send(vt, "/s\t");
	ok(vt_wait_text(vt, "/shutdown"), "candidates are in the pane");
	vt_send(vt, "e");
	ok(stage_wait_last_row(vt, "2> /se"), "the next key is for the line");
	vt_send(vt, "\033?nd");
	ok(stage_wait_last_row(vt, "2> /send") && vt_wait_idle(vt), "also after Alt-?");
	vt_send(vt, "\025/\033?x");
	ok(stage_wait_last_row(vt, "2> /x") && vt_wait_idle(vt),
	   "also where there are more than rows");
	vt_send(vt, "\025/reconn\033?y");
	ok(stage_wait_last_row(vt, "2> /reconny"), "one candidate only is nothing to ask about");
	ok(!vt_find(vt, "isplay all", NULL, NULL) && !vt_find(vt, "More", NULL, NULL),
	   "nobody asks whether to show them");
	ends_well(vt, "candidates");
}

/* ----
 * pastes ------------------------------------------------------------------------------------ */

static void marks_a_paste(void)
{
	struct vt *vt = start(24, 80, "");
	vt_paste(vt, "first 줄\nsecond");
	ok(vt_wait_row(vt, -2, "2> first 줄^J") && stage_wait_last_row(vt, "second"),
	   "a paste is in the line");
	ok(vt_cell_at(vt, -1, 0).reverse && vt_cell_at(vt, -2, 3).reverse &&
	           !vt_cell_at(vt, -2, 0).reverse,
	   "marked");
	vt_send(vt, "\005");
	vt_wait_idle(vt);
	ok(!vt_cell_at(vt, -1, 0).reverse && !vt_cell_at(vt, -2, 3).reverse, "until the next key");
	vt_send(vt, "\037");
	ok(stage_wait_last_row(vt, "2>") && vt_wait_cursor(vt, -1, 3), "undone at once");
	ends_well(vt, "marks");
}

/* Started first and looked at last: nobody waits for its three seconds. */
static struct vt *begin_paste(void)
{
	struct vt *vt = start(24, 80, "");
	vt_send(vt, "\033[200~half a paste\n/quit\r");
	return vt;
}

static void gets_over_half_a_paste(struct vt *vt)
{
	ok(vt_wait_row(vt, -2, "2> half a paste^J") && stage_wait_last_row(vt, "/quit"),
	   "a paste without end is taken after a while");
	vt_send(vt, "x");
	ok(stage_wait_last_row(vt, "/quitx"), "and keys are keys again");
	ends_well(vt, "half a paste");
}

/* ----
 * keys -------------------------------------------------------------------------------------- */

static void knows_slow_and_odd_keys(void)
{
	struct vt *vt = start(24, 80, "");
	ok(!vt_has_mode(vt, 1), "the cursor keys send what inputrc expects");
	vt_send(vt, "a\033[99~\033[19~\033[1;5R\033OPb");
	ok(stage_wait_last_row(vt, "2> ab") && vt_wait_cursor(vt, -1, 5),
	   "keys that are bound to nothing leave nothing");
	vt_send(vt, "\033");
	vt_wait_idle(vt);
	vt_send(vt, "[D");
	ok(vt_wait_cursor(vt, -1, 4), "Left whose ESC came first");
	vt_send(vt, "\033");
	vt_wait_idle(vt);
	vt_send(vt, "f");
	ok(stage_wait_last_row(vt, "2> afb"), "Escape, a rest, f is an f");
	vt_send(vt, "\b\005\377\376c");
	ok(stage_wait_last_row(vt, "2> ab\\xff\\xfec"),
	   "bytes that are no characters show as what they are");
	ok(vt_cell_at(vt, -1, 5).reverse && !vt_cell_at(vt, -1, 4).reverse, "marked");
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "←", "ab\\xff\\xfec⏎") && vt_wait_text(vt, "6 bytes"),
	   "and are sent as those");
	ends_well(vt, "odd keys");
}

static void obeys_inputrc(void)
{
	struct vt *vt = start(
	        24, 80,
	        "set keyseq-timeout 60\n\"\\e\": kill-whole-line\n\"\\e[A\": \"up!\"\n"
	        "\"z\": \"one\"\n\"zz\": \"two\"\n$if sockpit\n\"\\C-t\": pane-page-up\n$endif\n");
	vt_send(vt, "abc\033[A");
	ok(stage_wait_last_row(vt, "2> abcup!"), "a cursor key of the user's own");
	vt_send(vt, "\033");
	ok(stage_wait_last_row(vt, "2>"), "ESC by itself, though longer keys begin with it");
	vt_send(vt, "z");
	ok(stage_wait_last_row(vt, "2> one"), "a key that others begin with");
	vt_send(vt, "zz");
	ok(stage_wait_last_row(vt, "2> onetwo"), "and one of those");
	ends_well(vt, "inputrc");
}

static void takes_many_lines(void)
{
	enum { LINES_TYPED = 20000 };
	struct vt *vt = start(24, 80, "");
	for (int i = 0; i < LINES_TYPED; i++) {
		char line[16];
		vt_send_bytes(vt, line, (size_t)snprintf(line, sizeof line, "line %d\r", i));
	}
	ok(stage_wait_row(vt, "←", "line 19999"), "twenty thousand lines typed ahead");
	ends_well(vt, "many lines");
}

/* ----
 * characters -------------------------------------------------------------------------------- */

static void meets_the_right_edge(void)
{
	struct vt *vt = start(12, 20, "");
	vt_send(vt, "가나다라마바사아");
	ok(stage_wait_last_row(vt, "2> 가나다라마바사아") && vt_wait_cursor(vt, -1, 19),
	   "one column is left");
	vt_send(vt, "자");
	ok(vt_wait_row(vt, -2, "2> 가나다라마바사아") && stage_wait_last_row(vt, "자"),
	   "a wide character does not fit there");
	ok(vt_wait_cursor(vt, -1, 2), "the cursor goes with it");
	vt_send(vt, "\b\b");
	ok(stage_wait_last_row(vt, "2> 가나다라마바사") && vt_wait_cursor(vt, -1, 17), "and back");
	vt_send(vt, "abc");
	ok(vt_wait_row(vt, -2, "사abc") && vt_wait_cursor(vt, -1, 0),
	   "a row that is just full has the cursor on the next");
	ends_well(vt, "the right edge");
}

static void shows_combined_characters(void)
{
	struct vt *vt = start(24, 80, "");
	int row, column;
	vt_send(vt, SYLLABLE FAMILY "|");
	ok(stage_wait_last_row(vt, "2> " SYLLABLE "👨👩👧|") && vt_wait_cursor(vt, -1, 12),
	   "two columns, and six for a family of three");
	vt_send(vt, "\002\002");
	ok(vt_wait_cursor(vt, -1, 9), "Left goes over a whole person");
	vt_send(vt, "\001\006");
	ok(vt_wait_cursor(vt, -1, 5), "and over a whole syllable");
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "←", SYLLABLE "👨👩👧|"), "they are whole in the pane");
	ok(vt_find(vt, SYLLABLE, &row, &column), "there");
	is_int(vt_cell_at(vt, row, column + 2).character, 0x1f468, "the syllable has two columns");
	is_int(vt_cell_at(vt, row, column + 8).character, '|', "the family six");
	ends_well(vt, "combined characters");
}

static void follows_the_cursor(void)
{
	struct vt *vt = start(12, 40, "");
	for (int i = 10; i < 70; i++) {
		char word[8];
		vt_send_bytes(vt, word, (size_t)snprintf(word, sizeof word, "w%d ", i));
	}
	ok(stage_wait_last_row(vt, "69") && !vt_find(vt, "2> w10", NULL, NULL),
	   "a long line shows its end");
	ok(vt_wait_row(vt, -6, "2 demo"), "in a third of the window");
	vt_send(vt, "\001");
	ok(vt_wait_row(vt, -4, "2> w10") && vt_wait_cursor(vt, -4, 3),
	   "or its begin, where the cursor is");
	vt_send(vt, "\005");
	ok(stage_wait_last_row(vt, "69"), "or its end again");
	ends_well(vt, "long lines");
}

static void scrolls_sideways(void)
{
	struct vt *vt = start(24, 40, "set horizontal-scroll-mode on\n");
	for (int i = 0; i < 10; i++)
		vt_send(vt, "0123456789");
	vt_send(vt, "end");
	ok(vt_wait_row(vt, -1, "789end") && vt_wait_row(vt, -3, "2 demo"),
	   "one row only, where that is wanted");
	vt_send(vt, "\001");
	ok(vt_wait_row(vt, -1, "2> 0123456789") && vt_wait_cursor(vt, -1, 3),
	   "with the part that the cursor is in");
	ends_well(vt, "sideways");
}

/* ----
 * history ----------------------------------------------------------------------------------- */

static bool file_has(const char *name, const char *text)
{
	char content[65536] = "";
	FILE *file = fopen(stage_path(name), "re");
	if (!file)
		return false;
	content[fread(content, 1, sizeof content - 1, file)] = '\0';
	fclose(file);
	return strstr(content, text);
}

static void shares_the_history(void)
{
	remove(stage_path("sockpit/history"));
	struct vt *one = start(24, 80, ""), *two = start(24, 80, "");
	vt_send(one, "of the first\r");
	vt_send(two, "of the second\r\033[200~two\nlines\033[201~\r");
	ok(stage_wait_row(one, "←", "of the first") && stage_wait_row(two, "←", "lines"),
	   "two windows with one history");
	ends_well(two, "the second");
	ends_well(one, "the first");
	ok(file_has("sockpit/history", "of the first\n") &&
	           file_has("sockpit/history", "of the second\n"),
	   "keep both");
	struct vt *next = start(24, 80, "");
	vt_send(next, "\022two");
	ok(vt_wait_row(next, -2, "two^J") && vt_wait_row(next, -1, "lines"),
	   "an entry of two lines comes back as one");
	vt_send(next, "\003\022of the");
	ok(vt_wait_row(next, -1, "of the"), "the next window has both");
	ends_well(next, "the next");
}

static void tells_of_a_lost_history(void)
{
	remove(stage_path("sockpit/history"));
	if (symlink("/dev/full", stage_path("sockpit/history")) < 0 ||
	    access("/dev/full", W_OK) < 0) {
		tap_skip("no full device");
		return;
	}
	struct vt *vt = start(24, 80, "");
	ok(stage_wait_row(vt, "·", "history is not saved"),
	   "a history that cannot be saved is reported");
	vt_send(vt, "said\r");
	ok(stage_wait_row(vt, "←", "said"), "and nothing else is lost");
	ends_well(vt, "a lost history");
	remove(stage_path("sockpit/history"));
}

/* ---- what it costs --------------------------------------------------------------------------- */

static void types_cheaply(void)
{
	enum { KEYS = 60 };
	struct vt *vt = start(24, 80, "");
	size_t len;
	vt_send(vt, ".");
	vt_wait_cursor(vt, -1, 4);
	vt_wait_idle(vt);
	vt_mark(vt);
	for (int i = 0; i < KEYS; i++) {
		vt_send(vt, "a");
		vt_wait_cursor(vt, -1, 5 + i);
	}
	vt_output(vt, &len);
	ok(len >= KEYS && len <= KEYS * 5 / 4, "%d keys cost %zu bytes", KEYS, len);
	ends_well(vt, "cheap keys");
}

static void send_flood(int peer, size_t *sent)
{
	enum { FLOOD_LINES = 100000 };
	char line[80];
	*sent = 0;
	for (int i = 1; i <= FLOOD_LINES; i++) {
		int len = snprintf(line, sizeof line,
		                   "line %06d of a flood that nobody could read: 0123456789 한글\n",
		                   i);
		ssize_t put = send(peer, line, (size_t)len, MSG_NOSIGNAL);
		*sent += put > 0 ? (size_t)put : 0;
	}
}

static void survives_a_flood_cheaply(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	char port[16];
	size_t sent, len;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 5) < 0)
		printf("# no listener\n");
	getsockname(listener, (struct sockaddr *)&address, &size);
	snprintf(port, sizeof port, "%u", ntohs(address.sin_port));
	struct vt *vt = stage_run(24, 80, "xterm-256color", STAGE_WORDS("127.0.0.1", port));
	int peer = accept(listener, NULL, NULL);
	vt_wait_text(vt, "connected");
	vt_wait_idle(vt);
	vt_mark(vt);
	send_flood(peer, &sent);
	ok(vt_wait_text(vt, "line 100000 of a flood"), "a flood comes to its end");
	vt_output(vt, &len);
	ok(sent > 6000000 && len > 0 && len < sent / 100, "%zu bytes of it cost the terminal %zu",
	   sent, len);
	close(peer);
	close(listener);
	ends_well(vt, "a flood");
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	struct vt *pasting = begin_paste();
	shows_a_search();
	shows_a_count();
	rings();
	names_the_mode_of_vi();
	keeps_prints_off_the_screen();
	stops_endless_macros();
	lists_without_asking();
	marks_a_paste();
	knows_slow_and_odd_keys();
	obeys_inputrc();
	takes_many_lines();
	meets_the_right_edge();
	shows_combined_characters();
	follows_the_cursor();
	scrolls_sideways();
	shares_the_history();
	tells_of_a_lost_history();
	types_cheaply();
	survives_a_flood_cheaply();
	gets_over_half_a_paste(pasting);
	return tap_done();
}
