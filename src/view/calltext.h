// SPDX-License-Identifier: GPL-3.0-or-later
/* calltext: a call as text, the way a program writes it and a manual page prints it; and what the
 * readings around it say. Trace, ladder and search share it. All text is the program's own or made
 * safe: printable in any terminal. Each function appends to `out`, and nothing where there is
 * nothing to say. */
#pragma once

#include "base/buf.h"
#include "record/sample.h"

/* `connect(127.0.0.1:7001)`, `setsockopt(SO_REUSEADDR, on)`, `recv(1024, MSG_PEEK)`,
 * `send("hello\n")` with at most `payload` bytes of it, then "…"; 0 = its length alone: `send(6)`.
 * A secret is `send(<secret>, 6)`. Not for notes, states and readings. */
void calltext_call(const struct entry *entry, size_t payload, struct buf *out);

/* "= 5", "= -1 ECONNRESET", "= 0  end of file"; "= 5 after 3.2 s" where it has waited; what else it
 * gave: "= 0  127.0.0.1:7001", "= 5 from 127.0.0.1:7001". */
void calltext_result(const struct entry *entry, struct buf *out);

/* The bytes that a call received, at most `most` of them: "[hello]", "[0123~6 lost]", "[]" for an
 * empty datagram. */
void calltext_received(const struct entry *entry, size_t most, struct buf *out);

/* "ESTABLISHED → CLOSE_WAIT *". */
void calltext_change(const struct sample *sample, struct buf *out);

/* The measured detail of a call, or of what happened between two: "1 segment o", "lay in the buffer
 * 149 ms", "readable: 5 bytes to read *", "queue 1/2 *", "of 87 calls o". `entry` is the call, or
 * the reading's own entry; `reading` may be NULL where there is none behind the call. */
void calltext_detail(const struct entry *entry, const struct sample *sample, struct buf *out);

/* The detail of a reading's own entry, with what has changed since the reading before, NULL where
 * that is not known: "window 20000 → 0 *". Nothing where there is nothing new. */
void calltext_news(const struct sample *sample, const struct sample *before, struct buf *out);
