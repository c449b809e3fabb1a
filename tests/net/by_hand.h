// SPDX-License-Identifier: GPL-3.0-or-later
/* by_hand: sockets whose calls a test makes one by one, and a look at what the kernel has for them. */
#pragma once

#include <sys/ioctl.h>

#include "net/fixture.h"
#include "net/session_internal.h"
#include "net/step.h"

/* Two ends of one connection and the listener between them, all made step by step. */
struct pair {
	struct session *listener, *client, *server;
};

struct session *make_socket(struct fixture *f, bool udp, int family);
void port_text(const struct session *session, char out[8]);
struct session *make_listener(struct fixture *f, int backlog);
struct pair make_pair(struct fixture *f);

/* Every state that they are in can be left by closing. */
void end_pair(struct fixture *f, struct pair *p);

/* "" where it went well or waits, else the line that says why not. */
const char *try_recv(struct fixture *f, struct session *session, size_t most, enum recv_how how);

/* A line as it is expected. Valid until the next call. */
const char *say(const char *format, ...) __attribute__((format(printf, 1, 2)));
int count_calls(const struct fixture *f, const struct session *session, enum call call);

/* Calls that the program does not make to see more. */
int count_own(const struct fixture *f, const struct session *session);

/* The newest entry of this call; one that is all zero where there is none. */
const struct entry *newest_call(const struct fixture *f, const struct session *session,
                                enum call call);

/* ---- the kernel's side ---- */

bool has_to_read(const struct session *session, int bytes);
bool is_readable(const struct session *session);
int low_water(const struct session *session);

/* Nothing of this session is ready that is asked for, so the loop may sleep. */
void is_idle(struct fixture *f, struct session *session, const char *name);
