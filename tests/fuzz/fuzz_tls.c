// SPDX-License-Identifier: GPL-3.0-or-later
/* Fuzzes what a peer sends to TLS, record by record. The first byte says to which end, and whether after a
 * handshake; then each piece has its length in the byte before it. */
#include "net/tls/tls.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TO_SERVER = 1, SHAKEN = 2, CLOSES = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void move(struct tls *from, struct tls *to)
{
	size_t len;
	const char *records = tls_records(from, &len);
	tls_receive(to, records, len);
	tls_sent(from);
	tls_step(to);
}

/* What is to be sent is made of whole records, and a failure has a reason. */
static void look(struct tls *tls)
{
	char place[64];
	size_t len, at = 0;
	if (tls_step(tls) == TLS_OPEN)
		for (size_t got = sizeof place; got || tls_has_unread(tls);) {
			got = tls_read(tls, place, sizeof place);
			require(got <= sizeof place);
		}
	const char *records = tls_records(tls, &len);
	while (at < len) {
		const unsigned char *record = (const unsigned char *)records + at;
		require(len - at >= 5 && record[0] >= 20 && record[0] <= 23);
		at += 5 + ((size_t)record[3] << 8 | record[4]);
	}
	require(at == len);
	tls_sent(tls);
	require(tls_state(tls) != TLS_FAILED || (*tls_why(tls) && *tls_advice(tls)));
	require(tls_state(tls) == TLS_OPEN || !tls_write(tls, "x", 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error;
	const struct tls_settings served = { .server = true }, called = { .unverified = true };
	if (!tls_is_available(&error) || !size)
		return 0;
	static struct tls_context *contexts[2]; /* kept: a certificate takes long to make */
	if (!contexts[0]) {
		contexts[0] = tls_context_new(&called, &error);
		contexts[1] = tls_context_new(&served, &error);
	}
	struct tls *ends[] = { tls_new(contexts[0], "localhost"), tls_new(contexts[1], "") };
	struct tls *fed = ends[data[0] & TO_SERVER];
	tls_step(ends[0]);
	for (int i = 0; i < 4 && data[0] & SHAKEN; i++) {
		move(ends[i & 1], ends[!(i & 1)]);
		require(tls_state(ends[0]) != TLS_FAILED && tls_state(ends[1]) != TLS_FAILED);
	}
	if (data[0] & CLOSES)
		tls_close(fed);
	tls_sent(ends[0]);
	tls_sent(ends[1]);
	for (size_t at = 1; at < size;) {
		size_t len = data[at++];
		len = len < size - at ? len : size - at;
		tls_receive(fed, data + at, len);
		look(fed);
		at += len;
	}
	tls_free(ends[0]);
	tls_free(ends[1]);
	return 0;
}
