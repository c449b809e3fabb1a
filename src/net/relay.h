// SPDX-License-Identifier: GPL-3.0-or-later
/* relay: the service that passes on what a client sends to a target, and what the target answers back
 * to the client. Each client has a partner, which is an ordinary session to the target, so that both
 * are shown, logged and searched like any other; of datagrams each peer has one. Bytes and datagrams
 * are passed on, not segments: the two connections know nothing of each other in the kernel. An end is
 * passed on as what it is, FIN as FIN and RST as RST. */
#pragma once

#include "base/error.h"
#include "net/serving.h"
#include "net/target.h"

/* Most partners of a server of datagrams: the one that is unused for longest makes room. */
enum { RELAY_PARTNERS = 1024 };

extern const struct service service_relay;

/* The words of the service: its target, "HOST PORT" or "HOST:PORT". A server that listens there will have
 * it: streams go to streams, and datagrams to datagrams, by default to TCP and to UDP. Has one user; NULL
 * with one line. */
struct serving *relay_serving(const char *words, const struct target *listening, struct error *error);
