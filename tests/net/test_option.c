// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "net/fixture.h"
#include "net/option.h"
#include "net/session_internal.h"

static int get(struct fixture *f, struct session *session, int level, int number)
{
	int value = -1;
	size_t len = sizeof value;
	f->error = (struct error){ 0 };
	if (!option_get(session, level, number, &value, &len, &f->error))
		return -1;
	return len == sizeof value ? value : -2;
}

static bool set(struct fixture *f, struct session *session, int level, int number, int value)
{
	f->error = (struct error){ 0 };
	return option_set(session, level, number, &value, sizeof value, &f->error);
}

static unsigned newest_flags(const struct fixture *f, const struct session *session, enum call call)
{
	uint64_t at = transcript_last(f->transcript, session_number(session));
	while (at != TRANSCRIPT_NONE && transcript_at(f->transcript, at)->call != call)
		at = transcript_before(f->transcript, at);
	return at == TRANSCRIPT_NONE ? 0 : transcript_at(f->transcript, at)->flags;
}

static void test_connection(struct fixture *f)
{
	struct couple couple = make_couple(f);
	struct session *session = couple.session;
	uint32_t number = session_number(session);
	is_int(session_family(session), AF_INET, "the family of the socket");
	int sets = count_entries(f, number, CALL_SETSOCKOPT, NULL);
	int gets = count_entries(f, number, CALL_GETSOCKOPT, NULL);
	is_int(get(f, session, IPPROTO_TCP, TCP_NODELAY), 0, "getsockopt()");
	ok(set(f, session, IPPROTO_TCP, TCP_NODELAY, 1), "setsockopt()");
	ok(get(f, session, IPPROTO_TCP, TCP_NODELAY) != 0, "holds");
	ok(count_entries(f, number, CALL_SETSOCKOPT, NULL) == sets + 1 &&
	           count_entries(f, number, CALL_GETSOCKOPT, NULL) == gets + 2,
	   "the calls are written down");
	is_int(newest_flags(f, session, CALL_GETSOCKOPT) & ENTRY_WATCHING, 0, "as a person's");
	int value = -1;
	size_t len = sizeof value;
	ok(option_peek(session, SOL_SOCKET, SO_KEEPALIVE, &value, &len, &f->error) && value == 0,
	   "a peek");
	is_int(newest_flags(f, session, CALL_GETSOCKOPT) & ENTRY_WATCHING, ENTRY_WATCHING,
	       "is one to see more");
	end_couple(&couple);
}

static void test_refusals(struct fixture *f)
{
	struct couple couple = make_couple(f);
	struct session *session = couple.session;
	is_int(get(f, session, SOL_SOCKET, 4711), -1, "an option that is none");
	is_int(f->error.code, ENOPROTOOPT, "its errno value");
	ok(strstr(f->error.text, "getsockopt(1, 4711) = -1 ENOPROTOOPT: ") == f->error.text ||
	           SOL_SOCKET != 1,
	   "in one line: %s", f->error.text);
	ok(!set(f, session, IPPROTO_TCP, TCP_MAXSEG, 1), "a value that is none");
	is_text(f->error.text,
	        "setsockopt(TCP_MAXSEG) = -1 EINVAL: not with this value, or not in this state",
	        "with its name");
	session_close(session, &f->error);
	is_int(get(f, session, SOL_SOCKET, SO_KEEPALIVE), -1, "a closed session");
	ok(strstr(f->error.text, " is closed"), "has none: %s", f->error.text);
	ok(!set(f, session, SOL_SOCKET, SO_KEEPALIVE, 1), "nor can they be set");
	is_int(session_family(session), AF_UNSPEC, "nor has it a family");
	end_couple(&couple);
}

static void test_all_sockets(struct fixture *f)
{
	struct session *listener = listen_on(f, TRANSPORT_TCP, "", 0, NULL);
	until(f, session_state(listener) == SESSION_LISTENING);
	ok(set(f, listener, SOL_SOCKET, SO_KEEPALIVE, 1), "a listener");
	size_t on = 0;
	for (unsigned i = 0; i < listener->fd_count; i++) {
		int value = 0;
		socklen_t len = sizeof value;
		on += getsockopt(listener->fd[i], SOL_SOCKET, SO_KEEPALIVE, &value, &len) == 0 &&
		      value != 0;
	}
	is_int(on, listener->fd_count, "each of its sockets is set");
	session_close(listener, &f->error);
}

static void test_linger(struct fixture *f)
{
	struct couple couple = make_couple(f);
	struct linger linger = { .l_onoff = 1, .l_linger = 5 };
	ok(!couple.session->lingers, "close() does not sleep");
	option_set(couple.session, SOL_SOCKET, SO_LINGER, &linger, sizeof linger, &f->error);
	ok(couple.session->lingers, "with SO_LINGER and a time it would");
	linger.l_linger = 0;
	option_set(couple.session, SOL_SOCKET, SO_LINGER, &linger, sizeof linger, &f->error);
	ok(!couple.session->lingers, "without a time it is RST");
	linger = (struct linger){ .l_linger = 5 };
	option_set(couple.session, SOL_SOCKET, SO_LINGER, &linger, sizeof linger, &f->error);
	ok(!couple.session->lingers, "off is off");
	end_couple(&couple);
}

/* What the session knows of them without asking the kernel. */
static void test_nodelay(struct fixture *f)
{
	struct couple couple = make_couple(f);
	struct session *session = couple.session;
	ok(!session_is_nodelay(session) && !session_is_corked(session), "Nagle is on by default");
	set(f, session, IPPROTO_TCP, TCP_NODELAY, 1);
	ok(session_is_nodelay(session) && !session_is_corked(session), "and off by TCP_NODELAY");
	set(f, session, IPPROTO_TCP, TCP_MAXSEG, 1);
	ok(session_is_nodelay(session), "what fails changes nothing");
	set(f, session, IPPROTO_TCP, TCP_NODELAY, 0);
	ok(!session_is_nodelay(session), "until it is set again");
#ifdef TCP_CORK
	set(f, session, IPPROTO_TCP, TCP_CORK, 1);
	ok(session_is_corked(session), "TCP_CORK");
#endif
	set(f, session, IPPROTO_TCP, TCP_NODELAY, 1);
	session_close(session, &f->error);
	ok(!session_is_nodelay(session) && !session_is_corked(session), "they end with the socket");
	end_couple(&couple);
	const struct session_preset preset = { IPPROTO_TCP, TCP_NODELAY, 1 };
	struct session_options options = { .presets = &preset, .preset_count = 1 };
	couple = connect_couple(f, peer_listen(AF_INET, 8), &options);
	ok(session_is_nodelay(couple.session), "one that was asked for at the start");
	end_couple(&couple);
	struct session *listener = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	set(f, listener, IPPROTO_TCP, TCP_NODELAY, 1);
	int fd = peer_connect(AF_INET, session_local(listener).port, PEER_MS);
	until(f, session_clients(listener) == 1);
	struct session *client = sessions_at(f->sessions, sessions_count(f->sessions) - 1);
	ok(session_is_accepted(client) && session_is_nodelay(client) &&
	           get(f, client, IPPROTO_TCP, TCP_NODELAY) != 0,
	   "clients inherit it of their listener");
	close(fd);
	session_close(listener, &f->error);
}

static void test_presets(struct fixture *f)
{
	const struct session_preset presets[] = {
		{ SOL_SOCKET, SO_RCVBUF, 5000 },
		{ IPPROTO_IP, IP_TTL, 7 },
		{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, 8 },
		{ SOL_SOCKET, 4711, 1 },
	};
	struct session_options options = { .presets = presets, .preset_count = 4 };
	int listener = peer_listen(AF_INET, 8), of_ipv6 = 0;
	struct couple couple = connect_couple(f, listener, &options);
	uint32_t number = session_number(couple.session);
	uint64_t at = transcript_last(f->transcript, number), first = TRANSCRIPT_NONE;
	for (; at != TRANSCRIPT_NONE; at = transcript_before(f->transcript, at))
		if (transcript_at(f->transcript, at)->call == CALL_SETSOCKOPT) {
			of_ipv6 += transcript_at(f->transcript, at)->arg2 == IPPROTO_IPV6;
			first = at;
		}
	is_int(transcript_at(f->transcript, first)->arg, SO_RCVBUF, "a preset is set first of all");
	is_int(get(f, couple.session, IPPROTO_IP, IP_TTL), 7, "it holds");
	is_int(get(f, couple.session, SOL_SOCKET, SO_RCVBUF), 10000, "and so does another");
	is_int(of_ipv6, 0, "one of the other family is not tried");
	is_int(count_states(f, couple.session, "setsockopt("), 1,
	       "one that cannot be set is reported");
	end_couple(&couple);
}

int main(void)
{
	struct fixture f;
	tap_watchdog(30);
	fixture_start(&f);
	test_connection(&f);
	test_refusals(&f);
	test_all_sockets(&f);
	test_linger(&f);
	test_nodelay(&f);
	test_presets(&f);
	fixture_stop(&f);
	return tap_done();
}
