// SPDX-License-Identifier: GPL-3.0-or-later
/* worker: what a benchmark needs done fast, a job per run: floods, bare loops to compare with, a
 * minimal epoll echo server, and loads that check every byte that comes back. Loopback only; prints
 * one line of figures.
 *
 *	worker flood KIND BYTES
 *		listens, prints its port, sends to the first client, prints seconds
 *	worker drain PORT RING
 *		connects, recv()s into a ring of so many bytes and does nothing else
 *	worker splice send|receive PORT
 *		connects, splice()s standard input there, or what comes to standard output
 *	worker copy FROM TO
 *		write()s the bytes of a file to a new one: prints seconds
 *	worker log PORT FROM TO
 *		connects, recv()s in one thread into a ring of 64 MiB, as much as the program keeps, while
 *		another does what `copy` does: no log of that flood can be written faster
 *	worker echo tcp|udp
 *		the least that echoes, prints its port
 *	worker requests PORT CLIENTS SIZE SECONDS
 *		one request on the way per client: prints requests per second
 *	worker bulk PORT CLIENTS BYTES
 *		prints MB/s echoed; every byte is compared
 *	worker datagrams PORT PEERS WINDOW SECONDS
 *		prints answers per second, lost, wrong
 *	worker compare requests|bulk|connections PORT PID PORT PID CLIENTS SIZE AMOUNT ROUNDS
 *		loads two servers in turn, a short while each, so often, over connections that stay: AMOUNT
 *		requests of SIZE bytes, or bytes in all, or connections (CLIENTS at once, each of which sends
 *		FIN, waits for FIN, and closes). Prints how fast the first one was, relative to the other,
 *		and how little processor time it took, as medians of the pairs; and requests, MB or
 *		connections a second of the first one
 *	worker take RING
 *		prints its port, recv()s datagrams into a ring of so many bytes and does nothing else
 *	worker datagram-flood PORT SIZE SECONDS
 *		sends as fast as it can: prints how many
 *	worker datagram-bursts PORT SIZE COUNT TIMES
 *		sends so many at once, waits until all have been read, and again
 *	worker cable tcp SECONDS
 *		from left to right of a sandbox: prints Mbit/s received, frames carried per second
 *	worker cable udp SECONDS
 *		the same with small datagrams
 *	worker cable late MS COUNT
 *		so many datagrams, one each ms, with a delay of so many ms: prints how late they were, in us:
 *		median, 99 %, most
 *	worker wire echo|flood auto|off SECONDS
 *		a client on left, the program's sessions with a service on right, and whether the wire is
 *		recorded: prints requests per second, or MB/s; and how many frames were recorded, and missed */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "net/cable_loop.h"
#include "net/sandbox.h"
#include "net/service.h"
#include "net/sessions.h"
#include "net/wire.h"

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
		                     .sin_port = htons((uint16_t)port),
		                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int new_socket(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket");
	return fd;
}

static int bound(int type)
{
	int fd = new_socket(type);
	struct sockaddr_in addr = loopback(0);
	socklen_t len = sizeof addr;
	if (bind(fd, (struct sockaddr *)&addr, sizeof addr) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len))
		die("bind");
	if (type == SOCK_STREAM && listen(fd, 1024))
		die("listen");
	printf("%d\n", ntohs(addr.sin_port));
	fflush(stdout);
	return fd;
}

static int connected(int type, int port)
{
	int fd = new_socket(type);
	struct sockaddr_in addr = loopback(port);
	if (connect(fd, (struct sockaddr *)&addr, sizeof addr))
		die("connect");
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	return fd;
}

/* ---- flood and drain ---- */

enum { FLOOD_CHUNK = 8 << 20 };

static void fill(char *out, size_t len, const char *pattern, size_t size)
{
	for (size_t i = 0; i < len; i++)
		out[i] = pattern[i % size];
}

static char *flood_data(const char *kind)
{
	char *data = malloc(FLOOD_CHUNK);
	if (!data)
		die("malloc");
	char line[80];
	memset(line, 'a', sizeof line);
	line[79] = '\n';
	static const char korean[] = "동해 물과 백두산이 마르고 닳도록 하느님이 보우하사\n";
	if (strcmp(kind, "lines") == 0)
		fill(data, FLOOD_CHUNK, line, sizeof line);
	else if (strcmp(kind, "korean") == 0)
		fill(data, FLOOD_CHUNK, korean, sizeof korean - 1);
	else if (strcmp(kind, "long") == 0)
		for (size_t i = 0; i < FLOOD_CHUNK; i++)
			data[i] = i % (1 << 20) ? 'l' : '\n';
	else
		for (size_t i = 0; i < FLOOD_CHUNK; i++)
			data[i] = (char)(rand() >> 7);
	return data;
}

static void wait_until_acknowledged(int fd)
{
	int left = 1;
	while (left > 0 && ioctl(fd, SIOCOUTQ, &left) == 0)
		poll(NULL, 0, left > 1 << 20 ? 1 : 0);
}

static int flood(const char *kind, size_t total)
{
	char *data = flood_data(kind);
	int listener = bound(SOCK_STREAM), fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die("accept");
	/* Whole lines only: 80 does not divide a power of two. */
	size_t chunk = strcmp(kind, "lines") == 0 ? FLOOD_CHUNK / 80 * 80 : FLOOD_CHUNK;
	double begun = seconds();
	for (size_t sent = 0; sent < total;) {
		size_t offset = sent % chunk, left = total - sent;
		ssize_t n = send(fd, data + offset, chunk - offset < left ? chunk - offset : left,
		                 MSG_NOSIGNAL);
		if (n < 0)
			die("send");
		sent += (size_t)n;
	}
	wait_until_acknowledged(fd);
	printf("%.6f\n", seconds() - begun);
	fflush(stdout);
	char byte; /* the connection stays until our caller has looked at the other end */
	if (read(STDIN_FILENO, &byte, 1) < 0)
		die("read");
	return 0;
}

static int drain(int port, size_t ring)
{
	int fd = connected(SOCK_STREAM, port);
	char *memory = malloc(ring);
	size_t at = 0;
	if (!memory)
		die("malloc");
	for (;;) {
		/* As much at a time as the program under test asks for: larger pieces are slower here. */
		size_t room = ring - at < 1 << 18 ? ring - at : 1 << 18;
		ssize_t n = recv(fd, memory + at, room, 0);
		if (n <= 0)
			return n < 0;
		at = (at + (size_t)n) % ring;
	}
}

/* The least that moves bytes between a pipe and a connection, as pipe mode does. */
static int splice_all(const char *direction, int port)
{
	bool sends = strcmp(direction, "send") == 0;
	int fd = connected(SOCK_STREAM, port), own = sends ? STDIN_FILENO : STDOUT_FILENO;
	ssize_t moved;
	fcntl(own, F_SETPIPE_SZ, 1 << 20);
	do
		moved = splice(sends ? own : fd, NULL, sends ? fd : own, NULL, 1 << 20,
		               SPLICE_F_MOVE);
	while (moved > 0);
	if (moved < 0)
		die("splice");
	if (sends)
		shutdown(fd, SHUT_WR);
	char byte;
	return sends && read(fd, &byte, 1) < 0;
}

/* ---- writing ---- */

static double copy(const char *from, const char *to)
{
	struct stat status;
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (in < 0 || out < 0 || fstat(in, &status) < 0)
		die("open");
	size_t len = (size_t)status.st_size;
	char *bytes = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, in, 0);
	if (bytes == MAP_FAILED)
		die("mmap");
	double begun = seconds();
	for (size_t at = 0; at < len;) {
		ssize_t put = write(out, bytes + at, len - at < 1 << 18 ? len - at : 1 << 18);
		if (put < 0)
			die("write");
		at += (size_t)put;
	}
	return seconds() - begun;
}

static void *drain_port(void *port)
{
	drain(*(int *)port, 64 << 20);
	return NULL;
}

static int copy_and_drain(int port, const char *from, const char *to)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, drain_port, &port))
		die("pthread_create");
	copy(from, to);
	pthread_join(thread, NULL);
	return 0;
}

/* ---- the least that echoes ---- */

static void set_nonblocking(int fd)
{
	ioctl(fd, FIONBIO, &(int){ 1 });
}

struct echo_client {
	size_t len, sent;
	char buffer[64 << 10];
};

static bool echo_once(int fd, struct echo_client *client)
{
	ssize_t n = 1;
	if (client->sent == client->len) {
		n = recv(fd, client->buffer, sizeof client->buffer, 0);
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		client->len = (size_t)n;
		client->sent = 0;
	}
	n = send(fd, client->buffer + client->sent, client->len - client->sent, MSG_NOSIGNAL);
	if (n > 0)
		client->sent += (size_t)n;
	return n > 0 || errno == EAGAIN;
}

static void watch(int epoll, int fd, uint32_t events, int operation)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	if (epoll_ctl(epoll, operation, fd, &event))
		die("epoll_ctl");
}

_Noreturn static void echo_tcp(void)
{
	static struct echo_client *clients[4096];
	int listener = bound(SOCK_STREAM), epoll = epoll_create1(0);
	watch(epoll, listener, EPOLLIN, EPOLL_CTL_ADD);
	for (;;) {
		struct epoll_event events[256];
		int count = epoll_wait(epoll, events, 256, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			if (fd == listener) {
				int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
				if (client < 0 || client >= 4096)
					die("accept4");
				clients[client] = calloc(1, sizeof **clients);
				watch(epoll, client, EPOLLIN, EPOLL_CTL_ADD);
			} else if (!echo_once(fd, clients[fd])) {
				free(clients[fd]);
				close(fd);
			} else {
				bool stuck = clients[fd]->sent < clients[fd]->len;
				if (stuck || events[i].events & EPOLLOUT)
					watch(epoll, fd, stuck ? EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
			}
		}
	}
}

_Noreturn static void echo_udp(void)
{
	static char buffer[65536];
	int fd = bound(SOCK_DGRAM), epoll = epoll_create1(0);
	set_nonblocking(fd);
	watch(epoll, fd, EPOLLIN, EPOLL_CTL_ADD);
	for (;;) {
		struct epoll_event event;
		if (epoll_wait(epoll, &event, 1, -1) < 0)
			die("epoll_wait");
		struct sockaddr_storage from;
		socklen_t len = sizeof from;
		ssize_t n;
		while ((n = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from,
		                     &len)) >= 0)
			sendto(fd, buffer, (size_t)n, 0, (struct sockaddr *)&from, len);
	}
}

/* ---- loads ---- */

static void wrong(const char *what)
{
	fprintf(stderr, "WRONG: %s\n", what);
	exit(3);
}

struct client {
	int fd;
	uint64_t next; /* number of the request on the way, or of the next byte expected */
	uint64_t sent; /* bulk: bytes sent so far */
	size_t got;    /* bytes of the answer that have come */
};

static void send_request(struct client *client, size_t size)
{
	char request[65536];
	memset(request, (int)('a' + client->next % 26), size);
	memcpy(request, &client->next, size < 8 ? size : 8);
	if (send(client->fd, request, size, MSG_NOSIGNAL) != (ssize_t)size)
		die("send a request");
	client->got = 0;
}

static bool take_answer(struct client *client, size_t size)
{
	char answer[65536];
	ssize_t n = recv(client->fd, answer, size - client->got, 0);
	if (n <= 0)
		wrong("a client was cut off");
	if (client->got == 0 && n >= 8 && memcmp(answer, &client->next, 8) != 0)
		wrong("an answer to another request");
	if (client->got + (size_t)n > 8 && answer[n - 1] != (char)('a' + client->next % 26))
		wrong("a byte of an answer");
	client->got += (size_t)n;
	return client->got == size;
}

static struct client *make_clients(int port, int count, int epoll)
{
	struct client *clients = calloc((size_t)count, sizeof *clients);
	if (!clients)
		die("calloc");
	for (int i = 0; i < count; i++) {
		clients[i].fd = connected(SOCK_STREAM, port);
		clients[i].next = (uint64_t)i << 32;
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &clients[i] };
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event))
			die("epoll_ctl");
	}
	return clients;
}

/* Returns when `total` requests have been answered and none is on the way. */
static void exchange(struct client *clients, int count, int epoll, size_t size, uint64_t total)
{
	uint64_t asked = 0, done = 0;
	for (int i = 0; i < count && asked < total; i++, asked++)
		send_request(&clients[i], size);
	while (done < total) {
		struct epoll_event events[256];
		int ready = epoll_wait(epoll, events, 256, 5000);
		if (ready <= 0)
			wrong("no answer for 5 s");
		for (int i = 0; i < ready; i++) {
			struct client *client = events[i].data.ptr;
			if (!take_answer(client, size))
				continue;
			done++;
			client->next++;
			if (asked == total)
				continue;
			asked++;
			send_request(client, size);
		}
	}
}

static int requests(int port, int count, size_t size, double duration)
{
	int epoll = epoll_create1(0);
	struct client *clients = make_clients(port, count, epoll);
	uint64_t done = 0, each = 64 * (uint64_t)count;
	double begun = seconds(), now = begun;
	for (; now - begun < duration; now = seconds(), done += each)
		exchange(clients, count, epoll, size, each);
	printf("%.0f\n", (double)done / (now - begun));
	return 0;
}

/* Twice the same 64 KiB, so that as many follow wherever one begins. */
static const char *pattern(void)
{
	static char bytes[1 << 17];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)((i & 65535) * 2654435761u >> 13);
	return bytes;
}

static void bulk_send(struct client *client, const char *bytes, uint64_t total)
{
	while (client->sent < total) {
		uint64_t left = total - client->sent;
		ssize_t n = send(client->fd, bytes + client->sent % 65536,
		                 left < 65536 ? left : 65536, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			die("send");
		client->sent += (uint64_t)n;
	}
}

static void bulk_take(struct client *client, const char *bytes)
{
	static char answer[65536];
	ssize_t n = recv(client->fd, answer, sizeof answer, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		wrong("a client was cut off");
	if (memcmp(answer, bytes + client->next % 65536, (size_t)n) != 0)
		wrong("a byte of the stream");
	client->next += (uint64_t)n;
}

/* Until this many bytes of each have come back. */
static void pour(struct client *clients, int count, int epoll, uint64_t total)
{
	const char *bytes = pattern();
	int running = count;
	for (int i = 0; i < count; i++) {
		clients[i].next = clients[i].sent = 0;
		struct epoll_event event = { .events = EPOLLIN | EPOLLOUT,
			                     .data.ptr = &clients[i] };
		epoll_ctl(epoll, EPOLL_CTL_MOD, clients[i].fd, &event);
	}
	while (running) {
		struct epoll_event events[256];
		int ready = epoll_wait(epoll, events, 256, 5000);
		if (ready <= 0)
			wrong("nothing for 5 s");
		for (int i = 0; i < ready; i++) {
			struct client *client = events[i].data.ptr;
			if (events[i].events & EPOLLOUT)
				bulk_send(client, bytes, total);
			if (events[i].events & EPOLLIN)
				bulk_take(client, bytes);
			uint32_t want = client->sent < total ? EPOLLIN | EPOLLOUT : EPOLLIN;
			if (client->next == total) {
				running--;
				want = 0;
			}
			struct epoll_event event = { .events = want, .data.ptr = client };
			epoll_ctl(epoll, EPOLL_CTL_MOD, client->fd, &event);
		}
	}
}

static int bulk(int port, int count, uint64_t total)
{
	int epoll = epoll_create1(0);
	struct client *clients = make_clients(port, count, epoll);
	double begun = seconds();
	pour(clients, count, epoll, total);
	printf("%.1f\n", (double)total * count / 1e6 / (seconds() - begun));
	return 0;
}

static void connect_often(int port, int at_once, int epoll, uint64_t total)
{
	uint64_t asked = 0, done = 0;
	while (done < total) {
		struct epoll_event events[64];
		for (; asked < total && asked - done < (uint64_t)at_once; asked++) {
			int fd = connected(SOCK_STREAM, port);
			shutdown(fd, SHUT_WR);
			watch(epoll, fd, EPOLLIN, EPOLL_CTL_ADD);
		}
		int ready = epoll_wait(epoll, events, 64, 5000);
		if (ready <= 0)
			wrong("no FIN for 5 s");
		for (int e = 0; e < ready; e++) {
			char byte;
			if (recv(events[e].data.fd, &byte, 1, 0) != 0)
				wrong("something else than FIN");
			close(events[e].data.fd);
			done++;
		}
	}
}

/* Clients one after the other, each of which has its byte sent back and then ends. They have several
 * addresses: one has too few ports, of which each waits in TIME_WAIT. */
static int clients_end(int port, int count, bool by_reset)
{
	struct linger reset = { .l_onoff = 1 };
	struct sockaddr_in server = loopback(port), own = loopback(0);
	for (int i = 0; i < count; i++) {
		char byte = 'x';
		int fd = new_socket(SOCK_STREAM);
		own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)i % 16);
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){ 1 }, sizeof(int));
		if (bind(fd, (struct sockaddr *)&own, sizeof own) ||
		    connect(fd, (struct sockaddr *)&server, sizeof server))
			die("connect");
		if (send(fd, &byte, 1, 0) != 1 || recv(fd, &byte, 1, 0) != 1)
			wrong("no answer");
		if (by_reset)
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		close(fd);
	}
	printf("%d\n", count);
	return 0;
}

struct datagram {
	uint32_t peer, number;
	int32_t run; /* whose: a late answer to an earlier one may come to a port that it has had */
	char rest[52];
};

static int datagrams(int port, int peers, int window, double duration)
{
	struct pollfd *fds = calloc((size_t)peers, sizeof *fds);
	uint32_t *sent = calloc((size_t)peers, sizeof *sent),
	         *got = calloc((size_t)peers, sizeof *got);
	uint64_t answers = 0, bad = 0, lost = 0;
	if (!fds || !sent || !got)
		die("calloc");
	for (int i = 0; i < peers; i++)
		fds[i] = (struct pollfd){ .fd = connected(SOCK_DGRAM, port), .events = POLLIN };
	double begun = seconds(), now = begun;
	int32_t run = getpid();
	while (now - begun < duration) {
		for (int i = 0; i < peers; i++)
			while (sent[i] - got[i] < (uint32_t)window) {
				struct datagram datagram = { .peer = (uint32_t)i,
					                     .number = sent[i]++,
					                     .run = run };
				if (send(fds[i].fd, &datagram, sizeof datagram, 0) < 0)
					die("send");
			}
		if (poll(fds, (nfds_t)peers, 200) == 0)
			for (int i = 0; i < peers;
			     i++) { /* lost on the way: counted, and replaced */
				lost += sent[i] - got[i];
				got[i] = sent[i];
			}
		for (int i = 0; i < peers; i++) {
			struct datagram answer;
			while (fds[i].revents & POLLIN &&
			       recv(fds[i].fd, &answer, sizeof answer, MSG_DONTWAIT) >= 0) {
				if (answer.run != run)
					continue;
				bad += answer.peer != (uint32_t)i || answer.number >= sent[i];
				got[i]++;
				answers++;
			}
		}
		now = seconds();
	}
	printf("%.0f %llu %llu\n", (double)answers / (now - begun), (unsigned long long)lost,
	       (unsigned long long)bad);
	return 0;
}

/* ---- two servers compared ---- */

enum { ROUNDS_MOST = 100 };

struct side {
	int port, epoll;
	clockid_t clock; /* of the server's processor time */
	struct client *clients;
	double took[ROUNDS_MOST], used[ROUNDS_MOST]; /* seconds of each round */
};

struct comparison {
	const char *kind;
	int count, size;
	uint64_t amount;
};

static struct side make_side(const struct comparison *comparison, int port, pid_t server)
{
	struct side side = { .port = port, .epoll = epoll_create1(0) };
	if (clock_getcpuclockid(server, &side.clock))
		die("clock_getcpuclockid");
	if (strcmp(comparison->kind, "connections") != 0)
		side.clients = make_clients(port, comparison->count, side.epoll);
	return side;
}

static double processor_seconds(const struct side *side)
{
	struct timespec used;
	if (clock_gettime(side->clock, &used))
		wrong("a server has ended");
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void load_once(struct side *side, const struct comparison *comparison, int round)
{
	int count = comparison->count;
	double used = processor_seconds(side), begun = seconds();
	if (strcmp(comparison->kind, "requests") == 0)
		exchange(side->clients, count, side->epoll, (size_t)comparison->size,
		         comparison->amount);
	else if (strcmp(comparison->kind, "bulk") == 0)
		pour(side->clients, count, side->epoll, comparison->amount / (uint64_t)count);
	else
		connect_often(side->port, count, side->epoll, comparison->amount);
	side->took[round] = seconds() - begun;
	side->used[round] = processor_seconds(side) - used;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Of other[i] / own[i]. */
static double median_ratio(const double *other, const double *own, int count)
{
	double ratios[ROUNDS_MOST];
	for (int i = 0; i < count; i++)
		ratios[i] = other[i] / own[i];
	qsort(ratios, (size_t)count, sizeof *ratios, compare_doubles);
	return ratios[count / 2];
}

/* What each is asked for first makes connections and memory, and is not counted. */
static int compare(const struct comparison *comparison, struct side sides[2], int rounds)
{
	for (int round = -1; round < rounds; round++)
		for (int i = 0; i < 2; i++)
			load_once(&sides[(round + i) & 1], comparison, round < 0 ? 0 : round);
	double took = 0;
	for (int i = 0; i < rounds; i++)
		took += sides[0].took[i];
	printf("%.3f %.3f %.1f\n", median_ratio(sides[1].took, sides[0].took, rounds),
	       median_ratio(sides[1].used, sides[0].used, rounds),
	       (double)comparison->amount * rounds / took / (*comparison->kind == 'b' ? 1e6 : 1));
	return 0;
}

_Noreturn static void take_datagrams(size_t ring)
{
	int fd = bound(SOCK_DGRAM);
	char *memory = malloc(ring);
	size_t at = 0, most = 65536;
	if (!memory || ring < most)
		die("malloc");
	for (;;) {
		ssize_t n = recv(fd, memory + at, most, 0);
		if (n < 0)
			die("recv");
		at = ring - at - (size_t)n < most ? 0 : at + (size_t)n;
	}
}

static int datagram_flood(int port, size_t size, double duration)
{
	static char data[65536];
	int fd = connected(SOCK_DGRAM, port);
	uint64_t sent = 0;
	for (double begun = seconds(); seconds() - begun < duration; sent++)
		if (send(fd, data, size, 0) < 0)
			die("send");
	printf("%llu\n", (unsigned long long)sent);
	return 0;
}

/* Bytes that wait at this port of loopback. */
static unsigned waiting(int port)
{
	unsigned local, transmit, receive = 0;
	char line[512];
	FILE *sockets = fopen("/proc/net/udp", "r");
	if (!sockets)
		die("/proc/net/udp");
	while (fgets(line, sizeof line, sockets))
		if (sscanf(line, "%*s %*x:%x %*s %*s %x:%x", &local, &transmit, &receive) == 3 &&
		    local == (unsigned)port)
			break;
		else
			receive = 0;
	fclose(sockets);
	return receive;
}

static int datagram_bursts(int port, size_t size, int count, int times)
{
	static char data[65536];
	int fd = connected(SOCK_DGRAM, port);
	while (times-- > 0) {
		for (int i = 0; i < count; i++)
			if (send(fd, data, size, 0) < 0)
				die("send");
		while (waiting(port))
			poll(NULL, 0, 1);
	}
	return 0;
}

/* ---- the cable of a sandbox ---- */

static int on_host(struct sandbox *sandbox, enum host host, int type, int port)
{
	struct endpoint addr = host_address(host, AF_INET, (uint16_t)port);
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(&addr, &sa);
	int fd = sandbox_socket(sandbox, host, AF_INET, type, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, len))
		die("socket in the sandbox");
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

static void to_right(int fd)
{
	struct endpoint addr = host_address(HOST_RIGHT, AF_INET, 7000);
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(&addr, &sa);
	if (connect(fd, (struct sockaddr *)&sa, len))
		die("connect");
}

/* Sends in a child until that is killed. */
static pid_t start_sending(int fd, size_t len)
{
	static char data[1 << 16];
	pid_t child = fork();
	while (child == 0)
		if (send(fd, data, len, 0) < 0 && errno != ENOBUFS)
			_exit(0);
	close(fd);
	return child;
}

static uint64_t delivered(const struct cable_statistics *statistics)
{
	return statistics->from[HOST_LEFT].delivered + statistics->from[HOST_RIGHT].delivered;
}

static int cable_speed(struct sandbox *sandbox, int type, double duration)
{
	static char data[1 << 20];
	struct cable_statistics before, after;
	int receiver = on_host(sandbox, HOST_RIGHT, type, 7000);
	int sender = on_host(sandbox, HOST_LEFT, type, 0);
	if (type == SOCK_STREAM && listen(receiver, 1))
		die("listen");
	to_right(sender);
	if (type == SOCK_STREAM)
		receiver = accept(receiver, NULL, NULL);
	cable_link_statistics(sandbox_cable(sandbox), &before);
	pid_t child = start_sending(sender, type == SOCK_STREAM ? sizeof data / 16 : 64);
	uint64_t bytes = 0;
	double begun = seconds(), now = begun;
	for (; now - begun < duration; now = seconds()) {
		ssize_t len = recv(receiver, data, sizeof data, 0);
		if (len < 0)
			die("recv");
		bytes += (uint64_t)len;
	}
	cable_link_statistics(sandbox_cable(sandbox), &after);
	kill(child, SIGKILL);
	double frames = (double)(delivered(&after) - delivered(&before)) / (now - begun);
	printf("%.0f %.0f\n", (double)bytes * 8 / 1e6 / (now - begun), frames);
	return 0;
}

static int cable_lateness(struct sandbox *sandbox, const char *ms, int count)
{
	char words[32], byte;
	struct error error;
	struct cable_settings settings;
	struct cable_statistics statistics;
	int receiver = on_host(sandbox, HOST_RIGHT, SOCK_DGRAM, 7000);
	int sender = on_host(sandbox, HOST_LEFT, SOCK_DGRAM, 0);
	cable_settings_init(&settings);
	snprintf(words, sizeof words, "delay %sms", ms);
	if (!cable_parse(&settings, words, NULL, &error) ||
	    !cable_link_set(sandbox_cable(sandbox), &settings, &error))
		die(error.text);
	to_right(sender);
	int arrived = 0;
	for (int i = 0; i < count; i++) {
		struct timespec pause = { .tv_nsec = 1000000 };
		if (send(sender, "", 1, 0) < 0)
			die("send");
		nanosleep(&pause, NULL);
		while (recv(receiver, &byte, 1, MSG_DONTWAIT) >= 0)
			arrived++;
	}
	for (; arrived < count; arrived++)
		if (recv(receiver, &byte, 1, 0) < 0)
			die("recv");
	cable_link_statistics(sandbox_cable(sandbox), &statistics);
	printf("%lld %lld %lld\n", (long long)statistics.late_median / 1000,
	       (long long)statistics.late_p99 / 1000, (long long)statistics.late_max / 1000);
	return 0;
}

static int cable(const char *kind, const char *first, int second)
{
	struct error error;
	struct sandbox *sandbox = sandbox_new(&error);
	if (!sandbox) {
		fprintf(stderr, "worker: %s\n", error.text);
		return 3;
	}
	int status =
	        strcmp(kind, "late") == 0
	                ? cable_lateness(sandbox, first, second)
	                : cable_speed(sandbox, strcmp(kind, "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM,
	                              atof(first));
	sandbox_free(sandbox);
	return status;
}

/* ---- the wire of a sandbox ---- */

/* In a child, which ends with its figure on `out`. */
static void use_service(int fd, bool echo, double duration, int out)
{
	static char data[1 << 16];
	size_t size = echo ? 64 : sizeof data;
	uint64_t bytes = 0, count = 0;
	int on = 1;
	to_right(fd);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	double begun = seconds(), now = begun;
	for (; now - begun < duration; now = seconds(), count++) {
		ssize_t sent = send(fd, data, size, 0);
		if (sent < 0 || (echo && recv(fd, data, size, MSG_WAITALL) != (ssize_t)size))
			_exit(1);
		bytes += (uint64_t)sent;
	}
	double speed = (echo ? (double)count : (double)bytes / 1e6) / (now - begun);
	_exit(write(out, &speed, sizeof speed) < 0);
}

static int wire(bool echo, bool on, double duration)
{
	struct error error;
	struct sandbox *sandbox = sandbox_new(&error);
	if (!sandbox) {
		fprintf(stderr, "worker: %s\n", error.text);
		return 3;
	}
	int end[2];
	double speed = 0;
	struct poller poller;
	poller_init(&poller);
	struct transcript *transcript = transcript_new(64 << 20, TRANSCRIPT_BLOCK);
	struct sessions *sessions = sessions_new(transcript);
	struct target target = { .transport = TRANSPORT_TCP,
		                 .host = "192.0.2.2",
		                 .service = "7000" };
	struct session_options options = { .service = service_find(echo ? "echo" : "discard") };
	sessions_set_wire(sessions, on ? WIRE_AUTO : WIRE_OFF, &error);
	sessions_set_sandbox(sessions, sandbox);
	if (!sessions_listen(sessions, &target, &options, &error) || pipe(end))
		die("listen");
	int client = on_host(sandbox, HOST_LEFT, SOCK_STREAM, 0);
	if (fork() == 0)
		use_service(client, echo, duration, end[1]);
	close(end[1]);
	close(client);
	do {
		poller_reset(&poller);
		poller_want_read(&poller, end[0]);
		sessions_prepare(sessions, &poller);
		poller_wait(&poller);
		sessions_serve(sessions, &poller);
		sessions_reap(sessions);
	} while (!poller_readable(&poller, end[0]));
	struct wire_counts counts = wire_counts(sessions_wire(sessions));
	bool done = read(end[0], &speed, sizeof speed) == sizeof speed;
	printf("%.1f %llu %llu\n", speed, (unsigned long long)counts.recorded,
	       (unsigned long long)counts.missed);
	sessions_free(sessions);
	transcript_free(transcript);
	sandbox_free(sandbox);
	return !done;
}

int main(int argc, char **argv)
{
	struct rlimit limit = { 8192, 8192 };
	setrlimit(RLIMIT_NOFILE, &limit);
	const char *job = argc > 1 ? argv[1] : "";
	long long number[9] = { 0 };
	for (int i = 2; i < argc && i < 11; i++)
		number[i - 2] = atoll(argv[i]);
	if (strcmp(job, "flood") == 0 && argc == 4)
		return flood(argv[2], (size_t)number[1]);
	if (strcmp(job, "drain") == 0 && argc == 4)
		return drain((int)number[0], (size_t)number[1]);
	if (strcmp(job, "splice") == 0 && argc == 4)
		return splice_all(argv[2], (int)number[1]);
	if (strcmp(job, "copy") == 0 && argc == 4) {
		printf("%.6f\n", copy(argv[2], argv[3]));
		return 0;
	}
	if (strcmp(job, "log") == 0 && argc == 5)
		return copy_and_drain((int)number[0], argv[3], argv[4]);
	if (strcmp(job, "echo") == 0 && argc == 3 && strcmp(argv[2], "tcp") == 0)
		echo_tcp();
	if (strcmp(job, "echo") == 0 && argc == 3)
		echo_udp();
	if (strcmp(job, "requests") == 0 && argc == 6)
		return requests((int)number[0], (int)number[1], (size_t)number[2], atof(argv[5]));
	if (strcmp(job, "bulk") == 0 && argc == 5)
		return bulk((int)number[0], (int)number[1], (uint64_t)number[2]);
	if (strcmp(job, "clients-end") == 0 && argc == 5)
		return clients_end((int)number[0], (int)number[1], strcmp(argv[4], "reset") == 0);
	if (strcmp(job, "datagrams") == 0 && argc == 6)
		return datagrams((int)number[0], (int)number[1], (int)number[2], atof(argv[5]));
	if (strcmp(job, "compare") == 0 && argc == 11) {
		struct comparison comparison = { argv[2], (int)number[5], (int)number[6],
			                         (uint64_t)number[7] };
		struct side sides[] = { make_side(&comparison, (int)number[1], (pid_t)number[2]),
			                make_side(&comparison, (int)number[3], (pid_t)number[4]) };
		int rounds = (int)number[8];
		return compare(&comparison, sides, rounds < ROUNDS_MOST ? rounds : ROUNDS_MOST);
	}
	if (strcmp(job, "take") == 0 && argc == 3)
		take_datagrams((size_t)number[0]);
	if (strcmp(job, "datagram-flood") == 0 && argc == 5)
		return datagram_flood((int)number[0], (size_t)number[1], atof(argv[4]));
	if (strcmp(job, "datagram-bursts") == 0 && argc == 6)
		return datagram_bursts((int)number[0], (size_t)number[1], (int)number[2],
		                       (int)number[3]);
	if (strcmp(job, "cable") == 0 && (argc == 4 || argc == 5))
		return cable(argv[2], argv[3], (int)number[2]);
	if (strcmp(job, "wire") == 0 && argc == 5)
		return wire(strcmp(argv[2], "echo") == 0, strcmp(argv[3], "off") != 0,
		            atof(argv[4]));
	fprintf(stderr, "worker: see the head of its source\n");
	return 2;
}
