// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes network_rules_read() and what the rules then say. Each line is what /allow is given, or /deny
 * where it begins with '-'; blanks separate words, as in a command. */
#include "socket/network.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* The network that a word is, alone. False where it is none, or several. */
static bool read_one(const char *text, struct network *network)
{
	struct network_rules alone = { 0 };
	struct error error = { .text = "" };
	if (!network_rules_read(&alone, text, true, &error)) {
		require(error.text[0] && error.usage);
		return false;
	}
	*network = alone.rule[0].network;
	return alone.count == 1 && !strchr(text, ',');
}

/* Written out again it means the same. */
static void check_network(const char *text)
{
	char out[NETWORK_TEXT];
	struct network network, again;
	if (!read_one(text, &network))
		return;
	require(network.bits <= (network.family == AF_INET ? 32 : 128));
	require(read_one(network_format(&network, out), &again));
	require(memcmp(&network, &again, sizeof network) == 0);
}

/* A rule that was added holds at once, unless a narrower one decides; and no two are of one network. */
static void check_rules(const struct network_rules *rules, const char *text, bool allows)
{
	struct network network;
	const struct network *why;
	if (!read_one(text, &network))
		return;
	struct endpoint first = endpoint_of_ip(network.family, network.ip, 1);
	bool verdict = network_rules_allow(rules, &first, &why);
	require(verdict == allows || (why && why->bits > network.bits));
	for (size_t i = 0; i < rules->count; i++)
		for (size_t j = 0; j < i; j++)
			require(memcmp(&rules->rule[i].network, &rules->rule[j].network,
			               sizeof network) != 0);
}

static void run_word(struct network_rules *rules, const char *word, bool allows)
{
	struct error error = { .text = "" };
	struct buf text = { .max = SIZE_MAX };
	check_network(word);
	if (network_rules_read(rules, word, allows, &error))
		check_rules(rules, word, allows);
	else
		require(error.text[0]);
	require(rules->count <= NETWORK_RULES);
	network_rules_print(rules, &text);
	require(text.len > 0);
	buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct network_rules rules = { 0 };
	char *input = malloc(size + 1), *rest = input, *line;
	require(input != NULL);
	memcpy(input, data, size);
	input[size] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		char *word;
		bool allows = *line != '-';
		line += !allows;
		while ((word = strsep(&line, " ")))
			run_word(&rules, word, allows);
	}
	free(input);
	return 0;
}
