// SPDX-License-Identifier: GPL-3.0-or-later
/* Who holds a port: our sessions, another process, nobody any more. */
#include "net/port_table.h"

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "net/fixture.h"

static struct port_table table;

/* The search for processes may need several times on a busy machine.
 *
 * Other programs may have the same number at other addresses, or of the other protocol. */
static size_t read_port(struct fixture *f, enum transport transport, unsigned port)
{
	size_t kept = 0;
	do
		sessions_read_port(f->sessions, HOST_HERE, (uint16_t)port, CLOCK_S / 10, &table);
	while (table.search_from);
	for (size_t i = 0; i < table.count; i++) {
		struct endpoint here = endpoint_loopback(AF_INET, (uint16_t)port);
		struct endpoint local = endpoint_on_wire(&table.list[i].local);
		if (table.list[i].transport == transport &&
		    (endpoint_equal(&local, &here) || endpoint_is_any(&local)))
			table.list[kept++] = table.list[i];
	}
	return table.count = kept;
}

/* The kernel lists its table bucket by bucket while it changes, so a busy one may lack a socket once. */
static size_t wait_for_holders(struct fixture *f, enum transport transport, unsigned port,
                               size_t want)
{
	until(f, read_port(f, transport, port) == want);
	return table.count;
}

static const char *in_words(const struct port_holder *holder)
{
	static struct buf text = { .max = SIZE_MAX };
	buf_clear(&text);
	port_holder_print(holder, &text);
	return buf_text(&text);
}

static const struct port_holder *in_the_way(enum transport transport, const char *host,
                                            unsigned port)
{
	struct endpoint addr = endpoint_any(AF_INET, (uint16_t)port);
	if (strcmp(host, "127.0.0.1") == 0)
		addr = endpoint_loopback(AF_INET, (uint16_t)port);
	if (strcmp(host, "127.0.0.2") == 0) {
		addr = endpoint_loopback(AF_INET, (uint16_t)port);
		addr.ip[3] = 2;
	}
	return port_table_obstacle(&table, transport, &addr);
}

/* ---- our own ---- */

static void names_sessions(struct fixture *f)
{
	char want[200];
	struct session *server = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	unsigned port = session_local(server).port;
	is_int(wait_for_holders(f, TRANSPORT_TCP, port, 1), 1, "a listener holds its port");
	ok(table.known && table.list[0].owner == PORT_SESSION &&
	           table.list[0].number == session_number(server) &&
	           table.list[0].state == STATE_LISTEN,
	   "and is a session of ours");
	snprintf(want, sizeof want, "session %u (%s) listens at 127.0.0.1:%u *",
	         session_number(server), session_name(server), port);
	is_text(in_words(&table.list[0]), want, "in words");
	ok(in_the_way(TRANSPORT_TCP, "127.0.0.1", port) && in_the_way(TRANSPORT_TCP, "*", port),
	   "it is in the way of its address and of every address");
	ok(!in_the_way(TRANSPORT_TCP, "127.0.0.2", port) &&
	           !in_the_way(TRANSPORT_UDP, "127.0.0.1", port),
	   "but not of another address, nor of UDP");
	struct session *second = listen_on(f, TRANSPORT_TCP, "127.0.0.1", port, NULL);
	ok(strstr(last_failure(f, second), want), "who fails to bind says who is there");

	struct session *client = open_to(f, TRANSPORT_TCP, "127.0.0.1", port, NULL);
	until(f, session_clients(server) == 1);
	is_int(wait_for_holders(f, TRANSPORT_TCP, port, 2), 2,
	       "its connection holds the port, too");
	ok(table.list[1].owner == PORT_SESSION && table.list[1].state == STATE_ESTABLISHED &&
	           endpoint_is_set(&table.list[1].peer),
	   "as a session of its own, after the listener");

	/* the server's side is closed first, and so is in TIME_WAIT */
	struct session *accepted = sessions_at(f->sessions, sessions_count(f->sessions) - 1);
	session_close(accepted, &f->error);
	until(f, session_peer_closed(client));
	session_close(client, &f->error);
	session_close(server, &f->error);
	until(f, session_tcp_state(accepted) == STATE_TIME_WAIT);
	is_int(wait_for_holders(f, TRANSPORT_TCP, port, 1), 1, "closed, only TIME_WAIT is left");
	ok(table.list[0].owner == PORT_NOBODY && table.list[0].state == STATE_TIME_WAIT &&
	           table.list[0].left > 0 && table.list[0].left <= 600 * CLOCK_S,
	   "with the time that it stays");
	is_int(table.list[0].number, session_number(accepted), "and whose it was");
	ok(strstr(in_words(&table.list[0]), " is in TIME_WAIT for another "), "in words");
	ok(in_the_way(TRANSPORT_TCP, "127.0.0.1", port), "it is in the way");
}

/* Closed here, while the peer has not closed: an orphan that the kernel gives up after a minute. */
static void has_orphans(struct fixture *f)
{
	struct couple couple = make_couple(f);
	unsigned port = session_local(couple.session).port;
	session_close(couple.session, &f->error);
	until(f, session_tcp_state(couple.session) == STATE_FIN_WAIT2);
	const struct port_holder *orphan = NULL;
	size_t count = read_port(f, TRANSPORT_TCP, port); /* others may connect() from there, too */
	for (size_t i = 0; i < count; i++)
		if (table.list[i].number == session_number(couple.session))
			orphan = &table.list[i];
	ok(orphan && orphan->owner == PORT_NOBODY && orphan->state == STATE_FIN_WAIT2,
	   "an orphan holds its port, and is known by whose it was");
	ok(orphan && orphan->left > 0, "with the time after which it is given up");
	ok(orphan && strstr(in_words(orphan), " is in FIN_WAIT2 for another "), "in words");
	end_couple(&couple);
}

static void has_datagrams(struct fixture *f)
{
	struct session *udp = listen_on(f, TRANSPORT_UDP, "127.0.0.1", 0, NULL);
	unsigned port = session_local(udp).port;
	is_int(wait_for_holders(f, TRANSPORT_UDP, port, 1), 1, "a UDP socket holds its port");
	ok(table.list[0].transport == TRANSPORT_UDP && table.list[0].state == STATE_DATAGRAMS &&
	           table.list[0].number == session_number(udp),
	   "as a session of ours");
	ok(in_the_way(TRANSPORT_UDP, "*", port) && !in_the_way(TRANSPORT_TCP, "*", port),
	   "in the way of UDP only");
}

/* ---- another process ---- */

/* Its port; it ends when `end` is closed. */
static unsigned hold_port(int family, bool listens, pid_t *child, int *end)
{
	int ports[2], ends[2];
	uint16_t port = 0;
	if (pipe(ports) < 0 || pipe(ends) < 0)
		return 0;
	*child = fork();
	if (*child == 0) {
		char byte;
		int fd = socket(family, SOCK_STREAM, 0);
		struct sockaddr_storage any = { .ss_family = (sa_family_t)family };
		prctl(PR_SET_NAME, "port-holder");
		close(ends[1]);
		if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) < 0 ||
		    (listens && listen(fd, 1) < 0))
			_exit(1);
		port = peer_port(fd);
		if (write(ports[1], &port, sizeof port) == sizeof port)
			while (read(ends[0], &byte, 1) > 0)
				continue;
		_exit(0);
	}
	close(ends[0]);
	close(ports[1]);
	*end = ends[1];
	if (read(ports[0], &port, sizeof port) != sizeof port)
		port = 0;
	close(ports[0]);
	return port;
}

static void names_programs(struct fixture *f)
{
	int end;
	pid_t child;
	char want[100];
	unsigned port = hold_port(AF_INET, true, &child, &end);
	is_int(wait_for_holders(f, TRANSPORT_TCP, port, 1), 1, "a port of another process");
	ok(table.list[0].owner == PORT_PROCESS && table.list[0].pid == child, "with its pid");
	snprintf(want, sizeof want, "program port-holder (pid %d) listens at 0.0.0.0:%u *",
	         (int)child, port);
	is_text(in_words(&table.list[0]), want, "in words");
	ok(in_the_way(TRANSPORT_TCP, "127.0.0.2", port), "every address is in the way of each");
	table.list[0].name[0] = 'P';
	read_port(f, TRANSPORT_TCP, port);
	ok(table.list[0].pid == child && table.list[0].name[0] == 'P',
	   "read again, who it is has not been searched for twice");
	close(end);
	waitpid(child, NULL, 0);
	bool gone = true;
	for (size_t i = read_port(f, TRANSPORT_TCP, port); i-- > 0;)
		gone = gone && table.list[i].pid != child;
	ok(gone, "when it has ended, it has it no more");
	table.count = 0;
}

static void has_bound_sockets(struct fixture *f)
{
	int end;
	pid_t child;
	unsigned port = hold_port(AF_INET, false, &child, &end);
	size_t count = read_port(f, TRANSPORT_TCP, port);
	if (!table.lists_bound)
		tap_skip("this kernel does not list sockets that are only bound");
	else
		ok(count == 1 && table.list[0].state == STATE_CLOSED && table.list[0].pid == child,
		   "a socket that is bound and does not listen");
	read_port(f, TRANSPORT_TCP, port == UINT16_MAX ? port - 1 : port + 1);
	for (size_t i = 0; i < table.count; i++)
		ok(table.list[i].local.port != port, "is not at the next port");
	close(end);
	waitpid(child, NULL, 0);
}

static void takes_ipv4(struct fixture *f)
{
	int end;
	pid_t child;
	if (!peer_has_ipv6()) {
		tap_skip("no IPv6 here");
		return;
	}
	unsigned port = hold_port(AF_INET6, true, &child, &end);
	is_int(wait_for_holders(f, TRANSPORT_TCP, port, 1), 1, "a socket at ::");
	ok(table.list[0].dual && in_the_way(TRANSPORT_TCP, "127.0.0.1", port),
	   "that takes IPv4 is in the way there");
	close(end);
	waitpid(child, NULL, 0);
}

/* ---- before accept() ---- */

static void has_a_queue(struct fixture *f)
{
	int listener = peer_listen(AF_INET, 5), client;
	unsigned port = peer_port(listener);
	client = peer_connect(AF_INET, (uint16_t)port, PEER_MS);
	is_int(wait_for_holders(f, TRANSPORT_TCP, port, 2), 2,
	       "a connection that nobody has accepted");
	ok(table.list[1].owner == PORT_QUEUE && strstr(in_words(&table.list[1]), " for accept() *"),
	   "waits in the queue");
	close(client);
	close(listener);
}

int main(void)
{
	struct fixture f;
	tap_watchdog(60);
	fixture_start(&f);
	if (!read_port(&f, TRANSPORT_TCP, 1) && !table.known) {
		tap_skip("this system does not list its sockets");
		fixture_stop(&f);
		return tap_done();
	}
	names_sessions(&f);
	has_orphans(&f);
	has_datagrams(&f);
	names_programs(&f);
	has_bound_sockets(&f);
	takes_ipv4(&f);
	has_a_queue(&f);
	fixture_stop(&f);
	return tap_done();
}
