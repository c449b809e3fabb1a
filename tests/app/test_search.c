// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/page.h"

#include "app/fixture.h"
#include "app/search.h"

static struct app app;
static struct error error;

static uint64_t put(enum call call, const char *text)
{
	struct entry header = { .call = (uint8_t)call, .fd = 3, .arg = 1024 };
	return transcript_append(app.transcript, &header, NULL, text, strlen(text));
}

static bool find(const char *text, bool newer)
{
	error.text[0] = '\0';
	return search_find(&app, text, newer, &error);
}

static bool is_at(uint64_t entry, uint32_t offset)
{
	return app.search.found && app.search.location.entry == entry &&
	       app.search.location.offset == offset;
}

static void test_on_and_on(void)
{
	app_fixture_start(&app);
	ok(!find(NULL, false), "nothing to look for at first");
	is_text(error.text, "nothing to look for yet: /find TEXT", "and what to do");
	uint64_t first = put(CALL_RECV, "an apple\na pear\n");
	uint64_t second = put(CALL_SEND, "no\napple\n");
	ok(find("apple", false) && is_at(second, 3), "the newest hit first");
	is_int(app.search.serial, 1, "the frontend is notified");
	is_int(app.search.session, 0, "in whose pane");
	ok(find(NULL, false) && is_at(first, 0), "then the one before");
	is_int(app.search.serial, 2, "each time");
	ok(!find(NULL, false), "then none");
	is_text(error.text, "no more hits above", "in one line");
	ok(is_at(first, 0), "where one stays");
	is_int(app.search.serial, 2, "and nothing is notified");
	ok(find(NULL, true) && is_at(second, 3), "back again");
	ok(!find(NULL, true), "to the end");
	is_text(error.text, "no more hits below", "in one line too");
	ok(find("apple", false) && is_at(first, 0), "the same text goes on");
	ok(find("pear", false) && is_at(first, 9), "other text starts again");
	ok(find("apple", true) && is_at(first, 0), "towards the present with the oldest");
	ok(!find("Apple", false), "capitals differ");
	ok(strstr(error.text, "not found") && !strstr(error.text, "Apple"),
	   "one line that is not a hit itself");
	ok(find("no", false) && is_at(second, 0), "after that others are found");
	struct view view = app_view(&app, 80);
	is_bytes(view.find, view.find_len, "no", 2, "the view highlights it");
	is_int(transcript_count(app.transcript), 2, "nothing of this is written down");
	ok(search_unmark(&app) && !app_view(&app, 80).find, "no longer, if asked so");
	ok(!search_unmark(&app), "which is done once");
	ok(find(NULL, false) == false && is_at(second, 0), "where one is stays known");
	ok(app_view(&app, 80).find != NULL, "and looking on highlights it again");
	app_fixture_end(&app);
}

static void put_command(const char *text, int quotes)
{
	struct entry header = { .call = CALL_COMMAND, .fd = -1, .arg = quotes };
	transcript_append(app.transcript, &header, NULL, text, strlen(text));
}

static void test_commands(void)
{
	app_fixture_start(&app);
	uint64_t real = put(CALL_RECV, "apple\n");
	put_command("/find apple", 1);
	ok(find("apple", false) && is_at(real, 0), "not what was typed to find it");
	put_command("/f apple", 1);
	ok(!find(NULL, true), "nor a later one, cut short");
	ok(!find("find", false), "nor by its name");
	uint64_t other = transcript_end(app.transcript);
	put_command("/open apple", 0);
	ok(find("apple", false) && is_at(other, 0), "but another command");
	uint64_t said = transcript_end(app.transcript);
	app_note(&app, "apple");
	ok(find(NULL, true) && is_at(said, 0), "and what the program says");
	app_fixture_end(&app);
}

static void test_limits(void)
{
	char text[FIND_MAX + 2];
	app_fixture_start(&app);
	memset(text, 'x', sizeof text - 1);
	text[FIND_MAX + 1] = '\0';
	ok(!find(text, false), "too long");
	ok(strstr(error.text, "257") != NULL, "and how long it may be");
	is_int(app.search.len, 0, "nothing is kept of it");
	text[FIND_MAX] = '\0';
	put(CALL_RECV, text);
	ok(find(text, false), "as long as it may be");
	ok(!find("\xff\xfe", false), "bytes that are no text");
	ok(!find("y", false) && !find("", true), "nothing to be found");
	app_fixture_end(&app);
}

/* Everything that was there goes between two searches. */
static void test_eviction(void)
{
	static char filler[100000];
	app_fixture_start(&app);
	transcript_set_ceiling(app.transcript, 2 << 20);
	put(CALL_RECV, "apple\n");
	ok(find("apple", false), "a hit");
	memset(filler, '\n', sizeof filler - 1);
	while (transcript_at(app.transcript, app.search.location.entry))
		put(CALL_RECV, filler);
	ok(!find(NULL, false), "nothing is above one that has gone");
	ok(!find(NULL, true), "nor below");
	uint64_t again = put(CALL_RECV, "apple\n");
	ok(find(NULL, true) && is_at(again, 0), "until there is one");
	app_fixture_end(&app);
}

static void test_pages(void)
{
	static const struct page page = { 0 };
	app_fixture_start(&app);
	app.shows_pages = true;
	put(CALL_RECV, "apple\n");
	page_toggle(&app, &page, "/page", 0, NULL);
	ok(!find("pear", false) && page_is_open(&app), "a page stays without a hit");
	ok(find("apple", false) && !page_is_open(&app), "and does not hide one");
	app_fixture_end(&app);
}

/* What the filter hides is no hit. */
static void test_filtered(void)
{
	app_fixture_start(&app);
	uint64_t first = put(CALL_RECV, "one apple\n");
	put(CALL_SEND, "two apples\n");
	struct regexp *regexp = regexp_parse("one", &error);
	app_set_filter(&app, filter_new(regexp, false), "one");
	ok(find("apple", false) && is_at(first, 0), "a hit that the filter shows");
	ok(!find("two", false), "none that it hides");
	char line[] = "apple\n";
	for (int i = 0; i < 300000; i++)
		put(CALL_RECV, line);
	bool found = find("apple", false);
	while (!found && strstr(error.text, "the same again looks further"))
		found = find(NULL, false);
	ok(found && is_at(first, 0), "of many hits the one that it shows");
	app_set_filter(&app, NULL, NULL);
	ok(find("two", false), "without a filter all are found");
	app_fixture_end(&app);
}

int main(void)
{
	tap_watchdog(30);
	test_on_and_on();
	test_commands();
	test_limits();
	test_eviction();
	test_pages();
	test_filtered();
	return tap_done();
}
