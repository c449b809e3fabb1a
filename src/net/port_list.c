// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/port_list.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { WORD = 64 }; /* no name of services(5) is longer */

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* 0 with one line. */
static uint16_t parse_port(const char *text, enum transport transport, struct error *error)
{
	const struct servent *service = NULL;
	unsigned long number = is_number(text) ? strtoul(text, NULL, 10) : 0;
	if (number >= 1 && number <= UINT16_MAX)
		return (uint16_t)number;
	if (!is_number(text))
		service = getservbyname(text, transport_name(transport));
	if (service)
		return ntohs((uint16_t)service->s_port);
	error_set(error, "%s is not a port: 1 to 65535 or a service name", text);
	return 0;
}

/* "http-alt" is a name. */
static bool is_range(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	return digits && text[digits] == '-' && text[digits + 1];
}

static bool add_range(struct port_list *list, char *text, enum transport transport,
                      struct error *error)
{
	char *dash = is_range(text) ? strchr(text, '-') : NULL;
	if (dash)
		*dash = '\0';
	uint16_t first = parse_port(text, transport, error), last = first;
	if (first && dash)
		last = parse_port(dash + 1, transport, error);
	if (!first || !last)
		return false;
	uint16_t low = first < last ? first : last, high = first < last ? last : first;
	for (unsigned port = low; port <= high; port++) {
		list->ports = xgrow(list->ports, &list->room, list->count, sizeof *list->ports);
		list->ports[list->count++] = (uint16_t)port;
	}
	return true;
}

bool port_list_add(struct port_list *list, const char *word, enum transport transport,
                   struct error *error)
{
	size_t had = list->count;
	for (const char *part = word;; part++) {
		char text[WORD];
		size_t len = strcspn(part, ",");
		snprintf(text, sizeof text, "%.*s", (int)(len < WORD ? len : WORD), part);
		if (!add_range(list, text, transport, error)) {
			list->count = had;
			return false;
		}
		part += len;
		if (!*part)
			return true;
	}
}

void port_list_shuffle(struct port_list *list)
{
	srandom((unsigned)clock_now());
	for (size_t left = list->count; left > 1; left--) {
		size_t other = (size_t)random() % left;
		uint16_t port = list->ports[left - 1];
		list->ports[left - 1] = list->ports[other];
		list->ports[other] = port;
	}
}

void port_list_free(struct port_list *list)
{
	free(list->ports);
	*list = (struct port_list){ 0 };
}
