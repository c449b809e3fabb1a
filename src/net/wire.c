// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/wire.h"

#include <assert.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/count.h"
#include "net/cable.h"
#include "net/cable_loop.h"
#include "net/packet_ring.h"
#include "record/known_secrets.h"
#include "socket/frame.h"
#include "socket/segment.h"

enum {
	RINGS = 5,
	TAKE_MOST = 4096, /* entries of a wire_take() fill less than a block, */
	TAKE_BYTES = TRANSCRIPT_BLOCK / 2, /* also with whole frames */
	HIDDEN_MOST = 4096,
	BUCKETS = 1024,
	RECENT = 16,            /* frames of this machine that another interface may show again */
	FRAGMENTS = 8,          /* datagrams whose later fragments are still recognized */
	FIRST_END = HOST_COUNT, /* numbers from WIRE_FIRST on: below are those of hosts */
	STRIKES_MOST = 256,     /* in a turn */
	CLOCK_ERROR = 2 * CLOCK_US, /* a smaller difference is no setting of the wall clock */
};

/* What an end is known by: compared as bytes, so unused ones are 0. */
struct key {
	uint8_t host, transport;
	bool loopback; /* of TCP: both ends, the lesser address first */
	bool ipv6;
	uint16_t local_port, remote_port;
	uint8_t local[16], remote[16];
};

struct end {
	struct key key;
	uint32_t number;
	uint64_t first, last; /* positions of its oldest and newest frame */
	int64_t begun;        /* time of the oldest frame */
	uint64_t missed;      /* of its host, when that was last noted here */
	struct end *chain;    /* in its bucket, the newest first */
	struct end *older, *newer;
	struct segment_flow flow; /* of TCP */
	struct {
		bool seen;
		uint32_t seq;
	} syn[2];    /* by direction */
	bool beyond; /* other segments than a SYN were seen */
	bool hidden; /* it has carried a secret: no data is kept */
};

struct ring {
	struct packet_ring *packets;
	enum host host;
	enum wire_place place;
	int64_t since;
	unsigned run; /* frames read since it was empty, */
	bool asked;   /* and whether its loss has been asked for since then */
};

struct fragments {
	uint32_t id;
	enum frame_event event;
	struct endpoint from, to; /* AF_UNSPEC = unused */
	struct key key;           /* of its UDP port */
};

/* A socket of ours on this machine. */
struct followed {
	int fd; /* -1 once it is closed */
	struct packet_pair pair;
	bool over;     /* RST was seen, or FIN of both */
	bool fin[2];   /* seen, from the local end and from the remote one */
	int64_t until; /* closed: when it is forgotten */
};

/* A frame of this machine, without its Ethernet header. */
struct recent {
	uint64_t hash;
	int interface;
	int64_t time;
};

struct wire {
	struct transcript *transcript;
	struct ring ring[RINGS];
	unsigned rings;
	struct cable_link *cable; /* NULL = none */
	struct wire_clock clock;
	struct end **buckets; /* NULL until the first end */
	struct end *oldest, *newest;
	size_t ends;
	uint32_t first_number; /* of what belongs to no end at HOST_HERE */
	uint32_t last_number;
	int64_t since[HOST_COUNT]; /* of a recording: wire_since() */
	struct fragments fragments[FRAGMENTS];
	unsigned next_fragments;
	struct recent recent[RECENT];
	unsigned next_recent;
	uint64_t recorded;
	uint64_t missed[HOST_COUNT];
	struct followed *followed;
	size_t followed_count, followed_cap, unserved;
	struct key *hidden; /* conversations that carried secrets; their ends may be new or forgotten */
	size_t hidden_count, hidden_cap, next_hidden;
	bool whole; /* frames are kept */
};

/* ---- clocks ---- */

/* Takes the closest pair of clock readings of a few tries, and of more where something came between each. */
static void sync_clock(struct wire_clock *clock)
{
	enum { TRIES = 3, TRIES_MOST = 30 };
	int64_t best = INT64_MAX, offset = 0;
	for (int i = 0; i < TRIES || (i < TRIES_MOST && best > CLOCK_US); i++) {
		struct timespec time;
		int64_t before = clock_now();
		clock_gettime(CLOCK_REALTIME, &time);
		int64_t after = clock_now();
		if (after - before >= best)
			continue;
		best = after - before;
		offset = (int64_t)time.tv_sec * CLOCK_S + time.tv_nsec - before - best / 2;
	}
	int64_t changed = offset - clock->offset;
	if (changed > -(best + CLOCK_ERROR) && changed < best + CLOCK_ERROR)
		return;
	clock->before = clock->offset;
	clock->offset = offset;
}

int64_t wire_clock_instant(const struct wire_clock *clock, int64_t wall, int64_t now)
{
	int64_t instant = wall - clock->offset, earlier = wall - clock->before;
	int64_t least = clock->emptied - CLOCK_MS, most = now + CLOCK_MS;
	bool plausible = instant >= least && instant <= most;
	return !plausible && earlier >= least && earlier <= most ? earlier : instant;
}

/* ---- ends ---- */

static struct key key_of(enum host host, enum transport transport, const struct endpoint *local,
                         const struct endpoint *remote)
{
	struct key key = { .host = (uint8_t)host,
		           .transport = (uint8_t)transport,
		           .local_port = local->port };
	if (transport == TRANSPORT_UDP)
		return key;
	key.remote_port = remote->port;
	key.ipv6 = endpoint_is_ipv6(local);
	memcpy(key.local, local->ip, key.ipv6 ? 16 : 4);
	memcpy(key.remote, remote->ip, key.ipv6 ? 16 : 4);
	return key;
}

/* The key of a connection over a loopback; *swapped if `from` is the second end. */
static struct key key_of_pair(enum host host, const struct endpoint *from,
                              const struct endpoint *to, bool *swapped)
{
	struct key key = key_of(host, TRANSPORT_TCP, from, to);
	int order = memcmp(key.local, key.remote, sizeof key.local);
	*swapped = order > 0 || (order == 0 && key.local_port > key.remote_port);
	if (*swapped)
		key = key_of(host, TRANSPORT_TCP, to, from);
	key.loopback = true;
	return key;
}

static struct endpoint side_of(const struct key *key, bool remote)
{
	return endpoint_of_ip(key->ipv6 ? AF_INET6 : AF_INET, remote ? key->remote : key->local,
	                      remote ? key->remote_port : key->local_port);
}

static uint64_t hash_of(const void *memory, size_t len)
{
	const uint8_t *bytes = memory;
	uint64_t hash = 0;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
	return hash;
}

static size_t bucket_of(const struct key *key)
{
	uint64_t hash = hash_of(key, sizeof *key);
	return (size_t)((hash * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % BUCKETS;
}

/* The newest one whose first frame is before a position. */
static struct end *find_end(const struct wire *wire, const struct key *key, uint64_t position)
{
	struct end *end = wire->buckets ? wire->buckets[bucket_of(key)] : NULL;
	while (end && (memcmp(&end->key, key, sizeof *key) != 0 || end->first >= position))
		end = end->chain;
	return end;
}

static void unlink_age(struct wire *wire, struct end *end)
{
	*(end->older ? &end->older->newer : &wire->oldest) = end->newer;
	*(end->newer ? &end->newer->older : &wire->newest) = end->older;
}

static void link_newest(struct wire *wire, struct end *end)
{
	end->older = wire->newest;
	end->newer = NULL;
	*(end->older ? &end->older->newer : &wire->oldest) = end;
	wire->newest = end;
}

static void forget_oldest(struct wire *wire)
{
	struct end *end = wire->oldest;
	struct end **at = &wire->buckets[bucket_of(&end->key)];
	while (*at != end)
		at = &(*at)->chain;
	*at = end->chain;
	unlink_age(wire, end);
	wire->ends--;
	free(end);
}

static bool is_hidden(const struct wire *wire, const struct key *key)
{
	for (size_t i = 0; i < wire->hidden_count; i++)
		if (memcmp(&wire->hidden[i], key, sizeof *key) == 0)
			return true;
	return false;
}

/* Ends whose frames have all left the transcript are forgotten. */
static struct end *add_end(struct wire *wire, const struct key *key, int64_t time)
{
	if (!wire->buckets)
		wire->buckets = xcalloc(BUCKETS, sizeof(struct end *));
	while (wire->oldest &&
	       (wire->ends >= WIRE_ENDS || !transcript_at(wire->transcript, wire->oldest->last)))
		forget_oldest(wire);
	struct end *end = xcalloc(1, sizeof *end), **bucket = &wire->buckets[bucket_of(key)];
	end->key = *key;
	end->number = wire->first_number + FIRST_END + wire->last_number++;
	end->first = end->last = transcript_end(wire->transcript);
	end->begun = time;
	end->missed = wire->missed[key->host];
	end->hidden = is_hidden(wire, key);
	end->chain = *bucket;
	*bucket = end;
	link_newest(wire, end);
	wire->ends++;
	segment_flow_init(&end->flow, key->loopback);
	return end;
}

static struct end *claim_end(struct wire *wire, const struct key *key, int64_t time)
{
	struct end *end = find_end(wire, key, TRANSCRIPT_NONE);
	return end ? end : add_end(wire, key, time);
}

uint32_t wire_end(const struct wire *wire, enum host host, enum transport transport,
                  const struct endpoint *local, const struct endpoint *remote, uint64_t position)
{
	struct endpoint from = endpoint_on_wire(local), to = endpoint_on_wire(remote);
	bool is_pair = transport == TRANSPORT_TCP && endpoint_same_family(&from, &to), swapped;
	if (!from.port || (!is_pair && transport != TRANSPORT_UDP))
		return 0;
	struct key key = key_of(host, transport, &from, &to);
	const struct end *end = find_end(wire, &key, position);
	if (is_pair) {
		key = key_of_pair(host, &from, &to, &swapped);
		const struct end *loop = find_end(wire, &key, position);
		if (loop && (!end || loop->first > end->first))
			end = loop;
	}
	return end ? end->number : 0;
}

bool wire_find_local(const struct wire *wire, enum host host, const struct endpoint *remote,
                     int64_t since, struct endpoint *local)
{
	struct endpoint to = endpoint_on_wire(remote);
	const struct end *first = NULL;
	bool swapped = false;
	for (const struct end *end = wire->newest; end; end = end->older) {
		const struct key *key = &end->key;
		bool ours = key->host == host && key->transport == TRANSPORT_TCP &&
		            end->begun >= since && (!first || end->begun < first->begun);
		for (int way = 0; ours && way <= key->loopback; way++) {
			struct endpoint peer = side_of(key, way == 0);
			if (end->syn[way].seen && endpoint_equal(&peer, &to)) {
				first = end;
				swapped = way;
			}
		}
	}
	if (first)
		*local = side_of(&first->key, swapped);
	return first;
}

/* ---- a frame ---- */

struct seen {
	const struct ring *ring;
	struct packet packet;
	struct frame frame;
	int64_t time;
};

/* What is kept of a frame that may carry a secret: an ICMP error also quotes a packet, of which the
 * addresses and ports are kept. */
static size_t without_data(const struct frame *frame, size_t kept)
{
	size_t quoted = frame->icmp.quoted.kind == FRAME_OTHER ? 0 : frame->ipv6 ? 48 : 28;
	size_t most = frame->headers + (frame->kind == FRAME_ICMP ? quoted : 0);
	return kept < most ? kept : most;
}

/* Of frames without an end, or damaged ones, which may be at a wrong end, nobody knows whose data they
 * carry. */
static uint64_t append(struct wire *wire, const struct seen *seen, enum frame_event event,
                       const struct end *end, const struct segment *segment)
{
	uint32_t number = end ? end->number : wire_nobody(wire, seen->ring->host);
	struct frame_note note = {
		.event = (uint8_t)event,
		.host = (uint8_t)seen->ring->host,
		.pieces = seen->packet.pieces,
		.len = seen->packet.len,
		.loopback = seen->ring->place == WIRE_LOOPBACK || seen->packet.loopback,
		.secret = end ? end->hidden : wire->hidden_count > 0,
		.bytes = seen->packet.bytes,
		.kept = seen->packet.kept,
	};
	note.secret = note.secret || (wire->hidden_count && seen->frame.damaged);
	if (note.secret)
		note.kept = without_data(&seen->frame, note.kept);
	if (segment)
		note.segment = *segment;
	return frame_entry_append(wire->transcript, number, seen->time, &note);
}

static void append_missed(struct wire *wire, enum host host, uint32_t number, int64_t time,
                          uint64_t count)
{
	char words[FRAME_WORDS];
	int len = snprintf(words, sizeof words, "%" PRIu64 " frame%s not recorded: too many at once",
	                   count, count == 1 ? " was" : "s were");
	struct frame_note note = { .event = FRAME_MISSED,
		                   .host = (uint8_t)host,
		                   .len = (uint32_t)(count < UINT32_MAX ? count : UINT32_MAX),
		                   .words = words,
		                   .words_len = (size_t)len };
	frame_entry_append(wire->transcript, number, time, &note);
}

/* Whether it has a secret of this run in it, though it belongs to a conversation that was sent none. */
static bool carries_secret(const struct wire *wire, const struct seen *seen, const struct end *end,
                           bool in)
{
	struct known_secrets *known = transcript_secrets(wire->transcript);
	size_t headers = seen->frame.headers, kept = seen->packet.kept;
	uint64_t way = (uint64_t)end->number << 1 | in;
	bool stream = end->key.transport == TRANSPORT_TCP;
	return known && headers < kept &&
	       known_secrets_meet(known, stream ? way : 0, seen->packet.bytes + headers,
	                          kept - headers, false);
}

/* Appends a frame of an end, after what is missing there. */
static void append_of(struct wire *wire, const struct seen *seen, enum frame_event event,
                      struct end *end, const struct segment *segment)
{
	uint64_t missed = wire->missed[seen->ring->host];
	if (end->missed != missed)
		append_missed(wire, seen->ring->host, end->number, seen->time,
		              missed - end->missed);
	end->missed = missed;
	end->hidden = end->hidden || carries_secret(wire, seen, end, event == FRAME_ARRIVES);
	end->last = append(wire, seen, event, end, segment);
	unlink_age(wire, end);
	link_newest(wire, end);
}

/* A SYN with another number, or the first one of this direction after other segments, begins another
 * connection of the same pair. */
static bool begins_another(const struct end *end, const struct frame_tcp *tcp, bool in)
{
	if ((tcp->flags & (FRAME_SYN | FRAME_ACK)) != FRAME_SYN)
		return false;
	return end->syn[in].seen ? end->syn[in].seq != tcp->seq : end->beyond;
}

static void take_tcp(struct wire *wire, const struct seen *seen, enum frame_event event)
{
	const struct frame *frame = &seen->frame;
	enum host host = seen->ring->host;
	bool in = event == FRAME_ARRIVES;
	struct key key = in ? key_of(host, TRANSPORT_TCP, &frame->to, &frame->from)
	                    : key_of(host, TRANSPORT_TCP, &frame->from, &frame->to);
	if (event == FRAME_PASSES)
		key = key_of_pair(host, &frame->from, &frame->to, &in);
	struct end *end = claim_end(wire, &key, seen->time);
	if (begins_another(end, &frame->tcp, in))
		end = add_end(wire, &key, seen->time);
	bool begins = frame->tcp.flags & FRAME_SYN;
	if (wire->hidden_count && !begins && !end->beyond && !end->syn[0].seen && !end->syn[1].seen)
		end->hidden = true; /* the cable may have damaged the ports */
	if ((frame->tcp.flags & (FRAME_SYN | FRAME_ACK)) == FRAME_SYN) {
		end->syn[in].seen = true;
		end->syn[in].seq = frame->tcp.seq;
	} else {
		end->beyond = true;
	}
	struct segment segment;
	segment_classify(&end->flow, in ? SEGMENT_IN : SEGMENT_OUT, frame, &segment);
	append_of(wire, seen, event, end, &segment);
}

static struct end *claim_port(struct wire *wire, const struct seen *seen,
                              const struct endpoint *local)
{
	struct key key = key_of(seen->ring->host, TRANSPORT_UDP, local, local);
	return claim_end(wire, &key, seen->time);
}

/* The end at this host of the packet that an ICMP error quotes. */
static struct end *find_quoted(struct wire *wire, const struct seen *seen, enum frame_event event)
{
	const struct frame_quoted *quoted = &seen->frame.icmp.quoted;
	enum host host = seen->ring->host;
	bool leaves = event == FRAME_LEAVES, swapped;
	const struct endpoint *local = leaves ? &quoted->to : &quoted->from;
	const struct endpoint *remote = leaves ? &quoted->from : &quoted->to;
	struct key key;
	if (quoted->kind == FRAME_UDP)
		key = key_of(host, TRANSPORT_UDP, local, remote);
	else if (quoted->kind == FRAME_TCP && event == FRAME_PASSES)
		key = key_of_pair(host, local, remote, &swapped);
	else if (quoted->kind == FRAME_TCP)
		key = key_of(host, TRANSPORT_TCP, local, remote);
	else
		return NULL;
	return find_end(wire, &key, TRANSCRIPT_NONE);
}

/* Only the first fragment of a datagram has the ports; those after it go where it went. NULL where
 * the first was not seen. */
static struct end *find_fragment(struct wire *wire, const struct seen *seen, enum frame_event event)
{
	const struct frame *frame = &seen->frame;
	struct fragments *known = wire->fragments, *end = known + FRAGMENTS;
	while (known < end && (known->id != frame->ip_id || known->event != event ||
	                       !endpoint_host_equal(&known->from, &frame->from) ||
	                       !endpoint_host_equal(&known->to, &frame->to)))
		known++;
	if (frame->fragment_start)
		return known < end ? find_end(wire, &known->key, TRANSCRIPT_NONE) : NULL;
	if (known == end)
		known = &wire->fragments[wire->next_fragments++ % FRAGMENTS];
	const struct endpoint *local = event == FRAME_ARRIVES ? &frame->to : &frame->from;
	*known = (struct fragments){ .id = frame->ip_id,
		                     .event = event,
		                     .from = frame->from,
		                     .to = frame->to,
		                     .key = key_of(seen->ring->host, TRANSPORT_UDP, local, local) };
	return claim_end(wire, &known->key, seen->time);
}

static bool is_of_udp(const struct frame *frame)
{
	return frame->kind == FRAME_UDP ||
	       (frame->kind == FRAME_FRAGMENT && frame->protocol == IPPROTO_UDP);
}

static void take_frame(struct wire *wire, const struct seen *seen, enum frame_event event)
{
	const struct frame *frame = &seen->frame;
	struct end *end = NULL;
	if (frame->kind == FRAME_TCP) {
		take_tcp(wire, seen, event);
		return;
	}
	if (is_of_udp(frame) && event == FRAME_PASSES) { /* two ends */
		take_frame(wire, seen, FRAME_LEAVES);
		event = FRAME_ARRIVES;
	}
	if (frame->kind == FRAME_UDP)
		end = claim_port(wire, seen, event == FRAME_ARRIVES ? &frame->to : &frame->from);
	else if (frame->kind == FRAME_ICMP)
		end = find_quoted(wire, seen, event);
	else if (is_of_udp(frame))
		end = find_fragment(wire, seen, event);
	if (end)
		append_of(wire, seen, event, end, NULL);
	else
		append(wire, seen, event, NULL, NULL);
}

/* ---- a recording ---- */

/* Whose frame it is, as take_frame() finds it. False for what has no addresses of its own. */
static bool read_key(const struct frame_note *note, struct key *key, bool *in, bool *syn)
{
	struct frame frame;
	bool passes = note->event == FRAME_PASSES;
	if (note->event > FRAME_PASSES || !note->kept)
		return false;
	frame_read(note->bytes, note->kept, note->len, &frame);
	bool is_udp = frame.kind == FRAME_UDP ||
	              (frame.kind == FRAME_FRAGMENT && is_of_udp(&frame) && !frame.fragment_start);
	*in = note->event == FRAME_ARRIVES;
	*syn = false;
	if (frame.kind != FRAME_TCP && !is_udp)
		return false;
	const struct endpoint *local = *in ? &frame.to : &frame.from;
	*key = key_of(note->host, is_udp ? TRANSPORT_UDP : TRANSPORT_TCP, local,
	              *in ? &frame.from : &frame.to);
	if (is_udp)
		return true;
	if (passes)
		*key = key_of_pair(note->host, &frame.from, &frame.to, in);
	*syn = (frame.tcp.flags & (FRAME_SYN | FRAME_ACK)) == FRAME_SYN;
	return true;
}

uint32_t wire_record(struct wire *wire, uint32_t known, const struct frame_note *note, int64_t time)
{
	struct key key;
	bool in, syn;
	if (!known && wire->last_number >= WIRE_RECORDED - FIRST_END)
		return 0;
	if (!read_key(note, &key, &in, &syn))
		return known ? known : wire->first_number + FIRST_END + wire->last_number++;
	struct end *end = known ? find_end(wire, &key, TRANSCRIPT_NONE) : NULL;
	while (end && (end->number != known || memcmp(&end->key, &key, sizeof key) != 0))
		end = end->chain;
	if (!end) {
		end = add_end(wire, &key, time);
		if (known) {
			end->number = known;
			wire->last_number--;
		}
	}
	end->last = transcript_end(wire->transcript);
	end->syn[in].seen |= syn;
	unlink_age(wire, end);
	link_newest(wire, end);
	return end->number;
}

void wire_record_since(struct wire *wire, enum host host, int64_t since)
{
	wire->since[host] = since;
}

/* ---- sockets of ours on this machine ---- */

enum {
	FOLLOWED_MOST = 4096,
	TIME_WAIT_S = 60, /* the kernel gives the pair to nobody else meanwhile */
	REST_S = 1,       /* for the last ACK after FIN or RST of both */
};

static bool is_side(const struct endpoint *local, const struct endpoint *addr)
{
	return local->port == addr->port && endpoint_same_family(local, addr) &&
	       (endpoint_is_any(local) || endpoint_host_equal(local, addr));
}

static struct followed *find_followed(struct wire *wire, enum transport transport,
                                      const struct endpoint *local, const struct endpoint *remote)
{
	struct followed *at = wire->followed, *end = at + wire->followed_count;
	for (; at < end; at++)
		if (at->pair.transport == transport && is_side(&at->pair.local, local) &&
		    (!endpoint_is_set(&at->pair.remote) || is_side(&at->pair.remote, remote)))
			return at;
	return NULL;
}

static void note_end(struct followed *followed, const struct frame *frame, bool in)
{
	if (!followed || frame->kind != FRAME_TCP || !endpoint_is_set(&followed->pair.remote))
		return;
	followed->fin[in] = followed->fin[in] || frame->tcp.flags & FRAME_FIN;
	followed->over = followed->over || frame->tcp.flags & FRAME_RST ||
	                 (followed->fin[0] && followed->fin[1]);
	int64_t soon = clock_now() + REST_S * CLOCK_S;
	if (followed->over && followed->until > soon)
		followed->until = soon;
}

/* The kernel's filter asks the same; this also holds while it changes. */
static bool is_own(struct wire *wire, const struct frame *frame, enum frame_event event)
{
	const struct endpoint *from = &frame->from, *to = &frame->to;
	enum frame_kind kind = frame->kind;
	if (kind == FRAME_ICMP) {
		kind = frame->icmp.quoted.kind;
		from = &frame->icmp.quoted.to;
		to = &frame->icmp.quoted.from;
	}
	bool udp = kind == FRAME_UDP || (kind == FRAME_FRAGMENT && frame->protocol == IPPROTO_UDP);
	if (!udp && kind != FRAME_TCP)
		return false;
	enum transport transport = udp ? TRANSPORT_UDP : TRANSPORT_TCP;
	struct followed *sender = NULL, *receiver = NULL;
	if (event != FRAME_ARRIVES)
		sender = find_followed(wire, transport, from, to);
	if (event != FRAME_LEAVES)
		receiver = find_followed(wire, transport, to, from);
	note_end(sender, frame, false);
	note_end(receiver, frame, true);
	return sender || receiver;
}

/* A frame that crosses a bridge, a bond or a VLAN is seen on more than one interface: only the first time
 * counts. The host sends nothing again within this time, but for a duplicate acknowledgement: that
 * is seen on the same interface. */
static bool is_seen_elsewhere(struct wire *wire, const struct packet *packet, int64_t time)
{
	const int64_t crossing = 10 * CLOCK_MS;
	size_t header = packet->kept < FRAME_ETHERNET ? packet->kept : FRAME_ETHERNET;
	size_t kept = packet->kept < PACKET_KEPT ? packet->kept : PACKET_KEPT;
	uint64_t hash = hash_of(packet->bytes + header, kept - header);
	for (struct recent *at = wire->recent; at < wire->recent + RECENT; at++)
		if (at->hash == hash && at->interface && at->interface != packet->interface &&
		    time - at->time < crossing)
			return true;
	wire->recent[wire->next_recent++ % RECENT] =
	        (struct recent){ hash, packet->interface, time };
	return false;
}

/* The filter needs no place for a client whose listener is in it. */
static bool is_covered(struct wire *wire, const struct followed *followed)
{
	const struct packet_pair *pair = &followed->pair;
	for (size_t i = 0; endpoint_is_set(&pair->remote) && i < wire->followed_count; i++) {
		const struct packet_pair *other = &wire->followed[i].pair;
		if (!endpoint_is_set(&other->remote) && other->transport == pair->transport &&
		    is_side(&other->local, &pair->local))
			return true;
	}
	return false;
}

static struct packet_ring *own_ring(const struct wire *wire)
{
	for (unsigned i = 0; i < wire->rings; i++)
		if (wire->ring[i].place == WIRE_OWN)
			return wire->ring[i].packets;
	return NULL;
}

/* The newest sockets come first, since there may not be room for all. */
static void apply_followed(struct wire *wire)
{
	struct packet_ring *ring = own_ring(wire);
	if (!ring)
		return;
	struct packet_pair *pairs = xcalloc(wire->followed_count + 1, sizeof *pairs);
	size_t count = 0, served = 0;
	for (size_t i = wire->followed_count; i-- > 0;)
		if (!is_covered(wire, &wire->followed[i]))
			pairs[count++] = wire->followed[i].pair;
	packet_ring_follow(ring, pairs, count, &served);
	wire->unserved = count - served;
	free(pairs);
}

void wire_follow(struct wire *wire, int fd, enum transport transport, const struct endpoint *local,
                 const struct endpoint *remote)
{
	if (!own_ring(wire) || wire->followed_count == FOLLOWED_MOST)
		return;
	wire->followed = xgrow(wire->followed, &wire->followed_cap, wire->followed_count,
	                       sizeof *wire->followed);
	struct followed *followed = &wire->followed[wire->followed_count++];
	*followed = (struct followed){ .fd = fd,
		                       .pair = { transport, endpoint_on_wire(local),
		                                 endpoint_on_wire(remote) },
		                       .until = INT64_MAX };
	if (endpoint_is_set(&followed->pair.remote) && endpoint_is_any(&followed->pair.local) &&
	    !endpoint_same_family(&followed->pair.local, &followed->pair.remote))
		followed->pair.local = endpoint_any(followed->pair.remote.family, local->port);
	if (!is_covered(wire, followed))
		apply_followed(wire);
}

bool wire_follows(const struct wire *wire)
{
	return own_ring(wire);
}

bool wire_is_following(const struct wire *wire, int fd)
{
	for (size_t i = 0; i < wire->followed_count; i++)
		if (wire->followed[i].fd == fd)
			return true;
	return false;
}

void wire_unfollow(struct wire *wire, int fd)
{
	for (size_t i = 0; i < wire->followed_count; i++) {
		struct followed *followed = &wire->followed[i];
		if (followed->fd != fd)
			continue;
		bool lingers = followed->pair.transport == TRANSPORT_TCP &&
		               endpoint_is_set(&followed->pair.remote) &&
		               !is_covered(wire, followed);
		int64_t rest = !lingers ? 0 : followed->over ? REST_S : TIME_WAIT_S;
		followed->fd = -1;
		followed->until = clock_now() + rest * CLOCK_S;
	}
}

/* Returns when the next closed one is to be forgotten; INT64_MAX for none. */
static int64_t forget_closed(struct wire *wire)
{
	int64_t next = INT64_MAX, now = 0;
	size_t kept = 0;
	for (size_t i = 0; i < wire->followed_count; i++) {
		const struct followed *followed = &wire->followed[i];
		if (followed->until != INT64_MAX && !now)
			now = clock_now();
		if (followed->until <= now)
			continue;
		if (followed->until < next)
			next = followed->until;
		wire->followed[kept++] = *followed;
	}
	bool changed = kept != wire->followed_count;
	wire->followed_count = kept;
	if (changed)
		apply_followed(wire);
	return next;
}

/* ---- what is kept of frames ---- */

static void hide(struct wire *wire, const struct key *key)
{
	struct end *end = find_end(wire, key, TRANSCRIPT_NONE);
	if (end)
		end->hidden = true;
	if (is_hidden(wire, key))
		return;
	if (wire->hidden_count < HIDDEN_MOST) {
		wire->hidden = xgrow(wire->hidden, &wire->hidden_cap, wire->hidden_count,
		                     sizeof *wire->hidden);
		wire->hidden[wire->hidden_count++] = *key;
	} else {
		wire->hidden[wire->next_hidden++ % HIDDEN_MOST] = *key;
	}
}

/* The peer's end may be on the other host, or on the loopback of this one. */
void wire_hide(struct wire *wire, enum host host, enum transport transport,
               const struct endpoint *local, const struct endpoint *remote)
{
	bool swapped;
	struct endpoint from = endpoint_on_wire(local), to = endpoint_on_wire(remote);
	enum host there = host != HOST_HERE && host_of(&to) != HOST_HERE ? host_of(&to) : host;
	struct key ends[] = { key_of(host, transport, &from, &to),
		              key_of(there, transport, &to, &from),
		              key_of(host, transport, &from, &to) };
	if (transport == TRANSPORT_TCP && endpoint_same_family(&from, &to))
		ends[2] = key_of_pair(host, &from, &to, &swapped);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		hide(wire, &ends[i]);
}

void wire_keep_whole(struct wire *wire, bool whole)
{
	if (wire->whole == whole)
		return;
	wire->whole = whole;
	for (unsigned i = 0; i < wire->rings; i++)
		packet_ring_keep_whole(wire->ring[i].packets, whole);
	apply_followed(wire);
}

/* ---- rings ---- */

bool wire_watch(struct wire *wire, enum host host, enum wire_place place, int fd,
                struct error *error)
{
	assert(wire->rings < RINGS);
	static const enum packet_source sources[] = { [WIRE_CABLE] = PACKETS_OF_INTERFACE,
		                                      [WIRE_LOOPBACK] = PACKETS_OF_LOOPBACK,
		                                      [WIRE_OWN] = PACKETS_OWN };
	struct packet_ring *packets = packet_ring_new(fd, sources[place], PACKET_FRAMES, error);
	if (!packets)
		return false;
	if (!wire->rings) {
		sync_clock(&wire->clock);
		wire->clock.before = wire->clock.offset;
		wire->clock.emptied = clock_now();
	}
	if (wire->whole)
		packet_ring_keep_whole(packets, true);
	wire->ring[wire->rings++] =
	        (struct ring){ .packets = packets, .host = host, .place = place, .since = clock_now() };
	return true;
}

static void note_lost(struct wire *wire, struct ring *ring, int64_t time)
{
	uint32_t lost = packet_ring_lost(ring->packets);
	ring->asked = true;
	if (!lost)
		return;
	wire->missed[ring->host] += lost;
	append_missed(wire, ring->host, wire_nobody(wire, ring->host), time, lost);
}

/* The ring that has the earliest frame; NULL where none has one. Frames are only lost while a ring
 * is full, so there is nothing to ask where it was not. */
static struct ring *find_earliest(struct wire *wire, struct packet *packet)
{
	struct ring *earliest = NULL;
	for (struct ring *ring = wire->ring; ring < wire->ring + wire->rings; ring++) {
		struct packet next;
		if (packet_ring_peek(ring->packets, &next)) {
			if (!earliest || next.wall < packet->wall) {
				earliest = ring;
				*packet = next;
			}
		} else if (ring->run) {
			if (ring->run >= PACKET_FRAMES)
				note_lost(wire, ring, clock_now());
			ring->run = 0;
			ring->asked = false;
		}
	}
	return earliest;
}

static void take_packet(struct wire *wire, struct ring *ring, const struct packet *packet,
                        int64_t now)
{
	struct seen seen = { .ring = ring, .packet = *packet };
	enum frame_event event = packet->outgoing ? FRAME_ARRIVES : FRAME_LEAVES;
	if (ring->place == WIRE_OWN)
		event = packet->loopback   ? FRAME_PASSES
		        : packet->outgoing ? FRAME_LEAVES
		                           : FRAME_ARRIVES;
	seen.time = wire_clock_instant(&wire->clock, packet->wall, now);
	ring->run++;
	if (packet->lossy && !ring->asked)
		note_lost(wire, ring, seen.time);
	if (ring->place == WIRE_LOOPBACK)
		event = FRAME_PASSES;
	frame_read(packet->bytes, packet->kept, packet->len, &seen.frame);
	/* The cable damages frames; on other devices checksums may not be there yet. */
	seen.frame.damaged = ring->place == WIRE_CABLE && event == FRAME_ARRIVES &&
	                     packet->kept == packet->len &&
	                     !frame_checksums_right(packet->bytes, packet->len);
	if (ring->place == WIRE_OWN &&
	    (!is_own(wire, &seen.frame, event) || is_seen_elsewhere(wire, packet, seen.time)))
		return;
	take_frame(wire, &seen, event);
	wire->recorded++;
}

bool wire_take(struct wire *wire)
{
	struct packet packet;
	int64_t now = 0;
	unsigned count = 0, bytes = 0;
	if (!wire->rings) /* asked around each call, and mostly so */
		return false;
	struct ring *ring = find_earliest(wire, &packet);
	if (!ring)
		return false;
	sync_clock(&wire->clock);
	now = clock_now();
	for (; ring && count < TAKE_MOST && bytes < TAKE_BYTES; count++) {
		bytes += packet.kept > PACKET_KEPT ? packet.kept : 0;
		take_packet(wire, ring, &packet, now);
		packet_ring_done(ring->packets);
		ring = find_earliest(wire, &packet);
	}
	if (!ring) {
		wire->clock.before = wire->clock.offset;
		wire->clock.emptied = now;
	}
	return true;
}

void wire_unwatch(struct wire *wire)
{
	while (wire_take(wire))
		;
	while (wire->rings)
		packet_ring_free(wire->ring[--wire->rings].packets);
	wire->followed_count = wire->unserved = 0;
	wire->cable = NULL;
}

bool wire_is_watching(const struct wire *wire)
{
	return wire->rings;
}

int64_t wire_since(const struct wire *wire, enum host host)
{
	for (unsigned i = 0; i < wire->rings; i++)
		if (wire->ring[i].host == host && wire->ring[i].place == WIRE_CABLE)
			return wire->ring[i].since;
	return wire->since[host];
}

uint32_t wire_nobody(const struct wire *wire, enum host host)
{
	return wire->first_number + host;
}

/* ---- strikes ---- */

/* What was done before is not recorded. */
void wire_watch_cable(struct wire *wire, struct cable_link *cable)
{
	struct cable_strike strike;
	while (cable_link_take(cable, &strike))
		;
	wire->cable = cable;
}

/* The frame left its host before the cable had it, so it is in a ring. */
void wire_strike(struct wire *wire, const struct cable_strike *strike)
{
	static const uint8_t events[] = {
		[CABLE_LOST] = FRAME_LOST,           [CABLE_DUPLICATED] = FRAME_DUPLICATED,
		[CABLE_REORDERED] = FRAME_REORDERED, [CABLE_CORRUPTED] = FRAME_CORRUPTED,
		[CABLE_TOO_LARGE] = FRAME_TOO_LARGE, [CABLE_FRAGMENTED] = FRAME_FRAGMENTED,
	};
	while (wire_take(wire))
		;
	size_t kept = strike->len < CABLE_KEPT ? strike->len : CABLE_KEPT;
	struct frame frame;
	frame_read(strike->bytes, kept, strike->len, &frame);
	bool secret;
	struct key key = key_of(strike->from, TRANSPORT_UDP, &frame.from, &frame.to);
	if (frame.kind == FRAME_TCP)
		key = key_of(strike->from, TRANSPORT_TCP, &frame.from, &frame.to);
	const struct end *end = NULL;
	if (frame.kind == FRAME_TCP || frame.kind == FRAME_UDP)
		end = find_end(wire, &key, TRANSCRIPT_NONE);
	secret = end ? end->hidden : wire->hidden_count > 0;
	const struct frame_note note = {
		.event = events[strike->event],
		.host = strike->from,
		.pieces = 1,
		.len = strike->len,
		.secret = secret,
		.bytes = strike->bytes,
		.kept = secret ? without_data(&frame, kept) : kept,
		.words = strike->rule,
		.words_len = strnlen(strike->rule, sizeof strike->rule),
	};
	frame_entry_append(wire->transcript, end ? end->number : wire_nobody(wire, strike->from),
	                   strike->time, &note);
}

/* ---- a turn ---- */

#define REST (5 * CLOCK_MS)

/* Frames come in bursts, several for each call, and most are taken with the next call: only the first one
 * after a while wakes the program, the others when that while is over. */
void wire_prepare(struct wire *wire, struct poller *poller)
{
	bool rests = wire->rings && clock_now() - wire->clock.emptied < REST;
	if (wire->cable)
		poller_want_read(poller, cable_link_descriptor(wire->cable));
	for (unsigned i = 0; i < wire->rings && !rests; i++)
		poller_want_read(poller, packet_ring_descriptor(wire->ring[i].packets));
	int64_t next = forget_closed(wire);
	if (rests && wire->clock.emptied + REST < next)
		next = wire->clock.emptied + REST;
	if (next != INT64_MAX)
		poller_wake_at(poller, next);
}

void wire_serve(struct wire *wire, const struct poller *poller)
{
	struct cable_strike strike;
	bool readable = wire->cable && poller_readable(poller, cable_link_descriptor(wire->cable));
	for (int i = 0; readable && i < STRIKES_MOST && cable_link_take(wire->cable, &strike); i++)
		wire_strike(wire, &strike);
	if (wire_take(wire))
		return;
	for (unsigned i = 0; i < wire->rings; i++) /* an interface has gone */
		if (poller_readable(poller, packet_ring_descriptor(wire->ring[i].packets)))
			packet_ring_clear_error(wire->ring[i].packets);
}

/* ---- life ---- */

struct wire *wire_new(struct transcript *transcript)
{
	return wire_new_recorded(transcript, WIRE_FIRST);
}

struct wire *wire_new_recorded(struct transcript *transcript, uint32_t first)
{
	struct wire *wire = xcalloc(1, sizeof *wire);
	wire->transcript = transcript;
	wire->first_number = first;
	return wire;
}

void wire_free(struct wire *wire)
{
	if (!wire)
		return;
	while (wire->rings)
		packet_ring_free(wire->ring[--wire->rings].packets);
	while (wire->oldest)
		forget_oldest(wire);
	free(wire->buckets);
	free(wire->followed);
	free(wire->hidden);
	free(wire);
}

struct wire_counts wire_counts(const struct wire *wire)
{
	struct wire_counts counts = { .recorded = wire->recorded,
		                      .ends = wire->ends,
		                      .unserved = wire->unserved };
	for (int host = 0; host < HOST_COUNT; host++)
		counts.missed += wire->missed[host];
	return counts;
}

void wire_describe(const struct wire *wire, struct buf *out)
{
	struct wire_counts counts = wire_counts(wire);
	unsigned own = wire_follows(wire) ? 1 : 0;
	bool hosts = wire->rings > own;
	buf_append_text(out,
	                !wire->rings ? "Nothing is recorded of the wire."
	                : !own       ? "Every frame of left and right is recorded."
	                : !hosts     ? "The frames of our own sockets on this machine are recorded."
	                         : "Every frame of left and right is recorded, and those of our "
	                           "own sockets outside.");
	if (counts.unserved)
		buf_printf(out, " %zu socket%s left out: the kernel's filter is full.",
		           counts.unserved, counts.unserved == 1 ? " is" : "s are");
	if (!counts.recorded)
		return;
	buf_printf(out, "\n%" PRIu64 " frame%s so far, of %zu end%s of conversations",
	           counts.recorded, count_plural(counts.recorded), counts.ends,
	           count_plural(counts.ends));
	if (counts.missed)
		buf_printf(out, "; %" PRIu64 " more came faster than they were read",
		           counts.missed);
	buf_append_text(out, ".");
}
