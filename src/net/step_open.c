// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/session_internal.h"

enum { CALL_TEXT = ENDPOINT_TEXT + 16 };

static unsigned number(const struct session *session)
{
	return session->caller.session;
}

static bool is_udp(const struct session *session)
{
	return session->kind == &datagram_kind;
}

/* ---- socket() ---- */

static struct open_parameters *make_recipe(bool udp, const struct session_options *options)
{
	struct open_parameters *open_parameters = xcalloc(1, sizeof *open_parameters);
	open_parameters->target.transport = udp ? TRANSPORT_UDP : TRANSPORT_TCP;
	open_parameters->options.numeric = options->numeric;
	open_parameters->options.family = options->family ? options->family : AF_INET;
	return open_parameters;
}

static void name_socket(struct session *session, const char *name)
{
	snprintf(session->name, sizeof session->name, "%s",
	         name ? name : transport_name(session_transport(session)));
	session->named = name != NULL;
}

static void open_socket(struct session *session)
{
	int family = session->open_parameters->options.family;
	int fd = session_socket(session, family);
	if (fd >= 0) {
		session->state = SESSION_FRESH;
		session->fd[session->fd_count++] = fd;
		session_report(session, 0, "socket() = %d: %s over %s, paused", fd,
		               transport_title(session_transport(session)),
		               endpoint_family_name(family));
	} else if (errno == ERANGE) {
		session_finish(session, SESSION_ENDED_FAILED, "no socket");
	} else {
		session_finish(session, SESSION_ENDED_FAILED, "socket() = -1 %s: %s",
		               error_name(errno), error_why(errno));
	}
}

struct session *sessions_make_socket(struct sessions *sessions, bool udp,
                                     const struct session_options *options, struct error *error)
{
	static const struct session_options none;
	if (!options)
		options = &none;
	if (options->name && !session_check_name(sessions, NULL, options->name, error))
		return NULL;
	struct session *session = session_new(sessions, udp ? &datagram_kind : &stream_kind);
	session->open_parameters = make_recipe(udp, options);
	session->stepped = session->paused = true;
	session->eol = options->eol;
	buf_init(&session->queue, options->queue_max ? options->queue_max : SESSION_QUEUE);
	name_socket(session, options->name);
	open_socket(session);
	return session;
}

/* ---- the address ---- */

static const char *reach(const struct endpoint *addr)
{
	if (endpoint_is_loopback(addr))
		return " (loopback only)";
	if (!endpoint_is_any(addr))
		return "";
	return endpoint_is_ipv6(addr)
	               ? " (every address of this machine, IPv4 too unless IPV6_V6ONLY is set)"
	               : " (every IPv4 address of this machine)";
}

static const char *local_text(const struct session *session, char out[ENDPOINT_TEXT])
{
	return endpoint_format(&session->local[0], out);
}

static void learn_local(struct session *session)
{
	char port[8];
	call_getsockname(&session->caller, session->fd[0], &session->local[0]);
	snprintf(port, sizeof port, "%u", session->local[0].port);
	if (session->stepped)
		session_name_server(session, port);
}

static enum step_end bind_now(struct session *session, const struct endpoint *addr,
                              struct error *error)
{
	char text[ENDPOINT_TEXT], call[CALL_TEXT];
	snprintf(call, sizeof call, "bind(%s)", endpoint_format(addr, text));
	if (call_bind(&session->caller, session->fd[0], addr) < 0) {
		step_fail(session, CALL_BIND, call, errno, error);
		return STEP_FAILED;
	}
	learn_local(session);
	session_report(session, 0, "bound to %s%s", local_text(session, text),
	               reach(&session->local[0]));
	if (is_udp(session)) {
		session->open_parameters->listening = true; /* it answers whoever writes */
		session->state = SESSION_OPEN;
	}
	return STEP_DONE;
}

/* ---- listen() ---- */

static bool may_open(const struct session *session, struct error *error)
{
	if (!step_may_begin(session, error))
		return false;
	if (session->paused || session->stepped)
		return true;
	error_set(error, "/pause first: session %u makes its calls by itself", number(session));
	return false;
}

bool step_listen(struct session *session, int backlog, struct error *error)
{
	char call[CALL_TEXT], text[ENDPOINT_TEXT];
	if (!may_open(session, error))
		return false;
	snprintf(call, sizeof call, "listen(%d)", backlog);
	if (call_listen(&session->caller, session->fd[0], backlog) < 0)
		return step_fail(session, CALL_LISTEN, call, errno, error);
	bool chosen = !endpoint_is_set(&session->local[0]);
	session->kind = &listener_kind;
	session->state = SESSION_LISTENING;
	if (session->open_parameters)
		session->open_parameters->listening = true;
	if (chosen)
		learn_local(session);
	session_report(session, 0, "listening on %s%s%s; about %d may wait for /accept",
	               local_text(session, text), reach(&session->local[0]),
	               chosen ? ": without bind() the kernel chose" : "", backlog);
	return true;
}

/* ---- connect() ---- */

/* Linux counts a socket as connecting until connect() is asked once more, see connect(2) EALREADY:
 * only then does it say EISCONN to the next one, or try anew behind a failure. A blocking connect()
 * has that behind it. */
static void settle(struct session *session, const struct endpoint *addr)
{
	uint8_t flags = session->caller.flags;
	session->caller.flags |= ENTRY_WATCHING;
	call_connect(&session->caller, session->fd[0], addr);
	session->caller.flags = flags;
}

static enum step_end connected(struct session *session, const struct endpoint *addr)
{
	char host[ENDPOINT_TEXT], port[8], took[CLOCK_TEXT];
	clock_format_duration(clock_now() - session->step->since, took);
	step_drop(session);
	session->peer = *addr;
	session->connected = is_udp(session);
	session->state = SESSION_OPEN;
	call_getsockname(&session->caller, session->fd[0], &session->local[0]);
	snprintf(port, sizeof port, "%u", addr->port);
	session_make_name(session, endpoint_format_host(addr, host), port);
	session->kind->opened(session, took);
	return STEP_DONE;
}

static enum step_end fail_connect(struct session *session, int code, struct error *error)
{
	step_fail(session, CALL_CONNECT, session->step->text, code, error);
	step_drop(session);
	return STEP_FAILED;
}

/* How connect() has ended. */
enum step_end connect_answered(struct session *session, struct error *error)
{
	int code;
	struct endpoint addr = session->step->addr, none = { .family = AF_UNSPEC };
	if (call_get_option(&session->caller, session->fd[0], SOL_SOCKET, SO_ERROR, &code) < 0)
		code = errno;
	settle(session, code ? &none : &addr);
	if (!code)
		return connected(session, &addr);
	session->state = SESSION_FRESH;
	return fail_connect(session, code, error);
}

/* Only a connection that connect() was not asked about again says 0 here: the one it has. */
static enum step_end connected_before(struct session *session, struct error *error)
{
	char peer[ENDPOINT_TEXT];
	error_set(error, "%.150s = 0, but it is the connection to %s still: EISCONN from now on",
	          session->step->text, endpoint_format(&session->peer, peer));
	step_drop(session);
	return STEP_FAILED;
}

static enum step_end connect_now(struct session *session, const struct endpoint *addr,
                                 struct error *error)
{
	char text[ENDPOINT_TEXT];
	struct step *step =
	        step_begin(session, STEP_CONNECT, "connect(%s)", endpoint_format(addr, text));
	bool open = session->state == SESSION_OPEN && !is_udp(session);
	step->addr = *addr;
	if (call_connect(&session->caller, session->fd[0], addr) == 0)
		return open ? connected_before(session, error) : connected(session, addr);
	if (errno != EINPROGRESS && errno != EALREADY)
		return fail_connect(session, errno, error);
	session->state = SESSION_CONNECTING;
	step->waited = true;
	return STEP_WAITS;
}

/* ---- names ---- */

/* One call takes one address, and the first is the one that a program would try first. */
static enum step_end found(struct session *session, const struct lookup_answer *answer,
                           struct error *error)
{
	char text[ENDPOINT_TEXT];
	struct endpoint addr = answer->addr[0];
	bool binds = session->step->binds;
	if (answer->count > 1)
		session_report(session, 0, "%s is the first of %zu addresses",
		               endpoint_format(&addr, text), answer->count);
	step_drop(session);
	return binds ? bind_now(session, &addr, error) : connect_now(session, &addr, error);
}

enum step_end looked_up(struct session *session, struct error *error)
{
	struct step *step = session->step;
	struct lookup_answer answer;
	if (!lookup_take(step->lookup, &answer, error))
		return STEP_WAITS;
	if (lookup_fd(step->lookup) >= 0)
		dial_note(session, &step->query, &answer, error);
	if (answer.count)
		return found(session, &answer, error);
	step_drop(session);
	return STEP_FAILED;
}

/* A number is given to the kernel as it is, also one of the wrong family; a name is looked up in
 * the socket's own. */
static bool is_name(const struct lookup_query *query)
{
	struct lookup_query numeric = *query;
	struct lookup_answer answer;
	struct error error;
	numeric.numeric = true;
	numeric.family = AF_UNSPEC;
	snprintf(numeric.target.service, sizeof numeric.target.service, "0");
	struct lookup *lookup = lookup_start(NULL, &numeric);
	bool is_number = lookup_take(lookup, &answer, &error) && answer.count;
	lookup_free(lookup);
	return !is_number;
}

static bool look_up(struct session *session, const struct target *target, bool binds,
                    struct error *error)
{
	char text[TARGET_HOST + TARGET_SERVICE + 4];
	struct lookup_query query = { .target = *target, .passive = binds };
	struct step *step = step_begin(session, STEP_LOOKUP, "%s(%s)", binds ? "bind" : "connect",
	                               target_format(target, text));
	if (session->open_parameters)
		query.numeric = session->open_parameters->options.numeric;
	if (is_name(&query))
		query.family = step_family(session);
	step->binds = binds;
	step->query = query;
	step->lookup = lookup_start(sessions_resolver(session->sessions), &query);
	if (lookup_is_waiting(step->lookup))
		dial_report_waiting(session);
	if (lookup_is_waiting(step->lookup) || lookup_fd(step->lookup) >= 0)
		return true;
	return looked_up(session, error) != STEP_FAILED;
}

static bool parse(const struct session *session, const char *host, const char *port, bool binds,
                  struct target *target, struct error *error)
{
	enum transport transport = session_transport(session);
	if (!target_parse(target,
	                  host   ? host
	                  : port ? port
	                         : "",
	                  host ? port : NULL, transport, binds, error))
		return false;
	if (target->transport == transport)
		return true;
	error_set(error, "session %u is %s", number(session), transport_title(transport));
	return false;
}

static void set_host(struct target *target, struct endpoint host)
{
	char text[ENDPOINT_TEXT];
	snprintf(target->host, sizeof target->host, "%s", endpoint_format_host(&host, text));
}

bool step_bind(struct session *session, const char *host, const char *port, struct error *error)
{
	struct target target;
	if (!may_open(session, error) || !parse(session, host, port, true, &target, error))
		return false;
	if (!target.host[0])
		set_host(&target, endpoint_loopback(step_family(session), 0));
	else if (strcmp(target.host, "*") == 0)
		set_host(&target, endpoint_any(step_family(session), 0));
	return look_up(session, &target, true, error);
}

bool step_connect(struct session *session, const char *host, const char *port, struct error *error)
{
	struct target target;
	if (!may_open(session, error) || !parse(session, host, port, false, &target, error))
		return false;
	if (!target.host[0])
		set_host(&target, endpoint_loopback(step_family(session), 0));
	return look_up(session, &target, false, error);
}
