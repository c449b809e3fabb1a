// SPDX-License-Identifier: GPL-3.0-or-later
/* probe: samples the kernel around the calls of one session and records what has changed, as
 * CALL_SAMPLE entries. While a person or a script drives the session that is around every call;
 * beyond PROBE_RATE calls a second it is after some of them, and the samples say how many calls
 * they cover (SAMPLE_CALLS), so that a busy session pays next to nothing. Embedded in a session,
 * whose caller has probe_observer: the calls know no probe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/calls.h"
#include "net/kernel.h"

enum {
	PROBE_RATE = 1000,  /* a session that makes more calls a second is busy */
	PROBE_BURST = 128,  /* after a rest, this many at once */
	PROBE_SAMPLES = 50, /* most samples a second after calls of a busy one */
	PROBE_RATE_ALL =
	        500, /* calls of all sessions that are sampled, beyond PROBE_EACH for each */
	PROBE_BURST_ALL = 192,
	PROBE_RATE_SERVED = 100, /* those of them that a service makes and nobody looks at */
	PROBE_BURST_SERVED = 64,
	PROBE_EACH = 4,
	PROBE_BURST_EACH = 4,
	PROBE_ASKED = 8,   /* most sends whose acknowledgement is waited for */
	PROBE_SOCKETS = 4, /* most of one session that are kept apart */
};

/* Some a second, and after a rest some more at once. */
struct probe_rate {
	int64_t full_at; /* when that rest will have been long enough */
};

/* How much all sessions together may still sample in this second. */
struct probe_budget {
	bool off;       /* nothing is sampled: /set kernel off */
	int64_t called; /* when any of them made its last call */
	struct probe_rate all;
	struct probe_rate served; /* what is left of PROBE_RATE_SERVED */
};

/* A send() whose acknowledgement is awaited. */
struct probe_asked {
	uint64_t end; /* stream bytes up to and with it, as in probe.sent */
	int64_t wall; /* the wall clock at the call */
};

struct probe {
	/* What each turn and each call needs comes first: a turn goes through all sessions, and what it
	 * touches of each must come from memory. */
	struct probe_budget *budget; /* NULL: nothing is sampled, as in tests of other things */
	struct probe_rate rate; /* what is left of PROBE_RATE: every call counts */
	struct probe_rate own;  /* what is left of PROBE_EACH */
	int64_t sampled_at;     /* when the newest sample was made */
	uint32_t calls;         /* since then */
	uint32_t refused;       /* of them not sampled, since the timer has asked */
	bool unattended;        /* a service drives it and nobody looks: it has no such share */
	bool busy;              /* until it has rested for half of a burst */
	bool exact;             /* the call under way is sampled before and after it */
	bool sampled;           /* or only after it, since earlier ones were not */

	bool stamped;   /* SO_TIMESTAMPNS is on, */
	bool stamps;    /* and was before anything that waits now came: arrivals can be asked */
	bool muted;     /* they have been switched off, since every segment pays for them */
	bool acks;      /* SO_TIMESTAMPING is on: sends can be asked when they are acknowledged */
	bool errors;    /* something may come on the error queue */
	bool unsettled; /* at the last sample */
	bool news;      /* something has come since, on a session that is paused, */
	bool hung_up;   /* or both directions have ended: nothing more comes */
	int64_t settles_at;       /* until then the calls may settle it */
	int64_t timer_sampled_at; /* by the timer itself */
	uint64_t dropped, dropped_told; /* datagrams, of all sockets, since each was seen first */
	uint64_t sent;     /* stream bytes sent since SO_TIMESTAMPING was on: what it counts */
	unsigned expected; /* acknowledgements asked for that have not come */

	int fd;             /* whose the newest sample is, -1 for SAMPLE_CLOSED */
	struct sample last; /* that one; .present == 0 before the first */
	enum sample_when when;
	enum transport transport;
	int64_t muted_at, dropped_told_at;
	struct probe_asked asked[PROBE_ASKED]; /* acknowledgements expected, the oldest first */

	/* Adds what sock_diag(7) says of the connection of `owner`: TIME_WAIT reads as CLOSED
	 * through a descriptor; or of its queue. NULL: nobody asks. */
	void (*find)(void *owner, int fd, struct sample *sample);
	void *owner;

	/* Each socket's own newest sample: the queue of one says nothing about that of another. */
	struct probe_socket {
		int fd; /* plus 1; 0 = a free place */
		struct sample last;
	} sockets[PROBE_SOCKETS];
	unsigned next_socket; /* the place that is used when none is free */
};

/* For callers: samples the kernel before and after each call, as the rates allow. */
extern const struct call_observer probe_observer;

/* Whether it has made more calls than PROBE_RATE of late. */
bool probe_is_busy(const struct probe *probe, int64_t now);

/* Whether there is time to look at one thing more of it, beside its calls. */
bool probe_may_look(struct probe *probe, int64_t now);

/* The newest sample of this socket; .present == 0 where there is none. */
const struct sample *probe_last(const struct probe *probe, int fd);

/* Nothing is known any more: of a connection that is followed no longer. */
void probe_forget(struct probe *probe);

/* Samples now, without a call: SAMPLE_LATER whatever the rate, SAMPLE_BEFORE (there is something
 * new) where it is not spent. */
void probe_read(const struct caller *caller, int fd, enum sample_when when);

/* Records a sample that was made elsewhere (SAMPLE_LATER, SAMPLE_CLOSED), if it differs from the
 * last. `fd` is -1 for SAMPLE_CLOSED. */
void probe_note(const struct caller *caller, int fd, struct sample *now, enum sample_when when);

/* Empties the error queue of a stream into the transcript. Returns how many were there. */
unsigned probe_collect(const struct caller *caller, int fd);
