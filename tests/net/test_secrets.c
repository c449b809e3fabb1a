// SPDX-License-Identifier: GPL-3.0-or-later
/* Secret bytes keep their flag wherever they wait, and no others get it. */
#include "net/secrets.h"

#include "net/fixture.h"
#include "net/reconnect.h"
#include "net/session_internal.h"

/* ---- the ranges, against one flag for each byte ---- */

static void test_ranges(void)
{
	enum { MOST = 400 };
	struct secrets secrets = { 0 };
	bool model[MOST];
	size_t len = 0, wrong = 0;
	unsigned random = 1;
	for (int step = 0; step < 20000; step++) {
		random = random * 1103515245 + 12345;
		size_t n = random >> 16 & 31;
		bool is_secret = random >> 24 & 1;
		if (random >> 28 & 1 && len + n <= MOST) {
			if (is_secret)
				secrets_add(&secrets, len, len + n);
			for (size_t i = 0; i < n; i++)
				model[len++] = is_secret;
		} else {
			n = n < len ? n : len;
			secrets_consume(&secrets, n);
			memmove(model, model + n, (len -= n) * sizeof *model);
		}
		bool first;
		size_t want = 0, run = secrets_run(&secrets, len, &first);
		while (want < len && model[want] == model[0])
			want++;
		wrong += run != want || (len && first != model[0]);
	}
	is_int(wrong, 0, "the first run of one sort is known after each of 20000 steps");
	secrets_clear(&secrets);
}

/* ---- a stream ---- */

/* Every byte sent has its flag in `flags`, by what its entry says; false where one is not as in
 * `bytes`. */
static size_t collect(const struct fixture *f, const struct session *session, enum call call,
                      const char *bytes, bool *flags, size_t most)
{
	size_t len = 0;
	uint64_t at = transcript_first(f->transcript);
	for (; at != TRANSCRIPT_NONE; at = transcript_next(f->transcript, at)) {
		const struct entry *entry = transcript_at(f->transcript, at);
		if (entry->session != session_number(session) || entry->call != call ||
		    entry->error || len + entry->len > most)
			continue;
		if (memcmp(entry_bytes(entry), bytes + len, entry->len) != 0)
			return 0;
		for (uint32_t i = 0; i < entry->len; i++)
			flags[len++] = entry_is_secret(entry);
	}
	return len;
}

/* Plain and secret pieces by turns, more than the kernel takes, so that most of them wait. */
static void test_stream(void)
{
	enum { PIECE = 30011, PIECES = 20, LEN = PIECE * PIECES };
	struct fixture f;
	fixture_start(&f);
	int listener = peer_listen_small(AF_INET, 30000);
	struct session *session =
	        open_to(&f, TRANSPORT_TCP, "127.0.0.1", peer_port(listener), NULL);
	until(&f, session_state(session) == SESSION_OPEN);
	int peer = peer_accept(listener, PEER_MS);
	call_set_option(&session->caller, session->fd[0], SOL_SOCKET, SO_SNDBUF, 30000);
	char *sent = malloc(LEN), *got = malloc(LEN);
	bool *flags = calloc(LEN, sizeof *flags), good = true;
	for (size_t i = 0; i < LEN; i++)
		sent[i] = (char)(i * 7 + i / 251);
	for (size_t i = 0; i < PIECES; i++)
		good = (i % 2 ? session_send_secret : session_send)(session, sent + i * PIECE,
		                                                    PIECE, &f.error) &&
		       good;
	ok(good && session_unsent(session) > LEN / 2, "most of it waits");
	size_t len = 0;
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (len < LEN && fixture_turn(&f, deadline)) {
		ssize_t n = recv(peer, got + len, LEN - len, MSG_DONTWAIT);
		len += n > 0 ? (size_t)n : 0;
	}
	ok(len == LEN && memcmp(got, sent, LEN) == 0, "the peer gets all of it, in order");
	size_t wrong = 0;
	is_int(collect(&f, session, CALL_SEND, sent, flags, LEN), LEN, "it is all written down");
	for (size_t i = 0; i < LEN; i++)
		wrong += flags[i] != (i / PIECE % 2 == 1);
	is_int(wrong, 0, "the secret bytes are flagged, and no others");
	free(sent);
	free(got);
	free(flags);
	peer_close_all((int[]){ peer, listener }, 2);
	fixture_stop(&f);
}

/* What was to go out with a connection that has ended says nothing about the next one's bytes. */
static void test_reconnect(void)
{
	struct fixture f;
	int fill[PEER_FILL];
	fixture_start(&f);
	int full = peer_blackhole(AF_INET, fill);
	struct session *session = open_to(&f, TRANSPORT_TCP, "127.0.0.1", peer_port(full), NULL);
	ok(session_send_secret(session, "secret", 6, &f.error), "a secret waits for a connection");
	session_close(session, &f.error);
	peer_close_all(fill, PEER_FILL);
	for (int fd = peer_accept(full, 50); fd >= 0; fd = peer_accept(full, 50))
		close(fd);
	ok(reconnect_now(session, &f.error), "which is not made; another one is tried");
	ok(session_send(session, "hello", 5, &f.error), "with other bytes");
	until(&f, session_life_sent(session) == 5);
	bool is_secret[5] = { true, true, true, true, true };
	is_int(collect(&f, session, CALL_SEND, "hello", is_secret, 5), 5, "which are sent");
	ok(!is_secret[0] && !is_secret[4], "and are no secret");
	peer_close_all(&full, 1);
	session_close(session, &f.error);
	fixture_stop(&f);
}

static void test_datagrams(void)
{
	struct fixture f;
	bool flags[32] = { 0 };
	fixture_start(&f);
	int peer = peer_udp(AF_INET);
	struct target target = target_of(TRANSPORT_UDP, "localhost", peer_port(peer));
	struct session_options options = { .family = AF_INET };
	struct session *session = sessions_open(f.sessions, &target, &options, &f.error);
	ok(session && session_send(session, "one", 3, &f.error) &&
	           session_send_secret(session, "two", 3, &f.error) &&
	           session_send(session, "six", 3, &f.error),
	   "three datagrams wait for the name");
	until(&f, session_unsent(session) == 0);
	ok(session_send_secret(session, "10", 2, &f.error), "and one that does not");
	is_int(collect(&f, session, CALL_SENDTO, "onetwosix10", flags, sizeof flags), 11,
	       "all are sent");
	static const bool wanted[11] = { 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1 };
	ok(memcmp(flags, wanted, sizeof wanted) == 0, "and two of them are secret");
	peer_close_all(&peer, 1);
	fixture_stop(&f);
}

int main(void)
{
	tap_watchdog(60);
	test_ranges();
	test_stream();
	test_reconnect();
	test_datagrams();
	tap_done();
}
