// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/session.h"

#include <locale.h>
#include <poll.h>
#include <sys/resource.h>

#include "net/dialled.h"
#include "net/fixture.h"
#include "net/reconnect.h"
#include "net/service.h"
#include "net/session_internal.h"

/* ---- opening ---- */

static void connects(struct fixture *f)
{
	char want[256], local[ENDPOINT_TEXT], text[64];
	struct couple c = make_couple(f);
	is_int(session_state(c.session), SESSION_OPEN, "a session opens");
	is_int(session_tcp_state(c.session), STATE_ESTABLISHED, "its state has TCP's name");
	struct endpoint addr = session_local(c.session), peer = peer_addr(c.peer);
	snprintf(want, sizeof want, "%s <-> 127.0.0.1:%u connected in ",
	         endpoint_format(&addr, local), peer.port);
	ok(strncmp(last_state(f, c.session), want, strlen(want)) == 0,
	   "one line says both ends and the time");
	is_int(count_states(f, c.session, NULL), 1, "and no other");
	is_int(session_peer(c.session).port, peer.port, "the peer is known");
	ok(send_text(f, c.session, "hello"), "it sends");
	peer_recv_until(c.peer, text, sizeof text, "hello", PEER_MS);
	is_text(text, "hello", "what was sent arrives");
	peer_send(c.peer, "world", 5, PEER_MS);
	until(f, has_received(f, c.session, "world"));
	ok(has_received(f, c.session, "world"), "what the peer sends is received");
	const struct session_counts *counts = session_counts(c.session);
	ok(counts->sent_bytes == 5 && counts->received_bytes == 5 && counts->sends == 1 &&
	           counts->receives == 1,
	   "both are counted");
	is_int(count_entries(f, session_number(c.session), CALL_RECV, NULL), 1,
	       "one message costs one recv()");
	end_couple(&c);
}

static void stays_idle(struct fixture *f)
{
	struct couple c = make_couple(f);
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	ok(f->poller.wake == INT64_MAX && f->poller.lazy == INT64_MAX,
	   "an idle session asks for no wake-up");
	ok(FD_ISSET(c.session->fd[0], &f->poller.wanted[0]), "it waits for bytes");
	ok(!FD_ISSET(c.session->fd[0], &f->poller.wanted[1]), "and not for room to write");
	end_couple(&c);
}

static void shows_arrows(struct fixture *f)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		tap_skip("no C.UTF-8 here");
		return;
	}
	struct couple c = make_couple(f);
	ok(strstr(last_state(f, c.session), " ⇄ 127.0.0.1:"), "a UTF-8 locale has an arrow");
	setlocale(LC_CTYPE, "C");
	end_couple(&c);
}

static void is_refused_and_connects_again(struct fixture *f)
{
	char want[256], text[64];
	int fd = peer_refused(AF_INET);
	struct session *session = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(fd), NULL);
	until(f, session_state(session) == SESSION_CLOSED);
	snprintf(want, sizeof want,
	         "127.0.0.1:%u: Connection refused (RST to our SYN: nobody listens there)",
	         peer_port(fd));
	is_text(last_failure(f, session), want, "a refusal is explained in one line");
	is_int(count_states(f, session, NULL), 1, "and in no other");
	is_int(session_end(session), SESSION_ENDED_FAILED, "it has failed");
	is_int(session_tcp_state(session), STATE_GONE, "it is closed, and stays");
	ok(!send_text(f, session, "x") && strstr(f->error.text, "is closed"),
	   "sending is refused in one line");
	uint32_t number = session_number(session);
	if (listen(fd, 1))
		abort();
	ok(reconnect_now(session, &f->error), "it can be connected again");
	ok(!reconnect_now(session, &f->error), "but not twice");
	until(f, session_state(session) == SESSION_OPEN);
	int peer = peer_accept(fd, PEER_MS);
	send_text(f, session, "again");
	peer_recv_until(peer, text, sizeof text, "again", PEER_MS);
	is_text(text, "again", "now somebody listens");
	ok(session_number(session) == number && session_end(session) == SESSION_NOT_ENDED,
	   "under the same number");
	peer_close_all((int[]){ fd, peer }, 2);
}

static void gives_up_in_time(struct fixture *f)
{
	int fill[PEER_FILL];
	char want[256];
	int fd = peer_blackhole(AF_INET, fill);
	if (fd < 0) {
		tap_skip("no queue could be filled here");
		return;
	}
	struct session_options options = { .timeout = 50 * CLOCK_MS };
	struct session *session = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(fd), &options);
	is_int(session_tcp_state(session), STATE_SYN_SENT, "connecting has TCP's name");
	int64_t begun = clock_now();
	until(f, session_state(session) == SESSION_CLOSED);
	ok(clock_now() - begun < 10 * CLOCK_S, "the limit for connecting is kept");
	snprintf(want, sizeof want,
	         "127.0.0.1:%u timed out: no answer to our SYN within the limit of 50",
	         peer_port(fd));
	ok(strncmp(last_failure(f, session), want, strlen(want)) == 0, "and reported");
	is_int(session_end(session), SESSION_ENDED_FAILED, "as a failure");
	session = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(fd), NULL);
	ok(session_close(session, &f->error), "a session that connects forever can be closed");
	is_text(last_state(f, session), "closed before it was connected", "which is reported");
	ok(!session_close(session, &f->error), "but not twice");
	peer_close_all(fill, PEER_FILL);
	peer_close_all(&fd, 1);
}

/* 127.0.0.`first` and 127.0.0.1 */
static struct session *open_to_two(struct fixture *f, uint8_t first, unsigned port)
{
	struct endpoint loopback = { .family = AF_INET,
		                     .port = (uint16_t)port,
		                     .ip = { 127, 0, 0, 1 } };
	struct lookup_answer answer = { .addr = { loopback, loopback }, .count = 2 };
	answer.addr[0].ip[3] = first;
	return dial_to(f, &answer, 0);
}

static void tells_a_story(struct fixture *f)
{
	char want[256];
	int listener = peer_listen(AF_INET, 1), refused = peer_refused(AF_INET);
	struct session *session = open_to_two(f, 2, peer_port(listener));
	until(f, session_state(session) == SESSION_OPEN);
	snprintf(want, sizeof want,
	         "try 1 127.0.0.2: Connection refused, try 2 127.0.0.1 connected in ");
	is_int(count_states(f, session, want), 1,
	       "every address is tried in turn, and one line lists them");
	is_int(count_states(f, session, NULL), 2, "then both ends in another");
	session = open_to_two(f, 2, peer_port(refused));
	until(f, session_state(session) == SESSION_CLOSED);
	is_text(last_failure(f, session),
	        "try 1 127.0.0.2: Connection refused, try 2 127.0.0.1: Connection refused (RST to "
	        "our SYN: nobody listens "
	        "there)",
	        "where all fail the last one explains itself");
	is_int(count_entries(f, session_number(session), CALL_CLOSE, NULL), 2,
	       "each socket was closed");
	peer_close_all((int[]){ listener, refused }, 2);
}

static void limits_all_addresses_together(struct fixture *f)
{
	int fill[PEER_FILL];
	int fd = peer_blackhole(AF_INET, fill);
	if (fd < 0) {
		tap_skip("no queue could be filled here");
		return;
	}
	struct session *session = open_to_two(f, 1, peer_port(fd));
	session_set_timeout(session, 40 * CLOCK_MS);
	until(f, session_state(session) == SESSION_CLOSED);
	ok(strstr(last_failure(f, session),
	          "try 1 127.0.0.1 timed out: no answer to our SYN within the limit of 40"),
	   "the limit holds for all addresses together");
	peer_close_all(fill, PEER_FILL);
	peer_close_all(&fd, 1);
}

static void connects_over_ipv6(struct fixture *f)
{
	if (!peer_has_ipv6()) {
		tap_skip("no ::1 here");
		return;
	}
	int listener = peer_listen(AF_INET6, 1);
	struct session *session = open_to(f, TRANSPORT_TCP, "::1", peer_port(listener), NULL);
	until(f, session_state(session) == SESSION_OPEN);
	ok(strstr(last_state(f, session), "<-> [::1]:"), "IPv6 works and is written in brackets");
	ok(strncmp(session_name(session), "[::1]:", 6) == 0, "in the name, too");
	peer_close_all(&listener, 1);
}

static void looks_names_up(struct fixture *f)
{
	int listener = peer_listen(AF_INET, 4);
	struct session_options options = { .family = AF_INET };
	struct session *session =
	        open_to(f, TRANSPORT_TCP, "localhost", peer_port(listener), &options);
	is_int(session_tcp_state(session), STATE_RESOLVING, "a name is looked up beside the loop");
	ok(send_text(f, session, "early"), "what is sent meanwhile waits");
	until(f, session_state(session) == SESSION_OPEN);
	is_int(session_state(session), SESSION_OPEN, "and found");
	is_int(count_entries(f, session_number(session), CALL_GETADDRINFO, "127.0.0.1:"), 1,
	       "which is written down");
	char text[64];
	int peer = peer_accept(listener, PEER_MS);
	peer_recv_until(peer, text, sizeof text, "early", PEER_MS);
	is_text(text, "early", "then what waited is sent");
	options = (struct session_options){ .numeric = true };
	session = open_to(f, TRANSPORT_TCP, "localhost", peer_port(listener), &options);
	is_int(session_state(session), SESSION_CLOSED, "without look-ups a name is an error");
	ok(strstr(last_failure(f, session), "localhost"), "that names it");
	session = open_to(f, TRANSPORT_TCP, "localhost", peer_port(listener), NULL);
	session_close(session, &f->error);
	is_int(session_state(session), SESSION_CLOSED, "a look-up can be given up");
	fixture_turns(f, 2);
	peer_close_all((int[]){ listener, peer }, 2);
}

static void limits_look_ups(struct fixture *f)
{
	struct session_options options = { .timeout = 1 };
	struct session *session = open_to(f, TRANSPORT_TCP, "localhost", 1, &options);
	poller_reset(&f->poller);
	sessions_serve(f->sessions, &f->poller);
	ok(strstr(last_failure(f, session), "timed out: no answer to the look-up of localhost"),
	   "the limit holds for the look-up, too");
}

/* How often it has set this option. */
static int count_options(const struct fixture *f, const struct session *session, int name)
{
	int count = 0;
	uint64_t at = transcript_last(f->transcript, session_number(session));
	for (; at != TRANSCRIPT_NONE; at = transcript_before(f->transcript, at)) {
		const struct entry *entry = transcript_at(f->transcript, at);
		count += entry->call == CALL_SETSOCKOPT && entry->arg == name;
	}
	return count;
}

static void binds_locally(struct fixture *f)
{
	char port[8];
	struct couple c = connect_couple(f, peer_listen(AF_INET, 8),
	                                 &(struct session_options){ .local_host = "127.0.0.3" });
	is_int(session_local(c.session).ip[3], 3, "a local address is obeyed");
	end_couple(&c);

	unsigned number = session_local(c.session).port;
	snprintf(port, sizeof port, "%u", number);
	struct session_options options = { .local_host = "127.0.0.4", .local_port = port };
	c = connect_couple(f, peer_listen(AF_INET, 8), &options);
	is_int(session_local(c.session).port, number, "and so is a local port");
	session_close(c.session, &f->error);
	fixture_turns(f, 1);
	peer_eof(c.peer, PEER_MS);
	peer_close_all(&c.peer, 1);
	c.peer = -1;
	until(f, (sessions_sample(f->sessions, c.session),
	          session_tcp_state(c.session) == STATE_TIME_WAIT));
	ok(reconnect_now(c.session, &f->error), "it can be used again");
	until(f, session_state(c.session) == SESSION_OPEN ||
	                 session_state(c.session) == SESSION_CLOSED);
	is_int(session_state(c.session), SESSION_OPEN, "at once, TIME_WAIT or not");
	is_int(session_local(c.session).port, number, "and is the same");
	is_int(count_options(f, c.session, SO_REUSEADDR), 2, "by SO_REUSEADDR, which is visible");
	end_couple(&c);

	options = (struct session_options){ .local_host = "::1" };
	struct session *session = open_to(f, TRANSPORT_TCP, "127.0.0.1", 9, &options);
	ok(strstr(last_failure(f, session), "127.0.0.1:9: not tried (the local address"),
	   "a local address of another family is reported, and no call claimed that was not made");
	options = (struct session_options){ .local_host = "198.51.100.7" };
	session = open_to(f, TRANSPORT_TCP, "127.0.0.1", 9, &options);
	ok(strstr(last_failure(f, session), "bind(198.51.100.7:0) = -1 EADDRNOTAVAIL"),
	   "and so is one that is not ours");
}

/* ---- descriptors ---- */

static void runs_out_of_descriptors(struct fixture *f)
{
	struct rlimit old, none = { 0 };
	int listener = peer_listen(AF_INET, 1);
	getrlimit(RLIMIT_NOFILE, &old);
	none.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_NOFILE, &none);
	struct session *session = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(listener), NULL);
	setrlimit(RLIMIT_NOFILE, &old);
	is_int(session_state(session), SESSION_CLOSED, "without descriptors a session cannot open");
	ok(strstr(last_failure(f, session), "socket() = -1 EMFILE"), "and says why");
	reconnect_now(session, &f->error);
	until(f, session_state(session) == SESSION_OPEN);
	is_int(session_state(session), SESSION_OPEN, "it works again when there are some");
	peer_close_all(&listener, 1);
}

static void refuses_high_descriptors(struct fixture *f)
{
	static int filler[FD_SETSIZE];
	struct rlimit old, more;
	getrlimit(RLIMIT_NOFILE, &old);
	more = old;
	more.rlim_cur = FD_SETSIZE + 16;
	if (old.rlim_max < more.rlim_cur || setrlimit(RLIMIT_NOFILE, &more)) {
		tap_skip("no descriptors above FD_SETSIZE here");
		return;
	}
	size_t count = 0;
	int fd = peer_listen(AF_INET, 1);
	while (count < FD_SETSIZE && fd >= 0 && (count == 0 || filler[count - 1] < FD_SETSIZE - 1))
		filler[count++] = dup(fd);
	struct session *session;
	do { /* a look-up that has been given up may close one meanwhile */
		session = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(fd), NULL);
	} while (session->fd_count > 0);
	ok(count_states(f, session, "select() can only watch those below FD_SETSIZE"),
	   "a descriptor too high is refused");
	is_int(count_states(f, session, "EMFILE"), 0, "and socket() is not said to have failed");
	is_int(session_state(session), SESSION_CLOSED, "the session is closed");
	sessions_reap(f->sessions);
	is_int(count_entries(f, session_number(session), CALL_CLOSE, NULL), 1,
	       "and so is the descriptor");
	peer_close_all(filler, count);
	peer_close_all(&fd, 1);
	setrlimit(RLIMIT_NOFILE, &old);
}

/* ---- the table ---- */

static void has_names_and_numbers(struct fixture *f)
{
	struct session_options options = { .name = "first" };
	int fd = peer_refused(AF_INET);
	struct session *a = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(fd), &options);
	struct session *b = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(fd), NULL);
	is_text(session_name(a), "first", "a name can be given");
	ok(!open_to(f, TRANSPORT_TCP, "127.0.0.1", 9, &options) && strstr(f->error.text, "first"),
	   "but not twice");
	ok(sessions_named(f->sessions, "first") == a && !sessions_named(f->sessions, "nobody"),
	   "it finds the session");
	ok(!session_rename(b, "first", &f->error), "another cannot have it");
	ok(session_rename(a, "first", &f->error), "keeping it is no mistake");
	static const char *const wrong[] = {
		"", "12", "@x", "a b", "a\tb", "a\x7f", "12345678901234567890123456789012"
	};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(!session_rename(b, wrong[i], &f->error), "\"%s\" is no name", wrong[i]);
	ok(session_rename(b, "서버", &f->error), "other scripts are welcome");
	uint32_t number = session_number(b);
	ok(sessions_numbered(f->sessions, number) == b, "a number finds its session");
	ok(!sessions_numbered(f->sessions, 0) && !sessions_numbered(f->sessions, number + 1),
	   "others find none");
	ok(!sessions_forget(f->sessions, b, &f->error), "an open session is not forgotten");
	until(f, session_state(b) == SESSION_CLOSED);
	size_t count = sessions_count(f->sessions);
	ok(sessions_forget(f->sessions, b, &f->error), "an ended one is");
	is_int(sessions_count(f->sessions), count - 1, "and gone");
	struct session *c =
	        open_to(f, TRANSPORT_TCP, "a.very.long.host.name.that.does.not.fit.example", 65535,
	                &(struct session_options){ .numeric = true });
	ok(session_number(c) == number + 1, "its number is not given again");
	is_text(session_name(c), "a.very.long.host.name.tha:65535", "a long host keeps its port");
	ok(sessions_at(f->sessions, 0) && !sessions_at(f->sessions, sessions_count(f->sessions)),
	   "the table ends");
	peer_close_all(&fd, 1);
}

static void refuses_what_makes_no_sense(struct fixture *f)
{
	struct couple c = make_couple(f);
	struct endpoint other = { .family = AF_INET, .port = 1 };
	ok(!session_send_to(c.session, &other, "x", 1, &f->error), "TCP has one peer");
	ok(!session_choose_peer(c.session, 1, &f->error), "that is not chosen");
	ok(!sessions_set_service(f->sessions, c.session, service_find("echo"), NULL, &f->error),
	   "a client serves nobody");
	is_int(session_peer_count(c.session), 0, "and has no list of peers");
	session_close(c.session, &f->error);
	ok(!session_shutdown(c.session, SHUT_WR, &f->error) &&
	           !session_abort(c.session, &f->error) &&
	           !session_send(c.session, "x", 1, &f->error),
	   "a closed one does nothing");
	end_couple(&c);
}

static char tapped[64];

static void tap_bytes(void *context, struct session *session, const char *data, size_t len)
{
	(void)session;
	(void)context;
	strncat(tapped, data, len);
}

static void is_tapped(struct fixture *f)
{
	struct couple c = make_couple(f);
	sessions_tap(f->sessions, tap_bytes, NULL);
	peer_send(c.peer, "drink", 5, PEER_MS);
	until(f, has_received(f, c.session, "drink"));
	is_text(tapped, "drink", "the tap gives what arrives");
	end_couple(&c);
}

static uint64_t newest_call(const struct fixture *f, const struct session *session, enum call call)
{
	uint64_t at = transcript_last(f->transcript, session_number(session));
	while (at != TRANSCRIPT_NONE && transcript_at(f->transcript, at)->call != call)
		at = transcript_before(f->transcript, at);
	return at;
}

/* In one turn both are ready: a client has come in, and a connection has come to its end, here as if
 * by RST. */
static void connects_before_it_accepts(struct fixture *f)
{
	int fill[PEER_FILL], fd = peer_blackhole(AF_INET, fill);
	if (fd < 0) {
		tap_skip("no queue could be filled here");
		return;
	}
	struct session *listener = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	struct session *session = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(fd), NULL);
	int client = peer_connect(AF_INET, session_local(listener).port, PEER_MS);
	ok(session_state(session) == SESSION_CONNECTING && session_clients(listener) == 0 &&
	           peer_wait(listener->fd[0], POLLIN, PEER_MS),
	   "one connects, to the other a client comes");
	shutdown(session->fd[0], SHUT_RDWR);
	fixture_turns(f, 1);
	uint64_t connected = newest_call(f, session, CALL_CONNECT);
	uint64_t accepted = newest_call(f, listener, CALL_ACCEPT);
	ok(session_state(session) == SESSION_CLOSED && session_clients(listener) == 1,
	   "a turn serves both");
	ok(connected < accepted && accepted != TRANSCRIPT_NONE,
	   "the end of connect() is written down before accept()");
	peer_close_all((int[]){ client, fd }, 2);
	peer_close_all(fill, PEER_FILL);
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
	run(connects);
	run(stays_idle);
	run(shows_arrows);
	run(is_refused_and_connects_again);
	run(gives_up_in_time);
	run(tells_a_story);
	run(limits_all_addresses_together);
	run(connects_before_it_accepts);
	run(connects_over_ipv6);
	run(looks_names_up);
	run(limits_look_ups);
	run(binds_locally);
	run(runs_out_of_descriptors);
	run(refuses_high_descriptors);
	run(has_names_and_numbers);
	run(refuses_what_makes_no_sense);
	run(is_tapped);
	return tap_done();
}
