// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

static int close_failed(int fd)
{
	int saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int bind_loopback(int fd, int family)
{
	struct endpoint addr = endpoint_loopback(family, 0);
	struct sockaddr_storage storage;
	socklen_t len = endpoint_to_sockaddr(&addr, &storage);
	return bind(fd, (struct sockaddr *)&storage, len);
}

static int connect_loopback(int fd, int family, uint16_t port)
{
	struct endpoint addr = endpoint_loopback(family, port);
	struct sockaddr_storage storage;
	socklen_t len = endpoint_to_sockaddr(&addr, &storage);
	return connect(fd, (struct sockaddr *)&storage, len);
}

/* The receive buffer is set before listen(): accepted sockets inherit it, tcp(7). */
static int bound_socket(int family, int type, int receive_buffer)
{
	int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	int one = 1;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (receive_buffer)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
	return bind_loopback(fd, family) ? close_failed(fd) : fd;
}

bool peer_has_ipv6(void)
{
	int fd = bound_socket(AF_INET6, SOCK_STREAM, 0);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int listen_on(int fd, int backlog)
{
	if (fd < 0)
		return -1;
	return listen(fd, backlog) ? close_failed(fd) : fd;
}

int peer_listen(int family, int backlog)
{
	return listen_on(bound_socket(family, SOCK_STREAM, 0), backlog);
}

int peer_listen_small(int family, int receive_buffer)
{
	return listen_on(bound_socket(family, SOCK_STREAM, receive_buffer), SOMAXCONN);
}

int peer_refused(int family)
{
	return bound_socket(family, SOCK_STREAM, 0);
}

void peer_close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* listen(0) queues one connection on Linux; the first that stays under way proves the
 * queue full. */
int peer_blackhole(int family, int fill[PEER_FILL])
{
	int listener = peer_listen(family, 0);
	for (size_t i = 0; i < PEER_FILL; i++)
		fill[i] = -1;
	for (size_t i = 0; listener >= 0 && i < PEER_FILL; i++) {
		fill[i] = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fill[i] < 0)
			break;
		connect_loopback(fill[i], family, peer_port(listener));
		/* the queue is full when it has one, which may take a while to come in */
		if (i == 0 && !peer_wait(listener, POLLIN, PEER_MS))
			break;
		if (!peer_wait(fill[i], POLLOUT, 100))
			return listener;
	}
	peer_close_all(fill, PEER_FILL);
	return listener < 0 ? -1 : close_failed(listener);
}

int peer_udp(int family)
{
	return bound_socket(family, SOCK_DGRAM, 0);
}

int peer_udp_refused(int family)
{
	int fd = peer_udp(family);
	if (fd >= 0)
		peer_refuse(fd);
	return fd;
}

/* On Linux a listener that is shut down listens no more, and stays bound. A UDP socket that is
 * connected to itself takes its own datagrams only. */
void peer_refuse(int fd)
{
	struct endpoint own = peer_addr(fd);
	int type = 0;
	socklen_t len = sizeof type;
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	if (type == SOCK_STREAM)
		shutdown(fd, SHUT_RDWR);
	else
		connect_loopback(fd, own.family, own.port);
}

int peer_connect(int family, uint16_t port, int ms)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect_loopback(fd, family, port) == 0)
		return fd;
	if (errno != EINPROGRESS || !peer_wait(fd, POLLOUT, ms))
		return close_failed(fd);
	int error = 0;
	socklen_t len = sizeof error;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	errno = error;
	return error ? close_failed(fd) : fd;
}

struct endpoint peer_addr(int fd)
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	if (getsockname(fd, (struct sockaddr *)&storage, &len))
		return (struct endpoint){ .family = AF_UNSPEC };
	return endpoint_from_sockaddr((struct sockaddr *)&storage, len);
}

uint16_t peer_port(int fd)
{
	return peer_addr(fd).port;
}

static int ms_until(int64_t end)
{
	int64_t left = end - clock_now();
	return left <= 0 ? 0 : (int)((left + CLOCK_MS - 1) / CLOCK_MS);
}

static bool wait_until(int fd, short events, int64_t end)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };
	int ready;
	do
		ready = poll(&poll_fd, 1, ms_until(end));
	while (ready < 0 && errno == EINTR);
	return ready > 0;
}

bool peer_wait(int fd, short events, int ms)
{
	return wait_until(fd, events, clock_now() + ms * CLOCK_MS);
}

int peer_accept(int listener, int ms)
{
	if (!peer_wait(listener, POLLIN, ms))
		return -1;
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static bool is_temporary(int code)
{
	return code == EAGAIN || code == EINTR;
}

bool peer_send(int fd, const void *data, size_t len, int ms)
{
	const char *next = data;
	int64_t end = clock_now() + ms * CLOCK_MS;
	while (len > 0) {
		if (!wait_until(fd, POLLOUT, end))
			return false;
		ssize_t sent = send(fd, next, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && !is_temporary(errno))
			return false;
		if (sent > 0) {
			next += sent;
			len -= (size_t)sent;
		}
	}
	return true;
}

ssize_t peer_recv_until(int fd, char *data, size_t cap, const char *needle, int ms)
{
	size_t len = 0;
	int64_t end = clock_now() + ms * CLOCK_MS;
	while (len + 1 < cap && !(needle && memmem(data, len, needle, strlen(needle))) &&
	       wait_until(fd, POLLIN, end)) {
		ssize_t got = recv(fd, data + len, cap - 1 - len, MSG_DONTWAIT);
		if (got < 0 && is_temporary(errno))
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	data[len] = '\0';
	return (ssize_t)len;
}

int peer_eof(int fd, int ms)
{
	char dropped[1 << 16];
	int64_t end = clock_now() + ms * CLOCK_MS;
	while (wait_until(fd, POLLIN, end)) {
		ssize_t got = recv(fd, dropped, sizeof dropped, MSG_DONTWAIT);
		if (got == 0)
			return 1;
		if (got < 0 && !is_temporary(errno))
			return -errno;
	}
	return 0;
}

ssize_t peer_recv_from(int fd, void *data, size_t cap, struct endpoint *from, int ms)
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	if (!peer_wait(fd, POLLIN, ms))
		return -1;
	ssize_t got = recvfrom(fd, data, cap, MSG_DONTWAIT, (struct sockaddr *)&storage, &len);
	if (got >= 0 && from)
		*from = endpoint_from_sockaddr((struct sockaddr *)&storage, len);
	return got;
}

bool peer_send_to(int fd, const struct endpoint *to, const void *data, size_t len)
{
	struct sockaddr_storage storage;
	socklen_t endpoint_len = endpoint_to_sockaddr(to, &storage);
	return sendto(fd, data, len, MSG_NOSIGNAL, (struct sockaddr *)&storage, endpoint_len) ==
	       (ssize_t)len;
}

/* What its buffers hold and what it has dropped: each datagram that arrives changes it. False where
 * the system does not say. */
static bool read_memory(int fd, uint32_t memory[32])
{
	memset(memory, 0, 32 * sizeof *memory);
#ifdef SO_MEMINFO
	socklen_t len = 32 * sizeof *memory;
	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &len) == 0;
#else
	return (void)fd, false;
#endif
}

bool peer_deliver(int fd, int receiver, const void *data, size_t len)
{
	uint32_t then[32], now[32];
	struct endpoint to = peer_addr(receiver);
	int64_t deadline = clock_now() + PEER_MS * CLOCK_MS;
	bool known = read_memory(receiver, then);
	if (!peer_send_to(fd, &to, data, len))
		return false;
	if (!known)
		return peer_wait(receiver, POLLIN, PEER_MS);
	while (read_memory(receiver, now) && memcmp(then, now, sizeof now) == 0) {
		if (clock_now() > deadline)
			return false;
		peer_wait(fd, POLLIN, 1);
	}
	return true;
}

void peer_reset(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

void peer_half_close(int fd)
{
	shutdown(fd, SHUT_WR);
}

bool peer_stamps(int fd[3])
{
	int one = 1;
	bool stamped = false;
	int64_t deadline = clock_now() + PEER_MS * CLOCK_MS;
	fd[0] = peer_listen(AF_INET, 1);
	setsockopt(fd[0], SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
	fd[1] = peer_connect(AF_INET, peer_port(fd[0]), PEER_MS);
	fd[2] = peer_accept(fd[0], PEER_MS);
	while (!stamped && clock_now() < deadline) {
		char byte;
		_Alignas(struct cmsghdr) char control[256];
		struct iovec piece = { .iov_base = &byte, .iov_len = 1 };
		struct msghdr message = { .msg_iov = &piece,
			                  .msg_iovlen = 1,
			                  .msg_control = control,
			                  .msg_controllen = sizeof control };
		peer_send(fd[1], "x", 1, PEER_MS);
		peer_wait(fd[2], POLLIN, PEER_MS);
		stamped = recvmsg(fd[2], &message, 0) == 1 && message.msg_controllen > 0;
	}
	return stamped;
}
