// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/diag.h"

#if defined __linux__

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/sandbox.h"

enum { STALE_ANSWERS = 8 }; /* to questions that were given up: passed over */

struct diag {
	int fd;
	uint32_t sequence;
};

struct request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 body;
};

struct diag *diag_new(struct sandbox *sandbox, enum host host)
{
	int fd = host == HOST_HERE
	                 ? socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                          NETLINK_SOCK_DIAG)
	                 : sandbox_socket(sandbox, host, AF_NETLINK, SOCK_DGRAM,
	                                  NETLINK_SOCK_DIAG);
	if (fd < 0)
		return NULL;
	struct diag *diag = xcalloc(1, sizeof *diag);
	diag->fd = fd;
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
static enum diag_answer receive(struct diag *diag, struct inet_diag_msg *row)
{
	union {
		struct nlmsghdr header;
		char bytes[8192];
	} answer;
	for (int i = 0; i < STALE_ANSWERS; i++) {
		ssize_t n = recv(diag->fd, &answer, sizeof answer, MSG_DONTWAIT);
		if (n < (ssize_t)sizeof answer.header || !NLMSG_OK(&answer.header, (size_t)n))
			return DIAG_UNAVAILABLE;
		if (answer.header.nlmsg_seq == diag->sequence)
			return read_message(&answer.header, row);
	}
	return DIAG_UNAVAILABLE;
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

/* A FIN_WAIT2 that nobody owns waits to be given up, whichever of its two timers does it. */
static unsigned timer_of(const struct inet_diag_msg *row)
{
	bool orphan = row->idiag_inode == 0 && row->idiag_state == STATE_FIN_WAIT2;
	if (orphan && row->idiag_timer == TIMER_KEEPALIVE)
		return TIMER_TIMEWAIT;
	return row->idiag_timer;
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
	if (!diag || !endpoint_is_set(&here) || !ask(diag, &here, &there))
		return DIAG_UNAVAILABLE;
	enum diag_answer answer = receive(diag, &row);
	if (answer != DIAG_FOUND)
		return answer;
	if (!is_asked_for(&row, &here, &there))
		return DIAG_GONE;
	add_row(&row, sample);
	return DIAG_FOUND;
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

#endif
