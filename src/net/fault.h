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
 *		session and of its peer count what it got.
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

/* How a stream is ended. */
enum fault_end { FAULT_NO_END, FAULT_FIN, FAULT_RST };

enum {
	FAULT_HELD = 1 << 20, /* bytes of datagrams held back in one direction, at most */
	FAULT_STRIKE = 200,   /* the text of one */
};
#define FAULT_PASS_WAIT                                                                            \
	(100 * INT64_C(1000000)) /* ns for which a datagram waits for the next to pass it */

struct faults;

/* `strike` gets one line whenever a fault acts. None is on at first; the seed is 1. */
typedef void fault_strike(void *context, const char *text);
struct faults *faults_new(enum fault_kind kind, fault_strike *strike, void *context);
void faults_free(struct faults *faults); /* NULL is none */

/* Those of a listener, for its n-th client, with a seed that follows from both. */
struct faults *faults_for_client(const struct faults *listener, uint32_t ordinal,
                                 fault_strike *strike, void *context, int64_t now);

/* ---- words ---- */

/* Switches on and off as the words say: "in loss 10% delay 50ms seed 7", "loss off", "off". What was
 * held back by a fault that is off now is due. False with one line, and nothing is changed.
 * faults_check() asks whether they are right for anything at all. */
bool faults_set(struct faults *faults, const char *words, int64_t now, struct error *error);
bool faults_check(const char *words, struct error *error);

bool faults_are_on(const struct faults *faults);

/* Appends lines of words that faults_set() reads, and how often each has acted. */
void faults_print(const struct faults *faults, struct buf *out);

/* What may follow these words, for TAB: "delay|rate|…"; "" for a value. Static. */
const char *faults_expected(const char *words);

/* The name, value and help of each fault, by its place; false after the last one. */
bool fault_at(size_t index, const char **name, const char **value, const char **help,
              unsigned *kinds);

/* ---- datagrams ---- */

/* One that is held back, with what its session has to know about it. */
struct fault_datagram {
	size_t about_len, len;
	const char *about, *data;
};

/* A datagram; `peer` is named in strikes: "127.0.0.1:5000", or "". False, with one line, where
 * FAULT_HELD is reached: it is not taken. */
bool faults_pass(struct faults *faults, enum fault_direction direction, int64_t now,
                 const struct fault_datagram *datagram, const char *peer, struct error *error);

/* The next one that is due, valid until the next call; NULL if none is. */
const struct fault_datagram *faults_take(struct faults *faults, enum fault_direction direction,
                                         int64_t now);
size_t faults_held(const struct faults *faults, enum fault_direction direction); /* bytes */

/* All that is held back is due, or forgotten. */
void faults_release(struct faults *faults, enum fault_direction direction);
void faults_forget(struct faults *faults, enum fault_direction direction);

/* ---- streams ---- */

/* These bytes are to be sent, after `waiting` others. */
void faults_given(struct faults *faults, int64_t now, size_t waiting, size_t len);

/* How many of these that wait may be sent, or read, by one call now. */
size_t faults_may_move(struct faults *faults, enum fault_direction direction, int64_t now,
                       size_t waiting);

/* One call has moved `len` of those that waited. What ends the stream now. */
enum fault_end faults_moved(struct faults *faults, enum fault_direction direction, int64_t now,
                            size_t waiting, size_t len);

/* When to ask again for datagrams, or whether bytes may move: 0 = at any time, INT64_MAX = when
 * something else happens. */
int64_t faults_due(const struct faults *faults, enum fault_direction direction);

/* ---- listeners ---- */

bool faults_refuse(const struct faults *faults); /* no socket is to listen */

/* A client has been accepted: how it is closed at once. */
enum fault_end faults_accepted(struct faults *faults);
