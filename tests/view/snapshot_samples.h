// SPDX-License-Identifier: GPL-3.0-or-later
/* snapshot_samples: ends in states that are hard to reach, for tests of what is drawn of them. */
#pragma once

#include <sys/socket.h>

#include "view/page/snapshot.h"

enum { SNAPSHOT_MS = 1000, SNAPSHOT_S = 1000000 }; /* the kernel's times are microseconds */

static const struct endpoint snapshot_client = { .family = AF_INET,
	                                         .port = 39446,
	                                         .ip = { 127, 0, 0, 1 } };
static const struct endpoint snapshot_server = { .family = AF_INET,
	                                         .port = 44617,
	                                         .ip = { 127, 0, 0, 1 } };

static inline void snapshot_set(struct snapshot *snapshot, enum sample_field field, uint64_t value)
{
	sample_set(&snapshot->sample, field, value);
}

static inline void snapshot_fill(struct snapshot *snapshot)
{
	static const struct {
		enum sample_field field;
		uint64_t value;
	} usual[] = {
		{ SAMPLE_STATE, STATE_ESTABLISHED },
		{ SAMPLE_OPTIONS, OPTION_TIMESTAMPS | OPTION_SACK | OPTION_WSCALE },
		{ SAMPLE_RTO, 204 * SNAPSHOT_MS },
		{ SAMPLE_SND_MSS, 32741 },
		{ SAMPLE_UNACKED, 0 },
		{ SAMPLE_PMTU, 65535 },
		{ SAMPLE_RTT, 30 },
		{ SAMPLE_RTTVAR, 12 },
		{ SAMPLE_CWND, 10 },
		{ SAMPLE_TOTAL_RETRANS, 0 },
		{ SAMPLE_SEGS_OUT, 4 },
		{ SAMPLE_SEGS_IN, 3 },
		{ SAMPLE_NOTSENT, 0 },
		{ SAMPLE_DATA_SEGS_IN, 1 },
		{ SAMPLE_DATA_SEGS_OUT, 1 },
		{ SAMPLE_BUSY_TIME, 0 },
		{ SAMPLE_RWND_LIMITED, 0 },
		{ SAMPLE_SNDBUF_LIMITED, 0 },
		{ SAMPLE_SND_WND, 65483 },
		{ SAMPLE_RCV_WND, 65483 },
		{ SAMPLE_INQ, 0 },
		{ SAMPLE_OUTQ, 0 },
		{ SAMPLE_RMEM, 0 },
		{ SAMPLE_RCVBUF, 131072 },
		{ SAMPLE_WMEM, 0 },
		{ SAMPLE_SNDBUF, 2626560 },
		{ SAMPLE_TIMER, TIMER_OFF },
	};
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		snapshot_set(snapshot, usual[i].field, usual[i].value);
}

/* A conversation on loopback that has sent and got one line. */
static inline struct snapshot snapshot_idle(void)
{
	struct snapshot snapshot = {
		.kind = SNAPSHOT_STREAM,
		.session = 2,
		.name = "demo",
		.local = snapshot_client,
		.peer = snapshot_server,
		.state_by_calls = STATE_ESTABLISHED,
		.open = true,
		.sent = 15,
		.received = 15,
		.sends = 1,
		.receives = 1,
	};
	snapshot_fill(&snapshot);
	return snapshot;
}

/* Its other end, accepted by a listener of ours. */
static inline struct snapshot snapshot_accepted(void)
{
	struct snapshot snapshot = snapshot_idle();
	snapshot.session = 3;
	snapshot.name = "127.0.0.1:39446";
	snapshot.local = snapshot_server;
	snapshot.peer = snapshot_client;
	snapshot.accepted = true;
	return snapshot;
}

/* Nobody reads at the other end: the window is closed, the probes have begun. */
static inline struct snapshot snapshot_stuck(void)
{
	struct snapshot snapshot = snapshot_idle();
	snapshot.sent = 54000;
	snapshot.sends = 6;
	snapshot_set(&snapshot, SAMPLE_TIMER, TIMER_PERSIST);
	snapshot_set(&snapshot, SAMPLE_TIMER_LEFT, 844 * SNAPSHOT_MS);
	snapshot_set(&snapshot, SAMPLE_SND_WND, 0);
	snapshot_set(&snapshot, SAMPLE_OUTQ, 16000);
	snapshot_set(&snapshot, SAMPLE_NOTSENT, 16000);
	snapshot_set(&snapshot, SAMPLE_WMEM, 16832);
	snapshot_set(&snapshot, SAMPLE_SNDBUF, 40000);
	snapshot_set(&snapshot, SAMPLE_BUSY_TIME, 1620 * SNAPSHOT_MS);
	snapshot_set(&snapshot, SAMPLE_RWND_LIMITED, 1620 * SNAPSHOT_MS);
	return snapshot;
}

/* After close(): no descriptor, and what sock_diag(7) says. */
static inline struct snapshot snapshot_time_wait(void)
{
	struct snapshot snapshot = snapshot_idle();
	snapshot.open = false;
	snapshot.state_by_calls = STATE_GONE;
	snapshot.sample = (struct sample){ 0 };
	snapshot_set(&snapshot, SAMPLE_STATE, STATE_TIME_WAIT);
	snapshot_set(&snapshot, SAMPLE_TIMER, TIMER_TIMEWAIT);
	snapshot_set(&snapshot, SAMPLE_TIMER_LEFT, 51300 * SNAPSHOT_MS);
	return snapshot;
}

static inline struct snapshot snapshot_listener(uint64_t queue, uint64_t backlog)
{
	struct snapshot snapshot = {
		.kind = SNAPSHOT_LISTENER,
		.session = 1,
		.name = "echo",
		.local = snapshot_server,
		.state_by_calls = STATE_LISTEN,
		.open = true,
		.service = "echo",
	};
	snapshot_set(&snapshot, SAMPLE_STATE, STATE_LISTEN);
	snapshot_set(&snapshot, SAMPLE_QUEUE, queue);
	snapshot_set(&snapshot, SAMPLE_BACKLOG, backlog);
	return snapshot;
}

static inline struct snapshot snapshot_datagrams(uint64_t drops)
{
	struct snapshot snapshot = {
		.kind = SNAPSHOT_DATAGRAMS,
		.transport = TRANSPORT_UDP,
		.session = 1,
		.name = "udp",
		.local = snapshot_server,
		.state_by_calls = STATE_DATAGRAMS,
		.open = true,
		.receives = 19,
		.received = 1900,
		.others = 1,
	};
	snapshot_set(&snapshot, SAMPLE_RMEM, 14592);
	snapshot_set(&snapshot, SAMPLE_RCVBUF, 16384);
	snapshot_set(&snapshot, SAMPLE_WMEM, 0);
	snapshot_set(&snapshot, SAMPLE_SNDBUF, 212992);
	snapshot_set(&snapshot, SAMPLE_INQ, 100);
	snapshot_set(&snapshot, SAMPLE_DROPS, drops);
	return snapshot;
}
