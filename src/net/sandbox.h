// SPDX-License-Identifier: GPL-3.0-or-later
/* sandbox: two hosts of our own, `left` and `right`, and the cable between them, without root: Linux
 * namespaces, see user_namespaces(7) and veth(4).
 *
 *	program ── owner, a process in a user and a network namespace of its own: lw ⇄ rw, the cable
 *	             ├── left,  a process in a network namespace: lo, left (192.0.2.1, 2001:db8::1) ═ lw
 *	             └── right, likewise:                         lo, right (192.0.2.2, 2001:db8::2) ═ rw
 *
 * A socket belongs to the host whose process made it. That process hands it over, and the program uses it
 * like any other. The program owns the user namespace, so it may bind ports below 1024 there.
 * Nothing leaves the hosts: each has a route to the other only. All processes end with the program,
 * whatever ends it; a namespace lasts as long as a process or a socket in it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/poller.h"
#include "socket/host.h"

struct cable_link;
struct sandbox;

enum { SANDBOX_SYSCTL_NAME = 96, SANDBOX_SYSCTL_VALUE = 256 };

/* Takes some milliseconds. NULL with one line that says why, and what to do. The hosts answer when this
 * returns, and the cable is silent until a socket sends. */
struct sandbox *sandbox_new(struct error *error);

/* Waits for the end of its processes. The sockets that were made there have been closed before. */
void sandbox_free(struct sandbox *sandbox);

/* As socket(2), on that host, which is not HOST_HERE; non-blocking and close-on-exec. AF_NETLINK and
 * AF_PACKET, too: what they see is that host. ENETDOWN where the host is dead. Some 30 us. */
int sandbox_socket(struct sandbox *sandbox, enum host host, int family, int type, int protocol);

/* The cable: its settings, strikes and statistics, see net/cable_loop.h. Lives as long as the sandbox. */
struct cable_link *sandbox_cable(const struct sandbox *sandbox);

/* An AF_PACKET socket of type SOCK_RAW at the owner's end of this host's cable: what leaves the host
 * comes in there, and what reaches it goes out. It is bound to the interface, but to no protocol: it
 * sees nothing until bind() with the address that getsockname() gives, and ETH_P_ALL. */
int sandbox_cable_socket(struct sandbox *sandbox, enum host host);

/* A sysctl of that host below /proc/sys/net: "ipv4.tcp_fastopen", "net.ipv4.tcp_fastopen", or without
 * "ipv4." where no other directory is meant. Values of several words have one blank between them. False
 * with one line. */
bool sandbox_get_sysctl(struct sandbox *sandbox, enum host host, const char *name,
                        char value[SANDBOX_SYSCTL_VALUE], struct error *error);
bool sandbox_set_sysctl(struct sandbox *sandbox, enum host host, const char *name,
                        const char *value, struct error *error);

/* The sysctls of that host that were set, by name, in order; NULL after the last. */
const char *sandbox_changed(const struct sandbox *sandbox, enum host host, size_t index);

/* The process whose network namespace is this host, for nsenter(1); of HOST_HERE, the owner. */
pid_t sandbox_process(const struct sandbox *sandbox, enum host host);

/* A turn. A sandbox is over when a process of it has died: its sockets live on, but no new one can be
 * made. */
void sandbox_prepare(const struct sandbox *sandbox, struct poller *poller);
void sandbox_serve(struct sandbox *sandbox, const struct poller *poller);
bool sandbox_is_over(const struct sandbox *sandbox);
