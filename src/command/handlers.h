// SPDX-License-Identifier: GPL-3.0-or-later
/* handlers: what the commands of the table do. Private to this layer: table.c names each of them
 * once. */
#pragma once

#include "socket/errno_meaning.h"
#include "command/command.h"

typedef bool command_run(const struct invocation *invocation, struct error *error);

/* do_sessions.c */
command_run do_open, do_listen, do_service, do_close, do_forget, do_abort, do_shutdown,
        do_reconnect, do_session, do_name, do_quit;

/* do_sending.c */
command_run do_send, do_hex, do_to, do_all, do_secret;

/* do_looking.c */
command_run do_sessions, do_peers, do_set, do_help;

/* do_views.c, do_ladder.c, do_pages.c, do_stats.c */
command_run do_view, do_fold, do_ladder, do_info, do_states, do_stream, do_stats;

/* do_code.c */
command_run do_code;

/* do_find.c */
command_run do_find;

/* do_why.c */
command_run do_why;
void errno_meaning_print(const struct errno_meaning *why,
                         struct buf *out); /* what /why and /help say of one */

/* do_stepping.c */
command_run do_socket, do_bind, do_backlog, do_accept, do_connect, do_recv, do_pause, do_resume,
        do_urgent;

/* do_option.c */
command_run do_option;
unsigned session_option_set(const struct session *session); /* for sockopt_find() */

/* True for an open conversation that this listener accepted: the kernel gives it the listener's own
 * port. */
bool server_has_client(const struct session *server, const struct session *session);
