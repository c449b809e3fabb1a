// SPDX-License-Identifier: GPL-3.0-or-later
/* port_probe: the frontend of -z: opens one port after the other and closes it again. At the end
 * app->status is 0 when one is open, or with UDP does not refuse, else 1. As nc it also tries a UDP
 * port before pipe mode uses it. Knows no standard input or output, and no option letters. */
#pragma once

#include "net/port_list.h"
#include "ui/ui.h"

struct port_probe_options {
	struct target target;
	struct port_list ports;             /* borrowed; none = the target's */
	const struct session_options *open; /* how they are opened; borrowed */
	struct session *session; /* the only one, open already, and left open; NULL = none */
	bool nc; /* UDP: nothing is sent without -v; with -v some datagrams, and silence is success */
	int verbose;      /* -v */
	int64_t timeout;  /* for an answer by UDP, ns; 0 = 1 s, with nc 3 s */
	int64_t interval; /* -i: before each port but the first, ns */
};

struct ui *port_probe_new(const struct ui_hooks *hooks, const struct port_probe_options *options);
