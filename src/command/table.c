// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/handlers.h"

const struct command command_table[] = {
	{
	        .name = "open",
	        .group = "sessions",
	        .usage = "[tcp|udp] <address> [port] [as <name>]",
	        .help = "open a TCP conversation, or a UDP session\n"
	                "The address is a name or a number; host:port, [v6]:port, tcp:// and "
	                "udp:// work.\n"
	                "All addresses of a name are tried in turn; /set timeout limits how long.\n"
	                "The new session becomes the current one.",
	        .run = do_open,
	},
	{
	        .name = "listen",
	        .group = "sessions",
	        .usage = "[tcp|udp] [local-address] <port> [none|echo|discard|hello] [as <name>]",
	        .help = "serve TCP clients, or UDP peers\n"
	                "Without a local address only this machine reaches it; * stands for every "
	                "address.\n"
	                "Port 0 takes a free port and says which. /help service tells about "
	                "services.\n"
	                "Each TCP client becomes a session of its own; UDP peers stand in /peers.",
	        .run = do_listen,
	},
	{
	        .name = "close",
	        .group = "sessions",
	        .usage = "",
	        .help = "close the session; once more removes its tab\n"
	                "What waits to be sent goes out first where it can go at once.\n"
	                "The session stays, also for /reconnect, until a second /close forgets it.",
	        .needs = NEEDS_SESSION,
	        .run = do_close,
	},
	{
	        .name = "abort",
	        .group = "sessions",
	        .usage = "",
	        .help = "close at once with a reset (RST)\n"
	                "What waits to be sent is lost.",
	        .needs = NEEDS_SESSION,
	        .run = do_abort,
	},
	{
	        .name = "shutdown",
	        .group = "sessions",
	        .usage = "write|read|both",
	        .help = "close one direction (FIN), and keep the socket\n"
	                "write sends FIN when everything queued is out: the peer reads end of "
	                "file,\n"
	                "and can still answer.",
	        .needs = NEEDS_SESSION,
	        .run = do_shutdown,
	},
	{
	        .name = "reconnect",
	        .group = "sessions",
	        .usage = "",
	        .help = "open an ended session again\n"
	                "It goes to where it was; a listener listens anew.",
	        .needs = NEEDS_SESSION,
	        .run = do_reconnect,
	},
	{
	        .name = "sessions",
	        .group = "sessions",
	        .usage = "",
	        .help = "list all sessions\n"
	                "With their states, local port and peer, bytes sent and received. * marks "
	                "the current one.",
	        .run = do_sessions,
	},
	{
	        .name = "session",
	        .group = "sessions",
	        .usage = "<session>",
	        .help = "look at another session\n"
	                "By number or name; a unique prefix of the name is enough.",
	        .run = do_session,
	},
	{
	        .name = "name",
	        .group = "sessions",
	        .usage = "<name>",
	        .help = "give the session another name",
	        .needs = NEEDS_SESSION,
	        .run = do_name,
	},
	{
	        .name = "quit",
	        .group = "sessions",
	        .usage = "",
	        .help = "close everything and leave",
	        .run = do_quit,
	},
	{
	        .name = "send",
	        .group = "sending",
	        .usage = "[text...]",
	        .help = "send text with escapes, without a line end\n"
	                "Escapes are those of C and \\e, \\xHH, \\u{HEX}.\n"
	                "Example: \"/send GET / HTTP/1.0\\r\\n\\r\\n\".\n"
	                "Without text: an empty datagram, on UDP.\n"
	                "To begin with an @, write \\x40.",
	        .needs = NEEDS_SESSION,
	        .run = do_send,
	},
	{
	        .name = "hex",
	        .group = "sending",
	        .usage = "<bytes...>",
	        .help = "send bytes given as pairs of hexadecimal digits\n"
	                "\"/hex 48 69 0a\" and \"/hex 48690a\" are the same.",
	        .needs = NEEDS_SESSION,
	        .run = do_hex,
	},
	{
	        .name = "to",
	        .group = "sending",
	        .usage = "<peer> [text...]",
	        .help = "send a line to one UDP peer, or choose it\n"
	                "By its number in /peers.\n"
	                "Without text: plain lines go to that peer from now on.\n"
	                "Peer 0 is whoever wrote last.",
	        .needs = NEEDS_SESSION,
	        .run = do_to,
	},
	{
	        .name = "all",
	        .group = "sending",
	        .usage = "<text...>",
	        .help = "send a line to everyone\n"
	                "On a server: to all its clients or peers.\n"
	                "Elsewhere: to every open conversation and every UDP peer.",
	        .needs = NEEDS_SESSION,
	        .run = do_all,
	},
	{
	        .name = "peers",
	        .group = "looking",
	        .usage = "",
	        .help = "list who is at the other end\n"
	                "Of a listener the clients, of a UDP session the peers.\n"
	                "* marks the peer that plain lines go to.",
	        .needs = NEEDS_SESSION,
	        .run = do_peers,
	},
	{
	        .name = "service",
	        .group = "servers",
	        .usage = "<service>",
	        .help = "choose what a server does with what it reads\n"
	                "A listener's clients follow it, also those that are here already.",
	        .needs = NEEDS_SESSION,
	        .run = do_service,
	},
	{
	        .name = "set",
	        .group = "keeping",
	        .usage = "[setting] [value]",
	        .help = "show the settings, or change one\n"
	                "/help set tells what they are for.",
	        .run = do_set,
	},
	{
	        .name = "help",
	        .group = "keeping",
	        .usage = "[command]",
	        .help = "list the commands, or tell about one",
	        .run = do_help,
	},
	{ 0 },
};
