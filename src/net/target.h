// SPDX-License-Identifier: GPL-3.0-or-later
/* target: what a person may write for "where": two words, host:port, [v6]:port, a URL, a UNIX path.
 * Numbers are checked here and not left to the C library, which takes port 70000 for 4464. Looks
 * nothing up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "socket/endpoint.h"
#include "socket/transport.h"

enum { TARGET_HOST = ENDPOINT_TEXT, TARGET_SERVICE = 64 };

struct target {
	enum transport transport;
	bool tls;                     /* TLS on top of it; only of TCP */
	char host[TARGET_HOST];       /* "" = none given: this machine; or a UNIX path or name,
	                                 see endpoint_parse_path() */
	char service[TARGET_SERVICE]; /* decimal port 0..65535 or a service name of services(5);
	                                 "" = none: the host is a UNIX path */
};

/* How a target is carried, as a person writes it: the name of a transport, or "tls", which is TCP. */
#define TARGET_SCHEMES TRANSPORT_NAMES "|tls"
bool target_find_scheme(const char *text, size_t len, enum transport *transport, bool *tls);
const char *target_scheme(const struct target *target);

/* `transport` holds where the text has none (tcp://, unix:///path, unix:@name). `port` may be NULL: then it must be
 * in `text`, "host:port"; a lone "7001" or ":7001" is a port of this machine, with `listening` also
 * the lone name of a service. A bare IPv6 address needs `port` or brackets; with `listening`, "*"
 * is every address. Ports: 1..65535, with `listening` also 0. A UNIX path has no port. */
bool target_parse(struct target *target, const char *text, const char *port,
                  enum transport transport, bool listening, struct error *error);

/* The same of words like "tls" "127.0.0.1" "7001": a `scheme` of TARGET_SCHEMES that is written before the text
 * and one within it must not differ; NULL = TCP where the text has none, either. */
bool target_parse_words(struct target *target, const char *scheme, const char *text,
                        const char *port, bool listening, struct error *error);

/* A path as the shell gives it, in which no byte has a meaning but a first '@'. */
bool target_set_path(struct target *target, const char *path, enum transport transport,
                     struct error *error);

/* An address that is known. */
void target_set_endpoint(struct target *target, const struct endpoint *addr, enum transport transport);

/* "127.0.0.1:7001", "[::1]:7001", ":7001", "/run/echo". */
const char *target_format(const struct target *target, char out[TARGET_HOST + TARGET_SERVICE + 4]);
