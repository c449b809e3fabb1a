// SPDX-License-Identifier: GPL-3.0-or-later
/* A secret is shown nowhere, only how long it is. */
#include <locale.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "support/tap.h"
#include "view/code/code.h"
#include "view/find.h"
#include "view/ladder/ladder.h"
#include "view/page/stream.h"

#define SECRET "hunter2:\nBiber\n" /* 15 bytes, two lines */

static struct transcript *transcript;
static struct buf out;

static void put(enum call call, unsigned flags, const struct endpoint *addr, const char *text)
{
	struct entry entry = {
		.session = 1,
		.call = (uint8_t)call,
		.flags = (uint8_t)flags,
		.fd = 3,
		.arg = (int32_t)strlen(text),
	};
	transcript_append(transcript, &entry, addr, text, strlen(text));
}

static void begin(bool datagrams)
{
	const struct endpoint addr = { .family = AF_INET, .port = 7, .ip = { 127, 0, 0, 1 } };
	enum call call = datagrams ? CALL_SENDTO : CALL_SEND;
	const struct endpoint *to = datagrams ? &addr : NULL;
	struct entry entry = { .session = 1, .call = CALL_SOCKET, .fd = 3 };
	transcript_free(transcript);
	transcript = transcript_new(1 << 20, 1 << 14);
	entry.arg = datagrams ? SOCK_DGRAM : SOCK_STREAM;
	entry.arg2 = AF_INET;
	transcript_append(transcript, &entry, NULL, "", 0);
	put(CALL_CONNECT, 0, &addr, "");
	put(call, 0, to, "user ");
	put(call, ENTRY_SECRET, to, SECRET);
	put(call, 0, to, "next\n");
	put(call, ENTRY_SECRET, to, "Bi");
	put(call, ENTRY_SECRET, to, "ber");
	put(datagrams ? CALL_RECVFROM : CALL_RECV, ENTRY_SECRET, to, SECRET);
	put(datagrams ? CALL_RECVFROM : CALL_RECV, 0, to, "ok\n");
}

static struct view view_of(const struct view_ops *ops)
{
	return (struct view){
		.transcript = transcript,
		.session = 1,
		.ops = ops,
		.columns = 80,
		.time = VIEW_TIME_OFF,
	};
}

/* Some bytes of it, in any form that a view has for bytes. */
static bool leaks(const char *text)
{
	static const char *const parts[] = { "hun", "nter2", "er2",   "r2:",   "Bib",  "ibe",
		                             "ber", "68 75", "6e 74", "42 69", "\\x68" };
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (strstr(text, parts[i])) {
			printf("# \"%s\" in\n%s\n", parts[i], text);
			return true;
		}
	return false;
}

static const char *shown(const struct view *view)
{
	struct rows rows = { 0 };
	struct location location;
	buf_clear(&out);
	bool more = view_last(view, &location);
	while (more && view_before(view, &location))
		continue;
	for (; more; more = view_after(view, &location)) {
		view_layout(view, location, &rows);
		for (size_t i = 0; i < rows.count; i++) {
			row_print(&rows.row[i], &out);
			buf_append_text(&out, "\n");
		}
	}
	rows_free(&rows);
	return buf_text(&out);
}

static size_t count(const char *text, const char *part)
{
	size_t found = 0;
	for (; (text = strstr(text, part)); text++)
		found++;
	return found;
}

static void test_views(bool datagrams, const char *what)
{
	for (size_t i = 0; view_listed(i); i++) {
		begin(datagrams);
		struct view view = view_of(view_listed(i));
		const char *text = shown(&view);
		ok(!leaks(text), "%s of %s: it is not there", view.ops->name, what);
		if (view.ops->frames)
			continue; /* nothing of a session is in it */
		is_int(count(text, view.ops->calls ? "<secret>" : "(secret)"), 4,
		       "but that three were sent, and one came back");
		ok(strstr(text, "15"), "and how long one was");
		ok(strstr(text, "user") && strstr(text, "next") && strstr(text, "ok"),
		   "what is beside them is there");
	}
}

static size_t hits(struct view view, const char *text)
{
	struct location hit;
	size_t found = 0;
	view.find = text;
	view.find_len = strlen(text);
	for (bool more = find_older(&view, NULL, &hit); more && found < 100;
	     more = find_older(&view, &hit, &hit))
		found++;
	size_t again = 0;
	for (bool more = find_newer(&view, NULL, &hit); more && again < 100;
	     more = find_newer(&view, &hit, &hit))
		again++;
	return found == again ? found : 1000;
}

/* Nor does it tell by what it finds around one whether it would have found it there. */
static void test_find(bool datagrams)
{
	static const char *const never[] = { "hunter2", "h",         "Biber", "Bi",  "r2:",
		                             "user h",  "user *",    "*",     "**",  "***",
		                             "Biber\n", "user next", ":\nBi", "\nB", "r\nnext" };
	for (size_t i = 0; view_listed(i); i++) {
		size_t wrong = 0;
		begin(datagrams);
		struct view view = view_of(view_listed(i));
		for (size_t j = 0; j < sizeof never / sizeof *never; j++) {
			size_t found = hits(view, never[j]);
			/* the letter is in the words of other calls */
			bool word = strcmp(never[j], "h") == 0 && view.ops->calls;
			wrong += found > 0 && !word;
			if (found > 0 && !word)
				printf("# %zu of \"%s\"\n", found, never[j]);
		}
		ok(wrong == 0, "/find in %s does not find it", view.ops->name);
		is_int(hits(view, "next"), view.ops->frames ? 0 : 1, "but what is beside it");
		view.find = "*";
		view.find_len = 1;
		ok(!leaks(shown(&view)), "nothing of it comes out where a search marks its hits");
	}
}

static void test_code(bool datagrams)
{
	for (int language = CODE_PYTHON; language <= CODE_C; language++) {
		struct error error;
		char *text = NULL;
		size_t len;
		begin(datagrams);
		FILE *file = open_memstream(&text, &len);
		ok(code_write(transcript, 1, (enum code_language)language, file, &error),
		   "a program");
		fclose(file);
		ok(!leaks(text), "has nothing of it");
		ok(strstr(text, "\"***************\""), "stars in its place");
		is_int(count(text, "a secret: stars"), 3, "and says so");
		free(text);
	}
}

static void test_ladder_files(void)
{
	for (int drawing = 0; drawing < 2; drawing++) {
		char *text = NULL;
		size_t len;
		uint64_t entries;
		begin(false);
		struct view view = view_of(&ladder_view);
		FILE *file = open_memstream(&text, &len);
		ok(drawing ? ladder_write_svg(&view, file, &entries)
		           : ladder_write_text(&view, file, &entries),
		   drawing ? "a drawing" : "a ladder as text");
		fclose(file);
		ok(!leaks(text), "has nothing of it");
		is_int(count(text, drawing ? "&lt;secret&gt;, 15" : "<secret>, 15"), 1,
		       "only how long it is");
		free(text);
	}
}

static void test_stream_page(bool datagrams)
{
	struct rows rows = { 0 };
	begin(datagrams);
	struct view view = view_of(&chat_view);
	view.columns = 200;
	stream_draw(&view, &rows);
	buf_clear(&out);
	for (size_t i = 0; i < rows.count; i++) {
		row_print(&rows.row[i], &out);
		buf_append_text(&out, "\n");
	}
	const char *text = buf_text(&out);
	ok(!leaks(text) && strstr(text, "user") && strstr(text, "next"), "the stream page: stars");
	rows_free(&rows);
}

static void test_payload(void)
{
	begin(false);
	uint64_t at = transcript_last(transcript, 1);
	const struct entry *entry = transcript_at(transcript, at);
	is_bytes(entry_payload(entry), entry->len, "ok\n", 3, "what is received is itself");
	do
		entry = transcript_at(transcript, at = transcript_before(transcript, at));
	while (entry->len != sizeof SECRET - 1);
	ok(entry_is_secret(entry), "an entry is flagged");
	is_bytes(entry_payload(entry), entry->len, "***************", 15,
	         "what may be shown of it");
	is_bytes(entry_bytes(entry), entry->len, SECRET, 15, "what it is");
	bool in_character;
	struct view view = view_of(&chat_view);
	put(CALL_SEND, ENTRY_SECRET, NULL, "without a line end");
	ok(!view_is_open(&view, &in_character), "no line waits for what follows a secret");
}

int main(void)
{
	tap_watchdog(30);
	if (!setlocale(LC_ALL, "C.UTF-8"))
		setlocale(LC_ALL, "C");
	buf_init(&out, SIZE_MAX);
	test_payload();
	test_views(false, "a stream");
	test_views(true, "datagrams");
	test_find(false);
	test_find(true);
	test_code(false);
	test_code(true);
	test_ladder_files();
	test_stream_page(false);
	test_stream_page(true);
	transcript_free(transcript);
	buf_free(&out);
	tap_done();
}
