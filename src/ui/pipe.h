// SPDX-License-Identifier: GPL-3.0-or-later
/* pipe: the frontend without a person: standard input to the socket, socket to standard output. */
#pragma once

#include "ui/ui.h"

struct pipe_options {
	struct session *session; /* whose bytes go through */
	int64_t idle;            /* -w: end when nothing has moved for this long, ns; 0 = never */
	int64_t quit_after; /* -q: end this long after the end of input, ns; -1 = when the peer closes */
	bool say_port;      /* a server on port 0: say on standard error which one it got */
	int verbose;        /* -v: say on standard error what happens */
};

struct ui *pipe_new(const struct ui_hooks *hooks, const struct pipe_options *options,
                    struct error *error);
