// SPDX-License-Identifier: GPL-3.0-or-later
/* service: what a server does with what it reads. A service is a struct service in a file of its own,
 * service/NAME.c, and a row of SERVICES; with "none" a person answers. What keeps two UDP services from
 * answering each other forever is in answer_loop. */
#pragma once

#include "base/choice.h"
#include "base/error.h"
#include "net/session.h"

/* Each but "none": service_echo, … is its struct. */
/* clang-format off: a row for each, so that adding one changes no other */
#define SERVICES(row) \
	row(echo) \
	row(discard) \
	row(chargen) \
	row(daytime) \
	row(time) \
	row(chat) \
	row(hello) \
	row(sum) \
	row(upper) \
	row(mute) \
	row(hangup) \
	row(reply)
/* clang-format on */

/* "none|echo|…": a choice in a usage. */
#define SERVICE_IN_NAMES(name) "|" #name
#define SERVICE_NAMES          "none" SERVICES(SERVICE_IN_NAMES)

/* All of them, "none" first, NULL after the last one. */
extern const struct service *const service_table[];

const struct service *service_find(const char *name);

/* As a person types it: by name or a beginning that no other has; NULL with one line. */
extern const struct choice service_names;
const struct service *service_choose(const char *name, struct error *error);

/* The same with its words after it, as they were typed: "echo iterative". *serving is NULL where there
 * are none, else it has one user. */
const struct service *service_parse(const char *text, struct serving **serving, struct error *error);

/* ---- for services ---- */

/* Sends to the client, or to a peer of a datagram socket; NULL for the client. A stream that takes no
 * more is shut or reset, which its transcript says already; why a datagram is not sent is noted. */
void service_answer(struct session *session, const struct endpoint *to, const char *data, size_t len);

/* The same to a client that has sent nothing now. False where it is shut, or reads so slowly that more
 * than SERVICE_QUEUE bytes would wait for it. */
bool service_send(struct session *client, const char *data, size_t len);

/* Sends FIN after what was answered, and reads on until the client closes, too. close() would answer
 * what the client has already written with RST, which destroys the answer on its way. */
void service_send_fin(struct session *session);

/* The listener of a client; a datagram server itself; NULL where the listener is no longer in the table. */
struct session *service_server(struct session *session);

/* Reads and drops: for a service that has no use for what comes. */
void service_drop(struct session *session, const struct endpoint *from, const char *data, size_t len);
