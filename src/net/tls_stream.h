// SPDX-License-Identifier: GPL-3.0-or-later
/* tls_stream: TLS on top of a stream. What is given to be sent becomes records, which the stream sends; what
 * the stream receives is records, and their clear text goes to the person and the service. Nothing waits for
 * a handshake: it goes on in the turns in which records come, and what is sent meanwhile is kept. An end
 * without close_notify is reported as cut short. A session that was upgraded is a plain stream when it is
 * opened again. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct session;
struct session_ops;
struct session_table;
struct tls_context;
struct tls_settings;

extern const struct session_ops tls_stream_ops;

/* What the connections of a session are made by, with the authorities that all of the table share. The caller
 * releases it. NULL with one line. */
struct tls_context *tls_stream_context(struct session_table *table, const struct tls_settings *settings,
                                       struct error *error);

/* Begins the handshake, as a server, of a client that accept() has returned. Shares the context. */
void tls_stream_accepted(struct session *session, struct tls_context *context);

/* Begins TLS on an open stream, in place; a client that a listener of ours has accepted is served. False
 * with one line, and nothing has changed. */
bool tls_stream_upgrade(struct session *session, const struct tls_settings *settings,
                        struct error *error);

/* Changes our keys and asks the peer to change its, see tls_update_keys(). False with one line. */
bool tls_stream_update_keys(struct session *session, struct error *error);

/* Takes `len` bytes of records that had been received before it was upgraded. */
void tls_stream_take(struct session *session, const char *data, size_t len);
