// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/frame.h"

#include <netinet/in.h>
#include <string.h>

enum {
	ETHERTYPE_4 = 0x0800,
	ETHERTYPE_ARP4 = 0x0806,
	ETHERTYPE_6 = 0x86dd,

	IP4_HEADER = 20, /* least bytes */
	IP6_HEADER = 40,
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	ICMP_HEADER = 8,

	ICMP4_UNREACHABLE = 3,
	ICMP4_NEEDS_FRAGMENTS = 4, /* a code of it */
	ICMP6_TOO_BIG = 2,
	ICMP6_SOLICITATION = 135,
	ICMP6_ADVERTISEMENT = 136,
};

/* The headers of IP, and where what follows them is in the frame. */
struct packet {
	bool ipv6, fragment, more;
	uint8_t protocol, ttl, tos;
	uint32_t id, fragment_start;
	const uint8_t *from, *to;
	size_t header; /* offset of the IP header, */
	size_t start;  /* of what follows it, */
	size_t len;    /* and how long that is by the length in the header */
};

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t get32(const uint8_t *bytes)
{
	return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

static bool read_ip4(const uint8_t *bytes, size_t kept, size_t end, struct packet *packet)
{
	const uint8_t *ip = bytes + packet->header;
	if (kept < packet->header + IP4_HEADER || ip[0] >> 4 != 4)
		return false;
	size_t header = (size_t)(ip[0] & 15) * 4, total = get16(ip + 2);
	if (!total && end > packet->header)
		total = end - packet->header;
	packet->tos = ip[1];
	packet->id = get16(ip + 4);
	packet->more = ip[6] & 0x20;
	packet->fragment_start = (get16(ip + 6) & 0x1fffU) * 8;
	packet->fragment = packet->more || packet->fragment_start;
	packet->ttl = ip[8];
	packet->protocol = ip[9];
	packet->from = ip + 12;
	packet->to = ip + 16;
	packet->start = packet->header + header;
	packet->len = total - header;
	return header >= IP4_HEADER && total >= header && packet->start <= kept &&
	       packet->header + total <= end;
}

/* Steps over the extension headers, RFC 8200, as long as they were kept. */
static bool read_ip6(const uint8_t *bytes, size_t kept, size_t end, struct packet *packet)
{
	const uint8_t *ip = bytes + packet->header;
	if (kept < packet->header + IP6_HEADER || ip[0] >> 4 != 6)
		return false;
	packet->ipv6 = true;
	packet->tos = (uint8_t)(get16(ip) >> 4);
	packet->protocol = ip[6];
	packet->ttl = ip[7];
	packet->from = ip + 8;
	packet->to = ip + 24;
	packet->start = packet->header + IP6_HEADER;
	size_t last = packet->start + get16(ip + 4);
	if (last == packet->start)
		last = end; /* a jumbogram, or one that the kernel has not cut yet */
	bool whole = last >= packet->start && last <= end;
	while (whole && !packet->fragment) {
		const uint8_t *extension = bytes + packet->start;
		uint8_t protocol = packet->protocol;
		if (protocol != IPPROTO_HOPOPTS && protocol != IPPROTO_ROUTING &&
		    protocol != IPPROTO_DSTOPTS && protocol != IPPROTO_FRAGMENT &&
		    protocol != IPPROTO_AH)
			break;
		if (kept < packet->start + 8)
			return false;
		size_t header = 8 + (size_t)extension[1] * 8;
		if (protocol == IPPROTO_AH) {
			header = 8 + (size_t)extension[1] * 4;
		} else if (protocol == IPPROTO_FRAGMENT) {
			header = 8;
			packet->fragment_start = get16(extension + 2) & 0xfff8U;
			packet->more = extension[3] & 1;
			packet->fragment = packet->more || packet->fragment_start;
			packet->id = get32(extension + 4);
		}
		packet->protocol = extension[0];
		packet->start += header;
		whole = packet->start <= last && packet->start <= kept;
	}
	packet->len = last - packet->start;
	return whole;
}

static bool read_ip(const uint8_t *bytes, size_t kept, size_t end, size_t header,
                    struct packet *packet)
{
	*packet = (struct packet){ .header = header };
	if (kept <= header)
		return false;
	return bytes[header] >> 4 == 6 ? read_ip6(bytes, kept, end, packet)
	                               : read_ip4(bytes, kept, end, packet);
}

static struct endpoint get_endpoint(bool ipv6, const uint8_t *ip, uint16_t port)
{
	return endpoint_of_ip(ipv6 ? AF_INET6 : AF_INET, ip, port);
}

/* Errors quote at least the IP header and 8 bytes; their lengths are those of the whole packet. */
static void read_quoted(const uint8_t *bytes, size_t kept, size_t header,
                        struct frame_quoted *quoted)
{
	struct packet packet;
	if (!read_ip(bytes, kept, SIZE_MAX, header, &packet))
		return;
	const uint8_t *rest = bytes + packet.start;
	bool ports = packet.protocol == IPPROTO_TCP || packet.protocol == IPPROTO_UDP;
	if (packet.fragment_start)
		quoted->kind = FRAME_FRAGMENT;
	else if (kept < packet.start + 8)
		return;
	else if (packet.protocol == IPPROTO_ICMP || packet.protocol == IPPROTO_ICMPV6)
		quoted->kind = FRAME_ICMP;
	else if (ports)
		quoted->kind = packet.protocol == IPPROTO_TCP ? FRAME_TCP : FRAME_UDP;
	ports = ports && quoted->kind != FRAME_FRAGMENT;
	quoted->from = get_endpoint(packet.ipv6, packet.from, ports ? get16(rest) : 0);
	quoted->to = get_endpoint(packet.ipv6, packet.to, ports ? get16(rest + 2) : 0);
	if (quoted->kind == FRAME_TCP)
		quoted->seq = get32(rest + 4);
}

static bool icmp_is_error(bool ipv6, uint8_t type)
{
	return ipv6 ? type >= 1 && type <= 4
	            : type == ICMP4_UNREACHABLE || type == 4 || type == 5 || type == 11 ||
	                       type == 12;
}

/* A solicitation is for the target, an advertisement from it. Its option, if any, is the address of
 * who sends it. */
static bool read_nd(const uint8_t *bytes, size_t kept, const struct packet *packet,
                    struct frame *frame)
{
	const uint8_t *icmp = bytes + packet->start;
	if (packet->len < 24 || kept < packet->start + 24)
		return false;
	frame->kind = FRAME_ND;
	frame->answer = icmp[0] == ICMP6_ADVERTISEMENT;
	*(frame->answer ? &frame->from : &frame->to) = get_endpoint(true, icmp + 8, 0);
	if (packet->len >= 32 && kept >= packet->start + 32 && icmp[25] == 1 &&
	    icmp[24] == (frame->answer ? 2 : 1))
		memcpy(frame->mac, icmp + 26, sizeof frame->mac);
	return true;
}

static bool read_icmp(const uint8_t *bytes, size_t kept, const struct packet *packet,
                      struct frame *frame)
{
	const uint8_t *icmp = bytes + packet->start;
	if (packet->len < ICMP_HEADER || kept < packet->start + ICMP_HEADER)
		return false;
	uint8_t type = icmp[0];
	frame->icmp.type = type;
	frame->icmp.code = icmp[1];
	frame->headers = (uint16_t)(packet->start + ICMP_HEADER);
	frame->len = (uint32_t)(packet->len - ICMP_HEADER);
	if (packet->ipv6 && (type == ICMP6_SOLICITATION || type == ICMP6_ADVERTISEMENT))
		return read_nd(bytes, kept, packet, frame);
	frame->kind = FRAME_ICMP;
	if (!icmp_is_error(packet->ipv6, type)) {
		frame->icmp.id = get16(icmp + 4);
		frame->icmp.seq = get16(icmp + 6);
		return true;
	}
	if (packet->ipv6 && type == ICMP6_TOO_BIG)
		frame->icmp.mtu = get32(icmp + 4);
	else if (!packet->ipv6 && type == ICMP4_UNREACHABLE && icmp[1] == ICMP4_NEEDS_FRAGMENTS)
		frame->icmp.mtu = get16(icmp + 6);
	size_t end = packet->start + packet->len;
	read_quoted(bytes, kept < end ? kept : end, frame->headers, &frame->icmp.quoted);
	return true;
}

static bool read_udp(const uint8_t *bytes, size_t kept, const struct packet *packet,
                     struct frame *frame)
{
	const uint8_t *udp = bytes + packet->start;
	if (packet->len < UDP_HEADER || kept < packet->start + UDP_HEADER)
		return false;
	size_t len = get16(udp + 4);
	if (!len)
		len = packet->len;
	if (len < UDP_HEADER || len > packet->len)
		return false;
	frame->kind = FRAME_UDP;
	frame->headers = (uint16_t)(packet->start + UDP_HEADER);
	frame->len = (uint32_t)(len - UDP_HEADER);
	return true;
}

static void read_tcp_option(uint8_t kind, const uint8_t *value, size_t len, struct frame_tcp *tcp)
{
	if (kind == 2 && len == 2) {
		tcp->options |= FRAME_MSS;
		tcp->mss = get16(value);
	} else if (kind == 3 && len == 1) {
		tcp->options |= FRAME_SCALE;
		tcp->scale = value[0] < 14 ? value[0] : 14; /* RFC 7323 section 2.3 */
	} else if (kind == 4 && len == 0) {
		tcp->options |= FRAME_SACK_OK;
	} else if (kind == 5 && len && len % 8 == 0 && len <= 8UL * FRAME_SACKS) {
		tcp->options |= FRAME_SACK;
		tcp->sacks = (uint8_t)(len / 8);
		for (size_t i = 0; i < tcp->sacks; i++) {
			tcp->sack[i].from = get32(value + 8 * i);
			tcp->sack[i].to = get32(value + 8 * i + 4);
		}
	} else if (kind == 8 && len == 8) {
		tcp->options |= FRAME_TIMESTAMPS;
		tcp->ts_value = get32(value);
		tcp->ts_echo = get32(value + 4);
	} else if (kind == 34 && len <= FRAME_COOKIE) {
		tcp->options |= FRAME_FASTOPEN;
		tcp->cookie_len = (uint8_t)len;
		memcpy(tcp->cookie, value, len);
	} else {
		tcp->options |= FRAME_OPTION_OTHER;
	}
}

static void read_tcp_options(const uint8_t *options, size_t kept, size_t len, struct frame_tcp *tcp)
{
	enum { END, PAD };
	size_t i = 0;
	while (i < kept && options[i] != END) {
		if (options[i] == PAD) {
			i++;
			continue;
		}
		if (i + 1 >= kept || options[i + 1] < 2 || options[i + 1] > kept - i) {
			tcp->options |= FRAME_OPTION_BAD;
			return;
		}
		read_tcp_option(options[i], options + i + 2, options[i + 1] - 2U, tcp);
		i += options[i + 1];
	}
	if (i == kept && kept < len)
		tcp->options |= FRAME_OPTION_BAD;
}

static bool read_tcp(const uint8_t *bytes, size_t kept, const struct packet *packet,
                     struct frame *frame)
{
	const uint8_t *header = bytes + packet->start;
	if (packet->len < TCP_HEADER || kept < packet->start + TCP_HEADER)
		return false;
	size_t len = (size_t)(header[12] >> 4) * 4;
	if (len < TCP_HEADER || len > packet->len)
		return false;
	size_t there = kept - packet->start < len ? kept - packet->start : len;
	struct frame_tcp *tcp = &frame->tcp;
	frame->kind = FRAME_TCP;
	frame->headers = (uint16_t)(packet->start + len);
	frame->len = (uint32_t)(packet->len - len);
	tcp->seq = get32(header + 4);
	tcp->ack = get32(header + 8);
	tcp->flags = header[13];
	tcp->window = get16(header + 14);
	tcp->urgent = get16(header + 18);
	read_tcp_options(header + TCP_HEADER, there - TCP_HEADER, len - TCP_HEADER, tcp);
	return true;
}

static bool read_arp(const uint8_t *bytes, size_t kept, struct frame *frame)
{
	static const uint8_t ethernet_and_ip4[] = { 0, 1, 8, 0, 6, 4, 0 };
	const uint8_t *arp = bytes + FRAME_ETHERNET;
	if (kept < FRAME_ETHERNET + 28 ||
	    memcmp(arp, ethernet_and_ip4, sizeof ethernet_and_ip4) != 0 || arp[7] < 1 || arp[7] > 2)
		return false;
	frame->kind = FRAME_ARP;
	frame->answer = arp[7] == 2;
	memcpy(frame->mac, arp + 8, sizeof frame->mac);
	frame->from = get_endpoint(false, arp + 14, 0);
	frame->to = get_endpoint(false, arp + 24, 0);
	frame->headers = FRAME_ETHERNET + 28;
	return true;
}

static bool read_packet(const uint8_t *bytes, size_t kept, size_t len, struct frame *frame)
{
	struct packet packet;
	bool ipv6 = frame->ethertype == ETHERTYPE_6;
	bool whole = read_ip(bytes, kept, len, FRAME_ETHERNET, &packet);
	if (!packet.from || packet.ipv6 != ipv6)
		return false;
	frame->ipv6 = ipv6;
	frame->from = get_endpoint(ipv6, packet.from, 0);
	frame->to = get_endpoint(ipv6, packet.to, 0);
	frame->protocol = packet.protocol;
	frame->ttl = packet.ttl;
	frame->tos = packet.tos;
	frame->ip_id = packet.id;
	if (!whole)
		return false;
	frame->headers = (uint16_t)packet.start;
	frame->len = (uint32_t)packet.len;
	bool ports = (packet.protocol == IPPROTO_TCP || packet.protocol == IPPROTO_UDP) &&
	             !packet.fragment_start && packet.len >= 4 && kept >= packet.start + 4;
	if (ports) {
		frame->from.port = get16(bytes + packet.start);
		frame->to.port = get16(bytes + packet.start + 2);
	}
	if (packet.fragment) {
		frame->kind = FRAME_FRAGMENT;
		frame->more_fragments = packet.more;
		frame->fragment_start = packet.fragment_start;
		return true;
	}
	if (packet.protocol == IPPROTO_TCP)
		return read_tcp(bytes, kept, &packet, frame);
	if (packet.protocol == IPPROTO_UDP)
		return read_udp(bytes, kept, &packet, frame);
	if (packet.protocol == (ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return read_icmp(bytes, kept, &packet, frame);
	return true;
}

bool frame_read(const void *bytes, size_t kept, size_t len, struct frame *frame)
{
	const uint8_t *ethernet = bytes;
	*frame = (struct frame){ .kind = FRAME_OTHER };
	if (kept > len)
		kept = len;
	if (kept < FRAME_ETHERNET)
		return false;
	frame->ethertype = get16(ethernet + 12);
	frame->headers = FRAME_ETHERNET;
	if (frame->ethertype == ETHERTYPE_ARP4)
		return read_arp(ethernet, kept, frame);
	if (frame->ethertype == ETHERTYPE_4 || frame->ethertype == ETHERTYPE_6)
		return read_packet(ethernet, kept, len, frame);
	frame->len = (uint32_t)(len - FRAME_ETHERNET);
	return true;
}

bool frame_has_dsack(const struct frame_tcp *tcp)
{
	if (!tcp->sacks)
		return false;
	if ((int32_t)(tcp->sack[0].to - tcp->ack) <= 0)
		return true;
	return tcp->sacks > 1 && (int32_t)(tcp->sack[0].from - tcp->sack[1].from) >= 0 &&
	       (int32_t)(tcp->sack[0].to - tcp->sack[1].to) <= 0;
}

/* The Internet checksum, RFC 1071: the sum of 16-bit words, carries added in at the end. */
static uint64_t sum(const uint8_t *bytes, size_t len)
{
	uint64_t total = 0;
	for (size_t i = 0; i + 1 < len; i += 2)
		total += get16(bytes + i);
	return len % 2 ? total + ((uint64_t)bytes[len - 1] << 8) : total;
}

static uint16_t fold(uint64_t total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

/* Where the checksum of what IP carries is, from its beginning; 0 where there is none. */
static size_t checksum_at(const struct packet *packet)
{
	switch (packet->fragment ? IPPROTO_RAW : packet->protocol) {
	case IPPROTO_TCP:
		return packet->len >= TCP_HEADER ? 16 : 0;
	case IPPROTO_UDP:
		return packet->len >= UDP_HEADER ? 6 : 0;
	case IPPROTO_ICMP:
		return packet->len >= ICMP_HEADER && !packet->ipv6 ? 2 : 0;
	case IPPROTO_ICMPV6:
		return packet->len >= ICMP_HEADER && packet->ipv6 ? 2 : 0;
	default:
		return 0;
	}
}

/* 0 if it is right: the checksum itself is summed up too. */
static uint16_t check_transport(const uint8_t *bytes, const struct packet *packet)
{
	uint64_t total = sum(bytes + packet->start, packet->len);
	if (packet->protocol != IPPROTO_ICMP) { /* the pseudo-header */
		size_t address = packet->ipv6 ? 16 : 4;
		total += sum(packet->from, address) + sum(packet->to, address) + packet->protocol +
		         (packet->len >> 16) + (packet->len & 0xffff);
	}
	return fold(total);
}

static bool read_whole(const uint8_t *bytes, size_t len, struct packet *packet)
{
	if (len < FRAME_ETHERNET)
		return false;
	uint16_t ethertype = get16(bytes + 12);
	return (ethertype == ETHERTYPE_4 || ethertype == ETHERTYPE_6) &&
	       read_ip(bytes, len, len, FRAME_ETHERNET, packet) &&
	       packet->ipv6 == (ethertype == ETHERTYPE_6);
}

static size_t ip4_header(const uint8_t *bytes, const struct packet *packet)
{
	return (size_t)(bytes[packet->header] & 15) * 4;
}

bool frame_checksums_right(const void *frame, size_t len)
{
	const uint8_t *bytes = frame;
	struct packet packet;
	if (!read_whole(bytes, len, &packet)) {
		struct frame other;
		return frame_read(bytes, len, len, &other);
	}
	if (!packet.ipv6 && fold(sum(bytes + packet.header, ip4_header(bytes, &packet))) != 0)
		return false;
	size_t at = checksum_at(&packet);
	if (!at)
		return true;
	if (packet.protocol == IPPROTO_UDP && !get16(bytes + packet.start + at))
		return !packet.ipv6; /* not used; IPv6 has no such thing */
	return check_transport(bytes, &packet) == 0;
}

static void put16(uint8_t *bytes, uint16_t number)
{
	bytes[0] = (uint8_t)(number >> 8);
	bytes[1] = (uint8_t)number;
}

void frame_correct_checksums(void *frame, size_t len)
{
	uint8_t *bytes = frame;
	struct packet packet;
	if (!read_whole(bytes, len, &packet))
		return;
	if (!packet.ipv6) {
		put16(bytes + packet.header + 10, 0);
		put16(bytes + packet.header + 10,
		      fold(sum(bytes + packet.header, ip4_header(bytes, &packet))));
	}
	size_t at = checksum_at(&packet);
	if (!at)
		return;
	put16(bytes + packet.start + at, 0);
	uint16_t right = check_transport(bytes, &packet);
	if (!right && packet.protocol == IPPROTO_UDP)
		right = 0xffff; /* 0 would say that it is not used */
	put16(bytes + packet.start + at, right);
}
