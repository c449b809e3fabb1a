// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/transcript.h"

#include <errno.h>
#include <netinet/in.h>

#include "base/clock.h"
#include "record/session_index.h"
#include "support/tap.h"

#define BLOCK ((size_t)256)
#define ROOM  (BLOCK - ENTRY_HEADER)

static const struct endpoint four = { .family = AF_INET, .port = 7001, .ip = { 127, 0, 0, 1 } };
static const struct endpoint six = {
	.family = AF_INET6, .port = 53, .ip = { [15] = 1 }, .scope = 9
};

static struct entry header(uint32_t session, enum call call)
{
	return (struct entry){
		.session = session, .call = (uint8_t)call, .time = INT64_C(1000) * session, .fd = -1
	};
}

static uint64_t add(struct transcript *transcript, uint32_t session, const char *payload)
{
	struct entry entry = header(session, CALL_RECV);
	return transcript_append(transcript, &entry, NULL, payload, strlen(payload));
}

static uint64_t add_size(struct transcript *transcript, uint32_t session, size_t len)
{
	static const char zeros[4096];
	struct entry entry = header(session, CALL_RECV);
	return transcript_append(transcript, &entry, NULL, zeros, len);
}

static void is_payload(const struct transcript *t, uint64_t position, const char *want,
                       const char *name)
{
	const struct entry *entry = transcript_at(t, position);
	is_bytes(entry ? entry_payload(entry) : NULL, entry ? entry->len : 0, want, strlen(want),
	         name);
}

/* From the oldest entry to the end, what is unused in blocks between included. */
static size_t bytes_held(const struct transcript *t)
{
	uint64_t first = transcript_first(t);
	return first == TRANSCRIPT_NONE ? 0 : transcript_end(t) - first;
}

static void begins_empty(void)
{
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	is_int(transcript_count(t), 0, "a new transcript has no entries");
	is_int(bytes_held(t), 0, "and takes no memory for them");
	ok(transcript_first(t) == TRANSCRIPT_NONE, "there is no first");
	ok(transcript_last(t, 0) == TRANSCRIPT_NONE, "no last");
	ok(transcript_next(t, 0) == TRANSCRIPT_NONE, "nothing after the start");
	ok(transcript_next(t, TRANSCRIPT_NONE) == TRANSCRIPT_NONE, "nothing after nothing");
	ok(!transcript_at(t, 0) && !transcript_at(t, TRANSCRIPT_NONE), "nothing anywhere");
	ok(transcript_before(t, 0) == TRANSCRIPT_NONE, "nothing before nothing");
	ok(transcript_after(t, 0) == TRANSCRIPT_NONE, "nor after it");
	is_int(transcript_end(t), 0, "the end is the start");
	size_t room = 0;
	transcript_reserve(t, 0, 1, &room);
	transcript_cancel(t);
	ok(transcript_first(t) == TRANSCRIPT_NONE && transcript_next(t, 0) == TRANSCRIPT_NONE,
	   "an entry that was only begun is not there");
	transcript_free(t);
	transcript_free(NULL);
}

static void keeps_what_it_is_given(void)
{
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	struct entry given = header(7, CALL_SENDTO);
	given.arg = -5;
	given.arg2 = 3;
	given.fd = 12;
	given.error = EAGAIN;
	given.flags = ENTRY_ECHO;
	given.duration = UINT32_MAX;
	uint64_t position = transcript_append(t, &given, &six, "abc", 3);
	const struct entry *entry = transcript_at(t, position);
	struct endpoint addr = entry_addr(entry);
	ok(entry->time == 7000 && entry->session == 7 && entry->call == CALL_SENDTO, "the header");
	ok(entry->arg == -5 && entry->arg2 == 3 && entry->fd == 12, "is kept");
	ok(entry->error == EAGAIN && entry->flags == ENTRY_ECHO && entry->duration == UINT32_MAX,
	   "whole");
	ok(endpoint_equal(&addr, &six) && addr.scope == 9, "the address is kept");
	is_int(entry->endpoint_len, 20, "in 20 bytes for IPv6 with its scope");
	is_payload(t, position, "abc", "the payload is kept");
	is_int(transcript_end(t), 64, "which pad the payload");
	position = transcript_append(t, &given, &four, NULL, 0);
	addr = entry_addr(transcript_at(t, position));
	ok(endpoint_equal(&addr, &four), "an IPv4 address is kept");
	is_int(transcript_end(t) - position, 48, "in 7 bytes, and an empty payload takes none");
	struct endpoint none = { .family = AF_UNSPEC };
	ok(entry_local(transcript_at(t, position)).family == AF_UNSPEC, "without our own");
	position = transcript_append(t, &given, &none, "x", 1);
	is_int(entry_addr(transcript_at(t, position)).family, AF_UNSPEC,
	       "no address is no address");
	is_int(transcript_end(t) - position, 48, "and costs nothing");
	transcript_free(t);
}

static uint64_t add_both(struct transcript *t, const struct endpoint *peer,
                         const struct endpoint *own, const char *payload)
{
	struct entry given = header(7, CALL_RECVMSG);
	size_t room, len = strlen(payload);
	memcpy(transcript_reserve(t, ENTRY_ADDRESSES, len, &room), payload, len);
	return transcript_commit(t, &given, peer, own, len);
}

static void is_between(const struct transcript *t, uint64_t position, const struct endpoint *peer,
                       const struct endpoint *own, const char *name)
{
	const struct entry *entry = transcript_at(t, position);
	struct endpoint had = entry_addr(entry), local = entry_local(entry);
	ok(endpoint_equal(&had, peer) && endpoint_host_equal(&local, own) && local.port == 0, "%s",
	   name);
}

/* With the interface each own end is written out once, too. */
static void keeps_interfaces(void)
{
	struct transcript *t = transcript_new(8 * BLOCK, 4 * BLOCK);
	struct endpoint own = { .family = AF_INET, .ip = { 127, 0, 0, 9 }, .interface = "lo" };
	struct endpoint other = own, longest = own;
	strcpy(other.interface, "eth0");
	memset(longest.interface, 'x', sizeof longest.interface - 1);
	const struct endpoint *ends[] = { &own, &other, &longest, &own, &longest, &other };
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		uint64_t position = add_both(t, &four, ends[i], "data");
		is_between(t, position, &four, ends[i], "a datagram's ends are kept");
		struct endpoint local = entry_local(transcript_at(t, position));
		is_text(local.interface, ends[i]->interface, "and its interface");
		is_payload(t, position, "data", "and the payload");
		ok(i < 3 || transcript_at(t, position)->endpoint_len == 10,
		   "later ones refer to it");
	}
	struct entry given = header(7, CALL_RECVMSG);
	size_t room;
	given.ttl = 64;
	given.tos = 0xb9;
	transcript_reserve(t, ENTRY_ADDRESSES, 1, &room);
	const struct entry *entry = transcript_at(t, transcript_commit(t, &given, &four, &own, 0));
	ok(entry->ttl == 64 && entry->tos == 0xb9, "how it came is kept");
	transcript_free(t);
}

static void keeps_both_ends(void)
{
	static const struct endpoint *const peers[] = { &six, &four },
	                                    none = { .family = AF_UNSPEC };
	static const int first[] = { 39, 14 }, later[] = { 23, 10 };
	struct transcript *t = transcript_new(8 * BLOCK, 4 * BLOCK);
	for (int i = 0; i < 2; i++) {
		struct endpoint own = *peers[i], another;
		own.ip[3] ^= 0x55;
		own.scope = 0;
		uint64_t position = add_both(t, peers[i], &own, "both");
		is_between(t, position, peers[i], &own, "a datagram's peer is kept, and our end");
		is_int(transcript_at(t, position)->endpoint_len, first[i], "written out once");
		is_payload(t, position, "both", "and the payload");
		another = own;
		another.ip[2] ^= 0x55;
		add_both(t, peers[i], &another, "another");
		position = add_both(t, peers[i], &own, "again");
		is_between(t, position, peers[i], &own, "later ones refer to it");
		is_int(transcript_at(t, position)->endpoint_len, later[i], "in three bytes more");
		is_payload(t, position, "again", "and the payload");
		position = add_both(t, peers[i], &another, "both");
		is_between(t, position, peers[i], &another, "to several");
		position = add_both(t, peers[i], &none, "one.");
		is_int(entry_local(transcript_at(t, position)).family, AF_UNSPEC, "or none");
		is_payload(t, position, "one.", "and the payload");
		position = add_both(t, NULL, &own, "none");
		is_int(transcript_at(t, position)->endpoint_len, 0, "and never ours alone");
		is_payload(t, position, "none", "and the payload");
	}
	transcript_free(t);
}

/* What an entry refers to goes only with itself, and ten own addresses are more than are remembered. */
static void keeps_both_ends_while_blocks_go(void)
{
	struct transcript *t = transcript_new(10 * BLOCK, BLOCK);
	bool good = true;
	for (unsigned i = 0; i < 500; i++) {
		struct endpoint own = { .family = AF_INET6,
			                .ip = { [15] = (uint8_t)(i * i % 10) } };
		add_both(t, &six, &own, "x");
		unsigned number = i;
		for (uint64_t at = transcript_newest(t); at != TRANSCRIPT_NONE;
		     at = transcript_previous(t, at), number--) {
			struct endpoint local = entry_local(transcript_at(t, at));
			good = good && local.family == AF_INET6 &&
			       local.ip[15] == number * number % 10;
		}
	}
	ok(good, "every own address reads as it was written, also while blocks go");
	transcript_free(t);
}

/* A path is payload: it costs its bytes. */
static void keeps_paths(void)
{
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	struct entry given = header(7, CALL_RECVFROM);
	struct endpoint path = { .family = AF_UNIX, .path_len = 107 }, abstract = path, unnamed;
	memset(path.path, 'p', 107);
	memset(abstract.path, 'a', 107);
	abstract.path[0] = abstract.path[50] = '\0';
	unnamed = (struct endpoint){ .family = AF_UNIX };
	const struct endpoint *const all[] = { &path, &abstract, &unnamed };
	for (int i = 0; i < 3; i++) {
		uint64_t position = transcript_append(t, &given, all[i], "12345678", 8);
		struct endpoint got = entry_addr(transcript_at(t, position));
		ok(endpoint_equal(&got, all[i]), "a UNIX address is kept");
		is_payload(t, position, "12345678", "and the payload");
		uint64_t most = 8 + all[i]->path_len + ENTRY_MAX_OVERHEAD;
		ok(transcript_end(t) - position <= most, "in no more than 64 bytes besides");
	}
	transcript_free(t);
}

static void receives_in_place(void)
{
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	struct entry entry = header(1, CALL_RECVFROM);
	size_t room = 0;
	char *place = transcript_reserve(t, 24, 10, &room);
	is_int(room, ROOM - 24, "the whole block is offered");
	memcpy(place, "to the left", sizeof "to the left");
	uint64_t first = transcript_commit(t, &entry, &four, NULL, 11);
	ok(entry_payload(transcript_at(t, first)) == place, "the payload stays where it came");
	is_payload(t, first, "to the left", "before a shorter address than expected");
	place = transcript_reserve(t, 7, 1, &room);
	memcpy(place, "stays", sizeof "stays");
	uint64_t second = transcript_commit(t, &entry, &four, NULL, 5);
	is_payload(t, second, "stays", "and before one of the expected size");
	place = transcript_reserve(t, 24, 1, &room);
	memcpy(place, "none", sizeof "none");
	is_payload(t, transcript_commit(t, &entry, NULL, NULL, 4), "none",
	           "no address where one was expected");
	transcript_reserve(t, 0, 1, &room);
	uint64_t end = transcript_end(t);
	transcript_cancel(t);
	is_int(transcript_end(t), end, "what is cancelled leaves nothing");
	is_int(transcript_count(t), 3, "and is not counted");
	ok(!transcript_at(t, end), "there is no entry at the end");
	transcript_free(t);
}

static void fills_blocks_exactly(void)
{
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	uint64_t first = add_size(t, 1, ROOM);
	is_int(transcript_end(t), BLOCK, "an entry fills its block to the last byte");
	ok(!transcript_at(t, BLOCK), "there is nothing at the end");
	ok(transcript_next(t, first) == TRANSCRIPT_NONE, "nor after it");
	uint64_t second = add_size(t, 1, ROOM - 48);
	is_int(second, BLOCK, "the next begins the next block");
	uint64_t third = add(t, 1, "12345678");
	is_int(third, 2 * BLOCK - 48, "what is left is filled by an entry of that size");
	is_int(transcript_end(t), 2 * BLOCK, "exactly");
	uint64_t fourth = add_size(t, 1, ROOM - 40);
	size_t room = 99;
	transcript_reserve(t, 0, 0, &room);
	is_int(room, 0, "a header alone fits 40 bytes");
	struct entry closing = header(1, CALL_CLOSE);
	uint64_t fifth = transcript_commit(t, &closing, NULL, NULL, 0);
	is_int(fifth, 3 * BLOCK - 40, "and is put there");
	uint64_t order[] = { first, second, third, fourth, fifth, TRANSCRIPT_NONE };
	for (int i = 0; i < 5; i++)
		ok(transcript_next(t, order[i]) == order[i + 1] &&
		           transcript_after(t, order[i]) == order[i + 1],
		   "entry %d is followed by the next", i);
	transcript_free(t);
}

static void grants_what_is_asked(void)
{
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	size_t room = 0;
	add_size(t, 1, 100);
	transcript_reserve(t, 0, 72, &room);
	is_int(room, 72, "what is left is enough");
	transcript_cancel(t);
	transcript_reserve(t, 0, 73, &room);
	is_int(room, ROOM, "one byte more opens a block");
	transcript_cancel(t);
	is_int(transcript_end(t), BLOCK, "which is there now");
	transcript_reserve(t, 24, SIZE_MAX, &room);
	is_int(room, ROOM - 24, "no more than a block is ever granted");
	transcript_cancel(t);
	is_int(transcript_end(t), BLOCK, "an empty block is not left for another one");
	uint64_t first = transcript_first(t);
	ok(transcript_next(t, first) == TRANSCRIPT_NONE, "an empty block is no entry");
	uint64_t second = add(t, 1, "x");
	ok(second == BLOCK && transcript_next(t, first) == second, "the sealed rest is skipped");
	transcript_free(t);
}

static void evicts_the_oldest(void)
{
	struct transcript *t = transcript_new(3 * BLOCK, BLOCK);
	uint64_t old = add(t, 1, "old");
	uint64_t middle = add_size(t, 2, ROOM);
	add_size(t, 2, ROOM);
	is_int(transcript_lost(t).entries, 0, "nothing is lost below the ceiling");
	uint64_t newest = add(t, 1, "new");
	is_int(transcript_lost(t).entries, 1, "the oldest block goes");
	is_int(transcript_lost(t).bytes, 3, "and its bytes are counted");
	ok(!transcript_at(t, old), "a cursor to it points to nothing");
	is_int(transcript_next(t, old), middle, "and leads on to the oldest that is left");
	is_int(transcript_first(t), middle, "which is the first");
	ok(transcript_after(t, old) == TRANSCRIPT_NONE, "nobody knows whose it was");
	ok(transcript_before(t, newest) == TRANSCRIPT_NONE, "the way back ends before it");
	is_payload(t, newest, "new", "the newest stays");
	is_int(transcript_last(t, 1), newest, "and is found");
	for (int i = 0; i < 3; i++)
		add_size(t, 3, ROOM);
	ok(transcript_last(t, 1) == TRANSCRIPT_NONE && transcript_last(t, 2) == TRANSCRIPT_NONE,
	   "sessions that are gone have no last entry");
	is_int(bytes_held(t), 3 * BLOCK, "the memory stays below the ceiling");
	is_int(transcript_count(t), 7, "all entries ever made are counted");
	is_int(transcript_lost(t).bytes, 3 + ROOM + ROOM + 3, "and all lost bytes");
	transcript_free(t);
}

static void changes_its_ceiling(void)
{
	struct transcript *t = transcript_new(40 * BLOCK, BLOCK);
	for (int i = 0; i < 45; i++)
		add_size(t, 1, ROOM);
	is_int(bytes_held(t), 40 * BLOCK, "forty blocks are held");
	transcript_set_ceiling(t, 3 * BLOCK + BLOCK / 2);
	is_int(bytes_held(t), 3 * BLOCK, "a smaller ceiling evicts at once");
	is_int(transcript_first(t), 42 * BLOCK, "the oldest ones");
	is_int(transcript_lost(t).entries, 42, "which are counted");
	is_int(transcript_ceiling(t), 3 * BLOCK + BLOCK / 2, "the ceiling is as asked");
	add_size(t, 1, ROOM);
	is_int(transcript_first(t), 43 * BLOCK, "the ring goes on");
	transcript_set_ceiling(t, 30 * BLOCK);
	for (int i = 0; i < 27; i++)
		add_size(t, 1, ROOM);
	is_int(transcript_first(t), 43 * BLOCK, "a larger ceiling keeps more from now on");
	add_size(t, 1, ROOM);
	is_int(transcript_first(t), 44 * BLOCK, "up to itself");
	int walked = 0;
	for (uint64_t at = transcript_first(t); at != TRANSCRIPT_NONE; at = transcript_after(t, at))
		walked++;
	is_int(walked, 30, "all that are left can be walked");
	transcript_set_ceiling(t, 0);
	is_int(transcript_ceiling(t), 3 * BLOCK, "three blocks are the least");
	is_int(bytes_held(t), 3 * BLOCK, "and are kept");
	transcript_free(t);
}

/* What has been received is sent on from where it lies, with small entries before and after it. */
static void keeps_what_is_sent_on(void)
{
	struct transcript *t = transcript_new(3 * BLOCK, BLOCK);
	add_size(t, 1, ROOM);
	add_size(t, 1, ROOM - 88);
	const char *bytes = entry_payload(transcript_at(t, add(t, 1, "12345678")));
	add(t, 1, "small");
	add_size(t, 1, ROOM - 48);
	add(t, 1, "small");
	is_bytes(bytes, 8, "12345678", 8, "bytes outlive a large entry and small ones around it");
	ok(transcript_lost(t).entries > 0, "while others go");
	transcript_free(t);
}

static uint64_t share(struct transcript *t, const struct endpoint *to, const char *payload, size_t len)
{
	struct entry entry = header(2, to ? CALL_SENDTO : CALL_SEND);
	return transcript_share(t, to ? ENTRY_ADDRESSES : 0, payload, len)
	               ? transcript_commit(t, &entry, to, NULL, len)
	               : TRANSCRIPT_NONE;
}

static void shares_what_is_sent_on(void)
{
	struct transcript *t = transcript_new(3 * BLOCK, BLOCK);
	ok(share(t, NULL, "12345", 5) == TRANSCRIPT_NONE, "an empty transcript has nothing to share");
	const char *bytes = entry_payload(transcript_at(t, add(t, 1, "0123456789")));
	uint64_t before = transcript_end(t);
	uint64_t first = share(t, NULL, bytes, 10), second = share(t, NULL, bytes + 2, 6);
	is_int((long long)(transcript_end(t) - before), 2 * 48, "what is sent on takes no room for its bytes");
	is_payload(t, first, "0123456789", "... and has them");
	is_payload(t, second, "234567", "... a part of them, too");
	ok(entry_bytes(transcript_at(t, second)) == bytes + 2, "... which are those that came");
	is_int((long long)transcript_next(t, first), (long long)second, "the next entry is found");
	ok(share(t, NULL, "12345", 5) == TRANSCRIPT_NONE, "bytes from elsewhere are not shared");
	ok(share(t, NULL, bytes, 4) == TRANSCRIPT_NONE, "nor so few that it would not pay");
	struct entry failed = header(2, CALL_SEND);
	failed.error = EAGAIN;
	transcript_share(t, 0, bytes, 10);
	is_payload(t, transcript_commit(t, &failed, NULL, NULL, 0), "", "a call that took none has none");
	transcript_free(t);

	t = transcript_new(3 * BLOCK, BLOCK);
	bytes = entry_payload(transcript_at(t, add_size(t, 1, BLOCK / 4)));
	first = share(t, &four, bytes, BLOCK / 4);
	ok(first == TRANSCRIPT_NONE, "there must be room for any address");
	transcript_free(t);

	t = transcript_new(6 * BLOCK, 2 * BLOCK);
	bytes = entry_payload(transcript_at(t, add(t, 1, "to whom")));
	first = share(t, &four, bytes, 7);
	struct endpoint addr = entry_addr(transcript_at(t, first));
	ok(endpoint_equal(&addr, &four), "a shared payload leaves the address where it is found");
	is_payload(t, first, "to whom", "... and it is found");
	add_size(t, 1, 2 * BLOCK - ENTRY_HEADER);
	ok(share(t, NULL, bytes, 7) == TRANSCRIPT_NONE, "an older block is not shared: it goes first");
	transcript_free(t);

	t = transcript_new(3 * BLOCK, BLOCK);
	struct entry given = header(1, CALL_SEND);
	given.flags = ENTRY_SHARED;
	is_payload(t, transcript_append(t, &given, NULL, "own bytes", 9), "own bytes",
	           "a header that says so by itself is not believed");
	transcript_free(t);
}

static void a_begun_entry_survives_a_smaller_ceiling(void)
{
	struct transcript *t = transcript_new(8 * BLOCK, BLOCK);
	for (int i = 0; i < 7; i++)
		add_size(t, 1, ROOM);
	size_t room = 0;
	char *place = transcript_reserve(t, 0, 5, &room);
	transcript_set_ceiling(t, 2 * BLOCK);
	memcpy(place, "alive", sizeof "alive");
	struct entry entry = header(1, CALL_RECV);
	uint64_t position = transcript_commit(t, &entry, NULL, NULL, 5);
	is_payload(t, position, "alive", "a begun entry survives a smaller ceiling");
	transcript_free(t);
}

static void links_sessions(void)
{
	struct transcript *t = transcript_new(64 * BLOCK, BLOCK);
	uint64_t a1 = add(t, 1, "a1");
	uint64_t b1 = add(t, 2, "b1");
	uint64_t a2 = add(t, 1, "a2");
	uint64_t zero = add(t, 0, "the program itself");
	for (int i = 0; i < 20; i++)
		add_size(t, 3, ROOM);
	uint64_t b2 = add(t, 2, "b2");
	is_int(transcript_last(t, 1), a2, "the last of one");
	is_int(transcript_last(t, 2), b2, "the last of the other");
	is_int(transcript_last(t, 0), zero, "session 0 is one like the others");
	ok(transcript_last(t, 4) == TRANSCRIPT_NONE, "a number never used has none");
	is_int(transcript_before(t, b2), b1, "back over twenty blocks");
	is_int(transcript_at(t, b2)->previous_in_session, (b2 - b1) / ENTRY_ALIGN,
	       "by the distance");
	ok(transcript_before(t, b1) == TRANSCRIPT_NONE, "the first has none before it");
	is_int(transcript_after(t, a1), a2, "forward within a session");
	is_int(transcript_after(t, b1), b2, "also over twenty blocks");
	ok(transcript_after(t, a2) == TRANSCRIPT_NONE,
	   "the last has none after it, though others go on");
	transcript_free(t);
}

static void is_offset(const struct transcript *t, uint64_t position, int want, const char *name)
{
	is_int(transcript_at(t, position)->stream_offset, want, name);
}

static void counts_stream_positions(void)
{
	struct transcript *t = transcript_new(1 << 20, 1 << 16);
	struct entry in = header(1, CALL_RECV), out = header(1, CALL_SEND),
	             note = header(1, CALL_NOTE);
	struct entry datagram = header(1, CALL_RECVFROM), other = header(2, CALL_RECV);
	char bytes[1000] = "";
	is_offset(t, transcript_append(t, &in, NULL, bytes, 1000), 0, "a stream begins at 0");
	is_offset(t, transcript_append(t, &in, NULL, bytes, 24), 1000, "and goes on");
	is_offset(t, transcript_append(t, &out, NULL, bytes, 7), 0, "each direction by itself");
	is_offset(t, transcript_append(t, &note, NULL, bytes, 9), 0, "a note has no place in it");
	is_offset(t, transcript_append(t, &datagram, NULL, bytes, 9), 0, "nor has a datagram");
	is_offset(t, transcript_append(t, &other, NULL, bytes, 9), 0, "each session by itself");
	is_offset(t, transcript_append(t, &in, NULL, bytes, 0), 1024,
	          "what came between did not count");
	for (int i = 0; i < 64; i++)
		transcript_append(t, &in, NULL, bytes, 1000);
	is_offset(t, transcript_append(t, &in, NULL, bytes, 1000), 65024, "up to 65535");
	is_offset(t, transcript_append(t, &in, NULL, bytes, 1), 66024 - 65536, "then from 0 again");
	is_offset(t, transcript_append(t, &out, NULL, bytes, 1), 7,
	          "the other direction is where it was");
	transcript_free(t);
}

static void cuts_long_payloads(void)
{
	struct transcript *t = transcript_new(8 * BLOCK, BLOCK);
	char text[3 * ROOM + 5];
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('a' + (int)(i % 26));
	add(t, 1, "before");
	struct entry note = header(1, CALL_NOTE);
	note.flags = ENTRY_ERROR;
	uint64_t at = transcript_append(t, &note, NULL, text, sizeof text);
	char joined[sizeof text];
	size_t len = 0;
	int pieces = 0, continued = 0;
	for (; at != TRANSCRIPT_NONE; at = transcript_after(t, at), pieces++) {
		const struct entry *entry = transcript_at(t, at);
		if (len + entry->len <= sizeof joined)
			memcpy(joined + len, entry_payload(entry), entry->len);
		len += entry->len;
		continued += entry->flags == (ENTRY_CONTINUES | ENTRY_ERROR);
	}
	is_bytes(joined, len, text, sizeof text, "a note longer than a block is there in pieces");
	is_int(pieces, 4, "four of them");
	is_int(continued, 3, "of which three say that they go on");
	uint64_t before = transcript_count(t);
	struct entry recv = header(2, CALL_RECV);
	uint64_t first = transcript_append(t, &recv, &six, text, sizeof text);
	is_int(transcript_at(t, first)->len, ROOM - 20, "an address is kept with each piece");
	is_int(transcript_at(t, first)->flags, 0, "the bytes of a stream need no flag");
	is_int(transcript_at(t, transcript_after(t, first))->stream_offset, ROOM - 20,
	       "for their place says it");
	is_int(transcript_count(t) - before, 4, "each piece is an entry");
	transcript_append(t, &note, NULL, text, ROOM);
	is_int(transcript_at(t, transcript_last(t, 1))->flags, ENTRY_ERROR,
	       "a note that just fits is whole");
	transcript_free(t);
}

static void holds_many_sessions(void)
{
	enum { MANY = 20000 };
	struct transcript *t = transcript_new(4 << 20, 4096);
	for (uint32_t i = 0; i < MANY; i++)
		add(t, i * 7, "first");
	for (uint32_t i = 0; i < MANY; i++)
		add(t, i * 7, "second");
	int good = 0;
	for (uint32_t i = 0; i < MANY; i++) {
		uint64_t last = transcript_last(t, i * 7);
		uint64_t before = transcript_before(t, last);
		good += last != TRANSCRIPT_NONE && before != TRANSCRIPT_NONE &&
		        transcript_at(t, last)->stream_offset == 5 &&
		        transcript_after(t, before) == last;
	}
	is_int(good, MANY, "twenty thousand sessions are told apart");
	transcript_set_ceiling(t, 8192);
	for (uint32_t i = 0; i < 300000; i++)
		add(t, i, "one of very many");
	ok(transcript_last(t, 299999) != TRANSCRIPT_NONE, "sessions come and go forever");
	ok(transcript_last(t, 7) == TRANSCRIPT_NONE, "and are forgotten with their last entry");
	transcript_free(t);
}

/* A quarter of a million sessions, of which at most a thousand are there at a time. */
static void forgets_sessions(void)
{
	struct session_index index;
	session_index_init(&index);
	for (uint32_t i = 0; i < 250000; i++)
		session_index_claim(&index, i, i < 1000 ? 0 : i - 1000)->last = i;
	ok(index.cap <= 4096, "a table of sessions does not grow with those that are gone");
	int remembered = 0;
	for (uint32_t i = 249000; i < 250000; i++)
		remembered += session_index_find(&index, i)->last == i;
	is_int(remembered, 1000, "and remembers those that are not");
	ok(!session_index_find(&index, 250000), "and no others");
	session_index_free(&index);
}

static void costs_little(void)
{
	struct transcript *t = transcript_new(16 << 20, TRANSCRIPT_BLOCK);
	size_t room = 0;
	transcript_reserve(t, ENTRY_ADDRESSES, TRANSCRIPT_ROOM, &room);
	ok(room >= TRANSCRIPT_ROOM, "a datagram always fits a block of the usual size");
	transcript_cancel(t);
	struct entry entry = header(1, CALL_RECVFROM);
	char line[80] = "";
	for (int i = 0; i < 7000; i++)
		transcript_append(t, &entry, &six, line, sizeof line);
	size_t most = 7000 * (sizeof line + ENTRY_MAX_OVERHEAD);
	ok(transcript_end(t) <= most, "a call costs its bytes and at most 64 more");
	uint64_t begin = transcript_end(t), block = begin / TRANSCRIPT_BLOCK;
	struct endpoint own = { .family = AF_INET6, .ip = { 0xfe, 0x80, [15] = 7 } };
	struct endpoint peer = { .family = AF_INET6, .port = 9, .ip = { 0x20, [15] = 1 } };
	peer.scope = 2000; /* two bytes */
	for (int i = 0; i < 7000; i++) {
		memset(transcript_reserve(t, ENTRY_ADDRESSES, sizeof line, &room), 0, sizeof line);
		transcript_commit(t, &entry, &peer, &own, sizeof line);
	}
	uint64_t blocks = transcript_end(t) / TRANSCRIPT_BLOCK - block + 1;
	most = 7000 * (sizeof line + ENTRY_MAX_OVERHEAD) + blocks * (24 + ENTRY_ADDRESSES + 150);
	ok(transcript_end(t) - begin <= most, "also with two of IPv6, written out once a block");
	transcript_free(t);
}

static void entries_have_durations(void)
{
	ok(entry_microseconds(0) == 0 && entry_microseconds(1) == 1 &&
	           entry_microseconds(CLOCK_US) == 1 && entry_microseconds(CLOCK_US + 1) == 2,
	   "microseconds are rounded up");
	ok(entry_microseconds(-1) == 0, "a duration is not negative");
	ok(entry_microseconds(3 * 3600 * CLOCK_S) == UINT32_MAX, "one of hours is what an entry has at most");
}

static void entries_answer(void)
{
	struct entry entry = header(1, CALL_RECV);
	entry.len = 12;
	is_int(entry_result(&entry), 12, "recv() returns bytes");
	entry.error = EAGAIN;
	is_int(entry_result(&entry), -1, "or -1");
	struct entry made = header(1, CALL_SOCKET);
	made.fd = 5;
	is_int(entry_result(&made), 5, "socket() returns a descriptor");
	struct entry accepted = header(1, CALL_ACCEPT);
	accepted.fd = 5;
	accepted.arg = 6;
	is_int(entry_result(&accepted), 6, "accept() returns the new one");
	struct entry bound = header(1, CALL_BIND);
	bound.arg = 9;
	is_int(entry_result(&bound), 0, "bind() returns 0");
	struct entry got = header(1, CALL_RECV);
	got.arg = 9;
	ok(entry_is_end_of_file(&got) && !entry_has_failed(&got), "recv() = 0 is an end");
	got.error = EAGAIN;
	ok(!entry_is_end_of_file(&got) && !entry_has_failed(&got), "\"not yet\" is no failure");
	got.error = ECONNRESET;
	ok(entry_has_failed(&got), "a reset is one");
	for (int call = 0; call < CALL_COUNT; call++) {
		struct entry any = header(1, (enum call)call);
		bool in = call == CALL_RECV || call == CALL_RECVFROM || call == CALL_RECVMSG ||
		          call == CALL_TLS_READ;
		bool out = call == CALL_SEND || call == CALL_SENDTO || call == CALL_SENDMSG ||
		           call == CALL_TLS_WRITE;
		ok(entry_is_incoming(&any) == in && entry_is_outgoing(&any) == out &&
		           entry_is_call(&any) == (call > CALL_FRAME) &&
		           entry_call_name((enum call)call),
		   "%s is what it is", entry_call_name((enum call)call));
	}
	is_text(entry_call_name(CALL_RECVFROM), "recvfrom", "calls have their names");
	is_text(entry_call_name(CALL_CLOSE), "close", "to the last");
	is_text(entry_call_name(CALL_NOTE), "note", "from the first");
}

/* ---- a random history beside a list that forgets nothing ---- */

enum { MODEL = 6000, SESSIONS = 9 };

struct model {
	struct {
		uint64_t position;
		uint32_t session, len;
		uint8_t seed;
		size_t endpoint_len;
	} list[MODEL];
	size_t count;
};

static uint32_t draw(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % below;
}

static void model_add(struct model *model, struct transcript *t, uint32_t *state)
{
	static const struct endpoint name = { .family = AF_UNIX, .path = "/run/x", .path_len = 6 };
	static const struct endpoint *const addrs[] = { NULL, &four, &six, &name };
	uint8_t packed[ENDPOINT_PACKED];
	const struct endpoint *addr = addrs[draw(state, 4)];
	size_t packed_size = addr ? endpoint_pack(addr, packed) : 0;
	struct entry entry = header(draw(state, SESSIONS), CALL_SENDTO);
	size_t room = 0;
	size_t endpoint_size = addr && draw(state, 2) ? packed_size : ENTRY_ADDRESSES;
	char *place = transcript_reserve(t, endpoint_size, draw(state, 2 * (uint32_t)BLOCK), &room);
	size_t len = draw(state, 3) ? draw(state, (uint32_t)room + 1) : room;
	uint8_t seed = (uint8_t)draw(state, 256);
	memset(place, seed, room);
	model->list[model->count].position = transcript_commit(t, &entry, addr, NULL, len);
	model->list[model->count].session = entry.session;
	model->list[model->count].len = (uint32_t)len;
	model->list[model->count].seed = seed;
	model->list[model->count++].endpoint_len = packed_size;
}

static bool same_entry(const struct model *model, size_t i, const struct entry *entry)
{
	bool same = entry && entry->session == model->list[i].session &&
	            entry->len == model->list[i].len &&
	            entry->endpoint_len == model->list[i].endpoint_len;
	for (size_t k = 0; same && k < entry->len; k++)
		same = (uint8_t)entry_payload(entry)[k] == model->list[i].seed;
	return same;
}

static size_t neighbour(const struct model *model, size_t i, int step)
{
	size_t k = i;
	do
		k += (size_t)step;
	while (k < model->count && model->list[k].session != model->list[i].session);
	return k;
}

static uint64_t position_of(const struct model *model, size_t i, size_t lost)
{
	return i >= lost && i < model->count ? model->list[i].position : TRANSCRIPT_NONE;
}

static bool is_linked(const struct model *model, const struct transcript *t, size_t i, size_t lost)
{
	uint64_t position = model->list[i].position;
	size_t before = neighbour(model, i, -1), after = neighbour(model, i, 1);
	return transcript_before(t, position) == position_of(model, before, lost) &&
	       transcript_after(t, position) == position_of(model, after, lost) &&
	       transcript_next(t, position) == position_of(model, i + 1, lost) &&
	       (after < model->count || transcript_last(t, model->list[i].session) == position);
}

/* Everything that is still there is as it was, in its order, and everything before it is gone. */
static bool agrees(const struct model *model, const struct transcript *t)
{
	size_t lost = transcript_lost(t).entries;
	for (size_t i = 0; i < lost; i++)
		if (transcript_at(t, model->list[i].position) ||
		    transcript_next(t, model->list[i].position) != transcript_first(t))
			return false;
	for (size_t i = lost; i < model->count; i++)
		if (!same_entry(model, i, transcript_at(t, model->list[i].position)) ||
		    !is_linked(model, t, i, lost))
			return false;
	return bytes_held(t) <= transcript_ceiling(t) && transcript_count(t) == model->count;
}

static void agrees_with_a_model(void)
{
	static struct model model;
	uint32_t state = 20240607;
	struct transcript *t = transcript_new(10 * BLOCK, BLOCK);
	bool good = true;
	while (good && model.count < MODEL) {
		uint64_t end = transcript_end(t);
		model_add(&model, t, &state);
		good = model.list[model.count - 1].position >= end;
		if (!draw(&state, 40))
			transcript_set_ceiling(t, draw(&state, 30 * (uint32_t)BLOCK));
		if (good && !draw(&state, 20))
			good = agrees(&model, t);
	}
	ok(good && agrees(&model, t), "a random history of %zu entries reads as it was written",
	   model.count);
	transcript_free(t);
}

/* Entry by entry from the newest to the oldest, as the way forward is. */
static bool walks_back(const struct transcript *t)
{
	uint64_t position = transcript_newest(t);
	uint64_t next = TRANSCRIPT_NONE;
	while (position != TRANSCRIPT_NONE) {
		if (transcript_next(t, position) != next)
			return false;
		next = position;
		position = transcript_previous(t, position);
	}
	return next == transcript_first(t);
}

static void walks_back_in_time(void)
{
	enum { LARGE = 1 << 21 };
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	bool good = walks_back(t);
	ok(good && transcript_newest(t) == TRANSCRIPT_NONE, "nothing is the newest of nothing");
	ok(transcript_previous(t, TRANSCRIPT_NONE) == TRANSCRIPT_NONE, "nothing before nothing");
	for (uint32_t i = 0; i < 200; i++) {
		uint64_t position = add_size(t, i % 7, i * 37 % (ROOM + 1));
		good = good && transcript_newest(t) == position && walks_back(t);
	}
	ok(good, "every history can be walked back, also while blocks go");
	size_t room;
	transcript_reserve(t, 0, ROOM, &room);
	ok(walks_back(t), "also while an entry is begun");
	transcript_cancel(t);
	ok(walks_back(t), "and was thrown away");
	transcript_free(t);
	t = transcript_new(4 * (size_t)LARGE, LARGE);
	char *bytes = calloc(1, LARGE);
	struct entry entry = header(1, CALL_RECV);
	for (size_t size = 1; size < LARGE; size = 3 * size + 1) {
		transcript_append(t, &entry, NULL, bytes, size);
		transcript_append(t, &entry, NULL, bytes, LARGE / 4);
		good = good && walks_back(t);
	}
	ok(good, "over entries larger than a step");
	free(bytes);
	transcript_free(t);
}

static void keeps_asides_out_of_streams(void)
{
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	struct entry peek = header(1, CALL_RECV), urgent = header(1, CALL_SEND);
	peek.arg2 = MSG_PEEK;
	urgent.arg2 = MSG_OOB;
	ok(entry_is_aside(&peek) && !entry_is_aside(&urgent), "what is peeked at is beside it");
	add(t, 1, "abc");
	uint64_t looked = transcript_append(t, &peek, NULL, "de", 2);
	uint64_t read = add(t, 1, "de");
	is_int(transcript_at(t, looked)->stream_offset, 3,
	       "a peek is where the stream has come to");
	is_int(transcript_at(t, read)->stream_offset, 3, "and moves nothing on");
	transcript_append(t, &urgent, NULL, "!", 1);
	uint64_t sent = transcript_append(t, &urgent, NULL, "!", 1);
	is_int(transcript_at(t, sent)->stream_offset, 1, "an urgent byte is sent in the stream");
	transcript_free(t);
}

static void remembers_where_a_session_began(void)
{
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	struct entry header = { .call = CALL_NOTE, .session = 2 };
	is_int(transcript_begin(t, 2) == TRANSCRIPT_NONE, true, "of nobody nothing is known");
	header.session = 1;
	transcript_append(t, &header, NULL, "another", 7);
	header.session = 2;
	uint64_t first = transcript_append(t, &header, NULL, "first", 5);
	transcript_append(t, &header, NULL, "second", 6);
	ok(transcript_begin(t, 2) == first, "the first entry of a session");
	while (transcript_at(t, first))
		transcript_append(t, &header, NULL, "more", 4);
	ok(transcript_begin(t, 2) == TRANSCRIPT_NONE, "which is none once it has gone");
	transcript_free(t);
}

static bool is_even(const void *context, uint32_t session)
{
	(void)context;
	return session % 2 == 0;
}

static void hides_sessions(void)
{
	struct transcript *t = transcript_new(4 * BLOCK, BLOCK);
	for (uint32_t session = 0; session < 6; session++)
		add(t, session, "x");
	ok(!transcript_is_hidden(t, 2), "nothing is hidden at first");
	transcript_hide(t, 2);
	transcript_hide(t, 77);
	ok(transcript_is_hidden(t, 2) && !transcript_is_hidden(t, 1), "one session is");
	ok(!transcript_is_hidden(t, 77), "not one of which nothing is there");
	is_payload(t, transcript_last(t, 2), "x", "what it did is still there");
	transcript_hide_others(t, is_even, NULL);
	ok(transcript_is_hidden(t, 1) && transcript_is_hidden(t, 5) && !transcript_is_hidden(t, 4),
	   "all but some can be");
	for (uint32_t session = 100; session < 100 + 64; session++)
		add_size(t, session, 100);
	ok(!transcript_is_hidden(t, 1), "nothing is remembered of what has gone");
	transcript_free(t);
}

int main(void)
{
	tap_watchdog(30);
	walks_back_in_time();
	keeps_asides_out_of_streams();
	begins_empty();
	keeps_what_it_is_given();
	keeps_both_ends();
	keeps_interfaces();
	keeps_both_ends_while_blocks_go();
	keeps_paths();
	receives_in_place();
	fills_blocks_exactly();
	grants_what_is_asked();
	evicts_the_oldest();
	changes_its_ceiling();
	keeps_what_is_sent_on();
	shares_what_is_sent_on();
	a_begun_entry_survives_a_smaller_ceiling();
	links_sessions();
	counts_stream_positions();
	cuts_long_payloads();
	holds_many_sessions();
	forgets_sessions();
	costs_little();
	entries_have_durations();
	entries_answer();
	agrees_with_a_model();
	remembers_where_a_session_began();
	hides_sessions();
	return tap_done();
}
