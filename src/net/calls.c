// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "net/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

/* Less room than this at the end of a block is left unused, so that a flood is not read
 * in crumbs. */
enum { RECV_LEAST = 4096 };

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SIGPIPE is ignored in any case */
#endif

#define RETRY_INTERRUPTED(result, call)                                                            \
	do                                                                                         \
		(result) = (call);                                                                 \
	while ((result) < 0 && errno == EINTR)

#ifdef HAVE_ACCEPT4
static int make_socket(int family, int type)
{
	return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int take_client(int fd, struct sockaddr *sa, socklen_t *len)
{
	return accept4(fd, sa, len, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
#else
static int prepare_fd(int fd)
{
	if (fd < 0)
		return fd;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

static int make_socket(int family, int type)
{
	return prepare_fd(socket(family, type, 0));
}

static int take_client(int fd, struct sockaddr *sa, socklen_t *len)
{
	return prepare_fd(accept(fd, sa, len));
}
#endif

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int32_t to_arg(size_t value)
{
	return (int32_t)smaller(value, INT32_MAX);
}

static int16_t to_fd(int fd)
{
	return (int16_t)(fd < INT16_MAX ? fd : INT16_MAX);
}

static struct entry begin(const struct caller *caller, enum call call, int fd)
{
	return (struct entry){
		.time = clock_now(),
		.session = caller->session,
		.fd = to_fd(fd),
		.call = (uint8_t)call,
		.flags = caller->flags,
	};
}

static uint32_t to_microseconds(int64_t duration)
{
	int64_t us = duration / CLOCK_US + (duration % CLOCK_US > 0);
	return us < 0 ? 0 : us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static void end(struct entry *entry, bool failed)
{
	entry->error = failed ? (uint8_t)errno : 0;
	entry->duration = to_microseconds(clock_now() - entry->time);
}

/* Writes down a call that moves no stream of bytes, and leaves result and errno to the caller. */
static int record(const struct caller *caller, struct entry *entry, int result,
                  const struct addr *addr, const void *payload, size_t len)
{
	int saved = errno;
	end(entry, result < 0);
	transcript_append(caller->transcript, entry, addr, payload, len);
	errno = saved;
	return result;
}

/* ---- making and ending ---- */

int call_socket(const struct caller *caller, int family, int type)
{
	struct entry entry = begin(caller, CALL_SOCKET, -1);
	entry.arg = type;
	entry.arg2 = (int16_t)family;
	int fd = make_socket(family, type);
	entry.fd = to_fd(fd);
	return record(caller, &entry, fd, NULL, NULL, 0);
}

int call_bind(const struct caller *caller, int fd, const struct addr *addr)
{
	struct sockaddr_storage storage;
	socklen_t len = addr_to_sockaddr(addr, &storage);
	struct entry entry = begin(caller, CALL_BIND, fd);
	int result = bind(fd, (struct sockaddr *)&storage, len);
	return record(caller, &entry, result, addr, NULL, 0);
}

int call_listen(const struct caller *caller, int fd, int backlog)
{
	struct entry entry = begin(caller, CALL_LISTEN, fd);
	entry.arg = backlog;
	int result = listen(fd, backlog);
	return record(caller, &entry, result, NULL, NULL, 0);
}

/* An interrupted connect() goes on by itself, connect(2): trying again would only say EALREADY. */
int call_connect(const struct caller *caller, int fd, const struct addr *addr)
{
	struct sockaddr_storage storage;
	socklen_t len = addr_to_sockaddr(addr, &storage);
	if (len == 0)
		len = sizeof(struct sockaddr);
	struct entry entry = begin(caller, CALL_CONNECT, fd);
	int result = connect(fd, (struct sockaddr *)&storage, len);
	if (result < 0 && errno == EINTR)
		errno = EINPROGRESS;
	return record(caller, &entry, result, addr, NULL, 0);
}

int call_accept(const struct caller *caller, int fd, struct addr *peer)
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	struct entry entry = begin(caller, CALL_ACCEPT, fd);
	int client;
	RETRY_INTERRUPTED(client, take_client(fd, (struct sockaddr *)&storage, &len));
	if (client < 0)
		*peer = (struct addr){ .family = AF_UNSPEC };
	else
		*peer = addr_from_sockaddr((struct sockaddr *)&storage, len);
	entry.arg = client;
	return record(caller, &entry, client, peer, NULL, 0);
}

int call_shutdown(const struct caller *caller, int fd, int how)
{
	struct entry entry = begin(caller, CALL_SHUTDOWN, fd);
	entry.arg = how;
	int result = shutdown(fd, how);
	return record(caller, &entry, result, NULL, NULL, 0);
}

/* An interrupted close() has closed all the same on Linux, and trying again may hit somebody
 * else's, close(2). */
int call_close(const struct caller *caller, int fd)
{
	struct entry entry = begin(caller, CALL_CLOSE, fd);
	int result = close(fd);
	if (result < 0 && errno == EINTR)
		result = 0;
	return record(caller, &entry, result, NULL, NULL, 0);
}

int call_getsockname(const struct caller *caller, int fd, struct addr *addr)
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	struct entry entry = begin(caller, CALL_GETSOCKNAME, fd);
	int result = getsockname(fd, (struct sockaddr *)&storage, &len);
	*addr = addr_from_sockaddr((struct sockaddr *)&storage, result < 0 ? 0 : len);
	return record(caller, &entry, result, addr, NULL, 0);
}

/* ---- options ---- */

static struct entry begin_option(const struct caller *caller, enum call call, int fd, int level,
                                 int name)
{
	struct entry entry = begin(caller, call, fd);
	entry.arg = name;
	entry.arg2 = (int16_t)level;
	return entry;
}

static int set_option(const struct caller *caller, int fd, int level, int name, const void *value,
                      socklen_t len)
{
	struct entry entry = begin_option(caller, CALL_SETSOCKOPT, fd, level, name);
	int result = setsockopt(fd, level, name, value, len);
	return record(caller, &entry, result, NULL, value, len);
}

int call_set_option(const struct caller *caller, int fd, int level, int name, int value)
{
	return set_option(caller, fd, level, name, &value, sizeof value);
}

int call_set_linger(const struct caller *caller, int fd, int seconds)
{
	struct linger linger = { .l_onoff = 1, .l_linger = seconds };
	return set_option(caller, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

int call_get_option(const struct caller *caller, int fd, int level, int name, int *value)
{
	socklen_t len = sizeof *value;
	*value = 0;
	struct entry entry = begin_option(caller, CALL_GETSOCKOPT, fd, level, name);
	int result = getsockopt(fd, level, name, value, &len);
	return record(caller, &entry, result, NULL, value, result < 0 ? 0 : len);
}

/* ---- bytes ---- */

/* Writes down a call whose payload is in its reserved place already. */
static uint64_t commit(const struct caller *caller, struct entry *entry, const struct addr *addr,
                       ssize_t len)
{
	int saved = errno;
	uint64_t position =
	        transcript_commit(caller->transcript, entry, addr, len > 0 ? (size_t)len : 0);
	errno = saved;
	return position;
}

static struct entry begin_transfer(const struct caller *caller, enum call call, int fd,
                                   size_t asked, int flags)
{
	struct entry entry = begin(caller, call, fd);
	entry.arg = to_arg(asked);
	entry.arg2 = (int16_t)flags;
	return entry;
}

ssize_t call_recv(const struct caller *caller, int fd, size_t most, int flags, const char **data)
{
	size_t room;
	char *place = transcript_reserve(caller->transcript, 0, smaller(most, RECV_LEAST), &room);
	size_t asked = smaller(most, room);
	struct entry entry = begin_transfer(caller, CALL_RECV, fd, asked, flags);
	ssize_t got;
	RETRY_INTERRUPTED(got, recv(fd, place, asked, flags));
	end(&entry, got < 0);
	commit(caller, &entry, NULL, got);
	*data = place;
	return got;
}

/* Where the bytes of a committed entry are: a shorter address than was left room for has moved
 * them. */
static const char *payload_at(const struct caller *caller, uint64_t position)
{
	return entry_payload(transcript_at(caller->transcript, position));
}

/* Only a block too small for every datagram can cut one. Then MSG_TRUNC makes the result its real
 * length, udp(7). */
ssize_t call_recvfrom(const struct caller *caller, int fd, int family, int flags, struct addr *from,
                      const char **data)
{
	size_t room;
	size_t addr_size = addr_packed_size(&(struct addr){ .family = (uint16_t)family });
	char *place = transcript_reserve(caller->transcript, addr_size, TRANSCRIPT_ROOM, &room);
	size_t asked = smaller(room, TRANSCRIPT_ROOM);
	if (asked < TRANSCRIPT_ROOM)
		flags |= MSG_TRUNC;
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	struct entry entry = begin_transfer(caller, CALL_RECVFROM, fd, asked, flags);
	ssize_t got;
	RETRY_INTERRUPTED(got,
	                  recvfrom(fd, place, asked, flags, (struct sockaddr *)&storage, &len));
	end(&entry, got < 0);
	*from = addr_from_sockaddr((struct sockaddr *)&storage, got < 0 ? 0 : len);
	if (got > (ssize_t)asked) {
		entry.flags |= ENTRY_TRUNCATED;
		entry.arg = to_arg((size_t)got);
		got = (ssize_t)asked;
	}
	uint64_t position = commit(caller, &entry, from, got);
	*data = addr_packed_size(from) == addr_size ? place : payload_at(caller, position);
	return got;
}

/* Room is made before the call and filled behind it. Making room takes the oldest block at most,
 * and never the newest, in which `data` may be. What a block too small for a datagram cannot hold
 * is sent all the same, but kept cut. */
static ssize_t offer(const struct caller *caller, enum call call, int fd, const void *data,
                     size_t len, int flags, const struct addr *to)
{
	size_t room;
	struct sockaddr_storage storage;
	socklen_t addr_len = to ? addr_to_sockaddr(to, &storage) : 0;
	char *place = transcript_reserve(caller->transcript, to ? addr_packed_size(to) : 0,
	                                 smaller(len, TRANSCRIPT_ROOM), &room);
	size_t asked = room < TRANSCRIPT_ROOM ? len : smaller(len, room);
	struct entry entry = begin_transfer(caller, call, fd, asked, flags);
	ssize_t sent;
	RETRY_INTERRUPTED(sent, sendto(fd, data, asked, flags,
	                               to ? (struct sockaddr *)&storage : NULL, addr_len));
	end(&entry, sent < 0);
	ssize_t kept = sent > (ssize_t)room ? (ssize_t)room : sent;
	if (kept < sent) {
		entry.flags |= ENTRY_TRUNCATED;
		entry.arg = to_arg((size_t)sent);
	}
	if (kept > 0)
		memcpy(place, data, (size_t)kept);
	commit(caller, &entry, to, kept);
	return sent;
}

ssize_t call_send(const struct caller *caller, int fd, const void *data, size_t len, int flags)
{
	return offer(caller, CALL_SEND, fd, data, len, flags | MSG_NOSIGNAL, NULL);
}

ssize_t call_sendto(const struct caller *caller, int fd, const void *data, size_t len, int flags,
                    const struct addr *to)
{
	return offer(caller, CALL_SENDTO, fd, data, len, flags | MSG_NOSIGNAL, to);
}

/* ---- names ---- */

void call_note_lookup(const struct caller *caller, int64_t begun, int64_t ended, const char *host,
                      const char *service, const char *text, bool failed)
{
	struct entry entry = begin(caller, CALL_GETADDRINFO, -1);
	struct buf payload;
	entry.time = begun;
	entry.duration = to_microseconds(ended - begun);
	entry.error = failed ? EHOSTUNREACH : 0;
	buf_init(&payload, SIZE_MAX);
	buf_printf(&payload, "%s %s\n%s", host, service, text);
	transcript_append(caller->transcript, &entry, NULL, buf_data(&payload), payload.len);
	buf_free(&payload);
}
