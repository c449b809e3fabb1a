// SPDX-License-Identifier: GPL-3.0-or-later
/* sockopt: the socket options that need no privileges: one table that names them in traces and in
 * exported code, and feeds /option, TAB, help and the manual. Makes no call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "socket/transport.h"

enum sockopt_form {
	SOCKOPT_SWITCH, /* int: off, on */
	SOCKOPT_NUMBER, /* int; 64 bits where it is wide */
	SOCKOPT_LINGER, /* struct linger: off, or seconds */
	SOCKOPT_TIME,   /* struct timeval: a duration; 0 = off */
	SOCKOPT_TEXT,   /* a name */
	SOCKOPT_ADDR,   /* struct in_addr */
	SOCKOPT_GROUP, /* a multicast group, its interface, and a source: set by /join and /leave */
	SOCKOPT_CREDENTIALS, /* struct ucred, read only */
	SOCKOPT_BYTES, /* any other, shown in hexadecimal, read only */
};

/* The sockets that have it. */
enum sockopt_of {
	SOCKOPT_TCP = 1,
	SOCKOPT_UDP = 2,
	SOCKOPT_IPV4 = 4,
	SOCKOPT_IPV6 = 8,
	SOCKOPT_UNIX = 16
};

enum { SOCKOPT_MAX = 512 }; /* bytes of any value */

/* A number that has a name. */
struct sockopt_word {
	int value;
	const char *word;
};

struct sockopt {
	const char *name; /* the system's own: "SO_RCVBUF" */
	int level, number;
	enum sockopt_form form;
	bool read_only;
	bool taken;       /* reading it clears it */
	bool wide;        /* read as a number of 64 bits, set as an int */
	bool range;       /* an int that holds two ports, the lower one in the lower half */
	bool doubled;     /* the kernel doubles the value that is set */
	bool interface;   /* a person may name it: multicast_choose() knows its address or number */
	unsigned of;      /* enum sockopt_of, transports and families */
	const char *unit; /* "bytes", "seconds", "ms", "hops"; "" for none */
	const struct sockopt_word *words; /* ended by a NULL word; or NULL */
	const char *help;   /* a phrase: what it is for; a second line: details, in sentences */
	const char *alters; /* why the kernel may store another value; or NULL */
};

/* Ended by one with a NULL name; by level, SO_ before IP_ before IPV6_ before TCP_. */
extern const struct sockopt sockopt_table[];

/* Options of the form SOCKOPT_GROUP, ended likewise: they have names and are shown, but /option, which
 * has no words for them, does not list them. */
extern const struct sockopt sockopt_groups[];

/* The kind of socket, as bits of `of`; AF_UNSPEC means either family. */
unsigned sockopt_sort(enum transport transport, int family);

/* Whether sockets of this kind have it; 0 = of any kind. */
bool sockopt_is_of(const struct sockopt *option, unsigned of);

/* By name in any case, or by a unique prefix of it or of the part after its first underscore
 * ("nodelay", "rcvb"); first among those of such sockets, then among all. NULL with one line. */
const struct sockopt *sockopt_find(const char *name, unsigned of, struct error *error);
const struct sockopt *sockopt_numbered(int level, int number); /* NULL for unknown ones */

/* "SOL_SOCKET", "IPPROTO_TCP", …; NULL for unknown ones. Static. */
const char *sockopt_level_name(int level);

/* The room to give to getsockopt(). */
size_t sockopt_size(const struct sockopt *option);

/* The value as a person writes it: "on", "40000", "off", "1.5 s", "cubic", "127.0.0.1". Printable
 * whatever the bytes are. */
void sockopt_format(const struct sockopt *option, const void *value, size_t len, struct buf *out);

/* The same with its unit, "40000 bytes", and of any other value only its length. */
void sockopt_print(const struct sockopt *option, const void *value, size_t len, struct buf *out);

/* The inverse of sockopt_format(): fills `value`, which has SOCKOPT_MAX bytes, with *len bytes for setsockopt(). False
 * with one line that says what is right. */
bool sockopt_parse(const struct sockopt *option, const char *text, void *value, size_t *len,
                   struct error *error);

/* Why the kernel stored `got` instead of `asked`: a phrase; NULL where that is not known. */
const char *sockopt_reason(const struct sockopt *option, const void *asked, const void *got);
