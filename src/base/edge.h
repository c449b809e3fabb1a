// SPDX-License-Identifier: GPL-3.0-or-later
/* edge: a descriptor that becomes readable when something new happens to one of others, epoll(7).
 * select(2) says what is so, not what is new: a socket with unread data, or whose peer has sent FIN,
 * is readable whatever comes after; and of a pipe whose reader has gone it says nothing. */
#pragma once

#include <stdbool.h>

/* -1 where the system has none, or no descriptor is left. Close-on-exec. */
int edge_open(void);

/* Watches this one, again or still. False: it cannot be watched. */
bool edge_watch(int edge, int fd);

/* Stops watching it. */
void edge_forget(int edge, int fd);

struct edge_event {
	int fd;
	bool hung_up; /* both directions have ended; it is watched no longer */
};

/* Fills `events` with at most `most` and returns their number. What is new is reported once, and
 * all that there is when the watch begins. One that is closed is forgotten by itself. */
int edge_take(int edge, struct edge_event *events, int most);
