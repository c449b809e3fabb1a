// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/wait.h"
#include "app/session_address.h"
#include "net/step.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	BACKLOG = 5, /* as in most textbooks */
	RECV_BYTES = 1024,
};

/* ---- words ---- */

static bool parse_number(const char *command, const char *text, int most, int *number,
                         struct error *error)
{
	size_t digits = strspn(text, "0123456789");
	char *end;
	long long value = strtoll(text, &end, 10);
	if (digits == 0 || *end || value > most) {
		error_usage(error, "%s: \"%.40s\" is not a number from 0 to %d", command, text,
		            most);
		return false;
	}
	*number = (int)value;
	return true;
}

static bool parse_how(const char *text, enum recv_how *how)
{
	static const struct {
		const char *name;
		enum recv_how how;
	} names[] = { { "peek", RECV_PEEK }, { "urgent", RECV_URGENT }, { "waitall", RECV_ALL } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i].name) == 0) {
			*how = names[i].how;
			return true;
		}
	return false;
}

/* "A", "0x41". */
static bool parse_byte(const char *text, unsigned char *byte, struct error *error)
{
	size_t len = strlen(text);
	bool hex = (len == 3 || len == 4) && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') &&
	           strspn(text + 2, "0123456789abcdefABCDEF") == len - 2;
	if (!hex && len != 1) {
		error_usage(
		        error,
		        "urgent: one byte goes at a time: a character of ASCII, or 0x00 to 0xff");
		return false;
	}
	*byte = hex ? (unsigned char)strtoul(text, NULL, 16) : (unsigned char)text[0];
	return true;
}

/* ---- opening ---- */

static int choose_family(const struct app *app, const char *word)
{
	if (word)
		return strcmp(word, "6") == 0 ? AF_INET6 : AF_INET;
	return app->defaults.family;
}

static enum command_result do_socket(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const struct args *args = invocation->args;
	struct session_options options = app->defaults;
	options.name = args->value[3];
	if (!command_choose_host(invocation, args->value[2], &options.host, error))
		return false;
	options.eol = app->settings.eol;
	options.family = choose_family(app, args->value[1]);
	enum transport transport = TRANSPORT_TCP;
	transport_find(args->value[0], strlen(args->value[0]), &transport);
	struct session *session = sessions_make_socket(app->sessions, transport, &options, error);
	if (session)
		app_select(app, session);
	return session != NULL;
}

/* Whether it is a path depends on the socket: only what looks like a port is checked. */
static bool check_port(const struct args *args, struct error *error)
{
	struct target ignored;
	const char *port = args->value[1];
	return !port || port[strspn(port, "0123456789")] ||
	       target_parse(&ignored, "*", port, TRANSPORT_TCP, true, error) ||
	       args_blame(args, 1, error);
}


static enum command_result do_bind(const struct invocation *invocation, struct error *error)
{
	const struct args *args = invocation->args;
	uint64_t since = transcript_end(invocation->app->transcript);
	return wait_for_call(invocation,
	                     step_bind(invocation->session, args->value[0], args->value[1], error),
	                     since, error);
}

static bool check_backlog(const struct args *args, struct error *error)
{
	int backlog;
	return !args->value[0] || parse_number("backlog", args->value[0], INT_MAX, &backlog, error) ||
	       args_blame(args, 0, error);
}

static enum command_result do_backlog(const struct invocation *invocation, struct error *error)
{
	const char *text = invocation->args->value[0];
	int backlog = BACKLOG;
	if (text && !parse_number("backlog", text, INT_MAX, &backlog, error))
		return false;
	return step_listen(invocation->session, backlog, error);
}

/* A lone word that no address can be is the name of a session; of a UNIX socket it is a path, unless a
 * session is called so. *own is NULL where it is none. */
static bool find_own(const struct invocation *invocation, const struct session **own,
                     struct error *error)
{
	const char *const *value = invocation->args->value;
	struct target ignored;
	bool is_unix = transport_is_unix(session_transport(invocation->session));
	*own = NULL;
	if (value[1] || !session_address_is_name(value[0]) || (is_unix && *value[0] == '@'))
		return true;
	if (!is_unix)
		target_parse(&ignored, value[0], NULL, TRANSPORT_TCP, false, error);
	*own = session_address_find(invocation->app, value[0], error);
	return *own || is_unix;
}

static enum command_result do_connect(const struct invocation *invocation, struct error *error)
{
	const struct args *args = invocation->args;
	const struct session *own;
	struct endpoint addr;
	char text[ENDPOINT_TEXT];
	if (!find_own(invocation, &own, error) ||
	    (own && !session_address_for(own, invocation->session, &addr, error)))
		return false;
	uint64_t since = transcript_end(invocation->app->transcript);
	return wait_for_call(invocation,
	                     step_connect(invocation->session,
	                                  own ? endpoint_format(&addr, text) : args->value[0],
	                                  args->value[1], error),
	                     since, error);
}

static enum command_result do_disconnect(const struct invocation *invocation, struct error *error)
{
	return step_disconnect(invocation->session, error);
}

static enum command_result do_accept(const struct invocation *invocation, struct error *error)
{
	uint64_t since = transcript_end(invocation->app->transcript);
	bool begun = step_accept(invocation->session, invocation->args->value[0], error);
	enum command_result result = wait_for_call(invocation, begun, since, error);
	invocation->wait->accepts = result == COMMAND_WAITING;
	return result;
}

/* ---- moving bytes ---- */

/* "/recv peek" leaves out the number. */
static bool parse_recv(const struct args *args, int *most, enum recv_how *how, struct error *error)
{
	const char *bytes = args->value[0], *word = args->value[1];
	*how = RECV_PLAIN;
	*most = RECV_BYTES;
	if (bytes && !word && parse_how(bytes, how))
		bytes = NULL;
	if (word)
		parse_how(word, how);
	return !bytes || parse_number("recv", bytes, SESSION_RECV_MOST, most, error) ||
	       args_blame(args, 0, error);
}

static bool check_recv(const struct args *args, struct error *error)
{
	int most;
	enum recv_how how;
	return parse_recv(args, &most, &how, error);
}

static enum command_result do_recv(const struct invocation *invocation, struct error *error)
{
	int most;
	enum recv_how how;
	if (!parse_recv(invocation->args, &most, &how, error))
		return false;
	uint64_t since = transcript_end(invocation->app->transcript);
	return wait_for_call(invocation, step_recv(invocation->session, (size_t)most, how, error),
	                     since, error);
}

static bool check_urgent(const struct args *args, struct error *error)
{
	unsigned char byte;
	return parse_byte(args->value[0], &byte, error) || args_blame(args, 0, error);
}

static enum command_result do_urgent(const struct invocation *invocation, struct error *error)
{
	unsigned char byte;
	return parse_byte(invocation->args->value[0], &byte, error) &&
	       step_send_urgent(invocation->session, byte, error);
}

/* ---- by itself or not ---- */

static enum command_result do_pause(const struct invocation *invocation, struct error *error)
{
	return step_pause(invocation->session, true, error);
}

static enum command_result do_resume(const struct invocation *invocation, struct error *error)
{
	return step_pause(invocation->session, false, error);
}

const struct command step_commands[] = {
	{
	        .name = "socket",
	        .group = "step by step",
	        .usage = TRANSPORT_NAMES " [4|6] [on <host>] [as <name>]",
	        .help = "make a socket, and nothing else\n"
	                "It reads and accepts nothing by itself: each of the commands below is one "
	                "call on it,\n"
	                "also if the kernel will refuse it. The default is 4, "
	                "for IPv4.\n"
	                "on left, on right: on a host of the sandbox, where it stays.\n"
	                "A call that would block is shown waiting; Ctrl-C on an empty line cancels "
	                "it.\n"
	                "What is typed is one send(). /resume makes it read by itself.",
	        .acts = ACTS_ALWAYS,
	        .run = do_socket,
	},
	{
	        .name = "bind",
	        .group = "step by step",
	        .usage = "[<local-address>] <port>",
	        .help = "give the socket its local address\n"
	                "That of a UNIX socket is a path, or an abstract name: @@name. "
	                "Without an address it is 127.0.0.1, or ::1; * is every address; port 0 "
	                "takes a free one.\n"
	                "Only the first address of a name is used.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .waits = true,
	        .check = check_port,
	        .run = do_bind,
	},
	{
	        .name = "backlog",
	        .group = "step by step",
	        .usage = "[<number>]",
	        .help = "listen(): let connections queue up\n"
	                "The default is 5. One more than the number may wait for /accept: Linux "
	                "adds one.\n"
	                "Without /bind before, the kernel chooses a port, on every address.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .check = check_backlog,
	        .run = do_backlog,
	},
	{
	        .name = "connect",
	        .group = "step by step",
	        .usage = "<address> [<port>]",
	        .help = "connect the socket\n"
	                "It is shown waiting until it is connected or refused; Ctrl-C cancels.\n"
	                "Without a port it is the name of a listener or a datagram socket of ours, as for "
	                "/open.\n"
	                "Only the first address of a name is used. That of a UNIX socket is a path, or "
	                "@@name. On UDP nothing is sent: it chooses the peer.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .waits = true,
	        .takes_name = true,
	        .check = check_port,
	        .run = do_connect,
	},
	{
	        .name = "disconnect",
	        .group = "step by step",
	        .usage = "",
	        .help = "undo the connect() of a UDP socket\n"
	                "It is one connect() with the address AF_UNSPEC, and nothing is sent. The "
	                "socket hears every sender again;\n"
	                "a port that connect() had chosen is free again.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .run = do_disconnect,
	},
	{
	        .name = "accept",
	        .group = "step by step",
	        .usage = "[as <name>]",
	        .help = "take the next connection from the queue\n"
	                "It becomes a session, paused as this one is, and the current one, unless "
	                "a line is being\n"
	                "typed when it comes. Waits for one; Ctrl-C cancels.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .waits = true,
	        .run = do_accept,
	},
	{
	        .name = "recv",
	        .group = "step by step",
	        .usage = "[<bytes>] [peek|urgent|waitall]",
	        .help = "make one recv() into a buffer of that many bytes\n"
	                "The default is 1024, the most 1000000. On UDP it is recvfrom(), and the "
	                "part of a\n"
	                "datagram that does not fit is lost. peek leaves the bytes there, urgent "
	                "gets the urgent\n"
	                "byte, waitall waits until that many bytes have arrived. It waits for the "
	                "first byte;\n"
	                "Ctrl-C cancels. Works only on a paused session; see /pause.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .waits = true,
	        .check = check_recv,
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
	        .check = check_urgent,
	        .run = do_urgent,
	},
	{
	        .name = "pause",
	        .group = "step by step",
	        .usage = "",
	        .help = "stop reading and accepting by itself\n"
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
	{ 0 },
};
