// SPDX-License-Identifier: GPL-3.0-or-later
/* service: what a server does with what it reads. A service is a struct of small functions on the
 * session, in a file of its own, and a row of SERVICES; with "none" a person answers. What keeps two
 * UDP services from answering each other forever is in answer_loop. */
#pragma once

#include "base/choice.h"
#include "base/error.h"
#include "net/session.h"

/* Each but "none": service_echo, … is its struct. */
#define SERVICES(row) row(echo) row(discard) row(hello)

/* "none|echo|…": a choice in a usage. */
#define SERVICE_IN_NAMES(name) "|" #name
#define SERVICE_NAMES          "none" SERVICES(SERVICE_IN_NAMES)

/* All of them, "none" first, NULL after the last one. */
extern const struct service *const service_table[];

const struct service *service_find(const char *name);

/* As a person types it: by name or a beginning that no other has; NULL with one line. */
extern const struct choice service_names;
const struct service *service_choose(const char *name, struct error *error);
