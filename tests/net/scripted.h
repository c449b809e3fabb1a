// SPDX-License-Identifier: GPL-3.0-or-later
/* scripted: a getaddrinfo() in place of the C library's: it answers for names that end in
 * ".test", each in the way its name says, and hands everything else on. "localhost" is asked of a
 * name server that does not answer, as on a system without a hosts file. "slow.test" is not
 * answered before the gate is open. */
#pragma once

#include <stdbool.h>

void scripted_set_gate(bool open);

/* Of the last ".test" that was asked for: ai_flags, and whether its thread had the watched signals
 * blocked.
 */
int scripted_flags(void);
bool scripted_blocks_signals(void);
