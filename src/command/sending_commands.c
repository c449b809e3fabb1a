// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <stdlib.h>
#include <string.h>

#include "app/send.h"
#include "app/session_address.h"
#include "base/alloc.h"
#include "base/escape.h"
#include "base/measure.h"
#include "net/lookup.h"

enum { FILL_MOST = 64000000 };

static bool send_decoded(const struct invocation *invocation, const char *text,
                         bool (*decode)(const char *text, struct buf *out, struct error *error),
                         struct error *error)
{
	struct buf bytes = { .max = SIZE_MAX };
	bool sent = decode(text, &bytes, error) &&
	            session_send(invocation->session, buf_data(&bytes), bytes.len, error);
	buf_free(&bytes);
	return sent;
}

static bool check_send(const struct args *args, struct error *error)
{
	struct buf bytes = { .max = SIZE_MAX };
	bool good = !args->value[0] || escape_decode(args->value[0], &bytes, error);
	buf_free(&bytes);
	return good || args_blame(args, 0, error);
}

static enum command_result do_send(const struct invocation *invocation, struct error *error)
{
	const char *text = invocation->args->value[0];
	if (!text && !session_has_messages(invocation->session)) {
		error_usage(error,
		            "send: needs text: a stream cannot send nothing, only datagrams and packets can");
		return false;
	}
	return send_decoded(invocation, text ? text : "", escape_decode, error);
}

static bool check_hex(const struct args *args, struct error *error)
{
	struct buf bytes = { .max = SIZE_MAX };
	bool good = escape_decode_hex(args->value[0], &bytes, error);
	buf_free(&bytes);
	return good || args_blame(args, 0, error);
}

static enum command_result do_hex(const struct invocation *invocation, struct error *error)
{
	return send_decoded(invocation, invocation->args->value[0], escape_decode_hex, error);
}

/* ---- /fill ---- */

static bool parse_size(const char *text, size_t *size)
{
	int64_t bytes;
	bool good = measure_parse_size(text, &bytes) && bytes > 0 && bytes <= FILL_MOST;
	*size = good ? (size_t)bytes : 0;
	return good;
}

/* Lines of 72 characters, each beginning with the next one, as RFC 864 has them. */
static void fill(char *bytes, size_t size)
{
	enum { LINE = 73, FIRST = ' ', COUNT = 95 };
	for (size_t i = 0; i < size; i++)
		bytes[i] =
		        i % LINE == LINE - 1 ? '\n' : (char)(FIRST + (i / LINE + i % LINE) % COUNT);
}

static bool check_fill(const struct args *args, struct error *error)
{
	size_t size;
	if (parse_size(args->value[0], &size))
		return true;
	error_usage(error,
	            "fill: \"%.40s\" is not a number of bytes from 1 to 64M: 400000, 400k, 2M",
	            args->value[0]);
	return args_blame(args, 0, error);
}

static enum command_result do_fill(const struct invocation *invocation, struct error *error)
{
	size_t size;
	parse_size(invocation->args->value[0], &size);
	char *bytes = xmalloc(size);
	fill(bytes, size);
	bool sent = session_send(invocation->session, bytes, size, error);
	free(bytes);
	return sent;
}

/* ---- /secret ---- */

static enum command_result do_secret(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	struct session *session = invocation->session;
	const char *text = invocation->args->value[0];
	if (!text && !app->attended) {
		error_usage(error,
		            "secret: nobody is there to type it: /secret $NAME takes it from "
		            "the environment");
		return false;
	}
	/* what would be refused anyway is refused before anyone types it */
	if (!text && (session_state(session) == SESSION_CLOSED || session_has_clients(session)))
		return session_send_secret(session, "", 0, error);
	if (!text) {
		app->secret_for = session_number(session);
		return true;
	}
	return send_secret(app, session, text, strlen(text), error);
}

/* ---- /to ---- */

static const struct peer *last_writer(const struct session *session)
{
	const struct peer *last = NULL;
	for (const struct peer *peer = NULL; (peer = session_next_peer(session, peer));)
		if (peer->received > 0 && (!last || peer->last > last->last))
			last = peer;
	return last;
}

/* The name of one of our sessions, which is a path of a UNIX socket where no session is called so. */
static const struct session *find_own(struct app *app, const struct session *session,
                                      const char *text, struct error *error)
{
	bool is_unix = transport_is_unix(session_transport(session));
	bool may_be = session_address_is_name(text) && !(is_unix && *text == '@');
	error_usage(error,
	            "to: \"%.40s\" is no number of a peer, no address:port and no session: /peers "
	            "lists them",
	            text);
	return may_be ? session_address_find(app, text, error) : NULL;
}

/* By its number, or "address:port", or the path of a UNIX socket, or the name of a session of ours. */
static bool parse_peer(const struct invocation *invocation, const char *text, unsigned *number,
                       struct error *error)
{
	struct session *session = invocation->session;
	struct endpoint addr;
	struct error why;
	size_t digits = strspn(text, "0123456789");
	if (digits && digits <= 9 && !text[digits]) {
		*number = (unsigned)strtoul(text, NULL, 10);
		return true;
	}
	const struct session *own = find_own(invocation->app, session, text, error);
	if (!own && !transport_is_unix(session_transport(session)) && !strchr(text, ':'))
		return false;
	if (own ? !session_address_for(own, session, &addr, &why)
	        : !session_find_address(session, text, &addr, &why)) {
		error_set(error, "to: %s", why.text);
		error->usage = why.usage;
		return false;
	}
	*number = session_meet_peer(session, &addr);
	return true;
}

static bool send_to_peer(const struct invocation *invocation, unsigned number, const char *text,
                         struct error *error)
{
	const struct session *session = invocation->session;
	const struct peer *peer =
	        number ? session_peer_numbered(session, number) : last_writer(session);
	if (peer) {
		struct endpoint to = peer->addr;
		return send_line_to(invocation->session, &to, text, strlen(text), error);
	}
	if (number)
		error_set(error, "to: there is no peer %u: /peers lists them", number);
	else
		error_set(error, "to: nobody has written yet");
	return false;
}

static enum command_result do_to(const struct invocation *invocation, struct error *error)
{
	struct session *session = invocation->session;
	const char *text = invocation->args->value[1];
	unsigned number;
	if (!session_has_peers(session)) {
		error_set(error, "to: only a UDP session has numbered peers; /session picks a TCP "
		                 "conversation");
		return false;
	}
	if (!parse_peer(invocation, invocation->args->value[0], &number, error))
		return false;
	if (text)
		return send_to_peer(invocation, number, text, error);
	if (!session_choose_peer(session, number, error))
		return false;
	if (number)
		app_note(invocation->app, "lines go to peer %u from now on", number);
	else
		app_note(invocation->app, "lines go to the last writer from now on");
	return true;
}

/* ---- /all ---- */

/* The result of a line to everyone. */
struct broadcast {
	const struct invocation *invocation;
	const char *text;
	size_t len;
	size_t sent, failed;
	struct error first; /* why the first one failed */
};

static void count_result(struct broadcast *broadcast, bool sent, const struct error *error)
{
	if (!sent && broadcast->failed == 0)
		broadcast->first = *error;
	if (sent)
		broadcast->sent++;
	else
		broadcast->failed++;
}

static void send_to_session(struct broadcast *broadcast, struct session *session)
{
	struct error error = { 0 };
	bool sent = send_line(session, broadcast->text, broadcast->len, &error);
	count_result(broadcast, sent, &error);
}

static void send_to_peers(struct broadcast *broadcast, struct session *session)
{
	for (const struct peer *peer = NULL; (peer = session_next_peer(session, peer));) {
		struct error error = { 0 };
		struct endpoint to = peer->addr;
		bool sent = send_line_to(session, &to, broadcast->text, broadcast->len, &error);
		count_result(broadcast, sent, &error);
	}
}

static void send_to_clients(struct broadcast *broadcast, const struct session *server)
{
	struct sessions *sessions = broadcast->invocation->app->sessions;
	for (size_t i = 0; i < sessions_count(sessions); i++) {
		struct session *session = sessions_at(sessions, i);
		if (session_listener(session) == session_number(server) &&
		    session_takes_data(session))
			send_to_session(broadcast, session);
	}
}

static void send_to_everyone(struct broadcast *broadcast)
{
	struct sessions *sessions = broadcast->invocation->app->sessions;
	for (size_t i = 0; i < sessions_count(sessions); i++) {
		struct session *session = sessions_at(sessions, i);
		if (session_state(session) != SESSION_OPEN || session_recording(session))
			continue;
		if (session_has_peers(session) && session_is_server(session))
			send_to_peers(broadcast, session);
		else if (!session_has_clients(session) && !session_is_shut(session))
			send_to_session(broadcast, session);
	}
}

static enum command_result do_all(const struct invocation *invocation, struct error *error)
{
	struct session *current = invocation->session;
	struct broadcast broadcast = { .invocation = invocation,
		                       .text = invocation->args->value[0] };
	broadcast.len = strlen(broadcast.text);
	if (current && session_has_clients(current))
		send_to_clients(&broadcast, current);
	else if (current && session_is_server(current))
		send_to_peers(&broadcast, current);
	else
		send_to_everyone(&broadcast);
	if (broadcast.failed > 0) {
		error_set(error, "all: sent to %zu of %zu: %.180s", broadcast.sent,
		          broadcast.sent + broadcast.failed, broadcast.first.text);
		return false;
	}
	if (broadcast.sent == 0) {
		error_set(error, "all: nobody is there to send to");
		return false;
	}
	app_note(invocation->app, "sent to %zu", broadcast.sent);
	return true;
}

const struct command sending_commands[] = {
	{
	        .name = "send",
	        .group = "sending",
	        .usage = "[<text...>]",
	        .help = "send text with escapes, without a line end\n"
	                "C escapes, and \\e, \\xHH, \\u{HEX}.\n"
	                "Example: \"/send GET / HTTP/1.0\\r\\n\\r\\n\".\n"
	                "Without text: an empty datagram, or an empty message of unixpacket.\n"
	                "Text that begins with @ is written with two: \"/send @@home\" sends "
	                "\"@home\".",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .check = check_send,
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
	        .check = check_hex,
	        .run = do_hex,
	},
	{
	        .name = "fill",
	        .group = "sending",
	        .usage = "<size>",
	        .help = "send that many bytes of text: 400000, 400k, 2M, 64Ki\n"
	                "k and M are 1000 and 1000000, Ki and Mi 1024 and 1048576, as everywhere.\n"
	                "Lines of 72 characters, so that windows, buffers and queues fill. At most "
	                "64M, and on UDP what one datagram can "
	                "carry.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .check = check_fill,
	        .run = do_fill,
	},
	{
	        .name = "secret",
	        .group = "sending",
	        .usage = "[<text...>]",
	        .help = "send a line that is shown and kept nowhere\n"
	                "Without text, the next line is typed unseen: Enter sends it, Escape or "
	                "Ctrl-C drops it.\n"
	                "If it is refused, the next line is typed unseen, too, and dropped.\n"
	                "Views and files show a star for each byte of it, and no search finds it.\n"
	                "The same goes for what comes back with it in it, if it has at least 4 bytes.\n"
	                "In a file $NAME may also be a variable of the environment.",
	        .acts = ACTS_ALWAYS,
	        .hides = true,
	        .needs = NEEDS_SESSION,
	        .run = do_secret,
	},
	{
	        .name = "to",
	        .group = "sending",
	        .usage = "<peer> [<text...>]",
	        .help = "send a line to one peer of datagrams, or choose it\n"
	                "By its number in /peers, or by address:port, both as numbers; a socket "
	                "that is not connected, of /socket udp, can send to any. Of UNIX datagrams "
	                "by path, or @@name for an abstract name. Or by the name of a datagram socket of "
	                "ours, which means its address, as for /open.\n"
	                "Without text: plain lines go to that peer from now on.\n"
	                "Peer 0 is whoever wrote last.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .takes_name = true,
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
	{ 0 },
};
