// SPDX-License-Identifier: GPL-3.0-or-later
/* port_probe: the frontend of -z: opens one port after the other and closes it again; app->status
 * is 0 where one is open: of UDP, where one is not refused. As nc it also proves a UDP port before
 * pipe mode uses it. Knows no standard input or output, and no option letters. */
#pragma once

#include "net/port_list.h"
#include "ui/ui.h"

struct port_probe_options {
	struct target target;
	struct port_list ports;             /* borrowed; none = the target's */
	const struct session_options *open; /* how they are opened; borrowed */
	struct session *session; /* open already, and stays so: the only one; NULL = none */
	bool nc;                 /* UDP: nothing is sent without -v, and silence is success */
	int verbose;             /* -v */
	int64_t timeout;         /* of UDP, ns; 0 = the default */
	int64_t interval;        /* -i: before each port but the first, ns */
};

struct ui *port_probe_new(const struct ui_hooks *hooks, const struct port_probe_options *options);
