// SPDX-License-Identifier: GPL-3.0-or-later
/* Looking for text: /find and its keys in the window and in plain mode, where the hit stands, what
 * it looks like, and what the other views make of it. */
#include "e2e/stage.h"

#include "support/tap.h"

enum { LINES = 40, BEFORE = 20 };

#define F2 "\033OQ"
#define F3 "\033OR"
#define F4 "\033OS"

static struct vt *start(int rows, int columns, const char *option)
{
	struct vt *vt = stage_run(rows, columns, "xterm-256color", STAGE_WORDS("--demo", option));
	vt_wait_text(vt, "2>");
	vt_wait_text(vt, "connected");
	return vt;
}

/* A line to be found, and many below it, each echoed. */
static void fill(struct vt *vt)
{
	char line[32];
	for (int i = 1; i <= BEFORE; i++) {
		snprintf(line, sizeof line, "before %d\r", i);
		vt_send(vt, line);
	}
	snprintf(line, sizeof line, "before %d", BEFORE);
	stage_wait_row(vt, "←", line);
	vt_send(vt, "a needle here\r");
	for (int i = 1; i <= LINES; i++) {
		snprintf(line, sizeof line, "line %d\r", i);
		vt_send(vt, line);
	}
	snprintf(line, sizeof line, "line %d", LINES);
	stage_wait_row(vt, "←", line);
	vt_wait_idle(vt);
}

static bool same_look(struct vt_cell a, struct vt_cell b)
{
	return a.reverse == b.reverse && a.bold == b.bold && a.underline == b.underline &&
	       a.foreground == b.foreground && a.background == b.background;
}

/* The row of the pane with this text, which has another look than what is before it; -1. */
static int highlighted_row(struct vt *vt, const char *text, int before)
{
	int row, column;
	if (!vt_find(vt, text, &row, &column))
		return -1;
	bool stands_out = true;
	struct vt_cell plain = vt_cell_at(vt, row, column - before);
	for (size_t i = 0; i < strlen(text); i++)
		stands_out = stands_out && !same_look(vt_cell_at(vt, row, column + (int)i), plain);
	return stands_out ? row : -1;
}

static void finds_in_the_window(int rows, int columns)
{
	struct vt *vt = start(rows, columns, NULL);
	fill(vt);
	vt_send(vt, "/find needle\r");
	ok(vt_wait_text(vt, "a needle here") && vt_wait_idle(vt), "%d columns: goes to it",
	   columns);
	int row = highlighted_row(vt, "needle", 2);
	ok(row >= 0, "which stands out");
	ok(vt_find(vt, "←  a needle", &row, NULL) && row >= (rows - 3) / 3 - 1 &&
	           row < rows * 2 / 3,
	   "the newest in the middle, however the echo came");
	ok(strstr(vt_screen(vt), "> /find needle") != NULL, "the newest lines stay below");
	vt_send(vt, F3);
	ok(vt_wait_idle(vt) && stage_wait_row(vt, "→", "a needle here"), "F3: the one before");
	vt_send(vt, F3);
	ok(vt_wait_row(vt, -2, "no more hits above"), "then none");
	vt_send(vt, F4 F4);
	ok(vt_wait_row(vt, -2, "no more hits below"), "nor below, with F4");
	vt_send(vt, "\003");
	row = -1;
	ok(vt_wait_gone(vt, "no more hits") && vt_wait_idle(vt) &&
	           vt_find(vt, "needle", &row, NULL) && highlighted_row(vt, "needle", 2) == -1,
	   "Ctrl-C on an empty line: it is still there, but no longer stands out");
	vt_send(vt, "\003");
	ok(vt_wait_row(vt, -2, "leaves"), "once more, and it says how to leave");
	vt_send(vt, "/find nothing of this\r");
	ok(vt_wait_text(vt, "not found"), "what is not there");
	ok(vt_wait_idle(vt) && stage_quit(vt), "ends well");
}

static void keeps_its_place(void)
{
	struct vt *vt = start(24, 80, NULL);
	fill(vt);
	vt_send(vt, "/find needle\r");
	vt_wait_text(vt, "a needle here");
	vt_wait_idle(vt);
	vt_send(vt, F2);
	ok(vt_wait_text(vt, "61 20 6e 65 65 64 6c 65  20 68"), "as hex the same call is there");
	vt_wait_idle(vt);
	ok(highlighted_row(vt, "6e 65 65 64 6c 65", 3) >= 0, "with its bytes standing out");
	vt_send(vt, F2);
	ok(vt_wait_text(vt, "send(") && vt_wait_text(vt, "a needle here"), "and as a trace");
	vt_send(vt, "/view chat\r");
	ok(vt_wait_gone(vt, "send(") && vt_wait_text(vt, "a needle here"), "and in the chat again");
	ok(stage_quit(vt), "ends well");
}

static void finds_near_the_end(void)
{
	struct vt *vt = start(24, 80, NULL);
	vt_send(vt, "a needle here\r");
	stage_wait_row(vt, "←", "a needle here");
	vt_send(vt, "/find needle\r");
	vt_wait_text(vt, "> /find needle");
	ok(vt_wait_idle(vt) && highlighted_row(vt, "needle here", 2) == -1 &&
	           highlighted_row(vt, "needle", 2) >= 0,
	   "what is in sight stands out where it is");
	for (int i = 0; i < LINES; i++)
		vt_send(vt, "/set eol\r");
	vt_wait_idle(vt);
	ok(strstr(vt_screen(vt), "a needle here") != NULL, "and stays in sight");
	vt_send(vt, "\033[5~\033[6~\033[6~\033[6~\033[6~\033[6~\033[6~");
	ok(vt_wait_gone(vt, "a needle here"), "until one scrolls on");
	ok(stage_quit(vt), "ends well");
}

static void finds_in_plain_mode(void)
{
	struct vt *vt = start(24, 80, "--plain");
	fill(vt);
	vt_mark(vt);
	vt_send(vt, "/find needle\r");
	ok(vt_wait_output(vt, "a needle here"), "plain: the hit is said again");
	vt_wait_idle(vt);
	vt_mark(vt);
	vt_send(vt, F3);
	ok(vt_wait_output(vt, "a needle here"), "plain: and the one before");
	vt_send(vt, F3);
	ok(vt_wait_output(vt, "no more hits above"), "plain: then none");
	vt_send(vt, "/quit\r");
	int status;
	ok(vt_wait_exit(vt, &status) && status == 0, "ends well");
	vt_free(vt);
}

int main(void)
{
	tap_watchdog(60);
	stage_open();
	finds_in_the_window(24, 80);
	finds_in_the_window(18, 40);
	finds_in_the_window(50, 200);
	keeps_its_place();
	finds_near_the_end();
	finds_in_plain_mode();
	return tap_done();
}
