// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/handlers.h"

const struct command command_table[] = {
	{
	        .name = "open",
	        .letter = 'o',
	        .group = "sessions",
	        .usage = "[tcp|udp] <address> [port] [as <name>]",
	        .help = "open a TCP conversation, or a UDP session\n"
	                "The address is a name or a number; host:port, [v6]:port, tcp:// and "
	                "udp:// work.\n"
	                "The addresses of a name are tried in turn, IPv6 and IPv4 by turns: the "
	                "next one 250 ms after one that does not answer, or at once after one that "
	                "fails. The first to answer is the peer, the others are closed; /set "
	                "timeout is the limit for all. At most 4 names are looked up at a time; "
	                "the others wait.\n"
	                "The new session becomes the current one.",
	        .acts = ACTS_ALWAYS,
	        .run = do_open,
	},
	{
	        .name = "listen",
	        .letter = 'l',
	        .group = "sessions",
	        .usage = "[tcp|udp] [local-address] <port> [none|echo|discard|hello] [as <name>]",
	        .help = "serve TCP clients, or UDP peers\n"
	                "Without a local address only this machine reaches it; * stands for every "
	                "address.\n"
	                "Port 0 takes a free port and says which. /help service explains "
	                "services.\n"
	                "Each TCP client becomes a session of its own; /peers lists UDP peers.",
	        .acts = ACTS_ALWAYS,
	        .run = do_listen,
	},
	{
	        .name = "close",
	        .letter = 'c',
	        .group = "sessions",
	        .usage = "",
	        .help = "close the session\n"
	                "What waits to be sent goes out first where it can go at once.\n"
	                "The session stays with its transcript, also for /reconnect and /code, "
	                "until /forget.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_close,
	},
	{
	        .name = "forget",
	        .group = "sessions",
	        .usage = "[ended]",
	        .help = "remove a closed session and hide its transcript\n"
	                "It disappears from the tabs, /sessions, /view all and /find at once, and "
	                "is left out\n"
	                "of what is written later. ended: every session that has ended, also "
	                "clients that\n"
	                "have lost their tab already (/help set keep-clients).",
	        .needs = TAKES_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_forget,
	},
	{
	        .name = "abort",
	        .group = "sessions",
	        .usage = "",
	        .help = "close at once with a reset (RST)\n"
	                "What waits to be sent is lost.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
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
	        .acts = ACTS_ALWAYS,
	        .run = do_shutdown,
	},
	{
	        .name = "reconnect",
	        .letter = 'r',
	        .group = "sessions",
	        .usage = "",
	        .help = "open an ended session again\n"
	                "It goes to where it was; a listener listens again. One whose peer has "
	                "closed its side is\n"
	                "closed first. What /option has set is set again. /set reconnect on does "
	                "it by itself.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_reconnect,
	},
	{
	        .name = "sessions",
	        .group = "sessions",
	        .usage = "",
	        .help = "list all sessions\n"
	                "With their states as the kernel says them, and how long TIME_WAIT lasts; "
	                "? "
	                "is told by our\n"
	                "own calls only. Local port and peer, bytes sent and received. * marks the "
	                "current one.",
	        .run = do_sessions,
	},
	{
	        .name = "session",
	        .group = "sessions",
	        .usage = "<session>",
	        .help = "switch to another session\n"
	                "By number or name; a unique prefix of the name is enough.",
	        .run = do_session,
	},
	{
	        .name = "name",
	        .group = "sessions",
	        .usage = "<name>",
	        .help = "give the session another name",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_name,
	},
	{
	        .name = "quit",
	        .letter = 'q',
	        .group = "sessions",
	        .usage = "",
	        .help = "close everything and quit\n"
	                "With data that has not been sent it says how much, and the same command "
	                "again within 10 s quits; /quit! quits at once.\n"
	                "In the start-up file it waits until all is sent, at most as long as /set "
	                "timeout says.",
	        .asks = true,
	        .run = do_quit,
	},
	{
	        .name = "send",
	        .group = "sending",
	        .usage = "[text...]",
	        .help = "send text with escapes, without a line end\n"
	                "C escapes, and \\e, \\xHH, \\u{HEX}.\n"
	                "Example: \"/send GET / HTTP/1.0\\r\\n\\r\\n\".\n"
	                "Without text: an empty datagram, on UDP.\n"
	                "Text that begins with @ is written with two: \"/send @@home\" sends "
	                "\"@home\".",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_send,
	},
	{
	        .name = "hex",
	        .group = "sending",
	        .usage = "<bytes...>",
	        .help = "send bytes given as pairs of hexadecimal digits\n"
	                "\"/hex 48 69 0a\" and \"/hex 48690a\" are the same.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_hex,
	},
	{
	        .name = "secret",
	        .group = "sending",
	        .usage = "[text...]",
	        .help = "send a line that is shown and kept nowhere\n"
	                "Without text, the next line is typed unseen: Enter sends it, Escape or "
	                "Ctrl-C drops it.\n"
	                "Views and files have stars in its place, as many as it has bytes, and no "
	                "search finds it.\n"
	                "What the peer sends back is shown.\n"
	                "In the start-up file $NAME is a variable of the environment.",
	        .acts = ACTS_ALWAYS,
	        .hides = true,
	        .needs = NEEDS_SESSION,
	        .run = do_secret,
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
	        .acts = ACTS_ALWAYS,
	        .run = do_to,
	},
	{
	        .name = "all",
	        .group = "sending",
	        .usage = "<text...>",
	        .help = "send a line to everyone\n"
	                "On a server: to all its clients or peers.\n"
	                "Elsewhere: to every open conversation and every UDP peer.\n"
	                "Text that begins with @ is written with two: \"/all @@bob hi\".",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_all,
	},
	{
	        .name = "peers",
	        .group = "looking",
	        .usage = "",
	        .help = "list who is at the other end\n"
	                "Of a listener the clients, of a UDP session the peers.\n"
	                "* marks the peer that plain lines go to. asked is the address of this "
	                "machine that a peer has used last, and that it is answered from; in and "
	                "out are datagrams, and their bytes.",
	        .needs = NEEDS_SESSION,
	        .run = do_peers,
	},
	{
	        .name = "view",
	        .letter = 'v',
	        .group = "looking",
	        .usage = "[" VIEW_NAMES "] [all]",
	        .help = "choose how the session is shown, also its past\n"
	                "all merges every session by time. Without a word: the next view.",
	        .needs = NEEDS_SESSION,
	        .run = do_view,
	},
	{
	        .name = "fold",
	        .group = "looking",
	        .usage = "",
	        .help = "show long messages whole, or fold them again\n"
	                "/set fold is how many rows of them are shown. F8 does the same.",
	        .run = do_fold,
	},
	{
	        .name = "find",
	        .letter = 'f',
	        .group = "looking",
	        .usage = "[text...]",
	        .help = "look for text in the pane, towards the past\n"
	                "Also text that came in several pieces; in a trace the words of calls "
	                "too.\n"
	                "Upper and lower case are the same, unless the text has a capital letter.\n"
	                "Without text: the next hit. F3 goes on towards the past, F4 towards the "
	                "present.",
	        .quotes = true,
	        .run = do_find,
	},
	{
	        .name = "info",
	        .letter = 'i',
	        .group = "looking",
	        .usage = "",
	        .help = "show the kernel's view of the connection\n"
	                "State, timer, windows, queues, what was sent again, and what sending "
	                "waits for;\n"
	                "round trip and congestion window where the peer is another machine.\n"
	                "* is read from the kernel, o counted around calls, ? deduced.\n"
	                "The page changes with it; F5 or the same command closes it.",
	        .needs = NEEDS_SESSION,
	        .run = do_info,
	},
	{
	        .name = "states",
	        .group = "looking",
	        .usage = "",
	        .help = "show the TCP state diagram with the session on it\n"
	                "Also the other end, where that is a session of ours, and whose step is "
	                "next.\n"
	                "F6 or the same command closes it.",
	        .needs = NEEDS_SESSION,
	        .run = do_states,
	},
	{
	        .name = "stream",
	        .group = "looking",
	        .usage = "",
	        .help = "show the stream as rulers: calls, segments, calls\n"
	                "Of the newest bytes sent: which send() they came from, how they left, "
	                "which recv() got\n"
	                "them. F7 or the same command closes it.",
	        .needs = NEEDS_SESSION,
	        .run = do_stream,
	},
	{
	        .name = "ladder",
	        .group = "looking",
	        .usage = "[file]",
	        .help = "draw the conversation as a ladder, or write it to a file\n"
	                "Calls stand in the margins, segments between them, with how they are "
	                "known:\n"
	                "* read from the kernel, o counted by it, ? deduced.\n"
	                "A name that ends in .svg gives a drawing of the newest 4000 entries, any "
	                "other a text of all.\n"
	                "A file that exists is overwritten by the same command again within 10 s, "
	                "or at once by /ladder!.\n"
	                "Without a name it is the same as /view ladder.",
	        .asks = true,
	        .needs = NEEDS_SESSION,
	        .run = do_ladder,
	},
	{
	        .name = "code",
	        .group = "looking",
	        .usage = "python|c [file]",
	        .help = "write the session as a program\n"
	                "The very calls with the very bytes, in blocking style, ready to run.\n"
	                "It ends where the peer ends or sends less than then: how much came is a "
	                "comment, and no call waits longer than LIMIT, which is set at its top.\n"
	                "Only a server waits for its first client without one.\n"
	                "Without a file it is shown.\n"
	                "A file that exists is overwritten by the same command again within 10 s, "
	                "or at once by /code!.",
	        .asks = true,
	        .needs = NEEDS_SESSION,
	        .run = do_code,
	},
	{
	        .name = "why",
	        .letter = 'w',
	        .group = "looking",
	        .usage = "[error]",
	        .help = "explain the last error of the session, or one by its name\n"
	                "What happened, which host said so, what to try next. The name is an errno "
	                "value's: ECONNRESET.",
	        .needs = TAKES_SESSION,
	        .run = do_why,
	},
	{
	        .name = "stats",
	        .group = "looking",
	        .usage = "",
	        .help = "count calls, bytes and errors, for each session and each call\n"
	                "again counts the calls that were not ready: EAGAIN, EINPROGRESS.",
	        .needs = NEEDS_SESSION,
	        .run = do_stats,
	},
	{
	        .name = "socket",
	        .group = "step by step",
	        .usage = "tcp|udp [4|6] [as <name>]",
	        .help = "make a socket, and nothing else\n"
	                "It reads and accepts nothing by itself: each of the commands below is one "
	                "call on it,\n"
	                "made also where the kernel will refuse it. The default is 4, "
	                "for IPv4.\n"
	                "A call that would block is shown waiting; Ctrl-C on an empty line cancels "
	                "it.\n"
	                "What is typed is one send(). /resume makes it read by itself.",
	        .acts = ACTS_ALWAYS,
	        .run = do_socket,
	},
	{
	        .name = "bind",
	        .group = "step by step",
	        .usage = "[local-address] <port>",
	        .help = "give the socket its local address\n"
	                "Without an address it is 127.0.0.1, or ::1; * is every address; port 0 "
	                "takes a free one.\n"
	                "Only the first address of a name is used.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_bind,
	},
	{
	        .name = "backlog",
	        .group = "step by step",
	        .usage = "[number]",
	        .help = "listen(): let connections queue up\n"
	                "The number is how many may wait for /accept; the default is 5.\n"
	                "Without /bind before, the kernel chooses a port, on every address.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_backlog,
	},
	{
	        .name = "connect",
	        .group = "step by step",
	        .usage = "<address> [port]",
	        .help = "connect the socket\n"
	                "It is shown waiting until it is connected or refused; Ctrl-C cancels.\n"
	                "Only the first address of a name is used. On UDP nothing is sent: it "
	                "chooses the peer.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_connect,
	},
	{
	        .name = "accept",
	        .group = "step by step",
	        .usage = "[as <name>]",
	        .help = "take the next connection from the queue\n"
	                "It becomes a session, paused as this one is. Waits for one; Ctrl-C "
	                "cancels.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_accept,
	},
	{
	        .name = "recv",
	        .group = "step by step",
	        .usage = "[bytes] [peek|urgent|waitall]",
	        .help = "make one recv() into a buffer of that many bytes\n"
	                "The default is 1024, the most 1000000. On UDP it is recvfrom(), and what "
	                "of the\n"
	                "datagram does not fit is lost. peek leaves the bytes there, urgent gets "
	                "the urgent\n"
	                "byte, waitall waits until that many bytes have arrived. Waits for the "
	                "first byte;\n"
	                "Ctrl-C cancels. Works only on a paused session; see /pause.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_recv,
	},
	{
	        .name = "urgent",
	        .group = "step by step",
	        .usage = "<byte>",
	        .help = "send one byte as urgent data (MSG_OOB)\n"
	                "A character of ASCII, or hexadecimal digits after 0x: \"/urgent !\", "
	                "\"/urgent 0x21\".\n"
	                "The peer gets it by \"/recv urgent\", past what is in the stream before "
	                "it.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_urgent,
	},
	{
	        .name = "option",
	        .group = "step by step",
	        .usage = "[option] [value...]",
	        .help = "list the options of the socket, explain one, or set it\n"
	                "By name, by the part after its underscore, or by a beginning of either: "
	                "nodelay.\n"
	                "After setting, the value is read back: the kernel may have changed it.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_WITH_VALUE,
	        .run = do_option,
	},
	{
	        .name = "pause",
	        .group = "step by step",
	        .usage = "",
	        .help = "read and accept nothing by itself any more\n"
	                "What comes waits in the kernel: /recv and /accept take it, one call at a "
	                "time.\n"
	                "FIN and RST are noticed only there, and where a buffer is full the peer "
	                "must wait.\n"
	                "Bytes read with /recv do not reach the service.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_pause,
	},
	{
	        .name = "resume",
	        .group = "step by step",
	        .usage = "",
	        .help = "read and accept by itself again\n"
	                "A /recv or /accept that waits is cancelled.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_resume,
	},
	{
	        .name = "service",
	        .group = "servers",
	        .usage = "<service>",
	        .help = "choose what a server does with what it reads\n"
	                "A listener's clients follow it, also those that are here already.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_service,
	},
	{
	        .name = "set",
	        .group = "keeping",
	        .usage = "[setting] [value]",
	        .help = "show the settings, or change one\n"
	                "/help set explains them.\n"
	                "With @session, a setting that belongs to a session is set for that one "
	                "only.",
	        .needs = TAKES_SESSION,
	        .run = do_set,
	},
	{
	        .name = "help",
	        .letter = 'h',
	        .group = "keeping",
	        .usage = "[topic] [detail]",
	        .help = "list the commands, or explain one\n"
	                "Also anything else that has a name: \"/help echo\", \"/help set eol\", "
	                "\"/help nodelay\".",
	        .run = do_help,
	},
	{ 0 },
};
