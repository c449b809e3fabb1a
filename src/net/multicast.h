// SPDX-License-Identifier: GPL-3.0-or-later
/* multicast: the groups that the sockets of a session have joined, ip(7) and ipv6(7). The session owns
 * the list: the next socket that is opened for it joins them again. close() leaves them all. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "socket/endpoint.h"

struct session;

struct membership {
	struct membership *next;            /* in the order of joining */
	struct endpoint group, source;      /* without ports; source AF_UNSPEC = of any sender */
	char interface[ENDPOINT_INTERFACE]; /* name or number; "" = the routes choose */
};

/* From words as a person types them: "239.1.2.3", "ff02::1%eth0"; "lo"; and a sender. The last
 * two may be NULL. False with one line; *wrong is the index of the word that it is about. */
bool multicast_parse(const char *group, const char *interface, const char *source,
                     struct membership *membership, size_t *wrong, struct error *error);

/* Joins on each socket of the group's family. An interface that is given by its number becomes its name,
 * here and below. */
bool multicast_join(struct session *session, struct membership *membership, struct error *error);

/* Without an interface or a source: what has been joined with any. */
bool multicast_leave(struct session *session, struct membership *membership, struct error *error);

/* Joins again, on a new socket; what cannot be joined is reported. */
void multicast_restore(struct session *session, unsigned slot);

/* The first membership of an open session, NULL for none. */
const struct membership *multicast_joined(const struct session *session);

/* "239.1.2.3 on lo from 192.0.2.1" */
void multicast_print(const struct membership *membership, struct buf *out);

enum { MULTICAST_INTERFACES = 64 }; /* numbers that are worth a look */

/* The name of an interface of the network that the session's socket is in, by its number from 1; ""
 * where that number has none. Returns `out`. */
const char *multicast_interface(const struct session *session, uint32_t number,
                                char out[ENDPOINT_INTERFACE]);

/* The value of IP_MULTICAST_IF, or of IPV6_MULTICAST_IF, that means the interface of this name or number. */
bool multicast_choose(const struct session *session, bool ipv6, const char *interface, void *value,
                      size_t *len, struct error *error);

void multicast_forget(struct session *session);
