// SPDX-License-Identifier: GPL-3.0-or-later
/* fixture: a table of sessions with its loop, and questions to its transcript. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/sessions.h"
#include "support/peer.h"
#include "support/tap.h"

struct fixture {
	struct transcript *transcript;
	struct sessions *sessions;
	struct poller poller;
	struct error error; /* of the last call that failed */
};

void fixture_start(struct fixture *f);
void fixture_stop(struct fixture *f);

/* One turn of the loop. It does not wait long: what a test waits for may be the peer's affair.
 * False at the deadline. */
bool fixture_turn(struct fixture *f, int64_t deadline);

/* Turns until the condition holds; what is tested afterwards says whether it did. */
#define until(f, condition)                                                                        \
	do {                                                                                       \
		int64_t until_deadline = clock_now() + 20 * CLOCK_S;                               \
		while (!(condition) && fixture_turn((f), until_deadline))                          \
			continue;                                                                  \
	} while (0)

/* A few turns, for what must not happen. */
void fixture_turns(struct fixture *f, int count);
struct target target_of(enum transport transport, const char *host, unsigned port);
struct session *open_to(struct fixture *f, enum transport transport, const char *host,
                        unsigned port, const struct session_options *options);
struct session *listen_on(struct fixture *f, enum transport transport, const char *host,
                          unsigned port, const struct session_options *options);
bool send_text(struct fixture *f, struct session *session, const char *text);

/* ---- what is written down ---- */

/* How many entries of this call a session has; `needle` (NULL = any) must be in the payload. */
int count_entries(const struct fixture *f, uint32_t session, enum call call, const char *needle);
int count_states(const struct fixture *f, const struct session *session, const char *needle);

/* The newest state line, or the newest one that is flagged as an error. Valid until the
 * next call. */
const char *last_line(const struct fixture *f, uint32_t session, unsigned flag);
const char *last_state(const struct fixture *f, const struct session *session);
const char *last_failure(const struct fixture *f, const struct session *session);

/* Everything that this session has received, in order. The caller frees it. */
struct buf received(const struct fixture *f, uint32_t session);
bool has_received(const struct fixture *f, const struct session *session, const char *text);

/* ---- bytes that tell where they were ---- */

char *make_noise(size_t len);

/* ---- a connection ---- */

/* A session and what it is connected to. */
struct couple {
	struct session *session;
	int listener, peer;
};

struct couple connect_couple(struct fixture *f, int listener,
                             const struct session_options *options);
struct couple make_couple(struct fixture *f);
void end_couple(struct couple *couple);
