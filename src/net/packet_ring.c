// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/packet_ring.h"

#include <stddef.h>

#if defined __linux__

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/descriptor.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

/* A slot holds its header, the address of the interface and PACKET_KEPT bytes. */
enum {
	SLOT = 256,
	BLOCK = 1 << 16,
	WHOLE_MOST = 1 << 17, /* bytes of a frame; segments that the kernel has not cut are < 64 KiB */
	WHOLE_BUFFER = 8 << 20,
};
_Static_assert(sizeof(struct tpacket2_hdr) % TPACKET_ALIGNMENT == 0, "the address follows at once");

struct packet_ring {
	int fd;
	unsigned frames, at; /* slots, and the next one to read */
	char *map;
	bool cut;                   /* a virtio_net_hdr is in front of each frame */
	uint8_t bytes[PACKET_KEPT]; /* of a frame that had no Ethernet header, with one */
	unsigned kept;              /* bytes of each frame that the kernel copies */
	uint8_t *whole;   /* the oldest frame, after room for an Ethernet header; or NULL */
	ssize_t whole_len; /* -1: it has not been received */
};

/* ---- making ---- */

static bool set(int fd, int option, const void *value, size_t len)
{
	return setsockopt(fd, SOL_PACKET, option, value, (socklen_t)len) == 0;
}

/* The kernel copies no more than that of a frame. */
static bool limit_kept(const struct packet_ring *ring)
{
	struct sock_filter keep = BPF_STMT(BPF_RET | BPF_K, ring->kept);
	struct sock_fprog program = { .len = 1, .filter = &keep };
	return setsockopt(ring->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

static bool find_interface(int fd, enum packet_source source, struct sockaddr_ll *addr)
{
	struct ifreq request = { .ifr_name = "lo" };
	socklen_t len = sizeof *addr;
	if (source == PACKETS_OF_INTERFACE)
		return getsockname(fd, (struct sockaddr *)addr, &len) == 0;
	*addr = (struct sockaddr_ll){ .sll_family = AF_PACKET };
	if (source == PACKETS_OWN)
		return true;
	if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
		return false;
	addr->sll_ifindex = request.ifr_ifindex;
	return true;
}

/* The name of what failed; NULL for success. Frames come only when all else is set. */
static const char *set_up(struct packet_ring *ring, enum packet_source source)
{
	int version = TPACKET_V2, on = 1;
	struct sockaddr_ll addr;
	size_t size = (size_t)ring->frames * SLOT;
	struct tpacket_req request = { .tp_block_size = BLOCK,
		                       .tp_block_nr = (unsigned)(size / BLOCK),
		                       .tp_frame_size = SLOT,
		                       .tp_frame_nr = ring->frames };
	size_t served;
	if (!set(ring->fd, PACKET_VERSION, &version, sizeof version))
		return "PACKET_VERSION";
	if (source == PACKETS_OWN ? !packet_ring_follow(ring, NULL, 0, &served)
	                          : !limit_kept(ring))
		return "SO_ATTACH_FILTER";
	if (source == PACKETS_OWN && !set(ring->fd, PACKET_VNET_HDR, &on, sizeof on))
		return "PACKET_VNET_HDR";
	if (!set(ring->fd, PACKET_RX_RING, &request, sizeof request))
		return "PACKET_RX_RING";
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (map == MAP_FAILED)
		return "mmap";
	ring->map = map;
	if (source == PACKETS_OF_LOOPBACK && !set(ring->fd, PACKET_IGNORE_OUTGOING, &on, sizeof on))
		return "PACKET_IGNORE_OUTGOING";
	if (!find_interface(ring->fd, source, &addr))
		return "no interface";
	addr.sll_protocol = htons(ETH_P_ALL);
	if (bind(ring->fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		return "bind";
	return NULL;
}

struct packet_ring *packet_ring_new(int fd, enum packet_source source, unsigned frames,
                                    struct error *error)
{
	struct packet_ring *ring = xcalloc(1, sizeof *ring);
	unsigned whole = BLOCK / SLOT;
	if (source == PACKETS_OWN)
		fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ring->fd = descriptor_watchable(fd);
	ring->frames = (frames + whole - 1) / whole * whole;
	ring->cut = source == PACKETS_OWN;
	ring->kept = PACKET_KEPT;
	ring->whole_len = -1;
	const char *failed = ring->fd < 0 ? "packet socket" : set_up(ring, source);
	if (!failed)
		return ring;
	if (source == PACKETS_OWN && (errno == EPERM || errno == EACCES))
		error_set(error, "wire: outside of the sandbox it needs root or CAP_NET_RAW; /set wire "
		                 "auto records the sandbox without");
	else
		error_errno(error, errno, "wire: %s", failed);
	packet_ring_free(ring);
	return NULL;
}

void packet_ring_free(struct packet_ring *ring)
{
	if (!ring)
		return;
	if (ring->map)
		munmap(ring->map, (size_t)ring->frames * SLOT);
	if (ring->fd >= 0)
		close(ring->fd);
	free(ring->whole);
	free(ring);
}

int packet_ring_descriptor(const struct packet_ring *ring)
{
	return ring->fd;
}

bool packet_ring_follow(struct packet_ring *ring, const struct packet_pair *pairs, size_t count,
                        size_t *served)
{
	return packet_filter_attach(ring->fd, pairs, count, ring->kept, served);
}

/* Of a frame that is longer than its slot the kernel also queues the whole at the socket,
 * PACKET_COPY_THRESH, as long as its receive buffer has room. That buffer may be larger than the system's
 * limit in a network of our own. */
bool packet_ring_keep_whole(struct packet_ring *ring, bool whole)
{
	int on = whole, room = WHOLE_BUFFER;
	unsigned before = ring->kept;
	ring->kept = whole ? WHOLE_MOST : PACKET_KEPT;
	if (!set(ring->fd, PACKET_COPY_THRESH, &on, sizeof on) || (!ring->cut && !limit_kept(ring))) {
		ring->kept = before;
		return false;
	}
	if (whole && !ring->whole) {
		ring->whole = xmalloc(ETH_HLEN + WHOLE_MOST);
		fcntl(ring->fd, F_SETFL, O_NONBLOCK);
	}
	if (whole && setsockopt(ring->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
		setsockopt(ring->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	return true;
}

void packet_ring_clear_error(struct packet_ring *ring)
{
	int code;
	socklen_t len = sizeof code;
	getsockopt(ring->fd, SOL_SOCKET, SO_ERROR, &code, &len);
}

/* ---- reading ---- */

static struct tpacket2_hdr *slot(const struct packet_ring *ring)
{
	return (struct tpacket2_hdr *)(ring->map + (size_t)ring->at * SLOT);
}

static uint16_t count_pieces(const uint8_t *bytes, uint32_t len)
{
	struct virtio_net_hdr cut;
	memcpy(&cut, bytes - sizeof cut, sizeof cut);
	if (cut.gso_type == VIRTIO_NET_HDR_GSO_NONE || !cut.gso_size || len <= cut.hdr_len)
		return 1;
	return (uint16_t)((len - cut.hdr_len + cut.gso_size - 1) / cut.gso_size);
}

/* An Ethernet header without addresses for what has none: a tunnel. */
static void add_ethernet(struct packet_ring *ring, uint16_t protocol, struct packet *packet)
{
	uint32_t room = PACKET_KEPT - ETH_HLEN;
	uint8_t *to = ring->bytes;
	if (ring->whole_len >= 0)
		to = ring->whole;
	else if (packet->kept > room)
		packet->kept = room;
	memset(to, 0, ETH_HLEN - sizeof protocol);
	memcpy(to + ETH_HLEN - sizeof protocol, &protocol, sizeof protocol);
	if (ring->whole_len < 0)
		memcpy(to + ETH_HLEN, packet->bytes, packet->kept);
	packet->bytes = to;
	packet->kept += ETH_HLEN;
	packet->len += ETH_HLEN;
}

/* Each frame that has TP_STATUS_COPY is in the receive queue, in the same order. */
static void receive_whole(struct packet_ring *ring, struct packet *packet)
{
	struct virtio_net_hdr cut;
	struct iovec parts[] = { { &cut, ring->cut ? sizeof cut : 0 },
		                 { ring->whole + ETH_HLEN, WHOLE_MOST } };
	if (ring->whole_len < 0) {
		ssize_t len = readv(ring->fd, parts, 2);
		if (len < (ssize_t)parts[0].iov_len)
			return;
		ring->whole_len = len - (ssize_t)parts[0].iov_len;
	}
	packet->bytes = ring->whole + ETH_HLEN;
	packet->kept = (uint32_t)ring->whole_len;
}

/* The status says that the rest of the slot has been written. */
bool packet_ring_peek(struct packet_ring *ring, struct packet *packet)
{
	const struct tpacket2_hdr *header = slot(ring);
	uint32_t status = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE);
	if (!(status & TP_STATUS_USER))
		return false;
	const char *base = (const char *)header;
	const struct sockaddr_ll *from = (const void *)(base + sizeof *header);
	*packet = (struct packet){
		.wall = (int64_t)header->tp_sec * CLOCK_S + header->tp_nsec,
		.len = header->tp_len,
		.kept = header->tp_snaplen,
		.bytes = (const uint8_t *)base + header->tp_mac,
		.outgoing = from->sll_pkttype == PACKET_OUTGOING,
		.loopback = from->sll_hatype == ARPHRD_LOOPBACK,
		.interface = from->sll_ifindex,
		.pieces = 1,
		.lossy = status & TP_STATUS_LOSING,
	};
	if (ring->cut)
		packet->pieces = count_pieces(packet->bytes, packet->len);
	if (status & TP_STATUS_COPY)
		receive_whole(ring, packet);
	if (from->sll_hatype != ARPHRD_ETHER && from->sll_hatype != ARPHRD_LOOPBACK)
		add_ethernet(ring, from->sll_protocol, packet);
	return true;
}

void packet_ring_done(struct packet_ring *ring)
{
	__atomic_store_n(&slot(ring)->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	ring->whole_len = -1;
	ring->at = ring->at + 1 < ring->frames ? ring->at + 1 : 0;
}

uint32_t packet_ring_lost(struct packet_ring *ring)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof stats;
	if (getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0)
		return 0;
	return stats.tp_drops;
}

#else

#include <errno.h>
#include <unistd.h>

struct packet_ring *packet_ring_new(int fd, enum packet_source source, unsigned frames,
                                    struct error *error)
{
	(void)source, (void)frames;
	if (fd >= 0)
		close(fd);
	error_errno(error, EOPNOTSUPP, "wire");
	return NULL;
}

void packet_ring_free(struct packet_ring *ring)
{
	(void)ring;
}

int packet_ring_descriptor(const struct packet_ring *ring)
{
	(void)ring;
	return -1;
}

bool packet_ring_follow(struct packet_ring *ring, const struct packet_pair *pairs, size_t count,
                        size_t *served)
{
	(void)ring;
	return packet_filter_attach(-1, pairs, count, PACKET_KEPT, served);
}

bool packet_ring_keep_whole(struct packet_ring *ring, bool whole)
{
	(void)ring, (void)whole;
	errno = EOPNOTSUPP;
	return false;
}

void packet_ring_clear_error(struct packet_ring *ring)
{
	(void)ring;
}

bool packet_ring_peek(struct packet_ring *ring, struct packet *packet)
{
	(void)ring, (void)packet;
	return false;
}

void packet_ring_done(struct packet_ring *ring)
{
	(void)ring;
}

uint32_t packet_ring_lost(struct packet_ring *ring)
{
	(void)ring;
	return 0;
}

#endif
