// SPDX-License-Identifier: GPL-3.0-or-later
/* port_list: several ports as they are written: "http", "20-25", "80,443,8000-8010". Owns the
 * numbers. Knows no host. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "socket/transport.h"

struct port_list {
	uint16_t *ports; /* in the order in which they were written, repeated ones too */
	size_t count, room;
};

/* Appends the ports of one word; names are looked up in services(5). False with one line, and
 * the list as it was. */
bool port_list_add(struct port_list *list, const char *word, enum transport transport,
                   struct error *error);

void port_list_shuffle(struct port_list *list);
void port_list_free(struct port_list *list);
