// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/sandbox.h"

#if defined __linux__

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/descriptor.h"
#include "net/cable_loop.h"
#include "net/netlink.h"

enum {
	ANSWER_MS = 2000, /* the most that a host is waited for, */
	START_MS = 10000, /* and the start of all */
	SILENCE_MS = 40,  /* no host says anything by itself that long: the noise is over, */
	MOST_NOISE = 100, /* or there is another reason for it */
	KEPT = 4,         /* descriptors that a process of the sandbox keeps, at most */
};

/* A channel of HOST_HERE leads to the owner. */
struct sandbox {
	pid_t process[HOST_COUNT];
	int channel[HOST_COUNT];
	struct cable_link *cable;
	struct {
		char **names; /* as sandbox_changed() returns them */
		size_t count, cap;
	} changed[HOST_COUNT];
	bool over;
};

static const char *const cable_ends[HOST_COUNT] = { "", "lw", "rw" };

/* ---- what is the same on every machine ---- */

/* A new network namespace copies these from the first one or sizes them by the machine's memory, or
 * they make frames that nobody asked for. The others begin as the kernel's defaults. "@" is the host's
 * interface, and what holds for all of them. */
static const struct fixed_sysctl {
	const char *name, *value;
} fixed_sysctls[] = {
	{ "ipv4/tcp_congestion_control", "reno" },
	{ "ipv4/tcp_rmem", "4096 131072 6291456" },
	{ "ipv4/tcp_wmem", "4096 16384 4194304" },
	{ "ipv4/tcp_max_syn_backlog", "1024" },
	{ "ipv4/tcp_max_tw_buckets", "65536" },
	{ "ipv4/ip_forward", "0" },
	{ "ipv4/conf/@/accept_redirects", "1" },
	{ "ipv4/conf/@/arp_accept", "0" },
	{ "ipv4/conf/@/arp_announce", "0" },
	{ "ipv4/conf/@/arp_filter", "0" },
	{ "ipv4/conf/@/arp_ignore", "0" },
	{ "ipv4/conf/@/arp_notify", "0" },
	{ "ipv4/conf/@/force_igmp_version", "0" },
	{ "ipv4/conf/@/log_martians", "0" },
	{ "ipv4/conf/@/rp_filter", "0" },
	{ "ipv4/conf/@/secure_redirects", "1" },
	{ "ipv4/conf/@/send_redirects", "1" },
	{ "ipv4/neigh/@/delay_first_probe_time", "5" },
	{ "ipv4/neigh/@/mcast_solicit", "3" },
	{ "ipv4/neigh/@/retrans_time_ms", "1000" },
	{ "ipv4/neigh/@/ucast_solicit", "3" },
	{ "ipv6/conf/@/disable_ipv6", "0" },
	{ "ipv6/conf/@/forwarding", "0" },
	{ "ipv6/conf/@/accept_dad", "0" },
	{ "ipv6/conf/@/accept_ra", "0" },
	{ "ipv6/conf/@/router_solicitations", "0" },
	{ "ipv6/neigh/@/delay_first_probe_time", "5" },
	{ "ipv6/neigh/@/mcast_solicit", "3" },
	{ "ipv6/neigh/@/retrans_time_ms", "1000" },
	{ "ipv6/neigh/@/ucast_solicit", "3" },
	{ 0 },
};

/* A host reports the multicast groups of its addresses (MLD), and does so again: at once while the
 * sandbox begins, as always after that. */
static const struct fixed_sysctl hasty_sysctls[] = {
	{ "ipv6/conf/@/mldv2_unsolicited_report_interval", "1" },
	{ 0 },
}, patient_sysctls[] = {
	{ "ipv6/conf/@/mldv2_unsolicited_report_interval", "1000" },
	{ 0 },
};

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	int code = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return code;
}

/* What this kernel does not have stays as it is. */
static void fix_sysctls(enum host host, const struct fixed_sysctl *list)
{
	const char *const interfaces[] = { "all", "default", "lo", host_name(host) };
	char path[SANDBOX_SYSCTL_NAME + 32];
	for (; list->name; list++) {
		const char *at = strchr(list->name, '@');
		for (size_t i = 0; i < (at ? sizeof interfaces / sizeof *interfaces : 1); i++) {
			snprintf(path, sizeof path, "/proc/sys/net/%.*s%s%s",
			         at ? (int)(at - list->name) : SANDBOX_SYSCTL_NAME, list->name,
			         at ? interfaces[i] : "", at ? at + 1 : "");
			write_file(path, list->value);
		}
	}
}

/* Segments leave as they will arrive, with their checksums. What the interface does not have, or cannot do
 * without, stays as it is. */
static void switch_offload_off(const char *interface)
{
	static const uint32_t commands[] = { ETHTOOL_SGSO, ETHTOOL_STSO, ETHTOOL_SGRO,
		                             ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		struct ethtool_value value = { .cmd = commands[i] };
		struct ifreq request = { .ifr_data = (char *)&value };
		snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
		ioctl(fd, SIOCETHTOOL, &request);
	}
	close(fd);
}

/* ---- what goes over the channels ---- */

/* The first message of the owner: how far it came. */
enum stage {
	STAGE_NAMESPACE,
	STAGE_MAP,
	STAGE_HOST,
	STAGE_PAIR,
	STAGE_ADDRESS,
	STAGE_CABLE,
	STAGE_READY
};

struct report {
	enum stage stage;
	int code; /* an errno value */
	pid_t process[HOST_COUNT];
};

enum wish { WISH_SOCKET, WISH_CABLE_SOCKET, WISH_GET_SYSCTL, WISH_SET_SYSCTL };

struct request {
	enum wish wish;
	int family, type, protocol;
	char name[SANDBOX_SYSCTL_NAME], value[SANDBOX_SYSCTL_VALUE];
};

struct answer {
	int code;
	char value[SANDBOX_SYSCTL_VALUE];
};

/* With a descriptor unless it is negative. */
static bool send_with(int channel, void *bytes, size_t len, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { .iov_base = bytes, .iov_len = len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(header), &fd, sizeof fd);
	}
	ssize_t sent;
	do
		sent = sendmsg(channel, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent >= 0;
}

/* *fd is -1 where none came. False where the other end is dead, or says nothing in time. */
static bool receive_with(int channel, void *bytes, size_t len, int *fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { .iov_base = bytes, .iov_len = len };
	struct msghdr message = { .msg_iov = &part,
		                  .msg_iovlen = 1,
		                  .msg_control = &control,
		                  .msg_controllen = sizeof control };
	ssize_t got;
	do
		got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	struct cmsghdr *header = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	*fd = -1;
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(header), sizeof *fd);
	return got == (ssize_t)len;
}

/* ---- a host ---- */

static int open_namespace(void)
{
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static int make_cable_socket(enum host host, int own, int owner)
{
	if (setns(owner, CLONE_NEWNET) < 0)
		return -1;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_ll end = { .sll_family = AF_PACKET,
		                   .sll_ifindex = (int)if_nametoindex(cable_ends[host]) };
	int code = fd < 0 || bind(fd, (struct sockaddr *)&end, sizeof end) < 0 ? errno : 0;
	if (code && fd >= 0) {
		close(fd);
		fd = -1;
	}
	if (setns(own, CLONE_NEWNET) < 0)
		_exit(1); /* whatever is asked next would be answered for the wrong host */
	errno = code;
	return fd;
}

/* Opens a sysctl whose directory may be missing. */
static int open_sysctl(const char *name, int flags)
{
	static const char *const directories[] = { "", "ipv4/", "core/", "ipv6/" };
	char path[SANDBOX_SYSCTL_NAME + 32];
	int fd = -1;
	for (size_t i = 0; fd < 0 && i < sizeof directories / sizeof *directories; i++) {
		snprintf(path, sizeof path, "/proc/sys/net/%s%s", directories[i], name);
		fd = open(path, flags | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			break;
	}
	return fd;
}

static int use_sysctl(const struct request *request, struct answer *answer)
{
	bool set = request->wish == WISH_SET_SYSCTL;
	int fd = open_sysctl(request->name, set ? O_WRONLY : O_RDONLY);
	if (fd < 0)
		return errno;
	ssize_t done = set ? write(fd, request->value, strlen(request->value))
	                   : read(fd, answer->value, sizeof answer->value - 1);
	int code = done < 0 ? errno : 0;
	close(fd);
	return code == ENOENT ? EINVAL : code; /* a value that names what does not exist */
}

static _Noreturn void serve_host(enum host host, int channel, int own, int owner)
{
	struct request request;
	int none;
	while (receive_with(channel, &request, sizeof request, &none)) {
		struct answer answer = { 0 };
		int fd = -1;
		if (request.wish == WISH_SOCKET)
			fd = socket(request.family, request.type | SOCK_NONBLOCK | SOCK_CLOEXEC,
			            request.protocol);
		else if (request.wish == WISH_CABLE_SOCKET)
			fd = make_cable_socket(host, own, owner);
		else
			answer.code = use_sysctl(&request, &answer);
		if (request.wish <= WISH_CABLE_SOCKET && fd < 0)
			answer.code = errno;
		if (!send_with(channel, &answer, sizeof answer, fd))
			break;
		if (fd >= 0)
			close(fd);
	}
	_exit(0);
}

/* ---- the owner ---- */

/* Ends with its parent, whatever ends that. */
static void follow(pid_t parent, const char *name)
{
	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

/* From `first` to `last`; before Linux 5.9 one by one. */
static void close_range_of(unsigned first, unsigned last)
{
	struct rlimit limit;
	if (close_range(first, last, 0) == 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	for (unsigned fd = first; fd <= last && fd < limit.rlim_cur; fd++)
		close((int)fd);
}

/* Whoever holds a copy of a socket delays its FIN, and of a pipe its end of file. */
static void close_others(const int kept[KEPT])
{
	unsigned from = 0;
	for (;;) {
		unsigned next = ~0U;
		for (size_t i = 0; i < KEPT; i++)
			if (kept[i] >= 0 && (unsigned)kept[i] >= from && (unsigned)kept[i] < next)
				next = (unsigned)kept[i];
		if (next > from)
			close_range_of(from, next - 1);
		if (next == ~0U)
			return;
		from = next + 1;
	}
}

/* One user, who is root in there: for programs that nsenter(1) runs there. */
static int map_ids(uid_t uid, gid_t gid)
{
	char map[32];
	snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
	int code = write_file("/proc/self/uid_map", map);
	if (!code)
		code = write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
	return code ? code : write_file("/proc/self/gid_map", map);
}

static int configure(enum host host)
{
	const char *interface = host_name(host);
	struct endpoint ipv4 = host_address(host, AF_INET, 0),
	                ipv6 = host_address(host, AF_INET6, 0);
	struct endpoint link_local = ipv6;
	memcpy(link_local.ip, (const uint8_t[8]){ 0xfe, 0x80 }, 8);
	fix_sysctls(host, fixed_sysctls);
	fix_sysctls(host, hasty_sysctls);
	switch_offload_off("lo");
	switch_offload_off(interface);
	netlink_no_link_local(interface);
	int code = netlink_set_up("lo");
	if (!code)
		code = netlink_set_up(interface);
	netlink_settle(interface);
	if (!code)
		code = netlink_add_address(interface, &ipv4, 24);
	if (!code &&
	    netlink_add_address(interface, &ipv6, 64) == 0) /* where there is IPv6 at all */
		netlink_add_address(interface, &link_local, 64);
	return code;
}

/* The ends of the cable, when what the hosts send at first is over. */
static int open_cable(int ends[HOST_COUNT])
{
	struct pollfd polled[] = { { .events = POLLIN }, { .events = POLLIN } };
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++) {
		struct sockaddr_ll end = { .sll_family = AF_PACKET,
			                   .sll_protocol = htons(ETH_P_ALL),
			                   .sll_ifindex = (int)if_nametoindex(cable_ends[host]) };
		netlink_settle(cable_ends[host]);
		ends[host] = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (ends[host] < 0 || bind(ends[host], (struct sockaddr *)&end, sizeof end) < 0)
			return errno;
		polled[host - HOST_LEFT].fd = ends[host];
	}
	char byte;
	for (int i = 0; i < MOST_NOISE && poll(polled, 2, SILENCE_MS) > 0; i++)
		for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
			while (read(ends[host], &byte, 1) >= 0)
				continue;
	return 0;
}

/* Fills the report with how far it came; the process is then in the owner's namespace. */
static void build(struct report *report, const int channel[HOST_COUNT], int ends[HOST_COUNT],
                  uid_t uid, gid_t gid)
{
	int namespace[HOST_COUNT];
	report->stage = STAGE_NAMESPACE;
	report->code = unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ? errno : 0;
	if (report->code)
		return;
	report->stage = STAGE_MAP;
	report->code = map_ids(uid, gid);
	if (report->code)
		return;
	report->stage = STAGE_HOST;
	for (enum host host = HOST_HERE; host < HOST_COUNT; host++) {
		if (host != HOST_HERE && unshare(CLONE_NEWNET) < 0)
			report->code = errno;
		namespace[host] = open_namespace();
		if (namespace[host] < 0)
			report->code = errno;
		if (report->code)
			return;
	}
	report->stage = STAGE_PAIR;
	setns(namespace[HOST_HERE], CLONE_NEWNET);
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++) {
		uint8_t mac[6] = { 2, [5] = (uint8_t)host };
		report->code =
		        netlink_add_pair(cable_ends[host], host_name(host), mac, namespace[host]);
		if (!report->code)
			netlink_no_link_local(cable_ends[host]);
		if (!report->code)
			report->code = netlink_set_up(cable_ends[host]);
		if (report->code)
			return;
	}
	report->stage = STAGE_ADDRESS;
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++) {
		setns(namespace[host], CLONE_NEWNET);
		report->code = configure(host);
		if (report->code)
			return;
	}
	report->stage = STAGE_CABLE;
	setns(namespace[HOST_HERE], CLONE_NEWNET);
	report->code = open_cable(ends);
	if (report->code)
		return;
	report->stage = STAGE_HOST;
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++) {
		setns(namespace[host], CLONE_NEWNET);
		fix_sysctls(host, patient_sysctls);
		pid_t owner = getpid(), child = fork();
		if (child == 0) {
			char name[16];
			snprintf(name, sizeof name, "sockpit-%s", host_name(host));
			follow(owner, name);
			close_others((int[KEPT]){ channel[host], namespace[host],
			                          namespace[HOST_HERE], -1 });
			serve_host(host, channel[host], namespace[host], namespace[HOST_HERE]);
		}
		report->process[host] = child;
		report->code = child < 0 ? errno : 0;
		if (report->code)
			return;
	}
	report->code = setns(namespace[HOST_HERE], CLONE_NEWNET) < 0 ? errno : 0;
	for (enum host host = HOST_HERE; host < HOST_COUNT; host++)
		close(namespace[host]);
}

static _Noreturn void own(pid_t parent, const int channel[HOST_COUNT], struct cable_link *cable)
{
	struct report report = { 0 };
	uid_t uid = geteuid();
	gid_t gid = getegid();
	setsid();           /* neither Ctrl-C nor Ctrl-Z reaches it */
	if (chdir("/") < 0) /* a directory that somebody may want to unmount */
		_exit(1);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_others((int[KEPT]){ channel[HOST_HERE], channel[HOST_LEFT], channel[HOST_RIGHT],
	                          cable_link_enter(cable) });
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		open("/dev/null", O_RDWR);
	int ends[HOST_COUNT];
	build(&report, channel, ends, uid, gid);
	follow(parent, "sockpit-cable"); /* a change of credentials would undo it */
	close(channel[HOST_LEFT]);
	close(channel[HOST_RIGHT]);
	struct cable_loop *loop = NULL;
	if (!report.code) {
		struct error error;
		loop = cable_loop_new(cable, ends[HOST_LEFT], ends[HOST_RIGHT], &error);
		report.stage = loop ? STAGE_READY : STAGE_CABLE;
		report.code = loop ? 0 : error.code;
	}
	send_with(channel[HOST_HERE], &report, sizeof report, -1);
	if (loop)
		cable_loop_run(loop);
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++)
		if (report.process[host] > 0)
			kill(report.process[host], SIGKILL);
	while (wait(NULL) > 0)
		continue;
	_exit(0);
}

/* ---- why there is none ---- */

/* -1 where there is no such sysctl. */
static long long kernel_says(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	return got > 0 ? strtoll(text, NULL, 10) : -1;
}

static bool is_filtered(void)
{
	char text[4096] = "";
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	return got > 0 && strstr(text, "\nSeccomp:\t2");
}

/* Who forbids namespaces, and what to do. */
static void explain(const struct report *report, struct error *error)
{
	bool forbidden = report->code == EPERM || report->code == EACCES;
	bool first = report->stage == STAGE_NAMESPACE;
	if (report->code == ENOSPC)
		error_set(error,
		          "sandbox: no more %s namespaces are allowed: as root, "
		          "sysctl user.max_%s_namespaces=10000",
		          kernel_says("/proc/sys/user/max_net_namespaces") ? "user" : "network",
		          kernel_says("/proc/sys/user/max_net_namespaces") ? "user" : "net");
	else if (first && (report->code == EINVAL || report->code == ENOSYS))
		error_set(error, "sandbox: this kernel has no user or no network namespaces");
	else if (report->stage == STAGE_MAP && report->code == ENOENT)
		error_set(error, "sandbox: /proc is not mounted here");
	else if (report->stage == STAGE_PAIR && report->code == EOPNOTSUPP)
		error_set(error,
		          "sandbox: this kernel has no veth interfaces: as root, modprobe veth");
	else if (forbidden && kernel_says("/proc/sys/kernel/unprivileged_userns_clone") == 0)
		error_set(error, "sandbox: only root may make user namespaces here: as root, "
		                 "sysctl kernel.unprivileged_userns_clone=1");
	else if (forbidden &&
	         kernel_says("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
		error_set(error, "sandbox: AppArmor forbids user namespaces: as root, "
		                 "sysctl kernel.apparmor_restrict_unprivileged_userns=0");
	else if (forbidden && is_filtered())
		error_set(error,
		          "sandbox: a system call filter forbids namespaces, as in a container: "
		          "start that with --security-opt seccomp=unconfined");
	else if (forbidden)
		error_set(error,
		          "sandbox: user namespaces are forbidden here, as in a chroot: use it "
		          "outside");
	else
		error_errno(error, report->code, "sandbox");
	error->code = report->code;
}

/* ---- the program ---- */

static void limit_waiting(int channel, int ms)
{
	struct timeval limit = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000L };
	setsockopt(channel, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

/* Both ends close-on-exec, with a number that select(2) can watch. */
static bool make_channels(int ours[HOST_COUNT], int theirs[HOST_COUNT])
{
	for (enum host host = HOST_HERE; host < HOST_COUNT; host++) {
		int ends[2];
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
			return false;
		ours[host] = descriptor_watchable(descriptor_copy(ends[0]));
		int code = errno;
		close(ends[0]);
		theirs[host] = ends[1];
		if (ours[host] < 0) {
			errno = code;
			return false;
		}
	}
	return true;
}

static void close_all(int fds[HOST_COUNT])
{
	for (enum host host = HOST_HERE; host < HOST_COUNT; host++)
		if (fds[host] >= 0) {
			close(fds[host]);
			fds[host] = -1;
		}
}

struct sandbox *sandbox_new(struct error *error)
{
	struct sandbox *sandbox = xcalloc(1, sizeof *sandbox);
	int theirs[HOST_COUNT] = { -1, -1, -1 };
	memcpy(sandbox->channel, theirs, sizeof theirs);
	pid_t parent = getpid();
	sandbox->cable = cable_link_new(error);
	if (!sandbox->cable) {
		sandbox_free(sandbox);
		return NULL;
	}
	bool made = make_channels(sandbox->channel, theirs);
	sandbox->process[HOST_HERE] = made ? fork() : -1;
	int code = errno;
	if (sandbox->process[HOST_HERE] == 0)
		own(parent, theirs, sandbox->cable);
	close_all(theirs);
	struct report report = { .code = ECHILD };
	int none;
	if (sandbox->process[HOST_HERE] < 0) {
		descriptor_explain(error, code, "sandbox");
	} else {
		limit_waiting(sandbox->channel[HOST_HERE], START_MS);
		if (receive_with(sandbox->channel[HOST_HERE], &report, sizeof report, &none) &&
		    !report.code) {
			for (enum host host = HOST_LEFT; host < HOST_COUNT; host++) {
				limit_waiting(sandbox->channel[host], ANSWER_MS);
				sandbox->process[host] = report.process[host];
			}
			return sandbox;
		}
		explain(&report, error);
	}
	sandbox_free(sandbox);
	return NULL;
}

/* The owner ends when the program's end of the cable link closes, and ends its children first. */
void sandbox_free(struct sandbox *sandbox)
{
	if (!sandbox)
		return;
	close_all(sandbox->channel);
	cable_link_free(sandbox->cable);
	if (sandbox->process[HOST_HERE] > 0)
		while (waitpid(sandbox->process[HOST_HERE], NULL, 0) < 0 && errno == EINTR)
			continue;
	for (enum host host = HOST_LEFT; host < HOST_COUNT; host++) {
		for (size_t i = 0; i < sandbox->changed[host].count; i++)
			free(sandbox->changed[host].names[i]);
		free(sandbox->changed[host].names);
	}
	free(sandbox);
}

static bool ask(struct sandbox *sandbox, enum host host, struct request *request,
                struct answer *answer, int *fd)
{
	int channel = sandbox->channel[host];
	*fd = -1;
	if (channel >= 0 && send_with(channel, request, sizeof *request, -1) &&
	    receive_with(channel, answer, sizeof *answer, fd))
		return true;
	if (channel >= 0)
		close(channel); /* an answer that comes too late answers nothing */
	sandbox->channel[host] = -1;
	sandbox->over = true;
	*answer = (struct answer){ .code = ENETDOWN };
	return false;
}

static int ask_for_socket(struct sandbox *sandbox, enum host host, struct request *request)
{
	struct answer answer;
	int fd;
	ask(sandbox, host, request, &answer, &fd);
	if (fd < 0)
		errno = answer.code ? answer.code
		                    : EMFILE; /* it came, but there was no number for it */
	return fd;
}

int sandbox_socket(struct sandbox *sandbox, enum host host, int family, int type, int protocol)
{
	return ask_for_socket(sandbox, host,
	                      &(struct request){ .wish = WISH_SOCKET,
	                                         .family = family,
	                                         .type = type,
	                                         .protocol = protocol });
}

struct cable_link *sandbox_cable(const struct sandbox *sandbox)
{
	return sandbox->cable;
}

int sandbox_cable_socket(struct sandbox *sandbox, enum host host)
{
	return ask_for_socket(sandbox, host, &(struct request){ .wish = WISH_CABLE_SOCKET });
}

/* "net.ipv4.tcp_fastopen" becomes "ipv4/tcp_fastopen". */
static bool name_sysctl(const char *name, char path[SANDBOX_SYSCTL_NAME], struct error *error)
{
	const char *p = strncmp(name, "net.", 4) == 0 ? name + 4 : name;
	size_t len = strlen(p);
	bool good = len > 0 && len < SANDBOX_SYSCTL_NAME && *p != '.' && !strstr(p, "..");
	for (size_t i = 0; good && i < len; i++) {
		path[i] = p[i] == '.' ? '/' : p[i];
		good = isalnum((unsigned char)p[i]) || strchr("._-", p[i]);
	}
	if (!good)
		error_usage(error, "\"%.40s\" is not a sysctl's name such as ipv4.tcp_fastopen",
		            name);
	else
		path[len] = '\0';
	return good;
}

static bool ask_for_sysctl(struct sandbox *sandbox, enum host host, struct request *request,
                           const char *name, struct answer *answer, struct error *error)
{
	int none;
	if (!name_sysctl(name, request->name, error))
		return false;
	ask(sandbox, host, request, answer, &none);
	if (answer->code == ENOENT)
		error_set(error, "%s has no sysctl %.60s", host_name(host), name);
	else if (answer->code == EINVAL)
		error_set(error, "%s.%.60s: the kernel does not take \"%.60s\"", host_name(host),
		          name, request->value);
	else if (answer->code)
		error_errno(error, answer->code, "%s.%.60s", host_name(host), name);
	return !answer->code;
}

bool sandbox_get_sysctl(struct sandbox *sandbox, enum host host, const char *name,
                        char value[SANDBOX_SYSCTL_VALUE], struct error *error)
{
	struct request request = { .wish = WISH_GET_SYSCTL };
	struct answer answer;
	if (!ask_for_sysctl(sandbox, host, &request, name, &answer, error))
		return false;
	size_t len = 0;
	for (const char *p = answer.value; *p; p++)
		if (!isspace((unsigned char)*p))
			value[len++] = *p;
		else if (len && value[len - 1] != ' ')
			value[len++] = ' ';
	while (len && value[len - 1] == ' ')
		len--;
	value[len] = '\0';
	return true;
}

bool sandbox_set_sysctl(struct sandbox *sandbox, enum host host, const char *name,
                        const char *value, struct error *error)
{
	struct request request = { .wish = WISH_SET_SYSCTL };
	struct answer answer;
	if (strlen(value) >= sizeof request.value) {
		error_usage(error, "%s: too long", name);
		return false;
	}
	memcpy(request.value, value, strlen(value) + 1);
	if (!ask_for_sysctl(sandbox, host, &request, name, &answer, error))
		return false;
	for (size_t i = 0; i < sandbox->changed[host].count; i++)
		if (strcmp(sandbox->changed[host].names[i], name) == 0)
			return true;
	sandbox->changed[host].names =
	        xgrow(sandbox->changed[host].names, &sandbox->changed[host].cap,
	              sandbox->changed[host].count, sizeof *sandbox->changed[host].names);
	sandbox->changed[host].names[sandbox->changed[host].count++] = xstrdup(name);
	return true;
}

const char *sandbox_changed(const struct sandbox *sandbox, enum host host, size_t index)
{
	return index < sandbox->changed[host].count ? sandbox->changed[host].names[index] : NULL;
}

pid_t sandbox_process(const struct sandbox *sandbox, enum host host)
{
	return sandbox->process[host];
}

/* While no answer is due, a channel is readable only when its other end has closed. */
void sandbox_prepare(const struct sandbox *sandbox, struct poller *poller)
{
	for (enum host host = HOST_HERE; host < HOST_COUNT; host++)
		if (sandbox->channel[host] >= 0)
			poller_want_read(poller, sandbox->channel[host]);
}

void sandbox_serve(struct sandbox *sandbox, const struct poller *poller)
{
	for (enum host host = HOST_HERE; host < HOST_COUNT; host++)
		if (sandbox->channel[host] >= 0 &&
		    poller_readable(poller, sandbox->channel[host])) {
			close(sandbox->channel[host]);
			sandbox->channel[host] = -1;
			sandbox->over = true;
		}
}

bool sandbox_is_over(const struct sandbox *sandbox)
{
	return sandbox->over;
}

#else

#include <errno.h>

struct sandbox *sandbox_new(struct error *error)
{
	error_set(error, "sandbox: it needs Linux");
	error->code = ENOSYS;
	return NULL;
}

/* Without a sandbox nobody calls these. */
void sandbox_free(struct sandbox *sandbox)
{
	(void)sandbox;
}

int sandbox_socket(struct sandbox *sandbox, enum host host, int family, int type, int protocol)
{
	(void)sandbox, (void)host, (void)family, (void)type, (void)protocol;
	return -1;
}

struct cable_link *sandbox_cable(const struct sandbox *sandbox)
{
	(void)sandbox;
	return NULL;
}

int sandbox_cable_socket(struct sandbox *sandbox, enum host host)
{
	(void)sandbox, (void)host;
	return -1;
}

bool sandbox_get_sysctl(struct sandbox *sandbox, enum host host, const char *name,
                        char value[SANDBOX_SYSCTL_VALUE], struct error *error)
{
	(void)sandbox, (void)host, (void)name, (void)value, (void)error;
	return false;
}

bool sandbox_set_sysctl(struct sandbox *sandbox, enum host host, const char *name,
                        const char *value, struct error *error)
{
	(void)sandbox, (void)host, (void)name, (void)value, (void)error;
	return false;
}

const char *sandbox_changed(const struct sandbox *sandbox, enum host host, size_t index)
{
	(void)sandbox, (void)host, (void)index;
	return NULL;
}

pid_t sandbox_process(const struct sandbox *sandbox, enum host host)
{
	(void)sandbox, (void)host;
	return -1;
}

void sandbox_prepare(const struct sandbox *sandbox, struct poller *poller)
{
	(void)sandbox, (void)poller;
}

void sandbox_serve(struct sandbox *sandbox, const struct poller *poller)
{
	(void)sandbox, (void)poller;
}

bool sandbox_is_over(const struct sandbox *sandbox)
{
	(void)sandbox;
	return true;
}

#endif
