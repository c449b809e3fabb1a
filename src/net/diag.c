// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/diag.h"

#if defined __linux__

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/descriptor.h"
#include "net/sandbox.h"

enum {
	STALE_ANSWERS = 8,    /* to questions that were given up: passed over */
	DUMP_ROOM = 32 << 10, /* the kernel makes no larger piece of a dump */
};

struct diag {
	int fd;
	uint32_t sequence;
};

struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

union answer {
	struct nlmsghdr header;
	char bytes[8192];
};

struct diag *diag_new(struct sandbox *sandbox, enum host host)
{
	int fd = host == HOST_HERE
	                 ? socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                          NETLINK_SOCK_DIAG)
	                 : sandbox_socket(sandbox, host, AF_NETLINK, SOCK_DGRAM, NETLINK_SOCK_DIAG);
	if (fd < 0)
		return NULL;
	struct diag *diag = xcalloc(1, sizeof *diag);
	diag->fd = descriptor_move_up(fd); /* the kernel answers at once */
	return diag;
}

void diag_free(struct diag *diag)
{
	if (!diag)
		return;
	close(diag->fd);
	free(diag);
}

/* ---- asking ---- */

static void fill_end(const struct endpoint *addr, __be16 *port, __be32 ip[4])
{
	*port = htons(addr->port);
	memcpy(ip, addr->ip, endpoint_is_ipv6(addr) ? 16 : 4);
}

/* Without NLM_F_DUMP the kernel looks one socket up, as it would for a segment that comes in. */
static bool ask(struct diag *diag, const struct endpoint *local, const struct endpoint *peer)
{
	struct request request = {
		.header = { .nlmsg_len = sizeof request,
		            .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		            .nlmsg_flags = NLM_F_REQUEST,
		            .nlmsg_seq = ++diag->sequence },
		.body = { .sdiag_family = (uint8_t)local->family,
		          .sdiag_protocol = IPPROTO_TCP,
		          .idiag_states = UINT32_MAX },
	};
	struct inet_diag_sockid *id = &request.body.id;
	fill_end(local, &id->idiag_sport, id->idiag_src);
	fill_end(peer, &id->idiag_dport, id->idiag_dst);
	id->idiag_if = endpoint_interface(local);
	id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	return send(diag->fd, &request, sizeof request, MSG_DONTWAIT) == (ssize_t)sizeof request;
}

/* ---- the answer ---- */

static const void *content(const struct nlmsghdr *header)
{
	return (const char *)header + NLMSG_HDRLEN;
}

static enum diag_answer refusal(const struct nlmsghdr *header)
{
	struct nlmsgerr error;
	if (header->nlmsg_len < NLMSG_LENGTH(sizeof error))
		return DIAG_UNAVAILABLE;
	memcpy(&error, content(header), sizeof error);
	return error.error == -ENOENT ? DIAG_GONE : DIAG_UNAVAILABLE;
}

static enum diag_answer read_message(const struct nlmsghdr *header, struct inet_diag_msg *row)
{
	if (header->nlmsg_type == NLMSG_ERROR)
		return refusal(header);
	if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof *row))
		return DIAG_UNAVAILABLE;
	memcpy(row, content(header), sizeof *row);
	return DIAG_FOUND;
}

/* The kernel has answered when send() returns: nothing is waited for. */
static bool receive(struct diag *diag, union answer *answer)
{
	for (int i = 0; i < STALE_ANSWERS; i++) {
		ssize_t n = recv(diag->fd, answer, sizeof *answer, MSG_DONTWAIT);
		if (n < (ssize_t)sizeof answer->header || !NLMSG_OK(&answer->header, (size_t)n))
			return false;
		if (answer->header.nlmsg_seq == diag->sequence)
			return true;
	}
	return false;
}

/* One that follows the `body` bytes of a message, at least `size` bytes of it; NULL for none. */
static const void *find_attribute(const struct nlmsghdr *header, size_t body, unsigned type,
                                  size_t size)
{
	const char *at = (const char *)content(header) + NLMSG_ALIGN(body);
	const char *end = (const char *)header + header->nlmsg_len;
	struct nlattr attribute;
	while (end - at > (ptrdiff_t)sizeof attribute) {
		memcpy(&attribute, at, sizeof attribute);
		if (attribute.nla_len <= sizeof attribute || attribute.nla_len > end - at)
			return NULL;
		if (attribute.nla_type == type)
			return attribute.nla_len >= sizeof attribute + size ? at + sizeof attribute : NULL;
		at += NLMSG_ALIGN(attribute.nla_len);
	}
	return NULL;
}

static bool is_end(const struct endpoint *want, int family, __be16 port, const __be32 ip[4])
{
	struct endpoint row = endpoint_of_ip(family, ip, ntohs(port));
	struct endpoint got = endpoint_on_wire(&row);
	got.scope = want->scope; /* a row has it elsewhere */
	return endpoint_equal(&got, want);
}

/* The kernel answers with the row that a segment would reach: once the connection is gone, that is
 * its listener's. */
static bool is_asked_for(const struct inet_diag_msg *row, const struct endpoint *local,
                         const struct endpoint *peer)
{
	bool listens = row->idiag_state == STATE_LISTEN;
	if (!endpoint_is_set(peer))
		return listens &&
		       is_end(local, row->idiag_family, row->id.idiag_sport, row->id.idiag_src);
	return !listens &&
	       is_end(local, row->idiag_family, row->id.idiag_sport, row->id.idiag_src) &&
	       is_end(peer, row->idiag_family, row->id.idiag_dport, row->id.idiag_dst);
}

/* ---- everything at a port ---- */

static bool ask_for_port(struct diag *diag, int family, enum transport transport, uint16_t port)
{
	struct request request = {
		.header = { .nlmsg_len = sizeof request,
		            .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		            .nlmsg_seq = ++diag->sequence },
		.body = { .sdiag_family = (uint8_t)family,
		          .sdiag_protocol = transport == TRANSPORT_UDP ? IPPROTO_UDP : IPPROTO_TCP,
		          .idiag_states = UINT32_MAX,
		          .id.idiag_sport = htons(port) },
	};
	return send(diag->fd, &request, sizeof request, MSG_DONTWAIT) == (ssize_t)sizeof request;
}

/* The attribute is there for sockets that may take IPv4. */
static bool takes_ipv4(const struct nlmsghdr *header)
{
	const char *v6_only =
	        find_attribute(header, sizeof(struct inet_diag_msg), INET_DIAG_SKV6ONLY, 1);
	return v6_only && !*v6_only;
}

/* A FIN_WAIT2 that nobody owns waits to be given up, whichever of its two timers does it. */
static unsigned timer_of(const struct inet_diag_msg *row)
{
	bool orphan = row->idiag_inode == 0 && row->idiag_state == STATE_FIN_WAIT2;
	if (orphan && row->idiag_timer == TIMER_KEEPALIVE)
		return TIMER_TIMEWAIT;
	return row->idiag_timer;
}

static struct endpoint to_endpoint(const struct inet_diag_msg *message, const __be32 ip[4],
                                   __be16 port)
{
	struct endpoint end = endpoint_of_ip(message->idiag_family, ip, ntohs(port));
	if (end.family == AF_INET6 && end.ip[0] == 0xfe && (end.ip[1] & 0xc0) == 0x80)
		end.scope = message->id.idiag_if;
	return end;
}

static struct diag_row to_row(const struct nlmsghdr *header, const struct inet_diag_msg *message)
{
	const struct inet_diag_sockid *id = &message->id;
	struct diag_row row = {
		.local = to_endpoint(message, id->idiag_src, id->idiag_sport),
		.peer = { .family = AF_UNSPEC },
		.state = message->idiag_state < STATE_COUNT ? message->idiag_state : STATE_CLOSED,
		.dual = message->idiag_family == AF_INET6 && takes_ipv4(header),
		.timed = timer_of(message) == TIMER_TIMEWAIT,
		.left = message->idiag_expires * UINT64_C(1000),
		.uid = message->idiag_uid,
		.inode = message->idiag_inode,
	};
	if (id->idiag_dport)
		row.peer = to_endpoint(message, id->idiag_dst, id->idiag_dport);
	return row;
}

/* Reads the whole dump: what is left unread would precede the next answer. */
static bool read_dump(struct diag *diag, uint16_t port,
                      void (*found)(void *context, const struct diag_row *row), void *context)
{
	union {
		struct nlmsghdr header;
		char bytes[DUMP_ROOM];
	} *answer = xmalloc(sizeof *answer);
	bool good = true, done = false;
	while (!done) {
		ssize_t n = recv(diag->fd, answer, sizeof *answer, MSG_DONTWAIT);
		if (n <= 0) {
			good = false;
			break;
		}
		size_t left = (size_t)n;
		for (struct nlmsghdr *header = &answer->header; NLMSG_OK(header, left);
		     header = NLMSG_NEXT(header, left)) {
			struct inet_diag_msg message;
			if (header->nlmsg_seq != diag->sequence)
				continue;
			done = header->nlmsg_type == NLMSG_DONE ||
			       header->nlmsg_type == NLMSG_ERROR;
			good = good && header->nlmsg_type != NLMSG_ERROR &&
			       !(header->nlmsg_flags & NLM_F_DUMP_INTR);
			if (done || read_message(header, &message) != DIAG_FOUND)
				continue;
			struct diag_row row = to_row(header, &message);
			if (row.local.port == port) /* the kernel lists sockets that are only bound for any port */
				found(context, &row);
		}
	}
	free(answer);
	return good;
}

bool diag_list(struct diag *diag, enum transport transport, uint16_t port,
               void (*found)(void *context, const struct diag_row *row), void *context)
{
	static const int families[] = { AF_INET, AF_INET6 };
	bool good = diag != NULL;
	for (size_t i = 0; good && i < sizeof families / sizeof *families; i++)
		good = ask_for_port(diag, families[i], transport, port) &&
		       read_dump(diag, port, found, context);
	return good;
}

bool diag_lists_bound(void)
{
	char *end;
	struct utsname name;
	if (uname(&name) < 0)
		return false;
	unsigned long major = strtoul(name.release, &end, 10);
	unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return major > 6 || (major == 6 && minor >= 8);
}

/* ---- into the reading ---- */

static void add(struct sample *sample, enum sample_field field, uint64_t value)
{
	if (!sample_has(sample, field))
		sample_set(sample, field, value);
}

/* The kernel counts the FIN as a byte to read until recv() has returned 0. */
static uint32_t without_fin(uint32_t bytes, bool fin)
{
	return fin && bytes ? bytes - 1 : bytes;
}

static void add_queues(const struct inet_diag_msg *row, struct sample *sample)
{
	unsigned state = row->idiag_state;
	bool fin_came =
	        state == STATE_CLOSE_WAIT || state == STATE_LAST_ACK || state == STATE_CLOSING;
	bool fin_waits =
	        state == STATE_FIN_WAIT1 || state == STATE_LAST_ACK || state == STATE_CLOSING;
	if (state == STATE_LISTEN) {
		add(sample, SAMPLE_QUEUE, row->idiag_rqueue);
		add(sample, SAMPLE_BACKLOG, row->idiag_wqueue);
		return;
	}
	add(sample, SAMPLE_INQ, without_fin(row->idiag_rqueue, fin_came));
	add(sample, SAMPLE_OUTQ, without_fin(row->idiag_wqueue, fin_waits));
}

static void add_row(const struct inet_diag_msg *row, struct sample *sample)
{
	unsigned timer = timer_of(row);
	if (sample_is(sample, STATE_CLOSED))
		sample_set(sample, SAMPLE_STATE, row->idiag_state);
	add(sample, SAMPLE_STATE, row->idiag_state);
	add(sample, SAMPLE_TIMER, timer);
	if (timer != TIMER_OFF)
		add(sample, SAMPLE_TIMER_LEFT, row->idiag_expires * UINT64_C(1000));
	if (timer == TIMER_RETRANSMIT)
		add(sample, SAMPLE_RETRANSMITS, row->idiag_retrans);
	else if (timer == TIMER_KEEPALIVE || timer == TIMER_PERSIST)
		add(sample, SAMPLE_PROBES, row->idiag_retrans);
	add_queues(row, sample);
}

enum diag_answer diag_find(struct diag *diag, const struct endpoint *local,
                           const struct endpoint *peer, struct sample *sample)
{
	/* An IPv4 connection of an IPv6 socket is found by its IPv4 ends, as those of IPv4 sockets
	 * are. */
	struct endpoint here = endpoint_on_wire(local), there = endpoint_on_wire(peer);
	struct inet_diag_msg row;
	union answer answer;
	if (!diag || !endpoint_is_set(&here) || !ask(diag, &here, &there) ||
	    !receive(diag, &answer))
		return DIAG_UNAVAILABLE;
	enum diag_answer found = read_message(&answer.header, &row);
	if (found != DIAG_FOUND)
		return found;
	if (!is_asked_for(&row, &here, &there))
		return DIAG_GONE;
	add_row(&row, sample);
	return DIAG_FOUND;
}

/* ---- UNIX sockets ---- */

/* By the number of its inode, which the descriptor has: many have no name. */
static bool ask_unix(struct diag *diag, ino_t inode)
{
	struct {
		struct nlmsghdr header;
		struct unix_diag_req body;
	} request = {
		.header = { .nlmsg_len = sizeof request,
		            .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		            .nlmsg_flags = NLM_F_REQUEST,
		            .nlmsg_seq = ++diag->sequence },
		.body = { .sdiag_family = AF_UNIX,
		          .udiag_states = UINT32_MAX,
		          .udiag_ino = (uint32_t)inode,
		          .udiag_show = UDIAG_SHOW_RQLEN,
		          .udiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } },
	};
	return send(diag->fd, &request, sizeof request, MSG_DONTWAIT) == (ssize_t)sizeof request;
}

void diag_add_queue(struct diag *diag, int fd, struct sample *sample)
{
	struct stat stat;
	union answer answer;
	struct unix_diag_rqlen queue;
	if (!diag || fstat(fd, &stat) < 0 || !ask_unix(diag, stat.st_ino) || !receive(diag, &answer) ||
	    answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return;
	const void *found = find_attribute(&answer.header, sizeof(struct unix_diag_msg),
	                                   UNIX_DIAG_RQLEN, sizeof queue);
	if (!found)
		return;
	memcpy(&queue, found, sizeof queue);
	sample_set(sample, SAMPLE_QUEUE, queue.udiag_rqueue);
	sample_set(sample, SAMPLE_BACKLOG, queue.udiag_wqueue);
}

#else

struct diag *diag_new(struct sandbox *sandbox, enum host host)
{
	(void)sandbox;
	(void)host;
	return NULL;
}

void diag_free(struct diag *diag)
{
	(void)diag;
}

enum diag_answer diag_find(struct diag *diag, const struct endpoint *local,
                           const struct endpoint *peer, struct sample *sample)
{
	(void)diag;
	(void)local;
	(void)peer;
	(void)sample;
	return DIAG_UNAVAILABLE;
}

void diag_add_queue(struct diag *diag, int fd, struct sample *sample)
{
	(void)diag;
	(void)fd;
	(void)sample;
}

bool diag_list(struct diag *diag, enum transport transport, uint16_t port,
               void (*found)(void *context, const struct diag_row *row), void *context)
{
	(void)diag;
	(void)transport;
	(void)port;
	(void)found;
	(void)context;
	return false;
}

bool diag_lists_bound(void)
{
	return false;
}

#endif
