// SPDX-License-Identifier: GPL-3.0-or-later
/* text2pcap: what the calls of one session have moved, as text for the program text2pcap of wireshark,
 * which makes a capture file of it and adds headers: for where the wire is not seen. A packet is what one
 * call moved, not a segment. The first line is the command that converts it. Secrets are stars. */
#include "log/log_format.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "net/sessions.h"

enum {
	PIECE = 32768, /* bytes of a stream in one packet: with headers IP takes less than 64 KiB */
	LINE = 16,
};

struct text2pcap {
	bool begun; /* the comments are there */
};

static const char first_words[] = "# text2pcap ";

static bool is_own(const char *start, size_t len)
{
	return len >= strlen(first_words) && memcmp(start, first_words, strlen(first_words)) == 0;
}

/* A line of an earlier log that has no end gets one. */
static void begin(struct log_state *state, struct buf *out)
{
	if (state->breaks)
		buf_append_text(out, "\n");
}

/* The headers that text2pcap is to add are those of what comes in: it swaps them for what goes out. */
static void put_command(const struct session *session, bool datagram, struct buf *out)
{
	char hosts[2][ENDPOINT_TEXT];
	struct endpoint local = session_local(session), peer = session_peer(session);
	local = endpoint_on_wire(&local);
	peer = endpoint_on_wire(&peer);
	buf_append_text(out, first_words);
	buf_append_text(out, "-D -t '%Y-%m-%d %H:%M:%S.%f'");
	if (transport_is_unix(session_transport(session)) || !endpoint_is_set(&peer)) {
		buf_append_text(out, " -l 147 FILE.txt FILE.pcapng\n");
		return;
	}
	endpoint_format_host(&local, hosts[0]);
	endpoint_format_host(&peer, hosts[1]);
	for (int i = 0; i < 2; i++)
		hosts[i][strcspn(hosts[i], "%")] = '\0';
	buf_printf(out, " -%c %s,%s -%c %u,%u FILE.txt FILE.pcapng\n",
	           endpoint_is_ipv6(&local) ? '6' : '4', hosts[1], hosts[0], datagram ? 'u' : 'T',
	           peer.port, local.port);
}

static void put_time(const struct entry *entry, struct buf *out)
{
	char text[32];
	const struct tm parts = clock_local(entry->time);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
	buf_printf(out, "%c %s.%09d\n", entry_is_incoming(entry) ? 'I' : 'O', text,
	           (int)(clock_wall(entry->time) % CLOCK_S));
}

/* No characters beside the bytes: text2pcap may take them for more bytes. */
static void put_dump(const char *bytes, size_t len, struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t at = 0; at < len; at++) {
		unsigned char byte = (unsigned char)bytes[at];
		if (at % LINE == 0)
			buf_printf(out, "%06zx", at);
		char pair[] = { ' ', digits[byte >> 4], digits[byte & 15], '\n' };
		buf_append(out, pair, at % LINE == LINE - 1 || at == len - 1 ? 4 : 3);
	}
}

static void put_peer(const struct entry *entry, const struct session *session, struct buf *out)
{
	char text[ENDPOINT_TEXT];
	struct endpoint addr = entry_addr(entry), peer = session_peer(session);
	if (endpoint_is_set(&addr) && !endpoint_equal(&addr, &peer))
		buf_printf(out, "# peer %s, another one than the command gives\n",
		           endpoint_format(&addr, text));
}

static void put_entry(struct log_state *state, uint64_t position, const struct entry *entry,
                      struct buf *out)
{
	struct text2pcap *own = state->own;
	const struct session *session = sessions_numbered(state->sessions, state->session);
	bool datagram = entry_is_datagram(entry);
	(void)position;
	if (!session || !entry_is_payload(entry) || entry_is_aside(entry))
		return;
	if (!own->begun)
		put_command(session, datagram, out);
	own->begun = true;
	if (datagram)
		put_peer(entry, session, out);
	if (!entry->len)
		buf_printf(out, "# %c an empty datagram\n", entry_is_incoming(entry) ? 'I' : 'O');
	if (entry_is_secret(entry))
		buf_append_text(out, "# a secret: stars in place of its bytes\n");
	size_t most = datagram ? entry->len : PIECE;
	for (size_t at = 0; at < entry->len; at += most) {
		size_t left = entry->len - at;
		put_time(entry, out);
		put_dump(entry_payload(entry) + at, left < most ? left : most, out);
	}
}

const struct log_format text2pcap_log_format = {
	.name = "text2pcap",
	.endings = "",
	.help = "the data of one session's calls, for text2pcap, where no wire is seen",
	.one_session = true,
	.state_size = sizeof(struct text2pcap),
	.is_own = is_own,
	.begin = begin,
	.entry = put_entry,
};
