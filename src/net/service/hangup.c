// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

/* A UNIX socket knows no reset. */
static void hang_up(struct session *session)
{
	struct error error;
	if (!session_abort(session, &error))
		session_close(session, &error);
}

const struct service service_hangup = {
	.name = "hangup",
	.help = "resets each client at once (RST)\n"
	        "Those that are connected when a listener is given this service, too. A client on a UNIX "
	        "socket is closed: there is no reset.",
	.connections = true,
	.opened = hang_up,
	.data = service_drop,
};
