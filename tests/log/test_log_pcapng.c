// SPDX-License-Identifier: GPL-3.0-or-later
/* What rarely happens on a real wire; the rest is in tests/e2e/test_pcapng.py. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "log/key_log.h"
#include "log/log_format.h"
#include "net/sessions.h"
#include "record/frame_entry.h"
#include "net/target.h"
#include "net/tls/tls.h"
#include "support/peer.h"
#include "support/tap.h"

static struct transcript *transcript;
static struct log_state state;
static struct buf out;

static void begin(void)
{
	transcript = transcript_new(4 * TRANSCRIPT_BLOCK, TRANSCRIPT_BLOCK);
	state = (struct log_state){ .transcript = transcript,
		                    .sessions = sessions_new(transcript),
		                    .own = calloc(1, pcapng_log_format.state_size) };
	out = (struct buf){ .max = SIZE_MAX };
	pcapng_log_format.begin(&state, &out);
	buf_clear(&out);
}

static void end(void)
{
	free(state.own);
	sessions_free((struct sessions *)(uintptr_t)state.sessions);
	transcript_free(transcript);
	buf_free(&out);
}

static void put(uint64_t position)
{
	pcapng_log_format.entry(&state, position, transcript_at(transcript, position), &out);
}

static void put_frame(uint32_t number, const struct frame_note *note)
{
	put(frame_entry_append(transcript, number, clock_now(), note));
}

static void put_lookup(const char *text, int error)
{
	const struct entry header = { .call = CALL_GETADDRINFO, .error = (uint8_t)error };
	put(transcript_append(transcript, &header, NULL, text, strlen(text)));
}

/* The types of the blocks, "1 6 5"; their lengths must be right. */
static const char *blocks(void)
{
	static char text[200];
	size_t len = 0, used = 0;
	text[0] = '\0';
	while (len < out.len) {
		uint32_t header[2], last;
		memcpy(header, buf_data(&out) + len, sizeof header);
		if (header[1] < 12 || header[1] % 4 || header[1] > out.len - len)
			return "wrong";
		len += header[1];
		memcpy(&last, buf_data(&out) + len - sizeof last, sizeof last);
		if (last != header[1])
			return "wrong";
		used += (size_t)snprintf(text + used, sizeof text - used, used ? " %u" : "%u",
		                         header[0]);
	}
	return text;
}

static bool has(const void *bytes, size_t len)
{
	return memmem(buf_data(&out), out.len, bytes, len) != NULL;
}

static bool has_option(uint16_t code, uint64_t value)
{
	struct {
		uint16_t code, len;
		uint32_t words[2];
	} option = { code, 8, { 0 } };
	memcpy(option.words, &value, sizeof value);
	return has(&option, sizeof option);
}

static const uint8_t bytes[60];
static const struct frame_note frame = { .event = FRAME_LEAVES,
	                                 .host = HOST_HERE,
	                                 .pieces = 1,
	                                 .len = 61,
	                                 .bytes = bytes,
	                                 .kept = sizeof bytes };
static const struct frame_note gap = { .event = FRAME_MISSED,
	                               .host = HOST_HERE,
	                               .len = 7,
	                               .words = "7 frames were not recorded",
	                               .words_len = 26 };

static void says_what_is_missing(void)
{
	begin();
	put_frame(WIRE_FIRST + 10, &frame);
	is_text(blocks(), "1 6", "a frame has its interface before it");
	buf_clear(&out);
	put_frame(WIRE_FIRST, &gap);
	is_text(blocks(), "5", "frames that were not recorded are a statistic");
	ok(has("7 frames were not recorded", 26) && has_option(4, 8) && has_option(5, 7),
	   "with a comment, and the numbers received and lost");
	buf_clear(&out);
	put_frame(WIRE_FIRST + 10, &gap);
	is_text(blocks(), "", "which each end of a conversation would say again");
	put_frame(WIRE_FIRST + 10, &frame);
	ok(has_option(4, 7), "the next frame has the number, too");
	buf_clear(&out);
	put_frame(WIRE_FIRST + 10, &frame);
	ok(!has_option(4, 7), "but not those after it");
	buf_clear(&out);
	pcapng_log_format.end(&state, &out);
	is_text(blocks(), "5", "the end has the statistics");
	ok(has_option(4, 10) && has_option(5, 7), "of all");
	end();
}

static void says_what_was_evicted(void)
{
	begin();
	pcapng_log_format.missed(&state, (struct transcript_amount){ 12, 3456 }, &out);
	is_text(blocks(), "", "what left the transcript before is no frame");
	put_frame(WIRE_FIRST + 10, &frame);
	ok(has("12 entries were no longer in memory", 35), "the first frame says it");
	end();
}

static void resolves_names(void)
{
	static const uint8_t ipv4[] = { 192, 0, 2, 7 };
	static const uint8_t ipv6[] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };
	begin();
	put_lookup("example.net 80\n192.0.2.7:80\n[2001:db8::7]:80\n[fe80::1%eth0]:80", 0);
	is_text(blocks(), "4", "a name that was looked up is a block");
	ok(has(ipv4, sizeof ipv4) && has(ipv6, sizeof ipv6) && has("example.net", 12),
	   "with its addresses");
	buf_clear(&out);
	put_lookup("example.net 80\nno such host", EHOSTUNREACH);
	put_lookup("/tmp/socket \n/tmp/socket", 0);
	put_lookup("", 0);
	put_lookup("example.net 80", 0);
	put_lookup("example.net 80\n", 0);
	put_lookup("example.net "
	           "80\n[\n[]\n:\n999.0.0.1:1\n1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20."
	           "21:8",
	           0);
	is_text(blocks(), "", "not one without any");
	end();
}

static void needs_a_wire(void)
{
	struct error error;
	begin();
	ok(!pcapng_log_format.may_begin(&state, true, &error), "without a wire there is no log");
	put_frame(WIRE_FIRST + 10, &frame);
	ok(pcapng_log_format.may_begin(&state, true, &error),
	   "but there may be frames in the transcript");
	ok(!pcapng_log_format.may_begin(&state, false, &error), "which a log from now on has not");
	end();
}

/* ---- secrets of TLS ---- */

static void begin_with_keys(struct key_log *keys, bool continues)
{
	begin();
	state.keys = keys;
	state.past = !continues;
	state.continues = continues;
	pcapng_log_format.begin(&state, &out);
}

static void end_with_keys(void)
{
	pcapng_log_format.done(&state);
	end();
}

static void has_keys(void)
{
	static const uint32_t secrets[] = { 10, 32, 0x544c534b, 9 };
	struct key_log *keys = key_log_new(8);
	key_log_open_later(keys);
	begin_with_keys(keys, false);
	key_log_add(keys, 3, "LABEL a b"); /* ten bytes with the line feed */
	buf_clear(&out);
	put_frame(WIRE_FIRST + 10, &frame);
	is_text(blocks(), "10 1 6", "secrets come before the next frame");
	ok(has("LABEL a b\n\0\0", 12), "as lines of a key log, padded");
	buf_clear(&out);
	put_frame(WIRE_FIRST + 10, &frame);
	is_text(blocks(), "6", "once");
	key_log_add(keys, 4, "LABEL 12");
	buf_clear(&out);
	put_lookup("nothing", 0);
	is_text(blocks(), "10", "whatever comes next");
	ok(has(secrets, 4) && has("LABEL 12\n\0\0\0", 12), "with their length");
	key_log_add(keys, 4, "LAST");
	buf_clear(&out);
	pcapng_log_format.end(&state, &out);
	is_text(blocks(), "10 5", "what no entry comes after is written at the end");
	end_with_keys();
	begin_with_keys(keys, false);
	state.session = 3;
	buf_clear(&out);
	put_frame(WIRE_FIRST + 10, &frame);
	ok(has("LABEL a b\n", 10) && !has("LABEL 12", 8), "a log of one session has only its own");
	end_with_keys();
	begin_with_keys(keys, true);
	put_frame(WIRE_FIRST + 10, &frame);
	ok(!has("LABEL", 5), "one without the past not those of connections that have ended");
	end_with_keys();
	key_log_free(keys);
}

/* False at the deadline. */
static bool turn(struct poller *poller, struct sessions *sessions, int64_t deadline)
{
	poller_reset(poller);
	sessions_prepare(sessions, poller);
	poller_wake_at(poller, clock_now() + 20 * CLOCK_MS);
	poller_wait(poller);
	sessions_serve(sessions, poller);
	sessions_reap(sessions);
	return clock_now() < deadline;
}

/* A client whose server has nothing to say. */
static void waits_for_a_handshake(void)
{
	struct error error;
	struct poller poller;
	int listening = peer_listen(AF_INET, 5);
	struct target target;
	char address[30];
	if (!tls_is_available(&error)) {
		tap_skip("built without OpenSSL");
		close(listening);
		return;
	}
	struct key_log *keys = key_log_new(8);
	key_log_open_later(keys);
	begin_with_keys(keys, false);
	struct sessions *sessions = (struct sessions *)(uintptr_t)state.sessions;
	poller_init(&poller);
	snprintf(address, sizeof address, "tls://127.0.0.1:%u", peer_port(listening));
	ok(target_parse(&target, address, NULL, TRANSPORT_TCP, false, &error), "a target");
	struct session *session = sessions_open(sessions, &target, NULL, &error);
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (!session_is_securing(session) && turn(&poller, sessions, deadline))
		continue;
	ok(session_is_securing(session), "a handshake that goes on");
	buf_clear(&out);
	int64_t now = clock_now();
	put(frame_entry_append(transcript, WIRE_FIRST + 10, now, &frame));
	put(frame_entry_append(transcript, WIRE_FIRST + 10, now + CLOCK_S / 2, &frame));
	is_text(blocks(), "", "frames wait for its secrets");
	put(frame_entry_append(transcript, WIRE_FIRST + 10, now + CLOCK_S, &frame));
	is_text(blocks(), "1 6 6 6", "a second at most");
	buf_clear(&out);
	put(frame_entry_append(transcript, WIRE_FIRST + 10, now + 2 * CLOCK_S, &frame));
	is_text(blocks(), "", "those after them, too");
	session_close(session, &error);
	key_log_add(keys, session_number(session), "LABEL a b");
	put(frame_entry_append(transcript, WIRE_FIRST + 10, now + 2 * CLOCK_S, &frame));
	is_text(blocks(), "10 6 6", "at its end the secrets come first");
	poller_done(&poller);
	end_with_keys();
	key_log_free(keys);
	close(listening);
}

int main(void)
{
	tap_watchdog(20);
	has_keys();
	waits_for_a_handshake();
	says_what_is_missing();
	says_what_was_evicted();
	resolves_names();
	needs_a_wire();
	return tap_done();
}
