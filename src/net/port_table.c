// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/port_table.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/diag.h"
#include "net/session_internal.h"

enum {
	CHECK_EVERY = 64,     /* descriptors between two looks at the clock */
	RESERVED_PORT = 1024, /* where the system does not say which are privileged */
};

/* ---- what the kernel lists ---- */

/* The greatest obstacle to a new bind() comes first. */
static int rank(const struct port_holder *holder)
{
	return (holder->transport == TRANSPORT_UDP) << 2 |
	       (holder->state == STATE_LISTEN || holder->state == STATE_DATAGRAMS ? 0
	        : holder->state == STATE_CLOSED                                   ? 1
	        : holder->inode                                                   ? 2
	                                                                          : 3);
}

/* A row without a descriptor is one before accept(), or after close(). */
static enum port_owner owner_of(const struct diag_row *row)
{
	bool waits = row->state == STATE_SYN_RECV || row->state == STATE_ESTABLISHED ||
	             row->state == STATE_CLOSE_WAIT;
	return row->inode ? PORT_USER : waits ? PORT_QUEUE : PORT_NOBODY;
}

static void add(struct port_table *table, const struct diag_row *row, enum transport transport)
{
	struct port_holder holder = {
		.transport = transport,
		.local = row->local,
		.peer = row->peer,
		.state = transport == TRANSPORT_UDP ? STATE_DATAGRAMS : row->state,
		.dual = row->dual,
		.left = row->timed ? (int64_t)row->left * CLOCK_US : 0,
		.owner = owner_of(row),
		.uid = row->uid,
		.inode = row->inode,
	};
	size_t at = table->count;
	if (table->count == PORT_HOLDERS) {
		table->more++;
		at--; /* a listener takes the place of the last connection */
		if (rank(&holder) >= rank(&table->list[at]))
			return;
	} else {
		table->count++;
	}
	for (; at > 0 && rank(&table->list[at - 1]) > rank(&holder); at--)
		table->list[at] = table->list[at - 1];
	table->list[at] = holder;
}

static void add_tcp(void *context, const struct diag_row *row)
{
	add(context, row, TRANSPORT_TCP);
}

static void add_udp(void *context, const struct diag_row *row)
{
	add(context, row, TRANSPORT_UDP);
}

static bool is_privileged(uint16_t port)
{
	char first[16] = "";
	FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
	bool known = file && fgets(first, sizeof first, file);
	if (file)
		fclose(file);
	return port < (known ? strtoul(first, NULL, 10) : RESERVED_PORT) && geteuid() != 0;
}

/* ---- our own ---- */

static bool has_inode(const struct session *session, uint32_t inode)
{
	for (unsigned i = 0; i < session->fd_count; i++) {
		struct stat stat;
		if (fstat(session->fd[i], &stat) == 0 && (uint32_t)stat.st_ino == inode)
			return true;
	}
	return false;
}

/* A closed session keeps both ends of its last connection. */
static bool has_left(const struct session *session, const struct port_holder *holder)
{
	struct endpoint local = endpoint_on_wire(&session->local[0]);
	struct endpoint peer = endpoint_on_wire(&session->peer);
	struct endpoint here = endpoint_on_wire(&holder->local);
	struct endpoint there = endpoint_on_wire(&holder->peer);
	return session->transport == holder->transport && !session->fd_count &&
	       endpoint_equal(&local, &here) && endpoint_equal(&peer, &there);
}

static void name_session(struct session_table *sessions, enum host host, struct port_holder *holder)
{
	struct session *session;
	for (size_t i = 0; (session = sessions->at(sessions, i)); i++) {
		if (session->caller.host != host ||
		    (holder->inode ? !has_inode(session, holder->inode)
		                   : !has_left(session, holder)))
			continue;
		holder->owner = holder->inode ? PORT_SESSION : holder->owner;
		holder->number = session->caller.session;
		snprintf(holder->name, sizeof holder->name, "%s", session->name);
	}
}

/* ---- other processes ---- */

static void read_program(int process, char name[PORT_NAME])
{
	int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, name, PORT_NAME - 1);
	if (fd >= 0)
		close(fd);
	name[got > 0 ? got : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
}

static void note_process(struct port_table *table, int process, int pid, uint32_t inode)
{
	for (size_t i = 0; i < table->count; i++) {
		struct port_holder *holder = &table->list[i];
		if (holder->inode != inode || holder->search != PORT_SEARCHING)
			continue;
		if (holder->pid && holder->last_pid != pid)
			holder->sharers++;
		holder->last_pid = pid;
		if (holder->pid)
			continue;
		holder->owner = PORT_PROCESS;
		holder->pid = pid;
		read_program(process, holder->name);
	}
}

/* False when the time is up. A process of another user cannot be looked into. */
static bool look_into(struct port_table *table, int process, int pid, int64_t deadline)
{
	int fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool in_time = true;
	for (unsigned i = 1; directory && in_time && (entry = readdir(directory)); i++) {
		static const char socket[] = "socket:[";
		char link[32];
		ssize_t len = readlinkat(fd, entry->d_name, link, sizeof link - 1);
		link[len > 0 ? len : 0] = '\0';
		if (strncmp(link, socket, sizeof socket - 1) == 0)
			note_process(table, process, pid,
			             (uint32_t)strtoul(link + sizeof socket - 1, NULL, 10));
		in_time = i % CHECK_EVERY || clock_now() < deadline;
	}
	if (directory)
		closedir(directory);
	else if (fd >= 0)
		close(fd);
	return in_time;
}

/* Sockets that are still there keep what was found of them, and how far the search was. */
static void keep_known(struct port_table *table, const struct port_holder *known, size_t count)
{
	for (size_t i = 0; i < table->count; i++)
		for (size_t j = 0; table->list[i].inode && j < count; j++)
			if (known[j].inode == table->list[i].inode) {
				table->list[i].pid = known[j].pid;
				table->list[i].sharers = known[j].sharers;
				table->list[i].last_pid = known[j].last_pid;
				table->list[i].search = known[j].search;
				if (known[j].owner == PORT_PROCESS)
					table->list[i].owner = PORT_PROCESS;
				memcpy(table->list[i].name, known[j].name, PORT_NAME);
			}
}

/* Moves the holders of other programs from one stage to the next; whether there were any. */
static bool advance(struct port_table *table, enum port_search from, enum port_search to)
{
	bool any = false;
	for (size_t i = 0; i < table->count; i++)
		if ((table->list[i].owner == PORT_USER || table->list[i].owner == PORT_PROCESS) &&
		    table->list[i].search == from) {
			table->list[i].search = to;
			any = true;
		}
	return any;
}

/* Goes on with the process at which the time was up before: /proc lists them by number. */
static void search_processes(struct port_table *table, int64_t deadline)
{
	bool goes_on = table->search_from || advance(table, PORT_NOT_SEARCHED, PORT_SEARCHING);
	DIR *all = goes_on ? opendir("/proc") : NULL;
	const struct dirent *entry;
	bool in_time = true;
	while (all && in_time && (entry = readdir(all))) {
		int pid = (int)strtol(entry->d_name, NULL, 10);
		int process = pid > 0 && pid >= table->search_from
		                      ? openat(dirfd(all), entry->d_name,
		                               O_RDONLY | O_DIRECTORY | O_CLOEXEC)
		                      : -1;
		if (process < 0)
			continue;
		in_time = look_into(table, process, pid, deadline) && clock_now() < deadline;
		close(process);
		table->search_from = pid + 1;
	}
	if (all)
		closedir(all);
	if (!in_time)
		return;
	table->search_from = 0;
	advance(table, PORT_SEARCHING, PORT_SEARCHED);
}

/* "name:password:uid:…". Reads the file itself: a name service may be remote, and silent. */
static void name_users(struct port_table *table)
{
	char line[512];
	bool unknown = false;
	for (size_t i = 0; i < table->count; i++)
		unknown = unknown || (table->list[i].owner == PORT_USER && !*table->list[i].name);
	FILE *file = unknown ? fopen("/etc/passwd", "re") : NULL;
	while (file && fgets(line, sizeof line, file)) {
		size_t name = strcspn(line, ":");
		const char *uid = line[name] ? strchr(line + name + 1, ':') : NULL;
		for (size_t i = 0; uid && i < table->count; i++)
			if (table->list[i].owner == PORT_USER &&
			    table->list[i].uid == strtoul(uid + 1, NULL, 10))
				snprintf(table->list[i].name, PORT_NAME, "%.*s",
				         (int)(name < PORT_NAME ? name : PORT_NAME - 1), line);
	}
	if (file)
		fclose(file);
}

void port_table_read(struct port_table *table, struct session_table *sessions, enum host host,
                     uint16_t port, int64_t search)
{
	struct diag *diag = sessions->diag[host];
	size_t count = table->count;
	struct port_holder *known = count ? xmalloc(count * sizeof *known) : NULL;
	if (count)
		memcpy(known, table->list, count * sizeof *known);
	table->port = port;
	table->count = table->more = 0;
	table->lists_bound = diag_lists_bound();
	table->privileged = host == HOST_HERE && is_privileged(port);
	table->known = diag_list(diag, TRANSPORT_TCP, port, add_tcp, table) &&
	               diag_list(diag, TRANSPORT_UDP, port, add_udp, table);
	keep_known(table, known, count);
	free(known);
	for (size_t i = 0; i < table->count; i++)
		name_session(sessions, host, &table->list[i]);
	search_processes(table, clock_now() + search);
	name_users(table);
}

/* ---- what is in the way ---- */

static bool overlaps(const struct port_holder *holder, const struct endpoint *addr)
{
	struct endpoint here = endpoint_on_wire(&holder->local), wire = endpoint_on_wire(addr);
	if (endpoint_same_family(&here, &wire))
		return endpoint_is_any(&here) || endpoint_is_any(&wire) ||
		       endpoint_host_equal(&here, &wire);
	/* "::" may include IPv4; whether that of the new socket does is not known */
	return endpoint_is_ipv6(&here) ? holder->dual && endpoint_is_any(&here)
	                               : endpoint_is_any(&wire);
}

const struct port_holder *port_table_obstacle(const struct port_table *table,
                                              enum transport transport, const struct endpoint *addr)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->list[i].transport == transport && overlaps(&table->list[i], addr))
			return &table->list[i];
	return NULL;
}

/* ---- in words ---- */

void port_holder_print_owner(const struct port_holder *holder, struct buf *out)
{
	switch (holder->owner) {
	case PORT_SESSION:
		buf_printf(out, "session %u (%s)", (unsigned)holder->number, holder->name);
		break;
	case PORT_PROCESS:
		buf_printf(out, "%s (pid %d", *holder->name ? holder->name : "a program",
		           holder->pid);
		if (holder->sharers)
			buf_printf(out, " and %u more", holder->sharers);
		buf_append_text(out, ")");
		break;
	case PORT_USER:
		if (*holder->name)
			buf_printf(out, "a program of %s", holder->name);
		else
			buf_printf(out, "a program of uid %u", holder->uid);
		break;
	case PORT_QUEUE:
		buf_append_text(out, "not accepted yet");
		break;
	case PORT_NOBODY:
		if (holder->number)
			buf_printf(out, "left by session %u (%s)", (unsigned)holder->number,
			           holder->name);
		else
			buf_append_text(out, "in no process");
		break;
	}
}

void port_holder_print(const struct port_holder *holder, struct buf *out)
{
	char local[ENDPOINT_TEXT], peer[ENDPOINT_TEXT], left[CLOCK_TEXT];
	bool connection = endpoint_is_set(&holder->peer);
	endpoint_format(&holder->local, local);
	endpoint_format(&holder->peer, peer);
	if (holder->owner == PORT_NOBODY) {
		buf_append_text(out, "a closed connection");
		if (holder->number)
			buf_printf(out, " of session %u (%s)", (unsigned)holder->number,
			           holder->name);
		buf_printf(out, " from %s to %s is in %s", local, peer,
		           tcp_state_title(holder->state));
		if (holder->left > 0)
			buf_printf(out, " for another %s",
			           clock_format_duration(holder->left, left));
	} else if (holder->owner == PORT_QUEUE) {
		buf_printf(out, "a connection from %s waits at %s for accept()", peer, local);
	} else {
		buf_append_text(out, holder->owner == PORT_PROCESS ? "program " : "");
		port_holder_print_owner(holder, out);
		if (holder->state == STATE_LISTEN)
			buf_printf(out, " listens at %s", local);
		else if (connection)
			buf_printf(out, " has a connection from %s to %s (%s)", local, peer,
			           tcp_state_title(holder->state));
		else
			buf_printf(out, " has a socket at %s", local);
	}
	buf_append_text(out, " *");
}
