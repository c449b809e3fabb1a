// SPDX-License-Identifier: GPL-3.0-or-later
/* raw: the bytes of one direction of a session, and nothing else; datagrams one after the other.
 * Secrets are left out. */
#include "log/log_format.h"

static bool has_bytes(const struct entry *entry)
{
	return entry_is_payload(entry) && !entry_is_aside(entry) && !entry_is_secret(entry);
}

static void put_in(struct log_state *state, uint64_t position, const struct entry *entry,
                   struct buf *out)
{
	(void)state;
	(void)position;
	if (entry_is_incoming(entry) && has_bytes(entry))
		buf_append(out, entry_payload(entry), entry->len);
}

static void put_out(struct log_state *state, uint64_t position, const struct entry *entry,
                    struct buf *out)
{
	(void)state;
	(void)position;
	if (entry_is_outgoing(entry) && has_bytes(entry))
		buf_append(out, entry_payload(entry), entry->len);
}

const struct log_format raw_in_log_format = {
	.name = "raw-in",
	.endings = ".raw-in",
	.help = "the bytes that one session has received, secrets left out",
	.one_session = true,
	.entry = put_in,
};

const struct log_format raw_out_log_format = {
	.name = "raw-out",
	.endings = ".raw-out",
	.help = "the bytes that one session has sent, secrets left out",
	.one_session = true,
	.entry = put_out,
};
