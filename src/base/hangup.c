// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/hangup.h"

#ifdef __linux__

#include <errno.h>
#include <sys/epoll.h>
#include <sys/stat.h>

enum { TAKEN = 16 };

int hangup_open(void)
{
	return epoll_create1(EPOLL_CLOEXEC);
}

/* EPOLLERR and EPOLLHUP are always reported, and the former also where something is on the error
 * queue: edge-triggered, so that what nobody takes from there does not wake us again. */
bool hangup_watch(int hangup, int fd)
{
	struct epoll_event event = { .events = EPOLLET, .data.fd = fd };
	return epoll_ctl(hangup, EPOLL_CTL_ADD, fd, &event) == 0 || errno == EEXIST;
}

/* An error of a pipe is that its reader has gone. */
static bool has_hung_up(const struct epoll_event *event)
{
	struct stat status;
	return event->events & EPOLLHUP || (event->events & EPOLLERR &&
	                                    fstat(event->data.fd, &status) == 0 &&
	                                    S_ISFIFO(status.st_mode));
}

int hangup_take(int hangup, int *fds, int most)
{
	struct epoll_event events[TAKEN];
	int count = epoll_wait(hangup, events, most < TAKEN ? most : TAKEN, 0);
	int taken = 0;
	for (int i = 0; i < count; i++) {
		if (!has_hung_up(&events[i]))
			continue;
		fds[taken++] = events[i].data.fd;
		epoll_ctl(hangup, EPOLL_CTL_DEL, events[i].data.fd, &events[i]);
	}
	return taken;
}

#else

int hangup_open(void)
{
	return -1;
}

bool hangup_watch(int hangup, int fd)
{
	(void)hangup;
	(void)fd;
	return false;
}

int hangup_take(int hangup, int *fds, int most)
{
	(void)hangup;
	(void)fds;
	(void)most;
	return 0;
}

#endif
