// SPDX-License-Identifier: GPL-3.0-or-later
/* Each call does what its name says and is written down whole: arguments, result, errno, time,
 * bytes. */
#include "net/calls.h"

#include <errno.h>
#include <netdb.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/caller.h"
#include "support/peer.h"
#include "support/tap.h"

static bool is_prepared(int fd)
{
	return (fcntl(fd, F_GETFL) & O_NONBLOCK) && (fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

/* ---- making and ending ---- */

static void check_socket(void)
{
	struct caller caller = big_caller();
	caller.flags = ENTRY_ECHO;
	int64_t before = clock_now();
	int fd = call_socket(&caller, AF_INET, SOCK_DGRAM);
	int64_t after = clock_now();
	is_call(&caller, CALL_SOCKET, fd, 0, "a socket");
	const struct entry *entry = newest(&caller);
	ok(entry->arg == SOCK_DGRAM && entry->arg2 == AF_INET && entry->fd == fd,
	   "with type, family, descriptor");
	ok(entry->session == 7 && entry->flags == ENTRY_ECHO, "in whose name it was made");
	ok(entry->time >= before && entry->time <= after, "when it was made");
	ok(entry->duration >= 1 && entry->duration <= (after - before) / 1000 + 1,
	   "and how many microseconds it took");
	ok(is_prepared(fd), "it is non-blocking and close-on-exec");

	errno = 0;
	is_int(call_socket(&caller, 12345, SOCK_STREAM), -1,
	       "a family that does not exist is refused");
	is_int(errno, EAFNOSUPPORT, "... and errno is kept");
	is_call(&caller, CALL_SOCKET, -1, EAFNOSUPPORT, "the failure");
	is_int(newest(&caller)->fd, -1, "... without a descriptor");

	is_int(call_close(&caller, fd), 0, "it closes");
	is_call(&caller, CALL_CLOSE, 0, 0, "closing");
	ok(call_close(&caller, fd) == -1 && errno == EBADF, "but once");
	is_call(&caller, CALL_CLOSE, -1, EBADF, "closing again");
	transcript_free(caller.transcript);
}

static void check_options(void)
{
	struct caller caller = big_caller();
	int one = 1, value = 99, fd = call_socket(&caller, AF_INET, SOCK_STREAM);
	is_int(call_set_option(&caller, fd, SOL_SOCKET, SO_REUSEADDR, 1), 0, "an option is set");
	const struct entry *entry = newest(&caller);
	is_call(&caller, CALL_SETSOCKOPT, 0, 0, "setting");
	ok(entry->arg == SO_REUSEADDR && entry->arg2 == (int16_t)SOL_SOCKET && entry->fd == fd,
	   "with name and level");
	ok(has_payload(entry, &one, sizeof one), "... and value");
	is_int(call_get_option(&caller, fd, SOL_SOCKET, SO_REUSEADDR, &value), 0,
	       "it is read back");
	is_call(&caller, CALL_GETSOCKOPT, 0, 0, "reading");
	ok(value == 1 && memcmp(entry_payload(newest(&caller)), &value, sizeof value) == 0,
	   "... with the value read");
	ok(call_get_option(&caller, fd, SOL_SOCKET, 9999, &value) == -1 && errno == ENOPROTOOPT,
	   "an unknown one fails");
	is_call(&caller, CALL_GETSOCKOPT, -1, ENOPROTOOPT, "the failure");
	is_int(call_set_linger(&caller, fd, 0), 0, "linger is set");
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	ok(has_payload(newest(&caller), &linger, sizeof linger), "... and written down");
	close(fd);
	transcript_free(caller.transcript);
}

static void check_bytes(void)
{
	struct caller caller = big_caller();
	struct timeval time = { .tv_sec = 3 }, back = { 0 };
	struct linger linger = { 0 };
	size_t len = sizeof back;
	int fd = call_socket(&caller, AF_INET, SOCK_STREAM);
	is_int(call_set_bytes(&caller, fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time), 0,
	       "an option of any form is set");
	ok(has_payload(newest(&caller), &time, sizeof time), "... and written down");
	is_int(call_get_bytes(&caller, fd, SOL_SOCKET, SO_RCVTIMEO, &back, &len), 0,
	       "... and read back");
	ok(len == sizeof back && back.tv_sec == 3, "... as it was");
	ok(has_payload(newest(&caller), &back, sizeof back), "... which is written down");
	len = sizeof linger - 1;
	ok(call_get_bytes(&caller, fd, SOL_SOCKET, SO_LINGER, &linger, &len) == 0 &&
	           len == sizeof linger - 1 && newest(&caller)->len == len,
	   "what there is no room for is cut");
	len = 1;
	ok(call_get_bytes(&caller, fd, SOL_SOCKET, 9999, &linger, &len) == -1 && len == 1 &&
	           newest(&caller)->len == 0,
	   "a failure brings nothing");
	close(fd);
	transcript_free(caller.transcript);
}

/* As if it had been a blocking one. */
static void check_since(void)
{
	struct caller caller = big_caller();
	int fd = peer_listen(AF_INET, 1);
	struct endpoint peer;
	caller.since = clock_now() - 5 * CLOCK_MS;
	call_accept(&caller, fd, &peer);
	const struct entry *entry = newest(&caller);
	ok(entry->flags == (ENTRY_WAITED | ENTRY_WATCHING) && entry->time == caller.since,
	   "a call that has waited began when it was asked for");
	ok(entry->duration >= 5000 && entry->duration < 5000000, "... and took so long");
	close(fd);
	transcript_free(caller.transcript);
}

static void check_server(int family)
{
	struct caller caller = big_caller();
	struct endpoint any = { .family = (uint8_t)family }, local, peer, want;
	int listener = call_socket(&caller, family, SOCK_STREAM);
	is_int(call_bind(&caller, listener, &any), 0, "a server binds");
	is_addr(entry_addr(newest(&caller)), any, "... to the address that was asked");
	is_int(call_listen(&caller, listener, 5), 0, "it listens");
	ok(newest(&caller)->call == CALL_LISTEN && newest(&caller)->arg == 5,
	   "... with its backlog");
	is_int(call_getsockname(&caller, listener, &local), 0, "it has a name");
	ok(local.port != 0 && local.family == family, "... with a port");
	is_addr(entry_addr(newest(&caller)), local, "... that is written down");
	ok(call_accept(&caller, listener, &peer) == -1 && errno == EAGAIN, "nobody is there yet");
	is_call(&caller, CALL_ACCEPT, -1, EAGAIN, "that");
	is_int(peer.family, AF_UNSPEC, "... has no address");

	int client = peer_connect(family, local.port, PEER_MS);
	peer_wait(listener, POLLIN, PEER_MS);
	int fd = call_accept(&caller, listener, &peer);
	ok(fd >= 0 && is_prepared(fd), "a client is accepted, non-blocking and close-on-exec");
	is_call(&caller, CALL_ACCEPT, fd, 0, "that");
	want = peer_addr(client);
	is_addr(peer, want, "... its address is known");
	is_addr(entry_addr(newest(&caller)), want, "... and written down");
	is_int(call_shutdown(&caller, fd, SHUT_WR), 0, "its half is shut");
	ok(newest(&caller)->call == CALL_SHUTDOWN && newest(&caller)->arg == SHUT_WR,
	   "... and written down");
	is_int(peer_eof(client, PEER_MS), 1, "... and the client sees it");
	ok(call_bind(&caller, fd, &local) == -1 && errno == EINVAL, "it cannot be bound again");
	is_call(&caller, CALL_BIND, -1, EINVAL, "that");
	peer_close_all((int[]){ fd, client, listener }, 3);
	transcript_free(caller.transcript);
}

/* The entry before the newest ones. */
static const struct entry *before(const struct caller *caller, int back)
{
	uint64_t at = transcript_last(caller->transcript, caller->session);
	while (back-- > 0)
		at = transcript_before(caller->transcript, at);
	return transcript_at(caller->transcript, at);
}

/* connect() to loopback is one call with its result, after its three steps. */
static void check_one_connect(const struct caller *caller, const struct endpoint *to, int code)
{
	struct entry_step {
		enum call call;
		int error;
	} steps[] = { { CALL_CONNECT, 0 }, { CALL_GETSOCKOPT, 0 }, { CALL_CONNECT, EINPROGRESS } };
	const struct entry *call = before(caller, 0);
	ok(entry_is_connect_return(call) && entry_is_shown(call, false), "it is a call");
	is_addr(entry_addr(call), *to, "... with where to");
	is_int(call->error, code, "... and its result");
	for (int i = 0; i < 3; i++) {
		const struct entry *step = before(caller, i + 1);
		ok(step->call == steps[i].call && step->error == steps[i].error &&
		           step->flags & ENTRY_WATCHING && step->time >= call->time,
		   "... after a step of its own");
	}
}

static void check_connect(void)
{
	bool settled;
	struct caller caller = big_caller();
	int refuser = peer_refused(AF_INET), listener = peer_listen(AF_INET, 5);
	struct endpoint to = peer_addr(listener);
	int fd = call_socket(&caller, AF_INET, SOCK_STREAM);
	is_int(call_connect(&caller, fd, &to, &settled), 0, "it connects");
	ok(settled, "... at once");
	check_one_connect(&caller, &to, 0);
	ok(connect(fd, (struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET },
	           sizeof(struct sockaddr_in)) < 0 &&
	           errno == EISCONN,
	   "... and the kernel knows it, too");
	close(fd);

	to = peer_addr(refuser);
	fd = call_socket(&caller, AF_INET, SOCK_STREAM);
	is_int(call_connect(&caller, fd, &to, &settled), -1, "it is refused");
	is_int(errno, ECONNREFUSED, "... in its own words");
	ok(settled, "... at once");
	check_one_connect(&caller, &to, ECONNREFUSED);
	to = peer_addr(listener);
	is_int(call_connect(&caller, fd, &to, NULL), 0, "... and the socket can be used again");
	close(fd);

	struct endpoint nowhere = { .family = AF_UNSPEC };
	int other = peer_udp(AF_INET);
	to = peer_addr(other);
	fd = call_socket(&caller, AF_INET, SOCK_DGRAM);
	ok(call_connect(&caller, fd, &to, NULL) == 0 && call_send(&caller, fd, "x", 1, 0) == 1,
	   "a datagram socket is connected");
	is_int(call_connect(&caller, fd, &nowhere, NULL), 0, "... and undone");
	is_call(&caller, CALL_CONNECT, 0, 0, "that");
	is_int(newest(&caller)->endpoint_len, 0, "... without an address");
	ok(call_send(&caller, fd, "x", 1, 0) == -1 && errno == EDESTADDRREQ,
	   "... so it has no peer any more");
	peer_close_all((int[]){ fd, other, refuser, listener }, 4);
	transcript_free(caller.transcript);
}

/* ---- streams ---- */

struct pair {
	int fd, peer;
};

static struct pair make_pair(const struct caller *caller)
{
	int listener = peer_listen(AF_INET, 5);
	struct endpoint peer;
	struct pair pair;
	pair.peer = peer_connect(AF_INET, peer_port(listener), PEER_MS);
	peer_wait(listener, POLLIN, PEER_MS);
	pair.fd = call_accept(caller, listener, &peer);
	close(listener);
	return pair;
}

static void end_pair(struct pair pair, struct caller *caller)
{
	peer_close_all((int[]){ pair.fd, pair.peer }, 2);
	transcript_free(caller->transcript);
}

static void check_recv(void)
{
	struct caller caller = big_caller();
	struct pair pair = make_pair(&caller);
	const char *data = NULL;
	ok(call_recv(&caller, pair.fd, 100, 0, &data) == -1 && errno == EAGAIN,
	   "nothing has come yet");
	is_call(&caller, CALL_RECV, -1, EAGAIN, "that");
	is_int(newest(&caller)->len, 0, "... without bytes");
	peer_send(pair.peer, "a\0b\xff\n", 5, PEER_MS);
	peer_wait(pair.fd, POLLIN, PEER_MS);
	is_int(call_recv(&caller, pair.fd, 100, MSG_PEEK, &data), 5, "five bytes are peeked at");
	ok(newest(&caller)->arg == 100 && newest(&caller)->arg2 == MSG_PEEK,
	   "... which the arguments say");
	is_int(call_recv(&caller, pair.fd, 3, 0, &data), 3, "three are asked for and got");
	is_bytes(data, 3, "a\0b", 3, "... these");
	is_call(&caller, CALL_RECV, 3, 0, "that");
	ok(data == entry_payload(newest(&caller)), "... without a copy");
	is_int(call_recv(&caller, pair.fd, SIZE_MAX, 0, &data), 2, "the rest comes");
	is_bytes(data, 2, "\xff\n", 2, "... as it is");
	peer_half_close(pair.peer);
	peer_wait(pair.fd, POLLIN, PEER_MS);
	is_int(call_recv(&caller, pair.fd, 100, 0, &data), 0, "end of file is 0");
	is_call(&caller, CALL_RECV, 0, 0, "that");
	end_pair(pair, &caller);
}

static void check_reset(void)
{
	struct caller caller = big_caller();
	struct pair pair = make_pair(&caller);
	const char *data;
	peer_reset(pair.peer);
	pair.peer = -1;
	peer_wait(pair.fd, POLLIN, PEER_MS);
	ok(call_recv(&caller, pair.fd, 100, 0, &data) == -1 && errno == ECONNRESET,
	   "a reset is reported");
	is_call(&caller, CALL_RECV, -1, ECONNRESET, "that");
	ok(call_send(&caller, pair.fd, "x", 1, 0) == -1 && errno == EPIPE,
	   "sending then fails, and kills nobody");
	is_call(&caller, CALL_SEND, -1, EPIPE, "that");
	ok(newest(&caller)->len == 0 && newest(&caller)->arg == 1,
	   "... with what was asked and nothing taken");
	end_pair(pair, &caller);
}

/* Whatever the block still holds, a stream comes whole and in order. */
static void check_small_blocks(void)
{
	static char sent[20000], got[sizeof sent];
	struct caller caller = small_caller();
	struct pair pair = make_pair(&caller);
	size_t len = 0;
	bool fits = true;
	fill_pattern(sent, sizeof sent);
	peer_send(pair.peer, sent, sizeof sent, PEER_MS);
	for (size_t most = 1; len < sizeof sent && peer_wait(pair.fd, POLLIN, PEER_MS);
	     most = most % 300 + 37) {
		const char *data;
		ssize_t n = call_recv(&caller, pair.fd, most, 0, &data);
		fits = fits && n > 0 && (size_t)n <= most && n <= SMALL_BLOCK - ENTRY_HEADER &&
		       data == entry_payload(newest(&caller));
		if (n <= 0)
			break;
		memcpy(got + len, data, (size_t)n);
		len += (size_t)n;
	}
	ok(fits, "no call asks for more than it may or a block holds");
	is_bytes(got, len, sent, sizeof sent, "a stream comes whole through small blocks");
	end_pair(pair, &caller);
}

/* What has just come is sent back out of the transcript, while making room takes its oldest block
 *
 * each time. */
static void check_echo_small_blocks(void)
{
	struct caller caller = small_caller();
	struct pair pair = make_pair(&caller);
	char sent[SMALL_BLOCK], got[SMALL_BLOCK];
	bool same = true;
	for (size_t len = 1; len <= SMALL_BLOCK - ENTRY_HEADER; len++) {
		const char *data;
		fill_pattern(sent, len);
		sent[0] = (char)len;
		peer_send(pair.peer, sent, len, PEER_MS);
		peer_wait(pair.fd, POLLIN, PEER_MS);
		ssize_t n = call_recv(&caller, pair.fd, len, 0, &data);
		same = same && n == (ssize_t)len &&
		       call_send(&caller, pair.fd, data, len, 0) == n &&
		       newest(&caller)->call == CALL_SEND && newest(&caller)->len == len &&
		       memcmp(entry_payload(newest(&caller)), sent, len) == 0;
		ssize_t back = peer_recv_until(pair.peer, got, len + 1, NULL, PEER_MS);
		same = same && back == n && memcmp(got, sent, len) == 0;
	}
	ok(same, "bytes of the transcript are sent and kept whole while blocks go");
	ok(transcript_lost(caller.transcript).entries > 400, "... and blocks did go");
	end_pair(pair, &caller);
}

static void check_send(void)
{
	static char data[3 << 20], got[sizeof data];
	struct caller caller = big_caller();
	struct pair pair = make_pair(&caller);
	size_t sent = 0, arrived = 0;
	bool kept = true;
	fill_pattern(data, sizeof data);
	is_int(call_send(&caller, pair.fd, NULL, 0, 0), 0, "nothing is sent");
	is_call(&caller, CALL_SEND, 0, 0, "that");
	is_int(newest(&caller)->arg2, MSG_NOSIGNAL, "... with the flag that was added");
	while (sent < sizeof data) {
		ssize_t n = call_send(&caller, pair.fd, data + sent, sizeof data - sent, 0);
		const struct entry *entry = newest(&caller);
		kept = kept && (n < 0 ? entry->error == EAGAIN
		                      : entry->len == n && memcmp(entry_payload(entry), data + sent,
		                                                  (size_t)n) == 0);
		sent += n > 0 ? (size_t)n : 0;
		ssize_t back = recv(pair.peer, got + arrived, sizeof got - arrived, MSG_DONTWAIT);
		arrived += back > 0 ? (size_t)back : 0;
	}
	ok(kept, "more than a block holds is written down as it is taken, call by call");
	while (arrived < sizeof got && peer_wait(pair.peer, POLLIN, PEER_MS)) {
		ssize_t back = recv(pair.peer, got + arrived, sizeof got - arrived, MSG_DONTWAIT);
		if (back <= 0)
			break;
		arrived += (size_t)back;
	}
	ok(arrived == sizeof data && memcmp(got, data, sizeof data) == 0, "... and arrives whole");
	end_pair(pair, &caller);
}

static void check_send_small_blocks(void)
{
	char data[1000], got[1001];
	struct caller caller = small_caller();
	struct pair pair = make_pair(&caller);
	fill_pattern(data, sizeof data);
	is_int(call_send(&caller, pair.fd, data, sizeof data, 0), 1000,
	       "a block too small does not cut what is sent");
	ssize_t len = peer_recv_until(pair.peer, got, sizeof got, NULL, PEER_MS);
	is_bytes(got, (size_t)len, data, sizeof data, "... it arrives");
	const struct entry *entry = newest(&caller);
	is_int(entry->flags, ENTRY_TRUNCATED,
	       "... and the entry says that it keeps the beginning only");
	is_int(entry->arg, 1000, "... of how many");
	ok(has_payload(entry, data, SMALL_BLOCK - ENTRY_HEADER), "... namely this");
	end_pair(pair, &caller);
}

/* ---- interruptions ---- */

static atomic_int interruptions;
static int interrupted_peer;

enum { INTERRUPTIONS = 500 };

static void interrupt(int signal)
{
	(void)signal;
	if (atomic_fetch_add(&interruptions, 1) == INTERRUPTIONS)
		(void)!write(interrupted_peer, "!", 1);
}

static void *interrupt_often(void *context)
{
	const pthread_t *other = context;
	while (atomic_load(&interruptions) <= INTERRUPTIONS) {
		pthread_kill(*other, SIGUSR1);
		sched_yield();
	}
	return NULL;
}

static void check_interruption(void)
{
	struct caller caller = big_caller();
	struct pair pair = make_pair(&caller);
	struct sigaction action = { .sa_handler = interrupt };
	pthread_t self = pthread_self(), thread;
	const char *data;
	uint64_t count = transcript_count(caller.transcript);
	sigaction(SIGUSR1, &action, NULL);
	interrupted_peer = pair.peer;
	fcntl(pair.fd, F_SETFL, 0);
	pthread_create(&thread, NULL, interrupt_often, &self);
	is_int(call_recv(&caller, pair.fd, 1, 0, &data), 1, "an interrupted call is made again");
	is_int(transcript_count(caller.transcript) - count, 1, "... and written down once");
	pthread_join(thread, NULL);
	signal(SIGUSR1, SIG_DFL);
	end_pair(pair, &caller);
}

/* ---- names ---- */

static void check_lookup(void)
{
	struct caller caller = big_caller();
	call_note_lookup(&caller, 1000, 6500, "localhost", "80", "127.0.0.1\n::1", 0);
	const struct entry *entry = newest(&caller);
	is_call(&caller, CALL_GETADDRINFO, 0, 0, "a look-up");
	ok(entry->time == 1000 && entry->duration == 6 && entry->fd == -1,
	   "with its time, rounded up");
	ok(has_payload(entry, "localhost 80\n127.0.0.1\n::1", 26),
	   "what was asked, what came back");
	call_note_lookup(&caller, 0, INT64_MAX, "x.invalid", "80", "no such host", EAI_NONAME);
	is_call(&caller, CALL_GETADDRINFO, -1, EHOSTUNREACH, "one that failed");
	is_int(newest(&caller)->duration, UINT32_MAX, "... after longer than can be said");
	transcript_free(caller.transcript);
}

int main(void)
{
	tap_watchdog(30);
	check_socket();
	check_options();
	check_bytes();
	check_since();
	check_server(AF_INET);
	if (peer_has_ipv6())
		check_server(AF_INET6);
	else
		tap_skip("no ::1 here");
	check_connect();
	check_recv();
	check_reset();
	check_small_blocks();
	check_echo_small_blocks();
	check_send();
	check_send_small_blocks();
	check_interruption();
	check_lookup();
	return tap_done();
}
