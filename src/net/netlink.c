// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/netlink.h"

#include <errno.h>

#if defined __linux__

#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ROOM = 512 };

/* A message that grows; there is room for each that is made here. */
struct message {
	union {
		struct nlmsghdr header;
		char bytes[ROOM];
	};
};

static void begin(struct message *message, uint16_t type, uint16_t flags, const void *body,
                  size_t len)
{
	memset(message, 0, sizeof *message);
	message->header.nlmsg_type = type;
	message->header.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	message->header.nlmsg_len = (uint32_t)NLMSG_LENGTH(len);
	memcpy(NLMSG_DATA(&message->header), body, len);
}

static void add_bytes(struct message *message, const void *bytes, size_t len)
{
	memcpy(message->bytes + NLMSG_ALIGN(message->header.nlmsg_len), bytes, len);
	message->header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(message->header.nlmsg_len) + len);
}

static void add(struct message *message, uint16_t type, const void *value, size_t len)
{
	struct rtattr attribute = { .rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(len) };
	add_bytes(message, &attribute, sizeof attribute);
	if (len)
		add_bytes(message, value, len);
}

/* An attribute that contains those added until nest_end(). */
static uint32_t nest(struct message *message, uint16_t type)
{
	uint32_t at = (uint32_t)NLMSG_ALIGN(message->header.nlmsg_len);
	add(message, type, NULL, 0);
	return at;
}

static void nest_end(struct message *message, uint32_t at)
{
	struct rtattr attribute;
	memcpy(&attribute, message->bytes + at, sizeof attribute);
	attribute.rta_len = (uint16_t)(message->header.nlmsg_len - at);
	memcpy(message->bytes + at, &attribute, sizeof attribute);
}

static int ask(struct message *message)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return errno;
	union {
		struct nlmsghdr header;
		char bytes[4 * ROOM];
	} answer;
	struct nlmsgerr result = { .error = -EPROTO };
	ssize_t got = send(fd, message, message->header.nlmsg_len, 0);
	if (got >= 0)
		got = recv(fd, &answer, sizeof answer, 0);
	if (got < 0)
		result.error = -errno;
	else if ((size_t)got >= NLMSG_LENGTH(sizeof result) &&
	         answer.header.nlmsg_type == NLMSG_ERROR)
		memcpy(&result, NLMSG_DATA(&answer.header), sizeof result);
	close(fd);
	return -result.error;
}

int netlink_add_pair(const char *name, const char *peer, const uint8_t peer_mac[6], int namespace)
{
	struct message message;
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	begin(&message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof link);
	add(&message, IFLA_IFNAME, name, strlen(name) + 1);
	uint32_t info = nest(&message, IFLA_LINKINFO);
	add(&message, IFLA_INFO_KIND, "veth", 4);
	uint32_t data = nest(&message, IFLA_INFO_DATA);
	uint32_t other = nest(&message, VETH_INFO_PEER);
	add_bytes(&message, &link, sizeof link);
	add(&message, IFLA_IFNAME, peer, strlen(peer) + 1);
	add(&message, IFLA_ADDRESS, peer_mac, 6);
	add(&message, IFLA_NET_NS_FD, &namespace, sizeof namespace);
	nest_end(&message, other);
	nest_end(&message, data);
	nest_end(&message, info);
	return ask(&message);
}

int netlink_set_up(const char *name)
{
	struct message message;
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC,
		                  .ifi_index = (int)if_nametoindex(name),
		                  .ifi_flags = IFF_UP,
		                  .ifi_change = IFF_UP };
	begin(&message, RTM_NEWLINK, 0, &link, sizeof link);
	return ask(&message);
}

int netlink_settle(const char *name)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GLINK };
	struct ifreq request = { .ifr_data = (char *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; i < sizeof request.ifr_name - 1 && name[i]; i++)
		request.ifr_name[i] = name[i];
	int code = fd < 0 || ioctl(fd, SIOCETHTOOL, &request) < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return code;
}

int netlink_no_link_local(const char *name)
{
	struct message message;
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(name) };
	uint8_t mode = IN6_ADDR_GEN_MODE_NONE;
	begin(&message, RTM_NEWLINK, 0, &link, sizeof link);
	uint32_t families = nest(&message, IFLA_AF_SPEC);
	uint32_t family = nest(&message, AF_INET6);
	add(&message, IFLA_INET6_ADDR_GEN_MODE, &mode, sizeof mode);
	nest_end(&message, family);
	nest_end(&message, families);
	return ask(&message);
}

int netlink_add_address(const char *name, const struct endpoint *addr, unsigned prefix)
{
	struct message message;
	size_t len = endpoint_is_ipv6(addr) ? 16 : 4;
	struct ifaddrmsg body = { .ifa_family = addr->family,
		                  .ifa_prefixlen = (uint8_t)prefix,
		                  .ifa_flags = IFA_F_PERMANENT | IFA_F_NODAD,
		                  .ifa_index = if_nametoindex(name) };
	begin(&message, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
	add(&message, IFA_LOCAL, addr->ip, len);
	add(&message, IFA_ADDRESS, addr->ip, len);
	return ask(&message);
}

#endif
