// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/ladder.h"

#include <locale.h>
#include <stdlib.h>

#include "support/tap.h"
#include "view/conversation.h"
#include "view/drawing.h"

static struct buf out = { .max = SIZE_MAX };
static uint64_t entries;

static const char *drawing(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	bool good = ladder_write_svg(&view, file, &entries);
	fclose(file);
	buf_clear(&out);
	if (good)
		buf_append(&out, text, size);
	free(text);
	return buf_text(&out);
}

static void test_conversation(void)
{
	begin(80, SERVER);
	converse();
	const char *text = drawing();
	ok(is_well_formed(text), "a conversation is well-formed");
	is_int(entries, 18, "with all its entries");
	ok(strstr(text, "<title>LADDER 2 ⇄ 3   loopback</title>"), "it has a title");
	ok(strstr(text, "* read from the kernel") && strstr(text, "? deduced"), "and a legend");
	ok(strstr(text, ">2  127.0.0.1:39446<") && strstr(text, ">3  127.0.0.1:44617<"),
	   "the ends have their names");
	is_int(count(text, ">data "), 2, "each data segment is drawn once");
	ok(strstr(text, ">data 0..4 o<"), "with its bytes and its mark");
	ok(strstr(text, ">send(&quot;hello&quot;) = 5<"), "calls are beside it");
	ok(strstr(text, ">recv(1024) = 5  [hello]<"), "with what they received");
	ok(strstr(text, "class=\"d r\">TIME_WAIT ?<"), "what is deduced looks different");
	ok(strstr(text, ">3.2 s later<"), "a silence is shown");
	is_int(count(text, "url(#arrow-o)"), 6, "arrows to the right, each with a head");
	is_int(count(text, "url(#arrow-i)"), 5, "and to the left");
}

static void test_looks(void)
{
	begin(80, 0);
	lose();
	ok(strstr(drawing(), "class=\"e a\""), "what is sent again is dashed");
	begin(80, 0);
	reset();
	ok(strstr(drawing(), "<path class=\"x\"") && strstr(drawing(), ">RST o<"), "a reset");
	begin(80, 0);
	converse_unwatched();
	ok(strstr(drawing(), "class=\"o q\""), "what is deduced is dotted");
	begin(80, 0);
	send_datagrams();
	ok(is_well_formed(drawing()) && strstr(drawing(), ">3 datagrams dropped: the buffer was full *<"), "what is dropped");
	ok(strstr(drawing(), ">ICMP port unreachable (3/3) from 10.99.0.254<"), "who refused");
}

static void test_hostile(void)
{
	begin(80, 0);
	be_hostile();
	const char *text = drawing();
	ok(is_well_formed(text), "hostile bytes leave it well-formed");
	ok(strstr(text, "[&lt;b&gt;&amp;\\x1b]0;evil\\x07\\x00\\x9b\\xff"), "they are visible");
	ok(strstr(text, ">lost ^[[31m]]&gt;&lt;&amp;<"), "also in words of a failure");
	begin(80, 0);
	put_socket(SOCK_STREAM);
	for (int c = 1; c < 256; c++) {
		char bytes[] = { (char)c, 'x', (char)c, '\0' };
		put_send(CLIENT, bytes);
		put_recv(CLIENT, bytes);
	}
	ok(is_well_formed(drawing()), "every byte");
	setlocale(LC_ALL, "C");
	ok(is_well_formed(drawing()), "every byte, in a locale without UTF-8");
	setlocale(LC_ALL, "");
	begin(80, 0);
	put_socket(SOCK_STREAM);
	put_send(CLIENT, "\xef\xbf\xbe\xef\xbf\xbf\xed\xa0\x80");
	put_send(CLIENT, "가\xf0\x9f\x98\x80");
	text = drawing();
	ok(!strstr(text, "\xef\xbf\xbe") && !strstr(text, "\xef\xbf\xbf") &&
	           !strstr(text, "\xed\xa0\x80"),
	   "what is no character is not written");
	ok(strstr(text, "가\xf0\x9f\x98\x80"), "what is one is");
}

static void test_long(void)
{
	begin(80, 0);
	put_socket(SOCK_STREAM);
	for (int i = 0; i < LADDER_SVG_MOST - 1; i++)
		put_send(CLIENT, "x");
	const char *text = drawing();
	ok(entries == LADDER_SVG_MOST && !strstr(text, "newest"), "as many as fit are drawn");
	put_send(CLIENT, "last");
	text = drawing();
	is_int(entries, LADDER_SVG_MOST, "of more the newest");
	ok(strstr(text, "Only the newest 4000 entries are drawn.") && strstr(text, "&quot;last&quot;"),
	   "and it says so");
}

static void test_edges(void)
{
	begin(80, 0);
	ok(is_well_formed(drawing()) && entries == 0, "nothing to draw is a drawing, too");
	begin(80, SERVER);
	listen_for_clients();
	ok(is_well_formed(drawing()), "a listener");
	FILE *full = fopen("/dev/full", "w");
	if (!full) {
		tap_skip("no /dev/full");
		return;
	}
	errno = 0;
	ok(!ladder_write_svg(&view, full, &entries) && errno == ENOSPC, "a full disk is reported");
	fclose(full);
}

/* For tests that know XML: the drawing alone. */
static int print_drawing(const char *name)
{
	uint64_t drawn;
	begin(80, strcmp(name, "conversation") == 0 ? SERVER : 0);
	if (view.other)
		converse();
	else
		be_hostile();
	bool good = ladder_write_svg(&view, stdout, &drawn);
	transcript_free(transcript);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	tap_watchdog(30);
	setlocale(LC_ALL, "");
	if (argc > 1)
		return print_drawing(argv[1]);
	test_conversation();
	test_looks();
	test_hostile();
	test_long();
	test_edges();
	buf_free(&out);
	transcript_free(transcript);
	return tap_done();
}
