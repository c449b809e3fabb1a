// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/peer.h"
#include "support/tap.h"

static struct sandbox *sandbox;
static bool has_ipv6;

/* ---- sockets there ---- */

static bool bind_to(int fd, const struct endpoint *addr)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(addr, &sa);
	return bind(fd, (struct sockaddr *)&sa, len) == 0;
}

static int make_listener(enum host host, const struct endpoint *addr)
{
	int fd = sandbox_socket(sandbox, host, addr->family, SOCK_STREAM, 0);
	if (fd >= 0 && (!bind_to(fd, addr) || listen(fd, 5) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* 0, or the errno of connect(). */
static int connect_to(int fd, const struct endpoint *addr)
{
	struct sockaddr_storage sa;
	socklen_t len = endpoint_to_sockaddr(addr, &sa);
	int code = connect(fd, (struct sockaddr *)&sa, len) < 0 ? errno : 0;
	if (code == EINPROGRESS && peer_wait(fd, POLLOUT, PEER_MS)) {
		socklen_t size = sizeof code;
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
	}
	return code;
}

static void carries_tcp(int family, const char *name)
{
	struct endpoint addr = host_address(HOST_RIGHT, family, 0);
	int listener = make_listener(HOST_RIGHT, &addr);
	addr.port = peer_port(listener);
	int client = sandbox_socket(sandbox, HOST_LEFT, family, SOCK_STREAM, 0);
	is_int(connect_to(client, &addr), 0, name);
	int server = peer_accept(listener, PEER_MS);
	struct endpoint from = peer_addr(client);
	is_int(host_of(&from), HOST_LEFT, "from left");
	char text[8];
	peer_send(client, "hello", 5, PEER_MS);
	is_int(peer_recv_until(server, text, sizeof text, "hello", PEER_MS), 5, "with its bytes");
	int fds[] = { listener, client, server };
	peer_close_all(fds, 3);
}

static void carries_udp(int family, const char *name)
{
	struct endpoint left = host_address(HOST_LEFT, family, 0);
	struct endpoint right = host_address(HOST_RIGHT, family, 0);
	int a = sandbox_socket(sandbox, HOST_LEFT, family, SOCK_DGRAM, 0);
	int b = sandbox_socket(sandbox, HOST_RIGHT, family, SOCK_DGRAM, 0);
	char text[8];
	struct endpoint from;
	ok(bind_to(a, &left) && bind_to(b, &right), "%s: both are bound", name);
	left = peer_addr(a);
	right = peer_addr(b);
	peer_send_to(a, &right, "ping", 4);
	is_int(peer_recv_from(b, text, sizeof text, &from, PEER_MS), 4, "a datagram arrives");
	ok(endpoint_equal(&from, &left), "from left");
	peer_send_to(b, &from, "pong", 4);
	is_int(peer_recv_from(a, text, sizeof text, &from, PEER_MS), 4, "and its answer");
	int fds[] = { a, b };
	peer_close_all(fds, 2);
}

static void keeps_loopbacks_apart(void)
{
	struct endpoint loopback = endpoint_loopback(AF_INET, 0);
	int listener = make_listener(HOST_LEFT, &loopback);
	loopback.port = peer_port(listener);
	int near = sandbox_socket(sandbox, HOST_LEFT, AF_INET, SOCK_STREAM, 0);
	int far = sandbox_socket(sandbox, HOST_RIGHT, AF_INET, SOCK_STREAM, 0);
	is_int(connect_to(near, &loopback), 0, "left has a loopback");
	is_int(connect_to(far, &loopback), ECONNREFUSED, "and right another");
	is_int(peer_connect(AF_INET, loopback.port, PEER_MS), -1, "and this machine a third");
	int fds[] = { listener, near, far };
	peer_close_all(fds, 3);
}

static void lets_nothing_out(void)
{
	struct endpoint out = endpoint_of_ip(AF_INET, (uint8_t[]){ 203, 0, 113, 1 }, 9);
	struct endpoint out6 =
	        endpoint_of_ip(AF_INET6, (uint8_t[16]){ 0x20, 1, 0xd, 0xb8, 1, [15] = 9 }, 9);
	int fd = sandbox_socket(sandbox, HOST_LEFT, AF_INET, SOCK_STREAM, 0);
	is_int(connect_to(fd, &out), ENETUNREACH, "no other network is reached");
	close(fd);
	if (!has_ipv6)
		return;
	fd = sandbox_socket(sandbox, HOST_RIGHT, AF_INET6, SOCK_DGRAM, 0);
	is_int(connect_to(fd, &out6), ENETUNREACH, "nor by IPv6");
	close(fd);
}

static void makes_sockets(void)
{
	int fd = sandbox_socket(sandbox, HOST_LEFT, AF_INET, SOCK_STREAM, 0);
	ok(fcntl(fd, F_GETFL) & O_NONBLOCK, "a socket does not block");
	ok(fcntl(fd, F_GETFD) & FD_CLOEXEC, "and is closed by exec");
	struct endpoint low = host_address(HOST_LEFT, AF_INET, 80);
	ok(bind_to(fd, &low), "it may have a port below 1024");
	close(fd);
	is_int(sandbox_socket(sandbox, HOST_LEFT, AF_INET, 77, 0), -1,
	       "what socket() refuses is refused");
	is_int(errno, EINVAL, "with its errno");
	fd = sandbox_socket(sandbox, HOST_RIGHT, AF_PACKET, SOCK_RAW, 0);
	ok(fd >= 0, "a packet socket needs no root");
	close(fd);
}

static void has_sysctls(void)
{
	char value[SANDBOX_SYSCTL_VALUE];
	struct error error;
	ok(sandbox_get_sysctl(sandbox, HOST_LEFT, "tcp_congestion_control", value, &error),
	   "a sysctl is read");
	is_text(value, "reno", "which is reno on every machine");
	ok(sandbox_get_sysctl(sandbox, HOST_RIGHT, "net.ipv4.tcp_rmem", value, &error),
	   "by its full name, too");
	ok(strchr(value, ' ') && !strchr(value, '\t') && !strstr(value, "  "),
	   "its words have one blank between them: %s", value);
	ok(sandbox_set_sysctl(sandbox, HOST_LEFT, "ipv4.tcp_fin_timeout", "7", &error),
	   "it is set");
	sandbox_get_sysctl(sandbox, HOST_LEFT, "tcp_fin_timeout", value, &error);
	is_text(value, "7", "and read back");
	sandbox_get_sysctl(sandbox, HOST_RIGHT, "tcp_fin_timeout", value, &error);
	is_text(value, "60", "on this host only");
	ok(!sandbox_get_sysctl(sandbox, HOST_LEFT, "tcp_nothing", value, &error),
	   "an unknown one is refused:");
	is_text(error.text, "left has no sysctl tcp_nothing", "by name");
	ok(!sandbox_set_sysctl(sandbox, HOST_LEFT, "tcp_sack", "maybe", &error),
	   "as is a wrong value:");
	is_text(error.text, "left.tcp_sack: the kernel does not take \"maybe\"", "by both");
	ok(!sandbox_set_sysctl(sandbox, HOST_LEFT, "tcp_congestion_control", "tahoe", &error),
	   "nor one that names what there is not");
	is_text(error.text, "left.tcp_congestion_control: the kernel does not take \"tahoe\"",
	        "of a sysctl that is there");
	ok(!sandbox_get_sysctl(sandbox, HOST_LEFT, "../kernel/hostname", value, &error),
	   "and a path");
}

/* ---- the cable, as an independent socket sees it ---- */

static int make_witness(enum host host)
{
	struct sockaddr_ll addr;
	socklen_t len = sizeof addr;
	int fd = sandbox_cable_socket(sandbox, host);
	getsockname(fd, (struct sockaddr *)&addr, &len);
	addr.sll_protocol = htons(ETH_P_ALL);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Counts what comes until the deadline. */
static size_t count_frames(int fd, int ms)
{
	char frame[2048];
	size_t count = 0;
	int64_t end = clock_now() + ms * CLOCK_MS;
	for (int64_t left; (left = end - clock_now()) > 0;)
		if (peer_wait(fd, POLLIN, (int)(left / CLOCK_MS) + 1))
			while (recv(fd, frame, sizeof frame, 0) > 0)
				count++;
	return count;
}

static void is_silent(void)
{
	int left = make_witness(HOST_LEFT), right = make_witness(HOST_RIGHT);
	ok(left >= 0 && right >= 0, "the cable can be seen at both ends");
	is_int(count_frames(left, 1500), 0, "without sockets nothing is on it");
	is_int(count_frames(right, 0), 0, "at neither end");
	close(left);
	close(right);
}

static void sees_whole_segments(void)
{
	static char bytes[100000], frame[70000];
	struct endpoint addr = host_address(HOST_RIGHT, AF_INET, 0);
	int listener = make_listener(HOST_RIGHT, &addr), witness = make_witness(HOST_LEFT);
	addr.port = peer_port(listener);
	int client = sandbox_socket(sandbox, HOST_LEFT, AF_INET, SOCK_STREAM, 0);
	connect_to(client, &addr);
	peer_send(client, bytes, sizeof bytes, PEER_MS);
	size_t largest = 0, count = 0;
	while (count < 10 && peer_wait(witness, POLLIN, PEER_MS)) {
		ssize_t got = recv(witness, frame, sizeof frame, MSG_TRUNC);
		count++;
		if (got > (ssize_t)largest)
			largest = (size_t)got;
	}
	is_int(largest, 1514, "a segment is a frame: nothing is offloaded");
	int fds[] = { listener, client, witness };
	peer_close_all(fds, 3);
}

/* ---- what was open before ---- */

static void holds_nothing_open(void)
{
	struct error error;
	int listener = peer_listen(AF_INET, 5),
	    client = peer_connect(AF_INET, peer_port(listener), PEER_MS);
	int server = peer_accept(listener, PEER_MS), ends[2];
	ok(pipe(ends) == 0 && server >= 0, "with a connection and a pipe");
	struct sandbox *own = sandbox_new(&error);
	close(server);
	close(ends[1]);
	is_int(peer_eof(client, PEER_MS), 1,
	       "closing the former sends FIN, as the sandbox has no copy");
	char byte;
	ok(peer_wait(ends[0], POLLIN, PEER_MS) && read(ends[0], &byte, 1) == 0,
	   "closing the latter is end of file");
	sandbox_free(own);
	int fds[] = { listener, client, ends[0] };
	peer_close_all(fds, 3);
}

/* ---- where it cannot be ---- */

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return good;
}

/* Root in a user namespace, of whose limits it is the master. */
static bool become_root(void)
{
	char users[32], groups[32];
	snprintf(users, sizeof users, "0 %u 1", geteuid());
	snprintf(groups, sizeof groups, "0 %u 1", getegid());
	return unshare(CLONE_NEWUSER) == 0 && write_to("/proc/self/uid_map", users) &&
	       write_to("/proc/self/setgroups", "deny") && write_to("/proc/self/gid_map", groups);
}

static bool forbid_users(void)
{
	return become_root() && write_to("/proc/sys/user/max_user_namespaces", "0");
}

static bool forbid_networks(void)
{
	return become_root() && write_to("/proc/sys/user/max_net_namespaces", "0");
}

static bool change_root(void)
{
	return become_root() && chroot("/usr") == 0;
}

static bool filter_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof filter / sizeof *filter, .filter = filter };
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* In a process of its own, as none of this can be undone. */
static void is_refused(bool (*forbid)(void), const char *want, const char *name)
{
	int channel[2];
	char text[ERROR_TEXT] = "";
	if (pipe(channel) < 0)
		return;
	pid_t child = fork();
	if (child == 0) {
		struct error error = { .text = "" };
		if (!forbid())
			error_set(&error, "cannot be tried");
		else if (sandbox_new(&error))
			error_set(&error, "there is one");
		if (write(channel[1], error.text, sizeof error.text) < 0)
			_exit(1);
		_exit(0);
	}
	close(channel[1]);
	if (read(channel[0], text, sizeof text) < 0)
		text[0] = '\0';
	waitpid(child, NULL, 0);
	close(channel[0]);
	is_text(text, want, name);
}

static void says_why_there_is_none(void)
{
	is_refused(forbid_users,
	           "sandbox: no more user namespaces are allowed: as root, "
	           "sysctl user.max_user_namespaces=10000",
	           "where no user namespace is allowed");
	is_refused(forbid_networks,
	           "sandbox: no more network namespaces are allowed: as root, "
	           "sysctl user.max_net_namespaces=10000",
	           "where no network namespace is allowed");
	is_refused(change_root,
	           "sandbox: user namespaces are forbidden here, as in a chroot: use it outside",
	           "in a chroot");
	is_refused(filter_calls,
	           "sandbox: a system call filter forbids namespaces, as in a container: "
	           "start that with --security-opt seccomp=unconfined",
	           "in a container");
}

/* ---- its end ---- */

/* What init has not waited for yet has ended, too. */
static bool runs(pid_t process)
{
	char path[32], state = 'Z';
	snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
	FILE *file = fopen(path, "r");
	if (file && fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	if (file)
		fclose(file);
	return state != 'Z' && state != 'X';
}

static bool is_gone(pid_t process)
{
	int64_t end = clock_now() + PEER_MS * CLOCK_MS;
	while (runs(process) && clock_now() < end)
		poll(NULL, 0, 1);
	return !runs(process);
}

static void dies_with_the_program(void)
{
	int channel[2];
	pid_t processes[HOST_COUNT] = { 0 };
	if (pipe(channel) < 0)
		return;
	pid_t program = fork();
	if (program == 0) {
		struct error error;
		struct sandbox *own = sandbox_new(&error);
		for (enum host host = HOST_HERE; own && host < HOST_COUNT; host++)
			processes[host] = sandbox_process(own, host);
		if (write(channel[1], processes, sizeof processes) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	is_int(read(channel[0], processes, sizeof processes), sizeof processes,
	       "another program has one");
	ok(processes[HOST_LEFT] > 0 && !kill(processes[HOST_LEFT], 0), "whose hosts are processes");
	kill(program, SIGKILL);
	waitpid(program, NULL, 0);
	ok(is_gone(processes[HOST_HERE]) && is_gone(processes[HOST_LEFT]) &&
	           is_gone(processes[HOST_RIGHT]),
	   "killed, it leaves none of them");
	close(channel[0]);
	close(channel[1]);
}

static void survives_a_dead_host(void)
{
	struct error error;
	struct sandbox *own = sandbox_new(&error);
	struct poller poller;
	kill(sandbox_process(own, HOST_LEFT), SIGKILL);
	poller_init(&poller);
	poller_reset(&poller);
	sandbox_prepare(own, &poller);
	poller_wake_at(&poller, clock_now() + PEER_MS * CLOCK_MS);
	poller_wait(&poller);
	sandbox_serve(own, &poller);
	ok(sandbox_is_over(own), "the death of a host ends the sandbox");
	is_int(sandbox_socket(own, HOST_LEFT, AF_INET, SOCK_STREAM, 0), -1,
	       "no socket is made there,");
	is_int(errno, ENETDOWN, "as its network is down");
	sandbox_free(own);
	poller_done(&poller);
}

static void ends(void)
{
	pid_t processes[HOST_COUNT];
	for (enum host host = HOST_HERE; host < HOST_COUNT; host++)
		processes[host] = sandbox_process(sandbox, host);
	sandbox_free(sandbox);
	for (enum host host = HOST_HERE; host < HOST_COUNT; host++)
		ok(kill(processes[host], 0) < 0 && errno == ESRCH, "afterwards no process is left");
}

int main(void)
{
	struct error error;
	tap_watchdog(60);
	sandbox = sandbox_new(&error);
	if (!sandbox) {
		tap_skip(error.text);
		return tap_done();
	}
	int fd = sandbox_socket(sandbox, HOST_LEFT, AF_INET6, SOCK_STREAM, 0);
	has_ipv6 = fd >= 0;
	close(fd);
	is_silent();
	makes_sockets();
	carries_tcp(AF_INET, "a TCP connection of IPv4 is made");
	carries_udp(AF_INET, "UDP of IPv4");
	if (has_ipv6) {
		carries_tcp(AF_INET6, "a TCP connection of IPv6 is made");
		carries_udp(AF_INET6, "UDP of IPv6");
	}
	keeps_loopbacks_apart();
	lets_nothing_out();
	has_sysctls();
	sees_whole_segments();
	holds_nothing_open();
	says_why_there_is_none();
	dies_with_the_program();
	survives_a_dead_host();
	ends();
	return tap_done();
}
