// SPDX-License-Identifier: GPL-3.0-or-later
/* handlers: what the commands of the table do. Private to this layer: table.c names each of them
 * once. */
#pragma once

#include "command/command.h"

typedef bool command_run(const struct invocation *invocation, struct error *error);

/* do_sessions.c */
command_run do_open, do_listen, do_service, do_close, do_abort, do_shutdown, do_reconnect,
        do_session, do_name, do_quit;

/* do_sending.c */
command_run do_send, do_hex, do_to, do_all;

/* do_looking.c */
command_run do_sessions, do_peers, do_set, do_help;

/* True for an open conversation that this listener accepted: the kernel gives it the listener's own
 * port. */
bool server_has_client(const struct session *server, const struct session *session);
