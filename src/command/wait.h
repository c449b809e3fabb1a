// SPDX-License-Identifier: GPL-3.0-or-later
/* wait: what a call by hand, and opening a session, wait for. */
#pragma once

#include "command/command.h"

/* The result of a command that may have begun a call on its session: done if nothing waits. `since`
 * is transcript_end() before the call; `begun` is false if it has failed already. With one line. */
enum command_result wait_for_call(const struct invocation *invocation, bool begun, uint64_t since,
                                  struct error *error);

/* The same for a session that is being opened, or will listen; NULL if that has failed already. */
enum command_result wait_for_opening(const struct invocation *invocation,
                                     const struct session *session, uint64_t since);
