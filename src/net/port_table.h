// SPDX-License-Identifier: GPL-3.0-or-later
/* port_table: who holds a port of one host at one instant: sockets of this program, sockets of
 * other processes, and connections that nobody owns any more, as sock_diag(7) and /proc say. Looks
 * only: it opens no socket on the port and asks nobody. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/session.h"
#include "socket/endpoint.h"
#include "socket/host.h"
#include "socket/tcp_state.h"
#include "socket/transport.h"

struct session_table;

#define PORT_SEARCH (CLOCK_S / 2) /* long enough for all processes on most machines */

enum {
	PORT_HOLDERS = 200, /* most that are listed one by one */
	PORT_NAME = 40,
};

enum port_owner {
	PORT_NOBODY,  /* no descriptor leads to it any more, */
	PORT_QUEUE,   /* or none yet: it waits for accept() */
	PORT_SESSION, /* of ours */
	PORT_PROCESS, /* one that we may look into */
	PORT_USER,    /* of the process only the user is known */
};

/* How far /proc has been searched for a holder. */
enum port_search { PORT_NOT_SEARCHED, PORT_SEARCHING, PORT_SEARCHED };

struct port_holder {
	enum transport transport;
	struct endpoint local, peer; /* peer: AF_UNSPEC where it has none */
	enum tcp_state state;        /* STATE_CLOSED: bound; UDP: STATE_DATAGRAMS */
	bool dual;                   /* an IPv6 socket that takes what is sent over IPv4, too */
	int64_t left;                /* ns until the kernel drops it; 0 = it has no such timer */
	enum port_owner owner;
	uint32_t number;      /* of the session, also of the one that has left it; 0 = none */
	int pid;              /* of the first process found that has it, */
	unsigned sharers;     /* and how many others have it, too */
	unsigned uid;         /* of its owner */
	char name[PORT_NAME]; /* of the session, the program or the user; "" = not known */
	uint32_t inode;
	enum port_search search;
	int last_pid; /* the newest process that was found to have it */
};

struct port_table {
	uint16_t port;
	int search_from;    /* the process to go on with; 0 = the search was whole */
	bool known;         /* the system said all of it */
	bool lists_bound;   /* with TCP sockets that are bound and neither listen nor connect */
	bool privileged;    /* bind() to the port takes a privilege that this program has not */
	size_t count, more; /* holders in the list; those for which it had no room */
	struct port_holder list[PORT_HOLDERS]; /* TCP before UDP, listeners first */
};

/* A new table is zeroed; one that was read before keeps the owners that were found. /proc is searched for
 * at most `search` ns, and the next call goes on from there. `sessions` knows our own sessions. */
void port_table_read(struct port_table *table, struct session_table *sessions, enum host host,
                     uint16_t port, int64_t search);

/* The holder that is in the way of a bind() to this address, the worst first; NULL for none. The
 * kernel overlooks one that neither listens nor is of UDP if both sockets have SO_REUSEADDR. */
const struct port_holder *port_table_obstacle(const struct port_table *table,
                                              enum transport transport,
                                              const struct endpoint *addr);

/* "session 1 (echo)", "python3 (pid 4321)", "a program of www-data". */
void port_holder_print_owner(const struct port_holder *holder, struct buf *out);

/* The same as a sentence without its full stop: "program python3 (pid 4321) listens at
 * 127.0.0.1:7001 *". */
void port_holder_print(const struct port_holder *holder, struct buf *out);
