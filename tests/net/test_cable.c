// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/cable.h"

#include <netinet/in.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "socket/frame.h"
#include "support/tap.h"

/* ---- frames ---- */

enum { ETHERNET = 14, LONGEST = ETHERNET + 1500 };

struct made {
	size_t len;
	uint8_t bytes[LONGEST];
};

static void put16(uint8_t *at, unsigned number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
}

/* Ethernet and IP from one host to the other; returns where the payload of `len` bytes goes. */
static uint8_t *make_ip(struct made *made, enum host from, bool ipv6, uint8_t protocol, size_t len)
{
	memset(made, 0, sizeof *made);
	uint8_t *ip = made->bytes + ETHERNET;
	struct endpoint source = host_address(from, ipv6 ? AF_INET6 : AF_INET, 0);
	struct endpoint target = host_address(host_opposite(from), ipv6 ? AF_INET6 : AF_INET, 0);
	made->bytes[0] = made->bytes[6] = 2;
	made->bytes[5] = (uint8_t)host_opposite(from);
	made->bytes[11] = (uint8_t)from;
	put16(made->bytes + 12, ipv6 ? 0x86dd : 0x0800);
	size_t header = ipv6 ? 40 : 20;
	made->len = ETHERNET + header + len;
	if (ipv6) {
		ip[0] = 0x60;
		put16(ip + 4, (unsigned)len);
		ip[6] = protocol;
		ip[7] = 64;
		memcpy(ip + 8, source.ip, 16);
		memcpy(ip + 24, target.ip, 16);
	} else {
		ip[0] = 0x45;
		put16(ip + 2, (unsigned)(header + len));
		put16(ip + 4, 77);
		ip[6] = 0x40; /* DF */
		ip[8] = 64;
		ip[9] = protocol;
		memcpy(ip + 12, source.ip, 4);
		memcpy(ip + 16, target.ip, 4);
	}
	for (size_t i = 0; i < len; i++)
		ip[header + i] = 0;
	return ip + header;
}

static void make_tcp(struct made *made, enum host from, bool ipv6, uint8_t flags, size_t len)
{
	uint8_t *tcp = make_ip(made, from, ipv6, IPPROTO_TCP, 20 + len);
	put16(tcp, from == HOST_LEFT ? 40000 : 80);
	put16(tcp + 2, from == HOST_LEFT ? 80 : 40000);
	tcp[12] = 5 << 4;
	tcp[13] = flags;
	put16(tcp + 14, 64240);
	for (size_t i = 0; i < len; i++)
		tcp[20 + i] = (uint8_t)(i * 7);
	frame_correct_checksums(made->bytes, made->len);
}

static void make_udp(struct made *made, enum host from, bool ipv6, size_t len)
{
	uint8_t *udp = make_ip(made, from, ipv6, IPPROTO_UDP, 8 + len);
	put16(udp, 5000);
	put16(udp + 2, 53);
	put16(udp + 4, (unsigned)(8 + len));
	for (size_t i = 0; i < len; i++)
		udp[8 + i] = (uint8_t)(i * 7);
	frame_correct_checksums(made->bytes, made->len);
}

static void make_icmp6(struct made *made, enum host from, uint8_t type, bool multicast)
{
	uint8_t *icmp = make_ip(made, from, true, IPPROTO_ICMPV6, 24);
	icmp[0] = type;
	if (multicast) {
		memcpy(made->bytes, (uint8_t[]){ 0x33, 0x33, 0, 0, 0, 1 }, 6);
		made->bytes[ETHERNET + 24] = 0xff;
		made->bytes[ETHERNET + 25] = 2;
	}
	frame_correct_checksums(made->bytes, made->len);
}

/* A frame by a letter; in lower case it is of IPv6. */
static void make(struct made *made, enum host from, char letter)
{
	bool ipv6 = letter >= 'a';
	switch (ipv6 ? letter - 'a' + 'A' : letter) {
	case 'S':
		make_tcp(made, from, ipv6, FRAME_SYN, 0);
		break;
	case 'Y':
		make_tcp(made, from, ipv6, FRAME_SYN | FRAME_ACK, 0);
		break;
	case 'A':
		make_tcp(made, from, ipv6, FRAME_ACK, 0);
		break;
	case 'D':
		make_tcp(made, from, ipv6, FRAME_ACK | FRAME_PSH, 100);
		break;
	case 'O': /* Fast Open: data, but no data segment */
		make_tcp(made, from, ipv6, FRAME_SYN, 100);
		break;
	case 'F':
		make_tcp(made, from, ipv6, FRAME_ACK | FRAME_FIN, 0);
		break;
	case 'G': /* the last data with FIN */
		make_tcp(made, from, ipv6, FRAME_ACK | FRAME_FIN, 100);
		break;
	case 'R':
		make_tcp(made, from, ipv6, FRAME_RST | FRAME_ACK, 0);
		break;
	case 'U':
		make_udp(made, from, ipv6, 100);
		break;
	case 'I':
		if (ipv6)
			make_icmp6(made, from, 128, false);
		else {
			make_ip(made, from, false, IPPROTO_ICMP, 24)[0] = 8;
			frame_correct_checksums(made->bytes, made->len);
		}
		break;
	case 'P': /* neighbour discovery for IPv6 */
		if (ipv6)
			make_icmp6(made, from, 135, true);
		else {
			static const uint8_t arp[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
			make_ip(made, from, false, 0, 8);
			put16(made->bytes + 12, 0x0806);
			memcpy(made->bytes + ETHERNET, arp, sizeof arp);
			made->len = ETHERNET + 28;
		}
		break;
	case 'M': /* a report of multicast groups */
		make_icmp6(made, from, 143, true);
		break;
	}
}

/* ---- what becomes of them ---- */

struct witness {
	struct cable *cable;
	struct cable_settings settings;
	struct cable_strike strike[256];
	size_t count;
	char events[64]; /* a letter for each strike of the newest frame */
};

static void keep(void *context, const struct cable_strike *strike)
{
	struct witness *witness = context;
	static const char letters[] = "x2rctf";
	size_t len = strlen(witness->events);
	if (len + 1 < sizeof witness->events)
		witness->events[len] = letters[strike->event];
	if (witness->count < 256)
		witness->strike[witness->count++] = *strike;
}

static bool find(void *context, const char *name, struct endpoint *local, struct endpoint *peer,
                 enum host *host, struct error *error)
{
	(void)context;
	(void)error;
	*host = HOST_LEFT;
	*local = host_address(HOST_LEFT, AF_INET, *name == 'o' ? 40001 : 40000);
	*peer = host_address(HOST_RIGHT, AF_INET, 80);
	return true;
}

static void set(struct witness *witness, const char *words)
{
	static const struct cable_names names = { .find = find };
	struct error error = { 0 };
	if (!cable_parse(&witness->settings, words, &names, &error))
		ok(false, "%s: %s", words, error.text);
	cable_set(witness->cable, &witness->settings);
}

static void begin(struct witness *witness, const char *words)
{
	memset(witness, 0, sizeof *witness);
	witness->cable = cable_new(keep, witness);
	cable_settings_init(&witness->settings);
	set(witness, words);
}

static void carry(struct witness *witness, enum host from, int64_t now, const struct made *made)
{
	memset(witness->events, 0, sizeof witness->events);
	cable_carry(witness->cable, from, now, made->bytes, made->len);
}

/* The length of the next delivery, 0 for none; its instant, too. */
static size_t take(struct witness *witness, int64_t now, int64_t *at, struct made *made)
{
	struct cable_delivery *delivery = cable_take(witness->cable, now);
	if (!delivery)
		return 0;
	size_t len = delivery->len;
	if (at)
		*at = delivery->at;
	if (made) {
		made->len = len;
		memcpy(made->bytes, delivery->bytes, len < LONGEST ? len : LONGEST);
	}
	cable_done(witness->cable, delivery);
	return len;
}

/* Carries frames of left, and after '<' of right; what became of each: '.' when it arrived unharmed,
 * else its strikes. */
static const char *carry_all(struct witness *witness, const char *frames)
{
	static char marks[1024];
	size_t at = 0;
	struct made made;
	enum host from = HOST_LEFT;
	int64_t now = CLOCK_S;
	for (const char *letter = frames; *letter; letter++) {
		if (*letter == '<' || *letter == '>') {
			from = *letter == '<' ? HOST_RIGHT : HOST_LEFT;
			continue;
		}
		make(&made, from, *letter);
		carry(witness, from, now += CLOCK_MS, &made);
		at += (size_t)sprintf(marks + at, "%s", *witness->events ? witness->events : ".");
	}
	while (take(witness, INT64_MAX - 1, NULL, NULL))
		continue;
	return marks;
}

static void check_rules(void)
{
	static const struct {
		const char *words, *frames, *want;
	} cases[] = {
		{ "off", "SYADDFRUIP", ".........." },
		{ "loss SYN", "PSSYS", ".x..." },
		{ "loss SYN", "PssYS", ".x..." },
		{ "loss SYN", "OS", "x." },
		{ "loss SYN 2", "SSS", ".x." },
		{ "loss SYN loss SYN", "SSS", "xx." },
		{ "loss SYN loss SYN loss SYN", "SSSS", "xxx." },
		{ "loss SYN 2 loss SYN loss SYN", "SSSS", "xxx." },
		{ "loss SYN 1-2 loss SYN", "SSSS", "xxx." },
		{ "loss data of @client loss data", "DDD", "xx." },
		{ "from left loss data loss data", "DDD", "xx." },
		{ "corrupt data corrupt data loss data", "DDD", "xc." },
		{ "loss SYN 1-3", "SSSS", "xxx." },
		{ "loss SYN-ACK", "S<YY", ".x." },
		{ "loss ACK", "SYADAF", "..x..." },
		{ "loss data 3", "SADADGD", ".....x." },
		{ "loss data 2-3", "DDDD", ".xx." },
		{ "loss data", "ODD", ".x." },
		{ "loss FIN", "DFF", ".x." },
		{ "loss FIN", "DGF", ".x." },
		{ "loss RST", "DRR", ".x." },
		{ "loss UDP 2", "UUDU", ".x.." },
		{ "loss UDP 2", "uudu", ".x.." },
		{ "loss ICMP", "PpMiI", "...x." },
		{ "loss ARP", "SPP", ".x." },
		{ "loss ARP", "Spp", ".x." },
		{ "loss data 2", "D<D>D", ".x." },           /* counted together, */
		{ "from left loss data 2", "D<D>D", "..x" }, /* or what leaves one */
		{ "from right loss data 2", "D<D>D<D", "...x" },
		{ "loss data 2 of @client", "D<D>D", "..x" },
		{ "loss data 1 of @other", "DDD", "..." },
		{ "loss data 1 loss data 3", "DDDD", "x.x." },
		{ "duplicate SYN", "SS", "2." },
		{ "corrupt data 2", "DDD", ".c." },
		{ "corrupt ARP", "PP", ".." }, /* has no checksum */
		{ "reorder data 2", "DDD", ".r." },
		{ "reorder data 1-2", "DDD", "r.." }, /* one passes it, and is not held itself */
		{ "loss data 1 corrupt data 1 duplicate data 1", "D", "x" },
		{ "corrupt data 1 duplicate data 1", "D", "c2" },
		{ "loss 100%", "PpMSDFUI", "...xxxxx" },
		{ "from left loss 100%", "D<D>D", "x.x" },
		{ "unplug", "PpMSD<S", "xxxxxx" },
		{ "from left unplug", "PS<PS", "xx.." },
		{ "loss SYN unplug", "SSS", "xxx" },
		{ "duplicate 100%", "SD", "22" },
		{ "mtu 100", "SD<D", ".tt" },
		{ "loss data 2 mtu 100", "SDDD", ".ttt" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct witness witness;
		begin(&witness, cases[i].words);
		char name[128];
		snprintf(name, sizeof name, "%s: %s", cases[i].words, cases[i].frames);
		is_text(carry_all(&witness, cases[i].frames), cases[i].want, name);
		cable_free(witness.cable);
	}
}

static void check_strikes(void)
{
	struct witness witness;
	struct made made;
	static const struct {
		const char *words, *frames, *rule;
	} cases[] = {
		{ "loss data 60-62",
		  "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD",
		  "loss data 60-62" },
		{ "loss 12.5%", "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD", "loss 12.5%" },
		{ "loss SYN of @client", "S", "loss SYN" },
		{ "unplug", "S", "unplug" },
		{ "mtu 100", "D", "mtu 100" },
		{ "mtu 1280", "D", "" },
		{ "rate 1k queue 1", "DDD", "queue 1" },
		{ "reorder 100%", "D", "reorder 100%" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		begin(&witness, cases[i].words);
		carry_all(&witness, cases[i].frames);
		is_text(witness.count ? witness.strike[0].rule : "", cases[i].rule, cases[i].words);
		cable_free(witness.cable);
	}
	begin(&witness, "corrupt data");
	make(&made, HOST_RIGHT, 'D');
	carry(&witness, HOST_RIGHT, 77, &made);
	is_int(witness.strike[0].time, 77, "a strike has the instant,");
	is_int(witness.strike[0].from, HOST_RIGHT, "the host,");
	is_int(witness.strike[0].len, made.len, "the length,");
	ok(memcmp(witness.strike[0].bytes, made.bytes, CABLE_KEPT) == 0,
	   "and the first bytes as they were");
	cable_free(witness.cable);
}

/* ---- chance ---- */

/* The marks of `count` data segments of one direction; every `other`-th time one of the other comes
 * between, 0 = never. */
static char *marks_of(const char *words, enum host from, size_t count, unsigned other)
{
	struct witness witness;
	struct made made, opposite;
	char *marks = xcalloc(count + 1, 1);
	begin(&witness, words);
	make(&made, from, 'D');
	make(&opposite, host_opposite(from), 'D');
	for (size_t i = 0; i < count; i++) {
		int64_t now = CLOCK_S + (int64_t)i * (1 + other) * CLOCK_MS;
		if (other && i % other == 0)
			carry(&witness, host_opposite(from), now, &opposite);
		carry(&witness, from, now, &made);
		marks[i] = *witness.events ? *witness.events : '.';
		while (take(&witness, now, NULL, NULL))
			continue;
	}
	cable_free(witness.cable);
	return marks;
}

static size_t hits(const char *marks)
{
	size_t count = 0;
	for (; *marks; marks++)
		count += *marks != '.';
	return count;
}

static void check_chance(void)
{
	enum { MANY = 20000 };
	static const struct {
		const char *words;
		size_t least, most; /* four standard deviations */
	} cases[] = {
		{ "loss 1%", 144, 256 },        { "duplicate 10%", 1830, 2170 },
		{ "corrupt 50%", 9717, 10283 }, { "loss 0.1%", 2, 38 },
		{ "seed 7 loss 1%", 144, 256 }, { "seed 8 loss 1%", 144, 256 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *first = marks_of(cases[i].words, HOST_LEFT, MANY, 0);
		char *again = marks_of(cases[i].words, HOST_LEFT, MANY, 3);
		size_t count = hits(first);
		ok(count >= cases[i].least && count <= cases[i].most, "%s: %zu of %d",
		   cases[i].words, count, MANY);
		ok(strcmp(first, again) == 0,
		   "the same to the frame, whatever the other side does");
		free(first);
		free(again);
	}
	char *seven = marks_of("seed 7 loss 5%", HOST_LEFT, 400, 0);
	char *eight = marks_of("seed 8 loss 5%", HOST_LEFT, 400, 0);
	char *right = marks_of("seed 7 loss 5%", HOST_RIGHT, 400, 0);
	char *delayed = marks_of("seed 7 delay 5ms 1ms loss 5% rate 10M", HOST_LEFT, 400, 0);
	char *corrupted = marks_of("seed 7 corrupt 5%", HOST_LEFT, 400, 0);
	for (char *mark = corrupted; *mark; mark++)
		*mark = *mark == 'c' ? 'x' : '.';
	ok(strcmp(seven, eight) != 0, "another seed, other frames");
	ok(strcmp(seven, right) != 0, "each direction has its own");
	ok(strcmp(seven, delayed) == 0, "a delay and a rate change nothing");
	ok(strcmp(seven, corrupted) != 0, "each action has its own");
	/* What this seed has always meant: whoever noted "seed 7" in a lesson relies on it. */
	seven[100] = '\0';
	is_text(seven,
	        "..x......xxx......................................................................"
	        "."
	        "...............x.",
	        "seed 7");
	free(seven);
	free(eight);
	free(right);
	free(delayed);
	free(corrupted);

	struct witness witness;
	begin(&witness, "seed 7 loss 30%");
	char *first = xstrdup(carry_all(&witness, "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD"));
	const char *more = carry_all(&witness, "DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD");
	ok(strcmp(first, more) != 0, "what follows is different,");
	set(&witness, "seed 7");
	is_text(carry_all(&witness, "PpMDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD") + 3, first,
	        "until the seed is given again; ARP uses up no number");
	free(first);
	cable_free(witness.cable);
}

/* ---- time ---- */

/* Carries `count` data segments at one instant, and fills in when they arrive, ns after it, in the
 * order of arrival. Returns how many did. */
static size_t arrivals(struct witness *witness, int64_t now, size_t count, int64_t at[])
{
	struct made made;
	size_t arrived = 0;
	make(&made, HOST_LEFT, 'D'); /* 154 bytes */
	for (size_t i = 0; i < count; i++)
		carry(witness, HOST_LEFT, now, &made);
	for (int64_t next; (next = cable_next(witness->cable)) != INT64_MAX;) {
		while (take(witness, next, &at[arrived], NULL)) {
			at[arrived] -= now;
			arrived++;
		}
	}
	return arrived;
}

static void check_times(void)
{
	struct witness witness;
	int64_t at[400], now = 5 * CLOCK_S;
	begin(&witness, "");
	is_int(cable_next(witness.cable), INT64_MAX, "nothing is under way");
	is_int(arrivals(&witness, now, 1, at), 1, "a perfect cable");
	is_int(at[0], 0, "takes no time");
	set(&witness, "from left delay 50ms");
	arrivals(&witness, now, 2, at);
	is_int(at[0], 50 * CLOCK_MS, "a delay");
	is_int(at[1], 50 * CLOCK_MS, "is the same for the next one");
	struct made made;
	make(&made, HOST_RIGHT, 'D');
	carry(&witness, HOST_RIGHT, now, &made);
	is_int(cable_next(witness.cable), now, "none in the other direction");
	ok(!take(&witness, now - 1, NULL, NULL), "nothing comes before its time");
	ok(take(&witness, now, NULL, NULL), "but then");
	set(&witness, "off delay 50ms 10ms");
	size_t count = arrivals(&witness, now += CLOCK_S, 1, at);
	bool within = true, ordered = true, varied = false;
	for (int i = 0; i < 200; i++) {
		int64_t before = at[0];
		count += arrivals(&witness, now += CLOCK_S, 1, at);
		within &= at[0] >= 40 * CLOCK_MS && at[0] <= 60 * CLOCK_MS;
		varied |= at[0] != before;
	}
	ok(within && varied, "a delay that varies, within its bounds");
	count = arrivals(&witness, now += CLOCK_S, 200, at);
	for (size_t i = 1; i < count; i++)
		ordered &= at[i] >= at[i - 1];
	ok(ordered && count == 200, "in order");
	cable_free(witness.cable);

	/* 154 bytes at 1 Mbit/s are 1.232 ms. */
	begin(&witness, "rate 1M queue 20");
	is_int(arrivals(&witness, now += CLOCK_S, 30, at), 21, "one passes, 20 wait");
	is_int(witness.count, 9, "the others are lost");
	is_text(witness.strike[8].rule, "queue 20", "to the queue");
	is_int(at[0], 1232000, "a rate");
	is_int(at[20], 21 * 1232000, "one after the other");
	set(&witness, "delay 5ms");
	arrivals(&witness, now += CLOCK_S, 2, at);
	is_int(at[1], 2 * 1232000 + 5 * CLOCK_MS, "and then the delay");
	make(&made, HOST_LEFT, 'D');
	for (int i = 0; i < 5; i++)
		carry(&witness, HOST_LEFT, now += CLOCK_S, &made);
	is_int(witness.count, 9, "what has passed waits no longer");
	now += CLOCK_S;
	while (take(&witness, now, NULL, NULL))
		continue;
	set(&witness, "off rate 1k queue 20");
	for (int i = 0; i < 3; i++)
		carry(&witness, HOST_LEFT, now, &made);
	set(&witness, "rate off");
	while (take(&witness, now + 1232 * CLOCK_MS - 1, NULL, NULL))
		continue;
	count = 0;
	while (take(&witness, now + 1232 * CLOCK_MS, &at[count], NULL))
		count++;
	is_int(count, 3, "what waits meets a new rate after the one that is passing");
	cable_free(witness.cable);

	begin(&witness, "delay 10s");
	carry(&witness, HOST_LEFT, now, &made);
	set(&witness, "delay off");
	carry(&witness, HOST_LEFT, now, &made);
	ok(take(&witness, now, NULL, NULL), "a smaller delay does not wait for what is under way");
	ok(!take(&witness, now, NULL, NULL), "which is not hurried either");
	ok(take(&witness, now + 10 * CLOCK_S, NULL, NULL), "and arrives");
	cable_free(witness.cable);
}

static void check_reordering(void)
{
	struct witness witness;
	struct made held, next, got;
	int64_t at, now = 5 * CLOCK_S;
	begin(&witness, "delay 1ms reorder data");
	make(&held, HOST_LEFT, 'D');
	make(&next, HOST_LEFT, 'A');
	carry(&witness, HOST_LEFT, now, &held);
	is_int(cable_next(witness.cable), now + 101 * CLOCK_MS, "a frame is held");
	carry(&witness, HOST_RIGHT, now, &next);
	take(&witness, now + CLOCK_MS, NULL, NULL);
	is_int(cable_next(witness.cable), now + 101 * CLOCK_MS, "one of the other side frees none");
	carry(&witness, HOST_LEFT, now + CLOCK_MS, &next);
	is_int(take(&witness, now + 2 * CLOCK_MS, &at, &got), next.len, "the next one passes it");
	is_int(take(&witness, now + 2 * CLOCK_MS, &at, &got), held.len, "and it comes after that,");
	is_int(at, now + 2 * CLOCK_MS, "at once");
	set(&witness, "reorder data");
	carry(&witness, HOST_LEFT, now += CLOCK_S, &held);
	ok(!take(&witness, now + 100 * CLOCK_MS, NULL, NULL), "if none comes");
	is_int(take(&witness, now + 101 * CLOCK_MS, &at, NULL), held.len, "it waits 100 ms");
	carry(&witness, HOST_LEFT, now += CLOCK_S, &next);
	is_int(take(&witness, now + CLOCK_MS, &at, NULL), next.len, "and is over");
	ok(!take(&witness, now + CLOCK_S, NULL, NULL), "once");

	set(&witness, "rate 1M reorder data 1-2");
	for (int i = 0; i < 3; i++)
		carry(&witness, HOST_LEFT, now, i < 2 ? &held : &next);
	is_int(witness.count, 3, "two that wait for a rate: one is held");
	take(&witness, now + CLOCK_S, NULL, &got);
	take(&witness, now + CLOCK_S, NULL, &got);
	is_int(take(&witness, now + CLOCK_S, NULL, &got), next.len, "and all arrive");
	cable_free(witness.cable);
}

static void check_changes(void)
{
	struct witness witness;
	uint32_t number, seen;
	begin(&witness, "loss data 3");
	is_text(carry_all(&witness, "DD"), "..", "two of three");
	ok(cable_rule_at(witness.cable, 0, &number, &seen) && seen == 2, "are counted");
	set(&witness, "delay 1ms loss FIN");
	is_text(carry_all(&witness, "DDF"), "x.x", "other settings leave a rule as it is");
	ok(!cable_rule_at(witness.cable, 0, &number, &seen), "it is over then,");
	set(&witness, "delay 2ms");
	is_text(carry_all(&witness, "DDDDDF"), "......",
	        "also for a program that does not know it yet");
	set(&witness, "loss data 3");
	is_text(carry_all(&witness, "DDD"), "..x", "unless it is given again");
	cable_free(witness.cable);
}

static void check_memory(void)
{
	struct witness witness;
	struct made made;
	size_t count = 0;
	begin(&witness, "delay 60s");
	make(&made, HOST_LEFT, 'D');
	while (!witness.count && count < 100000) {
		carry(&witness, HOST_LEFT, CLOCK_S, &made);
		count++;
	}
	is_int(count, 64 * 1024 * 1024 / 2048 + 1, "64 MB may be under way");
	is_text(witness.strike[0].rule, "64 MB under way", "more is lost");
	is_int(cable_counts(witness.cable, HOST_LEFT)->overfull, 1, "and counted");
	cable_free(witness.cable);
	begin(&witness, "rate 1k queue 10 reorder SYN");
	is_text(carry_all(&witness, "SDDDDDDDDDDDDD<DDD"), "r..........xxx...", "counts:");
	const struct cable_counts *counts = cable_counts(witness.cable, HOST_LEFT);
	is_int(counts->entered, 14, "frames that entered,");
	is_int(counts->bytes, 54 + 13 * 154, "their bytes,");
	is_int(counts->delivered, 11, "that arrived,");
	is_int(counts->queue_full, 3, "that found the queue full,");
	is_int(counts->hit[CABLE_REORDER], 1, "and what happened to them");
	carry(&witness, HOST_LEFT, CLOCK_S, &made);
	carry(&witness, HOST_LEFT, CLOCK_S, &made);
	cable_free(witness.cable); /* with what is under way */
}

/* ---- the MTU ---- */

static void check_answers(void)
{
	struct witness witness;
	struct made made, got;
	struct frame frame;
	static const struct {
		bool ipv6;
		const char *words, *router;
		unsigned mtu;
	} cases[] = {
		{ false, "mtu 1400", "192.0.2.254", 1400 },
		{ true, "mtu 1400", "2001:db8::fe", 1400 },
		{ true, "mtu 600", "2001:db8::fe", 1280 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool ipv6 = cases[i].ipv6;
		char text[ENDPOINT_TEXT];
		unsigned header = ipv6 ? 60 : 40;
		begin(&witness, cases[i].words);
		make_tcp(&made, HOST_LEFT, ipv6, FRAME_ACK, cases[i].mtu - header);
		carry(&witness, HOST_LEFT, CLOCK_S, &made);
		is_text(witness.events, "", "what fits passes");
		take(&witness, CLOCK_S, NULL, NULL);
		make_tcp(&made, HOST_LEFT, ipv6, FRAME_ACK, cases[i].mtu - header + 1);
		carry(&witness, HOST_LEFT, CLOCK_S, &made);
		is_text(witness.events, "t", "one byte more does not");
		size_t len = take(&witness, CLOCK_S, NULL, &got);
		ok(len > 0 && frame_read(got.bytes, len, len, &frame), "an answer comes back");
		ok(frame_checksums_right(got.bytes, len), "with right checksums");
		is_int(frame.kind, FRAME_ICMP, "by ICMP,");
		is_int(frame.icmp.type, ipv6 ? 2 : 3, "fragmentation needed, or packet too big,");
		is_int(frame.icmp.code, ipv6 ? 0 : 4, "its code,");
		is_int(frame.icmp.mtu, cases[i].mtu, "the MTU,");
		is_text(endpoint_format_host(&frame.from, text), cases[i].router, "from a router");
		is_int(host_of(&frame.to), HOST_LEFT, "to the sender,");
		is_int(frame.icmp.quoted.from.port, 40000, "about its packet");
		is_int(len, ETHERNET + (ipv6 ? 1280 : 576), "as much of it as may be");
		ok(memcmp(got.bytes, made.bytes + 6, 6) == 0, "to its address on the link");
		is_int(cable_counts(witness.cable, HOST_LEFT)->too_large, 1, "and it is counted");
		ok(!take(&witness, INT64_MAX - 1, NULL, NULL), "nothing arrives");

		made.bytes[0] |= 1;
		carry(&witness, HOST_LEFT, CLOCK_S, &made);
		is_text(witness.events, "t", "what went to many");
		ok(!take(&witness, INT64_MAX - 1, NULL, NULL), "is not answered");
		cable_free(witness.cable);
	}
	begin(&witness, "mtu 68");
	make_ip(&made, HOST_LEFT, false, IPPROTO_ICMP, 100)[0] = 3;
	frame_correct_checksums(made.bytes, made.len);
	carry(&witness, HOST_LEFT, CLOCK_S, &made);
	is_text(witness.events, "t", "an error that is too large");
	ok(!take(&witness, INT64_MAX - 1, NULL, NULL), "is not answered either");
	cable_free(witness.cable);
}

static void check_fragments(void)
{
	struct witness witness;
	struct made made, got;
	struct frame frame;
	static const struct {
		size_t payload;
		unsigned mtu, fragments;
	} cases[] = {
		{ 100, 128, 1 },  { 101, 128, 2 },   { 1000, 576, 2 },  { 1472, 1499, 2 },
		{ 1472, 68, 31 }, { 1400, 1000, 2 }, { 1472, 1400, 2 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t whole[1500] = { 0 };
		size_t count = 0, reached = 0;
		bool right = true;
		char words[32];
		snprintf(words, sizeof words, "mtu %u", cases[i].mtu);
		begin(&witness, words);
		make_udp(&made, HOST_LEFT, false, cases[i].payload);
		made.bytes[ETHERNET + 6] = 0; /* may be fragmented */
		frame_correct_checksums(made.bytes, made.len);
		carry(&witness, HOST_LEFT, CLOCK_S, &made);
		for (size_t len; (len = take(&witness, CLOCK_S, NULL, &got)); count++) {
			right &= frame_read(got.bytes, len, len, &frame) &&
			         frame_checksums_right(got.bytes, len) &&
			         len <= ETHERNET + cases[i].mtu;
			if (cases[i].fragments == 1)
				break;
			right &= frame.kind == FRAME_FRAGMENT && frame.fragment_start == reached &&
			         frame.ip_id == 77 && len == ETHERNET + 20 + frame.len;
			memcpy(whole + reached, got.bytes + ETHERNET + 20, frame.len);
			reached += frame.len;
			if (!frame.more_fragments)
				right &= reached == made.len - ETHERNET - 20;
		}
		is_int(count + (cases[i].fragments == 1), cases[i].fragments, words);
		ok(right, "each is right, and the last one is the end");
		ok(cases[i].fragments == 1 ||
		           memcmp(whole, made.bytes + ETHERNET + 20, reached) == 0,
		   "together they are the packet");
		cable_free(witness.cable);
	}
	/* A fragment is cut again: its place is kept. */
	begin(&witness, "mtu 500");
	make_udp(&made, HOST_LEFT, false, 992);
	made.bytes[ETHERNET + 6] = 0x20; /* more follow */
	made.bytes[ETHERNET + 7] = 100;
	frame_correct_checksums(made.bytes, made.len);
	carry(&witness, HOST_LEFT, CLOCK_S, &made);
	take(&witness, CLOCK_S, NULL, &got);
	frame_read(got.bytes, got.len, got.len, &frame);
	is_int(frame.fragment_start, 800, "the first part of a fragment");
	take(&witness, CLOCK_S, NULL, &got);
	take(&witness, CLOCK_S, NULL, &got);
	frame_read(got.bytes, got.len, got.len, &frame);
	is_int(frame.fragment_start, 800 + 960, "the third");
	ok(frame.more_fragments, "is not the last of the whole");
	cable_free(witness.cable);
}

static void check_corruption(void)
{
	static const char letters[] = "SADFRUIsadfrui";
	for (const char *letter = letters; *letter; letter++) {
		struct witness witness;
		struct made made, got;
		bool rejected = true, one_bit = true, payload = true, different = false;
		uint8_t first = 0;
		begin(&witness, "corrupt 100%");
		make(&made, HOST_LEFT, *letter);
		struct frame frame;
		frame_read(made.bytes, made.len, made.len, &frame);
		for (int i = 0; i < 200; i++) {
			carry(&witness, HOST_LEFT, CLOCK_S, &made);
			size_t len = take(&witness, CLOCK_S, NULL, &got), bits = 0, at = 0;
			for (size_t k = 0; k < len; k++)
				for (uint8_t flipped = got.bytes[k] ^ made.bytes[k]; flipped;
				     flipped &= (uint8_t)(flipped - 1)) {
					bits++;
					at = k;
				}
			rejected &= !frame_checksums_right(got.bytes, len);
			one_bit &= bits == 1 && len == made.len;
			payload &= at >= (size_t)frame.headers - (frame.len ? 0 : 8);
			different |= i && got.bytes[at] != first;
			first = got.bytes[at];
		}
		ok(rejected, "%c: the receiver sees that it is corrupt", *letter);
		ok(one_bit && payload && different, "by one bit, after IP");
		cable_free(witness.cable);
	}
}

static void check_rubbish(void)
{
	uint8_t bytes[200];
	uint32_t state = 1;
	uint64_t whole = 0;
	struct witness witness;
	begin(&witness, "mtu 68 corrupt 50% duplicate 50% reorder 50% delay 1ms");
	for (int i = 0; i < 20000; i++) {
		for (size_t k = 0; k < sizeof bytes; k++)
			bytes[k] = (uint8_t)((state = state * 1664525 + 1013904223) >> 24);
		put16(bytes + 12, i % 3 == 0 ? 0x0800 : i % 3 == 1 ? 0x86dd : 0x0806);
		if (i % 2)
			bytes[14] = i % 3 ? 0x60 : 0x45;
		whole += state % sizeof bytes >= ETHERNET;
		cable_carry(witness.cable, i & 1 ? HOST_LEFT : HOST_RIGHT, i, bytes,
		            state % sizeof bytes);
		while (take(&witness, i, NULL, NULL))
			continue;
	}
	is_int((long)(cable_counts(witness.cable, HOST_LEFT)->entered +
	              cable_counts(witness.cable, HOST_RIGHT)->entered),
	       (long)whole, "rubbish with an Ethernet header is carried");
	cable_free(witness.cable);
}

int main(void)
{
	tap_watchdog(60);
	check_rules();
	check_strikes();
	check_chance();
	check_times();
	check_reordering();
	check_changes();
	check_memory();
	check_answers();
	check_fragments();
	check_corruption();
	check_rubbish();
	return tap_done();
}
