// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <stdint.h>

#include "net/multicast.h"

static bool parse(const struct args *args, struct membership *membership, struct error *error)
{
	size_t wrong;
	return multicast_parse(args->value[0], args->value[1], args->value[2], membership, &wrong,
	                       error) ||
	       args_blame(args, wrong, error);
}

static bool check_group(const struct args *args, struct error *error)
{
	struct membership ignored;
	return parse(args, &ignored, error);
}

/* The session says it; a person may be looking at another one. */
static void say(const struct invocation *invocation, const char *what,
                const struct membership *membership)
{
	struct buf text = { .max = SIZE_MAX };
	if (invocation->session == invocation->app->current)
		return;
	multicast_print(membership, &text);
	app_note(invocation->app, "session %u %s %s", session_number(invocation->session), what,
	         buf_text(&text));
	buf_free(&text);
}

static enum command_result do_join(const struct invocation *invocation, struct error *error)
{
	struct membership membership;
	if (!parse(invocation->args, &membership, error) ||
	    !multicast_join(invocation->session, &membership, error))
		return false;
	say(invocation, "has joined", &membership);
	return true;
}

static enum command_result do_leave(const struct invocation *invocation, struct error *error)
{
	struct membership membership;
	if (!parse(invocation->args, &membership, error) ||
	    !multicast_leave(invocation->session, &membership, error))
		return false;
	say(invocation, "has left", &membership);
	return true;
}

const struct command multicast_commands[] = {
	{
	        .name = "join",
	        .group = "servers",
	        .usage = "<group> [<interface>] [from <source>]",
	        .help = "receive what is sent to a multicast group\n"
	                "/join 239.1.2.3 lo: the group, and the interface, by default the one to which "
	                "the routes lead; also ff15::1 of IPv6. Of one sender alone: from 192.0.2.1, "
	                "also of several, one after the other.\n"
	                "The session is of UDP, on every address of this machine or on the group's own: "
	                "/listen udp 0.0.0.0 5000, /listen udp 239.1.2.3 5000. With the group's own, "
	                "several programs may have the port, and each gets a copy.\n"
	                "To send to the group: /open udp 239.1.2.3 5000, and /option multicast_if "
	                "lo; multicast_ttl (IPv6: multicast_hops) and multicast_loop are "
	                "options, too. /reconnect joins again.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .check = check_group,
	        .run = do_join,
	},
	{
	        .name = "leave",
	        .group = "servers",
	        .usage = "<group> [<interface>] [from <source>]",
	        .help = "leave a multicast group\n"
	                "Without an interface or a source: on every interface and for every source "
	                "with which the session has joined it; /peers lists them. The end of a "
	                "session leaves its groups.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .check = check_group,
	        .run = do_leave,
	},
	{ 0 },
};
