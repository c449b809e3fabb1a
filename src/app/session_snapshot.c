// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/session_snapshot.h"

#include <stdio.h>

#include "base/clock.h"
#include "net/fault.h"

static bool has_socket(const struct session *session)
{
	return session_state(session) != SESSION_CLOSED &&
	       session_state(session) != SESSION_RESOLVING;
}

/* In a recording the times may be anything. */
static int64_t age_of(const struct session *session)
{
	int64_t age = session_now(session) - session_sampled_at(session);
	return age > 0 ? age : 0;
}

void session_snapshot(const struct session *session, struct snapshot *snapshot)
{
	const struct session_counts *counts = session_counts(session);
	const struct service *service = session_service(session);
	const struct session_limits *limits = session_limits(session);
	bool listens = session_has_clients(session);
	*snapshot = (struct snapshot){
		.kind = listens                      ? SNAPSHOT_LISTENER
		        : session_has_peers(session) ? SNAPSHOT_DATAGRAMS
		                                     : SNAPSHOT_STREAM,
		.transport = session_transport(session),
		.session = session_number(session),
		.name = session_name(session),
		.host = session_host(session),
		.local = session_local(session),
		.peer = session_peer(session),
		.sample = *session_sample(session),
		.age = age_of(session),
		.state_by_calls = session_tcp_state(session),
		.open = has_socket(session),
		.closing = session_is_closing(session),
		.accepted = session_is_accepted(session),
		.relay = session_relay(session),
		.other_side = session_other_side(session),
		.stepped = session_is_stepped(session),
		.paused = session_is_paused(session),
		.recorded = session_recording(session) != NULL,
		.nodelay = session_is_nodelay(session),
		.corked = session_is_corked(session),
		.at_end = session_peer_closed(session),
		.sent = counts->sent_bytes,
		.received = counts->received_bytes,
		.sends = counts->sends,
		.receives = counts->receives,
		.refused = counts->refused,
		.unsent = session_unsent(session),
		.others = listens ? session_clients(session) : session_peer_count(session),
		.credentials = session_credentials(session),
		.service = session_is_server(session) && service ? service->name : NULL,
		.opening = session_is_opening(session, NULL),
		.tls = session_security(session) != SESSION_PLAIN,
		.tls_unverified = session_security(session) == SESSION_TLS_UNVERIFIED,
		.tls_handshake = session_is_securing(session),
		.tls_keys = session_gives_keys(session),
		.tls_facts = session_tls_facts(session),
	};
	struct session_handshake handshake;
	if (session_handshake(session, &handshake)) {
		snapshot->tls_elapsed = session_now(session) - handshake.begun;
		snapshot->tls_limit = handshake.limit - handshake.spent;
		snapshot->tls_received = handshake.received;
	}
	if (limits) {
		snapshot->clients_most = limits->clients;
		snapshot->idle_most = limits->idle;
		snapshot->rules = &limits->rules;
	}
	if (snapshot->service)
		snprintf(snapshot->service_words, sizeof snapshot->service_words, "%s",
		         session_service_words(session));
	if (faults_are_on(session_faults(session)) &&
	    session_state(session) != SESSION_CLOSED) {
		struct buf faults = { .max = SIZE_MAX };
		snapshot->fault_holds = session_fault_kind(session) == FAULT_STREAMS &&
		                        faults_due(session_faults(session), FAULT_OUT) != 0;
		faults_print_line(session_faults(session), &faults);
		snprintf(snapshot->faults, sizeof snapshot->faults, "%s", buf_text(&faults));
		buf_free(&faults);
	}
	size_t count = session_socket_count(session);
	for (size_t i = 0; count > 1 && i < count && i < SNAPSHOT_SOCKETS; i++) {
		struct snapshot_socket *socket = &snapshot->sockets[snapshot->socket_count++];
		socket->sample = *session_socket_sample(session, i, &socket->local);
	}
}

int64_t session_snapshot_pulse(const struct session *session, bool keepalive)
{
	struct snapshot snapshot;
	int64_t left;
	if (session_recording(session)) /* the replay itself says when */
		return 0;
	session_snapshot(session, &snapshot);
	if (snapshot.tls_handshake)
		return snapshot_left_pulse(snapshot.tls_elapsed);
	enum sample_timer timer = snapshot_timer(&snapshot, &left);
	if (timer == TIMER_OFF || (timer == TIMER_KEEPALIVE && !keepalive))
		return 0;
	return snapshot_left_pulse(left);
}
