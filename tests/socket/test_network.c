// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "support/tap.h"

static struct endpoint ip(const char *text)
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	struct endpoint addr = { .family = (uint8_t)family, .port = 80 };
	inet_pton(family, text, addr.ip);
	return addr;
}

/* Rules of which this network is the only one; none where it is not read. */
static struct network_rules only(const char *text, bool allows, struct error *error)
{
	struct network_rules rules = { 0 };
	if (!network_rules_read(&rules, text, allows, error))
		rules.count = 0;
	return rules;
}

static void reads(void)
{
	static const struct {
		const char *text, *as;
	} table[] = {
		{ "10.0.0.0/8", "10.0.0.0/8" },
		{ "192.168.1.7", "192.168.1.7" },
		{ "192.168.1.7/32", "192.168.1.7" },
		{ "192.168.1.6/31", "192.168.1.6/31" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "::/0", "::/0" },
		{ "::1", "::1" },
		{ "[::1]", "::1" },
		{ "[2001:db8::]/32", "2001:db8::/32" },
		{ "2001:DB8:0:0:8000::/65", "2001:db8:0:0:8000::/65" },
		{ "fe80::/10", "fe80::/10" },
		{ "::ffff:10.0.0.0/104", "10.0.0.0/8" },
		{ "::ffff:0:0/96", "0.0.0.0/0" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct error error = { 0 };
		char text[NETWORK_TEXT] = "";
		struct network_rules rules = only(table[i].text, true, &error);
		if (rules.count)
			network_format(&rules.rule[0].network, text);
		is_text(text, table[i].as, table[i].text);
		struct network_rules again = only(text, true, &error);
		ok(again.count == 1 && memcmp(&rules, &again, sizeof rules) == 0,
		   "and is read again");
	}
}

static void refuses(void)
{
	static const struct {
		const char *text, *why;
	} table[] = {
		{ "", "\"\" is not a network: 10.0.0.0/8, 192.168.1.7, 2001:db8::/32" },
		{ "/8", "is not a network" },
		{ "10/8", "is not a network" },
		{ "10.0.0.0.0/8", "is not a network" },
		{ "256.0.0.0/8", "is not a network" },
		{ "010.0.0.0/8", "is not a network" },
		{ " 10.0.0.0/8", "is not a network" },
		{ "[10.0.0.0]/8", "is not a network" },
		{ "[::1", "is not a network" },
		{ "::1]", "is not a network" },
		{ "[]", "is not a network" },
		{ "fe80::1%lo", "is not a network" },
		{ "1:2:3:4:5:6:7:8:9/8", "is not a network" },
		{ "example.org/24", "is not a network" },
		{ "10.0.0.0/", "the prefix of an IPv4 network has 0 to 32 bits" },
		{ "10.0.0.0/33", "the prefix of an IPv4 network has 0 to 32 bits" },
		{ "10.0.0.0/08", "has 0 to 32 bits" },
		{ "10.0.0.0/-1", "has 0 to 32 bits" },
		{ "10.0.0.0/+8", "has 0 to 32 bits" },
		{ "10.0.0.0/8 ", "has 0 to 32 bits" },
		{ "10.0.0.0/8/8", "has 0 to 32 bits" },
		{ "10.0.0.0/255.0.0.0", "has 0 to 32 bits" },
		{ "10.0.0.0/4294967304", "has 0 to 32 bits" },
		{ "::/129", "the prefix of an IPv6 network has 0 to 128 bits" },
		{ "10.0.0.1/8", "\"10.0.0.1/8\" has bits set after its prefix: the network is 10.0.0.0/8" },
		{ "::1/127", "the network is ::/127" },
		{ "0.0.0.1/0", "the network is 0.0.0.0/0" },
	};
	static char huge[100000];
	struct error error = { 0 };
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		ok(!only(table[i].text, true, &error).count &&
		           strstr(error.text, table[i].why),
		   "%s: %s", table[i].text, error.text);
	memset(huge, '1', sizeof huge - 1);
	ok(!only(huge, true, &error).count, "a long word is no network");
	memcpy(huge, "::/", 3);
	ok(!only(huge, true, &error).count, "nor is it a prefix");
}

static void holds(void)
{
	static const struct {
		const char *network, *addr;
		bool holds;
	} table[] = {
		{ "10.0.0.0/8", "10.255.255.255", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.0.0.0/8", "::ffff:10.1.2.3", true },
		{ "10.0.0.0/8", "a00::", false },
		{ "192.168.1.6/31", "192.168.1.7", true },
		{ "192.168.1.6/31", "192.168.1.8", false },
		{ "192.168.1.7", "192.168.1.7", true },
		{ "192.168.1.7", "192.168.1.6", false },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "1.2.3.4", false },
		{ "::/0", "::ffff:1.2.3.4", false },
		{ "::ffff:0:0/96", "::ffff:1.2.3.4", true },
		{ "::ffff:0:0/96", "1.2.3.4", true },
		{ "2001:db8:0:0:8000::/65", "2001:db8::8000:0:0:1", true },
		{ "2001:db8:0:0:8000::/65", "2001:db8::7fff:0:0:1", false },
		{ "::1", "::1", true },
		{ "::1", "::", false },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct network *why;
		struct error error;
		struct endpoint addr = ip(table[i].addr);
		struct network_rules rules = only(table[i].network, true, &error);
		is_int(network_rules_allow(&rules, &addr, &why), table[i].holds, table[i].network);
	}
	const struct network *why;
	struct error error;
	struct endpoint path, unset = { .family = AF_UNSPEC };
	struct network_rules all = only("0.0.0.0/0", true, &error);
	endpoint_parse_path("/tmp/x", &path, &error);
	ok(!network_rules_allow(&all, &path, &why) && !network_rules_allow(&all, &unset, &why),
	   "a path is in no network");
}

/* ---- rules ---- */

static void add(struct network_rules *rules, const char *text, bool allows)
{
	struct error error;
	ok(network_rules_read(rules, text, allows, &error), "%s", text);
}

static void says(const struct network_rules *rules, const char *wanted)
{
	struct buf out = { .max = SIZE_MAX };
	network_rules_print(rules, &out);
	is_text(buf_text(&out), wanted, wanted);
	buf_free(&out);
}

static bool lets_in(const struct network_rules *rules, const char *text, const char *decides)
{
	char out[NETWORK_TEXT] = "";
	const struct network *why;
	struct endpoint addr = ip(text);
	bool allows = network_rules_allow(rules, &addr, &why);
	is_text(why ? network_format(why, out) : "", decides, text);
	return allows;
}

static void decides(void)
{
	struct network_rules rules = { 0 };
	struct error error;
	ok(lets_in(&rules, "10.0.0.1", ""), "without rules everybody is let in");
	says(&rules, "every client");
	add(&rules, "10.0.0.66", false);
	ok(!lets_in(&rules, "10.0.0.66", "10.0.0.66"), "who is denied is not");
	ok(lets_in(&rules, "10.0.0.1", ""), "the others are");
	says(&rules, "every client but those of 10.0.0.66");
	add(&rules, "10.0.0.66", true);
	says(&rules, "every client");
	add(&rules, "10.0.0.0/8", true);
	ok(lets_in(&rules, "10.0.0.66", "10.0.0.0/8"), "who is allowed is let in");
	ok(lets_in(&rules, "::ffff:10.0.0.66", "10.0.0.0/8"), "also on an IPv6 socket");
	ok(!lets_in(&rules, "11.0.0.1", "") && !lets_in(&rules, "::1", ""), "and nobody else");
	says(&rules, "clients of 10.0.0.0/8");
	add(&rules, "10.1.0.0/16", false);
	add(&rules, "10.1.2.3", true);
	add(&rules, "::1", true);
	ok(!lets_in(&rules, "10.1.2.4", "10.1.0.0/16"), "the narrowest network decides");
	ok(lets_in(&rules, "10.1.2.3", "10.1.2.3"), "the narrowest network decides");
	says(&rules, "clients of 10.0.0.0/8, 10.1.2.3 and ::1, not of 10.1.0.0/16");
	add(&rules, "10.1.2.3", false);
	says(&rules, "clients of 10.0.0.0/8 and ::1, not of 10.1.0.0/16");
	ok(network_rules_read(&rules, "all", true, &error), "all is a word of its own");
	says(&rules, "every client");
	ok(network_rules_read(&rules, "all", false, &error), "to deny them, too");
	ok(!lets_in(&rules, "127.0.0.1", ""), "nobody can be let in, too");
	says(&rules, "nobody");
	add(&rules, "127.0.0.0/8", true);
	add(&rules, "127.0.0.0/8", false);
	says(&rules, "nobody");
	add(&rules, "127.0.0.0/8", false);
	ok(!lets_in(&rules, "127.0.0.1", "127.0.0.0/8"), "denied and not mentioned are both refused");
	ok(network_rules_read(&rules, "all,10.0.0.0/8,::1", true, &error), "a list has commas");
	says(&rules, "clients of 10.0.0.0/8 and ::1");
	ok(!network_rules_read(&rules, "10.0.0.0/8,", true, &error) &&
	           !network_rules_read(&rules, "", true, &error),
	   "an empty word is none");
	ok(!network_rules_read(&rules, "localhost", true, &error) &&
	           strstr(error.text, "2001:db8::/32; no name is looked up"),
	   "nor is a name: %s", error.text);
}

/* Options come in any order. */
static void has_no_order(void)
{
	static const char *const text[] = { "10.0.0.0/8", "10.0.0.5", "10.0.0.4/30", "::/0" };
	static const bool allows[] = { false, true, false, true };
	for (unsigned first = 0; first < 4; first++) {
		struct network_rules rules = { 0 };
		for (unsigned i = 0; i < 4; i++)
			add(&rules, text[(first + 3 * i) % 4], allows[(first + 3 * i) % 4]);
		ok(lets_in(&rules, "10.0.0.5", "10.0.0.5") &&
		           !lets_in(&rules, "10.0.0.6", "10.0.0.4/30") &&
		           !lets_in(&rules, "10.9.9.9", "10.0.0.0/8") &&
		           !lets_in(&rules, "11.0.0.1", "") && lets_in(&rules, "::9", "::/0"),
		   "in whatever order");
	}
}

static void has_a_ceiling(void)
{
	char text[NETWORK_TEXT];
	struct error error;
	struct network_rules rules = { 0 };
	for (int i = 0; i < NETWORK_RULES; i++) {
		snprintf(text, sizeof text, "10.0.0.%d", i);
		add(&rules, text, i % 2);
	}
	add(&rules, text, (NETWORK_RULES - 1) % 2); /* what is there already needs no room */
	ok(!network_rules_read(&rules, "10.0.0.200", true, &error), "beyond the most it is refused");
	is_text(error.text, "a listener has at most 64 networks", "with a line");
}

int main(void)
{
	reads();
	refuses();
	holds();
	decides();
	has_no_order();
	has_a_ceiling();
	return tap_done();
}
