// SPDX-License-Identifier: GPL-3.0-or-later
/* A log of JSON lines gives back, by log_reader, the entries that were written to it. */
#include "log/log_json.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "log/log_format.h"
#include "log/log_reader.h"
#include "record/frame_entry.h"
#include "record/sample.h"
#include "support/tap.h"

/* ---- a log in a file ---- */

enum { CEILING = 16 << 20 };

/* All entries of a transcript, as a log. */
static void format_all(const struct transcript *t, struct buf *out)
{
	struct log_state state = { .transcript = t };
	state.own = calloc(1, json_log_format.state_size);
	json_log_format.begin(&state, out);
	for (uint64_t at = transcript_first(t); at != TRANSCRIPT_NONE; at = transcript_next(t, at))
		json_log_format.entry(&state, at, transcript_at(t, at), out);
	json_log_format.end(&state, out);
	json_log_format.done(&state);
	free(state.own);
}

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	struct endpoint elsewhere = *a;
	if (elsewhere.scope)
		elsewhere.scope |= ENDPOINT_ELSEWHERE;
	return a->family == b->family && (!endpoint_is_set(a) || endpoint_equal(&elsewhere, b)) &&
	       (endpoint_is_unix(a) || !endpoint_is_set(a) ||
	        strcmp(a->interface, b->interface) == 0);
}

static bool same_boundary(const struct tls_boundary *a, const struct tls_boundary *b)
{
	return a->known == b->known && a->first == b->first && a->secured == b->secured &&
	       a->message_left == b->message_left &&
	       a->message_header_len == b->message_header_len &&
	       memcmp(a->message_header, b->message_header, a->message_header_len) == 0;
}

static bool same_entry(const struct entry *want, const struct log_record *record)
{
	const struct tls_boundary records = entry_boundary(want);
	const struct entry *got = &record->entry.header;
	uint8_t flags = entry_is_shared(want) ? want->flags & (uint8_t)~ENTRY_SHARED : want->flags;
	const struct endpoint addr = entry_addr(want), local = entry_local(want);
	return got->time == want->time && got->len == want->len &&
	       got->duration == want->duration && got->session == want->session &&
	       got->arg == want->arg && got->arg2 == want->arg2 && got->fd == want->fd &&
	       got->stream_offset == want->stream_offset && got->call == want->call &&
	       got->error == want->error && got->flags == flags &&
	       same_endpoint(&addr, &record->entry.addr) &&
	       same_endpoint(&local, &record->entry.local) &&
	       same_boundary(&records, &record->entry.records) &&
	       memcmp(entry_payload(want), record->entry.payload, want->len) == 0;
}

/* Writes the transcript, reads it back and compares; also as a transcript that was made of the records. */
static void goes_round(struct transcript *t, const char *name)
{
	struct buf log;
	struct error error = { .text = "" };
	struct log_record record;
	buf_init(&log, SIZE_MAX);
	format_all(t, &log);
	struct transcript *copy = transcript_new(CEILING, TRANSCRIPT_BLOCK);
	struct log_reader *reader = log_reader_open(tap_file(buf_data(&log), log.len), &error);
	bool good = reader && log_reader_next(reader, &record, &error) == LOG_READ &&
	            record.kind == LOG_HEADER;
	uint64_t at = transcript_first(t);
	unsigned call = 0;
	for (; good && at != TRANSCRIPT_NONE; at = transcript_next(t, at)) {
		const struct entry *entry = transcript_at(t, at);
		call = entry->call;
		good = log_reader_next(reader, &record, &error) == LOG_READ &&
		       record.kind == LOG_ENTRY && same_entry(entry, &record);
		if (!good)
			break;
		uint64_t appended = log_record_append(&record, copy);
		good = same_entry(transcript_at(copy, appended), &record);
	}
	good = good && log_reader_next(reader, &record, &error) == LOG_END;
	if (!ok(good, "%s", name))
		printf("# entry of %s: %s\n# %.*s\n", entry_call_name((enum call)call), error.text,
		       log.len < 4000 ? (int)log.len : 0, buf_data(&log));
	log_reader_close(reader);
	transcript_free(copy);
	buf_free(&log);
}

/* ---- entries of all kinds ---- */

static uint64_t seed = 42;

static uint64_t any(void)
{
	seed ^= seed << 13; /* xorshift64 */
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static struct endpoint any_endpoint(void)
{
	static const char paths[][24] = { "/run/echo", "\0abstract\0with NUL", "\0\xff\xfe",
		                          "/tmp/\"\\\n", "" };
	static const uint8_t lens[] = { 9, 19, 3, 8, 0 };
	struct endpoint addr = { .family = AF_UNSPEC };
	unsigned which = (unsigned)(any() % 9);
	uint8_t ip[16];
	for (unsigned i = 0; i < sizeof ip; i++)
		ip[i] = (uint8_t)any();
	if (which < 5) {
		addr.family = AF_UNIX;
		addr.path_len = lens[which];
		memcpy(addr.path, paths[which], lens[which]);
	} else if (which < 8) {
		addr = endpoint_of_ip(which == 5 ? AF_INET : AF_INET6, ip, (uint16_t)any());
		if (which == 7) {
			memcpy(addr.ip, (uint8_t[]){ 0xfe, 0x80 }, 2);
			addr.scope = any() % 2 ? 2 : 3 | ENDPOINT_ELSEWHERE;
		}
	}
	return addr;
}

static const char utf8[] =
        "plain, \"quoted\", back\\slash, \b\f\n\r\t\x1b\x7f, \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80, "
        "\xc2\x80\xc2\x9b\xe2\x80\xae\xe2\x81\xa6\xef\xbf\xbf\xf4\x8f\xbf\xbf";

/* Text of any kind in the first half of the numbers, else bytes. */
static size_t any_payload(char *out, size_t most)
{
	size_t len = any() % 4 ? any() % 200 : any() % (most + 1);
	uint64_t kind = any();
	for (size_t i = 0; i < len; i++)
		out[i] = kind % 4 == 0   ? (char)any()
		         : kind % 4 == 1 ? utf8[i % (sizeof utf8 - 1)]
		         : kind % 4 == 2 ? (char)(any() % 128)
		                         : (char)('a' + i % 26);
	return len;
}

static void append_sample(struct transcript *t, const struct entry *header)
{
	char packed[SAMPLE_PACKED];
	struct sample sample = { .present = 0 };
	for (unsigned field = 0; field < SAMPLE_COUNT; field++)
		if (any() % 3)
			sample_set(&sample, (enum sample_field)field,
			           any() % 8 ? any() % 16 : any() >> any() % 64);
	transcript_append(t, header, NULL, packed, sample_pack(&sample, packed));
}

static void append_errqueue(struct transcript *t, const struct entry *header,
                            const struct endpoint *addr)
{
	uint8_t packed[ERRQUEUE_PACKED];
	struct errqueue error = { .origin = (uint8_t)(any() % 5),
		                  .type = (uint8_t)any(),
		                  .code = (uint8_t)any(),
		                  .error = (uint8_t)any(),
		                  .info = (uint32_t)any(),
		                  .delay = any(),
		                  .target = any_endpoint() };
	error.target.scope = 0;
	transcript_append(t, header, addr, packed, entry_pack_errqueue(&error, packed));
}

static void append_frame(struct transcript *t, int64_t time)
{
	static uint8_t bytes[FRAME_KEPT_MOST];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)any();
	struct frame_note note = { .event = (uint8_t)(any() % FRAME_EVENTS),
		                   .host = (uint8_t)(any() % HOST_COUNT),
		                   .pieces = (uint16_t)any(),
		                   .len = (uint32_t)any() % INT32_MAX,
		                   .bytes = bytes,
		                   .loopback = any() % 2,
		                   .secret = any() % 2,
		                   .kept = any() %
		                           (any() % 8 ? FRAME_KEPT + 1 : FRAME_KEPT_MOST + 1),
		                   .words = "loss data 60",
		                   .words_len = any() % 13 };
	if (any() % 3)
		note.segment = (struct segment){ .name = any() % SEGMENT_NAMES,
			                         .seq = (int64_t)any() / 8, /* none is farther */
			                         .ack = (int64_t)any() / 8,
			                         .len = (uint32_t)any(),
			                         .window = (uint32_t)any(),
			                         .number = (uint32_t)any(),
			                         .copy = (uint16_t)any(),
			                         .duplicate = (uint16_t)any(),
			                         .scaled = any() % 2,
			                         .seq_based = any() % 2,
			                         .ack_based = any() % 2,
			                         .gap = any() % 2,
			                         .fills_window = any() % 2 };
	frame_entry_append(t, WIRE_FIRST + (uint32_t)any() % 1000, time, &note);
}

static void append_any(struct transcript *t, enum call call)
{
	static char payload[ENTRY_SECRET_MOST];
	struct endpoint addr = any_endpoint(), local = any_endpoint();
	struct entry header = {
		.time = clock_now() - (int64_t)(any() >> 12),
		.duration = any() % 3   ? (uint32_t)any()
		            : any() % 2 ? 0
		                        : UINT32_MAX,
		.session = any() % 5 ? (uint32_t)any() % 100 : (uint32_t)any() % WIRE_FIRST,
		.arg = any() % 2 ? (int32_t)any() : (int32_t)any() % 8,
		.arg2 = any() % 2 ? (int16_t)any() : (int16_t)(any() % 16),
		.fd = any() % 2 ? -1 : (int16_t)any(),
		.call = (uint8_t)call,
		.error = any() % 2 ? (uint8_t)any() : 0,
		.flags = (uint8_t)any(),
	};
	if (call == CALL_RECVMSG) {
		header.ttl = (uint8_t)any();
		header.tos = (uint8_t)any();
	}
	if (call == CALL_SAMPLE) {
		header.arg &= 3;
		append_sample(t, &header);
	} else if (call == CALL_ERRQUEUE) {
		append_errqueue(t, &header, &addr);
	} else if (call == CALL_FRAME) {
		append_frame(t, header.time);
	} else if (call == CALL_SOCKET) {
		transcript_append(t, &header, NULL, any() % 2 ? "\1" : "\2", any() % 2);
	} else {
		size_t room, len = any_payload(payload, 70000);
		char *place = transcript_reserve(t, ENTRY_ADDRESSES, len, &room);
		memcpy(place, payload, len);
		snprintf(local.interface, endpoint_is_unix(&local) ? 0 : sizeof local.interface,
		         "eth%d", (int)(any() % 3));
		transcript_commit(t, &header, &addr, &local, len);
	}
}

static void every_kind_goes_round(void)
{
	for (int call = 0; call < CALL_COUNT; call++) {
		struct transcript *t = transcript_new(CEILING, TRANSCRIPT_BLOCK);
		for (int i = 0; i < 300; i++)
			append_any(t, (enum call)call);
		char name[80];
		snprintf(name, sizeof name, "300 of %s%s go round",
		         entry_call_name((enum call)call),
		         call == CALL_ERRQUEUE ? "(MSG_ERRQUEUE)" : "");
		goes_round(t, name);
		transcript_free(t);
	}
}

static void append_text(struct transcript *t, enum call call, unsigned flags, const char *bytes,
                        size_t len)
{
	const struct entry header = { .time = clock_now(),
		                      .session = 1,
		                      .fd = 3,
		                      .call = (uint8_t)call,
		                      .flags = (uint8_t)flags };
	transcript_append(t, &header, NULL, bytes, len);
}

static void payloads_go_round(void)
{
	static char large[TRANSCRIPT_BLOCK];
	struct transcript *t = transcript_new(CEILING, TRANSCRIPT_BLOCK);
	append_text(t, CALL_RECV, 0, "", 0);
	append_text(t, CALL_RECV, 0, utf8, sizeof utf8);
	append_text(t, CALL_RECV, 0, "\0", 1);
	for (int byte = 0; byte < 256; byte++) {
		char one = (char)byte, cut[] = "1234567\xe2\x82\xac";
		append_text(t, CALL_SEND, 0, &one, 1);
		cut[7] = one;
		append_text(t, CALL_SEND, 0, cut, sizeof cut - 1);
	}
	for (size_t len = 1; len < 30; len++)
		append_text(t, CALL_SEND, 0,
		            "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xf4\xf3\xf2\xf1\xf0\x00"
		            "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d",
		            len);
	goes_round(t, "every byte, alone and within a text");
	memset(large, 'a', sizeof large);
	append_text(t, CALL_RECV, 0, large, sizeof large - ENTRY_HEADER);
	memset(large, 1, sizeof large);
	append_text(t, CALL_RECV, 0, large, sizeof large - ENTRY_HEADER);
	goes_round(t, "a payload that fills a block, also if each byte is an escape");
	append_text(t, CALL_NOTE, 0, large, 2 * sizeof large / 3);
	append_text(t, CALL_NOTE, ENTRY_ANSWER, utf8, 39); /* in the middle of a character */
	append_text(t, CALL_STATE, ENTRY_ERROR, "words", 5);
	append_text(t, CALL_COMMAND, 0, "/open", 5);
	goes_round(t, "words");
	transcript_free(t);
}

/* How an entry is kept is no part of a log. */
static void records_go_round(void)
{
	static const struct tls_boundary boundaries[] = {
		{ .known = false },
		{ .known = true },
		{ .known = true, .first = UINT16_MAX, .secured = true },
		{ .known = true, .first = 7, .message_left = 0xffffff },
		{ .known = true, .message_header_len = 1, .message_header = "\13" },
		{ .known = true, .first = 2, .message_header_len = 3, .message_header = "\0\0\1" },
	};
	struct transcript *t = transcript_new(CEILING, TRANSCRIPT_BLOCK);
	for (size_t i = 0; i < sizeof boundaries / sizeof *boundaries; i++) {
		size_t room;
		const struct entry header = { .time = clock_now(),
			                      .session = 1,
			                      .call = i % 2 ? CALL_SEND : CALL_RECV,
			                      .flags = ENTRY_SEALED };
		memset(transcript_reserve(t, ENTRY_RECORDS, 9, &room), 22, 9);
		transcript_set_boundary(t, &boundaries[i]);
		transcript_commit(t, &header, NULL, NULL, 9);
	}
	goes_round(t, "where TLS records begin");
	transcript_free(t);
}

static void shared_bytes_go_round(void)
{
	struct buf log;
	const struct entry header = { .session = 1, .fd = 3, .call = CALL_SEND };
	struct transcript *t = transcript_new(CEILING, TRANSCRIPT_BLOCK);
	append_text(t, CALL_RECV, 0, "sent back", 9);
	transcript_share(t, 0, entry_payload(transcript_at(t, transcript_first(t))), 9);
	ok(entry_is_shared(transcript_at(t, transcript_commit(t, &header, NULL, NULL, 9))),
	   "an entry has its bytes in another");
	buf_init(&log, SIZE_MAX);
	format_all(t, &log);
	ok(!strstr(buf_text(&log), "no_end"), "... of which the log says nothing");
	goes_round(t, "... and they are in the log");
	buf_free(&log);
	transcript_free(t);
}

/* A word as sockpit-log(5) writes one: alone, or before a comma. */
static bool is_described(const char *page, const char *word)
{
	size_t len = strlen(word);
	for (const char *at = page; (at = strstr(at, word)); at++)
		if ((at[-1] == ' ' || at[-1] == '\n') && strchr(" ,\n", at[len]))
			return true;
	return false;
}

static void is_described_by_the_manual(void)
{
	static char page[1 << 16];
	char name[1024];
	const char *source = getenv("srcdir");
	snprintf(name, sizeof name, "%s/man/sockpit-log.5", source ? source : ".");
	FILE *file = fopen(name, "re");
	size_t len = file ? fread(page, 1, sizeof page - 1, file) : 0;
	ok(len > 0 && len < sizeof page - 1, "there is a manual page");
	for (int words = LOG_TYPES; words <= LOG_EOLS; words++)
		for (unsigned number = 0; number < 100; number++) {
			const char *word = log_word((enum log_words)words, number);
			if (words != LOG_SEGMENTS && word && *word && !is_described(page, word))
				ok(false, "%s is described", word);
		}
	for (unsigned bit = 0; bit < 8; bit++)
		ok(is_described(page, log_flag(CALL_RECV, bit)) &&
		           is_described(page, log_flag(CALL_RECVFROM, bit)) &&
		           is_described(page, log_flag(CALL_NOTE, bit)),
		   "%s is described", log_flag(CALL_RECV, bit));
	if (file)
		fclose(file);
}

int main(void)
{
	tap_watchdog(50);
	every_kind_goes_round();
	payloads_go_round();
	records_go_round();
	shared_bytes_go_round();
	is_described_by_the_manual();
	return tap_done();
}
