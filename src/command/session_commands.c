// SPDX-License-Identifier: GPL-3.0-or-later
#include "command/wait.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "app/leave.h"
#include "app/session_address.h"
#include "base/alloc.h"
#include "base/count.h"
#include "net/reconnect.h"
#include "net/service.h"
#include "net/tls/tls.h"

/* What follows /open, as its usage numbers it. */
enum {
	OPEN_TRANSPORT,
	OPEN_ADDRESS,
	OPEN_PORT,
	OPEN_HOST,
	OPEN_AS,
	OPEN_VERIFY,
	OPEN_CA,
	OPEN_CERT,
	OPEN_KEY,
	OPEN_ALPN,
	OPEN_SERVER_NAME,
	OPEN_PIN
};

static struct tls_settings tls_of_open(const struct args *args)
{
	const char *const *value = args->value;
	return (struct tls_settings){
		.unverified = value[OPEN_VERIFY] && strcmp(value[OPEN_VERIFY], "off") == 0,
		.ca = value[OPEN_CA],
		.cert = value[OPEN_CERT],
		.key = value[OPEN_KEY],
		.alpn = value[OPEN_ALPN],
		.server_name = value[OPEN_SERVER_NAME],
		.pin = value[OPEN_PIN],
	};
}

/* The first word that is for TLS alone; OPEN_AS = there is none. */
static size_t first_of_tls(const struct args *args)
{
	for (size_t i = OPEN_VERIFY; i <= OPEN_PIN; i++)
		if (args->value[i])
			return i;
	return OPEN_AS;
}

static bool parse_open(const struct args *args, struct target *target, struct error *error)
{
	return target_parse_words(target, args->value[OPEN_TRANSPORT], args->value[OPEN_ADDRESS],
	                          args->value[OPEN_PORT], false, error);
}

static bool may_be_session(const struct args *args)
{
	return !args->value[OPEN_PORT] && session_address_is_name(args->value[OPEN_ADDRESS]);
}

static bool check_open(const struct args *args, struct error *error)
{
	struct target target;
	const char *verify = args->value[OPEN_VERIFY];
	if (verify && strcmp(verify, "off") != 0 && strcmp(verify, "on") != 0) {
		error_usage(error, "open: verify on or verify off");
		return args_blame(args, OPEN_VERIFY, error);
	}
	const struct tls_settings tls = tls_of_open(args);
	if (tls.server_name && !tls_check_server_name(tls.server_name, error))
		return args_blame(args, OPEN_SERVER_NAME, error);
	if (!tls_check_settings(&tls, error))
		return args_blame(args, first_of_tls(args), error);
	return parse_open(args, &target, error) || may_be_session(args) ||
	       args_blame(args, args->value[OPEN_PORT] ? OPEN_PORT : OPEN_ADDRESS, error);
}

/* "/open S": the address of that session, of its kind; *host is where to start. */
static bool find_own(const struct invocation *invocation, struct target *target, enum host *host,
                     struct error *error)
{
	struct app *app = invocation->app;
	const char *const *value = invocation->args->value;
	const struct session *own = session_address_find(app, value[OPEN_ADDRESS], error);
	struct endpoint addr;
	if (!own || !session_address_get(own, app->defaults.family, host, &addr, error))
		return false;
	target_set_endpoint(target, &addr, session_transport(own));
	const char *name = transport_name(target->transport), *asked = value[OPEN_TRANSPORT];
	bool tls = asked && strcmp(asked, "tls") == 0 && target->transport == TRANSPORT_TCP;
	target->tls = tls || (!asked && session_security(own) != SESSION_PLAIN);
	if (!asked || tls || strcmp(asked, name) == 0)
		return true;
	error_usage(error, "session %u (%s) is %s: leave out \"%s\"", (unsigned)session_number(own),
	            session_name(own), transport_title(target->transport), value[OPEN_TRANSPORT]);
	return false;
}

static enum command_result do_open(const struct invocation *invocation, struct error *error)
{
	const struct args *args = invocation->args;
	struct app *app = invocation->app;
	struct target target;
	bool lone = !args->value[OPEN_TRANSPORT] && !args->value[OPEN_PORT];
	const struct named_target *named =
	        lone ? named_target_find(&app->targets, args->value[OPEN_ADDRESS]) : NULL;
	struct session_options options = app->defaults;
	const struct tls_settings tls = tls_of_open(args);
	size_t of_tls = first_of_tls(args);
	options.tls = &tls;
	options.name = args->value[OPEN_AS];
	if (!command_choose_host(invocation, args->value[OPEN_HOST], &options.host, error))
		return false;
	if (!named && !parse_open(args, &target, error) &&
	    !(may_be_session(args) && find_own(invocation, &target, &options.host, error)))
		return false;
	if (of_tls != OPEN_AS && !(named ? named->target.tls : target.tls)) {
		struct element elements[GRAMMAR_MAX];
		grammar_elements(invocation->command->usage, elements);
		error_usage(error, "%.*s is for TLS: /open tls HOST PORT", (int)elements[of_tls].literals_len,
		            elements[of_tls].literals);
		return args_blame(args, of_tls, error);
	}
	uint64_t since = transcript_end(app->transcript);
	return wait_for_opening(invocation,
	                        named ? app_open_named(app, named, &options, error)
	                              : app_open(app, &target, &options, error),
	                        since);
}

static bool is_port(const char *word)
{
	return *word && word[strspn(word, "0123456789")] == '\0';
}

static bool is_word(const char *word)
{
	return isalpha((unsigned char)*word) && !strpbrk(word, ".:");
}

/* "/listen unix /tmp/x echo", "/listen unix:@x echo" */
static bool is_unix(const char *transport, const char *address)
{
	enum transport named;
	size_t len = transport ? strlen(transport) : strcspn(address, ":");
	return transport_find(transport ? transport : address, len, &named) &&
	       transport_is_unix(named) && (transport || address[len] == ':');
}

/* A word that is not nearly a service may be an address. */
static void explain_order(const char *word, struct error *error)
{
	size_t nearest;
	struct error why = *error;
	if (choice_nearest(&service_names, word, strlen(word), &nearest, 1) == 0)
		error_usage(error, "%s; an address comes before its port", why.text);
}

static bool names_service(const char *text)
{
	char *name = xstrndup(text, strcspn(text, " "));
	bool names = service_find(name);
	free(name);
	return names;
}

/* What follows /listen, as its usage numbers it. */
enum {
	LISTEN_TRANSPORT,
	LISTEN_ADDRESS,
	LISTEN_PORT,
	LISTEN_SERVICE,
	LISTEN_ITERATIVE,
	LISTEN_TLS,
	LISTEN_ON,
	LISTEN_AS,
	LISTEN_MAX,
	LISTEN_CERT,
	LISTEN_KEY,
	LISTEN_CA,
	LISTEN_ALPN,
	LISTEN_VERIFY
};

static struct tls_settings tls_of_listen(const struct args *args)
{
	const char *verify = args->value[LISTEN_VERIFY];
	return (struct tls_settings){ .server = true,
		                      .unverified = verify && strcmp(verify, "off") == 0,
		                      .verifies_clients = verify && strcmp(verify, "on") == 0,
		                      .cert = args->value[LISTEN_CERT],
		                      .key = args->value[LISTEN_KEY],
		                      .ca = args->value[LISTEN_CA],
		                      .alpn = args->value[LISTEN_ALPN] };
}

/* The first word that is for TLS alone, other than tls; LISTEN_TLS = there is none. */
static size_t first_of_tls_listen(const struct args *args)
{
	for (size_t i = LISTEN_CERT; i <= LISTEN_VERIFY; i++)
		if (args->value[i])
			return i;
	return LISTEN_TLS;
}

static bool choose_tls(const struct args *args, struct target *target, struct error *error)
{
	const struct tls_settings tls = tls_of_listen(args);
	const char *verify = args->value[LISTEN_VERIFY];
	size_t blamed = first_of_tls_listen(args);
	target->tls = target->tls || args->value[LISTEN_TLS];
	if (target->tls && target->transport != TRANSPORT_TCP) {
		error_usage(error, "tls is on top of TCP, not of %s",
		            transport_title(target->transport));
		blamed = args->value[LISTEN_TLS] ? LISTEN_TLS : LISTEN_PORT;
	} else if ((tls.cert || tls.key) && !target->tls) {
		error_usage(error, "cert and key are for TLS: /listen 8443 tls cert FILE key FILE");
	} else if ((tls.ca || tls.alpn || verify) && !target->tls) {
		error_usage(error, "%s is for TLS: /listen 8443 tls",
		            tls.ca     ? "ca"
		            : tls.alpn ? "alpn"
		                       : "verify");
	} else if (verify && !tls.verifies_clients && !tls.unverified) {
		error_usage(error, "listen: verify on or verify off");
		blamed = LISTEN_VERIFY;
	} else if (tls_check_settings(&tls, error)) {
		return true;
	}
	return args_blame(args, blamed, error);
}

/* "/listen 7001 echo": the usage takes these for an address and a port, but no address is a lone
 * number. "/listen localhost:7001 echo", "/listen unix:///path echo": nor is a service a port. */
static bool parse_listen(const struct args *args, struct target *target,
                         const struct service **service, struct serving **serving,
                         struct error *error)
{
	const char *address = args->value[LISTEN_ADDRESS], *port = args->value[LISTEN_PORT];
	const char *named = args->value[LISTEN_SERVICE];
	bool iterative = args->value[LISTEN_ITERATIVE];
	bool is_path = address && is_unix(args->value[LISTEN_TRANSPORT], address);
	bool is_short = address && !named &&
	                (names_service(port) || (!is_path && is_port(address) && is_word(port)));
	if (is_short) {
		named = port;
		port = address;
		address = NULL;
	}
	*serving = NULL;
	*service = NULL;
	if (named || iterative) {
		char *text = xasprintf("%s%s", named ? named : "none", iterative ? " iterative" : "");
		*service = service_parse(text, serving, error);
		free(text);
	}
	if (named && !*service) {
		if (is_short && !names_service(named))
			explain_order(named, error);
		return args_blame(args, is_short ? LISTEN_PORT : LISTEN_SERVICE, error);
	}
	if (!target_parse_words(target, args->value[LISTEN_TRANSPORT], address ? address : port,
	                        address ? port : NULL, true, error))
		args_blame(args, LISTEN_PORT, error);
	else if (choose_tls(args, target, error))
		return true;
	serving_release(*serving);
	return false;
}

/* In the words of the setting. */
static bool parse_most(const struct args *args, const struct target *target,
                       struct session_limits *limits, struct error *error)
{
	struct settings settings = { 0 };
	const char *most = args->value[LISTEN_MAX];
	if (!most)
		return true;
	if (target->transport == TRANSPORT_UDP || target->transport == TRANSPORT_UNIXGRAM)
		error_usage(error, "max is for listeners: datagrams have no clients");
	else if (setting_set(setting_find("max-clients", error), &settings, most, error))
		limits->clients = (unsigned)settings.max_clients;
	return limits->clients || args_blame(args, LISTEN_MAX, error);
}

static bool check_listen(const struct args *args, struct error *error)
{
	struct target target = { 0 };
	const struct service *service;
	struct serving *serving;
	struct session_limits limits = { 0 };
	if (!parse_listen(args, &target, &service, &serving, error))
		return false;
	serving_release(serving);
	return parse_most(args, &target, &limits, error);
}

static enum command_result do_listen(const struct invocation *invocation, struct error *error)
{
	const struct args *args = invocation->args;
	struct target target = { 0 };
	struct session_limits limits = { 0 };
	struct session_options options = invocation->app->defaults;
	const struct tls_settings tls = tls_of_listen(args);
	options.tls = &tls;
	options.limits = &limits;
	options.name = args->value[LISTEN_AS];
	if (!command_choose_host(invocation, args->value[LISTEN_ON], &options.host, error) ||
	    !parse_listen(args, &target, &options.service, &options.serving, error))
		return false;
	if (!parse_most(args, &target, &limits, error)) {
		serving_release(options.serving);
		return false;
	}
	uint64_t since = transcript_end(invocation->app->transcript);
	struct session *session = app_listen(invocation->app, &target, &options, error);
	serving_release(options.serving);
	return wait_for_opening(invocation, session, since);
}

/* Repeats how a session has changed since this position, if its pane is not shown. */
static void repeat_states(struct app *app, const struct session *session, uint64_t since)
{
	struct buf text = { .max = SIZE_MAX };
	const struct transcript *transcript = app->transcript;
	if (session == app->current)
		return;
	for (uint64_t at = transcript_next(transcript, since); at != TRANSCRIPT_NONE;
	     at = transcript_next(transcript, at)) {
		const struct entry *entry = transcript_at(transcript, at);
		if (entry->session != session_number(session) || entry->call != CALL_STATE)
			continue;
		buf_append_text(&text, text.len ? "; " : "");
		buf_append(&text, entry_payload(entry), entry->len);
	}
	app_note(app, "session %u: %s", (unsigned)session_number(session), buf_text(&text));
	buf_free(&text);
}

static enum command_result do_close(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	uint64_t since = transcript_newest(app->transcript);
	if (!session_close(invocation->session, error))
		return false;
	repeat_states(app, invocation->session, since);
	return true;
}

static enum command_result do_forget(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	char name[SESSION_NAME];
	if (invocation->args->value[0]) {
		size_t count = app_forget_ended(app);
		if (count)
			app_note(app, "%zu ended session%s forgotten", count, count_plural(count));
		else
			app_note(app, "no session has ended");
		return true;
	}
	if (!invocation->session)
		return app_need_session(app, error) != NULL;
	uint32_t number = session_number(invocation->session);
	snprintf(name, sizeof name, "%s", session_name(invocation->session));
	if (!app_forget(app, invocation->session, error))
		return false;
	app_note(app, "session %u (%s) forgotten", (unsigned)number, name);
	return true;
}

static enum command_result do_abort(const struct invocation *invocation, struct error *error)
{
	return session_abort(invocation->session, error);
}

static enum command_result do_shutdown(const struct invocation *invocation, struct error *error)
{
	const char *what = invocation->args->value[0];
	int how = strcmp(what, "read") == 0    ? SHUT_RD
	          : strcmp(what, "write") == 0 ? SHUT_WR
	                                       : SHUT_RDWR;
	return session_shutdown(invocation->session, how, error);
}

static enum command_result do_reconnect(const struct invocation *invocation, struct error *error)
{
	session_set_timeout(invocation->session, invocation->app->settings.timeout);
	uint64_t since = transcript_end(invocation->app->transcript);
	return reconnect_now(invocation->session, error)
	               ? wait_for_opening(invocation, invocation->session, since)
	               : COMMAND_FAILED;
}

/* In the order of the tabs; the first follows the last. */
static struct session *find_neighbour(const struct app *app, bool next)
{
	size_t count = sessions_count(app->sessions), at = 0;
	while (at < count && sessions_at(app->sessions, at) != app->current)
		at++;
	return count ? sessions_at(app->sessions, (at + (next ? 1 : count - 1)) % count) : NULL;
}

static enum command_result do_session(const struct invocation *invocation, struct error *error)
{
	struct app *app = invocation->app;
	const char *step = invocation->args->value[0], *name = invocation->args->value[1];
	struct session *session = NULL;
	if (step && !app_need_session(app, error))
		return false;
	if (step)
		session = find_neighbour(app, strcmp(step, "next") == 0);
	else if (name)
		session = app_find_session(app, name, error);
	else
		error_usage(error, "session: needs a session: /session next|previous|<session>");
	if (session)
		app_select(app, session);
	return session != NULL;
}

static enum command_result do_name(const struct invocation *invocation, struct error *error)
{
	return session_rename(invocation->session, invocation->args->value[0], error);
}

static enum command_result do_quit(const struct invocation *invocation, struct error *error)
{
	if (!invocation->forced)
		return leave_begin(invocation->app, "/quit", error);
	invocation->app->quit = true;
	return true;
}

const struct command session_commands[] = {
	{
	        .name = "open",
	        .letter = 'o',
	        .group = "sessions",
	        .usage = "[" TARGET_SCHEMES "] <address> [<port>] [from|on <host>] [as <name>] "
	                 "[verify <on-or-off>] [ca <file>] [cert <file>] [key <file>] [alpn <protocols>] "
	                 "[servername <server-name>] [pin <fingerprint>]",
	        .help = "open a TCP conversation, or a session of another kind\n"
	                "The address is a name or a number; host:port, [v6]:port, tcp:// and "
	                "udp:// work.\n"
	                "A lone word is the name of a target (/help target), or of one of our sessions "
	                "with an address, a listener or a datagram socket: /open S goes to where S is, "
	                "by its kind, with TLS where S has it; /open tcp S is without. For a wildcard "
	                "address it is the loopback. @S is always the session, never a target.\n"
	                "Of a UNIX socket it is a path, or @name for an abstract name: "
	                "unix:///path, unix:@name; datagrams: unixgram:///path, packets: "
	                "unixpacket:///path. \\x20 stands for a blank in it.\n"
	                "tls, or tls://host:port, is TCP with TLS on top: the certificate must be for the "
	                "address as it was written, from an authority of this machine, and of today, or "
	                "the attempt ends with the reason. verify off takes any; the status line says so "
	                "as long as the session is open. ca is a file in PEM of other authorities; pin the "
	                "fingerprint sha256:... of the only certificate that is taken. cert and key, files "
	                "in PEM, are for a server that asks who we are; alpn offers protocols: h2,http/1.1; "
	                "servername is whom the certificate must name, and what the server is asked for "
	                "(SNI).\n"
	                "The addresses of a name are tried in turn, IPv6 and IPv4 by turns: the "
	                "next one 250 ms after one that does not answer, or at once after one that "
	                "fails. The first to answer is the peer, the others are closed; /set "
	                "timeout is the limit for all. At most 4 names are looked up at a time; "
	                "the others wait.\n"
	                "In the sandbox, a conversation with left or right starts on the other "
	                "one; from, or on, names the host on which it starts, and whose loopback "
	                "127.0.0.1 is then.\n"
	                "The new session becomes the current one.",
	        .acts = ACTS_ALWAYS,
	        .waits = true,
	        .takes_name = true,
	        .check = check_open,
	        .run = do_open,
	},
	{
	        .name = "listen",
	        .letter = 'l',
	        .group = "sessions",
	        .usage = "[" TARGET_SCHEMES "] [<local-address>] <port> [<service>] [iterative] "
	                 "[tls] [on <host>] [as <name>] [max <number>] [cert <file>] [key <file>] [ca <file>] "
	                 "[alpn <protocols>] [verify <on-or-off>]",
	        .help = "serve clients, or the peers of datagrams\n"
	                "Without a local address only this machine reaches it; * stands for every "
	                "address, 0.0.0.0 for every IPv4 one, :: for every IPv6 one.\n"
	                "In the sandbox, the addresses of left and right are on these hosts; on "
	                "left "
	                "and on right are for their loopback, 0.0.0.0 and ::.\n"
	                "Port 0 takes a free port and says which. /help services lists the "
	                "services; one that takes words is chosen by /service afterwards.\n"
	                "max is how many clients it accepts at a time, as /set max-clients does; "
	                "iterative: one after the other. The others wait in the queue that /info "
	                "shows. /allow and /deny choose where clients may come from.\n"
	                "A UNIX path takes the place of address and port: /listen unix:///path. "
	                "The file of a program that has ended is replaced, any other stays; "
	                "its own is removed at the end.\n"
	                "tls, first or anywhere after the port, puts TLS on top of TCP; without cert and key, files in PEM, a certificate is "
	                "made for localhost, valid for 30 days. Its fingerprint is shown. With ca, a file in PEM of "
	                "authorities, clients are asked for a certificate that one of them has signed; without "
	                "it nobody is served. With verify on, an authority of this machine must have signed it.\n"
	                "Each client becomes a session of its own; /peers lists the peers of "
	                "datagrams.",
	        .acts = ACTS_ALWAYS,
	        .waits = true,
	        .check = check_listen,
	        .run = do_listen,
	},
	{
	        .name = "close",
	        .letter = 'c',
	        .group = "sessions",
	        .usage = "",
	        .help = "close the session\n"
	                "Queued data that the kernel takes at once is sent first.\n"
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
	        .acts = ACTS_BY_NO_CALL,
	        .run = do_forget,
	},
	{
	        .name = "abort",
	        .group = "sessions",
	        .usage = "",
	        .help = "close at once with a reset (RST)\n"
	                "Queued data is lost.",
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
	                "It connects to the same address; a listener listens again. A session "
	                "whose peer has closed\n"
	                "its side is closed first. What /option has set is set again. /set "
	                "reconnect on does it by itself.",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_ALWAYS,
	        .waits = true,
	        .run = do_reconnect,
	},
	{
	        .name = "session",
	        .group = "sessions",
	        .usage = "[next|previous] [<session>]",
	        .help = "switch to another session\n"
	                "By number or name; a unique prefix of the name is enough. Or the next "
	                "one, "
	                "or the one before, in the order of the tabs.",
	        .run = do_session,
	},
	{
	        .name = "name",
	        .group = "sessions",
	        .usage = "<name>",
	        .help = "give the session another name",
	        .needs = NEEDS_SESSION,
	        .acts = ACTS_BY_NO_CALL,
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
	                "In the start-up file and in scripts it waits until all is sent, at most "
	                "as long as /set "
	                "timeout says.",
	        .asks = true,
	        .run = do_quit,
	},
	{ 0 },
};
