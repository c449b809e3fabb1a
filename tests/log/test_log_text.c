// SPDX-License-Identifier: GPL-3.0-or-later
/* The text format: what its lines say, and that they can be turned back into the bytes. */
#include "log/log_format.h"

#include <arpa/inet.h>
#include <errno.h>
#include <locale.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/escape.h"
#include "net/sessions.h"
#include "support/tap.h"

static struct transcript *transcript;
static struct sessions *sessions;
static struct log_state state;

static void begin(struct buf *out)
{
	transcript = transcript_new(64 << 20, TRANSCRIPT_BLOCK);
	sessions = sessions_new(transcript);
	state = (struct log_state){ .transcript = transcript, .sessions = sessions };
	state.own = calloc(1, text_log_format.state_size);
	text_log_format.begin(&state, out);
	buf_clear(out);
}

static void end(void)
{
	text_log_format.done(&state);
	free(state.own);
	sessions_free(sessions);
	transcript_free(transcript);
}

/* What is written of an entry, without the time. */
static const char *lines_of(const struct entry *header, const struct endpoint *addr,
                            const void *payload, size_t len, struct buf *out)
{
	struct entry entry = *header;
	entry.time = clock_now();
	entry.session = 7;
	uint64_t at = transcript_append(transcript, &entry, addr, payload, len);
	buf_clear(out);
	text_log_format.entry(&state, at, transcript_at(transcript, at), out);
	const char *text = buf_text(out);
	return *text ? text + strcspn(text, " ") + 1 : text;
}

static const struct entry incoming = { .fd = 5, .call = CALL_RECV };

static void is_line(const char *bytes, const char *want)
{
	struct buf out = { .max = SIZE_MAX };
	is_text(lines_of(&incoming, NULL, bytes, strlen(bytes), &out), want, want);
	buf_free(&out);
}

static void test_lines(void)
{
	is_line("hello\n", "7 - < hello\n");
	is_line("\n", "7 - < \n");
	is_line("hello", "7 - < hello\\\n");
	is_line("hello\r\n", "7 - < hello\\r\n");
	is_line("a\\\n", "7 - < a\\\\\n");
	is_line("\t\033[2J\001\177", "7 - < \\t\\e[2J\\x01\\x7f\\\n");
	is_line("\xff\xc3", "7 - < \\xff\\xc3\\\n");
	is_line("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n", "7 - < \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n");
	is_line("e\xcc\x81\n", "7 - < e\xcc\x81\n");
	is_line("\xcc\x81\n", "7 - < \\xcc\\x81\n");
	is_line("\xe2\x80\xae\xc2\x9b\n", "7 - < \\xe2\\x80\\xae\\xc2\\x9b\n");
	is_line("\xc0\xaf\xe0\x80\xaf\xed\xa0\x80\n", "7 - < \\xc0\\xaf\\xe0\\x80\\xaf\\xed\\xa0\\x80\n");
	is_line("\xc3\xa9\xe0\x83\xa9\n", "7 - < \xc3\xa9\\xe0\\x83\\xa9\n");
	is_line("0123456789abcde\\f\n", "7 - < 0123456789abcde\\\\f\n");
}

/* A second line of the peer's begins as every line does. */
static void test_forgery(void)
{
	struct buf out = { .max = SIZE_MAX };
	const char forged[] = "a\n2026-11-28T18:01:02.123456+00:00 7 - state closed\n";
	const char *text = lines_of(&incoming, NULL, forged, sizeof forged - 1, &out);
	const char *second = strchr(text, '\n') + 1;
	is_text(second + strcspn(second, " ") + 1,
	        "7 - < 2026-11-28T18:01:02.123456+00:00 7 - state closed\n",
	        "what a peer sends is after the mark, whatever it says");
	buf_free(&out);
}

static void test_kinds(void)
{
	struct buf out = { .max = SIZE_MAX };
	struct endpoint peer = { .family = AF_INET, .port = 53 };
	const struct entry failed = { .fd = 5, .call = CALL_CONNECT, .error = ECONNREFUSED };
	const struct entry datagram = { .fd = 5, .call = CALL_RECVFROM, .arg = 9 };
	const struct entry sent = { .fd = 5, .call = CALL_SEND, .arg = 2 };
	const struct entry secret = { .fd = 5, .call = CALL_SEND, .arg = 6, .flags = ENTRY_SECRET };
	const struct entry own = { .fd = 5, .call = CALL_GETSOCKOPT, .error = EINVAL, .flags = ENTRY_WATCHING };
	const struct entry note = { .fd = -1, .call = CALL_NOTE };
	const struct entry error = { .fd = -1, .call = CALL_STATE, .flags = ENTRY_ERROR };
	const struct entry command = { .fd = -1, .call = CALL_COMMAND };
	inet_pton(AF_INET, "127.0.0.1", peer.ip);
	is_text(lines_of(&sent, NULL, "x\n", 2, &out), "7 - > x\n", "what is sent");
	is_text(lines_of(&datagram, &peer, "two\nlines", 9, &out), "7 - <127.0.0.1:53 two\\nlines\n",
	        "a datagram is one line, with its address");
	is_text(lines_of(&datagram, &peer, "", 0, &out), "7 - <127.0.0.1:53 \n", "also an empty one");
	struct endpoint path = { .family = AF_UNIX, .path = "/a b", .path_len = 4 };
	is_text(lines_of(&datagram, &path, "x", 1, &out), "7 - </a_b x\n", "a path is one word");
	is_text(lines_of(&secret, NULL, "hunter", 6, &out), "7 - >secret 6 bytes\n", "a secret is its length");
	is_text(lines_of(&failed, &peer, NULL, 0, &out),
	        "7 - failed connect(127.0.0.1:53) = -1 ECONNREFUSED\n", "a call that failed");
	is_text(lines_of(&own, NULL, NULL, 0, &out), "", "not one of our own");
	is_text(lines_of(&command, NULL, "/info", 5, &out), "7 - command /info\n", "a command");
	is_text(lines_of(&error, NULL, "reset", 5, &out), "7 - error reset\n", "a state that is an error");
	const char *two = lines_of(&note, NULL, "one\ntwo", 7, &out);
	ok(strncmp(two, "7 - note one\n", 13) == 0 && strstr(two, " 7 - note two\n"), "a note of two lines");
	buf_free(&out);
}

/* ---- back to the bytes ---- */

static void decode(const char *text, size_t len, struct buf *bytes)
{
	struct error error;
	const char *end = text + len;
	while (text < end) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		const char *payload = (char *)memmem(text, (size_t)(feed - text), " < ", 3) + 3;
		size_t size = (size_t)(feed - payload), slashes = 0;
		while (slashes < size && payload[size - 1 - slashes] == '\\')
			slashes++;
		char *line = strndup(payload, size - slashes % 2);
		escape_decode(line, bytes, &error);
		if (slashes % 2 == 0)
			buf_append(bytes, "\n", 1);
		free(line);
		text = feed + 1;
	}
}

static unsigned draw(unsigned most)
{
	static uint64_t seed = 1;
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % most;
}

/* Pieces of every kind one after the other, so that each meets each edge of what is looked at at once. */
static size_t make(char *out, size_t most)
{
	static const char *const pieces[] = { "\n",           "\r\n",         "\\",     "\x80",
		                              "\xe2\x82\xac", "e\xcc\x81",    "\xe2\x80\xae", "\xf0\x9f\x98\x80",
		                              "plain text, of which there is most, and which is copied", "\001" };
	size_t len = 0;
	for (;;) {
		const char *piece = pieces[draw(sizeof pieces / sizeof *pieces)];
		size_t size = 1 + draw((unsigned)strlen(piece));
		if (len + size > most)
			return len;
		memcpy(out + len, piece, size);
		len += size;
	}
}

static void test_exact(void)
{
	enum { MOST = 200000 };
	static char bytes[MOST];
	struct buf out = { .max = SIZE_MAX }, back = { .max = SIZE_MAX };
	unsigned wrong = 0, unsafe = 0;
	for (int i = 0; i < 300; i++) {
		size_t len = make(bytes, i % 10 ? 1 + draw(9000) : MOST);
		if (!len)
			continue;
		lines_of(&incoming, NULL, bytes, len, &out);
		buf_clear(&back);
		decode(buf_text(&out), out.len, &back);
		wrong += back.len != len || memcmp(buf_data(&back), bytes, len) != 0;
		for (size_t at = 0; at < out.len; at++)
			unsafe += buf_data(&out)[at] != '\n' && (unsigned char)buf_data(&out)[at] < ' ';
	}
	is_int(wrong, 0, "what is written can be read back, byte for byte");
	is_int(unsafe, 0, "and has no control byte");
	buf_free(&out);
	buf_free(&back);
}

static void test_own(void)
{
	ok(text_log_format.is_own("# sockpit log: text 1\n2026", 26), "it knows a log of its own");
	ok(!text_log_format.is_own("# sockpit log: text 10\n", 23), "and no other");
	ok(!text_log_format.is_own("# sock", 6), "nor one that is cut");
}

int main(void)
{
	struct buf out = { .max = SIZE_MAX };
	setlocale(LC_CTYPE, "C.UTF-8");
	begin(&out);
	test_lines();
	test_forgery();
	test_kinds();
	test_exact();
	test_own();
	end();
	setlocale(LC_CTYPE, "C");
	begin(&out);
	is_line("\xc3\xa9\n", "7 - < \\xc3\\xa9\n");
	end();
	buf_free(&out);
	return tap_done();
}
