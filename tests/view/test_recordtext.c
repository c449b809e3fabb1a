// SPDX-License-Identifier: GPL-3.0-or-later
/* What is shown of records is the same, whatever the pieces are in which they are received, and also where the
 * calls before have been evicted. */
#include "view/recordtext.h"

#include <locale.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "support/tap.h"
#include "view/view.h"

enum { SESSION = 1, BLOCK = 4096 };

static struct transcript *transcript;

static const uint8_t hello[] = {
	22,  3,   1,   0,  94, 1,  0,  0,  90,   3,    3,   1,   2,    3,   4,   5,   6,
	7,   8,   9,   10, 11, 12, 13, 14, 15,   16,   17,  18,  19,   20,  21,  22,  23,
	24,  25,  26,  27, 28, 29, 30, 31, 32,   0,    0,   2,   0x13, 1,   1,   0,   0,
	47,  0,   0,   0,  14, 0,  12, 0,  0,    9,    'a', '.', 'e',  'x', 'a', 033, 'p',
	'l', 'e', 0,   16, 0,  14, 0,  12, 2,    'h',  '2', 8,   'h',  't', 't', 'p', '/',
	'1', '.', '1', 0,  43, 0,  7,  6,  0x1a, 0x1a, 3,   4,   3,    3,
};
static const uint8_t retry[] = {
	22,   3,    3,    0,    50,   2,    0,    0,    46,   3,    3,    0xcf, 0x21, 0xad,
	0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
	0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33,
	0x9c, 0,    0x13, 1,    0,    0,    6,    0,    43,   0,    2,    3,    4,
};
static void begin(size_t ceiling)
{
	transcript_free(transcript);
	transcript = transcript_new(ceiling, BLOCK);
}

static uint64_t put(enum call call, struct tls_parser *parser, const void *bytes, size_t len)
{
	size_t room;
	struct entry entry = {
		.time = CLOCK_S, .session = SESSION, .call = (uint8_t)call, .flags = ENTRY_SEALED
	};
	struct tls_boundary boundary = tls_parser_feed(parser, bytes, len);
	memcpy(transcript_reserve(transcript, ENTRY_RECORDS, len, &room), bytes, len);
	transcript_set_boundary(transcript, &boundary);
	return transcript_commit(transcript, &entry, NULL, NULL, len);
}

static void put_words(void)
{
	struct entry entry = { .time = CLOCK_S, .session = SESSION, .call = CALL_STATE };
	transcript_append(transcript, &entry, NULL, "words", 5);
}

/* Without the brackets; "" where they are not known. */
static void list(uint64_t position, struct buf *out)
{
	struct buf text = { .max = SIZE_MAX };
	buf_clear(out);
	recordtext_list(transcript, position, &text);
	if (text.len < 2 || buf_text(&text)[0] != '[' || buf_text(&text)[text.len - 1] != ']')
		buf_printf(out, "no brackets: %s", buf_text(&text));
	else if (strcmp(buf_text(&text), "[TLS records]") != 0)
		buf_append(out, buf_text(&text) + 1, text.len - 2);
	buf_free(&text);
}

/* The lists of all entries of a direction, those that go on left out. */
static void list_all(enum call call, struct buf *out)
{
	struct buf one = { .max = SIZE_MAX };
	buf_clear(out);
	for (uint64_t at = transcript_first(transcript); at != TRANSCRIPT_NONE;
	     at = transcript_next(transcript, at)) {
		if (transcript_at(transcript, at)->call != call)
			continue;
		list(at, &one);
		if (one.len && strcmp(buf_text(&one), "a record goes on") != 0)
			buf_printf(out, "%s%s", out->len ? ", " : "", buf_text(&one));
	}
	buf_free(&one);
}

static void is_list(const void *bytes, size_t len, const char *want, const char *name)
{
	struct buf out = { .max = SIZE_MAX };
	struct tls_parser parser = { 0 };
	begin(1 << 20);
	list(put(CALL_RECV, &parser, bytes, len), &out);
	is_text(buf_text(&out), want, name);
	buf_free(&out);
}

#define LIST(bytes, want, name) is_list(bytes, sizeof bytes - 1, want, name)

/* A HelloRetryRequest and what follows it, then records as TLS 1.2 has them: a certificate in two records, an alert
 * in clear, what is encrypted. */
struct sample {
	uint8_t type;
	const void *bytes; /* the first ones; others are 0xa5 */
	size_t known, len;
	const char *text;
};
static const struct sample samples[] = {
	{ 22, hello + 5, 94, 94,
	  "handshake 94 ClientHello (SNI a.exa\\x1bple, ALPN h2 http/1.1, TLS 1.3 1.2)" },
	{ 22, retry + 5, 50, 50, "handshake 50 HelloRetryRequest (TLS 1.3)" },
	{ 22, "\x0b\0\1\x2c", 4, 200, "handshake 200 Certificate" },
	{ 22, "", 0, 104, "handshake 104" },
	{ 22, "\x0e\0\0\0\x63\0\0\2", 8, 10, "handshake 10 ServerHelloDone, message 99" },
	{ 22, "\x0b\0", 2, 2, "handshake 2 Certificate" },
	{ 22, "\0", 1, 1, "handshake 1" },
	{ 22, "\2\xa5\xa5\x0e", 4, 4, "handshake 4 ServerHelloDone" },
	{ 22, "\0\0\0\x14\0\1\x25", 7, 300, "handshake 300 Finished" },
	{ 21, "\2\x50", 2, 2, "alert 2 fatal internal_error" },
	{ 20, "\1", 1, 1, "change_cipher_spec 1" },
	{ 22, hello + 5, 94, 94,
	  "handshake 94 ClientHello (SNI a.exa\\x1bple, ALPN h2 http/1.1, TLS 1.3 1.2)" },
	{ 22, "\0\0\0\0\0\0\0\0", 8, 40, "handshake 40 encrypted" },
	{ 22, hello + 5, 60, 94, "handshake 94 encrypted" },
	{ 22, hello + 5, 94, 100, "handshake 100 encrypted" },
	{ 22, "\1\0\xff\xff", 4, 40, "handshake 40 encrypted" },
	{ 22, "\1\0\0", 3, 3, "handshake 3 encrypted" },
	{ 21, "", 0, 26, "alert 26 encrypted" },
	{ 23, "", 0, 300, "application_data 300" },
	{ 23, "", 0, 0, "application_data 0" },
	{ 23, "", 0, 17, "application_data 17" },
	{ 21, "\7\7", 2, 2, "alert 2 level 7 alert 7" },
	{ 24, "", 0, 20, "heartbeat 20" },
};
enum { SAMPLES = sizeof samples / sizeof *samples, STREAM = 3072 };

static size_t make(uint8_t *out)
{
	size_t len = 0;
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *sample = &samples[i];
		const uint8_t header[] = { sample->type, 3, 3, (uint8_t)(sample->len >> 8),
			                   (uint8_t)sample->len };
		memcpy(out + len, header, sizeof header);
		memset(out + len + sizeof header, 0xa5, sample->len);
		memcpy(out + len + sizeof header, sample->bytes, sample->known);
		len += sizeof header + sample->len;
	}
	return len;
}

/* The texts of those from `first` on. */
static void want_from(size_t first, struct buf *out)
{
	buf_clear(out);
	for (size_t i = first; i < SAMPLES; i++)
		buf_printf(out, "%s%s", i > first ? ", " : "", samples[i].text);
}

static void one_call(void)
{
	is_list(hello, sizeof hello, samples[0].text,
	        "a ClientHello, and nothing of it that could disturb a terminal");
	is_list(hello, sizeof hello - 1, "handshake 94 ClientHello",
	        "of one that has not wholly come the name");
	is_list(hello, 8, "handshake 94", "not even that");
	is_list(hello, 4, "a record begins", "nor its length");
	LIST("HTTP/1.1 400 Bad Request\r\n\r\n", "\"HTTP/1.1 400 Bad Request...\" is not TLS",
	     "no TLS");
	LIST("\x15\3\3\0\2\1\0HTTP", "alert 2 warning close_notify, a record begins",
	     "four bytes are too few to say");
	LIST("\x15\3\3\0\2\1\0\"TTP/", "alert 2 warning close_notify, \"\\x22TTP/\" is not TLS",
	     "and five are enough");
	LIST("\x17\3\3\0\1a\x17\3\3\0\1b\x17\3\3\0\0",
	     "application_data 1 \303\2272, application_data 0", "a run");
	LIST("\x16\3\3\0\4\x0b\0\0\4\x16\3\3\0\4\0\0\0\0", "handshake 4 Certificate, handshake 4",
	     "a message that goes on in a record as long is no run");
	uint8_t many[30 * 7];
	for (size_t i = 0; i < 30; i++)
		memcpy(many + 7 * i, i & 1 ? "\x17\3\3\0\2aa" : "\x15\3\3\0\2\1\0", 7);
	struct buf out = { .max = SIZE_MAX };
	for (size_t i = 0; i < 12; i++)
		buf_printf(&out, "%s, ",
		           i & 1 ? "application_data 2" : "alert 2 warning close_notify");
	buf_append_text(&out, "and 18 more records");
	is_list(many, sizeof many, buf_text(&out), "a dozen is enough");
	buf_free(&out);
}

/* `size`: of the pieces, the first of which has `first` bytes. Other entries are between them. */
static void put_pieces(const uint8_t *bytes, size_t len, size_t first, size_t size)
{
	struct tls_parser in = { 0 }, out = { 0 };
	for (size_t at = 0, n = first; at < len; at += n, n = size) {
		n = n < len - at ? n : len - at;
		put(CALL_RECV, &in, bytes + at, n);
		put_words();
		put(CALL_SEND, &out, hello + at % sizeof hello, 1);
	}
}

static void any_pieces(void)
{
	uint8_t bytes[STREAM];
	size_t len = make(bytes);
	struct buf got = { .max = SIZE_MAX }, want = { .max = SIZE_MAX };
	bool good = true;
	want_from(0, &want);
	for (size_t size = 1; size <= 120 && good; size += size < 12 ? 1 : 13)
		for (size_t first = 1; first <= size && good; first++) {
			begin(1 << 20);
			put_pieces(bytes, len, first, size);
			list_all(CALL_RECV, &got);
			good = strcmp(buf_text(&got), buf_text(&want)) == 0;
		}
	ok(good, "in pieces of any size");
	is_text(buf_text(&got), buf_text(&want), "what begins in each piece");
	for (size_t first = 1; first < 500 && good; first++) {
		begin(1 << 20);
		put_pieces(bytes, len, first, 500);
		list_all(CALL_RECV, &got);
		good = strcmp(buf_text(&got), buf_text(&want)) == 0;
	}
	ok(good, "in large pieces, cut anywhere");
	buf_free(&got);
	buf_free(&want);
}

/* What is left says the same as when all was there. */
static void evicted(void)
{
	uint8_t bytes[STREAM];
	struct tls_parser parser = { 0 };
	struct buf got = { .max = SIZE_MAX }, want = { .max = SIZE_MAX };
	size_t len = make(bytes), first = SAMPLES;
	begin(3 * (size_t)BLOCK);
	for (int times = 0; times < 12; times++) {
		parser = (struct tls_parser){ 0 };
		for (size_t at = 0; at < len; at += 37)
			put(CALL_RECV, &parser, bytes + at, len - at < 37 ? len - at : 37);
	}
	ok(transcript_lost(transcript).entries > 0, "much has been evicted");
	list_all(CALL_RECV, &got);
	for (bool is_one = false;
	     first > 0 && !is_one;) { /* the text of all that is left begins with one of them */
		want_from(--first, &want);
		is_one = got.len >= want.len &&
		         strncmp(buf_text(&got), buf_text(&want), want.len) == 0;
	}
	struct buf rest = { .max = SIZE_MAX };
	buf_append_text(&rest, buf_text(&want));
	want_from(0, &want);
	while (rest.len < got.len)
		buf_printf(&rest, ", %s", buf_text(&want));
	is_text(buf_text(&got), buf_text(&rest),
	        "what is left begins with the first record that is");
	buf_free(&got);
	buf_free(&want);
	buf_free(&rest);
}

/* The hello in records of at most `most` bytes, the one at `odd` of another type. */
static size_t spread(size_t most, size_t odd, uint8_t *out)
{
	enum { HEADER = 5 };
	size_t all = sizeof hello - HEADER, len = 0;
	for (size_t at = 0, record = 0; at < all; record++) {
		size_t n = all - at < most ? all - at : most;
		const uint8_t header[HEADER] = { record == odd ? 23 : 22, 3, 1, 0, (uint8_t)n };
		memcpy(out + len, header, HEADER);
		memcpy(out + len + HEADER, hello + HEADER + at, n);
		len += HEADER + n;
		at += n;
	}
	return len;
}

/* A hello that goes on in the next records is read if all of it is there. */
static void spread_hellos(void)
{
	static const char name[] = "ClientHello (SNI a.exa\\x1bple, ALPN h2 http/1.1, TLS 1.3 1.2)";
	uint8_t bytes[sizeof hello * 6];
	struct buf out = { .max = SIZE_MAX };
	for (size_t most = 1; most < sizeof hello - 5; most++) {
		size_t len = spread(most, SIZE_MAX, bytes);
		for (size_t piece = 7; piece < len + 20; piece += 20) {
			struct tls_parser parser = { 0 };
			begin(1 << 20);
			for (size_t at = 0; at < len; at += piece)
				put(CALL_RECV, &parser, bytes + at,
				    len - at < piece ? len - at : piece);
			list_all(CALL_RECV, &out);
			if (!ok(strstr(buf_text(&out), name) != NULL,
			        "in records of %zu, pieces of %zu: %s", most, piece,
			        buf_text(&out)))
				break;
		}
	}
	size_t len = spread(50, 1, bytes);
	is_list(bytes, len, "handshake 50 ClientHello, application_data 44",
	        "not with another record in it");
	len = spread(50, SIZE_MAX, bytes);
	is_list(bytes, len - 1, "handshake 50 ClientHello, handshake 44",
	        "nor before all of it has come");
	is_list(bytes, len,
	        "handshake 50 ClientHello (SNI a.exa\\x1bple, ALPN h2 http/1.1, TLS 1.3 1.2), "
	        "handshake 44",
	        "but then");
	buf_free(&out);
}

static void no_records(void)
{
	struct buf out = { .max = SIZE_MAX };
	struct entry entry = { .time = CLOCK_S, .session = SESSION, .call = CALL_RECV };
	begin(1 << 20);
	list(transcript_append(transcript, &entry, NULL, hello, sizeof hello), &out);
	is_text(buf_text(&out), "", "what is not sealed has none");
	entry.flags = ENTRY_SEALED;
	list(transcript_append(transcript, &entry, NULL, hello, sizeof hello), &out);
	is_text(buf_text(&out), "", "nor what is not known");
	list(TRANSCRIPT_NONE, &out);
	is_text(buf_text(&out), "", "nor nothing");
	struct tls_parser parser = { 0 };
	put(CALL_RECV, &parser, hello, 20);
	list(put(CALL_RECV, &parser, hello + 20, 20), &out);
	is_text(buf_text(&out), "a record goes on", "only a part of one");
	buf_free(&out);
}

static void names_alone(void)
{
	struct recordtext_names names;
	struct tls_parser parser = { 0 };
	begin(1 << 20);
	uint64_t sent = put(CALL_SEND, &parser, hello, sizeof hello);
	ok(recordtext_name(transcript, sent, 40, &names), "a call has names");
	is_text(buf_text(&names.list), "ClientHello", "without the particulars");
	recordtext_names_free(&names);
}

/* The same connection number, another connection: what has not come of the old one does not come of the new. */
static void another_connection(void)
{
	struct buf out = { .max = SIZE_MAX };
	struct tls_parser parser = { 0 }, again = { 0 };
	struct entry entry = { .time = CLOCK_S, .session = SESSION, .call = CALL_SOCKET };
	begin(1 << 20);
	uint64_t cut = put(CALL_RECV, &parser, hello, 4);
	transcript_append(transcript, &entry, NULL, NULL, 0);
	put(CALL_RECV, &again, hello, sizeof hello);
	list(cut, &out);
	is_text(buf_text(&out), "a record begins",
	        "a header that another connection does not complete");
	buf_free(&out);
}

int main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	tap_watchdog(60);
	one_call();
	any_pieces();
	evicted();
	spread_hellos();
	no_records();
	names_alone();
	another_connection();
	transcript_free(transcript);
	return tap_done();
}
