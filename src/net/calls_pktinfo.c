// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/calls_control.h"

#ifdef __linux__

#include <netinet/in.h>
#include <string.h>

/* ---- asking ---- */

bool call_ask_locals(const struct caller *caller, int fd, int family)
{
	if (family == AF_INET6)
		return call_set_option(caller, fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) == 0;
	return call_set_option(caller, fd, IPPROTO_IP, IP_PKTINFO, 1) == 0;
}

bool locals_are_asked_by(int level, int name)
{
	return (level == IPPROTO_IP && name == IP_PKTINFO) ||
	       (level == IPPROTO_IPV6 && name == IPV6_RECVPKTINFO);
}

/* ---- receiving ---- */

/* ipi_spec_dst is the interface's address where what was asked is a broadcast or multicast address.
 * IPv6 has no such thing, and no broadcasts: there the kernel chooses. */
void locals_take(const struct cmsghdr *cmsg, struct arrival *arrival)
{
	if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO &&
	    cmsg->cmsg_len >= CMSG_LEN(sizeof(struct in_pktinfo))) {
		struct in_pktinfo info;
		memcpy(&info, CMSG_DATA(cmsg), sizeof info);
		arrival->to = endpoint_of_ip(AF_INET, &info.ipi_addr, 0);
		arrival->local = endpoint_of_ip(AF_INET, &info.ipi_spec_dst, 0);
	} else if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO &&
	           cmsg->cmsg_len >= CMSG_LEN(sizeof(struct in6_pktinfo))) {
		struct in6_pktinfo info;
		memcpy(&info, CMSG_DATA(cmsg), sizeof info);
		arrival->to = endpoint_of_ip(AF_INET6, &info.ipi6_addr, 0);
		arrival->local = arrival->to;
		if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
			arrival->local.family = AF_UNSPEC;
	} else {
		return;
	}
	if (endpoint_is_any(&arrival->local))
		arrival->local.family = AF_UNSPEC;
}

/* ---- sending ---- */

/* No interface is named: the routes find it, also for an answer that goes out where nothing came
 * in. */
static size_t fill_source(struct cmsghdr *cmsg, const struct endpoint *local)
{
	if (endpoint_is_ipv6(local)) {
		struct in6_pktinfo info = { .ipi6_ifindex = 0 };
		memcpy(&info.ipi6_addr, local->ip, 16);
		cmsg->cmsg_level = IPPROTO_IPV6;
		cmsg->cmsg_type = IPV6_PKTINFO;
		cmsg->cmsg_len = CMSG_LEN(sizeof info);
		memcpy(CMSG_DATA(cmsg), &info, sizeof info);
		return CMSG_SPACE(sizeof info);
	}
	struct in_pktinfo info = { .ipi_ifindex = 0 };
	memcpy(&info.ipi_spec_dst, local->ip, 4);
	cmsg->cmsg_level = IPPROTO_IP;
	cmsg->cmsg_type = IP_PKTINFO;
	cmsg->cmsg_len = CMSG_LEN(sizeof info);
	memcpy(CMSG_DATA(cmsg), &info, sizeof info);
	return CMSG_SPACE(sizeof info);
}

ssize_t locals_send(int fd, const void *data, size_t len, int flags, struct sockaddr_storage *to,
                    socklen_t to_len, const struct endpoint *local)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = { .bytes = { 0 } };
	struct iovec piece = { .iov_len = len };
	struct msghdr message = {
		.msg_name = to,
		.msg_namelen = to_len,
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = fill_source(&control.header, local),
	};
	memcpy(&piece.iov_base, &data, sizeof data); /* only read, which its type does not say */
	ssize_t sent;
	RETRY_INTERRUPTED(sent, sendmsg(fd, &message, flags));
	return sent;
}

#else

bool call_ask_locals(const struct caller *caller, int fd, int family)
{
	(void)caller;
	(void)fd;
	(void)family;
	return false;
}

bool locals_are_asked_by(int level, int name)
{
	(void)level;
	(void)name;
	return false;
}

ssize_t locals_send(int fd, const void *data, size_t len, int flags, struct sockaddr_storage *to,
                    socklen_t to_len, const struct endpoint *local)
{
	(void)local;
	ssize_t sent;
	RETRY_INTERRUPTED(sent, sendto(fd, data, len, flags, (struct sockaddr *)to, to_len));
	return sent;
}

#endif
