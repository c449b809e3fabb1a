// SPDX-License-Identifier: GPL-3.0-or-later
/* In a network of this test's own: nothing else is on its loopback. */
#include "net/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/caller.h"
#include "net/netlink.h"
#include "net/witness.h"
#include "net/cable.h"
#include "socket/frame.h"
#include "support/peer.h"
#include "support/tap.h"

/* ---- a network of our own ---- */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("#   %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static bool up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool good = ioctl(fd, SIOCGIFFLAGS, &request) == 0;
	request.ifr_flags |= IFF_UP;
	good = good && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	close(fd);
	return good;
}

static bool own_network(void)
{
	char map[32];
	snprintf(map, sizeof map, "0 %u 1", (unsigned)geteuid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", map);
	return up_loopback();
}

/* ---- what was recorded ---- */

static struct caller caller;

static enum host host; /* as which this network is recorded */

static void begin(void)
{
	caller = big_caller();
	caller.wire = wire_new(caller.transcript);
	struct error error;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	host = HOST_LEFT;
	if (!wire_watch(caller.wire, host, WIRE_LOOPBACK, fd, &error))
		printf("#   %s\n", error.text);
}

static void begin_own(void)
{
	caller = big_caller();
	caller.wire = wire_new(caller.transcript);
	struct error error;
	host = HOST_HERE;
	if (!wire_watch(caller.wire, host, WIRE_OWN, -1, &error))
		printf("#   %s\n", error.text);
}

static void end(void)
{
	wire_free(caller.wire);
	transcript_free(caller.transcript);
}

static const struct entry *next_frame(uint64_t *at, struct frame_note *note, struct frame *frame)
{
	for (;;) {
		*at = *at == TRANSCRIPT_NONE ? transcript_first(caller.transcript)
		                             : transcript_next(caller.transcript, *at);
		const struct entry *entry = transcript_at(caller.transcript, *at);
		if (!entry)
			return NULL;
		if (!frame_entry_unpack(entry, note))
			continue;
		frame_read(note->bytes, note->kept, note->len, frame);
		return entry;
	}
}

static unsigned count_frames(uint32_t number)
{
	struct frame_note note;
	struct frame frame;
	uint64_t at = TRANSCRIPT_NONE;
	unsigned count = 0;
	for (const struct entry *entry; (entry = next_frame(&at, &note, &frame));)
		count += entry->session == number && note.event != FRAME_MISSED;
	return count;
}

static uint32_t end_of(enum transport transport, int fd, const struct endpoint *remote)
{
	struct endpoint local = peer_addr(fd);
	return wire_end(caller.wire, host, transport, &local, remote, TRANSCRIPT_NONE);
}

static struct endpoint loopback_at(int fd)
{
	return endpoint_loopback(AF_INET, peer_port(fd));
}

/* ---- a conversation ---- */

struct pair {
	int listener, client, server;
};

static struct pair converse(void)
{
	struct pair pair;
	struct endpoint from;
	const char *data;
	pair.listener = call_socket(&caller, AF_INET, SOCK_STREAM);
	struct endpoint addr = endpoint_loopback(AF_INET, 0);
	call_bind(&caller, pair.listener, &addr);
	call_listen(&caller, pair.listener, 5);
	addr = loopback_at(pair.listener);
	pair.client = call_socket(&caller, AF_INET, SOCK_STREAM);
	call_connect(&caller, pair.client, &addr, NULL);
	peer_wait(pair.listener, POLLIN, PEER_MS);
	pair.server = call_accept(&caller, pair.listener, &from);
	call_send(&caller, pair.client, "Hello, server!\n", 15, 0);
	peer_wait(pair.server, POLLIN, PEER_MS);
	call_recv(&caller, pair.server, 1024, 0, &data);
	return pair;
}

static void finish(struct pair *pair)
{
	call_close(&caller, pair->client);
	call_close(&caller, pair->server);
	call_close(&caller, pair->listener);
}

/* What happened, in order: "connect [SYN] [SYN,ACK] [ACK] accept …"; not the program's own calls. */
static const char *sequence(void)
{
	static char text[1024];
	size_t len = 0;
	text[0] = '\0';
	for (uint64_t at = transcript_first(caller.transcript); at != TRANSCRIPT_NONE;
	     at = transcript_next(caller.transcript, at)) {
		const struct entry *entry = transcript_at(caller.transcript, at);
		struct frame_note note;
		char word[32];
		if (entry->flags & ENTRY_WATCHING)
			continue;
		if (frame_entry_unpack(entry, &note))
			snprintf(word, sizeof word, "[%s]", segment_name_text(note.segment.name));
		else
			snprintf(word, sizeof word, "%s", entry_call_name(entry->call));
		len += (size_t)snprintf(text + len, sizeof text - len, len ? " %s" : "%s", word);
	}
	return text;
}

static bool times_run_forward(void)
{
	int64_t last = 0;
	for (uint64_t at = transcript_first(caller.transcript); at != TRANSCRIPT_NONE;
	     at = transcript_next(caller.transcript, at)) {
		const struct entry *entry = transcript_at(caller.transcript, at);
		if (entry_shown_time(entry) < last)
			return false;
		last = entry_shown_time(entry);
	}
	return true;
}

static void records_in_order(void)
{
	begin();
	struct pair pair = converse();
	finish(&pair);
	is_text(sequence(),
	        "socket bind listen socket [SYN] [SYN,ACK] [ACK] connect accept send [data] [ACK] "
	        "recv close [FIN] close [FIN] [ACK] close",
	        "each segment has its place among the calls");
	ok(times_run_forward(), "so times run forward");
	end();
}

static void agrees_with_a_witness(void)
{
	int stamps[3];
	peer_stamps(stamps);
	begin();
	struct witness witness = witness_begin(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), true);
	struct pair pair = converse();
	struct endpoint server = loopback_at(pair.server);
	uint32_t number = end_of(TRANSPORT_TCP, pair.client, &server);
	finish(&pair);
	struct witnessed seen;
	int64_t first = 0, worst = 0;
	unsigned count = 0, same = 0;
	uint64_t at = TRANSCRIPT_NONE;
	while (witness_next(&witness, &seen)) {
		struct frame_note note;
		struct frame frame;
		const struct entry *entry = next_frame(&at, &note, &frame);
		count++;
		if (!entry)
			break;
		/* how far the wall clock is ahead is measured twice, and on a busy machine not as well */
		int64_t differs = entry->time - seen.time;
		first = count == 1 ? differs : first;
		worst = llabs(differs - first) > worst ? llabs(differs - first) : worst;
		same += witness_agrees(&seen, &note) && entry->session == number;
	}
	is_int(count, 8, "a second packet socket sees eight frames");
	is_int(same, count, "with the same bytes in the same order");
	is_int(count_frames(number), count, "and no other is recorded");
	if (!ok(worst < 5 * CLOCK_US && llabs(first) < CLOCK_MS,
	        "at the same times, to the microsecond"))
		printf("#   %lld ns, %lld ns\n", (long long)first, (long long)worst);
	witness_end(&witness);
	end();
	peer_close_all(stamps, 3);
}

/* What the order of calls and frames in the transcript rests on. */
static void is_there_when_send_returns(void)
{
	enum { SENDS = 5000 };
	begin();
	int sink = peer_udp(AF_INET), source = peer_udp(AF_INET);
	struct endpoint to = loopback_at(sink);
	unsigned there = 0, within = 0;
	wire_take(caller.wire);
	for (unsigned i = 0; i < SENDS; i++) {
		struct frame_note note;
		int64_t before = clock_now();
		peer_send_to(source, &to, "x", 1);
		int64_t after = clock_now();
		there += wire_take(caller.wire);
		const struct entry *entry =
		        transcript_at(caller.transcript, transcript_newest(caller.transcript));
		within += entry && frame_entry_unpack(entry, &note) &&
		          entry->time > before - 5 * CLOCK_US && entry->time < after + 5 * CLOCK_US;
		char byte;
		peer_recv_from(sink, &byte, 1, NULL, PEER_MS);
	}
	if (!ok(there >= SENDS * 99 / 100, "a frame is in the ring when its send() returns"))
		printf("#   %u of %d\n", there, SENDS);
	if (!ok(within >= SENDS * 99 / 100, "with a time between its call and its return"))
		printf("#   %u of %d\n", within, SENDS);
	close(sink);
	close(source);
	end();
}

static void knows_the_ends(void)
{
	begin();
	struct pair pair = converse();
	struct endpoint server = loopback_at(pair.server), client = loopback_at(pair.client);
	uint32_t number = end_of(TRANSPORT_TCP, pair.client, &server);
	ok(session_is_wire(number), "a connection has a wire end");
	is_int(end_of(TRANSPORT_TCP, pair.server, &client), number,
	       "over a loopback one for both ends");
	struct endpoint mapped = endpoint_for_family(&server, AF_INET6);
	is_int(end_of(TRANSPORT_TCP, pair.client, &mapped), number,
	       "also where a socket of IPv6 asks");
	is_int(end_of(TRANSPORT_UDP, pair.client, &server), 0, "of its own transport");
	is_int(wire_end(caller.wire, HOST_RIGHT, TRANSPORT_TCP, &client, &server, TRANSCRIPT_NONE),
	       0, "on its own host");
	is_int(end_of(TRANSPORT_TCP, pair.listener, &client), number,
	       "an accepted one has the listener's port");
	struct endpoint none = { .family = AF_UNSPEC };
	is_int(end_of(TRANSPORT_TCP, pair.listener, &none), 0, "a listener has none");
	finish(&pair);
	end();
}

/* The client's own port again, after a reset. */
static void begins_another_for_another_connection(void)
{
	begin();
	struct pair pair = converse();
	struct endpoint server = loopback_at(pair.server), client = loopback_at(pair.client);
	struct endpoint from;
	uint32_t first = end_of(TRANSPORT_TCP, pair.client, &server);
	call_set_linger(&caller, pair.client, 0);
	call_close(&caller, pair.client);
	close(pair.server);
	uint64_t between = transcript_end(caller.transcript);
	unsigned count = count_frames(first);
	pair.client = call_socket(&caller, AF_INET, SOCK_STREAM);
	call_set_option(&caller, pair.client, SOL_SOCKET, SO_REUSEADDR, 1);
	call_bind(&caller, pair.client, &client);
	is_int(call_connect(&caller, pair.client, &server, NULL) < 0 && errno != EINPROGRESS, false,
	       "the same pair connects again");
	uint32_t second = end_of(TRANSPORT_TCP, pair.client, &server);
	ok(second && second != first, "it has a wire end of its own");
	is_int(wire_end(caller.wire, HOST_LEFT, TRANSPORT_TCP, &client, &server, between), first,
	       "the first one is still found by when it was");
	is_int(count_frames(first), count, "and has no frame more");
	is_int(count_frames(second), 3, "the handshake is the second's");
	peer_wait(pair.listener, POLLIN, PEER_MS);
	pair.server = call_accept(&caller, pair.listener, &from);
	finish(&pair);
	end();
}

static void connects_to_itself(void)
{
	begin();
	int fd = call_socket(&caller, AF_INET, SOCK_STREAM);
	struct endpoint addr = endpoint_loopback(AF_INET, 0);
	call_bind(&caller, fd, &addr);
	addr = loopback_at(fd);
	call_connect(&caller, fd, &addr, NULL);
	ok(strstr(sequence(), "[SYN] [SYN,ACK]"), "a connection to itself is as it was");
	is_int(count_frames(end_of(TRANSPORT_TCP, fd, &addr)), 3, "and one end has it all");
	call_close(&caller, fd);
	end();
}

/* ---- datagrams ---- */

static void follows_datagrams(void)
{
	begin();
	struct endpoint any = endpoint_loopback(AF_INET, 0), from;
	const char *data;
	int server = call_socket(&caller, AF_INET, SOCK_DGRAM);
	int client = call_socket(&caller, AF_INET, SOCK_DGRAM);
	call_bind(&caller, server, &any);
	struct endpoint addr = loopback_at(server);
	call_sendto(&caller, client, "question", 8, 0, &addr);
	call_recvfrom(&caller, server, 100, 0, &from, &data);
	call_sendto(&caller, server, "answer", 6, 0, &from);
	uint32_t ours = end_of(TRANSPORT_UDP, client, &addr);
	uint32_t theirs = end_of(TRANSPORT_UDP, server, &from);
	ok(ours && theirs && ours != theirs, "each port has a wire end");
	is_int(count_frames(ours), 2, "which has what it sent and what came");
	is_int(count_frames(theirs), 2, "as has the other");
	call_close(&caller, server);
	call_sendto(&caller, client, "lost", 4, 0, &addr);
	struct frame_note note;
	struct frame frame, last = { .kind = FRAME_OTHER };
	uint64_t at = TRANSCRIPT_NONE;
	for (const struct entry *entry; (entry = next_frame(&at, &note, &frame));)
		if (entry->session == ours)
			last = frame;
	ok(last.kind == FRAME_ICMP && last.icmp.quoted.kind == FRAME_UDP,
	   "an ICMP error belongs to the end whose datagram it quotes");
	call_close(&caller, client);
	end();
}

/* ---- too many ---- */

static void flood(int fd, const struct endpoint *to, unsigned count)
{
	struct sockaddr_storage storage;
	socklen_t len = endpoint_to_sockaddr(to, &storage);
	for (unsigned i = 0; i < count; i++)
		sendto(fd, &i, sizeof i, 0, (struct sockaddr *)&storage, len);
}

static void counts_what_it_missed(void)
{
	enum { FLOOD = 20000, MORE = 10 };
	begin();
	int sink = peer_udp(AF_INET), source = peer_udp(AF_INET);
	struct endpoint to = loopback_at(sink);
	flood(source, &to, FLOOD);
	while (wire_take(caller.wire))
		;
	struct wire_counts counts = wire_counts(caller.wire);
	ok(counts.recorded < FLOOD && counts.missed, "a ring holds only so many");
	is_int(counts.recorded + counts.missed, FLOOD, "what was lost is counted to the frame");
	flood(source, &to, MORE);
	wire_take(caller.wire);
	counts = wire_counts(caller.wire);
	is_int(counts.recorded + counts.missed, FLOOD + MORE, "what comes later is recorded");
	struct frame_note note;
	struct frame frame;
	uint64_t at = TRANSCRIPT_NONE;
	uint32_t number = end_of(TRANSPORT_UDP, source, &to);
	unsigned said = 0, port = 0;
	for (const struct entry *entry; (entry = next_frame(&at, &note, &frame));)
		if (note.event == FRAME_MISSED) {
			said += entry->session == WIRE_FIRST + HOST_LEFT ? note.len : 0;
			port += entry->session == number ? note.len : 0;
		}
	is_int(said, counts.missed, "it is said once for the host");
	is_int(port, counts.missed, "and at the next frame of each end");
	struct poller poller;
	poller_init(&poller);
	poller_reset(&poller);
	wire_prepare(caller.wire, &poller);
	ok(poller.top >= 0 || poller.wake != INT64_MAX, "a wire is watched");
	wire_unwatch(caller.wire);
	poller_reset(&poller);
	wire_prepare(caller.wire, &poller);
	ok(poller.top < 0 && poller.wake == INT64_MAX && !wire_is_watching(caller.wire),
	   "and no longer when it is off");
	poller_done(&poller);
	flood(source, &to, MORE);
	ok(!wire_take(caller.wire), "then nothing is recorded");
	close(sink);
	close(source);
	end();
}

static void forgets_the_oldest(void)
{
	begin();
	int source = peer_udp(AF_INET);
	struct endpoint to = endpoint_loopback(AF_INET, 0);
	for (unsigned port = 1; port < WIRE_ENDS + 1000; port++) {
		to.port = (uint16_t)port;
		flood(source, &to, 1);
		wire_take(caller.wire);
	}
	is_int(wire_counts(caller.wire).ends, WIRE_ENDS, "ends have a ceiling");
	to.port = 2;
	is_int(wire_end(caller.wire, HOST_LEFT, TRANSPORT_UDP, &to, &to, TRANSCRIPT_NONE), 0,
	       "the one longest silent is forgotten");
	to = loopback_at(source);
	ok(end_of(TRANSPORT_UDP, source, &to), "not one that is in use");
	close(source);
	end();
	begin();
	transcript_set_ceiling(caller.transcript, (size_t)3 * TRANSCRIPT_BLOCK);
	source = peer_udp(AF_INET);
	to = endpoint_loopback(AF_INET, 0);
	for (unsigned i = 0; i < 30000; i++) {
		to.port = (uint16_t)(1 + i % 100 + i / 10000 * 1000);
		flood(source, &to, 1);
		wire_take(caller.wire);
	}
	ok(wire_counts(caller.wire).ends <= 300,
	   "and one of which nothing is left in the transcript");
	is_int(wire_end(caller.wire, HOST_LEFT, TRANSPORT_UDP,
	                &(struct endpoint){ .family = AF_INET, .port = 5 }, &to, TRANSCRIPT_NONE),
	       0, "goes before that");
	close(source);
	end();
}

/* ---- strikes ---- */

static void notes_strikes(void)
{
	begin();
	struct cable_strike strike = { .time = 5,
		                       .len = 1000,
		                       .event = CABLE_LOST,
		                       .from = HOST_LEFT,
		                       .rule = "loss data 60" };
	wire_strike(caller.wire, &strike);
	const struct entry *entry =
	        transcript_at(caller.transcript, transcript_newest(caller.transcript));
	struct frame_note note;
	ok(frame_entry_unpack(entry, &note) && note.event == FRAME_LOST && note.host == HOST_LEFT &&
	           note.len == 1000 && note.kept == FRAME_KEPT && entry->time == 5,
	   "a strike is an entry with its time");
	is_bytes(note.words, note.words_len, "loss data 60", 12, "and its rule");
	is_int(entry->session, WIRE_FIRST + HOST_LEFT, "of its host where no end is known");
	end();
}

/* ---- what is kept ---- */

static unsigned count_with(const char *text, unsigned *secret)
{
	struct frame_note note;
	struct frame frame;
	uint64_t at = TRANSCRIPT_NONE;
	unsigned count = 0;
	*secret = 0;
	while (next_frame(&at, &note, &frame)) {
		count += memmem(note.bytes, note.kept, text, strlen(text)) != NULL;
		*secret += note.secret;
	}
	return count;
}

/* Nor what the peer sends back: it may be the same. */
static void hides_secrets(void)
{
	begin();
	struct pair pair = converse();
	unsigned secret, before;
	const char *data;
	is_int(count_with("Hello, server!", &secret), 1, "the data of a frame is kept");
	caller.host = host;
	caller.flags |= ENTRY_SECRET;
	call_send(&caller, pair.client, "swordfish", 9, 0);
	caller.flags = 0;
	peer_wait(pair.server, POLLIN, PEER_MS);
	call_recv(&caller, pair.server, 1024, 0, &data);
	call_send(&caller, pair.server, "swordfish", 9, 0);
	is_int(count_with("swordfish", &secret), 0, "but not that of a secret, either way");
	ok(secret >= 3, "those frames say so");
	before = secret;
	finish(&pair);
	caller.host = HOST_HERE;
	pair = converse();
	is_int(count_with("Hello, server!", &secret), 2, "another conversation has its data");
	ok(secret >= before, "and is not hidden");
	finish(&pair);

	int sink = peer_udp(AF_INET);
	struct endpoint to = loopback_at(sink), any = endpoint_any(AF_INET, 0);
	int source = call_socket(&caller, AF_INET, SOCK_DGRAM);
	call_bind(&caller, source, &any);
	caller.host = host;
	caller.flags |= ENTRY_SECRET;
	call_sendto(&caller, source, "swordfish", 9, 0, &to);
	caller.flags = 0;
	is_int(count_with("swordfish", &secret), 0, "nor that of a secret datagram, at either end");
	close(sink);
	char quoted[2000] = "swordfish";
	call_sendto(&caller, source, quoted, sizeof quoted, 0, &to);
	call_sendto(&caller, source, quoted, sizeof quoted, 0, &to);
	is_int(count_with("swordfish", &secret), 0, "nor where an ICMP error quotes it");
	struct cable_strike strike = { .len = 60, .event = CABLE_CORRUPTED, .from = HOST_LEFT };
	memcpy(strike.bytes + 40, "swordfish", 9);
	wire_strike(caller.wire, &strike);
	is_int(count_with("swordfish", &secret), 0, "nor in a damaged frame, whose it cannot be told");
	call_close(&caller, source);
	end();
}

static void keeps_whole_frames(void)
{
	enum { LARGE = 30000 };
	static char large[LARGE];
	fill_pattern(large, sizeof large);
	begin();
	wire_keep_whole(caller.wire, true);
	struct pair pair = converse();
	struct witness witness = witness_begin(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), true);
	uint64_t at = transcript_newest(caller.transcript);
	for (int i = 0; i < 3; i++) {
		call_send(&caller, pair.client, large, sizeof large, 0);
		call_send(&caller, pair.client, "x", 1, 0);
	}
	struct witnessed seen;
	struct frame_note note;
	struct frame frame;
	unsigned whole = 0, most = 0, count = 0;
	while (witness_next(&witness, &seen) && next_frame(&at, &note, &frame)) {
		size_t len = seen.len < sizeof seen.bytes ? seen.len : sizeof seen.bytes;
		count++;
		whole += note.kept == note.len && note.len == seen.len &&
		         memcmp(note.bytes, seen.bytes, len) == 0;
		most = note.len > most ? note.len : most;
	}
	ok(count >= 6 && most > 10000, "large frames and small ones pass");
	is_int(whole, count, "every byte of them is kept where that is asked for");
	wire_keep_whole(caller.wire, false);
	finish(&pair);
	pair = converse();
	call_send(&caller, pair.client, large, 10000, 0);
	while (next_frame(&at, &note, &frame))
		if (note.len > 1000)
			break;
	is_int((long)note.kept, FRAME_KEPT, "and only their first bytes afterwards");
	witness_end(&witness);
	finish(&pair);
	end();
}

/* ---- clocks ---- */

static void reads_stamps(void)
{
	const int64_t s = CLOCK_S, noon = 1000000 * s;
	/* clock_now() is 100 s at noon by the old setting */
	static const struct {
		const char *name;
		int64_t set; /* the wall clock was set forward by this at 105 s */
		int64_t stamp, emptied, now, want; /* of clock_now(); the stamp by the wall clock */
	} cases[] = {
		{ "a clock that was not set", 0, 104, 100, 110, 104 },
		{ "a frame before it was set forward", 3600, 104, 100, 110, 104 },
		{ "a frame after that", 3600, 3706, 100, 110, 106 },
		{ "a frame before it was set back", -3600, 104, 100, 110, 104 },
		{ "a frame after that", -3600, -3494, 100, 110, 106 },
		{ "one that fits both is read by the clock as it is", 3, 109, 100, 110, 106 },
		{ "as is one that fits neither", 3600, 50, 100, 110, 50 - 3600 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct wire_clock clock = { .offset = noon + cases[i].set * s,
			                    .before = noon,
			                    .emptied = cases[i].emptied * s };
		is_int(wire_clock_instant(&clock, noon + cases[i].stamp * s, cases[i].now * s) / s,
		       cases[i].want, cases[i].name);
	}
}

/* ---- outside of the sandbox ---- */

/* Nobody else's: of another program on the same loopback, which may use any other port. */
static void talk_of_others(uint16_t port)
{
	int listener = peer_listen(AF_INET, 5), udp = peer_udp(AF_INET), other = peer_udp(AF_INET);
	int client = peer_connect(AF_INET, peer_port(listener), PEER_MS);
	int server = peer_accept(listener, PEER_MS);
	struct endpoint to = peer_addr(udp);
	char data[16];
	peer_send(client, "private", 7, PEER_MS);
	peer_recv_until(server, data, sizeof data, "private", PEER_MS);
	peer_send_to(other, &to, "secret", 6);
	to = endpoint_of_ip(AF_INET, "\177\0\0\5", port); /* our port at another address */
	peer_send_to(other, &to, "secret", 6);
	int fds[] = { client, server, listener, udp, other };
	peer_close_all(fds, sizeof fds / sizeof *fds);
}

static void records_only_its_own(void)
{
	begin_own();
	struct pair pair = converse();
	struct endpoint server = loopback_at(pair.server);
	talk_of_others(server.port);
	uint32_t number = end_of(TRANSPORT_TCP, pair.client, &server);
	finish(&pair);
	talk_of_others(server.port);
	is_text(sequence(),
	        "socket bind listen socket [SYN] [SYN,ACK] [ACK] connect accept send [data] [ACK] "
	        "recv close [FIN] close [FIN] [ACK] close",
	        "outside, own segments are recorded from the first one on");
	is_int(count_frames(number), 8, "under one number");
	is_int(wire_counts(caller.wire).recorded, 8, "and nobody else's are");
	struct frame_note note;
	struct frame frame;
	uint64_t at = TRANSCRIPT_NONE;
	const struct entry *entry = next_frame(&at, &note, &frame);
	ok(entry && note.host == HOST_HERE && note.event == FRAME_PASSES, "they pass here");
	end();
}

static void follows_its_own_datagrams(void)
{
	begin_own();
	struct endpoint any = endpoint_loopback(AF_INET, 0), from;
	const char *data;
	int server = call_socket(&caller, AF_INET, SOCK_DGRAM);
	call_bind(&caller, server, &any);
	struct endpoint addr = loopback_at(server);
	int stranger = peer_udp(AF_INET);
	peer_send_to(stranger, &addr, "hello", 5);
	call_recvfrom(&caller, server, 100, 0, &from, &data);
	call_sendto(&caller, server, "answer", 6, 0, &from);
	is_int(count_frames(end_of(TRANSPORT_UDP, server, &from)), 2,
	       "what a stranger sends to our port, and our answer");
	int client = call_socket(&caller, AF_INET, SOCK_DGRAM);
	call_sendto(&caller, client, "question", 8, 0, &addr);
	is_int(count_frames(end_of(TRANSPORT_UDP, client, &addr)), 1,
	       "the first datagram of a socket without a port");
	call_close(&caller, server);
	call_sendto(&caller, client, "lost", 4, 0, &addr);
	is_int(count_frames(end_of(TRANSPORT_UDP, client, &addr)), 3,
	       "and the ICMP error that answers one");
	call_close(&caller, client);
	close(stranger);
	end();
}

/* A closed listener's clients are recorded further, a closed one no longer than it lasts. */
static void follows_until_the_end(void)
{
	begin_own();
	struct pair pair = converse();
	struct endpoint server = loopback_at(pair.server);
	uint32_t number = end_of(TRANSPORT_TCP, pair.client, &server);
	call_close(&caller, pair.listener);
	struct poller poller;
	poller_init(&poller);
	poller_reset(&poller);
	wire_prepare(caller.wire, &poller);
	unsigned count = count_frames(number);
	call_send(&caller, pair.client, "more", 4, 0);
	is_int(count_frames(number), count + 2, "a client outlives its listener");
	const char *data;
	call_recv(&caller, pair.server, 100, 0, &data);
	call_close(&caller, pair.client);
	call_close(&caller, pair.server);
	is_int(count_frames(number), count + 5, "the end is recorded, too");
	int64_t now = clock_now();
	poller_reset(&poller);
	wire_prepare(caller.wire, &poller);
	ok(poller.wake != INT64_MAX && poller.wake < now + 2 * CLOCK_S, "and then it is soon over");
	poller_done(&poller);
	end();
}

/* As across a bridge: the frame is put onto a second interface by hand. */
static void counts_a_frame_once(void)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	struct endpoint own = { .family = AF_INET, .ip = { 192, 0, 2, 9 } };
	struct endpoint group = { .family = AF_INET, .port = 9, .ip = { 224, 0, 0, 5 } };
	int namespace = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ok(!netlink_add_pair("one", "two", mac, namespace) &&
	           !netlink_add_address("one", &own, 24) && !netlink_set_up("one") &&
	           !netlink_set_up("two") && !netlink_settle("one") && !netlink_settle("two"),
	   "two interfaces that are joined");
	begin_own();
	int second = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_ll at_two = { .sll_family = AF_PACKET,
		                      .sll_ifindex = (int)if_nametoindex("two") };
	bind(second, (struct sockaddr *)&at_two, sizeof at_two);
	struct witness witness = witness_begin(second, false);
	int fd = call_socket(&caller, AF_INET, SOCK_DGRAM);
	call_set_option(&caller, fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
	call_set_bytes(&caller, fd, IPPROTO_IP, IP_MULTICAST_IF, own.ip, 4);
	call_sendto(&caller, fd, "x", 1, 0, &group);
	uint32_t number = end_of(TRANSPORT_UDP, fd, &group);
	is_int(count_frames(number), 1, "a datagram leaves");
	struct witnessed seen;
	bool found = false;
	while (!found && peer_wait(second, POLLIN, PEER_MS) && witness_next(&witness, &seen))
		found = seen.bytes[seen.len - 1] == 'x';
	ok(found && write(second, seen.bytes, seen.len) == (ssize_t)seen.len,
	   "the same frame leaves another interface");
	wire_take(caller.wire);
	is_int(count_frames(number), 1, "which is not recorded again");
	call_sendto(&caller, fd, "x", 1, 0, &group);
	is_int(count_frames(number), 2, "as is another datagram");
	call_close(&caller, fd);
	witness_end(&witness);
	close(namespace);
	end();
}

/* Outside, the kernel cuts large frames into segments only later, or never. */
static void counts_pieces(void)
{
	enum { SEGMENT = 1000, BYTES = 30000 };
	static char data[BYTES];
	begin_own();
	struct endpoint addr = endpoint_loopback(AF_INET, 0), from;
	int listener = call_socket(&caller, AF_INET, SOCK_STREAM);
	call_bind(&caller, listener, &addr);
	call_set_option(&caller, listener, IPPROTO_TCP, TCP_MAXSEG, SEGMENT);
	call_listen(&caller, listener, 5);
	addr = loopback_at(listener);
	int client = call_socket(&caller, AF_INET, SOCK_STREAM);
	call_connect(&caller, client, &addr, NULL);
	peer_wait(listener, POLLIN, PEER_MS);
	int server = call_accept(&caller, listener, &from);
	call_send(&caller, client, data, BYTES, 0);
	peer_wait(server, POLLIN, PEER_MS);
	wire_take(caller.wire);
	struct frame_note note;
	struct frame frame;
	uint64_t at = TRANSCRIPT_NONE;
	unsigned many = 0, right = 0;
	while (next_frame(&at, &note, &frame)) {
		many += note.pieces > 1;
		unsigned pieces = (frame.len + SEGMENT - 1) / SEGMENT;
		right += note.pieces > 1 && (note.pieces == pieces ||
		                             note.pieces == pieces + 1); /* with options less */
	}
	ok(many > 0, "a frame may be several segments");
	is_int(right, many, "and says how many");
	call_close(&caller, client);
	call_close(&caller, server);
	call_close(&caller, listener);
	end();
}

static void needs_a_capability(void)
{
	struct transcript *transcript = transcript_new(8 << 20, TRANSCRIPT_BLOCK);
	struct wire *wire = wire_new(transcript);
	struct error error = { .text = "" };
	bool is_root = geteuid() == 0 && seteuid(65534) == 0;
	ok(!wire_watch(wire, HOST_HERE, WIRE_OWN, -1, &error) && !wire_is_watching(wire),
	   "outside of the sandbox not everybody may see the wire");
	if (is_root && seteuid(0) < 0)
		printf("#   seteuid: %s\n", strerror(errno));
	is_text(error.text,
	        "wire: outside of the sandbox it needs root or CAP_NET_RAW; /set wire auto records "
	        "the sandbox without",
	        "which a line says");
	wire_free(wire);
	transcript_free(transcript);
}

int main(void)
{
	tap_watchdog(60);
	reads_stamps();
	needs_a_capability();
	if (!own_network()) {
		tap_skip("no network of our own: namespaces are forbidden here");
		return tap_done();
	}
	records_in_order();
	agrees_with_a_witness();
	is_there_when_send_returns();
	knows_the_ends();
	begins_another_for_another_connection();
	connects_to_itself();
	follows_datagrams();
	counts_what_it_missed();
	forgets_the_oldest();
	notes_strikes();
	hides_secrets();
	keeps_whole_frames();
	records_only_its_own();
	follows_its_own_datagrams();
	follows_until_the_end();
	counts_pieces();
	counts_a_frame_once();
	return tap_done();
}
