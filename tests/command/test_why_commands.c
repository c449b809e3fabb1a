// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"
#include "command/queue.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <sys/socket.h>

#include "app/fixture.h"
#include "app/page.h"
#include "support/peer.h"

/* What the pane says: a note or a mistake. */
static const char *say(struct app *app, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
static const char *say(struct app *app, const char *format, ...)
{
	char line[256];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	queue_type(app, line, strlen(line));
	return app_fixture_note(app, app_shown(app));
}

/* All of these are in what /why says; ended by NULL. */
static void why_says(struct app *app, const char *name, const char *const wants[])
{
	const char *said = say(app, "/why");
	bool all = true;
	for (size_t i = 0; wants[i]; i++) {
		bool there = strstr(said, wants[i]) != NULL;
		if (!there)
			printf("#   missing: %s\n", wants[i]);
		all = all && there;
	}
	if (!ok(all, "%s", name))
		tap_diagnose("said", said, strlen(said));
}

#define WHY(app, name, ...) why_says(app, name, (const char *const[]){ __VA_ARGS__, NULL })

static enum session_state state(const struct app *app)
{
	return session_state(app->current);
}

static uint32_t failed(const struct app *app)
{
	const struct session *aside = sessions_aside(app->sessions);
	return aside ? session_number(aside) : 0;
}

/* A session that fails to open, and so has no tab. */
static void fails(struct app *app, const char *name, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
static void fails(struct app *app, const char *name, const char *format, ...)
{
	char line[256];
	va_list args;
	uint32_t before = failed(app);
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	queue_type(app, line, strlen(line));
	wait_for(app, failed(app) != before, name);
}

/* An open session to a peer of the test; it is the current one. */
static int connect_peer(struct app *app, int listener)
{
	say(app, "/open 127.0.0.1 %u", peer_port(listener));
	wait_for(app, state(app) != SESSION_CONNECTING, "connected");
	return peer_accept(listener, PEER_MS);
}

static void test_named(struct app *app)
{
	is_text(say(app, "/why"), "no session: /open HOST PORT makes one", "no session");
	const char *said = say(app, "/why epipe");
	ok(strncmp(said, "EPIPE (32): broken pipe\nFrom send, shutdown.\nThere is nobody", 60) ==
	                   0 ||
	           EPIPE != 32,
	   "one by name, without a session");
	ok(strstr(said, "\nWho says so: this kernel") && strstr(said, "\nNext: read until"),
	   "with who says so, and what to do");
	ok(strstr(say(app, "/why EAI_AGAIN"), "EAI_AGAIN\nFrom getaddrinfo.\n"), "of a look-up");
	is_text(say(app, "/why EPIPPE"), "no socket call returns EPIPPE: did you mean EPIPE?",
	        "a wrong one");
	is_text(say(app, "/why no such"), "why: \"such\" is one word too many: /why [<error>]",
	        "two");
}

static void test_refused(struct app *app)
{
	int refused = peer_refused(AF_INET);
	fails(app, "refused", "/open 127.0.0.1 %u", peer_port(refused));
	WHY(app, "ECONNREFUSED of TCP",
	    "connect(127.0.0.1:", ") = -1 ECONNREFUSED: connection refused, after ", "\nAt ",
	    " ago, in session ", "\nRST to our SYN: nobody listens there.\n",
	    "\nWho says so: the kernel of the machine", "\nNext: is the server running?");
	const char *said = say(app, "/why");
	ok(!strstr(said, "SO_ERROR"), "not of the call that reported it");
	ok(strstr(said, "in session 1 ("), "of which session");
	ok(!app->current, "which has no tab");
	close(refused);
}

static void test_other_address(struct app *app)
{
	int refused = peer_refused(AF_INET);
	unsigned port = peer_port(refused);
	say(app, "/listen 127.0.0.2 %u as elsewhere", port);
	wait_for(app, state(app) == SESSION_LISTENING, "a listener");
	fails(app, "refused", "/open 127.0.0.1 %u", port);
	WHY(app, "who listens elsewhere", " (elsewhere) has that port, but at 127.0.0.2:");
	say(app, "/close @elsewhere");
	close(refused);
}

static void test_udp_refused(struct app *app)
{
	int refused = peer_udp_refused(AF_INET);
	say(app, "/open udp 127.0.0.1 %u", peer_port(refused));
	wait_for(app, state(app) == SESSION_OPEN, "a UDP session");
	say(app, "hello");
	wait_for(app, session_counts(app->current)->refused > 0, "ICMP has come");
#ifdef __linux__
	WHY(app, "ECONNREFUSED of UDP", "ECONNREFUSED: connection refused\n",
	    "ICMP port unreachable (3/3) came from 127.0.0.1");
#else
	WHY(app, "ECONNREFUSED of UDP", "ECONNREFUSED", "ICMP port unreachable");
#endif
	close(refused);
}

static void test_reset(struct app *app, int listener)
{
	int peer = connect_peer(app, listener);
	is_text(say(app, "/why"), "nothing has failed in session 5", "nothing has failed");
	peer_reset(peer);
	wait_for(app, state(app) == SESSION_CLOSED, "a reset");
	WHY(app, "ECONNRESET without a byte sent", "recv(", ") = -1 ECONNRESET: ",
	    "\nNo FIN had come before: the peer did not close in order.\nWe had sent nothing, so ");
	peer = connect_peer(app, listener);
	say(app, "hello");
	peer_wait(peer, POLLIN, PEER_MS);
	peer_reset(peer);
	wait_for(app, state(app) == SESSION_CLOSED, "a reset");
	WHY(app, "ECONNRESET after some", "\n6 bytes had been sent from here: either the peer");
	peer = connect_peer(app, listener);
	say(app, "/send x");
	peer_wait(peer, POLLIN, PEER_MS);
	peer_reset(peer);
	wait_for(app, state(app) == SESSION_CLOSED, "a reset");
	WHY(app, "ECONNRESET after one byte", "\n1 byte had been sent from here: either the peer",
	    " before it had read it, or");
}

static void test_pipe(struct app *app, int listener)
{
	int peer = connect_peer(app, listener);
	close(peer);
	wait_for(app, session_peer_closed(app->current), "FIN");
	say(app, "one");
	int64_t deadline = clock_now() + FIXTURE_MS * CLOCK_MS;
	while (state(app) != SESSION_CLOSED && clock_now() < deadline) {
		app_fixture_turn(app, clock_now() + CLOCK_MS);
		say(app, "two");
	}
	WHY(app, "EPIPE", " said EPIPE: broken pipe",
	    "\nWhat was sent after the peer's close was answered by RST. recv() had returned 0 "
	    "at ");
	say(app, "/socket tcp 4");
	say(app, "hello");
	WHY(app, "EPIPE of a socket that is not connected", "send(6) = -1 EPIPE: broken pipe",
	    "\nThis socket has never been connected.\n");
}

/* Behind the error recv() returns 0, too, and that is no FIN. */
static void test_pipe_of_reset(struct app *app, int listener)
{
	say(app, "/socket tcp 4");
	say(app, "/connect 127.0.0.1 %u", peer_port(listener));
	wait_for(app, state(app) == SESSION_OPEN, "connected by hand");
	peer_reset(peer_accept(listener, PEER_MS));
	wait_for(app, sample_is(session_sample(app->current), STATE_CLOSED), "RST has come");
	say(app, "/recv");
	say(app, "/recv");
	say(app, "hello");
	WHY(app, "EPIPE after a reset", "send(6) = -1 EPIPE: broken pipe",
	    "\nThe connection had been reset before.\n");
	say(app, "/open 127.0.0.1 1");
	uint32_t number = session_number(app->current);
	ok(strstr(say(app, "/why @%u", number - 1), "EPIPE"), "of another session");
	is_text(say(app, "/why @nobody"), "no session \"nobody\": /sessions lists them", "of none");
}

/* shutdown() knows only that there is no connection any more. */
static void test_shutdown_of_reset(struct app *app, int listener)
{
	say(app, "/socket tcp 4");
	say(app, "/connect 127.0.0.1 %u", peer_port(listener));
	wait_for(app, state(app) == SESSION_OPEN, "connected by hand");
	peer_reset(peer_accept(listener, PEER_MS));
	wait_for(app, sample_is(session_sample(app->current), STATE_CLOSED), "RST has come");
	say(app, "/shutdown write");
	WHY(app, "ENOTCONN after a reset", "shutdown(SHUT_WR) = -1 ENOTCONN",
	    "\nConnection reset by peer (RST).\n");
}

static void test_other_end(struct app *app)
{
	say(app, "/listen 127.0.0.1 0 as server");
	wait_for(app, state(app) == SESSION_LISTENING, "a server of our own");
	say(app, "/open 127.0.0.1 %u as client", session_local(app->current).port);
	wait_for(app, session_clients(sessions_named(app->sessions, "server")) == 1, "a client");
	struct session *other = app_other_end(app, app->current);
	ok(other, "whose other end is ours");
	say(app, "/abort @%u", other ? session_number(other) : 0);
	wait_for(app, state(app) == SESSION_CLOSED, "aborted");
	WHY(app, "what the other end did", ", the other end, closed with SO_LINGER 0.");
}

/* At a port that no program gets without asking for it: closed it is nobody's. */
static int listen_low(void)
{
	for (unsigned port = 2000 + (unsigned)getpid() % 6000;; port++) {
		struct endpoint addr = endpoint_loopback(AF_INET, (uint16_t)port);
		struct sockaddr_storage storage;
		socklen_t len = endpoint_to_sockaddr(&addr, &storage);
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || (bind(fd, (struct sockaddr *)&storage, len) == 0 && listen(fd, 1) == 0))
			return fd;
		close(fd);
	}
}

static void test_in_use(struct app *app)
{
	unsigned port = session_local(sessions_named(app->sessions, "server")).port;
	fails(app, "a second listener", "/listen 127.0.0.1 %u as second", port);
	WHY(app, "EADDRINUSE", "bind(127.0.0.1:", " = -1 EADDRINUSE: address already in use",
	    " (server) listens at 127.0.0.1:");
	int other = listen_low();
	fails(app, "a third one", "/listen 127.0.0.1 %u as third", peer_port(other));
	char holder[64];
	snprintf(holder, sizeof holder, "(pid %d) listens at 127.0.0.1:%u *.", (int)getpid(),
	         peer_port(other));
	int64_t deadline = clock_now() + 20 * CLOCK_S; /* a busy machine may not find it in one search */
	while (!strstr(say(app, "/why"), holder) && clock_now() < deadline)
		continue;
	WHY(app, "EADDRINUSE by another socket", "Program ", holder);
	close(other);
	WHY(app, "EADDRINUSE of a port that has been let go", "Nobody has port ");
}

static void test_lookup(struct app *app)
{
	app->defaults.numeric = true;
	fails(app, "a name that is none", "/open nosuch.invalid 80");
	WHY(app, "a look-up", "not a numeric address: nosuch.invalid");
	app->defaults.numeric = false;
}

/* The program takes back what has failed by connect() to no address. */
static void test_step_by_step(struct app *app)
{
	int refused = peer_refused(AF_INET);
	say(app, "/socket tcp");
	say(app, "/connect 127.0.0.1 %u", peer_port(refused));
	wait_for(app, !session_waiting(app->current, NULL), "refused");
	WHY(app, "connect() by hand",
	    "connect(127.0.0.1:", ") = -1 ECONNREFUSED: connection refused",
	    "RST to our SYN: nobody listens there.\n", "\nNext: is the server running?");
	say(app, "/close");
	close(refused);
}

/* Only this connection is spoken of. */
static void test_connected_again(struct app *app)
{
	int listener = peer_listen(AF_INET, 4);
	int peer = connect_peer(app, listener);
	say(app, "hello");
	peer_wait(peer, POLLIN, PEER_MS);
	peer_reset(peer);
	wait_for(app, state(app) == SESSION_CLOSED, "a reset");
	WHY(app, "is explained", "6 bytes had been sent from here");
	say(app, "/reconnect");
	wait_for(app, state(app) == SESSION_OPEN, "opened again");
	peer = peer_accept(listener, PEER_MS);
	ok(strncmp(say(app, "/why"), "nothing has failed in session ", 30) == 0,
	   "on this connection nothing has failed");
	peer_reset(peer);
	wait_for(app, state(app) == SESSION_CLOSED, "reset again");
	WHY(app, "of which the bytes are counted alone", "We had sent nothing, so ");
	close(listener);
	say(app, "/reconnect");
	wait_for(app, state(app) == SESSION_CLOSED, "refused");
	WHY(app, "and the newest attempt is the last", ") = -1 ECONNREFUSED: ");
}

/* What is advised for a broadcast address works. */
static void test_broadcast(struct app *app)
{
	fails(app, "a broadcast address", "/open udp 127.255.255.255 9");
	WHY(app, "is not allowed", "connect(127.255.255.255:9) = -1 EACCES",
	    "For a broadcast address: /socket udp, /option broadcast on, /connect");
	say(app, "/socket udp");
	say(app, "/option broadcast on");
	say(app, "/connect 127.255.255.255 9");
	wait_for(app, state(app) == SESSION_OPEN, "but as advised");
	say(app, "/close");
}

static void test_option(struct app *app)
{
	say(app, "/session server");
	say(app, "/option maxseg 1");
	WHY(app, "an option", "setsockopt(TCP_MAXSEG, 1) = -1 EINVAL: invalid argument\n");
}

static void test_time_limit(struct app *app)
{
	int fill[PEER_FILL];
	int hole = peer_blackhole(AF_INET, fill);
	say(app, "/set timeout 20ms");
	fails(app, "the time limit is over", "/open 127.0.0.1 %u", peer_port(hole));
	WHY(app, "the program's own limit", "timed out: no answer to our SYN within the limit of",
	    "\nNo call has failed: this program gave up while connect() still waited. ");
	peer_close_all(fill, PEER_FILL);
	close(hole);
}

static void add(struct app *app, struct entry entry, const void *payload, size_t len)
{
	struct endpoint addr = { .family = AF_INET, .port = 1, .ip = { 127, 0, 0, 1 } };
	entry.session = session_number(app->current);
	entry.time = clock_now();
	transcript_append(app->transcript, &entry, entry.call == CALL_CONNECT ? &addr : NULL,
	                  payload, len);
}

/* Of two addresses one has refused, and the other was silent until the limit. */
static void test_race(struct app *app)
{
	static const char line[] = "try 2 refused, try 1 timed out";
	struct entry one = { .call = CALL_CONNECT, .fd = 100, .error = EINPROGRESS };
	struct entry two = { .call = CALL_CONNECT, .fd = 101, .error = EINPROGRESS };
	struct entry answer = {
		.call = CALL_CONNECT, .fd = 101, .error = ECONNREFUSED, .flags = ENTRY_WAITED
	};
	struct entry ends = { .call = CALL_STATE, .fd = -1, .flags = ENTRY_ERROR };
	add(app, one, "", 0);
	add(app, two, "", 0);
	add(app, answer, "", 0);
	add(app, (struct entry){ .call = CALL_CLOSE, .fd = 101 }, "", 0);
	add(app, ends, line, sizeof line - 1);
	add(app, (struct entry){ .call = CALL_CLOSE, .fd = 100 }, "", 0);
	WHY(app, "a race that nobody has won", line, "\nNo call has failed: this program gave up");
	add(app, one, "", 0);
	add(app, answer, "", 0);
	answer.fd = 100;
	add(app, answer, "", 0);
	add(app, ends, line, sizeof line - 1);
	add(app, (struct entry){ .call = CALL_CLOSE, .fd = 100 }, "", 0);
	WHY(app, "one that the last has refused", "connect(127.0.0.1:1) = -1 ECONNREFUSED");
}

/* Each session has a page of its own: the line is the same. */
static void test_pages(struct app *app)
{
	uint32_t number[2];
	for (int i = 0; i < 2; i++) {
		char name[20];
		snprintf(name, sizeof name, "bad%d", i);
		say(app, "/socket tcp as %s", name);
		number[i] = session_number(app->current);
		say(app, "/connect 127.0.0.1 1");
		wait_for(app, session_state(app->current) != SESSION_CONNECTING, "refused");
	}
	app->shows_pages = true;
	say(app, "/why");
	is_int(app->open_page.page ? app->open_page.session : 0, number[1], "a page of one session");
	say(app, "/session bad0");
	say(app, "/why");
	is_int(app->open_page.page ? app->open_page.session : 0, number[0],
	       "the same line opens that of another");
	say(app, "/why");
	ok(!page_is_open(app), "and closes it again");
	app->shows_pages = false;
}

int main(void)
{
	struct app app;
	tap_watchdog(30);
	setlocale(LC_CTYPE, "");
	app_fixture_start(&app);
	int listener = peer_listen(AF_INET, 8);
	test_named(&app);
	test_refused(&app);
	test_other_address(&app);
	test_udp_refused(&app);
	test_reset(&app, listener);
	test_pipe(&app, listener);
	test_pipe_of_reset(&app, listener);
	test_shutdown_of_reset(&app, listener);
	test_other_end(&app);
	test_in_use(&app);
	test_lookup(&app);
	test_step_by_step(&app);
	test_connected_again(&app);
#ifdef __linux__
	test_broadcast(&app);
#endif
	test_option(&app);
	test_time_limit(&app);
	test_race(&app);
	test_pages(&app);
	close(listener);
	app_fixture_end(&app);
	return tap_done();
}
