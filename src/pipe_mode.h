// SPDX-License-Identifier: GPL-3.0-or-later
/* pipe_mode: the program without a window and without a script: -z, or one conversation after the
 * other for each port, by a proxy where one is asked for. Knows the frontends of ui/ for these, and no
 * socket. */
#pragma once

#include <stdint.h>

#include "app/app.h"
#include "base/poller.h"
#include "options.h"

/* The number that the session of the only conversation will have; 0 = there may be several, or it is not known
 * yet which one it is. */
uint32_t pipe_mode_session(const struct options *options);

/* Runs to the end; returns the exit status. Ports that cannot be opened do not count where one can. */
int pipe_mode_run(struct app *app, const struct options *options, struct poller *poller);
