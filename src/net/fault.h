// SPDX-License-Identifier: GPL-3.0-or-later
/* fault: deliberate defects of a session, in each of its two directions: what /fault says, what they
 * decide, and which datagrams they hold back. Words, bytes and instants in; datagrams that are due, or
 * how many bytes of a stream may move, out. Has no descriptor, no clock, and no randomness but its
 * seed: whether chance hits the n-th datagram of a direction depends on the seed, the direction, the
 * fault and n alone, so neither times, nor the other direction, nor other faults change it. Knows no
 * session.
 *
 * What the transcript says stays true, since a fault is between the calls and who uses them:
 *
 *	datagrams, out	A lost one has no sendto(): the strike says so, and it is not counted as sent. One
 *		that waits has its call when it is made; a duplicate has two; a corrupt one has the bytes
 *		that were sent.
 *	datagrams, in	Each was received, and its call is there with the bytes that came. The strike says
 *		what the service gets instead: nothing, twice, later, another bit. The counters of the
 *		session count the calls, those of its peer what the session got of it.
 *	streams, out	Bytes wait in the queue of the session, as they do when the peer does not read.
 *		FIN waits for them.
 *	streams, in	recv() is called later, or for less: bytes wait in the kernel, and the window closes.
 *		Nothing that has been read is kept from anybody.
 *
 * No fault of a stream can lose, duplicate or reorder segments: those are the kernel's, and what is
 * taken from the bytes of a stream would be a broken program, not a broken network. The cable of the
 * sandbox can, see cable.h; its words and units are used here. Where a person makes the calls one by
 * one, faults do nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum fault_direction { FAULT_OUT, FAULT_IN, FAULT_DIRECTIONS };

/* What has faults. Those of a listener are its clients', too. */
enum fault_kind { FAULT_DATAGRAMS = 1, FAULT_STREAMS = 2, FAULT_LISTENER = 4 };

/* A kind of fault; each is one row. */
struct fault_lane;
struct fault_fate; /* what becomes of a datagram */
struct fault {
	const char *name;
	const char *other; /* another name, or NULL */
	const char *value; /* what is written after it: "1%|60|60-62"; NULL = nothing */
	const char *right; /* what is right for it, after "loss: " */
	const char *help;  /* a phrase, and lines of how that shows on the other end */
	unsigned kinds;    /* of what: enum fault_kind */
	enum fault_unit {
		FAULT_CHANCE, /* a share, or which one of them */
		FAULT_TIME,
		FAULT_TIME_VARIES, /* a time, and by how much it varies */
		FAULT_RATE,
		FAULT_PARTS, /* bytes, and the time between them */
		FAULT_BYTES, /* and how it ends */
		FAULT_HOW,   /* it ends */
		FAULT_WHILE, /* a time, or nothing */
		FAULT_NOTHING,
	} unit;

	/* Changes the fate of a datagram. */
	void (*datagram)(struct fault_lane *lane, unsigned row, struct fault_fate *fate);

	/* Of a stream: *most may move now, or less; or else nothing before the instant that is
	 * returned, INT64_MAX = never by itself. `moved`: one call has moved `len` of those that
	 * waited. `given`: these are to be sent, after the others. */
	int64_t (*gate)(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
	                size_t *most);
	void (*moved)(struct fault_lane *lane, unsigned row, int64_t now, size_t waiting,
	              size_t len);
	void (*given)(struct fault_lane *lane, unsigned row, int64_t now, size_t len);
};

enum { FAULT_COUNT = 12 };
extern const struct fault fault_table[FAULT_COUNT];

/* How a stream is ended. */
enum fault_end { FAULT_NO_END, FAULT_FIN, FAULT_RST };

enum {
	FAULT_HELD = 1 << 20, /* memory of datagrams held back in one direction, and one more */
	FAULT_STRIKE = 400,   /* the text of one */
};

/* For how long a datagram waits for the next to pass it, ns, as on the cable. */
#define FAULT_PASS (100 * INT64_C(1000000))

struct faults;

/* `strike` gets one line whenever a fault acts. None is on at first; the seed is 1. A UNIX stream does
 * not know RST. */
typedef void fault_strike(void *context, const char *text);
struct faults *faults_new(enum fault_kind kind, bool knows_rst, fault_strike *strike,
                          void *context);
void faults_free(struct faults *faults); /* NULL is none */

/* Those of a listener, for its next client, with a seed that follows from that of the listener and from
 * how many clients it had before. */
struct faults *faults_for_client(struct faults *listener, int64_t now, fault_strike *strike,
                                 void *context);

/* ---- words ---- */

/* Switches on and off as the words say: "in loss 10% delay 50ms seed 7", "loss off", "off". What was
 * held back by a fault that is off now is due. False with one line, and nothing is changed.
 * faults_set_client() does as the words say that its listener has taken; faults_check() asks whether
 * they are right for anything at all. */
bool faults_set(struct faults *faults, const char *words, int64_t now, struct error *error);
void faults_set_client(struct faults *client, struct faults *listener, const char *words,
                       int64_t now);
bool faults_check(const char *words, struct error *error);

bool faults_are_on(const struct faults *faults);
bool faults_are_inherited(const struct faults *faults); /* the listener's: the client has no others */

/* Appends lines of words that faults_set() reads, but for how often each has acted since it is on, if
 * `counts`; those of a listener on its clients. */
void faults_print(const struct faults *faults, bool counts, struct buf *out);

/* The same in one line: "in loss 10%; seed 7"; "" for none. */
void faults_print_line(const struct faults *faults, struct buf *out);

/* What may follow these words, for TAB: "delay|rate|…"; "" for a value. Of one kind, 0 = of any. Static. */
const char *faults_expected(const char *words, enum fault_kind kind);

/* ---- datagrams ---- */

/* One that is held back, with what its session has to know about it. */
struct fault_datagram {
	size_t about_len, len;
	const char *about, *data;
};

/* Decides about a datagram, where they are not full; `peer` is named in strikes: "127.0.0.1:5000", or
 * "". It is copied if need be. */
void faults_pass(struct faults *faults, enum fault_direction direction, int64_t now,
                 const struct fault_datagram *datagram, const char *peer);

/* The next one that is due, valid until the next call; NULL if none is. */
const struct fault_datagram *faults_take(struct faults *faults, enum fault_direction direction,
                                         int64_t now);
size_t faults_held(const struct faults *faults, enum fault_direction direction); /* payload */
bool faults_are_full(const struct faults *faults, enum fault_direction direction);

/* All that is held back is due, or forgotten. */
void faults_release(struct faults *faults, enum fault_direction direction);
void faults_forget(struct faults *faults, enum fault_direction direction);

/* ---- streams ---- */

/* These bytes are to be sent, after those that wait already. */
void faults_given(struct faults *faults, int64_t now, size_t len);

/* How many of these that wait may be sent, or read, by one call now. */
size_t faults_may_move(struct faults *faults, enum fault_direction direction, int64_t now,
                       size_t waiting);

/* One call has moved `len` of those that waited. */
void faults_moved(struct faults *faults, enum fault_direction direction, int64_t now,
                  size_t waiting, size_t len);

/* Bytes wait, or have moved: whether the stream is to end now. That is said once. */
enum fault_end faults_cut(struct faults *faults, enum fault_direction direction);

/* When to ask again for datagrams, or whether bytes may move: 0 = at any time, INT64_MAX = when
 * something else happens. */
int64_t faults_due(const struct faults *faults, enum fault_direction direction);

/* ---- listeners ---- */

bool faults_refuse(const struct faults *faults); /* no socket is to listen */

/* A client has been accepted: how it is closed at once. */
enum fault_end faults_accepted(struct faults *faults);
