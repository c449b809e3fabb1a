// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/cable_loop.h"

#if defined __linux__

#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/descriptor.h"

enum {
	STRIKES = 16,  /* of one message */
	LATE_STEP = 5, /* us */
	LATE_STEPS = 2000,
	RING_BLOCK = 1 << 18,
	RING_BLOCKS = 16,
	RING_FRAME = 2048, /* with its header: room for an MTU of 1900 */
	RING_FRAMES = RING_BLOCK / RING_FRAME * RING_BLOCKS,
	READ_MOST = 64, /* frames of one host before the other has its turn */
	SEND_MOST = 64,
};

/* What both processes map. Only the loop writes, but for `settings`. */
struct shared {
	atomic_uint settings; /* how often they were set */
	atomic_uint version;  /* odd while what follows is being written */
	struct published {
		struct cable_counts from[HOST_COUNT];
		uint64_t overrun, refused, unreported;
		uint32_t rules_given; /* those above are not known to the loop yet */
		uint32_t rule_count;
		struct {
			uint32_t number, seen;
		} rule[CABLE_RULES];
	} published;
	_Atomic int64_t late_max;
	_Atomic uint64_t late[LATE_STEPS + 1]; /* deliveries, by LATE_STEP; the last: later */
};

struct cable_link {
	int program, loop; /* the two ends; the copy in the child has only the latter */
	struct shared *shared;
	struct cable_settings settings; /* as they were set */
	struct cable_strike strike[STRIKES];
	size_t count, next; /* of those that were read */
};

/* ---- the program's end ---- */

struct cable_link *cable_link_new(struct error *error)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
		descriptor_explain(error, errno, "cable");
		return NULL;
	}
	struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
	                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ends[0] = descriptor_watchable(ends[0]);
	if (ends[0] < 0 || shared == MAP_FAILED) {
		descriptor_explain(error, errno, "cable");
		close(ends[1]);
		if (ends[0] >= 0)
			close(ends[0]);
		if (shared != MAP_FAILED)
			munmap(shared, sizeof *shared);
		return NULL;
	}
	struct cable_link *link = xcalloc(1, sizeof *link);
	link->program = ends[0];
	link->loop = ends[1];
	link->shared = shared;
	cable_settings_init(&link->settings);
	return link;
}

void cable_link_free(struct cable_link *link)
{
	if (!link)
		return;
	if (link->program >= 0)
		close(link->program);
	close(link->loop);
	munmap(link->shared, sizeof *link->shared);
	free(link);
}

/* What the loop published last; if it died while it wrote, what is there. */
static void read_published(const struct cable_link *link, struct published *published)
{
	struct shared *shared = link->shared;
	for (int attempts = 0; attempts < 1000; attempts++) {
		unsigned version = atomic_load_explicit(&shared->version, memory_order_acquire);
		memcpy(published, &shared->published, sizeof *published);
		atomic_thread_fence(memory_order_acquire);
		if (version % 2 == 0 &&
		    version == atomic_load_explicit(&shared->version, memory_order_relaxed))
			break;
	}
}

void cable_link_settings(const struct cable_link *link, struct cable_settings *settings,
                         uint32_t seen[CABLE_RULES])
{
	struct published published;
	read_published(link, &published);
	*settings = link->settings;
	for (uint32_t i = settings->rule_count; i-- > 0;) {
		uint32_t at = 0, number = settings->rule[i].number;
		while (at < published.rule_count && published.rule[at].number != number)
			at++;
		bool known = number <= published.rules_given;
		seen[i] = known && at < published.rule_count ? published.rule[at].seen : 0;
		if (known && at == published.rule_count) {
			cable_settings_drop_rule(settings, i);
			memmove(&seen[i], &seen[i + 1], (CABLE_RULES - 1 - i) * sizeof *seen);
		}
	}
}

bool cable_link_set(struct cable_link *link, const struct cable_settings *settings,
                    struct error *error)
{
	ssize_t sent;
	do
		sent = send(link->program, settings, sizeof *settings, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0) {
		error_errno(error, errno, "cable");
		return false;
	}
	link->settings = *settings;
	atomic_fetch_add(&link->shared->settings, 1);
	return true;
}

/* The end of the step in which the n-th delivery is, from 0. */
static int64_t late_at(struct shared *shared, uint64_t n)
{
	uint64_t before = 0;
	for (size_t i = 0; i < LATE_STEPS; i++) {
		before += atomic_load_explicit(&shared->late[i], memory_order_relaxed);
		if (before > n)
			return (int64_t)(i + 1) * LATE_STEP * CLOCK_US;
	}
	return atomic_load_explicit(&shared->late_max, memory_order_relaxed);
}

void cable_link_statistics(const struct cable_link *link, struct cable_statistics *statistics)
{
	struct shared *shared = link->shared;
	struct published published;
	read_published(link, &published);
	*statistics = (struct cable_statistics){ .overrun = published.overrun,
		                                 .refused = published.refused,
		                                 .unreported = published.unreported };
	memcpy(statistics->from, published.from, sizeof statistics->from);
	for (size_t i = 0; i <= LATE_STEPS; i++)
		statistics->measured +=
		        atomic_load_explicit(&shared->late[i], memory_order_relaxed);
	if (statistics->measured) {
		statistics->late_median = late_at(shared, (statistics->measured - 1) / 2);
		statistics->late_p99 = late_at(shared, (statistics->measured - 1) * 99 / 100);
		statistics->late_max =
		        atomic_load_explicit(&shared->late_max, memory_order_relaxed);
	}
}

int cable_link_descriptor(const struct cable_link *link)
{
	return link->program;
}

bool cable_link_take(struct cable_link *link, struct cable_strike *strike)
{
	if (link->next == link->count) {
		ssize_t len = recv(link->program, link->strike, sizeof link->strike, 0);
		link->count = len > 0 ? (size_t)len / sizeof *link->strike : 0;
		link->next = 0;
	}
	if (link->next == link->count)
		return false;
	*strike = link->strike[link->next++];
	return true;
}

/* ---- the child ---- */

/* A packet socket with what the kernel writes the frames into. */
struct port {
	int fd;
	uint8_t *ring;
	unsigned next;
};

struct cable_loop {
	struct cable_link *link;
	struct cable *cable;
	struct port port[HOST_COUNT]; /* of HOST_LEFT and HOST_RIGHT */
	unsigned settings;            /* how often they had been set when they were taken */
	uint32_t rules_given;
	struct cable_strike strike[STRIKES];
	size_t strikes; /* that are not sent yet */
	uint64_t overrun, refused, unreported;
	int64_t boot_of_real; /* clock_now() less CLOCK_REALTIME */
};

static void send_strikes(struct cable_loop *loop)
{
	if (!loop->strikes)
		return;
	ssize_t sent;
	do
		sent = send(loop->link->loop, loop->strike, loop->strikes * sizeof *loop->strike,
		            MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		loop->unreported += loop->strikes;
	loop->strikes = 0;
}

static void keep_strike(void *context, const struct cable_strike *strike)
{
	struct cable_loop *loop = context;
	loop->strike[loop->strikes++] = *strike;
	if (loop->strikes == STRIKES)
		send_strikes(loop);
}

static bool open_port(struct port *port, int fd)
{
	struct tpacket_req request = { .tp_block_size = RING_BLOCK,
		                       .tp_block_nr = RING_BLOCKS,
		                       .tp_frame_size = RING_FRAME,
		                       .tp_frame_nr = RING_FRAMES };
	int version = TPACKET_V2, on = 1;
	port->fd = fd;
	/* With SO_TIMESTAMPNS a frame has one time for all packet sockets that see it. */
	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) < 0)
		return false;
	void *ring = mmap(NULL, (size_t)RING_BLOCK * RING_BLOCKS, PROT_READ | PROT_WRITE,
	                  MAP_SHARED, fd, 0);
	port->ring = ring == MAP_FAILED ? NULL : ring;
	return port->ring;
}

static void close_ports(struct cable_loop *loop, bool descriptors)
{
	for (size_t i = HOST_LEFT; i < HOST_COUNT; i++) {
		if (loop->port[i].ring)
			munmap(loop->port[i].ring, (size_t)RING_BLOCK * RING_BLOCKS);
		if (descriptors)
			close(loop->port[i].fd);
	}
}

int cable_link_enter(struct cable_link *link)
{
	close(link->program);
	link->program = -1;
	return link->loop;
}

struct cable_loop *cable_loop_new(struct cable_link *link, int left, int right, struct error *error)
{
	struct cable_loop *loop = xcalloc(1, sizeof *loop);
	if (!open_port(&loop->port[HOST_LEFT], left) ||
	    !open_port(&loop->port[HOST_RIGHT], right)) {
		error_errno(error, errno, "cable: packet socket");
		close_ports(loop, false);
		free(loop);
		return NULL;
	}
	loop->link = link;
	loop->cable = cable_new(keep_strike, loop);
	return loop;
}

static void take_settings(struct cable_loop *loop)
{
	struct cable_settings settings;
	unsigned set = atomic_load(&loop->link->shared->settings);
	if (set == loop->settings)
		return;
	loop->settings = set;
	while (recv(loop->link->loop, &settings, sizeof settings, MSG_DONTWAIT) ==
	       (ssize_t)sizeof settings) {
		cable_set(loop->cable, &settings);
		loop->rules_given = settings.rules_given;
	}
}

/* Carries what one host has sent, at most READ_MOST frames. Returns their number. */
static unsigned read_port(struct cable_loop *loop, enum host from)
{
	struct port *port = &loop->port[from];
	unsigned count = 0;
	for (; count < READ_MOST; count++) {
		uint8_t *frame = port->ring + (size_t)port->next * RING_FRAME;
		struct tpacket2_hdr *header = (struct tpacket2_hdr *)frame;
		if (!(__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
			break;
		if (header->tp_status & TP_STATUS_LOSING) {
			struct tpacket_stats stats;
			socklen_t len = sizeof stats;
			if (getsockopt(port->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
				loop->overrun += stats.tp_drops;
		}
		take_settings(loop);
		if (header->tp_snaplen == header->tp_len)
			cable_carry(loop->cable, from,
			            (int64_t)header->tp_sec * CLOCK_S + header->tp_nsec +
			                    loop->boot_of_real,
			            frame + header->tp_mac, header->tp_len);
		else
			loop->overrun++;
		__atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		port->next = (port->next + 1) % RING_FRAMES;
	}
	return count;
}

static void publish(struct cable_loop *loop)
{
	struct shared *shared = loop->link->shared;
	struct published *published = &shared->published;
	unsigned version = atomic_load_explicit(&shared->version, memory_order_relaxed);
	atomic_store_explicit(&shared->version, version + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		published->from[host] = *cable_counts(loop->cable, host);
	published->overrun = loop->overrun;
	published->refused = loop->refused;
	published->unreported = loop->unreported;
	published->rules_given = loop->rules_given;
	published->rule_count = 0;
	for (uint32_t number, seen;
	     published->rule_count < CABLE_RULES &&
	     cable_rule_at(loop->cable, published->rule_count, &number, &seen);
	     published->rule_count++) {
		published->rule[published->rule_count].number = number;
		published->rule[published->rule_count].seen = seen;
	}
	atomic_store_explicit(&shared->version, version + 2, memory_order_release);
}

static void measure(struct cable_loop *loop, const struct cable_delivery *delivery, int64_t now)
{
	struct shared *shared = loop->link->shared;
	int64_t late = now > delivery->at ? now - delivery->at : 0;
	size_t step = (size_t)(late / (LATE_STEP * CLOCK_US));
	_Atomic uint64_t *count = &shared->late[step < LATE_STEPS ? step : LATE_STEPS];
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + 1,
	                      memory_order_relaxed);
	if (late > atomic_load_explicit(&shared->late_max, memory_order_relaxed))
		atomic_store_explicit(&shared->late_max, late, memory_order_relaxed);
}

/* Those of the deliveries that are for this host. */
static void send_to(struct cable_loop *loop, enum host to,
                    struct cable_delivery *const deliveries[], unsigned count)
{
	struct mmsghdr messages[SEND_MOST] = { 0 };
	struct iovec parts[SEND_MOST];
	unsigned own = 0;
	for (unsigned i = 0; i < count; i++) {
		if (deliveries[i]->to != to)
			continue;
		parts[own].iov_base = deliveries[i]->bytes;
		parts[own].iov_len = deliveries[i]->len;
		messages[own].msg_hdr.msg_iov = &parts[own];
		messages[own++].msg_hdr.msg_iovlen = 1;
	}
	for (unsigned at = 0; at < own;) {
		int sent = sendmmsg(loop->port[to].fd, messages + at, own - at, MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		loop->refused += sent <= 0; /* that one, and on with the next */
		at += sent > 0 ? (unsigned)sent : 1;
	}
}

/* Sends what is due. */
static void deliver(struct cable_loop *loop)
{
	struct cable_delivery *due[SEND_MOST];
	unsigned count;
	do {
		int64_t now = clock_now();
		for (count = 0; count < SEND_MOST; count++) {
			due[count] = cable_take(loop->cable, now);
			if (!due[count])
				break;
		}
		if (count == 0)
			return;
		for (enum host to = HOST_LEFT; to < HOST_COUNT; to++)
			send_to(loop, to, due, count);
		now = clock_now();
		for (unsigned i = 0; i < count; i++) {
			measure(loop, due[i], now);
			cable_done(loop->cable, due[i]);
		}
	} while (count == SEND_MOST);
}

/* Until there are frames to carry or to deliver. False when the program is gone. */
static bool wait_for_work(struct cable_loop *loop)
{
	struct pollfd fds[] = {
		{ .fd = loop->port[HOST_LEFT].fd, .events = POLLIN },
		{ .fd = loop->port[HOST_RIGHT].fd, .events = POLLIN },
		{ .fd = loop->link->loop }, /* for POLLHUP */
	};
	int64_t next = cable_next(loop->cable);
	struct timespec timeout = { 0 };
	if (next != INT64_MAX) {
		int64_t rest = next - clock_now();
		if (rest > 0) {
			timeout.tv_sec = (time_t)(rest / CLOCK_S);
			timeout.tv_nsec = (long)(rest % CLOCK_S);
		}
	}
	ppoll(fds, 3, next == INT64_MAX ? NULL : &timeout, NULL);
	return !(fds[2].revents & (POLLHUP | POLLERR));
}

void cable_loop_run(struct cable_loop *loop)
{
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	do {
		struct timespec real;
		clock_gettime(CLOCK_REALTIME, &real);
		loop->boot_of_real = clock_now() - ((int64_t)real.tv_sec * CLOCK_S + real.tv_nsec);
		unsigned count;
		do {
			count = read_port(loop, HOST_LEFT) + read_port(loop, HOST_RIGHT);
			if (count)
				publish(loop); /* before what follows from it can be seen */
			send_strikes(loop);
			deliver(loop);
		} while (count);
		publish(loop);
	} while (wait_for_work(loop));
	close_ports(loop, true);
	cable_link_free(loop->link);
	cable_free(loop->cable);
	free(loop);
}

#else

struct cable_link *cable_link_new(struct error *error)
{
	error_set(error, "cable: this system has no packet sockets");
	return NULL;
}

void cable_link_free(struct cable_link *link)
{
	(void)link;
}

void cable_link_settings(const struct cable_link *link, struct cable_settings *settings,
                         uint32_t seen[CABLE_RULES])
{
	(void)link, (void)seen;
	cable_settings_init(settings);
}

bool cable_link_set(struct cable_link *link, const struct cable_settings *settings,
                    struct error *error)
{
	(void)link, (void)settings, (void)error;
	return false;
}

void cable_link_statistics(const struct cable_link *link, struct cable_statistics *statistics)
{
	(void)link;
	*statistics = (struct cable_statistics){ 0 };
}

int cable_link_descriptor(const struct cable_link *link)
{
	(void)link;
	return -1;
}

bool cable_link_take(struct cable_link *link, struct cable_strike *strike)
{
	(void)link, (void)strike;
	return false;
}

#endif
