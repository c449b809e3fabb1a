// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/target.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A piece of what was written; nothing is copied before it is known to fit. */
struct span {
	const char *text; /* NULL = not written */
	size_t len;
};

enum {
	HOST_MAX = 255,
	TEXT_MAX = TARGET_HOST + TARGET_SERVICE + 16, /* longer cannot be right */
};

/* Error texts quote this much of a word at most. */
#define QUOTE        "%.*s"
#define QUOTED(span) (int)((span).len < 80 ? (span).len : 80), (span).text

static struct span span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static struct span span_from(const char *begin, const char *end)
{
	return (struct span){ begin, (size_t)(end - begin) };
}

static bool consists_of(struct span span, const char *accept)
{
	for (size_t i = 0; i < span.len; i++)
		if (!strchr(accept, span.text[i]))
			return false;
	return span.len > 0;
}

/* Errors may quote a word that has passed this check: it has no control characters. */
static bool check_bytes(const char *text, const char *what, struct error *error)
{
	size_t len = strnlen(text, TEXT_MAX + 1);
	if (len > TEXT_MAX) {
		error_usage(error, "the %s is too long: more than %d bytes", what, (int)TEXT_MAX);
		return false;
	}
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 127) {
			error_usage(
			        error,
			        "the %s has a blank or a control character in it, at column %zu",
			        what, i + 1);
			return false;
		}
	return true;
}

/* ---- ports ---- */

static bool take_number(struct target *target, struct span word, bool listening,
                        struct error *error)
{
	unsigned least = listening ? 0 : 1, port = 0;
	for (size_t i = 0; i < word.len && port <= UINT16_MAX; i++)
		port = 10 * port + (unsigned)(word.text[i] - '0');
	if (port < least || port > UINT16_MAX) {
		error_usage(error, QUOTE " is not a port: %u to 65535", QUOTED(word), least);
		return false;
	}
	snprintf(target->service, sizeof target->service, "%u", port);
	return true;
}

/* Service names as services(5) has them: RFC 6335 has letters, digits and hyphens, and the older
 * ones "whois++". */
static bool take_port(struct target *target, struct span word, bool listening, struct error *error)
{
	if (consists_of(word, DIGITS))
		return take_number(target, word, listening, error);
	bool name = consists_of(word, LETTERS DIGITS "-_+.") &&
	            isalnum((unsigned char)word.text[0]) && !consists_of(word, DIGITS "-_+.");
	if (name && word.len < TARGET_SERVICE) {
		snprintf(target->service, sizeof target->service, "%.*s", (int)word.len, word.text);
		return true;
	}
	if (word.len == 0)
		error_usage(error, "the port is empty: a number %d to 65535 or a service name",
		            listening ? 0 : 1);
	else
		error_usage(error, QUOTE " is not a port: %d to 65535 or a service name",
		            QUOTED(word), listening ? 0 : 1);
	return false;
}

/* ---- hosts ---- */

/* With or without a scope after '%'; whether there is such an interface is not known here. */
static bool is_ipv6(struct span host)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ip;
	const char *percent = memchr(host.text, '%', host.len);
	struct span number = percent ? span_from(host.text, percent) : host;
	struct span scope = percent ? span_from(percent + 1, host.text + host.len) : host;
	if (number.len >= sizeof text || (percent && !consists_of(scope, LETTERS DIGITS "-_.")))
		return false;
	memcpy(text, number.text, number.len);
	text[number.len] = '\0';
	return inet_pton(AF_INET6, text, &ip) == 1;
}

/* No top-level domain is a number, so digits and dots are an address or a mistake. The C library
 * also takes a lone number for an address: "0" would be every address of the machine, which nobody
 * means. */
static bool is_bad_ipv4(struct span host)
{
	char text[HOST_MAX + 1];
	struct in_addr ip;
	if (!consists_of(host, DIGITS "."))
		return false;
	memcpy(text, host.text, host.len);
	text[host.len] = '\0';
	return !strchr(text, '.') || inet_aton(text, &ip) == 0;
}

/* Every address of the machine, to listen on. */
static bool is_star(struct span host)
{
	return host.len == 1 && *host.text == '*';
}

/* A name in another script than Latin is left to the resolver. */
static bool is_name(struct span host)
{
	for (size_t i = 0; i < host.len; i++) {
		unsigned char c = (unsigned char)host.text[i];
		if (c < 0x80 && !isalnum(c) && !strchr("-_.", c))
			return false;
	}
	return host.text[0] != '-' && host.text[0] != '.';
}

static bool take_host(struct target *target, struct span host, bool listening, struct error *error)
{
	if (host.len > HOST_MAX) {
		error_usage(error, "the host is too long: at most %d bytes", HOST_MAX);
		return false;
	}
	if (host.len && memchr(host.text, ':', host.len) && !is_ipv6(host))
		error_usage(error, QUOTE " is not an IPv6 address", QUOTED(host));
	else if (host.len && is_bad_ipv4(host))
		error_usage(error, QUOTE " is not a valid address", QUOTED(host));
	else if (host.len && !memchr(host.text, ':', host.len) && !is_name(host) &&
	         !(listening && is_star(host)))
		error_usage(error, QUOTE " is not a host name or address", QUOTED(host));
	else {
		snprintf(target->host, sizeof target->host, "%.*s", (int)host.len, host.text);
		return true;
	}
	return false;
}

/* ---- the form ---- */

bool target_find_scheme(const char *text, size_t len, enum transport *transport, bool *tls)
{
	*tls = len == 3 && strncasecmp(text, "tls", len) == 0;
	if (*tls)
		*transport = TRANSPORT_TCP;
	return *tls || transport_find(text, len, transport);
}

const char *target_scheme(const struct target *target)
{
	return target->tls ? "tls" : transport_name(target->transport);
}

/* "tcp://", "unix:" */
static bool take_scheme(struct target *target, struct span *rest, struct error *error)
{
	const char *colon = strchr(rest->text, ':');
	if (!colon)
		return true;
	struct span scheme = span_from(rest->text, colon);
	bool slashes = strncmp(colon, "://", 3) == 0;
	enum transport transport;
	bool tls, known = target_find_scheme(scheme.text, scheme.len, &transport, &tls);
	if (slashes && !known) {
		error_usage(error,
		            QUOTE ":// is not a transport: tcp://, tls://, udp://, unix://, unixgram://, unixpacket://",
		            QUOTED(scheme));
		return false;
	}
	if (!slashes && (!known || !transport_is_unix(transport)))
		return true;
	target->transport = transport;
	target->tls = tls;
	*rest = span_of(colon + (slashes ? 3 : 1));
	return true;
}

/* A slash may end a URL, and nothing may follow that. */
static bool drop_slash(struct span *rest, struct error *error)
{
	const char *slash = strchr(rest->text, '/');
	if (slash && slash[1]) {
		error_usage(error, "a path means nothing here: %.80s", slash);
		return false;
	}
	if (slash)
		rest->len--;
	return true;
}

/* ---- UNIX ---- */

static bool take_path(struct target *target, struct span path, const char *port,
                      struct error *error)
{
	struct endpoint addr;
	if (port) {
		error_usage(error, "a UNIX path has no port: %.80s", port);
		return false;
	}
	if (!endpoint_parse_path(path.text, &addr, error)) {
		error->usage = true;
		return false;
	}
	endpoint_format(&addr, target->host);
	return true;
}

bool target_set_path(struct target *target, const char *path, enum transport transport,
                     struct error *error)
{
	*target = (struct target){ .transport = transport };
	bool abstract = path[0] == '@';
	size_t len = strlen(path), most = ENDPOINT_PATH - !abstract;
	struct endpoint addr = { .family = AF_UNIX, .path_len = (uint8_t)len };
	if (!len || len > most) {
		error_set(error, "%.40s%s: %s a UNIX path has 1 to %d bytes, this one %zu", path,
		          len > 40 ? "..." : "",
		          len ? "File name too long:" : "empty:", ENDPOINT_PATH - 1, len);
		error->code = len ? ENAMETOOLONG : EINVAL;
		return false;
	}
	memcpy(addr.path, path, len);
	if (abstract)
		addr.path[0] = '\0';
	endpoint_format(&addr, target->host);
	return true;
}

/* "[v6]", "[v6]:port" */
static bool split_brackets(struct span text, struct span *host, struct span *port,
                           struct error *error)
{
	const char *end = text.text + text.len;
	const char *close = memchr(text.text, ']', text.len);
	if (!close || (close + 1 < end && close[1] != ':')) {
		error_usage(error, "write an IPv6 address with a port as [address]:port: " QUOTE,
		            QUOTED(text));
		return false;
	}
	*host = span_from(text.text + 1, close);
	if (!is_ipv6(*host)) {
		error_usage(error, QUOTE " is not an IPv6 address", QUOTED(*host));
		return false;
	}
	if (close + 1 < end)
		*port = span_from(close + 2, end);
	return true;
}

/* Cuts a word in host and port, and leaves what is not written at NULL. */
static bool split(struct span text, struct span *host, struct span *port, struct error *error)
{
	*host = text;
	*port = (struct span){ NULL, 0 };
	if (text.len && text.text[0] == '[')
		return split_brackets(text, host, port, error);
	const char *end = text.text + text.len;
	const char *colon = memchr(text.text, ':', text.len);
	if (!colon || memchr(colon + 1, ':', (size_t)(end - colon - 1)))
		return true;
	*host = span_from(text.text, colon);
	*port = span_from(colon + 1, end);
	return true;
}

static void say_no_port(struct span host, struct error *error)
{
	bool colons = host.len && memchr(host.text, ':', host.len);
	if (colons && is_ipv6(host))
		error_usage(error, "no port: write [" QUOTE "]:port", QUOTED(host));
	else if (colons)
		error_usage(error, "too many colons: " QUOTE, QUOTED(host));
	else if (host.len && memchr(host.text, '/', host.len))
		error_usage(error, "no host has a slash: write host:port, and unix:" QUOTE " for a path",
		            QUOTED(host));
	else if (host.len)
		error_usage(error, "no port: write " QUOTE ":port", QUOTED(host));
	else
		error_usage(error, "no host and no port: write host port or host:port");
}

/* A lone port is one of this machine. To listen, the lone name of a service is, too; otherwise a
 * lone word is a host whose port is missing. */
static bool is_lone_port(struct span host, bool listening)
{
	if (consists_of(host, DIGITS))
		return true;
	return listening && host.len && !memchr(host.text, ':', host.len) &&
	       !consists_of(host, DIGITS ".");
}

static bool choose_port(const char *given, bool listening, struct span *host, struct span *port,
                        struct error *error)
{
	if (given && port->len) {
		error_usage(error, "two ports: " QUOTE " and %.40s", QUOTED(*port), given);
	} else if (given && !port->text && consists_of(*host, DIGITS)) {
		/* no address is a lone number, see is_bad_ipv4() */
		if (consists_of(span_of(given), DIGITS))
			error_usage(error, QUOTE " is not an address: the port comes last",
			            QUOTED(*host));
		else
			error_usage(error, "the port comes last: %.80s " QUOTE, given,
			            QUOTED(*host));
	} else if (given && !port->text && host->len == 0 && !listening) {
		error_usage(error, "no host: write host port or host:port");
	} else if (port->text) {
		return true;
	} else if (given) {
		*port = span_of(given);
		return true;
	} else if (is_lone_port(*host, listening)) {
		*port = *host;
		*host = span_of("");
		return true;
	} else {
		say_no_port(*host, error);
	}
	return false;
}

bool target_parse(struct target *target, const char *text, const char *port,
                  enum transport transport, bool listening, struct error *error)
{
	struct span rest, host, word;
	*target = (struct target){ .transport = transport };
	if (!check_bytes(text, "address", error) || (port && !check_bytes(port, "port", error)))
		return false;
	rest = span_of(text);
	if (!take_scheme(target, &rest, error))
		return false;
	if (transport_is_unix(target->transport))
		return take_path(target, rest, port, error);
	return (rest.text == text || drop_slash(&rest, error)) &&
	       split(rest, &host, &word, error) &&
	       choose_port(port, listening, &host, &word, error) &&
	       take_host(target, host, listening, error) &&
	       take_port(target, word, listening, error);
}

bool target_parse_words(struct target *target, const char *scheme, const char *text,
                        const char *port, bool listening, struct error *error)
{
	enum transport asked = TRANSPORT_TCP;
	bool tls = false;
	if (scheme)
		target_find_scheme(scheme, strlen(scheme), &asked, &tls);
	if (!target_parse(target, text, port, asked, listening, error))
		return false;
	target->tls = target->tls || (tls && target->transport == asked);
	if (!scheme || (target->transport == asked && target->tls == tls))
		return true;
	error_usage(error, "\"%s\" and \"%.100s\" exclude each other: use one", scheme, text);
	return false;
}

void target_set_endpoint(struct target *target, const struct endpoint *addr, enum transport transport)
{
	*target = (struct target){ .transport = transport };
	endpoint_format_host(addr, target->host);
	if (!endpoint_is_unix(addr))
		snprintf(target->service, sizeof target->service, "%u", addr->port);
}

const char *target_format(const struct target *target, char out[TARGET_HOST + TARGET_SERVICE + 4])
{
	bool brackets = target->service[0] && strchr(target->host, ':');
	snprintf(out, TARGET_HOST + TARGET_SERVICE + 4, "%s%s%s%s%s", brackets ? "[" : "",
	         target->host, brackets ? "]" : "", target->service[0] ? ":" : "", target->service);
	return out;
}
