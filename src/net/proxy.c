// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MOST = 16 << 10 };

static void append_byte(struct buf *out, unsigned byte)
{
	unsigned char bytes[] = { (unsigned char)byte };
	buf_append(out, bytes, sizeof bytes);
}

static void append_port(struct buf *out, const struct target *target)
{
	unsigned long port = strtoul(target->service, NULL, 10);
	append_byte(out, (unsigned)port >> 8);
	append_byte(out, (unsigned)port & 0xff);
}

static unsigned byte_at(const struct proxy *proxy, size_t index)
{
	return (unsigned char)buf_data(&proxy->answer)[index];
}

/* ---- SOCKS5 ---- */

/* The proxy looks names up. */
static void ask_socks5(const struct proxy *proxy, struct buf *out)
{
	const char *host = proxy->target->host;
	unsigned char ip[16];
	buf_append(out, "\5\1\0", 3);
	if (inet_pton(AF_INET, host, ip) == 1) {
		append_byte(out, 1);
		buf_append(out, ip, 4);
	} else if (inet_pton(AF_INET6, host, ip) == 1) {
		append_byte(out, 4);
		buf_append(out, ip, 16);
	} else {
		append_byte(out, 3);
		append_byte(out, (unsigned)strlen(host));
		buf_append_text(out, host);
	}
	append_port(out, proxy->target);
}

static const char *socks5_word(unsigned code)
{
	static const char *const words[] = {
		"",
		"general failure",
		"not allowed by its rules",
		"network unreachable",
		"host unreachable",
		"connection refused",
		"TTL expired",
		"command not supported",
		"address type not supported",
	};
	return code < sizeof words / sizeof *words ? words[code] : "unknown";
}

/* Bytes of the address in an answer, that of a name with its length before it: RFC 1928 section 6. 0 = it is of
 * another type. */
static size_t socks5_address(const struct proxy *proxy, unsigned type)
{
	enum { IPV4 = 1, NAME = 3, IPV6 = 4 };
	switch (type) {
	case IPV4:
		return 4;
	case NAME:
		return 1 + (size_t)byte_at(proxy, 4);
	case IPV6:
		return 16;
	default:
		return 0;
	}
}

static enum proxy_state receive_socks5(struct proxy *proxy, struct buf *out, struct error *error)
{
	size_t len = proxy->answer.len;
	if (!proxy->greeted) {
		if (len < 2)
			return PROXY_WAITS;
		if (byte_at(proxy, 0) != 5 || byte_at(proxy, 1) != 0) {
			error_set(error, byte_at(proxy, 0) != 5
			                         ? "the proxy does not speak SOCKS5"
			                         : "the proxy wants authentication, which SOCKS5 "
			                           "does not have here");
			return PROXY_REFUSED;
		}
		buf_consume(&proxy->answer, 2);
		proxy->greeted = true;
		ask_socks5(proxy, out);
		len = proxy->answer.len;
	}
	if (len >= 2 && byte_at(proxy, 1) != 0) {
		error_set(error, "connection failed, SOCKSv5 error: %s",
		          socks5_word(byte_at(proxy, 1)));
		return PROXY_REFUSED;
	}
	if (len < 5)
		return PROXY_WAITS;
	size_t addr = socks5_address(proxy, byte_at(proxy, 3));
	if (!addr) {
		error_set(error, "connection failed, unsupported address type");
		return PROXY_REFUSED;
	}
	if (len < 4 + addr + 2)
		return PROXY_WAITS;
	buf_consume(&proxy->answer, 4 + addr + 2);
	return PROXY_OPEN;
}

/* ---- SOCKS4 ---- */

/* A name follows an address that no host has, 0.0.0.1: SOCKS4A. */
static bool ask_socks4(const struct proxy *proxy, struct buf *out, struct error *error)
{
	const char *host = proxy->target->host;
	unsigned char ip[4];
	if (strchr(host, ':')) {
		error_set(error, "SOCKS4 has no IPv6: use SOCKS5");
		return false;
	}
	bool numeric = inet_pton(AF_INET, host, ip) == 1;
	buf_append(out, "\4\1", 2);
	append_port(out, proxy->target);
	buf_append(out, numeric ? (const char *)ip : "\0\0\0\1", 4);
	append_byte(out, 0); /* the user */
	if (!numeric)
		buf_append(out, host, strlen(host) + 1);
	return true;
}

static enum proxy_state receive_socks4(struct proxy *proxy, struct error *error)
{
	if (proxy->answer.len < 8)
		return PROXY_WAITS;
	unsigned code = byte_at(proxy, 1);
	buf_consume(&proxy->answer, 8);
	if (code == 90)
		return PROXY_OPEN;
	error_set(error, "connection failed, SOCKSv4 error: %s (%u)",
	          code == 91 ? "rejected or failed" : "not without identification", code);
	return PROXY_REFUSED;
}

/* ---- CONNECT ---- */

static void append_base64(struct buf *out, const char *text)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(text);
	for (size_t at = 0; at < len; at += 3) {
		unsigned bits = 0, bytes = len - at < 3 ? (unsigned)(len - at) : 3;
		for (unsigned i = 0; i < 3; i++)
			bits = bits << 8 | (i < bytes ? (unsigned char)text[at + i] : 0);
		for (unsigned i = 0; i < 4; i++)
			append_byte(out, i <= bytes
			                         ? (unsigned char)digits[bits >> (18 - 6 * i) & 63]
			                         : '=');
	}
}

static void ask_connect(const struct proxy *proxy, const char *credentials, struct buf *out)
{
	char where[TARGET_HOST + TARGET_SERVICE + 4];
	buf_printf(out, "CONNECT %s HTTP/1.0\r\n", target_format(proxy->target, where));
	if (credentials) {
		buf_append_text(out, "Proxy-Authorization: Basic ");
		append_base64(out, credentials);
		buf_append_text(out, "\r\n");
	}
	buf_append_text(out, "\r\n");
}

/* The bytes of a line with its line feed; 0 where it is not whole. */
static size_t line_at(const struct proxy *proxy, size_t at)
{
	const char *data = buf_data(&proxy->answer) + at;
	const char *feed = memchr(data, '\n', proxy->answer.len - at);
	return feed ? (size_t)(feed - data) + 1 : 0;
}

static enum proxy_state receive_connect(struct proxy *proxy, struct error *error)
{
	size_t first = line_at(proxy, 0), at = first, len = first;
	while (len > 2 || (len == 2 && buf_data(&proxy->answer)[at - 2] != '\r')) {
		len = line_at(proxy, at);
		at += len;
	}
	if (!len)
		return PROXY_WAITS;
	const char *status = buf_data(&proxy->answer);
	bool http = first > 12 && strncmp(status, "HTTP/1.", 7) == 0;
	bool open = http && strncmp(status + 8, " 200", 4) == 0;
	bool wants_password = http && strncmp(status + 8, " 407", 4) == 0;
	while (first && (status[first - 1] == '\n' || status[first - 1] == '\r'))
		first--;
	if (!open)
		error_set(error, "Proxy error: \"%.*s\"", (int)first, status);
	buf_consume(&proxy->answer, at);
	return open ? PROXY_OPEN : wants_password ? PROXY_WANTS_PASSWORD : PROXY_REFUSED;
}

/* ---- all of them ---- */

bool proxy_begin(struct proxy *proxy, enum proxy_protocol protocol, const struct target *target,
                 const char *credentials, struct buf *out, struct error *error)
{
	*proxy = (struct proxy){ .protocol = protocol, .target = target };
	buf_init(&proxy->answer, ANSWER_MOST);
	if (protocol == PROXY_SOCKS4)
		return ask_socks4(proxy, out, error);
	if (protocol == PROXY_SOCKS5)
		buf_append(out, "\5\1\0", 3); /* one method: none */
	else
		ask_connect(proxy, credentials, out);
	return true;
}

enum proxy_state proxy_receive(struct proxy *proxy, const char *data, size_t len, struct buf *out,
                               struct error *error)
{
	enum proxy_state state;
	bool fits = len <= proxy->answer.max - proxy->answer.len;
	size_t taken = fits ? len : proxy->answer.max - proxy->answer.len;
	buf_append(&proxy->answer, data, taken);
	if (proxy->protocol == PROXY_SOCKS5)
		state = receive_socks5(proxy, out, error);
	else if (proxy->protocol == PROXY_SOCKS4)
		state = receive_socks4(proxy, error);
	else
		state = receive_connect(proxy, error);
	if (state == PROXY_OPEN && !fits) {
		proxy->answer.max = SIZE_MAX;
		buf_append(&proxy->answer, data + taken, len - taken);
	} else if (state == PROXY_WAITS && !fits) {
		error_set(error, "the proxy's answer has no end within %d bytes", ANSWER_MOST);
		state = PROXY_REFUSED;
	}
	return state;
}

void proxy_end(struct proxy *proxy)
{
	buf_free(&proxy->answer);
}
