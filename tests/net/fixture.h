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

__attribute__((unused)) static void fixture_start(struct fixture *f)
{
	*f = (struct fixture){ .transcript = transcript_new(8 << 20, 1 << 20) };
	f->sessions = sessions_new(f->transcript);
	poller_init(&f->poller);
}

__attribute__((unused)) static void fixture_stop(struct fixture *f)
{
	sessions_free(f->sessions);
	transcript_free(f->transcript);
	poller_done(&f->poller);
}

/* One turn of the loop. It does not wait long: what a test waits for may be the peer's affair.
 * False at the deadline. */
__attribute__((unused)) static bool fixture_turn(struct fixture *f, int64_t deadline)
{
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	poller_wake_at(&f->poller, clock_now() + 5 * CLOCK_MS);
	poller_wait(&f->poller);
	sessions_serve(f->sessions, &f->poller);
	sessions_reap(f->sessions);
	return clock_now() < deadline;
}

/* Turns until the condition holds; what is tested afterwards says whether it did. */
#define until(f, condition)                                                                        \
	do {                                                                                       \
		int64_t until_deadline = clock_now() + 5 * CLOCK_S;                                \
		while (!(condition) && fixture_turn((f), until_deadline))                          \
			continue;                                                                  \
	} while (0)

/* A few turns, for what must not happen. */
__attribute__((unused)) static void fixture_turns(struct fixture *f, int count)
{
	while (count-- > 0)
		fixture_turn(f, 0);
}

__attribute__((unused)) static struct target target_of(enum transport transport, const char *host,
                                                       unsigned port)
{
	struct target target = { .transport = transport };
	snprintf(target.host, sizeof target.host, "%s", host);
	snprintf(target.service, sizeof target.service, "%u", port);
	return target;
}

__attribute__((unused)) static struct session *open_to(struct fixture *f, enum transport transport,
                                                       const char *host, unsigned port,
                                                       const struct session_options *options)
{
	struct target target = target_of(transport, host, port);
	return sessions_open(f->sessions, &target, options, &f->error);
}

__attribute__((unused)) static struct session *listen_on(struct fixture *f,
                                                         enum transport transport, const char *host,
                                                         unsigned port,
                                                         const struct session_options *options)
{
	struct target target = target_of(transport, host, port);
	return sessions_listen(f->sessions, &target, options, &f->error);
}

__attribute__((unused)) static bool send_text(struct fixture *f, struct session *session,
                                              const char *text)
{
	return session_send(session, text, strlen(text), &f->error);
}

/* ---- what is written down ---- */

/* How many entries of this call a session has; `needle` (NULL = any) must be in the payload. */
__attribute__((unused)) static int count_entries(const struct fixture *f, uint32_t session,
                                                 enum call call, const char *needle)
{
	int count = 0;
	uint64_t at = transcript_last(f->transcript, session);
	for (; at != TRANSCRIPT_NONE; at = transcript_before(f->transcript, at)) {
		const struct entry *entry = transcript_at(f->transcript, at);
		if (entry->call != call)
			continue;
		count += !needle ||
		         memmem(entry_payload(entry), entry->len, needle, strlen(needle)) != NULL;
	}
	return count;
}

__attribute__((unused)) static int count_states(const struct fixture *f,
                                                const struct session *session, const char *needle)
{
	return count_entries(f, session_number(session), CALL_STATE, needle);
}

/* The newest state line, or the newest one that is flagged as an error. Valid until the
 * next call. */
__attribute__((unused)) static const char *last_line(const struct fixture *f, uint32_t session,
                                                     unsigned flag)
{
	static char text[1024];
	uint64_t at = transcript_last(f->transcript, session);
	for (; at != TRANSCRIPT_NONE; at = transcript_before(f->transcript, at)) {
		const struct entry *entry = transcript_at(f->transcript, at);
		if (entry->call != CALL_STATE || (entry->flags & flag) != flag)
			continue;
		snprintf(text, sizeof text, "%.*s", (int)entry->len, entry_payload(entry));
		return text;
	}
	return "";
}

__attribute__((unused)) static const char *last_state(const struct fixture *f,
                                                      const struct session *session)
{
	return last_line(f, session_number(session), 0);
}

__attribute__((unused)) static const char *last_failure(const struct fixture *f,
                                                        const struct session *session)
{
	return last_line(f, session_number(session), ENTRY_ERROR);
}

/* Everything that this session has received, in order. The caller frees it. */
__attribute__((unused)) static struct buf received(const struct fixture *f, uint32_t session)
{
	struct buf all;
	buf_init(&all, SIZE_MAX);
	uint64_t at = transcript_first(f->transcript);
	for (; at != TRANSCRIPT_NONE; at = transcript_next(f->transcript, at)) {
		const struct entry *entry = transcript_at(f->transcript, at);
		if (entry->session == session && entry_is_incoming(entry))
			buf_append(&all, entry_payload(entry), entry->len);
	}
	return all;
}

__attribute__((unused)) static bool has_received(const struct fixture *f,
                                                 const struct session *session, const char *text)
{
	struct buf all = received(f, session_number(session));
	bool has = all.len == strlen(text) && memcmp(buf_data(&all), text, all.len) == 0;
	buf_free(&all);
	return has;
}

/* ---- bytes that tell where they were ---- */

__attribute__((unused)) static char *make_noise(size_t len)
{
	char *noise = malloc(len);
	uint32_t state = 12345;
	for (size_t i = 0; noise && i < len; i++) {
		state = state * 1664525u + 1013904223u;
		noise[i] = (char)(state >> 24);
	}
	return noise;
}

/* ---- a connection ---- */

/* A session and what it is connected to. */
struct couple {
	struct session *session;
	int listener, peer;
};

__attribute__((unused)) static struct couple connect_couple(struct fixture *f, int listener,
                                                            const struct session_options *options)
{
	struct couple couple = { .listener = listener };
	couple.session = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(listener), options);
	until(f, session_state(couple.session) != SESSION_CONNECTING);
	couple.peer = peer_accept(listener, PEER_MS);
	return couple;
}

__attribute__((unused)) static struct couple make_couple(struct fixture *f)
{
	return connect_couple(f, peer_listen(AF_INET, 8), NULL);
}

__attribute__((unused)) static void end_couple(struct couple *couple)
{
	int fds[] = { couple->listener, couple->peer };
	peer_close_all(fds, 2);
}
