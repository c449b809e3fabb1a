// SPDX-License-Identifier: GPL-3.0-or-later
/* netlink: the few rtnetlink(7) messages that make a network: a pair of joined interfaces and their
 * addresses. Each works on the network namespace of the process and returns 0 or an
 * errno value. Safe after fork(): no memory, no stdio. */
#pragma once

#include <stdint.h>

#include "socket/endpoint.h"

/* veth(4): `name` here, and `peer`, with this hardware address, in the namespace of the descriptor. */
int netlink_add_pair(const char *name, const char *peer, const uint8_t peer_mac[6], int namespace);

/* Brings the interface up. */
int netlink_set_up(const char *name);

/* Of a pair whose ends are both up: this end sends from now on. The kernel delays that by as much as a
 * second, and drops what is sent meanwhile, unless it is asked for the state of the link. */
int netlink_settle(const char *name);

/* Keeps the kernel from giving the interface an IPv6 link-local address. */
int netlink_no_link_local(const char *name);

/* Without duplicate address detection. */
int netlink_add_address(const char *name, const struct endpoint *addr, unsigned prefix);
