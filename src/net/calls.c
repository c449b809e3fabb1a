// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "net/calls.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/calls_control.h"

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

/* ---- how a call is written down ---- */

static int16_t to_fd(int fd)
{
	return (int16_t)(fd < INT16_MAX ? fd : INT16_MAX);
}

static struct entry begin_at(const struct caller *caller, enum call call, int fd, int64_t now)
{
	return (struct entry){
		.time = caller->since ? caller->since : now,
		.session = caller->session,
		.fd = to_fd(fd),
		.call = (uint8_t)call,
		.flags = (uint8_t)(caller->flags | (caller->since ? ENTRY_WAITED : 0)),
	};
}

struct entry call_begin(const struct caller *caller, enum call call, int fd)
{
	return begin_at(caller, call, fd, clock_now());
}

/* What is read first must not count as the call's time. */
struct entry call_enter(const struct caller *caller, enum call call, int fd)
{
	int64_t now = clock_now();
	if (caller->observer && caller->observer->before(caller, fd, now))
		now = clock_now();
	return begin_at(caller, call, fd, now);
}

static uint32_t to_microseconds(int64_t duration)
{
	int64_t us = duration / CLOCK_US + (duration % CLOCK_US > 0);
	return us < 0 ? 0 : us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

int64_t call_end(struct entry *entry, bool failed)
{
	entry->error = failed ? (uint8_t)errno : 0;
	int64_t now = clock_now();
	entry->duration = to_microseconds(now - entry->time);
	return now;
}

/* Writes down a call that moves no stream of bytes, and leaves result and errno to the caller. */
static int64_t write_down(const struct caller *caller, struct entry *entry, int result,
                          const struct endpoint *addr, const void *payload, size_t len)
{
	int saved = errno;
	int64_t now = call_end(entry, result < 0);
	transcript_append(caller->transcript, entry, addr, payload, len);
	errno = saved;
	return now;
}

static int record(const struct caller *caller, struct entry *entry, int fd, int result,
                  const struct endpoint *addr, const void *payload, size_t len)
{
	int64_t now = write_down(caller, entry, result, addr, payload, len);
	if (caller->observer)
		caller->observer->after(caller, fd, now, -1);
	return result;
}

/* ---- making and ending ---- */

int call_socket(const struct caller *caller, int family, int type)
{
	struct entry entry = call_enter(caller, CALL_SOCKET, -1);
	entry.arg = type;
	entry.arg2 = (int16_t)family;
	int fd = make_socket(family, type);
	entry.fd = to_fd(fd);
	if (fd >= 0 && caller->observer)
		caller->observer->opened(caller, fd);
	return record(caller, &entry, fd, fd, NULL, NULL, 0);
}

int call_bind(const struct caller *caller, int fd, const struct endpoint *addr)
{
	struct sockaddr_storage storage;
	socklen_t len = endpoint_to_sockaddr(addr, &storage);
	struct entry entry = call_enter(caller, CALL_BIND, fd);
	int result = bind(fd, (struct sockaddr *)&storage, len);
	return record(caller, &entry, fd, result, addr, NULL, 0);
}

int call_listen(const struct caller *caller, int fd, int backlog)
{
	struct entry entry = call_enter(caller, CALL_LISTEN, fd);
	entry.arg = backlog;
	int result = listen(fd, backlog);
	return record(caller, &entry, fd, result, NULL, NULL, 0);
}

/* An interrupted connect() goes on by itself, connect(2): trying again would only say EALREADY. */
int call_connect(const struct caller *caller, int fd, const struct endpoint *addr)
{
	struct sockaddr_storage storage;
	socklen_t len = endpoint_to_sockaddr(addr, &storage);
	if (len == 0)
		len = sizeof(struct sockaddr);
	struct entry entry = call_enter(caller, CALL_CONNECT, fd);
	int result = connect(fd, (struct sockaddr *)&storage, len);
	if (result < 0 && errno == EINTR)
		errno = EINPROGRESS;
	return record(caller, &entry, fd, result, addr, NULL, 0);
}

int call_accept(const struct caller *caller, int fd, struct endpoint *peer)
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	struct entry entry = call_enter(caller, CALL_ACCEPT, fd);
	int client;
	RETRY_INTERRUPTED(client, take_client(fd, (struct sockaddr *)&storage, &len));
	if (client < 0)
		*peer = (struct endpoint){ .family = AF_UNSPEC };
	else
		*peer = endpoint_from_sockaddr((struct sockaddr *)&storage, len);
	entry.arg = client;
	return record(caller, &entry, fd, client, peer, NULL, 0);
}

int call_shutdown(const struct caller *caller, int fd, int how)
{
	struct entry entry = call_enter(caller, CALL_SHUTDOWN, fd);
	entry.arg = how;
	int result = shutdown(fd, how);
	return record(caller, &entry, fd, result, NULL, NULL, 0);
}

/* An interrupted close() has closed all the same on Linux, and trying again may hit somebody
 * else's, close(2). */
int call_close(const struct caller *caller, int fd)
{
	struct entry entry = call_enter(caller, CALL_CLOSE, fd);
	int result = close(fd);
	if (result < 0 && errno == EINTR)
		result = 0;
	return record(caller, &entry, -1, result, NULL, NULL, 0);
}

int call_getsockname(const struct caller *caller, int fd, struct endpoint *addr)
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	struct entry entry = call_begin(caller, CALL_GETSOCKNAME, fd);
	int result = getsockname(fd, (struct sockaddr *)&storage, &len);
	*addr = endpoint_from_sockaddr((struct sockaddr *)&storage, result < 0 ? 0 : len);
	write_down(caller, &entry, result, addr, NULL, 0);
	return result;
}

/* ---- options ---- */

static struct entry enter_option(const struct caller *caller, enum call call, int fd, int level,
                                 int name)
{
	struct entry entry = call_enter(caller, call, fd);
	entry.arg = name;
	entry.arg2 = (int16_t)level;
	return entry;
}

int call_set_bytes(const struct caller *caller, int fd, int level, int name, const void *value,
                   size_t len)
{
	struct entry entry = enter_option(caller, CALL_SETSOCKOPT, fd, level, name);
	int result = setsockopt(fd, level, name, value, (socklen_t)len);
	if (result == 0 && caller->observer && stamps_fill_queue(level, name))
		caller->observer->queue_enabled(caller);
	return record(caller, &entry, fd, result, NULL, value, len);
}

int call_set_option(const struct caller *caller, int fd, int level, int name, int value)
{
	return call_set_bytes(caller, fd, level, name, &value, sizeof value);
}

int call_set_linger(const struct caller *caller, int fd, int seconds)
{
	struct linger linger = { .l_onoff = 1, .l_linger = seconds };
	return call_set_bytes(caller, fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

int call_get_bytes(const struct caller *caller, int fd, int level, int name, void *value,
                   size_t *len)
{
	socklen_t got = (socklen_t)*len;
	struct entry entry = enter_option(caller, CALL_GETSOCKOPT, fd, level, name);
	int result = getsockopt(fd, level, name, value, &got);
	if (result == 0)
		*len = got;
	return record(caller, &entry, fd, result, NULL, value, result < 0 ? 0 : got);
}

int call_get_option(const struct caller *caller, int fd, int level, int name, int *value)
{
	size_t len = sizeof *value;
	*value = 0;
	return call_get_bytes(caller, fd, level, name, value, &len);
}

/* ---- the error queue ---- */

bool call_error_queue(const struct caller *caller, int fd, struct errqueue *error,
                      struct endpoint *offender)
{
	struct queued queued;
	struct entry entry = call_begin(caller, CALL_ERRQUEUE, fd);
	if (!stamps_next(fd, &queued))
		return false;
	*error = queued.error;
	*offender = queued.offender;
	if (error->origin == ERRQUEUE_LEFT)
		return true;
	if (error->origin == ERRQUEUE_ACKED &&
	    !(caller->observer &&
	      caller->observer->acknowledged(caller, error->info, queued.wall, &error->delay)))
		return true;
	entry.flags |= ENTRY_WATCHING;
	uint8_t packed[ERRQUEUE_PACKED];
	write_down(caller, &entry, 0, offender, packed, errqueue_pack(error, packed));
	return true;
}

/* ---- names ---- */

void call_note_close(const struct caller *caller, int64_t begun, int64_t ended, int fd, int code)
{
	struct entry entry = call_begin(caller, CALL_CLOSE, fd);
	entry.time = begun;
	entry.duration = to_microseconds(ended - begun);
	entry.error = (uint8_t)code;
	transcript_append(caller->transcript, &entry, NULL, NULL, 0);
}

void call_note_lookup(const struct caller *caller, int64_t begun, int64_t ended, const char *host,
                      const char *service, const char *text, int status)
{
	struct entry entry = call_begin(caller, CALL_GETADDRINFO, -1);
	struct buf payload;
	entry.time = begun;
	entry.duration = to_microseconds(ended - begun);
	entry.error = status ? EHOSTUNREACH : 0;
	entry.arg = status;
	buf_init(&payload, SIZE_MAX);
	buf_printf(&payload, "%s %s\n%s", host, service, text);
	transcript_append(caller->transcript, &entry, NULL, buf_data(&payload), payload.len);
	buf_free(&payload);
}
