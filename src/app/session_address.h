// SPDX-License-Identifier: GPL-3.0-or-later
/* session_address: the name of one of our own sessions, written where an address is meant: "/open S".
 * Only a session that others can reach has one: a listener, a datagram socket, a socket that is bound.
 * Opens nothing and changes no session. */
#pragma once

#include "app/app.h"

/* Whether a word without a port may be such a name: "@S", and what is neither a number nor an address nor
 * a path. */
bool session_address_is_name(const char *word);

/* With '@' as app_find_session() finds it, else by its whole name. NULL with one line: for a word without '@'
 * that is what *error says of the word already, completed by "did you mean". */
const struct session *session_address_find(struct app *app, const char *word, struct error *error);

/* Where that session is reached from this host, and by a socket of this family where it has an address of it
 * (AF_UNSPEC: any). Its loopback stands for a wildcard address, and within the sandbox the address of its
 * host. *from is where a new session has to start: HOST_HERE, on which any host may be chosen, becomes the
 * session's host where only that one reaches it. False with one line. */
bool session_address_get(const struct session *session, int family, enum host *from,
                         struct endpoint *addr, struct error *error);

/* The same, for a socket that is there already. */
bool session_address_for(const struct session *session, const struct session *socket,
                         struct endpoint *addr, struct error *error);
