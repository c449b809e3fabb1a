// SPDX-License-Identifier: GPL-3.0-or-later
/* calltext: a call as text, the way a program writes it and a manual page prints it. Views, search
 * and pages share it. All text is our own or made safe: printable in any terminal. Each function
 * appends to `out`, and nothing where there is nothing to say. */
#pragma once

#include "base/buf.h"
#include "record/entry.h"

/* `connect(127.0.0.1:7001)`, `setsockopt(SO_REUSEADDR, on)`, `recv(1024, MSG_PEEK)`,
 * `send("hello\n")` with at most `payload` bytes of it, then "…"; 0 = its length alone: `send(6)`.
 * A secret is `send(<secret>, 6)`, [<secret>]. Not for notes, states and samples. */
void calltext_call(const struct entry *entry, size_t payload, struct buf *out);

/* How a datagram came: "to 127.0.0.9 ttl 64 tos 0xb9", and " on lo", as much of it as is known. */
void calltext_packet(const struct entry *entry, bool interface, struct buf *out);

/* The same, by the name of the system call that was made: a send() whose acknowledgement is asked for
 * is a sendmsg(). */
void calltext_call_made(const struct entry *entry, size_t payload, struct buf *out);

/* "= 5", "= -1 ECONNRESET", "= 0  end of file"; "= 5 after 3.2 s" where it has waited; what else it
 * gave: "= 0  127.0.0.1:7001", "= 5 from 127.0.0.1:7001". */
void calltext_result(const struct entry *entry, struct buf *out);

/* The number after the `=`. */
long calltext_returned(const struct entry *entry);

/* The bytes that a call received, at most `most` of them: "[hello]", "[0123~6 lost]", "[]" for an
 * empty datagram. */
void calltext_received(const struct entry *entry, size_t most, struct buf *out);
