// SPDX-License-Identifier: GPL-3.0-or-later
/* stream_internal: the inside of a stream, for a layer on top of it: another struct session_ops, whose
 * own struct begins with struct stream. It leaves to the stream what goes over the socket. */
#pragma once

#include "net/pace.h"
#include "net/secrets.h"
#include "net/session_internal.h"

struct stream {
	bool peer_closed; /* recv() = 0, and no reset before it: FIN; or the layer's own end has come */
	bool read_shut; /* we have shut reading */
	bool shut;      /* no more is taken for sending; FIN follows the last byte */
	bool fin_sent;
	bool broken;            /* send() met a reset: only what has already come is still read */
	bool large_reads;       /* the last recv() gave a full buffer: much is asked for at once */
	bool greeting_due;      /* its service does not know of the client yet, */
	bool fin_due;           /* nor of its FIN: it is paused; */
	bool ready_due;         /* its service waits for an empty queue */
	bool deferred;          /* connect() = 0 without a SYN: TCP_FASTOPEN_CONNECT */
	bool in_parts;          /* a fault has let only some of the queue go: TCP_NODELAY is on */
	bool layer_due;         /* the layer on top is not open yet: its bytes are no data */
	bool layer_busy;        /* it still has bytes that have come: nothing more is read meanwhile */
	bool failing;           /* what is sent now says why the layer ends: a reset is no news */
	bool cut_short;         /* FIN came, and not the layer's own end */
	struct tls_parser *records; /* of struct caller: its bytes are those of a layer; or NULL */
	struct secrets secrets; /* which bytes of the queue */
	struct pace pace;       /* of messages */
};

/* Reports that it is connected; begins to give to the service, and to send. */
void stream_announce(struct session *session, const char *took);
void stream_announce_accepted(struct session *session);
void stream_start(struct session *session);

/* Says that FIN has come. */
void stream_report_end(struct session *session);

/* Nothing more comes from the peer: its service is told. */
void stream_take_end(struct session *session);

/* What was shut is closed, if nothing waits to be sent. */
void stream_settle(struct session *session);

/* True, with one line, if `len` bytes cannot be taken for sending, which need `more` bytes beside them. */
bool stream_refuses(const struct session *session, const struct endpoint *to, size_t len,
                    size_t more, struct error *error);

/* ---- its operations ---- */

void stream_begin(struct session *session);
void stream_found(struct session *session, const struct lookup_answer *addresses);
void stream_prepare_socket(struct session *session, unsigned slot, const struct endpoint *bound);
void stream_prepare(struct session *session, struct poller *poller);
void stream_serve(struct session *session, const struct poller *poller);
bool stream_send(struct session *session, const struct endpoint *to, const void *data, size_t len,
                 struct error *error);
void stream_received(struct session *session, const char *data, size_t len);
void stream_ended(struct session *session);
void stream_flush(struct session *session);
void stream_queue_dropped(struct session *session);
bool stream_shutdown(struct session *session, int how, struct error *error);
void stream_close(struct session *session, const char *text);
void stream_abort(struct session *session);
enum step_end stream_begin_recv(struct session *session, struct error *error);
enum step_end stream_recv(struct session *session, unsigned slot, struct error *error);
void stream_end_recv(struct session *session);
bool stream_send_by_hand(struct session *session, const struct endpoint *to, const void *data,
                         size_t len, int flags, struct error *error);
void stream_resumed(struct session *session);
void stream_service_changed(struct session *session);
enum tcp_state stream_tcp_state(const struct session *session);
unsigned stream_ends(const struct session *session);

/* Those that no layer changes. */
/* clang-format off: a row for each */
#define STREAM_OPERATIONS                                                                          \
	.next = "/reconnect opens it again", .reconnects = true, .found = stream_found,            \
	.prepare_socket = stream_prepare_socket, .flush = stream_flush, .abort = stream_abort,     \
	.begin_recv = stream_begin_recv, .recv = stream_recv, .end_recv = stream_end_recv,         \
	.resumed = stream_resumed, .service_changed = stream_service_changed,                      \
	.tcp_state = stream_tcp_state, .stream_ends = stream_ends
/* clang-format on */
