// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/cable.h"

#include <assert.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "socket/frame.h"

enum {
	MILLION = 1000000,
	USUAL = 2048,    /* room of a delivery, so that most can be used again */
	SPARE = 1024,    /* deliveries that are kept for that */
	IPV4_LEAST = 20, /* bytes of headers */
	IPV6_HEADER = 40,
	ICMP_HEADER = 8,
	ICMP_MOST = 576,   /* bytes of an ICMP error, RFC 1812 section 4.3.2.3 */
	IPV6_LEAST = 1280, /* MTU that every link has for IPv6, RFC 8200; and bytes of an ICMPv6
	                     * error at most, RFC 4443 */
};

/* What chance decides besides the actions. */
enum { DRAW_JITTER = CABLE_ACTIONS, DRAW_BIT, DRAWS };

/* One direction. */
struct lane {
	uint64_t drawn; /* frames that chance has decided about since the seed was given */
	struct cable_delivery **queue; /* those that wait for the rate: a ring */
	uint32_t first, waiting, cap;
	int64_t idle;                /* instant at which the rate lets the next one begin */
	int64_t last;                /* when the newest one arrives: nothing overtakes it */
	struct cable_delivery *held; /* to be passed by the next, */
	bool holds;                  /* or will be, when the rate lets it begin */
	struct cable_counts counts;
};

struct cable {
	void (*strike)(void *context, const struct cable_strike *strike);
	void *context;
	struct cable_settings settings; /* without the rules that are over */
	uint32_t seen[CABLE_RULES];     /* frames of its kind, for each rule */
	struct lane lane[HOST_COUNT];   /* by the host that the frames left */
	struct cable_delivery **heap;   /* the first one is due first */
	size_t count, cap;
	uint64_t serial;
	size_t memory; /* bytes of what is under way */
	struct cable_delivery *spare[SPARE];
	size_t spares;
};

struct cable *cable_new(void (*strike)(void *context, const struct cable_strike *strike),
                        void *context)
{
	struct cable *cable = xcalloc(1, sizeof *cable);
	cable->strike = strike;
	cable->context = context;
	cable_settings_init(&cable->settings);
	return cable;
}

void cable_free(struct cable *cable)
{
	for (size_t i = 0; i < cable->count; i++)
		free(cable->heap[i]);
	for (size_t i = 0; i < cable->spares; i++)
		free(cable->spare[i]);
	for (size_t i = 0; i < HOST_COUNT; i++) {
		struct lane *lane = &cable->lane[i];
		for (; lane->waiting; lane->waiting--)
			free(lane->queue[lane->first++ % lane->cap]);
		free(lane->queue);
		free(lane->held);
	}
	free(cable->heap);
	free(cable);
}

void cable_set(struct cable *cable, const struct cable_settings *settings)
{
	struct cable_settings old = cable->settings;
	uint32_t seen[CABLE_RULES] = { 0 };
	cable->settings = *settings;
	/* The program may not know yet that a rule is over. */
	for (uint32_t i = settings->rule_count; i-- > 0;) {
		uint32_t number = settings->rule[i].number, at = 0;
		while (at < old.rule_count && old.rule[at].number != number)
			at++;
		if (at < old.rule_count)
			seen[i] = cable->seen[at];
		else if (number <= old.rules_given) {
			cable_settings_drop_rule(&cable->settings, i);
			memmove(&seen[i], &seen[i + 1], (CABLE_RULES - 1 - i) * sizeof *seen);
		}
	}
	memcpy(cable->seen, seen, sizeof seen);
	for (size_t i = 0; i < HOST_COUNT; i++) {
		if (settings->seed != old.seed || settings->seeded != old.seeded)
			cable->lane[i].drawn = 0;
		if (settings->direction[i].delay < old.direction[i].delay)
			cable->lane[i].last = 0;
	}
}

/* ---- chance ---- */

/* The mixing step of splitmix64: each bit of the result depends on each of the number. */
static uint64_t mix(uint64_t number)
{
	number += UINT64_C(0x9e3779b97f4a7c15);
	number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
	return number ^ number >> 31;
}

/* A number below `limit` for the frame that chance decides about. */
static uint32_t draw(const struct cable *cable, enum host from, unsigned purpose, uint32_t limit)
{
	uint64_t key = mix((uint64_t)cable->settings.seed << 8 | (unsigned)from);
	uint64_t number = mix(key ^ mix(cable->lane[from].drawn * DRAWS + purpose));
	return (uint32_t)((number >> 32) * limit >> 32);
}

/* ---- deliveries: those under way are a heap ---- */

static bool is_before(const struct cable_delivery *a, const struct cable_delivery *b)
{
	return a->at < b->at || (a->at == b->at && a->serial < b->serial);
}

static void push(struct cable *cable, struct cable_delivery *delivery)
{
	delivery->serial = ++cable->serial;
	cable->heap = xgrow(cable->heap, &cable->cap, cable->count, sizeof *cable->heap);
	size_t at = cable->count++;
	for (; at && is_before(delivery, cable->heap[(at - 1) / 2]); at = (at - 1) / 2)
		cable->heap[at] = cable->heap[(at - 1) / 2];
	cable->heap[at] = delivery;
}

static struct cable_delivery *pop(struct cable *cable)
{
	struct cable_delivery *first = cable->heap[0], *moved = cable->heap[--cable->count];
	size_t at = 0, child;
	while ((child = 2 * at + 1) < cable->count) {
		if (child + 1 < cable->count &&
		    is_before(cable->heap[child + 1], cable->heap[child]))
			child++;
		if (!is_before(cable->heap[child], moved))
			break;
		cable->heap[at] = cable->heap[child];
		at = child;
	}
	cable->heap[at] = moved;
	return first;
}

/* NULL where too much is under way. */
static struct cable_delivery *new_delivery(struct cable *cable, const void *bytes, size_t len)
{
	uint32_t cap = len > USUAL ? (uint32_t)len : USUAL;
	if (cable->memory + cap > CABLE_MEMORY)
		return NULL;
	struct cable_delivery *delivery;
	if (cap == USUAL && cable->spares)
		delivery = cable->spare[--cable->spares];
	else
		delivery = xmalloc(sizeof *delivery + cap);
	cable->memory += cap;
	delivery->cap = cap;
	delivery->len = (uint32_t)len;
	memcpy(delivery->bytes, bytes, len);
	return delivery;
}

void cable_done(struct cable *cable, struct cable_delivery *delivery)
{
	cable->memory -= delivery->cap;
	if (delivery->cap == USUAL && cable->spares < SPARE)
		cable->spare[cable->spares++] = delivery;
	else
		free(delivery);
}

static void release(struct cable *cable, struct lane *lane)
{
	push(cable, lane->held);
	lane->held = NULL;
	lane->holds = false;
}

/* The rate lets the frame begin at this instant. */
static void begin(struct cable *cable, struct cable_delivery *delivery, int64_t start)
{
	struct lane *lane = &cable->lane[delivery->from];
	const struct cable_direction *direction = &cable->settings.direction[delivery->from];
	int64_t at = start;
	if (direction->rate)
		at = lane->idle = start + (int64_t)((uint64_t)delivery->len * 8 *
		                                    (uint64_t)CLOCK_S / direction->rate);
	at += direction->delay;
	at += (int64_t)((2.0 * delivery->drawn / UINT32_MAX - 1) * (double)direction->jitter);
	lane->last = delivery->at = at > lane->last ? at : lane->last;
	if (delivery->hold) {
		delivery->at += CABLE_HOLD;
		lane->held = delivery;
		return;
	}
	push(cable, delivery);
	if (lane->held && lane->held->at >= delivery->at) {
		lane->held->at = delivery->at;
		release(cable, lane);
	}
}

static void begin_waiting(struct cable *cable, struct lane *lane, int64_t now)
{
	for (; lane->waiting && lane->idle <= now; lane->waiting--) {
		struct cable_delivery *delivery = lane->queue[lane->first];
		lane->first = (lane->first + 1) % lane->cap;
		begin(cable, delivery, lane->idle);
	}
}

static void wait_for_rate(struct lane *lane, struct cable_delivery *delivery)
{
	if (lane->waiting == lane->cap) {
		uint32_t cap = lane->cap ? 2 * lane->cap : 64;
		struct cable_delivery **queue = xcalloc(cap, sizeof(*queue));
		for (uint32_t i = 0; i < lane->waiting; i++)
			queue[i] = lane->queue[(lane->first + i) % lane->cap];
		free(lane->queue);
		lane->queue = queue;
		lane->cap = cap;
		lane->first = 0;
	}
	lane->queue[(lane->first + lane->waiting++) % lane->cap] = delivery;
}

int64_t cable_next(const struct cable *cable)
{
	int64_t next = cable->count ? cable->heap[0]->at : INT64_MAX;
	for (size_t i = 0; i < HOST_COUNT; i++) {
		const struct lane *lane = &cable->lane[i];
		if (lane->held && lane->held->at < next)
			next = lane->held->at;
		if (lane->waiting && lane->idle < next)
			next = lane->idle;
	}
	return next;
}

struct cable_delivery *cable_take(struct cable *cable, int64_t now)
{
	for (size_t i = 0; i < HOST_COUNT; i++) {
		struct lane *lane = &cable->lane[i];
		begin_waiting(cable, lane, now);
		if (lane->held && lane->held->at <= now)
			release(cable, lane);
	}
	if (!cable->count || cable->heap[0]->at > now)
		return NULL;
	struct cable_delivery *delivery = pop(cable);
	cable->lane[delivery->from].counts.delivered++;
	return delivery;
}

/* ---- one frame ---- */

/* The frame that is being carried. */
struct passage {
	struct cable *cable;
	struct lane *lane;
	const struct cable_direction *direction;
	enum host from;
	int64_t now;
	const uint8_t *bytes;
	size_t len;
	struct frame frame;
};

static void report(const struct passage *passage, enum cable_event event, const char *rule)
{
	struct cable_strike strike = { .time = passage->now,
		                       .len = (uint32_t)passage->len,
		                       .event = (uint8_t)event,
		                       .from = (uint8_t)passage->from };
	snprintf(strike.rule, sizeof strike.rule, "%s", rule);
	memcpy(strike.bytes, passage->bytes, passage->len < CABLE_KEPT ? passage->len : CABLE_KEPT);
	passage->cable->strike(passage->cable->context, &strike);
}

static unsigned read16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

static void write16(uint8_t *bytes, unsigned number)
{
	bytes[0] = (uint8_t)(number >> 8);
	bytes[1] = (uint8_t)number;
}

static bool is_ipv4(const struct passage *passage)
{
	return passage->frame.ethertype == 0x0800 && passage->len >= FRAME_ETHERNET + IPV4_LEAST;
}

static bool is_ipv6(const struct passage *passage)
{
	return passage->frame.ethertype == 0x86dd && passage->len >= FRAME_ETHERNET + IPV6_HEADER;
}

static bool keeps_the_link(const struct passage *passage)
{
	const struct frame *frame = &passage->frame;
	bool multicast = passage->bytes[0] & 1;
	return frame->kind == FRAME_ARP || frame->kind == FRAME_ND ||
	       (multicast && is_ipv6(passage) &&
	        (frame->protocol == IPPROTO_ICMPV6 || frame->protocol == IPPROTO_HOPOPTS));
}

static bool is_of_kind(const struct passage *passage, enum cable_kind kind)
{
	const struct frame *frame = &passage->frame;
	bool tcp = frame->kind == FRAME_TCP;
	uint8_t flags = tcp ? frame->tcp.flags : 0;
	switch (kind) {
	case CABLE_SYN:
		return (flags & (FRAME_SYN | FRAME_ACK)) == FRAME_SYN;
	case CABLE_SYN_ACK:
		return (flags & (FRAME_SYN | FRAME_ACK)) == (FRAME_SYN | FRAME_ACK);
	case CABLE_ACK:
		return frame->len == 0 &&
		       (flags & (FRAME_SYN | FRAME_ACK | FRAME_FIN | FRAME_RST)) == FRAME_ACK;
	case CABLE_DATA:
		return tcp && frame->len > 0 && !(flags & FRAME_SYN);
	case CABLE_FIN:
		return flags & FRAME_FIN;
	case CABLE_RST:
		return flags & FRAME_RST;
	case CABLE_UDP:
		return frame->kind == FRAME_UDP ||
		       (frame->kind == FRAME_FRAGMENT && frame->protocol == IPPROTO_UDP &&
		        frame->fragment_start == 0);
	case CABLE_ICMP:
		return frame->kind == FRAME_ICMP && !keeps_the_link(passage);
	case CABLE_ARP:
		return frame->kind == FRAME_ARP || frame->kind == FRAME_ND;
	case CABLE_KINDS:
		break;
	}
	return false;
}

static bool is_for(const struct cable_rule *rule, const struct passage *passage)
{
	const struct frame *frame = &passage->frame;
	return rule->from >> passage->from & 1 && is_of_kind(passage, rule->kind) &&
	       (!endpoint_is_set(&rule->local) || endpoint_equal(&rule->local, &frame->from)) &&
	       (!endpoint_is_set(&rule->peer) || endpoint_equal(&rule->peer, &frame->to));
}

/* Why each action hits this frame: "" where it does not. Counts for every rule, but for one that waits
 * for the next frame: what a rule before it hits is not that frame, so that two of them hit two. */
static void decide(struct passage *passage, char why[CABLE_ACTIONS][CABLE_RULE_TEXT])
{
	struct cable *cable = passage->cable;
	struct cable_settings *settings = &cable->settings;
	for (enum cable_action action = 0; action < CABLE_ACTIONS; action++)
		why[action][0] = '\0';
	if (!keeps_the_link(passage)) {
		for (enum cable_action action = 0; action < CABLE_ACTIONS; action++) {
			uint32_t chance = passage->direction->chance[action];
			if (chance && draw(cable, passage->from, action, MILLION) < chance)
				cable_format_chance(action, chance, why[action]);
		}
	}
	bool hit[CABLE_ACTIONS] = { false };
	for (uint32_t i = 0; i < settings->rule_count;) {
		const struct cable_rule *rule = &settings->rule[i];
		bool is_next = rule->last == 1;
		bool counts = is_for(rule, passage) && !(is_next && hit[rule->action]);
		cable->seen[i] += counts;
		if (counts && cable->seen[i] >= rule->first) {
			hit[rule->action] = true;
			cable_format_rule(rule, why[rule->action]);
		}
		if (cable->seen[i] < rule->last) {
			i++;
			continue;
		}
		cable_settings_drop_rule(settings, i);
		memmove(&cable->seen[i], &cable->seen[i + 1],
		        (settings->rule_count - i) * sizeof *cable->seen);
	}
}

/* ---- the MTU ---- */

/* Bytes of the IP packet; 0 where it is none, or says that it is longer than the frame. */
static size_t ip_len(const struct passage *passage)
{
	const uint8_t *ip = passage->bytes + FRAME_ETHERNET;
	size_t len = is_ipv4(passage)   ? read16(ip + 2)
	             : is_ipv6(passage) ? IPV6_HEADER + read16(ip + 4)
	                                : 0;
	return len <= passage->len - FRAME_ETHERNET ? len : 0;
}

/* No error about an error, a later fragment or what went to many, RFC 1122 section 3.2.2. */
static bool may_be_answered(const struct passage *passage)
{
	const struct frame *frame = &passage->frame;
	bool error = frame->kind == FRAME_ICMP &&
	             (frame->ipv6 ? frame->icmp.type < 128
	                          : frame->icmp.type != 0 && frame->icmp.type != 8);
	return !(passage->bytes[0] & 1) && !error &&
	       !(frame->kind == FRAME_FRAGMENT && frame->fragment_start > 0);
}

/* As a router between the hosts answers, 192.0.2.254 or 2001:db8::fe: ICMP "fragmentation needed",
 * RFC 1191, or ICMPv6 "packet too big", RFC 4443. */
static void answer_too_large(const struct passage *passage, size_t len, uint32_t mtu)
{
	static const uint8_t router4[4] = { 192, 0, 2, 254 };
	static const uint8_t router6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0xfe };
	uint8_t answer[FRAME_ETHERNET + IPV6_LEAST] = { 0 };
	const uint8_t *ip = passage->bytes + FRAME_ETHERNET;
	uint8_t *own = answer + FRAME_ETHERNET;
	bool ipv6 = is_ipv6(passage);
	size_t header = ipv6 ? IPV6_HEADER : IPV4_LEAST;
	size_t most = (ipv6 ? IPV6_LEAST : ICMP_MOST) - header - ICMP_HEADER;
	size_t quoted = len < most ? len : most;
	memcpy(answer, passage->bytes + 6, 6);
	memcpy(answer + 6, passage->bytes, 6);
	write16(answer + 12, ipv6 ? 0x86dd : 0x0800);
	if (ipv6) {
		own[0] = 0x60;
		write16(own + 4, (unsigned)(ICMP_HEADER + quoted));
		own[6] = IPPROTO_ICMPV6;
		own[7] = 64;
		memcpy(own + 8, router6, sizeof router6);
		memcpy(own + 24, ip + 8, 16);
	} else {
		own[0] = 0x45;
		write16(own + 2, (unsigned)(IPV4_LEAST + ICMP_HEADER + quoted));
		own[8] = 64;
		own[9] = IPPROTO_ICMP;
		memcpy(own + 12, router4, sizeof router4);
		memcpy(own + 16, ip + 12, 4);
	}
	uint8_t *icmp = own + header;
	icmp[0] = ipv6 ? 2 : 3;
	icmp[1] = ipv6 ? 0 : 4;
	write16(icmp + 4, mtu >> 16); /* unused in IPv4, whose MTU has 16 bits */
	write16(icmp + 6, mtu & 0xffff);
	memcpy(icmp + ICMP_HEADER, ip, quoted);
	size_t whole = FRAME_ETHERNET + header + ICMP_HEADER + quoted;
	frame_correct_checksums(answer, whole);
	struct cable_delivery *delivery = new_delivery(passage->cable, answer, whole);
	if (!delivery)
		return;
	delivery->entered = delivery->at = passage->now;
	delivery->from = HOST_HERE;
	delivery->to = passage->from;
	delivery->hold = false;
	push(passage->cable, delivery);
}

/* ---- on its way ---- */

static void lose(const struct passage *passage, uint64_t *count, const char *rule)
{
	++*count;
	report(passage, CABLE_LOST, rule);
}

/* Sends the frame, or a fragment of it, to the other host. `hold`: after the next one. */
static void dispatch(const struct passage *passage, const uint8_t *bytes, size_t len, bool hold)
{
	struct cable *cable = passage->cable;
	struct lane *lane = passage->lane;
	const struct cable_direction *direction = passage->direction;
	char rule[CABLE_RULE_TEXT];
	begin_waiting(cable, lane, passage->now);
	bool waits = lane->waiting || (direction->rate && lane->idle > passage->now);
	if (waits && lane->waiting >= direction->queue) {
		lane->holds &= !hold;
		snprintf(rule, sizeof rule, "queue %" PRIu32, direction->queue);
		lose(passage, &lane->counts.queue_full, rule);
		return;
	}
	struct cable_delivery *delivery = new_delivery(cable, bytes, len);
	if (!delivery) {
		lane->holds &= !hold;
		snprintf(rule, sizeof rule, "%d MB under way", CABLE_MEMORY >> 20);
		lose(passage, &lane->counts.overfull, rule);
		return;
	}
	delivery->entered = passage->now;
	delivery->from = passage->from;
	delivery->to = host_opposite(passage->from);
	delivery->hold = hold;
	delivery->drawn =
	        direction->jitter ? draw(cable, passage->from, DRAW_JITTER, UINT32_MAX) : 0;
	if (waits)
		wait_for_rate(lane, delivery);
	else
		begin(cable, delivery, passage->now);
}

/* As RFC 791 section 3.2; `len` bytes of an IPv4 packet. */
static void dispatch_fragments(const struct passage *passage, const uint8_t *frame, size_t len,
                               bool hold)
{
	uint8_t fragment[CABLE_FRAME_MOST];
	const uint8_t *ip = frame + FRAME_ETHERNET;
	size_t header = (size_t)(ip[0] & 15) * 4;
	size_t most = (passage->direction->mtu - header) & ~(size_t)7;
	unsigned before = read16(ip + 6);
	for (size_t at = 0; header + at < len; at += most) {
		bool last = len - header - at <= most;
		size_t part = last ? len - header - at : most;
		uint8_t *own = fragment + FRAME_ETHERNET;
		memcpy(fragment, frame, FRAME_ETHERNET + header);
		memcpy(own + header, ip + header + at, part);
		write16(own + 2, (unsigned)(header + part));
		write16(own + 6, (before & 0xe000) | (last ? 0 : 0x2000) |
		                         ((before & 0x1fff) + (unsigned)(at / 8)));
		frame_correct_checksums(fragment, FRAME_ETHERNET + header + part);
		dispatch(passage, fragment, FRAME_ETHERNET + header + part, hold);
		hold = false;
	}
}

/* Flips one bit that the receiver's checksum covers: of the payload where there is one. Not of the
 * checksum of UDP, which as 0 would mean that there is none. False if it covers nothing. */
static bool corrupt(const struct passage *passage, uint8_t *bytes)
{
	const struct frame *frame = &passage->frame;
	size_t first = frame->headers, count = frame->len;
	if (frame->kind != FRAME_TCP && frame->kind != FRAME_UDP && frame->kind != FRAME_ICMP &&
	    frame->kind != FRAME_FRAGMENT)
		return false;
	if (count == 0) {
		first -= 8;
		count = 4;
	}
	if (first + count > passage->len)
		return false;
	uint32_t bit = draw(passage->cable, passage->from, DRAW_BIT, (uint32_t)count * 8);
	bytes[first + bit / 8] ^= (uint8_t)(1 << bit % 8);
	return true;
}

void cable_carry(struct cable *cable, enum host from, int64_t now, const void *bytes, size_t len)
{
	struct passage passage = { .cable = cable,
		                   .lane = &cable->lane[from],
		                   .direction = &cable->settings.direction[from],
		                   .from = from,
		                   .now = now,
		                   .bytes = bytes,
		                   .len = len };
	struct cable_counts *counts = &passage.lane->counts;
	char why[CABLE_ACTIONS][CABLE_RULE_TEXT], rule[CABLE_RULE_TEXT];
	uint8_t changed[CABLE_FRAME_MOST];
	if (len < FRAME_ETHERNET || len > CABLE_FRAME_MOST)
		return;
	counts->entered++;
	counts->bytes += len;
	if (passage.direction->unplugged) {
		lose(&passage, &counts->unplugged, "unplug");
		return;
	}
	frame_read(bytes, len, len, &passage.frame);

	size_t packet = ip_len(&passage);
	uint32_t mtu = passage.direction->mtu;
	if (is_ipv6(&passage) && mtu && mtu < IPV6_LEAST)
		mtu = IPV6_LEAST;
	bool too_large = mtu && packet > mtu;
	snprintf(rule, sizeof rule, "mtu %" PRIu32, mtu);
	if (too_large && (is_ipv6(&passage) || passage.bytes[FRAME_ETHERNET + 6] & 0x40)) {
		counts->too_large++;
		report(&passage, CABLE_TOO_LARGE, rule);
		if (may_be_answered(&passage))
			answer_too_large(&passage, packet, mtu);
		return;
	}

	decide(&passage, why);
	bool hold = why[CABLE_REORDER][0] && !passage.lane->holds;
	if (why[CABLE_LOSE][0]) {
		lose(&passage, &counts->hit[CABLE_LOSE], why[CABLE_LOSE]);
	} else {
		const uint8_t *sent = bytes;
		if (why[CABLE_CORRUPT][0]) {
			memcpy(changed, bytes, len);
			sent = changed;
			if (corrupt(&passage, changed)) {
				counts->hit[CABLE_CORRUPT]++;
				report(&passage, CABLE_CORRUPTED, why[CABLE_CORRUPT]);
			}
		}
		if (too_large) {
			counts->fragmented++;
			report(&passage, CABLE_FRAGMENTED, rule);
		}
		passage.lane->holds |= hold;
		if (hold) {
			counts->hit[CABLE_REORDER]++;
			report(&passage, CABLE_REORDERED, why[CABLE_REORDER]);
		}
		if (why[CABLE_DUPLICATE][0]) {
			counts->hit[CABLE_DUPLICATE]++;
			report(&passage, CABLE_DUPLICATED, why[CABLE_DUPLICATE]);
		}
		for (int copies = why[CABLE_DUPLICATE][0] ? 2 : 1; copies > 0; copies--) {
			if (too_large)
				dispatch_fragments(&passage, sent, packet, hold);
			else
				dispatch(&passage, sent, len, hold);
			hold = false;
		}
	}
	if (!keeps_the_link(&passage))
		passage.lane->drawn++;
}

const char *cable_count(const struct cable_counts *counts, size_t index, uint64_t *value)
{
	const struct {
		const char *name;
		uint64_t value;
	} list[] = {
		{ "entered", counts->entered },
		{ "delivered", counts->delivered },
		{ "lost", counts->hit[CABLE_LOSE] },
		{ "lost: unplugged", counts->unplugged },
		{ "lost: queue full", counts->queue_full },
		{ "lost: 64 MB under way", counts->overfull },
		{ "lost: larger than the MTU", counts->too_large },
		{ "fragmented", counts->fragmented },
		{ "duplicated", counts->hit[CABLE_DUPLICATE] },
		{ "reordered", counts->hit[CABLE_REORDER] },
		{ "corrupted", counts->hit[CABLE_CORRUPT] },
	};
	if (index >= sizeof list / sizeof *list)
		return NULL;
	*value = list[index].value;
	return list[index].name;
}

const struct cable_counts *cable_counts(const struct cable *cable, enum host from)
{
	return &cable->lane[from].counts;
}

bool cable_rule_at(const struct cable *cable, uint32_t index, uint32_t *number, uint32_t *seen)
{
	if (index >= cable->settings.rule_count)
		return false;
	*number = cable->settings.rule[index].number;
	*seen = cable->seen[index];
	return true;
}
