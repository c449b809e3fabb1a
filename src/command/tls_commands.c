// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/command.h"

#include <string.h>

#include "net/tls/tls.h"
#include "net/tls_stream.h"

/* What follows /tls, as its usage numbers it. */
enum { TLS_UPDATE, TLS_NAME, TLS_ALPN, TLS_VERIFY, TLS_CA, TLS_CERT, TLS_KEY, TLS_PIN };

static struct tls_settings settings_of(const struct args *args)
{
	const char *const *value = args->value;
	return (struct tls_settings){
		.unverified = value[TLS_VERIFY] && strcmp(value[TLS_VERIFY], "off") == 0,
		.verifies_clients = value[TLS_VERIFY] && strcmp(value[TLS_VERIFY], "on") == 0,
		.server_name = value[TLS_NAME],
		.alpn = value[TLS_ALPN],
		.cert = value[TLS_CERT],
		.key = value[TLS_KEY],
		.pin = value[TLS_PIN],
		.ca = value[TLS_CA],
	};
}

/* The first word after the name; TLS_NAME = there is none. */
static size_t first_word(const struct args *args)
{
	for (size_t i = TLS_ALPN; i <= TLS_PIN; i++)
		if (args->value[i])
			return i;
	return TLS_NAME;
}

static bool check_tls(const struct args *args, struct error *error)
{
	const char *verify = args->value[TLS_VERIFY];
	if (verify && strcmp(verify, "on") != 0 && strcmp(verify, "off") != 0) {
		error_usage(error, "tls: verify on or verify off");
		return args_blame(args, TLS_VERIFY, error);
	}
	const char *name = args->value[TLS_NAME];
	if (name && (strcmp(name, "off") == 0 || strcmp(name, "on") == 0)) {
		error_usage(error, "/tls begins TLS and takes no \"%s\": /reconnect begins in clear",
		            name);
		return args_blame(args, TLS_NAME, error);
	}
	if (name && !tls_check_server_name(name, error))
		return args_blame(args, TLS_NAME, error);
	const struct tls_settings settings = settings_of(args);
	if (args->value[TLS_UPDATE] && (args->value[TLS_NAME] || first_word(args) != TLS_NAME)) {
		error_usage(error, "/tls update takes no other word");
		return args_blame(args, TLS_UPDATE, error);
	}
	return tls_check_settings(&settings, error) || args_blame(args, first_word(args), error);
}

/* A script goes on when the handshake is over. */
static enum command_result check_handshake(struct app *app, struct wait *wait, bool over,
                                           struct error *error)
{
	const struct session *session = sessions_numbered(app->sessions, wait->session);
	(void)over;
	if (session && session_is_securing(session))
		return COMMAND_WAITING;
	if (session && session_state(session) == SESSION_OPEN)
		return COMMAND_DONE;
	error_set(error, "session %u: the TLS handshake has failed", wait->session);
	return COMMAND_FAILED;
}

static enum command_result do_tls(const struct invocation *invocation, struct error *error)
{
	const struct tls_settings settings = settings_of(invocation->args);
	if (invocation->args->value[TLS_UPDATE])
		return tls_stream_update_keys(invocation->session, error);
	if (!tls_stream_upgrade(invocation->session, &settings, error))
		return COMMAND_FAILED;
	if (app_other_end(invocation->app, invocation->session) &&
	    session_is_accepted(invocation->session))
		return COMMAND_DONE; /* the other end is ours, too, and begins it */
	*invocation->wait = (struct wait){ .check = check_handshake,
		                           .session = session_number(invocation->session),
		                           .in_session = true };
	return COMMAND_WAITING;
}

const struct command tls_commands[] = {
	{
	        .name = "tls",
	        .group = "sessions",
	        .usage = "[update] [<server-name>] [alpn <protocols>] [verify <on-or-off>] [ca <file>] "
	                 "[cert <file>] [key <file>] [pin <fingerprint>]",
	        .help = "begin TLS on an open session, in place\n"
	                "For protocols that begin in clear: ask the peer in its own words, such as "
	                "STARTTLS, and when it agrees, type /tls. What comes before that is clear, "
	                "what is "
	                "sent after it waits for the end of the handshake.\n"
	                "The certificate must be for the server name, by default the host as it "
	                "was opened. "
	                "verify off takes any certificate, pin the only one with this fingerprint; ca is "
	                "a file in PEM of authorities in place of those of this machine. alpn offers "
	                "protocols, with commas between them: h2,http/1.1; cert and key are files in PEM, "
	                "for a server that asks who we are.\n"
	                "On a client of a listener, it is the server's end, which takes alpn, cert, key, "
	                "ca and verify; the server name and pin are for the client's end. Without cert and "
	                "key a certificate is made, and with ca the client is asked for one that an authority of "
	                "the file has signed, with verify on, for one that an authority of this machine has signed.\n"
	                "The next line of a script waits for the end of the handshake, but at the "
	                "server's end not where the client is ours, too.\n"
	                "After /reconnect the session begins in clear again.\n"
	                "/set clear off shows what an eavesdropper sees of it.\n"
	                "update, on a session that speaks TLS 1.3, changes the keys, and asks the peer to "
	                "change its.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .waits = true,
	        .check = check_tls,
	        .run = do_tls,
	},
	{ 0 },
};
