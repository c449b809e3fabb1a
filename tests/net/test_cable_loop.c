// SPDX-License-Identifier: GPL-3.0-or-later
/* The cable between two interfaces in a network namespace of our own; packet sockets at their far ends
 * send and watch. */
#include "net/cable_loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "net/netlink.h"
#include "support/tap.h"

enum { LONG = 1514, WAIT_MS = 20000 };

static const char *const far_names[HOST_COUNT] = { "", "left", "right" };
static const char *const near_names[HOST_COUNT] = { "", "lw", "rw" };

static struct cable_link *cable;
static struct cable_settings settings;
static int sender[HOST_COUNT], watcher[HOST_COUNT]; /* a socket does not see what it sends */
static pid_t child;

static int packet_socket(const char *name)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET,
		                    .sll_protocol = htons(0x0003),
		                    .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
		return fd;
	return -1;
}

/* NULL, or why there is no network of our own. */
static const char *make_network(void)
{
	static char why[128];
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		snprintf(why, sizeof why, "no namespaces here: %s", strerror(errno));
		return why;
	}
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++) {
		uint8_t mac[6] = { 2, 0, 0, 0, 0, (uint8_t)host };
		int code = netlink_add_pair(near_names[host], far_names[host], mac, here);
		if (!code)
			code = netlink_no_link_local(near_names[host]);
		if (!code)
			code = netlink_no_link_local(far_names[host]);
		if (!code)
			code = netlink_set_up(near_names[host]);
		if (!code)
			code = netlink_set_up(far_names[host]);
		if (!code)
			code = netlink_settle(near_names[host]);
		if (!code)
			code = netlink_settle(far_names[host]);
		if (code) {
			snprintf(why, sizeof why, "no pair of interfaces: %s", strerror(code));
			return why;
		}
		int on = 1;
		sender[host] = packet_socket(far_names[host]);
		watcher[host] = packet_socket(far_names[host]);
		setsockopt(watcher[host], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	}
	close(here);
	return NULL;
}

static bool start(void)
{
	struct error error;
	int ready[2];
	char byte;
	cable = cable_link_new(&error);
	if (!cable || pipe(ready) < 0)
		return false;
	cable_settings_init(&settings);
	child = fork();
	close(ready[child == 0 ? 0 : 1]);
	if (child) {
		bool runs = read(ready[0], &byte, 1) == 1;
		close(ready[0]);
		return runs;
	}
	cable_link_enter(cable);
	struct cable_loop *loop =
	        cable_loop_new(cable, packet_socket("lw"), packet_socket("rw"), &error);
	if (!loop || write(ready[1], "", 1) != 1)
		_exit(1);
	cable_loop_run(loop);
	_exit(0);
}

static void set(const char *words)
{
	struct error error = { 0 };
	uint32_t seen[CABLE_RULES];
	cable_link_settings(cable, &settings, seen);
	ok(cable_parse(&settings, words, NULL, &error) && cable_link_set(cable, &settings, &error),
	   "%s%s", words, error.text);
}

/* ---- frames ---- */

/* A UDP datagram with a number. */
static void make(uint8_t *frame, enum host from, size_t len, uint32_t number)
{
	static const uint8_t udp[] = { 0x45, 0, 0,   0, 0, 0, 0x40, 0,    64, 17, 0, 0, 192, 0,
		                       2,    1, 192, 0, 2, 2, 0x13, 0x88, 0,  53, 0, 0, 0,   0 };
	memset(frame, 0, len);
	frame[0] = frame[6] = 2;
	frame[5] = (uint8_t)host_opposite(from);
	frame[11] = (uint8_t)from;
	frame[12] = 8;
	memcpy(frame + 14, udp, sizeof udp);
	frame[16] = (uint8_t)((len - 14) >> 8);
	frame[17] = (uint8_t)(len - 14);
	frame[38] = (uint8_t)((len - 34) >> 8);
	frame[39] = (uint8_t)(len - 34);
	memcpy(frame + 42, &number, sizeof number);
}

static void inject(enum host from, size_t len, uint32_t number)
{
	uint8_t frame[LONG];
	make(frame, from, len, number);
	while (send(sender[from], frame, len, 0) < 0 &&
	       (errno == EINTR || errno == EAGAIN || errno == ENOBUFS))
		continue;
}

struct seen {
	uint32_t number;
	size_t len;
	int64_t time; /* the kernel's */
	bool outgoing;
};

/* The next one that this end sees; false at the deadline. */
static bool see(enum host host, struct seen *seen, int ms)
{
	uint8_t frame[2048], control[128];
	struct sockaddr_ll from;
	struct iovec part = { frame, sizeof frame };
	struct msghdr message = { .msg_name = &from,
		                  .msg_namelen = sizeof from,
		                  .msg_iov = &part,
		                  .msg_iovlen = 1,
		                  .msg_control = control,
		                  .msg_controllen = sizeof control };
	struct pollfd poll_fd = { .fd = watcher[host], .events = POLLIN };
	ssize_t len = recvmsg(watcher[host], &message, 0);
	if (len < 0 && ms > 0 && poll(&poll_fd, 1, ms) > 0)
		len = recvmsg(watcher[host], &message, 0);
	if (len < 0)
		return false;
	if (len < 46 || frame[12] != 8 || frame[13] != 0)
		return see(host, seen, ms); /* the kernel's own */
	seen->len = (size_t)len;
	seen->outgoing = from.sll_pkttype == PACKET_OUTGOING;
	memcpy(&seen->number, frame + 42, sizeof seen->number);
	for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at))
		if (at->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec time;
			memcpy(&time, CMSG_DATA(at), sizeof time);
			seen->time = (int64_t)time.tv_sec * CLOCK_S + time.tv_nsec;
		}
	return true;
}

static bool see_incoming(enum host host, struct seen *seen, int ms)
{
	while (see(host, seen, ms))
		if (!seen->outgoing)
			return true;
	return false;
}

static bool take_strike(struct cable_strike *strike, int ms)
{
	struct pollfd fd = { .fd = cable_link_descriptor(cable), .events = POLLIN };
	return cable_link_take(cable, strike) ||
	       (poll(&fd, 1, ms) > 0 && cable_link_take(cable, strike));
}

/* ---- cases ---- */

static void check_perfect(void)
{
	enum { COUNT = 1000, UNDER_WAY = 50 }; /* a socket keeps few more until they are read */
	struct seen seen = { 0 };
	static const size_t lengths[] = { 60, 1000, LONG };
	for (enum host from = HOST_LEFT; from < HOST_COUNT; from++) {
		bool right = true;
		for (uint32_t i = 0; i < COUNT + UNDER_WAY && right; i++) {
			if (i < COUNT)
				inject(from, lengths[i % 3], i);
			if (i >= UNDER_WAY)
				right = see_incoming(host_opposite(from), &seen, WAIT_MS) &&
				        seen.number == i - UNDER_WAY &&
				        seen.len == lengths[(i - UNDER_WAY) % 3];
			while (see(from, &seen, 0))
				right &= seen.outgoing;
		}
		ok(right, "%d frames from %s arrive in order", COUNT, host_name(from));
	}
	ok(!see(HOST_LEFT, &seen, 0) && !see_incoming(HOST_RIGHT, &seen, 0),
	   "each once, and none comes back");
}

/* The kernel drops what is sent on an interface for a while after it has been set up. */
static bool carries(enum host from)
{
	struct seen seen = { 0 };
	int64_t limit = clock_now() + WAIT_MS * CLOCK_MS;
	for (uint32_t i = 1; clock_now() < limit; i++) {
		inject(from, 60, i);
		while (see_incoming(host_opposite(from), &seen, 20))
			if (seen.number == i)
				return true;
	}
	return false;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* How late half of them are. */
static int64_t measure_delay(void)
{
	enum { COUNT = 400 };
	static int64_t sent[COUNT], late[COUNT];
	struct seen seen;
	size_t arrived = 0;
	struct cable_statistics statistics;
	set("delay 20ms");
	while (see(HOST_LEFT, &seen, 0) || see(HOST_RIGHT, &seen, 0))
		continue;
	bool in_order = true;
	for (uint32_t i = 0; arrived < COUNT; i++) {
		if (i < COUNT)
			inject(HOST_LEFT, 200, i);
		while (see(HOST_LEFT, &seen, 0))
			sent[seen.number % COUNT] = seen.time;
		if (i >= COUNT && !see_incoming(HOST_RIGHT, &seen, WAIT_MS))
			break;
		while (i >= COUNT || see_incoming(HOST_RIGHT, &seen, i % 5 == 0)) {
			in_order &= seen.number == arrived;
			late[arrived++] = seen.time - sent[seen.number % COUNT] - 20 * CLOCK_MS;
			if (i >= COUNT)
				break;
		}
	}
	is_int(arrived, COUNT, "all arrive");
	ok(in_order, "in order");
	qsort(late, COUNT, sizeof *late, compare);
	ok(late[0] >= 0, "none early, by the kernel's times at both ends (%ld us)",
	   (long)(late[0] / 1000));
	cable_link_statistics(cable, &statistics);
	printf("# late by these: median %ld us, p99 %ld us, max %ld us; by the loop's: %ld, %ld, "
	       "%ld\n",
	       (long)(late[COUNT / 2] / 1000), (long)(late[COUNT * 99 / 100] / 1000),
	       (long)(late[COUNT - 1] / 1000), (long)(statistics.late_median / 1000),
	       (long)(statistics.late_p99 / 1000), (long)(statistics.late_max / 1000));
	set("off");
	return late[COUNT / 2];
}

static void check_delay(void)
{
	int64_t late = measure_delay();
	for (int tries = 1; tries < 10 && late >= 10 * CLOCK_MS; tries++)
		late = measure_delay(); /* other work may have been in the way */
	ok(late < 10 * CLOCK_MS, "half of them within 10 ms, on any machine");
}

/* What leaves after the settings were given meets them. */
static void check_settings_at_once(void)
{
	struct error error;
	struct seen seen = { 0 };
	uint32_t lost = 0, kept = 0;
	struct cable_strike strike;
	uint32_t ignored[CABLE_RULES];
	for (uint32_t i = 0; i < 300; i++) {
		cable_link_settings(cable, &settings, ignored);
		if (!cable_parse(&settings, "loss UDP", NULL, &error) ||
		    !cable_link_set(cable, &settings, &error))
			break;
		inject(HOST_LEFT, 60, 2 * i);
		inject(HOST_LEFT, 60, 2 * i + 1);
		kept += see_incoming(HOST_RIGHT, &seen, WAIT_MS) && seen.number == 2 * i + 1;
		lost += take_strike(&strike, WAIT_MS) && strike.event == CABLE_LOST &&
		        memcmp(strike.bytes + 42, &(uint32_t){ 2 * i }, 4) == 0;
	}
	is_int(kept, 300, "of each two the second arrives");
	is_int(lost, 300, "and the first is reported lost");
	is_text(strike.rule, "loss UDP", "with the rule");
	ok(strike.time > clock_now() - 60 * CLOCK_S && strike.time <= clock_now(),
	   "at its instant");
	cable_link_settings(cable, &settings, ignored);
	is_int(settings.rule_count, 0, "a rule that is over is forgotten");
	set("loss UDP 100");
	for (uint32_t i = 0; i < 40; i++) {
		inject(HOST_LEFT, 60, i);
		see_incoming(HOST_RIGHT, &seen, WAIT_MS);
	}
	cable_link_settings(cable, &settings, ignored);
	is_int(settings.rule_count, 1, "one that waits is not,");
	is_int(ignored[0], 40, "and has counted");
	set("off");
}

static void check_repeatable(void)
{
	static char first[301], again[301];
	struct cable_strike strike;
	for (char *marks = first; marks; marks = marks == first ? again : NULL) {
		set("seed 7 from left loss 10%");
		memset(marks, '.', 300);
		for (uint32_t i = 0; i < 300; i++) {
			struct pollfd fds[] = { { .fd = watcher[HOST_RIGHT], .events = POLLIN },
				                { .fd = cable_link_descriptor(cable),
				                  .events = POLLIN } };
			struct seen seen;
			inject(HOST_LEFT, 60, i);
			poll(fds, 2, WAIT_MS);
			if (see_incoming(HOST_RIGHT, &seen, 0) && seen.number == i)
				marks[i] = 'o';
			else if (take_strike(&strike, 0) &&
			         memcmp(strike.bytes + 42, &i, sizeof i) == 0)
				marks[i] = 'x';
		}
	}
	ok(!strchr(first, '.') && strchr(first, 'x'), "each arrives or is reported lost");
	is_text(again, first, "the same ones with the same seed");
	set("off");
}

/* Waits until at most `few` of the frames that left has sent since `before` have not entered the
 * cable. */
static void wait_for_all_but(uint64_t few, uint64_t sent, const struct cable_statistics *before)
{
	struct cable_statistics now;
	uint64_t entered = 0;
	for (int64_t limit = clock_now() + WAIT_MS * CLOCK_MS;
	     entered + few < sent && clock_now() < limit;) {
		cable_link_statistics(cable, &now);
		entered = now.from[HOST_LEFT].entered + now.overrun -
		          before->from[HOST_LEFT].entered - before->overrun;
	}
}

static void check_flood_of_strikes(void)
{
	enum { COUNT = 20000, BACKLOG = 500 }; /* the kernel drops frames of more than 1000 */
	struct cable_strike strike;
	struct cable_statistics before, after;
	struct seen seen;
	uint64_t taken = 0;
	cable_link_statistics(cable, &before);
	set("from left loss 100%");
	for (uint32_t i = 0; i < COUNT; i++) {
		inject(HOST_LEFT, 60, i);
		if (i % BACKLOG == 0)
			wait_for_all_but(BACKLOG, i, &before);
		while (see(HOST_LEFT, &seen, 0))
			continue;
	}
	inject(HOST_RIGHT, 60, 1);
	ok(see_incoming(HOST_LEFT, &seen, WAIT_MS), "a full socket of strikes holds nothing up");
	wait_for_all_but(0, COUNT, &before);
	uint64_t lost = 0;
	for (int64_t limit = clock_now() + WAIT_MS * CLOCK_MS; clock_now() < limit;) {
		while (take_strike(&strike, 0))
			taken++;
		cable_link_statistics(cable, &after);
		lost = after.from[HOST_LEFT].hit[CABLE_LOSE] - before.from[HOST_LEFT].hit[CABLE_LOSE];
		if (taken + after.unreported - before.unreported >= lost)
			break;
	}
	is_int(lost + after.overrun - before.overrun, COUNT, "all are counted");
	is_int(taken + after.unreported - before.unreported, lost, "reported, or counted as not");
	ok(after.unreported > before.unreported, "some were not");
	set("off");
}

/* Waits, without work, and lets no timer run. */
static void check_idle(void)
{
	struct seen seen;
	char path[64], line[128];
	long count[2] = { -1, -1 };
	while (see_incoming(HOST_RIGHT, &seen, 200))
		continue;
	snprintf(path, sizeof path, "/proc/%d/status", (int)child);
	for (int i = 0; i < 2; i++) {
		FILE *status = fopen(path, "r");
		while (status && fgets(line, sizeof line, status))
			sscanf(line, "voluntary_ctxt_switches: %ld", &count[i]);
		if (status)
			fclose(status);
		if (i == 0)
			ok(!see_incoming(HOST_RIGHT, &seen, 300), "nothing happens");
	}
	is_int(count[1] - count[0], 0, "and nobody wakes up");
}

static void check_end(void)
{
	int status = -1;
	cable_link_free(cable);
	for (int64_t limit = clock_now() + WAIT_MS * CLOCK_MS; clock_now() < limit;)
		if (waitpid(child, &status, WNOHANG) != 0)
			break;
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the loop ends with its link");
}

int main(void)
{
	tap_watchdog(120);
	const char *why = make_network();
	if (why) {
		tap_skip(why);
		return tap_done();
	}
	if (!ok(start(), "the loop runs"))
		return tap_done();
	ok(carries(HOST_LEFT) && carries(HOST_RIGHT), "frames cross it both ways");
	check_perfect();
	check_delay();
	check_settings_at_once();
	check_repeatable();
	check_flood_of_strikes();
	check_idle();
	check_end();
	return tap_done();
}
