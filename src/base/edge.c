// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/edge.h"

#ifdef __linux__

#include <errno.h>
#include <sys/epoll.h>
#include <sys/stat.h>

enum { TAKEN = 16 };

int edge_open(void)
{
	return epoll_create1(EPOLL_CLOEXEC);
}

/* EPOLLERR and EPOLLHUP are always reported, and the former also where something is on the error
 * queue: edge-triggered, so that what nobody takes from there does not wake us again. */
bool edge_watch(int edge, int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = fd };
	return epoll_ctl(edge, EPOLL_CTL_ADD, fd, &event) == 0 || errno == EEXIST;
}

void edge_forget(int edge, int fd)
{
	struct epoll_event none = { .events = 0 };
	epoll_ctl(edge, EPOLL_CTL_DEL, fd, &none);
}

/* An error of a pipe is that its reader has gone. */
static bool has_hung_up(const struct epoll_event *event)
{
	struct stat status;
	return event->events & EPOLLHUP || (event->events & EPOLLERR &&
	                                    fstat(event->data.fd, &status) == 0 &&
	                                    S_ISFIFO(status.st_mode));
}

int edge_take(int edge, struct edge_event *events, int most)
{
	struct epoll_event taken[TAKEN];
	int count = epoll_wait(edge, taken, most < TAKEN ? most : TAKEN, 0);
	for (int i = 0; i < count; i++) {
		events[i].fd = taken[i].data.fd;
		events[i].hung_up = has_hung_up(&taken[i]);
		if (events[i].hung_up)
			edge_forget(edge, events[i].fd);
	}
	return count > 0 ? count : 0;
}

#else

int edge_open(void)
{
	return -1;
}

bool edge_watch(int edge, int fd)
{
	(void)edge;
	(void)fd;
	return false;
}

void edge_forget(int edge, int fd)
{
	(void)edge;
	(void)fd;
}

int edge_take(int edge, struct edge_event *events, int most)
{
	(void)edge;
	(void)events;
	(void)most;
	return 0;
}

#endif
