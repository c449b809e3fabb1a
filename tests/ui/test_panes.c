// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pane.h"

#include <locale.h>

#include "support/tap.h"

enum { SESSIONS = PANES_KEPT + 1, HEIGHT = 4 };

static struct transcript *transcript;
static struct view view;
static struct panes panes;
static struct rows rows;
static struct buf out;

/* "1", "2" … "9" for each. */
static void fill_sessions(void)
{
	for (int i = 0; i < 9; i++) {
		char digit = (char)('1' + i);
		for (uint32_t session = 1; session <= SESSIONS; session++) {
			struct entry header = { .call = CALL_NOTE, .session = session, .fd = -1 };
			transcript_append(transcript, &header, NULL, &digit, 1);
		}
	}
}

static const char *filled(int height)
{
	pane_fill(&panes.shown, &view, height, &rows);
	buf_clear(&out);
	for (size_t i = 0; i < rows.count; i++)
		row_print(&rows.row[i], &out);
	return buf_text(&out);
}

static const char *turned(uint32_t session)
{
	panes_turn(&panes, session);
	view.session = session;
	return filled(HEIGHT);
}

static void test_turning(void)
{
	ok(!panes_turn(&panes, 0), "nobody's at first");
	ok(panes_turn(&panes, 1), "another session");
	ok(!panes_turn(&panes, 1), "and the same again");
	is_text(turned(1), "6789", "at its end");
	pane_scroll(&panes.shown, &view, -2);
	is_text(filled(HEIGHT), "4567", "scrolled back");
	is_text(turned(2), "6789", "another is at its own end");
	pane_to_top(&panes.shown, &view);
	is_text(filled(HEIGHT), "1234", "at its top");
	is_text(turned(1), "4567", "the first is where it was left");
	is_text(turned(2), "1234", "and so is the second");
	pane_to_end(&panes.shown);
	is_text(turned(1), "4567", "the first again");
	is_text(turned(2), "6789", "one that was left at its end is there");
	is_text(filled(2), "89", "a lower screen");
	panes_turn(&panes, 1);
	is_int(panes.shown.height, 2, "is that of the one that comes back as well");
	view.session = 1;
	is_text(filled(2), "67", "whose last row stays");
}

static void test_limit(void)
{
	for (uint32_t session = 1; session <= SESSIONS; session++) {
		turned(session);
		pane_to_top(&panes.shown, &view);
	}
	is_text(turned(1), "6789", "the one left longest ago is at its end");
	is_text(turned(2), "1234", "the next is remembered");
	is_text(turned(SESSIONS), "1234", "and the last");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	transcript = transcript_new(1 << 20, 1 << 12);
	view = (struct view){ .ops = &chat_view, .transcript = transcript, .columns = 9 };
	buf_init(&out, SIZE_MAX);
	panes_init(&panes);
	fill_sessions();
	test_turning();
	test_limit();
	panes_free(&panes);
	rows_free(&rows);
	buf_free(&out);
	transcript_free(transcript);
	return tap_done();
}
