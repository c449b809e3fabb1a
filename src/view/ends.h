// SPDX-License-Identifier: GPL-3.0-or-later
/* ends: who the two ends of a ladder are, as far as the entries say. Private to this directory. */
#pragma once

#include "view/view.h"

struct ends {
	struct endpoint
	        addr[2]; /* left, right; AF_UNSPEC where it is not known, or there are many */
	bool listening;  /* a listener: nobody is at the other end */
	bool datagrams;
};

/* Looks at the newest entries and the first ones of the sessions, a bounded number. */
void ends_find(const struct view *view, struct ends *ends);

enum { ENDS_NAME = 96 };

/* "2  127.0.0.1:39446", "peer  127.0.0.1:44617", "peer", "peers". Returns `out`. */
const char *ends_name(const struct view *view, const struct ends *ends, int side,
                      char out[ENDS_NAME]);

/* "LADDER 2 <-> 3   loopback". Returns `out`. */
const char *ends_title(const struct view *view, const struct ends *ends, char out[ENDS_NAME]);
