// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/packet_filter.h"

#if defined __linux__

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

/* Where the program keeps what it has read of a frame, as seen from our side. */
enum { LOCAL = 0, REMOTE = 4, PORTS = 8, PROTOCOL = 9, SPARE = 10 };

struct program {
	struct sock_filter step[BPF_MAXINSNS];
	unsigned len;
};

#define AD(field) ((uint32_t)(SKF_AD_OFF + (field)))

/* From the IP header on, whatever the interface has in front of it. */
static uint32_t ip_at(unsigned offset)
{
	return (uint32_t)SKF_NET_OFF + offset;
}

static void put(struct program *program, unsigned code, uint32_t k)
{
	program->step[program->len++] = (struct sock_filter){ .code = (uint16_t)code, .k = k };
}

/* Loads, and stores in a cell. */
static void keep(struct program *program, unsigned code, uint32_t k, uint32_t cell)
{
	put(program, BPF_LD | code, k);
	put(program, BPF_ST, cell);
}

/* A jump over the next step unless A is k. */
static void only(struct program *program, uint32_t k)
{
	put(program, BPF_JMP | BPF_JEQ | BPF_K, k);
	program->step[program->len - 1].jt = 1;
	put(program, BPF_RET | BPF_K, 0);
}

/* A jump that is aimed later, taken where A is k. */
static unsigned fork_at(struct program *program, uint32_t k)
{
	put(program, BPF_JMP | BPF_JEQ | BPF_K, k);
	program->step[program->len - 1].jf = 1;
	put(program, BPF_JMP | BPF_JA, 0);
	return program->len - 1;
}

static void aim(struct program *program, unsigned jump)
{
	program->step[jump].k = program->len - jump - 1;
}

static void swap_cells(struct program *program, unsigned words)
{
	for (uint32_t i = 0; i < words; i++) {
		put(program, BPF_LD | BPF_MEM, LOCAL + i);
		put(program, BPF_LDX | BPF_MEM, REMOTE + i);
		put(program, BPF_ST, REMOTE + i);
		put(program, BPF_STX, LOCAL + i);
	}
	put(program, BPF_LDX | BPF_MEM, PORTS);
	put(program, BPF_MISC | BPF_TXA, 0);
	put(program, BPF_ALU | BPF_RSH | BPF_K, 16);
	put(program, BPF_ST, SPARE);
	put(program, BPF_MISC | BPF_TXA, 0);
	put(program, BPF_ALU | BPF_LSH | BPF_K, 16);
	put(program, BPF_LDX | BPF_MEM, SPARE);
	put(program, BPF_ALU | BPF_OR | BPF_X, 0);
	put(program, BPF_ST, PORTS);
}

/* ---- reading a frame: the sender's side is LOCAL at first ---- */

static void keep_ends(struct program *program, unsigned mode, uint32_t from, uint32_t to,
                      unsigned words)
{
	for (uint32_t i = 0; i < words; i++) {
		keep(program, BPF_W | mode, from + 4 * i, LOCAL + i);
		keep(program, BPF_W | mode, to + 4 * i, REMOTE + i);
	}
}

/* A is the type of an ICMP message: only errors quote a packet. */
static void only_errors(struct program *program, const uint8_t *types, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put(program, BPF_JMP | BPF_JEQ | BPF_K, types[i]);
		program->step[program->len - 1].jt = (uint8_t)(count - i);
	}
	put(program, BPF_RET | BPF_K, 0);
}

/* What an error quotes went the other way. */
static void read_ipv4(struct program *program)
{
	static const uint8_t errors[] = { ICMP_DEST_UNREACH, ICMP_SOURCE_QUENCH, ICMP_REDIRECT,
		                          ICMP_TIME_EXCEEDED, ICMP_PARAMETERPROB };
	put(program, BPF_LD | BPF_H | BPF_ABS, ip_at(6));
	put(program, BPF_ALU | BPF_AND | BPF_K, 0x1fff); /* later fragments have no ports */
	only(program, 0);
	put(program, BPF_LDX | BPF_B | BPF_MSH, ip_at(0));
	keep(program, BPF_B | BPF_ABS, ip_at(9), PROTOCOL);
	unsigned icmp = fork_at(program, IPPROTO_ICMP);
	keep_ends(program, BPF_ABS, ip_at(12), ip_at(16), 1);
	keep(program, BPF_W | BPF_IND, ip_at(0), PORTS);
	put(program, BPF_JMP | BPF_JA, 0);
	unsigned done = program->len - 1;
	aim(program, icmp);
	put(program, BPF_LD | BPF_B | BPF_IND, ip_at(0));
	only_errors(program, errors, sizeof errors);
	put(program, BPF_LD | BPF_B | BPF_IND, ip_at(8));
	only(program, 0x45); /* no options, which would move the ports */
	keep(program, BPF_B | BPF_IND, ip_at(8 + 9), PROTOCOL);
	keep_ends(program, BPF_IND, ip_at(8 + 12), ip_at(8 + 16), 1);
	keep(program, BPF_W | BPF_IND, ip_at(8 + 20), PORTS);
	swap_cells(program, 1);
	aim(program, done);
}

static void read_ipv6(struct program *program)
{
	static const uint8_t errors[] = { ICMP6_DST_UNREACH, ICMP6_PACKET_TOO_BIG,
		                          ICMP6_TIME_EXCEEDED, ICMP6_PARAM_PROB };
	keep(program, BPF_B | BPF_ABS, ip_at(6), PROTOCOL);
	unsigned icmp = fork_at(program, IPPROTO_ICMPV6);
	keep_ends(program, BPF_ABS, ip_at(8), ip_at(24), 4);
	keep(program, BPF_W | BPF_ABS, ip_at(40), PORTS);
	put(program, BPF_JMP | BPF_JA, 0);
	unsigned done = program->len - 1;
	aim(program, icmp);
	put(program, BPF_LD | BPF_B | BPF_ABS, ip_at(40));
	only_errors(program, errors, sizeof errors);
	keep(program, BPF_B | BPF_ABS, ip_at(48 + 6), PROTOCOL);
	keep_ends(program, BPF_ABS, ip_at(48 + 8), ip_at(48 + 24), 4);
	keep(program, BPF_W | BPF_ABS, ip_at(48 + 40), PORTS);
	swap_cells(program, 4);
	aim(program, done);
}

/* ---- comparing ---- */

static void compare(struct program *program, uint32_t cell, const uint8_t *ip, unsigned words)
{
	for (uint32_t i = 0; i < words; i++, ip += 4) {
		put(program, BPF_LD | BPF_MEM, cell + i);
		put(program, BPF_JMP | BPF_JEQ | BPF_K,
		    (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8 | ip[3]);
	}
}

/* Keeps a frame of this pair; goes on after it with any other. */
static void put_pair(struct program *program, const struct packet_pair *pair, unsigned words,
                     unsigned kept)
{
	unsigned begin = program->len;
	const struct endpoint *local = &pair->local, *remote = &pair->remote;
	put(program, BPF_LD | BPF_MEM, PORTS);
	if (!endpoint_is_set(remote))
		put(program, BPF_ALU | BPF_RSH | BPF_K, 16);
	put(program, BPF_JMP | BPF_JEQ | BPF_K,
	    endpoint_is_set(remote) ? (uint32_t)local->port << 16 | remote->port : local->port);
	put(program, BPF_LD | BPF_MEM, PROTOCOL);
	put(program, BPF_JMP | BPF_JEQ | BPF_K,
	    pair->transport == TRANSPORT_UDP ? IPPROTO_UDP : IPPROTO_TCP);
	if (!endpoint_is_any(local))
		compare(program, LOCAL, local->ip, words);
	if (endpoint_is_set(remote))
		compare(program, REMOTE, remote->ip, words);
	put(program, BPF_RET | BPF_K, kept);
	for (unsigned i = begin; i < program->len; i++)
		if (BPF_CLASS(program->step[i].code) == BPF_JMP)
			program->step[i].jf = (uint8_t)(program->len - i - 1);
}

enum { MOST_OF_PAIR = 22, MOST_OF_PAIR_IPV4 = 10, MOST_OF_REST = 250 };

static unsigned words_of(const struct packet_pair *pair)
{
	return endpoint_is_ipv6(&pair->local) ? 4 : 1;
}

/* The pairs of one family. A loopback has both ends, and shows each frame twice: the copy that goes out
 * is left out, and the other is compared both ways. */
static void put_family(struct program *program, const struct packet_pair *pairs, size_t count,
                       unsigned words, unsigned kept)
{
	if (words == 4)
		read_ipv6(program);
	else
		read_ipv4(program);
	put(program, BPF_LD | BPF_W | BPF_ABS, AD(SKF_AD_PKTTYPE));
	unsigned out = fork_at(program, PACKET_OUTGOING);
	swap_cells(program, words); /* it came in: we are its receiver */
	put(program, BPF_JMP | BPF_JA, 0);
	unsigned in = program->len - 1;
	aim(program, out);
	put(program, BPF_LD | BPF_W | BPF_ABS, AD(SKF_AD_HATYPE));
	put(program, BPF_JMP | BPF_JEQ | BPF_K, ARPHRD_LOOPBACK);
	program->step[program->len - 1].jf = 1;
	put(program, BPF_RET | BPF_K, 0);
	aim(program, in);
	for (int way = 0; way < 2; way++) {
		for (size_t i = 0; i < count; i++)
			if (words_of(&pairs[i]) == words)
				put_pair(program, &pairs[i], words, kept);
		if (way == 0) {
			put(program, BPF_LD | BPF_W | BPF_ABS, AD(SKF_AD_HATYPE));
			only(program, ARPHRD_LOOPBACK);
			swap_cells(program, words);
		}
	}
	put(program, BPF_RET | BPF_K, 0);
}

bool packet_filter_attach(int fd, const struct packet_pair *pairs, size_t count, unsigned kept,
                          size_t *served)
{
	struct program program = { .len = 0 };
	size_t room = 0, cost = MOST_OF_REST;
	for (; room < count; room++) {
		cost += words_of(&pairs[room]) == 4 ? 2 * MOST_OF_PAIR : 2 * MOST_OF_PAIR_IPV4;
		if (cost > BPF_MAXINSNS)
			break;
	}
	put(&program, BPF_LD | BPF_W | BPF_ABS, AD(SKF_AD_PROTOCOL));
	unsigned ipv6 = fork_at(&program, ETH_P_IPV6);
	only(&program, ETH_P_IP);
	put_family(&program, pairs, room, 1, kept);
	aim(&program, ipv6);
	put_family(&program, pairs, room, 4, kept);
	struct sock_fprog whole = { .len = (unsigned short)program.len, .filter = program.step };
	*served = room;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) == 0;
}

#else

#include <errno.h>

bool packet_filter_attach(int fd, const struct packet_pair *pairs, size_t count, unsigned kept,
                          size_t *served)
{
	(void)fd, (void)pairs, (void)count, (void)kept;
	*served = 0;
	errno = EOPNOTSUPP;
	return false;
}

#endif
