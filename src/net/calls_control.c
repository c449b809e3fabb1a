// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/calls_control.h"

#ifdef __linux__

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#ifndef IPV6_RECVERR
#define IPV6_RECVERR 25
#endif

/* Two forms of time stamps, or one with an error and its offender; what a user's own options add
 * is cut where there is no room. */
enum { CONTROL_ROOM = 512 };

union control {
	struct cmsghdr header;
	char bytes[CONTROL_ROOM];
};

static int64_t to_ns(const struct timespec *time)
{
	return (int64_t)time->tv_sec * CLOCK_S + time->tv_nsec;
}

/* Stamps are the wall clock's, which may have been set meanwhile: a time that cannot be is none. */
static int64_t wall_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return to_ns(&now);
}

static bool is_cmsg(const struct cmsghdr *cmsg, int level, int type, size_t least)
{
	return cmsg->cmsg_level == level && cmsg->cmsg_type == type &&
	       cmsg->cmsg_len >= CMSG_LEN(least);
}

/* ---- asking ---- */

static bool ask(const struct caller *caller, int fd, int level, int name, int value)
{
	struct caller watching = *caller;
	watching.flags |= ENTRY_WATCHING;
	return call_set_option(&watching, fd, level, name, value) == 0;
}

bool call_ask_arrivals(const struct caller *caller, int fd, bool on)
{
	return ask(caller, fd, SOL_SOCKET, SO_TIMESTAMPNS, on);
}

/* These flags say how answers look; what is asked for, each send() says itself. */
bool call_ask_acknowledgements(const struct caller *caller, int fd, bool on)
{
	int flags =
	        SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY;
	return ask(caller, fd, SOL_SOCKET, SO_TIMESTAMPING, on ? flags : 0);
}

bool call_ask_errors(const struct caller *caller, int fd, int family)
{
	if (family == AF_INET6)
		return ask(caller, fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	return ask(caller, fd, IPPROTO_IP, IP_RECVERR, 1);
}

/* ---- receiving ---- */

static void take_stamp(const struct cmsghdr *cmsg, int64_t now, int64_t *buffered)
{
	struct timespec time;
	if (!is_cmsg(cmsg, SOL_SOCKET, SCM_TIMESTAMPNS, sizeof time))
		return;
	memcpy(&time, CMSG_DATA(cmsg), sizeof time);
	int64_t arrival = to_ns(&time);
	*buffered = now > arrival ? now - arrival : 0;
}

ssize_t stamps_recv(int fd, void *place, size_t len, int flags, struct sockaddr_storage *from,
                    socklen_t *from_len, int64_t *buffered, struct arrival *arrival)
{
	union control control;
	struct iovec piece = { .iov_base = place, .iov_len = len };
	struct msghdr message = {
		.msg_name = from,
		.msg_namelen = from ? *from_len : 0,
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control,
	};
	int64_t now = buffered ? wall_now() : 0;
	ssize_t got;
	RETRY_INTERRUPTED(got, recvmsg(fd, &message, flags));
	if (got < 0)
		return got;
	if (from)
		*from_len = message.msg_namelen;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (buffered)
			take_stamp(c, now, buffered);
		if (arrival)
			locals_take(c, arrival);
	}
	return got;
}

/* ---- sending ---- */

ssize_t stamps_send(int fd, const void *data, size_t len, int flags, int64_t *wall)
{
	uint32_t ask = SOF_TIMESTAMPING_TX_ACK;
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof ask)];
	} control = { .bytes = { 0 } };
	struct iovec piece = { .iov_len = len };
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control,
	};
	memcpy(&piece.iov_base, &data, sizeof data); /* only read, which its type does not say */
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SO_TIMESTAMPING;
	control.header.cmsg_len = CMSG_LEN(sizeof ask);
	memcpy(CMSG_DATA(&control.header), &ask, sizeof ask);
	*wall = wall_now();
	ssize_t sent;
	RETRY_INTERRUPTED(sent, sendmsg(fd, &message, flags));
	if (sent >= 0 || errno != EINVAL)
		return sent;
	*wall = 0;
	RETRY_INTERRUPTED(sent, send(fd, data, len, flags));
	return sent;
}

/* ---- the error queue ---- */

bool stamps_fill_queue(int level, int name)
{
	return (level == IPPROTO_IP && name == IP_RECVERR) ||
	       (level == IPPROTO_IPV6 && name == IPV6_RECVERR) ||
	       (level == SOL_SOCKET && name == SO_TIMESTAMPING);
}

/* The address of the offender stands behind the error. */
static void take_error(const struct cmsghdr *cmsg, struct queued *queued)
{
	struct sock_extended_err error;
	const char *data = (const char *)CMSG_DATA(cmsg);
	size_t len = cmsg->cmsg_len - CMSG_LEN(0);
	memcpy(&error, data, sizeof error);
	queued->error.error = (uint8_t)error.ee_errno;
	queued->error.type = error.ee_type;
	queued->error.code = error.ee_code;
	queued->error.info = error.ee_info;
	if (error.ee_origin == SO_EE_ORIGIN_ICMP || error.ee_origin == SO_EE_ORIGIN_ICMP6) {
		struct sockaddr_storage offender = { 0 };
		size_t size = len - sizeof error;
		memcpy(&offender, data + sizeof error,
		       size < sizeof offender ? size : sizeof offender);
		queued->offender = endpoint_from_sockaddr((struct sockaddr *)&offender,
		                                          (socklen_t)sizeof offender);
		queued->error.origin =
		        error.ee_origin == SO_EE_ORIGIN_ICMP ? ERRQUEUE_ICMP : ERRQUEUE_ICMP6;
	} else if (error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
		queued->error.origin =
		        error.ee_info == SCM_TSTAMP_ACK ? ERRQUEUE_ACKED : ERRQUEUE_LEFT;
		queued->error.info = error.ee_data + 1; /* it is the last byte's position */
		queued->error.error = 0;
	}
}

static void take_part(const struct cmsghdr *cmsg, struct queued *queued)
{
	struct timespec time;
	size_t least = sizeof(struct sock_extended_err);
	if (is_cmsg(cmsg, IPPROTO_IP, IP_RECVERR, least) ||
	    is_cmsg(cmsg, IPPROTO_IPV6, IPV6_RECVERR, least)) {
		take_error(cmsg, queued);
	} else if (is_cmsg(cmsg, SOL_SOCKET, SCM_TIMESTAMPING, sizeof time)) {
		memcpy(&time, CMSG_DATA(cmsg), sizeof time);
		queued->wall = to_ns(&time);
	}
}

/* What was sent comes back too, and is not looked at. */
bool stamps_next(int fd, struct queued *queued)
{
	char nothing;
	union control control;
	struct sockaddr_storage target = { 0 };
	struct iovec piece = { .iov_base = &nothing, .iov_len = 0 };
	struct msghdr message = {
		.msg_name = &target,
		.msg_namelen = sizeof target,
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control,
	};
	ssize_t got;
	RETRY_INTERRUPTED(got, recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT));
	if (got < 0)
		return false;
	memset(queued, 0, sizeof *queued);
	queued->error.target =
	        endpoint_from_sockaddr((struct sockaddr *)&target, message.msg_namelen);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
		take_part(c, queued);
	return true;
}

#else

bool call_ask_arrivals(const struct caller *caller, int fd, bool on)
{
	(void)caller;
	(void)fd;
	(void)on;
	return false;
}

bool call_ask_acknowledgements(const struct caller *caller, int fd, bool on)
{
	(void)caller;
	(void)fd;
	(void)on;
	return false;
}

bool call_ask_errors(const struct caller *caller, int fd, int family)
{
	(void)caller;
	(void)fd;
	(void)family;
	return false;
}

ssize_t stamps_recv(int fd, void *place, size_t len, int flags, struct sockaddr_storage *from,
                    socklen_t *from_len, int64_t *buffered, struct arrival *arrival)
{
	(void)buffered;
	(void)arrival;
	ssize_t got;
	RETRY_INTERRUPTED(got, recvfrom(fd, place, len, flags, (struct sockaddr *)from, from_len));
	return got;
}

ssize_t stamps_send(int fd, const void *data, size_t len, int flags, int64_t *wall)
{
	ssize_t sent;
	*wall = 0;
	RETRY_INTERRUPTED(sent, send(fd, data, len, flags));
	return sent;
}

bool stamps_fill_queue(int level, int name)
{
	(void)level;
	(void)name;
	return false;
}

bool stamps_next(int fd, struct queued *queued)
{
	(void)fd;
	(void)queued;
	return false;
}

#endif
