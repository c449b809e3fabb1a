// SPDX-License-Identifier: GPL-3.0-or-later
/* job: stopping and going on as a shell's job, with the watched signals of base/poller blocked all
 * the while. Knows no terminal. */
#pragma once

#include <stdbool.h>

/* Stops the whole job, as the terminal driver would do it, and returns when it goes on. False where
 * nothing stopped us: in an orphaned process group there is no shell to say `fg`. */
bool job_stop(void);

/* A signal that ends the program waits to be taken. */
bool job_is_dying(void);
