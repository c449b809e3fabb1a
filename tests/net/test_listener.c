// SPDX-License-Identifier: GPL-3.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/resource.h>

#include "net/fixture.h"
#include "net/reconnect.h"
#include "net/service.h"
#include "net/session_internal.h"
#include "net/step.h"
#include "record/frame_entry.h"

static unsigned port_of(const struct session *session)
{
	return session_local(session).port;
}

/* The newest session of the table. */
static struct session *newest(const struct fixture *f)
{
	return sessions_at(f->sessions, sessions_count(f->sessions) - 1);
}

/* Connects, and waits until the listener has made a session of it. */
static int come_in(struct fixture *f, struct session *listener, int family)
{
	size_t clients = session_clients(listener);
	int fd = peer_connect(family, (uint16_t)port_of(listener), PEER_MS);
	until(f, session_clients(listener) > clients || session_state(listener) == SESSION_CLOSED);
	return fd;
}

/* ---- where ---- */

static void obeys_options(struct fixture *f)
{
	struct session_options options = { .family = AF_INET };
	struct session *session = listen_on(f, TRANSPORT_TCP, "", 0, &options);
	is_int(session->fd_count, 1, "one family can be asked for");
	options = (struct session_options){ .local_host = "127.0.0.3", .backlog = 3 };
	session = listen_on(f, TRANSPORT_TCP, "", 0, &options);
	ok(strstr(last_state(f, session), "listening on 127.0.0.3:"), "a local address is obeyed");
	uint64_t at = transcript_last(f->transcript, session_number(session));
	while (transcript_at(f->transcript, at)->call != CALL_LISTEN)
		at = transcript_before(f->transcript, at);
	is_int(transcript_at(f->transcript, at)->arg, 3, "and the backlog");
}

/* A port that is taken may be tried again, even in the turn in which it becomes free. */
static void tries_again(struct fixture *f)
{
	struct session *first = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	unsigned port = port_of(first);
	struct session *second = listen_on(f, TRANSPORT_TCP, "", port, NULL);
	is_int(session_end(second), SESSION_ENDED_FAILED, "no other address is tried alone");
	session_close(first, &f->error);
	ok(reconnect_now(second, &f->error), "it can be tried again");
	until(f, session_state(second) == SESSION_LISTENING);
	is_int(port_of(second), port, "and listens");
}

static void binds_the_first_address(struct fixture *f)
{
	struct session_options options = { .in_turn = true };
	struct session *all = listen_on(f, TRANSPORT_TCP, "*", 0, &options);
	struct session *v6 = listen_on(f, TRANSPORT_TCP, "::", 0, &options);
	is_int(session_socket_count(all), 1, "in turn one address of several is bound");
	if (session_state(v6) != SESSION_LISTENING) {
		tap_skip("no IPv6 here");
		return;
	}
	int fd = peer_connect(AF_INET, session_local(v6).port, PEER_MS);
	until(f, session_clients(v6) == 1);
	is_int(session_clients(v6), 1, "and :: is reached over IPv4");
	peer_close_all(&fd, 1);
}

/* ---- clients ---- */

static int births, deaths;
static uint32_t first_gone;

static void born(void *context, struct session *session)
{
	(void)context;
	births += session_is_accepted(session);
}

static void gone(void *context, struct session *session)
{
	const struct sessions *sessions = context;
	if (!deaths++)
		first_gone = session_number(session);
	if (sessions_numbered(sessions, session_number(session)) != session)
		births = -1000;
}

static void makes_sessions_of_clients(struct fixture *f)
{
	char text[64], name[ENDPOINT_TEXT], client[ENDPOINT_TEXT + 16];
	sessions_watch(f->sessions, born, gone, f->sessions);
	struct session *session = listen_on(f, TRANSPORT_TCP, "", 0, NULL);
	int a = come_in(f, session, AF_INET), b = come_in(f, session, AF_INET);
	struct session *two = newest(f),
	               *one = sessions_numbered(f->sessions, session_number(two) - 1);
	is_int(births, 2, "each client is announced");
	struct endpoint addr = peer_addr(a);
	is_text(session_name(one), strrchr(endpoint_format(&addr, name), ':'),
	        "each has its port as its name");
	ok(strstr(last_state(f, one), " accepted by session 1"), "its first line says from where");
	addr = peer_addr(b);
	snprintf(client, sizeof client, "client %s is session 3", endpoint_format(&addr, name));
	is_text(last_state(f, session), client, "and the listener's whither, with the address");
	send_text(f, one, "to one");
	send_text(f, two, "to two");
	peer_recv_until(a, text, sizeof text, "to one", PEER_MS);
	is_text(text, "to one", "the first hears what is said to it");
	peer_recv_until(b, text, sizeof text, "to two", PEER_MS);
	is_text(text, "to two", "the second, too");
	peer_send(b, "two", 3, PEER_MS);
	until(f, has_received(f, two, "two"));
	ok(has_received(f, two, "two") && has_received(f, one, ""), "and each is heard apart");
	peer_half_close(a);
	until(f, session_peer_closed(one));
	is_int(session_state(one), SESSION_OPEN, "without a service a person may go on answering");
	session_close(one, &f->error);
	is_int(session_clients(session), 1, "an ended client is no client any more");
	peer_close_all((int[]){ a, b }, 2);
}

static void takes_one_client(struct fixture *f)
{
	struct session_options options = { .once = true };
	struct session *session = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, &options);
	uint16_t port = (uint16_t)port_of(session);
	int fd = come_in(f, session, AF_INET);
	is_int(session_state(session), SESSION_CLOSED, "with `once` the first client is the last");
	is_int(session_end(session), SESSION_ENDED_WELL, "as was asked for");
	is_int(session_state(newest(f)), SESSION_OPEN, "who stays");
	fixture_turns(f, 1);
	is_int(peer_connect(AF_INET, port, PEER_MS), -1, "another is refused");
	peer_close_all(&fd, 1);
}

static void forgets_old_clients(struct fixture *f)
{
	enum { MORE = 5 };
	births = deaths = 0;
	sessions_watch(f->sessions, born, gone, f->sessions);
	struct session *session = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	int stays = come_in(f, session, AF_INET);
	for (int i = 0; i < SESSIONS_KEPT + MORE; i++) {
		int fd = come_in(f, session, AF_INET);
		session_abort(newest(f), &f->error);
		peer_close_all(&fd, 1);
	}
	fixture_turns(f, 1);
	is_int(births, SESSIONS_KEPT + MORE + 1, "many clients come");
	is_int(deaths, MORE, "the ended ones beyond a number are forgotten");
	is_int(first_gone, 3, "the oldest first");
	is_int(sessions_count(f->sessions), SESSIONS_KEPT + 2, "the others stay");
	ok(sessions_numbered(f->sessions, 2) && !sessions_numbered(f->sessions, 3),
	   "above all those still open");
	is_int(count_entries(f, 3, CALL_CLOSE, NULL), 1, "what they did is still written down");
	ok(!transcript_is_hidden(f->transcript, 3), "and not hidden");
	struct session *oldest = sessions_at(f->sessions, 2);
	sessions_pin(f->sessions, oldest);
	for (int i = 0; i < MORE; i++) {
		int fd = come_in(f, session, AF_INET);
		session_abort(newest(f), &f->error);
		peer_close_all(&fd, 1);
	}
	fixture_turns(f, 1);
	ok(sessions_at(f->sessions, 2) == oldest, "but not the one that is looked at");
	is_int(sessions_count(f->sessions), SESSIONS_KEPT + 2, "others go instead of it");
	uint32_t hidden = session_number(oldest);
	ok(sessions_forget(f->sessions, oldest, &f->error), "by hand it goes like any other");
	ok(transcript_is_hidden(f->transcript, hidden), "and is hidden");
	sessions_keep_clients(f->sessions, 3);
	fixture_turns(f, 1);
	is_int(sessions_count(f->sessions), 5, "a smaller number holds at once");
	frame_entry_append(f->transcript, WIRE_FIRST + 8, clock_now(), &(struct frame_note){ 0 });
	sessions_hide_others(f->sessions);
	ok(!transcript_is_hidden(f->transcript, WIRE_FIRST + 8), "the wire's frames stay");
	ok(transcript_is_hidden(f->transcript, 3), "what those did who have left can be hidden");
	uint32_t kept = session_number(sessions_at(f->sessions, 3));
	ok(!transcript_is_hidden(f->transcript, kept) &&
	           !transcript_is_hidden(f->transcript, session_number(session)),
	   "of the others nothing is");
	sessions_keep_clients(f->sessions, 0);
	fixture_turns(f, 1);
	is_int(sessions_count(f->sessions), 2, "none is a number, too");
	peer_close_all(&stays, 1);
}

static void takes_many_at_once(struct fixture *f)
{
	enum { CLIENTS = 200 };
	int fd[CLIENTS];
	struct session *session = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	for (int i = 0; i < CLIENTS; i++)
		fd[i] = peer_connect(AF_INET, (uint16_t)port_of(session), PEER_MS);
	uint64_t turns = f->poller.turns;
	until(f, session_clients(session) == CLIENTS);
	is_int(session_clients(session), CLIENTS, "a crowd is let in");
	ok(f->poller.turns - turns < CLIENTS / 4, "several at a time");
	int asked = count_entries(f, session_number(session), CALL_ACCEPT, NULL);
	ok(asked < CLIENTS + 10, "with few useless calls");
	peer_close_all(fd, CLIENTS);
}

/* ---- limits ---- */

static struct session *limited(struct fixture *f, const struct session_limits *limits)
{
	struct session_options options = { .limits = limits };
	return listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, &options);
}

static uint64_t queue_of(const struct session *session, size_t index)
{
	struct endpoint local;
	return sample_get(session_socket_sample(session, index, &local), SAMPLE_QUEUE);
}

/* What it accepts no more waits in the kernel, is seen there, and keeps nobody awake. */
static void has_enough_clients(struct fixture *f)
{
	struct session_limits limits = { .clients = 2 };
	struct session *session = limited(f, &limits);
	uint16_t port = (uint16_t)port_of(session);
	int fd[5];
	for (int i = 0; i < 5; i++)
		fd[i] = peer_connect(AF_INET, port, PEER_MS);
	until(f, queue_of(session, 0) == 3);
	is_int(session_clients(session), 2, "as many as it may are accepted");
	is_int(queue_of(session, 0), 3, "the others are seen in the queue");
	is_int(count_states(f, session, "2 clients at a time (max-clients)"), 1, "which is said");
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	ok(!FD_ISSET(session->fd[0], &f->poller.wanted[0]), "they keep nobody awake");
	struct session *first = sessions_at(f->sessions, sessions_count(f->sessions) - 2);
	session_close(first, &f->error);
	until(f, queue_of(session, 0) == 2);
	is_int(session_clients(session), 2, "one that ends lets one in");
	limits.clients = 0;
	session_set_limits(session, &limits);
	until(f, session_clients(session) == 4);
	is_int(session_clients(session), 4, "without the limit all come in");
	limits.clients = 1;
	session_set_limits(session, &limits);
	fixture_turns(f, 2);
	is_int(session_clients(session), 4, "a limit below that ends none");
	int more = peer_connect(AF_INET, port, PEER_MS);
	step_pause(session, true, &f->error);
	until(f, session_is_readable(session));
	ok(step_accept(session, NULL, &f->error) && session_clients(session) == 5,
	   "by hand one more may be accepted");
	is_int(count_states(f, session, "1 client at a time (max-clients)"), 1,
	       "that there are enough was said when the limit was set, once");
	is_int(count_states(f, session, "at a time"), 2, "and nothing is repeated");
	peer_close_all(&more, 1);
	peer_close_all(fd, 5);
}

static void closes_idle_clients(struct fixture *f)
{
	struct session_limits limits = { .idle = 400 * CLOCK_MS };
	struct session *session = limited(f, &limits);
	int64_t begun = clock_now();
	int silent = come_in(f, session, AF_INET);
	struct session *idle = newest(f);
	int talks = come_in(f, session, AF_INET);
	struct session *busy = newest(f);
	int hears = come_in(f, session, AF_INET);
	struct session *told = newest(f);
	int64_t due = session->table->idle_due;
	ok(due >= begun + limits.idle && due <= clock_now() + limits.idle,
	   "it is looked when the first may be idle, not before");
	/* the longest that a busy machine may have kept the others from moving a byte */
	int64_t said = begun, longest = 0;
	while (session_state(idle) != SESSION_CLOSED && clock_now() < begun + 20 * CLOCK_S) {
		int64_t last = said;
		if (clock_now() - said > 50 * CLOCK_MS) {
			said = clock_now();
			peer_send(talks, "x", 1, PEER_MS);
			send_text(f, told, "y");
		}
		fixture_turn(f, clock_now() + 10 * CLOCK_MS);
		if (clock_now() - last > longest)
			longest = clock_now() - last;
	}
	ok(clock_now() - begun >= limits.idle, "who moves no byte is closed, and not too early");
	char reason[120];
	snprintf(reason, sizeof reason,
	         "closed: idle, nothing came and nothing was sent for 400 ms (max-idle of session "
	         "%u)",
	         session_number(session));
	is_text(last_state(f, idle), reason, "with a line that says why");
	ok(longest >= limits.idle ||
	           (session_state(busy) == SESSION_OPEN && session_state(told) == SESSION_OPEN),
	   "who sends or receives stays");
	is_int(peer_eof(silent, PEER_MS), 1, "the peer gets FIN");
	limits.idle = 0;
	session_set_limits(session, &limits);
	until(f, session->table->idle_due == 0);
	is_int(session->table->idle_due, 0, "without the limit nobody looks again");
	limits.idle = 50 * CLOCK_MS;
	session_set_limits(session, &limits);
	until(f, session_clients(session) == 0);
	ok(session_state(busy) == SESSION_CLOSED && session_state(told) == SESSION_CLOSED,
	   "a new one holds for who is there");
	peer_close_all((int[]){ silent, talks, hears }, 3);
}

static void add_rule(struct session *session, const char *text, bool allows)
{
	struct error error;
	struct session_limits limits = *session_limits(session);
	ok(network_rules_read(&limits.rules, text, allows, &error), "%s", text);
	session_set_limits(session, &limits);
}

/* Connects from this address. */
static int connect_from(const char *source, unsigned port)
{
	struct in_addr ip = { 0 };
	struct sockaddr_storage from, to;
	inet_pton(AF_INET, source, &ip);
	struct endpoint self = endpoint_of_ip(AF_INET, &ip, 0);
	struct endpoint there = endpoint_loopback(AF_INET, (uint16_t)port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t len = endpoint_to_sockaddr(&self, &from);
	if (bind(fd, (struct sockaddr *)&from, len) < 0)
		tap_diagnose("bind", source, strlen(source));
	len = endpoint_to_sockaddr(&there, &to);
	ok(connect(fd, (struct sockaddr *)&to, len) == 0, "connect() succeeds from %s", source);
	return fd;
}

static void refuses_networks(struct fixture *f)
{
	struct session_options options = { .once = true };
	struct session *session = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, &options);
	add_rule(session, "127.0.0.3", false);
	int denied = connect_from("127.0.0.3", port_of(session));
	until(f, count_states(f, session, "is denied (127.0.0.3): the kernel had connected it"));
	is_int(session_clients(session), 0, "who is denied is no client");
	is_int(session_state(session), SESSION_LISTENING, "nor the one that is waited for");
	is_int(peer_eof(denied, PEER_MS), -ECONNRESET, "and is reset");
	int fd = connect_from("127.0.0.4", port_of(session));
	until(f, session_state(session) == SESSION_CLOSED);
	is_int(session_state(newest(f)), SESSION_OPEN, "another is");
	struct session *client = newest(f);
	unsigned port = port_of(session);
	ok(reconnect_now(session, &f->error), "it listens again");
	until(f, session_state(session) == SESSION_LISTENING);
	is_int(port_of(session), port, "at the same port, although any was asked for");
	is_int(session_limits(session)->rules.count, 1, "with the same rules");
	add_rule(session, "127.0.0.4", false);
	fixture_turns(f, 2);
	is_int(session_state(client), SESSION_OPEN, "who is in stays when the rules change");
	ok(!session_limits(client), "a client has none");
	step_pause(session, true, &f->error);
	int by_hand = connect_from("127.0.0.4", port_of(session));
	until(f, session_is_readable(session));
	ok(step_accept(session, NULL, &f->error) && !session_waiting(session, NULL),
	   "by hand accept() takes who is denied, too");
	is_int(count_states(f, session, "is denied (127.0.0.4)"), 1, "and refuses");
	is_int(session_clients(session), 1, "them");
	peer_close_all((int[]){ denied, fd, by_hand }, 3);
}

/* ---- descriptors ---- */

static void backs_off_without_descriptors(struct fixture *f)
{
	struct rlimit old, few;
	getrlimit(RLIMIT_NOFILE, &old);
	struct session *session = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	int inside = come_in(f, session, AF_INET);
	struct session *client = newest(f);
	int waiting = peer_connect(AF_INET, (uint16_t)port_of(session), PEER_MS);
	few = old;
	few.rlim_cur = (rlim_t)waiting + 1;
	setrlimit(RLIMIT_NOFILE, &few);
	until(f, count_states(f, session, "EMFILE"));
	is_int(count_states(f, session,
	                    "clients must wait until a descriptor is closed: accept() = -1 EMFILE"),
	       1, "no descriptor for a client is reported");
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	ok(!FD_ISSET(session->fd[0], &f->poller.wanted[0]),
	   "then the listener is not looked at for a while");
	ok(f->poller.wake < clock_now() + CLOCK_S, "for a short one");
	int tries = count_entries(f, session_number(session), CALL_ACCEPT, NULL);
	int64_t begun = clock_now();
	fixture_turns(f, 5);
	ok(count_entries(f, session_number(session), CALL_ACCEPT, NULL) <=
	           tries + 1 + (clock_now() - begun) / (200 * CLOCK_MS),
	   "there is no busy loop");
	tries = count_entries(f, session_number(session), CALL_ACCEPT, NULL);
	until(f, count_entries(f, session_number(session), CALL_ACCEPT, NULL) > tries);
	is_int(count_states(f, session, "EMFILE"), 1, "trying again is not reported again");
	session_close(client, &f->error);
	uint64_t turns = f->poller.turns;
	until(f, session_clients(session) == 1 && newest(f) != client);
	ok(session_clients(session) == 1 && f->poller.turns - turns < 20,
	   "a closed descriptor lets the next client in");
	setrlimit(RLIMIT_NOFILE, &old);
	peer_close_all((int[]){ inside, waiting }, 2);
}

static bool is_open(const struct session *session)
{
	return session_state(session) == SESSION_OPEN;
}

/* Clients that have sent FIN to a server without a service wait for a person, but not forever. */
static void makes_room(struct fixture *f)
{
	enum { MOST = 64, MANY = 150 };
	struct rlimit old, few;
	getrlimit(RLIMIT_NOFILE, &old);
	few = old;
	few.rlim_cur = MOST;
	struct session *session = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	struct session *other = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	int stays = come_in(f, session, AF_INET);
	struct session *open = newest(f);
	int fd = come_in(f, other, AF_INET);
	struct session *looked_at = newest(f);
	close(fd);
	until(f, session_peer_closed(looked_at));
	sessions_pin(f->sessions, looked_at);
	fd = come_in(f, session, AF_INET);
	struct session *paused = newest(f);
	step_pause(paused, true, &f->error);
	peer_half_close(fd);
	fd = come_in(f, other, AF_INET);
	struct session *first = newest(f);
	uint32_t number = session_number(first);
	close(fd);
	until(f, session_peer_closed(first));
	session_close(other, &f->error);
	sessions_forget(f->sessions, other, &f->error);
	setrlimit(RLIMIT_NOFILE, &few);
	int highest = 0;
	for (int i = 0; i < MANY && !count_states(f, session, "EMFILE"); i++) {
		uint32_t before = session_number(newest(f));
		fd = peer_connect(AF_INET, (uint16_t)port_of(session), PEER_MS);
		until(f, session_number(newest(f)) > before || count_states(f, session, "EMFILE"));
		struct session *client = newest(f);
		highest = client->fd[0] > highest ? client->fd[0] : highest;
		if (i % 10 == 5)
			peer_reset(fd);
		else
			close(fd);
		until(f, session_peer_closed(client) || session_state(client) == SESSION_CLOSED);
		if (i == 5)
			is_int(session_state(first), SESSION_OPEN,
			       "who has sent FIN stays at first");
	}
	fixture_turns(f, 2);
	ok(highest <= MOST / 4 * 3 + 2, "three quarters of the descriptors are not exceeded");
	is_int(count_states(f, session, "EMFILE"), 0, "so nobody has to wait");
	ok(is_open(open) && is_open(looked_at) && is_open(paused),
	   "who has not sent FIN stays, and what is looked at or paused");
	ok(!sessions_numbered(f->sessions, number) ||
	           session_state(sessions_numbered(f->sessions, number)) == SESSION_CLOSED,
	   "the oldest goes, though its listener has gone before");
	is_int(count_entries(f, number, CALL_STATE,
	                     "closed to make room: the peer had sent FIN, and 49 of 64 "
	                     "descriptors are in use"),
	       1, "and says why");
	ok(is_open(newest(f)) && session_peer_closed(newest(f)), "the newest stays in CLOSE_WAIT");
	is_int(count_states(f, session,
	                    "of 64 descriptors are in use: clients that have sent FIN are closed "
	                    "from now on, the oldest first"),
	       1, "the listener says it once");
	setrlimit(RLIMIT_NOFILE, &old);
	sessions_pin(f->sessions, NULL);
	peer_close_all(&stays, 1);
}

/* With a limit above FD_SETSIZE accept() would give descriptors that select() cannot watch. */
static void has_no_low_descriptor(struct fixture *f)
{
	static int filler[FD_SETSIZE];
	struct rlimit old, more;
	getrlimit(RLIMIT_NOFILE, &old);
	more = old;
	more.rlim_cur = FD_SETSIZE + 64;
	if (old.rlim_max < more.rlim_cur || setrlimit(RLIMIT_NOFILE, &more)) {
		tap_skip("no descriptors above FD_SETSIZE here");
		return;
	}
	struct session *session = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	size_t count = 0;
	while (count < FD_SETSIZE && (count == 0 || filler[count - 1] < FD_SETSIZE - 1))
		filler[count++] = dup(STDERR_FILENO);
	int fd = peer_connect(AF_INET, (uint16_t)port_of(session), PEER_MS);
	int other = peer_connect(AF_INET, (uint16_t)port_of(session), PEER_MS);
	int64_t begun = clock_now();
	until(f, count_states(f, session, "clients must wait until a descriptor is closed: "
	                                  "select() watches only those below FD_SETSIZE"));
	fixture_turns(f, 5);
	is_int(count_entries(f, session_number(session), CALL_ACCEPT, NULL), 0, "a client too many stays in the queue");
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	ok(!FD_ISSET(session->fd[0], &f->poller.wanted[0]) && f->poller.wake < clock_now() + CLOCK_S,
	   "which is not looked at for a while");
	uint64_t turns = f->poller.turns;
	until(f, clock_now() - begun > 500 * CLOCK_MS);
	ok(f->poller.turns - turns < 100, "there is no busy loop");
	is_int(count_states(f, session, "FD_SETSIZE"), 1, "and it is said once");
	step_pause(session, true, &f->error);
	step_accept(session, NULL, &f->error);
	until(f, count_states(f, session, "turned away"));
	is_int(session_clients(session), 0, "by hand it is accepted, and turned away");
	fixture_turns(f, 1);
	is_int(peer_eof(fd, PEER_MS), 1, "it gets FIN");
	step_pause(session, false, &f->error);
	peer_close_all(filler, count);
	setrlimit(RLIMIT_NOFILE, &old);
	until(f, session_clients(session) == 1);
	is_int(session_clients(session), 1, "when there is room the next one comes in");
	peer_close_all((int[]){ fd, other }, 2);
}

static int count_readings(const struct fixture *f, const struct session *session)
{
	return count_entries(f, session_number(session), CALL_SAMPLE, NULL);
}

/* Each socket has a queue of its own, and none of them is polled while it has one. */
static void keeps_the_queues_apart(struct fixture *f)
{
	struct session *session = listen_on(f, TRANSPORT_TCP, "", 0, NULL);
	if (!peer_has_ipv6()) {
		tap_skip("no IPv6 here");
		return;
	}
	uint16_t port = (uint16_t)port_of(session);
	step_pause(session, true, &f->error);
	fixture_turns(f, 2);
	int six = peer_connect(AF_INET6, port, PEER_MS);
	until(f, queue_of(session, 1) == 1);
	is_int(queue_of(session, 1), 1, "a client that waits at the second address is noticed");
	is_int(queue_of(session, 0), 0, "and not counted at the first");
	int fd[2] = { peer_connect(AF_INET, port, PEER_MS), peer_connect(AF_INET, port, PEER_MS) };
	until(f, queue_of(session, 0) == 2);
	is_int(queue_of(session, 0), 2, "two more wait at the first");
	is_int(queue_of(session, 1), 1, "where the second still has its one");
	int samples = count_readings(f, session);
	for (int i = 0; i < 10; i++)
		sessions_sample(f->sessions, session);
	is_int(count_readings(f, session), samples, "looking again writes nothing down");
	struct endpoint local;
	session_socket_sample(session, 1, &local);
	is_int(local.family, AF_INET6, "each has its address");
	step_pause(session, false, &f->error);
	until(f, session_clients(session) == 3);
	sessions_sample(f->sessions, session);
	is_int(queue_of(session, 0) + queue_of(session, 1), 0, "accepted, none waits any more");
	peer_close_all(&six, 1);
	peer_close_all(fd, 2);
}

/* Two listeners on one port of two addresses, and one that has the port after another. */
static void knows_whose_client_it_is(struct fixture *f)
{
	struct session *one = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	struct session *two = listen_on(f, TRANSPORT_TCP, "127.0.0.2", port_of(one), NULL);
	int fd = come_in(f, one, AF_INET);
	struct session *client = newest(f);
	is_int(session_listener(client), session_number(one), "a client knows its listener");
	is_int(session_clients(two), 0, "another on the same port has none");
	unsigned port = port_of(one);
	session_close(one, &f->error);
	fixture_turns(f, 2);
	struct session *after = listen_on(f, TRANSPORT_TCP, "127.0.0.1", port, NULL);
	until(f, session_state(after) == SESSION_LISTENING);
	is_int(session_listener(client), session_number(one),
	       "nor is it the next one's that has the port");
	is_int(session_listener(after), 0, "a listener has none");
	peer_close_all(&fd, 1);
}

/* Hundreds of clients take longer than a frame of the terminal. Nobody is served twice before all others
 * once. */
static void hurries_for_a_key(struct fixture *f)
{
	enum { MANY = 400 };
	static int fd[MANY];
	static struct session *client[MANY];
	int keys[2];
	struct session_options options = { .service = service_find("echo") };
	struct session *session = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, &options);
	for (int i = 0; i < MANY; i++) {
		fd[i] = come_in(f, session, AF_INET);
		client[i] = newest(f);
	}
	ok(pipe(keys) == 0 && write(keys[1], "k", 1) == 1, "a key waits");
	sessions_hurry_for(f->sessions, keys[0]);
	for (int i = 0; i < MANY; i++)
		peer_send(fd[i], "hello", 5, PEER_MS);
	for (int i = 0; i < MANY; i++)
		peer_wait(client[i]->fd[0], POLLIN, PEER_MS);
	int turns = 0, served = 0, twice = 0;
	while (served < MANY && turns++ < MANY) {
		poller_reset(&f->poller);
		sessions_prepare(f->sessions, &f->poller);
		poller_wait(&f->poller);
		sessions_serve(f->sessions, &f->poller);
		served = 0;
		for (int i = 0; i < MANY; i++)
			served += session_counts(client[i])->receives > 0;
		for (int i = 0; i < MANY && served < MANY; i++)
			twice += session_counts(client[i])->receives > 1;
		peer_send(fd[0], "again", 5, PEER_MS);
	}
	ok(turns > 1, "so a turn does not serve all of them");
	is_int(twice, 0, "the next one begins with the others");
	is_int(served, MANY, "and each has its turn");
	char key;
	ok(read(keys[0], &key, 1) == 1, "without a key");
	uint64_t before = session_counts(client[MANY - 1])->receives;
	for (int i = 0; i < MANY; i++)
		peer_send(fd[i], "hello", 5, PEER_MS);
	for (int i = 0; i < MANY; i++)
		peer_wait(client[i]->fd[0], POLLIN, PEER_MS);
	fixture_turn(f, 0);
	while (session_counts(client[1])->receives < 2 && fixture_turn(f, clock_now() + CLOCK_S))
		continue;
	is_int(session_counts(client[MANY - 1])->receives, before + 1, "it does");
	sessions_hurry_for(f->sessions, -1);
	peer_close_all(keys, 2);
	peer_close_all(fd, MANY);
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
	tap_watchdog(30);
	run(obeys_options);
	run(tries_again);
	run(binds_the_first_address);
	run(makes_sessions_of_clients);
	run(keeps_the_queues_apart);
	run(knows_whose_client_it_is);
	run(takes_one_client);
	run(forgets_old_clients);
	run(takes_many_at_once);
	run(has_enough_clients);
	run(closes_idle_clients);
	run(refuses_networks);
	run(backs_off_without_descriptors);
	run(makes_room);
	run(has_no_low_descriptor);
	run(hurries_for_a_key);
	return tap_done();
}
