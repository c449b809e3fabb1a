// SPDX-License-Identifier: GPL-3.0-or-later
/* Sessions on the two hosts of the sandbox, and what the transcript has of the wire, beside a second packet
 * socket at each end of the cable. */
#include "net/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/cable_loop.h"
#include "net/fixture.h"
#include "net/sandbox.h"
#include "net/service.h"
#include "net/witness.h"
#include "socket/frame.h"

static struct sandbox *sandbox;

static struct session *settled(struct fixture *f, struct session *session)
{
	until(f, session_state(session) != SESSION_CONNECTING);
	return session;
}

static struct session *client_of(struct fixture *f, const struct session *listener)
{
	for (size_t i = sessions_count(f->sessions); i-- > 0;) {
		struct session *client = sessions_at(f->sessions, i);
		if (session_listener(client) == session_number(listener))
			return client;
	}
	return NULL;
}

static uint32_t end_of(const struct fixture *f, const struct session *session)
{
	struct endpoint local = session_local(session), peer = session_peer(session);
	return wire_end(sessions_wire(f->sessions), session_host(session),
	                session_transport(session), &local, &peer, TRANSCRIPT_NONE);
}

/* The frames of a wire end, as "leaves SYN, arrives SYN,ACK". */
static const char *story(const struct fixture *f, uint32_t number)
{
	static char text[4096];
	size_t len = 0;
	text[0] = '\0';
	uint64_t at = transcript_begin(f->transcript, number);
	for (; at != TRANSCRIPT_NONE; at = transcript_after(f->transcript, at)) {
		struct frame_note note;
		if (frame_entry_unpack(transcript_at(f->transcript, at), &note))
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%s %s",
			                        len ? ", " : "", frame_event_name(note.event),
			                        segment_name_text(note.segment.name));
	}
	return text;
}

/* ---- a witness ---- */

/* The next frame that was seen at this end of the cable. */
static const struct entry *next_at(const struct fixture *f, enum host host, uint64_t *at,
                                   struct frame_note *note)
{
	for (;;) {
		*at = *at == TRANSCRIPT_NONE ? transcript_first(f->transcript)
		                             : transcript_next(f->transcript, *at);
		const struct entry *entry = transcript_at(f->transcript, *at);
		if (!entry)
			return NULL;
		if (frame_entry_unpack(entry, note) && note->host == host &&
		    note->event <= FRAME_ARRIVES)
			return entry;
	}
}

static void agrees(struct fixture *f, const struct witness *witness, enum host host)
{
	struct witnessed seen;
	struct frame_note note;
	unsigned count = 0, same = 0, near = 0;
	int64_t worst = 0;
	uint64_t at = TRANSCRIPT_NONE;
	while (witness_next(witness, &seen)) {
		const struct entry *entry = next_at(f, host, &at, &note);
		count++;
		if (!entry)
			break;
		int64_t differs = llabs(entry->time - seen.time);
		worst = differs > worst ? differs : worst;
		near += differs < 5 * CLOCK_US;
		same += witness_agrees(&seen, &note) &&
		        note.event == (seen.outgoing ? FRAME_ARRIVES : FRAME_LEAVES);
	}
	ok(count > 12, "a witness at the cable of %s sees some frames", host_name(host));
	is_int(same, count, "the same are recorded, in order");
	ok(!next_at(f, host, &at, &note), "and no other");
	/* Where the kernel stamps a frame for each socket, other work may come between. */
	if (!ok(near > count * 3 / 4, "at the same times, to the microsecond"))
		printf("#   %lld ns\n", (long long)worst);
}

static void records_both_ends(struct fixture *f)
{
	struct witness left = witness_begin(sandbox_cable_socket(sandbox, HOST_LEFT), false);
	struct witness right = witness_begin(sandbox_cable_socket(sandbox, HOST_RIGHT), false);
	struct session_options echo = { .service = service_find("echo") };
	struct session *server = listen_on(f, TRANSPORT_TCP, "192.0.2.2", 7, &echo);
	struct session *client = settled(f, open_to(f, TRANSPORT_TCP, "192.0.2.2", 7, NULL));
	send_text(f, client, "Hello, server!\n");
	until(f, has_received(f, client, "Hello, server!\n"));
	struct session *accepted = client_of(f, server);
	uint32_t ours = end_of(f, client), theirs = end_of(f, accepted);
	ok(ours && theirs && ours != theirs, "each end of a connection has a wire end");
	ok(strstr(story(f, ours), "leaves SYN, arrives SYN,ACK, leaves ACK, leaves data") ==
	           story(f, ours),
	   "the client's has what left it and what reached it");
	ok(strstr(story(f, theirs), "arrives SYN, leaves SYN,ACK, arrives ACK, arrives data") ==
	           story(f, theirs),
	   "the server's has the same from its side");
	session_close(client, &f->error);
	until(f, session_state(accepted) == SESSION_CLOSED);
	struct session *sink = listen_on(f, TRANSPORT_UDP, "192.0.2.2", 9, NULL);
	struct session *source = open_to(f, TRANSPORT_UDP, "192.0.2.2", 9, NULL);
	send_text(f, source, "x");
	until(f, has_received(f, sink, "x"));
	struct session_options on_left = { .host = HOST_LEFT };
	struct session *local = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 7, &on_left);
	struct session *near = settled(f, open_to(f, TRANSPORT_TCP, "127.0.0.1", 7, &on_left));
	until(f, client_of(f, local));
	ok(end_of(f, near) && end_of(f, near) == end_of(f, client_of(f, local)),
	   "a connection over a loopback has one");
	ok(strstr(story(f, end_of(f, near)), "passes SYN, passes SYN,ACK, passes ACK"),
	   "where each segment passes");
	session_abort(near, &f->error);
	until(f, session_state(client_of(f, local)) == SESSION_CLOSED);
	fixture_turns(f, 5);
	agrees(f, &left, HOST_LEFT);
	agrees(f, &right, HOST_RIGHT);
	witness_end(&left);
	witness_end(&right);
}

/* Nobody listens at that port. */
static void records_refusals(struct fixture *f)
{
	int64_t begun = clock_now();
	settled(f, open_to(f, TRANSPORT_TCP, "192.0.2.2", 8, NULL));
	struct endpoint local, peer = host_address(HOST_RIGHT, AF_INET, 8);
	const struct wire *wire = sessions_wire(f->sessions);
	ok(wire_find_local(wire, HOST_LEFT, &peer, begun, &local) && local.port &&
	           host_of(&local) == HOST_LEFT,
	   "a connect() that failed is found by its peer");
	uint32_t number = wire_end(wire, HOST_LEFT, TRANSPORT_TCP, &local, &peer, TRANSCRIPT_NONE);
	is_text(story(f, number), "leaves SYN, arrives RST", "it was refused");
	number = wire_end(wire, HOST_RIGHT, TRANSPORT_TCP, &peer, &local, TRANSCRIPT_NONE);
	is_text(story(f, number), "arrives SYN, leaves RST", "by a host where no session is");
	ok(!wire_find_local(wire, HOST_LEFT, &peer, clock_now(), &local), "not by a later one");
}

/* What the cable does to a frame is noted beside what was seen of it. */
static void notes_strikes(struct fixture *f)
{
	struct cable_settings settings;
	struct session *sink = listen_on(f, TRANSPORT_UDP, "192.0.2.2", 11, NULL);
	struct session *source = open_to(f, TRANSPORT_UDP, "192.0.2.2", 11, NULL);
	send_text(f, source, "first");
	until(f, has_received(f, sink, "first"));
	cable_settings_init(&settings);
	cable_parse(&settings, "loss UDP 1", NULL, &f->error);
	cable_link_set(sandbox_cable(sandbox), &settings, &f->error);
	uint32_t number = end_of(f, source);
	send_text(f, source, "lost");
	send_text(f, source, "after");
	until(f, has_received(f, sink, "firstafter"));
	ok(has_received(f, sink, "firstafter"), "a lost datagram does not come");
	until(f, strstr(story(f, number), "lost"));
	struct frame_note note, strike = { 0 }, frames[4];
	unsigned count = 0, same = 0;
	for (uint64_t at = transcript_begin(f->transcript, number); at != TRANSCRIPT_NONE;
	     at = transcript_after(f->transcript, at))
		if (frame_entry_unpack(transcript_at(f->transcript, at), &note)) {
			if (note.event == FRAME_LOST)
				strike = note;
			else if (count < 4)
				frames[count++] = note;
		}
	is_int(count, 3, "three left the host");
	is_bytes(strike.words, strike.words_len, "loss UDP", 8, "one is noted with the rule");
	for (unsigned i = 0; i < count; i++)
		same += frames[i].kept == strike.kept &&
		                        !memcmp(frames[i].bytes, strike.bytes, strike.kept)
		                ? i
		                : 0;
	is_int(same, 1, "and the bytes of the second one");
}

static void can_be_switched_off(struct fixture *f)
{
	const struct wire *wire = sessions_wire(f->sessions);
	struct session *sink = listen_on(f, TRANSPORT_UDP, "192.0.2.2", 10, NULL);
	struct session *source = open_to(f, TRANSPORT_UDP, "192.0.2.2", 10, NULL);
	ok(sessions_set_wire(f->sessions, WIRE_OFF, &f->error), "the wire is switched off");
	uint64_t recorded = wire_counts(wire).recorded;
	send_text(f, source, "x");
	until(f, has_received(f, sink, "x"));
	is_int(wire_counts(wire).recorded, recorded, "then nothing is recorded");
	bool is_root = geteuid() == 0 && seteuid(65534) == 0;
	ok(!sessions_set_wire(f->sessions, WIRE_ON, &f->error) &&
	           !wire_is_watching(sessions_wire(f->sessions)),
	   "where it cannot be on, it stays as it was");
	if (is_root && seteuid(0) < 0)
		printf("#   seteuid: %s\n", strerror(errno));
	ok(sessions_set_wire(f->sessions, WIRE_AUTO, &f->error), "and on again");
	send_text(f, source, "y");
	until(f, has_received(f, sink, "xy"));
	ok(wire_counts(wire).recorded >= recorded + 2, "a datagram leaves and arrives");
}

int main(void)
{
	struct fixture f;
	struct error error;
	tap_watchdog(60);
	sandbox = sandbox_new(&error);
	if (!sandbox) {
		tap_skip(error.text);
		return tap_done();
	}
	fixture_start(&f);
	sessions_set_sandbox(f.sessions, sandbox);
	records_both_ends(&f);
	records_refusals(&f);
	notes_strikes(&f);
	can_be_switched_off(&f);
	fixture_stop(&f);
	sandbox_free(sandbox);
	return tap_done();
}
