// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/calls_control.h"

#include <errno.h>

#ifdef __linux__

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"

#ifndef IPV6_RECVERR
#define IPV6_RECVERR 25
#endif

/* Two forms of time stamps, or one with an error and its offender; what a user's own options add is
 * cut where there is no room. */
enum { CONTROL_ROOM = 512 };

union room {
	struct cmsghdr header;
	char bytes[CONTROL_ROOM];
};

static int64_t to_ns(const struct timespec *time)
{
	return (int64_t)time->tv_sec * CLOCK_S + time->tv_nsec;
}

/* Stamps are the wall clock's, which may have been set meanwhile. */
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

/* The flags of SO_TIMESTAMPING say how answers look; what is asked for, each send() says itself. */
static const struct {
	enum control control;
	int family, level, number, value;
} options[] = {
	{ CONTROL_ARRIVAL, AF_UNSPEC, SOL_SOCKET, SO_TIMESTAMPNS, 1 },
	{ CONTROL_ACKNOWLEDGEMENT, AF_UNSPEC, SOL_SOCKET, SO_TIMESTAMPING,
	  SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY },
	{ CONTROL_ERROR, AF_INET, IPPROTO_IP, IP_RECVERR, 1 },
	{ CONTROL_ERROR, AF_INET6, IPPROTO_IPV6, IPV6_RECVERR, 1 },
	{ CONTROL_LOCAL, AF_INET, IPPROTO_IP, IP_PKTINFO, 1 },
	{ CONTROL_LOCAL, AF_INET6, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
	{ CONTROL_TTL, AF_INET, IPPROTO_IP, IP_RECVTTL, 1 },
	{ CONTROL_TTL, AF_INET6, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1 },
	{ CONTROL_TOS, AF_INET, IPPROTO_IP, IP_RECVTOS, 1 },
	{ CONTROL_TOS, AF_INET6, IPPROTO_IPV6, IPV6_RECVTCLASS, 1 },
};
enum { OPTIONS = sizeof options / sizeof *options };

bool control_option(enum control control, int family, int *level, int *number, int *value)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].control == control &&
		    (options[i].family == AF_UNSPEC || options[i].family == family)) {
			*level = options[i].level;
			*number = options[i].number;
			*value = options[i].value;
			return true;
		}
	return false;
}

bool control_is_option(enum control control, int level, int number)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].control == control && options[i].level == level &&
		    options[i].number == number)
			return true;
	return false;
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

/* The socket is asked: its interfaces may be those of another network namespace. */
void control_interface_name(int fd, int number, char out[ENDPOINT_INTERFACE])
{
	struct ifreq request = { .ifr_ifindex = number };
	*out = '\0';
	if (ioctl(fd, SIOCGIFNAME, &request) == 0)
		snprintf(out, ENDPOINT_INTERFACE, "%s", request.ifr_name);
}

uint32_t control_interface(int fd, const char *name)
{
	struct ifreq request = { .ifr_ifindex = 0 };
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	return ioctl(fd, SIOCGIFINDEX, &request) == 0 ? (uint32_t)request.ifr_ifindex : 0;
}

bool control_interface_ipv4(int fd, const char *name, uint8_t ip[4])
{
	struct sockaddr_in found;
	struct ifreq request = { .ifr_addr.sa_family = AF_INET };
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	if (ioctl(fd, SIOCGIFADDR, &request) < 0)
		return false;
	memcpy(&found, &request.ifr_addr, sizeof found);
	memcpy(ip, &found.sin_addr, 4);
	return true;
}

static void take_interface(int fd, int index, struct arrival *arrival)
{
	if (arrival->asks_interface)
		control_interface_name(fd, index, arrival->to.interface);
}

/* For a datagram to a broadcast or multicast address, ipi_spec_dst is the interface's address. IPv6
 * has no such field, so there the kernel chooses the address of the answer. */
static void take_locals(int fd, const struct cmsghdr *cmsg, struct arrival *arrival)
{
	if (is_cmsg(cmsg, IPPROTO_IP, IP_PKTINFO, sizeof(struct in_pktinfo))) {
		struct in_pktinfo info;
		memcpy(&info, CMSG_DATA(cmsg), sizeof info);
		arrival->to = endpoint_of_ip(AF_INET, &info.ipi_addr, 0);
		arrival->local = endpoint_of_ip(AF_INET, &info.ipi_spec_dst, 0);
		take_interface(fd, info.ipi_ifindex, arrival);
	} else if (is_cmsg(cmsg, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(struct in6_pktinfo))) {
		struct in6_pktinfo info;
		memcpy(&info, CMSG_DATA(cmsg), sizeof info);
		arrival->to = endpoint_of_ip(AF_INET6, &info.ipi6_addr, 0);
		arrival->local = arrival->to;
		if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
			arrival->local.family = AF_UNSPEC;
		take_interface(fd, (int)info.ipi6_ifindex, arrival);
	} else {
		return;
	}
	if (endpoint_is_any(&arrival->local))
		arrival->local.family = AF_UNSPEC;
}

/* IP_TOS has one byte, the others an int. */
static void take_header(const struct cmsghdr *cmsg, struct arrival *arrival)
{
	int value = 0;
	bool v4 = cmsg->cmsg_level == IPPROTO_IP, v6 = cmsg->cmsg_level == IPPROTO_IPV6;
	if (v4 && cmsg->cmsg_type == IP_TOS && cmsg->cmsg_len >= CMSG_LEN(1)) {
		memcpy(&arrival->tos, CMSG_DATA(cmsg), 1);
		return;
	}
	if ((!v4 && !v6) || cmsg->cmsg_len < CMSG_LEN(sizeof value))
		return;
	memcpy(&value, CMSG_DATA(cmsg), sizeof value);
	if ((v4 && cmsg->cmsg_type == IP_TTL) || (v6 && cmsg->cmsg_type == IPV6_HOPLIMIT))
		arrival->ttl = (uint8_t)value;
	else if (v6 && cmsg->cmsg_type == IPV6_TCLASS)
		arrival->tos = (uint8_t)value;
}

ssize_t control_recv(int fd, void *place, size_t len, int flags, struct sockaddr_storage *from,
                     socklen_t *from_len, int64_t *buffered, struct arrival *arrival)
{
	union room room;
	struct iovec piece = { .iov_base = place, .iov_len = len };
	struct msghdr message = {
		.msg_name = from,
		.msg_namelen = from ? *from_len : 0,
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = sizeof room,
	};
	int64_t now = buffered ? wall_now() : 0;
	ssize_t got = recvmsg(fd, &message, flags);
	if (got < 0)
		return got;
	if (from)
		*from_len = message.msg_namelen;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (buffered)
			take_stamp(c, now, buffered);
		if (arrival)
			take_locals(fd, c, arrival);
		if (arrival)
			take_header(c, arrival);
	}
	return got;
}

/* ---- several datagrams ---- */

/* Not a power of two: the first bytes of all would share a few lines of the processor's caches. */
enum { BATCH_ROOM = CONTROL_BATCH_ROOM + (17 << 6) };

struct batch {
	struct mmsghdr messages[CONTROL_BATCH];
	struct iovec pieces[CONTROL_BATCH];
	struct sockaddr_storage from[CONTROL_BATCH];
	_Alignas(struct cmsghdr) char rooms[CONTROL_BATCH][CONTROL_ROOM];
	struct batched list[CONTROL_BATCH];
	char *memory; /* of which only what datagrams have filled is ever touched */
};

/* The kernel has changed the first `count` headers. */
static void prepare_batch(struct batch *batch, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct msghdr *message = &batch->messages[i].msg_hdr;
		message->msg_namelen = sizeof batch->from[i];
		message->msg_control = batch->rooms[i];
		message->msg_controllen = sizeof batch->rooms[i];
	}
}

struct batch *control_batch_new(void)
{
	struct batch *batch = xcalloc(1, sizeof *batch);
	batch->memory = xmalloc((size_t)CONTROL_BATCH * BATCH_ROOM);
	for (size_t i = 0; i < CONTROL_BATCH; i++) {
		batch->pieces[i].iov_base = batch->memory + i * BATCH_ROOM;
		batch->pieces[i].iov_len = CONTROL_BATCH_ROOM;
		batch->list[i].data = batch->pieces[i].iov_base;
		batch->messages[i].msg_hdr.msg_name = &batch->from[i];
		batch->messages[i].msg_hdr.msg_iov = &batch->pieces[i];
		batch->messages[i].msg_hdr.msg_iovlen = 1;
	}
	prepare_batch(batch, CONTROL_BATCH);
	return batch;
}

void control_batch_free(struct batch *batch)
{
	if (batch)
		free(batch->memory);
	free(batch);
}

int control_recv_batch(int fd, struct batch *batch, unsigned most)
{
	int count = recvmmsg(fd, batch->messages, most < CONTROL_BATCH ? most : CONTROL_BATCH, 0, NULL);
	for (int i = 0; i < count; i++) {
		struct msghdr *message = &batch->messages[i].msg_hdr;
		struct batched *one = &batch->list[i];
		one->len = batch->messages[i].msg_len;
		one->from = endpoint_from_sockaddr((struct sockaddr *)&batch->from[i],
		                                   message->msg_namelen);
		one->arrival.to.family = one->arrival.local.family = AF_UNSPEC;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
			take_locals(fd, c, &one->arrival);
	}
	if (count > 0)
		prepare_batch(batch, (unsigned)count);
	return count;
}

struct batched *control_batched(struct batch *batch, unsigned index)
{
	return &batch->list[index];
}

/* SIOCINQ is the length of the next datagram, but of packets that of all. */
size_t control_next_message(int fd, enum transport transport, size_t most)
{
	int waiting = 0;
	char nothing;
	if (!transport_is_unix(transport) || ioctl(fd, FIONREAD, &waiting) || waiting <= 0 ||
	    (size_t)waiting <= most)
		return most;
	ssize_t len = recv(fd, &nothing, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
	return len > 0 && (size_t)len > most ? (size_t)len : most;
}

/* ---- sending ---- */

/* With one control message, at most as large as that of IPV6_PKTINFO. */
static ssize_t send_message(int fd, const void *data, size_t len, int flags,
                            struct sockaddr_storage *to, socklen_t to_len, int level, int type,
                            const void *value, size_t size)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} room = { .bytes = { 0 } };
	struct iovec piece = { .iov_len = len };
	struct msghdr message = {
		.msg_name = to,
		.msg_namelen = to_len,
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = CMSG_SPACE(size),
	};
	memcpy(&piece.iov_base, &data, sizeof data); /* only read, which its type does not say */
	room.header.cmsg_level = level;
	room.header.cmsg_type = type;
	room.header.cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(&room.header), value, size);
	return sendmsg(fd, &message, flags);
}

ssize_t control_send(int fd, const void *data, size_t len, int flags, int64_t *wall)
{
	uint32_t ask = SOF_TIMESTAMPING_TX_ACK;
	*wall = wall_now();
	ssize_t sent = send_message(fd, data, len, flags, NULL, 0, SOL_SOCKET, SO_TIMESTAMPING,
	                            &ask, sizeof ask);
	if (sent >= 0 || errno != EINVAL)
		return sent;
	*wall = 0;
	return send(fd, data, len, flags);
}

/* No interface is named: the routes find it, also for an answer that goes out where nothing came
 * in. */
ssize_t control_send_from(int fd, const void *data, size_t len, int flags,
                          struct sockaddr_storage *to, socklen_t to_len,
                          const struct endpoint *local)
{
	struct in_pktinfo v4 = { .ipi_ifindex = 0 };
	struct in6_pktinfo v6 = { .ipi6_ifindex = 0 };
	if (endpoint_is_ipv6(local)) {
		memcpy(&v6.ipi6_addr, local->ip, sizeof v6.ipi6_addr);
		return send_message(fd, data, len, flags, to, to_len, IPPROTO_IPV6, IPV6_PKTINFO,
		                    &v6, sizeof v6);
	}
	memcpy(&v4.ipi_spec_dst, local->ip, sizeof v4.ipi_spec_dst);
	return send_message(fd, data, len, flags, to, to_len, IPPROTO_IP, IP_PKTINFO, &v4,
	                    sizeof v4);
}

/* ---- the error queue ---- */

/* The address of the offender is after the error. */
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

/* The queue also returns the bytes that were sent; nobody needs them. */
bool control_next_error(int fd, struct queued *queued)
{
	char nothing;
	union room room;
	struct timespec time;
	size_t least = sizeof(struct sock_extended_err);
	struct sockaddr_storage target = { 0 };
	struct iovec piece = { .iov_base = &nothing, .iov_len = 0 };
	struct msghdr message = {
		.msg_name = &target,
		.msg_namelen = sizeof target,
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = room.bytes,
		.msg_controllen = sizeof room,
	};
	if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return false;
	*queued = (struct queued){ .error.target = endpoint_from_sockaddr(
		                           (struct sockaddr *)&target, message.msg_namelen) };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (is_cmsg(c, IPPROTO_IP, IP_RECVERR, least) ||
		    is_cmsg(c, IPPROTO_IPV6, IPV6_RECVERR, least)) {
			take_error(c, queued);
		} else if (is_cmsg(c, SOL_SOCKET, SCM_TIMESTAMPING, sizeof time)) {
			memcpy(&time, CMSG_DATA(c), sizeof time);
			queued->wall = to_ns(&time);
		}
	}
	return true;
}

#else

#include <net/if.h>
#include <string.h>

uint32_t control_interface(int fd, const char *name)
{
	(void)fd;
	return if_nametoindex(name);
}

void control_interface_name(int fd, int number, char out[ENDPOINT_INTERFACE])
{
	char name[IF_NAMESIZE];
	(void)fd;
	*out = '\0';
	if (if_indextoname((unsigned)number, name))
		memcpy(out, name, sizeof name);
}

bool control_interface_ipv4(int fd, const char *name, uint8_t ip[4])
{
	(void)fd;
	(void)name;
	(void)ip;
	return false;
}

bool control_option(enum control control, int family, int *level, int *number, int *value)
{
	(void)control;
	(void)family;
	(void)level;
	(void)number;
	(void)value;
	return false;
}

bool control_is_option(enum control control, int level, int number)
{
	(void)control;
	(void)level;
	(void)number;
	return false;
}

ssize_t control_recv(int fd, void *place, size_t len, int flags, struct sockaddr_storage *from,
                     socklen_t *from_len, int64_t *buffered, struct arrival *arrival)
{
	(void)buffered;
	(void)arrival;
	return recvfrom(fd, place, len, flags, (struct sockaddr *)from, from_len);
}

struct batch *control_batch_new(void)
{
	return NULL;
}

void control_batch_free(struct batch *batch)
{
	(void)batch;
}

int control_recv_batch(int fd, struct batch *batch, unsigned most)
{
	(void)fd;
	(void)batch;
	(void)most;
	errno = ENOSYS;
	return -1;
}

struct batched *control_batched(struct batch *batch, unsigned index)
{
	(void)batch;
	(void)index;
	return NULL;
}

size_t control_next_message(int fd, enum transport transport, size_t most)
{
	(void)fd;
	(void)transport;
	return most;
}

ssize_t control_send(int fd, const void *data, size_t len, int flags, int64_t *wall)
{
	*wall = 0;
	return send(fd, data, len, flags);
}

ssize_t control_send_from(int fd, const void *data, size_t len, int flags,
                          struct sockaddr_storage *to, socklen_t to_len,
                          const struct endpoint *local)
{
	(void)local;
	return sendto(fd, data, len, flags, (struct sockaddr *)to, to_len);
}

bool control_next_error(int fd, struct queued *queued)
{
	(void)fd;
	(void)queued;
	return false;
}

#endif
