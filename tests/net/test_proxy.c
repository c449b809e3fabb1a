// SPDX-License-Identifier: GPL-3.0-or-later
/* What is asked of proxies, and every answer, whole and byte by byte. */
#include "net/proxy.h"

#include <stdio.h>
#include <string.h>

#include "support/tap.h"

#define BYTES(text) text, sizeof(text) - 1

struct talk {
	const char *name;
	enum proxy_protocol protocol;
	const char *host, *service, *credentials;
	const char *asked;
	size_t asked_len;
	const char *answer;
	size_t answer_len;
	const char *next; /* what is asked then */
	size_t next_len;
	enum proxy_state state;
	const char *left; /* the peer's bytes, or a part of the error */
};

static const struct talk talks[] = {
	{ "SOCKS5 to an IPv4 address", PROXY_SOCKS5, "192.0.2.1", "258", NULL, BYTES("\5\1\0"),
	  BYTES("\5\0\5\0\0\1\1\2\3\4\5\6hello"), BYTES("\5\1\0\1\300\0\2\1\1\2"), PROXY_OPEN,
	  "hello" },
	{ "to an IPv6 address", PROXY_SOCKS5, "::1", "80", NULL, BYTES("\5\1\0"),
	  BYTES("\5\0\5\0\0\4abcdefghijklmnopqr"),
	  BYTES("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\120"), PROXY_OPEN, "" },
	{ "to a name", PROXY_SOCKS5, "host.test", "80", NULL, BYTES("\5\1\0"),
	  BYTES("\5\0\5\0\0\3\4nameppx"), BYTES("\5\1\0\3\11host.test\0\120"), PROXY_OPEN, "x" },
	{ "that is refused", PROXY_SOCKS5, "h", "80", NULL, BYTES("\5\1\0"), BYTES("\5\0\5\5"),
	  BYTES("\5\1\0\3\1h\0\120"), PROXY_REFUSED, "SOCKSv5 error: connection refused" },
	{ "with an unknown code", PROXY_SOCKS5, "h", "80", NULL, BYTES("\5\1\0"),
	  BYTES("\5\0\5\377"), BYTES("\5\1\0\3\1h\0\120"), PROXY_REFUSED,
	  "SOCKSv5 error: unknown" },
	{ "with an unknown address", PROXY_SOCKS5, "h", "80", NULL, BYTES("\5\1\0"),
	  BYTES("\5\0\5\0\0\11x"), BYTES("\5\1\0\3\1h\0\120"), PROXY_REFUSED,
	  "unsupported address type" },
	{ "that wants authentication", PROXY_SOCKS5, "h", "80", NULL, BYTES("\5\1\0"),
	  BYTES("\5\377"), BYTES(""), PROXY_REFUSED, "wants authentication" },
	{ "that is no SOCKS5", PROXY_SOCKS5, "h", "80", NULL, BYTES("\5\1\0"), BYTES("HTTP/1.1"),
	  BYTES(""), PROXY_REFUSED, "does not speak SOCKS5" },
	{ "and no whole answer", PROXY_SOCKS5, "h", "80", NULL, BYTES("\5\1\0"),
	  BYTES("\5\0\5\0\0\1\1\2\3\4\5"), BYTES("\5\1\0\3\1h\0\120"), PROXY_WAITS, "" },

	{ "SOCKS4 to an address", PROXY_SOCKS4, "192.0.2.1", "258", NULL,
	  BYTES("\4\1\1\2\300\0\2\1\0"), BYTES("\0\132abcdefhi"), BYTES(""), PROXY_OPEN, "hi" },
	{ "to a name", PROXY_SOCKS4, "host.test", "80", NULL,
	  BYTES("\4\1\0\120\0\0\0\1\0host.test\0"), BYTES("\0\132abcdef"), BYTES(""), PROXY_OPEN,
	  "" },
	{ "that is refused", PROXY_SOCKS4, "h", "80", NULL, BYTES("\4\1\0\120\0\0\0\1\0h\0"),
	  BYTES("\0\133abcdef"), BYTES(""), PROXY_REFUSED,
	  "SOCKSv4 error: rejected or failed (91)" },

	{ "CONNECT", PROXY_CONNECT, "host.test", "80", NULL,
	  BYTES("CONNECT host.test:80 HTTP/1.0\r\n\r\n"),
	  BYTES("HTTP/1.1 200 OK\r\nVia: x\r\n\r\n\r\nhello\n"), BYTES(""), PROXY_OPEN,
	  "\r\nhello\n" },
	{ "with line feeds alone", PROXY_CONNECT, "::1", "80", NULL,
	  BYTES("CONNECT [::1]:80 HTTP/1.0\r\n\r\n"), BYTES("HTTP/1.0 200 OK\n\nx"), BYTES(""),
	  PROXY_OPEN, "x" },
	{ "with a header of one letter", PROXY_CONNECT, "h", "80", NULL,
	  BYTES("CONNECT h:80 HTTP/1.0\r\n\r\n"), BYTES("HTTP/1.0 200 OK\nV\n\nx"), BYTES(""),
	  PROXY_OPEN, "x" },
	{ "with a password", PROXY_CONNECT, "h", "80", "user:pass",
	  BYTES("CONNECT h:80 HTTP/1.0\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"),
	  BYTES("HTTP/1.0 200 OK\r\n\r\n"), BYTES(""), PROXY_OPEN, "" },
	{ "with a longer one", PROXY_CONNECT, "h", "80", "user:passw",
	  BYTES("CONNECT h:80 HTTP/1.0\r\nProxy-Authorization: Basic dXNlcjpwYXNzdw==\r\n\r\n"),
	  BYTES("HTTP/1.0 200 OK\r\n\r\n"), BYTES(""), PROXY_OPEN, "" },
	{ "that wants a password", PROXY_CONNECT, "h", "80", NULL,
	  BYTES("CONNECT h:80 HTTP/1.0\r\n\r\n"),
	  BYTES("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), BYTES(""),
	  PROXY_WANTS_PASSWORD, "\"HTTP/1.1 407 Proxy Authentication Required\"" },
	{ "that is refused", PROXY_CONNECT, "h", "80", NULL, BYTES("CONNECT h:80 HTTP/1.0\r\n\r\n"),
	  BYTES("HTTP/1.1 403 No\r\nx: y\r\n\r\n"), BYTES(""), PROXY_REFUSED,
	  "Proxy error: \"HTTP/1.1 403 No\"" },
	{ "that is no HTTP", PROXY_CONNECT, "h", "80", NULL, BYTES("CONNECT h:80 HTTP/1.0\r\n\r\n"),
	  BYTES("SSH-2.0-x 200\r\n\r\n"), BYTES(""), PROXY_REFUSED,
	  "Proxy error: \"SSH-2.0-x 200\"" },
	{ "and no whole answer", PROXY_CONNECT, "h", "80", NULL,
	  BYTES("CONNECT h:80 HTTP/1.0\r\n\r\n"), BYTES("HTTP/1.1 200 OK\r\nx: y\r\n"), BYTES(""),
	  PROXY_WAITS, "" },
};

static void check(const struct talk *talk, size_t step)
{
	struct proxy proxy;
	struct error error = { 0 };
	struct buf out;
	struct target target = { .transport = TRANSPORT_TCP };
	enum proxy_state state = PROXY_WAITS;
	size_t at = 0;
	buf_init(&out, SIZE_MAX);
	snprintf(target.host, sizeof target.host, "%s", talk->host);
	snprintf(target.service, sizeof target.service, "%s", talk->service);
	proxy_begin(&proxy, talk->protocol, &target, talk->credentials, &out, &error);
	is_bytes(buf_data(&out), out.len, talk->asked, talk->asked_len, talk->name);
	buf_clear(&out);
	while (state == PROXY_WAITS && at < talk->answer_len) {
		size_t len = talk->answer_len - at < step ? talk->answer_len - at : step;
		state = proxy_receive(&proxy, talk->answer + at, len, &out, &error);
		at += len;
	}
	is_int(state, talk->state, "what it comes to");
	is_bytes(buf_data(&out), out.len, talk->next, talk->next_len, "what is asked then");
	if (state == PROXY_OPEN) {
		buf_append(&proxy.answer, talk->answer + at, talk->answer_len - at);
		is_text(buf_text(&proxy.answer), talk->left, "what follows is the peer's");
	} else if (state != PROXY_WAITS) {
		ok(strstr(error.text, talk->left), "why: %s", error.text);
	}
	proxy_end(&proxy);
	buf_free(&out);
}

static void check_limits(void)
{
	struct proxy proxy;
	struct error error = { 0 };
	struct buf out;
	struct target target = { .host = "::1", .service = "80" };
	char noise[20000];
	buf_init(&out, SIZE_MAX);
	ok(!proxy_begin(&proxy, PROXY_SOCKS4, &target, NULL, &out, &error) &&
	           strstr(error.text, "SOCKS4 has no IPv6"),
	   "SOCKS4 has no IPv6: %s", error.text);
	proxy_end(&proxy);
	memset(noise, 'x', sizeof noise);
	proxy_begin(&proxy, PROXY_CONNECT, &target, NULL, &out, &error);
	is_int(proxy_receive(&proxy, noise, sizeof noise, &out, &error), PROXY_REFUSED,
	       "an answer without an end is one");
	proxy_end(&proxy);
	memcpy(noise, "HTTP/1.0 200 OK\r\n\r\n", 19);
	proxy_begin(&proxy, PROXY_CONNECT, &target, NULL, &out, &error);
	is_int(proxy_receive(&proxy, noise, sizeof noise, &out, &error), PROXY_OPEN,
	       "a peer may say much at once");
	is_int(proxy.answer.len, sizeof noise - 19, "and nothing of it is lost");
	proxy_end(&proxy);
	buf_free(&out);
}

int main(void)
{
	for (size_t i = 0; i < sizeof talks / sizeof *talks; i++) {
		check(&talks[i], 1000);
		check(&talks[i], 1);
	}
	check_limits();
	return tap_done();
}
