// SPDX-License-Identifier: GPL-3.0-or-later
/* waits: what the calls by hand, and opening a session, wait for. Private to this layer. */
#pragma once

#include "command/command.h"

/* What a command returns that may have begun a call on a session: done, where nothing waits.
 * `since` is transcript_end() before it; `begun` whether it went well so far. */
enum command_result wait_for_call(const struct invocation *invocation, bool begun, uint64_t since);

/* The same of a session that is being opened, or will listen; NULL where that has failed
 * already. */
enum command_result wait_for_opening(const struct invocation *invocation,
                                     const struct session *session, uint64_t since);
