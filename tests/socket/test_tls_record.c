// SPDX-License-Identifier: GPL-3.0-or-later
/* Where records begin, whatever the pieces are in which the bytes come: a second reading, written for this test,
 * goes over the whole stream at once. */
#include "socket/tls_record.h"

#include "support/tap.h"

enum { STREAM = 4096, RECORDS = 64 };

/* A stream, and for each of its records what is before it. */
struct stream {
	uint8_t bytes[STREAM];
	size_t len, count;
	struct before {
		size_t at;
		bool secured;
		uint32_t message;
		uint8_t header_len, header[3];
	} before[RECORDS];
};

static uint32_t seed;

static unsigned draw(unsigned below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* `message`: bytes left of a message when it begins. */
static void add(struct stream *stream, unsigned type, const void *body, size_t len, bool secured,
                uint32_t message)
{
	const uint8_t header[] = { (uint8_t)type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len };
	stream->before[stream->count++] =
	        (struct before){ .at = stream->len, .secured = secured, .message = message };
	memcpy(stream->bytes + stream->len, header, sizeof header);
	memcpy(stream->bytes + stream->len + sizeof header, body, len);
	stream->len += sizeof header + len;
}

/* A message of 700 bytes in records of `most`, and of `header` as far as its header goes; two small ones in one
 * record, and what follows them. */
static void make(struct stream *stream, size_t header, size_t most)
{
	uint8_t body[1500] = { 11, 0, 2, 700 - 512 };
	static const uint8_t two[] = { 14, 0, 0, 0, 16, 0, 0, 3, 1, 2, 3 };
	*stream = (struct stream){ .len = 0 };
	for (size_t at = 0, n; at < 704; at += n) {
		struct before *before = &stream->before[stream->count];
		n = at < 4 ? header : most;
		n = at + n < 704 ? n : 704 - at;
		add(stream, TLS_RECORD_HANDSHAKE, body + at, n, false,
		    at < 4 ? 0 : (uint32_t)(704 - at));
		before->header_len = (uint8_t)(at < 4 ? at : 0);
		memcpy(before->header, body, before->header_len);
	}
	add(stream, TLS_RECORD_HANDSHAKE, two, sizeof two, false, 0);
	add(stream, TLS_RECORD_APPLICATION_DATA, body, 0, false, 0);
	add(stream, TLS_RECORD_CHANGE_CIPHER_SPEC, "\1", 1, false, 0);
	add(stream, TLS_RECORD_HANDSHAKE, body + 9, 40, true, 0);
	add(stream, TLS_RECORD_ALERT, body + 9, 26, true, 0);
	add(stream, TLS_RECORD_APPLICATION_DATA, body + 9, 300, true, 0);
}

/* What is to be said of the piece from `begin` to `end`; false where the second reading is sure of nothing. */
static bool expect(const struct stream *stream, size_t begin, size_t end, struct tls_boundary *want)
{
	for (size_t i = 0; i < stream->count; i++) {
		size_t at = stream->before[i].at;
		bool in_header = at < begin && end < at + TLS_RECORD_HEADER;
		if (in_header) /* its length is not known yet */
			return false;
		if (at < begin)
			continue;
		*want = (struct tls_boundary){ .first = (uint16_t)(at - begin), .known = true };
		if (at < end) {
			want->secured = stream->before[i].secured;
			want->message_left = stream->before[i].message;
			want->message_header_len = stream->before[i].header_len;
			memcpy(want->message_header, stream->before[i].header,
			       sizeof want->message_header);
		}
		return true;
	}
	*want = (struct tls_boundary){ .first = (uint16_t)(stream->len - begin), .known = true };
	return true;
}

static bool same(const struct tls_boundary *got, const struct tls_boundary *want)
{
	return got->known == want->known && got->first == want->first &&
	       got->secured == want->secured && got->message_left == want->message_left &&
	       got->message_header_len == want->message_header_len &&
	       memcmp(got->message_header, want->message_header, want->message_header_len) == 0;
}

/* Every piece has what the second reading says. */
static bool is_read(const struct stream *stream, const size_t *cuts, size_t count)
{
	struct tls_parser parser = { 0 };
	size_t begin = 0;
	for (size_t i = 0; i <= count; i++) {
		struct tls_boundary want = { 0 };
		size_t end = cuts && i < count ? cuts[i] : stream->len;
		bool known = expect(stream, begin, end, &want);
		struct tls_boundary got =
		        tls_parser_feed(&parser, stream->bytes + begin, end - begin);
		if (known ? !same(&got, &want) : got.known)
			return false;
		begin = end;
	}
	return !parser.lost;
}

static void cut_anywhere(void)
{
	static const struct {
		size_t header, most;
	} cases[] = { { 704, 704 }, { 703, 703 }, { 500, 500 }, { 100, 100 },
		      { 1, 500 },   { 2, 500 },   { 3, 500 } };
	struct stream stream;
	size_t cuts[STREAM];
	for (size_t m = 0; m < sizeof cases / sizeof *cases; m++) {
		bool good = true;
		make(&stream, cases[m].header, cases[m].most);
		ok(is_read(&stream, NULL, 0), "in one piece");
		for (size_t a = 1; a < stream.len; a++)
			for (size_t b = a; b < stream.len; b += b < a + 8 ? 1 : 97) {
				cuts[0] = a;
				cuts[1] = b;
				good = good && is_read(&stream, cuts, 2);
			}
		ok(good, "in three pieces, cut anywhere: messages in records of %zu and %zu bytes",
		   cases[m].header, cases[m].most);
		for (size_t i = 0; i + 1 < stream.len; i++)
			cuts[i] = i + 1;
		ok(is_read(&stream, cuts, stream.len - 1), "byte by byte");
		for (int times = 0; times < 500; times++) {
			size_t count = 0;
			for (size_t at = 1 + draw(40); at < stream.len;
			     at += 1 + draw(1 + draw(400)))
				cuts[count++] = at;
			good = good && is_read(&stream, cuts, count);
		}
		ok(good, "in any pieces");
	}
}

/* The header of a message is in two records. */
static void split_message_header(void)
{
	struct tls_parser parser = { 0 };
	static const uint8_t bytes[] = { 22, 3, 3, 0, 2,  11, 0, 22, 3, 3, 0,
		                         3,  0, 1, 9, 22, 3,  3, 0,  1, 7 };
	tls_parser_feed(&parser, bytes, 7);
	struct tls_boundary second = tls_parser_feed(&parser, bytes + 7, 8);
	struct tls_boundary third = tls_parser_feed(&parser, bytes + 15, 6);
	ok(second.known && second.message_header_len == 2 && !second.message_left &&
	           memcmp(second.message_header, "\13\0", 2) == 0,
	   "a record that begins in the header of a message");
	ok(third.known && third.message_left == 0 && !third.first, "and after a message of one byte");
}

static void not_tls(void)
{
	static const char *const others[] = {
		"HTTP/1.1 400 Bad Request\r\n\r\n",
		"SSH-2.0-OpenSSH\r\n",
		"\x16\x02\x00\x00\x05hello",
		"\x16\x03\x01\xff\xff",
		"\x13\x03\x03\x00\x01z",
		"\x19\x03\x03\x00\x01z",
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct tls_parser parser = { 0 };
		size_t len = strlen(others[i]) < 6 ? 5 : strlen(others[i]);
		struct tls_boundary first = tls_parser_feed(&parser, others[i], len);
		struct tls_boundary next = tls_parser_feed(&parser, "\x17\x03\x03\x00\x01z", 6);
		ok(first.known && !first.first && parser.lost, "other bytes are no records: %zu",
		   i);
		ok(!next.known, "and nothing after them is believed");
	}
}

static void names(void)
{
	struct tls_record record;
	ok(tls_record_read((const uint8_t *)"\x15\x03\x03\x00\x02", &record) &&
	           record.type == TLS_RECORD_ALERT && record.len == 2,
	   "a header");
	ok(tls_record_read((const uint8_t *)"\x17\x03\x03\x48\x00", &record) &&
	           !tls_record_read((const uint8_t *)"\x17\x03\x03\x48\x01", &record),
	   "the longest");
	is_text(tls_record_name(23), "application_data", "a type");
	ok(!tls_record_name(19) && !tls_record_name(25) && !tls_record_name(255),
	   "others have no name");
	is_text(tls_message_name(1), "ClientHello", "a message");
	ok(!tls_message_name(3) && !tls_message_name(255), "others have no name");
	is_text(tls_alert_name(70), "protocol_version", "an alert");
	is_text(tls_alert_name(121), "ech_required", "the last one");
	is_text(tls_alert_meaning(112), "there is no server of this name", "what one means");
	ok(!tls_alert_meaning(0) && !tls_alert_meaning(121) && !tls_alert_meaning(122),
	   "not every one means something by itself");
	ok(!tls_alert_name(1) && !tls_alert_name(122) && !tls_alert_level(0) && !tls_alert_level(3),
	   "others have no name");
	is_text(tls_version_name(0x0304), "TLS 1.3", "a version");
	ok(!tls_version_name(0x0305) && !tls_version_name(0x0a0a) && !tls_version_name(0x7f1c),
	   "others have no name");
}

/* version 3.3, random, no session, one suite, no compression, and these extensions: a name, ALPN, versions */
static size_t make_hello(uint8_t out[256])
{
	static const uint8_t rest[] = { 0,  0, 2,   0x13, 0x01, 1,    0,   0,    40,   0,  0, 0, 8,
		                        0,  6, 0,   0,    3,    'a',  '.', 'b',  0,    16, 0, 8, 0,
		                        6,  2, 'h', '2',  2,    'h',  'q', 0x0a, 0x0a, 0,  1, 0, 0,
		                        43, 0, 7,   6,    0x1a, 0x1a, 3,   4,    3,    3 };
	memset(out, 7, 34);
	out[0] = out[1] = 3;
	memcpy(out + 34, rest, sizeof rest);
	return 34 + sizeof rest;
}

static void hellos(void)
{
	uint8_t body[256];
	struct tls_hello hello;
	size_t len = make_hello(body);
	ok(tls_hello_read(TLS_CLIENT_HELLO, body, len, &hello), "a ClientHello is well-formed");
	is_bytes((const char *)hello.name, hello.name_len, "a.b", 3, "SNI");
	is_bytes((const char *)hello.alpn, hello.alpn_len, "\2h2\2hq", 6, "ALPN");
	ok(hello.version_count == 2 && hello.versions[0] == 0x0304 && hello.versions[1] == 0x0303,
	   "versions, and none that only tests what is ignored");
	bool good = true;
	for (size_t less = 0; less < len; less++)
		good = good &&
		       (!tls_hello_read(TLS_CLIENT_HELLO, body, less, &hello) || less == 41);
	ok(good, "none that is shorter is, but that without extensions");
	for (unsigned times = 0; times < 20000; times++) { /* the sanitizers look */
		make_hello(body);
		for (unsigned i = draw(4); i < 4; i++)
			body[draw((unsigned)len)] = (uint8_t)draw(256);
		tls_hello_read((uint8_t)(1 + draw(2)), body, len, &hello);
		good = good && hello.version_count <= TLS_VERSIONS &&
		       (!hello.name || hello.name + hello.name_len <= body + len) &&
		       (!hello.alpn || hello.alpn + hello.alpn_len <= body + len);
	}
	ok(good, "what is damaged points to nothing outside");
	ok(!tls_hello_read(11, body, len, &hello), "no other message is one");
}

int main(void)
{
	tap_watchdog(60);
	seed = 13;
	cut_anywhere();
	split_message_header();
	not_tls();
	names();
	hellos();
	return tap_done();
}
