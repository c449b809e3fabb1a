// SPDX-License-Identifier: GPL-3.0-or-later
/* Sessions on the two hosts of the sandbox. The witness of where a socket is, is the kernel: the cookie
 * of its network namespace. */
#include "net/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/diag.h"
#include "net/fixture.h"
#include "net/reconnect.h"
#include "net/service.h"
#include "net/session_internal.h"
#include "net/step.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static struct sandbox *sandbox;
static uint64_t cookies[HOST_COUNT];

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof cookie;
	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) ? UINT64_MAX : cookie;
}

static void learn_cookies(void)
{
	for (enum host host = HOST_HERE; host < HOST_COUNT; host++) {
		int fd = host == HOST_HERE ? socket(AF_INET, SOCK_STREAM, 0)
		                           : sandbox_socket(sandbox, host, AF_INET, SOCK_STREAM, 0);
		cookies[host] = cookie_of(fd);
		close(fd);
	}
}

static void is_on(const struct session *session, enum host host, const char *name)
{
	ok(session && session->fd_count && session_host(session) == host &&
	           cookie_of(session->fd[0]) == cookies[host],
	   "%s", name);
}

static struct session *settled(struct fixture *f, struct session *session)
{
	until(f, session_state(session) != SESSION_RESOLVING &&
	                 session_state(session) != SESSION_CONNECTING);
	return session;
}

static struct session *client_of(struct fixture *f, const struct session *listener)
{
	for (size_t i = sessions_count(f->sessions); i-- > 0;) {
		struct session *client = sessions_at(f->sessions, i);
		if (session_listener(client) == session_number(listener))
			return client;
	}
	return NULL;
}

static struct session *reach(struct fixture *f, const struct session *listener, const char *host,
                             const struct session_options *options)
{
	struct session *session =
	        settled(f, open_to(f, TRANSPORT_TCP, host, session_local(listener).port, options));
	until(f, client_of(f, listener));
	return session;
}

static const char *local_of(const struct session *session)
{
	static char text[ENDPOINT_TEXT];
	struct endpoint local = session_local(session);
	return endpoint_format_host(&local, text);
}

static void address_decides(struct fixture *f)
{
	struct session *server = listen_on(f, TRANSPORT_TCP, "192.0.2.2", 80, NULL);
	is_on(server, HOST_RIGHT, "a listener at 192.0.2.2 is on right");
	is_text(last_state(f, server), "listening on right 192.0.2.2:80", "and says so");
	struct session *client = reach(f, server, "192.0.2.2", NULL);
	is_on(client, HOST_LEFT, "a conversation with it starts on left");
	is_text(local_of(client), "192.0.2.1", "with left's address");
	is_on(client_of(f, server), HOST_RIGHT, "what was accepted is on right");
	ok(count_states(f, client, "left 192.0.2.1:"), "the ends are named by their hosts");
	ok(count_states(f, client, " right 192.0.2.2:80 connected"), "both of them");

	struct session_options there = { .host = HOST_RIGHT };
	struct session *same = reach(f, server, "192.0.2.2", &there);
	is_on(same, HOST_RIGHT, "from right it starts there");
	is_text(local_of(same), "192.0.2.2", "with right's address");

	struct session_options at = { .local_host = "192.0.2.2" };
	is_on(reach(f, server, "192.0.2.2", &at), HOST_RIGHT, "its own address decides, too");

	struct session *here = listen_on(f, TRANSPORT_TCP, "", 0, NULL);
	is_on(here, HOST_HERE, "a listener without an address is on this machine");
	is_on(reach(f, here, "127.0.0.1", NULL), HOST_HERE, "as is who connects to it");
}

static void lingers(struct fixture *f)
{
	struct session *server = listen_on(f, TRANSPORT_TCP, "right", 83, NULL);
	struct session *client = reach(f, server, "right", NULL);
	sessions_pin(f->sessions, client); /* a FIN_WAIT2 is looked at again */
	session_close(client, &f->error);
	until(f, session_state(client_of(f, server)) == SESSION_OPEN &&
	                 session_peer_closed(client_of(f, server)));
	session_close(client_of(f, server), &f->error);
	until(f, session_tcp_state(client) == STATE_TIME_WAIT);
	is_int(session_tcp_state(client), STATE_TIME_WAIT, "TIME_WAIT is followed on left");
	struct sample sample = { 0 };
	struct diag *diag = diag_new(sandbox, HOST_LEFT);
	struct endpoint local = session_local(client), peer = session_peer(client);
	is_int(diag_find(diag, &local, &peer, &sample), DIAG_FOUND, "it is there");
	is_int(sample_get(&sample, SAMPLE_STATE), STATE_TIME_WAIT, "in that state");
	diag_free(diag);
	diag = diag_new(NULL, HOST_HERE);
	is_int(diag_find(diag, &local, &peer, &sample), DIAG_GONE, "and not here");
	diag_free(diag);
	ok(reconnect_now(client, &f->error), "it connects again");
	settled(f, client);
	is_on(client, HOST_LEFT, "from the same host");
	session_close(client, &f->error);
	fixture_turns(f, 3);
}

/* The sandbox is off at the end. */
static void goes(struct fixture *f)
{
	struct session *server = listen_on(f, TRANSPORT_TCP, "right", 84, NULL);
	struct session *client = reach(f, server, "right", NULL);
	sessions_pin(f->sessions, client);
	for (size_t i = 0; i < sessions_count(f->sessions); i++)
		if (session_state(sessions_at(f->sessions, i)) != SESSION_CLOSED)
			session_close(sessions_at(f->sessions, i), &f->error);
	fixture_turns(f, 3);
	until(f, session_tcp_state(client) == STATE_TIME_WAIT);
	is_int(session_tcp_state(client), STATE_TIME_WAIT, "closed on both hosts");
	sessions_set_sandbox(f->sessions, NULL);
	is_int(session_tcp_state(client), STATE_GONE, "with the sandbox its connections are gone");
	ok(!session_is_unsettled(client), "and no longer followed");
	ok(!reconnect_now(client, &f->error), "they cannot be opened again");
	is_text(f->error.text,
	        "left is a host of the sandbox, which is off: /sandbox on or --sandbox makes it",
	        "and why");
	struct session *named = open_to(f, TRANSPORT_TCP, "right", 80, NULL);
	is_text(last_failure(f, named),
	        "right is a host of the sandbox, which is off: /sandbox on or --sandbox makes it",
	        "nor is a name looked up elsewhere");
	struct session_options left = { .host = HOST_LEFT };
	ok(!open_to(f, TRANSPORT_TCP, "127.0.0.1", 80, &left), "nor is anything made there");
	is_text(f->error.text,
	        "left is a host of the sandbox, which is off: /sandbox on or --sandbox makes it",
	        "with one line");
}

/* One of its processes is killed. */
static void ended(struct fixture *f)
{
	struct error error;
	struct sandbox *killed = sandbox_new(&error);
	sessions_set_sandbox(f->sessions, killed);
	kill(sandbox_process(killed, HOST_LEFT), SIGKILL);
	struct session *session = settled(f, open_to(f, TRANSPORT_TCP, "right", 80, NULL));
	is_text(last_failure(f, session),
	        "192.0.2.2:80: socket() = -1 ENETDOWN: that host has ended; /sandbox off, then on, "
	        "makes another",
	        "a host that has ended is named as the reason");
	sessions_set_sandbox(f->sessions, NULL);
	sandbox_free(killed);
}

int main(void)
{
	struct error error;
	struct fixture f;
	tap_watchdog(60);
	sandbox = sandbox_new(&error);
	if (!sandbox) {
		tap_skip(error.text);
		return tap_done();
	}
	learn_cookies();
	fixture_start(&f);
	sessions_set_sandbox(f.sessions, sandbox);
	address_decides(&f);
	lingers(&f);
	goes(&f);
	ended(&f);
	fixture_stop(&f);
	sandbox_free(sandbox);
	return tap_done();
}
