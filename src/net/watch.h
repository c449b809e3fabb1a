// SPDX-License-Identifier: GPL-3.0-or-later
/* watch: reads the kernel around the calls of one session and writes down what has changed, as
 * CALL_READING entries. Around every call while a person or a script drives the session; beyond
 * WATCH_RATE calls a second behind some of them, and the readings say of how many calls they tell
 * (READING_CALLS), so that watching costs a busy session next to nothing. Embedded in a session;
 * calls.c asks it before and behind each call. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/kernel.h"

struct caller;

enum {
	WATCH_RATE = 1000,  /* a session that makes more calls a second is busy */
	WATCH_BURST = 128,  /* after a rest, so many at once */
	WATCH_SAMPLES = 50, /* most readings a second behind calls of a busy one */
	WATCH_RATE_ALL =
	        500, /* calls of all sessions that are read at, beyond WATCH_EACH for each */
	WATCH_BURST_ALL = 192,
	WATCH_EACH = 4,
	WATCH_BURST_EACH = 4,
	WATCH_ASKED = 8,   /* most sends whose acknowledgement is waited for */
	WATCH_SOCKETS = 4, /* most of one session that are told apart */
};

/* So many a second, and after a rest some more at once. */
struct watch_rate {
	int64_t full_at; /* when that rest will have been long enough */
};

/* How much watching all sessions together may still do in this second. */
struct watch_budget {
	bool off;       /* nothing is read: /set kernel off */
	int64_t called; /* when any of them made its last call */
	struct watch_rate all;
};

/* A send() that was asked to tell when it is acknowledged. */
struct watch_asked {
	uint64_t end; /* stream bytes up to and with it, as in watch.sent */
	int64_t wall; /* the wall clock at the call */
};

struct watch {
	struct watch_budget *budget; /* NULL: nothing is watched, as in tests of other things */
	int type;                    /* SOCK_STREAM, SOCK_DGRAM */
	struct watch_rate rate;      /* what is left of WATCH_RATE: every call counts */
	struct watch_rate own;       /* what is left of WATCH_EACH */
	bool busy;                   /* until it has rested for half of a burst */
	bool exact;                  /* the call under way is read around */
	bool sampled;                /* or only behind it, since others before it were not */
	uint32_t calls;              /* since the last reading */
	uint32_t refused;            /* of them not read at, since the sampler has asked */

	struct reading last; /* newest one; .present == 0 before the first */
	int fd;              /* whose it is, -1 for READING_CLOSED */
	enum reading_when when;
	int64_t read_at; /* when that was */

	/* what the sampler needs: it was unsettled at the last reading, or calls came since */
	bool unsettled;
	int64_t look_at;   /* so long the calls get to settle it */
	int64_t looked_at; /* by the sampler itself */

	bool stamped; /* SO_TIMESTAMPNS is on, */
	bool stamps;  /* and was before anything came that waits now: arrivals can be asked */
	bool muted;   /* they have been put off, since every segment pays for them */
	int64_t muted_at;
	bool acks;   /* SO_TIMESTAMPING is on: sends can be asked when they are acknowledged */
	bool errors; /* something may come on the error queue */
	unsigned expected;                     /* acknowledgements asked for that have not come */
	struct watch_asked asked[WATCH_ASKED]; /* these, the oldest first */
	uint64_t sent; /* stream bytes sent since SO_TIMESTAMPING was on: what it counts */

	/* Each socket's own newest reading: a queue of one says nothing of another's. */
	struct watch_socket {
		int fd; /* plus 1; 0 = a free place */
		struct reading last;
	} sockets[WATCH_SOCKETS];
	unsigned next_socket; /* the place that is used when none is free */

	uint64_t dropped, dropped_told; /* of all sockets, since each was seen first */
	int64_t dropped_told_at;
};

/* A call on this descriptor is about to be made, `now`: decides whether it is read around, and if
 * so reads, and writes down what the network has done since the last reading. True where it has
 * read, which takes some time. */
bool watch_before(const struct caller *caller, int fd, int64_t now);

/* The call has been made and its entry stands in the transcript: reads again. `buffered`: how long
 * what was received had lain there, nanoseconds, -1 = not known. Keeps errno. */
void watch_after(const struct caller *caller, int fd, int64_t now, int64_t buffered);

/* Whether it has made more calls than WATCH_RATE of late. */
bool watch_is_busy(const struct watch *watch, int64_t now);

/* The descriptor is a new socket's. */
void watch_begin(const struct caller *caller, int fd);

/* The newest reading of this socket; .present == 0 where there is none. */
const struct reading *watch_last(const struct watch *watch, int fd);

/* Nothing is known any more: of a connection that is followed no longer. */
void watch_forget(struct watch *watch);

/* Reads now without a call: READING_LATER whatever the rate, READING_BEFORE (there is something
 * new) where it is not spent. */
void watch_read(const struct caller *caller, int fd, enum reading_when when);

/* Writes a reading down that was made elsewhere (READING_LATER, READING_CLOSED), if it differs from
 * the last. `fd` is -1 for READING_CLOSED. */
void watch_note(const struct caller *caller, int fd, struct reading *now, enum reading_when when);

/* ---- acknowledgements ---- */

/* Whether this send is to be asked: not while the session is busy. */
bool watch_may_ask(const struct watch *watch, int64_t now);

/* So many bytes were sent; `wall` is when, where they were asked, else 0. */
void watch_sent(struct watch *watch, size_t len, int64_t wall);

/* All bytes before `end` (the low 32 bits of it) are acknowledged, and were so at `wall`. False
 * where no send that was asked ended there; *delay is the time from that send. */
bool watch_acknowledged(struct watch *watch, uint32_t end, int64_t wall, uint64_t *delay);

/* Empties the error queue of a stream into the transcript. Returns how many were there. */
unsigned watch_collect(const struct caller *caller, int fd);
