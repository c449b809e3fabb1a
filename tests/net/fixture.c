// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/fixture.h"

void fixture_start(struct fixture *f)
{
	*f = (struct fixture){ .transcript = transcript_new(8 << 20, 1 << 20) };
	f->sessions = sessions_new(f->transcript);
	poller_init(&f->poller);
}

void fixture_stop(struct fixture *f)
{
	sessions_free(f->sessions);
	transcript_free(f->transcript);
	poller_done(&f->poller);
}

bool fixture_turn(struct fixture *f, int64_t deadline)
{
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	poller_wake_at(&f->poller, clock_now() + 5 * CLOCK_MS);
	poller_wait(&f->poller);
	sessions_serve(f->sessions, &f->poller);
	sessions_reap(f->sessions);
	return clock_now() < deadline;
}

void fixture_turns(struct fixture *f, int count)
{
	while (count-- > 0)
		fixture_turn(f, 0);
}

struct target target_of(enum transport transport, const char *host, unsigned port)
{
	struct target target = { .transport = transport };
	snprintf(target.host, sizeof target.host, "%s", host);
	snprintf(target.service, sizeof target.service, "%u", port);
	return target;
}

struct session *open_to(struct fixture *f, enum transport transport, const char *host,
                        unsigned port, const struct session_options *options)
{
	struct target target = target_of(transport, host, port);
	return sessions_open(f->sessions, &target, options, &f->error);
}

struct session *listen_on(struct fixture *f, enum transport transport, const char *host,
                          unsigned port, const struct session_options *options)
{
	struct target target = target_of(transport, host, port);
	return sessions_listen(f->sessions, &target, options, &f->error);
}

bool send_text(struct fixture *f, struct session *session, const char *text)
{
	return session_send(session, text, strlen(text), &f->error);
}

int count_entries(const struct fixture *f, uint32_t session, enum call call, const char *needle)
{
	int count = 0;
	uint64_t at = transcript_last(f->transcript, session);
	for (; at != TRANSCRIPT_NONE; at = transcript_before(f->transcript, at)) {
		const struct entry *entry = transcript_at(f->transcript, at);
		bool step = call == CALL_CONNECT && entry->flags & ENTRY_WATCHING;
		if (entry->call != call || step)
			continue;
		count += !needle ||
		         memmem(entry_payload(entry), entry->len, needle, strlen(needle)) != NULL;
	}
	return count;
}

int count_states(const struct fixture *f, const struct session *session, const char *needle)
{
	return count_entries(f, session_number(session), CALL_STATE, needle);
}

const char *last_line(const struct fixture *f, uint32_t session, unsigned flag)
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

const char *last_state(const struct fixture *f, const struct session *session)
{
	return last_line(f, session_number(session), 0);
}

const char *last_failure(const struct fixture *f, const struct session *session)
{
	return last_line(f, session_number(session), ENTRY_ERROR);
}

struct buf received(const struct fixture *f, uint32_t session)
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

bool has_received(const struct fixture *f, const struct session *session, const char *text)
{
	struct buf all = received(f, session_number(session));
	bool has = all.len == strlen(text) && memcmp(buf_data(&all), text, all.len) == 0;
	buf_free(&all);
	return has;
}

char *make_noise(size_t len)
{
	char *noise = malloc(len);
	uint32_t state = 12345;
	for (size_t i = 0; noise && i < len; i++) {
		state = state * 1664525u + 1013904223u;
		noise[i] = (char)(state >> 24);
	}
	return noise;
}

struct couple connect_couple(struct fixture *f, int listener, const struct session_options *options)
{
	struct couple couple = { .listener = listener };
	couple.session = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(listener), options);
	until(f, session_state(couple.session) != SESSION_CONNECTING);
	couple.peer = peer_accept(listener, PEER_MS);
	return couple;
}

struct couple make_couple(struct fixture *f)
{
	return connect_couple(f, peer_listen(AF_INET, 8), NULL);
}

void end_couple(struct couple *couple)
{
	int fds[] = { couple->listener, couple->peer };
	peer_close_all(fds, 2);
}
