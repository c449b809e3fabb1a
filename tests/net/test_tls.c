// SPDX-License-Identifier: GPL-3.0-or-later
/* Two ends in memory: a handshake in pieces of every size, cut after every byte, a byte changed at every place of a
 * record, clear text in every size around that of a record, ends. */
#include "net/tls/tls.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "support/tap.h"

struct pair {
	struct tls_context *contexts[2];
	struct tls *client, *server;
};

static void begin(struct pair *pair)
{
	struct error error;
	const struct tls_settings served = { .server = true }, called = { .unverified = true };
	pair->contexts[0] = tls_context_new(&called, &error);
	pair->contexts[1] = tls_context_new(&served, &error);
	pair->client = tls_new(pair->contexts[0], "localhost");
	pair->server = tls_new(pair->contexts[1], "");
}

static void begin_again(struct pair *pair)
{
	tls_free(pair->client);
	tls_free(pair->server);
	pair->client = tls_new(pair->contexts[0], "localhost");
	pair->server = tls_new(pair->contexts[1], "");
}

static void end(struct pair *pair)
{
	tls_free(pair->client);
	tls_free(pair->server);
	tls_context_release(pair->contexts[0]);
	tls_context_release(pair->contexts[1]);
}

/* Moves what one end has made to the other, in pieces, at most `most` bytes; returns how many. */
static size_t move(struct tls *from, struct tls *to, size_t piece, size_t most)
{
	size_t len, moved = 0;
	const char *records = tls_records(from, &len);
	len = len < most ? len : most;
	for (; moved < len; moved += piece) {
		size_t now = len - moved < piece ? len - moved : piece;
		tls_receive(to, records + moved, now);
		tls_step(to);
	}
	tls_sent(from);
	return len;
}

static void shake(struct pair *pair, size_t piece)
{
	tls_step(pair->client);
	while (move(pair->client, pair->server, piece, SIZE_MAX) +
	               move(pair->server, pair->client, piece, SIZE_MAX) >
	       0)
		continue;
}

static bool are_open(const struct pair *pair)
{
	return tls_state(pair->client) == TLS_OPEN && tls_state(pair->server) == TLS_OPEN;
}

static void test_handshake(struct pair *pair)
{
	for (size_t piece = 1; piece < 40; piece++) {
		begin_again(pair);
		shake(pair, piece);
		ok(are_open(pair), "a handshake in pieces of %zu", piece);
	}
	ok(strstr(tls_facts(pair->client), "TLS\tTLS 1.3\n"),
	   "the client knows what was agreed on");
	ok(strstr(tls_facts(pair->server), "SNI\tlocalhost\n"), "the server the name");
	const char *mark = tls_context_fingerprint(pair->contexts[1]);
	ok(strlen(mark) == 71 && strncmp(mark, "sha256:", 7) == 0 &&
	           strstr(tls_facts(pair->server), mark),
	   "and its fingerprint");
	is_text(tls_context_fingerprint(pair->contexts[0]), "", "a client has none");
}

static void take_line(void *context, const char *line)
{
	struct buf *lines = context;
	buf_printf(lines, "%s\n", line);
}

/* Each line of one is a line of the other. */
static bool have_same_lines(struct buf *one, struct buf *other)
{
	char line[400];
	bool same = one->len == other->len;
	for (const char *at = buf_text(one); same && *at; at += strlen(line)) {
		snprintf(line, sizeof line, "%.*s\n", (int)strcspn(at, "\n"), at);
		same = strstr(buf_text(other), line) != NULL;
	}
	return same;
}

static void test_keys(struct pair *pair)
{
	struct buf lines[2] = { { .max = SIZE_MAX }, { .max = SIZE_MAX } };
	begin_again(pair);
	tls_watch_keys(pair->client, take_line, &lines[0]);
	shake(pair, SIZE_MAX);
	ok(strstr(buf_text(&lines[0]), "CLIENT_TRAFFIC_SECRET_0 ") &&
	           !strstr(buf_text(&lines[0]), "\n\n"),
	   "one end is asked for its keys, and gives them, as lines");
	size_t before = lines[0].len;
	begin_again(pair);
	tls_watch_keys(pair->client, take_line, &lines[0]);
	tls_watch_keys(pair->server, take_line, &lines[1]);
	buf_clear(&lines[0]);
	shake(pair, 1);
	ok(lines[0].len == before && have_same_lines(&lines[0], &lines[1]),
	   "both ends have the same");
	buf_clear(&lines[0]);
	begin_again(pair);
	shake(pair, SIZE_MAX);
	ok(are_open(pair) && !lines[0].len,
	   "a connection of which nobody asks for them gives none");
	buf_free(&lines[0]);
	buf_free(&lines[1]);
}

/* Whatever is left out of it, neither end is open, and none has failed without a reason. */
static void test_cut(struct pair *pair)
{
	size_t bad = 0, most;
	for (most = 0; most < 3000; most++) {
		begin_again(pair);
		tls_step(pair->client);
		move(pair->client, pair->server, SIZE_MAX, SIZE_MAX);
		size_t moved = move(pair->server, pair->client, SIZE_MAX, most);
		if (moved < most)
			break;
		bad += tls_state(pair->server) != TLS_HANDSHAKE;
		bad += tls_state(pair->client) == TLS_FAILED;
	}
	ok(most > 500 && most < 3000, "the server's part has %zu bytes", most - 1);
	is_int((long)bad, 0,
	       "cut after each of them the handshake goes on, and is not over for the server");
}

static size_t read_all(struct tls *tls, char *out, size_t most)
{
	size_t got = 0, one;
	while (got < most && ((one = tls_read(tls, out + got, most - got)) > 0 || tls_has_unread(tls)))
		got += one;
	return got;
}

static void test_text(struct pair *pair)
{
	static const size_t sizes[] = {
		1, 2, TLS_PLAINTEXT_MOST - 1, TLS_PLAINTEXT_MOST, TLS_PLAINTEXT_MOST + 1, 3 * TLS_PLAINTEXT_MOST + 7, 1 << 20
	};
	char *sent = xmalloc(1 << 20), *got = xmalloc(1 << 20);
	for (size_t i = 0; i < 1 << 20; i++)
		sent[i] = (char)(i * 31 + (i >> 8));
	begin_again(pair);
	shake(pair, SIZE_MAX);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t len;
		ok(tls_write(pair->client, sent, sizes[i]), "%zu bytes are written", sizes[i]);
		tls_records(pair->client, &len);
		ok(len > sizes[i] && len <= sizes[i] + tls_overhead(sizes[i]),
		   "as records of %zu", len);
		move(pair->client, pair->server, 1000, SIZE_MAX);
		ok(read_all(pair->server, got, 1 << 20) == sizes[i] &&
		           memcmp(sent, got, sizes[i]) == 0,
		   "and read as they were");
	}
	ok(tls_write(pair->client, "", 0), "no bytes are no record");
	free(sent);
	free(got);
}

static void test_changed(struct pair *pair)
{
	char copy[100], out[100];
	size_t len = 0, bad = 0;
	for (size_t at = 0; at <= len; at++) {
		begin_again(pair);
		shake(pair, SIZE_MAX);
		tls_write(pair->client, "hello", 5);
		const char *records = tls_records(pair->client, &len);
		memcpy(copy, records, len);
		if (at < len)
			copy[at] ^= 1;
		tls_receive(pair->server, copy, len);
		size_t got = tls_read(pair->server, out, sizeof out);
		if (at == len) {
			ok(got == 5, "a record as it was is read");
		} else if (got) {
			bad++;
		} else if (tls_state(pair->server) == TLS_FAILED) {
			size_t alert;
			tls_records(pair->server, &alert);
			bad += !alert || !*tls_why(pair->server) || !*tls_advice(pair->server);
		} else {
			bad += at != 3 && at != 4; /* a length that is larger waits for more */
		}
	}
	is_int((long)bad, 0,
	       "one changed bit anywhere in a record: nothing is read, and an alert says so");
	ok(!tls_write(pair->server, "x", 1) || tls_state(pair->server) == TLS_OPEN,
	   "nothing is written after a failure");
}

/* One end's part of a handshake, with these bytes in the place of those at the beginning of a record. */
static struct tls *garble(struct pair *pair, bool of_server, size_t records, const char *text,
                          size_t len)
{
	enum { MOST = 8000, HEADER = 5 };
	size_t all, at = 0;
	unsigned char copy[MOST];
	begin_again(pair);
	tls_step(pair->client);
	if (of_server)
		move(pair->client, pair->server, SIZE_MAX, SIZE_MAX);
	struct tls *to = of_server ? pair->client : pair->server;
	const char *made = tls_records(of_server ? pair->server : pair->client, &all);
	memcpy(copy, made, all);
	for (; records; records--)
		at += HEADER + (size_t)(copy[at + 3] << 8 | copy[at + 4]);
	memcpy(copy + at, text, len);
	for (size_t i = 0; i < all; i++) {
		tls_receive(to, copy + i, 1);
		tls_step(to);
	}
	ok(tls_state(to) == TLS_FAILED, "a handshake with \"%.9s\" in it ends", text);
	return to;
}

/* What is no record is called so, and not a version that is not in common, as the library has it. */
static void test_garbage(struct pair *pair)
{
	static const char text[] = "220 hello\r\n";
	char want[100], out[100];
	size_t len;
	for (size_t records = 1; records < 4; records++) {
		const struct tls *tls = garble(pair, true, records, text, 11);
		snprintf(want, sizeof want,
		         "what came after %zu TLS record%s is no TLS record: \"220 h", records,
		         records == 1 ? "" : "s");
		ok(strncmp(tls_why(tls), want, strlen(want)) == 0, "no record: %s", tls_why(tls));
		ok(strstr(tls_why(tls), "; the peer was sent ") && !strstr(tls_why(tls), "in common"),
		   "the alert does not say why");
		ok(strstr(tls_advice(tls), "the peer has gone on without TLS, or bytes were lost"),
		   "nor does the advice: %s", tls_advice(tls));
		tls = garble(pair, true, records, "\x17\x03\x02", 3);
		ok(strstr(tls_why(tls), "a record has the version 0x0302") &&
		           !strstr(tls_advice(tls), "1.2 and 1.3"),
		   "one of another version: %s", tls_why(tls));
		tls = garble(pair, true, records, "\x18", 1);
		ok(strstr(tls_why(tls), "in a record of the type heartbeat 24;"),
		   "one of a type that has no place there: %s", tls_why(tls));
	}
	const struct tls *tls = garble(pair, false, 0, "\x17", 1);
	ok(strstr(tls_why(tls), "in a record of the type application_data 23;") &&
	           !strstr(tls_advice(tls), "no TLS record"),
	   "a first record of the wrong type is a record: %s", tls_why(tls));
	tls = garble(pair, true, 0, "\x16\x02", 2);
	ok(strstr(tls_why(tls), "speaks no TLS here: it sent \"\\x16\\x02"),
	   "one with the first byte alone is none: %s", tls_why(tls));
	begin_again(pair);
	shake(pair, SIZE_MAX);
	tls_write(pair->client, "hello", 5);
	const char *records = tls_records(pair->client, &len);
	tls_receive(pair->server, records, len);
	tls_receive(pair->server, text, 11);
	is_int((long)read_all(pair->server, out, sizeof out), 5,
	       "text after a record: the record is read");
	ok(strstr(tls_why(pair->server), "is no TLS record: \"220 hello\\r\\n\";"),
	   "and the text is none: %s", tls_why(pair->server));
}

static void test_ends(struct pair *pair)
{
	char out[100];
	begin_again(pair);
	shake(pair, SIZE_MAX);
	tls_write(pair->client, "last", 4);
	tls_close(pair->client);
	tls_close(pair->client);
	ok(!tls_write(pair->client, "x", 1), "nothing is written after close_notify");
	move(pair->client, pair->server, 3, SIZE_MAX);
	ok(read_all(pair->server, out, sizeof out) == 4 && tls_peer_closed(pair->server),
	   "what came before it is read");
	ok(tls_state(pair->server) == TLS_OPEN && tls_write(pair->server, "more", 4),
	   "the other direction is open");
	move(pair->server, pair->client, 1, SIZE_MAX);
	ok(read_all(pair->client, out, sizeof out) == 4 && !tls_peer_closed(pair->client),
	   "and is read");
	ok(strstr(tls_advice(pair->client), "close_notify"), "an end without it is explained");
	begin_again(pair);
	tls_step(pair->client);
	tls_receive(pair->client, "HTTP/1.1 400 \r\n", 15);
	ok(tls_step(pair->client) == TLS_FAILED, "no TLS is a failure");
	is_text(tls_why(pair->client),
	        "the peer speaks no TLS here: it sent \"HTTP/1.1 400 \\r\\n\"",
	        "that says what came");
	ok(strstr(tls_advice(pair->client), "STARTTLS"), "and what it may be");
}

static void test_settings(void)
{
	static const char pin[] = "sha256:"
	                          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct error error;
	const struct tls_settings half = { .cert = "a.pem" },
	                          missing = { .cert = "/nowhere/a.pem", .key = "b.pem" },
	                          comma = { .alpn = "h2,,x" }, fine = { .alpn = "h2,http/1.1" };
	ok(!tls_context_new(&half, &error) && strstr(error.text, "belong together"),
	   "a certificate without its key");
	ok(!tls_context_new(&missing, &error) && strstr(error.text, "/nowhere/a.pem: "),
	   "a file that is not there");
	ok(!tls_context_new(&comma, &error) && strstr(error.text, "alpn"), "an empty protocol");
	struct tls_settings served = { .server = true, .ca = "/nowhere/a.pem", .unverified = true };
	ok(!tls_check_settings(&served, &error) && strstr(error.text, "leave out ca or verify off"),
	   "a server that asks clients for certificates takes not any: %s", error.text);
	served = (struct tls_settings){ .server = true, .pin = pin };
	ok(!tls_check_settings(&served, &error) && strstr(error.text, "for the client's end"),
	   "a server has no pin: %s", error.text);
	served.server = false;
	ok(tls_check_settings(&served, &error), "but a client");
	served = (struct tls_settings){ .ca = "a.pem", .unverified = true };
	ok(tls_check_settings(&served, &error), "which takes any, and says what an authority makes of it");
	struct tls_context *context = tls_context_new(&fine, &error);
	ok(context && tls_context_verifies(context),
	   "protocols; a certificate is verified by default");
	struct tls_context *shared = tls_context_share(context);
	tls_context_release(context);
	ok(shared == context && tls_context_verifies(shared), "it lives as long as it is shared");
	tls_context_release(shared);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		abort();
}

/* They are read for the first certificate, and again after their file has changed. */
static void test_authorities(void)
{
	struct pair pair;
	struct error error;
	char path[] = "/tmp/sockpit-authorities-XXXXXX";
	int fd = mkstemp(path);
	if (fd < 0)
		abort();
	close(fd);
	setenv("SSL_CERT_FILE", path, 1);
	setenv("SSL_CERT_DIR", "/dev/null", 1);
	struct tls_authorities *kept = tls_authorities_renew(NULL);
	const struct tls_settings served = { .server = true }, called = { .authorities = kept };
	pair.contexts[0] = tls_context_new(&called, &error);
	pair.contexts[1] = tls_context_new(&served, &error);
	pair.client = tls_new(pair.contexts[0], "localhost");
	pair.server = tls_new(pair.contexts[1], "");
	write_file(path, "no certificate is in this");
	ok(tls_authorities_renew(kept) == kept, "before anything was verified they are not read");
	shake(&pair, SIZE_MAX);
	ok(tls_state(pair.client) == TLS_FAILED && strstr(tls_why(pair.client), "self-signed"),
	   "nobody is trusted: %s", tls_why(pair.client));
	ok(tls_authorities_renew(kept) == kept, "as long as the file is the same they are kept");
	write_file(path, "another text");
	struct tls_authorities *before = kept;
	kept = tls_authorities_renew(kept);
	ok(kept != before, "in place of another file's come those of the new one");
	end(&pair);
	const struct tls_settings again = { .authorities = kept };
	struct tls_context *context = tls_context_new(&again, &error);
	write_file(path, "a third one");
	ok(tls_authorities_renew(kept) == kept, "which are not read yet");
	tls_context_release(context);
	tls_authorities_release(kept);
	unlink(path);
}

/* A client of that context, which has read what comes after the handshake; the facts are its own. */
static void visit(struct tls_context *client, struct tls_context *server, struct buf *keys, struct buf *facts)
{
	char byte;
	struct pair pair = { .client = tls_new(client, "localhost"), .server = tls_new(server, "") };
	if (keys)
		tls_watch_keys(pair.client, take_line, keys);
	shake(&pair, SIZE_MAX);
	tls_read(pair.client, &byte, 1);
	buf_clear(facts);
	buf_append_text(facts, are_open(&pair) ? tls_facts(pair.client) : tls_why(pair.client));
	tls_free(pair.client);
	tls_free(pair.server);
}

static bool has(struct buf *facts, const char *text)
{
	return strstr(buf_text(facts), text) != NULL;
}

/* Clients with the same authorities share what costs memory, and nothing that differs: settings, tickets, keys. */
static void test_shared(void)
{
	struct error error;
	struct buf facts = { .max = SIZE_MAX }, keys = { .max = SIZE_MAX };
	struct tls_authorities *authorities = tls_authorities_renew(NULL);
	const struct tls_settings served = { .server = true, .alpn = "http/1.1,h2" };
	struct tls_context *server = tls_context_new(&served, &error);
	const struct tls_settings settings[] = {
		{ .authorities = authorities, .unverified = true, .alpn = "h2" },
		{ .authorities = authorities, .pin = tls_context_fingerprint(server) },
		{ .authorities = authorities, .alpn = "http/1.1" },
	};
	struct tls_context *contexts[3];
	for (size_t i = 0; i < 3; i++)
		contexts[i] = tls_context_new(&settings[i], &error);
	visit(contexts[0], server, &keys, &facts);
	ok(has(&facts, "ALPN\th2\n") && has(&facts, "verify off") && has(&facts, "resumed\tno: full"),
	   "verify off: %s", buf_text(&facts));
	ok(keys.len, "its keys are asked for");
	buf_clear(&keys);
	visit(contexts[1], server, NULL, &facts);
	ok(!has(&facts, "ALPN") && has(&facts, "verified\tit is the pinned one") &&
	           has(&facts, "resumed\tno: full"),
	   "a pin, and no ticket of another client: %s", buf_text(&facts));
	visit(contexts[2], server, NULL, &facts);
	ok(has(&facts, "self-signed"), "the rest: %s", buf_text(&facts));
	ok(!keys.len, "nobody asked for their keys");
	for (size_t i = 0; i < 2; i++) {
		visit(contexts[i], server, NULL, &facts);
		ok(has(&facts, "resumed\tyes"), "each goes on with its own ticket: %s", buf_text(&facts));
	}
	tls_authorities_release(authorities);
	visit(contexts[0], server, NULL, &facts);
	ok(has(&facts, "resumed\tyes"), "they outlive what they were made with");
	for (size_t i = 0; i < 3; i++)
		tls_context_release(contexts[i]);
	tls_context_release(server);
	buf_free(&facts);
	buf_free(&keys);
}

/* The library takes "" for any host, and ".example" for all names in it. */
static void test_server_names(void)
{
	static const struct {
		const char *name;
		bool right;
	} names[] = {
		{ "localhost", true },   { "a.example.", true },
		{ "127.0.0.1", true },   { "::1", true },
		{ "_x.a-b.org", true },  { "", false },
		{ ".", false },          { ".example", false },
		{ "a..example", false }, { "a:443", false },
		{ "[::1]", false },      { "a/b", false },
		{ "a b", false },        { "*.example", false },
		{ "%lo", false },        { "\xc3\xbc.example", false },
	};
	char most[] = "1234567890123456789012345678901234567890123456789012345678901234.example";
	struct error error;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct tls_settings settings = { .server_name = names[i].name };
		ok(tls_check_settings(&settings, &error) == names[i].right,
		   "\"%s\" is %s server name", names[i].name, names[i].right ? "a" : "no");
	}
	ok(!tls_check_server_name(most, &error), "no part of a name has 64 characters");
	ok(strstr(error.text, "is no server name"), "one line says so: %s", error.text);
	ok(tls_check_server_name(most + 1, &error), "but 63");
	char long_name[256] = "";
	for (size_t i = 0; i < 254; i++)
		long_name[i] = i % 2 ? '.' : 'a';
	ok(tls_check_server_name(long_name, &error), "a name has 253 characters and a root's dot");
	long_name[254] = 'a';
	ok(!tls_check_server_name(long_name, &error), "and no more");
}

static void test_alpn(void)
{
	static const struct {
		const char *words;
		bool right;
	} all[] = { { "h2", true },  { "h2,http/1.1", true }, { "", false },     { ",", false },
		    { "h2,", false }, { ",h2", false },        { "a,,b", false } };
	char most[300] = "";
	struct error error;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		const struct tls_settings settings = { .alpn = all[i].words };
		ok(tls_check_settings(&settings, &error) == all[i].right, "\"%s\" is %s of ALPN",
		   all[i].words, all[i].right ? "a list" : "no list");
	}
	const struct tls_settings settings = { .alpn = most };
	memset(most, 'x', 255);
	ok(tls_check_settings(&settings, &error), "a protocol has 255 bytes");
	most[255] = 'x';
	ok(!tls_check_settings(&settings, &error), "and no more");
	memset(most, 0, sizeof most);
	for (size_t i = 0; i < 257; i++)
		most[i] = i % 2 ? ',' : 'x';
	ok(!tls_check_settings(&settings, &error), "nor have all of them more than there is room for");
	most[255] = '\0';
	ok(tls_check_settings(&settings, &error), "of which each takes a byte for its length");
}

int main(void)
{
	struct pair pair;
	struct error error;
	if (!tls_is_available(&error)) {
		ok(strstr(error.text, "built without OpenSSL"), "one line says what is missing");
		ok(!tls_context_new(&(struct tls_settings){ .server = true }, &error),
		   "and nothing is made");
		return tap_done();
	}
	test_server_names();
	test_alpn();
	begin(&pair);
	test_handshake(&pair);
	test_keys(&pair);
	test_cut(&pair);
	test_text(&pair);
	test_changed(&pair);
	test_garbage(&pair);
	test_ends(&pair);
	end(&pair);
	test_settings();
	test_authorities();
	test_shared();
	return tap_done();
}
