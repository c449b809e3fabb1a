// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "net/fixture.h"
#include "net/session_internal.h"

static struct session *serve_by(struct fixture *f, enum transport transport,
                                const struct service *service, size_t queue_max)
{
	struct session_options options = { .service = service, .queue_max = queue_max };
	return listen_on(f, transport, "127.0.0.1", 0, &options);
}

static struct session *serve(struct fixture *f, enum transport transport, const char *name,
                             size_t queue_max)
{
	return serve_by(f, transport, service_find(name), queue_max);
}

static uint16_t port_of(const struct session *session)
{
	return session_local(session).port;
}

static struct session *client_of(struct fixture *f, struct session *server, int *fd)
{
	*fd = peer_connect(AF_INET, port_of(server), PEER_MS);
	size_t count = sessions_count(f->sessions);
	until(f, sessions_count(f->sessions) > count);
	return sessions_at(f->sessions, sessions_count(f->sessions) - 1);
}

static void is_a_table(void)
{
	is_text(service_table[0]->name, "none", "the first service is none");
	ok(service_find("echo") && service_find("discard") && service_find("hello"),
	   "there are three others");
	ok(!service_find("") && !service_find("ech"), "by its whole name");
}

/* ---- echo ---- */

/* Sends in pieces of odd sizes, reads whatever has come back, and lets the server do its turns in
 * between. */
static size_t exchange(struct fixture *f, int fd, const char *data, size_t len, char *back)
{
	size_t out = 0, in = 0, piece = 1;
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (in < len && fixture_turn(f, deadline)) {
		size_t ask = len - out < piece ? len - out : piece;
		ssize_t sent = ask ? send(fd, data + out, ask, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
		out += sent > 0 ? (size_t)sent : 0;
		piece = piece * 3 % 5003 + 1;
		ssize_t got = recv(fd, back + in, len - in, MSG_DONTWAIT);
		in += got > 0 ? (size_t)got : 0;
	}
	return in;
}

static void echoes_a_stream(struct fixture *f)
{
	enum { LEN = 100000 };
	int fd;
	char *noise = make_noise(LEN), *back = malloc(LEN);
	struct session *server = serve(f, TRANSPORT_TCP, "echo", 0);
	ok(strncmp(session_name(server), "echo:", 5) == 0, "a server is named after its service");
	struct session *client = client_of(f, server, &fd);
	is_int(exchange(f, fd, noise, LEN, back), LEN, "everything comes back");
	ok(memcmp(noise, back, LEN) == 0, "unchanged and in order");
	uint64_t at = transcript_last(f->transcript, session_number(client));
	while (transcript_at(f->transcript, at)->call != CALL_SEND)
		at = transcript_before(f->transcript, at);
	ok(transcript_at(f->transcript, at)->flags & ENTRY_ECHO, "what a service sends is marked");
	peer_half_close(fd);
	until(f, session_state(client) == SESSION_CLOSED);
	is_int(session_end(client), SESSION_ENDED_WELL, "the client's FIN is answered by ours");
	is_int(peer_eof(fd, PEER_MS), 1, "which arrives");
	free(noise);
	free(back);
	peer_close_all(&fd, 1);
}

/* A client that only writes: echo must stop reading from it, keep what it has, and lose nothing
 * when the client reads at last. */
static void holds_back(struct fixture *f, size_t queue_max, const char *what)
{
	enum { LEN = 24 << 20 };
	int fd;
	char *noise = make_noise(LEN), *back = malloc(LEN);
	struct session *server = serve(f, TRANSPORT_TCP, "echo", queue_max);
	struct session *client = client_of(f, server, &fd);
	size_t out = 0, in = 0, most = 0, idle = 0;
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (out < LEN && (idle < 5 || most == 0) && clock_now() < deadline) {
		ssize_t sent = send(fd, noise + out, LEN - out, MSG_DONTWAIT | MSG_NOSIGNAL);
		out += sent > 0 ? (size_t)sent : 0;
		idle = sent > 0 ? 0 : idle + 1;
		fixture_turns(f, 1);
		most = session_unsent(client) > most ? session_unsent(client) : most;
	}
	ok(out < LEN, "%s: a client that does not read is not read from", what);
	ok(most > 0 && most <= SESSION_TURN && (!queue_max || most <= queue_max),
	   "%s: no more than a little waits", what);
	deadline = clock_now() + 20 * CLOCK_S;
	while (in < out && fixture_turn(f, deadline)) {
		ssize_t got = recv(fd, back + in, LEN - in, MSG_DONTWAIT);
		in += got > 0 ? (size_t)got : 0;
	}
	is_int(in, out, what);
	ok(memcmp(noise, back, in) == 0, "%s: nothing was lost", what);
	free(noise);
	free(back);
	peer_close_all(&fd, 1);
}

static void holds_back_a_flood(struct fixture *f)
{
	holds_back(f, 0, "echo");
	holds_back(f, 1000, "echo with a tiny queue");
}

/* The answers that wait when the client has sent FIN still reach it. */
static void echoes_after_fin(struct fixture *f)
{
	enum { LEN = 1000000 };
	int fd;
	char *noise = make_noise(LEN);
	struct session *server = serve(f, TRANSPORT_TCP, "echo", 0);
	struct session *client = client_of(f, server, &fd);
	call_set_option(&client->caller, client->fd[0], SOL_SOCKET, SO_SNDBUF, 1);
	size_t out = 0, in = 0;
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (out < LEN && session_unsent(client) < 100000 && fixture_turn(f, deadline)) {
		ssize_t sent = send(fd, noise + out, LEN - out, MSG_DONTWAIT | MSG_NOSIGNAL);
		out += sent > 0 ? (size_t)sent : 0;
	}
	peer_half_close(fd);
	bool same = true;
	char part[4096];
	while (session_state(client) == SESSION_OPEN && fixture_turn(f, deadline))
		for (ssize_t got = 1; got > 0;) {
			got = recv(fd, part, sizeof part, MSG_DONTWAIT);
			same = same && (got <= 0 || memcmp(part, noise + in, (size_t)got) == 0);
			in += got > 0 ? (size_t)got : 0;
		}
	ok(session_state(client) == SESSION_CLOSED && session_end(client) == SESSION_ENDED_WELL,
	   "echo closes when its answers are out");
	for (ssize_t got = 1; got > 0 && peer_wait(fd, POLLIN, PEER_MS);) {
		got = recv(fd, part, sizeof part, MSG_DONTWAIT);
		same = same && (got <= 0 || memcmp(part, noise + in, (size_t)got) == 0);
		in += got > 0 ? (size_t)got : 0;
	}
	is_int(in, out, "and not before");
	ok(same, "they are right");
	free(noise);
	peer_close_all(&fd, 1);
}

/* No test can send from port 7 without being root, but a session can be its own peer. */
static void does_not_talk_to_itself(struct fixture *f)
{
	struct session *server = serve(f, TRANSPORT_UDP, "echo", 0);
	struct endpoint self = session_local(server);
	ok(session_send_to(server, &self, "mirror", 6, &f->error),
	   "a server may be made to write to itself");
	until(f, session_counts(server)->receives == 1);
	fixture_turns(f, 3);
	is_int(session_counts(server)->receives, 1, "it does not answer itself");
	is_int(count_states(f, server, "is not answered"), 1, "and says so once");
}

/* ---- the others ---- */

/* ---- a service with state ---- */

enum { COUNT_ALL = 24 << 20, COUNT_PIECE = 5000 };

/* Writes so many bytes, 0 1 2 … 255 0 1 …, as fast as they are taken, then closes. */
struct counter {
	size_t written;
	char *piece;
	int refused, ready;
};

static int counters_freed;
static uint32_t counter_seen; /* the session that was served last */

/* One piece after the other until one is refused, or once where `most` says so. */
static void count_on(struct session *session, int most)
{
	struct counter *counter = session_service_state(session);
	struct error error;
	counter_seen = session_number(session);
	while (most-- > 0 && counter->written < COUNT_ALL) {
		for (size_t i = 0; i < COUNT_PIECE; i++)
			counter->piece[i] = (char)(counter->written + i);
		size_t left = COUNT_ALL - counter->written;
		size_t len = left < COUNT_PIECE ? left : COUNT_PIECE;
		if (!session_send(session, counter->piece, len, &error)) {
			counter->refused++;
			return;
		}
		counter->written += len;
	}
	if (counter->written == COUNT_ALL)
		session_shutdown(session, SHUT_WR, &error);
}

static void begin_counting(struct session *session)
{
	struct counter *counter = session_service_state(session);
	counter->piece = malloc(COUNT_PIECE);
	count_on(session, INT_MAX);
}

static void go_on_counting(struct session *session)
{
	struct counter *counter = session_service_state(session);
	counter->ready++;
	count_on(session, counter->ready % 2 ? INT_MAX : 1);
}

static void free_counter(void *state)
{
	struct counter *counter = state;
	free(counter->piece);
	counters_freed++;
}

static void drop(struct session *session, const struct endpoint *from, const char *data, size_t len)
{
	(void)session;
	(void)from;
	(void)data;
	(void)len;
}

static const struct service counting = {
	.name = "count",
	.state_size = sizeof(struct counter),
	.opened = begin_counting,
	.data = drop,
	.ready = go_on_counting,
	.freed = free_counter,
};

static size_t read_count(struct fixture *f, int fd, size_t len)
{
	static char data[64 << 10];
	size_t in = 0;
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (in < len) {
		ssize_t got = recv(fd, data, sizeof data, MSG_DONTWAIT);
		if (got <= 0 && !fixture_turn(f, deadline))
			return in;
		for (ssize_t i = 0; i < got; i++)
			if (data[i] != (char)(in + (size_t)i))
				return in + (size_t)i;
		in += got > 0 ? (size_t)got : 0;
	}
	return in;
}

static void writes_when_there_is_room(struct fixture *f)
{
	int fds[2];
	counters_freed = 0;
	struct session *server = serve_by(f, TRANSPORT_TCP, &counting, 2 * (size_t)COUNT_PIECE);
	struct session *first = client_of(f, server, &fds[0]);
	struct counter *counter = session_service_state(first);
	until(f, counter->refused > 0);
	size_t written = counter->written;
	ok(written < COUNT_ALL && session_unsent(first) > 0, "a full queue refuses a piece");
	fixture_turns(f, 20);
	ok(counter->written == written && counter->refused == 1,
	   "then the service is not asked again until there is room");
	struct session *second = client_of(f, server, &fds[1]);
	ok(session_service_state(second) != counter, "each client has a state of its own");
	is_int(read_count(f, fds[1], COUNT_ALL), COUNT_ALL, "who reads gets everything, in order");
	is_int(peer_eof(fds[1], PEER_MS), 1, "and the end");
	is_int(counter->written, (long long)written, "while the other one waits");
	is_int(read_count(f, fds[0], COUNT_ALL), COUNT_ALL, "who reads late gets the same");
	ok(counter->ready > 1 && counter->ready <= COUNT_ALL / COUNT_PIECE,
	   "ready comes as often as there is room, and no more");
	is_int(counters_freed, 0, "the states are there as long as the clients");
	peer_half_close(fds[0]);
	until(f, session_state(first) == SESSION_CLOSED && counters_freed == 1);
	is_int(counters_freed, 1, "one goes with its client");
	ok(sessions_set_service(f->sessions, server, service_find("none"), NULL, &f->error) &&
	           counters_freed == 2,
	   "the other one with its service");
	peer_close_all(fds, 2);
}

/* The connection may break within a call of the service, which still has its state then. */
static void survives_a_reset(struct fixture *f)
{
	int fd;
	counters_freed = 0;
	struct session *server = serve_by(f, TRANSPORT_TCP, &counting, 2 * (size_t)COUNT_PIECE);
	struct session *client = client_of(f, server, &fd);
	read_count(f, fd, 100000);
	peer_reset(fd);
	until(f, session_state(client) == SESSION_CLOSED && counters_freed == 1);
	is_int(session_end(client), SESSION_ENDED_RESET, "a reset ends it");
	is_int(counters_freed, 1, "with its state");
	client_of(f, server, &fd);
	ok(counter_seen > session_number(client), "the next client is served");
	peer_close_all(&fd, 1);
}

/* Bytes that lie in a transcript of three small blocks are sent before they can be evicted. */
static void echoes_from_a_tiny_transcript(void)
{
	enum { LEN = 50000 };
	struct fixture f;
	int fd;
	char *noise = make_noise(LEN), *back = malloc(LEN);
	poller_init(&f.poller);
	f.transcript = transcript_new(512, 256);
	f.sessions = sessions_new(f.transcript);
	sessions_read_kernel(f.sessions, false);
	struct session *server = serve(&f, TRANSPORT_TCP, "echo", 0);
	client_of(&f, server, &fd);
	is_int(exchange(&f, fd, noise, LEN, back), LEN, "a tiny transcript echoes everything");
	ok(memcmp(noise, back, LEN) == 0, "unchanged");
	free(noise);
	free(back);
	peer_close_all(&fd, 1);
	fixture_stop(&f);
}

/* ---- the seam ---- */

static int opened, ended, over, woken, configured;
static enum session_end over_end;

static void note_opened(struct session *session)
{
	(void)session;
	opened++;
}

static void note_ended(struct session *session)
{
	struct error error;
	ended++;
	session_shutdown(session, SHUT_WR, &error);
}

static void note_over(struct session *session)
{
	over++;
	over_end = session_end(session);
	ok(session_state(session) == SESSION_CLOSED && session_service_state(session),
	   "it is closed, and its state is there");
}

static void wake_soon(struct session *session, const struct endpoint *from, const char *data,
                      size_t len)
{
	(void)from;
	(void)data;
	(void)len;
	session_wake_service(session, clock_now() + 5 * CLOCK_MS);
	session_service_full(session, true);
}

static void note_woken(struct session *session)
{
	woken++;
	session_service_full(session, false);
}

static void free_words(void *configuration)
{
	free(configuration);
	configured--;
}

static const struct service probing = {
	.name = "probe",
	.state_size = 1,
	.configuration_freed = free_words,
	.opened = note_opened,
	.data = wake_soon,
	.woken = note_woken,
	.ended = note_ended,
	.over = note_over,
};

/* One configuration for all, from the first session that has it to the last. */
static void shares_its_words(struct fixture *f)
{
	int fds[2];
	configured = 1;
	struct serving *serving = serving_new(&probing, malloc(1), "some words", false);
	struct session_options options = { .service = &probing, .serving = serving };
	struct session *server = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, &options);
	struct session *first = client_of(f, server, &fds[0]);
	struct session *second = client_of(f, server, &fds[1]);
	ok(session_service_configuration(first) == serving->configuration &&
	           session_service_configuration(second) == serving->configuration,
	   "clients share what the words have come to");
	is_text(session_service_words(second), "some words", "and know the words");
	is_int(serving->users, 4, "each is counted");
	serving_release(serving);
	ok(session_next_client(server, NULL) == first && session_next_client(second, first) == second &&
	           !session_next_client(first, second),
	   "a server's clients are found from it, and from each other");
	sessions_set_service(f->sessions, server, service_find("echo"), NULL, &f->error);
	is_int(configured, 0, "the words go with the last that has them");
	peer_close_all(fds, 2);
}

static void hears_of_ends(struct fixture *f)
{
	int fd;
	opened = ended = over = 0;
	struct session *server = serve_by(f, TRANSPORT_TCP, &probing, 0);
	client_of(f, server, &fd);
	is_int(opened, 1, "it is told of a client");
	peer_half_close(fd);
	until(f, over == 1);
	ok(ended == 1 && over_end == SESSION_ENDED_WELL, "of its FIN, and its end");
	peer_close_all(&fd, 1);
	client_of(f, server, &fd);
	peer_reset(fd);
	until(f, over == 2);
	ok(ended == 1 && over_end == SESSION_ENDED_RESET, "and of its reset");
}

static void is_woken(struct fixture *f)
{
	int fd;
	woken = 0;
	struct session *server = serve_by(f, TRANSPORT_TCP, &probing, 0);
	struct session *client = client_of(f, server, &fd);
	send(fd, "a", 1, MSG_NOSIGNAL);
	until(f, session_counts(client)->receives == 1);
	send(fd, "b", 1, MSG_NOSIGNAL);
	until(f, woken == 1);
	is_int(session_counts(client)->receives, 1, "a service that is full is not given more");
	until(f, woken == 2);
	is_int(session_counts(client)->receives, 2, "until it is woken");
	fixture_turns(f, 3);
	is_int(woken, 2, "once for each time");
	peer_close_all(&fd, 1);
}

/* Clients that are connected follow as if they had come only now, and their FIN, too. */
static void is_changed_under_way(struct fixture *f)
{
	int fds[2];
	opened = ended = 0;
	struct session *server = serve(f, TRANSPORT_TCP, "none", 0);
	client_of(f, server, &fds[0]);
	struct session *shut = client_of(f, server, &fds[1]);
	peer_half_close(fds[1]);
	until(f, session_peer_closed(shut));
	is_int(session_state(shut), SESSION_OPEN, "a person is to answer FIN");
	sessions_set_service(f->sessions, server, &probing, NULL, &f->error);
	ok(opened == 2 && ended == 1, "a service that takes over learns of both clients and of the FIN");
	until(f, session_state(shut) == SESSION_CLOSED);
	is_int(session_end(shut), SESSION_ENDED_WELL, "and answers it");
	peer_close_all(fds, 2);
}

static void takes_one_at_a_time(struct fixture *f)
{
	int fds[2];
	struct serving *serving;
	const struct service *echo = service_parse("echo  iterative ", &serving, &f->error);
	ok(echo == service_find("echo") && serving && serving->iterative, "iterative is a word");
	struct session *server = serve(f, TRANSPORT_TCP, "echo", 0);
	sessions_set_service(f->sessions, server, echo, serving, &f->error);
	serving_release(serving);
	struct session *first = client_of(f, server, &fds[0]);
	fds[1] = peer_connect(AF_INET, port_of(server), PEER_MS);
	fixture_turns(f, 5);
	is_int(session_clients(server), 1, "one client is accepted");
	peer_reset(fds[0]);
	until(f, session_state(first) == SESSION_CLOSED && session_clients(server) == 1);
	is_int(session_clients(server), 1, "the next one when that has ended");
	ok(!service_parse("echo loud", &serving, &f->error) && !serving, "echo takes no other word");
	peer_close_all(&fds[1], 1);
}

static void reads_nothing(struct fixture *f)
{
	int fd;
	struct session *server = serve(f, TRANSPORT_TCP, "mute", 0);
	struct session *client = client_of(f, server, &fd);
	send(fd, "unread", 6, MSG_NOSIGNAL);
	peer_half_close(fd);
	fixture_turns(f, 5);
	ok(session_counts(client)->receives == 0 && !session_peer_closed(client),
	   "mute reads neither bytes nor FIN");
	sessions_set_service(f->sessions, server, service_find("echo"), NULL, &f->error);
	until(f, session_state(client) == SESSION_CLOSED);
	is_int(session_counts(client)->sent_bytes, 6, "what waited is there for the next service");
	peer_close_all(&fd, 1);
	client = client_of(f, server, &fd);
	sessions_set_service(f->sessions, server, service_find("mute"), NULL, &f->error);
	peer_reset(fd);
	until(f, session_state(client) == SESSION_CLOSED);
	is_int(session_end(client), SESSION_ENDED_RESET, "a reset is noticed without reading");
}

static void run(void (*test)(struct fixture *f))
{
	struct fixture f;
	fixture_start(&f);
	test(&f);
	fixture_stop(&f);
}

int main(void)
{
	tap_watchdog(60);
	is_a_table();
	run(echoes_a_stream);
	run(holds_back_a_flood);
	run(echoes_after_fin);
	run(does_not_talk_to_itself);
	run(writes_when_there_is_room);
	run(survives_a_reset);
	run(shares_its_words);
	run(hears_of_ends);
	run(is_woken);
	run(is_changed_under_way);
	run(takes_one_at_a_time);
	run(reads_nothing);
	echoes_from_a_tiny_transcript();
	return tap_done();
}
