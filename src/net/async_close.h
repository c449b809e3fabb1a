// SPDX-License-Identifier: GPL-3.0-or-later
/* async_close: close() where it sleeps: with SO_LINGER and some seconds it waits until the peer has
 * acknowledged everything, on a non-blocking socket too, socket(7). Each such call is made in a
 * thread, and recorded with its true duration when it has returned. Owns the descriptors it is
 * given. */
#pragma once

#include "base/poller.h"
#include "net/calls.h"

struct async_close;

/* `closed` is called when close() has returned, after its entry; NULL: nobody wants to know. */
struct async_close *async_close_new(void (*closed)(void *context, uint32_t session, int64_t took,
                                                   int code),
                                    void *context);

/* Nothing more is recorded. Threads still in close() are left to end by themselves, and those that
 * wait for their turn are never made: the end of the program closes, and does not linger. */
void async_close_free(struct async_close *async_close);

/* Takes the descriptor over. Where no thread can be made, it is closed before this returns. */
void async_close_close(struct async_close *async_close, const struct caller *caller, int fd);

/* What close() of this session's sockets comes to is no longer recorded. */
void async_close_forget(struct async_close *async_close, uint32_t session);

void async_close_prepare(const struct async_close *async_close, struct poller *poller);
void async_close_serve(struct async_close *async_close, const struct poller *poller);
