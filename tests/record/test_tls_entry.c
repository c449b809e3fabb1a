// SPDX-License-Identifier: GPL-3.0-or-later
#include "record/tls_entry.h"

#include <string.h>

#include "record/transcript.h"
#include "support/tap.h"

static struct transcript *transcript;

static const struct entry *append(const char *text)
{
	const struct entry header = { .call = CALL_TLS_CONNECT, .session = 1, .fd = 3, .arg = 1 };
	return transcript_at(transcript,
	                     transcript_append(transcript, &header, NULL, text, strlen(text)));
}

static void asks(const char *text, const char *name, const char *wanted)
{
	struct buf out = { .max = SIZE_MAX };
	bool found = tls_entry_asked(append(text), name, &out);
	ok(found == (wanted != NULL), "%s is %sthere", name, wanted ? "" : "not ");
	is_text(buf_text(&out), wanted ? wanted : "", "and what it is");
	buf_free(&out);
}

static void agrees(const char *text, const char *wanted)
{
	size_t len;
	const char *at = tls_entry_agreed(append(text), &len);
	ok(len == strlen(wanted) && memcmp(at, wanted, len) == 0, "agreed on: \"%s\"", wanted);
}

int main(void)
{
	transcript = transcript_new(1 << 20, 1 << 16);
	const char *whole = "server name\tlocalhost\nALPN\th2,http/1.1\nkey\ta\\tb\\n\n\nTLS\tTLS 1.3\nALPN\th2";
	asks(whole, TLS_ASKED_NAME, "localhost");
	asks(whole, TLS_ASKED_ALPN, "h2,http/1.1");
	asks(whole, TLS_ASKED_KEY, "a\tb\n");
	asks(whole, TLS_ASKED_VERIFY, NULL);
	asks(whole, "TLS", NULL);
	agrees(whole, "TLS\tTLS 1.3\nALPN\th2");
	asks("\n", TLS_ASKED_NAME, NULL);
	agrees("\n", "");
	agrees("\nTLS\tTLS 1.2\n", "TLS\tTLS 1.2\n");
	/* a recording may have anything there */
	asks("", TLS_ASKED_NAME, NULL);
	agrees("", "");
	asks("verify", TLS_ASKED_VERIFY, NULL);
	asks("verify\t", TLS_ASKED_VERIFY, "");
	asks("verify\t\\q", TLS_ASKED_VERIFY, NULL);
	agrees("verify\toff", "");
	agrees("verify\toff\n", "");
	const struct entry *entry = append(whole);
	ok(entry_is_of_tls(entry) && !entry_is_clear(entry) && !entry_is_payload(entry), "is no payload");
	is_int(entry_result(entry), 1, "SSL_connect() has returned 1");
	transcript_free(transcript);
	return tap_done();
}
