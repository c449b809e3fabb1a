// SPDX-License-Identifier: GPL-3.0-or-later
/* job: stopping and continuing as a shell's job. The signals that base/poller watches stay blocked.
 * Knows no terminal. */
#pragma once

#include <stdbool.h>

/* Stops the whole job, as the terminal driver would, and returns when it continues. False if
 * nothing stopped us: an orphaned process group has no shell to say `fg`. */
bool job_stop(void);

/* A signal that ends the program is pending. */
bool job_is_dying(void);
