// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pipe_report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/text.h"
#include "net/relay.h"
#include "net/service.h"

static bool is_listening(const struct pipe_report *report)
{
	return session_is_server(report->options.session);
}

static bool is_own(const struct pipe_report *report, const struct entry *entry)
{
	return entry->session == session_number(report->options.session);
}

/* Of a service's clients only with -v. */
static bool is_service(const struct pipe_report *report)
{
	return session_service(report->options.session) != service_table[0];
}

/* ---- nc's words ---- */

static void print_line(const struct buf *line)
{
	text_print(stderr, buf_data(line), line->len);
	fputc('\n', stderr);
}

static bool is_unix(const struct pipe_report *report)
{
	return transport_is_unix(session_transport(report->options.session));
}

/* Whose peers answer, or do not: connect() of a UNIX socket has told. */
static bool is_udp(const struct pipe_report *report)
{
	return session_has_peers(report->options.session) && !is_unix(report);
}

/* "Listening on localhost 7001", "Listening on /run/x". Asks for the name of the address, as nc does,
 * and waits for it. */
static void print_address(const struct pipe_report *report, const char *what,
                          const struct endpoint *addr)
{
	struct sockaddr_storage sa;
	char host[NI_MAXHOST], numeric[ENDPOINT_TEXT];
	struct buf line;
	socklen_t len = endpoint_to_sockaddr(addr, &sa);
	bool named = !report->app->defaults.numeric && !is_unix(report) &&
	             getnameinfo((struct sockaddr *)&sa, len, host, sizeof host, NULL, 0, 0) == 0;
	buf_init(&line, SIZE_MAX);
	if (is_unix(report))
		buf_printf(&line, "%s on %s", what, endpoint_format(addr, numeric));
	else
		buf_printf(&line, "%s on %s %u", what,
		           named ? host : endpoint_format_host(addr, numeric), addr->port);
	print_line(&line);
	buf_free(&line);
}

static const char *transport_of(const struct pipe_report *report)
{
	return transport_name(session_transport(report->options.session));
}

/* "localhost (127.0.0.1)": as it was typed, and where that is not the address itself. */
static void add_host(const struct pipe_report *report, const struct endpoint *addr,
                     struct buf *line)
{
	char numeric[ENDPOINT_TEXT];
	const char *typed = session_target(report->options.session)->host;
	bool same = strcmp(typed, endpoint_format_host(addr, numeric)) == 0;
	buf_append_text(line, *typed ? typed : numeric);
	if (*typed && !same && !report->app->defaults.numeric && !report->options.to_proxy)
		buf_printf(line, " (%s)", numeric);
}

/* " 7001 port [tcp/http]" */
static void add_service(const struct pipe_report *report, uint16_t port, struct buf *line)
{
	const struct servent *service = NULL;
	if (!report->app->defaults.numeric)
		service = getservbyport(htons(port), transport_of(report));
	buf_printf(line, " %u port [%s/%s]", port, transport_of(report),
	           service ? service->s_name : "*");
}

static void add_port(const struct pipe_report *report, struct buf *line)
{
	add_host(report, &report->reached, line);
	add_service(report, report->reached.port, line);
}

void pipe_report_success(const struct pipe_report *report)
{
	struct buf line;
	buf_init(&line, SIZE_MAX);
	buf_append_text(&line, "Connection to ");
	add_port(report, &line);
	buf_append_text(&line, " succeeded!");
	print_line(&line);
	buf_free(&line);
}

void pipe_report_proxied(const struct pipe_report *report, const struct target *target)
{
	struct buf line;
	buf_init(&line, SIZE_MAX);
	buf_printf(&line, "Connection to %s", target->host);
	add_service(report, (uint16_t)strtoul(target->service, NULL, 10), &line);
	buf_append_text(&line, " succeeded!");
	print_line(&line);
	buf_free(&line);
}

void pipe_report_answer(const struct pipe_report *report, const char *answer)
{
	struct buf line;
	buf_init(&line, SIZE_MAX);
	add_port(report, &line);
	buf_printf(&line, ": %s", answer);
	print_line(&line);
	buf_free(&line);
}

static void print_failed_attempt(struct pipe_report *report, const struct endpoint *addr,
                                 const char *how, int code)
{
	struct buf line;
	const struct pipe_report_options *options = &report->options;
	report->explained = options->verbose || options->nc || options->probing;
	if (is_unix(report)) {
		if (options->verbose || options->nc)
			error_print("%s: %s", session_target(options->session)->host,
			            strerror(code));
		return;
	}
	if (!options->verbose)
		return;
	buf_init(&line, SIZE_MAX);
	buf_append_text(&line, "connect to ");
	add_host(report, addr, &line);
	error_print("%s port %u (%s) %s: %s", buf_text(&line), addr->port, transport_of(report),
	            how, strerror(code));
	buf_free(&line);
}

/* ---- connecting ---- */

/* Takes it off the list; AF_UNSPEC where it is not on it. */
static struct endpoint end_attempt(struct pipe_report *report, int fd)
{
	for (unsigned i = 0; i < report->attempt_count; i++)
		if (report->attempts[i].fd == fd) {
			struct endpoint addr = report->attempts[i].addr;
			report->attempts[i] = report->attempts[--report->attempt_count];
			return addr;
		}
	return (struct endpoint){ .family = AF_UNSPEC };
}

static void on_connect(struct pipe_report *report, const struct entry *entry)
{
	struct endpoint addr = entry_addr(entry);
	if (!entry_is_connect_begun(entry)) {
		end_attempt(report, entry->fd);
		if (entry->error)
			print_failed_attempt(report, &addr, "failed", entry->error);
		else
			report->reached = addr;
	} else if (report->attempt_count < PIPE_REPORT_ATTEMPTS) {
		report->attempts[report->attempt_count].fd = entry->fd;
		report->attempts[report->attempt_count++].addr = addr;
	}
}

/* Closed though nothing has come back. nc prints the errno value that it finds then. */
static void give_up_attempt(struct pipe_report *report, int fd)
{
	struct endpoint addr = end_attempt(report, fd);
	if (endpoint_is_set(&addr) && !endpoint_is_set(&report->reached))
		print_failed_attempt(report, &addr, "timed out", EINPROGRESS);
}

static void give_up_all(struct pipe_report *report)
{
	while (report->attempt_count)
		give_up_attempt(report, report->attempts[0].fd);
}

/* ---- failures ---- */

/* nc's words. */
static void print_lookup(struct pipe_report *report, const struct entry *entry)
{
	const struct target *target = session_target(report->options.session);
	const char *why = gai_strerror(entry->arg);
	report->lookup_failed = true;
	if (!report->options.nc)
		return;
	if (is_listening(report))
		error_print("getaddrinfo: %s", why);
	else
		error_print("getaddrinfo for host \"%s\" port %s: %s", target->host,
		            target->service, why);
	report->explained = true;
}

static void print_bind(struct pipe_report *report, int code)
{
	if (!report->options.nc)
		return;
	char path[ENDPOINT_TEXT];
	if (is_listening(report))
		error_print("%s", strerror(code));
	else
		error_print("%s: %s",
		            is_unix(report) ? endpoint_format(&report->bound, path) : "bind failed",
		            strerror(code));
	report->explained = true;
}

/* A path that is taken may still be had by a second bind(). */
static void on_bind(struct pipe_report *report, const struct entry *entry)
{
	report->bound = entry_addr(entry);
	report->bind_error = entry->error;
	if (is_listening(report))
		return;
	if (entry->error && !is_unix(report))
		print_bind(report, entry->error);
	else if (!entry->error && report->options.verbose && is_unix(report) &&
	         !endpoint_is_unnamed(&report->bound))
		print_address(report, "Bound", &report->bound);
}

/* A service has many sessions, so that each line needs a number. */
static void print_state(const struct pipe_report *report, const struct entry *entry)
{
	if (is_service(report) && !is_own(report, entry))
		error_print("%u: %.*s", (unsigned)entry->session, (int)entry->len,
		            entry_payload(entry));
	else
		error_print("%.*s", (int)entry->len, entry_payload(entry));
}

/* One message for a failure: what was said while the session was opened is enough. An option that
 * the socket does not take is a failure, too, before the session is open. */
static void print_failure(struct pipe_report *report, const struct entry *entry)
{
	const struct pipe_report_options *options = &report->options;
	bool never_open = is_own(report, entry) && session_failed_to_open(options->session);
	if (never_open)
		give_up_all(report);
	if (never_open && report->bind_error && (is_listening(report) || is_unix(report)))
		print_bind(report, report->bind_error);
	bool early = !report->is_bound && !endpoint_is_set(&report->reached);
	bool enough = never_open ? report->explained : !early && (options->nc || options->probing);
	if (!enough || (options->verbose > 1 && !options->nc))
		print_state(report, entry);
}

/* ---- states ---- */

/* Where loopback was not asked for, how others reach it is. */
static void print_bound(const struct pipe_report *report, const struct entry *entry)
{
	const struct target *target = session_target(report->options.session);
	struct endpoint local;
	session_socket_sample(report->options.session, 0, &local);
	if (target->host[0])
		error_print("%.*s", (int)entry->len, entry_payload(entry));
	else if (session_service(report->options.session) == &service_relay)
		error_print("%.*s: sockpit --relay '*:%u' is reached from elsewhere", (int)entry->len,
		            entry_payload(entry), local.port);
	else
		error_print("%.*s: sockpit -l%s '*' %u is reached from elsewhere", (int)entry->len,
		            entry_payload(entry), target->transport == TRANSPORT_UDP ? "u" : "",
		            local.port);
}

static void print_nc_bound(const struct pipe_report *report)
{
	const struct session *session = report->options.session;
	const char *what = session_has_clients(session) ? "Listening" : "Bound";
	struct endpoint path = session_local(session);
	if (is_unix(report) && session_has_clients(session))
		print_address(report, "Bound", &path);
	for (size_t i = 0; i < session_socket_count(session); i++) {
		struct endpoint local;
		session_socket_sample(session, i, &local);
		print_address(report, what, &local);
	}
}

static void on_bound(struct pipe_report *report, const struct entry *entry)
{
	const struct pipe_report_options *options = &report->options;
	const struct target *target = session_target(options->session);
	report->is_bound = true;
	bool says = !target->host[0] || strcmp(target->service, "0") == 0;
	const char *certificate = session_tls_facts(options->session);
	if (!options->nc && (says || options->verbose > 1))
		print_bound(report, entry);
	if (*certificate)
		error_print("%.*s %s", (int)strcspn(certificate, "\t"), certificate,
		            certificate + strcspn(certificate, "\t") + 1);
	if (options->verbose)
		print_nc_bound(report);
}

static void on_state(struct pipe_report *report, const struct entry *entry)
{
	const struct pipe_report_options *options = &report->options;
	bool own = is_own(report, entry);
	if (entry->flags & ENTRY_ERROR) {
		if (own || !is_service(report) || options->verbose)
			print_failure(report, entry);
	} else if (own && is_listening(report) && !report->is_bound) {
		on_bound(report, entry);
	} else if (options->verbose > 1 && !options->nc) {
		print_state(report, entry);
	}
}

static void on_peer(struct pipe_report *report, const struct entry *entry)
{
	struct endpoint addr = entry_addr(entry);
	const struct network *why;
	const struct session_limits *limits = session_limits(report->options.session);
	bool denied = limits && !network_rules_allow(&limits->rules, &addr, &why);
	if (is_unix(report)) /* a client has no name, mostly */
		addr = session_local(report->options.session);
	if (!entry->error && report->options.verbose)
		print_address(report, denied ? "Connection denied" : "Connection received", &addr);
}

static void on_datagram(struct pipe_report *report, const struct entry *entry)
{
	bool first = !report->has_peer;
	if (entry->error || !is_own(report, entry))
		return;
	report->has_peer = true;
	if (first && is_listening(report) && !report->options.keep_open)
		on_peer(report, entry);
	else if (first && report->options.verbose && !report->options.nc && is_udp(report) &&
	         endpoint_is_set(&report->reached))
		pipe_report_answer(report, "answered");
}

static void on_entry(struct pipe_report *report, const struct entry *entry)
{
	if (entry->call == CALL_STATE) {
		on_state(report, entry);
		return;
	}
	if (!is_own(report, entry) || entry->flags & ENTRY_WATCHING)
		return;
	switch (entry->call) {
	case CALL_GETADDRINFO:
		if (entry->error)
			print_lookup(report, entry);
		break;
	case CALL_BIND:
		on_bind(report, entry);
		break;
	case CALL_CONNECT:
		if (!is_listening(report))
			on_connect(report, entry);
		break;
	case CALL_CLOSE:
		give_up_attempt(report, entry->fd);
		break;
	case CALL_ACCEPT:
		on_peer(report, entry);
		break;
	case CALL_RECVFROM:
	case CALL_RECVMSG:
		on_datagram(report, entry);
		break;
	default:
		break;
	}
}

void pipe_report_turn(struct pipe_report *report)
{
	const struct entry *entry;
	bool was_reached = endpoint_is_set(&report->reached);
	follower_skip_bytes(&report->follower);
	while ((entry = follower_next(&report->follower)))
		if (entry->session >= session_number(report->options.session))
			on_entry(report, entry);
	if (!was_reached && endpoint_is_set(&report->reached) && report->options.verbose &&
	    !report->options.to_proxy &&
	    session_transport(report->options.session) == TRANSPORT_TCP)
		pipe_report_success(report);
}

void pipe_report_end(struct pipe_report *report)
{
	const struct pipe_report_options *options = &report->options;
	pipe_report_turn(report);
	if (options->verbose && !options->nc && is_udp(report) && !is_listening(report) &&
	    !report->has_peer && endpoint_is_set(&report->reached) &&
	    !session_counts(options->session)->refused)
		pipe_report_answer(report, "no answer");
}

void pipe_report_init(struct pipe_report *report, struct app *app,
                      const struct pipe_report_options *options)
{
	*report = (struct pipe_report){ .options = *options, .app = app };
	follower_init(&report->follower, app->transcript);
	if (options->introduced)
		follower_skip(&report->follower);
}

void pipe_report_next(struct pipe_report *report, const struct session *session)
{
	*report = (struct pipe_report){ .options = report->options,
		                        .app = report->app,
		                        .follower = report->follower };
	report->options.session = session;
}
