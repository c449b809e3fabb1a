// SPDX-License-Identifier: GPL-3.0-or-later
/* endpoints: the two ends of a conversation, as far as the entries say who they are. Private to
 * this directory. */
#pragma once

#include "view/view.h"

struct endpoints {
	struct endpoint
	        addr[2]; /* left, right; AF_UNSPEC where it is not known, or there are many */
	enum host host;  /* where the session's sockets are, for host_format() */
	bool listening;  /* a listener: nobody is at the other end */
	bool everywhere; /* it is bound to every address of both families: "*:7001" */
	bool datagrams;
};

/* Looks at the newest entries and the first ones of the sessions, a bounded number. */
void endpoints_find(const struct view *view, struct endpoints *endpoints);

/* The accept() of a session whose first entry is at this position; NULL if it is no longer
 * there. */
const struct entry *endpoints_find_accept(const struct transcript *transcript, uint64_t position);
