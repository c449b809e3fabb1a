// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/network.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static unsigned most_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

/* Clears what follows the prefix. True if something was set there. */
static bool mask(uint8_t *ip, unsigned bits, unsigned most)
{
	bool had = false;
	for (unsigned i = 0; i < most / 8; i++) {
		unsigned kept = bits > i * 8 ? bits - i * 8 : 0;
		uint8_t keep = kept >= 8 ? 0xff : (uint8_t)(0xff00 >> kept);
		had = had || (ip[i] & ~keep & 0xff);
		ip[i] &= keep;
	}
	return had;
}

/* One to three digits: no sign, blank or leading zero. */
static bool parse_bits(const char *text, unsigned most, unsigned *bits)
{
	size_t digits = strspn(text, "0123456789");
	*bits = 0;
	for (size_t i = 0; i < digits && digits <= 3; i++)
		*bits = *bits * 10 + (unsigned)(text[i] - '0');
	return digits > 0 && digits <= 3 && !text[digits] && !(digits > 1 && text[0] == '0') &&
	       *bits <= most;
}

/* In brackets or not. */
static bool parse_ip(const char *text, size_t len, struct network *network)
{
	char ip[INET6_ADDRSTRLEN];
	bool bracketed = len > 2 && text[0] == '[' && text[len - 1] == ']';
	text += bracketed;
	len -= bracketed ? 2 : 0;
	if (len >= sizeof ip)
		return false;
	memcpy(ip, text, len);
	ip[len] = '\0';
	network->family = AF_INET6;
	if (!bracketed && inet_pton(AF_INET, ip, network->ip) == 1)
		network->family = AF_INET;
	else if (inet_pton(AF_INET6, ip, network->ip) != 1)
		return false;
	return true;
}

static bool parse(const char *text, struct network *network, struct error *error)
{
	char right[NETWORK_TEXT];
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	*network = (struct network){ 0 };
	if (!parse_ip(text, len, network)) {
		error_usage(error,
		            "\"%.60s\" is not a network: 10.0.0.0/8, 192.168.1.7, 2001:db8::/32%s",
		            text, isalpha((unsigned char)text[0]) && !strchr(text, ':')
		                          ? "; no name is looked up"
		                          : "");
		return false;
	}
	unsigned most = most_bits(network->family), bits = most;
	if (slash && !parse_bits(slash + 1, most, &bits)) {
		error_usage(error, "\"%.60s\": the prefix of an %s network has 0 to %u bits", text,
		            endpoint_family_name(network->family), most);
		return false;
	}
	network->bits = (uint8_t)bits;
	if (mask(network->ip, bits, most)) {
		error_usage(error, "\"%.60s\" has bits set after its prefix: the network is %s", text,
		            network_format(network, right));
		return false;
	}
	struct endpoint addr = endpoint_of_ip(network->family, network->ip, 0);
	struct endpoint wire = endpoint_on_wire(&addr);
	if (wire.family != network->family && bits >= 96) {
		*network = (struct network){ .family = wire.family, .bits = (uint8_t)(bits - 96) };
		memcpy(network->ip, wire.ip, 4);
	}
	return true;
}

const char *network_format(const struct network *network, char out[NETWORK_TEXT])
{
	char host[ENDPOINT_TEXT];
	struct endpoint addr = endpoint_of_ip(network->family, network->ip, 0);
	endpoint_format_host(&addr, host);
	if (network->bits == most_bits(network->family))
		snprintf(out, NETWORK_TEXT, "%.*s", INET6_ADDRSTRLEN, host);
	else
		snprintf(out, NETWORK_TEXT, "%.*s/%u", INET6_ADDRSTRLEN, host, network->bits);
	return out;
}

static bool holds(const struct network *network, const struct endpoint *addr)
{
	struct endpoint wire = endpoint_on_wire(addr);
	if (wire.family != network->family)
		return false;
	uint8_t ip[16];
	memcpy(ip, wire.ip, sizeof ip);
	mask(ip, network->bits, most_bits(network->family));
	return memcmp(ip, network->ip, most_bits(network->family) / 8) == 0;
}

/* ---- rules ---- */

static bool same(const struct network *a, const struct network *b)
{
	return a->family == b->family && a->bits == b->bits &&
	       memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

/* The index of the narrowest one of at most `bits` that holds the address; `count` for none. */
static size_t narrowest(const struct network_rules *rules, const struct endpoint *addr,
                        unsigned bits)
{
	size_t found = rules->count;
	for (size_t i = 0; i < rules->count; i++) {
		const struct network *network = &rules->rule[i].network;
		if (network->bits <= bits && holds(network, addr) &&
		    (found == rules->count || network->bits > rules->rule[found].network.bits))
			found = i;
	}
	return found;
}

static bool verdict(const struct network_rules *rules, size_t index)
{
	return index < rules->count ? rules->rule[index].allows : !rules->strict;
}

static bool add(struct network_rules *rules, const struct network *network, bool allows,
                struct error *error)
{
	struct endpoint first = endpoint_of_ip(network->family, network->ip, 0);
	for (size_t i = 0; i < rules->count; i++) {
		if (!same(&rules->rule[i].network, network))
			continue;
		if (rules->rule[i].allows == allows)
			return true;
		rules->count--;
		memmove(&rules->rule[i], &rules->rule[i + 1],
		        (rules->count - i) * sizeof rules->rule[0]);
		if (verdict(rules, narrowest(rules, &first, network->bits)) == allows)
			return true;
		break;
	}
	if (rules->count == NETWORK_RULES) {
		error_set(error, "a listener has at most %d networks", NETWORK_RULES);
		return false;
	}
	rules->rule[rules->count].network = *network;
	rules->rule[rules->count++].allows = allows;
	rules->strict = rules->strict || allows;
	return true;
}

bool network_rules_read(struct network_rules *rules, const char *text, bool allows,
                        struct error *error)
{
	bool good = true;
	for (const char *at = text; good && at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
		struct network network;
		char *word = xstrndup(at, strcspn(at, ","));
		if (strcmp(word, "all") == 0)
			*rules = (struct network_rules){ .strict = !allows };
		else
			good = parse(word, &network, error) && add(rules, &network, allows, error);
		free(word);
	}
	return good;
}

bool network_rules_allow(const struct network_rules *rules, const struct endpoint *addr,
                         const struct network **why)
{
	size_t index = narrowest(rules, addr, UINT8_MAX);
	*why = index < rules->count ? &rules->rule[index].network : NULL;
	return verdict(rules, index);
}

/* "10.0.0.0/8, 10.1.2.3 and ::1" */
static size_t print_side(const struct network_rules *rules, bool allows, const char *before,
                         struct buf *out)
{
	char text[NETWORK_TEXT];
	size_t all = 0, done = 0;
	for (size_t i = 0; i < rules->count; i++)
		all += rules->rule[i].allows == allows;
	for (size_t i = 0; i < rules->count; i++)
		if (rules->rule[i].allows == allows) {
			done++;
			buf_printf(out, "%s%s",
			           done == 1     ? before
			           : done == all ? " and "
			                         : ", ",
			           network_format(&rules->rule[i].network, text));
		}
	return all;
}

void network_rules_print(const struct network_rules *rules, struct buf *out)
{
	if (!rules->strict) {
		buf_append_text(out, "every client");
		print_side(rules, false, " but those of ", out);
		return;
	}
	if (print_side(rules, true, "clients of ", out))
		print_side(rules, false, ", not of ", out);
	else
		buf_append_text(out, "nobody");
}
