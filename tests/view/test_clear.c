// SPDX-License-Identifier: GPL-3.0-or-later
/* A conversation in TLS as clear text, as what an eavesdropper sees, and as both, in panes of any width. */
#include "view/view.h"

#include <locale.h>

#include "base/clock.h"
#include "base/regexp.h"
#include "support/tap.h"
#include "view/filter.h"
#include "view/find.h"

static struct transcript *transcript;
static struct view view;
static struct rows rows;
static struct buf out;
static int64_t now;
static struct tls_parser parsers[2];

static uint64_t put(enum call call, uint8_t flags, const char *bytes, size_t len)
{
	size_t room;
	bool sent = call == CALL_SEND || call == CALL_TLS_WRITE;
	struct entry entry = {
		.time = now += CLOCK_MS, .session = 1, .call = (uint8_t)call, .flags = flags
	};
	char *place = transcript_reserve(transcript, ENTRY_RECORDS, len, &room);
	memcpy(place, bytes, len);
	if (flags & ENTRY_SEALED) {
		struct tls_boundary first = tls_parser_feed(&parsers[sent], bytes, len);
		transcript_set_boundary(transcript, &first);
	}
	return transcript_commit(transcript, &entry, NULL, NULL, len);
}

/* The wire carries what looks like the clear text in it: nobody takes it for that. */
static void begin(void)
{
	static const char records[] = "\x17\3\3\0\5qwert\x15\3\3\0\2\2\x28";
	transcript_free(transcript);
	transcript = transcript_new(1 << 20, 1 << 16);
	now = 1000 * CLOCK_S;
	memset(parsers, 0, sizeof parsers);
	view = (struct view){
		.transcript = transcript, .session = 1, .columns = 80, .ops = &chat_view
	};
	put(CALL_STATE, 0, "connected", 9);
	put(CALL_SEND, 0, "STARTTLS\n", 9);
	put(CALL_TLS_WRITE, 0, "hello\n", 6);
	put(CALL_SEND, ENTRY_SEALED, records, sizeof records - 1);
	put(CALL_RECV, ENTRY_SEALED, records, 8);
	put(CALL_RECV, ENTRY_SEALED, records + 8, sizeof records - 9);
	put(CALL_TLS_READ, 0, "answer\n", 7);
}

/* Everything, a paragraph after the other. */
static const char *print(void)
{
	struct location location, at;
	buf_clear(&out);
	if (!view_last(&view, &location))
		return "";
	for (at = location; view_before(&view, &at);)
		location = at;
	do {
		view_layout(&view, location, &rows);
		rows_print(&rows, &out);
		buf_append_text(&out, "\n");
	} while (view_after(&view, &location));
	return buf_text(&out);
}

static void is_shown(enum view_clear clear, const struct view_ops *ops, int columns,
                     const char *want, const char *name)
{
	view.clear = clear;
	view.ops = ops;
	view.columns = columns;
	is_text(print(), want, name);
}

static void chat(void)
{
	begin();
	is_shown(VIEW_CLEAR_ON, &chat_view, 40,
	         "·  connected\n→  STARTTLS⏎                     9 bytes\n→  hello⏎                "
	         "        6 bytes\n"
	         "←  answer⏎                       7 bytes\n",
	         "the clear text");
	is_shown(VIEW_CLEAR_OFF, &chat_view, 40,
	         "·  connected\n→  STARTTLS⏎                     9 bytes\n"
	         "→  [application_data 5, alert 2 fatal\n   handshake_failure]           17 bytes\n"
	         "←  [application_data 5]          8 bytes\n"
	         "←  [alert 2 fatal handshake_failure]\n",
	         "what an eavesdropper sees");
	is_shown(VIEW_CLEAR_BOTH, &chat_view, 99,
	         "·  connected\n"
	         "→  STARTTLS⏎                                                                     "
	         "           9 bytes\n"
	         "→  hello⏎                                                                        "
	         "           6 bytes\n"
	         "→  [application_data 5, alert 2 fatal handshake_failure]                         "
	         "          17 bytes\n"
	         "←  [application_data 5]                                                          "
	         "           8 bytes\n"
	         "←  [alert 2 fatal handshake_failure]                                             "
	         "           9 bytes\n"
	         "←  answer⏎                                                                       "
	         "           7 bytes\n",
	         "both, below each other");
	is_shown(VIEW_CLEAR_BOTH, &chat_view, 100,
	         "·  connected\n"
	         "→  STARTTLS⏎                                                                     "
	         "            9 bytes\n"
	         "→  hello⏎                                 6 bytes │\n"
	         "                                                  │ →  [application_data 5, "
	         "alert 2 fatal\n"
	         "                                                  │    handshake_failure]        "
	         "           17 bytes\n"
	         "                                                  │ ←  [application_data 5]      "
	         "            8 bytes\n"
	         "                                                  │ ←  [alert 2 fatal "
	         "handshake_failure]     9 bytes\n"
	         "←  answer⏎                                7 bytes │\n",
	         "side by side");
}

static void other_views(void)
{
	begin();
	view.clear = VIEW_CLEAR_OFF;
	view.columns = 99;
	view.ops = &hex_view;
	const char *text = print();
	ok(strstr(text, "[application_data 5, alert 2 fatal handshake_failure]") &&
	           strstr(text, "71 77 65  72 74") && !strstr(text, "68 65 6c 6c 6f"),
	   "hex has the bytes of the records, and their names");
	view.clear = VIEW_CLEAR_ON;
	text = print();
	ok(!strstr(text, "71 77 65  72 74") && strstr(text, "68 65 6c 6c 6f"),
	   "or those of the clear text");
	view.ops = &trace_view;
	text = print();
	ok(strstr(text, "SSL_write(\"hello\\n\"") && strstr(text, "[application_data 5]"),
	   "trace has both");
	view.clear = VIEW_CLEAR_OFF;
	text = print();
	ok(!strstr(text, "hello") && !strstr(text, "SSL_") && strstr(text, "[application_data 5]"),
	   "and not the clear text where nobody is to see it");
}

/* Nothing is wider than the pane, forward and back there are the same paragraphs, and no byte is clear. */
static void any_width(void)
{
	static const struct view_ops *const all[] = { &chat_view, &hex_view, &trace_view,
		                                      &ladder_view };
	bool fits = true, same = true, sealed = true;
	begin();
	for (int columns = 1; columns <= 220; columns++)
		for (int i = 0; i < 12; i++) {
			struct location location = { 0 }, at;
			int forward = 0, back = 0;
			view.columns = columns;
			view.ops = all[i / 3];
			view.clear = (enum view_clear)(i % 3);
			view.time = columns % 2 ? VIEW_TIME_OFF : VIEW_TIME_CLOCK;
			if (!view_last(&view, &location))
				continue;
			for (at = location; view_before(&view, &at); back++)
				location = at;
			do {
				view_layout(&view, location, &rows);
				for (size_t row = 0; row < rows.count; row++)
					fits = fits && rows.row[row].columns <= columns;
			} while (view_after(&view, &location) && ++forward);
			same = same && forward == back;
			sealed = sealed &&
			         (view.clear != VIEW_CLEAR_OFF || !strstr(print(), "hello"));
		}
	ok(fits, "no row is wider than its pane");
	ok(same, "forward and back are as many paragraphs");
	ok(sealed, "no view has clear text where it is off");
	view.time = VIEW_TIME_OFF;
}

static bool finds(const char *text)
{
	struct location hit;
	view.find = text;
	view.find_len = strlen(text);
	bool found = find_older(&view, NULL, &hit);
	if (found) {
		view_layout(&view, hit, &rows);
		bool marked = false;
		for (size_t i = 0; i < rows.count; i++)
			marked = marked || row_has_style(&rows.row[i], STYLE_FOUND);
		found = marked;
	}
	view.find = NULL;
	return found;
}

static bool filtered(const char *text)
{
	struct location location;
	struct filter *filter = filter_new(regexp_new_text(text, strlen(text)), false);
	view.filter = filter;
	filter_allow(filter, CLOCK_S);
	bool found = view_last(&view, &location), hit = false;
	for (; found && !hit; found = view_before(&view, &location))
		hit = filter_has(&view, location);
	view.filter = NULL;
	filter_free(filter);
	return hit;
}

static void found(void)
{
	begin();
	view.clear = VIEW_CLEAR_ON;
	ok(finds("hello") && !finds("handshake_failure") && !finds("qwert"),
	   "/find looks at clear text");
	ok(filtered("hello") && !filtered("handshake_failure"), "so does /filter");
	view.clear = VIEW_CLEAR_OFF;
	ok(!finds("hello") && finds("handshake_failure"), "or at what an eavesdropper sees");
	ok(!finds("qwert"), "not at bytes that the chat does not show");
	ok(!filtered("hello") && filtered("handshake_failure"), "so does /filter");
	view.clear = VIEW_CLEAR_BOTH;
	ok(finds("hello") && finds("handshake_failure"), "or at both");
	view.ops = &hex_view;
	ok(finds("qwert") && finds("hello"), "hex shows bytes of both");
	view.clear = VIEW_CLEAR_OFF;
	ok(finds("qwert") && !finds("hello"), "or of one");
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	tap_watchdog(60);
	buf_init(&out, SIZE_MAX);
	chat();
	other_views();
	any_width();
	found();
	transcript_free(transcript);
	rows_free(&rows);
	buf_free(&out);
	return tap_done();
}
