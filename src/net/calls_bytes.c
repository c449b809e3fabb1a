// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/calls.h"

#include <string.h>

#include "net/calls_control.h"

/* Less room than this at the end of a block is left unused, so that a flood is not read
 * in crumbs. */
enum { RECV_LEAST = 4096 };

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SIGPIPE is ignored in any case */
#endif

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

/* Writes down a call whose payload is in its reserved place already, and reads the kernel after it. */
static void commit(const struct caller *caller, const struct entry *entry, int fd, int64_t now,
                   const struct endpoint *addr, const struct endpoint *local, size_t kept,
                   int64_t buffered)
{
	int saved = errno;
	transcript_commit_ends(caller->transcript, entry, addr, local, kept);
	if (caller->observer) {
		caller->observer->after(caller, fd, now, buffered);
		if (entry->error == EAGAIN || entry->error == EWOULDBLOCK)
			caller->observer->blocked(caller, fd);
	}
	errno = saved;
}

/* ---- receiving ---- */

/* recv() where `from` is NULL. Arrival times and local addresses only come with recvmsg(), which
 * costs more. */
static ssize_t receive(const struct caller *caller, int fd, void *place, size_t len, int flags,
                       struct sockaddr_storage *from, socklen_t *from_len, int64_t *buffered,
                       struct arrival *arrival)
{
	ssize_t got;
	bool stamped = caller->observer && caller->observer->wants_arrival(caller);
	*buffered = -1;
	if (stamped || arrival)
		return stamps_recv(fd, place, len, flags, from, from_len, stamped ? buffered : NULL,
		                   arrival);
	if (from)
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
	struct entry entry = call_enter(caller, CALL_RECV, fd);
	char *place = transcript_reserve(caller->transcript, 0, smaller(most, RECV_LEAST), &room);
	size_t asked = smaller(most, room);
	set_arguments(&entry, asked, flags);
	ssize_t got = receive(caller, fd, place, asked, flags, NULL, NULL, &buffered, NULL);
	int64_t now = call_end(&entry, got < 0);
	commit(caller, &entry, fd, now, NULL, NULL, got > 0 ? (size_t)got : 0,
	       got > 0 ? buffered : -1);
	*data = place;
	return got;
}

/* What a datagram's call has brought. Of a cut one the result is its real length, which the entry
 * keeps. Returns what is there of it. */
static ssize_t note_cut(struct entry *entry, ssize_t got, size_t asked)
{
	if (got <= (ssize_t)asked)
		return got;
	entry->flags |= ENTRY_TRUNCATED;
	entry->arg = to_arg((size_t)got);
	return (ssize_t)asked;
}

/* `arrival` is NULL where it is not asked for. */
static ssize_t receive_datagram(const struct caller *caller, int fd, size_t most, int flags,
                                struct endpoint *from, struct arrival *arrival, const char **data)
{
	size_t room;
	int64_t buffered;
	struct entry entry = call_enter(caller, arrival ? CALL_RECVMSG : CALL_RECVFROM, fd);
	char *place = transcript_reserve(caller->transcript, ENTRY_ADDRESSES,
	                                 smaller(most, TRANSCRIPT_ROOM), &room);
	size_t asked = smaller(most, room);
	if (asked < TRANSCRIPT_ROOM)
		flags |= MSG_TRUNC;
	struct sockaddr_storage storage;
	socklen_t len = sizeof storage;
	set_arguments(&entry, asked, flags);
	ssize_t got = receive(caller, fd, place, asked, flags, &storage, &len, &buffered, arrival);
	int64_t now = call_end(&entry, got < 0);
	*from = endpoint_from_sockaddr((struct sockaddr *)&storage, got < 0 ? 0 : len);
	got = note_cut(&entry, got, asked);
	const struct endpoint *to = arrival ? &arrival->to : NULL;
	commit(caller, &entry, fd, now, from, to, got > 0 ? (size_t)got : 0, buffered);
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
	arrival->to.family = arrival->local.family = AF_UNSPEC;
	return receive_datagram(caller, fd, most, flags, from, arrival, data);
}

/* ---- sending ---- */

/* Bytes of a stream may be asked when they are acknowledged; *wall is then the time, else 0. */
static ssize_t transmit(const struct caller *caller, const struct entry *entry, int fd,
                        const void *data, size_t len, const struct endpoint *to,
                        const struct endpoint *local, int64_t *wall)
{
	ssize_t sent;
	struct sockaddr_storage storage;
	socklen_t endpoint_len = to ? endpoint_to_sockaddr(to, &storage) : 0;
	*wall = 0;
	if (entry->call == CALL_SEND && caller->observer &&
	    caller->observer->wants_acknowledgement(caller, entry->time))
		return stamps_send(fd, data, len, entry->arg2, wall);
	if (local)
		return locals_send(fd, data, len, entry->arg2, &storage, endpoint_len, local);
	RETRY_INTERRUPTED(sent, sendto(fd, data, len, entry->arg2,
	                               to ? (struct sockaddr *)&storage : NULL, endpoint_len));
	return sent;
}

static void note_kept(struct entry *entry, ssize_t sent, size_t kept)
{
	if (sent <= (ssize_t)kept)
		return;
	entry->flags |= ENTRY_TRUNCATED;
	entry->arg = to_arg((size_t)sent);
}

/* Room is made before the call and filled after it. Making room takes the oldest blocks, and never
 * the one in which `data` may be. What a block too small for a datagram cannot hold is sent all the
 * same, but kept cut. */
static ssize_t offer(const struct caller *caller, enum call call, int fd, const void *data,
                     size_t len, int flags, const struct endpoint *to, const struct endpoint *local)
{
	size_t room;
	int64_t wall;
	struct entry entry = call_enter(caller, call, fd);
	char *place = transcript_reserve(caller->transcript, to ? ENTRY_ADDRESSES : 0,
	                                 smaller(len, TRANSCRIPT_ROOM), &room);
	if (caller->flags & ENTRY_SECRET)
		room = smaller(room, ENTRY_SECRET_MOST);
	size_t asked = room < TRANSCRIPT_ROOM ? len : smaller(len, room);
	set_arguments(&entry, asked, flags);
	ssize_t sent = transmit(caller, &entry, fd, data, asked, to, local, &wall);
	int64_t now = call_end(&entry, sent < 0);
	size_t kept = sent > 0 ? smaller((size_t)sent, room) : 0;
	note_kept(&entry, sent, kept);
	if (kept > 0)
		memcpy(place, data, kept);
	if (call == CALL_SEND && sent > 0 && caller->observer)
		caller->observer->sent(caller, (size_t)sent, wall);
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
