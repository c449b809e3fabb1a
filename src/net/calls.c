// SPDX-License-Identifier: GPL-3.0-or-later
#include "config.h"

#include "net/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/sandbox.h"
#include "net/wire.h"
#include "record/known_secrets.h"
#include "socket/tls_record.h"

/* Less room than this at the end of a block is left unused, so that a flood is not read in
 * crumbs. */
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

/* The present, after all earlier frames have been written down. */
static int64_t settle(const struct caller *caller)
{
	enum { TRIES = 3 }; /* under a flood there is always one more */
	int64_t now = clock_now();
	for (int i = 0; caller->wire && i < TRIES && wire_take(caller->wire); i++)
		now = clock_now();
	return now;
}

static struct entry begin(const struct caller *caller, enum call call, int fd)
{
	return begin_at(caller, call, fd, settle(caller));
}

/* The sample before a call must not count as its time. */
static struct entry enter(const struct caller *caller, enum call call, int fd)
{
	int64_t now = settle(caller);
	if (caller->observer && caller->observer->before(caller, fd, now))
		now = settle(caller);
	return begin_at(caller, call, fd, now);
}

/* A blocking call would have waited instead: such a result concerns only this program. */
static bool is_too_early(const struct entry *entry)
{
	if (!call_would_block(entry->error))
		return false;
	bool waits = entry_is_incoming(entry) || entry_is_outgoing(entry);
	return entry->call == CALL_ACCEPT || (waits && !(entry->arg2 & MSG_OOB));
}

static int64_t end(struct entry *entry, bool failed)
{
	entry->error = failed ? (uint8_t)errno : 0;
	if (is_too_early(entry))
		entry->flags |= ENTRY_WATCHING;
	int64_t now = clock_now();
	entry->duration = entry_microseconds(now - entry->time);
	return now;
}

/* Writes down a call that moves no stream of bytes, and leaves result and errno to the caller. */
static int64_t write_down(const struct caller *caller, struct entry *entry, int result,
                          const struct endpoint *addr, const void *payload, size_t len)
{
	int saved = errno;
	int64_t now = end(entry, result < 0);
	transcript_append(caller->transcript, entry, addr, payload, len);
	errno = saved;
	return now;
}

/* An interface's number may be one of another host. */
static void place(const struct caller *caller, struct endpoint *addr)
{
	if (addr->scope && caller->host != HOST_HERE)
		addr->scope |= ENDPOINT_ELSEWHERE;
}

/* An address that a call gave. */
static struct endpoint take_addr(const struct caller *caller,
                                 const struct sockaddr_storage *storage, socklen_t len)
{
	struct endpoint addr = endpoint_from_sockaddr((const struct sockaddr *)storage, len);
	place(caller, &addr);
	return addr;
}

static int record(const struct caller *caller, struct entry *entry, int fd, int result,
                  const struct endpoint *addr, const void *payload, size_t len)
{
	int64_t now = write_down(caller, entry, result, addr, payload, len);
	int saved = errno;
	if (caller->wire)
		wire_take(caller->wire);
	if (caller->observer)
		caller->observer->after(caller, fd, now, -1);
	errno = saved;
	return result;
}

/* ---- sockets that the wire follows ---- */

static bool is_followed(const struct caller *caller)
{
	return caller->wire && caller->host == HOST_HERE && wire_follows(caller->wire);
}

static struct endpoint name_of(int fd, int (*ask)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	bool known = ask(fd, (struct sockaddr *)&storage, &len) == 0;
	return endpoint_from_sockaddr((struct sockaddr *)&storage, known ? len : 0);
}

static int ask_number(int fd, int level, int name)
{
	int value = 0;
	socklen_t len = sizeof value;
	getsockopt(fd, level, name, &value, &len);
	return value;
}

static enum transport transport_of(int fd)
{
	return ask_number(fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM ? TRANSPORT_UDP : TRANSPORT_TCP;
}

static void follow(const struct caller *caller, int fd, const struct endpoint *remote)
{
	struct endpoint local = name_of(fd, getsockname), any = { .family = AF_UNSPEC };
	if (!local.port || endpoint_is_unix(&local))
		return;
	enum transport transport = transport_of(fd);
	wire_follow(caller->wire, fd, transport, &local, remote ? remote : &any);
	bool both = !remote && endpoint_is_any(&local) && endpoint_is_ipv6(&local) &&
	            !ask_number(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	local = endpoint_any(AF_INET, local.port);
	if (both)
		wire_follow(caller->wire, fd, transport, &local, &any);
}

/* The port must be known before the first segment or datagram leaves, so bind() chooses it now, instead
 * of the call itself. `remote` may be NULL. */
static void follow_early(const struct caller *caller, int fd, const struct endpoint *remote)
{
	struct endpoint local = name_of(fd, getsockname);
	if (endpoint_is_unix(&local))
		return;
	if (endpoint_is_set(&local) && !local.port) {
		struct caller watching = *caller;
		watching.flags |= ENTRY_WATCHING;
		local = endpoint_any(local.family, 0);
		call_bind(&watching, fd, &local);
	}
	follow(caller, fd, remote);
}

void call_follow(const struct caller *caller, int fd)
{
	struct endpoint remote = name_of(fd, getpeername);
	bool waits = ask_number(fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM ||
	             ask_number(fd, SOL_SOCKET, SO_ACCEPTCONN);
	if (is_followed(caller) && (waits || endpoint_is_set(&remote)))
		follow(caller, fd, endpoint_is_set(&remote) ? &remote : NULL);
}

/* ---- making and ending ---- */

int call_socket(const struct caller *caller, int family, int type)
{
	struct entry entry = enter(caller, CALL_SOCKET, -1);
	entry.arg = type;
	entry.arg2 = (int16_t)family;
	uint8_t host = (uint8_t)caller->host;
	int fd = host == HOST_HERE ? make_socket(family, type)
	                           : sandbox_socket(caller->sandbox, caller->host, family, type, 0);
	entry.fd = to_fd(fd);
	if (fd >= 0 && caller->observer)
		caller->observer->opened(caller, fd);
	return record(caller, &entry, fd, fd, NULL, &host, host != HOST_HERE);
}

int call_bind(const struct caller *caller, int fd, const struct endpoint *addr)
{
	struct sockaddr_storage storage;
	socklen_t len = endpoint_to_sockaddr(addr, &storage);
	struct entry entry = enter(caller, CALL_BIND, fd);
	int result = bind(fd, (struct sockaddr *)&storage, len);
	bool datagrams = result == 0 && is_followed(caller) &&
	                 !(caller->flags & ENTRY_WATCHING) &&
	                 ask_number(fd, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM;
	if (datagrams)
		follow(caller, fd, NULL);
	return record(caller, &entry, fd, result, addr, NULL, 0);
}

int call_listen(const struct caller *caller, int fd, int backlog)
{
	if (is_followed(caller))
		follow(caller, fd, NULL);
	struct entry entry = enter(caller, CALL_LISTEN, fd);
	entry.arg = backlog;
	int result = listen(fd, backlog);
	return record(caller, &entry, fd, result, NULL, NULL, 0);
}

/* An interrupted connect() goes on by itself, connect(2): trying again would only say EALREADY. */
static int begin_connect(int fd, const struct endpoint *addr)
{
	struct sockaddr_storage storage;
	socklen_t len = endpoint_to_sockaddr(addr, &storage);
	if (len == 0)
		len = sizeof(struct sockaddr);
	int result = connect(fd, (struct sockaddr *)&storage, len);
	if (result < 0 && errno == EINTR)
		errno = EINPROGRESS;
	return result;
}

/* Linux counts a socket as connecting until connect() is called once more, see connect(2) EALREADY.
 * Only then does the next one return EISCONN, or try again after a failure. A blocking connect()
 * has done that. Returns what the blocking one would, without errno. */
static int settle_connect(const struct caller *caller, int fd, const struct endpoint *addr)
{
	static const struct endpoint nobody = { .family = AF_UNSPEC };
	int code = 0;
	socklen_t len = sizeof code;
	struct entry asks = begin(caller, CALL_GETSOCKOPT, fd);
	asks.arg = SO_ERROR;
	asks.arg2 = SOL_SOCKET;
	asks.flags |= ENTRY_WATCHING;
	int result = getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len);
	if (result < 0)
		code = errno;
	write_down(caller, &asks, result, NULL, &code, result < 0 ? 0 : sizeof code);
	struct entry again = begin(caller, CALL_CONNECT, fd);
	again.flags |= ENTRY_WATCHING;
	result = begin_connect(fd, code ? &nobody : addr);
	write_down(caller, &again, result, code ? &nobody : addr, NULL, 0);
	return code;
}

/* Within this machine the kernel may need a moment. */
static bool is_settled(const struct caller *caller, int fd, const struct endpoint *addr)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	bool near = endpoint_is_loopback(addr) || caller->host != HOST_HERE;
	return poll(&poll_fd, 1, near ? 1 : 0) > 0;
}

int call_connect(const struct caller *caller, int fd, const struct endpoint *addr, bool *settled)
{
	if (is_followed(caller) && endpoint_is_set(addr))
		follow_early(caller, fd, addr);
	struct entry entry = enter(caller, CALL_CONNECT, fd);
	int result = begin_connect(fd, addr);
	bool ended = result < 0 && errno == EINPROGRESS && is_settled(caller, fd, addr);
	if (settled)
		*settled = ended;
	if (!ended)
		return record(caller, &entry, fd, result, addr, NULL, 0);
	struct entry step = entry;
	step.flags |= ENTRY_WATCHING;
	errno = EINPROGRESS;
	write_down(caller, &step, result, addr, NULL, 0);
	errno = settle_connect(caller, fd, addr);
	entry.flags |= ENTRY_WAITED;
	return record(caller, &entry, fd, errno ? -1 : 0, addr, NULL, 0);
}

int call_end_connect(const struct caller *caller, int fd, const struct endpoint *addr,
                     int64_t begun)
{
	struct caller waited = *caller;
	waited.since = begun;
	struct entry entry = enter(&waited, CALL_CONNECT, fd);
	errno = settle_connect(caller, fd, addr);
	return record(caller, &entry, fd, errno ? -1 : 0, addr, NULL, 0);
}

int call_accept(const struct caller *caller, int fd, struct endpoint *peer)
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	struct entry entry = enter(caller, CALL_ACCEPT, fd);
	int client;
	RETRY_INTERRUPTED(client, take_client(fd, (struct sockaddr *)&storage, &len));
	if (client < 0)
		*peer = (struct endpoint){ .family = AF_UNSPEC };
	else
		*peer = take_addr(caller, &storage, len);
	entry.arg = client;
	if (client >= 0 && is_followed(caller))
		follow(caller, client, peer);
	return record(caller, &entry, fd, client, peer, NULL, 0);
}

int call_shutdown(const struct caller *caller, int fd, int how)
{
	struct entry entry = enter(caller, CALL_SHUTDOWN, fd);
	entry.arg = how;
	int result = shutdown(fd, how);
	return record(caller, &entry, fd, result, NULL, NULL, 0);
}

/* An interrupted close() has closed all the same on Linux, and trying again may hit somebody
 * else's, close(2). */
int call_close(const struct caller *caller, int fd)
{
	struct entry entry = enter(caller, CALL_CLOSE, fd);
	if (is_followed(caller))
		wire_unfollow(caller->wire, fd);
	int result = close(fd);
	if (result < 0 && errno == EINTR)
		result = 0;
	return record(caller, &entry, -1, result, NULL, NULL, 0);
}

int call_getsockname(const struct caller *caller, int fd, struct endpoint *addr)
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	struct entry entry = begin(caller, CALL_GETSOCKNAME, fd);
	entry.flags |= ENTRY_WATCHING;
	int result = getsockname(fd, (struct sockaddr *)&storage, &len);
	*addr = take_addr(caller, &storage, result < 0 ? 0 : len);
	write_down(caller, &entry, result, addr, NULL, 0);
	return result;
}

/* ---- options ---- */

static struct entry enter_option(const struct caller *caller, enum call call, int fd, int level,
                                 int name)
{
	struct entry entry = enter(caller, call, fd);
	entry.arg = name;
	entry.arg2 = (int16_t)level;
	return entry;
}

int call_set_bytes(const struct caller *caller, int fd, int level, int name, const void *value,
                   size_t len)
{
	struct entry entry = enter_option(caller, CALL_SETSOCKOPT, fd, level, name);
	int result = setsockopt(fd, level, name, value, (socklen_t)len);
	if (result == 0 && caller->observer &&
	    (control_is_option(CONTROL_ERROR, level, name) ||
	     control_is_option(CONTROL_ACKNOWLEDGEMENT, level, name)))
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

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int32_t to_arg(size_t value)
{
	return (int32_t)smaller(value, INT32_MAX);
}

static void set_arguments(struct entry *entry, size_t asked, int flags)
{
	entry->arg = to_arg(asked);
	entry->arg2 = (int16_t)flags;
}

/* What follows a call that has been written down. */
static void look_after(const struct caller *caller, const struct entry *entry, int fd, int64_t now,
                       int64_t buffered)
{
	int saved = errno;
	if (caller->wire)
		wire_take(caller->wire);
	if (caller->observer) {
		caller->observer->after(caller, fd, now, buffered);
		if (call_would_block(entry->error))
			caller->observer->blocked(caller, fd);
	}
	errno = saved;
}

/* Writes down a call whose payload is in its reserved place already. */
static void commit(const struct caller *caller, const struct entry *entry, int fd, int64_t now,
                   const struct endpoint *addr, const struct endpoint *local, size_t kept,
                   int64_t buffered)
{
	transcript_commit(caller->transcript, entry, addr, local, kept);
	look_after(caller, entry, fd, now, buffered);
}

/* ---- TLS records ---- */

static size_t room_for_records(const struct caller *caller)
{
	return caller->records ? ENTRY_RECORDS : 0;
}

/* Of an entry with some bytes. What is only peeked at, or urgent, moves nothing on. */
static void seal(const struct caller *caller, struct entry *entry, const void *bytes, size_t len)
{
	if (!caller->records)
		return;
	struct tls_parser *parser = &caller->records[entry_is_outgoing(entry)];
	struct tls_parser peeked = *parser;
	bool aside = entry->arg2 & (MSG_PEEK | MSG_OOB);
	struct tls_boundary boundary = tls_parser_feed(aside ? &peeked : parser, bytes, len);
	entry->flags |= ENTRY_SEALED;
	transcript_set_boundary(caller->transcript, &boundary);
}

/* ---- secrets that come back ---- */

/* The frames of what was just sent have not been taken from the wire yet. */
static void hide_frames(const struct caller *caller, int fd, const struct endpoint *to)
{
	int saved = errno;
	struct endpoint local = name_of(fd, getsockname);
	struct endpoint remote = to ? *to : name_of(fd, getpeername);
	if (endpoint_is_set(&local) && !endpoint_is_unix(&local))
		wire_hide(caller->wire, caller->host, transport_of(fd), &local, &remote);
	errno = saved;
}

/* Flags an entry whose bytes have a secret of this run in them. A datagram stands alone, and so do urgent
 * bytes. The frame that brought a secret has been taken, but the same may come once more. */
static void flag_secret(const struct caller *caller, struct entry *entry, int fd,
                        const struct endpoint *addr, const char *bytes, size_t len)
{
	struct known_secrets *known = transcript_secrets(caller->transcript);
	if (entry_is_sealed(entry) || (!known && !(entry->flags & ENTRY_SECRET)))
		return;
	bool stream = !entry_is_addressed(entry) && !(entry->arg2 & MSG_OOB);
	uint64_t way = (uint64_t)caller->session << 1 | entry_is_outgoing(entry);
	bool peeked = entry_is_incoming(entry) && entry->arg2 & MSG_PEEK;
	if (known && known_secrets_meet(known, stream ? way : 0, bytes, len, peeked))
		entry->flags |= ENTRY_SECRET;
	if (entry->flags & ENTRY_SECRET && caller->wire && len)
		hide_frames(caller, fd, addr);
}

/* ---- receiving ---- */

/* recv() where `from` is NULL. Arrival times and local addresses only come with recvmsg(), which
 * costs more. */
static ssize_t receive(const struct caller *caller, struct entry *entry, int fd, void *place,
                       size_t len, int flags, struct sockaddr_storage *from, socklen_t *from_len,
                       int64_t *buffered, struct arrival *arrival)
{
	ssize_t got;
	bool stamped = caller->observer && caller->observer->wants_arrival(caller);
	*buffered = -1;
	if (stamped)
		entry->flags |= ENTRY_MESSAGE;
	if (stamped || arrival)
		RETRY_INTERRUPTED(got, control_recv(fd, place, len, flags, from, from_len,
		                                    stamped ? buffered : NULL, arrival));
	else if (from)
		RETRY_INTERRUPTED(
		        got, recvfrom(fd, place, len, flags, (struct sockaddr *)from, from_len));
	else
		RETRY_INTERRUPTED(got, recv(fd, place, len, flags));
	return got;
}

ssize_t call_recv(const struct caller *caller, int fd, size_t most, int flags, const char **data)
{
	size_t room;
	int64_t buffered;
	struct entry entry = enter(caller, CALL_RECV, fd);
	char *place = transcript_reserve(caller->transcript, room_for_records(caller),
	                                 smaller(most, RECV_LEAST), &room);
	size_t asked = smaller(most, room);
	set_arguments(&entry, asked, flags);
	ssize_t got = receive(caller, &entry, fd, place, asked, flags, NULL, NULL, &buffered, NULL);
	int64_t now = end(&entry, got < 0);
	if (got > 0)
		seal(caller, &entry, place, (size_t)got);
	flag_secret(caller, &entry, fd, NULL, place, got > 0 ? (size_t)got : 0);
	commit(caller, &entry, fd, now, NULL, NULL, got > 0 ? (size_t)got : 0,
	       got > 0 ? buffered : -1);
	*data = place;
	return got;
}

/* The result for a datagram that was cut is its real length, which the entry keeps. Returns the
 * number of bytes that are there. */
static ssize_t note_cut(struct entry *entry, ssize_t got, size_t asked)
{
	if (got <= (ssize_t)asked)
		return got;
	entry->flags |= ENTRY_TRUNCATED;
	entry->arg = to_arg((size_t)got);
	return (ssize_t)asked;
}

/* `arrival` may be NULL. */
static ssize_t receive_datagram(const struct caller *caller, int fd, size_t most, int flags,
                                struct endpoint *from, struct arrival *arrival, const char **data)
{
	size_t room;
	int64_t buffered;
	struct entry entry = enter(caller, arrival ? CALL_RECVMSG : CALL_RECVFROM, fd);
	char *place = transcript_reserve(caller->transcript, ENTRY_ADDRESSES, most, &room);
	size_t asked = smaller(most, room);
	if (asked < TRANSCRIPT_ROOM)
		flags |= MSG_TRUNC;
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	set_arguments(&entry, asked, flags);
	ssize_t got = receive(caller, &entry, fd, place, asked, flags, &storage, &len, &buffered, arrival);
	int64_t now = end(&entry, got < 0);
	*from = take_addr(caller, &storage, got < 0 ? 0 : len);
	if (got >= 0 && !len)
		*from = endpoint_any(AF_UNIX, 0); /* only there a sender may have no name */
	got = note_cut(&entry, got, asked);
	const struct endpoint *to = arrival ? &arrival->to : NULL;
	entry.ttl = arrival ? arrival->ttl : 0;
	entry.tos = arrival ? arrival->tos : 0;
	flag_secret(caller, &entry, fd, from, place, got > 0 ? (size_t)got : 0);
	commit(caller, &entry, fd, now, from, to, got > 0 ? (size_t)got : 0, buffered);
	*data = place;
	return got;
}

ssize_t call_recv_message(const struct caller *caller, int fd, size_t most, int flags,
                          const char **data, bool *ended)
{
	size_t room;
	ssize_t got;
	int64_t arrival = -1;
	struct entry entry = enter(caller, CALL_RECV, fd);
	char *place = transcript_reserve(caller->transcript, 0, most, &room);
	size_t asked = smaller(most, room);
	if (asked < TRANSCRIPT_ROOM)
		flags |= MSG_TRUNC;
	entry.flags |= ENTRY_MESSAGE;
	set_arguments(&entry, asked, flags);
	RETRY_INTERRUPTED(got,
	                  control_recv(fd, place, asked, flags, NULL, NULL, &arrival, NULL));
	int64_t now = end(&entry, got < 0);
	*ended = got == 0 && arrival < 0;
	if (got >= 0 && !*ended) {
		entry.call = CALL_RECVFROM;
		entry.flags &= (uint8_t)~ENTRY_NO_END;
	}
	got = note_cut(&entry, got, asked);
	flag_secret(caller, &entry, fd, NULL, place, got > 0 ? (size_t)got : 0);
	commit(caller, &entry, fd, now, NULL, NULL, got > 0 ? (size_t)got : 0, -1);
	*data = place;
	return got;
}

ssize_t call_recvfrom(const struct caller *caller, int fd, size_t most, int flags,
                      struct endpoint *from, const char **data)
{
	return receive_datagram(caller, fd, most, flags, from, NULL, data);
}

ssize_t call_recvmsg(const struct caller *caller, int fd, size_t most, int flags,
                     struct endpoint *from, struct arrival *arrival, const char **data)
{
	*arrival = (struct arrival){ .asks_interface = arrival->asks_interface };
	return receive_datagram(caller, fd, most, flags, from, arrival, data);
}

/* Its entry has fewer bytes than went through the call. */
static void note_kept(struct entry *entry, ssize_t sent, size_t kept)
{
	if (sent <= (ssize_t)kept)
		return;
	entry->flags |= ENTRY_TRUNCATED;
	entry->arg = to_arg((size_t)sent);
}

int call_recvmmsg(const struct caller *caller, int fd, struct batch *batch, unsigned most,
                  bool arrivals)
{
	int count;
	struct entry entry = enter(caller, arrivals ? CALL_RECVMSG : CALL_RECVFROM, fd);
	set_arguments(&entry, CONTROL_BATCH_ROOM, 0);
	entry.flags |= ENTRY_BATCH;
	RETRY_INTERRUPTED(count, control_recv_batch(fd, batch, most));
	int64_t now = end(&entry, count < 0);
	entry.of = (uint8_t)(count < 0 ? 0 : count);
	int saved = errno;
	if (count < 0)
		transcript_append(caller->transcript, &entry, NULL, NULL, 0);
	for (int i = 0; i < count; i++) {
		size_t room;
		struct batched *one = control_batched(batch, (unsigned)i);
		struct entry written = entry;
		char *payload = transcript_reserve(caller->transcript, ENTRY_ADDRESSES, one->len, &room);
		size_t kept = smaller(one->len, room);
		written.nth = (uint8_t)(i + 1);
		note_kept(&written, (ssize_t)one->len, kept);
		memcpy(payload, one->data, kept);
		place(caller, &one->from);
		flag_secret(caller, &written, fd, &one->from, payload, kept);
		transcript_commit(caller->transcript, &written, &one->from,
		                  arrivals ? &one->arrival.to : NULL, kept);
	}
	errno = saved;
	look_after(caller, &entry, fd, now, -1);
	return count;
}

/* ---- sending ---- */

/* Bytes of a stream may be asked when they are acknowledged; *wall is then the time, else 0. */
static ssize_t transmit(const struct caller *caller, struct entry *entry, int fd,
                        const void *data, size_t len, const struct endpoint *to,
                        const struct endpoint *local, int64_t *wall)
{
	ssize_t sent;
	struct sockaddr_storage storage;
	socklen_t endpoint_len = to ? endpoint_to_sockaddr(to, &storage) : 0;
	*wall = 0;
	bool asks = entry->call == CALL_SEND && caller->observer &&
	            caller->observer->wants_acknowledgement(caller, entry->time);
	entry->flags |= asks ? ENTRY_MESSAGE : 0;
	if (asks)
		RETRY_INTERRUPTED(sent, control_send(fd, data, len, entry->arg2, wall));
	else if (local)
		RETRY_INTERRUPTED(sent, control_send_from(fd, data, len, entry->arg2, &storage,
		                                          endpoint_len, local));
	else
		RETRY_INTERRUPTED(sent,
		                  sendto(fd, data, len, entry->arg2,
		                         to ? (struct sockaddr *)&storage : NULL, endpoint_len));
	return sent;
}

/* The entry is reserved before the call and filled after it. Reserving evicts the oldest blocks,
 * never the one that may have `data`; what was received last is not copied, but where it is at the end
 * of a block. A datagram larger than a block is sent whole, but its entry is cut. */
static ssize_t offer(const struct caller *caller, enum call call, int fd, const void *data,
                     size_t len, int flags, const struct endpoint *to, const struct endpoint *local)
{
	size_t room = len, addresses = to ? ENTRY_ADDRESSES : room_for_records(caller);
	char *place = NULL;
	int64_t wall;
	if (to && is_followed(caller) && !wire_is_following(caller->wire, fd))
		follow_early(caller, fd, NULL);
	struct entry entry = enter(caller, call, fd);
	size_t least = call == CALL_SEND ? smaller(len, TRANSCRIPT_ROOM) : len;
	bool shared = transcript_share(caller->transcript, addresses, data, len);
	if (!shared)
		place = transcript_reserve(caller->transcript, addresses, least, &room);
	if (caller->flags & ENTRY_SECRET)
		room = smaller(room, ENTRY_SECRET_MOST);
	size_t asked = call != CALL_SEND || room < TRANSCRIPT_ROOM ? len : smaller(len, room);
	set_arguments(&entry, asked, flags);
	ssize_t sent = transmit(caller, &entry, fd, data, asked, to, local, &wall);
	int64_t now = end(&entry, sent < 0);
	size_t kept = sent > 0 ? smaller((size_t)sent, room) : 0;
	if (sent > 0 && !to)
		seal(caller, &entry, data, (size_t)sent);
	note_kept(&entry, sent, kept);
	if (kept > 0 && !shared)
		memcpy(place, data, kept);
	if (call == CALL_SEND && sent > 0 && caller->observer)
		caller->observer->sent(caller, (size_t)sent, wall);
	if (caller->flags & (ENTRY_ECHO | ENTRY_SECRET))
		flag_secret(caller, &entry, fd, to, shared ? data : place, kept);
	commit(caller, &entry, fd, now, to, local, kept, -1);
	return sent;
}

ssize_t call_send(const struct caller *caller, int fd, const void *data, size_t len, int flags)
{
	return offer(caller, CALL_SEND, fd, data, len, flags | MSG_NOSIGNAL, NULL, NULL);
}

ssize_t call_sendto(const struct caller *caller, int fd, const void *data, size_t len, int flags,
                    const struct endpoint *to)
{
	return offer(caller, CALL_SENDTO, fd, data, len, flags | MSG_NOSIGNAL, to, NULL);
}

ssize_t call_sendmsg(const struct caller *caller, int fd, const void *data, size_t len, int flags,
                     const struct endpoint *to, const struct endpoint *local)
{
	return offer(caller, CALL_SENDMSG, fd, data, len, flags | MSG_NOSIGNAL, to, local);
}

/* ---- control messages ---- */

bool call_ask(const struct caller *caller, int fd, enum control control, int family, bool on)
{
	int level, number, value;
	struct caller asking = *caller;
	if (!control_option(control, family, &level, &number, &value))
		return false;
	if (control != CONTROL_LOCAL)
		asking.flags |= ENTRY_WATCHING;
	return call_set_option(&asking, fd, level, number, on ? value : 0) == 0;
}

bool call_error_queue(const struct caller *caller, int fd, struct errqueue *error,
                      struct endpoint *offender)
{
	struct queued queued;
	struct entry entry = begin(caller, CALL_ERRQUEUE, fd);
	if (!control_next_error(fd, &queued))
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
	write_down(caller, &entry, 0, offender, packed, entry_pack_errqueue(error, packed));
	return true;
}

/* ---- names ---- */

void call_note_close(const struct caller *caller, int64_t begun, int64_t ended, int fd, int code)
{
	struct entry entry = begin(caller, CALL_CLOSE, fd);
	if (is_followed(caller))
		wire_unfollow(caller->wire, fd);
	entry.time = begun;
	entry.duration = entry_microseconds(ended - begun);
	entry.error = (uint8_t)code;
	transcript_append(caller->transcript, &entry, NULL, NULL, 0);
}

void call_note_lookup(const struct caller *caller, int64_t begun, int64_t ended, const char *host,
                      const char *service, const char *text, int status)
{
	struct entry entry = begin(caller, CALL_GETADDRINFO, -1);
	struct buf payload;
	entry.time = begun;
	entry.duration = entry_microseconds(ended - begun);
	entry.error = status ? EHOSTUNREACH : 0;
	entry.arg = status;
	buf_init(&payload, SIZE_MAX);
	buf_printf(&payload, "%s %s\n%s", host, service, text);
	transcript_append(caller->transcript, &entry, NULL, buf_data(&payload), payload.len);
	buf_free(&payload);
}
