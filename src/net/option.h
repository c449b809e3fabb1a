// SPDX-License-Identifier: GPL-3.0-or-later
/* option: getsockopt() and setsockopt() for a person, and the options that the next socket of the
 * session is given again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "net/calls_control.h"

struct session;
struct session_preset;

/* Of any session with a socket; `value` is the option's own form, see socket/sockopt.h, *len the
 * room and then what the kernel gave. The first socket is asked, all of them are set. False with
 * errno's line. option_peek() is a call that the program makes for its own observation. */
bool option_get(struct session *session, int level, int number, void *value, size_t *len,
                struct error *error);
bool option_peek(struct session *session, int level, int number, void *value, size_t *len,
                 struct error *error);
bool option_set(struct session *session, int level, int number, const void *value, size_t len,
                struct error *error);

/* Of a new session: what each of its sockets is given. */
void option_preset(struct session *session, const struct session_preset *preset);

/* Sets that, and what a person has set on a socket of this session before, on its newest socket;
 * what cannot be set is reported. */
void option_restore(struct session *session, int fd);

/* A call has set this on its sockets: the session itself has to know some. */
void option_note(struct session *session, int level, int number, const void *value, size_t len);

/* Sets an option, unless a person has. */
void option_default(struct session *session, int fd, int level, int number, int value);

/* Whether a person has set this option. */
bool option_was_set(const struct session *session, int level, int number);

/* Whether a person has set an option that asks for this, on or off. */
bool option_is_set(const struct session *session, enum control control);
void option_forget(struct session *session);
