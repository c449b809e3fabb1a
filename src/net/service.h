// SPDX-License-Identifier: GPL-3.0-or-later
/* service: what a server does with what it reads: none (a person answers), echo (RFC 862), discard
 * (RFC 863), hello (greets and closes; on UDP it answers each datagram). A table of small functions
 * on the session; a new service is one more entry. What keeps two UDP services from answering each
 * other forever is in answer_loop. */
#pragma once

#include "base/choice.h"
#include "base/error.h"
#include "net/session.h"

/* All of them, ended by one with a NULL name. The first is "none". */
extern const struct service service_table[];

const struct service *service_find(const char *name);

/* As a person types it: by name or a beginning that no other has; NULL with one line. */
extern const struct choice service_names;
const struct service *service_choose(const char *name, struct error *error);
