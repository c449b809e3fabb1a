// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pager.h"

#include <limits.h>
#include <locale.h>

#include "base/clock.h"
#include "support/tap.h"

static struct app app;
static struct pager pager;
static struct buf text = { .max = SIZE_MAX };

static const char *row_at(int y)
{
	const struct row *row = pager_row(&pager, y);
	buf_clear(&text);
	if (row)
		row_print(row, &text);
	return buf_text(&text);
}

static bool shows(int height, const char *words)
{
	for (int y = 0; y < height; y++)
		if (strstr(row_at(y), words))
			return true;
	return false;
}

static void listen_here(const char *name)
{
	struct error error;
	struct target target;
	struct session_options options = { .name = name };
	if (!target_parse(&target, "127.0.0.1", "0", TRANSPORT_TCP, true, &error) ||
	    !app_listen(&app, &target, &options, &error)) {
		printf("Bail out! %s\n", error.text);
		exit(1);
	}
}

static void without_session(void)
{
	app_toggle_page(&app, PAGE_INFO);
	pager_fill(&pager, &app, 80, 10);
	ok(shows(10, "/open"), "without a session the page says how to get one");
	app_toggle_page(&app, PAGE_INFO);
	is_int(app.page, PAGE_NONE, "the same page again sends it away");
}

static void fills(void)
{
	app_toggle_page(&app, PAGE_STATES);
	pager_fill(&pager, &app, 80, 21);
	ok(strstr(row_at(0), "STATES"), "it begins at its top");
	ok(shows(20, ">>>LISTEN<<<"), "with what it is about");
	ok(strstr(row_at(20), "F6: back"), "the last row says how to send it away");
	ok(!pager_row(&pager, 21), "and there is none below");
	is_int(pager_row(&pager, 20)->columns, 80, "over the whole width");
}

static void scrolls(void)
{
	pager_fill(&pager, &app, 20, 5);
	ok(strstr(row_at(4), "more"), "what does not fit is counted");
	pager_scroll(&pager, -1);
	is_int(pager.top, 0, "the top is the top");
	pager_scroll(&pager, 2);
	is_int(pager.top, 2, "two rows down");
	pager_fill(&pager, &app, 20, 5);
	is_int(pager.top, 2, "it stays there when it is drawn anew");
	pager_scroll(&pager, INT_MAX);
	pager_fill(&pager, &app, 20, 5);
	is_int(pager.top, (int)pager.rows.count - 4, "the end is the end");
	ok(strstr(row_at(4), "up"), "above which there is more");
	pager_scroll(&pager, -INT_MAX);
	is_int(pager.top, 0, "and back");
	pager_scroll(&pager, INT_MAX);
	pager_fill(&pager, &app, 200, 60);
	is_int(pager.top, 0, "where all of it fits, all is seen");
	pager_fill(&pager, &app, 20, 5);
	pager_scroll(&pager, 3);
	app_toggle_page(&app, PAGE_INFO);
	pager_fill(&pager, &app, 20, 5);
	is_int(pager.top, 0, "another page begins at its top");
	ok(strstr(row_at(4), "F5: back"), "and has its own key");
	app_toggle_page(&app, PAGE_STATES);
	pager_fill(&pager, &app, 20, 5);
	pager_scroll(&pager, 3);
	app_select(&app, sessions_at(app.sessions, 0));
	pager_fill(&pager, &app, 20, 5);
	is_int(pager.top, 0, "so does that of another session");
	ok(shows(5, "[one]"), "which is shown now");
}

static void sizes(void)
{
	int wide = 0;
	for (enum page page = PAGE_INFO; page < PAGE_COUNT; page++) {
		app.page = page;
		for (int columns = 20; columns < 220; columns += 3)
			for (int height = 1; height < 25; height += 4) {
				pager_fill(&pager, &app, columns, height);
				for (int y = 0; y < height; y++)
					wide += pager_row(&pager, y) &&
					        pager_row(&pager, y)->columns > columns;
			}
	}
	is_int(wide, 0, "no row of any page is too wide");
}

int main(void)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "C.UTF-8");
	app_init(&app);
	pager_init(&pager);
	without_session();
	listen_here("one");
	listen_here("two");
	fills();
	scrolls();
	sizes();
	pager_free(&pager);
	app_free(&app);
	buf_free(&text);
	return tap_done();
}
