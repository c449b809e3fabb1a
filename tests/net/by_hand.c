// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/by_hand.h"

struct session *make_socket(struct fixture *f, bool udp, int family)
{
	struct session_options options = { .family = family };
	return sessions_make_socket(f->sessions, udp ? TRANSPORT_UDP : TRANSPORT_TCP, &options,
	                            &f->error);
}

void port_text(const struct session *session, char out[8])
{
	snprintf(out, 8, "%u", session_local(session).port);
}

struct session *make_listener(struct fixture *f, int backlog)
{
	struct session *listener = make_socket(f, false, AF_INET);
	step_bind(listener, NULL, "0", &f->error);
	step_listen(listener, backlog, &f->error);
	return listener;
}

struct pair make_pair(struct fixture *f)
{
	char port[8];
	struct pair p = { .listener = make_listener(f, 5),
		          .client = make_socket(f, false, AF_INET) };
	port_text(p.listener, port);
	step_connect(p.client, "127.0.0.1", port, &f->error);
	until(f, session_state(p.client) == SESSION_OPEN);
	step_accept(p.listener, NULL, &f->error);
	until(f, !session_waiting(p.listener, NULL));
	p.server = sessions_at(f->sessions, sessions_count(f->sessions) - 1);
	return p;
}

void end_pair(struct fixture *f, struct pair *p)
{
	struct session *all[] = { p->listener, p->client, p->server };
	for (size_t i = 0; i < 3; i++)
		if (session_state(all[i]) != SESSION_CLOSED)
			session_close(all[i], &f->error);
	fixture_turns(f, 1);
}

const char *try_recv(struct fixture *f, struct session *session, size_t most, enum recv_how how)
{
	return step_recv(session, most, how, &f->error) ? "" : f->error.text;
}

const char *say(const char *format, ...)
{
	static char text[200];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return text;
}

int count_calls(const struct fixture *f, const struct session *session, enum call call)
{
	return count_entries(f, session_number(session), call, NULL);
}

int count_own(const struct fixture *f, const struct session *session)
{
	int count = 0;
	uint64_t at = transcript_last(f->transcript, session_number(session));
	for (; at != TRANSCRIPT_NONE; at = transcript_before(f->transcript, at)) {
		const struct entry *entry = transcript_at(f->transcript, at);
		count += entry_is_call(entry) && !(entry->flags & ENTRY_WATCHING);
	}
	return count;
}

const struct entry *newest_call(const struct fixture *f, const struct session *session,
                                enum call call)
{
	static const struct entry none;
	uint64_t at = transcript_last(f->transcript, session_number(session));
	for (; at != TRANSCRIPT_NONE; at = transcript_before(f->transcript, at))
		if (transcript_at(f->transcript, at)->call == call)
			return transcript_at(f->transcript, at);
	return &none;
}

bool has_to_read(const struct session *session, int bytes)
{
	int there = 0;
	return ioctl(session->fd[0], FIONREAD, &there) == 0 && there >= bytes;
}

bool is_readable(const struct session *session)
{
	return poller_is_ready(session->fd[0]);
}

int low_water(const struct session *session)
{
	int low = -1;
	socklen_t len = sizeof low;
	getsockopt(session->fd[0], SOL_SOCKET, SO_RCVLOWAT, &low, &len);
	return low;
}

void is_idle(struct fixture *f, struct session *session, const char *name)
{
	fixture_turns(f, 2);
	poller_reset(&f->poller);
	(session_is_by_hand(session) ? step_prepare : session->ops->prepare)(session, &f->poller);
	ok((f->poller.top == -1 || !poller_is_ready(session->fd[0])) &&
	           f->poller.wake > clock_now() && f->poller.lazy > clock_now(),
	   "%s", name);
}
