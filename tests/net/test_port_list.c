// SPDX-License-Identifier: GPL-3.0-or-later
/* Lists and ranges of ports, every form and every slip. */
#include "net/port_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/tap.h"

static const struct {
	const char *word;
	const char *want; /* the ports, or a part of the error after "!" */
} rows[] = {
	{ "80", " 80" },
	{ "1", " 1" },
	{ "65535", " 65535" },
	{ "0080", " 80" },
	{ "20-23", " 20 21 22 23" },
	{ "23-20", " 20 21 22 23" },
	{ "7-7", " 7" },
	{ "80,443", " 80 443" },
	{ "80,20-22,80", " 80 20 21 22 80" },
	{ "65534-65535", " 65534 65535" },
	{ "0", "!0 is not a port: 1 to 65535 or a service name" },
	{ "65536", "!65536 is not a port" },
	{ "99999999999999999999", "!99999999999999999999 is not a port" },
	{ "", "! is not a port" },
	{ "80,", "! is not a port" },
	{ ",80", "! is not a port" },
	{ "80-", "!80- is not a port" },
	{ "-80", "!-80 is not a port" },
	{ "20-x", "!x is not a port" },
	{ "20-0", "!0 is not a port" },
	{ "20-30-40", "!30-40 is not a port" },
	{ "no-such-service", "!no-such-service is not a port" },
	{ "8 0", "!8 0 is not a port" },
};

static void check_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct error error;
		struct port_list list = { 0 };
		char got[200] = "";
		size_t len = 0;
		if (port_list_add(&list, rows[i].word, TRANSPORT_TCP, &error))
			for (size_t at = 0; at < list.count; at++)
				len += (size_t)snprintf(got + len, sizeof got - len, " %u",
				                        list.ports[at]);
		else
			snprintf(got, sizeof got, "!%.*s", (int)strlen(rows[i].want) - 1,
			         error.text);
		is_text(got, rows[i].want, rows[i].word);
		port_list_free(&list);
	}
}

static void check_adding(void)
{
	struct error error;
	struct port_list list = { 0 };
	ok(port_list_add(&list, "1-3", TRANSPORT_TCP, &error) &&
	           !port_list_add(&list, "4,x", TRANSPORT_TCP, &error) && list.count == 3,
	   "a word that is wrong adds nothing");
	ok(port_list_add(&list, "1-65535", TRANSPORT_UDP, &error) && list.count == 65538 &&
	           list.ports[65537] == 65535,
	   "all ports there are");
	unsigned long sum = 0, shuffled = 0;
	size_t moved = 0;
	for (size_t i = 0; i < list.count; i++)
		sum += list.ports[i];
	port_list_shuffle(&list);
	for (size_t i = 0; i < list.count; i++) {
		shuffled += list.ports[i];
		moved += i >= 3 && list.ports[i] != i - 2;
	}
	ok(sum == shuffled && moved > 60000, "shuffled they are the same in another order");
	port_list_free(&list);
	port_list_shuffle(&list);
	ok(list.count == 0, "none at all may be shuffled, too");
}

/* Two processes start with the same seed. */
static void check_order(void)
{
	struct error error;
	struct port_list lists[2] = { 0 };
	for (int i = 0; i < 2; i++) {
		srandom(1);
		port_list_add(&lists[i], "1-1000", TRANSPORT_TCP, &error);
		port_list_shuffle(&lists[i]);
	}
	ok(memcmp(lists[0].ports, lists[1].ports, 1000 * sizeof *lists[0].ports) != 0,
	   "each program has another order");
	port_list_free(&lists[0]);
	port_list_free(&lists[1]);
}

int main(void)
{
	check_rows();
	check_adding();
	check_order();
	return tap_done();
}
