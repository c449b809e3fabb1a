// SPDX-License-Identifier: GPL-3.0-or-later
/* facts_samples: ends in states that are hard to come by, for tests of what is drawn from them. */
#pragma once

#include <sys/socket.h>

#include "view/page/facts.h"

enum { FACTS_MS = 1000, FACTS_S = 1000000 }; /* the kernel's times are microseconds */

static const struct addr facts_client = { AF_INET, 39446, { 127, 0, 0, 1 }, 0 };
static const struct addr facts_server = { AF_INET, 44617, { 127, 0, 0, 1 }, 0 };

static inline void facts_set(struct facts *facts, enum reading_field field, uint64_t value)
{
	reading_set(&facts->reading, field, value);
}

static inline void facts_fill(struct facts *facts)
{
	static const struct {
		enum reading_field field;
		uint64_t value;
	} usual[] = {
		{ READING_STATE, STATE_ESTABLISHED },
		{ READING_OPTIONS, OPTION_TIMESTAMPS | OPTION_SACK | OPTION_WSCALE },
		{ READING_RTO, 204 * FACTS_MS },
		{ READING_SND_MSS, 32741 },
		{ READING_UNACKED, 0 },
		{ READING_PMTU, 65535 },
		{ READING_RTT, 30 },
		{ READING_RTTVAR, 12 },
		{ READING_CWND, 10 },
		{ READING_TOTAL_RETRANS, 0 },
		{ READING_SEGS_OUT, 4 },
		{ READING_SEGS_IN, 3 },
		{ READING_NOTSENT, 0 },
		{ READING_DATA_SEGS_IN, 1 },
		{ READING_DATA_SEGS_OUT, 1 },
		{ READING_BUSY_TIME, 0 },
		{ READING_RWND_LIMITED, 0 },
		{ READING_SNDBUF_LIMITED, 0 },
		{ READING_SND_WND, 65483 },
		{ READING_RCV_WND, 65483 },
		{ READING_INQ, 0 },
		{ READING_OUTQ, 0 },
		{ READING_RMEM, 0 },
		{ READING_RCVBUF, 131072 },
		{ READING_WMEM, 0 },
		{ READING_SNDBUF, 2626560 },
		{ READING_TIMER, TIMER_OFF },
	};
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		facts_set(facts, usual[i].field, usual[i].value);
}

/* A conversation on loopback that has sent and got one line. */
static inline struct facts facts_idle(void)
{
	struct facts facts = {
		.kind = FACTS_STREAM,
		.session = 2,
		.name = "demo",
		.local = facts_client,
		.peer = facts_server,
		.told = "ESTABLISHED",
		.open = true,
		.sent = 15,
		.received = 15,
		.sends = 1,
		.receives = 1,
	};
	facts_fill(&facts);
	return facts;
}

/* Its other end, accepted by a listener of ours. */
static inline struct facts facts_accepted(void)
{
	struct facts facts = facts_idle();
	facts.session = 3;
	facts.name = "127.0.0.1:39446";
	facts.local = facts_server;
	facts.peer = facts_client;
	facts.accepted = true;
	return facts;
}

/* Nobody reads at the other end: the window is closed, the probes have begun. */
static inline struct facts facts_stuck(void)
{
	struct facts facts = facts_idle();
	facts.sent = 54000;
	facts.sends = 6;
	facts_set(&facts, READING_TIMER, TIMER_PERSIST);
	facts_set(&facts, READING_TIMER_LEFT, 844 * FACTS_MS);
	facts_set(&facts, READING_SND_WND, 0);
	facts_set(&facts, READING_OUTQ, 16000);
	facts_set(&facts, READING_NOTSENT, 16000);
	facts_set(&facts, READING_WMEM, 16832);
	facts_set(&facts, READING_SNDBUF, 40000);
	facts_set(&facts, READING_BUSY_TIME, 1620 * FACTS_MS);
	facts_set(&facts, READING_RWND_LIMITED, 1620 * FACTS_MS);
	return facts;
}

/* After close(): no descriptor, and what sock_diag(7) says. */
static inline struct facts facts_time_wait(void)
{
	struct facts facts = facts_idle();
	facts.open = false;
	facts.told = "closed";
	facts.reading = (struct reading){ 0 };
	facts_set(&facts, READING_STATE, STATE_TIME_WAIT);
	facts_set(&facts, READING_TIMER, TIMER_TIMEWAIT);
	facts_set(&facts, READING_TIMER_LEFT, 51300 * FACTS_MS);
	return facts;
}

static inline struct facts facts_listener(uint64_t queue, uint64_t backlog)
{
	struct facts facts = {
		.kind = FACTS_LISTENER,
		.session = 1,
		.name = "echo",
		.local = facts_server,
		.told = "LISTEN",
		.open = true,
		.service = "echo",
	};
	facts_set(&facts, READING_STATE, STATE_LISTEN);
	facts_set(&facts, READING_QUEUE, queue);
	facts_set(&facts, READING_BACKLOG, backlog);
	return facts;
}

static inline struct facts facts_datagrams(uint64_t drops)
{
	struct facts facts = {
		.kind = FACTS_DATAGRAMS,
		.session = 1,
		.name = "udp",
		.local = facts_server,
		.told = "UDP",
		.open = true,
		.receives = 19,
		.received = 1900,
		.others = 1,
	};
	facts_set(&facts, READING_RMEM, 14592);
	facts_set(&facts, READING_RCVBUF, 16384);
	facts_set(&facts, READING_WMEM, 0);
	facts_set(&facts, READING_SNDBUF, 212992);
	facts_set(&facts, READING_INQ, 100);
	facts_set(&facts, READING_DROPS, drops);
	return facts;
}
