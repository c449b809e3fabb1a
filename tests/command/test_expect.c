// SPDX-License-Identifier: GPL-3.0-or-later
/* Expectations about bytes that are put into the transcript: what they find, what they take, and
 * that both are the same however the bytes came in pieces. */
#include "command/queue.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/regexp.h"
#include "command/fixture.h"

static struct app app;

static bool type(const char *line)
{
	return queue_type(&app, line, strlen(line));
}

static void make_session(const char *what)
{
	char line[40];
	snprintf(line, sizeof line, "/socket %s", what);
	if (app.current)
		type("/close");
	if (!type(line))
		ok(false, "%s", line);
}

/* As recv(), or recvfrom() for a datagram, would have put it. */
static void receive(const char *bytes, size_t len, bool datagram)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct endpoint from = endpoint_from_sockaddr((struct sockaddr *)&sin, sizeof sin);
	struct entry header = { .time = clock_now(),
		                .session = session_number(app.current),
		                .fd = 3,
		                .arg = 65536,
		                .call = datagram ? CALL_RECVFROM : CALL_RECV };
	transcript_append(app.transcript, &header, datagram ? &from : NULL, bytes, len);
}

/* What the command says in the end. */
static const char *answer_to(const char *line)
{
	static struct buf text = { .max = SIZE_MAX };
	int64_t deadline = clock_now() + FIXTURE_MS * CLOCK_MS;
	uint64_t before = transcript_end(app.transcript);
	buf_clear(&text);
	type(line);
	queue_fixture_turn(&app, 0); /* in the program the turn in which it is typed looks at it */
	for (; clock_now() < deadline; queue_fixture_turn(&app, deadline)) {
		uint64_t at = transcript_newest(app.transcript);
		for (; at != TRANSCRIPT_NONE && at >= before;
		     at = transcript_previous(app.transcript, at)) {
			const struct entry *entry = transcript_at(app.transcript, at);
			if (entry->call != CALL_NOTE || !(entry->flags & ENTRY_ANSWER))
				continue;
			buf_append(&text, entry_payload(entry), entry->len);
			return buf_text(&text);
		}
	}
	return buf_text(&text);
}

/* The beginnings of the answers after a position, oldest first. */
static const char *answers_since(uint64_t position)
{
	static struct buf text = { .max = SIZE_MAX };
	buf_clear(&text);
	uint64_t at = transcript_first(app.transcript);
	for (; at != TRANSCRIPT_NONE; at = transcript_next(app.transcript, at)) {
		const struct entry *entry = transcript_at(app.transcript, at);
		if (at < position || entry->call != CALL_NOTE || !(entry->flags & ENTRY_ANSWER))
			continue;
		char *line = xstrndup(entry_payload(entry), entry->len);
		buf_printf(&text, "%.*s;", (int)strcspn(line, ","), line);
		free(line);
	}
	return buf_text(&text);
}

static bool holds(const char *line)
{
	return strstr(answer_to(line), ": done after ");
}

/* Bit n of `cuts` cuts after byte n. */
static void receive_in_pieces(const char *text, unsigned cuts)
{
	size_t len = strlen(text);
	for (size_t at = 0, end; at < len; at = end) {
		for (end = at + 1; end < len && !(cuts >> (end - 1) & 1); end++)
			continue;
		receive(text + at, end - at, false);
	}
}

static void test_pieces(void)
{
	static const struct {
		const char *text, *first, *rest;
	} cases[] = {
		{ "abcabd!", "/expect abd within 0", "/expect /^!/ within 0" },
		{ "abcabd!", "/expect /b[cd]/ within 0", "/expect /^abd/ within 0" },
		{ "aoboco!", "/expect /o.*o/ within 0", "/expect /^co!/ within 0" },
		{ "x\r\n25\r\n9", "/expect /^25$/ within 0", "/expect /^9/ within 0" },
		{ "aaaaaab", "/expect /a{3,5}/ within 0", "/expect /^aaab/ within 0" },
		{ "one\ntwo", "/expect next \"one\\n\" within 0", "/expect next two within 0" },
		{ "12 14!", "/expect next /[0-9]+ / within 0", "/expect next /\\d\\d!/ within 0" },
	};
	app_fixture_start(&app);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t ways = 0, all = (size_t)1 << (strlen(cases[i].text) - 1);
		for (unsigned cuts = 0; cuts < all; cuts++) {
			make_session("tcp");
			receive_in_pieces(cases[i].text, cuts);
			ways += holds(cases[i].first) && holds(cases[i].rest);
		}
		is_int(ways, all, "however the bytes come, the same ones are found and taken");
	}
	queue_fixture_end(&app);
}

/* Before the time is over, also of datagrams: a text is all of one. */
static void test_next(void)
{
	app_fixture_start(&app);
	make_session("tcp");
	receive("one\nother\ntwo\n", 14, false);
	ok(holds("/expect next \"one\\n\" within 0"), "what comes next");
	is_text(answer_to("/expect next \"two\\n\" within 1h"),
	        "/expect next \"two\\n\" within 1h: expected \"two\\n\" next, got \"other\\ntwo\\n\" (10 bytes)",
	        "is nothing that comes later");
	is_text(answer_to("/expect next oth-er within 1h"),
	        "/expect next oth-er within 1h: expected \"oth-er\" next, got \"other\\ntwo\\n\" (10 bytes); after "
	        "\"oth\" comes \"er\\ntwo\\n\"",
	        "and fails as soon as it differs");
	is_text(answer_to("/expect next /t\\w+$/ within 1h"),
	        "/expect next /t\\w+$/ within 1h: expected /t\\w+$/ next, got \"other\\ntwo\\n\" (10 bytes)",
	        "a regular expression, too");
	ok(holds("/expect next /.*$/ within 0") && holds("/expect next two within 0"), "it takes its bytes");
	make_session("udp");
	receive("abcd", 4, true);
	receive("", 0, true);
	receive("efgh", 4, true);
	is_text(answer_to("/expect next \"abc\" within 1h"),
	        "/expect next \"abc\" within 1h: expected \"abc\" next, got \"abcd\" (4 bytes)",
	        "a text is a whole datagram,");
	is_text(answer_to("/expect next \"abcde\" within 1h"),
	        "/expect next \"abcde\" within 1h: expected \"abcde\" next, got \"abcd\" (4 bytes)", "one of them,");
	is_text(answer_to("/expect next efgh within 1h"),
	        "/expect next efgh within 1h: expected \"efgh\" next, got \"abcd\" (4 bytes)", "the next one");
	ok(holds("/expect next /^ab/ within 0"), "a regular expression may be its beginning");
	make_session("udp");
	receive("abcd", 4, true);
	receive("", 0, true);
	receive("efgh", 4, true);
	ok(holds("/expect next abcd within 0") && holds("/expect next efgh within 0"), "empty ones are passed over");
	queue_stop(&app);
	app_fixture_end(&app);
}

static void test_taken(void)
{
	app_fixture_start(&app);
	make_session("tcp");
	receive("one two", 7, false);
	is_text(answer_to("/expect \"three\" within 0"),
	        "/expect \"three\" within 0: expected \"three\" at once, got \"one two\" (7 bytes)",
	        "what failed");
	ok(holds("/expect one within 0"), "has taken nothing");
	is_text(answer_to("/expect one within 0"),
	        "/expect one within 0: expected \"one\" at once, got \" two\" (4 bytes)",
	        "what was found is taken");
	ok(holds("/expect not one within 10ms"), "and comes no more");
	ok(strstr(answer_to("/expect not /tw./ within 1h"), "did not expect /tw./, after "),
	   "what came though it was not to come");
	ok(holds("/expect two within 0"), "is not taken by that");
	receive("\"a\"", 3, false);
	is_text(answer_to("/expect x within 0"),
	        "/expect x within 0: expected \"x\" at once, got \"\\\"a\\\"\" (3 bytes)",
	        "what is shown can be typed");
	ok(holds("/expect \"\\\"a\\\"\" within 0"), "and is found");
	receive("a\0b", 3, false);
	ok(holds("/expect \"a\\0b\" within 0"), "a NUL byte");
	receive("Hello, world\n", 13, false);
	is_text(answer_to("/expect \"Hello, wurld\" within 0"),
	        "/expect \"Hello, wurld\" within 0: expected \"Hello, wurld\" at once, got "
	        "\"Hello, "
	        "world\\n\" (13 bytes); after \"Hello, w\" comes \"orld\\n\"",
	        "where it is nearly there is said");
	ok(!type("/expect /a*/"), "what is always there is refused");
	ok(!type("/expect x within soon"), "and a time that is none");
	queue_fixture_end(&app);
}

static bool matches(const char *text, const char *pattern)
{
	struct error ignored;
	struct regexp *regexp = regexp_new(pattern, strlen(pattern), false, &ignored);
	bool found = regexp && regexp_finds(regexp, text, strlen(text));
	regexp_free(regexp);
	return found;
}

/* Expectations that wait side by side have the bytes in the order in which they were typed. */
static void test_side_by_side(void)
{
	app_fixture_start(&app);
	make_session("tcp");
	uint64_t before = transcript_end(app.transcript);
	type("/expect one");
	type("/expect two");
	type("/expect one within 1h");
	type("/expect not two within 1h");
	type("/expect one within 0");
	receive("one two one", 11, false);
	queue_fixture_turn(&app, 0);
	ok(matches(answers_since(before), "^/expect one: done [^;]*;/expect two: done [^;]*;"
	                                  "/expect one within 1h: done [^;]*;"
	                                  "/expect not two within 1h: did not expect \"two\";"
	                                  "/expect one within 0: expected \"one\" at once;$"),
	   "each takes bytes of its own, and not looks at all: %s", answers_since(before));
	ok(holds("/expect not /./ within 0"), "nothing is left");
	queue_fixture_end(&app);
}

static void test_datagrams(void)
{
	app_fixture_start(&app);
	make_session("udp");
	receive("ab", 2, true);
	receive("cd", 2, true);
	ok(strstr(answer_to("/expect bc within 0"), "expected \"bc\""),
	   "each datagram is by itself");
	ok(holds("/expect /b$/ within 0"), "its end is one of a line");
	receive("", 0, true);
	ok(holds("/expect /^cd$/ within 0"), "and so is its beginning");
	ok(holds("/expect /^$/ within 0"), "one that is empty");
	queue_fixture_end(&app);
}

/* What is evicted before it was searched. */
static void test_evicted(void)
{
	enum { MUCH = 1 << 20 };
	static char bytes[MUCH];
	memset(bytes, 'x', sizeof bytes);
	app_fixture_start(&app);
	make_session("tcp");
	transcript_set_ceiling(app.transcript, 0);
	receive("wanted", 6, false);
	for (int i = 0; i < 8; i++)
		receive(bytes, sizeof bytes, false);
	ok(strstr(answer_to("/expect wanted within 0"), " bytes left the transcript unsearched"),
	   "is reported");
	ok(strstr(answer_to("/assert calls > 0"), "it is not available"), "and calls that are gone are not counted");
	queue_fixture_end(&app);
}

int main(void)
{
	tap_watchdog(300);
	test_pieces();
	test_next();
	test_taken();
	test_side_by_side();
	test_datagrams();
	test_evicted();
	return tap_done();
}
