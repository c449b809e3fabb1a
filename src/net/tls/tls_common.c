// SPDX-License-Identifier: GPL-3.0-or-later
/* What is the same with OpenSSL and without it. */
#include "net/tls/tls.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

enum {
	NAME_MOST = 253, /* characters of a name in DNS, RFC 1035 section 2.3.4 */
	LABEL_MOST = 63, /* and of each part of it */
};

bool tls_check_pin(const char *pin, struct error *error)
{
	static const char head[] = "sha256:";
	size_t len = strlen(head);
	if (strncasecmp(pin, head, len) == 0 && strlen(pin) == len + 64 &&
	    strspn(pin + len, "0123456789abcdefABCDEF") == 64)
		return true;
	error_usage(error, "a pin is sha256: and 64 hexadecimal digits");
	return false;
}

static bool is_address(const char *text)
{
	unsigned char address[sizeof(struct in6_addr)];
	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

/* A dot at the end is the root's. */
static bool is_name(const char *text)
{
	size_t label = 0, len = 0;
	for (; text[len]; len++) {
		unsigned char c = (unsigned char)text[len];
		label = c == '.' ? 0 : label + 1;
		if ((c == '.' && (!len || text[len - 1] == '.')) || label > LABEL_MOST ||
		    !(isascii(c) && (isalnum(c) || strchr("-_.", c))))
			return false;
	}
	return len && len <= NAME_MOST + (size_t)!label;
}

bool tls_check_server_name(const char *name, struct error *error)
{
	if (is_name(name) || is_address(name))
		return true;
	error_usage(error,
	            "\"%.60s\" is no server name: write a host name or an address, "
	            "without a port",
	            name);
	return false;
}

/* RFC 7301 section 3.1: each has 1 to 255 bytes, and all of them, each after its length, have room. */
static bool check_alpn(const char *words, struct error *error)
{
	size_t all = 0;
	for (const char *word = words; word; word = strchr(word, ',')) {
		word += word != words;
		size_t len = strcspn(word, ",");
		all += 1 + len;
		if (!len || len > UINT8_MAX || all > TLS_ALPN_MOST) {
			error_usage(error, "alpn: protocols with commas between them: h2,http/1.1");
			return false;
		}
	}
	return true;
}

bool tls_check_settings(const struct tls_settings *settings, struct error *error)
{
	if (!settings->cert != !settings->key)
		error_usage(error, "a certificate and its key belong together: cert FILE key FILE");
	else if (settings->pin && settings->unverified)
		error_usage(error, "pin and verify off exclude each other: use one");
	else if (settings->pin && settings->ca)
		error_usage(error, "a pinned certificate needs no authority: leave out pin or ca");
	else if (settings->server && settings->pin)
		error_usage(error, "pin is for the client's end: at the server's end use ca FILE "
		                   "or verify on");
	else if (settings->server && settings->server_name)
		error_usage(error,
		            "\"%.60s\": a server name is for the client's end: leave it out at "
		            "the server's end",
		            settings->server_name);
	else if (settings->server && settings->ca && settings->unverified)
		error_usage(error, "ca asks clients for a certificate: leave out ca or verify off");
	else
		return (!settings->pin || tls_check_pin(settings->pin, error)) &&
		       (!settings->server_name ||
		        tls_check_server_name(settings->server_name, error)) &&
		       check_alpn(settings->alpn, error);
	return false;
}

const char *tls_advice_cut_short(void)
{
	return "TLS ends a direction by the alert close_notify. FIN alone can come from anybody on the "
	       "way, who so could pass a part for the whole. Some programs leave close_notify out: "
	       "then only a length or an end within the data itself shows that all of it is there.";
}
