// SPDX-License-Identifier: GPL-3.0-or-later
/* A lesson in the window, as a student takes it and a teacher shows it: its text, its keys, other sizes, what
 * covers it, what goes wrong in it, and where it is kept. */
#include "e2e/stage.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/peer.h"
#include "support/tap.h"

#define PAGE_UP   "\033[5~"
#define PAGE_DOWN "\033[6~"
#define F1        "\033OP"
#define ESCAPE    "\033"
#define CTRL_C    "\003"
#define CTRL_L    "\014"
#define CTRL_U    "\025"
#define CTRL_Z    "\032"

enum { PRESSES = 60 };

/* The numbers show which rows are seen. */
static const char mine[] =
        "# The window\n\n- Level: 1\n- Minutes: 5\n\nWhat it is about.\n\n"
        "## A server\n\nmark01 mark02 mark03 mark04 mark05 mark06 mark07 mark08 mark09 mark10 "
        "mark11 mark12 mark13 mark14 mark15 mark16 mark17 mark18 mark19 mark20 mark21 mark22 "
        "mark23 mark24 mark25 mark26 mark27 mark28 mark29 mark30 mark31 mark32 mark33 mark34 "
        "mark35 mark36 mark37 mark38 mark39 mark40\n\n"
        "**Predict:** How many letters has the word hello?\n\n"
        "<details><summary>Answer</summary>\n\n**5** letters\n\nCount them all.\n\n</details>\n\n"
        "> **Hint:** use your fingers\n\n"
        "```sockpit\n/listen 127.0.0.1 0 echo as S\n/open S as c\n```\n\n"
        "```check\n/wait @c open within 20s\n```\n\n"
        "## Two words\n\nThey go and come back.\n\n> **Teacher:** draw an arrow\n\n"
        "```sockpit\n/send @c hello\n```\n\n```check\n/expect @c hello within 20s\n```\n\n"
        "## The last one\n\n```sockpit type\n/send @c done\n```\n\nType the line.\n\n"
        "```check\n/expect @c done within 20s\n```\n";

static const char waiting[] =
        "# A wait\n\n- Level: 1\n- Minutes: 5\n\nNobody speaks.\n\n## It waits\n\n"
        "```sockpit\n/listen 127.0.0.1 0 as S\n/open S as c\n"
        "/expect @c never within 60s\n```\n\n## After it\n\nDone.\n";

/* ---- keys ---- */

static struct vt *start(int rows, int columns, const char *words)
{
	static char line[300];
	snprintf(line, sizeof line, "/lesson %s %s\r", stage_path("mine.md"), words);
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS(NULL));
	vt_wait_row(vt, -1, ">");
	vt_send(vt, line);
	return vt;
}

static bool press(struct vt *vt, const char *keys)
{
	vt_send(vt, keys);
	return vt_wait_idle(vt);
}

static bool has_line(struct vt *vt, const char *line)
{
	return strncmp(vt_row(vt, -1), line, strlen(line)) == 0;
}

/* Enter, or another key, until the row of the input line begins with this. */
static bool press_until(struct vt *vt, const char *keys, const char *line)
{
	vt_wait_idle(vt);
	for (int i = 0; i < PRESSES && !has_line(vt, line); i++)
		press(vt, keys);
	if (!has_line(vt, line))
		vt_print(vt);
	return has_line(vt, line);
}

static bool press_until_shown(struct vt *vt, const char *keys, const char *text)
{
	vt_wait_idle(vt);
	for (int i = 0; i < PRESSES && !vt_find(vt, text, NULL, NULL); i++)
		press(vt, keys);
	if (!vt_find(vt, text, NULL, NULL))
		vt_print(vt);
	return vt_find(vt, text, NULL, NULL);
}

static bool shows(struct vt *vt, const char *text)
{
	return vt_find(vt, text, NULL, NULL);
}

/* What is on the screen, with its attributes and the cursor. */
static uint64_t picture(struct vt *vt, int rows, int columns)
{
	uint64_t sum = 14695981039346656037u;
	int row, column;
	vt_cursor(vt, &row, &column);
	sum = (sum ^ (uint64_t)(row * 1000 + column)) * 1099511628211u;
	for (int y = 0; y < rows; y++)
		for (int x = 0; x < columns; x++) {
			struct vt_cell cell = vt_cell_at(vt, y, x);
			uint32_t character = cell.character ? cell.character : ' ';
			bool blank = character == ' '; /* has no colour of its own */
			sum = (sum ^ (character * 8u + (cell.bold && !blank) * 4u +
			              cell.reverse * 2u + cell.underline)) *
			      1099511628211u;
			sum = (sum ^ (uint64_t)(blank ? 0 : cell.foreground + 8)) * 1099511628211u;
		}
	return sum;
}

static void equals_a_redraw(struct vt *vt, int rows, int columns, const char *when)
{
	vt_wait_idle(vt);
	char *text = strdup(vt_screen(vt));
	uint64_t before = picture(vt, rows, columns);
	vt_mark(vt);
	vt_send(vt, CTRL_L);
	vt_wait_output(vt, "\033[");
	vt_wait_idle(vt);
	bool same = strcmp(text, vt_screen(vt)) == 0 && picture(vt, rows, columns) == before;
	if (!same) {
		printf("# before:\n%s\n", text);
		vt_print(vt);
	}
	ok(same, "%s, %dx%d: the screen equals the one after Ctrl-L", when, columns, rows);
	free(text);
}

/* ---- a student ---- */

static void takes_the_first_lesson(void)
{
	struct vt *vt = stage_run(24, 80, "xterm-256color", STAGE_WORDS(NULL));
	vt_wait_row(vt, -1, ">");
	vt_send(vt, "/lesson\r");
	ok(vt_wait_text(vt, "Hello over TCP") && vt_wait_text(vt, "10 min"),
	   "the lessons are listed");
	vt_send(vt, "/lesson 1\r");
	ok(vt_wait_text(vt, "lesson 1  Hello over TCP") && vt_wait_text(vt, "Enter"), "1 is taken");
	ok(!shows(vt, "level 1") && shows(vt, "Two short programs"), "in place of the list");
	ok(press_until(vt, "\r", "answer>"), "Enter goes on to the first question");
	ok(!shows(vt, "/socket tcp as S"), "what comes after it is not shown");
	vt_send(vt, "b\r");
	ok(vt_wait_text(vt, "b: wrong"), "a wrong answer");
	vt_send(vt, "C)\r");
	ok(vt_wait_text(vt, "right") && vt_wait_text(vt, "Only listen() tells"),
	   "and the right one");
	ok(vt_wait_row(vt, -1, "> /socket tcp as S"), "then a command waits");
	ok(press_until(vt, "\r", "1> /bind 127.0.0.1 0"), "Enter runs it");
	ok(press_until(vt, "\r", "1> /backlog 1"), "and the next one");
	ok(press_until_shown(vt, "\r", "PASS /assert @S.state is LISTEN"), "the check passes");
	equals_a_redraw(vt, 24, 80, "after a check");
	ok(stage_quit(vt), "ends well");
}

static void shows_all_of_it_first(void)
{
	struct vt *vt = start(12, 40, "1");
	ok(press_until_shown(vt, "\r", "Enter begins"), "40x12: all of the goal");
	press(vt, "\r");
	ok(shows(vt, "mark01") && !shows(vt, "mark20") && shows(vt, "Enter shows more"),
	   "a long text says that there is more");
	int above = 0;
	char want[8];
	bool all = true;
	for (int i = 1; i <= 40; i++) {
		snprintf(want, sizeof want, "mark%02d", i);
		for (; !shows(vt, want) && above < PRESSES; above++)
			press(vt, "\r");
		all = all && shows(vt, want);
	}
	ok(all, "Enter shows every word of it");
	ok(press_until_shown(vt, "\r", "alone shows it"), "up to the question");
	ok(!shows(vt, "the answer is") && !shows(vt, "more row"),
	   "which it does not answer meanwhile");
	ok(press_until_shown(vt, PAGE_UP, "mark01") && shows(vt, "more"), "PageUp goes back");
	ok(press_until_shown(vt, PAGE_DOWN, "letters has the"), "PageDown forward");
	vt_send(vt, "many\r");
	ok(vt_wait_text(vt, "is not a number"), "what is no number is said");
	vt_send(vt, "4\r");
	ok(vt_wait_text(vt, "4: wrong"), "a wrong one, too");
	vt_send(vt, "/lesson hint\r");
	ok(vt_wait_text(vt, "use your fingers"), "a hint helps");
	vt_send(vt, "5 letters.\r");
	ok(vt_wait_text(vt, "5 letters.: right"), "an answer in words");
	ok(vt_wait_row(vt, -1, "> /listen 127.0.0.1 0 echo as S"), "the command waits");
	equals_a_redraw(vt, 12, 40, "before a command");
	ok(stage_quit(vt), "ends well");
}

static void lives_in_any_size(void)
{
	static const int sizes[][2] = { { 4, 20 },   { 12, 40 }, { 24, 80 },
		                        { 50, 200 }, { 4, 20 },  { 24, 80 } };
	struct vt *vt = start(24, 80, "1");
	vt_wait_text(vt, "Enter begins");
	press(vt, "\r");
	press_until_shown(vt, "\r", "answer>");
	press(vt, "5\r");
	ok(vt_wait_row(vt, -1, "> /listen 127.0.0.1 0 echo as S"), "the command waits");
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		vt_resize(vt, sizes[i][0], sizes[i][1]);
		vt_wait_idle(vt);
		equals_a_redraw(vt, sizes[i][0], sizes[i][1], "resized");
	}
	ok(vt_wait_row(vt, -1, "> /listen 127.0.0.1 0 echo as S"),
	   "it still does after other sizes");
	press_until(vt, "\r", "1> /open S as c");
	vt_resize(vt, 4, 20);
	vt_wait_idle(vt);
	press_until_shown(vt, "\r", "PASS");
	ok(shows(vt, "PASS /wait"), "20x4: the check is seen");
	ok(press_until(vt, "\r", "2> /send @c hello"), "and Enter leads to the next step");
	vt_resize(vt, 24, 80);
	ok(vt_wait_text(vt, "step 2 of 3"), "and up again");
	equals_a_redraw(vt, 24, 80, "after all");
	ok(stage_quit(vt), "ends well");
}

static void is_covered_and_uncovered(void)
{
	struct vt *vt = start(24, 80, "2");
	ok(vt_wait_text(vt, "goes on at step 2") && vt_wait_row(vt, -1, "2> /send @c hello"),
	   "a step is begun with what it needs");
	vt_send(vt, F1);
	ok(vt_wait_text(vt, "Enter or Escape closes") && shows(vt, "PageUp, PageDown"),
	   "F1 covers it with its keys");
	ok(!shows(vt, "They go and come back"), "the lesson is below");
	vt_send(vt, ESCAPE);
	ok(vt_wait_text(vt, "They go and come back"), "Escape uncovers it");
	ok(vt_wait_row(vt, -1, "2> /send @c hello"), "and the command waits still");
	vt_send(vt, F1);
	vt_wait_text(vt, "Escape closes");
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, "They go and come back") && vt_wait_row(vt, -1, "2> /send @c hello"),
	   "so does Enter, which runs nothing");
	ok(!shows(vt, "→"), "nothing was sent");
	vt_send(vt, "/view trace\r");
	ok(vt_wait_row(vt, -2, "trace") && vt_wait_row(vt, -1, "2> /send @c hello"),
	   "a command of one's own, typed over the one that waits");
	equals_a_redraw(vt, 24, 80, "with a trace below");
	vt_send(vt, CTRL_U "/say own\r");
	ok(vt_wait_text(vt, "·  own"), "one on the cleared line");
	ok(vt_wait_row(vt, -1, "2> /send @c hello"), "after which it waits again");
	vt_send(vt, CTRL_C);
	ok(stage_wait_last_row(vt, "2>"), "Ctrl-C clears the line");
	vt_send(vt, "\r");
	ok(vt_wait_row(vt, -1, "2> /send @c hello"), "Enter brings it back");
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, "PASS /expect @c hello"), "and runs it");
	vt_send(vt, "/lesson back\r");
	ok(vt_wait_text(vt, "step 1 of 3"), "/lesson back is the step before");
	ok(stage_quit(vt), "ends well");
}

static void waits_and_is_interrupted(void)
{
	stage_put_file("waits.md", waiting);
	struct vt *vt = stage_run(24, 80, "xterm-256color",
	                          STAGE_WORDS("--lesson", stage_path("waits.md"), "1"));
	press_until(vt, "\r", "2> /expect @c never");
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, "Ctrl-C cancels"), "what waits says how to cancel it");
	vt_send(vt, "\r");
	vt_send(vt, CTRL_C);
	ok(vt_wait_text(vt, "failed:") && vt_wait_row(vt, -1, "2> /expect @c never"),
	   "Ctrl-C does, and the line waits again");
	vt_send(vt, "/lesson next\r");
	ok(vt_wait_text(vt, "next step"), "/lesson next passes it");
	ok(stage_quit(vt), "ends well");
}

static void survives_the_shell(void)
{
	setenv("PS1", "shell$ ", 1);
	char line[300];
	struct vt *vt = vt_spawn(24, 80, "xterm-256color", STAGE_WORDS("dash", "-i"));
	vt_wait_text(vt, "shell$");
	snprintf(line, sizeof line, "sockpit --lesson %s 2\r", stage_path("mine.md"));
	vt_send(vt, line);
	stage_wait_job(vt);
	ok(vt_wait_row(vt, -1, "2> /send @c hello"), "--lesson FILE STEP");
	vt_send(vt, CTRL_L);
	ok(vt_wait_gone(vt, "goes on at step"), "a key has been pressed");
	vt_watch(vt, vt_foreground(vt));
	vt_wait_idle(vt);
	char *before = strdup(vt_screen(vt));
	vt_send(vt, CTRL_Z);
	ok(stage_wait_shell(vt) && stage_is_restored(vt), "Ctrl-Z returns to the shell");
	vt_send(vt, "fg\r");
	ok(stage_wait_job(vt) && vt_wait_row(vt, -1, "2> /send @c hello"),
	   "fg returns to the lesson");
	vt_watch(vt, vt_foreground(vt));
	vt_wait_idle(vt);
	ok(strcmp(before, vt_screen(vt)) == 0, "which is as it was");
	free(before);
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, "PASS"), "and goes on");
	vt_send(vt, CTRL_U "/quit!\r");
	stage_wait_shell(vt);
	vt_send(vt, "exit\r");
	ok(vt_wait_exit(vt, NULL), "the shell is well");
	vt_free(vt);
}

static void keeps_the_place(void)
{
	struct vt *vt = start(24, 80, "2");
	vt_wait_row(vt, -1, "2> /send @c hello");
	press(vt, "\r");
	vt_wait_text(vt, "PASS");
	vt_wait_text(vt, "next step");
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, "step 3 of 3") && vt_wait_text(vt, "type the line"), "the third step");
	ok(stage_file_has("sockpit/lessons", "mine 3"), "the place is kept in a file");
	ok(stage_quit(vt), "ends well");
	vt = start(24, 80, "");
	ok(vt_wait_text(vt, "goes on at step 3") && vt_wait_text(vt, "type the line"),
	   "the next time it goes on there");
	ok(!shows(vt, "/send @c done"), "what is typed is not shown");
	vt_send(vt, "/lesson hint\r");
	ok(vt_wait_text(vt, "> /send @c done"), "unless one asks for it");
	vt_send(vt, "/send @c done\r");
	ok(vt_wait_text(vt, "PASS /expect @c done"), "the typed line is checked");
	press_until_shown(vt, "\r", "The lesson is over");
	ok(shows(vt, "checks passed"), "the end says how it went");
	vt_send(vt, "\r");
	ok(vt_wait_gone(vt, "The lesson is over") && stage_wait_last_row(vt, "2>"),
	   "Enter closes it");
	ok(stage_file_has("sockpit/lessons", "mine done"), "it is done");
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, "closed"), "its sessions are closed");
	ok(stage_quit(vt), "ends well");
}

static void stops(void)
{
	struct vt *vt = start(24, 80, "2");
	vt_wait_row(vt, -1, "2> /send @c hello");
	vt_send(vt, "/lesson stop\r");
	ok(vt_wait_text(vt, "lesson mine: 1 of 1 checks") && !shows(vt, "step 2 of 3"), "stop ends it");
	ok(stage_wait_row(vt, "S ○", "c ○"), "the sessions of it are closed");
	ok(stage_wait_last_row(vt, "2>"), "and no line waits");
	static const char *const garbage[][2] = {
		{ "/lesson nosuch", "nosuch" },
		{ "/lesson 99", "99" },
		{ "/lesson 1 99", "no step 99" },
		{ "/lesson 1 x", "neither a step nor" },
		{ "/lesson next", "no lesson is being taken" },
		{ "/lesson stop now", "stop takes nothing" },
		{ "/lesson answer 5", "no lesson is being taken" },
		{ "/lesson 1 record", "record needs a file" },
		{ "/lesson \"", "a quote does not end" },
		{ "/lesson /dev/null", "/dev/null" },
		{ "/lesson .", "\".\"" },
	};
	for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
		vt_send(vt, "/clear\r");
		vt_wait_idle(vt);
		vt_send(vt, garbage[i][0]);
		vt_send(vt, "\r");
		ok(stage_wait_row(vt, " !  ", garbage[i][1]), "%s: one line", garbage[i][0]);
		press(vt, "\003");
	}
	ok(stage_quit(vt), "ends well");
}

/* ---- a teacher ---- */

static void is_projected(void)
{
	struct vt *vt = stage_run(30, 100, "xterm-256color",
	                          STAGE_WORDS("--lesson", stage_path("mine.md"), "1", "--project"));
	ok(vt_wait_text(vt, "Space begins"), "before a class Space begins");
	ok(press_until(vt, " ", "answer>"), "and goes on");
	ok(vt_wait_text(vt, "Space alone shows it"), "to the question");
	vt_send(vt, " ");
	ok(vt_wait_text(vt, "the answer is 5 letters") && vt_wait_row(vt, -1, "> /listen"),
	   "which it answers");
	ok(press_until(vt, " ", "1> /open S as c"), "it runs the lines");
	ok(press_until_shown(vt, " ", "PASS"), "up to the checks");
	ok(press_until(vt, " ", "2> /send @c hello"), "and leads to the next step");
	ok(!shows(vt, "draw an arrow"), "the notes are not for the class");
	vt_send(vt, "/lesson notes\r");
	ok(vt_wait_text(vt, "draw an arrow"), "on request they are shown");
	vt_send(vt, " ");
	ok(vt_wait_gone(vt, "draw an arrow") && vt_wait_text(vt, "They go and come back"),
	   "and Space uncovers the lesson");
	vt_send(vt, CTRL_U "/send @c a b");
	ok(vt_wait_row(vt, -1, "2> /send @c a b"), "in a line of one's own Space is a blank");
	vt_send(vt, "\r");
	ok(stage_wait_row(vt, "←", "a b"), "which is sent");
	ok(stage_quit(vt), "ends well");
}

/* ---- what goes wrong ---- */

static const char vanishing[] =
        "# Gone\n\n- Level: 1\n- Minutes: 5\n\nA peer goes away.\n\n## It goes\n\n"
        "```sockpit\n/open 127.0.0.1 %u as c\n```\n\n"
        "```check\n/expect @c hello within 60s\n```\n\nAfter it.\n\n"
        "```sockpit\n/send @c more\n```\n";

static void loses_its_peer(void)
{
	char text[sizeof vanishing + 8];
	int listener = peer_listen(AF_INET, 1);
	snprintf(text, sizeof text, vanishing, (unsigned)peer_port(listener));
	stage_put_file("gone.md", text);
	struct vt *vt = stage_run(24, 80, "xterm-256color",
	                          STAGE_WORDS("--lesson", stage_path("gone.md"), "1"));
	vt_wait_text(vt, "Enter begins");
	press_until(vt, "\r", "> /open 127.0.0.1");
	vt_send(vt, "\r");
	int peer = peer_accept(listener, PEER_MS);
	ok(vt_wait_text(vt, "checking"), "a check waits for the peer");
	peer_reset(peer);
	ok(vt_wait_text(vt, "FAIL /expect @c hello"), "which resets: the check fails at once");
	ok(vt_wait_text(vt, "reset") && vt_wait_text(vt, "/lesson again"), "and says what to do");
	equals_a_redraw(vt, 24, 80, "after a reset");
	ok(press_until(vt, "\r", "1> /send @c more"), "Enter goes on all the same");
	vt_send(vt, "\r");
	ok(vt_wait_text(vt, "failed:"), "a line that fails says why");
	vt_send(vt, "/lesson again\r");
	ok(press_until(vt, "\r", "> /open 127.0.0.1"), "again begins the step once more");
	vt_send(vt, "\r");
	peer = peer_accept(listener, PEER_MS);
	peer_send(peer, "hello\n", 6, PEER_MS);
	ok(vt_wait_text(vt, "PASS /expect @c hello"), "with a peer that stays it passes");
	close(peer);
	close(listener);
	ok(stage_quit(vt), "ends well");
}

int main(void)
{
	stage_open();
	tap_watchdog(120);
	stage_put_file("mine.md", mine);
	takes_the_first_lesson();
	shows_all_of_it_first();
	lives_in_any_size();
	is_covered_and_uncovered();
	waits_and_is_interrupted();
	survives_the_shell();
	keeps_the_place();
	stops();
	is_projected();
	loses_its_peer();
	return tap_done();
}
