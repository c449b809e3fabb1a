// SPDX-License-Identifier: GPL-3.0-or-later
/* sockopt: the socket options that a person can use without privileges: one table that names them
 * in traces and in exported code, and feeds /option, TAB, help and the manual. Makes no call. */
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
	SOCKOPT_BYTES,  /* any other, shown in hexadecimal, read only */
};

/* On what sockets it makes sense. */
enum sockopt_of { SOCKOPT_TCP = 1, SOCKOPT_UDP = 2, SOCKOPT_IPV4 = 4, SOCKOPT_IPV6 = 8 };

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
	bool taken;       /* reading it takes it away from the socket */
	bool wide;        /* a number of 64 bits, but to be set as an int */
	bool range;       /* an int that holds two ports, the lower one in the lower half */
	bool doubled;     /* the kernel doubles what it is asked */
	unsigned of;      /* enum sockopt_of, transports and families */
	const char *unit; /* "bytes", "seconds", "ms", "hops"; "" for none */
	const struct sockopt_word *words; /* ended by a NULL word; or NULL */
	const char *help;   /* what it is for: a phrase; a second line: details, in sentences */
	const char *alters; /* why the kernel may make something else of a value; or NULL */
};

/* Ended by one with a NULL name; by level, SO_ before IP_ before IPV6_ before TCP_. */
extern const struct sockopt sockopt_table[];

/* The sort of socket, as bits of `of`; AF_UNSPEC = of either family. */
unsigned sockopt_sort(enum transport transport, int family);

/* Whether it makes sense on a socket of such a sort; 0 = of any. */
bool sockopt_is_of(const struct sockopt *option, unsigned of);

/* By name, upper or lower case, or by a unique prefix of it or of what comes after its first
 * underscore ("nodelay", "rcvb"); among those of such sockets, and where there is none among all.
 * NULL with one line. */
const struct sockopt *sockopt_find(const char *name, unsigned of, struct error *error);
const struct sockopt *sockopt_numbered(int level, int number); /* NULL for unknown ones */

/* "SOL_SOCKET", "IPPROTO_TCP", …; NULL for unknown ones. Static. */
const char *sockopt_level_name(int level);

/* The room that getsockopt() is to be given. */
size_t sockopt_size(const struct sockopt *option);

/* The value as a person writes it: "on", "40000", "off", "1.5 s", "cubic", "127.0.0.1". Printable,
 * whatever the bytes. */
void sockopt_format(const struct sockopt *option, const void *value, size_t len, struct buf *out);

/* And back: *len is how many bytes of `value`, which has SOCKOPT_MAX, are to be given to
 * setsockopt(). False: one line says what is right. */
bool sockopt_parse(const struct sockopt *option, const char *text, void *value, size_t *len,
                   struct error *error);

/* Why the kernel made `got` of the `asked` value: a phrase; NULL where nothing is known. */
const char *sockopt_reason(const struct sockopt *option, const void *asked, const void *got);
